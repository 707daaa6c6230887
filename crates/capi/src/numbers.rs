//! `longobject.h`, `floatobject.h`, `complexobject.h`, `boolobject.h`.

use std::ffi::{c_char, c_int, c_void};

use num_bigint::{BigInt, Sign};
use rivet_vm::exceptions::{PyResult, overflow_error, type_error, value_error};
use rivet_vm::object::protocol;
use rivet_vm::types::{complex, float, int};
use rivet_vm::value::Value;

use crate::api::{Converted, get, optional};
use crate::boundary::incref;
use crate::errors::{self, text};
use crate::layout::{PyFloatObject, PyVarObject, Ref};
use crate::{api, memory, raw, types};

/// An int's value, from the C side if it is one: no conversion.
#[inline(always)]
unsafe fn small(op: Ref) -> Option<i64> {
    // SAFETY: callers pass a live object.
    unsafe {
        if op.is_null() || (*(*op).ty).flags & rivet_vm::object::TypeFlags::LONG_SUBCLASS == 0 {
            return None;
        }
        crate::boundary::fast::of_two_digits(op)
    }
}

/// The int an object is or stands for (`__index__`).
unsafe fn index(op: Ref) -> PyResult<Value> {
    // SAFETY: callers pass null or a live object.
    protocol::index(unsafe { get(op) }?)
}

/// The int an object is; TypeError "an integer is required" otherwise.
unsafe fn exact(op: Ref) -> PyResult<BigInt> {
    // SAFETY: callers pass null or a live object.
    let v = unsafe { get(op) }?;
    int::to_big(v).ok_or_else(|| type_error("an integer is required"))
}

fn fits<T: TryFrom<BigInt>>(n: BigInt, what: &str) -> PyResult<T> {
    T::try_from(n)
        .map_err(|_| overflow_error(format!("Python int too large to convert to C {what}")))
}

unsafe fn signed(op: Ref, what: &str) -> PyResult<i64> {
    // SAFETY: callers pass null or a live object.
    unsafe {
        if let Some(i) = small(op) {
            return Ok(i);
        }
        let v = index(op)?;
        int::to_i64(v)
            .ok_or_else(|| overflow_error(format!("Python int too large to convert to C {what}")))
    }
}

unsafe fn unsigned(op: Ref, what: &str) -> PyResult<u64> {
    // SAFETY: callers pass null or a live object.
    unsafe {
        if let Some(i) = small(op)
            && i >= 0
        {
            return Ok(i as u64);
        }
        let n = exact(op)?;
        if n.sign() == Sign::Minus {
            return Err(overflow_error(format!(
                "can't convert negative value to {what}"
            )));
        }
        fits(n, what)
    }
}

fn mask(n: &BigInt) -> u64 {
    let word = n.iter_u64_digits().next().unwrap_or(0);
    if n.sign() == Sign::Minus {
        word.wrapping_neg()
    } else {
        word
    }
}

macro_rules! out_u64 {
    ($r:expr) => {
        match $r {
            Ok(v) => v,
            Err(_) => {
                errors::publish();
                u64::MAX
            }
        }
    };
}

unsafe fn and_overflow(op: Ref, overflow: *mut c_int) -> i64 {
    // SAFETY: callers pass null or a live object, and a place for the flag.
    unsafe {
        *overflow = 0;
        if let Some(i) = small(op) {
            return i;
        }
        match index(op) {
            Ok(v) => int::to_i64(v).unwrap_or_else(|| {
                *overflow = if int::compare_sign(v) < 0 { -1 } else { 1 };
                -1
            }),
            Err(_) => {
                errors::publish();
                -1
            }
        }
    }
}

#[inline(always)]
fn long(n: i64) -> Ref {
    crate::boundary::fast::shared_int(n)
}

/// Conversions of exact objects are answered here; the rest may run Python code.
#[cold]
#[inline(never)]
unsafe fn long_of_other(op: Ref) -> i64 {
    // SAFETY: callers pass null or a live object.
    <i64 as crate::api::Out>::out(unsafe { signed(op, "long") })
}

#[cold]
#[inline(never)]
unsafe fn double_of_other(op: Ref) -> f64 {
    // SAFETY: as above.
    <f64 as crate::api::Out>::out(unsafe { as_double(op) })
}

