//! `_contextvars`: context-local variables. A context's variables are a dict that is copied when changed.

use std::cell::Cell;

use rivet_vm::exceptions::{
    PyResult, exc, key_error, raise_args, runtime_error, type_error, value_error,
};
use rivet_vm::object::args::{check_count, split};
use rivet_vm::object::call::call_kw;
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{GetSet, Member, Method, TypeSpec};
use rivet_vm::object::{TypeFlags, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::value::{Gc, Root, Value};

use crate::util::{alloc, bind, is_a, make_in, nat, ty};

static CONTEXT: Root = Root::new();
static VAR: Root = Root::new();
static TOKEN: Root = Root::new();
static MISSING: Root = Root::new();
/// The current context of each thread, by its ident (dict).
static CURRENT: Root = Root::new();

/// Slots of a context: variables (dict), the context to go back to.
const VARS: usize = 0;
const PREVIOUS: usize = 1;

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    CURRENT.set(Dict::new()?.value());
    make_in(m, &CONTEXT, &CONTEXT_SPEC, 2)?;
    make_in(m, &VAR, &VAR_SPEC, 2)?;
    make_in(m, &TOKEN, &TOKEN_SPEC, 3)?;
    let missing = Native::new(crate::util::make(&MISSING, &MISSING_SPEC, 0))?.value();
    MISSING.set(missing);
    rivet_vm::object::lookup::type_set(ty(&TOKEN), rivet_vm::name!("MISSING"), Some(missing))?;
    m.add_functions(METHODS)
}

static METHODS: &[Method] = &[Method::noargs("copy_context", |_| copy(current()?), "")];

static MISSING_SPEC: TypeSpec = TypeSpec {
    slots: |s| s.repr = Some(|_| str::new("<Token.MISSING>")),
    ..TypeSpec::named("Token.MISSING")
};

fn current() -> PyResult<Gc<Native>> {
    let all = CURRENT
        .get()
        .and_then(|d| d.cast::<Dict>())
        .expect("made by init");
    let key = int::from_u64(rivet_vm::thread::current().ident.get());
    if let Some(c) = all.get(key)? {
        return Ok(nat(c));
    }
    let c = new_context()?;
    all.set_item(key, c.value())?;
    Ok(c)
}

fn set_current(c: Value) -> PyResult<()> {
    let all = CURRENT
        .get()
        .and_then(|d| d.cast::<Dict>())
        .expect("made by init");
    all.set_item(int::from_u64(rivet_vm::thread::current().ident.get()), c)
}

struct Entered(Cell<bool>);

fn new_context() -> PyResult<Gc<Native>> {
    let c = Native::with_state(ty(&CONTEXT), Entered(Cell::new(false)))?;
    c.put(VARS, Dict::new()?.value());
    Ok(c)
}

fn vars(c: Gc<Native>) -> Gc<Dict> {
    c.get(VARS)
        .and_then(|d| d.cast::<Dict>())
        .expect("set by new")
}

fn copy(c: Gc<Native>) -> PyResult<Value> {
    let new = new_context()?;
    new.put(VARS, vars(c).copy()?.value());
    Ok(new.value())
}

fn check_var(k: Value) -> PyResult<()> {
    if is_a(k, &VAR) {
        return Ok(());
    }
    Err(type_error(format!(
        "a ContextVar key was expected, got {}",
        protocol::repr_string(k)?
    )))
}

fn run(v: Value, args: &[Value], kw: Option<Gc<rivet_vm::types::tuple::Tuple>>) -> PyResult<Value> {
    if split(args, kw).0.is_empty() {
        return Err(type_error("run() missing 1 required positional argument"));
    }
    let c = nat(v);
    let entered = c.state::<Entered>().expect("set by new");
    if entered.0.get() {
        let r = protocol::repr_string(v)?;
        return Err(runtime_error(format!(
            "cannot enter context: {r} is already entered"
        )));
    }
    let previous = current()?;
    entered.0.set(true);
    c.put(PREVIOUS, previous.value());
    set_current(v)?;
    let r = call_kw(args[0], &args[1..], kw);
    entered.0.set(false);
    c.put_opt(PREVIOUS, None);
    match (r, set_current(previous.value())) {
        (Ok(_), Err(e)) => Err(e),
        (r, _) => r,
    }
}

