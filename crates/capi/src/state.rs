//! `pystate.h`, `ceval.h`: thread states at CPython's layout, the global lock.

use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_int, c_void};

use rivet_vm::exceptions::PyResult;
use rivet_vm::gil;
use rivet_vm::thread::{self, Thread};
use rivet_vm::types::dict::Dict;
use rivet_vm::value::Value;

use crate::boundary::new_ref;
use crate::layout::{PyThreadState, Ref};
use crate::{api, raw};

/// What C gets as the interpreter: an address, and the fields that headers of extensions read are zero.
#[repr(C, align(16))]
pub struct Interpreter(UnsafeCell<[u8; 2048]>);

// SAFETY: only its address is used.
unsafe impl Sync for Interpreter {}

static INTERPRETER: Interpreter = Interpreter(UnsafeCell::new([0; 2048]));

/// The interpreter's address.
pub fn interpreter() -> *mut c_void {
    INTERPRETER.0.get().cast()
}

thread_local! {
    /// The state of a system thread that `PyGILState_Ensure` made known.
    static ENSURED: Cell<Option<&'static Thread>> = const { Cell::new(None) };
    /// This system thread's state, also while the lock is released.
    static MINE: Cell<usize> = const { Cell::new(0) };
    /// What `rivet_heap::unpark` needs.
    static PARKED: Cell<usize> = const { Cell::new(0) };
}

/// A C thread state with what it stands for.
#[repr(C)]
struct Owned {
    c: PyThreadState,
    /// The runtime's thread; null before its first turn and after its end.
    thread: Cell<*const Thread>,
}

/// The runtime's thread behind a C thread state.
///
/// # Safety
/// A state that this file made.
pub unsafe fn thread_of(state: *mut PyThreadState) -> Option<&'static Thread> {
    // SAFETY: by contract; `unbind` resets the pointer when the thread ends.
    unsafe { (*state.cast::<Owned>()).thread.get().as_ref() }
}

fn unbound(ident: u64) -> *mut PyThreadState {
    // SAFETY: all fields may be zero.
    let p = Box::into_raw(Box::new(unsafe { std::mem::zeroed::<Owned>() })).cast::<PyThreadState>();
    // SAFETY: a fresh state.
    unsafe {
        (*p).interp = interpreter();
        (*p).initialized = 1;
        // Inlined recursion checks count this down and ask `_Py_CheckRecursiveCall` once it is not positive: always.
        (*p).recursion_remaining = 0;
        (*p).recursion_limit = c_int::MAX / 2;
        (*p).recursion_headroom = 50;
        (*p).cframe = &raw mut (*p).root_cframe;
        (*p).exc_info = &raw mut (*p).exc_state;
        (*p).thread_id = ident;
        (*p).native_thread_id = libc::syscall(libc::SYS_gettid) as u64;
        (*p).gilstate_counter = 1;
        (*p).id = ident;
    }
    p
}

#[cold]
fn create(t: &'static Thread) -> *mut PyThreadState {
    let p = unbound(t.ident.get());
    bind(p, t);
    p
}

fn bind(p: *mut PyThreadState, t: &'static Thread) {
    t.foreign.set(p as usize);
    // SAFETY: a state of this file, which lives as long as the thread runs Python code.
    unsafe {
        (*p.cast::<Owned>()).thread.set(t);
        t.error_word.set((&raw const (*p).curexc_type).cast());
    }
    MINE.set(t as *const Thread as usize);
}

/// A system thread that C made known ends its part in the runtime: with the GIL, which it gives up. Its C state stays.
fn leave(t: &'static Thread) {
    crate::boundary::links::drain();
    let state = t.foreign.replace(0) as *mut PyThreadState;
    if !state.is_null() {
        // SAFETY: states live until `PyThreadState_Delete`.
        unsafe { (*state.cast::<Owned>()).thread.set(std::ptr::null()) };
    }
    MINE.set(0);
    t.error_word.set(std::ptr::null());
    thread::end(
        t,
        || crate::runtime_block::set_current(std::ptr::null_mut()),
    );
}

/// At the end of a system thread that has not left: its stack is about to go, which the collector must not look at then.
struct AtExit;

impl Drop for AtExit {
    fn drop(&mut self) {
        if let Some(t) = ENSURED.take() {
            if !gil::held() {
                retake();
            }
            leave(t);
        }
    }
}

/// Makes this system thread known to the runtime and takes the GIL.
fn arrive(state: *mut PyThreadState) {
    thread_local! {
        static AT_EXIT: AtExit = const { AtExit };
    }
    gil::MULTI.store(true, std::sync::atomic::Ordering::Relaxed);
    let t = thread::begin(thread::native_ident());
    ENSURED.set(Some(t));
    AT_EXIT.with(|_| ());
    if state.is_null() {
        current();
    } else {
        bind(state, t);
    }
    crate::runtime_block::set_current(current());
}

