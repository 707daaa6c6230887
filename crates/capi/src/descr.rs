//! `methodobject.h`, `descrobject.h`, `classobject.h`, `funcobject.h`: callables and descriptors.

use std::collections::HashMap;
use std::ffi::{CString, c_char, c_int, c_void};

use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::gil::Guarded;
use rivet_vm::object::Method;
use rivet_vm::object::call;
use rivet_vm::object::member::{
    ClassMethodDescr, GetSetDescr, MemberDescr, MethodDescr, WrapperDescr,
};
use rivet_vm::types::function::Function;
use rivet_vm::types::method::{BoundMethod, Builtin};
use rivet_vm::types::str::Str;
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::value::{Gc, Value};

use crate::api::{get, optional};
use crate::boundary::{borrow_out, new_ref};
use crate::call as calls;
use crate::errors;
use crate::layout::{
    METH_FASTCALL, METH_KEYWORDS, METH_METHOD, PyCFunctionObject, PyGetSetDef, PyMethodDef,
    PyTypeObject, Ref,
};
use crate::{api, raw, types};

/// What attributes of the runtime's own show as theirs.
struct DummyAttribute(PyGetSetDef);

// SAFETY: never written by the runtime.
unsafe impl Sync for DummyAttribute {}

static DUMMY_ATTRIBUTE: DummyAttribute = DummyAttribute(PyGetSetDef {
    name: c"builtin".as_ptr(),
    get: None,
    set: None,
    doc: std::ptr::null(),
    closure: std::ptr::null_mut(),
});

/// The docstring a method definition has now.
pub fn method_doc(definition: usize) -> String {
    // SAFETY: definitions live for good.
    let doc = unsafe { errors::text((*(definition as *const PyMethodDef)).doc) };
    calls::doc_body(&doc).to_owned()
}

/// The definition of a method; of the runtime's own one that has its name, and a convention nobody calls directly.
fn definition(m: &'static Method) -> *mut PyMethodDef {
    static OWN: Guarded<Option<HashMap<usize, usize>>> = Guarded::new(None);
    if let Some(definition) = calls::definition_of(m) {
        return definition;
    }
    OWN.with(|all| {
        let all = all.get_or_insert_with(HashMap::new);
        let made = all
            .entry(std::ptr::from_ref(m) as usize)
            .or_insert_with(|| {
                let definition = Box::new(PyMethodDef {
                    name: CString::new(m.name).unwrap_or_default().into_raw(),
                    meth: std::ptr::null_mut(),
                    flags: METH_METHOD | METH_FASTCALL | METH_KEYWORDS,
                    doc: std::ptr::null(),
                });
                Box::into_raw(definition) as usize
            });
        *made as *mut PyMethodDef
    })
}

/// The fields of a callable's mirror that macros read.
pub fn fill_callable(v: Value, m: Ref) {
    // SAFETY: mirrors have their type's size; the places are those of `PyMethodObject`, `PyCFunctionObject` and
    // `PyMethodDescrObject`.
    unsafe {
        if let Some(b) = v.cast::<BoundMethod>() {
            *m.cast::<Ref>().add(2) = b.func.get().map_or(std::ptr::null_mut(), new_ref);
            *m.cast::<Ref>().add(3) = b.receiver.get().map_or(std::ptr::null_mut(), new_ref);
        } else if let Some(b) = v.cast::<Builtin>() {
            let f = m.cast::<PyCFunctionObject>();
            (*f).ml = definition(b.method());
            (*f).receiver = b
                .receiver
                .get()
                .filter(|r| !r.is_none())
                .map_or(std::ptr::null_mut(), new_ref);
            (*f).module = b.module.get().map_or(std::ptr::null_mut(), new_ref);
        } else if let Some(d) = v.cast::<MethodDescr>() {
            fill_descriptor(m, d.owner_type(), d.name.get());
            *m.cast::<*mut PyMethodDef>().add(5) = definition(d.method.get());
        } else if let Some(d) = v.cast::<GetSetDescr>() {
            fill_descriptor(m, d.owner_type(), d.name.get());
            let def = match &d.getset.get().foreign {
                Some(f) => types::members::definition_of(f),
                None => (&raw const DUMMY_ATTRIBUTE.0).cast_mut(),
            };
            *m.cast::<*mut PyGetSetDef>().add(5) = def;
        } else if let Some(d) = v.cast::<MemberDescr>() {
            fill_descriptor(m, d.owner_type(), d.name.get());
        } else if let Some(d) = v.cast::<WrapperDescr>() {
            fill_descriptor(m, d.owner_type(), d.name.get());
            let name = d.name.get().and_then(|n| n.cast::<Str>());
            let text = name.map_or(String::new(), |n| n.to_string_lossy().into_owned());
            *m.cast::<*const WrapperBase>().add(5) = wrapper_base(&text);
        }
    }
}

