//! Processes: ids, signals, ending, running other programs.

use rivet_vm::exceptions::{PyResult, os_error, value_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::name;
use rivet_vm::object::args::check_count;
use rivet_vm::object::call::call_method;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::value::Value;

use super::args::{integer, unit};
use super::paths::path_bytes;
use crate::sysdep::fs;

macro_rules! ids {
    ($($name:literal $f:path;)*) => {
        /// The ids of the process.
        pub static IDS: &[Method] = &[$(Method::noargs($name, |_| Ok(Value::int($f() as i64)), ""),)*];
    };
}

ids! {
    "getpid" fs::getpid;
    "getppid" fs::getppid;
    "getuid" fs::getuid;
    "geteuid" fs::geteuid;
    "getgid" fs::getgid;
    "getegid" fs::getegid;
}

/// The functions of this room.
pub static METHODS: &[Method] = &[
    Method::fast(
        "kill",
        "($module, pid, signal, /)",
        |_, a| {
            unit(fs::kill(
                integer(a.first().copied())? as i32,
                integer(a.get(1).copied())? as i32,
            ))
        },
        "Kill a process with a signal.",
    ),
    Method::one(
        "_exit",
        "($module, /, status)",
        |_, s| {
            let s = integer(Some(s))?;
            fs::exit_now(s as i32)
        },
        "Exit to the system with specified status, without normal exit processing.",
    ),
    Method::noargs(
        "abort",
        |_| std::process::abort(),
        "Abort the interpreter immediately.",
    ),
    Method::fast(
        "execv",
        "($module, path, argv, /)",
        |_, a| execve(a, None),
        "Execute an executable path with arguments, replacing current process.",
    ),
    Method::fast(
        "execve",
        "($module, /, path, argv, env)",
        |_, a| execve(a, a.get(2).copied()),
        "Execute an executable path with arguments, replacing current process.",
    ),
    Method::one(
        "system",
        "($module, /, command)",
        |_, c| {
            let c = path_bytes(c)?;
            Ok(Value::int(allow_threads(|| fs::system(&c)).into()))
        },
        "Execute the command in a subshell.",
    ),
];

fn execve(a: &[Value], env: Option<Value>) -> PyResult<Value> {
    check_count("execv", a, 2, 3)?;
    let path = path_bytes(a[0])?;
    let mut argv = Vec::new();
    for &v in protocol::collect(a[1])?.as_slice() {
        argv.push(path_bytes(v)?);
    }
    if argv.is_empty() || argv[0].is_empty() {
        return Err(value_error("execv() arg 2 first element cannot be empty"));
    }
    let env = match env {
        Some(e) => Some(env_list(e)?),
        None => None,
    };
    Err(os_error(
        fs::execve(&path, &argv, env.as_deref()),
        Some(a[0]),
        None,
    ))
}

fn env_list(e: Value) -> PyResult<Vec<Vec<u8>>> {
    let items = call_method(e, name!("items"), &[])?;
    let mut out = Vec::new();
    for &pair in protocol::collect(items)?.as_slice() {
        let t = protocol::to_tuple(pair)?;
        let (mut k, v) = (path_bytes(t.item(0))?, path_bytes(t.item(1))?);
        k.push(b'=');
        k.extend(v);
        out.push(k);
    }
    Ok(out)
}
