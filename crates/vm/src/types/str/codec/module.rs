//! The functions of the `_codecs` module.

use super::errors::{self, Errors};
use super::wide::{self, Order};
use super::{charmap, escape, single, utf7, utf8};
use crate::exceptions::{PyResult, type_error};
use crate::object::spec::Method;
use crate::object::{Bound, protocol};
use crate::types::buffer::bytes_like;
use crate::types::bytes;
use crate::types::str::{Str, registry};
use crate::types::tuple;
use crate::value::{Gc, Value};

fn text(v: Value, function: &str, n: usize) -> PyResult<Gc<Str>> {
    v.cast::<Str>().ok_or_else(|| {
        let t = v.type_of().name_string();
        type_error(format!("{function}() argument {n} must be str, not {t}"))
    })
}

fn optional_text(v: Option<Value>, function: &str, n: usize) -> PyResult<Option<Gc<Str>>> {
    v.and_then(Value::not_none)
        .map(|v| text(v, function, n))
        .transpose()
}

fn handler(v: Option<Value>, function: &str) -> PyResult<Errors> {
    Ok(Errors::of(optional_text(v, function, 2)?))
}

fn flag(v: Option<Value>) -> PyResult<bool> {
    v.map_or(Ok(false), protocol::is_true)
}

/// Data of a decoder that takes str too (escape codecs).
fn data_or_text(v: Value) -> PyResult<Vec<u8>> {
    match v.cast::<Str>() {
        Some(s) => utf8::encode(s, &Errors::Strict),
        None => bytes_like(v),
    }
}

fn arg(a: Bound, i: usize) -> Value {
    a[i].unwrap_or(Value::NONE)
}

/// `(bytes, number of characters)`
fn encoded(data: &[u8], s: Gc<Str>) -> PyResult<Value> {
    tuple::new(&[bytes::new(data)?, Value::from_usize(s.len())])
}

/// `(str, number of bytes)`
fn decoded(s: Gc<Str>, used: usize) -> PyResult<Value> {
    tuple::new(&[s.value(), Value::from_usize(used)])
}

fn name_of(v: Option<Value>, function: &str, n: usize) -> PyResult<String> {
    match v {
        Some(v) => text(v, function, n).map(|s| s.to_string_lossy().into_owned()),
        None => Ok("utf-8".to_owned()),
    }
}

fn encode(_: Value, a: Bound) -> PyResult<Value> {
    registry::encode(
        arg(a, 0),
        &name_of(a[1], "encode", 2)?,
        a[2].map(|e| text(e, "encode", 3)).transpose()?,
    )
}

fn decode(_: Value, a: Bound) -> PyResult<Value> {
    registry::decode(
        arg(a, 0),
        &name_of(a[1], "decode", 2)?,
        a[2].map(|e| text(e, "decode", 3)).transpose()?,
    )
}

fn lookup(_: Value, name: Value) -> PyResult<Value> {
    let Some(s) = name.cast::<Str>() else {
        let t = name.type_of().name_string();
        return Err(type_error(format!(
            "lookup() argument must be str, not {t}"
        )));
    };
    registry::lookup(&s.to_string_lossy()).map(Gc::value)
}

fn lookup_error(_: Value, name: Value) -> PyResult<Value> {
    let Some(s) = name.cast::<Str>() else {
        let t = name.type_of().name_string();
        return Err(type_error(format!(
            "lookup_error() argument must be str, not {t}"
        )));
    };
    errors::lookup_error(&s.to_string_lossy())
}

fn register_error(_: Value, a: Bound) -> PyResult<Value> {
    errors::register_error(text(arg(a, 0), "register_error", 1)?, arg(a, 1))?;
    Ok(Value::NONE)
}

type Encode = fn(Gc<Str>, &Errors) -> PyResult<Vec<u8>>;

