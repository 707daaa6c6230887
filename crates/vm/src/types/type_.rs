//! `type`: attributes of types, calls of types, and making classes (`type.__new__`).

use crate::exceptions::{
    PyResult, Raised, attribute_error, attribute_error_for, exc, type_error, value_error,
};
use crate::name;
use crate::object::args::no_keywords;
use crate::object::attr::{find_attr, get_attr};
use crate::object::build::{self, ClassRequest, fill_slots};
use crate::object::call::{call, call_method_kw};
use crate::object::lookup::{for_each_subclass, modified, type_lookup, type_set};
use crate::object::member::MemberDescr;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Type, TypeFlags, instance, protocol};
use crate::types::descr::Wrapped;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::list::List;
use crate::types::str::intern::intern_str;
use crate::types::str::{self, Str};
use crate::types::tuple::{self, Tuple};
use crate::value::layout::{AttrMode, Kind};
use crate::value::{Gc, RVec, Value};

/// `type`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    methods: &[
        Method::noargs(
            "mro",
            |v| build::compute_mro(this(v)?)?.pipe_list(),
            "Return a type's method resolution order.",
        ),
        Method::noargs(
            "__subclasses__",
            subclasses,
            "Return a list of immediate subclasses.",
        ),
        Method::one(
            "__instancecheck__",
            "($self, instance, /)",
            |c, v| protocol::instance_check(v, c).map(Value::bool),
            "Check if an object is an instance.",
        ),
        Method::one(
            "__subclasscheck__",
            "($self, subclass, /)",
            |c, v| protocol::subclass_check(v, c).map(Value::bool),
            "Check if a class is a subclass.",
        ),
        Method::fastkw(
            "__prepare__",
            "",
            |_, _, _| Dict::new().map(Gc::value),
            "__prepare__() -> dict\nused to initialize namespace of a class",
        )
        .class(),
        Method::noargs(
            "__dir__",
            type_dir,
            "Specialized __dir__ implementation for types.",
        ),
        Method::noargs(
            "__sizeof__",
            |_| Ok(Value::from_usize(Type::WORDS * 8)),
            "Return memory consumption of the type object.",
        ),
    ],
    getset: &[
        GetSet::settable("__name__", |v| Ok(this(v)?.name.value()), set_name),
        GetSet::settable(
            "__qualname__",
            |v| Ok(this(v)?.qualname.value()),
            set_qualname,
        ),
        GetSet::settable("__bases__", |v| Ok(this(v)?.bases.value()), set_bases),
        GetSet::settable("__module__", get_module, set_module),
        GetSet::settable("__doc__", get_doc, set_doc),
        GetSet::settable("__abstractmethods__", get_abstract, set_abstract),
        GetSet::settable("__annotations__", get_annotations, set_annotations),
        GetSet::new("__mro__", |v| Ok(this(v)?.mro.get().unwrap_or(Value::NONE))),
        GetSet::new("__base__", |v| {
            Ok(this(v)?.base.get().unwrap_or(Value::NONE))
        }),
        GetSet::new("__dict__", |v| {
            crate::types::mapping_proxy::new(this(v)?.dict.value())
        }),
        GetSet::new("__text_signature__", |v| {
            Ok(this(v)?.text_signature.get().unwrap_or(Value::NONE))
        }),
        GetSet::new("__flags__", |v| {
            Ok(Value::int((this(v)?.flags() & 0xffff_ffff) as i64))
        }),
        GetSet::new("__basicsize__", |v| Ok(Value::int(basic_size(this(v)?)))),
        GetSet::new("__itemsize__", |v| Ok(Value::int(item_size(this(v)?)))),
        GetSet::new("__dictoffset__", |v| {
            Ok(Value::int(if this(v)?.attr_mode() == AttrMode::None {
                0
            } else {
                i64::from(this(v)?.body_words.get()) * 8 + 16
            }))
        }),
        GetSet::new("__weakrefoffset__", |v| {
            Ok(Value::int(if this(v)?.has(TypeFlags::WEAKREFABLE) {
                16
            } else {
                0
            }))
        }),
    ],
    slots: |s| {
        s.call = Some(type_call);
        s.getattro = Some(type_getattr);
        s.setattro = Some(type_setattr);
        s.repr = Some(repr);
        s.init = Some(type_init);
        s.new = Some(type_new);
        s.or = Some(crate::types::generic_alias::union_or);
    },
    ..TypeSpec::named("type")
};

/// `X.__new__` of builtin types.
pub static NEW_WRAPPER: Method = Method::fastkw(
    "__new__",
    "($type, *args, **kwargs)",
    new_wrapper,
    "Create and return a new object.  See help(type) for accurate signature.",
);

trait PipeList {
    fn pipe_list(self) -> PyResult<Value>;
}

impl PipeList for Gc<Tuple> {
    fn pipe_list(self) -> PyResult<Value> {
        Ok(List::from_slice(self.items())?.value())
    }
}

