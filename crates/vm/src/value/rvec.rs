//! A growing vector of values for use on the native stack: its storage is a heap array, which the
//! conservative stack scan keeps alive and in place.

use super::array::Array;
use super::gc::Gc;
use super::word::Value;
use crate::exceptions::PyResult;

/// A vector of values. It must itself live on the native stack.
pub struct RVec {
    array: Option<Gc<Array>>,
    len: usize,
}

impl Default for RVec {
    fn default() -> Self {
        Self::new()
    }
}

impl RVec {
    /// An empty vector.
    pub const fn new() -> Self {
        RVec {
            array: None,
            len: 0,
        }
    }

    /// An empty vector with room for `n` values.
    pub fn with_capacity(n: usize) -> PyResult<Self> {
        Ok(RVec {
            array: if n == 0 { None } else { Some(Array::new(n)?) },
            len: 0,
        })
    }

    /// A copy of a slice.
    pub fn from_slice(values: &[Value]) -> PyResult<Self> {
        let mut v = Self::with_capacity(values.len())?;
        v.extend(values)?;
        Ok(v)
    }

    /// Appends a value.
    #[inline]
    pub fn push(&mut self, value: Value) -> PyResult<()> {
        let array = match self.array {
            Some(array) if self.len < array.len() => array,
            _ => self.grow(self.len + 1)?,
        };
        array.put(self.len, value);
        self.len += 1;
        Ok(())
    }

    /// Appends all of a slice.
    pub fn extend(&mut self, values: &[Value]) -> PyResult<()> {
        if values.is_empty() {
            return Ok(());
        }
        let need = self.len + values.len();
        let array = match self.array {
            Some(array) if need <= array.len() => array,
            _ => self.grow(need)?,
        };
        array.copy_values(self.len, values);
        self.len = need;
        Ok(())
    }

    #[cold]
    fn grow(&mut self, need: usize) -> PyResult<Gc<Array>> {
        let new = Array::new(need.max(self.len * 2).max(8))?;
        if let Some(old) = self.array {
            new.copy_from(0, old, 0, self.len);
        }
        self.array = Some(new);
        Ok(new)
    }

    /// Removes and returns the last value.
    pub fn pop(&mut self) -> Option<Value> {
        let array = self.array?;
        if self.len == 0 {
            return None;
        }
        self.len -= 1;
        let v = array.get(self.len);
        array.slots()[self.len].clear();
        v
    }

    /// Number of values.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it is empty.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The values.
    #[inline(always)]
    pub fn as_slice(&self) -> &[Value] {
        match self.array {
            Some(array) => array.values(self.len),
            None => &[],
        }
    }

    /// Replaces value `i`.
    pub fn set(&self, i: usize, value: Value) {
        assert!(i < self.len);
        if let Some(array) = self.array {
            array.put(i, value);
        }
    }

    /// Exchanges two values.
    pub fn swap(&self, i: usize, j: usize) {
        let (a, b) = (self[i], self[j]);
        self.set(i, b);
        self.set(j, a);
    }

    /// Reverses the order.
    pub fn reverse(&self) {
        for i in 0..self.len / 2 {
            self.swap(i, self.len - 1 - i);
        }
    }

    /// The storage, to be handed to a container together with the length.
    pub fn into_storage(self) -> (Option<Gc<Array>>, usize) {
        (self.array, self.len)
    }
}

impl std::ops::Deref for RVec {
    type Target = [Value];

    #[inline(always)]
    fn deref(&self) -> &[Value] {
        self.as_slice()
    }
}
