//! The environment: `os.environ` as the process started, and changes to it.

use rivet_vm::exceptions::PyResult;
use rivet_vm::object::spec::Method;
use rivet_vm::types::bytes;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::value::{Gc, Value};

use super::paths::path_bytes;
use crate::sysdep::fs;

/// Puts `environ` into the module.
pub fn add_environ(m: Gc<Module>) -> PyResult<()> {
    let env = Dict::new()?;
    for (k, v) in fs::environ() {
        env.set_item(bytes::new(&k)?, bytes::new(&v)?)?;
    }
    m.add("environ", env.value())
}

/// The functions of this room.
pub static METHODS: &[Method] = &[
    Method::fast(
        "putenv",
        "($module, name, value, /)",
        |_, a| {
            fs::setenv(&path_bytes(a[0])?, Some(&path_bytes(a[1])?));
            Ok(Value::NONE)
        },
        "Change or add an environment variable.",
    ),
    Method::one(
        "unsetenv",
        "($module, name, /)",
        |_, n| {
            fs::setenv(&path_bytes(n)?, None);
            Ok(Value::NONE)
        },
        "Delete an environment variable.",
    ),
];
