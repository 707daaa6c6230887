//! `posix`: the system interface behind `os`.

use rivet_vm::exceptions::{PyResult, Raised, os_error, type_error, value_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::name;
use rivet_vm::object::args::Bound;
use rivet_vm::object::attr::find_attr;
use rivet_vm::object::call::call_special;
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Type, build, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::list::{self, List};
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::{bytes, int, memoryview, tuple};
use rivet_vm::value::{Gc, Root, Value};

use crate::structseq;
use crate::sysdep::fs;

static STAT_RESULT: Root = Root::new();
static TERMINAL_SIZE: Root = Root::new();
static UNAME_RESULT: Root = Root::new();
static TIMES_RESULT: Root = Root::new();
static DIR_ENTRY: Root = Root::new();
static SCANDIR: Root = Root::new();

macro_rules! ids {
    ($($name:literal $f:path;)*) => {
        static IDS: &[Method] = &[$(Method::noargs($name, |_| Ok(Value::int($f() as i64)), ""),)*];
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

static METHODS: &[Method] = &[
    Method::bound(
        "stat",
        "($module, /, path, *, dir_fd=None, follow_symlinks=True)",
        stat,
        "Perform a stat system call on the given path.",
    ),
    Method::bound(
        "lstat",
        "($module, /, path, *, dir_fd=None)",
        |_, a| stat_path(a[0], a[1], false),
        "Perform a stat system call on the given path, without following symbolic links.",
    ),
    Method::bound(
        "fstat",
        "($module, /, fd)",
        |_, a| {
            let fd = fd(a[0])?;
            stat_value(fs::fstat(fd).map_err(|e| os_error(e, None, None))?)
        },
        "Perform a stat system call on the given file descriptor.",
    ),
    Method::bound(
        "listdir",
        "($module, /, path=None)",
        listdir,
        "Return a list containing the names of the files in the directory.",
    ),
    Method::bound(
        "scandir",
        "($module, /, path=None)",
        scandir,
        "Return an iterator of DirEntry objects for given path.",
    ),
    Method::bound(
        "mkdir",
        "($module, /, path, mode=511, *, dir_fd=None)",
        |_, a| path1(a[0], |p| fs::mkdirat(dir_fd(a[2]), p, mode(a[1], 0o777))),
        "Create a directory.",
    ),
    Method::bound(
        "rmdir",
        "($module, /, path, *, dir_fd=None)",
        |_, a| path1(a[0], |p| fs::unlinkat(dir_fd(a[1]), p, true)),
        "Remove a directory.",
    ),
    Method::bound(
        "unlink",
        "($module, /, path, *, dir_fd=None)",
        |_, a| path1(a[0], |p| fs::unlinkat(dir_fd(a[1]), p, false)),
        "Remove a file (same as remove()).",
    ),
    Method::bound(
        "remove",
        "($module, /, path, *, dir_fd=None)",
        |_, a| path1(a[0], |p| fs::unlinkat(dir_fd(a[1]), p, false)),
        "Remove a file (same as unlink()).",
    ),
    Method::bound(
        "rename",
        "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
        |_, a| path2(a[0], a[1], fs::rename),
        "Rename a file or directory.",
    ),
    Method::bound(
        "replace",
        "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
        |_, a| path2(a[0], a[1], fs::rename),
        "Rename a file or directory, overwriting the destination.",
    ),
    Method::bound(
        "symlink",
        "($module, /, src, dst, target_is_directory=False, *, dir_fd=None)",
        |_, a| path2(a[0], a[1], fs::symlink),
        "Create a symbolic link pointing to src named dst.",
    ),
    Method::bound(
        "link",
        "($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)",
        |_, a| path2(a[0], a[1], fs::link),
        "Create a hard link to a file.",
    ),
    Method::bound(
        "readlink",
        "($module, /, path, *, dir_fd=None)",
        readlink,
        "Return a string representing the path to which the symbolic link points.",
    ),
    Method::bound(
        "chmod",
        "($module, /, path, mode, *, dir_fd=None, follow_symlinks=True)",
        |_, a| path1(a[0], |p| fs::chmod(p, mode(a[1], 0))),
        "Change the access permissions of a file.",
    ),
    Method::bound(
        "access",
        "($module, /, path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)",
        access,
        "Use the real uid/gid to test for access to a path.",
    ),
    Method::bound(
        "utime",
        "($module, /, path, times=None, *, ns=None, dir_fd=None, follow_symlinks=True)",
        utime,
        "Set the access and modified time of path.",
    ),
    Method::bound(
        "truncate",
        "($module, /, path, length)",
        |_, a| {
            let n = integer(a[1])?;
            path1(a[0], |p| fs::truncate(p, n))
        },
        "Truncate a file, specified by path, to a specific length.",
    ),
    Method::noargs(
        "getcwd",
        |_| {
            fs::getcwd()
                .map_err(|e| os_error(e, None, None))
                .and_then(|b| fs_str(&b))
        },
        "Return a unicode string representing the current working directory.",
    ),
    Method::noargs(
        "getcwdb",
        |_| {
            fs::getcwd()
                .map_err(|e| os_error(e, None, None))
                .and_then(|b| bytes::new(&b))
        },
        "Return a bytes string representing the current working directory.",
    ),
    Method::bound(
        "chdir",
        "($module, /, path)",
        |_, a| path1(a[0], fs::chdir),
        "Change the current working directory to the specified path.",
    ),
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
        "putenv",
        "($module, name, value, /)",
        |_, a| {
            fs::setenv(&path_bytes(a[0])?, Some(&path_bytes(a[1])?));
            Ok(Value::NONE)
        },
        "Change or add an environment variable.",
    ),
    Method::one(
        "unsetenv",
        "($module, name, /)",
        |_, n| {
            fs::setenv(&path_bytes(n)?, None);
            Ok(Value::NONE)
        },
        "Delete an environment variable.",
    ),
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
        "strerror",
        "($module, code, /)",
        |_, c| str::new(&fs::strerror(integer(Some(c))? as i32)),
        "Translate an error code to a message string.",
    ),
    Method::one(
        "urandom",
        "($module, size, /)",
        urandom,
        "Return a bytes object containing random bytes suitable for cryptographic use.",
    ),
    Method::fast(
        "getrandom",
        "($module, /, size, flags=0)",
        |m, a| urandom(m, a.first().copied().unwrap_or(Value::NONE)),
        "Obtain a series of random bytes.",
    ),
    Method::one(
        "umask",
        "($module, mask, /)",
        |_, m| Ok(Value::int(fs::umask(integer(Some(m))? as u32).into())),
        "Set the current numeric umask and return the previous umask.",
    ),
    Method::noargs(
        "uname",
        uname,
        "Return an object identifying the current operating system.",
    ),
    Method::noargs(
        "times",
        times,
        "Return a collection containing process timing information.",
    ),
    Method::noargs(
        "cpu_count",
        |_| {
            Ok(Value::from_usize(
                std::thread::available_parallelism().map_or(1, usize::from),
            ))
        },
        "Return the number of CPUs in the system; return None if indeterminable.",
    ),
    Method::fast(
        "get_terminal_size",
        "",
        terminal_size,
        "Return the size of the terminal window as (columns, lines).",
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
    Method::noargs("fork", |_| fork(), "Fork a child process."),
    Method::fast(
        "waitpid",
        "($module, pid, options, /)",
        waitpid,
        "Wait for completion of a given child process.",
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
    Method::one(
        "fspath",
        "($module, /, path)",
        |_, p| fspath(p),
        "Return the file system path representation of the object.",
    ),
    Method::noargs(
        "getlogin",
        |_| Err(os_error(libc::ENXIO, None, None)),
        "Return the actual login name.",
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
    Method::fast(
        "sched_getaffinity",
        "($module, pid, /)",
        |_, _| {
            let s = rivet_vm::types::set::Set::new()?;
            for i in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                s.add(Value::from_usize(i))?;
            }
            Ok(s.value())
        },
        "Return the affinity of the process identified by pid.",
    ),
    Method::noargs(
        "sched_yield",
        |_| {
            allow_threads(std::thread::yield_now);
            Ok(Value::NONE)
        },
        "Voluntarily relinquish the CPU.",
    ),
    Method::bound(
        "register_at_fork",
        "($module, /, *, before=None, after_in_child=None, after_in_parent=None)",
        register_at_fork,
        "Register callables to be called when forking a new process.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    m.add_functions(IDS)?;
    let stat = structseq::make("os.stat_result", &STAT_FIELDS, 10)?;
    STAT_RESULT.set(stat.value());
    m.add("stat_result", stat.value())?;
    for (root, name, fields) in [
        (
            &TERMINAL_SIZE,
            "os.terminal_size",
            &["columns", "lines"][..],
        ),
        (
            &UNAME_RESULT,
            "posix.uname_result",
            &["sysname", "nodename", "release", "version", "machine"],
        ),
        (
            &TIMES_RESULT,
            "posix.times_result",
            &[
                "user",
                "system",
                "children_user",
                "children_system",
                "elapsed",
            ],
        ),
    ] {
        let ty = structseq::make(name, fields, fields.len())?;
        root.set(ty.value());
        m.add_type(ty)?;
    }
    DIR_ENTRY.set(build::native_type(&DIR_ENTRY_SPEC, 3).value());
    SCANDIR.set(build::native_type(&SCANDIR_SPEC, 2).value());
    m.add("DirEntry", DIR_ENTRY.get().unwrap_or(Value::NONE))?;
    m.add("error", rivet_vm::exceptions::exc().os_error.value())?;
    let env = Dict::new()?;
    for (k, v) in fs::environ() {
        env.set_item(bytes::new(&k)?, bytes::new(&v)?)?;
    }
    m.add("environ", env.value())?;
    let have = [
        "HAVE_FACCESSAT",
        "HAVE_FCHDIR",
        "HAVE_FCHMOD",
        "HAVE_FDOPENDIR",
        "HAVE_FSTATAT",
        "HAVE_LSTAT",
        "HAVE_MKDIRAT",
        "HAVE_OPENAT",
        "HAVE_UNLINKAT",
        "HAVE_FTRUNCATE",
        "HAVE_FUTIMENS",
        "HAVE_UTIMENSAT",
    ];
    let l = List::new()?;
    for h in have {
        l.append(str::new(h)?)?;
    }
    m.add("_have_functions", l.value())?;
    // `sysexits.h`, numbered from 64 (which the libc crate does not carry).
    let codes = [
        "EX_USAGE",
        "EX_DATAERR",
        "EX_NOINPUT",
        "EX_NOUSER",
        "EX_NOHOST",
        "EX_UNAVAILABLE",
        "EX_SOFTWARE",
        "EX_OSERR",
        "EX_OSFILE",
        "EX_CANTCREAT",
        "EX_IOERR",
        "EX_TEMPFAIL",
        "EX_PROTOCOL",
        "EX_NOPERM",
        "EX_CONFIG",
    ];
    m.add("EX_OK", Value::int(0))?;
    for (i, n) in codes.iter().enumerate() {
        m.add(n, Value::from_usize(64 + i))?;
    }
    for &(n, v) in fs::CONSTANTS {
        m.add(n, Value::int(v))?;
    }
    Ok(())
}

// ---- arguments ----

fn integer(v: Option<Value>) -> PyResult<i64> {
    protocol::as_isize(v.ok_or_else(|| type_error("an integer is required"))?).map(|n| n as i64)
}

fn fd(v: Option<Value>) -> PyResult<i32> {
    let v = v.ok_or_else(|| type_error("an integer is required"))?;
    if v.as_float().is_some() {
        return Err(type_error("integer argument expected, got float"));
    }
    if let Some(f) = find_attr(v, name!("fileno"))? {
        return Ok(protocol::as_isize(rivet_vm::object::call::call(f, &[])?)? as i32);
    }
    Ok(protocol::as_isize(v)? as i32)
}

fn dir_fd(v: Option<Value>) -> i32 {
    v.and_then(Value::not_none)
        .and_then(int::to_i64)
        .map_or(libc::AT_FDCWD, |n| n as i32)
}

fn mode(v: Option<Value>, default: u32) -> u32 {
    v.and_then(int::to_i64).map_or(default, |n| n as u32)
}

fn unit(r: Result<(), i32>) -> PyResult<Value> {
    r.map(|()| Value::NONE).map_err(|e| os_error(e, None, None))
}

fn number(r: Result<i64, i32>) -> PyResult<Value> {
    r.map(Value::int).map_err(|e| os_error(e, None, None))
}

/// `os.fspath(p)`
pub fn fspath(p: Value) -> PyResult<Value> {
    if p.cast::<Str>().is_some() || p.cast::<bytes::Bytes>().is_some() {
        return Ok(p);
    }
    let Some(m) = rivet_vm::object::attr::lookup_special(p, name!("__fspath__"))? else {
        let t = p.type_of().name_string();
        return Err(type_error(format!(
            "expected str, bytes or os.PathLike object, not {t}"
        )));
    };
    let r = call_special(m, &[])?;
    if r.cast::<Str>().is_some() || r.cast::<bytes::Bytes>().is_some() {
        return Ok(r);
    }
    let (t, r) = (p.type_of().name_string(), r.type_of().name_string());
    Err(type_error(format!(
        "expected {t}.__fspath__() to return str or bytes, not {r}"
    )))
}

/// The bytes of a path argument in the file system's encoding (UTF-8 with surrogateescape).
pub fn path_bytes(p: Value) -> PyResult<Vec<u8>> {
    let p = fspath(p)?;
    let raw = match p.cast::<Str>() {
        Some(s) => encode_fs(s),
        None => memoryview::bytes_like(p)?,
    };
    if raw.contains(&0) {
        return Err(value_error("embedded null byte"));
    }
    Ok(raw)
}

/// UTF-8; escaped surrogates become the bytes they stand for.
fn encode_fs(s: Gc<Str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    for c in s.chars().iter() {
        match c {
            0xdc80..=0xdcff => out.push((c - 0xdc00) as u8),
            _ => str::push_wtf8(&mut out, c),
        }
    }
    out
}

/// A text of the file system: undecodable bytes become surrogates.
pub fn fs_str(b: &[u8]) -> PyResult<Value> {
    if let Ok(s) = std::str::from_utf8(b) {
        return str::new(s);
    }
    let mut points = Vec::new();
    for chunk in b.utf8_chunks() {
        points.extend(chunk.valid().chars().map(u32::from));
        points.extend(chunk.invalid().iter().map(|&x| 0xdc00 + u32::from(x)));
    }
    Ok(Str::from_points(&points)?.value())
}

fn path1(p: Option<Value>, f: impl FnOnce(&[u8]) -> Result<(), i32>) -> PyResult<Value> {
    let p = p.ok_or_else(|| type_error("path is required"))?;
    let b = path_bytes(p)?;
    allow_threads(|| f(&b))
        .map(|()| Value::NONE)
        .map_err(|e| os_error(e, Some(p), None))
}

fn path2(
    a: Option<Value>,
    b: Option<Value>,
    f: fn(&[u8], &[u8]) -> Result<(), i32>,
) -> PyResult<Value> {
    let (a, b) = (a.unwrap_or(Value::NONE), b.unwrap_or(Value::NONE));
    let (x, y) = (path_bytes(a)?, path_bytes(b)?);
    allow_threads(|| f(&x, &y))
        .map(|()| Value::NONE)
        .map_err(|e| os_error(e, Some(a), Some(b)))
}

// ---- stat, directories ----

static STAT_FIELDS: [&str; 19] = [
    "st_mode",
    "st_ino",
    "st_dev",
    "st_nlink",
    "st_uid",
    "st_gid",
    "st_size",
    "",
    "",
    "",
    "st_atime",
    "st_mtime",
    "st_ctime",
    "st_atime_ns",
    "st_mtime_ns",
    "st_ctime_ns",
    "st_blksize",
    "st_blocks",
    "st_rdev",
];

fn stat_value(s: fs::Stat) -> PyResult<Value> {
    let f = |ns: i128| Value::float(ns as f64 / 1e9);
    let i = |n: u64| int::from_u64(n);
    let ns = |n: i128| Value::int(n as i64);
    let sec = |n: i128| Value::int(n.div_euclid(1_000_000_000) as i64);
    let fields = [
        Value::int(s.mode.into()),
        i(s.ino),
        i(s.dev),
        i(s.nlink),
        Value::int(s.uid.into()),
        Value::int(s.gid.into()),
        Value::int(s.size),
        sec(s.atime),
        sec(s.mtime),
        sec(s.ctime),
        f(s.atime),
        f(s.mtime),
        f(s.ctime),
        ns(s.atime),
        ns(s.mtime),
        ns(s.ctime),
        Value::int(s.blksize),
        Value::int(s.blocks),
        i(s.rdev),
    ];
    structseq::new(&STAT_RESULT, &fields)
}

fn stat(_m: Value, a: Bound) -> PyResult<Value> {
    let follow = a[2].map_or(Ok(true), protocol::is_true)?;
    stat_path(a[0], a[1], follow)
}

fn stat_path(p: Option<Value>, at: Option<Value>, follow: bool) -> PyResult<Value> {
    let p = p.ok_or_else(|| type_error("path is required"))?;
    if int::is_int(p) {
        return stat_value(fs::fstat(fd(Some(p))?).map_err(|e| os_error(e, Some(p), None))?);
    }
    let b = match path_bytes(p) {
        Ok(b) => b,
        Err(raised) if p.cast::<Str>().is_some() || p.cast::<bytes::Bytes>().is_some() => {
            return Err(raised);
        }
        Err(raised) => {
            rivet_vm::exceptions::clear_if(raised, rivet_vm::exceptions::exc().type_error)?;
            let t = p.type_of().name_string();
            return Err(type_error(format!(
                "stat: path should be string, bytes, os.PathLike or integer, not {t}"
            )));
        }
    };
    match fs::stat(dir_fd(at), &b, follow) {
        Ok(s) => stat_value(s),
        Err(e) => Err(os_error(e, Some(p), None)),
    }
}

fn is_bytes(p: Option<Value>) -> bool {
    p.is_some_and(|p| p.cast::<bytes::Bytes>().is_some())
}

fn name_value(b: &[u8], as_bytes: bool) -> PyResult<Value> {
    if as_bytes { bytes::new(b) } else { fs_str(b) }
}

fn read_dir(p: Option<Value>) -> PyResult<Vec<(Vec<u8>, u8, u64)>> {
    let p = p.and_then(Value::not_none);
    if let Some(v) = p
        && int::is_int(v)
    {
        let path = format!("/proc/self/fd/{}", integer(Some(v))?);
        return fs::read_dir(path.as_bytes()).map_err(|e| os_error(e, Some(v), None));
    }
    let b = match p {
        Some(v) => path_bytes(v)?,
        None => b".".to_vec(),
    };
    allow_threads(|| fs::read_dir(&b)).map_err(|e| {
        os_error(
            e,
            Some(p.unwrap_or_else(|| str::new(".").unwrap_or(Value::NONE))),
            None,
        )
    })
}

fn listdir(_m: Value, a: Bound) -> PyResult<Value> {
    let out = List::new()?;
    for (n, ..) in read_dir(a[0])? {
        out.append(name_value(&n, is_bytes(a[0]))?)?;
    }
    Ok(out.value())
}

/// Entries yet to be given out.
struct Entries(std::cell::RefCell<std::vec::IntoIter<(Vec<u8>, u8, u64)>>);

/// What a directory entry knows without a system call.
struct Entry {
    kind: u8,
    inode: u64,
}

static SCANDIR_SPEC: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs("__enter__", Ok, ""),
        Method::fast("__exit__", "", |v, _| close_scandir(v), ""),
        Method::noargs("close", close_scandir, ""),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(next_entry);
    },
    ..TypeSpec::named("posix.ScandirIterator")
};

fn close_scandir(v: Value) -> PyResult<Value> {
    if let Some(e) = v.cast::<Native>().and_then(|n| n.state::<Entries>()) {
        *e.0.borrow_mut() = Vec::new().into_iter();
    }
    Ok(Value::NONE)
}

fn ty(root: &'static Root) -> Gc<Type> {
    root.get()
        .and_then(|t| t.cast::<Type>())
        .expect("made by init")
}

fn scandir(_m: Value, a: Bound) -> PyResult<Value> {
    let entries = read_dir(a[0])?;
    let it = Native::with_state(
        ty(&SCANDIR),
        Entries(std::cell::RefCell::new(entries.into_iter())),
    )?;
    let path = match a[0].and_then(Value::not_none) {
        Some(p) if int::is_int(p) => p,
        Some(p) => fspath(p).unwrap_or(p),
        None => str::new(".")?,
    };
    it.put(0, path);
    Ok(it.value())
}

fn next_entry(v: Value) -> PyResult<Option<Value>> {
    let it = v.cast::<Native>().expect("a scandir iterator");
    let next = it.state::<Entries>().and_then(|e| e.0.borrow_mut().next());
    let Some((n, kind, inode)) = next else {
        return Ok(None);
    };
    let dir = it.get(0).unwrap_or(Value::NONE);
    let as_bytes = is_bytes(Some(dir));
    let e = Native::with_state(ty(&DIR_ENTRY), Entry { kind, inode })?;
    e.put(0, name_value(&n, as_bytes)?);
    // A directory given as a descriptor does not show in the path, but the system must find the file.
    let is_fd = int::is_int(dir);
    let mut path = if is_fd {
        format!("/proc/self/fd/{}", integer(Some(dir))?).into_bytes()
    } else {
        path_bytes(dir)?
    };
    if !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend(&n);
    let full = name_value(&path, as_bytes)?;
    e.put(
        1,
        if is_fd {
            name_value(&n, as_bytes)?
        } else {
            full
        },
    );
    e.put(2, full);
    Ok(Some(e.value()))
}

static DIR_ENTRY_SPEC: TypeSpec = TypeSpec {
    methods: &[
        Method::bound(
            "is_dir",
            "($self, /, *, follow_symlinks=True)",
            |v, a| entry_is(v, a, libc::DT_DIR, libc::S_IFDIR),
            "Return True if the entry is a directory; cached per entry.",
        ),
        Method::bound(
            "is_file",
            "($self, /, *, follow_symlinks=True)",
            |v, a| entry_is(v, a, libc::DT_REG, libc::S_IFREG),
            "Return True if the entry is a file; cached per entry.",
        ),
        Method::noargs(
            "is_symlink",
            |v| Ok(Value::bool(entry(v).kind == libc::DT_LNK)),
            "Return True if the entry is a symbolic link; cached per entry.",
        ),
        Method::bound(
            "stat",
            "($self, /, *, follow_symlinks=True)",
            |v, a| {
                let f = a[0].map_or(Ok(true), protocol::is_true)?;
                stat_path(native(v).get(2), None, f)
            },
            "Return stat_result object for the entry; cached per entry.",
        ),
        Method::noargs(
            "inode",
            |v| Ok(int::from_u64(entry(v).inode)),
            "Return inode of the entry; cached per entry.",
        ),
        Method::noargs(
            "__fspath__",
            |v| Ok(native(v).get(1).unwrap_or(Value::NONE)),
            "Returns the path for the entry.",
        ),
        Method::one(
            "__class_getitem__",
            "",
            rivet_vm::types::generic_alias::new,
            "See PEP 585",
        )
        .class(),
    ],
    getset: &[
        GetSet::new("name", |v| Ok(native(v).get(0).unwrap_or(Value::NONE))),
        GetSet::new("path", |v| Ok(native(v).get(1).unwrap_or(Value::NONE))),
    ],
    slots: |s| {
        s.repr = Some(|v| {
            let n = protocol::repr_string(native(v).get(0).unwrap_or(Value::NONE))?;
            str::new(&format!("<DirEntry {n}>"))
        });
    },
    ..TypeSpec::named("posix.DirEntry")
};

fn native(v: Value) -> Gc<Native> {
    v.cast::<Native>().expect("a directory entry")
}

fn entry<'a>(v: Value) -> &'a Entry {
    native(v).state::<Entry>().expect("a directory entry")
}

fn entry_is(v: Value, a: Bound, kind: u8, bits: u32) -> PyResult<Value> {
    let follow = a[0].map_or(Ok(true), protocol::is_true)?;
    let known = entry(v).kind;
    if known != libc::DT_UNKNOWN && (known != libc::DT_LNK || !follow) {
        return Ok(Value::bool(known == kind));
    }
    let b = path_bytes(native(v).get(2).unwrap_or(Value::NONE))?;
    match fs::stat(libc::AT_FDCWD, &b, follow) {
        Ok(s) => Ok(Value::bool(s.mode & libc::S_IFMT == bits)),
        Err(libc::ENOENT) => Ok(Value::FALSE),
        Err(e) => Err(os_error(e, native(v).get(1), None)),
    }
}

fn readlink(_m: Value, a: Bound) -> PyResult<Value> {
    let p = a[0].unwrap_or(Value::NONE);
    let b = path_bytes(p)?;
    match fs::readlink(dir_fd(a[1]), &b) {
        Ok(t) => name_value(&t, is_bytes(a[0])),
        Err(e) => Err(os_error(e, Some(p), None)),
    }
}

fn access(_m: Value, a: Bound) -> PyResult<Value> {
    let b = path_bytes(a[0].unwrap_or(Value::NONE))?;
    Ok(Value::bool(fs::access(&b, integer(a[1])? as i32)))
}

fn utime(_m: Value, a: Bound) -> PyResult<Value> {
    let pair = |v: Option<Value>| {
        v.and_then(Value::not_none)
            .and_then(|t| t.cast::<rivet_vm::types::tuple::Tuple>())
    };
    let times = if let Some(t) = pair(a[2]) {
        Some((
            protocol::as_isize(t.item(0))? as i64,
            protocol::as_isize(t.item(1))? as i64,
        ))
    } else if let Some(t) = pair(a[1]) {
        let ns = |v: Value| -> PyResult<i64> {
            match v.as_small_int() {
                Some(s) => Ok(s * 1_000_000_000),
                None => Ok((protocol::as_f64(v)? * 1e9).floor() as i64),
            }
        };
        Some((ns(t.item(0))?, ns(t.item(1))?))
    } else {
        None
    };
    path1(a[0], |p| fs::utime(p, times))
}

// ---- descriptors ----

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
    rivet_vm::object::args::check_count("read", a, 2, 2)?;
    let (f, n) = (fd(Some(a[0]))?, protocol::as_isize(a[1])?);
    if n < 0 {
        return Err(os_error(libc::EINVAL, None, None));
    }
    let mut buf = vec![0; n as usize];
    loop {
        match allow_threads(|| fs::read(f, &mut buf)) {
            Ok(n) => return bytes::new(&buf[..n]),
            Err(libc::EINTR) => rivet_vm::signals::run_pending()?,
            Err(e) => return Err(os_error(e, None, None)),
        }
    }
}

fn write(_m: Value, a: &[Value]) -> PyResult<Value> {
    rivet_vm::object::args::check_count("write", a, 2, 2)?;
    let (f, data) = (fd(Some(a[0]))?, memoryview::bytes_like(a[1])?);
    loop {
        match allow_threads(|| fs::write(f, &data)) {
            Ok(n) => {
                // A signal can have cut it short.
                rivet_vm::signals::run_pending()?;
                return Ok(Value::from_usize(n));
            }
            Err(libc::EINTR) => rivet_vm::signals::run_pending()?,
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

fn urandom(_m: Value, n: Value) -> PyResult<Value> {
    let n = protocol::as_isize(n)?;
    if n < 0 {
        return Err(value_error("negative argument not allowed"));
    }
    let mut b = vec![0; n as usize];
    crate::sysdep::random_bytes(&mut b);
    bytes::new(&b)
}

// ---- processes, machine ----

fn uname(_m: Value) -> PyResult<Value> {
    let mut v = rivet_vm::value::RVec::new();
    for s in fs::uname() {
        v.push(str::new(&s)?)?;
    }
    structseq::new(&UNAME_RESULT, &v)
}

fn times(_m: Value) -> PyResult<Value> {
    structseq::new(&TIMES_RESULT, &fs::times().map(Value::float))
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
            .cast::<rivet_vm::types::tuple::Tuple>()
            .map_or(Value::NONE, |t| t.item(which));
        if !f.is_none()
            && let Err(raised) = rivet_vm::object::call::call(f, &[])
        {
            rivet_vm::finalize::unraisable(raised, f);
        }
    }
    Ok(())
}

fn fork() -> PyResult<Value> {
    run_at_fork(0, true)?;
    match fs::fork() {
        Ok(0) => {
            rivet_vm::gil::after_fork_child();
            rivet_vm::thread::Thread::keep_only_current();
            fs::heap_after_fork();
            run_at_fork(1, false)?;
            Ok(Value::int(0))
        }
        Ok(pid) => {
            run_at_fork(2, false)?;
            Ok(Value::int(pid.into()))
        }
        Err(e) => Err(os_error(e, None, None)),
    }
}

fn waitpid(_m: Value, a: &[Value]) -> PyResult<Value> {
    let (pid, options) = (integer(a.first().copied())?, integer(a.get(1).copied())?);
    loop {
        match allow_threads(|| fs::waitpid(pid as i32, options as i32)) {
            Ok((pid, status)) => {
                return tuple::new(&[Value::int(pid.into()), Value::int(status.into())]);
            }
            Err(libc::EINTR) => rivet_vm::signals::run_pending()?,
            Err(e) => return Err(os_error(e, None, None)),
        }
    }
}

fn execve(a: &[Value], env: Option<Value>) -> PyResult<Value> {
    rivet_vm::object::args::check_count("execv", a, 2, 3)?;
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
    let items = rivet_vm::object::call::call_method(e, name!("items"), &[])?;
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

/// An empty list, for attributes this platform lacks.
pub fn nothing() -> Result<Value, Raised> {
    list::new(&[])
}
