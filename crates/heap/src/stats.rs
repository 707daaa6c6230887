//! Figures about the heap.

use crate::memory::LOG_BLOCK;
use crate::state::heap;

/// Counters since start-up, as returned by [`stats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Minor collections.
    pub minors: u64,
    /// Major collections (each follows a minor one).
    pub majors: u64,
    /// Bytes copied or promoted in place into the old space.
    pub promoted_bytes: u64,
    /// Bytes of old objects: exact after a major collection, an upper bound otherwise.
    pub live_bytes: u64,
    /// Bytes handed out to the allocator.
    pub allocated_bytes: u64,
    /// Bytes of blocks in use.
    pub used_bytes: u64,
    /// Objects pinned by ambiguous words.
    pub pinned_objects: u64,
    /// Sum of all pauses.
    pub pause_total_ns: u64,
    /// Longest pause.
    pub pause_max_ns: u64,
    /// Last pause.
    pub pause_last_ns: u64,
}

impl Stats {
    pub(crate) const fn new() -> Self {
        Stats {
            minors: 0,
            majors: 0,
            promoted_bytes: 0,
            live_bytes: 0,
            allocated_bytes: 0,
            used_bytes: 0,
            pinned_objects: 0,
            pause_total_ns: 0,
            pause_max_ns: 0,
            pause_last_ns: 0,
        }
    }

    pub(crate) fn pause(&mut self, ns: u64) {
        self.pause_total_ns += ns;
        self.pause_max_ns = self.pause_max_ns.max(ns);
        self.pause_last_ns = ns;
    }
}

/// The counters.
pub fn stats() -> Stats {
    let h = heap();
    Stats {
        live_bytes: h.old.bytes as u64,
        used_bytes: (h.free.in_use as u64) << LOG_BLOCK,
        ..h.stats
    }
}
