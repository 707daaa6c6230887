//! `sysmodule.h`, `pylifecycle.h`, and small data that extensions refer to.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_void};

use rivet_vm::exceptions::PyResult;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::value::{Gc, Value};

use crate::api::{expect, get, name, optional};
use crate::boundary::borrow_out;
use crate::bytes::export_data;
use crate::layout::Ref;
use crate::objects::Identifier;
use crate::{api, raw};

/// Plain data in C's form.
#[repr(transparent)]
pub struct Plain<T>(UnsafeCell<T>);

// SAFETY: touched only with the GIL held, and only by extensions.
unsafe impl<T> Sync for Plain<T> {}

const fn plain<T>(v: T) -> Plain<T> {
    Plain(UnsafeCell::new(v))
}

/// Class bits of a character as `pyctype.h` numbers them.
const fn class_of(c: usize) -> u32 {
    let b = c as u8;
    if c > 127 {
        return 0;
    }
    let mut bits = 0;
    if b.is_ascii_lowercase() {
        bits |= 1;
    }
    if b.is_ascii_uppercase() {
        bits |= 2;
    }
    if b.is_ascii_digit() {
        bits |= 4;
    }
    if b.is_ascii_whitespace() || b == 0x0b {
        bits |= 8;
    }
    if b.is_ascii_hexdigit() {
        bits |= 16;
    }
    bits
}

const fn classes() -> [u32; 256] {
    let mut t = [0; 256];
    let mut i = 0;
    while i < 256 {
        t[i] = class_of(i);
        i += 1;
    }
    t
}

const fn cased(upper: bool) -> [u8; 256] {
    let mut t = [0; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        t[i] = if upper {
            b.to_ascii_uppercase()
        } else {
            b.to_ascii_lowercase()
        };
        i += 1;
    }
    t
}

const fn digit_values() -> [u8; 256] {
    let mut t = [37; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        if b.is_ascii_digit() {
            t[i] = b - b'0';
        } else if b.is_ascii_alphabetic() {
            t[i] = b.to_ascii_lowercase() - b'a' + 10;
        }
        i += 1;
    }
    t
}

const fn whitespace() -> [u8; 128] {
    let mut t = [0; 128];
    let mut i = 0;
    while i < 128 {
        if matches!(i, 9..=13 | 28..=32) {
            t[i] = 1;
        }
        i += 1;
    }
    t
}

export_data! {
    Py_Version Plain<u64>, plain(0x030b_07f0);
    Py_OptimizeFlag Plain<c_int>, plain(0);
    Py_DebugFlag Plain<c_int>, plain(0);
    Py_VerboseFlag Plain<c_int>, plain(0);
    Py_QuietFlag Plain<c_int>, plain(0);
    Py_InspectFlag Plain<c_int>, plain(0);
    Py_InteractiveFlag Plain<c_int>, plain(0);
    Py_NoSiteFlag Plain<c_int>, plain(0);
    Py_BytesWarningFlag Plain<c_int>, plain(0);
    Py_FrozenFlag Plain<c_int>, plain(0);
    Py_IgnoreEnvironmentFlag Plain<c_int>, plain(0);
    Py_DontWriteBytecodeFlag Plain<c_int>, plain(0);
    Py_NoUserSiteDirectory Plain<c_int>, plain(0);
    Py_UnbufferedStdioFlag Plain<c_int>, plain(0);
    Py_HashRandomizationFlag Plain<c_int>, plain(0);
    Py_IsolatedFlag Plain<c_int>, plain(0);
    Py_UTF8Mode Plain<c_int>, plain(1);
    Py_FileSystemDefaultEncoding Plain<*const c_char>, plain(c"utf-8".as_ptr());
    Py_FileSystemDefaultEncodeErrors Plain<*const c_char>, plain(c"surrogateescape".as_ptr());
    Py_HasFileSystemDefaultEncoding Plain<c_int>, plain(1);
    Py_hexdigits Plain<*const c_char>, plain(c"0123456789abcdef".as_ptr());
    _Py_HashSecret Plain<[u64; 3]>, plain([0; 3]);
    _Py_ctype_table Plain<[u32; 256]>, plain(classes());
    _Py_ctype_tolower Plain<[u8; 256]>, plain(cased(false));
    _Py_ctype_toupper Plain<[u8; 256]>, plain(cased(true));
    _PyLong_DigitValue Plain<[u8; 256]>, plain(digit_values());
    _Py_ascii_whitespace Plain<[u8; 128]>, plain(whitespace());
    PyOS_InputHook Plain<*mut c_void>, plain(std::ptr::null_mut());
    PyOS_ReadlineFunctionPointer Plain<*mut c_void>, plain(std::ptr::null_mut());
    _PyOS_ReadlineTState Plain<*mut c_void>, plain(std::ptr::null_mut());
}

