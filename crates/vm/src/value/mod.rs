//! How Python values are represented: the tagged word, typed references into the heap, layouts
//! (hidden classes), and arrays of values that the collector knows.
//!
//! Rule for the whole crate: a `Value` or `Gc` may live on the native stack (it is scanned), in a heap
//! object (traced exactly) or in a registered root; never in `malloc`ed memory.

mod array;
mod gc;
pub mod layout;
mod rvec;
mod word;

pub use array::{Array, ByteArea};
pub use gc::{
    Gc, Payload, Root, Slot, collect_now, heap_objects, heap_referents, heap_referrers,
    is_container,
};
pub use layout::{Kind, LayoutId};
pub use rvec::RVec;
pub use word::Value;
