//! `enumerate`, `zip`, `map`, `filter`, `reversed`.

use rivet_spec::BinaryOp;

use crate::exceptions::{PyResult, Raised, clear_if, exc, type_error, value_error};
use crate::interp::ops::iter::next as fast_next;
use crate::name;
use crate::object::args::{check_count, no_keywords, split};
use crate::object::attr::lookup_special;
use crate::object::call::{call, call_special};
use crate::object::native::Native;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Type, TypeFlags, build, number, protocol};
use crate::types::generic_alias;
use crate::types::str::Str;
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, RVec, Root, Value};

const REDUCE_DOC: &str = "Return state information for pickling.";

static TYPES: [Root; 5] = [const { Root::new() }; 5];

/// Makes the types.
pub(super) fn init() {
    for (root, spec) in TYPES
        .iter()
        .zip([&ENUMERATE, &ZIP, &MAP, &FILTER, &REVERSED])
    {
        root.set(build::native_type(spec, 2).value());
    }
}

/// The types.
pub(super) fn types() -> impl Iterator<Item = Gc<Type>> {
    TYPES
        .iter()
        .filter_map(|r| r.get().and_then(|t| t.cast::<Type>()))
}

fn make(ty: Gc<Type>, a: Value, b: Value) -> PyResult<Value> {
    let n = Native::new(ty)?;
    n.put(0, a);
    n.put(1, b);
    Ok(n.value())
}

fn this(v: Value) -> Gc<Native> {
    v.cast::<Native>().expect("checked by the descriptor")
}

fn part(v: Value, i: usize) -> Value {
    this(v).get(i).unwrap_or(Value::NONE)
}

fn tuple_part(v: Value, i: usize) -> Gc<Tuple> {
    this(v)
        .get(i)
        .and_then(|t| t.cast::<Tuple>())
        .unwrap_or_else(crate::runtime::empty_tuple)
}

/// Only the builtin type itself (or a subclass that inherits `__init__`) refuses keywords.
fn refuse_keywords(name: &str, ty: Gc<Type>, kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let object = crate::runtime::types().object;
    if ty.slots().init.map(|f| f as usize) == object.slots().init.map(|f| f as usize) {
        no_keywords(name, kw)?;
    }
    Ok(())
}

// ---- enumerate: the iterator, the next number ----

/// The arguments of `enumerate`, which binds them in its own way: the first keyword is looked at first.
fn enumerate_args(args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<(Value, Option<Value>)> {
    let (given, values) = split(args, kw);
    let names = kw.map_or(&[][..], |k| k.items());
    let (mut iterable, mut start) = (given.first().copied(), given.get(1).copied());
    if args.len() > 2 && !given.is_empty() {
        let n = args.len();
        return Err(type_error(format!(
            "enumerate() takes at most 2 arguments ({n} given)"
        )));
    }
    if args.is_empty() || args.len() > 2 {
        return Err(type_error(
            "enumerate() missing required argument 'iterable'",
        ));
    }
    for (name, &value) in names.iter().zip(values) {
        let text = name.cast::<Str>().map(|s| s.to_string_lossy().into_owned());
        // `start` alone is not known, as `iterable` is not once it is given.
        match text.as_deref().unwrap_or_default() {
            "iterable" if iterable.is_none() => iterable = Some(value),
            "start" if start.is_none() && args.len() == 2 => start = Some(value),
            other => {
                return Err(type_error(format!(
                    "'{other}' is an invalid keyword argument for enumerate()"
                )));
            }
        }
    }
    Ok((iterable.unwrap_or(Value::NONE), start))
}

static ENUMERATE: TypeSpec = TypeSpec {
    doc: "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe enumerate object yields pairs containing a count (from start, which\ndefaults to zero) and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an indexed list:\n    (0, seq[0]), (1, seq[1]), (2, seq[2]), ...",
    signature: "(iterable, start=0)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "__reduce__",
            |v| tuple::new(&[v.type_of().value(), tuple::new(&[part(v, 0), part(v, 1)])?]),
            REDUCE_DOC,
        ),
        generic_alias::CLASS_GETITEM,
    ],
    slots: |s| {
        s.new = Some(|ty, args, kw| {
            let (iterable, start) = enumerate_args(args, kw)?;
            let start = start.map_or(Ok(Value::int(0)), protocol::index)?;
            make(ty, protocol::iter(iterable)?, start)
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let Some(x) = fast_next(part(v, 0))? else {
                return Ok(None);
            };
            let n = part(v, 1);
            let next = match n.as_small_int() {
                Some(i) => Value::int(i + 1),
                None => number::binary(BinaryOp::Add, n, Value::int(1))?,
            };
            this(v).put(1, next);
            tuple::new(&[n, x]).map(Some)
        });
    },
    ..TypeSpec::named("enumerate")
};

// ---- zip: the iterators, True if strict ----

