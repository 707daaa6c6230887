//! `UnicodeDecodeError`, `UnicodeEncodeError`, `UnicodeTranslateError`.

use super::classes::member;
use super::methods::{init, or_none, this};
use super::{PyResult, type_error};
use crate::object::protocol;
use crate::object::spec::TypeSpec;
use crate::types::bytes::Bytes;
use crate::types::int;
use crate::types::str::{self, Str};
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

const ENCODING: usize = 0;
const OBJECT: usize = 1;
const START: usize = 2;
const END: usize = 3;
const REASON: usize = 4;

/// The three classes: they differ in constructor and text.
pub(super) fn spec(plain: TypeSpec) -> TypeSpec {
    let plain = TypeSpec {
        members: const {
            &[
                member("encoding", 0),
                member("object", 1),
                member("start", 2),
                member("end", 3),
                member("reason", 4),
            ]
        },
        ..plain
    };
    match plain.name {
        "UnicodeDecodeError" => TypeSpec {
            slots: |s| {
                s.init = Some(init_decode);
                s.str = Some(text_decode);
            },
            ..plain
        },
        "UnicodeEncodeError" => TypeSpec {
            slots: |s| {
                s.init = Some(init_encode);
                s.str = Some(text_encode);
            },
            ..plain
        },
        _ => TypeSpec {
            slots: |s| {
                s.init = Some(init_translate);
                s.str = Some(text_translate);
            },
            ..plain
        },
    }
}

fn count(name: &str, args: &[Value], n: usize) -> PyResult<()> {
    if args.len() == n {
        return Ok(());
    }
    let _ = name;
    Err(type_error(format!(
        "function takes exactly {n} arguments ({} given)",
        args.len()
    )))
}

fn want_str(v: Value, i: usize) -> PyResult<Value> {
    if v.cast::<Str>().is_some() {
        return Ok(v);
    }
    Err(type_error(format!(
        "argument {i} must be str, not {}",
        v.type_of().name_string()
    )))
}

/// Fields from the arguments, beginning at `first` with the object.
fn fill(
    v: Value,
    encoding: Option<Value>,
    object: Value,
    rest: &[Value],
    at: usize,
) -> PyResult<()> {
    let (start, end) = (protocol::as_isize(rest[0])?, protocol::as_isize(rest[1])?);
    want_str(rest[2], at + 2)?;
    let e = this(v);
    e.set_opt(e.field(ENCODING), encoding);
    e.set(e.field(OBJECT), object);
    e.set(e.field(START), Value::int(start as i64));
    e.set(e.field(END), Value::int(end as i64));
    e.set(e.field(REASON), rest[2]);
    Ok(())
}

fn init_decode(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    init(v, args, kw)?;
    count("UnicodeDecodeError", args, 5)?;
    let encoding = want_str(args[0], 1)?;
    let object = if args[1].cast::<Bytes>().is_some() {
        args[1]
    } else if args[1].type_of().slots().buffer.is_some() {
        crate::types::bytes::methods::from_object(args[1])?.value()
    } else {
        let t = args[1].type_of().name_string();
        return Err(type_error(format!(
            "a bytes-like object is required, not '{t}'"
        )));
    };
    fill(v, Some(encoding), object, &args[2..], 3)
}

fn init_encode(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    init(v, args, kw)?;
    count("UnicodeEncodeError", args, 5)?;
    let (encoding, object) = (want_str(args[0], 1)?, want_str(args[1], 2)?);
    fill(v, Some(encoding), object, &args[2..], 3)
}

fn init_translate(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    init(v, args, kw)?;
    count("UnicodeTranslateError", args, 4)?;
    let object = want_str(args[0], 1)?;
    fill(v, None, object, &args[1..], 2)
}

/// What the texts are made of.
struct Parts {
    encoding: String,
    reason: String,
    start: usize,
    end: usize,
}

fn parts(v: Value) -> PyResult<Option<(Parts, Value)>> {
    let e = this(v);
    let Some(object) = e.field(OBJECT).get() else {
        return Ok(None);
    };
    let show = |i: usize| -> PyResult<String> {
        Ok(protocol::str(or_none(e.field(i)))?
            .to_string_lossy()
            .into_owned())
    };
    let number = |i: usize| e.field(i).get().and_then(int::to_i64).unwrap_or(0).max(0) as usize;
    let encoding = if e.field(ENCODING).get().is_some() {
        show(ENCODING)?
    } else {
        String::new()
    };
    Ok(Some((
        Parts {
            encoding,
            reason: show(REASON)?,
            start: number(START),
            end: number(END),
        },
        object,
    )))
}

fn text_decode(v: Value) -> PyResult<Value> {
    let Some((p, object)) = parts(v)? else {
        return Ok(Str::empty().value());
    };
    let bytes = object.cast::<Bytes>();
    let byte = bytes.and_then(|b| b.as_slice().get(p.start).copied());
    let Parts {
        encoding,
        reason,
        start,
        end,
    } = p;
    str::new(&match byte {
        Some(b) if end == start + 1 => {
            format!("'{encoding}' codec can't decode byte 0x{b:02x} in position {start}: {reason}")
        }
        _ => {
            let last = end as i64 - 1;
            format!("'{encoding}' codec can't decode bytes in position {start}-{last}: {reason}")
        }
    })
}

/// `character 'x' in position n` or `characters in position n-m`.
fn characters(p: &Parts, object: Value) -> String {
    let s = object.cast::<Str>();
    match s {
        Some(s) if p.start < s.len() && p.end == p.start + 1 => {
            let mut c = String::new();
            crate::text::push_escape(&mut c, s.chars().get(p.start));
            format!("character '{c}' in position {}", p.start)
        }
        _ => format!("characters in position {}-{}", p.start, p.end as i64 - 1),
    }
}

fn text_encode(v: Value) -> PyResult<Value> {
    let Some((p, object)) = parts(v)? else {
        return Ok(Str::empty().value());
    };
    str::new(&format!(
        "'{}' codec can't encode {}: {}",
        p.encoding,
        characters(&p, object),
        p.reason
    ))
}

fn text_translate(v: Value) -> PyResult<Value> {
    let Some((p, object)) = parts(v)? else {
        return Ok(Str::empty().value());
    };
    str::new(&format!(
        "can't translate {}: {}",
        characters(&p, object),
        p.reason
    ))
}
