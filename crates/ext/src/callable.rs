//! Functions without macros: wrapper and native function of an ordinary Rust function, from its type alone.
//!
//! `F: Fn(A) -> R` finds out what the parameters are; `F: for<'a> Fn(A::Arg<'a>) -> R` says that the function takes
//! them for any lifetime, so that it cannot ask for a `&'static str`.

use std::ffi::c_int;
use std::ptr::NonNull;

use pyo3::conversion::FromPyObject;
use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::pyclass::PyClass;
use pyo3::{Borrowed, PyTypeInfo};

use crate::abi::{code, error};
use crate::arguments::Shape;
use crate::attach::{attached, leaf, unattached};
use crate::convert::{self, Scope};
use crate::receiver::{self, Access};
use crate::scalar::Scalar;
use crate::table::{NULL, Wrapper};

/// A parameter of a function that is defined without macros: numbers, bools, `&str`, `&[u8]`, `&Bound<'_, PyAny>`,
/// `Python<'_>`, `String`, `Py<T>`, and `Option` and `Vec` of what PyO3 converts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a function that is defined without macros",
    note = "take a `&Bound<'_, PyAny>` and convert it, or use #[typed_function]"
)]
pub trait Param {
    /// What keeps the argument during the call.
    type Held<'a>;
    /// What the function gets.
    type Arg<'a>;
    /// What the native function takes.
    type Native: Copy;
    /// Its code in the table.
    const CODE: u16;
    /// Whether Python passes it.
    const PASSED: bool = true;
    /// Whether the function gets hold of Python objects by it.
    const OBJECT: bool = false;
    /// Whether taking it can fail, so that the function cannot be leaf.
    const FAILS: bool = false;

    /// Takes the argument.
    ///
    /// # Safety
    /// `object` is an object if the parameter is passed.
    unsafe fn hold<'a>(scope: &'a Scope, object: *mut PyObject) -> PyResult<Self::Held<'a>>;

    /// Takes the native function's argument.
    ///
    /// # Safety
    /// It is what the table says.
    unsafe fn hold_native<'a>(scope: &'a Scope, native: Self::Native) -> PyResult<Self::Held<'a>>;

    /// For the function.
    fn lend<'a, 'h: 'a>(held: &'a mut Self::Held<'h>) -> Self::Arg<'a>;
}

macro_rules! scalars {
    ($($t:ty),*) => {$(
        impl Param for $t {
            type Held<'a> = $t;
            type Arg<'a> = $t;
            type Native = $t;
            const CODE: u16 = <$t as Scalar>::CODE;

            #[inline(always)]
            unsafe fn hold<'a>(_: &'a Scope, object: *mut PyObject) -> PyResult<$t> {
                // SAFETY: as the caller's.
                unsafe { convert::scalar(object, "") }
            }

            #[inline(always)]
            unsafe fn hold_native<'a>(_: &'a Scope, native: $t) -> PyResult<$t> {
                Ok(native)
            }

            #[inline(always)]
            fn lend<'a, 'h: 'a>(held: &'a mut $t) -> $t {
                *held
            }
        }

        impl Return for $t {
            type Native = <$t as Scalar>::Native;
            const CODE: u16 = <$t as Scalar>::CODE;
            const ERROR: u32 = error::SENTINEL;
            const SENTINEL: u64 = <$t as Scalar>::SENTINEL_BITS;
            const FAILED: Self::Native = <$t as Scalar>::SENTINEL;

            #[inline(always)]
            fn give(self) -> PyResult<*mut PyObject> {
                convert::give_scalar(self)
            }

            #[inline(always)]
            fn native(self) -> PyResult<Self::Native> {
                Ok(Scalar::native(self))
            }
        }
    )*};
}

scalars!(
    i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f32, f64, bool
);

/// Address and length, in two registers as two C arguments are.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Slice {
    data: *const u8,
    size: isize,
}

