//! Arguments out of objects: exact values inline, everything else through PyO3's own conversions, out of line.

use std::ffi::c_char;

use pyo3::conversion::FromPyObject;
use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::type_object::PyTypeCheck;
use pyo3::{Borrowed, BoundObject, IntoPyObject};

use crate::layout;
use crate::scalar::Scalar;

/// Stands for one call: what is borrowed from an argument lives no longer.
pub struct Scope(());

impl Scope {
    /// A call begins.
    ///
    /// # Safety
    /// The thread is attached and the arguments are alive as long as this value.
    #[inline(always)]
    pub unsafe fn new() -> Scope {
        Scope(())
    }

    /// The proof of being attached, for functions PyO3 does not count as attached (leaf functions that are passed
    /// objects they do not use).
    #[inline(always)]
    pub fn token(&self) -> Python<'_> {
        // SAFETY: what `new` asks for.
        unsafe { Python::assume_attached() }
    }
}

/// A number or bool.
///
/// # Safety
/// `object` is an object; the thread is attached.
#[inline(always)]
pub unsafe fn scalar<T>(object: *mut PyObject, name: &str) -> PyResult<T>
where
    T: Scalar + for<'a, 'py> FromPyObject<'a, 'py>,
{
    // SAFETY: as the caller's.
    unsafe {
        match T::exact(object) {
            Some(value) => Ok(value),
            #[cfg(PyPy)]
            None if T::REAL => slow_real(object, name),
            None => slow(object, name),
        }
    }
}

/// Text, borrowed from its object.
///
/// # Safety
/// `object` is an object.
#[inline(always)]
pub unsafe fn text<'a>(_: &'a Scope, object: *mut PyObject, name: &str) -> PyResult<&'a str> {
    // SAFETY: the scope says that the thread is attached and the object lives long enough.
    unsafe {
        match layout::exact_str(object) {
            Some(text) => Ok(text),
            None => slow(object, name),
        }
    }
}

/// The contents of bytes, borrowed from their object.
///
/// # Safety
/// `object` is an object.
#[inline(always)]
pub unsafe fn bytes<'a>(_: &'a Scope, object: *mut PyObject, name: &str) -> PyResult<&'a [u8]> {
    // SAFETY: as in `text`.
    unsafe {
        match layout::exact_bytes(object) {
            Some(bytes) => Ok(bytes),
            None => slow(object, name),
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn slow<'a, T>(object: *mut PyObject, name: &str) -> PyResult<T>
where
    T: for<'py> FromPyObject<'a, 'py>,
{
    // SAFETY: as the caller's.
    Python::attach(|py| unsafe { extract(py, object, name) })
}

/// As `slow`, for floats.
#[cfg(PyPy)]
#[cold]
unsafe fn slow_real<T>(object: *mut PyObject, name: &str) -> PyResult<T>
where
    T: for<'a, 'py> FromPyObject<'a, 'py>,
{
    // SAFETY: as the caller's; the number lives until it has been converted.
    Python::attach(|py| unsafe {
        match crate::pypy::index_of_real(py, object) {
            Some(Ok(number)) => extract(py, number.as_ptr(), name),
            Some(Err(error)) => Err(note(py, error, name)),
            None => extract(py, object, name),
        }
    })
}

/// Anything PyO3 converts.
///
/// # Safety
/// `object` is an object that lives as long as `'a`.
#[inline]
pub unsafe fn extract<'a, 'py, T>(py: Python<'py>, object: *mut PyObject, name: &str) -> PyResult<T>
where
    T: FromPyObject<'a, 'py>,
{
    // SAFETY: as the caller's.
    let object: Borrowed<'a, 'py, PyAny> = unsafe { Borrowed::from_ptr(py, object) };
    match T::extract(object) {
        Ok(value) => Ok(value),
        Err(error) => Err(note(py, error.into(), name)),
    }
}

/// An object of a class, as it is.
///
/// # Safety
/// `object` is an object that lives as long as `'a`.
#[inline(always)]
pub unsafe fn cast<'a, 'py, T: PyTypeCheck>(
    py: Python<'py>,
    object: *mut PyObject,
    name: &str,
) -> PyResult<Borrowed<'a, 'py, T>> {
    // SAFETY: as the caller's.
    let object: Borrowed<'a, 'py, PyAny> = unsafe { Borrowed::from_ptr(py, object) };
    match object.cast::<T>() {
        Ok(object) => Ok(object),
        Err(error) => Err(note(py, error.into(), name)),
    }
}

/// Any object, not looked at.
///
/// # Safety
/// `object` is an object.
#[inline(always)]
pub unsafe fn any(scope: &Scope, object: *mut PyObject) -> Borrowed<'_, '_, PyAny> {
    // SAFETY: the scope says that the object lives long enough.
    unsafe { Borrowed::from_ptr(scope.token(), object) }
}

/// Says in the exception which argument it was, in PyO3's words. An empty name says nothing.
#[cold]
fn note(py: Python<'_>, error: PyErr, name: &str) -> PyErr {
    if !name.is_empty() {
        let text = format!("while processing '{name}'");
        // A class of exceptions may refuse notes; the error itself matters more.
        let _ = error.value(py).call_method1("add_note", (text,));
    }
    error
}

/// A result as an object; null: an exception is pending.
#[inline(always)]
pub fn give_scalar<T: Scalar>(value: T) -> PyResult<*mut PyObject> {
    // SAFETY: wrappers run attached.
    Ok(unsafe { value.boxed() })
}

/// None.
#[inline(always)]
pub fn give_none() -> PyResult<*mut PyObject> {
    // SAFETY: wrappers run attached.
    Ok(unsafe { ffi::Py_NewRef(ffi::Py_None()) })
}

/// Text as an object; null: an exception is pending.
#[inline(always)]
pub fn give_text(text: impl AsRef<str>) -> PyResult<*mut PyObject> {
    let text = text.as_ref();
    let data = text.as_ptr().cast::<c_char>();
    // SAFETY: that many bytes of UTF-8 lie there; wrappers run attached.
    Ok(unsafe { ffi::PyUnicode_FromStringAndSize(data, text.len() as ffi::Py_ssize_t) })
}

/// Anything PyO3 makes an object of.
#[inline]
pub fn give_object<'py, T: IntoPyObject<'py>>(
    py: Python<'py>,
    value: T,
) -> PyResult<*mut PyObject> {
    match value.into_pyobject(py) {
        Ok(object) => Ok(object.into_any().unbind().into_ptr()),
        Err(error) => Err(error.into()),
    }
}

/// The author's error as PyO3's.
#[inline(always)]
pub fn fail<T, E: Into<PyErr>>(result: Result<T, E>) -> PyResult<T> {
    result.map_err(Into::into)
}
