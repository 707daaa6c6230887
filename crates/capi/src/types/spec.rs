//! Heap types from specifications: `PyType_FromSpec` and its kin.

use std::ffi::{c_char, c_int, c_void};

use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::object::{Type, TypeFlags};
use rivet_vm::types::str;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::types::type_::best_base;
use rivet_vm::value::RVec;

use super::incoming::{AM, BF, MP, NB, SQ};
use super::{FOREVER, OBJECT, TYPE, builtin, managed, ready, to_c};
use crate::api;
use crate::api::optional;
use crate::boundary::{incref, new_ref};
use crate::errors::text;
use crate::layout::{
    PyHeapTypeObject, PyMemberDef, PyTypeObject, PyTypeSlot, PyTypeSpec, Ref, Tables,
};

const DOC: c_int = 56;
const BASE: c_int = 48;
const BASES: c_int = 49;
const MEMBERS: c_int = 72;

/// Slot number to code (`incoming`), in the order of `typeslots.h`.
#[rustfmt::skip]
const CODES: [u32; 82] = [
    u32::MAX, BF, BF | 1, MP | 2, MP, MP | 1, NB | 8, NB, NB | 13, NB | 9, NB | 4, NB | 18, NB | 29, NB | 33, NB | 19, NB | 26,
    NB | 31, NB | 24, NB | 21, NB | 28, NB | 23, NB | 22, NB | 25, NB | 20, NB | 32, NB | 27, NB | 16, NB | 10, NB | 11, NB | 2,
    NB | 6, NB | 15, NB | 7, NB | 5, NB | 3, NB | 12, NB | 1, NB | 30, NB | 14, SQ | 5, SQ | 1, SQ | 7, SQ | 8, SQ | 9, SQ | 3,
    SQ, SQ | 2, 38, 32, 42, 16, 24, 6, 47, 34, 35, 22, 8, 18, 15, 37, 41, 27, 28, 29, 39, 11, 25, 9, 19, 17, 23, 30, 31, 40,
    NB | 34, NB | 35, AM, AM | 1, AM | 2, 49, AM | 3,
];

/// The function (or other pointer) in a slot, for `PyType_GetSlot`.
///
/// # Safety
/// A ready type.
pub unsafe fn get_slot(p: *mut PyTypeObject, slot: c_int) -> *mut c_void {
    match CODES.get(slot as usize).filter(|&&c| c != u32::MAX) {
        // SAFETY: by contract.
        Some(&code) => unsafe { super::incoming::c_slot(p, code) },
        None => {
            let _ = system_error("bad argument to internal function");
            crate::errors::publish();
            std::ptr::null_mut()
        }
    }
}

/// Deallocates instances of heap types that bring no deallocator: the base's if that is an extension's, else the memory
/// is freed.
unsafe extern "C" fn heap_dealloc(op: Ref) {
    // SAFETY: the count has reached 0; types of C instances are complete.
    unsafe {
        let ty = (*op).ty;
        if !(*ty).finalize.is_null() && crate::objects::PyObject_CallFinalizerFromDealloc(op) < 0 {
            return;
        }
        let mut base = (*ty).tp_base;
        while !base.is_null()
            && (*base).dealloc.map(|f| f as usize) == Some(heap_dealloc as *const () as usize)
        {
            base = (*base).tp_base;
        }
        crate::gc::drop_members(op);
        match (!base.is_null() && base != builtin(OBJECT))
            .then(|| (*base).dealloc)
            .flatten()
        {
            Some(f) => f(op),
            None => {
                if let Some(free) = (*ty).free {
                    free(op.cast());
                }
            }
        }
    }
}

unsafe fn from_spec(module: Ref, spec: *mut PyTypeSpec, bases: Ref) -> PyResult<Ref> {
    // SAFETY: callers pass a specification whose slot table ends with slot 0, and live objects or null.
    unsafe {
        let _scope = crate::check::Scope::runtime();
        let name = text((*spec).name);
        let found = find_bases((*spec).slots, bases)?;
        let base = best_base(&found)?;
        let c_base = to_c(base);
        let meta = (*c_base).base.base.ty;
        let size = size_of::<PyHeapTypeObject>().max((*meta).basicsize as usize);
        let p = libc::calloc(1, size).cast::<PyTypeObject>();
        if p.is_null() {
            return Err(rivet_vm::exceptions::no_memory());
        }
        let h = p.cast::<PyHeapTypeObject>();
        (*p).base.base.refcnt = FOREVER;
        (*p).base.base.ty = if meta.is_null() { builtin(TYPE) } else { meta };
        (*p).name = libc::strdup((*spec).name);
        (*p).flags = u64::from((*spec).flags) | TypeFlags::HEAPTYPE;
        (*p).basicsize = (*spec).basicsize as isize;
        (*p).itemsize = (*spec).itemsize as isize;
        (*p).tp_base = c_base;
        let tables = &raw mut (*h).tables;
        (*p).as_number = (&raw mut (*tables).nb).cast();
        (*p).as_async = (&raw mut (*tables).am).cast();
        (*p).as_mapping = (&raw mut (*tables).mp).cast();
        (*p).as_sequence = (&raw mut (*tables).sq).cast();
        (*p).as_buffer = (&raw mut (*tables).bf).cast();
        fill(p, (*spec).slots)?;
        let tuple = Tuple::from_slice(&found)?;
        (*p).bases = new_ref(tuple.value());
        let short = name.rsplit('.').next().unwrap_or(&name);
        (*h).ht_name = new_ref(str::new(short)?);
        (*h).ht_qualname = new_ref(str::new(short)?);
        if !module.is_null() {
            incref(module);
            (*h).module = module;
        }
        if (*p).dealloc.is_none() {
            (*p).dealloc = Some(heap_dealloc);
        }
        trim(p, tables);
        ready::make_ready(p)?;
        finish(p, &name)?;
        (*p).base.base.refcnt += 1;
        Ok(p.cast())
    }
}

