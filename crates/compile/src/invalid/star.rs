//! Errors about displays: stars, tuples without parentheses, comprehension targets, dict items.

use super::Invalid;
use crate::code::CompileError;
use crate::tokenize::Kind;
use ruff_text_size::TextRange;

impl Invalid<'_> {
    pub(super) fn starred(&self, range: TextRange, i: usize) -> CompileError {
        let before = i.checked_sub(1).map_or("", |k| self.text(k));
        let after = self.text(self.index(range.end()));
        let start = self.statement_start(i);
        let group = before == "(" && after == ")" && (i < 2 || !self.is_callee(i - 2));
        if group {
            return self.syntax("cannot use starred expression here", range);
        }
        let first = self.text(start);
        if self.toks[i].level == 0 && self.mode != crate::code::Mode::Eval {
            if first == "for" && before == "for" {
                return self.syntax(
                    "starred assignment target must be in a list or tuple",
                    range,
                );
            }
            let value = i == start || matches!(before, "=" | "in" | "return");
            if value && after != "=" {
                if first == "return" && !self.in_def(start) {
                    let range = TextRange::new(self.toks[start].start.into(), range.end());
                    return self.syntax("'return' outside function", range);
                }
                return self.syntax("can't use starred expression here", range);
            }
            if i == start && after == "=" {
                return self.syntax(
                    "starred assignment target must be in a list or tuple",
                    range,
                );
            }
        }
        if before == ":" && self.in_braces(i) {
            return self.syntax(
                "cannot use a starred expression in a dictionary value",
                range,
            );
        }
        self.generic(i)
    }

    /// Whether the statement at a token is inside a function, by indentation.
    pub(super) fn in_def(&self, start: usize) -> bool {
        (0..start).any(|k| self.text(k) == "def" && self.kind(k) == Kind::Name)
    }

    /// A tuple where only one expression may stand: the error is at the first comma.
    pub(super) fn bare_tuple(&self, range: TextRange, i: usize) -> CompileError {
        let level = self.toks[i].level;
        let end = range.end().to_u32();
        let comma = (i..self.toks.len())
            .take_while(|&k| self.toks[k].end <= end)
            .find(|&k| self.text(k) == "," && self.toks[k].level <= level);
        if let Some(e) = self.comprehension_target(range, i) {
            return e;
        }
        self.generic(comma.unwrap_or(i))
    }

    pub(super) fn comprehension_target(&self, range: TextRange, i: usize) -> Option<CompileError> {
        let before = i.checked_sub(1).map(|k| self.text(k))?;
        let after = self.text(self.index(range.end()));
        (matches!(before, "[" | "{") && matches!(after, "for" | "async")).then(|| {
            self.syntax(
                "did you forget parentheses around the comprehension target?",
                range,
            )
        })
    }

    /// `[x, y for …]`: token `i` is the `for`.
    pub(super) fn comprehension_after_comma(&self, i: usize) -> Option<CompileError> {
        if !matches!(self.text(i), "for" | "async") {
            return None;
        }
        let level = self.toks[i].level;
        let open = (0..i)
            .rev()
            .find(|&k| self.toks[k].level == level && matches!(self.text(k), "(" | "[" | "{"))?;
        let comma = (open + 1..i).find(|&k| self.text(k) == "," && self.toks[k].level == level)?;
        if !matches!(self.text(open), "[" | "{") {
            return None;
        }
        let _ = comma;
        let range = TextRange::new(
            self.toks[open + 1].start.into(),
            self.toks[i - 1].end.into(),
        );
        Some(self.syntax(
            "did you forget parentheses around the comprehension target?",
            range,
        ))
    }
}
