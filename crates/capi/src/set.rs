//! `setobject.h`: sets are managed; their mirrors show the size.

use std::ffi::c_int;

use rivet_vm::exceptions::{PyResult, key_error};
use rivet_vm::object::call;
use rivet_vm::types::set::{self, Set};
use rivet_vm::value::{Gc, Value};

use crate::api::{expect, get, optional};
use crate::boundary::{borrow_out, new_ref};
use crate::layout::Ref;
use crate::{api, raw};

unsafe fn make(iterable: Ref, class: Gc<rivet_vm::object::Type>) -> PyResult<Value> {
    // SAFETY: callers pass null or a live object.
    match unsafe { optional(iterable) }? {
        Some(v) => call::call(class.value(), &[v]),
        None => call::call(class.value(), &[]),
    }
}

/// The hook: a set that C has seen has another size.
pub fn resized(s: Gc<Set>) {
    if let Some(m) = crate::boundary::links::mirror_of(s.header()) {
        // SAFETY: a set's mirror.
        unsafe { changed(m, s) };
    }
}

/// The mirror's size is read by macro: brought up to date after each change from here.
unsafe fn changed(op: Ref, s: Gc<Set>) {
    // SAFETY: callers pass a set's mirror: `fill` and `used`.
    unsafe {
        *op.cast::<isize>().add(2) = s.len() as isize;
        *op.cast::<isize>().add(3) = s.len() as isize;
    }
}

api! {
    fn PySet_New(iterable: Ref) -> Value {
        make(iterable, rivet_vm::runtime::types().set)
    }

    fn PyFrozenSet_New(iterable: Ref) -> Value {
        make(iterable, rivet_vm::runtime::types().frozenset)
    }

    fn PySet_Size(op: Ref) -> isize {
        Ok(expect::<Set>(op)?.len() as isize)
    }

    fn PySet_Contains(op: Ref, x: Ref) -> bool {
        expect::<Set>(op)?.contains(get(x)?)
    }

    fn PySet_Add(op: Ref, x: Ref) -> () {
        let s = expect::<Set>(op)?;
        s.add(get(x)?)?;
        changed(op, s);
        Ok(())
    }

    fn PySet_Discard(op: Ref, x: Ref) -> bool {
        let s = expect::<Set>(op)?;
        let r = s.discard(get(x)?);
        changed(op, s);
        r
    }

    fn PySet_Clear(op: Ref) -> () {
        let s = expect::<Set>(op)?;
        s.clear();
        changed(op, s);
        Ok(())
    }

    fn PySet_Pop(op: Ref) -> Value {
        let s = expect::<Set>(op)?;
        let v = match s.pop() {
            Some(v) => v,
            None => return Err(key_error(rivet_vm::types::str::new("pop from an empty set")?)),
        };
        changed(op, s);
        Ok(v)
    }

    fn _PySet_Update(op: Ref, iterable: Ref) -> () {
        let s = expect::<Set>(op)?;
        set::update(s, get(iterable)?)?;
        changed(op, s);
        Ok(())
    }
}

raw! {
    fn _PySet_NextEntry(op: Ref, pos: *mut isize, key: *mut Ref, hash: *mut isize) -> c_int {
        let Some(s) = get(op).ok().and_then(|s| s.cast::<Set>()) else { return -1 };
        let mut i = *pos as usize;
        let entry = s.next_entry(&mut i);
        *pos = i as isize;
        match entry {
            Some((k, h)) => {
                *key = borrow_out(k);
                *hash = h as isize;
                1
            }
            None => 0,
        }
    }

    fn rivet_new_set() -> Ref {
        Set::new().map_or(std::ptr::null_mut(), |s| new_ref(s.value()))
    }
}
