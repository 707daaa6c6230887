//! The entry points of collections, and what both kinds share: object fates and the pending flag.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::header::{FORWARDED, LINE_MARK, Obj, PINNED, hdr};
use crate::layout::Trace;
use crate::memory::kind;
use crate::state::{Heap, heap, started};

/// Which part of the heap a collection looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The young objects.
    Minor,
    /// Everything (a minor collection comes first).
    Major,
}

/// Set when cleared weak references or finalizable objects wait; the runtime polls it at its safepoints.
pub static PENDING: AtomicBool = AtomicBool::new(false);

/// Whether [`take_cleared`](crate::take_cleared) or [`take_finalizable`](crate::take_finalizable) has something.
#[inline]
pub fn has_pending() -> bool {
    PENDING.load(Ordering::Relaxed)
}

/// Collects now (also while a `NoGc` lives).
pub fn collect(kind: Kind) {
    let h = started();
    if !h.collecting {
        h.collect_now(kind == Kind::Major);
    }
}

/// Whether a collection is under way (for callbacks that must not run foreign code then).
pub fn collecting() -> bool {
    started().collecting
}

/// Registers how objects of a new layout are traced and returns its id (1, 2, ...).
pub fn register_layout(trace: Trace) -> u32 {
    started().layouts.push(trace)
}

/// Changes how objects of a layout are traced.
pub fn set_trace(id: u32, trace: Trace) {
    started().layouts.set(id, trace);
}

/// Sets a function that runs before each phase of a collection, with nothing moved yet (trial deletion on mirrors).
pub fn set_before_collection(f: fn(Kind)) {
    started().links.before = Some(f);
}

/// A list of tracked objects, split so that minor collections look at the young part only.
pub(crate) struct Split<T> {
    pub young: Vec<T>,
    pub old: Vec<T>,
}

impl<T> Split<T> {
    pub const fn new() -> Self {
        Split {
            young: Vec::new(),
            old: Vec::new(),
        }
    }

    /// Takes the entries that a collection of this kind decides on.
    pub fn take(&mut self, kind: Kind) -> Vec<T> {
        let mut list = std::mem::take(&mut self.young);
        if kind == Kind::Major {
            list.append(&mut self.old);
        }
        list
    }

    pub fn put(&mut self, young: bool, entry: T) {
        if young {
            self.young.push(entry)
        } else {
            self.old.push(entry)
        }
    }

    /// All entries.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.young.iter().chain(&self.old)
    }
}

impl Heap {
    /// Where an object is after tracing; `None` if it was not reached.
    #[inline]
    pub(crate) fn fate(&self, kind: Kind, obj: Obj) -> Option<Obj> {
        match kind {
            Kind::Minor => self.minor_fate(obj),
            Kind::Major => self.mem.is_marked(obj as usize).then_some(obj),
        }
    }

    fn minor_fate(&self, obj: Obj) -> Option<Obj> {
        let h = hdr(obj);
        match self.mem.kind_at(obj as usize) {
            kind::NURSERY if h.has(FORWARDED) => Some((h.0.get() & !FORWARDED) as Obj),
            kind::NURSERY => h.has(PINNED).then_some(obj),
            kind::LARGE_YOUNG => h.has(LINE_MARK).then_some(obj),
            _ => Some(obj),
        }
    }

    /// Whether the object lives in the nursery (and a later minor collection must look at it again).
    #[inline]
    pub(crate) fn in_nursery(&self, obj: Obj) -> bool {
        self.mem.kind_at(obj as usize) == kind::NURSERY
    }

    /// Visits one slot for a collection of this kind, and everything reachable from it.
    pub(crate) fn resurrect(&mut self, kind: Kind, slots: impl Iterator<Item = *mut u64>) {
        for slot in slots {
            match kind {
                Kind::Minor => self.minor_slot(slot),
                Kind::Major => self.mark_slot(slot),
            }
        }
        match kind {
            Kind::Minor => self.drain_minor(),
            Kind::Major => self.drain_marks(),
        }
    }

    /// Everything that depends on which objects died, between tracing and freeing.
    pub(crate) fn settle(&mut self, kind: Kind) {
        self.clear_weak(kind);
        self.queue_finalizable(kind);
        self.settle_weak(kind);
        self.settle_links(kind);
        self.settle_ids(kind);
        self.run_drops(kind);
    }

    #[inline(never)]
    pub(crate) fn collect_now(&mut self, major: bool) {
        crate::threads::with_stack_recorded(|| {
            let start = Instant::now();
            self.collecting = true;
            self.retire();
            self.check("before a collection");
            self.announce(Kind::Minor);
            self.minor();
            self.check("after a minor collection");
            if major || self.wants_major() {
                self.announce(Kind::Major);
                self.major();
                self.check("after a major collection");
            }
            self.collecting = false;
            self.external_seen = self.external;
            self.stats.pause(start.elapsed().as_nanos() as u64);
        });
        self.update_pending();
    }

    fn announce(&mut self, kind: Kind) {
        if let Some(f) = self.links.before {
            f(kind);
        }
    }

    pub(crate) fn update_pending(&self) {
        let waiting = !self.weak.cleared.is_empty() || !self.finalizers.queue.is_empty();
        PENDING.store(waiting, Ordering::Relaxed);
    }

    fn check(&mut self, when: &str) {
        if self.verify
            && let Err(e) = self.verify_now()
        {
            panic!(
                "heap {when} (minor {}, major {}): {e}",
                self.stats.minors, self.stats.majors
            );
        }
    }
}

/// Refreshes the pending flag after an entry was taken.
pub(crate) fn after_take() {
    heap().update_pending();
}
