//! Typed methods: what an extension says about the machine types of its functions (`include/typed_method.h`), read
//! when the module is loaded and attached to the functions' targets. Two carriers are read: the exported table
//! `PyTyped_<module>`, and the prefix before the name of a method with the flag `METH_TYPED`. What Cython exports for its own
//! use serves as a third (`mined`).
//!
//! Nothing in a table is trusted: pointers must lie in loaded files, functions in code, types and numbers must be
//! known and fit the method. What does not is skipped with a reason (`problems`), and the call takes the wrapper.

mod carrier;
mod image;
mod mined;
mod report;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CString, c_void};

use rivet_vm::types::native::{Mode, Target, TypedEntry, mode};
use rivet_vm::value::Value;

use crate::layout::PyMethodDef;
pub use carrier::{Carrier, METH_TYPED};
use image::Image;
pub use mined::failed;
pub use report::{Callable, Described, Param, Report, describe};

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

#[derive(Default)]
struct State {
    /// The targets made from each definition.
    targets: HashMap<usize, Vec<&'static Target>>,
    /// Tables of modules that are made but not executed, by identity of the module.
    waiting: HashMap<u64, (String, usize)>,
    /// What was wrong, by module.
    problems: HashMap<String, Vec<Problem>>,
    /// Targets whose typed entries came from a prefix.
    flagged: Vec<usize>,
    /// What was mined, by module.
    mined: HashMap<String, Vec<mined::Row>>,
}

