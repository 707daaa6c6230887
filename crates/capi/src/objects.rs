//! `object.h`, `objimpl.h`: life and death of objects, attributes, the generic slots.

use std::ffi::{c_char, c_int, c_void};

use rivet_spec::CompareOp;
use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::object::attr::{self, get_attr, set_attr};
use rivet_vm::object::{Type, call, instance, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::str::Str;
use rivet_vm::types::type_;
use rivet_vm::value::{Gc, Value};

use crate::api::{Out, get, name, optional};
use crate::boundary::{decref, incref, new_ref};
use crate::layout::{PyObject, PyTypeObject, PyVarObject, Ref};
use crate::{api, errors, gc, memory, raw, types};

/// A cleared object of a type, with count 1.
unsafe fn fresh(ty: *mut PyTypeObject, n: isize, zeroed: bool) -> Ref {
    // SAFETY: callers pass a type.
    unsafe {
        let size = ((*ty).basicsize + n.max(0) * (*ty).itemsize).max(16) as usize;
        let p = if zeroed {
            memory::alloc_zeroed(size + 8)
        } else {
            memory::alloc(size)
        };
        let p = p.cast::<PyObject>();
        if p.is_null() {
            let _ = rivet_vm::exceptions::no_memory();
            errors::publish();
            return p;
        }
        init(p, ty);
        if (*ty).itemsize != 0 {
            (*p.cast::<PyVarObject>()).size = n;
        }
        p
    }
}

unsafe fn init(p: Ref, ty: *mut PyTypeObject) {
    // SAFETY: callers pass memory of at least an object's size.
    unsafe {
        (*p).refcnt = 1;
        (*p).ty = ty;
    }
}

/// `object`'s way to find an attribute, with a dict of the caller's instead of the instance's.
///
/// # Safety
/// Live objects; the dict may be null.
unsafe fn generic_with_dict(op: Ref, n: Ref, dict: Ref) -> PyResult<Value> {
    // SAFETY: by contract.
    let (v, n, dict) = unsafe { (get(op)?, attr::attr_name(get(n)?)?, optional(dict)?) };
    if let Some(d) = dict.and_then(|d| d.cast::<Dict>())
        && let Some(found) = d.get_interned(n)
    {
        let data = rivet_vm::object::lookup::type_lookup(v.type_of(), n)
            .is_some_and(|d| d.type_of().slots().descr_set.is_some());
        if !data {
            return Ok(found);
        }
    }
    attr::generic_getattr(v, n)
}

raw! {
    fn _Py_Dealloc(op: Ref) {
        if crate::check::on() {
            crate::check::calls::given_up(op);
        } else if let Some(f) = (*(*op).ty).dealloc {
            f(op);
        }
    }

    fn Py_IncRef(op: Ref) {
        if !op.is_null() {
            incref(op);
        }
    }

    fn Py_DecRef(op: Ref) {
        crate::boundary::xdecref(op);
    }

    fn _Py_IncRef(op: Ref) {
        incref(op);
    }

    fn _Py_DecRef(op: Ref) {
        decref(op);
    }

    fn Py_NewRef(op: Ref) -> Ref {
        incref(op);
        op
    }

    fn Py_XNewRef(op: Ref) -> Ref {
        if !op.is_null() {
            incref(op);
        }
        op
    }

    fn _Py_NewReference(op: Ref) {
        (*op).refcnt = 1;
    }

    fn PyType_GenericAlloc(ty: *mut PyTypeObject, n: isize) -> Ref {
        fresh(ty, n, true)
    }

    fn PyType_GenericNew(ty: *mut PyTypeObject, _args: Ref, _kw: Ref) -> Ref {
        (*ty).alloc.unwrap_or(PyType_GenericAlloc)(ty, 0)
    }

    fn _PyObject_New(ty: *mut PyTypeObject) -> Ref {
        fresh(ty, 0, false)
    }

    fn _PyObject_NewVar(ty: *mut PyTypeObject, n: isize) -> Ref {
        fresh(ty, n, false)
    }

    fn _PyObject_GC_New(ty: *mut PyTypeObject) -> Ref {
        fresh(ty, 0, false)
    }

    fn _PyObject_GC_NewVar(ty: *mut PyTypeObject, n: isize) -> Ref {
        fresh(ty, n, false)
    }

    fn PyObject_Init(op: Ref, ty: *mut PyTypeObject) -> Ref {
        if !op.is_null() {
            init(op, ty);
        }
        op
    }

    fn PyObject_InitVar(op: Ref, ty: *mut PyTypeObject, n: isize) -> Ref {
        if !op.is_null() {
            init(op, ty);
            (*op.cast::<PyVarObject>()).size = n;
        }
        op
    }

    fn PyObject_CallFinalizer(op: Ref) {
        let f = (*(*op).ty).finalize;
        if !f.is_null() && gc::mark_finalized(op) {
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn(Ref)>(f)(op);
        }
    }

    // The object lives on if the finaliser has given somebody a reference.
    fn PyObject_CallFinalizerFromDealloc(op: Ref) -> c_int {
        (*op).refcnt = 1;
        PyObject_CallFinalizer(op);
        (*op).refcnt -= 1;
        if (*op).refcnt == 0 { 0 } else { -1 }
    }

    fn PyObject_SelfIter(op: Ref) -> Ref {
        incref(op);
        op
    }

    fn _PyObject_NextNotImplemented(op: Ref) -> Ref {
        let t = errors::text((*(*op).ty).name);
        let _ = type_error(format!("'{t}' object is not iterable"));
        errors::publish();
        std::ptr::null_mut()
    }

    fn PyObject_HashNotImplemented(op: Ref) -> isize {
        let t = errors::text((*(*op).ty).name);
        let _ = type_error(format!("unhashable type: '{t}'"));
        errors::publish();
        -1
    }

    fn PyCallable_Check(op: Ref) -> c_int {
        (!op.is_null() && !(*(*op).ty).call.is_null()).into()
    }

    fn PyObject_HasAttr(op: Ref, n: Ref) -> c_int {
        errors::preserved(|| {
            let r = get(op).and_then(|v| attr::find_attr(v, attr::attr_name(get(n)?)?));
            rivet_vm::thread::current().take_pending();
            matches!(r, Ok(Some(_))).into()
        })
    }

    fn PyObject_HasAttrString(op: Ref, n: *const c_char) -> c_int {
        errors::preserved(|| {
            let r = get(op).and_then(|v| attr::find_attr(v, name(n)));
            rivet_vm::thread::current().take_pending();
            matches!(r, Ok(Some(_))).into()
        })
    }

    fn _PyObject_LookupAttr(op: Ref, n: Ref, out: *mut Ref) -> c_int {
        lookup(op, get(n).and_then(attr::attr_name), out)
    }

    fn _PyObject_LookupAttrId(op: Ref, id: *mut Identifier, out: *mut Ref) -> c_int {
        lookup(op, Ok(identifier(id)), out)
    }

    fn _PyObject_LookupSpecialId(op: Ref, id: *mut Identifier) -> Ref {
        special(op, Ok(identifier(id)))
    }

    fn _PyObject_LookupSpecial(op: Ref, n: Ref) -> Ref {
        special(op, get(n).and_then(attr::attr_name))
    }

    fn _PyObject_GenericGetAttrWithDict(op: Ref, n: Ref, dict: Ref, suppress: c_int) -> Ref {
        let mut r = generic_with_dict(op, n, dict);
        if suppress != 0 && let Err(raised) = r {
            let e = rivet_vm::exceptions::take(raised);
            if e.type_of().is_subtype(rivet_vm::exceptions::exc().attribute_error) {
                return std::ptr::null_mut();
            }
            r = Err(rivet_vm::exceptions::restore(e));
        }
        Out::out(r)
    }

    // Attributes are the managed half's. A C struct that has a place for a dict keeps it empty; it is there, which
    // `tp_traverse` functions rely on. Where the interpreter would keep the dict there is an empty place for all.
    fn _PyObject_GetDictPtr(op: Ref) -> *mut Ref {
        static EMPTY: std::sync::atomic::AtomicPtr<PyObject> = std::sync::atomic::AtomicPtr::new(std::ptr::null_mut());
        const MANAGED_DICT: u64 = 1 << 4;
        let ty = (*op).ty;
        let at = (*ty).dictoffset;
        let foreign = |t: Gc<Type>| t.kind() == rivet_vm::value::layout::Kind::Foreign;
        if !types::managed(ty).is_some_and(foreign) {
            std::ptr::null_mut()
        } else if at > 0 && at + size_of::<Ref>() as isize <= (*ty).basicsize {
            op.byte_offset(at).cast()
        } else if (*ty).flags & MANAGED_DICT != 0 {
            EMPTY.store(std::ptr::null_mut(), std::sync::atomic::Ordering::Relaxed);
            EMPTY.as_ptr()
        } else {
            std::ptr::null_mut()
        }
    }

    fn PyObject_ClearWeakRefs(_op: Ref) {
        // Weak references are the managed half's, which is gone by now.
    }

    fn Py_ReprLeave(op: Ref) {
        if let Ok(v) = get(op) {
            rivet_vm::object::guard::leave_repr(v);
        }
    }

    fn _PyTrash_begin(_state: *mut c_void, _op: Ref) -> c_int {
        0
    }

    fn _PyTrash_end(_state: *mut c_void) {}

    fn _PyTrash_cond(_op: Ref, _f: *mut c_void) -> c_int {
        0
    }

    fn Py_Is(a: Ref, b: Ref) -> c_int {
        (a == b).into()
    }

    fn Py_IsNone(a: Ref) -> c_int {
        (a == types::none()).into()
    }

    fn Py_IsTrue(a: Ref) -> c_int {
        (a == types::truth(true)).into()
    }

    fn Py_IsFalse(a: Ref) -> c_int {
        (a == types::truth(false)).into()
    }

    fn _Py_HashPointer(p: *const c_void) -> isize {
        (p as isize).rotate_right(4)
    }

    fn _Py_HashBytes(p: *const u8, n: isize) -> isize {
        if n == 0 { 0 } else { rivet_vm::runtime::hash_bytes(std::slice::from_raw_parts(p, n as usize)) as isize }
    }

    fn _Py_HashDouble(_op: Ref, d: f64) -> isize {
        rivet_vm::types::float::hash_f64(d) as isize
    }
}

/// `_Py_Identifier`
#[repr(C)]
pub struct Identifier {
    string: *const c_char,
    index: isize,
}

/// The interned name of a static identifier.
///
/// # Safety
/// A live identifier.
pub unsafe fn identifier(id: *mut Identifier) -> Gc<Str> {
    // SAFETY: by contract.
    unsafe { name((*id).string) }
}

unsafe fn lookup(op: Ref, n: PyResult<Gc<Str>>, out: *mut Ref) -> c_int {
    // SAFETY: callers pass a live object and a place for the result.
    unsafe {
        let r = n.and_then(|n| attr::find_attr(get(op)?, n));
        *out = match r {
            Ok(Some(v)) => new_ref(v),
            _ => std::ptr::null_mut(),
        };
        bool::out(r.map(|r| r.is_some()))
    }
}

unsafe fn special(op: Ref, n: PyResult<Gc<Str>>) -> Ref {
    // SAFETY: callers pass a live object.
    let run = || -> PyResult<Option<Value>> {
        let (v, n) = (unsafe { get(op) }?, n?);
        let Some(found) = rivet_vm::object::lookup::type_lookup(v.type_of(), n) else {
            return Ok(None);
        };
        match found.type_of().slots().descr_get {
            Some(f) => f(found, Some(v), v.type_of().value()).map(Some),
            None => Ok(Some(found)),
        }
    };
    match run() {
        Ok(r) => r.map_or(std::ptr::null_mut(), new_ref),
        Err(raised) => Value::out(Err(raised)),
    }
}

macro_rules! export_unary {
    ($($name:ident $f:expr;)*) => {$(
        /// The operation as a function.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(a: Ref) -> Ref {
            // SAFETY: C passes a live object.
            let r = Value::out(unsafe { get(a) }.and_then($f));
            crate::list::before_c();
            r
        }
    )*};
}
pub(crate) use export_unary;

