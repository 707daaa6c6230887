//! `bytesobject.h`, `bytearrayobject.h`, and the bytes writer of CPython's own modules.

use std::ffi::{c_char, c_int};

use rivet_vm::exceptions::{PyResult, type_error, value_error};
use rivet_vm::object::{TypeFlags, call};
use rivet_vm::types::buffer;
use rivet_vm::types::bytearray::ByteArray;
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::str::Str;
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::value::{Gc, Value};

use crate::api::{expect, get};
use crate::boundary::{decref, xdecref};
use crate::errors::{self, text};
use crate::layout::{PyObject, PyVarObject, Ref};
use crate::{api, memory, raw, types};

const HEAD: usize = 32;

/// A new bytes object of `n` bytes, to be filled in.
pub fn fresh(n: usize) -> PyResult<Ref> {
    let p = if n > isize::MAX as usize / 2 {
        std::ptr::null_mut()
    } else {
        memory::alloc(HEAD + n + 1)
    };
    if p.is_null() {
        return Err(rivet_vm::exceptions::no_memory());
    }
    // SAFETY: a fresh block of head, data and terminator.
    unsafe {
        *p.cast::<PyObject>() = PyObject {
            refcnt: 1,
            ty: types::builtin(types::BYTES),
        };
        (*p.cast::<PyVarObject>()).size = n as isize;
        *p.add(24).cast::<i64>() = -1;
        *p.add(HEAD + n) = 0;
    }
    Ok(p.cast())
}

fn data(op: Ref) -> *mut u8 {
    op.cast::<u8>().wrapping_add(HEAD)
}

/// Data and length; TypeError if it is no bytes object.
unsafe fn parts(op: Ref) -> PyResult<(*mut u8, usize)> {
    // SAFETY: callers pass null or a live object.
    unsafe {
        if op.is_null() || (*(*op).ty).flags & TypeFlags::BYTES_SUBCLASS == 0 {
            let t = if op.is_null() {
                "NULL".into()
            } else {
                text((*(*op).ty).name)
            };
            return Err(type_error(format!("expected bytes, {t} found")));
        }
        Ok((data(op), (*op.cast::<PyVarObject>()).size as usize))
    }
}

unsafe fn from_data(p: *const u8, n: usize) -> PyResult<Ref> {
    let r = fresh(n)?;
    if !p.is_null() && n > 0 {
        // SAFETY: callers pass `n` readable bytes.
        unsafe { std::ptr::copy_nonoverlapping(p, data(r), n) };
    }
    Ok(r)
}

/// `bytes(v)` as `PyObject_Bytes` makes it: `__bytes__`, a buffer, an iterable of ints.
pub fn bytes_of(v: Value) -> PyResult<Value> {
    if let Some(f) = rivet_vm::object::attr::lookup_special(v, intern_str("__bytes__"))? {
        let r = call::call_special(f, &[])?;
        if r.cast::<Bytes>().is_none() {
            return Err(type_error(format!(
                "__bytes__ returned non-bytes (type {})",
                r.type_of().name_string()
            )));
        }
        return Ok(r);
    }
    from_object(v)
}

fn from_object(v: Value) -> PyResult<Value> {
    if v.cast::<Str>().is_some() || rivet_vm::types::int::is_int(v) {
        return Err(type_error(format!(
            "cannot convert '{}' object to bytes",
            v.type_of().name_string()
        )));
    }
    if !buffer::has_buffer(v)
        && v.type_of().slots().iter.is_none()
        && v.type_of().slots().getitem.is_none()
    {
        return Err(type_error(format!(
            "cannot convert '{}' object to bytes",
            v.type_of().name_string()
        )));
    }
    call::call(rivet_vm::runtime::types().bytes.value(), &[v])
}

/// The mirror of a bytearray shows where its bytes are: they are put where they stay.
pub fn fill_bytearray(v: Value, m: Ref) {
    if let Some(b) = v.cast::<ByteArray>() {
        let n = b.len();
        // SAFETY: the fields of a bytearray object.
        unsafe {
            let p = m.cast::<usize>();
            *p.add(2) = n;
            *p.add(3) = b.capacity();
            let at = pinned_data(b) as usize;
            *p.add(4) = at;
            *p.add(5) = at;
        }
    }
}

