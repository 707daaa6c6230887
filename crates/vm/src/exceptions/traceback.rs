//! Tracebacks: the chain of frames an exception passed through.

use std::cell::Cell;

use rivet_heap::Header;

use super::{Exception, PyResult, no_memory};
use crate::frames::Frame;
use crate::types::frame::FrameObject;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// A traceback entry.
#[repr(C)]
pub struct Traceback {
    header: Header,
    /// `tb_next`, or nothing.
    pub next: Slot,
    /// `tb_frame`
    pub frame: Slot,
    /// `tb_lasti`: twice the index of the instruction word.
    pub lasti: Cell<u32>,
    /// `tb_lineno`, or `ASK`.
    line: Cell<u32>,
}

impl Payload for Traceback {
    const LAYOUT: LayoutId = layout::TRACEBACK;
    const KIND: Kind = Kind::Traceback;
}

/// The line is that of the instruction: most tracebacks are never printed.
const ASK: u32 = u32::MAX;

impl Traceback {
    /// `tb_lineno`
    pub fn line(&self) -> u32 {
        if self.line.get() != ASK {
            return self.line.get();
        }
        let frame = self.frame.get_as::<FrameObject>();
        let line = frame.and_then(|f| f.code().line_of(self.lasti.get() as usize / 2));
        self.line.set(line.unwrap_or(0));
        self.line.get()
    }

    /// A new entry.
    pub fn new(
        next: Option<Value>,
        frame: Value,
        lasti: u32,
        line: u32,
    ) -> PyResult<Gc<Traceback>> {
        let p = rivet_heap::alloc(layout::TRACEBACK, size_of::<Traceback>() / 8 - 1);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout TRACEBACK.
        let t: Gc<Traceback> = unsafe { Gc::from_raw(p.cast()) };
        t.set_opt(&t.next, next);
        t.set(&t.frame, frame);
        t.lasti.set(lasti);
        t.line.set(line);
        Ok(t)
    }
}

/// Records that the pending exception `exc` passes through `frame`, at instruction word `index`.
pub fn add_entry(exc: Value, frame: &Frame, index: usize) -> PyResult<()> {
    let Some(e) = exc.cast::<Exception>() else {
        return Ok(());
    };
    let object = crate::types::frame::object_of(frame)?;
    // The frames nearer to the raise come first in time and last in the chain.
    let tb = Traceback::new(e.traceback.get(), object.value(), index as u32 * 2, ASK)?;
    e.set(&e.traceback, tb.value());
    Ok(())
}
