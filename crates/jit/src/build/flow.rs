//! Blocks, edges, merges and loop headers.

use super::bytecode::Info;
use super::graph::{Graph, Node};
use super::state::{Slot, State};
use super::{Builder, Pending, VarKey};
use crate::feedback::ExitKind;
use crate::hir::{Blk, Edge, Op, Rep, Term, Val};

/// Stands for "is the frame pushed" in keys of loop variables.
const PUSHED: u16 = u16::MAX;

/// A loop header that has been built.
struct Header {
    block: Blk,
    /// The state its code was built for.
    state: State,
    /// Registers with parameters, in the order of the parameters.
    vars: Vec<Var>,
}

#[derive(Clone, Copy)]
enum Var {
    /// A value.
    Val(u16, Rep),
    /// An iterator over a range: two parameters.
    Iter(u16),
}

/// The graph being built.
pub struct Walk<'g> {
    graph: &'g Graph,
    pending: Pending,
    headers: std::collections::HashMap<Node, Header>,
    /// Where a return leads: block, state of the callers, value.
    returns: Vec<(Blk, State, Val)>,
}

impl Walk<'_> {
    /// Notes a return.
    pub fn returned(&mut self, from: Blk, state: State, v: Val) {
        self.returns.push((from, state, v));
    }
}

