//! `code`: a compiled block made executable. Code objects and their constants never move. The body of a code object
//! (constants, names, instructions) is unpacked when it is first run or looked at: an import runs few of the functions
//! it defines.

use std::cell::{Cell, OnceCell};

use rivet_compile as rc;
use rivet_heap::Header;
use rivet_spec::flags;

use crate::exceptions::PyResult;
use crate::types::str::Str;
use crate::types::str::intern::intern_str;
use crate::types::tuple::Tuple;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Array, Gc, Payload, Slot, Value};

/// The part of a code object outside the heap: instructions and tables, no values.
pub struct Unit {
    /// Instructions and inline caches (rewritten as the program runs).
    insns: Box<[Cell<u64>]>,
    /// The exception table.
    pub handlers: Box<[rc::Handler]>,
    /// Run-length coded positions, once somebody has asked for one.
    positions: OnceCell<Box<[(u32, rc::Position)]>>,
    /// Bytes they take at the end of the compact form.
    positions_len: usize,
    /// Which temporaries are wanted where, once a collection has asked.
    liveness: OnceCell<Option<rc::Liveness>>,
}

impl Unit {
    /// Instructions and inline caches; none if the code is corrupt.
    pub fn insns(&self) -> &[Cell<u64>] {
        &self.insns
    }
}

/// A code object.
#[repr(C)]
pub struct Code {
    header: Header,
    /// `co_name`
    pub name: Slot,
    /// `co_qualname`
    pub qualname: Slot,
    /// `co_filename`
    pub filename: Slot,
    /// Constants (`Array`, never moves).
    consts: Slot,
    /// Names (`Array` of interned str, never moves).
    names: Slot,
    /// Names of the registers below `nlocalsplus` (tuple of str), once the body is unpacked.
    local_names: Slot,
    /// Values that inline caches refer to (`Array`), or nothing yet.
    cache_values: Slot,
    /// Owned by the C boundary (mirror data).
    pub foreign: Slot,
    _spare: [Slot; 8],
    /// The body, once somebody has run or looked at it.
    unit: OnceCell<Box<Unit>>,
    /// The compact form: what the body is made from, and what `marshal` writes.
    packed: OnceCell<rc::Packed>,
    /// Kinds of the named registers up to the last that is not a plain local.
    kinds: OnceCell<Box<[rc::LocalKind]>>,
    consts_ptr: Cell<*const u64>,
    insns_ptr: Cell<*const u64>,
    nregs: Cell<u32>,
    /// `co_argcount`
    pub argcount: Cell<u32>,
    /// `co_posonlyargcount`
    pub posonly: Cell<u32>,
    /// `co_kwonlyargcount`
    pub kwonly: Cell<u32>,
    /// `co_flags`
    pub flags: Cell<u32>,
    /// `co_firstlineno`
    pub first_line: Cell<u32>,
    /// Number of named registers.
    pub nlocals: Cell<u32>,
    /// Number of distinct attributes of its first argument that the code stores.
    pub own_attributes: Cell<u32>,
    cache_used: Cell<u32>,
    /// Whether a call with exactly `argcount` positional arguments needs no binding: no `*args`, no
    /// `**kwargs`, no keyword-only parameters.
    pub simple: Cell<bool>,
    /// Calls counted for the JIT.
    pub calls: Cell<u32>,
    /// Owned by the JIT: address of compiled code or of its record; 0: none.
    pub jit: Cell<usize>,
}

impl Payload for Code {
    const LAYOUT: LayoutId = layout::CODE;
    const KIND: Kind = Kind::Code;
}

const WORDS: usize = size_of::<Code>() / 8 - 1;

/// Drop function of the code layout.
///
/// # Safety
/// `header` is a dead code object whose memory is still intact.
pub unsafe fn drop_code(header: *mut Header) {
    // SAFETY: by contract; the cells are emptied, so this happens once.
    let code = unsafe { &mut *header.cast::<Code>() };
    drop((code.unit.take(), code.packed.take(), code.kinds.take()));
}

impl Code {
    /// A code object of a compiled block.
    pub fn new(source: &rc::Code) -> PyResult<Gc<Code>> {
        Self::from_packed(rc::Packed::new(source), None)
    }

