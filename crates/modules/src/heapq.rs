//! `_heapq` and `_bisect`.

use rivet_spec::CompareOp;
use rivet_vm::exceptions::{PyResult, index_error, runtime_error, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::args::{Bound, check_count};
use rivet_vm::object::call::{call, call_method};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::value::{Gc, Value};

/// Whether `a` belongs above `b`.
fn before(a: Value, b: Value, max: bool) -> PyResult<bool> {
    if max {
        protocol::compare_bool(b, a, CompareOp::Lt)
    } else {
        protocol::compare_bool(a, b, CompareOp::Lt)
    }
}

fn heap(v: Value) -> PyResult<Gc<List>> {
    v.cast::<List>().ok_or_else(|| {
        type_error(format!(
            "heap argument must be a list, not {}",
            v.type_of().name_string()
        ))
    })
}

fn at(h: Gc<List>, i: usize, len: usize) -> PyResult<Value> {
    if h.len() != len {
        return Err(runtime_error("list changed size during iteration"));
    }
    Ok(h.item(i))
}

/// Moves the item at `pos` up to its place, not above `start`.
fn sift_up_to(h: Gc<List>, start: usize, mut pos: usize, max: bool) -> PyResult<()> {
    let len = h.len();
    if pos >= len {
        return Err(index_error("index out of range"));
    }
    while pos > start {
        let parent = (pos - 1) / 2;
        let (new, p) = (at(h, pos, len)?, at(h, parent, len)?);
        if !before(new, p, max)? {
            break;
        }
        let (new, p) = (at(h, pos, len)?, at(h, parent, len)?);
        h.put(parent, new);
        h.put(pos, p);
        pos = parent;
    }
    Ok(())
}

/// Moves the item at `pos` down to a leaf, then up to its place.
fn sift_down(h: Gc<List>, mut pos: usize, max: bool) -> PyResult<()> {
    let (len, start) = (h.len(), pos);
    if pos >= len {
        return Err(index_error("index out of range"));
    }
    while pos < len / 2 {
        let mut child = 2 * pos + 1;
        if child + 1 < len && !before(at(h, child, len)?, at(h, child + 1, len)?, max)? {
            child += 1;
        }
        let (a, b) = (at(h, child, len)?, at(h, pos, len)?);
        h.put(child, b);
        h.put(pos, a);
        pos = child;
    }
    sift_up_to(h, start, pos, max)
}

fn pop(v: Value, max: bool) -> PyResult<Value> {
    let h = heap(v)?;
    let Some(n) = h.len().checked_sub(1) else {
        return Err(index_error("index out of range"));
    };
    let last = h.remove(n);
    if n == 0 {
        return Ok(last);
    }
    let top = h.item(0);
    h.put(0, last);
    sift_down(h, 0, max)?;
    Ok(top)
}

fn replace(a: &[Value], fname: &str, max: bool) -> PyResult<Value> {
    check_count(fname, a, 2, 2)?;
    let h = heap(a[0])?;
    let Some(top) = h.get(0) else {
        return Err(index_error("index out of range"));
    };
    h.put(0, a[1]);
    sift_down(h, 0, max)?;
    Ok(top)
}

fn heapify(v: Value, max: bool) -> PyResult<Value> {
    let h = heap(v)?;
    for i in (0..h.len() / 2).rev() {
        sift_down(h, i, max)?;
    }
    Ok(Value::NONE)
}

static HEAPQ: &[Method] = &[
    Method::fast(
        "heappush",
        "($module, heap, item, /)",
        |_, a| {
            check_count("heappush", a, 2, 2)?;
            let h = heap(a[0])?;
            h.append(a[1])?;
            sift_up_to(h, 0, h.len() - 1, false).map(|()| Value::NONE)
        },
        "Push item onto heap, maintaining the heap invariant.",
    ),
    Method::fast(
        "heappushpop",
        "($module, heap, item, /)",
        |_, a| {
            check_count("heappushpop", a, 2, 2)?;
            let h = heap(a[0])?;
            let Some(top) = h.get(0) else { return Ok(a[1]) };
            if !before(top, a[1], false)? {
                return Ok(a[1]);
            }
            if h.is_empty() {
                return Err(index_error("index out of range"));
            }
            let top = h.item(0);
            h.put(0, a[1]);
            sift_down(h, 0, false)?;
            Ok(top)
        },
        "Push item on the heap, then pop and return the smallest item from the heap.\n\nThe combined action runs more efficiently than heappush() followed by\na separate call to heappop().",
    ),
    Method::one(
        "heappop",
        "($module, heap, /)",
        |_, v| pop(v, false),
        "Pop the smallest item off the heap, maintaining the heap invariant.",
    ),
    Method::fast(
        "heapreplace",
        "($module, heap, item, /)",
        |_, a| replace(a, "heapreplace", false),
        "Pop and return the current smallest value, and add the new item.",
    ),
    Method::one(
        "heapify",
        "($module, heap, /)",
        |_, v| heapify(v, false),
        "Transform list into a heap, in-place, in O(len(heap)) time.",
    ),
    Method::one(
        "_heappop_max",
        "($module, heap, /)",
        |_, v| pop(v, true),
        "Maxheap variant of heappop.",
    ),
    Method::fast(
        "_heapreplace_max",
        "($module, heap, item, /)",
        |_, a| replace(a, "_heapreplace_max", true),
        "Maxheap variant of heapreplace.",
    ),
    Method::one(
        "_heapify_max",
        "($module, heap, /)",
        |_, v| heapify(v, true),
        "Maxheap variant of heapify.",
    ),
];

/// Fills `_heapq`.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(HEAPQ)?;
    m.add("__about__", rivet_vm::types::str::new("Heap queues")?)
}

