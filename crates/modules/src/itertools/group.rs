//! `groupby` and `tee`.

use rivet_vm::exceptions::{PyResult, runtime_error, type_error, value_error};
use rivet_vm::object::args::check_count;
use rivet_vm::object::call::{call, call_method};
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, protocol};
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, RVec, Root, Value};

use super::{REDUCE_DOC, SETSTATE_DOC};
use crate::util::{alloc, bind, get_int, is_a, make_in, nat, put_int, ty};

static GROUPBY: Root = Root::new();
static GROUPER: Root = Root::new();
static TEE: Root = Root::new();
static TEE_DATA: Root = Root::new();

static METHODS: &[Method] = &[Method::fast(
    "tee",
    "($module, iterable, n=2, /)",
    tee,
    "Returns a tuple of n independent iterators.",
)];

/// Adds the types to the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    make_in(m, &GROUPBY, &GROUPBY_SPEC, 6)?;
    make_in(m, &GROUPER, &GROUPER_SPEC, 2)?;
    make_in(m, &TEE, &TEE_SPEC, 2)?;
    make_in(m, &TEE_DATA, &TEE_DATA_SPEC, 4)?;
    m.add_functions(METHODS)
}

// ---- groupby ----

const IT: usize = 0;
const KEYFUNC: usize = 1;
const TARGET: usize = 2;
const KEY: usize = 3;
const ITEM: usize = 4;
const GROUP: usize = 5;

static GROUPBY_SPEC: TypeSpec = TypeSpec {
    doc: "make an iterator that returns consecutive keys and groups from the iterable\n\n  iterable\n    Elements to divide into groups according to the key function.\n  key\n    A function for computing the group category for each element.\n    If the key function is not specified or is None, the element itself\n    is used for grouping.",
    signature: "(iterable, key=None)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "__reduce__",
            |v| {
                let n = nat(v);
                let key = n.get(KEYFUNC).unwrap_or(Value::NONE);
                let args = tuple::new(&[n.get(IT).unwrap_or(Value::NONE), key])?;
                match (n.get(TARGET), n.get(KEY), n.get(ITEM)) {
                    (Some(t), Some(k), Some(x)) => {
                        tuple::new(&[v.type_of().value(), args, tuple::new(&[k, x, t])?])
                    }
                    _ => tuple::new(&[v.type_of().value(), args]),
                }
            },
            REDUCE_DOC,
        ),
        Method::one(
            "__setstate__",
            "",
            |v, state| {
                let t = state
                    .cast::<Tuple>()
                    .filter(|t| t.len() == 3)
                    .ok_or_else(|| type_error("state is not a tuple"))?;
                let n = nat(v);
                n.put(KEY, t.item(0));
                n.put(ITEM, t.item(1));
                n.put(TARGET, t.item(2));
                Ok(Value::NONE)
            },
            SETSTATE_DOC,
        ),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(iterable, key=None)", "groupby", args, kw)?;
            let it = protocol::iter(a[0].unwrap_or(Value::NONE))?;
            let n = alloc(t)?;
            n.put(IT, it);
            n.put_opt(KEYFUNC, a[1].and_then(Value::not_none));
            Ok(n.value())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            n.put_opt(GROUP, None);
            loop {
                match (n.get(KEY), n.get(TARGET)) {
                    (None, _) => {}
                    (Some(_), None) => break,
                    (Some(k), Some(t)) => {
                        if !protocol::equal(t, k)? {
                            break;
                        }
                    }
                }
                if !step(n)? {
                    return Ok(None);
                }
            }
            let key = n.get(KEY).unwrap_or(Value::NONE);
            n.put(TARGET, key);
            let g = Native::new(ty(&GROUPER))?;
            g.put(0, v);
            g.put(1, key);
            n.put(GROUP, g.value());
            tuple::new(&[key, g.value()]).map(Some)
        });
    },
    ..TypeSpec::named("itertools.groupby")
};

/// Reads the next item and its key; false at the end.
fn step(n: Gc<Native>) -> PyResult<bool> {
    let Some(x) = protocol::next(n.get(IT).unwrap_or(Value::NONE))? else {
        return Ok(false);
    };
    let key = match n.get(KEYFUNC) {
        Some(f) => call(f, &[x])?,
        None => x,
    };
    n.put(ITEM, x);
    n.put(KEY, key);
    Ok(true)
}

