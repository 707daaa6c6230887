//! What happens when an instruction raises: traceback entry, handler, or the caller.

use rivet_spec::{Insn, Op};

use super::dispatch::State;
use crate::exceptions::{Exception, PyResult, Raised, handled, restore, take, traceback};
use crate::frames::{OnReturn, Pc};
use crate::value::Value;

/// Finds the handler of the pending exception and leaves the interpreter there; Err when the loop's entry
/// frame has none (the frame is popped).
pub(super) fn unwind(st: &mut State, raised: Raised) -> PyResult<()> {
    let mut exc = take(raised);
    loop {
        // Frames that a failed call left above are gone already; `st.frame` is the top.
        let code = st.frame.code();
        let index = st.frame.last_index();
        let insn = Insn(code.insns()[index].get());
        // A bare `raise` goes on with the exception as it is.
        let bare = insn.op_byte() == Op::Raise as u8 && insn.d() == 0 && handled() == Some(exc);
        if insn.op_byte() != Op::Reraise as u8
            && !bare
            && let Err(raised) = traceback::add_entry(exc, st.frame, index)
        {
            exc = take(raised);
        }
        let traced = super::tracing::is_active(st.thread);
        if traced {
            exc = super::tracing::raised(st, exc);
        }
        if let Some(h) = code.handler_for(index) {
            st.regs = st.frame.regs();
            st.regs.set(h.exc, exc);
            st.pc = Pc::new(code.insns_ptr()).offset(h.target as isize);
            return Ok(());
        }
        if traced {
            exc = super::tracing::unwound(st, exc);
        }
        if insn.op_byte() == Op::Reraise as u8 && code.line_of(index).is_none() {
            show_origin(st, exc);
        }
        let how = st.frame.on_return();
        let generator = st.frame.generator.get();
        st.thread.stack.pop();
        match (how, generator) {
            (OnReturn::Exit, _) => return Err(restore(exc)),
            (OnReturn::Iterate | OnReturn::Delegate, Some(g)) => {
                exc = super::ops::generators::raised(st, how, g, exc);
            }
            _ => {}
        }
        let caller = st
            .thread
            .stack
            .top()
            .expect("a frame called by Python code has a caller");
        st.load(caller);
    }
}

/// A frame that ends by raising again, behind its cleanup, is left where the exception first was raised in it: that
/// is the line it shows from now on.
fn show_origin(st: &State, exc: Value) {
    let entry = exc
        .cast::<Exception>()
        .and_then(|e| e.traceback.get_as::<traceback::Traceback>());
    if let Some(entry) = entry
        && entry.frame.get() == st.frame.object.get()
    {
        let index = entry.lasti.get() as isize / 2;
        let start = Pc::new(st.frame.code().insns_ptr());
        st.frame.set_pc(start.offset(index + 1));
    }
}
