//! `cell`: a variable shared between a function and its closures.

use rivet_heap::Header;

use crate::exceptions::{PyResult, no_memory};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// A cell.
#[repr(C)]
pub struct PyCell {
    header: Header,
    /// The contents, or nothing.
    pub contents: Slot,
}

impl Payload for PyCell {
    const LAYOUT: LayoutId = layout::CELL;
    const KIND: Kind = Kind::Cell;
}

impl PyCell {
    /// A cell with these contents.
    pub fn new(contents: Option<Value>) -> PyResult<Gc<PyCell>> {
        let p = rivet_heap::alloc(layout::CELL, 1);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout CELL.
        let cell: Gc<PyCell> = unsafe { Gc::from_raw(p.cast()) };
        cell.set_opt(&cell.contents, contents);
        Ok(cell)
    }
}
