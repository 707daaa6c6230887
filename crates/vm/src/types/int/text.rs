//! Ints from and to text: bases, underscores, the limit on decimal digits.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};

use num_bigint::BigInt;

use super::{from_big, to_big, to_i64};
use crate::exceptions::{PyResult, Raised, value_error};
use crate::object::protocol;
use crate::types::memoryview;
use crate::types::str::{Chars, Str};
use crate::unicode;
use crate::value::Value;

/// `sys.get_int_max_str_digits()`; 0: no limit.
static MAX_STR_DIGITS: AtomicUsize = AtomicUsize::new(4300);
/// Numbers of at most this many digits are never refused.
pub const THRESHOLD: usize = 640;

/// `sys.get_int_max_str_digits()`
pub fn max_str_digits() -> usize {
    MAX_STR_DIGITS.load(Ordering::Relaxed)
}

/// `sys.set_int_max_str_digits(n)`
pub fn set_max_str_digits(n: usize) -> PyResult<()> {
    if n != 0 && n < THRESHOLD {
        return Err(value_error("maxdigits must be 0 or larger than 640"));
    }
    MAX_STR_DIGITS.store(n, Ordering::Relaxed);
    Ok(())
}

/// `str(int)`: ValueError beyond the limit on digits.
pub fn to_decimal_limited(v: Value) -> PyResult<Cow<'static, str>> {
    if let Some(i) = to_i64(v) {
        return Ok(Cow::Owned(i.to_string()));
    }
    big_to_decimal(&to_big(v).unwrap_or_default()).map(Cow::Owned)
}

/// The decimal digits of a large int, within the limit.
pub fn big_to_decimal(big: &BigInt) -> PyResult<String> {
    let limit = max_str_digits();
    let refuse = || {
        let text = format!(
            "Exceeds the limit ({limit} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
        );
        Err(value_error(text))
    };
    // Fewer digits than this no number of that many bits has.
    let least = (big.bits().saturating_sub(1) as f64 * std::f64::consts::LOG10_2) as usize;
    if limit != 0 && least > limit {
        return refuse();
    }
    let text = big.to_string();
    if limit != 0 && text.trim_start_matches('-').len() > limit {
        return refuse();
    }
    Ok(text)
}

/// The text of a number with its digits and spaces brought to ASCII, and whitespace around it removed;
/// characters that cannot be part of a number become `?`.
pub fn number_text(s: &Str) -> Cow<'_, str> {
    if let Some(text) = s.as_ascii() {
        return Cow::Borrowed(text.trim_matches(is_ascii_space));
    }
    Cow::Owned(translated(s.chars()))
}

fn translated(chars: Chars) -> String {
    let to_ascii = |c: u32| match c {
        0..0x80 => c as u8 as char,
        _ if unicode::is_space(c) => ' ',
        _ => unicode::decimal(c)
            .and_then(|d| char::from_digit(d, 10))
            .unwrap_or('?'),
    };
    let text: String = chars.iter().map(to_ascii).collect();
    text.trim_matches(is_ascii_space).to_owned()
}

/// Python's ASCII whitespace, as far as it surrounds numbers.
pub fn is_ascii_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\x1c'..='\x20')
}

/// `int(v, base)` of a str or bytes-like object.
pub fn parse(v: Value, base: u32) -> PyResult<Value> {
    if let Some(s) = v.cast::<Str>() {
        return parse_text(&number_text(&s), base)?.ok_or_else(|| invalid_literal(v, base));
    }
    let raw = memoryview::bytes_like(v)?;
    let text: String = raw
        .iter()
        .map(|&b| if b < 128 { b as char } else { '?' })
        .collect();
    match parse_text(text.trim_matches(|c| matches!(c, '\t'..='\r' | ' ')), base)? {
        Some(v) => Ok(v),
        None => Err(invalid_literal(crate::types::bytes::new(&raw)?, base)),
    }
}

#[cold]
fn invalid_literal(v: Value, base: u32) -> Raised {
    match protocol::repr_string(v) {
        Ok(r) => {
            let r: String = r.chars().take(200).collect();
            value_error(format!("invalid literal for int() with base {base}: {r}"))
        }
        Err(raised) => raised,
    }
}

/// Parses trimmed ASCII text; None if it is no literal. ValueError beyond the limit on digits.
pub fn parse_text(text: &str, base: u32) -> PyResult<Option<Value>> {
    let (negative, body) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let Some((base, digits, zero_only)) = split_prefix(body, base) else {
        return Ok(None);
    };
    let Some(digits) = plain_digits(digits, base) else {
        return Ok(None);
    };
    if zero_only && digits.bytes().any(|b| b != b'0') {
        return Ok(None);
    }
    if digits.len() <= 11 {
        let n = i64::from_str_radix(&digits, base).unwrap_or(0);
        return Ok(Some(Value::int(if negative { -n } else { n })));
    }
    check_limit(&digits, base)?;
    let Some(big) = BigInt::parse_bytes(digits.as_bytes(), base) else {
        return Ok(None);
    };
    from_big(&if negative { -big } else { big }).map(Some)
}

/// Base, digits without prefix, and whether only zeros are allowed (base 0 with a leading zero).
fn split_prefix(body: &str, base: u32) -> Option<(u32, &str, bool)> {
    let b = body.as_bytes();
    let prefix = match b {
        [b'0', c, ..] => match c.to_ascii_lowercase() {
            b'x' => 16,
            b'o' => 8,
            b'b' => 2,
            _ => 0,
        },
        _ => 0,
    };
    if prefix != 0 && (base == 0 || base == prefix) {
        let rest = &body[2..];
        return Some((prefix, rest.strip_prefix('_').unwrap_or(rest), false));
    }
    if base == 0 {
        return Some((10, body, b.first() == Some(&b'0')));
    }
    Some((base, body, false))
}

/// The digits without underscores, which may only stand between digits.
fn plain_digits(text: &str, base: u32) -> Option<Cow<'_, str>> {
    let b = text.as_bytes();
    if b.is_empty() || b[0] == b'_' || b[b.len() - 1] == b'_' {
        return None;
    }
    let mut underscores = false;
    for (i, &c) in b.iter().enumerate() {
        if c == b'_' {
            underscores = true;
            if b[i - 1] == b'_' {
                return None;
            }
        } else {
            (c as char).to_digit(base)?;
        }
    }
    Some(if underscores {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    })
}

fn check_limit(digits: &str, base: u32) -> PyResult<()> {
    let limit = max_str_digits();
    if base.is_power_of_two() || limit == 0 || digits.len() <= THRESHOLD.max(limit) {
        return Ok(());
    }
    let n = digits.len();
    let text = format!(
        "Exceeds the limit ({limit} digits) for integer string conversion: value has {n} digits; use sys.set_int_max_str_digits() to increase the limit"
    );
    Err(value_error(text))
}
