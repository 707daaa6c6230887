//! The CPython 3.11 binary interface: extension modules built against the stock headers are loaded and called.
//! `boundary` is the only room that knows both worlds; the other files each answer for a part of the C API.

// The C API is made of functions that take pointers; their contracts are CPython's.
#![allow(clippy::not_unsafe_ptr_arg_deref)]

pub mod boundary;
pub mod call;
pub mod errors;
pub mod layout;
pub mod loader;
pub mod memory;
pub mod module;
pub mod numbers;
pub mod objects;
pub mod symbols;
pub mod typed;
pub mod types;

use rivet_vm::hooks::hooks;

/// Installs the boundary in the runtime. Once, at start-up.
pub fn install() {
    symbols::keep();
    boundary::links::install();
    hooks().load_extension.set(Some(loader::create_dynamic));
    hooks().exec_extension.set(Some(module::exec));
    hooks().crossing.set(Some(call::CROSSING));
}
