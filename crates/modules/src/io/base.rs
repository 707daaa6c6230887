//! `_IOBase` and `_RawIOBase`: what every stream has, written in terms of the methods a stream class defines.

use rivet_vm::exceptions::{
    PyResult, Raised, exc, os_error, raise_args, raise_text, take, type_error, value_error,
};
use rivet_vm::finalize::unraisable;
use rivet_vm::name;
use rivet_vm::object::args::check_count;
use rivet_vm::object::attr::{find_attr, set_attr};
use rivet_vm::object::call::{call, call_method};
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{TypeFlags, instance, protocol};
use rivet_vm::types::bytearray::ByteArray;
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::list::List;
use rivet_vm::types::str::Str;
use rivet_vm::value::{Gc, Value};

use super::util::{Chained, none, retry, size_arg, unsupported};
use crate::util::alloc;

pub(super) static SPEC: TypeSpec = TypeSpec {
    doc: "The base of all stream classes: no data, but the protocol in terms of what subclasses define.",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: METHODS,
    getset: &[
        GetSet::settable("__dict__", |v| Ok(instance::to_dict(v)?.value()), set_dict),
        GetSet::new("closed", |v| marked_closed(v).map(Value::bool)),
    ],
    slots: |s| {
        s.new = Some(|ty, _, _| Ok(alloc(ty)?.value()));
        s.iter = Some(|v| {
            check_closed(v)?;
            Ok(v)
        });
        s.next = Some(next_line);
        s.finalize = Some(finalize);
    },
    ..TypeSpec::named("_io._IOBase")
};

static METHODS: &[Method] = &[
    Method::fast(
        "seek",
        "($self, offset, whence=os.SEEK_SET, /)",
        |_, _| Err(unsupported("seek")),
        "Moves the position; gives the new one.",
    ),
    Method::noargs(
        "tell",
        |v| call_method(v, name!("seek"), &[Value::int(0), Value::int(1)]),
        "The current position.",
    ),
    Method::fast(
        "truncate",
        "",
        |_, _| Err(unsupported("truncate")),
        "Sets the size of the file; gives the new one.",
    ),
    Method::noargs("flush", flush, "Writes out what is buffered, if anything."),
    Method::noargs(
        "close",
        close,
        "Flushes and closes; no effect if already closed.",
    ),
    Method::noargs(
        "seekable",
        |_| Ok(Value::FALSE),
        "Whether the position can be set.",
    ),
    Method::noargs(
        "readable",
        |_| Ok(Value::FALSE),
        "Whether the stream can be read.",
    ),
    Method::noargs(
        "writable",
        |_| Ok(Value::FALSE),
        "Whether the stream can be written.",
    ),
    Method::fast("_checkClosed", "", |v, _| none(check_closed(v)), ""),
    Method::fast("_checkSeekable", "", |v, _| none(check_seekable(v)), ""),
    Method::fast("_checkReadable", "", |v, _| none(check_readable(v)), ""),
    Method::fast("_checkWritable", "", |v, _| none(check_writable(v)), ""),
    Method::noargs(
        "fileno",
        |_| Err(unsupported("fileno")),
        "The file descriptor, if there is one.",
    ),
    Method::noargs(
        "isatty",
        |v| {
            check_closed(v)?;
            Ok(Value::FALSE)
        },
        "Whether this is a terminal.",
    ),
    Method::fast(
        "__enter__",
        "",
        |v, _| {
            check_closed(v)?;
            Ok(v)
        },
        "",
    ),
    Method::fast(
        "__exit__",
        "",
        |v, _| call_method(v, name!("close"), &[]),
        "",
    ),
    Method::fast(
        "readline",
        "($self, size=-1, /)",
        |v, a| {
            check_count("readline", a, 0, 1)?;
            let limit = size_arg(a.first().copied())?;
            read_line(v, limit)
        },
        "One line, of at most so many bytes if a limit is given.",
    ),
    Method::fast(
        "readlines",
        "($self, hint=-1, /)",
        |v, a| {
            check_count("readlines", a, 0, 1)?;
            let hint = size_arg(a.first().copied())?;
            read_lines(v, hint)
        },
        "A list of lines, until their total size reaches the hint.",
    ),
    Method::one(
        "writelines",
        "($self, lines, /)",
        write_lines,
        "Writes all lines; no line ends are added.",
    ),
];