static CONTEXT_SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::WEAKREFABLE | TypeFlags::MAPPING,
    methods: &[
        Method::fast(
            "get",
            "($self, key, default=None, /)",
            |v, a| {
                check_count("get", a, 1, 2)?;
                check_var(a[0])?;
                Ok(vars(nat(v))
                    .get(a[0])?
                    .or(a.get(1).copied())
                    .unwrap_or(Value::NONE))
            },
            "Return the value for `key` if `key` has the value in the context object.",
        ),
        Method::noargs(
            "items",
            |v| {
                rivet_vm::object::call::call_method(
                    vars(nat(v)).value(),
                    rivet_vm::name!("items"),
                    &[],
                )
            },
            "Return all variables and their values in the context object.",
        ),
        Method::noargs(
            "keys",
            |v| {
                rivet_vm::object::call::call_method(
                    vars(nat(v)).value(),
                    rivet_vm::name!("keys"),
                    &[],
                )
            },
            "Return a list of all variables in the context object.",
        ),
        Method::noargs(
            "values",
            |v| {
                rivet_vm::object::call::call_method(
                    vars(nat(v)).value(),
                    rivet_vm::name!("values"),
                    &[],
                )
            },
            "Return a list of all variables' values in the context object.",
        ),
        Method::noargs(
            "copy",
            |v| copy(nat(v)),
            "Return a shallow copy of the context object.",
        ),
        Method::fastkw("run", "", run, ""),
    ],
    slots: |s| {
        s.new = Some(|_, args, kw| {
            if !args.is_empty() || kw.is_some_and(|k| !k.is_empty()) {
                return Err(type_error("Context() does not accept any arguments"));
            }
            new_context().map(Gc::value)
        });
        s.len = Some(|v| Ok(vars(nat(v)).len()));
        s.iter = Some(|v| protocol::iter(vars(nat(v)).value()));
        s.contains = Some(|v, k| {
            check_var(k)?;
            Ok(vars(nat(v)).get(k)?.is_some())
        });
        s.getitem = Some(|v, k| {
            check_var(k)?;
            vars(nat(v)).get(k)?.ok_or_else(|| key_error(k))
        });
        s.hash = Some(protocol::hash_not_implemented);
        s.compare = Some(|a, b, op| {
            if !is_a(a, &CONTEXT) || !is_a(b, &CONTEXT) {
                return Ok(Value::NOT_IMPLEMENTED);
            }
            match op {
                rivet_spec::CompareOp::Eq | rivet_spec::CompareOp::Ne => {
                    protocol::compare(vars(nat(a)).value(), vars(nat(b)).value(), op)
                }
                _ => Ok(Value::NOT_IMPLEMENTED),
            }
        });
    },
    ..TypeSpec::named("_contextvars.Context")
};

/// Slots of a variable: name, default.
static VAR_SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::WEAKREFABLE,
    methods: &[
        Method::fast(
            "get",
            "($self, default=None, /)",
            |v, a| {
                check_count("get", a, 0, 1)?;
                match vars(current()?)
                    .get(v)?
                    .or(a.first().copied())
                    .or(nat(v).get(1))
                {
                    Some(x) => Ok(x),
                    None => Err(raise_args(exc().lookup_error, &[v])),
                }
            },
            "Return a value for the context variable for the current context.",
        ),
        Method::one(
            "set",
            "($self, value, /)",
            |v, x| {
                let c = current()?;
                let old = vars(c).get(v)?;
                let new = vars(c).copy()?;
                new.set_item(v, x)?;
                c.put(VARS, new.value());
                let t = Native::with_state(ty(&TOKEN), Entered(Cell::new(false)))?;
                t.put(0, c.value());
                t.put(1, v);
                t.put(2, old.or(MISSING.get()).unwrap_or(Value::NONE));
                Ok(t.value())
            },
            "Call to set a new value for the context variable in the current context.",
        ),
        Method::one(
            "reset",
            "($self, token, /)",
            reset,
            "Reset the context variable.",
        ),
        rivet_vm::types::generic_alias::CLASS_GETITEM,
    ],
    members: &[Member {
        name: "name",
        word: 1,
        readonly: true,
        none: true,
    }],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(name, /, *, default=None)", "ContextVar", args, kw)?;
            if a[0].is_none_or(|n| n.cast::<Str>().is_none()) {
                return Err(type_error("context variable name must be a str"));
            }
            let n = alloc(t)?;
            n.put_opt(0, a[0]);
            n.put_opt(1, a[1]);
            Ok(n.value())
        });
        s.repr = Some(|v| {
            let n = nat(v);
            let name = protocol::repr_string(n.get(0).unwrap_or(Value::NONE))?;
            let default = match n.get(1) {
                Some(d) => format!(" default={}", protocol::repr_string(d)?),
                None => String::new(),
            };
            str::new(&format!(
                "<ContextVar name={name}{default} at {:#x}>",
                protocol::identity(v)
            ))
        });
    },
    ..TypeSpec::named("_contextvars.ContextVar")
};

fn reset(v: Value, token: Value) -> PyResult<Value> {
    if !is_a(token, &TOKEN) {
        return Err(type_error(format!(
            "expected an instance of Token, got {}",
            protocol::repr_string(token)?
        )));
    }
    let t = nat(token);
    let used = t.state::<Entered>().expect("set by set()");
    if used.0.get() {
        return Err(runtime_error(format!(
            "{} has already been used once",
            protocol::repr_string(token)?
        )));
    }
    if t.get(1) != Some(v) {
        return Err(value_error(format!(
            "{} was created by a different ContextVar",
            protocol::repr_string(token)?
        )));
    }
    let c = current()?;
    if t.get(0) != Some(c.value()) {
        return Err(value_error(format!(
            "{} was created in a different Context",
            protocol::repr_string(token)?
        )));
    }
    used.0.set(true);
    let new = vars(c).copy()?;
    match t.get(2).filter(|&o| Some(o) != MISSING.get()) {
        Some(old) => new.set_item(v, old)?,
        None => {
            new.remove(v)?;
        }
    }
    c.put(VARS, new.value());
    Ok(Value::NONE)
}

/// Slots of a token: context, variable, old value.
static TOKEN_SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    methods: &[rivet_vm::types::generic_alias::CLASS_GETITEM],
    getset: &[
        GetSet::new("var", |v| Ok(nat(v).get(1).unwrap_or(Value::NONE))),
        GetSet::new("old_value", |v| Ok(nat(v).get(2).unwrap_or(Value::NONE))),
    ],
    slots: |s| {
        s.repr = Some(|v| {
            let t = nat(v);
            let used = if t.state::<Entered>().is_some_and(|u| u.0.get()) {
                " used"
            } else {
                ""
            };
            let var = protocol::repr_string(t.get(1).unwrap_or(Value::NONE))?;
            str::new(&format!(
                "<Token{used} var={var} at {:#x}>",
                protocol::identity(v)
            ))
        });
    },
    ..TypeSpec::named("_contextvars.Token")
};
