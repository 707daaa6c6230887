//! Where the standard library of CPython 3.11 is.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The installation whose library is used.
pub struct Library {
    /// `sys.prefix`
    pub prefix: PathBuf,
    /// The directory of the pure-Python library.
    pub lib: PathBuf,
}

fn at(prefix: &Path) -> Option<Library> {
    let lib = prefix.join("lib/python3.11");
    lib.join("os.py").is_file().then(|| Library {
        prefix: prefix.to_owned(),
        lib,
    })
}

/// Follows a `python3.11` on the path: a real installation's binary lies in `PREFIX/bin`; a shim is asked.
fn from_path() -> Option<Library> {
    let path = std::env::var_os("PATH")?;
    for dir in std::env::split_paths(&path) {
        let exe = dir.join("python3.11");
        if !exe.is_file() {
            continue;
        }
        let real = exe.canonicalize().unwrap_or(exe);
        if let Some(found) = real.parent().and_then(Path::parent).and_then(at) {
            return Some(found);
        }
        if let Some(found) = pyenv(&real).or_else(|| ask(&real)) {
            return Some(found);
        }
    }
    None
}

/// A pyenv shim: the versions lie beside it.
fn pyenv(shim: &Path) -> Option<Library> {
    let root = shim.parent()?.parent()?;
    let mut versions: Vec<PathBuf> = std::fs::read_dir(root.join("versions"))
        .ok()?
        .filter_map(|e| Some(e.ok()?.path()))
        .collect();
    versions.sort();
    versions
        .iter()
        .rev()
        .filter(|v| {
            v.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with("3.11"))
        })
        .find_map(|v| at(v))
}

fn ask(exe: &Path) -> Option<Library> {
    let out = Command::new(exe)
        .args(["-I", "-S", "-c", "import sys; print(sys.prefix)"])
        .output()
        .ok()?;
    at(Path::new(String::from_utf8(out.stdout).ok()?.trim()))
}

/// Finds the library: `RIVET_HOME`, `PYTHONHOME`, `python3.11` on the path, known prefixes.
pub fn find(home: Option<String>) -> Result<Library, String> {
    if let Some(home) = home {
        return at(Path::new(&home)).ok_or_else(|| format!("no lib/python3.11/os.py below {home}"));
    }
    from_path().or_else(|| ["/usr/local", "/usr"].iter().find_map(|p| at(Path::new(p)))).ok_or_else(|| {
        "no standard library of CPython 3.11 found: install it (Debian: apt-get install python3.11) or set \
         RIVET_HOME to its prefix"
            .into()
    })
}
