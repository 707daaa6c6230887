//! Paths as arguments and results: `os.fspath`, the file system's encoding, calls with one or two paths.

use rivet_vm::exceptions::{PyResult, os_error, type_error, value_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::name;
use rivet_vm::object::call::call_special;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::{bytes, memoryview};
use rivet_vm::value::{Gc, Value};

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

/// The bytes of a path where a descriptor could stand too.
pub fn path_beside_fd(function: &str, p: Value) -> PyResult<Vec<u8>> {
    match path_bytes(p) {
        Ok(b) => Ok(b),
        Err(raised) if p.cast::<Str>().is_some() || p.cast::<bytes::Bytes>().is_some() => {
            Err(raised)
        }
        Err(raised) => {
            rivet_vm::exceptions::clear_if(raised, rivet_vm::exceptions::exc().type_error)?;
            let t = p.type_of().name_string();
            Err(type_error(format!(
                "{function}: path should be string, bytes, os.PathLike or integer, not {t}"
            )))
        }
    }
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

/// Whether a path was given as bytes, so that names made from it are.
pub fn is_bytes(p: Option<Value>) -> bool {
    p.is_some_and(|p| p.cast::<bytes::Bytes>().is_some())
}

/// A name as str or as bytes.
pub fn name_value(b: &[u8], as_bytes: bool) -> PyResult<Value> {
    if as_bytes { bytes::new(b) } else { fs_str(b) }
}

/// Calls with a path; an error names it.
pub fn path1(p: Option<Value>, f: impl FnOnce(&[u8]) -> Result<(), i32>) -> PyResult<Value> {
    let p = p.ok_or_else(|| type_error("path is required"))?;
    let b = path_bytes(p)?;
    allow_threads(|| f(&b))
        .map(|()| Value::NONE)
        .map_err(|e| os_error(e, Some(p), None))
}

/// Calls with two paths; an error names both.
pub fn path2(
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
