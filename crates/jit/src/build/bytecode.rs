//! A code object as the compiler sees it: blocks, which registers instructions read and write, which are live.

use std::collections::HashMap;

use rivet_spec::flags;
use rivet_spec::{Insn, Op};
use rivet_vm::types::code::Code;
use rivet_vm::value::Gc;

/// A set of registers.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct RegSet(Vec<u64>);

impl RegSet {
    /// An empty set with room for `n` registers.
    pub fn new(n: usize) -> Self {
        RegSet(vec![0; n.div_ceil(64)])
    }

    /// Whether register `r` is in the set.
    pub fn has(&self, r: u16) -> bool {
        self.0
            .get(r as usize / 64)
            .is_some_and(|w| w >> (r % 64) & 1 == 1)
    }

    /// Adds a register.
    pub fn add(&mut self, r: u16) {
        self.0[r as usize / 64] |= 1 << (r % 64);
    }

    /// Removes a register.
    pub fn remove(&mut self, r: u16) {
        self.0[r as usize / 64] &= !(1 << (r % 64));
    }

    /// Adds all of another set; whether that changed anything.
    pub fn union(&mut self, other: &RegSet) -> bool {
        let mut changed = false;
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            changed |= *b & !*a != 0;
            *a |= b;
        }
        changed
    }
}

/// A basic block of bytecode.
#[derive(Clone, Debug)]
pub struct Block {
    /// Index of the first word.
    pub start: usize,
    /// Index behind the last instruction.
    pub end: usize,
    /// Blocks that may follow: the jump target last.
    pub succs: Vec<usize>,
    /// Registers read before they are written.
    pub live_in: RegSet,
    /// Registers written.
    pub defs: RegSet,
    /// Registers whose iterator is advanced.
    pub iters: RegSet,
}

/// A code object, analysed.
pub struct Info {
    /// The code object (never moves).
    pub code: Gc<Code>,
    /// Its words as they were at the time.
    pub words: Vec<u64>,
    /// Blocks, in the order of the code.
    pub blocks: Vec<Block>,
    /// Which block begins at a word.
    pub block_at: HashMap<usize, usize>,
    /// Live registers before each instruction (by word index).
    live: HashMap<usize, RegSet>,
    /// Number of instructions.
    pub size: usize,
    /// Number of named registers.
    pub nlocals: u16,
    /// Whether the code may look at its own variables by name.
    introspects: bool,
}

/// Most instructions of a code object that is compiled.
const MAX_WORDS: usize = 6000;

impl Info {
    /// Analyses a code object; None if it is too large.
    pub fn new(code: Gc<Code>) -> Option<Info> {
        let words: Vec<u64> = code.insns().iter().map(|w| w.get()).collect();
        if words.len() > MAX_WORDS {
            return None;
        }
        let mut info = Info {
            code,
            words,
            blocks: Vec::new(),
            block_at: HashMap::new(),
            live: HashMap::new(),
            size: 0,
            nlocals: code.nlocals.get() as u16,
            introspects: introspects(code),
        };
        info.find_blocks();
        info.liveness();
        Some(info)
    }

    /// The instruction at a word.
    pub fn insn(&self, at: usize) -> Insn {
        Insn(self.words[at])
    }

    /// Cache word `i` of the instruction at a word.
    pub fn cache(&self, at: usize, i: usize) -> u64 {
        self.words[at + 1 + i]
    }

    /// Address of a word.
    pub fn address(&self, at: usize) -> u64 {
        self.code.insns_ptr() as u64 + 8 * at as u64
    }

    /// Whether the code makes a generator or coroutine.
    pub fn is_generator(&self) -> bool {
        let f = self.code.flags.get();
        f & (flags::CO_GENERATOR | flags::CO_COROUTINE | flags::CO_ASYNC_GENERATOR) != 0
    }

    /// Whether an exception raised here is handled in this code.
    pub fn handled(&self, at: usize) -> bool {
        self.code.handler_for(at).is_some()
    }

    /// Registers whose value matters before the instruction at a word. Named registers always do: frames can be
    /// looked at.
    pub fn live_before(&self, at: usize, r: u16) -> bool {
        r < self.nlocals || self.live.get(&at).is_some_and(|l| l.has(r))
    }

    /// Registers that will be read. A variable that is written before it is read again need not be kept for the
    /// next round of a loop; only somebody who looks at the frame from outside could tell.
    pub fn read_after(&self, at: usize, r: u16) -> bool {
        (self.introspects && r < self.nlocals) || self.live.get(&at).is_some_and(|l| l.has(r))
    }

