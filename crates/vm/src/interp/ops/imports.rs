//! Import instructions.

use rivet_spec::Insn;

use super::globals::import_function;
use crate::exceptions::{PyResult, exc, import_error_for, key_error, type_error};
use crate::frames::Frame;
use crate::name;
use crate::object::attr::{find_attr, get_attr};
use crate::object::call::call;
use crate::object::protocol;
use crate::types::dict::Dict;
use crate::types::module::Module;
use crate::types::str::Str;
use crate::value::{Gc, Value};

/// ImportName
pub fn import_name(frame: &Frame, insn: Insn) -> PyResult<Value> {
    let name = frame.code().name_at(insn.b());
    let (fromlist, level) = (frame.regs().get(insn.a()), insn.c());
    let f = import_function(frame)?;
    if crate::import::is_builtin_import(f) {
        return crate::import::import(name, Some(frame.globals()), fromlist, level.into());
    }
    let locals = frame.namespace().unwrap_or(Value::NONE);
    call(
        f,
        &[
            name.value(),
            frame.globals().value(),
            locals,
            fromlist,
            Value::int(level.into()),
        ],
    )
}

/// ImportFrom
pub fn import_from(frame: &Frame, insn: Insn) -> PyResult<Value> {
    let (module, name) = (frame.regs().get(insn.b()), frame.code().name_at(insn.c()));
    if let Some(v) = find_attr(module, name)? {
        return Ok(v);
    }
    let package = find_attr(module, name!("__name__"))?.and_then(|n| n.cast::<Str>());
    if let Some(p) = package {
        let full = format!("{}.{}", p.to_string_lossy(), name.to_string_lossy());
        if let Some(v) = crate::runtime::modules().get(crate::types::str::new(&full)?)? {
            return Ok(v);
        }
    }
    Err(cannot_import(module, name, package)?)
}

#[cold]
fn cannot_import(
    module: Value,
    name: Gc<Str>,
    package: Option<Gc<Str>>,
) -> PyResult<crate::exceptions::Raised> {
    let n = name.to_string_lossy();
    let p = package.map_or_else(
        || "<unknown module name>".into(),
        |p| p.to_string_lossy().into_owned(),
    );
    let file = match find_attr(module, name!("__file__"))? {
        Some(f) if f.cast::<Str>().is_some() => Some(f),
        _ => None,
    };
    let place = match file {
        Some(f) => protocol::str(f)?.to_string_lossy().into_owned(),
        None => "unknown location".into(),
    };
    let partial = match module.cast::<Module>() {
        Some(m) => crate::types::module::initializing(m.dict())?,
        None => false,
    };
    let text = if partial {
        format!(
            "cannot import name '{n}' from partially initialized module '{p}' (most likely due to a circular import) ({place})"
        )
    } else {
        format!("cannot import name '{n}' from '{p}' ({place})")
    };
    let module_name = package.map_or(Value::NONE, Gc::value);
    Ok(import_error_for(
        exc().import_error,
        &text,
        module_name,
        file.unwrap_or(Value::NONE),
    ))
}

/// ImportStar
pub fn import_star(frame: &Frame, module: Value) -> PyResult<()> {
    let all = find_attr(module, name!("__all__"))?;
    let (names, skip_private) = match all {
        Some(all) => (protocol::collect(all)?, false),
        None => match find_attr(module, name!("__dict__"))? {
            Some(d) => (protocol::collect(d)?, true),
            None => {
                let text = "from-import-* object has no __dict__ and no __all__";
                return Err(crate::exceptions::import_error(text));
            }
        },
    };
    let ns = frame
        .locals
        .get()
        .unwrap_or_else(|| frame.globals().value());
    for &n in names.as_slice() {
        let Some(s) = n.cast::<Str>() else {
            let where_ = if skip_private { "Key in" } else { "Item in" };
            let attr = if skip_private { "__dict__" } else { "__all__" };
            let m = find_attr(module, name!("__name__"))?;
            let m = m
                .map(protocol::str)
                .transpose()?
                .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
            let t = n.type_of().name_string();
            return Err(type_error(format!(
                "{where_} {m}.{attr} must be str, not {t}"
            )));
        };
        if skip_private && s.chars().iter().next() == Some(u32::from('_')) {
            continue;
        }
        let v = get_attr(module, s.intern())?;
        match ns.cast_exact::<Dict>() {
            Some(d) => d.set_item(n, v)?,
            None => protocol::set_item(ns, n, Some(v))?,
        }
    }
    Ok(())
}

/// `sys.displayhook(v)`
pub fn print_expr(v: Value) -> PyResult<()> {
    let sys = crate::import::import_module("sys")?;
    match find_attr(sys, name!("displayhook"))? {
        Some(f) => call(f, &[v]).map(|_| ()),
        None => Err(crate::exceptions::runtime_error("lost sys.displayhook")),
    }
}

/// KeyError for `del sys.modules[...]`-like look-ups (kept with the import instructions).
pub fn missing_module(name: Value) -> crate::exceptions::Raised {
    key_error(name)
}
