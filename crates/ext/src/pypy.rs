//! What has to be put right, or done otherwise, on PyPy.

use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;

/// Gives the class of `...` the names it lacks in C. PyPy (7.3.19) calls it a heap type but leaves its names null, and
/// `PyType_GetName` and `PyType_GetQualName`, which PyO3 words its errors with, count a reference of what is there: a
/// call that passes `...` where something else is due would end the process. It is the only class like that.
pub(crate) fn name_ellipsis(py: Python<'_>) -> PyResult<()> {
    // SAFETY: `...` and its class live as long as the interpreter, and the thread is attached. The flag says that the
    // longer struct is there.
    let heap = unsafe {
        let class = ffi::Py_TYPE(ffi::Py_Ellipsis());
        if (*class).tp_flags & ffi::Py_TPFLAGS_HEAPTYPE == 0 {
            return Ok(());
        }
        &mut *class.cast::<ffi::PyHeapTypeObject>()
    };
    for name in [&mut heap.ht_name, &mut heap.ht_qualname] {
        if name.is_null() {
            *name = c"ellipsis"
                .into_pyobject(py)?
                .into_any()
                .unbind()
                .into_ptr();
        }
    }
    Ok(())
}

/// What `__index__` gives, where CPython would make a float of it: PyPy's conversion tries `__float__` alone. None: the
/// object is converted as it is.
///
/// # Safety
/// `object` is an object.
pub(crate) unsafe fn index_of_real(
    py: Python<'_>,
    object: *mut PyObject,
) -> Option<PyResult<Bound<'_, PyAny>>> {
    // SAFETY: by contract. A type's methods lie where it says, or it has none.
    unsafe {
        let methods = (*ffi::Py_TYPE(object)).tp_as_number.as_ref()?;
        if methods.nb_float.is_some() || methods.nb_index.is_none() {
            return None;
        }
        let number = ffi::PyNumber_Index(object);
        Some(Bound::from_owned_ptr_or_err(py, number))
    }
}
