//! What the stream classes share: arguments, errors, retrying interrupted calls, errors during clean-up.

use std::cell::Cell;

use rivet_vm::exceptions::{
    Exception, PyResult, Raised, exc, overflow_error, raise_text, restore, runtime_error, take,
    type_error,
};
use rivet_vm::gil::allow_threads;
use rivet_vm::object::guard::{enter_repr, leave_repr};
use rivet_vm::object::{Type, protocol};
use rivet_vm::signals;
use rivet_vm::types::{int, str::Str};
use rivet_vm::value::{Gc, Value};

use crate::util::ty;

/// `io.UnsupportedOperation` with a message.
pub(super) fn unsupported(text: &str) -> Raised {
    raise_text(ty(&super::UNSUPPORTED), text)
}

/// None for success.
pub(super) fn none(r: PyResult<()>) -> PyResult<Value> {
    r.map(|()| Value::NONE)
}

/// A size argument: an integer, or None for the default.
pub(super) fn size_arg(v: Option<Value>) -> PyResult<isize> {
    optional_size(v, -1)
}

/// A size argument with some default.
pub(super) fn optional_size(v: Option<Value>, default: isize) -> PyResult<isize> {
    let Some(v) = v.and_then(Value::not_none) else {
        return Ok(default);
    };
    if let Some(n) = v.as_small_int() {
        return Ok(n as isize);
    }
    if !int::is_int(v) && v.type_of().slots().index.is_none() {
        return Err(type_error(format!(
            "argument should be integer or None, not '{}'",
            v.type_of().name_string()
        )));
    }
    protocol::index_i64(v, |v| {
        overflow_error(format!(
            "cannot fit '{}' into an index-sized integer",
            v.type_of().name_string()
        ))
    })
    .map(|n| n as isize)
}

/// A position argument (`off_t`).
pub(super) fn offset_arg(v: Value) -> PyResult<i64> {
    protocol::index_i64(v, |_| {
        overflow_error("Python int too large to convert to C long")
    })
}

/// A C int argument.
pub(super) fn int_arg(v: Value) -> PyResult<i32> {
    let n = protocol::index_i64(v, |_| {
        overflow_error("Python int too large to convert to C int")
    })?;
    i32::try_from(n).map_err(|_| {
        overflow_error(if n < 0 {
            "signed integer is less than minimum"
        } else {
            "signed integer is greater than maximum"
        })
    })
}

/// A type's name in messages: None is called so.
pub(super) fn type_or_none(v: Value) -> String {
    if v.is_none() {
        "None".to_owned()
    } else {
        v.type_of().name_string()
    }
}

/// Whether the pending exception says that a signal arrived: then its handlers run, and the caller tries again.
pub(super) fn interrupted(raised: Raised) -> PyResult<()> {
    let e = take(raised);
    let is_eintr = e.type_of().is_subtype(exc().os_error)
        && e.cast::<Exception>()
            .and_then(|x| x.field(0).get())
            .and_then(Value::as_small_int)
            == Some(libc::EINTR.into());
    if !is_eintr {
        return Err(restore(e));
    }
    signals::run_pending()
}

/// Calls `f` again as long as it is interrupted by signals.
pub(super) fn retry<T>(mut f: impl FnMut() -> PyResult<T>) -> PyResult<T> {
    loop {
        match f() {
            Ok(v) => return Ok(v),
            Err(raised) => interrupted(raised)?,
        }
    }
}

/// A system call without the GIL, again as long as it is interrupted. The inner error is an errno.
pub(super) fn system<T>(mut f: impl FnMut() -> Result<T, i32>) -> PyResult<Result<T, i32>> {
    loop {
        match allow_threads(&mut f) {
            Err(libc::EINTR) => signals::run_pending()?,
            r => return Ok(r),
        }
    }
}

/// Whether a value's type is exactly the one in the root.
pub(super) fn is_exactly(v: Value, t: Gc<Type>) -> bool {
    v.is_ref() && v.type_of() == t
}

/// Steps that must all be taken: the error of each has the one before as its context, the last is raised.
pub(super) struct Chained {
    pending: Option<Value>,
}

impl Chained {
    pub(super) fn new() -> Self {
        Chained { pending: None }
    }

    /// Takes a step; gives its result if it went well.
    pub(super) fn run<T>(&mut self, f: impl FnOnce() -> PyResult<T>) -> Option<T> {
        match f() {
            Ok(v) => Some(v),
            Err(raised) => {
                let e = take(raised);
                if let (Some(x), Some(before)) = (e.cast::<Exception>(), self.pending)
                    && before != e
                {
                    attach(x, before);
                }
                self.pending = Some(e);
                None
            }
        }
    }

    /// The outcome.
    pub(super) fn finish(self) -> PyResult<()> {
        match self.pending {
            None => Ok(()),
            Some(e) => Err(restore(e)),
        }
    }
}

/// Puts `before` at the end of the chain of contexts of `x`, unless it is in it.
fn attach(x: Gc<Exception>, before: Value) {
    let mut at = x;
    while let Some(next) = at.context.get() {
        if next == before {
            return;
        }
        match next.cast::<Exception>() {
            Some(n) => at = n,
            None => return,
        }
    }
    at.set(&at.context, before);
}

/// A flag that programs can set as an attribute (`_finalizing`).
pub(super) fn set_flag(flag: &Cell<bool>, v: Option<Value>) -> PyResult<()> {
    match v {
        Some(v) if v == Value::TRUE || v == Value::FALSE => {
            flag.set(v == Value::TRUE);
            Ok(())
        }
        Some(_) => Err(type_error("attribute value type must be bool")),
        None => Err(type_error("can't delete numeric/char attribute")),
    }
}

/// A buffer of so many zeros.
pub(super) fn zeros(n: usize) -> PyResult<Vec<u8>> {
    let mut v = Vec::new();
    v.try_reserve_exact(n)
        .map_err(|_| rivet_vm::exceptions::no_memory())?;
    v.resize(n, 0);
    Ok(v)
}

/// `repr(part)` for the repr of `whole`, which may be inside it: RuntimeError then.
pub(super) fn repr_once(whole: Value, part: Value) -> PyResult<Gc<Str>> {
    if !enter_repr(whole)? {
        return Err(runtime_error(format!(
            "reentrant call inside {}.__repr__",
            whole.type_of().name_string()
        )));
    }
    let r = protocol::repr(part);
    leave_repr(whole);
    r
}
