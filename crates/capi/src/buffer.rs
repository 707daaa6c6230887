//! Buffers both ways: `PyObject_GetBuffer` on the runtime's objects, C exporters as the runtime's buffers, memoryviews.
//!
//! Objects of the runtime move, so what C gets the address of is memory that stays: the mirror's copy of bytes, a
//! bytearray's storage after it was pinned, memory outside the heap; what else is young is shown to the collector as pinned.

use std::any::Any;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rivet_heap::Header;
use rivet_vm::exceptions::{PyResult, buffer_error, type_error};
use rivet_vm::types::buffer::{self, Base, BufferRequest};
use rivet_vm::types::bytearray::ByteArray;
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::memoryview::MemoryView;
use rivet_vm::value::Value;

use crate::api::get;
use crate::boundary::{incref, links, new_ref, xdecref};
use crate::call;
use crate::errors::{self, text};
use crate::layout::{PyBuffer, Ref};
use crate::types::incoming::{BF, c_slot};
use crate::{api, raw};

const WRITABLE: c_int = 1;
const FORMAT: c_int = 4;
const ND: c_int = 8;
const STRIDES: c_int = 0x10 | ND;
const C_CONTIGUOUS: c_int = 0x20 | STRIDES;
const F_CONTIGUOUS: c_int = 0x40 | STRIDES;
const ANY_CONTIGUOUS: c_int = 0x80 | STRIDES;
const INDIRECT: c_int = 0x100 | STRIDES;
const FULL_RO: c_int = INDIRECT | FORMAT;

/// What a view of one of the runtime's objects needs while it is out.
struct Export {
    format: CString,
    shape: Vec<isize>,
    strides: Vec<isize>,
    /// What keeps the bytes in place.
    #[allow(dead_code)]
    hold: Hold,
    #[allow(dead_code)]
    guard: Option<Box<dyn Any>>,
}

/// What keeps bytes in place while C has their address.
enum Hold {
    /// They do not move.
    Nothing,
    /// The object whose C half holds them.
    Reference(Ref),
    /// An object that the collector leaves where it is.
    Pin(usize),
}

/// Addresses of objects that are in C's hands and must not move.
static PINS: Mutex<Vec<usize>> = Mutex::new(Vec::new());

fn pins() -> MutexGuard<'static, Vec<usize>> {
    PINS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leaves an object in place, and alive, until the hold is dropped.
fn pin(object: *mut Header) -> Hold {
    static SHOWN: Once = Once::new();
    SHOWN.call_once(|| {
        rivet_heap::add_conservative_visitor(|v| {
            pins().iter().for_each(|&p| v.visit_conservative(p as u64));
        });
    });
    pins().push(object as usize);
    Hold::Pin(object as usize)
}

impl Drop for Hold {
    fn drop(&mut self) {
        match *self {
            Hold::Nothing => {}
            // SAFETY: the reference is the hold's.
            Hold::Reference(r) => unsafe { xdecref(r) },
            Hold::Pin(object) => {
                let mut all = pins();
                if let Some(at) = all.iter().rposition(|&p| p == object) {
                    all.swap_remove(at);
                }
            }
        }
    }
}

/// Where the bytes stay.
fn stable(base: Base, offset: isize) -> PyResult<(*mut u8, Hold)> {
    match base {
        Base::Address(p) => Ok((p.wrapping_offset(offset), Hold::Nothing)),
        Base::Empty => Ok((std::ptr::dangling_mut::<u64>().cast(), Hold::Nothing)),
        Base::Heap(v, f) => {
            if v.cast::<Bytes>().is_some() {
                let r = new_ref(v);
                let at = r.cast::<u8>().wrapping_add(32).wrapping_offset(offset);
                return Ok((at, Hold::Reference(r)));
            }
            if let Some(b) = v.cast::<ByteArray>() {
                b.pin_storage();
                return Ok((f(v).wrapping_offset(offset), Hold::Reference(new_ref(v))));
            }
            // An area of bytes: large or old ones stay where they are, others are made to (somebody else may have
            // the address of one that is handed out twice).
            let hold = match v.as_header() {
                Some(h) if rivet_heap::may_move(h) => pin(h),
                _ => Hold::Nothing,
            };
            Ok((f(v).wrapping_offset(offset), hold))
        }
    }
}

fn contiguous(r: &BufferRequest, fortran: bool) -> bool {
    let (shape, strides) = (r.full_shape(), r.full_strides());
    if fortran {
        buffer::is_f_contiguous(&shape, &strides, r.itemsize)
    } else {
        buffer::is_c_contiguous(&shape, &strides, r.itemsize)
    }
}

