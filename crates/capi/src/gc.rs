//! `objimpl.h`: what the collector asks of C bodies, and the functions extensions call around it.

use std::ffi::{c_int, c_void};

use rivet_vm::exceptions::PyResult;
use rivet_vm::object::TypeFlags;
use rivet_vm::types::str::intern::intern_str;

use crate::boundary::xdecref;
use crate::layout::{PyListObject, PyTypeObject, PyVarObject, Ref};
use crate::types::{self, HAVE_GC};
use crate::{memory, raw, tuple};

type Visit = unsafe extern "C" fn(Ref, *mut c_void) -> c_int;
type Traverse = unsafe extern "C" fn(Ref, Visit, *mut c_void) -> c_int;

unsafe extern "C" fn visit(child: Ref, arg: *mut c_void) -> c_int {
    if !child.is_null() {
        // SAFETY: `arg` is the closure `references` passes.
        unsafe { (*arg.cast::<&mut dyn FnMut(Ref)>())(child) }
    }
    0
}

/// Calls `f` for every object the C half of a live object refers to, as far as it says.
pub fn references(op: Ref, f: &mut dyn FnMut(Ref)) {
    // SAFETY: mirrors are complete objects; `tp_traverse` only visits.
    unsafe {
        let ty = (*op).ty;
        let flags = (*ty).flags;
        if flags & TypeFlags::TUPLE_SUBCLASS != 0 {
            let n = (*op.cast::<PyVarObject>()).size.max(0) as usize;
            each(tuple::items_at(op), n, f);
        } else if flags & TypeFlags::LIST_SUBCLASS != 0 {
            let l = op.cast::<PyListObject>();
            if !(*l).items.is_null() {
                each((*l).items, (*l).base.size.max(0) as usize, f);
            }
        } else if ty == types::builtin(&types::PyMethod_Type) {
            each(op.cast::<Ref>().add(2), 2, f);
        } else if ty == types::builtin(&types::PyCFunction_Type) {
            each(op.cast::<Ref>().add(3), 2, f);
        } else if flags & HAVE_GC != 0 && !(*ty).traverse.is_null() {
            let mut closure: &mut dyn FnMut(Ref) = f;
            let t = std::mem::transmute::<*mut c_void, Traverse>((*ty).traverse);
            t(op, visit, (&raw mut closure).cast());
        }
    }
}

unsafe fn each(items: *const Ref, n: usize, f: &mut dyn FnMut(Ref)) {
    for i in 0..n {
        // SAFETY: callers pass an array of objects or null pointers.
        let item = unsafe { *items.add(i) };
        if !item.is_null() {
            f(item);
        }
    }
}

/// Takes a dead body's references away (`tp_clear`), so that a cycle falls apart.
///
/// # Safety
/// A dead body, kept by a reference of the caller's.
pub unsafe fn clear(op: Ref) {
    // SAFETY: by contract.
    unsafe {
        let ty = (*op).ty;
        if (*ty).flags & HAVE_GC != 0 && !(*ty).clear.is_null() {
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn(Ref) -> c_int>((*ty).clear)(op);
        }
    }
}

/// Bit in the second prefix word: the finaliser has run.
const FINALIZED: usize = 1 << 62;

/// Notes that the finaliser runs; false if it has run before.
///
/// # Safety
/// A live object.
pub unsafe fn mark_finalized(op: Ref) -> bool {
    if !memory::owns(op) {
        return true;
    }
    memory::set_mark(op, FINALIZED)
}

/// Drops the objects that a heap type's object members hold, when instances are deallocated without a function of the
/// type's own.
///
/// # Safety
/// A dying object.
pub unsafe fn drop_members(op: Ref) {
    // SAFETY: by contract; member tables end with an entry without a name.
    unsafe {
        let mut m = (*(*op).ty).members;
        while !m.is_null() && !(*m).name.is_null() {
            if matches!((*m).ty, 6 | 16) && (*m).flags & 1 == 0 {
                let slot = op.cast::<u8>().offset((*m).offset).cast::<Ref>();
                let old = std::mem::replace(&mut *slot, std::ptr::null_mut());
                xdecref(old);
            }
            m = m.add(1);
        }
    }
}

raw! {
    fn PyObject_GC_Track(_op: *mut c_void) {}

    fn PyObject_GC_UnTrack(_op: *mut c_void) {}

    fn PyObject_GC_IsTracked(op: Ref) -> c_int {
        ((*(*op).ty).flags & HAVE_GC != 0).into()
    }

    fn PyObject_GC_IsFinalized(op: Ref) -> c_int {
        (memory::owns(op) && memory::has_mark(op, FINALIZED)).into()
    }

    fn PyObject_IS_GC(op: Ref) -> c_int {
        ((*(*op).ty).flags & HAVE_GC != 0).into()
    }

    fn PyObject_GC_Del(op: *mut c_void) {
        if memory::owns(op) {
            memory::release(op.cast());
        }
    }

    fn _PyObject_GC_Malloc(n: usize) -> *mut c_void {
        memory::alloc_zeroed(n).cast()
    }

    fn _PyObject_GC_Resize(op: Ref, n: isize) -> Ref {
        let ty: *mut PyTypeObject = (*op).ty;
        let size = (*ty).basicsize + n * (*ty).itemsize;
        let p = memory::realloc(op.cast(), size as usize).cast::<PyVarObject>();
        if p.is_null() {
            return crate::errors::PyErr_NoMemory();
        }
        (*p).size = n;
        p.cast()
    }

    fn PyGC_Collect() -> isize {
        rivet_vm::value::collect_now(true);
        crate::boundary::links::drain();
        0
    }

    fn PyGC_Enable() -> c_int {
        switch("enable")
    }

    fn PyGC_Disable() -> c_int {
        switch("disable")
    }

    fn PyGC_IsEnabled() -> c_int {
        switch("isenabled")
    }
}

/// Calls `gc.enable`, `gc.disable` or nothing; whether automatic collection was on before. There is one switch, that of
/// the module `gc`.
fn switch(name: &str) -> c_int {
    let call = || -> PyResult<bool> {
        let gc = rivet_vm::import::import_module("gc")?;
        let method = |n: &str| rivet_vm::object::call::call_method(gc, intern_str(n), &[]);
        let before = rivet_vm::object::protocol::is_true(method("isenabled")?)?;
        method(name)?;
        Ok(before)
    };
    crate::errors::preserved(|| call().is_ok_and(|on| on).into())
}
