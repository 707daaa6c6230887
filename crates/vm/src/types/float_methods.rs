//! Methods of `float`.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::FromPrimitive;
use rivet_spec::CompareOp;

use crate::exceptions::{
    PyResult, Raised, overflow_error, type_error, value_error, zero_division_error,
};
use crate::object::args::{check_count, no_keywords};
use crate::object::call::call;
use crate::object::protocol::{self, ordering_matches};
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Type, TypeFlags};
use crate::types::float::{
    self as ops, Float, div_mod, floor_div, floor_mod, frexp, hash_f64, operands,
};
use crate::types::float_text::{self, parse, strip_underscores};
use crate::types::int::{self, text::number_text};
use crate::types::str::{self, Str};
use crate::types::tuple::{self, Tuple};
use crate::types::{bytes, memoryview};
use crate::value::{Gc, Value};

/// `float`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "Convert a string or number to a floating point number, if possible.",
    signature: "(x=0, /)",
    flags: TypeFlags::BASETYPE | TypeFlags::MATCH_SELF,
    methods: &[
        Method::noargs("conjugate", exact, "Return self, the complex conjugate of any float."),
        Method::noargs("__trunc__", truncate, "Return the Integral closest to x between 0 and x."),
        Method::noargs("__floor__", |v| to_int(this(v).floor()), "Return the floor as an Integral."),
        Method::noargs("__ceil__", |v| to_int(this(v).ceil()), "Return the ceiling as an Integral."),
        Method::fast("__round__", "($self, ndigits=None, /)", round, "Return the Integral closest to x, rounding half toward even.\n\nWhen an argument is passed, work like built-in round(x, ndigits)."),
        Method::noargs("as_integer_ratio", as_integer_ratio, "Return integer ratio.\n\nReturn a pair of integers, whose ratio is exactly equal to the original float\nand with a positive denominator.\n\nRaise OverflowError on infinities and a ValueError on NaNs.\n\n>>> (10.0).as_integer_ratio()\n(10, 1)\n>>> (0.0).as_integer_ratio()\n(0, 1)\n>>> (-.25).as_integer_ratio()\n(-1, 4)"),
        Method::one("fromhex", "($type, string, /)", from_hex, "Create a floating-point number from a hexadecimal string.\n\n>>> float.fromhex('0x1.ffffp10')\n2047.984375\n>>> float.fromhex('-0x1p-1074')\n-5e-324").class(),
        Method::noargs("hex", |v| str::new(&hex(this(v))), "Return a hexadecimal representation of a floating-point number.\n\n>>> (-0.1).hex()\n'-0x1.999999999999ap-4'\n>>> 3.14159.hex()\n'0x1.921f9f01b866ep+1'"),
        Method::noargs("is_integer", |v| Ok(Value::bool(this(v).is_finite() && this(v).fract() == 0.0)), "Return True if the float is an integer."),
        Method::noargs("__getnewargs__", |v| tuple::new(&[exact(v)?]), ""),
        Method::one("__getformat__", "($type, typestr, /)", get_format, "You probably don't want to use this function.\n\n  typestr\n    Must be 'double' or 'float'.\n\nIt exists mainly to be used in Python's test suite.\n\nThis function returns whichever of 'unknown', 'IEEE, big-endian' or 'IEEE,\nlittle-endian' best describes the format of floating point numbers used by the\nC type named by typestr.").class(),
        Method::one("__format__", "($self, format_spec, /)", crate::types::str::format::format_method, "Formats the float according to format_spec."),
    ],
    getset: &[
        GetSet::new("real", exact).doc("the real part of a complex number"),
        GetSet::new("imag", |_| Ok(Value::float(0.0))).doc("the imaginary part of a complex number"),
    ],
    slots: |s| {
        s.new = Some(float_new);
        s.repr = Some(|v| str::new(&float_text::repr(this(v))));
        s.hash = Some(hash);
        s.compare = Some(compare);
        s.add = Some(|a, b| binary(a, b, |x, y| Ok(x + y)));
        s.sub = Some(|a, b| binary(a, b, |x, y| Ok(x - y)));
        s.mul = Some(|a, b| binary(a, b, |x, y| Ok(x * y)));
        s.truediv = Some(|a, b| binary(a, b, |x, y| Ok(x / nonzero(y, "float division by zero")?)));
        s.floordiv = Some(|a, b| binary(a, b, |x, y| Ok(floor_div(x, nonzero(y, "float floor division by zero")?))));
        s.modulo = Some(|a, b| binary(a, b, |x, y| Ok(floor_mod(x, nonzero(y, "float modulo")?))));
        s.divmod = Some(divmod);
        s.pow = Some(pow);
        s.neg = Some(|v| Ok(Value::float(-this(v))));
        s.pos = Some(exact);
        s.abs = Some(|v| Ok(Value::float(this(v).abs())));
        s.bool = Some(|v| Ok(this(v) != 0.0));
        s.int = Some(truncate);
        s.float = Some(exact);
    },
    ..TypeSpec::named("float")
};

