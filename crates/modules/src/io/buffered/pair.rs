//! `BufferedRWPair`: a reader and a writer as one stream.

use rivet_vm::exceptions::{PyResult, runtime_error, value_error};
use rivet_vm::name;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::call::call_method;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{TypeFlags, protocol};
use rivet_vm::types::str::Str;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

use super::{Abilities, Buffered, setup};
use crate::io::util::Chained;
use crate::io::{DEFAULT_BUFFER_SIZE, base};
use crate::util::{alloc, bind, nat, ty};

const READER: usize = 0;
const WRITER: usize = 1;
const INIT: &str = "(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)";

macro_rules! forwarded {
    ($($name:literal $slot:ident),* $(,)?) => {
        &[
            $(Method::fast($name, "", |v, a| forward(v, $slot, name!($name), a), ""),)*
            Method::noargs("close", close, "").unsigned(),
            Method::noargs("isatty", is_tty, "").unsigned(),
        ]
    };
}

pub(in crate::io) static SPEC: TypeSpec = TypeSpec {
    doc: "A buffered reader and a buffered writer as one stream, for sockets and the like.",
    signature: INIT,
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: forwarded! {
        "read" READER, "peek" READER, "read1" READER, "readinto" READER, "readinto1" READER,
        "readable" READER, "write" WRITER, "flush" WRITER, "writable" WRITER,
    },
    getset: &[GetSet::new("closed", |v| match nat(v).get(WRITER) {
        Some(w) => get_attr(w, name!("closed")),
        None => Err(runtime_error(
            "the BufferedRWPair object is being garbage-collected",
        )),
    })],
    slots: |s| {
        s.new = Some(|ty, _, _| Ok(alloc(ty)?.value()));
        s.init = Some(init);
    },
    ..TypeSpec::named("_io.BufferedRWPair")
};

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let a = bind(INIT, "BufferedRWPair", args, kw)?;
    let (reader, writer) = (a[0].unwrap_or(Value::NONE), a[1].unwrap_or(Value::NONE));
    let size = match a[2] {
        None => DEFAULT_BUFFER_SIZE as isize,
        Some(n) => protocol::as_isize(n)?,
    };
    base::check_readable(reader)?;
    base::check_writable(writer)?;
    let r = alloc(ty(&crate::io::READER))?;
    r.set_state(Buffered::new());
    let can = |readable| Abilities {
        readable,
        writable: !readable,
    };
    setup(r.value(), reader, size, can(true))?;
    let w = alloc(ty(&crate::io::WRITER))?;
    w.set_state(Buffered::new());
    setup(w.value(), writer, size, can(false))?;
    nat(v).put(READER, r.value());
    nat(v).put(WRITER, w.value());
    Ok(())
}

fn part(v: Value, slot: usize) -> PyResult<Value> {
    nat(v)
        .get(slot)
        .ok_or_else(|| value_error("I/O operation on uninitialized object"))
}

fn forward(v: Value, slot: usize, method: Gc<Str>, args: &[Value]) -> PyResult<Value> {
    call_method(part(v, slot)?, method, args)
}

fn close(v: Value) -> PyResult<Value> {
    let mut chain = Chained::new();
    chain.run(|| forward(v, WRITER, name!("close"), &[]));
    let r = chain.run(|| forward(v, READER, name!("close"), &[]));
    chain.finish()?;
    Ok(r.unwrap_or(Value::NONE))
}

fn is_tty(v: Value) -> PyResult<Value> {
    let w = forward(v, WRITER, name!("isatty"), &[])?;
    if w != Value::FALSE {
        return Ok(w);
    }
    forward(v, READER, name!("isatty"), &[])
}