    /// A code object of a packed block, whose body is unpacked when it is first needed. `outer`: the file name of the
    /// code object it is nested in. SystemError if it is corrupt.
    pub fn from_packed(packed: rc::Packed, outer: Option<Value>) -> PyResult<Gc<Code>> {
        let p = rivet_heap::alloc_pinned(layout::CODE, WORDS);
        if p.is_null() {
            return Err(crate::exceptions::no_memory());
        }
        // SAFETY: fresh zeroed object of layout CODE; zero is a valid state of all fields but the three written here.
        let code: Gc<Code> = unsafe {
            let raw = p.cast::<Code>();
            (&raw mut (*raw).unit).write(OnceCell::new());
            (&raw mut (*raw).packed).write(OnceCell::new());
            (&raw mut (*raw).kinds).write(OnceCell::new());
            Gc::from_raw(raw)
        };
        rivet_heap::track_drop(code.header());
        let Some(outline) = packed.outline() else {
            return Err(corrupt("<unknown>"));
        };
        code.fill_outline(&outline, outer)?;
        let _ = code.packed.set(packed);
        Ok(code)
    }

    /// The tables. They are empty if the code is corrupt, which is an error where it is called.
    pub fn unit(&self) -> &Unit {
        match self.unit.get() {
            Some(unit) => unit,
            None => self.unit_unpacked(),
        }
    }

    #[cold]
    fn unit_unpacked(&self) -> &Unit {
        let _ = self.this().unpack();
        self.unit.get_or_init(|| {
            Box::new(Unit {
                insns: Box::default(),
                handlers: Box::default(),
                positions: OnceCell::new(),
                positions_len: 0,
                liveness: OnceCell::new(),
            })
        })
    }

    /// The words of the code.
    pub fn insns(&self) -> &[Cell<u64>] {
        self.unit().insns()
    }

    fn this(&self) -> Gc<Code> {
        // SAFETY: code objects live in the heap and never move.
        unsafe { Gc::from_raw((&raw const *self).cast_mut()) }
    }

    /// The compact form of this code with its file name of today.
    pub fn packed(&self) -> &rc::Packed {
        self.packed.get().expect("a complete code object")
    }

    /// Address of the first instruction; null while the body is packed.
    #[inline(always)]
    pub fn insns_ptr(&self) -> *const u64 {
        self.insns_ptr.get()
    }

    /// Number of registers.
    #[inline(always)]
    pub fn nregs(&self) -> usize {
        self.nregs.get() as usize
    }

    /// Constant `i`.
    #[inline(always)]
    pub fn constant(&self, i: u16) -> Value {
        // SAFETY: verified code names only constants it has; the constants are pinned and never null.
        unsafe { *self.consts_ptr.get().cast::<Value>().add(i as usize) }
    }

    /// The constants.
    pub fn constants<'a>(&self) -> &'a [Value] {
        self.unit();
        self.unpacked_constants()
    }

    /// The constants if the body has been unpacked; none otherwise.
    pub fn unpacked_constants<'a>(&self) -> &'a [Value] {
        self.consts
            .get_as::<Array>()
            .map_or(&[], |a| a.values(a.len()))
    }

    /// Name `i`, interned.
    #[inline(always)]
    pub fn name_at(&self, i: u16) -> Gc<Str> {
        let names = self
            .names
            .get_as::<Array>()
            .expect("a code object has names");
        let v = names.slots()[i as usize].value();
        // SAFETY: only interned strings are stored in this array.
        unsafe { Gc::from_raw(v.to_word() as *mut Str) }
    }

    /// The names.
    pub fn names<'a>(&self) -> &'a [Value] {
        self.unit();
        self.names
            .get_as::<Array>()
            .map_or(&[], |a| a.values(a.len()))
    }

    /// Whether all of `flags` are set.
    #[inline(always)]
    pub fn has(&self, flags: u32) -> bool {
        self.flags.get() & flags == flags
    }

    /// Parameters of all kinds, `*args` and `**kwargs` included.
    pub fn parameter_count(&self) -> usize {
        let f = self.flags.get();
        (self.argcount.get() + self.kwonly.get()) as usize
            + usize::from(f & flags::CO_VARARGS != 0)
            + usize::from(f & flags::CO_VARKEYWORDS != 0)
    }

    /// Name of register `i`; empty if the code is corrupt.
    pub fn local_name(&self, i: usize) -> Gc<Str> {
        self.unit();
        match self.local_names.get_as::<Tuple>() {
            Some(names) => names.item(i).cast::<Str>().expect("names are str"),
            None => intern_str(""),
        }
    }

    fn kinds(&self) -> &[rc::LocalKind] {
        self.unit();
        self.kinds.get().map_or(&[][..], |k| k)
    }

