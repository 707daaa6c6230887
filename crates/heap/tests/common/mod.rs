//! What the heap's tests share: one heap at a time, a random number generator, tagged integers.
#![allow(dead_code)]

use std::sync::{Mutex, MutexGuard};

use rivet_heap::{Config, Obj, attach_thread, body, detach_thread, init, set_stress, set_verify};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Exclusive use of the heap by the calling test.
pub struct Session(#[allow(dead_code)] MutexGuard<'static, ()>);

impl Session {
    pub fn new(config: Config) -> Self {
        let guard = ONE_AT_A_TIME.lock().unwrap_or_else(|e| e.into_inner());
        init(config).unwrap();
        attach_thread();
        Session(guard)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        set_stress(None);
        set_verify(false);
        detach_thread();
    }
}

pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 11) as usize) % n
    }
}

pub fn int(i: usize) -> u64 {
    (i as u64) << 1 | 1
}

pub fn get(obj: Obj, i: usize) -> u64 {
    // SAFETY: the objects and slots named here were made by this program and are live.
    unsafe { *body(obj).add(i) }
}

pub fn set(obj: Obj, i: usize, w: u64) {
    // SAFETY: the objects and slots named here were made by this program and are live.
    unsafe { rivet_heap::write(obj, body(obj).add(i), w) }
}

/// Overwrites dead stack frames, so that they do not keep objects alive.
#[inline(never)]
pub fn wipe_stack() {
    let mut a = [0u64; 4096];
    std::hint::black_box(&mut a);
}

/// Runs `f` deep in the stack, so that its dead frame is not scanned afterwards.
#[inline(never)]
pub fn deep<R>(f: impl FnOnce() -> R) -> R {
    let mut pad = [0u64; 2048];
    std::hint::black_box(&mut pad);
    let r = f();
    std::hint::black_box(&mut pad);
    r
}
