//! `set` and `frozenset`: slots, methods, the iterator.

use std::cell::Cell;

use rivet_heap::Header;
use rivet_spec::CompareOp;

use super::set::{
    Set, difference, difference_update, intersection, lookup_key, symmetric_difference_update,
    update,
};
use crate::exceptions::{PyResult, exc, key_error, raise_text, runtime_error};
use crate::name;
use crate::object::args::{check_count, no_keywords, split};
use crate::object::call::call_method;
use crate::object::guard::guarded_repr;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Slots, Type, TypeFlags, build, instance, protocol};
use crate::types::iterators::builtin_function;
use crate::types::list::List;
use crate::types::str::builder::StrBuilder;
use crate::types::tuple::{self, Tuple};
use crate::types::{generic_alias, str};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Root, Slot, Value};

macro_rules! common {
    ($($extra:expr,)*) => {
        &[
            Method::noargs("copy", copy, "Return a shallow copy of a set."),
            Method::fast("difference", "", difference_multi, "Return the difference of two or more sets as a new set.\n\n(i.e. all elements that are in this set but not the others.)"),
            Method::fast("intersection", "", intersection_multi, "Return the intersection of two sets as a new set.\n\n(i.e. all elements that are in both sets.)"),
            Method::one("isdisjoint", "", isdisjoint, "Return True if two sets have a null intersection."),
            Method::one("issubset", "", issubset, "Report whether another set contains this set."),
            Method::one("issuperset", "", issuperset, "Report whether this set contains another set."),
            Method::one("symmetric_difference", "", symmetric_difference, "Return the symmetric difference of two sets as a new set.\n\n(i.e. all elements that are in exactly one of the sets.)"),
            Method::fast("union", "", union, "Return the union of sets as a new set.\n\n(i.e. all elements that are in either set.)"),
            Method::one("__contains__", "", |v, x| contains(v, x).map(Value::bool), "x.__contains__(y) <==> y in x."),
            Method::noargs("__reduce__", reduce, "Return state information for pickling."),
            Method::noargs("__sizeof__", |v| Ok(Value::from_usize(200 + this(v).len() * 16)), "S.__sizeof__() -> size of S in memory, in bytes"),
            generic_alias::CLASS_GETITEM,
            $($extra,)*
        ]
    };
}

/// `set`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "set() -> new empty set object\nset(iterable) -> new set object\n\nBuild an unordered collection of unique elements.",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE | TypeFlags::MATCH_SELF,
    methods: common![
        Method::one(
            "add",
            "",
            add,
            "Add an element to a set.\n\nThis has no effect if the element is already present."
        ),
        Method::noargs("clear", clear, "Remove all elements from this set."),
        Method::one(
            "discard",
            "",
            discard,
            "Remove an element from a set if it is a member.\n\nUnlike set.remove(), the discard() method does not raise\nan exception when an element is missing from the set."
        ),
        Method::fast(
            "difference_update",
            "",
            |v, a| each(a, |x| difference_update(this(v), x)),
            "Remove all elements of another set from this set."
        ),
        Method::fast(
            "intersection_update",
            "",
            |v, a| intersect_in_place(v, a).map(|()| Value::NONE),
            "Update a set with the intersection of itself and another."
        ),
        Method::noargs(
            "pop",
            pop,
            "Remove and return an arbitrary set element.\nRaises KeyError if the set is empty."
        ),
        Method::one(
            "remove",
            "",
            remove,
            "Remove an element from a set; it must be a member.\n\nIf the element is not a member, raise a KeyError."
        ),
        Method::one(
            "symmetric_difference_update",
            "",
            |v, x| symmetric_difference_update(this(v), x).map(|()| Value::NONE),
            "Update a set with the symmetric difference of itself and another."
        ),
        Method::fast(
            "update",
            "",
            |v, a| each(a, |x| update(this(v), x)),
            "Update a set with the union of itself and others."
        ),
    ],
    slots: |s| {
        common_slots(s);
        s.isub = Some(|a, b| in_place(a, b, || difference_update(this(a), b)));
        s.iand = Some(|a, b| in_place(a, b, || intersect_in_place(a, &[b])));
        s.ixor = Some(|a, b| in_place(a, b, || symmetric_difference_update(this(a), b)));
        s.ior = Some(|a, b| in_place(a, b, || update(this(a), b)));
        s.hash = Some(protocol::hash_not_implemented);
        s.init = Some(init);
        s.new = Some(|ty, _, _| Set::new_of(ty).map(Gc::value));
    },
    ..TypeSpec::named("set")
};

