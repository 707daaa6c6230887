//! Bringing the import system up: `importlib._bootstrap` and `_bootstrap_external` run from the standard
//! library's source before there is an import system.

use std::path::Path;

use crate::exceptions::{PyResult, import_error};
use crate::interp::run_code;
use crate::name;
use crate::object::attr::get_attr;
use crate::object::call::call;
use crate::types::code::Code;
use crate::types::module::Module;
use crate::value::{Gc, Value};

/// Loads the two halves of importlib from `lib` (the directory of the standard library).
pub fn install(lib: &Path) -> PyResult<()> {
    let sys = super::import_module("sys")?;
    let imp = super::import_module("_imp")?;
    for early in [
        "_io",
        "marshal",
        "_thread",
        "_warnings",
        "_weakref",
        "posix",
        "time",
    ] {
        super::import_module(early)?;
    }
    let bootstrap = run_frozen(
        "importlib._bootstrap",
        "_frozen_importlib",
        &lib.join("importlib/_bootstrap.py"),
    )?;
    super::set_bootstrap(bootstrap);
    call(get_attr(bootstrap, name!("_install"))?, &[sys, imp])?;
    let external = run_frozen(
        "importlib._bootstrap_external",
        "_frozen_importlib_external",
        &lib.join("importlib/_bootstrap_external.py"),
    )?;
    set_magic_number(external)?;
    super::set_external(external);
    let b = bootstrap.cast::<Module>().expect("a module");
    b.add("_bootstrap_external", external)?;
    call(
        get_attr(external, name!("_set_bootstrap_module"))?,
        &[bootstrap],
    )?;
    call(get_attr(external, name!("_install"))?, &[bootstrap])?;
    super::zip_hook::install(sys, lib)
}

/// The number at the head of cached bytecode tells instruction sets apart, so that a file another version wrote is
/// stale instead of broken. As CPython's it ends with a line end, which a transfer as text would change.
fn set_magic_number(external: Value) -> PyResult<()> {
    let [a, b, c, d] = rivet_compile::fingerprint().to_le_bytes();
    let magic = [a ^ c, b ^ d, b'\r', b'\n'];
    let module = external.cast::<Module>().expect("a module");
    module.add("MAGIC_NUMBER", crate::types::bytes::new(&magic)?)?;
    module.add(
        "_RAW_MAGIC_NUMBER",
        Value::int(u32::from_le_bytes(magic).into()),
    )
}

/// Runs a module's source (or cached bytecode) in a new module object.
pub(super) fn run_frozen(source_name: &str, name: &str, path: &Path) -> PyResult<Value> {
    let module = Module::new(name)?;
    let code = compile_cached(source_name, path)?;
    let dict = module.dict();
    dict.set_interned(name!("__builtins__"), crate::runtime::builtins().value())?;
    crate::runtime::modules().set_str(name, module.value())?;
    run_code(
        code,
        None,
        dict,
        crate::runtime::builtins().value(),
        Some(dict.value()),
    )?;
    Ok(module.value())
}

fn compile_cached(name: &str, path: &Path) -> PyResult<Gc<Code>> {
    let filename = format!("<frozen {name}>");
    if let Some(code) = crate::import::cache::read(path)
        && code
            .outline()
            .is_some_and(|o| o.filename == Some(&filename))
    {
        return Code::from_packed(code, None);
    }
    let source = std::fs::read_to_string(path)
        .map_err(|e| import_error(format!("cannot read {}: {e}", path.display())))?;
    let options = rivet_compile::Options {
        mode: rivet_compile::Mode::Exec,
        filename,
        optimize: 0,
        future_flags: 0,
        allow_top_level_await: false,
        input: Default::default(),
    };
    let (code, _) = rivet_compile::compile(&source, &options)
        .map_err(|e| import_error(format!("cannot compile {}: {}", path.display(), e.message)))?;
    let code = rivet_compile::Packed::new(&code);
    crate::import::cache::write(path, &code);
    Code::from_packed(code, None)
}

/// Runs source text of the runtime's own in a namespace.
pub fn run_source(
    source: &str,
    filename: &str,
    namespace: Gc<crate::types::dict::Dict>,
) -> PyResult<()> {
    let options = rivet_compile::Options {
        mode: rivet_compile::Mode::Exec,
        filename: filename.to_owned(),
        optimize: 0,
        future_flags: 0,
        allow_top_level_await: false,
        input: Default::default(),
    };
    let (code, _) = rivet_compile::compile(source, &options)
        .map_err(|e| import_error(format!("cannot compile {filename}: {}", e.message)))?;
    let code = Code::new(&code)?;
    let builtins = crate::runtime::builtins().value();
    run_code(code, None, namespace, builtins, Some(namespace.value())).map(|_| ())
}

/// Runs a library file in a namespace, from the start-up cache if it is there.
pub fn run_file(name: &str, path: &Path, namespace: Gc<crate::types::dict::Dict>) -> PyResult<()> {
    let code = compile_cached(name, path)?;
    run_code(
        code,
        None,
        namespace,
        crate::runtime::builtins().value(),
        Some(namespace.value()),
    )
    .map(|_| ())
}
