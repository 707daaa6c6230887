//! `-X typed=check`: what an entry says about its native function is tried. A call whose entry allows it runs the native
//! function and the wrapper on the same arguments, and what the entry promises (`leaf`, `nogil`, no errors but by its
//! convention) is watched in every call. What is found is reported on stderr with the place in the program, and counted;
//! the program goes on with what the wrapper gave.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use super::native::{Effects, ErrorConvention, Target, TypedEntry, error_pending, take_error};
use super::str::Str;
use crate::exceptions::{PyResult, Raised, restore, take};
use crate::object::protocol;
use crate::thread;
use crate::value::Value;

/// What the checking mode has seen of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls of the native function.
    pub called: u64,
    /// Calls whose result was compared with the wrapper's.
    pub compared: u64,
    /// Comparisons that failed.
    pub disagreements: u64,
    /// Calls that broke what the entry promises.
    pub lies: u64,
}

/// By definition and native function, which stay the same if a module is made again.
static TALLIES: Mutex<BTreeMap<(usize, usize), Tally>> = Mutex::new(BTreeMap::new());

/// Reports of one entry that are shown; the rest is counted.
const SHOWN: u64 = 10;

/// What has been seen of an entry of a target.
pub fn tally(target: &Target, entry: &TypedEntry) -> Tally {
    count(target, entry, |t| *t)
}

fn count<R>(target: &Target, entry: &TypedEntry, f: impl FnOnce(&mut Tally) -> R) -> R {
    let mut all = TALLIES.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (target.definition, entry.function as usize);
    f(all.entry(key).or_default())
}

// ---- promises ----

/// What a watched function does that its entry may deny.
#[derive(Clone, Copy, Default)]
struct Watch {
    /// A native function runs, and nothing that it has called.
    active: bool,
    /// The first function of the API it has called, and whether that needs the GIL.
    api: Option<&'static str>,
    gil: Option<&'static str>,
    /// It holds the GIL by its own doing.
    taken: bool,
}

thread_local! {
    static WATCH: Cell<Watch> = const { Cell::new(Watch { active: false, api: None, gil: None, taken: false }) };
}

/// Functions of the API that make no objects and look at none, and need no GIL.
const HARMLESS: &[&str] = &[
    "PyMem_RawMalloc",
    "PyMem_RawCalloc",
    "PyMem_RawRealloc",
    "PyMem_RawFree",
];
/// Functions of the API that may be called without the GIL.
const WITHOUT_GIL: &[&str] = &[
    "PyGILState_Check",
    "PyGILState_GetThisThreadState",
    "Py_IsInitialized",
];
/// Functions of the API that take the GIL.
const TAKING_GIL: &[&str] = &[
    "PyGILState_Ensure",
    "PyEval_RestoreThread",
    "PyEval_AcquireThread",
];

/// C code has called a function of the API.
pub fn touched(api: &'static str) {
    let mut w = WATCH.get();
    if !w.active || HARMLESS.contains(&api) {
        return;
    }
    w.api = w.api.or(Some(api));
    w.taken |= TAKING_GIL.contains(&api);
    if !w.taken && !WITHOUT_GIL.contains(&api) {
        w.gil = w.gil.or(Some(api));
    }
    WATCH.set(w);
}

/// Runs a native function and looks at what it does besides computing its result, whose bits it gives. An exception
/// that has no right to be there is raised.
pub fn watched(
    target: &'static Target,
    entry: &TypedEntry,
    native: impl FnOnce() -> u64,
) -> PyResult<u64> {
    count(target, entry, |t| t.called += 1);
    let outer = WATCH.replace(Watch {
        active: true,
        ..Watch::default()
    });
    let bits = native();
    let seen = WATCH.replace(outer);
    let mut raised = error_pending().then(take_error);
    let bits_of_result = entry.signature.result.extend(bits);
    let unexpected = raised.is_some() && !entry.signature.may_be_error(bits_of_result);
    if let Some(what) = broken(entry, &seen, unexpected) {
        raised = break_promise(target, entry, &what, raised);
    }
    match raised {
        Some(raised) => Err(raised),
        None => Ok(bits),
    }
}

/// What an entry promises and its function has not kept.
fn broken(entry: &TypedEntry, seen: &Watch, unexpected: bool) -> Option<String> {
    let s = &entry.signature;
    let leaf = s.effects.has(Effects::LEAF);
    match (seen.api, seen.gil) {
        (Some(api), _) if leaf => Some(format!("it is declared leaf, but called {api}")),
        (_, Some(api)) if s.effects.has(Effects::NOGIL) => {
            Some(format!("it is declared nogil, but called {api}"))
        }
        _ if !unexpected => None,
        _ if leaf => Some("it is declared leaf, but left an exception pending".into()),
        _ if s.error == ErrorConvention::Never => {
            Some("it is declared to raise nothing, but left an exception pending".into())
        }
        _ => Some("its result means no error, but an exception is pending".into()),
    }
}

