//! `compress`, `dropwhile`, `filterfalse`, `islice`, `takewhile`.

use rivet_vm::exceptions::{PyResult, clear_if, exc, value_error};
use rivet_vm::object::args::{check_count, no_keywords, split};
use rivet_vm::object::call::call;
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, protocol};
use rivet_vm::types::module::Module;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, Root, Value};

use super::{REDUCE_DOC, SETSTATE_DOC, empty_iterator};
use crate::util::{alloc, bind, get_int, make_in, nat, put_int, ty};

static COMPRESS: Root = Root::new();
static DROPWHILE: Root = Root::new();
static FILTERFALSE: Root = Root::new();
static ISLICE: Root = Root::new();
static TAKEWHILE: Root = Root::new();

/// Adds the types to the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    make_in(m, &COMPRESS, &COMPRESS_SPEC, 2)?;
    make_in(m, &DROPWHILE, &DROPWHILE_SPEC, 3)?;
    make_in(m, &FILTERFALSE, &FILTERFALSE_SPEC, 2)?;
    make_in(m, &ISLICE, &ISLICE_SPEC, 5)?;
    make_in(m, &TAKEWHILE, &TAKEWHILE_SPEC, 3)?;
    Ok(())
}

/// A new object of (function, iterator).
fn with_function(
    t: Gc<Type>,
    root: &'static Root,
    name: &str,
    args: &[Value],
    kw: Option<Gc<Tuple>>,
) -> PyResult<Value> {
    if t == ty(root) {
        no_keywords(name, kw)?;
    }
    check_count(name, split(args, kw).0, 2, 2)?;
    let it = protocol::iter(args[1])?;
    let n = alloc(t)?;
    n.put(0, args[0]);
    n.put(1, it);
    Ok(n.value())
}

fn slot(v: Value, i: usize) -> Value {
    nat(v).get(i).unwrap_or(Value::NONE)
}

/// `(type, (slot 0, slot 1))`
fn reduce_pair(v: Value) -> PyResult<Value> {
    tuple::new(&[v.type_of().value(), tuple::new(&[slot(v, 0), slot(v, 1)])?])
}

/// `(type, (slot 0, slot 1), flag)`
fn reduce_flag(v: Value) -> PyResult<Value> {
    let args = tuple::new(&[slot(v, 0), slot(v, 1)])?;
    tuple::new(&[v.type_of().value(), args, Value::int(get_int(nat(v), 2))])
}

fn set_flag(v: Value, state: Value) -> PyResult<Value> {
    put_int(nat(v), 2, i64::from(protocol::is_true(state)?));
    Ok(Value::NONE)
}

static COMPRESS_SPEC: TypeSpec = TypeSpec {
    doc: "Return data elements corresponding to true selector elements.\n\nForms a shorter iterator from selected data elements using the selectors to\nchoose the data elements.",
    signature: "(data, selectors)",
    flags: TypeFlags::BASETYPE,
    methods: &[Method::noargs("__reduce__", reduce_pair, REDUCE_DOC)],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(data, selectors)", "compress", args, kw)?;
            let data = protocol::iter(a[0].unwrap_or(Value::NONE))?;
            let selectors = protocol::iter(a[1].unwrap_or(Value::NONE))?;
            let n = alloc(t)?;
            n.put(0, data);
            n.put(1, selectors);
            Ok(n.value())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            loop {
                let Some(x) = protocol::next(slot(v, 0))? else {
                    return Ok(None);
                };
                let Some(want) = protocol::next(slot(v, 1))? else {
                    return Ok(None);
                };
                if protocol::is_true(want)? {
                    return Ok(Some(x));
                }
            }
        });
    },
    ..TypeSpec::named("itertools.compress")
};

static DROPWHILE_SPEC: TypeSpec = TypeSpec {
    doc: "Drop items from the iterable while predicate(item) is true.\n\nAfterwards, return every element until the iterable is exhausted.",
    signature: "(predicate, iterable, /)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs("__reduce__", reduce_flag, REDUCE_DOC),
        Method::one("__setstate__", "", set_flag, SETSTATE_DOC),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| with_function(t, &DROPWHILE, "dropwhile", args, kw));
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            loop {
                let Some(x) = protocol::next(slot(v, 1))? else {
                    return Ok(None);
                };
                if get_int(n, 2) == 1 {
                    return Ok(Some(x));
                }
                if !protocol::is_true(call(slot(v, 0), &[x])?)? {
                    put_int(n, 2, 1);
                    return Ok(Some(x));
                }
            }
        });
    },
    ..TypeSpec::named("itertools.dropwhile")
};

static TAKEWHILE_SPEC: TypeSpec = TypeSpec {
    doc: "Return successive entries from an iterable as long as the predicate evaluates to true for each entry.",
    signature: "(predicate, iterable, /)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs("__reduce__", reduce_flag, REDUCE_DOC),
        Method::one("__setstate__", "", set_flag, SETSTATE_DOC),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| with_function(t, &TAKEWHILE, "takewhile", args, kw));
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            if get_int(n, 2) == 1 {
                return Ok(None);
            }
            let Some(x) = protocol::next(slot(v, 1))? else {
                return Ok(None);
            };
            if protocol::is_true(call(slot(v, 0), &[x])?)? {
                return Ok(Some(x));
            }
            put_int(n, 2, 1);
            Ok(None)
        });
    },
    ..TypeSpec::named("itertools.takewhile")
};

