//! Statements, except definitions, `try`, `with` and `match`.

use crate::code::{Const, Mode};
use crate::compiler::{Compiler, FBlock, Res, UnitKind};
use crate::emit::{Reg, TEMP};
use crate::expr::binary_opcode;
use crate::fold::{fold, truth};
use rivet_spec::{Insn, Op};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// Whether a body annotates anything in its own scope.
pub(crate) fn has_annotations(body: &[Stmt]) -> bool {
    body.iter().any(|s| match s {
        Stmt::AnnAssign(_) => true,
        Stmt::For(f) => has_annotations(&f.body) || has_annotations(&f.orelse),
        Stmt::While(w) => has_annotations(&w.body) || has_annotations(&w.orelse),
        Stmt::If(i) => {
            has_annotations(&i.body) || i.elif_else_clauses.iter().any(|c| has_annotations(&c.body))
        }
        Stmt::With(w) => has_annotations(&w.body),
        Stmt::Match(m) => m.cases.iter().any(|c| has_annotations(&c.body)),
        Stmt::Try(t) => {
            has_annotations(&t.body)
                || has_annotations(&t.orelse)
                || has_annotations(&t.finalbody)
                || t.handlers
                    .iter()
                    .any(|ast::ExceptHandler::ExceptHandler(h)| has_annotations(&h.body))
        }
        _ => false,
    })
}

/// Where an augmented assignment reads and writes.
enum Place {
    Name(String),
    Attr(Reg, u32),
    Item(Reg, Reg),
}

impl<'a> Compiler<'a> {
    pub(crate) fn stmts(&mut self, body: &'a [Stmt]) -> Res {
        body.iter().try_for_each(|s| self.stmt(s))
    }

    pub(crate) fn stmt(&mut self, s: &'a Stmt) -> Res {
        self.deeper(s.range())?;
        self.at(s.range());
        let mark = self.mark();
        self.stmt_inner(s)?;
        self.release(mark);
        self.depth -= 1;
        Ok(())
    }

    fn stmt_inner(&mut self, s: &'a Stmt) -> Res {
        match s {
            Stmt::FunctionDef(f) => self.function_def(f),
            Stmt::ClassDef(c) => self.class_def(c),
            Stmt::Return(r) => self.return_stmt(r),
            Stmt::Delete(d) => d.targets.iter().try_for_each(|t| self.delete(t)),
            Stmt::Assign(a) => self.assign_stmt(a),
            Stmt::AugAssign(a) => self.aug_assign(a),
            Stmt::AnnAssign(a) => self.ann_assign(a),
            Stmt::For(f) if f.is_async => self.async_for(f),
            Stmt::For(f) => self.for_stmt(f),
            Stmt::While(w) => self.while_stmt(w),
            Stmt::If(i) => self.if_stmt(i),
            Stmt::With(w) => self.with_stmt(w),
            Stmt::Match(m) => self.match_stmt(m),
            Stmt::Raise(r) => self.raise(r),
            Stmt::Try(t) => self.try_stmt(t),
            Stmt::Assert(a) => self.assert_stmt(a),
            Stmt::Import(i) => self.import(i),
            Stmt::ImportFrom(i) => self.import_from(i),
            Stmt::Global(_) | Stmt::Nonlocal(_) => Ok(()),
            Stmt::Expr(e) => self.expr_stmt(e),
            Stmt::Pass(_) => {
                self.emit(Op::Nop, 0, 0, 0);
                Ok(())
            }
            Stmt::Break(b) => self.break_stmt(b.range),
            Stmt::Continue(c) => self.continue_stmt(c.range),
            Stmt::TypeAlias(_) | Stmt::IpyEscapeCommand(_) => {
                self.error("invalid syntax", s.range())
            }
        }
    }

    fn expr_stmt(&mut self, e: &'a ast::StmtExpr) -> Res {
        if self.options.mode == Mode::Single && self.outer.is_empty() {
            let r = self.expr(&e.value, None)?;
            self.emit(Op::PrintExpr, r, 0, 0);
            return Ok(());
        }
        if is_literal(&e.value) {
            self.emit(Op::Nop, 0, 0, 0);
            return Ok(());
        }
        let t = match &*e.value {
            Expr::Name(_) | Expr::Named(_) => None,
            _ => Some(self.temp()),
        };
        self.expr(&e.value, t).map(|_| ())
    }

