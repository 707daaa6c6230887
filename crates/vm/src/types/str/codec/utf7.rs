//! UTF-7 (RFC 2152).

use super::errors::{Decoder, Errors};
use crate::exceptions::PyResult;
use crate::types::str::Str;
use crate::value::Gc;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn digit(b: u8) -> Option<u32> {
    ALPHABET.iter().position(|&a| a == b).map(|i| i as u32)
}

/// Whether a character stands for itself in encoded text (sets D and O of the RFC, and white space).
fn encodes_directly(c: u32) -> bool {
    c < 128
        && !matches!(c as u8, b'+' | b'\\' | b'~' | 0x7f)
        && (c >= 0x20 || matches!(c, 0 | 9 | 10 | 13))
}

/// Whether a byte may stand for itself outside a shifted sequence.
fn decodes_directly(b: u8) -> bool {
    b < 128 && b != b'+'
}

/// A shifted sequence being decoded.
#[derive(Default)]
struct Shift {
    bits: u32,
    nbits: u32,
    /// High surrogate waiting for its partner.
    high: u32,
    start: usize,
    out_start: usize,
}

impl Shift {
    /// Takes six bits; gives a complete character, if there is one.
    fn push(&mut self, d: u32, out: &mut impl FnMut(u32)) {
        self.bits = self.bits << 6 | d;
        self.nbits += 6;
        if self.nbits < 16 {
            return;
        }
        self.nbits -= 16;
        let u = self.bits >> self.nbits;
        self.bits &= (1 << self.nbits) - 1;
        if self.high != 0 {
            let high = std::mem::take(&mut self.high);
            if (0xdc00..0xe000).contains(&u) {
                out(0x1_0000 + ((high - 0xd800) << 10) + (u - 0xdc00));
                return;
            }
            out(high);
        }
        if (0xd800..0xdc00).contains(&u) {
            self.high = u;
        } else {
            out(u);
        }
    }

    /// What is wrong with the end of the sequence.
    fn fault(&self) -> Option<&'static str> {
        if self.nbits >= 6 {
            Some("partial character in shift sequence")
        } else if self.nbits > 0 && self.bits != 0 {
            Some("non-zero padding bits in shift sequence")
        } else {
            None
        }
    }
}

/// Decodes UTF-7; gives the string and the number of bytes used.
pub fn decode(data: &[u8], errors: &Errors, last: bool) -> PyResult<(Gc<Str>, usize)> {
    let mut d = Decoder::new("utf7", data, errors);
    let mut shift: Option<Shift> = None;
    let mut i = 0;
    while i < data.len() {
        let b = data[i];
        if let Some(s) = &mut shift {
            if let Some(v) = digit(b) {
                i += 1;
                s.push(v, &mut |c| d.out.push(c));
                continue;
            }
            let s = shift.take().unwrap_or_default();
            i += 1;
            if let Some(reason) = s.fault() {
                i = d.error(s.start, i, reason)?;
                continue;
            }
            if s.high != 0 {
                d.out.push(s.high);
            }
            if b == b'-' {
                continue;
            }
            if !decodes_directly(b) {
                i = d.error(i - 1, i, "unexpected special character")?;
                continue;
            }
            d.out.push(b.into());
            continue;
        }
        if b == b'+' {
            let start = i;
            i += 1;
            match data.get(i) {
                Some(b'-') => {
                    i += 1;
                    d.out.push(b'+'.into());
                }
                Some(&n) if digit(n).is_none() => {
                    i = d.error(start, i + 1, "ill-formed sequence")?
                }
                _ => {
                    shift = Some(Shift {
                        start,
                        out_start: d.out.len(),
                        ..Shift::default()
                    })
                }
            }
        } else if decodes_directly(b) {
            i += 1;
            d.out.push(b.into());
        } else {
            i = d.error(i, i + 1, "unexpected special character")?;
        }
    }
    let Some(s) = shift else {
        return Ok((d.out.finish()?, data.len()));
    };
    if !last {
        // The whole sequence is left for the next call.
        let kept = d.out.finish()?.substring(0, s.out_start)?;
        return Ok((kept, s.start));
    }
    if s.high != 0 || s.nbits >= 6 || (s.nbits > 0 && s.bits != 0) {
        d.error(s.start, data.len(), "unterminated shift sequence")?;
    }
    Ok((d.out.finish()?, data.len()))
}

/// Encodes UTF-7.
pub fn encode(s: Gc<Str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len() * 2);
    let (mut shifted, mut bits, mut nbits) = (false, 0u32, 0u32);
    let flush = |out: &mut Vec<u8>, bits: &mut u32, nbits: &mut u32| {
        while *nbits >= 6 {
            *nbits -= 6;
            out.push(ALPHABET[(*bits >> *nbits & 63) as usize]);
        }
        *bits &= (1 << *nbits) - 1;
    };
    for c in s.chars().iter() {
        if encodes_directly(c) {
            if shifted {
                if nbits > 0 {
                    out.push(ALPHABET[(bits << (6 - nbits) & 63) as usize]);
                    (bits, nbits) = (0, 0);
                }
                shifted = false;
                if c == u32::from(b'-') || digit(c as u8).is_some() {
                    out.push(b'-');
                }
            }
            out.push(c as u8);
            continue;
        }
        if !shifted {
            if c == u32::from(b'+') {
                out.extend_from_slice(b"+-");
                continue;
            }
            out.push(b'+');
            shifted = true;
        }
        let mut unit = |u: u32| {
            bits = bits << 16 | u;
            nbits += 16;
            flush(&mut out, &mut bits, &mut nbits);
        };
        if c >= 0x1_0000 {
            unit(0xd800 + ((c - 0x1_0000) >> 10));
            unit(0xdc00 + ((c - 0x1_0000) & 0x3ff));
        } else {
            unit(c);
        }
    }
    if nbits > 0 {
        out.push(ALPHABET[(bits << (6 - nbits) & 63) as usize]);
    }
    if shifted {
        out.push(b'-');
    }
    out
}