/// `struct wrapperbase`: what a slot wrapper is about. Generated code copies it, to give the copy another docstring.
#[repr(C)]
struct WrapperBase {
    name: *const c_char,
    offset: c_int,
    function: *const c_void,
    wrapper: *const c_void,
    doc: *const c_char,
    flags: c_int,
    name_strobj: Ref,
}

/// The record for wrappers of a name; there are as many as there are special methods, and they stay.
fn wrapper_base(name: &str) -> *const WrapperBase {
    static ALL: Guarded<Option<HashMap<String, usize>>> = Guarded::new(None);
    ALL.with(|all| {
        let all = all.get_or_insert_with(HashMap::new);
        let made = all.entry(name.to_owned()).or_insert_with(|| {
            let text = CString::new(name).unwrap_or_default();
            let base = Box::new(WrapperBase {
                name: text.into_raw(),
                offset: 0,
                function: std::ptr::null(),
                wrapper: std::ptr::null(),
                doc: std::ptr::null(),
                flags: 0,
                name_strobj: std::ptr::null_mut(),
            });
            Box::into_raw(base) as usize
        });
        *made as *const WrapperBase
    })
}

/// `d_type` and `d_name`, borrowed from the descriptor.
unsafe fn fill_descriptor(m: Ref, owner: Gc<rivet_vm::object::Type>, name: Option<Value>) {
    // SAFETY: callers pass the mirror of a descriptor.
    unsafe {
        *m.cast::<*mut PyTypeObject>().add(2) = types::to_c(owner);
        *m.cast::<Ref>().add(3) = name.map_or(std::ptr::null_mut(), borrow_out);
    }
}

unsafe fn function(
    def: *mut PyMethodDef,
    receiver: Ref,
    module: Ref,
    class: *mut PyTypeObject,
) -> PyResult<Value> {
    // SAFETY: callers pass a definition that lives for good, live objects or null.
    unsafe {
        let m = calls::method_of(def, class)?;
        let r = optional(receiver)?.unwrap_or(Value::NONE);
        Ok(Builtin::new(m, r, optional(module)?)?.value())
    }
}

unsafe fn builtin(op: Ref) -> Option<Gc<Builtin>> {
    // SAFETY: callers pass a live object.
    unsafe { get(op) }.ok().and_then(|v| v.cast::<Builtin>())
}

fn field(v: Option<Value>) -> Ref {
    v.map_or(std::ptr::null_mut(), borrow_out)
}

