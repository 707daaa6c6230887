//! `builtin_function_or_method` and `method` as types: calls and attributes.

use rivet_spec::CompareOp;

use crate::exceptions::{PyResult, Raised, type_error};
use crate::name;
use crate::object::args::{MAX_PARAMS, no_keywords};
use crate::object::attr::get_attr;
use crate::object::call::with_receiver;
use crate::object::member::{ClassMethodDescr, MethodDescr};
use crate::object::spec::{Conv, GetSet, Method, TypeSpec};
use crate::object::{Type, protocol};
use crate::types::method::{BoundMethod, Builtin};
use crate::types::module::Module;
use crate::types::str::{self, Str};
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

/// `builtin_function_or_method`
pub static SPEC: TypeSpec = TypeSpec {
    methods: &[Method::noargs("__reduce__", reduce, "")],
    getset: &[
        GetSet::new("__name__", |v| str::new(method_of(v).name)),
        GetSet::new("__qualname__", qualname),
        GetSet::new("__doc__", |v| method_doc(method_of(v))),
        GetSet::new("__text_signature__", |v| {
            let in_module = this(v).receiver.get_as::<Module>().is_some();
            match method_of(v).signature.text.strip_prefix("($self") {
                Some(rest) if in_module => str::new(&format!("($module{rest}")),
                _ => text_signature(method_of(v)),
            }
        }),
        GetSet::new("__self__", |v| Ok(this(v).receiver.value())),
        GetSet::settable(
            "__module__",
            |v| Ok(this(v).module.get().unwrap_or(Value::NONE)),
            |v, module| {
                this(v).set_opt(&this(v).module, module);
                Ok(())
            },
        ),
    ],
    slots: |s| {
        s.call = Some(call_builtin);
        s.repr = Some(repr);
        s.hash = Some(|v| {
            let b = this(v);
            Ok(protocol::hash_identity(b.receiver.value())?
                ^ (std::ptr::from_ref(b.method()) as i64 >> 4))
        });
        s.compare = Some(compare);
    },
    ..TypeSpec::named("builtin_function_or_method")
};

fn this(v: Value) -> Gc<Builtin> {
    v.cast::<Builtin>().expect("checked by the descriptor")
}

fn method_of(v: Value) -> &'static Method {
    this(v).method()
}

/// A docstring as a value.
pub fn doc(text: &str) -> PyResult<Value> {
    if text.is_empty() {
        Ok(Value::NONE)
    } else {
        str::new(text)
    }
}

/// `__doc__` of a method: C code may change that of its definitions.
pub fn method_doc(m: &Method) -> PyResult<Value> {
    match (m.native, crate::hooks::hooks().method_doc.get()) {
        (Some(target), Some(read)) => doc(&read(target.definition)),
        _ => doc(m.doc),
    }
}

/// `__doc__` of a computed attribute, likewise.
pub fn attribute_doc(g: &GetSet) -> PyResult<Value> {
    match (&g.foreign, crate::hooks::hooks().attribute_doc.get()) {
        (Some(foreign), Some(read)) => doc(&read(foreign)),
        _ => doc(g.doc),
    }
}

/// `__text_signature__` of a declaration.
pub fn text_signature(m: &Method) -> PyResult<Value> {
    if m.signature.text.is_empty() {
        Ok(Value::NONE)
    } else {
        str::new(m.signature.text)
    }
}

fn call_builtin(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let b = this(v);
    invoke(b.method(), b.receiver.value(), args, kw)
}

