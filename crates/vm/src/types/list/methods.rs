//! `list`: slots and methods. Sorting is in `sort.rs`.

use rivet_spec::CompareOp;

pub use super::sort::sort_plain;
use super::{List, sort};
use crate::exceptions::{
    PyResult, Raised, clear_if, exc, index_error, memory_error, type_error, value_error,
};
use crate::object::args::{Bound, check_count, no_keywords};
use crate::object::guard::guarded_repr;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Type, TypeFlags, instance, protocol};
use crate::types::iterators::{SeqIter, list_reversed};
use crate::types::str::builder::StrBuilder;
use crate::types::tuple::Tuple;
use crate::types::{int, slice, str};
use crate::value::{Gc, RVec, Value, layout};

const DOC: &str = "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\nThe argument must be an iterable if specified.";
const SORT_DOC: &str = "Sort the list in ascending order and return None.\n\nThe sort is in-place (i.e. the list itself is modified) and stable (i.e. the\norder of two equal elements is maintained).\n\nIf a key function is given, apply it once to each list item and sort them,\nascending or descending, according to their function values.\n\nThe reverse flag can be set to sort in descending order.";

/// `list`
pub static SPEC: TypeSpec = TypeSpec {
    doc: DOC,
    signature: "(iterable=(), /)",
    flags: TypeFlags::BASETYPE
        | TypeFlags::LIST_SUBCLASS
        | TypeFlags::SEQUENCE
        | TypeFlags::MATCH_SELF,
    methods: &[
        Method::one(
            "append",
            "($self, object, /)",
            append,
            "Append object to the end of the list.",
        ),
        Method::noargs("clear", clear, "Remove all items from list."),
        Method::noargs(
            "copy",
            |v| super::new(this(v).items()),
            "Return a shallow copy of the list.",
        ),
        Method::one(
            "count",
            "($self, value, /)",
            count,
            "Return number of occurrences of value.",
        ),
        Method::one(
            "extend",
            "($self, iterable, /)",
            |v, x| extend(this(v), x).map(|()| Value::NONE),
            "Extend list by appending elements from the iterable.",
        ),
        Method::fast(
            "index",
            "($self, value, start=0, stop=sys.maxsize, /)",
            index,
            "Return first index of value.\n\nRaises ValueError if the value is not present.",
        ),
        Method::bound(
            "insert",
            "($self, index, object, /)",
            insert,
            "Insert object before index.",
        ),
        Method::fast(
            "pop",
            "($self, index=-1, /)",
            pop,
            "Remove and return item at index (default last).\n\nRaises IndexError if list is empty or index is out of range.",
        ),
        Method::one(
            "remove",
            "($self, value, /)",
            remove,
            "Remove first occurrence of value.\n\nRaises ValueError if the value is not present.",
        ),
        Method::noargs("reverse", reverse, "Reverse *IN PLACE*."),
        Method::bound(
            "sort",
            "($self, /, *, key=None, reverse=False)",
            sort_method,
            SORT_DOC,
        ),
        Method::noargs(
            "__reversed__",
            |v| list_reversed(this(v)),
            "Return a reverse iterator over the list.",
        ),
        Method::noargs(
            "__sizeof__",
            |v| Ok(Value::from_usize(40 + this(v).capacity() * 8)),
            "Return the size of the list in memory, in bytes.",
        ),
        crate::types::generic_alias::CLASS_GETITEM,
    ],
    slots: |s| {
        s.repr = Some(repr);
        s.compare = Some(compare);
        s.iter = Some(|v| SeqIter::new(layout::LIST_ITER, v));
        s.len = Some(|v| Ok(this(v).len()));
        s.getitem = Some(getitem);
        s.setitem = Some(setitem);
        s.contains = Some(contains);
        s.concat = Some(concat);
        s.repeat = Some(repeat);
        s.iconcat = Some(|v, x| extend(this(v), x).map(|()| v));
        s.irepeat = Some(irepeat);
        s.init = Some(init);
        s.new = Some(new);
    },
    ..TypeSpec::named("list")
};

