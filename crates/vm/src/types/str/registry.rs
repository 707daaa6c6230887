//! The codec registry: search functions, the cache of what they found, and calls through it.

use super::Str;
use crate::exceptions::{
    Exception, PyResult, Raised, exc, lookup_error, raise_instance, take, type_error,
};
use crate::import;
use crate::name;
use crate::object::attr::{find_attr, get_attr};
use crate::object::call::{call, is_callable};
use crate::object::protocol;
use crate::types::dict::Dict;
use crate::types::int;
use crate::types::list::List;
use crate::types::tuple::Tuple;
use crate::value::{Gc, Root, Value};

static SEARCH: Root = Root::new();
static CACHE: Root = Root::new();

fn search_path() -> PyResult<Gc<List>> {
    match SEARCH.get().and_then(|v| v.cast::<List>()) {
        Some(l) => Ok(l),
        None => {
            let l = List::new()?;
            SEARCH.set(l.value());
            Ok(l)
        }
    }
}

fn cache() -> PyResult<Gc<Dict>> {
    match CACHE.get().and_then(|v| v.cast::<Dict>()) {
        Some(d) => Ok(d),
        None => {
            let d = Dict::new()?;
            CACHE.set(d.value());
            Ok(d)
        }
    }
}

/// `codecs.register(search_function)`
pub fn register(f: Value) -> PyResult<()> {
    if !is_callable(f) {
        return Err(type_error("argument must be callable"));
    }
    search_path()?.append(f)
}

/// `codecs.unregister(search_function)`
pub fn unregister(f: Value) -> PyResult<()> {
    let path = search_path()?;
    let at = (0..path.len()).find(|&i| path.get(i) == Some(f));
    if let Some(i) = at {
        path.remove(i);
        CACHE.set(Dict::new()?.value());
    }
    Ok(())
}

/// The form of an encoding's name that search functions get: lower case, runs of other characters as one
/// underscore.
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            if gap && !out.is_empty() {
                out.push('_');
            }
            gap = false;
            out.push(c.to_ascii_lowercase());
        } else {
            gap = true;
        }
    }
    out
}

/// `codecs.lookup(encoding)`: a tuple of four.
pub fn lookup(encoding: &str) -> PyResult<Gc<Tuple>> {
    let key = Str::new(&normalize(encoding))?.intern();
    if let Some(found) = cache()?.get_interned(key).and_then(|v| v.cast::<Tuple>()) {
        return Ok(found);
    }
    if search_path()?.is_empty() {
        import::import_module("encodings")?;
    }
    let path = search_path()?;
    if path.is_empty() {
        return Err(lookup_error(
            "no codec search functions registered: can't find encoding",
        ));
    }
    let mut i = 0;
    while let Some(f) = path.get(i) {
        i += 1;
        let r = call(f, &[key.value()])?;
        if r.is_none() {
            continue;
        }
        let Some(t) = r.cast::<Tuple>().filter(|t| t.len() == 4) else {
            return Err(type_error("codec search functions must return 4-tuples"));
        };
        cache()?.set_interned(key, t.value())?;
        return Ok(t);
    }
    Err(lookup_error(format!("unknown encoding: {encoding}")))
}

/// Calls the encoder (0) or decoder (1) of a codec; gives the first item of the result.
fn run(
    codec: Gc<Tuple>,
    which: usize,
    v: Value,
    errors: Option<Gc<Str>>,
    encoding: &str,
) -> PyResult<Value> {
    let f = codec.item(which);
    let r = match errors {
        Some(e) => call(f, &[v, e.value()]),
        None => call(f, &[v]),
    };
    let r = match r {
        Ok(r) => r,
        Err(raised) => {
            return Err(explain(
                raised,
                if which == 0 { "encoding" } else { "decoding" },
                encoding,
            ));
        }
    };
    match r.cast::<Tuple>().filter(|t| t.len() == 2) {
        Some(t) => Ok(t.item(0)),
        None => {
            let who = if which == 0 { "encoder" } else { "decoder" };
            let comma = if which == 0 { ", " } else { "," };
            Err(type_error(format!(
                "{who} must return a tuple (object{comma}integer)"
            )))
        }
    }
}

