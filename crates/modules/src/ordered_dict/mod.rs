//! `collections.OrderedDict`: a dict whose order programs can change and which tells when it changes under an iterator.
//! The order is that of the dict's entries; `views.rs` has the views and the iterator.

mod update;
mod views;

use rivet_spec::CompareOp;

use rivet_vm::exceptions::{PyResult, exc, key_error, raise_text, runtime_error, type_error};
use rivet_vm::name;
use rivet_vm::object::args::{Bound, split};
use rivet_vm::object::call::{call, call_method};
use rivet_vm::object::guard::guarded_repr;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Slots, TypeFlags, build, protocol};
use rivet_vm::runtime;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::dict::views::ViewKind;
use rivet_vm::types::int;
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple;
use rivet_vm::types::type_::{get_dict, set_dict};
use rivet_vm::value::{Gc, Root, Value};

use crate::util::ty;

static ORDERED_DICT: Root = Root::new();

/// Makes the types and shows `OrderedDict` in the module.
pub fn add(m: Gc<Module>) -> PyResult<()> {
    let class = build::type_with_dict(&SPEC, runtime::types().dict);
    ORDERED_DICT.set(class.value());
    views::init();
    m.add_type(class)
}

static SPEC: TypeSpec = TypeSpec {
    doc: "Dictionary that remembers insertion order",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: METHODS,
    getset: &[GetSet::settable("__dict__", get_dict, set_dict)],
    slots: set_slots,
    ..TypeSpec::named("collections.OrderedDict")
};

fn set_slots(s: &mut Slots) {
    s.repr = Some(repr);
    s.compare = Some(compare);
    s.iter = Some(|v| views::iter(this(v), ViewKind::Keys, false));
    s.init = Some(|v, args, kw| {
        let (given, _) = split(args, kw);
        if given.len() > 1 {
            let n = given.len();
            return Err(type_error(format!("expected at most 1 arguments, got {n}")));
        }
        update::from_call(v, args, kw)
    });
    s.or = Some(or);
    s.ior = Some(|a, b| update::from_value(a, b).map(|()| a));
    // The dict's own, shown in this type as well.
    s.setitem = runtime::types().dict.slots().setitem;
}

static METHODS: &[Method] = &[
    Method::bound(
        "fromkeys",
        "($type, /, iterable, value=None)",
        fromkeys,
        "Create a new ordered dictionary with keys from iterable and values set to value.",
    )
    .class(),
    Method::noargs(
        "__sizeof__",
        |v| {
            let d = this(v);
            Ok(Value::from_usize(72 + (d.positions() + d.len()) * 32))
        },
        "",
    )
    .unsigned(),
    Method::noargs(
        "__reduce__",
        reduce,
        "Return state information for pickling",
    )
    .unsigned(),
    Method::bound(
        "setdefault",
        "($self, /, key, default=None)",
        setdefault,
        "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value for key if key is in the dictionary, else default.",
    ),
    Method::bound(
        "pop",
        "($self, /, key, default=<unrepresentable>)",
        pop,
        "od.pop(key[,default]) -> v, remove specified key and return the corresponding value.\n\nIf the key is not found, return the default if given; otherwise,\nraise a KeyError.",
    ),
    Method::bound(
        "popitem",
        "($self, /, last=True)",
        popitem,
        "Remove and return a (key, value) pair from the dictionary.\n\nPairs are returned in LIFO order if last is true or FIFO order if false.",
    ),
    Method::noargs("keys", |v| views::view(this(v), ViewKind::Keys), "").unsigned(),
    Method::noargs("values", |v| views::view(this(v), ViewKind::Values), "").unsigned(),
    Method::noargs("items", |v| views::view(this(v), ViewKind::Items), "").unsigned(),
    Method::fastkw(
        "update",
        "",
        |v, args, kw| update::from_call(v, args, kw).map(|()| Value::NONE),
        "",
    ),
    Method::noargs(
        "clear",
        |v| {
            this(v).clear();
            Ok(Value::NONE)
        },
        "od.clear() -> None.  Remove all items from od.",
    )
    .unsigned(),
    Method::noargs("copy", copy, "od.copy() -> a shallow copy of od").unsigned(),
    Method::noargs(
        "__reversed__",
        |v| views::iter(this(v), ViewKind::Keys, true),
        "od.__reversed__() <==> reversed(od)",
    )
    .unsigned(),
    Method::bound(
        "move_to_end",
        "($self, /, key, last=True)",
        move_to_end,
        "Move an existing element to the end (or beginning if last is false).\n\nRaise KeyError if the element does not exist.",
    ),
];

fn this(v: Value) -> Gc<Dict> {
    v.cast::<Dict>().expect("checked by the descriptor")
}

/// Whether it is an `OrderedDict` and of no subclass.
fn is_exact(v: Value) -> bool {
    v.type_of() == ty(&ORDERED_DICT)
}

fn is_ordered(v: Value) -> bool {
    v.type_of().is_subtype(ty(&ORDERED_DICT))
}

fn arg(a: Bound, i: usize) -> Value {
    a[i].unwrap_or(Value::NONE)
}

/// The value of a key that stands at position `i`. A key whose hash is computed by a program may have another one now;
/// then it is not found.
fn value_at(d: Gc<Dict>, i: usize, key: Value) -> PyResult<Value> {
    let steady = key.cast_exact::<Str>().is_some() || int::is_int(key);
    let found = if steady { d.value_at(i) } else { d.get(key)? };
    found.ok_or_else(|| key_error(key))
}

