//! Parameters of functions that are defined without macros: what is taken from an object, what from a machine value,
//! and what a declaration with a name and a default says.

use std::marker::PhantomData;

use pyo3::conversion::FromPyObject;
use pyo3::ffi::PyObject;
use pyo3::prelude::*;
use pyo3::pyclass::PyClass;
use pyo3::{Borrowed, PyTypeInfo};

use crate::abi::code;
use crate::convert::{self, Scope};
use crate::receiver::{self, Access};
use crate::scalar::Scalar;

/// Where the object of a parameter comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The caller passes it.
    Argument,
    /// It is what the method is called on.
    Receiver,
    /// There is none.
    Nowhere,
}

/// A parameter with a name, and perhaps a default: for `ModuleBuilder::def_function_with`.
#[derive(Clone, Copy)]
pub struct Arg<D> {
    name: &'static str,
    default: Option<D>,
    positional_only: bool,
}

/// A parameter of this name.
#[inline(always)]
pub const fn arg<D>(name: &'static str) -> Arg<D> {
    Arg {
        name,
        default: None,
        positional_only: false,
    }
}

impl<D> Arg<D> {
    /// The value if nothing is passed.
    #[inline(always)]
    pub fn default(self, value: D) -> Arg<D> {
        Arg {
            default: Some(value),
            ..self
        }
    }

    /// It cannot be passed by keyword; nor can those before it.
    #[inline(always)]
    pub fn positional_only(self) -> Arg<D> {
        Arg {
            positional_only: true,
            ..self
        }
    }

    #[inline(always)]
    fn declared(&self) -> Declared<'_>
    where
        D: DefaultValue,
    {
        Declared {
            name: self.name,
            default: self.default.as_ref().map(|d| d as &dyn DefaultValue),
            positional_only: self.positional_only,
        }
    }
}

/// What a declaration says, whatever the type of its default.
#[derive(Clone, Copy)]
pub struct Declared<'a> {
    /// The name.
    pub name: &'static str,
    /// The default.
    pub default: Option<&'a dyn DefaultValue>,
    /// Whether it and those before it cannot be passed by keyword.
    pub positional_only: bool,
}

/// A default, as the table and the text signature have it.
pub trait DefaultValue {
    /// The bits in the table; None: the table has no defaults of this type.
    fn bits(&self) -> Option<u64> {
        None
    }

    /// As Python writes it.
    fn text(&self) -> String {
        "...".to_owned()
    }
}

impl<T: Scalar> DefaultValue for T {
    fn bits(&self) -> Option<u64> {
        Some(Scalar::bits(*self))
    }

    fn text(&self) -> String {
        Scalar::text(*self)
    }
}

/// Objects have no defaults: nothing is of this type.
pub enum NoDefault {}

impl DefaultValue for NoDefault {}
impl DefaultValue for &[u8] {}
impl DefaultValue for String {}
impl<T> DefaultValue for Vec<T> {}
impl<T> DefaultValue for Py<T> {}

impl DefaultValue for &str {
    fn text(&self) -> String {
        let plain = |c: char| c.is_ascii_graphic() && !"'\\".contains(c) || c == ' ';
        match self.chars().all(plain) {
            true => format!("'{self}'"),
            false => "...".to_owned(),
        }
    }
}

impl<T> DefaultValue for Option<T> {
    fn text(&self) -> String {
        match self {
            None => "None",
            Some(_) => "...",
        }
        .to_owned()
    }
}

/// `hold_or` and `declared` of a parameter whose default becomes what is held by this function.
macro_rules! named {
    ($held:expr) => {
        #[inline(always)]
        unsafe fn hold_or<'a>(
            scope: &'a Scope,
            object: *mut PyObject,
            name: Self::Name,
        ) -> PyResult<Self::Held<'a>> {
            match name.default {
                Some(default) if object.is_null() => Ok(($held)(default)),
                // SAFETY: as the caller's: without a default there is an object.
                _ => unsafe { Self::hold(scope, object, name.name) },
            }
        }

        #[inline(always)]
        fn declared(name: &Self::Name) -> Option<Declared<'_>> {
            Some(name.declared())
        }
    };
}

