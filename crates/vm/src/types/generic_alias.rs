//! `types.GenericAlias`: `list[int]`. The union type is in `union.rs`.

use rivet_spec::CompareOp;

pub use super::union::union_or;
use crate::exceptions::{PyResult, Raised, clear_if, exc, take, type_error};
use crate::name;
use crate::object::args::{check_count, no_keywords};
use crate::object::attr::{find_attr, generic_getattr, get_attr, set_attr};
use crate::object::call::{call, call_kw};
use crate::object::native::Native;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Type, TypeFlags, build, protocol};
use crate::types::iterators::builtin_function;
use crate::types::str::{self, Str};
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, RVec, Root, Value};

/// `__class_getitem__` of types that can be parameterized (PEP 585).
pub const CLASS_GETITEM: Method = Method::one("__class_getitem__", "", new, "See PEP 585").class();

/// Slots: origin, arguments (tuple), parameters (tuple, computed when asked for), True if unpacked by `*`.
const ORIGIN: usize = 0;
const ARGS: usize = 1;
const PARAMS: usize = 2;
const STARRED: usize = 3;

static ALIAS: TypeSpec = TypeSpec {
    doc: "Represent a PEP 585 generic type\n\nE.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: &[
        Method::one("__mro_entries__", "", |v, _| tuple::new(&[origin(v)]), ""),
        Method::one(
            "__instancecheck__",
            "",
            |_, _| {
                Err(type_error(
                    "isinstance() argument 2 cannot be a parameterized generic",
                ))
            },
            "",
        ),
        Method::one(
            "__subclasscheck__",
            "",
            |_, _| {
                Err(type_error(
                    "issubclass() argument 2 cannot be a parameterized generic",
                ))
            },
            "",
        ),
        Method::noargs("__reduce__", reduce, ""),
        Method::noargs("__dir__", dir, ""),
    ],
    getset: &[
        GetSet::new("__origin__", |v| Ok(origin(v))),
        GetSet::new("__args__", |v| Ok(args(v).value())),
        GetSet::new("__unpacked__", |v| Ok(Value::bool(starred(v)))),
        GetSet::new("__parameters__", |v| parameters(v).map(Gc::value))
            .doc("Type variables in the GenericAlias."),
        GetSet::new("__typing_unpacked_tuple_args__", unpacked_args),
    ],
    slots: |s| {
        s.repr = Some(repr);
        s.getattro = Some(getattr);
        s.call = Some(call_alias);
        s.hash = Some(|v| {
            let h = protocol::hash(origin(v))? ^ protocol::hash(args(v).value())?;
            Ok(if h == -1 { -2 } else { h })
        });
        s.compare = Some(compare);
        s.getitem = Some(getitem);
        s.iter = Some(iter);
        s.or = Some(union_or);
        s.new = Some(|ty, a, kw| {
            no_keywords("GenericAlias", kw)?;
            check_count("GenericAlias", a, 2, 2)?;
            make(ty, a[0], a[1], false)
        });
    },
    ..TypeSpec::named("types.GenericAlias")
};

/// Slot: the alias to give, until it has been given.
static ALIAS_ITER: TypeSpec = TypeSpec {
    methods: &[Method::noargs(
        "__reduce__",
        |v| {
            let it = v.cast::<Native>().expect("checked by the descriptor");
            let arg = it
                .get(0)
                .unwrap_or_else(|| crate::runtime::empty_tuple().value());
            tuple::new(&[builtin_function("iter")?, tuple::new(&[arg])?])
        },
        "Return state information for pickling.",
    )],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let it = v.cast::<Native>().expect("checked by the descriptor");
            let Some(a) = it.get(0) else { return Ok(None) };
            it.put_opt(0, None);
            make(a.type_of(), origin(a), args(a).value(), true).map(Some)
        });
    },
    ..TypeSpec::named("generic_alias_iterator")
};

static ALIAS_TYPE: Root = Root::new();
static ITER_TYPE: Root = Root::new();

/// Makes the types.
pub fn init() {
    ALIAS_TYPE.set(build::native_type(&ALIAS, 4).value());
    ITER_TYPE.set(build::native_type(&ALIAS_ITER, 1).value());
    super::union::init();
}

/// `types.GenericAlias`
pub fn alias_type() -> Gc<Type> {
    ALIAS_TYPE
        .get()
        .and_then(|t| t.cast::<Type>())
        .expect("made at start-up")
}

/// `origin[args]`
pub fn new(origin: Value, args: Value) -> PyResult<Value> {
    make(alias_type(), origin, args, false)
}

fn make(ty: Gc<Type>, origin: Value, args: Value, starred: bool) -> PyResult<Value> {
    let args = if args.cast::<Tuple>().is_some() {
        args
    } else {
        tuple::new(&[args])?
    };
    let a = Native::new(ty)?;
    a.put(ORIGIN, origin);
    a.put(ARGS, args);
    if starred {
        a.put(STARRED, Value::TRUE);
    }
    Ok(a.value())
}

