//! SyntaxWarnings of the code generator and DeprecationWarnings for invalid escapes.

use crate::code::{CompileWarning, Const};
use crate::compiler::Compiler;
use crate::fold::{Ctx, fold};
use crate::parse::Source;
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{self as ast, CmpOp, Expr};
use ruff_text_size::{Ranged, TextSize};

/// CPython's name of the type an expression certainly has.
fn inferred_type(e: &Expr, ctx: Ctx<'_>) -> Option<&'static str> {
    Some(match e {
        Expr::Tuple(_) => "tuple",
        Expr::List(_) | Expr::ListComp(_) => "list",
        Expr::Dict(_) | Expr::DictComp(_) => "dict",
        Expr::Set(_) | Expr::SetComp(_) => "set",
        Expr::Generator(_) => "generator",
        Expr::Lambda(_) => "function",
        Expr::FString(_) => "str",
        _ => const_type(&fold(e, ctx)?),
    })
}

fn const_type(c: &Const) -> &'static str {
    match c {
        Const::None => "NoneType",
        Const::Bool(_) => "bool",
        Const::Ellipsis => "ellipsis",
        Const::Int(_) | Const::BigInt(..) => "int",
        Const::Float(_) => "float",
        Const::Complex(..) => "complex",
        Const::Str(..) => "str",
        Const::Bytes(_) => "bytes",
        Const::Tuple(_) => "tuple",
        Const::FrozenSet(_) => "frozenset",
        Const::Code(_) => "code",
    }
}

impl Compiler<'_> {
    /// `"is" with a literal`.
    pub(crate) fn warn_compare(&mut self, c: &ast::ExprCompare) {
        let ctx = self.ctx();
        let literal = |e: &Expr| {
            fold(e, ctx)
                .is_some_and(|c| !matches!(c, Const::None | Const::Bool(_) | Const::Ellipsis))
                && !e.is_tuple_expr()
                || matches!(e, Expr::Tuple(_)) && fold(e, ctx).is_some()
        };
        let mut left = literal(&c.left);
        for (op, right) in c.ops.iter().zip(c.comparators.iter()) {
            let r = literal(right);
            if matches!(op, CmpOp::Is | CmpOp::IsNot) && (left || r) {
                let message = if *op == CmpOp::Is {
                    "\"is\" with a literal. Did you mean \"==\"?"
                } else {
                    "\"is not\" with a literal. Did you mean \"!=\"?"
                };
                self.warn(message.to_owned(), c.range);
                return;
            }
            left = r;
        }
    }

    /// A call of something that is certainly not callable.
    pub(crate) fn warn_call(&mut self, func: &Expr) {
        let ctx = self.ctx();
        let callable = matches!(func, Expr::Lambda(_));
        let suspicious = matches!(
            func,
            Expr::Tuple(_)
                | Expr::List(_)
                | Expr::ListComp(_)
                | Expr::Dict(_)
                | Expr::DictComp(_)
                | Expr::Set(_)
                | Expr::SetComp(_)
                | Expr::Generator(_)
                | Expr::FString(_)
        ) || fold(func, ctx).is_some();
        if let (true, false, Some(name)) = (suspicious, callable, inferred_type(func, ctx)) {
            self.warn(
                format!("'{name}' object is not callable; perhaps you missed a comma?"),
                func.range(),
            );
        }
    }

    /// Subscripts that cannot work.
    pub(crate) fn warn_subscript(&mut self, s: &ast::ExprSubscript) {
        if !s.ctx.is_load() {
            return;
        }
        let ctx = self.ctx();
        let value = fold(&s.value, ctx);
        let not_subscriptable = match (&*s.value, &value) {
            (Expr::Set(_) | Expr::SetComp(_) | Expr::Generator(_) | Expr::Lambda(_), _) => true,
            (_, Some(c)) => !matches!(c, Const::Str(..) | Const::Bytes(_) | Const::Tuple(_)),
            _ => false,
        };
        if not_subscriptable {
            if let Some(name) = inferred_type(&s.value, ctx) {
                let message =
                    format!("'{name}' object is not subscriptable; perhaps you missed a comma?");
                self.warn(message, s.value.range());
            }
            return;
        }
        let sequence = matches!(
            &*s.value,
            Expr::Tuple(_) | Expr::List(_) | Expr::ListComp(_) | Expr::FString(_)
        ) || matches!(value, Some(Const::Str(..) | Const::Bytes(_)));
        if !sequence {
            return;
        }
        let bad_index = match inferred_type(&s.slice, ctx) {
            None | Some("int" | "bool") => None,
            Some(name) => Some(name),
        };
        if let (Some(index), Some(name)) = (bad_index, inferred_type(&s.value, ctx))
            && !s.slice.is_slice_expr()
        {
            self.warn(
                    format!(
                        "{name} indices must be integers or slices, not {index}; perhaps you missed a comma?"
                    ),
                    s.value.range(),
                );
        }
    }
}

/// DeprecationWarnings for invalid escape sequences in string and bytes literals.
pub(crate) fn escapes(source: &Source, tokens: &Tokens, out: &mut Vec<CompileWarning>) {
    if !source.text.contains('\\') {
        return;
    }
    let mut start = TextSize::new(0);
    for token in tokens.iter() {
        if matches!(token.kind(), TokenKind::String | TokenKind::FStringStart) {
            start = token.range().start();
        }
        let is_string = matches!(token.kind(), TokenKind::String | TokenKind::FStringMiddle);
        let Some(flags) = token.string_flags().filter(|_| is_string) else {
            continue;
        };
        if flags.is_raw_string() {
            continue;
        }
        let (bytes, fstring) = (
            flags.is_byte_string(),
            token.kind() == TokenKind::FStringMiddle,
        );
        // CPython reports the first of a literal only, at the literal's beginning.
        let text = source.slice(token.range());
        let brace = || {
            let ends = fstring && ends_in_backslash(text);
            ends.then(|| "invalid escape sequence '\\{'".to_owned())
        };
        if let Some(message) = check_literal(text, bytes, fstring).or_else(brace) {
            let (line, col) = source.line_col(start);
            out.push(CompileWarning {
                syntax: false,
                message,
                line,
                offset: source.char_offset(line, col),
            });
        }
    }
}

/// The first invalid escape of a literal.
fn check_literal(literal: &str, bytes: bool, fstring: bool) -> Option<String> {
    let text = literal.as_bytes();
    let mut i = 0;
    while i + 1 < text.len() {
        if text[i] != b'\\' {
            i += 1;
            continue;
        }
        let c = text[i + 1];
        let valid = b"\n\\'\"abfnrtvx01234567".contains(&c) || (!bytes && b"NuU".contains(&c));
        let octal = octal_value(&text[i + 1..]);
        let brace = fstring && matches!(c, b'{' | b'}') && text.get(i + 2) == Some(&c);
        if !(valid || brace) {
            let shown = literal[i + 1..].chars().next().unwrap_or(' ');
            return Some(format!("invalid escape sequence '\\{shown}'"));
        }
        if octal > 0o377 {
            return Some(format!("invalid octal escape sequence '\\{octal:o}'"));
        }
        i += 2;
    }
    None
}

/// Whether the literal part of an f-string ends in a backslash of its own, which does not escape the brace behind it.
fn ends_in_backslash(literal: &str) -> bool {
    literal.bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 1
}

fn octal_value(text: &[u8]) -> u32 {
    let digits = text
        .iter()
        .take(3)
        .take_while(|b| (b'0'..=b'7').contains(b));
    digits.fold(0, |v, b| v * 8 + u32::from(b - b'0'))
}
