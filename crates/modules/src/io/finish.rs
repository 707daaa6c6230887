//! Streams that nobody closed: in which order those found dead together are closed, and what happens to those that
//! are still open when the program ends.

use rivet_vm::builtins::warnings;
use rivet_vm::exceptions::{PyResult, take};
use rivet_vm::finalize::{live_finalizable, unraisable};
use rivet_vm::import::import_module;
use rivet_vm::name;
use rivet_vm::object::attr::find_attr;
use rivet_vm::value::{RVec, Value};

use super::base::finalize;
use super::buffered;
use super::util::is_exactly;
use crate::util::{is_a, ty};

/// The later a stream is closed the higher: text is written to its buffer before that is closed, and the buffer to
/// the raw stream. Other objects come first.
pub(super) fn rank(v: Value) -> u8 {
    if !is_a(v, &super::BASE) || is_a(v, &super::TEXT_BASE) {
        0
    } else if is_a(v, &super::BUFFERED_BASE) {
        1
    } else {
        2
    }
}

/// Whether the value is a stream.
pub fn is_stream(v: Value) -> bool {
    is_a(v, &super::BASE)
}

/// At exit: closes what is still open, as the end of the objects' lives would. The standard streams stay usable.
pub fn finish() {
    warnings::program_ends();
    if let Err(raised) = close_all() {
        let _ = take(raised);
    }
}

fn close_all() -> PyResult<()> {
    let all = live_finalizable()?;
    let spared = standard()?;
    for wanted in 0..=2 {
        for &v in all.iter() {
            if is_stream(v) && rank(v) == wanted && !spared.contains(&v) && !is_busy(v) {
                close_one(v);
            }
        }
    }
    Ok(())
}

fn close_one(v: Value) {
    let r = match v.type_of().slots().finalize {
        Some(f) => f(v),
        None => finalize(v),
    };
    if let Err(raised) = r {
        unraisable(raised, v);
    }
}

/// Whether another thread is in a call of the stream, perhaps for ever.
fn is_busy(v: Value) -> bool {
    let exact = [&super::READER, &super::WRITER, &super::RANDOM];
    if exact.iter().any(|r| is_exactly(v, ty(r))) {
        return buffered::stream(v).is_ok_and(|s| s.is_busy());
    }
    match is_a(v, &super::TEXT_IO).then(|| find_attr(v, name!("buffer"))) {
        Some(Ok(Some(b))) => exact.iter().any(|r| is_exactly(b, ty(r))) && is_busy(b),
        Some(Err(raised)) => {
            let _ = take(raised);
            false
        }
        _ => false,
    }
}

/// The standard streams with their buffers and raw streams.
fn standard() -> PyResult<RVec> {
    let mut out = RVec::new();
    let sys = import_module("sys")?;
    for n in [
        name!("stdin"),
        name!("stdout"),
        name!("stderr"),
        name!("__stdin__"),
        name!("__stdout__"),
        name!("__stderr__"),
    ] {
        let mut at = find_attr(sys, n)?;
        while let Some(v) = at.filter(|v| !v.is_none()) {
            out.push(v)?;
            at = if is_exactly(v, ty(&super::TEXT_IO)) {
                find_attr(v, name!("buffer"))?
            } else if is_a(v, &super::BUFFERED_BASE) {
                find_attr(v, name!("raw"))?
            } else {
                None
            };
        }
    }
    Ok(out)
}
