//! Building extension modules for tests.

use std::path::Path;
use std::process::Command;

use crate::common::{answer, cpython};

/// Runs a command that has to succeed.
pub fn run(command: &mut Command) {
    let out = command.output().expect("the command starts");
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command:?}\n{text}");
}

/// The folder of CPython's headers.
pub fn headers() -> String {
    let program = "import sysconfig; print(sysconfig.get_path('include'))";
    let said = answer(&cpython(), &["-c", program], Path::new("/"));
    said.lines().next().unwrap_or_default().to_owned()
}

/// Compiles a C source with an option.
pub fn compile(source: &Path, out: &Path, option: &str) {
    run(Command::new("cc")
        .args(["-std=c11", "-O1", "-w", "-fPIC", "-shared", option, "-I"])
        .arg(headers())
        .arg("-I")
        .arg(xtask::root().join("include"))
        .arg(source)
        .arg("-o")
        .arg(out));
}
