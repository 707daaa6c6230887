//! `pyerrors.h`: the pending exception.

use std::ffi::{CStr, c_char, c_int};

use rivet_vm::exceptions::{PyResult, given_matches, raise_call, raise_text, system_error};
use rivet_vm::object::Type;
use rivet_vm::thread;
use rivet_vm::types::str::Str;
use rivet_vm::value::Value;

use crate::boundary::{borrowed, new_ref};
use crate::layout::Ref;

/// The text behind a C string; empty for null.
///
/// # Safety
/// `s` is null or a terminated string.
pub unsafe fn text(s: *const c_char) -> String {
    if s.is_null() {
        return String::new();
    }
    // SAFETY: by contract.
    unsafe { CStr::from_ptr(s) }.to_string_lossy().into_owned()
}

/// Passes a failure on to C: the exception stays pending.
pub fn null(r: PyResult<Ref>) -> Ref {
    r.unwrap_or(std::ptr::null_mut())
}

/// Passes a result on to C as a new reference, or null.
pub fn give(r: PyResult<Value>) -> Ref {
    match r {
        Ok(v) => new_ref(v),
        Err(_) => std::ptr::null_mut(),
    }
}

/// Passes a status on to C: 0, or -1 with an exception.
pub fn status(r: PyResult<()>) -> c_int {
    if r.is_ok() { 0 } else { -1 }
}

unsafe fn class(exc: Ref) -> Option<rivet_vm::value::Gc<Type>> {
    // SAFETY: callers pass a live object.
    unsafe { borrowed(exc) }.ok()?.cast::<Type>()
}

/// Sets the pending exception from a class and a message.
///
/// # Safety
/// `exc` is a live object, `message` a terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetString(exc: Ref, message: *const c_char) {
    // SAFETY: by contract.
    unsafe {
        let _ = match class(exc) {
            Some(t) => match Str::new(&text(message)) {
                Ok(s) => raise_call(t, &[s.value()]),
                Err(raised) => raised,
            },
            None => system_error("_PyErr_SetObject: exception is not a BaseException subclass"),
        };
    }
}

/// Sets the pending exception from a class and a value.
///
/// # Safety
/// Both are live objects (the value may be null).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetObject(exc: Ref, value: Ref) {
    // SAFETY: by contract.
    unsafe {
        let v = if value.is_null() {
            Ok(Value::NONE)
        } else {
            borrowed(value)
        };
        if let (Some(t), Ok(v)) = (class(exc), v) {
            let _ = if v.type_of().is_subtype(t) {
                rivet_vm::exceptions::raise_instance(v)
            } else if v.is_none() {
                raise_call(t, &[])
            } else {
                raise_call(t, &[v])
            };
        }
    }
}

/// Sets the pending exception from a class alone.
///
/// # Safety
/// `exc` is a live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_SetNone(exc: Ref) {
    // SAFETY: by contract.
    unsafe { PyErr_SetObject(exc, std::ptr::null_mut()) }
}

/// The class of the pending exception, borrowed, or null.
#[unsafe(no_mangle)]
pub extern "C" fn PyErr_Occurred() -> Ref {
    match thread::current().pending() {
        Some(e) => crate::types::to_c(e.type_of()).cast(),
        None => std::ptr::null_mut(),
    }
}

/// Drops the pending exception.
#[unsafe(no_mangle)]
pub extern "C" fn PyErr_Clear() {
    thread::current().take_pending();
}

/// Sets MemoryError.
#[unsafe(no_mangle)]
pub extern "C" fn PyErr_NoMemory() -> Ref {
    let _ = rivet_vm::exceptions::no_memory();
    std::ptr::null_mut()
}

/// Sets SystemError for a bad call.
#[unsafe(no_mangle)]
pub extern "C" fn PyErr_BadInternalCall() {
    let _ = system_error("bad argument to internal function");
}

/// Sets TypeError for a bad argument.
#[unsafe(no_mangle)]
pub extern "C" fn PyErr_BadArgument() -> c_int {
    let _ = raise_text(
        rivet_vm::exceptions::exc().type_error,
        "bad argument type for built-in operation",
    );
    0
}

/// Whether the pending exception matches.
///
/// # Safety
/// `exc` is a live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_ExceptionMatches(exc: Ref) -> c_int {
    // SAFETY: by contract.
    let class = unsafe { borrowed(exc) };
    match (thread::current().pending(), class) {
        (Some(e), Ok(c)) => given_matches(e, c).into(),
        _ => 0,
    }
}

/// Takes the pending exception apart: type, value, traceback as new references.
///
/// # Safety
/// The pointers can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_Fetch(ty: *mut Ref, value: *mut Ref, tb: *mut Ref) {
    let e = thread::current().take_pending();
    // SAFETY: by contract.
    unsafe {
        *ty = e.map_or(std::ptr::null_mut(), |e| new_ref(e.type_of().value()));
        *value = e.map_or(std::ptr::null_mut(), new_ref);
        *tb = std::ptr::null_mut();
    }
}

/// Sets the pending exception from its parts, which it takes over.
///
/// # Safety
/// The parts are null or live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_Restore(ty: Ref, value: Ref, tb: Ref) {
    // SAFETY: by contract.
    unsafe {
        if ty.is_null() {
            thread::current().take_pending();
        } else {
            PyErr_SetObject(ty, value);
        }
        for r in [ty, value, tb] {
            if !r.is_null() {
                crate::boundary::decref(r);
            }
        }
    }
}

/// Fetched exceptions are instances already.
///
/// # Safety
/// No pointer is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyErr_NormalizeException(_ty: *mut Ref, _value: *mut Ref, _tb: *mut Ref) {}
