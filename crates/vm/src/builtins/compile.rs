//! `compile`, `exec`, `eval`.
