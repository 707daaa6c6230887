//! Arithmetic on any objects: the order in which the operands' slots are tried.

use rivet_spec::BinaryOp;

use super::slots::Binary;
use crate::exceptions::{PyResult, Raised, type_error};
use crate::types::{float, int};
use crate::value::Value;

/// `a <op> b` for every operator.
pub fn binary(op: BinaryOp, a: Value, b: Value) -> PyResult<Value> {
    if op == BinaryOp::Pow {
        return power(a, b, Value::NONE);
    }
    if let Some(r) = fast(op, a, b) {
        return r;
    }
    let r = binary_slots(op as u8, a, b)?;
    if r != Value::NOT_IMPLEMENTED {
        return Ok(r);
    }
    if let Some(r) = sequence(op, a, b, false)? {
        return Ok(r);
    }
    Err(unsupported(op, a, b, false))
}

/// Exact floats, which have no slot overhead to pay.
#[inline(always)]
fn fast(op: BinaryOp, a: Value, b: Value) -> Option<PyResult<Value>> {
    let (x, y) = match (a.as_exact_float(), b.as_exact_float()) {
        (Some(x), Some(y)) => (x, y),
        (Some(x), None) => (x, b.as_small_int()? as f64),
        (None, Some(y)) => (a.as_small_int()? as f64, y),
        _ => return None,
    };
    Some(Ok(Value::float(match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x * y,
        BinaryOp::TrueDiv if y != 0.0 => x / y,
        BinaryOp::FloorDiv if y != 0.0 => float::floor_div(x, y),
        BinaryOp::Mod if y != 0.0 => float::floor_mod(x, y),
        _ => return None,
    })))
}

/// The numeric slots of both operands; NotImplemented if none answers.
fn binary_slots(op: u8, a: Value, b: Value) -> PyResult<Value> {
    let (ta, tb) = (a.type_of(), b.type_of());
    let left = ta.slots().binary(op);
    let right = if ta == tb {
        None
    } else {
        tb.slots().binary(op)
    };
    try_slots(a, b, left, right)
}

fn same(f: Option<Binary>, g: Option<Binary>) -> bool {
    f.map(|f| f as usize) == g.map(|g| g as usize)
}

