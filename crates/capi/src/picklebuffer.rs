//! `picklebufobject.h`: a buffer that pickling may pass out of band. The type is one of C's kind.

use std::ffi::{c_int, c_void};

use rivet_vm::exceptions::{PyResult, buffer_error, type_error, value_error};

use crate::boundary::{incref, xdecref};
use crate::buffer::{
    PyBuffer_IsContiguous, PyBuffer_Release, PyMemoryView_FromObject, PyObject_GetBuffer,
};
use crate::bytes::export_data;
use crate::errors;
use crate::layout::{METH_NOARGS, PyBuffer, PyMethodDef, PyObject, PyTypeObject, Ref};
use crate::types::{StaticType, builtin, static_type};
use crate::{api, memory, raw};

const FULL_RO: c_int = 0x11c;

#[repr(C)]
struct PickleBuffer {
    base: PyObject,
    view: PyBuffer,
    weakreflist: Ref,
}

export_data! {
    PyPickleBuffer_Type StaticType, static_type();
}

struct Table<T>(std::cell::UnsafeCell<T>);

// SAFETY: never written after start-up.
unsafe impl<T> Sync for Table<T> {}

const fn method(
    name: &'static std::ffi::CStr,
    f: unsafe extern "C" fn(Ref, Ref) -> Ref,
    doc: &'static std::ffi::CStr,
) -> PyMethodDef {
    PyMethodDef {
        name: name.as_ptr(),
        meth: f as *mut c_void,
        flags: METH_NOARGS,
        doc: doc.as_ptr(),
    }
}

static METHODS: Table<[PyMethodDef; 3]> = Table(std::cell::UnsafeCell::new([
    method(c"raw", rivet_picklebuffer_raw, c"raw($self, /)\n--\n\nReturn a memoryview of the raw memory underlying this buffer.\n\nWill raise BufferError is the buffer isn't contiguous."),
    method(c"release", rivet_picklebuffer_release, c"release($self, /)\n--\n\nRelease the underlying buffer exposed by the PickleBuffer object."),
    PyMethodDef { name: std::ptr::null(), meth: std::ptr::null_mut(), flags: 0, doc: std::ptr::null() },
]));

static BUFFER: Table<[*mut c_void; 2]> = Table(std::cell::UnsafeCell::new([
    get as *mut c_void,
    release as *mut c_void,
]));

/// Makes the type ready. Once, at start-up of the boundary.
pub fn bind() {
    let p = builtin(&PyPickleBuffer_Type);
    // SAFETY: our own static type.
    unsafe {
        (*p).name = c"pickle.PickleBuffer".as_ptr();
        (*p).basicsize = size_of::<PickleBuffer>() as isize;
        (*p).doc = c"Wrapper for potentially out-of-band buffers".as_ptr();
        (*p).new = Some(new);
        (*p).dealloc = Some(dealloc);
        (*p).methods = METHODS.0.get().cast();
        (*p).as_buffer = BUFFER.0.get().cast();
        (*p).weaklistoffset = 96;
        if crate::types::ready::make_ready(p).is_err() {
            rivet_vm::runtime::fatal("the pickle buffer type cannot be made");
        }
    }
}

unsafe extern "C" fn new(ty: *mut PyTypeObject, args: Ref, kw: Ref) -> Ref {
    // SAFETY: C passes a type, a tuple and a dict or null.
    unsafe {
        if crate::arguments::_PyArg_NoKeywords(c"PickleBuffer".as_ptr(), kw) == 0 {
            return std::ptr::null_mut();
        }
        match crate::tuple::items(args) {
            Ok((items, 1)) => make(ty, *items),
            Ok((_, n)) => <Ref as crate::api::Out>::out(Err(type_error(format!(
                "PickleBuffer() takes exactly one argument ({n} given)"
            )))),
            Err(raised) => <Ref as crate::api::Out>::out(Err(raised)),
        }
    }
}

unsafe fn make(ty: *mut PyTypeObject, base: Ref) -> Ref {
    // SAFETY: callers pass a type and a live object.
    unsafe {
        let p = memory::alloc_zeroed(size_of::<PickleBuffer>()).cast::<PickleBuffer>();
        if p.is_null() {
            return errors::PyErr_NoMemory();
        }
        (*p).base = PyObject { refcnt: 1, ty };
        if PyObject_GetBuffer(base, &mut (*p).view, FULL_RO) < 0 {
            memory::release(p.cast());
            return std::ptr::null_mut();
        }
        p.cast()
    }
}

unsafe extern "C" fn dealloc(op: Ref) {
    // SAFETY: a pickle buffer whose count has reached 0.
    unsafe {
        PyBuffer_Release(&mut (*op.cast::<PickleBuffer>()).view);
        memory::release(op.cast());
    }
}

fn released() -> rivet_vm::exceptions::Raised {
    value_error("operation forbidden on released PickleBuffer object")
}

unsafe fn view(op: Ref) -> PyResult<*mut PyBuffer> {
    // SAFETY: callers pass a live object.
    unsafe {
        if (*op).ty != builtin(&PyPickleBuffer_Type) {
            return Err(type_error(format!(
                "expected PickleBuffer, {} found",
                errors::text((*(*op).ty).name)
            )));
        }
        let p = op.cast::<PickleBuffer>();
        if (*p).view.obj.is_null() {
            Err(released())
        } else {
            Ok(&raw mut (*p).view)
        }
    }
}

unsafe extern "C" fn get(op: Ref, out: *mut PyBuffer, flags: c_int) -> c_int {
    // SAFETY: C passes a live pickle buffer and a view to fill.
    unsafe {
        match view(op) {
            Ok(v) => PyObject_GetBuffer((*v).obj, out, flags),
            Err(raised) => <() as crate::api::Out>::out(Err(raised)),
        }
    }
}

unsafe extern "C" fn release(_op: Ref, _view: *mut PyBuffer) {}

raw! {
    fn PyPickleBuffer_FromObject(op: Ref) -> Ref {
        make(builtin(&PyPickleBuffer_Type), op)
    }

    fn PyPickleBuffer_GetBuffer(op: Ref) -> *const PyBuffer {
        match view(op) {
            Ok(v) => v,
            Err(_) => {
                errors::publish();
                std::ptr::null()
            }
        }
    }

    fn PyPickleBuffer_Release(op: Ref) -> c_int {
        PyBuffer_Release(&mut (*op.cast::<PickleBuffer>()).view);
        0
    }

    fn rivet_picklebuffer_release(op: Ref, _unused: Ref) -> Ref {
        PyPickleBuffer_Release(op);
        let none = crate::types::none();
        incref(none);
        none
    }
}

api! {
    // The memory as bytes in one dimension.
    fn rivet_picklebuffer_raw(op: Ref, _unused: Ref) -> Ref {
        let v = view(op)?;
        if PyBuffer_IsContiguous(v, b'A' as std::ffi::c_char) == 0 {
            return Err(buffer_error("cannot extract raw buffer from non-contiguous buffer"));
        }
        let m = PyMemoryView_FromObject(op);
        if m.is_null() {
            return Err(errors::collect_pending().unwrap_or_else(crate::api::bad_call));
        }
        let value = crate::boundary::borrowed(m)?;
        let cast = rivet_vm::object::attr::get_attr(value, rivet_vm::types::str::intern::intern_str("cast"))?;
        let r = rivet_vm::object::call::call(cast, &[rivet_vm::types::str::new("B")?]);
        xdecref(m);
        Ok(crate::boundary::new_ref(r?))
    }
}
