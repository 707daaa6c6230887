//! `pycapsule.h`: a pointer as an object. The type is one of C's kind: instances are C structs.

use std::ffi::{CStr, c_char, c_int, c_void};

use rivet_vm::exceptions::{PyResult, Raised, value_error};
use rivet_vm::object::attr::get_attr;
use rivet_vm::types::str::intern::intern_str;

use crate::layout::{PyObject, Ref};
use crate::types::{StaticType, builtin, static_type};
use crate::{api, errors, memory, raw};

#[repr(C)]
struct Capsule {
    base: PyObject,
    pointer: *mut c_void,
    name: *const c_char,
    context: *mut c_void,
    destructor: Option<unsafe extern "C" fn(Ref)>,
}

use crate::bytes::export_data;

export_data! {
    PyCapsule_Type StaticType, static_type();
}

/// Makes the type ready. Once, at start-up of the boundary.
pub fn bind() {
    let p = builtin(&PyCapsule_Type);
    // SAFETY: our own static type.
    unsafe {
        (*p).name = c"PyCapsule".as_ptr();
        (*p).basicsize = size_of::<Capsule>() as isize;
        (*p).dealloc = Some(dealloc);
        (*p).repr = repr as *mut c_void;
        (*p).flags = 0;
        if crate::types::ready::make_ready(p).is_err() {
            rivet_vm::runtime::fatal("the capsule type cannot be made");
        }
    }
}

unsafe extern "C" fn dealloc(op: Ref) {
    // SAFETY: a capsule whose count has reached 0.
    unsafe {
        if let Some(f) = (*op.cast::<Capsule>()).destructor {
            f(op);
        }
        memory::release(op.cast());
    }
}

unsafe extern "C" fn repr(op: Ref) -> Ref {
    // SAFETY: a live capsule.
    unsafe {
        let name = (*op.cast::<Capsule>()).name;
        let shown = if name.is_null() {
            "NULL".to_owned()
        } else {
            format!("\"{}\"", errors::text(name))
        };
        let v = rivet_vm::types::str::new(&format!("<capsule object {shown} at {op:p}>"));
        <rivet_vm::value::Value as crate::api::Out>::out(v)
    }
}

unsafe fn capsule(op: Ref, what: &str) -> PyResult<*mut Capsule> {
    // SAFETY: callers pass null or a live object.
    unsafe {
        if op.is_null()
            || (*op).ty != builtin(&PyCapsule_Type)
            || (*op.cast::<Capsule>()).pointer.is_null()
        {
            return Err(value_error(format!(
                "{what} called with invalid PyCapsule object"
            )));
        }
        Ok(op.cast())
    }
}

/// The pointer and the name of a capsule; None for anything else.
pub fn parts(v: rivet_vm::value::Value) -> Option<(*mut c_void, String)> {
    let op: Ref = rivet_vm::types::native::body(v).cast();
    if op.is_null() {
        return None;
    }
    // SAFETY: the body of an instance of a C type is a live object.
    let c = unsafe { &*capsule(op, "the capsule").ok()? };
    // SAFETY: the name is null or terminated and lives as long as the capsule.
    Some((c.pointer, unsafe { errors::text(c.name) }))
}

unsafe fn same_name(a: *const c_char, b: *const c_char) -> bool {
    // SAFETY: callers pass null or terminated strings.
    unsafe { a == b || !a.is_null() && !b.is_null() && CStr::from_ptr(a) == CStr::from_ptr(b) }
}

raw! {
    fn PyCapsule_IsValid(op: Ref, name: *const c_char) -> c_int {
        let ok = !op.is_null() && (*op).ty == builtin(&PyCapsule_Type);
        (ok && !(*op.cast::<Capsule>()).pointer.is_null() && same_name((*op.cast::<Capsule>()).name, name)).into()
    }

    fn PyCapsule_GetName(op: Ref) -> *const c_char {
        match capsule(op, "PyCapsule_GetName") {
            Ok(c) => (*c).name,
            Err(_) => {
                errors::publish();
                std::ptr::null()
            }
        }
    }

    fn PyCapsule_GetDestructor(op: Ref) -> Option<unsafe extern "C" fn(Ref)> {
        match capsule(op, "PyCapsule_GetDestructor") {
            Ok(c) => (*c).destructor,
            Err(_) => {
                errors::publish();
                None
            }
        }
    }
}

