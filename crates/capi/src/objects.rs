//! `object.h`, `abstract.h`, and the containers and strings the first extensions use.

use std::ffi::{c_char, c_int};

use rivet_spec::CompareOp;
use rivet_vm::exceptions::{PyResult, system_error, type_error};
use rivet_vm::object::attr::{get_attr, set_attr};
use rivet_vm::object::{call, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::list::List;
use rivet_vm::types::str::{Str, intern};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

use crate::boundary::to_c::{bytes_object, raw_tuple};
use crate::boundary::{borrowed, decref, incref, steal};
use crate::errors::{give, status, text};
use crate::layout::{PyVarObject, Ref};
use crate::types;

/// Deallocates an object whose count has reached 0.
///
/// # Safety
/// Nobody uses the object any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Py_Dealloc(op: Ref) {
    // SAFETY: by contract; every type object has a deallocator.
    unsafe {
        if let Some(f) = (*(*op).ty).dealloc {
            f(op);
        }
    }
}

/// `Py_XINCREF` as a function.
///
/// # Safety
/// Null or a live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_IncRef(op: Ref) {
    if !op.is_null() {
        // SAFETY: by contract.
        unsafe { incref(op) }
    }
}

/// `Py_XDECREF` as a function.
///
/// # Safety
/// Null or a live object to which the caller owns a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_DecRef(op: Ref) {
    if !op.is_null() {
        // SAFETY: by contract.
        unsafe { decref(op) }
    }
}

fn three_way(r: PyResult<bool>) -> c_int {
    r.map_or(-1, c_int::from)
}

macro_rules! unary {
    ($($name:ident $f:expr;)*) => {$(
        /// The operation as a function.
        ///
        /// # Safety
        /// A live object.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(a: Ref) -> Ref {
            // SAFETY: by contract.
            unsafe { give(borrowed(a).and_then($f)) }
        }
    )*};
}

unary! {
    PyObject_Repr |v| protocol::repr(v).map(Gc::value);
    PyObject_Str |v| protocol::str(v).map(Gc::value);
    PyObject_GetIter protocol::iter;
    PyObject_Type |v| Ok(v.type_of().value());
    PySequence_Tuple |v| protocol::to_tuple(v).map(Gc::value);
    PySequence_List |v| protocol::to_list(v).map(Gc::value);
}

/// Text of an object for the shims: `R` repr, `A` ascii, else str.
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rivet_object_text(op: Ref, how: c_int) -> Ref {
    // SAFETY: by contract.
    unsafe {
        give(borrowed(op).and_then(|v| match how as u8 {
            b'R' => protocol::repr(v).map(Gc::value),
            b'A' => protocol::ascii(v).map(Gc::value),
            _ => protocol::str(v).map(Gc::value),
        }))
    }
}

/// `bool(op)`
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_IsTrue(op: Ref) -> c_int {
    // SAFETY: by contract.
    unsafe { three_way(borrowed(op).and_then(protocol::is_true)) }
}

/// `len(op)`
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Size(op: Ref) -> isize {
    // SAFETY: by contract.
    unsafe {
        borrowed(op)
            .and_then(protocol::length)
            .map_or(-1, |n| n as isize)
    }
}

/// `hash(op)`
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Hash(op: Ref) -> isize {
    // SAFETY: by contract.
    unsafe {
        borrowed(op)
            .and_then(protocol::hash)
            .map_or(-1, |n| n as isize)
    }
}

/// `isinstance(op, class)`
///
/// # Safety
/// Live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_IsInstance(op: Ref, class: Ref) -> c_int {
    // SAFETY: by contract.
    unsafe { three_way(borrowed(op).and_then(|v| protocol::is_instance(v, borrowed(class)?))) }
}

/// `op.name`
///
/// # Safety
/// Live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetAttr(op: Ref, name: Ref) -> Ref {
    // SAFETY: by contract.
    unsafe {
        give(borrowed(op).and_then(|v| rivet_vm::object::attr::get_attr_value(v, borrowed(name)?)))
    }
}

/// `op.name`
///
/// # Safety
/// A live object, a terminated name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetAttrString(op: Ref, name: *const c_char) -> Ref {
    // SAFETY: by contract.
    unsafe { give(borrowed(op).and_then(|v| get_attr(v, intern::intern_str(&text(name))))) }
}

/// `op.name = v`, or deletion if `v` is null.
///
/// # Safety
/// Live objects, a terminated name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_SetAttrString(op: Ref, name: *const c_char, v: Ref) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let run = || {
            let value = if v.is_null() {
                None
            } else {
                Some(borrowed(v)?)
            };
            set_attr(borrowed(op)?, intern::intern_str(&text(name)), value)
        };
        status(run())
    }
}

