//! Buffers that compiled code has borrowed from objects of C types for calls of typed functions. Asking an exporter costs
//! many times the call, so a buffer is kept for the next call; it is given back before anything else may look at the
//! exporter: other code runs, or the compiled code is left.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};

use super::native::TypeCode;
use super::native_memory::elements;
use crate::exceptions::take;
use crate::gil::{Guarded, LOOK_UP};
use crate::thread;
use crate::types::buffer::{self, Base};
use crate::value::Value;

/// A buffer kept for one place in compiled code; it lives for good.
#[repr(C)]
pub struct Lease {
    /// The word of the exporter that tells its C body; [`NO_BUFFER`] if there is none or a call under way has got it.
    pub body: Cell<u64>,
    /// The first element.
    pub at: Cell<u64>,
    /// Number of elements.
    pub len: Cell<u64>,
    held: RefCell<Option<Held>>,
}

/// `Lease::body` of none: no such word, which are odd or 0.
pub const NO_BUFFER: u64 = 2;

/// What is given back.
struct Held {
    /// Ends the export.
    export: Option<Box<dyn Any>>,
    /// A reference to the exporter.
    exporter: *mut c_void,
}

/// Leases that have a buffer.
static ALL: Guarded<Vec<&'static Lease>> = Guarded::new(Vec::new());

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Lease {}

/// How often buffers have been given back by `end_all`.
static ENDS: AtomicU64 = AtomicU64::new(0);

impl Lease {
    /// One without a buffer.
    pub fn forever() -> &'static Lease {
        Box::leak(Box::new(Lease {
            body: Cell::new(NO_BUFFER),
            at: Cell::default(),
            len: Cell::default(),
            held: RefCell::default(),
        }))
    }

    /// Takes the buffer of an object with this word for its C body; false if it has none of such elements, or if the place is taken.
    pub fn take(&'static self, code: TypeCode, v: Value, body: u64) -> bool {
        if self.body.get() == body {
            return true;
        }
        if self.is_taken() || body & !1 == 0 {
            return false;
        }
        let ends = ENDS.load(Ordering::Relaxed);
        prepare();
        self.end();
        ALL.with(|all| all.retain(|&l| !std::ptr::eq(l, self)));
        let Some((export, at, len)) = export(code, v) else {
            self.count();
            return false;
        };
        let ended = ENDS.load(Ordering::Relaxed) != ends;
        if self.body.get() != NO_BUFFER || self.is_taken() || ended || attention() {
            // What the exporter ran has come by here, or has given another buffer of the same call back, or has left something to do
            // before the call.
            return false;
        }
        let Some(crossing) = crate::hooks::hooks().crossing.get() else {
            return false;
        };
        // SAFETY: the word of a value; the reference is given up when the lease ends.
        let exporter = unsafe { (crossing.new_ref)(v.to_word()) };
        if exporter.is_null() {
            return false;
        }
        *self.held.borrow_mut() = Some(Held { export, exporter });
        self.body.set(body);
        self.at.set(at as u64);
        self.len.set(len as u64);
        ALL.with(|all| all.push(self));
        self.count();
        true
    }

    /// Whether a call under way has got the buffer.
    fn is_taken(&self) -> bool {
        self.body.get() == NO_BUFFER && self.held.borrow().is_some()
    }

    fn count(&self) {
        let n = ALL.with(|all| all.len());
        LOOK_UP.leases.store(n as u32, Ordering::Relaxed);
    }

    /// Gives the buffer back.
    fn end(&self) {
        self.body.set(NO_BUFFER);
        let Some(held) = self.held.borrow_mut().take() else {
            return;
        };
        drop(held.export);
        if let Some(crossing) = crate::hooks::hooks().crossing.get() {
            // SAFETY: the reference that `take` made.
            unsafe { (crossing.release)(held.exporter) };
        }
    }
}

#[inline(always)]
fn attention() -> bool {
    LOOK_UP.attention.load(Ordering::Relaxed)
}

/// Does what the boundary wants done before C code is called.
#[inline(always)]
pub fn prepare() {
    if attention()
        && let Some(crossing) = crate::hooks::hooks().crossing.get()
    {
        (crossing.prepare)();
    }
}

/// Whether [`settle`] would do something.
#[inline(always)]
pub fn is_asked() -> bool {
    any() || attention()
}

/// Gives all buffers back that no call under way has got and does what has to be done before C code is called, so that compiled
/// code that asks after each call need not ask before.
#[cold]
pub fn settle() {
    if any() {
        end_all();
    }
    prepare();
}

/// A buffer whose elements lie outside the heap: what ends the export, address, number of elements.
fn export(code: TypeCode, v: Value) -> Option<(Option<Box<dyn Any>>, *mut u8, usize)> {
    let (element, writable) = code.element()?;
    let mut request = match buffer::request(v, writable) {
        Ok(request) => request,
        Err(raised) => {
            // What is wrong is the wrapper's to say.
            take(raised);
            return None;
        }
    };
    let len = elements(&request, element, writable)?;
    match request.base {
        Base::Heap(..) => None,
        _ => Some((request.guard.take(), request.ptr(), len)),
    }
}

/// Gives all buffers back that no call under way has got. That may run code, which must not meet a pending exception.
#[cold]
pub fn end_all() {
    let pending = thread::current().take_pending();
    let over = ALL.with(|all| {
        let (kept, over): (Vec<_>, Vec<_>) = all.drain(..).partition(|l| l.is_taken());
        *all = kept;
        over
    });
    if !over.is_empty() {
        ENDS.fetch_add(1, Ordering::Relaxed);
    }
    for lease in over {
        lease.end();
    }
    let n = ALL.with(|all| all.len());
    LOOK_UP.leases.store(n as u32, Ordering::Relaxed);
    if let Some(e) = pending {
        thread::current().set_pending(e);
    }
}

/// Whether any buffer is kept.
#[inline(always)]
pub fn any() -> bool {
    LOOK_UP.leases.load(Ordering::Relaxed) != 0
}
