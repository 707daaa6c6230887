//! `dict`: slots and methods.

use rivet_spec::CompareOp;

use super::Dict;
use super::views::{self, ViewKind};
use crate::exceptions::{
    PyResult, clear_if, exc, key_error, raise_text, runtime_error, type_error, value_error,
};
use crate::name;
use crate::object::args::{check_count, split};
use crate::object::attr::{find_attr, lookup_special};
use crate::object::call::{call, call_special};
use crate::object::guard::guarded_repr;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Type, TypeFlags, instance, protocol};
use crate::types::set::Set;
use crate::types::str::Str;
use crate::types::str::builder::StrBuilder;
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, Value};

const DOC: &str = "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's\n    (key, value) pairs\ndict(iterable) -> new dictionary initialized as if via:\n    d = {}\n    for k, v in iterable:\n        d[k] = v\ndict(**kwargs) -> new dictionary initialized with the name=value pairs\n    in the keyword argument list.  For example:  dict(one=1, two=2)";
const UPDATE_DOC: &str = "D.update([E, ]**F) -> None.  Update D from dict/iterable E and F.\nIf E is present and has a .keys() method, then does:  for k in E: D[k] = E[k]\nIf E is present and lacks a .keys() method, then does:  for k, v in E: D[k] = v\nIn either case, this is followed by: for k in F:  D[k] = F[k]";
const POP_DOC: &str = "D.pop(k[,d]) -> v, remove specified key and return the corresponding value.\n\nIf the key is not found, return the default if given; otherwise,\nraise a KeyError.";
const POPITEM_DOC: &str = "Remove and return a (key, value) pair as a 2-tuple.\n\nPairs are returned in LIFO (last-in, first-out) order.\nRaises KeyError if the dict is empty.";
const SETDEFAULT_DOC: &str = "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value for key if key is in the dictionary, else default.";

/// `dict`
pub static SPEC: TypeSpec = TypeSpec {
    doc: DOC,
    flags: TypeFlags::BASETYPE
        | TypeFlags::DICT_SUBCLASS
        | TypeFlags::MAPPING
        | TypeFlags::MATCH_SELF,
    methods: &[
        Method::one(
            "__contains__",
            "($self, key, /)",
            |v, k| Ok(Value::bool(this(v).get(k)?.is_some())),
            "True if the dictionary has the specified key, else False.",
        ),
        Method::one("__getitem__", "", getitem, "x.__getitem__(y) <==> x[y]"),
        Method::noargs(
            "__sizeof__",
            |v| Ok(Value::from_usize(64 + this(v).positions() * 32)),
            "D.__sizeof__() -> size of D in memory, in bytes",
        ),
        Method::fast(
            "get",
            "($self, key, default=None, /)",
            get,
            "Return the value for key if key is in the dictionary, else default.",
        ),
        Method::fast(
            "setdefault",
            "($self, key, default=None, /)",
            setdefault,
            SETDEFAULT_DOC,
        ),
        Method::fast("pop", "", pop, POP_DOC),
        Method::noargs("popitem", popitem, POPITEM_DOC),
        Method::noargs(
            "keys",
            |v| views::view(ViewKind::Keys, this(v)),
            "D.keys() -> a set-like object providing a view on D's keys",
        ),
        Method::noargs(
            "items",
            |v| views::view(ViewKind::Items, this(v)),
            "D.items() -> a set-like object providing a view on D's items",
        ),
        Method::noargs(
            "values",
            |v| views::view(ViewKind::Values, this(v)),
            "D.values() -> an object providing a view on D's values",
        ),
        Method::fastkw(
            "update",
            "",
            |v, args, kw| update_method(this(v), args, kw, "update").map(|()| Value::NONE),
            UPDATE_DOC,
        ),
        Method::fast(
            "fromkeys",
            "($type, iterable, value=None, /)",
            fromkeys,
            "Create a new dictionary with keys from iterable and values set to value.",
        )
        .class(),
        Method::noargs(
            "clear",
            clear,
            "D.clear() -> None.  Remove all items from D.",
        ),
        Method::noargs(
            "copy",
            |v| this(v).copy().map(Gc::value),
            "D.copy() -> a shallow copy of D",
        ),
        Method::noargs(
            "__reversed__",
            |v| views::reverse_iter(ViewKind::Keys, this(v)),
            "Return a reverse iterator over the dict keys.",
        ),
        crate::types::generic_alias::CLASS_GETITEM,
    ],
    slots: |s| {
        s.repr = Some(repr);
        s.compare = Some(compare);
        s.iter = Some(|v| views::iter(ViewKind::Keys, this(v)));
        s.len = Some(|v| Ok(this(v).len()));
        s.getitem = Some(getitem);
        s.setitem = Some(setitem);
        s.contains = Some(|v, k| Ok(this(v).get(k)?.is_some()));
        s.or = Some(|a, b| match (a.cast::<Dict>(), b.cast::<Dict>()) {
            (Some(x), Some(_)) => {
                let new = x.copy()?;
                update(new, b)?;
                Ok(new.value())
            }
            _ => Ok(Value::NOT_IMPLEMENTED),
        });
        s.ior = Some(|a, b| update(this(a), b).map(|()| a));
        s.init = Some(|v, args, kw| update_method(this(v), args, kw, "dict"));
        s.new = Some(new);
    },
    ..TypeSpec::named("dict")
};

