//! Figures of the heap: short-lived objects, binary trees, minor pauses with a large old heap, barrier cost, links.
//!
//! `cargo run --release -p rivet-heap --example bench [-- nursery_kb]`

use std::hint::black_box;
use std::time::Instant;

use rivet_heap::*;

fn get(o: Obj, i: usize) -> u64 {
    // SAFETY: the objects and slots named here were made by this program and are live.
    unsafe { *body(o).add(i) }
}

fn put(o: Obj, i: usize, w: u64) {
    // SAFETY: the objects and slots named here were made by this program and are live.
    unsafe { *body(o).add(i) = w }
}

fn set(o: Obj, i: usize, w: u64) {
    // SAFETY: the objects and slots named here were made by this program and are live.
    unsafe { write(o, body(o).add(i), w) }
}

#[inline(never)]
fn churn<const N: usize>(layout: u32, count: usize) -> f64 {
    let t = Instant::now();
    for i in 0..count {
        let o = alloc(layout, N);
        put(o, 0, (i as u64) << 1 | 1);
        black_box(o);
    }
    t.elapsed().as_nanos() as f64 / count as f64
}

#[inline(never)]
fn make(layout: u32, depth: usize) -> Obj {
    if depth == 0 {
        return alloc(layout, 2);
    }
    let l = make(layout, depth - 1);
    let r = make(layout, depth - 1);
    let o = alloc(layout, 2);
    put(o, 0, l as u64);
    put(o, 1, r as u64);
    o
}

#[inline(never)]
fn check(o: Obj) -> usize {
    let l = get(o, 0);
    if l == 0 {
        1
    } else {
        1 + check(l as Obj) + check(get(o, 1) as Obj)
    }
}

fn binary_trees(layout: u32, n: usize) -> f64 {
    let t = Instant::now();
    assert_eq!(check(make(layout, n + 1)), (1 << (n + 2)) - 1);
    let long = make(layout, n);
    for d in (4..=n).step_by(2) {
        let rounds = 1 << (n - d + 4);
        let sum: usize = (0..rounds).map(|_| check(make(layout, d))).sum();
        assert_eq!(sum, rounds * ((1 << (d + 1)) - 1));
    }
    assert_eq!(check(black_box(long)), (1 << (n + 1)) - 1);
    t.elapsed().as_secs_f64()
}

static ROOT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

fn root() -> Obj {
    ROOT.load(std::sync::atomic::Ordering::Relaxed) as Obj
}

fn set_root(o: Obj) {
    ROOT.store(o as u64, std::sync::atomic::Ordering::Relaxed);
}

fn build_old(all: u32, megabytes: usize) {
    let n = (megabytes << 20) / 48;
    set_root(alloc(all, n));
    for i in 0..n {
        let o = alloc(all, 5);
        set(root(), i, o as u64);
    }
}

fn pauses(name: &str, mut f: impl FnMut()) {
    let mut v: Vec<u64> = (0..200)
        .map(|_| {
            f();
            collect(Kind::Minor);
            stats().pause_last_ns
        })
        .collect();
    v.sort_unstable();
    println!(
        "{name}: minor p50 {:.1} us, p99 {:.1} us",
        v[100] as f64 / 1e3,
        v[198] as f64 / 1e3
    );
}

fn long_lived(all: u32, megabytes: usize) {
    let s0 = stats();
    let t = Instant::now();
    build_old(all, megabytes);
    let s1 = stats();
    let (minors, majors) = (s1.minors - s0.minors, s1.majors - s0.majors);
    let pause = (s1.pause_total_ns - s0.pause_total_ns) as f64 / 1e9;
    let total = t.elapsed().as_secs_f64();
    println!(
        "{megabytes} MB old: built in {total:.2} s ({minors} minors, {majors} majors, {pause:.2} s of pauses)"
    );
    pauses("  quiet", || {
        churn::<2>(all, 1000);
    });
    // SAFETY: the objects and slots named here were made by this program and are live.
    let n = unsafe { (*root()).words() };
    let mut x = 1usize;
    pauses("  1000 stores of young objects into old ones", || {
        for _ in 0..1000 {
            x = x
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let o = alloc(all, 3);
            set(get(root(), (x >> 20) % n) as Obj, 3, o as u64);
        }
    });
    pauses("  1000 stores into the large array", || {
        for _ in 0..1000 {
            x = x
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let o = alloc(all, 3);
            set(root(), (x >> 20) % n, o as u64);
        }
    });
    collect(Kind::Major);
    println!("  major {:.1} ms", stats().pause_last_ns as f64 / 1e6);
    set_root(std::ptr::null_mut());
    collect(Kind::Major);
}