fn this(v: Value) -> PyResult<Gc<Type>> {
    v.cast::<Type>()
        .ok_or_else(|| type_error("a type is required"))
}

fn basic_size(ty: Gc<Type>) -> i64 {
    match ty.kind() {
        Kind::Int | Kind::Bool => 24,
        Kind::Tuple => 24,
        Kind::Bytes => 33,
        _ => 16 + i64::from(ty.body_words.get()) * 8,
    }
}

fn item_size(ty: Gc<Type>) -> i64 {
    match ty.kind() {
        Kind::Int | Kind::Bool => 4,
        Kind::Tuple => 8,
        Kind::Bytes => 1,
        _ => 0,
    }
}

/// `__new__` of a builtin type called as a function: the checks of CPython's `tp_new_wrapper`.
fn new_wrapper(owner: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let owner = this(owner)?;
    let o = owner.name_string();
    let (positional, _) = crate::object::args::split(args, kw);
    let Some(&first) = positional.first() else {
        return Err(type_error(format!("{o}.__new__(): not enough arguments")));
    };
    let Some(sub) = first.cast::<Type>() else {
        let t = first.type_of().name_string();
        return Err(type_error(format!(
            "{o}.__new__(X): X is not a type object ({t})"
        )));
    };
    let s = sub.name_string();
    if !sub.is_subtype(owner) {
        return Err(type_error(format!(
            "{o}.__new__({s}): {s} is not a subtype of {o}"
        )));
    }
    // The nearest builtin base must be the one whose __new__ is called.
    let mut fixed = Some(sub);
    while let Some(t) = fixed.filter(|t| t.has(TypeFlags::HEAPTYPE) && !t.has(TypeFlags::C_DEFINED))
    {
        fixed = t.base();
    }
    if let Some(f) = fixed
        && f.slots().new.map(|f| f as usize) != owner.slots().new.map(|f| f as usize)
    {
        let f = f.name_string();
        return Err(type_error(format!(
            "{o}.__new__({s}) is not safe, use {f}.__new__()"
        )));
    }
    match owner.slots().new {
        Some(new) => new(sub, &args[1..], kw),
        None => Err(cannot_create(owner)),
    }
}

#[cold]
fn cannot_create(ty: Gc<Type>) -> Raised {
    type_error(format!(
        "cannot create '{}' instances",
        crate::types::object::full_name(ty)
    ))
}

/// `ty(...)`: `__new__`, then `__init__`.
pub fn type_call(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let ty = this(v)?;
    if ty == crate::runtime::types().type_ {
        let (pos, kws) = crate::object::args::split(args, kw);
        if pos.len() == 1 && kws.is_empty() {
            return Ok(pos[0].type_of().value());
        }
        if pos.len() != 3 {
            return Err(type_error("type() takes 1 or 3 arguments"));
        }
    }
    let Some(new) = ty
        .slots()
        .new
        .filter(|_| !ty.has(TypeFlags::DISALLOW_INSTANTIATION))
    else {
        return Err(cannot_create(ty));
    };
    let obj = new(ty, args, kw)?;
    let of = obj.type_of();
    if !of.is_subtype(ty) {
        return Ok(obj);
    }
    if let Some(init) = of.slots().init {
        init(obj, args, kw)?;
    }
    Ok(obj)
}

fn repr(v: Value) -> PyResult<Value> {
    str::new(&format!(
        "<class '{}'>",
        crate::types::object::full_name(this(v)?)
    ))
}

/// Attribute of a type: data descriptors of the metatype, the type's own mro, other attributes of the
/// metatype.
pub fn type_getattr(v: Value, name: Gc<Str>) -> PyResult<Value> {
    match type_find(this(v)?, name)? {
        Some(found) => Ok(found),
        None => {
            let text = format!(
                "type object '{}' has no attribute '{}'",
                this(v)?.name_string(),
                name.to_string_lossy()
            );
            Err(attribute_error_for(v, name, text))
        }
    }
}

/// `type_getattr` without an error for a missing attribute.
pub fn type_find(ty: Gc<Type>, name: Gc<Str>) -> PyResult<Option<Value>> {
    let meta = ty.value().type_of();
    let meta_attr = type_lookup(meta, name);
    let meta_get = meta_attr.and_then(|d| d.type_of().slots().descr_get);
    if let (Some(d), Some(get)) = (meta_attr, meta_get)
        && d.type_of().slots().descr_set.is_some()
    {
        return get(d, Some(ty.value()), meta.value()).map(Some);
    }
    if let Some(found) = type_lookup(ty, name) {
        return match found.type_of().slots().descr_get {
            Some(get) => get(found, None, ty.value()).map(Some),
            None => Ok(Some(found)),
        };
    }
    match (meta_attr, meta_get) {
        (Some(d), Some(get)) => get(d, Some(ty.value()), meta.value()).map(Some),
        (found, _) => Ok(found),
    }
}

