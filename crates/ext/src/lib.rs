//! Typed functions for [PyO3](https://pyo3.rs) modules: the cheapest call there is on CPython, and no objects at all on
//! a runtime that reads signatures.
//!
//! ```ignore
//! #[typed_function(leaf, pure)]
//! fn add(a: f64, b: f64) -> f64 { a + b }
//!
//! #[pymodule]
//! fn demo(m: &Bound<'_, PyModule>) -> PyResult<()> {
//!     add_functions!(m, demo: add)
//! }
//! ```
//!
//! `docs/toolkit/guide.md` is the guide. A call goes: interpreter, wrapper (written by the macros, or `callable.rs` from the
//! function's type), exact values by `layout.rs` or PyO3's conversions by `convert.rs`, the author's function under one of
//! the guards of `attach.rs`, result by `scalar.rs`. A runtime that reads the table (`abi.rs`, `table.rs`) calls the native
//! function instead, which has the same middle. The crate depends on PyO3 alone, not on the runtime.

pub mod abi;
mod arguments;
mod attach;
mod builder;
mod callable;
mod convert;
mod layout;
mod native;
// Lifetimes are spelled as the trait `Param` spells them.
#[allow(clippy::needless_lifetimes)]
mod param;
#[cfg(PyPy)]
mod pypy;
mod receiver;
mod scalar;
mod table;

pub use builder::ModuleBuilder;
pub use callable::{Function, Method, Return};
pub use param::{Arg, Param, arg};
pub use table::{Definition, Table};

/// `add_functions!(m, demo: inc, shapes::area, class Scaler)`: adds typed functions to the module `m` and methods to
/// classes, and exports the table as `PyTyped_demo`. `demo` is the last part of the module's name. A `PyResult<()>`.
#[cfg(feature = "macros")]
pub use rivet_ext_macros::add_functions;

/// Makes a function one that `add_functions!` can add, in the calling convention that is cheapest for its signature.
///
/// Options: the effects `leaf`, `pure`, `nogil`, `reads`, `testable`; `name = "..."`; `signature = (a, /, b, c = 2)`.
#[cfg(feature = "macros")]
pub use rivet_ext_macros::typed_function;

/// Makes the methods of an `impl` block of a `#[pyclass]` ones that `add_functions!` can add. Options stand before a
/// method: `#[typed(leaf)]`; `#[typed(skip)]` leaves it out.
#[cfg(feature = "macros")]
pub use rivet_ext_macros::typed_methods;

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
    pub use crate::table::{Class, Definition, NULL, Names, Signature, Wrapper, add, fitting};
    pub use pyo3::ffi::PyObject;
    pub use pyo3::pyclass::PyClass;
    pub use pyo3::types::PyModule;
    pub use pyo3::{Borrowed, Bound, PyAny, PyRef, PyRefMut};
    pub use std::option::Option::{None, Some};
    pub use std::result::Result::Ok;
}
