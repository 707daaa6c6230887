//! Builtin functions about iteration: `iter`, `next`, `len`, `sorted`, `all`, `any`, `aiter`, `anext`.

use crate::exceptions::{PyResult, Raised, clear_if, exc, stop_iteration, type_error};
use crate::interp::ops::iter::next as fast_next;
use crate::name;
use crate::object::args::{check_count, split};
use crate::object::call::{call_method, is_callable};
use crate::object::native::Native;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Type, build, protocol};
use crate::types::generator::{awaitable_iter, take_return_value};
use crate::types::list::sort;
use crate::types::seqiter;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::value::{Gc, Root, Value};

pub(super) static FUNCTIONS: &[Method] = &[
    Method::one(
        "aiter",
        "($module, async_iterable, /)",
        aiter,
        "Return an AsyncIterator for an AsyncIterable object.",
    ),
    Method::one(
        "all",
        "($module, iterable, /)",
        |_, x| until(x, false).map(|found| Value::bool(!found)),
        "Return True if bool(x) is True for all values x in the iterable.\n\nIf the iterable is empty, return True.",
    ),
    Method::fast(
        "anext",
        "($module, aiterator, default=<unrepresentable>, /)",
        anext,
        "async anext(aiterator[, default])\n\nReturn the next item from the async iterator.  If default is given and the async\niterator is exhausted, it is returned instead of raising StopAsyncIteration.",
    ),
    Method::one(
        "any",
        "($module, iterable, /)",
        |_, x| until(x, true).map(Value::bool),
        "Return True if bool(x) is True for any x in the iterable.\n\nIf the iterable is empty, return False.",
    ),
    Method::fast(
        "iter",
        "",
        iter,
        "iter(iterable) -> iterator\niter(callable, sentinel) -> iterator\n\nGet an iterator from an object.  In the first form, the argument must\nsupply its own iterator, or be a sequence.\nIn the second form, the callable is called until it returns the sentinel.",
    ),
    Method::one(
        "len",
        "($module, obj, /)",
        |_, x| protocol::length(x).map(Value::from_usize),
        "Return the number of items in a container.",
    ),
    Method::fast(
        "next",
        "",
        next,
        "next(iterator[, default])\n\nReturn the next item from the iterator. If default is given and the iterator\nis exhausted, it is returned instead of raising StopIteration.",
    ),
    Method::fastkw(
        "sorted",
        "($module, iterable, /, *, key=None, reverse=False)",
        sorted,
        "Return a new list containing all items from the iterable in ascending order.\n\nA custom key function can be supplied to customize the sort order, and the\nreverse flag can be set to request the result in descending order.",
    ),
];

