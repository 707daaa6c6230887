//! Errors in parameter lists of functions and lambdas.

use super::Invalid;
use crate::code::CompileError;
use crate::tokenize::Kind;
use ruff_text_size::TextRange;

impl Invalid<'_> {
    /// `def f(a, (b, c))`: token `i` is the inner parenthesis.
    pub(super) fn parenthesized_parameters(&self, i: usize) -> Option<CompileError> {
        if self.text(i) != "(" || !self.opener(i).is_some_and(|k| self.is_def(k)) {
            return None;
        }
        Some(self.parenthesized(i, "Function parameters cannot be parenthesized"))
    }

    /// The error for names in parentheses, or the generic one at the first token that is none.
    pub(super) fn parenthesized(&self, open: usize, message: &str) -> CompileError {
        let level = self.toks[open].level;
        let mut k = open + 1;
        while self.toks.get(k).is_some_and(|t| t.level >= level) {
            let keyword = matches!(self.text(k), "None" | "True" | "False");
            if self.kind(k) != Kind::Name && self.text(k) != "," || keyword {
                return self.generic(open);
            }
            k += 1;
        }
        let end = self.toks.get(k).map_or(self.toks[open].end, |t| t.end);
        self.syntax(
            message,
            TextRange::new(self.toks[open].start.into(), end.into()),
        )
    }

    /// Errors in the parameters of a lambda, which ruff may have taken for something else.
    pub(super) fn lambda_parameters(&self, i: usize) -> Option<CompileError> {
        let start = self.statement_start(i);
        let lambda = (start..=i).find(|&k| self.text(k) == "lambda")?;
        let level = self.toks[lambda].level;
        let mut k = lambda + 1;
        while let Some(t) = self.toks.get(k) {
            let text = self.text(k);
            if t.kind == Kind::Newline || t.level < level || (t.level == level && text == ":") {
                return None;
            }
            if text == "(" && matches!(self.text(k - 1), "lambda" | ",") {
                return Some(
                    self.parenthesized(k, "Lambda expression parameters cannot be parenthesized"),
                );
            }
            if text == "=" && t.level == level && k >= lambda + 3 {
                let what = match self.text(k - 2) {
                    "*" => "positional",
                    "**" => "keyword",
                    _ if self.text(k + 1) == "," => {
                        return Some(self.at_token("expected default value expression", k));
                    }
                    _ => "",
                };
                if !what.is_empty() {
                    return Some(
                        self.at_token(&format!("var-{what} argument cannot have default value"), k),
                    );
                }
            }
            if matches!(text, "None" | "True" | "False")
                && matches!(self.text(k - 1), "lambda" | ",")
            {
                return Some(self.generic(k));
            }
            k += 1;
        }
        None
    }

    pub(super) fn bare_star(&self, i: usize) -> CompileError {
        if self.text(i) == "**" {
            let star = (0..i).rev().find(|&k| self.text(k) == "*").unwrap_or(i);
            return self.at_token("named arguments must follow bare *", star);
        }
        let next = i + 1;
        if self.in_lambda(i) {
            return match self.text(next) {
                ":" => self.at_token("named arguments must follow bare *", next),
                "," if matches!(self.text(next + 1), ":" | "**") => {
                    self.at_token("named arguments must follow bare *", next + 1)
                }
                _ => self.generic(next),
            };
        }
        let ok = match self.text(next) {
            ")" => true,
            "," => matches!(self.text(next + 1), ")" | "**"),
            "**" => true,
            _ => false,
        };
        if ok {
            self.at_token("named arguments must follow bare *", i)
        } else {
            self.generic(next)
        }
    }

    pub(super) fn in_lambda(&self, i: usize) -> bool {
        let level = self.toks[i].level;
        let mut k = i;
        while k > 0 && self.toks[k - 1].level >= level.saturating_sub(0) {
            k -= 1;
            match self.text(k) {
                "lambda" => return true,
                "def" | ":" => return false,
                _ => {}
            }
            if self.kind(k) == Kind::Newline {
                return false;
            }
        }
        false
    }

    pub(super) fn star_default(&self, i: usize) -> CompileError {
        let mut k = i;
        while k + 1 < self.toks.len() && self.text(k) != "=" {
            k += 1;
        }
        let double = (0..k)
            .rev()
            .find(|&j| matches!(self.text(j), "*" | "**"))
            .is_some_and(|j| self.text(j) == "**");
        let what = if double { "keyword" } else { "positional" };
        if self.text(i + 1) == ":" && self.text(i + 2) == "*"
            || self.text(i + 2) == ":" && self.text(i + 3) == "*"
        {
            return self.generic(k);
        }
        self.at_token(&format!("var-{what} argument cannot have default value"), k)
    }

    pub(super) fn parameter_name(&self, range: TextRange, i: usize) -> CompileError {
        let level = self.toks[i].level;
        let equal = (i + 1..self.toks.len())
            .take_while(|&k| self.toks[k].level >= level)
            .find(|&k| self.text(k) == "=" && self.toks[k].level == level);
        if let (Some(equal), true) = (equal, level > 0) {
            if self.text(equal - 1) == "await" {
                return self.generic(equal);
            }
            let range = TextRange::new(range.start(), self.toks[equal - 1].end.into());
            return self.keyword_target(range, equal);
        }
        self.generic(i)
    }

    pub(super) fn in_parameters(&self, i: usize) -> bool {
        let level = self.toks[i - 1].level;
        let open = (0..i)
            .rev()
            .find(|&k| self.toks[k].level == level && self.text(k) == "(");
        open.is_some_and(|k| self.is_def(k))
    }
}
