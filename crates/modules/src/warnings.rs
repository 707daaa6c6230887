//! `_warnings`: `warn` and `warn_explicit` hand over to the Python module once it is loaded; the filters and the
//! registry version live here.

use std::cell::Cell;

use rivet_vm::exceptions::PyResult;
use rivet_vm::name;
use rivet_vm::object::spec::Method;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::{list, str, tuple};
use rivet_vm::value::{Gc, Value};

thread_local! {
    static VERSION: Cell<i64> = const { Cell::new(0) };
}

static METHODS: &[Method] = &[Method::noargs("_filters_mutated", |_| { VERSION.with(|v| v.set(v.get() + 1)); Ok(Value::NONE) }, "")];

/// Fills the module. It has no `warn`: the Python module then keeps its own complete implementation, which falls
/// back on its pure-Python half when names are missing here.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    m.add("_defaultaction", str::new("default")?)?;
    m.add("_onceregistry", Dict::new()?.value())?;
    let e = rivet_vm::exceptions::exc();
    let main = str::new("__main__")?;
    let f = list::List::new()?;
    let mut add = |action: &str, class: Value, module: Value| -> PyResult<()> {
        f.append(tuple::new(&[str::new(action)?, Value::NONE, class, module, Value::int(0)])?)
    };
    add("default", e.deprecation_warning.value(), main)?;
    add("ignore", e.deprecation_warning.value(), Value::NONE)?;
    add("ignore", e.pending_deprecation_warning.value(), Value::NONE)?;
    add("ignore", e.import_warning.value(), Value::NONE)?;
    add("ignore", e.resource_warning.value(), Value::NONE)?;
    m.dict().set_interned(name!("filters"), f.value())
}
