//! `_functools`: `partial`, `reduce`, `cmp_to_key`, the cache behind `lru_cache`.

use std::cell::Cell;

use rivet_vm::exceptions::{PyResult, clear_if, exc, type_error};
use rivet_vm::name;
use rivet_vm::object::args::{check_count, split};
use rivet_vm::object::call::{call, call_kw, is_callable};
use rivet_vm::object::guard::guarded_repr;
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{GetSet, Member, Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, build, instance, protocol};
use rivet_vm::runtime;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::int;
use rivet_vm::types::method::BoundMethod;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, RVec, Root, Value};

use crate::util::{alloc, bind, is_a, make, nat, ty};

static PARTIAL: Root = Root::new();
static KEY: Root = Root::new();
static CACHE: Root = Root::new();
static MARK: Root = Root::new();

static METHODS: &[Method] = &[
    Method::fast(
        "reduce",
        "",
        reduce,
        "reduce(function, iterable[, initial], /) -> value\n\nApply a function of two arguments cumulatively to the items of an iterable, from left to right.\n\nThis effectively reduces the iterable to a single value.  If initial is present,\nit is placed before the items of the iterable in the calculation, and serves as\na default when the iterable is empty.\n\nFor example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5])\ncalculates ((((1 + 2) + 3) + 4) + 5).",
    ),
    Method::bound(
        "cmp_to_key",
        "($module, mycmp)",
        |_, a| new_key(a[0], None),
        "Convert a cmp= function into a key= function.\n\n  mycmp\n    Function that compares two objects.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add("__doc__", str::new("Tools that operate on functions.")?)?;
    m.add_functions(METHODS)?;
    let object = runtime::types().object;
    let t = build::native_type_with_dict(&PARTIAL_SPEC, object, 3);
    PARTIAL.set(t.value());
    m.add_type(t)?;
    let t = build::native_type_with_dict(&CACHE_SPEC, object, 7);
    CACHE.set(t.value());
    m.add_type(t)?;
    make(&KEY, &KEY_SPEC, 2);
    MARK.set(call(object.value(), &[])?);
    Ok(())
}

fn reduce(_m: Value, args: &[Value]) -> PyResult<Value> {
    check_count("reduce", args, 2, 3)?;
    let it = match protocol::iter(args[1]) {
        Ok(it) => it,
        Err(e) => {
            clear_if(e, exc().type_error)?;
            return Err(type_error("reduce() arg 2 must support iteration"));
        }
    };
    let mut acc = args.get(2).copied();
    while let Some(x) = protocol::next(it)? {
        acc = Some(match acc {
            None => x,
            Some(a) => call(args[0], &[a, x])?,
        });
    }
    acc.ok_or_else(|| type_error("reduce() of empty iterable with no initial value"))
}

// ---- partial: function, arguments (tuple), keywords (dict) ----

static PARTIAL_SPEC: TypeSpec = TypeSpec {
    doc: "partial(func, *args, **keywords) - new function with partial application\n    of the given arguments and keywords.\n",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE | TypeFlags::HAVE_VECTORCALL,
    methods: &[
        Method::noargs(
            "__reduce__",
            |v| {
                let (f, args, kw) = partial_parts(v);
                let d = if instance::has_storage(v) {
                    instance::to_dict(v)?.value()
                } else {
                    Value::NONE
                };
                let state = tuple::new(&[f, args.value(), kw.value(), d])?;
                tuple::new(&[v.type_of().value(), tuple::new(&[f])?, state])
            },
            "",
        ),
        Method::one("__setstate__", "", partial_set_state, ""),
        rivet_vm::types::generic_alias::CLASS_GETITEM,
    ],
    getset: &[DICT],
    members: &[
        Member {
            name: "func",
            word: 1,
            readonly: true,
            none: true,
        },
        Member {
            name: "args",
            word: 2,
            readonly: true,
            none: true,
        },
        Member {
            name: "keywords",
            word: 3,
            readonly: true,
            none: true,
        },
    ],
    slots: |s| {
        s.new = Some(partial_new);
        s.call = Some(partial_call);
        s.repr = Some(|v| guarded_repr(v, "...", || partial_repr(v)));
    },
    ..TypeSpec::named("functools.partial")
};

const DICT: GetSet = GetSet::settable(
    "__dict__",
    |v| instance::to_dict(v).map(Gc::value),
    |v, x| {
        let Some(d) = x.and_then(|d| d.cast::<Dict>()) else {
            return Err(type_error("__dict__ must be set to a dictionary"));
        };
        let own = instance::to_dict(v)?;
        own.clear();
        own.update_from(d)
    },
);

fn partial_parts(v: Value) -> (Value, Gc<Tuple>, Gc<Dict>) {
    let n = nat(v);
    let args = n
        .get(1)
        .and_then(|t| t.cast::<Tuple>())
        .expect("set by new");
    (
        n.get(0).expect("set by new"),
        args,
        n.get(2).and_then(|d| d.cast::<Dict>()).expect("set by new"),
    )
}

fn partial_new(t: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (pos, vals) = split(args, kw);
    let Some(&f) = pos.first() else {
        return Err(type_error("type 'partial' takes at least one argument"));
    };
    if !is_callable(f) {
        return Err(type_error("the first argument must be callable"));
    }
    let keywords = Dict::new()?;
    let mut all = RVec::new();
    let mut func = f;
    // Partials of partials are flattened, unless the inner one has attributes.
    if f.type_of() == ty(&PARTIAL) && t == ty(&PARTIAL) && instance::to_dict(f)?.is_empty() {
        let (inner, a, k) = partial_parts(f);
        func = inner;
        all.extend(a.items())?;
        keywords.update_from(k)?;
    }
    all.extend(&pos[1..])?;
    if let Some(names) = kw {
        for (i, &v) in vals.iter().enumerate() {
            keywords.set_item(names.item(i), v)?;
        }
    }
    let n = alloc(t)?;
    n.put(0, func);
    n.put(1, tuple::new(&all)?);
    n.put(2, keywords.value());
    Ok(n.value())
}

fn partial_call(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (f, first, keywords) = partial_parts(v);
    let (pos, vals) = split(args, kw);
    if keywords.is_empty() {
        if first.is_empty() {
            return call_kw(f, args, kw);
        }
        let mut all = RVec::with_capacity(first.len() + args.len())?;
        all.extend(first.items())?;
        all.extend(args)?;
        return call_kw(f, &all, kw);
    }
    let merged = keywords.copy()?;
    if let Some(names) = kw {
        for (i, &x) in vals.iter().enumerate() {
            merged.set_item(names.item(i), x)?;
        }
    }
    let mut all = RVec::with_capacity(first.len() + args.len())?;
    all.extend(first.items())?;
    all.extend(pos)?;
    rivet_vm::object::call::call_tuple_dict(f, &all, Some(merged))
}

fn partial_repr(v: Value) -> PyResult<Value> {
    let (f, args, kw) = partial_parts(v);
    let t = v.type_of();
    let mut out = if t == ty(&PARTIAL) {
        "functools.partial(".to_owned()
    } else {
        format!("{}(", t.name_string())
    };
    out += &protocol::repr_string(f)?;
    for &a in args.items() {
        out += ", ";
        out += &protocol::repr_string(a)?;
    }
    let mut i = 0;
    while let Some((k, x)) = kw.next_entry(&mut i) {
        out += &format!(
            ", {}={}",
            protocol::str(k)?.to_string_lossy(),
            protocol::repr_string(x)?
        );
    }
    str::new(&(out + ")"))
}

fn partial_set_state(v: Value, state: Value) -> PyResult<Value> {
    let bad = || type_error("invalid partial state");
    let t = state
        .cast::<Tuple>()
        .filter(|t| t.len() == 4)
        .ok_or_else(bad)?;
    let (f, args, kw, d) = (t.item(0), t.item(1), t.item(2), t.item(3));
    if !is_callable(f)
        || args.cast::<Tuple>().is_none()
        || (!kw.is_none() && kw.cast::<Dict>().is_none())
    {
        return Err(bad());
    }
    let n = nat(v);
    n.put(0, f);
    n.put(1, protocol::to_tuple(args)?.value());
    let kw = match kw.cast::<Dict>() {
        Some(k) if kw.cast_exact::<Dict>().is_some() => k,
        Some(k) => k.copy()?,
        None => Dict::new()?,
    };
    n.put(2, kw.value());
    let own = instance::to_dict(v)?;
    own.clear();
    if let Some(d) = d.cast::<Dict>() {
        own.update_from(d)?;
    }
    Ok(Value::NONE)
}

// ---- cmp_to_key: comparison function, object ----

static KEY_SPEC: TypeSpec = TypeSpec {
    members: &[Member {
        name: "obj",
        word: 2,
        readonly: false,
        none: true,
    }],
    slots: |s| {
        s.call = Some(|v, args, kw| {
            let a = bind("(obj)", "K", args, kw)?;
            new_key(nat(v).get(0), a[0])
        });
        s.hash = Some(protocol::hash_not_implemented);
        s.compare = Some(|a, b, op| {
            if !is_a(b, &KEY) || !is_a(a, &KEY) {
                return Err(type_error("other argument must be K instance"));
            }
            let (Some(x), Some(y)) = (nat(a).get(1), nat(b).get(1)) else {
                return Err(rivet_vm::exceptions::attribute_error("object"));
            };
            let r = call(nat(a).get(0).unwrap_or(Value::NONE), &[x, y])?;
            protocol::compare(r, Value::int(0), op)
        });
    },
    ..TypeSpec::named("functools.KeyWrapper")
};

fn new_key(cmp: Option<Value>, obj: Option<Value>) -> PyResult<Value> {
    let n = Native::new(ty(&KEY))?;
    n.put_opt(0, cmp);
    n.put_opt(1, obj);
    Ok(n.value())
}

// ---- lru_cache ----

/// Slots: function, cache (a dict kept in order of use), the class of `cache_info()`.
const FUNC: usize = 0;
const TABLE: usize = 1;
const INFO: usize = 2;

struct Lru {
    /// None: without limit.
    max: Option<usize>,
    typed: bool,
    hits: Cell<i64>,
    misses: Cell<i64>,
}

static CACHE_SPEC: TypeSpec = TypeSpec {
    doc: "Create a cached callable that wraps another function.\n\nuser_function:      the function being cached\n\nmaxsize:  0         for no caching\n          None      for unlimited cache size\n          n         for a bounded cache\n\ntyped:    False     cache f(3) and f(3.0) as identical calls\n          True      cache f(3) and f(3.0) as distinct calls\n\ncache_info_type:    namedtuple class with the fields:\n                        hits misses currsize maxsize\n",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE | TypeFlags::METHOD_DESCRIPTOR,
    methods: &[
        Method::noargs(
            "cache_info",
            |v| {
                let (n, s) = lru(v);
                let max = s.max.map_or(Value::NONE, Value::from_usize);
                let size = Value::from_usize(table(n).len());
                let info = n.get(INFO).unwrap_or(Value::NONE);
                call(
                    info,
                    &[
                        Value::int(s.hits.get()),
                        Value::int(s.misses.get()),
                        max,
                        size,
                    ],
                )
            },
            "Report cache statistics",
        ),
        Method::noargs(
            "cache_clear",
            |v| {
                let (n, s) = lru(v);
                s.hits.set(0);
                s.misses.set(0);
                n.put(TABLE, Dict::new()?.value());
                Ok(Value::NONE)
            },
            "Clear the cache and cache statistics",
        ),
        Method::noargs(
            "__reduce__",
            |v| rivet_vm::object::attr::get_attr(v, name!("__qualname__")),
            "",
        ),
        Method::noargs("__copy__", Ok, ""),
        Method::one("__deepcopy__", "", |v, _| Ok(v), ""),
    ],
    getset: &[DICT],
    slots: |s| {
        s.new = Some(cache_new);
        s.call = Some(cache_call);
        s.descr_get = Some(|v, obj, _| match obj {
            Some(o) if !o.is_none() => BoundMethod::new(v, o).map(Gc::value),
            _ => Ok(v),
        });
    },
    ..TypeSpec::named("functools._lru_cache_wrapper")
};

fn lru<'a>(v: Value) -> (Gc<Native>, &'a Lru) {
    let n = nat(v);
    (n, n.state::<Lru>().expect("set by new"))
}

