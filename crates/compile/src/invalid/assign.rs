//! Errors about targets and equal signs: `f() = 1`, `if x = 1`, `f(x.y=1)`, `del f()`.

use super::{Invalid, expr_name, is_bitwise_or};
use crate::code::CompileError;
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange, TextSize};

impl Invalid<'_> {
    /// An `=` in brackets.
    pub(super) fn equal_sign(&self, i: usize) -> Option<CompileError> {
        let named = matches!(self.text(i), "True" | "False" | "None") && self.text(i + 1) == "=";
        if named && self.toks[i].level > 0 && self.in_call(i) {
            return Some(self.keyword_target(self.range(&self.toks[i]), i + 1));
        }
        if self.text(i) != "=" || self.toks[i].level == 0 {
            return None;
        }
        if self.in_call(i) {
            self.keyword_assignment(i)
        } else {
            self.maybe_equal(i)
        }
    }

    /// `a = b` where a condition should stand: token `i` is the `=`.
    pub(super) fn maybe_equal(&self, i: usize) -> Option<CompileError> {
        let before = self.toks.get(i.checked_sub(1)?)?;
        let left = self.ending(before.end.into(), is_bitwise_or)?;
        let first = self.index(left.range().start());
        let begins = first.checked_sub(1).is_some_and(|k| {
            matches!(
                self.text(k),
                "(" | "[" | "{" | "," | "if" | "elif" | "while" | "@"
            )
        });
        let start = self.statement_start(i);
        let inside =
            self.toks[i].level > 0 || matches!(self.text(start), "if" | "elif" | "while" | "@");
        if !inside || !begins {
            return None;
        }
        let end = self.right_side(i)?;
        if left.is_name_expr() {
            let range = TextRange::new(left.range().start(), end);
            return Some(self.syntax(
                "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
                range,
            ));
        }
        if !self.may_suggest_equal(left) {
            return None;
        }
        Some(self.cannot_assign_here(left))
    }

    pub(super) fn may_suggest_equal(&self, left: &Expr) -> bool {
        !matches!(
            left,
            Expr::List(_)
                | Expr::Tuple(_)
                | Expr::Generator(_)
                | Expr::BooleanLiteral(_)
                | Expr::NoneLiteral(_)
        ) && (is_bitwise_or(left) || matches!(left, Expr::Yield(_) | Expr::YieldFrom(_)))
    }

    pub(super) fn cannot_assign_here(&self, left: &Expr) -> CompileError {
        let name = expr_name(left);
        self.syntax(
            format!("cannot assign to {name} here. Maybe you meant '==' instead of '='?"),
            left.range(),
        )
    }

    /// Where the operand after the `=` at token `i` ends, if no further `=` follows.
    pub(super) fn right_side(&self, i: usize) -> Option<TextSize> {
        let mut first = i + 1;
        while self.text(first) == "("
            && self
                .starting(self.toks.get(first)?.start.into(), |_| true)
                .is_none()
        {
            first += 1;
        }
        let t = self.toks.get(first)?;
        if matches!(
            self.text(first),
            "not" | "lambda" | "yield" | "*" | "**" | "="
        ) {
            return None;
        }
        let right = self.starting(t.start.into(), is_bitwise_or);
        let mut end: TextSize = right.map_or(t.end.into(), |e| e.range().end());
        let mut next = self.index(end);
        for _ in i + 1..first {
            if self.text(next) == ")" {
                end = self.toks[next].end.into();
                next += 1;
            }
        }
        if !self.begins_expression(i + 1) || matches!(self.text(next), "=" | ":=") {
            return None;
        }
        Some(end)
    }

    pub(super) fn assignment(&self, range: TextRange) -> CompileError {
        let Some(e) = self.exact(range) else {
            return self.generic(self.index(range.start()));
        };
        let name = expr_name(e);
        if matches!(e, Expr::Starred(_)) {
            return self.syntax(
                "starred assignment target must be in a list or tuple",
                range,
            );
        }
        let mut next = self.index(range.end());
        let mut first = self.index(range.start());
        while self.text(next) == ")" && first > 0 && self.text(first - 1) == "(" {
            (next, first) = (next + 1, first - 1);
        }
        if let Expr::Await(a) = e
            && a.value.range().is_empty()
        {
            return self.generic(next);
        }
        let start = self.statement_start(first);
        if self.text(start) == "for"
            && self.toks[first].level == 0
            && let Expr::Compare(c) = e
        {
            return self.generic(self.index(c.left.range().end()));
        }
        let level = self.toks[first].level;
        let chained = (start..first).any(|k| self.text(k) == "=" && self.toks[k].level == level);
        let yields = matches!(e, Expr::Yield(_) | Expr::YieldFrom(_));
        if yields && self.toks[first].level == 0 && first == self.index(range.start()) {
            return self.syntax("assignment to yield expression not possible", range);
        }
        if self.text(next) == "="
            && !chained
            && self.may_suggest_equal(e)
            && self.right_side(next).is_some()
        {
            return self.cannot_assign_here(e);
        }
        self.syntax(format!("cannot assign to {name}"), range)
    }

    pub(super) fn named(&self, range: TextRange, template: &str) -> CompileError {
        match self.exact(range) {
            Some(e) => self.syntax(template.replace("{}", expr_name(e)), range),
            None => self.generic(self.index(range.start())),
        }
    }

    pub(super) fn delete(&self, range: TextRange) -> CompileError {
        let i = self.index(range.start());
        match self.exact(range) {
            Some(Expr::Starred(_))
                if self.text(i.wrapping_sub(1)) == "("
                    && self.text(self.index(range.end())) == ")" =>
            {
                self.syntax("cannot use starred expression here", range)
            }
            Some(e) => {
                // `del a b`: what follows must end the statement, or the generic error comes first.
                self.syntax(format!("cannot delete {}", expr_name(e)), range)
            }
            None => self.generic(i),
        }
    }

    /// `f(x.y=1)`: token `i` is the `=`.
    pub(super) fn keyword_assignment(&self, i: usize) -> Option<CompileError> {
        let before = self.toks.get(i.checked_sub(1)?)?;
        if self.toks[i].level == 0 {
            return None;
        }
        if self.text(i - 1) == "await" {
            return Some(self.generic(i));
        }
        let left = self.ending(before.end.into(), |e| !matches!(e, Expr::Starred(_)))?;
        Some(self.keyword_target(left.range(), i))
    }

    pub(super) fn keyword_target(&self, range: TextRange, equal: usize) -> CompileError {
        let name = self.source.slice(range);
        let whole = TextRange::new(range.start(), self.toks[equal].end.into());
        if matches!(name, "True" | "False" | "None") {
            return self.syntax(format!("cannot assign to {name}"), whole);
        }
        self.syntax(
            "expression cannot contain assignment, perhaps you meant \"==\"?",
            whole,
        )
    }

    /// `f(a = x for x in y)`: token `i` is the `for`.
    pub(super) fn keyword_generator(&self, i: usize) -> Option<CompileError> {
        if self.text(i) != "for" || !self.in_call(i) {
            return None;
        }
        let level = self.toks[i].level;
        let equal = (0..i)
            .rev()
            .take_while(|&k| self.toks[k].level >= level && self.text(k) != ",");
        let equal = equal
            .filter(|&k| self.text(k) == "=" && self.toks[k].level == level)
            .last()?;
        let range = TextRange::new(
            self.toks[equal - 1].start.into(),
            self.toks[equal].end.into(),
        );
        Some(self.syntax(
            "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
            range,
        ))
    }
}
