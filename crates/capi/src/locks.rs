//! `pythread.h`: locks and thread-specific storage.

use std::ffi::{c_int, c_void};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::raw;

struct Lock {
    held: Mutex<bool>,
    freed: Condvar,
}

/// Nothing to make ready.
pub fn bind() {}

const FAILURE: c_int = 0;
const ACQUIRED: c_int = 1;

fn acquire(lock: &Lock, limit: Option<Duration>) -> c_int {
    let deadline = limit.map(|l| Instant::now() + l);
    let mut held = lock.held.lock().unwrap_or_else(|e| e.into_inner());
    while *held {
        held = match deadline {
            None => lock.freed.wait(held).unwrap_or_else(|e| e.into_inner()),
            Some(d) => {
                let left = d.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return FAILURE;
                }
                lock.freed
                    .wait_timeout(held, left)
                    .unwrap_or_else(|e| e.into_inner())
                    .0
            }
        };
    }
    *held = true;
    ACQUIRED
}

raw! {
    fn PyThread_init_thread() {}

    fn PyThread_allocate_lock() -> *mut c_void {
        Box::into_raw(Box::new(Lock { held: Mutex::new(false), freed: Condvar::new() })).cast()
    }

    fn PyThread_free_lock(lock: *mut c_void) {
        drop(Box::from_raw(lock.cast::<Lock>()));
    }

    fn PyThread_acquire_lock(lock: *mut c_void, wait: c_int) -> c_int {
        acquire(&*lock.cast::<Lock>(), if wait != 0 { None } else { Some(Duration::ZERO) })
    }

    fn PyThread_acquire_lock_timed(lock: *mut c_void, microseconds: i64, _interruptible: c_int) -> c_int {
        let limit = u64::try_from(microseconds).ok().map(Duration::from_micros);
        acquire(&*lock.cast::<Lock>(), limit)
    }

    fn PyThread_release_lock(lock: *mut c_void) {
        let l = &*lock.cast::<Lock>();
        *l.held.lock().unwrap_or_else(|e| e.into_inner()) = false;
        l.freed.notify_one();
    }
}

/// `Py_tss_t`
#[repr(C)]
pub struct Tss {
    initialized: c_int,
    key: libc::pthread_key_t,
}

raw! {
    fn PyThread_tss_alloc() -> *mut Tss {
        crate::memory::alloc_zeroed(size_of::<Tss>()).cast()
    }

    fn PyThread_tss_free(t: *mut Tss) {
        if !t.is_null() {
            PyThread_tss_delete(t);
            crate::memory::release(t.cast());
        }
    }

    fn PyThread_tss_is_created(t: *mut Tss) -> c_int {
        (*t).initialized
    }

    fn PyThread_tss_create(t: *mut Tss) -> c_int {
        if (*t).initialized != 0 {
            return 0;
        }
        if libc::pthread_key_create(&mut (*t).key, None) != 0 {
            return -1;
        }
        (*t).initialized = 1;
        0
    }

    fn PyThread_tss_delete(t: *mut Tss) {
        if (*t).initialized != 0 {
            libc::pthread_key_delete((*t).key);
            (*t).initialized = 0;
        }
    }

    fn PyThread_tss_set(t: *mut Tss, value: *mut c_void) -> c_int {
        if libc::pthread_setspecific((*t).key, value) == 0 { 0 } else { -1 }
    }

    fn PyThread_tss_get(t: *mut Tss) -> *mut c_void {
        libc::pthread_getspecific((*t).key)
    }
}
