//! The `builtins` module.

pub mod build_class;
pub mod compile;
pub mod warnings;

use crate::exceptions::PyResult;

/// Fills the namespace and registers the module.
pub fn install() -> PyResult<()> {
    Ok(())
}
