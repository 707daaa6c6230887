//! Checks on the finished bytecode of CPython's library that no instruction reads a register which is not
//! written on every way there: temporaries by construction of the code generator, locals by its analysis
//! of definite assignment. What a call leaves in its window counts as lost.

mod support;

use rivet_compile::{Code, LocalKind, Mode, compile};
use rivet_spec::opcode::Operand;
use rivet_spec::{Insn, Op};
use std::collections::HashMap;
use support::{library, nested, options};

type Set = Vec<bool>;

/// First registers and lengths of the blocks an instruction reads, writes and leaves undefined.
#[derive(Default)]
struct Effect {
    reads: Vec<(u16, usize)>,
    writes: Vec<(u16, usize)>,
    clobbers: Vec<(u16, usize)>,
}

fn effect(insn: Insn) -> Effect {
    let mut e = Effect::default();
    let (a, b, c) = (insn.a(), insn.b(), insn.c());
    let op = insn.op();
    for (kind, reg) in op.operands().into_iter().zip([a, b, c]) {
        match kind {
            Operand::Def => e.writes.push((reg, 1)),
            Operand::Use => e.reads.push((reg, 1)),
            Operand::UseDef => {
                e.reads.push((reg, 1));
                e.writes.push((reg, 1));
            }
            _ => {}
        }
    }
    let n = |x: u16| x as usize;
    match op {
        Op::CheckBound | Op::DeleteFast => e.reads.clear(),
        Op::MakeCell => e.reads.clear(),
        Op::CopyFree => e.writes.push((a, n(b))),
        Op::BuildTuple | Op::BuildList | Op::BuildSet | Op::BuildString | Op::BuildSlice => {
            e.reads.push((b, n(c)))
        }
        Op::BuildMap => e.reads.push((b, 2 * n(c))),
        Op::BuildConstKeyMap => e.reads.push((b, n(c) + 1)),
        Op::UnpackSequence => e.writes.push((a, n(c))),
        Op::UnpackEx => e.writes.push((a, (n(c) & 255) + (n(c) >> 8) + 1)),
        Op::LoadMethod => e.writes.push((a, 2)),
        Op::Call | Op::CallMethod => {
            e.reads.push((a, 1));
            e.reads.push((a + 2, n(b)));
            if op == Op::CallMethod {
                e.reads.push((a + 1, 1));
            }
            e.clobbers.push((a, n(b) + 2));
        }
        Op::CallKw => {
            e.reads.extend([(a, 1), (a + 2, n(b) + 1)]);
            if insn.d() & 1 != 0 {
                e.reads.push((a + 1, 1));
            }
            e.clobbers.push((a, n(b) + 3));
        }
        Op::CallEx => {
            e.reads.extend([(a, 1), (a + 2, 2)]);
            e.clobbers.push((a, 4));
        }
        Op::MakeFunction => e.reads.push((c, insn.d().count_ones() as usize)),
        Op::FormatValue if insn.d() & 4 == 0 => e.reads.retain(|r| r.0 == b),
        Op::ListExtend if insn.d() & 1 == 0 => e.reads = vec![(a, 1), (b, 1)],
        Op::Raise => e.reads.truncate(insn.d() as usize),
        _ => {}
    }
    e
}

struct Flow<'c> {
    code: &'c Code,
    states: HashMap<usize, Set>,
    work: Vec<usize>,
}

impl Flow<'_> {
    fn merge(&mut self, at: usize, state: &Set) {
        match self.states.get_mut(&at) {
            None => {
                self.states.insert(at, state.clone());
                self.work.push(at);
            }
            Some(old) => {
                let before = old.clone();
                old.iter_mut().zip(state).for_each(|(o, s)| *o &= *s);
                if *old != before {
                    self.work.push(at);
                }
            }
        }
    }

    fn step(&mut self, at: usize, faults: &mut Vec<String>) {
        let insn = Insn(self.code.insns[at]);
        let op = insn.op();
        let before = self.states[&at].clone();
        let effect = effect(insn);
        for &(first, n) in &effect.reads {
            let block = &before[first as usize..first as usize + n];
            if let Some(i) = block.iter().position(|defined| !defined) {
                let r = first as usize + i;
                faults.push(format!(
                    "{} word {at}: {} reads {r}",
                    self.code.qualname,
                    op.name()
                ));
            }
        }
        let mut after = before.clone();
        let mut set = |list: &[(u16, usize)], value: bool| {
            for &(first, n) in list {
                after[first as usize..first as usize + n].fill(value);
            }
        };
        set(&effect.clobbers, false);
        if let Some(h) = self
            .code
            .exceptions
            .iter()
            .find(|h| (h.start..h.end).contains(&(at as u32)))
        {
            let mut state = before.clone();
            for &(first, n) in &effect.clobbers {
                state[first as usize..first as usize + n].fill(false);
            }
            state[h.exc as usize] = true;
            self.merge(h.target as usize, &state);
        }
        let next = at + 1 + op.cache_words();
        let target = match op.operands() {
            [_, Operand::Jump32, _] => Some(next as i64 + i64::from(insn.sbc())),
            [_, _, Operand::Jump16] => Some(next as i64 + i64::from(insn.sc())),
            _ => None,
        };
        if let (Some(target), Op::ForIter) = (target, op) {
            self.merge(target as usize, &before);
        }
        let local = self
            .code
            .locals
            .get(insn.a() as usize)
            .is_some_and(|l| l.kind == LocalKind::Local);
        set(&effect.writes, true);
        match op {
            Op::CheckBound => after[insn.a() as usize] = true,
            Op::DeleteFast => after[insn.a() as usize] = false,
            Op::LoadSpecial if insn.b() == 4 && local => after[insn.a() as usize] = false,
            _ => {}
        }
        if let (Some(target), true) = (target, op != Op::ForIter) {
            self.merge(target as usize, &after);
        }
        if !matches!(
            op,
            Op::Jump | Op::JumpBack | Op::Return | Op::Raise | Op::Reraise
        ) {
            self.merge(next, &after);
        }
    }
}

fn check(code: &Code, faults: &mut Vec<String>) {
    let flag = |f: u32| usize::from(code.flags & f != 0);
    let nargs = (code.argcount + code.kwonlyargcount) as usize + flag(4) + flag(8);
    let mut entry = vec![false; code.nregs as usize];
    entry[..nargs].fill(true);
    let mut flow = Flow {
        code,
        states: HashMap::from([(0, entry)]),
        work: vec![0],
    };
    let mut found = Vec::new();
    while let Some(at) = flow.work.pop() {
        flow.step(at, &mut found);
    }
    faults.extend(found.into_iter().take(3));
    nested(code).for_each(|c| check(c, faults));
}

#[test]
fn no_register_is_read_before_it_is_written() {
    let mut faults = Vec::new();
    for path in library() {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if let Ok((code, _)) = compile(&text, &options(Mode::Exec)) {
            let before = faults.len();
            check(&code, &mut faults);
            if faults.len() > before {
                faults.push(format!("  in {}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{:#?}", &faults[..faults.len().min(40)]);
}
