//! `longobject.h`, `floatobject.h`, `boolobject.h`, `abstract.h` (numbers). Ints and floats are read from their C
//! structs; the managed heap is not touched.

use std::ffi::{c_double, c_int, c_long};

use rivet_spec::BinaryOp;
use rivet_vm::exceptions::{PyResult, overflow_error, type_error};
use rivet_vm::object::{number, protocol};
use rivet_vm::types::int;
use rivet_vm::value::Value;

use crate::boundary::to_c::{float_object, int_object};
use crate::boundary::{borrowed, incref};
use crate::errors::give;
use crate::layout::{PyFloatObject, PyVarObject, Ref};
use crate::types;

/// An exact int of at most two digits, from its struct.
#[inline(always)]
unsafe fn small(op: Ref) -> Option<i64> {
    // SAFETY: callers pass a live object; the layout is checked by its type.
    unsafe {
        if (*op).ty != types::builtin(types::INT) {
            return None;
        }
        let d = op.cast::<u8>().add(24).cast::<u32>();
        match (*op.cast::<PyVarObject>()).size {
            0 => Some(0),
            1 => Some((*d).into()),
            -1 => Some(-i64::from(*d)),
            2 => Some(i64::from(*d) | i64::from(*d.add(1)) << 30),
            -2 => Some(-(i64::from(*d) | i64::from(*d.add(1)) << 30)),
            _ => None,
        }
    }
}

fn to_i64(v: Value, what: &str) -> PyResult<i64> {
    let i = protocol::index(v)?;
    int::to_i64(i)
        .ok_or_else(|| overflow_error(format!("Python int too large to convert to C {what}")))
}

macro_rules! as_integer {
    ($($name:ident $t:ty, $what:literal;)*) => {$(
        #[doc = concat!("An int as C `", $what, "`; -1 with an exception if it does not fit.")]
        ///
        /// # Safety
        /// A live object.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(op: Ref) -> $t {
            // SAFETY: by contract.
            unsafe {
                if let Some(i) = small(op) {
                    return i as $t;
                }
                borrowed(op).and_then(|v| to_i64(v, $what)).map_or(-1, |i| i as $t)
            }
        }
    )*};
}

as_integer! {
    PyLong_AsLong c_long, "long";
    PyLong_AsLongLong i64, "long long";
    PyLong_AsSsize_t isize, "ssize_t";
}

/// An int as C `int`.
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyLong_AsInt(op: Ref) -> c_int {
    // SAFETY: by contract.
    let i = unsafe { PyLong_AsLong(op) };
    c_int::try_from(i).unwrap_or_else(|_| {
        let _ = overflow_error("Python int too large to convert to C int");
        -1
    })
}

/// An int as C `long`, or the direction of its overflow.
///
/// # Safety
/// A live object; `overflow` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsLongAndOverflow(op: Ref, overflow: *mut c_int) -> c_long {
    // SAFETY: by contract.
    unsafe {
        *overflow = 0;
        if let Some(i) = small(op) {
            return i;
        }
        let Ok(v) = borrowed(op).and_then(protocol::index) else {
            return -1;
        };
        match int::to_i64(v) {
            Some(i) => i,
            None => {
                *overflow = int::compare_sign(v);
                -1
            }
        }
    }
}

/// An int as unsigned 64 bits.
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyLong_AsUnsignedLong(op: Ref) -> u64 {
    // SAFETY: by contract.
    let Ok(v) = (unsafe { borrowed(op) }) else {
        return u64::MAX;
    };
    if !int::is_int(v) {
        let _ = type_error("an integer is required");
        return u64::MAX;
    }
    match int::to_big(v).and_then(|b| u64::try_from(b).ok()) {
        Some(n) => n,
        None if int::compare_sign(v) < 0 => {
            let _ = overflow_error("can't convert negative value to unsigned int");
            u64::MAX
        }
        None => {
            let _ = overflow_error("Python int too large to convert to C unsigned long");
            u64::MAX
        }
    }
}

macro_rules! from_integer {
    ($($name:ident $t:ty;)*) => {$(
        /// A new int.
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(i: $t) -> Ref {
            int_object(i as i64)
        }
    )*};
}

from_integer! {
    PyLong_FromLong c_long;
    PyLong_FromLongLong i64;
    PyLong_FromSsize_t isize;
}

/// A new int.
#[unsafe(no_mangle)]
pub extern "C" fn PyLong_FromUnsignedLong(i: u64) -> Ref {
    give(Ok(int::from_u64(i)))
}

/// A new int.
#[unsafe(no_mangle)]
pub extern "C" fn PyLong_FromSize_t(i: usize) -> Ref {
    give(Ok(int::from_u64(i as u64)))
}

/// A new bool.
#[unsafe(no_mangle)]
pub extern "C" fn PyBool_FromLong(i: c_long) -> Ref {
    let r = types::truth(i != 0);
    // SAFETY: a static object.
    unsafe { incref(r) };
    r
}

/// A new float.
#[unsafe(no_mangle)]
pub extern "C" fn PyFloat_FromDouble(f: c_double) -> Ref {
    float_object(f)
}

/// A real number as C `double`; -1 with an exception if it is none.
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFloat_AsDouble(op: Ref) -> c_double {
    // SAFETY: by contract; the layout is checked by the type.
    unsafe {
        if (*op).ty == types::builtin(types::FLOAT) {
            return (*op.cast::<PyFloatObject>()).value;
        }
        borrowed(op).and_then(protocol::as_f64).unwrap_or(-1.0)
    }
}

/// An index as `Py_ssize_t`; clipped if `exc` is null.
///
/// # Safety
/// Live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_AsSsize_t(op: Ref, exc: Ref) -> isize {
    // SAFETY: by contract.
    let v = unsafe { borrowed(op) };
    if exc.is_null() {
        return v.and_then(protocol::as_isize_clipped).unwrap_or(-1);
    }
    v.and_then(|v| {
        protocol::index_i64(v, |v| {
            let t = v.type_of().name_string();
            overflow_error(format!("cannot fit '{t}' into an index-sized integer"))
        })
    })
    .map_or(-1, |i| i as isize)
}

macro_rules! binary {
    ($($name:ident $op:ident;)*) => {$(
        /// The operator as a function.
        ///
        /// # Safety
        /// Live objects.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(a: Ref, b: Ref) -> Ref {
            // SAFETY: by contract.
            unsafe { give(borrowed(a).and_then(|a| number::binary(BinaryOp::$op, a, borrowed(b)?))) }
        }
    )*};
}

binary! {
    PyNumber_Add Add; PyNumber_Subtract Sub; PyNumber_Multiply Mul; PyNumber_TrueDivide TrueDiv;
    PyNumber_FloorDivide FloorDiv; PyNumber_Remainder Mod; PyNumber_And And; PyNumber_Or Or; PyNumber_Xor Xor;
    PyNumber_Lshift LShift; PyNumber_Rshift RShift;
}

/// `operator.index`
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Index(a: Ref) -> Ref {
    // SAFETY: by contract.
    unsafe { give(borrowed(a).and_then(protocol::index)) }
}
