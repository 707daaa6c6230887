//! Iterators over bytes, bytearray and memoryview, and native types made at their first use.

use std::cell::Cell;

use crate::exceptions::{PyResult, clear_if, exc};
use crate::name;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Native, Type, TypeFlags, build, protocol};
use crate::types::tuple;
use crate::value::{Gc, Root, Value};

/// The native type of a declaration, made the first time it is needed.
pub fn lazy_native_type(cell: &'static Root, spec: &'static TypeSpec, nslots: u32) -> Gc<Type> {
    if let Some(ty) = cell.get().and_then(|v| v.cast::<Type>()) {
        return ty;
    }
    let ty = build::native_type(spec, nslots);
    cell.set(ty.value());
    ty
}

/// One kind of iterator.
pub struct IterType {
    spec: TypeSpec,
    cell: Root,
}

const fn declare(name: &'static str) -> IterType {
    IterType {
        spec: TypeSpec {
            flags: TypeFlags::DISALLOW_INSTANTIATION,
            methods: METHODS,
            slots: |s| {
                s.iter = Some(Ok);
                s.next = Some(next);
            },
            ..TypeSpec::named(name)
        },
        cell: Root::new(),
    }
}

/// `bytes_iterator`
pub static BYTES: IterType = declare("bytes_iterator");
/// `bytearray_iterator`
pub static BYTEARRAY: IterType = declare("bytearray_iterator");
/// `memory_iterator`
pub static MEMORY: IterType = declare("memory_iterator");

static METHODS: &[Method] = &[
    Method::noargs(
        "__length_hint__",
        length_hint,
        "Private method returning an estimate of len(list(it)).",
    ),
    Method::noargs(
        "__reduce__",
        reduce,
        "Return state information for pickling.",
    ),
    Method::one(
        "__setstate__",
        "",
        set_state,
        "Set state information for unpickling.",
    ),
];

/// An iterator over a sequence of bytes.
pub fn new(seq: Value, kind: &'static IterType) -> PyResult<Value> {
    let it = Native::with_state(
        lazy_native_type(&kind.cell, &kind.spec, 1),
        Cell::new(0usize),
    )?;
    it.put(0, seq);
    Ok(it.value())
}

fn parts(v: Value) -> (Gc<Native>, &'static Cell<usize>) {
    let it = v.cast::<Native>().expect("checked by the descriptor");
    (
        it,
        it.state::<Cell<usize>>().expect("iterators have an index"),
    )
}

fn next(v: Value) -> PyResult<Option<Value>> {
    let (it, index) = parts(v);
    let Some(seq) = it.get(0) else {
        return Ok(None);
    };
    let i = index.get();
    if i >= protocol::length(seq)? {
        it.put_opt(0, None);
        return Ok(None);
    }
    index.set(i + 1);
    match protocol::get_item(seq, Value::from_usize(i)) {
        Ok(v) => Ok(Some(v)),
        Err(raised) => clear_if(raised, exc().index_error).map(|()| None),
    }
}

fn length_hint(v: Value) -> PyResult<Value> {
    let (it, index) = parts(v);
    let n = it.get(0).map_or(Ok(0), protocol::length)?;
    Ok(Value::from_usize(n.saturating_sub(index.get())))
}

fn reduce(v: Value) -> PyResult<Value> {
    let (it, index) = parts(v);
    let iter = crate::runtime::builtins()
        .get_interned(name!("iter"))
        .unwrap_or(Value::NONE);
    match it.get(0) {
        Some(seq) => tuple::new(&[iter, tuple::new(&[seq])?, Value::from_usize(index.get())]),
        None => tuple::new(&[iter, tuple::new(&[tuple::new(&[])?])?]),
    }
}

fn set_state(v: Value, state: Value) -> PyResult<Value> {
    let (it, index) = parts(v);
    let i = protocol::as_isize(state)?;
    let n = it.get(0).map_or(Ok(0), protocol::length)?;
    index.set(usize::try_from(i).unwrap_or(0).min(n));
    Ok(Value::NONE)
}
