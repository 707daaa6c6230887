//! Type objects: the exported static ones, mirrors of managed types, and types that extensions define.

use std::cell::UnsafeCell;
use std::ffi::{CStr, CString, c_char, c_int};

use rivet_heap::Trace;
use rivet_vm::exceptions::{PyResult, Raised, system_error, type_error};
use rivet_vm::object::build::{self, RawType};
use rivet_vm::object::member::{GetSetDescr, MethodDescr};
use rivet_vm::object::spec::{ForeignGetSet, GetSet};
use rivet_vm::object::{Slots, Type, TypeFlags, instance};
use rivet_vm::runtime;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::types::str::{self};
use rivet_vm::types::tuple;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::layout::{self, AttrMode, Kind};
use rivet_vm::value::{Gc, Value};

use crate::boundary::links::link;
use crate::boundary::to_c::argument_tuple;
use crate::boundary::{decref, new_ref, steal};
use crate::call;
use crate::layout::{PyMemberDef, PyObject, PyTypeObject, PyVarObject, Ref};
use crate::memory;

/// A count that no program brings down to 0.
const FOREVER: isize = 1 << 40;

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
        basicsize: 16,
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

macro_rules! static_types {
    ($($symbol:ident $field:ident $size:expr, $item:expr;)*) => {
        $(
            /// Exported type object.
            #[unsafe(no_mangle)]
            pub static $symbol: StaticType = StaticType(UnsafeCell::new(empty()));
        )*

        fn bind_static() {
            let t = runtime::types();
            $(bind(&$symbol, t.$field, $size, $item);)*
        }

        /// Their addresses, so that the linker keeps them.
        pub static STATIC_TYPES: &[&StaticType] = &[$(&$symbol,)*];
    };
}

static_types! {
    PyBaseObject_Type object 16, 0;
    PyType_Type type_ 904, 40;
    PyLong_Type int 24, 4;
    PyBool_Type bool 24, 4;
    PyFloat_Type float 24, 0;
    PyComplex_Type complex 32, 0;
    PyUnicode_Type str 80, 0;
    PyBytes_Type bytes 33, 1;
    PyByteArray_Type bytearray 56, 0;
    PyTuple_Type tuple 24, 8;
    PyList_Type list 40, 0;
    PyDict_Type dict 48, 0;
    PySet_Type set 200, 0;
    PyFrozenSet_Type frozenset 200, 0;
    PyRange_Type range 48, 0;
    PySlice_Type slice 40, 0;
    PyFunction_Type function 152, 0;
    PyCFunction_Type builtin 56, 0;
    PyMethod_Type method 48, 0;
    PyModule_Type module 64, 0;
    PyMemoryView_Type memoryview 144, 8;
    PyProperty_Type property 64, 0;
}

/// Names for the types that the boundary compares with.
pub static INT: &StaticType = &PyLong_Type;
/// `float`
pub static FLOAT: &StaticType = &PyFloat_Type;
/// `str`
pub static STR: &StaticType = &PyUnicode_Type;
/// `bytes`
pub static BYTES: &StaticType = &PyBytes_Type;
/// `tuple`
pub static TUPLE: &StaticType = &PyTuple_Type;
/// `list`
pub static LIST: &StaticType = &PyList_Type;

/// The address of a static type.
#[inline(always)]
pub fn builtin(t: &'static StaticType) -> *mut PyTypeObject {
    t.0.get()
}

/// A static object.
#[repr(transparent)]
pub struct StaticObject(UnsafeCell<[usize; 4]>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for StaticObject {}

const fn object() -> StaticObject {
    StaticObject(UnsafeCell::new([FOREVER as usize, 0, 0, 0]))
}

/// `None`
#[unsafe(no_mangle)]
pub static _Py_NoneStruct: StaticObject = object();
/// `True`
#[unsafe(no_mangle)]
pub static _Py_TrueStruct: StaticObject = object();
/// `False`
#[unsafe(no_mangle)]
pub static _Py_FalseStruct: StaticObject = object();
/// `Ellipsis`
#[unsafe(no_mangle)]
pub static _Py_EllipsisObject: StaticObject = object();
/// `NotImplemented`
#[unsafe(no_mangle)]
pub static _Py_NotImplementedStruct: StaticObject = object();

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

macro_rules! exceptions {
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

        /// Their addresses, so that the linker keeps them.
        pub static EXCEPTIONS: &[&ExportedClass] = &[$(&$symbol,)*];
    };
}

