//! Case mappings of strings.

use super::builder::StrBuilder;
use super::{Chars, Str};
use crate::exceptions::PyResult;
use crate::unicode;
use crate::value::Gc;

const CAPITAL_SIGMA: u32 = 0x3a3;

/// Maps every byte of an ASCII string.
fn map_ascii(s: Gc<Str>, f: impl FnOnce(&mut [u8])) -> Option<PyResult<Gc<Str>>> {
    let bytes = s.as_ascii()?.as_bytes();
    Some(Str::build_latin1(bytes.len(), |out| {
        out.copy_from_slice(bytes);
        f(out);
    }))
}

fn map(s: Gc<Str>, f: impl Fn(u32, &mut dyn FnMut(u32))) -> PyResult<Gc<Str>> {
    let mut out = StrBuilder::with_capacity(s.len());
    for c in s.chars().iter() {
        f(c, &mut |u| out.push(u));
    }
    out.finish()
}

/// `str.upper`
pub fn upper(s: Gc<Str>) -> PyResult<Gc<Str>> {
    map_ascii(s, |b| b.make_ascii_uppercase())
        .unwrap_or_else(|| map(s, |c, mut push| unicode::to_upper(c, &mut push)))
}

/// `str.casefold`
pub fn casefold(s: Gc<Str>) -> PyResult<Gc<Str>> {
    map_ascii(s, |b| b.make_ascii_lowercase())
        .unwrap_or_else(|| map(s, |c, mut push| unicode::to_folded(c, &mut push)))
}

/// `str.lower`
pub fn lower(s: Gc<Str>) -> PyResult<Gc<Str>> {
    if let Some(done) = map_ascii(s, |b| b.make_ascii_lowercase()) {
        return done;
    }
    let chars = s.chars();
    let mut out = StrBuilder::with_capacity(s.len());
    for i in 0..chars.len() {
        lower_at(chars, i, &mut |u| out.push(u));
    }
    out.finish()
}

/// Lowercase of the character at `i`, whose context decides about a final sigma.
fn lower_at(chars: Chars, i: usize, push: &mut impl FnMut(u32)) {
    match chars.get(i) {
        CAPITAL_SIGMA => push(if is_final_sigma(chars, i) {
            0x3c2
        } else {
            0x3c3
        }),
        c => unicode::to_lower(c, push),
    }
}

fn is_final_sigma(chars: Chars, i: usize) -> bool {
    let skip = |c: &u32| unicode::is_case_ignorable(*c);
    let before = chars.slice(0, i).iter().rev().find(|c| !skip(c));
    let after = chars.slice(i + 1, chars.len()).iter().find(|c| !skip(c));
    before.is_some_and(unicode::is_cased) && !after.is_some_and(unicode::is_cased)
}

/// `str.capitalize`
pub fn capitalize(s: Gc<Str>) -> PyResult<Gc<Str>> {
    if s.is_empty() {
        return Ok(s);
    }
    if let Some(done) = map_ascii(s, |b| {
        b.make_ascii_lowercase();
        b[..1].make_ascii_uppercase();
    }) {
        return done;
    }
    let chars = s.chars();
    let mut out = StrBuilder::with_capacity(s.len());
    unicode::to_title(chars.get(0), &mut |u| out.push(u));
    for i in 1..chars.len() {
        lower_at(chars, i, &mut |u| out.push(u));
    }
    out.finish()
}

/// `str.title`
pub fn title(s: Gc<Str>) -> PyResult<Gc<Str>> {
    let chars = s.chars();
    let mut out = StrBuilder::with_capacity(s.len());
    let mut cased = false;
    for i in 0..chars.len() {
        let c = chars.get(i);
        if cased {
            lower_at(chars, i, &mut |u| out.push(u));
        } else {
            unicode::to_title(c, &mut |u| out.push(u));
        }
        cased = unicode::is_cased(c);
    }
    out.finish()
}

/// `str.swapcase`
pub fn swapcase(s: Gc<Str>) -> PyResult<Gc<Str>> {
    let chars = s.chars();
    let mut out = StrBuilder::with_capacity(s.len());
    for i in 0..chars.len() {
        let c = chars.get(i);
        if unicode::is_upper(c) {
            lower_at(chars, i, &mut |u| out.push(u));
        } else if unicode::is_lower(c) {
            unicode::to_upper(c, &mut |u| out.push(u));
        } else {
            out.push(c);
        }
    }
    out.finish()
}

/// `str.isupper` (`which` is `is_upper`) and `str.islower`.
pub fn all_cased(chars: Chars, which: fn(u32) -> bool, other: fn(u32) -> bool) -> bool {
    let mut any = false;
    for c in chars.iter() {
        if other(c) || unicode::is_title(c) {
            return false;
        }
        any |= which(c);
    }
    any
}

/// `str.istitle`
pub fn is_title(chars: Chars) -> bool {
    let (mut any, mut previous) = (false, false);
    for c in chars.iter() {
        if unicode::is_upper(c) || unicode::is_title(c) {
            if previous {
                return false;
            }
            (any, previous) = (true, true);
        } else if unicode::is_lower(c) {
            if !previous {
                return false;
            }
            any = true;
        } else {
            previous = false;
        }
    }
    any
}
