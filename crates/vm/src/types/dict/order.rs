//! The order of a dict's entries, for dicts that let programs change it (`OrderedDict`): the ends, taking entries
//! from there and moving them there. Each costs constant time on average.

use super::{Dict, STRIDE, hash_word, word_value};
use crate::exceptions::PyResult;
use crate::types::str::Str;
use crate::value::{Array, Gc, Value};

impl Gc<Dict> {
    /// The position of the first entry.
    pub fn first_position(self) -> Option<usize> {
        let mut i = self.first.get();
        self.next_entry(&mut i).map(|_| i - 1)
    }

    /// The position of the last entry.
    pub fn last_position(self) -> Option<usize> {
        self.position_before(self.positions())
    }

    /// The position of the entry behind `i`.
    pub fn position_after(self, i: usize) -> Option<usize> {
        let mut i = i + 1;
        self.next_entry(&mut i).map(|_| i - 1)
    }

    /// The position of the entry before `i`.
    pub fn position_before(self, i: usize) -> Option<usize> {
        let first = self.first.get();
        (first..i.min(self.positions()))
            .rev()
            .find(|&i| self.entry_at(i).is_some())
    }

    /// The position of a key.
    pub fn position(self, key: Value, hash: i64) -> PyResult<Option<usize>> {
        Ok(match self.find(key, hash)? {
            super::Found::Entry(i) => Some(i),
            super::Found::Missing => None,
        })
    }

    /// Removes the entry at a position.
    pub fn pop_at(self, i: usize) -> Option<(Value, Value)> {
        if i + 1 == self.positions() {
            return self.pop_last();
        }
        let found = self.entry_at(i)?;
        self.remove_at(i);
        Some(found)
    }

    /// Moves the entry at a position behind all others.
    pub fn move_to_back(self, i: usize) -> PyResult<()> {
        if self.last_position() == Some(i) {
            return Ok(());
        }
        let hash = self.hash_at(i);
        match self.pop_at(i) {
            Some((k, v)) => self.append(k, hash, v),
            None => Ok(()),
        }
    }

    /// Moves the entry at a position before all others.
    pub fn move_to_front(self, i: usize) -> PyResult<()> {
        if self.first_position() == Some(i) {
            return Ok(());
        }
        let hash = self.hash_at(i);
        match self.pop_at(i) {
            Some((k, v)) => self.prepend(k, hash, v),
            None => Ok(()),
        }
    }

    /// Adds an entry before all others; the key is not among them.
    fn prepend(self, key: Value, hash: i64, value: Value) -> PyResult<()> {
        if key.cast_exact::<Str>().is_none() {
            self.str_only.set(false);
        }
        let capacity = self.entries().map_or(0, |e: Gc<Array>| e.len() / STRIDE);
        let first = self.first_position().unwrap_or(self.positions());
        // The place in front may have been used before, and then its mark in the index stays.
        let full = self.positions() + self.given_back.get() >= capacity;
        let first = if first == 0 || full {
            let gap = self.len().max(4);
            self.rebuild_behind(gap, (gap + 1) * 4)?;
            gap
        } else {
            first
        };
        self.given_back.set(self.given_back.get() + 1);
        let i = first - 1;
        let entries = self.entries().expect("a table with room");
        entries.put(i * STRIDE, word_value(hash_word(hash)));
        entries.put(i * STRIDE + 1, key);
        entries.put(i * STRIDE + 2, value);
        self.first.set(i);
        self.used.set(self.used.get() + 1);
        self.link(i, hash_word(hash));
        self.keys_changed();
        Ok(())
    }
}