/// Reports a broken promise; the exception, if there is one, is described and kept.
fn break_promise(
    target: &'static Target,
    entry: &TypedEntry,
    what: &str,
    raised: Option<Raised>,
) -> Option<Raised> {
    let lies = count(target, entry, |t| {
        t.lies += 1;
        t.lies
    });
    let Some(raised) = raised else {
        report(target, entry, lies, what);
        return None;
    };
    let e = take(raised);
    report(
        target,
        entry,
        lies,
        &format!("{what} ({})", describe_exception(e)),
    );
    Some(restore(e))
}

// ---- results ----

/// The result of a call under the checking mode.
pub fn compare(
    target: &'static Target,
    entry: &TypedEntry,
    args: &[Value],
    native: impl Fn() -> PyResult<Value>,
    wrapper: impl FnOnce() -> PyResult<Value>,
) -> PyResult<Value> {
    let effects = entry.signature.effects;
    let pure_ = effects.has(Effects::PURE);
    if !pure_ && !effects.has(Effects::TESTABLE) {
        return native();
    }
    count(target, entry, |t| t.compared += 1);
    let seen = describe(native());
    let again = if pure_ {
        describe(native())
    } else {
        seen.clone()
    };
    if !alike(&seen, &again) {
        let what = format!("it is declared pure, but gave {seen}, then {again}");
        break_promise(target, entry, &what, None);
    }
    let result = wrapper();
    let (wanted, result) = match result {
        Ok(v) => (describe(Ok(v)), Ok(v)),
        Err(raised) => {
            let e = take(raised);
            (describe_exception(e), Err(restore(e)))
        }
    };
    if !alike(&seen, &wanted) {
        let n = count(target, entry, |t| {
            t.disagreements += 1;
            t.disagreements
        });
        let given = arguments(args);
        let what = format!("for {given} the native function gave {seen}, the wrapper {wanted}");
        report(target, entry, n, &what);
    }
    result
}

/// Whether two descriptions are the same but for addresses of objects.
fn alike(a: &str, b: &str) -> bool {
    a == b || without_addresses(a) == without_addresses(b)
}

fn without_addresses(text: &str) -> String {
    let mut parts = text.split(" at 0x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(" at 0x");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    out
}

fn arguments(args: &[Value]) -> String {
    let all: Vec<String> = args.iter().map(|&a| shown(a)).collect();
    format!("({})", all.join(", "))
}

/// `repr(v)`, not too long.
fn shown(v: Value) -> String {
    const LONGEST: usize = 200;
    match protocol::repr_string(v) {
        Ok(text) if text.chars().count() > LONGEST => {
            let start: String = text.chars().take(LONGEST).collect();
            format!("{start}...")
        }
        Ok(text) => text,
        Err(raised) => {
            take(raised);
            format!("<{}>", v.type_of().name_string())
        }
    }
}

fn describe(r: PyResult<Value>) -> String {
    match r {
        Ok(v) => {
            let t = v.type_of().name_string();
            match protocol::repr_string(v) {
                Ok(text) => format!("{t} {text}"),
                Err(raised) => {
                    take(raised);
                    t
                }
            }
        }
        Err(raised) => describe_exception(take(raised)),
    }
}

fn describe_exception(e: Value) -> String {
    let t = e.type_of().name_string();
    match protocol::str(e) {
        Ok(text) => format!("{t}: {}", text.to_string_lossy()),
        Err(raised) => {
            take(raised);
            t
        }
    }
}

// ---- reports ----

/// The `n`-th report about an entry.
fn report(target: &'static Target, entry: &TypedEntry, n: u64, what: &str) {
    if n > SHOWN {
        return;
    }
    let class = entry
        .self_type
        .map_or_else(String::new, |t| format!("{}.", t.short_name()));
    let name = target.method.get().map_or("?", |m| m.name);
    let more = match n {
        SHOWN => "; further ones are counted, not shown",
        _ => "",
    };
    // A closed stream is no reason to stop.
    let _ = writeln!(
        std::io::stderr(),
        "typed=check: {class}{name}{}: {}{what}{more}",
        entry.signature,
        place()
    );
}

/// `file:line in function: ` of the program; empty outside of functions.
fn place() -> String {
    let frames = &thread::current().stack;
    let Some(top) = frames.depth().checked_sub(1) else {
        return String::new();
    };
    let frame = frames.at(top);
    let code = frame.code();
    let text = |v: Value| {
        v.cast::<Str>()
            .map_or(String::new(), |s| s.to_string_lossy().into_owned())
    };
    let line = frame.line().map_or("?".to_owned(), |l| l.to_string());
    format!(
        "{}:{line} in {}: ",
        text(code.filename.value()),
        text(code.name.value())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_do_not_matter() {
        assert!(alike("X <X object at 0x7f01>", "X <X object at 0xabc>"));
        assert!(!alike("X <X object at 0x7f01>", "Y <Y object at 0x7f01>"));
        assert!(!alike("int 1", "int 2"));
    }
}