fn check(r: &BufferRequest, flags: c_int) -> PyResult<()> {
    let needs = |bits: c_int| flags & bits == bits;
    if needs(C_CONTIGUOUS) && !contiguous(r, false) {
        return Err(buffer_error(
            "memoryview: underlying buffer is not C-contiguous",
        ));
    }
    if needs(F_CONTIGUOUS) && !contiguous(r, true) {
        return Err(buffer_error(
            "memoryview: underlying buffer is not Fortran contiguous",
        ));
    }
    if needs(ANY_CONTIGUOUS) && !contiguous(r, true) && !contiguous(r, false) {
        return Err(buffer_error(
            "memoryview: underlying buffer is not contiguous",
        ));
    }
    if !needs(STRIDES) && !contiguous(r, false) {
        return Err(buffer_error(
            "memoryview: underlying buffer is not C-contiguous",
        ));
    }
    Ok(())
}

/// Fills a view of one of the runtime's objects in.
///
/// # Safety
/// `v` is the value of `op`; `view` can be written.
pub unsafe fn export(op: Ref, v: Value, view: *mut PyBuffer, flags: c_int) -> PyResult<()> {
    // SAFETY: by contract.
    unsafe {
        (*view).obj = std::ptr::null_mut();
        if let Some(b) = v.cast::<ByteArray>() {
            b.pin_storage();
        }
        let mut r = buffer::request(v, flags & WRITABLE != 0)?;
        check(&r, flags)?;
        fill(&mut r, view, flags)?;
        incref(op);
        (*view).obj = op;
        Ok(())
    }
}

unsafe fn fill(r: &mut BufferRequest, view: *mut PyBuffer, flags: c_int) -> PyResult<()> {
    let (address, hold) = stable(r.base, r.offset)?;
    let shape: Vec<isize> = r.full_shape().into_iter().map(|n| n as isize).collect();
    let e = Box::new(Export {
        format: CString::new(r.format.clone()).unwrap_or_default(),
        strides: r.full_strides(),
        shape,
        hold,
        guard: r.guard.take(),
    });
    let ndim = e.shape.len();
    let given = |bits: c_int| flags & bits == bits && ndim > 0;
    // SAFETY: callers pass a view to fill; the arrays live until it is released.
    unsafe {
        *view = PyBuffer {
            buf: address.cast(),
            obj: std::ptr::null_mut(),
            len: r.len as isize,
            itemsize: r.itemsize as isize,
            readonly: r.readonly.into(),
            ndim: if flags & ND == ND || ndim == 0 {
                ndim as c_int
            } else {
                1
            },
            format: if flags & FORMAT != 0 {
                e.format.as_ptr().cast_mut()
            } else {
                std::ptr::null_mut()
            },
            shape: if given(ND) {
                e.shape.as_ptr().cast_mut()
            } else {
                std::ptr::null_mut()
            },
            strides: if given(STRIDES) {
                e.strides.as_ptr().cast_mut()
            } else {
                std::ptr::null_mut()
            },
            suboffsets: std::ptr::null_mut(),
            internal: Box::into_raw(e).cast(),
        };
    }
    Ok(())
}

/// Gives back what `export` took.
///
/// # Safety
/// A view that `export` filled, or one without `internal`.
pub unsafe fn release_export(view: *mut PyBuffer) {
    // SAFETY: by contract.
    unsafe {
        let p = std::mem::replace(&mut (*view).internal, std::ptr::null_mut()).cast::<Export>();
        if !p.is_null() {
            drop(Box::from_raw(p));
        }
    }
}

/// The view inside a memoryview's mirror, for the macros that read it.
pub fn fill_view(v: Value, m: Ref) {
    let Ok(mut r) = buffer::request(v, false) else {
        rivet_vm::thread::current().take_pending();
        return;
    };
    // SAFETY: `view` lies at 56 in a memoryview object.
    unsafe {
        let view = m.cast::<u8>().add(56).cast::<PyBuffer>();
        if fill(&mut r, view, FULL_RO).is_err() {
            rivet_vm::thread::current().take_pending();
        } else if !(*view).internal.is_null() {
            // The mirror does not count as an export.
            drop((*(*view).internal.cast::<Export>()).guard.take());
        }
    }
}

/// Frees the arrays of a dying memoryview mirror.
///
/// # Safety
/// A dying memoryview mirror.
pub unsafe fn drop_view(op: Ref) {
    // SAFETY: by contract.
    unsafe { release_export(op.cast::<u8>().add(56).cast()) }
}

/// A C exporter's view, given back when the runtime's buffer is dropped: at once, or after the collection that found it
/// dead.
struct Import(usize);

impl Drop for Import {
    fn drop(&mut self) {
        if rivet_heap::collecting() {
            links::release_later(self.0);
        } else {
            // SAFETY: the view was allocated by `import` and nobody uses it any more.
            errors::preserved(|| unsafe { give_back(self.0) });
        }
    }
}

