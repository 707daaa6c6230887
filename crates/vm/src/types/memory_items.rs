//! Items of memory views: single values in `struct` formats.

use num_traits::ToPrimitive;

use crate::exceptions::{
    PyResult, Raised, clear_if, exc, not_implemented_error, type_error, value_error,
};
use crate::object::protocol;
use crate::types::bytes::{self, Bytes};
use crate::types::int;
use crate::value::Value;

/// The kind and size of a single item; None if the format is not a single native character.
fn native(format: &str) -> Option<(char, usize)> {
    let f = format.strip_prefix('@').unwrap_or(format);
    let mut it = f.chars();
    let c = it.next()?;
    if it.next().is_some() {
        return None;
    }
    let size = match c {
        'c' | 'b' | 'B' | '?' => 1,
        'h' | 'H' | 'e' => 2,
        'i' | 'I' | 'f' => 4,
        'l' | 'L' | 'q' | 'Q' | 'n' | 'N' | 'd' | 'P' => 8,
        _ => return None,
    };
    Some((c, size))
}

/// Size of an item that views can be cast to.
pub fn native_size(format: &str) -> Option<usize> {
    native(format).filter(|n| n.0 != 'e').map(|n| n.1)
}

/// Kind, size and byte order (big-endian?) of an item in a possibly non-native format.
fn any(format: &str) -> Option<(char, usize, bool)> {
    if let Some((c, n)) = native(format) {
        return Some((c, n, false));
    }
    let (order, rest) = (format.chars().next()?, format.get(1..)?);
    if !matches!(order, '<' | '>' | '=' | '!') {
        return None;
    }
    let (c, n) = native(rest)?;
    let n = match c {
        'l' | 'L' => 4,
        'n' | 'N' | 'P' => return None,
        _ => n,
    };
    Some((c, n, matches!(order, '>' | '!')))
}

/// Size of an item that can be read.
pub fn size(format: &str) -> Option<usize> {
    any(format).map(|a| a.1)
}

fn unsupported(format: &str) -> Raised {
    not_implemented_error(format!("memoryview: format {format} not supported"))
}

/// Reads one item.
pub fn unpack(format: &str, raw: &[u8]) -> PyResult<Value> {
    let Some((c, n, big)) = any(format) else {
        return Err(unsupported(format));
    };
    if raw.len() < n {
        return Err(unsupported(format));
    }
    let mut word = [0u8; 8];
    word[..n].copy_from_slice(&raw[..n]);
    if big {
        word[..n].reverse();
    }
    let u = u64::from_le_bytes(word);
    let shift = 64 - 8 * n as u32;
    let signed = ((u << shift) as i64) >> shift;
    Ok(match c {
        'c' => return bytes::new(&raw[..1]),
        '?' => Value::bool(u != 0),
        'b' | 'h' | 'i' | 'l' | 'q' | 'n' => Value::int(signed),
        'f' => Value::float(f32::from_bits(u as u32).into()),
        'd' => Value::float(f64::from_bits(u)),
        'e' => Value::float(half_to_f64(u as u16)),
        _ => int::from_u64(u),
    })
}

/// The value of an IEEE half.
pub fn half_to_f64(h: u16) -> f64 {
    let sign = if h >> 15 == 1 { -1.0 } else { 1.0 };
    let (e, m) = (i32::from(h >> 10 & 31), f64::from(h & 1023));
    match e {
        0 => sign * m * 2f64.powi(-24),
        31 if m == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN.copysign(sign),
        _ => sign * (1.0 + m / 1024.0) * 2f64.powi(e - 15),
    }
}

fn bad_type(format: &str) -> Raised {
    type_error(format!("memoryview: invalid type for format '{format}'"))
}

fn bad_value(format: &str) -> Raised {
    value_error(format!("memoryview: invalid value for format '{format}'"))
}

/// The bytes of one item.
pub fn pack(format: &str, v: Value) -> PyResult<Vec<u8>> {
    let Some((c, n)) = native(format).filter(|n| n.0 != 'e') else {
        return Err(unsupported(format));
    };
    match c {
        'c' => match v.cast::<Bytes>() {
            Some(b) if b.len() == 1 => return Ok(b.as_slice().to_vec()),
            Some(_) => return Err(bad_value(format)),
            None => return Err(bad_type(format)),
        },
        '?' => return Ok(vec![u8::from(protocol::is_true(v)?)]),
        'f' | 'd' => {
            let f = match protocol::as_f64(v) {
                Ok(f) => f,
                Err(raised) => {
                    clear_if(raised, exc().type_error)?;
                    return Err(bad_type(format));
                }
            };
            return Ok(if c == 'f' {
                (f as f32).to_le_bytes().to_vec()
            } else {
                f.to_le_bytes().to_vec()
            });
        }
        _ => {}
    }
    if !int::is_int(v) && v.type_of().slots().index.is_none() {
        return Err(bad_type(format));
    }
    let i = int::to_big(protocol::index(v)?)
        .and_then(|b| b.to_i128())
        .ok_or_else(|| bad_value(format))?;
    let bits = 8 * n as u32;
    let (low, high) = match c {
        'b' | 'h' | 'i' | 'l' | 'q' | 'n' => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        'P' => (-(1i128 << 63), (1i128 << 64) - 1),
        _ => (0, (1i128 << bits) - 1),
    };
    if i < low || i > high {
        return Err(bad_value(format));
    }
    Ok(i.to_le_bytes()[..n].to_vec())
}
