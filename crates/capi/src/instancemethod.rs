//! `PyInstanceMethod`: makes a callable behave as a function does in a class, so that it is bound to the instance it is
//! found in. pybind11 puts its functions into classes so. The type is one of C's kind.

use std::ffi::{c_int, c_void};

use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::object::attr::{attr_name, get_attr};
use rivet_vm::object::call::is_callable;
use rivet_vm::object::lookup::type_lookup;
use rivet_vm::types::method::BoundMethod;
use rivet_vm::types::str;
use rivet_vm::value::Value;

use crate::api;
use crate::api::{Out, get, optional};
use crate::boundary::{borrowed, incref, xdecref};
use crate::bytes::export_data;
use crate::gc::{PyObject_GC_Del, PyObject_GC_Track, PyObject_GC_UnTrack};
use crate::layout::{PyMemberDef, PyObject, PyTypeObject, Ref};
use crate::objects::{_PyObject_GC_New, PyObject_RichCompare};
use crate::types::{HAVE_GC, StaticType, builtin, static_type};

#[repr(C)]
struct InstanceMethod {
    base: PyObject,
    func: Ref,
}

export_data! {
    PyInstanceMethod_Type StaticType, static_type();
}

struct Members([PyMemberDef; 2]);

// SAFETY: never written.
unsafe impl Sync for Members {}

const NO_MEMBER: PyMemberDef = PyMemberDef {
    name: std::ptr::null(),
    ty: 0,
    offset: 0,
    flags: 0,
    doc: std::ptr::null(),
};

static MEMBERS: Members = {
    const OBJECT: c_int = 6;
    const READ_ONLY: c_int = 1;
    let func = PyMemberDef {
        name: c"__func__".as_ptr(),
        ty: OBJECT,
        offset: 16,
        flags: READ_ONLY,
        doc: c"the function (or other callable) implementing a method".as_ptr(),
    };
    Members([func, NO_MEMBER])
};

/// Makes the type ready. Once, at start-up of the boundary.
pub fn bind() {
    let p: *mut PyTypeObject = builtin(&PyInstanceMethod_Type);
    // SAFETY: our own static type.
    unsafe {
        (*p).name = c"instancemethod".as_ptr();
        (*p).doc = c"instancemethod(function)\n\nBind a function to a class.".as_ptr();
        (*p).basicsize = size_of::<InstanceMethod>() as isize;
        (*p).flags = HAVE_GC;
        (*p).dealloc = Some(dealloc);
        (*p).traverse = traverse as *mut c_void;
        (*p).repr = repr as *mut c_void;
        (*p).call = call as *mut c_void;
        (*p).getattro = getattro as *mut c_void;
        (*p).richcompare = compare as *mut c_void;
        (*p).descr_get = descr_get as *mut c_void;
        (*p).members = MEMBERS.0.as_ptr().cast_mut();
        (*p).new = Some(new);
        if crate::types::ready::make_ready(p).is_err() {
            rivet_vm::runtime::fatal("the type of instance methods cannot be made");
        }
    }
}

/// The callable of an instance method.
unsafe fn func(op: Ref) -> Ref {
    // SAFETY: callers pass a live instance of the type.
    unsafe { (*op.cast::<InstanceMethod>()).func }
}

unsafe extern "C" fn dealloc(op: Ref) {
    // SAFETY: an instance whose count has reached 0.
    unsafe {
        PyObject_GC_UnTrack(op.cast());
        xdecref(func(op));
        PyObject_GC_Del(op.cast());
    }
}

type Visit = unsafe extern "C" fn(Ref, *mut c_void) -> c_int;

unsafe extern "C" fn traverse(op: Ref, visit: Visit, with: *mut c_void) -> c_int {
    // SAFETY: a live instance, maybe not filled yet.
    unsafe {
        match func(op) {
            f if f.is_null() => 0,
            f => visit(f, with),
        }
    }
}

