//! `pyerrors.h`: the pending exception. While C code runs it lives in the C thread state, at CPython's offsets and as
//! CPython keeps it (class, value that may be unnormalised, traceback); `publish` and `collect_pending` move it between
//! there and the runtime's thread.

use std::ffi::{CStr, c_char, c_int};

use rivet_vm::exceptions::{
    Exception, PyResult, Raised, exc, given_matches, raise_call, raise_instance, system_error,
};
use rivet_vm::object::{Type, TypeFlags};
use rivet_vm::thread;
use rivet_vm::types::str;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

use crate::api::{get, optional};
use crate::boundary::{borrowed, decref, incref, new_ref, xdecref};
use crate::layout::{PyErrStackItem, PyTypeObject, Ref};
use crate::state;
use crate::{api, raw, types};

/// The text behind a C string; empty for null.
///
/// # Safety
/// `s` is null or a terminated string.
pub unsafe fn text(s: *const c_char) -> String {
    if s.is_null() {
        return String::new();
    }
    // SAFETY: by contract.
    unsafe { CStr::from_ptr(s) }.to_string_lossy().into_owned()
}

/// Sets the three parts, which it takes over, and drops what was there.
pub fn set_parts(ty: Ref, value: Ref, tb: Ref) {
    let t = state::current();
    // SAFETY: the thread state owns its parts; they are replaced before the old ones are dropped.
    unsafe {
        let old = [(*t).curexc_type, (*t).curexc_value, (*t).curexc_traceback];
        (*t).curexc_type = ty;
        (*t).curexc_value = value;
        (*t).curexc_traceback = tb;
        old.into_iter().for_each(|o| xdecref(o));
    }
}

/// Takes the three parts out of the thread state.
pub fn take_parts() -> (Ref, Ref, Ref) {
    let t = state::current();
    // SAFETY: the thread state is alive; the caller gets what it owned.
    unsafe {
        let all = ((*t).curexc_type, (*t).curexc_value, (*t).curexc_traceback);
        (*t).curexc_type = std::ptr::null_mut();
        (*t).curexc_value = std::ptr::null_mut();
        (*t).curexc_traceback = std::ptr::null_mut();
        all
    }
}

/// Whether C code has an exception pending.
#[inline(always)]
pub fn occurred() -> bool {
    // SAFETY: the thread state is alive.
    unsafe { !(*state::current()).curexc_type.is_null() }
}

/// Moves the runtime's pending exception into the thread state, for C to see.
#[cold]
pub fn publish() {
    if let Some(e) = thread::current().take_pending() {
        publish_value(e);
    }
}

fn publish_value(e: Value) {
    let ty = types::to_c(e.type_of()).cast();
    // SAFETY: type mirrors live for good.
    unsafe { incref(ty) };
    let tb = e.cast::<Exception>().and_then(|x| x.traceback.get());
    set_parts(ty, new_ref(e), tb.map_or(std::ptr::null_mut(), new_ref));
}

/// An exception instance from class and value, as `PyErr_NormalizeException` makes it; the exception that was raised
/// instead if that fails.
fn instance(class: Gc<Type>, value: Option<Value>) -> Value {
    if let Some(v) = value
        && v.type_of().is_subtype(class)
    {
        return v;
    }
    let raised = match value.filter(|v| !v.is_none()) {
        None => raise_call(class, &[]),
        Some(v) => match v
            .cast::<Tuple>()
            .filter(|_| v.type_of() == rivet_vm::runtime::types().tuple)
        {
            Some(t) => raise_call(class, t.items()),
            None => raise_call(class, &[v]),
        },
    };
    rivet_vm::exceptions::take(raised)
}

fn normalized() -> Option<Value> {
    let (ty, value, tb) = take_parts();
    if ty.is_null() {
        return None;
    }
    // SAFETY: the parts were owned by the thread state and are ours now.
    unsafe {
        let class = borrowed(ty).ok().and_then(|c| c.cast::<Type>());
        let v = optional(value).unwrap_or(None);
        let e = match class {
            Some(c) if c.is_subtype(exc().base_exception) => instance(c, v),
            _ => instance(
                exc().type_error,
                Some(str::new("exceptions must derive from BaseException").unwrap_or(Value::NONE)),
            ),
        };
        if let (Ok(Some(tb)), Some(x)) = (optional(tb), e.cast::<Exception>()) {
            x.set_opt(&x.traceback, tb.not_none());
        }
        xdecref(ty);
        xdecref(value);
        xdecref(tb);
        Some(e)
    }
}