pub(super) static RAW_SPEC: TypeSpec = TypeSpec {
    doc: "The base of unbuffered binary streams.",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: &[
        Method::fast(
            "read",
            "($self, size=-1, /)",
            raw_read,
            "At most so many bytes, by readinto(); all of them if negative.",
        ),
        Method::noargs(
            "readall",
            raw_read_all,
            "Reads until end of file, by calls of read().",
        ),
        Method::fast(
            "readinto",
            "",
            |_, _| Err(raise_args(exc().not_implemented_error, &[])),
            "",
        ),
        Method::fast(
            "write",
            "",
            |_, _| Err(raise_args(exc().not_implemented_error, &[])),
            "",
        ),
    ],
    ..TypeSpec::named("_io._RawIOBase")
};

fn set_dict(v: Value, new: Option<Value>) -> PyResult<()> {
    match new.map(|d| (d, d.cast::<Dict>())) {
        Some((_, Some(d))) => instance::set_dict(v, d),
        Some((d, None)) => Err(type_error(format!(
            "__dict__ must be set to a dictionary, not a '{}'",
            d.type_of().name_string()
        ))),
        None => Err(type_error("cannot delete __dict__")),
    }
}

/// "I/O operation on closed file."
pub(super) fn closed_error() -> Raised {
    value_error("I/O operation on closed file.")
}

/// Whether `_IOBase.close` has run.
fn marked_closed(v: Value) -> PyResult<bool> {
    Ok(find_attr(v, name!("__IOBase_closed"))?.is_some())
}

/// ValueError if the stream's `closed` is true.
pub(super) fn check_closed(v: Value) -> PyResult<()> {
    match find_attr(v, name!("closed"))? {
        Some(c) if protocol::is_true(c)? => Err(closed_error()),
        _ => Ok(()),
    }
}

fn check(v: Value, what: Gc<Str>, message: &str) -> PyResult<()> {
    if call_method(v, what, &[])? == Value::TRUE {
        Ok(())
    } else {
        Err(unsupported(message))
    }
}

/// UnsupportedOperation unless the stream is seekable.
pub(super) fn check_seekable(v: Value) -> PyResult<()> {
    check(v, name!("seekable"), "File or stream is not seekable.")
}

/// UnsupportedOperation unless the stream is readable.
pub(super) fn check_readable(v: Value) -> PyResult<()> {
    check(v, name!("readable"), "File or stream is not readable.")
}

/// UnsupportedOperation unless the stream is writable.
pub(super) fn check_writable(v: Value) -> PyResult<()> {
    check(v, name!("writable"), "File or stream is not writable.")
}

fn flush(v: Value) -> PyResult<Value> {
    if marked_closed(v)? {
        return Err(closed_error());
    }
    Ok(Value::NONE)
}

/// `_IOBase.close`
pub(super) fn close(v: Value) -> PyResult<Value> {
    if marked_closed(v)? {
        return Ok(Value::NONE);
    }
    let mut chain = Chained::new();
    chain.run(|| call_method(v, name!("flush"), &[]).map(|_| ()));
    chain.run(|| set_attr(v, name!("__IOBase_closed"), Some(Value::TRUE)));
    none(chain.finish())
}

fn swallow(raised: Raised) {
    let _ = take(raised);
}

/// `__del__`: closes a stream that is still open. Errors are shown in development mode only.
pub(super) fn finalize(v: Value) -> PyResult<()> {
    let closed = match find_attr(v, name!("closed")) {
        Ok(None) => return Ok(()),
        Ok(Some(c)) => protocol::is_true(c),
        Err(raised) => Err(raised),
    };
    match closed {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(raised) => swallow(raised),
    }
    if let Err(raised) = set_attr(v, name!("_finalizing"), Some(Value::TRUE)) {
        swallow(raised);
    }
    if let Err(raised) = call_method(v, name!("close"), &[]) {
        if super::dev_mode() {
            unraisable(raised, v);
        } else {
            swallow(raised);
        }
    }
    Ok(())
}

