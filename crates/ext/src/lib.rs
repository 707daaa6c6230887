//! Typed functions for [PyO3](https://pyo3.rs) modules: the cheapest call there is on CPython, and no objects at all on
//! a runtime that reads signatures.

pub mod abi;
mod arguments;
mod attach;
mod builder;
mod callable;
mod convert;
mod layout;
mod native;
mod receiver;
mod scalar;
mod table;

pub use builder::ModuleBuilder;
pub use callable::{Function, Method, Param, Return};
pub use table::{Definition, Table};

#[cfg(feature = "macros")]
pub use rivet_ext_macros::{add_functions, typed_function, typed_methods};

/// What the macros' code needs; no part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::abi::{code, effect, error};
    pub use crate::arguments::{Keywords, Shape};
    pub use crate::attach::{attached, check_leaf, check_pure, leaf, unattached};
    pub use crate::convert::{
        Scope, any, bytes, cast, extract, fail, give_none, give_object, give_scalar, give_text,
        scalar, text,
    };
    pub use crate::native::{Bits, native_bytes, native_text};
    pub use crate::receiver::{Access, class_of, frozen, shared, unique};
    pub use crate::scalar::Scalar;
    pub use crate::table::{Class, Definition, NULL, Signature, Wrapper, add, fitting};
    pub use pyo3::ffi::PyObject;
    pub use pyo3::pyclass::PyClass;
    pub use pyo3::types::PyModule;
    pub use pyo3::{Borrowed, Bound, PyAny, PyRef, PyRefMut};
    pub use std::option::Option::{None, Some};
    pub use std::result::Result::Ok;
}
