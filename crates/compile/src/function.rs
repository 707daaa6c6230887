//! Function definitions, lambdas and what they share: defaults, annotations, closures, decorators.

use crate::code::{Const, LocalKind};
use crate::compiler::{Compiler, Res, UnitKind};
use crate::emit::Reg;
use crate::scope_visit::{annotation_order, node_key};
use rivet_spec::{Op, flags};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;
use std::rc::Rc;

/// The docstring of a body, if its first statement is a plain string.
pub(crate) fn docstring(body: &[Stmt]) -> Option<&ast::ExprStringLiteral> {
    match body.first() {
        Some(Stmt::Expr(e)) => e.value.as_string_literal_expr(),
        _ => None,
    }
}

/// What `MakeFunction` takes besides the code.
#[derive(Default)]
pub(crate) struct Extras {
    flags: u8,
    base: Option<Reg>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn function_def(&mut self, f: &'a ast::StmtFunctionDef) -> Res {
        if f.type_params.is_some() {
            return self.error("expected '('", f.name.range);
        }
        let mark = self.mark();
        self.at(self.source.without_decorators(f.range, &f.decorator_list));
        self.forbidden(&f.name)?;
        let windows = self.decorators(&f.decorator_list)?;
        let range = self.source.without_decorators(f.range, &f.decorator_list);
        self.at(range);
        let target = if windows.is_empty() {
            self.fast_name(&f.name)
        } else {
            None
        };
        let value = match windows.last() {
            Some(&base) => base + 2,
            None => target.unwrap_or_else(|| self.temp()),
        };
        if !windows.is_empty() {
            self.temp();
        }
        let inner_mark = self.mark();
        let mut extras = Extras::default();
        self.defaults(&f.parameters, &mut extras)?;
        self.annotations(f, &mut extras)?;
        let key = node_key(f);
        let first_line = f
            .decorator_list
            .first()
            .map_or(range.start(), |d| d.range.start());
        // A decorator counts from its expression's line, as CPython's does.
        let first_line = match f.decorator_list.first() {
            Some(d) => self.source.line(d.expression.range().start()),
            None => self.source.line(first_line),
        };
        let kind = if f.is_async {
            UnitKind::AsyncFunction
        } else {
            UnitKind::Function
        };
        let scope = self.tables.by_node[&key];
        self.enter(scope, kind, &f.name, first_line);
        self.set_counts(&f.parameters);
        self.function_body(&f.body)?;
        self.make_function(value, extras)?;
        self.release(inner_mark);
        self.apply_decorators(&f.decorator_list, &windows);
        self.at(range);
        let result = windows.first().map_or(value, |&b| b);
        self.store_name(&f.name, result);
        self.release(mark);
        Ok(())
    }

    fn function_body(&mut self, body: &'a [Stmt]) -> Res {
        let doc = docstring(body);
        let value = match doc {
            Some(d) if self.options.optimize < 2 => {
                let text = crate::strings::expr_value(self.source, d);
                Const::Str(text, false)
            }
            _ => Const::None,
        };
        self.const_id(value);
        self.stmts(if doc.is_some() { &body[1..] } else { body })?;
        self.end_of_body(true);
        Ok(())
    }

    /// The implicit `return None`.
    pub(crate) fn end_of_body(&mut self, value_none: bool) {
        let last = self
            .u
            .asm
            .code
            .iter()
            .rev()
            .find(|i| i.pos.line != 0)
            .map(|i| i.pos);
        self.u.pos = last.unwrap_or(self.u.pos);
        if value_none {
            let start = self.u.asm.new_label();
            self.u.asm.place(start);
            self.u.asm.implicit_return = Some(start);
            let mark = self.mark();
            let t = self.temp();
            self.load_none(t);
            self.emit(Op::Return, t, 0, 0);
            self.release(mark);
        }
    }

