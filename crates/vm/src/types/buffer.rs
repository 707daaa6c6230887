//! The buffer protocol: what the `buffer` slot fills in, and helpers for modules that want bytes.
//!
//! Objects move, so a buffer is described by the object that holds the bytes and a function that finds them,
//! not by an address; only memory outside the heap is given by address.

use std::any::Any;

use crate::exceptions::{PyResult, Raised, buffer_error, type_error};
use crate::types::bytearray::ByteArray;
use crate::types::bytes::Bytes;
use crate::types::memoryview::MemoryView;
use crate::value::Value;

/// Where the bytes are.
#[derive(Clone, Copy)]
pub enum Base {
    /// In a heap object; the function gives the present address of its first byte.
    Heap(Value, fn(Value) -> *mut u8),
    /// Outside the heap.
    Address(*mut u8),
    /// Nowhere: an empty buffer.
    Empty,
}

impl Base {
    /// The present address. It is valid while the caller keeps the base on its stack.
    #[inline]
    pub fn address(self) -> *mut u8 {
        match self {
            Base::Heap(v, f) => f(v),
            Base::Address(p) => p,
            Base::Empty => std::ptr::NonNull::<u64>::dangling().as_ptr().cast(),
        }
    }
}

/// A request for a buffer, filled in by the exporter. It lives on the native stack.
pub struct BufferRequest {
    /// Asked for: the bytes must be writable.
    pub writable: bool,
    /// The exporter, kept alive (`memoryview.obj`).
    pub obj: Option<Value>,
    /// Where the bytes are.
    pub base: Base,
    /// Offset of the first item.
    pub offset: isize,
    /// Total size of the items in bytes.
    pub len: usize,
    /// Size of an item.
    pub itemsize: usize,
    /// The bytes must not be changed.
    pub readonly: bool,
    /// Format of an item, as in `struct`.
    pub format: String,
    /// Dimensions; None: one, of `len / itemsize` items.
    pub shape: Option<Vec<usize>>,
    /// Distance of neighbours per dimension, in bytes; None: C-contiguous.
    pub strides: Option<Vec<isize>>,
    /// Dropped when the buffer is released.
    pub guard: Option<Box<dyn Any>>,
}

impl BufferRequest {
    /// An empty request.
    pub fn new(writable: bool) -> Self {
        BufferRequest {
            writable,
            obj: None,
            base: Base::Empty,
            offset: 0,
            len: 0,
            itemsize: 1,
            readonly: true,
            format: "B".to_owned(),
            shape: None,
            strides: None,
            guard: None,
        }
    }

    /// Fills the request in for plain bytes. BufferError if they are read-only and writable ones were asked for.
    pub fn fill(&mut self, obj: Value, base: Base, len: usize, readonly: bool) -> PyResult<()> {
        if self.writable && readonly {
            return Err(buffer_error("Object is not writable."));
        }
        self.obj = Some(obj);
        self.base = base;
        self.len = len;
        self.readonly = readonly;
        Ok(())
    }

    /// Present address of the first item.
    pub fn ptr(&self) -> *mut u8 {
        self.base.address().wrapping_offset(self.offset)
    }

    /// Number of dimensions.
    pub fn ndim(&self) -> usize {
        self.shape.as_ref().map_or(1, Vec::len)
    }

    /// The shape, spelled out.
    pub fn full_shape(&self) -> Vec<usize> {
        self.shape
            .clone()
            .unwrap_or_else(|| vec![self.len / self.itemsize.max(1)])
    }

    /// The strides, spelled out.
    pub fn full_strides(&self) -> Vec<isize> {
        self.strides
            .clone()
            .unwrap_or_else(|| c_strides(&self.full_shape(), self.itemsize))
    }

    /// Whether the items lie one behind the other in C order.
    pub fn is_contiguous(&self) -> bool {
        self.strides
            .as_ref()
            .is_none_or(|s| is_c_contiguous(&self.full_shape(), s, self.itemsize))
    }

    /// The items in C order.
    pub fn to_vec(&self) -> Vec<u8> {
        if self.is_contiguous() {
            return self.slice().to_vec();
        }
        let mut out = Vec::with_capacity(self.len);
        gather(
            self.base,
            self.offset,
            &self.full_shape(),
            &self.full_strides(),
            self.itemsize,
            &mut out,
        );
        out
    }

    /// The bytes of a contiguous buffer.
    fn slice(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: the exporter says that `len` bytes lie there; `base` on the stack keeps them in place. Nobody
        // writes while the slice is used: the callers below do not run Python code meanwhile.
        unsafe { std::slice::from_raw_parts(self.ptr(), self.len) }
    }
}

/// Strides of C-contiguous items.
pub fn c_strides(shape: &[usize], itemsize: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize as isize;
    for (s, &n) in strides.iter_mut().zip(shape).rev() {
        *s = step;
        step *= n as isize;
    }
    strides
}

