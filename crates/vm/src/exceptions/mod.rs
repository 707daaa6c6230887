//! Raising and handling: `PyResult`, the pending exception, the exception classes, tracebacks.

mod chain;
pub mod classes;
pub mod group;
pub mod methods;
pub mod object;
mod os;
mod raise;
mod result;
mod special;
pub mod traceback;
mod unicode;

pub use chain::{
    Outside, clear_if, enter_handler, exception_matches, given_matches, handled,
    handled_by_generator, leave_handler, leave_to_nothing, nothing_handled, restore, set_handled,
    take,
};
pub use classes::exc;
pub use object::Exception;
pub use raise::*;
pub use result::{PyResult, Raised};
