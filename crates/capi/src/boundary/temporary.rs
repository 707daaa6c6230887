//! Mirrors of arguments that last as long as a call. Most strings and tuples that C gets as arguments are looked at
//! and forgotten; a link, which the collector has to keep right, would cost more than the call. Such a mirror knows its
//! object (by the prefix), which stays in place because the caller has it on its native stack, but is not entered
//! anywhere else. If it is asked for again, or C keeps it, it becomes an ordinary linked mirror.

use std::cell::UnsafeCell;

use rivet_heap::{HAS_MIRROR, Header};
use rivet_vm::types::bytes::Bytes;
use rivet_vm::types::str::Str;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::Value;

use super::{BIAS, decref, fast, links, new_ref, to_c};
use crate::layout::Ref;
use crate::{memory, types};

/// Most temporary mirrors at a time; further ones are linked at once.
const MOST: usize = 64;

/// The mirrors in use, unordered: calls of several threads may be under way.
struct Active {
    mirrors: [usize; MOST],
    count: usize,
}

struct Global(UnsafeCell<Active>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Global {}

static ACTIVE: Global = Global(UnsafeCell::new(Active {
    mirrors: [0; MOST],
    count: 0,
}));

fn active() -> &'static mut Active {
    // SAFETY: GIL held; nobody keeps the reference across a call that comes back here.
    unsafe { &mut *ACTIVE.0.get() }
}

/// A new reference to an argument, to be ended with `end`; null with MemoryError pending. The caller keeps `v` on its
/// native stack until then.
#[inline(always)]
pub fn begin(v: Value) -> Ref {
    if v.is_ref() {
        begin_reference(v)
    } else {
        fast::argument(v)
    }
}

#[inline(never)]
fn begin_reference(v: Value) -> Ref {
    let Some(header) = v.as_header() else {
        return new_ref(v);
    };
    // SAFETY: the header of a live object.
    if unsafe { (*header).has(HAS_MIRROR) } || active().count == MOST || promote(header).is_some() {
        return new_ref(v);
    }
    let mirror = if let Some(s) = v.cast_exact::<Str>() {
        to_c::str_object(s, types::builtin(types::STR))
    } else if let Some(t) = v.cast_exact::<Tuple>() {
        to_c::argument_tuple(t.items())
    } else if let Some(b) = v.cast_exact::<Bytes>() {
        to_c::bytes_object(b.as_slice(), types::builtin(types::BYTES))
    } else {
        return new_ref(v);
    };
    if mirror.is_null() {
        return new_ref(v);
    }
    // Converting a tuple's items may have run into the tuple itself or filled the list.
    let a = active();
    // SAFETY: as above; the mirror is a fresh block of the C heap.
    unsafe {
        if (*header).has(HAS_MIRROR) || a.count == MOST {
            decref(mirror);
            return new_ref(v);
        }
        *memory::link_of(mirror) = header as usize;
        // As a linked mirror's: C must not take it for an object that nobody else has.
        (*mirror).refcnt += BIAS;
    }
    a.mirrors[a.count] = mirror as usize;
    a.count += 1;
    mirror
}

/// The temporary mirror of an object, now linked for good: somebody else has asked for it.
pub fn promote(header: *mut Header) -> Option<Ref> {
    let a = active();
    let at = a.mirrors[..a.count].iter().position(|&m| {
        // SAFETY: active mirrors are blocks of the C heap.
        unsafe { *memory::link_of(m as Ref) == header as usize }
    })?;
    let mirror = a.mirrors[at] as Ref;
    a.remove(at);
    // SAFETY: as above; the link brings its own bias.
    unsafe { (*mirror).refcnt -= BIAS };
    links::link(header, mirror);
    Some(mirror)
}

impl Active {
    fn remove(&mut self, at: usize) {
        self.count -= 1;
        self.mirrors[at] = self.mirrors[self.count];
    }
}

/// Ends what `begin` began with the same value.
///
/// # Safety
/// `op` is what `begin` gave for `v`; the reference is the caller's.
#[inline(always)]
pub unsafe fn end(v: Value, op: Ref) {
    // SAFETY: by contract.
    unsafe {
        if v.is_ref() {
            end_reference(v, op);
        } else {
            fast::give_up(op);
        }
    }
}

#[inline(never)]
unsafe fn end_reference(v: Value, op: Ref) {
    let a = active();
    let found = a.mirrors[..a.count].iter().rposition(|&m| m == op as usize);
    // SAFETY: by the caller's contract.
    unsafe {
        let Some(at) = found else {
            return fast::give_up(op);
        };
        a.remove(at);
        (*op).refcnt -= BIAS;
        if (*op).refcnt == 1 {
            *memory::link_of(op) = 0;
        } else if let Some(header) = v.as_header() {
            links::link(header, op);
        }
        decref(op);
    }
}
