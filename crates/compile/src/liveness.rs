//! Which temporaries of a code object are still wanted at an instruction: a backward data-flow analysis over finished
//! code. Named variables always are: they live until they are unbound or the function returns, as in CPython.

use crate::code::Handler;
use crate::packed::Outline;
use crate::reader::Body;
use rivet_spec::{Insn, Op};

/// The answer for all instructions of a code object.
pub struct Liveness {
    /// Number of named registers, which are not looked at.
    named: u32,
    /// Words of a set of temporaries.
    words: usize,
    /// For each word of the code a set: what is wanted while the instruction there is in progress.
    wanted: Vec<u64>,
}

impl Liveness {
    /// Whether what a register holds while the instruction at word `at` is in progress can still be looked at, by it or
    /// by what comes after it.
    pub fn wants(&self, at: usize, register: u32) -> bool {
        let Some(i) = register.checked_sub(self.named) else {
            return true;
        };
        let set = at * self.words..(at + 1) * self.words;
        let word = self.wanted.get(set).and_then(|s| s.get(i as usize / 64));
        word.is_none_or(|w| w >> (i % 64) & 1 != 0)
    }

    /// Analyses verified code.
    pub(crate) fn new(outline: &Outline<'_>, body: &Body<'_>) -> Liveness {
        let temporaries = outline.nregs - outline.nlocals;
        let words = temporaries.div_ceil(64) as usize;
        let mut flow = Flow {
            insns: &body.insns,
            handlers: &body.exceptions,
            starts: starts(&body.insns),
            named: outline.nlocals,
            words,
            live: vec![0; words * body.insns.len()],
        };
        while flow.pass() {}
        Liveness {
            named: outline.nlocals,
            words,
            wanted: flow.in_progress(),
        }
    }
}

/// The words that are instructions, last first.
fn starts(insns: &[u64]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at < insns.len() {
        starts.push(at);
        at += 1 + Insn(insns[at]).op().cache_words();
    }
    starts.reverse();
    starts
}

struct Flow<'c> {
    insns: &'c [u64],
    handlers: &'c [Handler],
    starts: Vec<usize>,
    named: u32,
    words: usize,
    /// For each word a set: what is live before the instruction there.
    live: Vec<u64>,
}

impl Flow<'_> {
    /// Carries what is live one round backwards; whether anything has changed.
    fn pass(&mut self) -> bool {
        let mut changed = false;
        for i in 0..self.starts.len() {
            let at = self.starts[i];
            let set = self.before(at);
            let old = &mut self.live[at * self.words..(at + 1) * self.words];
            changed |= old != set;
            old.copy_from_slice(&set);
        }
        changed
    }

    fn set(&self, at: usize) -> &[u64] {
        &self.live[at * self.words..(at + 1) * self.words]
    }

    /// What is live after the instruction if it does not jump, and if it does.
    fn after(&self, at: usize) -> (Vec<u64>, Vec<u64>) {
        let insn = Insn(self.insns[at]);
        let op = insn.op();
        let next = at + 1 + op.cache_words();
        let terminal = matches!(
            op,
            Op::Jump | Op::JumpBack | Op::Return | Op::Raise | Op::Reraise
        );
        let on = match terminal {
            true => vec![0; self.words],
            false => self.set(next).to_vec(),
        };
        let jump = match insn.jump_target(at) {
            Some(target) => self.set(target).to_vec(),
            None => vec![0; self.words],
        };
        (on, jump)
    }

    /// What is live before an instruction.
    fn before(&self, at: usize) -> Vec<u64> {
        let insn = Insn(self.insns[at]);
        // Who jumps has written nothing (a `ForIter` at its end, say).
        let (mut set, jump) = self.after(at);
        for register in insn.writes().registers() {
            self.change(&mut set, register, false);
        }
        for (s, j) in set.iter_mut().zip(jump) {
            *s |= j;
        }
        for register in insn.reads().registers() {
            self.change(&mut set, register, true);
        }
        let at = at as u32;
        let handler = self.handlers.iter().find(|h| h.start <= at && at < h.end);
        if let Some(h) = handler {
            let mut caught = self.set(h.target as usize).to_vec();
            self.change(&mut caught, u32::from(h.exc), false);
            for (s, c) in set.iter_mut().zip(caught) {
                *s |= c;
            }
        }
        set
    }

    fn change(&self, set: &mut [u64], register: u32, to: bool) {
        if let Some(i) = register.checked_sub(self.named) {
            let bit = 1 << (i % 64);
            let word = &mut set[i as usize / 64];
            *word = if to { *word | bit } else { *word & !bit };
        }
    }

    /// What is wanted while each instruction runs: what is live before it and what it may have written already. That is
    /// so where it writes more than one register and may run other code between, and of a `Yield`, which a resumed frame
    /// still shows after the value sent is in place. At words that are no instructions everything is wanted.
    fn in_progress(self) -> Vec<u64> {
        let mut wanted = vec![u64::MAX; self.live.len()];
        for &at in &self.starts {
            let insn = Insn(self.insns[at]);
            wanted[at * self.words..(at + 1) * self.words].copy_from_slice(self.set(at));
            let written = insn.writes();
            if written.registers().nth(1).is_none() && insn.op() != Op::Yield {
                continue;
            }
            let (after, _) = self.after(at);
            let set = &mut wanted[at * self.words..(at + 1) * self.words];
            for register in written.registers() {
                let live = register
                    .checked_sub(self.named)
                    .is_some_and(|i| after[i as usize / 64] >> (i % 64) & 1 != 0);
                if live {
                    self.change(set, register, true);
                }
            }
        }
        wanted
    }
}
