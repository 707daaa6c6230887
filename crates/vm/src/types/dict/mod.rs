//! `dict`: a compact ordered table (entries in insertion order, an index beside it); the methods are in
//! `methods.rs`, views and iterators in `views.rs`, changes of the order in `order.rs`.

pub mod methods;
mod order;
pub mod views;

use std::cell::Cell;

use rivet_heap::Header;

use crate::exceptions::{PyResult, no_memory};
use crate::object::protocol;
use crate::types::str::Str;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Array, ByteArea, Gc, Payload, Slot, Value};

/// A dict.
#[repr(C)]
pub struct Dict {
    header: Header,
    /// `Array` of triples: hash (an int), key, value. Deleted entries have a null key.
    entries: Slot,
    /// `ByteArea` of 32-bit numbers: entry + 1; 0: never used; `DELETED`. Its size is a power of two.
    index: Slot,
    /// Live entries.
    used: Count,
    /// Entries ever appended since the last rebuild, deleted ones included.
    appended: Count,
    /// Changes whenever a key is added or removed or the table is rebuilt: inline caches of entry positions.
    keys_version: Cell<u32>,
    /// Whether all keys are str (of exact type), so that look-ups of a str cannot run Python code.
    str_only: Cell<bool>,
    /// Who wants to know of changes of values: `WATCHED`, `RELIED_ON`.
    watch: Cell<u8>,
    /// Changes at every mutation while `WATCHED`.
    pub version: Cell<u64>,
    /// Positions (by their last six bits) whose values compiled code takes for constant, under the present `keys_version`.
    relied: Cell<u64>,
    /// Positions (likewise) where that has proved wrong.
    unsteady: Cell<u64>,
    /// Entry positions given back by `pop_last` since the last rebuild: each left a `DELETED` mark in the index,
    /// which must never be without an unused place.
    given_back: Count,
    /// No entry before this position is alive: what is taken away in front is not looked at again and again.
    first: Count,
}

/// A number of entries or a position; the index has 32 bits for one.
#[repr(transparent)]
struct Count(Cell<u32>);

impl Count {
    #[inline(always)]
    fn get(&self) -> usize {
        self.0.get() as usize
    }

    #[inline(always)]
    fn set(&self, n: usize) {
        self.0.set(n as u32);
    }
}

/// `Dict::watch`: `hooks::dict_changed` is to be called at every change.
const WATCHED: u8 = 1;
/// Where values at so many positions have been replaced that were relied on, none is: each time everything that relied on
/// any of them is compiled anew.
const MOST_UNSTEADY: u32 = 3;
/// `Dict::watch`: some position is in `Dict::relied`.
const RELIED_ON: u8 = 2;

impl Payload for Dict {
    const LAYOUT: LayoutId = layout::DICT;
    const KIND: Kind = Kind::Dict;
}

/// Byte offsets of fields, for compiled code.
pub mod offsets {
    use super::Dict;
    /// The `Array` of entries.
    pub const ENTRIES: usize = std::mem::offset_of!(Dict, entries);
    /// The version of the keys (32 bits).
    pub const KEYS_VERSION: usize = std::mem::offset_of!(Dict, keys_version);
    /// The value at a position, from the address of the entries.
    pub const fn value_in_entries(position: usize) -> usize {
        8 + (position * super::STRIDE + 2) * 8
    }
}

/// Words of a dict's body.
pub const WORDS: usize = size_of::<Dict>() / 8 - 1;
const DELETED: u32 = u32::MAX;
/// Words per entry.
const STRIDE: usize = 3;

static KEYS_VERSION: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);

