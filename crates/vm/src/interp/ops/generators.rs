//! Generator and coroutine instructions.

use rivet_spec::{Insn, flags};

use super::super::dispatch::{Flow, State};
use super::super::jump16;
use super::control::back_to_caller;
use crate::exceptions::{
    PyResult, Raised, clear_if, exc, leave_to_nothing, runtime_error, type_error,
};
use crate::frames::{Frame, OnReturn};
use crate::name;
use crate::object::attr::lookup_special;
use crate::object::protocol;
use crate::types::generator::{Generator, Resumed, awaitable_iter, send_to};
use crate::value::layout::{self, Kind};
use crate::value::{Gc, Value};

/// ReturnGenerator: the frame becomes a generator object, which the call returns.
pub(in crate::interp) fn return_generator(st: &mut State) -> PyResult<Flow> {
    st.save();
    let g = Generator::from_frame(st.frame, st.pc)?;
    if g.value().kind() == Kind::Coroutine {
        crate::types::generator::note_origin(g)?;
    }
    let (how, dst) = (st.frame.on_return(), st.frame.dst.get());
    st.thread.stack.pop();
    match how {
        OnReturn::Exit | OnReturn::Iterate | OnReturn::Delegate => Ok(Flow::Exit(g.value())),
        OnReturn::Register => {
            back_to_caller(st);
            st.regs.set(dst, g.value());
            Ok(Flow::Next)
        }
        OnReturn::Init => {
            let caller = st.thread.stack.top().expect("a called frame has a caller");
            st.load(caller);
            let t = g.value().type_of().name_string();
            Err(type_error(format!(
                "__init__() should return None, not '{t}'"
            )))
        }
    }
}

/// Goes on in the frame of a generator, if `it` is one that waits to be resumed and there is nothing special about it;
/// false: nothing has been done.
#[inline(always)]
pub(in crate::interp) fn enter(
    st: &mut State,
    it: Value,
    sent: Value,
    how: OnReturn,
) -> PyResult<bool> {
    if !it.is_ref() || !matches!(it.layout_id(), layout::GENERATOR | layout::COROUTINE) {
        return Ok(false);
    }
    enter_generator(st, it, sent, how)
}

fn enter_generator(st: &mut State, it: Value, sent: Value, how: OnReturn) -> PyResult<bool> {
    let Some(g) = it.cast::<Generator>() else {
        return Ok(false);
    };
    let Some(frame) = g.push_waiting(sent, how)? else {
        return Ok(false);
    };
    st.load(frame);
    Ok(true)
}

/// Back from the frame of a generator, which has been popped, to the instruction of the caller that resumed it.
fn back_to_resumer(st: &mut State) -> Insn {
    leave_to_nothing();
    let caller = st.thread.stack.top().expect("a resumed frame has a caller");
    st.load(caller);
    Insn(st.pc.offset(-1).cache(0))
}

/// The generator whose frame is the running one has returned to the instruction that resumed it.
pub(in crate::interp) fn returned(st: &mut State, how: OnReturn, v: Value) -> Flow {
    generator_of(st).finish();
    st.thread.stack.pop();
    let insn = back_to_resumer(st);
    if how == OnReturn::Iterate {
        st.pc = jump16(st.pc, insn, 1);
    } else {
        end_delegation(st);
        st.regs.set(insn.a(), v);
        st.pc = jump16(st.pc, insn, 0);
    }
    Flow::Next
}

/// An exception has left the frame of generator `g`, which has been popped; what its resumer sees.
pub(in crate::interp) fn raised(st: &mut State, how: OnReturn, g: Value, exc: Value) -> Value {
    leave_to_nothing();
    if how == OnReturn::Delegate {
        let caller = st.thread.stack.top().expect("a resumed frame has a caller");
        st.load(caller);
        end_delegation(st);
    }
    g.cast::<Generator>().map_or(exc, |g| g.fail(exc))
}

fn end_delegation(st: &State) {
    if let Some(g) = st.frame.generator.get_as::<Generator>() {
        g.set_delegate(None);
    }
}

fn generator_of(st: &State) -> Gc<Generator> {
    st.frame
        .generator
        .get_as::<Generator>()
        .expect("a yield belongs to a generator")
}

/// Yield: suspends the generator; the value goes to the caller, or ends the loop that was entered for the frame.
pub(in crate::interp) fn suspend(st: &mut State, v: Value) -> PyResult<Flow> {
    st.save();
    let how = st.frame.on_return();
    generator_of(st).suspend(st.frame, st.pc);
    st.thread.stack.pop();
    if how == OnReturn::Exit {
        return Ok(Flow::Exit(v));
    }
    let insn = back_to_resumer(st);
    st.regs.set(insn.a(), v);
    if how == OnReturn::Iterate {
        st.pc = st.pc.offset(1);
    }
    Ok(Flow::Next)
}

