//! The listing of `rivet typed` for people.

use std::fmt::Write as _;

use rivet_capi::typed::Callable;

use super::Listed;

/// One module.
pub fn text(m: &Listed) -> String {
    if m.note.is_some() {
        return note(m);
    }
    let r = &m.report;
    let (typed, all) = (r.typed().count(), r.callables.len());
    let mut out = format!("{}: {typed} of {all} callables are typed\n", m.shown);
    let width = |of: fn(&Callable) -> usize| r.callables.iter().map(of).max().unwrap_or(0);
    let widths = (
        width(|c| c.full_name().len()),
        width(|c| c.convention.len()),
    );
    for c in &r.callables {
        row(&mut out, c, widths);
    }
    for p in &r.problems {
        let _ = writeln!(out, "  ! {p}");
    }
    out
}

/// What there is to say of modules that have nothing to list.
pub fn notes(modules: &[Listed]) -> String {
    modules.iter().filter(|m| m.error).map(note).collect()
}

fn note(m: &Listed) -> String {
    let text = m.note.as_deref().unwrap_or_default();
    format!("{}: {text}\n", m.shown)
}

fn row(out: &mut String, c: &Callable, (names, conventions): (usize, usize)) {
    let (name, convention) = (c.full_name(), &c.convention);
    if let Some(reason) = &c.reason {
        let _ = writeln!(
            out,
            "  {name:names$}  {convention:conventions$}  -      {reason}"
        );
    }
    for (i, s) in c.signatures.iter().enumerate() {
        let (name, convention, by) = match (i, c.carrier) {
            (0, Some(carrier)) => (name.as_str(), convention.as_str(), carrier.name()),
            _ => ("", "", "or"),
        };
        let mut effects = s.effects.join(" ");
        if !effects.is_empty() {
            effects.insert_str(0, "; ");
        }
        let _ = writeln!(
            out,
            "  {name:names$}  {convention:conventions$}  {by:5}  {}; error: {}{effects}",
            s.signature,
            s.error_words()
        );
    }
}