/// `op[key]`
///
/// # Safety
/// Live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetItem(op: Ref, key: Ref) -> Ref {
    // SAFETY: by contract.
    unsafe { give(borrowed(op).and_then(|v| protocol::get_item(v, borrowed(key)?))) }
}

/// `a <op> b`
///
/// # Safety
/// Live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_RichCompare(a: Ref, b: Ref, op: c_int) -> Ref {
    // SAFETY: by contract.
    unsafe {
        let op = CompareOp::from_u8(op as u8).unwrap_or(CompareOp::Eq);
        give(borrowed(a).and_then(|a| protocol::compare(a, borrowed(b)?, op)))
    }
}

/// `callable(*args, **kw)`
///
/// # Safety
/// Live objects; `kw` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Call(f: Ref, args: Ref, kw: Ref) -> Ref {
    // SAFETY: by contract.
    unsafe {
        let run = || -> PyResult<Value> {
            let args = borrowed(args)?
                .cast::<Tuple>()
                .ok_or_else(|| type_error("argument list must be a tuple"))?;
            let kw = if kw.is_null() {
                None
            } else {
                borrowed(kw)?.cast::<Dict>()
            };
            call::call_tuple_dict(borrowed(f)?, args.items(), kw)
        };
        give(run())
    }
}

/// `callable(arg)`
///
/// # Safety
/// Live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_CallOneArg(f: Ref, arg: Ref) -> Ref {
    // SAFETY: by contract.
    unsafe { give(borrowed(f).and_then(|f| call::call(f, &[borrowed(arg)?]))) }
}

/// `callable()`
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_CallNoArgs(f: Ref) -> Ref {
    // SAFETY: by contract.
    unsafe { give(borrowed(f).and_then(|f| call::call(f, &[]))) }
}

/// TypeError for a keyword no parameter has; always 0.
///
/// # Safety
/// `names` ends with null; `fname` is null or terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rivet_unknown_keyword(
    kw: Ref,
    names: *const *const c_char,
    fname: *const c_char,
) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let mut known = Vec::new();
        let mut at = names;
        while !(*at).is_null() {
            known.push(text(*at));
            at = at.add(1);
        }
        let f = text(fname);
        let f = f.split(':').next().unwrap_or_default();
        let Some(d) = borrowed(kw).ok().and_then(|k| k.cast::<Dict>()) else {
            return 0;
        };
        let mut i = 0;
        while let Some((k, _)) = d.next_entry(&mut i) {
            let n = k
                .cast::<Str>()
                .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
            if !known.contains(&n) {
                let place = if f.is_empty() {
                    "this function".into()
                } else {
                    format!("{f}()")
                };
                let _ = type_error(format!("'{n}' is an invalid keyword argument for {place}"));
                break;
            }
        }
        0
    }
}

// ---- tuples, lists ----

/// A new tuple of empty items, to be filled by `PyTuple_SetItem`.
#[unsafe(no_mangle)]
pub extern "C" fn PyTuple_New(n: isize) -> Ref {
    raw_tuple(n.max(0) as usize, types::builtin(types::TUPLE))
}

unsafe fn tuple_items(op: Ref) -> Option<(*mut Ref, usize)> {
    // SAFETY: callers pass a live object; the layout is checked by the type's flags.
    unsafe {
        if (*(*op).ty).flags & rivet_vm::object::TypeFlags::TUPLE_SUBCLASS == 0 {
            let _ = system_error("bad argument to internal function");
            return None;
        }
        Some((
            op.cast::<u8>().add(24).cast::<Ref>(),
            (*op.cast::<PyVarObject>()).size as usize,
        ))
    }
}

/// Number of items; -1 with SystemError if it is no tuple.
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTuple_Size(op: Ref) -> isize {
    // SAFETY: by contract.
    unsafe { tuple_items(op).map_or(-1, |t| t.1 as isize) }
}

/// Item `i`, borrowed.
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTuple_GetItem(op: Ref, i: isize) -> Ref {
    // SAFETY: by contract; the bound is checked.
    unsafe {
        match tuple_items(op) {
            Some((items, n)) if i >= 0 && (i as usize) < n => *items.add(i as usize),
            Some(_) => {
                let _ = rivet_vm::exceptions::index_error("tuple index out of range");
                std::ptr::null_mut()
            }
            None => std::ptr::null_mut(),
        }
    }
}

