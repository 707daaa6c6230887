//! Effects that the signature contradicts.

use pyo3::prelude::*;
use rivet_ext::{typed_function, typed_methods};

#[typed_function(leaf)]
fn raises(x: i64) -> PyResult<i64> {
    Ok(x)
}

#[typed_function(leaf)]
fn makes_text(x: i64) -> String {
    x.to_string()
}

#[typed_function(leaf)]
fn token(_py: Python<'_>) -> i64 {
    1
}

#[typed_function(leaf)]
fn converts(items: Vec<i64>) -> i64 {
    items.len() as i64
}

#[typed_function(leaf)]
fn looks(x: &Bound<'_, pyo3::types::PyList>) -> usize {
    x.len()
}

#[typed_function(pure)]
fn objects(x: &Bound<'_, PyAny>) -> PyResult<usize> {
    x.len()
}

#[typed_function(bound)]
fn uncounted(x: i64) -> i64 {
    x
}

#[typed_function(leaf, bound)]
fn leaf_and_bound(_x: &Bound<'_, PyAny>) {}

#[typed_function(pure)]
fn nothing(_x: i64) {}

#[typed_function(pure, reads)]
fn both(x: i64) -> i64 {
    x
}

#[typed_function(nogil)]
fn takes_objects(x: &Bound<'_, PyAny>) -> PyResult<usize> {
    x.len()
}

#[typed_function(nogil)]
fn gives_text(x: i64) -> String {
    x.to_string()
}

#[typed_function(elidable)]
fn unknown(x: i64) -> i64 {
    x
}

#[pyclass(frozen)]
struct Thing;

#[typed_methods]
impl Thing {
    #[typed(pure)]
    fn value(&self) -> i64 {
        1
    }
}

fn main() {}
