//! What the compiler makes of the programs in `tests/hir`: each says in `#:` lines what its representation, as
//! `-X jit=dump:hir` prints it after all passes, must and must not hold.
//!
//! `unit NAME` chooses the last unit compiled for a function; then `has TEXT`, `lacks TEXT`, `inside TEXT` (some line
//! of a loop holds it), `outside TEXT` (some line holds it, none of them in a loop), `nowhere-inside TEXT`.

use std::path::Path;
use std::process::Command;

use libtest_mimic::{Arguments, Failed, Trial};

/// The program under test.
const RIVET: &str = env!("CARGO_BIN_EXE_rivet");

fn main() {
    let args = Arguments::from_args();
    let folder = xtask::root().join("tests/hir");
    let mut trials = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("tests/hir").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "py") {
            let name = path
                .file_stem()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            trials.push(Trial::test(name, move || check(&path)));
        }
    }
    assert!(trials.len() >= 8, "tests/hir is incomplete");
    libtest_mimic::run(&args, trials).exit();
}

/// A line of a unit's text, and whether its block lies in a loop.
type Lines<'a> = Vec<(&'a str, bool)>;

fn check(path: &Path) -> Result<(), Failed> {
    let out = Command::new(RIVET)
        .args(["-X", "jit=on", "-X", "jit=dump:hir"])
        .arg(path)
        .output()?;
    if !out.status.success() {
        return Err(format!("{}", String::from_utf8_lossy(&out.stderr)).into());
    }
    let dump = String::from_utf8_lossy(&out.stderr).into_owned();
    let source = std::fs::read_to_string(path)?;
    let mut unit: Lines = Vec::new();
    for rule in source.lines().filter_map(|l| l.strip_prefix("#: ")) {
        let (what, text) = rule.split_once(' ').ok_or("a rule without text")?;
        if what == "unit" {
            unit = last_unit(&dump, text);
            if unit.is_empty() {
                return Err(format!("{text} was not compiled").into());
            }
            continue;
        }
        if !holds(&unit, what, text)? {
            let all: Vec<&str> = unit.iter().map(|l| l.0).collect();
            return Err(format!("{rule}\n{}", all.join("\n")).into());
        }
    }
    Ok(())
}

fn holds(unit: &Lines, what: &str, text: &str) -> Result<bool, Failed> {
    let found: Vec<bool> = unit
        .iter()
        .filter(|l| l.0.contains(text))
        .map(|l| l.1)
        .collect();
    Ok(match what {
        "has" => !found.is_empty(),
        "lacks" => found.is_empty(),
        "inside" => found.contains(&true),
        "outside" => !found.is_empty() && !found.contains(&true),
        "nowhere-inside" => !found.contains(&true),
        other => return Err(format!("unknown rule {other}").into()),
    })
}

/// The lines of the last unit whose outermost frame is that of the function.
fn last_unit<'a>(dump: &'a str, function: &str) -> Lines<'a> {
    let start = format!("frame 0: {function} at");
    let lines: Vec<&str> = dump.lines().collect();
    let Some(from) = lines.iter().rposition(|l| l.starts_with(&start)) else {
        return Vec::new();
    };
    let mut in_loop = false;
    let mut out = Vec::new();
    for (n, l) in lines[from..].iter().enumerate() {
        if n > 0 && l.starts_with("frame 0:") || l.is_empty() {
            break;
        }
        if l.starts_with('b') && l.contains("):") {
            in_loop = l.contains("): loop");
        } else if !l.starts_with(' ') {
            in_loop = false;
        }
        out.push((*l, in_loop));
    }
    out
}
