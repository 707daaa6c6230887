//! `BytesIO`: a binary stream in memory. The contents are a bytes object as long as nobody changes them, then a
//! bytearray, which also counts the buffers handed out.

use std::cell::Cell;

use rivet_vm::exceptions::{PyResult, buffer_error, overflow_error, type_error, value_error};
use rivet_vm::object::args::check_count;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, instance, protocol};
use rivet_vm::types::bytearray::ByteArray;
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::int;
use rivet_vm::types::list::List;
use rivet_vm::types::memoryview::{self, bytes_like, with_bytes_mut};
use rivet_vm::types::str::Str;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, Value};

use super::base::closed_error;
use super::buffered::read::find_newline;
use super::util::{int_arg, none, optional_size, size_arg};
use crate::util::{alloc, bind, nat, ty};

/// Slot of the contents; empty when closed.
const DATA: usize = 0;

struct State {
    pos: Cell<usize>,
}

const INIT: &str = "(initial_bytes=b'')";

pub(super) static SPEC: TypeSpec = TypeSpec {
    doc: "A binary stream over bytes in memory.",
    signature: INIT,
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: METHODS,
    getset: &[
        GetSet::new("closed", |v| Ok(Value::bool(nat(v).get(DATA).is_none())))
            .doc("Whether the stream is closed."),
    ],
    slots: |s| {
        s.new = Some(|ty, _, _| new(ty));
        s.init = Some(init);
        s.iter = Some(|v| {
            this(v)?;
            Ok(v)
        });
        s.next = Some(|v| {
            let m = this(v)?;
            let line = m.line(usize::MAX)?;
            Ok((!line.is_empty()).then_some(line.value()))
        });
    },
    ..TypeSpec::named("_io.BytesIO")
};

static METHODS: &[Method] = &[
    Method::noargs("readable", yes, ""),
    Method::noargs("seekable", yes, ""),
    Method::noargs("writable", yes, ""),
    Method::noargs("close", close, "Frees the contents."),
    Method::noargs("flush", |v| this(v).map(|_| Value::NONE), "No effect."),
    Method::noargs("isatty", |v| this(v).map(|_| Value::FALSE), "False."),
    Method::noargs(
        "tell",
        |v| Ok(Value::from_usize(this(v)?.pos())),
        "The position.",
    ),
    Method::one(
        "write",
        "($self, b, /)",
        write,
        "Writes bytes; gives their number.",
    ),
    Method::one("writelines", "($self, lines, /)", write_lines, ""),
    Method::fast(
        "read1",
        "($self, size=-1, /)",
        |v, a| read(v, a, "read1"),
        "",
    ),
    Method::one("readinto", "($self, buffer, /)", read_into, ""),
    Method::fast("readline", "($self, size=-1, /)", read_line, ""),
    Method::fast("readlines", "($self, size=None, /)", read_lines, ""),
    Method::fast(
        "read",
        "($self, size=-1, /)",
        |v, a| read(v, a, "read"),
        "At most so many bytes; all if negative.",
    ),
    Method::noargs("getbuffer", get_buffer, "A writable view of the contents."),
    Method::noargs(
        "getvalue",
        get_value,
        "The contents, whatever the position.",
    ),
    Method::fast("seek", "($self, pos, whence=0, /)", seek, ""),
    Method::fast("truncate", "($self, size=None, /)", truncate, ""),
    Method::noargs("__getstate__", get_state, "").unsigned(),
    Method::one("__setstate__", "", set_state, ""),
    Method::noargs("__sizeof__", size_of, "").unsigned(),
];

/// An open `BytesIO`.
#[derive(Clone, Copy)]
struct Memory<'a> {
    v: Value,
    data: Value,
    state: &'a State,
}

fn state<'a>(v: Value) -> &'a State {
    nat(v).state::<State>().expect("set by new")
}

fn this<'a>(v: Value) -> PyResult<Memory<'a>> {
    match nat(v).get(DATA) {
        Some(data) => Ok(Memory {
            v,
            data,
            state: state(v),
        }),
        None => Err(closed_error()),
    }
}

fn yes(v: Value) -> PyResult<Value> {
    this(v).map(|_| Value::TRUE)
}

fn new(ty: Gc<Type>) -> PyResult<Value> {
    let n = alloc(ty)?;
    n.set_state(State { pos: Cell::new(0) });
    n.put(DATA, bytes::new(&[])?);
    Ok(n.value())
}

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let a = bind(INIT, "BytesIO", args, kw)?;
    check_exports(v)?;
    state(v).pos.set(0);
    nat(v).put(DATA, bytes::new(&[])?);
    if let Some(initial) = a[0].and_then(Value::not_none) {
        if initial.cast_exact::<Bytes>().is_some() {
            nat(v).put(DATA, initial);
        } else {
            write(v, initial)?;
            state(v).pos.set(0);
        }
    }
    Ok(())
}

