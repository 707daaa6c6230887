//! The same without macros: a module of its own in the same shared object.

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use rivet_ext::{ModuleBuilder, Table, arg};

fn add(a: f64, b: f64) -> f64 {
    a + b
}

fn checked(x: i64) -> PyResult<i64> {
    if x == 13 {
        return Err(PyValueError::new_err("checked: 13 is not welcome"));
    }
    Ok(x.wrapping_sub(1))
}

fn length(text: &str) -> usize {
    text.len()
}

fn both(text: &str, data: &[u8], n: i64) -> i64 {
    n.wrapping_add((text.len() + data.len()) as i64)
}

fn shown(py: Python<'_>, n: u8, x: &Bound<'_, PyAny>) -> PyResult<String> {
    let _ = py;
    Ok(format!("{n} {}", x.repr()?))
}

fn numbers(items: Vec<i64>) -> i64 {
    items.iter().fold(0, |a, b| a.wrapping_add(*b))
}

fn mixed(a: i64, b: i64, c: Option<Vec<i64>>, d: &str) -> String {
    format!("{a} {b} {c:?} {d}")
}

fn panicky(x: i64) -> i64 {
    assert!(x != 13, "thirteen");
    x
}

/// A factor.
#[pyclass(frozen)]
struct Factor {
    by: f64,
}

#[pymethods]
impl Factor {
    #[new]
    fn new(by: f64) -> Factor {
        Factor { by }
    }
}

impl Factor {
    fn scale(&self, x: f64) -> f64 {
        x * self.by
    }

    fn plus(&self, x: f64, y: i64) -> f64 {
        self.by + x * y as f64
    }
}

unsafe extern "C" fn noop_o(_: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: None is always there; the interpreter calls with the GIL held.
    unsafe { ffi::Py_NewRef(ffi::Py_None()) }
}

unsafe extern "C" fn count(
    _: *mut ffi::PyObject,
    _: *mut *mut ffi::PyObject,
    nargs: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls with the GIL held.
    unsafe { ffi::PyLong_FromSsize_t(nargs) }
}

#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
pub static PyTyped_typed_builder: Table<32> = Table::new();

#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
pub static PyTyped_typed_wrong: Table<1> = Table::new();

/// A module whose import says what is wrong with its declaration.
#[pymodule]
fn typed_wrong(m: &Bound<'_, PyModule>) -> PyResult<()> {
    ModuleBuilder::new(m, &PyTyped_typed_wrong)
        .def_function_with(
            c"gap",
            |a: i64, b: i64| a + b,
            || (arg("a").default(1), arg("b")),
        )
        .finish()
}

/// Typed functions without macros.
#[pymodule]
fn typed_builder(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Factor>()?;
    let builder = ModuleBuilder::new(m, &PyTyped_typed_builder)
        .def_function(c"noop", || ())
        .leaf()
        .def_function(c"noop_any", |_: &Bound<'_, PyAny>| ())
        .leaf()
        .def_function(c"noop_bound", |_: &Bound<'_, PyAny>| ())
        .bound()
        .def_function(c"described", |x: &Bound<'_, PyAny>| {
            let name = x.get_type().name()?;
            PyResult::Ok(format!("{name} {}", x.str()?))
        })
        .bound()
        .def_function(c"inc", |x: i64| x.wrapping_add(1))
        .leaf()
        .pure()
        .signature(c"(x, /)")
        .doc(c"The next number; wraps round.")
        .def_function(c"add", add)
        .leaf()
        .pure()
        .nogil()
        .def_function(c"checked", checked)
        .def_function(c"length", length)
        .leaf()
        .def_function(c"both", both)
        .def_function(c"shown", shown)
        .def_function(c"sum", numbers)
        .def_function(c"panicky", panicky)
        .def_function(c"invert", |x: bool| !x)
        .def_function_with(
            c"power",
            |base: f64, exponent: i32| base.powi(exponent),
            || (arg("base"), arg("exponent").default(2)),
        )
        .leaf()
        .pure()
        .def_function_with(
            c"three",
            |a: i64, b: i64, c: i64| {
                a.wrapping_mul(100)
                    .wrapping_add(b.wrapping_mul(10))
                    .wrapping_add(c)
            },
            || {
                let c = arg("c").default(-3).positional_only();
                (arg("a"), arg("b").default(2), c)
            },
        )
        .doc(c"Positional, with defaults.")
        .def_function_with(c"mixed", mixed, || {
            let (c, d) = (arg("c").default(None), arg("d").default("x"));
            (arg("a").positional_only(), arg("b"), c, d)
        })
        .def_method(c"scale", Factor::scale)
        .leaf()
        .doc(c"x times the factor")
        .def_method_with(c"plus", Factor::plus, || (arg("x"), arg("y").default(1)));
    // SAFETY: the two functions keep the rules of their conventions.
    unsafe {
        builder
            .def_raw_o(c"noop_o", noop_o)
            .def_raw_fastcall(c"count", count)
    }
    .finish()
}
