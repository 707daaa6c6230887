//! The layout table: how the collector finds the references of an object from its layout id.

use crate::header::{Header, Obj, body, hdr};
use crate::memory::reserve_table;
use crate::state::Heap;
use crate::visitor::Visitor;

/// Which body words of an object hold values.
#[derive(Clone, Copy, Debug)]
pub enum Trace {
    /// None.
    Leaf,
    /// All.
    All,
    /// Bit i set = body word i; `tail` = all words from the 32nd on.
    Mask { mask: u32, tail: bool },
    /// The function visits the slots.
    Custom(unsafe fn(*mut Header, &mut Visitor)),
    /// Like `Mask`, but body word 0 is a weak reference (never in the mask).
    Weak { mask: u32, tail: bool },
}

const MAX_LAYOUTS: usize = 4 << 20;

/// The table; it never moves.
pub(crate) struct Layouts {
    table: *mut Trace,
    len: usize,
    capacity: usize,
}

impl Layouts {
    pub const fn new() -> Self {
        Layouts {
            table: std::ptr::null_mut(),
            len: 0,
            capacity: 0,
        }
    }

    pub fn reserve(&mut self, heap_bytes: usize) -> bool {
        let entry = size_of::<Trace>();
        let mut n = MAX_LAYOUTS.min(heap_bytes / 8 / entry);
        while n >= 1024 {
            if let Some(p) = reserve_table(n * entry) {
                *self = Layouts {
                    table: p as *mut Trace,
                    len: 0,
                    capacity: n,
                };
                self.push(Trace::Leaf);
                return true;
            }
            n /= 2;
        }
        false
    }

    pub fn push(&mut self, trace: Trace) -> u32 {
        assert!(self.len < self.capacity, "too many layouts");
        self.len += 1;
        self.set(self.len as u32 - 1, trace);
        self.len as u32 - 1
    }

    pub fn set(&mut self, id: u32, trace: Trace) {
        assert!((id as usize) < self.len, "unknown layout {id}");
        // SAFETY: `id` is below the length of the reserved table.
        unsafe { self.table.add(id as usize).write(trace) }
    }

    #[inline(always)]
    pub fn get(&self, id: u32) -> Trace {
        debug_assert!((id as usize) < self.len, "unknown layout {id}");
        // SAFETY: ids of live objects were handed out by `push`, so the entry is initialised.
        unsafe { *self.table.add(id as usize) }
    }

    /// Whether the id was registered.
    pub fn knows(&self, id: u32) -> bool {
        (id as usize) < self.len
    }
}

/// Calls `f` for every strong slot of `obj`; `custom` runs for layouts with a trace function.
#[inline(always)]
pub(crate) fn each_slot(
    heap: &mut Heap,
    obj: Obj,
    mut f: impl FnMut(&mut Heap, *mut u64),
    custom: impl FnOnce(&mut Heap, unsafe fn(*mut Header, &mut Visitor)),
) {
    let h = hdr(obj);
    match heap.layouts.get(h.layout()) {
        Trace::Leaf => {}
        Trace::All => {
            let n = h.words();
            let first = body(obj);
            for i in 0..n {
                f(heap, first.wrapping_add(i));
            }
        }
        Trace::Mask { mask, tail } | Trace::Weak { mask, tail } => {
            let n = h.words();
            let first = body(obj);
            let mut bits = if n < 32 { mask & ((1 << n) - 1) } else { mask };
            while bits != 0 {
                f(heap, first.wrapping_add(bits.trailing_zeros() as usize));
                bits &= bits - 1;
            }
            if tail {
                for i in 32..n {
                    f(heap, first.wrapping_add(i));
                }
            }
        }
        Trace::Custom(trace) => custom(heap, trace),
    }
}
