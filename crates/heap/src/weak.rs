//! Weak references: objects whose body word 0 does not keep its target alive.

use std::collections::VecDeque;

use crate::collect::{Kind, Split, after_take};
use crate::header::{Header, Obj, body};
use crate::memory::{load, store};
use crate::state::{Heap, heap};

/// Tracked weak references and those whose target died.
pub(crate) struct WeakRefs {
    /// Young: the reference or its target is in the nursery.
    pub list: Split<Obj>,
    pub cleared: VecDeque<Obj>,
}

impl WeakRefs {
    pub const fn new() -> Self {
        WeakRefs {
            list: Split::new(),
            cleared: VecDeque::new(),
        }
    }
}

/// Starts watching a weak reference, an object of a `Trace::Weak` layout whose body word 0 refers to the target
/// already. The word may later be zeroed, but not be set to another target without tracking again.
pub fn track_weak(obj: *mut Header) {
    heap().weak.list.young.push(obj);
}

/// The next weak reference whose target died (its word 0 is zero now).
pub fn take_cleared() -> Option<*mut Header> {
    let obj = heap().weak.cleared.pop_front();
    after_take();
    obj
}

impl Heap {
    /// Zeroes weak references to unreached objects, before finalizers resurrect anything.
    pub(crate) fn clear_weak(&mut self, kind: Kind) {
        let list = self.weak.list.take(kind);
        for &weak in &list {
            let alive = self.fate(kind, weak);
            let slot = body(alive.unwrap_or(weak));
            let target = load(slot);
            if self.mem.is_ref(target) && self.fate(kind, target as Obj).is_none() {
                store(slot, 0);
                self.weak.cleared.extend(alive);
            }
        }
        self.weak.list.young = list; // `settle_weak` sorts them out
    }

    /// Updates the weak references that remain and drops the dead ones.
    pub(crate) fn settle_weak(&mut self, kind: Kind) {
        for weak in std::mem::take(&mut self.weak.list.young) {
            let Some(weak) = self.fate(kind, weak) else {
                continue;
            };
            let target = load(body(weak));
            if !self.mem.is_ref(target) {
                continue;
            }
            let Some(target) = self.fate(kind, target as Obj) else {
                continue;
            };
            store(body(weak), target as u64);
            let young = self.in_nursery(weak) || self.in_nursery(target);
            self.weak.list.put(young, weak);
        }
    }
}