/// Stores item `i` of a new tuple, taking the reference over.
///
/// # Safety
/// A new tuple; null or a live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTuple_SetItem(op: Ref, i: isize, v: Ref) -> c_int {
    // SAFETY: by contract; the bound is checked.
    unsafe {
        match tuple_items(op) {
            Some((items, n)) if i >= 0 && (i as usize) < n => {
                let slot = items.add(i as usize);
                Py_DecRef(*slot);
                *slot = v;
                0
            }
            _ => {
                Py_DecRef(v);
                let _ = rivet_vm::exceptions::index_error("tuple assignment index out of range");
                -1
            }
        }
    }
}

/// A new list of `n` None items (an opaque mirror of a managed list).
#[unsafe(no_mangle)]
pub extern "C" fn PyList_New(n: isize) -> Ref {
    let run = || -> PyResult<Value> {
        let l = List::new()?;
        for _ in 0..n.max(0) {
            l.append(Value::NONE)?;
        }
        Ok(l.value())
    };
    give(run())
}

unsafe fn as_list(op: Ref) -> PyResult<Gc<List>> {
    // SAFETY: callers pass a live object.
    unsafe {
        borrowed(op)?
            .cast::<List>()
            .ok_or_else(|| system_error("bad argument to internal function"))
    }
}

/// Number of items.
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_Size(op: Ref) -> isize {
    // SAFETY: by contract.
    unsafe { as_list(op).map_or(-1, |l| l.len() as isize) }
}

/// Stores item `i`, taking the reference over.
///
/// # Safety
/// Live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_SetItem(op: Ref, i: isize, v: Ref) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let run = || -> PyResult<()> {
            let x = steal(v)?;
            let l = as_list(op)?;
            if i < 0 || i as usize >= l.len() {
                return Err(rivet_vm::exceptions::index_error(
                    "list assignment index out of range",
                ));
            }
            l.put(i as usize, x);
            Ok(())
        };
        status(run())
    }
}

/// Appends an item.
///
/// # Safety
/// Live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyList_Append(op: Ref, v: Ref) -> c_int {
    // SAFETY: by contract.
    unsafe { status(as_list(op).and_then(|l| l.append(borrowed(v)?))) }
}

// ---- dicts ----

/// A new dict.
#[unsafe(no_mangle)]
pub extern "C" fn PyDict_New() -> Ref {
    give(Dict::new().map(Gc::value))
}

unsafe fn as_dict(op: Ref) -> PyResult<Gc<Dict>> {
    // SAFETY: callers pass a live object.
    unsafe {
        borrowed(op)?
            .cast::<Dict>()
            .ok_or_else(|| system_error("bad argument to internal function"))
    }
}

/// Number of items.
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_Size(op: Ref) -> isize {
    // SAFETY: by contract.
    unsafe { as_dict(op).map_or(-1, |d| d.len() as isize) }
}

/// `d[key] = v`
///
/// # Safety
/// Live objects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_SetItem(op: Ref, key: Ref, v: Ref) -> c_int {
    // SAFETY: by contract.
    unsafe { status(as_dict(op).and_then(|d| d.set_item(borrowed(key)?, borrowed(v)?))) }
}

/// `d[name] = v`
///
/// # Safety
/// Live objects, a terminated name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_SetItemString(op: Ref, name: *const c_char, v: Ref) -> c_int {
    // SAFETY: by contract.
    unsafe { status(as_dict(op).and_then(|d| d.set_str(&text(name), borrowed(v)?))) }
}

/// `d.get(name)`, borrowed. An int or float in the dict is replaced by a boxed form only C sees: the reference lives
/// until the boundary's next pass over its pool of borrowed numbers.
///
/// # Safety
/// A live object, a terminated name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDict_GetItemString(op: Ref, name: *const c_char) -> Ref {
    // SAFETY: by contract.
    unsafe {
        let found = as_dict(op).ok().and_then(|d| d.get_str(&text(name)));
        match found {
            Some(v) => borrowed_number_pool(v),
            None => std::ptr::null_mut(),
        }
    }
}

/// A borrowed reference: linked objects stay alive by their owner; numbers, which have no mirror, are kept in a
/// ring of recent ones.
unsafe fn borrowed_number_pool(v: Value) -> Ref {
    const RING: usize = 1024;
    thread_local! {
        static POOL: std::cell::RefCell<(usize, Vec<usize>)> = const { std::cell::RefCell::new((0, Vec::new())) };
    }
    let r = crate::boundary::new_ref(v);
    if r.is_null() {
        return r;
    }
    let old = POOL.with(|p| {
        let (at, ring) = &mut *p.borrow_mut();
        ring.resize(RING, 0);
        let old = std::mem::replace(&mut ring[*at], r as usize);
        *at = (*at + 1) % RING;
        old
    });
    if old != 0 {
        // SAFETY: the ring owns a reference to each entry.
        unsafe { decref(old as Ref) };
    }
    r
}