fn table(n: Gc<Native>) -> Gc<Dict> {
    n.get(TABLE)
        .and_then(|d| d.cast::<Dict>())
        .expect("set by new")
}

fn cache_new(t: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let a = bind(
        "(user_function, maxsize, typed, cache_info_type)",
        "lru_cache",
        args,
        kw,
    )?;
    let f = a[0].unwrap_or(Value::NONE);
    if !is_callable(f) {
        return Err(type_error("the first argument must be callable"));
    }
    let max = match a[1].and_then(Value::not_none) {
        None => None,
        Some(m) if int::is_int(m) || m.type_of().slots().index.is_some() => {
            Some(protocol::as_isize(m)?.max(0) as usize)
        }
        Some(_) => return Err(type_error("maxsize should be integer or None")),
    };
    let typed = protocol::is_true(a[2].unwrap_or(Value::FALSE))?;
    let n = alloc(t)?;
    n.put(FUNC, f);
    n.put(TABLE, Dict::new()?.value());
    n.put_opt(INFO, a[3]);
    n.set_state(Lru {
        max,
        typed,
        hits: Cell::new(0),
        misses: Cell::new(0),
    });
    Ok(n.value())
}

/// The key of a call's arguments.
fn make_key(args: &[Value], kw: Option<Gc<Tuple>>, typed: bool) -> PyResult<Value> {
    let kw = kw.filter(|k| !k.is_empty());
    if kw.is_none()
        && !typed
        && args.len() == 1
        && (args[0].cast_exact::<Str>().is_some() || args[0].is_small_int())
    {
        return Ok(args[0]);
    }
    let (pos, vals) = split(args, kw);
    let mut key = RVec::with_capacity(args.len() * 2 + 1)?;
    key.extend(pos)?;
    if let Some(names) = kw {
        key.push(MARK.get().unwrap_or(Value::NONE))?;
        for (i, &v) in vals.iter().enumerate() {
            key.push(names.item(i))?;
            key.push(v)?;
        }
    }
    if typed {
        for v in args {
            key.push(v.type_of().value())?;
        }
    }
    tuple::new(&key)
}