impl Param for &str {
    type Held<'a> = &'a str;
    type Arg<'a> = &'a str;
    type Native = Slice;
    const CODE: u16 = code::UTF8;

    #[inline(always)]
    unsafe fn hold<'a>(scope: &'a Scope, object: *mut PyObject) -> PyResult<&'a str> {
        // SAFETY: as the caller's.
        unsafe { convert::text(scope, object, "") }
    }

    #[inline(always)]
    unsafe fn hold_native<'a>(scope: &'a Scope, native: Slice) -> PyResult<&'a str> {
        // SAFETY: as the caller's.
        Ok(unsafe { crate::native::native_text(scope, native.data, native.size) })
    }

    #[inline(always)]
    fn lend<'a, 'h: 'a>(held: &'a mut &'h str) -> &'a str {
        held
    }
}

impl Param for &[u8] {
    type Held<'a> = &'a [u8];
    type Arg<'a> = &'a [u8];
    type Native = Slice;
    const CODE: u16 = code::BYTES;

    #[inline(always)]
    unsafe fn hold<'a>(scope: &'a Scope, object: *mut PyObject) -> PyResult<&'a [u8]> {
        // SAFETY: as the caller's.
        unsafe { convert::bytes(scope, object, "") }
    }

    #[inline(always)]
    unsafe fn hold_native<'a>(scope: &'a Scope, native: Slice) -> PyResult<&'a [u8]> {
        // SAFETY: as the caller's.
        Ok(unsafe { crate::native::native_bytes(scope, native.data, native.size) })
    }

    #[inline(always)]
    fn lend<'a, 'h: 'a>(held: &'a mut &'h [u8]) -> &'a [u8] {
        held
    }
}

impl Param for Python<'_> {
    type Held<'a> = Python<'a>;
    type Arg<'a> = Python<'a>;
    type Native = ();
    const CODE: u16 = code::VOID;
    const PASSED: bool = false;
    const OBJECT: bool = true;
    const FAILS: bool = true;

    #[inline(always)]
    unsafe fn hold<'a>(scope: &'a Scope, _: *mut PyObject) -> PyResult<Python<'a>> {
        Ok(scope.token())
    }

    #[inline(always)]
    unsafe fn hold_native<'a>(scope: &'a Scope, (): ()) -> PyResult<Python<'a>> {
        Ok(scope.token())
    }

    #[inline(always)]
    fn lend<'a, 'h: 'a>(held: &'a mut Python<'h>) -> Python<'a> {
        *held
    }
}

impl Param for &Bound<'_, PyAny> {
    type Held<'a> = Borrowed<'a, 'a, PyAny>;
    type Arg<'a> = &'a Bound<'a, PyAny>;
    type Native = *mut PyObject;
    const CODE: u16 = code::OBJECT;
    const OBJECT: bool = true;

    #[inline(always)]
    unsafe fn hold<'a>(
        scope: &'a Scope,
        object: *mut PyObject,
    ) -> PyResult<Borrowed<'a, 'a, PyAny>> {
        // SAFETY: as the caller's; the scope says that the object outlives the call.
        Ok(unsafe { Borrowed::from_ptr(scope.token(), object) })
    }

    #[inline(always)]
    unsafe fn hold_native<'a>(
        scope: &'a Scope,
        native: *mut PyObject,
    ) -> PyResult<Borrowed<'a, 'a, PyAny>> {
        // SAFETY: as the caller's.
        unsafe { Self::hold(scope, native) }
    }

    #[inline(always)]
    fn lend<'a, 'h: 'a>(held: &'a mut Borrowed<'h, 'h, PyAny>) -> &'a Bound<'a, PyAny> {
        held
    }
}

