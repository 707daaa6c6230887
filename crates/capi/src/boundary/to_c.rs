//! From a value to a `PyObject *`: always a new reference.

use rivet_vm::object::{Type, TypeFlags};
use rivet_vm::types::bytes::Bytes;
use rivet_vm::types::int;
use rivet_vm::types::str::{Chars, Str};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

use super::incref;
use super::links::{link, mirror_of};
use crate::layout::{PyFloatObject, PyObject, PyTypeObject, PyVarObject, Ref};
use crate::memory;
use crate::types;

/// The static object of a singleton.
pub fn singleton(v: Value) -> Option<Ref> {
    Some(match v {
        Value::NONE => types::none(),
        Value::TRUE => types::truth(true),
        Value::FALSE => types::truth(false),
        Value::ELLIPSIS => types::ellipsis(),
        Value::NOT_IMPLEMENTED => types::not_implemented(),
        _ => return None,
    })
}

/// A new reference to the object as C sees it; null with MemoryError pending if there is no room.
pub fn new_ref(v: Value) -> Ref {
    if let Some(i) = v.as_small_int() {
        return int_object(i);
    }
    if v.is_immediate_float() {
        return float_object(v.as_float().unwrap_or(0.0));
    }
    if let Some(s) = singleton(v) {
        // SAFETY: static objects live for good.
        unsafe { incref(s) };
        return s;
    }
    reference(v)
}

fn reference(v: Value) -> Ref {
    if let Some(t) = v.cast::<Type>() {
        let c = types::to_c(t).cast::<PyObject>();
        // SAFETY: type mirrors live for good.
        unsafe { incref(c) };
        return c;
    }
    let header = v.as_header().expect("all immediates were handled");
    if let Some(m) = mirror_of(header as usize) {
        // SAFETY: a linked mirror is alive.
        unsafe { incref(m) };
        return m;
    }
    if let Some(m) = super::temporary::promote(header) {
        // SAFETY: as above.
        unsafe { incref(m) };
        return m;
    }
    let ty = types::to_c(v.type_of());
    let exact_int = v.type_of() == rivet_vm::runtime::types().int;
    let mirror = if exact_int {
        return big_object(v);
    } else if let Some(s) = v.cast::<Str>() {
        str_object(s, ty)
    } else if let Some(b) = v.cast::<Bytes>() {
        bytes_object(b.as_slice(), ty)
    } else if let Some(t) = v.cast::<Tuple>() {
        tuple_object(t, ty)
    } else if let Some(f) = v.as_float() {
        fill_float(ty, f)
    } else {
        opaque(v, ty)
    };
    if mirror.is_null() {
        return no_memory();
    }
    link(header, mirror);
    mirror
}

fn no_memory() -> Ref {
    let _ = rivet_vm::exceptions::no_memory();
    std::ptr::null_mut()
}

fn block(size: usize, ty: *mut PyTypeObject) -> Ref {
    let p = memory::alloc_zeroed(size).cast::<PyObject>();
    if !p.is_null() {
        // SAFETY: a fresh block of at least an object's size.
        unsafe {
            (*p).refcnt = 1;
            (*p).ty = ty;
        }
    }
    p
}

/// A fresh int object of a machine word.
#[inline(always)]
pub fn int_object(i: i64) -> Ref {
    super::fast::int(i)
}

fn big_object(v: Value) -> Ref {
    let big = int::to_big(v).unwrap_or_default();
    let mut digits = Vec::new();
    let mut rest = big.magnitude().clone();
    let mask = num_bigint::BigUint::from(0x3fff_ffffu32);
    while rest.bits() > 0 {
        digits.push(
            (&rest & &mask)
                .to_u32_digits()
                .first()
                .copied()
                .unwrap_or(0),
        );
        rest >>= 30;
    }
    let p = block(24 + digits.len() * 4, types::builtin(types::INT));
    if p.is_null() {
        return no_memory();
    }
    let n = digits.len() as isize;
    // SAFETY: the block has room for the digits.
    unsafe {
        std::ptr::copy_nonoverlapping(
            digits.as_ptr(),
            p.cast::<u8>().add(24).cast::<u32>(),
            digits.len(),
        );
        (*p.cast::<PyVarObject>()).size = if big.sign() == num_bigint::Sign::Minus {
            -n
        } else {
            n
        };
    }
    p
}

fn fill_float(ty: *mut PyTypeObject, f: f64) -> Ref {
    let p = block(size_of::<PyFloatObject>(), ty);
    if !p.is_null() {
        // SAFETY: a fresh float object.
        unsafe { (*p.cast::<PyFloatObject>()).value = f };
    }
    p
}

