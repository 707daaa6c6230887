//! Waiting for children, and reading what a status says.

use rivet_vm::exceptions::{PyResult, os_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::object::spec::Method;
use rivet_vm::signals;
use rivet_vm::types::tuple;
use rivet_vm::value::Value;

use super::args::integer;
use crate::sysdep::fs;

/// The functions of this room.
pub static METHODS: &[Method] = &[
    Method::noargs(
        "wait",
        |_| wait_for(-1, 0),
        "Wait for completion of a child process.",
    ),
    Method::one(
        "WCOREDUMP",
        "($module, status, /)",
        |_, s| Ok(Value::bool(integer(Some(s))? & 0x80 != 0)),
        "Return True if the process returning status was dumped to a core file.",
    ),
    Method::one(
        "WIFCONTINUED",
        "",
        |_, s| Ok(Value::bool(integer(Some(s))? == 0xffff)),
        "Return True if a particular process was continued from a job control stop.",
    ),
    Method::fast(
        "waitpid",
        "($module, pid, options, /)",
        waitpid,
        "Wait for completion of a given child process.",
    ),
    Method::one(
        "WIFEXITED",
        "",
        |_, s| Ok(Value::bool(integer(Some(s))? & 0x7f == 0)),
        "Return True if the process returning status exited via the exit() system call.",
    ),
    Method::one(
        "WEXITSTATUS",
        "",
        |_, s| Ok(Value::int(integer(Some(s))? >> 8 & 0xff)),
        "Return the process return code from status.",
    ),
    Method::one(
        "WIFSIGNALED",
        "",
        |_, s| {
            let n = integer(Some(s))? & 0x7f;
            Ok(Value::bool(n != 0 && n != 0x7f))
        },
        "Return True if the process returning status was terminated by a signal.",
    ),
    Method::one(
        "WTERMSIG",
        "",
        |_, s| Ok(Value::int(integer(Some(s))? & 0x7f)),
        "Return the signal that terminated the process that provided the status value.",
    ),
    Method::one(
        "WIFSTOPPED",
        "",
        |_, s| Ok(Value::bool(integer(Some(s))? & 0xff == 0x7f)),
        "Return True if the process returning status was stopped.",
    ),
    Method::one(
        "WSTOPSIG",
        "",
        |_, s| Ok(Value::int(integer(Some(s))? >> 8 & 0xff)),
        "Return the signal that stopped the process that provided the status value.",
    ),
    Method::one(
        "waitstatus_to_exitcode",
        "($module, /, status)",
        |_, s| {
            let s = integer(Some(s))?;
            Ok(Value::int(if s & 0x7f == 0 {
                s >> 8 & 0xff
            } else {
                -(s & 0x7f)
            }))
        },
        "Convert a wait status to an exit code.",
    ),
];

fn waitpid(_m: Value, a: &[Value]) -> PyResult<Value> {
    let (pid, options) = (integer(a.first().copied())?, integer(a.get(1).copied())?);
    wait_for(pid as i32, options as i32)
}

fn wait_for(pid: i32, options: i32) -> PyResult<Value> {
    loop {
        match allow_threads(|| fs::waitpid(pid, options)) {
            Ok((pid, status)) => {
                return tuple::new(&[Value::int(pid.into()), Value::int(status.into())]);
            }
            Err(libc::EINTR) => signals::run_pending()?,
            Err(e) => return Err(os_error(e, None, None)),
        }
    }
}
