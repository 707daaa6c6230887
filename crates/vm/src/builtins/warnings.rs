//! Warnings issued by the runtime.

use crate::exceptions::PyResult;
use crate::object::Type;
use crate::value::{Gc, Value};

/// A DeprecationWarning.
pub fn deprecated(_msg: &str, _stacklevel: i64) -> PyResult<()> {
    Ok(())
}

/// A warning.
pub fn warn(_category: Gc<Type>, _msg: &str, _stacklevel: i64) -> PyResult<()> {
    Ok(())
}

/// "coroutine ... was never awaited".
pub fn never_awaited(_v: Value) {}

/// Records where a coroutine was made, if `sys.set_coroutine_origin_tracking_depth` asks for it.
pub fn coroutine_origin(_g: Gc<crate::types::generator::Generator>) -> PyResult<()> {
    Ok(())
}
