//! `pyframe.h`, `traceback.h`: frame objects as C sees and makes them, and the entries it adds to tracebacks.

use std::ffi::{c_char, c_int};

use rivet_vm::exceptions::traceback::Traceback;
use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::object::attr::get_attr;
use rivet_vm::types::code::Code;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::frame::{self, FrameObject};
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::value::{Gc, Value};

use crate::api::{expect, get, optional};
use crate::boundary::new_ref;
use crate::boundary::to_c::borrow_out;
use crate::layout::{PyThreadState, Ref};
use crate::{api, codes, errors, raw, state};

/// `f_lineno` in the C struct: 0 until C sets it (generated code does, in place).
const LINE: usize = 40;

/// The line of a frame: what C has set, or else where it is.
unsafe fn line_of(op: Ref) -> PyResult<c_int> {
    // SAFETY: callers pass a live object; the mirror of a frame has the field.
    unsafe {
        let f = expect::<FrameObject>(op)?;
        let set = *op.cast::<u8>().add(LINE).cast::<c_int>();
        Ok(if set != 0 {
            set
        } else {
            f.line().unwrap_or(0) as c_int
        })
    }
}

/// The pending exception passes through a frame, at a line.
fn add_entry(f: Gc<FrameObject>, line: c_int) -> PyResult<()> {
    let (ty, value, tb) = errors::take_parts();
    // SAFETY: the parts were the thread state's and are ours now.
    let next = unsafe { optional(tb) }.ok().flatten();
    let lasti = f.record().map_or(-1i32, |r| r.last_index() as i32 * 2);
    let new = Traceback::new(
        next.and_then(Value::not_none),
        f.value(),
        lasti as u32,
        line.max(0) as u32,
    )
    .map(|t| new_ref(t.value()));
    match new {
        Ok(new) => {
            errors::set_parts(ty, value, new);
            // SAFETY: as above.
            unsafe { crate::boundary::xdecref(tb) };
            Ok(())
        }
        Err(raised) => {
            errors::set_parts(ty, value, tb);
            Err(raised)
        }
    }
}

/// The pending exception passes through code that stands for a function of C.
pub fn add_made(code: Gc<Code>, globals: Gc<Dict>, line: c_int) -> PyResult<()> {
    add_entry(made(code, globals, None)?, line)
}

/// A frame that never ran.
fn made(code: Gc<Code>, globals: Gc<Dict>, locals: Option<Value>) -> PyResult<Gc<FrameObject>> {
    let builtins = rivet_vm::builtins::compile::builtins_for(globals)?;
    frame::detached(code, globals.value(), builtins, locals)
}

/// The innermost frame of the thread that holds the lock.
fn current() -> PyResult<Option<Gc<FrameObject>>> {
    match rivet_vm::thread::current().stack.depth() {
        0 => Ok(None),
        n => frame::object_at(n - 1).map(Some),
    }
}

fn attribute(op: Ref, name: &str) -> PyResult<Value> {
    // SAFETY: callers pass what C passed.
    unsafe {
        expect::<FrameObject>(op)?;
        get_attr(get(op)?, intern_str(name))
    }
}

/// A new reference to a value that is not None; null without an exception for None.
fn or_null(v: PyResult<Value>) -> Ref {
    match v {
        Ok(v) => v.not_none().map_or(std::ptr::null_mut(), new_ref),
        Err(_) => {
            errors::publish();
            std::ptr::null_mut()
        }
    }
}

raw! {
    fn PyTraceBack_Here(op: Ref) -> c_int {
        let add = || add_entry(expect::<FrameObject>(op)?, line_of(op)?);
        <() as crate::api::Out>::out(add())
    }

    // An entry for a function of C, known by name, file and line alone.
    fn _PyTraceback_Add(function: *const c_char, file: *const c_char, line: c_int) {
        let add = || {
            let globals = match rivet_vm::thread::current().stack.top() {
                Some(f) => f.globals(),
                None => Dict::new()?,
            };
            add_entry(made(codes::empty(file, function, line)?, globals, None)?, line)
        };
        if add().is_err() {
            errors::publish();
        }
    }

    // Borrowed: the running frame keeps its object.
    fn PyEval_GetFrame() -> Ref {
        match current() {
            Ok(f) => f.map_or(std::ptr::null_mut(), |f| borrow_out(f.value())),
            Err(_) => {
                errors::publish();
                std::ptr::null_mut()
            }
        }
    }

    fn PyEval_GetGlobals() -> Ref {
        rivet_vm::thread::current().stack.top().map_or(std::ptr::null_mut(), |f| borrow_out(f.globals().value()))
    }

    // The frame keeps the snapshot.
    fn PyEval_GetLocals() -> Ref {
        let found = || current()?.ok_or_else(|| system_error("frame does not exist"))?.locals();
        match found() {
            Ok(v) => borrow_out(v),
            Err(_) => {
                errors::publish();
                std::ptr::null_mut()
            }
        }
    }

    fn PyFrame_GetLineNumber(op: Ref) -> c_int {
        line_of(op).unwrap_or(0)
    }

    // Null, with no exception, where there is no outer frame.
    fn PyFrame_GetBack(op: Ref) -> Ref {
        or_null(attribute(op, "f_back"))
    }

    fn PyThreadState_GetFrame(state: *mut PyThreadState) -> Ref {
        let frame = match state::thread_of(state) {
            Some(t) if std::ptr::eq(t, rivet_vm::thread::current()) => current(),
            _ => Err(rivet_vm::exceptions::not_implemented_error("PyThreadState_GetFrame: the frame of another thread")),
        };
        or_null(frame.map(|f| f.map_or(Value::NONE, Gc::value)))
    }

    fn PyFrame_GetLasti(op: Ref) -> c_int {
        expect::<FrameObject>(op).ok().and_then(|f| f.record()).map_or(-1, |r| r.last_index() as c_int * 2)
    }
}

api! {
    fn PyFrame_New(_state: *mut PyThreadState, code: Ref, globals: Ref, locals: Ref) -> Value {
        let (c, g) = (expect::<Code>(code)?, expect::<Dict>(globals)?);
        let own = if locals.is_null() { None } else { Some(get(locals)?) };
        Ok(made(c, g, own)?.value())
    }

    fn PyFrame_GetCode(op: Ref) -> Value {
        Ok(expect::<FrameObject>(op)?.code.value())
    }

    fn PyFrame_GetGlobals(op: Ref) -> Value {
        Ok(expect::<FrameObject>(op)?.globals.value())
    }

    fn PyFrame_GetBuiltins(op: Ref) -> Value {
        Ok(expect::<FrameObject>(op)?.builtins.value())
    }

    fn PyFrame_GetLocals(op: Ref) -> Value {
        expect::<FrameObject>(op)?.locals()
    }

    fn PyFrame_FastToLocalsWithError(op: Ref) -> () {
        expect::<FrameObject>(op)?.locals().map(|_| ())
    }

    fn PyTraceBack_Print(tb: Ref, file: Ref) -> () {
        if expect::<Traceback>(tb).is_err() {
            return Err(system_error("bad argument to internal function"));
        }
        let traceback = rivet_vm::import::import_module("traceback")?;
        let f = get_attr(traceback, rivet_vm::name!("print_tb"))?;
        rivet_vm::object::call::call(f, &[get(tb)?, Value::NONE, get(file)?]).map(|_| ())
    }
}
