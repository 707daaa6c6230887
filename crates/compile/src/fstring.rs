//! Errors in string literals as CPython 3.11 finds them: an f-string is one token there, whose
//! replacement fields are cut out by hand. Runs only when ruff has reported an error.

use crate::code::CompileError;
use crate::parse::Source;
use crate::tokenize::{Kind, Tok};
use ruff_text_size::{TextRange, TextSize};

/// The parts of a string token.
struct Literal<'s> {
    bytes: bool,
    raw: bool,
    fstring: bool,
    body: &'s str,
}

fn literal(text: &str) -> Literal<'_> {
    let prefix_len = text.find(['"', '\'']).unwrap_or(0);
    let prefix = text[..prefix_len].to_ascii_lowercase();
    let quoted = &text[prefix_len..];
    let n = if quoted.len() >= 6 && (quoted.starts_with("\"\"\"") || quoted.starts_with("'''")) {
        3
    } else {
        1
    };
    Literal {
        bytes: prefix.contains('b'),
        raw: prefix.contains('r'),
        fstring: prefix.contains('f'),
        body: quoted.get(n..quoted.len().saturating_sub(n)).unwrap_or(""),
    }
}

/// The first error in the string tokens that start before `limit`.
pub(crate) fn check(source: &Source, toks: &[Tok], limit: u32) -> Option<CompileError> {
    let mut i = 0;
    while i < toks.len() && toks[i].start <= limit {
        if toks[i].kind != Kind::String {
            i += 1;
            continue;
        }
        let first = i;
        while toks.get(i).is_some_and(|t| t.kind == Kind::String) {
            i += 1;
        }
        // CPython reports at the last token it has read, the one after the strings.
        let after = toks.get(i).map_or(TextRange::default(), |t| {
            TextRange::new(t.start.into(), t.end.into())
        });
        if let Some(e) = check_run(source, &toks[first..i], after) {
            return Some(e);
        }
    }
    None
}

fn check_run(source: &Source, run: &[Tok], after: TextRange) -> Option<CompileError> {
    let texts: Vec<(&Tok, Literal<'_>)> = run
        .iter()
        .map(|t| {
            (
                t,
                literal(source.slice(TextRange::new(t.start.into(), t.end.into()))),
            )
        })
        .collect();
    let bytes = texts[0].1.bytes;
    for (tok, l) in &texts {
        let range = TextRange::new(tok.start.into(), tok.end.into());
        if l.bytes && !l.body.is_ascii() {
            return Some(source.syntax("bytes can only contain ASCII literal characters", range));
        }
        if l.bytes != bytes {
            return Some(source.syntax("cannot mix bytes and nonbytes literals", after));
        }
        if l.fstring {
            if let Err(e) = Fields::check(l.body, l.raw) {
                return Some(e.place(source, range, after));
            }
        } else if !l.raw
            && let Some(message) = escape_error(l.body, l.bytes)
        {
            return Some(source.syntax(message, after));
        }
    }
    None
}

/// An error found in an f-string.
enum FieldError {
    /// With CPython's message after "f-string: ".
    Message(String),
    /// The expression of a field is wrong: its text, and the lines before it.
    Expression(String, u32),
    /// Anything else, message in full.
    Plain(String),
}

impl FieldError {
    fn place(self, source: &Source, token: TextRange, after: TextRange) -> CompileError {
        match self {
            FieldError::Message(m) => source.syntax(format!("f-string: {m}"), after),
            FieldError::Plain(m) => source.syntax(m, after),
            FieldError::Expression(text, lines) => expression_error(source, token, &text, lines),
        }
    }
}

/// The error of a field's expression, compiled by itself in parentheses.
fn expression_error(source: &Source, token: TextRange, text: &str, lines: u32) -> CompileError {
    let inner = Source::new(&format!("({text})"));
    let mut e = match crate::parse::parse(&inner, crate::code::Mode::Eval) {
        Err(e) => e,
        Ok(_) if text.trim_start().starts_with("**") => {
            return source.syntax("f-string: cannot use double starred expression here", token);
        }
        Ok(_) if text.trim_start().starts_with('*') => {
            return source.syntax("f-string: cannot use starred expression here", token);
        }
        Ok(_) => return source.syntax("f-string: invalid syntax", token),
    };
    // Errors of the tokenizer go by without the prefix.
    let lexical = crate::tokenize::scan(&inner, false).error.is_some();
    if !lexical && !e.message.starts_with("f-string") {
        e.message = format!("f-string: {}", e.message);
    }
    let line = source.line(token.start()) + lines;
    e.line += line - 1;
    e.end_line += line - 1;
    e
}

struct Fields<'s> {
    text: &'s str,
    at: usize,
    raw: bool,
}

type Res = Result<(), FieldError>;

fn message(m: &str) -> Res {
    Err(FieldError::Message(m.to_owned()))
}

