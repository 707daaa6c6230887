//! Where the Pythons are: CPython 3.11 (with headers or tests), PyPy, and the rivet binary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::run;
use crate::{Failure, Outcome, root};

const QUICK: Duration = Duration::from_secs(30);

/// An installed CPython 3.11.
#[derive(Debug, Clone)]
pub struct CPython {
    /// The binary itself, not a shim in front of it.
    pub exe: PathBuf,
    /// `sys.prefix`.
    pub prefix: PathBuf,
    /// The folder of `Python.h`.
    pub include: PathBuf,
    /// The folder of the `test` package, when it is installed.
    pub tests: Option<PathBuf>,
}

const ASK: &str = "import sys, sysconfig\n\
print(sys.executable, sys.prefix, sysconfig.get_path('include'), sep='\\n')\n\
try:\n import test; print(list(test.__path__)[0])\nexcept ImportError: pass\n";

fn ask(command: &str) -> Option<CPython> {
    let answer = run(Command::new(command).arg("-c").arg(ASK), QUICK).ok()?;
    let text = answer.out();
    let mut lines = text.lines().map(PathBuf::from);
    let found = CPython {
        exe: lines.next()?,
        prefix: lines.next()?,
        include: lines.next()?,
        tests: lines.next(),
    };
    let has_grammar = |p: &PathBuf| p.join("test_grammar.py").is_file();
    Some(CPython {
        tests: found.tests.filter(has_grammar),
        ..found
    })
}

/// Every CPython 3.11 found: the one on the path, then the system's.
pub fn cpythons() -> Vec<CPython> {
    [
        "python3.11",
        "/usr/bin/python3.11",
        "/usr/local/bin/python3.11",
    ]
    .into_iter()
    .filter_map(ask)
    .collect()
}

/// A CPython 3.11 that has what `wanted` asks for.
pub fn cpython(wanted: impl Fn(&CPython) -> bool, what: &str) -> Outcome<CPython> {
    cpythons().into_iter().find(|p| wanted(p)).ok_or_else(|| {
        Failure::new(format!(
            "no python3.11 {what} found; install CPython 3.11 and put it on PATH"
        ))
    })
}

/// The system's CPython for measurements: Debian's build is the faster one, so the one to beat.
pub fn system_cpython() -> Outcome<PathBuf> {
    let system = PathBuf::from("/usr/bin/python3.11");
    if system.is_file() {
        return Ok(system);
    }
    Ok(cpython(|_| true, "")?.exe)
}

/// `sys.prefix` of a Python.
pub fn prefix(exe: &Path) -> Option<PathBuf> {
    let ask = "import sys; print(sys.prefix)";
    let answer = run(Command::new(exe).args(["-I", "-S", "-c", ask]), QUICK).ok()?;
    Some(PathBuf::from(answer.out().trim()))
}

/// PyPy, when there is one.
pub fn pypy() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|p| p.join("pypy3"))
        .find(|p| p.is_file())
}

/// The rivet binary: `$RIVET`, else the release build, brought up to date first.
pub fn rivet() -> Outcome<PathBuf> {
    if let Some(given) = std::env::var_os("RIVET") {
        return Ok(PathBuf::from(given));
    }
    eprintln!("building rivet ...");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--package", "rivet", "--quiet"])
        .current_dir(root())
        .status()?;
    if !status.success() {
        return Err(Failure::new("rivet does not build"));
    }
    let binary = target_dir().join("release/rivet");
    if binary.is_file() {
        Ok(binary)
    } else {
        Err(Failure::new(format!("{} was not built", binary.display())))
    }
}

/// Cargo's target folder.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(Path::new(&dir)),
        None => root().join("target"),
    }
}
