//! `slice`, and the computation every sequence does with one.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use rivet_heap::Header;
use rivet_spec::CompareOp;

use crate::exceptions::{PyResult, no_memory, type_error, value_error};
use crate::object::args::{check_count, no_keywords};
use crate::object::protocol;
use crate::object::spec::{Member, Method, TypeSpec};
use crate::types::str;
use crate::types::{int, tuple};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// A slice.
#[repr(C)]
pub struct Slice {
    header: Header,
    /// `start`
    pub start: Slot,
    /// `stop`
    pub stop: Slot,
    /// `step`
    pub step: Slot,
}

impl Payload for Slice {
    const LAYOUT: LayoutId = layout::SLICE;
    const KIND: Kind = Kind::Slice;
}

const DOC: &str = "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. a[0:10:2]).";
const INDICES_DOC: &str = "S.indices(len) -> (start, stop, stride)\n\nAssuming a sequence of length len, calculate the start and stop\nindices, and the stride length of the extended slice described by\nS. Out of bounds indices are clipped in a manner consistent with the\nhandling of normal slices.";

/// `slice`
pub static SPEC: TypeSpec = TypeSpec {
    doc: DOC,
    methods: &[
        Method::one("indices", "", slice_indices, INDICES_DOC),
        Method::noargs(
            "__reduce__",
            |v| {
                let s = this(v);
                let parts = [s.start.value(), s.stop.value(), s.step.value()];
                tuple::new(&[v.type_of().value(), tuple::new(&parts)?])
            },
            "Return state information for pickling.",
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
        s.repr = Some(|v| {
            let s = this(v);
            let text = |x: &Slot| protocol::repr_string(x.value());
            str::new(&format!(
                "slice({}, {}, {})",
                text(&s.start)?,
                text(&s.stop)?,
                text(&s.step)?
            ))
        });
        s.compare = Some(compare);
        s.new = Some(|_, args, kw| {
            no_keywords("slice", kw)?;
            check_count("slice", args, 1, 3)?;
            match *args {
                [stop] => new(Value::NONE, stop, Value::NONE),
                [start, stop] => new(start, stop, Value::NONE),
                _ => new(args[0], args[1], args[2]),
            }
        });
    },
    ..TypeSpec::named("slice")
};

fn this(v: Value) -> Gc<Slice> {
    v.cast::<Slice>().expect("checked by the descriptor")
}

/// `slice(start, stop, step)`
pub fn new(start: Value, stop: Value, step: Value) -> PyResult<Value> {
    let p = rivet_heap::alloc(layout::SLICE, 3);
    if p.is_null() {
        return Err(no_memory());
    }
    // SAFETY: fresh zeroed object of layout SLICE.
    let s: Gc<Slice> = unsafe { Gc::from_raw(p.cast()) };
    s.set(&s.start, start);
    s.set(&s.stop, stop);
    s.set(&s.step, step);
    Ok(s.value())
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Slice>(), b.cast::<Slice>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if x == y {
        return Ok(Value::bool(matches!(
            op,
            CompareOp::Eq | CompareOp::Le | CompareOp::Ge
        )));
    }
    let item = |s: Gc<Slice>, i: usize| [&s.start, &s.stop, &s.step].get(i).map(|s| s.value());
    protocol::compare_sequences(&|i| item(x, i), &|i| item(y, i), op)
}

const BAD_INDEX: &str = "slice indices must be integers or None or have an __index__ method";

fn slice_index(v: Value, default: isize) -> PyResult<isize> {
    if v.is_none() {
        return Ok(default);
    }
    if let Some(i) = v.as_small_int() {
        return Ok(i as isize);
    }
    if !int::is_int(v) && v.type_of().slots().index.is_none() {
        return Err(type_error(BAD_INDEX));
    }
    protocol::as_isize_clipped(v)
}

/// One bound of a `sequence.index(x, start, stop)`-like call, clipped to the machine's range.
pub fn index_argument(v: Value) -> PyResult<isize> {
    if !int::is_int(v) && v.type_of().slots().index.is_none() {
        return Err(type_error(
            "slice indices must be integers or have an __index__ method",
        ));
    }
    protocol::as_isize_clipped(v)
}

/// The parts of a slice object as machine words; runs the `__index__` of what it holds, so the length of the
/// sequence is to be asked for afterwards. ValueError for step 0.
///
/// # Panics
/// If `v` is no slice.
pub fn unpack(v: Value) -> PyResult<(isize, isize, isize)> {
    let s = this(v);
    let step = slice_index(s.step.value(), 1)?;
    if step == 0 {
        return Err(value_error("slice step cannot be zero"));
    }
    let step = step.max(-isize::MAX);
    let start = slice_index(s.start.value(), if step < 0 { isize::MAX } else { 0 })?;
    let stop = slice_index(
        s.stop.value(),
        if step < 0 { isize::MIN } else { isize::MAX },
    )?;
    Ok((start, stop, step))
}

/// Clips what `unpack` gave to a sequence of `len` items: start, stop, and how many items are selected.
pub fn adjust(len: usize, start: isize, stop: isize, step: isize) -> (isize, isize, usize) {
    let len = len as isize;
    let clip = |i: isize| {
        if i < 0 {
            let i = i.saturating_add(len);
            if i < 0 {
                if step < 0 { -1 } else { 0 }
            } else {
                i
            }
        } else if i >= len {
            if step < 0 { len - 1 } else { len }
        } else {
            i
        }
    };
    let (start, stop) = (clip(start), clip(stop));
    let n = if step < 0 {
        if stop < start {
            (start - stop - 1) / -step + 1
        } else {
            0
        }
    } else if start < stop {
        (stop - start - 1) / step + 1
    } else {
        0
    };
    (start, stop, n as usize)
}

/// Start, stop, step and number of items that the slice object selects of a sequence of `len` items. Where the
/// sequence is mutable, use `unpack` and `adjust`, asking for the length in between.
pub fn indices(slice: Value, len: usize) -> PyResult<(isize, isize, isize, usize)> {
    let (start, stop, step) = unpack(slice)?;
    let (start, stop, n) = adjust(len, start, stop, step);
    Ok((start, stop, step, n))
}

/// Whether the value is a slice object.
#[inline]
pub fn is_slice(v: Value) -> bool {
    v.cast::<Slice>().is_some()
}

fn big_index(v: Value) -> PyResult<BigInt> {
    if !int::is_int(v) && v.type_of().slots().index.is_none() {
        return Err(type_error(BAD_INDEX));
    }
    Ok(int::to_big(protocol::index(v)?).unwrap_or_default())
}

/// Start, stop and step of a slice for a sequence of any length, without a limit on their size.
pub fn long_indices(v: Value, len: &BigInt) -> PyResult<(BigInt, BigInt, BigInt)> {
    let s = this(v);
    let step = if s.step.value().is_none() {
        BigInt::from(1)
    } else {
        big_index(s.step.value())?
    };
    if step.is_zero() {
        return Err(value_error("slice step cannot be zero"));
    }
    let down = step.is_negative();
    let (lower, upper) = if down {
        (BigInt::from(-1), len - 1)
    } else {
        (BigInt::zero(), len.clone())
    };
    let bound = |v: Value, default: &BigInt| -> PyResult<BigInt> {
        if v.is_none() {
            return Ok(default.clone());
        }
        let i = big_index(v)?;
        Ok(if i.is_negative() {
            (i + len).max(lower.clone())
        } else {
            i.min(upper.clone())
        })
    };
    let start = bound(s.start.value(), if down { &upper } else { &lower })?;
    let stop = bound(s.stop.value(), if down { &lower } else { &upper })?;
    Ok((start, stop, step))
}

fn slice_indices(v: Value, len: Value) -> PyResult<Value> {
    let len = int::to_big(protocol::index(len)?).unwrap_or_default();
    if len.is_negative() {
        return Err(value_error("length should not be negative"));
    }
    let (start, stop, step) = long_indices(v, &len)?;
    tuple::new(&[
        int::from_big(&start)?,
        int::from_big(&stop)?,
        int::from_big(&step)?,
    ])
}
