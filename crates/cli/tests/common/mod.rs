//! What the tests of the command share: running a Python in a fixed environment, and its answer as text.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use xtask::process::run;
use xtask::runtimes;

/// The binary under test.
pub const RIVET: &str = env!("CARGO_BIN_EXE_rivet");

/// No program takes this long, under GC stress neither.
const LIMIT: Duration = Duration::from_secs(60);

/// The CPython 3.11 whose answers count.
pub fn cpython() -> PathBuf {
    match runtimes::system_cpython() {
        Ok(path) => path,
        Err(error) => panic!("{error}"),
    }
}

/// Output, errors and exit code as one text, so that one comparison shows every difference.
pub fn answer(program: &Path, args: &[&str], folder: &Path) -> String {
    answer_within(LIMIT, program, args, folder)
}

/// As `answer`, of programs that may take longer.
pub fn answer_within(limit: Duration, program: &Path, args: &[&str], folder: &Path) -> String {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") {
            command.env_remove(name);
        }
    }
    command
        .env("PYTHONHASHSEED", "0")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("RUST_BACKTRACE", "0");
    match run(&mut command, limit) {
        Ok(done) => format!(
            "{}--- stderr\n{}--- {}\n",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr),
            done.end()
        ),
        Err(error) => format!("cannot run {}: {error}\n", program.display()),
    }
}

/// A unified diff when the two differ.
pub fn compare(expected: &str, got: &str) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(expected, got);
    Err(diff
        .unified_diff()
        .context_radius(2)
        .header("CPython", "rivet")
        .to_string())
}
