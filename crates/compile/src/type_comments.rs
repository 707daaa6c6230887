//! Type comments (`x = []  # type: List[int]`) for trees that ask for them: found among the comments, handed to the nodes
//! whose grammar has a place for one. One that no node takes is an error, as it is a token to CPython's parser.

use std::cell::Cell;

use ruff_python_ast as ast;
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::code::{CompileError, Position};
use crate::parse::Source;
use crate::tokenize::{Kind, Tok, scan};
use crate::tree::{Field, Node, bare};

/// A type comment.
struct Comment {
    /// Where its type stands.
    range: TextRange,
    /// The token before it.
    behind: usize,
    taken: Cell<bool>,
}

/// The type comments of a source.
pub(crate) struct TypeComments<'a> {
    source: &'a Source,
    toks: Vec<Tok>,
    comments: Vec<Comment>,
    /// Line and tag of each `# type: ignore`.
    ignores: Vec<(u32, String)>,
    /// A function that has two.
    doubled: Cell<Option<usize>>,
}

/// Where the type begins in a comment that is a type comment: spaces are as one likes.
fn type_in(comment: &str) -> Option<usize> {
    let mut rest = comment;
    for word in ["#", "type", ":"] {
        rest = rest.trim_start_matches([' ', '\t']).strip_prefix(word)?;
    }
    rest = rest.trim_start_matches([' ', '\t']);
    Some(comment.len() - rest.len())
}

/// The tag of `ignore`, which no letter, digit or character beyond ASCII may follow.
fn ignore_tag(text: &str) -> Option<&str> {
    let tag = text.strip_prefix("ignore")?;
    let alone = tag
        .bytes()
        .next()
        .is_none_or(|b| b.is_ascii() && !b.is_ascii_alphanumeric());
    alone.then_some(tag)
}

