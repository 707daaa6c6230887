//! Attribute access: the generic algorithm of `object.__getattribute__` and friends, and the entry points.

use super::instance;
use super::lookup::type_lookup;
use crate::exceptions::{PyResult, Raised, attribute_error_for, clear_if, exc, type_error};
use crate::types::str::Str;
use crate::value::{Gc, Value};

/// `getattr(obj, name)`; `name` is interned.
#[inline]
pub fn get_attr(obj: Value, name: Gc<Str>) -> PyResult<Value> {
    let found = match obj.type_of().slots().getattro {
        Some(f) => f(obj, name),
        None => generic_getattr(obj, name),
    };
    if found.is_err() {
        note_target(obj, name);
    }
    found
}

/// An AttributeError that does not say what was looked for where is told: suggestions need it.
#[cold]
fn note_target(obj: Value, name: Gc<Str>) {
    let pending = crate::thread::current().pending();
    let Some(e) = pending.and_then(|e| e.cast::<crate::exceptions::Exception>()) else {
        return;
    };
    if e.value().type_of() != exc().attribute_error {
        return;
    }
    let (its_name, its_obj) = (e.field(0), e.field(1));
    if its_name.get().is_none() && its_obj.get().is_none() {
        e.set(its_name, name.value());
        e.set(its_obj, obj);
    }
}

/// `getattr(obj, name)` for any str object.
pub fn get_attr_value(obj: Value, name: Value) -> PyResult<Value> {
    get_attr(obj, attr_name(name)?)
}

/// The interned form of an attribute name given as a Python value.
pub fn attr_name(name: Value) -> PyResult<Gc<Str>> {
    match name.cast::<Str>() {
        Some(s) => Ok(s.intern()),
        None => {
            let t = name.type_of().name_string();
            Err(type_error(format!(
                "attribute name must be string, not '{t}'"
            )))
        }
    }
}

/// `getattr(obj, name, None)`-like: no exception is made when the attribute is missing, if that can be
/// avoided; an AttributeError raised by user code is swallowed.
pub fn find_attr(obj: Value, name: Gc<Str>) -> PyResult<Option<Value>> {
    let slot = obj.type_of().slots().getattro;
    if slot.is_none_or(|f| std::ptr::fn_addr_eq(f, generic_getattr as super::slots::GetAttrFn)) {
        return match generic_find(obj, name) {
            Err(raised) => clear_if(raised, exc().attribute_error).map(|()| None),
            found => found,
        };
    }
    match get_attr(obj, name) {
        Ok(v) => Ok(Some(v)),
        Err(raised) => clear_if(raised, exc().attribute_error).map(|()| None),
    }
}

/// `obj.name = value` or, without a value, `del obj.name`; `name` is interned.
pub fn set_attr(obj: Value, name: Gc<Str>, value: Option<Value>) -> PyResult<()> {
    match obj.type_of().slots().setattro {
        Some(f) => f(obj, name, value),
        None => generic_setattr(obj, name, value),
    }
}

/// The generic look-up: data descriptors of the type, attributes of the instance, other attributes of the
/// type. None if there is none.
pub fn generic_find(obj: Value, name: Gc<Str>) -> PyResult<Option<Value>> {
    let ty = obj.type_of();
    let descr = type_lookup(ty, name);
    let mut get = None;
    if let Some(d) = descr {
        let slots = d.type_of();
        let slots = slots.slots();
        get = slots.descr_get;
        if let (Some(get), Some(_)) = (get, slots.descr_set) {
            return get(d, Some(obj), ty.value()).map(Some);
        }
    }
    if let Some(v) = instance::get(obj, name) {
        return Ok(Some(v));
    }
    match (descr, get) {
        (Some(d), Some(get)) => get(d, Some(obj), ty.value()).map(Some),
        (found, _) => Ok(found),
    }
}

/// `object.__getattribute__`
pub fn generic_getattr(obj: Value, name: Gc<Str>) -> PyResult<Value> {
    match generic_find(obj, name)? {
        Some(v) => Ok(v),
        None => Err(no_attribute(obj, name)),
    }
}

/// AttributeError "'X' object has no attribute 'y'".
#[cold]
pub fn no_attribute(obj: Value, name: Gc<Str>) -> Raised {
    let ty = obj.type_of().name_string();
    let text = format!(
        "'{ty}' object has no attribute '{}'",
        name.to_string_lossy()
    );
    attribute_error_for(obj, name, text)
}

/// `object.__setattr__` and `object.__delattr__`
pub fn generic_setattr(obj: Value, name: Gc<Str>, value: Option<Value>) -> PyResult<()> {
    let descr = type_lookup(obj.type_of(), name);
    if let Some(d) = descr
        && let Some(set) = d.type_of().slots().descr_set
    {
        return set(d, obj, value);
    }
    let done = match value {
        Some(v) => instance::set(obj, name, v)?,
        None => instance::delete(obj, name)?,
    };
    if done {
        return Ok(());
    }
    Err(cannot_set(obj, name, descr.is_some()))
}

#[cold]
fn cannot_set(obj: Value, name: Gc<Str>, in_type: bool) -> Raised {
    if in_type && !instance::has_storage(obj) {
        let ty = obj.type_of().name_string();
        let text = format!(
            "'{ty}' object attribute '{}' is read-only",
            name.to_string_lossy()
        );
        return attribute_error_for(obj, name, text);
    }
    no_attribute(obj, name)
}

/// A special method found on the type: with its receiver if it is an unbound function, else bound already.
#[derive(Clone, Copy)]
pub struct SpecialMethod {
    /// What to call.
    pub callable: Value,
    /// First argument, if the callable is not bound.
    pub receiver: Option<Value>,
}

/// Looks up special method `name` on the type of `obj` (never on the instance).
pub fn lookup_special(obj: Value, name: Gc<Str>) -> PyResult<Option<SpecialMethod>> {
    let ty = obj.type_of();
    let Some(descr) = type_lookup(ty, name) else {
        return Ok(None);
    };
    let dt = descr.type_of();
    if dt.has(super::TypeFlags::METHOD_DESCRIPTOR) {
        return Ok(Some(SpecialMethod {
            callable: descr,
            receiver: Some(obj),
        }));
    }
    let callable = match dt.slots().descr_get {
        Some(get) => get(descr, Some(obj), ty.value())?,
        None => descr,
    };
    Ok(Some(SpecialMethod {
        callable,
        receiver: None,
    }))
}

/// `__name__` of a type, else the name of the value's type: for messages.
pub fn try_type_name(v: Value) -> String {
    v.cast::<super::Type>()
        .map_or_else(|| v.type_of().name_string(), |t| t.name_string())
}