/// A `PyObject *` variable that extensions read.
#[repr(transparent)]
pub struct ExportedClass(UnsafeCell<Ref>);

// SAFETY: written once at start-up.
unsafe impl Sync for ExportedClass {}

exceptions! {
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
}

fn bind(c: &'static StaticType, t: Gc<Type>, size: isize, item: isize) {
    let p = builtin(c);
    fill(p, t);
    // SAFETY: start-up of the boundary; GIL held.
    unsafe {
        (*p).basicsize = size;
        (*p).itemsize = item;
        (*p).base.base.ty = builtin(&PyType_Type);
    }
}

/// Fills a C type object in from a managed type and ties the two.
fn fill(p: *mut PyTypeObject, t: Gc<Type>) {
    let name = CString::new(rivet_vm::types::object::full_name(t)).unwrap_or_default();
    t.mirror.set(p as usize);
    let base = t.base().map_or(std::ptr::null_mut(), to_c);
    // SAFETY: `p` is a type object of ours; GIL held.
    unsafe {
        (*p).name = name.into_raw();
        (*p).cache = t.as_ptr() as usize;
        (*p).flags = t.flags() & 0xffff_ffff | TypeFlags::READY;
        (*p).tp_base = base;
        (*p).dealloc = Some(dealloc_mirror);
        (*p).free = Some(crate::memory::PyObject_Free);
        (*p).alloc = Some(PyType_GenericAlloc);
        if (*p).basicsize == 16 && !base.is_null() {
            (*p).basicsize = (*base).basicsize;
            (*p).itemsize = (*base).itemsize;
        }
        // A Python subclass of a C type is made and initialised by its base's functions.
        if !base.is_null() && t.has(TypeFlags::FOREIGN) {
            (*p).new = (*base).new;
            (*p).init = (*base).init;
            (*p).dealloc = (*base).dealloc;
        }
        (*p).base.base.ty = if t.value().type_of() == t {
            p
        } else {
            to_c(t.value().type_of())
        };
    }
}

/// The C type object of a managed type; made at the first use, for good.
pub fn to_c(t: Gc<Type>) -> *mut PyTypeObject {
    let m = t.mirror.get();
    if m != 0 {
        return m as *mut PyTypeObject;
    }
    let p = Box::into_raw(Box::new(empty()));
    fill(p, t);
    KEEP.with(|k| k.append(t.value()))
        .expect("memory for a type");
    p
}

thread_local! {
    static KEEP: Keep = const { Keep };
}

/// Types with mirrors live for good.
struct Keep;

static KEPT: rivet_vm::value::Root = rivet_vm::value::Root::new();

impl Keep {
    fn append(&self, v: Value) -> PyResult<()> {
        let list = match KEPT
            .get()
            .and_then(|l| l.cast::<rivet_vm::types::list::List>())
        {
            Some(l) => l,
            None => {
                let l = rivet_vm::types::list::List::new()?;
                KEPT.set(l.value());
                l
            }
        };
        list.append(v)
    }
}

