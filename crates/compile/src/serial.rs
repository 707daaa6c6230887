//! The bytecode cache format: a compact form of [`Code`], independent of the machine.
//!
//! Integers are LEB128; strings a length and bytes; instruction words eight bytes each, cache words left
//! out. The first bytes name the format, a hash of the instruction set (a cache written by another version of it is
//! never read) and a checksum of the rest. A nested code object is preceded by its length, so that a reader can step
//! over it and leave it for later ([`Packed`]).

use crate::code::*;
use crate::packed::{Outline, Packed};
use rivet_spec::Op;
use std::rc::Rc;
use std::sync::Arc;

const MAGIC: &[u8; 4] = b"RVc3";

/// Bytes before the code itself.
const PREFIX: usize = 16;

/// Deeper nesting of constants than this is corrupt.
const MAX_DEPTH: u32 = 200;

/// A fingerprint of the format and the instruction set: code of another one can be neither run nor read.
pub fn fingerprint() -> u32 {
    static FINGERPRINT: std::sync::LazyLock<u32> = std::sync::LazyLock::new(compute_fingerprint);
    *FINGERPRINT
}

fn compute_fingerprint() -> u32 {
    let fnv = |hash: u32, b: &u8| (hash ^ u32::from(*b)).wrapping_mul(0x0100_0193);
    let start = MAGIC.iter().fold(0x811c_9dc5, fnv);
    Op::ALL.iter().fold(start, |hash, op| {
        let text = format!("{}{:?}{};", op.name(), op.operands(), op.cache_words());
        text.as_bytes().iter().fold(hash, fnv)
    })
}

/// A 64-bit sum that any damage to a file changes; not meant against an adversary (what is read is verified anyway).
fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = bytes.len() as u64;
    let mut mix = |word: u64| {
        sum = (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        sum ^= sum >> 29;
    };
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().for_each(|w| mix(u64::from_le_bytes(*w)));
    rest.iter().for_each(|&b| mix(u64::from(b)));
    sum
}

/// The file form of the bytes that [`pack`] gives.
pub(crate) fn envelop(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(PREFIX + body.len());
    out.extend(MAGIC);
    out.extend(fingerprint().to_le_bytes());
    out.extend(checksum(body).to_le_bytes());
    out.extend(body);
    out
}

/// What is inside the file form, if it is whole and of this version.
pub(crate) fn unwrap_envelope(bytes: &[u8]) -> Option<&[u8]> {
    let (prefix, body) = bytes.split_at_checked(PREFIX)?;
    let (magic, rest) = prefix.split_at(4);
    let (print, sum) = rest.split_at(4);
    (magic == MAGIC && print == fingerprint().to_le_bytes() && sum == checksum(body).to_le_bytes())
        .then_some(body)
}

/// The compact form without prefix.
pub(crate) fn pack(code: &Code) -> Vec<u8> {
    let mut w = Writer { out: Vec::new() };
    w.code(code, None);
    w.out
}

/// Writes a code object.
pub fn serialize(code: &Code) -> Vec<u8> {
    envelop(&pack(code))
}

/// Reads a code object with all that is nested in it and verifies it; None if the bytes are not one.
pub fn deserialize(bytes: &[u8]) -> Option<Code> {
    let mut r = Reader::new(unwrap_envelope(bytes)?, None);
    let code = r.code("")?;
    (r.rest.is_empty() && crate::verify::verify(&code).is_ok()).then_some(code)
}

/// A key under which equal constants of equal type meet.
pub(crate) fn const_key(c: &Const, out: &mut Vec<u8>) {
    let mut w = Writer {
        out: std::mem::take(out),
    };
    match c {
        // The identity of code objects is their own.
        Const::Code(code) => w.out.extend(Rc::as_ptr(code).addr().to_le_bytes()),
        Const::Str(s, _) => {
            w.out.push(b's');
            w.bytes(s);
        }
        Const::Tuple(items) => {
            w.out.push(b'(');
            for item in items {
                const_key(item, &mut w.out);
            }
            w.out.push(b')');
        }
        c => w.constant(c, ""),
    }
    *out = w.out;
}

struct Writer {
    out: Vec<u8>,
}

impl Writer {
    fn uint(&mut self, mut v: u64) {
        while v >= 0x80 {
            self.out.push(v as u8 | 0x80);
            v >>= 7;
        }
        self.out.push(v as u8);
    }

    fn int(&mut self, v: i64) {
        self.uint(((v << 1) ^ (v >> 63)) as u64);
    }

    fn bytes(&mut self, b: &[u8]) {
        self.uint(b.len() as u64);
        self.out.extend(b);
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.uint(items.len() as u64);
        for item in items {
            each(self, item);
        }
    }

