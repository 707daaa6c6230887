//! `accumulate`, `chain`, `count`, `cycle`, `pairwise`, `repeat`, `starmap`, `zip_longest`.

use rivet_spec::BinaryOp;
use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::object::args::{check_count, no_keywords, split};
use rivet_vm::object::call::call;
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, number, protocol};
use rivet_vm::types::int;
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, RVec, Root, Value};

use super::{REDUCE_DOC, SETSTATE_DOC, iterator_at};
use crate::util::{alloc, bind, get_int, make_in, nat, put_int, ty};

static ACCUMULATE: Root = Root::new();
static CHAIN: Root = Root::new();
static COUNT: Root = Root::new();
static CYCLE: Root = Root::new();
static PAIRWISE: Root = Root::new();
static REPEAT: Root = Root::new();
static STARMAP: Root = Root::new();
static ZIP_LONGEST: Root = Root::new();

/// Adds the types to the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    make_in(m, &ACCUMULATE, &ACCUMULATE_SPEC, 4)?;
    make_in(m, &CHAIN, &CHAIN_SPEC, 2)?;
    make_in(m, &COUNT, &COUNT_SPEC, 2)?;
    make_in(m, &CYCLE, &CYCLE_SPEC, 4)?;
    make_in(m, &PAIRWISE, &PAIRWISE_SPEC, 2)?;
    make_in(m, &REPEAT, &REPEAT_SPEC, 2)?;
    make_in(m, &STARMAP, &STARMAP_SPEC, 2)?;
    make_in(m, &ZIP_LONGEST, &ZIP_LONGEST_SPEC, 2)?;
    Ok(())
}

fn state_tuple(state: Value, what: &str) -> PyResult<Gc<Tuple>> {
    state.cast::<Tuple>().ok_or_else(|| type_error(what))
}

// ---- accumulate: iterator, function, total, initial ----

static ACCUMULATE_SPEC: TypeSpec = TypeSpec {
    doc: "Return series of accumulated sums (or other binary function results).",
    signature: "(iterable, func=None, *, initial=None)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs("__reduce__", accumulate_reduce, REDUCE_DOC),
        Method::one(
            "__setstate__",
            "",
            |v, x| {
                nat(v).put(2, x);
                Ok(Value::NONE)
            },
            SETSTATE_DOC,
        ),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind(
                "(iterable, func=None, *, initial=None)",
                "accumulate",
                args,
                kw,
            )?;
            let it = protocol::iter(a[0].unwrap_or(Value::NONE))?;
            let n = alloc(t)?;
            n.put(0, it);
            n.put_opt(1, a[1].and_then(Value::not_none));
            n.put_opt(3, a[2].and_then(Value::not_none));
            Ok(n.value())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            if let Some(initial) = n.get(3) {
                n.put_opt(3, None);
                n.put(2, initial);
                return Ok(Some(initial));
            }
            let Some(it) = n.get(0) else { return Ok(None) };
            let Some(x) = protocol::next(it)? else {
                return Ok(None);
            };
            let total = match (n.get(2), n.get(1)) {
                (None, _) => x,
                (Some(t), None) => number::binary(BinaryOp::Add, t, x)?,
                (Some(t), Some(f)) => call(f, &[t, x])?,
            };
            n.put(2, total);
            Ok(Some(total))
        });
    },
    ..TypeSpec::named("itertools.accumulate")
};

fn accumulate_reduce(v: Value) -> PyResult<Value> {
    let n = nat(v);
    let it = n.get(0).unwrap_or(Value::NONE);
    let func = n.get(1).unwrap_or(Value::NONE);
    if let Some(initial) = n.get(3) {
        let c = call(ty(&CHAIN).value(), &[tuple::new(&[initial])?, it])?;
        return tuple::new(&[v.type_of().value(), tuple::new(&[c, func])?, Value::NONE]);
    }
    if n.get(2) == Some(Value::NONE) {
        let c = call(ty(&CHAIN).value(), &[tuple::new(&[Value::NONE])?, it])?;
        return tuple::new(&[v.type_of().value(), tuple::new(&[c, func])?, Value::NONE]);
    }
    let args = tuple::new(&[it, func])?;
    tuple::new(&[v.type_of().value(), args, n.get(2).unwrap_or(Value::NONE)])
}

