//! `-X capi=check`: the boundary with its assertions on. Every function of the API looks at its arguments, every block of
//! the C heap is guarded (`blocks`), every call of C code is followed by a look at what it did (`calls`), and at exit the
//! references nobody holds are listed (`leaks`). What is found ends the process with a message that names the function
//! of the extension: going on would mean to work with memory that is not what it seems. Off, it costs a load per call.

pub mod arguments;
pub mod blocks;
pub mod calls;
pub mod leaks;

use std::cell::RefCell;
use std::ffi::{CStr, c_void};
use std::sync::atomic::{AtomicU8, Ordering};

/// What is looked at: a set of the bits below.
static ON: AtomicU8 = AtomicU8::new(0);
/// `-X capi=check`
const CHECKS: u8 = 1;
/// `-X typed=check` wants to know which functions of the API are called.
const WATCHED: u8 = 2;

/// Whether the checks are on.
#[inline(always)]
pub fn on() -> bool {
    ON.load(Ordering::Relaxed) & CHECKS != 0
}

/// Whether anybody wants to know what C code calls.
#[inline(always)]
pub fn listening() -> bool {
    ON.load(Ordering::Relaxed) != 0
}

/// Tells the checks of native signatures which functions of the API are called. Before the first extension is loaded.
pub fn watch() {
    ON.store(WATCHED, Ordering::Relaxed);
}

/// Turns the checks on. Before the first extension is loaded. Native signatures are left unused: what they skip is what
/// is checked here.
pub fn enable() {
    ON.store(CHECKS, Ordering::Relaxed);
    rivet_vm::types::native::set_mode(rivet_vm::types::native::Mode::Off);
}

thread_local! {
    /// What C code of extensions runs in this thread, innermost last.
    static RUNNING: RefCell<Vec<Running>> = const { RefCell::new(Vec::new()) };
    /// The function of the API that was entered last.
    static API: RefCell<&'static str> = const { RefCell::new("") };
}

struct Running {
    label: String,
    module: u32,
}

/// C code of an extension runs until this is dropped.
pub struct Scope(bool);

impl Scope {
    /// Enters a function of an extension.
    #[inline(always)]
    pub fn enter(function: *const c_void, label: impl FnOnce() -> String) -> Scope {
        if on() {
            push(function, label());
        }
        Scope(on())
    }
}

impl Scope {
    /// What is allocated until this is dropped belongs to the runtime, whoever asked for it.
    #[inline(always)]
    pub fn runtime() -> Scope {
        if on() {
            let label = running();
            RUNNING.with(|r| r.borrow_mut().push(Running { label, module: 0 }));
        }
        Scope(on())
    }
}

#[cold]
fn push(function: *const c_void, label: String) {
    let module = blocks::module_id(&file_of(function));
    RUNNING.with(|r| r.borrow_mut().push(Running { label, module }));
}

impl Drop for Scope {
    #[inline(always)]
    fn drop(&mut self) {
        if self.0 {
            RUNNING.with(|r| r.borrow_mut().pop());
        }
    }
}

/// The file's name of the shared object that an address belongs to.
fn file_of(p: *const c_void) -> String {
    // SAFETY: `dladdr` takes any address and fills the record in if it knows the object.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        if libc::dladdr(p, &raw mut info) == 0 || info.dli_fname.is_null() {
            return "?".into();
        }
        let path = CStr::from_ptr(info.dli_fname)
            .to_string_lossy()
            .into_owned();
        path.rsplit('/').next().unwrap_or("?").to_owned()
    }
}

/// The function of an extension that runs; empty if there is none.
pub fn running() -> String {
    RUNNING
        .try_with(|r| r.borrow().last().map(|r| r.label.clone()))
        .ok()
        .flatten()
        .unwrap_or_default()
}

/// The module whose code runs, as `blocks::module_id` numbers them; 0 for none.
fn running_module() -> u32 {
    RUNNING
        .try_with(|r| r.borrow().last().map_or(0, |r| r.module))
        .unwrap_or(0)
}

/// A function of the API is entered; those that may raise need the GIL.
#[cold]
pub fn entered(name: &'static str, raises: bool) {
    rivet_vm::types::native_check::touched(name);
    if !on() {
        return;
    }
    API.with(|a| *a.borrow_mut() = name);
    if raises {
        arguments::needs_gil(name);
    }
    calls::no_exception(name);
}

/// The function of the API that was entered last.
pub fn api() -> &'static str {
    API.try_with(|a| *a.borrow()).unwrap_or("")
}

/// The end of a process in which something is wrong: what, in which function, and where in the program.
#[cold]
pub fn fail(what: &str) -> ! {
    ON.store(0, Ordering::Relaxed);
    let function = match running() {
        f if f.is_empty() => "outside of extensions".to_owned(),
        f => f,
    };
    eprintln!("Fatal Python error: capi check: {function}: {what}");
    if rivet_vm::gil::held() {
        let frames = &rivet_vm::thread::current().stack;
        for i in (0..frames.depth()).rev() {
            let f = frames.at(i);
            let code = f.code();
            let line = f.line().map_or("?".to_owned(), |l| l.to_string());
            eprintln!(
                "  File \"{}\", line {line} in {}",
                text_of(code.filename.value()),
                text_of(code.name.value())
            );
        }
    }
    std::process::abort()
}

fn text_of(v: rivet_vm::value::Value) -> String {
    v.cast::<rivet_vm::types::str::Str>()
        .map_or(String::new(), |s| s.to_string_lossy().into_owned())
}
