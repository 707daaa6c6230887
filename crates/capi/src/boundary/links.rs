//! Links between managed objects and their mirrors: a table from object to mirror (the other way is the mirror's
//! prefix), kept right by the collector's callbacks; mirrors whose objects died are finalised after the collection.

use std::cell::UnsafeCell;
use std::collections::HashMap;

use rivet_heap::{Header, LinkOps};
use rivet_vm::types::native::set_body;
use rivet_vm::value::Value;

use super::BIAS;
use crate::layout::{PyObject, Ref};
use crate::memory;

#[derive(Default)]
struct State {
    mirrors: HashMap<usize, usize>,
    /// Mirrors of C bodies to deallocate.
    dead: Vec<usize>,
}

struct Global(UnsafeCell<Option<State>>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Global {}

static STATE: Global = Global(UnsafeCell::new(None));

#[inline(always)]
fn state() -> &'static mut State {
    // SAFETY: GIL held; callers do not hold the reference across calls that come back here.
    unsafe { (*STATE.0.get()).get_or_insert_with(State::default) }
}

/// Tells the collector how to treat links.
pub fn install() {
    rivet_heap::set_link_ops(LinkOps {
        is_root,
        moved,
        dead,
        trace: None,
    });
}

unsafe fn is_root(link: usize) -> bool {
    // SAFETY: links are mirrors, which live as long as they are linked.
    unsafe { (*(link as *const PyObject)).refcnt > BIAS }
}

unsafe fn moved(link: usize, old: *mut Header, new: *mut Header) {
    let s = state();
    s.mirrors.remove(&(old as usize));
    s.mirrors.insert(new as usize, link);
    // SAFETY: linked mirrors have a prefix.
    unsafe { *memory::link_of(link as *const PyObject) = new as usize }
}

unsafe fn dead(link: usize, obj: *mut Header) {
    let s = state();
    s.mirrors.remove(&(obj as usize));
    // SAFETY: as above.
    unsafe { *memory::link_of(link as *const PyObject) = 0 }
    s.dead.push(link);
}

/// The mirror of an object, if it has one.
#[inline]
pub fn mirror_of(obj: usize) -> Option<Ref> {
    state().mirrors.get(&obj).map(|&m| m as Ref)
}

/// Links a mirror (a block of the C heap, count without bias) to an object.
pub fn link(obj: *mut Header, mirror: Ref) {
    // SAFETY: the mirror is a fresh block of the C heap.
    unsafe {
        *memory::link_of(mirror) = obj as usize;
        (*mirror).refcnt += BIAS;
    }
    state().mirrors.insert(obj as usize, mirror as usize);
    set_body(Value::from_header(obj), mirror.cast());
    rivet_heap::add_link(obj, mirror as usize);
}

/// Whether mirrors wait for `drain`.
#[inline(always)]
pub fn waiting() -> bool {
    !state().dead.is_empty()
}

/// Deallocates the mirrors whose objects have died. Called at calls across the border, when C code may run.
#[inline]
pub fn drain() {
    if !state().dead.is_empty() {
        drain_slow();
    }
}

#[cold]
fn drain_slow() {
    while let Some(m) = state().dead.pop() {
        let op = m as Ref;
        // SAFETY: the mirror is unlinked and nobody but the runtime had a reference to it.
        unsafe {
            (*op).refcnt = 1;
            super::decref(op);
        }
    }
}