// ---- chain: iterator of iterables, active iterator ----

static CHAIN_SPEC: TypeSpec = TypeSpec {
    doc: "chain(*iterables) --> chain object\n\nReturn a chain object whose .__next__() method returns elements from the\nfirst iterable until it is exhausted, then elements from the next\niterable, until all of the iterables are exhausted.",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::one("from_iterable", "($type, iterable, /)", |class, x| {
            let it = protocol::iter(x)?;
            new_chain(class.cast::<Type>().expect("a class method"), it)
        }, "Alternative chain() constructor taking a single iterable argument that evaluates lazily.").class(),
        rivet_vm::types::generic_alias::CLASS_GETITEM,
        Method::noargs("__reduce__", |v| {
            let n = nat(v);
            let t = v.type_of().value();
            let none = tuple::new(&[])?;
            match (n.get(0), n.get(1)) {
                (Some(s), Some(a)) => tuple::new(&[t, none, tuple::new(&[s, a])?]),
                (Some(s), None) => tuple::new(&[t, none, tuple::new(&[s])?]),
                _ => tuple::new(&[t, none]),
            }
        }, REDUCE_DOC),
        Method::one("__setstate__", "", |v, state| {
            let t = state_tuple(state, "state is not a tuple")?;
            check_count("__setstate__", t.items(), 1, 2)?;
            if t.items().iter().any(|i| i.type_of().slots().next.is_none()) {
                return Err(type_error("Arguments must be iterators."));
            }
            nat(v).put(0, t.item(0));
            nat(v).put_opt(1, t.items().get(1).copied());
            Ok(Value::NONE)
        }, SETSTATE_DOC),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            if t == ty(&CHAIN) {
                no_keywords("chain", kw)?;
            }
            let (pos, _) = split(args, kw);
            new_chain(t, protocol::iter(tuple::new(pos)?)?)
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            loop {
                let Some(source) = n.get(0) else { return Ok(None) };
                let active = match n.get(1) {
                    Some(a) => a,
                    None => match protocol::next(source) {
                        Ok(Some(x)) => match protocol::iter(x) {
                            Ok(a) => {
                                n.put(1, a);
                                a
                            }
                            Err(e) => {
                                n.put_opt(0, None);
                                return Err(e);
                            }
                        },
                        Ok(None) => {
                            n.put_opt(0, None);
                            return Ok(None);
                        }
                        Err(e) => {
                            n.put_opt(0, None);
                            return Err(e);
                        }
                    },
                };
                match protocol::next(active)? {
                    Some(x) => return Ok(Some(x)),
                    None => n.put_opt(1, None),
                }
            }
        });
    },
    ..TypeSpec::named("itertools.chain")
};

fn new_chain(t: Gc<Type>, it: Value) -> PyResult<Value> {
    let n = alloc(t)?;
    n.put(0, it);
    Ok(n.value())
}

// ---- count: next value, step ----

