//! Builtin functions about numbers and characters.

use rivet_spec::{BinaryOp, CompareOp};

use crate::exceptions::{PyResult, overflow_error, type_error, value_error};
use crate::name;
use crate::object::args::{Bound, split};
use crate::object::attr::lookup_special;
use crate::object::call::{call, call_special};
use crate::object::spec::Method;
use crate::object::{number, protocol};
use crate::types::bytearray::ByteArray;
use crate::types::bytes::Bytes;
use crate::types::int;
use crate::types::str::{self, Str};
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

pub(super) static FUNCTIONS: &[Method] = &[
    Method::one(
        "abs",
        "($module, x, /)",
        |_, x| number::abs(x),
        "Return the absolute value of the argument.",
    ),
    Method::one(
        "bin",
        "($module, number, /)",
        |_, x| in_base(x, 2, "0b"),
        "Return the binary representation of an integer.\n\n   >>> bin(2796202)\n   '0b1010101010101010101010'",
    ),
    Method::one(
        "oct",
        "($module, number, /)",
        |_, x| in_base(x, 8, "0o"),
        "Return the octal representation of an integer.\n\n   >>> oct(342391)\n   '0o1234567'",
    ),
    Method::one(
        "hex",
        "($module, number, /)",
        |_, x| in_base(x, 16, "0x"),
        "Return the hexadecimal representation of an integer.\n\n   >>> hex(12648430)\n   '0xc0ffee'",
    ),
    Method::one(
        "chr",
        "($module, i, /)",
        chr,
        "Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.",
    ),
    Method::one(
        "ord",
        "($module, c, /)",
        ord,
        "Return the Unicode code point for a one-character string.",
    ),
    Method::bound(
        "divmod",
        "($module, x, y, /)",
        |_, b| number::divmod(arg(b, 0), arg(b, 1)),
        "Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.",
    ),
    Method::bound(
        "pow",
        "($module, base, exp, mod=None)",
        |_, b| number::power(arg(b, 0), arg(b, 1), arg(b, 2)),
        "Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.\n\nSome types, such as ints, are able to use a more efficient algorithm when\ninvoked using the three argument form.",
    ),
    Method::bound(
        "round",
        "($module, number, ndigits=None)",
        round,
        "Round a number to a given precision in decimal digits.\n\nThe return value is an integer if ndigits is omitted or None.  Otherwise\nthe return value has the same type as the number.  ndigits may be negative.",
    ),
    Method::bound(
        "sum",
        "($module, iterable, /, start=0)",
        sum,
        "Return the sum of a 'start' value (default: 0) plus an iterable of numbers\n\nWhen the iterable is empty, return the start value.\nThis function is intended specifically for use with numeric values and may\nreject non-numeric types.",
    ),
    Method::fastkw(
        "max",
        "",
        |_, a, kw| extreme(a, kw, "max", CompareOp::Gt),
        "max(iterable, *[, default=obj, key=func]) -> value\nmax(arg1, arg2, *args, *[, key=func]) -> value\n\nWith a single iterable argument, return its biggest item. The\ndefault keyword-only argument specifies an object to return if\nthe provided iterable is empty.\nWith two or more arguments, return the largest argument.",
    ),
    Method::fastkw(
        "min",
        "",
        |_, a, kw| extreme(a, kw, "min", CompareOp::Lt),
        "min(iterable, *[, default=obj, key=func]) -> value\nmin(arg1, arg2, *args, *[, key=func]) -> value\n\nWith a single iterable argument, return its smallest item. The\ndefault keyword-only argument specifies an object to return if\nthe provided iterable is empty.\nWith two or more arguments, return the smallest argument.",
    ),
];

fn arg(b: Bound, i: usize) -> Value {
    b[i].unwrap_or(Value::NONE)
}

fn in_base(x: Value, base: u32, prefix: &str) -> PyResult<Value> {
    let big = int::to_big(protocol::index(x)?).unwrap_or_default();
    let sign = if big.sign() == num_bigint::Sign::Minus {
        "-"
    } else {
        ""
    };
    str::new(&format!(
        "{sign}{prefix}{}",
        big.magnitude().to_str_radix(base)
    ))
}

fn chr(_: Value, x: Value) -> PyResult<Value> {
    let i = protocol::index_i64(x, |_| {
        overflow_error("Python int too large to convert to C int")
    })?;
    if i32::try_from(i).is_err() {
        return Err(overflow_error("Python int too large to convert to C int"));
    }
    match u32::try_from(i) {
        Ok(c) if c < 0x11_0000 => Str::from_char(c).map(Gc::value),
        _ => Err(value_error("chr() arg not in range(0x110000)")),
    }
}

