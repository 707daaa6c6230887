//! `object`: what every type inherits.

use rivet_spec::CompareOp;

use crate::exceptions::{PyResult, type_error, value_error, with_fields};
use crate::name;
use crate::object::attr::{find_attr, generic_getattr, generic_setattr, get_attr, lookup_special};
use crate::object::build::{complete_builtin, link_bases};
use crate::object::call::{call, call_method, call_special};
use crate::object::lookup::type_lookup;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Slots, Type, TypeFlags, instance, protocol};
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::str::{self, Str};
use crate::types::tuple::{self, Tuple};
use crate::value::layout::{AttrMode, Kind};
use crate::value::{Gc, Value};

/// `object`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance that has no instance attributes and cannot be given any.\n",
    signature: "()",
    methods: &[
        Method::one(
            "__format__",
            "($self, format_spec, /)",
            format,
            "Default object formatter.",
        ),
        Method::noargs("__reduce__", reduce, "Helper for pickle."),
        Method::one(
            "__reduce_ex__",
            "($self, protocol, /)",
            reduce_ex,
            "Helper for pickle.",
        ),
        Method::noargs("__getstate__", getstate, "Helper for pickle."),
        Method::noargs("__dir__", dir, "Default dir() implementation."),
        Method::noargs("__sizeof__", sizeof, "Size of object in memory, in bytes."),
        Method::fastkw("__init_subclass__", "", init_subclass, INIT_SUBCLASS_DOC).class(),
        Method::fast(
            "__subclasshook__",
            "",
            |_, _| Ok(Value::NOT_IMPLEMENTED),
            SUBCLASSHOOK_DOC,
        )
        .class(),
    ],
    getset: &[
        GetSet::settable("__class__", |v| Ok(v.type_of().value()), set_class)
            .doc("the object's class"),
    ],
    slots: |s| {
        s.repr = Some(repr);
        s.str = Some(|v| protocol::repr(v).map(Gc::value));
        s.hash = Some(protocol::hash_identity);
        s.compare = Some(compare);
        s.getattro = Some(generic_getattr);
        s.setattro = Some(generic_setattr);
        s.init = Some(init);
        s.new = Some(new);
    },
    ..TypeSpec::named("object")
};

const INIT_SUBCLASS_DOC: &str = "This method is called when a class is subclassed.\n\nThe default implementation does nothing. It may be\noverridden to extend subclasses.\n";
const SUBCLASSHOOK_DOC: &str = "Abstract classes can override this to customize issubclass().\n\nThis is invoked early on by abc.ABCMeta.__subclasscheck__().\nIt should return True, False or NotImplemented.  If it returns\nNotImplemented, the normal algorithm is used.  Otherwise, it\noverrides the normal algorithm (and the outcome is cached).\n";

/// Completes `object` during bootstrap: it has no base to inherit from.
pub fn finish(object: Gc<Type>) {
    link_bases(object, &[]).expect("memory for the builtin types");
    let mut slots = Slots::default();
    (SPEC.slots)(&mut slots);
    complete_builtin(object, &SPEC, slots).expect("memory for the builtin types");
}

/// `module.qualname` of a type, without "builtins.".
pub fn full_name(ty: Gc<Type>) -> String {
    let q = ty
        .qualname
        .get_as::<Str>()
        .map_or_else(|| ty.name_string(), |s| s.to_string_lossy().into_owned());
    match crate::types::type_::module_of(ty) {
        Some(m) if !m.eq_str("builtins") => format!("{}.{q}", m.to_string_lossy()),
        None => ty.c_name().unwrap_or(q),
        _ => q,
    }
}

