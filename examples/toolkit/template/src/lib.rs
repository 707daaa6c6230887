//! A project to copy: a typed function, one with keywords and errors, a class.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rivet_ext::{add_functions, typed_function, typed_methods};

/// The sum.
#[typed_function(leaf, pure)]
fn add(a: f64, b: f64) -> f64 {
    a + b
}

/// x times the factor; an overflow is a ValueError.
#[typed_function(signature = (x, factor = 2))]
fn times(x: i64, factor: i64) -> PyResult<i64> {
    x.checked_mul(factor)
        .ok_or_else(|| PyValueError::new_err("too large"))
}

/// Something that scales.
#[pyclass(frozen)]
struct Scaler {
    factor: f64,
}

#[pymethods]
impl Scaler {
    #[new]
    fn new(factor: f64) -> Scaler {
        Scaler { factor }
    }
}

#[typed_methods]
impl Scaler {
    /// x times the factor.
    #[typed(leaf)]
    fn scale(&self, x: f64) -> f64 {
        x * self.factor
    }
}

/// The module.
#[pymodule]
fn typed_template(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Scaler>()?;
    add_functions!(m, typed_template: add, times, class Scaler)
}
