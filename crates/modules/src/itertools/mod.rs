//! `itertools`: iterators that combine iterators.

mod basic;
mod combine;
mod group;
mod select;

use rivet_vm::exceptions::PyResult;
use rivet_vm::name;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::call::call_method;
use rivet_vm::types::module::Module;
use rivet_vm::types::str;
use rivet_vm::types::tuple;
use rivet_vm::value::{Gc, Value};

const REDUCE_DOC: &str = "Return state information for pickling.";
const SETSTATE_DOC: &str = "Set state information for unpickling.";

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add(
        "__doc__",
        str::new("Functional tools for creating and using iterators.")?,
    )?;
    basic::init(m)?;
    combine::init(m)?;
    group::init(m)?;
    select::init(m)
}

/// `iter(())`, for the reduced form of exhausted iterators.
fn empty_iterator() -> PyResult<Value> {
    rivet_vm::object::protocol::iter(tuple::new(&[])?)
}

/// `(iter(seq) advanced to index)`
fn iterator_at(seq: Value, index: i64) -> PyResult<Value> {
    let it = rivet_vm::object::protocol::iter(seq)?;
    if index > 0 {
        get_attr(it, name!("__setstate__"))?;
        call_method(it, name!("__setstate__"), &[Value::int(index)])?;
    }
    Ok(it)
}