/// Whether some item's truth is `wanted`.
fn until(x: Value, wanted: bool) -> PyResult<bool> {
    let it = protocol::iter(x)?;
    while let Some(v) = fast_next(it)? {
        if protocol::is_true(v)? == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

fn iter(_: Value, args: &[Value]) -> PyResult<Value> {
    check_count("iter", args, 1, 2)?;
    let Some(&sentinel) = args.get(1) else {
        return protocol::iter(args[0]);
    };
    if !is_callable(args[0]) {
        return Err(type_error("iter(v, w): v must be callable"));
    }
    seqiter::new_callable(args[0], sentinel)
}

fn next(_: Value, args: &[Value]) -> PyResult<Value> {
    check_count("next", args, 1, 2)?;
    let Some(&default) = args.get(1) else {
        return match protocol::next(args[0])? {
            Some(v) => Ok(v),
            None => Err(stop_iteration(take_return_value())),
        };
    };
    if args[0].type_of().slots().next.is_none() {
        let t = args[0].type_of().name_string();
        return Err(type_error(format!("'{t}' object is not an iterator")));
    }
    match protocol::next(args[0]) {
        Ok(Some(v)) => Ok(v),
        Ok(None) => {
            take_return_value();
            Ok(default)
        }
        Err(raised) => clear_if(raised, exc().stop_iteration).map(|()| default),
    }
}

fn sorted(_: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (positional, values) = split(args, kw);
    check_count("sorted", positional, 1, 1)?;
    let list = protocol::to_list(positional[0])?;
    let (mut key, mut reverse) = (None, false);
    if let Some(names) = kw {
        for (&k, &v) in names.items().iter().zip(values) {
            match k.cast::<Str>() {
                Some(k) if k.eq_str("key") => key = v.not_none(),
                Some(k) if k.eq_str("reverse") => reverse = protocol::as_isize(v)? != 0,
                _ => {
                    let k = protocol::str(k)?;
                    let text = format!(
                        "'{}' is an invalid keyword argument for sort()",
                        k.to_string_lossy()
                    );
                    return Err(type_error(text));
                }
            }
        }
    }
    sort::sort(list, key, reverse)?;
    Ok(list.value())
}

// ---- asynchronous iteration ----

fn aiter(_: Value, x: Value) -> PyResult<Value> {
    let Some(f) = x.type_of().slots().am_aiter else {
        return Err(type_error(format!(
            "'{}' object is not an async iterable",
            x.type_of().name_string()
        )));
    };
    let it = f(x)?;
    if it.type_of().slots().am_anext.is_none() {
        let t = it.type_of().name_string();
        return Err(type_error(format!(
            "aiter() returned not an async iterator of type '{t}'"
        )));
    }
    Ok(it)
}

fn anext(_: Value, args: &[Value]) -> PyResult<Value> {
    check_count("anext", args, 1, 2)?;
    let Some(f) = args[0].type_of().slots().am_anext else {
        let t = args[0].type_of().name_string();
        return Err(type_error(format!("'{t}' object is not an async iterator")));
    };
    let awaitable = f(args[0])?;
    match args.get(1) {
        None => Ok(awaitable),
        Some(&default) => {
            let a = Native::new(
                ANEXT_TYPE
                    .get()
                    .and_then(|t| t.cast::<Type>())
                    .expect("made at start-up"),
            )?;
            a.put(0, awaitable);
            a.put(1, default);
            Ok(a.value())
        }
    }
}

/// Slots: the awaitable of `__anext__`, the default.
static ANEXT: TypeSpec = TypeSpec {
    methods: &[
        Method::fast(
            "send",
            "",
            |v, a| proxy(v, name!("send"), a),
            "send(arg) -> send 'arg' into the wrapped iterator,\nreturn next yielded value or raise StopIteration.",
        ),
        Method::fast(
            "throw",
            "",
            |v, a| proxy(v, name!("throw"), a),
            "throw(value)\nthrow(typ[,val[,tb]])\n\nraise exception in the wrapped iterator, return next yielded value\nor raise StopIteration.",
        ),
        Method::fast(
            "close",
            "",
            |v, a| proxy(v, name!("close"), a),
            "close() -> raise GeneratorExit inside generator.",
        ),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.am_await = Some(Ok);
        s.next = Some(|v| {
            let it = inner(v)?;
            match protocol::next(it) {
                Err(raised) => Err(exhausted(v, raised)),
                r => r,
            }
        });
    },
    ..TypeSpec::named("anext_awaitable")
};

static ANEXT_TYPE: Root = Root::new();

/// Makes the helper type.
pub(super) fn init() {
    ANEXT_TYPE.set(build::native_type(&ANEXT, 2).value());
}

fn part(v: Value, i: usize) -> Value {
    v.cast::<Native>()
        .and_then(|n| n.get(i))
        .unwrap_or(Value::NONE)
}

/// The iterator behind the awaitable, remembered in place of it.
fn inner(v: Value) -> PyResult<Value> {
    let it = awaitable_iter(part(v, 0))?;
    let slots = it.type_of();
    let slots = slots.slots();
    // Only coroutines are no iterators themselves.
    match slots.am_await {
        Some(f) if slots.next.is_none() => f(it),
        _ => Ok(it),
    }
}

/// StopAsyncIteration of the wrapped iterator becomes the end with the default as value.
fn exhausted(v: Value, raised: Raised) -> Raised {
    match clear_if(raised, exc().stop_async_iteration) {
        Ok(()) => stop_iteration(part(v, 1)),
        Err(raised) => raised,
    }
}

fn proxy(v: Value, method: Gc<Str>, args: &[Value]) -> PyResult<Value> {
    call_method(inner(v)?, method, args).map_err(|raised| exhausted(v, raised))
}