fn try_slots(a: Value, b: Value, left: Option<Binary>, right: Option<Binary>) -> PyResult<Value> {
    let mut right = if same(left, right) { None } else { right };
    if let Some(f) = left {
        if let Some(g) = right
            && b.type_of().is_subtype(a.type_of())
        {
            let r = g(a, b)?;
            if r != Value::NOT_IMPLEMENTED {
                return Ok(r);
            }
            right = None;
        }
        let r = f(a, b)?;
        if r != Value::NOT_IMPLEMENTED {
            return Ok(r);
        }
    }
    match right {
        Some(g) => g(a, b),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// `a <op>= b`
pub fn inplace(op: BinaryOp, a: Value, b: Value) -> PyResult<Value> {
    let slots = a.type_of();
    let slots = slots.slots();
    if let Some(f) = slots.inplace(op as u8) {
        let r = f(a, b)?;
        if r != Value::NOT_IMPLEMENTED {
            return Ok(r);
        }
    }
    if op == BinaryOp::Pow {
        return power_named(a, b, Value::NONE, "**=");
    }
    if let Some(r) = fast(op, a, b) {
        return r;
    }
    let r = binary_slots(op as u8, a, b)?;
    if r != Value::NOT_IMPLEMENTED {
        return Ok(r);
    }
    if let Some(r) = sequence(op, a, b, true)? {
        return Ok(r);
    }
    Err(unsupported(op, a, b, true))
}

/// Concatenation and repetition, tried after the numeric slots.
fn sequence(op: BinaryOp, a: Value, b: Value, inplace: bool) -> PyResult<Option<Value>> {
    let (ta, tb) = (a.type_of(), b.type_of());
    let (sa, sb) = (ta.slots(), tb.slots());
    match op {
        BinaryOp::Add => {
            let f = if inplace {
                sa.iconcat.or(sa.concat)
            } else {
                sa.concat
            };
            f.map(|f| f(a, b)).transpose()
        }
        BinaryOp::Mul => {
            let f = if inplace {
                sa.irepeat.or(sa.repeat)
            } else {
                sa.repeat
            };
            if let Some(f) = f {
                return repeat(a, b, f).map(Some);
            }
            sb.repeat.map(|f| repeat(b, a, f)).transpose()
        }
        _ => Ok(None),
    }
}

fn repeat(seq: Value, n: Value, f: super::slots::RepeatFn) -> PyResult<Value> {
    if !int::is_int(n) && n.type_of().slots().index.is_none() {
        let t = n.type_of().name_string();
        return Err(type_error(format!(
            "can't multiply sequence by non-int of type '{t}'"
        )));
    }
    let n = super::protocol::index_i64(n, |v| {
        let t = v.type_of().name_string();
        crate::exceptions::overflow_error(format!("cannot fit '{t}' into an index-sized integer"))
    })?;
    f(seq, n as isize)
}

#[cold]
fn unsupported(op: BinaryOp, a: Value, b: Value, inplace: bool) -> Raised {
    let eq = if inplace { "=" } else { "" };
    let symbol = if op == BinaryOp::Pow && !inplace {
        "** or pow()"
    } else {
        op.symbol()
    };
    let (ta, tb) = (a.type_of().name_string(), b.type_of().name_string());
    let mut text = format!("unsupported operand type(s) for {symbol}{eq}: '{ta}' and '{tb}'");
    if op == BinaryOp::RShift && is_print(a) {
        text.push_str(". Did you mean \"print(<message>, file=<output_stream>)\"?");
    }
    type_error(text)
}

fn is_print(a: Value) -> bool {
    a.cast::<crate::types::method::Builtin>()
        .is_some_and(|b| b.method().name == "print")
}

/// `pow(a, b)` and `pow(a, b, m)`
pub fn power(a: Value, b: Value, m: Value) -> PyResult<Value> {
    power_named(a, b, m, "** or pow()")
}

fn power_named(a: Value, b: Value, m: Value, symbol: &str) -> PyResult<Value> {
    let (ta, tb) = (a.type_of(), b.type_of());
    let left = ta.slots().pow;
    let mut right = if ta == tb { None } else { tb.slots().pow };
    if left.map(|f| f as usize) == right.map(|f| f as usize) {
        right = None;
    }
    let try_one = |f: Option<super::slots::Ternary>| -> PyResult<Option<Value>> {
        match f {
            Some(f) => Ok(Some(f(a, b, m)?).filter(|&r| r != Value::NOT_IMPLEMENTED)),
            None => Ok(None),
        }
    };
    if right.is_some() && left.is_some() && tb.is_subtype(ta) {
        if let Some(r) = try_one(right)? {
            return Ok(r);
        }
        right = None;
    }
    if let Some(r) = try_one(left)? {
        return Ok(r);
    }
    if let Some(r) = try_one(right)? {
        return Ok(r);
    }
    if !m.is_none() {
        let third = m.type_of().slots().pow;
        if third.map(|f| f as usize) != left.map(|f| f as usize)
            && let Some(r) = try_one(third)?
        {
            return Ok(r);
        }
        let (x, y, z) = (
            ta.name_string(),
            tb.name_string(),
            m.type_of().name_string(),
        );
        return Err(type_error(format!(
            "unsupported operand type(s) for ** or pow(): '{x}', '{y}', '{z}'"
        )));
    }
    let (x, y) = (ta.name_string(), tb.name_string());
    Err(type_error(format!(
        "unsupported operand type(s) for {symbol}: '{x}' and '{y}'"
    )))
}

/// `divmod(a, b)`
pub fn divmod(a: Value, b: Value) -> PyResult<Value> {
    let (ta, tb) = (a.type_of(), b.type_of());
    let right = if ta == tb { None } else { tb.slots().divmod };
    let r = try_slots(a, b, ta.slots().divmod, right)?;
    if r != Value::NOT_IMPLEMENTED {
        return Ok(r);
    }
    let (x, y) = (ta.name_string(), tb.name_string());
    Err(type_error(format!(
        "unsupported operand type(s) for divmod(): '{x}' and '{y}'"
    )))
}

fn bad_unary(op: &str, a: Value) -> Raised {
    type_error(format!(
        "bad operand type for {op}: '{}'",
        a.type_of().name_string()
    ))
}

/// `-a`
pub fn neg(a: Value) -> PyResult<Value> {
    match a.type_of().slots().neg {
        Some(f) => f(a),
        None => Err(bad_unary("unary -", a)),
    }
}

/// `+a`
pub fn pos(a: Value) -> PyResult<Value> {
    match a.type_of().slots().pos {
        Some(f) => f(a),
        None => Err(bad_unary("unary +", a)),
    }
}

/// `~a`
pub fn invert(a: Value) -> PyResult<Value> {
    match a.type_of().slots().invert {
        Some(f) => f(a),
        None => Err(bad_unary("unary ~", a)),
    }
}

/// `abs(a)`
pub fn abs(a: Value) -> PyResult<Value> {
    match a.type_of().slots().abs {
        Some(f) => f(a),
        None => Err(bad_unary("abs()", a)),
    }
}
