//! By rivet-ext's builder; it has no keywords.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rivet_ext::{ModuleBuilder, Table};

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

impl Scaler {
    fn scale(&self, x: f64) -> f64 {
        x * self.factor
    }
}

fn text(s: &str) -> usize {
    s.len()
}

fn data(b: &[u8]) -> usize {
    b.len()
}

fn raises(x: i64) -> PyResult<i64> {
    if x == 13 {
        return Err(PyValueError::new_err("13 is not welcome"));
    }
    Ok(x)
}

#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
pub static PyTyped_calls_builder: Table<16> = Table::new();

#[pymodule]
fn calls_builder(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Scaler>()?;
    ModuleBuilder::new(m, &PyTyped_calls_builder)
        .def_function(c"noargs", || ())
        .leaf()
        .def_function(c"noop", |_: &Bound<'_, PyAny>| ())
        .leaf()
        .def_function(c"inc", |x: i64| x.wrapping_add(1))
        .leaf()
        .def_function(c"add", |a: f64, b: f64| a + b)
        .leaf()
        .def_function(c"fma", |a: f64, b: f64, c: f64| a * b + c)
        .leaf()
        .def_function(c"text", text)
        .leaf()
        .def_function(c"data", data)
        .leaf()
        .def_function(c"raises", raises)
        .def_method(c"scale", Scaler::scale)
        .finish()
}