raw! {
    fn PyLong_AsLong(op: Ref) -> i64 {
        match small(op) {
            Some(i) => i,
            None => long_of_other(op),
        }
    }

    fn PyFloat_AsDouble(op: Ref) -> f64 {
        if !op.is_null() && (*op).ty == types::builtin(types::FLOAT) {
            return (*op.cast::<crate::layout::PyFloatObject>()).value;
        }
        double_of_other(op)
    }

    fn PyLong_FromLong(n: i64) -> Ref {
        long(n)
    }

    fn PyLong_FromLongLong(n: i64) -> Ref {
        long(n)
    }

    fn PyLong_FromSsize_t(n: isize) -> Ref {
        long(n as i64)
    }

    fn PyLong_FromSize_t(n: usize) -> Ref {
        crate::boundary::new_ref(int::from_u64(n as u64))
    }

    fn PyLong_FromUnsignedLong(n: u64) -> Ref {
        crate::boundary::new_ref(int::from_u64(n))
    }

    fn PyLong_FromUnsignedLongLong(n: u64) -> Ref {
        crate::boundary::new_ref(int::from_u64(n))
    }

    fn PyLong_FromVoidPtr(p: *mut c_void) -> Ref {
        crate::boundary::new_ref(int::from_u64(p as u64))
    }

    fn _PyLong_FromUid(n: u32) -> Ref {
        long(if n == u32::MAX { -1 } else { n.into() })
    }

    fn _PyLong_FromGid(n: u32) -> Ref {
        long(if n == u32::MAX { -1 } else { n.into() })
    }

    fn _PyLong_FromTime_t(n: i64) -> Ref {
        long(n)
    }

    fn PyLong_AsLongAndOverflow(op: Ref, overflow: *mut c_int) -> i64 {
        and_overflow(op, overflow)
    }

    fn PyLong_AsLongLongAndOverflow(op: Ref, overflow: *mut c_int) -> i64 {
        and_overflow(op, overflow)
    }

    fn PyLong_AsUnsignedLong(op: Ref) -> u64 {
        out_u64!(unsigned(op, "unsigned long").map_err(|raised| match exact(op) {
            Ok(n) if n.sign() == Sign::Minus => {
                rivet_vm::thread::current().take_pending();
                overflow_error("can't convert negative value to unsigned int")
            }
            _ => raised,
        }))
    }

    fn PyLong_AsUnsignedLongLong(op: Ref) -> u64 {
        out_u64!(unsigned(op, "unsigned long long").map_err(|raised| {
            let n = exact(op);
            match n {
                Ok(n) if n.sign() == Sign::Minus => {
                    rivet_vm::thread::current().take_pending();
                    overflow_error("can't convert negative int to unsigned")
                }
                Ok(_) => {
                    rivet_vm::thread::current().take_pending();
                    overflow_error("int too big to convert")
                }
                Err(_) => raised,
            }
        }))
    }

    fn PyLong_AsSize_t(op: Ref) -> usize {
        out_u64!(unsigned(op, "size_t")) as usize
    }

    fn PyLong_AsUnsignedLongMask(op: Ref) -> u64 {
        out_u64!(index(op).map(|v| mask(&int::to_big(v).unwrap_or_default())))
    }

    fn PyLong_AsUnsignedLongLongMask(op: Ref) -> u64 {
        out_u64!(index(op).map(|v| mask(&int::to_big(v).unwrap_or_default())))
    }

    fn PyLong_AsVoidPtr(op: Ref) -> *mut c_void {
        let run = || -> PyResult<u64> {
            let n = exact(op)?;
            if n.sign() == Sign::Minus { Ok(signed(op, "long")? as u64) } else { fits(n, "unsigned long long") }
        };
        <*mut c_void as crate::api::Out>::out(run().map(|n| n as usize as *mut c_void))
    }

    fn _PyLong_Sign(op: Ref) -> c_int {
        (*op.cast::<PyVarObject>()).size.signum() as c_int
    }

    fn PyBool_FromLong(n: i64) -> Ref {
        let b = types::truth(n != 0);
        incref(b);
        b
    }

    fn PyFloat_FromDouble(f: f64) -> Ref {
        crate::boundary::to_c::float_object(f)
    }

    fn PyFloat_GetMax() -> f64 {
        f64::MAX
    }

    fn PyFloat_GetMin() -> f64 {
        f64::MIN_POSITIVE
    }

    fn _Py_dg_infinity(sign: c_int) -> f64 {
        if sign != 0 { f64::NEG_INFINITY } else { f64::INFINITY }
    }

    fn _Py_dg_stdnan(sign: c_int) -> f64 {
        if sign != 0 { -f64::NAN } else { f64::NAN }
    }

    // Digits to be filled in by the caller.
    fn _PyLong_New(n: isize) -> Ref {
        let p = memory::alloc_zeroed(24 + 4 * n.max(1) as usize).cast::<PyVarObject>();
        if p.is_null() {
            return errors::PyErr_NoMemory();
        }
        (*p).base.refcnt = 1;
        (*p).base.ty = types::builtin(types::INT);
        (*p).size = n;
        p.cast()
    }

    fn PyLong_GetInfo() -> Ref {
        let run = || -> PyResult<Value> {
            rivet_vm::object::attr::get_attr(rivet_vm::import::import_module("sys")?, rivet_vm::name!("int_info"))
        };
        <Value as crate::api::Out>::out(run())
    }

    fn PyFloat_GetInfo() -> Ref {
        let run = || -> PyResult<Value> {
            rivet_vm::object::attr::get_attr(rivet_vm::import::import_module("sys")?, rivet_vm::name!("float_info"))
        };
        <Value as crate::api::Out>::out(run())
    }
}

