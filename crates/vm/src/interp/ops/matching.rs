//! Pattern matching.

use rivet_spec::Insn;

use crate::exceptions::{PyResult, clear_if, exc, type_error};
use crate::frames::Regs;
use crate::name;
use crate::object::attr::{find_attr, get_attr};
use crate::object::call::call;
use crate::object::{Type, TypeFlags, protocol};
use crate::types::str::Str;
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, RVec, Value};

/// MatchMapping
pub fn mapping(regs: Regs, insn: Insn) {
    let is = regs.get(insn.b()).type_of().has(TypeFlags::MAPPING);
    regs.set(insn.a(), Value::bool(is));
}

/// MatchSequence
pub fn sequence(regs: Regs, insn: Insn) {
    let is = regs.get(insn.b()).type_of().has(TypeFlags::SEQUENCE);
    regs.set(insn.a(), Value::bool(is));
}

/// MatchKeys: the values of the keys, or None if one is missing.
pub fn keys(subject: Value, keys: Value) -> PyResult<Value> {
    let keys = keys
        .cast::<Tuple>()
        .expect("the compiler passes a tuple of keys");
    if keys.is_empty() {
        return tuple::new(&[]);
    }
    let get = get_attr(subject, name!("get"))?;
    let dummy = crate::types::list::new(&[])?;
    let seen = crate::types::set::Set::new()?;
    let mut out = RVec::with_capacity(keys.len())?;
    for &k in keys.items() {
        if !seen.add(k)? {
            let k = protocol::repr_string(k)?;
            return Err(crate::exceptions::value_error(format!(
                "mapping pattern checks duplicate key ({k})"
            )));
        }
        let v = call(get, &[k, dummy])?;
        if v == dummy {
            return Ok(Value::NONE);
        }
        out.push(v)?;
    }
    tuple::new(&out)
}

/// MatchClass: the attributes the sub-patterns look at, or None if the class does not match.
pub fn class(regs: Regs, insn: Insn) -> PyResult<Value> {
    let (subject, class) = (regs.get(insn.b()), regs.get(insn.c()));
    let names = regs
        .get(insn.a())
        .cast::<Tuple>()
        .expect("the compiler passes a tuple of names");
    let Some(ty) = class.cast::<Type>() else {
        return Err(type_error("called match pattern must be a class"));
    };
    if !protocol::is_instance(subject, class)? {
        return Ok(Value::NONE);
    }
    let mut out = RVec::new();
    let seen = crate::types::set::Set::new()?;
    let positional = insn.d() as usize;
    if positional > 0 && !positional_attrs(subject, ty, positional, seen, &mut out)? {
        return Ok(Value::NONE);
    }
    for &n in names.items() {
        match attribute(subject, ty, n, seen)? {
            Some(v) => out.push(v)?,
            None => return Ok(Value::NONE),
        }
    }
    tuple::new(&out)
}

fn positional_attrs(
    subject: Value,
    ty: Gc<Type>,
    n: usize,
    seen: Gc<crate::types::set::Set>,
    out: &mut RVec,
) -> PyResult<bool> {
    let args = match find_attr(ty.value(), name!("__match_args__"))? {
        Some(a) => Some(a.cast_exact::<Tuple>().ok_or_else(|| {
            let (c, t) = (ty.name_string(), a.type_of().name_string());
            type_error(format!("{c}.__match_args__ must be a tuple (got {t})"))
        })?),
        None => None,
    };
    let match_self = args.is_none() && ty.has(TypeFlags::MATCH_SELF);
    let allowed = if match_self {
        1
    } else {
        args.map_or(0, |a| a.len())
    };
    if n > allowed {
        let s = if allowed == 1 { "" } else { "s" };
        let c = ty.name_string();
        return Err(type_error(format!(
            "{c}() accepts {allowed} positional sub-pattern{s} ({n} given)"
        )));
    }
    if match_self {
        out.push(subject)?;
        return Ok(true);
    }
    let args = args.expect("counted");
    for &a in &args.items()[..n] {
        if a.cast_exact::<Str>().is_none() {
            let t = a.type_of().name_string();
            return Err(type_error(format!(
                "__match_args__ elements must be strings (got {t})"
            )));
        }
        match attribute(subject, ty, a, seen)? {
            Some(v) => out.push(v)?,
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn attribute(
    subject: Value,
    ty: Gc<Type>,
    name: Value,
    seen: Gc<crate::types::set::Set>,
) -> PyResult<Option<Value>> {
    if !seen.add(name)? {
        let (c, n) = (ty.name_string(), protocol::repr_string(name)?);
        return Err(type_error(format!(
            "{c}() got multiple sub-patterns for attribute {n}"
        )));
    }
    let s = name.cast::<Str>().expect("names are str");
    match get_attr(subject, s.intern()) {
        Ok(v) => Ok(Some(v)),
        Err(raised) => clear_if(raised, exc().attribute_error).map(|()| None),
    }
}
