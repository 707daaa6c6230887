//! `__build_class__`.