    // ---- assignment ----

    fn assign_stmt(&mut self, a: &'a ast::StmtAssign) -> Res {
        let pos = self.u.pos;
        if let [target] = &a.targets[..] {
            if let Some(reg) = self.fast_target(target) {
                self.expr_into_local(&a.value, reg)?;
                self.touch(reg);
                return Ok(());
            }
            if self.unpack_display(target, &a.value)? {
                return Ok(());
            }
        }
        let copy = if self.must_copy(&a.value, &a.targets) {
            Some(self.temp())
        } else {
            None
        };
        let value = self.expr(&a.value, copy)?;
        for target in &a.targets {
            self.u.pos = pos;
            self.assign(target, value)?;
        }
        Ok(())
    }

    /// Whether the value is a local that the assignment to the targets may rebind under our hands.
    fn must_copy(&self, value: &Expr, targets: &[Expr]) -> bool {
        let name = match value {
            Expr::Name(n) => &n.id,
            Expr::Named(_) => return true,
            _ => return false,
        };
        let stores = |t: &Expr| {
            ast::helpers::any_over_expr(
                t,
                |e| matches!(e, Expr::Name(n) if n.id == *name && n.ctx.is_store()),
            )
        };
        // A single target that stores the name itself reads the value first.
        let (first, rest) = (&targets[0], &targets[1..]);
        let walrus = |t: &Expr| ast::helpers::any_over_expr(t, Expr::is_named_expr);
        targets.iter().any(walrus)
            || (!rest.is_empty() && (stores(first) || rest.iter().any(stores)))
    }

    /// `a, b = c, d` without building the tuple (two or three elements, as CPython).
    fn unpack_display(&mut self, target: &'a Expr, value: &'a Expr) -> Res<bool> {
        let (targets, values) = match (target, value) {
            (Expr::Tuple(t), Expr::Tuple(v)) => (&t.elts, &v.elts),
            (Expr::List(t), Expr::Tuple(v)) => (&t.elts, &v.elts),
            _ => return Ok(false),
        };
        let starred = targets
            .iter()
            .chain(values.iter())
            .any(Expr::is_starred_expr);
        if targets.len() != values.len() || starred || !(2..=8).contains(&targets.len()) {
            return Ok(false);
        }
        if let Some(c) = fold(value, self.ctx()) {
            // Keeps the constant tuple in `co_consts`, as CPython does.
            self.const_id(c);
        }
        let base = self.block(values.len());
        for (i, v) in values.iter().enumerate() {
            self.expr_to(v, base + i as u32)?;
        }
        for (i, t) in targets.iter().enumerate() {
            self.assign(t, base + i as u32)?;
        }
        Ok(true)
    }

    pub(crate) fn no_debug(&self, target: &Expr) -> Res {
        match target {
            Expr::Name(n) => self.forbidden(&n.id),
            Expr::Attribute(a) => self.forbidden(&a.attr),
            _ => Ok(()),
        }
    }

    /// Stores the value in a register to a target.
    pub(crate) fn assign(&mut self, target: &'a Expr, value: Reg) -> Res {
        let old = self.at(target.range());
        self.no_debug(target)?;
        let mark = self.mark();
        match target {
            Expr::Name(n) => self.store_name(&n.id, value),
            Expr::Attribute(a) => {
                let object = self.expr(&a.value, None)?;
                self.at_attribute(a);
                let id = self.name_id(&a.attr);
                self.emit(Op::StoreAttr, object, id, value);
            }
            Expr::Subscript(s) => {
                let object = self.operand(&s.value, &[&s.slice], None)?;
                let index = self.expr(&s.slice, None)?;
                self.emit(Op::SetItem, object, index, value);
            }
            Expr::Tuple(t) => self.unpack(&t.elts, value, target.range())?,
            Expr::List(l) => self.unpack(&l.elts, value, target.range())?,
            Expr::Starred(s) => {
                return self.error(
                    "starred assignment target must be in a list or tuple",
                    s.range,
                );
            }
            _ => return self.error("cannot assign to expression", target.range()),
        }
        self.release(mark);
        self.u.pos = old;
        Ok(())
    }