export_unary! {
    PyObject_ASCII |v| protocol::ascii(v).map(Gc::value);
    PyObject_Bytes crate::bytes::bytes_of;
    PyObject_GetIter protocol::iter;
    PyObject_GetAIter |v| call::call(builtin_named("aiter")?, &[v]);
    PyObject_Type |v| Ok(v.type_of().value());
}

fn builtin_named(n: &str) -> PyResult<Value> {
    rivet_vm::runtime::builtins()
        .get_str(n)
        .ok_or_else(crate::api::bad_call)
}

unsafe fn repr_of(op: Ref, f: fn(Value) -> PyResult<Gc<Str>>) -> PyResult<Value> {
    if op.is_null() {
        return rivet_vm::types::str::new("<NULL>");
    }
    // SAFETY: callers pass null or a live object.
    f(unsafe { get(op) }?).map(Gc::value)
}

unsafe fn compare(a: Ref, b: Ref, op: c_int) -> PyResult<Value> {
    let op = CompareOp::from_u8(op as u8).ok_or_else(crate::api::bad_call)?;
    // SAFETY: callers pass live objects.
    unsafe { protocol::compare(get(a)?, get(b)?, op) }
}

fn generic_dict(v: Value, new: Option<Value>, delete: bool) -> PyResult<()> {
    if new.is_none() && delete {
        return Err(type_error("cannot delete __dict__"));
    }
    match new.and_then(|d| d.cast::<Dict>()) {
        Some(d) => instance::set_dict(v, d),
        None => {
            let t = new.map_or(String::new(), |n| n.type_of().name_string());
            Err(type_error(format!(
                "__dict__ must be set to a dictionary, not a '{t}'"
            )))
        }
    }
}