/// The managed type behind an object, if it is a type object.
pub fn as_type(op: Ref) -> Option<Gc<Type>> {
    // SAFETY: callers pass live objects; the flags of its type say whether `op` is itself a type, and types carry the
    // managed type's address.
    unsafe {
        let ty = (*op).ty;
        if (*ty).flags & TypeFlags::TYPE_SUBCLASS == 0 && ty != builtin(&PyType_Type) {
            return None;
        }
        managed(op.cast())
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

/// Deallocates mirrors and C-born objects of builtin types: items first.
unsafe extern "C" fn dealloc_mirror(op: Ref) {
    // SAFETY: the count has reached 0, so nobody else uses the object.
    unsafe {
        let ty = (*op).ty;
        let b = op.cast::<u8>();
        if (*ty).flags & TypeFlags::TUPLE_SUBCLASS != 0 {
            let n = (*op.cast::<PyVarObject>()).size as usize;
            drop_items(b.add(24).cast::<Ref>(), n);
        } else if ty == builtin(&PyList_Type) && *memory::link_of(op) == 0 {
            let n = (*op.cast::<PyVarObject>()).size as usize;
            let items = *b.add(24).cast::<*mut Ref>();
            if !items.is_null() {
                drop_items(items, n);
                memory::release(items.cast());
            }
        }
        if memory::owns(op) {
            memory::release(op.cast());
        }
    }
}

unsafe fn drop_items(items: *mut Ref, n: usize) {
    for i in 0..n {
        // SAFETY: callers pass the item array of a dying container.
        unsafe {
            let item = *items.add(i);
            if !item.is_null() {
                decref(item);
            }
        }
    }
}

/// Allocates an instance of a C type: body and managed half, linked.
///
/// # Safety
/// `ty` is a ready type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GenericAlloc(ty: *mut PyTypeObject, n: isize) -> Ref {
    // SAFETY: by contract.
    unsafe {
        let size = (*ty).basicsize + n.max(0) * (*ty).itemsize;
        let p = memory::alloc_zeroed(size as usize + 8).cast::<PyObject>();
        if p.is_null() {
            return crate::errors::PyErr_NoMemory();
        }
        (*p).refcnt = 1;
        (*p).ty = ty;
        if (*ty).itemsize != 0 {
            (*p.cast::<PyVarObject>()).size = n;
        }
        if let Some(t) = managed(ty).filter(|t| t.has(TypeFlags::FOREIGN)) {
            match instance::allocate(t, 0) {
                Ok(v) => link(v.as_header().expect("an object"), p),
                Err(_) => {
                    memory::release(p.cast());
                    return std::ptr::null_mut();
                }
            }
        }
        p
    }
}

/// `tp_new` that only allocates.
///
/// # Safety
/// `ty` is a ready type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GenericNew(ty: *mut PyTypeObject, _args: Ref, _kw: Ref) -> Ref {
    // SAFETY: by contract.
    unsafe { (*ty).alloc.unwrap_or(PyType_GenericAlloc)(ty, 0) }
}

/// Whether `a` is a subtype of `b`.
///
/// # Safety
/// Both are ready types.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_IsSubtype(a: *mut PyTypeObject, b: *mut PyTypeObject) -> c_int {
    // SAFETY: by contract.
    unsafe {
        match (managed(a), managed(b)) {
            (Some(a), Some(b)) => a.is_subtype(b).into(),
            _ => 0,
        }
    }
}

/// Makes an extension's static type ready: its managed half is made and its slots become that type's behaviour.
///
/// # Safety
/// `p` is a static type object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_Ready(p: *mut PyTypeObject) -> c_int {
    // SAFETY: by contract.
    unsafe { crate::errors::status(ready(p)) }
}

unsafe fn ready(p: *mut PyTypeObject) -> PyResult<()> {
    // SAFETY: `p` is an extension's static type object, which lives for good.
    unsafe {
        if (*p).cache != 0 {
            return Ok(());
        }
        refuse_unsupported(p)?;
        if (*p).tp_base.is_null() {
            (*p).tp_base = builtin(&PyBaseObject_Type);
        }
        let base =
            managed((*p).tp_base).ok_or_else(|| system_error("the base of a type is not ready"))?;
        let name = CStr::from_ptr((*p).name).to_string_lossy().into_owned();
        let trace = Trace::All;
        let flags = TypeFlags::FOREIGN
            | TypeFlags::READY
            | TypeFlags::IMMUTABLE
            | (*p).flags & (TypeFlags::BASETYPE);
        let id = layout::new_type_layout(Kind::Foreign, trace, AttrMode::None, 0, 0);
        let raw = RawType {
            meta: Some(runtime::types().type_),
            base: Some(base),
            flags,
            layout: id,
            trace,
            body_words: 1,
            variable: false,
        };
        let t = build::raw_type(&name, raw)?;
        if !base.has(TypeFlags::FOREIGN) {
            t.solid.set(t.as_ptr());
        }
        KEEP.with(|k| k.append(t.value()))?;
        t.mirror.set(p as usize);
        (*p).cache = t.as_ptr() as usize;
        complete_c(p);
        build::link_bases(t, &[base.value()])?;
        fill_namespace(p, t, &name)?;
        // Python subclasses find their constructor by name.
        build::add_slot_wrappers(t, &own_slots(p, Slots::default()))?;
        t.set_slots(own_slots(p, *base.slots()));
        t.renew_version();
        Ok(())
    }
}

