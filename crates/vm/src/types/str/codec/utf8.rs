//! UTF-8.

use super::errors::{Decoder, Errors, encode_each};
use crate::exceptions::PyResult;
use crate::types::str::{Chars, Str};
use crate::value::Gc;

/// Decodes UTF-8; gives the string and the number of bytes used. Unless `last`, an incomplete character at
/// the end is left for the next call.
pub fn decode(data: &[u8], errors: &Errors, last: bool) -> PyResult<(Gc<Str>, usize)> {
    if data.is_ascii() {
        return Ok((Str::from_latin1(data)?, data.len()));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        return Ok((Str::new(text)?, data.len()));
    }
    let mut d = Decoder::new("utf-8", data, errors);
    let mut i = 0;
    while i < data.len() {
        let e = match std::str::from_utf8(&data[i..]) {
            Ok(text) => {
                d.out.push_text(text);
                i = data.len();
                break;
            }
            Err(e) => e,
        };
        let bad = i + e.valid_up_to();
        d.out
            .push_text(std::str::from_utf8(&data[i..bad]).unwrap_or_default());
        i = match e.error_len() {
            None if !last => return Ok((d.out.finish()?, bad)),
            None => d.error(bad, data.len(), "unexpected end of data")?,
            // The head of a surrogate, which a handler may want to see whole.
            Some(_) if !last && matches!(data[bad..], [0xed, 0xa0..=0xbf]) => {
                return Ok((d.out.finish()?, bad));
            }
            Some(n) => {
                let start = matches!(data[bad], 0x80..=0xc1 | 0xf5..=0xff);
                let reason = if start {
                    "invalid start byte"
                } else {
                    "invalid continuation byte"
                };
                d.error(bad, bad + n, reason)?
            }
        };
    }
    Ok((d.out.finish()?, i))
}

/// The encoding of text without surrogates; None if there is one.
fn encode_valid(chars: Chars) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(chars.len() * 2);
    let mut push = |c: u32| {
        if c < 0x80 {
            out.push(c as u8);
            return true;
        }
        let ch = char::from_u32(c);
        if let Some(ch) = ch {
            out.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes());
        }
        ch.is_some()
    };
    let valid = match chars {
        Chars::One(u) => u.iter().all(|&c| push(c.into())),
        Chars::Two(u) => u.iter().all(|&c| push(c.into())),
        Chars::Four(u) => u.iter().all(|&c| push(c)),
    };
    valid.then_some(out)
}

/// Encodes UTF-8.
pub fn encode(s: Gc<Str>, errors: &Errors) -> PyResult<Vec<u8>> {
    if let Some(text) = s.as_ascii() {
        return Ok(text.as_bytes().to_vec());
    }
    if let Some(out) = encode_valid(s.chars()) {
        return Ok(out);
    }
    encode_each(
        "utf-8",
        s,
        errors,
        "surrogates not allowed",
        true,
        1,
        &|c, out| match char::from_u32(c) {
            Some(ch) => {
                out.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes());
                Ok(true)
            }
            None => Ok(false),
        },
    )
}
