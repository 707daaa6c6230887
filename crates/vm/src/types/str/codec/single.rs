//! ASCII and Latin-1.

use super::errors::{Decoder, Errors, encode_each};
use crate::exceptions::PyResult;
use crate::types::str::{Chars, Str};
use crate::value::Gc;

/// Decodes ASCII.
pub fn decode_ascii(data: &[u8], errors: &Errors) -> PyResult<Gc<Str>> {
    if data.is_ascii() {
        return Str::from_latin1(data);
    }
    let mut d = Decoder::new("ascii", data, errors);
    let mut i = 0;
    while i < data.len() {
        let good = data[i..].iter().take_while(|b| b.is_ascii()).count();
        d.out.push_latin1(&data[i..i + good]);
        i += good;
        if i < data.len() {
            i = d.error(i, i + 1, "ordinal not in range(128)")?;
        }
    }
    d.out.finish()
}

/// Encodes ASCII.
pub fn encode_ascii(s: Gc<Str>, errors: &Errors) -> PyResult<Vec<u8>> {
    if let Some(text) = s.as_ascii() {
        return Ok(text.as_bytes().to_vec());
    }
    encode_each(
        "ascii",
        s,
        errors,
        "ordinal not in range(128)",
        true,
        1,
        &|c, out| {
            if c < 128 {
                out.push(c as u8);
            }
            Ok(c < 128)
        },
    )
}

/// Encodes Latin-1.
pub fn encode_latin1(s: Gc<Str>, errors: &Errors) -> PyResult<Vec<u8>> {
    if let Chars::One(b) = s.chars() {
        return Ok(b.to_vec());
    }
    encode_each(
        "latin-1",
        s,
        errors,
        "ordinal not in range(256)",
        true,
        1,
        &|c, out| {
            if c < 256 {
                out.push(c as u8);
            }
            Ok(c < 256)
        },
    )
}
