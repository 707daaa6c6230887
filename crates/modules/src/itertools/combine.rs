//! `product`, `permutations`, `combinations`, `combinations_with_replacement`.

use std::cell::{Cell, RefCell};

use rivet_vm::exceptions::{PyResult, memory_error, overflow_error, type_error, value_error};
use rivet_vm::object::args::{keyword, split};
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, protocol};
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, RVec, Root, Value};

use super::{REDUCE_DOC, SETSTATE_DOC};
use crate::util::{alloc, bind, make_in, nat};

static PRODUCT: Root = Root::new();
static PERMUTATIONS: Root = Root::new();
static COMBINATIONS: Root = Root::new();
static REPLACEMENT: Root = Root::new();

/// Adds the types to the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    make_in(m, &PRODUCT, &PRODUCT_SPEC, 1)?;
    make_in(m, &PERMUTATIONS, &PERMUTATIONS_SPEC, 1)?;
    make_in(m, &COMBINATIONS, &COMBINATIONS_SPEC, 1)?;
    make_in(m, &REPLACEMENT, &REPLACEMENT_SPEC, 1)?;
    Ok(())
}

/// Where an iterator stands. Slot 0 of the object holds the pool (for `product`: the tuple of pools).
struct State {
    indices: RefCell<Vec<usize>>,
    /// Of permutations.
    cycles: RefCell<Vec<usize>>,
    /// Length of results.
    r: usize,
    started: Cell<bool>,
    stopped: Cell<bool>,
}

fn make(
    t: Gc<Type>,
    pool: Value,
    indices: Vec<usize>,
    cycles: Vec<usize>,
    r: usize,
    stopped: bool,
) -> PyResult<Value> {
    let n = alloc(t)?;
    n.put(0, pool);
    n.set_state(State {
        indices: RefCell::new(indices),
        cycles: RefCell::new(cycles),
        r,
        started: Cell::new(false),
        stopped: Cell::new(stopped),
    });
    Ok(n.value())
}

fn parts<'a>(v: Value) -> (Gc<Tuple>, &'a State) {
    let n: Gc<Native> = nat(v);
    (
        n.get(0)
            .and_then(|t| t.cast::<Tuple>())
            .expect("set by new"),
        n.state::<State>().expect("set by new"),
    )
}

/// The items of the pool at the first `r` indices.
fn pick(pool: Gc<Tuple>, s: &State) -> PyResult<Option<Value>> {
    let mut out = RVec::with_capacity(s.r)?;
    for &i in s.indices.borrow()[..s.r].iter() {
        out.push(pool.item(i))?;
    }
    tuple::new(&out).map(Some)
}

/// Advances by `step` (false: the end), except the first time; then picks.
fn advance(
    v: Value,
    step: fn(&mut [usize], &mut [usize], usize, usize) -> bool,
) -> PyResult<Option<Value>> {
    let (pool, s) = parts(v);
    if s.stopped.get() {
        return Ok(None);
    }
    if s.started.replace(true)
        && !step(
            &mut s.indices.borrow_mut(),
            &mut s.cycles.borrow_mut(),
            s.r,
            pool.len(),
        )
    {
        s.stopped.set(true);
        return Ok(None);
    }
    pick(pool, s)
}

fn ints(xs: &[usize]) -> PyResult<Value> {
    let mut out = RVec::new();
    for &x in xs {
        out.push(Value::from_usize(x))?;
    }
    tuple::new(&out)
}

fn empty() -> PyResult<Value> {
    tuple::new(&[])
}

fn read_indices(
    state: Value,
    n: usize,
    max: impl Fn(usize) -> i64,
    out: &mut [usize],
) -> PyResult<()> {
    let t = state
        .cast::<Tuple>()
        .filter(|t| t.len() == n)
        .ok_or_else(|| value_error("invalid arguments"))?;
    for (i, &x) in t.items().iter().enumerate() {
        let x = int::to_i64(x).ok_or_else(|| type_error("an integer is required"))?;
        out[i] = x.clamp(0, max(i).max(0)) as usize;
    }
    Ok(())
}