static ZIP: TypeSpec = TypeSpec {
    doc: "zip(*iterables, strict=False) --> Yield tuples until an input is exhausted.\n\n   >>> list(zip('abcdefg', range(3), range(4)))\n   [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]\n\nThe zip object yields n-length tuples, where n is the number of iterables\npassed as positional arguments to zip().  The i-th element in every tuple\ncomes from the i-th iterable argument to zip().  This continues until the\nshortest argument is exhausted.\n\nIf strict is true and one of the arguments is exhausted before the others,\nraise a ValueError.",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "__reduce__",
            |v| {
                let (ty, its) = (v.type_of().value(), part(v, 0));
                if part(v, 1) == Value::TRUE {
                    tuple::new(&[ty, its, Value::TRUE])
                } else {
                    tuple::new(&[ty, its])
                }
            },
            REDUCE_DOC,
        ),
        Method::one(
            "__setstate__",
            "",
            |v, s| {
                this(v).put(1, Value::bool(protocol::is_true(s)?));
                Ok(Value::NONE)
            },
            "Set state information for unpickling.",
        ),
    ],
    slots: |s| {
        s.new = Some(new_zip);
        s.iter = Some(Ok);
        s.next = Some(next_zip);
    },
    ..TypeSpec::named("zip")
};

fn new_zip(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (items, values) = split(args, kw);
    let mut strict = false;
    if let Some(names) = kw {
        for (&k, &v) in names.items().iter().zip(values) {
            if !k.cast::<Str>().is_some_and(|k| k.eq_str("strict")) {
                let k = protocol::str(k)?;
                let text = format!(
                    "'{}' is an invalid keyword argument for zip()",
                    k.to_string_lossy()
                );
                return Err(type_error(text));
            }
            strict = protocol::is_true(v)?;
        }
    }
    let mut its = RVec::with_capacity(items.len())?;
    for &x in items {
        its.push(protocol::iter(x)?)?;
    }
    make(ty, Tuple::from_slice(&its)?.value(), Value::bool(strict))
}

fn next_zip(v: Value) -> PyResult<Option<Value>> {
    let its = tuple_part(v, 0);
    if its.is_empty() {
        return Ok(None);
    }
    let strict = part(v, 1) == Value::TRUE;
    let end = |i| if strict { strict_end(its, i) } else { Ok(None) };
    if let [a, b] = *its.items() {
        let Some(x) = fast_next(a)? else {
            return end(0);
        };
        let Some(y) = fast_next(b)? else {
            return end(1);
        };
        return tuple::new(&[x, y]).map(Some);
    }
    let mut out = RVec::with_capacity(its.len())?;
    for (i, &it) in its.items().iter().enumerate() {
        match fast_next(it)? {
            Some(x) => out.push(x)?,
            None => return end(i),
        }
    }
    tuple::new(&out).map(Some)
}

/// Iterator `i` is exhausted although those before it were not; or it is the first, and the others are to be too.
fn strict_end(its: Gc<Tuple>, i: usize) -> PyResult<Option<Value>> {
    if i > 0 {
        return Err(uneven(i, "shorter"));
    }
    for (j, &it) in its.items().iter().enumerate().skip(1) {
        if fast_next(it)?.is_some() {
            return Err(uneven(j, "longer"));
        }
    }
    Ok(None)
}

fn uneven(i: usize, how: &str) -> Raised {
    let plural = if i == 1 { " " } else { "s 1-" };
    value_error(format!(
        "zip() argument {} is {how} than argument{plural}{i}",
        i + 1
    ))
}

// ---- map: the function, the iterators ----

static MAP: TypeSpec = TypeSpec {
    doc: "map(func, *iterables) --> map object\n\nMake an iterator that computes the function using arguments from\neach of the iterables.  Stops when the shortest iterable is exhausted.",
    flags: TypeFlags::BASETYPE,
    methods: &[Method::noargs(
        "__reduce__",
        |v| {
            let mut args = RVec::from_slice(&[part(v, 0)])?;
            args.extend(tuple_part(v, 1).items())?;
            tuple::new(&[v.type_of().value(), tuple::new(&args)?])
        },
        REDUCE_DOC,
    )],
    slots: |s| {
        s.new = Some(|ty, args, kw| {
            refuse_keywords("map", ty, kw)?;
            let (args, _) = split(args, kw);
            let &[f, ref items @ ..] = args else {
                return Err(type_error("map() must have at least two arguments."));
            };
            if items.is_empty() {
                return Err(type_error("map() must have at least two arguments."));
            }
            let mut its = RVec::with_capacity(items.len())?;
            for &x in items {
                its.push(protocol::iter(x)?)?;
            }
            make(ty, f, Tuple::from_slice(&its)?.value())
        });
        s.iter = Some(Ok);
        s.next = Some(next_map);
    },
    ..TypeSpec::named("map")
};

