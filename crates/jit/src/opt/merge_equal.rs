//! Common subexpressions: an operation that a dominating block has done already (guards included) is not done
//! again. What reads memory counts as equal only while nothing has written that memory.

use std::collections::HashMap;

use super::dominators::Dominators;
use crate::hir::{Blk, Func, Op, Val};

/// Memory as an operation sees it: per class, when it was last written.
type Memory = [u32; 7];

type Key = (Op, Vec<Val>, Vec<u32>);

/// Replaces operations by equal ones that dominate them.
pub fn run(f: &mut Func) {
    let dom = Dominators::new(f);
    let mut map: Vec<Val> = (0..f.insts.len() as u32).map(Val).collect();
    let mut known: HashMap<Key, Vec<(Blk, Val)>> = HashMap::new();
    let mut at_end: HashMap<Blk, Memory> = HashMap::new();
    let mut clock = 0;
    for &b in dom.order() {
        // Memory is known at the start only where there is one way in.
        let mut memory = match dom.preds(b) {
            [p] => at_end.get(p).copied(),
            _ => None,
        }
        .unwrap_or_else(|| {
            clock += 1;
            [clock; 7]
        });
        let insts = std::mem::take(&mut f.block_mut(b).insts);
        let mut kept = Vec::with_capacity(insts.len());
        for v in insts {
            let inst = f.inst(v);
            let op = inst.op;
            if !op.is_pure() {
                clock += 1;
                for (class, m) in memory.iter_mut().enumerate() {
                    if op.writes() & (1 << class) != 0 {
                        *m = clock;
                    }
                }
                kept.push(v);
                continue;
            }
            let args: Vec<Val> = inst.args.iter().map(|&a| resolve(&map, a)).collect();
            let seen: Vec<u32> = (0..7)
                .filter(|c| op.reads() & (1 << c) != 0)
                .map(|c| memory[c])
                .collect();
            let same = known.entry((op, args, seen)).or_default();
            match same.iter().find(|(home, _)| dom.dominates(*home, b)) {
                Some(&(_, earlier)) => map[v.0 as usize] = earlier,
                None => {
                    same.push((b, v));
                    kept.push(v);
                }
            }
        }
        f.block_mut(b).insts = kept;
        at_end.insert(b, memory);
    }
    f.replace_all(&map);
}

fn resolve(map: &[Val], mut v: Val) -> Val {
    while map[v.0 as usize] != v {
        v = map[v.0 as usize];
    }
    v
}
