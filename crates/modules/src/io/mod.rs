//! `_io`: streams. One file per class or concern: `base` and `abstracts` (what all streams have), `fileio` (descriptors),
//! `buffered/` (buffers over raw streams), `text/` (text over buffers), `newline` (line ends), `bytesio` and `stringio`
//! (streams in memory), `open` (making them), `finish` (what is still open at exit).

mod abstracts;
mod base;
mod buffered;
mod bytesio;
mod fileio;
mod finish;
mod newline;
mod open;
mod stringio;
mod text;
mod util;

use std::sync::atomic::{AtomicBool, Ordering};

use rivet_vm::builtins::warnings;
use rivet_vm::exceptions::{PyResult, exc};
use rivet_vm::hooks::hooks;
use rivet_vm::object::call::call;
use rivet_vm::object::member::WrapperDescr;
use rivet_vm::object::slots::{SPECIALS, SlotId};
use rivet_vm::object::spec::TypeSpec;
use rivet_vm::object::{Type, build};
use rivet_vm::runtime;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::codec::errors::lookup_error;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple;
use rivet_vm::value::{Gc, Root, Value};

pub use finish::{finish, is_stream};
pub use open::{Standard, standard_stream};

use crate::sysdep;
use crate::util::{make, ty};

/// The usual size of buffers.
const DEFAULT_BUFFER_SIZE: usize = 8192;

static BASE: Root = Root::new();
static RAW_BASE: Root = Root::new();
static BUFFERED_BASE: Root = Root::new();
static TEXT_BASE: Root = Root::new();
static FILE_IO: Root = Root::new();
static BYTES_IO: Root = Root::new();
static BYTES_BUFFER: Root = Root::new();
static STRING_IO: Root = Root::new();
static READER: Root = Root::new();
static WRITER: Root = Root::new();
static RANDOM: Root = Root::new();
static PAIR: Root = Root::new();
static TEXT_IO: Root = Root::new();
static NEWLINE_DECODER: Root = Root::new();
static UNSUPPORTED: Root = Root::new();

const DOC: &str = "Streams: raw ones over file descriptors, buffered ones over these, text over bytes, and streams in memory.\n\nThe names of this module are those of `io`.";

/// How the program was started, as far as streams depend on it.
#[derive(Clone, Copy, Default)]
pub struct Config {
    /// `-X dev`
    pub dev_mode: bool,
    /// `-X utf8`
    pub utf8_mode: bool,
    /// `-X warn_default_encoding`
    pub warn_default_encoding: bool,
}

static DEV_MODE: AtomicBool = AtomicBool::new(false);
static UTF8_MODE: AtomicBool = AtomicBool::new(false);
static WARN_ENCODING: AtomicBool = AtomicBool::new(false);

/// Sets how the program was started.
pub fn configure(c: Config) {
    DEV_MODE.store(c.dev_mode, Ordering::Relaxed);
    UTF8_MODE.store(c.utf8_mode, Ordering::Relaxed);
    WARN_ENCODING.store(c.warn_default_encoding, Ordering::Relaxed);
}

fn dev_mode() -> bool {
    DEV_MODE.load(Ordering::Relaxed)
}

fn utf8_mode() -> bool {
    UTF8_MODE.load(Ordering::Relaxed)
}

/// The encoding of the locale.
fn locale_encoding() -> String {
    sysdep::locale_encoding()
}

/// The encoding of text files for which none is given.
fn default_encoding() -> String {
    if utf8_mode() {
        "utf-8".to_owned()
    } else {
        locale_encoding()
    }
}

/// EncodingWarning, if the program asked for it.
fn warn_default_encoding(stacklevel: i64) -> PyResult<()> {
    if !WARN_ENCODING.load(Ordering::Relaxed) {
        return Ok(());
    }
    warnings::warn(
        exc().encoding_warning,
        "'encoding' argument not specified",
        stacklevel,
    )
}

