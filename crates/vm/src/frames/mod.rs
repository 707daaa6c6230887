//! Python frames: a stack of control records and a stack of registers per thread. A frame's registers are a
//! window of the register stack; a call's arguments are evaluated where the callee's first registers will
//! be, so they are not copied.

mod regs;
mod stack;

pub use regs::{Pc, Regs};
pub use stack::{Frame, NewFrame, OBJECT_OFFSET, OnReturn, PC_OFFSET, Stack};
