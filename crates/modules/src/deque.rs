//! `collections.deque`: a ring of values in a heap array.

use std::cell::Cell;

use rivet_spec::CompareOp;
use rivet_vm::exceptions::{PyResult, index_error, runtime_error, type_error, value_error};
use rivet_vm::object::args::check_count;
use rivet_vm::object::call::call;
use rivet_vm::object::guard::guarded_repr;
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, instance, protocol};
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::types::str;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Array, Gc, RVec, Root, Value};

use crate::util::{alloc, bind, get_int, is_a, make_in, nat, put_int, ty};

static DEQUE: Root = Root::new();
static ITER: Root = Root::new();
static REV_ITER: Root = Root::new();

/// Adds the types to the module.
pub fn add(m: Gc<Module>) -> PyResult<()> {
    make_in(m, &DEQUE, &SPEC, 1)?;
    make_in(m, &ITER, &ITER_SPEC, 4)?;
    make_in(m, &REV_ITER, &REV_SPEC, 4)?;
    Ok(())
}

/// Slot 0 of the object holds the ring (a heap array, or nothing).
struct Ring {
    head: Cell<usize>,
    len: Cell<usize>,
    max: Cell<Option<usize>>,
    /// Changes at every mutation.
    version: Cell<u64>,
}

/// A deque.
#[derive(Clone, Copy)]
struct Deque<'a> {
    obj: Gc<Native>,
    ring: &'a Ring,
}

impl<'a> Deque<'a> {
    fn of(v: Value) -> Deque<'a> {
        let obj = nat(v);
        Deque {
            obj,
            ring: obj.state::<Ring>().expect("set by new"),
        }
    }

    fn array(self) -> Option<Gc<Array>> {
        self.obj.get(0).and_then(|a| a.cast::<Array>())
    }

    fn len(self) -> usize {
        self.ring.len.get()
    }

    fn touch(self) {
        self.ring.version.set(self.ring.version.get() + 1);
    }

    fn at(self, i: usize) -> Option<Value> {
        if i >= self.len() {
            return None;
        }
        let a = self.array()?;
        a.get((self.ring.head.get() + i) % a.len())
    }

    fn set(self, i: usize, v: Value) {
        if let Some(a) = self.array() {
            a.put((self.ring.head.get() + i) % a.len(), v);
        }
    }

    fn items(self) -> PyResult<RVec> {
        let mut out = RVec::with_capacity(self.len())?;
        for i in 0..self.len() {
            if let Some(v) = self.at(i) {
                out.push(v)?;
            }
        }
        Ok(out)
    }

    fn room(self) -> PyResult<Gc<Array>> {
        let n = self.len();
        match self.array() {
            Some(a) if n < a.len() => Ok(a),
            old => {
                let new = Array::new((n * 2).max(8))?;
                if let Some(old) = old {
                    let head = self.ring.head.get();
                    let first = (old.len() - head).min(n);
                    new.copy_from(0, old, head, first);
                    new.copy_from(first, old, 0, n - first);
                }
                self.obj.put(0, new.value());
                self.ring.head.set(0);
                Ok(new)
            }
        }
    }

    fn push_back(self, v: Value) -> PyResult<()> {
        if self.ring.max.get() == Some(0) {
            return Ok(());
        }
        if self.ring.max.get() == Some(self.len()) {
            self.pop_front();
        }
        let a = self.room()?;
        a.put((self.ring.head.get() + self.len()) % a.len(), v);
        self.ring.len.set(self.len() + 1);
        self.touch();
        Ok(())
    }

    fn push_front(self, v: Value) -> PyResult<()> {
        if self.ring.max.get() == Some(0) {
            return Ok(());
        }
        if self.ring.max.get() == Some(self.len()) {
            self.pop_back();
        }
        let a = self.room()?;
        let head = (self.ring.head.get() + a.len() - 1) % a.len();
        a.put(head, v);
        self.ring.head.set(head);
        self.ring.len.set(self.len() + 1);
        self.touch();
        Ok(())
    }

    fn pop_front(self) -> Option<Value> {
        let v = self.at(0)?;
        let a = self.array()?;
        let head = self.ring.head.get();
        a.put_opt(head, None);
        self.ring.head.set((head + 1) % a.len());
        self.ring.len.set(self.len() - 1);
        self.touch();
        Some(v)
    }

    fn pop_back(self) -> Option<Value> {
        let n = self.len();
        let v = self.at(n.checked_sub(1)?)?;
        let a = self.array()?;
        a.put_opt((self.ring.head.get() + n - 1) % a.len(), None);
        self.ring.len.set(n - 1);
        self.touch();
        Some(v)
    }

    fn clear(self) {
        self.obj.put_opt(0, None);
        self.ring.head.set(0);
        self.ring.len.set(0);
        self.touch();
    }

    fn remove_at(self, i: usize) {
        for j in i..self.len() - 1 {
            if let Some(v) = self.at(j + 1) {
                self.set(j, v);
            }
        }
        self.pop_back();
    }

    fn extend(self, x: Value) -> PyResult<()> {
        if x == self.obj.value() {
            return self.items()?.iter().try_for_each(|&v| self.push_back(v));
        }
        let it = protocol::iter(x)?;
        while let Some(v) = protocol::next(it)? {
            self.push_back(v)?;
        }
        Ok(())
    }

    fn rotate(self, n: isize) -> PyResult<()> {
        let len = self.len();
        if len < 2 {
            return Ok(());
        }
        let k = n.rem_euclid(len as isize) as usize;
        if k == 0 {
            return Ok(());
        }
        if k <= len / 2 {
            for _ in 0..k {
                if let Some(v) = self.pop_back() {
                    self.push_front(v)?;
                }
            }
        } else {
            for _ in 0..len - k {
                if let Some(v) = self.pop_front() {
                    self.push_back(v)?;
                }
            }
        }
        Ok(())
    }
}

