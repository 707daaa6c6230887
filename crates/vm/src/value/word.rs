//! The tagged 64-bit word every Python value is.
//!
//! | low bits | meaning |
//! |---|---|
//! | `…1`   | an int of 63 bits |
//! | `…10`  | a float in Ruby's flonum encoding (exponents near 1; others are boxed) |
//! | `…100` | None, True, False, Ellipsis, NotImplemented |
//! | `…000` | a reference to a heap object |
//!
//! The all-zero word is no value: an unbound variable, "no result".

use std::num::NonZeroU64;

use rivet_heap::Header;

use super::gc::{Gc, Payload};
use super::layout::{self, Kind, LayoutId};
use crate::types::float::Float;

/// A Python value. `Option<Value>` is one word too; its `None` is the null word.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Value(NonZeroU64);

#[inline(always)]
const fn constant(word: u64) -> Value {
    match NonZeroU64::new(word) {
        Some(word) => Value(word),
        None => panic!("the null word is no value"),
    }
}

impl Value {
    /// `None`
    pub const NONE: Value = constant(0b00_100);
    /// `False`
    pub const FALSE: Value = constant(0b01_100);
    /// `True`
    pub const TRUE: Value = constant(0b11_100);
    /// `...`
    pub const ELLIPSIS: Value = constant(0b100_100);
    /// `NotImplemented`
    pub const NOT_IMPLEMENTED: Value = constant(0b101_100);
    /// Largest int that needs no heap object.
    pub const SMALL_MAX: i64 = i64::MAX >> 1;
    /// Smallest int that needs no heap object.
    pub const SMALL_MIN: i64 = i64::MIN >> 1;
    /// The word of `+0.0`, which the flonum encoding keeps apart.
    const ZERO_FLOAT: u64 = 0x8000_0000_0000_0002;

    /// A value from its word, or None for the null word. The word must have come from `to_word`.
    #[inline(always)]
    pub fn from_word(word: u64) -> Option<Value> {
        NonZeroU64::new(word).map(Value)
    }

    /// The word.
    #[inline(always)]
    pub const fn to_word(self) -> u64 {
        self.0.get()
    }

    /// The word of an optional value; 0 for None.
    #[inline(always)]
    pub fn word_of(value: Option<Value>) -> u64 {
        value.map_or(0, Value::to_word)
    }

    /// A reference to a heap object.
    #[inline(always)]
    pub fn from_header(header: *mut Header) -> Value {
        debug_assert!(!header.is_null() && (header as u64).is_multiple_of(8));
        // SAFETY: an object's address is never null (debug-checked above).
        Value(unsafe { NonZeroU64::new_unchecked(header as u64) })
    }

