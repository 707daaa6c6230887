//! `from __future__ import …`: which features, and where such imports may stand.

use crate::code::CompileError;
use crate::parse::Source;
use rivet_spec::flags;
use ruff_python_ast::{self as ast, Stmt};
use ruff_text_size::Ranged;

/// The features 3.11 knows, with the flags `compile()` reports.
const FEATURES: &[(&str, u32)] = &[
    ("nested_scopes", 0),
    ("generators", 0),
    ("division", 0),
    ("absolute_import", 0),
    ("with_statement", 0),
    ("print_function", 0),
    ("unicode_literals", 0),
    ("barry_as_FLUFL", 0x40_0000),
    ("generator_stop", 0),
    ("annotations", flags::CO_FUTURE_ANNOTATIONS),
];

/// The flags of the future imports at the beginning of a module; errors for wrong or late ones.
pub(crate) fn features(source: &Source, tree: &ast::Mod) -> Result<u32, CompileError> {
    let ast::Mod::Module(module) = tree else {
        return Ok(0);
    };
    let mut out = 0;
    let mut early = true;
    for (i, stmt) in module.body.iter().enumerate() {
        let is_docstring =
            i == 0 && matches!(stmt, Stmt::Expr(e) if e.value.is_string_literal_expr());
        let Some(import) = future_import(stmt) else {
            early &= is_docstring;
            continue;
        };
        if !early {
            return Err(source.syntax(
                "from __future__ imports must occur at the beginning of the file",
                stmt.range(),
            ));
        }
        for alias in &import.names {
            out |= feature(source, import, alias.name.as_str())?;
        }
    }
    Ok(out)
}

/// A future import, if the statement is one.
pub(crate) fn future_import(stmt: &Stmt) -> Option<&ast::StmtImportFrom> {
    match stmt {
        Stmt::ImportFrom(i)
            if i.level == 0
                && i.module
                    .as_ref()
                    .is_some_and(|m| m.as_str() == "__future__") =>
        {
            Some(i)
        }
        _ => None,
    }
}

fn feature(source: &Source, import: &ast::StmtImportFrom, name: &str) -> Result<u32, CompileError> {
    let message = match FEATURES.iter().find(|f| f.0 == name) {
        Some(&(_, flag)) => return Ok(flag),
        None if name == "braces" => "not a chance".to_owned(),
        None => format!("future feature {name} is not defined"),
    };
    Err(source.syntax(message, import.range))
}