/// The address of a bytearray's bytes, which do not move as long as its size does not change.
pub fn pinned_data(b: Gc<ByteArray>) -> *mut u8 {
    b.pin_storage();
    b.data()
}

raw! {
    fn PyBytes_AsString(op: Ref) -> *mut c_char {
        match parts(op) {
            Ok((p, _)) => p.cast(),
            Err(_) => {
                errors::publish();
                std::ptr::null_mut()
            }
        }
    }

    // The caller's is the only reference: the object may move.
    fn _PyBytes_Resize(place: *mut Ref, n: isize) -> c_int {
        let old = *place;
        let run = || -> PyResult<Ref> {
            let (p, have) = parts(old)?;
            if n < 0 || (*old).refcnt != 1 {
                return Err(crate::api::bad_call());
            }
            if memory::usable(old.cast::<u8>()) > HEAD + n as usize && n as usize > have / 2 {
                (*old.cast::<PyVarObject>()).size = n;
                *p.add(n as usize) = 0;
                return Ok(old);
            }
            let new = fresh(n as usize)?;
            std::ptr::copy_nonoverlapping(p, data(new), have.min(n as usize));
            decref(old);
            Ok(new)
        };
        match run() {
            Ok(r) => {
                *place = r;
                0
            }
            Err(_) => {
                errors::publish();
                *place = std::ptr::null_mut();
                xdecref(old);
                -1
            }
        }
    }

    fn PyBytes_Concat(place: *mut Ref, other: Ref) {
        let old = *place;
        if old.is_null() {
            return;
        }
        let new = if other.is_null() { std::ptr::null_mut() } else { crate::abstract_::PySequence_Concat(old, other) };
        *place = new;
        decref(old);
    }

    fn PyBytes_ConcatAndDel(place: *mut Ref, other: Ref) {
        PyBytes_Concat(place, other);
        xdecref(other);
    }

    fn PyByteArray_AsString(op: Ref) -> *mut c_char {
        match get(op).ok().and_then(|v| v.cast::<ByteArray>()) {
            Some(b) if !b.is_empty() => pinned_data(b).cast(),
            _ => _PyByteArray_empty_string.0.get().cast(),
        }
    }

    fn _PyBytes_Find(p: *const u8, n: isize, q: *const u8, m: isize, offset: isize) -> isize {
        let (h, x) = (slice(p, n), slice(q, m));
        find(h, x).map_or(-1, |i| i as isize + offset)
    }

    fn _PyBytes_ReverseFind(p: *const u8, n: isize, q: *const u8, m: isize, offset: isize) -> isize {
        let (h, x) = (slice(p, n), slice(q, m));
        let at = if x.is_empty() { Some(h.len()) } else { h.windows(x.len()).rposition(|w| w == x) };
        at.map_or(-1, |i| i as isize + offset)
    }

    fn _PyBytes_Repeat(to: *mut u8, n: isize, from: *const u8, m: isize) {
        let mut at = 0;
        // Source and target may be one: the first copy is there then.
        while at < n && m > 0 {
            let k = m.min(n - at);
            std::ptr::copy(from, to.offset(at), k as usize);
            at += k;
        }
    }
}

unsafe fn slice<'a>(p: *const u8, n: isize) -> &'a [u8] {
    // SAFETY: callers pass `n` readable bytes.
    if n <= 0 {
        &[]
    } else {
        unsafe { std::slice::from_raw_parts(p, n as usize) }
    }
}

fn find(h: &[u8], x: &[u8]) -> Option<usize> {
    if x.is_empty() {
        Some(0)
    } else {
        h.windows(x.len()).position(|w| w == x)
    }
}

/// What an empty bytearray's data pointer shows.
#[repr(transparent)]
pub struct EmptyString(std::cell::UnsafeCell<[u8; 8]>);

// SAFETY: never written.
unsafe impl Sync for EmptyString {}

