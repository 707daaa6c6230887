//! From a `PyObject *` to a value.

use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::object::{TypeFlags, instance};
use rivet_vm::types::str::Str;
use rivet_vm::types::{bytes, complex, int, tuple};
use rivet_vm::value::layout::Kind;
use rivet_vm::value::{RVec, Value};

use super::{decref, fast, links, statics};
use crate::layout::{PyFloatObject, PyTypeObject, PyVarObject, Ref};
use crate::{check, memory, types};

/// The value of a borrowed reference.
///
/// # Safety
/// `op` is a live object.
#[inline]
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
        if memory::owns(op) {
            let linked = *memory::link_of(op);
            if linked != 0 {
                return Ok(Value::from_header(linked as *mut rivet_heap::Header));
            }
            return unlinked(op, ty, false);
        }
        without_prefix(op)
    }
}

#[cold]
unsafe fn without_prefix(op: Ref) -> PyResult<Value> {
    // SAFETY: by the caller's contract.
    unsafe {
        if let Some(v) = types::singleton_value(op) {
            return Ok(v);
        }
        match types::as_type(op) {
            Some(t) => Ok(t.value()),
            // A static type that its module has not made ready is made ready at its first use.
            None if types::is_type(op) => Ok(types::ready_type(op.cast())?.value()),
            None => statics::value(op),
        }
    }
}

/// The value of a reference that the caller owns and gives away.
///
/// # Safety
/// `op` is a live object to which the caller owns a reference.
#[inline]
pub unsafe fn steal(op: Ref) -> PyResult<Value> {
    // SAFETY: by contract.
    unsafe {
        let sole = (*op).refcnt == 1 && memory::owns(op) && *memory::link_of(op) == 0;
        if sole
            && !check::on()
            && let Some(v) = fast::content(op)
        {
            return v;
        }
        let v = if sole { sole_value(op) } else { borrowed(op) };
        decref(op);
        v
    }
}

/// The value of an object to which there is one reference, about to go: contents are adopted without a link.
unsafe fn sole_value(op: Ref) -> PyResult<Value> {
    // SAFETY: by the caller's contract.
    unsafe {
        let ty = (*op).ty;
        if ty == types::builtin(types::INT) || ty == types::builtin(types::FLOAT) {
            borrowed(op)
        } else {
            unlinked(op, ty, true)
        }
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
        let big = big_value(std::slice::from_raw_parts(digits, n));
        int::from_big(&if size < 0 { -big } else { big })
    }
}

/// The number of 30-bit digits.
pub fn big_value(digits: &[u32]) -> num_bigint::BigInt {
    let mut words = vec![0u32; digits.len()];
    let (mut acc, mut bits, mut at) = (0u64, 0, 0);
    for &d in digits {
        acc |= u64::from(d) << bits;
        bits += 30;
        if bits >= 32 {
            words[at] = acc as u32;
            at += 1;
            acc >>= 32;
            bits -= 32;
        }
    }
    if bits > 0 && at < words.len() {
        words[at] = acc as u32;
    }
    num_bigint::BigInt::from(num_bigint::BigUint::new(words))
}

/// An object born in C that crosses for the first time. Unless the reference is the last one (`adopt`), it is linked
/// with its managed half, so that identity holds while C keeps it.
unsafe fn unlinked(op: Ref, ty: *mut PyTypeObject, adopt: bool) -> PyResult<Value> {
    // SAFETY: `op` is of the builtin type its type pointer says, laid out as that type is.
    unsafe {
        if ty == types::builtin(types::LIST) {
            return if adopt {
                crate::list::adopt(op)
            } else {
                crate::list::link_born_in_c(op)
            };
        }
        let v = if ty == types::builtin(types::TUPLE) {
            tuple_value(op)?
        } else if ty == types::builtin(types::BYTES) {
            let n = (*op.cast::<PyVarObject>()).size as usize;
            bytes::new(std::slice::from_raw_parts(op.cast::<u8>().add(32), n))?
        } else if ty == types::builtin(types::STR) {
            str_value(op)?
        } else if ty == types::builtin(types::COMPLEX) {
            let parts = op.cast::<f64>().add(2);
            complex::new(*parts, *parts.add(1))?
        } else {
            return of_c_type(op, ty);
        };
        // A shared object (a string of one character, the empty tuple) may have a mirror of its own already.
        if !adopt
            && let Some(h) = v.as_header()
            && links::mirror_of(h).is_none()
        {
            links::link(h, op);
        }
        Ok(v)
    }
}

