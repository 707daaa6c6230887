//! `float`: the boxed form (for values the immediate encoding cannot hold, and for subclasses) and arithmetic.
//! Methods are in `float_methods.rs`.

use std::cell::Cell;

use rivet_heap::Header;

use crate::exceptions::{
    PyResult, exc, no_memory, overflow_error, raise_args, zero_division_error,
};
use crate::object::{Type, instance};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Value};

/// A boxed float.
#[repr(C)]
pub struct Float {
    header: Header,
    value: Cell<f64>,
}

impl Payload for Float {
    const LAYOUT: LayoutId = layout::FLOAT;
    const KIND: Kind = Kind::Float;
}

/// Words of the body.
pub const WORDS: usize = 1;

impl Float {
    /// The value.
    #[inline(always)]
    pub fn get(&self) -> f64 {
        self.value.get()
    }

    /// A boxed float.
    #[inline(never)]
    pub fn boxed(f: f64) -> Value {
        let p = rivet_heap::alloc(layout::FLOAT, WORDS);
        // A float that cannot be had cannot be reported either without threading a result through every
        // arithmetic path; two words are only refused when the machine is out of memory altogether.
        assert!(!p.is_null(), "{}", no_memory_text());
        // SAFETY: fresh object of layout FLOAT.
        unsafe { (*p.cast::<Float>()).value.set(f) };
        Value::from_header(p)
    }

    /// An instance of `ty`, float or a subclass.
    pub fn new_of(ty: Gc<Type>, f: f64) -> PyResult<Value> {
        if ty == crate::runtime::types().float {
            return Ok(Value::float(f));
        }
        let v = instance::allocate(ty, 0)?;
        v.cast::<Float>().ok_or_else(no_memory)?.value.set(f);
        Ok(v)
    }
}

fn no_memory_text() -> &'static str {
    "out of memory"
}

/// The operand of float arithmetic: a float, or an int converted; None for anything else.
/// OverflowError if the int is too large.
#[inline]
pub fn operand(v: Value) -> PyResult<Option<f64>> {
    if let Some(f) = v.as_float() {
        return Ok(Some(f));
    }
    if let Some(i) = v.as_small_int() {
        return Ok(Some(i as f64));
    }
    match crate::types::int::to_f64(v) {
        Some(f) if f.is_infinite() => Err(overflow_error("int too large to convert to float")),
        other => Ok(other),
    }
}

/// Both operands of a float operation, or None if one is neither float nor int.
#[inline]
pub fn operands(a: Value, b: Value) -> PyResult<Option<(f64, f64)>> {
    match (operand(a)?, operand(b)?) {
        (Some(x), Some(y)) => Ok(Some((x, y))),
        _ => Ok(None),
    }
}

/// `x // y`; `y` is not 0.
pub fn floor_div(x: f64, y: f64) -> f64 {
    div_mod(x, y).0
}

/// `x % y`; `y` is not 0. The result has the sign of `y`.
pub fn floor_mod(x: f64, y: f64) -> f64 {
    let m = x % y;
    if m == 0.0 {
        0.0f64.copysign(y)
    } else if (y < 0.0) != (m < 0.0) {
        m + y
    } else {
        m
    }
}

/// `divmod(x, y)`; `y` is not 0.
pub fn div_mod(x: f64, y: f64) -> (f64, f64) {
    let mut m = x % y;
    let mut d = (x - m) / y;
    if m == 0.0 {
        m = 0.0f64.copysign(y);
    } else if (y < 0.0) != (m < 0.0) {
        m += y;
        d -= 1.0;
    }
    if d == 0.0 {
        return (0.0f64.copysign(x / y), m);
    }
    let f = d.floor();
    (if d - f > 0.5 { f + 1.0 } else { f }, m)
}

/// `x ** y`; complex results are `complex::pow_real`'s.
pub fn pow_f64(x: f64, y: f64) -> PyResult<Value> {
    if y.is_infinite() || x.is_infinite() || x.is_nan() || y.is_nan() {
        return Ok(Value::float(x.powf(y)));
    }
    if x == 0.0 && y < 0.0 {
        return Err(zero_division_error(
            "0.0 cannot be raised to a negative power",
        ));
    }
    if x < 0.0 && y != y.floor() {
        return crate::types::complex::pow_real(x, y);
    }
    let r = x.powf(y);
    if r.is_infinite() {
        let text = crate::types::str::new("Numerical result out of range")?;
        return Err(raise_args(exc().overflow_error, &[Value::int(34), text]));
    }
    Ok(Value::float(r))
}

/// The hash of a float: equal to that of an equal int. NaNs hash by identity, which the caller adds.
pub fn hash_f64(f: f64) -> i64 {
    const BITS: u32 = 61;
    const M: u64 = (1 << BITS) - 1;
    if f.is_infinite() {
        return if f > 0.0 { 314_159 } else { -314_159 };
    }
    if f.is_nan() {
        return 0;
    }
    let (mut m, mut e) = frexp(f.abs());
    let mut x: u64 = 0;
    while m != 0.0 {
        x = ((x << 28) & M) | x >> (BITS - 28);
        m *= 268_435_456.0;
        e -= 28;
        let y = m as u64;
        m -= y as f64;
        x += y;
        if x >= M {
            x -= M;
        }
    }
    let e = e.rem_euclid(BITS as i32) as u32;
    x = ((x << e) & M) | x >> (BITS - e);
    let h = if f < 0.0 { -(x as i64) } else { x as i64 };
    if h == -1 { -2 } else { h }
}

/// `f = m * 2**e` with `0.5 <= m < 1` (both 0 for 0).
pub fn frexp(f: f64) -> (f64, i32) {
    if f == 0.0 || !f.is_finite() {
        return (f, 0);
    }
    let bits = f.to_bits();
    let e = (bits >> 52 & 0x7ff) as i32;
    if e == 0 {
        let (m, e) = frexp(f * 2f64.powi(64));
        return (m, e - 64);
    }
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), e - 1022)
}
