//! `try`, `with` and leaving their blocks.
//!
//! # The register protocol
//!
//! Every instruction has at most one handler; `Code::exceptions` is therefore a list of disjoint ranges.
//! When an instruction of a range raises, the exception (a normalised instance) is put into the range's
//! register `exc` and execution goes on at its target. Nothing else changes: all other registers keep
//! the values they had, and the raising instruction has not written its destination. Temporaries above
//! those the handler's code itself mentions are dead there.
//!
//! A protected construct owns these temporaries, allocated below all temporaries of its body:
//!
//! | register | written by | holds |
//! |---|---|---|
//! | `exc` | the runtime at the jump to the handler | the exception caught |
//! | `saved` | `PushExc saved, exc`, first at the handler | the exception handled before (null: none) |
//! | `exc2` | the runtime, when the handler's own code raises | the second exception |
//!
//! **Handler.** `PushExc saved, exc`, then code under a second range whose target is the *clean-up*
//! `PopExc saved; Reraise exc2`. Every way out of the handler executes `PopExc saved` exactly once:
//! falling out, the clean-up, `PopExc saved; Reraise exc` when no clause matches, and the unwinding of
//! `return`, `break` and `continue`.
//!
//! **`except E as name`.** The body has a third range, whose target sets `name` to None, deletes it and
//! raises `exc3` again (into the clean-up).
//!
//! **`finally`.** The body is compiled once for the normal way, once as handler, and once more for each
//! `return`, `break` or `continue` that leaves the `try`. The inlined copies are outside the ranges they
//! leave. A value being returned is in a temporary allocated above the construct's.
//!
//! **`with`.** `exit` holds the bound `__exit__` throughout the body, `BeforeWith exit, value, manager`
//! writes it before the range begins. The handler is `WithExit t, exit, exc`; if `t` is true,
//! `PopExc saved` and on; else `PopExc saved; Reraise exc`. Unwinding calls `exit(None, None, None)`.
//!
//! **`except*`.** `orig` is the group caught, `rest` what no clause has matched so far, `list` the raised
//! and unhandled parts; see `try_star`.
//!
//! **`async for`.** Only `GetAnext` and its await are in the range; the handler is
//! `PushExc saved, exc; EndAsyncFor exc, saved`, the latter under a clean-up range as above.

use crate::compiler::{Compiler, FBlock, Res};
use crate::emit::{Label, NONE, Reg};
use rivet_spec::Op;
use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::TextRange;

/// CPython's `CO_MAXBLOCKS`.
const MAX_BLOCKS: usize = 20;

/// A range under construction.
pub(crate) struct Guard {
    target: Label,
    pub(crate) exc: Reg,
    /// The handler outside.
    pub(crate) outer: u32,
}

impl<'a> Compiler<'a> {
    /// Begins a range; the handler's code is placed by [`Compiler::handler`].
    pub(crate) fn begin_guard(&mut self) -> Guard {
        let exc = self.temp();
        let target = self.label();
        let outer = self.u.handler;
        self.u.handler = self.u.asm.new_handler(target, exc);
        Guard { target, exc, outer }
    }

    pub(crate) fn end_guard(&mut self, guard: &Guard) {
        self.u.handler = guard.outer;
    }

    fn handler(&mut self, guard: &Guard) {
        self.place(guard.target);
    }

    /// The clean-up of a handler.
    fn cleanup(&mut self, guard: &Guard, saved: Reg) {
        self.handler(guard);
        self.artificial();
        self.emit(Op::PopExc, saved, 0, 0);
        self.emit(Op::Reraise, guard.exc, 0, 0);
    }

