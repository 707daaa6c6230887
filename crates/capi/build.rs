//! Compiles the C shims (functions with variable arguments, which stable Rust cannot define) and writes the table of
//! exported symbols: the linker keeps what the table names, and `-rdynamic` exports it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let shims = files("shim", "c");
    let mut names = BTreeSet::new();
    for f in files("src", "rs") {
        rust_exports(&read(&f), &mut names);
    }
    for f in &shims {
        c_exports(&read(f), &mut names);
    }
    // In C, so that no object file both defines a symbol and declares it as something else.
    let mut out = String::new();
    for n in &names {
        let _ = writeln!(out, "extern const char {n}[];");
    }
    out.push_str("const char *const rivet_exports[] = {\n");
    for n in &names {
        let _ = writeln!(out, "    {n},");
    }
    out.push_str("};\n");
    let dir = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let table = Path::new(&dir).join("exports.c");
    std::fs::write(&table, out).expect("the output folder is writable");
    let mut cc = cc::Build::new();
    cc.files(&shims).file(&table);
    cc.flag("-std=c11").warnings(true).compile("rivet_shim");
}

fn read(p: &Path) -> String {
    std::fs::read_to_string(p).expect("a readable source file")
}

fn files(dir: &str, ext: &str) -> Vec<PathBuf> {
    println!("cargo:rerun-if-changed={dir}");
    let mut out = Vec::new();
    for e in std::fs::read_dir(dir).expect("a source folder").flatten() {
        let p = e.path();
        if p.is_dir() {
            out.extend(files(&p.to_string_lossy(), ext));
        } else if p.extension().is_some_and(|x| x == ext) {
            println!("cargo:rerun-if-changed={}", p.display());
            out.push(p);
        }
    }
    out.sort();
    out
}

fn exported(word: &str) -> bool {
    let head = word.trim_start_matches('_');
    word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && (word.starts_with("rivet_") || head.starts_with("Py") && word.len() - head.len() < 2)
}

/// Functions of the `api!` and `raw!` blocks, and the names that start the entries of the macros called `export_*!`.
fn rust_exports(text: &str, names: &mut BTreeSet<String>) {
    let mut in_names = false;
    for line in text.lines() {
        let t = line.trim();
        if line.starts_with("export_") && line.ends_with("! {") {
            in_names = true;
        } else if line == "}" {
            in_names = false;
        } else if in_names && !t.starts_with("//") {
            for entry in t.split(';') {
                let words = entry.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                names.extend(
                    words
                        .filter(|w| !w.is_empty())
                        .take_while(|w| exported(w))
                        .map(String::from),
                );
            }
        } else if let Some(rest) = t
            .strip_prefix("fn ")
            .filter(|_| line.starts_with("    fn "))
        {
            let name = rest.split('(').next().unwrap_or_default();
            if exported(name) {
                names.insert(name.into());
            }
        }
    }
}

/// Function definitions: lines that start in the first column and open a body.
fn c_exports(text: &str, names: &mut BTreeSet<String>) {
    for line in text.lines() {
        let starts = line.starts_with(|c: char| c.is_ascii_alphabetic());
        if !starts || line.starts_with("static") || !line.ends_with('{') || !line.contains('(') {
            continue;
        }
        let head = line.split('(').next().unwrap_or_default();
        let name = head
            .rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .next();
        if let Some(n) = name.filter(|n| exported(n)) {
            names.insert(n.into());
        }
    }
}
