//! Comprehensions and generator expressions: nested functions that take the outermost iterator as `.0`.

use crate::compiler::{Compiler, Res, UnitKind};
use crate::emit::{Label, Reg};
use crate::function::Extras;
use crate::scope::CompKind;
use crate::scope_visit::node_key;
use rivet_spec::Op;
use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::{Ranged, TextRange};

/// What a comprehension makes of each round.
struct Comp<'a> {
    kind: CompKind,
    generators: &'a [ast::Comprehension],
    elt: &'a Expr,
    value: Option<&'a Expr>,
    /// The collection.
    result: Reg,
}

impl<'a> Compiler<'a> {
    pub(crate) fn comprehension(
        &mut self,
        e: &'a Expr,
        range: TextRange,
        dst: Option<Reg>,
    ) -> Res<Reg> {
        let (key, kind, generators, elt, value) = match e {
            Expr::ListComp(c) => (node_key(c), CompKind::List, &c.generators, &*c.elt, None),
            Expr::SetComp(c) => (node_key(c), CompKind::Set, &c.generators, &*c.elt, None),
            Expr::Generator(c) => (
                node_key(c),
                CompKind::Generator,
                &c.generators,
                &*c.elt,
                None,
            ),
            Expr::DictComp(c) => match &c.key {
                Some(k) => (
                    node_key(c),
                    CompKind::Dict,
                    &c.generators,
                    &**k,
                    Some(&*c.value),
                ),
                None => return self.error("invalid syntax", c.range),
            },
            _ => return self.error("invalid syntax", e.range()),
        };
        let d = self.dest(dst);
        let mark = self.mark();
        let base = self.block(2);
        let scope = self.tables.by_node[&key];
        let is_async = self.tables.tables[scope].coroutine;
        let may_await = self.may_await();
        if is_async && kind != CompKind::Generator && !may_await {
            return self.error(
                "asynchronous comprehension outside of an asynchronous function",
                range,
            );
        }
        let name = match kind {
            CompKind::List => "<listcomp>",
            CompKind::Set => "<setcomp>",
            CompKind::Dict => "<dictcomp>",
            CompKind::Generator => "<genexpr>",
        };
        let line = self.source.line(range.start());
        self.enter(scope, UnitKind::Comprehension, name, line);
        self.at(range);
        self.u.counts = (1, 0, 0);
        self.comprehension_body(Comp {
            kind,
            generators,
            elt,
            value,
            result: 0,
        })?;
        self.at(range);
        self.make_function(base, Extras::default())?;
        let argument = self.temp();
        let outer = &generators[0];
        self.expr_to(&outer.iter, argument)?;
        self.emit(
            if outer.is_async {
                Op::GetAiter
            } else {
                Op::GetIter
            },
            argument,
            argument,
            0,
        );
        if is_async && kind != CompKind::Generator {
            self.emit(Op::Call, base, 1, base);
            self.await_reg(base, 0, d);
        } else {
            self.emit(Op::Call, base, 1, d);
        }
        self.release(mark);
        Ok(d)
    }

    fn comprehension_body(&mut self, mut comp: Comp<'a>) -> Res {
        let result = self.temp();
        comp.result = result;
        match comp.kind {
            CompKind::List => self.emit(Op::BuildList, result, result, 0),
            CompKind::Set => self.emit(Op::BuildSet, result, result, 0),
            CompKind::Dict => self.emit(Op::BuildMap, result, result, 0),
            CompKind::Generator => {}
        }
        self.generator(&comp, 0)?;
        if comp.kind == CompKind::Generator {
            self.load_none(result);
        }
        self.emit(Op::Return, result, 0, 0);
        Ok(())
    }