fn type_setattr(v: Value, name: Gc<Str>, value: Option<Value>) -> PyResult<()> {
    let ty = this(v)?;
    if ty.has(TypeFlags::IMMUTABLE) {
        let (n, t) = (name.to_string_lossy(), crate::types::object::full_name(ty));
        return Err(type_error(format!(
            "cannot set '{n}' attribute of immutable type '{t}'"
        )));
    }
    if let Some(d) = type_lookup(v.type_of(), name)
        && let Some(set) = d.type_of().slots().descr_set
    {
        return set(d, v, value);
    }
    if type_set(ty, name, value)? {
        return Ok(());
    }
    let (n, t) = (name.to_string_lossy(), ty.name_string());
    let text = format!("type object '{t}' has no attribute '{n}'");
    Err(attribute_error_for(v, name, text))
}

// ---- attributes ----

fn mutable(v: Value, what: &str, new: Option<Value>) -> PyResult<(Gc<Type>, Value)> {
    let ty = this(v)?;
    if ty.has(TypeFlags::IMMUTABLE) || !ty.has(TypeFlags::HEAPTYPE) {
        let t = ty.name_string();
        return Err(type_error(format!(
            "cannot set '{what}' attribute of immutable type '{t}'"
        )));
    }
    match new {
        Some(new) => Ok((ty, new)),
        None => {
            let t = ty.name_string();
            Err(type_error(format!(
                "cannot delete '{what}' attribute of immutable type '{t}'"
            )))
        }
    }
}

fn set_name(v: Value, new: Option<Value>) -> PyResult<()> {
    let (ty, new) = mutable(v, "__name__", new)?;
    let Some(s) = new.cast::<Str>() else {
        let (n, t) = (ty.name_string(), new.type_of().name_string());
        return Err(type_error(format!(
            "can only assign string to {n}.__name__, not '{t}'"
        )));
    };
    check_name(s)?;
    ty.set(&ty.name, new);
    Ok(())
}

fn check_name(s: Gc<Str>) -> PyResult<()> {
    if s.chars().iter().any(|c| c == 0) {
        return Err(value_error("type name must not contain null characters"));
    }
    if s.to_str().is_none() {
        crate::object::call::call_method(s.value(), name!("encode"), &[])?;
    }
    Ok(())
}

fn set_qualname(v: Value, new: Option<Value>) -> PyResult<()> {
    let (ty, new) = mutable(v, "__qualname__", new)?;
    if new.cast::<Str>().is_none() {
        let (n, t) = (ty.name_string(), new.type_of().name_string());
        return Err(type_error(format!(
            "can only assign string to {n}.__qualname__, not '{t}'"
        )));
    }
    ty.set(&ty.qualname, new);
    Ok(())
}

/// `__module__` of a type, if it is a str.
pub fn module_of(ty: Gc<Type>) -> Option<Gc<Str>> {
    ty.namespace()
        .get_interned(name!("__module__"))
        .and_then(|m| m.cast::<Str>())
}

fn get_module(v: Value) -> PyResult<Value> {
    let ty = this(v)?;
    match ty.namespace().get_interned(name!("__module__")) {
        // The namespace of `type` itself holds the descriptor.
        Some(m) if ty.has(TypeFlags::HEAPTYPE) || m.cast::<Str>().is_some() => Ok(m),
        None if ty.has(TypeFlags::HEAPTYPE) => Err(attribute_error("__module__")),
        _ => str::new("builtins"),
    }
}

fn set_module(v: Value, new: Option<Value>) -> PyResult<()> {
    let (ty, new) = mutable(v, "__module__", new)?;
    type_set(ty, name!("__module__"), Some(new)).map(|_| ())
}

fn get_doc(v: Value) -> PyResult<Value> {
    let ty = this(v)?;
    if let Some(d) = ty.doc.get() {
        return Ok(d);
    }
    let Some(d) = ty.namespace().get_interned(name!("__doc__")) else {
        return Ok(Value::NONE);
    };
    match d.type_of().slots().descr_get {
        Some(get) => get(d, None, v),
        None => Ok(d),
    }
}

fn set_doc(v: Value, new: Option<Value>) -> PyResult<()> {
    let (ty, new) = mutable(v, "__doc__", new)?;
    type_set(ty, name!("__doc__"), Some(new)).map(|_| ())
}

fn get_abstract(v: Value) -> PyResult<Value> {
    let ty = this(v)?;
    let found = if v == crate::runtime::types().type_.value() {
        None
    } else {
        ty.namespace().get_interned(name!("__abstractmethods__"))
    };
    found.ok_or_else(|| attribute_error("__abstractmethods__"))
}

