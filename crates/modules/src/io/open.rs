//! `open`, `open_code`, `text_encoding`, and the standard streams, which are made without going through arguments.

use rivet_vm::builtins::warnings;
use rivet_vm::exceptions::{PyResult, clear_if, exc, restore, take, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::args::Bound;
use rivet_vm::object::attr::{find_attr, set_attr};
use rivet_vm::object::call::{call_method, call_special};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::bytes::Bytes;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

use super::buffered::{self, Abilities};
use super::fileio::{self, file};
use super::text::{self, Setup};
use super::util::{Chained, int_arg, type_or_none};
use super::{newline, utf8_mode, warn_default_encoding};
use crate::sysdep::fs;
use crate::util::{alloc, ty};

pub(super) static FUNCTIONS: &[Method] = &[
    Method::bound(
        "open",
        "($module, /, file, mode='r', buffering=-1, encoding=None,\n     errors=None, newline=None, closefd=True, opener=None)",
        open,
        "Opens a file and gives a stream: text, or bytes if the mode has a 'b'.",
    ),
    Method::bound(
        "open_code",
        "($module, /, path)",
        open_code,
        "Opens a file of code for reading.",
    ),
    Method::bound(
        "text_encoding",
        "($module, encoding, stacklevel=2, /)",
        text_encoding,
        "The encoding a text file is to be opened with, where a function was given none.",
    ),
];

/// What a mode says.
#[derive(Default)]
struct Mode {
    creating: bool,
    reading: bool,
    writing: bool,
    appending: bool,
    updating: bool,
    text: bool,
    binary: bool,
}

impl Mode {
    fn parse(mode: &str) -> PyResult<Mode> {
        let mut m = Mode::default();
        let invalid = || value_error(format!("invalid mode: '{mode}'"));
        for c in mode.chars() {
            let flag = match c {
                'x' => &mut m.creating,
                'r' => &mut m.reading,
                'w' => &mut m.writing,
                'a' => &mut m.appending,
                '+' => &mut m.updating,
                't' => &mut m.text,
                'b' => &mut m.binary,
                _ => return Err(invalid()),
            };
            if std::mem::replace(flag, true) {
                return Err(invalid());
            }
        }
        Ok(m)
    }

    /// The mode for `FileIO`.
    fn raw(&self) -> String {
        let parts = [
            (self.creating, 'x'),
            (self.reading, 'r'),
            (self.writing, 'w'),
            (self.appending, 'a'),
            (self.updating, '+'),
        ];
        parts.iter().filter(|p| p.0).map(|p| p.1).collect()
    }

    fn check(&self, encoding: bool, errors: bool, newline: bool) -> PyResult<()> {
        let main = [self.creating, self.reading, self.writing, self.appending];
        let wrong = if self.text && self.binary {
            "can't have text and binary mode at once"
        } else if main.iter().filter(|&&f| f).count() > 1 {
            "must have exactly one of create/read/write/append mode"
        } else if self.binary && encoding {
            "binary mode doesn't take an encoding argument"
        } else if self.binary && errors {
            "binary mode doesn't take an errors argument"
        } else if self.binary && newline {
            "binary mode doesn't take a newline argument"
        } else {
            return Ok(());
        };
        Err(value_error(wrong))
    }
}

fn text_arg(v: Option<Value>, what: &str, or_none: &str) -> PyResult<Option<Gc<Str>>> {
    let Some(v) = v else { return Ok(None) };
    if v.is_none() && !or_none.is_empty() {
        return Ok(None);
    }
    match v.cast::<Str>() {
        Some(s) if newline::find_char(s.chars(), 0).is_some() => {
            Err(value_error("embedded null character"))
        }
        Some(s) => Ok(Some(s)),
        None => Err(type_error(format!(
            "open() argument '{what}' must be str{or_none}, not {}",
            type_or_none(v)
        ))),
    }
}

/// The arguments of `open`.
struct Request {
    file: Value,
    mode: Gc<Str>,
    buffering: i64,
    encoding: Option<Gc<Str>>,
    errors: Option<Gc<Str>>,
    newline: Option<Gc<Str>>,
    closefd: bool,
    opener: Option<Value>,
}

fn open(_m: Value, a: Bound) -> PyResult<Value> {
    let r = Request {
        file: a[0].unwrap_or(Value::NONE),
        mode: text_arg(a[1], "mode", "")?.unwrap_or(name!("r")),
        buffering: a[2].map_or(Ok(-1), int_arg)?.into(),
        encoding: text_arg(a[3], "encoding", " or None")?,
        errors: text_arg(a[4], "errors", " or None")?,
        newline: text_arg(a[5], "newline", " or None")?,
        closefd: a[6].map_or(Ok(true), protocol::is_true)?,
        opener: a[7].and_then(Value::not_none),
    };
    r.open()
}

/// A path, or a number.
fn path_or_number(file: Value) -> PyResult<Value> {
    let class = file.type_of();
    let s = class.slots();
    if s.index.is_some() || s.int.is_some() || s.float.is_some() {
        return Ok(file);
    }
    if file.cast::<Str>().is_some() || file.cast::<Bytes>().is_some() {
        return Ok(file);
    }
    let Some(m) = rivet_vm::object::attr::lookup_special(file, name!("__fspath__"))? else {
        return Err(type_error(format!(
            "expected str, bytes or os.PathLike object, not {}",
            file.type_of().name_string()
        )));
    };
    let p = call_special(m, &[])?;
    if p.cast::<Str>().is_some() || p.cast::<Bytes>().is_some() {
        return Ok(p);
    }
    Err(type_error(format!(
        "expected {}.__fspath__() to return str or bytes, not {}",
        file.type_of().name_string(),
        p.type_of().name_string()
    )))
}

impl Request {
    fn open(&self) -> PyResult<Value> {
        let path = path_or_number(self.file)?;
        let mode_text = self.mode.to_string_lossy();
        let mode = Mode::parse(&mode_text)?;
        mode.check(
            self.encoding.is_some(),
            self.errors.is_some(),
            self.newline.is_some(),
        )?;
        if mode.binary && self.buffering == 1 {
            warnings::warn(
                exc().runtime_warning,
                "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used",
                1,
            )?;
        }
        let raw = fileio::new()?;
        fileio::setup(raw, path, &mode.raw(), self.closefd, self.opener)?;
        let mut outermost = raw;
        match self.wrap(raw, &mode, &mut outermost) {
            Ok(v) => Ok(v),
            Err(raised) => {
                // What is open already must be closed.
                let e = take(raised);
                let mut chain = Chained::new();
                chain.run(|| -> PyResult<()> { Err(restore(e)) });
                chain.run(|| call_method(outermost, name!("close"), &[]));
                chain.finish()?;
                Err(restore(e))
            }
        }
    }

    fn wrap(&self, raw: Value, mode: &Mode, outermost: &mut Value) -> PyResult<Value> {
        let tty = fs::isatty(file(raw).fd.get());
        let mut buffering = self.buffering;
        let line_buffering = buffering == 1 || (buffering < 0 && tty);
        if line_buffering {
            buffering = -1;
        }
        if buffering < 0 {
            buffering = file(raw).block_size.get();
        }
        if buffering < 0 {
            return Err(value_error("invalid buffering size"));
        }
        if buffering == 0 {
            if !mode.binary {
                return Err(value_error("can't have unbuffered text I/O"));
            }
            return Ok(raw);
        }
        let can = Abilities {
            readable: mode.updating || !(mode.creating || mode.writing || mode.appending),
            writable: mode.updating || mode.creating || mode.writing || mode.appending,
        };
        let buffer = buffered::make(raw, buffering as isize, can)?;
        *outermost = buffer;
        if mode.binary {
            return Ok(buffer);
        }
        let wrapper = alloc(ty(&super::TEXT_IO))?;
        wrapper.set_state(text::Text::new());
        let newline = match self.newline {
            None => None,
            Some(n) => Some(newline::legal(n).ok_or_else(|| {
                value_error(format!("illegal newline value: {}", n.to_string_lossy()))
            })?),
        };
        let setup = Setup {
            encoding: self.encoding,
            errors: self.errors,
            newline,
            line_buffering,
            write_through: false,
        };
        text::setup(wrapper.value(), buffer, &setup)?;
        *outermost = wrapper.value();
        set_attr(wrapper.value(), name!("mode"), Some(self.mode.value()))?;
        Ok(wrapper.value())
    }
}

fn open_code(_m: Value, a: Bound) -> PyResult<Value> {
    let path = a[0].unwrap_or(Value::NONE);
    if path.cast::<Str>().is_none() {
        return Err(type_error(format!(
            "open_code() argument 'path' must be str, not {}",
            type_or_none(path)
        )));
    }
    let r = Request {
        file: path,
        mode: name!("rb"),
        buffering: -1,
        encoding: None,
        errors: None,
        newline: None,
        closefd: true,
        opener: None,
    };
    r.open()
}

fn text_encoding(_m: Value, a: Bound) -> PyResult<Value> {
    let encoding = a[0].unwrap_or(Value::NONE);
    let level = a[1].map_or(Ok(2), int_arg)?;
    if !encoding.is_none() {
        return Ok(encoding);
    }
    warn_default_encoding(level.into())?;
    str::new(if utf8_mode() { "utf-8" } else { "locale" })
}

/// What a standard stream is made with.
pub struct Standard<'a> {
    /// The descriptor.
    pub fd: i32,
    /// `stdin` …
    pub name: &'a str,
    /// Whether it is written.
    pub write: bool,
    /// `-u`
    pub unbuffered: bool,
    /// Its encoding.
    pub encoding: &'a str,
    /// Its error handler.
    pub errors: &'a str,
}