fn this(v: Value) -> Gc<Native> {
    v.cast::<Native>().expect("checked by the descriptor")
}

/// Whether this is an instance of GenericAlias.
pub fn is_alias(v: Value) -> bool {
    v.type_of().is_subtype(alias_type())
}

fn origin(v: Value) -> Value {
    this(v).get(ORIGIN).unwrap_or(Value::NONE)
}

fn args(v: Value) -> Gc<Tuple> {
    this(v)
        .get(ARGS)
        .and_then(|a| a.cast::<Tuple>())
        .unwrap_or_else(crate::runtime::empty_tuple)
}

fn starred(v: Value) -> bool {
    this(v).get(STARRED).is_some()
}

fn parameters(v: Value) -> PyResult<Gc<Tuple>> {
    if let Some(p) = this(v).get(PARAMS).and_then(|p| p.cast::<Tuple>()) {
        return Ok(p);
    }
    let p = make_parameters(args(v))?;
    this(v).put(PARAMS, p.value());
    Ok(p)
}

fn unpacked_args(v: Value) -> PyResult<Value> {
    let is_tuple = origin(v) == crate::runtime::types().tuple.value();
    Ok(if starred(v) && is_tuple {
        args(v).value()
    } else {
        Value::NONE
    })
}

// ---- text ----

/// How a type appears in the repr of an alias or union.
pub(super) fn item_text(v: Value) -> PyResult<String> {
    if v == Value::ELLIPSIS {
        return Ok("...".into());
    }
    if find_attr(v, name!("__origin__"))?.is_some() && find_attr(v, name!("__args__"))?.is_some() {
        return protocol::repr_string(v);
    }
    let qualname = find_attr(v, name!("__qualname__"))?;
    let module = find_attr(v, name!("__module__"))?;
    match (qualname, module) {
        (Some(q), Some(m)) if !m.is_none() => {
            let (q, m) = (protocol::str(q)?, protocol::str(m)?);
            Ok(if m.eq_str("builtins") {
                q.to_string_lossy().into_owned()
            } else {
                format!("{}.{}", m.to_string_lossy(), q.to_string_lossy())
            })
        }
        _ => protocol::repr_string(v),
    }
}

fn repr(v: Value) -> PyResult<Value> {
    let a = args(v);
    let mut texts = Vec::new();
    for &x in a.items() {
        texts.push(item_text(x)?);
    }
    let star = if starred(v) { "*" } else { "" };
    let list = if texts.is_empty() {
        "()".into()
    } else {
        texts.join(", ")
    };
    str::new(&format!("{star}{}[{list}]", item_text(origin(v))?))
}

// ---- attributes, calls ----

const OWN_ATTRIBUTES: &[&str] = &[
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    "__copy__",
    "__deepcopy__",
];

fn getattr(v: Value, name: Gc<Str>) -> PyResult<Value> {
    if OWN_ATTRIBUTES.iter().any(|n| name.eq_str(n)) {
        return generic_getattr(v, name);
    }
    get_attr(origin(v), name)
}

fn call_alias(v: Value, a: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let obj = call_kw(origin(v), a, kw)?;
    if let Err(raised) = set_attr(obj, name!("__orig_class__"), Some(v))
        && let Err(raised) = clear_if(raised, exc().attribute_error)
    {
        clear_if(raised, exc().type_error)?;
    }
    Ok(obj)
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    if !is_alias(a) || !is_alias(b) || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let same = starred(a) == starred(b)
        && protocol::equal(origin(a), origin(b))?
        && protocol::equal(args(a).value(), args(b).value())?;
    Ok(Value::bool(same == (op == CompareOp::Eq)))
}

fn iter(v: Value) -> PyResult<Value> {
    let it = Native::new(
        ITER_TYPE
            .get()
            .and_then(|t| t.cast::<Type>())
            .expect("made at start-up"),
    )?;
    it.put(0, v);
    Ok(it.value())
}

fn reduce(v: Value) -> PyResult<Value> {
    let plain = [origin(v), args(v).value()];
    if !starred(v) {
        return tuple::new(&[v.type_of().value(), tuple::new(&plain)?]);
    }
    let it = iter(new(plain[0], plain[1])?)?;
    tuple::new(&[builtin_function("next")?, tuple::new(&[it])?])
}

fn dir(v: Value) -> PyResult<Value> {
    let names = crate::object::call::call_method(origin(v), name!("__dir__"), &[]);
    let list = match names {
        Ok(n) => protocol::to_list(n)?,
        Err(raised) => {
            // `__dir__` of a class needs the metaclass's.
            let _ = take(raised);
            protocol::to_list(call(builtin_function("dir")?, &[origin(v)])?)?
        }
    };
    for n in OWN_ATTRIBUTES {
        let s = str::new(n)?;
        if !protocol::contains(list.value(), s)? {
            list.append(s)?;
        }
    }
    Ok(list.value())
}

