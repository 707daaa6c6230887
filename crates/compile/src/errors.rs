//! Parse errors in CPython's terms.

use crate::code::{CompileError, ErrorClass, Mode};
use crate::parse::Source;
use ruff_python_ast as ast;
use ruff_python_parser::Parsed;
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

/// Checks that need no parser: null bytes, nesting.
pub(crate) fn prescan(source: &Source) -> Result<(), CompileError> {
    if source.text.contains('\0') {
        return Err(source.error(
            ErrorClass::Recursion,
            "source code string cannot contain null bytes",
            TextRange::default(),
        ));
    }
    Ok(())
}

/// The first error of a parse, if there is one.
pub(crate) fn check_parsed(source: &Source, parsed: &Parsed<ast::Mod>, _mode: Mode) -> Result<(), CompileError> {
    if let Some(e) = parsed.errors().first() {
        return Err(source.syntax(format!("{}", e.error), e.location));
    }
    if let Some(e) = parsed.unsupported_syntax_errors().first() {
        return Err(source.syntax("invalid syntax", e.range));
    }
    Ok(())
}
