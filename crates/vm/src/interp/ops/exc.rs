//! Exception and `with` instructions.

use rivet_spec::Insn;

use crate::exceptions::{
    Exception, PyResult, Raised, enter_handler, exc, given_matches, handled, leave_handler,
    make_exception, raise_instance, restore, runtime_error, set_handled, type_error,
};
use crate::frames::{Frame, Regs};
use crate::name;
use crate::object::attr::lookup_special;
use crate::object::call::{call, call_special};
use crate::types::list::List;
use crate::types::method::BoundMethod;
use crate::value::{Gc, Value};

/// PushExc
#[inline]
pub fn push(frame: &Frame, regs: Regs, insn: Insn) {
    let in_generator = frame.generator.get().is_some();
    regs.set_opt(insn.a(), enter_handler(in_generator, regs.get(insn.b())));
}

/// PopExc
#[inline]
pub fn pop(frame: &Frame, regs: Regs, register: u16) {
    leave_handler(frame.generator.get().is_some(), regs.get_opt(register));
}

/// The `raise` statement.
#[cold]
pub fn raise(regs: Regs, insn: Insn) -> Raised {
    match insn.d() {
        0 => match handled() {
            Some(e) => restore(e),
            None => runtime_error("No active exception to reraise"),
        },
        1 => match make_exception(regs.get(insn.a())) {
            Ok(e) => raise_instance(e),
            Err(raised) => raised,
        },
        _ => raise_from(regs.get(insn.a()), regs.get(insn.b())),
    }
}

fn raise_from(e: Value, cause: Value) -> Raised {
    let make = || -> PyResult<Value> {
        let e = make_exception(e)?;
        let x = e.cast::<Exception>().expect("an exception");
        if cause.is_none() {
            x.cause.clear();
        } else if cause.cast::<Exception>().is_some()
            || crate::exceptions::classes::is_exception_class(cause)
        {
            x.set(&x.cause, make_exception(cause)?);
        } else {
            return Err(type_error(
                "exception causes must derive from BaseException",
            ));
        }
        x.set(&x.suppress, Value::TRUE);
        Ok(e)
    };
    match make() {
        Ok(e) => raise_instance(e),
        Err(raised) => raised,
    }
}

/// EndAsyncFor
pub fn end_async_for(frame: &Frame, regs: Regs, insn: Insn) -> PyResult<()> {
    let e = regs.get(insn.a());
    if given_matches(e, exc().stop_async_iteration.value()) {
        pop(frame, regs, insn.b());
        return Ok(());
    }
    Err(restore(e))
}

/// ExcGroupMatch
pub fn group_match(regs: Regs, insn: Insn) -> PyResult<()> {
    let e = regs.get(insn.b());
    let (matched, rest) = match e.is_none() {
        true => (None, None),
        false => crate::exceptions::group::match_group(e, regs.get(insn.c()))?,
    };
    regs.set(insn.a(), matched.unwrap_or(Value::NONE));
    regs.set(insn.b(), rest.unwrap_or(Value::NONE));
    if let Some(m) = matched {
        set_handled(Some(m));
    }
    Ok(())
}

/// PrepReraiseStar
pub fn prep_reraise_star(orig: Value, parts: Value) -> PyResult<Value> {
    let list: Gc<List> = parts.cast::<List>().expect("the compiler made a list");
    crate::exceptions::group::prep_reraise_star(orig, list)
}

/// BeforeWith, BeforeAsyncWith
pub fn before_with(regs: Regs, insn: Insn, is_async: bool) -> PyResult<()> {
    let mgr = regs.get(insn.c());
    let (enter_name, exit_name, what, method) = if is_async {
        (
            name!("__aenter__"),
            name!("__aexit__"),
            "asynchronous context manager",
            "__aexit__",
        )
    } else {
        (
            name!("__enter__"),
            name!("__exit__"),
            "context manager",
            "__exit__",
        )
    };
    let t = || mgr.type_of().name_string();
    let Some(enter) = lookup_special(mgr, enter_name)? else {
        return Err(type_error(format!(
            "'{}' object does not support the {what} protocol",
            t()
        )));
    };
    let Some(exit) = lookup_special(mgr, exit_name)? else {
        let text = format!(
            "'{}' object does not support the {what} protocol (missed {method} method)",
            t()
        );
        return Err(type_error(text));
    };
    let exit = match exit.receiver {
        Some(r) => BoundMethod::new(exit.callable, r)?.value(),
        None => exit.callable,
    };
    let entered = call_special(enter, &[])?;
    regs.set(insn.a(), exit);
    regs.set(insn.b(), entered);
    Ok(())
}

/// WithExit
pub fn with_exit(exit: Value, e: Value) -> PyResult<Value> {
    let tb = e
        .cast::<Exception>()
        .and_then(|x| x.traceback.get())
        .unwrap_or(Value::NONE);
    call(exit, &[e.type_of().value(), e, tb])
}