/// Moves the exception C left in the thread state to the runtime, if there is one.
pub fn collect_pending() -> Option<Raised> {
    if !occurred() {
        return None;
    }
    normalized().map(rivet_vm::exceptions::restore)
}

/// Runs managed code that may not lose the exception C has pending.
pub fn preserved<R>(f: impl FnOnce() -> R) -> R {
    let (ty, value, tb) = take_parts();
    let r = f();
    set_parts(ty, value, tb);
    r
}

/// Sets the exception from a class and a value already at hand.
fn set_value(exc: Ref, value: Ref) {
    // SAFETY: callers pass live objects.
    unsafe {
        let class = get(exc).ok().and_then(|c| c.cast::<Type>());
        let Some(class) = class.filter(|c| c.has(TypeFlags::BASE_EXC_SUBCLASS)) else {
            let _ = system_error("_PyErr_SetObject: exception is not a BaseException subclass");
            return publish();
        };
        let v = optional(value).unwrap_or(None);
        // The context must be the exception being handled now.
        if rivet_vm::exceptions::handled().is_some() {
            let e = instance(class, v);
            let _ = raise_instance(e);
            return publish();
        }
        incref(exc);
        if !value.is_null() {
            incref(value);
        }
        set_parts(exc, value, std::ptr::null_mut());
    }
}

/// Whether one of two classes (or tuples of classes) is meant by the other.
unsafe fn matches(given: Ref, class: Ref) -> bool {
    if given.is_null() || class.is_null() {
        return false;
    }
    if given == class {
        return true;
    }
    // SAFETY: callers pass live objects.
    let (g, c) = unsafe { (borrowed(given), borrowed(class)) };
    let (Ok(g), Ok(c)) = (g, c) else { return false };
    match g.cast::<Type>() {
        Some(t) => class_matches(t, c),
        None => given_matches(g, c),
    }
}

fn class_matches(t: Gc<Type>, class: Value) -> bool {
    if let Some(c) = class.cast::<Type>() {
        return t.is_subtype(c);
    }
    class
        .cast::<Tuple>()
        .is_some_and(|all| all.items().iter().any(|&c| class_matches(t, c)))
}

