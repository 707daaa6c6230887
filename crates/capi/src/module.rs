//! `moduleobject.h`: modules made by extensions, single- and multi-phase.

use std::ffi::{c_char, c_int, c_void};

use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::types::method::Builtin;
use rivet_vm::types::module::Module;
use rivet_vm::types::str;
use rivet_vm::value::{Gc, Value};

use crate::boundary::{borrowed, decref, new_ref, steal};
use crate::call;
use crate::errors::{give, status, text};
use crate::layout::{PyModuleDef, PyObject, Ref};

/// Slots of a multi-phase definition.
const PY_MOD_CREATE: c_int = 1;
const PY_MOD_EXEC: c_int = 2;

/// Marks definitions that were returned by an init function (their object head is filled with this type).
pub static DEF_TYPE: crate::types::StaticType = crate::types::static_type();

/// Makes a module object from a definition (name, doc, methods, state).
///
/// # Safety
/// `def` is a definition that lives for good.
pub unsafe fn build(def: *mut PyModuleDef, name: &str) -> PyResult<Gc<Module>> {
    let m = Module::new(name)?;
    // SAFETY: by contract; the method table ends with an entry without a name.
    unsafe {
        if !(*def).doc.is_null() {
            m.add("__doc__", str::new(&text((*def).doc))?)?;
        }
        let mut at = (*def).methods;
        let module_name = str::new(name)?;
        while !at.is_null() && !(*at).name.is_null() {
            let method = call::method(at)?;
            m.add(
                method.name,
                Builtin::new(method, m.value(), Some(module_name))?.value(),
            )?;
            at = at.add(1);
        }
        if (*def).size > 0 {
            let state = crate::memory::alloc_zeroed((*def).size as usize);
            remember(m.value(), def as usize, state as usize);
        } else {
            remember(m.value(), def as usize, 0);
        }
    }
    Ok(m)
}

thread_local! {
    /// Module identity to definition and state.
    static STATES: std::cell::RefCell<std::collections::HashMap<u64, (usize, usize)>> = Default::default();
}

fn remember(m: Value, def: usize, state: usize) {
    let id = rivet_vm::object::protocol::identity(m);
    STATES.with(|s| s.borrow_mut().insert(id, (def, state)));
}

fn known(m: Ref) -> Option<(usize, usize)> {
    // SAFETY: callers pass live objects.
    let v = unsafe { borrowed(m) }.ok()?;
    let id = rivet_vm::object::protocol::identity(v);
    STATES.with(|s| s.borrow().get(&id).copied())
}

/// `PyModule_Create2`
///
/// # Safety
/// `def` is a definition that lives for good.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_Create2(def: *mut PyModuleDef, _api: c_int) -> Ref {
    // SAFETY: by contract.
    unsafe {
        let name = text((*def).name);
        // A module in a package is created under its full name, which the loader knows.
        let full = crate::loader::name_being_loaded()
            .filter(|n| n.ends_with(&name))
            .unwrap_or(name);
        give(build(def, &full).map(Gc::value))
    }
}

/// `PyModuleDef_Init`: multi-phase initialisation.
///
/// # Safety
/// `def` is a definition that lives for good.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModuleDef_Init(def: *mut PyModuleDef) -> Ref {
    // SAFETY: by contract.
    unsafe {
        (*def).base.ty = crate::types::builtin(&DEF_TYPE);
        (*def).base.refcnt = (*def).base.refcnt.max(1 << 40);
    }
    def.cast::<PyObject>()
}

/// Makes the module of a multi-phase definition.
///
/// # Safety
/// `def` was returned by `PyModuleDef_Init`.
pub unsafe fn create_from_def(def: *mut PyModuleDef, spec: Value, name: &str) -> PyResult<Value> {
    // SAFETY: by contract; the slot table ends with slot 0.
    unsafe {
        let mut s = (*def).slots;
        while !s.is_null() && (*s).slot != 0 {
            match (*s).slot {
                PY_MOD_CREATE => {
                    let f: unsafe extern "C" fn(Ref, *mut PyModuleDef) -> Ref =
                        std::mem::transmute((*s).value);
                    let sp = new_ref(spec);
                    let r = f(sp, def);
                    decref(sp);
                    return call::result(r, name);
                }
                PY_MOD_EXEC => {}
                n => {
                    return Err(system_error(format!(
                        "module {name} uses unknown slot ID {n}"
                    )));
                }
            }
            s = s.add(1);
        }
        build(def, name).map(Gc::value)
    }
}

