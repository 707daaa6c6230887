//! Hexadecimal text of bytes.

use crate::exceptions::{PyResult, type_error, value_error};
use crate::object::call::call;
use crate::object::{Bound, protocol};
use crate::types::buffer::with_bytes;
use crate::types::bytes::{self, Bytes};
use crate::types::str::{self, Str};
use crate::value::Value;

/// A separator and how many bytes stand between two of them (negative: counted from the left).
pub type Separator = (char, isize);

fn separator(sep: Option<Value>, group: Option<Value>) -> PyResult<Option<Separator>> {
    let group = group.map_or(Ok(1), protocol::as_isize)?;
    let Some(sep) = sep else { return Ok(None) };
    if protocol::length(sep)? != 1 {
        return Err(value_error("sep must be length 1."));
    }
    let c = if let Some(s) = sep.cast::<Str>() {
        s.chars().get(0)
    } else if bytes::is_bytes_or_bytearray(sep) {
        with_bytes(sep, |b| u32::from(b[0]))?
    } else {
        return Err(type_error("sep must be str or bytes."));
    };
    if c > 127 {
        return Err(value_error("sep must be ASCII."));
    }
    Ok(if group == 0 {
        None
    } else {
        Some((c as u8 as char, group))
    })
}

/// The hexadecimal digits, with separators if wanted.
pub fn to_hex(data: &[u8], separator: Option<Separator>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(data.len() * 2);
    let n = data.len();
    for (i, &b) in data.iter().enumerate() {
        if let Some((c, group)) = separator
            && i > 0
        {
            let size = group.unsigned_abs();
            let boundary = if group > 0 {
                (n - i).is_multiple_of(size)
            } else {
                i.is_multiple_of(size)
            };
            if boundary {
                out.push(c);
            }
        }
        out.push(DIGITS[(b >> 4) as usize] as char);
        out.push(DIGITS[(b & 15) as usize] as char);
    }
    out
}

/// `hex(sep, bytes_per_sep)` of a bytes-like object.
pub fn hex_method(v: Value, a: Bound) -> PyResult<Value> {
    let sep = separator(a[0], a[1])?;
    let text = with_bytes(v, |d| to_hex(d, sep))?;
    str::new(&text)
}

/// `fromhex(text)` of bytes and bytearray.
pub fn from_hex(class: Value, text: Value) -> PyResult<Value> {
    let Some(s) = text.cast::<Str>() else {
        return Err(type_error(format!(
            "fromhex() argument must be str, not {}",
            text.type_of().name_string()
        )));
    };
    let chars = s.chars();
    let bad = |i: usize| {
        value_error(format!(
            "non-hexadecimal number found in fromhex() arg at position {i}"
        ))
    };
    let digit = |i: usize| {
        if i >= chars.len() {
            return None;
        }
        char::from_u32(chars.get(i)).and_then(|c| c.to_digit(16))
    };
    let mut out = Vec::with_capacity(chars.len() / 2);
    let mut i = 0;
    while i < chars.len() {
        if matches!(chars.get(i), 9..=13 | 32) {
            i += 1;
            continue;
        }
        let high = digit(i).ok_or_else(|| bad(i))?;
        let low = digit(i + 1).ok_or_else(|| bad(i + 1))?;
        out.push((high << 4 | low) as u8);
        i += 2;
    }
    if class == crate::runtime::types().bytearray.value() {
        return crate::types::bytearray::new(&out);
    }
    let made = Bytes::new(&out)?.value();
    if class == crate::runtime::types().bytes.value() {
        Ok(made)
    } else {
        call(class, &[made])
    }
}
