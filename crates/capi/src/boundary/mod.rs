//! Where a Python object and a `PyObject *` are one thing. A mirror is made when an object first crosses; ints and
//! floats cross by value.

pub mod fast;
pub mod from_c;
pub mod links;
pub mod statics;
pub mod temporary;
pub mod to_c;

pub use from_c::{borrowed, steal};
pub use to_c::{borrow_out, new_ref, singleton};

use crate::layout::Ref;

/// Added to the count of a linked mirror: what the runtime holds. Large, so that C never sees a count that would let
/// it change the object in place.
pub const BIAS: isize = 1 << 32;

/// `Py_INCREF`
///
/// # Safety
/// `op` is a live object.
#[inline(always)]
pub unsafe fn incref(op: Ref) {
    // SAFETY: by contract.
    unsafe { (*op).refcnt += 1 }
}

/// `Py_DECREF`
///
/// # Safety
/// `op` is a live object to which the caller owns a reference.
#[inline(always)]
pub unsafe fn decref(op: Ref) {
    // SAFETY: by contract.
    unsafe {
        (*op).refcnt -= 1;
        if (*op).refcnt == 0 {
            crate::objects::_Py_Dealloc(op);
        }
    }
}

/// `Py_XDECREF`
///
/// # Safety
/// Null or as `decref`.
#[inline(always)]
pub unsafe fn xdecref(op: Ref) {
    if !op.is_null() {
        // SAFETY: by contract.
        unsafe { decref(op) }
    }
}
