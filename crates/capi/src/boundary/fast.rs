//! The crossing of ints and floats without links, inline: blocks come from the free list of their size and go back to
//! it. Everything else takes the general way (`to_c`, `from_c`), which gives the same.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use rivet_vm::exceptions::PyResult;
use rivet_vm::types::native_number::NumberObject;
use rivet_vm::types::str::Str;
use rivet_vm::types::{bytes, tuple};
use rivet_vm::value::{Gc, Value};

use super::{borrowed, decref, incref, new_ref};
use crate::layout::{PyFloatObject, PyLongObject, PyObject, PyTypeObject, PyVarObject, Ref};
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
    let Some(p) = memory::alloc_number() else {
        return no_memory();
    };
    let o = p.cast::<PyLongObject>().as_ptr();
    // SAFETY: a fresh block with room for a head and three digits.
    unsafe {
        (&raw mut (*o).base.base).write(PyObject {
            refcnt: 1,
            ty: types::builtin(types::INT),
        });
        write_int(o, i);
    }
    o.cast()
}

/// Writes the number of an int.
///
/// # Safety
/// There is room for three digits.
#[inline(always)]
unsafe fn write_int(o: *mut PyLongObject, i: i64) {
    // SAFETY: by contract.
    unsafe {
        let digits = (&raw mut (*o).digit).cast::<u32>();
        let size = if i as u64 <= DIGIT_MASK {
            digits.write(i as u32);
            isize::from(i != 0)
        } else {
            write_digits(digits, i)
        };
        (&raw mut (*o).base.size).write(size);
    }
}

/// Writes the digits of an int; the size that goes with them.
///
/// # Safety
/// There is room for three.
#[inline]
unsafe fn write_digits(digits: *mut u32, i: i64) -> isize {
    let mut rest = i.unsigned_abs();
    let mut size = 0;
    while rest != 0 {
        // SAFETY: an `i64` has at most three digits.
        unsafe { digits.add(size).write((rest & DIGIT_MASK) as u32) };
        rest >>= DIGIT_BITS;
        size += 1;
    }
    if i < 0 {
        -(size as isize)
    } else {
        size as isize
    }
}

/// A fresh float object; null with MemoryError pending.
#[inline(always)]
pub fn float(f: f64) -> Ref {
    let Some(p) = memory::alloc_number() else {
        return no_memory();
    };
    let o = p.cast::<PyFloatObject>().as_ptr();
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
    o.cast()
}

/// See `Crossing::own_number`.
pub fn own_number(of_float: bool, bits: u64) -> *mut c_void {
    let object = match of_float {
        true => float(f64::from_bits(bits)),
        false => int(bits as i64),
    };
    if !object.is_null() {
        // SAFETY: the object just made.
        unsafe { (*object).refcnt = NumberObject::FREE };
    }
    object.cast()
}

/// See `Crossing::fill_number`.
///
/// # Safety
/// `own_number` made the object, for the same kind of number.
pub unsafe fn fill_number(own: *mut c_void, of_float: bool, bits: u64) -> *mut c_void {
    if !of_float && let Some(small) = runtime_block::small_int(bits as i64) {
        return small.cast();
    }
    let object: Ref = own.cast();
    // SAFETY: by contract; nobody else has the object.
    unsafe {
        if (*object).refcnt != NumberObject::FREE {
            return std::ptr::null_mut();
        }
        match of_float {
            true => (*object.cast::<PyFloatObject>()).value = f64::from_bits(bits),
            false => write_int(object.cast(), bits as i64),
        }
    }
    own
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
    // SAFETY: by contract. Static objects have a reference of their own, so a last reference is that to a block that
    // `int` made.
    unsafe {
        if (*op).refcnt == 1 {
            memory::release_own_number(op.cast());
        } else {
            give_up_shared(op);
        }
    }
}