/// Takes the GIL for a state, which may be one that C has made for this system thread and not used yet.
///
/// # Safety
/// A state of this file, or null for this thread's.
unsafe fn take_turn(state: *mut PyThreadState) {
    if mine().is_some() {
        retake();
    } else {
        arrive(state);
    }
}

/// The parts of a state that refer to objects are dropped.
unsafe fn clear(state: *mut PyThreadState) {
    // SAFETY: callers pass a state of this file.
    unsafe {
        let dict = std::mem::replace(&mut (*state).dict, std::ptr::null_mut());
        crate::boundary::xdecref(dict);
    }
}

/// The C state of the thread that holds the lock.
#[inline(always)]
pub fn current() -> *mut PyThreadState {
    let t = thread::current();
    let p = t.foreign.get();
    if p == 0 {
        create(t)
    } else {
        p as *mut PyThreadState
    }
}

/// Keeps `_PyRuntime`'s idea of the current thread right.
pub fn switched(t: &'static Thread) {
    let p = t.foreign.get();
    crate::runtime_block::set_current(p as *mut PyThreadState);
    if p != 0 {
        MINE.set(t as *const Thread as usize);
    }
}

fn release() -> *mut PyThreadState {
    let me = current();
    MINE.set(thread::current() as *const Thread as usize);
    PARKED.set(rivet_heap::park());
    crate::runtime_block::set_current(std::ptr::null_mut());
    gil::release();
    me
}

fn retake() {
    // SAFETY: set by `release` on this thread; thread states outlive the thread's Python code.
    let t = unsafe { &*(MINE.get() as *const Thread) };
    gil::acquire(t);
    rivet_heap::unpark(PARKED.get());
}

fn mine() -> Option<&'static Thread> {
    let p = MINE.get();
    // SAFETY: as in `retake`.
    (p != 0).then(|| unsafe { &*(p as *const Thread) })
}

