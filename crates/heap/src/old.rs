//! The old space: blocks of 256-byte lines whose objects do not move, filled hole by hole.

use crate::header::{Obj, hdr};
use crate::memory::{BLOCK, LINE, LINES, LOG_LINE, kind};
use crate::state::Heap;

/// Where promotion and pinned allocation put objects.
pub(crate) struct OldSpace {
    cur: usize,
    lim: usize,
    /// Separate range for objects larger than a line, which may not fit a hole.
    medium_cur: usize,
    medium_lim: usize,
    /// Partly full blocks, found by the last major collection.
    pub recyclable: Vec<u32>,
    hole: Option<(usize, usize)>,
    /// Bytes of old objects (dead ones included until the next major collection).
    pub bytes: usize,
    pub next_major: usize,
}

impl OldSpace {
    pub const fn new() -> Self {
        OldSpace {
            cur: 0,
            lim: 0,
            medium_cur: 0,
            medium_lim: 0,
            recyclable: Vec::new(),
            hole: None,
            bytes: 0,
            next_major: 0,
        }
    }

    /// Forgets all holes, before a major collection finds them anew.
    pub fn reset(&mut self) {
        (self.cur, self.lim, self.medium_cur, self.medium_lim) = (0, 0, 0, 0);
        self.hole = None;
        self.recyclable.clear();
    }
}

impl Heap {
    /// Uninitialised memory in the old space.
    #[inline(always)]
    pub(crate) fn old_alloc(&mut self, size: usize) -> Option<usize> {
        let at = self.old.cur;
        if at + size <= self.old.lim {
            self.old.cur = at + size;
            return Some(at);
        }
        self.old_alloc_slow(size)
    }

    #[cold]
    #[inline(never)]
    fn old_alloc_slow(&mut self, size: usize) -> Option<usize> {
        if size > LINE {
            return self.old_alloc_medium(size);
        }
        if !self.next_hole() {
            let at = self.fresh_old_block()?;
            (self.old.cur, self.old.lim) = (at, at + BLOCK);
        }
        let at = self.old.cur; // a hole is at least a line
        self.old.cur += size;
        Some(at)
    }

    fn old_alloc_medium(&mut self, size: usize) -> Option<usize> {
        if self.old.medium_cur + size > self.old.medium_lim {
            let at = self.fresh_old_block()?;
            (self.old.medium_cur, self.old.medium_lim) = (at, at + BLOCK);
        }
        let at = self.old.medium_cur;
        self.old.medium_cur += size;
        Some(at)
    }

    fn fresh_old_block(&mut self) -> Option<usize> {
        let block = self.take_run(1)?;
        self.mem.set_kind(block, kind::OLD);
        *self.mem.lines(block) = 0;
        Some(self.mem.block_addr(block))
    }

    /// Moves on to the next run of free lines in a recyclable block.
    fn next_hole(&mut self) -> bool {
        loop {
            let (block, line) = match self.old.hole.take() {
                Some(h) => h,
                None => match self.old.recyclable.pop() {
                    Some(b) => (b as usize, 0),
                    None => return false,
                },
            };
            if line >= LINES {
                continue;
            }
            let marks = *self.mem.lines(block);
            let first = line + (!(marks >> line)).trailing_zeros() as usize;
            if first >= LINES {
                continue;
            }
            let end = (first + (marks >> first).trailing_zeros() as usize).min(LINES);
            let at = self.mem.block_addr(block);
            self.old.cur = at + (first << LOG_LINE);
            self.old.lim = at + (end << LOG_LINE);
            self.old.hole = Some((block, end));
            return true;
        }
    }

    /// The old object that the ambiguous word `addr` points into.
    pub(crate) fn resolve_old(&self, addr: usize) -> Option<Obj> {
        let at = self.mem.start_before(addr)?;
        let obj = at as Obj;
        (at + hdr(obj).size() > addr).then_some(obj)
    }
}
