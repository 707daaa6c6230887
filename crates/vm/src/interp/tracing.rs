//! `sys.settrace` and `sys.setprofile`: the events of the frames of one entry into the interpreter. The dispatch loop asks
//! before each instruction while somebody listens, and not at all otherwise.

use rivet_spec::{Insn, Op};

use super::dispatch::State;
use crate::exceptions::{Exception, PyResult, Raised, restore, system_error, take};
use crate::frames::Pc;
use crate::gil::{BREAKER, breaker};
use crate::hooks::hooks;
use crate::object::Method;
use crate::object::call::call;
use crate::object::member::MethodDescr;
use crate::thread::Thread;
use crate::types::frame::{FrameObject, object_of};
use crate::types::method::{BoundMethod, Builtin};
use crate::types::str;
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, Slot, Value, layout};

/// What stands for trace and profile functions of C is a builtin function of this method. Its receiver is a tuple of what the
/// boundary wants and, if C has given one, the object to call the function with.
pub static OF_C: Method = Method::fast("trace function of C", "", event_of_c, "");

fn event_of_c(me: Value, args: &[Value]) -> PyResult<Value> {
    match hooks().c_trace_event.get() {
        Some(event) => event(me, args),
        None => Err(system_error("no C boundary is installed")),
    }
}

/// A trace or profile function as programs see it: of one of C the object that came with it.
pub fn shown(f: &Slot) -> Value {
    let f = f.get().unwrap_or(Value::NONE);
    match f.cast_exact::<Builtin>() {
        Some(b) if is_of_c(f) => {
            let given = b.receiver.get_as::<Tuple>();
            let object = given.and_then(|t| t.items().get(1).copied());
            object.unwrap_or(Value::NONE)
        }
        _ => f,
    }
}

fn is_of_c(f: Value) -> bool {
    let builtin = f.cast_exact::<Builtin>();
    builtin.is_some_and(|b| std::ptr::eq(b.method(), &OF_C))
}

/// What is known of the frames between two instructions.
#[derive(Clone, Copy, Default)]
pub(super) struct Progress {
    /// Frames on the stack at the last instruction.
    depth: usize,
    /// The top frame has begun and its `call` event is still to come.
    entering: bool,
    /// The builtin function that the last instruction of the frame has called, for a profile function.
    builtin: Option<Value>,
}

/// Whether the thread has a trace or profile function.
#[inline(always)]
pub(super) fn is_active(t: &Thread) -> bool {
    t.trace.get().is_some() || t.profile.get().is_some()
}

