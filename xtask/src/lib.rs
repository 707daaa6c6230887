//! The tools as a library, so that the tests of `crates/cli` can call them.

#![forbid(unsafe_code)]

pub mod abi;
pub mod bench;
pub mod calls;
pub mod conformance;
pub mod process;
pub mod pypy;
pub mod runtimes;
pub mod shapes;
pub mod source;
pub mod tidy;

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a tool gives up or reports a failed check: text for a person.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Failure(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Failure(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure(error.to_string())
    }
}

/// What every tool returns.
pub type Outcome<T = ()> = Result<T, Failure>;

/// The root of the working copy this xtask was built from.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Reads a file and names it in the error.
pub fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|e| Failure(format!("{}: {e}", path.display())))
}

/// Writes a file (and the folder it is in) and names it in the error.
pub fn write(path: &Path, text: &str) -> Outcome {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text).map_err(|e| Failure(format!("{}: {e}", path.display())))
}
