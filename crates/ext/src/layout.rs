//! Numbers, text and bytes out of objects of exactly the expected class: by layout where the layout is known (builds
//! for one CPython version), through functions elsewhere (the limited API, PyPy). A subclass is not exact: its special
//! methods may matter.

use pyo3::ffi::{self, PyObject, PyTypeObject};

/// Whether the object's class is this one.
///
/// # Safety
/// `object` is an object.
#[inline(always)]
unsafe fn is(object: *mut PyObject, class: *mut PyTypeObject) -> bool {
    // SAFETY: by contract.
    unsafe { ffi::Py_TYPE(object) == class }
}

#[cfg(all(
    target_pointer_width = "64",
    not(any(Py_LIMITED_API, PyPy, GraalPy, Py_GIL_DISABLED, Py_3_15))
))]
mod known {
    //! CPython 3.11 to 3.14, 64 bit.

    use super::*;

    /// Everything before an int's digits. `size` is the number of digits with the sign up to 3.11; from 3.12 on the
    /// number of digits times eight, with the sign in the low bits.
    #[repr(C)]
    struct Long {
        head: [usize; 2],
        size: isize,
        digits: [u32; 3],
    }

    #[repr(C)]
    struct Float {
        head: [usize; 2],
        value: f64,
    }

    #[repr(C)]
    struct Bytes {
        head: [usize; 2],
        size: isize,
        hash: isize,
        data: [u8; 1],
    }

    /// Sign and number of digits.
    #[inline(always)]
    fn shape(size: isize) -> (bool, usize) {
        #[cfg(not(Py_3_12))]
        return (size < 0, size.unsigned_abs());
        #[cfg(Py_3_12)]
        return (size & 3 == 2, (size as usize) >> 3);
    }

    #[inline(always)]
    pub unsafe fn magnitude(object: *mut PyObject) -> Option<(bool, u64)> {
        let long = object.cast::<Long>();
        // SAFETY: the caller has an exact int; as many digits are there as its size says.
        unsafe {
            let (negative, count) = shape((*long).size);
            let digits = (&raw const (*long).digits).cast::<u32>();
            let digit = |i: usize| u64::from(*digits.add(i));
            let value = match count {
                0 => 0,
                1 => digit(0),
                2 => digit(0) | digit(1) << 30,
                3 if digit(2) < 16 => digit(0) | digit(1) << 30 | digit(2) << 60,
                _ => return None,
            };
            Some((negative, value))
        }
    }

    #[inline(always)]
    pub unsafe fn double(object: *mut PyObject) -> Option<f64> {
        // SAFETY: the caller has an exact float.
        Some(unsafe { (*object.cast::<Float>()).value })
    }

    #[inline(always)]
    pub unsafe fn bytes<'a>(object: *mut PyObject) -> Option<&'a [u8]> {
        let bytes = object.cast::<Bytes>();
        // SAFETY: the caller has an exact bytes object, whose data follow its head.
        unsafe {
            let data = (&raw const (*bytes).data).cast::<u8>();
            Some(std::slice::from_raw_parts(data, (*bytes).size as usize))
        }
    }

    #[inline(always)]
    pub unsafe fn signed(object: *mut PyObject) -> Option<i64> {
        // SAFETY: as the caller's.
        let (negative, value) = unsafe { magnitude(object) }?;
        match i64::try_from(value) {
            Ok(v) => Some(if negative { -v } else { v }),
            Err(_) => (negative && value == 1 << 63).then_some(i64::MIN),
        }
    }

    #[inline(always)]
    pub unsafe fn unsigned(object: *mut PyObject) -> Option<u64> {
        // SAFETY: as the caller's.
        let (negative, value) = unsafe { magnitude(object) }?;
        (!negative || value == 0).then_some(value)
    }
}

#[cfg(not(all(
    target_pointer_width = "64",
    not(any(Py_LIMITED_API, PyPy, GraalPy, Py_GIL_DISABLED, Py_3_15))
)))]
mod known {
    //! Any runtime.

    use super::*;

