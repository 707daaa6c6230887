//! `bytes`: the object; the methods are in `methods.rs`, algorithms shared with bytearray and str in `common.rs`.

pub mod common;
pub mod hex;
pub mod iter;
pub mod methods;
pub mod transform;

use std::cell::Cell;

use rivet_heap::Header;

use crate::exceptions::{PyResult, no_memory};
use crate::object::{Type, instance};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Value};

/// A bytes object. The bytes follow the fixed part, and a zero byte follows them.
#[repr(C)]
pub struct Bytes {
    header: Header,
    /// Cached hash; 0: not computed.
    hash: Cell<i64>,
    len: usize,
}

impl Payload for Bytes {
    const LAYOUT: LayoutId = layout::BYTES;
    const KIND: Kind = Kind::Bytes;
}

/// Offsets of fields, for compiled code.
pub mod offsets {
    use super::Bytes;
    /// Number of bytes.
    pub const LEN: usize = std::mem::offset_of!(Bytes, len);
    /// The bytes.
    pub const DATA: usize = size_of::<Bytes>();
}

/// Words of the fixed part of the body.
pub const FIXED_WORDS: usize = size_of::<Bytes>() / 8 - 1;

/// Words that `len` bytes and the zero byte behind them take.
const fn data_words(len: usize) -> usize {
    len / 8 + 1
}

impl Bytes {
    /// A bytes object of `len` zero bytes, which the caller may fill before anybody else sees it.
    fn allocate(len: usize) -> PyResult<Gc<Bytes>> {
        if len > isize::MAX as usize - 64 {
            return Err(no_memory());
        }
        let p = rivet_heap::alloc(layout::BYTES, FIXED_WORDS + data_words(len));
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout BYTES.
        unsafe {
            let b = p.cast::<Bytes>();
            (&raw mut (*b).len).write(len);
            Ok(Gc::from_raw(b))
        }
    }

    /// The bytes object with these contents.
    pub fn new(bytes: &[u8]) -> PyResult<Gc<Bytes>> {
        let b = Self::allocate(bytes.len())?;
        b.fill(bytes);
        Ok(b)
    }

    /// A bytes object of `len` bytes filled in by `f`.
    pub fn build(len: usize, f: impl FnOnce(&mut [u8])) -> PyResult<Gc<Bytes>> {
        let b = Self::allocate(len)?;
        // SAFETY: the data area has `len` zeroed bytes, and nobody else has seen the object.
        f(unsafe { std::slice::from_raw_parts_mut(b.data(), len) });
        Ok(b)
    }

    /// An instance of `ty`, bytes or a subclass, with these contents.
    pub fn new_of(ty: Gc<Type>, bytes: &[u8]) -> PyResult<Value> {
        if ty == crate::runtime::types().bytes {
            return new(bytes);
        }
        let v = instance::allocate(ty, data_words(bytes.len()))?;
        let b = v.cast::<Bytes>().expect("a subclass of bytes");
        // SAFETY: fresh object with room for the bytes.
        unsafe { (&raw mut (*b.as_ptr()).len).write(bytes.len()) };
        b.fill(bytes);
        Ok(v)
    }

    fn data(&self) -> *mut u8 {
        // SAFETY: the data follows the fixed part of the object.
        unsafe {
            std::ptr::from_ref(self)
                .cast_mut()
                .cast::<u8>()
                .add(size_of::<Bytes>())
        }
    }

    /// Address of the first byte.
    pub fn data_ptr(&self) -> *const u8 {
        self.data()
    }

    fn fill(&self, bytes: &[u8]) {
        // SAFETY: the data area has room for `len` bytes, and the object is fresh.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.data(), bytes.len()) }
    }

    /// The contents.
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: the data area holds `len` bytes.
        unsafe { std::slice::from_raw_parts(self.data(), self.len) }
    }

    /// Number of bytes.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The hash (that of a str with the same characters).
    pub fn hash(&self) -> i64 {
        if self.hash.get() == 0 {
            self.hash.set(hash_slice(self.as_slice()));
        }
        self.hash.get()
    }
}

impl Gc<Bytes> {
    /// The contents, for as long as the caller keeps the object on its stack.
    #[inline(always)]
    pub fn slice<'a>(self) -> &'a [u8] {
        // SAFETY: the data area holds `len` bytes; the slice's pointer on the stack pins the object.
        unsafe { std::slice::from_raw_parts(self.data(), self.len) }
    }
}

/// The hash of a sequence of bytes.
pub fn hash_slice(bytes: &[u8]) -> i64 {
    match bytes.is_empty() {
        true => 0,
        false => crate::runtime::hash_bytes(bytes),
    }
}

/// A Python bytes of these contents.
pub fn new(bytes: &[u8]) -> PyResult<Value> {
    Ok(Bytes::new(bytes)?.value())
}

/// Whether the value is a bytes or bytearray object.
pub fn is_bytes_or_bytearray(v: Value) -> bool {
    v.cast::<Bytes>().is_some() || v.cast::<crate::types::bytearray::ByteArray>().is_some()
}
