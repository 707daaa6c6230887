//! Loop rotation: a header that only decides whether to go on is copied to the back edges, so that a round ends in one
//! conditional branch instead of a jump to one. Values of such a header have several definitions; Cranelift's
//! variables merge them.

use cranelift_codegen::ir::condcodes::CondCode;
use cranelift_frontend::Variable;

use super::*;
use crate::hir::effect;
use crate::opt::dominators::Loop;

/// Most instructions of a header that is worth copying.
const SMALL: usize = 6;

/// The headers to copy and their values.
#[derive(Default)]
pub(super) struct Rotated {
    headers: HashMap<Blk, Progress>,
    variables: HashMap<Val, Variable>,
}

/// How far a header is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Chosen,
    /// It has been lowered: a jump to it is a back edge.
    Lowered,
}

impl Rotated {
    pub(super) fn variable(&self, v: Val) -> Option<Variable> {
        self.variables.get(&v).copied()
    }
}

impl Lower<'_> {
    /// The blocks of the smallest loop, but for a header that is copied to the back edges: where it stands it runs once.
    pub(super) fn tight_loop(&self, loops: &[Loop]) -> Vec<Blk> {
        let smallest = loops.iter().min_by_key(|l| l.blocks.len());
        let blocks = smallest.into_iter().flat_map(|l| &l.blocks).copied();
        blocks
            .filter(|b| !self.rotated.headers.contains_key(b))
            .collect()
    }

    /// Chooses the headers of innermost loops that are small, branch out of the loop and do nothing else.
    pub(super) fn choose_rotated(&mut self, loops: &[Loop]) {
        let mut headers: Vec<Blk> = Vec::new();
        let mut outer: Vec<Blk> = Vec::new();
        // Inner loops come first.
        for l in loops {
            let inner = !l
                .blocks
                .iter()
                .any(|b| headers.contains(b) || outer.contains(b));
            if !inner {
                outer.push(l.header);
            } else if self.decides(l) {
                headers.push(l.header);
            } else {
                outer.push(l.header);
            }
        }
        for h in headers {
            self.rotated.headers.insert(h, Progress::Chosen);
            let block = self.f.block(h);
            for &v in block.params.iter().chain(&block.insts) {
                let variable = self.fb.declare_var(clif(self.f.rep(v)));
                self.rotated.variables.insert(v, variable);
            }
        }
    }

    /// Whether the header of a loop does nothing but decide whether to go on.
    fn decides(&self, l: &Loop) -> bool {
        let block = self.f.block(l.header);
        let leaves = match &block.term {
            Term::Branch(_, t, e) => l.blocks.contains(&t.to) != l.blocks.contains(&e.to),
            _ => false,
        };
        leaves
            && block.insts.len() <= SMALL
            && block.insts.iter().all(|&v| {
                matches!(
                    self.f.inst(v).op,
                    Op::Int(_)
                        | Op::Float(_)
                        | Op::Bool(_)
                        | Op::Word(_)
                        | Op::IntToFloat
                        | Op::BoolToInt
                        | Op::ICmp(_)
                        | Op::FCmp(_)
                        | Op::WordEq
                        | Op::Not
                )
            })
    }

    /// Whether a jump to `to` ends a round of a loop whose header is to be copied.
    pub(super) fn is_back_edge(&self, to: Blk) -> bool {
        self.rotated.headers.get(&to) == Some(&Progress::Lowered)
    }

    /// At the beginning of a block: its parameters are defined.
    pub(super) fn define_params(&mut self, b: Blk) {
        let Some(progress) = self.rotated.headers.get_mut(&b) else {
            return;
        };
        *progress = Progress::Lowered;
        for &p in &self.f.block(b).params {
            let value = self.vals[p.0 as usize].expect("parameters of the block");
            self.fb.def_var(self.rotated.variables[&p], value);
        }
    }

    /// Lowers the instructions of a block.
    pub(super) fn insts(&mut self, b: Blk) {
        for &v in &self.f.block(b).insts {
            let op = self.f.inst(v).op;
            if op.writes() == effect::ALL && !matches!(op, Op::CallTyped(_) | Op::AfterCall(_)) {
                self.end_leases(0);
            }
            let r = self.inst(v);
            match (self.rotated.variable(v), r) {
                (Some(variable), Some(r)) => self.fb.def_var(variable, r),
                _ => self.vals[v.0 as usize] = r,
            }
        }
    }

    /// Ends a round: the header's work, then its branch.
    pub(super) fn rotate(&mut self, e: &Edge) {
        let values: Vec<Value> = e.args.iter().map(|&v| self.v(v)).collect();
        for (p, value) in self.f.block(e.to).params.iter().zip(values) {
            self.fb.def_var(self.rotated.variables[p], value);
        }
        self.insts(e.to);
        let term = self.f.block(e.to).term.clone();
        match &term {
            Term::Branch(c, out, on) => self.go_on_first(*c, out, on),
            _ => self.term(&term),
        }
    }

    /// Ends a round by an order of ints whose truth leaves the loop: the other way is named first, so that what it moves
    /// lies right behind the branch.
    fn go_on_first(&mut self, c: Val, out: &Edge, on: &Edge) {
        let i = self.f.inst(c);
        let Op::ICmp(cond) = i.op else {
            return self.term(&Term::Branch(c, out.clone(), on.clone()));
        };
        let (x, y) = (self.v(i.args[0]), self.v(i.args[1]));
        let stay = self.fb.ins().icmp(int_cc(cond).complement(), x, y);
        let (on_args, out_args) = (self.args(on), self.args(out));
        let (on_to, out_to) = (self.blocks[&on.to], self.blocks[&out.to]);
        self.fb.ins().brif(stay, on_to, &on_args, out_to, &out_args);
    }
}
