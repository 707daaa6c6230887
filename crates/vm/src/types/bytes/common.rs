//! Algorithms on sequences of bytes or code points that str, bytes and bytearray share: searching, splitting,
//! replacing, stripping, slicing. They work on ranges and know nothing of objects.

use crate::exceptions::{PyResult, no_memory, overflow_error, type_error, value_error};
use crate::object::build::fixed_slot;
use crate::object::protocol;
use crate::types::int;
use crate::value::{Value, layout};

/// A unit of text or data.
pub trait Unit: Copy + Eq {
    /// Index of the first `needle` in `hay` (not empty).
    fn find(hay: &[Self], needle: &[Self]) -> Option<usize> {
        let (&first, rest) = needle.split_first()?;
        let last = hay.len().checked_sub(needle.len())?;
        let mut at = 0;
        while at <= last {
            at += hay[at..=last].iter().position(|&u| u == first)?;
            if hay[at + 1..at + needle.len()] == *rest {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    /// Index of the last `needle` in `hay` (not empty).
    fn rfind(hay: &[Self], needle: &[Self]) -> Option<usize> {
        let (&first, rest) = needle.split_first()?;
        let mut end = hay.len().checked_sub(needle.len())? + 1;
        loop {
            let at = hay[..end].iter().rposition(|&u| u == first)?;
            if hay[at + 1..at + needle.len()] == *rest {
                return Some(at);
            }
            end = at;
        }
    }
}

impl Unit for u8 {
    fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
        match needle {
            [b] => memchr::memchr(*b, hay),
            _ => memchr::memmem::find(hay, needle),
        }
    }

    fn rfind(hay: &[u8], needle: &[u8]) -> Option<usize> {
        match needle {
            [b] => memchr::memrchr(*b, hay),
            _ => memchr::memmem::rfind(hay, needle),
        }
    }
}

impl Unit for u16 {}
impl Unit for u32 {}

/// Index of the first `needle` in `hay`; an empty one is found at 0.
pub fn find<T: Unit>(hay: &[T], needle: &[T]) -> Option<usize> {
    if needle.is_empty() {
        Some(0)
    } else {
        T::find(hay, needle)
    }
}

/// Index of the last `needle` in `hay`; an empty one is found at the end.
pub fn rfind<T: Unit>(hay: &[T], needle: &[T]) -> Option<usize> {
    if needle.is_empty() {
        Some(hay.len())
    } else {
        T::rfind(hay, needle)
    }
}

/// Number of non-overlapping occurrences.
pub fn count<T: Unit>(hay: &[T], needle: &[T]) -> usize {
    if needle.is_empty() {
        return hay.len() + 1;
    }
    occurrences(hay, needle, usize::MAX).len()
}

/// Start of each non-overlapping occurrence of `needle` (not empty), at most `max`.
pub fn occurrences<T: Unit>(hay: &[T], needle: &[T], max: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < max && at <= hay.len() {
        let Some(i) = T::find(&hay[at..], needle) else {
            break;
        };
        found.push(at + i);
        at += i + needle.len();
    }
    found
}

/// Ranges between separators; at most `max` splits.
pub fn split<T: Unit>(hay: &[T], separator: &[T], max: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut start = 0;
    while out.len() < max {
        let Some(i) = T::find(&hay[start..], separator) else {
            break;
        };
        out.push((start, start + i));
        start += i + separator.len();
    }
    out.push((start, hay.len()));
    out
}

/// As `split`, counting from the right.
pub fn rsplit<T: Unit>(hay: &[T], separator: &[T], max: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut end = hay.len();
    while out.len() < max {
        let Some(i) = T::rfind(&hay[..end], separator) else {
            break;
        };
        out.push((i + separator.len(), end));
        end = i;
    }
    out.push((0, end));
    out.reverse();
    out
}

/// Ranges between runs of white space; at most `max` splits, after which only leading space
/// of the rest is dropped.
pub fn split_space<T: Copy>(
    hay: &[T],
    is_space: impl Fn(T) -> bool,
    max: usize,
) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let n = hay.len();
    let mut i = 0;
    loop {
        while i < n && is_space(hay[i]) {
            i += 1;
        }
        if i == n {
            return out;
        }
        if out.len() == max {
            out.push((i, n));
            return out;
        }
        let start = i;
        while i < n && !is_space(hay[i]) {
            i += 1;
        }
        out.push((start, i));
    }
}

/// As `split_space`, counting from the right.
pub fn rsplit_space<T: Copy>(
    hay: &[T],
    is_space: impl Fn(T) -> bool,
    max: usize,
) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut i = hay.len();
    loop {
        while i > 0 && is_space(hay[i - 1]) {
            i -= 1;
        }
        if i == 0 {
            break;
        }
        if out.len() == max {
            out.push((0, i));
            break;
        }
        let end = i;
        while i > 0 && !is_space(hay[i - 1]) {
            i -= 1;
        }
        out.push((i, end));
    }
    out.reverse();
    out
}

