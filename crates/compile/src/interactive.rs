//! What programs give as input: beyond modules it is read as it is, without an end of the last line. An interactive
//! statement is one compound statement, or one line of simple ones, behind which only comments may come.

use ruff_python_ast as ast;
use ruff_python_ast::helpers::is_compound_statement;
use ruff_python_parser::Parsed;
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::code::{CompileError, ErrorClass, Input, Mode};
use crate::parse::Source;
use crate::tokenize::{Kind, Scan, Tok, scan};

type Result<T> = std::result::Result<T, CompileError>;

/// No end, in CPython's terms.
const NO_END: u32 = u32::MAX;

/// Parses input.
pub(crate) fn parse_input(
    source: &Source,
    mode: Mode,
    input: Input,
) -> Result<(Parsed<ast::Mod>, Scan)> {
    let parsed = match mode {
        Mode::Single => parse_statement(source, input),
        _ => crate::parse::parse(source, mode),
    };
    parsed.map_err(|e| as_input(source, mode, input, e))
}

/// An error in input of this mode.
pub(crate) fn as_input(source: &Source, mode: Mode, input: Input, e: CompileError) -> CompileError {
    if e.message.contains("null bytes") || e.class == ErrorClass::Recursion {
        return e;
    }
    let e = if mode == Mode::Exec {
        e
    } else {
        placed(source, mode, e)
    };
    if input.allow_incomplete && e.incomplete {
        return incomplete(source, mode, e);
    }
    e
}

/// The error, placed where CPython finds it in a text whose last line may have no end.
fn placed(source: &Source, mode: Mode, mut e: CompileError) -> CompileError {
    let last = source.line_count();
    let text = source.line_text(last).unwrap_or("");
    let length = text.chars().count() as u32;
    let generic = e.message == "invalid syntax";
    if source.skip_trivia(TextSize::new(0)).to_usize() >= source.text.len() {
        // Nothing but comments.
        e.line = if source.text.is_empty() { 0 } else { last };
        (e.end_line, e.offset, e.end_offset) = (e.line, 0, 0);
        e.text = Some(last_line(source));
        e.incomplete = true;
        return e;
    }
    if e.line != last {
        return e;
    }
    if source.unended && e.message == "unexpected EOF while parsing" {
        // There is no end of line behind the backslash.
        e.message = "unexpected character after line continuation character".into();
        (e.offset, e.end_offset, e.incomplete) = (length, 0, false);
        e.text = Some(text.to_owned());
        return e;
    }
    let at_end = e.offset > length;
    if source.unended {
        e.text = Some(text.to_owned());
        let string = e.message.starts_with("unterminated ");
        if string || at_end && e.class == ErrorClass::Syntax {
            e.incomplete = true;
        }
        if at_end {
            e.offset = length;
        }
    }
    if at_end && generic && (source.unended || e.incomplete) {
        (e.offset, e.end_offset) = (0, 0);
    } else if at_end && mode == Mode::Single && (source.unended || e.incomplete) {
        e.end_offset = NO_END;
    }
    e
}

/// The last line as it is in the text.
fn last_line(source: &Source) -> String {
    let text = source.line_text(source.line_count()).unwrap_or("");
    let end = if source.unended { "" } else { "\n" };
    format!("{text}{end}")
}

/// The error that tells that the input could go on: at the end of what has been read.
fn incomplete(source: &Source, mode: Mode, mut e: CompileError) -> CompileError {
    e.class = ErrorClass::Syntax;
    e.end_offset = NO_END;
    if e.message.starts_with("unterminated ") {
        let lines = (e.line..=source.line_count()).filter_map(|l| source.line_text(l));
        let mut text: String = lines.flat_map(|l| [l, "\n"]).collect();
        if source.unended && mode != Mode::Exec {
            text.pop();
        }
        e.text = Some(text);
    } else {
        let text = last_line(source);
        e.line = if source.text.is_empty() {
            0
        } else {
            source.line_count()
        };
        e.offset = text.chars().count() as u32;
        e.text = Some(text);
    }
    e.end_line = e.line;
    e.message = "incomplete input".into();
    e
}

/// What begins a compound statement.
const COMPOUND: &[&str] = &[
    "if", "while", "for", "try", "with", "def", "class", "async", "@",
];

/// Parses a statement.
fn parse_statement(source: &Source, input: Input) -> Result<(Parsed<ast::Mod>, Scan)> {
    let toks = scan(source, true).toks;
    let Some(newline) = end_of_simple_line(source, &toks) else {
        let parsed = crate::parse::parse(source, Mode::Single)?;
        ended(source, &toks, parsed.0.syntax(), input)?;
        return Ok(parsed);
    };
    let end = toks[newline].start as usize + 1;
    let line = Source::new(&source.text[..end]);
    crate::parse::parse(&line, Mode::Single)?;
    let message = "multiple statements found while compiling a single statement";
    let before = toks[newline - 1].end as usize;
    let comment = source.text[before..end].find('#');
    let start = comment.map_or(end - 1, |i| before + i) as u32;
    let range = TextRange::new(start.into(), (end as u32 - 1).into());
    Err(source.syntax(message, range))
}

/// An empty line ends a compound statement. Without it the end of the text does, if it is the end of an indented line.
fn ended(source: &Source, toks: &[Tok], tree: &ast::Mod, input: Input) -> Result<()> {
    let ast::Mod::Module(module) = tree else {
        return Ok(());
    };
    if !source.unended || !module.body.last().is_some_and(is_compound_statement) {
        return Ok(());
    }
    let length = source.text.len();
    let indented = toks
        .iter()
        .any(|t| t.kind == Kind::Dedent && t.start as usize == length);
    let last = toks.iter().rfind(|t| t.start < t.end);
    let code = last.is_some_and(|t| source.line(t.end.into()) == source.line_count());
    if code && indented && !input.dont_imply_dedent {
        return Ok(());
    }
    let end = TextSize::of(&source.text[..]) - TextSize::new(1);
    Err(source.syntax("invalid syntax", TextRange::empty(end)))
}

/// The token that ends a first line of simple statements, if there is more behind it.
fn end_of_simple_line(source: &Source, toks: &[Tok]) -> Option<usize> {
    let text = |t: &Tok| &source.text[t.start as usize..t.end as usize];
    let newline = toks.iter().position(|t| t.kind == Kind::Newline)?;
    if newline == 0 || COMPOUND.contains(&text(&toks[0])) {
        return None;
    }
    // An indent belongs to a compound statement (`match`), or is wrong behind a simple one.
    let colon = text(&toks[newline - 1]) == ":";
    let behind = source.skip_trivia((toks[newline].end + 1).into());
    (!colon && behind.to_usize() < source.text.len()).then_some(newline)
}

/// Checks that a parsed source is one statement.
pub(crate) fn single_statement(source: &Source, tree: &ast::Mod) -> Result<()> {
    let ast::Mod::Module(module) = tree else {
        return Ok(());
    };
    if module.body.is_empty() {
        return Err(source.syntax("invalid syntax", TextRange::default()));
    }
    for pair in module.body.windows(2) {
        if source.line(pair[0].end()) != source.line(pair[1].start()) {
            let message = "multiple statements found while compiling a single statement";
            return Err(source.syntax(message, TextRange::empty(pair[0].end())));
        }
    }
    Ok(())
}