unsafe fn as_double(op: Ref) -> PyResult<f64> {
    // SAFETY: callers pass null or a live object; floats hold their value at 16.
    unsafe {
        if !op.is_null() && (*op).ty == types::builtin(types::FLOAT) {
            return Ok((*op.cast::<PyFloatObject>()).value);
        }
        if op.is_null() {
            return Err(type_error("bad argument type for built-in operation"));
        }
        protocol::as_f64(get(op)?)
    }
}

/// A file descriptor: an int or something with `fileno()`.
pub unsafe fn descriptor(op: Ref) -> PyResult<c_int> {
    // SAFETY: callers pass null or a live object.
    let v = unsafe { get(op) }?;
    let n = if int::is_int(v) {
        v
    } else {
        match rivet_vm::object::attr::find_attr(v, rivet_vm::name!("fileno"))? {
            None => {
                return Err(type_error(
                    "argument must be an int, or have a fileno() method.",
                ));
            }
            Some(f) => {
                let n = rivet_vm::object::call::call(f, &[])?;
                if !int::is_int(n) {
                    return Err(type_error("fileno() returned a non-integer"));
                }
                n
            }
        }
    };
    let fd = int::to_i64(n).and_then(|n| c_int::try_from(n).ok());
    let fd = fd.ok_or_else(|| overflow_error("Python int too large to convert to C int"))?;
    if fd < 0 {
        return Err(value_error(format!(
            "file descriptor cannot be a negative integer ({fd})"
        )));
    }
    Ok(fd)
}

fn bytes_fit(n: &BigInt, len: usize, signed: bool) -> bool {
    let bits = if n.sign() == Sign::Minus {
        (n + 1u32).bits()
    } else {
        n.bits()
    };
    if signed {
        bits < len as u64 * 8 || len == 0 && bits == 0
    } else {
        bits <= len as u64 * 8
    }
}