static COUNT_SPEC: TypeSpec = TypeSpec {
    doc: "Return a count object whose .__next__() method returns consecutive values.\n\nEquivalent to:\n    def count(firstval=0, step=1):\n        x = firstval\n        while 1:\n            yield x\n            x += step",
    signature: "(start=0, step=1)",
    flags: TypeFlags::BASETYPE,
    methods: &[Method::noargs(
        "__reduce__",
        |v| {
            let (x, step) = count_parts(v);
            let args = if step == Value::int(1) {
                tuple::new(&[x])?
            } else {
                tuple::new(&[x, step])?
            };
            tuple::new(&[v.type_of().value(), args])
        },
        REDUCE_DOC,
    )],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(start=0, step=1)", "count", args, kw)?;
            let is_number = |v: Value| {
                let s = *v.type_of().slots();
                int::is_int(v)
                    || v.as_float().is_some()
                    || s.int.is_some()
                    || s.index.is_some()
                    || s.float.is_some()
                    || v.type_of() == rivet_vm::runtime::types().complex
            };
            if a.iter().flatten().any(|&v| !is_number(v)) {
                return Err(type_error("a number is required"));
            }
            let n = alloc(t)?;
            n.put(0, a[0].unwrap_or(Value::int(0)));
            n.put(1, a[1].unwrap_or(Value::int(1)));
            Ok(n.value())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            let (x, step) = count_parts(v);
            let next = match (x.as_small_int(), step.as_small_int()) {
                (Some(a), Some(b)) => Value::int(a + b),
                _ => number::binary(BinaryOp::Add, x, step)?,
            };
            n.put(0, next);
            Ok(Some(x))
        });
        s.repr = Some(|v| {
            let (x, step) = count_parts(v);
            let name = v.type_of().short_name();
            let x = protocol::repr_string(x)?;
            if step == Value::int(1) {
                return str::new(&format!("{name}({x})"));
            }
            str::new(&format!("{name}({x}, {})", protocol::repr_string(step)?))
        });
    },
    ..TypeSpec::named("itertools.count")
};

fn count_parts(v: Value) -> (Value, Value) {
    let n = nat(v);
    (
        n.get(0).unwrap_or(Value::NONE),
        n.get(1).unwrap_or(Value::NONE),
    )
}

// ---- cycle: iterator, saved items, index, whether the first pass is over ----

static CYCLE_SPEC: TypeSpec = TypeSpec {
    doc: "Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.",
    signature: "(iterable, /)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "__reduce__",
            |v| {
                let n = nat(v);
                let saved = n.get(1).unwrap_or(Value::NONE);
                match n.get(0) {
                    Some(it) => {
                        let first = Value::bool(get_int(n, 3) != 0);
                        tuple::new(&[
                            v.type_of().value(),
                            tuple::new(&[it])?,
                            tuple::new(&[saved, first])?,
                        ])
                    }
                    None => {
                        let it = iterator_at(saved, get_int(n, 2))?;
                        tuple::new(&[
                            v.type_of().value(),
                            tuple::new(&[it])?,
                            tuple::new(&[saved, Value::int(1)])?,
                        ])
                    }
                }
            },
            REDUCE_DOC,
        ),
        Method::one(
            "__setstate__",
            "",
            |v, state| {
                let t = state_tuple(state, "state is not a tuple")?;
                let ok = t.len() == 2 && t.item(0).cast::<List>().is_some();
                if !ok {
                    return Err(type_error(if t.len() == 2 {
                        "state must be a list and an int"
                    } else {
                        "invalid state"
                    }));
                }
                let n = nat(v);
                n.put(1, t.item(0));
                put_int(n, 3, i64::from(protocol::is_true(t.item(1))?));
                put_int(n, 2, 0);
                Ok(Value::NONE)
            },
            SETSTATE_DOC,
        ),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            if t == ty(&CYCLE) {
                no_keywords("cycle", kw)?;
            }
            check_count("cycle", split(args, kw).0, 1, 1)?;
            let it = protocol::iter(args[0])?;
            let n = alloc(t)?;
            n.put(0, it);
            n.put(1, List::new()?.value());
            Ok(n.value())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            let saved = n.get(1).and_then(|l| l.cast::<List>()).expect("set by new");
            if let Some(it) = n.get(0) {
                if let Some(x) = protocol::next(it)? {
                    if get_int(n, 3) == 0 {
                        saved.append(x)?;
                    }
                    return Ok(Some(x));
                }
                n.put_opt(0, None);
            }
            let i = get_int(n, 2) as usize;
            let Some(x) = saved.get(i) else {
                return Ok(None);
            };
            put_int(
                n,
                2,
                if i + 1 >= saved.len() {
                    0
                } else {
                    i as i64 + 1
                },
            );
            Ok(Some(x))
        });
    },
    ..TypeSpec::named("itertools.cycle")
};

