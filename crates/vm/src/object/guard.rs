//! The guard against endless recursion in `repr` of containers that contain themselves.

use crate::exceptions::PyResult;
use crate::thread;
use crate::types::list::List;
use crate::types::str;
use crate::value::{Gc, Value};

fn stack() -> PyResult<Gc<List>> {
    let t = thread::current();
    if let Some(l) = t.repr_stack.get_as::<List>() {
        return Ok(l);
    }
    let l = List::new()?;
    t.set(&t.repr_stack, Some(l.value()));
    Ok(l)
}

/// Begins `repr(v)`; false if it is in progress already. Pairs with `leave_repr` when it says true.
pub fn enter_repr(v: Value) -> PyResult<bool> {
    let s = stack()?;
    if s.items().contains(&v) {
        return Ok(false);
    }
    s.append(v)?;
    Ok(true)
}

/// Ends what `enter_repr` began.
pub fn leave_repr(v: Value) {
    if let Some(s) = thread::current().repr_stack.get_as::<List>()
        && let Some(i) = s.items().iter().rposition(|&x| x == v)
    {
        s.remove(i);
    }
}

/// `f()`, or `placeholder` if `repr(v)` is in progress already.
pub fn guarded_repr(
    v: Value,
    placeholder: &str,
    f: impl FnOnce() -> PyResult<Value>,
) -> PyResult<Value> {
    if !enter_repr(v)? {
        return str::new(placeholder);
    }
    let r = f();
    leave_repr(v);
    r
}
