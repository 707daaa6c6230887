//! `types.UnionType`: `int | str`.

use rivet_spec::{BinaryOp, CompareOp};

use super::generic_alias::{is_alias, item_text, make_parameters, substitute};
use crate::exceptions::{PyResult, type_error};
use crate::name;
use crate::object::attr::{generic_getattr, get_attr};
use crate::object::native::Native;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Type, TypeFlags, build, number, protocol};
use crate::types::set;
use crate::types::str::{self, Str};
use crate::types::tuple::Tuple;
use crate::value::{Gc, RVec, Root, Value};

/// Slots: arguments (tuple), parameters (tuple, computed when asked for).
static UNION: TypeSpec = TypeSpec {
    doc: "Represent a PEP 604 union type\n\nE.g. for int | str",
    flags: TypeFlags::WEAKREFABLE | TypeFlags::DISALLOW_INSTANTIATION,
    methods: &[
        Method::one("__instancecheck__", "", instance_check, ""),
        Method::one("__subclasscheck__", "", subclass_check, ""),
    ],
    getset: &[
        GetSet::new("__args__", |v| Ok(args(v).value())),
        GetSet::new("__parameters__", |v| parameters(v).map(Gc::value))
            .doc("Type variables in the types.UnionType."),
    ],
    slots: |s| {
        s.repr = Some(repr);
        s.hash = Some(|v| protocol::hash(set::frozenset_of(args(v).items())?));
        s.compare = Some(compare);
        s.getattro = Some(getattr);
        s.getitem = Some(getitem);
        s.or = Some(union_or);
    },
    ..TypeSpec::named("types.UnionType")
};

static UNION_TYPE: Root = Root::new();

/// Makes the type.
pub fn init() {
    UNION_TYPE.set(build::native_type(&UNION, 2).value());
}

/// `types.UnionType`
pub fn union_type() -> Gc<Type> {
    UNION_TYPE
        .get()
        .and_then(|t| t.cast::<Type>())
        .expect("made at start-up")
}

fn is_union(v: Value) -> bool {
    v.type_of() == union_type()
}

fn args(v: Value) -> Gc<Tuple> {
    v.cast::<Native>()
        .and_then(|u| u.get(0))
        .and_then(|a| a.cast::<Tuple>())
        .unwrap_or_else(crate::runtime::empty_tuple)
}

fn is_unionable(v: Value) -> bool {
    v.is_none() || v.cast::<Type>().is_some() || is_alias(v) || is_union(v)
}

/// `a | b` of types; NotImplemented if one of them is none.
pub fn union_or(a: Value, b: Value) -> PyResult<Value> {
    if !is_unionable(a) || !is_unionable(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let mut out = RVec::new();
    for v in [a, b] {
        if is_union(v) {
            for &x in args(v).items() {
                add(&mut out, x)?;
            }
        } else {
            let v = if v.is_none() {
                crate::runtime::types().none_type.value()
            } else {
                v
            };
            add(&mut out, v)?;
        }
    }
    if out.len() == 1 {
        return Ok(out[0]);
    }
    let u = Native::new(union_type())?;
    u.put(0, Tuple::from_slice(&out)?.value());
    Ok(u.value())
}

/// Adds an argument unless there is an equal one.
fn add(out: &mut RVec, v: Value) -> PyResult<()> {
    for i in 0..out.len() {
        let x = out[i];
        let same = if is_alias(x) && is_alias(v) {
            protocol::equal(x, v)?
        } else {
            x == v
        };
        if same {
            return Ok(());
        }
    }
    out.push(v)
}

fn repr(v: Value) -> PyResult<Value> {
    let none = crate::runtime::types().none_type.value();
    let mut texts = Vec::new();
    for &x in args(v).items() {
        texts.push(if x == none {
            "None".into()
        } else {
            item_text(x)?
        });
    }
    str::new(&texts.join(" | "))
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    if !is_union(a) || !is_union(b) || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (x, y) = (
        set::frozenset_of(args(a).items())?,
        set::frozenset_of(args(b).items())?,
    );
    Ok(Value::bool(protocol::equal(x, y)? == (op == CompareOp::Eq)))
}

fn getattr(v: Value, name: Gc<Str>) -> PyResult<Value> {
    if name == name!("__module__") {
        return get_attr(v.type_of().value(), name);
    }
    generic_getattr(v, name)
}

fn parameters(v: Value) -> PyResult<Gc<Tuple>> {
    let u = v.cast::<Native>().expect("checked by the descriptor");
    if let Some(p) = u.get(1).and_then(|p| p.cast::<Tuple>()) {
        return Ok(p);
    }
    let p = make_parameters(args(v))?;
    u.put(1, p.value());
    Ok(p)
}

fn getitem(v: Value, item: Value) -> PyResult<Value> {
    let new = substitute(v, args(v), parameters(v)?, item)?;
    let items = new.items();
    let mut acc = items[0];
    for &x in &items[1..] {
        acc = number::binary(BinaryOp::Or, acc, x)?;
    }
    Ok(acc)
}

fn instance_check(v: Value, obj: Value) -> PyResult<Value> {
    for &a in args(v).items() {
        if protocol::is_instance(obj, a)? {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn subclass_check(v: Value, class: Value) -> PyResult<Value> {
    if class.cast::<Type>().is_none() {
        return Err(type_error("issubclass() arg 1 must be a class"));
    }
    for &a in args(v).items() {
        if protocol::is_subclass(class, a)? {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}
