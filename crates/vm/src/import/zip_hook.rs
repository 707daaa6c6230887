//! The path hook for zip archives. CPython imports `zipimport` at every start; here a function stands for the class until a
//! path leads to a file.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::exceptions::{PyResult, import_error};
use crate::name;
use crate::object::attr::get_attr;
use crate::object::call::call;
use crate::object::spec::Method;
use crate::types::list::List;
use crate::types::method::Builtin;
use crate::types::str::Str;
use crate::value::Value;

static HOOK: Method = Method::one(
    "zipimporter",
    "($module, archivepath, /)",
    |_, path| hook(path),
    "Create a zipimport.zipimporter instance for a path that leads into a file.",
);

/// The file of `zipimport`: it cannot be looked for, because archives are looked into on the way.
static SOURCE: OnceLock<PathBuf> = OnceLock::new();

/// Puts the hook before the others. `lib`: the directory of the standard library.
pub fn install(sys: Value, lib: &Path) -> PyResult<()> {
    let _ = SOURCE.set(lib.join("zipimport.py"));
    if let Some(hooks) = hooks(sys)? {
        hooks.insert(0, Builtin::new(&HOOK, sys, None)?.value())?;
    }
    Ok(())
}

fn hooks(sys: Value) -> PyResult<Option<crate::value::Gc<List>>> {
    Ok(get_attr(sys, name!("path_hooks"))?.cast::<List>())
}

fn hook(path: Value) -> PyResult<Value> {
    if leads_to_directory(path) {
        return Err(import_error("not a Zip file"));
    }
    let class = get_attr(zipimport()?, name!("zipimporter"))?;
    let sys = super::import_module("sys")?;
    if let Some(hooks) = hooks(sys)? {
        let is_hook = |v: &Value| {
            v.cast::<Builtin>()
                .is_some_and(|b| std::ptr::eq(b.method(), &HOOK))
        };
        if let Some(i) = hooks.items().iter().position(is_hook) {
            hooks.put(i, class);
        }
    }
    call(class, &[path])
}

fn zipimport() -> PyResult<Value> {
    if let Some(module) = super::loaded(name!("zipimport"))? {
        return Ok(module);
    }
    match SOURCE.get() {
        Some(source) => super::start::run_frozen("zipimport", "zipimport", source),
        None => super::import_module("zipimport"),
    }
}

/// Whether the longest part of the path that exists is no regular file, so that there can be no archive. Paths that are not
/// plain text are left to `zipimport`.
fn leads_to_directory(path: Value) -> bool {
    let Some(text) = path.cast::<Str>() else {
        return false;
    };
    let text = text.to_string_lossy();
    if text.is_empty() || text.contains(char::REPLACEMENT_CHARACTER) {
        return false;
    }
    let mut parts = Path::new(&*text).ancestors();
    match parts.find_map(|p| std::fs::metadata(p).ok()) {
        Some(m) => !m.is_file(),
        None => true,
    }
}
