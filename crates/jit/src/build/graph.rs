//! The blocks of a code object that a unit covers, seen from its entry: order, dominators, loops.
//!
//! A unit may be entered in the middle of nested loops. From there the loops around the entry would be irreducible,
//! so blocks are seen in versions: version 0 holds what is reached before the innermost loop around the entry is
//! left, version 1 what is reached before the next one is left, and so on; the last holds the whole function.

use std::collections::{BTreeSet, HashMap};

use super::bytecode::{Info, RegSet};

/// A block in a version.
pub type Node = (usize, usize);

/// A loop as the unit sees it.
#[derive(Clone, Debug)]
pub struct LoopInfo {
    /// Registers written in it.
    pub defs: RegSet,
}

/// The graph of a unit.
pub struct Graph {
    /// Nodes in reverse postorder.
    pub order: Vec<Node>,
    /// Headers.
    pub loops: HashMap<Node, LoopInfo>,
    regions: Vec<BTreeSet<usize>>,
    succs: HashMap<Node, Vec<Node>>,
}

/// Most nodes of a unit.
const MAX_NODES: usize = 800;

impl Graph {
    /// The graph entered at a block; None if it is too large or irreducible.
    pub fn new(info: &Info, entry: usize) -> Option<Graph> {
        let mut g = Graph {
            order: Vec::new(),
            loops: HashMap::new(),
            regions: regions(info, entry),
            succs: HashMap::new(),
        };
        g.walk(info, (entry, 0))?;
        g.find_loops(info)?;
        Some(g)
    }

    /// The node an edge from `from` to block `to` leads to.
    pub fn target(&self, from: Node, to: usize) -> Node {
        let mut version = from.1;
        while !self.regions[version].contains(&to) {
            version += 1;
        }
        (to, version)
    }

    fn walk(&mut self, info: &Info, entry: Node) -> Option<()> {
        let mut seen = BTreeSet::from([entry]);
        let mut stack = vec![(entry, 0)];
        while let Some((node, n)) = stack.pop() {
            if n == 0 {
                let s = info.blocks[node.0]
                    .succs
                    .iter()
                    .map(|&s| self.target(node, s))
                    .collect();
                self.succs.insert(node, s);
            }
            match self.succs[&node].get(n) {
                Some(&s) => {
                    stack.push((node, n + 1));
                    if seen.insert(s) {
                        if seen.len() > MAX_NODES {
                            return None;
                        }
                        stack.push((s, 0));
                    }
                }
                None => self.order.push(node),
            }
        }
        self.order.reverse();
        Some(())
    }

    fn find_loops(&mut self, info: &Info) -> Option<()> {
        let number: HashMap<Node, usize> = self
            .order
            .iter()
            .enumerate()
            .map(|(i, &n)| (n, i))
            .collect();
        let mut preds: Vec<Vec<usize>> = vec![Vec::new(); self.order.len()];
        for (i, n) in self.order.iter().enumerate() {
            for s in &self.succs[n] {
                preds[number[s]].push(i);
            }
        }
        let idom = dominators(&preds);
        let dominates = |a: usize, mut b: usize| {
            while b > a {
                b = idom[b];
            }
            a == b
        };
        for h in 0..self.order.len() {
            let mut latches = Vec::new();
            for &p in preds[h].iter().filter(|&&p| p >= h) {
                if !dominates(h, p) {
                    return None;
                }
                latches.push(p);
            }
            if latches.is_empty() {
                continue;
            }
            let mut body = BTreeSet::from([h]);
            while let Some(b) = latches.pop() {
                if body.insert(b) {
                    latches.extend(&preds[b]);
                }
            }
            let mut defs = RegSet::new(info.code.nregs() + 1);
            for &b in &body {
                defs.union(&info.blocks[self.order[b].0].defs);
            }
            self.loops.insert(self.order[h], LoopInfo { defs });
        }
        Some(())
    }
}

fn dominators(preds: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let mut idom = vec![NONE; preds.len()];
    idom[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for n in 1..preds.len() {
            let mut new = NONE;
            for &p in &preds[n] {
                if idom[p] == NONE {
                    continue;
                }
                new = if new == NONE { p } else { meet(&idom, p, new) };
            }
            if idom[n] != new {
                idom[n] = new;
                changed = true;
            }
        }
    }
    idom
}

fn meet(idom: &[usize], mut a: usize, mut b: usize) -> usize {
    while a != b {
        while a > b {
            a = idom[a];
        }
        while b > a {
            b = idom[b];
        }
    }
    a
}

/// The loops around a block, innermost first, as sets of blocks; and all blocks last. Loops are those that a
/// backward jump closes: what can reach the jump without passing the header.
fn regions(info: &Info, entry: usize) -> Vec<BTreeSet<usize>> {
    let mut preds: Vec<Vec<usize>> = vec![Vec::new(); info.blocks.len()];
    for (i, b) in info.blocks.iter().enumerate() {
        for &s in &b.succs {
            preds[s].push(i);
        }
    }
    let mut out: Vec<BTreeSet<usize>> = Vec::new();
    for header in 0..info.blocks.len() {
        let mut work: Vec<usize> = preds[header]
            .iter()
            .copied()
            .filter(|&p| p >= header)
            .collect();
        if work.is_empty() {
            continue;
        }
        let mut body = BTreeSet::from([header]);
        while let Some(b) = work.pop() {
            if body.insert(b) {
                work.extend(&preds[b]);
            }
        }
        if body.contains(&entry) {
            out.push(body);
        }
    }
    out.sort_by_key(BTreeSet::len);
    // Each region must hold the one before it.
    let mut nested: Vec<BTreeSet<usize>> = Vec::new();
    for mut body in out {
        if let Some(inner) = nested.last() {
            body.extend(inner);
        }
        nested.push(body);
    }
    nested.push((0..info.blocks.len()).collect());
    nested
}
