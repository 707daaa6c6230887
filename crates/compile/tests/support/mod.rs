//! What several tests share: options, CPython's library, walking over code objects.
#![allow(dead_code)]

use rivet_compile::{Code, Const, Mode, Options};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Options for a module named `<test>`.
pub fn options(mode: Mode) -> Options {
    Options {
        mode,
        filename: "<test>".to_owned(),
        optimize: 0,
        future_flags: 0,
        allow_top_level_await: false,
        input: Default::default(),
    }
}

/// Compiles a module that must be right.
pub fn module(source: &str) -> Code {
    rivet_compile::compile(source, &options(Mode::Exec))
        .unwrap_or_else(|e| panic!("{source}\n{e:?}"))
        .0
}

/// The code object with this qualified name.
pub fn find<'c>(code: &'c Code, qualname: &str) -> Option<&'c Code> {
    if code.qualname == qualname {
        return Some(code);
    }
    nested(code).find_map(|c| find(c, qualname))
}

/// The code objects directly inside.
pub fn nested(code: &Code) -> impl Iterator<Item = &Code> {
    code.consts.iter().filter_map(|c| match c {
        Const::Code(c) => Some(&**c),
        _ => None,
    })
}

/// Runs CPython 3.11 with a script and arguments; None if there is none here.
pub fn python(script: &str, args: &[String]) -> Option<String> {
    let output = Command::new("python3.11")
        .arg("-c")
        .arg(script)
        .args(args)
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// All Python files of CPython 3.11's library; empty if there is no CPython 3.11.
pub fn library() -> Vec<PathBuf> {
    let script = "import os; print(os.path.dirname(os.__file__))";
    let Some(root) = python(script, &[]) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    collect(Path::new(root.trim()), &mut files);
    files.sort();
    files
}

fn collect(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("site-packages") {
            collect(&path, out);
        } else if path.extension().is_some_and(|e| e == "py") {
            out.push(path);
        }
    }
}
