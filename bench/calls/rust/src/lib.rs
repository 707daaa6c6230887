//! The functions of `cargo xtask bench calls` in Rust: by PyO3, by the attribute, by the builder. One shared object that
//! is loaded under three names.

mod attribute;
mod builder;
mod pyo3_only;
