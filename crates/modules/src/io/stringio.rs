//! `StringIO`: a text stream in memory.

use std::cell::{Cell, RefCell};

use rivet_vm::exceptions::{PyResult, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::args::check_count;
use rivet_vm::object::call::call_method;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, instance, protocol};
use rivet_vm::types::int;
use rivet_vm::types::str::{self, Chars, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, Value};

use super::base::os_text;
use super::bytesio::restore_dict;
use super::newline::{self, Ends, LineEnd, Newlines, line_end, with_ends};
use super::util::{int_arg, is_exactly, none, optional_size, size_arg};
use crate::util::{alloc, bind, nat, ty};

/// Characters that can be changed: bytes while all are Latin-1, code points from then on.
enum Text {
    Narrow(Vec<u8>),
    Wide(Vec<u32>),
}

impl Text {
    fn chars(&self) -> Chars<'_> {
        match self {
            Text::Narrow(t) => Chars::One(t),
            Text::Wide(t) => Chars::Four(t),
        }
    }

    fn len(&self) -> usize {
        self.chars().len()
    }

    fn truncate(&mut self, n: usize) {
        match self {
            Text::Narrow(t) => t.truncate(n),
            Text::Wide(t) => t.truncate(n),
        }
    }

    fn write(&mut self, at: usize, new: Chars) {
        if let (Text::Narrow(old), false) = (&*self, matches!(new, Chars::One(_))) {
            *self = Text::Wide(old.iter().map(|&c| c.into()).collect());
        }
        let end = at + new.len();
        match (self, new) {
            (Text::Narrow(t), Chars::One(new)) => {
                if t.len() < end {
                    t.resize(end, 0);
                }
                t[at..end].copy_from_slice(new);
            }
            (Text::Narrow(_), _) => {}
            (Text::Wide(t), new) => {
                if t.len() < end {
                    t.resize(end, 0);
                }
                for (to, c) in t[at..end].iter_mut().zip(new.iter()) {
                    *to = c;
                }
            }
        }
    }
}

struct State {
    ok: Cell<bool>,
    closed: Cell<bool>,
    text: RefCell<Text>,
    pos: Cell<usize>,
    universal: Cell<bool>,
    newlines: Newlines,
    /// `newline` as given; None: None.
    read_end: Cell<Option<&'static str>>,
}

const INIT: &str = "(initial_value='', newline='\\n')";

pub(super) static SPEC: TypeSpec = TypeSpec {
    doc: "A text stream over a string in memory.",
    signature: INIT,
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: METHODS,
    getset: &[
        GetSet::new("closed", |v| Ok(Value::bool(initialised(v)?.closed.get()))),
        GetSet::new("newlines", |v| {
            let s = open(v)?;
            if s.universal.get() {
                s.newlines.kinds()
            } else {
                Ok(Value::NONE)
            }
        }),
        GetSet::new("line_buffering", |v| open(v).map(|_| Value::FALSE)),
    ],
    slots: |s| {
        s.new = Some(new);
        s.init = Some(init);
        s.next = Some(next);
    },
    ..TypeSpec::named("_io.StringIO")
};

static METHODS: &[Method] = &[
    Method::noargs("close", close, "Frees the contents."),
    Method::noargs(
        "getvalue",
        get_value,
        "The contents, whatever the position.",
    ),
    Method::fast(
        "read",
        "($self, size=-1, /)",
        read,
        "At most so many characters; all if negative.",
    ),
    Method::fast("readline", "($self, size=-1, /)", read_line, ""),
    Method::noargs("tell", |v| Ok(Value::from_usize(open(v)?.pos.get())), ""),
    Method::fast("truncate", "($self, pos=None, /)", truncate, ""),
    Method::fast("seek", "($self, pos, whence=0, /)", seek, ""),
    Method::one(
        "write",
        "($self, s, /)",
        write,
        "Writes text; gives the number of characters.",
    ),
    Method::noargs("seekable", |v| open(v).map(|_| Value::TRUE), ""),
    Method::noargs("readable", |v| open(v).map(|_| Value::TRUE), ""),
    Method::noargs("writable", |v| open(v).map(|_| Value::TRUE), ""),
    Method::noargs("__getstate__", get_state, "").unsigned(),
    Method::one("__setstate__", "", set_state, ""),
];

fn state<'a>(v: Value) -> &'a State {
    nat(v).state::<State>().expect("set by new")
}

