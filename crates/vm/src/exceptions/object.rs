//! The exception object.

use rivet_heap::Header;

use crate::exceptions::PyResult;
use crate::object::{Type, instance};
use crate::types::tuple::Tuple;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// An exception. Fields of particular classes (`OSError.errno`, …) are body words behind these, reached by
/// member descriptors.
#[repr(C)]
pub struct Exception {
    header: Header,
    /// `args` (tuple)
    pub args: Slot,
    /// `__traceback__`, or nothing.
    pub traceback: Slot,
    /// `__context__`, or nothing.
    pub context: Slot,
    /// `__cause__`, or nothing.
    pub cause: Slot,
    /// `__suppress_context__`: True, or nothing.
    pub suppress: Slot,
}

impl Payload for Exception {
    const LAYOUT: LayoutId = layout::EXCEPTION;
    const KIND: Kind = Kind::Exception;
}

/// Body words of every exception.
pub const WORDS: u32 = 5;

impl Exception {
    /// A new instance of `ty`, an exception class, with these `args`. `__init__` is not run.
    pub fn new(ty: Gc<Type>, args: &[Value]) -> PyResult<Gc<Exception>> {
        let v = instance::allocate(ty, 0)?;
        let e = v.cast::<Exception>().expect("an exception class");
        e.set(&e.args, Tuple::from_slice(args)?.value());
        Ok(e)
    }
}

impl Gc<Exception> {
    /// The class-specific field `i`.
    ///
    /// # Panics
    /// If the class has fewer.
    pub fn field<'a>(self, i: usize) -> &'a Slot {
        let word = WORDS as usize + i;
        // SAFETY: header of a live object; the bound is checked before the word is used, and all words of an
        // exception's body are values.
        unsafe {
            assert!(word < (*self.header()).words());
            self.body_slot(word)
        }
    }

    /// The items of `args`.
    pub fn arg_items<'a>(self) -> &'a [Value] {
        self.args.get_as::<Tuple>().map_or(&[], |t| t.items())
    }
}
