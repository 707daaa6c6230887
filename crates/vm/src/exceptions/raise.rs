//! Raising from Rust: one function per class, with a message; and the ones that fill in fields.

use super::{Exception, PyResult, Raised, chain, exc};
use crate::object::Type;
use crate::thread;
use crate::types::str::Str;
use crate::value::{Gc, Value};

/// Raises an instance of `class` with these `args` (the class's `__init__` is not run; the context is set).
pub fn raise_args(class: Gc<Type>, args: &[Value]) -> Raised {
    match Exception::new(class, args) {
        Ok(e) => raise_instance(e.value()),
        Err(raised) => raised,
    }
}

/// Raises an instance of `class` with a message.
#[cold]
pub fn raise_text(class: Gc<Type>, text: &str) -> Raised {
    match Str::new(text) {
        Ok(s) => raise_args(class, &[s.value()]),
        Err(raised) => raised,
    }
}

/// Raises `exc`, an exception instance, with the exception being handled as its context.
pub fn raise_instance(exc: Value) -> Raised {
    if let (Some(e), Some(context)) = (exc.cast::<Exception>(), chain::handled()) {
        set_context(e, context);
    }
    thread::current().set_pending(exc);
    Raised::new()
}

/// Sets `__context__` to the exception being handled, breaking a cycle that would arise.
fn set_context(e: Gc<Exception>, context: Value) {
    if context == e.value() {
        return;
    }
    let mut at = context.cast::<Exception>();
    let mut steps = 0;
    while let Some(c) = at {
        let next = c.context.get_as::<Exception>();
        if next == Some(e) {
            c.context.clear();
            break;
        }
        at = next;
        steps += 1;
        if steps > 10_000 {
            break;
        }
    }
    e.set(&e.context, context);
}

macro_rules! raisers {
    ($($name:ident),* $(,)?) => {$(
        #[doc = concat!("Raises `", stringify!($name), "` with a message.")]
        #[cold]
        pub fn $name(text: impl AsRef<str>) -> Raised {
            raise_text(exc().$name, text.as_ref())
        }
    )*};
}

raisers! {
    arithmetic_error, assertion_error, attribute_error, buffer_error, eof_error, import_error,
    index_error, lookup_error, name_error, not_implemented_error, overflow_error,
    recursion_error, reference_error, runtime_error, system_error, type_error, value_error,
    zero_division_error, unicode_error, unbound_local_error, module_not_found_error,
}

/// MemoryError with a message (none if empty).
#[cold]
pub fn memory_error(text: &str) -> Raised {
    if text.is_empty() {
        raise_args(exc().memory_error, &[])
    } else {
        raise_text(exc().memory_error, text)
    }
}

/// MemoryError for a refused allocation: the instance was made at start-up.
#[cold]
pub fn no_memory() -> Raised {
    match crate::runtime::spare_memory_error() {
        Some(e) => chain::restore(e),
        None => crate::runtime::fatal("out of memory during start-up"),
    }
}

/// KeyError of this key.
#[cold]
pub fn key_error(key: Value) -> Raised {
    raise_args(exc().key_error, &[key])
}

/// StopIteration with this value (None: without arguments).
pub fn stop_iteration(value: Value) -> Raised {
    let args: &[Value] = if value.is_none() { &[] } else { &[value] };
    match Exception::new(exc().stop_iteration, args) {
        Ok(e) => {
            e.set(e.field(0), value);
            raise_instance(e.value())
        }
        Err(raised) => raised,
    }
}

/// AttributeError whose `name` and `obj` are set.
#[cold]
pub fn attribute_error_for(obj: Value, name: Gc<Str>, text: String) -> Raised {
    with_fields(exc().attribute_error, &text, &[(0, name.value()), (1, obj)])
}

/// NameError whose `name` is set.
#[cold]
pub fn name_error_for(name: Gc<Str>) -> Raised {
    let text = format!("name '{}' is not defined", name.to_string_lossy());
    with_fields(exc().name_error, &text, &[(0, name.value())])
}

/// ImportError (or a subclass) whose `name` and `path` are set.
#[cold]
pub fn import_error_for(class: Gc<Type>, text: &str, name: Value, path: Value) -> Raised {
    let msg = match Str::new(text) {
        Ok(s) => s.value(),
        Err(raised) => return raised,
    };
    with_fields(class, text, &[(0, msg), (1, name), (2, path)])
}

/// An exception with a message and some class-specific fields.
pub fn with_fields(class: Gc<Type>, text: &str, fields: &[(usize, Value)]) -> Raised {
    let make = || -> PyResult<Value> {
        let s = Str::new(text)?;
        let e = Exception::new(class, &[s.value()])?;
        fields.iter().for_each(|&(i, v)| e.set(e.field(i), v));
        Ok(e.value())
    };
    match make() {
        Ok(e) => raise_instance(e),
        Err(raised) => raised,
    }
}

/// Raises `class(*args)` by calling the class, as `PyErr_SetObject` does.
pub fn raise_call(class: Gc<Type>, args: &[Value]) -> Raised {
    match crate::object::call::call(class.value(), args) {
        Ok(e) if e.cast::<Exception>().is_some() => raise_instance(e),
        Ok(e) => {
            let t = e.type_of().name_string();
            let c = class.name_string();
            type_error(format!(
                "calling {c} should have returned an instance of BaseException, not {t}"
            ))
        }
        Err(raised) => raised,
    }
}

/// OSError for an `errno`, of the subclass that belongs to it.
#[cold]
pub fn os_error(errno: i32, filename: Option<Value>, filename2: Option<Value>) -> Raised {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let s = match Str::new(text) {
        Ok(s) => s.value(),
        Err(raised) => return raised,
    };
    let code = Value::int(errno.into());
    match (filename, filename2) {
        (None, _) => raise_call(exc().os_error, &[code, s]),
        (Some(f), None) => raise_call(exc().os_error, &[code, s, f]),
        (Some(f), Some(g)) => raise_call(exc().os_error, &[code, s, f, Value::NONE, g]),
    }
}

/// TypeError "'X' object ..." for a value of the wrong type.
#[cold]
pub fn wrong_type(v: Value, what: &str) -> Raised {
    type_error(format!("'{}' object {what}", v.type_of().name_string()))
}

/// The `raise` statement: a class is instantiated, anything but an exception is a TypeError.
pub fn make_exception(v: Value) -> PyResult<Value> {
    if v.cast::<Exception>().is_some() {
        return Ok(v);
    }
    if super::classes::is_exception_class(v) {
        let e = crate::object::call::call(v, &[])?;
        if e.cast::<Exception>().is_some() {
            return Ok(e);
        }
        let (c, t) = (
            v.cast::<Type>()
                .map_or_else(String::new, |t| t.name_string()),
            e.type_of().name_string(),
        );
        let text = format!(
            "calling <class '{c}'> should have returned an instance of BaseException, not <class '{t}'>"
        );
        return Err(type_error(text));
    }
    Err(type_error("exceptions must derive from BaseException"))
}
