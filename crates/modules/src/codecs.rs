//! `_codecs`: the codec registry and the builtin codecs as functions.

use rivet_vm::exceptions::{PyResult, type_error, value_error};
use rivet_vm::object::args::Bound;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::codec::{
    charmap,
    errors::{self, Errors},
    escape, single, surrogate_error, utf7, utf8, wide,
};
use rivet_vm::types::str::registry;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::{bytes, int, memoryview, tuple};
use rivet_vm::value::{Gc, Value};

const ENCODE: &str = "($module, str, errors=None, /)";
const DECODE: &str = "($module, data, errors=None, final=False, /)";

static METHODS: &[Method] = &[
    Method::one(
        "register",
        "($module, search_function, /)",
        |_, f| registry::register(f).map(|()| Value::NONE),
        "Register a codec search function.",
    ),
    Method::one(
        "unregister",
        "($module, search_function, /)",
        |_, f| registry::unregister(f).map(|()| Value::NONE),
        "Unregister a codec search function and clear the registry's cache.",
    ),
    Method::one(
        "lookup",
        "($module, encoding, /)",
        |_, e| registry::lookup(&text(e)?).map(Gc::value),
        "Looks up a codec tuple in the Python codec registry and returns a CodecInfo object.",
    ),
    Method::bound(
        "encode",
        "($module, /, obj, encoding='utf-8', errors='strict')",
        |_, a| registry::encode(a[0].unwrap_or(Value::NONE), &name(a[1])?, errors_arg(a[2])?),
        "Encodes obj using the codec registered for encoding.",
    ),
    Method::bound(
        "decode",
        "($module, /, obj, encoding='utf-8', errors='strict')",
        |_, a| registry::decode(a[0].unwrap_or(Value::NONE), &name(a[1])?, errors_arg(a[2])?),
        "Decodes obj using the codec registered for encoding.",
    ),
    Method::fast(
        "register_error",
        "($module, errors, handler, /)",
        register_error,
        "Register the specified error handler under the name errors.",
    ),
    Method::one(
        "lookup_error",
        "($module, name, /)",
        |_, n| errors::lookup_error(&text(n)?),
        "lookup_error(errors) -> handler",
    ),
    Method::one(
        "_forget_codec",
        "($module, encoding, /)",
        |_, _| Ok(Value::NONE),
        "",
    ),
    Method::bound(
        "utf_8_encode",
        ENCODE,
        |_, a| {
            let (s, e) = encode_args(a)?;
            pair_bytes(utf8::encode(s, &e)?, s)
        },
        "",
    ),
    Method::bound(
        "utf_8_decode",
        DECODE,
        |_, a| {
            let (d, e, f) = decode_args(a)?;
            pair_text(utf8::decode(&d, &e, f)?)
        },
        "",
    ),
    Method::bound(
        "utf_7_encode",
        ENCODE,
        |_, a| {
            let (s, _) = encode_args(a)?;
            pair_bytes(utf7::encode(s), s)
        },
        "",
    ),
    Method::bound(
        "utf_7_decode",
        DECODE,
        |_, a| {
            let (d, e, f) = decode_args(a)?;
            pair_text(utf7::decode(&d, &e, f)?)
        },
        "",
    ),
    Method::bound(
        "ascii_encode",
        ENCODE,
        |_, a| {
            let (s, e) = encode_args(a)?;
            pair_bytes(single::encode_ascii(s, &e)?, s)
        },
        "",
    ),
    Method::bound(
        "ascii_decode",
        "($module, data, errors=None, /)",
        |_, a| {
            let (d, e) = (
                memoryview::bytes_like(a[0].unwrap_or(Value::NONE))?,
                Errors::of(errors_arg(a[1])?),
            );
            let n = d.len();
            pair_text((single::decode_ascii(&d, &e)?, n))
        },
        "",
    ),
    Method::bound(
        "latin_1_encode",
        ENCODE,
        |_, a| {
            let (s, e) = encode_args(a)?;
            pair_bytes(single::encode_latin1(s, &e)?, s)
        },
        "",
    ),
    Method::bound(
        "latin_1_decode",
        "($module, data, errors=None, /)",
        |_, a| {
            let d = memoryview::bytes_like(a[0].unwrap_or(Value::NONE))?;
            let n = d.len();
            pair_text((Str::from_latin1(&d)?, n))
        },
        "",
    ),
    Method::bound(
        "utf_16_encode",
        "($module, str, errors=None, byteorder=0, /)",
        |_, a| wide16(a, order(a[2])),
        "",
    ),
    Method::bound(
        "utf_16_le_encode",
        ENCODE,
        |_, a| wide16(a, wide::Order::from_number(-1)),
        "",
    ),
    Method::bound(
        "utf_16_be_encode",
        ENCODE,
        |_, a| wide16(a, wide::Order::from_number(1)),
        "",
    ),
    Method::bound(
        "utf_32_encode",
        "($module, str, errors=None, byteorder=0, /)",
        |_, a| wide32(a, order(a[2])),
        "",
    ),
    Method::bound(
        "utf_32_le_encode",
        ENCODE,
        |_, a| wide32(a, wide::Order::from_number(-1)),
        "",
    ),
    Method::bound(
        "utf_32_be_encode",
        ENCODE,
        |_, a| wide32(a, wide::Order::from_number(1)),
        "",
    ),
    Method::bound("utf_16_decode", DECODE, |_, a| unwide16(a, 0), ""),
    Method::bound("utf_16_le_decode", DECODE, |_, a| unwide16(a, -1), ""),
    Method::bound("utf_16_be_decode", DECODE, |_, a| unwide16(a, 1), ""),
    Method::bound("utf_32_decode", DECODE, |_, a| unwide32(a, 0), ""),
    Method::bound("utf_32_le_decode", DECODE, |_, a| unwide32(a, -1), ""),
    Method::bound("utf_32_be_decode", DECODE, |_, a| unwide32(a, 1), ""),
    Method::bound(
        "utf_16_ex_decode",
        "($module, data, errors=None, byteorder=0, final=False, /)",
        |_, a| ex_decode(a, false),
        "",
    ),
    Method::bound(
        "utf_32_ex_decode",
        "($module, data, errors=None, byteorder=0, final=False, /)",
        |_, a| ex_decode(a, true),
        "",
    ),
    Method::bound(
        "unicode_escape_encode",
        ENCODE,
        |_, a| {
            let (s, _) = encode_args(a)?;
            pair_bytes(escape::encode_unicode(s).into_bytes(), s)
        },
        "",
    ),
    Method::bound(
        "unicode_escape_decode",
        "($module, data, errors=None, final=True, /)",
        |_, a| {
            let (d, e) = escape_args(a)?;
            pair_text(escape::decode_unicode(&d, &e, flag(a[2], true)?)?)
        },
        "",
    ),
    Method::bound(
        "raw_unicode_escape_encode",
        ENCODE,
        |_, a| {
            let (s, _) = encode_args(a)?;
            pair_bytes(escape::encode_raw(s), s)
        },
        "",
    ),
    Method::bound(
        "raw_unicode_escape_decode",
        "($module, data, errors=None, final=True, /)",
        |_, a| {
            let (d, e) = escape_args(a)?;
            pair_text(escape::decode_raw(&d, &e, flag(a[2], true)?)?)
        },
        "",
    ),
    Method::bound(
        "escape_encode",
        "($module, data, errors=None, /)",
        |_, a| {
            let d = memoryview::bytes_like(a[0].unwrap_or(Value::NONE))?;
            tuple::new(&[
                bytes::new(escape::encode_bytes(&d).as_bytes())?,
                Value::from_usize(d.len()),
            ])
        },
        "",
    ),
    Method::bound(
        "escape_decode",
        "($module, data, errors=None, /)",
        |_, a| {
            let (d, e) = escape_args(a)?;
            tuple::new(&[
                bytes::new(&escape::decode_bytes(&d, &e)?)?,
                Value::from_usize(d.len()),
            ])
        },
        "",
    ),
    Method::bound(
        "charmap_encode",
        "($module, str, errors=None, mapping=None, /)",
        |_, a| {
            let (s, e) = encode_args(a)?;
            pair_bytes(charmap::encode(s, &e, a[2].and_then(Value::not_none))?, s)
        },
        "",
    ),
    Method::bound(
        "charmap_decode",
        "($module, data, errors=None, mapping=None, /)",
        |_, a| {
            let (d, e) = escape_args(a)?;
            let n = d.len();
            pair_text((charmap::decode(&d, &e, a[2].and_then(Value::not_none))?, n))
        },
        "",
    ),
    Method::one(
        "charmap_build",
        "($module, map, /)",
        |_, m| charmap::build(string(m)?),
        "",
    ),
    Method::bound(
        "readbuffer_encode",
        "($module, data, errors=None, /)",
        |_, a| {
            let d = buffer_or_text(a[0])?;
            tuple::new(&[bytes::new(&d)?, Value::from_usize(d.len())])
        },
        "",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)
}