fn sys_dict() -> PyResult<Gc<Dict>> {
    let sys = rivet_vm::import::import_module("sys")?;
    sys.cast::<Module>()
        .map(|m| m.dict())
        .ok_or_else(crate::api::bad_call)
}

fn found(n: Gc<rivet_vm::types::str::Str>) -> Ref {
    let v = sys_dict().ok().and_then(|d| d.get_interned(n));
    rivet_vm::thread::current().take_pending();
    v.map_or(std::ptr::null_mut(), borrow_out)
}

raw! {
    fn PySys_GetObject(n: *const c_char) -> Ref {
        found(name(n))
    }

    fn _PySys_GetAttr(_state: *mut c_void, n: Ref) -> Ref {
        match get(n).and_then(rivet_vm::object::attr::attr_name) {
            Ok(n) => found(n),
            Err(_) => std::ptr::null_mut(),
        }
    }

    fn _PySys_GetObjectId(id: *mut Identifier) -> Ref {
        found(crate::objects::identifier(id))
    }

    fn Py_GetVersion() -> *const c_char {
        c"3.11.7 (rivet)".as_ptr()
    }

    fn Py_GetPlatform() -> *const c_char {
        c"linux".as_ptr()
    }

    fn Py_GetCompiler() -> *const c_char {
        c"[rustc]".as_ptr()
    }

    fn Py_GetBuildInfo() -> *const c_char {
        c"rivet".as_ptr()
    }

    fn Py_GetCopyright() -> *const c_char {
        c"".as_ptr()
    }

    fn Py_GetRecursionLimit() -> c_int {
        rivet_vm::runtime::recursion_limit() as c_int
    }

    fn Py_SetRecursionLimit(n: c_int) {
        rivet_vm::runtime::set_recursion_limit(n.max(1) as usize);
    }

    fn Py_AtExit(f: Option<extern "C" fn()>) -> c_int {
        match f {
            Some(f) => -(libc::atexit(f).min(1)),
            None => -1,
        }
    }

    // A zeroed block: the fields CPython's modules read from the configuration are switches that are off.
    fn _PyInterpreterState_GetConfig(_interp: *mut c_void) -> *const c_void {
        #[repr(align(16))]
        struct Config([u8; 1024]);
        static CONFIG: Config = Config([0; 1024]);
        CONFIG.0.as_ptr().cast()
    }

    fn _Py_GetConfig() -> *const c_void {
        _PyInterpreterState_GetConfig(std::ptr::null_mut())
    }

    fn PyOS_BeforeFork() {}

    fn PyOS_AfterFork_Parent() {}

    fn PyOS_AfterFork_Child() {
        rivet_vm::gil::after_fork_child();
        rivet_heap::after_fork_child();
        rivet_vm::thread::Thread::keep_only_current();
        rivet_vm::signals::set_main_thread();
    }

    fn PyOS_InterruptOccurred() -> c_int {
        0
    }
}

unsafe fn print(r: PyResult<()>) -> c_int {
    <() as crate::api::Out>::out(r)
}

fn write_to(stream: &str, text: &str) -> PyResult<()> {
    let file = sys_dict()?.get_str(stream).and_then(Value::not_none);
    match file {
        Some(f) => rivet_vm::object::call::call_method(
            f,
            rivet_vm::name!("write"),
            &[rivet_vm::types::str::new(text)?],
        )
        .map(|_| ()),
        None => Ok(()),
    }
}

raw! {
    // What the shims' `PySys_WriteStdout` and `PySys_WriteStderr` print.
    fn rivet_write(error: c_int, text: *const c_char) -> c_int {
        let t = crate::errors::text(text);
        print(write_to(if error != 0 { "stderr" } else { "stdout" }, &t))
    }
}

api! {
    fn PySys_SetObject(n: *const c_char, v: Ref) -> () {
        let d = sys_dict()?;
        match optional(v)? {
            Some(v) => d.set_interned(name(n), v),
            None => {
                d.remove_interned(name(n));
                Ok(())
            }
        }
    }

    fn _PySys_GetSizeOf(op: Ref) -> usize {
        let f = sys_dict()?.get_str("getsizeof").ok_or_else(crate::api::bad_call)?;
        Ok(rivet_vm::object::protocol::as_isize(rivet_vm::object::call::call(f, &[get(op)?])?)? as usize)
    }

    // `sys.audit` with the arguments the shim has built.
    fn rivet_audit(event: *const c_char, args: Ref) -> () {
        let f = sys_dict()?.get_str("audit").ok_or_else(crate::api::bad_call)?;
        let t = expect::<rivet_vm::types::tuple::Tuple>(args)?;
        let mut all = rivet_vm::value::RVec::new();
        all.push(rivet_vm::types::str::new(&crate::errors::text(event))?)?;
        all.extend(t.items())?;
        rivet_vm::object::call::call(f, &all).map(|_| ())
    }
}