/// Ranges of lines; `\r\n` is one break.
pub fn split_lines<T: Copy>(
    hay: &[T],
    is_break: impl Fn(T) -> bool,
    crlf: impl Fn(T, T) -> bool,
    keep: bool,
) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let (n, mut i) = (hay.len(), 0);
    while i < n {
        let start = i;
        while i < n && !is_break(hay[i]) {
            i += 1;
        }
        let mut end = i;
        if i < n {
            i += if i + 1 < n && crlf(hay[i], hay[i + 1]) {
                2
            } else {
                1
            };
            if keep {
                end = i;
            }
        }
        out.push((start, end));
    }
    out
}

/// `hay` with occurrences of `from` replaced; None if there are none.
pub fn replace<T: Unit>(hay: &[T], from: &[T], to: &[T], max: usize) -> Option<Vec<T>> {
    if max == 0 || from.len() > hay.len() {
        return None;
    }
    if from.is_empty() {
        return Some(interleave(hay, to, max));
    }
    let found = occurrences(hay, from, max);
    if found.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(hay.len() + found.len() * to.len() - found.len() * from.len());
    let mut at = 0;
    for i in found {
        out.extend_from_slice(&hay[at..i]);
        out.extend_from_slice(to);
        at = i + from.len();
    }
    out.extend_from_slice(&hay[at..]);
    Some(out)
}

/// Puts `to` before each unit and at the end, at most `max` times.
fn interleave<T: Unit>(hay: &[T], to: &[T], max: usize) -> Vec<T> {
    let n = max.min(hay.len() + 1);
    let mut out = Vec::with_capacity(hay.len() + n * to.len());
    for (i, &u) in hay.iter().enumerate() {
        if i < n {
            out.extend_from_slice(to);
        }
        out.push(u);
    }
    if n > hay.len() {
        out.extend_from_slice(to);
    }
    out
}

/// Which ends to strip.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// `lstrip`
    Left,
    /// `rstrip`
    Right,
    /// `strip`
    Both,
}

/// The range left when units that satisfy `strip` are removed at the ends.
pub fn strip<T: Copy>(hay: &[T], ends: Ends, strip: impl Fn(T) -> bool) -> (usize, usize) {
    let (mut from, mut to) = (0, hay.len());
    if ends != Ends::Right {
        while from < to && strip(hay[from]) {
            from += 1;
        }
    }
    if ends != Ends::Left {
        while to > from && strip(hay[to - 1]) {
            to -= 1;
        }
    }
    (from, to)
}

/// A `start`, `stop` pair as `find` and its kin take them, clipped to the length. Start may exceed stop.
pub fn clip_range(
    start: Option<Value>,
    stop: Option<Value>,
    len: usize,
) -> PyResult<(usize, usize)> {
    let bound = |v: Option<Value>, default: isize| match v.and_then(Value::not_none) {
        None => Ok(default),
        Some(v) if int::is_int(v) || v.type_of().slots().index.is_some() => {
            protocol::as_isize_clipped(v)
        }
        Some(_) => Err(type_error(
            "slice indices must be integers or None or have an __index__ method",
        )),
    };
    let n = len as isize;
    let wrap = |i: isize| if i < 0 { (i + n).max(0) } else { i };
    let start = wrap(bound(start, 0)?);
    let stop = wrap(bound(stop, n)?).min(n);
    Ok((start as usize, stop as usize))
}

/// A slice applied to a sequence: indices `start`, `start + step`, ... (`count` of them).
#[derive(Clone, Copy, Debug)]
pub struct SliceRange {
    /// First index.
    pub start: isize,
    /// Adjusted stop.
    pub stop: isize,
    /// Step, not 0.
    pub step: isize,
    /// Number of indices.
    pub count: usize,
}

impl SliceRange {
    /// The indices.
    pub fn indices(self) -> impl Iterator<Item = usize> {
        (0..self.count as isize).map(move |i| (self.start + i * self.step) as usize)
    }

    /// The contiguous range, if the step is 1.
    pub fn contiguous(self) -> Option<(usize, usize)> {
        if self.step == 1 {
            Some((self.start as usize, self.start as usize + self.count))
        } else {
            None
        }
    }
}

