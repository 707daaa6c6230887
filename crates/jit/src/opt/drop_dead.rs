//! Dead code: results nobody uses, parameters nobody reads.

use crate::hir::{Edge, Func, Op, Term, Val};

/// Removes dead instructions and block parameters.
pub fn run(f: &mut Func) {
    let live = mark(f);
    let drop: Vec<Vec<usize>> = f
        .blocks
        .iter()
        .map(|b| {
            (0..b.params.len())
                .filter(|&i| !live[b.params[i].0 as usize])
                .collect()
        })
        .collect();
    let trim = |e: &mut Edge| {
        for &i in drop[e.to.0 as usize].iter().rev() {
            e.args.remove(i);
        }
    };
    for b in &mut f.blocks {
        b.params.retain(|p| live[p.0 as usize]);
        b.insts.retain(|v| live[v.0 as usize]);
        match &mut b.term {
            Term::Jump(e) => trim(e),
            Term::Branch(_, t, e) => {
                trim(t);
                trim(e);
            }
            _ => {}
        }
    }
}

/// Values something needs.
fn mark(f: &Func) -> Vec<bool> {
    let mut live = vec![false; f.insts.len()];
    let mut work: Vec<Val> = Vec::new();
    // What feeds each parameter: asked for once the parameter is live.
    let mut feeds: Vec<Vec<Val>> = vec![Vec::new(); f.insts.len()];
    for b in &f.blocks {
        for &v in &b.insts {
            if !f.inst(v).op.is_droppable() {
                work.push(v);
            }
        }
        let mut feed = |e: &Edge| {
            for (&p, &a) in f.block(e.to).params.iter().zip(&e.args) {
                feeds[p.0 as usize].push(a);
            }
        };
        match &b.term {
            Term::Jump(e) => feed(e),
            Term::Branch(c, t, e) => {
                work.push(*c);
                feed(t);
                feed(e);
            }
            Term::Exit(s, _) => work.extend(f.snap_values(*s)),
            Term::Return(v) => work.push(*v),
            Term::None => {}
        }
    }
    while let Some(v) = work.pop() {
        if std::mem::replace(&mut live[v.0 as usize], true) {
            continue;
        }
        let i = f.inst(v);
        work.extend(&i.args);
        if let Some((s, _)) = i.exit {
            work.extend(f.snap_values(s));
        }
        if i.op == Op::Param {
            work.append(&mut feeds[v.0 as usize]);
        }
    }
    live
}
