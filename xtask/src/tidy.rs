//! `cargo xtask tidy`: the conventions a compiler does not check. Every rule is one small function.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::source::{self, Line};
use crate::{Failure, Outcome, read, root};

const HELP: &str = "\
usage: cargo xtask tidy

Checks every .rs file of the workspace and every crate's dependencies; prints file:line: message.
";

/// The longest a source file may be; a file whose head says `@generated` is exempt.
const MAX_LINES: usize = 1500;

/// How far above an unsafe block its `// SAFETY:` line may start.
const SAFETY_REACH: usize = 6;

/// The only places where `unsafe` may appear.
const UNSAFE_ALLOWED: &[&str] = &[
    "crates/heap/",
    "crates/vm/src/value",
    "crates/vm/src/object",
    "crates/vm/src/frames",
    "crates/vm/src/types",
    "crates/vm/src/builtins/compile.rs",
    "crates/vm/src/exceptions/object.rs",
    "crates/vm/src/exceptions/traceback.rs",
    "crates/vm/src/runtime.rs",
    "crates/vm/src/thread.rs",
    "crates/vm/src/gil.rs",
    "crates/vm/src/hooks.rs",
    "crates/vm/src/signals.rs",
    "crates/modules/src/sysdep",
    "crates/jit/src/code",
    "crates/capi/",
    "crates/hpy/",
    "crates/ext/",
    "crates/ext-macros/src/expand.rs",
    "crates/ext-macros/tests/wrong",
    "examples/toolkit/",
];

/// Crates and what each may depend on. `compile` and `heap` do not know each other; `modules`,
/// `jit` and `capi` meet only in `cli`, through tables that `vm` declares.
const CRATES: &[(&str, &[&str])] = &[
    ("spec", &[]),
    ("compile", &["spec"]),
    ("heap", &["spec"]),
    ("vm", &["spec", "compile", "heap"]),
    ("modules", &["spec", "compile", "heap", "vm"]),
    ("jit", &["spec", "heap", "vm"]),
    ("capi", &["spec", "heap", "vm"]),
    ("hpy", &["spec", "heap", "vm", "capi"]),
    (
        "cli",
        &[
            "spec", "compile", "heap", "vm", "modules", "jit", "capi", "hpy",
        ],
    ),
    ("typed", &[]),
    ("ext-macros", &[]),
    ("ext", &["typed", "ext-macros"]),
];

/// Containers that put values into malloc'ed memory, where the collector does not look.
const UNROOTED: &[&str] = &["Vec<Value>", "VecDeque<Value>", "Box<[Value]>"];

/// Where the rule about containers holds.
const ROOTED_CRATES: &[&str] = &["crates/vm/src/", "crates/modules/src/"];

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Path from the root of the working copy.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// The command.
pub fn main(args: Vec<OsString>) -> Outcome {
    if let Some(arg) = args.first() {
        if arg == "--help" || arg == "-h" {
            print!("{HELP}");
            return Ok(());
        }
        return Err(Failure::new(format!("unexpected argument {arg:?}")));
    }
    let findings = check(&root())?;
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("tidy: all well");
        return Ok(());
    }
    Err(Failure::new(format!("tidy: {} findings", findings.len())))
}

/// Checks the working copy at `root`.
pub fn check(root: &Path) -> Outcome<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in rust_files(root)? {
        let name = relative(root, &path);
        findings.extend(check_file(&name, &read(&path)?));
    }
    findings.extend(check_crates(root)?);
    findings.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok(findings)
}

/// Checks one file's text under the rules for its path.
pub fn check_file(file: &str, text: &str) -> Vec<Finding> {
    let lines = source::split(text);
    let mut found = Found {
        file,
        findings: Vec::new(),
    };
    header(text, &mut found);
    length(text, &mut found);
    whitespace(text, &mut found);
    unfinished(&lines, &mut found);
    unsafe_code(&lines, &mut found);
    unrooted(&lines, &mut found);
    found.findings
}

struct Found<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn add(&mut self, line: usize, message: impl Into<String>) {
        let (file, message) = (self.file.to_string(), message.into());
        self.findings.push(Finding {
            file,
            line,
            message,
        });
    }
}

fn header(text: &str, found: &mut Found) {
    if !text.starts_with("//!") {
        found.add(1, "the file does not open with `//!` saying what it is for");
    }
}

fn length(text: &str, found: &mut Found) {
    let generated = text.lines().take(5).any(|l| l.contains("@generated"));
    let count = text.lines().count();
    if count > MAX_LINES && !generated {
        found.add(
            MAX_LINES,
            format!("{count} lines; the limit is {MAX_LINES}: split it"),
        );
    }
}

fn whitespace(text: &str, found: &mut Found) {
    for (n, line) in text.split('\n').enumerate() {
        if line.contains('\t') {
            found.add(n + 1, "tab character");
        }
        if line.ends_with([' ', '\r']) {
            found.add(n + 1, "trailing whitespace");
        }
    }
}

fn unfinished(lines: &[Line], found: &mut Found) {
    for (n, line) in lines.iter().enumerate() {
        for word in ["todo", "unimplemented"] {
            if source::words(&line.code, word).any(|rest| rest.starts_with('!')) {
                found.add(n + 1, format!("{word}! left in the code"));
            }
        }
    }
}

