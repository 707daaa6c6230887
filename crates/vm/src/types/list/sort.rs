//! Sorting lists: stable; numbers and strings by direct comparison, everything else by a merge sort of natural
//! runs (binary insertion makes short runs longer) that calls `<`.
//!
//! During the sort the list is empty, as in CPython; that something was put into it meanwhile is an error.

use std::cmp::Ordering;

use rivet_spec::CompareOp;

use super::List;
use crate::exceptions::{PyResult, value_error};
use crate::object::{call, protocol};
use crate::types::str::Str;
use crate::value::{Array, Gc, Value, layout};

/// Sorts without key, ascending.
pub fn sort_plain(list: Gc<List>) -> PyResult<()> {
    sort(list, None, false)
}

/// `list.sort(key=key, reverse=reverse)`
pub fn sort(list: Gc<List>, key: Option<Value>, reverse: bool) -> PyResult<()> {
    let (storage, len) = list.take_storage();
    let Some(storage) = storage else {
        return Ok(());
    };
    let result = sort_storage(storage, len, key, reverse);
    let modified = !list.is_empty() || list.storage().is_some();
    list.take_storage();
    list.set_storage(storage, len);
    result?;
    if modified {
        return Err(value_error("list modified during sort"));
    }
    Ok(())
}

fn sort_storage(values: Gc<Array>, len: usize, key: Option<Value>, reverse: bool) -> PyResult<()> {
    let keys = match key {
        None => None,
        Some(f) => {
            let keys = Array::new(len)?;
            for i in 0..len {
                let k = call::call(f, &[values.slots()[i].value()])?;
                keys.put(i, k);
            }
            Some(keys)
        }
    };
    if len < 2 {
        return Ok(());
    }
    // Reversing before and after keeps equal items in their order.
    if reverse {
        reverse_range(values, 0, len);
        if let Some(k) = keys {
            reverse_range(k, 0, len);
        }
    }
    let result = match keys {
        None => sort_keys(
            Run {
                keys: values,
                values: None,
            },
            len,
        ),
        Some(keys) => sort_keys(
            Run {
                keys,
                values: Some(values),
            },
            len,
        ),
    };
    if reverse {
        reverse_range(values, 0, len);
    }
    result
}

fn reverse_range(a: Gc<Array>, from: usize, to: usize) {
    let (mut i, mut j) = (from, to);
    while i + 1 < j {
        j -= 1;
        let (x, y) = (a.slots()[i].value(), a.slots()[j].value());
        a.put(i, y);
        a.put(j, x);
        i += 1;
    }
}

/// What all keys are, if they are alike.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Int,
    Float,
    Str,
    Other,
}

fn class_of(v: Value) -> Class {
    if v.is_small_int() {
        return Class::Int;
    }
    match v.as_exact_float() {
        Some(f) if !f.is_nan() => return Class::Float,
        Some(_) => return Class::Other,
        None => {}
    }
    if v.is_ref() && v.layout_id() == layout::STR {
        Class::Str
    } else {
        Class::Other
    }
}

fn sort_keys(run: Run, len: usize) -> PyResult<()> {
    let keys = run.keys.values(len);
    let class = class_of(keys[0]);
    if class == Class::Other || keys.iter().any(|&k| class_of(k) != class) {
        return Merge { run, tmp: run, len }.sort();
    }
    // None of the comparisons below runs Python code or allocates in the heap.
    match class {
        Class::Int => by_number(run, len, |v| v.as_small_int().unwrap_or(0), |a, b| a.cmp(b)),
        Class::Float => by_number(
            run,
            len,
            |v| v.as_exact_float().unwrap_or(0.0),
            |a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal),
        ),
        _ => by_text(run, len),
    }
}

fn by_number<N: Copy>(
    run: Run,
    len: usize,
    number: impl Fn(Value) -> N,
    order: impl Fn(&N, &N) -> Ordering,
) -> PyResult<()> {
    let keys = run.keys.values(len);
    let mut items: Vec<(N, u32)> = keys
        .iter()
        .enumerate()
        .map(|(i, &k)| (number(k), i as u32))
        .collect();
    items.sort_by(|a, b| order(&a.0, &b.0));
    permute(run, len, items.iter().map(|x| x.1 as usize))
}

fn by_text(run: Run, len: usize) -> PyResult<()> {
    let keys = run.keys.values(len);
    let text = |i: u32| keys[i as usize].cast::<Str>().expect("all keys are str");
    let mut order: Vec<u32> = (0..len as u32).collect();
    order.sort_by(|&a, &b| compare_text(text(a), text(b)));
    permute(run, len, order.iter().map(|&i| i as usize))
}