/// `object.__repr__`
pub fn repr(v: Value) -> PyResult<Value> {
    let name = full_name(v.type_of());
    str::new(&format!("<{name} object at {:#x}>", protocol::identity(v)))
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    match op {
        CompareOp::Eq if a.is(b) => Ok(Value::TRUE),
        CompareOp::Ne => match a.type_of().slots().compare {
            Some(f) => {
                let r = f(a, b, CompareOp::Eq)?;
                if r == Value::NOT_IMPLEMENTED {
                    Ok(r)
                } else {
                    protocol::is_true(r).map(|t| Value::bool(!t))
                }
            }
            None => Ok(Value::NOT_IMPLEMENTED),
        },
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// Whether the class has its own `__new__` / `__init__`: excess arguments are then its business.
fn overrides_new(ty: Gc<Type>) -> bool {
    ty.slots().new.map(|f| f as usize) != Some(new as *const () as usize)
}

fn overrides_init(ty: Gc<Type>) -> bool {
    ty.slots().init.map(|f| f as usize) != Some(init as *const () as usize)
}

fn init(v: Value, args: &[Value], _kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let ty = v.type_of();
    if !args.is_empty() {
        if overrides_init(ty) {
            return Err(type_error(
                "object.__init__() takes exactly one argument (the instance to initialize)",
            ));
        }
        if !overrides_new(ty) {
            let n = ty.name_string();
            return Err(type_error(format!(
                "{n}.__init__() takes exactly one argument (the instance to initialize)"
            )));
        }
    }
    Ok(())
}

fn new(ty: Gc<Type>, args: &[Value], _kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    if !args.is_empty() {
        if overrides_new(ty) {
            return Err(type_error(
                "object.__new__() takes exactly one argument (the type to instantiate)",
            ));
        }
        if !overrides_init(ty) {
            return Err(type_error(format!(
                "{}() takes no arguments",
                ty.name_string()
            )));
        }
    }
    if ty.has(TypeFlags::IS_ABSTRACT) {
        return Err(abstract_error(ty)?);
    }
    instance::allocate(ty, 0)
}

fn abstract_error(ty: Gc<Type>) -> PyResult<crate::exceptions::Raised> {
    let names = get_attr(ty.value(), name!("__abstractmethods__"))?;
    let list = protocol::to_list(names)?;
    crate::types::list::methods::sort_plain(list)?;
    let texts: Vec<String> = list
        .items()
        .iter()
        .map(|v| {
            v.cast::<Str>()
                .map_or_else(String::new, |s| s.to_string_lossy().into_owned())
        })
        .collect();
    let s = if texts.len() == 1 { "" } else { "s" };
    let (n, joined) = (ty.name_string(), texts.join(", "));
    Ok(type_error(format!(
        "Can't instantiate abstract class {n} with abstract method{s} {joined}"
    )))
}

fn format(v: Value, spec: Value) -> PyResult<Value> {
    let Some(s) = spec.cast::<Str>() else {
        let t = spec.type_of().name_string();
        return Err(type_error(format!(
            "__format__() argument must be str, not {t}"
        )));
    };
    if !s.is_empty() {
        let t = v.type_of().name_string();
        return Err(type_error(format!(
            "unsupported format string passed to {t}.__format__"
        )));
    }
    protocol::str(v).map(Gc::value)
}

fn sizeof(v: Value) -> PyResult<Value> {
    // SAFETY: the header of a live object.
    let words = v.as_header().map_or(0, |h| unsafe { (*h).words() });
    Ok(Value::from_usize(16 + words * 8))
}

fn init_subclass(_class: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    if args.is_empty() {
        return Ok(Value::NONE);
    }
    let name = _class
        .cast::<Type>()
        .map_or_else(String::new, |t| t.name_string());
    if kw.is_some() {
        return Err(type_error(format!(
            "{name}.__init_subclass__() takes no keyword arguments"
        )));
    }
    Err(type_error(format!(
        "{name}.__init_subclass__() takes no arguments ({} given)",
        args.len()
    )))
}

fn set_class(v: Value, new: Option<Value>) -> PyResult<()> {
    let Some(new) = new else {
        return Err(type_error("can't delete __class__ attribute"));
    };
    let Some(to) = new.cast::<Type>() else {
        let t = new.type_of().name_string();
        return Err(type_error(format!(
            "__class__ must be set to a class, not '{t}' object"
        )));
    };
    let from = v.type_of();
    let is_module = v.kind() == Kind::Module && to.kind() == Kind::Module;
    if !is_module && (!from.has(TypeFlags::HEAPTYPE) || !to.has(TypeFlags::HEAPTYPE)) {
        return Err(type_error(
            "__class__ assignment only supported for mutable types or ModuleType subclasses",
        ));
    }
    if !same_layout(from, to) || v.kind() == Kind::Type {
        if v.kind() == Kind::Type && to.kind() == Kind::Type {
            return instance::change_type(v, to);
        }
        let (a, b) = (to.name_string(), from.name_string());
        return Err(type_error(format!(
            "__class__ assignment: '{a}' object layout differs from '{b}'"
        )));
    }
    instance::change_type(v, to)
}

fn same_layout(a: Gc<Type>, b: Gc<Type>) -> bool {
    use crate::value::layout::info;
    let (x, y) = (info(a.instance_layout()), info(b.instance_layout()));
    a.kind() == b.kind()
        && a.body_words.get() == b.body_words.get()
        && (x.attr_mode == AttrMode::None) == (y.attr_mode == AttrMode::None)
        && x.attr_word == y.attr_word
        && a.has(TypeFlags::WEAKREFABLE) == b.has(TypeFlags::WEAKREFABLE)
        && slots_agree(a, b)
}

/// `__slots__` at the same words must have the same names.
fn slots_agree(a: Gc<Type>, b: Gc<Type>) -> bool {
    a.solid.get() == b.solid.get()
        || crate::types::type_::slot_names(a) == crate::types::type_::slot_names(b)
}

fn dir(v: Value) -> PyResult<Value> {
    let names = Dict::new()?;
    if let Some(d) = find_attr(v, name!("__dict__"))?
        && let Some(d) = d.cast::<Dict>()
    {
        names.update_from(d)?;
    }
    if let Some(class) = find_attr(v, name!("__class__"))? {
        crate::types::type_::merge_class_dict(names, class)?;
    }
    let list = List::new()?;
    let mut i = 0;
    while let Some((k, _)) = names.next_entry(&mut i) {
        list.append(k)?;
    }
    Ok(list.value())
}

// ---- pickling ----

/// `object.__getstate__`: the instance dict, with the `__slots__` if there are any.
fn getstate(v: Value) -> PyResult<Value> {
    let dict = if instance::has_storage(v) {
        let d = instance::to_dict(v)?;
        if d.is_empty() { Value::NONE } else { d.value() }
    } else {
        Value::NONE
    };
    let slots = Dict::new()?;
    let names = slotnames(v.type_of())?;
    let mut i = 0;
    // Reading an attribute may run anything, also what changes the list.
    while let Some(name) = names.and_then(|l| l.get(i)) {
        i += 1;
        if let Some(key) = name.cast::<Str>()
            && let Some(x) = find_attr(v, key.intern())?
        {
            slots.set_item(name, x)?;
        }
    }
    if slots.is_empty() {
        Ok(dict)
    } else {
        tuple::new(&[dict, slots.value()])
    }
}

/// The names of a class's slots, which `copyreg` finds out and keeps in the class.
fn slotnames(ty: Gc<Type>) -> PyResult<Option<Gc<List>>> {
    if let Some(known) = ty.namespace().get_interned(name!("__slotnames__")) {
        return Ok(known.cast::<List>());
    }
    let copyreg = crate::import::import_module("copyreg")?;
    let names = call(get_attr(copyreg, name!("_slotnames"))?, &[ty.value()])?;
    match names.cast::<List>() {
        None if !names.is_none() => Err(type_error(
            "copyreg._slotnames didn't return a list or None",
        )),
        list => Ok(list),
    }
}

fn reduce(v: Value) -> PyResult<Value> {
    let copyreg = crate::import::import_module("copyreg")?;
    call(get_attr(copyreg, name!("_reduce_ex"))?, &[v, Value::int(0)])
}

fn reduce_ex(v: Value, protocol_number: Value) -> PyResult<Value> {
    let own = type_lookup(v.type_of(), name!("__reduce__"));
    let base = type_lookup(crate::runtime::types().object, name!("__reduce__"));
    if own != base {
        return call_method(v, name!("__reduce__"), &[]);
    }
    match crate::types::int::to_i64(protocol_number) {
        Some(n) if n >= 2 => reduce_2(v),
        Some(_) => {
            let copyreg = crate::import::import_module("copyreg")?;
            call(
                get_attr(copyreg, name!("_reduce_ex"))?,
                &[v, protocol_number],
            )
        }
        None => Err(type_error("__reduce_ex__() argument must be an integer")),
    }
}

/// Whether an instance has fields that its attributes do not show, and no `__getstate__` of its own that does.
fn has_hidden_state(v: Value) -> bool {
    let own = type_lookup(v.type_of(), name!("__getstate__"));
    let base = type_lookup(crate::runtime::types().object, name!("__getstate__"));
    let plain = matches!(
        v.kind(),
        Kind::Object | Kind::List | Kind::Dict | Kind::Set | Kind::Exception
    );
    own == base && !plain
}

fn reduce_2(v: Value) -> PyResult<Value> {
    let ty = v.type_of();
    let copyreg = crate::import::import_module("copyreg")?;
    let (args, kwargs) = new_arguments(v)?;
    if args.is_none() && has_hidden_state(v) {
        let n = ty.name_string();
        return Err(type_error(format!("cannot pickle '{n}' object")));
    }
    let state = call_method(v, name!("__getstate__"), &[])?;
    let items = |wanted: bool, method: fn(Value) -> PyResult<Value>| {
        if wanted { method(v) } else { Ok(Value::NONE) }
    };
    let list_items = items(v.cast::<List>().is_some(), protocol::iter)?;
    let dict_items = items(v.cast::<Dict>().is_some(), |v| {
        protocol::iter(call_method(v, name!("items"), &[])?)
    })?;
    let (f, args) = match kwargs {
        Some(kw) => {
            let a = args.unwrap_or_else(crate::runtime::empty_tuple);
            (
                get_attr(copyreg, name!("__newobj_ex__"))?,
                tuple::new(&[ty.value(), a.value(), kw])?,
            )
        }
        None => {
            let mut all = crate::value::RVec::new();
            all.push(ty.value())?;
            if let Some(a) = args {
                all.extend(a.items())?;
            }
            (get_attr(copyreg, name!("__newobj__"))?, tuple::new(&all)?)
        }
    };
    tuple::new(&[f, args, state, list_items, dict_items])
}

/// What `__getnewargs_ex__` / `__getnewargs__` give.
fn new_arguments(v: Value) -> PyResult<(Option<Gc<Tuple>>, Option<Value>)> {
    if let Some(f) = lookup_special(v, name!("__getnewargs_ex__"))? {
        return both_arguments(call_special(f, &[])?);
    }
    if let Some(f) = lookup_special(v, name!("__getnewargs__"))? {
        let r = call_special(f, &[])?;
        let Some(t) = r.cast::<Tuple>() else {
            let t = r.type_of().name_string();
            return Err(type_error(format!(
                "__getnewargs__ should return a tuple, not '{t}'"
            )));
        };
        return Ok((Some(t), None));
    }
    Ok((None, None))
}

/// What `__getnewargs_ex__` has given: a tuple of arguments and a dict of keywords.
fn both_arguments(r: Value) -> PyResult<(Option<Gc<Tuple>>, Option<Value>)> {
    let wrong = |what: &str, v: Value| {
        let t = v.type_of().name_string();
        Err(type_error(format!("{what}, not '{t}'")))
    };
    let Some(pair) = r.cast::<Tuple>() else {
        return wrong("__getnewargs_ex__ should return a tuple", r);
    };
    if pair.len() != 2 {
        let n = pair.len();
        return Err(value_error(format!(
            "__getnewargs_ex__ should return a tuple of length 2, not {n}"
        )));
    }
    let (args, kwargs) = (pair.item(0), pair.item(1));
    let item = "item of the tuple returned by __getnewargs_ex__ must be a";
    let Some(args) = args.cast::<Tuple>() else {
        return wrong(&format!("first {item} tuple"), args);
    };
    match kwargs.cast::<Dict>() {
        Some(d) => Ok((Some(args), Some(kwargs).filter(|_| !d.is_empty()))),
        None => wrong(&format!("second {item} dict"), kwargs),
    }
}

/// UnboundLocalError for a local, NameError for a free variable.
#[cold]
pub fn unbound(name: Gc<Str>, free: bool) -> crate::exceptions::Raised {
    let n = name.to_string_lossy();
    if free {
        let text = format!(
            "cannot access free variable '{n}' where it is not associated with a value in enclosing scope"
        );
        return with_fields(
            crate::exceptions::exc().name_error,
            &text,
            &[(0, name.value())],
        );
    }
    crate::exceptions::unbound_local_error(format!(
        "cannot access local variable '{n}' where it is not associated with a value"
    ))
}