fn this(v: Value) -> Gc<List> {
    v.cast::<List>().expect("checked by the descriptor")
}

fn new(ty: Gc<Type>, _args: &[Value], _kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    if ty == crate::runtime::types().list {
        List::new().map(Gc::value)
    } else {
        instance::allocate(ty, 0)
    }
}

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let list = this(v);
    // As in CPython, only `list` itself refuses keywords here if `__init__` is inherited.
    let own = v.type_of().slots().new.map(|f| f as usize) == Some(new as *const () as usize);
    if own {
        no_keywords("list", kw)?;
    }
    let (args, _) = crate::object::args::split(args, kw);
    check_count("list", args, 0, 1)?;
    list.clear();
    match args {
        [iterable] => extend(list, *iterable),
        _ => Ok(()),
    }
}

fn repr(v: Value) -> PyResult<Value> {
    let list = this(v);
    if list.is_empty() {
        return str::new("[]");
    }
    guarded_repr(v, "[...]", || {
        let mut out = StrBuilder::new();
        out.push_text("[");
        let mut i = 0;
        while let Some(x) = list.get(i) {
            if i > 0 {
                out.push_text(", ");
            }
            out.push_chars(protocol::repr(x)?.chars());
            i += 1;
        }
        out.push_text("]");
        out.value()
    })
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<List>(), b.cast::<List>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if x.len() != y.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    protocol::compare_sequences(&|i| x.get(i), &|i| y.get(i), op)
}

fn contains(v: Value, item: Value) -> PyResult<bool> {
    Ok(find(this(v), item, 0, usize::MAX)?.is_some())
}

/// Index of the first item equal to `item` in `from..to`.
fn find(list: Gc<List>, item: Value, from: usize, to: usize) -> PyResult<Option<usize>> {
    if item.is_small_int() && list.strategy() == super::Strategy::Int {
        let items = list.items();
        let to = to.min(items.len());
        return Ok((from..to).find(|&i| items[i] == item));
    }
    let mut i = from;
    while i < to {
        let Some(x) = list.get(i) else { break };
        if protocol::equal(x, item)? {
            return Ok(Some(i));
        }
        i += 1;
    }
    Ok(None)
}

/// TypeError for a key that is neither an index nor a slice.
#[cold]
pub(crate) fn bad_key(what: &str, key: Value) -> Raised {
    type_error(format!(
        "{what} indices must be integers or slices, not {}",
        key.type_of().name_string()
    ))
}

/// Whether the key can be an index.
#[inline]
pub(crate) fn is_index(key: Value) -> bool {
    int::is_int(key) || key.type_of().slots().index.is_some()
}

fn getitem(v: Value, key: Value) -> PyResult<Value> {
    let list = this(v);
    if is_index(key) {
        let i = index_of(list, key, "list index out of range")?;
        return list
            .get(i)
            .ok_or_else(|| index_error("list index out of range"));
    }
    if !slice::is_slice(key) {
        return Err(bad_key("list", key));
    }
    let (start, stop, step) = slice::unpack(key)?;
    let (start, _, n) = slice::adjust(list.len(), start, stop, step);
    if step == 1 {
        return super::new(&list.items()[start as usize..start as usize + n]);
    }
    let mut out = RVec::with_capacity(n)?;
    for i in 0..n as isize {
        out.push(list.item((start + i * step) as usize))?;
    }
    List::from_vec(out).map(Gc::value)
}

/// The index is computed before the length is asked for.
fn index_of(list: Gc<List>, key: Value, message: &str) -> PyResult<usize> {
    let i = protocol::index_i64(key, |v| {
        index_error(format!(
            "cannot fit '{}' into an index-sized integer",
            v.type_of().name_string()
        ))
    })?;
    protocol::sequence_index(Value::int(i), list.len(), message)
}

