//! Checks that every register, constant, name and jump of a code object is in range, so that the
//! interpreter may use unchecked accesses.

use crate::code::{Code, Const, Handler, LocalKind, Position};
use crate::packed::Outline;
use crate::reader::{Body, Raw};
use rivet_spec::opcode::Operand;
use rivet_spec::{Insn, Op};

/// Verifies a code object and those nested in it.
///
/// Every instruction word is a known opcode that the compiler may emit, all operands are in range for
/// what their opcode reads and writes, jumps and handlers lead to instruction words, and execution
/// cannot run off the end.
///
/// # Errors
/// A description of the first violation.
pub fn verify(code: &Code) -> Result<(), String> {
    let outline = Outline {
        name: &code.name,
        qualname: &code.qualname,
        filename: Some(&code.filename),
        first_line: code.first_line,
        argcount: code.argcount,
        posonlyargcount: code.posonlyargcount,
        kwonlyargcount: code.kwonlyargcount,
        flags: code.flags,
        nregs: code.nregs,
        own_attributes: 0,
        nlocals: code.locals.len() as u32,
    };
    Verifier {
        outline: &outline,
        kind: &|i| code.locals.get(i).map(|l| l.kind),
        is_code: &|i| code.consts.get(i).map(|c| matches!(c, Const::Code(_))),
        consts: code.consts.len(),
        names: code.names.len(),
        insns: &code.insns,
        exceptions: &code.exceptions,
        starts: starts(&code.insns)?,
    }
    .run()?;
    if !positions_are_sound(&code.positions, code.insns.len()) {
        return Err("bad position table".to_owned());
    }
    code.consts.iter().try_for_each(verify_const)
}

fn verify_const(c: &Const) -> Result<(), String> {
    match c {
        Const::Code(code) => verify(code),
        Const::Tuple(items) | Const::FrozenSet(items) => items.iter().try_for_each(verify_const),
        _ => Ok(()),
    }
}

/// Verifies a code object that was read, but not those nested in it nor its positions.
pub(crate) fn verify_body(outline: &Outline<'_>, body: &Body<'_>) -> Result<(), String> {
    Verifier {
        outline,
        kind: &|i| body.locals.get(i).map(|l| l.1),
        is_code: &|i| body.consts.get(i).map(|c| matches!(c, Raw::Code(_))),
        consts: body.consts.len(),
        names: body.names.len(),
        insns: &body.insns,
        exceptions: &body.exceptions,
        starts: starts(&body.insns)?,
    }
    .run()
}

/// Whether a table of positions covers `words` words in ascending order.
pub(crate) fn positions_are_sound(table: &[(u32, Position)], words: usize) -> bool {
    table.windows(2).all(|w| w[0].0 < w[1].0)
        && table.first().is_some_and(|p| p.0 == 0)
        && table.last().is_some_and(|p| (p.0 as usize) < words)
}

/// Which words are instructions (the others are caches).
fn starts(insns: &[u64]) -> Result<Vec<bool>, String> {
    let n = insns.len();
    let mut starts = vec![false; n];
    let mut at = 0;
    let mut last = None;
    while at < n {
        let op =
            Op::from_u8(insns[at] as u8).ok_or_else(|| format!("word {at}: no such opcode"))?;
        if op as u8 >= Op::LoadGlobalCached as u8 {
            return Err(format!("word {at}: {} is the interpreter's own", op.name()));
        }
        starts[at] = true;
        last = Some(op);
        let end = at + 1 + op.cache_words();
        if end > n || insns[at + 1..end].iter().any(|&w| w != 0) {
            return Err(format!("word {at}: bad cache words"));
        }
        at = end;
    }
    match last {
        Some(Op::Return | Op::Jump | Op::JumpBack | Op::Raise | Op::Reraise) => Ok(starts),
        _ => Err("execution runs off the end".to_owned()),
    }
}

struct Verifier<'c> {
    outline: &'c Outline<'c>,
    /// The kind of a named register.
    kind: &'c dyn Fn(usize) -> Option<LocalKind>,
    /// Whether a constant is a code object; None if there is no such constant.
    is_code: &'c dyn Fn(usize) -> Option<bool>,
    consts: usize,
    names: usize,
    insns: &'c [u64],
    exceptions: &'c [Handler],
    starts: Vec<bool>,
}

