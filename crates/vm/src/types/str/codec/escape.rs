//! `unicode_escape`, `raw_unicode_escape`, and the escapes of bytes literals.

use super::errors::{Decoder, Errors};
use crate::builtins::warnings;
use crate::exceptions::{PyResult, value_error};
use crate::text::push_escape;
use crate::types::str::Str;
use crate::unicode;
use crate::value::Gc;

fn hex_value(data: &[u8], from: usize, n: usize) -> (u32, usize) {
    let mut value = 0;
    for i in 0..n {
        match data.get(from + i).and_then(|&b| (b as char).to_digit(16)) {
            Some(d) => value = value << 4 | d,
            None => return (value, i),
        }
    }
    (value, n)
}

/// The character a one-letter escape stands for.
fn letter(b: u8) -> Option<u8> {
    Some(match b {
        b'\\' | b'\'' | b'"' => b,
        b'b' => 8,
        b'f' => 12,
        b't' => 9,
        b'n' => 10,
        b'r' => 13,
        b'v' => 11,
        b'a' => 7,
        _ => return None,
    })
}

/// Octal digits (at most three) from `i` on: value and end.
fn octal(data: &[u8], i: usize) -> (u32, usize) {
    let n = data[i..]
        .iter()
        .take(3)
        .take_while(|b| (b'0'..=b'7').contains(b))
        .count();
    (
        data[i..i + n]
            .iter()
            .fold(0, |v, &b| v << 3 | u32::from(b - b'0')),
        i + n,
    )
}

/// Decodes `unicode_escape`; gives the string and the number of bytes used.
pub fn decode_unicode(data: &[u8], errors: &Errors, last: bool) -> PyResult<(Gc<Str>, usize)> {
    let mut d = Decoder::new("unicodeescape", data, errors);
    let mut i = 0;
    let mut invalid = None;
    while i < data.len() {
        let plain = memchr::memchr(b'\\', &data[i..]).unwrap_or(data.len() - i);
        d.out.push_latin1(&data[i..i + plain]);
        i += plain;
        if i == data.len() {
            break;
        }
        let start = i;
        let Some(&b) = data.get(i + 1) else {
            if !last {
                return Ok((d.out.finish()?, start));
            }
            i = d.error(start, data.len(), "\\ at end of string")?;
            continue;
        };
        i += 2;
        if let Some(c) = letter(b) {
            d.out.push(c.into());
            continue;
        }
        let (digits, reason) = match b {
            b'\n' => continue,
            b'0'..=b'7' => {
                let (v, end) = octal(data, i - 1);
                d.out.push(v);
                i = end;
                continue;
            }
            b'x' => (2, "truncated \\xXX escape"),
            b'u' => (4, "truncated \\uXXXX escape"),
            b'U' => (8, "truncated \\UXXXXXXXX escape"),
            b'N' => {
                match named(data, i, last) {
                    Named::Char(c, end) => {
                        d.out.push(c);
                        i = end;
                    }
                    Named::Incomplete => return Ok((d.out.finish()?, start)),
                    Named::Bad(end, reason) => i = d.error(start, end, reason)?,
                }
                continue;
            }
            _ => {
                invalid.get_or_insert(b);
                d.out.push(b'\\'.into());
                d.out.push(b.into());
                continue;
            }
        };
        let (value, n) = hex_value(data, i, digits);
        if n < digits {
            if !last && i + n == data.len() {
                return Ok((d.out.finish()?, start));
            }
            i = d.error(start, i + n, reason)?;
        } else if value > 0x10_ffff {
            i = d.error(start, i + n, "illegal Unicode character")?;
        } else {
            d.out.push(value);
            i += n;
        }
    }
    if let Some(b) = invalid {
        warnings::deprecated(&format!("invalid escape sequence '\\{}'", b as char), 1)?;
    }
    Ok((d.out.finish()?, i))
}