// ---- parameters and their substitution ----

fn push_new(out: &mut RVec, v: Value) -> PyResult<()> {
    if out.contains(&v) {
        Ok(())
    } else {
        out.push(v)
    }
}

/// The type variables among the arguments, in order.
pub(super) fn make_parameters(args: Gc<Tuple>) -> PyResult<Gc<Tuple>> {
    let mut out = RVec::new();
    for &a in args.items() {
        // A bare class has a descriptor `__parameters__`, not parameters.
        if a.cast::<Type>().is_some() {
            continue;
        }
        if find_attr(a, name!("__typing_subst__"))?.is_some() {
            push_new(&mut out, a)?;
        } else if let Some(sub) = find_attr(a, name!("__parameters__"))?
            && let Some(sub) = sub.cast::<Tuple>()
        {
            for &p in sub.items() {
                push_new(&mut out, p)?;
            }
        }
    }
    Tuple::from_slice(&out)
}

/// The given arguments as a tuple, with `*tuple[...]` spread out.
fn unpack_items(item: Value) -> PyResult<Gc<Tuple>> {
    let one = [item];
    let items = item.cast::<Tuple>().map_or(&one[..], |t| t.items());
    let mut out = RVec::new();
    for &x in items {
        let sub = if x.cast::<Type>().is_some() {
            None
        } else {
            find_attr(x, name!("__typing_unpacked_tuple_args__"))?
        };
        match sub.and_then(|s| s.cast::<Tuple>()) {
            Some(sub) if sub.items().last() != Some(&Value::ELLIPSIS) => out.extend(sub.items())?,
            _ => out.push(x)?,
        }
    }
    Tuple::from_slice(&out)
}

/// The arguments of `v` with its `parameters` replaced by what `item` gives.
pub(super) fn substitute(
    v: Value,
    args: Gc<Tuple>,
    parameters: Gc<Tuple>,
    item: Value,
) -> PyResult<Gc<Tuple>> {
    if parameters.is_empty() {
        return Err(type_error(format!(
            "{} is not a generic class",
            protocol::repr_string(v)?
        )));
    }
    let mut item = unpack_items(item)?.value();
    for &p in parameters.items() {
        if let Some(prepare) =
            find_attr(p, name!("__typing_prepare_subst__"))?.filter(|f| !f.is_none())
        {
            let given = if item.cast::<Tuple>().is_some() {
                item
            } else {
                tuple::new(&[item])?
            };
            item = call(prepare, &[v, given])?;
        }
    }
    let given = match item.cast::<Tuple>() {
        Some(t) => t,
        None => Tuple::from_slice(&[item])?,
    };
    if given.len() != parameters.len() {
        return Err(wrong_count(v, given.len(), parameters.len())?);
    }
    let mut out = RVec::new();
    for &a in args.items() {
        if a.cast::<Type>().is_some() {
            out.push(a)?;
            continue;
        }
        let unpack = match find_attr(a, name!("__typing_is_unpacked_typevartuple__"))? {
            Some(u) => protocol::is_true(u)?,
            None => false,
        };
        let new = match find_attr(a, name!("__typing_subst__"))? {
            Some(subst) => {
                let i = parameters.items().iter().position(|&p| p == a).unwrap_or(0);
                call(subst, &[given.item(i)])?
            }
            None => substitute_nested(a, parameters, given)?,
        };
        match new.cast::<Tuple>().filter(|_| unpack) {
            Some(t) => out.extend(t.items())?,
            None => out.push(new)?,
        }
    }
    Tuple::from_slice(&out)
}

fn wrong_count(v: Value, got: usize, expected: usize) -> PyResult<Raised> {
    let how = if got > expected { "many" } else { "few" };
    let r = protocol::repr_string(v)?;
    Ok(type_error(format!(
        "Too {how} arguments for {r}; actual {got}, expected {expected}"
    )))
}

/// Substitution in an argument that is generic itself.
fn substitute_nested(a: Value, parameters: Gc<Tuple>, given: Gc<Tuple>) -> PyResult<Value> {
    let Some(sub) = find_attr(a, name!("__parameters__"))?.and_then(|s| s.cast::<Tuple>()) else {
        return Ok(a);
    };
    if sub.is_empty() {
        return Ok(a);
    }
    let mut out = RVec::new();
    for &p in sub.items() {
        let Some(i) = parameters.items().iter().position(|&q| q == p) else {
            out.push(p)?;
            continue;
        };
        let new = given.item(i);
        match new
            .cast::<Tuple>()
            .filter(|_| p.type_of().slots().iter.is_some())
        {
            Some(t) => out.extend(t.items())?,
            None => out.push(new)?,
        }
    }
    protocol::get_item(a, tuple::new(&out)?)
}

fn getitem(v: Value, item: Value) -> PyResult<Value> {
    let new_args = substitute(v, args(v), parameters(v)?, item)?;
    make(v.type_of(), origin(v), new_args.value(), starred(v))
}
