//! Values of string literals. ruff decodes escapes but turns lone surrogates into U+FFFD; where a literal
//! may hold one, it is decoded again here, into WTF-8.

use crate::parse::Source;
use ruff_python_ast as ast;
use ruff_text_size::Ranged;

/// The value of one literal.
pub(crate) fn string_value(source: &Source, l: &ast::StringLiteral) -> Vec<u8> {
    if let Some(value) = source.built_string(l.range, &l.value) {
        return value;
    }
    let raw = source.slice(l.content_range());
    if l.flags.prefix().is_raw() || !may_hold_surrogate(&l.value, raw) {
        return l.value.as_bytes().to_vec();
    }
    decode(raw, false)
}

/// The value of a string expression, implicitly concatenated or not.
pub(crate) fn expr_value(source: &Source, e: &ast::ExprStringLiteral) -> Vec<u8> {
    let mut out = Vec::new();
    for part in e.value.iter() {
        out.extend(string_value(source, part));
    }
    out
}

/// The value of a literal piece of an f-string.
pub(crate) fn element_value(
    source: &Source,
    l: &ast::InterpolatedStringLiteralElement,
    flags: ast::FStringFlags,
) -> Vec<u8> {
    if let Some(value) = source.built_string(l.range, &l.value) {
        return value;
    }
    let raw = source.slice(l.range());
    if matches!(flags.prefix(), ast::str_prefix::FStringPrefix::Raw { .. })
        || !may_hold_surrogate(&l.value, raw)
    {
        return l.value.as_bytes().to_vec();
    }
    decode(raw, true)
}

fn may_hold_surrogate(value: &str, raw: &str) -> bool {
    value.contains('\u{fffd}') && (raw.contains("\\u") || raw.contains("\\U"))
}

/// Decodes the escapes of a literal's text; in an f-string doubled braces count once.
fn decode(raw: &str, braces: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if braces && (c == '{' || c == '}') && rest.starts_with(c) {
            rest = &rest[1..];
        }
        if c != '\\' {
            push(&mut out, c as u32);
            continue;
        }
        rest = escape(rest, &mut out);
    }
    out
}

/// Decodes one escape (after the backslash); gives what follows it.
fn escape<'s>(rest: &'s str, out: &mut Vec<u8>) -> &'s str {
    let Some(c) = rest.chars().next() else {
        out.push(b'\\');
        return rest;
    };
    let after = &rest[c.len_utf8()..];
    let simple = match c {
        '\n' => return after,
        '\\' | '\'' | '"' => c as u32,
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        'x' => return hex(after, 2, out),
        'u' => return hex(after, 4, out),
        'U' => return hex(after, 8, out),
        'N' => return named(after, out),
        '0'..='7' => {
            let len = rest
                .bytes()
                .take(3)
                .take_while(|b| (b'0'..=b'7').contains(b))
                .count();
            push(out, u32::from_str_radix(&rest[..len], 8).unwrap_or(0));
            return &rest[len..];
        }
        _ => {
            out.push(b'\\');
            c as u32
        }
    };
    push(out, simple);
    after
}

fn hex<'s>(rest: &'s str, len: usize, out: &mut Vec<u8>) -> &'s str {
    let digits = rest.get(..len).unwrap_or(rest);
    push(out, u32::from_str_radix(digits, 16).unwrap_or(0xfffd));
    &rest[digits.len()..]
}

/// `\N{name}`: ruff knows the names, so a literal of its own is parsed.
fn named<'s>(rest: &'s str, out: &mut Vec<u8>) -> &'s str {
    let Some(end) = rest.find('}') else {
        return rest;
    };
    let literal = format!("\"\\N{}\"", &rest[..=end]);
    if let Ok(parsed) = ruff_python_parser::parse_expression(&literal)
        && let ast::Expr::StringLiteral(s) = parsed.expr()
    {
        out.extend(s.value.to_str().as_bytes());
    }
    &rest[end + 1..]
}

/// Appends a code point, surrogates included, as generalised UTF-8.
pub(crate) fn push(out: &mut Vec<u8>, c: u32) {
    match char::from_u32(c) {
        Some(c) => {
            let mut buffer = [0; 4];
            out.extend(c.encode_utf8(&mut buffer).as_bytes());
        }
        None => out.extend([
            0xe0 | (c >> 12) as u8 & 0xf,
            0x80 | (c >> 6) as u8 & 0x3f,
            0x80 | c as u8 & 0x3f,
        ]),
    }
}