/// Calls `f` with each item, as long as the dict stays as it is.
fn for_each(d: Gc<Dict>, mut f: impl FnMut(Value, Value) -> PyResult<()>) -> PyResult<()> {
    let mut next = d.first_position();
    while let Some(i) = next {
        let Some((key, _)) = d.entry_at(i) else {
            return Ok(());
        };
        let value = value_at(d, i, key)?;
        let version = d.keys_version();
        f(key, value)?;
        if d.keys_version() != version {
            return Err(runtime_error("OrderedDict mutated during iteration"));
        }
        next = d.position_after(i);
    }
    Ok(())
}

fn repr(v: Value) -> PyResult<Value> {
    let name = v.type_of().short_name();
    if this(v).is_empty() {
        return str::new(&format!("{name}()"));
    }
    guarded_repr(v, "...", || {
        let pieces = if is_exact(v) {
            let pieces = List::new()?;
            for_each(this(v), |k, x| pieces.append(tuple::new(&[k, x])?))?;
            pieces
        } else {
            protocol::to_list(call_method(v, name!("items"), &[])?)?
        };
        let mut out = str::builder::StrBuilder::new();
        out.push_text(&format!("{name}("));
        out.push_chars(protocol::repr(pieces.value())?.chars());
        out.push_text(")");
        out.value()
    })
}

/// Equal as dicts, and in the same order if both are ordered.
fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    if b.cast::<Dict>().is_none() || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let compare = runtime::types().dict.slots().compare;
    let as_dicts = compare.expect("dicts compare")(a, b, CompareOp::Eq)? == Value::TRUE;
    let equal = as_dicts && (!is_ordered(b) || same_order(this(a), this(b))?);
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

fn same_order(a: Gc<Dict>, b: Gc<Dict>) -> PyResult<bool> {
    let versions = (a.keys_version(), b.keys_version());
    let (mut x, mut y) = (a.first_position(), b.first_position());
    while let (Some(i), Some(j)) = (x, y) {
        let (Some((k, _)), Some((l, _))) = (a.entry_at(i), b.entry_at(j)) else {
            return Ok(false);
        };
        if !protocol::keys_equal(k, l)? {
            return Ok(false);
        }
        if (a.keys_version(), b.keys_version()) != versions {
            return Err(runtime_error("OrderedDict mutated during iteration"));
        }
        (x, y) = (a.position_after(i), b.position_after(j));
    }
    Ok(x.is_none() && y.is_none())
}

fn or(a: Value, b: Value) -> PyResult<Value> {
    let (class, other) = if is_ordered(a) {
        (a.type_of(), b)
    } else {
        (b.type_of(), a)
    };
    if other.cast::<Dict>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let new = call(class.value(), &[a])?;
    update::from_value(new, b)?;
    Ok(new)
}

fn fromkeys(class: Value, a: Bound) -> PyResult<Value> {
    let made = call(class, &[])?;
    let it = protocol::iter(arg(a, 0))?;
    while let Some(k) = protocol::next(it)? {
        protocol::set_item(made, k, Some(arg(a, 1)))?;
    }
    Ok(made)
}

fn reduce(v: Value) -> PyResult<Value> {
    let state = call_method(v, name!("__getstate__"), &[])?;
    let items = protocol::iter(call_method(v, name!("items"), &[])?)?;
    let none = Value::NONE;
    tuple::new(&[v.type_of().value(), tuple::new(&[])?, state, none, items])
}

fn setdefault(v: Value, a: Bound) -> PyResult<Value> {
    let (key, default) = (arg(a, 0), arg(a, 1));
    if is_exact(v) {
        return this(v).set_default(key, protocol::hash(key)?, default);
    }
    if protocol::contains(v, key)? {
        return protocol::get_item(v, key);
    }
    protocol::set_item(v, key, Some(default))?;
    Ok(default)
}

fn pop(v: Value, a: Bound) -> PyResult<Value> {
    let key = arg(a, 0);
    match (this(v).remove(key)?, a[1]) {
        (Some(x), _) => Ok(x),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(key_error(key)),
    }
}

fn popitem(v: Value, a: Bound) -> PyResult<Value> {
    let last = a[0].map_or(Ok(true), protocol::is_true)?;
    let d = this(v);
    let at = if last {
        d.last_position()
    } else {
        d.first_position()
    };
    match at.and_then(|i| d.pop_at(i)) {
        Some((k, x)) => tuple::new(&[k, x]),
        None => Err(raise_text(exc().key_error, "dictionary is empty")),
    }
}

fn copy(v: Value) -> PyResult<Value> {
    let new = call(v.type_of().value(), &[])?;
    let exact = is_exact(v);
    for_each(this(v), |k, x| {
        if exact {
            return this(new).set_item(k, x);
        }
        protocol::set_item(new, k, Some(protocol::get_item(v, k)?))
    })?;
    Ok(new)
}

fn move_to_end(v: Value, a: Bound) -> PyResult<Value> {
    let key = arg(a, 0);
    let last = a[1].map_or(Ok(true), protocol::is_true)?;
    let d = this(v);
    let at = if d.is_empty() {
        None
    } else {
        d.position(key, protocol::hash(key)?)?
    };
    let Some(i) = at else {
        return Err(key_error(key));
    };
    if last {
        d.move_to_back(i)?;
    } else {
        d.move_to_front(i)?;
    }
    Ok(Value::NONE)
}
