//! Constant folding, with CPython's limits on the size of results.

use crate::code::Const;
use crate::parse::Source;
use ruff_python_ast::{Expr, Number, Operator, UnaryOp};

/// Strings and bytes a multiplication may make.
const MAX_STR: usize = 4096;
/// Tuple items a multiplication may make.
const MAX_TUPLE: usize = 256;

/// What folding needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Ctx<'s> {
    /// The source, for literals that ruff's tree does not hold faithfully.
    pub(crate) source: &'s Source,
    /// The optimisation level, for `__debug__`.
    pub(crate) optimize: u8,
}

/// The value of an expression that is constant.
pub(crate) fn fold(e: &Expr, ctx: Ctx<'_>) -> Option<Const> {
    match e {
        Expr::NumberLiteral(n) => Some(number(&n.value)),
        Expr::StringLiteral(s) => literal_str(s, ctx.source),
        Expr::BytesLiteral(b) => Some(Const::Bytes(b.value.bytes().collect())),
        Expr::BooleanLiteral(b) => Some(Const::Bool(b.value)),
        Expr::NoneLiteral(_) => Some(Const::None),
        Expr::EllipsisLiteral(_) => Some(Const::Ellipsis),
        Expr::Name(n) if n.id.as_str() == "__debug__" && n.ctx.is_load() => {
            Some(Const::Bool(ctx.optimize == 0))
        }
        Expr::Tuple(t) if t.ctx.is_load() => t
            .elts
            .iter()
            .map(|e| fold(e, ctx))
            .collect::<Option<Vec<_>>>()
            .map(Const::Tuple),
        Expr::UnaryOp(u) => unary(u.op, fold(&u.operand, ctx)?),
        Expr::BinOp(b) => {
            let right = fold(&b.right, ctx)?;
            let left = fold(&b.left, ctx)?;
            binary(b.op, &left, &right)
        }
        Expr::Subscript(s) if s.ctx.is_load() => {
            let index = fold(&s.slice, ctx)?;
            item(&fold(&s.value, ctx)?, &index)
        }
        _ => None,
    }
}

fn literal_str(s: &ruff_python_ast::ExprStringLiteral, source: &Source) -> Option<Const> {
    let value = s.value.to_str();
    let bytes = if value.contains('\u{fffd}') {
        crate::strings::expr_value(source, s)
    } else {
        value.as_bytes().to_vec()
    };
    let name_like = bytes
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    Some(Const::Str(bytes, name_like))
}

/// All values, if all are constant.
pub(crate) fn fold_all(elts: &[Expr], ctx: Ctx<'_>) -> Option<Vec<Const>> {
    elts.iter().map(|e| fold(e, ctx)).collect()
}

/// What a list or set display becomes where only its items matter (`in`, `for`).
pub(crate) fn fold_container(e: &Expr, ctx: Ctx<'_>) -> Option<Const> {
    match e {
        Expr::List(l) => fold_all(&l.elts, ctx).map(Const::Tuple),
        Expr::Set(s) => fold_all(&s.elts, ctx).map(|items| Const::FrozenSet(distinct(items))),
        _ => None,
    }
}

fn distinct(items: Vec<Const>) -> Vec<Const> {
    let mut out: Vec<Const> = Vec::new();
    for item in items {
        if !out.iter().any(|o| equal(o, &item)) {
            out.push(item);
        }
    }
    out
}

/// Python's `==` between constants.
pub(crate) fn equal(a: &Const, b: &Const) -> bool {
    match (numeric(a), numeric(b)) {
        (Some(x), Some(y)) => return x == y,
        (None, None) => {}
        _ => return false,
    }
    match (a, b) {
        (Const::Str(x, _), Const::Str(y, _)) => x == y,
        (Const::Tuple(x), Const::Tuple(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(a, b)| equal(a, b))
        }
        _ => a == b,
    }
}

fn numeric(c: &Const) -> Option<(f64, f64)> {
    Some(match c {
        Const::Bool(b) => (f64::from(u8::from(*b)), 0.0),
        Const::Int(i) if i.unsigned_abs() < 1 << 53 => (*i as f64, 0.0),
        Const::Float(f) => (*f, 0.0),
        Const::Complex(r, i) => (*r, *i),
        _ => return None,
    })
}

/// The truth of a constant.
pub(crate) fn truth(c: &Const) -> Option<bool> {
    Some(match c {
        Const::None => false,
        Const::Bool(b) => *b,
        Const::Ellipsis | Const::Code(_) | Const::BigInt(..) => true,
        Const::Int(i) => *i != 0,
        Const::Float(f) => *f != 0.0,
        Const::Complex(r, i) => *r != 0.0 || *i != 0.0,
        Const::Str(s, _) => !s.is_empty(),
        Const::Bytes(b) => !b.is_empty(),
        Const::Tuple(t) | Const::FrozenSet(t) => !t.is_empty(),
    })
}

