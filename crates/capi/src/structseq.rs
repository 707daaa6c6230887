//! `structseq.h`: struct sequences are the runtime's; C fills instances like tuples.

use std::ffi::{c_char, c_int};

use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::hooks::hooks;
use rivet_vm::object::Type;
use rivet_vm::types::int;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, RVec, Value};

use crate::boundary::borrowed;
use crate::bytes::export_data;
use crate::errors::text;
use crate::layout::{PyTypeObject, PyVarObject, Ref};
use crate::{api, raw, tuple, types};

#[repr(C)]
pub struct Field {
    name: *const c_char,
    doc: *const c_char,
}

#[repr(C)]
pub struct Description {
    name: *const c_char,
    doc: *const c_char,
    fields: *const Field,
    visible: c_int,
}

/// A C string at a fixed address.
#[repr(transparent)]
pub struct Name(*const c_char);

// SAFETY: never written.
unsafe impl Sync for Name {}

export_data! {
    PyStructSequence_UnnamedField Name, Name(c"unnamed field".as_ptr());
}

unsafe fn make(d: &Description) -> PyResult<Gc<Type>> {
    // SAFETY: the field table ends with an entry without a name.
    unsafe {
        let mut names = Vec::new();
        let mut f = d.fields;
        while !(*f).name.is_null() {
            names.push(if (*f).name == PyStructSequence_UnnamedField.0 {
                String::new()
            } else {
                text((*f).name)
            });
            f = f.add(1);
        }
        let fields: Vec<&str> = names.iter().map(String::as_str).collect();
        let make = hooks()
            .structseq_type
            .get()
            .ok_or_else(|| system_error("struct sequences are not available"))?;
        let t = make(&text(d.name), &fields, d.visible.max(0) as usize)?;
        if !d.doc.is_null() {
            t.namespace()
                .set_str("__doc__", rivet_vm::types::str::new(&text(d.doc))?)?;
        }
        Ok(t)
    }
}

fn field_count(t: Gc<Type>) -> Option<usize> {
    t.namespace()
        .get_str("n_fields")
        .and_then(int::to_i64)
        .map(|n| n as usize)
}

/// The value of a tuple of a subclass that C made: all fields of a struct sequence, else the items.
///
/// # Safety
/// A live unlinked object of a tuple subclass.
pub unsafe fn value(op: Ref, t: Gc<Type>) -> PyResult<Value> {
    // SAFETY: by contract; struct sequences have room for all their fields.
    unsafe {
        let fields = field_count(t);
        let n = fields.unwrap_or((*op.cast::<PyVarObject>()).size.max(0) as usize);
        let mut all = RVec::with_capacity(n)?;
        for i in 0..n {
            let item = *tuple::items_at(op).add(i);
            all.push(if item.is_null() {
                Value::NONE
            } else {
                borrowed(item)?
            })?;
        }
        match (fields, hooks().structseq_new.get()) {
            (Some(_), Some(new)) => new(t, &all),
            _ => Ok(Tuple::new_of(t, &all)?.value()),
        }
    }
}

raw! {
    fn PyStructSequence_SetItem(op: Ref, i: isize, v: Ref) {
        *tuple::items_at(op).offset(i) = v;
    }

    fn PyStructSequence_GetItem(op: Ref, i: isize) -> Ref {
        *tuple::items_at(op).offset(i)
    }
}

api! {
    fn PyStructSequence_NewType(d: *const Description) -> Ref {
        Ok(types::type_ref(make(&*d)?))
    }

    // The struct stays the type's C half.
    fn PyStructSequence_InitType2(p: *mut PyTypeObject, d: *const Description) -> () {
        let t = make(&*d)?;
        let made = types::to_c(t);
        std::ptr::copy_nonoverlapping(made, p, 1);
        t.mirror.set(p as usize);
        Ok(())
    }

    fn PyStructSequence_New(p: *mut PyTypeObject) -> Ref {
        let t = types::ready_type(p)?;
        let n = field_count(t).ok_or_else(crate::api::bad_call)?;
        let visible = t.namespace().get_str("n_sequence_fields").and_then(int::to_i64).unwrap_or(n as i64);
        let r = tuple::fresh(n)?;
        (*r).ty = p;
        (*r.cast::<PyVarObject>()).size = visible as isize;
        Ok(r)
    }
}
