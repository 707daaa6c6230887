//! `TextIOWrapper`: text over a buffered binary stream. This file has the state and how it is set up; coding, reading,
//! writing and positions have files of their own, the class as a table is in `specs.rs`.

mod codec;
mod read;
mod seek;
mod specs;
mod write;

use std::cell::{Cell, RefCell};

use rivet_vm::exceptions::{PyResult, Raised, clear_if, exc, take, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::attr::{find_attr, get_attr};
use rivet_vm::object::call::call_method;
use rivet_vm::object::{Bound, protocol};
use rivet_vm::types::int;
use rivet_vm::types::str::builder::StrBuilder;
use rivet_vm::types::str::codec::errors::Errors;
use rivet_vm::types::str::codec::surrogate_error;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

use super::base::closed_error;
use super::buffered;
use super::fileio::file;
use super::newline::{self, Ends, Newlines};
use super::util::{Chained, is_exactly, repr_once, unsupported};
use crate::util::{bind, nat, ty};

use codec::Codec;
pub(super) use specs::SPEC;
pub(super) use write::print_text;

const BUFFER: usize = 0;
const ENCODING: usize = 1;
const ERRORS: usize = 2;
const ENCODER: usize = 3;
const DECODER: usize = 4;
/// Text read and decoded that nobody has asked for yet.
const DECODED: usize = 5;
pub(super) const SLOTS: u32 = 6;

const CHUNK: usize = 8192;

/// The state of a `TextIOWrapper`.
pub(super) struct Text {
    ok: Cell<bool>,
    detached: Cell<bool>,
    finalizing: Cell<bool>,
    chunk_size: Cell<usize>,
    line_buffering: Cell<bool>,
    write_through: Cell<bool>,
    /// `newline` as given.
    newline: Cell<Option<&'static str>>,
    seekable: Cell<bool>,
    telling: Cell<bool>,
    has_read1: Cell<bool>,
    /// How text is encoded and decoded; None: the stream is not writable or not readable.
    encode: Cell<Option<Codec>>,
    decode: Cell<Option<Codec>>,
    errors: RefCell<Errors>,
    /// The head of a character whose rest has not come yet.
    partial: RefCell<Vec<u8>>,
    newlines: Newlines,
    /// Encoded and not yet written.
    pending: RefCell<Vec<u8>>,
    /// Whether there is something to be written, be it nothing.
    has_pending: Cell<bool>,
    /// How much of the decoded text has been used.
    used: Cell<usize>,
    /// State of the decoder before the present chunk, and the bytes it got since.
    snapshot: RefCell<Option<(u64, Vec<u8>)>>,
    /// Bytes per character in the last chunk.
    ratio: Cell<f64>,
}

impl Text {
    pub(super) fn new() -> Self {
        Text {
            ok: Cell::new(false),
            detached: Cell::new(false),
            finalizing: Cell::new(false),
            chunk_size: Cell::new(CHUNK),
            line_buffering: Cell::new(false),
            write_through: Cell::new(false),
            newline: Cell::new(None),
            seekable: Cell::new(false),
            telling: Cell::new(false),
            has_read1: Cell::new(false),
            encode: Cell::new(None),
            decode: Cell::new(None),
            errors: RefCell::new(Errors::Strict),
            partial: RefCell::new(Vec::new()),
            newlines: Newlines::default(),
            pending: RefCell::new(Vec::new()),
            has_pending: Cell::new(false),
            used: Cell::new(0),
            snapshot: RefCell::new(None),
            ratio: Cell::new(0.0),
        }
    }
}

/// A text stream at work.
#[derive(Clone, Copy)]
struct Wrapper<'a> {
    v: Value,
    t: &'a Text,
}

fn any<'a>(v: Value) -> Wrapper<'a> {
    let t = nat(v).state::<Text>().expect("set by new");
    Wrapper { v, t }
}

/// The stream; ValueError if it was not initialised or has no buffer any more.
fn attached<'a>(v: Value) -> PyResult<Wrapper<'a>> {
    let w = any(v);
    if !w.t.ok.get() {
        return Err(value_error("I/O operation on uninitialized object"));
    }
    if w.t.detached.get() {
        return Err(value_error("underlying buffer has been detached"));
    }
    Ok(w)
}

/// The stream; ValueError if it is closed, too.
fn open<'a>(v: Value) -> PyResult<Wrapper<'a>> {
    let w = attached(v)?;
    w.check_open()?;
    Ok(w)
}