/// Order of strings by code points.
pub fn compare_text(a: Gc<Str>, b: Gc<Str>) -> Ordering {
    use crate::types::str::Chars::{Four, One, Two};
    match (a.chars(), b.chars()) {
        (One(x), One(y)) => x.cmp(y),
        (Two(x), Two(y)) => x.cmp(y),
        (Four(x), Four(y)) => x.cmp(y),
        (x, y) => x.iter().cmp(y.iter()),
    }
}

/// Puts the values (or the keys, if there are no values) in the given order of old indices.
fn permute(run: Run, len: usize, order: impl Iterator<Item = usize>) -> PyResult<()> {
    let target = run.values.unwrap_or(run.keys);
    let old = Array::new(len)?;
    old.copy_from(0, target, 0, len);
    for (i, j) in order.enumerate() {
        target.put(i, old.slots()[j].value());
    }
    Ok(())
}

/// Keys and the values that move with them.
#[derive(Clone, Copy)]
struct Run {
    keys: Gc<Array>,
    values: Option<Gc<Array>>,
}

impl Run {
    #[inline(always)]
    fn key(self, i: usize) -> Value {
        self.keys.slots()[i].value()
    }

    #[inline(always)]
    fn copy(self, to: usize, from: Run, at: usize, n: usize) {
        self.keys.copy_from(to, from.keys, at, n);
        if let (Some(a), Some(b)) = (self.values, from.values) {
            a.copy_from(to, b, at, n);
        }
    }

    fn reverse(self, from: usize, to: usize) {
        reverse_range(self.keys, from, to);
        if let Some(v) = self.values {
            reverse_range(v, from, to);
        }
    }
}

/// `a < b`
#[inline]
fn less(a: Value, b: Value) -> PyResult<bool> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(x < y);
    }
    if let (Some(x), Some(y)) = (a.cast_exact::<Str>(), b.cast_exact::<Str>()) {
        return Ok(compare_text(x, y) == Ordering::Less);
    }
    protocol::compare_bool(a, b, CompareOp::Lt)
}

struct Merge {
    run: Run,
    /// Room for the shorter of two runs that are merged.
    tmp: Run,
    len: usize,
}

/// A sorted stretch: start, length, and the power of the boundary to the stretch before it.
#[derive(Clone, Copy)]
struct Stretch {
    start: usize,
    len: usize,
    power: u32,
}

impl Merge {
    fn sort(mut self) -> PyResult<()> {
        let n = self.len;
        let half = n / 2 + 1;
        let values = match self.run.values {
            Some(_) => Some(Array::new(half)?),
            None => None,
        };
        self.tmp = Run {
            keys: Array::new(half)?,
            values,
        };
        let minrun = min_run(n);
        let mut stack: Vec<Stretch> = Vec::new();
        let mut lo = 0;
        while lo < n {
            let mut len = self.count_run(lo, n)?;
            if len < minrun {
                let forced = minrun.min(n - lo);
                self.insertion(lo, lo + forced, lo + len)?;
                len = forced;
            }
            if let Some(last) = stack.last().copied() {
                let power = power_of(last.start, last.len, len, n);
                while stack.len() > 1 && stack[stack.len() - 1].power > power {
                    self.merge_top(&mut stack)?;
                }
            }
            let power = match stack.last() {
                Some(last) => power_of(last.start, last.len, len, n),
                None => 0,
            };
            stack.push(Stretch {
                start: lo,
                len,
                power,
            });
            lo += len;
        }
        while stack.len() > 1 {
            self.merge_top(&mut stack)?;
        }
        Ok(())
    }

    /// Length of the run that begins at `lo`; a strictly descending one is reversed.
    fn count_run(&self, lo: usize, hi: usize) -> PyResult<usize> {
        let r = self.run;
        if lo + 1 == hi {
            return Ok(1);
        }
        let mut i = lo + 2;
        if less(r.key(lo + 1), r.key(lo))? {
            while i < hi && less(r.key(i), r.key(i - 1))? {
                i += 1;
            }
            r.reverse(lo, i);
        } else {
            while i < hi && !less(r.key(i), r.key(i - 1))? {
                i += 1;
            }
        }
        Ok(i - lo)
    }

