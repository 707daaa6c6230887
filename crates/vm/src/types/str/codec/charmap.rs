//! Codecs given by a table.

use super::errors::{Decoder, Errors, encode_each};
use crate::exceptions::{PyResult, clear_if, exc, type_error};
use crate::object::protocol;
use crate::types::bytes::Bytes;
use crate::types::dict::Dict;
use crate::types::int;
use crate::types::str::Str;
use crate::value::{Gc, Value};

const UNDEFINED: &str = "character maps to <undefined>";

/// What a table says of a key; None: undefined.
fn look_up(table: Value, key: u32) -> PyResult<Option<Value>> {
    let key = Value::int(key.into());
    if let Some(d) = table.cast_exact::<Dict>() {
        return d.get(key);
    }
    match protocol::get_item(table, key) {
        Ok(v) => Ok(Some(v)),
        Err(raised) => clear_if(raised, exc().lookup_error).map(|()| None),
    }
}

/// Decodes by a table: a str indexed by bytes, or a mapping to ints, strings or None.
pub fn decode(data: &[u8], errors: &Errors, table: Option<Value>) -> PyResult<Gc<Str>> {
    let Some(table) = table.and_then(Value::not_none) else {
        return Str::from_latin1(data);
    };
    let text = table.cast::<Str>();
    let mut d = Decoder::new("charmap", data, errors);
    let mut i = 0;
    while i < data.len() {
        let known = match text {
            Some(t) => {
                let chars = t.chars();
                let at = data[i] as usize;
                let c = if at < chars.len() {
                    chars.get(at)
                } else {
                    0xfffe
                };
                if c != 0xfffe {
                    d.out.push(c);
                }
                c != 0xfffe
            }
            None => decode_one(&mut d, look_up(table, data[i].into())?)?,
        };
        i = if known {
            i + 1
        } else {
            d.error(i, i + 1, UNDEFINED)?
        };
    }
    d.out.finish()
}

fn decode_one(d: &mut Decoder, v: Option<Value>) -> PyResult<bool> {
    let Some(v) = v.and_then(Value::not_none) else {
        return Ok(false);
    };
    if let Some(s) = v.cast::<Str>() {
        if s.len() == 1 && s.chars().get(0) == 0xfffe {
            return Ok(false);
        }
        d.out.push_chars(s.chars());
        return Ok(true);
    }
    if !int::is_int(v) {
        return Err(type_error(
            "character mapping must return integer, None or str",
        ));
    }
    match int::to_i64(v) {
        Some(0xfffe) => Ok(false),
        Some(c @ 0..0x11_0000) => {
            d.out.push(c as u32);
            Ok(true)
        }
        _ => Err(type_error("character mapping must be in range(0x110000)")),
    }
}

/// Encodes by a table: a mapping from ints to ints below 256, bytes or None.
pub fn encode(s: Gc<Str>, errors: &Errors, table: Option<Value>) -> PyResult<Vec<u8>> {
    let Some(table) = table.and_then(Value::not_none) else {
        return super::single::encode_latin1(s, errors);
    };
    encode_each("charmap", s, errors, UNDEFINED, true, 1, &|c, out| {
        let Some(v) = look_up(table, c)?.and_then(Value::not_none) else {
            return Ok(false);
        };
        if let Some(b) = v.cast::<Bytes>() {
            out.extend_from_slice(b.as_slice());
            return Ok(true);
        }
        if !int::is_int(v) {
            let t = v.type_of().name_string();
            return Err(type_error(format!(
                "character mapping must return integer, bytes or None, not {t}"
            )));
        }
        match int::to_i64(v) {
            Some(b @ 0..256) => {
                out.push(b as u8);
                Ok(true)
            }
            _ => Err(type_error("character mapping must be in range(256)")),
        }
    })
}

/// `codecs.charmap_build(table)`: the inverse of a decoding table.
pub fn build(table: Gc<Str>) -> PyResult<Value> {
    let map = Dict::new()?;
    for (i, c) in table.chars().iter().take(256).enumerate() {
        if c != 0xfffe {
            map.set_item(Value::int(c.into()), Value::from_usize(i))?;
        }
    }
    Ok(map.value())
}