/// Slots this boundary does not translate yet are an error, not silence.
unsafe fn refuse_unsupported(p: *mut PyTypeObject) -> PyResult<()> {
    // SAFETY: `p` is a type object.
    let (name, missing) = unsafe {
        let all = [
            ("tp_as_async", (*p).as_async),
            ("tp_as_number", (*p).as_number),
            ("tp_as_sequence", (*p).as_sequence),
            ("tp_as_mapping", (*p).as_mapping),
            ("tp_call", (*p).call),
            ("tp_getattro", (*p).getattro),
            ("tp_setattro", (*p).setattro),
            ("tp_as_buffer", (*p).as_buffer),
            ("tp_richcompare", (*p).richcompare),
            ("tp_iter", (*p).iter),
            ("tp_iternext", (*p).iternext),
            ("tp_descr_get", (*p).descr_get),
            ("tp_descr_set", (*p).descr_set),
            ("tp_hash", (*p).hash),
            ("tp_str", (*p).str),
        ];
        let missing: Vec<&str> = all.iter().filter(|s| !s.1.is_null()).map(|s| s.0).collect();
        (crate::errors::text((*p).name), missing)
    };
    if missing.is_empty() {
        return Ok(());
    }
    let text = format!(
        "type '{name}' has slots that are not supported yet: {}",
        missing.join(", ")
    );
    Err(rivet_vm::exceptions::not_implemented_error(text))
}

unsafe fn complete_c(p: *mut PyTypeObject) {
    // SAFETY: `p` is a type object whose base is ready.
    unsafe {
        let base = (*p).tp_base;
        (*p).base.base.ty = builtin(&PyType_Type);
        (*p).flags |= TypeFlags::READY;
        if (*p).basicsize == 0 {
            (*p).basicsize = (*base).basicsize;
        }
        (*p).alloc = (*p).alloc.or(Some(PyType_GenericAlloc));
        (*p).free = (*p).free.or(Some(crate::memory::PyObject_Free));
        (*p).dealloc = (*p).dealloc.or(Some(dealloc_mirror));
        (*p).new = (*p).new.or((*base).new);
        (*p).init = (*p).init.or((*base).init);
    }
}

unsafe fn fill_namespace(p: *mut PyTypeObject, t: Gc<Type>, name: &str) -> PyResult<()> {
    let d: Gc<Dict> = t.namespace();
    if let Some((module, _)) = name.rsplit_once('.') {
        d.set_str("__module__", str::new(module)?)?;
    }
    // SAFETY: the tables end with an entry without a name.
    unsafe {
        let doc = (*p).doc;
        d.set_str(
            "__doc__",
            if doc.is_null() {
                Value::NONE
            } else {
                str::new(call::doc_body(&crate::errors::text(doc)))?
            },
        )?;
        let mut m = (*p).methods;
        while !m.is_null() && !(*m).name.is_null() {
            let method = call::method(m)?;
            let key = intern_str(method.name);
            d.set_interned(
                key,
                MethodDescr::new(t.value(), key.value(), method)?.value(),
            )?;
            m = m.add(1);
        }
        let mut m = (*p).members;
        while !m.is_null() && !(*m).name.is_null() {
            let foreign = ForeignGetSet {
                get: member_get,
                set: member_set,
                user: m as usize,
            };
            add_foreign(
                t,
                &crate::errors::text((*m).name),
                crate::errors::text((*m).doc),
                foreign,
            )?;
            m = m.add(1);
        }
        let mut g = (*p).getset.cast::<PyGetSetDef>();
        while !g.is_null() && !(*g).name.is_null() {
            let foreign = ForeignGetSet {
                get: getset_get,
                set: getset_set,
                user: g as usize,
            };
            add_foreign(
                t,
                &crate::errors::text((*g).name),
                crate::errors::text((*g).doc),
                foreign,
            )?;
            g = g.add(1);
        }
    }
    if d.get_str("__new__").is_none() {
        let f = rivet_vm::types::method::Builtin::new(
            &rivet_vm::types::type_::NEW_WRAPPER,
            t.value(),
            None,
        )?;
        d.set_str("__new__", f.value())?;
    }
    Ok(())
}

