//! Compiled code and the interpreter: when code is hot, entering it, coming back, and what compiled code asks of
//! the interpreter. The compiler itself is a crate above this one and is reached through `hooks`.

use std::sync::atomic::{AtomicU64, Ordering};

use rivet_spec::Op;

use super::Input;
use super::dispatch::{Flow, State, run, step as one_step};
use super::ops::calls::plain_class;
use super::ops::control;
use crate::exceptions::{PyResult, Raised, type_error};
use crate::frames::{Frame, NewFrame, OnReturn, Pc};
use crate::hooks::hooks;
use crate::object::call::call as call_any;
use crate::object::{Type, instance};
use crate::runtime::{enter_call, leave_call};
use crate::thread::{self, Thread};
use crate::types::function::Function;
use crate::types::method::BoundMethod;
use crate::value::{Gc, Value, layout};

/// What is hot.
#[derive(Clone, Copy)]
pub struct CompileRequest {
    /// The running frame; its registers are all in memory.
    pub frame: &'static Frame,
    /// One past the counting instruction (the loop's `JumpBack`, the function's `Resume`).
    pub counter: Pc,
    /// Where execution goes on: the loop's header, or what follows the `Resume`.
    pub start: Pc,
    /// Whether this is a loop.
    pub is_loop: bool,
    /// How often the instruction was executed.
    pub count: u64,
}

/// How machine code ended.
#[derive(Clone, Copy)]
pub enum Answer {
    /// It did not run.
    No,
    /// The interpreter goes on at the saved position of the top frame.
    Continue,
    /// An exception is pending, raised at the saved position of the top frame.
    Raised,
    /// The frame returned this value; it is still on the stack.
    Returned(Value),
}

/// A back edge is looked at by the compiler when its count has none of these bits; all set: never.
static LOOP_MASK: AtomicU64 = AtomicU64::new(u64::MAX);
/// The same for calls of functions.
static CALL_MASK: AtomicU64 = AtomicU64::new(u64::MAX);

/// Sets how often hot code is reported: every `mask + 1` times (`mask + 1` is a power of two).
pub fn set_masks(loops: u64, calls: u64) {
    LOOP_MASK.store(loops, Ordering::Relaxed);
    CALL_MASK.store(calls, Ordering::Relaxed);
}

#[inline(always)]
pub(super) fn loop_mask() -> u64 {
    LOOP_MASK.load(Ordering::Relaxed)
}

#[inline(always)]
pub(super) fn call_mask() -> u64 {
    CALL_MASK.load(Ordering::Relaxed)
}

/// A back edge was taken often.
#[cold]
#[inline(never)]
pub(super) fn hot_loop(st: &mut State, header: Pc, count: u64) -> PyResult<Flow> {
    st.save();
    let request = CompileRequest {
        frame: st.frame,
        counter: st.pc,
        start: header,
        is_loop: true,
        count,
    };
    report(request);
    st.pc = header;
    Ok(Flow::Next)
}

/// A function was called often.
#[cold]
#[inline(never)]
pub(super) fn hot_function(st: &mut State, calls: u32) -> PyResult<Flow> {
    st.save();
    report(CompileRequest {
        frame: st.frame,
        counter: st.pc,
        start: st.pc,
        is_loop: false,
        count: calls.into(),
    });
    Ok(Flow::Next)
}

fn report(request: CompileRequest) {
    if let Some(compile) = hooks().compile.get()
        && !tracing(thread::current())
    {
        compile(request);
    }
}

/// Whether a trace or profile function wants to hear of every line: then everything is interpreted.
fn tracing(thread: &Thread) -> bool {
    thread.trace.get().is_some() || thread.profile.get().is_some()
}

/// A back edge of a loop with machine code.
#[inline(always)]
pub(super) fn enter_loop(st: &mut State, header: Pc) -> PyResult<Flow> {
    let unit = st.pc.cache(0) as usize;
    st.pc = header;
    enter(st, unit)
}

/// The entry of a function with machine code.
#[inline(always)]
pub(super) fn enter_function(st: &mut State) -> PyResult<Flow> {
    let unit = st.frame.code().jit.get();
    enter(st, unit)
}

fn enter(st: &mut State, unit: usize) -> PyResult<Flow> {
    let Some(enter) = hooks().enter_compiled.get() else {
        return Ok(Flow::Next);
    };
    if tracing(st.thread) {
        return Ok(Flow::Next);
    }
    st.save();
    match enter(unit, st.frame) {
        Answer::No => Ok(Flow::Next),
        Answer::Continue => {
            load_top(st);
            if super::tracing::should_switch(st) {
                // The loop with events goes on from here.
                st.switch = true;
                return Ok(Flow::Exit(Value::NONE));
            }
            Ok(Flow::Next)
        }
        Answer::Raised => {
            load_top(st);
            Err(Raised::pending())
        }
        Answer::Returned(v) => control::return_value(st, v),
    }
}

fn load_top(st: &mut State) {
    st.load(top(st.thread));
}

fn top(thread: &Thread) -> &'static Frame {
    thread.stack.top().expect("compiled code runs in a frame")
}

// ---- what compiled code asks for ----

