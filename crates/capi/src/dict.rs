//! `dictobject.h`: dicts are managed; their mirrors show size and version, which the hook keeps right.

use std::ffi::{c_char, c_int};

use rivet_vm::exceptions::{PyResult, key_error};
use rivet_vm::object::{call, lookup, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::str::Str;
use rivet_vm::value::{Gc, Value};

use crate::api::{expect, get, name, optional};
use crate::boundary::{borrow_out, links, new_ref};
use crate::errors;
use crate::layout::{PyDictObject, Ref};
use crate::{api, raw};

/// The hook: a dict that C has seen changed.
pub fn changed(d: Gc<Dict>) {
    if let Some(m) = links::mirror_of(d.header()) {
        let m = m.cast::<PyDictObject>();
        // SAFETY: a dict's mirror.
        unsafe {
            (*m).used = d.len() as isize;
            (*m).version = d.version.get();
        }
    }
}

/// After C has changed a dict: if it is the namespace of a type, the type has changed.
unsafe fn after(op: Ref, key: Option<Value>) -> PyResult<()> {
    // SAFETY: callers pass a live dict.
    unsafe {
        let owner = (*op.cast::<PyDictObject>()).owner;
        let is_dict = (*op).ty == crate::types::builtin(&crate::types::PyDict_Type);
        if is_dict
            && !owner.is_null()
            && let Some(t) = crate::types::managed(owner)
        {
            lookup::modified(t);
            if let Some(k) = key.and_then(|k| k.cast::<Str>()) {
                rivet_vm::object::build::update_slots_for(t, k)?;
            }
        }
    }
    Ok(())
}

unsafe fn set(op: Ref, key: Value, v: Value) -> PyResult<()> {
    // SAFETY: callers pass a live object.
    unsafe {
        expect::<Dict>(op)?.set_item(key, v)?;
        after(op, Some(key))
    }
}

unsafe fn delete(op: Ref, key: Value) -> PyResult<()> {
    // SAFETY: callers pass a live object.
    unsafe {
        if expect::<Dict>(op)?.remove(key)?.is_none() {
            return Err(key_error(key));
        }
        after(op, Some(key))
    }
}

/// A borrowed reference to a found value; null if there is none or the look-up failed (then with the exception).
fn found(r: PyResult<Option<Value>>) -> Ref {
    match r {
        Ok(Some(v)) => borrow_out(v),
        Ok(None) => std::ptr::null_mut(),
        Err(_) => {
            errors::publish();
            std::ptr::null_mut()
        }
    }
}

/// The hash of a key, which C has read from the key itself; -1 is that of a string nobody has hashed as a C object.
unsafe fn known(key: Ref, hash: isize) -> PyResult<i64> {
    if hash != -1 {
        return Ok(hash as i64);
    }
    // SAFETY: callers pass a live object.
    rivet_vm::object::protocol::hash(unsafe { get(key) }?)
}

raw! {
    // Errors are swallowed, and one that is pending survives.
    fn PyDict_GetItem(op: Ref, key: Ref) -> Ref {
        errors::preserved(|| {
            let r = expect::<Dict>(op).and_then(|d| d.get(get(key)?));
            match r {
                Ok(Some(v)) => borrow_out(v),
                _ => {
                    rivet_vm::thread::current().take_pending();
                    std::ptr::null_mut()
                }
            }
        })
    }

    fn PyDict_GetItemWithError(op: Ref, key: Ref) -> Ref {
        found(expect::<Dict>(op).and_then(|d| d.get(get(key)?)))
    }

    fn _PyDict_GetItemWithError(op: Ref, key: Ref) -> Ref {
        let r = expect::<Dict>(op).and_then(|d| d.get(get(key)?));
        if let Ok(None) = r && let Ok(k) = get(key) {
            let _ = key_error(k);
            errors::publish();
            return std::ptr::null_mut();
        }
        found(r)
    }

    fn _PyDict_GetItem_KnownHash(op: Ref, key: Ref, hash: isize) -> Ref {
        found(expect::<Dict>(op).and_then(|d| d.get_hashed(get(key)?, known(key, hash)?)))
    }

    fn PyDict_GetItemString(op: Ref, key: *const c_char) -> Ref {
        found(expect::<Dict>(op).and_then(|d| d.get(name(key).value())))
    }

    fn _PyDict_GetItemStringWithError(op: Ref, key: *const c_char) -> Ref {
        found(expect::<Dict>(op).and_then(|d| d.get(name(key).value())))
    }

    fn PyDict_SetDefault(op: Ref, key: Ref, default: Ref) -> Ref {
        let run = || -> PyResult<Option<Value>> {
            let (d, k) = (expect::<Dict>(op)?, get(key)?);
            if let Some(v) = d.get(k)? {
                return Ok(Some(v));
            }
            let v = get(default)?;
            d.set_item(k, v)?;
            after(op, Some(k))?;
            Ok(Some(v))
        };
        found(run())
    }

    fn PyDict_Next(op: Ref, pos: *mut isize, key: *mut Ref, value: *mut Ref) -> c_int {
        let Some(d) = get(op).ok().and_then(|d| d.cast::<Dict>()) else { return 0 };
        let mut i = *pos as usize;
        let entry = d.next_entry(&mut i);
        *pos = i as isize;
        let Some((k, v)) = entry else { return 0 };
        if !key.is_null() {
            *key = borrow_out(k);
        }
        if !value.is_null() {
            *value = borrow_out(v);
        }
        1
    }

    fn _PyDict_Next(op: Ref, pos: *mut isize, key: *mut Ref, value: *mut Ref, hash: *mut isize) -> c_int {
        let r = PyDict_Next(op, pos, key, value);
        if r != 0 && !hash.is_null() && !key.is_null() {
            *hash = get(*key).and_then(protocol::hash).unwrap_or(-1) as isize;
        }
        r
    }

    fn _PyDict_Pop(op: Ref, key: Ref, default: Ref) -> Ref {
        let run = || -> PyResult<Value> {
            let (d, k) = (expect::<Dict>(op)?, get(key)?);
            match d.remove(k)? {
                Some(v) => Ok(v),
                None => optional(default)?.ok_or_else(|| key_error(k)),
            }
        };
        <Value as crate::api::Out>::out(run())
    }
}

unsafe fn merge(op: Ref, other: Ref, replace: bool) -> PyResult<()> {
    // SAFETY: callers pass live objects.
    unsafe {
        let (d, o) = (expect::<Dict>(op)?, get(other)?);
        if replace {
            call::call_method(d.value(), rivet_vm::name!("update"), &[o])?;
        } else {
            let keys = call::call_method(o, rivet_vm::name!("keys"), &[])?;
            protocol::for_each(keys, |k| {
                if d.get(k)?.is_none() {
                    d.set_item(k, protocol::get_item(o, k)?)?;
                }
                Ok(())
            })?;
        }
        after(op, None)
    }
}

unsafe fn view(op: Ref, what: &str) -> PyResult<Value> {
    // SAFETY: callers pass a live object.
    let d = unsafe { expect::<Dict>(op) }?;
    let v = call::call_method(
        d.value(),
        rivet_vm::types::str::intern::intern_str(what),
        &[],
    )?;
    Ok(protocol::to_list(v)?.value())
}

api! {
    fn PyDict_New() -> Value {
        Ok(Dict::new()?.value())
    }

    fn _PyDict_NewPresized(_n: isize) -> Value {
        Ok(Dict::new()?.value())
    }

    fn PyDict_Size(op: Ref) -> isize {
        Ok(expect::<Dict>(op)?.len() as isize)
    }

    fn PyDict_SetItem(op: Ref, key: Ref, v: Ref) -> () {
        set(op, get(key)?, get(v)?)
    }

    fn _PyDict_SetItem_KnownHash(op: Ref, key: Ref, v: Ref, hash: isize) -> () {
        expect::<Dict>(op)?.set_hashed(get(key)?, known(key, hash)?, get(v)?)?;
        after(op, Some(get(key)?))
    }

    fn PyDict_SetItemString(op: Ref, key: *const c_char, v: Ref) -> () {
        set(op, name(key).value(), get(v)?)
    }

    fn PyDict_DelItem(op: Ref, key: Ref) -> () {
        delete(op, get(key)?)
    }

    fn _PyDict_DelItem_KnownHash(op: Ref, key: Ref, _hash: isize) -> () {
        delete(op, get(key)?)
    }

    fn PyDict_DelItemString(op: Ref, key: *const c_char) -> () {
        delete(op, name(key).value())
    }

    fn PyDict_Contains(op: Ref, key: Ref) -> bool {
        Ok(expect::<Dict>(op)?.get(get(key)?)?.is_some())
    }

    fn _PyDict_Contains_KnownHash(op: Ref, key: Ref, hash: isize) -> bool {
        Ok(expect::<Dict>(op)?.get_hashed(get(key)?, known(key, hash)?)?.is_some())
    }

    fn _PyDict_ContainsId(op: Ref, id: *mut crate::objects::Identifier) -> bool {
        Ok(expect::<Dict>(op)?.get_interned(crate::objects::identifier(id)).is_some())
    }

    fn PyDict_Clear(op: Ref) -> () {
        expect::<Dict>(op)?.clear();
        after(op, None)
    }

    fn PyDict_Copy(op: Ref) -> Value {
        Ok(expect::<Dict>(op)?.copy()?.value())
    }

    fn PyDict_Update(op: Ref, other: Ref) -> () {
        merge(op, other, true)
    }

    fn PyDict_Merge(op: Ref, other: Ref, replace: c_int) -> () {
        merge(op, other, replace != 0)
    }

    fn _PyDict_MergeEx(op: Ref, other: Ref, replace: c_int) -> () {
        merge(op, other, replace != 0)
    }

    fn PyDict_MergeFromSeq2(op: Ref, seq: Ref, _replace: c_int) -> () {
        merge(op, seq, true)
    }

    fn PyDict_Keys(op: Ref) -> Value {
        view(op, "keys")
    }

    fn PyDict_Values(op: Ref) -> Value {
        view(op, "values")
    }

    fn PyDict_Items(op: Ref) -> Value {
        view(op, "items")
    }

    fn PyDictProxy_New(mapping: Ref) -> Value {
        rivet_vm::types::mapping_proxy::new(get(mapping)?)
    }

    fn _PyDict_SizeOf(op: Ref) -> isize {
        Ok(64 + 24 * expect::<Dict>(op)?.len() as isize)
    }
}

/// A new reference to a dict made from a C array's keyword values.
pub fn from_pairs(names: &[Value], values: &[Value]) -> PyResult<Ref> {
    let d = Dict::new()?;
    for (&k, &v) in names.iter().zip(values) {
        d.set_item(k, v)?;
    }
    Ok(new_ref(d.value()))
}
