//! `&self` and `&mut self` of a `#[pyclass]` out of the receiver, under PyO3's borrowing rules. A frozen class has
//! none to check.

use pyo3::ffi::PyObject;
use pyo3::prelude::*;
use pyo3::pyclass::PyClass;
use pyo3::pyclass::boolean_struct::{False, True};
use pyo3::types::PyType;
use pyo3::{Borrowed, PyTypeInfo};

use crate::convert::Scope;

/// How `&self` is had from an instance; implemented for the two answers to "is the class frozen".
pub trait Access: Sized {
    /// The answer.
    const FROZEN: bool;

    /// What keeps the borrow.
    type Held<'a, T: PyClass<Frozen = Self> + Sync>: std::ops::Deref<Target = T>;

    /// Borrows.
    fn hold<'a, T: PyClass<Frozen = Self> + Sync>(
        object: Borrowed<'a, 'a, T>,
    ) -> PyResult<Self::Held<'a, T>>;
}

impl Access for True {
    const FROZEN: bool = true;
    type Held<'a, T: PyClass<Frozen = True> + Sync> = &'a T;

    #[inline(always)]
    fn hold<'a, T: PyClass<Frozen = True> + Sync>(object: Borrowed<'a, 'a, T>) -> PyResult<&'a T> {
        Ok(object.get())
    }
}

impl Access for False {
    const FROZEN: bool = false;
    type Held<'a, T: PyClass<Frozen = False> + Sync> = PyRef<'a, T>;

    #[inline(always)]
    fn hold<'a, T: PyClass<Frozen = False> + Sync>(
        object: Borrowed<'a, 'a, T>,
    ) -> PyResult<PyRef<'a, T>> {
        Ok(object.try_borrow()?)
    }
}

/// What holds a `&T` during a call.
pub type Held<'a, T> = <<T as PyClass>::Frozen as Access>::Held<'a, T>;

/// `&self`.
///
/// # Safety
/// `object` is an instance of `T`: the method's descriptor has looked at it, or the signature's guard has.
#[inline(always)]
pub unsafe fn shared<'a, T>(scope: &'a Scope, object: *mut PyObject) -> PyResult<Held<'a, T>>
where
    T: PyClass + PyTypeInfo + Sync,
    T::Frozen: Access,
{
    // SAFETY: by contract; the scope says that the object outlives the borrow.
    let object = unsafe { Borrowed::from_ptr(scope.token(), object).cast_unchecked::<T>() };
    <T::Frozen as Access>::hold(object)
}

/// `&mut self`.
///
/// # Safety
/// As for `shared`.
#[inline(always)]
pub unsafe fn unique<'a, T>(scope: &'a Scope, object: *mut PyObject) -> PyResult<PyRefMut<'a, T>>
where
    T: PyClass<Frozen = False> + PyTypeInfo,
{
    // SAFETY: as in `shared`.
    let object: Borrowed<'a, 'a, T> =
        unsafe { Borrowed::from_ptr(scope.token(), object).cast_unchecked::<T>() };
    Ok(object.try_borrow_mut()?)
}

/// `&self` of a frozen class, which cannot fail: for leaf methods. The macro asserts `Access::FROZEN`.
///
/// # Safety
/// As for `shared`.
#[inline(always)]
pub unsafe fn frozen<'a, T>(scope: &'a Scope, object: *mut PyObject) -> Held<'a, T>
where
    T: PyClass + PyTypeInfo + Sync,
    T::Frozen: Access,
{
    // SAFETY: as in `shared`.
    match unsafe { shared::<T>(scope, object) } {
        Ok(held) => held,
        Err(_) => unreachable!("the borrow of a frozen class failed"),
    }
}

/// The class object of `T`.
pub fn class_of<T: PyTypeInfo>(py: Python<'_>) -> Bound<'_, PyType> {
    py.get_type::<T>()
}
