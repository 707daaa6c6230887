//! The CPython 3.11 binary interface: extension modules built against the stock headers are loaded and called.
//! `boundary` is the only room that knows both worlds; the other files each answer for a part of the C API.

// The C API is made of functions that take pointers; their contracts are CPython's, and so are their names.
#![allow(
    clippy::not_unsafe_ptr_arg_deref,
    clippy::missing_safety_doc,
    clippy::too_many_arguments,
    // The bodies given to `raw!` and `api!` are unsafe code as a whole.
    clippy::macro_metavars_in_unsafe
)]

pub mod abstract_;
pub mod api;
pub mod arguments;
pub mod boundary;
pub mod buffer;
pub mod bytes;
pub mod call;
pub mod calls;
pub mod capsule;
pub mod check;
pub mod codes;
pub mod descr;
pub mod dict;
pub mod errors;
pub mod extras;
pub mod frames;
pub mod gc;
pub mod imports;
pub mod instancemethod;
pub mod layout;
pub mod list;
pub mod loader;
pub mod locks;
pub mod memory;
pub mod module;
pub mod numbers;
pub mod objects;
pub mod os;
pub mod picklebuffer;
pub mod run;
pub mod runtime_block;
pub mod set;
pub mod state;
pub mod strings;
pub mod structseq;
pub mod symbols;
pub mod sys;
pub mod text_writer;
pub mod time;
mod tracing;
pub mod tuple;
pub mod typed;
pub mod types;
pub mod weakref;

use rivet_vm::hooks::hooks;

/// Installs the boundary in the runtime. Once, at start-up.
pub fn install() {
    symbols::keep();
    boundary::links::install();
    let h = hooks();
    h.load_extension.set(Some(loader::create_dynamic));
    h.exec_extension.set(Some(module::exec));
    h.c_type_name.set(Some(types::c_name));
    h.typed_failed.set(Some(typed::failed));
    h.method_doc.set(Some(descr::method_doc));
    h.attribute_doc.set(Some(types::members::attribute_doc));
    h.crossing.set(Some(&call::CROSSING));
    h.c_trace_event.set(Some(tracing::event));
    h.set_changed.set(Some(set::resized));
    h.dict_changed.set(Some(dict::changed));
    h.list_wanted.set(Some(list::take_back));
    h.thread_switched.set(Some(state::switched));
    h.mirrors_dead.set(Some(boundary::links::waiting));
    h.drain_mirrors.set(Some(boundary::links::drain));
}

/// What is left to say at exit, after the last code of the program has run.
pub fn finish() {
    if check::on() {
        rivet_vm::value::collect_now(true);
        boundary::links::drain();
        check::leaks::report();
    }
}
