//! The line that a wrapper adds to the traceback of an exception that its C function has raised: when the C function is
//! called without the wrapper, it is added all the same.

use std::collections::HashMap;
use std::ffi::CString;

use rivet_vm::exceptions::traceback::Traceback;
use rivet_vm::exceptions::{Exception, PyResult};
use rivet_vm::gil::Guarded;
use rivet_vm::object::attr::find_attr;
use rivet_vm::types::code::Code;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::frame::FrameObject;
use rivet_vm::types::module::Module;
use rivet_vm::types::native::TypedEntry;
use rivet_vm::types::str::{Str, intern::intern_str};
use rivet_vm::value::{Gc, Value};

use crate::boundary::statics::{keep, kept};
use crate::{codes, frames};

/// Where a function is defined.
#[derive(Clone)]
struct Place {
    file: String,
    name: String,
    line: u32,
    /// Where the module's namespace is kept.
    globals: usize,
    /// Where the code object that stands for the wrapper is kept, once there is one.
    code: Option<usize>,
}

static PLACES: Guarded<Option<HashMap<usize, Place>>> = Guarded::new(None);

/// Notes where the function of an entry is defined, as its code object has it.
pub fn note_function(entry: &'static TypedEntry, module: Value, function: Value, name: String) {
    let code = || {
        let code = find_attr(function, intern_str("__code__")).ok()??;
        code.cast::<Code>()
    };
    if let Some(code) = code() {
        note(entry, module, code, name, code.first_line.get());
    }
}

/// Notes the same, as an exception has it that the wrapper has raised.
pub fn note_exception(entry: &'static TypedEntry, module: Value, exception: Value) {
    let place = || {
        let e = exception.cast::<Exception>()?;
        // The outermost entry is the wrapper's; those behind it are of what it has called.
        let tb = e.traceback.get_as::<Traceback>()?;
        let code = tb.frame.get_as::<FrameObject>()?.code();
        let name = code.name.get_as::<Str>()?.to_string_lossy().into_owned();
        Some((code, name, tb.line()))
    };
    if let Some((code, name, line)) = place() {
        note(entry, module, code, name, line);
    }
}

fn note(entry: &'static TypedEntry, module: Value, code: Gc<Code>, name: String, line: u32) {
    let place = || -> Option<Place> {
        Some(Place {
            file: code
                .filename
                .get_as::<Str>()?
                .to_string_lossy()
                .into_owned(),
            name,
            line,
            globals: keep(module.cast::<Module>()?.dict().value()).ok()?,
            code: None,
        })
    };
    if let Some(place) = place() {
        PLACES.with(|p| {
            p.get_or_insert_with(HashMap::new)
                .insert(std::ptr::from_ref(entry) as usize, place)
        });
    }
}

/// Notes for an entry what is known of another one for the same function.
pub fn note_as(entry: &'static TypedEntry, other: &'static TypedEntry) {
    PLACES.with(|p| {
        let Some(p) = p.as_mut() else { return };
        if let Some(place) = p.get(&(std::ptr::from_ref(other) as usize)).cloned() {
            p.insert(std::ptr::from_ref(entry) as usize, place);
        }
    });
}

/// The function of an entry has left an exception pending.
pub fn failed(entry: *const TypedEntry) {
    // Without memory the traceback is shorter.
    let _ = add(entry as usize);
}

fn add(entry: usize) -> PyResult<()> {
    let place = PLACES.with(|p| {
        let p = p.as_ref()?.get(&entry)?;
        Some((p.file.clone(), p.name.clone(), p.line, p.globals, p.code))
    });
    let Some((file, name, line, globals, code)) = place else {
        return Ok(());
    };
    let Some(globals) = kept(globals).and_then(|g| g.cast::<Dict>()) else {
        return Ok(());
    };
    let known = code.and_then(kept).and_then(|c| c.cast::<Code>());
    let code = match known {
        Some(code) => code,
        None => {
            let text = |s: String| CString::new(s).unwrap_or_default();
            let (file, name) = (text(file), text(name));
            // SAFETY: terminated texts.
            let code = unsafe { codes::empty(file.as_ptr(), name.as_ptr(), line as i32) }?;
            let at = keep(code.value())?;
            PLACES.with(|p| {
                if let Some(p) = p.as_mut().and_then(|p| p.get_mut(&entry)) {
                    p.code = Some(at);
                }
            });
            code
        }
    };
    frames::add_made(code, globals, line as i32)
}