/// Why something in a module is not typed although it was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The method's name, if it is known.
    pub method: Option<String>,
    /// What is wrong.
    pub text: String,
    /// The declaration contradicts itself or the method; else it says something that this runtime does not know.
    pub wrong: bool,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.method {
            Some(m) => write!(f, "{m}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Notes a target made from a definition.
pub fn register(target: &'static Target) {
    STATE.with_borrow_mut(|s| s.targets.entry(target.definition).or_default().push(target));
}

/// Notes the typed table of a module that has been made from the shared object `handle`, and reads it unless the
/// module's code has yet to be executed.
pub fn module_made(module: Value, name: &str, handle: *mut c_void, executed: bool) {
    if mode() == Mode::Off {
        return;
    }
    let table = symbol(handle, name);
    if executed {
        read(name, table);
        mine(module, name);
    } else {
        let id = rivet_vm::object::protocol::identity(module);
        STATE.with_borrow_mut(|s| s.waiting.insert(id, (name.to_owned(), table)));
    }
}

/// Reads the table of a module whose code has just been executed.
pub fn module_executed(module: Value) {
    let id = rivet_vm::object::protocol::identity(module);
    if let Some((name, table)) = STATE.with_borrow_mut(|s| s.waiting.remove(&id)) {
        read(&name, table);
        mine(module, &name);
    }
}

/// Looks for signatures that Cython has exported.
fn mine(module: Value, name: &str) {
    if let Some(rows) = mined::mine(module) {
        STATE.with_borrow_mut(|s| s.mined.insert(name.to_owned(), rows));
    }
}

/// The type whose C half lies at this address.
fn type_at(address: usize) -> Option<rivet_vm::value::Gc<rivet_vm::object::Type>> {
    carrier::ready_type(address)
}

/// What became of a module's functions when its exports were mined.
fn mined_rows(module: &str) -> Vec<mined::Row> {
    STATE.with_borrow(|s| s.mined.get(module).cloned().unwrap_or_default())
}

/// The names of all types by the addresses of their C halves.
fn type_addresses() -> HashMap<usize, String> {
    let mut all = HashMap::new();
    rivet_vm::value::layout::for_each_type(|slot| {
        // SAFETY: the visitor passes the type of a layout, which is alive.
        let t: rivet_vm::value::Gc<rivet_vm::object::Type> =
            unsafe { rivet_vm::value::Gc::from_raw(*slot) };
        all.insert(t.mirror.get(), t.c_name().unwrap_or_else(|| t.short_name()));
    });
    all.remove(&0);
    all
}

/// What was wrong with the declarations of a module.
pub fn problems(module: &str) -> Vec<Problem> {
    STATE.with_borrow(|s| s.problems.get(module).cloned().unwrap_or_default())
}

/// Which carrier a target's signatures came from.
fn carrier_of(target: &Target) -> Carrier {
    let address = std::ptr::from_ref(target) as usize;
    let mined = |s: &State| {
        let mut rows = s.mined.values().flatten();
        rows.any(|r| r.entry.is_ok() && r.target.is_some_and(|t| std::ptr::eq(t, target)))
    };
    if STATE.with_borrow(|s| s.flagged.contains(&address)) {
        Carrier::Prefix
    } else if STATE.with_borrow(mined) {
        Carrier::Mined
    } else {
        Carrier::Table
    }
}

fn symbol(handle: *mut c_void, module: &str) -> usize {
    let short = module.rsplit('.').next().unwrap_or(module);
    let name = CString::new(format!("PyTyped_{short}")).unwrap_or_default();
    // SAFETY: the handle is open; the name is terminated.
    unsafe { libc::dlsym(handle, name.as_ptr()) as usize }
}

fn read(module: &str, table: usize) {
    let image = Image::of_process();
    let mut found = Found::default();
    if table != 0 {
        carrier::read_table(&image, table, &mut found);
    }
    carrier::read_prefixes(&image, &mut found);
    STATE.with_borrow_mut(|s| {
        s.problems.insert(module.to_owned(), found.problems);
        for t in &found.flagged {
            s.flagged.push(std::ptr::from_ref(*t) as usize);
        }
    });
    for (definition, entry) in found.entries {
        for t in targets_of(definition) {
            t.typed.set(Some(entry));
        }
    }
}

/// What the carriers of a module gave.
#[derive(Default)]
struct Found {
    entries: Vec<(usize, &'static TypedEntry)>,
    flagged: Vec<&'static Target>,
    problems: Vec<Problem>,
}

impl Found {
    fn problem(&mut self, method: Option<&str>, text: impl Into<String>) {
        self.problems.push(Problem {
            method: method.map(str::to_owned),
            text: text.into(),
            wrong: true,
        });
    }

    /// Something that a later version of the table may say.
    fn unknown(&mut self, method: Option<&str>, text: impl Into<String>) {
        self.problem(method, text);
        self.problems.last_mut().expect("just pushed").wrong = false;
    }
}

/// Why an entry is refused.
enum Refusal {
    /// It contradicts itself or the method.
    Wrong(String),
    /// It says something that this runtime does not know.
    Unknown(String),
}

impl Refusal {
    /// With the part of the entry it is about.
    fn of(self, part: &str) -> Refusal {
        match self {
            Refusal::Wrong(text) => Refusal::Wrong(format!("{part}: {text}")),
            Refusal::Unknown(text) => Refusal::Unknown(format!("{part}: {text}")),
        }
    }
}

impl From<String> for Refusal {
    fn from(text: String) -> Refusal {
        Refusal::Wrong(text)
    }
}

impl From<&str> for Refusal {
    fn from(text: &str) -> Refusal {
        Refusal::Wrong(text.to_owned())
    }
}

/// The targets made from a definition; none if it is not one of a loaded module.
fn targets_of(definition: usize) -> Vec<&'static Target> {
    STATE.with_borrow(|s| s.targets.get(&definition).cloned().unwrap_or_default())
}

/// Every definition with the flag that has no signature yet.
fn flagged_definitions() -> Vec<&'static Target> {
    STATE.with_borrow(|s| {
        let all = s.targets.values().filter_map(|t| t.first().copied());
        all.filter(|t| t.flags & METH_TYPED != 0 && t.typed.get().is_none())
            .collect()
    })
}

/// The name in a definition that a target was made from (hence readable).
fn name_in(target: &Target) -> *const std::ffi::c_char {
    let def = target.definition as *const PyMethodDef;
    // SAFETY: the target was made from this definition, which lives for good.
    unsafe { (*def).name }
}
