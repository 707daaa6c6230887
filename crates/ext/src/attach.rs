//! The three ways a wrapper runs the author's function. Nothing unwinds into C: panics become exceptions.
//!
//! PyO3 counts per thread how often it has attached, because a `Py<T>` dropped while the count is zero waits in a
//! queue. A function that never sees a Python object can do without the count, and that is the difference between
//! `unattached` and `attached`.

use std::any::Any;
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{NonNull, null_mut};

use pyo3::ffi::{self, PyObject};
use pyo3::impl_::trampoline::{self, MethodDef};
use pyo3::panic::PanicException;
use pyo3::{PyErr, PyResult, Python};

use crate::convert::Scope;

/// Runs a function that touches no Python object. None: an exception is pending.
#[inline(always)]
pub fn unattached<R>(scope: &Scope, f: impl FnOnce(&Scope) -> PyResult<R>) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(|| f(scope))) {
        Ok(Ok(result)) => Some(result),
        Ok(Err(error)) => {
            raise(error);
            None
        }
        Err(payload) => {
            raise(panic_error(&*payload));
            None
        }
    }
}

/// Runs a function that may do anything with Python objects, as PyO3's own wrappers do. None: an exception is
/// pending.
#[inline(always)]
pub fn attached<R, F>(_: &Scope, f: F) -> Option<R>
where
    F: for<'py> FnOnce(Python<'py>) -> PyResult<R>,
{
    let mut job = Job {
        f: Some(f),
        result: None,
    };
    // SAFETY: the scope says that the thread is attached; PyO3's trampoline passes its first argument on to
    // `Run::METH` and looks at neither of the two.
    unsafe { trampoline::noargs::<Run<F, R>>((&raw mut job).cast(), null_mut()) };
    job.result
}

struct Job<F, R> {
    f: Option<F>,
    result: Option<R>,
}

struct Run<F, R>(PhantomData<(F, R)>);

impl<R, F> MethodDef<trampoline::noargs::Func> for Run<F, R>
where
    F: for<'py> FnOnce(Python<'py>) -> PyResult<R>,
{
    const METH: trampoline::noargs::Func = run::<R, F>;
}

#[inline(always)]
unsafe fn run<R, F>(py: Python<'_>, job: *mut PyObject) -> PyResult<*mut PyObject>
where
    F: for<'py> FnOnce(Python<'py>) -> PyResult<R>,
{
    // SAFETY: `attached` passes a job that outlives this call.
    let job = unsafe { &mut *job.cast::<Job<F, R>>() };
    if let Some(f) = job.f.take() {
        job.result = Some(f(py)?);
    }
    // The trampoline wants an object; nobody looks at it.
    Ok(NonNull::dangling().as_ptr())
}

/// Runs a leaf function where its caller does not look for exceptions. Should it panic all the same, the exception
/// is raised at the interpreter's next check, as one is for a signal.
#[inline(always)]
pub fn leaf<R: Default>(f: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
        raise_later(&*payload);
        R::default()
    })
}

/// Makes the error the pending exception.
#[cold]
#[inline(never)]
pub fn raise(error: PyErr) {
    Python::attach(|py| error.restore(py));
}

fn panic_error(payload: &(dyn Any + Send)) -> PyErr {
    PanicException::new_err((panic_text(payload),))
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_else(|| "panic from Rust code".to_owned())
}

#[cold]
#[inline(never)]
fn raise_later(payload: &(dyn Any + Send)) {
    let text = format!(
        "a function that is declared `leaf` panicked: {}",
        panic_text(payload)
    );
    let text = Box::into_raw(Box::new(text));
    // SAFETY: the function may be called without conditions; `raise_panic` takes the text over.
    if unsafe { ffi::Py_AddPendingCall(Some(raise_panic), text.cast()) } != 0 {
        eprintln!("no room for a pending call after a panic in a leaf function");
        std::process::abort();
    }
}

extern "C" fn raise_panic(text: *mut c_void) -> c_int {
    // SAFETY: `raise_later` gave the box away.
    let text = unsafe { Box::from_raw(text.cast::<String>()) };
    raise(PanicException::new_err((*text,)));
    -1
}

/// In debug builds: a leaf function must leave no exception behind.
#[inline(always)]
pub fn check_leaf(name: &str) -> PyResult<()> {
    // SAFETY: wrappers run attached.
    if unsafe { ffi::PyErr_Occurred() }.is_null() {
        return Ok(());
    }
    Err(lying_leaf(name))
}

#[cold]
fn lying_leaf(name: &str) -> PyErr {
    Python::attach(|py| {
        let raised = PyErr::take(py);
        let error = pyo3::exceptions::PySystemError::new_err(format!(
            "{name}() is declared `leaf` but left an exception pending"
        ));
        error.set_cause(py, raised);
        error
    })
}

/// In debug builds: a pure function gives the same bits twice.
#[inline(always)]
pub fn check_pure<T: crate::scalar::Scalar>(name: &str, first: T, second: T) -> PyResult<T> {
    if first.bits() == second.bits() {
        return Ok(first);
    }
    Err(lying_pure(name))
}

#[cold]
fn lying_pure(name: &str) -> PyErr {
    pyo3::exceptions::PySystemError::new_err(format!(
        "{name}() is declared `pure` but gave two results for the same arguments"
    ))
}
