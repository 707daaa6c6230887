//! Machine code: its memory, the functions it calls, and running it. The only part of the compiler with `unsafe`.

pub mod memory;
pub mod runtime;
pub mod unit;