fn ord(_: Value, x: Value) -> PyResult<Value> {
    let n = if let Some(s) = x.cast::<Str>() {
        if s.len() == 1 {
            return Ok(Value::int(s.chars().get(0).into()));
        }
        s.len()
    } else if let Some(b) = x.cast::<Bytes>() {
        if let [c] = b.as_slice() {
            return Ok(Value::int((*c).into()));
        }
        b.len()
    } else if x.cast::<ByteArray>().is_some() {
        let n = protocol::length(x)?;
        if n == 1 {
            return protocol::get_item(x, Value::int(0));
        }
        n
    } else {
        let t = x.type_of().name_string();
        return Err(type_error(format!(
            "ord() expected string of length 1, but {t} found"
        )));
    };
    Err(type_error(format!(
        "ord() expected a character, but string of length {n} found"
    )))
}

fn round(_: Value, b: Bound) -> PyResult<Value> {
    let x = arg(b, 0);
    let Some(m) = lookup_special(x, name!("__round__"))? else {
        let t = x.type_of().name_string();
        return Err(type_error(format!(
            "type {t} doesn't define __round__ method"
        )));
    };
    match b[1].and_then(Value::not_none) {
        Some(n) => call_special(m, &[n]),
        None => call_special(m, &[]),
    }
}

/// The running total of `sum`.
#[derive(Clone, Copy)]
enum Total {
    Int(i64),
    Float(f64),
    Any(Value),
}

impl Total {
    fn of(v: Value) -> Total {
        match (v.as_small_int(), v.as_exact_float()) {
            (Some(i), _) => Total::Int(i),
            (_, Some(f)) => Total::Float(f),
            _ => Total::Any(v),
        }
    }

    fn value(self) -> Value {
        match self {
            Total::Int(i) => Value::int(i),
            Total::Float(f) => Value::float(f),
            Total::Any(v) => v,
        }
    }

    fn add(self, v: Value) -> PyResult<Total> {
        match (self, v.as_small_int(), v.as_exact_float()) {
            (Total::Int(a), Some(b), _) => {
                if let Some(c) = a.checked_add(b) {
                    return Ok(Total::Int(c));
                }
            }
            (Total::Float(a), _, Some(b)) => return Ok(Total::Float(a + b)),
            (Total::Float(a), Some(b), _) => return Ok(Total::Float(a + b as f64)),
            _ => {}
        }
        number::binary(BinaryOp::Add, self.value(), v).map(|v| match self {
            Total::Int(_) | Total::Float(_) => Total::of(v),
            Total::Any(_) => Total::Any(v),
        })
    }
}

fn sum(_: Value, b: Bound) -> PyResult<Value> {
    let it = protocol::iter(arg(b, 0))?;
    let start = b[1].unwrap_or(Value::int(0));
    let join = if start.cast::<Str>().is_some() {
        Some(("strings", "''"))
    } else if start.cast::<Bytes>().is_some() {
        Some(("bytes", "b''"))
    } else if start.cast::<ByteArray>().is_some() {
        Some(("bytearray", "b''"))
    } else {
        None
    };
    if let Some((what, empty)) = join {
        return Err(type_error(format!(
            "sum() can't sum {what} [use {empty}.join(seq) instead]"
        )));
    }
    let mut total = Total::of(start);
    while let Some(x) = crate::interp::ops::iter::next(it)? {
        total = total.add(x)?;
    }
    Ok(total.value())
}

fn extreme(args: &[Value], kw: Option<Gc<Tuple>>, name: &str, op: CompareOp) -> PyResult<Value> {
    let (positional, values) = split(args, kw);
    if positional.is_empty() {
        return Err(type_error(format!(
            "{name} expected at least 1 argument, got 0"
        )));
    }
    let (mut key, mut default) = (None, None);
    if let Some(names) = kw {
        for (&k, &v) in names.items().iter().zip(values) {
            match k.cast::<Str>() {
                Some(k) if k.eq_str("key") => key = v.not_none(),
                Some(k) if k.eq_str("default") => default = Some(v),
                _ => {
                    let k = protocol::str(k)?;
                    let text = format!(
                        "'{}' is an invalid keyword argument for {name}()",
                        k.to_string_lossy()
                    );
                    return Err(type_error(text));
                }
            }
        }
    }
    let many = positional.len() > 1;
    if many && default.is_some() {
        return Err(type_error(format!(
            "Cannot specify a default for {name}() with multiple positional arguments"
        )));
    }
    let mut best: Option<(Value, Value)> = None;
    let mut consider = |x: Value| -> PyResult<()> {
        let k = match key {
            Some(f) => call(f, &[x])?,
            None => x,
        };
        let better = match best {
            Some((b, _)) => protocol::compare_bool(k, b, op)?,
            None => true,
        };
        if better {
            best = Some((k, x));
        }
        Ok(())
    };
    if many {
        positional.iter().try_for_each(|&x| consider(x))?;
    } else {
        let it = protocol::iter(positional[0])?;
        while let Some(x) = crate::interp::ops::iter::next(it)? {
            consider(x)?;
        }
    }
    match (best, default) {
        (Some((_, x)), _) => Ok(x),
        (None, Some(d)) => Ok(d),
        (None, None) => Err(value_error(format!("{name}() arg is an empty sequence"))),
    }
}
