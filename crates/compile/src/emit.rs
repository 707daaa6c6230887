//! The assembler: a list of instructions with virtual registers, labels and handlers, which
//! [`Asm::finish`] turns into the words, exception table and position table of a [`Code`].
//!
//! Virtual registers: below [`TEMP`] the number of a named variable in the order in which the compiler
//! met them; from [`TEMP`] up temporaries. The final numbering is made when the unit is complete.

use crate::code::{Code, CompileError, Handler, Local, LocalKind, Position};
use crate::errors::too_large;
use rivet_spec::opcode::Operand;
use rivet_spec::{Insn, Op};

/// A virtual register.
pub(crate) type Reg = u32;
/// First temporary.
pub(crate) const TEMP: Reg = 1 << 24;
/// "No label", "no handler".
pub(crate) const NONE: u32 = u32::MAX;

/// A jump target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(pub(crate) u32);

/// An instruction before layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ins {
    pub(crate) op: Op,
    pub(crate) d: u8,
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) c: u32,
    pub(crate) label: u32,
    pub(crate) handler: u32,
    pub(crate) pos: Position,
}

/// Where exceptions go, and in which register.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HandlerInfo {
    pub(crate) target: Label,
    pub(crate) exc: Reg,
}

/// The code under construction.
#[derive(Debug, Default)]
pub(crate) struct Asm {
    pub(crate) code: Vec<Ins>,
    /// Instruction index of each label, `NONE` while unplaced.
    pub(crate) labels: Vec<u32>,
    pub(crate) handlers: Vec<HandlerInfo>,
    /// Where the `return None` begins that the source does not show.
    pub(crate) implicit_return: Option<Label>,
}

impl Ins {
    /// Whether control never goes on to the next instruction.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(
            self.op,
            Op::Jump | Op::JumpBack | Op::Return | Op::Reraise | Op::Raise
        )
    }

    /// The register the instruction writes, if it is a single one.
    pub(crate) fn defs(&self) -> [Option<Reg>; 2] {
        let [a, b, c] = self.op.operands();
        let mut out = [None, None];
        let mut n = 0;
        for (kind, reg) in [(a, self.a), (b, self.b), (c, self.c)] {
            if matches!(kind, Operand::Def | Operand::UseDef) && n < 2 {
                out[n] = Some(reg);
                n += 1;
            }
        }
        out
    }

    /// Whether the instruction can be long in reach by itself.
    fn has_short_jump(&self) -> bool {
        matches!(
            self.op,
            Op::JumpCompare | Op::JumpIs | Op::ForIter | Op::Send
        )
    }
}

impl Asm {
    pub(crate) fn new_label(&mut self) -> Label {
        self.labels.push(NONE);
        Label(self.labels.len() as u32 - 1)
    }

    pub(crate) fn place(&mut self, label: Label) {
        self.labels[label.0 as usize] = self.code.len() as u32;
    }

    pub(crate) fn new_handler(&mut self, target: Label, exc: Reg) -> u32 {
        self.handlers.push(HandlerInfo { target, exc });
        self.handlers.len() as u32 - 1
    }

    /// Index of the instruction a label stands before.
    pub(crate) fn target(&self, label: u32) -> usize {
        self.labels[label as usize] as usize
    }

