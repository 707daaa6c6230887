//! UTF-16 and UTF-32.

use super::errors::{Decoder, Errors, encode_each};
use crate::exceptions::PyResult;
use crate::types::str::{Chars, Str};
use crate::value::Gc;

/// Byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The machine's (little-endian), or as a byte order mark says.
    Native,
    /// Little-endian.
    Little,
    /// Big-endian.
    Big,
}

impl Order {
    /// From CPython's number: negative little, 0 native, positive big.
    pub fn from_number(n: i64) -> Order {
        match n {
            0 => Order::Native,
            1.. => Order::Big,
            _ => Order::Little,
        }
    }

    /// CPython's number.
    pub fn number(self) -> i64 {
        match self {
            Order::Native => 0,
            Order::Big => 1,
            Order::Little => -1,
        }
    }
}

/// Decoded string, bytes used, byte order found.
pub type Decoded = (Gc<Str>, usize, Order);

fn unit16(data: &[u8], i: usize, big: bool) -> u32 {
    let b = [data[i], data[i + 1]];
    u32::from(if big {
        u16::from_be_bytes(b)
    } else {
        u16::from_le_bytes(b)
    })
}

fn unit32(data: &[u8], i: usize, big: bool) -> u32 {
    let b = [data[i], data[i + 1], data[i + 2], data[i + 3]];
    if big {
        u32::from_be_bytes(b)
    } else {
        u32::from_le_bytes(b)
    }
}

/// Decodes UTF-16.
pub fn decode16(data: &[u8], errors: &Errors, order: Order, last: bool) -> PyResult<Decoded> {
    let (mut i, mut order) = (0, order);
    if order == Order::Native && data.len() >= 2 {
        match unit16(data, 0, false) {
            0xfeff => (i, order) = (2, Order::Little),
            0xfffe => (i, order) = (2, Order::Big),
            _ => {}
        }
    }
    let big = order == Order::Big;
    let name = if big { "utf-16-be" } else { "utf-16-le" };
    let mut d = Decoder::new(
        if order == Order::Native {
            "utf-16-le"
        } else {
            name
        },
        data,
        errors,
    );
    let n = data.len();
    while i < n {
        if i + 1 >= n {
            if !last {
                break;
            }
            i = d.error(i, n, "truncated data")?;
            continue;
        }
        let u = unit16(data, i, big);
        match u {
            0xd800..0xdc00 if i + 3 < n => {
                let v = unit16(data, i + 2, big);
                if (0xdc00..0xe000).contains(&v) {
                    d.out.push(0x1_0000 + ((u - 0xd800) << 10) + (v - 0xdc00));
                    i += 4;
                } else {
                    i = d.error(i, i + 2, "illegal UTF-16 surrogate")?;
                }
            }
            0xd800..0xdc00 if !last => break,
            0xd800..0xdc00 => i = d.error(i, n, "unexpected end of data")?,
            0xdc00..0xe000 => i = d.error(i, i + 2, "illegal encoding")?,
            _ => {
                d.out.push(u);
                i += 2;
            }
        }
    }
    Ok((d.out.finish()?, i, order))
}

/// Decodes UTF-32.
pub fn decode32(data: &[u8], errors: &Errors, order: Order, last: bool) -> PyResult<Decoded> {
    let (mut i, mut order) = (0, order);
    if order == Order::Native && data.len() >= 4 {
        match unit32(data, 0, false) {
            0xfeff => (i, order) = (4, Order::Little),
            0xfffe_0000 => (i, order) = (4, Order::Big),
            _ => {}
        }
    }
    let big = order == Order::Big;
    let mut d = Decoder::new(if big { "utf-32-be" } else { "utf-32-le" }, data, errors);
    let n = data.len();
    while i < n {
        if i + 3 >= n {
            if !last {
                break;
            }
            i = d.error(i, n, "truncated data")?;
            continue;
        }
        let c = unit32(data, i, big);
        match c {
            0xd800..0xe000 => {
                i = d.error(
                    i,
                    i + 4,
                    "code point in surrogate code point range(0xd800, 0xe000)",
                )?
            }
            0x11_0000.. => i = d.error(i, i + 4, "code point not in range(0x110000)")?,
            _ => {
                d.out.push(c);
                i += 4;
            }
        }
    }
    Ok((d.out.finish()?, i, order))
}

/// Encodes UTF-16, with a byte order mark in native order.
pub fn encode16(s: Gc<Str>, errors: &Errors, order: Order) -> PyResult<Vec<u8>> {
    let big = order == Order::Big;
    let push = move |u: u16, out: &mut Vec<u8>| {
        out.extend_from_slice(&if big {
            u.to_be_bytes()
        } else {
            u.to_le_bytes()
        });
    };
    let name = match order {
        Order::Native => "utf-16",
        Order::Big => "utf-16-be",
        Order::Little => "utf-16-le",
    };
    if let Chars::One(bytes) = s.chars() {
        // Latin-1 has no surrogates.
        let mut out = Vec::with_capacity(bytes.len() * 2 + 2);
        if order == Order::Native {
            out.extend_from_slice(&[0xff, 0xfe]);
        }
        bytes.iter().for_each(|&b| push(b.into(), &mut out));
        return Ok(out);
    }
    let body = encode_each(
        name,
        s,
        errors,
        "surrogates not allowed",
        false,
        2,
        &|c, out| match char::from_u32(c) {
            Some(ch) => {
                ch.encode_utf16(&mut [0; 2])
                    .iter()
                    .for_each(|&u| push(u, out));
                Ok(true)
            }
            None => Ok(false),
        },
    )?;
    Ok(if order == Order::Native {
        [&[0xff, 0xfe], &body[..]].concat()
    } else {
        body
    })
}

/// Encodes UTF-32, with a byte order mark in native order.
pub fn encode32(s: Gc<Str>, errors: &Errors, order: Order) -> PyResult<Vec<u8>> {
    let big = order == Order::Big;
    let name = match order {
        Order::Native => "utf-32",
        Order::Big => "utf-32-be",
        Order::Little => "utf-32-le",
    };
    let body = encode_each(
        name,
        s,
        errors,
        "surrogates not allowed",
        false,
        4,
        &|c, out| {
            if char::from_u32(c).is_none() {
                return Ok(false);
            }
            out.extend_from_slice(&if big {
                c.to_be_bytes()
            } else {
                c.to_le_bytes()
            });
            Ok(true)
        },
    )?;
    Ok(if order == Order::Native {
        [&[0xff, 0xfe, 0, 0], &body[..]].concat()
    } else {
        body
    })
}