/// The place of `a[1]` in the sorted sequence `a[0]`; `key_item`: whether the key function applies to the item too.
fn bisect(a: Bound, right: bool, key_item: bool) -> PyResult<usize> {
    let get = |i: usize| a[i].unwrap_or(Value::NONE);
    let (seq, mut x, key) = (get(0), get(1), a[4].and_then(Value::not_none));
    let mut lo = a[2].map_or(Ok(0), protocol::as_isize)?;
    if lo < 0 {
        return Err(value_error("lo must be non-negative"));
    }
    let mut hi = match a[3].and_then(Value::not_none) {
        Some(h) => protocol::as_isize(h)?,
        None => -1,
    };
    if hi == -1 {
        hi = protocol::length(seq)? as isize;
    }
    if let Some(k) = key.filter(|_| key_item) {
        x = call(k, &[x])?;
    }
    while lo < hi {
        let mid = lo + (hi - lo) / 2;
        let mut item = protocol::get_item(seq, Value::int(mid as i64))?;
        if let Some(k) = key {
            item = call(k, &[item])?;
        }
        let left_half = if right {
            protocol::compare_bool(x, item, CompareOp::Lt)?
        } else {
            !protocol::compare_bool(item, x, CompareOp::Lt)?
        };
        if left_half {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }
    Ok(lo as usize)
}

fn insort(a: Bound, right: bool) -> PyResult<Value> {
    let i = bisect(a, right, true)?;
    let (seq, x) = (a[0].unwrap_or(Value::NONE), a[1].unwrap_or(Value::NONE));
    match seq.cast_exact::<List>() {
        Some(l) => l.insert(i.min(l.len()), x)?,
        None => {
            call_method(seq, name!("insert"), &[Value::from_usize(i), x])?;
        }
    }
    Ok(Value::NONE)
}

const SIG: &str = "($module, /, a, x, lo=0, hi=None, *, key=None)";

static BISECT: &[Method] = &[
    Method::bound(
        "bisect_right",
        SIG,
        |_, a| bisect(a, true, false).map(Value::from_usize),
        "Return the index where to insert item x in list a, assuming a is sorted.",
    ),
    Method::bound(
        "bisect",
        SIG,
        |_, a| bisect(a, true, false).map(Value::from_usize),
        "Return the index where to insert item x in list a, assuming a is sorted.",
    ),
    Method::bound(
        "bisect_left",
        SIG,
        |_, a| bisect(a, false, false).map(Value::from_usize),
        "Return the index where to insert item x in list a, assuming a is sorted.",
    ),
    Method::bound(
        "insort_right",
        SIG,
        |_, a| insort(a, true),
        "Insert item x in list a, and keep it sorted assuming a is sorted.",
    ),
    Method::bound(
        "insort",
        SIG,
        |_, a| insort(a, true),
        "Insert item x in list a, and keep it sorted assuming a is sorted.",
    ),
    Method::bound(
        "insort_left",
        SIG,
        |_, a| insort(a, false),
        "Insert item x in list a, and keep it sorted assuming a is sorted.",
    ),
];

/// Fills `_bisect`.
pub fn init_bisect(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(BISECT)
}