    /// `outer`: the file name of the code object this one is nested in.
    fn code(&mut self, c: &Code, outer: Option<&str>) {
        self.bytes(c.name.as_bytes());
        self.bytes(c.qualname.as_bytes());
        if outer == Some(&c.filename) {
            self.out.push(0);
        } else {
            self.out.push(1);
            self.bytes(c.filename.as_bytes());
        }
        let counts = [
            c.first_line,
            c.argcount,
            c.posonlyargcount,
            c.kwonlyargcount,
            c.flags,
            c.nregs,
        ];
        counts.iter().for_each(|&n| self.uint(u64::from(n)));
        self.list(&c.locals, |w, l| {
            w.bytes(l.name.as_bytes());
            w.out.push(match l.kind {
                LocalKind::Local => 0,
                LocalKind::Cell => 1,
                LocalKind::Free => 2,
            });
        });
        self.list(&c.names, |w, n| w.bytes(n.as_bytes()));
        self.list(&c.consts, |w, x| w.constant(x, &c.filename));
        self.instructions(&c.insns);
        self.list(&c.exceptions, |w, h| {
            [h.start, h.end, h.target, u32::from(h.exc)]
                .iter()
                .for_each(|&n| w.uint(u64::from(n)));
        });
        let (mut at, mut last) = (0, Position::default());
        self.list(&c.positions, |w, &(start, p)| {
            w.uint(u64::from(start - at));
            w.int(i64::from(p.line) - i64::from(last.line));
            w.int(i64::from(p.end_line) - i64::from(p.line));
            w.int(i64::from(p.col));
            w.int(i64::from(p.end_col));
            (at, last) = (start, p);
        });
    }

    fn instructions(&mut self, insns: &[u64]) {
        self.uint(insns.len() as u64);
        let mut i = 0;
        while i < insns.len() {
            self.out.extend(insns[i].to_le_bytes());
            i += 1 + Op::from_u8(insns[i] as u8).map_or(0, Op::cache_words);
        }
    }

    fn constant(&mut self, c: &Const, filename: &str) {
        match c {
            Const::None => self.out.push(0),
            Const::Bool(b) => self.out.push(1 + u8::from(*b)),
            Const::Ellipsis => self.out.push(3),
            Const::Int(i) => {
                self.out.push(4);
                self.int(*i);
            }
            Const::BigInt(negative, digits) => {
                self.out.push(5 + u8::from(*negative));
                self.bytes(digits.as_bytes());
            }
            Const::Float(f) => {
                self.out.push(7);
                self.out.extend(f.to_bits().to_le_bytes());
            }
            Const::Complex(r, i) => {
                self.out.push(8);
                self.out.extend(r.to_bits().to_le_bytes());
                self.out.extend(i.to_bits().to_le_bytes());
            }
            Const::Str(s, interned) => {
                self.out.push(9 + u8::from(*interned));
                self.bytes(s);
            }
            Const::Bytes(b) => {
                self.out.push(11);
                self.bytes(b);
            }
            Const::Tuple(items) => {
                self.out.push(12);
                self.list(items, |w, x| w.constant(x, filename));
            }
            Const::FrozenSet(items) => {
                self.out.push(13);
                self.list(items, |w, x| w.constant(x, filename));
            }
            Const::Code(code) => {
                let mut inner = Writer { out: Vec::new() };
                inner.code(code, Some(filename));
                self.out.push(14);
                self.bytes(&inner.out);
            }
            Const::Packed(packed) => {
                self.out.push(14);
                self.bytes(packed.as_bytes());
            }
        }
    }
}

/// Reads the compact form.
pub(crate) struct Reader<'b> {
    rest: &'b [u8],
    depth: u32,
    /// Leaves nested code objects packed, as parts of this.
    shared: Option<&'b Arc<[u8]>>,
}

impl<'b> Reader<'b> {
    /// A reader of `bytes`; with `shared`, which they are part of, nested code objects are left packed.
    pub(crate) fn new(bytes: &'b [u8], shared: Option<&'b Arc<[u8]>>) -> Self {
        Reader {
            rest: bytes,
            depth: 0,
            shared,
        }
    }

    /// Whether all has been read.
    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    fn uint(&mut self) -> Option<u64> {
        let mut v = 0u64;
        for shift in (0..64).step_by(7) {
            let b = self.byte()?;
            v |= u64::from(b & 0x7f).checked_shl(shift)?;
            if b & 0x80 == 0 {
                return Some(v);
            }
        }
        None
    }

    fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.uint()?).ok()
    }

    fn int(&mut self) -> Option<i64> {
        let v = self.uint()?;
        Some((v >> 1) as i64 ^ -((v & 1) as i64))
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let n = usize::try_from(self.uint()?).ok()?;
        self.take(n)
    }

    fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn string(&mut self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let n = usize::try_from(self.uint()?).ok()?;
        // No item takes less than a byte, so a longer list than there is input is corrupt.
        if n > self.rest.len() {
            return None;
        }
        let mut out = Vec::with_capacity(n.min(1024));
        for _ in 0..n {
            out.push(each(self)?);
        }
        Some(out)
    }

    /// What comes before the names, constants and instructions; its counts have been checked.
    pub(crate) fn outline(&mut self) -> Option<Outline<'b>> {
        let outline = Outline {
            name: self.text()?,
            qualname: self.text()?,
            filename: match self.byte()? {
                0 => None,
                1 => Some(self.text()?),
                _ => return None,
            },
            first_line: self.u32()?,
            argcount: self.u32()?,
            posonlyargcount: self.u32()?,
            kwonlyargcount: self.u32()?,
            flags: self.u32()?,
            nregs: self.u32()?,
            locals: self.list(|r| {
                let name = r.text()?;
                let kind = match r.byte()? {
                    0 => LocalKind::Local,
                    1 => LocalKind::Cell,
                    2 => LocalKind::Free,
                    _ => return None,
                };
                Some((name, kind))
            })?,
        };
        outline.is_sound().then_some(outline)
    }

    /// A code object; `outer`: the file name of the one it is nested in.
    pub(crate) fn code(&mut self, outer: &str) -> Option<Code> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut code = self.outline()?.into_code(outer);
        self.body(&mut code)?;
        self.depth -= 1;
        Some(code)
    }

    fn body(&mut self, code: &mut Code) -> Option<()> {
        code.names = self.list(Self::string)?;
        let filename = std::mem::take(&mut code.filename);
        code.consts = self.list(|r| r.constant(&filename))?;
        code.filename = filename;
        code.insns = self.instructions()?;
        code.exceptions = self.list(|r| {
            let (start, end, target) = (r.u32()?, r.u32()?, r.u32()?);
            Some(Handler {
                start,
                end,
                target,
                exc: u16::try_from(r.uint()?).ok()?,
            })
        })?;
        let (mut at, mut line) = (0u32, 0i64);
        code.positions = self.list(|r| {
            at = at.checked_add(r.u32()?)?;
            line = line.checked_add(r.int()?)?;
            let end_line = line.checked_add(r.int()?)?;
            let position = Position {
                line: u32::try_from(line).ok()?,
                end_line: u32::try_from(end_line).ok()?,
                col: i32::try_from(r.int()?).ok()?,
                end_col: i32::try_from(r.int()?).ok()?,
            };
            Some((at, position))
        })?;
        Some(())
    }

    fn instructions(&mut self) -> Option<Vec<u64>> {
        let n = usize::try_from(self.uint()?).ok()?;
        if n > self.rest.len() {
            return None;
        }
        let mut out = Vec::with_capacity(n);
        while out.len() < n {
            let word = u64::from_le_bytes(self.take(8)?.try_into().ok()?);
            out.push(word);
            let caches = Op::from_u8(word as u8)?.cache_words();
            out.extend(std::iter::repeat_n(0, caches));
        }
        (out.len() == n).then_some(out)
    }

    fn constant(&mut self, filename: &str) -> Option<Const> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let value = self.constant_inner(filename)?;
        self.depth -= 1;
        Some(value)
    }

    fn float(&mut self) -> Option<f64> {
        Some(f64::from_bits(u64::from_le_bytes(
            self.take(8)?.try_into().ok()?,
        )))
    }

    fn constant_inner(&mut self, filename: &str) -> Option<Const> {
        Some(match self.byte()? {
            0 => Const::None,
            tag @ 1..=2 => Const::Bool(tag == 2),
            3 => Const::Ellipsis,
            4 => Const::Int(self.int()?),
            tag @ 5..=6 => {
                let digits = self.string()?;
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                Const::BigInt(tag == 6, digits)
            }
            7 => Const::Float(self.float()?),
            8 => Const::Complex(self.float()?, self.float()?),
            tag @ 9..=10 => Const::Str(self.wtf8()?, tag == 10),
            11 => Const::Bytes(self.bytes()?.to_vec()),
            12 => Const::Tuple(self.list(|r| r.constant(filename))?),
            13 => Const::FrozenSet(self.list(|r| r.constant(filename))?),
            14 => self.nested(filename)?,
            _ => return None,
        })
    }

    fn nested(&mut self, filename: &str) -> Option<Const> {
        let bytes = self.bytes()?;
        if let Some(all) = self.shared {
            return Some(Const::Packed(Packed::part_of(all, bytes)?));
        }
        let mut inner = Reader {
            rest: bytes,
            depth: self.depth,
            shared: None,
        };
        let code = inner.code(filename)?;
        inner.is_done().then(|| Const::Code(Rc::new(code)))
    }

    /// UTF-8 in which surrogates may occur.
    fn wtf8(&mut self) -> Option<Vec<u8>> {
        let bytes = self.bytes()?;
        let mut rest = bytes;
        while let Err(e) = std::str::from_utf8(rest) {
            let bad = rest.get(e.valid_up_to()..e.valid_up_to() + 3)?;
            let surrogate = bad[0] == 0xed
                && (0xa0..=0xbf).contains(&bad[1])
                && (0x80..=0xbf).contains(&bad[2]);
            if !surrogate {
                return None;
            }
            rest = &rest[e.valid_up_to() + 3..];
        }
        Some(bytes.to_vec())
    }
}
