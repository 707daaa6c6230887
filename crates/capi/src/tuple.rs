//! `tupleobject.h`: tuples live on the C side until they cross.

use std::ffi::c_int;

use rivet_vm::exceptions::{PyResult, index_error};
use rivet_vm::object::TypeFlags;

use crate::api::bad_call;
use crate::boundary::to_c::{self, few_items, raw_tuple};
use crate::boundary::{incref, xdecref};
use crate::layout::{PyVarObject, Ref};
use crate::{api, errors, memory, raw, types};

/// Tuples of so many items are made at once.
const FEW: isize = to_c::FEW_ITEMS as isize;

#[inline(never)]
fn new_or_raise(n: isize) -> Ref {
    let made = match usize::try_from(n) {
        Ok(n) => fresh(n),
        Err(_) => Err(bad_call()),
    };
    made.unwrap_or_else(|_| {
        errors::publish();
        std::ptr::null_mut()
    })
}

/// A new tuple of `n` empty items.
pub fn fresh(n: usize) -> PyResult<Ref> {
    if n > isize::MAX as usize / 16 {
        return Err(rivet_vm::exceptions::no_memory());
    }
    let p = raw_tuple(n, types::builtin(types::TUPLE));
    if p.is_null() {
        Err(rivet_vm::exceptions::no_memory())
    } else {
        Ok(p)
    }
}

/// A new tuple of the objects in an array.
///
/// # Safety
/// `n` live objects.
pub unsafe fn from_array(items: *const Ref, n: usize) -> PyResult<Ref> {
    let p = fresh(n)?;
    // SAFETY: by contract; the tuple has room.
    unsafe {
        for i in 0..n {
            let x = *items.add(i);
            if !x.is_null() {
                incref(x);
            }
            *items_at(p).add(i) = x;
        }
    }
    Ok(p)
}

/// The item array.
pub fn items_at(op: Ref) -> *mut Ref {
    op.cast::<u8>().wrapping_add(24).cast()
}

/// Items and their number; SystemError if it is no tuple.
///
/// # Safety
/// Null or a live object.
pub unsafe fn items(op: Ref) -> PyResult<(*mut Ref, usize)> {
    // SAFETY: by contract; the layout is checked by the type's flags.
    unsafe {
        if op.is_null() || (*(*op).ty).flags & TypeFlags::TUPLE_SUBCLASS == 0 {
            return Err(bad_call());
        }
        Ok((items_at(op), (*op.cast::<PyVarObject>()).size as usize))
    }
}

raw! {
    fn PyTuple_New(n: isize) -> Ref {
        if (0..=FEW).contains(&n) {
            let p = few_items(n as usize, types::builtin(types::TUPLE));
            if !p.is_null() {
                return p;
            }
        }
        new_or_raise(n)
    }

    fn PyTuple_GetItem(op: Ref, i: isize) -> Ref {
        match items(op) {
            Ok((p, n)) if i >= 0 && (i as usize) < n => return *p.offset(i),
            Ok(_) => {
                let _ = index_error("tuple index out of range");
            }
            Err(_) => {}
        }
        errors::publish();
        std::ptr::null_mut()
    }

    fn PyTuple_SetItem(op: Ref, i: isize, v: Ref) -> c_int {
        match items(op) {
            // Only a tuple nobody else has seen may be filled.
            Ok((p, n)) if (*op).refcnt == 1 && i >= 0 && (i as usize) < n => {
                let old = std::mem::replace(&mut *p.offset(i), v);
                xdecref(old);
                return 0;
            }
            Ok(_) if (*op).refcnt != 1 => {
                let _ = bad_call();
            }
            Ok(_) => {
                let _ = index_error("tuple assignment index out of range");
            }
            Err(_) => {}
        }
        errors::publish();
        xdecref(v);
        -1
    }

    fn _PyTuple_Resize(place: *mut Ref, n: isize) -> c_int {
        let old = *place;
        let Ok((p, have)) = items(old) else {
            errors::publish();
            return -1;
        };
        let Ok(new) = fresh(n.max(0) as usize) else {
            errors::publish();
            return -1;
        };
        for i in 0..have {
            let x = std::mem::replace(&mut *p.add(i), std::ptr::null_mut());
            if i < n.max(0) as usize { *items_at(new).add(i) = x } else { xdecref(x) }
        }
        memory::release(old.cast());
        *place = new;
        0
    }
}

api! {
    fn PyTuple_Size(op: Ref) -> isize {
        Ok(items(op)?.1 as isize)
    }

    fn PyTuple_GetSlice(op: Ref, low: isize, high: isize) -> Ref {
        let (p, n) = items(op)?;
        let low = low.clamp(0, n as isize);
        let high = high.clamp(low, n as isize);
        from_array(p.offset(low), (high - low) as usize)
    }

    // The C shim's `PyTuple_Pack`.
    fn rivet_tuple_of(p: *const Ref, n: isize) -> Ref {
        from_array(p, n as usize)
    }

    fn _PyTuple_FromArray(p: *const Ref, n: isize) -> Ref {
        from_array(p, n as usize)
    }
}
