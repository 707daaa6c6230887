//! `os.stat` and its result.

use rivet_vm::exceptions::{PyResult, os_error, type_error};
use rivet_vm::object::args::Bound;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::value::{Gc, Root, Value};

use super::args::{dir_fd, fd};
use super::paths::path_beside_fd;
use crate::structseq;
use crate::sysdep::fs;

static STAT_RESULT: Root = Root::new();

/// Makes the result's type and shows it in the module.
pub fn add_types(m: Gc<Module>) -> PyResult<()> {
    let stat = structseq::make("os.stat_result", &STAT_FIELDS, 10)?;
    STAT_RESULT.set(stat.value());
    m.add("stat_result", stat.value())
}

/// The functions of this room.
pub static METHODS: &[Method] = &[
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
];

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

/// `os.stat` of a path or descriptor.
pub fn stat_path(p: Option<Value>, at: Option<Value>, follow: bool) -> PyResult<Value> {
    let p = p.ok_or_else(|| type_error("path is required"))?;
    if int::is_int(p) {
        return stat_value(fs::fstat(fd(Some(p))?).map_err(|e| os_error(e, Some(p), None))?);
    }
    let b = path_beside_fd("stat", p)?;
    match fs::stat(dir_fd(at), &b, follow) {
        Ok(s) => stat_value(s),
        Err(e) => Err(os_error(e, Some(p), None)),
    }
}
