//! Classes with a constructor or text of their own: StopIteration, SystemExit, ImportError, NameError,
//! AttributeError, KeyError, SyntaxError.

use super::classes::member;
use super::methods::{args_of, init, init_positional, or_none, state_of, str_of, this};
use super::{PyResult, type_error};
use crate::object::args::split;
use crate::object::protocol;
use crate::object::slots::InitFn;
use crate::object::spec::{Method, TypeSpec};
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::types::tuple::{self, Tuple};
use crate::types::{int, str::builder::StrBuilder};
use crate::value::{Gc, Value};

static IMPORT_METHODS: &[Method] = &[Method::noargs("__reduce__", reduce_import_error, "")];

/// What the class adds to its base.
pub(super) fn spec(plain: TypeSpec) -> TypeSpec {
    match plain.name {
        "StopIteration" => TypeSpec {
            members: const { &[member("value", 0)] },
            slots: |s| s.init = Some(init_stop_iteration),
            ..plain
        },
        "SystemExit" => TypeSpec {
            members: const { &[member("code", 0)] },
            slots: |s| s.init = Some(init_system_exit),
            ..plain
        },
        "KeyError" => TypeSpec {
            slots: |s| s.str = Some(str_key_error),
            ..plain
        },
        "NameError" => TypeSpec {
            members: const { &[member("name", 0)] },
            slots: |s| s.init = Some(INIT_NAME),
            ..plain
        },
        "AttributeError" => TypeSpec {
            members: const { &[member("name", 0), member("obj", 1)] },
            slots: |s| s.init = Some(init_attribute_error),
            ..plain
        },
        "ImportError" => TypeSpec {
            members: const { &[member("msg", 0), member("name", 1), member("path", 2)] },
            methods: IMPORT_METHODS,
            slots: |s| {
                s.init = Some(init_import_error);
                s.str = Some(str_import_error);
            },
            ..plain
        },
        "SyntaxError" => TypeSpec {
            members: const {
                &[
                    member("msg", 0),
                    member("filename", 1),
                    member("lineno", 2),
                    member("offset", 3),
                    member("text", 4),
                    member("end_lineno", 5),
                    member("end_offset", 6),
                    member("print_file_and_line", 7),
                ]
            },
            slots: |s| {
                s.init = Some(init_syntax_error);
                s.str = Some(str_syntax_error);
            },
            ..plain
        },
        _ => plain,
    }
}

fn init_stop_iteration(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    init(v, args, kw)?;
    this(v).set(
        this(v).field(0),
        args.first().copied().unwrap_or(Value::NONE),
    );
    Ok(())
}

fn init_system_exit(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    init(v, args, kw)?;
    let code = match args {
        [] => Value::NONE,
        [one] => *one,
        _ => this(v).args.value(),
    };
    this(v).set(this(v).field(0), code);
    Ok(())
}

fn str_key_error(v: Value) -> PyResult<Value> {
    match args_of(this(v))?.items() {
        [key] => protocol::repr(*key).map(Gc::value),
        _ => str_of(v),
    }
}

/// `Class(*args, a=None, b=None)`: keyword `i` goes to field `first + i`.
fn init_keywords(
    v: Value,
    args: &[Value],
    kw: Option<Gc<Tuple>>,
    fname: &str,
    names: &[&str],
    first: usize,
) -> PyResult<()> {
    let (positional, values) = split(args, kw);
    init_positional(v, positional)?;
    let e = this(v);
    names
        .iter()
        .enumerate()
        .for_each(|(i, _)| e.field(first + i).clear());
    let Some(given) = kw else { return Ok(()) };
    for (&k, &x) in given.items().iter().zip(values) {
        let found = names
            .iter()
            .position(|n| k.cast::<Str>().is_some_and(|k| k.eq_str(n)));
        let Some(i) = found else {
            let k = protocol::str(k)?;
            let text = format!(
                "'{}' is an invalid keyword argument for {fname}()",
                k.to_string_lossy()
            );
            return Err(type_error(text));
        };
        e.set(e.field(first + i), x);
    }
    Ok(())
}

const INIT_NAME: InitFn = |v, args, kw| init_keywords(v, args, kw, "NameError", &["name"], 0);

fn init_attribute_error(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    init_keywords(v, args, kw, "AttributeError", &["name", "obj"], 0)
}

fn init_import_error(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    init_keywords(v, args, kw, "ImportError", &["name", "path"], 1)?;
    let e = this(v);
    e.field(0).clear();
    if let [msg] = split(args, kw).0 {
        e.set(e.field(0), *msg);
    }
    Ok(())
}

fn str_import_error(v: Value) -> PyResult<Value> {
    match this(v).field(0).get() {
        Some(msg) if msg.cast_exact::<Str>().is_some() => Ok(msg),
        _ => str_of(v),
    }
}

fn reduce_import_error(v: Value) -> PyResult<Value> {
    let e = this(v);
    let state = match state_of(v)? {
        Some(d) => d.copy()?,
        None => Dict::new()?,
    };
    for (i, name) in [(1, "name"), (2, "path")] {
        if let Some(x) = e.field(i).get() {
            state.set_str(name, x)?;
        }
    }
    let (ty, args) = (v.type_of().value(), args_of(e)?.value());
    if state.is_empty() {
        tuple::new(&[ty, args])
    } else {
        tuple::new(&[ty, args, state.value()])
    }
}

// ---- SyntaxError ----

fn init_syntax_error(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    init(v, args, kw)?;
    let e = this(v);
    if let Some(&msg) = args.first() {
        e.set(e.field(0), msg);
    }
    let [_, info] = args else { return Ok(()) };
    let info = protocol::to_tuple(*info)?;
    let n = info.len();
    if !(4..=6).contains(&n) {
        let (how, bound) = if n < 4 {
            ("at least", 4)
        } else {
            ("at most", 6)
        };
        return Err(type_error(format!(
            "function takes {how} {bound} arguments ({n} given)"
        )));
    }
    for i in 1..7 {
        e.set_opt(e.field(i), info.items().get(i - 1).copied());
    }
    if n == 5 {
        return Err(type_error(
            "end_offset must be provided when end_lineno is provided",
        ));
    }
    Ok(())
}

fn str_syntax_error(v: Value) -> PyResult<Value> {
    let e = this(v);
    let file = e.field(1).get_as::<Str>();
    let line = e
        .field(2)
        .get()
        .filter(|l| int::is_int(*l) && l.as_bool().is_none());
    let msg = protocol::str(or_none(e.field(0)))?;
    let base = file.map(|f| {
        let text = f.to_string_lossy().into_owned();
        text.rsplit('/').next().unwrap_or_default().to_owned()
    });
    let line = line.map(int::to_decimal);
    let tail = match (base, line) {
        (Some(f), Some(l)) => format!(" ({f}, line {l})"),
        (Some(f), None) => format!(" ({f})"),
        (None, Some(l)) => format!(" (line {l})"),
        (None, None) => return Ok(msg.value()),
    };
    let mut out = StrBuilder::new();
    out.push_chars(msg.chars());
    out.push_text(&tail);
    out.value()
}
