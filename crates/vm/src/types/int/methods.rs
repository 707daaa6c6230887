//! Methods of `int`, and `bool`.

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::{from_big, new_of, ops, text, to_big, to_i64};
use crate::builtins::warnings;
use crate::exceptions::{PyResult, overflow_error, type_error, value_error};
use crate::name;
use crate::object::args::{LazySignature, MAX_PARAMS, check_count, no_keywords};
use crate::object::attr::lookup_special;
use crate::object::call::{call, call_special};
use crate::object::protocol::{self, ordering_matches};
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Bound, Type, TypeFlags};
use crate::types::str::{self, Str};
use crate::types::tuple::{self, Tuple};
use crate::types::{bytes, float};
use crate::value::{Gc, Value};

/// `int`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "int([x]) -> integer\nint(x, base=10) -> integer\n\nConvert a number or string to an integer, or return 0 if no arguments\nare given.  If x is a number, return x.__int__().  For floating point\nnumbers, this truncates towards zero.\n\nIf x is not a number or if base is given, then x must be a string,\nbytes, or bytearray instance representing an integer literal in the\ngiven base.  The literal can be preceded by '+' or '-' and be surrounded\nby whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.\nBase 0 means to interpret the base from the string as an integer literal.\n>>> int('0b100', base=0)\n4",
    flags: TypeFlags::BASETYPE | TypeFlags::LONG_SUBCLASS | TypeFlags::MATCH_SELF,
    methods: &[
        Method::noargs(
            "conjugate",
            ops::pos,
            "Returns self, the complex conjugate of any int.",
        ),
        Method::noargs(
            "bit_length",
            bit_length,
            "Number of bits necessary to represent self in binary.\n\n>>> bin(37)\n'0b100101'\n>>> (37).bit_length()\n6",
        ),
        Method::noargs(
            "bit_count",
            bit_count,
            "Number of ones in the binary representation of the absolute value of self.\n\nAlso known as the population count.\n\n>>> bin(13)\n'0b1101'\n>>> (13).bit_count()\n3",
        ),
        Method::bound(
            "to_bytes",
            "($self, /, length=1, byteorder='big', *, signed=False)",
            to_bytes,
            "Return an array of bytes representing an integer.",
        ),
        Method::bound(
            "from_bytes",
            "($type, /, bytes, byteorder='big', *, signed=False)",
            from_bytes,
            "Return the integer represented by the given array of bytes.",
        )
        .class(),
        Method::noargs(
            "as_integer_ratio",
            |v| tuple::new(&[ops::pos(v)?, Value::int(1)]),
            "Return integer ratio.\n\nReturn a pair of integers, whose ratio is exactly equal to the original int\nand with a positive denominator.\n\n>>> (10).as_integer_ratio()\n(10, 1)\n>>> (-10).as_integer_ratio()\n(-10, 1)\n>>> (0).as_integer_ratio()\n(0, 1)",
        ),
        Method::noargs(
            "__trunc__",
            ops::pos,
            "Truncating an Integral returns itself.",
        ),
        Method::noargs(
            "__floor__",
            ops::pos,
            "Flooring an Integral returns itself.",
        ),
        Method::noargs(
            "__ceil__",
            ops::pos,
            "Ceiling of an Integral returns itself.",
        ),
        Method::fast(
            "__round__",
            "",
            round,
            "Rounding an Integral returns itself.\n\nRounding with an ndigits argument also returns an integer.",
        ),
        Method::noargs("__getnewargs__", |v| tuple::new(&[ops::pos(v)?]), ""),
        Method::one(
            "__format__",
            "($self, format_spec, /)",
            crate::types::str::format::format_method,
            "Default object formatter.",
        ),
        Method::noargs("__sizeof__", size_of, "Returns size in memory, in bytes."),
    ],
    getset: &[
        GetSet::new("real", ops::pos).doc("the real part of a complex number"),
        GetSet::new("imag", |_| Ok(Value::int(0))).doc("the imaginary part of a complex number"),
        GetSet::new("numerator", ops::pos)
            .doc("the numerator of a rational number in lowest terms"),
        GetSet::new("denominator", |_| Ok(Value::int(1)))
            .doc("the denominator of a rational number in lowest terms"),
    ],
    slots: |s| {
        s.new = Some(int_new);
        s.repr = Some(repr);
        s.hash = Some(|v| Ok(ops::hash(v)));
        s.compare = Some(|a, b, op| {
            Ok(ops::compare(a, b).map_or(Value::NOT_IMPLEMENTED, |o| {
                Value::bool(ordering_matches(o, op))
            }))
        });
        s.add = Some(ops::add);
        s.sub = Some(ops::sub);
        s.mul = Some(ops::mul);
        s.truediv = Some(ops::truediv);
        s.floordiv = Some(ops::floordiv);
        s.modulo = Some(ops::modulo);
        s.divmod = Some(ops::divmod);
        s.pow = Some(ops::pow);
        s.lshift = Some(ops::lshift);
        s.rshift = Some(ops::rshift);
        s.and = Some(ops::and);
        s.or = Some(ops::or);
        s.xor = Some(ops::xor);
        s.neg = Some(ops::neg);
        s.pos = Some(ops::pos);
        s.abs = Some(ops::abs);
        s.invert = Some(ops::invert);
        s.bool = Some(|v| Ok(super::is_true(v)));
        s.int = Some(ops::pos);
        s.index = Some(ops::pos);
        s.float = Some(to_float);
    },
    ..TypeSpec::named("int")
};