impl Builder<'_> {
    /// Builds all blocks of a graph; the current point is its entry. Gives the returns of an inlined call.
    pub(super) fn run_graph(
        &mut self,
        graph: &Graph,
        entry: Node,
    ) -> Result<Vec<(Blk, State, Val)>, &'static str> {
        let mut w = Walk {
            graph,
            pending: Pending::new(),
            headers: Default::default(),
            returns: Vec::new(),
        };
        let info = self.info();
        w.pending
            .insert(entry, vec![(self.cur, self.state.clone())]);
        for &node in &graph.order {
            let Some(edges) = w.pending.remove(&node) else {
                continue;
            };
            if self.f.insts.len() > super::MAX_INSTS {
                return Err("too much code");
            }
            let at = info.blocks[node.0].start;
            self.dead = false;
            self.merge(edges, &info, at);
            if graph.loops.contains_key(&node) {
                self.header(&mut w, node, &info, at);
            }
            self.block(&mut w, node, &info)?;
        }
        Ok(w.returns)
    }

    fn block(&mut self, w: &mut Walk, node: Node, info: &Info) -> Result<(), &'static str> {
        for at in info.insns_of(node.0) {
            self.at = at;
            self.snap = None;
            self.insn(w, node, info, at)?;
            if self.dead {
                return Ok(());
            }
        }
        // Falls through to the next block.
        let next = info.blocks[node.0].end;
        self.goto(w, node, info, next);
        Ok(())
    }

    /// An edge from the current point to the block at word `to`.
    pub(super) fn goto(&mut self, w: &mut Walk, node: Node, info: &Info, to: usize) {
        let target = w.graph.target(node, info.block_at[&to]);
        if w.headers.contains_key(&target) {
            self.back_edge(w, target, to);
        } else {
            w.pending
                .entry(target)
                .or_default()
                .push((self.cur, self.state.clone()));
        }
        self.dead = true;
    }

    /// Splits the current point by a Bool; the first block is where it is true.
    pub(super) fn split(&mut self, cond: Val) -> (Blk, Blk) {
        let (t, e) = (self.f.new_block(), self.f.new_block());
        self.f.block_mut(self.cur).term = Term::Branch(
            cond,
            Edge {
                to: t,
                args: vec![],
            },
            Edge {
                to: e,
                args: vec![],
            },
        );
        (t, e)
    }

    /// A conditional jump to word `to` if `cond` is `sense`; else the current point goes on.
    pub(super) fn branch(
        &mut self,
        w: &mut Walk,
        node: Node,
        info: &Info,
        cond: Val,
        sense: bool,
        to: usize,
    ) {
        if let Op::Bool(b) = self.f.inst(cond).op {
            if b == sense {
                self.goto(w, node, info, to);
            }
            return;
        }
        let (t, e) = self.split(cond);
        let (jump, stay) = if sense { (t, e) } else { (e, t) };
        self.cur = jump;
        self.goto(w, node, info, to);
        self.cur = stay;
        self.dead = false;
    }

    fn jump(&mut self, from: Blk, to: Blk, args: Vec<Val>) {
        self.f.block_mut(from).term = Term::Jump(Edge { to, args });
    }

    /// Runs `f` with the end of block `b` as the current point.
    fn in_block<R>(&mut self, b: Blk, f: impl FnOnce(&mut Self) -> R) -> R {
        let saved = std::mem::replace(&mut self.cur, b);
        let r = f(self);
        self.cur = saved;
        r
    }

    /// Joins edges; the joined state becomes the current one.
    pub(super) fn merge(&mut self, mut edges: Vec<(Blk, State)>, info: &Info, at: usize) {
        if edges.len() == 1 {
            let (b, s) = edges.remove(0);
            self.cur = b;
            self.state = s;
            return;
        }
        let to = self.f.new_block();
        let frames = edges[0].1.frames.len();
        for n in 0..frames {
            if edges.iter().any(|(_, s)| s.frames[n].pushed) {
                self.push_missing(&mut edges, n);
            }
        }
        let mut args: Vec<Vec<Val>> = vec![Vec::new(); edges.len()];
        let mut joined = edges[0].1.clone();
        joined.facts.clear();
        for n in 0..frames {
            for reg in 0..joined.frames[n].slots.len() {
                let inner = n + 1 == frames;
                let slots: Vec<Slot> = edges.iter().map(|(_, s)| s.frames[n].slots[reg]).collect();
                let live = !inner || info.live_before(at, reg as u16);
                joined.frames[n].slots[reg] = if live {
                    self.join(to, &mut edges, &mut args, &slots)
                } else {
                    Slot::Dead
                };
            }
        }
        for ((from, _), args) in edges.iter().zip(args) {
            self.jump(*from, to, args);
        }
        self.cur = to;
        self.state = joined;
    }

    /// Pushes frame `n` on the edges where it is not yet.
    fn push_missing(&mut self, edges: &mut [(Blk, State)], n: usize) {
        for (b, s) in edges.iter_mut() {
            if s.frames[n].pushed {
                continue;
            }
            let saved = std::mem::replace(&mut self.state, s.clone());
            self.in_block(*b, |me| me.push_frame(n));
            *s = std::mem::replace(&mut self.state, saved);
        }
    }

    fn join(
        &mut self,
        to: Blk,
        edges: &mut [(Blk, State)],
        args: &mut [Vec<Val>],
        slots: &[Slot],
    ) -> Slot {
        if slots.contains(&Slot::Dead) {
            return Slot::Dead;
        }
        if slots.iter().all(|s| *s == slots[0]) {
            return slots[0];
        }
        if let Some(s) = self.join_iters(to, args, slots) {
            return s;
        }
        // Whole values.
        let mut values = Vec::new();
        let mut synced = true;
        for (e, s) in edges.iter_mut().zip(slots) {
            let b = e.0;
            match *s {
                Slot::Val { v, synced: now } => {
                    synced &= now;
                    values.push(v);
                }
                other => {
                    synced = false;
                    values.push(self.in_block(b, |me| me.whole(other)));
                }
            }
        }
        if values.iter().all(|&v| v == values[0]) {
            return Slot::Val {
                v: values[0],
                synced,
            };
        }
        let rep = self.common_rep(&values);
        for (i, v) in values.into_iter().enumerate() {
            let b = edges[i].0;
            let v = self.in_block(b, |me| if rep == Rep::Any { me.boxed(v) } else { v });
            args[i].push(v);
        }
        Slot::Val {
            v: self.f.param(to, rep),
            synced,
        }
    }

    fn common_rep(&self, values: &[Val]) -> Rep {
        let first = self.rep(values[0]);
        if values.iter().all(|&v| self.rep(v) == first) {
            first
        } else {
            Rep::Any
        }
    }

    fn join_iters(&mut self, to: Blk, args: &mut [Vec<Val>], slots: &[Slot]) -> Option<Slot> {
        let Slot::Iter { obj, step, .. } = slots[0] else {
            return None;
        };
        let mut parts = Vec::new();
        let mut all_immediate = true;
        for s in slots {
            match *s {
                Slot::Iter {
                    obj: o,
                    next,
                    end,
                    step: st,
                    immediate,
                } if o == obj && st == step => {
                    all_immediate &= immediate;
                    parts.push((next, end));
                }
                _ => return None,
            }
        }
        for (a, (next, end)) in args.iter_mut().zip(parts) {
            a.push(next);
            a.push(end);
        }
        let next = self.f.param(to, Rep::Int);
        let end = self.f.param(to, Rep::Int);
        Some(Slot::Iter {
            obj,
            next,
            end,
            step,
            immediate: all_immediate,
        })
    }

    // ---- loops ----

    fn var_key(&self, node: Node, reg: u16) -> VarKey {
        (self.state.top().ctx, node.0, node.1, reg)
    }

    /// Makes the current point a loop's header: registers the loop writes become parameters.
    fn header(&mut self, w: &mut Walk, node: Node, info: &Info, at: usize) {
        self.state.facts.clear();
        self.at = at;
        self.snap = None;
        let pushed = self.var_key(node, PUSHED);
        let n = self.state.frames.len() - 1;
        if self.spec.contains_key(&pushed) && !self.state.frames[n].pushed {
            self.push_all();
        }
        // The block before the loop: what is moved out of the loop goes here.
        let before = self.cur;
        let pre = self.f.new_block();
        self.jump(before, pre, vec![]);
        self.cur = pre;
        let snap = self.snapshot_at(at);
        self.snap = Some(snap);
        let (defs, iters) = (&w.graph.loops[&node].defs, &w.graph.loops[&node].iters);
        let mut vars = Vec::new();
        let mut args = Vec::new();
        for reg in 0..info.code.nregs() as u16 {
            let advanced = iters.has(reg) && matches!(self.slot(reg), Slot::Iter { .. });
            if !defs.has(reg) && !advanced {
                if let s @ Slot::Iter { .. } = self.slot(reg)
                    && self.spec.contains_key(&self.var_key(node, reg))
                {
                    // The loop uses the iterator as an object.
                    let v = self.whole(s);
                    self.put(reg, v);
                }
                continue;
            }
            if !info.read_after(at, reg) {
                self.state.top_mut().slots[reg as usize] = Slot::Dead;
                continue;
            }
            self.variable(node, at, reg, &mut vars, &mut args);
        }
        // Guards made for the parameters leave to the state before they were made.
        self.f.block_mut(pre).snap = Some(snap);
        let head = self.f.new_block();
        self.jump(pre, head, args);
        self.cur = head;
        self.snap = None;
        for v in &vars {
            match *v {
                Var::Val(reg, rep) => {
                    let p = self.f.param(head, rep);
                    self.put(reg, p);
                }
                Var::Iter(reg) => {
                    let next = self.f.param(head, Rep::Int);
                    let end = self.f.param(head, Rep::Int);
                    if let Slot::Iter {
                        obj,
                        step,
                        immediate,
                        ..
                    } = self.slot(reg)
                    {
                        self.state.top_mut().slots[reg as usize] = Slot::Iter {
                            obj,
                            next,
                            end,
                            step,
                            immediate,
                        };
                    }
                }
            }
        }
        w.headers.insert(
            node,
            Header {
                block: head,
                state: self.state.clone(),
                vars,
            },
        );
    }

    fn push_all(&mut self) {
        for n in 0..self.state.frames.len() {
            if !self.state.frames[n].pushed {
                self.push_frame(n);
            }
        }
    }

    fn variable(
        &mut self,
        node: Node,
        at: usize,
        reg: u16,
        vars: &mut Vec<Var>,
        args: &mut Vec<Val>,
    ) {
        let key = self.var_key(node, reg);
        let spec = self.spec.get(&key).copied();
        match self.slot(reg) {
            Slot::Dead => {}
            Slot::Iter { next, end, .. } if spec.is_none() => {
                vars.push(Var::Iter(reg));
                args.extend([next, end]);
            }
            s => {
                let v = self.whole(s);
                let rep = if self.widened(at, reg) {
                    Rep::Any
                } else {
                    spec.unwrap_or(self.rep(v))
                };
                self.spec.insert(key, rep);
                let v = self.coerce(v, rep, ExitKind::Variable(reg));
                vars.push(Var::Val(reg, rep));
                args.push(v);
                self.put(reg, v);
            }
        }
    }

    /// Holds a value otherwise; a tagged word is guarded.
    fn coerce(&mut self, v: Val, rep: Rep, kind: ExitKind) -> Val {
        match (self.rep(v), rep) {
            (a, b) if a == b => v,
            (_, Rep::Any) => self.boxed(v),
            (Rep::Any, Rep::Int) => self.guard_kind(Op::GuardInt, vec![v], Some(rep), kind),
            (Rep::Any, Rep::Float) => self.guard_kind(Op::GuardFloat, vec![v], Some(rep), kind),
            (Rep::Any, Rep::Bool) => self.guard_kind(Op::GuardBool, vec![v], Some(rep), kind),
            // Different kinds of numbers: the caller has asked for another round; any value will do in this one.
            (_, Rep::Int) => self.int(0),
            (_, Rep::Float) => self.emit(Op::Float(0), vec![], Some(Rep::Float)),
            (_, Rep::Bool) => self.emit(Op::Bool(false), vec![], Some(Rep::Bool)),
        }
    }

    /// An edge back to a loop's header.
    fn back_edge(&mut self, w: &mut Walk, node: Node, at: usize) {
        let h = &w.headers[&node];
        let (block, vars, head) = (h.block, h.vars.clone(), h.state.clone());
        let n = self.state.frames.len() - 1;
        for i in 0..=n {
            if self.state.frames[i].pushed && !head.frames[i].pushed {
                self.spec.insert(self.var_key(node, PUSHED), Rep::Any);
                self.again = true;
            } else if !self.state.frames[i].pushed && head.frames[i].pushed {
                self.push_frame(i);
            }
        }
        let saved_at = std::mem::replace(&mut self.at, at);
        self.snap = None;
        let mut args = Vec::new();
        for &v in &vars {
            match v {
                Var::Iter(reg) => match (self.slot(reg), head.top().slots[reg as usize]) {
                    (
                        Slot::Iter {
                            obj,
                            next,
                            end,
                            step,
                            immediate,
                        },
                        Slot::Iter {
                            obj: o,
                            step: st,
                            immediate: all,
                            ..
                        },
                    ) if obj == o && step == st && immediate >= all => args.extend([next, end]),
                    _ => {
                        // Not the same iterator any more: it must be a whole object in this loop.
                        self.spec.insert(self.var_key(node, reg), Rep::Any);
                        self.again = true;
                        let zero = self.int(0);
                        args.extend([zero, zero]);
                    }
                },
                Var::Val(reg, rep) => {
                    let s = self.slot(reg);
                    let v = self.whole(s);
                    let now = self.rep(v);
                    self.settle(node, at, reg, rep, now);
                    args.push(self.coerce(v, rep, ExitKind::Variable(reg)));
                }
            }
        }
        self.same_outside(&head, &vars, node);
        self.at = saved_at;
        self.jump(self.cur, block, args);
    }

    /// A loop variable arrives held as `now`; the header expects `rep`.
    fn settle(&mut self, node: Node, at: usize, reg: u16, rep: Rep, now: Rep) {
        if now == rep || now == Rep::Any {
            return;
        }
        let key = self.var_key(node, reg);
        let better = match rep {
            // It entered as a word, but the loop makes raw values of it: guard it at the entry.
            Rep::Any if !self.widened(at, reg) && !self.spec_fixed(key) => now,
            Rep::Any => return,
            _ => Rep::Any,
        };
        self.spec.insert(key, better);
        if better == Rep::Any {
            // Two kinds of raw values met: stay with words.
            self.spec
                .insert((key.0, key.1, key.2 + FIXED, key.3), Rep::Any);
        }
        self.again = true;
    }

    fn spec_fixed(&self, key: VarKey) -> bool {
        self.spec
            .contains_key(&(key.0, key.1, key.2 + FIXED, key.3))
    }

    /// An iterator that is no loop variable must still be in the same parts at the back edge.
    fn same_outside(&mut self, head: &State, vars: &[Var], node: Node) {
        let last = head.frames.len() - 1;
        for reg in 0..head.frames[last].slots.len() {
            let want = head.frames[last].slots[reg];
            let is_var = vars.iter().any(|v| v.reg() == reg as u16);
            let now = self.state.frames[last].slots[reg];
            if matches!(want, Slot::Iter { .. }) && now != want && !is_var {
                self.spec.insert(self.var_key(node, reg as u16), Rep::Any);
                self.again = true;
            }
        }
    }
}

impl Var {
    fn reg(self) -> u16 {
        match self {
            Var::Val(r, _) | Var::Iter(r) => r,
        }
    }
}

/// Added to a version in a key: the variable's representation is settled.
const FIXED: usize = 1 << 20;