/// Releases a C exporter's view and frees it.
///
/// # Safety
/// A view allocated by `import`.
pub unsafe fn give_back(view: usize) {
    // SAFETY: by contract.
    unsafe {
        let mut view = Box::from_raw(view as *mut PyBuffer);
        PyBuffer_Release(&mut *view);
    }
}

type GetBuffer = unsafe extern "C" fn(Ref, *mut PyBuffer, c_int) -> c_int;

/// The buffer slot of a C type: asks the extension's function.
pub fn import(v: Value, f: *mut c_void, r: &mut BufferRequest) -> PyResult<()> {
    if f.is_null() {
        return Err(buffer::not_bytes_like(v));
    }
    call::enter();
    // SAFETY: `bf_getbuffer` has this type; the view lives until it is given back.
    unsafe {
        let f = std::mem::transmute::<*mut c_void, GetBuffer>(f);
        let view = Box::into_raw(Box::new(std::mem::zeroed::<PyBuffer>()));
        let me = new_ref(v);
        let status = f(
            me,
            view,
            if r.writable {
                FULL_RO | WRITABLE
            } else {
                FULL_RO
            },
        );
        xdecref(me);
        if status < 0 {
            drop(Box::from_raw(view));
            return Err(call::pending_or_system_error("getbuffer"));
        }
        let guard: Box<dyn Any> = Box::new(Import(view as usize));
        describe(&*view, r)?;
        r.obj = Some(v);
        r.guard = Some(guard);
    }
    Ok(())
}

/// Takes a view's description over.
unsafe fn describe(view: &PyBuffer, r: &mut BufferRequest) -> PyResult<()> {
    // SAFETY: the arrays of a filled view have `ndim` entries.
    unsafe {
        let n = view.ndim.max(0) as usize;
        if !view.suboffsets.is_null()
            && std::slice::from_raw_parts(view.suboffsets, n)
                .iter()
                .any(|&s| s >= 0)
        {
            return Err(buffer_error(
                "memoryview: buffers with suboffsets are not supported",
            ));
        }
        r.base = if view.len == 0 && view.buf.is_null() {
            Base::Empty
        } else {
            Base::Address(view.buf.cast())
        };
        r.offset = 0;
        r.len = view.len.max(0) as usize;
        r.itemsize = view.itemsize.max(1) as usize;
        r.readonly = view.readonly != 0;
        r.format = if view.format.is_null() {
            "B".into()
        } else {
            CStr::from_ptr(view.format).to_string_lossy().into_owned()
        };
        if n == 0 {
            r.shape = Some(Vec::new());
        } else if !view.shape.is_null() {
            r.shape = Some(
                std::slice::from_raw_parts(view.shape, n)
                    .iter()
                    .map(|&n| n as usize)
                    .collect(),
            );
        }
        if !view.strides.is_null() && n > 0 {
            r.strides = Some(std::slice::from_raw_parts(view.strides, n).to_vec());
        }
        Ok(())
    }
}

unsafe fn is_contiguous(view: &PyBuffer, order: c_char) -> bool {
    let mut r = BufferRequest::new(false);
    // SAFETY: a filled view.
    if view.strides.is_null() {
        return order != b'F' as c_char || view.ndim <= 1 || view.shape.is_null();
    }
    if unsafe { describe(view, &mut r) }.is_err() {
        rivet_vm::thread::current().take_pending();
        return false;
    }
    match order as u8 {
        b'C' => contiguous(&r, false),
        b'F' => contiguous(&r, true),
        _ => contiguous(&r, false) || contiguous(&r, true),
    }
}

