//! `range` and its iterators.

use std::cell::Cell;

use num_bigint::{BigInt, Sign};
use num_traits::{Signed, ToPrimitive, Zero};
use rivet_heap::Header;
use rivet_spec::CompareOp;

use crate::exceptions::{
    PyResult, Raised, index_error, no_memory, overflow_error, type_error, value_error,
};
use crate::object::args::{check_count, no_keywords};
use crate::object::native::Native;
use crate::object::protocol;
use crate::object::spec::{Member, Method, TypeSpec};
use crate::object::{Type, TypeFlags, build};
use crate::types::iterators::builtin_function;
use crate::types::{int, slice, str, tuple};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Root, Slot, Value};

/// A range. The three fields are ints.
#[repr(C)]
pub struct Range {
    header: Header,
    /// `start`
    pub start: Slot,
    /// `stop`
    pub stop: Slot,
    /// `step`
    pub step: Slot,
}

impl Payload for Range {
    const LAYOUT: LayoutId = layout::RANGE;
    const KIND: Kind = Kind::Range;
}

const DOC: &str = "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nReturn an object that produces a sequence of integers from start (inclusive)\nto stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.\nstart defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.\nThese are exactly the valid indices for a list of 4 elements.\nWhen step is given, it specifies the increment (or decrement).";

/// `range`
pub static SPEC: TypeSpec = TypeSpec {
    doc: DOC,
    flags: TypeFlags::SEQUENCE,
    methods: &[
        Method::noargs("__reversed__", reversed, "Return a reverse iterator."),
        Method::noargs("__reduce__", reduce, ""),
        Method::one(
            "count",
            "",
            count,
            "rangeobject.count(value) -> integer -- return number of occurrences of value",
        ),
        Method::one(
            "index",
            "",
            index,
            "rangeobject.index(value) -> integer -- return index of value.\nRaise ValueError if the value is not present.",
        ),
    ],
    members: &[
        Member {
            name: "start",
            word: 0,
            readonly: true,
            none: true,
        },
        Member {
            name: "stop",
            word: 1,
            readonly: true,
            none: true,
        },
        Member {
            name: "step",
            word: 2,
            readonly: true,
            none: true,
        },
    ],
    slots: |s| {
        s.repr = Some(repr);
        s.hash = Some(hash);
        s.compare = Some(compare);
        s.iter = Some(iter);
        s.bool = Some(|v| Ok(!this(v).length().is_zero()));
        s.len = Some(|v| {
            let n = this(v).length();
            n.to_isize()
                .map(|n| n as usize)
                .ok_or_else(|| overflow_error("Python int too large to convert to C ssize_t"))
        });
        s.getitem = Some(getitem);
        s.contains = Some(contains);
        s.new = Some(|_, args, kw| {
            no_keywords("range", kw)?;
            check_count("range", args, 1, 3)?;
            match *args {
                [stop] => make(Value::int(0), protocol::index(stop)?, Value::int(1)),
                [start, stop] => make(
                    protocol::index(start)?,
                    protocol::index(stop)?,
                    Value::int(1),
                ),
                _ => {
                    let (start, stop) = (protocol::index(args[0])?, protocol::index(args[1])?);
                    let step = protocol::index(args[2])?;
                    if int::compare_sign(step) == 0 {
                        return Err(value_error("range() arg 3 must not be zero"));
                    }
                    make(start, stop, step)
                }
            }
        });
    },
    ..TypeSpec::named("range")
};

fn this(v: Value) -> Gc<Range> {
    v.cast::<Range>().expect("checked by the descriptor")
}

/// An exact int of the same value (bools and instances of subclasses lose their type).
fn plain(v: Value) -> PyResult<Value> {
    if v.is_small_int() {
        return Ok(v);
    }
    match int::to_big(v) {
        Some(b) => int::from_big(&b),
        None => Ok(v),
    }
}

fn make(start: Value, stop: Value, step: Value) -> PyResult<Value> {
    let p = rivet_heap::alloc(layout::RANGE, 3);
    if p.is_null() {
        return Err(no_memory());
    }
    // SAFETY: fresh zeroed object of layout RANGE.
    let r: Gc<Range> = unsafe { Gc::from_raw(p.cast()) };
    r.set(&r.start, plain(start)?);
    r.set(&r.stop, plain(stop)?);
    r.set(&r.step, plain(step)?);
    Ok(r.value())
}