enum Named {
    Char(u32, usize),
    Incomplete,
    Bad(usize, &'static str),
}

/// `{name}` after `\N`.
fn named(data: &[u8], i: usize, last: bool) -> Named {
    if i >= data.len() && !last {
        return Named::Incomplete;
    }
    let malformed = "malformed \\N character escape";
    if data.get(i) != Some(&b'{') {
        return Named::Bad(i, malformed);
    }
    match memchr::memchr(b'}', &data[i..]) {
        Some(0 | 1) => Named::Bad(i + 1, malformed),
        Some(n) => {
            let name = String::from_utf8_lossy(&data[i + 1..i + n]);
            match unicode::by_name(&name) {
                Some(c) => Named::Char(c, i + n + 1),
                None => Named::Bad(i + n + 1, "unknown Unicode character name"),
            }
        }
        None if !last => Named::Incomplete,
        None => Named::Bad(data.len(), malformed),
    }
}

/// Encodes `unicode_escape`.
pub fn encode_unicode(s: Gc<Str>) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.chars().iter() {
        match c {
            0x5c => out.push_str("\\\\"),
            9 => out.push_str("\\t"),
            10 => out.push_str("\\n"),
            13 => out.push_str("\\r"),
            0x20..0x7f => out.push(c as u8 as char),
            _ => push_escape(&mut out, c),
        }
    }
    out
}

/// Decodes `raw_unicode_escape`; gives the string and the number of bytes used.
pub fn decode_raw(data: &[u8], errors: &Errors, last: bool) -> PyResult<(Gc<Str>, usize)> {
    let mut d = Decoder::new("rawunicodeescape", data, errors);
    let mut i = 0;
    while i < data.len() {
        let start = i;
        if data[i] != b'\\' {
            d.out.push(data[i].into());
            i += 1;
            continue;
        }
        let (digits, reason) = match data.get(i + 1) {
            None if !last => break,
            Some(b'u') => (4, "truncated \\uXXXX escape"),
            Some(b'U') => (8, "truncated \\UXXXXXXXX escape"),
            next => {
                d.out.push(b'\\'.into());
                i += 1;
                if let Some(&b) = next {
                    d.out.push(b.into());
                    i += 1;
                }
                continue;
            }
        };
        let (value, n) = hex_value(data, i + 2, digits);
        let end = i + 2 + n;
        if n < digits {
            if !last && end == data.len() {
                break;
            }
            i = d.error(start, end, reason)?;
        } else if value > 0x10_ffff {
            i = d.error(start, end, "\\Uxxxxxxxx out of range")?;
        } else {
            d.out.push(value);
            i = end;
        }
    }
    Ok((d.out.finish()?, i))
}

/// Encodes `raw_unicode_escape`.
pub fn encode_raw(s: Gc<Str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    for c in s.chars().iter() {
        match u8::try_from(c) {
            Ok(b) => out.push(b),
            Err(_) => {
                let mut e = String::new();
                push_escape(&mut e, c);
                out.extend_from_slice(e.as_bytes());
            }
        }
    }
    out
}

/// Decodes the escapes of a bytes literal (`codecs.escape_decode`).
pub fn decode_bytes(data: &[u8], errors: &Errors) -> PyResult<Vec<u8>> {
    let mut out = Vec::with_capacity(data.len());
    let mut i = 0;
    let mut invalid = None;
    while i < data.len() {
        if data[i] != b'\\' {
            out.push(data[i]);
            i += 1;
            continue;
        }
        let Some(&b) = data.get(i + 1) else {
            return Err(value_error("Trailing \\ in string"));
        };
        i += 2;
        match (b, letter(b)) {
            (b'\n', _) => {}
            (_, Some(c)) => out.push(c),
            (b'0'..=b'7', _) => {
                let (v, end) = octal(data, i - 1);
                out.push(v as u8);
                i = end;
            }
            (b'x', _) => {
                let (v, n) = hex_value(data, i, 2);
                if n == 2 {
                    out.push(v as u8);
                    i += 2;
                    continue;
                }
                match errors {
                    Errors::Strict => {
                        return Err(value_error(format!(
                            "invalid \\x escape at position {}",
                            i - 2
                        )));
                    }
                    Errors::Replace => out.push(b'?'),
                    Errors::Ignore => {}
                    other => {
                        let name = format!("{other:?}").to_lowercase();
                        return Err(value_error(format!(
                            "decoding error; unknown error handling code: {name}"
                        )));
                    }
                }
                i += n;
            }
            _ => {
                invalid.get_or_insert(b);
                out.extend_from_slice(&[b'\\', b]);
            }
        }
    }
    if let Some(b) = invalid {
        warnings::deprecated(&format!("invalid escape sequence '\\{}'", b as char), 1)?;
    }
    Ok(out)
}

/// Encodes bytes with escapes (`codecs.escape_encode`).
pub fn encode_bytes(data: &[u8]) -> String {
    let quoted = crate::text::quote_bytes_with(data, b'\'');
    quoted[1..quoted.len() - 1].to_owned()
}
