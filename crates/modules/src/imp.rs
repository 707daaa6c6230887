//! `_imp`: what `importlib` needs of the runtime.

use rivet_vm::exceptions::{PyResult, exc, import_error_for};
use rivet_vm::import::builtin;
use rivet_vm::name;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::spec::Method;
use rivet_vm::types::code::Code;
use rivet_vm::types::list;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::value::{Gc, Value};

static METHODS: &[Method] = &[
    Method::noargs(
        "lock_held",
        |_| Ok(Value::FALSE),
        "Return True if the import lock is currently held, else False.",
    ),
    Method::noargs(
        "acquire_lock",
        |_| Ok(Value::NONE),
        "Acquires the interpreter's import lock for the current thread.",
    ),
    Method::noargs(
        "release_lock",
        |_| Ok(Value::NONE),
        "Release the interpreter's import lock.",
    ),
    Method::noargs(
        "extension_suffixes",
        suffixes,
        "Returns the list of file suffixes used to identify extension modules.",
    ),
    Method::one(
        "is_builtin",
        "($module, name, /)",
        |_, n| {
            Ok(Value::int(
                text(n).is_some_and(|n| builtin::exists(&n)).into(),
            ))
        },
        "Returns True if the module name corresponds to a built-in module.",
    ),
    Method::one(
        "is_frozen",
        "($module, name, /)",
        |_, _| Ok(Value::FALSE),
        "Returns True if the module name corresponds to a frozen module.",
    ),
    Method::one(
        "is_frozen_package",
        "($module, name, /)",
        |_, n| Err(no_frozen(n)),
        "Returns True if the module name is of a frozen package.",
    ),
    Method::fastkw(
        "find_frozen",
        "($module, name, /, *, withdata=False)",
        |_, _, _| Ok(Value::NONE),
        "Return info about the corresponding frozen module (if there is one) or None.",
    ),
    Method::fast(
        "get_frozen_object",
        "($module, name, data=None, /)",
        |_, a| Err(no_frozen(a.first().copied().unwrap_or(Value::NONE))),
        "Create a code object for a frozen module.",
    ),
    Method::one(
        "init_frozen",
        "($module, name, /)",
        |_, _| Ok(Value::NONE),
        "Initializes a frozen module.",
    ),
    Method::noargs(
        "_frozen_module_names",
        |_| list::new(&[]),
        "Returns the list of available frozen modules.",
    ),
    Method::fast(
        "_override_frozen_modules_for_tests",
        "",
        |_, _| Ok(Value::NONE),
        "",
    ),
    Method::one(
        "create_builtin",
        "($module, spec, /)",
        create_builtin,
        "Create an extension module.",
    ),
    Method::one(
        "exec_builtin",
        "($module, mod, /)",
        |_, _| Ok(Value::int(0)),
        "Initialize a built-in module.",
    ),
    Method::fast(
        "create_dynamic",
        "($module, spec, file=None, /)",
        create_dynamic,
        "Create an extension module.",
    ),
    Method::one(
        "exec_dynamic",
        "($module, mod, /)",
        exec_dynamic,
        "Initialize an extension module.",
    ),
    Method::fast(
        "_fix_co_filename",
        "($module, code, path, /)",
        fix_filename,
        "Changes code.co_filename to specify the passed-in file path.",
    ),
    Method::fast("source_hash", "($module, /, key, source)", source_hash, ""),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    m.add("check_hash_based_pycs", str::new("default")?)
}

fn text(v: Value) -> Option<String> {
    v.cast::<Str>().map(|s| s.to_string_lossy().into_owned())
}

fn suffixes(_m: Value) -> PyResult<Value> {
    list::new(&[
        str::new(".cpython-311-x86_64-linux-gnu.so")?,
        str::new(".abi3.so")?,
        str::new(".so")?,
    ])
}

fn no_frozen(name: Value) -> rivet_vm::exceptions::Raised {
    let n = text(name).unwrap_or_default();
    import_error_for(
        exc().import_error,
        &format!("No such frozen object named {n}"),
        name,
        Value::NONE,
    )
}

fn create_builtin(_m: Value, spec: Value) -> PyResult<Value> {
    let name = get_attr(spec, name!("name"))?;
    let n = text(name).unwrap_or_default();
    if let Some(m) = rivet_vm::runtime::modules().get(name)? {
        return Ok(m);
    }
    match builtin::create(&n)? {
        Some(m) => Ok(m.value()),
        None => Ok(Value::NONE),
    }
}

fn create_dynamic(_m: Value, args: &[Value]) -> PyResult<Value> {
    let spec = args.first().copied().unwrap_or(Value::NONE);
    match rivet_vm::hooks::hooks().load_extension.get() {
        Some(load) => load(spec),
        None => {
            let name = get_attr(spec, name!("name"))?;
            let path = get_attr(spec, name!("origin"))?;
            Err(import_error_for(
                exc().import_error,
                "extension modules are not supported in this build",
                name,
                path,
            ))
        }
    }
}

fn exec_dynamic(_m: Value, module: Value) -> PyResult<Value> {
    match rivet_vm::hooks::hooks().exec_extension.get() {
        Some(exec) => exec(module).map(|()| Value::int(0)),
        None => Ok(Value::int(0)),
    }
}

fn fix_filename(_m: Value, args: &[Value]) -> PyResult<Value> {
    rivet_vm::object::args::check_count("_fix_co_filename", args, 2, 2)?;
    if let (Some(code), Some(path)) = (args[0].cast::<Code>(), args[1].cast::<Str>()) {
        fix(code, path);
    }
    Ok(Value::NONE)
}

fn fix(code: Gc<Code>, path: Gc<Str>) {
    let old = code.filename.value();
    if old.cast::<Str>().is_some_and(|s| s.equals(&path)) {
        return;
    }
    code.set(&code.filename, path.value());
    // Nested code that is still packed takes the name of the code around it.
    for c in code.unpacked_constants() {
        if let Some(inner) = c.cast::<Code>().filter(|c| c.filename.value() == old) {
            fix(inner, path);
        }
    }
}

fn source_hash(_m: Value, args: &[Value]) -> PyResult<Value> {
    rivet_vm::object::args::check_count("source_hash", args, 2, 2)?;
    let key = rivet_vm::object::protocol::as_isize(args[0])? as u64;
    let source = rivet_vm::types::memoryview::bytes_like(args[1])?;
    let h = rivet_vm::siphash::siphash13(key, 0, &source);
    rivet_vm::types::bytes::new(&h.to_le_bytes())
}
