//! The object model and the interpreter of Rivet. Knows of bytecode (`rivet_compile`) and the collector
//! (`rivet_heap`); nothing of the JIT or of C.

pub mod builtins;
pub mod exceptions;
pub mod finalize;
pub mod frames;
pub mod gil;
pub mod hooks;
pub mod import;
pub mod interp;
pub mod object;
pub mod runtime;
pub mod signals;
pub mod siphash;
pub mod text;
pub mod thread;
pub mod types;
pub mod unicode;
mod unicode_numeric;
mod unicode_unassigned;
pub mod value;
