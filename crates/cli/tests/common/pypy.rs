//! The PyPy that tests call modules from, where there is one.

use std::io::Write;

use xtask::runtimes::{self, PyPy};

/// PyPy; without one it is said that this test was left out, past what the harness captures.
pub fn pypy(test: &str) -> Option<PyPy> {
    let found = runtimes::pypy();
    if found.is_none() {
        let text = format!(
            "\nLEFT OUT: {test}: there is no PyPy for Python 3.11 (`cargo xtask pypy` fetches one)\n"
        );
        // Nothing is lost if nobody listens.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
    found
}