    /// The Python bool.
    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        if b { Value::TRUE } else { Value::FALSE }
    }

    /// An int, boxed if it does not fit in 63 bits.
    #[inline(always)]
    pub fn int(i: i64) -> Value {
        match Value::small_int(i) {
            Some(v) => v,
            None => crate::types::int::big_from_i64(i),
        }
    }

    /// An int that fits in 63 bits.
    #[inline(always)]
    pub const fn small_int(i: i64) -> Option<Value> {
        if (i << 1) >> 1 == i {
            Some(constant(((i as u64) << 1) | 1))
        } else {
            None
        }
    }

    /// An int from an index or length.
    #[inline(always)]
    pub fn from_usize(n: usize) -> Value {
        Value::int(n as i64)
    }

    /// The value of an int of 63 bits (not of a bool).
    #[inline(always)]
    pub const fn as_small_int(self) -> Option<i64> {
        if self.0.get() & 1 == 1 {
            Some(self.0.get() as i64 >> 1)
        } else {
            None
        }
    }

    /// Whether this is a 63-bit int.
    #[inline(always)]
    pub const fn is_small_int(self) -> bool {
        self.0.get() & 1 == 1
    }

    /// A float; boxed where the flonum encoding cannot hold it.
    #[inline(always)]
    pub fn float(f: f64) -> Value {
        match Value::immediate_float(f) {
            Some(v) => v,
            None => Float::boxed(f),
        }
    }

    /// The flonum encoding of `f`, if it has one.
    #[inline(always)]
    pub fn immediate_float(f: f64) -> Option<Value> {
        let bits = f.to_bits();
        let exponent = (bits >> 60) & 7;
        if (exponent == 3 || exponent == 4) && bits != 0x3000_0000_0000_0000 {
            return Some(constant((bits.rotate_left(3) & !3) | 2));
        }
        if bits == 0 {
            Some(constant(Value::ZERO_FLOAT))
        } else {
            None
        }
    }

    /// Whether this is an immediate float.
    #[inline(always)]
    pub const fn is_immediate_float(self) -> bool {
        self.0.get() & 3 == 2
    }

    #[inline(always)]
    fn decode_float(self) -> f64 {
        let word = self.0.get();
        if word == Value::ZERO_FLOAT {
            return 0.0;
        }
        let b63 = word >> 63;
        f64::from_bits((2u64.wrapping_sub(b63) | (word & !3)).rotate_right(3))
    }

    /// The value of a float (also of an instance of a subclass of float).
    #[inline(always)]
    pub fn as_float(self) -> Option<f64> {
        if self.is_immediate_float() {
            return Some(self.decode_float());
        }
        self.cast::<Float>().map(|f| f.get())
    }

    /// The value of an exact float, immediate or boxed.
    #[inline(always)]
    pub fn as_exact_float(self) -> Option<f64> {
        if self.is_immediate_float() {
            return Some(self.decode_float());
        }
        if self.is_ref() && self.layout_id() == layout::FLOAT {
            return self.cast::<Float>().map(|f| f.get());
        }
        None
    }

    /// `True` / `False` as a bool.
    #[inline(always)]
    pub fn as_bool(self) -> Option<bool> {
        match self {
            Value::TRUE => Some(true),
            Value::FALSE => Some(false),
            _ => None,
        }
    }

    /// Whether this is `None`.
    #[inline(always)]
    pub fn is_none(self) -> bool {
        self == Value::NONE
    }

    /// `None` becomes the absent value.
    #[inline(always)]
    pub fn not_none(self) -> Option<Value> {
        if self.is_none() { None } else { Some(self) }
    }

    /// Whether this refers to a heap object.
    #[inline(always)]
    pub const fn is_ref(self) -> bool {
        self.0.get() & 7 == 0
    }

    /// The heap object, if this is a reference.
    #[inline(always)]
    pub fn as_header(self) -> Option<*mut Header> {
        if self.is_ref() {
            Some(self.0.get() as *mut Header)
        } else {
            None
        }
    }

    /// The layout of the value; immediates have the layout of their type.
    #[inline(always)]
    pub fn layout_id(self) -> LayoutId {
        if self.is_ref() {
            // SAFETY: a reference always points to a live object, whose header is initialised.
            return unsafe { (*(self.0.get() as *const Header)).layout() };
        }
        self.immediate_layout()
    }

    fn immediate_layout(self) -> LayoutId {
        if self.is_small_int() {
            return layout::INT;
        }
        if self.is_immediate_float() {
            return layout::FLOAT;
        }
        match self {
            Value::NONE => layout::NONE,
            Value::TRUE | Value::FALSE => layout::BOOL,
            Value::ELLIPSIS => layout::ELLIPSIS,
            _ => layout::NOT_IMPLEMENTED,
        }
    }

    /// What Rust struct lies behind the reference.
    #[inline(always)]
    pub fn kind(self) -> Kind {
        layout::info(self.layout_id()).kind
    }

    /// The type of the value, as `type(x)` gives it.
    #[inline(always)]
    pub fn type_of(self) -> Gc<crate::object::Type> {
        layout::info(self.layout_id()).type_of()
    }

    /// The object as a `T`, if its payload is one (instances of Python subclasses included).
    #[inline(always)]
    pub fn cast<T: Payload>(self) -> Option<Gc<T>> {
        // Exact instances are the most frequent by far, and their layout says it without a look at the table.
        if self.is_ref() && (self.layout_id() == T::LAYOUT || T::accepts(self.kind())) {
            // SAFETY: the layout says that the payload behind this reference is a `T`.
            return Some(unsafe { Gc::from_raw(self.0.get() as *mut T) });
        }
        None
    }

    /// The object as a `T` if its type is exactly the builtin one.
    #[inline(always)]
    pub fn cast_exact<T: Payload>(self) -> Option<Gc<T>> {
        if self.is_ref() && self.layout_id() == T::LAYOUT {
            // SAFETY: layout `T::LAYOUT` is only given to objects that are a `T`.
            return Some(unsafe { Gc::from_raw(self.0.get() as *mut T) });
        }
        None
    }

    /// `a is b`: identity; ints and floats are identical when they are of the same value and exact type.
    #[inline(always)]
    pub fn is(self, other: Value) -> bool {
        self == other || (self.is_ref() && other.is_ref() && same_boxed_number(self, other))
    }
}

#[cold]
#[inline(never)]
fn same_boxed_number(a: Value, b: Value) -> bool {
    let layout = a.layout_id();
    if layout != b.layout_id() {
        return false;
    }
    match layout {
        layout::FLOAT => a.as_float().map(f64::to_bits) == b.as_float().map(f64::to_bits),
        layout::INT => crate::types::int::big_eq(a, b),
        _ => false,
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.as_small_int() {
            Some(i) => write!(f, "int({i})"),
            None => write!(f, "Value({:#x})", self.to_word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flonums_round_trip() {
        for f in [
            0.0,
            1.0,
            -1.0,
            0.5,
            1e70,
            -1e-70,
            std::f64::consts::PI,
            123456789.125,
        ] {
            let v = Value::immediate_float(f).expect("in the flonum range");
            assert!(v.is_immediate_float() && !v.is_ref() && !v.is_small_int());
            assert_eq!(v.decode_float().to_bits(), f.to_bits());
        }
        for f in [
            -0.0,
            f64::NAN,
            f64::INFINITY,
            1e300,
            1e-300,
            f64::from_bits(0x3000_0000_0000_0000),
        ] {
            assert!(Value::immediate_float(f).is_none());
        }
    }

    #[test]
    fn small_ints_round_trip() {
        for i in [0, 1, -1, Value::SMALL_MAX, Value::SMALL_MIN] {
            assert_eq!(Value::small_int(i).and_then(Value::as_small_int), Some(i));
        }
        assert!(Value::small_int(Value::SMALL_MAX + 1).is_none());
    }
}