impl<'a> Wrapper<'a> {
    fn buffer(self) -> PyResult<Value> {
        nat(self.v)
            .get(BUFFER)
            .ok_or_else(|| value_error("underlying buffer has been detached"))
    }

    fn check_open(self) -> PyResult<()> {
        if !is_exactly(self.v, ty(&super::TEXT_IO)) {
            return super::base::check_closed(self.v);
        }
        let buffer = self.buffer()?;
        if let Some(raw) = plain_raw(buffer)
            && is_exactly(raw, ty(&super::FILE_IO))
        {
            if file(raw).fd.get() >= 0 {
                return Ok(());
            }
            return Err(closed_error());
        }
        if protocol::is_true(get_attr(buffer, name!("closed"))?)? {
            return Err(closed_error());
        }
        Ok(())
    }

    /// Whether line ends of all kinds are recognised, and whether they become line feeds.
    fn universal(self) -> bool {
        matches!(self.t.newline.get(), None | Some(""))
    }

    fn ends(self) -> Ends {
        Ends {
            translated: self.t.newline.get().is_none(),
            universal: self.universal(),
            only: self.t.newline.get().unwrap_or("\n"),
        }
    }

    /// What a line feed becomes when written, if something else.
    fn written_end(self) -> Option<&'static str> {
        self.t.newline.get().filter(|e| e.starts_with('\r'))
    }

    fn set_newline(self, newline: Option<&'static str>) {
        self.t.newline.set(newline);
        self.t.newlines.translate.set(newline.is_none());
        self.t.newlines.reset();
    }

    fn decoded(self) -> Option<Gc<Str>> {
        nat(self.v).get(DECODED).and_then(|v| v.cast::<Str>())
    }

    fn set_decoded(self, text: Option<Gc<Str>>) {
        nat(self.v).put_opt(DECODED, text.map(Gc::value));
        self.t.used.set(0);
    }

    /// Forgets what was read ahead.
    fn forget(self) {
        self.set_decoded(None);
        self.t.snapshot.replace(None);
    }
}

/// The raw stream of a buffered stream of one of the exact classes.
fn plain_raw(buffer: Value) -> Option<Value> {
    let exact = [&super::READER, &super::WRITER, &super::RANDOM];
    if !exact.iter().any(|root| is_exactly(buffer, ty(root))) {
        return None;
    }
    buffered::stream(buffer).ok()?.raw().ok()
}

// ---- setting up ----

const INIT: &str = "(buffer, encoding=None, errors=None, newline=None,\n              line_buffering=False, write_through=False)";

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let w = any(v);
    w.t.ok.set(false);
    w.t.detached.set(false);
    let a = bind(INIT, "TextIOWrapper", args, kw)?;
    let encoding = optional_text(a[1], "encoding")?;
    let errors = match a[2].and_then(Value::not_none) {
        None => None,
        Some(e) => Some(e.cast::<Str>().ok_or_else(|| {
            type_error(format!(
                "TextIOWrapper() argument 'errors' must be str or None, not {}",
                e.type_of().name_string()
            ))
        })?),
    };
    let newline = match optional_text(a[3], "newline")? {
        None => None,
        Some(n) => Some(newline_arg(n)?),
    };
    let flag = |x: Option<Value>| x.map_or(Ok(false), protocol::is_true);
    let setup = Setup {
        encoding,
        errors,
        newline,
        line_buffering: flag(a[4])?,
        write_through: flag(a[5])?,
    };
    setup.apply(w, a[0].unwrap_or(Value::NONE))
}

/// What a `TextIOWrapper` is made with.
pub(super) struct Setup {
    pub(super) encoding: Option<Gc<Str>>,
    pub(super) errors: Option<Gc<Str>>,
    pub(super) newline: Option<&'static str>,
    pub(super) line_buffering: bool,
    pub(super) write_through: bool,
}

/// `__init__` from Rust.
pub(super) fn setup(v: Value, buffer: Value, s: &Setup) -> PyResult<()> {
    s.apply(any(v), buffer)
}

fn optional_text(v: Option<Value>, what: &str) -> PyResult<Option<Gc<Str>>> {
    let Some(v) = v.and_then(Value::not_none) else {
        return Ok(None);
    };
    let Some(s) = v.cast::<Str>() else {
        return Err(type_error(format!(
            "TextIOWrapper() argument '{what}' must be str or None, not {}",
            v.type_of().name_string()
        )));
    };
    no_nul(s)?;
    Ok(Some(s))
}