    fn find_blocks(&mut self) {
        let n = self.words.len();
        let mut leader = vec![false; n + 1];
        leader[0] = true;
        let mut at = 0;
        while at < n {
            let insn = self.insn(at);
            let next = at + 1 + insn.op().cache_words();
            if let Some(t) = insn.jump_target(at) {
                leader[t] = true;
                leader[next] = true;
            } else if ends(insn.op()) {
                leader[next] = true;
            } else if matches!(insn.op(), Op::Resume | Op::ResumeJit) {
                // A function's unit begins here.
                leader[at] = true;
            }
            self.size += 1;
            at = next;
        }
        for h in self.code.unit().handlers.iter() {
            leader[h.target as usize] = true;
            leader[h.start as usize] = true;
            if (h.end as usize) <= n {
                leader[h.end as usize] = true;
            }
        }
        let mut start = 0;
        let mut at = 0;
        while at < n {
            let next = at + 1 + self.insn(at).op().cache_words();
            if leader[next] || next >= n {
                self.block_at.insert(start, self.blocks.len());
                self.blocks.push(Block {
                    start,
                    end: next,
                    succs: Vec::new(),
                    live_in: RegSet::new(self.code.nregs() + 1),
                    defs: RegSet::new(self.code.nregs() + 1),
                    iters: RegSet::new(self.code.nregs() + 1),
                });
                start = next;
            }
            at = next;
        }
        self.link();
    }

    fn link(&mut self) {
        for b in 0..self.blocks.len() {
            let (start, end) = (self.blocks[b].start, self.blocks[b].end);
            let mut at = start;
            let mut last = start;
            while at < end {
                last = at;
                for r in defs(self.insn(at)) {
                    self.blocks[b].defs.add(r);
                }
                if self.insn(at).op() == Op::ForIter {
                    let it = self.insn(at).b();
                    self.blocks[b].iters.add(it);
                }
                at += 1 + self.insn(at).op().cache_words();
            }
            let insn = self.insn(last);
            let mut succs = Vec::new();
            if !ends(insn.op())
                && let Some(&n) = self.block_at.get(&end)
            {
                succs.push(n);
            }
            if let Some(t) = insn.jump_target(last) {
                succs.push(self.block_at[&t]);
            }
            self.blocks[b].succs = succs;
        }
    }

    /// Words of the instructions of a block.
    pub fn insns_of(&self, b: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let mut at = self.blocks[b].start;
        while at < self.blocks[b].end {
            out.push(at);
            at += 1 + self.insn(at).op().cache_words();
        }
        out
    }

    /// Backward data flow; what a handler reads is live wherever it protects.
    fn liveness(&mut self) {
        let n = self.code.nregs() + 1;
        let mut changed = true;
        while changed {
            changed = false;
            for b in (0..self.blocks.len()).rev() {
                let mut live = RegSet::new(n);
                for &s in &self.blocks[b].succs {
                    live.union(&self.blocks[s].live_in);
                }
                for &at in self.insns_of(b).iter().rev() {
                    let insn = self.insn(at);
                    for r in defs(insn) {
                        live.remove(r);
                    }
                    if insn.op() == Op::ForIter {
                        // It writes its register only if there is a next value.
                        let done = *self.blocks[b].succs.last().expect("a jump");
                        let after = self.blocks[done].live_in.clone();
                        live.union(&after);
                    }
                    for r in uses(insn) {
                        live.add(r);
                    }
                    if let Some(h) = self.code.handler_for(at) {
                        let h = self.block_at[&(h.target as usize)];
                        let handler = self.blocks[h].live_in.clone();
                        live.union(&handler);
                    }
                    self.live.insert(at, live.clone());
                }
                changed |= self.blocks[b].live_in.union(&live);
            }
        }
    }
}

/// Whether a code object names a function that sees its caller's variables.
fn introspects(code: Gc<Code>) -> bool {
    const NAMES: [&str; 8] = [
        "locals",
        "vars",
        "dir",
        "eval",
        "exec",
        "_getframe",
        "currentframe",
        "stack",
    ];
    code.names()
        .iter()
        .any(|&n| NAMES.contains(&rivet_vm::types::str::text_of(Some(n)).as_str()))
}

/// Whether control never goes on to the next instruction.
pub fn ends(op: Op) -> bool {
    matches!(
        op,
        Op::Jump | Op::JumpBack | Op::JumpBackJit | Op::Return | Op::Raise | Op::Reraise
    )
}

/// Registers an instruction writes.
pub fn defs(insn: Insn) -> Vec<u16> {
    insn.writes().registers().map(|r| r as u16).collect()
}

/// Registers an instruction reads.
pub fn uses(insn: Insn) -> Vec<u16> {
    insn.reads().registers().map(|r| r as u16).collect()
}