unsafe extern "C" fn repr(op: Ref) -> Ref {
    // SAFETY: a live instance.
    let text = || unsafe {
        let f = get(func(op))?;
        let name = rivet_vm::object::attr::find_attr(f, rivet_vm::name!("__name__"))?;
        let name = name
            .and_then(|n| n.cast::<str::Str>())
            .map_or_else(|| "?".to_owned(), |n| n.to_string_lossy().into_owned());
        str::new(&format!("<instancemethod {name} at {:p}>", func(op)))
    };
    Out::out(text())
}

unsafe extern "C" fn call(op: Ref, args: Ref, kw: Ref) -> Ref {
    // SAFETY: a live instance; the arguments are the caller's.
    unsafe { crate::calls::PyObject_Call(func(op), args, kw) }
}

/// The type's own attributes, then the callable's.
unsafe extern "C" fn getattro(op: Ref, name: Ref) -> Ref {
    let read = || -> PyResult<Value> {
        // SAFETY: a live instance and a live name.
        let (me, f, name) = unsafe { (borrowed(op)?, get(func(op))?, attr_name(get(name)?)?) };
        match type_lookup(me.type_of(), name).filter(|_| !name.eq_str("__doc__")) {
            Some(found) => match found.type_of().slots().descr_get {
                Some(g) => g(found, Some(me), me.type_of().value()),
                None => Ok(found),
            },
            None => get_attr(f, name),
        }
    };
    Out::out(read())
}

unsafe extern "C" fn compare(a: Ref, b: Ref, op: c_int) -> Ref {
    const EQ: c_int = 2;
    const NE: c_int = 3;
    // SAFETY: live objects; both are of the type where their callables are compared.
    unsafe {
        let ty = builtin(&PyInstanceMethod_Type);
        if (op != EQ && op != NE) || (*a).ty != ty || (*b).ty != ty {
            return Out::out(Ok(Value::NOT_IMPLEMENTED));
        }
        PyObject_RichCompare(func(a), func(b), op)
    }
}

/// Found in an instance: bound to it. Found in a class: the callable itself.
unsafe extern "C" fn descr_get(op: Ref, receiver: Ref, _class: Ref) -> Ref {
    // SAFETY: a live instance; the receiver is live or null.
    unsafe {
        if receiver.is_null() {
            incref(func(op));
            return func(op);
        }
        let bound = || Ok(BoundMethod::new(get(func(op))?, get(receiver)?)?.value());
        Out::out(bound())
    }
}

unsafe extern "C" fn new(_ty: *mut PyTypeObject, args: Ref, _kw: Ref) -> Ref {
    let make = || -> PyResult<Ref> {
        // SAFETY: the arguments of a constructor: a tuple.
        let args = unsafe { optional(args)? };
        let items = args.and_then(|a| a.cast::<rivet_vm::types::tuple::Tuple>());
        let items = items.as_ref().map_or(&[][..], |t| t.items());
        let [f] = items else {
            return Err(type_error(format!(
                "instancemethod expected 1 argument, got {}",
                items.len()
            )));
        };
        if !is_callable(*f) {
            return Err(type_error("first argument must be callable"));
        }
        // SAFETY: a new reference, which `PyInstanceMethod_New` does not take over.
        unsafe {
            let f = crate::boundary::new_ref(*f);
            let m = PyInstanceMethod_New(f);
            xdecref(f);
            Ok(m)
        }
    };
    Out::out(make())
}

api! {
    fn PyInstanceMethod_New(f: Ref) -> Ref {
        let m = _PyObject_GC_New(builtin(&PyInstanceMethod_Type));
        if m.is_null() {
            return Err(rivet_vm::exceptions::no_memory());
        }
        incref(f);
        (*m.cast::<InstanceMethod>()).func = f;
        PyObject_GC_Track(m.cast());
        Ok(m)
    }

    fn PyInstanceMethod_Function(op: Ref) -> Ref {
        if op.is_null() || (*op).ty != builtin(&PyInstanceMethod_Type) {
            return Err(rivet_vm::exceptions::system_error("bad argument to internal function"));
        }
        Ok(func(op))
    }
}
