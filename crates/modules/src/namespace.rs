//! `types.SimpleNamespace`: attributes in a dict, with a repr.

use rivet_spec::CompareOp;
use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, build, instance, protocol};
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::types::type_::{get_dict, set_dict};
use rivet_vm::value::{Gc, Root, Value};

static TYPE: Root = Root::new();

static SPEC: TypeSpec = TypeSpec {
    doc: "A simple attribute-based namespace.\n\nSimpleNamespace(**kwargs)",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: &[Method::noargs(
        "__reduce__",
        |v| {
            tuple::new(&[
                v.type_of().value(),
                tuple::new(&[])?,
                instance::to_dict(v)?.value(),
            ])
        },
        "Return state information for pickling",
    )],
    getset: &[GetSet::settable("__dict__", get_dict, set_dict)],
    slots: |s| {
        s.new = Some(|ty, _, _| instance::allocate(ty, 0));
        s.init = Some(init);
        s.repr = Some(repr);
        s.compare = Some(|a, b, op| {
            let both = a.type_of().is_subtype(class()) && b.type_of().is_subtype(class());
            if !both || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
                return Ok(Value::NOT_IMPLEMENTED);
            }
            protocol::compare(
                instance::to_dict(a)?.value(),
                instance::to_dict(b)?.value(),
                op,
            )
        });
    },
    ..TypeSpec::named("types.SimpleNamespace")
};

fn class() -> Gc<Type> {
    if let Some(t) = TYPE.get().and_then(|t| t.cast::<Type>()) {
        return t;
    }
    let object = rivet_vm::runtime::types().object;
    TYPE.set(build::native_type_with_dict(&SPEC, object, 0).value());
    class()
}

/// An empty namespace.
pub fn new() -> PyResult<Value> {
    Native::new(class()).map(Gc::value)
}

/// Sets an attribute.
pub fn put(ns: Value, name: &str, v: Value) -> PyResult<()> {
    instance::set(ns, str::intern::intern_str(name), v).map(|_| ())
}

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let (pos, values) = rivet_vm::object::args::split(args, kw);
    if !pos.is_empty() {
        return Err(type_error("no positional arguments expected"));
    }
    let names = kw.map_or(&[][..], |k| k.items());
    for (n, &x) in names.iter().zip(values) {
        let Some(n) = n.cast::<Str>() else {
            return Err(type_error("keywords must be strings"));
        };
        instance::set(v, n.intern(), x)?;
    }
    Ok(())
}

fn repr(v: Value) -> PyResult<Value> {
    let name = if v.type_of() == class() {
        "namespace".to_owned()
    } else {
        v.type_of().name_string()
    };
    let d = instance::to_dict(v)?;
    let (mut parts, mut i) = (Vec::new(), 0);
    while let Some((k, x)) = d.next_entry(&mut i) {
        let k = protocol::str(k)?;
        parts.push(format!(
            "{}={}",
            k.to_string_lossy(),
            protocol::repr_string(x)?
        ));
    }
    str::new(&format!("{name}({})", parts.join(", ")))
}
