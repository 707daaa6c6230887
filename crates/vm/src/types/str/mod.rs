//! `str`: code points in the narrowest of three widths (PEP 393), so that indexing is O(1).

pub mod builder;
pub mod case;
pub mod codec;
pub mod format;
pub mod intern;
pub mod iter;
pub mod methods;
pub mod percent;
pub mod registry;
pub mod search;
pub mod spec;

use std::borrow::Cow;
use std::cell::Cell;

use rivet_heap::Header;

use crate::exceptions::{PyResult, no_memory};
use crate::object::{Type, instance};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Value};

/// A string object. The code points follow the fixed part.
#[repr(C)]
pub struct Str {
    header: Header,
    /// Cached hash; 0: not computed (a computed 0 is kept as 1).
    hash: Cell<i64>,
    len: usize,
    width: u8,
    ascii: bool,
    interned: Cell<bool>,
}

/// Offsets of fields, for compiled code.
pub mod offsets {
    use super::Str;
    /// Number of code points.
    pub const LEN: usize = std::mem::offset_of!(Str, len);
    /// The code points.
    pub const DATA: usize = size_of::<Str>();
    /// A word whose bits `FORM_MASK` are `ASCII_FORM` if the string is ASCII.
    pub const FORM: usize = std::mem::offset_of!(Str, width);
    /// See `FORM`.
    pub const FORM_MASK: i64 = 0xffff;
    /// See `FORM`: one byte for each code point, and all below 128.
    pub const ASCII_FORM: i64 = 0x0101;
    const _: () = assert!(std::mem::offset_of!(Str, ascii) == FORM + 1 && FORM + 8 <= DATA);
}

/// The hash of a string with these bytes of code points. The empty string hashes to 0 for programs; tables may use
/// any stable number but 0.
fn hash_of(points: &[u8]) -> i64 {
    match points {
        [] => 1,
        _ => match crate::runtime::hash_bytes(points) {
            0 => 1,
            h => h,
        },
    }
}

impl Payload for Str {
    const LAYOUT: LayoutId = layout::STR;
    const KIND: Kind = Kind::Str;
}

/// Words of the fixed part of the body.
pub const FIXED_WORDS: usize = size_of::<Str>() / 8 - 1;

/// The code points of a string, by width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chars<'a> {
    /// Code points below 256.
    One(&'a [u8]),
    /// Code points below 65536.
    Two(&'a [u16]),
    /// Any code points (surrogates included).
    Four(&'a [u32]),
}

impl Chars<'_> {
    /// Number of code points.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            Chars::One(s) => s.len(),
            Chars::Two(s) => s.len(),
            Chars::Four(s) => s.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Code point `i`.
    #[inline]
    pub fn get(&self, i: usize) -> u32 {
        match self {
            Chars::One(s) => s[i].into(),
            Chars::Two(s) => s[i].into(),
            Chars::Four(s) => s[i],
        }
    }

    /// Code points `from..to`.
    pub fn slice(&self, from: usize, to: usize) -> Self {
        match self {
            Chars::One(s) => Chars::One(&s[from..to]),
            Chars::Two(s) => Chars::Two(&s[from..to]),
            Chars::Four(s) => Chars::Four(&s[from..to]),
        }
    }

    /// All code points.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        let this = *self;
        (0..self.len()).map(move |i| this.get(i))
    }
}

impl Str {
    fn allocate(width: u8, len: usize, ascii: bool, pinned: bool) -> PyResult<Gc<Str>> {
        let bytes = len.checked_mul(width as usize).ok_or_else(no_memory)?;
        let words = FIXED_WORDS + bytes.div_ceil(8).max(1);
        let p = if pinned {
            rivet_heap::alloc_pinned(layout::STR, words)
        } else {
            rivet_heap::alloc(layout::STR, words)
        };
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout STR with room for the code points; the fixed fields are
        // written before anyone sees it.
        unsafe {
            let s = p.cast::<Str>();
            (&raw mut (*s).len).write(len);
            (&raw mut (*s).width).write(width);
            (&raw mut (*s).ascii).write(ascii);
            Ok(Gc::from_raw(s))
        }
    }

    /// A string of code points that are all ASCII.
    pub fn from_ascii(bytes: &[u8]) -> PyResult<Gc<Str>> {
        let s = Self::allocate(1, bytes.len(), true, false)?;
        s.fill_bytes(bytes);
        Ok(s)
    }

    /// The string with this text.
    pub fn new(text: &str) -> PyResult<Gc<Str>> {
        if text.is_ascii() {
            return Self::from_ascii(text.as_bytes());
        }
        let points: Vec<u32> = text.chars().map(u32::from).collect();
        Self::from_points(&points)
    }

