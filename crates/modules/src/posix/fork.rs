//! `os.fork` and the functions called around it.

use rivet_vm::exceptions::{PyResult, os_error};
use rivet_vm::object::args::Bound;
use rivet_vm::object::call::call;
use rivet_vm::object::spec::Method;
use rivet_vm::types::list::List;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Root, Value};

use crate::sysdep::fs;

/// The functions of this room.
pub static METHODS: &[Method] = &[
    Method::noargs("fork", |_| fork(), "Fork a child process."),
    Method::bound(
        "register_at_fork",
        "($module, /, *, before=None, after_in_child=None, after_in_parent=None)",
        register_at_fork,
        "Register callables to be called when forking a new process.",
    ),
];

static AT_FORK: Root = Root::new();

fn register_at_fork(_m: Value, a: Bound) -> PyResult<Value> {
    let l = match AT_FORK.get().and_then(|l| l.cast::<List>()) {
        Some(l) => l,
        None => {
            let l = List::new()?;
            AT_FORK.set(l.value());
            l
        }
    };
    l.append(tuple::new(&[
        a[0].unwrap_or(Value::NONE),
        a[1].unwrap_or(Value::NONE),
        a[2].unwrap_or(Value::NONE),
    ])?)?;
    Ok(Value::NONE)
}

fn run_at_fork(which: usize, reversed: bool) -> PyResult<()> {
    let Some(l) = AT_FORK.get().and_then(|l| l.cast::<List>()) else {
        return Ok(());
    };
    let n = l.len();
    for i in 0..n {
        let i = if reversed { n - 1 - i } else { i };
        let f = l
            .item(i)
            .cast::<Tuple>()
            .map_or(Value::NONE, |t| t.item(which));
        if !f.is_none()
            && let Err(raised) = call(f, &[])
        {
            rivet_vm::finalize::unraisable(raised, f);
        }
    }
    Ok(())
}

/// Calls what is to be called before a fork.
pub fn before_fork() -> PyResult<()> {
    run_at_fork(0, true)
}

/// In the child: only this thread is left; calls what is to be called there.
pub fn after_fork_in_child() -> PyResult<()> {
    rivet_vm::gil::after_fork_child();
    rivet_vm::thread::Thread::keep_only_current();
    fs::heap_after_fork();
    run_at_fork(1, false)
}

/// Calls what is to be called in the parent.
pub fn after_fork_in_parent() -> PyResult<()> {
    run_at_fork(2, false)
}

fn fork() -> PyResult<Value> {
    before_fork()?;
    match fs::fork() {
        Ok(0) => {
            after_fork_in_child()?;
            Ok(Value::int(0))
        }
        Ok(pid) => {
            after_fork_in_parent()?;
            Ok(Value::int(pid.into()))
        }
        Err(e) => Err(os_error(e, None, None)),
    }
}