api! {

    fn PyLong_AsLongLong(op: Ref) -> i64 {
        if let Some(i) = small(op) {
            return Ok(i);
        }
        int::to_i64(index(op)?).ok_or_else(|| overflow_error("int too big to convert"))
    }

    fn PyLong_AsSsize_t(op: Ref) -> isize {
        if let Some(i) = small(op) {
            return Ok(i as isize);
        }
        let n = exact(op)?;
        fits::<i64>(n, "ssize_t").map(|n| n as isize)
    }

    fn _PyLong_AsInt(op: Ref) -> c_int {
        let n = signed(op, "int")?;
        c_int::try_from(n).map_err(|_| overflow_error("Python int too large to convert to C int"))
    }

    fn _PyLong_AsTime_t(op: Ref) -> i64 {
        crate::time::time_t(get(op)?)
    }

    fn PyLong_AsDouble(op: Ref) -> f64 {
        let v = get(op)?;
        int::to_f64(v).ok_or_else(|| type_error("an integer is required")).and_then(|f| {
            if f.is_infinite() { Err(overflow_error("int too large to convert to float")) } else { Ok(f) }
        })
    }

    fn PyLong_FromDouble(f: f64) -> Value {
        let v = Value::float(f);
        rivet_vm::object::call::call(rivet_vm::runtime::types().int.value(), &[v])
    }

    fn PyLong_FromString(s: *const c_char, end: *mut *mut c_char, base: c_int) -> Value {
        let all = text(s);
        let t = all.trim();
        let lead = all.len() - all.trim_start().len();
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-');
        let n = if end.is_null() { t.len() } else { t.find(|c| !word(c)).unwrap_or(t.len()) };
        let t = &t[..n];
        if !end.is_null() {
            let rest = &all[lead + n..];
            *end = s.cast_mut().add(all.len() - rest.trim_start().len());
        }
        match int::text::parse_text(t, base as u32)? {
            Some(v) => Ok(v),
            None => {
                let shown = rivet_vm::object::protocol::repr_string(rivet_vm::types::str::new(&all)?)?;
                Err(value_error(format!("invalid literal for int() with base {base}: {shown}")))
            }
        }
    }

    fn PyLong_FromUnicodeObject(s: Ref, base: c_int) -> Value {
        let args = [get(s)?, Value::int(base.into())];
        rivet_vm::object::call::call(rivet_vm::runtime::types().int.value(), &args)
    }

    fn _PyLong_FromBytes(s: *const c_char, n: isize, base: c_int) -> Value {
        let data = std::slice::from_raw_parts(s.cast::<u8>(), n as usize);
        let args = [rivet_vm::types::bytes::new(data)?, Value::int(base.into())];
        rivet_vm::object::call::call(rivet_vm::runtime::types().int.value(), &args)
    }

    fn _PyLong_FromByteArray(p: *const u8, n: usize, little: c_int, signed: c_int) -> Value {
        if n == 0 {
            return Ok(Value::int(0));
        }
        let data = std::slice::from_raw_parts(p, n);
        let big = match (little != 0, signed != 0) {
            (true, true) => BigInt::from_signed_bytes_le(data),
            (false, true) => BigInt::from_signed_bytes_be(data),
            (true, false) => BigInt::from_bytes_le(Sign::Plus, data),
            (false, false) => BigInt::from_bytes_be(Sign::Plus, data),
        };
        int::from_big(&big)
    }

    fn _PyLong_AsByteArray(op: Ref, p: *mut u8, n: usize, little: c_int, signed: c_int) -> () {
        let big = exact(op)?;
        if big.sign() == Sign::Minus && signed == 0 {
            return Err(overflow_error("can't convert negative int to unsigned"));
        }
        if !bytes_fit(&big, n, signed != 0) {
            return Err(overflow_error("int too big to convert"));
        }
        let mut bytes = big.to_signed_bytes_le();
        bytes.resize(n, if big.sign() == Sign::Minus { 0xff } else { 0 });
        if little == 0 {
            bytes.reverse();
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), p, n);
        Ok(())
    }

    fn _PyLong_NumBits(op: Ref) -> usize {
        Ok(exact(op)?.bits() as usize)
    }

    fn _PyLong_Copy(op: Ref) -> Value {
        int::from_big(&exact(op)?)
    }

    fn _PyLong_GCD(a: Ref, b: Ref) -> Value {
        let (mut x, mut y) = (exact(a)?, exact(b)?);
        while y.sign() != Sign::NoSign {
            let r = &x % &y;
            x = std::mem::replace(&mut y, r);
        }
        int::from_big(&BigInt::from(x.magnitude().clone()))
    }

    fn _PyLong_Lshift(op: Ref, n: usize) -> Value {
        int::from_big(&(exact(op)? << n))
    }

    fn _PyLong_Rshift(op: Ref, n: usize) -> Value {
        int::from_big(&(exact(op)? >> n))
    }

    // The quotient is rounded to the nearest integer, halves to the even one.
    fn _PyLong_DivmodNear(a: Ref, b: Ref) -> Value {
        let (x, y) = (exact(a)?, exact(b)?);
        if y.sign() == Sign::NoSign {
            return Err(rivet_vm::exceptions::raise_text(rivet_vm::exceptions::exc().zero_division_error, "integer division or modulo by zero"));
        }
        let (va, vb) = (int::from_big(&x)?, int::from_big(&y)?);
        let (mut q, mut r) = (int::to_big(int::ops::floordiv(va, vb)?).unwrap_or_default(), int::to_big(int::ops::modulo(va, vb)?).unwrap_or_default());
        let twice: BigInt = &r * 2;
        let more = if y.sign() == Sign::Minus { twice < y } else { twice > y };
        if more || twice == y && &q % 2u32 != BigInt::default() {
            q += 1;
            r -= &y;
        }
        rivet_vm::types::tuple::new(&[int::from_big(&q)?, int::from_big(&r)?])
    }

    fn _PyLong_Frexp(op: Ref, e: *mut isize) -> f64 {
        let n = exact(op)?;
        let bits = n.bits() as i64;
        if bits == 0 {
            *e = 0;
            return Ok(0.0);
        }
        // 55 leading bits decide the rounding if all that follow are folded into the last.
        let shift = bits - 55;
        let m = n.magnitude();
        let head = if shift > 0 {
            let h = m >> (shift as usize);
            let lost = (&h << (shift as usize)) != *m;
            if lost { h | num_bigint::BigUint::from(1u32) } else { h }
        } else {
            m << ((-shift) as usize)
        };
        let f = head.iter_u64_digits().next().unwrap_or(0) as f64 / (1u64 << 55) as f64;
        let (f, extra) = if f >= 1.0 { (f / 2.0, 1) } else { (f, 0) };
        *e = (bits + extra) as isize;
        Ok(if n.sign() == Sign::Minus { -f } else { f })
    }


    fn PyFloat_FromString(op: Ref) -> Value {
        rivet_vm::object::call::call(rivet_vm::runtime::types().float.value(), &[get(op)?])
    }

    fn PyComplex_FromDoubles(re: f64, im: f64) -> Value {
        complex::new(re, im)
    }

    fn PyComplex_RealAsDouble(op: Ref) -> f64 {
        match get(op)?.cast::<complex::Complex>() {
            Some(c) => Ok(c.parts().0),
            None => as_double(op),
        }
    }

    fn PyComplex_ImagAsDouble(op: Ref) -> f64 {
        Ok(get(op)?.cast::<complex::Complex>().map_or(0.0, |c| c.parts().1))
    }

    // Real and imaginary part for the shim's function, which returns a struct.
    fn rivet_complex_parts(op: Ref, out: *mut f64) -> () {
        let v = get(op)?;
        let (re, im) = match complex::try_complex(v)? {
            Some(p) => p,
            None => (protocol::as_f64(v)?, 0.0),
        };
        *out = re;
        *out.add(1) = im;
        Ok(())
    }

    fn PyObject_AsFileDescriptor(op: Ref) -> c_int {
        descriptor(op)
    }

    fn _PyLong_FileDescriptor_Converter(op: Ref, out: *mut c_int) -> Converted {
        *out = descriptor(op)?;
        Ok(Converted)
    }

    fn PyFloat_Unpack2(p: *const u8, little: c_int) -> f64 {
        let b = [*p, *p.add(1)];
        Ok(half_to_f64(if little != 0 { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) }))
    }

    fn PyFloat_Unpack4(p: *const u8, little: c_int) -> f64 {
        let b: [u8; 4] = std::ptr::read_unaligned(p.cast());
        Ok(f64::from(if little != 0 { f32::from_le_bytes(b) } else { f32::from_be_bytes(b) }))
    }

    fn PyFloat_Unpack8(p: *const u8, little: c_int) -> f64 {
        let b: [u8; 8] = std::ptr::read_unaligned(p.cast());
        Ok(if little != 0 { f64::from_le_bytes(b) } else { f64::from_be_bytes(b) })
    }

    fn PyFloat_Pack2(f: f64, p: *mut u8, little: c_int) -> () {
        let h = f64_to_half(f).ok_or_else(|| overflow_error("float too large to pack with e format"))?;
        let b = if little != 0 { h.to_le_bytes() } else { h.to_be_bytes() };
        std::ptr::copy_nonoverlapping(b.as_ptr(), p, 2);
        Ok(())
    }

    fn PyFloat_Pack4(f: f64, p: *mut u8, little: c_int) -> () {
        let s = f as f32;
        if s.is_infinite() && f.is_finite() {
            return Err(overflow_error("float too large to pack with f format"));
        }
        let b = if little != 0 { s.to_le_bytes() } else { s.to_be_bytes() };
        std::ptr::copy_nonoverlapping(b.as_ptr(), p, 4);
        Ok(())
    }

    fn PyFloat_Pack8(f: f64, p: *mut u8, little: c_int) -> () {
        let b = if little != 0 { f.to_le_bytes() } else { f.to_be_bytes() };
        std::ptr::copy_nonoverlapping(b.as_ptr(), p, 8);
        Ok(())
    }

    fn PyOS_string_to_double(s: *const c_char, end: *mut *mut c_char, overflow: Ref) -> f64 {
        string_to_double(s, end, overflow)
    }
}

