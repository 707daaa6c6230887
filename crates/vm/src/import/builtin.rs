//! The table of modules written in Rust, and making one.

use crate::exceptions::PyResult;
use crate::gil::Guarded;
use crate::types::module::Module;
use crate::types::str::intern::intern_str;
use crate::value::{Gc, Value};

/// Fills a module.
pub type InitFn = fn(Gc<Module>) -> PyResult<()>;

static TABLE: Guarded<Vec<(&'static str, InitFn)>> = Guarded::new(Vec::new());

/// Declares a module. Called by the modules crate at start-up.
pub fn register(name: &'static str, init: InitFn) {
    TABLE.with(|t| {
        t.retain(|m| m.0 != name);
        t.push((name, init));
    });
}

/// The names of all modules in the table, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = TABLE.with(|t| t.iter().map(|m| m.0).collect());
    names.sort_unstable();
    names
}

/// Whether there is such a module.
pub fn exists(name: &str) -> bool {
    TABLE.with(|t| t.iter().any(|m| m.0 == name))
}

/// A new module object, filled, without entering it in `sys.modules`.
pub fn create(name: &str) -> PyResult<Option<Gc<Module>>> {
    let Some(init) = TABLE.with(|t| t.iter().find(|m| m.0 == name).map(|m| m.1)) else {
        return Ok(None);
    };
    let module = Module::new(name)?;
    init(module)?;
    Ok(Some(module))
}

/// Makes the module and enters it in `sys.modules` (before `importlib` runs).
pub fn load(name: &str) -> PyResult<Option<Value>> {
    let Some(module) = create(name)? else {
        return Ok(None);
    };
    crate::runtime::modules().set_interned(intern_str(name), module.value())?;
    Ok(Some(module.value()))
}
