//! Major collections: mark everything in place, then rebuild line marks and free blocks. Runs right after a minor
//! one, so the nursery holds pinned objects only.

use crate::collect::Kind;
use crate::header::{Obj, hdr};
use crate::layout::each_slot;
use crate::memory::{LOG_BLOCK, kind, load, prefetch};
use crate::state::Heap;
use crate::visitor::{Mode, Visitor};

/// Objects between being popped and being scanned, so that their headers are in the cache by then.
const PREFETCH: usize = 16;

impl Heap {
    pub(crate) fn major(&mut self) {
        self.stats.majors += 1;
        self.mem.clear_marks();
        self.old.reset();
        self.old.bytes = 0;
        for i in 0..self.nursery.pinned.len() {
            self.mark_object(self.nursery.pinned[i]);
        }
        self.scan_ambiguous(Mode::Major);
        self.visit_roots(Mode::Major);
        self.index_links();
        self.visit_link_roots(Kind::Major);
        self.drain_marks();
        self.settle(Kind::Major);
        self.forget_dead_remembered();
        self.sweep_large();
        self.sweep_blocks();
        self.forget_pinned_marks();
        self.mem.marks_to_starts();
        self.set_major_trigger(self.old.bytes);
    }

    #[inline(always)]
    pub(crate) fn mark_object(&mut self, obj: Obj) {
        if self.mem.mark(obj as usize) {
            self.gray.push(obj);
        }
    }

    #[inline(always)]
    pub(crate) fn mark_slot(&mut self, slot: *mut u64) {
        let w = load(slot);
        if self.mem.is_ref(w) {
            self.mark_object(w as Obj);
        }
    }

    /// Marks until nothing new turns up; a small queue in front of the stack gives prefetches time.
    pub(crate) fn drain_marks(&mut self) {
        let mut queue = [std::ptr::null_mut::<crate::Header>(); PREFETCH];
        let (mut i, mut queued) = (0, 0);
        loop {
            let next = self.gray.pop().unwrap_or(std::ptr::null_mut());
            if !next.is_null() {
                prefetch(next as usize);
                queued += 1;
            } else if queued == 0 {
                return;
            }
            let obj = std::mem::replace(&mut queue[i], next);
            i = (i + 1) % PREFETCH;
            if !obj.is_null() {
                queued -= 1;
                self.mark_scan(obj);
            }
        }
    }

    #[inline(always)]
    fn mark_scan(&mut self, obj: Obj) {
        let h = hdr(obj);
        let size = h.size();
        self.old.bytes += size;
        if size <= 8 + 8 * crate::MAX_SMALL_WORDS {
            self.mem.mark_lines(obj as usize, size);
        }
        if h.has(crate::HAS_MIRROR) {
            self.trace_link_of(obj);
        }
        each_slot(
            self,
            obj,
            |heap, slot| heap.mark_slot(slot),
            // SAFETY: the function was registered for objects of this layout.
            |heap, trace| unsafe {
                trace(
                    obj,
                    &mut Visitor {
                        heap,
                        mode: Mode::Major,
                    },
                )
            },
        );
    }

    fn forget_dead_remembered(&mut self) {
        let mut remembered = std::mem::take(&mut self.remembered);
        remembered.retain(|&o| self.mem.is_marked(o as usize));
        self.remembered = remembered;
    }

    fn sweep_large(&mut self) {
        for at in std::mem::take(&mut self.large_old) {
            if self.mem.is_marked(at) {
                self.large_old.push(at);
            } else {
                self.free_run(self.mem.block_of(at), self.mem.large_blocks(at));
            }
        }
    }

    /// Frees empty old blocks, notes partly empty ones, gives what is not needed soon back to the kernel.
    fn sweep_blocks(&mut self) {
        for block in 0..self.mem.frontier {
            if self.mem.kind(block) != kind::OLD {
                continue;
            }
            match *self.mem.lines(block) {
                0 => {
                    self.mem.set_kind(block, kind::DIRTY);
                    self.free.in_use -= 1;
                }
                u128::MAX => {}
                _ => self.old.recyclable.push(block as u32),
            }
        }
        self.release_surplus();
        self.free.rebuild(&self.mem);
    }

    fn release_surplus(&mut self) {
        let mut keep = (self.old.bytes / 2 + self.nursery.size) >> LOG_BLOCK;
        let mut block = 0;
        while block < self.mem.frontier {
            let start = block;
            while block < self.mem.frontier && self.mem.kind(block) == kind::DIRTY {
                block += 1;
            }
            let n = block - start;
            if n > keep {
                self.mem.release(start + keep, n - keep);
            }
            keep -= n.min(keep);
            block += usize::from(n == 0);
        }
    }

    /// Young objects have neither start bits nor line marks.
    fn forget_pinned_marks(&mut self) {
        for i in 0..self.nursery.pinned.len() {
            let at = self.nursery.pinned[i] as usize;
            let size = hdr(at as Obj).size();
            self.mem.unmark(at);
            self.old.bytes -= size;
            let block = self.mem.block_of(at);
            *self.mem.lines(block) = 0;
        }
    }
}
