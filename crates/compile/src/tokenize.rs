//! A tokenizer with CPython 3.11's errors: ruff's lexer is more lenient in places and words its errors
//! differently, and f-strings are single tokens here. It runs over every source (nesting must be known
//! to be sane before the recursive parser sees it) and again, keeping the tokens, when there is an error.

use crate::code::{CompileError, ErrorClass};
use crate::parse::Source;

/// Nesting of brackets.
const MAX_LEVEL: usize = 200;
/// Nesting of indentation.
const MAX_INDENT: usize = 100;

/// Kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Name,
    Number,
    String,
    Op,
    Newline,
    Indent,
    Dedent,
    End,
}

/// A token; offsets are bytes of the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tok {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Bracket depth after the token.
    pub(crate) level: u16,
}

/// What a run over the source gives.
pub(crate) struct Scan {
    pub(crate) toks: Vec<Tok>,
    pub(crate) error: Option<CompileError>,
    /// CPython's tokenizer only notes the kind of the error: its parser words it.
    pub(crate) noted: bool,
    /// Numbers run into a keyword: where, and the kind of literal.
    pub(crate) warnings: Vec<(u32, String)>,
    /// The innermost bracket that is open at the end.
    pub(crate) unclosed: Option<(u8, u32)>,
    /// An upper bound of the depth of the syntax tree of any line.
    pub(crate) depth: u32,
}

struct Tokenizer<'s> {
    source: &'s Source,
    text: &'s [u8],
    at: usize,
    keep: bool,
    toks: Vec<Tok>,
    warnings: Vec<(u32, String)>,
    brackets: Vec<(u8, u32)>,
    indents: Vec<(u32, u32)>,
    /// Tokens since the last comma, for each open bracket.
    runs: Vec<u32>,
    /// Their sum.
    run: u32,
    depth: u32,
    last: Kind,
    noted: bool,
}

/// Tokenizes; the tokens are kept if `keep`.
pub(crate) fn scan(source: &Source, keep: bool) -> Scan {
    let mut t = Tokenizer {
        source,
        text: source.text.as_bytes(),
        at: 0,
        keep,
        toks: Vec::new(),
        warnings: Vec::new(),
        brackets: Vec::new(),
        indents: vec![(0, 0)],
        runs: vec![0],
        run: 0,
        depth: 0,
        last: Kind::Newline,
        noted: false,
    };
    let error = t.run().err().map(|e| *e);
    Scan {
        toks: t.toks,
        error,
        noted: t.noted,
        warnings: t.warnings,
        unclosed: t.brackets.last().copied(),
        depth: t.depth,
    }
}

type Res<T = ()> = Result<T, Box<CompileError>>;

fn is_name_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 0x80
}

fn is_name_part(b: u8) -> bool {
    is_name_start(b) || b.is_ascii_digit()
}