    /// Kind of register `i`.
    pub fn local_kind(&self, i: usize) -> rc::LocalKind {
        let kind = self.kinds().get(i).copied();
        kind.unwrap_or(rc::LocalKind::Local)
    }

    /// Whether register `i` holds a variable itself, not a cell.
    pub fn is_plain_local(&self, i: usize) -> bool {
        self.local_kind(i) == rc::LocalKind::Local
    }

    /// The first free variable's register.
    pub fn first_free(&self) -> usize {
        self.kinds()
            .iter()
            .position(|&k| k == rc::LocalKind::Free)
            .unwrap_or(self.nlocals.get() as usize)
    }

    /// Run-length coded positions; none if the table is corrupt.
    fn positions(&self) -> &[(u32, rc::Position)] {
        let unit = self.unit();
        unit.positions.get_or_init(|| {
            let words = unit.insns.len();
            let table = self.packed().positions(unit.positions_len, words);
            table.unwrap_or_default().into()
        })
    }

    /// Which temporaries are wanted where; None if the code is corrupt.
    pub fn liveness(&self) -> Option<&rc::Liveness> {
        let unit = self.unit();
        let liveness = unit.liveness.get_or_init(|| self.packed().liveness());
        liveness.as_ref()
    }

    /// The docstring the code begins with, as `co_consts` holds it or else made anew.
    pub fn docstring(&self) -> PyResult<Value> {
        let string = |v: &&Value| v.cast::<Str>().is_some();
        if self.unit.get().is_some() {
            let first = self.unpacked_constants().first();
            return Ok(first.filter(string).copied().unwrap_or(Value::NONE));
        }
        match self.packed().docstring() {
            Some((text, intern)) => string_constant(text, intern),
            None => Ok(Value::NONE),
        }
    }

    /// The source position of word `index`.
    pub fn position_of(&self, index: usize) -> Option<rc::Position> {
        let table = self.positions();
        let i = table.partition_point(|p| p.0 as usize <= index);
        if i == 0 { None } else { Some(table[i - 1].1) }
    }

    /// The line of word `index`.
    pub fn line_of(&self, index: usize) -> Option<u32> {
        self.position_of(index).map(|p| p.line).filter(|&l| l != 0)
    }

    /// The handler for an exception raised at word `index`.
    pub fn handler_for(&self, index: usize) -> Option<rc::Handler> {
        let i = index as u32;
        self.unit()
            .handlers
            .iter()
            .find(|h| h.start <= i && i < h.end)
            .copied()
    }

    /// The value an inline cache refers to.
    #[inline(always)]
    pub fn cache_value(&self, i: u32) -> Option<Value> {
        self.cache_values.get_as::<Array>()?.get(i as usize)
    }
}

impl Gc<Code> {
    fn fill_outline(self, o: &rc::Outline, outer: Option<Value>) -> PyResult<()> {
        self.set(&self.name, intern_str(o.name).value());
        let qualname = if o.qualname == o.name {
            self.name.value()
        } else {
            Str::new(o.qualname)?.value()
        };
        self.set(&self.qualname, qualname);
        let filename = match (o.filename, outer) {
            (None, Some(outer)) => outer,
            (name, _) => intern_str(name.unwrap_or("")).value(),
        };
        self.set(&self.filename, filename);
        self.nregs.set(o.nregs);
        self.argcount.set(o.argcount);
        self.posonly.set(o.posonlyargcount);
        self.kwonly.set(o.kwonlyargcount);
        self.flags.set(o.flags);
        self.first_line.set(o.first_line);
        self.nlocals.set(o.nlocals);
        self.own_attributes.set(o.own_attributes);
        let complex = flags::CO_VARARGS | flags::CO_VARKEYWORDS;
        self.simple
            .set(o.flags & complex == 0 && o.kwonlyargcount == 0);
        Ok(())
    }

