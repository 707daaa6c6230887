//! By rivet-ext's builder.

use pyo3::prelude::*;
use rivet_ext::{ModuleBuilder, Table, arg};

scaler! {}

impl Scaler {
    fn scale(&self, x: f64) -> f64 {
        x * self.factor
    }
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
        .def_function_with(
            c"keyword",
            |a: f64, b: i64| a * b as f64,
            || (arg("a"), arg("b").default(2)),
        )
        .leaf()
        .def_function(c"text", |s: &str| s.len())
        .leaf()
        .def_function(c"data", |b: &[u8]| b.len())
        .leaf()
        .def_function(c"raises", crate::unless_13)
        .def_method(c"scale", Scaler::scale)
        .leaf()
        .finish()
}