impl Verifier<'_> {
    fn run(&self) -> Result<(), String> {
        self.outline.check()?;
        if self.consts > 0x10000 || self.names > 0x10000 {
            return Err("too many constants or names".to_owned());
        }
        self.instructions()?;
        self.handlers()
    }

    fn reg(&self, at: usize, first: u64, count: u64) -> Result<(), String> {
        if first + count > u64::from(self.outline.nregs) {
            return Err(format!("word {at}: register {first}+{count} out of range"));
        }
        Ok(())
    }

    fn jump(&self, at: usize, op: Op, distance: i64) -> Result<(), String> {
        let target = at as i64 + 1 + op.cache_words() as i64 + distance;
        let ok = usize::try_from(target)
            .ok()
            .and_then(|t| self.starts.get(t))
            .copied()
            .unwrap_or(false);
        if !ok {
            return Err(format!("word {at}: jump to {target}"));
        }
        if target <= at as i64 && op != Op::JumpBack {
            return Err(format!("word {at}: backward jump by {}", op.name()));
        }
        Ok(())
    }

    fn instructions(&self) -> Result<(), String> {
        for at in (0..self.insns.len()).filter(|&i| self.starts[i]) {
            self.instruction(at, Insn(self.insns[at]))?;
        }
        Ok(())
    }

    fn instruction(&self, at: usize, insn: Insn) -> Result<(), String> {
        let op = insn.op();
        let plain = insn.is_plain();
        if !plain {
            for (first, count) in insn.reads().iter().chain(insn.writes().iter()) {
                self.reg(at, u64::from(first), u64::from(count))?;
            }
        }
        let values = [insn.a(), insn.b(), insn.c()];
        for (kind, value) in op.operands().into_iter().zip(values) {
            match kind {
                Operand::None | Operand::Imm | Operand::Base => {}
                Operand::Def | Operand::Use | Operand::UseDef => {
                    if plain {
                        self.reg(at, u64::from(value), 1)?;
                    }
                }
                Operand::Const => self.const_index(at, value)?,
                Operand::Name => self.name_index(at, value)?,
                Operand::Jump16 => self.jump(at, op, i64::from(insn.sc()))?,
                Operand::Jump32 => self.jump(at, op, i64::from(insn.sbc()))?,
            }
        }
        match op {
            Op::CopyFree => self.free_block(at, u64::from(insn.a()), u64::from(insn.b())),
            Op::BuildSlice if !(2..=3).contains(&insn.c()) => Err(format!("word {at}: bad slice")),
            Op::Raise if insn.d() > 2 => Err(format!("word {at}: bad raise")),
            Op::JumpCompare | Op::Compare if insn.d() & 7 > 5 => {
                Err(format!("word {at}: bad comparison"))
            }
            Op::LoadSpecial if insn.b() > 4 => Err(format!("word {at}: no such special value")),
            _ => Ok(()),
        }?;
        self.variables(at, op, insn)
    }

    /// Opcodes that take only named registers of a certain kind.
    fn variables(&self, at: usize, op: Op, insn: Insn) -> Result<(), String> {
        let reg = match op {
            Op::CheckBound | Op::DeleteFast | Op::MakeCell | Op::StoreDeref | Op::DeleteDeref => {
                insn.a()
            }
            Op::LoadDeref | Op::LoadClassDeref => insn.b(),
            _ => return Ok(()),
        };
        let kind = (self.kind)(usize::from(reg));
        let cell = matches!(kind, Some(LocalKind::Cell | LocalKind::Free));
        let ok = match op {
            Op::CheckBound | Op::DeleteFast => kind == Some(LocalKind::Local),
            Op::MakeCell => kind == Some(LocalKind::Cell),
            _ => cell,
        };
        if ok {
            Ok(())
        } else {
            Err(format!("word {at}: {} of register {reg}", op.name()))
        }
    }

    fn free_block(&self, at: usize, first: u64, count: u64) -> Result<(), String> {
        let free = |i: u64| (self.kind)(i as usize) == Some(LocalKind::Free);
        if (first..first + count).all(free) {
            Ok(())
        } else {
            Err(format!("word {at}: bad free variables"))
        }
    }

    fn const_index(&self, at: usize, index: u16) -> Result<(), String> {
        match (self.is_code)(usize::from(index)) {
            Some(true) => Ok(()),
            Some(false) if Insn(self.insns[at]).op() != Op::MakeFunction => Ok(()),
            _ => Err(format!("word {at}: constant {index}")),
        }
    }

    fn name_index(&self, at: usize, index: u16) -> Result<(), String> {
        if usize::from(index) < self.names {
            return Ok(());
        }
        Err(format!("word {at}: name {index}"))
    }

    fn handlers(&self) -> Result<(), String> {
        let n = self.insns.len();
        let mut end = 0;
        for h in self.exceptions {
            if h.start < end || h.start >= h.end || h.end as usize > n {
                return Err(format!("bad exception range {}..{}", h.start, h.end));
            }
            if !self.starts.get(h.target as usize).copied().unwrap_or(false) {
                return Err(format!("handler at {}", h.target));
            }
            self.reg(h.target as usize, u64::from(h.exc), 1)?;
            end = h.end;
        }
        Ok(())
    }
}
