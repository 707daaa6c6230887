//! `__build_class__`: what a class statement calls.

use crate::exceptions::{PyResult, runtime_error, type_error};
use crate::interp::run_code;
use crate::name;
use crate::object::args::split;
use crate::object::attr::find_attr;
use crate::object::call::{call, call_kw};
use crate::object::{Type, protocol};
use crate::types::cell::PyCell;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_::calculate_metaclass;
use crate::value::{Gc, RVec, Value};

/// `__build_class__(func, name, /, *bases, [metaclass], **kwds)`
pub(super) fn build_class(_: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (positional, values) = split(args, kw);
    let &[func, name, ref orig @ ..] = positional else {
        return Err(type_error("__build_class__: not enough arguments"));
    };
    let Some(func) = func.cast::<Function>() else {
        return Err(type_error("__build_class__: func must be a function"));
    };
    if name.cast::<Str>().is_none() {
        return Err(type_error("__build_class__: name is not a string"));
    }
    let orig_bases = Tuple::from_slice(orig)?;
    let bases = resolve_bases(orig_bases)?;
    let (meta, kwnames, kwvalues) = metaclass_keyword(kw, values)?;
    let meta = winner(meta, bases.items())?;
    let ns = namespace(meta, name, bases, kwnames, &kwvalues)?;
    let cell = run_code(
        func.code(),
        Some(func),
        func.globals(),
        func.builtins.value(),
        Some(ns),
    )?;
    if bases != orig_bases {
        protocol::set_item(
            ns,
            name!("__orig_bases__").value(),
            Some(orig_bases.value()),
        )?;
    }
    let class = call_with(meta, &[name, bases.value(), ns], kwnames, &kwvalues)?;
    check_cell(cell, class, name)?;
    Ok(class)
}

/// Bases that are no classes are replaced by what their `__mro_entries__` gives.
fn resolve_bases(bases: Gc<Tuple>) -> PyResult<Gc<Tuple>> {
    let mut out = RVec::new();
    let mut changed = false;
    for &b in bases.items() {
        let entries = if b.cast::<Type>().is_some() {
            None
        } else {
            find_attr(b, name!("__mro_entries__"))?
        };
        let Some(f) = entries else {
            out.push(b)?;
            continue;
        };
        let r = call(f, &[bases.value()])?;
        let Some(t) = r.cast::<Tuple>() else {
            return Err(type_error("__mro_entries__ must return a tuple"));
        };
        out.extend(t.items())?;
        changed = true;
    }
    if changed {
        Tuple::from_slice(&out)
    } else {
        Ok(bases)
    }
}

/// The `metaclass` keyword, and the others.
fn metaclass_keyword(
    kw: Option<Gc<Tuple>>,
    values: &[Value],
) -> PyResult<(Option<Value>, Option<Gc<Tuple>>, RVec)> {
    let (mut names, mut rest, mut meta) = (RVec::new(), RVec::new(), None);
    if let Some(kw) = kw {
        for (&k, &v) in kw.items().iter().zip(values) {
            if k.cast::<Str>().is_some_and(|k| k.eq_str("metaclass")) {
                meta = Some(v);
            } else {
                names.push(k)?;
                rest.push(v)?;
            }
        }
    }
    let names = if names.is_empty() {
        None
    } else {
        Some(Tuple::from_slice(&names)?)
    };
    Ok((meta, names, rest))
}

/// The metaclass: the given one or the first base's type, unless another base's is more derived.
fn winner(meta: Option<Value>, bases: &[Value]) -> PyResult<Value> {
    let meta = match (meta, bases.first()) {
        (Some(m), _) => m,
        (None, Some(b)) => b.type_of().value(),
        (None, None) => crate::runtime::types().type_.value(),
    };
    match meta.cast::<Type>() {
        Some(t) => calculate_metaclass(t, bases).map(Gc::value),
        None => Ok(meta),
    }
}

fn call_with(
    f: Value,
    args: &[Value],
    names: Option<Gc<Tuple>>,
    values: &[Value],
) -> PyResult<Value> {
    let mut all = RVec::from_slice(args)?;
    all.extend(values)?;
    call_kw(f, &all, names)
}

fn namespace(
    meta: Value,
    name: Value,
    bases: Gc<Tuple>,
    kw: Option<Gc<Tuple>>,
    values: &[Value],
) -> PyResult<Value> {
    let Some(prepare) = find_attr(meta, name!("__prepare__"))? else {
        return Dict::new().map(Gc::value);
    };
    let ns = call_with(prepare, &[name, bases.value()], kw, values)?;
    if ns.type_of().slots().getitem.is_none() {
        let m = meta
            .cast::<Type>()
            .map_or_else(|| "<metaclass>".into(), |t| t.name_string());
        let t = ns.type_of().name_string();
        return Err(type_error(format!(
            "{m}.__prepare__() must return a mapping, not {t}"
        )));
    }
    Ok(ns)
}

/// `__class__` of the body's functions must be the class that was made.
fn check_cell(cell: Value, class: Value, name: Value) -> PyResult<()> {
    let (Some(cell), Some(_)) = (cell.cast::<PyCell>(), class.cast::<Type>()) else {
        return Ok(());
    };
    let found = cell.contents.get();
    if found == Some(class) {
        return Ok(());
    }
    let (n, c) = (protocol::repr_string(name)?, protocol::repr_string(class)?);
    match found {
        None => Err(runtime_error(format!(
            "__class__ not set defining {n} as {c}. Was __classcell__ propagated to type.__new__?"
        ))),
        Some(x) => {
            let x = protocol::repr_string(x)?;
            Err(type_error(format!(
                "__class__ set to {x} defining {n} as {c}"
            )))
        }
    }
}
