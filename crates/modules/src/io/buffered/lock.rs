//! The lock of a buffered stream: its state must not change while a call is at work on it without the GIL.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use rivet_vm::exceptions::{PyResult, runtime_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::object::protocol;
use rivet_vm::thread::native_ident;
use rivet_vm::value::Value;

/// Who holds it; 0: nobody. Read and written with the GIL held.
pub(in crate::io) struct Lock(Cell<u64>);

/// The lock as held; given back when dropped.
pub(in crate::io) struct Held<'a>(&'a Lock);

/// Number of threads that wait for some lock of this kind.
static WAITING: AtomicU32 = AtomicU32::new(0);
/// They are woken by every release.
static FREED: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());

impl Lock {
    pub(in crate::io) const fn new() -> Lock {
        Lock(Cell::new(0))
    }

    /// Takes the lock. RuntimeError if this thread has it already (a signal handler that uses the stream).
    pub(in crate::io) fn enter(&self, stream: Value) -> PyResult<Held<'_>> {
        let me = native_ident();
        if self.0.get() == me {
            let r = protocol::repr_string(stream)?;
            return Err(runtime_error(format!("reentrant call inside {r}")));
        }
        while self.0.get() != 0 {
            WAITING.fetch_add(1, Ordering::Relaxed);
            allow_threads(|| {
                let guard = FREED.0.lock().unwrap_or_else(|e| e.into_inner());
                let _ = FREED.1.wait_timeout(guard, Duration::from_millis(1));
            });
            WAITING.fetch_sub(1, Ordering::Relaxed);
        }
        self.0.set(me);
        Ok(Held(self))
    }

    /// Whether another thread has it.
    pub(in crate::io) fn is_foreign(&self) -> bool {
        self.0.get() != 0 && self.0.get() != native_ident()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.0.set(0);
        if WAITING.load(Ordering::Relaxed) > 0 {
            FREED.1.notify_all();
        }
    }
}
