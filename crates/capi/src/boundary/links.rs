//! Links between managed objects and their mirrors. From mirror to object: the mirror's prefix. From object to mirror:
//! the first word of an instance of a C type, a table for the others (asked only if the object's flag says so). The
//! collector's callbacks keep both right; mirrors whose objects died are deallocated after the collection. Before a
//! major collection the references that C bodies hold are counted (`tp_traverse`), so that cycles through C die.

use std::cell::UnsafeCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};

use rivet_heap::{HAS_MIRROR, Header, Kind, LinkOps, Visitor};
use rivet_vm::types::native;
use rivet_vm::value::Value;
use rivet_vm::value::layout;

use super::BIAS;
use crate::layout::{PyObject, Ref};
use crate::{gc, memory};

/// Addresses hash well enough when their low bits are folded away.
#[derive(Default)]
pub struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|&b| self.0 = (self.0 ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    }
    fn write_usize(&mut self, n: usize) {
        self.0 = (n as u64)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(20);
    }
}

/// A table by address.
pub type AddressMap<V> = HashMap<usize, V, BuildHasherDefault<AddressHasher>>;

/// A set of addresses.
pub type AddressSet = HashSet<usize, BuildHasherDefault<AddressHasher>>;

#[derive(Default)]
struct State {
    mirrors: AddressMap<usize>,
    /// The objects of bodies outside the C heap (extensions may use `malloc`, or static memory).
    outside: AddressMap<usize>,
    /// Mirrors to deallocate.
    dead: Vec<usize>,
    /// During a major collection: how many of a mirror's references are held by C bodies.
    internal: AddressMap<isize>,
    /// Buffers to give back: their views died in a collection.
    releases: Vec<usize>,
    draining: bool,
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
        trace: Some(trace),
    });
    rivet_heap::set_before_collection(before);
}

fn before(kind: Kind) {
    state().internal.clear();
    if kind == Kind::Major {
        rivet_heap::for_each_link(|_, link| {
            gc::references(link as Ref, &mut |child| {
                if is_known(child) {
                    *state().internal.entry(child as usize).or_insert(0) += 1;
                }
            });
        });
    }
}

unsafe fn is_root(link: usize) -> bool {
    let s = state();
    let internal = if s.internal.is_empty() {
        0
    } else {
        s.internal.get(&link).copied().unwrap_or(0)
    };
    // SAFETY: links are mirrors, which live as long as they are linked.
    unsafe { (*(link as *const PyObject)).refcnt > BIAS + internal }
}

unsafe fn trace(link: usize, visitor: &mut Visitor) {
    gc::references(link as Ref, &mut |child| {
        let mut word = linked(child);
        if word != 0 {
            // Nothing moves in a major collection.
            visitor.visit((&raw mut word).cast());
        }
    });
}

fn in_word(obj: *mut Header) -> bool {
    // SAFETY: headers of live objects (or dead ones whose memory is intact).
    layout::info(unsafe { (*obj).layout() }).kind == layout::Kind::Foreign
}

unsafe fn moved(link: usize, old: *mut Header, new: *mut Header) {
    if !in_word(new) {
        forget(old);
        let s = state();
        s.mirrors.remove(&(old as usize));
        s.mirrors.insert(new as usize, link);
    }
    set_link(link as Ref, new as usize);
}

unsafe fn dead(link: usize, obj: *mut Header) {
    let s = state();
    if !in_word(obj) {
        forget(obj);
        s.mirrors.remove(&(obj as usize));
    }
    set_link(link as Ref, 0);
    s.dead.push(link);
    call_attention();
}

/// The mirror of an object, if it has one.
#[inline]
pub fn mirror_of(obj: *mut Header) -> Option<Ref> {
    if in_word(obj) {
        let m = native::body(Value::from_header(obj));
        return if m.is_null() { None } else { Some(m.cast()) };
    }
    // SAFETY: callers pass headers of live objects.
    if unsafe { !(*obj).has(HAS_MIRROR) } {
        return None;
    }
    let recent = recent(obj);
    if recent.0 != obj as usize {
        *recent = Pair(obj as usize, *state().mirrors.get(&(obj as usize))?);
    }
    Some(recent.1 as Ref)
}

/// Objects whose mirrors were asked for lately, by address, with these.
struct Recent(UnsafeCell<[Pair; RECENT]>);
/// An object and its mirror.
#[repr(C)]
#[derive(Clone, Copy)]
struct Pair(usize, usize);
const RECENT: usize = 1024;

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Recent {}

static LATELY: Recent = Recent(UnsafeCell::new([Pair(0, 0); RECENT]));

