//! Whether a Python function is the wrapper that Cython has made for a C function of `__pyx_capi__`.
//!
//! A module has one function of a name: Cython refuses a second definition. The capsule's signature ends with
//! `int __pyx_skip_dispatch` only for `cpdef` functions, so there is a wrapper, of the same name, in the same file. What is
//! left to show is that the callable found under the name is that wrapper, not a method or an inner function that
//! happens to be called alike and was put there:
//!
//! - a builtin function whose receiver is the module comes from the module's own table, which has functions of the
//!   module only;
//! - a Cython function (`cyfunction`) must call itself so (module, qualified name), have no closure, and its machine
//!   code must either lead to the C function (a direct call or jump), or name itself `module.name` where it adds a line
//!   to a traceback: a method would be `module.Class.name` there. The compiler may have put the C function's body into
//!   the wrapper, so its address need not appear.

use rivet_vm::object::attr::find_attr;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::native::{Target, body, own_target, set_own_target};
use rivet_vm::types::str::{Str, intern::intern_str};
use rivet_vm::value::Value;

use super::super::image::Image;
use super::functions::File;
use super::references::{self, References};
use crate::layout::{PyMethodDef, Ref};

/// A function of the module as Python has it. Its value is on the caller's stack.
pub struct Wrapper {
    pub value: Value,
    pub target: &'static Target,
    /// A Cython function, not a builtin one.
    pub own_type: bool,
}

/// What the proof has found on the way.
pub struct Proven {
    pub file: File,
    /// What the wrapper's code refers to.
    pub wrapper: References,
    /// How the function is called in tracebacks, if its code says it.
    pub traceback_name: Option<String>,
}

/// Type names of Cython's functions, whatever module they are said to be of.
const OWN_TYPES: [&str; 2] = ["cython_function_or_method", "fused_cython_function"];

/// The function behind a callable, if it is one that Cython has made for `module`.
pub fn wrapper_of(image: &Image, module: Value, v: Value) -> Option<Wrapper> {
    if let Some(b) = v.cast::<Builtin>() {
        let target = b.method().native?;
        return b.receiver.value().is(module).then_some(Wrapper {
            value: v,
            target,
            own_type: false,
        });
    }
    if !is_cython_function(v) {
        return None;
    }
    let target = match own_target(v) {
        Some(t) => t,
        None => {
            let t = target_from(image, v)?;
            set_own_target(v, t);
            t
        }
    };
    Some(Wrapper {
        value: v,
        target,
        own_type: true,
    })
}

/// Whether a value is an instance of one of Cython's function types.
pub fn is_cython_function(v: Value) -> bool {
    !body(v).is_null() && OWN_TYPES.contains(&v.type_of().short_name().as_str())
}

/// A record for the function of a Cython function object, whose struct begins like that of a builtin function.
fn target_from(image: &Image, v: Value) -> Option<&'static Target> {
    const DEFINITION: usize = 2;
    let c_half: Ref = body(v).cast();
    // SAFETY: instances of Cython's function types have at least these words.
    let definition = unsafe { *c_half.cast::<*mut PyMethodDef>().add(DEFINITION) };
    // A definition lies in the file that the compiler made, name and all.
    let words = image.read::<[usize; 4]>(definition as usize)?;
    image.text(words[0], 1000)?;
    if !image.is_code(words[1]) {
        return None;
    }
    // SAFETY: it is a definition in a loaded file, and those are never unloaded.
    unsafe { crate::call::method(definition) }.ok()?.native
}

/// Shows that `w` is the wrapper of the C function at `native`, exported as `name`; or says what is missing.
pub fn prove(image: &Image, w: &Wrapper, name: &str, native: usize) -> Result<Proven, String> {
    let file = File::of(native)
        .filter(|_| image.is_code(native))
        .ok_or("its C function is not code of a loaded file")?;
    let start = w.target.function as usize;
    if !file.holds(start) || !file.holds(w.target.definition) {
        return Err("its wrapper is not in the file of its C function".into());
    }
    let own_name = w.target.method.get().map_or("?", |m| m.name);
    if own_name != name {
        return Err(format!(
            "the name is bound to another function, `{own_name}`"
        ));
    }
    let wrapper = references::of(image, &file, start)
        .ok_or("the machine code of its wrapper is not understood")?;
    let mut traceback_name = None;
    if w.own_type {
        traceback_name = named_in(image, w, name, &wrapper)?;
        if traceback_name.is_none() && !wrapper.calls.contains(&native) {
            return Err(
                "its wrapper neither calls the C function nor names itself in tracebacks".into(),
            );
        }
    }
    Ok(Proven {
        file,
        wrapper,
        traceback_name,
    })
}

/// Looks for `module.name` among what a wrapper's code refers to. An error: it is not a function of the module.
fn named_in(
    image: &Image,
    w: &Wrapper,
    name: &str,
    code: &References,
) -> Result<Option<String>, String> {
    let module = attribute(w.value, "__module__").ok_or("it does not say its module")?;
    if attribute(w.value, "__qualname__").as_deref() != Some(name) {
        return Err("it is not a function of the module itself".into());
    }
    match find_attr(w.value, intern_str("__closure__")) {
        Ok(Some(v)) if v.is_none() => {}
        _ => return Err("it may have a closure".into()),
    }
    let (prefix, wanted) = (format!("{module}."), format!("{module}.{name}"));
    let suffix = format!(".{name}");
    let mut found = None;
    for &at in &code.addresses {
        if image.bytes(at, prefix.len()) != Some(prefix.as_bytes()) {
            continue;
        }
        match image.text(at, 1000) {
            Some(text) if text == wanted => found = Some(text),
            Some(text) if text.ends_with(&suffix) => {
                return Err(format!("its wrapper names itself `{text}` in tracebacks"));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// A text attribute of a function.
pub fn attribute(v: Value, name: &str) -> Option<String> {
    let found = find_attr(v, intern_str(name)).ok()??;
    Some(found.cast::<Str>()?.to_string_lossy().into_owned())
}
