//! Rarely used parts of the C API that CPython's own modules need: attributes of Unicode errors, codec error handlers,
//! files, methods of builtin types that are looked up in their C tables.

use std::ffi::{CStr, c_char, c_int, c_void};

use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::object::{attr, call};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::types::str::{self, codec};
use rivet_vm::value::Value;

use crate::api::{expect, get, optional};
use crate::boundary::borrow_out;
use crate::bytes::export_data;
use crate::errors::{self, text};
use crate::layout::{METH_NOARGS, PyMethodDef, PyTypeObject, Ref};
use crate::objects::{Identifier, identifier};
use crate::{api, raw, types};

/// Methods of a builtin type that C code finds in `tp_methods`.
#[repr(transparent)]
pub struct Methods<const N: usize>(std::cell::UnsafeCell<[PyMethodDef; N]>);

// SAFETY: never written.
unsafe impl<const N: usize> Sync for Methods<N> {}

const fn method(name: &'static CStr, f: unsafe extern "C" fn(Ref, Ref) -> Ref) -> PyMethodDef {
    PyMethodDef {
        name: name.as_ptr(),
        meth: f as *mut c_void,
        flags: METH_NOARGS,
        doc: std::ptr::null(),
    }
}

const END: PyMethodDef = PyMethodDef {
    name: std::ptr::null(),
    meth: std::ptr::null_mut(),
    flags: 0,
    doc: std::ptr::null(),
};

static INT_METHODS: Methods<3> = Methods(std::cell::UnsafeCell::new([
    method(c"bit_length", rivet_int_bit_length),
    method(c"as_integer_ratio", rivet_as_integer_ratio),
    END,
]));
static FLOAT_METHODS: Methods<2> = Methods(std::cell::UnsafeCell::new([
    method(c"as_integer_ratio", rivet_as_integer_ratio),
    END,
]));

/// Shows the methods in the C structs of `int` and `float`.
pub fn bind() {
    // SAFETY: start-up of the boundary; the tables live for good.
    unsafe {
        (*types::builtin(types::INT)).methods = INT_METHODS.0.get().cast();
        (*types::builtin(types::FLOAT)).methods = FLOAT_METHODS.0.get().cast();
    }
}

unsafe fn called(op: Ref, name: &str) -> PyResult<Value> {
    // SAFETY: callers pass a live object.
    call::call_method(unsafe { get(op) }?, intern_str(name), &[])
}

unsafe fn set_field(e: Ref, name: &str, v: Value) -> PyResult<()> {
    // SAFETY: callers pass a live object.
    attr::set_attr(unsafe { get(e) }?, intern_str(name), Some(v))
}

unsafe fn field(e: Ref, name: &str) -> PyResult<Value> {
    // SAFETY: callers pass a live object.
    attr::get_attr(unsafe { get(e) }?, intern_str(name))
}

unsafe fn number(e: Ref, name: &str, out: *mut isize) -> PyResult<()> {
    // SAFETY: callers pass a live object and a place.
    unsafe {
        *out = rivet_vm::object::protocol::as_isize(field(e, name)?)?;
    }
    Ok(())
}

unsafe fn handler(name: &str, e: Ref) -> PyResult<Value> {
    let f = codec::errors::lookup_error(name)?;
    // SAFETY: callers pass a live object.
    call::call(f, &[unsafe { get(e) }?])
}

macro_rules! export_unicode_errors {
    ($($get:ident $set:ident $name:literal;)*) => {$(
        /// Reads a position of a Unicode error.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $get(e: Ref, out: *mut isize) -> c_int {
            // SAFETY: C passes a live object and a place.
            <() as crate::api::Out>::out(unsafe { number(e, $name, out) })
        }

        /// Sets a position of a Unicode error.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $set(e: Ref, n: isize) -> c_int {
            // SAFETY: C passes a live object.
            <() as crate::api::Out>::out(unsafe { set_field(e, $name, Value::int(n as i64)) })
        }
    )*};
}

export_unicode_errors! {
    PyUnicodeDecodeError_GetStart PyUnicodeDecodeError_SetStart "start";
    PyUnicodeDecodeError_GetEnd PyUnicodeDecodeError_SetEnd "end";
    PyUnicodeEncodeError_GetStart PyUnicodeEncodeError_SetStart "start";
    PyUnicodeEncodeError_GetEnd PyUnicodeEncodeError_SetEnd "end";
    PyUnicodeTranslateError_GetStart PyUnicodeTranslateError_SetStart "start";
    PyUnicodeTranslateError_GetEnd PyUnicodeTranslateError_SetEnd "end";
}

