//! Expressions. `expr(e, dst)` evaluates into `dst`, or where it likes if `dst` is None: a local is then
//! used in place. A destination may be a local only if the expression writes it once, as the last
//! thing it does ([`Compiler::writes_once`]).

use crate::code::Const;
use crate::compiler::{Compiler, Res, UnitKind};
use crate::emit::{Label, NONE, Reg};
use crate::fold::fold;
use rivet_spec::{CompareOp, Op};
use ruff_python_ast::{self as ast, CmpOp, Expr, Operator, UnaryOp};
use ruff_text_size::{Ranged, TextRange};

/// The opcode of a binary operator.
pub(crate) fn binary_opcode(op: Operator) -> Op {
    match op {
        Operator::Add => Op::Add,
        Operator::Sub => Op::Sub,
        Operator::Mult => Op::Mul,
        Operator::MatMult => Op::MatMul,
        Operator::Div => Op::TrueDiv,
        Operator::Mod => Op::Mod,
        Operator::Pow => Op::Pow,
        Operator::LShift => Op::LShift,
        Operator::RShift => Op::RShift,
        Operator::BitOr => Op::Or,
        Operator::BitXor => Op::Xor,
        Operator::BitAnd => Op::And,
        Operator::FloorDiv => Op::FloorDiv,
    }
}

fn rich(op: CmpOp) -> Option<CompareOp> {
    Some(match op {
        CmpOp::Lt => CompareOp::Lt,
        CmpOp::LtE => CompareOp::Le,
        CmpOp::Eq => CompareOp::Eq,
        CmpOp::NotEq => CompareOp::Ne,
        CmpOp::Gt => CompareOp::Gt,
        CmpOp::GtE => CompareOp::Ge,
        _ => return None,
    })
}

/// Whether evaluating `e` may rebind a name by an assignment expression to `name`.
fn rebinds(e: &Expr, name: &str) -> bool {
    struct Finder<'n> {
        name: &'n str,
        found: bool,
    }
    impl<'x> ast::visitor::Visitor<'x> for Finder<'_> {
        fn visit_expr(&mut self, e: &'x Expr) {
            match e {
                Expr::Named(n) if matches!(&*n.target, Expr::Name(t) if t.id.as_str() == self.name) =>
                {
                    self.found = true;
                }
                Expr::Lambda(_) => {}
                _ if self.found => {}
                _ => ast::visitor::walk_expr(self, e),
            }
        }
    }
    let mut finder = Finder { name, found: false };
    ast::visitor::Visitor::visit_expr(&mut finder, e);
    finder.found
}

impl<'a> Compiler<'a> {
    /// Evaluates an expression; gives the register that holds the value.
    pub(crate) fn expr(&mut self, e: &'a Expr, dst: Option<Reg>) -> Res<Reg> {
        self.deeper(e.range())?;
        let old = self.at(e.range());
        let r = match fold(e, self.ctx()) {
            Some(value) => self.load_const(value, dst),
            None => self.expr_inner(e, dst)?,
        };
        self.u.pos = old;
        self.depth -= 1;
        Ok(r)
    }

    /// Evaluates into exactly this register.
    pub(crate) fn expr_to(&mut self, e: &'a Expr, dst: Reg) -> Res {
        self.expr(e, Some(dst)).map(|_| ())
    }

    /// Evaluates into a register that stays as it is while `later` is evaluated: a local that they may
    /// rebind is copied. `scratch` is a temporary to use if one is needed.
    pub(crate) fn operand(
        &mut self,
        e: &'a Expr,
        later: &[&Expr],
        scratch: Option<Reg>,
    ) -> Res<Reg> {
        if let Expr::Name(n) = e
            && self.fast_target(e).is_some()
        {
            let table = self.table();
            let mangled = self.mangle(&n.id);
            let rebound =
                table.walrus.contains(&mangled) && later.iter().any(|l| rebinds(l, &n.id));
            let copy = if rebound {
                Some(self.dest(scratch))
            } else {
                None
            };
            return self.expr(e, copy);
        }
        self.expr(e, scratch)
    }