static GROUPER_SPEC: TypeSpec = TypeSpec {
    methods: &[Method::noargs(
        "__reduce__",
        |v| {
            let g = nat(v);
            let parent = g.get(0).unwrap_or(Value::NONE);
            if nat(parent).get(GROUP) != Some(v) {
                let iter = rivet_vm::types::iterators::builtin_function("iter")?;
                return tuple::new(&[iter, tuple::new(&[tuple::new(&[])?])?]);
            }
            tuple::new(&[
                v.type_of().value(),
                tuple::new(&[parent, g.get(1).unwrap_or(Value::NONE)])?,
            ])
        },
        REDUCE_DOC,
    )],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(parent, tgtkey, /)", "_grouper", args, kw)?;
            let parent = a[0]
                .filter(|&p| is_a(p, &GROUPBY))
                .ok_or_else(|| type_error("_grouper() argument 1 must be itertools.groupby"))?;
            let g = alloc(t)?;
            g.put(0, parent);
            g.put_opt(1, a[1]);
            nat(parent).put(GROUP, g.value());
            Ok(g.value())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let g = nat(v);
            let n = nat(g.get(0).unwrap_or(Value::NONE));
            if n.get(GROUP) != Some(v) {
                return Ok(None);
            }
            if n.get(ITEM).is_none() && !step(n)? {
                return Ok(None);
            }
            let (key, target) = (
                n.get(KEY).unwrap_or(Value::NONE),
                g.get(1).unwrap_or(Value::NONE),
            );
            if !protocol::equal(target, key)? {
                return Ok(None);
            }
            let x = n.get(ITEM);
            n.put_opt(ITEM, None);
            Ok(x)
        });
    },
    ..TypeSpec::named("itertools._grouper")
};

// ---- tee: chunks of items already read, linked ----

/// Items in one chunk.
const CHUNK: i64 = 57;

/// Slots of a chunk: iterator, items (list), next chunk, whether the iterator is running.
static TEE_DATA_SPEC: TypeSpec = TypeSpec {
    doc: "teedataobject(iterable, values, next, /)\n--\n\nData container common to multiple tee objects.",
    methods: &[Method::noargs(
        "__reduce__",
        |v| {
            let n = nat(v);
            let values = List::from_slice(chunk_items(n).items())?.value();
            let args = [
                n.get(0).unwrap_or(Value::NONE),
                values,
                n.get(2).unwrap_or(Value::NONE),
            ];
            tuple::new(&[v.type_of().value(), tuple::new(&args)?])
        },
        REDUCE_DOC,
    )],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(iterable, values, next, /)", "_tee_dataobject", args, kw)?;
            let values = a[1]
                .and_then(|l| l.cast::<List>())
                .ok_or_else(|| type_error("argument 2 must be list"))?;
            let next = a[2].and_then(Value::not_none);
            let n = values.len() as i64;
            if n > CHUNK {
                return Err(value_error("Invalid arguments"));
            }
            if n == CHUNK {
                if next.is_some_and(|x| !is_a(x, &TEE_DATA)) {
                    return Err(value_error(
                        "_tee_dataobject next link should be a _tee_dataobject",
                    ));
                }
            } else if next.is_some() {
                return Err(value_error(
                    "_tee_dataobject shouldn't have a next if not full",
                ));
            }
            let d = alloc(t)?;
            d.put(0, a[0].unwrap_or(Value::NONE));
            d.put(1, List::from_slice(values.items())?.value());
            d.put_opt(2, next);
            Ok(d.value())
        });
    },
    ..TypeSpec::named("itertools._tee_dataobject")
};

fn chunk_items(n: Gc<Native>) -> Gc<List> {
    n.get(1).and_then(|l| l.cast::<List>()).expect("set by new")
}

fn new_chunk(it: Value) -> PyResult<Gc<Native>> {
    let d = Native::new(ty(&TEE_DATA))?;
    d.put(0, it);
    d.put(1, List::new()?.value());
    Ok(d)
}

