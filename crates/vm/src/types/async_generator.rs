//! Asynchronous generators' awaitables: what `__anext__`, `asend`, `athrow` and `aclose` give. A value yielded by
//! the generator's own `yield` comes wrapped, so that it can be told from what its awaits yield.

use std::cell::Cell;

use crate::exceptions::{
    Exception, PyResult, Raised, clear_if, exc, raise_args, runtime_error, stop_iteration,
    value_error,
};
use crate::object::native::Native;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Type, build};
use crate::thread;
use crate::types::generator::{
    AG_CLOSED, AG_HOOKS, AG_RUNNING, Generator, Resumed, thrown_exception,
};
use crate::value::{Gc, Root, Value};

static WRAPPED: TypeSpec = TypeSpec::named("async_generator_wrapped_value");

static ASEND: TypeSpec = TypeSpec {
    methods: &[
        Method::one("send", "", |v, x| step(v, Input::Send(x)), ""),
        Method::fast(
            "throw",
            "",
            |v, a| step(v, Input::Throw(thrown_exception(a)?)),
            "",
        ),
        Method::noargs("close", close, ""),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.am_await = Some(Ok);
        s.next = Some(next);
    },
    ..TypeSpec::named("async_generator_asend")
};

static ATHROW: TypeSpec = TypeSpec {
    methods: &[
        Method::one("send", "", |v, x| step(v, Input::Send(x)), ""),
        Method::fast(
            "throw",
            "",
            |v, a| step(v, Input::Throw(thrown_exception(a)?)),
            "",
        ),
        Method::noargs("close", close, ""),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.am_await = Some(Ok);
        s.next = Some(next);
    },
    ..TypeSpec::named("async_generator_athrow")
};

static WRAPPED_TYPE: Root = Root::new();
static ASEND_TYPE: Root = Root::new();
static ATHROW_TYPE: Root = Root::new();

/// Makes the types.
pub fn init() {
    WRAPPED_TYPE.set(build::native_type(&WRAPPED, 1).value());
    ASEND_TYPE.set(build::native_type(&ASEND, 2).value());
    ATHROW_TYPE.set(build::native_type(&ATHROW, 2).value());
}

fn ty(root: &'static Root) -> Gc<Type> {
    root.get()
        .and_then(|t| t.cast::<Type>())
        .expect("made at start-up")
}

/// Wraps a value that the generator itself yields.
pub fn wrap(v: Value) -> PyResult<Value> {
    let w = Native::new(ty(&WRAPPED_TYPE))?;
    w.put(0, v);
    Ok(w.value())
}

fn unwrap(v: Value) -> Option<Value> {
    if v.type_of() == ty(&WRAPPED_TYPE) {
        v.cast::<Native>()?.get(0)
    } else {
        None
    }
}

/// State of one awaitable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Init,
    Iterating,
    Closed,
}

/// What an awaitable does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Send,
    Throw,
    Close,
}

struct Awaitable {
    phase: Cell<Phase>,
    kind: Kind,
}

enum Input {
    Send(Value),
    Throw(Value),
}

fn make(g: Value, root: &'static Root, kind: Kind, payload: Value) -> PyResult<Value> {
    init_hooks(g)?;
    let a = Native::with_state(
        ty(root),
        Awaitable {
            phase: Cell::new(Phase::Init),
            kind,
        },
    )?;
    a.put(0, g);
    a.put(1, payload);
    Ok(a.value())
}

/// `sys.set_asyncgen_hooks`: the first-iteration hook, once per generator.
fn init_hooks(v: Value) -> PyResult<()> {
    let g = v.cast::<Generator>().expect("an async generator");
    if g.flags.get() & AG_HOOKS != 0 {
        return Ok(());
    }
    g.flags.set(g.flags.get() | AG_HOOKS);
    let t = thread::current();
    g.set_opt(&g.finalizer, t.asyncgen_hooks[1].get());
    match t.asyncgen_hooks[0].get() {
        Some(f) => crate::object::call::call(f, &[v]).map(|_| ()),
        None => Ok(()),
    }
}

/// `__anext__()`
pub fn anext(v: Value) -> PyResult<Value> {
    make(v, &ASEND_TYPE, Kind::Send, Value::NONE)
}

/// `asend(x)`
pub fn asend(v: Value, x: Value) -> PyResult<Value> {
    make(v, &ASEND_TYPE, Kind::Send, x)
}

/// `athrow(...)`
pub fn athrow(v: Value, args: &[Value]) -> PyResult<Value> {
    let payload = crate::types::tuple::new(args)?;
    make(v, &ATHROW_TYPE, Kind::Throw, payload)
}

/// `aclose()`
pub fn aclose(v: Value) -> PyResult<Value> {
    make(v, &ATHROW_TYPE, Kind::Close, Value::NONE)
}

fn next(v: Value) -> PyResult<Option<Value>> {
    match step(v, Input::Send(Value::NONE)) {
        Ok(v) => Ok(Some(v)),
        Err(raised) => Err(raised),
    }
}

