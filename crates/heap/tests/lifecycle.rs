//! Weak references, finalizers, drop functions, identities and links to mirrors.

mod common;

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Rng, Session, deep, get, int, set, wipe_stack};
use rivet_heap::*;

struct Layouts {
    all: u32,
    leaf: u32,
    weak: u32,
    payload: u32,
}

static ROOTS: Mutex<[u64; 512]> = Mutex::new([0; 512]);
static DROPPED: AtomicUsize = AtomicUsize::new(0);

fn visit(v: &mut Visitor) {
    let mut r = ROOTS.lock().unwrap();
    let n = r.len();
    v.visit_range(r.as_mut_ptr(), n);
}

unsafe fn drop_payload(obj: *mut Header) {
    assert_eq!(get(obj, 0) & 1, 1, "payload intact");
    DROPPED.fetch_add(1, Ordering::Relaxed);
}

fn layouts() -> &'static Layouts {
    static L: OnceLock<Layouts> = OnceLock::new();
    L.get_or_init(|| {
        add_root_visitor(visit);
        let l = Layouts {
            all: register_layout(Trace::All),
            leaf: register_layout(Trace::Leaf),
            weak: register_layout(Trace::Weak {
                mask: 0b10,
                tail: false,
            }),
            payload: register_layout(Trace::Mask {
                mask: 0b10,
                tail: false,
            }),
        };
        set_drop(l.payload, drop_payload);
        l
    })
}

fn root(i: usize) -> Obj {
    ROOTS.lock().unwrap()[i] as Obj
}

fn set_root(i: usize, o: Obj) {
    ROOTS.lock().unwrap()[i] = o as u64;
}

fn start(nursery: usize) -> Session {
    let s = Session::new(Config {
        nursery_bytes: nursery,
        ..Config::default()
    });
    layouts();
    *ROOTS.lock().unwrap() = [0; 512];
    wipe_stack();
    collect(Kind::Major);
    while take_cleared().is_some() || take_finalizable().is_some() {}
    s
}

#[inline(never)]
fn make_weak(at: usize, target: usize) {
    let w = alloc(layouts().weak, 2);
    // SAFETY: the objects and slots named here were made by this program and are live.
    unsafe { *body(w) = root(target) as u64 };
    track_weak(w);
    set_root(at, w);
}

#[inline(never)]
fn count_cleared() -> usize {
    std::iter::from_fn(take_cleared)
        .inspect(|&w| assert_eq!(get(w, 0), 0))
        .count()
}

#[test]
fn weak_references_are_cleared_and_follow() {
    let _s = start(64 << 10);
    set_verify(true);
    deep(|| {
        for i in 0..100 {
            set_root(i, alloc(layouts().all, 2));
            set(root(i), 0, int(i));
            make_weak(100 + i, i);
        }
        for i in 0..50 {
            set_root(i, std::ptr::null_mut());
        }
    });
    wipe_stack();
    collect(Kind::Minor);
    let first = deep(count_cleared);
    assert!((45..=50).contains(&first), "{first}");
    deep(|| {
        for i in 50..100 {
            assert_eq!(get(root(100 + i), 0), root(i) as u64);
            assert_eq!(get(root(i), 0), int(i));
        }
    });
    collect(Kind::Major);
    deep(|| (75..100).for_each(|i| set_root(i, std::ptr::null_mut())));
    wipe_stack();
    collect(Kind::Minor);
    assert_eq!(
        deep(count_cleared),
        50 - first,
        "old targets wait for a major collection"
    );
    collect(Kind::Major);
    let second = deep(count_cleared);
    assert!((22..=25).contains(&second), "{second}");
    assert!(!has_pending());
}

#[test]
fn finalizers_run_once_after_weak_references_are_cleared() {
    let _s = start(64 << 10);
    set_verify(true);
    deep(|| {
        // root 0: a weak reference to a child of the finalizable object
        let child = alloc(layouts().all, 1);
        set(child, 0, int(77));
        set_root(1, child);
        let f = alloc(layouts().all, 2);
        set(f, 0, root(1) as u64);
        set(f, 1, f as u64);
        track_finalizer(f);
        make_weak(0, 1);
        set_root(1, std::ptr::null_mut());
    });
    wipe_stack();
    collect(Kind::Minor);
    assert!(has_pending());
    deep(|| {
        let f = take_finalizable().expect("queued");
        assert_eq!(get(get(f, 0) as Obj, 0), int(77), "its graph is alive");
        assert_eq!(get(root(0), 0), 0, "weak reference cleared first");
        assert_eq!(take_cleared(), Some(root(0)));
        assert!(take_finalizable().is_none());
        set_root(2, f);
    });
    collect(Kind::Major);
    deep(|| set_root(2, std::ptr::null_mut()));
    wipe_stack();
    collect(Kind::Major);
    assert!(take_finalizable().is_none(), "not tracked any more");
}

