//! Positions of text streams. A position is a number made of a place in the file and, where a decoder keeps a state
//! or a chunk was decoded beyond the position, of what it takes to get there from that place.

use num_bigint::{BigInt, Sign};

use rivet_vm::exceptions::{PyResult, overflow_error, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::args::check_count;
use rivet_vm::object::call::call_method;
use rivet_vm::object::protocol;
use rivet_vm::types::bytes::Bytes;
use rivet_vm::types::int;
use rivet_vm::value::Value;

use super::{Wrapper, is_number, open};
use crate::io::base::os_text;
use crate::io::util::{int_arg, offset_arg, unsupported};

/// The parts of a position.
#[derive(Default)]
struct Cookie {
    start: i64,
    flags: u32,
    /// Bytes to be decoded from `start` on …
    feed: u32,
    /// … and characters of the result to be skipped.
    skip: u32,
    need_eof: bool,
}

/// Bytes of a position: 8 for the place, 4 for each of three numbers, 1 for the flag.
const COOKIE: usize = 21;

impl Cookie {
    fn pack(&self) -> PyResult<Value> {
        let mut b = Vec::with_capacity(COOKIE);
        b.extend_from_slice(&self.start.to_le_bytes());
        for n in [self.flags, self.feed, self.skip] {
            b.extend_from_slice(&n.to_le_bytes());
        }
        b.push(self.need_eof.into());
        int::from_big(&BigInt::from_bytes_le(Sign::Plus, &b))
    }

    fn unpack(v: Value) -> PyResult<Cookie> {
        let big = int::to_big(protocol::index(v)?).unwrap_or_default();
        if big.sign() == Sign::Minus {
            return Err(overflow_error("can't convert negative int to unsigned"));
        }
        let (_, mut b) = big.to_bytes_le();
        if b.len() > COOKIE {
            return Err(overflow_error("int too big to convert"));
        }
        b.resize(COOKIE, 0);
        let word = |at: usize| u32::from_le_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]]);
        let (low, high) = (u64::from(word(0)), u64::from(word(4)));
        Ok(Cookie {
            start: (low | high << 32) as i64,
            flags: word(8),
            feed: word(12),
            skip: word(16),
            need_eof: b[20] != 0,
        })
    }
}

const NOT_SEEKABLE: &str = "underlying stream is not seekable";

pub(super) fn tell(v: Value) -> PyResult<Value> {
    let w = open(v)?;
    if !w.t.seekable.get() {
        return Err(unsupported(NOT_SEEKABLE));
    }
    if !w.t.telling.get() {
        return Err(os_text("telling position disabled by next() call"));
    }
    w.write_pending()?;
    call_method(v, name!("flush"), &[])?;
    let at = call_method(w.buffer()?, name!("tell"), &[])?;
    let snapshot = w.t.snapshot.borrow().clone();
    let (Some((flags, input)), true) = (snapshot, w.t.decode.get().is_some()) else {
        return Ok(at);
    };
    let start = offset_arg(at)?.wrapping_sub(input.len() as i64);
    let used = w.t.used.get();
    if used == 0 || w.decoded().is_none() {
        let c = Cookie {
            start,
            flags: flags as u32,
            ..Cookie::default()
        };
        return c.pack();
    }
    let saved = w.decoder_state()?;
    let found = w.locate(start, flags, &input, used);
    let restored = w.set_decoder_state(&saved.0, saved.1);
    let c = found?;
    restored?;
    c.pack()
}

impl Wrapper<'_> {
    /// A place at or before the position where the decoder can start, and the way from there: `skip` characters of
    /// what `input`, which begins at `start`, decodes to lie before the position.
    fn locate(self, start: i64, flags: u64, input: &[u8], skip: usize) -> PyResult<Cookie> {
        let (bytes, flags, skip) = self.near(flags, input, skip)?;
        let mut c = Cookie {
            start: start.wrapping_add(bytes as i64),
            flags: flags as u32,
            ..Cookie::default()
        };
        if skip == 0 {
            return Ok(c);
        }
        let (mut skip, mut fed, mut chars) = (skip, 0, 0);
        let mut reached = false;
        for byte in &input[bytes..] {
            fed += 1;
            chars += self.decode_bytes(std::slice::from_ref(byte), false)?.len();
            let (kept, flags) = self.decoder_state()?;
            if kept.is_empty() && chars <= skip {
                // The decoder could start here, too.
                c.start = c.start.wrapping_add(fed);
                c.flags = flags as u32;
                skip -= chars;
                (fed, chars) = (0, 0);
            }
            if chars >= skip {
                reached = true;
                break;
            }
        }
        if !reached {
            chars += self.decode_bytes(&[], true)?.len();
            c.need_eof = true;
            if chars < skip {
                return Err(os_text("can't reconstruct logical file position"));
            }
        }
        c.feed = fed as u32;
        c.skip = skip as u32;
        Ok(c)
    }

    /// Guesses, from the usual number of bytes per character, how much of the input can be skipped: gives bytes, the
    /// decoder's state there, and the characters left to skip.
    fn near(self, flags: u64, input: &[u8], skip: usize) -> PyResult<(usize, u64, usize)> {
        let mut bytes = ((self.t.ratio.get() * skip as f64) as usize).min(input.len());
        let mut back = 1;
        while bytes > 0 {
            self.set_decoder_state(&[], flags)?;
            let n = self.decode_bytes(&input[..bytes], false)?.len();
            if n <= skip {
                let (kept, flags) = self.decoder_state()?;
                if kept.is_empty() {
                    return Ok((bytes, flags, skip - n));
                }
                bytes = bytes.saturating_sub(kept.len());
                back = 1;
            } else {
                bytes = bytes.saturating_sub(back);
                back *= 2;
            }
        }
        self.set_decoder_state(&[], flags)?;
        Ok((0, flags, skip))
    }
}

