//! `int`: 63-bit ints are immediate words; larger ones, and instances of subclasses, are objects holding the
//! limbs. Arithmetic on large ints is `num-bigint`'s.

mod division;
mod limbs;
pub mod methods;
pub mod ops;
pub mod text;

use std::borrow::Cow;

use num_bigint::{BigInt, Sign};
use num_traits::{ToPrimitive, Zero};
use rivet_heap::Header;

use crate::exceptions::PyResult;
use crate::object::{Type, instance};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Value};

/// A large int or an instance of a subclass of int. The magnitude's 32-bit digits follow, least first.
#[repr(C)]
pub struct Int {
    header: Header,
    negative: bool,
    digits: u32,
}

impl Payload for Int {
    const LAYOUT: LayoutId = layout::INT;
    const KIND: Kind = Kind::Int;
}

/// Words of the fixed part of the body.
pub const FIXED_WORDS: usize = 1;

impl Int {
    fn slice(&self) -> &[u32] {
        // SAFETY: `digits` 32-bit digits follow the fixed part.
        unsafe {
            let p = std::ptr::from_ref(self)
                .cast::<u32>()
                .add(size_of::<Int>() / 4);
            std::slice::from_raw_parts(p, self.digits as usize)
        }
    }

    /// The value.
    pub fn to_big(&self) -> BigInt {
        let sign = match (self.digits, self.negative) {
            (0, _) => Sign::NoSign,
            (_, true) => Sign::Minus,
            (_, false) => Sign::Plus,
        };
        BigInt::from_slice(sign, self.slice())
    }

    /// The value, if it fits.
    pub fn to_i64(&self) -> Option<i64> {
        let d = self.slice();
        if d.len() > 2 {
            return None;
        }
        let m = d.iter().rev().fold(0u64, |m, &x| m << 32 | u64::from(x));
        if self.negative {
            0i64.checked_sub_unsigned(m)
        } else {
            i64::try_from(m).ok()
        }
    }

    fn store(value: Value, big: &BigInt) -> Value {
        let int = value.cast::<Int>().expect("an int object");
        // SAFETY: fresh object allocated with room for the digits, in whole words.
        unsafe {
            let p = int.as_ptr();
            (&raw mut (*p).negative).write(big.sign() == Sign::Minus);
            (&raw mut (*p).digits).write(big.iter_u32_digits().len() as u32);
            let d = p.cast::<u64>().add(size_of::<Int>() / 8);
            for (i, pair) in big.iter_u64_digits().enumerate() {
                d.add(i).write(pair);
            }
        }
        value
    }
}

/// Words that a magnitude of this many 32-bit digits takes.
fn words(big: &BigInt) -> usize {
    big.iter_u32_digits().len().div_ceil(2)
}

/// The Python int of this value.
pub fn from_big(big: &BigInt) -> PyResult<Value> {
    if let Some(v) = big.to_i64().and_then(Value::small_int) {
        return Ok(v);
    }
    let p = rivet_heap::alloc(layout::INT, FIXED_WORDS + words(big));
    if p.is_null() {
        return Err(crate::exceptions::no_memory());
    }
    Ok(Int::store(Value::from_header(p), big))
}

/// An instance of `ty`, a subclass of int, of this value.
pub fn new_of(ty: Gc<Type>, value: Value) -> PyResult<Value> {
    let big = to_big(value).expect("an int");
    if ty == crate::runtime::types().int {
        return from_big(&big);
    }
    Ok(Int::store(instance::allocate(ty, words(&big))?, &big))
}

/// The int of a machine word that does not fit in 63 bits.
#[cold]
pub fn big_from_i64(i: i64) -> Value {
    from_big(&BigInt::from(i)).expect("memory for an int")
}

/// The int of an unsigned machine word.
pub fn from_u64(n: u64) -> Value {
    match i64::try_from(n).ok().and_then(Value::small_int) {
        Some(v) => v,
        None => from_big(&BigInt::from(n)).expect("memory for an int"),
    }
}

/// Whether two large ints are equal.
pub fn big_eq(a: Value, b: Value) -> bool {
    match (a.cast::<Int>(), b.cast::<Int>()) {
        (Some(a), Some(b)) => a.negative == b.negative && a.slice() == b.slice(),
        _ => false,
    }
}

/// Whether the value is an int (bools and subclasses included).
#[inline]
pub fn is_int(v: Value) -> bool {
    v.is_small_int() || v.as_bool().is_some() || v.cast::<Int>().is_some()
}

/// The value of an int (bools and subclasses included); None if it is no int.
pub fn to_big(v: Value) -> Option<BigInt> {
    if let Some(i) = v.as_small_int() {
        return Some(BigInt::from(i));
    }
    if let Some(b) = v.as_bool() {
        return Some(BigInt::from(u8::from(b)));
    }
    v.cast::<Int>().map(|i| i.to_big())
}

/// The value of an int as a machine word; None if it is no int or does not fit.
#[inline]
pub fn to_i64(v: Value) -> Option<i64> {
    if let Some(i) = v.as_small_int() {
        return Some(i);
    }
    if let Some(b) = v.as_bool() {
        return Some(b.into());
    }
    v.cast::<Int>()?.to_i64()
}

/// The value as a float, rounded to nearest-even; None if it is no int. Infinite if too large.
pub fn to_f64(v: Value) -> Option<f64> {
    match to_i64(v) {
        Some(i) => Some(i as f64),
        None => v.cast::<Int>().map(|i| big_to_f64(&i.to_big())),
    }
}

/// Nearest float (ties to even) of a large int; infinite if out of range.
pub fn big_to_f64(big: &BigInt) -> f64 {
    let bits = big.bits();
    if bits <= 64 {
        return big.to_f64().unwrap_or(f64::INFINITY);
    }
    if bits > 1024 {
        return if big.sign() == Sign::Minus {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        };
    }
    // Keep 64 leading bits, the lowest of which is sticky: rounding to 53 bits is then exact.
    let shift = bits - 64;
    let magnitude = big.magnitude();
    let top = (magnitude >> shift).to_u64().unwrap_or(u64::MAX);
    let sticky = magnitude.trailing_zeros().is_some_and(|z| z < shift);
    let f = (top | u64::from(sticky)) as f64 * 2f64.powi(shift as i32);
    if big.sign() == Sign::Minus { -f } else { f }
}

/// `bool(v)` of an int.
pub fn is_true(v: Value) -> bool {
    to_big(v).is_some_and(|b| !b.is_zero())
}

/// Decimal digits without a limit on their number (for Rust callers).
pub fn to_decimal(v: Value) -> Cow<'static, str> {
    match to_i64(v) {
        Some(i) => Cow::Owned(i.to_string()),
        None => Cow::Owned(to_big(v).map_or_else(String::new, |b| b.to_string())),
    }
}

/// The sign of an int: -1, 0, 1.
pub fn compare_sign(v: Value) -> i32 {
    match to_big(v).map_or(Sign::NoSign, |b| b.sign()) {
        Sign::Minus => -1,
        Sign::NoSign => 0,
        Sign::Plus => 1,
    }
}