/// Calls a declared function.
#[inline]
pub fn invoke(
    m: &'static Method,
    receiver: Value,
    args: &[Value],
    kw: Option<Gc<Tuple>>,
) -> PyResult<Value> {
    let kw = kw.filter(|k| !k.is_empty());
    match m.conv {
        Conv::NoArgs(f) if kw.is_none() && args.is_empty() => f(receiver),
        Conv::One(f) if kw.is_none() && args.len() == 1 => f(receiver, args[0]),
        Conv::Fast(f) if kw.is_none() => f(receiver, args),
        Conv::NoArgs(_) | Conv::One(_) | Conv::Fast(_) => {
            Err(wrong_call(m, receiver, args.len(), kw.is_some()))
        }
        Conv::FastKw(f) => f(receiver, args, kw),
        Conv::Bound(f) => {
            let sig = m.signature.get();
            if kw.is_some() && sig.is_positional_only() {
                return Err(wrong_call(m, receiver, args.len(), true));
            }
            let mut out = [None; MAX_PARAMS];
            sig.bind(m.name, args, kw, &mut out)?;
            f(receiver, &out[..sig.len()])
        }
        Conv::Foreign(f) => f(m, receiver, args, kw),
    }
}

/// TypeError of a call with keywords that are not taken, or with a wrong number of arguments.
#[cold]
fn wrong_call(m: &'static Method, receiver: Value, given: usize, keywords: bool) -> Raised {
    let name = function_name(m, receiver);
    type_error(match m.conv {
        _ if keywords => format!("{name}() takes no keyword arguments"),
        Conv::NoArgs(_) => format!("{name}() takes no arguments ({given} given)"),
        _ => format!("{name}() takes exactly one argument ({given} given)"),
    })
}

/// The name of a function in messages: with the type that defines it, or its module unless that is builtins.
pub fn function_name(m: &'static Method, receiver: Value) -> String {
    if receiver.is_none() {
        return m.name.to_owned();
    }
    if let Some(module) = receiver.cast::<crate::types::module::Module>() {
        let name = module
            .dict()
            .get_str("__name__")
            .and_then(|n| n.cast::<Str>());
        let name = name.map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        return if matches!(name.as_str(), "" | "builtins") {
            m.name.to_owned()
        } else {
            format!("{name}.{}", m.name)
        };
    }
    let ty = receiver
        .cast::<Type>()
        .unwrap_or_else(|| receiver.type_of());
    let defines = |t: &Gc<Type>| {
        let found = t.namespace().get_str(m.name);
        let method = found.and_then(|f| f.cast::<MethodDescr>().map(|d| d.method.get()));
        let method = method
            .or_else(|| found.and_then(|f| f.cast::<ClassMethodDescr>().map(|d| d.method.get())));
        method.is_some_and(|d| std::ptr::eq(d, m))
    };
    let owner = ty
        .mro()
        .items()
        .iter()
        .filter_map(|t| t.cast::<Type>())
        .find(defines);
    format!("{}.{}", owner.unwrap_or(ty).short_name(), m.name)
}

fn qualname(v: Value) -> PyResult<Value> {
    let b = this(v);
    let name = b.method().name;
    let receiver = b.receiver.value();
    if receiver.is_none() || receiver.cast::<crate::types::module::Module>().is_some() {
        return str::new(name);
    }
    let owner = receiver
        .cast::<Type>()
        .unwrap_or_else(|| receiver.type_of());
    let q = get_attr(owner.value(), name!("__qualname__"))?;
    str::new(&format!("{}.{name}", protocol::str(q)?.to_string_lossy()))
}

