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

/// A straight line; it does not change, so its methods cost no look at a borrow.
#[pyclass(frozen)]
struct Line {
    slope: f64,
    start: f64,
}

#[pymethods]
impl Line {
    #[new]
    fn new(slope: f64, start: f64) -> Line {
        Line { slope, start }
    }
}

#[typed_methods]
impl Line {
    /// How high it is at x.
    #[typed(leaf)]
    fn at(&self, x: f64) -> f64 {
        self.slope * x + self.start
    }
}

/// The module.
#[pymodule]
fn typed_template(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Line>()?;
    add_functions!(m, typed_template: add, times, class Line)
}
