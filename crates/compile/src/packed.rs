//! Code objects left in their compact form until somebody runs or looks at them: most functions of an imported
//! module are never called.

use crate::code::{Code, Local, LocalKind};
use crate::serial::{self, Reader};
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
    /// The named registers.
    pub locals: Vec<(&'p str, LocalKind)>,
}

impl Outline<'_> {
    /// Whether the counts agree with each other.
    pub(crate) fn is_sound(&self) -> bool {
        let has = |flag| u64::from(self.flags & flag != 0);
        let params = u64::from(self.argcount)
            + u64::from(self.kwonlyargcount)
            + has(rivet_spec::flags::CO_VARARGS)
            + has(rivet_spec::flags::CO_VARKEYWORDS);
        (1..=0xffff).contains(&self.nregs)
            && self.locals.len() <= self.nregs as usize
            && params <= self.locals.len() as u64
            && self.posonlyargcount <= self.argcount
    }

    pub(crate) fn into_code(self, outer: &str) -> Code {
        let local = |(name, kind): (&str, LocalKind)| Local {
            name: name.to_owned(),
            kind,
        };
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
            locals: self.locals.into_iter().map(local).collect(),
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

    /// `part` as a part of `all`, in which it lies.
    pub(crate) fn part_of(all: &Arc<[u8]>, part: &[u8]) -> Option<Packed> {
        let start = part.as_ptr().addr().checked_sub(all.as_ptr().addr())?;
        let end = start + part.len();
        (end <= all.len()).then(|| Packed {
            all: all.clone(),
            start,
            end,
        })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.all[self.start..self.end]
    }

    /// Whether the file name is that of the code object it was nested in.
    pub fn inherits_filename(&self) -> bool {
        self.outline().is_none_or(|o| o.filename.is_none())
    }

    /// What can be said without unpacking.
    pub fn outline(&self) -> Option<Outline<'_>> {
        Reader::new(self.as_bytes(), None).outline()
    }

    /// Unpacks and verifies the code object itself; those nested in it stay packed. None if it is corrupt. `outer`:
    /// the file name of the code object it was nested in.
    pub fn open(&self, outer: &str) -> Option<Code> {
        self.read(Some(&self.all), outer)
    }

    /// Unpacks the code object and all that is nested in it.
    pub fn open_all(&self, outer: &str) -> Option<Code> {
        self.read(None, outer)
    }

    fn read(&self, shared: Option<&Arc<[u8]>>, outer: &str) -> Option<Code> {
        let mut r = Reader::new(self.as_bytes(), shared);
        let code = r.code(outer)?;
        (r.is_done() && crate::verify::verify(&code).is_ok()).then_some(code)
    }
}
