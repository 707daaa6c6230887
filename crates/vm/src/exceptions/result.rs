//! How failure is passed on: an exception is pending in the thread state, and `Raised` says so.

/// Proof that an exception is pending in the current thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Raised(());

impl Raised {
    /// To be made only where an exception has just been set (`raise.rs`).
    pub(super) const fn new() -> Self {
        Raised(())
    }

    /// For callers that have set the exception through the thread state themselves.
    ///
    /// # Panics
    /// If no exception is pending (checked in debug builds).
    pub fn pending() -> Self {
        debug_assert!(
            crate::thread::current().pending().is_some(),
            "an exception is pending"
        );
        Raised(())
    }
}

/// The result of anything that can raise.
pub type PyResult<T> = Result<T, Raised>;
