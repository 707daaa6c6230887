//! Upward calls: what crates above this one install at start-up.

use std::cell::Cell;

use crate::exceptions::PyResult;
use crate::frames::Frame;
use crate::interp::compiled::{Answer, CompileRequest};
use crate::object::Type;
use crate::types::dict::Dict;
use crate::types::native::Crossing;
use crate::value::{Gc, Value};

/// The installed functions.
pub struct Hooks {
    /// A type's attributes changed (before its version is renewed).
    pub type_modified: Cell<Option<fn(Gc<Type>)>>,
    /// A watched dict changed.
    pub dict_changed: Cell<Option<fn(Gc<Dict>)>>,
    /// A loop or function is hot: makes machine code for it if that pays.
    pub compile: Cell<Option<fn(CompileRequest)>>,
    /// Runs machine code: address of the unit's record, frame.
    pub enter_compiled: Cell<Option<fn(usize, &'static Frame) -> Answer>>,
    /// Loads an extension module by its spec (`_imp.create_dynamic`).
    pub load_extension: Cell<Option<fn(Value) -> PyResult<Value>>>,
    /// Runs an extension module's exec slots (`_imp.exec_dynamic`).
    pub exec_extension: Cell<Option<fn(Value) -> PyResult<()>>>,
    /// How objects cross to C and back.
    pub crossing: Cell<Option<Crossing>>,
}

struct Global(Hooks);

// SAFETY: set at start-up and read with the GIL held.
unsafe impl Sync for Global {}

static HOOKS: Global = Global(Hooks {
    type_modified: Cell::new(None),
    dict_changed: Cell::new(None),
    compile: Cell::new(None),
    enter_compiled: Cell::new(None),
    load_extension: Cell::new(None),
    exec_extension: Cell::new(None),
    crossing: Cell::new(None),
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

/// See `Hooks::dict_changed`.
pub fn dict_changed(d: Gc<Dict>) {
    d.version.set(d.version.get().wrapping_add(1));
    if let Some(f) = HOOKS.0.dict_changed.get() {
        f(d);
    }
}