// ---- str, bytes ----

/// A new str from UTF-8.
///
/// # Safety
/// `n` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FromStringAndSize(s: *const c_char, n: isize) -> Ref {
    if n < 0 || s.is_null() {
        let _ = system_error("Negative size passed to PyUnicode_FromStringAndSize");
        return std::ptr::null_mut();
    }
    // SAFETY: by contract.
    let raw = unsafe { std::slice::from_raw_parts(s.cast::<u8>(), n as usize) };
    give(rivet_vm::types::str::codec::decode_bytes(raw, "utf-8", "strict").map(Gc::value))
}

/// A new str from terminated UTF-8.
///
/// # Safety
/// A terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_FromString(s: *const c_char) -> Ref {
    // SAFETY: by contract.
    unsafe { PyUnicode_FromStringAndSize(s, libc::strlen(s) as isize) }
}

/// UTF-8 of a str, kept by the str's mirror.
///
/// # Safety
/// A live object; `size` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AsUTF8AndSize(op: Ref, size: *mut isize) -> *const c_char {
    // SAFETY: by contract; the layout is checked by the type's flags.
    unsafe {
        if (*(*op).ty).flags & rivet_vm::object::TypeFlags::UNICODE_SUBCLASS == 0 {
            let t = text((*(*op).ty).name);
            let _ = type_error(format!("bad argument type for built-in operation ({t})"));
            return std::ptr::null();
        }
        let b = op.cast::<u8>();
        if *b.add(32).cast::<u32>() >> 6 & 1 == 1 {
            if !size.is_null() {
                *size = *b.add(16).cast::<isize>();
            }
            return b.add(48).cast();
        }
        // Compact: length at 48, pointer at 56, filled at the first call.
        if (*b.add(56).cast::<*mut u8>()).is_null() {
            let Some(s) = borrowed(op).ok().and_then(|v| v.cast::<Str>()) else {
                return std::ptr::null();
            };
            let Ok(raw) = rivet_vm::types::str::codec::encode_bytes(s, "utf-8", "strict") else {
                return std::ptr::null();
            };
            let p = crate::memory::alloc_zeroed(raw.len() + 1);
            std::ptr::copy_nonoverlapping(raw.as_ptr(), p, raw.len());
            *b.add(48).cast::<usize>() = raw.len();
            *b.add(56).cast::<*mut u8>() = p;
        }
        if !size.is_null() {
            *size = *b.add(48).cast::<isize>();
        }
        *b.add(56).cast::<*const c_char>()
    }
}

/// `PyUnicode_AsUTF8AndSize` without the size.
///
/// # Safety
/// A live object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnicode_AsUTF8(op: Ref) -> *const c_char {
    // SAFETY: by contract.
    unsafe { PyUnicode_AsUTF8AndSize(op, std::ptr::null_mut()) }
}

/// A new bytes object (of zeros if `s` is null, to be filled).
///
/// # Safety
/// Null or `n` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_FromStringAndSize(s: *const c_char, n: isize) -> Ref {
    let n = n.max(0) as usize;
    let ty = types::builtin(types::BYTES);
    if s.is_null() {
        return bytes_object(&vec![0; n], ty);
    }
    // SAFETY: by contract.
    bytes_object(unsafe { std::slice::from_raw_parts(s.cast::<u8>(), n) }, ty)
}

/// Data of a bytes object.
///
/// # Safety
/// A live object; the pointers can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBytes_AsStringAndSize(
    op: Ref,
    data: *mut *mut c_char,
    size: *mut isize,
) -> c_int {
    // SAFETY: by contract; the layout is checked by the type's flags.
    unsafe {
        if (*(*op).ty).flags & rivet_vm::object::TypeFlags::BYTES_SUBCLASS == 0 {
            let t = text((*(*op).ty).name);
            let _ = type_error(format!("expected bytes, {t} found"));
            return -1;
        }
        *data = op.cast::<u8>().add(32).cast();
        if !size.is_null() {
            *size = *op.cast::<u8>().add(16).cast::<isize>();
        }
        0
    }
}

/// `import name`
///
/// # Safety
/// A terminated name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyImport_ImportModule(name: *const c_char) -> Ref {
    // SAFETY: by contract.
    unsafe { give(rivet_vm::import::import_module(&text(name))) }
}
