//! The heap: a mostly-copying, generational collector that is conservative for native stacks and exact in the heap.
//!
//! It knows nothing of Python: a word is a heap reference iff its low three bits are zero and it lies in the
//! reserved range; everything else is ignored. Flow of a collection: `collect` -> `minor` (pin what stacks point at,
//! copy the rest of the living out of the nursery) -> `weak`, `finalize`, `links`, `identity` -> maybe `major` (mark
//! in place, free lines and blocks).
//!
//! Contract: there is one heap per process, and every function here is called with the runtime's global lock held by
//! a thread that [`attach_thread`] knows (the closure of [`parked`] is where the lock may be released). Any
//! allocation may collect; objects that the native stack points at stay in place, all others move. Values must not
//! be kept in malloc'ed memory unless a root visitor shows them. Callbacks that run inside a collection (visitors,
//! trace functions, link operations, drop functions) must not allocate in the heap and must not collect.

mod alloc;
mod barrier;
mod blocks;
mod collect;
mod finalize;
mod header;
mod identity;
mod layout;
mod links;
mod major;
mod memory;
mod minor;
mod old;
mod state;
mod stats;
mod threads;
mod verify;
mod visitor;
mod walk;
mod weak;

pub use alloc::{
    ALLOC, AllocState, MAX_SMALL_WORDS, alloc, alloc_pinned, alloc_slow, alloc_state_ptr,
};
pub use barrier::{barrier, barrier_range, barrier_slow, write, write_slow};
pub use collect::{
    Kind, PENDING, collect, collecting, has_pending, register_layout, set_before_collection,
    set_trace,
};
pub use finalize::{
    drop_all, finalizable_at, finalizable_count, set_drop, take_finalizable, track_drop,
    track_finalizer, untrack_drop,
};
pub use header::{
    CARDS, FINALIZER, FORWARDED, HAS_ID, HAS_MIRROR, HUGE, Header, LINE_MARK, Obj, PINNED,
    UNLOGGED, body, header_word,
};
pub use identity::identity;
pub use layout::Trace;
pub use links::{LinkOps, add_link, for_each_link, remove_link, set_link_ops};
pub use memory::reserve_table;
pub use state::{
    Config, InitError, NoGc, external_bytes, init, set_nursery, set_stress, set_verify,
};
pub use stats::{Stats, stats};
pub use threads::{
    after_fork_child, attach_thread, detach_thread, park, parked, stack_bounds, unpark,
};
pub use verify::verify;
pub use visitor::{
    ConservativeVisitor, Visitor, add_conservative_visitor, add_root, add_root_visitor, remove_root,
};
pub use walk::{
    contains, for_each_object, for_each_reference, is_object_start, is_ref, is_young, may_move,
    range,
};
pub use weak::{take_cleared, track_weak};
