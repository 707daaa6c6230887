//! The source text: normalised line ends, line index, positions; and the call into ruff's parser.

use crate::code::{CompileError, CompileWarning, ErrorClass, Mode, Position};
use crate::from_tree::Points;
use crate::tokenize::Scan;
use ruff_python_ast as ast;
use ruff_python_parser::{ParseOptions, Parsed};
use ruff_text_size::{TextRange, TextSize};

/// The source with its line index.
pub(crate) struct Source {
    /// The text; every line ends in `\n`.
    pub(crate) text: String,
    /// Whether the last line had no end of its own.
    pub(crate) unended: bool,
    /// Byte offset of each line's first character.
    starts: Vec<u32>,
    /// For trees without text: what their ranges mean.
    points: Option<Points>,
}

impl Source {
    /// Normalises line ends as CPython's tokenizer does.
    pub(crate) fn new(source: &str) -> Self {
        let mut text = if source.contains('\r') {
            source.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            source.to_owned()
        };
        let unended = !text.ends_with('\n');
        if unended && !text.is_empty() {
            text.push('\n');
        }
        let mut starts = vec![0];
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|&(_, b)| b == b'\n')
                .map(|(i, _)| i as u32 + 1),
        );
        Source {
            text,
            unended,
            starts,
            points: None,
        }
    }

    /// What stands for the source of a tree that was built and not parsed.
    pub(crate) fn of_points(points: Points) -> Self {
        Source {
            text: String::new(),
            unended: true,
            starts: vec![0],
            points: Some(points),
        }
    }

    /// The value of a string literal of a built tree: what `value` says, unless it was no UTF-8.
    pub(crate) fn built_string(&self, range: TextRange, value: &str) -> Option<Vec<u8>> {
        let strings = &self.points.as_ref()?.strings;
        let found = strings.get(&range.start().to_u32());
        Some(found.map_or_else(|| value.as_bytes().to_vec(), Vec::clone))
    }

    /// Line (from 1) and byte column (from 0) of an offset.
    pub(crate) fn line_col(&self, at: TextSize) -> (u32, u32) {
        let at = at.to_u32();
        if let Some(points) = &self.points {
            return points.places.get(at as usize).copied().unwrap_or((1, 0));
        }
        let line = self.starts.partition_point(|&s| s <= at);
        (line as u32, at - self.starts[line - 1])
    }

    /// Line of an offset.
    pub(crate) fn line(&self, at: TextSize) -> u32 {
        self.line_col(at).0
    }

    /// The position table entry for a range.
    pub(crate) fn position(&self, range: TextRange) -> Position {
        let (line, col) = self.line_col(range.start());
        if self.points.is_some() {
            let (end_line, end_col) = self.line_col(range.end());
            return Position {
                line,
                end_line,
                col: col as i32,
                end_col: end_col as i32,
            };
        }
        let start = self.starts[line as usize - 1];
        let end = range.end().to_u32();
        let next = self.starts.get(line as usize).copied().unwrap_or(u32::MAX);
        let (end_line, end_col) = if end < next {
            (line, end - start)
        } else {
            self.line_col(range.end())
        };
        Position {
            line,
            end_line,
            col: col as i32,
            end_col: end_col as i32,
        }
    }

    /// The text of a line, without its end.
    pub(crate) fn line_text(&self, line: u32) -> Option<&str> {
        let start = *self.starts.get((line as usize).checked_sub(1)?)? as usize;
        let rest = self.text.get(start..)?;
        Some(rest.split('\n').next().unwrap_or(""))
    }

    /// Column in characters, from 1, of a byte column of a line.
    pub(crate) fn char_offset(&self, line: u32, col: u32) -> u32 {
        let text = self.line_text(line).unwrap_or("");
        let col = (col as usize).min(text.len());
        text.as_bytes()[..col]
            .iter()
            .filter(|&&b| b & 0xc0 != 0x80)
            .count() as u32
            + 1
    }

    /// Number of lines that have text.
    pub(crate) fn line_count(&self) -> u32 {
        let n = self.starts.len() as u32;
        if self
            .starts
            .last()
            .is_some_and(|&s| s as usize == self.text.len())
            && n > 1
        {
            n - 1
        } else {
            n
        }
    }

    /// An error at a range.
    pub(crate) fn error(
        &self,
        class: ErrorClass,
        message: impl Into<String>,
        range: TextRange,
    ) -> CompileError {
        let (line, col) = self.line_col(range.start());
        let (end_line, end_col) = self.line_col(range.end());
        CompileError {
            class,
            message: message.into(),
            line,
            offset: self.char_offset(line, col),
            end_line,
            end_offset: self.char_offset(end_line, end_col),
            text: self.line_text(line).map(|t| format!("{t}\n")),
            incomplete: false,
        }
    }

    /// A SyntaxError at a range.
    pub(crate) fn syntax(&self, message: impl Into<String>, range: TextRange) -> CompileError {
        self.error(ErrorClass::Syntax, message, range)
    }

    /// A SyntaxError at a position.
    pub(crate) fn syntax_at(&self, message: &str, pos: Position) -> CompileError {
        CompileError {
            class: ErrorClass::Syntax,
            message: message.to_owned(),
            line: pos.line,
            offset: self.char_offset(pos.line, pos.col.max(0) as u32),
            end_line: pos.end_line,
            end_offset: self.char_offset(pos.end_line, pos.end_col.max(0) as u32),
            text: self.line_text(pos.line).map(|t| format!("{t}\n")),
            incomplete: false,
        }
    }

    /// A SyntaxWarning at an offset.
    pub(crate) fn warning(&self, message: String, at: u32) -> CompileWarning {
        let (line, col) = self.line_col(at.into());
        CompileWarning {
            syntax: true,
            message,
            line,
            offset: self.char_offset(line, col),
        }
    }

    /// The text of a range.
    pub(crate) fn slice(&self, range: TextRange) -> &str {
        self.text
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or("")
    }

    /// Offset of the first token at or after `at`: skips white space, comments and continuations.
    pub(crate) fn skip_trivia(&self, at: TextSize) -> TextSize {
        let bytes = self.text.as_bytes();
        let mut i = at.to_usize();
        while let Some(&b) = bytes.get(i) {
            match b {
                b' ' | b'\t' | b'\n' | b'\x0c' | b'\\' => i += 1,
                b'#' => {
                    while bytes.get(i).is_some_and(|&b| b != b'\n') {
                        i += 1;
                    }
                }
                _ => break,
            }
        }
        TextSize::new(i as u32)
    }

    /// The range of a generator expression: one that is a call's only argument has the call's parentheses.
    pub(crate) fn generator_range(&self, g: &ast::ExprGenerator) -> TextRange {
        if g.parenthesized {
            return g.range;
        }
        let start = self.text[..g.range.start().to_usize()]
            .rfind('(')
            .map_or(g.range.start().to_u32(), |i| i as u32);
        let end = self.skip_trivia(g.range.end()) + TextSize::new(1);
        TextRange::new(
            start.into(),
            end.min(TextSize::of(&self.text[..])).max(g.range.end()),
        )
    }

    /// The range of a definition without its decorators.
    pub(crate) fn without_decorators(
        &self,
        range: TextRange,
        decorators: &[ast::Decorator],
    ) -> TextRange {
        match decorators.last() {
            _ if self.points.is_some() => range,
            Some(last) => TextRange::new(self.skip_trivia(last.range.end()), range.end()),
            None => range,
        }
    }
}

