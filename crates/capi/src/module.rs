//! `moduleobject.h`: modules made by extensions, single- and multi-phase. Definition and state are in the C half, which
//! lives as long as the module.

use std::ffi::{c_char, c_int, c_void};

use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::types::method::Builtin;
use rivet_vm::types::module::Module;
use rivet_vm::types::str;
use rivet_vm::value::{Gc, Value};

use crate::api::{expect, get};
use crate::boundary::{borrow_out, borrowed, decref, incref, new_ref, steal};
use crate::call;
use crate::errors::text;
use crate::layout::{PyMethodDef, PyModuleDef, PyModuleObject, PyObject, PyTypeObject, Ref};
use crate::{api, errors, memory, raw, types};

/// Slots of a multi-phase definition.
const PY_MOD_CREATE: c_int = 1;
const PY_MOD_EXEC: c_int = 2;

macro_rules! export_def_type {
    ($name:ident;) => {
        /// Marks definitions that were returned by an init function (their object head is filled with this type).
        #[unsafe(no_mangle)]
        pub static $name: types::StaticType = types::static_type();
    };
}

export_def_type! {
    PyModuleDef_Type;
}

/// The C half of a module, kept as long as the module lives.
fn half(m: Gc<Module>) -> *mut PyModuleObject {
    let r = new_ref(m.value());
    // SAFETY: the link keeps the mirror.
    unsafe { decref(r) };
    r.cast()
}

/// Gives a module its definition: functions, docstring, state.
unsafe fn set_up(m: Gc<Module>, def: *mut PyModuleDef, name: &str, early: bool) -> PyResult<()> {
    // SAFETY: callers pass a definition that lives for good; its method table ends with an entry without a name.
    unsafe {
        add_functions(m, (*def).methods, name)?;
        if !(*def).doc.is_null() {
            m.add("__doc__", str::new(&text((*def).doc))?)?;
        }
        let h = half(m);
        (*h).def = def;
        if early {
            alloc_state(h)?;
        }
        Ok(())
    }
}

unsafe fn alloc_state(h: *mut PyModuleObject) -> PyResult<()> {
    // SAFETY: callers pass the C half of a module with a definition.
    unsafe {
        if (*(*h).def).size > 0 && (*h).state.is_null() {
            (*h).state = memory::alloc_zeroed((*(*h).def).size as usize).cast();
            if (*h).state.is_null() {
                return Err(rivet_vm::exceptions::no_memory());
            }
        }
        Ok(())
    }
}

unsafe fn add_functions(m: Gc<Module>, table: *mut PyMethodDef, name: &str) -> PyResult<()> {
    let module_name = str::new(name)?;
    let mut at = table;
    // SAFETY: callers pass null or a table that ends with an entry without a name.
    unsafe {
        while !at.is_null() && !(*at).name.is_null() {
            let method = call::method(at)?;
            m.add(
                method.name,
                Builtin::new(method, m.value(), Some(module_name))?.value(),
            )?;
            at = at.add(1);
        }
    }
    Ok(())
}

/// Frees the state of a dying module, after its definition's own function.
///
/// # Safety
/// The C half of a dead module.
pub unsafe fn drop_state(op: Ref) {
    let h = op.cast::<PyModuleObject>();
    // SAFETY: by contract.
    unsafe {
        let def = (*h).def;
        if !def.is_null() && !(*def).free.is_null() && ((*def).size <= 0 || !(*h).state.is_null()) {
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void)>((*def).free)(
                op.cast(),
            );
        }
        if !(*h).state.is_null() {
            memory::release((*h).state.cast());
        }
    }
}

/// Makes the module of a multi-phase definition.
///
/// # Safety
/// `def` was returned by `PyModuleDef_Init`.
pub unsafe fn create_from_def(def: *mut PyModuleDef, spec: Value, name: &str) -> PyResult<Value> {
    // SAFETY: by contract; the slot table ends with slot 0.
    unsafe {
        if (*def).size < 0 {
            return Err(system_error(format!(
                "module {name}: m_size may not be negative for multi-phase initialization"
            )));
        }
        let mut create: *mut c_void = std::ptr::null_mut();
        let mut has_exec = false;
        let mut s = (*def).slots;
        while !s.is_null() && (*s).slot != 0 {
            match (*s).slot {
                PY_MOD_CREATE if !create.is_null() => {
                    return Err(system_error(format!(
                        "module {name} has multiple create slots"
                    )));
                }
                PY_MOD_CREATE => create = (*s).value,
                PY_MOD_EXEC => has_exec = true,
                n => {
                    return Err(system_error(format!(
                        "module {name} uses unknown slot ID {n}"
                    )));
                }
            }
            s = s.add(1);
        }
        let v = if create.is_null() {
            Module::new(name)?.value()
        } else {
            let f: unsafe extern "C" fn(Ref, *mut PyModuleDef) -> Ref = std::mem::transmute(create);
            let sp = new_ref(spec);
            let _scope =
                crate::check::Scope::enter(create, || format!("creation of module {name}"));
            let r = f(sp, def);
            decref(sp);
            if r.is_null() {
                return Err(match errors::collect_pending() {
                    Some(raised) => raised,
                    None => system_error(format!(
                        "creation of module {name} failed without setting an exception"
                    )),
                });
            }
            if errors::occurred() {
                decref(r);
                let _ = errors::collect_pending();
                rivet_vm::thread::current().take_pending();
                return Err(system_error(format!(
                    "creation of module {name} raised unreported exception"
                )));
            }
            steal(r)?
        };
        match v.cast::<Module>() {
            Some(m) => set_up(m, def, name, false)?,
            None if (*def).size > 0
                || !(*def).traverse.is_null()
                || !(*def).clear.is_null()
                || !(*def).free.is_null() =>
            {
                return Err(system_error(format!(
                    "module {name} is not a module object, but requests module state"
                )));
            }
            None if has_exec => {
                return Err(system_error(format!(
                    "module {name} specifies execution slots, but did not create a ModuleType instance"
                )));
            }
            None => {}
        }
        Ok(v)
    }
}