    /// A temporary that may be used while the value for `d` is computed.
    pub(crate) fn scratch(&self, d: Reg) -> Option<Reg> {
        (d >= crate::emit::TEMP).then_some(d)
    }

    /// Whether the value is written to the destination by one instruction after all else is done.
    pub(crate) fn writes_once(e: &Expr) -> bool {
        match e {
            Expr::BoolOp(_) | Expr::YieldFrom(_) | Expr::Await(_) => false,
            Expr::Compare(c) => c.ops.len() == 1,
            Expr::If(i) => Self::writes_once(&i.body) && Self::writes_once(&i.orelse),
            Expr::Named(_) => true,
            Expr::List(l) => !l.elts.iter().any(Expr::is_starred_expr) && l.elts.len() <= 30,
            Expr::Set(l) => !l.elts.iter().any(Expr::is_starred_expr) && l.elts.len() <= 30,
            Expr::Tuple(l) => !l.elts.iter().any(Expr::is_starred_expr) && l.elts.len() <= 30,
            Expr::Dict(d) => d.items.len() <= 15 && d.items.iter().all(|i| i.key.is_some()),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => true,
            Expr::FString(f) => f.value.iter().count() > 0,
            _ => true,
        }
    }

    /// Evaluates into `dst`, going over a temporary where the expression could write `dst` too early.
    pub(crate) fn expr_into_local(&mut self, e: &'a Expr, dst: Reg) -> Res {
        if Self::writes_once(e) || fold(e, self.ctx()).is_some() {
            return self.expr_to(e, dst);
        }
        let mark = self.mark();
        let t = self.temp();
        self.expr_to(e, t)?;
        self.mov(dst, t);
        self.release(mark);
        Ok(())
    }