// ---- product ----

static PRODUCT_SPEC: TypeSpec = TypeSpec {
    doc: "product(*iterables, repeat=1) --> product object\n\nCartesian product of input iterables.  Equivalent to nested for-loops.\n\nFor example, product(A, B) returns the same as:  ((x,y) for x in A for y in B).\nThe leftmost iterators are in the outermost for-loop, so the output tuples\ncycle in a manner similar to an odometer (with the rightmost element changing\non every iteration).\n\nTo compute the product of an iterable with itself, specify the number\nof repetitions with the optional repeat keyword argument. For example,\nproduct(A, repeat=4) means the same as product(A, A, A, A).\n\nproduct('ab', range(3)) --> ('a',0) ('a',1) ('a',2) ('b',0) ('b',1) ('b',2)\nproduct((0,1), (0,1), (0,1)) --> (0,0,0) (0,0,1) (0,1,0) (0,1,1) (1,0,0) ...",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "__reduce__",
            |v| {
                let (pools, s) = parts(v);
                let t = v.type_of().value();
                if s.stopped.get() {
                    return tuple::new(&[t, tuple::new(&[empty()?])?]);
                }
                if !s.started.get() {
                    return tuple::new(&[t, pools.value()]);
                }
                tuple::new(&[t, pools.value(), ints(&s.indices.borrow())?])
            },
            REDUCE_DOC,
        ),
        Method::one(
            "__setstate__",
            "",
            |v, state| {
                let (pools, s) = parts(v);
                let len = |i: usize| pools.item(i).cast::<Tuple>().map_or(0, |p| p.len() as i64);
                if (0..pools.len()).any(|i| len(i) == 0) {
                    s.stopped.set(true);
                    return Ok(Value::NONE);
                }
                read_indices(
                    state,
                    pools.len(),
                    |i| len(i) - 1,
                    &mut s.indices.borrow_mut(),
                )?;
                s.started.set(true);
                Ok(Value::NONE)
            },
            SETSTATE_DOC,
        ),
        Method::noargs(
            "__sizeof__",
            |_| Ok(Value::int(80)),
            "Returns size in memory, in bytes.",
        ),
    ],
    slots: |s| {
        s.new = Some(product_new);
        s.iter = Some(Ok);
        s.next = Some(product_next);
    },
    ..TypeSpec::named("itertools.product")
};

fn product_new(t: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (pos, _) = split(args, kw);
    let mut repeat = 1;
    if let Some(names) = kw.filter(|k| !k.is_empty()) {
        let Some(r) = keyword(args, kw, "repeat").filter(|_| names.len() == 1) else {
            let mut bad = String::new();
            for &n in names.items() {
                bad = protocol::str(n)?.to_string_lossy().into_owned();
                if bad != "repeat" {
                    break;
                }
            }
            return Err(type_error(format!(
                "'{bad}' is an invalid keyword argument for product()"
            )));
        };
        repeat = protocol::as_isize(r)?;
        if repeat < 0 {
            return Err(value_error("repeat argument cannot be negative"));
        }
    }
    let repeat = repeat as usize;
    if pos
        .len()
        .checked_mul(repeat)
        .is_none_or(|n| n > isize::MAX as usize / 8)
    {
        return Err(overflow_error("repeat argument too large"));
    }
    let mut pools = RVec::new();
    let given = if repeat == 0 { &[][..] } else { pos };
    for &p in given {
        pools.push(protocol::to_tuple(p)?.value())?;
    }
    let base = pools.len();
    for i in 0..base * repeat.saturating_sub(1) {
        pools.push(pools[i])?;
    }
    let any_empty = pools
        .iter()
        .any(|p| p.cast::<Tuple>().is_none_or(|t| t.is_empty()));
    let n = pools.len();
    make(t, tuple::new(&pools)?, vec![0; n], Vec::new(), n, any_empty)
}