/// Runs the exec slots of a module (`_imp.exec_dynamic`).
pub fn exec(m: Value) -> PyResult<()> {
    let Some(module) = m.cast::<Module>() else {
        return Ok(());
    };
    let r = new_ref(m);
    // SAFETY: the definition lives for good; `r` is ours.
    unsafe {
        let h = half(module);
        let result = if (*h).def.is_null() || (*(*h).def).slots.is_null() {
            Ok(())
        } else {
            run_exec((*h).def, r)
        };
        if result.is_ok() {
            crate::typed::module_executed(m);
        }
        decref(r);
        result
    }
}

unsafe fn run_exec(def: *mut PyModuleDef, m: Ref) -> PyResult<()> {
    // SAFETY: callers pass a definition and the C half of its module; the slot table ends with slot 0.
    unsafe {
        let name = text(PyModule_GetName(m));
        alloc_state(m.cast())?;
        let mut s = (*def).slots;
        while (*s).slot != 0 {
            if (*s).slot == PY_MOD_EXEC {
                let f: unsafe extern "C" fn(Ref) -> c_int = std::mem::transmute((*s).value);
                call::enter();
                let _scope = crate::check::Scope::enter((*s).value, || {
                    format!("execution of module {name}")
                });
                if f(m) != 0 {
                    return Err(match errors::collect_pending() {
                        Some(raised) => raised,
                        None => system_error(format!(
                            "execution of module {name} failed without setting an exception"
                        )),
                    });
                }
                if errors::collect_pending().is_some() {
                    rivet_vm::thread::current().take_pending();
                    return Err(system_error(format!(
                        "execution of module {name} raised unreported exception"
                    )));
                }
            }
            s = s.add(1);
        }
        Ok(())
    }
}

unsafe fn add(m: Ref, name: *const c_char, v: Ref) -> PyResult<()> {
    // SAFETY: callers pass live objects and a terminated string.
    unsafe {
        let module = get(m)?.cast::<Module>().ok_or_else(|| {
            rivet_vm::exceptions::type_error(
                "PyModule_AddObjectRef() first argument must be a module",
            )
        })?;
        if v.is_null() {
            return Err(match errors::collect_pending() {
                Some(raised) => raised,
                None => system_error(
                    "PyModule_AddObjectRef() must be called with an exception raised if value is NULL",
                ),
            });
        }
        module.add(&text(name), borrowed(v)?)
    }
}

unsafe fn module_name(m: Ref) -> PyResult<Value> {
    // SAFETY: callers pass null or a live object.
    let module = unsafe { expect::<Module>(m) }?;
    module
        .dict()
        .get_str("__name__")
        .filter(|n| n.cast::<str::Str>().is_some())
        .ok_or_else(|| system_error("nameless module"))
}