fn setitem(v: Value, key: Value, value: Option<Value>) -> PyResult<()> {
    let list = this(v);
    if is_index(key) {
        let i = index_of(list, key, "list assignment index out of range")?;
        match value {
            Some(x) => list.put(i, x),
            None => {
                list.remove(i);
            }
        }
        return Ok(());
    }
    if !slice::is_slice(key) {
        return Err(bad_key("list", key));
    }
    let (start, stop, step) = slice::unpack(key)?;
    match value {
        None => {
            let (start, _, n) = slice::adjust(list.len(), start, stop, step);
            delete_slice(list, start, step, n)
        }
        Some(x) if step == 1 => {
            let items = assigned(x, "can only assign an iterable")?;
            let (start, _, n) = slice::adjust(list.len(), start, stop, 1);
            list.splice(start as usize, start as usize + n, &items)
        }
        Some(x) => {
            let items = assigned(x, "must assign iterable to extended slice")?;
            let (start, _, n) = slice::adjust(list.len(), start, stop, step);
            if items.len() != n {
                let m = items.len();
                return Err(value_error(format!(
                    "attempt to assign sequence of size {m} to extended slice of size {n}"
                )));
            }
            for (i, &x) in items.iter().enumerate() {
                list.put((start + i as isize * step) as usize, x);
            }
            Ok(())
        }
    }
}

/// The items of an iterable that is assigned to a slice.
fn assigned(x: Value, message: &str) -> PyResult<RVec> {
    if x.cast::<List>().is_some() || x.cast::<Tuple>().is_some() {
        return protocol::collect(x);
    }
    let it = match protocol::iter(x) {
        Ok(it) => it,
        Err(raised) => {
            clear_if(raised, exc().type_error)?;
            return Err(type_error(message));
        }
    };
    protocol::collect(it)
}

fn delete_slice(list: Gc<List>, start: isize, step: isize, n: usize) -> PyResult<()> {
    if n == 0 {
        return Ok(());
    }
    // Ascending order.
    let (start, step) = if step < 0 {
        (start + step * (n as isize - 1), -step)
    } else {
        (start, step)
    };
    let (start, step) = (start as usize, step as usize);
    if step == 1 {
        return list.splice(start, start + n, &[]);
    }
    let old = RVec::from_slice(list.items())?;
    let mut at = start;
    for i in start..old.len() {
        let k = i - start;
        if k % step == 0 && k / step < n {
            continue;
        }
        list.put(at, old[i]);
        at += 1;
    }
    list.truncate(at);
    Ok(())
}

fn concat(a: Value, b: Value) -> PyResult<Value> {
    let Some(other) = b.cast::<List>() else {
        let t = b.type_of().name_string();
        return Err(type_error(format!(
            "can only concatenate list (not \"{t}\") to list"
        )));
    };
    let (x, y) = (this(a).items(), other.items());
    let mut out = RVec::with_capacity(x.len() + y.len())?;
    out.extend(x)?;
    out.extend(y)?;
    List::from_vec(out).map(Gc::value)
}

/// Number of items of `len` items repeated `n` times; MemoryError if absurd.
pub(crate) fn repeated_len(len: usize, n: isize) -> PyResult<usize> {
    let n = n.max(0) as usize;
    len.checked_mul(n)
        .filter(|&m| m < (1 << 58))
        .ok_or_else(|| memory_error(""))
}

fn repeat(v: Value, n: isize) -> PyResult<Value> {
    let items = this(v).items();
    let total = repeated_len(items.len(), n)?;
    let mut out = RVec::with_capacity(total)?;
    for _ in 0..if items.is_empty() { 0 } else { n.max(0) } {
        out.extend(items)?;
    }
    List::from_vec(out).map(Gc::value)
}

fn irepeat(v: Value, n: isize) -> PyResult<Value> {
    let list = this(v);
    if n <= 0 {
        list.clear();
        return Ok(v);
    }
    repeated_len(list.len(), n)?;
    let copy = RVec::from_slice(list.items())?;
    for _ in 1..if copy.is_empty() { 1 } else { n } {
        list.extend_slice(&copy)?;
    }
    Ok(v)
}

