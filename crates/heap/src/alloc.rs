//! Allocation: the bump pointer, its refills, large and pinned objects.
//!
//! The fast path is inlined here and in compiled code; everything else starts at [`alloc_slow`].

use std::cell::Cell;

use crate::header::{Header, Obj, body, hdr, header_word};
use crate::memory::{BLOCK, LOG_BLOCK, kind, zero};
use crate::state::{Heap, started};

/// Bodies of more words than this are large objects. The inline allocation path must test for it.
pub const MAX_SMALL_WORDS: usize = 1023;

/// The bump range: an allocation of `n` bytes is `cur += n` if that stays at or below `lim`.
#[repr(C)]
pub struct AllocState {
    /// Next free byte.
    pub cur: Cell<usize>,
    /// End of the range (0 when every allocation must take the slow path).
    pub lim: Cell<usize>,
}

// SAFETY: used only under the runtime's global lock.
unsafe impl Sync for AllocState {}

/// The bump range of the process.
pub static ALLOC: AllocState = AllocState {
    cur: Cell::new(0),
    lim: Cell::new(0),
};

/// Address of [`ALLOC`], for compiled code: `cur` at offset 0, `lim` at offset 8.
pub fn alloc_state_ptr() -> *const AllocState {
    &raw const ALLOC
}

/// Young blocks and the budget until the next minor collection.
pub(crate) struct Nursery {
    pub size: usize,
    pub budget: isize,
    pub large_budget: isize,
    pub blocks: Vec<u32>,
    /// Usable gaps between objects that were pinned in the last minor collection.
    pub gaps: Vec<(usize, usize)>,
    /// All objects that stayed in the nursery in the last minor collection, sorted.
    pub pinned: Vec<Obj>,
    pub candidates: Vec<usize>,
    /// The true end of the bump range (`ALLOC.lim` is 0 under stress).
    pub lim: usize,
    stress: u64,
    allocations: u64,
}

impl Nursery {
    pub const fn new() -> Self {
        Nursery {
            size: 4 << 20,
            budget: 0,
            large_budget: 0,
            blocks: Vec::new(),
            gaps: Vec::new(),
            pinned: Vec::new(),
            candidates: Vec::new(),
            lim: 0,
            stress: 0,
            allocations: 0,
        }
    }

    pub fn reset_budget(&mut self) {
        self.budget = self.size as isize;
        self.large_budget = 4 * self.size as isize;
    }
}

/// Allocates an object with a zeroed body. Null only when memory is exhausted.
#[inline(always)]
pub fn alloc(layout: u32, body_words: usize) -> *mut Header {
    if body_words <= MAX_SMALL_WORDS {
        let cur = ALLOC.cur.get();
        let new = cur + 8 + 8 * body_words;
        if new <= ALLOC.lim.get() {
            ALLOC.cur.set(new);
            return place(cur, layout, body_words);
        }
    }
    alloc_slow(layout, body_words)
}

#[inline(always)]
fn place(at: usize, layout: u32, words: usize) -> Obj {
    let obj = at as Obj;
    // SAFETY: [at, at + 8 + 8 * words) was just taken from the free memory of the heap.
    unsafe { obj.cast::<u64>().write(header_word(layout, words)) };
    obj
}

/// The allocation path that may collect; compiled code calls it when its inline test fails.
#[cold]
#[inline(never)]
pub extern "C" fn alloc_slow(layout: u32, body_words: usize) -> *mut Header {
    let heap = started();
    heap.stress_tick();
    if body_words > MAX_SMALL_WORDS {
        heap.alloc_large(layout, body_words)
    } else {
        heap.alloc_small(layout, body_words)
    }
}

/// Allocates an object that never moves (types, code, interned strings). It starts out remembered, so its body may
/// be filled with plain stores until the next allocation.
pub fn alloc_pinned(layout: u32, body_words: usize) -> *mut Header {
    let heap = started();
    heap.stress_tick();
    if body_words > MAX_SMALL_WORDS {
        return heap.alloc_large(layout, body_words); // large objects never move
    }
    if heap.wants_major() {
        heap.collect_if_allowed(false);
    }
    let size = 8 + 8 * body_words;
    let Some(at) = heap
        .old_alloc(size)
        .or_else(|| heap.retry(|h| h.old_alloc(size)))
    else {
        return std::ptr::null_mut();
    };
    zero(at, size);
    heap.mem.set_start(at);
    heap.old.bytes += size;
    heap.stats.allocated_bytes += size as u64;
    let obj = place(at, layout, body_words);
    heap.remembered.push(obj);
    obj
}

/// Makes [from, to) look like one dead object.
pub(crate) fn put_filler(from: usize, to: usize) {
    if to > from {
        place(from, 0, (to - from) / 8 - 1);
    }
}