fn next_map(v: Value) -> PyResult<Option<Value>> {
    let its = tuple_part(v, 1);
    if let [it] = its.items() {
        return match fast_next(*it)? {
            Some(x) => call(part(v, 0), &[x]).map(Some),
            None => Ok(None),
        };
    }
    if let [a, b] = *its.items() {
        let Some(x) = fast_next(a)? else {
            return Ok(None);
        };
        let Some(y) = fast_next(b)? else {
            return Ok(None);
        };
        return call(part(v, 0), &[x, y]).map(Some);
    }
    let mut args = RVec::with_capacity(its.len())?;
    for &it in its.items() {
        match fast_next(it)? {
            Some(x) => args.push(x)?,
            None => return Ok(None),
        }
    }
    call(part(v, 0), &args).map(Some)
}

// ---- filter: the function or None, the iterator ----

static FILTER: TypeSpec = TypeSpec {
    doc: "filter(function or None, iterable) --> filter object\n\nReturn an iterator yielding those items of iterable for which function(item)\nis true. If function is None, return the items that are true.",
    flags: TypeFlags::BASETYPE,
    methods: &[Method::noargs(
        "__reduce__",
        |v| tuple::new(&[v.type_of().value(), tuple::new(&[part(v, 0), part(v, 1)])?]),
        REDUCE_DOC,
    )],
    slots: |s| {
        s.new = Some(|ty, args, kw| {
            refuse_keywords("filter", ty, kw)?;
            let (args, _) = split(args, kw);
            check_count("filter", args, 2, 2)?;
            make(ty, args[0], protocol::iter(args[1])?)
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let (f, it) = (part(v, 0), part(v, 1));
            let plain = f.is_none() || f == crate::runtime::types().bool.value();
            while let Some(x) = fast_next(it)? {
                let verdict = if plain { x } else { call(f, &[x])? };
                if protocol::is_true(verdict)? {
                    return Ok(Some(x));
                }
            }
            Ok(None)
        });
    },
    ..TypeSpec::named("filter")
};

// ---- reversed: the sequence (nothing once exhausted), one more than the next index ----

static REVERSED: TypeSpec = TypeSpec {
    doc: "Return a reverse iterator over the values of the given sequence.",
    signature: "(sequence, /)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "__length_hint__",
            reversed_hint,
            "Private method returning an estimate of len(list(it)).",
        ),
        Method::noargs(
            "__reduce__",
            |v| {
                let ty = v.type_of().value();
                match this(v).get(0) {
                    Some(s) => {
                        let i = part(v, 1).as_small_int().unwrap_or(0) - 1;
                        tuple::new(&[ty, tuple::new(&[s])?, Value::int(i)])
                    }
                    None => {
                        tuple::new(&[ty, tuple::new(&[crate::runtime::empty_tuple().value()])?])
                    }
                }
            },
            REDUCE_DOC,
        ),
        Method::one(
            "__setstate__",
            "",
            reversed_state,
            "Set state information for unpickling.",
        ),
    ],
    slots: |s| {
        s.new = Some(new_reversed);
        s.iter = Some(Ok);
        s.next = Some(next_reversed);
    },
    ..TypeSpec::named("reversed")
};

fn not_reversible(v: Value) -> Raised {
    type_error(format!(
        "'{}' object is not reversible",
        v.type_of().name_string()
    ))
}

fn new_reversed(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    refuse_keywords("reversed", ty, kw)?;
    let (args, _) = split(args, kw);
    check_count("reversed", args, 1, 1)?;
    let seq = args[0];
    if let Some(m) = lookup_special(seq, name!("__reversed__"))? {
        if m.callable.is_none() {
            return Err(not_reversible(seq));
        }
        return call_special(m, &[]);
    }
    if !protocol::is_sequence(seq) {
        return Err(not_reversible(seq));
    }
    let n = protocol::length(seq)?;
    make(ty, seq, Value::from_usize(n))
}

fn next_reversed(v: Value) -> PyResult<Option<Value>> {
    let (Some(seq), Some(n)) = (this(v).get(0), part(v, 1).as_small_int()) else {
        return Ok(None);
    };
    if n > 0 {
        match protocol::get_item(seq, Value::int(n - 1)) {
            Ok(x) => {
                this(v).put(1, Value::int(n - 1));
                return Ok(Some(x));
            }
            Err(raised) => {
                if let Err(raised) = clear_if(raised, exc().index_error) {
                    clear_if(raised, exc().stop_iteration)?;
                }
            }
        }
    }
    this(v).put_opt(0, None);
    Ok(None)
}

fn reversed_hint(v: Value) -> PyResult<Value> {
    let (Some(seq), Some(n)) = (this(v).get(0), part(v, 1).as_small_int()) else {
        return Ok(Value::int(0));
    };
    let len = protocol::length(seq)? as i64;
    Ok(Value::int(if len < n { 0 } else { n }))
}

fn reversed_state(v: Value, state: Value) -> PyResult<Value> {
    let i = protocol::as_isize(state)? as i64;
    if let Some(seq) = this(v).get(0) {
        let n = protocol::length(seq)? as i64;
        this(v).put(1, Value::int(i.clamp(-1, n - 1) + 1));
    }
    Ok(Value::NONE)
}
