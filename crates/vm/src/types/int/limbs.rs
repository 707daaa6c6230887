//! Sums, differences and small products of large ints, computed where the result will lie: a detour over `BigInt`
//! would copy every operand and the result once more, which for ints of some hundred digits costs more than the
//! arithmetic.

use std::cmp::Ordering;

use super::{FIXED_WORDS, Int};
use crate::exceptions::{PyResult, no_memory};
use crate::value::{Gc, Value, layout};

/// Products with a shorter factor of more limbs are left to the library's better algorithms.
const SCHOOL: usize = 24;

/// An int as sign and magnitude.
pub(super) struct Operand {
    large: Option<Gc<Int>>,
    small: u64,
    /// Below zero.
    pub negative: bool,
}

impl Operand {
    /// None if the value is no int.
    pub fn of(v: Value) -> Option<Operand> {
        let small = |i: i64| Operand {
            large: None,
            small: i.unsigned_abs(),
            negative: i < 0,
        };
        if let Some(i) = v.as_small_int() {
            return Some(small(i));
        }
        if let Some(b) = v.as_bool() {
            return Some(small(b.into()));
        }
        let int = v.cast::<Int>()?;
        Some(Operand {
            large: Some(int),
            small: 0,
            negative: int.negative,
        })
    }

    /// The magnitude, least limb first; the top limb is not 0.
    pub fn limbs(&self) -> &[u64] {
        match self.large {
            Some(int) => limbs(int),
            None if self.small == 0 => &[],
            None => std::slice::from_ref(&self.small),
        }
    }
}

/// The digits of a large int in pairs; the half above an odd number of digits is 0.
fn limbs<'a>(int: Gc<Int>) -> &'a [u64] {
    // SAFETY: the digits follow the struct, aligned to words; the body has whole words, and what lies above the last
    // digit is 0 since the body was allocated. The reference is used while the caller has `int` on its stack.
    unsafe {
        let p = int.as_ptr().cast::<u64>().add(1 + FIXED_WORDS);
        std::slice::from_raw_parts(p, (int.digits as usize).div_ceil(2))
    }
}

/// A fresh int object with room for `len` limbs, and the limbs.
pub(super) struct Fresh {
    int: Gc<Int>,
    len: usize,
}

impl Fresh {
    fn new(len: usize) -> PyResult<Fresh> {
        let p = rivet_heap::alloc(layout::INT, FIXED_WORDS + len);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout INT.
        let int: Gc<Int> = unsafe { Gc::from_raw(p.cast()) };
        Ok(Fresh { int, len })
    }

    /// A copy of these limbs.
    pub fn of(limbs: &[u64]) -> PyResult<Fresh> {
        let mut f = Fresh::new(limbs.len())?;
        f.limbs().copy_from_slice(limbs);
        Ok(f)
    }

    fn limbs(&mut self) -> &mut [u64] {
        // SAFETY: the body has room for `len` limbs behind the fixed part, and nobody else knows the object yet.
        unsafe {
            let p = self.int.as_ptr().cast::<u64>().add(1 + FIXED_WORDS);
            std::slice::from_raw_parts_mut(p, self.len)
        }
    }

    /// The int of these limbs.
    pub fn finish(mut self, negative: bool) -> Value {
        let all = self.limbs();
        let len = all.iter().rposition(|&l| l != 0).map_or(0, |i| i + 1);
        let top = if len == 0 { 0 } else { all[len - 1] };
        if len <= 1
            && let Ok(m) = i64::try_from(top)
            && let Some(v) = Value::small_int(if negative { -m } else { m })
        {
            return v;
        }
        let digits = len * 2 - usize::from(top >> 32 == 0);
        let p = self.int.as_ptr();
        // SAFETY: the fields of a fresh object.
        unsafe {
            (&raw mut (*p).negative).write(negative);
            (&raw mut (*p).digits).write(digits as u32);
        }
        self.int.value()
    }
}

/// `a + b`, or `a - b`; None if one is no int.
pub fn sum(a: Value, b: Value, subtract: bool) -> Option<PyResult<Value>> {
    let (x, mut y) = (Operand::of(a)?, Operand::of(b)?);
    y.negative ^= subtract;
    let len = x.limbs().len().max(y.limbs().len()) + 1;
    Some(Fresh::new(len).map(|f| add_into(f, &x, &y)))
}

fn add_into(mut out: Fresh, x: &Operand, y: &Operand) -> Value {
    if x.negative == y.negative {
        let (long, short) = if x.limbs().len() >= y.limbs().len() {
            (x.limbs(), y.limbs())
        } else {
            (y.limbs(), x.limbs())
        };
        add(out.limbs(), long, short);
        return out.finish(x.negative);
    }
    let x_larger = larger(x.limbs(), y.limbs());
    let (more, less) = if x_larger { (x, y) } else { (y, x) };
    subtract(out.limbs(), more.limbs(), less.limbs());
    out.finish(more.negative)
}

fn larger(x: &[u64], y: &[u64]) -> bool {
    by_magnitude(x, y) != Ordering::Less
}

fn by_magnitude(x: &[u64], y: &[u64]) -> Ordering {
    let by_length = x.len().cmp(&y.len());
    by_length.then_with(|| x.iter().rev().cmp(y.iter().rev()))
}

/// The order of two ints; None if one is no int.
pub fn compare(a: Value, b: Value) -> Option<Ordering> {
    let (x, y) = (Operand::of(a)?, Operand::of(b)?);
    Some(match (x.negative, y.negative) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => by_magnitude(x.limbs(), y.limbs()),
        (true, true) => by_magnitude(y.limbs(), x.limbs()),
    })
}

fn add(out: &mut [u64], long: &[u64], short: &[u64]) {
    let mut carry = false;
    for (i, &l) in long.iter().enumerate() {
        let s = short.get(i).copied().unwrap_or(0);
        let (a, c1) = l.overflowing_add(s);
        let (b, c2) = a.overflowing_add(carry.into());
        out[i] = b;
        carry = c1 | c2;
    }
    out[long.len()] = carry.into();
}

/// `more` is not less than `less`.
fn subtract(out: &mut [u64], more: &[u64], less: &[u64]) {
    let mut borrow = false;
    for (i, &m) in more.iter().enumerate() {
        let l = less.get(i).copied().unwrap_or(0);
        let (a, b1) = m.overflowing_sub(l);
        let (b, b2) = a.overflowing_sub(borrow.into());
        out[i] = b;
        borrow = b1 | b2;
    }
}

/// `a * b`; None if one is no int, or both are so long that the library is better at it.
pub fn product(a: Value, b: Value) -> Option<PyResult<Value>> {
    let (x, y) = (Operand::of(a)?, Operand::of(b)?);
    let (n, m) = (x.limbs().len(), y.limbs().len());
    if n.min(m) > SCHOOL {
        return None;
    }
    Some(Fresh::new(n + m).map(|mut out| {
        let (long, short) = if n >= m { (&x, &y) } else { (&y, &x) };
        multiply(out.limbs(), long.limbs(), short.limbs());
        out.finish(x.negative != y.negative)
    }))
}

/// `out` is zero and has room for both lengths together.
fn multiply(out: &mut [u64], long: &[u64], short: &[u64]) {
    for (at, &s) in short.iter().enumerate() {
        let mut carry = 0u64;
        for (o, &l) in out[at..].iter_mut().zip(long) {
            let t = u128::from(l) * u128::from(s) + u128::from(*o) + u128::from(carry);
            *o = t as u64;
            carry = (t >> 64) as u64;
        }
        out[at + long.len()] = carry;
    }
}