    fn unpack(&mut self, targets: &'a [Expr], value: Reg, range: TextRange) -> Res {
        let star = targets.iter().position(Expr::is_starred_expr);
        let n = targets.len();
        let base = self.block(n);
        match star {
            None => self.emit(Op::UnpackSequence, base, value, n as u32),
            Some(at) => {
                if targets[at + 1..].iter().any(Expr::is_starred_expr) {
                    return self.error("multiple starred expressions in assignment", range);
                }
                if at > 255 || n - at - 1 > 255 {
                    return self.error("too many expressions in star-unpacking assignment", range);
                }
                self.emit(Op::UnpackEx, base, value, (at | (n - at - 1) << 8) as u32);
            }
        }
        for (i, target) in targets.iter().enumerate() {
            let target = match target {
                Expr::Starred(s) => &*s.value,
                t => t,
            };
            self.assign(target, base + i as u32)?;
        }
        Ok(())
    }

    fn aug_assign(&mut self, a: &'a ast::StmtAugAssign) -> Res {
        self.no_debug(&a.target)?;
        let pos = self.u.pos;
        if let Some(reg) = self.fast_target(&a.target) {
            self.at(a.target.range());
            self.touch(reg);
            self.check_bound(reg);
            self.u.pos = pos;
            let left = match rebound(&a.value, &a.target) {
                true => {
                    let t = self.temp();
                    self.mov(t, reg);
                    t
                }
                false => reg,
            };
            return self.aug_op(a, reg, left);
        }
        self.at(a.target.range());
        let (place, current) = self.aug_place(&a.target)?;
        self.u.pos = pos;
        let result = self.temp();
        self.aug_op(a, result, current)?;
        self.at(a.target.range());
        match place {
            Place::Name(name) => self.store_name(&name, result),
            Place::Attr(object, id) => {
                if let Expr::Attribute(attr) = &*a.target {
                    self.at_attribute(attr);
                }
                self.emit(Op::StoreAttr, object, id, result);
            }
            Place::Item(object, index) => self.emit(Op::SetItem, object, index, result),
        }
        Ok(())
    }

    fn aug_op(&mut self, a: &'a ast::StmtAugAssign, d: Reg, left: Reg) -> Res {
        let mark = self.mark();
        if let Some((op, imm)) = self.immediate(a.op, &a.value) {
            self.emit_d(op, Insn::INPLACE, d, left, imm);
        } else {
            let right = self.expr(&a.value, None)?;
            self.emit_d(binary_opcode(a.op), Insn::INPLACE, d, left, right);
        }
        self.release(mark);
        Ok(())
    }

    /// Evaluates the parts of a target once and loads its present value.
    fn aug_place(&mut self, target: &'a Expr) -> Res<(Place, Reg)> {
        let current = self.temp();
        Ok(match target {
            Expr::Name(n) => {
                self.load_name(&n.id, Some(current));
                (Place::Name(n.id.to_string()), current)
            }
            Expr::Attribute(a) => {
                let object = self.temp();
                self.expr_to(&a.value, object)?;
                self.at_attribute(a);
                let id = self.name_id(&a.attr);
                self.emit(Op::LoadAttr, current, object, id);
                (Place::Attr(object, id), current)
            }
            Expr::Subscript(s) => {
                let (object, index) = (self.temp(), self.temp());
                self.expr_to(&s.value, object)?;
                self.expr_to(&s.slice, index)?;
                self.emit(Op::GetItem, current, object, index);
                (Place::Item(object, index), current)
            }
            _ => return self.error("invalid augmented assignment", target.range()),
        })
    }