    pub(crate) fn push_block(&mut self, block: FBlock<'a>, range: TextRange) -> Res {
        let weight = |b: &FBlock<'_>| {
            if matches!(b, FBlock::Handler { .. }) {
                2
            } else {
                1
            }
        };
        let depth: usize = self.u.fblocks.iter().map(weight).sum();
        if depth >= MAX_BLOCKS {
            return self.error("too many statically nested blocks", range);
        }
        self.u.fblocks.push(block);
        Ok(())
    }

    /// The handler of an `async for`: ends the loop on StopAsyncIteration.
    pub(crate) fn end_async_for(&mut self, guard: Guard) {
        let saved = self.temp();
        let done = self.label();
        self.handler(&guard);
        self.emit(Op::PushExc, saved, guard.exc, 0);
        let inner = self.begin_guard();
        self.emit(Op::EndAsyncFor, guard.exc, saved, 0);
        self.end_guard(&inner);
        self.artificial();
        self.jump(Op::Jump, 0, 0, 0, done);
        self.cleanup(&inner, saved);
        self.place(done);
    }

    // ---- leaving blocks ----

    /// Leaves all blocks, for `return`; gives the handler to restore after the return.
    pub(crate) fn unwind_all(&mut self, range: TextRange) -> Res<u32> {
        let handler = self.u.handler;
        if self.u.fblocks.is_empty() {
            return Ok(handler);
        }
        let blocks = self.u.fblocks.clone();
        while let Some(block) = self.u.fblocks.pop() {
            self.unwind(block, range)?;
        }
        self.u.fblocks = blocks;
        Ok(handler)
    }

    /// Leaves the blocks inside the innermost loop; gives the loop's labels. The handler stays that of
    /// the loop: the caller restores it after its jump (a backward jump may raise).
    pub(crate) fn unwind_to_loop(&mut self, range: TextRange) -> Res<Option<(Label, Label)>> {
        let blocks = self.u.fblocks.clone();
        let mut found = None;
        while let Some(block) = self.u.fblocks.pop() {
            match block {
                FBlock::While { next, end } | FBlock::For { next, end } => {
                    found = Some((next, end));
                    break;
                }
                block => self.unwind(block, range)?,
            }
        }
        self.u.fblocks = blocks;
        Ok(found)
    }

    fn unwind(&mut self, block: FBlock<'a>, range: TextRange) -> Res {
        match block {
            FBlock::While { .. } | FBlock::For { .. } => {}
            FBlock::TryExcept { outer } => self.u.handler = outer,
            FBlock::FinallyTry { body, outer } => {
                self.u.handler = outer;
                self.stmts(body)?;
                self.artificial();
            }
            FBlock::FinallyEnd { saved, outer } => {
                self.u.handler = outer;
                self.emit(Op::PopExc, saved, 0, 0);
            }
            FBlock::Handler { saved, name, outer } => {
                self.u.handler = outer;
                self.emit(Op::PopExc, saved, 0, 0);
                self.unbind(name.as_deref());
            }
            FBlock::With {
                exit,
                is_async,
                outer,
                range,
            } => {
                self.u.handler = outer;
                self.at(range);
                self.call_exit(exit, is_async);
                self.artificial();
            }
            FBlock::StarHandler => {
                let message = "'break', 'continue' and 'return' cannot appear in an except* block";
                return self.error(message, range);
            }
        }
        Ok(())
    }

    /// `name = None; del name`, at the end of `except … as name`.
    fn unbind(&mut self, name: Option<&str>) {
        let Some(name) = name else { return };
        let mark = self.mark();
        let t = self.temp();
        self.load_none(t);
        self.store_name(name, t);
        self.delete_name(name);
        self.release(mark);
    }

    // ---- try ----

    pub(crate) fn try_stmt(&mut self, t: &'a ast::StmtTry) -> Res {
        if t.finalbody.is_empty() {
            return self.try_except(t);
        }
        let range = t.range;
        let saved = self.temp();
        let end = self.label();
        self.emit(Op::Nop, 0, 0, 0);
        let guard = self.begin_guard();
        self.push_block(
            FBlock::FinallyTry {
                body: &t.finalbody,
                outer: guard.outer,
            },
            range,
        )?;
        if t.handlers.is_empty() {
            self.stmts(&t.body)?;
        } else {
            self.try_except(t)?;
        }
        self.u.fblocks.pop();
        self.end_guard(&guard);
        self.stmts(&t.finalbody)?;
        self.artificial();
        self.jump(Op::Jump, 0, 0, 0, end);
        self.handler(&guard);
        self.emit(Op::PushExc, saved, guard.exc, 0);
        let inner = self.begin_guard();
        self.push_block(
            FBlock::FinallyEnd {
                saved,
                outer: guard.outer,
            },
            range,
        )?;
        self.stmts(&t.finalbody)?;
        self.u.fblocks.pop();
        self.end_guard(&inner);
        // The frame is left at the last line of the clause.
        self.emit(Op::PopExc, saved, 0, 0);
        self.emit(Op::Reraise, guard.exc, 0, 0);
        self.cleanup(&inner, saved);
        self.place(end);
        Ok(())
    }

    fn try_except(&mut self, t: &'a ast::StmtTry) -> Res {
        if t.is_star {
            return self.try_star(t);
        }
        let saved = self.temp();
        let end = self.label();
        self.at(t.range);
        self.emit(Op::Nop, 0, 0, 0);
        let guard = self.begin_guard();
        self.push_block(FBlock::TryExcept { outer: guard.outer }, t.range)?;
        self.stmts(&t.body)?;
        self.u.fblocks.pop();
        self.end_guard(&guard);
        self.stmts(&t.orelse)?;
        self.artificial();
        self.jump(Op::Jump, 0, 0, 0, end);
        self.handler(&guard);
        self.emit(Op::PushExc, saved, guard.exc, 0);
        let inner = self.begin_guard();
        for (i, ast::ExceptHandler::ExceptHandler(h)) in t.handlers.iter().enumerate() {
            if h.type_.is_none() && i + 1 < t.handlers.len() {
                return self.error("default 'except:' must be last", h.range);
            }
            let mark = self.mark();
            self.u.handler = self.handler_of(&inner);
            self.except_clause(h, guard.exc, saved, guard.outer, end)?;
            self.release(mark);
        }
        self.end_guard(&inner);
        // The frame is left where the last clause was found not to match.
        if let Some(ast::ExceptHandler::ExceptHandler(h)) = t.handlers.last() {
            self.at(h.range);
        }
        self.emit(Op::PopExc, saved, 0, 0);
        self.emit(Op::Reraise, guard.exc, 0, 0);
        self.cleanup(&inner, saved);
        self.place(end);
        Ok(())
    }

    /// The number of the range a guard began.
    fn handler_of(&self, guard: &Guard) -> u32 {
        let found = self
            .u
            .asm
            .handlers
            .iter()
            .rposition(|h| h.target == guard.target);
        found.map_or(NONE, |i| i as u32)
    }

    fn except_clause(
        &mut self,
        h: &'a ast::ExceptHandlerExceptHandler,
        exc: Reg,
        saved: Reg,
        outer: u32,
        end: Label,
    ) -> Res {
        let next = self.label();
        self.at(h.range);
        if let Some(class) = &h.type_ {
            let mark = self.mark();
            let c = self.expr(class, None)?;
            let t = self.temp();
            self.emit(Op::ExcMatch, t, exc, c);
            self.jump(Op::JumpIfFalse, 0, t, 0, next);
            self.release(mark);
        } else {
            self.emit(Op::Nop, 0, 0, 0);
        }
        let name = h.name.as_ref().map(|n| n.to_string());
        if let Some(n) = &h.name {
            self.forbidden(n)?;
            self.store_name(n, exc);
        }
        let guard = name.as_ref().map(|_| self.begin_guard());
        let clause = self.u.handler;
        self.push_block(
            FBlock::Handler {
                saved,
                name: name.clone(),
                outer,
            },
            h.range,
        )?;
        self.stmts(&h.body)?;
        self.u.fblocks.pop();
        debug_assert_eq!(clause, self.u.handler);
        let inside = guard.as_ref().map(|g| g.outer);
        self.u.handler = outer;
        self.artificial();
        self.emit(Op::PopExc, saved, 0, 0);
        self.unbind(name.as_deref());
        self.jump(Op::Jump, 0, 0, 0, end);
        if let (Some(guard), Some(inside)) = (guard, inside) {
            self.u.handler = inside;
            self.handler(&guard);
            self.unbind(name.as_deref());
            self.emit(Op::Reraise, guard.exc, 0, 0);
        }
        self.place(next);
        Ok(())
    }

    fn try_star(&mut self, t: &'a ast::StmtTry) -> Res {
        let saved = self.temp();
        let (end, reraise) = (self.label(), self.label());
        self.at(t.range);
        self.emit(Op::Nop, 0, 0, 0);
        let guard = self.begin_guard();
        let (rest, list, matched) = (self.temp(), self.temp(), self.temp());
        self.push_block(FBlock::TryExcept { outer: guard.outer }, t.range)?;
        self.stmts(&t.body)?;
        self.u.fblocks.pop();
        self.end_guard(&guard);
        self.stmts(&t.orelse)?;
        self.artificial();
        self.jump(Op::Jump, 0, 0, 0, end);
        self.handler(&guard);
        self.emit(Op::PushExc, saved, guard.exc, 0);
        let inner = self.begin_guard();
        self.emit(Op::BuildList, list, list, 0);
        self.mov(rest, guard.exc);
        for ast::ExceptHandler::ExceptHandler(h) in &t.handlers {
            let Some(class) = &h.type_ else {
                return self.error("expected one or more exception types", h.range);
            };
            let mark = self.mark();
            self.star_clause(h, class, (rest, list, matched))?;
            self.release(mark);
        }
        self.artificial();
        self.emit(Op::ListAppend, list, rest, 0);
        self.emit(Op::PrepReraiseStar, matched, guard.exc, list);
        self.jump(Op::JumpIfNotNone, 0, matched, 0, reraise);
        self.end_guard(&inner);
        self.emit(Op::PopExc, saved, 0, 0);
        self.jump(Op::Jump, 0, 0, 0, end);
        self.place(reraise);
        self.emit(Op::PopExc, saved, 0, 0);
        self.emit(Op::Reraise, matched, 0, 0);
        self.cleanup(&inner, saved);
        self.place(end);
        Ok(())
    }

    /// One `except*` clause: the matching part is split off `rest`; what its body raises goes to `list`.
    fn star_clause(
        &mut self,
        h: &'a ast::ExceptHandlerExceptHandler,
        class: &'a Expr,
        (rest, list, matched): (Reg, Reg, Reg),
    ) -> Res {
        let next = self.label();
        self.at(h.range);
        let c = self.expr(class, None)?;
        self.emit(Op::ExcGroupMatch, matched, rest, c);
        self.jump(Op::JumpIfNone, 0, matched, 0, next);
        let name = h.name.as_ref().map(|n| n.to_string());
        if let Some(n) = &h.name {
            self.forbidden(n)?;
            self.store_name(n, matched);
        }
        let guard = self.begin_guard();
        self.push_block(FBlock::StarHandler, h.range)?;
        self.stmts(&h.body)?;
        self.u.fblocks.pop();
        self.end_guard(&guard);
        self.artificial();
        self.unbind(name.as_deref());
        self.jump(Op::Jump, 0, 0, 0, next);
        self.handler(&guard);
        self.unbind(name.as_deref());
        self.emit(Op::ListAppend, list, guard.exc, 0);
        self.place(next);
        Ok(())
    }

    // ---- with ----

    pub(crate) fn with_stmt(&mut self, w: &'a ast::StmtWith) -> Res {
        if w.is_async {
            self.require_async("async with", w.range)?;
        }
        self.with_item(w, 0)
    }

    fn with_item(&mut self, w: &'a ast::StmtWith, index: usize) -> Res {
        let item = &w.items[index];
        let end = self.label();
        let (exit, saved) = (self.temp(), self.temp());
        let target = item.optional_vars.as_deref();
        let value = match target.and_then(|t| self.fast_target(t)) {
            Some(reg) if !w.is_async => reg,
            _ => self.temp(),
        };
        let mark = self.mark();
        self.at(w.range);
        let manager = self.expr(&item.context_expr, None)?;
        self.at(w.range);
        if w.is_async {
            self.emit(Op::BeforeAsyncWith, exit, value, manager);
            self.release(mark);
            self.await_reg(value, 1, value);
        } else {
            self.emit(Op::BeforeWith, exit, value, manager);
            self.release(mark);
        }
        let guard = self.begin_guard();
        let block = FBlock::With {
            exit,
            is_async: w.is_async,
            outer: guard.outer,
            range: w.range,
        };
        self.push_block(block, w.range)?;
        if let Some(target) = target {
            if self.fast_target(target) != Some(value) {
                self.assign(target, value)?;
            }
            self.touch(value);
        }
        if index + 1 < w.items.len() {
            self.with_item(w, index + 1)?;
        } else {
            self.stmts(&w.body)?;
        }
        self.u.fblocks.pop();
        self.end_guard(&guard);
        self.at(w.range);
        self.call_exit(exit, w.is_async);
        self.jump(Op::Jump, 0, 0, 0, end);
        self.with_handler(&guard, (exit, saved), w, end);
        self.place(end);
        Ok(())
    }

    fn with_handler(
        &mut self,
        guard: &Guard,
        (exit, saved): (Reg, Reg),
        w: &ast::StmtWith,
        end: Label,
    ) {
        let suppress = self.label();
        self.handler(guard);
        self.at(w.range);
        self.emit(Op::PushExc, saved, guard.exc, 0);
        let inner = self.begin_guard();
        let t = self.temp();
        self.emit(Op::WithExit, t, exit, guard.exc);
        if w.is_async {
            self.await_reg(t, 2, t);
        }
        self.jump(Op::JumpIfTrue, 0, t, 0, suppress);
        self.end_guard(&inner);
        self.emit(Op::PopExc, saved, 0, 0);
        self.emit(Op::Reraise, guard.exc, 0, 0);
        self.place(suppress);
        self.emit(Op::PopExc, saved, 0, 0);
        self.jump(Op::Jump, 0, 0, 0, end);
        self.cleanup(&inner, saved);
    }

    /// `exit(None, None, None)`.
    fn call_exit(&mut self, exit: Reg, is_async: bool) {
        let mark = self.mark();
        let base = self.block(5);
        self.mov(base, exit);
        for i in 2..5 {
            self.load_none(base + i);
        }
        self.emit(Op::Call, base, 3, base);
        if is_async {
            self.await_reg(base, 2, base);
        }
        self.release(mark);
    }
}
