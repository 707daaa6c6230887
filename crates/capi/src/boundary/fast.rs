//! The crossing of ints and floats without links, inline: blocks come from the free list of their size and go back to
//! it. Everything else takes the general way (`to_c`, `from_c`), which gives the same.

use rivet_vm::value::Value;

use super::{decref, incref, new_ref};
use crate::layout::{PyFloatObject, PyLongObject, PyObject, PyVarObject, Ref};
use crate::{memory, runtime_block, types};

/// A digit of a C int.
const DIGIT_BITS: u32 = 30;
const DIGIT_MASK: u64 = (1 << DIGIT_BITS) - 1;

/// Both kinds of number fit in one class of blocks.
const _: () = assert!(
    size_of::<PyLongObject>() <= memory::SMALL && size_of::<PyFloatObject>() <= memory::SMALL
);

/// A new reference to an argument; null with MemoryError pending.
#[inline(always)]
pub fn argument(v: Value) -> Ref {
    if let Some(i) = v.as_small_int() {
        return shared_int(i);
    }
    if v.is_immediate_float() {
        return float(v.as_exact_float().unwrap_or(0.0));
    }
    new_ref(v)
}

/// A new reference to an int: to the static object of a small one.
#[inline(always)]
pub fn shared_int(i: i64) -> Ref {
    match runtime_block::small_int(i) {
        Some(p) => {
            // SAFETY: a static object.
            unsafe { incref(p) };
            p
        }
        None => int(i),
    }
}

/// A fresh int object; null with MemoryError pending.
#[inline(always)]
pub fn int(i: i64) -> Ref {
    let p = memory::alloc_number();
    if p.is_null() {
        return no_memory();
    }
    let m = i.unsigned_abs();
    let sign = (i >> 63 | 1) as isize;
    let o = p.cast::<PyLongObject>();
    // SAFETY: a fresh block with room for a head and three digits.
    unsafe {
        (&raw mut (*o).base.base).write(PyObject {
            refcnt: 1,
            ty: types::builtin(types::INT),
        });
        // Digits beyond the size are not read; writing two spares a branch.
        (&raw mut (*o).digit)
            .cast::<u32>()
            .write((m & DIGIT_MASK) as u32);
        (&raw mut (*o).digit)
            .cast::<u32>()
            .add(1)
            .write((m >> DIGIT_BITS & DIGIT_MASK) as u32);
        let size = match m >> DIGIT_BITS {
            0 => isize::from(m != 0),
            rest if rest <= DIGIT_MASK => 2,
            rest => {
                (&raw mut (*o).digit)
                    .cast::<u32>()
                    .add(2)
                    .write((rest >> DIGIT_BITS) as u32);
                3
            }
        };
        (&raw mut (*o).base.size).write(size * sign);
    }
    p.cast()
}

/// A fresh float object; null with MemoryError pending.
#[inline(always)]
pub fn float(f: f64) -> Ref {
    let p = memory::alloc_number();
    if p.is_null() {
        return no_memory();
    }
    let o = p.cast::<PyFloatObject>();
    // SAFETY: a fresh block with room for a float.
    unsafe {
        o.write(PyFloatObject {
            base: PyObject {
                refcnt: 1,
                ty: types::builtin(types::FLOAT),
            },
            value: f,
        });
    }
    p.cast()
}

#[cold]
fn no_memory() -> Ref {
    let _ = rivet_vm::exceptions::no_memory();
    std::ptr::null_mut()
}

/// Gives an argument's reference up.
///
/// # Safety
/// `op` is a live object to which the caller owns a reference.
#[inline(always)]
pub unsafe fn give_up(op: Ref) {
    // SAFETY: by contract.
    unsafe {
        if (*op).refcnt == 1 && is_number(op) {
            memory::release_number(op.cast());
        } else {
            decref(op);
        }
    }
}

/// Gives the reference to an argument up that `shared_int` made.
///
/// # Safety
/// As `give_up`.
#[inline(always)]
pub unsafe fn give_up_int(op: Ref) {
    // SAFETY: by contract. Static objects have a reference of their own, so a last reference is that to a block.
    unsafe {
        if (*op).refcnt == 1 {
            memory::release_number(op.cast());
        } else {
            decref(op);
        }
    }
}

/// Whether it is an exact int or float.
///
/// # Safety
/// A live object.
#[inline(always)]
unsafe fn is_number(op: Ref) -> bool {
    // SAFETY: by contract.
    let ty = unsafe { (*op).ty };
    ty == types::builtin(types::INT) || ty == types::builtin(types::FLOAT)
}

/// The value of a result if it is an exact int of at most 62 bits or an exact float; its reference is given up. None:
/// nothing has been done.
///
/// # Safety
/// `op` is a live object to which the caller owns a reference.
#[inline(always)]
pub unsafe fn number(op: Ref) -> Option<Value> {
    // SAFETY: by contract; the layout is that of the type.
    unsafe {
        let ty = (*op).ty;
        let v = if ty == types::builtin(types::INT) {
            small_int(op)?
        } else if ty == types::builtin(types::FLOAT) {
            Value::immediate_float((*op.cast::<PyFloatObject>()).value)?
        } else {
            return None;
        };
        if (*op).refcnt == 1 {
            memory::release_number(op.cast());
        } else {
            (*op).refcnt -= 1;
        }
        Some(v)
    }
}

/// An exact int of at most two digits, as a value that needs no memory.
///
/// # Safety
/// A live int object.
#[inline(always)]
unsafe fn small_int(op: Ref) -> Option<Value> {
    // SAFETY: by contract; digits lie behind the size.
    unsafe {
        let size = (*op.cast::<PyVarObject>()).size;
        let d = (&raw const (*op.cast::<PyLongObject>()).digit).cast::<u32>();
        let m = match size.unsigned_abs() {
            0 => 0,
            1 => i64::from(*d),
            2 => i64::from(*d) | i64::from(*d.add(1)) << DIGIT_BITS,
            _ => return None,
        };
        Value::small_int(if size < 0 { -m } else { m })
    }
}
