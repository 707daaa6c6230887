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

/// An installed PyPy for Python 3.11 or later, with headers.
#[derive(Debug, Clone)]
pub struct PyPy {
    /// The command.
    pub exe: PathBuf,
    /// Of the language.
    pub version: (u32, u32),
    /// Of PyPy: `7.3.19`.
    pub release: String,
    /// The folder of `Python.h`.
    pub include: PathBuf,
    /// What its extension modules end with.
    pub suffix: String,
}

const ASK_PYPY: &str = "import sys, sysconfig, _imp\n\
assert sys.implementation.name == 'pypy'\n\
print(*sys.version_info[:2])\n\
print('.'.join(map(str, sys.pypy_version_info[:3])))\n\
print(sysconfig.get_path('include'), _imp.extension_suffixes()[0], sep='\\n')\n";

/// What this PyPy is, if it is one and new enough: PyO3 wants 3.11.
pub fn ask_pypy(exe: &Path) -> Option<PyPy> {
    let answer = run(Command::new(exe).args(["-I", "-c", ASK_PYPY]), QUICK).ok()?;
    let text = answer.out();
    let mut lines = text.lines();
    let (major, minor) = lines.next()?.split_once(' ')?;
    let found = PyPy {
        exe: exe.to_path_buf(),
        version: (major.parse().ok()?, minor.parse().ok()?),
        release: lines.next()?.to_owned(),
        include: lines.next()?.into(),
        suffix: lines.next()?.to_owned(),
    };
    (found.version >= (3, 11) && found.include.join("Python.h").is_file()).then_some(found)
}

/// PyPy, when there is one: `$PYPY`, the one on the path, or the one that `cargo xtask pypy` has fetched.
pub fn pypy() -> Option<PyPy> {
    if let Some(given) = std::env::var_os("PYPY") {
        let found = ask_pypy(Path::new(&given));
        if found.is_none() {
            eprintln!("note: {given:?} ($PYPY) is no PyPy for Python 3.11 with headers");
        }
        return found;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|folder| ["pypy3.11", "pypy3", "pypy"].map(|name| folder.join(name)))
        .chain([crate::pypy::fetched()])
        .filter(|exe| exe.is_file())
        .find_map(|exe| ask_pypy(&exe))
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