fn next_line(v: Value) -> PyResult<Option<Value>> {
    let line = call_method(v, name!("readline"), &[])?;
    Ok((protocol::length(line)? > 0).then_some(line))
}

/// How many of the bytes ahead belong to the line.
fn line_ahead(v: Value, peek: Value, room: usize) -> PyResult<usize> {
    let ahead = retry(|| call(peek, &[Value::int(1)]))?;
    let Some(b) = ahead.cast::<Bytes>() else {
        let t = ahead.type_of().name_string();
        let _ = v;
        return Err(os_text(&format!(
            "peek() should have returned a bytes object, not '{t}'"
        )));
    };
    let b = b.slice();
    let b = &b[..b.len().min(room)];
    Ok(match b.iter().position(|&c| c == b'\n') {
        Some(i) => i + 1,
        None => b.len().max(1),
    })
}

/// OSError with a text only.
pub(super) fn os_text(text: &str) -> Raised {
    raise_text(exc().os_error, text)
}

fn read_line(v: Value, limit: isize) -> PyResult<Value> {
    let peek = find_attr(v, name!("peek"))?;
    let mut out = Vec::new();
    while limit < 0 || out.len() < limit as usize {
        let room = if limit < 0 {
            usize::MAX
        } else {
            limit as usize - out.len()
        };
        let n = match peek {
            Some(p) => line_ahead(v, p, room)?,
            None => 1,
        };
        let read = retry(|| call_method(v, name!("read"), &[Value::from_usize(n)]))?;
        let Some(b) = read.cast::<Bytes>() else {
            let t = read.type_of().name_string();
            return Err(os_text(&format!(
                "read() should have returned a bytes object, not '{t}'"
            )));
        };
        if b.is_empty() {
            break;
        }
        out.extend_from_slice(b.slice());
        if out.last() == Some(&b'\n') {
            break;
        }
    }
    bytes::new(&out)
}

fn read_lines(v: Value, hint: isize) -> PyResult<Value> {
    let list = List::new()?;
    let it = protocol::iter(v)?;
    let mut total = 0;
    while let Some(line) = protocol::next(it)? {
        list.append(line)?;
        if hint > 0 {
            total += protocol::length(line)?;
            if total > hint as usize {
                break;
            }
        }
    }
    Ok(list.value())
}

fn write_lines(v: Value, lines: Value) -> PyResult<Value> {
    check_closed(v)?;
    let it = protocol::iter(lines)?;
    while let Some(line) = protocol::next(it)? {
        retry(|| call_method(v, name!("write"), &[line]))?;
    }
    Ok(Value::NONE)
}

fn raw_read(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("read", args, 0, 1)?;
    let n = args.first().map_or(Ok(-1), |&n| protocol::as_isize(n))?;
    if n < 0 {
        return call_method(v, name!("readall"), &[]);
    }
    let buf = ByteArray::new(&[])?;
    buf.resize(n as usize)?;
    let got = call_method(v, name!("readinto"), &[buf.value()])?;
    if got.is_none() {
        return Ok(got);
    }
    let got = protocol::index_i64(got, |_| value_error("readinto() result out of range"))?;
    let all = buf.as_slice();
    let got = usize::try_from(got).unwrap_or(0).min(all.len());
    Ok(Bytes::new(&all[..got])?.value())
}

fn raw_read_all(v: Value) -> PyResult<Value> {
    let mut out: Option<Vec<u8>> = None;
    loop {
        let data = retry(|| {
            call_method(
                v,
                name!("read"),
                &[Value::from_usize(super::DEFAULT_BUFFER_SIZE)],
            )
        })?;
        if data.is_none() {
            return match out {
                None => Ok(data),
                Some(o) => bytes::new(&o),
            };
        }
        let Some(b) = data.cast::<Bytes>() else {
            return Err(type_error("read() should return bytes"));
        };
        let out = out.get_or_insert_with(Vec::new);
        if b.is_empty() {
            return bytes::new(out);
        }
        out.extend_from_slice(b.slice());
    }
}

/// OSError for an errno.
pub(super) fn errno_error(code: i32) -> Raised {
    os_error(code, None, None)
}
