//! `import.h`, and the parts of `ceval.h` about namespaces.

use std::ffi::{c_char, c_int};

use rivet_vm::exceptions::{PyResult, exc, raise_text};
use rivet_vm::import;
use rivet_vm::runtime;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::Str;
use rivet_vm::value::{Gc, Value};

use crate::api::{expect, get, name, optional};
use crate::boundary::borrow_out;
use crate::errors::{self, text};
use crate::layout::Ref;
use crate::objects::{Identifier, identifier};
use crate::{api, raw};

fn add_module(n: &str) -> PyResult<Value> {
    if let Some(m) = runtime::modules().get_str(n) {
        return Ok(m);
    }
    let m = Module::new(n)?;
    runtime::modules().set_str(n, m.value())?;
    Ok(m.value())
}

fn borrowed_result(r: PyResult<Value>) -> Ref {
    match r {
        Ok(v) => borrow_out(v),
        Err(_) => {
            errors::publish();
            std::ptr::null_mut()
        }
    }
}

fn level_import(
    n: Gc<Str>,
    globals: Option<Value>,
    fromlist: Option<Value>,
    level: c_int,
) -> PyResult<Value> {
    let g = globals.and_then(|g| g.cast::<Dict>());
    import::import(n, g, fromlist.unwrap_or(Value::NONE), level.into())
}

raw! {
    fn PyImport_GetModuleDict() -> Ref {
        borrow_out(runtime::modules().value())
    }

    fn PyImport_AddModule(n: *const c_char) -> Ref {
        borrowed_result(add_module(&text(n)))
    }

    fn PyImport_AddModuleObject(n: Ref) -> Ref {
        borrowed_result(expect::<Str>(n).and_then(|n| add_module(&n.to_string_lossy())))
    }

    fn PyImport_GetModule(n: Ref) -> Ref {
        match get(n).and_then(|n| runtime::modules().get(n)) {
            Ok(v) => crate::state::value_ref(v),
            Err(_) => {
                errors::publish();
                std::ptr::null_mut()
            }
        }
    }

    fn _PyImport_GetModuleId(id: *mut Identifier) -> Ref {
        crate::state::value_ref(runtime::modules().get_interned(identifier(id)))
    }

    fn PyEval_GetBuiltins() -> Ref {
        borrow_out(runtime::builtins().value())
    }

    fn PyImport_GetMagicNumber() -> i64 {
        3495
    }
}

api! {
    fn PyImport_ImportModule(n: *const c_char) -> Value {
        import::import_module(&text(n))
    }

    fn PyImport_ImportModuleNoBlock(n: *const c_char) -> Value {
        import::import_module(&text(n))
    }

    fn PyImport_Import(n: Ref) -> Value {
        import::import_module(&expect::<Str>(n)?.to_string_lossy())
    }

    fn PyImport_ImportModuleLevelObject(n: Ref, globals: Ref, _locals: Ref, fromlist: Ref, level: c_int) -> Value {
        level_import(expect::<Str>(n)?, optional(globals)?, optional(fromlist)?, level)
    }

    fn PyImport_ImportModuleLevel(n: *const c_char, globals: Ref, _locals: Ref, fromlist: Ref, level: c_int) -> Value {
        level_import(name(n), optional(globals)?, optional(fromlist)?, level)
    }

    fn PyImport_ReloadModule(m: Ref) -> Value {
        let lib = import::import_module("importlib")?;
        let f = rivet_vm::object::attr::get_attr(lib, rivet_vm::name!("reload"))?;
        rivet_vm::object::call::call(f, &[get(m)?])
    }

    fn _PyImport_SetModule(n: Ref, m: Ref) -> () {
        runtime::modules().set_item(get(n)?, get(m)?)
    }

    fn _PyImport_SetModuleString(n: *const c_char, m: Ref) -> () {
        runtime::modules().set_str(&text(n), get(m)?)
    }

    // A module's attribute, imported.
    fn _PyImport_GetModuleAttr(m: Ref, n: Ref) -> Value {
        let module = import::import_module(&expect::<Str>(m)?.to_string_lossy())?;
        rivet_vm::object::attr::get_attr_value(module, get(n)?)
    }

    fn _PyImport_GetModuleAttrString(m: *const c_char, n: *const c_char) -> Value {
        rivet_vm::object::attr::get_attr(import::import_module(&text(m))?, name(n))
    }

    fn _PyEval_GetBuiltin(n: Ref) -> Value {
        let found = runtime::builtins().get(get(n)?)?;
        found.ok_or_else(|| {
            let text = get(n).ok().and_then(|n| n.cast::<Str>()).map_or(String::new(), |s| s.to_string_lossy().into_owned());
            raise_text(exc().attribute_error, &text)
        })
    }

    fn _PyEval_GetBuiltinId(id: *mut Identifier) -> Value {
        let n = identifier(id);
        runtime::builtins().get_interned(n).ok_or_else(|| raise_text(exc().attribute_error, &n.to_string_lossy()))
    }
}
