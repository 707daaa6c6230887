//! Methods of `bytes`.
use crate::object::TypeSpec;
/// Declaration.
pub static SPEC: TypeSpec = TypeSpec::named("bytes");