/// A key that is a slice, applied to a length; None if the key is no slice.
pub fn slice_range(key: Value, len: usize) -> PyResult<Option<SliceRange>> {
    if key.layout_id() != layout::SLICE {
        return Ok(None);
    }
    let field = |i: u32| fixed_slot(key, i).get().and_then(Value::not_none);
    let number = |v: Value| {
        if !int::is_int(v) && v.type_of().slots().index.is_none() {
            return Err(type_error(
                "slice indices must be integers or None or have an __index__ method",
            ));
        }
        protocol::as_isize_clipped(v)
    };
    let step = field(2).map_or(Ok(1), number)?;
    if step == 0 {
        return Err(value_error("slice step cannot be zero"));
    }
    let step = step.max(-isize::MAX);
    let n = len as isize;
    let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
    let wrap = |i: isize| if i < 0 { (i + n).max(low) } else { i.min(high) };
    let start = field(0).map_or(Ok(if step < 0 { n - 1 } else { 0 }), |v| {
        number(v).map(wrap)
    })?;
    let stop = field(1).map_or(Ok(if step < 0 { -1 } else { n }), |v| number(v).map(wrap))?;
    let count = match step > 0 {
        true if start < stop => (stop - start - 1) / step + 1,
        false if stop < start => (start - stop - 1) / -step + 1,
        _ => 0,
    };
    Ok(Some(SliceRange {
        start,
        stop,
        step,
        count: count as usize,
    }))
}

/// An integer index into a sequence. `bad_type` is the message for a key that is no integer, given its type's
/// name.
pub fn item_index(
    key: Value,
    len: usize,
    bad_type: impl Fn(&str) -> String,
    range: &str,
) -> PyResult<usize> {
    if !int::is_int(key) && key.type_of().slots().index.is_none() {
        return Err(type_error(bad_type(&key.type_of().name_string())));
    }
    protocol::sequence_index(key, len, range)
}

/// `maxsplit` or `count` as a limit: negative means none.
pub fn limit(v: Option<Value>) -> PyResult<usize> {
    match v {
        None => Ok(usize::MAX),
        Some(v) => protocol::as_isize(v).map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
    }
}

/// The tab size of `expandtabs`, a C int; MemoryError if the result has no room.
pub fn tab_size(v: Option<Value>, tabs: impl FnOnce() -> usize) -> PyResult<usize> {
    let Some(v) = v else { return Ok(8) };
    let too_large = |_| overflow_error("Python int too large to convert to C int");
    let n = protocol::index_i64(v, too_large)?;
    let n = i32::try_from(n).map_err(|_| too_large(v))?;
    let n = usize::try_from(n).unwrap_or(0);
    check_room(tabs().saturating_mul(n))?;
    Ok(n)
}

/// The memory that `n` repetitions of `len` units take; None if too much.
pub fn repeated(len: usize, n: isize) -> Option<usize> {
    let n = n.max(0) as usize;
    len.checked_mul(n).filter(|&t| t <= isize::MAX as usize)
}

/// MemoryError if there is no room for `n` units: text that big is refused before it is built, since running
/// out of memory on the way would end the process.
pub fn check_room(n: usize) -> PyResult<()> {
    const MODEST: usize = 1 << 26;
    if n <= MODEST {
        return Ok(());
    }
    let bytes = n.checked_mul(4).ok_or_else(no_memory)?;
    Vec::<u8>::new()
        .try_reserve_exact(bytes)
        .map_err(|_| no_memory())
}

/// Padding left of centred text.
pub fn center_left(pad: usize, width: usize) -> usize {
    pad / 2 + (pad & width & 1)
}

/// Text with tabs expanded: runs of (range, spaces after it).
pub fn expand_tabs<T: Copy>(
    hay: &[T],
    tab: usize,
    is_tab: impl Fn(T) -> bool,
    is_eol: impl Fn(T) -> bool,
    mut text: impl FnMut(&[T]),
    mut spaces: impl FnMut(usize),
) {
    let (mut column, mut start) = (0, 0);
    for (i, &u) in hay.iter().enumerate() {
        if is_tab(u) {
            text(&hay[start..i]);
            start = i + 1;
            if tab > 0 {
                let n = tab - column % tab;
                spaces(n);
                column += n;
            }
        } else {
            column = if is_eol(u) { 0 } else { column + 1 };
        }
    }
    text(&hay[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searching() {
        let (h, n) = ([1u16, 2, 1, 2, 3], [1u16, 2, 3]);
        assert_eq!(find(&h, &n), Some(2));
        assert_eq!(rfind(&h, &[1u16, 2]), Some(2));
        assert_eq!(find(&h, &[]), Some(0));
        assert_eq!(rfind(&h, &[4u16]), None);
        assert_eq!(count(b"aaaa", b"aa"), 2);
        assert_eq!(replace(b"abc", b"", b"-", usize::MAX).unwrap(), b"-a-b-c-");
        assert_eq!(split(b"a,b,,c", b",", 2), [(0, 1), (2, 3), (4, 6)]);
        assert_eq!(rsplit(b"a,b,c", b",", 1), [(0, 3), (4, 5)]);
    }
}
