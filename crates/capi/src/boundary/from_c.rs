//! From a `PyObject *` to a value.

use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::types::str::Str;
use rivet_vm::types::{bytes, int, list, tuple};
use rivet_vm::value::{RVec, Value};

use super::decref;
use crate::layout::{PyFloatObject, PyTypeObject, PyVarObject, Ref};
use crate::memory;
use crate::types;

/// The value of a borrowed reference.
///
/// # Safety
/// `op` is a live object.
pub unsafe fn borrowed(op: Ref) -> PyResult<Value> {
    // SAFETY: by contract `op` is alive; its layout is that of its type.
    unsafe {
        let ty = (*op).ty;
        if ty == types::builtin(types::INT) {
            return int_value(op);
        }
        if ty == types::builtin(types::FLOAT) {
            return Ok(Value::float((*op.cast::<PyFloatObject>()).value));
        }
        if let Some(v) = types::singleton_value(op) {
            return Ok(v);
        }
        if let Some(t) = types::as_type(op) {
            return Ok(t.value());
        }
        if !memory::owns(op) {
            return Err(system_error(
                "an object that the runtime does not know crossed the border",
            ));
        }
        let linked = *memory::link_of(op);
        if linked != 0 {
            return Ok(Value::from_header(linked as *mut rivet_heap::Header));
        }
        unlinked(op, ty)
    }
}

/// The value of a reference that the caller owns and gives away. An exception is pending if `op` is null.
///
/// # Safety
/// `op` is null or a live object to which the caller owns a reference.
pub unsafe fn steal(op: Ref) -> PyResult<Value> {
    // SAFETY: by contract.
    unsafe {
        let v = borrowed(op)?;
        decref(op);
        Ok(v)
    }
}

unsafe fn int_value(op: Ref) -> PyResult<Value> {
    // SAFETY: `op` is an int object: its digits follow at 24.
    unsafe {
        let size = (*op.cast::<PyVarObject>()).size;
        let digits = op.cast::<u8>().add(24).cast::<u32>();
        let n = size.unsigned_abs();
        if n <= 2 {
            let m = (0..n)
                .rev()
                .fold(0i64, |m, i| m << 30 | i64::from(*digits.add(i)));
            return Ok(Value::int(if size < 0 { -m } else { m }));
        }
        let mut big = num_bigint::BigInt::default();
        for i in (0..n).rev() {
            big = (big << 30) + *digits.add(i);
        }
        int::from_big(&if size < 0 { -big } else { big })
    }
}

/// An object born in C that crosses for the first time: its contents are adopted and the two are linked, so that
/// identity holds while C keeps it.
unsafe fn unlinked(op: Ref, ty: *mut PyTypeObject) -> PyResult<Value> {
    // SAFETY: `op` is of the builtin type its type pointer says, laid out as that type is.
    unsafe {
        let b = op.cast::<u8>();
        let v = if ty == types::builtin(types::TUPLE) || ty == types::builtin(types::LIST) {
            let n = (*op.cast::<PyVarObject>()).size as usize;
            let items = if ty == types::builtin(types::TUPLE) {
                b.add(24).cast::<Ref>()
            } else {
                *b.add(24).cast::<*mut Ref>()
            };
            let mut all = RVec::with_capacity(n)?;
            for i in 0..n {
                let item = *items.add(i);
                if item.is_null() {
                    return Err(system_error(
                        "a container with an empty item crossed the border",
                    ));
                }
                all.push(borrowed(item)?)?;
            }
            if ty == types::builtin(types::TUPLE) {
                tuple::new(&all)?
            } else {
                list::new(&all)?
            }
        } else if ty == types::builtin(types::BYTES) {
            let n = *b.add(16).cast::<usize>();
            bytes::new(std::slice::from_raw_parts(b.add(32), n))?
        } else if ty == types::builtin(types::STR) {
            let state = *b.add(32).cast::<u32>();
            let (n, width, ascii) = (
                *b.add(16).cast::<usize>(),
                state >> 2 & 7,
                state >> 6 & 1 == 1,
            );
            let data = b.add(if ascii { 48 } else { 72 });
            match width {
                1 => Str::from_latin1(std::slice::from_raw_parts(data, n))?.value(),
                2 => {
                    let p: Vec<u32> = std::slice::from_raw_parts(data.cast::<u16>(), n)
                        .iter()
                        .map(|&c| c.into())
                        .collect();
                    Str::from_points(&p)?.value()
                }
                _ => Str::from_points(std::slice::from_raw_parts(data.cast::<u32>(), n))?.value(),
            }
        } else {
            let name = std::ffi::CStr::from_ptr((*ty).name)
                .to_string_lossy()
                .into_owned();
            return Err(system_error(format!(
                "an unlinked object of type '{name}' crossed the border"
            )));
        };
        // Temporaries (count 1) are dropped by the caller; others keep their identity. Shared strings of one
        // character have a mirror of their own already.
        if (*op).refcnt > 1
            && let Some(h) = v.as_header()
            && super::links::mirror_of(h as usize).is_none()
            && !v.cast::<Str>().is_some_and(|s| s.is_interned())
        {
            super::links::link(h, op);
        }
        Ok(v)
    }
}