fn encode_with(a: Bound, name: &str, f: Encode) -> PyResult<Value> {
    let s = text(arg(a, 0), name, 1)?;
    encoded(&f(s, &handler(a[1], name)?)?, s)
}

type DecodeStateful = fn(&[u8], &Errors, bool) -> PyResult<(Gc<Str>, usize)>;

fn decode_with(a: Bound, name: &str, f: DecodeStateful) -> PyResult<Value> {
    let data = bytes_like(arg(a, 0))?;
    let (s, used) = f(
        &data,
        &handler(a[1], name)?,
        flag(a.get(2).copied().flatten())?,
    )?;
    decoded(s, used)
}

fn escape_decode_with(a: Bound, name: &str, f: DecodeStateful) -> PyResult<Value> {
    let data = data_or_text(arg(a, 0))?;
    let last = a[2].map_or(Ok(true), protocol::is_true)?;
    let (s, used) = f(&data, &handler(a[1], name)?, last)?;
    decoded(s, used)
}

fn escape_encode(_: Value, a: Bound) -> PyResult<Value> {
    let v = arg(a, 0);
    let Some(b) = v.cast::<bytes::Bytes>() else {
        let t = v.type_of().name_string();
        return Err(type_error(format!(
            "escape_encode() argument 1 must be bytes, not {t}"
        )));
    };
    let out = escape::encode_bytes(b.as_slice());
    tuple::new(&[bytes::new(out.as_bytes())?, Value::from_usize(b.len())])
}

fn escape_decode(_: Value, a: Bound) -> PyResult<Value> {
    let data = data_or_text(arg(a, 0))?;
    let out = escape::decode_bytes(&data, &handler(a[1], "escape_decode")?)?;
    tuple::new(&[bytes::new(&out)?, Value::from_usize(data.len())])
}

/// `utf_16_ex_decode` and `utf_32_ex_decode`: also tell the byte order.
fn ex_decode(a: Bound, wide16: bool) -> PyResult<Value> {
    let name = if wide16 {
        "utf_16_ex_decode"
    } else {
        "utf_32_ex_decode"
    };
    let data = bytes_like(arg(a, 0))?;
    let order = Order::from_number(a[2].map_or(Ok(0), protocol::as_isize)? as i64);
    let last = flag(a[3])?;
    let f = if wide16 {
        wide::decode16
    } else {
        wide::decode32
    };
    let (s, used, order) = f(&data, &handler(a[1], name)?, order, last)?;
    tuple::new(&[
        s.value(),
        Value::from_usize(used),
        Value::int(order.number()),
    ])
}

/// `utf_16_encode` and `utf_32_encode`, which take a byte order.
fn wide_encode(a: Bound, wide16: bool) -> PyResult<Value> {
    let name = if wide16 {
        "utf_16_encode"
    } else {
        "utf_32_encode"
    };
    let s = text(arg(a, 0), name, 1)?;
    let order = Order::from_number(a[2].map_or(Ok(0), protocol::as_isize)? as i64);
    let f = if wide16 {
        wide::encode16
    } else {
        wide::encode32
    };
    encoded(&f(s, &handler(a[1], name)?, order)?, s)
}

fn charmap_encode(_: Value, a: Bound) -> PyResult<Value> {
    let s = text(arg(a, 0), "charmap_encode", 1)?;
    encoded(
        &charmap::encode(s, &handler(a[1], "charmap_encode")?, a[2])?,
        s,
    )
}

fn charmap_decode(_: Value, a: Bound) -> PyResult<Value> {
    let data = bytes_like(arg(a, 0))?;
    let s = charmap::decode(&data, &handler(a[1], "charmap_decode")?, a[2])?;
    decoded(s, data.len())
}

fn charmap_build(_: Value, table: Value) -> PyResult<Value> {
    match table.cast::<Str>() {
        Some(t) => charmap::build(t),
        None => Err(type_error(format!(
            "charmap_build() argument must be str, not {}",
            table.type_of().name_string()
        ))),
    }
}