raw! {
    fn PyModuleDef_Init(def: *mut PyModuleDef) -> Ref {
        (*def).base.ty = types::builtin(&PyModuleDef_Type);
        (*def).base.refcnt = (*def).base.refcnt.max(types::FOREVER);
        def.cast::<PyObject>()
    }

    fn PyModule_GetState(m: Ref) -> *mut c_void {
        (*m.cast::<PyModuleObject>()).state
    }

    fn PyModule_GetDef(m: Ref) -> *mut PyModuleDef {
        (*m.cast::<PyModuleObject>()).def
    }

    fn PyModule_GetDict(m: Ref) -> Ref {
        match expect::<Module>(m) {
            Ok(module) => borrow_out(module.dict().value()),
            Err(_) => {
                errors::publish();
                std::ptr::null_mut()
            }
        }
    }

    fn PyModule_GetName(m: Ref) -> *const c_char {
        match module_name(m) {
            Ok(n) => crate::strings::PyUnicode_AsUTF8(borrow_out(n)),
            Err(_) => {
                errors::publish();
                std::ptr::null()
            }
        }
    }

    fn PyModule_AddObject(m: Ref, name: *const c_char, v: Ref) -> c_int {
        let r = PyModule_AddObjectRef(m, name, v);
        if r == 0 {
            decref(v);
        }
        r
    }

    // The reference is taken over whatever happens.
    fn _PyModule_Add(m: Ref, name: *const c_char, v: Ref) -> c_int {
        let r = PyModule_AddObjectRef(m, name, v);
        crate::boundary::xdecref(v);
        r
    }

    fn PyModule_AddType(m: Ref, ty: *mut PyTypeObject) -> c_int {
        if crate::types::ready::PyType_Ready(ty) < 0 {
            return -1;
        }
        PyModule_AddObjectRef(m, types::_PyType_Name(ty), ty.cast())
    }

    fn PyState_FindModule(def: *mut PyModuleDef) -> Ref {
        borrowed_or_null(&raw const (*def).copy)
    }

    fn PyState_RemoveModule(def: *mut PyModuleDef) -> c_int {
        let old = std::mem::replace(&mut (*def).copy, std::ptr::null_mut());
        crate::boundary::xdecref(old);
        0
    }

    fn PyState_AddModule(m: Ref, def: *mut PyModuleDef) -> c_int {
        incref(m);
        let old = std::mem::replace(&mut (*def).copy, m);
        crate::boundary::xdecref(old);
        0
    }
}

unsafe fn borrowed_or_null(place: *const Ref) -> Ref {
    // SAFETY: callers pass the field of a definition.
    unsafe { *place }
}

/// A module from a single-phase definition; it is found again by `PyState_FindModule`.
unsafe fn create(def: *mut PyModuleDef) -> PyResult<Value> {
    // SAFETY: callers pass a definition that lives for good.
    unsafe {
        let name = text((*def).name);
        // A module in a package is created under its full name, which the loader knows.
        let full = crate::loader::name_being_loaded()
            .filter(|n| n.rsplit('.').next() == Some(&name))
            .unwrap_or(name);
        if !(*def).slots.is_null() {
            return Err(system_error(format!(
                "module {full}: PyModule_Create is incompatible with m_slots"
            )));
        }
        let m = Module::new(&full)?;
        set_up(m, def, &full, true)?;
        let r = new_ref(m.value());
        let old = std::mem::replace(&mut (*def).copy, r);
        crate::boundary::xdecref(old);
        Ok(m.value())
    }
}

api! {
    fn PyModule_Create2(def: *mut PyModuleDef, _api: c_int) -> Value {
        create(def)
    }

    fn PyModule_FromDefAndSpec2(def: *mut PyModuleDef, spec: Ref, _api: c_int) -> Value {
        let s = get(spec)?;
        let n = rivet_vm::object::attr::get_attr(s, rivet_vm::name!("name"))?;
        create_from_def(def, s, &rivet_vm::object::protocol::str(n)?.to_string_lossy())
    }

    fn PyModule_ExecDef(m: Ref, def: *mut PyModuleDef) -> () {
        if (*def).slots.is_null() {
            return alloc_state(m.cast());
        }
        run_exec(def, m)
    }

    fn PyModule_New(name: *const c_char) -> Value {
        Ok(Module::new(&text(name))?.value())
    }

    fn PyModule_NewObject(name: Ref) -> Value {
        let n = expect::<str::Str>(name)?;
        Ok(Module::new(&n.to_string_lossy())?.value())
    }

    fn PyModule_GetNameObject(m: Ref) -> Value {
        module_name(m)
    }

    fn PyModule_GetFilenameObject(m: Ref) -> Value {
        expect::<Module>(m)?.dict().get_str("__file__").ok_or_else(|| system_error("module filename missing"))
    }

    fn PyModule_AddObjectRef(m: Ref, name: *const c_char, v: Ref) -> () {
        add(m, name, v)
    }

    fn PyModule_AddIntConstant(m: Ref, name: *const c_char, n: i64) -> () {
        expect::<Module>(m)?.add(&text(name), Value::int(n))
    }

    fn PyModule_AddStringConstant(m: Ref, name: *const c_char, s: *const c_char) -> () {
        expect::<Module>(m)?.add(&text(name), str::new(&text(s))?)
    }

    fn PyModule_AddFunctions(m: Ref, table: *mut PyMethodDef) -> () {
        let name = rivet_vm::object::protocol::str(module_name(m)?)?;
        add_functions(expect::<Module>(m)?, table, &name.to_string_lossy())
    }

    fn PyModule_SetDocString(m: Ref, doc: *const c_char) -> () {
        expect::<Module>(m)?.add("__doc__", str::new(&text(doc))?)
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
