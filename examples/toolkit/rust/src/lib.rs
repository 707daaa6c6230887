//! Every shape of typed function and method, in one module: what `crates/cli/tests/toolkit.rs` compares on CPython and
//! Rivet, and `cargo xtask bench calls` measures.

mod builder;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rivet_ext::{add_functions, typed_function, typed_methods};

/// Nothing.
#[typed_function]
fn noop() {}

/// Nothing, and promises so.
#[typed_function(leaf)]
fn noop_leaf() {}

/// Nothing with an object.
#[typed_function(leaf)]
fn noop_o(_x: &Bound<'_, PyAny>) {}

/// Nothing with an object, without a promise.
#[typed_function]
fn noop_any(_x: &Bound<'_, PyAny>) {}

/// Nothing with an object that is only borrowed.
#[typed_function(bound)]
fn noop_bound(_x: &Bound<'_, PyAny>) {}

/// The text of x's type and of x, which may raise.
#[typed_function(bound)]
fn described<'py>(py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let name = x.get_type().name()?;
    let _ = py;
    name.add(" ")?.add(x.str()?)
}

/// The next number; wraps round.
#[typed_function(leaf, pure, nogil)]
fn inc(x: i64) -> i64 {
    x.wrapping_add(1)
}

/// The sum of two floats.
#[typed_function(leaf, pure, nogil)]
fn add(a: f64, b: f64) -> f64 {
    a + b
}

/// The same without any declaration.
#[typed_function]
fn add_plain(a: f64, b: f64) -> f64 {
    a + b
}

/// a * b + c
#[typed_function(leaf, pure)]
fn fma(a: f64, b: f64, c: f64) -> f64 {
    a * b + c
}

/// The number before; 13 is a ValueError.
#[typed_function]
fn checked(x: i64) -> PyResult<i64> {
    if x == 13 {
        return Err(PyValueError::new_err("checked: 13 is not welcome"));
    }
    Ok(x.wrapping_sub(1))
}

/// Fails for 13, otherwise None.
#[typed_function]
fn guard(x: i64) -> PyResult<()> {
    checked(x).map(|_| ())
}

/// Panics for 13.
#[typed_function]
fn panicky(x: i64) -> i64 {
    assert!(x != 13, "thirteen");
    x
}

/// a if a is less than b
#[typed_function]
fn less(a: i64, b: i64) -> PyResult<bool> {
    if a == b {
        return Err(PyValueError::new_err("equal"));
    }
    Ok(a < b)
}

/// Not x.
#[typed_function(leaf, pure)]
fn invert(x: bool) -> bool {
    !x
}

macro_rules! same {
    ($($name:ident: $t:ty),*) => {$(
        /// The argument.
        #[typed_function(testable)]
        fn $name(x: $t) -> $t {
            x
        }
    )*};
}

same! { same_i8: i8, same_i16: i16, same_i32: i32, same_u8: u8, same_u16: u16, same_u32: u32, same_u64: u64,
same_isize: isize, same_usize: usize, same_f32: f32, same_f64: f64 }

/// Bytes of the text's UTF-8 form.
#[typed_function(leaf)]
fn length(text: &str) -> usize {
    text.len()
}

/// The sum of the bytes.
#[typed_function(leaf, pure)]
fn total(data: &[u8]) -> u64 {
    data.iter().map(|b| u64::from(*b)).sum()
}

/// The text in capitals.
#[typed_function]
fn upper(text: &str) -> String {
    text.to_uppercase()
}

/// The first word.
#[typed_function]
fn first<'a>(text: &'a str) -> &'a str {
    text.split(' ').next().unwrap_or_default()
}

/// base to the power of exponent.
#[typed_function(leaf, pure, signature = (base, exponent = 2))]
fn power(base: f64, exponent: i32) -> f64 {
    base.powi(exponent)
}

/// Positional, with defaults.
#[typed_function(signature = (a, b = 2, c = -3, /))]
fn three(a: i64, b: i64, c: i64) -> i64 {
    a.wrapping_mul(100)
        .wrapping_add(b.wrapping_mul(10))
        .wrapping_add(c)
}