/// `decref` where it is not the usual case.
///
/// # Safety
/// As `give_up`.
#[inline(never)]
unsafe fn give_up_shared(op: Ref) {
    // SAFETY: by contract.
    unsafe { decref(op) }
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
            Value::small_int(of_two_digits(op)?)?
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

/// The value of a result whose managed half is known, or that is None or a bool; its reference is given up. None: nothing
/// has been done.
///
/// # Safety
/// `op` is a live object to which the caller owns a reference.
#[inline(always)]
pub unsafe fn linked(op: Ref) -> Option<Value> {
    // SAFETY: by contract. The static objects live for good, and so does the runtime's count of a linked one.
    unsafe {
        let v = if memory::owns(op) {
            known(op)?
        } else {
            types::singleton_value(op)?
        };
        (*op).refcnt -= 1;
        Some(v)
    }
}

/// Most items of a tuple whose contents are adopted at once.
const FEW: usize = 4;

/// The value of an object to which there is one reference, which is given up: the contents of plain ASCII strings, bytes and
/// short tuples, whose block goes back to the free list. None: nothing has been done.
///
/// # Safety
/// `op` is a live object of the C heap without a link, to which the caller owns the only reference.
#[inline(always)]
pub unsafe fn content(op: Ref) -> Option<PyResult<Value>> {
    // SAFETY: by contract; the layout is that of the type.
    unsafe {
        let ty = (*op).ty;
        let n = (*op.cast::<PyVarObject>()).size as usize;
        if ty == types::builtin(types::TUPLE) {
            return if (1..=FEW).contains(&n) {
                short_tuple(op, n)
            } else {
                None
            };
        }
        text_content(op, ty, n)
    }
}

#[inline(never)]
unsafe fn text_content(op: Ref, ty: *mut PyTypeObject, n: usize) -> Option<PyResult<Value>> {
    // SAFETY: by the caller's contract; the layout is that of the type.
    unsafe {
        let v = if ty == types::builtin(types::STR) {
            const COMPACT_ASCII: u32 = 0b110_0000;
            let state = *op.cast::<u8>().add(32).cast::<u32>();
            // A single character is a shared object.
            if state & COMPACT_ASCII != COMPACT_ASCII || n < 2 {
                return None;
            }
            Str::from_ascii(std::slice::from_raw_parts(op.cast::<u8>().add(48), n)).map(Gc::value)
        } else if ty == types::builtin(types::BYTES) {
            bytes::new(std::slice::from_raw_parts(op.cast::<u8>().add(32), n))
        } else {
            return None;
        };
        memory::release(op.cast());
        Some(v)
    }
}

/// The tuple of the items of a C tuple, which is given up. None: nothing has been done.
#[inline(never)]
unsafe fn short_tuple(op: Ref, n: usize) -> Option<PyResult<Value>> {
    // SAFETY: by the caller's contract; words on the native stack keep their objects.
    unsafe {
        let items = op.cast::<u8>().add(24).cast::<Ref>();
        let mut all = [const { MaybeUninit::<Value>::uninit() }; FEW];
        for (i, v) in all.iter_mut().enumerate().take(n) {
            let item = *items.add(i);
            if item.is_null() {
                return None;
            }
            v.write(match known(item) {
                Some(v) => v,
                None => borrowed(item).ok()?,
            });
        }
        let t = tuple::new(std::slice::from_raw_parts(all.as_ptr().cast(), n));
        for i in 0..n {
            let item = *items.add(i);
            match (*item).refcnt {
                1 => give_up(item),
                more => (*item).refcnt = more - 1,
            }
        }
        memory::release(op.cast());
        Some(t)
    }
}

/// The managed half of an object of the C heap, if it is known.
///
/// # Safety
/// A live object.
#[inline(always)]
unsafe fn known(op: Ref) -> Option<Value> {
    // SAFETY: by contract; blocks of this heap have a place for the link.
    unsafe {
        if !memory::owns(op) {
            return None;
        }
        match *memory::link_of(op) {
            0 => None,
            half => Some(Value::from_header(half as *mut rivet_heap::Header)),
        }
    }
}

/// The value of an int of at most two digits.
///
/// # Safety
/// A live object of type int or a subclass.
#[inline(always)]
pub unsafe fn of_two_digits(op: Ref) -> Option<i64> {
    // SAFETY: by contract; digits lie behind the size.
    unsafe {
        let size = (*op.cast::<PyVarObject>()).size;
        let d = (&raw const (*op.cast::<PyLongObject>()).digit).cast::<u32>();
        if size == 1 {
            return Some(i64::from(*d));
        }
        let m = match size.unsigned_abs() {
            0 => 0,
            1 => i64::from(*d),
            2 => i64::from(*d) | i64::from(*d.add(1)) << DIGIT_BITS,
            _ => return None,
        };
        Some(if size < 0 { -m } else { m })
    }
}
