//! The builtin types, one room each.

pub mod async_generator;
pub mod buffer;
pub mod builtin;
pub mod bytearray;
pub mod bytes;
pub mod cell;
pub mod cell_attrs;
pub mod code;
pub mod code_attrs;
pub mod code_made;
pub mod complex;
pub mod descr;
pub mod dict;
pub mod float;
pub mod float_methods;
pub mod float_text;
pub mod frame;
pub mod function;
pub mod function_attrs;
pub mod generator;
pub mod generic_alias;
pub mod int;
pub mod iterators;
pub mod list;
pub mod mapping_proxy;
pub mod memory_items;
pub mod memoryview;
pub mod method;
pub mod module;
pub mod native;
pub mod native_call;
pub mod native_check;
pub mod native_lease;
mod native_memory;
pub mod native_number;
pub mod object;
pub mod range;
pub mod seqiter;
pub mod set;
pub mod set_methods;
pub mod singletons;
pub mod slice;
pub mod str;
pub mod super_;
pub mod traceback_attrs;
pub mod tuple;
pub mod tuple_methods;
pub mod type_;
pub mod union;
pub mod weakref;

use crate::exceptions::PyResult;

/// Types beyond those with fixed layouts, made when the exception classes exist.
pub fn init_more() -> PyResult<()> {
    iterators::init();
    range::init();
    set_methods::init_types();
    dict::views::init();
    seqiter::init();
    generic_alias::init();
    generator::init();
    Ok(())
}
