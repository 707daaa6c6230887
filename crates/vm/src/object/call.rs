//! Calls from Rust: any callable, methods by name, special methods.

use super::attr::{self, SpecialMethod, get_attr, lookup_special};
use crate::exceptions::{PyResult, type_error};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::value::{Gc, RVec, Value};

/// `callable(*args)`
#[inline]
pub fn call(callable: Value, args: &[Value]) -> PyResult<Value> {
    call_kw(callable, args, None)
}

/// `callable(...)`: the last arguments are the values of the keywords in `kwnames`.
#[inline]
pub fn call_kw(callable: Value, args: &[Value], kwnames: Option<Gc<Tuple>>) -> PyResult<Value> {
    match callable.type_of().slots().call {
        Some(f) => f(callable, args, kwnames),
        None => {
            let ty = callable.type_of().name_string();
            Err(type_error(format!("'{ty}' object is not callable")))
        }
    }
}

/// Whether `callable()` can be tried.
pub fn is_callable(value: Value) -> bool {
    value.type_of().slots().call.is_some()
}

/// `obj.name(*args)`; `name` is interned. Makes no bound method where it can be avoided.
pub fn call_method(obj: Value, name: Gc<Str>, args: &[Value]) -> PyResult<Value> {
    call_method_kw(obj, name, args, None)
}

/// `obj.name(...)` with keywords.
pub fn call_method_kw(
    obj: Value,
    name: Gc<Str>,
    args: &[Value],
    kwnames: Option<Gc<Tuple>>,
) -> PyResult<Value> {
    let ty = obj.type_of();
    let generic = ty
        .slots()
        .getattro
        .is_none_or(|f| std::ptr::fn_addr_eq(f, attr::generic_getattr as super::slots::GetAttrFn));
    if generic
        && let Some(descr) = super::lookup::type_lookup(ty, name)
        && descr.type_of().has(super::TypeFlags::METHOD_DESCRIPTOR)
        && super::instance::get(obj, name).is_none()
    {
        return with_receiver(descr, obj, args, kwnames);
    }
    call_kw(get_attr(obj, name)?, args, kwnames)
}

/// `callable(receiver, *args, ...)`
pub fn with_receiver(
    callable: Value,
    receiver: Value,
    args: &[Value],
    kwnames: Option<Gc<Tuple>>,
) -> PyResult<Value> {
    match *args {
        [] => call_kw(callable, &[receiver], kwnames),
        [a] => call_kw(callable, &[receiver, a], kwnames),
        [a, b] => call_kw(callable, &[receiver, a, b], kwnames),
        [a, b, c] => call_kw(callable, &[receiver, a, b, c], kwnames),
        _ => {
            let mut all = RVec::with_capacity(args.len() + 1)?;
            all.push(receiver)?;
            all.extend(args)?;
            call_kw(callable, &all, kwnames)
        }
    }
}

/// Calls a special method that was looked up.
pub fn call_special(method: SpecialMethod, args: &[Value]) -> PyResult<Value> {
    match method.receiver {
        Some(receiver) => with_receiver(method.callable, receiver, args, None),
        None => call(method.callable, args),
    }
}

/// `type(obj).name(obj, *args)`, or None if the type has no such method.
pub fn try_special(obj: Value, name: Gc<Str>, args: &[Value]) -> PyResult<Option<Value>> {
    match lookup_special(obj, name)? {
        Some(method) => call_special(method, args).map(Some),
        None => Ok(None),
    }
}

/// `callable(*args, **kwargs)` from a tuple of positional arguments and a dict of keywords.
pub fn call_tuple_dict(
    callable: Value,
    args: &[Value],
    kwargs: Option<Gc<crate::types::dict::Dict>>,
) -> PyResult<Value> {
    let Some(kwargs) = kwargs.filter(|d| !d.is_empty()) else {
        return call(callable, args);
    };
    let mut all = RVec::with_capacity(args.len() + kwargs.len())?;
    all.extend(args)?;
    let mut names = RVec::with_capacity(kwargs.len())?;
    let mut i = 0;
    while let Some((key, value)) = kwargs.next_entry(&mut i) {
        if key.cast::<Str>().is_none() {
            return Err(type_error("keywords must be strings"));
        }
        names.push(key)?;
        all.push(value)?;
    }
    call_kw(callable, &all, Some(Tuple::from_slice(&names)?))
}
