//! Keys of dict displays that no `:` follows. Once a display has an item, its further elements must be items too: of one
//! that is not, CPython takes as much as is an expression for the key.

use ruff_python_ast::{self as ast, Expr};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;

use super::Invalid;
use crate::code::CompileError;
use crate::tokenize::Kind;

/// An element of a display.
enum Element {
    /// The key of an item that is not the first, from this token on, without a `:`.
    Key(usize),
    /// `**` and a mapping.
    Mapping,
    /// Something else.
    Other,
}

/// Keys with more tokens are not looked into.
const MAX_TOKENS: usize = 200;

impl Invalid<'_> {
    /// The error of an unfinished item in which token `i` is unexpected.
    pub(super) fn dict_key(&self, i: usize) -> Option<CompileError> {
        // Brackets open before the token, from the innermost.
        let mut level = self.toks[i.checked_sub(1)?].level;
        let mut inner = None;
        let open = loop {
            let open = self.opener_of(level, i)?;
            if self.text(open) == "{" {
                break open;
            }
            inner = Some(open);
            level -= 1;
        };
        if inner.is_some_and(|k| !self.is_trailer(k)) {
            return None;
        }
        let start = match self.element(open, i) {
            Element::Key(start) => start,
            // What `**` takes is no full expression, and no comma is missed behind it.
            Element::Mapping if inner.is_none() => return Some(self.generic(i)),
            _ => return None,
        };
        let Some((end, width)) = self.longest_expression(start, i.min(start + MAX_TOKENS)) else {
            return inner.is_none().then(|| self.generic(i));
        };
        if self.text(end) == ":" || self.kind(end) == Kind::End {
            return None;
        }
        let begin = self.toks[start].start;
        let (line, _) = self.source.line_col(begin.into());
        let (end_line, end_col) = self.source.line_col((begin + width).into());
        let mut e = self.syntax(
            "':' expected after dictionary key",
            ruff_text_size::TextRange::empty(begin.into()),
        );
        (e.line, e.end_line) = (line, end_line);
        e.offset = self.source.char_offset(end_line, end_col) - 1;
        e.end_offset = 0;
        let next = self
            .toks
            .get(end)
            .map_or(line, |t| self.source.line(t.start.into()));
        if next > line {
            // The tokenizer has left the line behind.
            e.text = self.source.line_text(line).map(str::to_owned);
        }
        Some(e)
    }

    /// Whether a bracket is that of a call or a subscript.
    fn is_trailer(&self, open: usize) -> bool {
        matches!(self.text(open), "(" | "[") && open > 0 && self.is_callee(open - 1)
    }

    /// The bracket of this depth before token `i`.
    fn opener_of(&self, level: u16, i: usize) -> Option<usize> {
        if level == 0 {
            return None;
        }
        (0..i)
            .rev()
            .find(|&k| self.toks[k].level == level && matches!(self.text(k), "(" | "[" | "{"))
    }

    /// What the element of a display is that token `i` is in.
    fn element(&self, open: usize, i: usize) -> Element {
        let level = self.toks[open].level;
        let (mut start, mut is_item, mut items, mut lambdas) = (open + 1, false, 0, 0);
        for k in open + 1..i {
            if self.toks[k].level != level {
                continue;
            }
            match self.text(k) {
                "lambda" => lambdas += 1,
                ":" if lambdas > 0 => lambdas -= 1,
                ":" => is_item = true,
                "**" if k == start => is_item = true,
                "," if lambdas == 0 => {
                    if !is_item {
                        return Element::Other;
                    }
                    items += 1;
                    (start, is_item) = (k + 1, false);
                }
                _ => {}
            }
        }
        match (items > 0, is_item) {
            _ if start >= i => Element::Other,
            (_, true) if self.text(start) == "**" && start + 1 < i => Element::Mapping,
            (true, false) => Element::Key(start),
            _ => Element::Other,
        }
    }

    /// The longest run of tokens from `start` on, at most to `limit`, that is an expression: the token behind it, and where
    /// the expression ends (parentheses around it do not count), as a distance from where it begins.
    fn longest_expression(&self, start: usize, limit: usize) -> Option<(usize, u32)> {
        let begin = self.toks[start].start as usize;
        (start + 1..=limit).rev().find_map(|end| {
            let last = self.toks[end - 1];
            if matches!(last.kind, Kind::Newline | Kind::End)
                || last.level != self.toks[start - 1].level
            {
                return None;
            }
            // In parentheses lines may end anywhere.
            let text = format!("({})", &self.source.text[begin..last.end as usize]);
            let parsed = parse_unchecked(&text, ParseOptions::from(Mode::Expression));
            let ast::Mod::Expression(e) = parsed.syntax() else {
                return None;
            };
            let plain = !matches!(
                &*e.body,
                Expr::Named(_)
                    | Expr::Starred(_)
                    | Expr::Yield(_)
                    | Expr::YieldFrom(_)
                    | Expr::Generator(_)
            );
            let inner = matches!(&*e.body, Expr::Generator(g) if g.range.start().to_u32() > 0);
            (parsed.errors().is_empty() && (plain || inner))
                .then(|| (end, e.body.end().to_u32() - 1))
        })
    }
}