pub(super) fn seek(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("seek", args, 1, 2)?;
    let how = args.get(1).map_or(Ok(0), |&w| int_arg(w))?;
    let w = open(v)?;
    if !w.t.seekable.get() {
        return Err(unsupported(NOT_SEEKABLE));
    }
    let mut cookie = args[0];
    let is_zero = |c: Value| protocol::equal(c, Value::int(0));
    match how {
        0 => {}
        1 => {
            if !is_zero(cookie)? {
                return Err(unsupported("can't do nonzero cur-relative seeks"));
            }
            cookie = call_method(v, name!("tell"), &[])?;
        }
        2 => {
            if !is_zero(cookie)? {
                return Err(unsupported("can't do nonzero end-relative seeks"));
            }
            return w.seek_end();
        }
        _ => {
            return Err(value_error(format!(
                "invalid whence ({how}, should be 0, 1 or 2)"
            )));
        }
    }
    if protocol::compare_bool(cookie, Value::int(0), rivet_spec::CompareOp::Lt)? {
        return Err(value_error(format!(
            "negative seek position {}",
            protocol::repr_string(cookie)?
        )));
    }
    w.seek_to(cookie)
}

impl Wrapper<'_> {
    fn seek_end(self) -> PyResult<Value> {
        call_method(self.v, name!("flush"), &[])?;
        self.forget();
        self.reset_decoder()?;
        let end = call_method(
            self.buffer()?,
            name!("seek"),
            &[Value::int(0), Value::int(2)],
        )?;
        self.reset_encoder(protocol::equal(end, Value::int(0))?)?;
        Ok(end)
    }

    fn seek_to(self, cookie: Value) -> PyResult<Value> {
        call_method(self.v, name!("flush"), &[])?;
        if !is_number(cookie) {
            return Err(type_error(format!(
                "'{}' object cannot be interpreted as an integer",
                cookie.type_of().name_string()
            )));
        }
        let c = Cookie::unpack(cookie)?;
        call_method(self.buffer()?, name!("seek"), &[Value::int(c.start)])?;
        self.forget();
        let at_start = c.start == 0 && c.flags == 0;
        if self.t.decode.get().is_some() {
            if at_start {
                self.reset_decoder()?;
            } else {
                self.set_decoder_state(&[], c.flags.into())?;
            }
        }
        if c.skip > 0 {
            self.skip(&c)?;
        } else if self.t.decode.get().is_some() {
            self.t.snapshot.replace(Some((c.flags.into(), Vec::new())));
        }
        self.reset_encoder(at_start)?;
        Ok(cookie)
    }

    /// Reads again what was decoded beyond the position.
    fn skip(self, c: &Cookie) -> PyResult<()> {
        let n = Value::int(c.feed.into());
        let input = call_method(self.buffer()?, name!("read"), &[n])?;
        let Some(b) = input.cast::<Bytes>() else {
            return Err(type_error(format!(
                "underlying read() should have returned a bytes object, not '{}'",
                input.type_of().name_string()
            )));
        };
        self.t
            .snapshot
            .replace(Some((c.flags.into(), b.slice().to_vec())));
        let text = self.decode(input, c.need_eof)?;
        self.set_decoded(Some(text));
        if text.len() < c.skip as usize {
            return Err(os_text("can't restore logical file position"));
        }
        self.t.used.set(c.skip as usize);
        Ok(())
    }
}

pub(super) fn truncate(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("truncate", args, 0, 1)?;
    let w = super::attached(v)?;
    call_method(v, name!("flush"), &[])?;
    let pos = args.first().copied().unwrap_or(Value::NONE);
    call_method(w.buffer()?, name!("truncate"), &[pos])
}