fn fail(raised: Raised) -> Ref {
    let _ = raised;
    publish();
    std::ptr::null_mut()
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

unsafe fn from_errno(class: Ref, filename: Option<Value>, filename2: Option<Value>) -> Ref {
    let n = errno();
    // A signal handler's exception goes before EINTR.
    if n == libc::EINTR && rivet_vm::signals::run_pending().is_err() {
        publish();
        return std::ptr::null_mut();
    }
    // SAFETY: callers pass a live class.
    let class = unsafe { get(class) }.ok().and_then(|c| c.cast::<Type>());
    match class {
        Some(c) if c != exc().os_error => {
            let text = std::io::Error::from_raw_os_error(n).to_string();
            let text = text
                .split(" (os error")
                .next()
                .unwrap_or_default()
                .to_owned();
            let make = || -> PyResult<Raised> {
                let (n, t) = (Value::int(n.into()), str::new(&text)?);
                Ok(match (filename, filename2) {
                    (Some(f), Some(g)) => raise_call(c, &[n, t, f, Value::int(0), g]),
                    (Some(f), None) => raise_call(c, &[n, t, f]),
                    _ => raise_call(c, &[n, t]),
                })
            };
            let _ = make();
        }
        _ => {
            let _ = rivet_vm::exceptions::os_error(n, filename, filename2);
        }
    }
    publish();
    std::ptr::null_mut()
}

fn unraisable(object: Value) {
    if let Some(e) = normalized() {
        rivet_vm::finalize::unraisable(rivet_vm::exceptions::restore(e), object);
    }
}

raw! {
    fn PyErr_SetString(exc: Ref, message: *const c_char) {
        let bytes = if message.is_null() { &[][..] } else { CStr::from_ptr(message).to_bytes() };
        match rivet_vm::types::str::codec::decode_bytes(bytes, "utf-8", "replace") {
            Ok(s) => {
                let v = new_ref(s.value());
                set_value(exc, v);
                xdecref(v);
            }
            Err(_) => publish(),
        }
    }

    fn PyErr_SetObject(exc: Ref, value: Ref) {
        set_value(exc, value);
    }

    fn _PyErr_SetKeyError(key: Ref) {
        if let Ok(k) = get(key) {
            let _ = rivet_vm::exceptions::key_error(k);
        }
        publish();
    }

    fn PyErr_SetNone(exc: Ref) {
        set_value(exc, std::ptr::null_mut());
    }

    fn PyErr_Occurred() -> Ref {
        (*state::current()).curexc_type
    }

    fn PyErr_Clear() {
        set_parts(std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
    }

    fn PyErr_NoMemory() -> Ref {
        fail(rivet_vm::exceptions::no_memory())
    }

    fn PyErr_BadInternalCall() {
        fail(crate::api::bad_call());
    }

    fn _PyErr_BadInternalCall(file: *const c_char, line: c_int) {
        fail(system_error(format!("{}:{line}: bad argument to internal function", text(file))));
    }

    fn PyErr_BadArgument() -> c_int {
        fail(rivet_vm::exceptions::type_error("bad argument type for built-in operation"));
        0
    }

    fn PyErr_ExceptionMatches(exc: Ref) -> c_int {
        matches((*state::current()).curexc_type, exc).into()
    }

    fn PyErr_GivenExceptionMatches(given: Ref, exc: Ref) -> c_int {
        matches(given, exc).into()
    }

    fn PyErr_Fetch(ty: *mut Ref, value: *mut Ref, tb: *mut Ref) {
        (*ty, *value, *tb) = take_parts();
    }

    fn PyErr_Restore(ty: Ref, value: Ref, tb: Ref) {
        set_parts(ty, value, tb);
    }

    fn PyErr_NormalizeException(ty: *mut Ref, value: *mut Ref, tb: *mut Ref) {
        if (*ty).is_null() {
            return;
        }
        let class = borrowed(*ty).ok().and_then(|c| c.cast::<Type>());
        let v = optional(*value).unwrap_or(None);
        if let Some(c) = class.filter(|c| c.is_subtype(exc().base_exception)) {
            let e = instance(c, v);
            let (t, n) = (types::to_c(e.type_of()).cast(), new_ref(e));
            incref(t);
            xdecref(*ty);
            xdecref(*value);
            (*ty, *value) = (t, n);
        }
        let _ = tb;
    }

    fn _PyErr_ChainExceptions(ty: Ref, value: Ref, tb: Ref) {
        if ty.is_null() {
            return;
        }
        if !occurred() {
            return set_parts(ty, value, tb);
        }
        let later = normalized();
        set_parts(ty, value, tb);
        if let (Some(later), Some(first)) = (later, normalized()) {
            if let Some(x) = later.cast::<Exception>() {
                x.set(&x.context, first);
            }
            publish_value(later);
        }
    }

    fn PyErr_GetExcInfo(ty: *mut Ref, value: *mut Ref, tb: *mut Ref) {
        let e = rivet_vm::exceptions::handled();
        *ty = e.map_or(std::ptr::null_mut(), |e| new_ref(e.type_of().value()));
        *value = e.map_or(std::ptr::null_mut(), new_ref);
        let t = e.and_then(|e| e.cast::<Exception>()).and_then(|x| x.traceback.get());
        *tb = t.map_or(std::ptr::null_mut(), new_ref);
    }

    fn PyErr_SetExcInfo(ty: Ref, value: Ref, tb: Ref) {
        rivet_vm::exceptions::set_handled(optional(value).unwrap_or(None).and_then(Value::not_none));
        for r in [ty, value, tb] {
            xdecref(r);
        }
    }

    fn PyErr_GetHandledException() -> Ref {
        state::value_ref(rivet_vm::exceptions::handled())
    }

    fn PyErr_SetHandledException(e: Ref) {
        rivet_vm::exceptions::set_handled(optional(e).unwrap_or(None).and_then(Value::not_none));
    }

    fn _PyErr_GetTopmostException(_state: *mut crate::layout::PyThreadState) -> *mut PyErrStackItem {
        (*state::current()).exc_info
    }

    fn PyErr_SetFromErrno(class: Ref) -> Ref {
        from_errno(class, None, None)
    }

    fn PyErr_SetFromErrnoWithFilenameObject(class: Ref, filename: Ref) -> Ref {
        from_errno(class, optional(filename).unwrap_or(None), None)
    }

    fn PyErr_SetFromErrnoWithFilenameObjects(class: Ref, filename: Ref, filename2: Ref) -> Ref {
        from_errno(class, optional(filename).unwrap_or(None), optional(filename2).unwrap_or(None))
    }

    fn PyErr_SetFromErrnoWithFilename(class: Ref, filename: *const c_char) -> Ref {
        let n = errno();
        let f = if filename.is_null() {
            None
        } else {
            rivet_vm::types::str::codec::decode_fs(CStr::from_ptr(filename).to_bytes()).ok().map(Gc::value)
        };
        *libc::__errno_location() = n;
        from_errno(class, f, None)
    }

    fn PyErr_WriteUnraisable(object: Ref) {
        unraisable(optional(object).ok().flatten().unwrap_or(Value::NONE));
    }

    fn _PyErr_WriteUnraisableMsg(_message: *const c_char, object: Ref) {
        unraisable(optional(object).ok().flatten().unwrap_or(Value::NONE));
    }

    fn PyErr_PrintEx(_set: c_int) {
        if let Some(e) = normalized() {
            let report = || -> PyResult<()> {
                let sys = rivet_vm::import::import_module("sys")?;
                let hook = rivet_vm::object::attr::get_attr(sys, rivet_vm::name!("excepthook"))?;
                let tb = e.cast::<Exception>().and_then(|x| x.traceback.get()).unwrap_or(Value::NONE);
                rivet_vm::object::call::call(hook, &[e.type_of().value(), e, tb])?;
                Ok(())
            };
            if report().is_err() {
                thread::current().take_pending();
            }
        }
    }

    fn PyErr_Print() {
        PyErr_PrintEx(1);
    }

    fn PyErr_SetInterrupt() {
        libc::raise(libc::SIGINT);
    }

    fn PyException_GetTraceback(e: Ref) -> Ref {
        state::value_ref(get(e).ok().and_then(|e| e.cast::<Exception>()).and_then(|x| x.traceback.get()))
    }

    fn PyException_GetCause(e: Ref) -> Ref {
        state::value_ref(get(e).ok().and_then(|e| e.cast::<Exception>()).and_then(|x| x.cause.get()))
    }

    fn PyException_GetContext(e: Ref) -> Ref {
        state::value_ref(get(e).ok().and_then(|e| e.cast::<Exception>()).and_then(|x| x.context.get()))
    }

    fn PyException_SetCause(e: Ref, cause: Ref) {
        if let Some(x) = get(e).ok().and_then(|e| e.cast::<Exception>()) {
            x.set_opt(&x.cause, optional(cause).unwrap_or(None).and_then(Value::not_none));
            x.set_opt(&x.suppress, Some(Value::TRUE));
        }
        xdecref(cause);
    }

    fn PyException_SetContext(e: Ref, context: Ref) {
        if let Some(x) = get(e).ok().and_then(|e| e.cast::<Exception>()) {
            x.set_opt(&x.context, optional(context).unwrap_or(None).and_then(Value::not_none));
        }
        xdecref(context);
    }

    fn PyException_SetTraceback(e: Ref, tb: Ref) -> c_int {
        if let Some(x) = get(e).ok().and_then(|e| e.cast::<Exception>()) {
            x.set_opt(&x.traceback, optional(tb).unwrap_or(None).and_then(Value::not_none));
        }
        0
    }

    fn PyExceptionClass_Name(class: Ref) -> *const c_char {
        (*class.cast::<PyTypeObject>()).name
    }

    fn _Py_FatalErrorFunc(function: *const c_char, message: *const c_char) {
        eprintln!("Fatal Python error: {}: {}", text(function), text(message));
        std::process::abort();
    }

    fn Py_FatalError(message: *const c_char) {
        eprintln!("Fatal Python error: {}", text(message));
        std::process::abort();
    }
}

unsafe fn warning_category(category: Ref) -> PyResult<Gc<Type>> {
    // SAFETY: callers pass null or a live object.
    let class = unsafe { optional(category) }?;
    Ok(class
        .and_then(|c| c.cast::<Type>())
        .unwrap_or(exc().runtime_warning))
}

/// An exception class made from a dotted name.
unsafe fn new_exception(full: &str, doc: Option<&str>, base: Ref, dict: Ref) -> PyResult<Value> {
    let Some((module, name)) = full.rsplit_once('.') else {
        return Err(system_error(
            "PyErr_NewException: name must be module.class",
        ));
    };
    // SAFETY: callers pass null or live objects.
    let (base, dict) = unsafe { (optional(base)?, optional(dict)?) };
    let d = match dict.and_then(|d| d.cast::<rivet_vm::types::dict::Dict>()) {
        Some(d) => d.copy()?,
        None => rivet_vm::types::dict::Dict::new()?,
    };
    if d.get_str("__module__").is_none() {
        d.set_str("__module__", str::new(module)?)?;
    }
    if let Some(doc) = doc {
        d.set_str("__doc__", str::new(doc)?)?;
    }
    let base = base.unwrap_or(exc().exception.value());
    let class = match base.cast::<Tuple>() {
        Some(t) => rivet_vm::types::type_::simple_class(name, t.items(), d)?,
        None => rivet_vm::types::type_::simple_class(name, &[base], d)?,
    };
    Ok(class.value())
}

api! {
    fn PyErr_NewException(name: *const c_char, base: Ref, dict: Ref) -> Value {
        new_exception(&text(name), None, base, dict)
    }

    fn PyErr_NewExceptionWithDoc(name: *const c_char, doc: *const c_char, base: Ref, dict: Ref) -> Value {
        let d = text(doc);
        new_exception(&text(name), (!doc.is_null()).then_some(d.as_str()), base, dict)
    }

    fn PyErr_WarnEx(category: Ref, message: *const c_char, level: isize) -> () {
        let class = warning_category(category)?;
        rivet_vm::builtins::warnings::warn(class, &text(message), level as i64)
    }

    fn rivet_resource_warning(source: Ref, level: isize, message: *const c_char) -> () {
        let warnings = rivet_vm::import::import_module("warnings")?;
        let f = rivet_vm::object::attr::get_attr(warnings, rivet_vm::name!("warn"))?;
        let args = [str::new(&text(message))?, exc().resource_warning.value(), Value::int(level as i64), get(source)?];
        rivet_vm::object::call::call(f, &args).map(|_| ())
    }

    fn PyErr_WarnExplicit(category: Ref, message: *const c_char, file: *const c_char, line: c_int, _module: *const c_char, _registry: Ref) -> () {
        let class = warning_category(category)?;
        rivet_vm::builtins::warnings::warn_explicit(class, &text(message), &text(file), line as u32)
    }

    fn PyErr_WarnExplicitObject(category: Ref, message: Ref, file: Ref, line: c_int, _module: Ref, _registry: Ref) -> () {
        let class = warning_category(category)?;
        let m = rivet_vm::object::protocol::str(get(message)?)?;
        let f = rivet_vm::object::protocol::str(get(file)?)?;
        rivet_vm::builtins::warnings::warn_explicit(class, &m.to_string_lossy(), &f.to_string_lossy(), line as u32)
    }

    fn PyErr_CheckSignals() -> () {
        rivet_vm::signals::run_pending()
    }

    fn PyErr_SetImportError(message: Ref, name: Ref, path: Ref) -> Ref {
        let m = rivet_vm::object::protocol::str(get(message)?)?;
        let (n, p) = (optional(name)?.unwrap_or(Value::NONE), optional(path)?.unwrap_or(Value::NONE));
        Err(rivet_vm::exceptions::import_error_for(exc().import_error, &m.to_string_lossy(), n, p))
    }

    fn PyUnicodeDecodeError_Create(encoding: *const c_char, object: *const u8, n: isize, start: isize, end: isize, reason: *const c_char) -> Value {
        let data = rivet_vm::types::bytes::new(std::slice::from_raw_parts(object, n as usize))?;
        let args = [str::new(&text(encoding))?, data, Value::int(start as i64), Value::int(end as i64), str::new(&text(reason))?];
        rivet_vm::object::call::call(exc().unicode_decode_error.value(), &args)
    }

    // A StopIteration made ready for the return value of a generator-like object.
    fn _PyGen_SetStopIterationValue(value: Ref) -> () {
        Err(rivet_vm::exceptions::stop_iteration(get(value)?))
    }
}

raw! {
    fn _PyGen_FetchStopIterationValue(out: *mut Ref) -> c_int {
        *out = std::ptr::null_mut();
        if !occurred() {
            *out = new_ref(Value::NONE);
            return 0;
        }
        if !matches((*state::current()).curexc_type, types::to_c(exc().stop_iteration).cast()) {
            return -1;
        }
        let v = normalized().and_then(|e| e.cast::<Exception>()).and_then(|x| x.field(0).get());
        *out = new_ref(v.unwrap_or(Value::NONE));
        0
    }

    // The cause and context of the new exception are the pending one.
    fn rivet_format_from_cause(exc: Ref, message: Ref) {
        let first = normalized();
        set_value(exc, message);
        if let (Some(first), Some(new)) = (first, normalized()) {
            if let Some(x) = new.cast::<Exception>() {
                x.set(&x.cause, first);
                x.set(&x.context, first);
                x.set_opt(&x.suppress, Some(Value::TRUE));
            }
            publish_value(new);
        }
    }

    fn rivet_drop(r: Ref) {
        decref(r);
    }
}