raw! {
    fn PyEval_SaveThread() -> *mut PyThreadState {
        release()
    }

    fn PyEval_RestoreThread(state: *mut PyThreadState) {
        let errno = *libc::__errno_location();
        take_turn(state);
        *libc::__errno_location() = errno;
    }

    fn PyEval_AcquireThread(state: *mut PyThreadState) {
        take_turn(state);
    }

    fn PyEval_ReleaseThread(_state: *mut PyThreadState) {
        release();
    }

    fn PyEval_InitThreads() {}

    fn PyEval_ThreadsInitialized() -> c_int {
        1
    }

    fn PyThreadState_Get() -> *mut PyThreadState {
        current()
    }

    fn _PyThreadState_UncheckedGet() -> *mut PyThreadState {
        if gil::held() { current() } else { std::ptr::null_mut() }
    }

    fn PyGILState_GetThisThreadState() -> *mut PyThreadState {
        match mine() {
            Some(t) => t.foreign.get() as *mut PyThreadState,
            None if gil::held() => current(),
            None => std::ptr::null_mut(),
        }
    }

    fn PyGILState_Check() -> c_int {
        gil::held().into()
    }

    fn PyGILState_Ensure() -> c_int {
        const LOCKED: c_int = 0;
        const UNLOCKED: c_int = 1;
        if gil::held() {
            (*current()).gilstate_counter += 1;
            return LOCKED;
        }
        if mine().is_some() {
            retake();
        } else {
            arrive(std::ptr::null_mut());
            (*current()).gilstate_counter = 0;
        }
        (*current()).gilstate_counter += 1;
        UNLOCKED
    }

    fn PyGILState_Release(old: c_int) {
        let me = current();
        (*me).gilstate_counter -= 1;
        if (*me).gilstate_counter == 0 && let Some(t) = ENSURED.take() {
            clear(me);
            leave(t);
            drop(Box::from_raw(me.cast::<Owned>()));
        } else if old != 0 {
            release();
        }
    }

    // For the calling system thread; it takes part once the state is given to `PyEval_AcquireThread`.
    fn PyThreadState_New(_interp: *mut c_void) -> *mut PyThreadState {
        unbound(thread::native_ident())
    }

    fn PyThreadState_Clear(state: *mut PyThreadState) {
        clear(state);
    }

    // A state whose thread has ended, or that was never used.
    fn PyThreadState_Delete(state: *mut PyThreadState) {
        if thread_of(state).is_some() {
            rivet_vm::runtime::fatal("PyThreadState_Delete: the thread of the state is still in use");
        }
        drop(Box::from_raw(state.cast::<Owned>()));
    }

    fn PyThreadState_DeleteCurrent() {
        let me = current();
        match ENSURED.take() {
            Some(t) => {
                leave(t);
                drop(Box::from_raw(me.cast::<Owned>()));
            }
            None => rivet_vm::runtime::fatal("PyThreadState_DeleteCurrent: not a thread that C has made known"),
        }
    }

    fn PyThreadState_EnterTracing(state: *mut PyThreadState) {
        if let Some(t) = thread_of(state) {
            t.tracing.set(t.tracing.get() + 1);
        }
    }

    fn PyThreadState_LeaveTracing(state: *mut PyThreadState) {
        if let Some(t) = thread_of(state) {
            t.tracing.set(t.tracing.get().saturating_sub(1));
        }
    }

    fn PyThreadState_GetDict() -> Ref {
        _PyThreadState_GetDict(current())
    }

    fn _PyThreadState_GetDict(state: *mut PyThreadState) -> Ref {
        if (*state).dict.is_null() {
            (*state).dict = crate::dict::PyDict_New();
        }
        (*state).dict
    }

    fn PyThreadState_GetID(state: *mut PyThreadState) -> u64 {
        (*state).id
    }

    fn PyThreadState_GetInterpreter(_state: *mut PyThreadState) -> *mut c_void {
        interpreter()
    }

    fn PyInterpreterState_Get() -> *mut c_void {
        interpreter()
    }

    fn PyInterpreterState_Main() -> *mut c_void {
        interpreter()
    }

    fn PyInterpreterState_GetID(_interp: *mut c_void) -> i64 {
        0
    }

    fn PyInterpreterState_GetDict(_interp: *mut c_void) -> Ref {
        static DICT: rivet_vm::value::Root = rivet_vm::value::Root::new();
        if DICT.get().is_none() && let Ok(d) = Dict::new() {
            DICT.set(d.value());
        }
        crate::boundary::to_c::borrow_out(DICT.get().unwrap_or(Value::NONE))
    }

    fn Py_IsInitialized() -> c_int {
        1
    }

    // Nothing is left to do: an extension is loaded by a runtime that is up.
    fn Py_Initialize() -> () {}

    fn Py_InitializeEx(_signals: c_int) -> () {}

    fn _Py_IsFinalizing() -> c_int {
        0
    }

    fn Py_MakePendingCalls() -> c_int {
        <() as crate::api::Out>::out(rivet_vm::signals::run_pending_calls())
    }

    fn Py_AddPendingCall(f: Option<unsafe extern "C" fn(*mut c_void) -> c_int>, arg: *mut c_void) -> c_int {
        let Some(f) = f else { return -1 };
        let at = arg as usize;
        let run = move || -> PyResult<()> {
            if f(at as *mut c_void) < 0 {
                return Err(crate::call::pending_or_system_error("pending call"));
            }
            Ok(())
        };
        if rivet_vm::signals::add_pending_call(Box::new(run)) { 0 } else { -1 }
    }

    fn PyThread_get_thread_ident() -> u64 {
        thread::native_ident()
    }

    fn PyThread_get_thread_native_id() -> u64 {
        libc::syscall(libc::SYS_gettid) as u64
    }

    // The recursion count is the runtime's; C calls count like any other use of the native stack.
    fn Py_LeaveRecursiveCall() {
        rivet_vm::runtime::leave_call();
    }
}

fn leak_text(s: &str) -> &'static str {
    use std::collections::HashMap;
    static TEXTS: gil::Guarded<Option<HashMap<String, &'static str>>> = gil::Guarded::new(None);
    TEXTS.with(|t| {
        let t = t.get_or_insert_with(HashMap::new);
        if let Some(known) = t.get(s) {
            return *known;
        }
        let new: &'static str = Box::leak(s.to_owned().into_boxed_str());
        t.insert(s.to_owned(), new);
        new
    })
}

api! {
    fn Py_EnterRecursiveCall(place: *const std::ffi::c_char) -> () {
        let text = crate::errors::text(place);
        rivet_vm::runtime::enter_call_in(leak_text(&text))
    }

    fn _Py_CheckRecursiveCall(_state: *mut PyThreadState, place: *const std::ffi::c_char) -> () {
        let text = crate::errors::text(place);
        if let Err(raised) = rivet_vm::runtime::enter_call_in(leak_text(&text)) {
            (*current()).recursion_remaining += 1;
            return Err(raised);
        }
        rivet_vm::runtime::leave_call();
        Ok(())
    }
}

/// A new reference to `sys.<name>`'s value or null (for callers that hold it only shortly).
pub fn value_ref(v: Option<Value>) -> Ref {
    v.map_or(std::ptr::null_mut(), new_ref)
}