impl Fields<'_> {
    fn check(text: &str, raw: bool) -> Res {
        let mut f = Fields { text, at: 0, raw };
        f.literal(0)?;
        if f.at < text.len() {
            message("single '}' is not allowed")
        } else {
            Ok(())
        }
    }

    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// Literal text and fields, up to the end or (in a format spec) the closing brace.
    fn literal(&mut self, depth: u32) -> Res {
        let start = self.at;
        while self.at < self.text.len() {
            let b = self.peek();
            let doubled = self.text.as_bytes().get(self.at + 1) == Some(&b);
            match b {
                b'\\' if !self.raw => {
                    let named = self.text[self.at..].starts_with("\\N{");
                    self.at += 2;
                    if named {
                        match self.text[self.at..].find('}') {
                            Some(end) => self.at += end + 1,
                            None => self.at = self.text.len(),
                        }
                    } else if let Some(c) =
                        self.text.get(self.at - 1..).and_then(|t| t.chars().next())
                    {
                        // An escaped brace still begins a field.
                        self.at += if c == '{' || c == '}' {
                            0
                        } else {
                            c.len_utf8()
                        };
                        self.at -= 1;
                    }
                }
                b'{' if doubled && depth == 0 => self.at += 2,
                b'}' if doubled && depth == 0 => self.at += 2,
                b'{' => {
                    self.escapes(start)?;
                    self.field(depth)?;
                }
                b'}' if depth > 0 => break,
                b'}' => return message("single '}' is not allowed"),
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
        self.escapes(start)
    }

    /// Escapes of the literal text up to here.
    fn escapes(&self, start: usize) -> Res {
        if self.raw {
            return Ok(());
        }
        let text = self.text.get(start..self.at).unwrap_or("");
        match escape_error(text, false) {
            Some(m) => Err(FieldError::Plain(m)),
            None => Ok(()),
        }
    }

    fn field(&mut self, depth: u32) -> Res {
        if depth >= 2 {
            return message("expressions nested too deeply");
        }
        self.at += 1;
        let start = self.at;
        self.expression()?;
        let text = &self.text[start..self.at.min(self.text.len())];
        let end = self.peek();
        if self.at >= self.text.len() {
            return message("expecting '}'");
        }
        if text
            .trim_matches([' ', '\t', '\n', '\x0c', '\r'])
            .is_empty()
        {
            return match end {
                b'!' | b':' | b'=' => Err(FieldError::Message(format!(
                    "expression required before '{}'",
                    end as char
                ))),
                _ => message("empty expression not allowed"),
            };
        }
        if parse_fails(text) {
            let lines = self.text[..start].bytes().filter(|&b| b == b'\n').count() as u32;
            return Err(FieldError::Expression(text.to_owned(), lines));
        }
        if end == b'=' {
            self.at += 1;
            while self.peek().is_ascii_whitespace() {
                self.at += 1;
            }
        }
        if self.peek() == b'!' {
            self.conversion()?;
        }
        if self.at >= self.text.len() {
            return message("expecting '}'");
        }
        if self.peek() == b':' {
            self.at += 1;
            self.literal(depth + 1)?;
        }
        if self.peek() != b'}' || self.at >= self.text.len() {
            return message("expecting '}'");
        }
        self.at += 1;
        Ok(())
    }

    fn conversion(&mut self) -> Res {
        self.at += 1;
        if self.at >= self.text.len() {
            return message("expecting '}'");
        }
        let c = self.text[self.at..].chars().next().unwrap_or(' ');
        self.at += c.len_utf8();
        if !matches!(c, 's' | 'r' | 'a') {
            return message("invalid conversion character: expected 's', 'r', or 'a'");
        }
        Ok(())
    }

    /// Runs over the expression of a field to the character that ends it.
    fn expression(&mut self) -> Res {
        let mut nesting: Vec<u8> = Vec::new();
        let mut quote: Option<(u8, usize)> = None;
        let bytes = self.text.as_bytes();
        while let Some(&b) = bytes.get(self.at) {
            if b == b'\\' {
                return Err(FieldError::Plain(
                    "f-string expression part cannot include a backslash".to_owned(),
                ));
            }
            if let Some((q, n)) = quote {
                if b == q && bytes[self.at..].iter().take_while(|&&c| c == q).count() >= n {
                    self.at += n;
                    quote = None;
                } else {
                    self.at += 1;
                }
                continue;
            }
            match b {
                b'\'' | b'"' => {
                    let run = bytes[self.at..].iter().take_while(|&&c| c == b).count();
                    let n = if run >= 3 { 3 } else { 1 };
                    self.at += n;
                    quote = Some((b, n));
                    continue;
                }
                b'(' | b'[' | b'{' => {
                    if nesting.len() >= 200 {
                        return message("too many nested parenthesis");
                    }
                    nesting.push(b);
                }
                b'#' => {
                    return Err(FieldError::Plain(
                        "f-string expression part cannot include '#'".to_owned(),
                    ));
                }
                b'!' | b':' | b'}' | b'=' | b'<' | b'>' if nesting.is_empty() => {
                    let next = bytes.get(self.at + 1).copied().unwrap_or(0);
                    if next == b'=' && matches!(b, b'!' | b'=' | b'<' | b'>') {
                        self.at += 2;
                        continue;
                    }
                    if !matches!(b, b'<' | b'>') {
                        return Ok(());
                    }
                }
                b')' | b']' | b'}' => match nesting.pop() {
                    None => return Err(FieldError::Message(format!("unmatched '{}'", b as char))),
                    Some(open)
                        if !matches!((open, b), (b'(', b')') | (b'[', b']') | (b'{', b'}')) =>
                    {
                        return Err(FieldError::Message(format!(
                            "closing parenthesis '{}' does not match opening parenthesis '{}'",
                            b as char, open as char
                        )));
                    }
                    Some(_) => {}
                },
                _ => {}
            }
            self.at += 1;
        }
        if quote.is_some() {
            return message("unterminated string");
        }
        match nesting.last() {
            Some(open) => Err(FieldError::Message(format!(
                "unmatched '{}'",
                *open as char
            ))),
            None => Ok(()),
        }
    }
}

/// Whether an expression in parentheses is wrong.
fn parse_fails(text: &str) -> bool {
    let inner = Source::new(&format!("({text})"));
    crate::parse::parse(&inner, crate::code::Mode::Eval).is_err()
}

/// CPython's message for the first bad escape of a literal.
fn escape_error(body: &str, bytes: bool) -> Option<String> {
    let text = body.as_bytes();
    let mut i = 0;
    while i + 1 < text.len() || text.get(i) == Some(&b'\\') {
        if text[i] != b'\\' {
            i += 1;
            continue;
        }
        let kind = text.get(i + 1).copied().unwrap_or(0);
        let need = match kind {
            b'x' => 2,
            b'u' if !bytes => 4,
            b'U' if !bytes => 8,
            b'N' if !bytes => {
                match named_escape(body, i) {
                    Ok(next) => i = next,
                    Err(m) => return Some(m),
                }
                continue;
            }
            _ => {
                i += 2;
                continue;
            }
        };
        let digits = text[i + 2..]
            .iter()
            .take(need)
            .take_while(|b| b.is_ascii_hexdigit())
            .count();
        if digits < need {
            return Some(truncated(kind, i, digits, bytes, body));
        }
        let value = u32::from_str_radix(&body[i + 2..i + 2 + need], 16).unwrap_or(0);
        if value > 0x10_ffff {
            return Some(unicode_error(
                body,
                i,
                i + 1 + need,
                "illegal Unicode character",
            ));
        }
        i += 2 + need;
    }
    None
}

fn truncated(kind: u8, at: usize, digits: usize, bytes: bool, body: &str) -> String {
    if bytes {
        return format!("(value error) invalid \\x escape at position {at}");
    }
    let what = match kind {
        b'x' => "truncated \\xXX escape",
        b'u' => "truncated \\uXXXX escape",
        _ => "truncated \\UXXXXXXXX escape",
    };
    unicode_error(body, at, at + 1 + digits, what)
}

/// The codec's error; non-ASCII characters count as the ten-byte escapes CPython turns them into.
fn unicode_error(body: &str, from: usize, to: usize, what: &str) -> String {
    let place = |at: usize| -> usize {
        body.char_indices()
            .take_while(|(i, _)| *i < at)
            .map(|(_, c)| if c.is_ascii() { 1 } else { 10 })
            .sum()
    };
    let (from, to) = (place(from), place(to));
    if from == to {
        return format!(
            "(unicode error) 'unicodeescape' codec can't decode byte 0x5c in position {from}: {what}"
        );
    }
    format!(
        "(unicode error) 'unicodeescape' codec can't decode bytes in position {from}-{to}: {what}"
    )
}

fn named_escape(body: &str, at: usize) -> Result<usize, String> {
    let rest = &body[at + 2..];
    let malformed = "malformed \\N character escape";
    if at + 1 >= body.len() || rest.is_empty() || !rest.starts_with('{') {
        return Err(unicode_error(body, at, at + 1, malformed));
    }
    let Some(end) = rest.find('}') else {
        return Err(unicode_error(body, at, body.len() - 1, malformed));
    };
    if end == 1 {
        return Err(unicode_error(body, at, at + 2, malformed));
    }
    let literal = format!("\"\\N{}\"", &rest[..=end]);
    if ruff_python_parser::parse_expression(&literal).is_err() {
        return Err(unicode_error(
            body,
            at,
            at + 2 + end,
            "unknown Unicode character name",
        ));
    }
    Ok(at + 2 + end + TextSize::new(1).to_usize())
}