/// Adds an attribute that C defines.
fn add_foreign(t: Gc<Type>, name: &str, doc: String, foreign: ForeignGetSet) -> PyResult<()> {
    let key = intern_str(name);
    let getset: &'static GetSet = Box::leak(Box::new(GetSet {
        name: Box::leak(name.to_owned().into_boxed_str()),
        get: |_| Ok(Value::NONE),
        set: None,
        doc: Box::leak(doc.into_boxed_str()),
        foreign: Some(foreign),
    }));
    t.namespace().set_interned(
        key,
        GetSetDescr::new(t.value(), key.value(), getset)?.value(),
    )
}

/// The body of an instance of a C type.
pub fn body(v: Value) -> Option<Ref> {
    crate::boundary::links::mirror_of(v.as_header()? as usize)
}

/// The field of an instance that a member definition names.
fn field(m: &PyMemberDef, v: Value) -> PyResult<*mut u8> {
    let b = body(v).ok_or_else(|| system_error("an instance of a C type without a body"))?;
    // SAFETY: member offsets lie within the body.
    Ok(unsafe { b.cast::<u8>().offset(m.offset) })
}

macro_rules! number_members {
    ($m:ident, $p:ident, $($code:literal $t:ty, $read:expr;)*) => {
        match $m.ty {
            $($code => {
                // SAFETY: the definition says that the field is of this type.
                let x = unsafe { $p.cast::<$t>().read_unaligned() };
                #[allow(clippy::redundant_closure_call)]
                Some($read(x))
            })*
            _ => None,
        }
    };
}

fn member_get(user: usize, v: Value) -> PyResult<Value> {
    // SAFETY: `user` is a member definition that lives for good.
    let m = unsafe { &*(user as *const PyMemberDef) };
    let p = field(m, v)?;
    let number = number_members!(m, p,
        0 i16, |x: i16| Value::int(x.into()); 1 i32, |x: i32| Value::int(x.into()); 2 i64, Value::int;
        3 f32, |x: f32| Value::float(x.into()); 4 f64, Value::float; 8 i8, |x: i8| Value::int(x.into());
        9 u8, |x: u8| Value::int(x.into()); 10 u16, |x: u16| Value::int(x.into()); 11 u32, |x: u32| Value::int(x.into());
        12 u64, rivet_vm::types::int::from_u64; 14 u8, |x: u8| Value::bool(x != 0); 17 i64, Value::int;
        18 u64, rivet_vm::types::int::from_u64; 19 i64, Value::int;
    );
    if let Some(n) = number {
        return Ok(n);
    }
    const T_OBJECT: c_int = 6;
    const T_OBJECT_EX: c_int = 16;
    const T_STRING: c_int = 5;
    match m.ty {
        T_OBJECT | T_OBJECT_EX => {
            // SAFETY: the definition says that the field is an object pointer.
            let o = unsafe { *p.cast::<Ref>() };
            if !o.is_null() {
                // SAFETY: the body owns a reference to it.
                return unsafe { crate::boundary::borrowed(o) };
            }
            if m.ty == T_OBJECT {
                return Ok(Value::NONE);
            }
            // SAFETY: member names are terminated.
            Err(rivet_vm::exceptions::attribute_error(unsafe {
                crate::errors::text(m.name)
            }))
        }
        T_STRING => {
            // SAFETY: the definition says that the field is a terminated string or null.
            let s = unsafe { *p.cast::<*const c_char>() };
            // SAFETY: as above.
            if s.is_null() {
                Ok(Value::NONE)
            } else {
                str::new(&unsafe { crate::errors::text(s) })
            }
        }
        n => Err(rivet_vm::exceptions::not_implemented_error(format!(
            "member type code {n} is not supported yet"
        ))),
    }
}