api! {
    fn rivet_int_bit_length(op: Ref, _unused: Ref) -> Value {
        called(op, "bit_length")
    }

    fn rivet_as_integer_ratio(op: Ref, _unused: Ref) -> Value {
        called(op, "as_integer_ratio")
    }

    fn PyUnicodeDecodeError_SetReason(e: Ref, s: *const c_char) -> () {
        set_field(e, "reason", str::new(&text(s))?)
    }

    fn PyUnicodeEncodeError_SetReason(e: Ref, s: *const c_char) -> () {
        set_field(e, "reason", str::new(&text(s))?)
    }

    fn PyUnicodeTranslateError_SetReason(e: Ref, s: *const c_char) -> () {
        set_field(e, "reason", str::new(&text(s))?)
    }

    fn PyUnicodeDecodeError_GetObject(e: Ref) -> Value {
        field(e, "object")
    }

    fn PyUnicodeEncodeError_GetObject(e: Ref) -> Value {
        field(e, "object")
    }

    fn PyUnicodeTranslateError_GetObject(e: Ref) -> Value {
        field(e, "object")
    }

    fn PyUnicodeDecodeError_GetEncoding(e: Ref) -> Value {
        field(e, "encoding")
    }

    fn PyUnicodeEncodeError_GetEncoding(e: Ref) -> Value {
        field(e, "encoding")
    }

    fn PyUnicodeDecodeError_GetReason(e: Ref) -> Value {
        field(e, "reason")
    }

    fn PyUnicodeEncodeError_GetReason(e: Ref) -> Value {
        field(e, "reason")
    }

    fn PyCodec_LookupError(name: *const c_char) -> Value {
        codec::errors::lookup_error(if name.is_null() { "strict".to_owned() } else { text(name) }.as_str())
    }

    fn PyCodec_RegisterError(name: *const c_char, f: Ref) -> () {
        codec::errors::register_error(crate::api::name(name), get(f)?)
    }

    fn PyCodec_StrictErrors(e: Ref) -> Value {
        handler("strict", e)
    }

    fn PyCodec_IgnoreErrors(e: Ref) -> Value {
        handler("ignore", e)
    }

    fn PyCodec_ReplaceErrors(e: Ref) -> Value {
        handler("replace", e)
    }

    fn PyCodec_Encode(op: Ref, encoding: *const c_char, errors: *const c_char) -> Value {
        let e = if errors.is_null() { None } else { Some(crate::api::name(errors)) };
        rivet_vm::types::str::registry::encode(get(op)?, &text(encoding), e)
    }

    fn PyCodec_Decode(op: Ref, encoding: *const c_char, errors: *const c_char) -> Value {
        let e = if errors.is_null() { None } else { Some(crate::api::name(errors)) };
        rivet_vm::types::str::registry::decode(get(op)?, &text(encoding), e)
    }

    fn _PyDict_SetItemId(d: Ref, id: *mut Identifier, v: Ref) -> () {
        expect::<Dict>(d)?.set_interned(identifier(id), get(v)?)
    }

    fn _PyDict_DelItemId(d: Ref, id: *mut Identifier) -> () {
        let n = identifier(id);
        match expect::<Dict>(d)?.remove_interned(n) {
            Some(_) => Ok(()),
            None => Err(rivet_vm::exceptions::key_error(n.value())),
        }
    }

    fn PyFile_WriteString(s: *const c_char, f: Ref) -> () {
        call::call_method(get(f)?, rivet_vm::name!("write"), &[str::new(&text(s))?]).map(|_| ())
    }

    fn PyFile_WriteObject(op: Ref, f: Ref, flags: c_int) -> () {
        let v = get(op)?;
        let s = if flags & 1 != 0 { rivet_vm::object::protocol::str(v)? } else { rivet_vm::object::protocol::repr(v)? };
        call::call_method(get(f)?, rivet_vm::name!("write"), &[s.value()]).map(|_| ())
    }

    fn PyFile_GetLine(f: Ref, n: c_int) -> Value {
        let args = [Value::int(n.into())];
        call::call_method(get(f)?, rivet_vm::name!("readline"), if n > 0 { &args } else { &[] })
    }

    fn PyFile_FromFd(fd: c_int, _name: *const c_char, mode: *const c_char, buffering: c_int, encoding: *const c_char, errors: *const c_char, newline: *const c_char, closefd: c_int) -> Value {
        let io = rivet_vm::import::import_module("io")?;
        let open = attr::get_attr(io, rivet_vm::name!("open"))?;
        let t = |s: *const c_char| -> PyResult<Value> { if s.is_null() { Ok(Value::NONE) } else { str::new(&text(s)) } };
        let args = [Value::int(fd.into()), t(mode)?, Value::int(buffering.into()), t(encoding)?, t(errors)?, t(newline)?, Value::bool(closefd != 0)];
        call::call(open, &args)
    }

    fn PyFile_OpenCode(path: *const c_char) -> Value {
        let io = rivet_vm::import::import_module("io")?;
        call::call(attr::get_attr(io, rivet_vm::name!("open_code"))?, &[str::new(&text(path))?])
    }

    fn _PyNamespace_New(kw: Ref) -> Value {
        let types = rivet_vm::import::import_module("types")?;
        let class = attr::get_attr(types, rivet_vm::name!("SimpleNamespace"))?;
        call::call_tuple_dict(class, &[], optional(kw)?.and_then(|d| d.cast::<Dict>()))
    }

    fn _Py_fopen_obj(path: Ref, mode: *const c_char) -> *mut c_void {
        let p = crate::strings::fspath(get(path)?)?;
        let bytes = match (p.cast::<str::Str>(), p.cast::<rivet_vm::types::bytes::Bytes>()) {
            (Some(s), _) => codec::encode_fs(s)?,
            (_, Some(b)) => b.as_slice().to_vec(),
            _ => return Err(type_error("a path is required")),
        };
        let c = std::ffi::CString::new(bytes).map_err(|_| rivet_vm::exceptions::value_error("embedded null byte"))?;
        let f = libc::fopen(c.as_ptr(), mode);
        if f.is_null() {
            let n = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
            return Err(rivet_vm::exceptions::os_error(n, Some(get(path)?), None));
        }
        libc::fcntl(libc::fileno(f), libc::F_SETFD, libc::FD_CLOEXEC);
        Ok(f.cast())
    }

    fn _PyLong_Format(op: Ref, base: c_int) -> Value {
        let f = match base {
            2 => "bin",
            8 => "oct",
            16 => "hex",
            _ => return Ok(rivet_vm::object::protocol::str(get(op)?)?.value()),
        };
        let f = rivet_vm::runtime::builtins().get_str(f).ok_or_else(crate::api::bad_call)?;
        call::call(f, &[get(op)?])
    }

    fn _Py_open(path: *const c_char, flags: c_int) -> c_int {
        let fd = libc::open(path, flags | libc::O_CLOEXEC);
        if fd < 0 { Err(system_failure()) } else { Ok(fd) }
    }

    fn _Py_read(fd: c_int, p: *mut c_void, n: usize) -> isize {
        let r = rivet_vm::gil::allow_threads(|| libc::read(fd, p, n));
        if r < 0 { Err(system_failure()) } else { Ok(r) }
    }

    fn _Py_write(fd: c_int, p: *const c_void, n: usize) -> isize {
        let r = rivet_vm::gil::allow_threads(|| libc::write(fd, p, n));
        if r < 0 { Err(system_failure()) } else { Ok(r) }
    }
}