    /// The string with these Latin-1 characters.
    pub fn from_latin1(bytes: &[u8]) -> PyResult<Gc<Str>> {
        if bytes.len() == 1 {
            return Ok(intern::latin1_char(bytes[0]));
        }
        let s = Self::allocate(1, bytes.len(), bytes.is_ascii(), false)?;
        s.fill_bytes(bytes);
        Ok(s)
    }

    /// The string with these code points (surrogates allowed; each at most 0x10ffff).
    pub fn from_points(points: &[u32]) -> PyResult<Gc<Str>> {
        let max = points.iter().fold(0, |m, &c| m | c);
        if max < 0x100 {
            let bytes: Vec<u8> = points.iter().map(|&c| c as u8).collect();
            return Self::from_latin1(&bytes);
        }
        let width = if max < 0x1_0000 { 2 } else { 4 };
        let s = Self::allocate(width, points.len(), false, false)?;
        // SAFETY: the data area has room for `len` code points of `width` bytes.
        unsafe {
            if width == 2 {
                let d = s.data().cast::<u16>();
                points
                    .iter()
                    .enumerate()
                    .for_each(|(i, &c)| *d.add(i) = c as u16);
            } else {
                std::ptr::copy_nonoverlapping(
                    points.as_ptr(),
                    s.data().cast::<u32>(),
                    points.len(),
                );
            }
        }
        Ok(s)
    }

    /// The string with these code points, narrowed to the width they need.
    pub fn from_chars(chars: Chars) -> PyResult<Gc<Str>> {
        match chars {
            Chars::One(b) => Self::from_latin1(b),
            Chars::Two(w) => Self::from_units(w),
            Chars::Four(p) => Self::from_points(p),
        }
    }

    /// The string with these code points below 65536.
    fn from_units(units: &[u16]) -> PyResult<Gc<Str>> {
        if units.iter().fold(0, |m, &c| m | c) < 0x100 {
            return Self::build_latin1(units.len(), |out| {
                out.iter_mut().zip(units).for_each(|(b, &c)| *b = c as u8);
            });
        }
        let s = Self::allocate(2, units.len(), false, false)?;
        // SAFETY: the data area has room for `len` code points of two bytes.
        unsafe {
            std::ptr::copy_nonoverlapping(units.as_ptr(), s.data().cast::<u16>(), units.len())
        };
        Ok(s)
    }

    /// The string of `len` Latin-1 characters filled in by `f`.
    pub fn build_latin1(len: usize, f: impl FnOnce(&mut [u8])) -> PyResult<Gc<Str>> {
        if len <= 1 {
            let mut byte = [0];
            f(&mut byte[..len]);
            return if len == 0 {
                Ok(Self::empty())
            } else {
                Ok(intern::latin1_char(byte[0]))
            };
        }
        let s = Self::allocate(1, len, false, false)?;
        // SAFETY: the data area has `len` zeroed bytes, and nobody else has seen the object; the flag is
        // written before anyone does.
        unsafe {
            let data = std::slice::from_raw_parts_mut(s.data(), len);
            f(data);
            (&raw mut (*s.as_ptr()).ascii).write(data.is_ascii());
        }
        Ok(s)
    }

    /// The string encoded by generalised UTF-8 (lone surrogates as three bytes), which must be valid.
    pub fn from_wtf8(bytes: &[u8]) -> PyResult<Gc<Str>> {
        if bytes.is_ascii() {
            return Self::from_ascii(bytes);
        }
        Self::from_points(&decode_wtf8(bytes))
    }

    /// An instance of `ty`, str or a subclass, with these code points.
    pub fn new_of(ty: Gc<Type>, chars: Chars) -> PyResult<Value> {
        let plain = Self::from_chars(chars)?;
        if ty == crate::runtime::types().str {
            return Ok(plain.value());
        }
        let bytes = plain.len * plain.width as usize;
        let v = instance::allocate(ty, bytes.div_ceil(8).max(1))?;
        let s = v.cast::<Str>().ok_or_else(no_memory)?;
        // SAFETY: fresh object with room for the code points; the fixed fields are written before anyone
        // sees it.
        unsafe {
            let raw = s.as_ptr();
            (&raw mut (*raw).len).write(plain.len);
            (&raw mut (*raw).width).write(plain.width);
            (&raw mut (*raw).ascii).write(plain.ascii);
            std::ptr::copy_nonoverlapping(plain.data(), s.data(), bytes);
        }
        Ok(v)
    }

    /// The string of one code point.
    pub fn from_char(c: u32) -> PyResult<Gc<Str>> {
        if c < 256 {
            Ok(intern::latin1_char(c as u8))
        } else {
            Self::from_points(&[c])
        }
    }

    /// The empty string.
    pub fn empty() -> Gc<Str> {
        intern::empty()
    }