    fn ann_assign(&mut self, a: &'a ast::StmtAnnAssign) -> Res {
        self.no_debug(&a.target)?;
        if let Some(value) = &a.value {
            match self.fast_target(&a.target) {
                Some(reg) => {
                    self.expr_into_local(value, reg)?;
                    self.touch(reg);
                }
                None => {
                    let copy = self.must_copy(value, std::slice::from_ref(&*a.target));
                    let copy = if copy { Some(self.temp()) } else { None };
                    let v = self.expr(value, copy)?;
                    self.assign(&a.target, v)?;
                }
            }
        }
        let in_namespace = matches!(self.u.kind, UnitKind::Module | UnitKind::Class);
        match &*a.target {
            Expr::Name(n) if a.simple && in_namespace => {
                let value = self.temp();
                self.annotation(&a.annotation, value)?;
                let dict = self.temp();
                let id = self.raw_name_id("__annotations__".to_owned());
                self.emit(Op::LoadName, dict, id, 0);
                let name = self.mangle(&n.id);
                let key = self.load_const(Const::Str(name.into_bytes(), true), None);
                self.emit(Op::SetItem, dict, key, value);
                return Ok(());
            }
            Expr::Attribute(t) if a.value.is_none() => {
                self.expr(&t.value, None)?;
            }
            Expr::Subscript(t) if a.value.is_none() => {
                self.expr(&t.value, None)?;
                self.expr(&t.slice, None)?;
            }
            _ => {}
        }
        if !a.simple && in_namespace && !self.future_annotations {
            self.expr(&a.annotation, None)?;
        }
        Ok(())
    }

    fn delete(&mut self, target: &'a Expr) -> Res {
        let old = self.at(target.range());
        let mark = self.mark();
        match target {
            Expr::Name(n) => {
                if n.id.as_str() == "__debug__" {
                    return self.error("cannot delete __debug__", n.range);
                }
                self.delete_name(&n.id);
            }
            Expr::Attribute(a) => {
                let object = self.expr(&a.value, None)?;
                self.at_attribute(a);
                let id = self.name_id(&a.attr);
                self.emit(Op::DeleteAttr, object, id, 0);
            }
            Expr::Subscript(s) => {
                let object = self.operand(&s.value, &[&s.slice], None)?;
                let index = self.expr(&s.slice, None)?;
                self.emit(Op::DelItem, object, index, 0);
            }
            Expr::Tuple(t) => t.elts.iter().try_for_each(|t| self.delete(t))?,
            Expr::List(l) => l.elts.iter().try_for_each(|t| self.delete(t))?,
            _ => return self.error("cannot delete expression", target.range()),
        }
        self.release(mark);
        self.u.pos = old;
        Ok(())
    }

    // ---- control ----

    fn return_stmt(&mut self, r: &'a ast::StmtReturn) -> Res {
        if !self.in_function() {
            return self.error("'return' outside function", r.range);
        }
        let table = self.table();
        if r.value.is_some() && table.generator && table.coroutine {
            return self.error("'return' with value in async generator", r.range);
        }
        let constant = match &r.value {
            None => Some(Const::None),
            Some(e) => fold(e, self.ctx()),
        };
        let unwinding = !self.u.fblocks.is_empty();
        let value = match (&constant, &r.value) {
            (None, Some(e)) => {
                let t = if unwinding { Some(self.temp()) } else { None };
                Some(self.expr(e, t)?)
            }
            (Some(_), Some(e)) => {
                // Keeps the line of the value for tracing.
                self.emit(Op::Nop, 0, 0, 0);
                let _ = e;
                None
            }
            _ => {
                self.emit(Op::Nop, 0, 0, 0);
                None
            }
        };
        let handler = self.unwind_all(r.range)?;
        self.at(r.range);
        let value = match (value, constant) {
            (Some(v), _) => v,
            (None, c) => {
                if let Some(e) = &r.value {
                    // A constant on the same line gives the return its place.
                    if self.source.line(e.start()) == self.source.line(r.range.start()) {
                        self.at(e.range());
                    }
                }
                self.load_const(c.unwrap_or(Const::None), None)
            }
        };
        self.emit(Op::Return, value, 0, 0);
        self.u.handler = handler;
        Ok(())
    }

    fn break_stmt(&mut self, range: TextRange) -> Res {
        self.emit(Op::Nop, 0, 0, 0);
        let handler = self.u.handler;
        let Some(target) = self.unwind_to_loop(range)? else {
            return self.error("'break' outside loop", range);
        };
        self.jump(Op::Jump, 0, 0, 0, target.1);
        self.u.handler = handler;
        Ok(())
    }

    fn continue_stmt(&mut self, range: TextRange) -> Res {
        self.emit(Op::Nop, 0, 0, 0);
        let handler = self.u.handler;
        let Some(target) = self.unwind_to_loop(range)? else {
            return self.error("'continue' not properly in loop", range);
        };
        self.jump(Op::JumpBack, 0, 0, 0, target.0);
        self.u.handler = handler;
        Ok(())
    }

