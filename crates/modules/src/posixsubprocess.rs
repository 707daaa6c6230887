//! `_posixsubprocess`: `fork_exec`, the child side of `subprocess.Popen`.

use rivet_vm::exceptions::{PyResult, os_error, type_error};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::value::{Gc, Value};

use crate::posix::path_bytes;
use crate::sysdep::spawn::{self, Spawn};

static METHODS: &[Method] = &[Method::fast(
    "fork_exec",
    "",
    fork_exec,
    "Spawn a fresh new child process.",
)];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)
}

fn number(v: Value) -> PyResult<i32> {
    Ok(protocol::as_isize(v)? as i32)
}

fn strings(v: Value) -> PyResult<Vec<Vec<u8>>> {
    protocol::collect(v)?
        .as_slice()
        .iter()
        .map(|&s| path_bytes(s))
        .collect()
}

fn fork_exec(_m: Value, a: &[Value]) -> PyResult<Value> {
    if a.len() != 23 {
        return Err(type_error(format!(
            "fork_exec expected 23 arguments, got {}",
            a.len()
        )));
    }
    for (i, what) in [(17, "gid"), (18, "groups"), (19, "uid"), (21, "preexec_fn")] {
        let unset = a[i].is_none() || int::to_i64(a[i]) == Some(-1);
        if !unset {
            let text = format!("subprocess: {what} is not supported yet");
            return Err(rivet_vm::exceptions::not_implemented_error(text));
        }
    }
    let mut keep = Vec::new();
    for &fd in protocol::collect(a[3])?.as_slice() {
        keep.push(number(fd)?);
    }
    let spec = Spawn {
        args: strings(a[0])?,
        executables: strings(a[1])?,
        close_fds: protocol::is_true(a[2])?,
        keep,
        cwd: a[4].not_none().map(path_bytes).transpose()?,
        env: a[5].not_none().map(strings).transpose()?,
        stdin: number(a[6])?,
        stdout: number(a[9])?,
        stderr: number(a[11])?,
        parents: [number(a[7])?, number(a[8])?, number(a[10])?, number(a[12])?],
        errpipe: number(a[13])?,
        restore_signals: protocol::is_true(a[14])?,
        new_session: protocol::is_true(a[15])?,
        process_group: number(a[16])?,
        umask: number(a[20])?,
    };
    match spawn::fork_exec(&spec) {
        Ok(pid) => Ok(Value::int(pid.into())),
        Err(e) => Err(os_error(e, None, None)),
    }
}