fn initialised<'a>(v: Value) -> PyResult<&'a State> {
    let s = state(v);
    if s.ok.get() {
        Ok(s)
    } else {
        Err(value_error("I/O operation on uninitialized object"))
    }
}

fn open<'a>(v: Value) -> PyResult<&'a State> {
    let s = initialised(v)?;
    if s.closed.get() {
        return Err(value_error("I/O operation on closed file"));
    }
    Ok(s)
}

fn new(ty: Gc<Type>, _args: &[Value], _kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let n = alloc(ty)?;
    n.set_state(State {
        ok: Cell::new(false),
        closed: Cell::new(false),
        text: RefCell::new(Text::Narrow(Vec::new())),
        pos: Cell::new(0),
        universal: Cell::new(false),
        newlines: Newlines::default(),
        read_end: Cell::new(None),
    });
    Ok(n.value())
}

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let a = bind(INIT, "StringIO", args, kw)?;
    let s = state(v);
    s.ok.set(false);
    let end = match a[1] {
        None => Some("\n"),
        Some(n) if n.is_none() => None,
        Some(n) => Some(newline_arg(n)?),
    };
    let initial = a[0].and_then(Value::not_none);
    if let Some(i) = initial.filter(|i| i.cast::<Str>().is_none()) {
        return Err(type_error(format!(
            "initial_value must be str or None, not {}",
            i.type_of().name_string()
        )));
    }
    s.text.replace(Text::Narrow(Vec::new()));
    s.pos.set(0);
    s.closed.set(false);
    s.read_end.set(end);
    s.universal.set(matches!(end, None | Some("")));
    s.newlines.translate.set(end.is_none());
    s.newlines.reset();
    if let Some(i) = initial.and_then(|i| i.cast::<Str>()) {
        s.put(i)?;
        s.pos.set(0);
    }
    s.ok.set(true);
    Ok(())
}

fn newline_arg(v: Value) -> PyResult<&'static str> {
    let Some(text) = v.cast::<Str>() else {
        return Err(type_error(format!(
            "newline must be str or None, not {}",
            v.type_of().name_string()
        )));
    };
    match newline::legal(text) {
        Some(end) => Ok(end),
        None => Err(value_error(format!(
            "illegal newline value: {}",
            protocol::repr_string(v)?
        ))),
    }
}

impl State {
    /// Writes at the position.
    fn put(&self, text: Gc<Str>) -> PyResult<()> {
        let text = if self.universal.get() {
            self.newlines.feed(text, true)?
        } else {
            text
        };
        let text = match self.read_end.get() {
            Some(end @ ("\r" | "\r\n")) => with_ends(text, end)?,
            _ => text,
        };
        if text.is_empty() {
            return Ok(());
        }
        let at = self.pos.get();
        if at
            .checked_add(text.len())
            .is_none_or(|e| e > isize::MAX as usize / 8)
        {
            return Err(rivet_vm::exceptions::overflow_error(
                "new position too large",
            ));
        }
        self.text.borrow_mut().write(at, text.chars());
        self.pos.set(at + text.len());
        Ok(())
    }

    /// Takes the next `n` characters at most.
    fn take(&self, n: usize) -> PyResult<Gc<Str>> {
        let text = self.text.borrow();
        let from = self.pos.get();
        let to = from.saturating_add(n).min(text.len());
        if from >= to {
            return Ok(Str::empty());
        }
        self.pos.set(to);
        Str::from_chars(text.chars().slice(from, to))
    }

    fn line(&self, limit: usize) -> PyResult<Gc<Str>> {
        let ends = Ends {
            translated: self.read_end.get().is_none(),
            universal: self.universal.get(),
            only: self.read_end.get().unwrap_or("\n"),
        };
        let n = {
            let text = self.text.borrow();
            let from = self.pos.get().min(text.len());
            let rest = text.chars().slice(from, text.len());
            match line_end(rest, ends) {
                LineEnd::At(n) => n,
                LineEnd::Beyond(_) => rest.len(),
            }
        };
        self.take(n.min(limit))
    }
}

fn close(v: Value) -> PyResult<Value> {
    let s = state(v);
    s.closed.set(true);
    s.text.replace(Text::Narrow(Vec::new()));
    Ok(Value::NONE)
}

fn get_value(v: Value) -> PyResult<Value> {
    let s = open(v)?;
    let text = s.text.borrow();
    Str::from_chars(text.chars()).map(Gc::value)
}