fn no_nul(s: Gc<Str>) -> PyResult<()> {
    if !s.is_ascii() && s.to_str().is_none() {
        return Err(surrogate_error(s));
    }
    if newline::find_char(s.chars(), 0).is_some() {
        return Err(value_error("embedded null character"));
    }
    Ok(())
}

fn newline_arg(s: Gc<Str>) -> PyResult<&'static str> {
    newline::legal(s)
        .ok_or_else(|| value_error(format!("illegal newline value: {}", s.to_string_lossy())))
}

impl Setup {
    fn apply(&self, w: Wrapper, buffer: Value) -> PyResult<()> {
        let n = nat(w.v);
        if let Some(e) = self.errors {
            no_nul(e)?;
        }
        if self.encoding.is_none() {
            super::warn_default_encoding(1)?;
        }
        let encoding = match self.encoding {
            Some(e) if !e.eq_str("locale") => e,
            Some(_) => Str::new(&super::locale_encoding())?,
            None => Str::new(&super::default_encoding())?,
        };
        let errors = match self.errors {
            Some(e) => e,
            None => str::intern::intern_str("strict"),
        };
        super::check_errors(encoding, errors)?;
        w.set_newline(self.newline);
        let coding = Codec::find(encoding)?;
        n.put(ENCODING, encoding.value());
        n.put(ERRORS, errors.value());
        n.put(BUFFER, buffer);
        w.forget();
        w.t.chunk_size.set(CHUNK);
        w.t.line_buffering.set(self.line_buffering);
        w.t.write_through.set(self.write_through);
        w.t.pending.borrow_mut().clear();
        w.t.has_pending.set(false);
        w.t.ratio.set(0.0);
        w.set_codecs(coding)?;
        let seekable = ability(buffer, name!("seekable"))?;
        w.t.seekable.set(seekable);
        w.t.telling.set(seekable);
        let plain = is_exactly(buffer, ty(&super::READER));
        w.t.has_read1
            .set(plain || find_attr(buffer, name!("read1"))?.is_some());
        w.t.ok.set(true);
        w.fix_encoder()
    }
}

/// `buffer.readable()` and the like.
fn ability(buffer: Value, method: Gc<Str>) -> PyResult<bool> {
    protocol::is_true(call_method(buffer, method, &[])?)
}

// ---- reconfigure ----

fn optional_flag(v: Option<Value>, now: bool) -> PyResult<bool> {
    match v.and_then(Value::not_none) {
        None => Ok(now),
        Some(v) => Ok(protocol::index_i64(v, |_| {
            rivet_vm::exceptions::overflow_error("Python int too large to convert to C long")
        })? != 0),
    }
}

fn reconfigure(v: Value, a: Bound) -> PyResult<Value> {
    let w = attached(v)?;
    let given = |i: usize| a[i].and_then(Value::not_none);
    let changes = given(0).is_some() || given(1).is_some() || a[2].is_some();
    if changes && w.decoded().is_some() {
        return Err(unsupported(
            "It is not possible to set the encoding or newline of stream after the first read",
        ));
    }
    let newline = match a[2] {
        None => None,
        Some(n) if n.is_none() => Some(None),
        Some(n) => match n.cast::<Str>() {
            Some(s) => Some(Some(newline_arg(s)?)),
            None => {
                return Err(type_error(format!(
                    "reconfigure() argument 'newline' must be str or None, not {}",
                    n.type_of().name_string()
                )));
            }
        },
    };
    let line_buffering = optional_flag(a[3], w.t.line_buffering.get())?;
    let write_through = optional_flag(a[4], w.t.write_through.get())?;
    call_method(v, name!("flush"), &[])?;
    w.t.ratio.set(0.0);
    if let Some(n) = newline {
        w.set_newline(n);
    }
    if changes {
        w.change_coding(given(0), given(1))?;
    }
    w.t.line_buffering.set(line_buffering);
    w.t.write_through.set(write_through);
    Ok(Value::NONE)
}

fn text_or_bad(v: Value) -> PyResult<Gc<Str>> {
    v.cast::<Str>()
        .ok_or_else(|| type_error("bad argument type for built-in operation"))
}

