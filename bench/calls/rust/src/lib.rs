//! The functions of `cargo xtask bench calls` in Rust: by PyO3, by the attribute, by the builder. One shared object that
//! is loaded under three names.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The class with a method, which each module gets in its own way; more methods of `#[pymethods]` may follow.
macro_rules! scaler {
    ($($more:tt)*) => {
        #[pyo3::pyclass(frozen)]
        struct Scaler {
            factor: f64,
        }

        #[pyo3::pymethods]
        impl Scaler {
            #[new]
            fn new(factor: f64) -> Scaler {
                Scaler { factor }
            }

            $($more)*
        }
    };
}

mod attribute;
mod builder;
mod pyo3_only;

/// What `raises` does.
#[inline(always)]
fn unless_13(x: i64) -> PyResult<i64> {
    if x == 13 {
        return Err(PyValueError::new_err("13 is not welcome"));
    }
    Ok(x)
}