fn member_set(user: usize, v: Value, x: Option<Value>) -> PyResult<()> {
    // SAFETY: as `member_get`.
    let m = unsafe { &*(user as *const PyMemberDef) };
    if m.flags & 1 == 1 {
        return Err(rivet_vm::exceptions::attribute_error("readonly attribute"));
    }
    let p = field(m, v)?;
    if matches!(m.ty, 6 | 16) {
        let new = x.map_or(std::ptr::null_mut(), new_ref);
        // SAFETY: the field is an object pointer whose reference the body owns.
        unsafe {
            let old = std::mem::replace(&mut *p.cast::<Ref>(), new);
            if !old.is_null() {
                decref(old);
            }
        }
        return Ok(());
    }
    let x = x.ok_or_else(|| type_error("can't delete numeric/char attribute"))?;
    // SAFETY: the definition says which type the field has.
    unsafe {
        match m.ty {
            3 => p
                .cast::<f32>()
                .write_unaligned(rivet_vm::object::protocol::as_f64(x)? as f32),
            4 => p
                .cast::<f64>()
                .write_unaligned(rivet_vm::object::protocol::as_f64(x)?),
            14 => {
                *p = x
                    .as_bool()
                    .ok_or_else(|| type_error("attribute value type must be bool"))?
                    .into()
            }
            0 | 10 => p
                .cast::<i16>()
                .write_unaligned(rivet_vm::object::protocol::as_isize(x)? as i16),
            1 | 11 => p
                .cast::<i32>()
                .write_unaligned(rivet_vm::object::protocol::as_isize(x)? as i32),
            8 | 9 => *p = rivet_vm::object::protocol::as_isize(x)? as u8,
            2 | 12 | 17 | 18 | 19 => p
                .cast::<i64>()
                .write_unaligned(rivet_vm::object::protocol::as_isize(x)? as i64),
            n => {
                return Err(rivet_vm::exceptions::not_implemented_error(format!(
                    "member type code {n} is not supported yet"
                )));
            }
        }
    }
    Ok(())
}

/// `PyGetSetDef`
#[repr(C)]
struct PyGetSetDef {
    name: *const c_char,
    get: Option<unsafe extern "C" fn(Ref, *mut std::ffi::c_void) -> Ref>,
    set: Option<unsafe extern "C" fn(Ref, Ref, *mut std::ffi::c_void) -> c_int>,
    doc: *const c_char,
    closure: *mut std::ffi::c_void,
}

fn getset_get(user: usize, v: Value) -> PyResult<Value> {
    // SAFETY: `user` is a definition that lives for good; the extension's function is called as CPython calls it.
    unsafe {
        let d = &*(user as *const PyGetSetDef);
        let name = crate::errors::text(d.name);
        let Some(f) = d.get else {
            let t = v.type_of().name_string();
            return Err(rivet_vm::exceptions::attribute_error(format!(
                "attribute '{name}' of '{t}' objects is not readable"
            )));
        };
        let me = new_ref(v);
        let r = f(me, d.closure);
        decref(me);
        call::result(r, &name)
    }
}

fn getset_set(user: usize, v: Value, x: Option<Value>) -> PyResult<()> {
    // SAFETY: as `getset_get`.
    unsafe {
        let d = &*(user as *const PyGetSetDef);
        let name = crate::errors::text(d.name);
        let Some(f) = d.set else {
            let t = v.type_of().name_string();
            return Err(rivet_vm::exceptions::attribute_error(format!(
                "attribute '{name}' of '{t}' objects is not writable"
            )));
        };
        let (me, new) = (new_ref(v), x.map_or(std::ptr::null_mut(), new_ref));
        let r = f(me, new, d.closure);
        decref(me);
        if !new.is_null() {
            decref(new);
        }
        if r < 0 {
            Err(call::pending_or_system_error(&name))
        } else {
            Ok(())
        }
    }
}

