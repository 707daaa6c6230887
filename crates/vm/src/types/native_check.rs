//! `-X typed=check`: a call whose entry allows it runs the native function and the wrapper on the same arguments; any
//! disagreement is reported on stderr with both results. The program goes on with the wrapper's.

use super::native::{Effects, Target, TypedEntry};
use crate::exceptions::{PyResult, restore, take};
use crate::object::protocol;
use crate::value::Value;

/// The result of a call under the checking mode.
pub fn compare(
    target: &'static Target,
    entry: &TypedEntry,
    native: impl FnOnce() -> PyResult<Value>,
    wrapper: impl FnOnce() -> PyResult<Value>,
) -> PyResult<Value> {
    let effects = entry.signature.effects;
    if !effects.has(Effects::PURE) && !effects.has(Effects::TESTABLE) {
        return native();
    }
    let seen = describe(native());
    let result = wrapper();
    let (wanted, result) = match result {
        Ok(v) => (describe(Ok(v)), Ok(v)),
        Err(raised) => {
            let e = take(raised);
            (describe_exception(e), Err(restore(e)))
        }
    };
    if seen != wanted {
        let name = target.method.get().map_or("?", |m| m.name);
        eprintln!(
            "typed=check: {name}{}: the native function gave {seen}, the wrapper {wanted}",
            entry.signature
        );
    }
    result
}

fn describe(r: PyResult<Value>) -> String {
    match r {
        Ok(v) => {
            let t = v.type_of().name_string();
            match protocol::repr_string(v) {
                Ok(text) => format!("{t} {text}"),
                Err(raised) => {
                    take(raised);
                    t
                }
            }
        }
        Err(raised) => describe_exception(take(raised)),
    }
}

fn describe_exception(e: Value) -> String {
    let t = e.type_of().name_string();
    match protocol::str(e) {
        Ok(text) => format!("{t}: {}", text.to_string_lossy()),
        Err(raised) => {
            take(raised);
            t
        }
    }
}
