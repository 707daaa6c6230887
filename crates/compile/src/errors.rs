//! Parse errors in CPython's terms: what is checked when, and in which order errors count.
//!
//! CPython prefers an error of the tokenizer, wherever it stands, to one of the parser; then comes the
//! first error of the parser. `tokenize` finds the former, `fstring` errors in string literals, and
//! `invalid` puts what ruff's parser reports into CPython's words.

use crate::code::{CompileError, ErrorClass, Mode};
use crate::invalid::Invalid;
use crate::parse::Source;
use crate::tokenize::{Scan, never_closed, scan};
use ruff_python_ast as ast;
use ruff_python_parser::{
    LexicalErrorType, ParseError, ParseErrorType, Parsed, UnsupportedSyntaxErrorKind,
};
use ruff_text_size::TextRange;

/// An error without a place: a limit of the code format was exceeded.
pub(crate) fn too_large(message: &str) -> CompileError {
    CompileError {
        class: ErrorClass::Syntax,
        message: message.to_owned(),
        line: 1,
        offset: 1,
        end_line: 1,
        end_offset: 1,
        text: None,
        incomplete: false,
    }
}

/// Checks that need no parser: null bytes and what the tokenizer finds.
pub(crate) fn prescan(source: &Source) -> Result<Scan, CompileError> {
    if source.text.contains('\0') {
        return Err(source.error(
            ErrorClass::Recursion,
            "source code string cannot contain null bytes",
            TextRange::default(),
        ));
    }
    Ok(scan(source, false))
}

/// The error of a source whose parse gave errors, or whose tokens are wrong.
pub(crate) fn check_parsed(
    source: &Source,
    tokens: &Scan,
    parsed: &Parsed<ast::Mod>,
    mode: Mode,
) -> Result<(), CompileError> {
    let unsupported = parsed
        .unsupported_syntax_errors()
        .iter()
        .find(|e| !is_fine(e.kind) && !inside_later_error(parsed, e.range));
    if parsed.errors().is_empty() && unsupported.is_none() {
        return match &tokens.error {
            Some(e) => Err(e.clone()),
            None if mode == Mode::Single => {
                crate::interactive::single_statement(source, parsed.syntax())
            }
            None => Ok(()),
        };
    }
    let scan = scan(source, true);
    let parse_error = first_error(parsed.errors());
    let at = parse_error
        .map(|e| e.location.start())
        .into_iter()
        .chain(unsupported.map(|e| e.range.start()))
        .min()
        .unwrap_or_default();
    if let Some(e) = scan.error {
        return Err(e);
    }
    if let Some(e) = crate::fstring::check(source, &scan.toks, at.to_u32()) {
        return Err(e);
    }
    let invalid = Invalid::new(source, &scan.toks, parsed.syntax(), mode);
    let mut error = match (parse_error, unsupported) {
        (Some(e), Some(u)) if u.range.start() < e.location.start() => {
            invalid.unsupported(u.kind, u.range)
        }
        (Some(e), _) => invalid.parse_error(&e.error, e.location),
        (None, Some(u)) => invalid.unsupported(u.kind, u.range),
        (None, None) => return Ok(()),
    };
    if let Some((open, open_at)) = scan.unclosed {
        // An open bracket explains an error on a later line, or at the end.
        let at_end = error.incomplete || error.line > source.line_count();
        if at_end || error.line.max(error.end_line) > source.line(open_at.into()) {
            return Err(never_closed(source, open, open_at));
        }
    }
    if matches!(
        parse_error.map(|e| &e.error),
        Some(ParseErrorType::Lexical(LexicalErrorType::Eof))
    ) {
        error.incomplete = true;
    }
    Err(error)
}

/// The error CPython would meet first: what is wrong with a target or the order of arguments is found
/// only when the rest of the statement is right.
fn first_error(errors: &[ParseError]) -> Option<&ParseError> {
    let first = errors.iter().min_by_key(|e| e.location.start())?;
    let about_whole = matches!(
        first.error,
        ParseErrorType::InvalidAssignmentTarget
            | ParseErrorType::InvalidAnnotatedAssignmentTarget
            | ParseErrorType::InvalidAugmentedAssignmentTarget
            | ParseErrorType::InvalidDeleteTarget
            | ParseErrorType::PositionalAfterKeywordArgument
            | ParseErrorType::PositionalAfterKeywordUnpacking
            | ParseErrorType::NonDefaultParamAfterDefaultParam
    );
    let reach = first.location.end().to_usize() + 2;
    let order = matches!(
        first.error,
        ParseErrorType::PositionalAfterKeywordArgument
            | ParseErrorType::PositionalAfterKeywordUnpacking
            | ParseErrorType::NonDefaultParamAfterDefaultParam
    );
    let other = errors.iter().find(|e| {
        e.location.start() > first.location.start()
            && (order || e.location.start().to_usize() <= reach)
            && matches!(
                e.error,
                ParseErrorType::ExpectedExpression | ParseErrorType::ExpectedToken { .. }
            )
    });
    if about_whole {
        other.or(Some(first))
    } else {
        Some(first)
    }
}

/// Whether a version error only repeats what a parse error before it says.
fn inside_later_error(parsed: &Parsed<ast::Mod>, range: TextRange) -> bool {
    parsed
        .errors()
        .iter()
        .any(|e| e.location.start() < range.start())
}

/// Syntax that 3.11 has after all, or whose error another check finds.
fn is_fine(kind: UnsupportedSyntaxErrorKind) -> bool {
    matches!(
        kind,
        UnsupportedSyntaxErrorKind::StarExpressionInIndex
            | UnsupportedSyntaxErrorKind::StarAnnotation
            | UnsupportedSyntaxErrorKind::ExceptStar
            | UnsupportedSyntaxErrorKind::Match
    )
}