/// A fresh float object.
#[inline(always)]
pub fn float_object(f: f64) -> Ref {
    super::fast::float(f)
}

/// PEP 393 layout: compact ASCII data at 48, other compact data at 72.
pub fn str_object(s: Gc<Str>, ty: *mut PyTypeObject) -> Ref {
    let n = s.len();
    let width = s.width() as usize;
    let head = if s.is_ascii() { 48 } else { 72 };
    let p = block(head + (n + 1) * width, ty);
    if p.is_null() {
        return p;
    }
    let state = (width as u32) << 2 | 1 << 5 | u32::from(s.is_ascii()) << 6 | 1 << 7;
    // SAFETY: the block has room for head, characters and terminator.
    unsafe {
        let b = p.cast::<u8>();
        *b.add(16).cast::<usize>() = n;
        *b.add(24).cast::<i64>() = -1;
        *b.add(32).cast::<u32>() = state;
        let data = b.add(head);
        match s.chars() {
            Chars::One(c) => std::ptr::copy_nonoverlapping(c.as_ptr(), data, n),
            Chars::Two(c) => std::ptr::copy_nonoverlapping(c.as_ptr(), data.cast::<u16>(), n),
            Chars::Four(c) => std::ptr::copy_nonoverlapping(c.as_ptr(), data.cast::<u32>(), n),
        }
    }
    p
}

/// A bytes object: size at 16, hash at 24, data at 32.
pub fn bytes_object(data: &[u8], ty: *mut PyTypeObject) -> Ref {
    let p = block(33 + data.len(), ty);
    if !p.is_null() {
        // SAFETY: the block has room for head, data and terminator.
        unsafe {
            let b = p.cast::<u8>();
            *b.add(16).cast::<usize>() = data.len();
            *b.add(24).cast::<i64>() = -1;
            std::ptr::copy_nonoverlapping(data.as_ptr(), b.add(32), data.len());
        }
    }
    p
}

fn tuple_object(t: Gc<Tuple>, ty: *mut PyTypeObject) -> Ref {
    let p = raw_tuple(t.len(), ty);
    if p.is_null() {
        return p;
    }
    for (i, &v) in t.items().iter().enumerate() {
        let item = new_ref(v);
        // SAFETY: the block has room for the items.
        unsafe { *p.cast::<u8>().add(24).cast::<Ref>().add(i) = item };
    }
    p
}

/// A tuple object of `n` null items.
pub fn raw_tuple(n: usize, ty: *mut PyTypeObject) -> Ref {
    let p = block(24 + n * 8, ty);
    if !p.is_null() {
        // SAFETY: a fresh tuple object.
        unsafe { (*p.cast::<PyVarObject>()).size = n as isize };
    }
    p
}

/// A temporary tuple over arguments: not linked, so it goes back to the free list after the call.
pub fn argument_tuple(args: &[Value]) -> Ref {
    let p = memory::alloc(24 + args.len() * 8).cast::<PyVarObject>();
    if p.is_null() {
        return no_memory();
    }
    // SAFETY: the block has room for the head and the items.
    unsafe {
        (&raw mut (*p).base).write(PyObject {
            refcnt: 1,
            ty: types::builtin(types::TUPLE),
        });
        (&raw mut (*p).size).write(args.len() as isize);
        let items = p.cast::<u8>().add(24).cast::<Ref>();
        for (i, &v) in args.iter().enumerate() {
            let item = super::fast::argument(v);
            items.add(i).write(item);
            if item.is_null() {
                (*p).size = i as isize;
                release_tuple(p.cast());
                return std::ptr::null_mut();
            }
        }
    }
    p.cast()
}

/// Gives a tuple of `argument_tuple` up.
///
/// # Safety
/// The reference is the caller's.
pub unsafe fn release_tuple(t: Ref) {
    // SAFETY: by contract; a tuple nobody else refers to is a block of the C heap.
    unsafe {
        if (*t).refcnt != 1 {
            return super::decref(t);
        }
        let n = (*t.cast::<PyVarObject>()).size as usize;
        let items = t.cast::<u8>().add(24).cast::<Ref>();
        for i in 0..n {
            let item = *items.add(i);
            if !item.is_null() {
                super::fast::give_up(item);
            }
        }
        memory::release(t.cast());
    }
}

/// An object of which C knows no more than type and count.
fn opaque(v: Value, ty: *mut PyTypeObject) -> Ref {
    debug_assert!(
        !v.type_of().has(TypeFlags::FOREIGN),
        "instances of C types are born with a body"
    );
    // SAFETY: type mirrors are complete.
    let size = unsafe { (*ty).basicsize }.max(16) as usize;
    block(size, ty)
}