/// Slots of a tee iterator: chunk, index in it.
static TEE_SPEC: TypeSpec = TypeSpec {
    doc: "Iterator wrapped to make it copyable.",
    flags: TypeFlags::WEAKREFABLE,
    methods: &[
        Method::noargs(
            "__copy__",
            |v| copy(nat(v)).map(Gc::value),
            "Returns an independent iterator.",
        ),
        Method::noargs(
            "__reduce__",
            |v| {
                let n = nat(v);
                let args = tuple::new(&[tuple::new(&[])?])?;
                let state =
                    tuple::new(&[n.get(0).unwrap_or(Value::NONE), Value::int(get_int(n, 1))])?;
                tuple::new(&[v.type_of().value(), args, state])
            },
            REDUCE_DOC,
        ),
        Method::one(
            "__setstate__",
            "",
            |v, state| {
                let t = state
                    .cast::<Tuple>()
                    .filter(|t| t.len() == 2)
                    .ok_or_else(|| type_error("state is not a tuple"))?;
                let i = protocol::as_isize(t.item(1))? as i64;
                if !is_a(t.item(0), &TEE_DATA) || !(0..=CHUNK).contains(&i) {
                    return Err(value_error("Index out of range"));
                }
                nat(v).put(0, t.item(0));
                put_int(nat(v), 1, i);
                Ok(Value::NONE)
            },
            SETSTATE_DOC,
        ),
    ],
    slots: |s| {
        s.new = Some(|_: Gc<Type>, args, kw| {
            let a = bind("(iterable, /)", "_tee", args, kw)?;
            from_iterable(a[0].unwrap_or(Value::NONE)).map(Gc::value)
        });
        s.iter = Some(Ok);
        s.next = Some(tee_next);
    },
    ..TypeSpec::named("itertools._tee")
};

fn copy(n: Gc<Native>) -> PyResult<Gc<Native>> {
    let c = Native::new(ty(&TEE))?;
    c.put_opt(0, n.get(0));
    put_int(c, 1, get_int(n, 1));
    Ok(c)
}

fn from_iterable(x: Value) -> PyResult<Gc<Native>> {
    let it = protocol::iter(x)?;
    if is_a(it, &TEE) {
        return copy(nat(it));
    }
    let n = Native::new(ty(&TEE))?;
    n.put(0, new_chunk(it)?.value());
    put_int(n, 1, 0);
    Ok(n)
}

fn tee_next(v: Value) -> PyResult<Option<Value>> {
    let n = nat(v);
    let mut chunk = nat(n.get(0).unwrap_or(Value::NONE));
    let mut i = get_int(n, 1);
    if i >= CHUNK {
        let next = match chunk.get(2) {
            Some(c) => nat(c),
            None => {
                let c = new_chunk(chunk.get(0).unwrap_or(Value::NONE))?;
                chunk.put(2, c.value());
                c
            }
        };
        n.put(0, next.value());
        put_int(n, 1, 0);
        chunk = next;
        i = 0;
    }
    let items = chunk_items(chunk);
    let x = match items.get(i as usize) {
        Some(x) => x,
        None => {
            if get_int(chunk, 3) == 1 {
                return Err(runtime_error("cannot re-enter the tee iterator"));
            }
            put_int(chunk, 3, 1);
            let r = protocol::next(chunk.get(0).unwrap_or(Value::NONE));
            put_int(chunk, 3, 0);
            let Some(x) = r? else { return Ok(None) };
            items.append(x)?;
            x
        }
    };
    put_int(n, 1, i + 1);
    Ok(Some(x))
}

fn tee(_m: Value, args: &[Value]) -> PyResult<Value> {
    check_count("tee", args, 1, 2)?;
    let n = args.get(1).map_or(Ok(2), |&n| protocol::as_isize(n))?;
    if n < 0 {
        return Err(value_error("n must be >= 0"));
    }
    let mut out = RVec::new();
    if n == 0 {
        return tuple::new(&[]);
    }
    let it = protocol::iter(args[0])?;
    let copy_name = rivet_vm::name!("__copy__");
    let first = match rivet_vm::object::attr::find_attr(it, copy_name)? {
        Some(_) => it,
        None => from_iterable(it)?.value(),
    };
    out.push(first)?;
    for _ in 1..n {
        out.push(call_method(first, copy_name, &[])?)?;
    }
    tuple::new(&out)
}