fn this(v: Value) -> f64 {
    v.as_float().expect("checked by the descriptor")
}

/// The exact float of a float.
fn exact(v: Value) -> PyResult<Value> {
    Ok(if v.as_exact_float().is_some() {
        v
    } else {
        Value::float(this(v))
    })
}

fn nonzero(y: f64, message: &str) -> PyResult<f64> {
    if y == 0.0 {
        Err(zero_division_error(message))
    } else {
        Ok(y)
    }
}

fn binary(a: Value, b: Value, f: impl Fn(f64, f64) -> PyResult<f64>) -> PyResult<Value> {
    match operands(a, b)? {
        Some((x, y)) => f(x, y).map(Value::float),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn divmod(a: Value, b: Value) -> PyResult<Value> {
    let Some((x, y)) = operands(a, b)? else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let (d, m) = div_mod(x, nonzero(y, "float divmod()")?);
    tuple::new(&[Value::float(d), Value::float(m)])
}

fn pow(a: Value, b: Value, m: Value) -> PyResult<Value> {
    if !m.is_none() {
        return Err(type_error(
            "pow() 3rd argument not allowed unless all arguments are integers",
        ));
    }
    match operands(a, b)? {
        Some((x, y)) => ops::pow_f64(x, y),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn hash(v: Value) -> PyResult<i64> {
    let f = this(v);
    if f.is_nan() {
        protocol::hash_identity(v)
    } else {
        Ok(hash_f64(f))
    }
}

/// Exact comparison of a float with a float or int; None if unordered or no number.
pub fn compare_values(f: f64, other: Value) -> Option<Ordering> {
    if let Some(g) = other.as_float() {
        return f.partial_cmp(&g);
    }
    if let Some(i) = int::to_i64(other)
        && i.unsigned_abs() <= 1 << 53
    {
        return f.partial_cmp(&(i as f64));
    }
    let big = int::to_big(other)?;
    if f.is_nan() {
        return None;
    }
    if f.is_infinite() {
        return Some(if f > 0.0 {
            Ordering::Greater
        } else {
            Ordering::Less
        });
    }
    let whole = BigInt::from_f64(f.trunc())?;
    Some(whole.cmp(&big).then(f.fract().partial_cmp(&0.0)?))
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    if b.as_float().is_none() && !int::is_int(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    Ok(Value::bool(match compare_values(this(a), b) {
        Some(o) => ordering_matches(o, op),
        None => op == CompareOp::Ne,
    }))
}

fn float_new(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let float = crate::runtime::types().float;
    let init = |t: Gc<Type>| t.slots().init.map(|f| f as usize);
    let (args, kw) = match kw {
        // A subclass with an `__init__` of its own may take keywords.
        Some(k) if ty != float && init(ty) != init(float) => (&args[..args.len() - k.len()], None),
        kw => (args, kw),
    };
    no_keywords("float", kw)?;
    check_count("float", args, 0, 1)?;
    let Some(&v) = args.first() else {
        return Float::new_of(ty, 0.0);
    };
    if v.as_exact_float().is_some() && ty == float {
        return Ok(v);
    }
    Float::new_of(ty, from_object(v)?)
}

/// `float(v)`
pub fn from_object(v: Value) -> PyResult<f64> {
    if let Some(f) = v.as_exact_float() {
        return Ok(f);
    }
    let slots = v.type_of();
    let slots = slots.slots();
    if let Some(f) = slots.float {
        let r = f(v)?;
        let (t, rt) = (v.type_of().name_string(), r.type_of().name_string());
        let Some(value) = r.as_float() else {
            return Err(type_error(format!(
                "{t}.__float__ returned non-float (type {rt})"
            )));
        };
        if r.as_exact_float().is_none() {
            let text = format!(
                "{t}.__float__ returned non-float (type {rt}).  The ability to return an instance of a strict subclass of float is deprecated, and may not be supported in a future version of Python."
            );
            crate::builtins::warnings::deprecated(&text, 1)?;
        }
        return Ok(value);
    }
    if slots.index.is_some() {
        return protocol::as_f64(v);
    }
    if let Some(s) = v.cast::<Str>() {
        return parse_number(&number_text(&s)).ok_or_else(|| cannot_convert(v));
    }
    if slots.buffer.is_some() {
        let raw = memoryview::bytes_like(v)?;
        let text: String = raw
            .iter()
            .map(|&b| if b < 128 { b as char } else { '?' })
            .collect();
        let text = text.trim_matches(|c| matches!(c, '\t'..='\r' | ' '));
        return match parse_number(text) {
            Some(f) => Ok(f),
            None if bytes::is_bytes_or_bytearray(v) => Err(cannot_convert(v)),
            None => Err(cannot_convert(bytes::new(&raw)?)),
        };
    }
    let t = v.type_of().name_string();
    Err(type_error(format!(
        "float() argument must be a string or a real number, not '{t}'"
    )))
}

fn parse_number(text: &str) -> Option<f64> {
    if text.contains('_') {
        parse(&strip_underscores(text)?)
    } else {
        parse(text)
    }
}

#[cold]
fn cannot_convert(v: Value) -> Raised {
    match protocol::repr_string(v) {
        Ok(r) => value_error(format!("could not convert string to float: {r}")),
        Err(raised) => raised,
    }
}

/// The int of a float without fraction.
pub fn to_int(f: f64) -> PyResult<Value> {
    if f.is_nan() {
        return Err(value_error("cannot convert float NaN to integer"));
    }
    if f.is_infinite() {
        return Err(overflow_error("cannot convert float infinity to integer"));
    }
    if f.abs() < 9e18 {
        return Ok(Value::int(f as i64));
    }
    int::from_big(&BigInt::from_f64(f).unwrap_or_default())
}

fn truncate(v: Value) -> PyResult<Value> {
    to_int(this(v).trunc())
}

fn round(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("__round__", args, 0, 1)?;
    let f = this(v);
    match args.first().filter(|n| !n.is_none()) {
        None => to_int(f.round_ties_even()),
        Some(&n) => {
            let n = protocol::as_isize_clipped(protocol::index(n)?)?;
            round_digits(f, n).map(Value::float)
        }
    }
}

/// `round(f, n)`: correctly rounded from the exact value, ties to even.
fn round_digits(f: f64, n: isize) -> PyResult<f64> {
    if !f.is_finite() || n > 323 || f == 0.0 {
        return Ok(f);
    }
    if n < -308 {
        return Ok(0.0f64.copysign(f));
    }
    let r = if n >= 0 {
        format!("{f:.*}", n as usize).parse().unwrap_or(f)
    } else {
        round_left(f, n)
    };
    if f64::is_infinite(r) {
        return Err(overflow_error("rounded value too large to represent"));
    }
    Ok(r)
}

/// Rounds to a multiple of a power of ten.
fn round_left(f: f64, n: isize) -> f64 {
    let text = format!("{f:e}");
    let exponent: isize = text
        .split_once('e')
        .and_then(|(_, e)| e.parse().ok())
        .unwrap_or(0);
    let digits = exponent + 1 + n;
    if digits < 0 {
        return 0.0f64.copysign(f);
    }
    if digits == 0 {
        let half: f64 = format!("5e{exponent}").parse().unwrap_or(0.0);
        let up = f.abs() > half;
        let r = if up {
            format!("1e{}", exponent + 1).parse().unwrap_or(0.0)
        } else {
            0.0f64
        };
        return r.copysign(f);
    }
    format!("{f:.*e}", digits as usize - 1).parse().unwrap_or(f)
}

fn as_integer_ratio(v: Value) -> PyResult<Value> {
    let f = this(v);
    if f.is_infinite() {
        return Err(overflow_error("cannot convert Infinity to integer ratio"));
    }
    if f.is_nan() {
        return Err(value_error("cannot convert NaN to integer ratio"));
    }
    let (m, mut e) = frexp(f);
    let mut n = (m * (1u64 << 53) as f64) as i64;
    e -= 53;
    let twos = if n == 0 { 0 } else { n.trailing_zeros() as i32 };
    n >>= twos;
    e += twos;
    if n == 0 {
        e = 0;
    }
    let (num, den) = match e {
        0.. => (BigInt::from(n) << e, BigInt::from(1)),
        _ => (BigInt::from(n), BigInt::from(1) << -e),
    };
    tuple::new(&[int::from_big(&num)?, int::from_big(&den)?])
}

fn get_format(_: Value, kind: Value) -> PyResult<Value> {
    let Some(s) = kind.cast::<Str>() else {
        let t = kind.type_of().name_string();
        return Err(type_error(format!(
            "__getformat__() argument must be str, not {t}"
        )));
    };
    if s.eq_str("double") || s.eq_str("float") {
        return str::new("IEEE, little-endian");
    }
    Err(value_error(
        "__getformat__() argument 1 must be 'double' or 'float'",
    ))
}

/// `float.hex`
fn hex(f: f64) -> String {
    if !f.is_finite() {
        return float_text::repr(f);
    }
    let sign = if f.is_sign_negative() { "-" } else { "" };
    if f == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = f.to_bits();
    let mantissa = bits & ((1 << 52) - 1);
    let e = (bits >> 52 & 0x7ff) as i32;
    let (lead, e) = if e == 0 { (0, -1022) } else { (1, e - 1023) };
    format!("{sign}0x{lead}.{mantissa:013x}p{e:+}")
}

fn from_hex(class: Value, text: Value) -> PyResult<Value> {
    let Some(s) = text.cast::<Str>() else {
        return Err(type_error("bad argument type for built-in operation"));
    };
    let text = s.to_string_lossy();
    let f = parse_hex(text.trim_matches(|c| matches!(c, '\t'..='\r' | ' ')))?;
    let v = Value::float(f);
    if class == crate::runtime::types().float.value() {
        Ok(v)
    } else {
        call(class, &[v])
    }
}

fn parse_hex(text: &str) -> PyResult<f64> {
    let invalid = || value_error("invalid hexadecimal floating-point string");
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match body.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Ok(sign * f64::INFINITY),
        "nan" => return Ok(f64::NAN),
        _ => {}
    }
    let body = body
        .strip_prefix("0x")
        .or_else(|| body.strip_prefix("0X"))
        .unwrap_or(body);
    let (mantissa, exponent) = match body.split_once(['p', 'P']) {
        Some((m, e)) => (m, Some(e)),
        None => (body, None),
    };
    let exponent = match exponent {
        None => 0,
        Some(e) => {
            let digits = e.strip_prefix(['+', '-']).unwrap_or(e);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(invalid());
            }
            let n = digits
                .parse::<i64>()
                .unwrap_or(i64::MAX / 4)
                .min(i64::MAX / 4);
            if e.starts_with('-') { -n } else { n }
        }
    };
    let (int, frac) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let valid = |t: &str| t.bytes().all(|b| b.is_ascii_hexdigit());
    if (int.is_empty() && frac.is_empty()) || !valid(int) || !valid(frac) {
        return Err(invalid());
    }
    let f = assemble_hex(int, frac, exponent);
    if f.is_infinite() {
        return Err(overflow_error(
            "hexadecimal value too large to represent as a float",
        ));
    }
    Ok(sign * f)
}

/// The nearest float (ties to even) of `0x<int>.<frac> * 2**exponent`.
fn assemble_hex(int: &str, frac: &str, exponent: i64) -> f64 {
    let mut mantissa = 0u128;
    let mut sticky = false;
    let mut e = exponent - 4 * frac.len() as i64;
    for b in int.bytes().chain(frac.bytes()) {
        let d = u128::from((b as char).to_digit(16).unwrap_or(0));
        if mantissa >> 120 == 0 {
            mantissa = mantissa << 4 | d;
        } else {
            sticky |= d != 0;
            e += 4;
        }
    }
    if mantissa == 0 {
        return 0.0;
    }
    let bits = 128 - i64::from(mantissa.leading_zeros());
    if bits + e > 1024 {
        return f64::INFINITY;
    }
    if bits + e < -1080 {
        return 0.0;
    }
    // The exponent of the last place of the result.
    let last = (bits + e - 53).max(-1074);
    let drop = last - e;
    if drop <= 0 {
        return scale(mantissa as f64, e);
    }
    if drop > 127 {
        return 0.0;
    }
    let (kept, rest) = (mantissa >> drop, mantissa & ((1 << drop) - 1));
    let half = 1u128 << (drop - 1);
    let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
    scale((kept + u128::from(up)) as f64, last)
}

/// `f * 2**e` where the result is exact or infinite.
fn scale(f: f64, e: i64) -> f64 {
    let half = (e / 2) as i32;
    f * 2f64.powi(half) * 2f64.powi(e as i32 - half)
}
