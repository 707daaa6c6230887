//! Iterators over list, tuple and str: one payload for all; and the list's reverse iterator.

use std::cell::Cell;

use rivet_heap::Header;

use crate::exceptions::{PyResult, no_memory};
use crate::object::native::Native;
use crate::object::protocol;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Type, build};
use crate::types::list::List;
use crate::types::tuple::{self, Tuple};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Root, Slot, Value};

const HINT_DOC: &str = "Private method returning an estimate of len(list(it)).";
const REDUCE_DOC: &str = "Return state information for pickling.";
const SETSTATE_DOC: &str = "Set state information for unpickling.";

/// `list_iterator`
pub static LIST: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs("__length_hint__", length_hint, HINT_DOC),
        Method::noargs("__reduce__", reduce, REDUCE_DOC),
        Method::one("__setstate__", "", set_state, SETSTATE_DOC),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(|v| Ok(this(v).advance()));
    },
    ..TypeSpec::named("list_iterator")
};

/// `tuple_iterator`
pub static TUPLE: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs("__length_hint__", length_hint, HINT_DOC),
        Method::noargs("__reduce__", reduce, REDUCE_DOC),
        Method::one("__setstate__", "", set_state, SETSTATE_DOC),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(|v| Ok(this(v).advance()));
    },
    ..TypeSpec::named("tuple_iterator")
};

/// An iterator over a list, tuple or str.
#[repr(C)]
pub struct SeqIter {
    header: Header,
    /// The sequence; nothing once exhausted.
    pub seq: Slot,
    /// The next index.
    pub index: Cell<usize>,
}

impl Payload for SeqIter {
    const LAYOUT: LayoutId = layout::LIST_ITER;
    const KIND: Kind = Kind::ListIter;

    #[inline(always)]
    fn accepts(kind: Kind) -> bool {
        matches!(kind, Kind::ListIter | Kind::TupleIter | Kind::StrIter)
    }
}

impl SeqIter {
    /// A new iterator over `seq`; `id` is `layout::LIST_ITER`, `TUPLE_ITER` or `STR_ITER`.
    pub fn new(id: LayoutId, seq: Value) -> PyResult<Value> {
        assert!(matches!(
            id,
            layout::LIST_ITER | layout::TUPLE_ITER | layout::STR_ITER
        ));
        let p = rivet_heap::alloc(id, size_of::<SeqIter>() / 8 - 1);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of a layout whose payload is a SeqIter.
        let it: Gc<SeqIter> = unsafe { Gc::from_raw(p.cast()) };
        it.set(&it.seq, seq);
        Ok(it.value())
    }

    /// The next item of a list or tuple; None when exhausted.
    #[inline]
    pub fn advance(&self) -> Option<Value> {
        let seq = self.seq.get()?;
        let i = self.index.get();
        let item = match seq.cast::<List>() {
            Some(l) => l.get(i),
            None => seq.cast::<Tuple>().and_then(|t| t.items().get(i).copied()),
        };
        match item {
            Some(_) => self.index.set(i + 1),
            None => self.seq.clear(),
        }
        item
    }
}

fn this(v: Value) -> Gc<SeqIter> {
    v.cast::<SeqIter>().expect("checked by the descriptor")
}

fn seq_len(seq: Value) -> usize {
    match (seq.cast::<List>(), seq.cast::<Tuple>()) {
        (Some(l), _) => l.len(),
        (_, Some(t)) => t.len(),
        _ => 0,
    }
}

fn length_hint(v: Value) -> PyResult<Value> {
    let it = this(v);
    Ok(Value::from_usize(
        it.seq
            .get()
            .map_or(0, |s| seq_len(s).saturating_sub(it.index.get())),
    ))
}

/// `builtins.<name>`, for `__reduce__`.
pub fn builtin_function(name: &str) -> PyResult<Value> {
    crate::runtime::builtins().get_str(name).ok_or_else(|| {
        crate::exceptions::attribute_error(format!("module 'builtins' has no attribute '{name}'"))
    })
}

fn reduce(v: Value) -> PyResult<Value> {
    let it = this(v);
    let iter = builtin_function("iter")?;
    match it.seq.get() {
        Some(s) => tuple::new(&[iter, tuple::new(&[s])?, Value::from_usize(it.index.get())]),
        None if v.kind() == Kind::TupleIter => {
            tuple::new(&[iter, tuple::new(&[crate::runtime::empty_tuple().value()])?])
        }
        None => tuple::new(&[iter, tuple::new(&[List::new()?.value()])?]),
    }
}

fn set_state(v: Value, state: Value) -> PyResult<Value> {
    let i = protocol::as_isize(state)?;
    let it = this(v);
    if let Some(s) = it.seq.get() {
        it.index.set((i.max(0) as usize).min(seq_len(s)));
    }
    Ok(Value::NONE)
}

// ---- reversed(list) ----

static REVERSE: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs(
            "__length_hint__",
            |v| Ok(Value::from_usize(reverse_left(v))),
            HINT_DOC,
        ),
        Method::noargs("__reduce__", reverse_reduce, REDUCE_DOC),
        Method::one("__setstate__", "", reverse_set_state, SETSTATE_DOC),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(reverse_next);
    },
    ..TypeSpec::named("list_reverseiterator")
};

static REVERSE_TYPE: Root = Root::new();

/// Makes the helper types.
pub fn init() {
    REVERSE_TYPE.set(build::native_type(&REVERSE, 2).value());
}

/// `list.__reversed__`: slot 0 holds the list, slot 1 one more than the next index.
pub fn list_reversed(list: Gc<List>) -> PyResult<Value> {
    let ty = REVERSE_TYPE
        .get()
        .and_then(|t| t.cast::<Type>())
        .expect("made at start-up");
    let it = Native::new(ty)?;
    it.put(0, list.value());
    it.put(1, Value::from_usize(list.len()));
    Ok(it.value())
}

fn reverse_parts(v: Value) -> Option<(Gc<Native>, Gc<List>, usize)> {
    let it = v.cast::<Native>()?;
    let list = it.get(0)?.cast::<List>()?;
    let n = it.get(1)?.as_small_int()?;
    Some((it, list, n as usize))
}

fn reverse_next(v: Value) -> PyResult<Option<Value>> {
    let Some((it, list, n)) = reverse_parts(v) else {
        return Ok(None);
    };
    match n.checked_sub(1).and_then(|i| list.get(i)) {
        Some(x) => {
            it.put(1, Value::from_usize(n - 1));
            Ok(Some(x))
        }
        None => {
            it.put_opt(0, None);
            Ok(None)
        }
    }
}

fn reverse_left(v: Value) -> usize {
    reverse_parts(v).map_or(0, |(_, list, n)| if n > list.len() { 0 } else { n })
}

fn reverse_reduce(v: Value) -> PyResult<Value> {
    match reverse_parts(v) {
        Some((_, list, n)) => {
            let f = builtin_function("reversed")?;
            tuple::new(&[f, tuple::new(&[list.value()])?, Value::int(n as i64 - 1)])
        }
        None => tuple::new(&[
            builtin_function("iter")?,
            tuple::new(&[List::new()?.value()])?,
        ]),
    }
}

fn reverse_set_state(v: Value, state: Value) -> PyResult<Value> {
    let i = protocol::as_isize(state)?;
    if let Some((it, list, _)) = reverse_parts(v) {
        let i = i.clamp(-1, list.len() as isize - 1);
        it.put(1, Value::int(i as i64 + 1));
    }
    Ok(Value::NONE)
}