/// `frozenset`
pub static FROZEN: TypeSpec = TypeSpec {
    doc: "frozenset() -> empty frozenset object\nfrozenset(iterable) -> frozenset object\n\nBuild an immutable unordered collection of unique elements.",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE | TypeFlags::MATCH_SELF,
    methods: common![],
    slots: |s| {
        common_slots(s);
        s.hash = Some(|v| this(v).frozen_hash());
        s.new = Some(new_frozen);
    },
    ..TypeSpec::named("frozenset")
};

fn common_slots(s: &mut Slots) {
    s.repr = Some(repr);
    s.compare = Some(compare);
    s.iter = Some(iter);
    s.len = Some(|v| Ok(this(v).len()));
    s.contains = Some(contains);
    s.and = Some(|a, b| both(a, b, |x| intersection(x, b)));
    s.or = Some(|a, b| {
        both(a, b, |x| {
            let out = x.copy()?;
            update(out, b)?;
            Ok(out)
        })
    });
    s.sub = Some(|a, b| both(a, b, |x| difference(x, b)));
    s.xor = Some(|a, b| both(a, b, |x| symmetric(x, b)));
}

fn this(v: Value) -> Gc<Set> {
    v.cast::<Set>().expect("checked by the descriptor")
}

/// A binary operator: NotImplemented unless both operands are sets.
fn both(a: Value, b: Value, f: impl FnOnce(Gc<Set>) -> PyResult<Gc<Set>>) -> PyResult<Value> {
    match (a.cast::<Set>(), b.cast::<Set>()) {
        (Some(x), Some(_)) => f(x).map(Gc::value),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn in_place(a: Value, b: Value, f: impl FnOnce() -> PyResult<()>) -> PyResult<Value> {
    if b.cast::<Set>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    f()?;
    Ok(a)
}

fn each(args: &[Value], f: impl Fn(Value) -> PyResult<()>) -> PyResult<Value> {
    args.iter().try_for_each(|&x| f(x))?;
    Ok(Value::NONE)
}

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    no_keywords("set", kw)?;
    check_count("set", args, 0, 1)?;
    let s = this(v);
    s.clear();
    match args {
        [x] => update(s, *x),
        _ => Ok(()),
    }
}

fn new_frozen(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let mine = crate::runtime::types().frozenset;
    if ty == mine || ty.slots().init.map(|f| f as usize) == mine.slots().init.map(|f| f as usize) {
        no_keywords("frozenset", kw)?;
    }
    let (args, _) = split(args, kw);
    check_count("frozenset", args, 0, 1)?;
    match args {
        [x] if ty == mine && x.layout_id() == layout::FROZENSET => Ok(*x),
        [x] => {
            let s = Set::new_of(ty)?;
            update(s, *x)?;
            Ok(s.value())
        }
        _ => Set::new_of(ty).map(Gc::value),
    }
}

fn repr(v: Value) -> PyResult<Value> {
    let name = v.type_of().name_string();
    guarded_repr(v, &format!("{name}(...)"), || {
        if this(v).is_empty() {
            return str::new(&format!("{name}()"));
        }
        let items = protocol::to_list(v)?;
        let plain = v.layout_id() == layout::SET;
        let mut out = StrBuilder::new();
        out.push_text(&if plain {
            "{".to_owned()
        } else {
            format!("{name}({{")
        });
        for i in 0..items.len() {
            if i > 0 {
                out.push_text(", ");
            }
            out.push_chars(protocol::repr(items.item(i))?.chars());
        }
        out.push_text(if plain { "}" } else { "})" });
        out.value()
    })
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Set>(), b.cast::<Set>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let r = match op {
        CompareOp::Eq => equal(x, y)?,
        CompareOp::Ne => !equal(x, y)?,
        CompareOp::Le => x.is_subset(y)?,
        CompareOp::Ge => y.is_subset(x)?,
        CompareOp::Lt => x.len() < y.len() && x.is_subset(y)?,
        CompareOp::Gt => x.len() > y.len() && y.is_subset(x)?,
    };
    Ok(Value::bool(r))
}

fn equal(x: Gc<Set>, y: Gc<Set>) -> PyResult<bool> {
    Ok(x.len() == y.len() && x.is_subset(y)?)
}

fn contains(v: Value, x: Value) -> PyResult<bool> {
    let (key, hash) = lookup_key(x)?;
    this(v).contains_hashed(key, hash)
}

fn copy(v: Value) -> PyResult<Value> {
    if v.layout_id() == layout::FROZENSET {
        Ok(v)
    } else {
        this(v).copy().map(Gc::value)
    }
}

fn union(v: Value, args: &[Value]) -> PyResult<Value> {
    let out = this(v).copy()?;
    for &x in args {
        if x != v {
            update(out, x)?;
        }
    }
    Ok(out.value())
}

fn intersect_all(s: Gc<Set>, args: &[Value]) -> PyResult<Gc<Set>> {
    match args.split_first() {
        None => s.copy(),
        Some((&x, rest)) => rest
            .iter()
            .try_fold(intersection(s, x)?, |acc, &x| intersection(acc, x)),
    }
}

fn intersection_multi(v: Value, args: &[Value]) -> PyResult<Value> {
    if args.is_empty() {
        return copy(v);
    }
    intersect_all(this(v), args).map(Gc::value)
}

fn intersect_in_place(v: Value, args: &[Value]) -> PyResult<()> {
    let r = intersect_all(this(v), args)?;
    this(v).take_from(r);
    Ok(())
}

fn difference_multi(v: Value, args: &[Value]) -> PyResult<Value> {
    let Some((&x, rest)) = args.split_first() else {
        return copy(v);
    };
    let out = difference(this(v), x)?;
    for &x in rest {
        difference_update(out, x)?;
    }
    Ok(out.value())
}

fn symmetric(s: Gc<Set>, x: Value) -> PyResult<Gc<Set>> {
    let out = s.empty_like()?;
    update(out, x)?;
    symmetric_difference_update(out, s.value())?;
    Ok(out)
}

fn symmetric_difference(v: Value, x: Value) -> PyResult<Value> {
    symmetric(this(v), x).map(Gc::value)
}

fn isdisjoint(v: Value, x: Value) -> PyResult<Value> {
    let s = this(v);
    if x == v {
        return Ok(Value::bool(s.is_empty()));
    }
    if let Some(other) = x.cast::<Set>() {
        let (big, small) = if other.len() > s.len() {
            (other, s)
        } else {
            (s, other)
        };
        let mut i = 0;
        while let Some((k, h)) = small.next_entry(&mut i) {
            if big.contains_hashed(k, h)? {
                return Ok(Value::FALSE);
            }
        }
        return Ok(Value::TRUE);
    }
    let it = protocol::iter(x)?;
    while let Some(k) = protocol::next(it)? {
        if s.contains(k)? {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}

fn issubset(v: Value, x: Value) -> PyResult<Value> {
    let s = this(v);
    match x.cast::<Set>() {
        Some(o) => s.is_subset(o).map(Value::bool),
        None => Ok(Value::bool(intersection(s, x)?.len() == s.len())),
    }
}

fn issuperset(v: Value, x: Value) -> PyResult<Value> {
    let s = this(v);
    if let Some(o) = x.cast::<Set>() {
        return o.is_subset(s).map(Value::bool);
    }
    let it = protocol::iter(x)?;
    while let Some(k) = protocol::next(it)? {
        if !s.contains(k)? {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}

fn add(v: Value, x: Value) -> PyResult<Value> {
    this(v).add(x)?;
    Ok(Value::NONE)
}

fn clear(v: Value) -> PyResult<Value> {
    this(v).clear();
    Ok(Value::NONE)
}

fn discard(v: Value, x: Value) -> PyResult<Value> {
    let (key, hash) = lookup_key(x)?;
    this(v).discard_hashed(key, hash)?;
    Ok(Value::NONE)
}

fn remove(v: Value, x: Value) -> PyResult<Value> {
    let (key, hash) = lookup_key(x)?;
    if this(v).discard_hashed(key, hash)? {
        Ok(Value::NONE)
    } else {
        Err(key_error(x))
    }
}

fn pop(v: Value) -> PyResult<Value> {
    this(v)
        .pop()
        .ok_or_else(|| raise_text(exc().key_error, "pop from an empty set"))
}

fn reduce(v: Value) -> PyResult<Value> {
    let state = call_method(v, name!("__getstate__"), &[])?;
    let items = protocol::to_list(v)?;
    tuple::new(&[v.type_of().value(), tuple::new(&[items.value()])?, state])
}

// ---- the iterator ----

/// An iterator over a set.
#[repr(C)]
struct SetIter {
    header: Header,
    /// The set; nothing once exhausted.
    set: Slot,
    _spare: Slot,
    position: Cell<usize>,
    /// Number of items when iteration began; `usize::MAX` after it has changed.
    used: Cell<usize>,
    left: Cell<usize>,
}

impl Payload for SetIter {
    const LAYOUT: LayoutId = layout::SET_ITER;
    const KIND: Kind = Kind::SetIter;
}

static ITER: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs(
            "__length_hint__",
            length_hint,
            "Private method returning an estimate of len(list(it)).",
        ),
        Method::noargs(
            "__reduce__",
            reduce_iter,
            "Return state information for pickling.",
        ),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(next);
    },
    ..TypeSpec::named("set_iterator")
};

static ITER_TYPE: Root = Root::new();

/// Makes the iterator's type.
pub fn init_types() {
    let object = crate::runtime::types_in_progress().object;
    let trace = layout::info(layout::SET_ITER).trace;
    let words = (size_of::<SetIter>() / 8 - 1) as u32;
    ITER_TYPE.set(build::builtin_type(&ITER, object, layout::SET_ITER, trace, words).value());
}

fn iter(v: Value) -> PyResult<Value> {
    let ty = ITER_TYPE
        .get()
        .and_then(|t| t.cast::<Type>())
        .expect("made at start-up");
    let r = instance::allocate(ty, 0)?;
    let it = iterator(r);
    it.set(&it.set, v);
    it.used.set(this(v).len());
    it.left.set(this(v).len());
    Ok(r)
}

fn iterator(v: Value) -> Gc<SetIter> {
    v.cast::<SetIter>().expect("checked by the descriptor")
}

fn next(v: Value) -> PyResult<Option<Value>> {
    let it = iterator(v);
    let Some(s) = it.set.get_as::<Set>() else {
        return Ok(None);
    };
    if it.used.get() != s.len() {
        it.used.set(usize::MAX);
        return Err(runtime_error("Set changed size during iteration"));
    }
    let mut i = it.position.get();
    let found = s.next_entry(&mut i);
    it.position.set(i);
    match found {
        Some((k, _)) => {
            it.left.set(it.left.get().saturating_sub(1));
            Ok(Some(k))
        }
        None => {
            it.set.clear();
            Ok(None)
        }
    }
}

fn length_hint(v: Value) -> PyResult<Value> {
    let it = iterator(v);
    let alive = it
        .set
        .get_as::<Set>()
        .is_some_and(|s| s.len() == it.used.get());
    Ok(Value::from_usize(if alive { it.left.get() } else { 0 }))
}

fn reduce_iter(v: Value) -> PyResult<Value> {
    let it = iterator(v);
    let rest = List::new()?;
    if let Some(s) = it.set.get_as::<Set>() {
        if it.used.get() != s.len() {
            return Err(runtime_error("Set changed size during iteration"));
        }
        let mut i = it.position.get();
        while let Some((k, _)) = s.next_entry(&mut i) {
            rest.append(k)?;
        }
    }
    tuple::new(&[builtin_function("iter")?, tuple::new(&[rest.value()])?])
}
