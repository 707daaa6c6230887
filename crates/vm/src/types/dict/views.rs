//! Views of dicts (`keys()`, `values()`, `items()`) with their set operations, and the iterators over them.

use std::cell::Cell;

use rivet_heap::{Header, Trace};
use rivet_spec::CompareOp;

use super::Dict;
use crate::exceptions::{PyResult, runtime_error};
use crate::name;
use crate::object::call::call_method;
use crate::object::guard::guarded_repr;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Type, TypeFlags, build, instance, protocol};
use crate::types::iterators::builtin_function;
use crate::types::list::List;
use crate::types::set::{self, Set};
use crate::types::tuple::{self, Tuple};
use crate::types::{mapping_proxy, str};
use crate::value::layout::{self, AttrMode, Kind, LayoutId};
use crate::value::{Gc, Payload, Root, Slot, Value};

/// What a view or iterator shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    /// Keys.
    Keys,
    /// Values.
    Values,
    /// Pairs of key and value.
    Items,
}

const KINDS: [ViewKind; 3] = [ViewKind::Keys, ViewKind::Values, ViewKind::Items];

/// A view.
#[repr(C)]
pub struct DictView {
    header: Header,
    /// The dict.
    pub dict: Slot,
}

impl Payload for DictView {
    const LAYOUT: LayoutId = layout::DICT_VIEW;
    const KIND: Kind = Kind::DictView;
}

/// An iterator.
#[repr(C)]
pub struct DictIter {
    header: Header,
    /// The dict; nothing once exhausted.
    dict: Slot,
    /// Spare.
    _result: Slot,
    /// Next position; for reverse iterators one more than that.
    position: Cell<usize>,
    /// Number of items when iteration began; `usize::MAX` after it has changed.
    used: Cell<usize>,
    /// Items left.
    left: Cell<usize>,
}

impl Payload for DictIter {
    const LAYOUT: LayoutId = layout::DICT_ITER;
    const KIND: Kind = Kind::DictIter;
}

const ITER_WORDS: u32 = (size_of::<DictIter>() / 8 - 1) as u32;

static VIEW_TYPES: [Root; 3] = [const { Root::new() }; 3];
static ITER_TYPES: [Root; 3] = [const { Root::new() }; 3];
static REVERSE_TYPES: [Root; 3] = [const { Root::new() }; 3];

/// Makes the types.
pub fn init() {
    let object = crate::runtime::types_in_progress().object;
    let make =
        |root: &'static Root, spec: &'static TypeSpec, kind: Kind, fixed: LayoutId, words: u32| {
            let trace: Trace = layout::info(fixed).trace;
            let id = if layout::info(fixed).has_type() {
                layout::new_type_layout(kind, trace, AttrMode::None, 0, 0)
            } else {
                fixed
            };
            root.set(build::builtin_type(spec, object, id, trace, words).value());
        };
    let views = [&KEYS, &VALUES, &ITEMS];
    let iters = [&KEY_ITER, &VALUE_ITER, &ITEM_ITER];
    let reverse = [&REVERSE_KEY_ITER, &REVERSE_VALUE_ITER, &REVERSE_ITEM_ITER];
    for i in 0..3 {
        make(
            &VIEW_TYPES[i],
            views[i],
            Kind::DictView,
            layout::DICT_VIEW,
            1,
        );
        make(
            &ITER_TYPES[i],
            iters[i],
            Kind::DictIter,
            layout::DICT_ITER,
            ITER_WORDS,
        );
        make(
            &REVERSE_TYPES[i],
            reverse[i],
            Kind::DictIter,
            layout::DICT_ITER,
            ITER_WORDS,
        );
    }
}

fn ty(roots: &'static [Root; 3], kind: ViewKind) -> Gc<Type> {
    roots[kind as usize]
        .get()
        .and_then(|t| t.cast::<Type>())
        .expect("made at start-up")
}

/// The type of a kind of view.
pub fn view_type(kind: ViewKind) -> Gc<Type> {
    ty(&VIEW_TYPES, kind)
}

