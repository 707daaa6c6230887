//! After `fork` the child has one thread and goes on collecting.

mod common;

use common::{Session, get, int, set};
use rivet_heap::*;

fn work(layout: u32) {
    let keep = std::hint::black_box(alloc(layout, 100));
    for i in 0..200_000 {
        let o = alloc(layout, 3);
        set(o, 0, int(i));
        set(keep, i % 100, o as u64);
    }
    collect(Kind::Major);
    (0..100).for_each(|i| assert_eq!(get(get(keep, i) as Obj, 0) & 1, 1));
}

#[test]
fn child_collects() {
    let _s = Session::new(Config {
        nursery_bytes: 256 << 10,
        ..Config::default()
    });
    let layout = register_layout(Trace::All);
    let (tell, wait) = std::sync::mpsc::channel::<()>();
    let (tell_done, wait_done) = std::sync::mpsc::channel::<()>();
    // another thread that is parked all the time; the child does not have it
    let other = std::thread::spawn(move || {
        attach_thread();
        parked(|| {
            tell.send(()).unwrap();
            let _ = wait_done.recv();
        });
        detach_thread();
    });
    wait.recv().unwrap();
    work(layout);
    // SAFETY: the objects and slots named here were made by this program and are live.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        after_fork_child();
        let ok = std::panic::catch_unwind(|| work(layout)).is_ok() && verify().is_ok();
        // SAFETY: the objects and slots named here were made by this program and are live.
        unsafe { libc::_exit(if ok { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the objects and slots named here were made by this program and are live.
    assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
    assert_eq!(status, 0);
    work(layout);
    tell_done.send(()).unwrap();
    other.join().unwrap();
}
