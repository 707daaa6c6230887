//! Files by their paths: names, links, permissions, times.

use rivet_vm::exceptions::{PyResult, os_error};
use rivet_vm::object::args::Bound;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::Value;

use super::args::{dir_fd, integer, mode};
use super::paths::{fspath, is_bytes, name_value, path_bytes, path1, path2};
use crate::sysdep::fs;

/// The functions of this room.
pub static METHODS: &[Method] = &[
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
    Method::one(
        "umask",
        "($module, mask, /)",
        |_, m| Ok(Value::int(fs::umask(integer(Some(m))? as u32).into())),
        "Set the current numeric umask and return the previous umask.",
    ),
    Method::one(
        "fspath",
        "($module, /, path)",
        |_, p| fspath(p),
        "Return the file system path representation of the object.",
    ),
];

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
    let pair = |v: Option<Value>| v.and_then(Value::not_none).and_then(|t| t.cast::<Tuple>());
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