/// `sys.stdin` and its kin; None if the descriptor is not open.
pub fn standard_stream(s: &Standard) -> PyResult<Value> {
    if fs::fstat(s.fd).is_err() {
        return Ok(Value::NONE);
    }
    let raw = fileio::new()?;
    let mode = if s.write { "w" } else { "r" };
    if let Err(raised) = fileio::setup(raw, Value::int(s.fd.into()), mode, false, None) {
        clear_if(raised, exc().os_error)?;
        return Ok(Value::NONE);
    }
    set_attr(
        raw,
        name!("name"),
        Some(str::new(&format!("<{}>", s.name))?),
    )?;
    let direct = s.write && s.unbuffered;
    let tty = fs::isatty(s.fd);
    let buffer = if direct {
        raw
    } else {
        let can = Abilities {
            readable: !s.write,
            writable: s.write,
        };
        buffered::make(raw, file(raw).block_size.get() as isize, can)?
    };
    let wrapper = alloc(ty(&super::TEXT_IO))?;
    wrapper.set_state(text::Text::new());
    let setup = Setup {
        encoding: Some(Str::new(&canonical(s.encoding)?)?),
        errors: Some(Str::new(s.errors)?),
        newline: Some("\n"),
        line_buffering: !s.unbuffered && (tty || s.fd == 2),
        write_through: s.unbuffered,
    };
    text::setup(wrapper.value(), buffer, &setup)?;
    set_attr(wrapper.value(), name!("mode"), Some(str::new(mode)?))?;
    Ok(wrapper.value())
}

/// The name a codec gives itself.
fn canonical(encoding: &str) -> PyResult<String> {
    if encoding == "utf-8" {
        return Ok(encoding.to_owned());
    }
    let codec: Gc<Tuple> = rivet_vm::types::str::registry::lookup(encoding)?;
    match find_attr(codec.value(), name!("name"))? {
        Some(n) => Ok(protocol::str(n)?.to_string_lossy().into_owned()),
        None => Ok(encoding.to_owned()),
    }
}
