//! Iteration and unpacking.

use rivet_spec::Insn;

use crate::exceptions::{PyResult, Raised, clear_if, exc, type_error, value_error};
use crate::frames::Regs;
use crate::object::protocol;
use crate::types::iterators::SeqIter;
use crate::types::list::List;
use crate::types::range::RangeIter;
use crate::types::tuple::Tuple;
use crate::value::{Value, layout};

/// `next(it)` with the commonest iterators first.
#[inline]
pub fn next(it: Value) -> PyResult<Option<Value>> {
    if it.is_ref() {
        match it.layout_id() {
            layout::RANGE_ITER => {
                if let Some(r) = it.cast_exact::<RangeIter>() {
                    return Ok(r.advance());
                }
            }
            layout::LIST_ITER | layout::TUPLE_ITER => {
                if let Some(s) = it.cast::<SeqIter>() {
                    return Ok(s.advance());
                }
            }
            _ => {}
        }
    }
    protocol::next(it)
}

/// GetIter
pub fn get_iter(v: Value) -> PyResult<Value> {
    match crate::types::range::loop_iter(v) {
        Some(it) => it,
        None => protocol::iter(v),
    }
}

/// UnpackSequence
pub fn unpack(regs: Regs, insn: Insn) -> PyResult<()> {
    let (v, n) = (regs.get(insn.b()), insn.c() as usize);
    let items: Option<&[Value]> = match (v.cast_exact::<Tuple>(), v.cast_exact::<List>()) {
        (Some(t), _) => Some(t.items()),
        (_, Some(l)) => Some(l.items()),
        _ => None,
    };
    if let Some(items) = items {
        if items.len() != n {
            return Err(wrong_count(items.len(), n, false));
        }
        items
            .iter()
            .enumerate()
            .for_each(|(i, &x)| regs.set(insn.a() + i as u16, x));
        return Ok(());
    }
    let it = unpack_iter(v)?;
    for i in 0..n {
        match protocol::next(it)? {
            Some(x) => regs.set(insn.a() + i as u16, x),
            None => return Err(wrong_count(i, n, false)),
        }
    }
    if protocol::next(it)?.is_some() {
        return Err(value_error(format!(
            "too many values to unpack (expected {n})"
        )));
    }
    Ok(())
}

fn unpack_iter(v: Value) -> PyResult<Value> {
    match protocol::iter(v) {
        Ok(it) => Ok(it),
        Err(raised) => {
            let ty = v.type_of();
            if ty.slots().iter.is_some() || ty.slots().getitem.is_some() {
                return Err(raised);
            }
            clear_if(raised, exc().type_error)?;
            Err(type_error(format!(
                "cannot unpack non-iterable {} object",
                ty.name_string()
            )))
        }
    }
}

#[cold]
fn wrong_count(got: usize, expected: usize, at_least: bool) -> Raised {
    if got > expected {
        return value_error(format!("too many values to unpack (expected {expected})"));
    }
    let least = if at_least { "at least " } else { "" };
    value_error(format!(
        "not enough values to unpack (expected {least}{expected}, got {got})"
    ))
}

/// UnpackEx
pub fn unpack_ex(regs: Regs, insn: Insn) -> PyResult<()> {
    let v = regs.get(insn.b());
    let (before, after) = (insn.c() as usize & 255, insn.c() as usize >> 8);
    let it = unpack_iter(v)?;
    for i in 0..before {
        match protocol::next(it)? {
            Some(x) => regs.set(insn.a() + i as u16, x),
            None => return Err(wrong_count(i, before + after, true)),
        }
    }
    let rest = List::new()?;
    while let Some(x) = protocol::next(it)? {
        rest.append(x)?;
    }
    if rest.len() < after {
        return Err(wrong_count(before + rest.len(), before + after, true));
    }
    let tail = rest.len() - after;
    for i in 0..after {
        regs.set(insn.a() + (before + 1 + i) as u16, rest.item(tail + i));
    }
    rest.truncate(tail);
    regs.set(insn.a() + before as u16, rest.value());
    Ok(())
}