#[test]
fn old_finalizers_wait_for_major_collections_in_order() {
    let _s = start(64 << 10);
    deep(|| {
        for i in 0..20 {
            let f = alloc(layouts().all, 1);
            set(f, 0, int(i));
            track_finalizer(f);
            set_root(i, f);
        }
    });
    wipe_stack();
    collect(Kind::Minor);
    wipe_stack();
    collect(Kind::Major);
    deep(|| (0..20).for_each(|i| set_root(i, std::ptr::null_mut())));
    wipe_stack();
    collect(Kind::Minor);
    assert!(take_finalizable().is_none());
    collect(Kind::Major);
    let order: Vec<u64> = std::iter::from_fn(take_finalizable)
        .map(|f| get(f, 0))
        .collect();
    assert!(order.len() >= 18 && order.is_sorted(), "{order:?}");
}

#[test]
fn drops_run_on_intact_memory() {
    let _s = start(64 << 10);
    DROPPED.store(0, Ordering::Relaxed);
    deep(|| {
        for i in 0..200 {
            let n = if i % 10 == 0 { 3000 } else { 3 };
            let p = if i % 7 == 0 {
                alloc_pinned(layouts().payload, n)
            } else {
                alloc(layouts().payload, n)
            };
            // SAFETY: the objects and slots named here were made by this program and are live.
            unsafe { *body(p) = int(i) };
            track_drop(p);
            if i % 2 == 0 {
                set_root(i, p);
            }
        }
    });
    wipe_stack();
    collect(Kind::Major);
    let n = DROPPED.load(Ordering::Relaxed);
    assert!((95..=100).contains(&n), "{n}");
    drop_all();
    assert_eq!(DROPPED.load(Ordering::Relaxed), 200);
}

#[test]
fn identities_are_stable_and_unique() {
    let _s = start(32 << 10);
    let mut ids: HashMap<u64, usize> = HashMap::new();
    deep(|| {
        for i in 0..300 {
            let o = match i % 5 {
                0 => alloc_pinned(layouts().leaf, 2),
                1 if i % 3 == 0 => alloc(layouts().leaf, 2000),
                _ => alloc(layouts().leaf, 2),
            };
            // SAFETY: the objects and slots named here were made by this program and are live.
            unsafe { *body(o) = int(i) };
            set_root(i, o);
            assert!(ids.insert(identity(o), i).is_none(), "unique");
        }
    });
    for round in 0..6 {
        collect(if round % 3 == 2 {
            Kind::Major
        } else {
            Kind::Minor
        });
        deep(|| {
            for (&id, &i) in &ids {
                assert_eq!(identity(root(i)), id);
                assert_eq!(id % 8, 0);
            }
            (0..2000).for_each(|_| assert!(!ids.contains_key(&identity(alloc(layouts().leaf, 1)))));
        });
    }
}

#[derive(Default, Clone)]
struct Mirror {
    refs: usize,
    obj: usize,
    dead: bool,
    edge: u64,
}

static MIRRORS: Mutex<Vec<Mirror>> = Mutex::new(Vec::new());

unsafe fn is_root(link: usize) -> bool {
    MIRRORS.lock().unwrap()[link].refs > 0
}

unsafe fn moved(link: usize, old: *mut Header, new: *mut Header) {
    let m = &mut MIRRORS.lock().unwrap()[link];
    assert_eq!(m.obj, old as usize);
    m.obj = new as usize;
}

unsafe fn dead(link: usize, obj: *mut Header) {
    let m = &mut MIRRORS.lock().unwrap()[link];
    assert_eq!(m.obj, obj as usize);
    assert!(!m.dead);
    m.dead = true;
}

unsafe fn trace(link: usize, v: &mut Visitor) {
    let m = &mut MIRRORS.lock().unwrap()[link];
    v.visit(&mut m.edge);
}