/// Parses; errors are in CPython's terms.
pub(crate) fn parse(source: &Source, mode: Mode) -> Result<(Parsed<ast::Mod>, Scan), CompileError> {
    let tokens = crate::errors::prescan(source)?;
    if let (Some(e), true) = (&tokens.error, too_deep(&tokens)) {
        return Err(e.clone());
    }
    if tokens.depth > HOPELESS_DEPTH {
        let message = "maximum recursion depth exceeded during compilation";
        return Err(source.error(ErrorClass::Recursion, message, TextRange::default()));
    }
    let parser_mode = match mode {
        Mode::Eval => ruff_python_parser::Mode::Expression,
        _ => ruff_python_parser::Mode::Module,
    };
    let options = ParseOptions::from(parser_mode).with_target_version(ast::PythonVersion::PY311);
    let parsed = ruff_python_parser::parse_unchecked(&source.text, options);
    crate::errors::check_parsed(source, &tokens, &parsed, mode)?;
    Ok((parsed, tokens))
}

/// Sources that may make trees too deep for a thread's ordinary stack.
pub(crate) fn is_suspicious(source: &Source) -> bool {
    crate::tokenize::scan(source, false).depth > SUSPICIOUS_DEPTH
}

/// Trees of this depth fit into any thread's stack.
pub(crate) const SUSPICIOUS_DEPTH: u32 = 250;
/// Trees of this depth could not even be freed.
const HOPELESS_DEPTH: u32 = 150_000;

/// Whether the tokenizer found nesting that the recursive parser should not see.
fn too_deep(tokens: &Scan) -> bool {
    tokens
        .error
        .as_ref()
        .is_some_and(|e| e.message.starts_with("too many"))
}
