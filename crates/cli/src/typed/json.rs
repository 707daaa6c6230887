//! `rivet typed --json`; `docs/toolkit/inspection.md` has the schema.

use rivet_capi::typed::{Callable, Described, Param};

use super::Listed;

/// The version of the schema.
const SCHEMA: u32 = 1;

/// All modules.
pub fn document(modules: &[Listed]) -> String {
    format!(
        "{{\"schema\": {SCHEMA}, \"modules\": {}}}\n",
        array(modules, module)
    )
}

fn module(m: &Listed) -> String {
    object(&[
        ("module", quote(&m.name)),
        ("file", optional(m.file.as_deref())),
        ("note", optional(m.note.as_deref())),
        ("error", m.error.to_string()),
        ("callables", array(&m.report.callables, callable)),
        (
            "problems",
            array(&m.report.problems, |p| quote(&p.to_string())),
        ),
    ])
}

fn callable(c: &Callable) -> String {
    object(&[
        ("name", quote(&c.full_name())),
        ("class", optional(c.class.as_deref())),
        ("kind", quote(c.kind)),
        ("convention", quote(&c.convention)),
        ("text_signature", optional(c.text_signature.as_deref())),
        ("carrier", optional(c.carrier.map(|c| c.name()))),
        ("signatures", array(&c.signatures, signature)),
        ("reason", optional(c.reason.as_deref())),
        ("wrong", c.wrong.to_string()),
    ])
}

fn signature(s: &Described) -> String {
    object(&[
        ("signature", quote(&s.signature)),
        ("parameters", array(&s.params, parameter)),
        ("result", quote(s.result)),
        ("error", quote(s.error)),
        ("sentinel", optional(s.sentinel.as_deref())),
        ("effects", array(&s.effects, |e| quote(e))),
    ])
}

fn parameter(p: &Param) -> String {
    object(&[
        ("name", optional(p.name)),
        ("type", quote(p.ty)),
        ("default", optional(p.default.as_deref())),
    ])
}

fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(k, v)| format!("\"{k}\": {v}"))
        .collect();
    format!("{{{}}}", fields.join(", "))
}

fn array<T>(items: &[T], f: impl Fn(&T) -> String) -> String {
    let items: Vec<String> = items.iter().map(f).collect();
    format!("[{}]", items.join(", "))
}

fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), quote)
}

/// A JSON string.
fn quote(s: &str) -> String {
    let mut out = String::from("\"");
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted() {
        assert_eq!(quote("a\"\\\n\u{e9}"), "\"a\\\"\\\\\\u000a\u{e9}\"");
        assert_eq!(optional(None), "null");
        assert_eq!(array(&[1, 2], |n| n.to_string()), "[1, 2]");
    }
}
