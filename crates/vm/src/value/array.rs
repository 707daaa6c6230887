//! Arrays in the heap: of values (storage of lists, dicts, vectors) and of raw bytes.

use std::cell::Cell;

use rivet_heap::Header;

use super::gc::{Gc, Payload, Slot};
use super::layout::{self, Kind, LayoutId};
use super::word::Value;
use crate::exceptions::{PyResult, no_memory};

/// A fixed-size array of values or nulls.
#[repr(C)]
pub struct Array {
    header: Header,
}

impl Payload for Array {
    const LAYOUT: LayoutId = layout::ARRAY;
    const KIND: Kind = Kind::Array;
}

impl Array {
    /// A new array of `len` nulls. MemoryError if there is no room.
    #[inline]
    pub fn new(len: usize) -> PyResult<Gc<Array>> {
        let p = rivet_heap::alloc(layout::ARRAY, len);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh object of layout ARRAY.
        Ok(unsafe { Gc::from_raw(p.cast()) })
    }

    /// A new array in the space whose objects never move.
    pub fn new_pinned(len: usize) -> PyResult<Gc<Array>> {
        let p = rivet_heap::alloc_pinned(layout::ARRAY, len);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh object of layout ARRAY.
        Ok(unsafe { Gc::from_raw(p.cast()) })
    }
}

impl Gc<Array> {
    /// Number of elements.
    #[inline(always)]
    pub fn len(self) -> usize {
        // SAFETY: the header of a live object.
        unsafe { (*self.header()).words() }
    }

    /// Whether there are no elements.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The elements as fields.
    #[inline(always)]
    pub fn slots<'a>(self) -> &'a [Slot] {
        // SAFETY: the body is `len` words of values or nulls; `Slot` is one word; the array is pinned while
        // `self` (hence the slice's pointer) is on the stack.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast::<Slot>().add(1), self.len()) }
    }

    /// The elements `0..n` as values. They must all be filled.
    #[inline(always)]
    pub fn values<'a>(self, n: usize) -> &'a [Value] {
        assert!(n <= self.len());
        debug_assert!(n == 0 || (self.get(0).is_some() && self.get(n - 1).is_some()));
        // SAFETY: bounds checked; the first `n` words are filled by the containers' invariant, and `Value` is
        // a non-null word.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast::<Value>().add(1), n) }
    }

    /// Element `i`.
    #[inline(always)]
    pub fn get(self, i: usize) -> Option<Value> {
        self.slots()[i].get()
    }

    /// Stores element `i` with the write barrier.
    #[inline(always)]
    pub fn put(self, i: usize, value: Value) {
        self.set(&self.slots()[i], value);
    }

    /// Stores element `i`, or empties it.
    #[inline(always)]
    pub fn put_opt(self, i: usize, value: Option<Value>) {
        self.set_opt(&self.slots()[i], value);
    }

    /// Copies `n` elements from `src[from..]` to `self[to..]`; the ranges may overlap.
    pub fn copy_from(self, to: usize, src: Gc<Array>, from: usize, n: usize) {
        assert!(to + n <= self.len() && from + n <= src.len());
        // SAFETY: bounds checked; the barrier covers the bulk store.
        unsafe {
            let s = src.as_ptr().cast::<u64>().add(1 + from);
            let d = self.as_ptr().cast::<u64>().add(1 + to);
            std::ptr::copy(s, d, n);
            rivet_heap::barrier(self.header());
        }
    }

    /// Copies a slice of values to `self[to..]`.
    pub fn copy_values(self, to: usize, src: &[Value]) {
        assert!(to + src.len() <= self.len());
        // SAFETY: bounds checked; the barrier covers the bulk store.
        unsafe {
            let d = self.as_ptr().cast::<u64>().add(1 + to);
            std::ptr::copy(src.as_ptr().cast::<u64>(), d, src.len());
            rivet_heap::barrier(self.header());
        }
    }

    /// Copies `n` words of registers here, from the start.
    ///
    /// # Safety
    /// `words` are `n` words that hold values or null.
    pub unsafe fn save_words(self, words: *const u64, n: usize) {
        assert!(n <= self.len());
        // SAFETY: bounds checked, the source by contract; the barrier covers the bulk store.
        unsafe {
            std::ptr::copy_nonoverlapping(words, self.as_ptr().cast::<u64>().add(1), n);
            rivet_heap::barrier(self.header());
        }
    }

    /// Copies the first `n` words to registers.
    ///
    /// # Safety
    /// There are `n` words at `to`, which are roots.
    pub unsafe fn restore_words(self, to: *mut u64, n: usize) {
        assert!(n <= self.len());
        // SAFETY: bounds checked, the destination by contract; roots need no barrier.
        unsafe { std::ptr::copy_nonoverlapping(self.as_ptr().cast::<u64>().add(1), to, n) }
    }

    /// Empties `self[from..to]`.
    pub fn clear_range(self, from: usize, to: usize) {
        for slot in &self.slots()[from..to] {
            slot.clear();
        }
    }
}

/// A fixed-size area of raw bytes in the heap.
#[repr(C)]
pub struct ByteArea {
    header: Header,
}

impl Payload for ByteArea {
    const LAYOUT: LayoutId = layout::AREA;
    const KIND: Kind = Kind::Area;
}

impl ByteArea {
    /// A zeroed area of at least `len` bytes. MemoryError if there is no room.
    pub fn new(len: usize) -> PyResult<Gc<ByteArea>> {
        let p = rivet_heap::alloc(layout::AREA, len.div_ceil(8));
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh object of layout AREA.
        Ok(unsafe { Gc::from_raw(p.cast()) })
    }

    /// A zeroed area that never moves.
    pub fn new_pinned(len: usize) -> PyResult<Gc<ByteArea>> {
        let p = rivet_heap::alloc_pinned(layout::AREA, len.div_ceil(8));
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh object of layout AREA.
        Ok(unsafe { Gc::from_raw(p.cast()) })
    }
}

impl Gc<ByteArea> {
    /// Size in bytes (a multiple of eight).
    #[inline(always)]
    pub fn size(self) -> usize {
        // SAFETY: the header of a live object.
        unsafe { (*self.header()).words() * 8 }
    }

    /// The bytes.
    #[inline(always)]
    pub fn bytes<'a>(self) -> &'a [Cell<u8>] {
        // SAFETY: the body is `size` bytes of plain memory, pinned while `self` is on the stack.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast::<Cell<u8>>().add(8), self.size()) }
    }

    /// The area as 32-bit numbers.
    #[inline(always)]
    pub fn u32s<'a>(self) -> &'a [Cell<u32>] {
        // SAFETY: as `bytes`; the body is 8-aligned.
        unsafe {
            std::slice::from_raw_parts(self.as_ptr().cast::<Cell<u32>>().add(2), self.size() / 4)
        }
    }

    /// The area as 64-bit numbers.
    #[inline(always)]
    pub fn i64s<'a>(self) -> &'a [Cell<i64>] {
        // SAFETY: as `bytes`; the body is 8-aligned.
        unsafe {
            std::slice::from_raw_parts(self.as_ptr().cast::<Cell<i64>>().add(1), self.size() / 8)
        }
    }

    /// Address of the first byte.
    #[inline(always)]
    pub fn data(self) -> *mut u8 {
        // SAFETY: the body begins one word after the header.
        unsafe { self.as_ptr().cast::<u8>().add(8) }
    }
}
