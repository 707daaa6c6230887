//! Raising and handling: `PyResult`, the pending exception, the exception classes, tracebacks.

mod chain;
pub mod classes;
pub mod object;
mod raise;
mod result;
pub mod traceback;

pub use chain::{clear_if, exception_matches, given_matches, handled, restore, set_handled, take};
pub use classes::exc;
pub use object::Exception;
pub use raise::*;
pub use result::{PyResult, Raised};
