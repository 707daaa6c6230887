//! Minor collections: pin what ambiguous words point at, copy the other reachable young objects into the old space.

use crate::collect::Kind;
use crate::header::{FORWARDED, LINE_MARK, Obj, PINNED, UNLOGGED, hdr};
use crate::layout::{Trace, each_slot};
use crate::memory::{BLOCK, kind, load, store};
use crate::state::Heap;
use crate::visitor::{Mode, Visitor};

/// A block that is kept because of pins this many times in a row becomes an old block.
const PROMOTE_AGE: u8 = 3;
/// Smaller gaps between pinned objects are not allocated into.
const MIN_GAP: usize = 256;

impl Heap {
    pub(crate) fn minor(&mut self) {
        self.stats.minors += 1;
        let promoted = self.stats.promoted_bytes;
        self.pin_ambiguous();
        let first_late_pin = self.nursery.pinned.len();
        self.minor_roots();
        self.drain_minor();
        self.settle(Kind::Minor);
        if self.nursery.pinned.len() > first_late_pin {
            self.nursery.pinned.sort_unstable();
        }
        self.release_young_large();
        self.release_nursery();
        self.nursery.reset_budget();
        self.old.bytes += (self.stats.promoted_bytes - promoted) as usize;
    }

    fn pin_ambiguous(&mut self) {
        self.nursery.pinned.clear();
        self.nursery.candidates.clear();
        self.scan_ambiguous(Mode::Minor);
        let mut candidates = std::mem::take(&mut self.nursery.candidates);
        candidates.sort_unstable();
        let mut rest = &candidates[..];
        while let Some(&first) = rest.first() {
            let end = (first & !(BLOCK - 1)) + BLOCK;
            let (in_block, others) = rest.split_at(rest.partition_point(|&c| c < end));
            self.pin_in_block(end - BLOCK, in_block);
            rest = others;
        }
        self.nursery.candidates = candidates;
        self.stats.pinned_objects += self.nursery.pinned.len() as u64;
    }

    /// Walks a nursery block to find the objects that contain the (sorted) addresses.
    fn pin_in_block(&mut self, block: usize, addrs: &[usize]) {
        let (mut at, mut i) = (block, 0);
        while i < addrs.len() {
            let h = hdr(at as Obj);
            let end = at + h.size();
            if addrs[i] < end {
                if h.layout() != 0 {
                    h.set(PINNED);
                    self.nursery.pinned.push(at as Obj);
                }
                while i < addrs.len() && addrs[i] < end {
                    i += 1;
                }
            }
            at = end;
        }
    }

    fn minor_roots(&mut self) {
        self.visit_roots(Mode::Minor);
        self.visit_link_roots(Kind::Minor);
        for i in 0..self.nursery.pinned.len() {
            let obj = self.nursery.pinned[i];
            self.minor_scan(obj);
        }
        let mut remembered = std::mem::take(&mut self.remembered);
        for &obj in &remembered {
            self.scan_remembered(obj);
        }
        if self.remembered.is_empty() {
            remembered.clear();
            self.remembered = remembered; // keep the capacity
        }
    }

    /// Handles one slot: copies the young object it refers to, or follows the copy.
    #[inline(always)]
    pub(crate) fn minor_slot(&mut self, slot: *mut u64) {
        let w = load(slot);
        if !self.mem.is_ref(w) {
            return;
        }
        match self.mem.kind_at(w as usize) {
            kind::NURSERY => self.minor_nursery_slot(slot, w as Obj),
            kind::LARGE_YOUNG if !hdr(w as Obj).has(LINE_MARK) => {
                hdr(w as Obj).set(LINE_MARK);
                self.gray.push(w as Obj);
            }
            _ => {}
        }
    }

    #[inline(always)]
    fn minor_nursery_slot(&mut self, slot: *mut u64, obj: Obj) {
        let h = hdr(obj);
        if h.has(FORWARDED) {
            store(slot, h.0.get() & !FORWARDED);
        } else if h.has(PINNED) {
            self.keep_log = true;
        } else {
            match self.promote(obj) {
                Some(new) => store(slot, new as u64),
                None => self.pin_late(obj),
            }
        }
    }

    /// Copies a young object into the old space and leaves its new address behind.
    #[inline(always)]
    fn promote(&mut self, obj: Obj) -> Option<Obj> {
        let h = hdr(obj);
        let size = h.size();
        let at = self.old_alloc(size)?;
        let (from, to) = (obj.cast::<u64>(), at as *mut u64);
        store(to, h.0.get() | UNLOGGED);
        for i in 1..size / 8 {
            store(to.wrapping_add(i), load(from.wrapping_add(i)));
        }
        let leaf = matches!(self.layouts.get(h.layout()), Trace::Leaf);
        h.0.set(at as u64 | FORWARDED);
        self.mem.set_start(at);
        self.stats.promoted_bytes += size as u64;
        if !leaf {
            self.gray.push(at as Obj);
        }
        Some(at as Obj)
    }

