//! Internal helpers of CPython's modules around the operating system: descriptors, ids, hex, hash tables.

use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};

use rivet_vm::exceptions::{PyResult, os_error, overflow_error, type_error, value_error};
use rivet_vm::object::protocol;
use rivet_vm::types::{bytes, int, str};
use rivet_vm::value::Value;

use crate::api::{get, optional};
use crate::errors;
use crate::layout::Ref;
use crate::{api, raw};

fn last() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn failed() -> rivet_vm::exceptions::Raised {
    os_error(last(), None, None)
}

unsafe fn id(op: Ref, what: &str) -> PyResult<u32> {
    // SAFETY: callers pass a live object.
    let v = unsafe { get(op) }?;
    let n = protocol::index(v).map_err(|_| {
        rivet_vm::thread::current().take_pending();
        type_error(format!(
            "{what} should be integer, not {}",
            v.type_of().name_string()
        ))
    })?;
    match int::to_i64(n) {
        Some(-1) => Ok(u32::MAX),
        Some(i) if i < 0 => Err(overflow_error(format!("{what} is less than minimum"))),
        Some(i) => {
            u32::try_from(i).map_err(|_| overflow_error(format!("{what} is greater than maximum")))
        }
        None if int::compare_sign(n) < 0 => {
            Err(overflow_error(format!("{what} is less than minimum")))
        }
        None => Err(overflow_error(format!("{what} is greater than maximum"))),
    }
}

fn inheritable(fd: c_int, on: bool) -> bool {
    // SAFETY: plain system calls.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFD);
        if flags < 0 {
            return false;
        }
        let new = if on {
            flags & !libc::FD_CLOEXEC
        } else {
            flags | libc::FD_CLOEXEC
        };
        new == flags || libc::fcntl(fd, libc::F_SETFD, new) >= 0
    }
}

unsafe fn slice<'a>(p: *const u8, n: isize) -> &'a [u8] {
    // SAFETY: callers pass `n` readable bytes.
    if n <= 0 {
        &[]
    } else {
        unsafe { std::slice::from_raw_parts(p, n as usize) }
    }
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|b| format!("{b:02x}")).collect()
}

/// Hexadecimal digits with a mark between groups; in a bytes object the mark may be any byte.
unsafe fn separated(
    p: *const u8,
    n: isize,
    sep: Ref,
    group: c_int,
    as_bytes: bool,
) -> PyResult<Vec<u8>> {
    // SAFETY: callers pass `n` readable bytes, and a live object or null.
    unsafe {
        let data = slice(p, n);
        let Some(s) = optional(sep)? else {
            return Ok(hex(data).into_bytes());
        };
        if rivet_vm::object::protocol::length(s)? != 1 {
            return Err(value_error("sep must be length 1."));
        }
        let mark = match (s.cast::<str::Str>(), s.cast::<bytes::Bytes>()) {
            (Some(t), _) => match u8::try_from(t.chars().get(0)) {
                Ok(c) => c,
                Err(_) => return Err(value_error("sep must be ASCII.")),
            },
            (_, Some(b)) => b.as_slice()[0],
            _ => return Err(type_error("sep must be str or bytes.")),
        };
        if !mark.is_ascii() && !as_bytes {
            return Err(value_error("sep must be ASCII."));
        }
        let size = group.unsigned_abs() as usize;
        if size == 0 {
            return Ok(hex(data).into_bytes());
        }
        let digits = |d: &[u8]| hex(d).into_bytes();
        let groups: Vec<Vec<u8>> = if group > 0 {
            data.rchunks(size).rev().map(digits).collect()
        } else {
            data.chunks(size).map(digits).collect()
        };
        Ok(groups.join(&mark))
    }
}

unsafe fn one(r: PyResult<u32>, out: *mut u32) -> c_int {
    match r {
        Ok(n) => {
            // SAFETY: callers pass a place.
            unsafe { *out = n };
            1
        }
        Err(_) => {
            errors::publish();
            0
        }
    }
}