/// The constant of a number literal.
pub(crate) fn number(n: &Number) -> Const {
    match n {
        Number::Float(f) => Const::Float(*f),
        Number::Complex { real, imag } => Const::Complex(*real, *imag),
        Number::Int(i) => match i.as_i64() {
            Some(v) => Const::Int(v),
            None => Const::BigInt(false, decimal(&i.to_string())),
        },
    }
}

/// Decimal digits of an integer literal in any base.
fn decimal(token: &str) -> String {
    let token: String = token.chars().filter(|c| *c != '_').collect();
    let lower = token.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        _ => {
            let trimmed = lower.trim_start_matches('0');
            return if trimmed.is_empty() {
                "0".to_owned()
            } else {
                trimmed.to_owned()
            };
        }
    };
    // Base 10^9, least significant part first.
    let mut parts: Vec<u64> = vec![0];
    for c in digits.chars() {
        let mut carry = u64::from(c.to_digit(radix).unwrap_or(0));
        for part in &mut parts {
            let v = *part * u64::from(radix) + carry;
            *part = v % 1_000_000_000;
            carry = v / 1_000_000_000;
        }
        if carry > 0 {
            parts.push(carry);
        }
    }
    let mut out = parts.last().map_or(String::new(), u64::to_string);
    for part in parts.iter().rev().skip(1) {
        out.push_str(&format!("{part:09}"));
    }
    out
}

fn int(c: &Const) -> Option<i128> {
    match c {
        Const::Bool(b) => Some(i128::from(*b)),
        Const::Int(i) => Some(i128::from(*i)),
        Const::BigInt(negative, digits) => {
            let v: i128 = digits.parse().ok()?;
            Some(if *negative { -v } else { v })
        }
        _ => None,
    }
}

fn from_int(v: i128) -> Const {
    match i64::try_from(v) {
        Ok(i) => Const::Int(i),
        Err(_) => Const::BigInt(v < 0, v.unsigned_abs().to_string()),
    }
}

fn bits(v: i128) -> u32 {
    128 - v.unsigned_abs().leading_zeros()
}

fn unary(op: UnaryOp, v: Const) -> Option<Const> {
    match (op, &v) {
        (UnaryOp::Not, v) => truth(v).map(|t| Const::Bool(!t)),
        (UnaryOp::USub, Const::BigInt(negative, digits)) => {
            Some(Const::BigInt(!negative, digits.clone())).map(|c| int(&c).map_or(c, from_int))
        }
        (UnaryOp::UAdd, Const::BigInt(..) | Const::Float(_) | Const::Complex(..)) => Some(v),
        (UnaryOp::USub, Const::Float(f)) => Some(Const::Float(-f)),
        (UnaryOp::USub, Const::Complex(r, i)) => Some(Const::Complex(-r, -i)),
        (UnaryOp::USub, v) => int(v)?.checked_neg().map(from_int),
        (UnaryOp::UAdd, v) => int(v).map(from_int),
        (UnaryOp::Invert, v) => int(v).map(|i| from_int(!i)),
    }
}

fn binary(op: Operator, l: &Const, r: &Const) -> Option<Const> {
    if let (Const::Bool(a), Const::Bool(b)) = (l, r) {
        match op {
            Operator::BitOr => return Some(Const::Bool(a | b)),
            Operator::BitXor => return Some(Const::Bool(a ^ b)),
            Operator::BitAnd => return Some(Const::Bool(a & b)),
            _ => {}
        }
    }
    if let (Some(a), Some(b)) = (int(l), int(r)) {
        return int_binary(op, a, b);
    }
    let is_number =
        |c: &Const| int(c).is_some() || matches!(c, Const::Float(_) | Const::Complex(..));
    if is_number(l) && is_number(r) {
        if matches!(l, Const::Complex(..)) || matches!(r, Const::Complex(..)) {
            return complex_binary(op, complex(l)?, complex(r)?);
        }
        return float_binary(op, float(l)?, float(r)?);
    }
    match op {
        Operator::Add => match (l, r) {
            (Const::Str(a, _), Const::Str(b, _)) => Some(Const::Str([&a[..], b].concat(), false)),
            (Const::Bytes(a), Const::Bytes(b)) => Some(Const::Bytes([&a[..], b].concat())),
            (Const::Tuple(a), Const::Tuple(b)) => Some(Const::Tuple([&a[..], b].concat())),
            _ => None,
        },
        Operator::Mult => match (int(l), int(r)) {
            (Some(n), None) => repeat(r, n),
            (None, Some(n)) => repeat(l, n),
            _ => None,
        },
        _ => None,
    }
}

