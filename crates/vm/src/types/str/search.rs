//! Searching in strings of any widths: the needle is brought to the width of the haystack.

use std::borrow::Cow;

use super::{Chars, Str};
use crate::exceptions::PyResult;
use crate::types::bytes::common;
use crate::value::Gc;

/// Haystack and needle in one width.
pub enum Pair<'a> {
    /// Both of bytes.
    One(&'a [u8], &'a [u8]),
    /// Both of 16-bit units.
    Two(&'a [u16], Cow<'a, [u16]>),
    /// Both of 32-bit units.
    Four(&'a [u32], Cow<'a, [u32]>),
}

/// Brings a needle to the width of the haystack; None if it has characters the haystack cannot have.
pub fn pair<'a>(hay: Chars<'a>, needle: Chars<'a>) -> Option<Pair<'a>> {
    match (hay, needle) {
        (Chars::One(h), Chars::One(n)) => Some(Pair::One(h, n)),
        (Chars::Two(h), Chars::One(n)) => Some(Pair::Two(h, n.iter().map(|&b| b.into()).collect())),
        (Chars::Two(h), Chars::Two(n)) => Some(Pair::Two(h, Cow::Borrowed(n))),
        (Chars::Four(h), Chars::Four(n)) => Some(Pair::Four(h, Cow::Borrowed(n))),
        (Chars::Four(h), n) => Some(Pair::Four(h, n.iter().collect())),
        _ => None,
    }
}

/// Runs `$body` with haystack and needle as slices of one unit type; `$none` if the needle cannot occur.
#[macro_export]
macro_rules! with_pair {
    ($hay:expr, $needle:expr, |$h:ident, $n:ident| $body:expr, $none:expr) => {
        match $crate::types::str::search::pair($hay, $needle) {
            Some($crate::types::str::search::Pair::One($h, $n)) => $body,
            Some($crate::types::str::search::Pair::Two($h, n)) => {
                let $n = &*n;
                $body
            }
            Some($crate::types::str::search::Pair::Four($h, n)) => {
                let $n = &*n;
                $body
            }
            None => $none,
        }
    };
}

/// Runs `$body` with the code points as a slice of their unit type.
#[macro_export]
macro_rules! with_units {
    ($chars:expr, |$u:ident| $body:expr) => {
        match $chars {
            $crate::types::str::Chars::One($u) => $body,
            $crate::types::str::Chars::Two($u) => $body,
            $crate::types::str::Chars::Four($u) => $body,
        }
    };
}

/// Index of the first occurrence.
pub fn find(hay: Chars, needle: Chars) -> Option<usize> {
    with_pair!(hay, needle, |h, n| common::find(h, n), None)
}

/// Index of the last occurrence.
pub fn rfind(hay: Chars, needle: Chars) -> Option<usize> {
    with_pair!(hay, needle, |h, n| common::rfind(h, n), None)
}

/// Number of non-overlapping occurrences.
pub fn count(hay: Chars, needle: Chars) -> usize {
    with_pair!(hay, needle, |h, n| common::count(h, n), 0)
}

/// Whether `hay` begins with `needle`.
pub fn starts_with(hay: Chars, needle: Chars) -> bool {
    with_pair!(hay, needle, |h, n| h.starts_with(n), false)
}

/// Whether `hay` ends with `needle`.
pub fn ends_with(hay: Chars, needle: Chars) -> bool {
    with_pair!(hay, needle, |h, n| h.ends_with(n), false)
}

/// `s.replace(from, to, max)`
pub fn replace(s: Gc<Str>, from: Gc<Str>, to: Gc<Str>, max: usize) -> PyResult<Gc<Str>> {
    if let (Chars::One(h), Chars::One(&[f]), Chars::One(&[t])) =
        (s.chars(), from.chars(), to.chars())
    {
        let Some(first) = memchr::memchr(f, h).filter(|_| max > 0) else {
            return Ok(s);
        };
        return Str::build_latin1(h.len(), |out| {
            out.copy_from_slice(h);
            out[first..]
                .iter_mut()
                .filter(|b| **b == f)
                .take(max)
                .for_each(|b| *b = t);
        });
    }
    if let (Chars::One(h), Chars::One(f), Chars::One(t)) = (s.chars(), from.chars(), to.chars()) {
        return match common::replace(h, f, t, max) {
            Some(out) => Str::from_latin1(&out),
            None => Ok(s),
        };
    }
    if pair(s.chars(), from.chars()).is_none() {
        return Ok(s);
    }
    let wide = |c: Chars| c.iter().collect::<Vec<u32>>();
    match common::replace(
        &wide(s.chars()),
        &wide(from.chars()),
        &wide(to.chars()),
        max,
    ) {
        Some(out) => Str::from_points(&out),
        None => Ok(s),
    }
}