// ---- pairwise: iterator, previous item ----

static PAIRWISE_SPEC: TypeSpec = TypeSpec {
    doc: "Return an iterator of overlapping pairs taken from the input iterator.\n\n    s -> (s0,s1), (s1,s2), (s2, s3), ...",
    signature: "(iterable, /)",
    flags: TypeFlags::BASETYPE,
    slots: |s| {
        s.new = Some(|t, args, kw| {
            if t == ty(&PAIRWISE) {
                no_keywords("pairwise", kw)?;
            }
            check_count("pairwise", split(args, kw).0, 1, 1)?;
            let it = protocol::iter(args[0])?;
            let n = alloc(t)?;
            n.put(0, it);
            Ok(n.value())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            let Some(it) = n.get(0) else { return Ok(None) };
            let end = |r: PyResult<Option<Value>>| {
                if !matches!(r, Ok(Some(_))) {
                    n.put_opt(0, None);
                    n.put_opt(1, None);
                }
                r
            };
            let old = match n.get(1) {
                Some(x) => x,
                None => match end(protocol::next(it))? {
                    Some(x) => {
                        n.put(1, x);
                        x
                    }
                    None => return Ok(None),
                },
            };
            if n.get(0).is_none() {
                return Ok(None);
            }
            let Some(new) = end(protocol::next(it))? else {
                return Ok(None);
            };
            n.put(1, new);
            tuple::new(&[old, new]).map(Some)
        });
    },
    ..TypeSpec::named("itertools.pairwise")
};

// ---- repeat: object, number left (-1: no end) ----

static REPEAT_SPEC: TypeSpec = TypeSpec {
    doc: "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns the object\nendlessly.",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "__length_hint__",
            |v| match get_int(nat(v), 1) {
                -1 => Err(type_error("len() of unsized object")),
                n => Ok(Value::int(n)),
            },
            "Private method returning an estimate of len(list(it)).",
        ),
        Method::noargs(
            "__reduce__",
            |v| {
                let n = nat(v);
                let x = n.get(0).unwrap_or(Value::NONE);
                let args = match get_int(n, 1) {
                    -1 => tuple::new(&[x])?,
                    left => tuple::new(&[x, Value::int(left)])?,
                };
                tuple::new(&[v.type_of().value(), args])
            },
            REDUCE_DOC,
        ),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(object, times=None)", "repeat", args, kw)?;
            let times = match a[1] {
                Some(x) => (protocol::as_isize(x)? as i64).max(0),
                None => -1,
            };
            let n = alloc(t)?;
            n.put_opt(0, a[0]);
            put_int(n, 1, times);
            Ok(n.value())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            let left = get_int(n, 1);
            if left == 0 {
                return Ok(None);
            }
            if left > 0 {
                put_int(n, 1, left - 1);
            }
            Ok(n.get(0))
        });
        s.repr = Some(|v| {
            let n = nat(v);
            let x = protocol::repr_string(n.get(0).unwrap_or(Value::NONE))?;
            let name = v.type_of().short_name();
            match get_int(n, 1) {
                -1 => str::new(&format!("{name}({x})")),
                left => str::new(&format!("{name}({x}, {left})")),
            }
        });
    },
    ..TypeSpec::named("itertools.repeat")
};

// ---- starmap: function, iterator ----