raw! {
    fn PyObject_CheckBuffer(op: Ref) -> c_int {
        (!c_slot((*op).ty, BF).is_null()).into()
    }

    fn PyObject_GetBuffer(op: Ref, view: *mut PyBuffer, flags: c_int) -> c_int {
        let f = c_slot((*op).ty, BF);
        if f.is_null() {
            let t = text((*(*op).ty).name);
            let _ = type_error(format!("a bytes-like object is required, not '{t}'"));
            errors::publish();
            return -1;
        }
        std::mem::transmute::<*mut c_void, GetBuffer>(f)(op, view, flags)
    }

    fn PyBuffer_Release(view: *mut PyBuffer) {
        let op = (*view).obj;
        if op.is_null() {
            return;
        }
        let f = c_slot((*op).ty, BF | 1);
        if !f.is_null() {
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn(Ref, *mut PyBuffer)>(f)(op, view);
        }
        (*view).obj = std::ptr::null_mut();
        xdecref(op);
    }

    fn PyBuffer_IsContiguous(view: *const PyBuffer, order: c_char) -> c_int {
        is_contiguous(&*view, order).into()
    }

    fn PyBuffer_GetPointer(view: *const PyBuffer, indices: *const isize) -> *mut c_void {
        let mut p = (*view).buf.cast::<u8>();
        for i in 0..(*view).ndim as usize {
            p = p.offset(*(*view).strides.add(i) * *indices.add(i));
            if !(*view).suboffsets.is_null() && *(*view).suboffsets.add(i) >= 0 {
                p = (*p.cast::<*mut u8>()).offset(*(*view).suboffsets.add(i));
            }
        }
        p.cast()
    }

    fn PyBuffer_FillContiguousStrides(n: c_int, shape: *mut isize, strides: *mut isize, itemsize: c_int, order: c_char) {
        let mut step = itemsize as isize;
        let each = |i: usize, step: &mut isize| {
            *strides.add(i) = *step;
            *step *= *shape.add(i);
        };
        if order as u8 == b'F' {
            (0..n as usize).for_each(|i| each(i, &mut step));
        } else {
            (0..n as usize).rev().for_each(|i| each(i, &mut step));
        }
    }
}

unsafe fn contents(view: &PyBuffer) -> PyResult<Vec<u8>> {
    let mut r = BufferRequest::new(false);
    // SAFETY: a filled view.
    unsafe { describe(view, &mut r) }?;
    Ok(r.to_vec())
}

api! {
    fn PyBuffer_FillInfo(view: *mut PyBuffer, op: Ref, p: *mut c_void, n: isize, readonly: c_int, flags: c_int) -> () {
        if flags & WRITABLE != 0 && readonly != 0 {
            return Err(buffer_error("Object is not writable."));
        }
        if !op.is_null() {
            incref(op);
        }
        *view = PyBuffer {
            buf: p,
            obj: op,
            len: n,
            itemsize: 1,
            readonly,
            ndim: 1,
            format: if flags & FORMAT != 0 { c"B".as_ptr().cast_mut() } else { std::ptr::null_mut() },
            shape: if flags & ND != 0 { &raw mut (*view).len } else { std::ptr::null_mut() },
            strides: if flags & STRIDES == STRIDES { &raw mut (*view).itemsize } else { std::ptr::null_mut() },
            suboffsets: std::ptr::null_mut(),
            internal: std::ptr::null_mut(),
        };
        Ok(())
    }

    fn PyBuffer_ToContiguous(out: *mut u8, view: *const PyBuffer, n: isize, _order: c_char) -> () {
        let data = contents(&*view)?;
        if data.len() as isize != n {
            return Err(rivet_vm::exceptions::value_error("PyBuffer_ToContiguous: len != view->len"));
        }
        std::ptr::copy_nonoverlapping(data.as_ptr(), out, data.len());
        Ok(())
    }

    fn PyMemoryView_FromObject(op: Ref) -> Value {
        Ok(MemoryView::of(get(op)?)?.value())
    }

    fn PyMemoryView_FromMemory(p: *mut u8, n: isize, flags: c_int) -> Value {
        const WRITE: c_int = 0x200;
        let mut r = BufferRequest::new(false);
        r.base = Base::Address(p);
        r.len = n.max(0) as usize;
        r.readonly = flags != WRITE;
        Ok(MemoryView::from_request(&mut r)?.value())
    }

    fn PyMemoryView_FromBuffer(view: *const PyBuffer) -> Value {
        if (*view).buf.is_null() {
            return Err(rivet_vm::exceptions::value_error("PyMemoryView_FromBuffer(): info->buf must not be NULL"));
        }
        let mut r = BufferRequest::new(false);
        describe(&*view, &mut r)?;
        Ok(MemoryView::from_request(&mut r)?.value())
    }

    fn PyMemoryView_GetContiguous(op: Ref, kind: c_int, _order: c_char) -> Value {
        const WRITE: c_int = 0x200;
        let m = MemoryView::of(get(op)?)?;
        if kind == WRITE && m.is_readonly() {
            return Err(buffer_error("underlying buffer is not writable"));
        }
        let r = buffer::request(m.value(), false)?;
        if r.is_contiguous() {
            return Ok(m.value());
        }
        if kind == WRITE {
            return Err(buffer_error("writable contiguous buffer requested for a non-contiguous object."));
        }
        Ok(MemoryView::of(bytes::new(&r.to_vec())?)?.value())
    }

    fn PyObject_CopyData(to: Ref, from: Ref) -> () {
        let data = buffer::bytes_like(get(from)?)?;
        buffer::with_bytes_mut(get(to)?, "dest", |out| {
            let n = data.len().min(out.len());
            out[..n].copy_from_slice(&data[..n]);
        })
    }
}