/// `range(start, stop, step)` of machine ints.
pub fn new(start: i64, stop: i64, step: i64) -> PyResult<Value> {
    make(Value::int(start), Value::int(stop), Value::int(step))
}

fn big(v: Value) -> BigInt {
    int::to_big(v).unwrap_or_default()
}

fn count_items(start: i64, stop: i64, step: i64) -> u64 {
    if step > 0 && start < stop {
        (stop.wrapping_sub(start) as u64 - 1) / step as u64 + 1
    } else if step < 0 && start > stop {
        (start.wrapping_sub(stop) as u64 - 1) / step.unsigned_abs() + 1
    } else {
        0
    }
}

fn big_count(start: &BigInt, stop: &BigInt, step: &BigInt) -> BigInt {
    let zero = BigInt::zero();
    match step.sign() {
        Sign::Minus if start > stop => (start - stop - 1) / -step + 1,
        Sign::Plus if start < stop => (stop - start - 1) / step + 1,
        _ => zero,
    }
}

impl Range {
    /// The parts as machine words, if they fit.
    pub fn machine(&self) -> Option<(i64, i64, i64)> {
        Some((
            int::to_i64(self.start.value())?,
            int::to_i64(self.stop.value())?,
            int::to_i64(self.step.value())?,
        ))
    }

    fn bigs(&self) -> (BigInt, BigInt, BigInt) {
        (
            big(self.start.value()),
            big(self.stop.value()),
            big(self.step.value()),
        )
    }

    /// Number of items.
    pub fn length(&self) -> BigInt {
        match self.machine() {
            Some((start, stop, step)) => count_items(start, stop, step).into(),
            None => {
                let (start, stop, step) = self.bigs();
                big_count(&start, &stop, &step)
            }
        }
    }
}

fn repr(v: Value) -> PyResult<Value> {
    let r = this(v);
    let (a, b) = (
        protocol::repr_string(r.start.value())?,
        protocol::repr_string(r.stop.value())?,
    );
    if r.step.value() == Value::int(1) {
        return str::new(&format!("range({a}, {b})"));
    }
    str::new(&format!(
        "range({a}, {b}, {})",
        protocol::repr_string(r.step.value())?
    ))
}

