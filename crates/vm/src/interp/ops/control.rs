//! Control: truth, safe points, hot loops, return.

use rivet_spec::Insn;

use super::super::dispatch::{Flow, State};
use crate::exceptions::{PyResult, type_error};
use crate::frames::OnReturn;
use crate::gil::{self, BREAKER, breaker};
use crate::hooks::hooks;
use crate::object::protocol;
use crate::value::Value;

/// The constant of LoadSpecial.
#[inline(always)]
pub fn special(n: u16) -> Option<Value> {
    match n {
        0 => Some(Value::NONE),
        1 => Some(Value::TRUE),
        2 => Some(Value::FALSE),
        3 => Some(Value::ELLIPSIS),
        _ => None,
    }
}

/// `bool(v)`
#[inline]
pub fn truth(v: Value) -> PyResult<bool> {
    protocol::is_true(v)
}

/// Something asked the interpreter to look up: signals, finalizers, another thread.
#[cold]
#[inline(never)]
pub fn eval_breaker() -> PyResult<()> {
    let bits = BREAKER.load(std::sync::atomic::Ordering::Acquire);
    if bits & breaker::SIGNAL != 0 {
        crate::signals::run_pending()?;
    }
    if bits & breaker::FINALIZE != 0 {
        BREAKER.fetch_and(!breaker::FINALIZE, std::sync::atomic::Ordering::Relaxed);
        crate::finalize::run_pending();
    }
    if bits & breaker::PENDING_CALL != 0 {
        BREAKER.fetch_and(!breaker::PENDING_CALL, std::sync::atomic::Ordering::Relaxed);
        crate::signals::run_pending_calls()?;
    }
    if bits & breaker::COMPILED != 0 {
        BREAKER.fetch_and(!breaker::COMPILED, std::sync::atomic::Ordering::Relaxed);
        if let Some(take) = hooks().take_compiled.get() {
            take();
        }
    }
    if bits & breaker::ASYNC_EXC != 0
        && let Some(e) = take_async_exception()
    {
        return Err(crate::exceptions::raise_instance(
            crate::exceptions::make_exception(e)?,
        ));
    }
    if bits & breaker::GIL != 0 {
        gil::yield_now();
    }
    Ok(())
}

fn take_async_exception() -> Option<Value> {
    let t = crate::thread::current();
    let e = t.async_exc.get()?;
    t.async_exc.clear();
    let mut more = false;
    crate::thread::for_each(|t| more |= t.async_exc.get().is_some());
    if !more {
        BREAKER.fetch_and(!breaker::ASYNC_EXC, std::sync::atomic::Ordering::Relaxed);
    }
    Some(e)
}

/// After a pop: takes up the caller behind its call instruction.
#[inline(always)]
pub(in crate::interp) fn back_to_caller(st: &mut State) {
    let caller = st.thread.stack.top().expect("a called frame has a caller");
    st.load(caller);
    let call = Insn(st.pc.offset(-1).cache(0));
    st.pc = st.pc.offset(call.op().cache_words() as isize);
}

/// Return in the cases that are not the plain one.
pub(in crate::interp) fn return_value(st: &mut State, v: Value) -> PyResult<Flow> {
    match st.frame.on_return() {
        OnReturn::Exit => {
            st.thread.stack.pop();
            Ok(Flow::Exit(v))
        }
        OnReturn::Register => {
            let dst = st.frame.dst.get();
            st.thread.stack.pop();
            back_to_caller(st);
            st.regs.set(dst, v);
            Ok(Flow::Next)
        }
        how @ (OnReturn::Iterate | OnReturn::Delegate) => {
            Ok(super::generators::returned(st, how, v))
        }
        OnReturn::Init => {
            let at = st.frame.dst.get();
            st.thread.stack.pop();
            let caller = st.thread.stack.top().expect("a called frame has a caller");
            st.load(caller);
            if !v.is_none() {
                let t = v.type_of().name_string();
                return Err(type_error(format!(
                    "__init__() should return None, not '{t}'"
                )));
            }
            let call = Insn(st.pc.offset(-1).cache(0));
            st.regs.set(call.c(), st.regs.get(at));
            st.pc = st.pc.offset(call.op().cache_words() as isize);
            Ok(Flow::Next)
        }
    }
}