fn set_abstract(v: Value, new: Option<Value>) -> PyResult<()> {
    let ty = this(v)?;
    let is_abstract = match new {
        Some(x) => protocol::is_true(x)?,
        None => false,
    };
    if !type_set(ty, name!("__abstractmethods__"), new)? {
        return Err(attribute_error("__abstractmethods__"));
    }
    let flags = if is_abstract {
        ty.flags() | TypeFlags::IS_ABSTRACT
    } else {
        ty.flags() & !TypeFlags::IS_ABSTRACT
    };
    ty.set_flags(flags);
    Ok(())
}

fn get_annotations(v: Value) -> PyResult<Value> {
    let ty = this(v)?;
    if !ty.has(TypeFlags::HEAPTYPE) {
        return Err(attribute_error(format!(
            "type object '{}' has no attribute '__annotations__'",
            ty.name_string()
        )));
    }
    if let Some(a) = ty.namespace().get_interned(name!("__annotations__")) {
        return match a.type_of().slots().descr_get {
            Some(get) => get(a, None, v),
            None => Ok(a),
        };
    }
    let d = Dict::new()?.value();
    type_set(ty, name!("__annotations__"), Some(d))?;
    Ok(d)
}

fn set_annotations(v: Value, new: Option<Value>) -> PyResult<()> {
    let ty = this(v)?;
    if ty.has(TypeFlags::IMMUTABLE) {
        let t = ty.name_string();
        return Err(type_error(format!(
            "cannot set '__annotations__' attribute of immutable type '{t}'"
        )));
    }
    if type_set(ty, name!("__annotations__"), new)? {
        Ok(())
    } else {
        Err(attribute_error("__annotations__"))
    }
}

fn set_bases(v: Value, new: Option<Value>) -> PyResult<()> {
    let (ty, new) = mutable(v, "__bases__", new)?;
    let n = ty.name_string();
    let Some(bases) = new.cast::<Tuple>() else {
        let t = new.type_of().name_string();
        return Err(type_error(format!(
            "can only assign tuple to {n}.__bases__, not {t}"
        )));
    };
    if bases.is_empty() {
        return Err(type_error(format!(
            "can only assign non-empty tuple to {n}.__bases__, not ()"
        )));
    }
    for b in bases.items() {
        let Some(b) = b.cast::<Type>() else {
            let t = b.type_of().name_string();
            return Err(type_error(format!(
                "{n}.__bases__ must be tuple of classes, not '{t}'"
            )));
        };
        if b.is_subtype(ty) {
            return Err(type_error("a __bases__ item causes an inheritance cycle"));
        }
    }
    let base = best_base(bases.items())?;
    if base.solid.get() != ty.base().map_or(std::ptr::null_mut(), |b| b.solid.get()) {
        let (a, b) = (
            base.name_string(),
            ty.base().map_or_else(String::new, |b| b.name_string()),
        );
        return Err(type_error(format!(
            "__bases__ assignment: '{a}' object layout differs from '{b}'"
        )));
    }
    let (old_bases, old_mro, old_base) = (ty.bases.value(), ty.mro.get(), ty.base.value());
    ty.set(&ty.bases, new);
    ty.set(&ty.base, base.value());
    if let Err(raised) = remake_mro(ty) {
        ty.set(&ty.bases, old_bases);
        ty.set(&ty.base, old_base);
        ty.set_opt(&ty.mro, old_mro);
        return Err(raised);
    }
    if ty.bases.value() != new {
        // A metaclass's `mro()` has assigned the bases anew; that assignment has done the rest.
        return Ok(());
    }
    for b in old_bases.cast::<Tuple>().expect("a tuple").items() {
        if let Some(b) = b.cast::<Type>() {
            build::remove_subclass(b, ty);
        }
    }
    for b in bases.items() {
        build::add_subclass(b.cast::<Type>().expect("checked"), ty)?;
    }
    modified(ty);
    refill(ty);
    Ok(())
}

fn refill(ty: Gc<Type>) {
    fill_slots(ty);
    for_each_subclass(ty, refill);
}

fn remake_mro(ty: Gc<Type>) -> PyResult<()> {
    ty.set(&ty.mro, run_mro(ty)?.value());
    let mut result = Ok(());
    for_each_subclass(ty, |s| {
        if result.is_ok() {
            result = remake_mro(s);
        }
    });
    result
}

fn subclasses(v: Value) -> PyResult<Value> {
    let out = List::new()?;
    let mut result = Ok(());
    for_each_subclass(this(v)?, |s| {
        if result.is_ok() {
            result = out.append(s.value());
        }
    });
    result.map(|()| out.value())
}

fn type_dir(v: Value) -> PyResult<Value> {
    let names = Dict::new()?;
    merge_class_dict(names, v)?;
    let list = List::new()?;
    let mut i = 0;
    while let Some((k, _)) = names.next_entry(&mut i) {
        list.append(k)?;
    }
    Ok(list.value())
}

