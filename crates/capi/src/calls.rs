//! Calls of Python objects from C.

use std::ffi::{c_char, c_void};

use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::object::{attr, call};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, RVec, Value};

use crate::api::{get, name, optional};
use crate::boundary::{decref, incref};
use crate::layout::Ref;
use crate::tuple;
use crate::types::incoming::vectorcall_of;
use crate::{api, errors, raw};

/// Set in the count of vectorcall arguments: the slot before the first belongs to the callee.
const OFFSET: usize = 1 << 63;

/// Positional arguments and keyword values of a vectorcall, `skip` of them left out.
unsafe fn gather(
    args: *const Ref,
    nargs: usize,
    names: Ref,
    skip: usize,
) -> PyResult<(RVec, Option<Gc<Tuple>>)> {
    // SAFETY: callers pass an array of live objects and a tuple or null.
    unsafe {
        let kw = optional(names)?
            .and_then(|k| k.cast::<Tuple>())
            .filter(|k| !k.is_empty());
        let n = (nargs & !OFFSET) + kw.map_or(0, |k| k.len());
        let mut all = RVec::with_capacity(n)?;
        for i in skip..n {
            all.push(get(*args.add(i))?)?;
        }
        Ok((all, kw))
    }
}

unsafe fn vectorcall(f: Ref, args: *const Ref, nargs: usize, names: Ref) -> PyResult<Value> {
    // SAFETY: callers pass live objects.
    unsafe {
        let (all, kw) = gather(args, nargs, names, 0)?;
        call::call_kw(get(f)?, &all, kw)
    }
}

unsafe fn method(n: Value, args: *const Ref, nargs: usize, names: Ref) -> PyResult<Value> {
    // SAFETY: callers pass an array whose first item is the receiver.
    unsafe {
        let receiver = get(*args)?;
        let (all, kw) = gather(args, nargs, names, 1)?;
        call::call_method_kw(receiver, attr::attr_name(n)?, &all, kw)
    }
}

raw! {
    // An object's own vectorcall function is used directly: neither side's arguments are converted.
    fn PyObject_Vectorcall(f: Ref, args: *const Ref, nargs: usize, names: Ref) -> Ref {
        if let Some(fast) = vectorcall_of(f) {
            return fast(f, args, nargs, names);
        }
        <Value as crate::api::Out>::out(vectorcall(f, args, nargs, names))
    }

    fn _PyObject_Vectorcall(f: Ref, args: *const Ref, nargs: usize, names: Ref) -> Ref {
        PyObject_Vectorcall(f, args, nargs, names)
    }

    fn PyVectorcall_Function(f: Ref) -> *mut c_void {
        vectorcall_of(f).map_or(std::ptr::null_mut(), |f| f as *mut c_void)
    }

    fn PyVectorcall_NARGS(n: usize) -> isize {
        (n & !OFFSET) as isize
    }

    fn PyVectorcall_Call(f: Ref, args: Ref, kw: Ref) -> Ref {
        let Some(fast) = vectorcall_of(f) else {
            let t = errors::text((*(*f).ty).name);
            let _ = type_error(format!("'{t}' object does not support vectorcall"));
            errors::publish();
            return std::ptr::null_mut();
        };
        let Ok((items, n)) = tuple::items(args) else {
            errors::publish();
            return std::ptr::null_mut();
        };
        let d = optional(kw).ok().flatten().and_then(|k| k.cast::<Dict>()).filter(|d| !d.is_empty());
        let Some(d) = d else {
            return fast(f, items, n, std::ptr::null_mut());
        };
        let mut all: Vec<Ref> = std::slice::from_raw_parts(items, n).to_vec();
        all.iter().for_each(|&a| incref(a));
        let names = RVec::new();
        let r = with_keywords(d, names, &mut all, |all, names| fast(f, all.as_ptr(), n, names));
        all.iter().for_each(|&a| decref(a));
        r
    }

    fn _Py_CheckFunctionResult(_state: *mut c_void, f: Ref, r: Ref, place: *const c_char) -> Ref {
        let what = || match get(f) {
            Ok(v) if !f.is_null() => rivet_vm::object::protocol::repr_string(v).unwrap_or_default(),
            _ => errors::text(place),
        };
        if r.is_null() && !errors::occurred() {
            let _ = rivet_vm::exceptions::system_error(format!("{} returned NULL without setting an exception", what()));
            errors::publish();
        } else if !r.is_null() && errors::occurred() {
            decref(r);
            let text = format!("{} returned a result with an exception set", errors::preserved(what));
            let message = rivet_vm::types::str::new(&text).map_or(std::ptr::null_mut(), crate::boundary::new_ref);
            errors::rivet_format_from_cause(crate::types::to_c(rivet_vm::exceptions::exc().system_error).cast(), message);
            crate::boundary::xdecref(message);
            return std::ptr::null_mut();
        }
        r
    }
}

