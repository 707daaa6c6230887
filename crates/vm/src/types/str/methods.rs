//! Methods of `str`.
use crate::object::TypeSpec;
/// Declaration.
pub static SPEC: TypeSpec = TypeSpec::named("str");
