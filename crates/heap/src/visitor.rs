//! Visitors: how roots and custom trace functions show their slots to the collector.

use crate::header::Obj;
use crate::memory::{kind, load};
use crate::state::{Heap, started};

/// What a visited slot is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Minor collection: copy young objects, update the slot.
    Minor,
    /// Major collection: mark.
    Major,
    /// Only note the slot (checker, object walks).
    Collect,
}

/// Shows exact slots to the collector. A slot holds a value; heap references in it may be updated.
pub struct Visitor<'h> {
    pub(crate) heap: &'h mut Heap,
    pub(crate) mode: Mode,
}

impl Visitor<'_> {
    /// Visits one slot.
    #[inline]
    pub fn visit(&mut self, slot: *mut u64) {
        match self.mode {
            Mode::Minor => self.heap.minor_slot(slot),
            Mode::Major => self.heap.mark_slot(slot),
            Mode::Collect => self.heap.found.push(slot),
        }
    }

    /// Visits `n` consecutive slots.
    pub fn visit_range(&mut self, ptr: *mut u64, n: usize) {
        for i in 0..n {
            self.visit(ptr.wrapping_add(i));
        }
    }
}

/// Shows ambiguous words to the collector: what they may point at stays alive and in place.
pub struct ConservativeVisitor<'h> {
    pub(crate) heap: &'h mut Heap,
    pub(crate) mode: Mode,
}

impl ConservativeVisitor<'_> {
    /// One ambiguous word: a reference, or a pointer into an object or just past its end.
    #[inline]
    pub fn visit_conservative(&mut self, word: u64) {
        self.heap.ambiguous(self.mode, word as usize);
    }

    /// `n` consecutive ambiguous words.
    ///
    /// # Safety
    /// The words are readable.
    pub unsafe fn pin_range(&mut self, ptr: *const u64, n: usize) {
        for i in 0..n {
            self.visit_conservative(load(ptr.wrapping_add(i)));
        }
    }
}

/// The registered roots.
pub(crate) struct Roots {
    slots: Vec<*mut u64>,
    visitors: Vec<fn(&mut Visitor)>,
    conservative: Vec<fn(&mut ConservativeVisitor)>,
}

impl Roots {
    pub const fn new() -> Self {
        Roots {
            slots: Vec::new(),
            visitors: Vec::new(),
            conservative: Vec::new(),
        }
    }
}

/// Registers a function that visits exact root slots in every collection.
pub fn add_root_visitor(f: fn(&mut Visitor)) {
    started().roots.visitors.push(f);
}

/// Registers a function that shows ambiguous words in every collection, before anything moves.
pub fn add_conservative_visitor(f: fn(&mut ConservativeVisitor)) {
    started().roots.conservative.push(f);
}

/// Registers a static slot as a root.
///
/// # Safety
/// The slot stays valid until [`remove_root`] (or for ever) and holds a value at all times.
pub unsafe fn add_root(slot: *mut u64) {
    started().roots.slots.push(slot);
}

/// Takes a slot out of the roots again.
pub fn remove_root(slot: *mut u64) {
    let slots = &mut started().roots.slots;
    if let Some(i) = slots.iter().rposition(|&s| s == slot) {
        slots.swap_remove(i);
    }
}

impl Heap {
    /// Visits all exact roots except links.
    pub(crate) fn visit_roots(&mut self, mode: Mode) {
        let mut v = Visitor { heap: self, mode };
        for i in 0..v.heap.roots.slots.len() {
            let slot = v.heap.roots.slots[i];
            v.visit(slot);
        }
        for i in 0..v.heap.roots.visitors.len() {
            let f = v.heap.roots.visitors[i];
            f(&mut v);
        }
        self.visit_queues(mode);
    }

    fn visit_queues(&mut self, mode: Mode) {
        let mut slots: Vec<*mut u64> = Vec::new();
        slots.extend(
            self.weak
                .cleared
                .iter_mut()
                .map(|o| (o as *mut Obj).cast::<u64>()),
        );
        slots.extend(
            self.finalizers
                .queue
                .iter_mut()
                .map(|o| (o as *mut Obj).cast::<u64>()),
        );
        let mut v = Visitor { heap: self, mode };
        for slot in slots {
            v.visit(slot);
        }
    }

    /// Runs `ambiguous` on all words of all stacks and registered areas.
    pub(crate) fn scan_ambiguous(&mut self, mode: Mode) {
        crate::threads::each_stack(|from, to| {
            let mut p = from as *const u64;
            while (p as usize) < to {
                self.ambiguous(mode, load(p) as usize);
                p = p.wrapping_add(1);
            }
        });
        let mut v = ConservativeVisitor { heap: self, mode };
        for i in 0..v.heap.roots.conservative.len() {
            let f = v.heap.roots.conservative[i];
            f(&mut v);
        }
    }

    #[inline(always)]
    fn ambiguous(&mut self, mode: Mode, word: usize) {
        if word.wrapping_sub(self.mem.base) > self.mem.len8 << 3 {
            return;
        }
        self.ambiguous_in_range(mode, word);
        if word & 7 == 0 {
            self.ambiguous_in_range(mode, word.wrapping_sub(8)); // one past the end
        }
    }

    fn ambiguous_in_range(&mut self, mode: Mode, addr: usize) {
        if !self.mem.in_used(addr) {
            return;
        }
        match (self.mem.kind_at(addr), mode) {
            (kind::NURSERY, Mode::Minor) => self.nursery.candidates.push(addr),
            (kind::LARGE_YOUNG, Mode::Minor) => {
                let mut head = self.mem.large_head(addr) as u64;
                self.minor_slot(&mut head);
            }
            (kind::OLD, Mode::Major) => {
                if let Some(obj) = self.resolve_old(addr) {
                    self.mark_object(obj);
                }
            }
            (kind::LARGE_OLD, Mode::Major) => self.mark_object(self.mem.large_head(addr) as Obj),
            _ => {}
        }
    }
}
