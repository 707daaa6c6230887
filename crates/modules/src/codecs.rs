//! `_codecs`: the codec registry and the builtin codecs as functions.

use rivet_vm::exceptions::PyResult;
use rivet_vm::object::args::{Bound, bad_argument, text, text_or_none};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::memoryview::bytes_like;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::codec::{
    charmap,
    errors::{self, Errors},
    escape, single, utf7, utf8,
    wide::{self, Order},
};
use rivet_vm::types::str::{Str, registry};
use rivet_vm::types::tuple;
use rivet_vm::value::{Gc, Value};

use crate::util::c_text;

const ENCODE: &str = "($module, str, errors=None, /)";
const ENCODE_WIDE: &str = "($module, str, errors=None, byteorder=0, /)";
const DECODE: &str = "($module, data, errors=None, final=False, /)";
const DECODE_WHOLE: &str = "($module, data, errors=None, /)";
const DECODE_WIDE: &str = "($module, data, errors=None, byteorder=0, final=False, /)";
const DECODE_ESCAPES: &str = "($module, data, errors=None, final=True, /)";

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(REGISTRY)?;
    m.add_functions(CODECS)
}

// ---- the registry ----

static REGISTRY: &[Method] = &[
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
        |_, e| registry::lookup(&c_text("lookup", "", e)?).map(Gc::value),
        "Looks up a codec tuple in the Python codec registry and returns a CodecInfo object.",
    ),
    Method::bound(
        "encode",
        "($module, /, obj, encoding='utf-8', errors='strict')",
        |_, a| through_registry(a, "encode", registry::encode),
        "Encodes obj using the codec registered for encoding.",
    ),
    Method::bound(
        "decode",
        "($module, /, obj, encoding='utf-8', errors='strict')",
        |_, a| through_registry(a, "decode", registry::decode),
        "Decodes obj using the codec registered for encoding.",
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
        |_, n| errors::lookup_error(&c_text("lookup_error", "", n)?),
        "lookup_error(errors) -> handler",
    ),
];

fn through_registry(
    a: Bound,
    function: &str,
    run: fn(Value, &str, Option<Gc<Str>>) -> PyResult<Value>,
) -> PyResult<Value> {
    let encoding = match a[1] {
        Some(e) => c_text(function, "'encoding'", e)?,
        None => "utf-8".to_owned(),
    };
    let errors = a[2].map(|e| text(function, "'errors'", e)).transpose()?;
    run(arg(a, 0), &encoding, errors)
}

fn register_error(_m: Value, a: Bound) -> PyResult<Value> {
    let name = arg(a, 0);
    c_text("register_error", 1, name)?;
    errors::register_error(text("register_error", 1, name)?, arg(a, 1))?;
    Ok(Value::NONE)
}

// ---- the codecs ----

/// An encoder: name and function.
macro_rules! encoder {
    ($name:literal, $f:expr) => {
        Method::bound($name, ENCODE, |_, a| encode_with(a, $name, $f), "")
    };
}

/// A decoder that can be fed piece by piece.
macro_rules! decoder {
    ($name:literal, $f:expr) => {
        Method::bound($name, DECODE, |_, a| decode_with(a, $name, $f), "")
    };
}

/// A decoder of data that is there as a whole.
macro_rules! whole_decoder {
    ($name:literal, $f:expr) => {
        Method::bound($name, DECODE_WHOLE, |_, a| decode_with(a, $name, $f), "")
    };
}

/// A decoder of escapes, which takes text too.
macro_rules! escape_decoder {
    ($name:literal, $f:expr) => {
        Method::bound(
            $name,
            DECODE_ESCAPES,
            |_, a| escape_decode_with(a, $name, $f),
            "",
        )
    };
}