raw! {
    fn PyCFunction_GetFunction(op: Ref) -> *mut c_void {
        match builtin(op) {
            Some(b) => (*definition(b.method())).meth,
            None => {
                let _ = crate::api::bad_call();
                errors::publish();
                std::ptr::null_mut()
            }
        }
    }

    fn PyCFunction_GetSelf(op: Ref) -> Ref {
        field(builtin(op).and_then(|b| b.receiver.get()).and_then(Value::not_none))
    }

    fn PyCFunction_GetFlags(op: Ref) -> c_int {
        builtin(op).map_or(-1, |b| (*definition(b.method())).flags)
    }

    fn PyMethod_Function(op: Ref) -> Ref {
        field(get(op).ok().and_then(|v| v.cast::<BoundMethod>()).and_then(|m| m.func.get()))
    }

    fn PyMethod_Self(op: Ref) -> Ref {
        field(get(op).ok().and_then(|v| v.cast::<BoundMethod>()).and_then(|m| m.receiver.get()))
    }

    fn PyDescr_IsData(op: Ref) -> c_int {
        (!(*(*op).ty).descr_set.is_null()).into()
    }

    fn PyFunction_GetCode(op: Ref) -> Ref {
        field(get(op).ok().and_then(|v| v.cast::<Function>()).map(|f| f.code().value()))
    }

    fn PyFunction_GetGlobals(op: Ref) -> Ref {
        field(get(op).ok().and_then(|v| v.cast::<Function>()).map(|f| f.globals().value()))
    }

    fn PyFunction_GetModule(op: Ref) -> Ref {
        field(get(op).ok().and_then(|v| rivet_vm::object::attr::find_attr(v, rivet_vm::name!("__module__")).ok().flatten()))
    }
}

unsafe fn wrap(class: Gc<rivet_vm::object::Type>, f: Ref) -> PyResult<Value> {
    // SAFETY: callers pass a live object.
    call::call(class.value(), &[unsafe { get(f) }?])
}

api! {
    fn PyCFunction_NewEx(def: *mut PyMethodDef, receiver: Ref, module: Ref) -> Value {
        function(def, receiver, module, std::ptr::null_mut())
    }

    fn PyCFunction_New(def: *mut PyMethodDef, receiver: Ref) -> Value {
        function(def, receiver, std::ptr::null_mut(), std::ptr::null_mut())
    }

    fn PyCMethod_New(def: *mut PyMethodDef, receiver: Ref, module: Ref, class: *mut PyTypeObject) -> Value {
        if (*def).flags & METH_METHOD != 0 && class.is_null() {
            return Err(system_error("attempting to create PyCMethod with a METH_METHOD flag but no class"));
        }
        function(def, receiver, module, class)
    }

    fn PyMethod_New(f: Ref, receiver: Ref) -> Value {
        Ok(BoundMethod::new(get(f)?, get(receiver)?)?.value())
    }

    fn PyClassMethod_New(f: Ref) -> Value {
        wrap(rivet_vm::runtime::types().classmethod, f)
    }

    fn PyStaticMethod_New(f: Ref) -> Value {
        wrap(rivet_vm::runtime::types().staticmethod, f)
    }

    fn PyDescr_NewMethod(p: *mut PyTypeObject, def: *mut PyMethodDef) -> Value {
        let t = types::ready_type(p)?;
        let m = calls::method_of(def, p)?;
        Ok(MethodDescr::new(t.value(), intern_str(m.name).value(), m)?.value())
    }

    fn PyDescr_NewClassMethod(p: *mut PyTypeObject, def: *mut PyMethodDef) -> Value {
        let t = types::ready_type(p)?;
        let m = calls::method_of(def, p)?;
        Ok(ClassMethodDescr::new(t.value(), intern_str(m.name).value(), m)?.value())
    }

    fn PyDescr_NewGetSet(p: *mut PyTypeObject, def: *mut PyGetSetDef) -> Value {
        let t = types::ready_type(p)?;
        Ok(types::members::getset_descriptor(t, def)?.1)
    }

    fn PyFunction_SetDefaults(op: Ref, v: Ref) -> () {
        rivet_vm::object::attr::set_attr(get(op)?, intern_str("__defaults__"), Some(get(v)?))
    }

    fn PyFunction_SetAnnotations(op: Ref, v: Ref) -> () {
        rivet_vm::object::attr::set_attr(get(op)?, intern_str("__annotations__"), Some(get(v)?))
    }
}
