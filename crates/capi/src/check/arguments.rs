//! What the functions of the API are given: objects must be objects, alive and with a sensible count; types must be
//! types; the lock must be held.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ffi::c_void;

use rivet_vm::object::TypeFlags;

use super::{api, blocks, fail};
use crate::layout::{PyObject, PyTypeObject, Ref};
use crate::{memory, types};

/// Functions that are given what is no complete object yet or any more.
const ANY_OBJECT: &[&str] = &[
    "PyObject_Init",
    "PyObject_InitVar",
    "_PyObject_IsFreed",
    "_Py_NewReference",
    "_Py_Dealloc",
    "PyObject_CallFinalizer",
    "PyObject_CallFinalizerFromDealloc",
    "PyObject_ClearWeakRefs",
    "_PyTrash_begin",
    "_PyTrash_cond",
    "_PyTrash_end",
    "PyType_Ready",
    "PyModule_AddType",
    "PyModuleDef_Init",
    "_PyObject_GC_Resize",
    "PyUnicode_InternInPlace",
];

/// Functions that may raise and yet need no lock, or take it themselves.
const WITHOUT_LOCK: &[&str] = &[
    "PyEval_",
    "PyGILState_",
    "PyMem_Raw",
    "PyThread_",
    "_PyTime_",
    "Py_AddPendingCall",
    "PyOS_",
    "_PyUnicode_",
];

/// An argument of an API function. Objects and types are looked at, everything else is `Other`.
pub struct Probe<'a, T>(pub &'a T);

/// How arguments that are objects are looked at.
pub trait Look {
    /// Ends the process if the argument is no such thing.
    fn look(&self, function: &'static str, argument: &'static str);
}

/// Arguments there is nothing to say about.
pub trait Other {
    /// Nothing.
    fn look(&self, _function: &'static str, _argument: &'static str) {}
}

impl<T> Other for &Probe<'_, T> {}

impl Look for Probe<'_, Ref> {
    fn look(&self, function: &'static str, argument: &'static str) {
        let op = *self.0;
        if op.is_null() || ANY_OBJECT.contains(&function) {
            return;
        }
        needs_gil(function);
        if let Err(what) = object(op) {
            fail(&format!("{function} was given {what} as `{argument}`"));
        }
    }
}

impl Look for Probe<'_, *mut PyTypeObject> {
    fn look(&self, function: &'static str, argument: &'static str) {
        let ty = *self.0;
        if ty.is_null() || ANY_OBJECT.contains(&function) || is_unready(ty) {
            return;
        }
        if let Err(what) = object(ty.cast()) {
            fail(&format!("{function} was given {what} as `{argument}`"));
        }
        if !types::is_type(ty.cast()) {
            let name = type_name(ty.cast());
            fail(&format!(
                "{function} was given an object of type '{name}' as `{argument}`, which must be a type"
            ));
        }
    }
}

/// A static type that has not been made ready may lack its own type.
fn is_unready(ty: *mut PyTypeObject) -> bool {
    let static_struct = (ty as usize).is_multiple_of(8)
        && !memory::owns(ty)
        && readable(ty as usize, size_of::<PyTypeObject>());
    // SAFETY: the struct can be read.
    static_struct && unsafe { (*ty).base.base.ty.is_null() && (*ty).flags & TypeFlags::READY == 0 }
}

/// The GIL must be held for this function.
pub fn needs_gil(function: &'static str) {
    if !rivet_vm::gil::held() && !WITHOUT_LOCK.iter().any(|w| function.starts_with(w)) {
        fail(&format!("{function} was called without the GIL"));
    }
}

/// The name of an object's type.
pub fn type_name(op: Ref) -> String {
    // SAFETY: callers pass live objects.
    unsafe { crate::errors::text((*(*op).ty).name) }
}

/// Whether it is a live object; if not, what it is instead.
pub fn object(op: Ref) -> Result<(), String> {
    let p = op as usize;
    if !p.is_multiple_of(align_of::<PyObject>()) {
        return Err(format!("{p:#x}, which is no object's address,"));
    }
    if memory::owns(op) {
        match blocks::at(p) {
            None => return Err(format!("{p:#x}, where no object begins,")),
            Some((_, true)) => {
                return Err(format!("a freed object ({})", blocks::history(p)));
            }
            Some((_, false)) => {}
        }
    } else if !readable(p, size_of::<PyObject>()) {
        return Err(format!("{p:#x}, which is no object's address,"));
    }
    // SAFETY: the two words of the head can be read.
    let (count, ty) = unsafe { ((*op).refcnt, (*op).ty) };
    if ty.is_null() || !is_plausible_type(ty) {
        return Err(format!("{p:#x}, which has no type (not initialised?),"));
    }
    if count < 0 || count == 0 && !super::calls::deallocating() {
        return Err(format!(
            "an object of type '{}' with the reference count {count}",
            type_name(op)
        ));
    }
    Ok(())
}

fn is_plausible_type(ty: *mut PyTypeObject) -> bool {
    let p = ty as usize;
    if !p.is_multiple_of(8) || memory::owns(ty) && blocks::at(p).is_none_or(|b| b.1) {
        return false;
    }
    if !readable(p, size_of::<PyTypeObject>()) {
        return false;
    }
    // SAFETY: the struct can be read.
    let name = unsafe { (*ty).name };
    readable(name as usize, 1)
}

thread_local! {
    /// Pages that could be read. Static objects lie in libraries, which are not unloaded.
    static READABLE: RefCell<HashSet<usize>> = RefCell::new(HashSet::new());
}

/// Whether memory can be read, without touching it.
fn readable(p: usize, n: usize) -> bool {
    const PAGE: usize = 4096;
    let pages = p / PAGE..=p.saturating_add(n - 1) / PAGE;
    if READABLE.with(|r| pages.clone().all(|page| r.borrow().contains(&page))) {
        return true;
    }
    let can = can_read(p, n);
    if can {
        READABLE.with(|r| r.borrow_mut().extend(pages));
    }
    can
}

fn can_read(p: usize, n: usize) -> bool {
    let mut bytes = [0u8; size_of::<PyTypeObject>()];
    let local = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast::<c_void>(),
        iov_len: n.min(bytes.len()),
    };
    let remote = libc::iovec {
        iov_base: p as *mut c_void,
        iov_len: local.iov_len,
    };
    // SAFETY: the kernel copies from an address of this process if it can be read, into a buffer of that size.
    let got = unsafe { libc::process_vm_readv(libc::getpid(), &local, 1, &remote, 1, 0) };
    // Where the call is forbidden nothing can be said.
    got == local.iov_len as isize
        || got < 0 && std::io::Error::last_os_error().raw_os_error() != Some(libc::EFAULT)
}

/// What the API says of an argument of a wrong kind, with the functions' names.
pub fn bad_argument() -> String {
    format!(
        "bad argument to internal function ({} in {})",
        api(),
        super::running()
    )
}