static CODECS: &[Method] = &[
    encoder!("utf_8_encode", utf8::encode),
    decoder!("utf_8_decode", utf8::decode),
    encoder!("utf_7_encode", |s, _| Ok(utf7::encode(s))),
    decoder!("utf_7_decode", utf7::decode),
    Method::bound(
        "utf_16_encode",
        ENCODE_WIDE,
        |_, a| wide_encode(a, "utf_16_encode", wide::encode16),
        "",
    ),
    encoder!("utf_16_le_encode", |s, e| wide::encode16(
        s,
        e,
        Order::Little
    )),
    encoder!("utf_16_be_encode", |s, e| wide::encode16(s, e, Order::Big)),
    decoder!("utf_16_decode", |d, e, last| wide::decode16(
        d,
        e,
        Order::Native,
        last
    )
    .map(|r| (r.0, r.1))),
    decoder!("utf_16_le_decode", |d, e, last| wide::decode16(
        d,
        e,
        Order::Little,
        last
    )
    .map(|r| (r.0, r.1))),
    decoder!("utf_16_be_decode", |d, e, last| wide::decode16(
        d,
        e,
        Order::Big,
        last
    )
    .map(|r| (r.0, r.1))),
    Method::bound(
        "utf_16_ex_decode",
        DECODE_WIDE,
        |_, a| ex_decode(a, "utf_16_ex_decode", wide::decode16),
        "",
    ),
    Method::bound(
        "utf_32_encode",
        ENCODE_WIDE,
        |_, a| wide_encode(a, "utf_32_encode", wide::encode32),
        "",
    ),
    encoder!("utf_32_le_encode", |s, e| wide::encode32(
        s,
        e,
        Order::Little
    )),
    encoder!("utf_32_be_encode", |s, e| wide::encode32(s, e, Order::Big)),
    decoder!("utf_32_decode", |d, e, last| wide::decode32(
        d,
        e,
        Order::Native,
        last
    )
    .map(|r| (r.0, r.1))),
    decoder!("utf_32_le_decode", |d, e, last| wide::decode32(
        d,
        e,
        Order::Little,
        last
    )
    .map(|r| (r.0, r.1))),
    decoder!("utf_32_be_decode", |d, e, last| wide::decode32(
        d,
        e,
        Order::Big,
        last
    )
    .map(|r| (r.0, r.1))),
    Method::bound(
        "utf_32_ex_decode",
        DECODE_WIDE,
        |_, a| ex_decode(a, "utf_32_ex_decode", wide::decode32),
        "",
    ),
    encoder!("ascii_encode", single::encode_ascii),
    whole_decoder!("ascii_decode", |d, e, _| Ok((
        single::decode_ascii(d, e)?,
        d.len()
    ))),
    encoder!("latin_1_encode", single::encode_latin1),
    whole_decoder!("latin_1_decode", |d, _, _| Ok((
        Str::from_latin1(d)?,
        d.len()
    ))),
    encoder!("unicode_escape_encode", |s, _| Ok(escape::encode_unicode(
        s
    )
    .into_bytes())),
    escape_decoder!("unicode_escape_decode", escape::decode_unicode),
    encoder!("raw_unicode_escape_encode", |s, _| Ok(escape::encode_raw(
        s
    ))),
    escape_decoder!("raw_unicode_escape_decode", escape::decode_raw),
    Method::bound("escape_encode", DECODE_WHOLE, escape_encode, ""),
    Method::bound("escape_decode", DECODE_WHOLE, escape_decode, ""),
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
    Method::bound("readbuffer_encode", DECODE_WHOLE, readbuffer_encode, ""),
    Method::one(
        "charmap_build",
        "($module, map, /)",
        |_, m| charmap::build(text("charmap_build", "", m)?),
        "",
    ),
];

type Encode = fn(Gc<Str>, &Errors) -> PyResult<Vec<u8>>;
type WideEncode = fn(Gc<Str>, &Errors, Order) -> PyResult<Vec<u8>>;
type Decode = fn(&[u8], &Errors, bool) -> PyResult<(Gc<Str>, usize)>;
type WideDecode = fn(&[u8], &Errors, Order, bool) -> PyResult<(Gc<Str>, usize, Order)>;

fn encode_with(a: Bound, name: &str, f: Encode) -> PyResult<Value> {
    let s = text(name, 1, arg(a, 0))?;
    encoded(&f(s, &handler(a[1], name)?)?, s.len())
}

fn wide_encode(a: Bound, name: &str, f: WideEncode) -> PyResult<Value> {
    let s = text(name, 1, arg(a, 0))?;
    encoded(&f(s, &handler(a[1], name)?, order(a[2])?)?, s.len())
}

