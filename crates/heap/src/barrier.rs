//! The write barrier and the remembered set: which old objects may point at young ones.

use crate::header::{CARDS, Header, Obj, PINNED, UNLOGGED, body, hdr};
use crate::layout::Trace;
use crate::memory::{LOG_CARD, load, store};
use crate::state::{Heap, heap};

/// Stores `value` into `slot`, a body word of `obj`.
///
/// # Safety
/// `obj` is a live object and `slot` lies in its body.
#[inline(always)]
pub unsafe fn write(obj: *mut Header, slot: *mut u64, value: u64) {
    store(slot, value);
    if hdr(obj).has(UNLOGGED) {
        // SAFETY: the caller's promise.
        unsafe { write_slow(obj, slot) };
    }
}

/// The slow path of [`write()`], for compiled code whose inline test of `UNLOGGED` succeeded.
///
/// # Safety
/// As for [`write()`].
#[cold]
#[inline(never)]
pub unsafe extern "C" fn write_slow(obj: *mut Header, slot: *mut u64) {
    let heap = heap();
    if hdr(obj).has(CARDS) {
        let card = heap.mem.card_of(slot as usize);
        *heap.mem.card(card) = 1;
    }
    heap.remember(obj);
}

/// Announces that any word of `obj` may have been stored into (before or after the stores, without an allocation
/// in between).
///
/// # Safety
/// `obj` is a live object.
#[inline(always)]
pub unsafe fn barrier(obj: *mut Header) {
    if hdr(obj).has(UNLOGGED) {
        // SAFETY: the caller's promise.
        unsafe { barrier_slow(obj) };
    }
}

/// The slow path of [`barrier`].
///
/// # Safety
/// `obj` is a live object.
#[cold]
#[inline(never)]
pub unsafe extern "C" fn barrier_slow(obj: *mut Header) {
    heap().remember_all(obj);
}

/// Like [`barrier`] for the `n` words from `slot` on only.
///
/// # Safety
/// `obj` is a live object and the words lie in its body.
#[inline(always)]
pub unsafe fn barrier_range(obj: *mut Header, slot: *mut u64, n: usize) {
    if n > 0 && hdr(obj).has(UNLOGGED) {
        let heap = heap();
        if hdr(obj).has(CARDS) {
            heap.mem.fill_cards(slot as usize, slot as usize + 8 * n, 1);
        }
        heap.remember(obj);
    }
}

impl Heap {
    /// Puts an old object into the remembered set. Card-marked ones stay unlogged, so that each store sets its card.
    fn remember(&mut self, obj: Obj) {
        let h = hdr(obj);
        if !h.has(CARDS) {
            h.clear(UNLOGGED);
        } else if h.has(PINNED) {
            return;
        } else {
            h.set(PINNED);
        }
        self.remembered.push(obj);
    }

    /// Remembers an old object with all its slots.
    pub(crate) fn remember_all(&mut self, obj: Obj) {
        if hdr(obj).has(CARDS) {
            self.mem
                .fill_cards(obj as usize, obj as usize + hdr(obj).size(), 1);
        }
        self.remember(obj);
    }

    /// Switches an object that just became large and old to cards; all are clean.
    pub(crate) fn start_cards(&mut self, obj: Obj) {
        if matches!(self.layouts.get(hdr(obj).layout()), Trace::All) {
            let at = obj as usize;
            self.mem.fill_cards(at, at + hdr(obj).size(), 0);
            hdr(obj).set(CARDS);
        }
    }

    /// Scans one remembered object; it stays remembered while it points at objects that stay young.
    pub(crate) fn scan_remembered(&mut self, obj: Obj) {
        let h = hdr(obj);
        if h.has(CARDS) && matches!(self.layouts.get(h.layout()), Trace::All) {
            h.clear(PINNED);
            if self.scan_cards(obj) {
                self.remember(obj);
            }
            return;
        }
        self.keep_log = false;
        self.minor_scan(obj);
        if self.keep_log {
            self.remembered.push(obj);
        } else {
            h.clear(PINNED);
            h.set(UNLOGGED);
        }
    }

    /// Scans the dirty cards of a large array; true if one stays dirty.
    fn scan_cards(&mut self, obj: Obj) -> bool {
        let from = body(obj) as usize;
        let to = obj as usize + hdr(obj).size();
        let mut stays = false;
        for card in self.mem.card_of(from)..=self.mem.card_of(to - 1) {
            if std::mem::take(self.mem.card(card)) == 0 {
                continue;
            }
            let start = self.mem.base + (card << LOG_CARD);
            self.keep_log = false;
            for at in (start.max(from)..(start + (1 << LOG_CARD)).min(to)).step_by(8) {
                self.minor_slot(at as *mut u64);
            }
            *self.mem.card(card) = u8::from(self.keep_log);
            stays |= self.keep_log;
        }
        stays
    }

    /// Whether a store into `slot` of the old object `obj` is remembered.
    pub(crate) fn is_logged(&mut self, obj: Obj, slot: *mut u64) -> bool {
        let card = self.mem.card_of(slot as usize);
        if hdr(obj).has(CARDS) {
            hdr(obj).has(PINNED) && *self.mem.card(card) != 0
        } else {
            !hdr(obj).has(UNLOGGED)
        }
    }

    /// Reads a slot; a convenience for the checker.
    pub(crate) fn slot(&self, slot: *const u64) -> u64 {
        load(slot)
    }
}