    /// Deletes the instructions for which `keep` is false; labels move to the next kept one.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        let mut map = Vec::with_capacity(self.code.len() + 1);
        let mut kept = 0u32;
        for &k in keep {
            map.push(kept);
            kept += u32::from(k);
        }
        map.push(kept);
        let mut i = 0;
        self.code.retain(|_| {
            i += 1;
            keep[i - 1]
        });
        for label in &mut self.labels {
            if *label != NONE {
                *label = map[*label as usize];
            }
        }
    }

    /// Which instructions can be reached.
    fn reachable(&self) -> Vec<bool> {
        let mut seen = vec![false; self.code.len()];
        let mut handler_seen = vec![false; self.handlers.len()];
        let mut work = vec![0usize];
        while let Some(mut i) = work.pop() {
            while i < self.code.len() && !seen[i] {
                seen[i] = true;
                let ins = &self.code[i];
                if ins.handler != NONE && !handler_seen[ins.handler as usize] {
                    handler_seen[ins.handler as usize] = true;
                    work.push(self.target(self.handlers[ins.handler as usize].target.0));
                }
                if ins.label != NONE {
                    work.push(self.target(ins.label));
                }
                if ins.is_terminal() {
                    break;
                }
                i += 1;
            }
        }
        seen
    }

    fn drop_unreachable(&mut self) {
        let keep = self.reachable();
        if keep.contains(&false) {
            self.retain(&keep);
        }
    }

    /// Jumps to jumps go to the final target (never through a backward jump).
    fn thread_jumps(&mut self) {
        for i in 0..self.code.len() {
            if self.code[i].label == NONE || self.code[i].op == Op::JumpBack {
                continue;
            }
            for _ in 0..16 {
                let t = self.target(self.code[i].label);
                let Some(next) = self.code.get(t) else { break };
                let same_line = next.pos.line == 0 || next.pos.line == self.code[i].pos.line;
                if self.code[i].op == Op::Jump
                    && next.op == Op::JumpBack
                    && self.target(next.label) <= i
                {
                    // A plain jump to a backward jump is that backward jump, if no handler differs.
                    if same_line && next.handler == self.code[i].handler {
                        self.code[i].label = next.label;
                        self.code[i].op = Op::JumpBack;
                    }
                    break;
                }
                let forward = next.op == Op::Jump && self.target(next.label) > i;
                if !(forward && same_line) || next.label == self.code[i].label {
                    break;
                }
                self.code[i].label = next.label;
            }
        }
    }

    /// Removes jumps to the next instruction and no-operations that stand for no line of their own.
    fn drop_useless(&mut self) {
        let mut keep = vec![true; self.code.len()];
        let mut last_line = 0;
        for (i, keep) in keep.iter_mut().enumerate() {
            let ins = self.code[i];
            let next = self.code.get(i + 1);
            let own_line = ins.pos.line != 0
                && ins.pos.line != last_line
                && next.is_none_or(|n| n.pos.line != ins.pos.line);
            *keep = match ins.op {
                Op::Jump => self.target(ins.label) != i + 1 || own_line,
                Op::Nop => own_line,
                _ => true,
            };
            if ins.pos.line != 0 {
                last_line = ins.pos.line;
            }
        }
        if keep.contains(&false) {
            self.retain(&keep);
        }
        for i in 0..self.code.len() {
            if self.code[i].op == Op::Jump && self.target(self.code[i].label) == i + 1 {
                self.code[i].op = Op::Nop;
                self.code[i].label = NONE;
            }
        }
    }

    /// Optimises, lays out and encodes.
    pub(crate) fn finish(
        &mut self,
        code: &mut Code,
        named: Named,
        ntemps: u32,
    ) -> Result<(), CompileError> {
        self.drop_unreachable();
        crate::definedness::remove_checks(self, &named.locals, named.nparams);
        self.thread_jumps();
        self.drop_unreachable();
        self.place_implicit_return();
        self.drop_useless();
        let (order, sorted) = final_order(&named);
        let named = sorted.len() as u32;
        code.locals = sorted;
        code.nregs = (named + ntemps).max(1);
        if code.nregs > u32::from(u16::MAX) {
            return Err(too_large("too many local variables or temporaries"));
        }
        let map = |r: Reg| -> u16 {
            (if r >= TEMP {
                named + (r - TEMP)
            } else {
                order[r as usize]
            }) as u16
        };
        let (offsets, long) = self.layout();
        self.encode(code, &offsets, &long, &map);
        self.tables(code, &offsets, &map);
        Ok(())
    }

    /// Word offset of each instruction (and of the end), and which short jumps need the long form.
    fn layout(&self) -> (Vec<u32>, Vec<bool>) {
        let mut long = vec![false; self.code.len()];
        loop {
            let mut offsets = Vec::with_capacity(self.code.len() + 1);
            let mut at = 0u32;
            for (ins, &l) in self.code.iter().zip(&long) {
                offsets.push(at);
                at += 1 + ins.op.cache_words() as u32;
                if l {
                    at += if matches!(ins.op, Op::ForIter | Op::Send) {
                        2
                    } else {
                        1
                    };
                }
            }
            offsets.push(at);
            let mut changed = false;
            for (i, ins) in self.code.iter().enumerate() {
                if !ins.has_short_jump() || long[i] || ins.label == NONE {
                    continue;
                }
                let from = i64::from(offsets[i]) + 1 + ins.op.cache_words() as i64;
                let distance = i64::from(offsets[self.target(ins.label)]) - from;
                if i16::try_from(distance).is_err() {
                    long[i] = true;
                    changed = true;
                }
            }
            if !changed {
                return (offsets, long);
            }
        }
    }

    fn encode(&self, code: &mut Code, offsets: &[u32], long: &[bool], map: &dyn Fn(Reg) -> u16) {
        let mut out: Vec<u64> = Vec::with_capacity(offsets[self.code.len()] as usize);
        for (i, ins) in self.code.iter().enumerate() {
            let ops = ins.op.operands();
            let field =
                |kind: Operand, value: u32| match kind {
                    Operand::Def | Operand::Use | Operand::UseDef | Operand::Base => {
                        if value == NONE { 0 } else { map(value) }
                    }
                    _ => value as u16,
                };
            let a = field(ops[0], ins.a);
            if ins.op == Op::LoadInt {
                out.push(Insn::new_wide(ins.op, ins.d, a, ins.b as i32).0);
            } else if ops[1] == Operand::Jump32 {
                let from = out.len() as i64 + 1 + ins.op.cache_words() as i64;
                let distance = i64::from(offsets[self.target(ins.label)]) - from;
                out.push(Insn::new_wide(ins.op, ins.d, a, distance as i32).0);
            } else if ops[2] == Operand::Jump16 {
                let b = field(ops[1], ins.b);
                self.encode_short(&mut out, ins, long[i], (a, b), offsets);
                continue;
            } else {
                let b = field(ops[1], ins.b);
                let c = field(ops[2], ins.c);
                out.push(Insn::new(ins.op, ins.d, a, b, c).0);
            }
            out.extend(std::iter::repeat_n(0, ins.op.cache_words()));
        }
        code.insns = out;
    }

    fn encode_short(
        &self,
        out: &mut Vec<u64>,
        ins: &Ins,
        long: bool,
        (a, b): (u16, u16),
        offsets: &[u32],
    ) {
        let caches = ins.op.cache_words();
        let target = i64::from(offsets[self.target(ins.label)]);
        if !long {
            let distance = target - (out.len() as i64 + 1 + caches as i64);
            out.push(Insn::new(ins.op, ins.d, a, b, distance as i16 as u16).0);
            out.extend(std::iter::repeat_n(0, caches));
            return;
        }
        match ins.op {
            Op::JumpCompare => out.push(Insn::new(ins.op, ins.d ^ 8, a, b, 1).0),
            Op::JumpIs => out.push(Insn::new(ins.op, ins.d ^ 1, a, b, 1).0),
            _ => {
                out.push(Insn::new(ins.op, ins.d, a, b, 1).0);
                out.extend(std::iter::repeat_n(0, caches));
                out.push(Insn::new_wide(Op::Jump, 0, 0, 1).0);
            }
        }
        let distance = target - (out.len() as i64 + 1);
        out.push(Insn::new_wide(Op::Jump, 0, 0, distance as i32).0);
    }

    fn tables(&self, code: &mut Code, offsets: &[u32], map: &dyn Fn(Reg) -> u16) {
        for (i, ins) in self.code.iter().enumerate() {
            if code.positions.last().is_none_or(|&(_, p)| p != ins.pos) {
                code.positions.push((offsets[i], ins.pos));
            }
            if ins.handler == NONE {
                continue;
            }
            let info = self.handlers[ins.handler as usize];
            let target = offsets[self.target(info.target.0)];
            let exc = map(info.exc);
            match code.exceptions.last_mut() {
                Some(h) if h.end == offsets[i] && h.target == target && h.exc == exc => {
                    h.end = offsets[i + 1]
                }
                _ => code.exceptions.push(Handler {
                    start: offsets[i],
                    end: offsets[i + 1],
                    target,
                    exc,
                }),
            }
        }
    }
}

/// The named registers of a unit in the virtual order.
pub(crate) struct Named {
    pub(crate) locals: Vec<Local>,
    /// When each was first met in the order of code generation.
    pub(crate) ranks: Vec<u32>,
    /// How many of them, at the beginning, are parameters.
    pub(crate) nparams: usize,
}

/// The final order of the named registers: parameters, other locals, cells, free variables.
fn final_order(named: &Named) -> (Vec<u32>, Vec<Local>) {
    let locals = &named.locals;
    let rank = |i: usize| match locals[i].kind {
        _ if i < named.nparams => (0, 0),
        LocalKind::Local => (1, named.ranks[i]),
        LocalKind::Cell => (2, 0),
        LocalKind::Free => (3, 0),
    };
    let mut indices: Vec<usize> = (0..locals.len()).collect();
    indices.sort_by_key(|&i| rank(i));
    let mut order = vec![0; locals.len()];
    for (new, &old) in indices.iter().enumerate() {
        order[old] = new as u32;
    }
    let sorted = indices.iter().map(|&i| locals[i].clone()).collect();
    (order, sorted)
}
