//! Loop-invariant motion: what a loop computes anew to the same result each time is computed once before it.
//! Guards move too: a guard before the loop leaves to the loop's start. An operation moves only if nothing in the
//! loop writes the memory it reads; loads and divisions stay behind the guards they rely on, because those are
//! their arguments or move first. A position that is the only one a loop saves is saved before it too.

use super::dominators::{Dominators, Loop};
use crate::hir::{Blk, Func, Op};

/// Moves invariants out of all loops, inner loops first.
pub fn run(f: &mut Func) {
    let dom = Dominators::new(f);
    let mut home: Vec<Option<Blk>> = vec![None; f.insts.len()];
    for &b in dom.order() {
        for &v in f.block(b).params.iter().chain(&f.block(b).insts) {
            home[v.0 as usize] = Some(b);
        }
    }
    for l in dom.loops() {
        if let Some(p) = l.preheader {
            hoist(f, &dom, &l, p, &mut home);
        }
    }
}

fn hoist(f: &mut Func, dom: &Dominators, l: &Loop, to: Blk, home: &mut [Option<Blk>]) {
    let Some(snap) = f.block(to).snap else {
        return;
    };
    let written = l
        .blocks
        .iter()
        .flat_map(|&b| &f.block(b).insts)
        .fold(0, |w, &v| w | f.inst(v).op.writes());
    let position = only_position(f, l);
    for &b in dom.order() {
        if !l.blocks.contains(&b) {
            continue;
        }
        let insts = std::mem::take(&mut f.block_mut(b).insts);
        let mut kept = Vec::with_capacity(insts.len());
        for v in insts {
            let inst = f.inst(v);
            let fixed = inst
                .args
                .iter()
                .all(|a| home[a.0 as usize].is_some_and(|h| !l.blocks.contains(&h)));
            if fixed && (may_move(inst.op, written) || position == Some(inst.op)) {
                home[v.0 as usize] = Some(to);
                if let Some((_, exit)) = inst.exit {
                    f.insts[v.0 as usize].exit = Some((snap, exit));
                }
                f.block_mut(to).insts.push(v);
            } else {
                kept.push(v);
            }
        }
        f.block_mut(b).insts = kept;
    }
}

/// The operation that saves the position in a loop, if all that do save the same. Who looks at a position comes behind an
/// operation that saves it, so it may be there earlier.
fn only_position(f: &Func, l: &Loop) -> Option<Op> {
    let ops = l.blocks.iter().flat_map(|&b| &f.block(b).insts);
    let mut only = None;
    for op in ops.map(|&v| f.inst(v).op) {
        match op {
            Op::SavePc(..) if only.is_none_or(|o| o == op) => only = Some(op),
            Op::SavePc(..) | Op::PushFrame(..) | Op::PopFrame | Op::Step(..) => return None,
            _ => {}
        }
    }
    only
}

/// Whether an operation gives the same result whenever the loop comes by.
fn may_move(op: Op, written: u8) -> bool {
    op.is_pure()
        && op.reads() & written == 0
        // An index out of bounds is found where it is used: loops over all items run one past the end.
        && !matches!(op, Op::ListItem | Op::TupleItem)
}