impl Heap {
    pub fn set_stress(&mut self, every: Option<u64>) {
        self.nursery.stress = every.unwrap_or(0);
        self.publish();
    }

    fn publish(&self) {
        ALLOC.lim.set(if self.nursery.stress > 0 {
            0
        } else {
            self.nursery.lim
        });
    }

    /// Ends the current bump range; the nursery is walkable afterwards.
    pub fn retire(&mut self) {
        put_filler(ALLOC.cur.get(), self.nursery.lim);
        ALLOC.cur.set(0);
        self.nursery.lim = 0;
        self.publish();
    }

    fn stress_tick(&mut self) {
        let n = self.nursery.stress;
        if n == 0 {
            return;
        }
        self.nursery.allocations += 1;
        if self.nursery.allocations.is_multiple_of(n) {
            self.collect_if_allowed(self.nursery.allocations.is_multiple_of(8 * n));
        }
    }

    pub fn collect_if_allowed(&mut self, major: bool) -> bool {
        let allowed = self.no_gc == 0 && !self.collecting;
        if allowed {
            self.collect_now(major);
        }
        allowed
    }

    /// Tries again after a full collection. If that freed next to nothing, fails rather than collecting once per
    /// remaining block; the remainder is left to whoever handles the error.
    fn retry<T>(&mut self, f: impl FnOnce(&mut Heap) -> Option<T>) -> Option<T> {
        if !self.collect_if_allowed(true) {
            return None;
        }
        let capacity = self.free.limit.min(self.mem.blocks);
        if self.free.in_use + capacity / 64 < capacity {
            f(self)
        } else {
            None
        }
    }

    fn bump(&mut self, size: usize) -> Option<usize> {
        let cur = ALLOC.cur.get();
        if cur + size > self.nursery.lim {
            return None;
        }
        ALLOC.cur.set(cur + size);
        Some(cur)
    }

    fn alloc_small(&mut self, layout: u32, words: usize) -> Obj {
        let size = 8 + 8 * words;
        if let Some(at) = self.bump(size) {
            return place(at, layout, words); // only under stress
        }
        self.retire();
        if self.nursery.budget <= 0 {
            self.collect_if_allowed(false);
        }
        if !self.refill(size) && self.retry(|h| h.refill(size).then_some(())).is_none() {
            return std::ptr::null_mut();
        }
        match self.bump(size) {
            Some(at) => place(at, layout, words),
            None => std::ptr::null_mut(),
        }
    }

    /// Gets a bump range of at least `size` bytes.
    fn refill(&mut self, size: usize) -> bool {
        let range = match self.nursery.gaps.pop_if(|g| g.1 - g.0 >= size) {
            Some(gap) => {
                zero(gap.0, gap.1 - gap.0);
                Some(gap)
            }
            None => self.fresh_nursery_block(),
        };
        let Some((from, to)) = range else {
            return false;
        };
        self.nursery.budget -= (to - from) as isize;
        self.stats.allocated_bytes += (to - from) as u64;
        ALLOC.cur.set(from);
        self.nursery.lim = to;
        self.publish();
        true
    }

    fn fresh_nursery_block(&mut self) -> Option<(usize, usize)> {
        let block = self.take_run(1)?;
        self.clean_run(block, BLOCK);
        self.mem.set_kind(block, kind::NURSERY);
        *self.mem.age(block) = 0;
        self.nursery.blocks.push(block as u32);
        let at = self.mem.block_addr(block);
        Some((at, at + BLOCK))
    }

    #[inline(never)]
    fn alloc_large(&mut self, layout: u32, words: usize) -> Obj {
        let Some(size) = words
            .checked_mul(8)
            .and_then(|n| n.checked_add(8))
            .filter(|&n| n < isize::MAX as usize / 2)
        else {
            return std::ptr::null_mut();
        };
        let n = size.div_ceil(BLOCK);
        if n > self.mem.blocks {
            return std::ptr::null_mut();
        }
        self.nursery.large_budget -= size as isize;
        if self.nursery.large_budget <= 0 {
            self.collect_if_allowed(false);
        }
        let Some(block) = self.take_run(n).or_else(|| self.retry(|h| h.take_run(n))) else {
            return std::ptr::null_mut();
        };
        self.clean_run(block, size);
        self.mem.set_large(block, n, words);
        let at = block << LOG_BLOCK;
        self.large_young.push(self.mem.base + at);
        self.stats.allocated_bytes += size as u64;
        let obj = place(self.mem.base + at, layout, words);
        debug_assert_eq!(hdr(obj).words(), words);
        debug_assert_eq!(crate::memory::load(body(obj)), 0);
        obj
    }
}
