//! Arithmetic of ints: machine words where they suffice, else `num-bigint`.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

use super::division::{self, Part};
use super::{from_big, is_int, limbs, to_big, to_i64};
use crate::exceptions::{PyResult, memory_error, overflow_error, value_error, zero_division_error};
use crate::value::Value;

fn pair(a: Value, b: Value) -> Option<(BigInt, BigInt)> {
    Some((to_big(a)?, to_big(b)?))
}

macro_rules! arithmetic {
    ($($(#[$meta:meta])* $name:ident $checked:ident $op:tt, $direct:expr;)*) => {$(
        $(#[$meta])*
        pub fn $name(a: Value, b: Value) -> PyResult<Value> {
            if let (Some(x), Some(y)) = (to_i64(a), to_i64(b)) {
                if let Some(z) = x.$checked(y) {
                    return Ok(Value::int(z));
                }
            }
            if let Some(r) = $direct(a, b) {
                return r;
            }
            match pair(a, b) {
                Some((x, y)) => from_big(&(x $op y)),
                None => Ok(Value::NOT_IMPLEMENTED),
            }
        }
    )*};
}

arithmetic! {
    /// `a + b`
    add checked_add +, |a, b| limbs::sum(a, b, false);
    /// `a - b`
    sub checked_sub -, |a, b| limbs::sum(a, b, true);
    /// `a * b`
    mul checked_mul *, limbs::product;
}

macro_rules! bitwise {
    ($($(#[$meta:meta])* $name:ident $op:tt;)*) => {$(
        $(#[$meta])*
        pub fn $name(a: Value, b: Value) -> PyResult<Value> {
            if let (Some(x), Some(y)) = (a.as_bool(), b.as_bool()) {
                return Ok(Value::bool(x $op y));
            }
            if let (Some(x), Some(y)) = (to_i64(a), to_i64(b)) {
                return Ok(Value::int(x $op y));
            }
            match pair(a, b) {
                Some((x, y)) => from_big(&(x $op y)),
                None => Ok(Value::NOT_IMPLEMENTED),
            }
        }
    )*};
}

bitwise! {
    /// `a & b`
    and &;
    /// `a | b`
    or |;
    /// `a ^ b`
    xor ^;
}

/// Floor division of machine words; None on overflow.
#[inline]
pub fn floor_div_i64(x: i64, y: i64) -> Option<i64> {
    let q = x.checked_div(y)?;
    Some(if x % y != 0 && (x < 0) != (y < 0) {
        q - 1
    } else {
        q
    })
}

/// Floor modulo of machine words; `y` is not 0.
#[inline]
pub fn floor_mod_i64(x: i64, y: i64) -> i64 {
    let r = x.wrapping_rem(y);
    if r != 0 && (r < 0) != (y < 0) {
        r + y
    } else {
        r
    }
}

/// `a // b`
pub fn floordiv(a: Value, b: Value) -> PyResult<Value> {
    if let (Some(x), Some(y)) = (to_i64(a), to_i64(b)) {
        if y == 0 {
            return Err(zero_division_error("integer division or modulo by zero"));
        }
        if let Some(q) = floor_div_i64(x, y) {
            return Ok(Value::int(q));
        }
    }
    if let Some(r) = division::floor(a, b, Part::Quotient) {
        return r;
    }
    match pair(a, b) {
        Some((_, y)) if y.is_zero() => {
            Err(zero_division_error("integer division or modulo by zero"))
        }
        Some((x, y)) => from_big(&x.div_floor(&y)),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// `a % b`
pub fn modulo(a: Value, b: Value) -> PyResult<Value> {
    if let (Some(x), Some(y)) = (to_i64(a), to_i64(b)) {
        if y == 0 {
            return Err(zero_division_error("integer modulo by zero"));
        }
        return Ok(Value::int(floor_mod_i64(x, y)));
    }
    if let Some(r) = division::floor(a, b, Part::Remainder) {
        return r;
    }
    match pair(a, b) {
        Some((_, y)) if y.is_zero() => Err(zero_division_error("integer modulo by zero")),
        Some((x, y)) => from_big(&x.mod_floor(&y)),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// `divmod(a, b)`
pub fn divmod(a: Value, b: Value) -> PyResult<Value> {
    if !is_int(a) || !is_int(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let q = floordiv(a, b)?;
    let r = modulo(a, b)?;
    crate::types::tuple::new(&[q, r])
}

/// `a / b`: correctly rounded.
pub fn truediv(a: Value, b: Value) -> PyResult<Value> {
    const EXACT: i64 = 1 << 53;
    if let (Some(x), Some(y)) = (to_i64(a), to_i64(b)) {
        if y == 0 {
            return Err(zero_division_error("division by zero"));
        }
        if (-EXACT..=EXACT).contains(&x) && (-EXACT..=EXACT).contains(&y) {
            return Ok(Value::float(x as f64 / y as f64));
        }
    }
    let Some((x, y)) = pair(a, b) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if y.is_zero() {
        return Err(zero_division_error("division by zero"));
    }
    match divide_rounded(&x, &y) {
        Some(f) => Ok(Value::float(f)),
        None => Err(overflow_error(
            "integer division result too large for a float",
        )),
    }
}

/// The nearest float of `x / y` (ties to even); None if it overflows.
fn divide_rounded(x: &BigInt, y: &BigInt) -> Option<f64> {
    if x.is_zero() {
        return Some(if y.is_negative() { -0.0 } else { 0.0 });
    }
    let negative = x.is_negative() != y.is_negative();
    let (x, y) = (x.magnitude(), y.magnitude());
    let exponent = x.bits() as i64 - y.bits() as i64;
    if exponent > 1025 {
        return None;
    }
    if exponent < -1080 {
        return Some(if negative { -0.0 } else { 0.0 });
    }
    // A quotient of at least 55 bits above the subnormal limit, with a sticky bit for the remainder.
    let shift = (exponent - 56).max(-1074 - 2);
    let (q, r) = if shift <= 0 {
        (x << (-shift) as u64).div_rem(y)
    } else {
        x.div_rem(&(y << shift as u64))
    };
    let mut q = q.to_u64()?;
    if !r.is_zero() {
        q |= 1;
    }
    let f = round_scaled(q, shift);
    if f.is_infinite() {
        None
    } else {
        Some(if negative { -f } else { f })
    }
}

/// `q * 2**e` rounded once to the nearest float, ties to even; bit 0 of `q` is sticky.
fn round_scaled(q: u64, e: i64) -> f64 {
    let bits = 64 - i64::from(q.leading_zeros());
    // The exponent of the last place of the result.
    let last = (bits + e - 53).max(-1074);
    let drop = last - e;
    if drop <= 0 {
        return scale(q as f64, e);
    }
    if drop > 63 {
        return 0.0;
    }
    let half = 1u64 << (drop - 1);
    let (kept, rest) = (q >> drop, q & ((1u64 << drop) - 1));
    let up = rest > half || (rest == half && kept & 1 == 1);
    scale((kept + u64::from(up)) as f64, last)
}

/// `f * 2**e` where the result is exact.
fn scale(f: f64, e: i64) -> f64 {
    let half = (e / 2) as i32;
    f * 2f64.powi(half) * 2f64.powi(e as i32 - half)
}

/// `a << b`
pub fn lshift(a: Value, b: Value) -> PyResult<Value> {
    if !is_int(a) || !is_int(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let n = shift_count(b)?;
    let Some(n) = n else {
        return if to_i64(a) == Some(0) {
            Ok(Value::int(0))
        } else {
            Err(overflow_error("too many digits in integer"))
        };
    };
    if let Some(x) = to_i64(a) {
        if n < 63 && (x << n) >> n == x {
            return Ok(Value::int(x << n));
        }
        if x == 0 {
            return Ok(Value::int(0));
        }
    }
    if n > (1 << 40) {
        return Err(memory_error(""));
    }
    from_big(&(to_big(a).expect("checked") << n))
}

/// `a >> b`
pub fn rshift(a: Value, b: Value) -> PyResult<Value> {
    if !is_int(a) || !is_int(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let n = shift_count(b)?;
    if let Some(x) = to_i64(a) {
        return Ok(Value::int(x >> n.unwrap_or(63).min(63)));
    }
    let big = to_big(a).expect("checked");
    match n {
        Some(n) => from_big(&(big >> n)),
        None => Ok(Value::int(if big.is_negative() { -1 } else { 0 })),
    }
}

/// The shift count: ValueError if negative; None if huge.
fn shift_count(b: Value) -> PyResult<Option<u64>> {
    match to_i64(b) {
        Some(n) if n < 0 => Err(value_error("negative shift count")),
        Some(n) => Ok(Some(n as u64)),
        None if to_big(b).is_some_and(|b| b.is_negative()) => {
            Err(value_error("negative shift count"))
        }
        None => Ok(None),
    }
}

/// `a ** b` and `pow(a, b, m)`
pub fn pow(a: Value, b: Value, m: Value) -> PyResult<Value> {
    let Some((x, y)) = pair(a, b) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !m.is_none() {
        return match to_big(m) {
            Some(m) => pow_mod(x, y, m),
            None => Ok(Value::NOT_IMPLEMENTED),
        };
    }
    if y.is_negative() {
        let (Some(fx), Some(fy)) = (super::to_f64(a), super::to_f64(b)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        return crate::types::float::pow_f64(fx, fy);
    }
    match (to_i64(a), y.to_u32()) {
        (Some(0 | 1), Some(e)) if e > 0 => Ok(Value::int(to_i64(a).unwrap_or(0))),
        (Some(i), Some(e)) => match i.checked_pow(e) {
            Some(r) => Ok(Value::int(r)),
            None => from_big(&x.pow(e)),
        },
        (_, Some(e)) => from_big(&x.pow(e)),
        (Some(i @ (0 | 1)), None) => Ok(Value::int(i)),
        (Some(-1), None) => Ok(Value::int(if y.is_even() { 1 } else { -1 })),
        (_, None) => Err(memory_error("")),
    }
}

fn pow_mod(x: BigInt, y: BigInt, m: BigInt) -> PyResult<Value> {
    if m.is_zero() {
        return Err(value_error("pow() 3rd argument cannot be 0"));
    }
    if !y.is_negative() {
        return from_big(&x.modpow(&y, &m));
    }
    let g = x.extended_gcd(&m);
    if g.gcd.abs() != BigInt::from(1) {
        return Err(value_error("base is not invertible for the given modulus"));
    }
    let inverse = (g.x * g.gcd.signum()).mod_floor(&m);
    from_big(&inverse.modpow(&-y, &m))
}

/// `-a`
pub fn neg(a: Value) -> PyResult<Value> {
    match to_i64(a).and_then(i64::checked_neg) {
        Some(x) => Ok(Value::int(x)),
        None => from_big(&-to_big(a).unwrap_or_default()),
    }
}

/// `+a`: the exact int.
pub fn pos(a: Value) -> PyResult<Value> {
    match to_i64(a) {
        Some(x) => Ok(Value::int(x)),
        None => from_big(&to_big(a).unwrap_or_default()),
    }
}

/// `abs(a)`
pub fn abs(a: Value) -> PyResult<Value> {
    match to_i64(a).and_then(i64::checked_abs) {
        Some(x) => Ok(Value::int(x)),
        None => from_big(&to_big(a).unwrap_or_default().abs()),
    }
}

/// `~a`
pub fn invert(a: Value) -> PyResult<Value> {
    match to_i64(a) {
        Some(x) => Ok(Value::int(!x)),
        None => from_big(&!to_big(a).unwrap_or_default()),
    }
}

/// The hash: the value modulo 2**61 - 1, with the sign.
pub fn hash(a: Value) -> i64 {
    const M: i64 = (1 << 61) - 1;
    let h = match to_i64(a) {
        Some(x) => x % M,
        None => (to_big(a).unwrap_or_default() % M).to_i64().unwrap_or(0),
    };
    if h == -1 { -2 } else { h }
}

/// Three-way comparison of two ints.
pub fn compare(a: Value, b: Value) -> Option<std::cmp::Ordering> {
    if let (Some(x), Some(y)) = (to_i64(a), to_i64(b)) {
        return Some(x.cmp(&y));
    }
    limbs::compare(a, b)
}
