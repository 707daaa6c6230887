//! Finalizers (unreachable objects are kept alive once and queued) and drop functions (native payloads).

use std::collections::{HashMap, VecDeque};

use crate::collect::{Kind, Split, after_take};
use crate::header::{FINALIZER, Header, Obj, hdr};
use crate::state::{Heap, heap, started};

/// Tracked finalizable objects and the queue of unreachable ones.
pub(crate) struct Finalizers {
    list: Split<Obj>,
    pub queue: VecDeque<Obj>,
}

impl Finalizers {
    pub const fn new() -> Self {
        Finalizers {
            list: Split::new(),
            queue: VecDeque::new(),
        }
    }
}

type DropFn = unsafe fn(*mut Header);

/// Objects with native payload and the functions that free it.
pub(crate) struct Drops {
    list: Split<Obj>,
    by_layout: Option<HashMap<u32, DropFn>>,
}

impl Drops {
    pub const fn new() -> Self {
        Drops {
            list: Split::new(),
            by_layout: None,
        }
    }
}

/// Once `obj` is unreachable it is kept alive one time and queued for [`take_finalizable`].
pub fn track_finalizer(obj: *mut Header) {
    if !hdr(obj).has(FINALIZER) {
        hdr(obj).set(FINALIZER);
        heap().finalizers.list.young.push(obj);
    }
}

/// The next unreachable object whose finalizer should run.
pub fn take_finalizable() -> Option<*mut Header> {
    let obj = heap().finalizers.queue.pop_front();
    after_take();
    obj
}

/// Number of tracked objects that have not been queued.
pub fn finalizable_count() -> usize {
    let list = &heap().finalizers.list;
    list.young.len() + list.old.len()
}

/// One of them, in no particular order that lasts beyond the next collection.
pub fn finalizable_at(i: usize) -> *mut Header {
    let list = &heap().finalizers.list;
    match list.old.get(i) {
        Some(&obj) => obj,
        None => list.young[i - list.old.len()],
    }
}

/// Sets the function that frees the native payload of dead objects of a layout. It must not allocate.
pub fn set_drop(layout: u32, f: unsafe fn(*mut Header)) {
    started()
        .drops
        .by_layout
        .get_or_insert_default()
        .insert(layout, f);
}

/// Runs the drop function of the object's layout (at that time) once it is dead.
pub fn track_drop(obj: *mut Header) {
    heap().drops.list.young.push(obj);
}

/// Takes an object that was given to [`track_drop`] out again (linear in the number of tracked objects).
pub fn untrack_drop(obj: *mut Header) {
    let list = &mut heap().drops.list;
    if let Some(i) = list.young.iter().rposition(|&o| o == obj) {
        list.young.swap_remove(i);
    } else if let Some(i) = list.old.iter().rposition(|&o| o == obj) {
        list.old.swap_remove(i);
    }
}

/// Runs the drop functions of all tracked objects, dead or alive, at exit.
pub fn drop_all() {
    let h = heap();
    for obj in h.drops.list.take(Kind::Major) {
        h.run_drop(obj);
    }
}

impl Heap {
    /// Queues tracked objects that were not reached and brings them back with all they refer to.
    pub(crate) fn queue_finalizable(&mut self, kind: Kind) {
        let before = self.finalizers.queue.len();
        for obj in self.finalizers.list.take(kind) {
            match self.fate(kind, obj) {
                Some(new) => {
                    let young = self.in_nursery(new);
                    self.finalizers.list.put(young, new);
                }
                None => {
                    hdr(obj).clear(FINALIZER);
                    self.finalizers.queue.push_back(obj);
                }
            }
        }
        let new: Vec<*mut u64> = self
            .finalizers
            .queue
            .range_mut(before..)
            .map(|o| (o as *mut Obj).cast::<u64>())
            .collect();
        self.resurrect(kind, new.into_iter());
    }

    /// Frees the payloads of the dead; their memory is still intact.
    pub(crate) fn run_drops(&mut self, kind: Kind) {
        for obj in self.drops.list.take(kind) {
            match self.fate(kind, obj) {
                Some(new) => {
                    let young = self.in_nursery(new);
                    self.drops.list.put(young, new);
                }
                None => self.run_drop(obj),
            }
        }
    }

    fn run_drop(&mut self, obj: Obj) {
        let layout = hdr(obj).layout();
        if let Some(f) = self
            .drops
            .by_layout
            .as_ref()
            .and_then(|m| m.get(&layout))
            .copied()
        {
            // SAFETY: registered for objects of this layout; the object's memory is intact.
            unsafe { f(obj) };
        }
    }
}
