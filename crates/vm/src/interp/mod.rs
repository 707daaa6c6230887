//! The interpreter: one loop over register bytecode. Calls of Python functions from Python stay in the loop;
//! calls from Rust enter it anew. What the arms do is in `ops`, by opcode family.

mod call;
pub mod compiled;
mod dispatch;
pub mod ops;
pub mod tracing;
mod unwind;

pub use call::{call_function, resume, run_code};

use rivet_spec::{Insn, Op};

use crate::frames::Pc;
use crate::types::code::Code;
use crate::value::{Gc, Value};

/// How a suspended (or new) frame goes on.
#[derive(Clone, Copy)]
pub enum Input {
    /// At its saved position.
    Start,
    /// Behind a `Yield`, whose result is this value.
    Send(Value),
    /// By raising this exception at the `Yield`.
    Throw(Value),
    /// By raising the pending exception at the saved position.
    Raised,
}

/// Where a `yield from` goes on when its sub-iterator has returned.
pub struct DelegationExit {
    /// Register of the value.
    pub register: u16,
    /// Position.
    pub pc: Pc,
}

/// For a frame suspended behind the `Yield` of a `Send` loop: the exit of the `Send`.
pub fn delegation_exit(code: Gc<Code>, pc: Pc) -> Option<DelegationExit> {
    let mut at = pc;
    let jump = at.fetch();
    let target = match jump.op() {
        Op::JumpBack | Op::JumpBackJit | Op::Jump => {
            at.offset((jump.op().cache_words() as i32 + jump.sbc()) as isize)
        }
        _ => return None,
    };
    let mut at = target;
    let mut insn = at.fetch();
    // The loop may begin with a check for signals.
    while matches!(insn.op(), Op::Nop | Op::Resume) {
        insn = at.fetch();
    }
    let _ = code;
    (insn.op() == Op::Send).then(|| DelegationExit {
        register: insn.a(),
        pc: at.offset(insn.sc() as isize),
    })
}

/// The jump target of an instruction with a 32-bit distance.
#[inline(always)]
fn jump32(pc: Pc, insn: Insn, caches: isize) -> Pc {
    pc.offset(caches + insn.sbc() as isize)
}

/// The jump target of an instruction with a 16-bit distance.
#[inline(always)]
fn jump16(pc: Pc, insn: Insn, caches: isize) -> Pc {
    pc.offset(caches + insn.sc() as isize)
}