macro_rules! converted {
    ($($t:ty $(, $p:ident)?;)*) => {$(
        impl$(<$p>)? Param for $t
        where
            $t: for<'x, 'py> FromPyObject<'x, 'py>,
        {
            type Held<'a> = Option<$t>;
            type Arg<'a> = $t;
            type Native = *mut PyObject;
            const CODE: u16 = code::OBJECT;
            const OBJECT: bool = true;
            const FAILS: bool = true;

            #[inline]
            unsafe fn hold<'a>(scope: &'a Scope, object: *mut PyObject) -> PyResult<Option<$t>> {
                // SAFETY: as the caller's.
                unsafe { convert::extract(scope.token(), object, "") }.map(Some)
            }

            #[inline]
            unsafe fn hold_native<'a>(
                scope: &'a Scope,
                native: *mut PyObject,
            ) -> PyResult<Option<$t>> {
                // SAFETY: as the caller's.
                unsafe { Self::hold(scope, native) }
            }

            #[inline]
            fn lend<'a, 'h: 'a>(held: &'a mut Option<$t>) -> $t {
                held.take().expect("an argument is lent once")
            }
        }
    )*};
}

converted! {
    String;
    Vec<T>, T;
    Option<T>, T;
    Py<T>, T;
}

/// A result of a function that is defined without macros: numbers, bools, `()`, `String`, `Py<T>`, or a `Result` of
/// one of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a function that is defined without macros",
    note = "return a `Py<PyAny>`, or use #[typed_function]"
)]
pub trait Return {
    /// What the native function returns.
    type Native: Copy + Default;
    /// Its code in the table.
    const CODE: u16;
    /// The error convention.
    const ERROR: u32;
    /// The sentinel's bits.
    const SENTINEL: u64 = 0;
    /// What the native function returns if there is an exception.
    const FAILED: Self::Native;
    /// Whether it can be an error, or has to become an object.
    const FAILS: bool = false;
    /// Whether making the object may run anybody's code.
    const OBJECT: bool = false;

    /// As an object.
    fn give(self) -> PyResult<*mut PyObject>;

    /// For the native function.
    fn native(self) -> PyResult<Self::Native>;
}

impl Return for () {
    type Native = c_int;
    const CODE: u16 = code::VOID;
    const ERROR: u32 = error::NONZERO;
    const FAILED: c_int = -1;

    #[inline(always)]
    fn give(self) -> PyResult<*mut PyObject> {
        convert::give_none()
    }

    #[inline(always)]
    fn native(self) -> PyResult<c_int> {
        Ok(0)
    }
}

/// A pointer as a native result.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Object(*mut PyObject);

impl Default for Object {
    fn default() -> Object {
        Object(NULL)
    }
}

impl Return for String {
    type Native = Object;
    const CODE: u16 = code::OBJECT;
    const ERROR: u32 = error::SENTINEL;
    const FAILED: Object = Object(NULL);
    const FAILS: bool = true;

    fn give(self) -> PyResult<*mut PyObject> {
        convert::give_text(self)
    }

    fn native(self) -> PyResult<Object> {
        self.give().map(Object)
    }
}

impl<T> Return for Py<T> {
    type Native = Object;
    const CODE: u16 = code::OBJECT;
    const ERROR: u32 = error::SENTINEL;
    const FAILED: Object = Object(NULL);
    const FAILS: bool = true;
    const OBJECT: bool = true;

    fn give(self) -> PyResult<*mut PyObject> {
        Ok(self.into_ptr())
    }

    fn native(self) -> PyResult<Object> {
        Ok(Object(self.into_ptr()))
    }
}

impl<T: Return, E: Into<PyErr>> Return for Result<T, E> {
    type Native = T::Native;
    const CODE: u16 = T::CODE;
    const ERROR: u32 = T::ERROR;
    const SENTINEL: u64 = T::SENTINEL;
    const FAILED: T::Native = T::FAILED;
    const FAILS: bool = true;
    const OBJECT: bool = T::OBJECT;

    #[inline(always)]
    fn give(self) -> PyResult<*mut PyObject> {
        convert::fail(self)?.give()
    }