    /// The interned string at an address that came from `as_ptr` of one.
    pub fn from_address(address: usize) -> Gc<Str> {
        // SAFETY: interned strings never move and never die.
        unsafe { Gc::from_raw(address as *mut Str) }
    }

    /// Concatenation.
    pub fn concat(a: Gc<Str>, b: Gc<Str>) -> PyResult<Gc<Str>> {
        if a.len == 0 {
            return Ok(b);
        }
        if b.len == 0 {
            return Ok(a);
        }
        Self::join_parts(&[a.value(), b.value()], None)
    }

    /// Joins strings with a separator. All values must be str.
    pub fn join_parts(parts: &[Value], separator: Option<Gc<Str>>) -> PyResult<Gc<Str>> {
        let mut len = 0usize;
        let mut width = 1;
        let mut ascii = true;
        let mut add = |s: Gc<Str>| {
            len = len.checked_add(s.len)?;
            width = width.max(s.width);
            ascii &= s.ascii;
            Some(())
        };
        for (i, part) in parts.iter().enumerate() {
            if i > 0
                && let Some(sep) = separator
            {
                add(sep).ok_or_else(no_memory)?;
            }
            add(part.cast::<Str>().expect("join_parts takes strings")).ok_or_else(no_memory)?;
        }
        let out = Self::allocate(width, len, ascii, false)?;
        let mut at = 0;
        for (i, part) in parts.iter().enumerate() {
            if i > 0
                && let Some(sep) = separator
            {
                at = out.write_at(at, sep);
            }
            at = out.write_at(at, part.cast::<Str>().expect("join_parts takes strings"));
        }
        Ok(out)
    }

    /// Number of code points.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether this is the empty string.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether all code points are below 128.
    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// Bytes per code point: 1, 2 or 4.
    #[inline(always)]
    pub fn width(&self) -> u8 {
        self.width
    }

    fn data(&self) -> *mut u8 {
        // SAFETY: the data follows the fixed part of the object.
        unsafe {
            std::ptr::from_ref(self)
                .cast_mut()
                .cast::<u8>()
                .add(size_of::<Str>())
        }
    }

    /// Address of the first code point.
    pub fn data_ptr(&self) -> *const u8 {
        self.data()
    }

    fn fill_bytes(&self, bytes: &[u8]) {
        debug_assert!(self.width == 1 && self.len == bytes.len());
        // SAFETY: the data area has room for `len` bytes, and the object is fresh.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.data(), bytes.len()) }
    }

    /// Copies `src` to code points from `at` on of this fresh, wide enough object; gives the end.
    fn write_at(&self, at: usize, src: Gc<Str>) -> usize {
        debug_assert!(at + src.len <= self.len && src.width <= self.width);
        // SAFETY: the area has room (checked by the callers' sizing); widths only grow.
        unsafe {
            match (self.width, src.chars()) {
                (1, Chars::One(s)) => {
                    std::ptr::copy_nonoverlapping(s.as_ptr(), self.data().add(at), s.len())
                }
                (2, Chars::One(s)) => widen(s, self.data().cast::<u16>().add(at)),
                (2, Chars::Two(s)) => std::ptr::copy_nonoverlapping(
                    s.as_ptr(),
                    self.data().cast::<u16>().add(at),
                    s.len(),
                ),
                (_, Chars::One(s)) => widen(s, self.data().cast::<u32>().add(at)),
                (_, Chars::Two(s)) => widen(s, self.data().cast::<u32>().add(at)),
                (_, Chars::Four(s)) => std::ptr::copy_nonoverlapping(
                    s.as_ptr(),
                    self.data().cast::<u32>().add(at),
                    s.len(),
                ),
            }
        }
        at + src.len
    }

