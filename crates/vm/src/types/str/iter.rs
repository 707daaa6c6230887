//! Methods of `str_iterator`.
use crate::object::TypeSpec;
/// Declaration.
pub static SPEC: TypeSpec = TypeSpec::named("str_iterator");
