//! Passes over the compiler's representation.

pub mod dominators;
mod drop_dead;
mod hoist;
mod look_up;
mod merge_equal;

use crate::hir::{Func, verify};

/// Runs all passes; checks the result in debug builds (and where `check` says so).
pub fn run(f: &mut Func, check: bool) -> Result<(), String> {
    merge_equal::run(f);
    if check {
        verify(f).map_err(|e| format!("after merge_equal: {e}"))?;
    }
    hoist::run(f);
    if check {
        verify(f).map_err(|e| format!("after hoist: {e}"))?;
    }
    merge_equal::run(f);
    drop_dead::run(f);
    if check {
        verify(f).map_err(|e| format!("after drop_dead: {e}"))?;
    }
    look_up::run(f);
    Ok(())
}