fn product_next(v: Value) -> PyResult<Option<Value>> {
    let (pools, s) = parts(v);
    if s.stopped.get() {
        return Ok(None);
    }
    let pool = |i: usize| pools.item(i).cast::<Tuple>().expect("set by new");
    if s.started.replace(true) {
        let mut indices = s.indices.borrow_mut();
        let mut i = indices.len();
        loop {
            if i == 0 {
                s.stopped.set(true);
                return Ok(None);
            }
            i -= 1;
            indices[i] += 1;
            if indices[i] < pool(i).len() {
                break;
            }
            indices[i] = 0;
        }
    }
    let mut out = RVec::with_capacity(s.r)?;
    for (i, &x) in s.indices.borrow().iter().enumerate() {
        out.push(pool(i).item(x))?;
    }
    tuple::new(&out).map(Some)
}

// ---- permutations ----

static PERMUTATIONS_SPEC: TypeSpec = TypeSpec {
    doc: "Return successive r-length permutations of elements in the iterable.\n\npermutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)",
    signature: "(iterable, r=None)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs(
            "__reduce__",
            |v| {
                let (pool, s) = parts(v);
                let t = v.type_of().value();
                let r = Value::from_usize(s.r);
                if s.stopped.get() {
                    return tuple::new(&[t, tuple::new(&[empty()?, r])?]);
                }
                let args = tuple::new(&[pool.value(), r])?;
                if !s.started.get() {
                    return tuple::new(&[t, args]);
                }
                let state = tuple::new(&[ints(&s.indices.borrow())?, ints(&s.cycles.borrow())?])?;
                tuple::new(&[t, args, state])
            },
            REDUCE_DOC,
        ),
        Method::one(
            "__setstate__",
            "",
            |v, state| {
                let (pool, s) = parts(v);
                let t = state
                    .cast::<Tuple>()
                    .filter(|t| t.len() == 2)
                    .ok_or_else(|| value_error("invalid arguments"))?;
                let n = pool.len() as i64;
                read_indices(
                    t.item(0),
                    pool.len(),
                    |_| n - 1,
                    &mut s.indices.borrow_mut(),
                )?;
                read_indices(t.item(1), s.r, |i| n - i as i64, &mut s.cycles.borrow_mut())?;
                s.cycles
                    .borrow_mut()
                    .iter_mut()
                    .for_each(|c| *c = (*c).max(1));
                s.started.set(true);
                Ok(Value::NONE)
            },
            SETSTATE_DOC,
        ),
        Method::noargs(
            "__sizeof__",
            |_| Ok(Value::int(80)),
            "Returns size in memory, in bytes.",
        ),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(iterable, r=None)", "permutations", args, kw)?;
            let pool = protocol::to_tuple(a[0].unwrap_or(Value::NONE))?;
            let n = pool.len();
            let r = match a[1].and_then(Value::not_none) {
                Some(r) if !int::is_int(r) => {
                    return Err(type_error("Expected int as r"));
                }
                Some(r) => length_argument(r)?,
                None => n,
            };
            let cycles = if r > n {
                Vec::new()
            } else {
                (0..r).map(|i| n - i).collect()
            };
            make(t, pool.value(), (0..n).collect(), cycles, r, r > n)
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            advance(v, |indices, cycles, r, n| {
                for i in (0..r).rev() {
                    cycles[i] -= 1;
                    if cycles[i] == 0 {
                        indices[i..].rotate_left(1);
                        cycles[i] = n - i;
                    } else {
                        indices.swap(i, n - cycles[i]);
                        return true;
                    }
                }
                false
            })
        });
    },
    ..TypeSpec::named("itertools.permutations")
};