#[test]
fn links_are_roots_when_referenced() {
    let _s = start(32 << 10);
    set_link_ops(LinkOps {
        is_root,
        moved,
        dead,
        trace: Some(trace),
    });
    let mut r = Rng(99);
    MIRRORS.lock().unwrap().clear();
    for round in 0..20 {
        deep(|| {
            for _ in 0..300 {
                let o = alloc(layouts().all, 3);
                let link = MIRRORS.lock().unwrap().len();
                set(o, 0, int(link));
                let refs = usize::from(r.below(2) == 0);
                MIRRORS.lock().unwrap().push(Mirror {
                    refs,
                    obj: o as usize,
                    ..Mirror::default()
                });
                add_link(o, link);
                // SAFETY: the objects and slots named here were made by this program and are live.
                assert!(unsafe { (*o).has(HAS_MIRROR) });
                if r.below(10) == 0 {
                    remove_link(o, link);
                    // SAFETY: the objects and slots named here were made by this program and are live.
                    assert!(unsafe { !(*o).has(HAS_MIRROR) });
                    MIRRORS.lock().unwrap()[link].dead = true;
                }
            }
            for _ in 0..200 {
                let mut m = MIRRORS.lock().unwrap();
                let i = r.below(m.len());
                m[i].refs = 0;
            }
        });
        wipe_stack();
        collect(if round % 4 == 3 {
            Kind::Major
        } else {
            Kind::Minor
        });
        for (i, m) in MIRRORS.lock().unwrap().iter().enumerate() {
            assert!(
                !(m.refs > 0 && m.dead) || m.obj == 0 || !is_linked(m, i),
                "root died"
            );
            if !m.dead {
                assert_eq!(get(m.obj as Obj, 0), int(i));
            }
        }
    }
    MIRRORS.lock().unwrap().iter_mut().for_each(|m| m.refs = 0);
    wipe_stack();
    collect(Kind::Major);
    let alive = MIRRORS.lock().unwrap().iter().filter(|m| !m.dead).count();
    assert!(alive < 20, "{alive}");
    deep(edges_of_mirrors);
    wipe_stack();
    MIRRORS.lock().unwrap().iter_mut().for_each(|m| m.refs = 0);
    collect(Kind::Major);
}

fn is_linked(m: &Mirror, i: usize) -> bool {
    // SAFETY: the objects and slots named here were made by this program and are live.
    m.dead && get(m.obj as Obj, 0) == int(i) && unsafe { (*(m.obj as Obj)).has(HAS_MIRROR) }
}

/// A mirror that is referenced keeps what its C body refers to alive in major collections.
#[inline(never)]
fn edges_of_mirrors() {
    let (a, b) = deep(|| {
        let b = alloc_pinned(layouts().all, 1);
        set(b, 0, int(5));
        let a = alloc_pinned(layouts().all, 1);
        (a as usize ^ usize::MAX, b as usize ^ usize::MAX) // hidden from the stack scan
    });
    let link = MIRRORS.lock().unwrap().len();
    let m = Mirror {
        refs: 1,
        obj: a ^ usize::MAX,
        dead: false,
        edge: (b ^ usize::MAX) as u64,
    };
    MIRRORS.lock().unwrap().push(m);
    add_link((a ^ usize::MAX) as Obj, link);
    wipe_stack();
    collect(Kind::Major);
    assert!(is_object_start((b ^ usize::MAX) as *const u8));
}

#[test]
fn walks_and_questions() {
    let _s = start(64 << 10);
    let _no = NoGc::new();
    let minors = stats().minors;
    let made: HashSet<usize> = (0..20_000)
        .map(|i| alloc(layouts().leaf, 1 + i % 5) as usize)
        .collect();
    let large = alloc(layouts().leaf, 20 << 20); // size field overflows
    // SAFETY: the objects and slots named here were made by this program and are live.
    assert_eq!(unsafe { (*large).words() }, 20 << 20);
    assert_eq!(stats().minors, minors, "no collection under NoGc");
    let mut seen = HashSet::new();
    for_each_object(|o| {
        seen.insert(o as usize);
    });
    assert!(made.is_subset(&seen) && seen.contains(&(large as usize)));
    let one = *made.iter().next().unwrap();
    assert!(is_object_start(one as *const u8) && !is_object_start((one + 8) as *const u8));
    assert!(contains(one as *const u8) && !contains(&one as *const usize as *const u8));
    // SAFETY: the objects and slots named here were made by this program and are live.
    let l = unsafe { &*(one as Obj) };
    l.set_layout(layouts().all);
    assert_eq!(l.layout(), layouts().all);
    l.set_layout(layouts().leaf);
}

#[test]
fn external_memory_triggers_collections() {
    let _s = start(4 << 20);
    let before = stats();
    external_bytes(200 << 20);
    for _ in 0..400_000 {
        alloc(layouts().leaf, 2);
    }
    assert!(stats().minors > before.minors && stats().majors > before.majors);
    external_bytes(-(200 << 20));
}

#[test]
fn major_collections_give_memory_back() {
    let _s = start(1 << 20);
    deep(|| {
        let a = alloc(layouts().all, 100_000);
        set_root(0, a);
        for i in 0..100_000 {
            let o = alloc(layouts().leaf, 60);
            set(root(0), i, o as u64);
        }
    });
    let resident = |()| -> usize {
        let s = std::fs::read_to_string("/proc/self/statm").unwrap();
        s.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<usize>()
            .unwrap()
            * 4096
    };
    let full = resident(());
    let used = stats().used_bytes;
    set_root(0, std::ptr::null_mut());
    wipe_stack();
    collect(Kind::Major);
    assert!(
        stats().used_bytes + (40 << 20) < used,
        "{} {}",
        stats().used_bytes,
        used
    );
    assert!(resident(()) + (30 << 20) < full);
}
