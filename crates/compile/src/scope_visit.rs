//! Builds the symbol tables: one walk over the syntax tree in the order of CPython's `symtable.c`.

use crate::code::CompileError;
use crate::parse::Source;
use crate::scope::*;
use ruff_python_ast::{self as ast, Expr, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange};

type Res = Result<(), CompileError>;

/// How deep statements and expressions may nest, as CPython's recursion limit in the compiler.
pub(crate) const MAX_DEPTH: u32 = 3000;

/// The address of a node is its key.
pub(crate) fn node_key<T>(node: &T) -> usize {
    std::ptr::from_ref(node).addr()
}

/// Makes the analysed tables of a source.
pub(crate) fn build(
    source: &Source,
    tree: &ast::Mod,
    future_annotations: bool,
) -> Result<Tables, CompileError> {
    let mut v = Visitor {
        source,
        tables: Tables::default(),
        stack: Vec::new(),
        private: None,
        future_annotations,
        depth: 0,
    };
    v.tables.tables.push(Table::new(
        "top".to_owned(),
        BlockType::Module,
        tree.range(),
        false,
    ));
    v.stack.push(0);
    match tree {
        ast::Mod::Module(m) => v.stmts(&m.body)?,
        ast::Mod::Expression(e) => v.expr(&e.body)?,
    }
    analyze(&mut v.tables, source)?;
    Ok(v.tables)
}

struct Visitor<'s> {
    source: &'s Source,
    tables: Tables,
    stack: Vec<usize>,
    private: Option<String>,
    future_annotations: bool,
    depth: u32,
}