/// In development mode an error handler must exist when a stream is made.
fn check_errors(_encoding: Gc<Str>, errors: Gc<Str>) -> PyResult<()> {
    if dev_mode() {
        lookup_error(&errors.to_string_lossy())?;
    }
    Ok(())
}

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add("__doc__", str::new(DOC)?)?;
    m.add(
        "DEFAULT_BUFFER_SIZE",
        Value::from_usize(DEFAULT_BUFFER_SIZE),
    )?;
    for f in open::FUNCTIONS {
        // They say that they are those of `io`.
        let b = Builtin::new(f, m.value(), Some(str::new("io")?))?;
        m.add(f.name, b.value())?;
    }
    m.add("BlockingIOError", exc().blocking_io_error.value())?;
    make_unsupported(m)?;
    make_bases(m)?;
    make_classes(m)?;
    hooks().text_writer.set(Some(text::print_text));
    hooks().finalize_rank.set(Some(finish::rank));
    Ok(())
}

fn make_unsupported(m: Gc<Module>) -> PyResult<()> {
    let bases = tuple::new(&[exc().os_error.value(), exc().value_error.value()])?;
    let namespace = Dict::new()?;
    namespace.set_str("__module__", str::new("io")?)?;
    let class = call(
        runtime::types().type_.value(),
        &[str::new("UnsupportedOperation")?, bases, namespace.value()],
    )?;
    UNSUPPORTED.set(class);
    m.add("UnsupportedOperation", class)
}

/// A class with a `__dict__`, derived from `base`.
fn class(
    m: Gc<Module>,
    root: &'static Root,
    spec: &'static TypeSpec,
    base: Gc<Type>,
    slots: u32,
) -> PyResult<Gc<Type>> {
    let t = build::native_type_with_dict(spec, base, slots);
    root.set(t.value());
    m.add_type(t)?;
    Ok(t)
}

fn make_bases(m: Gc<Module>) -> PyResult<()> {
    let base = class(m, &BASE, &base::SPEC, runtime::types().object, 0)?;
    show_del(base)?;
    for (root, spec) in [
        (&RAW_BASE, &base::RAW_SPEC),
        (&BUFFERED_BASE, &abstracts::BUFFERED_SPEC),
        (&TEXT_BASE, &abstracts::TEXT_SPEC),
    ] {
        let t = class(m, root, spec, base, 0)?;
        // Their instances are like those of the base, so classes can have several of them as bases.
        t.solid.set(base.solid.get());
    }
    Ok(())
}

/// `__del__` is an attribute of the base class.
fn show_del(base: Gc<Type>) -> PyResult<()> {
    let Some(i) = SPECIALS.iter().position(|s| s.name == "__del__") else {
        return Ok(());
    };
    let name = str::intern::intern_str("__del__");
    let w = WrapperDescr::new(base.value(), name.value(), SlotId::Finalize, i as u32)?;
    base.namespace().set_interned(name, w.value())
}

fn make_classes(m: Gc<Module>) -> PyResult<()> {
    let (raw, buffer, text) = (ty(&RAW_BASE), ty(&BUFFERED_BASE), ty(&TEXT_BASE));
    class(m, &FILE_IO, &fileio::SPEC, raw, 0)?;
    let memory = [
        class(m, &BYTES_IO, &bytesio::SPEC, buffer, 1)?,
        class(m, &STRING_IO, &stringio::SPEC, text, 0)?,
    ];
    for t in memory {
        // Nothing is lost when they die; subclasses may have more to do.
        let mut slots = *t.slots();
        slots.finalize = None;
        t.set_slots(slots);
    }
    class(m, &READER, &buffered::READER_SPEC, buffer, 1)?;
    class(m, &WRITER, &buffered::WRITER_SPEC, buffer, 1)?;
    class(m, &RANDOM, &buffered::RANDOM_SPEC, buffer, 1)?;
    class(m, &PAIR, &buffered::pair::SPEC, buffer, 2)?;
    class(m, &TEXT_IO, &text::SPEC, text, text::SLOTS)?;
    m.add_type(make(&NEWLINE_DECODER, &newline::SPEC, 1))?;
    make(&BYTES_BUFFER, &bytesio::BUFFER_SPEC, 1);
    Ok(())
}
