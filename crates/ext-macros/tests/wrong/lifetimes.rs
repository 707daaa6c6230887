//! An argument does not outlive its call.

use pyo3::prelude::*;
use rivet_ext::{ModuleBuilder, Table, typed_function};

#[typed_function]
fn keep(text: &'static str) -> usize {
    text.len()
}

static TABLE: Table<2> = Table::new();

fn keep_bytes(data: &'static [u8]) -> usize {
    data.len()
}

fn build(m: &Bound<'_, PyModule>) -> PyResult<()> {
    ModuleBuilder::new(m, &TABLE).def_function(c"keep_bytes", keep_bytes).finish()
}

fn main() {
    let _ = build;
}
