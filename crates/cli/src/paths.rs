//! Where the standard library of CPython 3.11 is, and what `sys.executable` is.

use std::ffi::{OsStr, OsString};
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

/// The command this process was started by, as CPython's `getpath` has it: symbolic links are not followed, because one
/// that lies in a virtual environment says that it is to be used.
pub fn executable() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    // The system gives the path of this process without symbolic links.
    let is_own = |p: &PathBuf| p.canonicalize().is_ok_and(|p| p == own);
    let name = std::env::args_os().next().unwrap_or_default();
    let given = Path::new(&name);
    if given.components().count() > 1 {
        let given = std::path::absolute(given).ok();
        return given.filter(is_own).unwrap_or(own);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path).map(|dir| dir.join(given));
    found.find(is_own).unwrap_or(own)
}

/// `sys._base_executable`: for a command in a virtual environment, the one it was made by.
pub fn base_executable(executable: &Path) -> PathBuf {
    let home = environment_home(executable);
    let base = home.map(|h| Path::new(&h).join(executable.file_name().unwrap_or(OsStr::new(""))));
    let own = || std::env::current_exe().ok();
    match base {
        Some(base) if base.is_file() => base,
        // Made by another Python, or under another name.
        Some(_) => own().unwrap_or_else(|| executable.to_owned()),
        None => executable.to_owned(),
    }
}

/// What `home` is in the `pyvenv.cfg` beside the command or above it.
fn environment_home(executable: &Path) -> Option<OsString> {
    let dir = executable.parent()?;
    let text = [dir, dir.parent()?]
        .iter()
        .find_map(|d| std::fs::read_to_string(d.join("pyvenv.cfg")).ok())?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case("home")
            .then(|| value.trim().into())
    })
}

/// Follows a `python3.11` on the path: a real installation's binary lies in `PREFIX/bin`; a shim is asked.
fn from_path() -> Option<Library> {
    let own = std::env::current_exe().ok();
    let path = std::env::var_os("PATH")?;
    for dir in std::env::split_paths(&path) {
        let exe = dir.join("python3.11");
        if !exe.is_file() {
            continue;
        }
        let real = exe.canonicalize().unwrap_or(exe);
        // A virtual environment of ours calls us by that name.
        if own.as_ref() == Some(&real) {
            continue;
        }
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