    /// Makes the body of its compact form: needed before the first instruction runs. SystemError if it is corrupt.
    #[cold]
    pub fn unpack(self) -> PyResult<()> {
        if !self.insns_ptr.get().is_null() {
            return Ok(());
        }
        let packed = self.packed();
        let Some(body) = packed.open() else {
            let name = self.name.get_as::<Str>();
            let name = name.map_or_else(String::new, |s| s.to_string_lossy().into_owned());
            return Err(corrupt(&name));
        };
        self.fill_locals(&body.locals)?;
        let consts = Array::new_pinned(body.consts.len())?;
        self.set(&self.consts, consts.value());
        for (i, c) in body.consts.iter().enumerate() {
            consts.put(i, self.constant_value(c)?);
        }
        self.consts_ptr.set(consts.slots().as_ptr().cast());
        let names = Array::new_pinned(body.names.len())?;
        self.set(&self.names, names.value());
        for (i, n) in body.names.iter().enumerate() {
            names.put(i, intern_str(n).value());
        }
        let unit = Unit {
            insns: body.insns.into_iter().map(Cell::new).collect(),
            handlers: body.exceptions.into(),
            positions: OnceCell::new(),
            positions_len: body.positions.len(),
            liveness: OnceCell::new(),
        };
        self.insns_ptr.set(unit.insns.as_ptr().cast());
        let _ = self.unit.set(Box::new(unit));
        Ok(())
    }

    fn fill_locals(self, locals: &[(&str, rc::LocalKind)]) -> PyResult<()> {
        let mut names = crate::value::RVec::with_capacity(locals.len())?;
        for (name, _) in locals {
            names.push(intern_str(name).value())?;
        }
        self.set(&self.local_names, Tuple::from_slice(&names)?.value());
        if let Some(last) = locals.iter().rposition(|l| l.1 != rc::LocalKind::Local) {
            let kinds = locals[..=last].iter().map(|l| l.1).collect();
            let _ = self.kinds.set(kinds);
        }
        Ok(())
    }

    /// The Python value of a constant.
    fn constant_value(self, c: &rc::Raw<'_>) -> PyResult<Value> {
        Ok(match *c {
            rc::Raw::None => Value::NONE,
            rc::Raw::Bool(b) => Value::bool(b),
            rc::Raw::Ellipsis => Value::ELLIPSIS,
            rc::Raw::Int(i) => Value::int(i),
            rc::Raw::BigInt(negative, digits) => big_constant(negative, digits)?,
            rc::Raw::Float(f) => Value::float(f),
            rc::Raw::Complex(re, im) => crate::types::complex::new(re, im)?,
            rc::Raw::Str(s, intern) => string_constant(s, intern)?,
            rc::Raw::Bytes(b) => crate::types::bytes::new(b)?,
            rc::Raw::Tuple(ref items) => self.constant_tuple(items)?.value(),
            rc::Raw::FrozenSet(ref items) => {
                crate::types::set::frozenset_of(self.constant_tuple(items)?.items())?
            }
            rc::Raw::Code(bytes) => {
                let nested = self.packed().part(bytes);
                let nested = nested.ok_or_else(|| corrupt("<nested>"))?;
                Code::from_packed(nested, Some(self.filename.value()))?.value()
            }
        })
    }

    fn constant_tuple(self, items: &[rc::Raw<'_>]) -> PyResult<Gc<Tuple>> {
        let mut values = crate::value::RVec::with_capacity(items.len())?;
        for c in items {
            values.push(self.constant_value(c)?)?;
        }
        Tuple::from_slice(&values)
    }

    /// Puts a value where inline caches of this code can refer to it; gives its number. `reuse`: the number the
    /// same instruction had before.
    pub fn add_cache_value(self, value: Value, reuse: Option<u32>) -> PyResult<u32> {
        let n = self.cache_used.get();
        let at = reuse.filter(|&r| r < n).unwrap_or(n);
        let old = self.cache_values.get_as::<Array>();
        let array = match old {
            Some(a) if (at as usize) < a.len() => a,
            _ => {
                let new = Array::new(((at as usize + 1) * 2).max(8))?;
                if let Some(old) = old {
                    new.copy_from(0, old, 0, old.len());
                }
                self.set(&self.cache_values, new.value());
                new
            }
        };
        array.put(at as usize, value);
        self.cache_used.set(n.max(at + 1));
        Ok(at)
    }
}

fn corrupt(name: &str) -> crate::exceptions::Raised {
    crate::exceptions::system_error(format!("the bytecode of '{name}' is corrupt"))
}

fn string_constant(text: &[u8], intern: bool) -> PyResult<Value> {
    let s = Str::from_wtf8(text)?;
    Ok(if intern { s.intern() } else { s }.value())
}

/// An int of these decimal digits.
pub fn big_constant(negative: bool, digits: &str) -> PyResult<Value> {
    let big: num_bigint::BigInt = digits.parse().unwrap_or_default();
    crate::types::int::from_big(&if negative { -big } else { big })
}