    /// The code points.
    #[inline(always)]
    pub fn chars(&self) -> Chars<'_> {
        // SAFETY: the data area holds `len` code points of `width` bytes.
        unsafe {
            match self.width {
                1 => Chars::One(std::slice::from_raw_parts(self.data(), self.len)),
                2 => Chars::Two(std::slice::from_raw_parts(self.data().cast(), self.len)),
                _ => Chars::Four(std::slice::from_raw_parts(self.data().cast(), self.len)),
            }
        }
    }

    /// The text, if it is ASCII (then this is free).
    #[inline]
    pub fn as_ascii(&self) -> Option<&str> {
        match (self.ascii, self.chars()) {
            // SAFETY: the flag says that all code points are below 128, so the bytes are UTF-8 as they are.
            (true, Chars::One(s)) => Some(unsafe { std::str::from_utf8_unchecked(s) }),
            _ => None,
        }
    }

    /// The text; None if it has lone surrogates.
    pub fn to_str(&self) -> Option<Cow<'_, str>> {
        if let Some(s) = self.as_ascii() {
            return Some(Cow::Borrowed(s));
        }
        self.chars()
            .iter()
            .map(char::from_u32)
            .collect::<Option<String>>()
            .map(Cow::Owned)
    }

    /// The text, with lone surrogates replaced.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        match self.to_str() {
            Some(s) => s,
            None => self
                .chars()
                .iter()
                .map(|c| char::from_u32(c).unwrap_or('\u{fffd}'))
                .collect(),
        }
    }

    /// Generalised UTF-8 (lone surrogates as three bytes).
    pub fn to_wtf8(&self) -> Cow<'_, [u8]> {
        if let Some(s) = self.as_ascii() {
            return Cow::Borrowed(s.as_bytes());
        }
        let mut out = Vec::with_capacity(self.len * 2);
        self.chars().iter().for_each(|c| push_wtf8(&mut out, c));
        Cow::Owned(out)
    }

    /// Whether the text is `text`.
    pub fn eq_str(&self, text: &str) -> bool {
        match self.as_ascii() {
            Some(s) => s == text,
            None => !text.is_ascii() && self.chars().iter().eq(text.chars().map(u32::from)),
        }
    }

    /// Whether both have the same code points.
    #[inline]
    pub fn equals(&self, other: &Str) -> bool {
        // Strings are kept in the narrowest width, so equal ones have equal widths.
        std::ptr::eq(self, other)
            || (self.len == other.len && self.width == other.width && self.chars() == other.chars())
    }

    /// The hash (SipHash-1-3 keyed by the process's hash secret, as CPython's; cached).
    #[inline]
    pub fn hash(&self) -> i64 {
        match self.hash.get() {
            0 => self.compute_hash(),
            h => h,
        }
    }

    #[cold]
    /// The hash if it has been computed, for the field in which C looks for it.
    pub fn known_hash(&self) -> Option<i64> {
        Some(self.hash.get()).filter(|&h| h != 0)
    }

    fn compute_hash(&self) -> i64 {
        // SAFETY: the data area has `len * width` initialised bytes.
        let bytes =
            unsafe { std::slice::from_raw_parts(self.data(), self.len * self.width as usize) };
        self.hash.set(hash_of(bytes));
        self.hash.get()
    }

    /// Whether this is the interned one of its equals.
    pub fn is_interned(&self) -> bool {
        self.interned.get()
    }

    /// Code points `from..to` as a string.
    pub fn substring(&self, from: usize, to: usize) -> PyResult<Gc<Str>> {
        if from >= to {
            return Ok(Str::empty());
        }
        Str::from_chars_copy(self.chars().slice(from, to))
    }

    /// Like `from_chars`; one-byte strings are copied without a detour.
    fn from_chars_copy(chars: Chars) -> PyResult<Gc<Str>> {
        match chars {
            Chars::One([b]) => Ok(intern::latin1_char(*b)),
            other => Str::from_chars(other),
        }
    }
}

impl Gc<Str> {
    /// The interned string equal to this one.
    #[inline]
    pub fn intern(self) -> Gc<Str> {
        if self.interned.get() {
            self
        } else {
            intern::intern(self)
        }
    }
}

/// Copies code points into a wider representation.
///
/// # Safety
/// `dst` has room for `src.len()` elements.
unsafe fn widen<S: Copy, D: From<S>>(src: &[S], dst: *mut D) {
    for (i, &c) in src.iter().enumerate() {
        // SAFETY: by contract.
        unsafe { dst.add(i).write(D::from(c)) }
    }
}

/// Appends a code point in generalised UTF-8.
pub fn push_wtf8(out: &mut Vec<u8>, c: u32) {
    match char::from_u32(c) {
        Some(ch) => out.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(&[
            0xe0 | (c >> 12) as u8,
            0x80 | ((c >> 6) & 0x3f) as u8,
            0x80 | (c & 0x3f) as u8,
        ]),
    }
}

/// Decodes valid generalised UTF-8.
pub fn decode_wtf8(bytes: &[u8]) -> Vec<u32> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let b = u32::from(bytes[i]);
        let (n, first) = match b {
            0..0x80 => (1, b),
            0x80..0xe0 => (2, b & 0x1f),
            0xe0..0xf0 => (3, b & 0x0f),
            _ => (4, b & 0x07),
        };
        let tail = bytes.iter().skip(i + 1).take(n - 1);
        out.push(tail.fold(first, |acc, &t| acc << 6 | u32::from(t & 0x3f)));
        i += n;
    }
    out
}

/// A Python str of some text.
pub fn new(text: &str) -> PyResult<Value> {
    Ok(Str::new(text)?.value())
}

/// The text of a value that is a str; empty for anything else.
pub fn text_of(v: Option<Value>) -> String {
    v.and_then(|v| v.cast::<Str>())
        .map_or_else(String::new, |s| s.to_string_lossy().into_owned())
}
