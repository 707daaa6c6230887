//! Directories: listing, making, removing, the current one.

use rivet_vm::exceptions::{PyResult, os_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::object::args::Bound;
use rivet_vm::object::spec::Method;
use rivet_vm::types::list::List;
use rivet_vm::types::{bytes, int, str};
use rivet_vm::value::Value;

use super::args::{dir_fd, integer, mode};
use super::paths::{fs_str, is_bytes, name_value, path_bytes, path1};
use crate::sysdep::fs;

/// The functions of this room.
pub static METHODS: &[Method] = &[
    Method::bound(
        "listdir",
        "($module, /, path=None)",
        listdir,
        "Return a list containing the names of the files in the directory.",
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
];

/// Names, kinds and inodes of what a directory (a path, a descriptor, or the current one) holds.
pub fn read_dir(p: Option<Value>) -> PyResult<Vec<(Vec<u8>, u8, u64)>> {
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