    fn if_stmt(&mut self, i: &'a ast::StmtIf) -> Res {
        let end = self.label();
        let mut tests: Vec<(Option<&'a Expr>, &'a [Stmt], TextRange)> =
            vec![(Some(&i.test), &i.body, i.range)];
        for clause in &i.elif_else_clauses {
            tests.push((
                clause.test.as_ref(),
                &clause.body,
                TextRange::new(clause.range.start(), i.range.end()),
            ));
        }
        let n = tests.len();
        for (k, (test, body, range)) in tests.into_iter().enumerate() {
            let next = self.label();
            if let Some(test) = test {
                if k > 0 {
                    self.at(range);
                }
                if self.constant_truth(test).is_some() {
                    self.emit(Op::Nop, 0, 0, 0);
                }
                self.condition(test, next, false)?;
            }
            self.stmts(body)?;
            if k + 1 < n {
                self.artificial();
                self.jump(Op::Jump, 0, 0, 0, end);
            }
            self.place(next);
        }
        self.place(end);
        Ok(())
    }

    /// The truth of a constant condition.
    fn constant_truth(&self, test: &Expr) -> Option<bool> {
        fold(test, self.ctx()).and_then(|c| truth(&c))
    }

    fn while_stmt(&mut self, w: &'a ast::StmtWhile) -> Res {
        let (top, other, end) = (self.label(), self.label(), self.label());
        self.place(top);
        self.push_block(FBlock::While { next: top, end }, w.range)?;
        if self.constant_truth(&w.test).is_some() {
            self.emit(Op::Nop, 0, 0, 0);
        }
        self.condition(&w.test, other, false)?;
        self.stmts(&w.body)?;
        self.artificial();
        self.jump(Op::JumpBack, 0, 0, 0, top);
        self.u.fblocks.pop();
        self.place(other);
        self.stmts(&w.orelse)?;
        self.place(end);
        Ok(())
    }

    fn for_stmt(&mut self, f: &'a ast::StmtFor) -> Res {
        let pos = self.u.pos;
        let (top, other, end) = (self.label(), self.label(), self.label());
        let it = self.temp();
        let iterable = match crate::fold::fold_container(&f.iter, self.ctx()) {
            Some(Const::Tuple(items)) => self.load_const(Const::Tuple(items), Some(it)),
            _ => self.operand(&f.iter, &[], Some(it))?,
        };
        self.emit(Op::GetIter, it, iterable, 0);
        self.push_block(FBlock::For { next: top, end }, f.range)?;
        self.place(top);
        self.u.pos = pos;
        let mark = self.mark();
        match self.fast_target(&f.target) {
            Some(reg) => {
                self.touch(reg);
                self.jump(Op::ForIter, 0, reg, it, other);
            }
            None => {
                let t = self.temp();
                self.jump(Op::ForIter, 0, t, it, other);
                self.assign(&f.target, t)?;
            }
        }
        self.release(mark);
        self.stmts(&f.body)?;
        self.artificial();
        self.jump(Op::JumpBack, 0, 0, 0, top);
        self.u.fblocks.pop();
        self.place(other);
        self.stmts(&f.orelse)?;
        self.place(end);
        Ok(())
    }

    fn async_for(&mut self, f: &'a ast::StmtFor) -> Res {
        self.require_async("async for", f.range)?;
        let pos = self.u.pos;
        let (top, end) = (self.label(), self.label());
        let it = self.temp();
        self.expr_to(&f.iter, it)?;
        self.emit(Op::GetAiter, it, it, 0);
        self.push_block(FBlock::For { next: top, end }, f.range)?;
        self.place(top);
        let value = self.temp();
        let guard = self.begin_guard();
        self.anext(it, value);
        self.end_guard(&guard);
        self.assign(&f.target, value)?;
        self.stmts(&f.body)?;
        self.artificial();
        self.jump(Op::JumpBack, 0, 0, 0, top);
        self.u.fblocks.pop();
        self.u.pos = pos;
        self.end_async_for(guard);
        self.stmts(&f.orelse)?;
        self.place(end);
        Ok(())
    }