/// Tables without entries are not there: their presence means something.
unsafe fn trim(p: *mut PyTypeObject, tables: *mut Tables) {
    // SAFETY: the tables belong to `p`.
    unsafe {
        let t = &*tables;
        let empty = |f: &[*mut c_void]| f.iter().all(|f| f.is_null());
        let parts = [
            (&raw mut (*p).as_number, empty(&t.nb)),
            (&raw mut (*p).as_async, empty(&t.am)),
            (&raw mut (*p).as_mapping, empty(&t.mp)),
            (&raw mut (*p).as_sequence, empty(&t.sq)),
            (&raw mut (*p).as_buffer, empty(&t.bf)),
        ];
        for (field, empty) in parts {
            if empty {
                *field = std::ptr::null_mut();
            }
        }
    }
}

unsafe fn finish(p: *mut PyTypeObject, name: &str) -> PyResult<()> {
    // SAFETY: `p` is ready.
    unsafe {
        let Some(t) = managed(p) else { return Ok(()) };
        if !name.contains('.') && t.namespace().get_str("__module__").is_none() {
            rivet_vm::builtins::warnings::deprecated(
                &format!("builtin type {name} has no __module__ attribute"),
                1,
            )?;
        }
        Ok(())
    }
}

unsafe fn find_bases(slots: *mut PyTypeSlot, bases: Ref) -> PyResult<RVec> {
    let mut out = RVec::new();
    // SAFETY: callers pass a table that ends with slot 0, and a tuple, a type or null.
    unsafe {
        let mut given = optional(bases)?;
        let mut s = slots;
        while given.is_none() && (*s).slot != 0 {
            if matches!((*s).slot, BASE | BASES) {
                given = optional((*s).func.cast())?;
            }
            s = s.add(1);
        }
        match given {
            Some(b) => match b.cast::<Tuple>() {
                Some(t) => out.extend(t.items())?,
                None => out.push(b)?,
            },
            None => out.push(rivet_vm::runtime::types().object.value())?,
        }
        for b in out.iter() {
            if let Some(b) = b.cast::<Type>() {
                ready::make_ready(to_c(b))?;
            }
        }
    }
    Ok(out)
}

unsafe fn fill(p: *mut PyTypeObject, slots: *mut PyTypeSlot) -> PyResult<()> {
    // SAFETY: the table ends with slot 0.
    unsafe {
        let mut s = slots;
        while (*s).slot != 0 {
            let Some(&code) = CODES.get((*s).slot as usize) else {
                return Err(rivet_vm::exceptions::runtime_error("invalid slot offset"));
            };
            match (*s).slot {
                BASE | BASES => {}
                DOC => {
                    (*p).doc = if (*s).func.is_null() {
                        std::ptr::null()
                    } else {
                        libc::strdup((*s).func.cast::<c_char>())
                    }
                }
                MEMBERS => {
                    (*p).members = (*s).func.cast();
                    special_members(p, (*s).func.cast());
                }
                _ => put(p, code, (*s).func),
            }
            s = s.add(1);
        }
    }
    Ok(())
}

unsafe fn put(p: *mut PyTypeObject, code: u32, f: *mut c_void) {
    // SAFETY: the tables are in place; codes are in range.
    unsafe {
        let table = match code & !0xff {
            NB => (*p).as_number,
            SQ => (*p).as_sequence,
            MP => (*p).as_mapping,
            AM => (*p).as_async,
            BF => (*p).as_buffer,
            _ => p.cast(),
        };
        *table.cast::<*mut c_void>().add((code & 0xff) as usize) = f;
    }
}

/// Members with these names say where things lie in the instance.
unsafe fn special_members(p: *mut PyTypeObject, members: *mut PyMemberDef) {
    // SAFETY: the table ends with an entry without a name.
    unsafe {
        let mut m = members;
        while !m.is_null() && !(*m).name.is_null() {
            match text((*m).name).as_str() {
                "__weaklistoffset__" => (*p).weaklistoffset = (*m).offset,
                "__dictoffset__" => (*p).dictoffset = (*m).offset,
                "__vectorcalloffset__" => (*p).vectorcall_offset = (*m).offset,
                _ => {}
            }
            m = m.add(1);
        }
    }
}

api! {
    fn PyType_FromSpec(spec: *mut PyTypeSpec) -> Ref {
        from_spec(std::ptr::null_mut(), spec, std::ptr::null_mut())
    }

    fn PyType_FromSpecWithBases(spec: *mut PyTypeSpec, bases: Ref) -> Ref {
        from_spec(std::ptr::null_mut(), spec, bases)
    }

    fn PyType_FromModuleAndSpec(module: Ref, spec: *mut PyTypeSpec, bases: Ref) -> Ref {
        from_spec(module, spec, bases)
    }
}
