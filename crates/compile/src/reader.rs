//! Reads the compact form of code objects that `serial` writes: what can be said of one at once ([`Outline`]), its body
//! without copies of its texts ([`Body`]), or all of it as a [`Code`].

use crate::code::*;
use crate::packed::Outline;
use rivet_spec::Op;
use std::rc::Rc;

/// Deeper nesting of constants than this is corrupt.
const MAX_DEPTH: u32 = 200;

/// A constant in the bytes it was read from.
pub enum Raw<'b> {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An int that fits in 64 bits.
    Int(i64),
    /// Any other int: sign (true: negative) and decimal digits.
    BigInt(bool, &'b str),
    /// A float.
    Float(f64),
    /// Real and imaginary part.
    Complex(f64, f64),
    /// A string as [`PyStr`]; the flag asks for interning.
    Str(&'b [u8], bool),
    /// A bytes object.
    Bytes(&'b [u8]),
    /// A tuple.
    Tuple(Vec<Raw<'b>>),
    /// A frozenset.
    FrozenSet(Vec<Raw<'b>>),
    /// A nested code object, still packed.
    Code(&'b [u8]),
}

/// What a code object consists of beside its [`Outline`].
pub struct Body<'b> {
    /// The named registers.
    pub locals: Vec<(&'b str, LocalKind)>,
    /// Constants.
    pub consts: Vec<Raw<'b>>,
    /// Names of globals, attributes, imports.
    pub names: Vec<&'b str>,
    /// Instructions and cache words (zero).
    pub insns: Vec<u64>,
    /// The exception table.
    pub exceptions: Vec<Handler>,
    /// The table of positions, for [`positions`].
    pub positions: &'b [u8],
}

/// Reads a code object with all that is nested in it, which must take all of `bytes`; it is not verified. `outer`: the
/// file name of the one it is nested in.
pub(crate) fn whole(bytes: &[u8], outer: &str) -> Option<Code> {
    code(bytes, outer, 0)
}

fn code(bytes: &[u8], outer: &str, depth: u32) -> Option<Code> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut r = Reader::new(bytes);
    let outline = r.outline()?;
    let body = r.body(&outline)?;
    let mut code = outline.into_code(outer);
    let local = |(name, kind): (&str, LocalKind)| Local {
        name: name.to_owned(),
        kind,
    };
    code.locals = body.locals.into_iter().map(local).collect();
    code.consts = body
        .consts
        .into_iter()
        .map(|c| constant(c, &code.filename, depth + 1))
        .collect::<Option<_>>()?;
    code.names = body.names.into_iter().map(str::to_owned).collect();
    code.insns = body.insns;
    code.exceptions = body.exceptions;
    code.positions = positions(body.positions, code.insns.len())?;
    Some(code)
}

fn constant(raw: Raw<'_>, filename: &str, depth: u32) -> Option<Const> {
    let all = |items: Vec<Raw<'_>>| {
        let one = |c| constant(c, filename, depth + 1);
        items.into_iter().map(one).collect::<Option<Vec<_>>>()
    };
    Some(match raw {
        Raw::None => Const::None,
        Raw::Bool(b) => Const::Bool(b),
        Raw::Ellipsis => Const::Ellipsis,
        Raw::Int(i) => Const::Int(i),
        Raw::BigInt(negative, digits) => Const::BigInt(negative, digits.to_owned()),
        Raw::Float(f) => Const::Float(f),
        Raw::Complex(re, im) => Const::Complex(re, im),
        Raw::Str(s, interned) => Const::Str(s.to_vec(), interned),
        Raw::Bytes(b) => Const::Bytes(b.to_vec()),
        Raw::Tuple(items) => Const::Tuple(all(items)?),
        Raw::FrozenSet(items) => Const::FrozenSet(all(items)?),
        Raw::Code(bytes) => Const::Code(Rc::new(code(bytes, filename, depth + 1)?)),
    })
}

/// The table of positions of `words` words of code; None if it is corrupt.
pub fn positions(bytes: &[u8], words: usize) -> Option<Vec<(u32, Position)>> {
    let mut r = Reader::new(bytes);
    let (mut at, mut line) = (0u32, 0i64);
    let table = r.list(|r| {
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
    (r.rest.is_empty() && crate::verify::positions_are_sound(&table, words)).then_some(table)
}

/// Reads the compact form.
pub(crate) struct Reader<'b> {
    rest: &'b [u8],
    depth: u32,
}

impl<'b> Reader<'b> {
    /// A reader of `bytes`.
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Reader {
            rest: bytes,
            depth: 0,
        }
    }

    fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(head)
    }

    #[inline]
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    #[inline]
    fn uint(&mut self) -> Option<u64> {
        match self.byte()? {
            b if b < 0x80 => Some(u64::from(b)),
            b => self.long_uint(u64::from(b & 0x7f)),
        }
    }

    /// The rest of an integer of more than one byte.
    fn long_uint(&mut self, mut v: u64) -> Option<u64> {
        for shift in (7..64).step_by(7) {
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

    /// A number of items that are still to come: none takes less than a byte, so a larger one is corrupt.
    fn count(&mut self) -> Option<usize> {
        let n = usize::try_from(self.uint()?).ok()?;
        (n <= self.rest.len()).then_some(n)
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let n = self.count()?;
        self.take(n)
    }

    fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn list<T>(&mut self, each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let n = self.count()?;
        self.items(n, each)
    }

    fn items<T>(
        &mut self,
        n: usize,
        mut each: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut out = Vec::with_capacity(n.min(1024));
        for _ in 0..n {
            out.push(each(self)?);
        }
        Some(out)
    }

    /// What comes before the variables, constants and instructions; its counts have been checked.
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
            own_attributes: self.u32()?,
            nlocals: u32::try_from(self.count()?).ok()?,
        };
        outline.check().is_ok().then_some(outline)
    }

    /// What comes behind the outline.
    pub(crate) fn body(&mut self, outline: &Outline<'b>) -> Option<Body<'b>> {
        Some(Body {
            locals: self.items(outline.nlocals as usize, Self::local)?,
            consts: self.list(Self::constant)?,
            names: self.list(Self::text)?,
            insns: self.instructions()?,
            exceptions: self.list(Self::handler)?,
            positions: self.rest,
        })
    }

    /// The first constant: a function's docstring or None.
    pub(crate) fn first_constant(&mut self, outline: &Outline<'b>) -> Option<Raw<'b>> {
        for _ in 0..outline.nlocals {
            self.bytes()?;
            self.byte()?;
        }
        if self.count()? == 0 {
            return None;
        }
        self.constant()
    }

    fn local(&mut self) -> Option<(&'b str, LocalKind)> {
        let name = self.text()?;
        let kind = match self.byte()? {
            0 => LocalKind::Local,
            1 => LocalKind::Cell,
            2 => LocalKind::Free,
            _ => return None,
        };
        Some((name, kind))
    }

    fn handler(&mut self) -> Option<Handler> {
        Some(Handler {
            start: self.u32()?,
            end: self.u32()?,
            target: self.u32()?,
            exc: u16::try_from(self.uint()?).ok()?,
        })
    }

    fn instructions(&mut self) -> Option<Vec<u64>> {
        let n = self.count()?;
        let mut out = Vec::with_capacity(n);
        while out.len() < n {
            let word = u64::from_le_bytes(self.take(8)?.try_into().ok()?);
            out.push(word);
            let caches = Op::from_u8(word as u8)?.cache_words();
            out.extend(std::iter::repeat_n(0, caches));
        }
        (out.len() == n).then_some(out)
    }

    fn float(&mut self) -> Option<f64> {
        let bits = u64::from_le_bytes(self.take(8)?.try_into().ok()?);
        Some(f64::from_bits(bits))
    }

    fn constant(&mut self) -> Option<Raw<'b>> {
        Some(match self.byte()? {
            0 => Raw::None,
            tag @ 1..=2 => Raw::Bool(tag == 2),
            3 => Raw::Ellipsis,
            4 => Raw::Int(self.int()?),
            tag @ 5..=6 => {
                let digits = self.text()?;
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                Raw::BigInt(tag == 6, digits)
            }
            7 => Raw::Float(self.float()?),
            8 => Raw::Complex(self.float()?, self.float()?),
            tag @ 9..=10 => Raw::Str(self.wtf8()?, tag == 10),
            11 => Raw::Bytes(self.bytes()?),
            12 => Raw::Tuple(self.constants()?),
            13 => Raw::FrozenSet(self.constants()?),
            14 => Raw::Code(self.bytes()?),
            _ => return None,
        })
    }

    fn constants(&mut self) -> Option<Vec<Raw<'b>>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let items = self.list(Self::constant)?;
        self.depth -= 1;
        Some(items)
    }

    /// UTF-8 in which surrogates may occur.
    fn wtf8(&mut self) -> Option<&'b [u8]> {
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
        Some(bytes)
    }
}