/// Appends the items of an iterable.
pub fn extend(list: Gc<List>, iterable: Value) -> PyResult<()> {
    if let Some(other) = iterable.cast_exact::<List>() {
        let copy = RVec::from_slice(other.items())?;
        return list.extend_slice(&copy);
    }
    if let Some(t) = iterable.cast_exact::<Tuple>() {
        return list.extend_slice(t.items());
    }
    let it = protocol::iter(iterable)?;
    protocol::length_hint(iterable, 8)?;
    while let Some(x) = crate::interp::ops::iter::next(it)? {
        list.append(x)?;
    }
    Ok(())
}

fn append(v: Value, x: Value) -> PyResult<Value> {
    this(v).append(x)?;
    Ok(Value::NONE)
}

fn clear(v: Value) -> PyResult<Value> {
    this(v).clear();
    Ok(Value::NONE)
}

fn count(v: Value, item: Value) -> PyResult<Value> {
    let list = this(v);
    let (mut n, mut i) = (0, 0);
    while let Some(x) = list.get(i) {
        n += i64::from(protocol::equal(x, item)?);
        i += 1;
    }
    Ok(Value::int(n))
}

/// The bounds of `index(value, start, stop)` for `len` items.
pub(crate) fn search_bounds(args: &[Value], len: impl Fn() -> usize) -> PyResult<(usize, usize)> {
    let start = args.get(1).map_or(Ok(0), |&v| slice::index_argument(v))?;
    let stop = args
        .get(2)
        .map_or(Ok(isize::MAX), |&v| slice::index_argument(v))?;
    let clip = |i: isize| {
        if i < 0 {
            i.saturating_add(len() as isize).max(0) as usize
        } else {
            i as usize
        }
    };
    Ok((clip(start), clip(stop)))
}

fn index(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("index", args, 1, 3)?;
    let list = this(v);
    let (from, to) = search_bounds(args, || list.len())?;
    match find(list, args[0], from, to)? {
        Some(i) => Ok(Value::from_usize(i)),
        None => Err(value_error(format!(
            "{} is not in list",
            protocol::repr_string(args[0])?
        ))),
    }
}

fn insert(v: Value, b: Bound) -> PyResult<Value> {
    let list = this(v);
    let i = protocol::as_isize(b[0].unwrap_or(Value::NONE))?;
    let len = list.len() as isize;
    let at = if i < 0 { (i + len).max(0) } else { i.min(len) };
    list.insert(at as usize, b[1].unwrap_or(Value::NONE))?;
    Ok(Value::NONE)
}

fn pop(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("pop", args, 0, 1)?;
    let list = this(v);
    let i = args.first().map_or(Ok(-1), |&i| protocol::as_isize(i))?;
    let len = list.len() as isize;
    if len == 0 {
        return Err(index_error("pop from empty list"));
    }
    let at = if i < 0 { i + len } else { i };
    if at < 0 || at >= len {
        return Err(index_error("pop index out of range"));
    }
    if at + 1 == len {
        let x = list.item(at as usize);
        list.truncate(at as usize);
        return Ok(x);
    }
    Ok(list.remove(at as usize))
}

fn remove(v: Value, item: Value) -> PyResult<Value> {
    let list = this(v);
    match find(list, item, 0, usize::MAX)? {
        Some(i) if i < list.len() => {
            list.remove(i);
            Ok(Value::NONE)
        }
        _ => Err(value_error("list.remove(x): x not in list")),
    }
}

fn reverse(v: Value) -> PyResult<Value> {
    let list = this(v);
    let n = list.len();
    for i in 0..n / 2 {
        let (a, b) = (list.item(i), list.item(n - 1 - i));
        list.put(i, b);
        list.put(n - 1 - i, a);
    }
    Ok(Value::NONE)
}

fn sort_method(v: Value, b: Bound) -> PyResult<Value> {
    let reverse = match b[1] {
        Some(r) => {
            protocol::index_i64(r, |_| {
                crate::exceptions::overflow_error("Python int too large to convert to C int")
            })? != 0
        }
        None => false,
    };
    sort::sort(this(v), b[0].and_then(Value::not_none), reverse)?;
    Ok(Value::NONE)
}
