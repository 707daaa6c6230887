//! A leaf method needs a class whose borrows cannot fail.

use pyo3::prelude::*;
use rivet_ext::typed_methods;

#[pyclass]
struct Counter {
    count: i64,
}

#[typed_methods]
impl Counter {
    #[typed(leaf)]
    fn get(&self) -> i64 {
        self.count
    }
}

fn main() {}
