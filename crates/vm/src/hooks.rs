//! Upward calls: what crates above this one install at start-up.

use std::cell::Cell;

use crate::exceptions::PyResult;
use crate::frames::Frame;
use crate::interp::compiled::{Answer, CompileRequest};
use crate::object::Type;
use crate::object::spec::ForeignGetSet;
use crate::thread::Thread;
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::native::{Crossing, TypedEntry};
use crate::types::set::Set;
use crate::types::str::Str;
use crate::value::{Gc, Value};

/// The installed functions.
pub struct Hooks {
    /// A type's attributes changed (before its version is renewed).
    pub type_modified: Cell<Option<fn(Gc<Type>)>>,
    /// A watched dict changed.
    pub dict_changed: Cell<Option<fn(Gc<Dict>)>>,
    /// The size of a set that C code has seen has changed.
    pub set_changed: Cell<Option<fn(Gc<Set>)>>,
    /// A loop or function is hot: makes machine code for it if that pays.
    pub compile: Cell<Option<fn(CompileRequest)>>,
    /// Puts machine code to use that was generated while the program went on.
    pub take_compiled: Cell<Option<fn()>>,
    /// Runs machine code: address of the unit's record, frame.
    pub enter_compiled: Cell<Option<fn(usize, &'static Frame) -> Answer>>,
    /// Loads an extension module by its spec (`_imp.create_dynamic`).
    pub load_extension: Cell<Option<fn(Value) -> PyResult<Value>>>,
    /// Runs an extension module's exec slots (`_imp.exec_dynamic`).
    pub exec_extension: Cell<Option<fn(Value) -> PyResult<()>>>,
    /// How objects cross to C and back.
    pub crossing: Cell<Option<&'static Crossing>>,
    /// An event for a trace or profile function of C (`interp::tracing::OF_C`): receiver, arguments.
    pub c_trace_event: Cell<Option<fn(Value, &[Value]) -> PyResult<Value>>>,
    /// The name that C gave a type, for types whose namespace does not tell their module.
    pub c_type_name: Cell<Option<fn(Gc<Type>) -> Option<String>>>,
    /// A typed function has left an exception pending, which has not been fetched yet.
    pub typed_failed: Cell<Option<fn(*const TypedEntry)>>,
    /// The docstring of a C method, as its definition (the address) has it now.
    pub method_doc: Cell<Option<fn(usize) -> String>>,
    /// The docstring of an attribute of a C type, as its definition has it now.
    pub attribute_doc: Cell<Option<fn(&ForeignGetSet) -> String>>,
    /// A list whose items lie in C-visible storage is wanted by managed code: takes the items back.
    pub list_wanted: Cell<Option<fn(Gc<List>)>>,
    /// Another thread has become the current one.
    pub thread_switched: Cell<Option<fn(&'static Thread)>>,
    /// Whether mirrors wait for their deallocation.
    pub mirrors_dead: Cell<Option<fn() -> bool>>,
    /// Deallocates the mirrors that wait.
    pub drain_mirrors: Cell<Option<fn()>>,
    /// Makes a struct sequence type: name, field names, number of visible fields.
    pub structseq_type: Cell<Option<fn(&str, &[&str], usize) -> PyResult<Gc<Type>>>>,
    /// How text is written to a stream whose `write` need not be called as a method, if it is one.
    pub text_writer: Cell<Option<TextWriter>>,
    /// Objects that are found dead together are finalized in the order of these numbers.
    pub finalize_rank: Cell<Option<fn(Value) -> u8>>,
    /// An instance of such a type from the values of all its fields.
    pub structseq_new: Cell<Option<fn(Gc<Type>, &[Value]) -> PyResult<Value>>>,
}

/// Gives the function that writes text to a stream.
pub type TextWriter = fn(Value) -> Option<fn(Value, Gc<Str>) -> PyResult<()>>;

struct Global(Hooks);

// SAFETY: set at start-up and read with the GIL held.
unsafe impl Sync for Global {}

static HOOKS: Global = Global(Hooks {
    type_modified: Cell::new(None),
    dict_changed: Cell::new(None),
    set_changed: Cell::new(None),
    compile: Cell::new(None),
    take_compiled: Cell::new(None),
    enter_compiled: Cell::new(None),
    load_extension: Cell::new(None),
    exec_extension: Cell::new(None),
    crossing: Cell::new(None),
    c_trace_event: Cell::new(None),
    c_type_name: Cell::new(None),
    typed_failed: Cell::new(None),
    method_doc: Cell::new(None),
    attribute_doc: Cell::new(None),
    list_wanted: Cell::new(None),
    thread_switched: Cell::new(None),
    mirrors_dead: Cell::new(None),
    drain_mirrors: Cell::new(None),
    structseq_type: Cell::new(None),
    text_writer: Cell::new(None),
    finalize_rank: Cell::new(None),
    structseq_new: Cell::new(None),
});

/// The installed hooks.
pub fn hooks() -> &'static Hooks {
    &HOOKS.0
}

/// See `Hooks::type_modified`.
pub fn type_modified(ty: Gc<Type>) {
    if let Some(f) = HOOKS.0.type_modified.get() {
        f(ty);
    }
}

/// See `Hooks::set_changed`.
pub fn set_changed(s: Gc<Set>) {
    if let Some(f) = HOOKS.0.set_changed.get() {
        f(s);
    }
}

/// See `Hooks::dict_changed`.
pub fn dict_changed(d: Gc<Dict>) {
    d.version.set(d.version.get().wrapping_add(1));
    if let Some(f) = HOOKS.0.dict_changed.get() {
        f(d);
    }
}
