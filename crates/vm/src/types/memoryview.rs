//! `memoryview`
use crate::object::TypeSpec;
use crate::value::{Slot};
use rivet_heap::Header;
/// Declaration.
pub static SPEC: TypeSpec = TypeSpec::named("memoryview");
/// A request.
pub struct BufferRequest {}
/// memoryview
#[repr(C)]
pub struct MemoryView { header: Header, a: [Slot; 4] }
