//! Address space of the heap: the reserved block range, its side tables, and talking to the kernel.
//!
//! All other modules reach blocks, bitmaps and cards through the accessors here.

use std::ptr::null_mut;

use crate::InitError;

pub(crate) const LOG_BLOCK: usize = 15;
/// Size of a block in bytes.
pub(crate) const BLOCK: usize = 1 << LOG_BLOCK;
pub(crate) const LOG_LINE: usize = 8;
/// Size of a line, the unit of reuse in old blocks.
pub(crate) const LINE: usize = 1 << LOG_LINE;
/// Lines per block: one `u128` of line marks.
pub(crate) const LINES: usize = BLOCK / LINE;
pub(crate) const LOG_CARD: usize = 10;
const COMMIT_STEP: usize = 4 << 20;
const START_WORDS: usize = BLOCK / 512;

/// What a block is used for. `FREE` is all zero, `DIRTY` is free with old contents.
pub(crate) mod kind {
    pub const FREE: u8 = 0;
    pub const DIRTY: u8 = 1;
    pub const NURSERY: u8 = 2;
    pub const OLD: u8 = 3;
    pub const LARGE_YOUNG: u8 = 4;
    pub const LARGE_OLD: u8 = 5;
}

/// The reserved range and its tables.
pub(crate) struct Memory {
    pub base: usize,
    /// Size of the reserved range divided by 8, for the one-compare reference test.
    pub len8: usize,
    pub blocks: usize,
    /// Blocks below this one have been used at some time.
    pub frontier: usize,
    committed: usize,
    kinds: *mut u8,
    ages: *mut u8,
    lines: *mut u128,
    heads: *mut u32,
    sizes: *mut u64,
    starts: *mut u64,
    marks: *mut u64,
    cards: *mut u8,
}

/// Where large reservations are asked for: far below the part of the address space that libraries are loaded to, so
/// that they do not come between them and machine code. Processors predict branches across more than 4 GiB badly.
const FAR: usize = 0x2000_0000_0000;
/// Reservations lie up to this far above `FAR`, in steps of `FAR_STEP`.
const FAR_SPREAD: usize = 0x2000_0000_0000;
const FAR_STEP: usize = 1 << 24;

/// A random place for a reservation.
fn far_hint() -> usize {
    let mut random = 0usize;
    // SAFETY: `random` has room for that many bytes; without them the hint is the same each time, and the kernel
    // chooses when the place is taken.
    unsafe { libc::getrandom((&raw mut random).cast(), size_of::<usize>(), 0) };
    FAR + random % (FAR_SPREAD / FAR_STEP) * FAR_STEP
}

fn map(bytes: usize, prot: i32) -> Option<usize> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: an anonymous mapping without MAP_FIXED touches nothing that exists.
    let p = unsafe { libc::mmap(far_hint() as *mut _, bytes, prot, flags, -1, 0) };
    (p != libc::MAP_FAILED).then_some(p as usize)
}

/// Reserves zeroed, readable and writable memory that the kernel fills in on first touch. `None` without address space.
pub fn reserve_table(bytes: usize) -> Option<usize> {
    map(bytes, libc::PROT_READ | libc::PROT_WRITE)
}

fn unmap(at: usize, bytes: usize) {
    // SAFETY: only called on a mapping that `map` returned just before and that nobody uses.
    unsafe { libc::munmap(at as *mut _, bytes) };
}

/// Upper bound for reservations that leaves half of a limited address space to others.
pub(crate) fn address_space_budget() -> usize {
    let mut r = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `r` is a valid place for the result.
    let ok = unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut r) } == 0;
    if ok && r.rlim_cur != libc::RLIM_INFINITY {
        (r.rlim_cur / 2) as usize
    } else {
        usize::MAX
    }
}