    fn set_counts(&mut self, p: &ast::Parameters) {
        let pos = p.posonlyargs.len() as u32;
        self.u.counts = (pos + p.args.len() as u32, pos, p.kwonlyargs.len() as u32);
    }

    pub(crate) fn lambda(&mut self, l: &'a ast::ExprLambda, dst: Option<Reg>) -> Res<Reg> {
        let d = self.dest(dst);
        let mark = self.mark();
        let mut extras = Extras::default();
        if let Some(p) = &l.parameters {
            self.defaults(p, &mut extras)?;
        }
        let scope = self.tables.by_node[&node_key(l)];
        let line = self.source.line(l.range.start());
        self.enter(scope, UnitKind::Lambda, "<lambda>", line);
        if let Some(p) = &l.parameters {
            self.set_counts(p);
        }
        self.const_id(Const::None);
        let generator = self.table().generator;
        let mark_inner = self.mark();
        let r = self.expr(&l.body, None)?;
        self.at(l.body.range());
        if generator {
            // CPython's lambdas that yield return their value all the same.
        }
        self.emit(Op::Return, r, 0, 0);
        self.release(mark_inner);
        self.make_function(d, extras)?;
        self.release(mark);
        Ok(d)
    }

    /// Ends the unit and makes the function in `d`.
    pub(crate) fn make_function(&mut self, d: Reg, mut extras: Extras) -> Res {
        let code = self.leave()?;
        let free: Vec<String> = code
            .locals
            .iter()
            .filter(|l| l.kind == LocalKind::Free)
            .map(|l| l.name.clone())
            .collect();
        // The closure's register is free again behind the instruction: callers lay out call windows from here.
        let before = self.mark();
        if !free.is_empty() {
            let slot = self.temp();
            let mark = self.mark();
            let block = self.block(free.len());
            for (i, name) in free.iter().enumerate() {
                let cell = self.cell_register(name);
                self.mov(block + i as u32, cell);
            }
            self.emit(Op::BuildTuple, slot, block, free.len() as u32);
            self.release(mark);
            extras.add(flags::MAKE_CLOSURE, slot);
        }
        let id = self.const_id(Const::Code(Rc::new(code)));
        let base = extras.base.unwrap_or(crate::emit::NONE);
        self.emit_d(Op::MakeFunction, extras.flags, d, id, base);
        self.release(before);
        Ok(())
    }

    /// The register that holds the cell a nested function asks for.
    fn cell_register(&self, name: &str) -> Reg {
        self.u.local_ids.get(name).copied().unwrap_or(0)
    }

    fn defaults(&mut self, p: &'a ast::Parameters, extras: &mut Extras) -> Res {
        for param in annotation_order(p) {
            self.forbidden(&param.name)?;
        }
        let positional: Vec<&'a Expr> = p
            .posonlyargs
            .iter()
            .chain(p.args.iter())
            .filter_map(|a| a.default.as_deref())
            .collect();
        if !positional.is_empty() {
            let slot = self.temp();
            let folded: Option<Vec<Const>> = positional
                .iter()
                .map(|e| crate::fold::fold(e, self.ctx()))
                .collect();
            if let Some(items) = folded {
                self.load_const(Const::Tuple(items), Some(slot));
            } else {
                let mark = self.mark();
                let block = self.block(positional.len());
                for (i, e) in positional.iter().enumerate() {
                    self.expr_to(e, block + i as u32)?;
                }
                self.emit(Op::BuildTuple, slot, block, positional.len() as u32);
                self.release(mark);
            }
            extras.add(flags::MAKE_DEFAULTS, slot);
        }
        let keyword: Vec<(&'a ast::Identifier, &'a Expr)> = p
            .kwonlyargs
            .iter()
            .filter_map(|a| a.default.as_deref().map(|d| (&a.parameter.name, d)))
            .collect();
        if !keyword.is_empty() {
            let slot = self.temp();
            let mark = self.mark();
            let block = self.block(keyword.len() + 1);
            let mut names = Vec::new();
            for (i, (name, e)) in keyword.iter().enumerate() {
                names.push(Const::Str(self.mangle(name).into_bytes(), true));
                self.expr_to(e, block + i as u32)?;
            }
            self.load_const(Const::Tuple(names), Some(block + keyword.len() as u32));
            self.emit(Op::BuildConstKeyMap, slot, block, keyword.len() as u32);
            self.release(mark);
            extras.add(flags::MAKE_KWDEFAULTS, slot);
        }
        Ok(())
    }

