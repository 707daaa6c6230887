//! Floor division of large ints by the schoolbook (Knuth, volume 2, algorithm D), for quotients short enough that the
//! library's recursive division does not pay.

use super::limbs::{Fresh, Operand};
use crate::exceptions::PyResult;
use crate::value::Value;

/// Quotients with more limbs, of divisors with more limbs, are left to the library.
const SCHOOL: usize = 40;

/// Quotient and remainder by magnitude.
struct Divided {
    quotient: Vec<u64>,
    remainder: Vec<u64>,
}

/// Which of the two is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `a // b`
    Quotient,
    /// `a % b`
    Remainder,
}

/// `a // b` or `a % b`; None if one is no int, `b` is 0, or the library is better at it.
pub fn floor(a: Value, b: Value, part: Part) -> Option<PyResult<Value>> {
    let (x, y) = (Operand::of(a)?, Operand::of(b)?);
    let (u, v) = (x.limbs(), y.limbs());
    if v.is_empty() || (v.len() > SCHOOL && u.len() > v.len() + SCHOOL) {
        return None;
    }
    let mut d = divide(u, v);
    // The magnitudes round towards zero; floor division towards minus infinity.
    let differ = x.negative != y.negative;
    if differ && d.remainder.iter().any(|&l| l != 0) {
        increment(&mut d.quotient);
        complement(&mut d.remainder, v);
    }
    Some(match part {
        Part::Quotient => Fresh::of(&d.quotient).map(|f| f.finish(differ)),
        Part::Remainder => Fresh::of(&d.remainder).map(|f| f.finish(y.negative)),
    })
}

fn increment(limbs: &mut Vec<u64>) {
    for l in limbs.iter_mut() {
        let (sum, carry) = l.overflowing_add(1);
        *l = sum;
        if !carry {
            return;
        }
    }
    limbs.push(1);
}

/// `r = v - r`, for `r` not greater than `v`.
fn complement(r: &mut Vec<u64>, v: &[u64]) {
    r.resize(v.len(), 0);
    let mut borrow = false;
    for (r, &v) in r.iter_mut().zip(v) {
        let (a, b1) = v.overflowing_sub(*r);
        let (b, b2) = a.overflowing_sub(borrow.into());
        *r = b;
        borrow = b1 | b2;
    }
}

/// `v` is not empty, its top limb not 0.
fn divide(u: &[u64], v: &[u64]) -> Divided {
    if u.len() < v.len() {
        return Divided {
            quotient: Vec::new(),
            remainder: u.to_vec(),
        };
    }
    if let [d] = *v {
        return by_limb(u, d);
    }
    let shift = v[v.len() - 1].leading_zeros();
    let v = shifted(v, shift, v.len());
    let mut u = shifted(u, shift, u.len() + 1);
    let mut quotient = vec![0; u.len() - v.len()];
    for j in (0..quotient.len()).rev() {
        quotient[j] = step(&mut u[j..=j + v.len()], &v);
    }
    u.truncate(v.len());
    unshift(&mut u, shift);
    Divided {
        quotient,
        remainder: u,
    }
}

fn by_limb(u: &[u64], d: u64) -> Divided {
    let mut quotient = vec![0; u.len()];
    let mut rest = 0u64;
    for (q, &l) in quotient.iter_mut().zip(u).rev() {
        let n = u128::from(rest) << 64 | u128::from(l);
        *q = (n / u128::from(d)) as u64;
        rest = (n % u128::from(d)) as u64;
    }
    Divided {
        quotient,
        remainder: vec![rest],
    }
}

/// `limbs << shift` in `len` limbs; `shift` is less than 64.
fn shifted(limbs: &[u64], shift: u32, len: usize) -> Vec<u64> {
    let mut out = Vec::with_capacity(len);
    let mut carry = 0u64;
    for &l in limbs {
        out.push(l << shift | carry);
        carry = if shift == 0 { 0 } else { l >> (64 - shift) };
    }
    if out.len() < len {
        out.push(carry);
    }
    out
}