/// BufferError while views of the contents are alive.
fn check_exports(v: Value) -> PyResult<()> {
    match nat(v).get(DATA).and_then(|d| d.cast::<ByteArray>()) {
        Some(b) => b.check_resizable(),
        None => Ok(()),
    }
}

impl Memory<'_> {
    fn pos(self) -> usize {
        self.state.pos.get()
    }

    /// Calls `f` with the contents. `f` must not run Python code.
    fn with<R>(self, f: impl FnOnce(&[u8]) -> R) -> R {
        if let Some(b) = self.data.cast::<ByteArray>() {
            return f(b.as_slice());
        }
        f(self.data.cast::<Bytes>().map_or(&[], |b| b.slice()))
    }

    fn len(self) -> usize {
        self.with(<[u8]>::len)
    }

    /// The contents as something that can be changed.
    fn own(self) -> PyResult<Gc<ByteArray>> {
        if let Some(b) = self.data.cast::<ByteArray>() {
            return Ok(b);
        }
        let b = self.with(ByteArray::new)?;
        nat(self.v).put(DATA, b.value());
        Ok(b)
    }

    /// Takes the next `n` bytes at most.
    fn take(self, n: usize) -> PyResult<Gc<Bytes>> {
        let from = self.pos();
        let to = from.saturating_add(n).min(self.len());
        if from >= to {
            return Bytes::new(&[]);
        }
        self.state.pos.set(to);
        if from == 0
            && let Some(b) = self.data.cast_exact::<Bytes>()
            && b.len() == to
        {
            return Ok(b);
        }
        self.with(|all| Bytes::new(&all[from..to]))
    }

    /// The next line, of at most `limit` bytes.
    fn line(self, limit: usize) -> PyResult<Gc<Bytes>> {
        let from = self.pos();
        let n = self.with(|all| {
            let rest = &all[from.min(all.len())..];
            let rest = &rest[..rest.len().min(limit)];
            find_newline(rest).map_or(rest.len(), |i| i + 1)
        });
        self.take(n)
    }

    fn write(self, data: &[u8]) -> PyResult<usize> {
        check_exports(self.v)?;
        if data.is_empty() {
            return Ok(0);
        }
        let b = self.own()?;
        let from = self.pos();
        let end = from
            .checked_add(data.len())
            .filter(|&e| e <= isize::MAX as usize)
            .ok_or_else(|| overflow_error("new buffer size too large"))?;
        if from > b.len() {
            b.resize(from)?;
        }
        b.splice(from, end.min(b.len()), data)?;
        self.state.pos.set(end);
        Ok(data.len())
    }
}

fn close(v: Value) -> PyResult<Value> {
    check_exports(v)?;
    nat(v).put_opt(DATA, None);
    Ok(Value::NONE)
}

fn read(v: Value, args: &[Value], fname: &str) -> PyResult<Value> {
    check_count(fname, args, 0, 1)?;
    let n = size_arg(args.first().copied())?;
    let m = this(v)?;
    let n = usize::try_from(n).unwrap_or(usize::MAX);
    Ok(m.take(n)?.value())
}

fn read_line(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("readline", args, 0, 1)?;
    let n = size_arg(args.first().copied())?;
    let m = this(v)?;
    Ok(m.line(usize::try_from(n).unwrap_or(usize::MAX))?.value())
}

fn read_lines(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("readlines", args, 0, 1)?;
    let m = this(v)?;
    let most = match args.first().copied().and_then(Value::not_none) {
        None => 0,
        Some(n) if int::is_int(n) => protocol::as_isize(n)?,
        Some(n) => {
            return Err(type_error(format!(
                "integer argument expected, got '{}'",
                n.type_of().name_string()
            )));
        }
    };
    let (list, mut total) = (List::new()?, 0);
    loop {
        let line = m.line(usize::MAX)?;
        if line.is_empty() {
            break;
        }
        total += line.len() as isize;
        list.append(line.value())?;
        if most > 0 && total >= most {
            break;
        }
    }
    Ok(list.value())
}

fn read_into(v: Value, target: Value) -> PyResult<Value> {
    let m = this(v)?;
    let room = with_bytes_mut(target, "readinto() argument", |t| t.len())?;
    let data = m.take(room)?;
    with_bytes_mut(target, "readinto() argument", |t| {
        let n = data.len().min(t.len());
        t[..n].copy_from_slice(&data.slice()[..n]);
    })?;
    Ok(Value::from_usize(data.len()))
}

fn write(v: Value, data: Value) -> PyResult<Value> {
    let m = this(v)?;
    check_exports(v)?;
    if data.cast::<Str>().is_some() {
        return Err(type_error("a bytes-like object is required, not 'str'"));
    }
    let n = match data.cast::<Bytes>() {
        Some(b) => m.write(b.slice())?,
        None => {
            let copy = bytes_like(data)?;
            this(v)?.write(&copy)?
        }
    };
    Ok(Value::from_usize(n))
}