unsafe fn tuple_value(op: Ref) -> PyResult<Value> {
    // SAFETY: `op` is a tuple.
    unsafe {
        let n = (*op.cast::<PyVarObject>()).size as usize;
        let items = op.cast::<u8>().add(24).cast::<Ref>();
        let mut all = RVec::with_capacity(n)?;
        for i in 0..n {
            let item = *items.add(i);
            if item.is_null() {
                return Err(system_error(
                    "a tuple with an empty item crossed the border",
                ));
            }
            all.push(borrowed(item)?)?;
        }
        tuple::new(&all)
    }
}

/// Where a str object's characters are: (address, width in bytes, number).
///
/// # Safety
/// A live str object.
pub unsafe fn str_data(op: Ref) -> (*mut u8, usize, usize) {
    // SAFETY: by contract; the state word says where the characters are.
    unsafe {
        let b = op.cast::<u8>();
        let state = *b.add(32).cast::<u32>();
        let (n, width) = (*b.add(16).cast::<usize>(), (state >> 2 & 7) as usize);
        let (compact, ascii) = (state >> 5 & 1 == 1, state >> 6 & 1 == 1);
        let data = match (compact, ascii) {
            (true, true) => b.add(48),
            (true, false) => b.add(72),
            _ => *b.add(72).cast::<*mut u8>(),
        };
        (data, width, n)
    }
}

unsafe fn str_value(op: Ref) -> PyResult<Value> {
    // SAFETY: `op` is a str object whose characters are filled in.
    unsafe {
        let (data, width, n) = str_data(op);
        let s = match width {
            1 => Str::from_latin1(std::slice::from_raw_parts(data, n))?,
            2 => {
                let c = std::slice::from_raw_parts(data.cast::<u16>(), n);
                let p: Vec<u32> = c.iter().map(|&c| c.into()).collect();
                Str::from_points(&p)?
            }
            _ => Str::from_points(std::slice::from_raw_parts(data.cast::<u32>(), n))?,
        };
        Ok(s.value())
    }
}

/// What an object holds whose type is based on one of the builtin types of plain contents.
unsafe fn content(op: Ref, kind: Kind) -> PyResult<Option<Value>> {
    // SAFETY: callers pass an object whose type has that base, so it begins as the base's instances do.
    unsafe {
        Ok(Some(match kind {
            Kind::Float => Value::float((*op.cast::<PyFloatObject>()).value),
            Kind::Complex => {
                let parts = op.cast::<f64>().add(2);
                complex::new(*parts, *parts.add(1))?
            }
            Kind::Int => int_value(op)?,
            Kind::Str => str_value(op)?,
            Kind::Bytes => {
                let n = (*op.cast::<PyVarObject>()).size as usize;
                bytes::new(std::slice::from_raw_parts(op.cast::<u8>().add(32), n))?
            }
            _ => return Ok(None),
        }))
    }
}

/// An instance of a C type gets its managed half, a type object made in C its managed type.
unsafe fn of_c_type(op: Ref, ty: *mut PyTypeObject) -> PyResult<Value> {
    // SAFETY: by the caller's contract.
    unsafe {
        if let Some(t) = types::as_type(op) {
            return Ok(t.value());
        }
        if (*ty).cache == 0 && (*ty).basicsize > 0 {
            // A static type that nobody has made ready (f2py's): using an instance does.
            types::ready_type(ty)?;
        }
        match types::managed(ty) {
            Some(t) if t.has(TypeFlags::FOREIGN) && t.kind() == Kind::Foreign => {
                let v = instance::allocate(t, 0)?;
                links::link(v.as_header().expect("an object"), op);
                Ok(v)
            }
            Some(t) if t.kind() == Kind::Tuple => crate::structseq::value(op, t),
            Some(t) if t.has(TypeFlags::FOREIGN) && content(op, t.kind())?.is_some() => {
                let (types, new) = (rivet_vm::runtime::types(), content(op, t.kind())?);
                let base = match t.kind() {
                    Kind::Float => types.float,
                    Kind::Complex => types.complex,
                    Kind::Int => types.int,
                    Kind::Str => types.str,
                    _ => types.bytes,
                };
                let make = base.slots().new.ok_or_else(crate::api::bad_call)?;
                let v = make(t, &[new.unwrap_or(Value::NONE)], None)?;
                links::link(v.as_header().expect("an instance of a class"), op);
                Ok(v)
            }
            _ => {
                let name = crate::errors::text((*ty).name);
                Err(system_error(format!(
                    "an unlinked object of type '{name}' crossed the border"
                )))
            }
        }
    }
}