/// Where the table is, and how many entries it has.
pub fn lately() -> (usize, usize) {
    (LATELY.0.get() as usize, RECENT)
}

/// Where an object's mirror is noted.
#[inline(always)]
fn recent(obj: *mut Header) -> &'static mut Pair {
    // SAFETY: GIL held; nobody keeps the reference across a call that comes back here.
    unsafe { &mut (*LATELY.0.get())[(obj as usize >> 4) % RECENT] }
}

/// The mirror of an object, if it was asked for lately.
#[inline(always)]
pub fn recently(obj: *mut Header) -> Option<Ref> {
    let recent = recent(obj);
    (recent.0 == obj as usize).then_some(recent.1 as Ref)
}

/// The object at an address is not there any more.
fn forget(obj: *mut Header) {
    let recent = recent(obj);
    if recent.0 == obj as usize {
        *recent = Pair(0, 0);
    }
}

/// Whether the body may be linked.
fn is_known(op: Ref) -> bool {
    memory::owns(op) || state().outside.contains_key(&(op as usize))
}

/// The address of the object a body belongs to, or 0.
#[inline]
pub fn linked(op: Ref) -> usize {
    if memory::owns(op) {
        // SAFETY: blocks of the C heap have a prefix.
        return unsafe { *memory::link_of(op) };
    }
    state().outside.get(&(op as usize)).copied().unwrap_or(0)
}

fn set_link(op: Ref, object: usize) {
    if memory::owns(op) {
        // SAFETY: as above.
        unsafe { *memory::link_of(op) = object };
    } else if object == 0 {
        state().outside.remove(&(op as usize));
    } else {
        state().outside.insert(op as usize, object);
    }
}

/// Links a mirror (count without bias) to an object.
pub fn link(obj: *mut Header, mirror: Ref) {
    // SAFETY: the mirror is a block of the C heap that is not linked; the object is alive.
    unsafe {
        set_link(mirror, obj as usize);
        (*mirror).refcnt += BIAS;
        if in_word(obj) {
            native::set_body(Value::from_header(obj), mirror.cast());
        } else {
            state().mirrors.insert(obj as usize, mirror as usize);
        }
    }
    rivet_heap::add_link(obj, mirror as usize);
}

/// Whether anything may have to be done before C code runs: mirrors wait for `drain`, or lists that C still holds are
/// to be handed back to it. One flag, so that calls ask once.
const ATTENTION: &AtomicBool = &rivet_vm::gil::LOOK_UP.attention;

/// Whether `settle` has work, or had when it was last called.
#[inline(always)]
pub fn attention() -> bool {
    ATTENTION.load(Ordering::Relaxed)
}

/// Something has come up that calls of C code have to see to.
pub fn call_attention() {
    ATTENTION.store(true, Ordering::Relaxed);
}

/// Does what can be done without running other code. False: `drain` has to be called first.
pub fn settle() -> bool {
    if waiting() {
        return false;
    }
    crate::list::before_c();
    ATTENTION.store(false, Ordering::Relaxed);
    true
}

/// Whether mirrors wait for `drain`.
#[inline(always)]
pub fn waiting() -> bool {
    let s = state();
    !s.dead.is_empty() || !s.releases.is_empty()
}

/// A buffer's view has died in a collection: `drain` gives it back.
pub fn release_later(view: usize) {
    state().releases.push(view);
    call_attention();
}

/// Deallocates the mirrors whose objects have died. Called at calls across the border, when C code may run.
#[inline]
pub fn drain() {
    if waiting() && !state().draining {
        drain_slow();
    }
}

#[cold]
fn drain_slow() {
    state().draining = true;
    while waiting() {
        for view in std::mem::take(&mut state().releases) {
            // SAFETY: a view that `buffer::import` allocated and nobody uses any more.
            crate::errors::preserved(|| unsafe { crate::buffer::give_back(view) });
        }
        let batch = std::mem::take(&mut state().dead);
        // SAFETY: the mirrors are unlinked; of the references only those of other dead bodies are left. Each gets one
        // of ours while the cycles are taken apart.
        unsafe {
            let mut tangled = Vec::new();
            for &m in &batch {
                let op = m as Ref;
                (*op).refcnt += 1 - BIAS;
                if (*op).refcnt > 1 {
                    tangled.push(op);
                }
            }
            crate::errors::preserved(|| {
                tangled.iter().for_each(|&op| gc::clear(op));
                batch.iter().for_each(|&m| super::decref(m as Ref));
                crate::errors::PyErr_Clear();
            });
        }
    }
    state().draining = false;
}