/// The same for what Python does not pass.
macro_rules! nameless {
    () => {
        #[inline(always)]
        unsafe fn hold_or<'a>(
            scope: &'a Scope,
            object: *mut PyObject,
            (): (),
        ) -> PyResult<Self::Held<'a>> {
            // SAFETY: as the caller's.
            unsafe { Self::hold(scope, object, "") }
        }

        #[inline(always)]
        fn declared((): &()) -> Option<Declared<'_>> {
            None
        }
    };
}

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
    /// How it is declared if it has a name: `Arg` of its default, or `()` if Python does not pass it.
    type Name;
    /// Its code in the table.
    const CODE: u16;
    /// Where its object comes from.
    const FROM: From = From::Argument;
    /// Whether the function gets hold of Python objects by it.
    const OBJECT: bool = false;
    /// Whether taking it can fail, so that the function cannot be leaf.
    const FAILS: bool = false;

    /// Takes the argument. Errors name it by `name`, unless that is empty.
    ///
    /// # Safety
    /// `object` is an object, or comes from nowhere.
    unsafe fn hold<'a>(
        scope: &'a Scope,
        object: *mut PyObject,
        name: &str,
    ) -> PyResult<Self::Held<'a>>;

    /// Takes the argument of a parameter with a name; null stands for the default, which there is.
    ///
    /// # Safety
    /// As for `hold`.
    unsafe fn hold_or<'a>(
        scope: &'a Scope,
        object: *mut PyObject,
        name: Self::Name,
    ) -> PyResult<Self::Held<'a>>;

    /// What the declaration says; None: Python does not pass it.
    fn declared(name: &Self::Name) -> Option<Declared<'_>>;

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
            type Name = Arg<$t>;
            const CODE: u16 = <$t as Scalar>::CODE;

            #[inline(always)]
            unsafe fn hold<'a>(
                _: &'a Scope,
                object: *mut PyObject,
                name: &str,
            ) -> PyResult<$t> {
                // SAFETY: as the caller's.
                unsafe { convert::scalar(object, name) }
            }

            named!(|default| default);

            #[inline(always)]
            unsafe fn hold_native<'a>(_: &'a Scope, native: $t) -> PyResult<$t> {
                Ok(native)
            }

            #[inline(always)]
            fn lend<'a, 'h: 'a>(held: &'a mut $t) -> $t {
                *held
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
    type Name = Arg<&'static str>;
    const CODE: u16 = code::UTF8;

    #[inline(always)]
    unsafe fn hold<'a>(scope: &'a Scope, object: *mut PyObject, name: &str) -> PyResult<&'a str> {
        // SAFETY: as the caller's.
        unsafe { convert::text(scope, object, name) }
    }

    named!(|default| default);

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
    type Name = Arg<&'static [u8]>;
    const CODE: u16 = code::BYTES;

    #[inline(always)]
    unsafe fn hold<'a>(scope: &'a Scope, object: *mut PyObject, name: &str) -> PyResult<&'a [u8]> {
        // SAFETY: as the caller's.
        unsafe { convert::bytes(scope, object, name) }
    }

    named!(|default| default);

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
    type Name = ();
    const CODE: u16 = code::VOID;
    const FROM: From = From::Nowhere;
    const OBJECT: bool = true;
    const FAILS: bool = true;

    #[inline(always)]
    unsafe fn hold<'a>(scope: &'a Scope, _: *mut PyObject, _: &str) -> PyResult<Python<'a>> {
        Ok(scope.token())
    }

    nameless!();

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
    type Name = Arg<NoDefault>;
    const CODE: u16 = code::OBJECT;
    const OBJECT: bool = true;

    named!(|never| match never {});

    #[inline(always)]
    unsafe fn hold<'a>(
        scope: &'a Scope,
        object: *mut PyObject,
        _: &str,
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
        unsafe { Self::hold(scope, native, "") }
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
            type Name = Arg<$t>;
            const CODE: u16 = code::OBJECT;
            const OBJECT: bool = true;
            const FAILS: bool = true;

            #[inline]
            unsafe fn hold<'a>(
                scope: &'a Scope,
                object: *mut PyObject,
                name: &str,
            ) -> PyResult<Option<$t>> {
                // SAFETY: as the caller's.
                unsafe { convert::extract(scope.token(), object, name) }.map(Some)
            }

            named!(Some);

            #[inline]
            unsafe fn hold_native<'a>(
                scope: &'a Scope,
                native: *mut PyObject,
            ) -> PyResult<Option<$t>> {
                // SAFETY: as the caller's.
                unsafe { Self::hold(scope, native, "") }
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

/// The receiver of a method of the class `T`.
pub struct Me<T>(PhantomData<T>);

impl<T> Param for Me<T>
where
    T: PyClass + PyTypeInfo + Sync,
    T::Frozen: Access,
{
    type Held<'a> = receiver::Held<'a, T>;
    type Arg<'a> = &'a T;
    type Native = *mut PyObject;
    type Name = ();
    const CODE: u16 = code::SELF;
    const FROM: From = From::Receiver;
    const FAILS: bool = !T::Frozen::FROZEN;

    #[inline(always)]
    unsafe fn hold<'a>(
        scope: &'a Scope,
        object: *mut PyObject,
        _: &str,
    ) -> PyResult<receiver::Held<'a, T>> {
        // SAFETY: the descriptor has looked at the receiver, or the signature's guard has.
        unsafe { receiver::shared::<T>(scope, object) }
    }

    nameless!();

    #[inline(always)]
    unsafe fn hold_native<'a>(
        scope: &'a Scope,
        native: *mut PyObject,
    ) -> PyResult<receiver::Held<'a, T>> {
        // SAFETY: as the caller's.
        unsafe { Self::hold(scope, native, "") }
    }

    #[inline(always)]
    fn lend<'a, 'h: 'a>(held: &'a mut receiver::Held<'h, T>) -> &'a T {
        held
    }
}