/// Send to a generator or coroutine that can run in this loop; false: nothing has been done.
#[inline(always)]
pub(in crate::interp) fn enter_send(st: &mut State, insn: Insn) -> PyResult<bool> {
    let (it, sent) = (st.regs.get(insn.b()), st.regs.get(insn.a()));
    let caller = st.frame;
    let entered = enter(st, it, sent, OnReturn::Delegate)?;
    if entered && let Some(g) = caller.generator.get_as::<Generator>() {
        g.set_delegate(Some(insn.b()));
    }
    Ok(entered)
}

/// Send: true when the sub-iterator has returned (register `a` then holds its value).
pub fn send(frame: &Frame, insn: Insn) -> PyResult<bool> {
    let regs = frame.regs();
    let it = regs.get(insn.b());
    let g = frame.generator.get_as::<Generator>();
    if let Some(g) = g {
        g.set_delegate(Some(insn.b()));
    }
    let r = send_to(it, regs.get(insn.a()));
    let returned = !matches!(r, Ok(Resumed::Yielded(_)));
    if returned && let Some(g) = g {
        g.set_delegate(None);
    }
    match r? {
        Resumed::Yielded(v) => {
            regs.set(insn.a(), v);
            Ok(false)
        }
        Resumed::Returned(v) => {
            regs.set(insn.a(), v);
            Ok(true)
        }
    }
}

/// GetYieldFromIter
pub fn yield_from_iter(frame: &Frame, v: Value) -> PyResult<Value> {
    if v.kind() == Kind::Coroutine {
        let ok = flags::CO_COROUTINE | flags::CO_ITERABLE_COROUTINE;
        if frame.code().flags.get() & ok == 0 {
            return Err(type_error(
                "cannot 'yield from' a coroutine object in a non-coroutine generator",
            ));
        }
        return Ok(v);
    }
    if v.kind() == Kind::Generator {
        return Ok(v);
    }
    protocol::iter(v)
}

/// GetAwaitable
pub fn get_awaitable(d: u8, v: Value) -> PyResult<Value> {
    let it = awaitable_iter(v).map_err(|raised| with_context(raised, d, v))?;
    if let Some(c) = it.cast::<Generator>()
        && it.kind() == Kind::Coroutine
        && c.delegate().is_some()
    {
        return Err(runtime_error("coroutine is being awaited already"));
    }
    Ok(it)
}

/// Names the method whose result could not be awaited.
#[cold]
fn with_context(raised: Raised, d: u8, v: Value) -> Raised {
    if d == 0 || v.type_of().slots().am_await.is_some() {
        return raised;
    }
    if let Err(raised) = clear_if(raised, exc().type_error) {
        return raised;
    }
    let (which, t) = (
        if d == 1 { "__aenter__" } else { "__aexit__" },
        v.type_of().name_string(),
    );
    let with = if d == 1 { "enter" } else { "exit" };
    let _ = with;
    type_error(format!(
        "'async with' received an object from {which} that does not implement __await__: {t}"
    ))
}

/// GetAiter
pub fn get_aiter(v: Value) -> PyResult<Value> {
    let t = v.type_of().name_string();
    let Some(f) = v.type_of().slots().am_aiter else {
        return Err(type_error(format!(
            "'async for' requires an object with __aiter__ method, got {t}"
        )));
    };
    let it = f(v)?;
    if it.type_of().slots().am_anext.is_none() {
        let t = it.type_of().name_string();
        return Err(type_error(format!(
            "'async for' received an object from __aiter__ that does not implement __anext__: {t}"
        )));
    }
    Ok(it)
}

/// GetAnext
pub fn get_anext(v: Value) -> PyResult<Value> {
    let Some(f) = v.type_of().slots().am_anext else {
        let t = v.type_of().name_string();
        return Err(type_error(format!(
            "'async for' requires an iterator with __anext__ method, got {t}"
        )));
    };
    let next = f(v)?;
    awaitable_iter(next).map_err(|raised| match clear_if(raised, exc().type_error) {
        Ok(()) => {
            let t = next.type_of().name_string();
            type_error(format!(
                "'async for' received an invalid object from __anext__: {t}"
            ))
        }
        Err(raised) => raised,
    })
}

/// Whether a special method exists, for rooms that only ask.
pub fn has_special(v: Value, name: Gc<crate::types::str::Str>) -> PyResult<bool> {
    lookup_special(v, name).map(|m| m.is_some())
}

/// `__anext__` as an interned name.
pub fn anext_name() -> Gc<crate::types::str::Str> {
    name!("__anext__")
}