/// A type of views that is derived from one of the three.
pub fn derived_type(spec: &'static TypeSpec, kind: ViewKind) -> Gc<Type> {
    let trace = layout::info(layout::DICT_VIEW).trace;
    let id = layout::new_type_layout(Kind::DictView, trace, AttrMode::None, 0, 0);
    build::builtin_type(spec, view_type(kind), id, trace, 1)
}

/// The dict of a view.
pub fn dict_of(view: Value) -> Gc<Dict> {
    this(view)
}

/// A view of the dict.
pub fn view(kind: ViewKind, dict: Gc<Dict>) -> PyResult<Value> {
    view_of(ty(&VIEW_TYPES, kind), dict)
}

/// A view of the dict, of one of the three types or a derived one.
pub fn view_of(class: Gc<Type>, dict: Gc<Dict>) -> PyResult<Value> {
    let v = instance::allocate(class, 0)?;
    let view = v.cast::<DictView>().expect("a view");
    view.set(&view.dict, dict.value());
    Ok(v)
}

fn make_iter(
    roots: &'static [Root; 3],
    kind: ViewKind,
    dict: Gc<Dict>,
    position: usize,
) -> PyResult<Value> {
    let v = instance::allocate(ty(roots, kind), 0)?;
    let it = v.cast::<DictIter>().expect("a dict iterator");
    it.set(&it.dict, dict.value());
    it.position.set(position);
    it.used.set(dict.len());
    it.left.set(dict.len());
    Ok(v)
}

/// An iterator over the dict.
pub fn iter(kind: ViewKind, dict: Gc<Dict>) -> PyResult<Value> {
    make_iter(&ITER_TYPES, kind, dict, 0)
}

/// A reverse iterator over the dict.
pub fn reverse_iter(kind: ViewKind, dict: Gc<Dict>) -> PyResult<Value> {
    make_iter(&REVERSE_TYPES, kind, dict, dict.positions())
}

// ---- iterators ----

fn iterator(v: Value) -> Gc<DictIter> {
    v.cast::<DictIter>().expect("checked by the descriptor")
}

/// The next entry, forwards or backwards.
#[inline]
fn advance(it: Gc<DictIter>, reverse: bool) -> PyResult<Option<(Value, Value)>> {
    let Some(d) = it.dict.get_as::<Dict>() else {
        return Ok(None);
    };
    if it.used.get() != d.len() {
        it.used.set(usize::MAX);
        return Err(runtime_error("dictionary changed size during iteration"));
    }
    let mut i = it.position.get();
    let found = if reverse {
        let mut found = None;
        while i > 0 && found.is_none() {
            i -= 1;
            found = if i < d.positions() {
                d.entry_at(i)
            } else {
                None
            };
        }
        found
    } else {
        d.next_entry(&mut i)
    };
    it.position.set(i);
    match (found, it.left.get()) {
        (None, _) => {
            it.dict.clear();
            Ok(None)
        }
        (Some(_), 0) => {
            it.dict.clear();
            Err(runtime_error("dictionary keys changed during iteration"))
        }
        (found, left) => {
            it.left.set(left - 1);
            Ok(found)
        }
    }
}

fn show(kind: ViewKind, (k, v): (Value, Value)) -> PyResult<Value> {
    match kind {
        ViewKind::Keys => Ok(k),
        ViewKind::Values => Ok(v),
        ViewKind::Items => tuple::new(&[k, v]),
    }
}

fn next_at(v: Value, kind: ViewKind, reverse: bool) -> PyResult<Option<Value>> {
    match advance(iterator(v), reverse)? {
        Some(e) => show(kind, e).map(Some),
        None => Ok(None),
    }
}

fn next<const KIND: usize, const REVERSE: bool>(v: Value) -> PyResult<Option<Value>> {
    next_at(v, KINDS[KIND], REVERSE)
}

fn length_hint(v: Value) -> PyResult<Value> {
    let it = iterator(v);
    let alive = it
        .dict
        .get_as::<Dict>()
        .is_some_and(|d| d.len() == it.used.get());
    Ok(Value::from_usize(if alive { it.left.get() } else { 0 }))
}

