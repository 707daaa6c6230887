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

/// What was being handled when a generator was resumed; put back when it gives up control.
pub struct Outside {
    handled: Option<Value>,
    outside: Option<Value>,
    own: bool,
}

impl Outside {
    /// Enters a generator that handles `own`, if anything: otherwise it sees what its resumer handles.
    pub fn enter(own: Option<Value>) -> Outside {
        let t = thread::current();
        let before = Outside {
            handled: handled(),
            outside: t.handled_outside.get(),
            own: t.handles_own.get(),
        };
        t.set(&t.handled_outside, before.handled);
        t.handles_own.set(own.is_some());
        if own.is_some() {
            set_handled(own);
        }
        before
    }

    /// Leaves the generator.
    pub fn leave(self) {
        let t = thread::current();
        set_handled(self.handled);
        t.set(&t.handled_outside, self.outside);
        t.handles_own.set(self.own);
    }
}

/// Whether nothing is being handled anywhere: then `Outside::enter` would have nothing to remember.
pub fn nothing_handled() -> bool {
    let t = thread::current();
    t.handled.get().is_none() && t.handled_outside.get().is_none() && !t.handles_own.get()
}

/// `Outside::leave` for a generator that was resumed with `nothing_handled`.
pub fn leave_to_nothing() {
    let t = thread::current();
    t.handled.clear();
    t.handled_outside.clear();
    t.handles_own.set(false);
}

/// The exception the running generator handles itself.
pub fn handled_by_generator() -> Option<Value> {
    handled().filter(|_| thread::current().handles_own.get())
}

/// Begins handling `exc`; the answer is for `leave_handler`. The resumer of a generator can change between the
/// two, so what it handles is not remembered.
pub fn enter_handler(in_generator: bool, exc: Value) -> Option<Value> {
    let before = if in_generator {
        let own = handled_by_generator();
        thread::current().handles_own.set(true);
        own
    } else {
        handled()
    };
    set_handled(Some(exc));
    before
}

/// Ends what `enter_handler` began.
pub fn leave_handler(in_generator: bool, before: Option<Value>) {
    let t = thread::current();
    if in_generator && before.is_none() {
        t.handles_own.set(false);
        set_handled(t.handled_outside.get());
    } else {
        set_handled(before);
    }
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