/// Adds the names of a class and its bases.
pub fn merge_class_dict(names: Gc<Dict>, class: Value) -> PyResult<()> {
    if let Some(d) = find_attr(class, name!("__dict__"))? {
        let keys = protocol::collect(d)?;
        for &k in keys.as_slice() {
            names.set_item(k, Value::NONE)?;
        }
    }
    if let Some(bases) = find_attr(class, name!("__bases__"))?
        && let Some(bases) = bases.cast::<Tuple>()
    {
        for &b in bases.items() {
            merge_class_dict(names, b)?;
        }
    }
    Ok(())
}

// ---- class creation ----

fn type_init(_v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let (pos, kws) = crate::object::args::split(args, kw);
    if pos.len() == 1 && !kws.is_empty() {
        return Err(type_error("type.__init__() takes no keyword arguments"));
    }
    if pos.len() != 1 && pos.len() != 3 {
        return Err(type_error("type.__init__() takes 1 or 3 arguments"));
    }
    Ok(())
}

/// The most derived metatype of the bases; TypeError on a conflict.
pub fn calculate_metaclass(meta: Gc<Type>, bases: &[Value]) -> PyResult<Gc<Type>> {
    let mut winner = meta;
    for b in bases {
        let t = b.type_of();
        if winner.is_subtype(t) {
            continue;
        }
        if t.is_subtype(winner) {
            winner = t;
            continue;
        }
        return Err(type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(winner)
}

fn solid(ty: Gc<Type>) -> Gc<Type> {
    // SAFETY: `solid` always holds a live type: the type itself or one of its bases.
    unsafe { Gc::from_raw(ty.solid.get()) }
}

/// The base whose instances' layout the new class extends; TypeError if the bases' layouts conflict.
pub fn best_base(bases: &[Value]) -> PyResult<Gc<Type>> {
    let mut best: Option<(Gc<Type>, Gc<Type>)> = None;
    for b in bases {
        let Some(base) = b.cast::<Type>() else {
            return Err(type_error("bases must be types"));
        };
        if !base.has(TypeFlags::BASETYPE) {
            let n = crate::types::object::full_name(base);
            return Err(type_error(format!(
                "type '{n}' is not an acceptable base type"
            )));
        }
        let candidate = solid(base);
        best = match best {
            None => Some((base, candidate)),
            Some((_, w)) if w.is_subtype(candidate) => best,
            Some((_, w)) if candidate.is_subtype(w) => Some((base, candidate)),
            Some((_, w)) if candidate.has(TypeFlags::BARE) && w.kind() == Kind::Foreign => best,
            Some((_, w)) if w.has(TypeFlags::BARE) && candidate.kind() == Kind::Foreign => {
                Some((base, candidate))
            }
            Some(_) => return Err(type_error("multiple bases have instance lay-out conflict")),
        };
    }
    best.map(|b| b.0)
        .ok_or_else(|| type_error("bases must be types"))
}

/// `type.__new__(meta, name, bases, namespace, **kwargs)`
pub fn type_new(meta: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (pos, _) = crate::object::args::split(args, kw);
    if pos.len() != 3 {
        return Err(type_error(format!(
            "type.__new__() takes exactly 3 arguments ({} given)",
            pos.len()
        )));
    }
    let wrong = |i: usize, what: &str, v: Value| {
        type_error(format!(
            "type.__new__() argument {i} must be {what}, not {}",
            v.type_of().name_string()
        ))
    };
    let name = pos[0]
        .cast::<Str>()
        .ok_or_else(|| wrong(1, "str", pos[0]))?;
    let bases = pos[1]
        .cast::<Tuple>()
        .ok_or_else(|| wrong(2, "tuple", pos[1]))?;
    let namespace = pos[2]
        .cast::<Dict>()
        .ok_or_else(|| wrong(3, "dict", pos[2]))?;
    for b in bases.items() {
        if b.cast::<Type>().is_none() && find_attr(*b, name!("__mro_entries__"))?.is_some() {
            return Err(type_error(
                "type() doesn't support MRO entry resolution; use types.new_class()",
            ));
        }
    }
    let winner = calculate_metaclass(meta, bases.items())?;
    if winner != meta
        && let Some(new) = winner.slots().new
        && new as usize != type_new as *const () as usize
    {
        return new(winner, args, kw);
    }
    make_class(winner, name, bases, namespace, args, kw)
}

fn make_class(
    meta: Gc<Type>,
    name: Gc<Str>,
    bases: Gc<Tuple>,
    namespace: Gc<Dict>,
    args: &[Value],
    kw: Option<Gc<Tuple>>,
) -> PyResult<Value> {
    check_name(name)?;
    let object = crate::runtime::types().object;
    let bases = if bases.is_empty() {
        Tuple::from_slice(&[object.value()])?
    } else {
        bases
    };
    let base = best_base(bases.items())?;
    let dict = namespace.copy()?;
    let mut slots = Slots::parse(dict, base, name)?;
    slots.take_from(bases.items());
    let request = ClassRequest {
        name,
        bases: bases.items(),
        base,
        meta,
        nslots: slots.names.len() as u32,
        // Another base's instances may have attributes that this one's have not.
        dict: slots.dict || with_attributes(bases.items()),
        weak: slots.weak,
        inline: inline_hint(dict),
    };
    let ty = build::new_class(&request)?;
    ty.set(&ty.dict, dict.value());
    ty.set(&ty.bases, bases.value());
    set_standard_names(ty, dict)?;
    add_slot_members(ty, base, &slots.names)?;
    finish_class(ty, bases, dict)?;
    let cell = dict.remove_interned(name!("__classcell__"));
    if let Some(cell) = cell {
        let Some(c) = cell.cast::<crate::types::cell::PyCell>() else {
            let t = cell.type_of().name_string();
            return Err(type_error(format!(
                "type.__new__(): __classcell__ must be a nonlocal cell, not <class '{t}'>"
            )));
        };
        c.set(&c.contents, ty.value());
    }
    ty.renew_version();
    set_names(ty, dict)?;
    init_subclass(ty, args, kw)?;
    Ok(ty.value())
}

fn with_attributes(bases: &[Value]) -> bool {
    let mut types = bases.iter().filter_map(|b| b.cast::<Type>());
    types.any(|b| b.attr_mode() != AttrMode::None)
}

fn finish_class(ty: Gc<Type>, bases: Gc<Tuple>, dict: Gc<Dict>) -> PyResult<()> {
    add_dict_and_weakref(ty, dict)?;
    let mro = run_mro(ty)?;
    ty.set(&ty.mro, mro.value());
    for b in bases.items() {
        if let Some(b) = b.cast::<Type>() {
            build::add_subclass(b, ty)?;
        }
    }
    fill_slots(ty);
    // A class that defines `__eq__` but not `__hash__` is unhashable.
    if dict.get_interned(name!("__eq__")).is_some()
        && dict.get_interned(name!("__hash__")).is_none()
    {
        dict.set_interned(name!("__hash__"), Value::NONE)?;
        fill_slots(ty);
    }
    Ok(())
}

/// `mro()` of the metatype if it overrides it, else C3.
fn run_mro(ty: Gc<Type>) -> PyResult<Gc<Tuple>> {
    let meta = ty.value().type_of();
    let own = type_lookup(meta, name!("mro"));
    let plain = type_lookup(crate::runtime::types().type_, name!("mro"));
    if own == plain {
        return build::compute_mro(ty);
    }
    let r = crate::object::call::call_method(ty.value(), name!("mro"), &[])?;
    let mro = protocol::to_tuple(r)?;
    for &c in mro.items() {
        let Some(t) = c.cast::<Type>() else {
            let n = c.type_of().name_string();
            return Err(type_error(format!("mro() returned a non-class ('{n}')")));
        };
        if !solid(ty).is_subtype(solid(t)) && !ty.is_subtype(solid(t)) {
            return Err(type_error(format!(
                "mro() returned base with unsuitable layout ('{}')",
                t.name_string()
            )));
        }
    }
    Tuple::fresh(mro.items())
}

fn set_standard_names(ty: Gc<Type>, dict: Gc<Dict>) -> PyResult<()> {
    if let Some(q) = dict.remove_interned(name!("__qualname__")) {
        if q.cast::<Str>().is_none() {
            let t = q.type_of().name_string();
            return Err(type_error(format!(
                "type __qualname__ must be a str, not {t}"
            )));
        }
        ty.set(&ty.qualname, q);
    }
    if dict.get_interned(name!("__module__")).is_none()
        && let Some(frame) = crate::thread::current().stack.top()
        && let Some(m) = frame.globals().get_interned(name!("__name__"))
    {
        dict.set_interned(name!("__module__"), m)?;
    }
    if let Some(doc) = dict
        .get_interned(name!("__doc__"))
        .and_then(|d| d.cast::<Str>())
        && doc.to_str().is_none()
    {
        return Err(crate::types::str::codec::surrogate_error(doc));
    }
    if dict.get_interned(name!("__doc__")).is_none() {
        dict.set_interned(name!("__doc__"), Value::NONE)?;
    }
    if let Some(f) = dict.get_interned(name!("__new__"))
        && f.cast::<Function>().is_some()
    {
        dict.set_interned(name!("__new__"), crate::types::descr::new_staticmethod(f)?)?;
    }
    for special in [name!("__init_subclass__"), name!("__class_getitem__")] {
        if let Some(f) = dict.get_interned(special)
            && f.cast::<Function>().is_some()
        {
            let class = crate::runtime::types().classmethod.value();
            dict.set_interned(special, call(class, &[f])?)?;
        }
    }
    Ok(())
}

/// Inline slots for the attributes that `__init__` sets: the number of distinct names stored to `self`.
fn inline_hint(dict: Gc<Dict>) -> u16 {
    let Some(init) = dict
        .get_interned(name!("__init__"))
        .and_then(|f| f.cast::<Function>())
    else {
        return 4;
    };
    init.code().own_attributes.get().clamp(2, 24) as u16
}

/// What `__slots__` says.
struct Slots {
    names: Vec<String>,
    dict: bool,
    weak: bool,
}

impl Slots {
    fn parse(dict: Gc<Dict>, base: Gc<Type>, class: Gc<Str>) -> PyResult<Slots> {
        let may_dict = base.attr_mode() == AttrMode::None;
        let may_weak = !base.has(TypeFlags::WEAKREFABLE);
        let Some(slots) = dict.get_interned(name!("__slots__")) else {
            return Ok(Slots {
                names: Vec::new(),
                dict: true,
                weak: true,
            });
        };
        let list = if slots.cast::<Str>().is_some() {
            RVec::from_slice(&[slots])?
        } else {
            protocol::collect(slots)?
        };
        let mut out = Slots {
            names: Vec::new(),
            dict: false,
            weak: false,
        };
        if !list.is_empty() && base.variable.get() && base.kind() != Kind::Str {
            let n = base.name_string();
            return Err(type_error(format!(
                "nonempty __slots__ not supported for subtype of '{n}'"
            )));
        }
        for &v in list.as_slice() {
            let Some(s) = v.cast::<Str>() else {
                let t = v.type_of().name_string();
                return Err(type_error(format!(
                    "__slots__ items must be strings, not '{t}'"
                )));
            };
            out.add(s, dict, class, may_dict, may_weak)?;
        }
        out.names.sort();
        Ok(out)
    }

    /// Bases beside the one whose layout is extended may have what the class did not ask for.
    fn take_from(&mut self, bases: &[Value]) {
        for b in bases.iter().filter_map(|b| b.cast::<Type>()) {
            self.dict |= b.attr_mode() != AttrMode::None;
            self.weak |= b.has(TypeFlags::WEAKREFABLE);
        }
    }

    fn add(
        &mut self,
        s: Gc<Str>,
        dict: Gc<Dict>,
        class: Gc<Str>,
        may_dict: bool,
        may_weak: bool,
    ) -> PyResult<()> {
        let text = s.to_string_lossy().into_owned();
        if !crate::types::str::methods::is_identifier(s.chars()) {
            return Err(type_error("__slots__ must be identifiers"));
        }
        match text.as_str() {
            "__dict__" if !may_dict || self.dict => {
                return Err(type_error("__dict__ slot disallowed: we already got one"));
            }
            "__dict__" => self.dict = true,
            "__weakref__" if !may_weak || self.weak => {
                return Err(type_error(
                    "__weakref__ slot disallowed: either we already got one, or __itemsize__ != 0",
                ));
            }
            "__weakref__" => self.weak = true,
            _ => {
                let mangled = mangle(&class.to_string_lossy(), &text);
                let shadows = dict.get_str(&mangled).is_some()
                    && !matches!(mangled.as_str(), "__qualname__" | "__classcell__");
                if shadows {
                    return Err(value_error(format!(
                        "'{mangled}' in __slots__ conflicts with class variable"
                    )));
                }
                if !self.names.contains(&mangled) {
                    self.names.push(mangled);
                }
            }
        }
        Ok(())
    }
}

/// Private name mangling.
fn mangle(class: &str, name: &str) -> String {
    let stripped = class.trim_start_matches('_');
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') || stripped.is_empty()
    {
        return name.to_owned();
    }
    format!("_{stripped}{name}")
}

fn add_slot_members(ty: Gc<Type>, base: Gc<Type>, names: &[String]) -> PyResult<()> {
    for (i, n) in names.iter().enumerate() {
        let key = intern_str(n);
        let word = base.body_words.get() + i as u32;
        let d = MemberDescr::new(ty.value(), key.value(), word, 0)?;
        ty.namespace().set_interned(key, d.value())?;
    }
    Ok(())
}

/// The names of all `__slots__` members along the bases, in order of their words.
pub fn slot_names(ty: Gc<Type>) -> Vec<String> {
    let mut out: Vec<(u32, String)> = Vec::new();
    let mut at = Some(ty);
    while let Some(t) = at.filter(|t| t.has(TypeFlags::HEAPTYPE)) {
        let mut i = 0;
        while let Some((k, v)) = t.namespace().next_entry(&mut i) {
            if let (Some(k), Some(m)) = (k.cast::<Str>(), v.cast::<MemberDescr>())
                && m.owner_type() == t
            {
                out.push((m.word.get(), k.to_string_lossy().into_owned()));
            }
        }
        at = t.base();
    }
    out.sort();
    out.into_iter().map(|x| x.1).collect()
}

static DICT_GETSET: GetSet = GetSet::settable("__dict__", get_dict, set_dict)
    .doc("dictionary for instance variables (if defined)");
static WEAKREF_GETSET: GetSet = GetSet::new("__weakref__", crate::types::weakref::first_ref)
    .doc("list of weak references to the object (if defined)");

/// `__dict__` of an instance.
pub fn get_dict(v: Value) -> PyResult<Value> {
    if let Some(class) = v.cast::<Type>() {
        return crate::types::mapping_proxy::new(class.namespace().value());
    }
    if !instance::has_storage(v) {
        return Err(attribute_error(format!(
            "'{}' object has no attribute '__dict__'",
            v.type_of().name_string()
        )));
    }
    instance::to_dict(v).map(Gc::value)
}

/// Assigns `__dict__` of an instance.
pub fn set_dict(v: Value, new: Option<Value>) -> PyResult<()> {
    if v.kind() == Kind::Type {
        // A metaclass may have a base whose instances have a dict of their own; classes do not.
        return Err(attribute_error(
            "attribute '__dict__' of 'type' objects is not writable",
        ));
    }
    match new {
        None => instance::set_dict(v, Dict::new()?),
        Some(d) => match d.cast::<Dict>() {
            Some(d) => instance::set_dict(v, d),
            None => {
                let t = d.type_of().name_string();
                Err(type_error(format!(
                    "__dict__ must be set to a dictionary, not a '{t}'"
                )))
            }
        },
    }
}

fn add_dict_and_weakref(ty: Gc<Type>, dict: Gc<Dict>) -> PyResult<()> {
    use crate::object::member::GetSetDescr;
    let base = ty.base().expect("a class has a base");
    if ty.kind() == Kind::Type {
        return Ok(());
    }
    if base.attr_mode() == AttrMode::None && ty.attr_mode() != AttrMode::None {
        let key = name!("__dict__");
        if dict.get_interned(key).is_none() {
            dict.set_interned(
                key,
                GetSetDescr::new(ty.value(), key.value(), &DICT_GETSET)?.value(),
            )?;
        }
    }
    if !base.has(TypeFlags::WEAKREFABLE) && ty.has(TypeFlags::WEAKREFABLE) {
        let key = name!("__weakref__");
        if dict.get_interned(key).is_none() {
            dict.set_interned(
                key,
                GetSetDescr::new(ty.value(), key.value(), &WEAKREF_GETSET)?.value(),
            )?;
        }
    }
    Ok(())
}

/// Calls `__set_name__` of the namespace's values.
fn set_names(ty: Gc<Type>, dict: Gc<Dict>) -> PyResult<()> {
    let snapshot = dict.copy()?;
    let mut i = 0;
    while let Some((key, v)) = snapshot.next_entry(&mut i) {
        let Some(m) = crate::object::attr::lookup_special(v, name!("__set_name__"))? else {
            continue;
        };
        if let Err(raised) = crate::object::call::call_special(m, &[ty.value(), key]) {
            return Err(wrap_set_name_error(raised, v, key, ty));
        }
    }
    Ok(())
}

/// RuntimeError caused by the exception a `__set_name__` raised.
fn wrap_set_name_error(raised: Raised, v: Value, key: Value, ty: Gc<Type>) -> Raised {
    let cause = crate::exceptions::take(raised);
    let make = || -> PyResult<Value> {
        let (t, k, n) = (
            v.type_of().name_string(),
            protocol::repr_string(key)?,
            ty.name_string(),
        );
        let text = Str::new(&format!(
            "Error calling __set_name__ on '{t}' instance {k} in '{n}'"
        ))?;
        let e = crate::exceptions::Exception::new(exc().runtime_error, &[text.value()])?;
        e.set(&e.cause, cause);
        e.set(&e.context, cause);
        e.set(&e.suppress, Value::TRUE);
        Ok(e.value())
    };
    match make() {
        Ok(e) => crate::exceptions::restore(e),
        Err(raised) => raised,
    }
}

fn init_subclass(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let sup = crate::types::super_::bound(ty, ty.value(), ty)?;
    let (_, values) = crate::object::args::split(args, kw);
    call_method_kw(sup, name!("__init_subclass__"), values, kw)?;
    Ok(())
}

/// Whether `v` is a `classmethod` or `staticmethod` object.
pub fn is_wrapped(v: Value) -> bool {
    v.cast::<Wrapped>().is_some()
}

/// `type(name, (), {})` from Rust: a fresh class for modules that need one.
pub fn simple_class(name: &str, bases: &[Value], dict: Gc<Dict>) -> PyResult<Gc<Type>> {
    no_keywords(name, None)?;
    let args = [str::new(name)?, tuple::new(bases)?, dict.value()];
    let meta = crate::runtime::types().type_;
    call(meta.value(), &args)?
        .cast::<Type>()
        .ok_or_else(|| type_error("type() gave no type"))
}

/// `get_attr(ty, "__qualname__")` as text.
pub fn qualname(ty: Gc<Type>) -> PyResult<String> {
    Ok(protocol::str(get_attr(ty.value(), name!("__qualname__"))?)?
        .to_string_lossy()
        .into_owned())
}