    fn expr_inner(&mut self, e: &'a Expr, dst: Option<Reg>) -> Res<Reg> {
        match e {
            Expr::Name(n) => Ok(self.load_name(&n.id, dst)),
            Expr::BoolOp(b) => self.bool_op(b, dst),
            Expr::Named(n) => self.named(n, dst),
            Expr::BinOp(b) => self.bin_op(b, dst),
            Expr::UnaryOp(u) => self.unary(u, dst),
            Expr::Lambda(l) => self.lambda(l, dst),
            Expr::If(i) => self.if_exp(i, dst),
            Expr::Dict(d) => self.dict(d, dst),
            Expr::Set(s) => self.sequence(&s.elts, Op::BuildSet, dst),
            Expr::List(l) => self.sequence(&l.elts, Op::BuildList, dst),
            Expr::Tuple(t) => self.sequence(&t.elts, Op::BuildTuple, dst),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.comprehension(e, e.range(), dst)
            }
            Expr::Await(a) => self.await_expr(a, dst),
            Expr::Yield(y) => self.yield_expr(y, dst),
            Expr::YieldFrom(y) => self.yield_from(y, dst),
            Expr::Compare(c) => self.compare(c, dst),
            Expr::Call(c) => self.call(c, dst),
            Expr::FString(f) => self.fstring(f, dst),
            Expr::Attribute(a) => self.attribute(a, dst),
            Expr::Subscript(s) => self.subscript(s, dst),
            Expr::Slice(s) => self.slice(s, dst),
            Expr::Starred(s) => self.error("can't use starred expression here", s.range),
            Expr::TString(_) | Expr::IpyEscapeCommand(_) => self.error("invalid syntax", e.range()),
            // The rest are literals, which always fold.
            _ => Ok(self.load_const(Const::None, dst)),
        }
    }

    fn named(&mut self, n: &'a ast::ExprNamed, dst: Option<Reg>) -> Res<Reg> {
        let Expr::Name(target) = &*n.target else {
            return self.error(
                "cannot use assignment expressions with this target",
                n.range,
            );
        };
        if let Some(reg) = self.fast_target(&n.target) {
            self.expr_into_local(&n.value, reg)?;
            self.touch(reg);
            return Ok(match dst {
                Some(d) => {
                    self.mov(d, reg);
                    d
                }
                None => reg,
            });
        }
        let d = match dst {
            Some(d) if d >= crate::emit::TEMP => d,
            _ => self.temp(),
        };
        self.expr_to(&n.value, d)?;
        self.at(target.range);
        self.store_name(&target.id, d);
        if let Some(dst) = dst {
            self.mov(dst, d);
            return Ok(dst);
        }
        Ok(d)
    }

    fn bin_op(&mut self, b: &'a ast::ExprBinOp, dst: Option<Reg>) -> Res<Reg> {
        if b.op == Operator::Mod
            && let Some(r) = self.percent_format(b, dst)?
        {
            return Ok(r);
        }
        let d = self.dest(dst);
        let mark = self.mark();
        let left = self.operand(&b.left, &[&b.right], self.scratch(d))?;
        if let Some((op, imm)) = self.immediate(b.op, &b.right) {
            self.emit(op, d, left, imm);
        } else {
            let right = self.expr(&b.right, None)?;
            self.emit(binary_opcode(b.op), d, left, right);
        }
        self.release(mark);
        Ok(d)
    }

    /// The immediate form of an addition or subtraction of a small literal.
    pub(crate) fn immediate(&mut self, op: Operator, right: &Expr) -> Option<(Op, u32)> {
        let op = match op {
            Operator::Add => Op::AddImm,
            Operator::Sub => Op::SubImm,
            _ => return None,
        };
        match fold(right, self.ctx()) {
            Some(Const::Int(i)) if i16::try_from(i).is_ok() => {
                self.const_id(Const::Int(i));
                Some((op, u32::from(i as i16 as u16)))
            }
            _ => None,
        }
    }

    fn unary(&mut self, u: &'a ast::ExprUnaryOp, dst: Option<Reg>) -> Res<Reg> {
        let d = self.dest(dst);
        let mark = self.mark();
        if let (UnaryOp::Not, Expr::Compare(c)) = (u.op, &*u.operand)
            && let [op] = *c.ops
        {
            let inverse = match op {
                CmpOp::Is => Some(CmpOp::IsNot),
                CmpOp::IsNot => Some(CmpOp::Is),
                CmpOp::In => Some(CmpOp::NotIn),
                CmpOp::NotIn => Some(CmpOp::In),
                _ => None,
            };
            if let Some(op) = inverse {
                self.at(c.range);
                self.warn_compare(c);
                self.compare_pair(&c.left, op, &c.comparators[0], d)?;
                self.release(mark);
                return Ok(d);
            }
        }
        let v = self.operand(&u.operand, &[], self.scratch(d))?;
        let op = match u.op {
            UnaryOp::Invert => Op::Invert,
            UnaryOp::Not => Op::Not,
            UnaryOp::UAdd => Op::Pos,
            UnaryOp::USub => Op::Neg,
        };
        self.emit(op, d, v, 0);
        self.release(mark);
        Ok(d)
    }

    fn bool_op(&mut self, b: &'a ast::ExprBoolOp, dst: Option<Reg>) -> Res<Reg> {
        let d = self.dest(dst);
        let end = self.label();
        let (last, init) = b.values.split_last().expect("operands");
        let jump = if b.op.is_and() {
            Op::JumpIfFalse
        } else {
            Op::JumpIfTrue
        };
        for value in init {
            self.expr_to(value, d)?;
            self.jump(jump, 0, d, 0, end);
        }
        self.expr_to(last, d)?;
        self.place(end);
        Ok(d)
    }

    fn if_exp(&mut self, i: &'a ast::ExprIf, dst: Option<Reg>) -> Res<Reg> {
        let d = self.dest(dst);
        let (other, end) = (self.label(), self.label());
        self.condition(&i.test, other, false)?;
        self.expr_to(&i.body, d)?;
        self.artificial();
        self.jump(Op::Jump, 0, 0, 0, end);
        self.place(other);
        self.expr_to(&i.orelse, d)?;
        self.place(end);
        Ok(d)
    }

    /// One comparison, not a chain.
    fn compare_pair(&mut self, left: &'a Expr, op: CmpOp, right: &'a Expr, d: Reg) -> Res {
        let l = self.operand(left, &[right], self.scratch(d))?;
        let r = self.comparand(op, right)?;
        self.compare_regs(op, d, l, r);
        Ok(())
    }

    /// The right side of a comparison: list and set displays after `in` become constants.
    fn comparand(&mut self, op: CmpOp, right: &'a Expr) -> Res<Reg> {
        if matches!(op, CmpOp::In | CmpOp::NotIn)
            && let Some(value) = crate::fold::fold_container(right, self.ctx())
        {
            let old = self.at(right.range());
            let r = self.load_const(value, None);
            self.u.pos = old;
            return Ok(r);
        }
        self.expr(right, None)
    }

    fn compare_regs(&mut self, op: CmpOp, d: Reg, l: Reg, r: Reg) {
        match op {
            CmpOp::Is => self.emit_d(Op::Is, 0, d, l, r),
            CmpOp::IsNot => self.emit_d(Op::Is, 1, d, l, r),
            CmpOp::In => self.emit_d(Op::Contains, 0, d, l, r),
            CmpOp::NotIn => self.emit_d(Op::Contains, 1, d, l, r),
            _ => {
                let number = rich(op).map_or(0, |c| c as u8);
                self.emit_d(Op::Compare, number, d, l, r);
            }
        }
    }

    fn compare(&mut self, c: &'a ast::ExprCompare, dst: Option<Reg>) -> Res<Reg> {
        self.warn_compare(c);
        let d = self.dest(dst);
        let mark = self.mark();
        if c.ops.len() == 1 {
            self.compare_pair(&c.left, c.ops[0], &c.comparators[0], d)?;
            self.release(mark);
            return Ok(d);
        }
        let end = self.label();
        let rest: Vec<&Expr> = c.comparators.iter().collect();
        let mut left = self.operand(&c.left, &rest, None)?;
        for (i, (op, right)) in c.ops.iter().zip(c.comparators.iter()).enumerate() {
            let last = i + 1 == c.ops.len();
            let r = if last {
                self.comparand(*op, right)?
            } else {
                self.operand(right, &rest[i + 1..], None)?
            };
            self.compare_regs(*op, d, left, r);
            if !last {
                self.jump(Op::JumpIfFalse, 0, d, 0, end);
            }
            left = r;
        }
        self.place(end);
        self.release(mark);
        Ok(d)
    }

    fn attribute(&mut self, a: &'a ast::ExprAttribute, dst: Option<Reg>) -> Res<Reg> {
        let d = self.dest(dst);
        let mark = self.mark();
        let value = self.operand(&a.value, &[], self.scratch(d))?;
        self.at_attribute(a);
        let id = self.name_id(&a.attr);
        self.emit(Op::LoadAttr, d, value, id);
        self.release(mark);
        Ok(d)
    }

    /// Sets the position of an attribute access: where the dotted name spans lines, from the last one on.
    pub(crate) fn at_attribute(&mut self, a: &ast::ExprAttribute) {
        self.at(a.range);
        self.adjust_to_attribute(a);
    }

    /// Moves the start of the current position to the attribute's name if that is on another line.
    pub(crate) fn adjust_to_attribute(&mut self, a: &ast::ExprAttribute) {
        let attr = self.source.position(a.range);
        let pos = &mut self.u.pos;
        if pos.line != attr.end_line {
            pos.line = attr.end_line;
            let len = a.attr.as_str().chars().count() as i32;
            pos.col = if len <= attr.end_col {
                attr.end_col - len
            } else {
                -1
            };
            if pos.end_line < pos.line {
                pos.end_line = pos.line;
            }
        }
    }

    fn subscript(&mut self, s: &'a ast::ExprSubscript, dst: Option<Reg>) -> Res<Reg> {
        self.warn_subscript(s);
        let d = self.dest(dst);
        let mark = self.mark();
        let value = self.operand(&s.value, &[&s.slice], self.scratch(d))?;
        let index = self.expr(&s.slice, None)?;
        self.emit(Op::GetItem, d, value, index);
        self.release(mark);
        Ok(d)
    }

    fn slice(&mut self, s: &'a ast::ExprSlice, dst: Option<Reg>) -> Res<Reg> {
        let d = self.dest(dst);
        let mark = self.mark();
        let base = self.temp();
        self.temp();
        if s.step.is_some() {
            self.temp();
        }
        for (i, part) in [&s.lower, &s.upper, &s.step].into_iter().enumerate() {
            let reg = base + i as u32;
            match part {
                Some(e) => self.expr_to(e, reg)?,
                None if i < 2 => self.load_none(reg),
                None => {}
            }
        }
        self.emit(
            Op::BuildSlice,
            d,
            base,
            if s.step.is_some() { 3 } else { 2 },
        );
        self.release(mark);
        Ok(d)
    }

    // ---- displays ----

    /// A tuple, list or set display.
    pub(crate) fn sequence(&mut self, elts: &'a [Expr], op: Op, dst: Option<Reg>) -> Res<Reg> {
        let d = self.dest(dst);
        let mark = self.mark();
        // A set of constants is made from a frozenset, which gives it CPython's iteration order.
        let constant_set = op == Op::BuildSet
            && elts.len() > 2
            && crate::fold::fold_all(elts, self.ctx()).is_some();
        if elts.len() <= 30 && !constant_set && !elts.iter().any(Expr::is_starred_expr) {
            let base = self.block(elts.len());
            for (i, e) in elts.iter().enumerate() {
                self.expr_to(e, base + i as u32)?;
            }
            self.emit(op, d, base, elts.len() as u32);
            self.release(mark);
            return Ok(d);
        }
        let tuple = op == Op::BuildTuple;
        let target = if tuple { self.temp() } else { d };
        self.extend_sequence(elts, op == Op::BuildSet, target)?;
        if tuple {
            self.emit(Op::ListToTuple, d, target, 0);
        }
        self.release(mark);
        Ok(d)
    }

    /// Builds a list (or set) in `target` element by element.
    pub(crate) fn extend_sequence(&mut self, elts: &'a [Expr], set: bool, target: Reg) -> Res {
        let (build, add, extend) = if set {
            (Op::BuildSet, Op::SetAdd, Op::SetUpdate)
        } else {
            (Op::BuildList, Op::ListAppend, Op::ListExtend)
        };
        if let Some(items) = crate::fold::fold_all(elts, self.ctx()) {
            self.emit(build, target, target, 0);
            let mark = self.mark();
            let value = if set {
                Const::FrozenSet(items)
            } else {
                Const::Tuple(items)
            };
            let t = self.load_const(value, None);
            self.emit(extend, target, t, NONE);
            self.release(mark);
            return Ok(());
        }
        self.emit(build, target, target, 0);
        for e in elts {
            let mark = self.mark();
            if let Expr::Starred(s) = e {
                let v = self.expr(&s.value, None)?;
                self.emit(extend, target, v, NONE);
            } else {
                let v = self.expr(e, None)?;
                self.emit(add, target, v, 0);
            }
            self.release(mark);
        }
        Ok(())
    }

    /// `n` consecutive temporaries.
    pub(crate) fn block(&mut self, n: usize) -> Reg {
        let base = self.temp();
        for _ in 1..n {
            self.temp();
        }
        base
    }

    fn dict(&mut self, e: &'a ast::ExprDict, dst: Option<Reg>) -> Res<Reg> {
        let d = self.dest(dst);
        let mark = self.mark();
        let n = e.items.len();
        if n <= 15 && e.items.iter().all(|i| i.key.is_some()) {
            let keys: Option<Vec<Const>> = e
                .items
                .iter()
                .map(|i| i.key.as_ref().and_then(|k| fold(k, self.ctx())))
                .collect();
            match keys {
                Some(keys) if n > 1 => {
                    let base = self.block(n + 1);
                    for (i, item) in e.items.iter().enumerate() {
                        self.expr_to(&item.value, base + i as u32)?;
                    }
                    self.load_const(Const::Tuple(keys), Some(base + n as u32));
                    self.emit(Op::BuildConstKeyMap, d, base, n as u32);
                }
                _ => {
                    let base = self.block(2 * n);
                    for (i, item) in e.items.iter().enumerate() {
                        if let Some(key) = &item.key {
                            self.expr_to(key, base + 2 * i as u32)?;
                        }
                        self.expr_to(&item.value, base + 2 * i as u32 + 1)?;
                    }
                    self.emit(Op::BuildMap, d, base, n as u32);
                }
            }
        } else {
            self.emit(Op::BuildMap, d, d, 0);
            for item in &e.items {
                let mark = self.mark();
                match &item.key {
                    None => {
                        let v = self.expr(&item.value, None)?;
                        self.emit(Op::DictUpdate, d, v, 0);
                    }
                    Some(key) => {
                        let k = self.operand(key, &[&item.value], None)?;
                        let v = self.expr(&item.value, None)?;
                        self.emit(Op::MapAdd, d, k, v);
                    }
                }
                self.release(mark);
            }
        }
        self.release(mark);
        Ok(d)
    }

    // ---- conditions ----

    /// Jumps to `target` if the truth of `e` is `when`; falls through otherwise. A comparison leaves its
    /// position behind, as in CPython: an assertion's exception is raised there.
    pub(crate) fn condition(&mut self, e: &'a Expr, target: Label, when: bool) -> Res {
        self.deeper(e.range())?;
        self.condition_inner(e, target, when)?;
        self.depth -= 1;
        Ok(())
    }

    fn condition_inner(&mut self, e: &'a Expr, target: Label, when: bool) -> Res {
        if let Some(truth) = fold(e, self.ctx()).and_then(|c| crate::fold::truth(&c)) {
            if let Some(c) = fold(e, self.ctx()) {
                self.const_id(c);
            }
            if truth == when {
                self.jump(Op::Jump, 0, 0, 0, target);
            }
            return Ok(());
        }
        match e {
            Expr::UnaryOp(u) if u.op == UnaryOp::Not => {
                return self.condition(&u.operand, target, !when);
            }
            Expr::BoolOp(b) => return self.bool_condition(b, target, when),
            Expr::If(i) => {
                let (other, end) = (self.label(), self.label());
                self.condition(&i.test, other, false)?;
                self.condition(&i.body, target, when)?;
                self.artificial();
                self.jump(Op::Jump, 0, 0, 0, end);
                self.place(other);
                self.condition(&i.orelse, target, when)?;
                self.place(end);
                return Ok(());
            }
            Expr::Compare(c) => return self.compare_condition(c, target, when),
            _ => {}
        }
        let mark = self.mark();
        let r = self.expr(e, None)?;
        self.jump_if(r, target, when);
        self.release(mark);
        Ok(())
    }

    pub(crate) fn jump_if(&mut self, r: Reg, target: Label, when: bool) {
        self.jump(
            if when {
                Op::JumpIfTrue
            } else {
                Op::JumpIfFalse
            },
            0,
            r,
            0,
            target,
        );
    }

    fn bool_condition(&mut self, b: &'a ast::ExprBoolOp, target: Label, when: bool) -> Res {
        let (last, init) = b.values.split_last().expect("operands");
        // `and` decides for false early, `or` for true.
        let early = !b.op.is_and();
        let skip = self.label();
        for value in init {
            self.condition(value, if early == when { target } else { skip }, early)?;
        }
        self.condition(last, target, when)?;
        self.place(skip);
        Ok(())
    }

    fn compare_condition(&mut self, c: &'a ast::ExprCompare, target: Label, when: bool) -> Res {
        self.warn_compare(c);
        let mark = self.mark();
        let skip = self.label();
        let rest: Vec<&Expr> = c.comparators.iter().collect();
        let n = c.ops.len();
        self.at(c.range);
        if n == 1
            && matches!(c.ops[0], CmpOp::Is | CmpOp::IsNot)
            && c.comparators[0].is_none_literal_expr()
        {
            let l = self.expr(&c.left, None)?;
            self.const_id(Const::None);
            let op = if (c.ops[0] == CmpOp::Is) == when {
                Op::JumpIfNone
            } else {
                Op::JumpIfNotNone
            };
            self.jump(op, 0, l, 0, target);
            self.release(mark);
            return Ok(());
        }
        let mut left = self.operand(&c.left, &rest, None)?;
        for (i, (&op, right)) in c.ops.iter().zip(c.comparators.iter()).enumerate() {
            let last = i + 1 == n;
            let r = if last {
                self.comparand(op, right)?
            } else {
                self.operand(right, &rest[i + 1..], None)?
            };
            if last {
                self.compare_jump(op, left, r, target, when);
            } else {
                self.compare_jump(op, left, r, if when { skip } else { target }, false);
            }
            left = r;
        }
        self.place(skip);
        self.release(mark);
        Ok(())
    }

    fn compare_jump(&mut self, op: CmpOp, l: Reg, r: Reg, target: Label, when: bool) {
        match op {
            CmpOp::Is => self.jump(Op::JumpIs, u8::from(!when), l, r, target),
            CmpOp::IsNot => self.jump(Op::JumpIs, u8::from(when), l, r, target),
            CmpOp::In | CmpOp::NotIn => {
                let t = self.temp();
                self.compare_regs(op, t, l, r);
                self.jump_if(t, target, when);
            }
            _ => {
                let number = rich(op).map_or(0, |c| c as u8);
                self.jump(
                    Op::JumpCompare,
                    number | if when { 0 } else { 8 },
                    l,
                    r,
                    target,
                );
            }
        }
    }

    // ---- generators and coroutines ----

    fn yield_expr(&mut self, y: &'a ast::ExprYield, dst: Option<Reg>) -> Res<Reg> {
        if !self.in_function() {
            return self.error("'yield' outside function", y.range);
        }
        let d = self.dest(dst);
        let mark = self.mark();
        let mut v = match &y.value {
            Some(e) => self.operand(e, &[], self.scratch(d))?,
            None => self.load_const(Const::None, self.scratch(d)),
        };
        if self.table().coroutine {
            let t = self.temp();
            self.emit(Op::AsyncGenWrap, t, v, 0);
            v = t;
        }
        self.emit(Op::Yield, d, v, 0);
        self.release(mark);
        Ok(d)
    }

    fn yield_from(&mut self, y: &'a ast::ExprYieldFrom, dst: Option<Reg>) -> Res<Reg> {
        if !self.in_function() {
            return self.error("'yield' outside function", y.range);
        }
        if self.u.kind == UnitKind::AsyncFunction {
            return self.error("'yield from' inside async function", y.range);
        }
        let d = self.dest(dst);
        let mark = self.mark();
        let it = self.temp();
        self.expr_to(&y.value, it)?;
        self.emit(Op::GetYieldFromIter, it, it, 0);
        self.send_loop(it, d);
        self.release(mark);
        Ok(d)
    }

    fn await_expr(&mut self, a: &'a ast::ExprAwait, dst: Option<Reg>) -> Res<Reg> {
        if !self.may_await() {
            let message = if self.in_function() {
                "'await' outside async function"
            } else {
                "'await' outside function"
            };
            return self.error(message, a.range);
        }
        let d = self.dest(dst);
        let mark = self.mark();
        let it = self.temp();
        self.expr_to(&a.value, it)?;
        self.await_reg(it, 0, d);
        self.release(mark);
        Ok(d)
    }

    /// Awaits the value of `it` (which becomes its iterator), result to `d`.
    pub(crate) fn await_reg(&mut self, it: Reg, kind: u8, d: Reg) {
        self.emit_d(Op::GetAwaitable, kind, it, it, 0);
        self.send_loop(it, d);
    }

    /// Delegates to the iterator in `it` until it returns; its return value goes to `d`. The `Yield`
    /// comes right after the `Send`, by which the interpreter knows that the frame delegates.
    pub(crate) fn send_loop(&mut self, it: Reg, d: Reg) {
        let mark = self.mark();
        let v = self.temp();
        self.load_none(v);
        let (top, done) = (self.label(), self.label());
        self.place(top);
        self.jump(Op::Send, 0, v, it, done);
        self.emit(Op::Yield, v, v, 0);
        self.jump(Op::JumpBack, 0, 0, 0, top);
        self.place(done);
        self.mov(d, v);
        self.release(mark);
    }

    /// Sets the position and gives an error if an async construct stands outside an async function.
    pub(crate) fn require_async(&mut self, what: &str, range: TextRange) -> Res {
        if self.may_await() && self.u.kind != UnitKind::Comprehension {
            return Ok(());
        }
        self.error(format!("'{what}' outside async function"), range)
    }
}