fn string(v: Value) -> PyResult<Gc<Str>> {
    v.cast::<Str>().ok_or_else(|| {
        type_error(format!(
            "argument must be str, not {}",
            v.type_of().name_string()
        ))
    })
}

fn text(v: Value) -> PyResult<String> {
    let s = string(v)?;
    match s.to_str() {
        Some(t) if t.contains('\0') => Err(value_error("embedded null character")),
        Some(t) => Ok(t.into_owned()),
        None => Err(surrogate_error(s)),
    }
}

fn name(v: Option<Value>) -> PyResult<String> {
    v.map_or(Ok("utf-8".to_owned()), text)
}

fn errors_arg(v: Option<Value>) -> PyResult<Option<Gc<Str>>> {
    v.and_then(Value::not_none).map(string).transpose()
}

fn flag(v: Option<Value>, default: bool) -> PyResult<bool> {
    v.map_or(Ok(default), protocol::is_true)
}

fn encode_args(a: Bound) -> PyResult<(Gc<Str>, Errors)> {
    Ok((
        string(a[0].unwrap_or(Value::NONE))?,
        Errors::of(errors_arg(a[1])?),
    ))
}

fn decode_args(a: Bound) -> PyResult<(Vec<u8>, Errors, bool)> {
    let d = memoryview::bytes_like(a[0].unwrap_or(Value::NONE))?;
    Ok((d, Errors::of(errors_arg(a[1])?), flag(a[2], false)?))
}