fn system_failure() -> rivet_vm::exceptions::Raised {
    rivet_vm::exceptions::os_error(
        std::io::Error::last_os_error().raw_os_error().unwrap_or(0),
        None,
        None,
    )
}

raw! {
    fn _PyDict_GetItemIdWithError(d: Ref, id: *mut Identifier) -> Ref {
        match expect::<Dict>(d) {
            Ok(d) => d.get_interned(identifier(id)).map_or(std::ptr::null_mut(), borrow_out),
            Err(_) => {
                errors::publish();
                std::ptr::null_mut()
            }
        }
    }

    fn _PyStructSequence_NewType(d: *const crate::structseq::Description, _flags: std::ffi::c_ulong) -> Ref {
        crate::structseq::PyStructSequence_NewType(d)
    }

    fn _PyObject_IsFreed(op: Ref) -> c_int {
        let ty = (op as usize).checked_add(8).map_or(0, |_| (*op).ty as usize);
        (op.is_null() || ty == 0 || ty == usize::MAX).into()
    }

    fn PyOS_setsig(n: c_int, f: libc::sighandler_t) -> libc::sighandler_t {
        libc::signal(n, f)
    }

    fn Py_GetProgramName() -> *const u32 {
        static NAME: [u32; 6] = [0x72, 0x69, 0x76, 0x65, 0x74, 0];
        NAME.as_ptr()
    }
}

export_data! {
    _PyBytesIOBuffer_Type types::StaticType, types::static_type();
}

/// Fills in the type of this file that is C's.
pub fn bind_types() {
    let p: *mut PyTypeObject = types::builtin(&_PyBytesIOBuffer_Type);
    // SAFETY: our own static type.
    unsafe {
        (*p).name = c"_io._BytesIOBuffer".as_ptr();
        (*p).basicsize = 24;
        if types::ready::make_ready(p).is_err() {
            rivet_vm::runtime::fatal("a type of the boundary cannot be made");
        }
    }
}