fn this(v: Value) -> Gc<Dict> {
    v.cast::<Dict>().expect("checked by the descriptor")
}

fn new(ty: Gc<Type>, _args: &[Value], _kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    if ty == crate::runtime::types().dict {
        return Dict::new().map(Gc::value);
    }
    let v = instance::allocate(ty, 0)?;
    this(v).init();
    Ok(v)
}

impl Gc<Dict> {
    /// The hash of the entry at position `i`.
    pub fn hash_at(self, i: usize) -> i64 {
        self.entries()
            .and_then(|e| e.get(i * super::STRIDE))
            .map_or(0, |h| h.to_word() as i64 >> 1)
    }
}

fn repr(v: Value) -> PyResult<Value> {
    let d = this(v);
    if d.is_empty() {
        return crate::types::str::new("{}");
    }
    guarded_repr(v, "{...}", || {
        let mut out = StrBuilder::new();
        out.push_text("{");
        let (mut i, mut first) = (0, true);
        while let Some((k, x)) = d.next_entry(&mut i) {
            if !first {
                out.push_text(", ");
            }
            first = false;
            out.push_chars(protocol::repr(k)?.chars());
            out.push_text(": ");
            out.push_chars(protocol::repr(x)?.chars());
        }
        out.push_text("}");
        out.value()
    })
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Dict>(), b.cast::<Dict>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    match op {
        CompareOp::Eq => equal(x, y).map(Value::bool),
        CompareOp::Ne => equal(x, y).map(|e| Value::bool(!e)),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn equal(x: Gc<Dict>, y: Gc<Dict>) -> PyResult<bool> {
    if x.len() != y.len() {
        return Ok(false);
    }
    let mut i = 0;
    while let Some((k, v)) = x.next_entry(&mut i) {
        match y.get_hashed(k, x.hash_at(i - 1))? {
            Some(w) if protocol::equal(v, w)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn getitem(v: Value, key: Value) -> PyResult<Value> {
    if let Some(x) = this(v).get(key)? {
        return Ok(x);
    }
    if v.cast_exact::<Dict>().is_none()
        && let Some(m) = lookup_special(v, name!("__missing__"))?
    {
        return call_special(m, &[key]);
    }
    Err(key_error(key))
}

fn setitem(v: Value, key: Value, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(x) => this(v).set_item(key, x),
        None => match this(v).remove(key)? {
            Some(_) => Ok(()),
            None => Err(key_error(key)),
        },
    }
}

fn get(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("get", args, 1, 2)?;
    let default = args.get(1).copied().unwrap_or(Value::NONE);
    Ok(this(v).get(args[0])?.unwrap_or(default))
}

fn setdefault(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("setdefault", args, 1, 2)?;
    let d = this(v);
    let hash = protocol::hash(args[0])?;
    d.set_default(args[0], hash, args.get(1).copied().unwrap_or(Value::NONE))
}

fn pop(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("pop", args, 1, 2)?;
    let d = this(v);
    // An empty dict does not hash the key.
    let found = if d.is_empty() {
        None
    } else {
        d.remove(args[0])?
    };
    match (found, args.get(1)) {
        (Some(x), _) => Ok(x),
        (None, Some(&default)) => Ok(default),
        (None, None) => Err(key_error(args[0])),
    }
}

fn popitem(v: Value) -> PyResult<Value> {
    match this(v).pop_last() {
        Some((k, x)) => tuple::new(&[k, x]),
        None => Err(raise_text(
            exc().key_error,
            "popitem(): dictionary is empty",
        )),
    }
}

fn clear(v: Value) -> PyResult<Value> {
    this(v).clear();
    Ok(Value::NONE)
}

fn fromkeys(class: Value, args: &[Value]) -> PyResult<Value> {
    check_count("fromkeys", args, 1, 2)?;
    let value = args.get(1).copied().unwrap_or(Value::NONE);
    let made = call(class, &[])?;
    if let Some(d) = made.cast_exact::<Dict>() {
        if let Some(other) = args[0].cast_exact::<Dict>().filter(|_| d.is_empty()) {
            let mut i = 0;
            while let Some((k, _)) = other.next_entry(&mut i) {
                d.set_hashed(k, other.hash_at(i - 1), value)?;
            }
            return Ok(made);
        }
        if let Some(set) = args[0].cast::<Set>().filter(|_| d.is_empty()) {
            let mut i = 0;
            while let Some((k, hash)) = set.next_entry(&mut i) {
                d.set_hashed(k, hash, value)?;
            }
            return Ok(made);
        }
        protocol::for_each(args[0], |k| d.set_item(k, value))?;
        return Ok(made);
    }
    let it = protocol::iter(args[0])?;
    while let Some(k) = protocol::next(it)? {
        protocol::set_item(made, k, Some(value))?;
    }
    Ok(made)
}

/// `dict(...)`, `d.update(...)`
fn update_method(d: Gc<Dict>, args: &[Value], kw: Option<Gc<Tuple>>, name: &str) -> PyResult<()> {
    let (positional, values) = split(args, kw);
    check_count(name, positional, 0, 1)?;
    if let [x] = positional {
        update(d, *x)?;
    }
    let Some(names) = kw else { return Ok(()) };
    for (&k, &v) in names.items().iter().zip(values) {
        if k.cast::<Str>().is_none() {
            return Err(type_error("keywords must be strings"));
        }
        d.set_item(k, v)?;
    }
    Ok(())
}

/// `d.update(x)` with a mapping or an iterable of pairs.
pub fn update(d: Gc<Dict>, x: Value) -> PyResult<()> {
    if x.cast_exact::<Dict>().is_some() {
        return merge(d, x, true);
    }
    if find_attr(x, name!("keys"))?.is_some() {
        return merge(d, x, true);
    }
    merge_pairs(d, x, true)
}

/// Whether iterating over the dict means iterating over its keys (a subclass may have another `__iter__`).
pub fn iterates_plainly(x: Value) -> bool {
    let plain = crate::runtime::types()
        .dict
        .slots()
        .iter
        .map(|f| f as usize);
    x.type_of().slots().iter.map(|f| f as usize) == plain
}

/// Takes the items of a mapping over; `replace`: also for keys that are present.
pub fn merge(d: Gc<Dict>, x: Value, replace: bool) -> PyResult<()> {
    if let Some(other) = x.cast::<Dict>().filter(|_| iterates_plainly(x)) {
        if other == d {
            return Ok(());
        }
        let (mut i, n) = (0, other.len());
        while let Some((k, v)) = other.next_entry(&mut i) {
            let hash = other.hash_at(i - 1);
            if replace || d.get_hashed(k, hash)?.is_none() {
                d.set_hashed(k, hash, v)?;
            }
            if other.len() != n {
                return Err(runtime_error("dict mutated during update"));
            }
        }
        return Ok(());
    }
    let keys = crate::object::call::call_method(x, name!("keys"), &[])?;
    let it = protocol::iter(keys)?;
    while let Some(k) = protocol::next(it)? {
        if !replace && d.get(k)?.is_some() {
            continue;
        }
        d.set_item(k, protocol::get_item(x, k)?)?;
    }
    Ok(())
}

/// Takes the pairs of an iterable over.
pub fn merge_pairs(d: Gc<Dict>, x: Value, replace: bool) -> PyResult<()> {
    let it = protocol::iter(x)?;
    let mut i = 0;
    while let Some(item) = protocol::next(it)? {
        let pair = match protocol::collect(item) {
            Ok(p) => p,
            Err(raised) => {
                clear_if(raised, exc().type_error)?;
                let text =
                    format!("cannot convert dictionary update sequence element #{i} to a sequence");
                return Err(type_error(text));
            }
        };
        if pair.len() != 2 {
            let n = pair.len();
            let text =
                format!("dictionary update sequence element #{i} has length {n}; 2 is required");
            return Err(value_error(text));
        }
        if replace || d.get(pair[0])?.is_none() {
            d.set_item(pair[0], pair[1])?;
        }
        i += 1;
    }
    Ok(())
}

/// The dict of keyword arguments `names` with their values.
pub fn from_keywords(kw: Option<Gc<Tuple>>, values: &[Value]) -> PyResult<Gc<Dict>> {
    let d = Dict::new()?;
    if let Some(names) = kw {
        for (&k, &v) in names.items().iter().zip(values) {
            d.set_item(k, v)?;
        }
    }
    Ok(d)
}
