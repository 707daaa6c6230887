//! The pending and the handled exception: taking, restoring, matching.

use super::{PyResult, Raised, type_error};
use crate::object::Type;
use crate::thread;
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

/// The exception being handled (`sys.exc_info()`).
pub fn handled() -> Option<Value> {
    thread::current().handled.get()
}

/// Sets the exception being handled.
pub fn set_handled(exc: Option<Value>) {
    let t = thread::current();
    t.set(&t.handled, exc);
}

/// Takes the pending exception that `raised` stands for.
pub fn take(raised: Raised) -> Value {
    let _ = raised;
    thread::current()
        .take_pending()
        .expect("Raised means that an exception is pending")
}

/// Makes `exc` the pending exception again, as it is.
pub fn restore(exc: Value) -> Raised {
    thread::current().set_pending(exc);
    Raised::new()
}

/// Swallows the pending exception if it is an instance of `class`; otherwise it stays.
pub fn clear_if(raised: Raised, class: Gc<Type>) -> PyResult<()> {
    let t = thread::current();
    match t.pending() {
        Some(e) if e.type_of().is_subtype(class) => {
            t.take_pending();
            Ok(())
        }
        _ => Err(raised),
    }
}

/// Whether the exception instance matches a class or tuple of classes, as `except` does; anything else never
/// matches.
pub fn given_matches(exc: Value, class: Value) -> bool {
    if let Some(ty) = class.cast::<Type>() {
        return exc.type_of().is_subtype(ty);
    }
    class
        .cast::<Tuple>()
        .is_some_and(|t| t.items().iter().any(|&c| given_matches(exc, c)))
}

/// `except class:`; TypeError if `class` is no exception class or tuple of them.
pub fn exception_matches(exc: Value, class: Value) -> PyResult<bool> {
    let valid = |c: Value| {
        c.cast::<Type>()
            .is_some_and(|t| t.is_subtype(super::exc().base_exception))
    };
    let ok = match class.cast::<Tuple>() {
        Some(t) => t.items().iter().all(|&c| valid(c)),
        None => valid(class),
    };
    if !ok {
        return Err(type_error(
            "catching classes that do not inherit from BaseException is not allowed",
        ));
    }
    Ok(given_matches(exc, class))
}
