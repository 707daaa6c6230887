//! Entering the interpreter from Rust.

use super::Input;
use super::dispatch::run;
use crate::exceptions::PyResult;
use crate::frames::{Frame, NewFrame, OnReturn, Regs};
use crate::runtime::{enter_call, leave_call};
use crate::thread;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::{self, Function};
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

/// Calls a Python function.
pub fn call_function(
    func: Gc<Function>,
    args: &[Value],
    kwnames: Option<Gc<Tuple>>,
) -> PyResult<Value> {
    enter_call()?;
    let r = call_inner(func, args, kwnames);
    leave_call();
    r
}

fn call_inner(func: Gc<Function>, args: &[Value], kwnames: Option<Gc<Tuple>>) -> PyResult<Value> {
    let thread = thread::current();
    let code = func.code();
    let base = thread.stack.free();
    let new = NewFrame {
        code,
        func: Some(func.value()),
        globals: func.globals(),
        builtins: func.builtins.value(),
        base,
        filled: 0,
    };
    // The frame is pushed first (cleared), so that binding may call Python code and collect.
    let frame = thread.stack.push(new, 0, OnReturn::Exit)?;
    if let Err(raised) = function::bind(func, args, kwnames, Regs::new(base)) {
        thread.stack.pop();
        return Err(raised);
    }
    run(thread, frame, Input::Start)
}

/// Runs a module, class or `exec` body: `locals` is the local namespace.
pub fn run_code(
    code: Gc<Code>,
    func: Option<Gc<Function>>,
    globals: Gc<Dict>,
    builtins: Value,
    locals: Option<Value>,
) -> PyResult<Value> {
    enter_call()?;
    let thread = thread::current();
    let new = NewFrame {
        code,
        func: func.map(Gc::value),
        globals,
        builtins,
        base: thread.stack.free(),
        filled: 0,
    };
    let r = thread.stack.push(new, 0, OnReturn::Exit).and_then(|frame| {
        frame.set(&frame.locals, locals);
        run(thread, frame, Input::Start)
    });
    leave_call();
    r
}

/// Runs a frame that was pushed for a generator.
pub fn resume(frame: &'static Frame, input: Input) -> PyResult<Value> {
    run(thread::current(), frame, input)
}
