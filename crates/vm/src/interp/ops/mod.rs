//! What the instructions do, by family.

pub mod arith;
pub mod attr;
pub mod build;
pub mod calls;
pub mod control;
pub mod exc;
pub mod generators;
pub mod globals;
pub mod imports;
pub mod iter;
pub mod matching;
