//! Definite assignment: a forward data-flow analysis over the instruction list that removes every
//! `CheckBound` of a local which is bound on all ways there. A handler sees the intersection of the
//! states before each instruction of its range.

use crate::code::{Local, LocalKind};
use crate::emit::{Asm, Ins, NONE, Reg};
use rivet_spec::Op;

/// A set of locals.
type Set = Vec<u64>;

/// Removes the checks that can never fail; of `locals`, the first `nparams` are bound at entry.
pub(crate) fn remove_checks(asm: &mut Asm, locals: &[Local], nparams: usize) {
    if !asm.code.iter().any(|ins| ins.op == Op::CheckBound) {
        return;
    }
    let words = locals.len().div_ceil(64);
    let mut flow = Flow::new(asm, words, locals);
    let mut entry = vec![0u64; words];
    for i in 0..nparams {
        entry[i / 64] |= 1 << (i % 64);
    }
    flow.merge(0, &entry);
    while let Some(block) = flow.work.pop() {
        flow.run(block, None);
    }
    let mut keep = vec![true; asm.code.len()];
    let mut flow = Flow { asm, ..flow };
    for block in 0..flow.starts.len() {
        if flow.states[block].is_some() {
            flow.run(block, Some(&mut keep));
        }
    }
    if keep.contains(&false) {
        asm.retain(&keep);
    }
}

struct Flow<'a> {
    asm: &'a Asm,
    locals: &'a [Local],
    /// First instruction of each block.
    starts: Vec<usize>,
    /// Block of each instruction that starts one.
    block_of: Vec<u32>,
    /// What is bound at the start of each block; None while unreached.
    states: Vec<Option<Set>>,
    work: Vec<usize>,
}

impl<'a> Flow<'a> {
    fn new(asm: &'a Asm, _words: usize, locals: &'a [Local]) -> Self {
        let n = asm.code.len();
        let mut leader = vec![false; n + 1];
        leader[0] = true;
        for &at in asm.labels.iter().filter(|&&at| at != NONE) {
            leader[at as usize] = true;
        }
        for (i, ins) in asm.code.iter().enumerate() {
            if ins.label != NONE || ins.is_terminal() {
                leader[i + 1] = true;
            }
        }
        let starts: Vec<usize> = (0..n).filter(|&i| leader[i]).collect();
        let mut block_of = vec![NONE; n + 1];
        for (b, &i) in starts.iter().enumerate() {
            block_of[i] = b as u32;
        }
        let states = vec![None; starts.len()];
        Flow {
            asm,
            locals,
            starts,
            block_of,
            states,
            work: Vec::new(),
        }
    }

    fn merge(&mut self, at: usize, state: &Set) {
        let block = self.block_of[at];
        if block == NONE {
            return;
        }
        let slot = &mut self.states[block as usize];
        let changed = match slot {
            None => {
                *slot = Some(state.clone());
                true
            }
            Some(old) => {
                let mut changed = false;
                for (o, s) in old.iter_mut().zip(state) {
                    changed |= *o & !s != 0;
                    *o &= s;
                }
                changed
            }
        };
        if changed {
            self.work.push(block as usize);
        }
    }

    fn is_plain(&self, reg: Reg) -> bool {
        self.locals
            .get(reg as usize)
            .is_some_and(|l| l.kind == LocalKind::Local)
    }

    /// Runs over one block; with `keep`, notes the superfluous checks instead of propagating.
    fn run(&mut self, block: usize, mut keep: Option<&mut Vec<bool>>) {
        let mut state = self.states[block].clone().expect("reached block");
        let start = self.starts[block];
        let end = self
            .starts
            .get(block + 1)
            .copied()
            .unwrap_or(self.asm.code.len());
        let mut merged_handler = NONE;
        for i in start..end {
            let ins = self.asm.code[i];
            if keep.is_none() && ins.handler != NONE && ins.handler != merged_handler {
                merged_handler = ins.handler;
                let target = self
                    .asm
                    .target(self.asm.handlers[ins.handler as usize].target.0);
                self.merge(target, &state);
            }
            if ins.op == Op::ForIter && keep.is_none() {
                self.merge(self.asm.target(ins.label), &state);
            }
            if let (Some(keep), Op::CheckBound) = (keep.as_deref_mut(), ins.op) {
                keep[i] = !get(&state, ins.a);
            }
            if self.apply(&mut state, &ins) {
                merged_handler = NONE;
            }
            if keep.is_none() && ins.label != NONE && ins.op != Op::ForIter {
                self.merge(self.asm.target(ins.label), &state);
            }
        }
        if keep.is_none() && !self.asm.code[end - 1].is_terminal() && end < self.asm.code.len() {
            self.merge(end, &state);
        }
    }

    /// The effect of an instruction; true if it unbinds something.
    fn apply(&self, state: &mut Set, ins: &Ins) -> bool {
        let unbinds = ins.op == Op::DeleteFast || (ins.op == Op::LoadSpecial && ins.b == 4);
        if unbinds {
            if self.is_plain(ins.a) {
                state[ins.a as usize / 64] &= !(1 << (ins.a % 64));
            }
            return true;
        }
        if ins.op == Op::CheckBound && self.is_plain(ins.a) {
            state[ins.a as usize / 64] |= 1 << (ins.a % 64);
        }
        for reg in ins.defs().into_iter().flatten() {
            if self.is_plain(reg) {
                state[reg as usize / 64] |= 1 << (reg % 64);
            }
        }
        false
    }
}

fn get(state: &Set, reg: Reg) -> bool {
    state[reg as usize / 64] & (1 << (reg % 64)) != 0
}
