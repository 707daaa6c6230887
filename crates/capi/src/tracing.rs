//! Trace and profile functions of C code (`PyEval_SetTrace`, `PyEval_SetProfile`): the runtime calls them as it calls those of
//! Python code.

use std::ffi::c_int;

use rivet_vm::exceptions::{PyResult, Raised, system_error};
use rivet_vm::interp::tracing::{OF_C, changed};
use rivet_vm::thread::Thread;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::str::Str;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, Slot, Value};

use crate::boundary::{borrowed, decref, new_ref};
use crate::layout::{PyThreadState, Ref};
use crate::{call, errors, raw, state};

/// `Py_tracefunc`: null or the object that was given with it, the frame, a number for the event, its argument. Not 0: it has
/// raised.
type TraceFunction = unsafe extern "C" fn(Ref, Ref, c_int, Ref) -> c_int;

/// The events' numbers are their places (`PyTrace_CALL` and so on).
const EVENTS: [&str; 8] = [
    "call",
    "exception",
    "line",
    "return",
    "c_call",
    "c_exception",
    "c_return",
    "opcode",
];

/// See `Hooks::c_trace_event`. The receiver is a tuple of the function's address and, if there is one, its object.
pub fn event(me: Value, args: &[Value]) -> PyResult<Value> {
    let wrong = || system_error("a trace function of C takes a frame, an event and an argument");
    let (&[frame, event, arg], Some(me)) = (args, me.cast::<Tuple>()) else {
        return Err(wrong());
    };
    let event = event.cast::<Str>();
    let what = EVENTS
        .iter()
        .position(|e| event.is_some_and(|s| s.eq_str(e)));
    let (Some(what), Some(address)) = (what, me.item(0).as_small_int()) else {
        return Err(wrong());
    };
    // SAFETY: builtin functions of this method are made by `function` alone, which has put the address of such a function there.
    let function = unsafe { std::mem::transmute::<usize, TraceFunction>(address as usize) };
    let all = [me.items().get(1).copied(), Some(frame), Some(arg)];
    let all = all.map(|v| v.map_or(std::ptr::null_mut(), new_ref));
    call::enter();
    // SAFETY: references of ours, or null.
    let status = unsafe {
        let status = function(all[0], all[1], what as c_int, all[2]);
        for r in all.into_iter().filter(|r| !r.is_null()) {
            errors::preserved(|| decref(r));
        }
        status
    };
    if status != 0 {
        return Err(raised());
    }
    // A trace function of C is that of each frame, too.
    let own = rivet_vm::thread::current().trace.get();
    Ok(own.unwrap_or(Value::NONE))
}

#[cold]
fn raised() -> Raised {
    errors::collect_pending()
        .unwrap_or_else(|| system_error("a trace function failed without an exception"))
}

/// What the runtime calls for a function of C.
fn function(f: TraceFunction, object: Ref) -> PyResult<Value> {
    let address = Value::int(f as usize as i64);
    let me = if object.is_null() {
        tuple::new(&[address])?
    } else {
        // SAFETY: C gives a live object.
        tuple::new(&[address, unsafe { borrowed(object) }?])?
    };
    Builtin::new(&OF_C, me, None).map(Gc::value)
}

fn set(
    thread: Option<&'static Thread>,
    slot: fn(&Thread) -> &Slot,
    f: Option<TraceFunction>,
    object: Ref,
) -> PyResult<()> {
    let thread = thread.ok_or_else(|| system_error("not the state of a thread"))?;
    let f = f.map(|f| function(f, object)).transpose()?;
    thread.set(slot(thread), f);
    changed();
    Ok(())
}

fn set_here(slot: fn(&Thread) -> &Slot, f: Option<TraceFunction>, object: Ref) {
    if set(Some(rivet_vm::thread::current()), slot, f, object).is_err() {
        errors::publish();
    }
}

raw! {
    fn PyEval_SetProfile(f: Option<TraceFunction>, object: Ref) {
        set_here(|t| &t.profile, f, object);
    }

    fn PyEval_SetTrace(f: Option<TraceFunction>, object: Ref) {
        set_here(|t| &t.trace, f, object);
    }

    fn _PyEval_SetProfile(state: *mut PyThreadState, f: Option<TraceFunction>, object: Ref) -> c_int {
        <() as crate::api::Out>::out(set(state::thread_of(state), |t| &t.profile, f, object))
    }

    fn _PyEval_SetTrace(state: *mut PyThreadState, f: Option<TraceFunction>, object: Ref) -> c_int {
        <() as crate::api::Out>::out(set(state::thread_of(state), |t| &t.trace, f, object))
    }
}
