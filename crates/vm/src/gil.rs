//! The global interpreter lock, and cells for global state that it guards.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use crate::thread::{self, Thread};

/// Global state that is touched only with the GIL held.
pub struct Guarded<T>(RefCell<T>);

// SAFETY: `with` is called only by the thread that holds the GIL.
unsafe impl<T> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    /// Wraps initial state.
    pub const fn new(value: T) -> Self {
        Guarded(RefCell::new(value))
    }

    /// Runs `f` with the state. `f` must not run Python code.
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.borrow_mut())
    }
}

/// Bits of `BREAKER`: why the interpreter should look up at the next safe point.
pub mod breaker {
    /// Another thread wants the GIL.
    pub const GIL: u16 = 1;
    /// A signal arrived.
    pub const SIGNAL: u16 = 2;
    /// Finalizers or weak reference callbacks wait.
    pub const FINALIZE: u16 = 4;
    /// `Py_AddPendingCall`
    pub const PENDING_CALL: u16 = 8;
    /// An asynchronous exception for some thread.
    pub const ASYNC_EXC: u16 = 16;
    /// Some thread has a trace or profile function.
    pub const TRACE: u16 = 32;
    /// Machine code is there that was generated in the background.
    pub const COMPILED: u16 = 64;
}

/// What running code asks for now and then, side by side in one word: compiled code compares it with one value after a call.
#[repr(C, align(8))]
pub struct LookUp {
    /// How many borrowed buffers are kept (`types::native_lease`).
    pub leases: AtomicU32,
    /// See [`BREAKER`].
    pub breaker: AtomicU16,
    /// The boundary has something to do before C code is called (`types::native::Crossing::prepare`).
    pub attention: AtomicBool,
    zero: u8,
}

/// See [`LookUp`].
pub static LOOK_UP: LookUp = LookUp {
    leases: AtomicU32::new(0),
    breaker: AtomicU16::new(0),
    attention: AtomicBool::new(false),
    zero: 0,
};

impl LookUp {
    /// Offset of the half that says whether anything is to be done but for buffers: `breaker` and `attention`.
    pub const ASKED: usize = std::mem::offset_of!(LookUp, breaker);

    /// The whole word where so many buffers are kept and nothing is to be done.
    pub const fn quiet(leases: usize) -> u64 {
        (leases as u64) << (8 * std::mem::offset_of!(LookUp, leases))
    }
}

/// Non-zero: the interpreter calls `eval_breaker` at its next loop back edge or function entry.
pub const BREAKER: &AtomicU16 = &LOOK_UP.breaker;

/// Asks the interpreter to look up.
pub fn request(bits: u16) {
    BREAKER.fetch_or(bits, Ordering::Release);
}

struct Lock {
    locked: Mutex<bool>,
    freed: Condvar,
    waiting: AtomicU32,
    switches: AtomicU64,
}

static LOCK: Lock = Lock {
    locked: Mutex::new(false),
    freed: Condvar::new(),
    waiting: AtomicU32::new(0),
    switches: AtomicU64::new(0),
};
/// `sys.setswitchinterval`, in microseconds.
pub static SWITCH_INTERVAL: AtomicU64 = AtomicU64::new(5000);
/// Set once a second thread exists: before that, nobody contends.
pub static MULTI: AtomicBool = AtomicBool::new(false);

thread_local! {
    static HELD: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread holds the GIL.
pub fn held() -> bool {
    HELD.with(Cell::get)
}

/// Takes the GIL and makes `thread` current. Waits; asks the holder to let go after the switch interval.
pub fn acquire(thread: &'static Thread) {
    let mut locked = LOCK.locked.lock().unwrap_or_else(|e| e.into_inner());
    if *locked {
        LOCK.waiting.fetch_add(1, Ordering::Relaxed);
        let interval = Duration::from_micros(SWITCH_INTERVAL.load(Ordering::Relaxed).max(1));
        while *locked {
            let (guard, timeout) = LOCK
                .freed
                .wait_timeout(locked, interval)
                .unwrap_or_else(|e| e.into_inner());
            locked = guard;
            if timeout.timed_out() && *locked {
                request(breaker::GIL);
            }
        }
        LOCK.waiting.fetch_sub(1, Ordering::Relaxed);
    }
    *locked = true;
    drop(locked);
    LOCK.switches.fetch_add(1, Ordering::Relaxed);
    HELD.with(|h| h.set(true));
    thread::make_current(thread);
}

/// Lets the GIL go. The caller's stack must be parked (`rivet_heap::parked`).
pub fn release() {
    HELD.with(|h| h.set(false));
    let mut locked = LOCK.locked.lock().unwrap_or_else(|e| e.into_inner());
    *locked = false;
    // Who waits has said so under the mutex; waking is a system call even if there is nobody.
    let waiting = LOCK.waiting.load(Ordering::Relaxed) != 0;
    drop(locked);
    if waiting {
        LOCK.freed.notify_one();
    }
}

/// Runs `f` without the GIL: blocking calls. `f` must not touch Python objects.
pub fn allow_threads<R>(f: impl FnOnce() -> R) -> R {
    let me = thread::current();
    rivet_heap::parked(|| {
        release();
        let r = f();
        let errno = std::io::Error::last_os_error().raw_os_error();
        acquire(me);
        crate::runtime::restore_errno(errno);
        r
    })
}

/// Gives another waiting thread its turn.
pub fn yield_now() {
    BREAKER.fetch_and(!breaker::GIL, Ordering::Relaxed);
    if LOCK.waiting.load(Ordering::Relaxed) == 0 {
        return;
    }
    let before = LOCK.switches.load(Ordering::Relaxed);
    allow_threads(|| {
        // Wait until somebody else has had it, so that the waiter is not starved.
        for _ in 0..1000 {
            if LOCK.switches.load(Ordering::Relaxed) != before
                || LOCK.waiting.load(Ordering::Relaxed) == 0
            {
                break;
            }
            std::thread::yield_now();
        }
    });
}

/// After `fork` in the child: the lock is held by the only thread.
pub fn after_fork_child() {
    LOCK.waiting.store(0, Ordering::Relaxed);
}
