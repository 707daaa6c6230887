//! A random object graph against a shadow copy: stack-only and interior-only references, large and pinned objects,
//! several threads, a 32 KB nursery, the checker on.

mod common;

use std::hint::black_box;
use std::sync::{Condvar, Mutex};

use common::{Rng, Session, get, set};
use rivet_heap::*;

const NODE: u64 = 0xA5A5;
const STACK: usize = 48;
const INNER: usize = 8;

/// Layouts: 0 = all, 1 = mask with tail.
fn layouts() -> (u32, u32) {
    use std::sync::OnceLock;
    static L: OnceLock<(u32, u32)> = OnceLock::new();
    *L.get_or_init(|| {
        (
            register_layout(Trace::All),
            register_layout(Trace::Mask {
                mask: 0b1,
                tail: false,
            }),
        )
    })
}

/// A list: word 0 next, word 1 marker and value, last word marker (interior pointers search back for it).
#[inline(never)]
fn make_list(r: &mut Rng, shadow: &mut Vec<u64>) -> u64 {
    let (all, masked) = layouts();
    shadow.clear();
    let mut head = 0u64;
    for _ in 0..r.below(12) {
        let n = match r.below(64) {
            0 => 2000 + r.below(6000),
            1 | 2 => 40 + r.below(400),
            _ => 2 + r.below(6),
        };
        let layout = if r.below(2) == 0 { all } else { masked };
        let o = if r.below(32) == 0 {
            alloc_pinned(layout, n)
        } else {
            alloc(layout, n)
        };
        assert!(!o.is_null());
        for i in 0..n {
            assert_eq!(get(o, i), 0, "body not zeroed");
        }
        let x = r.next() & 0xFFFF_FFFF;
        set(o, 0, head);
        set(o, 1, x << 32 | NODE);
        shadow.push(x);
        head = o as u64;
    }
    head
}

#[inline(never)]
fn check_list(mut o: u64, shadow: &[u64]) {
    let (all, masked) = layouts();
    for &x in shadow.iter().rev() {
        assert!(o != 0 && o & 7 == 0);
        let p = o as Obj;
        // SAFETY: the objects and slots named here were made by this program and are live.
        let h = unsafe { &*p };
        assert!(h.layout() == all || h.layout() == masked);
        assert_eq!(get(p, 1), x << 32 | NODE);
        o = get(p, 0);
    }
    assert_eq!(o, 0);
}

struct Body {
    r: Rng,
    stack: Vec<Vec<u64>>,
    inner: Vec<Vec<u64>>,
    array: Vec<Vec<u64>>,
}

#[inline(never)]
fn body_of_test(steps: usize, seed: u64, array_words: usize, mut yielder: impl FnMut()) {
    let mut b = Body {
        r: Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
        stack: vec![vec![]; STACK],
        inner: vec![vec![]; INNER],
        array: vec![vec![]; array_words],
    };
    let mut stack = [0u64; STACK]; // references on this native stack only
    let mut inner = [(0u64, 0usize); INNER]; // interior pointers, and how far from the head they are (in words)
    let array = black_box(alloc(layouts().0, array_words));
    for s in 0..steps {
        match b.r.below(16) {
            0..=5 => {
                let i = b.r.below(STACK);
                stack[i] = make_list(&mut b.r, &mut b.stack[i]);
                black_box(&mut stack);
            }
            6..=12 => {
                let i = b.r.below(array_words);
                let l = make_list(&mut b.r, &mut b.array[i]);
                set(array, i, l);
            }
            13 => {
                let (i, j) = (b.r.below(STACK), b.r.below(array_words));
                set(array, j, stack[i]);
                b.array[j] = b.stack[i].clone();
            }
            14 => {
                let i = b.r.below(INNER);
                let l = make_list(&mut b.r, &mut b.inner[i]);
                inner[i] = (0, 0);
                if l != 0 {
                    // up to one past the end, and any byte
                    // SAFETY: the objects and slots named here were made by this program and are live.
                    let bytes = b.r.below(unsafe { (*(l as Obj)).size() } + 1);
                    inner[i] = (l + bytes as u64, bytes);
                }
                black_box(&mut inner);
            }
            _ => {
                let i = b.r.below(array_words);
                check_list(get(array, i), &b.array[i]);
                let i = b.r.below(STACK);
                check_list(stack[i], &b.stack[i]);
            }
        }
        if s % 1973 == 0 {
            collect(if b.r.below(4) == 0 {
                Kind::Major
            } else {
                Kind::Minor
            });
        }
        if s % 101 == 0 {
            yielder();
        }
        if s % 500 == 0 || s + 1 == steps {
            (0..STACK).for_each(|i| check_list(stack[i], &b.stack[i]));
            (0..array_words).for_each(|i| check_list(get(array, i), &b.array[i]));
            (0..INNER).for_each(|i| check_list(inner[i].0 - inner[i].1 as u64, &b.inner[i]));
        }
    }
}

struct Gil {
    taken: Mutex<bool>,
    free: Condvar,
}

static GIL: Gil = Gil {
    taken: Mutex::new(false),
    free: Condvar::new(),
};

impl Gil {
    fn acquire(&self) {
        let mut g = self.taken.lock().unwrap();
        while *g {
            g = self.free.wait(g).unwrap();
        }
        *g = true;
    }

    fn release(&self) {
        *self.taken.lock().unwrap() = false;
        self.free.notify_one();
    }
}

/// Holds the lock; lets go of it also when a check fails.
struct Held;

impl Held {
    fn new() -> Self {
        GIL.acquire();
        attach_thread();
        Held
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        detach_thread();
        GIL.release();
    }
}

fn switch() {
    parked(|| {
        parked(|| {}); // nests
        GIL.release();
        std::thread::yield_now();
        GIL.acquire();
    });
}

fn run(steps: usize, threads: u64, array_words: usize) {
    let held = Held::new();
    let handles: Vec<_> = (1..threads)
        .map(|t| {
            std::thread::spawn(move || {
                let _held = Held::new();
                body_of_test(steps, 100 + t, array_words, switch);
            })
        })
        .collect();
    body_of_test(steps, 7, array_words, switch);
    while handles.iter().any(|h| !h.is_finished()) {
        switch();
    }
    verify().unwrap();
    drop(held);
    for h in handles {
        h.join().unwrap();
    }
}

fn config(nursery: usize) -> Config {
    Config {
        nursery_bytes: nursery,
        ..Config::default()
    }
}

#[test]
fn small_nursery_with_checker() {
    let _s = Session::new(config(32 << 10));
    set_verify(true);
    run(6_000, 1, 256);
}

#[test]
fn small_nursery_without_checker() {
    let _s = Session::new(config(32 << 10));
    run(200_000, 1, 256);
}

#[test]
fn card_marked_array_as_root() {
    let _s = Session::new(config(64 << 10));
    run(60_000, 1, 5_000);
    set_verify(true);
    run(2_000, 1, 5_000);
}

#[test]
fn threads() {
    let _s = Session::new(config(128 << 10));
    run(30_000, 4, 256);
}

#[test]
fn stress_with_checker() {
    let _s = Session::new(Config {
        nursery_bytes: 32 << 10,
        stress: Some(7),
        ..Config::default()
    });
    set_verify(true);
    run(400, 2, 128);
    set_stress(Some(1));
    run(60, 1, 64);
}

#[test]
fn default_nursery() {
    let _s = Session::new(Config::default());
    run(200_000, 2, 256);
    let s = stats();
    assert!(s.minors > 0 && s.allocated_bytes > 0);
}
