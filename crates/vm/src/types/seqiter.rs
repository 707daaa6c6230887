//! `iterator` (over sequences that only have `__getitem__`) and `callable_iterator` (`iter(f, sentinel)`).

use crate::exceptions::{PyResult, clear_if, exc};
use crate::object::call::call;
use crate::object::native::Native;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Type, build, protocol};
use crate::types::iterators::builtin_function;
use crate::types::tuple;
use crate::value::{Gc, Root, Value};

/// Slots: the sequence, the next index.
static SEQUENCE: TypeSpec = TypeSpec {
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
    ..TypeSpec::named("iterator")
};

/// Slots: the callable, the sentinel.
static CALLABLE: TypeSpec = TypeSpec {
    methods: &[Method::noargs(
        "__reduce__",
        reduce_callable,
        "Return state information for pickling.",
    )],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(next_call);
    },
    ..TypeSpec::named("callable_iterator")
};

static SEQUENCE_TYPE: Root = Root::new();
static CALLABLE_TYPE: Root = Root::new();

/// Makes the types.
pub fn init() {
    SEQUENCE_TYPE.set(build::native_type(&SEQUENCE, 2).value());
    CALLABLE_TYPE.set(build::native_type(&CALLABLE, 2).value());
}

fn ty(root: &'static Root) -> Gc<Type> {
    root.get()
        .and_then(|t| t.cast::<Type>())
        .expect("made at start-up")
}

/// An iterator over a sequence with `__getitem__`.
pub fn new(v: Value) -> PyResult<Value> {
    let it = Native::new(ty(&SEQUENCE_TYPE))?;
    it.put(0, v);
    it.put(1, Value::int(0));
    Ok(it.value())
}

/// `iter(f, sentinel)`
pub fn new_callable(f: Value, sentinel: Value) -> PyResult<Value> {
    let it = Native::new(ty(&CALLABLE_TYPE))?;
    it.put(0, f);
    it.put(1, sentinel);
    Ok(it.value())
}

fn this(v: Value) -> Gc<Native> {
    v.cast::<Native>().expect("checked by the descriptor")
}

fn next(v: Value) -> PyResult<Option<Value>> {
    let it = this(v);
    let (Some(seq), Some(i)) = (it.get(0), it.get(1)) else {
        return Ok(None);
    };
    let raised = match protocol::get_item(seq, i) {
        Ok(x) => {
            it.put(1, Value::int(i.as_small_int().unwrap_or(0) + 1));
            return Ok(Some(x));
        }
        Err(raised) => raised,
    };
    if let Err(raised) = clear_if(raised, exc().index_error) {
        clear_if(raised, exc().stop_iteration)?;
    }
    it.put_opt(0, None);
    Ok(None)
}

fn length_hint(v: Value) -> PyResult<Value> {
    let it = this(v);
    let (Some(seq), Some(i)) = (it.get(0), it.get(1)) else {
        return Ok(Value::int(0));
    };
    if seq.type_of().slots().len.is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let n = protocol::length(seq)? as i64 - i.as_small_int().unwrap_or(0);
    Ok(Value::int(n.max(0)))
}

fn reduce(v: Value) -> PyResult<Value> {
    let it = this(v);
    let f = builtin_function("iter")?;
    match (it.get(0), it.get(1)) {
        (Some(seq), Some(i)) => tuple::new(&[f, tuple::new(&[seq])?, i]),
        _ => tuple::new(&[f, tuple::new(&[crate::runtime::empty_tuple().value()])?]),
    }
}

fn set_state(v: Value, state: Value) -> PyResult<Value> {
    let i = protocol::as_isize(state)?;
    let it = this(v);
    if it.get(0).is_some() {
        it.put(1, Value::int(i.max(0) as i64));
    }
    Ok(Value::NONE)
}

fn next_call(v: Value) -> PyResult<Option<Value>> {
    let it = this(v);
    let (Some(f), Some(sentinel)) = (it.get(0), it.get(1)) else {
        return Ok(None);
    };
    let r = match call(f, &[]) {
        Ok(r) => r,
        Err(raised) => {
            clear_if(raised, exc().stop_iteration)?;
            it.put_opt(0, None);
            it.put_opt(1, None);
            return Ok(None);
        }
    };
    // The call may have exhausted the iterator.
    if it.get(1).is_none() {
        return Ok(None);
    }
    if protocol::equal(r, sentinel)? {
        it.put_opt(0, None);
        it.put_opt(1, None);
        return Ok(None);
    }
    Ok(Some(r))
}

fn reduce_callable(v: Value) -> PyResult<Value> {
    let it = this(v);
    let f = builtin_function("iter")?;
    match (it.get(0), it.get(1)) {
        (Some(c), Some(s)) => tuple::new(&[f, tuple::new(&[c, s])?]),
        _ => tuple::new(&[f, tuple::new(&[crate::runtime::empty_tuple().value()])?]),
    }
}
