//! The table of everything extensions import, written by the build script: what it names, the linker keeps, and
//! `-rdynamic` exports it.

/// The address of a function or variable.
pub struct Address(#[allow(dead_code)] *const u8);

// SAFETY: addresses of code and static data.
unsafe impl Sync for Address {}

include!(concat!(env!("OUT_DIR"), "/exports.rs"));

/// Refers to everything exported, so that the linker cannot drop it.
pub fn keep() {
    std::hint::black_box(EXPORTS.as_ptr());
}
