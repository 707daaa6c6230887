//! What every object has: types and their slots, attributes, the protocols (`abstract` operations), calls.

pub mod args;
pub mod attr;
pub mod build;
pub mod call;
pub mod guard;
pub mod instance;
pub mod lookup;
pub mod member;
pub mod native;
pub mod number;
pub mod protocol;
pub mod slots;
pub mod spec;
mod type_object;
mod wrappers;

/// What descriptors need of the slot wrappers.
pub mod wrappers_pub {
    pub use super::wrappers::wrap_function;
}

pub use args::{Bound, Signature};
pub use native::Native;
pub use slots::{SlotId, Slots};
pub use spec::{GetSet, Method, TypeSpec};
pub use type_object::{Type, TypeFlags};