impl Memory {
    pub const fn new() -> Self {
        Memory {
            base: 0,
            len8: 0,
            blocks: 0,
            frontier: 0,
            committed: 0,
            kinds: null_mut(),
            ages: null_mut(),
            lines: null_mut(),
            heads: null_mut(),
            sizes: null_mut(),
            starts: null_mut(),
            marks: null_mut(),
            cards: null_mut(),
        }
    }

    /// Reserves as much as possible up to `bytes`, halving on failure.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), InitError> {
        let mut r = bytes.min(address_space_budget()).next_power_of_two();
        if r > address_space_budget() {
            r /= 2;
        }
        while r >= 16 << 20 {
            if self.try_reserve(r) {
                return Ok(());
            }
            r /= 2;
        }
        Err(InitError)
    }

    fn try_reserve(&mut self, r: usize) -> bool {
        let Some(raw) = map(r + BLOCK, libc::PROT_NONE) else {
            return false;
        };
        let n = r >> LOG_BLOCK;
        let bits = r / 64;
        let Some(side) = reserve_table(2 * bits + n * (16 + 8 + 4 + 1 + 1) + (r >> LOG_CARD))
        else {
            unmap(raw, r + BLOCK);
            return false;
        };
        self.base = (raw + BLOCK - 1) & !(BLOCK - 1);
        self.len8 = r >> 3;
        self.blocks = n;
        self.starts = side as *mut u64;
        self.marks = (side + bits) as *mut u64;
        self.lines = (side + 2 * bits) as *mut u128;
        self.sizes = (side + 2 * bits + n * 16) as *mut u64;
        self.heads = (side + 2 * bits + n * 24) as *mut u32;
        self.kinds = (side + 2 * bits + n * 28) as *mut u8;
        self.ages = self.kinds.wrapping_add(n);
        self.cards = self.ages.wrapping_add(n);
        true
    }

    /// Makes the first `blocks` blocks accessible; false if the kernel refuses.
    pub fn commit(&mut self, blocks: usize) -> bool {
        if blocks <= self.committed {
            return true;
        }
        let want = ((blocks - self.committed) << LOG_BLOCK).next_multiple_of(COMMIT_STEP);
        let bytes = want.min((self.blocks - self.committed) << LOG_BLOCK);
        let at = self.block_addr(self.committed);
        // SAFETY: [at, at+bytes) lies in the range that this heap reserved and is not yet in use.
        let r = unsafe { libc::mprotect(at as *mut _, bytes, libc::PROT_READ | libc::PROT_WRITE) };
        // One fault instead of 512 for what every start touches, where the kernel has a large page; only a hint. Not for
        // the rest: clearing 2 MB that are not used yet costs more than the faults.
        if self.committed == 0 {
            // SAFETY: as above.
            unsafe { libc::madvise(at as *mut _, bytes, libc::MADV_HUGEPAGE) };
        }
        self.committed += if r == 0 { bytes >> LOG_BLOCK } else { 0 };
        r == 0
    }

    /// Gives the pages of free blocks back; they read as zero afterwards.
    pub fn release(&mut self, block: usize, n: usize) {
        // SAFETY: the blocks are free: no object lives there.
        unsafe {
            libc::madvise(
                self.block_addr(block) as *mut _,
                n << LOG_BLOCK,
                libc::MADV_DONTNEED,
            )
        };
        for b in block..block + n {
            self.set_kind(b, kind::FREE);
        }
    }

    /// Whether `w` is a reference to an object of this heap.
    #[inline(always)]
    pub fn is_ref(&self, w: u64) -> bool {
        (w as usize).wrapping_sub(self.base).rotate_right(3) < self.len8
    }

    /// Whether `addr` points anywhere into blocks that were ever used.
    #[inline(always)]
    pub fn in_used(&self, addr: usize) -> bool {
        addr.wrapping_sub(self.base) < self.frontier << LOG_BLOCK
    }

    #[inline(always)]
    pub fn block_of(&self, addr: usize) -> usize {
        (addr - self.base) >> LOG_BLOCK
    }

    #[inline(always)]
    pub fn block_addr(&self, block: usize) -> usize {
        self.base + (block << LOG_BLOCK)
    }

    #[inline(always)]
    pub fn kind(&self, block: usize) -> u8 {
        debug_assert!(block < self.blocks);
        // SAFETY: the table has an entry for every block of the reservation.
        unsafe { *self.kinds.add(block) }
    }

    #[inline(always)]
    pub fn kind_at(&self, addr: usize) -> u8 {
        self.kind(self.block_of(addr))
    }

    #[inline(always)]
    pub fn set_kind(&mut self, block: usize, k: u8) {
        debug_assert!(block < self.blocks);
        // SAFETY: as in `kind`.
        unsafe { *self.kinds.add(block) = k }
    }

    /// Collections in a row that a nursery block was kept because of pins.
    #[inline(always)]
    pub fn age(&mut self, block: usize) -> &mut u8 {
        // SAFETY: one entry per block; the borrow of `self` makes it unique.
        unsafe { &mut *self.ages.add(block) }
    }

    /// Line marks of a block.
    #[inline(always)]
    pub fn lines(&mut self, block: usize) -> &mut u128 {
        // SAFETY: one entry per block; the borrow of `self` makes it unique.
        unsafe { &mut *self.lines.add(block) }
    }

    /// Marks the lines that an object of an old block covers.
    #[inline(always)]
    pub fn mark_lines(&mut self, addr: usize, size: usize) {
        let offset = (addr - self.base) & (BLOCK - 1);
        let (first, last) = (offset >> LOG_LINE, (offset + size - 1) >> LOG_LINE);
        *self.lines(self.block_of(addr)) |= (!0u128 >> (LINES - 1 - (last - first))) << first;
    }

    /// Notes a large run: all its blocks know the head, the head knows the size.
    pub fn set_large(&mut self, head: usize, n: usize, words: usize) {
        for b in head..head + n {
            self.set_kind(b, kind::LARGE_YOUNG);
            // SAFETY: one entry per block.
            unsafe { *self.heads.add(b) = head as u32 }
        }
        // SAFETY: one entry per block.
        unsafe { *self.sizes.add(head) = words as u64 }
    }

    /// Address of the large object whose run contains `addr`.
    #[inline(always)]
    pub fn large_head(&self, addr: usize) -> usize {
        // SAFETY: one entry per block; `addr` is inside the range by the caller's kind test.
        let head = unsafe { *self.heads.add(self.block_of(addr)) };
        self.block_addr(head as usize)
    }

    /// Body size of the large object at `addr`.
    pub fn large_words(&self, addr: usize) -> usize {
        // SAFETY: one entry per block.
        unsafe { *self.sizes.add(self.block_of(addr)) as usize }
    }

    /// Blocks of the large object at `addr`.
    pub fn large_blocks(&self, addr: usize) -> usize {
        (8 + 8 * self.large_words(addr)).div_ceil(BLOCK)
    }

    #[inline(always)]
    pub fn set_start(&mut self, addr: usize) {
        let i = (addr - self.base) >> 3;
        // SAFETY: the bitmap covers the whole reservation.
        unsafe { *self.starts.add(i >> 6) |= 1 << (i & 63) }
    }

    #[inline(always)]
    pub fn is_start(&self, addr: usize) -> bool {
        let i = (addr - self.base) >> 3;
        // SAFETY: as above.
        unsafe { *self.starts.add(i >> 6) >> (i & 63) & 1 != 0 }
    }

    /// Start bits of 64 consecutive words: word `i` of block `block`'s bitmap.
    #[inline(always)]
    pub fn start_word(&self, block: usize, i: usize) -> u64 {
        // SAFETY: as above.
        unsafe { *self.starts.add(block * START_WORDS + i) }
    }

    /// The last object start at or before `addr` in the same block.
    pub fn start_before(&self, addr: usize) -> Option<usize> {
        let i = (addr - self.base) >> 3;
        let first = (i << 3 >> LOG_BLOCK) * START_WORDS;
        let mut word = i >> 6;
        let mut mask = !0u64 >> (63 - (i & 63));
        loop {
            // SAFETY: `word` stays within the bitmap of the block.
            let bits = unsafe { *self.starts.add(word) } & mask;
            if bits != 0 {
                return Some(self.base + ((word * 64 + 63 - bits.leading_zeros() as usize) << 3));
            }
            if word == first {
                return None;
            }
            word -= 1;
            mask = !0;
        }
    }

    #[inline(always)]
    pub fn is_marked(&self, addr: usize) -> bool {
        let i = (addr - self.base) >> 3;
        // SAFETY: the bitmap covers the whole reservation.
        unsafe { *self.marks.add(i >> 6) >> (i & 63) & 1 != 0 }
    }

    /// Sets the mark bit; true if it was not set before.
    #[inline(always)]
    pub fn mark(&mut self, addr: usize) -> bool {
        let i = (addr - self.base) >> 3;
        // SAFETY: as above.
        let w = unsafe { &mut *self.marks.add(i >> 6) };
        let fresh = *w & (1 << (i & 63)) == 0;
        *w |= 1 << (i & 63);
        fresh
    }

    pub fn unmark(&mut self, addr: usize) {
        let i = (addr - self.base) >> 3;
        // SAFETY: as above.
        unsafe { *self.marks.add(i >> 6) &= !(1 << (i & 63)) }
    }

    /// Clears mark bits and line marks of everything in use.
    pub fn clear_marks(&mut self) {
        // SAFETY: both tables cover `frontier` blocks and more.
        unsafe {
            std::ptr::write_bytes(self.marks, 0, self.frontier * START_WORDS);
            std::ptr::write_bytes(self.lines, 0, self.frontier);
        }
    }

    /// The marks of a finished major collection become the object starts.
    pub fn marks_to_starts(&mut self) {
        std::mem::swap(&mut self.starts, &mut self.marks);
    }

    #[inline(always)]
    pub fn card_of(&self, addr: usize) -> usize {
        (addr - self.base) >> LOG_CARD
    }

    #[inline(always)]
    pub fn card(&mut self, card: usize) -> &mut u8 {
        // SAFETY: the card table covers the whole reservation; the borrow of `self` makes it unique.
        unsafe { &mut *self.cards.add(card) }
    }

    /// Sets all cards that [from, to) touches.
    pub fn fill_cards(&mut self, from: usize, to: usize, value: u8) {
        let (first, last) = (self.card_of(from), self.card_of(to - 1));
        // SAFETY: as in `card`.
        unsafe { std::ptr::write_bytes(self.cards.add(first), value, last - first + 1) }
    }
}

/// Zeroes heap memory.
#[inline]
pub(crate) fn zero(from: usize, bytes: usize) {
    // SAFETY: callers pass free memory inside committed blocks.
    unsafe { std::ptr::write_bytes(from as *mut u8, 0, bytes) }
}

/// Reads a word of the heap or of a scanned root area.
#[inline(always)]
pub(crate) fn load(slot: *const u64) -> u64 {
    // SAFETY: the collector reads only slots inside objects, root areas and stacks, which are mapped.
    unsafe { *slot }
}

/// Writes a word of the heap or of a root slot.
#[inline(always)]
pub(crate) fn store(slot: *mut u64, w: u64) {
    // SAFETY: as in `load`; the collector runs alone, so nobody holds a Rust reference to the slot's value.
    unsafe { *slot = w }
}

/// Hints that `addr` will be read soon.
#[inline(always)]
pub(crate) fn prefetch(addr: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: prefetching has no effect on memory, any address is allowed.
    unsafe {
        core::arch::x86_64::_mm_prefetch(addr as *const i8, core::arch::x86_64::_MM_HINT_T0)
    };
    #[cfg(not(target_arch = "x86_64"))]
    let _ = addr;
}
