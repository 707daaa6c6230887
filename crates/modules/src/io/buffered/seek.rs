//! Positions of buffered streams.

use rivet_vm::exceptions::{PyResult, take, value_error};
use rivet_vm::name;
use rivet_vm::object::args::check_count;
use rivet_vm::object::call::call_method;
use rivet_vm::value::Value;

use super::{position_arg, stream};
use crate::io::base;
use crate::io::fileio::{self, file};
use crate::io::util::{int_arg, offset_arg, unsupported};

pub(super) fn seek(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("seek", args, 1, 2)?;
    let whence = args.get(1).map_or(Ok(0), |&w| int_arg(w))?;
    let b = stream(v)?;
    if !matches!(whence, 0..=2 | libc::SEEK_HOLE | libc::SEEK_DATA) {
        return Err(value_error(format!("whence value {whence} unsupported")));
    }
    b.check_open("seek of closed file")?;
    let raw = b.raw()?;
    let plain = fileio::is_plain(raw, name!("seekable")) && file(raw).fd.get() >= 0;
    if !(plain && file(raw).is_seekable()) {
        base::check_seekable(raw)?;
    }
    let mut target = offset_arg(args[0])?;
    if matches!(whence, 0 | 1) && b.s.readable.get() {
        let current = b.known_raw_tell()?;
        let ahead = b.ahead() as i64;
        if ahead > 0 {
            let here = current.wrapping_sub(b.raw_offset());
            let offset = if whence == 0 {
                target.wrapping_sub(here)
            } else {
                target
            };
            if offset >= -b.s.pos.get() && offset <= ahead {
                b.s.pos.set(b.s.pos.get() + offset);
                return Ok(Value::int(here.wrapping_add(offset)));
            }
        }
    }
    let _held = b.enter()?;
    if b.s.writable.get() {
        b.flush()?;
    }
    if whence == 1 {
        target = target.wrapping_sub(b.raw_offset());
    }
    let n = b.raw_seek(target, whence)?;
    b.s.raw_pos.set(-1);
    if b.s.readable.get() {
        b.reset_read();
    }
    Ok(Value::int(n))
}

pub(super) fn tell(v: Value) -> PyResult<Value> {
    let b = stream(v)?;
    let raw = b.raw_tell()?;
    Ok(Value::int(raw.wrapping_sub(b.raw_offset())))
}

pub(super) fn truncate(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("truncate", args, 0, 1)?;
    let b = stream(v)?;
    b.check_open("truncate of closed file")?;
    if !b.s.writable.get() {
        return Err(unsupported("truncate"));
    }
    let _held = b.enter()?;
    b.flush_and_rewind()?;
    let r = call_method(b.raw()?, name!("truncate"), &[position_arg(args)])?;
    if let Err(raised) = b.raw_tell() {
        let _ = take(raised);
    }
    Ok(r)
}
