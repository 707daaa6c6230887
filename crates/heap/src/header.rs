//! The one-word object header: layout id, size and collector flags.
//!
//! Everything the collector knows about an object starts here; compiled code tests [`UNLOGGED`] in the low byte.

use std::cell::Cell;

use crate::state;

/// Collector flag: the rest of the word is the new address of a moved object (only during a collection).
pub const FORWARDED: u64 = 1;
/// Old object that is not in the remembered set: a store into it must take the barrier's slow path.
pub const UNLOGGED: u64 = 2;
/// Young object that stays in place in this collection. On card-marked large objects: "is in the remembered set".
pub const PINNED: u64 = 4;
/// Young large object reached in this minor collection.
pub const LINE_MARK: u64 = 8;
/// The object has a number in the identity table.
pub const HAS_ID: u64 = 16;
/// The object is linked to a C mirror.
pub const HAS_MIRROR: u64 = 32;
/// The object is in the finalizer list.
pub const FINALIZER: u64 = 64;
/// Old large array whose stores are remembered by 128-word cards.
pub const CARDS: u64 = 128;

/// Size field value of objects whose size is kept in the side table.
pub const HUGE: u64 = 0xFF_FFFF;

/// A pointer to an object: its header, the body words follow.
pub type Obj = *mut Header;

/// Bits 0..8 flags, 8..32 body size in words, 32..64 layout id.
#[repr(C)]
pub struct Header(pub(crate) Cell<u64>);

impl Header {
    /// The layout id (0 = filler).
    #[inline(always)]
    pub fn layout(&self) -> u32 {
        (self.0.get() >> 32) as u32
    }

    /// Changes the layout id in place.
    #[inline(always)]
    pub fn set_layout(&self, layout: u32) {
        self.0
            .set((self.0.get() & 0xFFFF_FFFF) | (u64::from(layout) << 32));
    }

    /// Size of the body in words.
    #[inline(always)]
    pub fn words(&self) -> usize {
        let n = (self.0.get() >> 8) & HUGE;
        if n == HUGE {
            huge_words(self)
        } else {
            n as usize
        }
    }

    /// The flag byte.
    #[inline(always)]
    pub fn flags(&self) -> u64 {
        self.0.get() & 0xFF
    }

    /// Whether any of the flags in `mask` is set.
    #[inline(always)]
    pub fn has(&self, mask: u64) -> bool {
        self.0.get() & mask != 0
    }

    /// Header and body in bytes.
    #[inline(always)]
    pub fn size(&self) -> usize {
        8 + 8 * self.words()
    }

    #[inline(always)]
    pub(crate) fn set(&self, mask: u64) {
        self.0.set(self.0.get() | mask);
    }

    #[inline(always)]
    pub(crate) fn clear(&self, mask: u64) {
        self.0.set(self.0.get() & !mask);
    }
}

/// The header word of a fresh object; compiled code may embed it (not for huge objects).
#[inline(always)]
pub const fn header_word(layout: u32, words: usize) -> u64 {
    let n = if words as u64 >= HUGE {
        HUGE
    } else {
        words as u64
    };
    ((layout as u64) << 32) | (n << 8)
}

/// Address of body word 0.
#[inline(always)]
pub fn body(obj: Obj) -> *mut u64 {
    obj.cast::<u64>().wrapping_add(1)
}

/// The header of an object the collector itself came across.
#[inline(always)]
pub(crate) fn hdr<'a>(obj: Obj) -> &'a Header {
    // SAFETY: callers inside this crate pass only addresses of objects or fillers inside committed heap blocks, and
    // the header is a `Cell`, so shared references to it may coexist.
    unsafe { &*obj }
}

#[cold]
#[inline(never)]
fn huge_words(header: &Header) -> usize {
    state::heap()
        .mem
        .large_words(header as *const Header as usize)
}
