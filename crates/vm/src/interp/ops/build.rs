//! Displays, formatting, subscripts.

use rivet_spec::Insn;
use rivet_spec::opcode::profile;

use crate::exceptions::{PyResult, Raised, clear_if, exc, type_error};
use crate::frames::{Pc, Regs};
use crate::name;
use crate::object::attr::find_attr;
use crate::object::protocol;
use crate::types::dict::Dict;
use crate::types::dict::methods::iterates_plainly;
use crate::types::list::List;
use crate::types::set::Set;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

/// Notes in the instruction just fetched a subscription that is not of a list by an int.
#[inline]
pub fn note_container(pc: Pc, insn: Insn, b: Value, c: Value) {
    if insn.d() & profile::OTHER != 0 || (c.is_small_int() && b.cast_exact::<List>().is_some()) {
        return;
    }
    let bit = match b.cast_exact::<Tuple>() {
        Some(_) if c.is_small_int() => profile::MIXED,
        _ => profile::OTHER,
    };
    pc.rewrite(Insn(insn.0 | u64::from(bit) << 8));
}

/// `b[c]`, with lists, tuples and dicts of exact type first.
#[inline]
pub fn get_item(b: Value, c: Value) -> PyResult<Value> {
    if let Some(i) = c.as_small_int() {
        if let Some(l) = b.cast_exact::<List>() {
            let n = l.len();
            let at = if i < 0 { i.wrapping_add(n as i64) } else { i } as usize;
            if let Some(v) = l.get(at) {
                return Ok(v);
            }
        } else if let Some(t) = b.cast_exact::<Tuple>() {
            let n = t.len();
            let at = if i < 0 { i.wrapping_add(n as i64) } else { i } as usize;
            if let Some(&v) = t.items().get(at) {
                return Ok(v);
            }
        }
    }
    if let Some(d) = b.cast_exact::<Dict>() {
        return match d.get(c)? {
            Some(v) => Ok(v),
            None => Err(crate::exceptions::key_error(c)),
        };
    }
    protocol::get_item(b, c)
}

/// `a[b] = c`
#[inline]
pub fn set_item(a: Value, b: Value, c: Value) -> PyResult<()> {
    if let (Some(l), Some(i)) = (a.cast_exact::<List>(), b.as_small_int()) {
        let n = l.len();
        let at = if i < 0 { i.wrapping_add(n as i64) } else { i } as usize;
        if at < n {
            l.put(at, c);
            return Ok(());
        }
    } else if let Some(d) = a.cast_exact::<Dict>() {
        return d.set_item(b, c);
    }
    protocol::set_item(a, b, Some(c))
}

/// A dict from alternating keys and values. Out of the interpreter loop, whose native frame should hold no objects.
#[inline(never)]
pub fn map(pairs: &[Value]) -> PyResult<Value> {
    let d = Dict::new()?;
    for p in pairs.chunks_exact(2) {
        d.set_item(p[0], p[1])?;
    }
    Ok(d.value())
}

/// A dict from values and a constant tuple of keys. Out of the interpreter loop as `map`.
#[inline(never)]
pub fn const_key_map(regs: Regs, insn: Insn) -> PyResult<Value> {
    let n = insn.c();
    let keys = regs
        .get(insn.b() + n)
        .cast::<Tuple>()
        .expect("the compiler passes a tuple of keys");
    let d = Dict::new()?;
    for (&k, &v) in keys.items().iter().zip(regs.slice(insn.b(), n.into())) {
        d.set_item(k, v)?;
    }
    Ok(d.value())
}

/// `slice(start, stop[, step])`
pub fn slice(parts: &[Value]) -> PyResult<Value> {
    crate::types::slice::new(
        parts[0],
        parts[1],
        parts.get(2).copied().unwrap_or(Value::NONE),
    )
}

/// The parts of an f-string, joined.
pub fn string(parts: &[Value]) -> PyResult<Value> {
    Ok(Str::join_parts(parts, None)?.value())
}

/// One replacement field of an f-string.
pub fn format_value(regs: Regs, insn: Insn) -> PyResult<Value> {
    let v = regs.get(insn.b());
    let v = match insn.d() & 3 {
        1 => protocol::str(v)?.value(),
        2 => protocol::repr(v)?.value(),
        3 => protocol::ascii(v)?.value(),
        _ => v,
    };
    let spec = if insn.d() & 4 != 0 {
        Some(regs.get(insn.c()))
    } else {
        None
    };
    if spec.is_none() && v.cast_exact::<Str>().is_some() {
        return Ok(v);
    }
    protocol::format(v, spec)
}

/// `a.append(b)` of a list display or comprehension.
#[inline]
pub fn list_append(a: Value, b: Value) -> PyResult<()> {
    a.cast::<List>()
        .expect("the compiler made a list")
        .append(b)
}