/// One positional-only, one by name, one with a default that is no number.
#[typed_function(signature = (a, /, b, c = None, d = "x"))]
fn mixed(a: i64, b: i64, c: Option<Vec<i64>>, d: &str) -> String {
    format!("{a} {b} {c:?} {d}")
}

/// The sum of a list.
#[typed_function]
fn sum(items: Vec<i64>) -> i64 {
    items.iter().fold(0, |a, b| a.wrapping_add(*b))
}

/// repr(x), by way of Python.
#[typed_function]
fn shown<'py>(x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, pyo3::types::PyString>> {
    x.repr()
}

/// [0, 1, ... n-1]
#[typed_function]
fn numbers(py: Python<'_>, n: u8) -> PyResult<Bound<'_, pyo3::types::PyList>> {
    pyo3::types::PyList::new(py, 0..n)
}

/// The list's length.
#[typed_function]
fn list_length(list: &Bound<'_, pyo3::types::PyList>) -> usize {
    list.len()
}

/// Arguments that mean the same as a name of Rust.
#[typed_function(name = "match", signature = (r#type, default = 1.5))]
fn match_(r#type: i64, default: f64) -> f64 {
    r#type as f64 * default
}

static CALLS: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);

/// Declared pure, but counts its calls: a lie that debug builds notice.
#[typed_function(pure)]
fn lying_pure(x: i64) -> i64 {
    x + CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// Declared leaf, but leaves an exception behind: a lie that debug builds notice.
#[typed_function(leaf)]
fn lying_leaf(x: i64) -> i64 {
    if x == 13 {
        Python::attach(|py| PyValueError::new_err("thirteen").restore(py));
    }
    x
}

/// Declared leaf, but panics for 13.
#[typed_function(leaf)]
fn panicky_leaf(x: i64) -> i64 {
    assert!(x != 13, "thirteen");
    x
}

/// A factor, frozen.
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

    /// Nothing.
    fn nothing(&self) {}

    /// The factor plus x, y times.
    #[typed(signature = (x, y = 1))]
    fn plus(&self, x: f64, y: i64) -> f64 {
        self.factor + x * y as f64
    }

    #[typed(skip)]
    #[allow(dead_code)]
    fn not_python(self) -> f64 {
        self.factor
    }
}

/// A counter that changes.
#[pyclass(subclass)]
struct Counter {
    count: i64,
}

#[pymethods]
impl Counter {
    #[new]
    fn new() -> Counter {
        Counter { count: 0 }
    }
}

#[typed_methods]
impl Counter {
    /// Adds; 13 is a ValueError.
    fn add(&mut self, n: i64) -> PyResult<i64> {
        if n == 13 {
            return Err(PyValueError::new_err("13"));
        }
        self.count = self.count.wrapping_add(n);
        Ok(self.count)
    }

    /// The count.
    #[typed(reads)]
    fn get(&self) -> i64 {
        self.count
    }

    /// Calls f while the counter is borrowed.
    fn during(&mut self, f: &Bound<'_, PyAny>) -> PyResult<()> {
        f.call0().map(|_| ())
    }

    /// The sum of two counters' counts.
    fn both(&self, other: &Counter) -> i64 {
        self.count.wrapping_add(other.count)
    }
}

/// Typed functions of an existing PyO3 module.
#[pymodule]
fn typed_rust(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Scaler>()?;
    m.add_class::<Counter>()?;
    add_functions!(
        m, typed_rust: noop, noop_leaf, noop_o, noop_any, noop_bound, described, inc, add, add_plain, fma, checked, guard, panicky, less,
        invert, same_i8, same_i16, same_i32, same_u8, same_u16, same_u32, same_u64, same_isize, same_usize, same_f32,
        same_f64, length, total, upper, first, power, three, mixed, sum, shown, numbers, list_length, match_,
        lying_pure, lying_leaf, panicky_leaf,
        class Scaler, class Counter
    )
}