fn is_deque(v: Value) -> bool {
    is_a(v, &DEQUE)
}

static SPEC: TypeSpec = TypeSpec {
    doc: "deque([iterable[, maxlen]]) --> deque object\n\nA list-like sequence optimized for data accesses near its endpoints.",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE | TypeFlags::SEQUENCE,
    methods: &[
        Method::one(
            "append",
            "",
            |v, x| Deque::of(v).push_back(x).map(|()| Value::NONE),
            "Add an element to the right side of the deque.",
        ),
        Method::one(
            "appendleft",
            "",
            |v, x| Deque::of(v).push_front(x).map(|()| Value::NONE),
            "Add an element to the left side of the deque.",
        ),
        Method::noargs(
            "pop",
            |v| {
                Deque::of(v)
                    .pop_back()
                    .ok_or_else(|| index_error("pop from an empty deque"))
            },
            "Remove and return the rightmost element.",
        ),
        Method::noargs(
            "popleft",
            |v| {
                Deque::of(v)
                    .pop_front()
                    .ok_or_else(|| index_error("pop from an empty deque"))
            },
            "Remove and return the leftmost element.",
        ),
        Method::noargs(
            "clear",
            |v| {
                Deque::of(v).clear();
                Ok(Value::NONE)
            },
            "Remove all elements from the deque.",
        ),
        Method::one(
            "extend",
            "",
            |v, x| Deque::of(v).extend(x).map(|()| Value::NONE),
            "Extend the right side of the deque with elements from the iterable",
        ),
        Method::one(
            "extendleft",
            "",
            extend_left,
            "Extend the left side of the deque with elements from the iterable",
        ),
        Method::fast(
            "rotate",
            "",
            |v, args| {
                check_count("rotate", args, 0, 1)?;
                let n = args.first().map_or(Ok(1), |&n| protocol::as_isize(n))?;
                Deque::of(v).rotate(n).map(|()| Value::NONE)
            },
            "Rotate the deque n steps to the right (default n=1).  If n is negative, rotates left.",
        ),
        Method::noargs(
            "reverse",
            |v| {
                let d = Deque::of(v);
                let n = d.len();
                for i in 0..n / 2 {
                    if let (Some(a), Some(b)) = (d.at(i), d.at(n - 1 - i)) {
                        d.set(i, b);
                        d.set(n - 1 - i, a);
                    }
                }
                Ok(Value::NONE)
            },
            "D.reverse() -- reverse *IN PLACE*",
        ),
        Method::one(
            "count",
            "",
            count,
            "D.count(value) -- return number of occurrences of value",
        ),
        Method::fast(
            "index",
            "",
            index,
            "D.index(value, [start, [stop]]) -- return first index of value.\nRaises ValueError if the value is not present.",
        ),
        Method::one(
            "remove",
            "",
            remove,
            "D.remove(value) -- remove first occurrence of value.",
        ),
        Method::fast(
            "insert",
            "",
            insert,
            "D.insert(index, object) -- insert object before index",
        ),
        Method::noargs("copy", copy, "Return a shallow copy of a deque."),
        Method::noargs("__copy__", copy, "Return a shallow copy of a deque."),
        Method::noargs(
            "__reduce__",
            |v| {
                let d = Deque::of(v);
                let state = if instance::has_storage(v) && !instance::to_dict(v)?.is_empty() {
                    instance::to_dict(v)?.value()
                } else {
                    Value::NONE
                };
                let it = protocol::iter(v)?;
                let args = match d.ring.max.get() {
                    Some(m) => tuple::new(&[tuple::new(&[])?, Value::from_usize(m)])?,
                    None => tuple::new(&[])?,
                };
                tuple::new(&[v.type_of().value(), args, state, it])
            },
            "Return state information for pickling.",
        ),
        Method::noargs(
            "__reversed__",
            |v| new_iter(ty(&REV_ITER), v),
            "D.__reversed__() -- return a reverse iterator over the deque",
        ),
        Method::noargs(
            "__sizeof__",
            |v| {
                Ok(Value::from_usize(
                    64 + Deque::of(v).array().map_or(0, |a| a.len()) * 8,
                ))
            },
            "D.__sizeof__() -- size of D in memory, in bytes",
        ),
        rivet_vm::types::generic_alias::CLASS_GETITEM,
    ],
    getset: &[GetSet::new("maxlen", |v| {
        Ok(Deque::of(v)
            .ring
            .max
            .get()
            .map_or(Value::NONE, Value::from_usize))
    })
    .doc("maximum size of a deque or None if unbounded")],
    slots: |s| {
        s.new = Some(|t: Gc<Type>, _, _| {
            let n = alloc(t)?;
            n.set_state(Ring {
                head: Cell::new(0),
                len: Cell::new(0),
                max: Cell::new(None),
                version: Cell::new(0),
            });
            Ok(n.value())
        });
        s.init = Some(init);
        s.repr = Some(repr);
        s.hash = Some(protocol::hash_not_implemented);
        s.iter = Some(|v| new_iter(ty(&ITER), v));
        s.len = Some(|v| Ok(Deque::of(v).len()));
        s.bool = None;
        s.getitem = Some(|v, key| {
            let d = Deque::of(v);
            let i = position(key, d.len())?;
            d.at(i)
                .ok_or_else(|| index_error("deque index out of range"))
        });
        s.setitem = Some(|v, key, x| {
            let d = Deque::of(v);
            let i = position(key, d.len())?;
            match x {
                Some(x) => d.set(i, x),
                None => d.remove_at(i),
            }
            Ok(())
        });
        s.contains = Some(|v, x| {
            let d = Deque::of(v);
            let start = d.ring.version.get();
            for i in 0..d.len() {
                let Some(y) = d.at(i) else { break };
                let found = protocol::equal(y, x)?;
                check_version(d, start)?;
                if found {
                    return Ok(true);
                }
            }
            Ok(false)
        });
        s.compare = Some(compare);
        s.concat = Some(|a, b| {
            if !is_deque(b) {
                let t = b.type_of().name_string();
                return Err(type_error(format!(
                    "can only concatenate deque (not \"{t}\") to deque"
                )));
            }
            let new = copy(a)?;
            Deque::of(new).extend(b)?;
            Ok(new)
        });
        s.iconcat = Some(|a, b| Deque::of(a).extend(b).map(|()| a));
        s.repeat = Some(|v, n| {
            let new = copy(v)?;
            repeat(Deque::of(new), n)?;
            Ok(new)
        });
        s.irepeat = Some(|v, n| repeat(Deque::of(v), n).map(|()| v));
    },
    ..TypeSpec::named("collections.deque")
};