    fn annotations(&mut self, f: &'a ast::StmtFunctionDef, extras: &mut Extras) -> Res {
        let mut list: Vec<(String, &'a Expr)> = Vec::new();
        for p in annotation_order(&f.parameters) {
            if let Some(a) = p.annotation.as_deref() {
                list.push((self.mangle(&p.name), a));
            }
        }
        if let Some(r) = f.returns.as_deref() {
            list.push(("return".to_owned(), r));
        }
        if list.is_empty() {
            return Ok(());
        }
        let slot = self.temp();
        let mark = self.mark();
        let block = self.block(2 * list.len());
        let n = 2 * list.len() as u32;
        for (i, (name, e)) in list.into_iter().enumerate() {
            let at = block + 2 * i as u32;
            self.load_const(Const::Str(name.into_bytes(), true), Some(at));
            self.annotation(e, at + 1)?;
        }
        self.emit(Op::BuildTuple, slot, block, n);
        self.release(mark);
        extras.add(flags::MAKE_ANNOTATIONS, slot);
        Ok(())
    }

    /// The value of an annotation: evaluated, or its text under `from __future__ import annotations`.
    pub(crate) fn annotation(&mut self, e: &'a Expr, d: Reg) -> Res {
        if self.future_annotations {
            let text = crate::unparse::unparse(self.source, e);
            self.load_const(Const::Str(text, false), Some(d));
            return Ok(());
        }
        if let Expr::Starred(s) = e {
            // `*args: *Ts` is the tuple's only element.
            let mark = self.mark();
            let v = self.expr(&s.value, None)?;
            self.emit(Op::UnpackSequence, d, v, 1);
            self.release(mark);
            return Ok(());
        }
        self.expr_to(e, d)
    }

    /// Evaluates decorators, each into a call window of its own; gives the windows' bases.
    pub(crate) fn decorators(&mut self, list: &'a [ast::Decorator]) -> Res<Vec<Reg>> {
        let mut windows: Vec<Reg> = Vec::new();
        for decorator in list {
            // The window of the next decorator begins at the argument slot of this one.
            let base = match windows.last() {
                None => self.block(2),
                Some(_) => {
                    let b = self.temp();
                    self.temp();
                    b
                }
            };
            self.expr_to(&decorator.expression, base)?;
            windows.push(base);
        }
        Ok(windows)
    }

    /// Calls the decorators, innermost first; the value is in the last window's argument slot and ends
    /// in the first window's base.
    pub(crate) fn apply_decorators(&mut self, list: &'a [ast::Decorator], windows: &[Reg]) {
        for (i, &base) in windows.iter().enumerate().rev() {
            self.at(list[i].expression.range());
            // The result is the argument of the window before, which is just this window's base.
            let result = if i == 0 { base } else { windows[i - 1] + 2 };
            self.emit(Op::Call, base, 1, result);
        }
    }

    /// Names that may not be bound; the error is at the current position.
    pub(crate) fn forbidden(&self, name: &str) -> Res {
        if name == "__debug__" {
            return Err(self
                .source
                .syntax_at("cannot assign to __debug__", self.u.pos));
        }
        Ok(())
    }
}

impl Extras {
    /// Adds a value; they must come in the order of their flags and in consecutive registers.
    fn add(&mut self, flag: u8, slot: Reg) {
        self.flags |= flag;
        self.base.get_or_insert(slot);
    }
}
