//! The typed table as `include/typed_method.h` lays it out: what a runtime reads from the exported symbol.

use std::ffi::c_char;

use pyo3::ffi::{PyMethodDef, PyTypeObject};

/// Version of the table's layout.
pub const TABLE_VERSION: u32 = 1;
/// Version of an entry's layout and meaning.
pub const ENTRY_VERSION: u16 = 1;
/// The most parameters an entry describes, a receiver included.
pub const MAX_PARAMS: usize = 8;

/// Types of parameters and results.
pub mod code {
    #![allow(missing_docs)]
    pub const VOID: u16 = 0;
    pub const I8: u16 = 1;
    pub const I16: u16 = 2;
    pub const I32: u16 = 3;
    pub const I64: u16 = 4;
    pub const U8: u16 = 5;
    pub const U16: u16 = 6;
    pub const U32: u16 = 7;
    pub const U64: u16 = 8;
    pub const F32: u16 = 9;
    pub const F64: u16 = 10;
    pub const BOOL: u16 = 11;
    pub const OBJECT: u16 = 12;
    pub const SELF: u16 = 13;
    pub const UTF8: u16 = 15;
    pub const BYTES: u16 = 16;
}

/// How a native function reports an error.
pub mod error {
    #![allow(missing_docs)]
    pub const NEVER: u32 = 0;
    pub const SENTINEL: u32 = 1;
    pub const ALWAYS: u32 = 2;
    pub const NONZERO: u32 = 3;
}

/// What a native function does besides computing its result.
pub mod effect {
    /// Calls no Python API.
    pub const LEAF: u32 = 1;
    /// Same arguments, same result, nothing else.
    pub const PURE: u32 = 1 << 1;
    /// May run while the GIL is released.
    pub const NOGIL: u32 = 1 << 2;
    /// The result depends on memory that others write.
    pub const READS: u32 = 1 << 3;
    /// May be called twice with the same arguments.
    pub const TESTABLE: u32 = 1 << 4;
}

/// `PyTypedEntry`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Entry {
    pub(crate) size: u32,
    pub(crate) version: u16,
    pub(crate) nparams: u16,
    pub(crate) method: *const PyMethodDef,
    pub(crate) native: *const (),
    pub(crate) result: u16,
    pub(crate) reserved: u16,
    pub(crate) effects: u32,
    pub(crate) error: u32,
    pub(crate) sentinel: u64,
    pub(crate) params: [u16; MAX_PARAMS],
    pub(crate) names: *const c_char,
    pub(crate) defaults_from: u32,
    pub(crate) reserved2: u32,
    pub(crate) defaults: [u64; MAX_PARAMS],
    pub(crate) self_type: *const *mut PyTypeObject,
    pub(crate) overload: *const Entry,
}

impl Entry {
    /// An entry that says nothing.
    pub(crate) const EMPTY: Entry = Entry {
        size: size_of::<Entry>() as u32,
        version: ENTRY_VERSION,
        nparams: 0,
        method: std::ptr::null(),
        native: std::ptr::null(),
        result: code::VOID,
        reserved: 0,
        effects: 0,
        error: error::NEVER,
        sentinel: 0,
        params: [0; MAX_PARAMS],
        names: std::ptr::null(),
        defaults_from: MAX_PARAMS as u32,
        reserved2: 0,
        defaults: [0; MAX_PARAMS],
        self_type: std::ptr::null(),
        overload: std::ptr::null(),
    };
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Entry>() == 160);