    /// No memory to copy to: the object stays where it is.
    #[cold]
    fn pin_late(&mut self, obj: Obj) {
        hdr(obj).set(PINNED);
        self.keep_log = true;
        self.nursery.pinned.push(obj);
        self.gray.push(obj);
    }

    #[inline(always)]
    pub(crate) fn minor_scan(&mut self, obj: Obj) {
        each_slot(
            self,
            obj,
            |heap, slot| heap.minor_slot(slot),
            // SAFETY: the function was registered for objects of this layout.
            |heap, trace| unsafe {
                trace(
                    obj,
                    &mut Visitor {
                        heap,
                        mode: Mode::Minor,
                    },
                )
            },
        );
    }

    /// Scans copied and large objects until nothing new turns up.
    pub(crate) fn drain_minor(&mut self) {
        while let Some(obj) = self.gray.pop() {
            self.keep_log = false;
            self.minor_scan(obj);
            if hdr(obj).has(LINE_MARK) {
                self.age_large(obj);
            } else if self.keep_log && !self.in_nursery(obj) {
                hdr(obj).clear(UNLOGGED);
                self.remembered.push(obj);
            }
        }
    }

    /// A reached large object is about to become old: it gets the barrier, and cards if it is an array.
    fn age_large(&mut self, obj: Obj) {
        hdr(obj).set(UNLOGGED);
        self.start_cards(obj);
        if self.keep_log {
            self.remember_all(obj);
        }
    }

    fn release_young_large(&mut self) {
        for at in std::mem::take(&mut self.large_young) {
            let (block, n) = (self.mem.block_of(at), self.mem.large_blocks(at));
            let h = hdr(at as Obj);
            if !h.has(LINE_MARK) {
                self.free_run(block, n);
                continue;
            }
            h.clear(LINE_MARK);
            for b in block..block + n {
                self.mem.set_kind(b, kind::LARGE_OLD);
            }
            self.mem.set_start(at);
            self.old.bytes += h.size();
            self.large_old.push(at);
        }
    }

    fn release_nursery(&mut self) {
        self.nursery.gaps.clear();
        let pinned = std::mem::take(&mut self.nursery.pinned);
        let blocks = std::mem::take(&mut self.nursery.blocks);
        let mut hit: Vec<(usize, &[Obj])> = Vec::new();
        let mut rest = &pinned[..];
        while let Some(&first) = rest.first() {
            let block = self.mem.block_of(first as usize);
            let end = self.mem.block_addr(block) + BLOCK;
            let (here, others) = rest.split_at(rest.partition_point(|&o| (o as usize) < end));
            hit.push((block, here));
            rest = others;
        }
        for b in blocks.into_iter().rev() {
            if hit.binary_search_by_key(&(b as usize), |h| h.0).is_err() {
                self.free_run(b as usize, 1);
            }
        }
        let mut kept = Vec::new();
        for (block, objects) in hit {
            let age = self.mem.age(block);
            *age += 1;
            if *age >= PROMOTE_AGE {
                self.promote_block(block, objects);
            } else {
                self.keep_block(block, objects);
                kept.extend_from_slice(objects);
            }
        }
        self.nursery.pinned = kept;
    }

    /// Turns a block whose objects stay pinned into an old block.
    fn promote_block(&mut self, block: usize, objects: &[Obj]) {
        self.mem.set_kind(block, kind::OLD);
        *self.mem.age(block) = 0;
        *self.mem.lines(block) = 0;
        for &obj in objects {
            let size = hdr(obj).size();
            hdr(obj).clear(PINNED);
            self.mem.set_start(obj as usize);
            self.mem.mark_lines(obj as usize, size);
            self.stats.promoted_bytes += size as u64;
            self.remembered.push(obj);
        }
        self.old.recyclable.push(block as u32);
    }

    /// Leaves pinned objects in place and turns the space between them into gaps.
    fn keep_block(&mut self, block: usize, objects: &[Obj]) {
        let mut at = self.mem.block_addr(block);
        let end = at + BLOCK;
        for &obj in objects {
            hdr(obj).clear(PINNED);
            self.add_gap(at, obj as usize);
            at = obj as usize + hdr(obj).size();
        }
        self.add_gap(at, end);
        self.nursery.blocks.push(block as u32);
    }

    fn add_gap(&mut self, from: usize, to: usize) {
        crate::alloc::put_filler(from, to);
        if to - from >= MIN_GAP {
            self.nursery.gaps.push((from, to));
        }
    }
}