fn repeat(value: &Const, n: i128) -> Option<Const> {
    let n = usize::try_from(n.max(0)).ok()?;
    let fits = |len: usize, max: usize| len.checked_mul(n).is_some_and(|total| total <= max);
    match value {
        Const::Str(s, _) if fits(s.len(), MAX_STR) => Some(Const::Str(s.repeat(n), false)),
        Const::Bytes(s) if fits(s.len(), MAX_STR) => Some(Const::Bytes(s.repeat(n))),
        Const::Tuple(t) if fits(t.len(), MAX_TUPLE) => Some(Const::Tuple(
            t.iter().cloned().cycle().take(t.len() * n).collect(),
        )),
        _ => None,
    }
}

fn int_binary(op: Operator, a: i128, b: i128) -> Option<Const> {
    let value = match op {
        Operator::Add => a.checked_add(b)?,
        Operator::Sub => a.checked_sub(b)?,
        Operator::Mult => {
            if bits(a) + bits(b) > 128 {
                return None;
            }
            a.checked_mul(b)?
        }
        Operator::Div => {
            let exact = |v: i128| v.unsigned_abs() <= 1 << 53;
            if b == 0 || !exact(a) || !exact(b) {
                return None;
            }
            return Some(Const::Float(a as f64 / b as f64));
        }
        Operator::FloorDiv => {
            let q = a.checked_div(b)?;
            if a % b != 0 && (a < 0) != (b < 0) {
                q - 1
            } else {
                q
            }
        }
        Operator::Mod => {
            let m = a.checked_rem(b)?;
            if m != 0 && (m < 0) != (b < 0) {
                m + b
            } else {
                m
            }
        }
        Operator::Pow => {
            if b < 0 {
                return if a == 0 {
                    None
                } else {
                    float_binary(op, a as f64, b as f64)
                };
            }
            let exponent = u32::try_from(b).ok()?;
            if a != 0 && bits(a).checked_mul(exponent).is_none_or(|n| n > 128) {
                return None;
            }
            a.checked_pow(exponent)?
        }
        Operator::LShift => {
            let n = u32::try_from(b).ok()?;
            if a != 0 && (n > 128 || bits(a) + n > 127) {
                return None;
            }
            if a == 0 { 0 } else { a << n }
        }
        Operator::RShift => {
            let n = u32::try_from(b).ok()?;
            a >> n.min(127)
        }
        Operator::BitOr => a | b,
        Operator::BitXor => a ^ b,
        Operator::BitAnd => a & b,
        Operator::MatMult => return None,
    };
    Some(from_int(value))
}

fn float(c: &Const) -> Option<f64> {
    match c {
        Const::Float(f) => Some(*f),
        // Only what converts exactly: rounding is the runtime's.
        c => int(c)
            .filter(|i| i.unsigned_abs() <= 1 << 53)
            .map(|i| i as f64),
    }
}

fn float_binary(op: Operator, a: f64, b: f64) -> Option<Const> {
    let value = match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        Operator::Pow if a > 0.0 && a.is_finite() && b.is_finite() => {
            let v = a.powf(b);
            if !v.is_finite() {
                return None;
            }
            v
        }
        _ => return None,
    };
    Some(Const::Float(value))
}

fn complex(c: &Const) -> Option<(f64, f64)> {
    match c {
        Const::Complex(r, i) => Some((*r, *i)),
        c => float(c).map(|f| (f, 0.0)),
    }
}

fn complex_binary(op: Operator, (a, b): (f64, f64), (c, d): (f64, f64)) -> Option<Const> {
    Some(match op {
        Operator::Add => Const::Complex(a + c, b + d),
        Operator::Sub => Const::Complex(a - c, b - d),
        Operator::Mult => Const::Complex(a * c - b * d, a * d + b * c),
        _ => return None,
    })
}

/// `value[index]` of constants.
fn item(value: &Const, index: &Const) -> Option<Const> {
    let at = |len: usize| -> Option<usize> {
        let i = int(index)?;
        let i = if i < 0 { i + len as i128 } else { i };
        usize::try_from(i).ok().filter(|&i| i < len)
    };
    match value {
        Const::Tuple(t) => t.get(at(t.len())?).cloned(),
        Const::Bytes(b) => b.get(at(b.len())?).map(|b| Const::Int(i64::from(*b))),
        Const::Str(s, _) if s.is_ascii() => Some(Const::Str(vec![*s.get(at(s.len())?)?], true)),
        _ => None,
    }
}