/// `(iter, ([what is left],))`
fn reduce<const KIND: usize, const REVERSE: bool>(v: Value) -> PyResult<Value> {
    let it = iterator(v);
    let rest = List::new()?;
    let saved = (it.dict.get(), it.position.get(), it.left.get());
    let mut result = Ok(());
    loop {
        match next_at(v, KINDS[KIND], REVERSE) {
            Ok(Some(x)) => rest.append(x)?,
            Ok(None) => break,
            Err(raised) => {
                result = Err(raised);
                break;
            }
        }
    }
    it.set_opt(&it.dict, saved.0);
    it.position.set(saved.1);
    it.left.set(saved.2);
    result?;
    tuple::new(&[builtin_function("iter")?, tuple::new(&[rest.value()])?])
}

macro_rules! iterators {
    ($($spec:ident $kind:literal $reverse:literal $name:literal;)*) => {$(
        static $spec: TypeSpec = TypeSpec {
            methods: &[
                Method::noargs("__length_hint__", length_hint, "Private method returning an estimate of len(list(it))."),
                Method::noargs("__reduce__", reduce::<$kind, $reverse>, "Return state information for pickling."),
            ],
            slots: |s| {
                s.iter = Some(Ok);
                s.next = Some(next::<$kind, $reverse>);
            },
            ..TypeSpec::named($name)
        };
    )*};
}

iterators! {
    KEY_ITER 0 false "dict_keyiterator";
    VALUE_ITER 1 false "dict_valueiterator";
    ITEM_ITER 2 false "dict_itemiterator";
    REVERSE_KEY_ITER 0 true "dict_reversekeyiterator";
    REVERSE_VALUE_ITER 1 true "dict_reversevalueiterator";
    REVERSE_ITEM_ITER 2 true "dict_reverseitemiterator";
}

// ---- views ----

fn this(v: Value) -> Gc<Dict> {
    v.cast::<DictView>()
        .and_then(|d| d.dict.get_as::<Dict>())
        .expect("checked by the descriptor")
}

/// The dict of a view of keys or items, and which of both it is.
fn as_set_view(v: Value) -> Option<(ViewKind, Gc<Dict>)> {
    let view = v.cast::<DictView>()?;
    let of = v.type_of();
    let kind = [ViewKind::Keys, ViewKind::Items]
        .into_iter()
        .find(|&k| of.is_subtype(ty(&VIEW_TYPES, k)))?;
    Some((kind, view.dict.get_as::<Dict>()?))
}

fn mapping(v: Value) -> PyResult<Value> {
    mapping_proxy::new(this(v).value())
}

fn repr(v: Value) -> PyResult<Value> {
    guarded_repr(v, "...", || {
        let list = protocol::to_list(v)?;
        let (t, items) = (v.type_of().name_string(), protocol::repr(list.value())?);
        let mut out = str::builder::StrBuilder::new();
        out.push_text(&t);
        out.push_text("(");
        out.push_chars(items.chars());
        out.push_text(")");
        out.value()
    })
}

fn contains_item(v: Value, item: Value) -> PyResult<bool> {
    let Some(pair) = item.cast::<Tuple>().filter(|t| t.len() == 2) else {
        return Ok(false);
    };
    match this(v).get(pair.item(0))? {
        Some(x) => protocol::equal(x, pair.item(1)),
        None => Ok(false),
    }
}

static KEYS: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    methods: &[
        Method::one(
            "isdisjoint",
            "",
            isdisjoint,
            "Return True if the view and the given iterable have a null intersection.",
        ),
        Method::noargs(
            "__reversed__",
            |v| reverse_iter(ViewKind::Keys, this(v)),
            "Return a reverse iterator over the dict keys.",
        ),
    ],
    getset: &[GetSet::new("mapping", mapping).doc("dictionary that this view refers to")],
    slots: |s| {
        s.repr = Some(repr);
        s.len = Some(|v| Ok(this(v).len()));
        s.iter = Some(|v| iter(ViewKind::Keys, this(v)));
        s.contains = Some(|v, k| Ok(this(v).get(k)?.is_some()));
        set_slots(s);
    },
    ..TypeSpec::named("dict_keys")
};

