//! What a traceback shows of an import: not the import system's own frames, unless that is where the error is.

use crate::builtins::sys_attr;
use crate::exceptions::traceback::Traceback;
use crate::exceptions::{Exception, Raised, exc};
use crate::name;
use crate::object::attr::find_attr;
use crate::object::protocol;
use crate::types::frame::FrameObject;
use crate::types::str::Str;
use crate::value::Gc;

/// Takes the import system's frames out of the pending exception's traceback: all of them of an ImportError, of other
/// errors the runs that end with the call of the imported code. `-v` shows everything.
pub fn trim(raised: Raised) -> Raised {
    let pending = crate::thread::current().pending();
    if let Some(e) = pending.and_then(|e| e.cast::<Exception>())
        && !is_verbose()
    {
        remove(e);
    }
    raised
}

fn is_verbose() -> bool {
    let flags = sys_attr("flags").ok().flatten();
    let verbose = flags.and_then(|f| find_attr(f, name!("verbose")).ok().flatten());
    verbose.is_some_and(|v| v.as_small_int() != Some(0))
}

fn remove(e: Gc<Exception>) {
    let always = protocol::is_instance(e.value(), exc().import_error.value()).unwrap_or(false);
    // The entries whose links lead to this one, and to the run of the import system's it is in; none: the exception.
    let (mut before, mut before_run) = (None, None);
    let mut in_run = false;
    let mut at = e.traceback.get_as::<Traceback>();
    while let Some(t) = at {
        at = t.next.get_as::<Traceback>();
        let place = Place::of(t);
        let own = !matches!(place, Place::Elsewhere);
        if own && !in_run {
            before_run = before;
        }
        in_run = own;
        if own && (always || matches!(place, Place::Call)) {
            link(e, before_run, at);
            before = before_run;
        } else {
            before = Some(t);
        }
    }
}

fn link(e: Gc<Exception>, before: Option<Gc<Traceback>>, next: Option<Gc<Traceback>>) {
    let next = next.map(Gc::value);
    match before {
        Some(t) => t.set_opt(&t.next, next),
        None => e.set_opt(&e.traceback, next),
    }
}

/// Where an entry of a traceback is.
enum Place {
    /// The import system's call of imported code.
    Call,
    /// Another of its functions.
    Importlib,
    Elsewhere,
}

impl Place {
    fn of(t: Gc<Traceback>) -> Place {
        let Some(code) = t.frame.get_as::<FrameObject>().map(Gc::<FrameObject>::code) else {
            return Place::Elsewhere;
        };
        let is = |slot: &crate::value::Slot, text: &str| {
            slot.get_as::<Str>().is_some_and(|s| s.eq_str(text))
        };
        let own = is(&code.filename, "<frozen importlib._bootstrap>")
            || is(&code.filename, "<frozen importlib._bootstrap_external>");
        match own {
            true if is(&code.name, "_call_with_frames_removed") => Place::Call,
            true => Place::Importlib,
            false => Place::Elsewhere,
        }
    }
}
