//! What need not be asked around calls of C code: a round of a loop that asks after a call whether something wants the interpreter's
//! attention need not ask again at its end, and where nothing can have come up since it was asked last, a call need not ask
//! before it begins.

use super::dominators::Dominators;
use crate::hir::{Blk, Func, Op, Val, effect};

/// Drops polls that follow another in the same round, and notes before which calls there is nothing to do.
pub fn run(f: &mut Func) {
    let dom = Dominators::new(f);
    let order = dom.order().to_vec();
    let polled = solve(f, &order, Polled(false), |f, state, v| {
        state.after(f.inst(v).op);
    });
    let quiet = solve(f, &order, Quiet::at_entry(), Quiet::after);
    for (at, &b) in order.iter().enumerate() {
        drop_polls(f, b, polled[at]);
        note_settled(f, b, quiet[at]);
    }
}

/// What is known at a point of the program, whichever way it was reached.
trait State: Copy + PartialEq {
    /// What is known if this and `other` are.
    fn meet(self, other: Self) -> Self;
    /// What is known where a round of a loop begins.
    fn round(self) -> Self;
}

/// What is known at the beginning of each block of `order`: the greatest solution.
fn solve<S: State>(f: &Func, order: &[Blk], entry: S, step: impl Fn(&Func, &mut S, Val)) -> Vec<S> {
    let mut number = vec![None; f.blocks.len()];
    for (n, b) in order.iter().enumerate() {
        number[b.0 as usize] = Some(n);
    }
    let mut known: Vec<Option<S>> = vec![None; order.len()];
    known[0] = Some(entry);
    let mut changed = true;
    while changed {
        changed = false;
        for (from, &b) in order.iter().enumerate() {
            let Some(mut state) = known[from] else {
                continue;
            };
            f.block(b)
                .insts
                .iter()
                .for_each(|&v| step(f, &mut state, v));
            for to in f.successors(b) {
                let Some(to) = number[to.0 as usize] else {
                    continue;
                };
                let state = if to <= from { state.round() } else { state };
                let met = known[to].map_or(state, |s| s.meet(state));
                changed |= known[to] != Some(met);
                known[to] = Some(met);
            }
        }
    }
    known
        .into_iter()
        .map(|s| s.expect("blocks in order can be reached"))
        .collect()
}

/// Whether this round has asked.
#[derive(Clone, Copy, PartialEq)]
struct Polled(bool);

impl State for Polled {
    fn meet(self, other: Self) -> Self {
        Polled(self.0 && other.0)
    }

    fn round(self) -> Self {
        Polled(false)
    }
}

impl Polled {
    fn after(&mut self, op: Op) {
        self.0 |= matches!(op, Op::Poll | Op::AfterCall(_));
    }
}

fn drop_polls(f: &mut Func, b: Blk, mut state: Polled) {
    let mut insts = std::mem::take(&mut f.block_mut(b).insts);
    insts.retain(|&v| {
        let op = f.inst(v).op;
        let again = op == Op::Poll && state.0;
        state.after(op);
        !again
    });
    f.block_mut(b).insts = insts;
}

/// What may have come up since it was asked.
#[derive(Clone, Copy, PartialEq)]
struct Quiet {
    /// Nothing but the unit's own buffers.
    quiet: bool,
    /// Which of them may be kept (a bit each).
    leases: u64,
}

impl State for Quiet {
    fn meet(self, other: Self) -> Self {
        Quiet {
            quiet: self.quiet && other.quiet,
            leases: self.leases | other.leases,
        }
    }

    fn round(self) -> Self {
        self
    }
}

impl Quiet {
    /// Whoever enters a unit asks.
    fn at_entry() -> Self {
        Quiet {
            quiet: true,
            leases: 0,
        }
    }

    fn after(f: &Func, state: &mut Self, v: Val) {
        let op = f.inst(v).op;
        match op {
            Op::BorrowBuffer(n) => state.borrow(n),
            // Other buffers may be given back before it, which runs their exporters.
            Op::CallTyped(t) if t.leaf => {
                state.quiet &= state.leases & !own_leases(f, v).leases == 0
            }
            Op::CallTyped(_) => {
                *state = Quiet {
                    quiet: false,
                    leases: own_leases(f, v).leases,
                }
            }
            Op::AfterCall(_) => state.quiet = true,
            Op::SavePc(..) | Op::PushFrame(..) | Op::PopFrame => {}
            Op::Poll | Op::BufferLen(_) => {}
            _ if op.writes() == effect::ALL => {
                *state = Quiet {
                    quiet: false,
                    leases: 0,
                }
            }
            _ if op.writes() & effect::CALL != 0 => state.quiet = false,
            _ => {}
        }
    }

    fn borrow(&mut self, n: u32) {
        match 1_u64.checked_shl(n) {
            Some(bit) => self.leases |= bit,
            None => self.quiet = false,
        }
    }

    /// Whether nothing is to be done before a call that has got these buffers.
    fn is_ready_for(self, own: Quiet) -> bool {
        self.quiet && own.quiet && self.leases & !own.leases == 0
    }
}

/// The buffers a call gets.
fn own_leases(f: &Func, call: Val) -> Quiet {
    let mut own = Quiet::at_entry();
    for &arg in &f.inst(call).args {
        if let Op::BorrowBuffer(n) = f.inst(arg).op {
            own.borrow(n);
        }
    }
    own
}

fn note_settled(f: &mut Func, b: Blk, mut state: Quiet) {
    for at in 0..f.block(b).insts.len() {
        let v = f.block(b).insts[at];
        let ready = state.is_ready_for(own_leases(f, v));
        if let Op::CallTyped(t) = &mut f.insts[v.0 as usize].op {
            t.settled = !t.leaf && ready;
        }
        Quiet::after(f, &mut state, v);
    }
}