raw! {
    fn _Py_Uid_Converter(op: Ref, out: *mut u32) -> c_int {
        one(id(op, "uid"), out)
    }

    fn _Py_Gid_Converter(op: Ref, out: *mut u32) -> c_int {
        one(id(op, "gid"), out)
    }

    fn _Py_set_inheritable_async_safe(fd: c_int, on: c_int, _works: *mut c_int) -> c_int {
        if inheritable(fd, on != 0) { 0 } else { -1 }
    }

    fn _Py_fstat_noraise(fd: c_int, out: *mut libc::stat) -> c_int {
        libc::fstat(fd, out)
    }

    fn _Py_open_noraise(path: *const c_char, flags: c_int) -> c_int {
        libc::open(path, flags | libc::O_CLOEXEC)
    }

    fn _Py_write_noraise(fd: c_int, p: *const c_void, n: usize) -> isize {
        loop {
            let r = libc::write(fd, p, n);
            if r >= 0 || last() != libc::EINTR {
                return r;
            }
        }
    }

    fn _Py_RestoreSignals() {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::signal(libc::SIGXFSZ, libc::SIG_DFL);
    }

    fn _Py_get_inheritable(fd: c_int) -> c_int {
        let flags = libc::fcntl(fd, libc::F_GETFD);
        if flags < 0 {
            let _ = failed();
            errors::publish();
            return -1;
        }
        (flags & libc::FD_CLOEXEC == 0).into()
    }

    fn PyOS_mystrnicmp(a: *const c_char, b: *const c_char, n: isize) -> c_int {
        if n == 0 { 0 } else { libc::strncasecmp(a, b, n as usize) }
    }

    fn PyOS_mystricmp(a: *const c_char, b: *const c_char) -> c_int {
        libc::strcasecmp(a, b)
    }

    fn PyOS_strtol(s: *const c_char, end: *mut *mut c_char, base: c_int) -> i64 {
        libc::strtol(s, end, base)
    }

    fn PyOS_strtoul(s: *const c_char, end: *mut *mut c_char, base: c_int) -> u64 {
        libc::strtoul(s, end, base)
    }

    fn PyOS_double_to_string(f: f64, code: c_char, precision: c_int, flags: c_int, kind: *mut c_int) -> *mut c_char {
        let text = double_text(f, code as u8 as char, precision, flags, kind);
        let p = crate::memory::PyMem_Malloc(text.len() + 1).cast::<u8>();
        if p.is_null() {
            errors::PyErr_NoMemory();
            return p.cast();
        }
        std::ptr::copy_nonoverlapping(text.as_ptr(), p, text.len());
        *p.add(text.len()) = 0;
        p.cast()
    }
}

unsafe fn double_text(
    f: f64,
    code: char,
    precision: c_int,
    flags: c_int,
    kind: *mut c_int,
) -> String {
    use rivet_vm::types::float_text;
    const SIGN: c_int = 1;
    const ADD_DOT_0: c_int = 2;
    const ALT: c_int = 4;
    if !kind.is_null() {
        // SAFETY: callers pass null or a place.
        unsafe {
            *kind = if f.is_nan() {
                2
            } else if f.is_infinite() {
                1
            } else {
                0
            }
        };
    }
    let mut text = if code == 'r' {
        let r = float_text::repr(f);
        if flags & ADD_DOT_0 == 0 {
            r.strip_suffix(".0").map_or(r.clone(), String::from)
        } else {
            r
        }
    } else {
        let style = float_text::Style {
            plus: false,
            alt: flags & ALT != 0,
            dot_zero: flags & ADD_DOT_0 != 0,
        };
        float_text::format_float(f, code, precision.max(0) as usize, style)
    };
    if flags & SIGN != 0 && !text.starts_with('-') {
        text.insert(0, '+');
    }
    text
}

/// `_Py_hashtable_t` by pointer and by the functions its user gives.
struct Table {
    hash: unsafe extern "C" fn(*const c_void) -> usize,
    equal: unsafe extern "C" fn(*const c_void, *const c_void) -> c_int,
    drop_key: Option<unsafe extern "C" fn(*mut c_void)>,
    drop_value: Option<unsafe extern "C" fn(*mut c_void)>,
    buckets: HashMap<usize, Vec<(usize, usize)>>,
}