fn readbuffer_encode(_: Value, a: Bound) -> PyResult<Value> {
    let data = data_or_text(arg(a, 0))?;
    tuple::new(&[bytes::new(&data)?, Value::from_usize(data.len())])
}

const ENC: &str = "($module, str, errors=None, /)";
const DEC: &str = "($module, data, errors=None, final=False, /)";

/// The functions.
pub static METHODS: &[Method] = &[
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
        lookup,
        "Looks up a codec tuple in the Python codec registry and returns a CodecInfo object.",
    ),
    Method::bound(
        "encode",
        "($module, /, obj, encoding='utf-8', errors='strict')",
        encode,
        "Encodes obj using the codec registered for encoding.",
    ),
    Method::bound(
        "decode",
        "($module, /, obj, encoding='utf-8', errors='strict')",
        decode,
        "Decodes obj using the codec registered for encoding.",
    ),
    Method::bound(
        "escape_encode",
        "($module, data, errors=None, /)",
        escape_encode,
        "",
    ),
    Method::bound(
        "escape_decode",
        "($module, data, errors=None, /)",
        escape_decode,
        "",
    ),
    Method::bound(
        "utf_8_encode",
        ENC,
        |_, a| encode_with(a, "utf_8_encode", utf8::encode),
        "",
    ),
    Method::bound(
        "utf_8_decode",
        DEC,
        |_, a| decode_with(a, "utf_8_decode", utf8::decode),
        "",
    ),
    Method::bound(
        "utf_7_encode",
        ENC,
        |_, a| encode_with(a, "utf_7_encode", |s, _| Ok(utf7::encode(s))),
        "",
    ),
    Method::bound(
        "utf_7_decode",
        DEC,
        |_, a| decode_with(a, "utf_7_decode", utf7::decode),
        "",
    ),
    Method::bound(
        "utf_16_encode",
        "($module, str, errors=None, byteorder=0, /)",
        |_, a| wide_encode(a, true),
        "",
    ),
    Method::bound(
        "utf_16_le_encode",
        ENC,
        |_, a| {
            encode_with(a, "utf_16_le_encode", |s, e| {
                wide::encode16(s, e, Order::Little)
            })
        },
        "",
    ),
    Method::bound(
        "utf_16_be_encode",
        ENC,
        |_, a| {
            encode_with(a, "utf_16_be_encode", |s, e| {
                wide::encode16(s, e, Order::Big)
            })
        },
        "",
    ),
    Method::bound(
        "utf_16_decode",
        DEC,
        |_, a| {
            decode_with(a, "utf_16_decode", |d, e, l| {
                wide::decode16(d, e, Order::Native, l).map(|r| (r.0, r.1))
            })
        },
        "",
    ),
    Method::bound(
        "utf_16_le_decode",
        DEC,
        |_, a| {
            decode_with(a, "utf_16_le_decode", |d, e, l| {
                wide::decode16(d, e, Order::Little, l).map(|r| (r.0, r.1))
            })
        },
        "",
    ),
    Method::bound(
        "utf_16_be_decode",
        DEC,
        |_, a| {
            decode_with(a, "utf_16_be_decode", |d, e, l| {
                wide::decode16(d, e, Order::Big, l).map(|r| (r.0, r.1))
            })
        },
        "",
    ),
    Method::bound(
        "utf_16_ex_decode",
        "($module, data, errors=None, byteorder=0, final=False, /)",
        |_, a| ex_decode(a, true),
        "",
    ),
    Method::bound(
        "utf_32_encode",
        "($module, str, errors=None, byteorder=0, /)",
        |_, a| wide_encode(a, false),
        "",
    ),
    Method::bound(
        "utf_32_le_encode",
        ENC,
        |_, a| {
            encode_with(a, "utf_32_le_encode", |s, e| {
                wide::encode32(s, e, Order::Little)
            })
        },
        "",
    ),
    Method::bound(
        "utf_32_be_encode",
        ENC,
        |_, a| {
            encode_with(a, "utf_32_be_encode", |s, e| {
                wide::encode32(s, e, Order::Big)
            })
        },
        "",
    ),
    Method::bound(
        "utf_32_decode",
        DEC,
        |_, a| {
            decode_with(a, "utf_32_decode", |d, e, l| {
                wide::decode32(d, e, Order::Native, l).map(|r| (r.0, r.1))
            })
        },
        "",
    ),
    Method::bound(
        "utf_32_le_decode",
        DEC,
        |_, a| {
            decode_with(a, "utf_32_le_decode", |d, e, l| {
                wide::decode32(d, e, Order::Little, l).map(|r| (r.0, r.1))
            })
        },
        "",
    ),
    Method::bound(
        "utf_32_be_decode",
        DEC,
        |_, a| {
            decode_with(a, "utf_32_be_decode", |d, e, l| {
                wide::decode32(d, e, Order::Big, l).map(|r| (r.0, r.1))
            })
        },
        "",
    ),
    Method::bound(
        "utf_32_ex_decode",
        "($module, data, errors=None, byteorder=0, final=False, /)",
        |_, a| ex_decode(a, false),
        "",
    ),
    Method::bound(
        "unicode_escape_encode",
        ENC,
        |_, a| {
            encode_with(a, "unicode_escape_encode", |s, _| {
                Ok(escape::encode_unicode(s).into_bytes())
            })
        },
        "",
    ),
    Method::bound(
        "unicode_escape_decode",
        "($module, data, errors=None, final=True, /)",
        |_, a| escape_decode_with(a, "unicode_escape_decode", escape::decode_unicode),
        "",
    ),
    Method::bound(
        "raw_unicode_escape_encode",
        ENC,
        |_, a| {
            encode_with(a, "raw_unicode_escape_encode", |s, _| {
                Ok(escape::encode_raw(s))
            })
        },
        "",
    ),
    Method::bound(
        "raw_unicode_escape_decode",
        "($module, data, errors=None, final=True, /)",
        |_, a| escape_decode_with(a, "raw_unicode_escape_decode", escape::decode_raw),
        "",
    ),
    Method::bound(
        "latin_1_encode",
        ENC,
        |_, a| encode_with(a, "latin_1_encode", single::encode_latin1),
        "",
    ),
    Method::bound(
        "latin_1_decode",
        "($module, data, errors=None, /)",
        |_, a| {
            decode_with(a, "latin_1_decode", |d, _, _| {
                Ok((Str::from_latin1(d)?, d.len()))
            })
        },
        "",
    ),
    Method::bound(
        "ascii_encode",
        ENC,
        |_, a| encode_with(a, "ascii_encode", single::encode_ascii),
        "",
    ),
    Method::bound(
        "ascii_decode",
        "($module, data, errors=None, /)",
        |_, a| {
            decode_with(a, "ascii_decode", |d, e, _| {
                Ok((single::decode_ascii(d, e)?, d.len()))
            })
        },
        "",
    ),
    Method::bound(
        "charmap_encode",
        "($module, str, errors=None, mapping=None, /)",
        charmap_encode,
        "",
    ),
    Method::bound(
        "charmap_decode",
        "($module, data, errors=None, mapping=None, /)",
        charmap_decode,
        "",
    ),
    Method::one("charmap_build", "($module, map, /)", charmap_build, ""),
    Method::bound(
        "readbuffer_encode",
        "($module, data, errors=None, /)",
        readbuffer_encode,
        "",
    ),
    Method::bound(
        "register_error",
        "($module, errors, handler, /)",
        register_error,
        "Register the specified error handler under the name errors.",
    ),
    Method::one(
        "lookup_error",
        "($module, name, /)",
        lookup_error,
        "lookup_error(errors) -> handler",
    ),
];
