//! Objects of types that Rust modules define without `unsafe`: a number of value slots and, if wanted, a
//! Rust state of any type.

use std::any::Any;
use std::cell::Cell;

use rivet_heap::Header;

use super::Type;
use crate::exceptions::PyResult;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// An object with `n` value slots and an optional Rust state. The state must not hold values (they live in
/// the slots).
#[repr(C)]
pub struct Native {
    header: Header,
    state: Cell<*mut Box<dyn Any>>,
}

impl Payload for Native {
    const LAYOUT: LayoutId = layout::NATIVE;
    const KIND: Kind = Kind::Native;
}

/// Body words before the value slots.
pub const NATIVE_FIXED: u32 = 1;

impl Native {
    /// A new instance of `ty`, a type made by `build::native_type`, without state.
    pub fn new(ty: Gc<Type>) -> PyResult<Gc<Native>> {
        let value = super::instance::allocate(ty, 0)?;
        Ok(value.cast::<Native>().expect("a type of native kind"))
    }

    /// A new instance of `ty` with a Rust state, dropped when the object dies.
    pub fn with_state<T: Any>(ty: Gc<Type>, state: T) -> PyResult<Gc<Native>> {
        let obj = Self::new(ty)?;
        obj.set_state(state);
        Ok(obj)
    }
}

impl Gc<Native> {
    /// The `i`th value slot.
    ///
    /// # Panics
    /// If the object has fewer body words.
    #[inline(always)]
    pub fn slot<'a>(self, i: usize) -> &'a Slot {
        let word = NATIVE_FIXED as usize + i;
        // SAFETY: header of a live object; the bound is checked before the word is used, and all words of a
        // native body after the first are traced values.
        unsafe {
            assert!(word < (*self.header()).words());
            self.body_slot(word)
        }
    }

    /// The value in slot `i`.
    #[inline(always)]
    pub fn get(self, i: usize) -> Option<Value> {
        self.slot(i).get()
    }

    /// Stores into slot `i`.
    #[inline(always)]
    pub fn put(self, i: usize, value: Value) {
        self.set(self.slot(i), value);
    }

    /// Stores into slot `i`, or empties it.
    #[inline(always)]
    pub fn put_opt(self, i: usize, value: Option<Value>) {
        self.set_opt(self.slot(i), value);
    }

    /// The Rust state, if it is a `T`.
    #[inline]
    pub fn state<'a, T: Any>(self) -> Option<&'a T> {
        let p = self.state.get();
        if p.is_null() {
            return None;
        }
        // SAFETY: the state lives until the object dies, and the object lives while `self` is on the stack.
        unsafe { (*p).downcast_ref::<T>() }
    }

    /// Whether it has a Rust state.
    pub fn has_state(self) -> bool {
        !self.state.get().is_null()
    }

    /// Sets the state of an object that has none yet (a second call replaces it).
    pub fn set_state<T: Any>(self, state: T) {
        let old = self.state.replace(Box::into_raw(Box::new(Box::new(state))));
        if old.is_null() {
            rivet_heap::track_drop(self.header());
        } else {
            // SAFETY: `old` came from `Box::into_raw` and has just been unlinked.
            drop(unsafe { Box::from_raw(old) });
        }
    }
}

/// Drop function of native layouts: frees the Rust state.
///
/// # Safety
/// `header` is a dead object of kind Native whose memory is still intact.
pub unsafe fn drop_native(header: *mut Header) {
    // SAFETY: by contract.
    let native = unsafe { &*header.cast::<Native>() };
    let state = native.state.replace(std::ptr::null_mut());
    if !state.is_null() {
        // SAFETY: the state came from `Box::into_raw` in `set_state`.
        drop(unsafe { Box::from_raw(state) });
    }
}