/// Says in the exception's text which codec failed, where that is possible: the exception has one str argument,
/// or none, and its class no state of its own.
fn explain(raised: Raised, operation: &str, encoding: &str) -> Raised {
    let e = take(raised);
    let give_up = |e: Value| crate::exceptions::restore(e);
    let Some(ex) = e.cast::<Exception>() else {
        return give_up(e);
    };
    let ty = e.type_of();
    let same_size = ty.body_words.get() == exc().base_exception.body_words.get();
    let plain_args = match ex.arg_items() {
        [] => true,
        [a] => a.cast::<Str>().is_some(),
        _ => false,
    };
    let plain_class = {
        let base = exc().base_exception;
        ty.slots().new.map(|f| f as usize) == base.slots().new.map(|f| f as usize)
            && ty.slots().init.map(|f| f as usize) == base.slots().init.map(|f| f as usize)
    };
    if !same_size
        || !plain_args
        || !plain_class
        || crate::object::instance::get(e, name!("__notes__")).is_some()
    {
        return give_up(e);
    }
    let make = || -> PyResult<Gc<Exception>> {
        let old = protocol::str(e)?;
        let t = ty.name_string();
        let detail = if old.is_empty() {
            t
        } else {
            format!("{t}: {}", old.to_string_lossy())
        };
        let text = Str::new(&format!(
            "{operation} with '{encoding}' codec failed ({detail})"
        ))?;
        let new = Exception::new(ty, &[text.value()])?;
        new.set(&new.cause, e);
        new.set(&new.context, e);
        new.set(&new.suppress, Value::TRUE);
        Ok(new)
    };
    match make() {
        Ok(new) => raise_instance(new.value()),
        Err(raised) => raised,
    }
}

/// `codecs.encode(v, encoding, errors)`
pub fn encode(v: Value, encoding: &str, errors: Option<Gc<Str>>) -> PyResult<Value> {
    run(lookup(encoding)?, 0, v, errors, encoding)
}

/// `codecs.decode(v, encoding, errors)`
pub fn decode(v: Value, encoding: &str, errors: Option<Gc<Str>>) -> PyResult<Value> {
    run(lookup(encoding)?, 1, v, errors, encoding)
}

/// The codec, which must be one between str and bytes.
fn text_codec(encoding: &str, alternative: &str) -> PyResult<Gc<Tuple>> {
    let codec = lookup(encoding)?;
    if codec.value().cast_exact::<Tuple>().is_none()
        && let Some(flag) = find_attr(codec.value(), name!("_is_text_encoding"))?
        && !protocol::is_true(flag)?
    {
        let text = format!(
            "'{encoding}' is not a text encoding; use {alternative} to handle arbitrary codecs"
        );
        return Err(lookup_error(text));
    }
    Ok(codec)
}

/// `str.encode` through the registry.
pub fn encode_text(v: Value, encoding: &str, errors: Option<Gc<Str>>) -> PyResult<Value> {
    run(
        text_codec(encoding, "codecs.encode()")?,
        0,
        v,
        errors,
        encoding,
    )
}

/// `bytes.decode` through the registry.
pub fn decode_text(v: Value, encoding: &str, errors: Option<Gc<Str>>) -> PyResult<Value> {
    run(
        text_codec(encoding, "codecs.decode()")?,
        1,
        v,
        errors,
        encoding,
    )
}

/// For text files: whether a codec is one between str and bytes; LookupError naming `alternative` if not.
pub fn check_text_codec(encoding: &str, alternative: &str) -> PyResult<Gc<Tuple>> {
    text_codec(encoding, alternative)
}

/// `codecs.lookup(encoding).incrementaldecoder(errors)` or `incrementalencoder`.
pub fn incremental(encoding: &str, attribute: Gc<Str>, errors: Option<Gc<Str>>) -> PyResult<Value> {
    let codec = lookup(encoding)?;
    let factory = get_attr(codec.value(), attribute)?;
    match errors {
        Some(e) => call(factory, &[e.value()]),
        None => call(factory, &[]),
    }
}

/// The second item of an encoder's result, as a number.
pub fn consumed(v: Value) -> usize {
    int::to_i64(v)
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(0)
}
