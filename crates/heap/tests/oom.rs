//! Exhausted memory: allocation returns null and the heap stays usable.

mod common;

use std::sync::Mutex;

use common::{Session, get, set, wipe_stack};
use rivet_heap::*;

static ROOT: Mutex<u64> = Mutex::new(0);

fn visit(v: &mut Visitor) {
    v.visit(&mut *ROOT.lock().unwrap());
}

#[inline(never)]
fn fill(layout: u32, words: usize) -> usize {
    let mut n = 0;
    loop {
        let o = alloc(layout, words);
        if o.is_null() {
            return n;
        }
        set(o, 0, *ROOT.lock().unwrap());
        *ROOT.lock().unwrap() = o as u64;
        n += 1;
    }
}

fn length() -> usize {
    let (mut n, mut o) = (0, *ROOT.lock().unwrap());
    while o != 0 {
        n += 1;
        o = get(o as Obj, 0);
    }
    n
}

fn fill_and_recover(layout: u32) {
    for words in [2, 100, 900, 5_000, 2] {
        let n = fill(layout, words);
        assert_eq!(length(), n);
        verify().unwrap();
        assert!(
            n * (8 + 8 * words) > 4 << 20,
            "{n} objects of {words} words"
        );
        *ROOT.lock().unwrap() = 0;
        wipe_stack();
        collect(Kind::Major);
        assert!(!alloc(layout, words).is_null());
    }
}

#[test]
fn null_then_recovery() {
    let _s = Session::new(Config {
        nursery_bytes: 1 << 20,
        max_heap_bytes: 32 << 20,
        stress: None,
    });
    let layout = register_layout(Trace::All);
    add_root_visitor(visit);
    assert!(alloc(layout, 1 << 40).is_null());
    assert!(alloc(layout, usize::MAX).is_null());
    assert!(alloc(layout, 16 << 20).is_null());
    assert!(alloc_pinned(layout, 1 << 40).is_null());
    fill_and_recover(layout);
}

#[test]
fn limited_address_space() {
    // in a child process, because the heap of this one has its reservation already
    let exe = std::env::current_exe().unwrap();
    let status = std::process::Command::new("sh")
        .args([
            "-c",
            "ulimit -v 400000; exec \"$0\" --exact child_of_limited --ignored --test-threads=1",
        ])
        .arg(exe)
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
#[ignore = "run by limited_address_space"]
fn child_of_limited() {
    let _s = Session::new(Config {
        nursery_bytes: 1 << 20,
        ..Config::default()
    });
    let layout = register_layout(Trace::All);
    add_root_visitor(visit);
    fill_and_recover(layout);
}
