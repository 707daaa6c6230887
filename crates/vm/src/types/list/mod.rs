//! `list`: the object, its storage strategies and primitive operations; the methods are in `methods.rs`.
//!
//! Storage is an `Array` of values. Since ints of 63 bits and most floats are immediate words, lists of
//! numbers hold them unboxed in the same representation; `strategy` remembers what is known of all items,
//! so that sorting, comparison and compiled code can skip per-item checks.

pub mod methods;
pub mod sort;

use std::cell::Cell;

use rivet_heap::Header;

use crate::exceptions::{PyResult, no_memory};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Array, Gc, Payload, RVec, Slot, Value};

/// What is known of all items of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Strategy {
    /// There are no items.
    Empty,
    /// All are 63-bit ints.
    Int,
    /// All are immediate floats.
    Float,
    /// Anything.
    Object,
}

/// A list.
#[repr(C)]
pub struct List {
    header: Header,
    /// Storage (`Array`), or nothing while the capacity is 0.
    items: Slot,
    len: Cell<usize>,
    strategy: Cell<Strategy>,
    /// Changed by `sort` to notice mutation during sorting.
    pub sorting: Cell<bool>,
    /// Not 0: the items lie in C-visible storage (at this address), and the list looks empty: every access that finds
    /// nothing asks the boundary to give the items back first (`settle`). Compiled code that finds an empty list takes
    /// the slow path.
    pub foreign: Cell<usize>,
}

impl Payload for List {
    const LAYOUT: LayoutId = layout::LIST;
    const KIND: Kind = Kind::List;
}

/// Byte offsets of fields, for compiled code.
pub mod offsets {
    use super::List;
    /// The `Array` of items.
    pub const ITEMS: usize = std::mem::offset_of!(List, items);
    /// Number of items.
    pub const LEN: usize = std::mem::offset_of!(List, len);
    /// The `Strategy` (a byte).
    pub const STRATEGY: usize = std::mem::offset_of!(List, strategy);
    /// Address of the C-visible storage, or 0.
    pub const FOREIGN: usize = std::mem::offset_of!(List, foreign);
}

/// Words of a list's body.
pub const WORDS: usize = size_of::<List>() / 8 - 1;

impl Strategy {
    /// What one more item makes of it.
    #[inline(always)]
    fn with(self, v: Value) -> Strategy {
        let of = if v.is_small_int() {
            Strategy::Int
        } else if v.is_immediate_float() {
            Strategy::Float
        } else {
            Strategy::Object
        };
        if self == of || self == Strategy::Empty {
            of
        } else {
            Strategy::Object
        }
    }
}

impl List {
    /// An empty list.
    pub fn new() -> PyResult<Gc<List>> {
        let p = rivet_heap::alloc(layout::LIST, WORDS);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout LIST; zero is the empty state.
        Ok(unsafe { Gc::from_raw(p.cast()) })
    }

    /// The list of these items.
    pub fn from_slice(items: &[Value]) -> PyResult<Gc<List>> {
        let list = Self::new()?;
        if !items.is_empty() {
            let array = Array::new(items.len())?;
            array.copy_values(0, items);
            list.set_storage(array, items.len());
        }
        Ok(list)
    }

    /// The list of a vector's values, whose storage it takes over.
    pub fn from_vec(items: RVec) -> PyResult<Gc<List>> {
        let list = Self::new()?;
        if let (Some(array), len) = items.into_storage() {
            list.set_storage(array, len);
        }
        Ok(list)
    }

    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        let n = self.len.get();
        if n == 0 && self.foreign.get() != 0 {
            self.settle();
            return self.len.get();
        }
        n
    }

    /// Takes the items back from C-visible storage.
    #[cold]
    fn settle(&self) {
        if let Some(f) = crate::hooks::hooks().list_wanted.get() {
            // SAFETY: `self` is a list in the heap (there are no others), kept in place by the reference on the stack.
            f(unsafe { Gc::from_raw(std::ptr::from_ref(self).cast_mut()) });
        }
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is known of all items.
    #[inline(always)]
    pub fn strategy(&self) -> Strategy {
        if self.foreign.get() != 0 {
            self.settle();
        }
        self.strategy.get()
    }

    /// Room for items without growing.
    pub fn capacity(&self) -> usize {
        self.storage().map_or(0, |a| a.len())
    }

    /// The storage.
    #[inline(always)]
    pub fn storage(&self) -> Option<Gc<Array>> {
        if self.foreign.get() != 0 {
            self.settle();
        }
        self.items.get().map(|v| {
            // SAFETY: only arrays are stored in this field.
            unsafe { Gc::from_raw(v.to_word() as *mut Array) }
        })
    }

    /// The items. The slice is valid until the list changes.
    #[inline(always)]
    pub fn items<'a>(&self) -> &'a [Value] {
        match self.storage() {
            Some(array) => array.values(self.len()),
            None => &[],
        }
    }

    /// Item `i`.
    ///
    /// # Panics
    /// If there is no such item.
    #[inline(always)]
    pub fn item(&self, i: usize) -> Value {
        self.items()[i]
    }

    /// Item `i`, if there is one.
    #[inline(always)]
    pub fn get(&self, i: usize) -> Option<Value> {
        if i < self.len() {
            Some(self.items()[i])
        } else {
            None
        }
    }
}

