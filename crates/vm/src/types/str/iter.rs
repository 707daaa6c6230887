//! `str_iterator`.

use crate::exceptions::PyResult;
use crate::name;
use crate::object::protocol;
use crate::object::spec::{Method, TypeSpec};
use crate::types::iterators::SeqIter;
use crate::types::str::Str;
use crate::types::tuple;
use crate::value::{Gc, Value, layout};

/// `str_iterator`
pub static SPEC: TypeSpec = TypeSpec {
    methods: &[
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
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(next);
    },
    ..TypeSpec::named("str_iterator")
};

/// `iter(str)`
pub fn new(s: Value) -> PyResult<Value> {
    SeqIter::new(layout::STR_ITER, s)
}

fn this(v: Value) -> Gc<SeqIter> {
    v.cast::<SeqIter>().expect("checked by the descriptor")
}

fn next(v: Value) -> PyResult<Option<Value>> {
    let it = this(v);
    let Some(s) = it.seq.get_as::<Str>() else {
        return Ok(None);
    };
    let i = it.index.get();
    if i >= s.len() {
        it.seq.clear();
        return Ok(None);
    }
    it.index.set(i + 1);
    Str::from_char(s.chars().get(i)).map(|c| Some(c.value()))
}

fn length_hint(v: Value) -> PyResult<Value> {
    let it = this(v);
    Ok(Value::from_usize(
        it.seq
            .get_as::<Str>()
            .map_or(0, |s| s.len().saturating_sub(it.index.get())),
    ))
}

fn reduce(v: Value) -> PyResult<Value> {
    let it = this(v);
    let iter = crate::runtime::builtins()
        .get_interned(name!("iter"))
        .unwrap_or(Value::NONE);
    match it.seq.get() {
        Some(s) => tuple::new(&[iter, tuple::new(&[s])?, Value::from_usize(it.index.get())]),
        None => tuple::new(&[iter, tuple::new(&[Str::empty().value()])?]),
    }
}

fn set_state(v: Value, state: Value) -> PyResult<Value> {
    let it = this(v);
    let i = protocol::as_isize(state)?;
    if let Some(s) = it.seq.get_as::<Str>() {
        it.index.set(usize::try_from(i).unwrap_or(0).min(s.len()));
    }
    Ok(Value::NONE)
}
