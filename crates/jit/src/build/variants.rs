//! Attributes and methods of receivers of several layouts: the paths part by layout, each goes on as if there were no
//! other, and they join again. A method call after that parts by the method. (The idea: polymorphic inline caches,
//! Hoelzle, Chambers and Ungar, ECOOP 1991.)

use std::rc::Rc;

use rivet_spec::{Insn, Op as Bc};
use rivet_vm::interp::ops::attr::{self, Found};
use rivet_vm::value::layout;

use super::Builder;
use super::bytecode::Info;
use super::calls::Site;
use super::objects::may_be_immediate;
use crate::feedback::ExitKind;
use crate::hir::{Op, Rep, Val};

/// Most layouts an instruction is compiled for.
const MOST: usize = 6;

/// The methods a callee can be: number in the unit's table, layout of the receiver.
pub(super) type Targets = Rc<[(u32, u32)]>;

impl Builder<'_> {
    /// The layouts of the receiver at an attribute instruction, unless its cache alone says all there is to say.
    fn met(&self, info: &Info, at: usize, insn: Insn, v: Val) -> Option<Vec<u32>> {
        if self.general() || self.rep(v) != Rep::Any {
            return None;
        }
        let words = [info.cache(at, 0), info.cache(at, 1), info.cache(at, 2)];
        let cached = match insn.op() {
            Bc::LoadAttr | Bc::StoreAttr | Bc::LoadMethod => None,
            _ => Some(words[0] as u32),
        };
        let mut ids = match (self.state.facts.get(&v), cached) {
            (Some(&id), _) => vec![id],
            (None, Some(id)) => vec![id],
            (None, None) => attr::layouts_met(words),
        };
        if !self.state.facts.contains_key(&v) {
            for &id in self.r.feedback.layouts(self.place()) {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        let sound = |id: &u32| !may_be_immediate(*id) && *id < layout::count();
        let alone = ids.len() == 1 && cached == Some(ids[0]);
        (!ids.is_empty() && ids.len() <= MOST && !alone && ids.iter().all(sound)).then_some(ids)
    }

    /// Runs `each` once per layout where the receiver has it, and joins the ends behind the instruction.
    fn per_layout(
        &mut self,
        info: &Info,
        at: usize,
        v: Val,
        ids: &[u32],
        mut each: impl FnMut(&mut Self, usize, Val),
    ) {
        // Exits of all paths lead back to before the instruction.
        self.snapshot();
        let checked = |b: &mut Self, g: Val, id: u32| {
            let ty = layout::info(id).type_of();
            let op = Op::GuardAt(ty.version_ptr() as u64, ty.version());
            b.guard_kind(op, vec![], None, ExitKind::Version);
            g
        };
        if let [id] = *ids {
            let g = self.layout(v, id);
            let g = checked(self, g, id);
            each(self, 0, g);
            return;
        }
        let mut ends = Vec::new();
        for (i, &id) in ids.iter().enumerate() {
            let same = self.emit(Op::LayoutIs(id), vec![v], Some(Rep::Bool));
            let (yes, no) = self.split(same);
            let before = self.state.clone();
            self.cur = yes;
            let g = self.any(Op::Refine, vec![v]);
            self.state.facts.insert(g, id);
            let g = checked(self, g, id);
            each(self, i, g);
            ends.push((self.cur, std::mem::replace(&mut self.state, before)));
            self.cur = no;
        }
        self.leave(ExitKind::Guard);
        self.dead = false;
        let next = at + 1 + info.insn(at).op().cache_words();
        self.merge(ends, info, next);
    }

    /// Compiles a LoadAttr or LoadMethod for the layouts it has met; false if that is not the way to do it.
    pub(super) fn load_variants(&mut self, info: &Info, at: usize, insn: Insn) -> bool {
        let (a, v) = (insn.a(), self.get(insn.b()));
        let method = matches!(insn.op(), Bc::LoadMethod | Bc::LoadMethodCached);
        let name = info.code.name_at(insn.c());
        let Some(ids) = self.met(info, at, insn, v) else {
            return false;
        };
        let mut found = Vec::new();
        for &id in &ids {
            match attr::find(id, name) {
                Some(Found::Method(_)) if !method => return false,
                Some(f) if layout::info(id).type_of().version() != 0 => found.push(f),
                _ => return false,
            }
        }
        let mut targets = Vec::new();
        self.per_layout(info, at, v, &ids, |b, i, g| match found[i] {
            Found::Slot(word) => {
                let v = b.any(Op::LoadField(8 + 8 * word), vec![g]);
                let v = b.guard(Op::GuardNotNull, vec![v], Some(Rep::Any));
                b.put_attribute(a, v, method);
            }
            Found::Class(x) => {
                let v = b.constant(x);
                b.put_attribute(a, v, method);
            }
            Found::Method(f) => {
                targets.push((b.reference(f), ids[i]));
                let f = b.constant(f);
                b.put(a, f);
                // Where paths join again the receiver is to be one value; else it is to be seen that it is not null.
                let receiver = if ids.len() > 1 { v } else { b.bound(g, ids[0]) };
                b.put(a + 1, receiver);
            }
        });
        if targets.len() == ids.len() && ids.len() > 1 {
            let first = targets[0].0;
            if targets.iter().all(|t| t.0 == first) {
                let f = self.any(Op::Ref(first), vec![]);
                self.put(a, f);
            }
            let callee = self.get(a);
            self.variants.insert((callee, v), targets.into());
        }
        true
    }

    /// A receiver of known layout as a value that shows that it is not null.
    fn bound(&mut self, v: Val, id: u32) -> Val {
        if self.surely_bound(v) {
            return v;
        }
        let g = self.any(Op::Refine, vec![v]);
        self.state.facts.insert(g, id);
        g
    }

    fn put_attribute(&mut self, a: u16, v: Val, method: bool) {
        self.put(a, v);
        if method {
            let null = self.any(Op::Word(0), vec![]);
            self.put(a + 1, null);
        }
    }

    /// Compiles a StoreAttr for the layouts it has met.
    pub(super) fn store_variants(&mut self, info: &Info, at: usize, insn: Insn) -> bool {
        let v = self.get(insn.a());
        let name = info.code.name_at(insn.b());
        let Some(ids) = self.met(info, at, insn, v) else {
            return false;
        };
        let mut words = Vec::new();
        for &id in &ids {
            match attr::find_store(id, name) {
                Some(word) if layout::info(id).type_of().version() != 0 => words.push(word),
                _ => return false,
            }
        }
        let new = self.get_boxed(insn.c());
        self.per_layout(info, at, v, &ids, |b, i, g| {
            b.emit(Op::StoreField(8 + 8 * words[i]), vec![g, new], None);
        });
        true
    }

    /// The methods that a method call can be of, if its callee was loaded for several layouts.
    pub(super) fn targets(&mut self, insn: Insn) -> Option<Targets> {
        let (callee, receiver) = (self.get(insn.a()), self.get(insn.a() + 1));
        self.variants.get(&(callee, receiver)).cloned()
    }

    /// A method call that parts by the method.
    pub(super) fn call_variants(
        &mut self,
        insn: Insn,
        targets: &Targets,
    ) -> Result<(), &'static str> {
        let a = insn.a();
        let (callee, receiver, call_at) = (self.get(a), self.get(a + 1), self.at);
        let mut methods: Vec<u32> = targets.iter().map(|t| t.0).collect();
        methods.dedup();
        methods.sort_unstable();
        methods.dedup();
        let mut ends = Vec::new();
        let before = self.state.clone();
        for (i, &method) in methods.iter().enumerate() {
            self.state = before.clone();
            self.snap = None;
            self.dead = false;
            let f = self.any(Op::Ref(method), vec![]);
            let mut rest = None;
            if i + 1 < methods.len() {
                let same = self.emit(Op::WordEq, vec![callee, f], Some(Rep::Bool));
                let (yes, no) = self.split(same);
                self.cur = yes;
                rest = Some(no);
            }
            self.put(a, f);
            let mut of = targets.iter().filter(|t| t.0 == method);
            if let (Some(&(_, id)), None) = (of.next(), of.next()) {
                self.check_layout(receiver, id);
            }
            let site = Site {
                callee: f,
                first: a + 1,
                n: insn.b() + 1,
                dst: insn.c(),
            };
            self.call_site(insn, &site)?;
            self.at = call_at;
            if !self.dead {
                ends.push((self.cur, self.state.clone()));
            }
            if let Some(no) = rest {
                self.cur = no;
            }
        }
        self.dead = ends.is_empty();
        if !self.dead {
            let info = self.infos[ends[0].1.top().ctx as usize].clone();
            let next = call_at + 1 + info.insn(call_at).op().cache_words();
            self.merge(ends, &info, next);
        }
        Ok(())
    }

    /// Leaves unless a value has a layout. Unlike a guard this stays where it is: on another path it would fail.
    fn check_layout(&mut self, v: Val, id: u32) {
        if self.state.facts.get(&v) == Some(&id) {
            return;
        }
        self.snapshot();
        let same = self.emit(Op::LayoutIs(id), vec![v], Some(Rep::Bool));
        let (yes, no) = self.split(same);
        self.cur = no;
        self.leave(ExitKind::Guard);
        self.dead = false;
        self.cur = yes;
        let g = self.any(Op::Refine, vec![v]);
        self.refine(v, g);
        self.state.facts.insert(g, id);
    }
}
