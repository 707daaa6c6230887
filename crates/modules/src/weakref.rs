//! `_weakref`: references and proxies.

use rivet_vm::exceptions::{PyResult, reference_error};
use rivet_vm::object::attr::{get_attr, set_attr};
use rivet_vm::object::call::call_kw;
use rivet_vm::object::native::Native;
use rivet_vm::object::slots::Slots;
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{Type, build, number, protocol};
use rivet_vm::runtime::types;
use rivet_vm::types::module::Module;
use rivet_vm::types::str;
use rivet_vm::types::weakref::{WeakRef, references};
use rivet_vm::value::{Gc, Root, Value};

static PROXY_TYPE: Root = Root::new();
static CALLABLE_TYPE: Root = Root::new();

static METHODS: &[Method] = &[
    Method::one(
        "getweakrefcount",
        "($module, object, /)",
        |_, v| Ok(Value::from_usize(references(v)?.len())),
        "Return the number of weak references to 'object'.",
    ),
    Method::one(
        "getweakrefs",
        "($module, object, /)",
        |_, v| Ok(references(v)?.value()),
        "Return a list of all weak reference objects pointing to 'object'.",
    ),
    Method::fast(
        "_remove_dead_weakref",
        "($module, dct, key, /)",
        remove_dead,
        "Atomically remove key from dict if it points to a dead weakref.",
    ),
    Method::fast(
        "proxy",
        "($module, object, callback=None, /)",
        proxy,
        "Create a proxy object that weakly references 'object'.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    m.add("ref", types().weakref.value())?;
    m.add("ReferenceType", types().weakref.value())?;
    PROXY_TYPE.set(build::native_type(&PROXY, 1).value());
    CALLABLE_TYPE.set(build::native_type(&CALLABLE, 1).value());
    m.add("ProxyType", PROXY_TYPE.get().unwrap_or(Value::NONE))?;
    m.add(
        "CallableProxyType",
        CALLABLE_TYPE.get().unwrap_or(Value::NONE),
    )
}

fn remove_dead(_m: Value, args: &[Value]) -> PyResult<Value> {
    rivet_vm::object::args::check_count("_remove_dead_weakref", args, 2, 2)?;
    if let Some(d) = args[0].cast::<rivet_vm::types::dict::Dict>()
        && let Some(w) = d.get(args[1])?
        && w.cast::<WeakRef>().is_some_and(|w| w.target().is_none())
    {
        d.remove(args[1])?;
    }
    Ok(Value::NONE)
}

fn proxy(_m: Value, args: &[Value]) -> PyResult<Value> {
    rivet_vm::object::args::check_count("proxy", args, 1, 2)?;
    let callback = args.get(1).copied().and_then(Value::not_none);
    let callable = rivet_vm::object::call::is_callable(args[0]);
    let w = WeakRef::new(types().weakref, args[0], callback)?;
    let root = if callable {
        &CALLABLE_TYPE
    } else {
        &PROXY_TYPE
    };
    let ty = root
        .get()
        .and_then(|t| t.cast::<Type>())
        .expect("made by init");
    let p = Native::new(ty)?;
    p.put(0, w.value());
    Ok(p.value())
}

/// The object behind a proxy; any other value is itself.
fn target(v: Value) -> PyResult<Value> {
    let is_proxy = [&PROXY_TYPE, &CALLABLE_TYPE]
        .iter()
        .any(|r| r.get() == Some(v.type_of().value()));
    if !is_proxy {
        return Ok(v);
    }
    let w = v
        .cast::<Native>()
        .and_then(|p| p.get(0))
        .and_then(|w| w.cast::<WeakRef>());
    w.and_then(|w| w.target())
        .ok_or_else(|| reference_error("weakly-referenced object no longer exists"))
}

macro_rules! binary {
    ($s:ident, $($slot:ident $op:ident $inplace:ident;)*) => {$(
        $s.$slot = Some(|a, b| number::binary(rivet_spec::BinaryOp::$op, target(a)?, target(b)?));
        $s.$inplace = Some(|a, b| number::inplace(rivet_spec::BinaryOp::$op, target(a)?, target(b)?));
    )*};
}

fn proxy_slots(s: &mut Slots) {
    s.repr = Some(|v| {
        let t = target(v)?;
        let n = t.type_of().name_string();
        str::new(&format!(
            "<weakproxy at {:#x} to {n} at {:#x}>",
            protocol::identity(v),
            protocol::identity(t)
        ))
    });
    s.str = Some(|v| protocol::str(target(v)?).map(Gc::value));
    s.getattro = Some(|v, n| get_attr(target(v)?, n));
    s.setattro = Some(|v, n, x| set_attr(target(v)?, n, x));
    s.compare = Some(|a, b, op| protocol::compare(target(a)?, target(b)?, op));
    s.hash = Some(protocol::hash_not_implemented);
    s.iter = Some(|v| protocol::iter(target(v)?));
    s.next = Some(|v| {
        let t = target(v)?;
        if t.type_of().slots().next.is_none() {
            let n = t.type_of().name_string();
            return Err(rivet_vm::exceptions::type_error(format!(
                "Weakref proxy referenced a non-iterator '{n}' object"
            )));
        }
        protocol::next(t)
    });
    s.bool = Some(|v| protocol::is_true(target(v)?));
    s.len = Some(|v| protocol::length(target(v)?));
    s.getitem = Some(|v, k| protocol::get_item(target(v)?, k));
    s.setitem = Some(|v, k, x| protocol::set_item(target(v)?, k, x));
    s.contains = Some(|v, x| protocol::contains(target(v)?, x));
    s.neg = Some(|v| number::neg(target(v)?));
    s.pos = Some(|v| number::pos(target(v)?));
    s.abs = Some(|v| number::abs(target(v)?));
    s.invert = Some(|v| number::invert(target(v)?));
    s.index = Some(|v| protocol::index(target(v)?));
    s.float = Some(|v| protocol::as_f64(target(v)?).map(Value::float));
    s.int = Some(|v| {
        let int = types().int.value();
        rivet_vm::object::call::call(int, &[target(v)?])
    });
    s.divmod = Some(|a, b| number::divmod(target(a)?, target(b)?));
    s.pow = Some(|a, b, m| number::power(target(a)?, target(b)?, target(m)?));
    binary!(s,
        add Add iadd; sub Sub isub; mul Mul imul; truediv TrueDiv itruediv; floordiv FloorDiv ifloordiv;
        modulo Mod imodulo; lshift LShift ilshift; rshift RShift irshift; and And iand; or Or ior; xor Xor ixor;
        matmul MatMul imatmul;
    );
}

static PROXY: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs(
            "__bytes__",
            |v| rivet_vm::object::call::call_method(target(v)?, rivet_vm::name!("__bytes__"), &[]),
            "",
        ),
        Method::noargs(
            "__reversed__",
            |v| {
                rivet_vm::object::call::call_method(
                    target(v)?,
                    rivet_vm::name!("__reversed__"),
                    &[],
                )
            },
            "",
        ),
    ],
    slots: proxy_slots,
    ..TypeSpec::named("weakref.ProxyType")
};

static CALLABLE: TypeSpec = TypeSpec {
    slots: |s| {
        proxy_slots(s);
        s.call = Some(|v, args, kw| call_kw(target(v)?, args, kw));
    },
    ..TypeSpec::named("weakref.CallableProxyType")
};