/// Makes the interpreter look whether the functions of this thread want events.
pub fn changed() {
    let mut active = false;
    crate::thread::for_each(|t| active |= is_active(t));
    if active {
        crate::gil::request(breaker::TRACE);
    } else {
        BREAKER.fetch_and(!breaker::TRACE, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Whether the plain loop, at a `Resume`, should give way to the one with events.
#[cold]
#[inline(never)]
pub(super) fn should_switch(st: &State) -> bool {
    is_active(st.thread) && st.thread.tracing.get() == 0
}

/// Takes up a frame that this entry into the interpreter begins or continues; `begins` if nothing of it has run
/// since it was called or resumed.
pub(super) fn begin(st: &mut State, begins: bool) {
    st.progress = Progress {
        depth: st.thread.stack.depth(),
        entering: begins,
        builtin: None,
    };
}

/// Whether the `Resume` at `pc` is the first of its code: the frame has just been called.
pub(super) fn is_first_resume(st: &State, pc: Pc) -> bool {
    let code = st.frame.code();
    let at = (pc.as_ptr() as usize - code.insns_ptr() as usize) / 8;
    let is_resume = |w: &std::cell::Cell<u64>| {
        let op = Insn(w.get()).op_byte();
        op == Op::Resume as u8 || op == Op::ResumeJit as u8
    };
    !code.insns()[..at].iter().any(is_resume)
}

/// The events due before the instruction at `st.pc`.
pub(super) fn before(st: &mut State) -> PyResult<()> {
    if st.thread.tracing.get() != 0 {
        return Ok(());
    }
    if let Some(f) = st.progress.builtin.take() {
        profile(st, "c_return", f)?;
    }
    let depth = st.thread.stack.depth();
    if depth > st.progress.depth {
        st.progress.entering = true;
    }
    st.progress.depth = depth;
    let insn = Insn(st.pc.cache(0));
    let op = insn.op_byte();
    let is = |o: Op| op == o as u8;
    if st.progress.entering {
        if is(Op::MakeCell) || is(Op::CopyFree) {
            return Ok(());
        }
        st.progress.entering = false;
        if is(Op::ReturnGenerator) {
            return Ok(());
        }
        let called = is(Op::Resume) || is(Op::ResumeJit);
        if called || st.frame.generator.get().is_none() {
            show(st);
        }
        entered(st)?;
        if is(Op::Resume) || is(Op::ResumeJit) {
            return Ok(());
        }
    }
    line(st)?;
    if is(Op::Return) {
        returned(st, st.regs.get(insn.a()))?;
    } else if is(Op::Yield) {
        returned(st, st.regs.get(insn.b()))?;
    } else if st.thread.profile.get().is_some()
        && let Some(f) = called_builtin(st, insn)
    {
        show(st);
        profile(st, "c_call", f)?;
        st.progress.builtin = Some(f);
    }
    Ok(())
}

/// The builtin function that the instruction calls, if it does: of a type's method what it is bound to the receiver
/// (CPython's `trace_call_function`).
fn called_builtin(st: &State, insn: Insn) -> Option<Value> {
    let is = |o: Op| insn.op_byte() == o as u8;
    let receiver = match () {
        () if is(Op::Call) => false,
        () if is(Op::CallMethod) => true,
        () if is(Op::CallKw) || is(Op::CallEx) => insn.d() & 1 == 1,
        () => return None,
    };
    let first = match st.regs.get_opt(insn.a() + 1).filter(|_| receiver) {
        Some(receiver) => Some(receiver),
        None if is(Op::CallEx) => {
            let args = st.regs.get(insn.a() + 2).cast::<Tuple>()?;
            args.items().first().copied()
        }
        None => (insn.b() > 0).then(|| st.regs.get(insn.a() + 2)),
    };
    let callee = st.regs.get(insn.a());
    if !callee.is_ref() {
        return None;
    }
    match callee.layout_id() {
        layout::BUILTIN => Some(callee),
        layout::METHOD_DESCR => bound(callee, first?),
        // How a `with` statement holds the method it calls at the end.
        layout::METHOD => {
            let m = callee.cast_exact::<BoundMethod>()?;
            let f = m.func.get().filter(|f| f.cast::<MethodDescr>().is_some())?;
            bound(f, m.receiver.value())
        }
        _ => None,
    }
}

fn bound(method: Value, receiver: Value) -> Option<Value> {
    let bind = method.type_of().slots().descr_get?;
    // The call itself says what is wrong.
    bind(method, Some(receiver), Value::NONE).map_err(take).ok()
}

/// Shows the instruction at `st.pc` as the one in progress.
fn show(st: &State) {
    st.frame.set_pc(st.pc.offset(1));
}

/// `call`: the trace function's answer is the frame's own trace function.
fn entered(st: &State) -> PyResult<()> {
    if let Some(f) = st.thread.trace.get() {
        let frame = object_of(st.frame)?;
        if st.frame.generator.get().is_none() {
            frame.traced.set(0);
        }
        let answer = ask(st, f, frame, "call", Value::NONE)?;
        frame.set_opt(&frame.trace, answer.not_none());
    }
    profile(st, "call", Value::NONE)
}

/// An exception is raised where a frame waits: that the frame goes on is told first. Gives what is raised.
pub(super) fn thrown_into(st: &mut State, exc: Value) -> Raised {
    st.progress.entering = false;
    match entered(st) {
        Ok(()) => restore(exc),
        Err(raised) => raised,
    }
}

/// `line` and `opcode`, for frames with a trace function.
fn line(st: &State) -> PyResult<()> {
    let Some(frame) = st.frame.object.get_as::<FrameObject>() else {
        return Ok(());
    };
    if frame.trace.get().is_none() || st.thread.trace.get().is_none() {
        return Ok(());
    }
    let code = st.frame.code();
    let index = (st.pc.as_ptr() as usize - code.insns_ptr() as usize) / 8;
    let last = frame.traced.replace(index as u32 + 1) as usize;
    show(st);
    let here = code.line_of(index);
    let fresh = last == 0 || last > index + 1 || code.line_of(last - 1) != here;
    if here.is_some() && fresh && frame.trace_lines.get() {
        local(st, frame, "line", Value::NONE)?;
    }
    if frame.trace_opcodes.get() {
        local(st, frame, "opcode", Value::NONE)?;
    }
    Ok(())
}

/// `return`, also when a frame ends by an exception (with None).
fn returned(st: &State, value: Value) -> PyResult<()> {
    show(st);
    leaving(st, value)
}

fn leaving(st: &State, value: Value) -> PyResult<()> {
    if let Some(frame) = st.frame.object.get_as::<FrameObject>()
        && frame.trace.get().is_some()
        && st.thread.trace.get().is_some()
    {
        local(st, frame, "return", value)?;
    }
    profile(st, "return", value)
}

/// Calls a frame's own trace function; its answer replaces it unless that is None.
fn local(st: &State, frame: Gc<FrameObject>, event: &str, arg: Value) -> PyResult<()> {
    let Some(f) = frame.trace.get() else {
        return Ok(());
    };
    match ask(st, f, frame, event, arg) {
        Ok(answer) => {
            if let Some(f) = answer.not_none() {
                frame.set(&frame.trace, f);
            }
            Ok(())
        }
        Err(raised) => {
            if !is_of_c(f) {
                frame.trace.clear();
            }
            Err(raised)
        }
    }
}

/// Calls a trace function; one of Python code that raises is taken off.
fn ask(st: &State, f: Value, frame: Gc<FrameObject>, event: &str, arg: Value) -> PyResult<Value> {
    let answer = quietly(st.thread, f, frame, event, arg);
    if answer.is_err() {
        take_off(st.thread, &st.thread.trace, f);
    }
    answer
}

fn profile(st: &State, event: &str, arg: Value) -> PyResult<()> {
    let Some(f) = st.thread.profile.get() else {
        return Ok(());
    };
    let frame = object_of(st.frame)?;
    match quietly(st.thread, f, frame, event, arg) {
        Ok(_) => Ok(()),
        Err(raised) => {
            take_off(st.thread, &st.thread.profile, f);
            Err(raised)
        }
    }
}

fn take_off(t: &'static Thread, slot: &Slot, f: Value) {
    if !is_of_c(f) {
        t.set(slot, None);
        changed();
    }
}

/// Calls the function without events from inside it.
fn quietly(
    t: &'static Thread,
    f: Value,
    frame: Gc<FrameObject>,
    event: &str,
    arg: Value,
) -> PyResult<Value> {
    let event = str::intern::intern_str(event).value();
    t.tracing.set(t.tracing.get() + 1);
    let answer = call(f, &[frame.value(), event, arg]);
    t.tracing.set(t.tracing.get() - 1);
    answer
}

/// `exception`: one is on its way through the top frame. Gives the exception that goes on.
pub(super) fn raised(st: &mut State, exc: Value) -> Value {
    let builtin = st.progress.builtin.take();
    let exc = match builtin.filter(|_| st.thread.tracing.get() == 0) {
        Some(f) => after(profile(st, "c_exception", f), exc),
        None => exc,
    };
    let Some(frame) = st.frame.object.get_as::<FrameObject>() else {
        return exc;
    };
    if st.thread.tracing.get() != 0
        || frame.trace.get().is_none()
        || st.thread.trace.get().is_none()
    {
        return exc;
    }
    let tb = exc
        .cast::<Exception>()
        .and_then(|e| e.traceback.get())
        .unwrap_or(Value::NONE);
    let tell = || -> PyResult<()> {
        let arg = tuple::new(&[exc.type_of().value(), exc, tb])?;
        local(st, frame, "exception", arg)
    };
    after(tell(), exc)
}

/// The top frame ends because of an exception. Gives the exception that goes on.
pub(super) fn unwound(st: &State, exc: Value) -> Value {
    if st.thread.tracing.get() != 0 {
        return exc;
    }
    after(leaving(st, Value::NONE), exc)
}

fn after(told: PyResult<()>, exc: Value) -> Value {
    match told {
        Ok(()) => exc,
        Err(raised) => take(raised),
    }
}
