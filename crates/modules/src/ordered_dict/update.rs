//! Taking items over: `OrderedDict(…)`, `update` and `|=`. Everything is stored through `self[key] = value`, which a
//! subclass may have its own idea of.

use rivet_vm::exceptions::{PyResult, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::args::split;
use rivet_vm::object::attr::find_attr;
use rivet_vm::object::call::call;
use rivet_vm::object::protocol;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

/// From a call's arguments: a mapping or pairs, and keywords.
pub(super) fn from_call(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let (given, values) = split(args, kw);
    if given.len() > 1 {
        let n = given.len();
        return Err(type_error(format!(
            "update() takes at most 1 positional argument ({n} given)"
        )));
    }
    if let Some(&other) = given.first() {
        from_value(v, other)?;
    }
    for (&k, &x) in kw.map_or(&[][..], |k| k.items()).iter().zip(values) {
        protocol::set_item(v, k, Some(x))?;
    }
    Ok(())
}

/// From a mapping (what has `keys`, or `items`) or pairs.
pub(super) fn from_value(v: Value, other: Value) -> PyResult<()> {
    if let Some(d) = other.cast_exact::<Dict>() {
        let mut i = 0;
        while let Some((k, x)) = d.next_entry(&mut i) {
            protocol::set_item(v, k, Some(x))?;
        }
        return Ok(());
    }
    if let Some(keys) = find_attr(other, name!("keys"))? {
        let it = protocol::iter(call(keys, &[])?)?;
        while let Some(k) = protocol::next(it)? {
            protocol::set_item(v, k, Some(protocol::get_item(other, k)?))?;
        }
        return Ok(());
    }
    match find_attr(other, name!("items"))? {
        Some(items) => add_pairs(v, call(items, &[])?),
        None => add_pairs(v, other),
    }
}

fn add_pairs(v: Value, pairs: Value) -> PyResult<()> {
    let it = protocol::iter(pairs)?;
    while let Some(pair) = protocol::next(it)? {
        let parts = protocol::iter(pair)?;
        let part = |missing: &str| match protocol::next(parts)? {
            Some(x) => Ok(x),
            None => Err(value_error(format!("need more than {missing} to unpack"))),
        };
        let (k, x) = (part("0 values")?, part("1 value")?);
        if protocol::next(parts)?.is_some() {
            return Err(value_error("too many values to unpack (expected 2)"));
        }
        protocol::set_item(v, k, Some(x))?;
    }
    Ok(())
}
