//! Builds strings piece by piece: bytes while everything is Latin-1, code points once something is not.

use super::{Chars, Str};
use crate::exceptions::PyResult;
use crate::value::{Gc, Value};

/// A string under construction.
#[derive(Default)]
pub struct StrBuilder {
    narrow: Vec<u8>,
    wide: Vec<u32>,
    is_wide: bool,
}

impl StrBuilder {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one with room for `n` Latin-1 characters.
    pub fn with_capacity(n: usize) -> Self {
        StrBuilder {
            narrow: Vec::with_capacity(n),
            ..Self::default()
        }
    }

    /// Number of code points so far.
    pub fn len(&self) -> usize {
        if self.is_wide {
            self.wide.len()
        } else {
            self.narrow.len()
        }
    }

    /// Whether nothing has been added.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[cold]
    fn widen(&mut self) {
        self.wide = self.narrow.iter().map(|&b| b.into()).collect();
        self.narrow = Vec::new();
        self.is_wide = true;
    }

    /// Appends a code point.
    #[inline]
    pub fn push(&mut self, c: u32) {
        if !self.is_wide {
            if c < 256 {
                self.narrow.push(c as u8);
                return;
            }
            self.widen();
        }
        self.wide.push(c);
    }

    /// Appends Latin-1 characters.
    pub fn push_latin1(&mut self, bytes: &[u8]) {
        if self.is_wide {
            self.wide.extend(bytes.iter().map(|&b| u32::from(b)));
        } else {
            self.narrow.extend_from_slice(bytes);
        }
    }

    /// Appends text.
    pub fn push_text(&mut self, text: &str) {
        if text.is_ascii() {
            self.push_latin1(text.as_bytes());
        } else {
            text.chars().for_each(|c| self.push(c.into()));
        }
    }

    /// Appends code points.
    pub fn push_chars(&mut self, chars: Chars) {
        match chars {
            Chars::One(b) => self.push_latin1(b),
            other => other.iter().for_each(|c| self.push(c)),
        }
    }

    /// Appends a code point several times.
    pub fn push_n(&mut self, c: u32, n: usize) {
        if !self.is_wide && c < 256 {
            self.narrow.resize(self.narrow.len() + n, c as u8);
            return;
        }
        if !self.is_wide {
            self.widen();
        }
        self.wide.resize(self.wide.len() + n, c);
    }

    /// What has been built so far.
    pub fn chars(&self) -> Chars<'_> {
        if self.is_wide {
            Chars::Four(&self.wide)
        } else {
            Chars::One(&self.narrow)
        }
    }

    /// The string.
    pub fn finish(self) -> PyResult<Gc<Str>> {
        if self.is_empty() {
            return Ok(Str::empty());
        }
        Str::from_chars(self.chars())
    }

    /// The string as a value.
    pub fn value(self) -> PyResult<Value> {
        self.finish().map(Gc::value)
    }
}
