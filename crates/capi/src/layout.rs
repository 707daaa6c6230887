//! CPython 3.11's structures as extensions see them (x86-64). `cargo xtask abi-check` compares the sizes and offsets
//! with the installed headers. Field names are CPython's.

#![allow(missing_docs)]
use std::ffi::{c_char, c_int, c_void};

/// A pointer to an object as C sees it.
pub type Ref = *mut PyObject;

/// `PyObject`
#[repr(C)]
pub struct PyObject {
    pub refcnt: isize,
    pub ty: *mut PyTypeObject,
}

/// `PyVarObject`
#[repr(C)]
pub struct PyVarObject {
    pub base: PyObject,
    pub size: isize,
}

/// `PyFloatObject`
#[repr(C)]
pub struct PyFloatObject {
    pub base: PyObject,
    pub value: f64,
}

/// `PyLongObject`: digits of 30 bits follow; the sign is that of `size`.
#[repr(C)]
pub struct PyLongObject {
    pub base: PyVarObject,
    pub digit: [u32; 3],
}

/// `PyMethodDef`
#[repr(C)]
pub struct PyMethodDef {
    pub name: *const c_char,
    pub meth: *mut c_void,
    pub flags: c_int,
    pub doc: *const c_char,
}

/// `PyMemberDef`
#[repr(C)]
pub struct PyMemberDef {
    pub name: *const c_char,
    pub ty: c_int,
    pub offset: isize,
    pub flags: c_int,
    pub doc: *const c_char,
}

/// `PyModuleDef`
#[repr(C)]
pub struct PyModuleDef {
    pub base: PyObject,
    pub init: *mut c_void,
    pub index: isize,
    pub copy: Ref,
    pub name: *const c_char,
    pub doc: *const c_char,
    pub size: isize,
    pub methods: *mut PyMethodDef,
    pub slots: *mut PyModuleDefSlot,
    pub traverse: *mut c_void,
    pub clear: *mut c_void,
    pub free: *mut c_void,
}

/// `PyModuleDef_Slot`
#[repr(C)]
pub struct PyModuleDefSlot {
    pub slot: c_int,
    pub value: *mut c_void,
}

/// `PyTypeObject`
#[repr(C)]
pub struct PyTypeObject {
    pub base: PyVarObject,
    pub name: *const c_char,
    pub basicsize: isize,
    pub itemsize: isize,
    pub dealloc: Option<unsafe extern "C" fn(Ref)>,
    pub vectorcall_offset: isize,
    pub getattr: *mut c_void,
    pub setattr: *mut c_void,
    pub as_async: *mut c_void,
    pub repr: *mut c_void,
    pub as_number: *mut c_void,
    pub as_sequence: *mut c_void,
    pub as_mapping: *mut c_void,
    pub hash: *mut c_void,
    pub call: *mut c_void,
    pub str: *mut c_void,
    pub getattro: *mut c_void,
    pub setattro: *mut c_void,
    pub as_buffer: *mut c_void,
    pub flags: u64,
    pub doc: *const c_char,
    pub traverse: *mut c_void,
    pub clear: *mut c_void,
    pub richcompare: *mut c_void,
    pub weaklistoffset: isize,
    pub iter: *mut c_void,
    pub iternext: *mut c_void,
    pub methods: *mut PyMethodDef,
    pub members: *mut PyMemberDef,
    pub getset: *mut c_void,
    pub tp_base: *mut PyTypeObject,
    pub dict: Ref,
    pub descr_get: *mut c_void,
    pub descr_set: *mut c_void,
    pub dictoffset: isize,
    pub init: Option<unsafe extern "C" fn(Ref, Ref, Ref) -> c_int>,
    pub alloc: Option<unsafe extern "C" fn(*mut PyTypeObject, isize) -> Ref>,
    pub new: Option<unsafe extern "C" fn(*mut PyTypeObject, Ref, Ref) -> Ref>,
    pub free: Option<unsafe extern "C" fn(*mut c_void)>,
    pub is_gc: *mut c_void,
    pub bases: Ref,
    pub mro: Ref,
    /// The managed type's address: a field no extension reads.
    pub cache: usize,
    pub subclasses: Ref,
    pub weaklist: Ref,
    pub del: *mut c_void,
    pub version_tag: u32,
    pub finalize: *mut c_void,
    pub vectorcall: *mut c_void,
}

const _: () = assert!(size_of::<PyTypeObject>() == 408 && size_of::<PyModuleDef>() == 104);

/// `METH_*`
pub const METH_VARARGS: c_int = 1;
/// Keywords are taken.
pub const METH_KEYWORDS: c_int = 2;
/// No arguments.
pub const METH_NOARGS: c_int = 4;
/// One argument.
pub const METH_O: c_int = 8;
/// Bound to the class.
pub const METH_CLASS: c_int = 0x10;
/// Bound to nothing.
pub const METH_STATIC: c_int = 0x20;
/// Arguments as an array.
pub const METH_FASTCALL: c_int = 0x80;
/// The defining class is passed.
pub const METH_METHOD: c_int = 0x200;

// SAFETY: these are only pointers into static or leaked C data; the GIL guards their use.
unsafe impl Sync for PyTypeObject {}
// SAFETY: as above.
unsafe impl Sync for PyObject {}
