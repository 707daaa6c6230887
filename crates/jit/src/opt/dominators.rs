//! Order, dominators and natural loops of a unit's blocks (after Cooper, Harvey and Kennedy).

use std::collections::BTreeSet;

use crate::hir::{Blk, Func};

/// A natural loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// Its header.
    pub header: Blk,
    /// The only block outside that jumps to the header, if there is just one.
    pub preheader: Option<Blk>,
    /// Its blocks, the header included.
    pub blocks: BTreeSet<Blk>,
}

/// Order and dominators.
pub struct Dominators {
    order: Vec<Blk>,
    number: Vec<usize>,
    idom: Vec<usize>,
    preds: Vec<Vec<Blk>>,
}

const NONE: usize = usize::MAX;

impl Dominators {
    /// Of the blocks reachable from the entry.
    pub fn new(f: &Func) -> Self {
        let order = reverse_postorder(f);
        let mut number = vec![NONE; f.blocks.len()];
        for (n, b) in order.iter().enumerate() {
            number[b.0 as usize] = n;
        }
        let mut preds = vec![Vec::new(); f.blocks.len()];
        for &b in &order {
            for s in f.successors(b) {
                preds[s.0 as usize].push(b);
            }
        }
        let mut d = Dominators {
            idom: vec![NONE; order.len()],
            order,
            number,
            preds,
        };
        d.solve();
        d
    }

    fn solve(&mut self) {
        if self.order.is_empty() {
            return;
        }
        self.idom[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for n in 1..self.order.len() {
                let mut new = NONE;
                for p in &self.preds[self.order[n].0 as usize] {
                    let p = self.number[p.0 as usize];
                    if self.idom[p] != NONE {
                        new = if new == NONE { p } else { self.meet(p, new) };
                    }
                }
                if self.idom[n] != new {
                    self.idom[n] = new;
                    changed = true;
                }
            }
        }
    }

    fn meet(&self, mut a: usize, mut b: usize) -> usize {
        while a != b {
            while a > b {
                a = self.idom[a];
            }
            while b > a {
                b = self.idom[b];
            }
        }
        a
    }

    /// Reachable blocks in reverse postorder.
    pub fn order(&self) -> &[Blk] {
        &self.order
    }

    /// Blocks that jump to `b`.
    pub fn preds(&self, b: Blk) -> &[Blk] {
        &self.preds[b.0 as usize]
    }

    /// The immediate dominator.
    pub fn idom(&self, b: Blk) -> Option<Blk> {
        let n = self.number[b.0 as usize];
        if n == NONE || n == 0 {
            None
        } else {
            Some(self.order[self.idom[n]])
        }
    }

    /// Whether `a` dominates `b`.
    pub fn dominates(&self, a: Blk, b: Blk) -> bool {
        let (a, mut b) = (self.number[a.0 as usize], self.number[b.0 as usize]);
        if a == NONE || b == NONE {
            return false;
        }
        while b > a {
            b = self.idom[b];
        }
        a == b
    }

    /// Natural loops, inner ones before outer ones.
    pub fn loops(&self) -> Vec<Loop> {
        let mut loops = Vec::new();
        for &h in &self.order {
            let latches: Vec<Blk> = self
                .preds(h)
                .iter()
                .copied()
                .filter(|&p| self.dominates(h, p))
                .collect();
            if latches.is_empty() {
                continue;
            }
            let mut blocks = BTreeSet::from([h]);
            let mut work = latches;
            while let Some(b) = work.pop() {
                if blocks.insert(b) {
                    work.extend(self.preds(b));
                }
            }
            let outside: Vec<Blk> = self
                .preds(h)
                .iter()
                .copied()
                .filter(|p| !blocks.contains(p))
                .collect();
            loops.push(Loop {
                header: h,
                preheader: match outside[..] {
                    [p] => Some(p),
                    _ => None,
                },
                blocks,
            });
        }
        loops.sort_by_key(|l| l.blocks.len());
        loops
    }
}

fn reverse_postorder(f: &Func) -> Vec<Blk> {
    let mut seen = vec![false; f.blocks.len()];
    let mut out = Vec::new();
    let mut stack = vec![(Blk(0), 0)];
    if f.blocks.is_empty() {
        return out;
    }
    seen[0] = true;
    while let Some((b, n)) = stack.pop() {
        match f.successors(b).get(n) {
            Some(&s) => {
                stack.push((b, n + 1));
                if !std::mem::replace(&mut seen[s.0 as usize], true) {
                    stack.push((s, 0));
                }
            }
            None => out.push(b),
        }
    }
    out.reverse();
    out
}