fn wrong_name(what: &str) -> Raised {
    value_error(format!("{what} called with incorrect name"))
}

unsafe fn import(full: &str) -> PyResult<*mut c_void> {
    let mut parts = full.split('.');
    let first = parts.next().unwrap_or_default();
    let failed = |_| {
        rivet_vm::exceptions::raise_text(
            rivet_vm::exceptions::exc().import_error,
            &format!("PyCapsule_Import could not import module \"{first}\""),
        )
    };
    let mut v = rivet_vm::import::import_module(first).map_err(failed)?;
    for p in parts {
        v = match rivet_vm::object::attr::find_attr(v, intern_str(p))? {
            Some(x) => x,
            None => get_attr(v, intern_str(p))?,
        };
    }
    let r = crate::boundary::new_ref(v);
    // SAFETY: a new reference; the module keeps the capsule.
    unsafe {
        let name = std::ffi::CString::new(full).unwrap_or_default();
        let ok = PyCapsule_IsValid(r, name.as_ptr()) != 0;
        let p = if ok {
            (*r.cast::<Capsule>()).pointer
        } else {
            std::ptr::null_mut()
        };
        crate::boundary::decref(r);
        if !ok {
            return Err(rivet_vm::exceptions::attribute_error(format!(
                "PyCapsule_Import \"{full}\" is not valid"
            )));
        }
        Ok(p)
    }
}

api! {
    fn PyCapsule_New(p: *mut c_void, name: *const c_char, destructor: Option<unsafe extern "C" fn(Ref)>) -> Ref {
        if p.is_null() {
            return Err(value_error("PyCapsule_New called with null pointer"));
        }
        let c = memory::alloc_zeroed(size_of::<Capsule>()).cast::<Capsule>();
        if c.is_null() {
            return Err(rivet_vm::exceptions::no_memory());
        }
        (*c).base = PyObject { refcnt: 1, ty: builtin(&PyCapsule_Type) };
        (*c).pointer = p;
        (*c).name = name;
        (*c).destructor = destructor;
        Ok(c.cast())
    }

    fn PyCapsule_GetPointer(op: Ref, name: *const c_char) -> *mut c_void {
        let c = capsule(op, "PyCapsule_GetPointer")?;
        if !same_name((*c).name, name) {
            return Err(wrong_name("PyCapsule_GetPointer"));
        }
        Ok((*c).pointer)
    }

    fn PyCapsule_GetContext(op: Ref) -> *mut c_void {
        Ok((*capsule(op, "PyCapsule_GetContext")?).context)
    }

    fn PyCapsule_SetPointer(op: Ref, p: *mut c_void) -> () {
        if p.is_null() {
            return Err(value_error("PyCapsule_SetPointer called with null pointer"));
        }
        (*capsule(op, "PyCapsule_SetPointer")?).pointer = p;
        Ok(())
    }

    fn PyCapsule_SetName(op: Ref, name: *const c_char) -> () {
        (*capsule(op, "PyCapsule_SetName")?).name = name;
        Ok(())
    }

    fn PyCapsule_SetContext(op: Ref, context: *mut c_void) -> () {
        (*capsule(op, "PyCapsule_SetContext")?).context = context;
        Ok(())
    }

    fn PyCapsule_SetDestructor(op: Ref, f: Option<unsafe extern "C" fn(Ref)>) -> () {
        (*capsule(op, "PyCapsule_SetDestructor")?).destructor = f;
        Ok(())
    }

    fn PyCapsule_Import(name: *const c_char, _no_block: c_int) -> *mut c_void {
        import(&errors::text(name))
    }
}
