//! Walks over the heap and questions about addresses.

use crate::header::{Header, Obj, hdr};
use crate::layout::each_slot;
use crate::memory::{BLOCK, kind, load};
use crate::state::{Heap, heap};
use crate::visitor::{Mode, Visitor};

/// Whether `ptr` points into the heap's address range.
pub fn contains(ptr: *const u8) -> bool {
    (ptr as usize).wrapping_sub(heap().mem.base) < heap().mem.len8 << 3
}

/// Base and size of the heap's address range (fixed after `init`), for compiled code.
pub fn range() -> (usize, usize) {
    (heap().mem.base, heap().mem.len8 << 3)
}

/// Whether a word is a heap reference.
#[inline]
pub fn is_ref(word: u64) -> bool {
    heap().mem.is_ref(word)
}

/// Whether a collection may move the object.
pub fn may_move(obj: *mut Header) -> bool {
    heap().in_nursery(obj)
}

/// Whether the object is young (it may move in the next collection, unless it is large or pinned).
pub fn is_young(obj: *mut Header) -> bool {
    heap().is_young(obj)
}

/// Whether `ptr` is the address of an object that has not been collected.
pub fn is_object_start(ptr: *const u8) -> bool {
    heap().is_object(ptr as usize)
}

/// Calls `f` for every object that has not been collected. `f` must not allocate.
pub fn for_each_object(mut f: impl FnMut(*mut Header)) {
    heap().walk(&mut f);
}

/// Calls `f` for every object that `obj` refers to (weak references excluded). `f` must not allocate.
pub fn for_each_reference(obj: *mut Header, mut f: impl FnMut(*mut Header)) {
    let h = heap();
    let slots = h.slots_of(obj);
    for &slot in &slots {
        let w = load(slot);
        if h.mem.is_ref(w) {
            f(w as Obj);
        }
    }
}

impl Heap {
    pub(crate) fn is_young(&self, obj: Obj) -> bool {
        matches!(
            self.mem.kind_at(obj as usize),
            kind::NURSERY | kind::LARGE_YOUNG
        )
    }

    /// All strong slots of an object.
    pub(crate) fn slots_of(&mut self, obj: Obj) -> Vec<*mut u64> {
        self.found.clear();
        each_slot(
            self,
            obj,
            |heap, slot| heap.found.push(slot),
            // SAFETY: the function was registered for objects of this layout.
            |heap, trace| unsafe {
                trace(
                    obj,
                    &mut Visitor {
                        heap,
                        mode: Mode::Collect,
                    },
                )
            },
        );
        std::mem::take(&mut self.found)
    }

    pub(crate) fn is_object(&self, at: usize) -> bool {
        if !self.mem.is_ref(at as u64) || !self.mem.in_used(at) {
            return false;
        }
        match self.mem.kind_at(at) {
            kind::OLD | kind::LARGE_OLD => self.mem.is_start(at),
            kind::LARGE_YOUNG => self.mem.large_head(at) == at,
            kind::NURSERY => {
                let mut found = false;
                self.walk_young_block(at & !(BLOCK - 1), &mut |o| found |= o as usize == at);
                found
            }
            _ => false,
        }
    }

    pub(crate) fn walk_young_block(&self, block: usize, f: &mut dyn FnMut(Obj)) {
        let mut at = block;
        while at < block + BLOCK {
            let h = hdr(at as Obj);
            let size = h.size();
            if h.layout() != 0 {
                f(at as Obj);
            }
            at += size;
        }
    }

    pub(crate) fn walk(&self, f: &mut dyn FnMut(Obj)) {
        for block in 0..self.mem.frontier {
            match self.mem.kind(block) {
                kind::NURSERY => self.walk_young_block(self.mem.block_addr(block), f),
                kind::OLD | kind::LARGE_OLD => self.walk_starts(block, f),
                kind::LARGE_YOUNG => {
                    let at = self.mem.block_addr(block);
                    if self.mem.large_head(at) == at {
                        f(at as Obj);
                    }
                }
                _ => {}
            }
        }
    }

    fn walk_starts(&self, block: usize, f: &mut dyn FnMut(Obj)) {
        for i in 0..BLOCK / 512 {
            let mut bits = self.mem.start_word(block, i);
            while bits != 0 {
                let word = i * 64 + bits.trailing_zeros() as usize;
                f((self.mem.block_addr(block) + 8 * word) as Obj);
                bits &= bits - 1;
            }
        }
    }
}