/// Executes the instruction at `pc` of the top frame, one that neither enters nor leaves a frame. Registers are
/// read from and written to memory. Gives the next position.
pub fn step(frame: &'static Frame, pc: Pc) -> PyResult<Pc> {
    frame.set_pc(pc);
    let mut st = State {
        progress: Default::default(),
        switch: false,
        thread: thread::current(),
        frame,
        regs: frame.regs(),
        pc,
    };
    let thread = st.thread;
    let depth = thread.stack.depth();
    one_step(&mut st)?;
    if thread.stack.depth() > depth {
        // A call of a Python function: it runs to its end here.
        let callee = top(thread);
        callee.set_on_return(OnReturn::Exit);
        let dst = callee.dst.get();
        let v = nested(|| run_frame(thread, callee))?;
        frame.regs().set(dst, v);
        return Ok(pc);
    }
    Ok(st.pc)
}

/// Runs `f`, which uses the native stack for a Python call.
fn nested(f: impl FnOnce() -> PyResult<Value>) -> PyResult<Value> {
    let thread = thread::current();
    if let Err(raised) = enter_call() {
        thread.stack.pop();
        return Err(raised);
    }
    let r = f();
    leave_call();
    r
}

/// Calls `callee` with the `n` argument registers from `args` on, which lie in the top frame's window and may be
/// overwritten. `args[-1]` is a register of the window too.
///
/// The position of the calling frame must have been saved.
pub fn call_window(callee: Value, args: *mut u64, n: usize) -> PyResult<Value> {
    if callee.is_ref() {
        let id = callee.layout_id();
        if id == layout::FUNCTION
            && let Some(f) = callee.cast_exact::<Function>()
        {
            return call_function(f, args, n);
        }
        if id == layout::METHOD
            && let Some(m) = callee.cast_exact::<BoundMethod>()
            && let Some(f) = m.func.get_as::<Function>()
        {
            let args = args.wrapping_sub(1);
            put(args, m.receiver.value());
            return call_function(f, args, n + 1);
        }
        if let Some(ty) = callee.cast_exact::<Type>()
            && let Some(init) = plain_class(ty)
        {
            return instantiate(ty, init, args, n);
        }
    }
    call_any(callee, window(args, n))
}

fn window<'a>(args: *mut u64, n: usize) -> &'a [Value] {
    crate::frames::Regs::new(args).slice(0, n)
}

fn put(at: *mut u64, v: Value) {
    crate::frames::Regs::new(at).set(0, v);
}

fn call_function(f: Gc<Function>, args: *mut u64, n: usize) -> PyResult<Value> {
    let code = f.code();
    if !code.simple.get() || n != code.argcount.get() as usize {
        return super::call_function(f, window(args, n), None);
    }
    enter_call()?;
    let thread = thread::current();
    let new = NewFrame {
        code,
        func: Some(f.value()),
        globals: f.globals(),
        builtins: f.builtins.value(),
        base: args,
        filled: n,
    };
    let r = thread
        .stack
        .push(new, 0, OnReturn::Exit)
        .and_then(|frame| run_frame(thread, frame));
    leave_call();
    r
}

/// Runs a frame just pushed, by machine code if there is some for it as it is now: variables in cells have to be set
/// up by the interpreter before.
fn run_frame(thread: &'static Thread, frame: &'static Frame) -> PyResult<Value> {
    let unit = frame.code().jit.get();
    let mut first = frame.pc();
    let ready = unit != 0 && first.fetch().op_byte() == Op::ResumeJit as u8;
    let Some(enter) = hooks().enter_compiled.get().filter(|_| ready) else {
        return run(thread, frame, Input::Start);
    };
    if tracing(thread) {
        return run(thread, frame, Input::Start);
    }
    match enter(unit, frame) {
        Answer::No => run(thread, frame, Input::Start),
        Answer::Continue => run(thread, top(thread), Input::Start),
        Answer::Raised => run(thread, top(thread), Input::Raised),
        Answer::Returned(v) => {
            thread.stack.pop();
            Ok(v)
        }
    }
}

/// Makes an instance of a plain class and runs its `__init__`.
fn instantiate(ty: Gc<Type>, init: Gc<Function>, args: *mut u64, n: usize) -> PyResult<Value> {
    let obj = instance::allocate(ty, 0)?;
    let args = args.wrapping_sub(1);
    put(args, obj);
    let v = call_function(init, args, n + 1)?;
    check_init(v)?;
    Ok(obj)
}

/// TypeError unless `v`, which `__init__` returned, is None.
pub fn check_init(v: Value) -> PyResult<()> {
    if v.is_none() {
        return Ok(());
    }
    let t = v.type_of().name_string();
    Err(type_error(format!(
        "__init__() should return None, not '{t}'"
    )))
}

/// The `__init__` of a class whose instances compiled code can make: see `plain_class`.
pub fn plain_init(ty: Gc<Type>) -> Option<Gc<Function>> {
    plain_class(ty)
}

/// Pushes the frame of a call that compiled code has inlined: `base` is the address of its first register, the
/// registers are cleared, `pc` is its position. `init`: it is an `__init__`, and register `dst` of the caller holds the
/// instance. The calling frame is the top one and its position is saved. The recursion limit does not count: the few
/// frames a unit enters may go beyond it.
pub fn push_inlined(f: Gc<Function>, base: *mut u64, dst: u16, pc: Pc, init: bool) {
    let new = NewFrame {
        code: f.code(),
        func: Some(f.value()),
        globals: f.globals(),
        builtins: f.builtins.value(),
        base,
        filled: 0,
    };
    let frame = thread::current().stack.push_forced(new, dst);
    frame.set_pc(pc);
    if init {
        frame.set_on_return(OnReturn::Init);
    }
}