static STARMAP_SPEC: TypeSpec = TypeSpec {
    doc: "Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.",
    signature: "(function, iterable, /)",
    flags: TypeFlags::BASETYPE,
    methods: &[Method::noargs(
        "__reduce__",
        |v| {
            let n = nat(v);
            let args = tuple::new(&[
                n.get(0).unwrap_or(Value::NONE),
                n.get(1).unwrap_or(Value::NONE),
            ])?;
            tuple::new(&[v.type_of().value(), args])
        },
        REDUCE_DOC,
    )],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            if t == ty(&STARMAP) {
                no_keywords("starmap", kw)?;
            }
            check_count("starmap", split(args, kw).0, 2, 2)?;
            let it = protocol::iter(args[1])?;
            let n = alloc(t)?;
            n.put(0, args[0]);
            n.put(1, it);
            Ok(n.value())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            let Some(x) = protocol::next(n.get(1).unwrap_or(Value::NONE))? else {
                return Ok(None);
            };
            let args = protocol::to_tuple(x)?;
            call(n.get(0).unwrap_or(Value::NONE), args.items()).map(Some)
        });
    },
    ..TypeSpec::named("itertools.starmap")
};

// ---- zip_longest: iterators (list; None once exhausted), fill value ----

static ZIP_LONGEST_SPEC: TypeSpec = TypeSpec {
    doc: "zip_longest(iter1 [,iter2 [...]], [fillvalue=None]) --> zip_longest object\n\nReturn a zip_longest object whose .__next__() method returns a tuple where\nthe i-th element comes from the i-th iterable argument.  The .__next__()\nmethod continues until the longest iterable in the argument sequence\nis exhausted and then it raises StopIteration.  When the shorter iterables\nare exhausted, the fillvalue is substituted in their place.  The fillvalue\ndefaults to None or can be specified by a keyword argument.",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "__reduce__",
            |v| {
                let n = nat(v);
                let mut its = RVec::new();
                let empty = tuple::new(&[])?;
                for &it in iterators(v).items() {
                    its.push(if it.is_none() { empty } else { it })?;
                }
                tuple::new(&[
                    v.type_of().value(),
                    tuple::new(&its)?,
                    n.get(1).unwrap_or(Value::NONE),
                ])
            },
            REDUCE_DOC,
        ),
        Method::one(
            "__setstate__",
            "",
            |v, x| {
                nat(v).put(1, x);
                Ok(Value::NONE)
            },
            SETSTATE_DOC,
        ),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let (pos, _) = split(args, kw);
            let mut fill = Value::NONE;
            if let Some(names) = kw.filter(|k| !k.is_empty()) {
                let ok = names.len() == 1
                    && names
                        .item(0)
                        .cast::<Str>()
                        .is_some_and(|s| s.eq_str("fillvalue"));
                if !ok {
                    return Err(type_error(
                        "zip_longest() got an unexpected keyword argument",
                    ));
                }
                fill = args[pos.len()];
            }
            let its = List::new()?;
            for &x in pos {
                its.append(protocol::iter(x)?)?;
            }
            let n = alloc(t)?;
            n.put(0, its.value());
            n.put(1, fill);
            Ok(n.value())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            let n = nat(v);
            let its = iterators(v);
            let count = its.len();
            let mut out = RVec::with_capacity(count)?;
            let mut any = false;
            for i in 0..count {
                let it = its.get(i).unwrap_or(Value::NONE);
                let mut item = None;
                if !it.is_none() {
                    item = match protocol::next(it) {
                        Ok(x) => x,
                        Err(e) => {
                            (0..its.len()).for_each(|j| its.put(j, Value::NONE));
                            return Err(e);
                        }
                    };
                    match item {
                        Some(_) => any = true,
                        None => {
                            its.put(i, Value::NONE);
                            if !any && its.items().iter().all(|i| i.is_none()) {
                                return Ok(None);
                            }
                        }
                    }
                }
                out.push(item.unwrap_or(n.get(1).unwrap_or(Value::NONE)))?;
            }
            if any {
                tuple::new(&out).map(Some)
            } else {
                Ok(None)
            }
        });
    },
    ..TypeSpec::named("itertools.zip_longest")
};

fn iterators(v: Value) -> Gc<List> {
    nat(v)
        .get(0)
        .and_then(|l| l.cast::<List>())
        .expect("set by new")
}