    #[inline(always)]
    fn native(self) -> PyResult<T::Native> {
        convert::fail(self)?.native()
    }
}

/// What a definition without macros is made from.
pub struct Parts {
    /// How C calls the function, with or without the promise of being leaf.
    pub wrapper: fn(leaf: bool) -> Wrapper,
    /// The native function, likewise.
    pub native: fn(leaf: bool) -> *const (),
    /// Codes of the parameters, the receiver first.
    pub params: Vec<u16>,
    /// How many are passed.
    pub passed: usize,
    /// Code of the result.
    pub result: u16,
    /// The error convention of a function that is not leaf.
    pub error: u32,
    /// The sentinel's bits.
    pub sentinel: u64,
    /// Why it cannot be leaf.
    pub not_leaf: Option<&'static str>,
    /// Why it cannot be pure or run without the GIL.
    pub objects: Option<&'static str>,
    /// How many C registers the native function's arguments take.
    pub words: usize,
}

/// A function that `ModuleBuilder::def_function` takes. `Types` are its parameters and result.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function that can be defined without macros",
    note = "its parameters must be `Param`s, its result a `Return`"
)]
pub trait Function<Types>: Copy + 'static {
    #[doc(hidden)]
    fn parts() -> Parts;
}

/// A method that `ModuleBuilder::def_method` takes: a function whose first parameter is a `&T`, `T` being a class.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a method that can be defined without macros",
    note = "its first parameter must be a `&T` of a #[pyclass], the others `Param`s, its result a `Return`"
)]
pub trait Method<T, Types>: Copy + 'static {
    #[doc(hidden)]
    fn parts() -> Parts;
}

/// A function is a value without bytes, so it can be had from its type.
#[inline(always)]
fn function<F: Copy>() -> F {
    const {
        assert!(
            size_of::<F>() == 0,
            "pass the function itself, not a pointer to it or a closure with captured values"
        );
    }
    // SAFETY: a type without bytes has one value; `F` is `Copy`, so nobody loses it.
    unsafe { NonNull::<F>::dangling().read() }
}

/// The function's name in messages: the last word of its path. A closure has none.
fn name<F>() -> &'static str {
    match std::any::type_name::<F>().rsplit("::").next() {
        Some(name) if !name.starts_with('{') => name,
        _ => "function",
    }
}

#[cold]
#[inline(never)]
fn wrong_count<F>(total: usize, given: isize) -> *mut PyObject {
    let shape = Shape {
        function: name::<F>(),
        names: &[],
        required: total,
        total,
        positional_only: total,
    };
    shape.raise_wrong_count(given)
}

/// Runs under PyO3's count of attachments if the function gets hold of objects.
#[inline(always)]
unsafe fn run<const OBJECTS: bool, R>(f: impl FnOnce(&Scope) -> PyResult<R>) -> Option<R> {
    // SAFETY: the caller is a wrapper or a native function: the thread is attached, the arguments outlive the call.
    let scope = unsafe { Scope::new() };
    if OBJECTS {
        attached(&scope, |_| f(&scope))
    } else {
        unattached(&scope, f)
    }
}

const fn words(code: u16) -> usize {
    match code {
        code::UTF8 | code::BYTES => 2,
        _ => 1,
    }
}