fn barriers(all: u32) {
    let old = alloc_pinned(all, 8);
    collect(Kind::Minor);
    let n = 200_000_000u64;
    let t = Instant::now();
    for i in 0..n {
        put(black_box(old), 3, i << 1 | 1);
    }
    let plain = t.elapsed().as_nanos() as f64 / n as f64;
    let t = Instant::now();
    for i in 0..n {
        set(black_box(old), 3, i << 1 | 1);
    }
    println!(
        "store {plain:.2} ns, with barrier {:.2} ns",
        t.elapsed().as_nanos() as f64 / n as f64
    );
}

fn links(all: u32) {
    set_link_ops(LinkOps {
        is_root: |_| false,
        moved: |_, _, _| {},
        dead: |_, _| {},
        trace: None,
    });
    let n = 2_000_000;
    let t = Instant::now();
    for i in 0..n {
        add_link(alloc(all, 3), i * 16 + 16);
    }
    println!(
        "allocate, link and lose a young object: {:.1} ns",
        t.elapsed().as_nanos() as f64 / n as f64
    );
    let t = Instant::now();
    for i in 0..n {
        let o = alloc(all, 3);
        add_link(o, i * 16 + 16);
        remove_link(o, i * 16 + 16);
    }
    println!(
        "allocate, link, unlink: {:.1} ns",
        t.elapsed().as_nanos() as f64 / n as f64
    );
}

#[inline(never)]
fn deep(all: u32, depth: usize) {
    let kept = [alloc(all, 3), alloc(all, 3), alloc(all, 3), alloc(all, 3)];
    let kept = black_box(kept);
    if depth == 0 {
        pauses("10000 frames with 4 references each", || {
            churn::<2>(all, 1000);
        });
    } else {
        deep(all, depth - 1);
    }
    black_box(kept);
}

fn main() {
    let kb = std::env::args().nth(1).map_or(4096, |s| s.parse().unwrap());
    let t = Instant::now();
    init(Config {
        nursery_bytes: kb << 10,
        ..Config::default()
    })
    .unwrap();
    println!(
        "nursery {kb} KB, init {:.3} ms",
        t.elapsed().as_secs_f64() * 1e3
    );
    // SAFETY: the objects and slots named here were made by this program and are live.
    unsafe { add_root(ROOT.as_ptr()) };
    let leaf = register_layout(Trace::Leaf);
    let all = register_layout(Trace::All);
    churn::<2>(leaf, 10_000_000);
    println!(
        "short-lived 24-byte object: {:.2} ns",
        churn::<2>(leaf, 100_000_000)
    );
    println!(
        "short-lived 48-byte object: {:.2} ns",
        churn::<5>(all, 100_000_000)
    );
    println!(
        "short-lived 9 KB object: {:.0} ns",
        churn::<1100>(leaf, 1_000_000)
    );
    println!(
        "short-lived 1 MB object: {:.0} ns",
        churn::<131_000>(leaf, 20_000)
    );
    pauses("nothing alive", || {
        churn::<2>(leaf, 100_000);
    });
    deep(all, 10_000);
    for depth in [16, 20] {
        let s0 = stats();
        let t = binary_trees(all, depth);
        let s1 = stats();
        let pause = (s1.pause_total_ns - s0.pause_total_ns) as f64 / 1e9;
        let (minors, majors) = (s1.minors - s0.minors, s1.majors - s0.majors);
        println!(
            "binary-trees {depth}: {t:.2} s ({minors} minors, {majors} majors, {pause:.2} s of pauses)"
        );
    }
    long_lived(all, 25);
    long_lived(all, 800);
    barriers(all);
    links(all);
    println!("{:?}", stats());
}
