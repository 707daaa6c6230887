//! By PyO3 alone.

use pyo3::prelude::*;

#[pyfunction]
fn noargs() {}

#[pyfunction]
#[pyo3(signature = (_x, /))]
fn noop(_x: &Bound<'_, PyAny>) {}

#[pyfunction]
#[pyo3(signature = (x, /))]
fn inc(x: i64) -> i64 {
    x.wrapping_add(1)
}

#[pyfunction]
#[pyo3(signature = (a, b, /))]
fn add(a: f64, b: f64) -> f64 {
    a + b
}

#[pyfunction]
#[pyo3(signature = (a, b, c, /))]
fn fma(a: f64, b: f64, c: f64) -> f64 {
    a * b + c
}

#[pyfunction]
#[pyo3(signature = (a, b = 2))]
fn keyword(a: f64, b: i64) -> f64 {
    a * b as f64
}

#[pyfunction]
#[pyo3(signature = (s, /))]
fn text(s: &str) -> usize {
    s.len()
}

#[pyfunction]
#[pyo3(signature = (b, /))]
fn data(b: &[u8]) -> usize {
    b.len()
}

#[pyfunction]
#[pyo3(signature = (x, /))]
fn raises(x: i64) -> PyResult<i64> {
    crate::unless_13(x)
}

scaler! {
    #[pyo3(signature = (x, /))]
    fn scale(&self, x: f64) -> f64 {
        x * self.factor
    }
}

#[pymodule]
mod calls_pyo3 {
    #[pymodule_export]
    use super::{Scaler, add, data, fma, inc, keyword, noargs, noop, raises, text};
}
