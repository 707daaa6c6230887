//! Which registers an instruction reads and writes: the one place that knows what `Operand::Base` stands for.

use crate::opcode::{Insn, Op, Operand};

/// Blocks of registers, each as (first, count).
#[derive(Clone, Copy, Debug, Default)]
pub struct Blocks {
    blocks: [(u16, u32); 3],
    len: u8,
}

impl Blocks {
    fn push(&mut self, first: u16, count: u32) {
        self.blocks[usize::from(self.len)] = (first, count);
        self.len += 1;
    }

    /// A window whose receiver slot may hold anything.
    fn push_call(&mut self, window: u16, receiver: bool, count: u32) {
        self.push(window, 1 + u32::from(receiver));
        self.push(window.saturating_add(2), count);
    }

    /// The blocks.
    pub fn iter(&self) -> impl Iterator<Item = (u16, u32)> + '_ {
        self.blocks[..usize::from(self.len)].iter().copied()
    }

    /// The registers, one by one.
    pub fn registers(&self) -> impl Iterator<Item = u32> + '_ {
        self.iter()
            .flat_map(|(first, count)| u32::from(first)..u32::from(first) + count)
    }
}

/// Whether an opcode touches single registers only, all of them whatever its flags.
const fn is_plain(op: Op) -> bool {
    if matches!(op, Op::Raise | Op::FormatValue | Op::ListExtend) {
        return false;
    }
    let [a, b, c] = op.operands();
    !matches!(a, Operand::Base) && !matches!(b, Operand::Base) && !matches!(c, Operand::Base)
}

/// `is_plain` by opcode.
static PLAIN: [bool; Op::COUNT] = {
    let mut table = [false; Op::COUNT];
    let mut i = 0;
    while i < Op::COUNT {
        table[i] = is_plain(Op::ALL[i]);
        i += 1;
    }
    table
};

impl Insn {
    /// Whether each register operand is a single register that the instruction touches: then the operands say it all.
    #[inline]
    pub fn is_plain(self) -> bool {
        PLAIN[usize::from(self.op_byte())]
    }

    /// The registers the instruction reads. What a call puts into its window's receiver slot itself is the first register
    /// of the frame it enters.
    pub fn reads(self) -> Blocks {
        let mut out = self.operands_of(&[Operand::Use, Operand::UseDef]);
        let (a, b, c) = (self.a(), self.b(), self.c());
        let (nb, nc) = (u32::from(b), u32::from(c));
        match self.op() {
            Op::BuildTuple | Op::BuildList | Op::BuildSet | Op::BuildString | Op::BuildSlice => {
                out.push(b, nc);
            }
            Op::BuildMap => out.push(b, 2 * nc),
            Op::BuildConstKeyMap => out.push(b, nc + 1),
            Op::CallMethod => out.push(a, nb + 2),
            Op::Call => out.push_call(a, false, nb),
            Op::CallKw => out.push_call(a, self.d() & 1 != 0, nb + 1),
            Op::CallEx => out.push_call(a, self.d() & 1 != 0, 2),
            Op::MakeFunction => out.push(c, (self.d() & 15).count_ones()),
            _ => {}
        }
        out
    }

    /// The registers the instruction writes, if it comes to its end.
    pub fn writes(self) -> Blocks {
        let mut out = self.operands_of(&[Operand::Def, Operand::UseDef]);
        let (a, b, c) = (self.a(), u32::from(self.b()), u32::from(self.c()));
        match self.op() {
            Op::CopyFree => out.push(a, b),
            Op::LoadMethod | Op::LoadMethodCached | Op::LoadMethodModule => out.push(a, 2),
            Op::UnpackSequence => out.push(a, c),
            Op::UnpackEx => out.push(a, (c & 255) + (c >> 8) + 1),
            _ => {}
        }
        out
    }

    /// The single registers of these kinds, those left out that count only by a flag which is not set.
    fn operands_of(self, kinds: &[Operand]) -> Blocks {
        let mut out = Blocks::default();
        let unused = match self.op() {
            Op::Raise if self.d() == 0 => [true, true, false],
            Op::Raise if self.d() == 1 => [false, true, false],
            Op::FormatValue if self.d() & 4 == 0 => [false, false, true],
            Op::ListExtend if self.d() & 1 == 0 => [false, false, true],
            _ => [false; 3],
        };
        let registers = [self.a(), self.b(), self.c()];
        let operands = self.op().operands().into_iter().zip(registers);
        for ((kind, register), unused) in operands.zip(unused) {
            if kinds.contains(&kind) && !unused {
                out.push(register, 1);
            }
        }
        out
    }
}