impl Wrapper<'_> {
    fn change_coding(self, encoding: Option<Value>, errors: Option<Value>) -> PyResult<()> {
        let n = nat(self.v);
        let now = |slot: usize| n.get(slot).unwrap_or(Value::NONE);
        let (encoding, errors) = match (encoding, errors) {
            (None, None) => (now(ENCODING), now(ERRORS)),
            (None, Some(e)) => (now(ENCODING), e),
            (Some(c), None) => (c, str::new("strict")?),
            (Some(c), Some(e)) => (c, e),
        };
        let (mut encoding, errors) = (text_or_bad(encoding)?, text_or_bad(errors)?);
        if encoding.eq_str("locale") {
            encoding = Str::new(&super::locale_encoding())?;
        }
        no_nul(errors)?;
        let coding = Codec::find(encoding)?;
        super::check_errors(encoding, errors)?;
        n.put(ENCODING, encoding.value());
        n.put(ERRORS, errors.value());
        self.set_codecs(coding)?;
        self.fix_encoder()
    }
}

// ---- attributes and what is handed on ----

fn forward(v: Value, method: Gc<Str>) -> PyResult<Value> {
    call_method(attached(v)?.buffer()?, method, &[])
}

fn closed(v: Value) -> PyResult<Value> {
    get_attr(attached(v)?.buffer()?, name!("closed"))
}

fn set_chunk_size(v: Value, n: Option<Value>) -> PyResult<()> {
    let w = attached(v)?;
    let Some(n) = n else {
        return Err(rivet_vm::exceptions::attribute_error(
            "cannot delete attribute",
        ));
    };
    let n = protocol::index_i64(n, |v| {
        value_error(format!(
            "cannot fit '{}' into an index-sized integer",
            v.type_of().name_string()
        ))
    })?;
    if n <= 0 {
        return Err(value_error("a strictly positive integer is required"));
    }
    w.t.chunk_size.set(n as usize);
    Ok(())
}

fn newlines(v: Value) -> PyResult<Value> {
    let w = attached(v)?;
    match w.t.decode.get() {
        None => Ok(Value::NONE),
        Some(_) if w.universal() => w.t.newlines.kinds(),
        Some(Codec::Object) => match nat(v).get(DECODER) {
            Some(d) => newline::newlines_of(d),
            None => Ok(Value::NONE),
        },
        Some(_) => Ok(Value::NONE),
    }
}

fn optional_attr(v: Value, name: Gc<Str>) -> PyResult<Option<Value>> {
    match find_attr(v, name) {
        Ok(n) => Ok(n),
        Err(raised) => {
            clear_if(raised, exc().value_error)?;
            Ok(None)
        }
    }
}

fn repr(v: Value) -> PyResult<Value> {
    let w = any(v);
    if !w.t.ok.get() {
        return Err(value_error("I/O operation on uninitialized object"));
    }
    let mut out = StrBuilder::new();
    out.push_text(&format!("<{}", v.type_of().name_string()));
    if let Some(n) = optional_attr(v, name!("name"))? {
        out.push_text(" name=");
        out.push_chars(repr_once(v, n)?.chars());
    }
    if let Some(m) = find_attr(v, name!("mode"))? {
        out.push_text(" mode=");
        out.push_chars(repr_once(v, m)?.chars());
    }
    out.push_text(" encoding=");
    let encoding = nat(v).get(ENCODING).unwrap_or(Value::NONE);
    out.push_chars(protocol::repr(encoding)?.chars());
    out.push_text(">");
    out.value()
}

fn detach(v: Value) -> PyResult<Value> {
    let w = attached(v)?;
    call_method(v, name!("flush"), &[])?;
    let buffer = w.buffer()?;
    nat(v).put_opt(BUFFER, None);
    w.t.detached.set(true);
    Ok(buffer)
}

fn close(v: Value) -> PyResult<Value> {
    let w = attached(v)?;
    if protocol::is_true(get_attr(v, name!("closed"))?)? {
        return Ok(Value::NONE);
    }
    let buffer = w.buffer()?;
    if w.t.finalizing.get()
        && let Err(raised) = call_method(buffer, name!("_dealloc_warn"), &[v])
    {
        let _ = take(raised);
    }
    let mut chain = Chained::new();
    chain.run(|| call_method(v, name!("flush"), &[]));
    let r = chain.run(|| call_method(buffer, name!("close"), &[]));
    chain.finish()?;
    Ok(r.unwrap_or(Value::NONE))
}

/// UnsupportedOperation "not readable" and the like.
fn not_able(what: &str) -> Raised {
    unsupported(what)
}

/// Whether a value is a plain number.
fn is_number(v: Value) -> bool {
    int::is_int(v) || v.type_of().slots().index.is_some()
}