macro_rules! functions {
    ($(($($p:ident $h:ident),*);)*) => {$(
        #[allow(non_snake_case, unused)]
        impl<F, R, $($p),*> Function<fn($($p),*) -> R> for F
        where
            F: Fn($($p),*) -> R + for<'a> Fn($($p::Arg<'a>),*) -> R + Copy + 'static,
            R: Return + 'static,
            $($p: Param + 'static,)*
        {
            fn parts() -> Parts {
                const fn objects<R: Return, $($p: Param),*>() -> bool {
                    R::OBJECT $(|| $p::OBJECT)*
                }

                unsafe fn body<const LEAF: bool, F, R, $($p),*>(
                    args: *const *mut PyObject,
                ) -> *mut PyObject
                where
                    F: for<'a> Fn($($p::Arg<'a>),*) -> R + Copy + 'static,
                    R: Return,
                    $($p: Param,)*
                {
                    let f = function::<F>();
                    let call = |scope: &Scope| {
                        let mut at = args;
                        // SAFETY: the wrapper has counted the arguments.
                        $(let mut $h = unsafe {
                            let object = if $p::PASSED { *at } else { NULL };
                            at = at.add($p::PASSED as usize);
                            $p::hold(scope, object)
                        }?;)*
                        f($($p::lend(&mut $h)),*).give()
                    };
                    // SAFETY: as the caller's.
                    unsafe {
                        if LEAF || !const { objects::<R, $($p),*>() } {
                            run::<false, _>(call)
                        } else {
                            run::<true, _>(call)
                        }
                    }
                    .unwrap_or(NULL)
                }

                unsafe extern "C" fn no_args<const LEAF: bool, F, R, $($p),*>(
                    _: *mut PyObject,
                    _: *mut PyObject,
                ) -> *mut PyObject
                where
                    F: for<'a> Fn($($p::Arg<'a>),*) -> R + Copy + 'static,
                    R: Return,
                    $($p: Param,)*
                {
                    // SAFETY: nothing is passed.
                    unsafe { body::<LEAF, F, R, $($p),*>(std::ptr::null()) }
                }

                unsafe extern "C" fn one<const LEAF: bool, F, R, $($p),*>(
                    _: *mut PyObject,
                    arg: *mut PyObject,
                ) -> *mut PyObject
                where
                    F: for<'a> Fn($($p::Arg<'a>),*) -> R + Copy + 'static,
                    R: Return,
                    $($p: Param,)*
                {
                    // SAFETY: one argument is passed.
                    unsafe { body::<LEAF, F, R, $($p),*>(&raw const arg) }
                }

                unsafe extern "C" fn fast<const LEAF: bool, F, R, $($p),*>(
                    _: *mut PyObject,
                    args: *mut *mut PyObject,
                    nargs: ffi::Py_ssize_t,
                ) -> *mut PyObject
                where
                    F: for<'a> Fn($($p::Arg<'a>),*) -> R + Copy + 'static,
                    R: Return,
                    $($p: Param,)*
                {
                    let total = 0 $(+ $p::PASSED as usize)*;
                    if nargs as usize != total {
                        return wrong_count::<F>(total, nargs);
                    }
                    // SAFETY: as many as are wanted are passed.
                    unsafe { body::<LEAF, F, R, $($p),*>(args) }
                }

                unsafe extern "C" fn native<const LEAF: bool, F, R, $($p),*>(
                    $($h: $p::Native),*
                ) -> R::Native
                where
                    F: for<'a> Fn($($p::Arg<'a>),*) -> R + Copy + 'static,
                    R: Return,
                    $($p: Param,)*
                {
                    let f = function::<F>();
                    let call = |scope: &Scope| {
                        // SAFETY: the arguments are what the table says.
                        $(let mut $h = unsafe { $p::hold_native(scope, $h) }?;)*
                        f($($p::lend(&mut $h)),*).native()
                    };
                    // SAFETY: as the caller's.
                    unsafe {
                        if LEAF {
                            leaf(|| call(&Scope::new()).unwrap_or(R::FAILED))
                        } else if const { objects::<R, $($p),*>() } {
                            run::<true, _>(call).unwrap_or(R::FAILED)
                        } else {
                            run::<false, _>(call).unwrap_or(R::FAILED)
                        }
                    }
                }

                let passed = 0 $(+ usize::from($p::PASSED))*;
                Parts {
                    wrapper: |leaf| match (0 $(+ usize::from($p::PASSED))*, leaf) {
                        (0, false) => Wrapper::NoArgs(no_args::<false, F, R, $($p),*>),
                        (0, true) => Wrapper::NoArgs(no_args::<true, F, R, $($p),*>),
                        (1, false) => Wrapper::One(one::<false, F, R, $($p),*>),
                        (1, true) => Wrapper::One(one::<true, F, R, $($p),*>),
                        (_, false) => Wrapper::Fast(fast::<false, F, R, $($p),*>),
                        (_, true) => Wrapper::Fast(fast::<true, F, R, $($p),*>),
                    },
                    native: |leaf| if leaf {
                        native::<true, F, R, $($p),*> as *const ()
                    } else {
                        native::<false, F, R, $($p),*> as *const ()
                    },
                    params: [$(($p::PASSED, $p::CODE)),*]
                        .into_iter()
                        .filter(|p: &(bool, u16)| p.0)
                        .map(|p| p.1)
                        .collect(),
                    passed,
                    result: R::CODE,
                    error: R::ERROR,
                    sentinel: R::SENTINEL,
                    not_leaf: not_leaf(R::FAILS, &[$($p::FAILS),*]),
                    objects: takes_objects(&[$($p::OBJECT),*]),
                    words: 0 $(+ words($p::CODE))*,
                }
            }
        }

        #[allow(non_snake_case, unused)]
        impl<F, T, R, $($p),*> Method<T, fn($($p),*) -> R> for F
        where
            F: for<'s> Fn(&'s T, $($p),*) -> R + for<'s, 'a> Fn(&'s T, $($p::Arg<'a>),*) -> R + Copy + 'static,
            T: PyClass + PyTypeInfo + Sync,
            T::Frozen: Access,
            R: Return + 'static,
            $($p: Param + 'static,)*
        {
            fn parts() -> Parts {
                const fn objects<R: Return, $($p: Param),*>() -> bool {
                    R::OBJECT $(|| $p::OBJECT)*
                }

                unsafe fn body<F, T, R, $($p),*>(
                    me: *mut PyObject,
                    args: *const *mut PyObject,
                ) -> *mut PyObject
                where
                    F: for<'s, 'a> Fn(&'s T, $($p::Arg<'a>),*) -> R + Copy + 'static,
                    T: PyClass + PyTypeInfo + Sync,
                    T::Frozen: Access,
                    R: Return,
                    $($p: Param,)*
                {
                    let f = function::<F>();
                    let call = |scope: &Scope| {
                        // SAFETY: the descriptor has looked at the receiver.
                        let held = unsafe { receiver::shared::<T>(scope, me) }?;
                        let mut at = args;
                        // SAFETY: the wrapper has counted the arguments.
                        $(let mut $h = unsafe {
                            let object = if $p::PASSED { *at } else { NULL };
                            at = at.add($p::PASSED as usize);
                            $p::hold(scope, object)
                        }?;)*
                        f(&held, $($p::lend(&mut $h)),*).give()
                    };
                    // SAFETY: as the caller's.
                    unsafe {
                        if const { objects::<R, $($p),*>() } {
                            run::<true, _>(call)
                        } else {
                            run::<false, _>(call)
                        }
                    }
                    .unwrap_or(NULL)
                }

                unsafe extern "C" fn no_args<F, T, R, $($p),*>(
                    me: *mut PyObject,
                    _: *mut PyObject,
                ) -> *mut PyObject
                where
                    F: for<'s, 'a> Fn(&'s T, $($p::Arg<'a>),*) -> R + Copy + 'static,
                    T: PyClass + PyTypeInfo + Sync,
                    T::Frozen: Access,
                    R: Return,
                    $($p: Param,)*
                {
                    // SAFETY: nothing is passed.
                    unsafe { body::<F, T, R, $($p),*>(me, std::ptr::null()) }
                }

                unsafe extern "C" fn one<F, T, R, $($p),*>(
                    me: *mut PyObject,
                    arg: *mut PyObject,
                ) -> *mut PyObject
                where
                    F: for<'s, 'a> Fn(&'s T, $($p::Arg<'a>),*) -> R + Copy + 'static,
                    T: PyClass + PyTypeInfo + Sync,
                    T::Frozen: Access,
                    R: Return,
                    $($p: Param,)*
                {
                    // SAFETY: one argument is passed.
                    unsafe { body::<F, T, R, $($p),*>(me, &raw const arg) }
                }

                unsafe extern "C" fn fast<F, T, R, $($p),*>(
                    me: *mut PyObject,
                    args: *mut *mut PyObject,
                    nargs: ffi::Py_ssize_t,
                ) -> *mut PyObject
                where
                    F: for<'s, 'a> Fn(&'s T, $($p::Arg<'a>),*) -> R + Copy + 'static,
                    T: PyClass + PyTypeInfo + Sync,
                    T::Frozen: Access,
                    R: Return,
                    $($p: Param,)*
                {
                    let total = 0 $(+ $p::PASSED as usize)*;
                    if nargs as usize != total {
                        return wrong_count::<F>(total, nargs);
                    }
                    // SAFETY: as many as are wanted are passed.
                    unsafe { body::<F, T, R, $($p),*>(me, args) }
                }

                unsafe extern "C" fn native<F, T, R, $($p),*>(
                    me: *mut PyObject,
                    $($h: $p::Native),*
                ) -> R::Native
                where
                    F: for<'s, 'a> Fn(&'s T, $($p::Arg<'a>),*) -> R + Copy + 'static,
                    T: PyClass + PyTypeInfo + Sync,
                    T::Frozen: Access,
                    R: Return,
                    $($p: Param,)*
                {
                    let f = function::<F>();
                    let call = |scope: &Scope| {
                        // SAFETY: the table names the receiver's class.
                        let held = unsafe { receiver::shared::<T>(scope, me) }?;
                        // SAFETY: the arguments are what the table says.
                        $(let mut $h = unsafe { $p::hold_native(scope, $h) }?;)*
                        f(&held, $($p::lend(&mut $h)),*).native()
                    };
                    // SAFETY: as the caller's.
                    unsafe {
                        if const { objects::<R, $($p),*>() } {
                            run::<true, _>(call)
                        } else {
                            run::<false, _>(call)
                        }
                    }
                    .unwrap_or(R::FAILED)
                }

                let passed = 0 $(+ usize::from($p::PASSED))*;
                Parts {
                    wrapper: |_| match 0 $(+ usize::from($p::PASSED))* {
                        0 => Wrapper::NoArgs(no_args::<F, T, R, $($p),*>),
                        1 => Wrapper::One(one::<F, T, R, $($p),*>),
                        _ => Wrapper::Fast(fast::<F, T, R, $($p),*>),
                    },
                    native: |_| native::<F, T, R, $($p),*> as *const (),
                    params: [(true, code::SELF) $(, ($p::PASSED, $p::CODE))*]
                        .into_iter()
                        .filter(|p: &(bool, u16)| p.0)
                        .map(|p| p.1)
                        .collect(),
                    passed,
                    result: R::CODE,
                    error: R::ERROR,
                    sentinel: R::SENTINEL,
                    not_leaf: Some("borrowing the receiver can raise"),
                    objects: Some("a method's result depends on its receiver"),
                    words: 1 $(+ words($p::CODE))*,
                }
            }
        }
    )*};
}

functions! {
    ();
    (A a);
    (A a, B b);
    (A a, B b, C c);
    (A a, B b, C c, D d);
    (A a, B b, C c, D d, E e);
    (A a, B b, C c, D d, E e, G g);
}

fn not_leaf(result: bool, params: &[bool]) -> Option<&'static str> {
    if result {
        return Some("its result can be an error or has to become an object");
    }
    params
        .contains(&true)
        .then_some("a parameter has to be converted from an object, which can raise")
}

fn takes_objects(params: &[bool]) -> Option<&'static str> {
    params.contains(&true).then_some("it takes Python objects")
}