unsafe fn with_keywords(
    d: Gc<Dict>,
    mut names: RVec,
    all: &mut Vec<Ref>,
    f: impl FnOnce(&[Ref], Ref) -> Ref,
) -> Ref {
    let mut i = 0;
    while let Some((k, v)) = d.next_entry(&mut i) {
        if names.push(k).is_err() {
            break;
        }
        all.push(crate::boundary::new_ref(v));
    }
    match Tuple::from_slice(&names) {
        Ok(t) => {
            let n = crate::boundary::new_ref(t.value());
            let r = f(all, n);
            // SAFETY: a new reference.
            unsafe { decref(n) };
            r
        }
        Err(_) => {
            errors::publish();
            std::ptr::null_mut()
        }
    }
}

unsafe fn call_tuple(f: Ref, args: Ref, kw: Ref) -> PyResult<Value> {
    // SAFETY: callers pass live objects or null.
    unsafe {
        let args = match optional(args)? {
            None => Tuple::from_slice(&[])?,
            Some(a) => a
                .cast::<Tuple>()
                .ok_or_else(|| type_error("argument list must be a tuple"))?,
        };
        let kw = optional(kw)?.and_then(|k| k.cast::<Dict>());
        call::call_tuple_dict(get(f)?, args.items(), kw)
    }
}

api! {
    fn PyObject_Call(f: Ref, args: Ref, kw: Ref) -> Value {
        call_tuple(f, args, kw)
    }

    fn PyObject_CallObject(f: Ref, args: Ref) -> Value {
        call_tuple(f, args, std::ptr::null_mut())
    }

    fn PyEval_CallObjectWithKeywords(f: Ref, args: Ref, kw: Ref) -> Value {
        call_tuple(f, args, kw)
    }

    fn PyCFunction_Call(f: Ref, args: Ref, kw: Ref) -> Value {
        call_tuple(f, args, kw)
    }

    fn PyObject_CallNoArgs(f: Ref) -> Value {
        call::call(get(f)?, &[])
    }

    fn PyObject_CallOneArg(f: Ref, arg: Ref) -> Value {
        call::call(get(f)?, &[get(arg)?])
    }

    fn _PyObject_CallNoArgs(f: Ref) -> Value {
        call::call(get(f)?, &[])
    }

    fn _PyObject_CallOneArg(f: Ref, arg: Ref) -> Value {
        call::call(get(f)?, &[get(arg)?])
    }

    fn PyObject_CallMethodNoArgs(op: Ref, n: Ref) -> Value {
        call::call_method(get(op)?, attr::attr_name(get(n)?)?, &[])
    }

    fn PyObject_CallMethodOneArg(op: Ref, n: Ref, arg: Ref) -> Value {
        call::call_method(get(op)?, attr::attr_name(get(n)?)?, &[get(arg)?])
    }

    fn _PyObject_FastCall(f: Ref, args: *const Ref, nargs: isize) -> Value {
        vectorcall(f, args, nargs as usize, std::ptr::null_mut())
    }

    fn _PyObject_MakeTpCall(_state: *mut c_void, f: Ref, args: *const Ref, nargs: isize, keywords: Ref) -> Value {
        let kw = optional(keywords)?;
        if let Some(d) = kw.and_then(|k| k.cast::<Dict>()) {
            let (all, _) = gather(args, nargs as usize, std::ptr::null_mut(), 0)?;
            return call::call_tuple_dict(get(f)?, &all, Some(d));
        }
        vectorcall(f, args, nargs as usize, keywords)
    }

    fn PyObject_VectorcallDict(f: Ref, args: *const Ref, nargs: usize, kw: Ref) -> Value {
        let (all, _) = gather(args, nargs, std::ptr::null_mut(), 0)?;
        let d = optional(kw)?.and_then(|k| k.cast::<Dict>());
        call::call_tuple_dict(get(f)?, &all, d)
    }

    fn _PyObject_FastCallDictTstate(_state: *mut c_void, f: Ref, args: *const Ref, nargs: usize, kw: Ref) -> Value {
        let (all, _) = gather(args, nargs, std::ptr::null_mut(), 0)?;
        let d = optional(kw)?.and_then(|k| k.cast::<Dict>());
        call::call_tuple_dict(get(f)?, &all, d)
    }

    fn PyObject_VectorcallMethod(n: Ref, args: *const Ref, nargs: usize, names: Ref) -> Value {
        method(get(n)?, args, nargs, names)
    }

    // The shims' methods by C name.
    fn rivet_call_method(op: Ref, n: *const c_char, args: *const Ref, nargs: isize) -> Value {
        let (all, _) = gather(args, nargs as usize, std::ptr::null_mut(), 0)?;
        call::call_method(get(op)?, name(n), &all)
    }

    fn rivet_call_method_object(op: Ref, n: Ref, args: *const Ref, nargs: isize) -> Value {
        let (all, _) = gather(args, nargs as usize, std::ptr::null_mut(), 0)?;
        call::call_method(get(op)?, attr::attr_name(get(n)?)?, &all)
    }

    fn _PyStack_AsDict(values: *const Ref, names: Ref) -> Ref {
        let kw = get(names)?.cast::<Tuple>().ok_or_else(crate::api::bad_call)?;
        let mut all = RVec::new();
        for i in 0..kw.len() {
            all.push(get(*values.add(i))?)?;
        }
        crate::dict::from_pairs(kw.items(), &all)
    }
}
