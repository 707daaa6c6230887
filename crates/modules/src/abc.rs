//! `_abc`: the caches of abstract base classes.

use std::cell::Cell;

use rivet_vm::exceptions::{PyResult, runtime_error, type_error};
use rivet_vm::name;
use rivet_vm::object::attr::{find_attr, get_attr, set_attr};
use rivet_vm::object::call::call_method;
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, build, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::set::{Set, frozenset_of};
use rivet_vm::types::str::Str;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::types::weakref::WeakRef;
use rivet_vm::value::{Gc, RVec, Root, Value};

static DATA_TYPE: Root = Root::new();
static DATA: TypeSpec = TypeSpec {
    doc: "Internal state held by ABC machinery.",
    ..TypeSpec::named("_abc._abc_data")
};

/// Slots of `_abc_data`: registry, cache, negative cache; dicts of weak references by themselves.
const REGISTRY: usize = 0;
const CACHE: usize = 1;
const NEGATIVE: usize = 2;

/// Version of the negative cache.
struct State {
    version: Cell<u64>,
}

thread_local! {
    static COUNTER: Cell<u64> = const { Cell::new(0) };
}

static METHODS: &[Method] = &[
    Method::noargs(
        "get_cache_token",
        |_| Ok(Value::int(COUNTER.with(Cell::get) as i64)),
        "Returns the current ABC cache token.",
    ),
    Method::one(
        "_abc_init",
        "($module, self, /)",
        abc_init,
        "Internal ABC helper for class set-up. Should be never used outside abc module.",
    ),
    Method::fast(
        "_abc_register",
        "($module, self, subclass, /)",
        register,
        "Internal ABC helper for subclasss registration. Should be never used outside abc module.",
    ),
    Method::fast(
        "_abc_instancecheck",
        "($module, self, instance, /)",
        instance_check,
        "Internal ABC helper for instance checks. Should be never used outside abc module.",
    ),
    Method::fast(
        "_abc_subclasscheck",
        "($module, self, subclass, /)",
        subclass_check,
        "Internal ABC helper for subclasss checks. Should be never used outside abc module.",
    ),
    Method::one(
        "_get_dump",
        "($module, self, /)",
        dump,
        "Internal ABC helper for cache and registry debugging.",
    ),
    Method::one(
        "_reset_registry",
        "($module, self, /)",
        |_, c| reset(c, &[REGISTRY]),
        "Internal ABC helper to reset registry of a given class.",
    ),
    Method::one(
        "_reset_caches",
        "($module, self, /)",
        |_, c| reset(c, &[CACHE, NEGATIVE]),
        "Internal ABC helper to reset both caches of a given class.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    DATA_TYPE.set(build::native_type(&DATA, 3).value());
    m.add_functions(METHODS)
}

fn data(class: Value) -> PyResult<Gc<Native>> {
    let d = get_attr(class, name!("_abc_impl"))?;
    match d.cast::<Native>() {
        Some(n) if DATA_TYPE.get() == Some(d.type_of().value()) => Ok(n),
        _ => Err(type_error("_abc_impl is set to a wrong type")),
    }
}

fn table(d: Gc<Native>, which: usize) -> PyResult<Gc<Dict>> {
    if let Some(t) = d.get(which).and_then(|v| v.cast::<Dict>()) {
        return Ok(t);
    }
    let t = Dict::new()?;
    d.put(which, t.value());
    Ok(t)
}

/// Classes are keys by identity; the value is a weak reference, dead ones are skipped.
fn holds(d: Gc<Native>, which: usize, class: Value) -> PyResult<bool> {
    let Some(t) = d.get(which).and_then(|v| v.cast::<Dict>()) else {
        return Ok(false);
    };
    let found = t.get(Value::int((protocol::identity(class) >> 3) as i64))?;
    Ok(found
        .and_then(|w| w.cast::<WeakRef>())
        .and_then(|w| w.target())
        == Some(class))
}

fn add(d: Gc<Native>, which: usize, class: Value) -> PyResult<()> {
    let w = WeakRef::new_plain(class)?;
    table(d, which)?.set_item(
        Value::int((protocol::identity(class) >> 3) as i64),
        w.value(),
    )
}

fn abc_init(_m: Value, class: Value) -> PyResult<Value> {
    compute_abstract_methods(class)?;
    let ty = DATA_TYPE
        .get()
        .and_then(|t| t.cast::<Type>())
        .expect("made by init");
    let d = Native::with_state(
        ty,
        State {
            version: Cell::new(COUNTER.with(Cell::get)),
        },
    )?;
    set_attr(class, name!("_abc_impl"), Some(d.value()))?;
    if let Some(t) = class.cast::<Type>()
        && let Some(f) = t.namespace().get_interned(name!("__abc_tpflags__"))
    {
        let bits = rivet_vm::types::int::to_i64(f).unwrap_or(0) as u64;
        let mask = TypeFlags::SEQUENCE | TypeFlags::MAPPING;
        t.set_flags(t.flags() & !mask | bits & mask);
        rivet_vm::object::lookup::type_set(t, name!("__abc_tpflags__"), None)?;
    }
    Ok(Value::NONE)
}

fn compute_abstract_methods(class: Value) -> PyResult<()> {
    let names = Set::new()?;
    let ns = get_attr(class, name!("__dict__"))?;
    let items = protocol::collect(call_method(ns, name!("items"), &[])?)?;
    for &item in items.as_slice() {
        let pair = item
            .cast::<Tuple>()
            .ok_or_else(|| type_error("items() returned item which size is not 2"))?;
        if rivet_vm::types::descr::is_abstract(pair.item(1))? {
            names.add(pair.item(0))?;
        }
    }
    let bases = get_attr(class, name!("__bases__"))?;
    let Some(bases) = bases.cast::<Tuple>() else {
        return Err(type_error("__bases__ is not tuple"));
    };
    for &b in bases.items() {
        let Some(inherited) = find_attr(b, name!("__abstractmethods__"))? else {
            continue;
        };
        for &n in protocol::collect(inherited)?.as_slice() {
            let Some(s) = n.cast::<Str>() else { continue };
            if let Some(v) = find_attr(class, s.intern())?
                && rivet_vm::types::descr::is_abstract(v)?
            {
                names.add(n)?;
            }
        }
    }
    let all = protocol::collect(names.value())?;
    set_attr(
        class,
        name!("__abstractmethods__"),
        Some(frozenset_of(&all)?),
    )
}

fn register(_m: Value, args: &[Value]) -> PyResult<Value> {
    let (class, sub) = (args[0], args[1]);
    let Some(t) = sub.cast::<Type>() else {
        return Err(type_error("Can only register classes"));
    };
    if protocol::is_subclass(sub, class)? {
        return Ok(sub);
    }
    if protocol::is_subclass(class, sub)? {
        return Err(runtime_error("Refusing to create an inheritance cycle"));
    }
    add(data(class)?, REGISTRY, sub)?;
    COUNTER.with(|c| c.set(c.get() + 1));
    if let Some(c) = class.cast::<Type>() {
        let bits = c.flags() & (TypeFlags::SEQUENCE | TypeFlags::MAPPING);
        if bits != 0 {
            set_collection_flags(t, bits);
        }
    }
    Ok(sub)
}

fn set_collection_flags(t: Gc<Type>, bits: u64) {
    let mask = TypeFlags::SEQUENCE | TypeFlags::MAPPING;
    if t.has(TypeFlags::IMMUTABLE) {
        return;
    }
    t.set_flags(t.flags() & !mask | bits);
    rivet_vm::object::lookup::for_each_subclass(t, |s| set_collection_flags(s, bits));
}

fn instance_check(_m: Value, args: &[Value]) -> PyResult<Value> {
    let (class, instance) = (args[0], args[1]);
    let d = data(class)?;
    let sub = get_attr(instance, name!("__class__"))?;
    if holds(d, CACHE, sub)? {
        return Ok(Value::TRUE);
    }
    let subtype = instance.type_of().value();
    let check = |c: Value| call_method(class, name!("__subclasscheck__"), &[c]);
    if subtype == sub {
        if fresh(d) && holds(d, NEGATIVE, sub)? {
            return Ok(Value::FALSE);
        }
        return check(sub);
    }
    let r = check(sub)?;
    if protocol::is_true(r)? {
        return Ok(r);
    }
    check(subtype)
}

/// Whether the negative cache is of the present registry.
fn fresh(d: Gc<Native>) -> bool {
    d.state::<State>()
        .is_some_and(|s| s.version.get() == COUNTER.with(Cell::get))
}

fn subclass_check(_m: Value, args: &[Value]) -> PyResult<Value> {
    let (class, sub) = (args[0], args[1]);
    if sub.cast::<Type>().is_none() {
        return Err(type_error("issubclass() arg 1 must be a class"));
    }
    let d = data(class)?;
    if holds(d, CACHE, sub)? {
        return Ok(Value::TRUE);
    }
    if !fresh(d) {
        d.put_opt(NEGATIVE, None);
        if let Some(s) = d.state::<State>() {
            s.version.set(COUNTER.with(Cell::get));
        }
    } else if holds(d, NEGATIVE, sub)? {
        return Ok(Value::FALSE);
    }
    let yes = decide(class, sub, d)?;
    add(d, if yes { CACHE } else { NEGATIVE }, sub)?;
    Ok(Value::bool(yes))
}

fn decide(class: Value, sub: Value, d: Gc<Native>) -> PyResult<bool> {
    let hook = call_method(class, name!("__subclasshook__"), &[sub])?;
    match hook {
        Value::TRUE => return Ok(true),
        Value::FALSE => return Ok(false),
        Value::NOT_IMPLEMENTED => {}
        _ => {
            return Err(rivet_vm::exceptions::assertion_error(
                "__subclasshook__ must return either False, True, or NotImplemented",
            ));
        }
    }
    if sub
        .cast::<Type>()
        .is_some_and(|t| t.mro().items().contains(&class))
    {
        return Ok(true);
    }
    let registered = RVec::from_slice(&live(d, REGISTRY)?)?;
    for &r in registered.as_slice() {
        if protocol::is_subclass(sub, r)? {
            return Ok(true);
        }
    }
    let subclasses = protocol::collect(call_method(class, name!("__subclasses__"), &[])?)?;
    for &s in subclasses.as_slice() {
        if protocol::is_subclass(sub, s)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn live(d: Gc<Native>, which: usize) -> PyResult<RVec> {
    let mut out = RVec::new();
    if let Some(t) = d.get(which).and_then(|v| v.cast::<Dict>()) {
        let mut i = 0;
        while let Some((_, w)) = t.next_entry(&mut i) {
            if let Some(v) = w.cast::<WeakRef>().and_then(|w| w.target()) {
                out.push(v)?;
            }
        }
    }
    Ok(out)
}

fn dump(_m: Value, class: Value) -> PyResult<Value> {
    let d = data(class)?;
    let set = |which| -> PyResult<Value> {
        let s = Set::new()?;
        for &v in live(d, which)?.as_slice() {
            s.add(WeakRef::new(rivet_vm::runtime::types().weakref, v, None)?.value())?;
        }
        Ok(s.value())
    };
    let version = d.state::<State>().map_or(0, |s| s.version.get());
    tuple::new(&[
        set(REGISTRY)?,
        set(CACHE)?,
        set(NEGATIVE)?,
        Value::int(version as i64),
    ])
}

fn reset(class: Value, which: &[usize]) -> PyResult<Value> {
    let d = data(class)?;
    which.iter().for_each(|&w| d.put_opt(w, None));
    Ok(Value::NONE)
}
