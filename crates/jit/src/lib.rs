//! The compiler: hot loops and functions from bytecode and profile to machine code.
//!
//! The way of a unit: `build` (bytecode to SSA by abstract interpretation, callees inlined) -> `opt` (common
//! subexpressions, loop-invariant motion, dead code) -> `lower` (Cranelift) -> `code` (memory, running, giving up).
//! `feedback` remembers what was guessed wrong. `vm` calls up through hooks that `install` sets.
#![deny(unsafe_code)]

mod build;
#[allow(unsafe_code)]
mod code;
mod feedback;
pub mod hir;
mod lower;
pub mod opt;
mod options;
mod stats;

pub use code::unit::print_stats;
pub use options::{Mode, Options};

/// Makes the compiler known to the interpreter.
///
/// # Errors
/// If this machine is not one the code generator knows; everything is interpreted then.
pub fn install(options: Options) -> Result<(), String> {
    if options.mode == Mode::Off {
        return Ok(());
    }
    code::unit::start(options)?;
    let hooks = rivet_vm::hooks::hooks();
    hooks.compile.set(Some(code::unit::compile));
    hooks.take_compiled.set(Some(code::unit::take_finished));
    hooks.enter_compiled.set(Some(code::unit::enter));
    let (loops, calls) = match options.mode {
        Mode::Eager => (1, 1),
        _ => (63, 31),
    };
    rivet_vm::interp::compiled::set_masks(loops, calls);
    Ok(())
}