fn repr(v: Value) -> PyResult<Value> {
    let b = this(v);
    let (name, receiver) = (b.method().name, b.receiver.value());
    if receiver.is_none() || receiver.cast::<crate::types::module::Module>().is_some() {
        return str::new(&format!("<built-in function {name}>"));
    }
    let ty = receiver.type_of().name_string();
    str::new(&format!(
        "<built-in method {name} of {ty} object at {:#x}>",
        protocol::identity(receiver)
    ))
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Builtin>(), b.cast::<Builtin>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let same = std::ptr::eq(x.method(), y.method()) && x.receiver.value().is(y.receiver.value());
    match op {
        CompareOp::Eq => Ok(Value::bool(same)),
        CompareOp::Ne => Ok(Value::bool(!same)),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn reduce(v: Value) -> PyResult<Value> {
    let b = this(v);
    let receiver = b.receiver.value();
    if receiver.is_none() || receiver.cast::<crate::types::module::Module>().is_some() {
        return qualname(v);
    }
    let getattr = crate::runtime::builtins()
        .get_str("getattr")
        .expect("builtins.getattr");
    crate::types::tuple::new(&[
        getattr,
        crate::types::tuple::new(&[receiver, str::new(b.method().name)?])?,
    ])
}

// ---- bound methods ----

/// `method`
pub static METHOD: TypeSpec = TypeSpec {
    doc: "Create a bound instance method object.",
    signature: "(function, instance, /)",
    flags: crate::object::TypeFlags::WEAKREFABLE,
    methods: &[Method::noargs("__reduce__", reduce_method, "")],
    getset: &[
        GetSet::new("__func__", |v| Ok(bound(v).func.value()))
            .doc("the function (or other callable) implementing a method"),
        GetSet::new("__self__", |v| Ok(bound(v).receiver.value()))
            .doc("the instance to which a method is bound"),
        GetSet::new("__doc__", |v| {
            get_attr(bound(v).func.value(), name!("__doc__"))
        }),
    ],
    slots: |s| {
        s.call = Some(|v, args, kw| {
            let m = bound(v);
            with_receiver(m.func.value(), m.receiver.value(), args, kw)
        });
        s.getattro = Some(method_getattr);
        s.repr = Some(method_repr);
        s.compare = Some(compare_methods);
        s.hash = Some(|v| {
            let m = bound(v);
            Ok(protocol::hash_identity(m.receiver.value())? ^ protocol::hash(m.func.value())?)
        });
        s.descr_get = Some(|v, _, _| Ok(v));
        s.new = Some(new_method);
    },
    ..TypeSpec::named("method")
};

fn bound(v: Value) -> Gc<BoundMethod> {
    v.cast::<BoundMethod>().expect("checked by the descriptor")
}

fn new_method(_ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    no_keywords("method", kw)?;
    crate::object::args::check_count("method", args, 2, 2)?;
    if !crate::object::call::is_callable(args[0]) {
        return Err(type_error("first argument must be callable"));
    }
    if args[1].is_none() {
        return Err(type_error("self must not be None"));
    }
    BoundMethod::new(args[0], args[1]).map(Gc::value)
}

/// Attributes of the type first, then those of the function.
fn method_getattr(v: Value, name: Gc<Str>) -> PyResult<Value> {
    match crate::object::lookup::type_lookup(v.type_of(), name) {
        Some(d) => match d.type_of().slots().descr_get {
            Some(get) => get(d, Some(v), v.type_of().value()),
            None => Ok(d),
        },
        None => get_attr(bound(v).func.value(), name),
    }
}

fn method_repr(v: Value) -> PyResult<Value> {
    let m = bound(v);
    let func = m.func.value();
    let named = match crate::object::attr::find_attr(func, name!("__qualname__"))? {
        Some(q) => Some(q),
        None => crate::object::attr::find_attr(func, name!("__name__"))?,
    };
    let name = named
        .and_then(|n| n.cast::<Str>())
        .map_or_else(|| "?".into(), |s| s.to_string_lossy().into_owned());
    let of = protocol::repr_string(m.receiver.value())?;
    str::new(&format!("<bound method {name} of {of}>"))
}

fn compare_methods(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<BoundMethod>(), b.cast::<BoundMethod>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let same = x.receiver.value().is(y.receiver.value())
        && protocol::equal(x.func.value(), y.func.value())?;
    match op {
        CompareOp::Eq => Ok(Value::bool(same)),
        CompareOp::Ne => Ok(Value::bool(!same)),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn reduce_method(v: Value) -> PyResult<Value> {
    let m = bound(v);
    let getattr = crate::runtime::builtins()
        .get_str("getattr")
        .expect("builtins.getattr");
    let name = get_attr(m.func.value(), name!("__name__"))?;
    crate::types::tuple::new(&[
        getattr,
        crate::types::tuple::new(&[m.receiver.value(), name])?,
    ])
}
