//! Checks that a unit is well formed: every use is dominated by its definition, representations agree, edges pass
//! what blocks take.

use super::{Blk, Edge, Func, Op, Rep, Term, Val};
use crate::opt::dominators::Dominators;

/// The first thing found wrong.
pub fn verify(f: &Func) -> Result<(), String> {
    let dom = Dominators::new(f);
    let mut place = vec![None; f.insts.len()];
    for &b in dom.order() {
        for &p in &f.block(b).params {
            place[p.0 as usize] = Some((b, 0));
        }
        for (n, &v) in f.block(b).insts.iter().enumerate() {
            if place[v.0 as usize].replace((b, n + 1)).is_some() {
                return Err(format!("v{} is placed twice", v.0));
            }
        }
    }
    let c = Checker { f, dom, place };
    for &b in c.dom.order() {
        c.block(b)?;
    }
    Ok(())
}

struct Checker<'a> {
    f: &'a Func,
    dom: Dominators,
    place: Vec<Option<(Blk, usize)>>,
}

impl Checker<'_> {
    fn used(&self, v: Val, b: Blk, at: usize) -> Result<(), String> {
        let Some((home, n)) = self.place[v.0 as usize] else {
            return Err(format!("v{} is used in b{} but placed nowhere", v.0, b.0));
        };
        let ok = if home == b {
            n < at
        } else {
            self.dom.dominates(home, b)
        };
        if ok {
            Ok(())
        } else {
            Err(format!(
                "v{} of b{} does not reach its use in b{}",
                v.0, home.0, b.0
            ))
        }
    }

    fn block(&self, b: Blk) -> Result<(), String> {
        let block = self.f.block(b);
        for (n, &v) in block.insts.iter().enumerate() {
            let i = self.f.inst(v);
            for &a in &i.args {
                self.used(a, b, n + 1)?;
            }
            if let Some((s, _)) = i.exit {
                for a in self.f.snap_values(s) {
                    self.used(a, b, n + 1).map_err(|e| {
                        format!(
                            "{e} (snapshot s{} of {})",
                            s.0,
                            super::print::inst(self.f, v)
                        )
                    })?;
                }
            } else if i.op.is_guard() {
                return Err(format!("v{} can leave but has no exit", v.0));
            }
            self.args(v)?;
        }
        let end = block.insts.len() + 1;
        match &block.term {
            Term::None => return Err(format!("b{} has no end", b.0)),
            Term::Jump(e) => self.edge(e, b, end)?,
            Term::Branch(c, t, e) => {
                self.used(*c, b, end)?;
                if self.f.rep(*c) != Rep::Bool {
                    return Err(format!("b{} branches by no bool", b.0));
                }
                self.edge(t, b, end)?;
                self.edge(e, b, end)?;
            }
            Term::Exit(s, _) => {
                for a in self.f.snap_values(*s) {
                    self.used(a, b, end)?;
                }
            }
            Term::Return(v) => self.used(*v, b, end)?,
        }
        Ok(())
    }

    fn edge(&self, e: &Edge, b: Blk, end: usize) -> Result<(), String> {
        let params = &self.f.block(e.to).params;
        if params.len() != e.args.len() {
            return Err(format!(
                "b{} passes {} values to b{} which takes {}",
                b.0,
                e.args.len(),
                e.to.0,
                params.len()
            ));
        }
        for (&p, &a) in params.iter().zip(&e.args) {
            self.used(a, b, end)?;
            if self.f.rep(p) != self.f.rep(a) {
                return Err(format!("v{} is passed as v{}", a.0, p.0));
            }
        }
        Ok(())
    }

    /// Representations of the arguments.
    fn args(&self, v: Val) -> Result<(), String> {
        let i = self.f.inst(v);
        let want = match i.op {
            Op::BoxInt
            | Op::TagInt
            | Op::IntToFloat
            | Op::IAdd
            | Op::ISub
            | Op::IMul
            | Op::IAddWrap
            | Op::IFloorDiv
            | Op::IMod
            | Op::IAnd
            | Op::IOr
            | Op::IXor
            | Op::IShl
            | Op::ISar
            | Op::INeg
            | Op::INot
            | Op::RangeStop(_)
            | Op::RangeEnd(_)
            | Op::RangeLeft(_)
            | Op::ICmp(_)
            | Op::GuardExact
            | Op::GuardImmediate => Rep::Int,
            Op::BoxFloat
            | Op::FAdd
            | Op::FSub
            | Op::FMul
            | Op::FDiv
            | Op::FNeg
            | Op::FSqrt
            | Op::FAbs
            | Op::FCmp(_) => Rep::Float,
            Op::BoxBool | Op::BoolToInt | Op::GuardTrue | Op::Not => Rep::Bool,
            Op::GuardInt
            | Op::GuardFloat
            | Op::GuardNumber
            | Op::GuardBool
            | Op::GuardLayout(_)
            | Op::GuardIs
            | Op::GuardNotNull
            | Op::WordEq
            | Op::LayoutIs(_)
            | Op::Refine
            | Op::LoadField(_)
            | Op::StoreField(_)
            | Op::ObjectData(_)
            | Op::Mirror
            | Op::TextForm(_)
            | Op::ViewAt(_)
            | Op::StoreReg(_) => Rep::Any,
            _ => return Ok(()),
        };
        match i.args.iter().find(|&&a| self.f.rep(a) != want) {
            Some(a) => Err(format!(
                "v{} is no {want:?} in {}",
                a.0,
                super::print::inst(self.f, v)
            )),
            None => Ok(()),
        }
    }
}
