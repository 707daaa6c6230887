//! One bytecode instruction at a time.

use rivet_spec::{BinaryOp, Insn, Op as Bc};
use rivet_vm::value::Value;

use super::Builder;
use super::bytecode::Info;
use super::flow::Walk;
use super::graph::Node;
use super::state::Slot;
use crate::feedback::ExitKind;
use crate::hir::{Cond, Helper, Op, Rep, Term, Val};

impl Builder<'_> {
    pub(super) fn insn(
        &mut self,
        w: &mut Walk,
        node: Node,
        info: &Info,
        at: usize,
    ) -> Result<(), &'static str> {
        let insn = info.insn(at);
        let (a, b, c) = (insn.a(), insn.b(), insn.c());
        match insn.op() {
            Bc::Nop | Bc::Resume | Bc::ResumeJit => {}
            Bc::LoadConst => {
                let v = self.constant(info.code.constant(b));
                self.put(a, v);
            }
            Bc::LoadInt => {
                let v = self.int(insn.sbc().into());
                self.put(a, v);
            }
            Bc::LoadSpecial => {
                let v = match b {
                    0 => self.word(Value::NONE),
                    1 => self.constant(Value::TRUE),
                    2 => self.constant(Value::FALSE),
                    3 => self.word(Value::ELLIPSIS),
                    _ => self.any(Op::Word(0), vec![]),
                };
                self.put(a, v);
            }
            Bc::Move => match self.slot(b) {
                Slot::Val { v, .. } => self.put(a, v),
                Slot::Dead => self.state.top_mut().slots[a as usize] = Slot::Dead,
                _ => {
                    let v = self.get(b);
                    self.put(a, v);
                }
            },
            Bc::CheckBound => {
                let v = self.get(a);
                if self.rep(v) == Rep::Any && !self.never_null(v) {
                    if self.f.inst(v).op == Op::Word(0) {
                        self.leave(ExitKind::Unsupported);
                        return Ok(());
                    }
                    let g = self.guard(Op::GuardNotNull, vec![v], Some(Rep::Any));
                    self.refine(v, g);
                }
            }
            Bc::DeleteFast => {
                let v = self.any(Op::Word(0), vec![]);
                let old = self.get(a);
                if self.rep(old) == Rep::Any && !self.never_null(old) {
                    self.guard(Op::GuardNotNull, vec![old], Some(Rep::Any));
                }
                self.put(a, v);
                // What memory holds of the variable would keep its object alive.
                if self.state.top().pushed {
                    self.emit(Op::StoreReg(self.base() + u32::from(a)), vec![v], None);
                    self.put_synced(a, v);
                }
            }
            Bc::LoadDeref => self.load_deref(insn),
            Bc::StoreDeref => self.store_deref(insn),
            Bc::CopyFree => self.copy_free(insn),
            Bc::LoadGlobal | Bc::LoadGlobalCached | Bc::LoadBuiltinCached => {
                self.load_global(info, insn);
            }
            Bc::StoreGlobal => self.store_global(info, insn),
            Bc::LoadName => self.load_name(info, insn),
            Bc::StoreName => self.store_name(info, insn),

            Bc::Add => self.binary(BinaryOp::Add, insn),
            Bc::Sub => self.binary(BinaryOp::Sub, insn),
            Bc::Mul => self.binary(BinaryOp::Mul, insn),
            Bc::TrueDiv => self.binary(BinaryOp::TrueDiv, insn),
            Bc::FloorDiv => self.binary(BinaryOp::FloorDiv, insn),
            Bc::Mod => self.binary(BinaryOp::Mod, insn),
            Bc::Pow => self.binary(BinaryOp::Pow, insn),
            Bc::LShift => self.binary(BinaryOp::LShift, insn),
            Bc::RShift => self.binary(BinaryOp::RShift, insn),
            Bc::And => self.binary(BinaryOp::And, insn),
            Bc::Or => self.binary(BinaryOp::Or, insn),
            Bc::Xor => self.binary(BinaryOp::Xor, insn),
            Bc::MatMul => self.binary(BinaryOp::MatMul, insn),
            Bc::AddImm | Bc::SubImm => self.add_immediate(insn),
            Bc::Neg => self.negate(insn),
            Bc::Pos | Bc::Invert => self.unary(insn),
            Bc::Not => {
                let v = self.get(b);
                let t = self.truth(v);
                let n = self.emit(Op::Not, vec![t], Some(Rep::Bool));
                self.put(a, n);
            }
            Bc::Compare => {
                let (x, y) = (self.get(b), self.get(c));
                let v = self.compare(insn, insn.d() & 7, x, y, false);
                self.put(a, v);
            }
            Bc::Is => {
                let (x, y) = (self.get(b), self.get(c));
                let mut t = self.is(x, y);
                if insn.d() & 1 == 1 {
                    t = self.emit(Op::Not, vec![t], Some(Rep::Bool));
                }
                self.put(a, t);
            }
            Bc::Contains => {
                let (item, container) = (self.get_boxed(b), self.get_boxed(c));
                let mut t = self.call(Helper::Contains, vec![container, item]);
                if insn.d() & 1 == 1 {
                    t = self.emit(Op::Not, vec![t], Some(Rep::Bool));
                }
                self.put(a, t);
            }

            Bc::Jump => {
                let to = target(insn, at);
                self.goto(w, node, info, to);
            }
            Bc::JumpBack | Bc::JumpBackJit => {
                let to = target(insn, at);
                // Back to the interpreter if something asks it to look up: it takes the jump again.
                self.guard_kind(Op::Poll, vec![], None, ExitKind::Poll);
                self.goto(w, node, info, to);
            }
            Bc::JumpIfTrue | Bc::JumpIfFalse => {
                let v = self.get(a);
                let t = self.truth(v);
                let sense = insn.op() == Bc::JumpIfTrue;
                self.branch(w, node, info, t, sense, target(insn, at));
            }
            Bc::JumpIfNone | Bc::JumpIfNotNone => {
                let v = self.get(a);
                let t = self.is_none(v);
                let sense = insn.op() == Bc::JumpIfNone;
                self.branch(w, node, info, t, sense, target(insn, at));
            }
            Bc::JumpCompare => {
                let (x, y) = (self.get(a), self.get(b));
                let t = self.compare(insn, insn.d() & 7, x, y, true);
                let t = self.truth(t);
                let sense = insn.d() & 8 == 0;
                self.branch(w, node, info, t, sense, target(insn, at));
            }
            Bc::JumpIs => {
                let (x, y) = (self.get(a), self.get(b));
                let t = self.is(x, y);
                let sense = insn.d() & 1 == 0;
                self.branch(w, node, info, t, sense, target(insn, at));
            }

            Bc::LoadAttr
            | Bc::LoadMethod
            | Bc::LoadAttrSlot
            | Bc::LoadAttrClass
            | Bc::LoadMethodCached
                if self.load_variants(info, at, insn) => {}
            Bc::StoreAttr | Bc::StoreAttrSlot if self.store_variants(info, at, insn) => {}
            Bc::LoadAttr | Bc::StoreAttr | Bc::LoadMethod => self.uncached(info, at),
            Bc::LoadAttrSlot => self.load_slot(info, at, insn),
            Bc::LoadAttrClass => self.load_class(info, at, insn),
            Bc::LoadAttrModule => self.load_module(info, insn),
            Bc::LoadMethodModule => self.load_method_module(info, insn),
            Bc::StoreAttrSlot => self.store_slot(info, at, insn),
            Bc::StoreAttrAdd => self.store_add(info, at, insn),
            Bc::LoadMethodCached => self.load_method(info, at, insn),
            Bc::GetItem => self.get_item(insn),
            Bc::SetItem => self.set_item(insn),
            Bc::ListAppend => {
                let (l, v) = (self.get(a), self.get_boxed(b));
                let l = self.boxed(l);
                self.call(Helper::ListAppend, vec![l, v]);
            }
            Bc::UnpackSequence => self.unpack(insn),

            Bc::GetIter => self.get_iter(insn),
            Bc::ForIter => self.for_iter(w, node, info, at, insn),

            Bc::Call => self.call_insn(insn, false)?,
            Bc::CallMethod => self.call_insn(insn, true)?,
            Bc::Return => self.return_(w, insn),

            // Rewrites frames, or only ever runs on the way out.
            Bc::CallKw
            | Bc::CallEx
            | Bc::ReturnGenerator
            | Bc::Yield
            | Bc::Send
            | Bc::EndAsyncFor
            | Bc::Raise
            | Bc::Reraise
            | Bc::PushExc
            | Bc::PopExc => self.call_or_leave(insn),

            _ => self.step(),
        }
        Ok(())
    }

    /// Instructions with frames of their own.
    fn call_or_leave(&mut self, insn: Insn) {
        match insn.op() {
            Bc::CallKw if self.typed_keywords(insn) => {}
            Bc::CallKw | Bc::CallEx => {
                self.step();
                self.after_call(0);
            }
            _ => self.leave(ExitKind::Unsupported),
        }
    }

    /// Whether the null word cannot be this value.
    fn never_null(&self, v: Val) -> bool {
        !matches!(
            self.f.inst(v).op,
            Op::LoadReg(_) | Op::Param | Op::Word(0) | Op::LoadField(_)
        )
    }

    /// The truth of a value as a Bool.
    pub(super) fn truth(&mut self, v: Val) -> Val {
        match self.rep(v) {
            Rep::Bool => v,
            Rep::Int => {
                let zero = self.int(0);
                self.emit(Op::ICmp(Cond::Ne), vec![v, zero], Some(Rep::Bool))
            }
            Rep::Float => {
                let zero = self.emit(Op::Float(0), vec![], Some(Rep::Float));
                self.emit(Op::FCmp(Cond::Ne), vec![v, zero], Some(Rep::Bool))
            }
            Rep::Any => {
                if let Op::Word(word) = self.f.inst(v).op
                    && let Some(k) = Value::from_word(word)
                {
                    let t = k != Value::NONE && k != Value::FALSE;
                    return self.emit(Op::Bool(t), vec![], Some(Rep::Bool));
                }
                self.call(Helper::Truth, vec![v])
            }
        }
    }

    fn is_none(&mut self, v: Val) -> Val {
        if self.rep(v) != Rep::Any {
            return self.emit(Op::Bool(false), vec![], Some(Rep::Bool));
        }
        let none = self.word(Value::NONE);
        self.emit(Op::WordEq, vec![v, none], Some(Rep::Bool))
    }

    /// `x is y`
    fn is(&mut self, x: Val, y: Val) -> Val {
        let (rx, ry) = (self.rep(x), self.rep(y));
        if rx == ry {
            match rx {
                Rep::Int => return self.emit(Op::ICmp(Cond::Eq), vec![x, y], Some(Rep::Bool)),
                Rep::Any => {}
                // Bits decide: NaN is itself.
                Rep::Float | Rep::Bool => {
                    let (x, y) = (self.boxed(x), self.boxed(y));
                    return self.emit(Op::Call(Helper::Is), vec![x, y], Some(Rep::Bool));
                }
            }
        } else if rx != Rep::Any && ry != Rep::Any {
            return self.emit(Op::Bool(false), vec![], Some(Rep::Bool));
        }
        let (x, y) = (self.boxed(x), self.boxed(y));
        let immediate = |b: &Self, v: Val| matches!(b.f.inst(v).op, Op::Word(_));
        if immediate(self, x) || immediate(self, y) {
            return self.emit(Op::WordEq, vec![x, y], Some(Rep::Bool));
        }
        self.emit(Op::Call(Helper::Is), vec![x, y], Some(Rep::Bool))
    }

    fn return_(&mut self, w: &mut Walk, insn: Insn) {
        let v = self.get(insn.a());
        if self.state.frames.len() > 1 {
            let fr = self.state.frames.pop().expect("more than one");
            if fr.pushed {
                self.emit(Op::PopFrame, vec![], None);
            }
            self.state.facts.clear();
            w.returned(self.cur, self.state.clone(), v);
        } else {
            let object = self.any(Op::LoadFrameObject, vec![]);
            let null = self.any(Op::Word(0), vec![]);
            let none = self.emit(Op::WordEq, vec![object, null], Some(Rep::Bool));
            self.guard_kind(Op::GuardTrue, vec![none], None, ExitKind::Return);
            let v = self.boxed(v);
            self.f.block_mut(self.cur).term = Term::Return(v);
        }
        self.dead = true;
    }

    /// An attribute instruction without a cache: not executed yet, or executed on all sorts of objects.
    fn uncached(&mut self, info: &Info, at: usize) {
        // The count of failed specialisations says whether it ran.
        let ran = info.cache(at, 2) != 0;
        if ran || self.warm() {
            self.step();
        } else {
            self.leave(ExitKind::Cold);
        }
    }
}

/// Where a jump leads.
pub(super) fn target(insn: Insn, at: usize) -> usize {
    insn.jump_target(at).expect("a jump")
}