impl Visitor<'_> {
    fn id(&self) -> usize {
        *self.stack.last().expect("a block")
    }

    fn cur(&mut self) -> &mut Table {
        let id = self.id();
        &mut self.tables.tables[id]
    }

    fn fail(&self, message: impl Into<String>, range: TextRange) -> Res {
        Err(self.source.syntax(message, range))
    }

    fn mangle(&self, name: &str) -> String {
        mangle(self.private.as_deref(), name)
    }

    fn enter(&mut self, key: usize, name: &str, block: BlockType, range: TextRange) {
        let parent = self.id();
        let p = &self.tables.tables[parent];
        let nested = p.nested || p.block == BlockType::Function;
        let comp_iter_expr = p.comp_iter_expr;
        let mut table = Table::new(name.to_owned(), block, range, nested);
        table.comp_iter_expr = comp_iter_expr;
        let id = self.tables.tables.len();
        self.tables.tables.push(table);
        if block != BlockType::Annotation {
            self.tables.tables[parent].children.push(id);
            self.tables.by_node.insert(key, id);
        }
        self.stack.push(id);
    }

    fn leave(&mut self) {
        self.stack.pop();
    }

    fn add_def_to(&mut self, id: usize, name: &str, flag: u32, range: TextRange) -> Res {
        let mangled = self.mangle(name);
        let table = &mut self.tables.tables[id];
        let old = table.flags(&mangled);
        if flag & DEF_PARAM != 0 && old & DEF_PARAM != 0 {
            return self.fail(
                format!("duplicate argument '{name}' in function definition"),
                range,
            );
        }
        let mut add = flag;
        if table.comp_iter_target {
            if (old | flag) & (DEF_GLOBAL | DEF_NONLOCAL) != 0 {
                return self.fail(
                    format!("comprehension inner loop cannot rebind assignment expression target '{name}'"),
                    range,
                );
            }
            add |= DEF_COMP_ITER;
        }
        table.add(&mangled, add);
        if flag & DEF_PARAM != 0 {
            table.varnames.push(mangled);
        } else if flag & DEF_GLOBAL != 0 {
            self.tables.tables[0].add(&mangled, flag);
        }
        Ok(())
    }

    fn add_def(&mut self, name: &str, flag: u32, range: TextRange) -> Res {
        self.add_def_to(self.id(), name, flag, range)
    }

    fn stmts(&mut self, body: &[Stmt]) -> Res {
        body.iter().try_for_each(|s| self.stmt(s))
    }

    fn exprs<'e>(&mut self, list: impl IntoIterator<Item = &'e Expr>) -> Res {
        list.into_iter().try_for_each(|e| self.expr(e))
    }

    fn opt(&mut self, e: &Option<Box<Expr>>) -> Res {
        e.as_ref().map_or(Ok(()), |e| self.expr(e))
    }

    fn deeper(&mut self, range: TextRange) -> Res {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.source.error(
                crate::ErrorClass::Recursion,
                "maximum recursion depth exceeded during compilation",
                range,
            ));
        }
        Ok(())
    }

    fn stmt(&mut self, s: &Stmt) -> Res {
        self.deeper(s.range())?;
        self.stmt_inner(s)?;
        self.depth -= 1;
        Ok(())
    }

    fn stmt_inner(&mut self, s: &Stmt) -> Res {
        match s {
            Stmt::FunctionDef(f) => self.function(f),
            Stmt::ClassDef(c) => self.class(c),
            Stmt::Return(r) => {
                if r.value.is_some() {
                    self.opt(&r.value)?;
                    self.cur().returns_value = true;
                }
                Ok(())
            }
            Stmt::Delete(d) => self.exprs(&d.targets),
            Stmt::Assign(a) => {
                self.exprs(&a.targets)?;
                self.expr(&a.value)
            }
            Stmt::AugAssign(a) => {
                self.expr(&a.target)?;
                self.expr(&a.value)
            }
            Stmt::AnnAssign(a) => self.ann_assign(a),
            Stmt::For(f) => {
                self.cur().coroutine |= f.is_async;
                self.expr(&f.target)?;
                self.expr(&f.iter)?;
                self.stmts(&f.body)?;
                self.stmts(&f.orelse)
            }
            Stmt::While(w) => {
                self.expr(&w.test)?;
                self.stmts(&w.body)?;
                self.stmts(&w.orelse)
            }
            Stmt::If(i) => {
                self.expr(&i.test)?;
                self.stmts(&i.body)?;
                for clause in &i.elif_else_clauses {
                    if let Some(test) = &clause.test {
                        self.expr(test)?;
                    }
                    self.stmts(&clause.body)?;
                }
                Ok(())
            }
            Stmt::With(w) => {
                self.cur().coroutine |= w.is_async;
                for item in &w.items {
                    self.expr(&item.context_expr)?;
                    self.opt(&item.optional_vars)?;
                }
                self.stmts(&w.body)
            }
            Stmt::Match(m) => {
                self.expr(&m.subject)?;
                for case in &m.cases {
                    self.pattern(&case.pattern)?;
                    self.opt(&case.guard)?;
                    self.stmts(&case.body)?;
                }
                Ok(())
            }
            Stmt::Raise(r) => {
                self.opt(&r.exc)?;
                self.opt(&r.cause)
            }
            Stmt::Try(t) => self.try_stmt(t),
            Stmt::Assert(a) => {
                self.expr(&a.test)?;
                self.opt(&a.msg)
            }
            Stmt::Import(i) => i.names.iter().try_for_each(|a| self.alias(a)),
            Stmt::ImportFrom(i) => i.names.iter().try_for_each(|a| self.alias(a)),
            Stmt::Global(g) => g
                .names
                .iter()
                .try_for_each(|n| self.declare(n, DEF_GLOBAL, s.range())),
            Stmt::Nonlocal(g) => g
                .names
                .iter()
                .try_for_each(|n| self.declare(n, DEF_NONLOCAL, s.range())),
            Stmt::Expr(e) => self.expr(&e.value),
            _ => Ok(()),
        }
    }

    fn try_stmt(&mut self, t: &ast::StmtTry) -> Res {
        self.stmts(&t.body)?;
        // CPython's order: body, orelse, handlers, finalbody.
        self.stmts(&t.orelse)?;
        for ast::ExceptHandler::ExceptHandler(h) in &t.handlers {
            self.opt(&h.type_)?;
            if let Some(name) = &h.name {
                self.add_def(name, DEF_LOCAL, h.range)?;
            }
            self.stmts(&h.body)?;
        }
        self.stmts(&t.finalbody)
    }

    fn declare(&mut self, name: &ast::Identifier, flag: u32, range: TextRange) -> Res {
        let word = if flag == DEF_GLOBAL {
            "global"
        } else {
            "nonlocal"
        };
        let mangled = self.mangle(name);
        let old = self.cur().flags(&mangled);
        if old & (DEF_PARAM | DEF_LOCAL | USE | DEF_ANNOT) != 0 {
            let message = if old & DEF_PARAM != 0 {
                format!("name '{name}' is parameter and {word}")
            } else if old & USE != 0 {
                format!("name '{name}' is used prior to {word} declaration")
            } else if old & DEF_ANNOT != 0 {
                format!("annotated name '{name}' can't be {word}")
            } else {
                format!("name '{name}' is assigned to before {word} declaration")
            };
            return self.fail(message, range);
        }
        self.add_def(name, flag, range)?;
        self.cur().directives.push((mangled, range));
        Ok(())
    }

    fn ann_assign(&mut self, a: &ast::StmtAnnAssign) -> Res {
        if let Expr::Name(n) = &*a.target {
            let mangled = self.mangle(&n.id);
            let old = self.cur().flags(&mangled);
            if old & (DEF_GLOBAL | DEF_NONLOCAL) != 0 && self.id() != 0 && a.simple {
                let word = if old & DEF_GLOBAL != 0 {
                    "global"
                } else {
                    "nonlocal"
                };
                return self.fail(
                    format!("annotated name '{}' can't be {word}", n.id),
                    a.range,
                );
            }
            if a.simple {
                self.add_def(&n.id, DEF_ANNOT | DEF_LOCAL, n.range)?;
            } else if a.value.is_some() {
                self.add_def(&n.id, DEF_LOCAL, n.range)?;
            }
        } else {
            self.expr(&a.target)?;
        }
        self.annotation(&a.annotation)?;
        self.opt(&a.value)
    }

    fn annotation(&mut self, e: &Expr) -> Res {
        if self.future_annotations {
            self.enter(0, "_annotation", BlockType::Annotation, e.range());
            let r = self.expr(e);
            self.leave();
            return r;
        }
        self.expr(e)
    }

    fn alias(&mut self, a: &ast::Alias) -> Res {
        if a.name.as_str() == "*" {
            if self.cur().block != BlockType::Module {
                return self.fail("import * only allowed at module level", a.range);
            }
            return Ok(());
        }
        let name = a.asname.as_ref().unwrap_or(&a.name).as_str();
        self.add_def(name.split('.').next().unwrap_or(name), DEF_IMPORT, a.range)
    }

    fn function(&mut self, f: &ast::StmtFunctionDef) -> Res {
        let range = self.source.without_decorators(f.range, &f.decorator_list);
        self.add_def(&f.name, DEF_LOCAL, range)?;
        self.defaults(&f.parameters)?;
        for p in annotation_order(&f.parameters) {
            if let Some(a) = &p.annotation {
                self.annotation(a)?;
            }
        }
        if let Some(r) = &f.returns {
            self.annotation(r)?;
        }
        self.exprs(f.decorator_list.iter().map(|d| &d.expression))?;
        self.enter(node_key(f), &f.name, BlockType::Function, range);
        self.cur().coroutine = f.is_async;
        self.params(&f.parameters)?;
        self.stmts(&f.body)?;
        self.leave();
        Ok(())
    }

    fn defaults(&mut self, p: &ast::Parameters) -> Res {
        let list = p
            .posonlyargs
            .iter()
            .chain(p.args.iter())
            .chain(p.kwonlyargs.iter());
        self.exprs(list.filter_map(|p| p.default.as_deref()))
    }

    fn params(&mut self, p: &ast::Parameters) -> Res {
        for a in p
            .posonlyargs
            .iter()
            .chain(p.args.iter())
            .chain(p.kwonlyargs.iter())
        {
            self.add_def(&a.parameter.name, DEF_PARAM, a.parameter.range)?;
        }
        if let Some(a) = &p.vararg {
            self.add_def(
                &a.name,
                DEF_PARAM,
                TextRange::new(a.name.range.start(), a.range.end()),
            )?;
            self.cur().varargs = true;
        }
        if let Some(a) = &p.kwarg {
            self.add_def(
                &a.name,
                DEF_PARAM,
                TextRange::new(a.name.range.start(), a.range.end()),
            )?;
            self.cur().varkeywords = true;
        }
        Ok(())
    }

    fn class(&mut self, c: &ast::StmtClassDef) -> Res {
        let range = self.source.without_decorators(c.range, &c.decorator_list);
        self.add_def(&c.name, DEF_LOCAL, range)?;
        self.exprs(c.bases())?;
        self.exprs(c.keywords().iter().map(|k| &k.value))?;
        self.exprs(c.decorator_list.iter().map(|d| &d.expression))?;
        self.enter(node_key(c), &c.name, BlockType::Class, range);
        let old = self.private.replace(c.name.to_string());
        let r = self.stmts(&c.body);
        self.private = old;
        self.leave();
        r
    }

    fn in_annotation(&self, what: &str, range: TextRange) -> Res {
        if self.tables.tables[self.id()].block == BlockType::Annotation {
            return self.fail(format!("{what} cannot be used within an annotation"), range);
        }
        Ok(())
    }

    fn expr(&mut self, e: &Expr) -> Res {
        self.deeper(e.range())?;
        self.expr_inner(e)?;
        self.depth -= 1;
        Ok(())
    }

    fn expr_inner(&mut self, e: &Expr) -> Res {
        match e {
            Expr::BoolOp(b) => self.exprs(&b.values),
            Expr::Named(n) => self.named(n),
            Expr::BinOp(b) => {
                self.expr(&b.left)?;
                self.expr(&b.right)
            }
            Expr::UnaryOp(u) => self.expr(&u.operand),
            Expr::Lambda(l) => self.lambda(l),
            Expr::If(i) => {
                self.expr(&i.test)?;
                self.expr(&i.body)?;
                self.expr(&i.orelse)
            }
            Expr::Dict(d) => {
                self.exprs(d.items.iter().filter_map(|i| i.key.as_ref()))?;
                self.exprs(d.items.iter().map(|i| &i.value))
            }
            Expr::Set(s) => self.exprs(&s.elts),
            Expr::ListComp(c) => self.comp(
                node_key(c),
                c.range,
                CompKind::List,
                &c.generators,
                &c.elt,
                None,
            ),
            Expr::SetComp(c) => self.comp(
                node_key(c),
                c.range,
                CompKind::Set,
                &c.generators,
                &c.elt,
                None,
            ),
            Expr::DictComp(c) => {
                let Some(key) = &c.key else {
                    return self.fail("invalid syntax", c.range);
                };
                self.comp(
                    node_key(c),
                    c.range,
                    CompKind::Dict,
                    &c.generators,
                    key,
                    Some(&c.value),
                )
            }
            Expr::Generator(c) => {
                let range = self.source.generator_range(c);
                self.comp(
                    node_key(c),
                    range,
                    CompKind::Generator,
                    &c.generators,
                    &c.elt,
                    None,
                )
            }
            Expr::Await(a) => {
                self.in_annotation("await expression", e.range())?;
                self.expr(&a.value)?;
                self.cur().coroutine = true;
                Ok(())
            }
            Expr::Yield(y) => {
                self.in_annotation("yield expression", e.range())?;
                self.opt(&y.value)?;
                self.yielded(e.range())
            }
            Expr::YieldFrom(y) => {
                self.in_annotation("yield expression", e.range())?;
                self.expr(&y.value)?;
                self.yielded(e.range())
            }
            Expr::Compare(c) => {
                self.expr(&c.left)?;
                self.exprs(c.comparators.iter())
            }
            Expr::Call(c) => {
                self.expr(&c.func)?;
                self.exprs(c.arguments.args.iter())?;
                self.exprs(c.arguments.keywords.iter().map(|k| &k.value))
            }
            Expr::FString(f) => self.fstring(f),
            Expr::Attribute(a) => self.expr(&a.value),
            Expr::Subscript(s) => {
                self.expr(&s.value)?;
                self.expr(&s.slice)
            }
            Expr::Starred(s) => self.expr(&s.value),
            Expr::Name(n) => self.name(n),
            Expr::List(l) => self.exprs(&l.elts),
            Expr::Tuple(t) => self.exprs(&t.elts),
            Expr::Slice(s) => {
                self.opt(&s.lower)?;
                self.opt(&s.upper)?;
                self.opt(&s.step)
            }
            _ => Ok(()),
        }
    }

    fn yielded(&mut self, range: TextRange) -> Res {
        self.cur().generator = true;
        let what = match self.cur().comprehension {
            None => return Ok(()),
            Some(CompKind::List) => "list comprehension",
            Some(CompKind::Set) => "set comprehension",
            Some(CompKind::Dict) => "dict comprehension",
            Some(CompKind::Generator) => "generator expression",
        };
        self.fail(format!("'yield' inside {what}"), range)
    }

    fn name(&mut self, n: &ast::ExprName) -> Res {
        let load = n.ctx.is_load();
        self.add_def(&n.id, if load { USE } else { DEF_LOCAL }, n.range)?;
        if load && n.id.as_str() == "super" && self.cur().block == BlockType::Function {
            self.add_def("__class__", USE, n.range)?;
        }
        Ok(())
    }

    fn fstring(&mut self, f: &ast::ExprFString) -> Res {
        for part in f.value.iter() {
            if let ast::FStringPart::FString(f) = part {
                self.elements(&f.elements)?;
            }
        }
        Ok(())
    }

    fn elements(&mut self, elements: &ast::InterpolatedStringElements) -> Res {
        for element in elements.interpolations() {
            self.expr(&element.expression)?;
            if let Some(spec) = &element.format_spec {
                self.elements(&spec.elements)?;
            }
        }
        Ok(())
    }

    fn lambda(&mut self, l: &ast::ExprLambda) -> Res {
        if let Some(p) = &l.parameters {
            self.defaults(p)?;
        }
        self.enter(node_key(l), "lambda", BlockType::Function, l.range);
        if let Some(p) = &l.parameters {
            self.params(p)?;
        }
        self.expr(&l.body)?;
        self.leave();
        Ok(())
    }

    fn comp(
        &mut self,
        key: usize,
        range: TextRange,
        kind: CompKind,
        generators: &[ast::Comprehension],
        elt: &Expr,
        value: Option<&Expr>,
    ) -> Res {
        let outer = &generators[0];
        self.cur().comp_iter_expr += 1;
        self.expr(&outer.iter)?;
        self.cur().comp_iter_expr -= 1;
        let name = match kind {
            CompKind::List => "listcomp",
            CompKind::Set => "setcomp",
            CompKind::Dict => "dictcomp",
            CompKind::Generator => "genexpr",
        };
        self.enter(key, name, BlockType::Function, range);
        self.cur().coroutine = outer.is_async;
        self.cur().comprehension = Some(kind);
        self.add_def(".0", DEF_PARAM, range)?;
        for (i, g) in generators.iter().enumerate() {
            self.cur().comp_iter_target = true;
            self.expr(&g.target)?;
            self.cur().comp_iter_target = false;
            if i > 0 {
                self.cur().comp_iter_expr += 1;
                self.expr(&g.iter)?;
                self.cur().comp_iter_expr -= 1;
            }
            self.exprs(&g.ifs)?;
            if g.is_async {
                self.cur().coroutine = true;
            }
        }
        if let Some(value) = value {
            self.expr(value)?;
        }
        self.expr(elt)?;
        let is_generator = kind == CompKind::Generator;
        self.cur().generator = is_generator;
        let is_async = self.cur().coroutine && !is_generator;
        self.leave();
        if is_async {
            self.cur().coroutine = true;
        }
        Ok(())
    }

    fn named(&mut self, n: &ast::ExprNamed) -> Res {
        self.in_annotation("named expression", n.range)?;
        if self.cur().comp_iter_expr > 0 {
            return self.fail(
                "assignment expression cannot be used in a comprehension iterable expression",
                n.range,
            );
        }
        if let Expr::Name(target) = &*n.target {
            let mangled = self.mangle(&target.id);
            self.cur().walrus.insert(mangled);
            if self.cur().comprehension.is_some() {
                self.extend_named(target)?;
            }
        }
        self.expr(&n.value)?;
        self.expr(&n.target)
    }

    /// The target of an assignment expression in a comprehension lives in the enclosing function.
    fn extend_named(&mut self, target: &ast::ExprName) -> Res {
        let name = target.id.as_str();
        let mangled = self.mangle(name);
        let range = target.range;
        for i in (0..self.stack.len()).rev() {
            let id = self.stack[i];
            let table = &self.tables.tables[id];
            if table.comprehension.is_some() {
                if table.flags(&mangled) & DEF_COMP_ITER != 0 {
                    return self.fail(
                        format!("assignment expression cannot rebind comprehension iteration variable '{name}'"),
                        range,
                    );
                }
                continue;
            }
            match table.block {
                BlockType::Function => {
                    let global = table.flags(&mangled) & DEF_GLOBAL != 0;
                    self.add_def(name, if global { DEF_GLOBAL } else { DEF_NONLOCAL }, range)?;
                    self.cur().directives.push((mangled, range));
                    return self.add_def_to(id, name, DEF_LOCAL, range);
                }
                BlockType::Module => {
                    self.add_def(name, DEF_GLOBAL, range)?;
                    self.cur().directives.push((mangled, range));
                    return self.add_def_to(id, name, DEF_GLOBAL, range);
                }
                BlockType::Class => {
                    return self.fail(
                        "assignment expression within a comprehension cannot be used in a class body",
                        range,
                    );
                }
                BlockType::Annotation => {}
            }
        }
        Ok(())
    }

    fn pattern(&mut self, p: &Pattern) -> Res {
        self.deeper(p.range())?;
        match p {
            Pattern::MatchValue(v) => self.expr(&v.value)?,
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(s) => s.patterns.iter().try_for_each(|p| self.pattern(p))?,
            Pattern::MatchMapping(m) => {
                self.exprs(m.keys.iter())?;
                m.patterns.iter().try_for_each(|p| self.pattern(p))?;
                self.capture(&m.rest, m.range)?;
            }
            Pattern::MatchClass(c) => {
                self.expr(&c.cls)?;
                c.arguments
                    .patterns
                    .iter()
                    .try_for_each(|p| self.pattern(p))?;
                c.arguments
                    .keywords
                    .iter()
                    .try_for_each(|k| self.pattern(&k.pattern))?;
            }
            Pattern::MatchStar(s) => self.capture(&s.name, s.range)?,
            Pattern::MatchAs(a) => {
                if let Some(p) = &a.pattern {
                    self.pattern(p)?;
                }
                self.capture(&a.name, a.range)?;
            }
            Pattern::MatchOr(o) => o.patterns.iter().try_for_each(|p| self.pattern(p))?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn capture(&mut self, name: &Option<ast::Identifier>, range: TextRange) -> Res {
        name.as_ref()
            .map_or(Ok(()), |n| self.add_def(n, DEF_LOCAL, range))
    }
}

/// Parameters in the order in which CPython evaluates annotations.
pub(crate) fn annotation_order(p: &ast::Parameters) -> impl Iterator<Item = &ast::Parameter> {
    p.posonlyargs
        .iter()
        .chain(p.args.iter())
        .map(|p| &p.parameter)
        .chain(p.vararg.as_deref())
        .chain(p.kwonlyargs.iter().map(|p| &p.parameter))
        .chain(p.kwarg.as_deref())
}