fn write_lines(v: Value, lines: Value) -> PyResult<Value> {
    this(v)?;
    let it = protocol::iter(lines)?;
    while let Some(line) = protocol::next(it)? {
        write(v, line)?;
    }
    Ok(Value::NONE)
}

fn seek(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("seek", args, 1, 2)?;
    let pos = protocol::as_isize(args[0])?;
    let how = args.get(1).map_or(Ok(0), |&w| int_arg(w))?;
    let m = this(v)?;
    if pos < 0 && how == 0 {
        return Err(value_error(format!("negative seek value {pos}")));
    }
    let base = match how {
        0 => 0,
        1 => m.pos(),
        2 => m.len(),
        _ => {
            return Err(value_error(format!(
                "invalid whence ({how}, should be 0, 1 or 2)"
            )));
        }
    };
    let new = (base as isize)
        .checked_add(pos)
        .ok_or_else(|| overflow_error("new position too large"))?
        .max(0);
    m.state.pos.set(new as usize);
    Ok(Value::from_usize(new as usize))
}

fn truncate(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("truncate", args, 0, 1)?;
    let m = this(v)?;
    check_exports(v)?;
    let size = optional_size(args.first().copied(), m.pos() as isize)?;
    if size < 0 {
        return Err(value_error(format!("negative size value {size}")));
    }
    let m = this(v)?;
    if (size as usize) < m.len() {
        m.own()?.resize(size as usize)?;
    }
    Ok(Value::from_usize(size as usize))
}

fn get_value(v: Value) -> PyResult<Value> {
    let m = this(v)?;
    if m.data.cast_exact::<Bytes>().is_some() {
        return Ok(m.data);
    }
    m.with(bytes::new)
}

fn get_state(v: Value) -> PyResult<Value> {
    let value = get_value(v)?;
    let dict = if instance::has_storage(v) && !instance::to_dict(v)?.is_empty() {
        instance::to_dict(v)?.copy()?.value()
    } else {
        Value::NONE
    };
    tuple::new(&[value, Value::from_usize(state(v).pos.get()), dict])
}

fn set_state(v: Value, given: Value) -> PyResult<Value> {
    let t = given.cast::<Tuple>().filter(|t| t.len() >= 3);
    let Some(t) = t else {
        return Err(type_error(format!(
            "{}.__setstate__ argument should be 3-tuple, got {}",
            v.type_of().name_string(),
            given.type_of().name_string()
        )));
    };
    this(v)?;
    init(v, &[t.item(0)], None)?;
    let pos = t.item(1);
    if !int::is_int(pos) {
        return Err(type_error(format!(
            "second item of state must be an integer, got {}",
            pos.type_of().name_string()
        )));
    }
    let pos = protocol::as_isize(pos)?;
    if pos < 0 {
        return Err(value_error("position value cannot be negative"));
    }
    state(v).pos.set(pos as usize);
    none(restore_dict(v, t.item(2), "third"))
}

/// Adds the entries of a pickled `__dict__`.
pub(super) fn restore_dict(v: Value, dict: Value, which: &str) -> PyResult<()> {
    if dict.is_none() {
        return Ok(());
    }
    let Some(d) = dict.cast::<Dict>() else {
        return Err(type_error(format!(
            "{which} item of state should be a dict, got a {}",
            dict.type_of().name_string()
        )));
    };
    instance::to_dict(v)?.update_from(d)
}

fn size_of(v: Value) -> PyResult<Value> {
    let data = nat(v)
        .get(DATA)
        .and_then(|d| d.cast::<ByteArray>())
        .map_or(0, |b| b.capacity());
    let shared = match nat(v).get(DATA).and_then(|d| d.cast::<Bytes>()) {
        Some(b) if !b.is_empty() => 33 + b.len(),
        _ => 0,
    };
    Ok(Value::from_usize(72 + data + shared))
}

// ---- getbuffer ----

/// The object behind the view: slot 0 is the stream.
pub(super) static BUFFER_SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    slots: |s| {
        s.buffer = Some(|v, request| {
            let source = nat(v).get(0).unwrap_or(Value::NONE);
            let owned = this(source)?.own()?.value();
            let Some(f) = owned.type_of().slots().buffer else {
                return Err(buffer_error("the contents have no buffer"));
            };
            f(owned, request)?;
            request.obj = Some(v);
            Ok(())
        });
    },
    ..TypeSpec::named("_io._BytesIOBuffer")
};

fn get_buffer(v: Value) -> PyResult<Value> {
    this(v)?;
    let b = alloc(ty(&super::BYTES_BUFFER))?;
    b.put(0, v);
    memoryview::new(b.value())
}