/// The slots that the type fills itself, over those it has from its base.
unsafe fn own_slots(p: *mut PyTypeObject, mut s: Slots) -> Slots {
    // SAFETY: `p` is a type object.
    unsafe {
        if (*p).new.is_some() {
            s.new = Some(call_new);
        }
        if (*p).init.is_some() {
            s.init = Some(call_init);
        }
        if !(*p).repr.is_null() {
            s.repr = Some(call_repr);
        }
    }
    s
}

fn nearest_c(t: Gc<Type>) -> *mut PyTypeObject {
    to_c(t)
}

fn keywords(args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Ref> {
    let Some(names) = kw.filter(|k| !k.is_empty()) else {
        return Ok(std::ptr::null_mut());
    };
    let (_, values) = rivet_vm::object::args::split(args, kw);
    let d = Dict::new()?;
    for (&n, &v) in names.items().iter().zip(values) {
        d.set_item(n, v)?;
    }
    Ok(new_ref(d.value()))
}

/// Calls `f` with the arguments as tuple and dict, which are released afterwards.
fn with_arguments<R>(
    args: &[Value],
    kw: Option<Gc<Tuple>>,
    f: impl FnOnce(Ref, Ref) -> R,
) -> PyResult<R> {
    let (pos, _) = rivet_vm::object::args::split(args, kw);
    let k = keywords(args, kw)?;
    let t = argument_tuple(pos);
    if t.is_null() {
        return Err(Raised::pending());
    }
    let r = f(t, k);
    // SAFETY: both are ours.
    unsafe {
        decref(t);
        if !k.is_null() {
            decref(k);
        }
    }
    Ok(r)
}

fn call_new(t: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let c = nearest_c(t);
    // SAFETY: the slot is only set for types whose C half has `tp_new`.
    let Some(new) = (unsafe { (*c).new }) else {
        return Err(type_error(format!(
            "cannot create '{}' instances",
            t.name_string()
        )));
    };
    // SAFETY: C code of the extension, called as CPython calls it.
    let r = with_arguments(args, kw, |a, k| unsafe { new(c, a, k) })?;
    call::result(r, &t.name_string())
}

fn call_init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let c = nearest_c(v.type_of());
    // SAFETY: as `call_new`.
    let Some(init) = (unsafe { (*c).init }) else {
        return Ok(());
    };
    let me = new_ref(v);
    // SAFETY: C code of the extension, called as CPython calls it; `me` is ours.
    let status = with_arguments(args, kw, |a, k| unsafe {
        let r = init(me, a, k);
        decref(me);
        r
    })?;
    if status < 0 {
        Err(call::pending_or_system_error("__init__"))
    } else {
        Ok(())
    }
}

fn call_repr(v: Value) -> PyResult<Value> {
    let c = nearest_c(v.type_of());
    let me = new_ref(v);
    // SAFETY: `tp_repr` is a function of this type; `me` is ours.
    unsafe {
        let f: unsafe extern "C" fn(Ref) -> Ref = std::mem::transmute((*c).repr);
        let r = f(me);
        decref(me);
        if r.is_null() {
            return Err(call::pending_or_system_error("__repr__"));
        }
        steal(r)
    }
}

/// `type->tp_name` of an object, for the C shims.
///
/// # Safety
/// `op` is a live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rivet_type_name(op: Ref) -> *const c_char {
    // SAFETY: by contract.
    unsafe { (*(*op).ty).name }
}

/// Whether `op` is an instance of `ty`, for the C shims.
///
/// # Safety
/// Both are live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rivet_is_instance_of(op: Ref, ty: Ref) -> c_int {
    // SAFETY: by contract.
    unsafe { PyType_IsSubtype((*op).ty, ty.cast()) }
}

/// `Py_None`, for the C shims.
#[unsafe(no_mangle)]
pub extern "C" fn rivet_none() -> Ref {
    none()
}

/// An empty tuple (kept with the types it needs).
pub fn empty_tuple() -> PyResult<Value> {
    tuple::new(&[])
}

/// A fresh static type object (for markers).
pub const fn static_type() -> StaticType {
    StaticType(UnsafeCell::new(empty()))
}