fn next_keys_version() -> u32 {
    KEYS_VERSION.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

fn position_bit(i: usize) -> u64 {
    1 << (i & 63)
}

/// The hash as the tagged int that entries hold (loses the top bit; look-ups compare the same).
#[inline(always)]
fn hash_word(hash: i64) -> u64 {
    ((hash as u64) << 1) | 1
}

fn word_value(word: u64) -> Value {
    Value::from_word(word).expect("tagged ints are not null")
}

/// Where a key is, or would go.
enum Found {
    Entry(usize),
    /// Not present.
    Missing,
}

impl Dict {
    /// An empty dict.
    pub fn new() -> PyResult<Gc<Dict>> {
        let p = rivet_heap::alloc(layout::DICT, WORDS);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout DICT.
        let d: Gc<Dict> = unsafe { Gc::from_raw(p.cast()) };
        d.init();
        Ok(d)
    }

    /// Sets up the empty state of a fresh object (also of a subclass).
    pub fn init(&self) {
        self.str_only.set(true);
        self.new_keys_version();
    }

    /// Makes caches of positions, and what relies on values, void.
    fn new_keys_version(&self) {
        self.keys_version.set(next_keys_version());
        self.relied.set(0);
        self.watch.set(self.watch.get() & !RELIED_ON);
    }

    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.used.get()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The version of the set of keys and their positions.
    #[inline(always)]
    pub fn keys_version(&self) -> u32 {
        self.keys_version.get()
    }

    #[inline(always)]
    fn entries(&self) -> Option<Gc<Array>> {
        self.entries.get().map(|v| {
            // SAFETY: only arrays are stored in this field.
            unsafe { Gc::from_raw(v.to_word() as *mut Array) }
        })
    }

    #[inline(always)]
    fn index(&self) -> Option<&[Cell<u32>]> {
        self.index.get().map(|v| {
            // SAFETY: only byte areas are stored in this field.
            let area: Gc<ByteArea> = unsafe { Gc::from_raw(v.to_word() as *mut ByteArea) };
            area.u32s()
        })
    }

    /// Number of entry positions, deleted ones included.
    pub fn positions(&self) -> usize {
        self.appended.get()
    }

    /// The entry at position `i`: key and value; None if it was deleted.
    #[inline]
    pub fn entry_at(&self, i: usize) -> Option<(Value, Value)> {
        let slots = self.entries()?.slots();
        let key = slots[i * STRIDE + 1].get()?;
        Some((key, slots[i * STRIDE + 2].get()?))
    }

    /// The value at position `i`, as an inline cache found it under the same `keys_version`.
    #[inline(always)]
    pub fn value_at(&self, i: usize) -> Option<Value> {
        self.entries()?.slots()[i * STRIDE + 2].get()
    }

    /// The next item at or after position `*i`, which is moved behind it.
    #[inline]
    pub fn next_entry(&self, i: &mut usize) -> Option<(Value, Value)> {
        if *i <= self.first.get() {
            return self.first_entry(i);
        }
        while *i < self.appended.get() {
            let at = *i;
            *i += 1;
            if let Some(found) = self.entry_at(at) {
                return Some(found);
            }
        }
        None
    }

    /// The first item, and the position behind it.
    fn first_entry(&self, i: &mut usize) -> Option<(Value, Value)> {
        for at in self.first.get()..self.appended.get() {
            if let Some(found) = self.entry_at(at) {
                self.first.set(at);
                *i = at + 1;
                return Some(found);
            }
        }
        *i = self.appended.get();
        self.first.set(*i);
        None
    }

    /// Position of an interned (or any) str key. Never runs Python code if all keys are str.
    fn find_str(&self, key: Gc<Str>) -> Option<usize> {
        let (index, slots) = (self.index()?, self.entries()?.slots());
        let hash = hash_word(key.hash());
        let mask = index.len() - 1;
        let mut perturb = hash >> 1;
        let mut at = perturb as usize & mask;
        loop {
            match index[at].get() {
                0 => return None,
                DELETED => {}
                n => {
                    let e = (n as usize - 1) * STRIDE;
                    if let Some(k) = slots[e + 1].get() {
                        if k == key.value() {
                            return Some(n as usize - 1);
                        }
                        if slots[e].get().map(Value::to_word) == Some(hash)
                            && k.cast::<Str>().is_some_and(|k| k.equals(&key))
                        {
                            return Some(n as usize - 1);
                        }
                    }
                }
            }
            perturb >>= 5;
            at = (at
                .wrapping_mul(5)
                .wrapping_add(perturb as usize)
                .wrapping_add(1))
                & mask;
        }
    }

    /// The value of an exact str key, when all keys are str.
    #[inline]
    pub fn get_interned(&self, key: Gc<Str>) -> Option<Value> {
        self.value_at(self.find_str(key)?)
    }

    /// Position of a str key, for inline caches.
    pub fn position_of(&self, key: Gc<Str>) -> Option<usize> {
        self.find_str(key)
    }
}

impl Gc<Dict> {
    fn find(self, key: Value, hash: i64) -> PyResult<Found> {
        if self.str_only.get()
            && let Some(s) = key.cast_exact::<Str>()
        {
            return Ok(self.find_str(s).map_or(Found::Missing, Found::Entry));
        }
        self.find_slow(key, hash)
    }

    /// The general search: comparing keys may run Python code that changes the dict; then it starts over.
    fn find_slow(self, key: Value, hash: i64) -> PyResult<Found> {
        let hash = hash_word(hash);
        'restart: loop {
            let (Some(index), Some(entries)) = (self.index(), self.entries()) else {
                return Ok(Found::Missing);
            };
            let version = self.keys_version.get();
            let mask = index.len() - 1;
            let mut perturb = hash >> 1;
            let mut at = perturb as usize & mask;
            loop {
                match index[at].get() {
                    0 => return Ok(Found::Missing),
                    DELETED => {}
                    n => {
                        let e = (n as usize - 1) * STRIDE;
                        let slots = entries.slots();
                        if let Some(k) = slots[e + 1].get() {
                            if k == key {
                                return Ok(Found::Entry(n as usize - 1));
                            }
                            if slots[e].get().map(Value::to_word) == Some(hash) {
                                let equal = protocol::keys_equal(k, key)?;
                                if self.keys_version.get() != version {
                                    continue 'restart;
                                }
                                if equal {
                                    return Ok(Found::Entry(n as usize - 1));
                                }
                            }
                        }
                    }
                }
                perturb >>= 5;
                at = (at
                    .wrapping_mul(5)
                    .wrapping_add(perturb as usize)
                    .wrapping_add(1))
                    & mask;
            }
        }
    }

    /// The value of a key; the key is hashed (TypeError if it cannot be).
    pub fn get(self, key: Value) -> PyResult<Option<Value>> {
        self.get_hashed(key, protocol::hash(key)?)
    }

    /// The value of a key whose hash is known.
    pub fn get_hashed(self, key: Value, hash: i64) -> PyResult<Option<Value>> {
        match self.find(key, hash)? {
            Found::Entry(i) => Ok(self.value_at(i)),
            Found::Missing => Ok(None),
        }
    }

    /// The value of a text key.
    pub fn get_str(self, key: &str) -> Option<Value> {
        self.get_interned(crate::types::str::intern::intern_str(key))
    }

    /// Stores a value under a key.
    pub fn set_item(self, key: Value, value: Value) -> PyResult<()> {
        self.set_hashed(key, protocol::hash(key)?, value)
    }

    /// Stores a value under a key whose hash is known.
    pub fn set_hashed(self, key: Value, hash: i64, value: Value) -> PyResult<()> {
        match self.find(key, hash)? {
            Found::Entry(i) => self.replace_at(i, value),
            Found::Missing => self.append(key, hash, value)?,
        }
        Ok(())
    }

    /// The value of a key, which is `default` from now on if there was none.
    pub fn set_default(self, key: Value, hash: i64, default: Value) -> PyResult<Value> {
        match self.find(key, hash)? {
            Found::Entry(i) => Ok(self.value_at(i).unwrap_or(default)),
            Found::Missing => {
                self.append(key, hash, default)?;
                Ok(default)
            }
        }
    }

    /// Stores a value under an interned name.
    pub fn set_interned(self, key: Gc<Str>, value: Value) -> PyResult<()> {
        match self.find_str(key) {
            Some(i) => self.replace_at(i, value),
            None => self.append(key.value(), key.hash(), value)?,
        }
        Ok(())
    }

    /// Stores a value under a text key.
    pub fn set_str(self, key: &str, value: Value) -> PyResult<()> {
        self.set_interned(crate::types::str::intern::intern_str(key), value)
    }

    /// Replaces the value at a position found under the present `keys_version`.
    #[inline]
    pub fn replace_at(self, i: usize, value: Value) {
        if let Some(entries) = self.entries() {
            entries.put(i * STRIDE + 2, value);
        }
        if self.watch.get() != 0 {
            self.replaced(i);
        }
    }

    /// Tells those who want to know that the value at a position is another.
    #[cold]
    fn replaced(self, i: usize) {
        let position = position_bit(i);
        if self.relied.get() & position != 0 {
            self.unsteady.set(self.unsteady.get() | position);
            self.new_keys_version();
        }
        self.changed();
    }

    #[inline(always)]
    fn changed(self) {
        if self.watch.get() & WATCHED != 0 {
            crate::hooks::dict_changed(self);
        }
    }

    fn keys_changed(self) {
        self.new_keys_version();
        self.changed();
    }

    /// Asks that `hooks::dict_changed` be called at every change.
    pub fn watch(self) {
        self.watch.set(self.watch.get() | WATCHED);
    }

    /// Asks for another `keys_version` if the value at a position is replaced, so that who checks the version may take the
    /// value for constant. False where that has happened before, or in too many places: then it is not to be relied on.
    pub fn rely_on(self, i: usize) -> bool {
        let (position, unsteady) = (position_bit(i), self.unsteady.get());
        if unsteady & position != 0 || unsteady.count_ones() >= MOST_UNSTEADY {
            return false;
        }
        self.relied.set(self.relied.get() | position);
        self.watch.set(self.watch.get() | RELIED_ON);
        true
    }

    fn append(self, key: Value, hash: i64, value: Value) -> PyResult<()> {
        if key.cast_exact::<Str>().is_none() {
            self.str_only.set(false);
        }
        let capacity = self.entries().map_or(0, |e| e.len() / STRIDE);
        if self.appended.get() + self.given_back.get() >= capacity {
            self.rebuild((self.used.get() + 1).max(5) * 2)?;
        }
        let n = self.appended.get();
        let entries = self.entries().expect("a table with room");
        entries.put(n * STRIDE, word_value(hash_word(hash)));
        entries.put(n * STRIDE + 1, key);
        entries.put(n * STRIDE + 2, value);
        self.appended.set(n + 1);
        self.used.set(self.used.get() + 1);
        self.link(n, hash_word(hash));
        self.keys_changed();
        Ok(())
    }

    /// Enters position `n` into the index.
    fn link(self, n: usize, hash: u64) {
        let index = self.index().expect("a table with room");
        let mask = index.len() - 1;
        let mut perturb = hash >> 1;
        let mut at = perturb as usize & mask;
        while index[at].get() != 0 && index[at].get() != DELETED {
            perturb >>= 5;
            at = (at
                .wrapping_mul(5)
                .wrapping_add(perturb as usize)
                .wrapping_add(1))
                & mask;
        }
        index[at].set(n as u32 + 1);
    }

    /// Makes room for `capacity` entries, dropping the deleted ones.
    fn rebuild(self, capacity: usize) -> PyResult<()> {
        self.rebuild_behind(0, capacity)
    }

    /// Makes room for `capacity` entries, `gap` of them in front.
    fn rebuild_behind(self, gap: usize, capacity: usize) -> PyResult<()> {
        let size = (capacity * 3 / 2).next_power_of_two().max(8);
        let capacity = size * 2 / 3;
        let index = ByteArea::new(size * 4)?;
        let new = Array::new(capacity * STRIDE)?;
        let mut n = gap;
        if let Some(old) = self.entries() {
            for i in 0..self.appended.get() {
                if old.get(i * STRIDE + 1).is_some() {
                    new.copy_from(n * STRIDE, old, i * STRIDE, STRIDE);
                    n += 1;
                }
            }
        }
        self.set(&self.entries, new.value());
        self.set(&self.index, index.value());
        self.appended.set(n);
        self.first.set(gap);
        self.given_back.set(0);
        for i in gap..n {
            let hash = new.get(i * STRIDE).expect("entries have a hash").to_word();
            self.link(i, hash);
        }
        self.new_keys_version();
        Ok(())
    }

    fn remove_at(self, i: usize) -> Option<Value> {
        let entries = self.entries()?;
        let slots = entries.slots();
        let value = slots[i * STRIDE + 2].get();
        let hash = slots[i * STRIDE].get()?.to_word();
        self.unlink(i, hash);
        slots[i * STRIDE + 1].clear();
        slots[i * STRIDE + 2].clear();
        self.used.set(self.used.get() - 1);
        self.keys_changed();
        value
    }

    fn unlink(self, n: usize, hash: u64) {
        let index = self.index().expect("a table with entries");
        let mask = index.len() - 1;
        let mut perturb = hash >> 1;
        let mut at = perturb as usize & mask;
        while index[at].get() != n as u32 + 1 {
            perturb >>= 5;
            at = (at
                .wrapping_mul(5)
                .wrapping_add(perturb as usize)
                .wrapping_add(1))
                & mask;
        }
        index[at].set(DELETED);
    }

    fn reset(self) {
        self.entries.clear();
        self.index.clear();
        self.used.set(0);
        self.appended.set(0);
        self.first.set(0);
        self.given_back.set(0);
        self.str_only.set(true);
    }

    /// Removes a key; gives its value.
    pub fn remove(self, key: Value) -> PyResult<Option<Value>> {
        match self.find(key, protocol::hash(key)?)? {
            Found::Entry(i) => Ok(self.remove_at(i)),
            Found::Missing => Ok(None),
        }
    }

    /// Removes an interned name; gives its value.
    pub fn remove_interned(self, key: Gc<Str>) -> Option<Value> {
        self.remove_at(self.find_str(key)?)
    }

    /// Removes the last item; gives it.
    pub fn pop_last(self) -> Option<(Value, Value)> {
        let mut i = self.appended.get();
        while i > 0 {
            i -= 1;
            if let Some(found) = self.entry_at(i) {
                self.remove_at(i);
                self.given_back
                    .set(self.given_back.get() + self.appended.get() - i);
                self.appended.set(i);
                return Some(found);
            }
        }
        None
    }

    /// Removes everything.
    pub fn clear(self) {
        self.reset();
        self.keys_changed();
    }

    /// A shallow copy.
    pub fn copy(self) -> PyResult<Gc<Dict>> {
        let new = Dict::new()?;
        let mut i = 0;
        while i < self.appended.get() {
            if let (Some((k, v)), Some(entries)) = (self.entry_at(i), self.entries()) {
                let hash = entries
                    .get(i * STRIDE)
                    .expect("entries have a hash")
                    .to_word() as i64
                    >> 1;
                new.append(k, hash, v)?;
            }
            i += 1;
        }
        Ok(new)
    }

    /// `self.update(other)` for dicts: later values win.
    pub fn update_from(self, other: Gc<Dict>) -> PyResult<()> {
        let mut i = 0;
        while i < other.appended.get() {
            if let (Some((k, v)), Some(entries)) = (other.entry_at(i), other.entries()) {
                let hash = entries
                    .get(i * STRIDE)
                    .expect("entries have a hash")
                    .to_word() as i64
                    >> 1;
                self.set_hashed(k, hash, v)?;
            }
            i += 1;
        }
        Ok(())
    }
}