fn unshift(limbs: &mut [u64], shift: u32) {
    if shift == 0 {
        return;
    }
    let mut carry = 0u64;
    for l in limbs.iter_mut().rev() {
        let low = *l << (64 - shift);
        *l = *l >> shift | carry;
        carry = low;
    }
}

/// One limb of the quotient: `u` (one limb longer than `v`) becomes the rest. `v` has its top bit set and at least two
/// limbs; `u` without its lowest limb is less than `v`.
fn step(u: &mut [u64], v: &[u64]) -> u64 {
    let n = v.len();
    let mut q = estimate(u[n], u[n - 1], u[n - 2], v[n - 1], v[n - 2]);
    if subtract_product(u, v, q) {
        // The estimate was one too large, which is rare.
        q -= 1;
        add_back(u, v);
    }
    q
}

/// The quotient's limb from the leading ones, at most one too large.
fn estimate(u2: u64, u1: u64, u0: u64, v1: u64, v0: u64) -> u64 {
    let top = u128::from(u2) << 64 | u128::from(u1);
    let (mut q, mut r) = if u2 >= v1 {
        (
            u128::from(u64::MAX),
            top - u128::from(u64::MAX) * u128::from(v1),
        )
    } else {
        (top / u128::from(v1), top % u128::from(v1))
    };
    while r >> 64 == 0 && q * u128::from(v0) > (r << 64 | u128::from(u0)) {
        q -= 1;
        r += u128::from(v1);
    }
    q as u64
}

/// `u -= v * q`; true if that went below zero.
fn subtract_product(u: &mut [u64], v: &[u64], q: u64) -> bool {
    let (mut carry, mut borrow) = (0u64, false);
    for (u, &v) in u.iter_mut().zip(v) {
        let t = u128::from(v) * u128::from(q) + u128::from(carry);
        carry = (t >> 64) as u64;
        let (a, b1) = u.overflowing_sub(t as u64);
        let (b, b2) = a.overflowing_sub(borrow.into());
        *u = b;
        borrow = b1 | b2;
    }
    let top = &mut u[v.len()];
    let (a, b1) = top.overflowing_sub(carry);
    let (b, b2) = a.overflowing_sub(borrow.into());
    *top = b;
    b1 | b2
}

fn add_back(u: &mut [u64], v: &[u64]) {
    let mut carry = false;
    for (u, &v) in u.iter_mut().zip(v) {
        let (a, c1) = u.overflowing_add(v);
        let (b, c2) = a.overflowing_add(carry.into());
        *u = b;
        carry = c1 | c2;
    }
    let top = &mut u[v.len()];
    *top = top.wrapping_add(carry.into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use num_integer::Integer;

    fn big(limbs: &[u64]) -> BigUint {
        let digits = limbs.iter().flat_map(|&l| [l as u32, (l >> 32) as u32]);
        BigUint::new(digits.collect())
    }

    #[test]
    fn agrees_with_the_library() {
        // Limbs of all ones and zeros make the estimate wrong as often as it can be.
        let kinds = [
            0,
            1,
            u64::MAX,
            u64::MAX - 1,
            1 << 63,
            (1 << 63) - 1,
            0x1234_5678_9abc_def0,
        ];
        let mut seed = 1u64;
        let mut next = || {
            seed = seed
                .wrapping_mul(0x5851_F42D_4C95_7F2D)
                .wrapping_add(0x1405_7B7E_F767_814F);
            seed >> 33
        };
        for _ in 0..20_000 {
            let mut limb = || match next() % 9 {
                n @ 0..7 => kinds[n as usize],
                _ => next() << 32 | next(),
            };
            let (n, m) = (limb() % 6, limb() % 4 + 1);
            let u: Vec<u64> = (0..n).map(|_| limb()).collect();
            let mut v: Vec<u64> = (0..m).map(|_| limb()).collect();
            if v.last() == Some(&0) {
                v.push(1);
            }
            let d = divide(&u, &v);
            let (q, r) = big(&u).div_rem(&big(&v));
            assert_eq!(
                (big(&d.quotient), big(&d.remainder)),
                (q, r),
                "{u:x?} / {v:x?}"
            );
        }
    }
}
