//! Arguments of `posix` functions that are not paths, and how results of system calls become values.

use rivet_vm::exceptions::{PyResult, os_error, type_error};
use rivet_vm::name;
use rivet_vm::object::attr::find_attr;
use rivet_vm::object::protocol;
use rivet_vm::types::int;
use rivet_vm::value::Value;

/// A required integer.
pub fn integer(v: Option<Value>) -> PyResult<i64> {
    protocol::as_isize(v.ok_or_else(|| type_error("an integer is required"))?).map(|n| n as i64)
}

/// A file descriptor, or an object with `fileno()`.
pub fn fd(v: Option<Value>) -> PyResult<i32> {
    let v = v.ok_or_else(|| type_error("an integer is required"))?;
    if v.as_float().is_some() {
        return Err(type_error("integer argument expected, got float"));
    }
    if let Some(f) = find_attr(v, name!("fileno"))? {
        return Ok(protocol::as_isize(rivet_vm::object::call::call(f, &[])?)? as i32);
    }
    Ok(protocol::as_isize(v)? as i32)
}

/// The directory a path is relative to; without one the current directory.
pub fn dir_fd(v: Option<Value>) -> i32 {
    v.and_then(Value::not_none)
        .and_then(int::to_i64)
        .map_or(libc::AT_FDCWD, |n| n as i32)
}

/// Permission bits.
pub fn mode(v: Option<Value>, default: u32) -> u32 {
    v.and_then(int::to_i64).map_or(default, |n| n as u32)
}

/// None, or the error.
pub fn unit(r: Result<(), i32>) -> PyResult<Value> {
    r.map(|()| Value::NONE).map_err(|e| os_error(e, None, None))
}

/// The number, or the error.
pub fn number(r: Result<i64, i32>) -> PyResult<Value> {
    r.map(Value::int).map_err(|e| os_error(e, None, None))
}