    /// One `for` clause and all that is inside it.
    fn generator(&mut self, comp: &Comp<'a>, depth: usize) -> Res {
        let g = &comp.generators[depth];
        let mark = self.mark();
        let pos = self.u.pos;
        let (top, end) = (self.label(), self.label());
        // The iterator of the outermost clause is the parameter.
        let single = if depth > 0 && !g.is_async {
            single_element(&g.iter)
        } else {
            None
        };
        if let Some(element) = single {
            // `for x in [y]` is an assignment.
            let v = self.temp();
            self.expr_to(element, v)?;
            self.assign(&g.target, v)?;
            self.filters(g, end)?;
            self.inner(comp, depth)?;
            self.place(end);
            self.release(mark);
            return Ok(());
        }
        let it = if depth == 0 {
            0
        } else {
            let it = self.temp();
            self.expr_to(&g.iter, it)?;
            self.emit(
                if g.is_async {
                    Op::GetAiter
                } else {
                    Op::GetIter
                },
                it,
                it,
                0,
            );
            it
        };
        let it = if depth == 0 && self.u.locals[0].kind == crate::code::LocalKind::Cell {
            let t = self.temp();
            self.emit(Op::LoadDeref, t, it, 0);
            t
        } else {
            it
        };
        self.place(top);
        if g.is_async {
            let value = self.temp();
            let guard = self.begin_guard();
            self.anext(it, value);
            self.end_guard(&guard);
            self.assign(&g.target, value)?;
            self.filters(g, top)?;
            self.inner(comp, depth)?;
            self.jump(Op::JumpBack, 0, 0, 0, top);
            self.u.pos = pos;
            self.end_async_for(guard);
        } else {
            match self.fast_target(&g.target) {
                Some(reg) => {
                    self.touch(reg);
                    self.jump(Op::ForIter, 0, reg, it, end);
                }
                None => {
                    let t = self.temp();
                    self.jump(Op::ForIter, 0, t, it, end);
                    self.assign(&g.target, t)?;
                }
            }
            self.filters(g, top)?;
            self.inner(comp, depth)?;
            self.jump(Op::JumpBack, 0, 0, 0, top);
            self.place(end);
        }
        self.release(mark);
        Ok(())
    }

    /// The conditions of a clause; a backward target is reached by a `JumpBack`.
    fn filters(&mut self, g: &'a ast::Comprehension, next: Label) -> Res {
        if g.ifs.is_empty() {
            return Ok(());
        }
        let backward = self.u.asm.labels[next.0 as usize] != crate::emit::NONE;
        if !backward {
            return g
                .ifs
                .iter()
                .try_for_each(|e| self.condition(e, next, false));
        }
        let (pass, fail) = (self.label(), self.label());
        let (last, init) = g.ifs.split_last().expect("conditions");
        for e in init {
            self.condition(e, fail, false)?;
        }
        self.condition(last, pass, true)?;
        self.place(fail);
        self.jump(Op::JumpBack, 0, 0, 0, next);
        self.place(pass);
        Ok(())
    }

    fn inner(&mut self, comp: &Comp<'a>, depth: usize) -> Res {
        if depth + 1 < comp.generators.len() {
            return self.generator(comp, depth + 1);
        }
        let mark = self.mark();
        match comp.kind {
            CompKind::Generator => {
                let mut v = self.expr(comp.elt, None)?;
                if self.table().coroutine {
                    let t = self.temp();
                    self.emit(Op::AsyncGenWrap, t, v, 0);
                    v = t;
                }
                let t = self.temp();
                self.emit(Op::Yield, t, v, 0);
            }
            CompKind::Dict => {
                let Some(value) = comp.value else {
                    return Ok(());
                };
                let k = self.operand(comp.elt, &[value], None)?;
                let v = self.expr(value, None)?;
                self.emit(Op::MapAdd, comp.result, k, v);
            }
            CompKind::List | CompKind::Set => {
                let v = self.expr(comp.elt, None)?;
                let op = if comp.kind == CompKind::List {
                    Op::ListAppend
                } else {
                    Op::SetAdd
                };
                self.emit(op, comp.result, v, 0);
            }
        }
        self.release(mark);
        Ok(())
    }
}

/// The element of a one-element list or tuple display.
fn single_element(e: &Expr) -> Option<&Expr> {
    let elts = match e {
        Expr::List(l) => &l.elts,
        Expr::Tuple(t) => &t.elts,
        _ => return None,
    };
    match &elts[..] {
        [one] if !one.is_starred_expr() => Some(one),
        _ => None,
    }
}