    /// Sorts `lo..hi`, of which `lo..start` is sorted.
    fn insertion(&self, lo: usize, hi: usize, start: usize) -> PyResult<()> {
        let r = self.run;
        for at in start..hi {
            let pivot = r.key(at);
            let (mut l, mut h) = (lo, at);
            while l < h {
                let mid = l + (h - l) / 2;
                if less(pivot, r.key(mid))? {
                    h = mid;
                } else {
                    l = mid + 1;
                }
            }
            let value = r.values.map(|v| v.slots()[at].value());
            r.copy(l + 1, r, l, at - l);
            r.keys.put(l, pivot);
            if let (Some(v), Some(x)) = (r.values, value) {
                v.put(l, x);
            }
        }
        Ok(())
    }

    fn merge_top(&self, stack: &mut Vec<Stretch>) -> PyResult<()> {
        let (Some(b), Some(a)) = (stack.pop(), stack.pop()) else {
            return Ok(());
        };
        stack.push(Stretch {
            start: a.start,
            len: a.len + b.len,
            power: a.power,
        });
        self.merge(a.start, b.start, b.start + b.len)
    }

    /// First index in `lo..hi` whose key is greater than `k` (`right`) or not less than it.
    fn search(&self, k: Value, lo: usize, hi: usize, right: bool) -> PyResult<usize> {
        let (mut l, mut h) = (lo, hi);
        while l < h {
            let mid = l + (h - l) / 2;
            let x = self.run.key(mid);
            let go_left = if right { less(k, x)? } else { !less(x, k)? };
            if go_left {
                h = mid;
            } else {
                l = mid + 1;
            }
        }
        Ok(l)
    }

    /// Merges the sorted stretches `lo..mid` and `mid..hi`.
    fn merge(&self, lo: usize, mid: usize, hi: usize) -> PyResult<()> {
        let r = self.run;
        // What is in place already: the head of the left stretch, the tail of the right one.
        if !less(r.key(mid), r.key(mid - 1))? {
            return Ok(());
        }
        let lo = self.search(r.key(mid), lo, mid, true)?;
        let hi = self.search(r.key(mid - 1), mid, hi, false)?;
        if lo == mid || mid == hi {
            return Ok(());
        }
        if mid - lo <= hi - mid {
            self.merge_low(lo, mid, hi)
        } else {
            self.merge_high(lo, mid, hi)
        }
    }

    /// The left stretch is the shorter: it goes to the temporary room, and merging begins at the left.
    fn merge_low(&self, lo: usize, mid: usize, hi: usize) -> PyResult<()> {
        let (r, tmp, n) = (self.run, self.tmp, mid - lo);
        tmp.copy(0, r, lo, n);
        let (mut i, mut j, mut at) = (0, mid, lo);
        let mut result = Ok(());
        while i < n && j < hi {
            match less(r.key(j), tmp.key(i)) {
                Ok(true) => {
                    r.copy(at, r, j, 1);
                    j += 1;
                }
                Ok(false) => {
                    r.copy(at, tmp, i, 1);
                    i += 1;
                }
                Err(raised) => {
                    result = Err(raised);
                    break;
                }
            }
            at += 1;
        }
        r.copy(at, tmp, i, n - i);
        result
    }

    /// The right stretch is the shorter: merging begins at the right.
    fn merge_high(&self, lo: usize, mid: usize, hi: usize) -> PyResult<()> {
        let (r, tmp, n) = (self.run, self.tmp, hi - mid);
        tmp.copy(0, r, mid, n);
        let (mut i, mut j, mut at) = (mid, n, hi);
        let mut result = Ok(());
        while i > lo && j > 0 {
            match less(tmp.key(j - 1), r.key(i - 1)) {
                Ok(true) => {
                    r.copy(at - 1, r, i - 1, 1);
                    i -= 1;
                }
                Ok(false) => {
                    r.copy(at - 1, tmp, j - 1, 1);
                    j -= 1;
                }
                Err(raised) => {
                    result = Err(raised);
                    break;
                }
            }
            at -= 1;
        }
        r.copy(at - j, tmp, 0, j);
        result
    }
}

/// Length that short runs are brought to: `n` over a power of two, 32 to 64.
fn min_run(n: usize) -> usize {
    let (mut n, mut r) = (n, 0);
    while n >= 64 {
        r |= n & 1;
        n >>= 1;
    }
    n + r
}

/// Powersort: the depth in a perfect tree at which the boundary between two stretches lies.
fn power_of(start: usize, len: usize, next: usize, n: usize) -> u32 {
    let (mut a, mut b) = (2 * start + len, 2 * start + 2 * len + next);
    let mut power = 0;
    loop {
        power += 1;
        if a >= n {
            a -= n;
            b -= n;
        } else if b >= n {
            return power;
        }
        a <<= 1;
        b <<= 1;
    }
}
