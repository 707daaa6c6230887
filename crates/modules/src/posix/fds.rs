//! File descriptors.

use rivet_vm::exceptions::{PyResult, os_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::object::args::{Bound, check_count};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::signals;
use rivet_vm::types::module::Module;
use rivet_vm::types::{bytes, memoryview, tuple};
use rivet_vm::value::{Gc, Root, Value};

use super::args::{dir_fd, fd, integer, mode, number, unit};
use super::paths::path_bytes;
use crate::structseq;
use crate::sysdep::fs;

static TERMINAL_SIZE: Root = Root::new();

/// Makes the type of `get_terminal_size`'s result and shows it in the module.
pub fn add_types(m: Gc<Module>) -> PyResult<()> {
    let ty = structseq::make("os.terminal_size", &["columns", "lines"], 2)?;
    TERMINAL_SIZE.set(ty.value());
    m.add_type(ty)
}

/// The functions of this room.
pub static METHODS: &[Method] = &[
    Method::bound(
        "open",
        "($module, /, path, flags, mode=511, *, dir_fd=None)",
        open,
        "Open a file for low level IO.  Returns a file descriptor (integer).",
    ),
    Method::bound(
        "close",
        "($module, /, fd)",
        |_, a| {
            let fd = fd(a[0])?;
            unit(allow_threads(|| fs::close(fd)))
        },
        "Close a file descriptor.",
    ),
    Method::fast(
        "closerange",
        "($module, fd_low, fd_high, /)",
        |_, a| {
            for fd in integer(a.first().copied())?..integer(a.get(1).copied())? {
                let _ = fs::close(fd as i32);
            }
            Ok(Value::NONE)
        },
        "Closes all file descriptors in [fd_low, fd_high), ignoring errors.",
    ),
    Method::fast(
        "read",
        "($module, fd, length, /)",
        read,
        "Read from a file descriptor.  Returns a bytes object.",
    ),
    Method::fast(
        "write",
        "($module, fd, data, /)",
        write,
        "Write a bytes object to a file descriptor.",
    ),
    Method::fast(
        "lseek",
        "($module, fd, position, how, /)",
        |_, a| {
            let (f, p, h) = (
                fd(a.first().copied())?,
                integer(a.get(1).copied())?,
                integer(a.get(2).copied())?,
            );
            number(fs::lseek(f, p, h as i32))
        },
        "Set the position of a file descriptor.  Return the new position.",
    ),
    Method::one(
        "isatty",
        "($module, fd, /)",
        |_, v| Ok(Value::bool(fs::isatty(fd(Some(v))?))),
        "Return True if the fd is connected to a terminal.",
    ),
    Method::noargs("pipe", |_| pipe(0), "Create a pipe."),
    Method::one(
        "pipe2",
        "($module, flags, /)",
        |_, f| pipe(integer(Some(f))? as i32),
        "Create a pipe with flags set atomically.",
    ),
    Method::one(
        "dup",
        "($module, fd, /)",
        |_, v| number(fs::dup(fd(Some(v))?).map(i64::from)),
        "Return a duplicate of a file descriptor.",
    ),
    Method::bound(
        "dup2",
        "($module, /, fd, fd2, inheritable=True)",
        |_, a| {
            let i = a[2].map_or(Ok(true), protocol::is_true)?;
            number(fs::dup2(fd(a[0])?, fd(a[1])?, i).map(i64::from))
        },
        "Duplicate file descriptor.",
    ),
    Method::one(
        "get_inheritable",
        "($module, fd, /)",
        |_, v| {
            fs::inheritable(fd(Some(v))?)
                .map(Value::bool)
                .map_err(|e| os_error(e, None, None))
        },
        "Get the close-on-exe flag of the specified file descriptor.",
    ),
    Method::fast(
        "set_inheritable",
        "($module, fd, inheritable, /)",
        |_, a| {
            let on = protocol::is_true(a.get(1).copied().unwrap_or(Value::NONE))?;
            unit(fs::set_inheritable(fd(a.first().copied())?, on))
        },
        "Set the inheritable flag of the specified file descriptor.",
    ),
    Method::one(
        "fsync",
        "($module, /, fd)",
        |_, v| {
            let f = fd(Some(v))?;
            unit(allow_threads(|| fs::fsync(f)))
        },
        "Force write of fd to disk.",
    ),
    Method::fast(
        "ftruncate",
        "($module, fd, length, /)",
        |_, a| {
            unit(fs::ftruncate(
                fd(a.first().copied())?,
                integer(a.get(1).copied())?,
            ))
        },
        "Truncate a file, specified by file descriptor, to a specific length.",
    ),
    Method::one(
        "get_blocking",
        "($module, fd, /)",
        |_, v| {
            fs::blocking(fd(Some(v))?)
                .map(Value::bool)
                .map_err(|e| os_error(e, None, None))
        },
        "Get the blocking mode of the file descriptor.",
    ),
    Method::fast(
        "set_blocking",
        "($module, fd, blocking, /)",
        |_, a| {
            let on = protocol::is_true(a.get(1).copied().unwrap_or(Value::NONE))?;
            unit(fs::set_blocking(fd(a.first().copied())?, on))
        },
        "Set the blocking mode of the specified file descriptor.",
    ),
    Method::fast(
        "get_terminal_size",
        "",
        terminal_size,
        "Return the size of the terminal window as (columns, lines).",
    ),
];

fn open(_m: Value, a: Bound) -> PyResult<Value> {
    let p = a[0].unwrap_or(Value::NONE);
    let b = path_bytes(p)?;
    let (flags, mode) = (integer(a[1])? as i32, mode(a[2], 0o777));
    let at = dir_fd(a[3]);
    match allow_threads(|| fs::open(at, &b, flags | libc::O_CLOEXEC, mode)) {
        Ok(fd) => Ok(Value::int(fd.into())),
        Err(e) => Err(os_error(e, Some(p), None)),
    }
}

fn read(_m: Value, a: &[Value]) -> PyResult<Value> {
    check_count("read", a, 2, 2)?;
    let (f, n) = (fd(Some(a[0]))?, protocol::as_isize(a[1])?);
    if n < 0 {
        return Err(os_error(libc::EINVAL, None, None));
    }
    let mut buf = vec![0; n as usize];
    loop {
        match allow_threads(|| fs::read(f, &mut buf)) {
            Ok(n) => return bytes::new(&buf[..n]),
            Err(libc::EINTR) => signals::run_pending()?,
            Err(e) => return Err(os_error(e, None, None)),
        }
    }
}

fn write(_m: Value, a: &[Value]) -> PyResult<Value> {
    check_count("write", a, 2, 2)?;
    let (f, data) = (fd(Some(a[0]))?, memoryview::bytes_like(a[1])?);
    loop {
        match allow_threads(|| fs::write(f, &data)) {
            Ok(n) => {
                // A signal can have cut it short.
                signals::run_pending()?;
                return Ok(Value::from_usize(n));
            }
            Err(libc::EINTR) => signals::run_pending()?,
            Err(e) => return Err(os_error(e, None, None)),
        }
    }
}

fn pipe(flags: i32) -> PyResult<Value> {
    match fs::pipe(flags | libc::O_CLOEXEC) {
        Ok((r, w)) => tuple::new(&[Value::int(r.into()), Value::int(w.into())]),
        Err(e) => Err(os_error(e, None, None)),
    }
}

fn terminal_size(_m: Value, a: &[Value]) -> PyResult<Value> {
    let f = a.first().map_or(Ok(1), |&v| fd(Some(v)))?;
    match fs::terminal_size(f) {
        Ok((c, l)) => structseq::new(
            &TERMINAL_SIZE,
            &[Value::int(c.into()), Value::int(l.into())],
        ),
        Err(e) => Err(os_error(e, None, None)),
    }
}