/// A result length: not negative.
fn length_argument(r: Value) -> PyResult<usize> {
    let r = protocol::as_isize(r)?;
    if r < 0 {
        return Err(value_error("r must be non-negative"));
    }
    if r > isize::MAX >> 4 {
        return Err(memory_error(""));
    }
    Ok(r as usize)
}

// ---- combinations ----

fn combination_reduce(v: Value) -> PyResult<Value> {
    let (pool, s) = parts(v);
    let t = v.type_of().value();
    let r = Value::from_usize(s.r);
    if s.stopped.get() {
        return tuple::new(&[t, tuple::new(&[empty()?, r])?]);
    }
    let args = tuple::new(&[pool.value(), r])?;
    if !s.started.get() {
        return tuple::new(&[t, args]);
    }
    tuple::new(&[t, args, ints(&s.indices.borrow())?])
}

static COMBINATIONS_SPEC: TypeSpec = TypeSpec {
    doc: "Return successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)",
    signature: "(iterable, r)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs("__reduce__", combination_reduce, REDUCE_DOC),
        Method::one(
            "__setstate__",
            "",
            |v, state| {
                let (pool, s) = parts(v);
                let (n, r) = (pool.len() as i64, s.r as i64);
                read_indices(
                    state,
                    s.r,
                    |i| i as i64 + n - r,
                    &mut s.indices.borrow_mut(),
                )?;
                s.started.set(true);
                Ok(Value::NONE)
            },
            SETSTATE_DOC,
        ),
        Method::noargs(
            "__sizeof__",
            |_| Ok(Value::int(80)),
            "Returns size in memory, in bytes.",
        ),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(iterable, r)", "combinations", args, kw)?;
            let pool = protocol::to_tuple(a[0].unwrap_or(Value::NONE))?;
            let r = length_argument(a[1].unwrap_or(Value::NONE))?;
            let indices = if r > pool.len() {
                Vec::new()
            } else {
                (0..r).collect()
            };
            make(t, pool.value(), indices, Vec::new(), r, r > pool.len())
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            advance(v, |indices, _, r, n| {
                let Some(i) = (0..r).rev().find(|&i| indices[i] != i + n - r) else {
                    return false;
                };
                indices[i] += 1;
                for j in i + 1..r {
                    indices[j] = indices[j - 1] + 1;
                }
                true
            })
        });
    },
    ..TypeSpec::named("itertools.combinations")
};

static REPLACEMENT_SPEC: TypeSpec = TypeSpec {
    doc: "Return successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.\n\ncombinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')",
    signature: "(iterable, r)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::noargs("__reduce__", combination_reduce, REDUCE_DOC),
        Method::one(
            "__setstate__",
            "",
            |v, state| {
                let (pool, s) = parts(v);
                let n = pool.len() as i64;
                read_indices(state, s.r, |_| n - 1, &mut s.indices.borrow_mut())?;
                s.started.set(true);
                Ok(Value::NONE)
            },
            SETSTATE_DOC,
        ),
        Method::noargs(
            "__sizeof__",
            |_| Ok(Value::int(80)),
            "Returns size in memory, in bytes.",
        ),
    ],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(iterable, r)", "combinations_with_replacement", args, kw)?;
            let pool = protocol::to_tuple(a[0].unwrap_or(Value::NONE))?;
            let r = length_argument(a[1].unwrap_or(Value::NONE))?;
            let stopped = pool.is_empty() && r > 0;
            make(t, pool.value(), vec![0; r], Vec::new(), r, stopped)
        });
        s.iter = Some(Ok);
        s.next = Some(|v| {
            advance(v, |indices, _, r, n| {
                let Some(i) = (0..r).rev().find(|&i| indices[i] != n - 1) else {
                    return false;
                };
                let x = indices[i] + 1;
                indices[i..r].fill(x);
                true
            })
        });
    },
    ..TypeSpec::named("itertools.combinations_with_replacement")
};
