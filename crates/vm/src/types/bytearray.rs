//! `bytearray`
use crate::object::TypeSpec;
use crate::value::{Slot};
use rivet_heap::Header;
/// Declaration.
pub static SPEC: TypeSpec = TypeSpec::named("bytearray");
/// bytearray
#[repr(C)]
pub struct ByteArray { header: Header, a: [Slot; 1] }
