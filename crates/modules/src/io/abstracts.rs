//! `_BufferedIOBase` and `_TextIOBase`: the interfaces of buffered and of text streams.

use rivet_vm::exceptions::{PyResult, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::TypeFlags;
use rivet_vm::object::call::call_method;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::types::bytes::Bytes;
use rivet_vm::types::memoryview::with_bytes_mut;
use rivet_vm::value::{Gc, Value};

use super::util::unsupported;

pub(super) static BUFFERED_SPEC: TypeSpec = TypeSpec {
    doc: "The base of binary streams with a buffer: read() and write() do all that is asked.",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: &[
        Method::noargs(
            "detach",
            |_| Err(unsupported("detach")),
            "Separates the raw stream from its buffer and gives it.",
        ),
        Method::fast("read", "", |_, _| Err(unsupported("read")), "Reads bytes."),
        Method::fast(
            "read1",
            "",
            |_, _| Err(unsupported("read1")),
            "Reads bytes with at most one call of the raw stream.",
        ),
        Method::one(
            "readinto",
            "($self, buffer, /)",
            |v, b| read_into(v, b, false),
            "",
        ),
        Method::one(
            "readinto1",
            "($self, buffer, /)",
            |v, b| read_into(v, b, true),
            "",
        ),
        Method::fast(
            "write",
            "",
            |_, _| Err(unsupported("write")),
            "Writes bytes; gives their number.",
        ),
    ],
    ..TypeSpec::named("_io._BufferedIOBase")
};

pub(super) static TEXT_SPEC: TypeSpec = TypeSpec {
    doc: "The base of text streams.",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: &[
        Method::fast(
            "detach",
            "",
            |_, _| Err(unsupported("detach")),
            "Separates the binary stream from the text layer and gives it.",
        ),
        Method::fast(
            "read",
            "",
            |_, _| Err(unsupported("read")),
            "Reads characters.",
        ),
        Method::fast(
            "readline",
            "",
            |_, _| Err(unsupported("readline")),
            "Reads a line.",
        ),
        Method::fast(
            "write",
            "",
            |_, _| Err(unsupported("write")),
            "Writes characters; gives their number.",
        ),
    ],
    getset: &[
        GetSet::new("encoding", |_| Ok(Value::NONE)).doc("Name of the encoding."),
        GetSet::new("newlines", |_| Ok(Value::NONE)).doc("The line ends met so far."),
        GetSet::new("errors", |_| Ok(Value::NONE)).doc("Name of the error handler."),
    ],
    ..TypeSpec::named("_io._TextIOBase")
};

/// `readinto` and `readinto1` in terms of `read` and `read1`.
fn read_into(v: Value, buffer: Value, once: bool) -> PyResult<Value> {
    let room = with_bytes_mut(buffer, "readinto() argument", |b| b.len())?;
    let method = if once { name!("read1") } else { name!("read") };
    let data = call_method(v, method, &[Value::from_usize(room)])?;
    let Some(data) = data.cast::<Bytes>() else {
        return Err(type_error("read() should return bytes"));
    };
    let got = data.len();
    if got > room {
        return Err(value_error(format!(
            "read() returned too much data: {room} bytes requested, {got} returned"
        )));
    }
    copy_out(data, buffer)?;
    Ok(Value::from_usize(got))
}

fn copy_out(data: Gc<Bytes>, buffer: Value) -> PyResult<()> {
    with_bytes_mut(buffer, "readinto() argument", |to| {
        let n = data.len().min(to.len());
        to[..n].copy_from_slice(&data.slice()[..n]);
    })
}
