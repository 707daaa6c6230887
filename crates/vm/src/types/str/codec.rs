//! Encoding and decoding: `str.encode`, `bytes.decode`, `str(bytes, ...)`. The codecs built in are reached
//! without the registry; everything else goes through `registry.rs` and the `encodings` package.

pub mod charmap;
pub mod errors;
pub mod escape;
pub mod single;
pub mod utf7;
pub mod utf8;
pub mod wide;

use self::errors::Errors;
use self::wide::Order;
use super::{Str, registry};
use crate::exceptions::{PyResult, Raised, type_error, value_error};
use crate::object::args::text;
use crate::types::buffer::{has_buffer, with_bytes};
use crate::types::bytearray::ByteArray;
use crate::types::bytes::{self, Bytes};
use crate::value::{Gc, Value};

pub use self::errors::{lookup_error, register_error};

/// The arguments `encoding` and `errors` of a function, where given.
pub fn names(
    fname: &str,
    encoding: Option<Value>,
    errors: Option<Value>,
) -> PyResult<(Option<Gc<Str>>, Option<Gc<Str>>)> {
    let name = |v: Option<Value>, which: &str| v.map(|v| text(fname, which, v)).transpose();
    Ok((name(encoding, "'encoding'")?, name(errors, "'errors'")?))
}

/// A codec built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Utf8,
    Utf16(Order),
    Utf32(Order),
    Ascii,
    Latin1,
}

