//! Facts that several crates share, each declared once: the instruction set, the binary operators,
//! comparison operators, code flags and signatures of native functions. Data only; this crate knows of no other.
#![forbid(unsafe_code)]

pub mod flags;
pub mod opcode;
pub mod operator;
pub mod registers;
pub mod typed;

pub use opcode::{Insn, Op};
pub use operator::{BinaryOp, CompareOp, UnaryOp};
