//! The table of everything extensions import, written by the build script: what it names, the linker keeps, and
//! `-rdynamic` exports it.

unsafe extern "C" {
    /// Addresses of everything exported (of unknown number: only its own address is used here).
    static rivet_exports: [*const u8; 1];
}

/// Refers to everything exported, so that the linker cannot drop it.
pub fn keep() {
    std::hint::black_box(&raw const rivet_exports);
}