fn position(key: Value, len: usize) -> PyResult<usize> {
    if !int::is_int(key) && key.type_of().slots().index.is_none() {
        let t = key.type_of().name_string();
        return Err(type_error(format!(
            "sequence index must be integer, not '{t}'"
        )));
    }
    protocol::sequence_index(key, len, "deque index out of range")
}

fn check_version(d: Deque, start: u64) -> PyResult<()> {
    if d.ring.version.get() == start {
        Ok(())
    } else {
        Err(runtime_error("deque mutated during iteration"))
    }
}

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let a = bind("(iterable=(), maxlen=None)", "deque", args, kw)?;
    let d = Deque::of(v);
    let max = match a[1].and_then(Value::not_none) {
        None => None,
        Some(m) => {
            let m = protocol::as_isize(m)?;
            if m < 0 {
                return Err(value_error("maxlen must be non-negative"));
            }
            Some(m as usize)
        }
    };
    d.ring.max.set(max);
    d.clear();
    match a[0] {
        Some(x) => d.extend(x),
        None => Ok(()),
    }
}

fn extend_left(v: Value, x: Value) -> PyResult<Value> {
    let d = Deque::of(v);
    if x == v {
        d.items()?.iter().try_for_each(|&y| d.push_front(y))?;
        return Ok(Value::NONE);
    }
    let it = protocol::iter(x)?;
    while let Some(y) = protocol::next(it)? {
        d.push_front(y)?;
    }
    Ok(Value::NONE)
}

