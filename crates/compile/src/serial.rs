//! The bytecode cache format: a compact form of [`Code`], independent of the machine.
//!
//! Integers are LEB128; strings a length and bytes; instruction words eight bytes each, cache words left
//! out. The first bytes name the format, a hash of the instruction set (a cache written by another version of it is
//! never read) and a checksum of the rest. A nested code object is preceded by its length, so that a reader can step
//! over it and leave it for later ([`Packed`]).

use crate::code::*;
use crate::reader;
use rivet_spec::{Insn, Op};
use std::rc::Rc;

const MAGIC: &[u8; 4] = b"RVc5";

/// Bytes before the code itself.
const PREFIX: usize = 16;

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
    let mix = |sum: u64, word: u64| {
        let sum = (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        sum ^ sum >> 29
    };
    // Four sums side by side: each step waits for the one before it in its own.
    let mut sums = [1, 2, 3, bytes.len() as u64];
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        let words = block.as_chunks::<8>().0;
        for (sum, word) in sums.iter_mut().zip(words) {
            *sum = mix(*sum, u64::from_le_bytes(*word));
        }
    }
    let sum = rest.iter().fold(0, |sum, &b| mix(sum, u64::from(b)));
    sums.into_iter().fold(sum, mix)
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
    let code = reader::whole(unwrap_envelope(bytes)?, "")?;
    crate::verify::verify(&code).is_ok().then_some(code)
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

/// How many attributes of its first argument these instructions store: for an `__init__`, how much room an instance
/// wants.
fn own_attributes(insns: &[u64]) -> u32 {
    let mut names = Vec::new();
    let mut at = 0;
    while let Some(&word) = insns.get(at) {
        let insn = Insn(word);
        if insn.op() == Op::StoreAttr && insn.a() == 0 && !names.contains(&insn.b()) {
            names.push(insn.b());
        }
        at += 1 + insn.op().cache_words();
    }
    names.len() as u32
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
            own_attributes(&c.insns),
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
        self.list(&c.consts, |w, x| w.constant(x, &c.filename));
        self.list(&c.names, |w, n| w.bytes(n.as_bytes()));
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
        }
    }
}