/// `a.add(b)`
pub fn set_add(a: Value, b: Value) -> PyResult<()> {
    a.cast::<Set>()
        .expect("the compiler made a set")
        .add(b)
        .map(|_| ())
}

/// `a[b] = c` of a dict display or comprehension.
pub fn map_add(a: Value, b: Value, c: Value) -> PyResult<()> {
    a.cast::<Dict>()
        .expect("the compiler made a dict")
        .set_item(b, c)
}

/// `[*b]`, `f(*b)`
pub fn list_extend(regs: Regs, insn: Insn) -> PyResult<()> {
    let list = regs
        .get(insn.a())
        .cast::<List>()
        .expect("the compiler made a list");
    let b = regs.get(insn.b());
    match protocol::for_each(b, |v| list.append(v)) {
        Ok(()) => Ok(()),
        Err(raised) => {
            let ty = b.type_of();
            if ty.slots().iter.is_some() || ty.slots().getitem.is_some() {
                return Err(raised);
            }
            clear_if(raised, exc().type_error)?;
            if insn.d() & 1 != 0 {
                let f = callable_text(regs.get(insn.c()))?;
                let t = ty.name_string();
                return Err(type_error(format!(
                    "{f} argument after * must be an iterable, not {t}"
                )));
            }
            Err(type_error(format!(
                "Value after * must be an iterable, not {}",
                ty.name_string()
            )))
        }
    }
}

/// How messages name a callable: `module.qualname()`.
pub fn callable_text(f: Value) -> PyResult<String> {
    let Some(q) = find_attr(f, name!("__qualname__"))? else {
        return Ok(protocol::str(f)?.to_string_lossy().into_owned());
    };
    let q = protocol::str(q)?.to_string_lossy().into_owned();
    let module = find_attr(f, name!("__module__"))?.filter(|m| !m.is_none());
    match module {
        Some(m) => {
            let m = protocol::str(m)?;
            if m.eq_str("builtins") {
                Ok(format!("{q}()"))
            } else {
                Ok(format!("{}.{q}()", m.to_string_lossy()))
            }
        }
        None => Ok(format!("{q}()")),
    }
}

/// `{*b}`
pub fn set_update(a: Value, b: Value) -> PyResult<()> {
    crate::types::set::update(a.cast::<Set>().expect("the compiler made a set"), b)
}

/// Calls `f` for each key and value of a mapping; None if it is no mapping.
fn for_each_item(
    b: Value,
    mut f: impl FnMut(Value, Value) -> PyResult<()>,
) -> PyResult<Option<()>> {
    if let Some(d) = b.cast::<Dict>().filter(|_| iterates_plainly(b)) {
        let mut i = 0;
        while let Some((k, v)) = d.next_entry(&mut i) {
            f(k, v)?;
        }
        return Ok(Some(()));
    }
    let Some(keys) = find_attr(b, name!("keys"))? else {
        return Ok(None);
    };
    let keys = protocol::iter(crate::object::call::call(keys, &[])?)?;
    while let Some(k) = protocol::next(keys)? {
        f(k, protocol::get_item(b, k)?)?;
    }
    Ok(Some(()))
}

/// `{**b}`
pub fn dict_update(a: Value, b: Value) -> PyResult<()> {
    let d = a.cast::<Dict>().expect("the compiler made a dict");
    match for_each_item(b, |k, v| d.set_item(k, v))? {
        Some(()) => Ok(()),
        None => Err(type_error(format!(
            "'{}' object is not a mapping",
            b.type_of().name_string()
        ))),
    }
}

/// `f(**b)`
pub fn dict_merge(regs: Regs, insn: Insn) -> PyResult<()> {
    let d = regs
        .get(insn.a())
        .cast::<Dict>()
        .expect("the compiler made a dict");
    let (b, callable) = (regs.get(insn.b()), regs.get(insn.c()));
    let done = for_each_item(b, |k, v| {
        if d.get(k)?.is_some() {
            return Err(duplicate_keyword(callable, k)?);
        }
        d.set_item(k, v)
    })?;
    match done {
        Some(()) => Ok(()),
        None => {
            let f = callable_text(callable)?;
            let t = b.type_of().name_string();
            Err(type_error(format!(
                "{f} argument after ** must be a mapping, not {t}"
            )))
        }
    }
}

fn duplicate_keyword(callable: Value, k: Value) -> PyResult<Raised> {
    let f = callable_text(callable)?;
    let k = protocol::str(k)?;
    Ok(type_error(format!(
        "{f} got multiple values for keyword argument '{}'",
        k.to_string_lossy()
    )))
}

/// `tuple(b)` of a list the compiler made.
pub fn list_to_tuple(b: Value) -> PyResult<Value> {
    let list = b.cast::<List>().expect("the compiler made a list");
    crate::types::tuple::new(list.items())
}

/// A keyword dict as the (names, values) that calls take.
pub fn is_exact_dict(v: Value) -> Option<Gc<Dict>> {
    v.cast_exact::<Dict>()
}
