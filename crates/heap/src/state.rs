//! The one heap of the process: its state, start-up and tuning knobs.

use std::cell::UnsafeCell;
use std::fmt;

use crate::alloc::Nursery;
use crate::blocks::FreeBlocks;
use crate::finalize::{Drops, Finalizers};
use crate::header::Obj;
use crate::identity::Ids;
use crate::layout::Layouts;
use crate::links::Links;
use crate::memory::{BLOCK, LOG_BLOCK, Memory};
use crate::old::OldSpace;
use crate::stats::Stats;
use crate::visitor::Roots;
use crate::weak::WeakRefs;

/// Start-up parameters.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Bytes allocated between two minor collections.
    pub nursery_bytes: usize,
    /// Most bytes of blocks that may be in use; `usize::MAX` = as much as can be reserved.
    pub max_heap_bytes: usize,
    /// Collect at every Nth allocation.
    pub stress: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            nursery_bytes: 4 << 20,
            max_heap_bytes: usize::MAX,
            stress: None,
        }
    }
}

/// The heap could not reserve address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitError;

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot reserve address space for the heap")
    }
}

impl std::error::Error for InitError {}

const RESERVE: usize = 64 << 30;
const MIN_MAJOR: usize = 32 << 20;

/// Everything the collector knows.
pub(crate) struct Heap {
    pub mem: Memory,
    pub layouts: Layouts,
    pub free: FreeBlocks,
    pub nursery: Nursery,
    pub old: OldSpace,
    pub large_young: Vec<usize>,
    pub large_old: Vec<usize>,
    pub remembered: Vec<Obj>,
    pub gray: Vec<Obj>,
    /// Set by the minor collection when a visited slot points at a young object that stays young.
    pub keep_log: bool,
    pub roots: Roots,
    pub weak: WeakRefs,
    pub finalizers: Finalizers,
    pub drops: Drops,
    pub links: Links,
    pub ids: Ids,
    pub collecting: bool,
    pub no_gc: usize,
    pub external: isize,
    pub external_seen: isize,
    pub verify: bool,
    pub stats: Stats,
    /// Slots found by a `Collect` visitor.
    pub found: Vec<*mut u64>,
}

impl Heap {
    const fn new() -> Self {
        Heap {
            mem: Memory::new(),
            layouts: Layouts::new(),
            free: FreeBlocks::new(),
            nursery: Nursery::new(),
            old: OldSpace::new(),
            large_young: Vec::new(),
            large_old: Vec::new(),
            remembered: Vec::new(),
            gray: Vec::new(),
            keep_log: false,
            roots: Roots::new(),
            weak: WeakRefs::new(),
            finalizers: Finalizers::new(),
            drops: Drops::new(),
            links: Links::new(),
            ids: Ids::new(),
            collecting: false,
            no_gc: 0,
            external: 0,
            external_seen: 0,
            verify: false,
            stats: Stats::new(),
            found: Vec::new(),
        }
    }

    fn start(&mut self, config: Config) -> Result<(), InitError> {
        if self.mem.base == 0 {
            self.mem.reserve(RESERVE)?;
            if !self.layouts.reserve(self.mem.blocks << LOG_BLOCK) {
                return Err(InitError);
            }
            self.old.next_major = MIN_MAJOR;
        }
        self.free.limit = (config.max_heap_bytes >> LOG_BLOCK).max(16);
        self.resize_nursery(config.nursery_bytes);
        self.set_stress(config.stress);
        Ok(())
    }

    pub fn resize_nursery(&mut self, bytes: usize) {
        self.nursery.size = bytes.max(BLOCK);
        self.nursery.reset_budget();
    }

    /// Bytes of old objects and external memory at which the next major collection is due.
    pub fn set_major_trigger(&mut self, live: usize) {
        let total = live + self.external.max(0) as usize;
        self.old.next_major = (total / 5 * 9).max(total + MIN_MAJOR);
    }

    pub fn wants_major(&self) -> bool {
        self.old.bytes + self.external.max(0) as usize > self.old.next_major
    }
}

struct Global(UnsafeCell<Heap>);
// SAFETY: the heap is used only by the thread that holds the runtime's global lock (see the crate's documentation).
unsafe impl Sync for Global {}

static HEAP: Global = Global(UnsafeCell::new(Heap::new()));

/// The heap. Callers are serialised by the runtime's global lock; callbacks of the collector call back only into
/// functions documented for them.
#[inline(always)]
pub(crate) fn heap() -> &'static mut Heap {
    // SAFETY: one thread at a time by the crate's contract.
    unsafe { &mut *HEAP.0.get() }
}

/// The heap, started with default parameters if nobody did so yet.
pub(crate) fn started() -> &'static mut Heap {
    let h = heap();
    if h.mem.base == 0 {
        init(Config::default()).expect("heap start-up");
    }
    h
}

/// Starts the heap (again: changes its parameters) and attaches the calling thread.
pub fn init(config: Config) -> Result<(), InitError> {
    heap().start(config)?;
    crate::threads::attach_thread();
    Ok(())
}

/// Changes the nursery size; the smallest is one block (32 KB).
pub fn set_nursery(bytes: usize) {
    started().resize_nursery(bytes);
}

/// Collects at every Nth allocation (every 8th of these is major), or stops doing so.
pub fn set_stress(every: Option<u64>) {
    started().set_stress(every);
}

/// Runs the heap checker before and after each collection; it panics on the first broken invariant.
pub fn set_verify(on: bool) {
    heap().verify = on;
}

/// Tells of memory outside the heap that heap objects keep (positive) or gave back (negative).
pub fn external_bytes(delta: isize) {
    let h = heap();
    h.external += delta;
    if h.external - h.external_seen > 32 << 20 {
        h.external_seen = h.external;
        h.nursery.budget = 0;
    }
}

/// While one of these lives, allocation does not collect: the heap grows instead.
pub struct NoGc(());

impl NoGc {
    /// Forbids collections until dropped; nests.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        heap().no_gc += 1;
        NoGc(())
    }
}

impl Drop for NoGc {
    fn drop(&mut self) {
        heap().no_gc -= 1;
    }
}
