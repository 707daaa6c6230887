//! Type objects: the exported static ones, mirrors of managed types, and types that extensions define.
//!
//! `outgoing` fills a managed type's C struct with functions that call the runtime; `incoming` makes a C type's functions
//! the managed type's slots; `ready` and `spec` make C types known; `members` are their attributes.

pub mod incoming;
pub mod members;
pub mod outgoing;
pub mod ready;
pub mod spec;

use std::cell::UnsafeCell;
use std::ffi::{CString, c_char, c_int, c_ulong};

use rivet_vm::exceptions::PyResult;
use rivet_vm::object::{Type, TypeFlags};
use rivet_vm::runtime;
use rivet_vm::value::layout::Kind;
use rivet_vm::value::{Gc, Value};

use crate::boundary::{borrow_out, decref, incref, new_ref};
use crate::layout::{
    PyDictObject, PyHeapTypeObject, PyListObject, PyObject, PyTypeObject, PyVarObject, Ref,
};
use crate::{api, memory, raw};

/// A count that no program brings down to 0.
pub const FOREVER: isize = 1 << 40;
/// `Py_TPFLAGS_HAVE_GC`
pub const HAVE_GC: u64 = 1 << 14;

const fn empty() -> PyTypeObject {
    const N: *mut std::ffi::c_void = std::ptr::null_mut();
    PyTypeObject {
        base: PyVarObject {
            base: PyObject {
                refcnt: FOREVER,
                ty: std::ptr::null_mut(),
            },
            size: 0,
        },
        name: c"?".as_ptr(),
        basicsize: 0,
        itemsize: 0,
        dealloc: None,
        vectorcall_offset: 0,
        getattr: N,
        setattr: N,
        as_async: N,
        repr: N,
        as_number: N,
        as_sequence: N,
        as_mapping: N,
        hash: N,
        call: N,
        str: N,
        getattro: N,
        setattro: N,
        as_buffer: N,
        flags: 0,
        doc: std::ptr::null(),
        traverse: N,
        clear: N,
        richcompare: N,
        weaklistoffset: 0,
        iter: N,
        iternext: N,
        methods: std::ptr::null_mut(),
        members: std::ptr::null_mut(),
        getset: N,
        tp_base: std::ptr::null_mut(),
        dict: std::ptr::null_mut(),
        descr_get: N,
        descr_set: N,
        dictoffset: 0,
        init: None,
        alloc: None,
        new: None,
        free: None,
        is_gc: N,
        bases: std::ptr::null_mut(),
        mro: std::ptr::null_mut(),
        cache: 0,
        subclasses: std::ptr::null_mut(),
        weaklist: std::ptr::null_mut(),
        del: N,
        version_tag: 0,
        finalize: N,
        vectorcall: N,
    }
}

