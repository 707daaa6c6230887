//! The tokens of a source as CPython's `_tokenize` module shows them: numbers of `token`, byte columns, lines. Stands
//! behind `tokenize`, which finds them.

use crate::code::CompileError;
use crate::parse::Source;
use crate::tokenize::{Kind, Scan, Tok, scan};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The text; empty for tokens that stand for structure.
    pub text: String,
    /// The number `token` gives its kind; operators have their own.
    pub number: u8,
    /// First line.
    pub line: u32,
    /// Last line.
    pub end_line: u32,
    /// Column in bytes; -1 for a token without a place.
    pub col: i64,
    /// Column behind it.
    pub end_col: i64,
    /// The lines it stands in, with their ends.
    pub source: String,
    /// A literal that runs into a keyword: what to warn of.
    pub warning: Option<String>,
}

/// All tokens of a source.
#[derive(Debug, Default)]
pub struct TokenStream {
    /// Those before the end or the first error.
    pub tokens: Vec<Token>,
    /// What ended them; errors that CPython's tokenizer only notes, leaving their wording to the parser, are none.
    pub error: Option<CompileError>,
}

/// Numbers of `token`.
const NAME: u8 = 1;
const NUMBER: u8 = 2;
const STRING: u8 = 3;
const NEWLINE: u8 = 4;
const INDENT: u8 = 5;
const DEDENT: u8 = 6;
const OP: u8 = 54;
const AWAIT: u8 = 55;
const ASYNC: u8 = 56;

/// Operators in the order of their numbers, from 7; those of `INDENT` and its like are not among them.
const OPERATORS: &[&str] = &[
    "(", ")", "[", "]", ":", ",", ";", "+", "-", "*", "/", "|", "&", "<", ">", "=", ".", "%", "{",
    "}", "==", "!=", "<=", ">=", "~", "^", "<<", ">>", "**", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=", "^=", "<<=", ">>=", "**=", "//", "//=", "@", "@=", "->", "...", ":=",
];

/// Number of the first operator.
const FIRST_OPERATOR: u8 = 7;

fn operator(text: &str) -> u8 {
    let text = if text == "<>" { "!=" } else { text };
    let at = OPERATORS.iter().position(|o| *o == text);
    at.map_or(OP, |i| FIRST_OPERATOR + i as u8)
}

/// The tokens of a source text.
pub fn tokens(text: &str) -> TokenStream {
    let source = Source::new(text);
    let mut scan = scan(&source, true);
    scan.toks.retain(|t| t.kind != Kind::End);
    if scan.noted || (scan.unclosed.is_some() && scan.error.is_none()) {
        // Nothing is dedented before a line whose indentation is wrong, nor where the text ends inside brackets.
        while scan.toks.last().is_some_and(|t| t.kind == Kind::Dedent) {
            scan.toks.pop();
        }
    }
    let mut maker = Maker {
        source: &source,
        scan: &scan,
        behind: 0,
        first_line: 1,
    };
    TokenStream {
        tokens: scan.toks.iter().map(|&t| maker.token(t)).collect(),
        error: scan.error.filter(|_| !scan.noted),
    }
}

/// Makes the tokens in order.
struct Maker<'a> {
    source: &'a Source,
    scan: &'a Scan,
    /// End of the token before.
    behind: usize,
    /// The first line of what CPython's tokenizer has in its buffer, all of which it shows as the token's line: a line
    /// that begins inside a token, or is continued by a backslash, does not drop the one before.
    first_line: u32,
}

impl Maker<'_> {
    fn token(&mut self, tok: Tok) -> Token {
        let (mut start, end) = (tok.start as usize, tok.end as usize);
        self.drop_lines(start);
        if tok.kind == Kind::Newline {
            start = self.start_of_end_of_line(start);
        }
        self.behind = end;
        let place = |at: usize| self.source.line_col((at as u32).into());
        // Dedents at the end belong to the last line.
        let last = self.source.line_count();
        let ((line, col), (end_line, end_col)) = (place(start), place(end));
        let (line, end_line) = (line.min(last), end_line.min(last));
        let lines = (self.first_line.min(line)..=end_line).filter_map(|l| self.source.line_text(l));
        let text = &self.source.text[start..end];
        let placed = !matches!(tok.kind, Kind::Indent | Kind::Dedent);
        Token {
            text: text.to_owned(),
            number: number(tok.kind, text),
            line,
            end_line,
            col: if placed { col.into() } else { -1 },
            end_col: if placed { end_col.into() } else { -1 },
            source: lines.flat_map(|l| [l, "\n"]).collect(),
            warning: self.warning(tok),
        }
    }

    fn warning(&self, tok: Tok) -> Option<String> {
        let inside = |at: u32| tok.kind == Kind::Number && (tok.start..tok.end).contains(&at);
        let found = self.scan.warnings.iter().find(|w| inside(w.0));
        found.map(|w| w.1.clone())
    }

    /// Follows the line breaks between the token before and the one that starts at `start`.
    fn drop_lines(&mut self, start: usize) {
        let between = self.source.text.get(self.behind..start).unwrap_or("");
        let mut line = self.source.line((self.behind as u32).into());
        // At the beginning of a line a continuation drops it too.
        let mut fresh = self.behind == 0;
        for piece in between.split_inclusive('\n').filter(|p| p.ends_with('\n')) {
            line += 1;
            let continued = piece.ends_with("\\\n") && !piece.contains('#');
            fresh =
                !continued || (fresh && piece.trim_start_matches([' ', '\t', '\x0c']) == "\\\n");
            if fresh {
                self.first_line = line;
            }
        }
    }

    /// The end of a line begins with its comment, if it has one.
    fn start_of_end_of_line(&self, newline: usize) -> usize {
        let between = self.source.text.get(self.behind..newline).unwrap_or("");
        between.find('#').map_or(newline, |i| self.behind + i)
    }
}

fn number(kind: Kind, text: &str) -> u8 {
    match kind {
        Kind::Name => match text {
            "await" => AWAIT,
            "async" => ASYNC,
            _ => NAME,
        },
        Kind::Number => NUMBER,
        Kind::String => STRING,
        Kind::Op => operator(text),
        Kind::Newline => NEWLINE,
        Kind::Indent => INDENT,
        Kind::Dedent => DEDENT,
        Kind::End => 0,
    }
}