fn cache_call(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (n, s) = lru(v);
    let f = n.get(FUNC).unwrap_or(Value::NONE);
    if s.max == Some(0) {
        s.misses.set(s.misses.get() + 1);
        return call_kw(f, args, kw);
    }
    let key = make_key(args, kw, s.typed)?;
    let hash = protocol::hash(key)?;
    let d = table(n);
    if let Some(x) = d.get_hashed(key, hash)? {
        s.hits.set(s.hits.get() + 1);
        if s.max.is_some() {
            // The most recently used entry is the last one.
            if d.remove(key)?.is_some() {
                d.set_hashed(key, hash, x)?;
            }
        }
        return Ok(x);
    }
    s.misses.set(s.misses.get() + 1);
    let x = call_kw(f, args, kw)?;
    let d = table(n);
    match s.max {
        None => d.set_hashed(key, hash, x)?,
        Some(max) => {
            if d.get_hashed(key, hash)?.is_some() {
                return Ok(x);
            }
            while d.len() >= max {
                remove_first(d)?;
            }
            d.set_hashed(key, hash, x)?;
        }
    }
    Ok(x)
}

/// Removes the oldest entry.
fn remove_first(d: Gc<Dict>) -> PyResult<()> {
    let mut i = 0;
    let Some((key, _)) = d.next_entry(&mut i) else {
        return Ok(());
    };
    match d.remove(key)? {
        Some(_) => Ok(()),
        // A key that is no longer equal to itself: the cache cannot be kept.
        None => {
            d.clear();
            Ok(())
        }
    }
}