impl Tokenizer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// An error whose offset is the number of characters of the line up to `cur`, as CPython counts.
    fn fail<T>(&self, message: impl Into<String>, cur: usize) -> Res<T> {
        self.fail_range(message, cur, cur)
    }

    fn fail_range<T>(&self, message: impl Into<String>, from: usize, to: usize) -> Res<T> {
        let place = |at: usize| {
            let at = at.saturating_sub(1).min(self.text.len().saturating_sub(1));
            let at = self.source.text.floor_char_boundary(at) as u32;
            let (line, col) = self.source.line_col(at.into());
            (line, self.source.char_offset(line, col))
        };
        let (line, offset) = place(from);
        let end_offset = place(to).1;
        Err(Box::new(CompileError {
            class: ErrorClass::Syntax,
            message: message.into(),
            line,
            offset,
            end_line: line,
            end_offset,
            text: self.source.line_text(line).map(str::to_owned),
            incomplete: false,
        }))
    }

    /// An error at a line as a whole.
    fn fail_line<T>(
        &mut self,
        class: ErrorClass,
        message: &str,
        at: usize,
        offset: u32,
        end: i64,
    ) -> Res<T> {
        self.noted = true;
        let (line, _) = self
            .source
            .line_col((at.min(self.text.len()) as u32).into());
        Err(Box::new(CompileError {
            class,
            message: message.to_owned(),
            line,
            offset,
            end_line: line,
            end_offset: end as u32,
            text: self.source.line_text(line).map(|t| format!("{t}\n")),
            incomplete: false,
        }))
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        self.measure(kind, start, end);
        self.last = kind;
        if self.keep {
            let level = self.brackets.len() as u16;
            self.toks.push(Tok {
                kind,
                start: start as u32,
                end: end as u32,
                level,
            });
        }
    }

    /// Keeps account of how deep the tree can be: every token may be a level, but elements of a list, and
    /// adjacent strings, are beside each other.
    fn measure(&mut self, kind: Kind, start: usize, end: usize) {
        match kind {
            Kind::Newline => {
                self.runs.truncate(1);
                (self.runs[0], self.run) = (0, 0);
                return;
            }
            Kind::String => {
                let is_fstring =
                    matches!(self.text[start] | 0x20, b'f' | b'r') && end - start > 300;
                if self.last == Kind::String && !is_fstring {
                    return;
                }
                if is_fstring {
                    self.run += (end - start) as u32 / 2;
                    self.depth = self.depth.max(self.run);
                    self.run -= (end - start) as u32 / 2;
                }
            }
            Kind::Op => {
                let level = self.brackets.len() + 1;
                if level > self.runs.len() {
                    self.runs.push(0);
                } else if level < self.runs.len() {
                    self.run -= self.runs.pop().unwrap_or(0);
                } else if self.text[start] == b',' || self.text[start] == b';' {
                    let run = self.runs.last_mut().map_or(0, std::mem::take);
                    self.run -= run;
                    return;
                }
            }
            _ => {}
        }
        if let Some(last) = self.runs.last_mut() {
            *last += 1;
        }
        self.run += 1;
        self.depth = self.depth.max(self.run);
    }

    fn run(&mut self) -> Res {
        loop {
            let fresh_line = self.last == Kind::Newline && self.brackets.is_empty();
            if fresh_line && (self.at == 0 || self.text.get(self.at - 1) == Some(&b'\n')) {
                self.indentation()?;
            }
            if self.at >= self.text.len() {
                break;
            }
            self.token()?;
        }
        let end = self.text.len();
        if self.last != Kind::Newline && self.last != Kind::Dedent && self.brackets.is_empty() {
            self.push(Kind::Newline, end, end);
        }
        for _ in 1..self.indents.len() {
            self.push(Kind::Dedent, end, end);
        }
        self.push(Kind::End, end, end);
        Ok(())
    }

    /// Skips blank lines and measures the indentation of the next one.
    fn indentation(&mut self) -> Res {
        loop {
            let (mut col, mut alt) = (0u32, 0u32);
            let mut continued: Option<(u32, u32)> = None;
            loop {
                match self.peek(0) {
                    b' ' => (col, alt) = (col + 1, alt + 1),
                    b'\t' => (col, alt) = ((col / 8 + 1) * 8, alt + 1),
                    b'\x0c' => (col, alt) = (0, 0),
                    b'\\' => {
                        continued.get_or_insert((col, alt));
                        self.continuation()?;
                        continue;
                    }
                    _ => break,
                }
                self.at += 1;
            }
            if self.peek(0) == b'#' {
                while self.at < self.text.len() && self.text[self.at] != b'\n' {
                    self.at += 1;
                }
            }
            if self.at >= self.text.len() {
                return Ok(());
            }
            if self.text[self.at] == b'\n' {
                self.at += 1;
                continue;
            }
            let (col, alt) = continued.unwrap_or((col, alt));
            return self.indent_to(col, alt);
        }
    }

    fn indent_to(&mut self, col: u32, alt: u32) -> Res {
        let (top, top_alt) = *self.indents.last().expect("indentation");
        let line_length = {
            let (line, _) = self.source.line_col((self.at as u32).into());
            self.source
                .line_text(line)
                .map_or(0, |t| t.chars().count() as u32)
                + 1
        };
        let tab = "inconsistent use of tabs and spaces in indentation";
        if col == top {
            if alt != top_alt {
                return self.fail_line(ErrorClass::Tab, tab, self.at, 1, 0);
            }
        } else if col > top {
            if self.indents.len() >= MAX_INDENT {
                let message = "too many levels of indentation";
                return self.fail_line(ErrorClass::Indentation, message, self.at, line_length, -1);
            }
            if alt <= top_alt {
                return self.fail_line(ErrorClass::Tab, tab, self.at, 1, 0);
            }
            self.indents.push((col, alt));
            self.push(Kind::Indent, self.at, self.at);
        } else {
            while self.indents.last().is_some_and(|i| col < i.0) {
                self.indents.pop();
                self.push(Kind::Dedent, self.at, self.at);
            }
            let (top, top_alt) = *self.indents.last().expect("indentation");
            if col != top {
                let message = "unindent does not match any outer indentation level";
                return self.fail_line(ErrorClass::Indentation, message, self.at, line_length, -1);
            }
            if alt != top_alt {
                return self.fail_line(ErrorClass::Tab, tab, self.at, 1, 0);
            }
        }
        Ok(())
    }

    /// At a backslash: the line must end after it.
    fn continuation(&mut self) -> Res {
        let backslash = self.at;
        if self.peek(1) != b'\n' {
            let (line, col) = self.source.line_col((backslash as u32).into());
            let offset = self.source.char_offset(line, col) + 1;
            let message = "unexpected character after line continuation character";
            return self.fail_line(ErrorClass::Syntax, message, backslash, offset, 0);
        }
        self.at += 2;
        if self.at >= self.text.len() {
            if let Some(&(open, at)) = self.brackets.last() {
                self.noted = true;
                return Err(Box::new(never_closed(self.source, open, at)));
            }
            let (line, col) = self.source.line_col((backslash as u32).into());
            let offset = self.source.char_offset(line, col) + 1;
            let mut e: Res = self.fail_line(
                ErrorClass::Syntax,
                "unexpected EOF while parsing",
                backslash,
                offset,
                -1,
            );
            if let Err(e) = &mut e {
                e.incomplete = true;
            }
            return e;
        }
        Ok(())
    }

    fn token(&mut self) -> Res {
        let start = self.at;
        let b = self.text[start];
        match b {
            b' ' | b'\t' | b'\x0c' => self.at += 1,
            b'#' => {
                while self.at < self.text.len() && self.text[self.at] != b'\n' {
                    self.at += 1;
                }
            }
            b'\n' => {
                self.at += 1;
                if self.brackets.is_empty() && self.last != Kind::Newline {
                    self.push(Kind::Newline, start, start);
                }
            }
            b'\\' => self.continuation()?,
            b'"' | b'\'' => self.string(start)?,
            b'0'..=b'9' => self.number()?,
            b'.' if self.peek(1).is_ascii_digit() => self.number()?,
            _ if is_name_start(b) => self.name()?,
            _ => self.operator()?,
        }
        Ok(())
    }

    fn name(&mut self) -> Res {
        let start = self.at;
        while self.at < self.text.len() && is_name_part(self.text[self.at]) {
            self.at += 1;
        }
        let quote = matches!(self.peek(0), b'"' | b'\'');
        if quote && self.at - start <= 2 {
            let prefix = self.text[start..self.at].to_ascii_lowercase();
            if matches!(
                &prefix[..],
                b"r" | b"b" | b"u" | b"f" | b"br" | b"rb" | b"fr" | b"rf"
            ) {
                return self.string(start);
            }
        }
        self.check_name(start)?;
        self.push(Kind::Name, start, self.at);
        Ok(())
    }

    /// Characters that no identifier may hold.
    fn check_name(&self, start: usize) -> Res {
        let text = &self.source.text[start..self.at];
        if text.is_ascii() {
            return Ok(());
        }
        for (i, c) in text.char_indices() {
            if c.is_ascii() || is_identifier_char(c, i == 0) {
                continue;
            }
            let end = start + i + c.len_utf8();
            let message = if is_printable(c) {
                format!("invalid character '{c}' (U+{:04X})", c as u32)
            } else {
                format!("invalid non-printable character U+{:04X}", c as u32)
            };
            return self.fail(message, end);
        }
        Ok(())
    }

    fn string(&mut self, start: usize) -> Res {
        let quote = self.text[self.at];
        let triple = self.peek(1) == quote && self.peek(2) == quote;
        if !triple && self.peek(1) == quote {
            self.at += 2;
            self.push(Kind::String, start, self.at);
            return Ok(());
        }
        self.at += if triple { 3 } else { 1 };
        loop {
            match self.text.get(self.at) {
                None => break,
                Some(b'\n') if !triple => break,
                Some(b'\\') => self.at += 2,
                Some(&b) if b == quote => {
                    if !triple {
                        self.at += 1;
                        self.push(Kind::String, start, self.at);
                        return Ok(());
                    }
                    if self.peek(1) == quote && self.peek(2) == quote {
                        self.at += 3;
                        self.push(Kind::String, start, self.at);
                        return Ok(());
                    }
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
        let what = if triple { "triple-quoted " } else { "" };
        let stop = self.at.min(self.text.len().saturating_sub(1));
        let line = self.source.line((stop as u32).into());
        let mut e: Res = self.fail(
            format!("unterminated {what}string literal (detected at line {line})"),
            start + 1,
        );
        if let Err(e) = &mut e {
            // A backslash may have continued it to the end of the text.
            e.incomplete = triple || self.at >= self.text.len();
        }
        e
    }

    // ---- numbers ----

    fn number(&mut self) -> Res {
        let start = self.at;
        if self.peek(0) == b'0' {
            let radix = match self.peek(1) | 0x20 {
                b'x' => Some((16, "hexadecimal")),
                b'o' => Some((8, "octal")),
                b'b' => Some((2, "binary")),
                _ => None,
            };
            if let Some((radix, name)) = radix {
                self.at += 2;
                self.radix_digits(radix, name)?;
                self.push(Kind::Number, start, self.at);
                return Ok(());
            }
        }
        let zeros = self.leading_zeros(start)?;
        if self.peek(0).is_ascii_digit() {
            self.decimal_tail()?;
        }
        let mut kind = "decimal";
        let mut float = false;
        if self.peek(0) == b'.' {
            self.at += 1;
            float = true;
            if self.peek(0).is_ascii_digit() {
                self.decimal_tail()?;
            }
        }
        if self.peek(0) | 0x20 == b'e' {
            let sign = matches!(self.peek(1), b'+' | b'-');
            let digit = self.peek(1 + usize::from(sign));
            if digit.is_ascii_digit() {
                self.at += 1 + usize::from(sign);
                float = true;
                self.decimal_tail()?;
            } else if sign {
                return self.fail("invalid decimal literal", self.at + 2);
            }
        }
        if self.peek(0) | 0x20 == b'j' {
            self.at += 1;
            kind = "imaginary";
            float = true;
        }
        if let (Some(first), false) = (zeros, float) {
            return self.fail_range(
                "leading zeros in decimal integer literals are not permitted; \
                 use an 0o prefix for octal integers",
                start + 1,
                first + 1,
            );
        }
        self.end_of_number(kind)?;
        self.push(Kind::Number, start, self.at);
        Ok(())
    }

    /// For `0…`: where the first digit that is no zero stands, if there is one.
    fn leading_zeros(&mut self, start: usize) -> Res<Option<usize>> {
        if self.text[start] != b'0' {
            return Ok(None);
        }
        while self.peek(0) == b'0' || self.peek(0) == b'_' {
            if self.peek(0) == b'_' && !self.peek(1).is_ascii_digit() {
                return self.fail("invalid decimal literal", self.at + 1);
            }
            self.at += 1;
        }
        Ok(self.peek(0).is_ascii_digit().then_some(self.at))
    }

    fn decimal_tail(&mut self) -> Res {
        loop {
            while self.peek(0).is_ascii_digit() {
                self.at += 1;
            }
            if self.peek(0) != b'_' {
                return Ok(());
            }
            self.at += 1;
            if !self.peek(0).is_ascii_digit() {
                return self.fail("invalid decimal literal", self.at);
            }
        }
    }

    fn radix_digits(&mut self, radix: u32, name: &str) -> Res {
        loop {
            if self.peek(0) == b'_' {
                self.at += 1;
            }
            let c = self.peek(0);
            if !(c as char).is_digit(radix) {
                if c.is_ascii_digit() {
                    let digit = c as char;
                    return self.fail(
                        format!("invalid digit '{digit}' in {name} literal"),
                        self.at + 1,
                    );
                }
                return self.fail(format!("invalid {name} literal"), self.at);
            }
            while (self.peek(0) as char).is_digit(radix) {
                self.at += 1;
            }
            if self.peek(0) != b'_' {
                break;
            }
        }
        let c = self.peek(0);
        if c.is_ascii_digit() {
            let digit = c as char;
            return self.fail(
                format!("invalid digit '{digit}' in {name} literal"),
                self.at + 1,
            );
        }
        self.end_of_number(name)
    }

    /// After a number only a keyword may follow without a space.
    fn end_of_number(&mut self, kind: &str) -> Res {
        let rest = &self.text[self.at..];
        let keywords: [&[u8]; 8] = [b"and", b"else", b"for", b"if", b"in", b"is", b"or", b"not"];
        if keywords.iter().any(|k| rest.starts_with(k)) {
            self.warnings
                .push((self.at as u32 - 1, format!("invalid {kind} literal")));
            return Ok(());
        }
        let c = self.peek(0);
        if c < 0x80 && is_name_part(c) {
            return self.fail(format!("invalid {kind} literal"), self.at);
        }
        Ok(())
    }

    // ---- operators ----

    fn operator(&mut self) -> Res {
        let start = self.at;
        let b = self.text[start];
        match b {
            b'(' | b'[' | b'{' => {
                if self.brackets.len() >= MAX_LEVEL {
                    return self.fail("too many nested parentheses", start + 1);
                }
                self.brackets.push((b, start as u32));
                self.at += 1;
            }
            b')' | b']' | b'}' => self.close(b)?,
            0..=31 | 127 => {
                return self.fail(
                    format!("invalid non-printable character U+{b:04X}"),
                    start + 1,
                );
            }
            _ => self.at += self.operator_length(),
        }
        self.push(Kind::Op, start, self.at);
        Ok(())
    }

    fn operator_length(&self) -> usize {
        let rest = &self.text[self.at..];
        let long: [&[u8]; 25] = [
            b"**=", b"//=", b">>=", b"<<=", b"...", b"!=", b"->", b":=", b"<=", b">=", b"==",
            b"<>", b"+=", b"-=", b"*=", b"/=", b"%=", b"&=", b"|=", b"^=", b"@=", b"**", b"//",
            b">>", b"<<",
        ];
        long.iter()
            .find(|o| rest.starts_with(o))
            .map_or(1, |o| o.len())
    }

    fn close(&mut self, close: u8) -> Res {
        let Some((open, at)) = self.brackets.pop() else {
            return self.fail(format!("unmatched '{}'", close as char), self.at + 1);
        };
        if matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
            self.at += 1;
            return Ok(());
        }
        let mut message = format!(
            "closing parenthesis '{}' does not match opening parenthesis '{}'",
            close as char, open as char
        );
        let line = self.source.line(at.into());
        if line != self.source.line((self.at as u32).into()) {
            message.push_str(&format!(" on line {line}"));
        }
        self.fail(message, self.at + 1)
    }
}

/// "'(' was never closed".
pub(crate) fn never_closed(source: &Source, open: u8, at: u32) -> CompileError {
    let range = ruff_text_size::TextRange::empty(at.into());
    let mut e = source.syntax(format!("'{}' was never closed", open as char), range);
    e.end_offset = 0;
    e.incomplete = true;
    if e.line < source.line_count() {
        // CPython's tokenizer has left the line behind and gives it without its end.
        e.text = source.line_text(e.line).map(str::to_owned);
    }
    e
}

/// An approximation of Unicode's `XID_Start` and `XID_Continue` beyond ASCII: letters, and in the
/// continuation also marks, which Rust's tables only tell from symbols by their blocks.
fn is_identifier_char(c: char, first: bool) -> bool {
    if c.is_alphabetic() || matches!(c, '\u{2118}' | '\u{212e}' | '\u{309b}' | '\u{309c}') {
        return true;
    }
    if first {
        return false;
    }
    c.is_numeric() && c.to_string().chars().all(|c| !is_other_number(c)) || is_mark(c)
}

/// Numbers that are no decimal digits, such as superscripts and fractions.
fn is_other_number(c: char) -> bool {
    matches!(c as u32, 0xb2..=0xb3 | 0xb9 | 0xbc..=0xbe | 0x2070..=0x2189 | 0x2460..=0x249b | 0x24ea..=0x24ff
        | 0x2776..=0x2793 | 0x3192..=0x3195 | 0x3220..=0x3229 | 0x3248..=0x324f | 0x3251..=0x325f
        | 0x3280..=0x3289 | 0x32b1..=0x32bf)
}

fn is_mark(c: char) -> bool {
    matches!(c as u32, 0xb7 | 0x300..=0x36f | 0x387 | 0x483..=0x487 | 0x591..=0x5bd | 0x5bf | 0x5c1..=0x5c2
        | 0x5c4..=0x5c5 | 0x5c7 | 0x610..=0x61a | 0x64b..=0x669 | 0x670 | 0x6d6..=0x6dc | 0x6df..=0x6e8
        | 0x6ea..=0x6ed | 0x711 | 0x730..=0x74a | 0x7a6..=0x7b0 | 0x7eb..=0x7f3 | 0x816..=0x82d | 0x859..=0x85b
        | 0x898..=0xdff | 0xe31..=0xe4e | 0xeb1..=0xebc | 0xec8..=0xecd | 0xf18..=0xfbc | 0x102b..=0x109d
        | 0x135d..=0x1371 | 0x1712..=0x1773 | 0x17b4..=0x17dd | 0x180b..=0x180f | 0x18a9 | 0x1920..=0x193b
        | 0x1a17..=0x1ace | 0x1b00..=0x1bf3 | 0x1c24..=0x1c37 | 0x1cd0..=0x1cf9 | 0x1dc0..=0x1dff | 0x203f..=0x2040
        | 0x2054 | 0x20d0..=0x20dc | 0x20e1 | 0x20e5..=0x20f0 | 0x2cef..=0x2cf1 | 0x2d7f | 0x2de0..=0x2dff
        | 0x302a..=0x302f | 0x3099..=0x309a | 0xa66f..=0xa67d | 0xa69e..=0xa69f | 0xa6f0..=0xa6f1
        | 0xa802..=0xabed | 0xfb1e | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f | 0xfe33..=0xfe34 | 0xfe4d..=0xfe4f
        | 0xff3f | 0x101fd..=0x11fff | 0x16af0..=0x16fff | 0x1bc9d..=0x1d244 | 0x1d7ce..=0x1d7ff
        | 0x1da00..=0x1e94a | 0xe0100..=0xe01ef)
}

/// Python's `str.isprintable` for what may follow in source text: separators and controls are not.
pub(crate) fn is_printable(c: char) -> bool {
    !(c.is_control()
        || c.is_whitespace()
        || matches!(c as u32, 0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e | 0x200b..=0x200f
            | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xe000..=0xf8ff | 0xe0000..=0xe00ff | 0xf0000..=0x10ffff))
}