/// `bool`
pub static BOOL: TypeSpec = TypeSpec {
    doc: "bool(x) -> bool\n\nReturns True when the argument x is true, False otherwise.\nThe builtins True and False are the only two instances of the class bool.\nThe class bool cannot be subclassed.",
    slots: |s| {
        s.new = Some(bool_new);
        s.repr = Some(|v| {
            Ok(if v == Value::TRUE {
                name!("True")
            } else {
                name!("False")
            }
            .value())
        });
        s.and = Some(ops::and);
        s.or = Some(ops::or);
        s.xor = Some(ops::xor);
    },
    ..TypeSpec::named("bool")
};

fn bool_new(_: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    no_keywords("bool", kw)?;
    check_count("bool", args, 0, 1)?;
    match args {
        [v] => protocol::is_true(*v).map(Value::bool),
        _ => Ok(Value::FALSE),
    }
}

fn repr(v: Value) -> PyResult<Value> {
    str::new(&text::to_decimal_limited(v)?)
}

fn to_float(v: Value) -> PyResult<Value> {
    float::operand(v).map(|f| Value::float(f.unwrap_or(0.0)))
}

fn int_new(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(x=0, /, base=10)");
    if let ([v], None) = (args, kw) {
        return finish(ty, from_object(*v)?);
    }
    let mut out = [None; MAX_PARAMS];
    SIGNATURE.get().bind("int", args, kw, &mut out)?;
    let value = match (out[0], out[1]) {
        (None, None) => Value::int(0),
        (None, Some(_)) => return Err(type_error("int() missing string argument")),
        (Some(v), None) => from_object(v)?,
        (Some(v), Some(base)) => with_base(v, base)?,
    };
    finish(ty, value)
}

fn finish(ty: Gc<Type>, value: Value) -> PyResult<Value> {
    if ty == crate::runtime::types().int {
        Ok(value)
    } else {
        new_of(ty, value)
    }
}

fn with_base(v: Value, base: Value) -> PyResult<Value> {
    let base = protocol::as_isize_clipped(base)?;
    if (base != 0 && base < 2) || base > 36 {
        return Err(value_error("int() base must be >= 2 and <= 36, or 0"));
    }
    if v.cast::<Str>().is_none() && !bytes::is_bytes_or_bytearray(v) {
        return Err(type_error(
            "int() can't convert non-string with explicit base",
        ));
    }
    text::parse(v, base as u32)
}

/// `int(v)` of one argument.
pub fn from_object(v: Value) -> PyResult<Value> {
    if v.is_small_int() {
        return Ok(v);
    }
    if super::is_int(v)
        && v.type_of()
            .slots()
            .int
            .is_some_and(|f| std::ptr::fn_addr_eq(f, ops::pos as fn(Value) -> PyResult<Value>))
    {
        return ops::pos(v);
    }
    let ty = v.type_of();
    if let Some(f) = ty.slots().int {
        let r = f(v)?;
        let t = r.type_of().name_string();
        if !super::is_int(r) {
            return Err(type_error(format!("__int__ returned non-int (type {t})")));
        }
        if r.type_of() != crate::runtime::types().int {
            let text = format!(
                "__int__ returned non-int (type {t}).  The ability to return an instance of a strict subclass of int is deprecated, and may not be supported in a future version of Python."
            );
            warnings::deprecated(&text, 1)?;
        }
        return ops::pos(r);
    }
    if ty.slots().index.is_some() {
        return ops::pos(protocol::index(v)?);
    }
    if let Some(method) = lookup_special(v, name!("__trunc__"))? {
        warnings::deprecated("The delegation of int() to __trunc__ is deprecated.", 1)?;
        return from_trunc(call_special(method, &[])?);
    }
    if v.cast::<Str>().is_some() || ty.slots().buffer.is_some() {
        return text::parse(v, 10);
    }
    let t = ty.name_string();
    Err(type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{t}'"
    )))
}

fn from_trunc(r: Value) -> PyResult<Value> {
    if super::is_int(r) {
        return ops::pos(r);
    }
    if r.type_of().slots().index.is_none() {
        let t = r.type_of().name_string();
        return Err(type_error(format!(
            "__trunc__ returned non-Integral (type {t})"
        )));
    }
    ops::pos(protocol::index(r)?)
}