/// Whether items are C-contiguous.
pub fn is_c_contiguous(shape: &[usize], strides: &[isize], itemsize: usize) -> bool {
    let mut step = itemsize as isize;
    for (&n, &s) in shape.iter().zip(strides).rev() {
        if n == 0 {
            return true;
        }
        if n > 1 && s != step {
            return false;
        }
        step *= n as isize;
    }
    true
}

/// Whether items are Fortran-contiguous.
pub fn is_f_contiguous(shape: &[usize], strides: &[isize], itemsize: usize) -> bool {
    let reversed = |s: &[usize]| s.iter().rev().copied().collect::<Vec<_>>();
    let strides: Vec<isize> = strides.iter().rev().copied().collect();
    is_c_contiguous(&reversed(shape), &strides, itemsize)
}

/// Appends the items of an exported buffer in C order.
pub fn gather(
    base: Base,
    offset: isize,
    shape: &[usize],
    strides: &[isize],
    itemsize: usize,
    out: &mut Vec<u8>,
) {
    each_item(
        base.address().wrapping_offset(offset),
        shape,
        strides,
        &mut |p| {
            // SAFETY: the exporter's shape and strides describe memory that is there; `base` keeps it in place.
            out.extend_from_slice(unsafe { std::slice::from_raw_parts(p, itemsize) });
        },
    );
}

/// Stores items given in C order in an exported buffer, which must be writable.
pub fn scatter(
    base: Base,
    offset: isize,
    shape: &[usize],
    strides: &[isize],
    itemsize: usize,
    data: &[u8],
) {
    let mut items = data.chunks_exact(itemsize.max(1));
    each_item(
        base.address().wrapping_offset(offset),
        shape,
        strides,
        &mut |p| {
            if let Some(item) = items.next() {
                // SAFETY: as `gather`.
                unsafe { std::ptr::copy_nonoverlapping(item.as_ptr(), p, itemsize) };
            }
        },
    );
}

/// Calls `f` with the address of each item in C order.
fn each_item(p: *mut u8, shape: &[usize], strides: &[isize], f: &mut impl FnMut(*mut u8)) {
    match (shape, strides) {
        ([n, rest @ ..], [step, more @ ..]) => {
            for i in 0..*n {
                each_item(p.wrapping_offset(step * i as isize), rest, more, f);
            }
        }
        _ => f(p),
    }
}

/// TypeError "a bytes-like object is required, not 'X'".
#[cold]
pub fn not_bytes_like(v: Value) -> Raised {
    type_error(format!(
        "a bytes-like object is required, not '{}'",
        v.type_of().name_string()
    ))
}

/// Whether the object exports a buffer.
pub fn has_buffer(v: Value) -> bool {
    v.type_of().slots().buffer.is_some()
}

/// Asks for the object's buffer.
pub fn request(v: Value, writable: bool) -> PyResult<BufferRequest> {
    let Some(f) = v.type_of().slots().buffer else {
        return Err(not_bytes_like(v));
    };
    let mut r = BufferRequest::new(writable);
    f(v, &mut r)?;
    Ok(r)
}

/// Calls `f` with the bytes of a bytes-like object. `f` must not run Python code.
pub fn with_bytes<R>(v: Value, f: impl FnOnce(&[u8]) -> R) -> PyResult<R> {
    if let Some(b) = v.cast::<Bytes>() {
        return Ok(f(b.as_slice()));
    }
    if let Some(b) = v.cast::<ByteArray>() {
        return Ok(f(b.as_slice()));
    }
    let r = request(v, false)?;
    if r.is_contiguous() {
        Ok(f(r.slice()))
    } else {
        Ok(f(&r.to_vec()))
    }
}

/// A copy of the bytes of a bytes-like object.
pub fn bytes_like(v: Value) -> PyResult<Vec<u8>> {
    with_bytes(v, <[u8]>::to_vec)
}

/// Calls `f` with the bytes of a writable, contiguous buffer. `f` must not run Python code. `what` begins the
/// message if the object has none: "readinto() argument".
pub fn with_bytes_mut<R>(v: Value, what: &str, f: impl FnOnce(&mut [u8]) -> R) -> PyResult<R> {
    let wrong = || {
        let t = v.type_of().name_string();
        type_error(format!(
            "{what} must be read-write bytes-like object, not {t}"
        ))
    };
    if v.cast::<Bytes>().is_some() || !has_buffer(v) {
        return Err(wrong());
    }
    if v.cast::<MemoryView>().is_some_and(|m| m.is_readonly()) {
        return Err(wrong());
    }
    let r = request(v, true)?;
    if !r.is_contiguous() {
        return Err(buffer_error(
            "memoryview: underlying buffer is not C-contiguous",
        ));
    }
    // SAFETY: the exporter granted `len` writable bytes; `r` on the stack keeps them in place, and `f` does not
    // run Python code that could look at them meanwhile.
    Ok(f(unsafe { std::slice::from_raw_parts_mut(r.ptr(), r.len) }))
}