fn buffer_or_text(v: Option<Value>) -> PyResult<Vec<u8>> {
    let v = v.unwrap_or(Value::NONE);
    match v.cast::<Str>() {
        Some(s) => Ok(s.to_wtf8().into_owned()),
        None => memoryview::bytes_like(v),
    }
}

fn escape_args(a: Bound) -> PyResult<(Vec<u8>, Errors)> {
    Ok((buffer_or_text(a[0])?, Errors::of(errors_arg(a[1])?)))
}

fn pair_bytes(b: Vec<u8>, s: Gc<Str>) -> PyResult<Value> {
    tuple::new(&[bytes::new(&b)?, Value::from_usize(s.len())])
}

fn pair_text((s, n): (Gc<Str>, usize)) -> PyResult<Value> {
    tuple::new(&[s.value(), Value::from_usize(n)])
}

fn order(v: Option<Value>) -> wide::Order {
    wide::Order::from_number(v.and_then(int::to_i64).unwrap_or(0))
}

fn wide16(a: Bound, order: wide::Order) -> PyResult<Value> {
    let (s, e) = encode_args(a)?;
    pair_bytes(wide::encode16(s, &e, order)?, s)
}

fn wide32(a: Bound, order: wide::Order) -> PyResult<Value> {
    let (s, e) = encode_args(a)?;
    pair_bytes(wide::encode32(s, &e, order)?, s)
}

fn unwide16(a: Bound, order: i64) -> PyResult<Value> {
    let (d, e, f) = decode_args(a)?;
    let r = wide::decode16(&d, &e, wide::Order::from_number(order), f)?;
    pair_text((r.0, r.1))
}

fn unwide32(a: Bound, order: i64) -> PyResult<Value> {
    let (d, e, f) = decode_args(a)?;
    let r = wide::decode32(&d, &e, wide::Order::from_number(order), f)?;
    pair_text((r.0, r.1))
}

fn ex_decode(a: Bound, four: bool) -> PyResult<Value> {
    let d = memoryview::bytes_like(a[0].unwrap_or(Value::NONE))?;
    let (e, f) = (Errors::of(errors_arg(a[1])?), flag(a[3], false)?);
    let r = if four {
        wide::decode32(&d, &e, order(a[2]), f)?
    } else {
        wide::decode16(&d, &e, order(a[2]), f)?
    };
    tuple::new(&[
        r.0.value(),
        Value::from_usize(r.1),
        Value::int(r.2.number()),
    ])
}

fn register_error(_m: Value, a: &[Value]) -> PyResult<Value> {
    rivet_vm::object::args::check_count("register_error", a, 2, 2)?;
    if !rivet_vm::object::call::is_callable(a[1]) {
        return Err(type_error("handler must be callable"));
    }
    errors::register_error(string(a[0])?, a[1]).map(|()| Value::NONE)
}

/// A codec name for messages.
pub fn encoding_name(v: Value) -> PyResult<Value> {
    str::new(&text(v)?)
}
