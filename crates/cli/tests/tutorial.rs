//! The tutorial of the toolkit, run as it stands: blocks with a file's name are written, `sh` blocks run in order (those
//! marked `pypy` where there is one).

#[path = "common/pypy.rs"]
mod pypy;

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a fenced block is for.
enum Block {
    File(PathBuf),
    Shell,
    PyPy,
    Other,
}

fn kind(line: &str) -> Block {
    let mut words = line.trim_start_matches('`').split_whitespace();
    match (words.next(), words.next()) {
        (Some("sh"), None) => Block::Shell,
        (Some("sh"), Some("pypy")) => Block::PyPy,
        (Some(_), Some(file)) => Block::File(file.into()),
        _ => Block::Other,
    }
}

/// One script: files are written where they stand, so that an `sh` block sees those above it.
fn script(page: &str, pypy: bool) -> String {
    let mut out = String::from("set -euo pipefail\ntop=$PWD\n");
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if !line.starts_with("```") {
            continue;
        }
        let block = kind(line);
        let text: Vec<&str> = lines
            .by_ref()
            .take_while(|l| !l.starts_with("```"))
            .collect();
        let text = text.join("\n");
        match block {
            Block::PyPy if !pypy => {}
            Block::Shell | Block::PyPy => out.push_str(&format!("{text}\n")),
            Block::File(file) => {
                let file = file.display();
                out.push_str(&format!(
                    "mkdir -p \"$(dirname \"$top/{file}\")\"\ncat > \"$top/{file}\" <<'END_OF_BLOCK'\n{text}\nEND_OF_BLOCK\n"
                ));
            }
            Block::Other => {}
        }
    }
    out
}

/// What the program over the wheels of C++, C and Cython prints.
const CALLED: &str = "ValueError\nTypeError\nOverflowError\nValueError\n\
                      12.566370614359172 -42 1.5 5 8 QUIET!\ncalled from ";

#[test]
fn the_tutorial_runs_as_it_stands() {
    let root = xtask::root();
    let page = std::fs::read_to_string(root.join("docs/toolkit/tutorial.md"))
        .expect("the tutorial is there");
    // Outside the workspace, which `cargo new` would otherwise make its crate a member of.
    let folder = std::env::temp_dir().join(format!("rivet-tutorial-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the tutorial");
    let rivet = Path::new(env!("CARGO_BIN_EXE_rivet"));
    let pypy = pypy::pypy("the tutorial's blocks for PyPy");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = rivet
        .parent()
        .map(Path::to_path_buf)
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(
            pypy.iter()
                .filter_map(|p| Some(p.exe.parent()?.to_path_buf())),
        );
    let out = Command::new("bash")
        .arg("-c")
        .arg(script(&page, pypy.is_some()))
        .current_dir(&folder)
        .env("PATH", std::env::join_paths(folders).expect("a path"))
        .env("RIVET", &root)
        // The wheel's own target folder, kept between runs: PyO3 takes a minute to build.
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("tutorial-cargo"),
        )
        .output()
        .expect("bash runs");
    let (said, errors) = (
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr),
    );
    assert!(out.status.success(), "{said}\n{errors}");
    for wanted in [
        "ValueError too large",
        "OverflowError out of range integral type conversion attempted",
        "TypeError hypotenuse() missing 1 required positional argument: 'b'",
        "(f64, f64) -> f64; error: never; leaf pure testable",
        "Success: no issues found in 1 source file",
        "compared: 1, only called: 1, never called: ",
        "disagreements: 0, broken promises: 0, refused declarations: 0; tests passed: 1 of 1",
        "12.566370614359172 4",
        "12.566370614359172 42\n12.566370614359172 42",
        "999000",
        "cpdef int digits(long n, int base=*) except -1",
        "mined  (f64, f64) -> f64",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}\n{errors}");
    }
    let mut runtimes = vec!["cpython", "rivet"];
    runtimes.extend(pypy.as_ref().map(|_| "pypy"));
    // What the Rust wheel and those of C++, C and Cython say, in each.
    let failures = "ValueError too large\n";
    assert_eq!(said.matches(failures).count(), runtimes.len(), "{said}");
    for name in runtimes {
        let mut wanted = vec![format!("{CALLED}{name}\n")];
        if pypy.is_some() {
            wanted.push(format!("12586269025 4 8 3 by one wheel each, {name}\n"));
        }
        for wanted in wanted {
            assert!(said.contains(&wanted), "{wanted}\n{said}\n{errors}");
        }
    }
    // What failed is left to be looked at.
    let _ = std::fs::remove_dir_all(&folder);
}