api! {
    fn PyObject_Repr(op: Ref) -> Value {
        repr_of(op, protocol::repr)
    }

    fn PyObject_Str(op: Ref) -> Value {
        repr_of(op, protocol::str)
    }

    // Text of an object for the shims: `R` repr, `A` ascii, else str.
    fn rivet_object_text(op: Ref, how: c_int) -> Value {
        repr_of(op, match how as u8 {
            b'R' => protocol::repr,
            b'A' => protocol::ascii,
            _ => protocol::str,
        })
    }

    fn PyObject_IsTrue(op: Ref) -> bool {
        protocol::is_true(get(op)?)
    }

    fn PyObject_Not(op: Ref) -> bool {
        Ok(!protocol::is_true(get(op)?)?)
    }

    fn PyObject_Hash(op: Ref) -> isize {
        let h = protocol::hash(get(op)?)? as isize;
        crate::strings::note_hash(op, h);
        Ok(h)
    }

    fn PyObject_IsInstance(op: Ref, class: Ref) -> bool {
        protocol::is_instance(get(op)?, get(class)?)
    }

    fn PyObject_IsSubclass(op: Ref, class: Ref) -> bool {
        protocol::is_subclass(get(op)?, get(class)?)
    }

    fn _PyObject_RealIsInstance(op: Ref, class: Ref) -> bool {
        protocol::instance_check(get(op)?, get(class)?)
    }

    fn _PyObject_RealIsSubclass(op: Ref, class: Ref) -> bool {
        protocol::subclass_check(get(op)?, get(class)?)
    }

    fn PyObject_GetAttr(op: Ref, n: Ref) -> Value {
        attr::get_attr_value(get(op)?, get(n)?)
    }

    fn PyObject_GetAttrString(op: Ref, n: *const c_char) -> Value {
        get_attr(get(op)?, name(n))
    }

    fn _PyObject_GetAttrId(op: Ref, id: *mut Identifier) -> Value {
        get_attr(get(op)?, identifier(id))
    }

    fn _PyObject_SetAttrId(op: Ref, id: *mut Identifier, v: Ref) -> () {
        set_attr(get(op)?, identifier(id), optional(v)?)
    }

    fn PyObject_SetAttr(op: Ref, n: Ref, v: Ref) -> () {
        set_attr(get(op)?, attr::attr_name(get(n)?)?, optional(v)?)
    }

    fn PyObject_SetAttrString(op: Ref, n: *const c_char, v: Ref) -> () {
        set_attr(get(op)?, name(n), optional(v)?)
    }

    fn PyObject_DelAttr(op: Ref, n: Ref) -> () {
        set_attr(get(op)?, attr::attr_name(get(n)?)?, None)
    }

    fn PyObject_DelAttrString(op: Ref, n: *const c_char) -> () {
        set_attr(get(op)?, name(n), None)
    }

    fn PyObject_GenericGetAttr(op: Ref, n: Ref) -> Value {
        attr::generic_getattr(get(op)?, attr::attr_name(get(n)?)?)
    }

    fn PyObject_GenericSetAttr(op: Ref, n: Ref, v: Ref) -> () {
        attr::generic_setattr(get(op)?, attr::attr_name(get(n)?)?, optional(v)?)
    }

    fn PyObject_GenericGetDict(op: Ref, _context: *mut c_void) -> Value {
        Ok(instance::to_dict(get(op)?)?.value())
    }

    fn PyObject_GenericSetDict(op: Ref, v: Ref, _context: *mut c_void) -> () {
        generic_dict(get(op)?, optional(v)?, true)
    }

    fn PyObject_RichCompare(a: Ref, b: Ref, op: c_int) -> Value {
        compare(a, b, op)
    }

    fn PyObject_RichCompareBool(a: Ref, b: Ref, op: c_int) -> bool {
        if a == b && matches!(op, 2 | 3) {
            return Ok(op == 2);
        }
        let same = get(a)?.is(get(b)?);
        match op {
            2 if same => Ok(true),
            3 if same => Ok(false),
            _ => protocol::is_true(compare(a, b, op)?),
        }
    }

    fn PyObject_Dir(op: Ref) -> Value {
        match optional(op)? {
            Some(v) => call::call(builtin_named("dir")?, &[v]),
            None => call::call(builtin_named("dir")?, &[]),
        }
    }

    fn PyObject_Format(op: Ref, spec: Ref) -> Value {
        protocol::format(get(op)?, optional(spec)?)
    }

    fn Py_ReprEnter(op: Ref) -> bool {
        rivet_vm::object::guard::enter_repr(get(op)?).map(|fresh| !fresh)
    }

    fn _PyObject_GetState(op: Ref) -> Value {
        call::call_method(get(op)?, rivet_vm::name!("__getstate__"), &[])
    }

    fn _PyObject_IsAbstract(op: Ref) -> bool {
        rivet_vm::types::descr::is_abstract(get(op)?)
    }

    fn Py_GenericAlias(origin: Ref, args: Ref) -> Value {
        rivet_vm::types::generic_alias::new(get(origin)?, get(args)?)
    }

    fn PyObject_Print(op: Ref, file: *mut libc::FILE, flags: c_int) -> () {
        let s = if flags & 1 != 0 { protocol::str(get(op)?)? } else { protocol::repr(get(op)?)? };
        let bytes = s.to_wtf8();
        libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), file);
        Ok(())
    }

    fn _PyType_CalculateMetaclass(meta: Ref, bases: Ref) -> Value {
        let m = get(meta)?.cast::<Type>().ok_or_else(crate::api::bad_call)?;
        let b = get(bases)?.cast::<rivet_vm::types::tuple::Tuple>().ok_or_else(crate::api::bad_call)?;
        Ok(type_::calculate_metaclass(m, b.items())?.value())
    }
}