fn decode_with(a: Bound, name: &str, f: Decode) -> PyResult<Value> {
    let data = bytes_like(arg(a, 0))?;
    let last = flag(a.get(2).copied().flatten(), false)?;
    let (s, used) = f(&data, &handler(a[1], name)?, last)?;
    decoded(s, used)
}

fn escape_decode_with(a: Bound, name: &str, f: Decode) -> PyResult<Value> {
    let data = data_or_text(arg(a, 0))?;
    let (s, used) = f(&data, &handler(a[1], name)?, flag(a[2], true)?)?;
    decoded(s, used)
}

/// `utf_16_ex_decode` and `utf_32_ex_decode` also tell the byte order.
fn ex_decode(a: Bound, name: &str, f: WideDecode) -> PyResult<Value> {
    let data = bytes_like(arg(a, 0))?;
    let (s, used, order) = f(
        &data,
        &handler(a[1], name)?,
        order(a[2])?,
        flag(a[3], false)?,
    )?;
    tuple::new(&[
        s.value(),
        Value::from_usize(used),
        Value::int(order.number()),
    ])
}

fn escape_encode(_m: Value, a: Bound) -> PyResult<Value> {
    let v = arg(a, 0);
    let Some(b) = v.cast::<Bytes>() else {
        return Err(bad_argument("escape_encode", 1, "bytes", v));
    };
    encoded(escape::encode_bytes(b.as_slice()).as_bytes(), b.len())
}

fn escape_decode(_m: Value, a: Bound) -> PyResult<Value> {
    let data = data_or_text(arg(a, 0))?;
    let out = escape::decode_bytes(&data, &handler(a[1], "escape_decode")?)?;
    encoded(&out, data.len())
}

fn charmap_encode(_m: Value, a: Bound) -> PyResult<Value> {
    let s = text("charmap_encode", 1, arg(a, 0))?;
    let handler = handler(a[1], "charmap_encode")?;
    let table = a[2].and_then(Value::not_none);
    encoded(&charmap::encode(s, &handler, table)?, s.len())
}

fn charmap_decode(_m: Value, a: Bound) -> PyResult<Value> {
    let data = bytes_like(arg(a, 0))?;
    let handler = handler(a[1], "charmap_decode")?;
    let table = a[2].and_then(Value::not_none);
    decoded(charmap::decode(&data, &handler, table)?, data.len())
}

fn readbuffer_encode(_m: Value, a: Bound) -> PyResult<Value> {
    let data = data_or_text(arg(a, 0))?;
    handler(a[1], "readbuffer_encode")?;
    encoded(&data, data.len())
}

// ---- arguments and results ----

fn arg(a: Bound, i: usize) -> Value {
    a[i].unwrap_or(Value::NONE)
}

fn handler(v: Option<Value>, function: &str) -> PyResult<Errors> {
    let name = text_or_none(function, 2, v)?;
    if let Some(name) = name {
        c_text(function, 2, name.value())?;
    }
    Ok(Errors::of(name))
}

/// A flag declared as an int.
fn flag(v: Option<Value>, default: bool) -> PyResult<bool> {
    v.map_or(Ok(default), |v| Ok(protocol::as_isize(v)? != 0))
}

fn order(v: Option<Value>) -> PyResult<Order> {
    let n = v.map_or(Ok(0), protocol::as_isize)?;
    Ok(Order::from_number(n as i64))
}

/// Data of a decoder that takes str too (escape codecs).
fn data_or_text(v: Value) -> PyResult<Vec<u8>> {
    match v.cast::<Str>() {
        Some(s) => utf8::encode(s, &Errors::Strict),
        None => bytes_like(v),
    }
}

/// What an encoder gives: bytes and how much it read.
fn encoded(data: &[u8], read: usize) -> PyResult<Value> {
    tuple::new(&[bytes::new(data)?, Value::from_usize(read)])
}

/// What a decoder gives: text and how many bytes it read.
fn decoded(s: Gc<Str>, used: usize) -> PyResult<Value> {
    tuple::new(&[s.value(), Value::from_usize(used)])
}