fn half_to_f64(h: u16) -> f64 {
    let (sign, e, m) = (h >> 15, i32::from(h >> 10 & 0x1f), f64::from(h & 0x3ff));
    let f = match e {
        0 => m * 2f64.powi(-24),
        31 if m == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + m / 1024.0) * 2f64.powi(e - 15),
    };
    if sign == 1 { -f } else { f }
}

/// Half precision, rounded to even; None if it is too large.
fn f64_to_half(f: f64) -> Option<u16> {
    let sign = if f.is_sign_negative() { 0x8000 } else { 0 };
    let a = f.abs();
    if a.is_nan() {
        return Some(sign | 0x7e00);
    }
    if a.is_infinite() {
        return Some(sign | 0x7c00);
    }
    let even = |x: f64| x.round_ties_even() as u32;
    if a < 2f64.powi(-14) {
        return Some(sign | even(a * 2f64.powi(24)) as u16);
    }
    let (m, e) = float::frexp(a);
    let bits = even((m * 2.0 - 1.0) * 1024.0) + (((e - 1 + 15) as u32) << 10);
    (e - 1 + 15 < 31 && bits < 0x7c00).then_some(sign | bits as u16)
}

unsafe fn string_to_double(
    s: *const c_char,
    end: *mut *mut c_char,
    overflow: Ref,
) -> PyResult<f64> {
    // SAFETY: callers pass a terminated string.
    unsafe {
        let all = text(s);
        let n = number_length(&all);
        if n == 0 || end.is_null() && n < all.len() {
            return Err(value_error(format!(
                "could not convert string to float: '{}'",
                all.chars().take(200).collect::<String>()
            )));
        }
        let f = rivet_vm::types::float_text::parse(&all[..n]).unwrap_or(0.0);
        if !end.is_null() {
            *end = s.cast_mut().add(n);
        }
        if f.is_infinite()
            && all.as_bytes()[..n].iter().any(u8::is_ascii_digit)
            && !overflow.is_null()
        {
            let class = optional(overflow)?.and_then(|c| c.cast::<rivet_vm::object::Type>());
            if let Some(c) = class {
                return Err(rivet_vm::exceptions::raise_text(
                    c,
                    &format!(
                        "value too large to convert to float: '{}'",
                        all.chars().take(200).collect::<String>()
                    ),
                ));
            }
        }
        Ok(f)
    }
}