fn count(v: Value, x: Value) -> PyResult<Value> {
    let d = Deque::of(v);
    let start = d.ring.version.get();
    let mut n = 0;
    for i in 0..d.len() {
        let Some(y) = d.at(i) else { break };
        n += i64::from(protocol::equal(y, x)?);
        check_version(d, start)?;
    }
    Ok(Value::int(n))
}

fn index(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("index", args, 1, 3)?;
    let d = Deque::of(v);
    let len = d.len() as isize;
    let bound = |i: usize, default: isize| -> PyResult<isize> {
        let Some(&b) = args.get(i) else {
            return Ok(default);
        };
        let b = rivet_vm::types::slice::index_argument(b)?;
        Ok(if b < 0 { (b + len).max(0) } else { b.min(len) })
    };
    let (from, to) = (bound(1, 0)?, bound(2, len)?);
    let start = d.ring.version.get();
    for i in from..to {
        let Some(y) = d.at(i as usize) else { break };
        let found = protocol::equal(y, args[0])?;
        check_version(d, start)?;
        if found {
            return Ok(Value::int(i as i64));
        }
    }
    Err(value_error(format!(
        "{} is not in deque",
        protocol::repr_string(args[0])?
    )))
}

fn remove(v: Value, x: Value) -> PyResult<Value> {
    let d = Deque::of(v);
    let start = d.ring.version.get();
    for i in 0..d.len() {
        let Some(y) = d.at(i) else { break };
        let found = protocol::equal(y, x)?;
        if d.ring.version.get() != start {
            return Err(index_error("deque mutated during remove()."));
        }
        if found {
            d.remove_at(i);
            return Ok(Value::NONE);
        }
    }
    Err(value_error(format!(
        "{} is not in deque",
        protocol::repr_string(x)?
    )))
}

fn insert(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("insert", args, 2, 2)?;
    let i = protocol::as_isize(args[0])?;
    let d = Deque::of(v);
    let n = d.len() as isize;
    if d.ring.max.get() == Some(n as usize) {
        return Err(index_error("deque already at its maximum size"));
    }
    if i >= n {
        d.push_back(args[1])?;
    } else if i <= -n || i == 0 {
        d.push_front(args[1])?;
    } else {
        let at = if i < 0 { i + n } else { i } as usize;
        d.push_back(args[1])?;
        for j in (at..n as usize).rev() {
            if let Some(x) = d.at(j) {
                d.set(j + 1, x);
            }
        }
        d.set(at, args[1]);
    }
    Ok(Value::NONE)
}

fn copy(v: Value) -> PyResult<Value> {
    let d = Deque::of(v);
    let t = v.type_of();
    if t == ty(&DEQUE) {
        let new = alloc(t)?;
        let ring = Ring {
            head: Cell::new(0),
            len: Cell::new(0),
            max: Cell::new(d.ring.max.get()),
            version: Cell::new(0),
        };
        new.set_state(ring);
        Deque::of(new.value()).extend(v)?;
        return Ok(new.value());
    }
    let r = match d.ring.max.get() {
        None => call(t.value(), &[v])?,
        Some(m) => call(t.value(), &[v, Value::from_usize(m)])?,
    };
    if !is_deque(r) {
        let (t, r) = (t.name_string(), r.type_of().name_string());
        return Err(type_error(format!("{t}() must return a deque, not {r}")));
    }
    Ok(r)
}