macro_rules! export_data {
    ($($name:ident $ty:ty, $value:expr;)*) => {$(
        /// Data that extensions refer to.
        #[unsafe(no_mangle)]
        pub static $name: $ty = $value;
    )*};
}
pub(crate) use export_data;

export_data! {
    _PyByteArray_empty_string EmptyString, EmptyString(std::cell::UnsafeCell::new([0; 8]));
}

api! {
    fn PyBytes_FromStringAndSize(s: *const u8, n: isize) -> Ref {
        if n < 0 {
            return Err(rivet_vm::exceptions::system_error("Negative size passed to PyBytes_FromStringAndSize"));
        }
        from_data(s, n as usize)
    }

    fn PyBytes_FromString(s: *const c_char) -> Ref {
        from_data(s.cast(), libc::strlen(s))
    }

    fn PyBytes_FromObject(op: Ref) -> Value {
        let v = get(op)?;
        if v.cast::<Bytes>().is_some() && v.type_of() == rivet_vm::runtime::types().bytes {
            return Ok(v);
        }
        from_object(v)
    }

    fn PyBytes_Size(op: Ref) -> isize {
        Ok(parts(op)?.1 as isize)
    }

    fn PyBytes_AsStringAndSize(op: Ref, out: *mut *mut c_char, n: *mut isize) -> () {
        let (p, len) = parts(op)?;
        *out = p.cast();
        if !n.is_null() {
            *n = len as isize;
        } else if libc::strlen(p.cast()) != len {
            return Err(value_error("embedded null byte"));
        }
        Ok(())
    }

    fn PyBytes_Repr(op: Ref, _smart: c_int) -> Value {
        rivet_vm::object::protocol::repr(get(op)?).map(Gc::value)
    }

    fn _PyBytes_Join(separator: Ref, items: Ref) -> Value {
        call::call_method(get(separator)?, rivet_vm::name!("join"), &[get(items)?])
    }

    fn PyBytes_DecodeEscape(s: *const u8, n: isize, errors: *const c_char, _unicode: isize, _recode: *const c_char) -> Value {
        let handler = if errors.is_null() { "strict".into() } else { text(errors) };
        let data = std::slice::from_raw_parts(s, n as usize);
        let out = rivet_vm::types::str::codec::escape::decode_bytes(data, &rivet_vm::types::str::codec::errors::Errors::named(&handler))?;
        bytes::new(&out)
    }

    fn PyByteArray_FromStringAndSize(s: *const u8, n: isize) -> Value {
        if n < 0 {
            return Err(rivet_vm::exceptions::system_error("Negative size passed to PyByteArray_FromStringAndSize"));
        }
        if s.is_null() {
            let b = ByteArray::new(&[])?;
            b.resize(n as usize)?;
            return Ok(b.value());
        }
        Ok(ByteArray::new(std::slice::from_raw_parts(s, n as usize))?.value())
    }

    fn PyByteArray_FromObject(op: Ref) -> Value {
        call::call(rivet_vm::runtime::types().bytearray.value(), &[get(op)?])
    }

    fn PyByteArray_Size(op: Ref) -> isize {
        Ok(expect::<ByteArray>(op)?.len() as isize)
    }

    fn PyByteArray_Resize(op: Ref, n: isize) -> () {
        let b = expect::<ByteArray>(op)?;
        b.resize(n as usize)?;
        fill_bytearray(b.value(), op);
        Ok(())
    }

    fn PyByteArray_Concat(a: Ref, b: Ref) -> Value {
        let mut out = buffer::bytes_like(get(a)?)?;
        out.extend(buffer::bytes_like(get(b)?)?);
        Ok(ByteArray::new(&out)?.value())
    }

    // A list of words as `exec` wants it; the text of CPython's `_PySequence_BytesToCharpArray`.
    fn _PySequence_BytesToCharpArray(op: Ref) -> *mut u8 {
        let items = rivet_vm::object::protocol::to_list(get(op)?)?;
        let n = items.len();
        let array = libc::calloc(n + 1, 8).cast::<*mut c_char>();
        for i in 0..n {
            let b = items.item(i).cast::<Bytes>().ok_or_else(|| type_error("argv must be bytes"))?;
            if b.as_slice().contains(&0) {
                return Err(value_error("embedded null byte"));
            }
            *array.add(i) = libc::strndup(b.as_slice().as_ptr().cast(), b.len());
        }
        Ok(array.cast())
    }
}