    /// Awaits the next item of the async iterator `it` into `d`.
    pub(crate) fn anext(&mut self, it: Reg, d: Reg) {
        let mark = self.mark();
        let awaitable = self.temp();
        self.emit(Op::GetAnext, awaitable, it, 0);
        self.send_loop(awaitable, d);
        self.release(mark);
    }

    fn raise(&mut self, r: &'a ast::StmtRaise) -> Res {
        match (&r.exc, &r.cause) {
            (None, _) => self.emit_d(Op::Raise, 0, TEMP, TEMP, 0),
            (Some(e), None) => {
                let v = self.expr(e, None)?;
                self.emit_d(Op::Raise, 1, v, v, 0);
            }
            (Some(e), Some(c)) => {
                let v = self.operand(e, &[c], None)?;
                let c = self.expr(c, None)?;
                self.emit_d(Op::Raise, 2, v, c, 0);
            }
        }
        if self.u.max_temp == 0 {
            self.u.max_temp = 1;
        }
        Ok(())
    }

    fn assert_stmt(&mut self, a: &'a ast::StmtAssert) -> Res {
        if let Expr::Tuple(t) = &*a.test
            && !t.elts.is_empty()
        {
            self.warn(
                "assertion is always true, perhaps remove parentheses?".to_owned(),
                a.range,
            );
        }
        if self.options.optimize > 0 {
            return Ok(());
        }
        let end = self.label();
        self.condition(&a.test, end, true)?;
        let base = self.temp();
        self.emit(Op::LoadAssertionError, base, 0, 0);
        if let Some(msg) = &a.msg {
            self.temp();
            let slot = self.temp();
            self.expr_to(msg, slot)?;
            self.emit(Op::Call, base, 1, base);
        }
        self.emit_d(Op::Raise, 1, base, base, 0);
        self.place(end);
        Ok(())
    }

    // ---- imports ----

    fn import(&mut self, i: &'a ast::StmtImport) -> Res {
        for alias in &i.names {
            let mark = self.mark();
            let module = self.temp();
            self.const_id(Const::Int(0));
            self.load_none(module);
            let full = alias.name.as_str();
            let id = self.name_id(full);
            self.emit(Op::ImportName, module, id, 0);
            match &alias.asname {
                Some(asname) => {
                    // `import a.b.c as d` binds the innermost module.
                    for part in full.split('.').skip(1) {
                        let id = self.name_id(part);
                        self.emit(Op::ImportFrom, module, module, id);
                    }
                    self.forbidden(asname)?;
                    self.store_name(asname, module);
                }
                None => {
                    let first = full.split('.').next().unwrap_or(full);
                    self.store_name(first, module);
                }
            }
            self.release(mark);
        }
        Ok(())
    }

    fn import_from(&mut self, i: &'a ast::StmtImportFrom) -> Res {
        let module = self.temp();
        let names: Vec<Const> = i
            .names
            .iter()
            .map(|a| Const::Str(a.name.as_str().as_bytes().to_vec(), true))
            .collect();
        self.const_id(Const::Int(i64::from(i.level)));
        self.load_const(Const::Tuple(names), Some(module));
        let id = self.name_id(i.module.as_ref().map_or("", |m| m.as_str()));
        if i.level > 0xffff {
            return self.error("too many levels in relative import", i.range);
        }
        self.emit(Op::ImportName, module, id, i.level);
        for alias in &i.names {
            if alias.name.as_str() == "*" {
                self.emit(Op::ImportStar, module, 0, 0);
                continue;
            }
            let mark = self.mark();
            let t = self.temp();
            let id = self.name_id(&alias.name);
            self.emit(Op::ImportFrom, t, module, id);
            let target = alias.asname.as_ref().unwrap_or(&alias.name);
            self.forbidden(target)?;
            self.store_name(target, t);
            self.release(mark);
        }
        Ok(())
    }
}

/// A literal whose evaluation as a statement does nothing.
fn is_literal(e: &Expr) -> bool {
    matches!(
        e,
        Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
    )
}

/// Whether the value of an augmented assignment to a local binds that local again.
fn rebound(value: &Expr, target: &Expr) -> bool {
    let Expr::Name(n) = target else { return false };
    ast::helpers::any_over_expr(
        value,
        |e| matches!(e, Expr::Named(w) if matches!(&*w.target, Expr::Name(t) if t.id == n.id)),
    )
}