fn repeat(d: Deque, n: isize) -> PyResult<()> {
    let items = d.items()?;
    if n <= 0 || items.is_empty() {
        d.clear();
        return Ok(());
    }
    if items
        .len()
        .checked_mul(n as usize)
        .is_none_or(|t| t > isize::MAX as usize / 16)
        && d.ring.max.get().is_none()
    {
        return Err(rivet_vm::exceptions::memory_error(""));
    }
    let mut rounds = n as usize - 1;
    if let Some(m) = d.ring.max.get() {
        // Only the last `m` items survive: more rounds than fill them change nothing but the phase.
        let enough = m / items.len() + 2;
        if rounds > enough {
            rounds = enough;
        }
    }
    for _ in 0..rounds {
        items.iter().try_for_each(|&v| d.push_back(v))?;
    }
    Ok(())
}

fn repr(v: Value) -> PyResult<Value> {
    guarded_repr(v, "[...]", || {
        let d = Deque::of(v);
        let list = rivet_vm::types::list::List::from_vec(d.items()?)?;
        let items = protocol::repr_string(list.value())?;
        let name = v.type_of().short_name();
        match d.ring.max.get() {
            Some(m) => str::new(&format!("{name}({items}, maxlen={m})")),
            None => str::new(&format!("{name}({items})")),
        }
    })
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    if !is_deque(a) || !is_deque(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (x, y) = (Deque::of(a), Deque::of(b));
    if a == b {
        return Ok(Value::bool(matches!(
            op,
            CompareOp::Eq | CompareOp::Le | CompareOp::Ge
        )));
    }
    if x.len() != y.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    protocol::compare_sequences(&|i| x.at(i), &|i| y.at(i), op)
}

// ---- iterators: deque, index, items left, version ----

fn new_iter(t: Gc<Type>, v: Value) -> PyResult<Value> {
    let d = Deque::of(v);
    let it = Native::new(t)?;
    it.put(0, v);
    put_int(it, 2, d.len() as i64);
    put_int(it, 3, d.ring.version.get() as i64);
    Ok(it.value())
}

/// `_deque_iterator(deque, index)`: for pickling.
fn iter_new(t: Gc<Type>, args: &[Value]) -> PyResult<Value> {
    check_count(&t.name_string(), args, 1, 2)?;
    if !is_deque(args[0]) {
        let (n, g) = (t.name_string(), args[0].type_of().name_string());
        return Err(type_error(format!(
            "{n}() argument 1 must be collections.deque, not {g}"
        )));
    }
    let it = new_iter(t, args[0])?;
    let skip = args.get(1).map_or(Ok(0), |&n| protocol::as_isize(n))?;
    for _ in 0..skip {
        if protocol::next(it)?.is_none() {
            break;
        }
    }
    Ok(it)
}

fn iter_next(v: Value, reverse: bool) -> PyResult<Option<Value>> {
    let it = nat(v);
    let left = get_int(it, 2);
    if left == 0 {
        return Ok(None);
    }
    let d = Deque::of(it.get(0).expect("set by new"));
    if d.ring.version.get() as i64 != get_int(it, 3) {
        put_int(it, 2, 0);
        return Err(runtime_error("deque mutated during iteration"));
    }
    let i = get_int(it, 1);
    put_int(it, 1, i + 1);
    put_int(it, 2, left - 1);
    Ok(if reverse {
        d.at(d.len() - 1 - i as usize)
    } else {
        d.at(i as usize)
    })
}

fn iter_reduce(v: Value) -> PyResult<Value> {
    let it = nat(v);
    let args = tuple::new(&[it.get(0).expect("set by new"), Value::int(get_int(it, 1))])?;
    tuple::new(&[v.type_of().value(), args])
}

static ITER_SPEC: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs(
            "__length_hint__",
            |v| Ok(Value::int(get_int(nat(v), 2))),
            "Private method returning an estimate of len(list(it)).",
        ),
        Method::noargs(
            "__reduce__",
            iter_reduce,
            "Return state information for pickling.",
        ),
    ],
    slots: |s| {
        s.new = Some(|t, args, _| iter_new(t, args));
        s.iter = Some(Ok);
        s.next = Some(|v| iter_next(v, false));
    },
    ..TypeSpec::named("_collections._deque_iterator")
};

static REV_SPEC: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs(
            "__length_hint__",
            |v| Ok(Value::int(get_int(nat(v), 2))),
            "Private method returning an estimate of len(list(it)).",
        ),
        Method::noargs(
            "__reduce__",
            iter_reduce,
            "Return state information for pickling.",
        ),
    ],
    slots: |s| {
        s.new = Some(|t, args, _| iter_new(t, args));
        s.iter = Some(Ok);
        s.next = Some(|v| iter_next(v, true));
    },
    ..TypeSpec::named("_collections._deque_reverse_iterator")
};
