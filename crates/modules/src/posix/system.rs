//! What the system has and allows: file systems, limits, load; owners, device numbers, terminals.

use rivet_vm::exceptions::{PyResult, os_error, type_error, value_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::object::args::{Bound, check_count};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::signals;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::{bytes, int, memoryview, tuple};
use rivet_vm::value::{Gc, RVec, Root, Value};

use super::args::{dir_fd, fd, integer, mode, unit};
use super::ids::{gid, uid};
use super::paths::{fs_str, path_beside_fd, path_bytes, path1};
use crate::structseq;
use crate::sysdep::files;

static STATVFS_RESULT: Root = Root::new();

const STATVFS_FIELDS: [&str; 11] = [
    "f_bsize",
    "f_frsize",
    "f_blocks",
    "f_bfree",
    "f_bavail",
    "f_files",
    "f_ffree",
    "f_favail",
    "f_flag",
    "f_namemax",
    "f_fsid",
];

/// Makes the type of `statvfs`'s result and the table of `sysconf`'s names.
pub fn add_types(m: Gc<Module>) -> PyResult<()> {
    let ty = structseq::make("os.statvfs_result", &STATVFS_FIELDS, 10)?;
    STATVFS_RESULT.set(ty.value());
    m.add_type(ty)?;
    let names = Dict::new()?;
    for &(name, number) in files::SYSCONF {
        names.set_str(name, Value::int(number.into()))?;
    }
    m.add("sysconf_names", names.value())
}

/// The functions of this room.
pub static METHODS: &[Method] = &[
    Method::bound(
        "chown",
        "($module, /, path, uid, gid, *, dir_fd=None, follow_symlinks=True)",
        chown,
        "Change the owner and group id of path to the numeric uid and gid.",
    ),
    Method::bound(
        "lchown",
        "($module, /, path, uid, gid)",
        |_, a| owner(a, None, false),
        "Change the owner and group id of path to the numeric uid and gid, without following symbolic links.",
    ),
    Method::bound(
        "fchown",
        "($module, /, fd, uid, gid)",
        |_, a| {
            let (f, u, g) = (fd(a[0])?, uid(arg(a, 1))?, gid(arg(a, 2))?);
            unit(allow_threads(|| files::fchown(f, u, g)))
        },
        "Change the owner and group id of the file specified by file descriptor.",
    ),
    Method::bound(
        "fchmod",
        "($module, /, fd, mode)",
        |_, a| {
            let (f, bits) = (fd(a[0])?, integer(a[1])? as u32);
            unit(allow_threads(|| files::fchmod(f, bits)))
        },
        "Change the access permissions of the file given by file descriptor fd.",
    ),
    Method::bound(
        "fchdir",
        "($module, /, fd)",
        |_, a| {
            let f = fd(a[0])?;
            unit(allow_threads(|| files::fchdir(f)))
        },
        "Change to the directory of the given file descriptor.",
    ),
    Method::bound(
        "fdatasync",
        "($module, /, fd)",
        |_, a| {
            let f = fd(a[0])?;
            unit(allow_threads(|| files::fdatasync(f)))
        },
        "Force write of fd to disk without forcing update of metadata.",
    ),
    Method::noargs(
        "sync",
        |_| {
            allow_threads(files::sync);
            Ok(Value::NONE)
        },
        "Force write of everything to disk.",
    ),
    Method::fast(
        "lockf",
        "($module, fd, command, length, /)",
        |_, a| {
            check_count("lockf", a, 3, 3)?;
            let (f, command, length) = (
                fd(Some(a[0]))?,
                integer(Some(a[1]))? as i32,
                integer(Some(a[2]))?,
            );
            unit(allow_threads(|| files::lockf(f, command, length)))
        },
        "Apply, test or remove a POSIX lock on an open file descriptor.",
    ),
    Method::bound(
        "mkfifo",
        "($module, /, path, mode=438, *, dir_fd=None)",
        |_, a| {
            // Its errors do not name the path.
            let (p, at, bits) = (path_bytes(arg(a, 0))?, dir_fd(a[2]), mode(a[1], 0o666));
            unit(allow_threads(|| files::mkfifo(at, &p, bits)))
        },
        "Create a \"fifo\" (a POSIX named pipe).",
    ),
    Method::fast(
        "pread",
        "($module, fd, length, offset, /)",
        pread,
        "Read a number of bytes from a file descriptor starting at a particular offset.",
    ),
    Method::fast(
        "pwrite",
        "($module, fd, buffer, offset, /)",
        pwrite,
        "Write bytes to a file descriptor starting at a particular offset.",
    ),
    Method::bound(
        "sendfile",
        "($module, /, out_fd, in_fd, offset, count)",
        sendfile,
        "Copy count bytes from file descriptor in_fd to file descriptor out_fd.",
    ),
    Method::bound(
        "statvfs",
        "($module, /, path)",
        statvfs,
        "Perform a statvfs system call on the given path.",
    ),
    Method::one(
        "fstatvfs",
        "($module, fd, /)",
        |_, v| {
            let f = fd(Some(v))?;
            file_system(allow_threads(|| files::fstatvfs(f)), None)
        },
        "Perform an fstatvfs system call on the given fd.",
    ),
    Method::noargs(
        "openpty",
        |_| match files::openpty() {
            Ok((main, other)) => tuple::new(&[Value::int(main.into()), Value::int(other.into())]),
            Err(e) => Err(os_error(e, None, None)),
        },
        "Open a pseudo-terminal.",
    ),
    Method::one(
        "ttyname",
        "($module, fd, /)",
        |_, v| match files::ttyname(fd(Some(v))?) {
            Ok(name) => fs_str(&name),
            Err(e) => Err(os_error(e, None, None)),
        },
        "Return the name of the terminal device connected to 'fd'.",
    ),
    Method::bound(
        "memfd_create",
        "($module, /, name, flags=MFD_CLOEXEC)",
        |_, a| {
            let flags = a[1].map_or(Ok(i64::from(libc::MFD_CLOEXEC)), |f| integer(Some(f)))?;
            match files::memfd_create(&path_bytes(arg(a, 0))?, flags as u32) {
                Ok(f) => Ok(Value::int(f.into())),
                Err(e) => Err(os_error(e, None, None)),
            }
        },
        "",
    ),
    Method::one(
        "sysconf",
        "($module, name, /)",
        sysconf,
        "Return an integer-valued system configuration variable.",
    ),
    Method::noargs(
        "getloadavg",
        |_| match files::getloadavg() {
            Some(loads) => tuple::new(&loads.map(Value::float)),
            None => Err(rivet_vm::exceptions::raise_text(
                rivet_vm::exceptions::exc().os_error,
                "Load averages are unobtainable",
            )),
        },
        "Return average recent system load information.",
    ),
    Method::bound(
        "device_encoding",
        "($module, /, fd)",
        |_, a| {
            let f = fd(a[0])?;
            if !crate::sysdep::fs::isatty(f) {
                return Ok(Value::NONE);
            }
            str::new(&crate::sysdep::locale_encoding())
        },
        "Return a string describing the encoding of a terminal's file descriptor.",
    ),
    Method::one(
        "major",
        "($module, device, /)",
        |_, v| Ok(Value::int(libc::major(integer(Some(v))? as u64).into())),
        "Extracts a device major number from a raw device number.",
    ),
    Method::one(
        "minor",
        "($module, device, /)",
        |_, v| Ok(Value::int(libc::minor(integer(Some(v))? as u64).into())),
        "Extracts a device minor number from a raw device number.",
    ),
    Method::fast(
        "makedev",
        "($module, major, minor, /)",
        |_, a| {
            check_count("makedev", a, 2, 2)?;
            let device = libc::makedev(integer(Some(a[0]))? as u32, integer(Some(a[1]))? as u32);
            Ok(int::from_u64(device))
        },
        "Composes a raw device number from the major and minor device numbers.",
    ),
];

fn arg(a: Bound, i: usize) -> Value {
    a[i].unwrap_or(Value::NONE)
}

fn chown(_m: Value, a: Bound) -> PyResult<Value> {
    let follow = a[4].map_or(Ok(true), protocol::is_true)?;
    if int::is_int(arg(a, 0)) {
        let (f, u, g) = (fd(a[0])?, uid(arg(a, 1))?, gid(arg(a, 2))?);
        return unit(allow_threads(|| files::fchown(f, u, g)));
    }
    owner(a, a[3], follow)
}

fn owner(a: Bound, at: Option<Value>, follow: bool) -> PyResult<Value> {
    let (u, g) = (uid(arg(a, 1))?, gid(arg(a, 2))?);
    path1(a[0], |p| files::chown(dir_fd(at), p, u, g, follow))
}

fn pread(_m: Value, a: &[Value]) -> PyResult<Value> {
    check_count("pread", a, 3, 3)?;
    let (f, n, offset) = (
        fd(Some(a[0]))?,
        protocol::as_isize(a[1])?,
        integer(Some(a[2]))?,
    );
    if n < 0 {
        return Err(os_error(libc::EINVAL, None, None));
    }
    let mut buffer = vec![0; n as usize];
    loop {
        match allow_threads(|| files::pread(f, &mut buffer, offset)) {
            Ok(n) => return bytes::new(&buffer[..n]),
            Err(libc::EINTR) => signals::run_pending()?,
            Err(e) => return Err(os_error(e, None, None)),
        }
    }
}

fn pwrite(_m: Value, a: &[Value]) -> PyResult<Value> {
    check_count("pwrite", a, 3, 3)?;
    let (f, data, offset) = (
        fd(Some(a[0]))?,
        memoryview::bytes_like(a[1])?,
        integer(Some(a[2]))?,
    );
    loop {
        match allow_threads(|| files::pwrite(f, &data, offset)) {
            Ok(n) => return Ok(Value::from_usize(n)),
            Err(libc::EINTR) => signals::run_pending()?,
            Err(e) => return Err(os_error(e, None, None)),
        }
    }
}

fn sendfile(_m: Value, a: Bound) -> PyResult<Value> {
    let (to, from) = (fd(a[0])?, fd(a[1])?);
    let offset = a[2].and_then(Value::not_none).map(|o| integer(Some(o)));
    let (offset, count) = (offset.transpose()?, integer(a[3])? as usize);
    loop {
        match allow_threads(|| files::sendfile(to, from, offset, count)) {
            Ok(n) => return Ok(Value::from_usize(n)),
            Err(libc::EINTR) => signals::run_pending()?,
            Err(e) => return Err(os_error(e, None, None)),
        }
    }
}

fn statvfs(_m: Value, a: Bound) -> PyResult<Value> {
    let p = arg(a, 0);
    if int::is_int(p) {
        let f = fd(Some(p))?;
        return file_system(allow_threads(|| files::fstatvfs(f)), Some(p));
    }
    let b = path_beside_fd("statvfs", p)?;
    file_system(allow_threads(|| files::statvfs(&b)), Some(p))
}

fn file_system(r: Result<files::FileSystem, i32>, path: Option<Value>) -> PyResult<Value> {
    let mut fields = RVec::new();
    for n in r.map_err(|e| os_error(e, path, None))? {
        fields.push(int::from_u64(n))?;
    }
    structseq::new(&STATVFS_RESULT, &fields)
}

fn sysconf(_m: Value, name: Value) -> PyResult<Value> {
    let number = if int::is_int(name) {
        integer(Some(name))? as i32
    } else if let Some(s) = name.cast::<Str>() {
        let found = files::SYSCONF.iter().find(|n| s.eq_str(n.0));
        found
            .map(|n| n.1)
            .ok_or_else(|| value_error("unrecognized configuration name"))?
    } else {
        return Err(type_error(
            "configuration names must be strings or integers",
        ));
    };
    files::sysconf(number)
        .map(Value::int)
        .map_err(|e| os_error(e, None, None))
}