/// The codec built in that goes by this name.
fn known(name: &str) -> Option<Known> {
    if name.len() > 12 {
        return None;
    }
    let lower: String = name
        .chars()
        .map(|c| {
            if matches!(c, '-' | ' ') {
                '_'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    Some(match lower.as_str() {
        "utf_8" | "utf8" => Known::Utf8,
        "utf_16" | "utf16" => Known::Utf16(Order::Native),
        "utf_16_le" => Known::Utf16(Order::Little),
        "utf_16_be" => Known::Utf16(Order::Big),
        "utf_32" | "utf32" => Known::Utf32(Order::Native),
        "utf_32_le" => Known::Utf32(Order::Little),
        "utf_32_be" => Known::Utf32(Order::Big),
        "ascii" | "us_ascii" => Known::Ascii,
        "latin_1" | "latin1" | "iso_8859_1" | "iso8859_1" => Known::Latin1,
        _ => return None,
    })
}

fn encode_known(s: Gc<Str>, codec: Known, errors: &Errors) -> PyResult<Vec<u8>> {
    match codec {
        Known::Utf8 => utf8::encode(s, errors),
        Known::Utf16(order) => wide::encode16(s, errors, order),
        Known::Utf32(order) => wide::encode32(s, errors, order),
        Known::Ascii => single::encode_ascii(s, errors),
        Known::Latin1 => single::encode_latin1(s, errors),
    }
}

fn decode_known(data: &[u8], codec: Known, errors: &Errors) -> PyResult<Gc<Str>> {
    match codec {
        Known::Utf8 => utf8::decode(data, errors, true).map(|d| d.0),
        Known::Utf16(order) => wide::decode16(data, errors, order, true).map(|d| d.0),
        Known::Utf32(order) => wide::decode32(data, errors, order, true).map(|d| d.0),
        Known::Ascii => single::decode_ascii(data, errors),
        Known::Latin1 => Str::from_latin1(data),
    }
}

/// Names of codecs and handlers are C strings: no NUL, no lone surrogates.
fn check_names(encoding: Option<Gc<Str>>, errors: Option<Gc<Str>>) -> PyResult<()> {
    for name in [encoding, errors].into_iter().flatten() {
        match name.as_ascii() {
            Some(text) if !text.contains('\0') => {}
            _ if name.chars().iter().any(|c| c == 0) => {
                return Err(value_error("embedded null character"));
            }
            _ if name.to_str().is_none() => return Err(surrogate_error(name)),
            _ => {}
        }
    }
    Ok(())
}

/// `s.encode(encoding, errors)`
pub fn encode_str(
    s: Gc<Str>,
    encoding: Option<Gc<Str>>,
    errors: Option<Gc<Str>>,
) -> PyResult<Value> {
    check_names(encoding, errors)?;
    let name = encoding.map(|e| e.to_string_lossy().into_owned());
    let codec = name.as_deref().map_or(Some(Known::Utf8), known);
    if let Some(codec) = codec {
        if let (Some(text), Known::Utf8 | Known::Ascii | Known::Latin1) = (s.as_ascii(), codec) {
            return bytes::new(text.as_bytes());
        }
        return bytes::new(&encode_known(s, codec, &Errors::of(errors))?);
    }
    let name = name.unwrap_or_default();
    let v = registry::encode_text(s.value(), &name, errors)?;
    if v.cast::<Bytes>().is_some() {
        return Ok(v);
    }
    if let Some(b) = v.cast::<ByteArray>() {
        return bytes::new(b.as_slice());
    }
    let t = v.type_of().name_string();
    let text = format!(
        "'{name}' encoder returned '{t}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types"
    );
    Err(type_error(text))
}

/// The str that a bytes-like object encodes.
pub fn decode_object(
    v: Value,
    encoding: Option<Gc<Str>>,
    errors: Option<Gc<Str>>,
) -> PyResult<Value> {
    if v.cast::<Str>().is_some() {
        return Err(type_error("decoding str is not supported"));
    }
    if !has_buffer(v) {
        let t = v.type_of().name_string();
        return Err(type_error(format!(
            "decoding to str: need a bytes-like object, {t} found"
        )));
    }
    check_names(encoding, errors)?;
    if with_bytes(v, <[u8]>::is_empty)? {
        return Ok(Str::empty().value());
    }
    let name = encoding.map(|e| e.to_string_lossy().into_owned());
    if let Some(codec) = name.as_deref().map_or(Some(Known::Utf8), known) {
        let errors = Errors::of(errors);
        if let Some(b) = v.cast::<Bytes>() {
            return decode_known(b.slice(), codec, &errors).map(Gc::value);
        }
        let data = with_bytes(v, <[u8]>::to_vec)?;
        return decode_known(&data, codec, &errors).map(Gc::value);
    }
    let name = name.unwrap_or_default();
    let source = if v.cast::<Bytes>().is_some() {
        v
    } else {
        crate::types::memoryview::new(v)?
    };
    let r = registry::decode_text(source, &name, errors)?;
    if r.cast::<Str>().is_some() {
        return Ok(r);
    }
    let t = r.type_of().name_string();
    let text = format!(
        "'{name}' decoder returned '{t}' instead of 'str'; use codecs.decode() to decode to arbitrary types"
    );
    Err(type_error(text))
}

/// The UnicodeEncodeError of the first lone surrogate of a string that has one.
#[cold]
pub fn surrogate_error(s: Gc<Str>) -> Raised {
    match utf8::encode(s, &Errors::Strict) {
        Ok(_) => type_error("string without surrogates"),
        Err(raised) => raised,
    }
}

/// Decodes bytes by a codec and handler given as text: for Rust callers.
pub fn decode_bytes(data: &[u8], encoding: &str, errors: &str) -> PyResult<Gc<Str>> {
    if let Some(codec) = known(encoding) {
        return decode_known(data, codec, &Errors::named(errors));
    }
    let v = decode_object(
        bytes::new(data)?,
        Some(Str::new(encoding)?),
        Some(Str::new(errors)?),
    )?;
    v.cast::<Str>()
        .ok_or_else(|| type_error("decoder should return str"))
}

/// Encodes text by a codec and handler given as text: for Rust callers.
pub fn encode_bytes(s: Gc<Str>, encoding: &str, errors: &str) -> PyResult<Vec<u8>> {
    if let Some(codec) = known(encoding) {
        return encode_known(s, codec, &Errors::named(errors));
    }
    let v = encode_str(s, Some(Str::new(encoding)?), Some(Str::new(errors)?))?;
    with_bytes(v, <[u8]>::to_vec)
}

/// The str of a name the operating system gave (UTF-8, other bytes as lone surrogates).
pub fn decode_fs(data: &[u8]) -> PyResult<Gc<Str>> {
    utf8::decode(data, &Errors::SurrogateEscape, true).map(|d| d.0)
}

/// The bytes of a name for the operating system.
pub fn encode_fs(s: Gc<Str>) -> PyResult<Vec<u8>> {
    utf8::encode(s, &Errors::SurrogateEscape)
}