fn unsafe_code(lines: &[Line], found: &mut Found) {
    let allowed = UNSAFE_ALLOWED.iter().any(|p| found.file.starts_with(p));
    for (n, line) in lines.iter().enumerate() {
        for rest in source::words(&line.code, "unsafe") {
            let rest = rest.trim_start();
            if !allowed && !rest.starts_with('(') {
                found.add(n + 1, "unsafe outside the crates that may have it");
            }
            let needs_reason = rest.is_empty() || rest.starts_with('{') || rest.starts_with("impl");
            if needs_reason && !has_mark(lines, n, SAFETY_REACH, "SAFETY:") {
                found.add(n + 1, "no `// SAFETY:` line above this unsafe");
            }
        }
    }
}

/// Whether line `n` or one of the `reach` lines above has a comment with this mark.
fn has_mark(lines: &[Line], n: usize, reach: usize, mark: &str) -> bool {
    lines[n.saturating_sub(reach)..=n]
        .iter()
        .any(|l| l.comment.contains(mark))
}

fn unrooted(lines: &[Line], found: &mut Found) {
    if !ROOTED_CRATES.iter().any(|p| found.file.starts_with(p)) {
        return;
    }
    for (n, line) in lines.iter().enumerate() {
        let container = UNROOTED.iter().find(|c| line.code.contains(**c)).copied();
        let container = container.or_else(|| map_of_values(&line.code).then_some("a map of Value"));
        if let Some(container) = container
            && !has_mark(lines, n, 3, "ROOTED:")
        {
            found.add(
                n + 1,
                format!("{container} hides values from the collector; say `// ROOTED:` how not"),
            );
        }
    }
}

/// `HashMap<..Value..>` and its sisters, without counting `ValueKind` and the like.
fn map_of_values(code: &str) -> bool {
    ["HashMap<", "BTreeMap<", "HashSet<", "BTreeSet<"]
        .iter()
        .any(|map| {
            code.split(map).skip(1).any(|rest| {
                let arguments = rest
                    .split(['(', ')', '{', ';', '='])
                    .next()
                    .unwrap_or_default();
                source::has_word(arguments, "Value")
            })
        })
}

fn check_crates(root: &Path) -> Outcome<Vec<Finding>> {
    let mut findings = Vec::new();
    for entry in std::fs::read_dir(root.join("crates"))? {
        let manifest = entry?.path().join("Cargo.toml");
        if manifest.is_file() {
            findings.extend(check_manifest(
                &relative(root, &manifest),
                &read(&manifest)?,
            ));
        }
    }
    Ok(findings)
}

/// Checks the `[dependencies]` of one crate against the map; tests may use what they like.
pub fn check_manifest(file: &str, text: &str) -> Vec<Finding> {
    let name = file
        .trim_start_matches("crates/")
        .split('/')
        .next()
        .unwrap_or_default();
    let mut found = Found {
        file,
        findings: Vec::new(),
    };
    let Some((_, allowed)) = CRATES.iter().find(|(c, _)| *c == name) else {
        found.add(
            1,
            format!("crate {name} is not on the map in xtask/src/tidy.rs"),
        );
        return found.findings;
    };
    let mut section = "";
    for (n, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            section = line.trim();
        }
        let counts = section.ends_with("dependencies]") && !section.contains("dev-");
        let used = line
            .strip_prefix("rivet-")
            .and_then(|l| l.split(['.', ' ', '=']).next());
        if let Some(used) = used.filter(|u| counts && !allowed.contains(u)) {
            found.add(n + 1, format!("{name} may not depend on {used}"));
        }
    }
    found.findings
}

fn rust_files(root: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask", "fuzz", "examples"] {
        walk(&root.join(folder), &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(file: &str, text: &str) -> Vec<String> {
        check_file(file, text)
            .into_iter()
            .map(|f| f.message)
            .collect()
    }

    #[test]
    fn a_clean_file_has_no_findings() {
        assert!(messages("crates/vm/src/a.rs", "//! Good.\nfn f() {}\n").is_empty());
    }

    #[test]
    fn unsafe_needs_place_and_reason() {
        let text = "//! x\nfn f() {\n    unsafe { g() }\n}\n";
        assert_eq!(messages("crates/compile/src/a.rs", text).len(), 2);
        assert_eq!(messages("crates/heap/src/a.rs", text).len(), 1);
        let good = "//! x\nfn f() {\n    // SAFETY: g has no conditions.\n    unsafe { g() }\n}\n";
        assert!(messages("crates/heap/src/a.rs", good).is_empty());
    }

    #[test]
    fn values_in_malloc_memory_are_found() {
        let text = "//! x\nstruct S { v: Vec<Value>, m: HashMap<u32, Value> }\n";
        assert_eq!(messages("crates/vm/src/a.rs", text).len(), 1);
        assert!(messages("crates/jit/src/a.rs", text).is_empty());
        assert!(
            messages(
                "crates/vm/src/a.rs",
                "//! x\nlet m: HashMap<u32, ValueKind>;\n"
            )
            .is_empty()
        );
    }

    #[test]
    fn directions_hold() {
        let bad = "[dependencies]\nrivet-vm.workspace = true\n[dev-dependencies]\nrivet-jit.workspace = true\n";
        let found = check_manifest("crates/heap/Cargo.toml", bad);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
    }
}