fn read(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("read", args, 0, 1)?;
    let n = size_arg(args.first().copied())?;
    let s = open(v)?;
    s.take(usize::try_from(n).unwrap_or(usize::MAX))
        .map(Gc::value)
}

fn read_line(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("readline", args, 0, 1)?;
    let n = size_arg(args.first().copied())?;
    let s = open(v)?;
    s.line(usize::try_from(n).unwrap_or(usize::MAX))
        .map(Gc::value)
}

fn next(v: Value) -> PyResult<Option<Value>> {
    let s = open(v)?;
    let line = if is_exactly(v, ty(&super::STRING_IO)) {
        s.line(usize::MAX)?
    } else {
        let line = call_method(v, name!("readline"), &[])?;
        line.cast::<Str>().ok_or_else(|| {
            os_text(&format!(
                "readline() should have returned a str object, not '{}'",
                line.type_of().name_string()
            ))
        })?
    };
    Ok((!line.is_empty()).then_some(line.value()))
}

fn write(v: Value, text: Value) -> PyResult<Value> {
    let s = initialised(v)?;
    let Some(t) = text.cast::<Str>() else {
        return Err(type_error(format!(
            "string argument expected, got '{}'",
            text.type_of().name_string()
        )));
    };
    open(v)?;
    s.put(t)?;
    Ok(Value::from_usize(t.len()))
}

fn truncate(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("truncate", args, 0, 1)?;
    let s = open(v)?;
    let n = optional_size(args.first().copied(), s.pos.get() as isize)?;
    if n < 0 {
        return Err(value_error(format!("Negative size value {n}")));
    }
    s.text.borrow_mut().truncate(n as usize);
    Ok(Value::from_usize(n as usize))
}

fn seek(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("seek", args, 1, 2)?;
    let pos = protocol::as_isize(args[0])?;
    let how = args.get(1).map_or(Ok(0), |&w| int_arg(w))?;
    let s = open(v)?;
    if !(0..=2).contains(&how) {
        return Err(value_error(format!(
            "Invalid whence ({how}, should be 0, 1 or 2)"
        )));
    }
    if pos < 0 && how == 0 {
        return Err(value_error(format!("Negative seek position {pos}")));
    }
    if how != 0 && pos != 0 {
        return Err(os_text("Can't do nonzero cur-relative seeks"));
    }
    let new = match how {
        0 => pos as usize,
        1 => s.pos.get(),
        _ => s.text.borrow().len(),
    };
    s.pos.set(new);
    Ok(Value::from_usize(new))
}

fn get_state(v: Value) -> PyResult<Value> {
    let value = get_value(v)?;
    let s = state(v);
    let newline = match s.read_end.get() {
        None => Value::NONE,
        Some(end) => str::new(end)?,
    };
    let dict = if instance::has_storage(v) && !instance::to_dict(v)?.is_empty() {
        instance::to_dict(v)?.copy()?.value()
    } else {
        Value::NONE
    };
    tuple::new(&[value, newline, Value::from_usize(s.pos.get()), dict])
}

fn set_state(v: Value, given: Value) -> PyResult<Value> {
    if state(v).closed.get() {
        return Err(value_error("I/O operation on closed file"));
    }
    let t = given.cast::<Tuple>().filter(|t| t.len() >= 4);
    let Some(t) = t else {
        return Err(type_error(format!(
            "{}.__setstate__ argument should be 4-tuple, got {}",
            v.type_of().name_string(),
            given.type_of().name_string()
        )));
    };
    init(v, &[Str::empty().value(), t.item(1)], None)?;
    let s = state(v);
    // The value has its line ends already.
    let Some(text) = t.item(0).cast::<Str>() else {
        return Err(type_error(format!(
            "initial_value must be str or None, not {}",
            t.item(0).type_of().name_string()
        )));
    };
    let mut new = Text::Narrow(Vec::new());
    new.write(0, text.chars());
    s.text.replace(new);
    let pos = t.item(2);
    if !int::is_int(pos) {
        return Err(type_error(format!(
            "third item of state must be an integer, got {}",
            pos.type_of().name_string()
        )));
    }
    let pos = protocol::as_isize(pos)?;
    if pos < 0 {
        return Err(value_error("position value cannot be negative"));
    }
    s.pos.set(pos as usize);
    none(restore_dict(v, t.item(3), "fourth"))
}
