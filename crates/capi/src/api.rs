//! How exported functions are written: `raw!` for those that answer in C's terms, `api!` for those that may raise, whose
//! result is passed on as C's convention for its type says, with the exception in the thread state.

use std::ffi::c_int;

use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::types::str::Str;
use rivet_vm::value::{Gc, Payload, Value};

use crate::boundary::{borrowed, new_ref};
use crate::layout::Ref;

/// How a result is given to C.
pub trait Out {
    /// The C type.
    type C;
    /// The value for C; a failure becomes the error value of the type, with the exception in the thread state.
    fn out(r: PyResult<Self>) -> Self::C
    where
        Self: Sized;
}

macro_rules! out {
    ($($t:ty => $c:ty, $error:expr, $f:expr;)*) => {$(
        impl Out for $t {
            type C = $c;
            #[inline]
            fn out(r: PyResult<Self>) -> $c {
                // What ran may have taken lists back that C reads by macro.
                $crate::list::before_c();
                match r {
                    Ok(v) => $f(v),
                    Err(_) => {
                        crate::errors::publish();
                        $error
                    }
                }
            }
        }
    )*};
}

out! {
    Value => Ref, std::ptr::null_mut(), new_ref;
    Ref => Ref, std::ptr::null_mut(), |r| r;
    () => c_int, -1, |()| 0;
    bool => c_int, -1, |b: bool| b.into();
    c_int => c_int, -1, |n| n;
    isize => isize, -1, |n| n;
    usize => usize, usize::MAX, |n| n;
    i64 => i64, -1, |n| n;
    f64 => f64, -1.0, |n| n;
    *mut u8 => *mut u8, std::ptr::null_mut(), |p| p;
    *mut std::ffi::c_void => *mut std::ffi::c_void, std::ptr::null_mut(), |p| p;
}

/// The result of a converter for argument parsing: 1, or 0 with an exception.
pub struct Converted;

impl Out for Converted {
    type C = c_int;
    fn out(r: PyResult<Self>) -> c_int {
        crate::list::before_c();
        if r.is_err() {
            crate::errors::publish();
        }
        r.is_ok().into()
    }
}

impl<T: Payload> Out for Gc<T> {
    type C = Ref;
    #[inline]
    fn out(r: PyResult<Self>) -> Ref {
        Value::out(r.map(Gc::value))
    }
}

/// Runs `f` out of line.
#[cold]
#[inline(never)]
pub fn aside(f: impl FnOnce()) {
    f();
}

/// The look at a function's arguments in checking mode.
#[macro_export]
macro_rules! looked_at {
    ($name:ident, $raises:literal, $($a:ident),*) => {
        if $crate::check::listening() {
            #[allow(unused_imports)]
            use $crate::check::arguments::{Look as _, Other as _, Probe};
            // Out of the way: the function itself needs no frame for it.
            $crate::api::aside(move || {
                $crate::check::entered(stringify!($name), $raises);
                if $crate::check::on() {
                    $((&Probe(&$a)).look(stringify!($name), stringify!($a));)*
                }
            });
        }
    };
}

/// Exported functions in C's terms.
#[macro_export]
macro_rules! raw {
    ($($(#[$m:meta])* fn $name:ident($($a:ident: $t:ty),* $(,)?) $(-> $r:ty)? $body:block)*) => {$(
        $(#[$m])*
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($a: $t),*) $(-> $r)? {
            $crate::looked_at!($name, false, $($a),*);
            #[allow(unused_unsafe)]
            // SAFETY: callers keep the contract CPython documents for the function: pointers are live objects, readable
            // memory or terminated strings as their types say, and the GIL is held.
            unsafe { $body }
        }
    )*};
}

/// Exported functions that may raise.
#[macro_export]
macro_rules! api {
    ($($(#[$m:meta])* fn $name:ident($($a:ident: $t:ty),* $(,)?) -> $r:ty $body:block)*) => {$(
        $(#[$m])*
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($a: $t),*) -> <$r as $crate::api::Out>::C {
            $crate::looked_at!($name, true, $($a),*);
            #[allow(unused_unsafe, clippy::redundant_closure_call)]
            // SAFETY: as in `raw!`.
            let r = unsafe { (|| -> rivet_vm::exceptions::PyResult<$r> { $body })() };
            <$r as $crate::api::Out>::out(r)
        }
    )*};
}

/// The value of a borrowed reference; SystemError for null.
///
/// # Safety
/// Null or a live object.
#[inline]
pub unsafe fn get(op: Ref) -> PyResult<Value> {
    if op.is_null() {
        return Err(null_argument());
    }
    // SAFETY: by contract.
    unsafe { borrowed(op) }
}

/// The value of a borrowed reference that may be null.
///
/// # Safety
/// Null or a live object.
pub unsafe fn optional(op: Ref) -> PyResult<Option<Value>> {
    // SAFETY: by contract.
    if op.is_null() {
        Ok(None)
    } else {
        unsafe { borrowed(op) }.map(Some)
    }
}

/// The object as a `T`; SystemError if it is something else.
///
/// # Safety
/// Null or a live object.
pub unsafe fn expect<T: Payload>(op: Ref) -> PyResult<Gc<T>> {
    // SAFETY: by contract.
    unsafe { get(op) }?.cast::<T>().ok_or_else(bad_call)
}

#[cold]
fn null_argument() -> rivet_vm::exceptions::Raised {
    match crate::errors::collect_pending() {
        Some(raised) => raised,
        None => system_error("null argument to internal routine"),
    }
}

/// `PyErr_BadInternalCall`'s exception.
#[cold]
pub fn bad_call() -> rivet_vm::exceptions::Raised {
    if crate::check::on() {
        return system_error(crate::check::arguments::bad_argument());
    }
    system_error("bad argument to internal function")
}

/// The interned string of a C name.
///
/// # Safety
/// A terminated string.
pub unsafe fn name(s: *const std::ffi::c_char) -> Gc<Str> {
    // SAFETY: by contract.
    rivet_vm::types::str::intern::intern_str(&unsafe { crate::errors::text(s) })
}
