//! Text helpers shared by `repr`, `ascii` and the codecs: escapes and quoting.

use crate::exceptions::PyResult;
use crate::types::str::builder::StrBuilder;
use crate::types::str::{Chars, Str};
use crate::unicode;
use crate::value::Gc;

/// The escape sequence of a code point: `\xhh`, `\uhhhh` or `\Uhhhhhhhh`.
pub fn push_escape(out: &mut String, c: u32) {
    use std::fmt::Write;
    let _ = match c {
        _ if c < 0x100 => write!(out, "\\x{c:02x}"),
        _ if c < 0x1_0000 => write!(out, "\\u{c:04x}"),
        _ => write!(out, "\\U{c:08x}"),
    };
}

/// The text with everything beyond ASCII escaped: `ascii()`.
pub fn escape_non_ascii(chars: Chars) -> String {
    let mut out = String::with_capacity(chars.len() + 16);
    for c in chars.iter() {
        match u8::try_from(c) {
            Ok(b) if b < 128 => out.push(b as char),
            _ => push_escape(&mut out, c),
        }
    }
    out
}

/// The quote `repr` chooses: single, unless only single ones occur in the text.
fn choose_quote(has_single: bool, has_double: bool) -> u8 {
    if has_single && !has_double {
        b'"'
    } else {
        b'\''
    }
}

/// The short escape of a character, if it has one.
fn short_escape(c: u32, quote: u8) -> Option<&'static str> {
    Some(match c {
        0x5c => "\\\\",
        0x09 => "\\t",
        0x0a => "\\n",
        0x0d => "\\r",
        0x27 if quote == b'\'' => "\\'",
        0x22 if quote == b'"' => "\\\"",
        _ => return None,
    })
}

/// `repr` of a str.
pub fn repr_str(s: &Str) -> PyResult<Gc<Str>> {
    if let Some(text) = s.as_ascii()
        && text
            .bytes()
            .all(|b| (0x20..0x7f).contains(&b) && !matches!(b, b'\'' | b'\\'))
    {
        return Str::build_latin1(text.len() + 2, |out| {
            let last = out.len() - 1;
            out[0] = b'\'';
            out[1..last].copy_from_slice(text.as_bytes());
            out[last] = b'\'';
        });
    }
    quote_str(s.chars()).finish()
}

/// Quotes and contents of a str, as `repr` shows them.
pub fn quote_str(chars: Chars) -> StrBuilder {
    let has = |q: u32| chars.iter().any(|c| c == q);
    let quote = choose_quote(has(0x27), has(0x22));
    let mut out = StrBuilder::with_capacity(chars.len() + 2);
    out.push(quote.into());
    for c in chars.iter() {
        if let Some(e) = short_escape(c, quote) {
            out.push_text(e);
        } else if (0x20..0x7f).contains(&c) || (c >= 0x80 && unicode::is_printable(c)) {
            out.push(c);
        } else {
            let mut e = String::new();
            push_escape(&mut e, c);
            out.push_text(&e);
        }
    }
    out.push(quote.into());
    out
}

/// `repr` of bytes without the prefix: quotes and contents.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let quote = choose_quote(bytes.contains(&b'\''), bytes.contains(&b'"'));
    quote_bytes_with(bytes, quote)
}

/// Contents of bytes between the given quotes.
pub fn quote_bytes_with(bytes: &[u8], quote: u8) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push(quote as char);
    for &b in bytes {
        match short_escape(b.into(), quote) {
            Some(e) => out.push_str(e),
            None if (0x20..0x7f).contains(&b) => out.push(b as char),
            None => push_escape(&mut out, b.into()),
        }
    }
    out.push(quote as char);
    out
}