fn bit_length(v: Value) -> PyResult<Value> {
    Ok(Value::int(match to_i64(v) {
        Some(i) => 64 - i64::from(i.unsigned_abs().leading_zeros()),
        None => to_big(v).map_or(0, |b| b.bits() as i64),
    }))
}

fn bit_count(v: Value) -> PyResult<Value> {
    Ok(Value::int(match to_i64(v) {
        Some(i) => i.unsigned_abs().count_ones().into(),
        None => to_big(v).map_or(0, |b| {
            b.iter_u64_digits().map(|d| i64::from(d.count_ones())).sum()
        }),
    }))
}

fn size_of(v: Value) -> PyResult<Value> {
    let bits = to_big(v).map_or(0, |b| b.bits());
    Ok(Value::int(24 + 4 * bits.div_ceil(30).max(1) as i64))
}

fn little_endian(method: &str, order: Option<Value>) -> PyResult<bool> {
    let Some(order) = order else { return Ok(false) };
    let Some(s) = order.cast::<Str>() else {
        let t = order.type_of().name_string();
        return Err(type_error(format!(
            "{method}() argument 'byteorder' must be str, not {t}"
        )));
    };
    if s.eq_str("little") {
        Ok(true)
    } else if s.eq_str("big") {
        Ok(false)
    } else {
        Err(value_error("byteorder must be either 'little' or 'big'"))
    }
}

fn to_bytes(v: Value, args: Bound) -> PyResult<Value> {
    let length = args[0].map_or(Ok(1), protocol::as_isize)?;
    let little = little_endian("to_bytes", args[1])?;
    let signed = args[2].map_or(Ok(false), protocol::is_true)?;
    let length =
        usize::try_from(length).map_err(|_| value_error("length argument must be non-negative"))?;
    let big = to_big(v).unwrap_or_default();
    if big.is_negative() && !signed {
        return Err(overflow_error("can't convert negative int to unsigned"));
    }
    let raw = if signed {
        big.to_signed_bytes_le()
    } else {
        big.magnitude().to_bytes_le()
    };
    let is_zero = big.is_zero();
    if raw.len() > length && !is_zero {
        return Err(overflow_error("int too big to convert"));
    }
    let fill = if big.is_negative() { 0xff } else { 0 };
    let made = bytes::Bytes::build(length, |out| {
        out.fill(fill);
        let n = raw.len().min(length);
        out[..n].copy_from_slice(&raw[..n]);
        if !little {
            out.reverse();
        }
    })?;
    Ok(made.value())
}

fn from_bytes(class: Value, args: Bound) -> PyResult<Value> {
    let little = little_endian("from_bytes", args[1])?;
    let signed = args[2].map_or(Ok(false), protocol::is_true)?;
    let source = args[0].unwrap_or(Value::NONE);
    let object = bytes::methods::from_object(source)?;
    let data = object.slice();
    let value = match (data.len(), little) {
        (0..=7, _) => Value::int(short_from_bytes(data, little, signed)),
        (_, true) if signed => from_big(&BigInt::from_signed_bytes_le(data))?,
        (_, false) if signed => from_big(&BigInt::from_signed_bytes_be(data))?,
        (_, true) => from_big(&BigInt::from_bytes_le(Sign::Plus, data))?,
        (_, false) => from_big(&BigInt::from_bytes_be(Sign::Plus, data))?,
    };
    if class == crate::runtime::types().int.value() {
        Ok(value)
    } else {
        call(class, &[value])
    }
}

fn short_from_bytes(data: &[u8], little: bool, signed: bool) -> i64 {
    let add = |n: i64, &b: &u8| n << 8 | i64::from(b);
    let n = if little {
        data.iter().rev().fold(0, add)
    } else {
        data.iter().fold(0, add)
    };
    let bits = 8 * data.len() as u32;
    if signed && bits > 0 && n >> (bits - 1) & 1 == 1 {
        n - (1 << bits)
    } else {
        n
    }
}

fn round(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("__round__", args, 0, 1)?;
    let Some(&ndigits) = args.first().filter(|n| !n.is_none()) else {
        return ops::pos(v);
    };
    let n = protocol::index(ndigits)?;
    let big = to_big(n).unwrap_or_default();
    if !big.is_negative() {
        return ops::pos(v);
    }
    let value = to_big(v).unwrap_or_default();
    let Some(digits) = (-big).to_u32() else {
        return Ok(Value::int(0));
    };
    if u64::from(digits) > value.bits() / 3 + 2 {
        return Ok(Value::int(0));
    }
    from_big(&round_to_multiple(&value, &BigInt::from(10).pow(digits)))
}

/// The multiple of `unit` nearest to `value`, ties to the even multiple.
fn round_to_multiple(value: &BigInt, unit: &BigInt) -> BigInt {
    let (q, r) = value.div_mod_floor(unit);
    let twice: BigInt = &r << 1;
    let up = twice > *unit || (twice == *unit && q.is_odd());
    (if up { q + BigInt::one() } else { q }) * unit
}
