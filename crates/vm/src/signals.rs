//! Signals: the handler notes them and asks the interpreter to look up; Python handlers run in the main thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::exceptions::PyResult;
use crate::gil::{self, BREAKER, Guarded, breaker};
use crate::object::call::call;
use crate::types::frame;
use crate::value::{Root, Value};

/// Signals that arrived, as bits.
static ARRIVED: AtomicU64 = AtomicU64::new(0);
/// The main thread's identity.
static MAIN: AtomicU64 = AtomicU64::new(0);
/// A pipe or socket that gets a byte for each signal (`signal.set_wakeup_fd`); -1: none.
pub static WAKEUP_FD: std::sync::atomic::AtomicI32 = std::sync::atomic::AtomicI32::new(-1);
/// Python-level handlers by signal number (a list), filled by the `_signal` module.
pub static HANDLERS: Root = Root::new();
static CALLS: Guarded<Vec<Box<dyn FnOnce() -> PyResult<()>>>> = Guarded::new(Vec::new());
static RUNNING: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IS_MAIN: Cell<bool> = const { Cell::new(false) };
}

/// Notes which thread is the main one.
pub fn set_main_thread() {
    MAIN.store(crate::thread::native_ident(), Ordering::Relaxed);
    IS_MAIN.with(|m| m.set(true));
}

/// Whether this is the main thread.
pub fn is_main_thread() -> bool {
    MAIN.load(Ordering::Relaxed) == crate::thread::native_ident()
}

/// The system-level handler: async-signal-safe.
pub extern "C" fn on_signal(number: i32) {
    ARRIVED.fetch_or(1 << (number as u32 & 63), Ordering::Release);
    gil::request(breaker::SIGNAL);
    let fd = WAKEUP_FD.load(Ordering::Relaxed);
    if fd >= 0 {
        let byte = number as u8;
        // SAFETY: write(2) is async-signal-safe; errno is restored by the kernel's return path for us only if we
        // save it, which the interpreter's callers do by reading errno at once.
        unsafe { libc::write(fd, (&raw const byte).cast(), 1) };
    }
}

/// Runs the Python handlers of signals that arrived (main thread only).
pub fn run_pending() -> PyResult<()> {
    if !pending() || !is_main_thread() {
        return Ok(());
    }
    BREAKER.fetch_and(!breaker::SIGNAL, Ordering::Relaxed);
    let bits = ARRIVED.swap(0, Ordering::AcqRel);
    for n in 1..64 {
        if bits & (1 << n) != 0
            && let Err(raised) = run_handler(n)
        {
            // The others have their turn later.
            let rest = bits & !((2 << n) - 1);
            if rest != 0 {
                ARRIVED.fetch_or(rest, Ordering::Release);
                gil::request(breaker::SIGNAL);
            }
            return Err(raised);
        }
    }
    Ok(())
}

fn run_handler(n: usize) -> PyResult<()> {
    let list = HANDLERS
        .get()
        .and_then(|l| l.cast::<crate::types::list::List>());
    let Some(f) = list
        .and_then(|l| l.get(n))
        .filter(|f| crate::object::call::is_callable(*f))
    else {
        return Ok(());
    };
    let stack = &crate::thread::current().stack;
    let frame = if stack.depth() > 0 {
        frame::object_at(stack.depth() - 1)?.value()
    } else {
        Value::NONE
    };
    call(f, &[Value::from_usize(n), frame]).map(|_| ())
}

/// Whether signals wait for their handlers.
pub fn pending() -> bool {
    ARRIVED.load(Ordering::Relaxed) != 0
}

/// Queues a call for the main thread (`Py_AddPendingCall`). False if the queue is full.
pub fn add_pending_call(f: Box<dyn FnOnce() -> PyResult<()>>) -> bool {
    let ok = CALLS.with(|c| {
        let room = c.len() < 32;
        if room {
            c.push(f);
        }
        room
    });
    gil::request(breaker::PENDING_CALL);
    ok
}

/// Runs queued calls (main thread only).
pub fn run_pending_calls() -> PyResult<()> {
    if !is_main_thread() || RUNNING.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let calls = CALLS.with(std::mem::take);
    let r = calls.into_iter().try_for_each(|f| f());
    RUNNING.store(false, Ordering::Relaxed);
    r
}
