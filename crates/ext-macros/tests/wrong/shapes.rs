//! Functions no wrapper can be made for.

use pyo3::prelude::*;
use rivet_ext::{typed_function, typed_methods};

#[typed_function]
async fn coroutine(x: i64) -> i64 {
    x
}

#[typed_function]
unsafe fn trusting(x: i64) -> i64 {
    x
}

#[typed_function]
extern "C" fn foreign(x: i64) -> i64 {
    x
}

#[typed_function]
fn generic<T>(x: Vec<T>) -> usize {
    x.len()
}

#[typed_function]
fn pattern((a, b): (i64, i64)) -> i64 {
    a + b
}

#[typed_function]
fn some(x: impl ToString) -> String {
    x.to_string()
}

#[typed_function(signature = (a, b))]
fn one(a: i64) -> i64 {
    a
}

#[typed_function(signature = (a))]
fn two(a: i64, b: i64) -> i64 {
    a + b
}

#[typed_function(signature = (b, a))]
fn swapped(a: i64, b: i64) -> i64 {
    a + b
}

#[typed_function(signature = (a = 1, b))]
fn late(a: i64, b: i64) -> i64 {
    a + b
}

#[typed_function(signature = (a, *args))]
fn rest(a: i64, args: i64) -> i64 {
    a + args
}

#[typed_function(signature = (a = None))]
fn borrowed(a: &Bound<'_, PyAny>) -> usize {
    let _ = a;
    1
}

#[pyclass]
struct Thing;

#[typed_methods]
impl Thing {
    fn made() -> Thing {
        Thing
    }
}

#[pyclass]
struct Other;

#[typed_methods]
impl Other {
    fn __len__(&self) -> usize {
        0
    }
}

fn main() {}