/// Runs the exec slots of a module (`_imp.exec_dynamic`).
pub fn exec(m: Value) -> PyResult<()> {
    let r = new_ref(m);
    let found = known(r);
    // SAFETY: the definition lives for good; `r` is ours.
    unsafe {
        let result = match found {
            Some((def, _)) => run_exec(def as *mut PyModuleDef, r),
            None => Ok(()),
        };
        if result.is_ok() {
            crate::typed::module_executed(m);
        }
        decref(r);
        result
    }
}

unsafe fn run_exec(def: *mut PyModuleDef, m: Ref) -> PyResult<()> {
    // SAFETY: by the caller's contract; the slot table ends with slot 0.
    unsafe {
        let mut s = (*def).slots;
        while !s.is_null() && (*s).slot != 0 {
            if (*s).slot == PY_MOD_EXEC {
                let f: unsafe extern "C" fn(Ref) -> c_int = std::mem::transmute((*s).value);
                if f(m) != 0 {
                    return Err(call::pending_or_system_error("exec"));
                }
            }
            s = s.add(1);
        }
        Ok(())
    }
}

/// `PyModule_GetState`
#[unsafe(no_mangle)]
pub extern "C" fn PyModule_GetState(m: Ref) -> *mut c_void {
    known(m).map_or(std::ptr::null_mut(), |k| k.1 as *mut c_void)
}

/// `PyModule_GetDef`
#[unsafe(no_mangle)]
pub extern "C" fn PyModule_GetDef(m: Ref) -> *mut PyModuleDef {
    known(m).map_or(std::ptr::null_mut(), |k| k.0 as *mut PyModuleDef)
}

unsafe fn add(m: Ref, name: *const c_char, v: Ref) -> PyResult<()> {
    // SAFETY: callers pass live objects and a terminated string.
    unsafe {
        let module = borrowed(m)?
            .cast::<Module>()
            .ok_or_else(|| system_error("PyModule_AddObject() needs module as first arg"))?;
        if v.is_null() {
            return Err(call::pending_or_system_error("PyModule_AddObject"));
        }
        module.add(&text(name), borrowed(v)?)
    }
}

/// Adds an object; the reference stays the caller's.
///
/// # Safety
/// Live objects, a terminated name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddObjectRef(m: Ref, name: *const c_char, v: Ref) -> c_int {
    // SAFETY: by contract.
    unsafe { status(add(m, name, v)) }
}

/// Adds an object, taking the reference over on success.
///
/// # Safety
/// Live objects, a terminated name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddObject(m: Ref, name: *const c_char, v: Ref) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let r = status(add(m, name, v));
        if r == 0 {
            decref(v);
        }
        r
    }
}

/// Adds an int.
///
/// # Safety
/// A live module, a terminated name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddIntConstant(m: Ref, name: *const c_char, n: i64) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let v = crate::boundary::to_c::int_object(n);
        PyModule_AddObject(m, name, v)
    }
}

/// Adds a str.
///
/// # Safety
/// A live module, terminated strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddStringConstant(
    m: Ref,
    name: *const c_char,
    s: *const c_char,
) -> c_int {
    // SAFETY: by contract.
    unsafe { PyModule_AddObject(m, name, give(str::new(&text(s)))) }
}

/// Adds a type under its name.
///
/// # Safety
/// A live module, a type object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddType(m: Ref, ty: *mut crate::layout::PyTypeObject) -> c_int {
    // SAFETY: by contract.
    unsafe {
        if crate::types::PyType_Ready(ty) < 0 {
            return -1;
        }
        let name = text((*ty).name);
        let short =
            std::ffi::CString::new(name.rsplit('.').next().unwrap_or_default()).unwrap_or_default();
        PyModule_AddObjectRef(m, short.as_ptr(), ty.cast())
    }
}

/// The namespace, borrowed.
///
/// # Safety
/// A live module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_GetDict(m: Ref) -> Ref {
    // SAFETY: by contract. The mirror stays linked as long as the namespace lives.
    unsafe {
        match borrowed(m).ok().and_then(|v| v.cast::<Module>()) {
            Some(module) => {
                let r = new_ref(module.dict().value());
                if !r.is_null() {
                    (*r).refcnt -= 1;
                }
                r
            }
            None => std::ptr::null_mut(),
        }
    }
}

/// Takes over a module that an init function returned.
///
/// # Safety
/// `r` is a new reference.
pub unsafe fn adopt(r: Ref) -> PyResult<Value> {
    // SAFETY: by contract.
    unsafe { steal(r) }
}
