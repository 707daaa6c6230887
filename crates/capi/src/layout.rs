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

/// The functions of a type's number, sequence, mapping, async and buffer protocols, behind a heap type's object.
#[repr(C)]
pub struct Tables {
    pub am: [*mut c_void; 4],
    pub nb: [*mut c_void; 36],
    pub mp: [*mut c_void; 3],
    pub sq: [*mut c_void; 10],
    pub bf: [*mut c_void; 2],
}

/// `PyHeapTypeObject`
#[repr(C)]
pub struct PyHeapTypeObject {
    pub ty: PyTypeObject,
    pub tables: Tables,
    pub ht_name: Ref,
    pub ht_slots: Ref,
    pub ht_qualname: Ref,
    pub cached_keys: *mut c_void,
    pub module: Ref,
    pub tpname: *mut c_char,
    pub spec_cache: usize,
}

/// `Py_buffer`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyBuffer {
    pub buf: *mut c_void,
    pub obj: Ref,
    pub len: isize,
    pub itemsize: isize,
    pub readonly: c_int,
    pub ndim: c_int,
    pub format: *mut c_char,
    pub shape: *mut isize,
    pub strides: *mut isize,
    pub suboffsets: *mut isize,
    pub internal: *mut c_void,
}

/// `PyListObject`
#[repr(C)]
pub struct PyListObject {
    pub base: PyVarObject,
    pub items: *mut Ref,
    pub allocated: isize,
}

/// `PyDictObject`: `ma_keys` and `ma_values` are not CPython's; nobody outside the dict's own code reads them.
#[repr(C)]
pub struct PyDictObject {
    pub base: PyObject,
    pub used: isize,
    pub version: u64,
    pub keys: *mut c_void,
    /// The type whose namespace the dict is, or null.
    pub owner: *mut PyTypeObject,
}

/// `PyModuleObject`
#[repr(C)]
pub struct PyModuleObject {
    pub base: PyObject,
    pub dict: Ref,
    pub def: *mut PyModuleDef,
    pub state: *mut c_void,
    pub weaklist: Ref,
    pub name: Ref,
}

/// `PyCFunctionObject` with the class of `PyCMethodObject`.
#[repr(C)]
pub struct PyCFunctionObject {
    pub base: PyObject,
    pub ml: *mut PyMethodDef,
    pub receiver: Ref,
    pub module: Ref,
    pub weakreflist: Ref,
    pub vectorcall: *mut c_void,
    pub class: *mut PyTypeObject,
}

/// `PyGetSetDef`
#[repr(C)]
pub struct PyGetSetDef {
    pub name: *const c_char,
    pub get: Option<unsafe extern "C" fn(Ref, *mut c_void) -> Ref>,
    pub set: Option<unsafe extern "C" fn(Ref, Ref, *mut c_void) -> c_int>,
    pub doc: *const c_char,
    pub closure: *mut c_void,
}

/// `PyType_Slot`
#[repr(C)]
pub struct PyTypeSlot {
    pub slot: c_int,
    pub func: *mut c_void,
}

/// `PyType_Spec`
#[repr(C)]
pub struct PyTypeSpec {
    pub name: *const c_char,
    pub basicsize: c_int,
    pub itemsize: c_int,
    pub flags: u32,
    pub slots: *mut PyTypeSlot,
}

/// `_PyErr_StackItem`
#[repr(C)]
pub struct PyErrStackItem {
    pub value: Ref,
    pub previous: *mut PyErrStackItem,
}

/// `_PyCFrame`
#[repr(C)]
pub struct PyCFrame {
    pub use_tracing: u8,
    pub current_frame: *mut c_void,
    pub previous: *mut PyCFrame,
}

/// `PyThreadState`
#[repr(C)]
pub struct PyThreadState {
    pub prev: *mut PyThreadState,
    pub next: *mut PyThreadState,
    pub interp: *mut c_void,
    pub initialized: c_int,
    pub is_static: c_int,
    pub recursion_remaining: c_int,
    pub recursion_limit: c_int,
    pub recursion_headroom: c_int,
    pub tracing: c_int,
    pub tracing_what: c_int,
    pub cframe: *mut PyCFrame,
    pub c_profilefunc: *mut c_void,
    pub c_tracefunc: *mut c_void,
    pub c_profileobj: Ref,
    pub c_traceobj: Ref,
    pub curexc_type: Ref,
    pub curexc_value: Ref,
    pub curexc_traceback: Ref,
    pub exc_info: *mut PyErrStackItem,
    pub dict: Ref,
    pub gilstate_counter: c_int,
    pub async_exc: Ref,
    pub thread_id: u64,
    pub native_thread_id: u64,
    pub trash_delete_nesting: c_int,
    pub trash_delete_later: Ref,
    pub on_delete: *mut c_void,
    pub on_delete_data: *mut c_void,
    pub coroutine_origin_tracking_depth: c_int,
    pub async_gen_firstiter: Ref,
    pub async_gen_finalizer: Ref,
    pub context: Ref,
    pub context_ver: u64,
    pub id: u64,
    pub trace_info: [usize; 6],
    pub datastack_chunk: *mut c_void,
    pub datastack_top: *mut Ref,
    pub datastack_limit: *mut Ref,
    pub exc_state: PyErrStackItem,
    pub root_cframe: PyCFrame,
}

const _: () = assert!(size_of::<PyThreadState>() == 360 && size_of::<PyHeapTypeObject>() == 904);
const _: () = assert!(size_of::<PyBuffer>() == 80 && size_of::<PyModuleObject>() == 56);

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
/// The defining class is passed too.
pub const METH_METHOD: c_int = 0x200;
/// Replaces a slot wrapper of the same name.
pub const METH_COEXIST: c_int = 0x40;

// SAFETY: these are only pointers into static or leaked C data; the GIL guards their use.
unsafe impl Sync for PyTypeObject {}
// SAFETY: as above.
unsafe impl Sync for PyObject {}