fn close(v: Value) -> PyResult<Value> {
    let a = v.cast::<Native>().expect("an awaitable");
    if let Some(s) = a.state::<Awaitable>() {
        s.phase.set(Phase::Closed);
    }
    Ok(Value::NONE)
}

/// One step of driving the generator.
fn step(v: Value, input: Input) -> PyResult<Value> {
    let a = v.cast::<Native>().expect("an awaitable");
    let s = a.state::<Awaitable>().expect("an awaitable has a state");
    let g = a
        .get(0)
        .and_then(|g| g.cast::<Generator>())
        .expect("an async generator");
    if s.phase.get() == Phase::Closed {
        return Err(reuse_error(s.kind));
    }
    let first = s.phase.get() == Phase::Init;
    if first && let Err(raised) = begin(g, s) {
        s.phase.set(Phase::Closed);
        return Err(raised);
    }
    let r = match (input, first, s.kind) {
        (Input::Throw(e), ..) => g.throw(e),
        (Input::Send(x), true, Kind::Send) => {
            let x = if x.is_none() {
                a.get(1).unwrap_or(Value::NONE)
            } else {
                x
            };
            g.send(x)
        }
        (Input::Send(_), true, _) => first_throw(a, g, s.kind),
        (Input::Send(x), false, _) => g.send(x),
    };
    finish_step(g, s, r)
}

fn reuse_error(kind: Kind) -> Raised {
    runtime_error(match kind {
        Kind::Send => "cannot reuse already awaited __anext__()/asend()",
        _ => "cannot reuse already awaited aclose()/athrow()",
    })
}

fn begin(g: Gc<Generator>, s: &Awaitable) -> PyResult<()> {
    if g.flags.get() & AG_RUNNING != 0 {
        return Err(runtime_error(match s.kind {
            Kind::Send => "anext(): asynchronous generator is already running",
            Kind::Throw => "athrow(): asynchronous generator is already running",
            Kind::Close => "aclose(): asynchronous generator is already running",
        }));
    }
    if g.flags.get() & AG_CLOSED != 0 || g.is_finished() {
        return match s.kind {
            Kind::Close => Err(stop_iteration(Value::NONE)),
            _ => Err(raise_args(exc().stop_async_iteration, &[])),
        };
    }
    if s.kind == Kind::Close && g.is_fresh() {
        g.flags.set(g.flags.get() | AG_CLOSED);
        g.close()?;
        return Err(stop_iteration(Value::NONE));
    }
    s.phase.set(Phase::Iterating);
    g.flags.set(g.flags.get() | AG_RUNNING);
    Ok(())
}

fn first_throw(a: Gc<Native>, g: Gc<Generator>, kind: Kind) -> PyResult<Resumed> {
    if kind == Kind::Close {
        g.flags.set(g.flags.get() | AG_CLOSED);
        let e = Exception::new(exc().generator_exit, &[])?;
        return g.throw(e.value());
    }
    let args = a
        .get(1)
        .and_then(|t| t.cast::<crate::types::tuple::Tuple>())
        .expect("arguments of athrow");
    let e = thrown_exception(args.items())?;
    g.throw(e)
}

/// Turns what the generator did into what the awaiting code sees.
fn finish_step(g: Gc<Generator>, s: &Awaitable, r: PyResult<Resumed>) -> PyResult<Value> {
    let done = |g: Gc<Generator>| {
        g.flags.set(g.flags.get() & !AG_RUNNING);
        s.phase.set(Phase::Closed);
    };
    match r {
        Ok(Resumed::Yielded(v)) => match unwrap(v) {
            Some(_) if s.kind == Kind::Close => {
                done(g);
                Err(runtime_error("async generator ignored GeneratorExit"))
            }
            Some(inner) => {
                done(g);
                Err(stop_iteration(inner))
            }
            None => Ok(v),
        },
        Ok(Resumed::Returned(_)) => {
            done(g);
            g.flags.set(g.flags.get() | AG_CLOSED);
            match s.kind {
                Kind::Close => Err(stop_iteration(Value::NONE)),
                _ => Err(raise_args(exc().stop_async_iteration, &[])),
            }
        }
        Err(raised) => {
            done(g);
            g.flags.set(g.flags.get() | AG_CLOSED);
            if s.kind != Kind::Close {
                return Err(raised);
            }
            let raised = match clear_if(raised, exc().generator_exit) {
                Ok(()) => return Err(stop_iteration(Value::NONE)),
                Err(raised) => raised,
            };
            match clear_if(raised, exc().stop_async_iteration) {
                Ok(()) => Err(stop_iteration(Value::NONE)),
                Err(raised) => Err(raised),
            }
        }
    }
}

/// ValueError for a generator entered twice (kept for the interpreter's use).
pub fn already_executing() -> Raised {
    value_error("async generator already executing")
}