    /// The value, unless the function has reported an error; the slow path reports it again.
    #[inline(always)]
    fn unless_error<T>(value: T, suspect: bool) -> Option<T> {
        // SAFETY: wrappers run attached.
        if suspect && !unsafe { ffi::PyErr_Occurred() }.is_null() {
            // SAFETY: as above.
            unsafe { ffi::PyErr_Clear() };
            return None;
        }
        Some(value)
    }

    #[inline(always)]
    pub unsafe fn signed(object: *mut PyObject) -> Option<i64> {
        // SAFETY: the caller has an exact int.
        let value = unsafe { ffi::PyLong_AsLongLong(object) };
        unless_error(value, value == -1)
    }

    #[inline(always)]
    pub unsafe fn unsigned(object: *mut PyObject) -> Option<u64> {
        // SAFETY: the caller has an exact int.
        let value = unsafe { ffi::PyLong_AsUnsignedLongLong(object) };
        unless_error(value, value == u64::MAX)
    }

    #[inline(always)]
    pub unsafe fn double(object: *mut PyObject) -> Option<f64> {
        // SAFETY: the caller has an exact float.
        let value = unsafe { ffi::PyFloat_AsDouble(object) };
        unless_error(value, value == -1.0)
    }

    #[inline(always)]
    pub unsafe fn bytes<'a>(object: *mut PyObject) -> Option<&'a [u8]> {
        // SAFETY: the caller has an exact bytes object.
        unsafe {
            let data = ffi::PyBytes_AsString(object).cast::<u8>();
            let size = ffi::PyBytes_Size(object);
            (!data.is_null()).then(|| std::slice::from_raw_parts(data, size as usize))
        }
    }
}

/// The value of an exact int in range.
///
/// # Safety
/// `object` is an object; the thread is attached.
#[inline(always)]
pub unsafe fn exact_i64(object: *mut PyObject) -> Option<i64> {
    // SAFETY: the class is looked at first.
    unsafe { is(object, &raw mut ffi::PyLong_Type).then(|| known::signed(object))? }
}

/// The value of an exact int in range.
///
/// # Safety
/// As for `exact_i64`.
#[inline(always)]
pub unsafe fn exact_u64(object: *mut PyObject) -> Option<u64> {
    // SAFETY: the class is looked at first.
    unsafe { is(object, &raw mut ffi::PyLong_Type).then(|| known::unsigned(object))? }
}

/// The value of an exact float.
///
/// # Safety
/// As for `exact_i64`.
#[inline(always)]
pub unsafe fn exact_f64(object: *mut PyObject) -> Option<f64> {
    // SAFETY: the class is looked at first.
    unsafe { is(object, &raw mut ffi::PyFloat_Type).then(|| known::double(object))? }
}

/// True or False.
///
/// # Safety
/// As for `exact_i64`.
#[inline(always)]
pub unsafe fn exact_bool(object: *mut PyObject) -> Option<bool> {
    // SAFETY: the two singletons live as long as the interpreter.
    unsafe {
        if object == ffi::Py_True() {
            return Some(true);
        }
        (object == ffi::Py_False()).then_some(false)
    }
}

/// The text of an exact str, unless it has no UTF-8 form (lone surrogates).
///
/// # Safety
/// As for `exact_i64`; the text must not be used longer than the object lives.
#[inline(always)]
pub unsafe fn exact_str<'a>(object: *mut PyObject) -> Option<&'a str> {
    // SAFETY: the function gives UTF-8 of that many bytes, which the object keeps.
    unsafe {
        if !is(object, &raw mut ffi::PyUnicode_Type) {
            return None;
        }
        let mut size = 0;
        let data = ffi::PyUnicode_AsUTF8AndSize(object, &mut size);
        if data.is_null() {
            // The slow path fails the same way and reports it.
            ffi::PyErr_Clear();
            return None;
        }
        let bytes = std::slice::from_raw_parts(data.cast::<u8>(), size as usize);
        Some(std::str::from_utf8_unchecked(bytes))
    }
}

/// The contents of an exact bytes object.
///
/// # Safety
/// As for `exact_str`.
#[inline(always)]
pub unsafe fn exact_bytes<'a>(object: *mut PyObject) -> Option<&'a [u8]> {
    // SAFETY: the class is looked at first.
    unsafe { is(object, &raw mut ffi::PyBytes_Type).then(|| known::bytes(object))? }
}
