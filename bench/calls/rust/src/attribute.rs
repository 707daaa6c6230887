//! By the attributes of rivet-ext.

use pyo3::prelude::*;
use rivet_ext::{add_functions, typed_function, typed_methods};

#[typed_function(leaf)]
fn noargs() {}

#[typed_function(leaf)]
fn noop(_x: &Bound<'_, PyAny>) {}

#[typed_function(leaf)]
fn inc(x: i64) -> i64 {
    x.wrapping_add(1)
}

#[typed_function(leaf)]
fn add(a: f64, b: f64) -> f64 {
    a + b
}

#[typed_function(leaf)]
fn fma(a: f64, b: f64, c: f64) -> f64 {
    a * b + c
}

#[typed_function(leaf, signature = (a, b = 2))]
fn keyword(a: f64, b: i64) -> f64 {
    a * b as f64
}

#[typed_function(leaf)]
fn text(s: &str) -> usize {
    s.len()
}

#[typed_function(leaf)]
fn data(b: &[u8]) -> usize {
    b.len()
}

#[typed_function]
fn raises(x: i64) -> PyResult<i64> {
    crate::unless_13(x)
}

scaler! {}

#[typed_methods]
impl Scaler {
    #[typed(leaf)]
    fn scale(&self, x: f64) -> f64 {
        x * self.factor
    }
}

#[pymodule]
fn calls_attribute(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Scaler>()?;
    add_functions!(m, calls_attribute: noargs, noop, inc, add, fma, keyword, text, data, raises, class Scaler)
}