/// Length of the decimal number (or `inf`, `nan`) a text starts with.
fn number_length(s: &str) -> usize {
    let b = s.as_bytes();
    let sign = usize::from(matches!(b.first(), Some(b'+' | b'-')));
    let lower = s[sign..].to_ascii_lowercase();
    for word in ["infinity", "inf", "nan"] {
        if lower.starts_with(word) {
            return sign + word.len();
        }
    }
    let digits = |from: usize| {
        b[from.min(b.len())..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count()
    };
    let whole = digits(sign);
    let mut at = sign + whole;
    let mut fraction = 0;
    if b.get(at) == Some(&b'.') {
        fraction = digits(at + 1);
        at += 1 + fraction;
    }
    if whole + fraction == 0 {
        return 0;
    }
    if matches!(b.get(at), Some(b'e' | b'E')) {
        let s = at + 1 + usize::from(matches!(b.get(at + 1), Some(b'+' | b'-')));
        let e = digits(s);
        if e > 0 {
            at = s + e;
        }
    }
    at
}

/// Converters of argument parsing: `(object, place) -> 1 or 0`.
macro_rules! export_converters {
    ($($name:ident $t:ty, $what:literal;)*) => {$(
        /// Converts to an unsigned C integer.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(op: Ref, out: *mut $t) -> c_int {
            // SAFETY: C passes a live object and a place of this type.
            unsafe {
                let run = || -> PyResult<$t> {
                    let n = exact(op)?;
                    if n.sign() == Sign::Minus {
                        return Err(value_error("value must be positive"));
                    }
                    fits(n, $what)
                };
                match run() {
                    Ok(n) => {
                        *out = n;
                        1
                    }
                    Err(_) => {
                        errors::publish();
                        0
                    }
                }
            }
        }
    )*};
}

export_converters! {
    _PyLong_UnsignedShort_Converter u16, "unsigned short";
    _PyLong_UnsignedInt_Converter u32, "unsigned int";
    _PyLong_UnsignedLong_Converter u64, "unsigned long";
    _PyLong_UnsignedLongLong_Converter u64, "unsigned long long";
    _PyLong_Size_t_Converter usize, "size_t";
}