impl<'a> TypeComments<'a> {
    /// Finds them among the parser's tokens.
    pub(crate) fn find(source: &'a Source, tokens: &Tokens) -> TypeComments<'a> {
        let mut found = TypeComments {
            source,
            toks: scan(source, true).toks,
            comments: Vec::new(),
            ignores: Vec::new(),
            doubled: Cell::new(None),
        };
        for token in tokens.iter().filter(|t| t.kind() == TokenKind::Comment) {
            found.add(token.range());
        }
        found
    }

    fn add(&mut self, range: TextRange) {
        let text = self.source.slice(range);
        let Some(at) = type_in(text) else {
            return;
        };
        let text = &text[at..];
        if let Some(tag) = ignore_tag(text) {
            let line = self.source.line(range.start());
            self.ignores.push((line, tag.to_owned()));
            return;
        }
        let start = u32::from(range.start());
        let before = self.toks.partition_point(|t| t.start < start);
        self.comments.push(Comment {
            range: TextRange::new(range.start() + TextSize::new(at as u32), range.end()),
            // Without a token before it no node can be.
            behind: before.checked_sub(1).unwrap_or(usize::MAX),
            taken: Cell::new(false),
        });
    }

    /// The list `type_ignores` of a module.
    pub(crate) fn ignores(&self) -> Field {
        let node = |(line, tag): &(u32, String)| -> Field {
            let fields = vec![
                ("lineno", Field::Int(i64::from(*line))),
                ("tag", Field::Name(tag.clone())),
            ];
            let node: Node = bare("TypeIgnore", fields);
            node.into()
        };
        Field::List(self.ignores.iter().map(node).collect())
    }

    /// The comment right behind token `i`.
    fn take(&self, i: usize) -> Option<String> {
        let found = self.comments.iter().find(|c| c.behind == i)?;
        found.taken.set(true);
        Some(self.source.slice(found.range).to_owned())
    }

    fn index(&self, at: TextSize) -> usize {
        self.toks.partition_point(|t| t.start < u32::from(at))
    }

    fn is(&self, i: usize, text: &str) -> bool {
        self.toks.get(i).is_some_and(|t| {
            t.kind == Kind::Op && &self.source.text[t.start as usize..t.end as usize] == text
        })
    }

    /// The comment behind a statement that ends at `end`.
    pub(crate) fn behind_statement(&self, end: TextSize) -> Field {
        let last = self.index(end).checked_sub(1);
        field(last.and_then(|i| self.take(i)))
    }

    /// The colon before a block.
    fn colon(&self, block: TextSize) -> Option<usize> {
        let mut i = self.index(block);
        loop {
            i = i.checked_sub(1)?;
            if !matches!(self.toks[i].kind, Kind::Newline | Kind::Indent) {
                return self.is(i, ":").then_some(i);
            }
        }
    }

    /// The comment behind the colon before a block.
    pub(crate) fn before_block(&self, block: TextSize) -> Field {
        field(self.colon(block).and_then(|i| self.take(i)))
    }

    /// The parentheses around the items of a `with` statement that has a comment. The grammar has a place for one only
    /// behind items without parentheses, so these must be an expression's.
    pub(crate) fn around_items(&self, w: &ast::StmtWith) -> Option<TextRange> {
        let colon = w.body.first().and_then(|s| self.colon(s.start()))?;
        let has = self.comments.iter().any(|c| c.behind == colon);
        crate::parens::around_items(self.source, &self.toks, w).filter(|_| has)
    }

    /// The comment of a function: behind its colon, or on a line of its own before the body.
    pub(crate) fn of_function(&self, body: TextSize) -> Field {
        let Some(colon) = self.colon(body) else {
            return Field::None;
        };
        let beside = self.take(colon);
        let newline = self.toks.get(colon + 1).map(|t| t.kind) == Some(Kind::Newline);
        let below = if newline { self.take(colon + 1) } else { None };
        if beside.is_some() && below.is_some() {
            self.doubled.set(self.doubled.get().or(Some(colon)));
        }
        field(beside.or(below))
    }

    /// The comment of a parameter whose text (with annotation and default) is in `range`: behind its comma, or before
    /// the parenthesis that ends the list.
    pub(crate) fn of_parameter(&self, range: TextRange) -> Field {
        let Some(level) = self.toks.get(self.index(range.start())).map(|t| t.level) else {
            return Field::None;
        };
        let mut i = self.index(range.end());
        // A default may be in parentheses, which the range leaves out.
        while self.is(i, ")") && self.toks[i].level >= level {
            i += 1;
        }
        field(if self.is(i, ",") {
            self.take(i)
        } else {
            let last = i.checked_sub(1).filter(|_| self.is(i, ")"));
            last.and_then(|i| self.take(i))
        })
    }

    /// What is wrong with the comments once all nodes have been made.
    pub(crate) fn finish(&self) -> Result<(), CompileError> {
        if let Some(colon) = self.doubled.get() {
            return Err(self.two_comments(colon));
        }
        let Some(stray) = self.comments.iter().find(|c| !c.taken.get()) else {
            return Ok(());
        };
        let i = stray.behind;
        let bare_star = i != usize::MAX && i >= 2 && self.is(i, ",") && self.is(i - 1, "*");
        let message = if bare_star && (self.is(i - 2, ",") || self.is(i - 2, "(")) {
            "bare * has associated type comment"
        } else {
            "invalid syntax"
        };
        Err(self.source.syntax(message, stray.range))
    }

    /// The error is told at the first line of the body, whose indentation CPython has just read.
    fn two_comments(&self, colon: usize) -> CompileError {
        let body = self.toks[colon + 2].start;
        let (line, col) = self.source.line_col(body.into());
        let place = Position {
            line,
            end_line: line,
            col: col as i32 - 1,
            end_col: 0,
        };
        let mut e = self
            .source
            .syntax_at("Cannot have two type comments on def", place);
        e.end_offset = u32::MAX;
        e
    }
}

fn field(comment: Option<String>) -> Field {
    comment.map_or(Field::None, Field::Name)
}
