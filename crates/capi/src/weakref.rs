//! `weakrefobject.h`, `contextvars`: references that do not keep, variables of the context.

use std::ffi::{c_char, c_int};

use rivet_vm::exceptions::PyResult;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::call;
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::types::weakref::WeakRef;
use rivet_vm::value::Value;

use crate::api::{Out, get, name, optional};
use crate::boundary::{borrow_out, new_ref};
use crate::layout::Ref;
use crate::{api, errors, raw, types};

fn context(n: &str) -> PyResult<Value> {
    get_attr(
        rivet_vm::import::import_module("_contextvars")?,
        intern_str(n),
    )
}

unsafe fn proxy(op: Ref, callback: Ref) -> PyResult<Value> {
    let f = get_attr(
        rivet_vm::import::import_module("_weakref")?,
        intern_str("proxy"),
    )?;
    // SAFETY: callers pass a live object, and another or null.
    unsafe {
        match optional(callback)?.and_then(Value::not_none) {
            Some(c) => call::call(f, &[get(op)?, c]),
            None => call::call(f, &[get(op)?]),
        }
    }
}

api! {
    fn PyWeakref_NewRef(op: Ref, callback: Ref) -> Value {
        let c = optional(callback)?.and_then(Value::not_none);
        Ok(WeakRef::new(rivet_vm::runtime::types().weakref, get(op)?, c)?.value())
    }

    fn PyWeakref_NewProxy(op: Ref, callback: Ref) -> Value {
        proxy(op, callback)
    }

    fn PyContext_CopyCurrent() -> Value {
        call::call(context("copy_context")?, &[])
    }

    fn PyContext_New() -> Value {
        call::call(context("Context")?, &[])
    }

    fn PyContextVar_New(n: *const c_char, default: Ref) -> Value {
        let class = context("ContextVar")?;
        match optional(default)? {
            None => call::call(class, &[name(n).value()]),
            Some(d) => {
                let names = rivet_vm::types::tuple::Tuple::from_slice(&[intern_str("default").value()])?;
                call::call_kw(class, &[name(n).value(), d], Some(names))
            }
        }
    }

    fn PyContextVar_Set(var: Ref, v: Ref) -> Value {
        call::call_method(get(var)?, intern_str("set"), &[get(v)?])
    }

    fn PyContextVar_Reset(var: Ref, token: Ref) -> () {
        call::call_method(get(var)?, intern_str("reset"), &[get(token)?]).map(|_| ())
    }
}

raw! {
    fn PyWeakref_GetObject(op: Ref) -> Ref {
        match get(op).ok().and_then(|v| v.cast::<WeakRef>()) {
            Some(w) => w.target().map_or(types::none(), borrow_out),
            None => {
                let _ = crate::api::bad_call();
                errors::publish();
                std::ptr::null_mut()
            }
        }
    }

    fn _PyWeakref_GetWeakrefCount(_head: Ref) -> isize {
        0
    }

    fn _PyWeakref_ClearRef(_op: Ref) {}

    fn PyContextVar_Get(var: Ref, default: Ref, out: *mut Ref) -> c_int {
        let run = || -> PyResult<Ref> {
            let v = get(var)?;
            let r = match optional(default)? {
                Some(d) => call::call_method(v, intern_str("get"), &[d]),
                None => call::call_method(v, intern_str("get"), &[]),
            };
            match r {
                Ok(found) => Ok(new_ref(found)),
                Err(raised) if default.is_null() => {
                    rivet_vm::exceptions::clear_if(raised, rivet_vm::exceptions::exc().lookup_error)?;
                    Ok(std::ptr::null_mut())
                }
                Err(raised) => Err(raised),
            }
        };
        let r = run();
        *out = r.unwrap_or(std::ptr::null_mut());
        <()>::out(r.map(|_| ()))
    }

    fn PyContext_Enter(_context: Ref) -> c_int {
        let _ = rivet_vm::exceptions::not_implemented_error("PyContext_Enter");
        errors::publish();
        -1
    }

    fn PyContext_Exit(_context: Ref) -> c_int {
        let _ = rivet_vm::exceptions::not_implemented_error("PyContext_Exit");
        errors::publish();
        -1
    }
}