/// A type object at a fixed, exported address.
#[repr(transparent)]
pub struct StaticType(UnsafeCell<PyTypeObject>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for StaticType {}

macro_rules! export_types {
    ($($symbol:ident $size:expr, $item:expr, $ty:expr;)*) => {
        $(
            /// Exported type object.
            #[unsafe(no_mangle)]
            pub static $symbol: StaticType = StaticType(UnsafeCell::new(empty()));
        )*

        fn bind_static() {
            let mut late: Vec<(&'static StaticType, Gc<Type>, isize, isize)> = Vec::new();
            // Addresses first: types refer to each other.
            $(
                let t: Option<Gc<Type>> = $ty;
                if let Some(t) = t {
                    if t.mirror.get() == 0 {
                        t.mirror.set(builtin(&$symbol) as usize);
                        late.push((&$symbol, t, $size, $item));
                    }
                }
            )*
            for (s, t, size, item) in &late {
                identify(builtin(s), *t, *size, *item);
            }
            for (s, t, ..) in late {
                fill(builtin(s), t);
            }
        }
    };
}

fn named(module: &str, name: &str) -> Option<Gc<Type>> {
    let m = rivet_vm::import::import_module(module).ok()?;
    let v = rivet_vm::object::attr::find_attr(m, rivet_vm::types::str::intern::intern_str(name));
    if v.is_err() {
        rivet_vm::thread::current().take_pending();
    }
    v.ok().flatten()?.cast::<Type>()
}

fn t() -> &'static runtime::Types {
    runtime::types()
}

export_types! {
    PyBaseObject_Type 16, 0, Some(t().object);
    PyType_Type 904, 40, Some(t().type_);
    PyLong_Type 24, 4, Some(t().int);
    PyBool_Type 24, 4, Some(t().bool);
    PyFloat_Type 24, 0, Some(t().float);
    PyComplex_Type 32, 0, Some(t().complex);
    PyUnicode_Type 80, 0, Some(t().str);
    PyBytes_Type 33, 1, Some(t().bytes);
    PyByteArray_Type 56, 0, Some(t().bytearray);
    PyTuple_Type 24, 8, Some(t().tuple);
    PyList_Type 40, 0, Some(t().list);
    PyDict_Type 48, 0, Some(t().dict);
    PySet_Type 200, 0, Some(t().set);
    PyFrozenSet_Type 200, 0, Some(t().frozenset);
    PyRange_Type 48, 0, Some(t().range);
    PySlice_Type 40, 0, Some(t().slice);
    PyFunction_Type 152, 0, Some(t().function);
    PyCFunction_Type 56, 0, Some(t().builtin);
    PyMethod_Type 48, 0, Some(t().method);
    PyModule_Type 56, 0, Some(t().module);
    PyMemoryView_Type 144, 8, Some(t().memoryview);
    PyProperty_Type 64, 0, Some(t().property);
    PyClassMethod_Type 32, 0, Some(t().classmethod);
    PyStaticMethod_Type 32, 0, Some(t().staticmethod);
    PyMethodDescr_Type 56, 0, Some(t().method_descr);
    PyClassMethodDescr_Type 56, 0, Some(t().classmethod_descr);
    PyWrapperDescr_Type 56, 0, Some(t().wrapper_descr);
    _PyMethodWrapper_Type 32, 0, Some(t().method_wrapper);
    PyGetSetDescr_Type 48, 0, Some(t().getset_descr);
    PyMemberDescr_Type 48, 0, Some(t().member_descr);
    PySuper_Type 40, 0, Some(t().super_);
    PyCell_Type 24, 0, Some(t().cell);
    PyCode_Type 176, 1, Some(t().code);
    PyFrame_Type 456, 8, Some(t().frame);
    PyTraceBack_Type 48, 0, Some(t().traceback);
    PyGen_Type 112, 0, Some(t().generator);
    PyCoro_Type 112, 0, Some(t().coroutine);
    PyAsyncGen_Type 112, 0, Some(t().async_generator);
    PyDictProxy_Type 24, 0, Some(t().mapping_proxy);
    PyListIter_Type 32, 0, Some(t().list_iter);
    PyTupleIter_Type 32, 0, Some(t().tuple_iter);
    PyUnicodeIter_Type 32, 0, Some(t().str_iter);
    PyRangeIter_Type 48, 0, Some(t().range_iter);
    _PyWeakref_RefType 72, 0, Some(t().weakref);
    _PyWeakref_ProxyType 72, 0, named("_weakref", "ProxyType");
    _PyWeakref_CallableProxyType 72, 0, named("_weakref", "CallableProxyType");
    PyEllipsis_Type 16, 0, Some(t().ellipsis);
    _PyNone_Type 16, 0, Some(t().none_type);
    _PyNotImplemented_Type 16, 0, Some(t().not_implemented);
    Py_GenericAliasType 56, 0, Some(rivet_vm::types::generic_alias::alias_type());
    PyReversed_Type 32, 0, named("builtins", "reversed");
    PyEnum_Type 48, 0, named("builtins", "enumerate");
    PyMap_Type 32, 0, named("builtins", "map");
    PyFilter_Type 32, 0, named("builtins", "filter");
    PyZip_Type 48, 0, named("builtins", "zip");
    PyDictKeys_Type 24, 0, Some(rivet_vm::types::dict::views::view_type(rivet_vm::types::dict::views::ViewKind::Keys));
    PyDictValues_Type 24, 0, Some(rivet_vm::types::dict::views::view_type(rivet_vm::types::dict::views::ViewKind::Values));
    PyDictItems_Type 24, 0, Some(rivet_vm::types::dict::views::view_type(rivet_vm::types::dict::views::ViewKind::Items));
    PyContext_Type 56, 0, named("_contextvars", "Context");
    PyContextVar_Type 64, 0, named("_contextvars", "ContextVar");
    PyContextToken_Type 48, 0, named("_contextvars", "Token");
    PyODict_Type 96, 0, named("_collections", "OrderedDict");
}

/// Names for the types that the boundary compares with.
pub static INT: &StaticType = &PyLong_Type;
/// `float`
pub static FLOAT: &StaticType = &PyFloat_Type;
/// `complex`
pub static COMPLEX: &StaticType = &PyComplex_Type;
/// `str`
pub static STR: &StaticType = &PyUnicode_Type;
/// `bytes`
pub static BYTES: &StaticType = &PyBytes_Type;
/// `tuple`
pub static TUPLE: &StaticType = &PyTuple_Type;
/// `list`
pub static LIST: &StaticType = &PyList_Type;
/// `type`
pub static TYPE: &StaticType = &PyType_Type;
/// `object`
pub static OBJECT: &StaticType = &PyBaseObject_Type;

/// The address of a static type.
#[inline(always)]
pub fn builtin(t: &'static StaticType) -> *mut PyTypeObject {
    t.0.get()
}

/// A fresh static type object (for markers and for types of our own in C's terms).
pub const fn static_type() -> StaticType {
    StaticType(UnsafeCell::new(empty()))
}

/// A static object.
#[repr(transparent)]
pub struct StaticObject(UnsafeCell<[usize; 4]>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for StaticObject {}

const fn object() -> StaticObject {
    StaticObject(UnsafeCell::new([FOREVER as usize, 0, 0, 0]))
}

macro_rules! export_singletons {
    ($($name:ident;)*) => {$(
        /// A singleton.
        #[unsafe(no_mangle)]
        pub static $name: StaticObject = object();
    )*};
}

export_singletons! {
    _Py_NoneStruct;
    _Py_TrueStruct;
    _Py_FalseStruct;
    _Py_EllipsisObject;
    _Py_NotImplementedStruct;
}

fn at(o: &StaticObject) -> Ref {
    o.0.get().cast()
}

/// `Py_None`, borrowed.
pub fn none() -> Ref {
    at(&_Py_NoneStruct)
}

/// `Py_True` / `Py_False`, borrowed.
pub fn truth(b: bool) -> Ref {
    at(if b { &_Py_TrueStruct } else { &_Py_FalseStruct })
}

/// `Py_Ellipsis`, borrowed.
pub fn ellipsis() -> Ref {
    at(&_Py_EllipsisObject)
}

/// `Py_NotImplemented`, borrowed.
pub fn not_implemented() -> Ref {
    at(&_Py_NotImplementedStruct)
}

/// The value of a singleton's static object.
pub fn singleton_value(op: Ref) -> Option<Value> {
    let all = [
        (none(), Value::NONE),
        (truth(true), Value::TRUE),
        (truth(false), Value::FALSE),
        (not_implemented(), Value::NOT_IMPLEMENTED),
        (ellipsis(), Value::ELLIPSIS),
    ];
    all.iter().find(|p| p.0 == op).map(|p| p.1)
}

macro_rules! export_exceptions {
    ($($symbol:ident $field:ident;)*) => {
        $(
            /// Exported pointer to an exception class.
            #[unsafe(no_mangle)]
            pub static $symbol: ExportedClass = ExportedClass(UnsafeCell::new(std::ptr::null_mut()));
        )*

        fn bind_exceptions() {
            let e = rivet_vm::exceptions::exc();
            $(
                // SAFETY: start-up of the boundary; GIL held.
                unsafe { *$symbol.0.get() = to_c(e.$field).cast() };
            )*
        }

    };
}

/// A `PyObject *` variable that extensions read.
#[repr(transparent)]
pub struct ExportedClass(UnsafeCell<Ref>);

// SAFETY: written once at start-up.
unsafe impl Sync for ExportedClass {}

export_exceptions! {
    PyExc_BaseException base_exception; PyExc_Exception exception; PyExc_TypeError type_error; PyExc_ValueError value_error;
    PyExc_RuntimeError runtime_error; PyExc_OverflowError overflow_error; PyExc_AttributeError attribute_error;
    PyExc_SystemError system_error; PyExc_MemoryError memory_error; PyExc_IndexError index_error; PyExc_KeyError key_error;
    PyExc_StopIteration stop_iteration; PyExc_ImportError import_error; PyExc_NotImplementedError not_implemented_error;
    PyExc_ZeroDivisionError zero_division_error; PyExc_OSError os_error; PyExc_IOError os_error; PyExc_BufferError buffer_error;
    PyExc_UnicodeError unicode_error; PyExc_UnicodeDecodeError unicode_decode_error; PyExc_UnicodeEncodeError unicode_encode_error;
    PyExc_DeprecationWarning deprecation_warning; PyExc_RuntimeWarning runtime_warning; PyExc_UserWarning user_warning;
    PyExc_KeyboardInterrupt keyboard_interrupt; PyExc_NameError name_error; PyExc_LookupError lookup_error;
    PyExc_ArithmeticError arithmetic_error; PyExc_AssertionError assertion_error; PyExc_EOFError eof_error;
    PyExc_RecursionError recursion_error; PyExc_GeneratorExit generator_exit; PyExc_FloatingPointError floating_point_error;
    PyExc_FutureWarning future_warning; PyExc_Warning warning; PyExc_ReferenceError reference_error;
    PyExc_BaseExceptionGroup base_exception_group; PyExc_SystemExit system_exit; PyExc_ModuleNotFoundError module_not_found_error;
    PyExc_UnboundLocalError unbound_local_error; PyExc_BlockingIOError blocking_io_error; PyExc_ChildProcessError child_process_error;
    PyExc_ConnectionError connection_error; PyExc_BrokenPipeError broken_pipe_error;
    PyExc_ConnectionAbortedError connection_aborted_error; PyExc_ConnectionRefusedError connection_refused_error;
    PyExc_ConnectionResetError connection_reset_error; PyExc_FileExistsError file_exists_error;
    PyExc_FileNotFoundError file_not_found_error; PyExc_InterruptedError interrupted_error;
    PyExc_IsADirectoryError is_a_directory_error; PyExc_NotADirectoryError not_a_directory_error;
    PyExc_PermissionError permission_error; PyExc_ProcessLookupError process_lookup_error; PyExc_TimeoutError timeout_error;
    PyExc_EnvironmentError os_error; PyExc_StopAsyncIteration stop_async_iteration; PyExc_SyntaxError syntax_error;
    PyExc_IndentationError indentation_error; PyExc_TabError tab_error; PyExc_UnicodeTranslateError unicode_translate_error;
    PyExc_BytesWarning bytes_warning; PyExc_EncodingWarning encoding_warning; PyExc_ImportWarning import_warning;
    PyExc_PendingDeprecationWarning pending_deprecation_warning; PyExc_ResourceWarning resource_warning;
    PyExc_SyntaxWarning syntax_warning; PyExc_UnicodeWarning unicode_warning;
}

/// Fills the exported objects in. Once, before the first extension is loaded.
pub fn bind_all() {
    bind_static();
    let t = runtime::types();
    for (o, ty) in [
        (&_Py_NoneStruct, t.none_type),
        (&_Py_TrueStruct, t.bool),
        (&_Py_FalseStruct, t.bool),
        (&_Py_EllipsisObject, t.ellipsis),
        (&_Py_NotImplementedStruct, t.not_implemented),
    ] {
        // SAFETY: start-up of the boundary; GIL held.
        unsafe { (*o.0.get())[1] = to_c(ty) as usize };
    }
    // SAFETY: as above. `True` is the int 1: one digit behind the size.
    unsafe {
        (*_Py_TrueStruct.0.get())[2] = 1;
        (*_Py_TrueStruct.0.get())[3] = 1;
    }
    bind_exceptions();
    crate::runtime_block::fill();
    crate::capsule::bind();
    crate::extras::bind();
    crate::extras::bind_types();
    crate::instancemethod::bind();
    crate::picklebuffer::bind();
    crate::locks::bind();
}

/// Name, size, metatype, base: what other types may ask for while this one is being filled.
fn identify(p: *mut PyTypeObject, t: Gc<Type>, size: isize, item: isize) {
    // A Python class is known to C by its name alone.
    let name = if t.has(TypeFlags::HEAPTYPE) {
        t.short_name()
    } else {
        rivet_vm::types::object::full_name(t)
    };
    let name = CString::new(name).unwrap_or_default();
    // SAFETY: `p` is a type object of ours; GIL held.
    unsafe {
        (*p).name = name.into_raw();
        (*p).cache = t.as_ptr() as usize;
        (*p).flags = t.flags() & 0xffff_ffff | TypeFlags::READY;
        (*p).basicsize = size;
        (*p).itemsize = item;
        (*p).base.base.ty = builtin(TYPE);
    }
}

/// Fills a C type object in from the managed type it stands for.
fn fill(p: *mut PyTypeObject, t: Gc<Type>) {
    let base = t.base().map_or(std::ptr::null_mut(), to_c);
    // SAFETY: `p` is a type object of ours; GIL held.
    unsafe {
        (*p).tp_base = base;
        (*p).dealloc = Some(dealloc_mirror);
        (*p).free = Some(crate::memory::PyObject_Free);
        (*p).alloc = Some(crate::objects::PyType_GenericAlloc);
        if t.kind() == rivet_vm::value::layout::Kind::Exception {
            // Room for the fields of every exception class.
            (*p).basicsize = 144;
        }
        if (*p).basicsize == 0 && !base.is_null() {
            (*p).basicsize = (*base).basicsize;
            (*p).itemsize = (*base).itemsize;
            (*p).weaklistoffset = (*base).weaklistoffset;
            (*p).dictoffset = (*base).dictoffset;
        }
        // Instances of a Python subclass of a C type have that type's body. They are allocated by their type's size,
        // whatever function the C type has for its own.
        if !base.is_null() && t.has(TypeFlags::FOREIGN) {
            (*p).dealloc = (*base).dealloc;
            (*p).free = (*base).free;
            (*p).traverse = (*base).traverse;
            (*p).clear = (*base).clear;
            (*p).vectorcall_offset = (*base).vectorcall_offset;
            (*p).flags |= (*base).flags & HAVE_GC;
        }
        let meta = t.value().type_of();
        (*p).base.base.ty = if meta == t { p } else { to_c(meta) };
        outgoing::fill_slots(p, t);
        let r = t.bases.get().map_or(std::ptr::null_mut(), new_ref);
        (*p).bases = r;
    }
    refresh(p, t);
}

/// The parts that change with the class: order of resolution, namespace.
pub fn refresh(p: *mut PyTypeObject, t: Gc<Type>) {
    // SAFETY: `p` is the C half of `t`.
    unsafe {
        if let Some(mro) = t.mro.get() {
            (*p).mro = new_ref(mro);
        }
        let dict = new_ref(t.namespace().value());
        if !dict.is_null() {
            (*dict.cast::<PyDictObject>()).owner = p;
            (*p).dict = dict;
        }
    }
}

/// The C type object of a managed type; made at the first use, for good.
pub fn to_c(t: Gc<Type>) -> *mut PyTypeObject {
    let m = t.mirror.get();
    if m != 0 {
        return m as *mut PyTypeObject;
    }
    let _scope = crate::check::Scope::runtime();
    // SAFETY: all fields of a type object may be zero.
    let p = Box::into_raw(Box::new(unsafe { std::mem::zeroed::<PyHeapTypeObject>() }))
        .cast::<PyTypeObject>();
    t.mirror.set(p as usize);
    identify(p, t, 0, 0);
    // SAFETY: a fresh type object.
    unsafe {
        (*p).base.base.refcnt = FOREVER;
        let h = p.cast::<PyHeapTypeObject>();
        (*h).ht_name = new_ref(t.name().value());
        (*h).ht_qualname = t.qualname.get().map_or(std::ptr::null_mut(), new_ref);
    }
    fill(p, t);
    crate::boundary::statics::keep(t.value()).expect("memory for a type");
    p
}

/// Whether an object is a type object.
pub fn is_type(op: Ref) -> bool {
    // SAFETY: callers pass live objects; the flags of its type say whether `op` is itself a type.
    unsafe { (*(*op).ty).flags & TypeFlags::TYPE_SUBCLASS != 0 || (*op).ty == builtin(TYPE) }
}

/// The managed type behind an object, if it is a type object.
pub fn as_type(op: Ref) -> Option<Gc<Type>> {
    // SAFETY: types carry the managed type's address.
    if is_type(op) {
        unsafe { managed(op.cast()) }
    } else {
        None
    }
}

/// The managed type of a ready C type.
///
/// # Safety
/// `p` is a type object.
pub unsafe fn managed(p: *mut PyTypeObject) -> Option<Gc<Type>> {
    // SAFETY: by contract; the field is 0 or the address of a type, which does not move and is kept alive.
    unsafe {
        if (*p).cache == 0 {
            None
        } else {
            Some(Gc::from_raw((*p).cache as *mut Type))
        }
    }
}

/// The managed type of a C type, which is made ready if it is not.
///
/// # Safety
/// `p` is a type object.
pub unsafe fn ready_type(p: *mut PyTypeObject) -> PyResult<Gc<Type>> {
    // SAFETY: by contract.
    unsafe {
        if (*p).cache == 0 {
            ready::make_ready(p)?;
        }
        managed(p).ok_or_else(crate::api::bad_call)
    }
}

/// Deallocates mirrors and C-born objects of builtin types: items first.
pub unsafe extern "C" fn dealloc_mirror(op: Ref) {
    // SAFETY: the count has reached 0, so nobody else uses the object.
    unsafe {
        if !memory::owns(op) {
            return;
        }
        let ty = (*op).ty;
        let b = op.cast::<u8>();
        let flags = (*ty).flags;
        if flags & TypeFlags::TUPLE_SUBCLASS != 0 {
            let n = (*op.cast::<PyVarObject>()).size as usize;
            drop_items(b.add(24).cast::<Ref>(), n);
        } else if flags & TypeFlags::LIST_SUBCLASS != 0 {
            let l = op.cast::<PyListObject>();
            if !(*l).items.is_null() {
                crate::list::drop_storage(l);
            }
        } else if flags & TypeFlags::UNICODE_SUBCLASS != 0 {
            crate::strings::drop_extras(op);
        } else if ty == builtin(&PySlice_Type)
            || ty == builtin(&PyMethod_Type)
            || ty == builtin(&PyCFunction_Type)
        {
            let from = if ty == builtin(&PyCFunction_Type) {
                24
            } else {
                16
            };
            let n = if ty == builtin(&PySlice_Type) { 3 } else { 2 };
            drop_items(b.add(from).cast::<Ref>(), n);
        } else if ty == builtin(&PyModule_Type) {
            crate::module::drop_state(op);
        } else if ty == builtin(&PyMemoryView_Type) {
            crate::buffer::drop_view(op);
        }
        memory::release(op.cast());
    }
}

/// Whether a type's deallocator is the runtime's.
pub fn is_mirror_dealloc(f: unsafe extern "C" fn(Ref)) -> bool {
    std::ptr::fn_addr_eq(f, dealloc_mirror as unsafe extern "C" fn(Ref))
}

/// C code sets the type of a type by writing to its head, and then says that the type was modified.
///
/// # Safety
/// `p` is the C half of `t`.
unsafe fn take_metatype(p: *mut PyTypeObject, t: Gc<Type>) {
    // SAFETY: by contract; the type of a type is a type.
    let meta = unsafe { managed((*p).base.base.ty) };
    if let Some(meta) = meta.filter(|m| *m != t.value().type_of())
        && meta.kind() == Kind::Type
    {
        // Without memory it stays as it was.
        let _ = rivet_vm::object::instance::change_type(t.value(), meta);
    }
}

/// `tp_name` of a type that an extension defines.
pub fn c_name(t: Gc<Type>) -> Option<String> {
    let p = t.mirror.get() as *const PyTypeObject;
    if p.is_null() || !t.has(TypeFlags::C_DEFINED) {
        return None;
    }
    // SAFETY: the C half of a type that C defines lives as long as the type; names live for good.
    Some(unsafe { crate::errors::text((*p).name) })
}

/// Drops references to items.
///
/// # Safety
/// The item array of a dying container.
pub unsafe fn drop_items(items: *mut Ref, n: usize) {
    for i in 0..n {
        // SAFETY: by contract.
        unsafe {
            let item = *items.add(i);
            if !item.is_null() {
                decref(item);
            }
        }
    }
}

raw! {
    fn PyType_IsSubtype(a: *mut PyTypeObject, b: *mut PyTypeObject) -> c_int {
        if a == b {
            return 1;
        }
        match (managed(a), managed(b)) {
            (Some(a), Some(b)) => a.is_subtype(b).into(),
            _ => {
                let mut at = (*a).tp_base;
                while !at.is_null() {
                    if at == b {
                        return 1;
                    }
                    at = (*at).tp_base;
                }
                (b == builtin(OBJECT)).into()
            }
        }
    }

    fn PyType_GetFlags(p: *mut PyTypeObject) -> c_ulong {
        (*p).flags & 0xffff_ffff
    }

    fn PyType_ClearCache() -> u32 {
        0
    }

    fn PyType_Modified(p: *mut PyTypeObject) {
        if let Some(t) = managed(p) {
            take_metatype(p, t);
            rivet_vm::object::lookup::modified(t);
        }
    }

    fn _PyType_Name(p: *mut PyTypeObject) -> *const c_char {
        let name = (*p).name;
        let dot = libc::strrchr(name, c_int::from(b'.'));
        if dot.is_null() { name } else { dot.add(1) }
    }

    fn _PyType_Lookup(p: *mut PyTypeObject, name: Ref) -> Ref {
        let Some(t) = managed(p) else { return std::ptr::null_mut() };
        let Ok(n) = crate::api::get(name).and_then(rivet_vm::object::attr::attr_name) else {
            crate::errors::publish();
            return std::ptr::null_mut();
        };
        rivet_vm::object::lookup::type_lookup(t, n).map_or(std::ptr::null_mut(), borrow_out)
    }

    fn PyType_GetModule(p: *mut PyTypeObject) -> Ref {
        let m = if (*p).flags & TypeFlags::HEAPTYPE == 0 { std::ptr::null_mut() } else { (*p.cast::<PyHeapTypeObject>()).module };
        if m.is_null() {
            let name = crate::errors::text((*p).name);
            let what = if (*p).flags & TypeFlags::HEAPTYPE == 0 { "is not a heap type" } else { "has no associated module" };
            let _ = rivet_vm::exceptions::type_error(format!("PyType_GetModule: Type '{name}' {what}"));
            crate::errors::publish();
        }
        m
    }

    fn PyType_GetModuleState(p: *mut PyTypeObject) -> *mut std::ffi::c_void {
        let m = PyType_GetModule(p);
        if m.is_null() { std::ptr::null_mut() } else { crate::module::PyModule_GetState(m) }
    }

    fn PyType_GetModuleByDef(p: *mut PyTypeObject, def: *mut crate::layout::PyModuleDef) -> Ref {
        if let Some(t) = managed(p) {
            for b in t.mro().items() {
                let Some(b) = b.cast::<Type>().filter(|b| b.has(TypeFlags::C_DEFINED)) else { continue };
                let c = to_c(b);
                if (*c).flags & TypeFlags::HEAPTYPE == 0 {
                    continue;
                }
                let m = (*c.cast::<PyHeapTypeObject>()).module;
                if !m.is_null() && crate::module::PyModule_GetDef(m) == def {
                    return m;
                }
            }
        }
        let name = crate::errors::text((*p).name);
        let _ = rivet_vm::exceptions::type_error(format!(
            "PyType_GetModuleByDef: No superclass of '{name}' has the given module"
        ));
        crate::errors::publish();
        std::ptr::null_mut()
    }

    fn PyType_GetSlot(p: *mut PyTypeObject, slot: c_int) -> *mut std::ffi::c_void {
        spec::get_slot(p, slot)
    }

    fn PyType_SUPPORTS_WEAKREFS(p: *mut PyTypeObject) -> c_int {
        ((*p).weaklistoffset > 0).into()
    }

    // `type->tp_name` of an object, for the C shims.
    fn rivet_type_name(op: Ref) -> *const c_char {
        (*(*op).ty).name
    }

    fn rivet_is_instance_of(op: Ref, ty: Ref) -> c_int {
        PyType_IsSubtype((*op).ty, ty.cast())
    }

    fn rivet_none() -> Ref {
        none()
    }
}

api! {
    fn PyType_GetName(p: *mut PyTypeObject) -> Value {
        Ok(ready_type(p)?.name().value())
    }

    fn PyType_GetQualName(p: *mut PyTypeObject) -> Value {
        Ok(ready_type(p)?.qualname.value())
    }
}

/// A new reference to a type's C half.
pub fn type_ref(t: Gc<Type>) -> Ref {
    let p = to_c(t).cast::<PyObject>();
    // SAFETY: types live for good.
    unsafe { incref(p) };
    p
}