static FILTERFALSE_SPEC: TypeSpec = TypeSpec {
    doc: "Return those items of iterable for which function(item) is false.\n\nIf function is None, return the items that are false.",
    signature: "(function, iterable, /)",
    flags: TypeFlags::BASETYPE,
    methods: &[Method::noargs("__reduce__", reduce_pair, REDUCE_DOC)],
    slots: |s| {
        s.new = Some(|t, args, kw| with_function(t, &FILTERFALSE, "filterfalse", args, kw));
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let f = slot(v, 0);
            loop {
                let Some(x) = protocol::next(slot(v, 1))? else {
                    return Ok(None);
                };
                let plain = f.is_none() || f == rivet_vm::runtime::types().bool.value();
                let good = if plain {
                    protocol::is_true(x)?
                } else {
                    protocol::is_true(call(f, &[x])?)?
                };
                if !good {
                    return Ok(Some(x));
                }
            }
        });
    },
    ..TypeSpec::named("itertools.filterfalse")
};

// ---- islice: iterator, next index wanted, stop (-1: none), step, items taken ----

static ISLICE_SPEC: TypeSpec = TypeSpec {
    doc: "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\nReturn an iterator whose next() method returns selected values from an\niterable.  If start is specified, will skip all preceding elements;\notherwise, start defaults to zero.  Step defaults to one.  If\nspecified as another value, step determines how many values are\nskipped between successive calls.  Works like a slice() on a list\nbut returns an iterator.",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "__reduce__",
            |v| {
                let n = nat(v);
                let t = v.type_of().value();
                let Some(it) = n.get(0) else {
                    let args = tuple::new(&[empty_iterator()?, Value::int(0)])?;
                    return tuple::new(&[t, args, Value::int(0)]);
                };
                let stop = if get_int(n, 2) == -1 {
                    Value::NONE
                } else {
                    Value::int(get_int(n, 2))
                };
                let args = tuple::new(&[
                    it,
                    Value::int(get_int(n, 1)),
                    stop,
                    Value::int(get_int(n, 3)),
                ])?;
                tuple::new(&[t, args, Value::int(get_int(n, 4))])
            },
            REDUCE_DOC,
        ),
        Method::one(
            "__setstate__",
            "",
            |v, x| {
                put_int(nat(v), 4, protocol::as_isize(x)? as i64);
                Ok(Value::NONE)
            },
            SETSTATE_DOC,
        ),
    ],
    slots: |s| {
        s.new = Some(islice_new);
        s.iter = Some(Ok);
        s.next = Some(islice_next);
    },
    ..TypeSpec::named("itertools.islice")
};

/// None, or an index of at least `least`.
fn limit(v: Value, absent: i64, least: i64, message: &str) -> PyResult<i64> {
    if v.is_none() {
        return Ok(absent);
    }
    match protocol::as_isize(v) {
        Ok(i) if i as i64 >= least => Ok(i as i64),
        Ok(_) => Err(value_error(message)),
        Err(e) => {
            if let Err(other) = clear_if(e, exc().type_error) {
                clear_if(other, exc().overflow_error)?;
            }
            Err(value_error(message))
        }
    }
}

fn islice_new(t: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    if t == ty(&ISLICE) {
        no_keywords("islice", kw)?;
    }
    let args = split(args, kw).0;
    check_count("islice", args, 2, 4)?;
    const INDICES: &str = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    const STOP: &str =
        "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    const STEP: &str = "Step for islice() must be a positive integer or None.";
    let (start, stop) = match *args {
        [_, stop] => (0, limit(stop, -1, 0, STOP)?),
        [_, start, stop, ..] => {
            let stop = limit(stop, -1, 0, STOP)?;
            (limit(start, 0, 0, INDICES)?, stop)
        }
        _ => (0, -1),
    };
    let step = args.get(3).map_or(Ok(1), |&s| limit(s, 1, 1, STEP))?;
    let it = protocol::iter(args[0])?;
    let n = alloc(t)?;
    n.put(0, it);
    put_int(n, 1, start);
    put_int(n, 2, stop);
    put_int(n, 3, step);
    Ok(n.value())
}

fn islice_next(v: Value) -> PyResult<Option<Value>> {
    let n = nat(v);
    let Some(it) = n.get(0) else { return Ok(None) };
    let (wanted, stop) = (get_int(n, 1), get_int(n, 2));
    let end = |r: PyResult<Option<Value>>| {
        n.put_opt(0, None);
        r
    };
    let mut taken = get_int(n, 4);
    while taken < wanted {
        match protocol::next(it) {
            Ok(Some(_)) => {}
            other => return end(other),
        }
        taken += 1;
        put_int(n, 4, taken);
    }
    if stop != -1 && taken >= stop {
        return end(Ok(None));
    }
    match protocol::next(it) {
        Ok(Some(x)) => {
            put_int(n, 4, taken + 1);
            let next = wanted
                .checked_add(get_int(n, 3))
                .filter(|&x| stop == -1 || x <= stop);
            put_int(
                n,
                1,
                next.unwrap_or(if stop == -1 { i64::MAX >> 1 } else { stop }),
            );
            Ok(Some(x))
        }
        other => end(other),
    }
}
