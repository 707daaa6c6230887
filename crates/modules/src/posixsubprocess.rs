//! `_posixsubprocess`: `fork_exec`, the child side of `subprocess.Popen`.

use rivet_vm::exceptions::{PyResult, os_error, type_error};
use rivet_vm::object::call::call;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::module::Module;
use rivet_vm::value::{Gc, Value};

use crate::posix::{self, ids, path_bytes};
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
        gid: chosen(a[17], ids::gid)?,
        groups: ids::groups(a[18])?,
        uid: chosen(a[19], ids::uid)?,
    };
    let pid = match a[21].not_none() {
        None => spawn::fork_exec(&spec, None),
        Some(f) => {
            posix::before_fork()?;
            let pid = spawn::fork_exec(&spec, Some(&|| runs(f)));
            posix::after_fork_in_parent()?;
            pid
        }
    };
    match pid {
        Ok(pid) => Ok(Value::int(pid.into())),
        Err(e) => Err(os_error(e, None, None)),
    }
}

/// In the child: repairs the runtime and calls `preexec_fn`. What it raises is not told.
fn runs(f: Value) -> bool {
    let done = posix::after_fork_in_child().and_then(|()| call(f, &[]));
    match done {
        Ok(_) => true,
        Err(raised) => {
            rivet_vm::exceptions::take(raised);
            false
        }
    }
}

/// A user or group to become, unless it is to stay what it is.
fn chosen(v: Value, number: fn(Value) -> PyResult<u32>) -> PyResult<Option<u32>> {
    let given = v.not_none().map(number).transpose()?;
    Ok(given.filter(|&n| n != u32::MAX))
}
