//! Free blocks and runs of blocks: who gets which part of the reservation.

use crate::memory::{BLOCK, LOG_BLOCK, Memory, kind, zero};
use crate::state::Heap;

const BINS: usize = 32;
/// Contiguous free blocks shorter than this are handed out one by one.
const MIN_RUN: usize = 8;
/// Runs of at least this many blocks (4 MB) go back to the kernel as soon as they are free.
const RELEASE_RUN: usize = 128;

/// Free single blocks, and longer runs in power-of-two bins.
pub(crate) struct FreeBlocks {
    singles: Vec<u32>,
    bins: [Vec<(u32, u32)>; BINS],
    /// Blocks in use (nursery, old and large).
    pub in_use: usize,
    /// Most blocks that may be in use outside of a collection.
    pub limit: usize,
}

fn bin_of(n: usize) -> usize {
    n.ilog2() as usize
}

impl FreeBlocks {
    pub const fn new() -> Self {
        FreeBlocks {
            singles: Vec::new(),
            bins: [const { Vec::new() }; BINS],
            in_use: 0,
            limit: usize::MAX,
        }
    }

    fn add(&mut self, block: usize, n: usize) {
        if n < MIN_RUN {
            self.singles
                .extend((block..block + n).rev().map(|b| b as u32));
        } else {
            self.bins[bin_of(n)].push((block as u32, n as u32));
        }
    }

    fn take_from_bins(&mut self, n: usize) -> Option<usize> {
        for bin in bin_of(n)..BINS {
            let Some(i) = self.bins[bin].iter().rposition(|r| r.1 as usize >= n) else {
                continue;
            };
            let (block, len) = self.bins[bin].swap_remove(i);
            if len as usize > n {
                self.add(block as usize + n, len as usize - n);
            }
            return Some(block as usize);
        }
        None
    }

    fn take(&mut self, n: usize) -> Option<usize> {
        if n == 1
            && let Some(b) = self.singles.pop()
        {
            return Some(b as usize);
        }
        self.take_from_bins(n)
    }

    /// Finds the free blocks anew, so that neighbours become runs.
    pub fn rebuild(&mut self, mem: &Memory) {
        self.singles.clear();
        self.bins.iter_mut().for_each(Vec::clear);
        let mut end = mem.frontier;
        while end > 0 {
            let mut start = end;
            while start > 0 && mem.kind(start - 1) <= kind::DIRTY {
                start -= 1;
            }
            if start < end {
                self.add(start, end - start);
            }
            end = start.saturating_sub(1);
        }
    }
}

impl Heap {
    /// Takes `n` neighbouring blocks; their kind is still `FREE` (zero) or `DIRTY`.
    pub(crate) fn take_run(&mut self, n: usize) -> Option<usize> {
        if !self.collecting && self.free.in_use + n > self.free.limit {
            return None;
        }
        let block = self.free.take(n).or_else(|| self.extend(n)).or_else(|| {
            if n == 1 {
                return None;
            }
            self.free.rebuild(&self.mem); // join single blocks
            self.free.take(n)
        })?;
        self.free.in_use += n;
        Some(block)
    }

    fn extend(&mut self, n: usize) -> Option<usize> {
        let block = self.mem.frontier;
        if n > self.mem.blocks - block || !self.mem.commit(block + n) {
            return None;
        }
        self.mem.frontier += n;
        Some(block)
    }

    /// Gives blocks back.
    pub(crate) fn free_run(&mut self, block: usize, n: usize) {
        self.free.in_use -= n;
        if n >= RELEASE_RUN {
            self.mem.release(block, n);
        } else {
            for b in block..block + n {
                self.mem.set_kind(b, kind::DIRTY);
            }
        }
        self.free.add(block, n);
    }

    /// Zeroes the dirty ones of some blocks (up to `bytes` from the start of the first).
    pub(crate) fn clean_run(&mut self, block: usize, bytes: usize) {
        let n = bytes.div_ceil(BLOCK);
        for b in block..block + n {
            if self.mem.kind(b) == kind::DIRTY {
                zero(
                    self.mem.block_addr(b),
                    BLOCK.min(bytes - ((b - block) << LOG_BLOCK)),
                );
            }
        }
    }
}
