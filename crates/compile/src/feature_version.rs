//! Syntax that is newer than the Python version a tree is asked for (`ast.parse(…, feature_version=(3, 7))`). The newest
//! token CPython has read when it finds out is where it tells so: the one behind the node.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::code::CompileError;
use crate::parse::Source;
use crate::tokenize::{Tok, scan};

/// The first piece of syntax that the minor version `minor` does not have.
pub(crate) fn check(source: &Source, tree: &ast::Mod, minor: u32) -> Result<(), CompileError> {
    let mut checker = Checker {
        source,
        toks: scan(source, true).toks,
        minor,
        error: None,
    };
    match tree {
        ast::Mod::Module(m) => checker.visit_body(&m.body),
        ast::Mod::Expression(e) => checker.visit_expr(&e.body),
    }
    checker.error.map_or(Ok(()), Err)
}

struct Checker<'a> {
    source: &'a Source,
    toks: Vec<Tok>,
    minor: u32,
    error: Option<CompileError>,
}

impl Checker<'_> {
    fn fail(&mut self, message: String, range: TextRange) {
        if self.error.is_none() {
            self.error = Some(self.source.syntax(message, range));
        }
    }

    /// `what` came with `since`; `end` is where the node ends.
    fn need(&mut self, since: u32, what: &str, end: TextSize) {
        if self.minor < since {
            let message = format!("{what} only supported in Python 3.{since} and greater");
            self.fail(message, self.token_behind(end));
        }
    }

    fn token_behind(&self, end: TextSize) -> TextRange {
        let i = self.toks.partition_point(|t| t.start < u32::from(end));
        self.toks.get(i).map_or(TextRange::empty(end), |t| {
            TextRange::new(t.start.into(), t.end.into())
        })
    }

    fn statement(&mut self, s: &Stmt) {
        let end = s.end();
        match s {
            Stmt::FunctionDef(f) if f.is_async => self.need(5, "Async functions are", end),
            Stmt::For(f) if f.is_async => self.need(5, "Async for loops are", end),
            Stmt::With(w) => {
                if crate::parens::around_items(self.source, &self.toks, w).is_some() {
                    self.need(9, "Parenthesized context managers are", end);
                }
                if w.is_async {
                    self.need(5, "Async with statements are", end);
                }
            }
            Stmt::AnnAssign(a) => {
                let plain = matches!(&*a.target, Expr::Name(_)) && a.simple;
                let s = if plain { "" } else { "s" };
                self.need(6, &format!("Variable annotation{s} syntax is"), end);
            }
            Stmt::AugAssign(a) if a.op == ast::Operator::MatMult => {
                self.need(5, "The '@' operator is", a.target.end());
            }
            Stmt::Match(_) => self.need(10, "Pattern matching is", end),
            Stmt::Try(t) if t.is_star => self.need(11, "Exception groups are", end),
            _ => {}
        }
    }

    fn number(&mut self, range: TextRange) {
        if self.minor < 6 && self.source.slice(range).contains('_') {
            let message =
                "Underscores in numeric literals are only supported in Python 3.6 and greater";
            self.fail(message.to_owned(), range);
        }
    }

    fn fstring(&mut self, f: &ast::ExprFString) {
        let formatted = f
            .value
            .iter()
            .any(|p| matches!(p, ast::FStringPart::FString(_)));
        if formatted {
            self.need(6, "Format strings are", f.end());
        }
        let mut elements = f.value.elements();
        let debug = elements.any(|e| e.as_interpolation().is_some_and(|i| i.debug_text.is_some()));
        if debug {
            self.need(8, "f-string: self documenting expressions are", f.end());
        }
    }
}

impl Visitor<'_> for Checker<'_> {
    fn visit_stmt(&mut self, s: &Stmt) {
        visitor::walk_stmt(self, s);
        self.statement(s);
    }

    fn visit_expr(&mut self, e: &Expr) {
        visitor::walk_expr(self, e);
        match e {
            // In a subscript CPython does not look.
            Expr::Subscript(s) if matches!(&*s.slice, Expr::Named(_)) => {}
            Expr::Named(_) => self.need(8, "Assignment expressions are", e.end()),
            Expr::Await(_) => self.need(5, "Await expressions are", e.end()),
            Expr::BinOp(b) if b.op == ast::Operator::MatMult => {
                self.need(5, "The '@' operator is", e.end());
            }
            Expr::NumberLiteral(_) => self.number(e.range()),
            Expr::FString(f) => self.fstring(f),
            _ => {}
        }
    }

    fn visit_comprehension(&mut self, c: &ast::Comprehension) {
        visitor::walk_comprehension(self, c);
        if c.is_async {
            self.need(6, "Async comprehensions are", c.end());
        }
    }

    fn visit_parameters(&mut self, p: &ast::Parameters) {
        visitor::walk_parameters(self, p);
        let Some(last) = p.posonlyargs.last() else {
            return;
        };
        // The slash has been read, and all parameters behind it.
        let mut i = self
            .toks
            .partition_point(|t| t.start < u32::from(last.end()));
        while self
            .toks
            .get(i)
            .is_some_and(|t| self.source.text.as_bytes()[t.start as usize] != b'/')
        {
            i += 1;
        }
        let slash: TextSize = self.toks.get(i).map_or(last.end(), |t| t.end.into());
        let end = p.iter().map(|a| a.range().end()).max().unwrap_or(slash);
        self.need(8, "Positional-only parameters are", end.max(slash));
    }
}
