//! Machine code: its memory, the functions it calls, and running it. The only part of the compiler with `unsafe`.

mod compile;
mod generate;
pub mod leave;
pub mod memory;
pub mod runtime;
pub mod unit;
mod worker;