impl Table {
    unsafe fn find(&self, key: *const c_void) -> Option<usize> {
        // SAFETY: callers pass a key of the table's kind.
        unsafe {
            let b = self.buckets.get(&(self.hash)(key))?;
            b.iter()
                .find(|e| (self.equal)(e.0 as *const c_void, key) != 0)
                .map(|e| e.1)
        }
    }
}

raw! {
    fn _Py_hashtable_new_full(
        hash: unsafe extern "C" fn(*const c_void) -> usize,
        equal: unsafe extern "C" fn(*const c_void, *const c_void) -> c_int,
        drop_key: Option<unsafe extern "C" fn(*mut c_void)>,
        drop_value: Option<unsafe extern "C" fn(*mut c_void)>,
        _allocator: *mut c_void,
    ) -> *mut c_void {
        Box::into_raw(Box::new(Table { hash, equal, drop_key, drop_value, buckets: HashMap::new() })).cast()
    }

    fn _Py_hashtable_set(t: *mut c_void, key: *const c_void, value: *mut c_void) -> c_int {
        let t = &mut *t.cast::<Table>();
        let h = (t.hash)(key);
        t.buckets.entry(h).or_default().push((key as usize, value as usize));
        0
    }

    fn _Py_hashtable_get(t: *mut c_void, key: *const c_void) -> *mut c_void {
        (*t.cast::<Table>()).find(key).map_or(std::ptr::null_mut(), |v| v as *mut c_void)
    }

    fn _Py_hashtable_destroy(t: *mut c_void) {
        let t = Box::from_raw(t.cast::<Table>());
        for (k, v) in t.buckets.values().flatten() {
            if let Some(f) = t.drop_key {
                f(*k as *mut c_void);
            }
            if let Some(f) = t.drop_value {
                f(*v as *mut c_void);
            }
        }
    }
}

api! {
    fn _Py_set_inheritable(fd: c_int, on: c_int, _works: *mut c_int) -> () {
        if inheritable(fd, on != 0) { Ok(()) } else { Err(failed()) }
    }

    fn _Py_dup(fd: c_int) -> c_int {
        let r = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0);
        if r < 0 { Err(failed()) } else { Ok(r) }
    }

    fn _Py_fstat(fd: c_int, out: *mut libc::stat) -> () {
        if libc::fstat(fd, out) != 0 { Err(failed()) } else { Ok(()) }
    }

    fn _Py_strhex(p: *const u8, n: isize) -> Value {
        str::new(&hex(slice(p, n)))
    }

    fn _Py_strhex_bytes(p: *const u8, n: isize) -> Value {
        bytes::new(hex(slice(p, n)).as_bytes())
    }

    fn _Py_strhex_with_sep(p: *const u8, n: isize, sep: Ref, group: c_int) -> Value {
        str::new(&String::from_utf8_lossy(&separated(p, n, sep, group, false)?))
    }

    fn _Py_strhex_bytes_with_sep(p: *const u8, n: isize, sep: Ref, group: c_int) -> Value {
        bytes::new(&separated(p, n, sep, group, true)?)
    }

    fn _PyOS_URandom(p: *mut c_void, n: isize) -> () {
        random(p, n, 0)
    }

    fn _PyOS_URandomNonblock(p: *mut c_void, n: isize) -> () {
        random(p, n, libc::GRND_NONBLOCK)
    }

    // Stack effects are those of CPython's own instructions, which this runtime does not have.
    fn PyCompile_OpcodeStackEffectWithJump(_opcode: c_int, _arg: c_int, _jump: c_int) -> c_int {
        Err(rivet_vm::exceptions::not_implemented_error("stack effects of CPython's bytecode"))
    }

    fn PyCompile_OpcodeStackEffect(_opcode: c_int, _arg: c_int) -> c_int {
        Err(rivet_vm::exceptions::not_implemented_error("stack effects of CPython's bytecode"))
    }
}

unsafe fn random(p: *mut c_void, n: isize, flags: u32) -> PyResult<()> {
    let mut at = 0;
    while at < n {
        // SAFETY: callers pass `n` writable bytes.
        let r =
            unsafe { libc::getrandom(p.cast::<u8>().offset(at).cast(), (n - at) as usize, flags) };
        if r < 0 {
            if last() == libc::EINTR {
                continue;
            }
            return Err(failed());
        }
        at += r;
    }
    Ok(())
}