/// What determines equality: length, start unless empty, step if longer than one.
fn key(r: Gc<Range>) -> (BigInt, Option<BigInt>, Option<BigInt>) {
    let n = r.length();
    let (start, _, step) = r.bigs();
    let start = if n.is_zero() { None } else { Some(start) };
    let step = if n > BigInt::from(1) {
        Some(step)
    } else {
        None
    };
    (n, start, step)
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Range>(), b.cast::<Range>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    match op {
        CompareOp::Eq => Ok(Value::bool(key(x) == key(y))),
        CompareOp::Ne => Ok(Value::bool(key(x) != key(y))),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn hash(v: Value) -> PyResult<i64> {
    let (n, start, step) = key(this(v));
    let part = |b: Option<BigInt>| b.map_or(Ok(Value::NONE), |b| int::from_big(&b));
    protocol::hash(tuple::new(&[
        int::from_big(&n)?,
        part(start)?,
        part(step)?,
    ])?)
}

fn reduce(v: Value) -> PyResult<Value> {
    let r = this(v);
    tuple::new(&[
        v.type_of().value(),
        tuple::new(&[r.start.value(), r.stop.value(), r.step.value()])?,
    ])
}

fn getitem(v: Value, key: Value) -> PyResult<Value> {
    let r = this(v);
    if slice::is_slice(key) {
        return subrange(r, key);
    }
    if !int::is_int(key) && key.type_of().slots().index.is_none() {
        let t = key.type_of().name_string();
        return Err(type_error(format!(
            "range indices must be integers or slices, not {t}"
        )));
    }
    let i = protocol::index(key)?;
    item(r, i)?.ok_or_else(|| index_error("range object index out of range"))
}

fn item(r: Gc<Range>, i: Value) -> PyResult<Option<Value>> {
    if let (Some((start, stop, step)), Some(i)) = (r.machine(), int::to_i64(i)) {
        let n = count_items(start, stop, step);
        let at = if i < 0 {
            i128::from(i) + i128::from(n)
        } else {
            i128::from(i)
        };
        if at < 0 || at >= i128::from(n) {
            return Ok(None);
        }
        return Ok(Some(Value::int(
            (i128::from(start) + at * i128::from(step)) as i64,
        )));
    }
    let (n, i) = (r.length(), big(i));
    let at = if i.is_negative() { i + &n } else { i };
    if at.is_negative() || at >= n {
        return Ok(None);
    }
    let (start, _, step) = r.bigs();
    int::from_big(&(start + at * step)).map(Some)
}

fn subrange(r: Gc<Range>, key: Value) -> PyResult<Value> {
    let n = r.length();
    let (start, stop, step) = slice::long_indices(key, &n)?;
    let (base, _, stride) = r.bigs();
    let at = |i: BigInt| int::from_big(&(&base + i * &stride));
    make(at(start)?, at(stop)?, int::from_big(&(step * &stride))?)
}

/// Whether the int is a member.
fn contains_int(r: Gc<Range>, v: Value) -> bool {
    if let (Some((start, stop, step)), Some(x)) = (r.machine(), int::to_i64(v)) {
        let inside = if step > 0 {
            start <= x && x < stop
        } else {
            stop < x && x <= start
        };
        return inside && (i128::from(x) - i128::from(start)) % i128::from(step) == 0;
    }
    let (start, stop, step) = r.bigs();
    let x = big(v);
    let inside = if step.is_positive() {
        start <= x && x < stop
    } else {
        stop < x && x <= start
    };
    inside && ((x - start) % step).is_zero()
}

/// Whether membership can be computed: an int whose comparison nobody has overridden.
fn is_plain_int(v: Value) -> bool {
    v.is_small_int() || v.as_bool().is_some() || v.layout_id() == layout::INT
}

fn contains(v: Value, item: Value) -> PyResult<bool> {
    if is_plain_int(item) {
        return Ok(contains_int(this(v), item));
    }
    let it = iter(v)?;
    while let Some(x) = protocol::next(it)? {
        if protocol::equal(x, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn count(v: Value, item: Value) -> PyResult<Value> {
    if is_plain_int(item) {
        return Ok(Value::int(contains_int(this(v), item).into()));
    }
    let mut n = 0;
    protocol::for_each(v, |x| {
        n += i64::from(protocol::equal(x, item)?);
        Ok(())
    })?;
    Ok(Value::int(n))
}

fn index(v: Value, item: Value) -> PyResult<Value> {
    let r = this(v);
    if is_plain_int(item) {
        if !contains_int(r, item) {
            return Err(value_error(format!(
                "{} is not in range",
                protocol::repr_string(item)?
            )));
        }
        let (start, _, step) = r.bigs();
        return int::from_big(&((big(item) - start) / step));
    }
    let it = iter(v)?;
    let mut i = 0;
    while let Some(x) = protocol::next(it)? {
        if protocol::equal(x, item)? {
            return Ok(Value::int(i));
        }
        i += 1;
    }
    Err(value_error("sequence.index(x): x not in sequence"))
}

fn reversed(v: Value) -> PyResult<Value> {
    let r = this(v);
    if let Some((start, stop, step)) = r.machine() {
        let n = count_items(start, stop, step);
        if let (Some(step), Ok(m)) = (step.checked_neg(), i64::try_from(n)) {
            let last = i128::from(start) + (i128::from(m) - 1) * i128::from(-step);
            if n == 0 {
                return RangeIter::new(start, step, 0);
            }
            if let Ok(last) = i64::try_from(last) {
                return RangeIter::new(last, step, n);
            }
        }
    }
    let (start, _, step) = r.bigs();
    let n = r.length();
    let last = start + (&n - 1) * &step;
    long_iter(&last, &-step, &n)
}

fn iter(v: Value) -> PyResult<Value> {
    let r = this(v);
    if let Some((start, stop, step)) = r.machine() {
        return RangeIter::new(start, step, count_items(start, stop, step));
    }
    let (start, _, step) = r.bigs();
    long_iter(&start, &step, &r.length())
}

/// The iterator of a `for` loop over `v`, if that is a range: nobody else refers to it.
pub fn loop_iter(v: Value) -> Option<PyResult<Value>> {
    v.cast_exact::<Range>()?;
    Some(iter(v).inspect(|it| {
        if let Some(it) = it.cast_exact::<RangeIter>() {
            it.private.set(1);
        }
    }))
}

/// Whether only a `for` loop refers to this iterator over a range.
pub fn is_private(v: Value) -> bool {
    v.cast_exact::<RangeIter>()
        .is_some_and(|r| r.private.get() == 1)
}

/// The step of an iterator over a range of machine ints.
pub fn iterator_step(v: Value) -> Option<i64> {
    v.cast_exact::<RangeIter>().map(|r| r.step.get())
}

/// Whether all values that are left, and what would follow the last, have immediate words.
pub fn left_is_immediate(v: Value) -> bool {
    let immediate = |n: i128| i64::try_from(n).is_ok_and(|n| Value::small_int(n).is_some());
    v.cast_exact::<RangeIter>().is_some_and(|r| {
        let next = i128::from(r.next.get());
        let span = i128::from(r.step.get()).checked_mul(i128::from(r.left.get()));
        immediate(next) && span.is_some_and(|span| immediate(next + span))
    })
}

/// A new private iterator, for compiled code that had kept its state elsewhere.
pub fn private_iter(next: i64, left: u64, step: i64) -> PyResult<Value> {
    let it = RangeIter::new(next, step, left)?;
    if let Some(r) = it.cast_exact::<RangeIter>() {
        r.private.set(1);
    }
    Ok(it)
}

/// How many values there are from `next` to before `end` (which is a multiple of the step away, and may have wrapped if
/// the step is 1 or -1).
pub fn values_left(next: i64, end: i64, step: i64) -> u64 {
    let (low, high) = if step > 0 { (next, end) } else { (end, next) };
    high.wrapping_sub(low) as u64 / step.unsigned_abs().max(1)
}

// ---- iterators ----

/// An iterator over a range of machine ints.
#[repr(C)]
pub struct RangeIter {
    header: Header,
    /// The next value.
    pub next: Cell<i64>,
    /// Step.
    pub step: Cell<i64>,
    /// How many values are left.
    pub left: Cell<u64>,
    /// How many there were in the beginning.
    total: Cell<u64>,
    /// 1: only a `for` loop's register refers to it, so compiled code may keep its state elsewhere.
    private: Cell<u64>,
}

/// Byte offsets of the fields of a `RangeIter`, for compiled code.
pub mod offsets {
    use super::RangeIter;
    /// The next value.
    pub const NEXT: usize = std::mem::offset_of!(RangeIter, next);
    /// The step.
    pub const STEP: usize = std::mem::offset_of!(RangeIter, step);
    /// How many are left.
    pub const LEFT: usize = std::mem::offset_of!(RangeIter, left);
    /// 1 if only a loop refers to the iterator.
    pub const PRIVATE: usize = std::mem::offset_of!(RangeIter, private);
}

impl Payload for RangeIter {
    const LAYOUT: LayoutId = layout::RANGE_ITER;
    const KIND: Kind = Kind::RangeIter;
}

impl RangeIter {
    fn new(next: i64, step: i64, left: u64) -> PyResult<Value> {
        let p = rivet_heap::alloc(layout::RANGE_ITER, size_of::<RangeIter>() / 8 - 1);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout RANGE_ITER.
        let it: Gc<RangeIter> = unsafe { Gc::from_raw(p.cast()) };
        it.next.set(next);
        it.step.set(step);
        it.left.set(left);
        it.total.set(left);
        Ok(it.value())
    }

    /// The next value; None when exhausted.
    #[inline(always)]
    pub fn advance(&self) -> Option<Value> {
        let left = self.left.get();
        if left == 0 {
            return None;
        }
        let v = self.next.get();
        self.left.set(left - 1);
        self.next.set(v.wrapping_add(self.step.get()));
        Some(Value::int(v))
    }
}

const HINT_DOC: &str = "Private method returning an estimate of len(list(it)).";
const REDUCE_DOC: &str = "Return state information for pickling.";
const SETSTATE_DOC: &str = "Set state information for unpickling.";

/// `range_iterator`
pub static ITER: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs(
            "__length_hint__",
            |v| Ok(int::from_u64(iterator(v).left.get())),
            HINT_DOC,
        ),
        Method::noargs("__reduce__", reduce_iter, REDUCE_DOC),
        Method::one("__setstate__", "", set_state, SETSTATE_DOC),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(|v| Ok(iterator(v).advance()));
    },
    ..TypeSpec::named("range_iterator")
};

fn iterator(v: Value) -> Gc<RangeIter> {
    v.cast::<RangeIter>().expect("checked by the descriptor")
}

fn reduce_iter(v: Value) -> PyResult<Value> {
    let it = iterator(v);
    let (next, step) = (BigInt::from(it.next.get()), BigInt::from(it.step.get()));
    reduce_range(&next, &step, &it.left.get().into(), &it.total.get().into())
}

/// `(iter, (range,), index)` of an iterator with `left` of `total` values left.
fn reduce_range(next: &BigInt, step: &BigInt, left: &BigInt, total: &BigInt) -> PyResult<Value> {
    let index = total - left;
    let start = next - step * &index;
    let stop = &start + step * total;
    let r = make(
        int::from_big(&start)?,
        int::from_big(&stop)?,
        int::from_big(step)?,
    )?;
    tuple::new(&[
        builtin_function("iter")?,
        tuple::new(&[r])?,
        int::from_big(&index)?,
    ])
}

fn set_state(v: Value, state: Value) -> PyResult<Value> {
    let it = iterator(v);
    let total = it.total.get();
    let index = (protocol::as_isize(state)?.max(0) as u64).min(total);
    let consumed = total - it.left.get();
    it.left.set(total - index);
    let moved = (index as i64).wrapping_sub(consumed as i64);
    it.next.set(
        it.next
            .get()
            .wrapping_add(it.step.get().wrapping_mul(moved)),
    );
    Ok(Value::NONE)
}

/// Slots: next value, step, values left, values in the beginning.
static LONG: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs("__length_hint__", |v| Ok(long_parts(v).2), HINT_DOC),
        Method::noargs(
            "__reduce__",
            |v| {
                let (next, step, left) = long_parts(v);
                reduce_range(&big(next), &big(step), &big(left), &long_total(v))
            },
            REDUCE_DOC,
        ),
        Method::one("__setstate__", "", long_set_state, SETSTATE_DOC),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(long_next);
    },
    ..TypeSpec::named("longrange_iterator")
};

static LONG_TYPE: Root = Root::new();

/// Makes the helper type.
pub fn init() {
    LONG_TYPE.set(build::native_type(&LONG, 4).value());
}

fn long_iter(start: &BigInt, step: &BigInt, n: &BigInt) -> PyResult<Value> {
    let ty = LONG_TYPE
        .get()
        .and_then(|t| t.cast::<Type>())
        .expect("made at start-up");
    let it = Native::new(ty)?;
    it.put(0, int::from_big(start)?);
    it.put(1, int::from_big(step)?);
    it.put(2, int::from_big(n)?);
    it.put(3, int::from_big(n)?);
    Ok(it.value())
}

fn long_total(v: Value) -> BigInt {
    v.cast::<Native>()
        .and_then(|it| it.get(3))
        .map_or_else(BigInt::zero, big)
}

fn long_parts(v: Value) -> (Value, Value, Value) {
    let it = v.cast::<Native>().expect("checked by the descriptor");
    let part = |i| it.get(i).unwrap_or(Value::int(0));
    (part(0), part(1), part(2))
}

fn long_next(v: Value) -> PyResult<Option<Value>> {
    let (next, step, left) = long_parts(v);
    if int::compare_sign(left) <= 0 {
        return Ok(None);
    }
    let it = v.cast::<Native>().expect("checked by the descriptor");
    it.put(0, int::ops::add(next, step)?);
    it.put(2, int::ops::sub(left, Value::int(1))?);
    Ok(Some(next))
}

fn long_set_state(v: Value, state: Value) -> PyResult<Value> {
    let Some(n) = int::to_big(state) else {
        return Err(bad_state(state));
    };
    let (next, step, left) = long_parts(v);
    let (next, step, left, total) = (big(next), big(step), big(left), long_total(v));
    let index = n.max(BigInt::zero()).min(total.clone());
    let moved = &index - (&total - left);
    let it = v.cast::<Native>().expect("checked by the descriptor");
    it.put(0, int::from_big(&(next + step * moved))?);
    it.put(2, int::from_big(&(total - index))?);
    Ok(Value::NONE)
}

fn bad_state(state: Value) -> Raised {
    type_error(format!(
        "state must be an int, not {}",
        state.type_of().name_string()
    ))
}