static ITEMS: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    methods: &[
        Method::one(
            "isdisjoint",
            "",
            isdisjoint,
            "Return True if the view and the given iterable have a null intersection.",
        ),
        Method::noargs(
            "__reversed__",
            |v| reverse_iter(ViewKind::Items, this(v)),
            "Return a reverse iterator over the dict items.",
        ),
    ],
    getset: &[GetSet::new("mapping", mapping).doc("dictionary that this view refers to")],
    slots: |s| {
        s.repr = Some(repr);
        s.len = Some(|v| Ok(this(v).len()));
        s.iter = Some(|v| iter(ViewKind::Items, this(v)));
        s.contains = Some(contains_item);
        set_slots(s);
    },
    ..TypeSpec::named("dict_items")
};

static VALUES: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    methods: &[Method::noargs(
        "__reversed__",
        |v| reverse_iter(ViewKind::Values, this(v)),
        "Return a reverse iterator over the dict values.",
    )],
    getset: &[GetSet::new("mapping", mapping).doc("dictionary that this view refers to")],
    slots: |s| {
        s.repr = Some(repr);
        s.len = Some(|v| Ok(this(v).len()));
        s.iter = Some(|v| iter(ViewKind::Values, this(v)));
    },
    ..TypeSpec::named("dict_values")
};

fn set_slots(s: &mut crate::object::Slots) {
    s.compare = Some(compare);
    s.and = Some(and);
    s.or = Some(or);
    s.sub = Some(sub);
    s.xor = Some(xor);
}

fn is_set_like(v: Value) -> bool {
    v.cast::<Set>().is_some() || as_set_view(v).is_some()
}

/// Whether all items of `a` are in `b`.
fn all_in(a: Value, b: Value) -> PyResult<bool> {
    let it = protocol::iter(a)?;
    while let Some(x) = protocol::next(it)? {
        if !protocol::contains(b, x)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    if !is_set_like(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (n, m) = (this(a).len(), protocol::length(b)?);
    let r = match op {
        CompareOp::Eq => n == m && all_in(a, b)?,
        CompareOp::Ne => !(n == m && all_in(a, b)?),
        CompareOp::Lt => n < m && all_in(a, b)?,
        CompareOp::Le => n <= m && all_in(a, b)?,
        CompareOp::Gt => n > m && all_in(b, a)?,
        CompareOp::Ge => n >= m && all_in(b, a)?,
    };
    Ok(Value::bool(r))
}

/// A fresh set of the items of a view or iterable.
fn to_set(v: Value) -> PyResult<Gc<Set>> {
    let s = Set::new()?;
    let source = match as_set_view(v) {
        Some((ViewKind::Keys, d)) => d.value(),
        _ => v,
    };
    set::update(s, source)?;
    Ok(s)
}

fn and(a: Value, b: Value) -> PyResult<Value> {
    // The view may be the right operand.
    let (mut a, mut b) = if as_set_view(a).is_some() {
        (a, b)
    } else {
        (b, a)
    };
    let len = this(a).len();
    if b.cast_exact::<Set>().is_some() && b.kind() == Kind::Set && len <= protocol::length(b)? {
        return call_method(b, name!("intersection"), &[a]);
    }
    if let Some((_, other)) = as_set_view(b)
        && other.len() > len
    {
        (a, b) = (b, a);
    }
    let out = Set::new()?;
    let it = protocol::iter(b)?;
    while let Some(x) = protocol::next(it)? {
        if protocol::contains(a, x)? {
            out.add(x)?;
        }
    }
    Ok(out.value())
}

fn or(a: Value, b: Value) -> PyResult<Value> {
    let s = to_set(a)?;
    set::update(s, b)?;
    Ok(s.value())
}

fn sub(a: Value, b: Value) -> PyResult<Value> {
    let s = to_set(a)?;
    set::difference_update(s, b)?;
    Ok(s.value())
}

fn xor(a: Value, b: Value) -> PyResult<Value> {
    let s = to_set(a)?;
    set::symmetric_difference_update(s, b)?;
    Ok(s.value())
}

fn isdisjoint(v: Value, other: Value) -> PyResult<Value> {
    if v == other {
        return Ok(Value::bool(this(v).is_empty()));
    }
    let (mut a, mut b) = (v, other);
    if is_set_like(other) && protocol::length(other)? > this(v).len() {
        (a, b) = (other, v);
    }
    let it = protocol::iter(b)?;
    while let Some(x) = protocol::next(it)? {
        if protocol::contains(a, x)? {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}