raw! {
    fn _Py_FreeCharPArray(array: *mut *mut c_char) {
        let mut p = array;
        while !(*p).is_null() {
            libc::free((*p).cast());
            p = p.add(1);
        }
        libc::free(array.cast());
    }
}

/// `_PyBytesWriter`
#[repr(C)]
pub struct Writer {
    buffer: Ref,
    allocated: isize,
    min_size: isize,
    use_bytearray: c_int,
    overallocate: c_int,
    use_small_buffer: c_int,
    small: [u8; 512],
}

unsafe fn start(w: *mut Writer) -> *mut u8 {
    // SAFETY: callers pass an initialised writer.
    unsafe { data((*w).buffer) }
}

unsafe fn resize(w: *mut Writer, at: *mut u8, size: isize) -> *mut u8 {
    // SAFETY: callers pass an initialised writer and a place in its buffer.
    unsafe {
        let used = if (*w).buffer.is_null() {
            0
        } else {
            at.offset_from(start(w))
        };
        let room = if (*w).overallocate != 0 {
            size + size / 4
        } else {
            size
        };
        let Ok(new) = fresh(room as usize) else {
            errors::publish();
            return std::ptr::null_mut();
        };
        if !(*w).buffer.is_null() {
            std::ptr::copy_nonoverlapping(start(w), data(new), used as usize);
            decref((*w).buffer);
        }
        (*w).buffer = new;
        (*w).allocated = room;
        start(w).offset(used)
    }
}

raw! {
    fn _PyBytesWriter_Init(w: *mut Writer) {
        (*w).buffer = std::ptr::null_mut();
        (*w).allocated = 0;
        (*w).min_size = 0;
        (*w).use_bytearray = 0;
        (*w).overallocate = 0;
        (*w).use_small_buffer = 0;
    }

    fn _PyBytesWriter_Alloc(w: *mut Writer, n: isize) -> *mut u8 {
        (*w).min_size = n;
        resize(w, std::ptr::null_mut(), n)
    }

    fn _PyBytesWriter_Prepare(w: *mut Writer, at: *mut u8, n: isize) -> *mut u8 {
        if n == 0 {
            return at;
        }
        (*w).min_size += n;
        if (*w).min_size > (*w).allocated { resize(w, at, (*w).min_size) } else { at }
    }

    fn _PyBytesWriter_Resize(w: *mut Writer, at: *mut u8, n: isize) -> *mut u8 {
        resize(w, at, n)
    }

    fn _PyBytesWriter_WriteBytes(w: *mut Writer, at: *mut u8, p: *const u8, n: isize) -> *mut u8 {
        let to = _PyBytesWriter_Prepare(w, at, n);
        if to.is_null() {
            return to;
        }
        std::ptr::copy_nonoverlapping(p, to, n as usize);
        to.offset(n)
    }

    fn _PyBytesWriter_Finish(w: *mut Writer, at: *mut u8) -> Ref {
        let n = if (*w).buffer.is_null() { 0 } else { at.offset_from(start(w)) };
        if (*w).use_bytearray != 0 {
            let r = PyByteArray_FromStringAndSize(if n == 0 { c"".as_ptr().cast() } else { start(w) }, n);
            _PyBytesWriter_Dealloc(w);
            return r;
        }
        let mut r = std::mem::replace(&mut (*w).buffer, std::ptr::null_mut());
        if r.is_null() {
            return PyBytes_FromStringAndSize(std::ptr::null(), 0);
        }
        _PyBytes_Resize(&mut r, n);
        r
    }

    fn _PyBytesWriter_Dealloc(w: *mut Writer) {
        let old = std::mem::replace(&mut (*w).buffer, std::ptr::null_mut());
        xdecref(old);
    }
}
