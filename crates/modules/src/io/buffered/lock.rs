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

/// Who holds it (0: nobody) and, in the top bits, how many threads wait for it. Read and written with the GIL held.
pub(in crate::io) struct Lock(Cell<u64>);

/// One waiting thread. Identities of threads are below it.
const WAITER: u64 = 1 << 48;
/// The holder's place after a release with threads waiting: one of them is next, not who comes along.
const NEXT: u64 = WAITER - 1;
/// Milliseconds after which who comes along no longer stands back: those that waited may be daemon threads that have been
/// stopped.
const PATIENCE: u32 = 50;

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

    fn holder(&self) -> u64 {
        self.0.get() & NEXT
    }

    fn set_holder(&self, holder: u64) {
        self.0.set(self.0.get() & !NEXT | holder & NEXT);
    }

    /// Takes the lock. RuntimeError if this thread has it already (a signal handler that uses the stream).
    pub(in crate::io) fn enter(&self, stream: Value) -> PyResult<Held<'_>> {
        let me = native_ident() & NEXT;
        if self.holder() == me {
            let r = protocol::repr_string(stream)?;
            return Err(runtime_error(format!("reentrant call inside {r}")));
        }
        if self.holder() != 0 {
            self.wait();
        }
        self.set_holder(me);
        Ok(Held(self))
    }

    /// Waits until it is this thread's turn.
    fn wait(&self) {
        let stood_back = |waited| self.holder() == NEXT && waited >= PATIENCE;
        let mut waited = 0;
        // Who finds the lock promised to others waits behind them.
        while self.holder() == NEXT && !stood_back(waited) {
            pause();
            waited += 1;
        }
        if stood_back(waited) {
            // Nobody came: those that waited are forgotten.
            self.0.set(NEXT);
        }
        while self.holder() != 0 && self.holder() != NEXT {
            self.0.set(self.0.get() + WAITER);
            pause();
            if self.0.get() >= WAITER {
                self.0.set(self.0.get() - WAITER);
            }
        }
    }

    /// Whether another thread has it.
    pub(in crate::io) fn is_foreign(&self) -> bool {
        !matches!(self.holder(), 0 | NEXT) && self.holder() != native_ident() & NEXT
    }
}

/// Lets others run until a lock of this kind is given back, or a millisecond has passed.
fn pause() {
    WAITING.fetch_add(1, Ordering::Relaxed);
    allow_threads(|| {
        let guard = FREED.0.lock().unwrap_or_else(|e| e.into_inner());
        let _ = FREED.1.wait_timeout(guard, Duration::from_millis(1));
    });
    WAITING.fetch_sub(1, Ordering::Relaxed);
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let waiters = self.0.0.get() >= WAITER;
        self.0.set_holder(if waiters { NEXT } else { 0 });
        if WAITING.load(Ordering::Relaxed) > 0 {
            FREED.1.notify_all();
        }
    }
}