impl Gc<List> {
    /// Replaces storage and length.
    pub fn set_storage(self, array: Gc<Array>, len: usize) {
        debug_assert!(len <= array.len());
        self.set(&self.items, array.value());
        self.len.set(len);
        let s = array
            .values(len)
            .iter()
            .fold(Strategy::Empty, |s, &v| s.with(v));
        self.strategy.set(s);
    }

    /// Takes the storage away, leaving the list empty.
    pub fn take_storage(self) -> (Option<Gc<Array>>, usize) {
        let r = (self.storage(), self.len());
        self.items.clear();
        self.len.set(0);
        self.strategy.set(Strategy::Empty);
        r
    }

    /// Appends an item.
    #[inline]
    pub fn append(self, value: Value) -> PyResult<()> {
        let len = self.len();
        let array = match self.storage() {
            Some(array) if len < array.len() => array,
            _ => self.grow(len + 1)?,
        };
        array.put(len, value);
        self.len.set(len + 1);
        self.strategy.set(self.strategy().with(value));
        Ok(())
    }

    /// Makes room for `need` items, over-allocating as CPython does.
    fn grow(self, need: usize) -> PyResult<Gc<Array>> {
        let capacity = (need + (need >> 3) + 6) & !3;
        let new = Array::new(capacity)?;
        if let Some(old) = self.storage() {
            new.copy_from(0, old, 0, self.len());
        }
        self.set(&self.items, new.value());
        Ok(new)
    }

    /// Replaces item `i`.
    ///
    /// # Panics
    /// If there is no such item.
    #[inline(always)]
    pub fn put(self, i: usize, value: Value) {
        assert!(i < self.len());
        if let Some(array) = self.storage() {
            array.put(i, value);
            self.strategy.set(self.strategy().with(value));
        }
    }

    /// Appends all of a slice (which may be the list's own items).
    pub fn extend_slice(self, values: &[Value]) -> PyResult<()> {
        if values.is_empty() {
            return Ok(());
        }
        let len = self.len();
        let need = len + values.len();
        let array = match self.storage() {
            Some(array) if need <= array.len() => array,
            _ => self.grow(need)?,
        };
        array.copy_values(len, values);
        self.len.set(need);
        self.strategy
            .set(values.iter().fold(self.strategy(), |s, &v| s.with(v)));
        Ok(())
    }

    /// Replaces items `from..to` by `values` (which must not alias the list's storage).
    pub fn splice(self, from: usize, to: usize, values: &[Value]) -> PyResult<()> {
        let len = self.len();
        assert!(from <= to && to <= len);
        let new_len = len - (to - from) + values.len();
        if new_len == 0 {
            self.take_storage();
            return Ok(());
        }
        let array = match self.storage() {
            Some(array) if new_len <= array.len() => array,
            _ => self.grow(new_len)?,
        };
        array.copy_from(from + values.len(), array, to, len - to);
        array.copy_values(from, values);
        array.clear_range(new_len, len.max(new_len));
        self.len.set(new_len);
        self.strategy
            .set(values.iter().fold(self.strategy(), |s, &v| s.with(v)));
        Ok(())
    }

    /// Inserts before item `i`.
    pub fn insert(self, i: usize, value: Value) -> PyResult<()> {
        self.splice(i, i, &[value])
    }

    /// Removes and returns item `i`.
    pub fn remove(self, i: usize) -> Value {
        let v = self.item(i);
        let len = self.len();
        if let Some(array) = self.storage() {
            array.copy_from(i, array, i + 1, len - i - 1);
            array.slots()[len - 1].clear();
        }
        self.len.set(len - 1);
        if len == 1 {
            self.strategy.set(Strategy::Empty);
        }
        v
    }

    /// Shortens the list.
    pub fn truncate(self, n: usize) {
        let len = self.len();
        if n < len {
            if let Some(array) = self.storage() {
                array.clear_range(n, len);
            }
            self.len.set(n);
            if n == 0 {
                self.strategy.set(Strategy::Empty);
            }
        }
    }

    /// Removes everything.
    pub fn clear(self) {
        self.take_storage();
    }
}

/// A Python list of these items.
pub fn new(items: &[Value]) -> PyResult<Value> {
    Ok(List::from_slice(items)?.value())
}
