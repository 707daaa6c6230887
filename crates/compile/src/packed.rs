//! Code objects left in their compact form until somebody runs or looks at them: most functions of an imported
//! module are never called.

use crate::code::{Code, Position};
use crate::liveness::Liveness;
use crate::reader::{self, Body, Raw, Reader};
use crate::serial;
use std::sync::Arc;

/// A code object in compact form: part of the bytes of the file it came from.
#[derive(Clone, Debug)]
pub struct Packed {
    all: Arc<[u8]>,
    start: usize,
    end: usize,
}

/// What can be said of a packed code object without unpacking it: all that making a function of it and binding the
/// arguments of a call take.
pub struct Outline<'p> {
    /// `co_name`
    pub name: &'p str,
    /// `co_qualname`
    pub qualname: &'p str,
    /// `co_filename`; None: that of the code object it is nested in.
    pub filename: Option<&'p str>,
    /// `co_firstlineno`
    pub first_line: u32,
    /// Positional parameters, positional-only ones included.
    pub argcount: u32,
    /// Positional-only parameters.
    pub posonlyargcount: u32,
    /// Keyword-only parameters.
    pub kwonlyargcount: u32,
    /// `CO_*`
    pub flags: u32,
    /// Number of registers.
    pub nregs: u32,
    /// Number of distinct attributes of its first argument that the code stores.
    pub own_attributes: u32,
    /// Number of named registers.
    pub nlocals: u32,
}

impl Outline<'_> {
    /// Checks that the counts agree with each other.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let has = |flag| u64::from(self.flags & flag != 0);
        let params = u64::from(self.argcount)
            + u64::from(self.kwonlyargcount)
            + has(rivet_spec::flags::CO_VARARGS)
            + has(rivet_spec::flags::CO_VARKEYWORDS);
        if !(1..=0xffff).contains(&self.nregs) || self.nlocals > self.nregs {
            return Err("bad number of registers");
        }
        if params > u64::from(self.nlocals) || self.posonlyargcount > self.argcount {
            return Err("bad number of parameters");
        }
        Ok(())
    }

    pub(crate) fn into_code(self, outer: &str) -> Code {
        Code {
            name: self.name.to_owned(),
            qualname: self.qualname.to_owned(),
            filename: self.filename.unwrap_or(outer).to_owned(),
            first_line: self.first_line,
            argcount: self.argcount,
            posonlyargcount: self.posonlyargcount,
            kwonlyargcount: self.kwonlyargcount,
            flags: self.flags,
            nregs: self.nregs,
            ..Code::default()
        }
    }
}

impl PartialEq for Packed {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Packed {
    /// Packs a code object with all that is nested in it.
    pub fn new(code: &Code) -> Packed {
        Packed::whole(&serial::pack(code))
    }

    fn whole(bytes: &[u8]) -> Packed {
        Packed {
            all: bytes.into(),
            start: 0,
            end: bytes.len(),
        }
    }

    /// Reads what [`serialize`](crate::serialize) or [`to_file`](Packed::to_file) wrote; None if it is damaged or of
    /// another version.
    pub fn from_file(bytes: &[u8]) -> Option<Packed> {
        let packed = Packed::whole(serial::unwrap_envelope(bytes)?);
        packed.outline().is_some().then_some(packed)
    }

    /// The file form.
    pub fn to_file(&self) -> Vec<u8> {
        serial::envelop(self.as_bytes())
    }

    /// A nested code object that [`open`](Packed::open) found in this one.
    pub fn part(&self, part: &[u8]) -> Option<Packed> {
        let start = part.as_ptr().addr().checked_sub(self.all.as_ptr().addr())?;
        let end = start + part.len();
        (end <= self.all.len()).then(|| Packed {
            all: self.all.clone(),
            start,
            end,
        })
    }

    fn as_bytes(&self) -> &[u8] {
        &self.all[self.start..self.end]
    }

    /// What can be said without unpacking.
    pub fn outline(&self) -> Option<Outline<'_>> {
        Reader::new(self.as_bytes()).outline()
    }

    /// The text of a function's docstring, and whether it is to be interned. Nothing else is unpacked.
    pub fn docstring(&self) -> Option<(&[u8], bool)> {
        let mut r = Reader::new(self.as_bytes());
        let outline = r.outline()?;
        match r.first_constant(&outline)? {
            Raw::Str(text, interned) => Some((text, interned)),
            _ => None,
        }
    }

    /// Unpacks and verifies the code object itself, its table of positions excepted; those nested in it stay packed.
    /// None if it is corrupt.
    pub fn open(&self) -> Option<Body<'_>> {
        let mut r = Reader::new(self.as_bytes());
        let outline = r.outline()?;
        let body = r.body(&outline)?;
        crate::verify::verify_body(&outline, &body)
            .is_ok()
            .then_some(body)
    }

    /// Which temporaries are wanted where; None if the code is corrupt.
    pub fn liveness(&self) -> Option<Liveness> {
        let mut r = Reader::new(self.as_bytes());
        let outline = r.outline()?;
        let body = r.body(&outline)?;
        let sound = crate::verify::verify_body(&outline, &body).is_ok();
        sound.then(|| Liveness::new(&outline, &body))
    }

    /// The position table; None if it is corrupt. `len` is the length of [`Body::positions`], `words` the number of words
    /// of the code.
    pub fn positions(&self, len: usize, words: usize) -> Option<Vec<(u32, Position)>> {
        let bytes = self.as_bytes();
        reader::positions(&bytes[bytes.len().checked_sub(len)?..], words)
    }

    /// Unpacks and verifies the code object and all that is nested in it. `outer`: the file name of the code object it
    /// was nested in.
    pub fn open_all(&self, outer: &str) -> Option<Code> {
        let code = reader::whole(self.as_bytes(), outer)?;
        crate::verify::verify(&code).is_ok().then_some(code)
    }
}
