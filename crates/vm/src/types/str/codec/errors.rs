//! Error handlers of codecs: the builtin ones, the registry of others, and the exceptions they get.

use super::super::builder::StrBuilder;
use super::super::{Chars, Str};
use crate::exceptions::{
    Exception, PyResult, Raised, exc, index_error, lookup_error as lookup_failure, raise_instance,
    type_error,
};
use crate::object::Type;
use crate::object::call::{call, is_callable};
use crate::object::protocol;
use crate::object::spec::Method;
use crate::text::push_escape;
use crate::types::bytes::{self, Bytes};
use crate::types::dict::Dict;
use crate::types::int;
use crate::types::method::Builtin;
use crate::types::tuple::{self, Tuple};
use crate::unicode;
use crate::value::{Gc, Root, Value};

/// What is done about what cannot be coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errors {
    /// Raise.
    Strict,
    /// Skip.
    Ignore,
    /// `?` or U+FFFD.
    Replace,
    /// Bytes beyond ASCII become lone surrogates and back.
    SurrogateEscape,
    /// Surrogates are coded like other characters.
    SurrogatePass,
    /// `\xhh` and the like.
    BackslashReplace,
    /// `&#n;`
    XmlCharRefReplace,
    /// `\N{...}`
    NameReplace,
    /// A registered handler.
    Other(String),
}

impl Errors {
    /// The handler with this name.
    pub fn named(name: &str) -> Errors {
        match name {
            "strict" => Errors::Strict,
            "ignore" => Errors::Ignore,
            "replace" => Errors::Replace,
            "surrogateescape" => Errors::SurrogateEscape,
            "surrogatepass" => Errors::SurrogatePass,
            "backslashreplace" => Errors::BackslashReplace,
            "xmlcharrefreplace" => Errors::XmlCharRefReplace,
            "namereplace" => Errors::NameReplace,
            other => Errors::Other(other.to_owned()),
        }
    }

    /// The handler an optional `errors` argument names.
    pub fn of(errors: Option<Gc<Str>>) -> Errors {
        errors.map_or(Errors::Strict, |e| Self::named(&e.to_string_lossy()))
    }
}

/// The family of a codec, as far as `surrogatepass` needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// UTF-8
    Utf8,
    /// UTF-16 and UTF-32: unit size in bytes and whether big-endian.
    Wide(usize, bool),
    /// Anything else.
    Other,
}

impl Family {
    /// The family of an encoding by its name.
    pub fn named(name: &str) -> Family {
        let n: String = name
            .to_ascii_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        match n.as_str() {
            "utf8" | "cputf8" => Family::Utf8,
            "utf16le" | "utf16" => Family::Wide(2, false),
            "utf16be" => Family::Wide(2, true),
            "utf32le" | "utf32" => Family::Wide(4, false),
            "utf32be" => Family::Wide(4, true),
            _ => Family::Other,
        }
    }

    /// Appends a surrogate.
    fn push(self, c: u32, out: &mut Vec<u8>) -> bool {
        match self {
            Family::Utf8 => super::super::push_wtf8(out, c),
            Family::Wide(2, big) => {
                out.extend_from_slice(&if big {
                    (c as u16).to_be_bytes()
                } else {
                    (c as u16).to_le_bytes()
                });
            }
            Family::Wide(_, big) => out.extend_from_slice(&if big {
                c.to_be_bytes()
            } else {
                c.to_le_bytes()
            }),
            Family::Other => return false,
        }
        true
    }

    /// The surrogate at the beginning of `data`, and its size.
    fn read(self, data: &[u8]) -> Option<(u32, usize)> {
        let (c, n) = match (self, data) {
            (Family::Utf8, &[a, b, c, ..])
                if a & 0xf0 == 0xe0 && b & 0xc0 == 0x80 && c & 0xc0 == 0x80 =>
            {
                (
                    u32::from(a & 15) << 12 | u32::from(b & 63) << 6 | u32::from(c & 63),
                    3,
                )
            }
            (Family::Wide(2, big), &[a, b, ..]) => (
                u32::from(if big {
                    u16::from_be_bytes([a, b])
                } else {
                    u16::from_le_bytes([a, b])
                }),
                2,
            ),
            (Family::Wide(4, big), &[a, b, c, d, ..]) => (
                if big {
                    u32::from_be_bytes([a, b, c, d])
                } else {
                    u32::from_le_bytes([a, b, c, d])
                },
                4,
            ),
            _ => return None,
        };
        (0xd800..0xe000).contains(&c).then_some((c, n))
    }
}

// ---- exceptions ----

fn unicode_exception(class: Gc<Type>, fields: [Value; 5]) -> PyResult<Gc<Exception>> {
    let e = Exception::new(class, &fields)?;
    for (i, v) in fields.into_iter().enumerate() {
        e.set(e.field(i), v);
    }
    Ok(e)
}

/// A UnicodeEncodeError.
pub fn encode_error(
    encoding: &str,
    object: Value,
    start: usize,
    end: usize,
    reason: &str,
) -> PyResult<Gc<Exception>> {
    let (s, e) = (Value::from_usize(start), Value::from_usize(end));
    unicode_exception(
        exc().unicode_encode_error,
        [
            super::super::new(encoding)?,
            object,
            s,
            e,
            super::super::new(reason)?,
        ],
    )
}

/// A UnicodeDecodeError.
pub fn decode_error(
    encoding: &str,
    data: &[u8],
    start: usize,
    end: usize,
    reason: &str,
) -> PyResult<Gc<Exception>> {
    let (s, e) = (Value::from_usize(start), Value::from_usize(end));
    let object = bytes::new(data)?;
    unicode_exception(
        exc().unicode_decode_error,
        [
            super::super::new(encoding)?,
            object,
            s,
            e,
            super::super::new(reason)?,
        ],
    )
}

fn raise(e: PyResult<Gc<Exception>>) -> Raised {
    match e {
        Ok(e) => raise_instance(e.value()),
        Err(raised) => raised,
    }
}

/// The start and end a unicode exception names, clipped to its object.
fn bounds(e: Gc<Exception>, len: usize, first: usize) -> (usize, usize) {
    let number = |i: usize| e.field(i).get().and_then(int::to_i64).unwrap_or(0);
    let start = number(first).clamp(0, (len as i64 - 1).max(0)) as usize;
    let end = number(first + 1).clamp(1.min(len as i64), len as i64) as usize;
    (start, end)
}

// ---- the registry of handlers ----

static HANDLERS: Root = Root::new();

fn handlers() -> PyResult<Gc<Dict>> {
    if let Some(d) = HANDLERS.get().and_then(|v| v.cast::<Dict>()) {
        return Ok(d);
    }
    let d = Dict::new()?;
    HANDLERS.set(d.value());
    for m in BUILTIN_HANDLERS {
        let f = Builtin::new(m, Value::NONE, None)?;
        let name = m.name.trim_end_matches("_errors").replace('_', "");
        d.set_str(&name, f.value())?;
    }
    Ok(d)
}

static BUILTIN_HANDLERS: &[Method] = &[
    Method::one(
        "strict_errors",
        "",
        |_, e| handle(e, &Errors::Strict),
        "Implements the 'strict' error handling, which raises a UnicodeError on coding errors.",
    ),
    Method::one(
        "ignore_errors",
        "",
        |_, e| handle(e, &Errors::Ignore),
        "Implements the 'ignore' error handling, which ignores malformed data and continues.",
    ),
    Method::one(
        "replace_errors",
        "",
        |_, e| handle(e, &Errors::Replace),
        "Implements the 'replace' error handling, which replaces malformed data with a replacement marker.",
    ),
    Method::one(
        "xmlcharrefreplace_errors",
        "",
        |_, e| handle(e, &Errors::XmlCharRefReplace),
        "Implements the 'xmlcharrefreplace' error handling, which replaces an unencodable character with the appropriate XML character reference.",
    ),
    Method::one(
        "backslashreplace_errors",
        "",
        |_, e| handle(e, &Errors::BackslashReplace),
        "Implements the 'backslashreplace' error handling, which replaces malformed data with a backslashed escape sequence.",
    ),
    Method::one(
        "namereplace_errors",
        "",
        |_, e| handle(e, &Errors::NameReplace),
        "Implements the 'namereplace' error handling, which replaces an unencodable character with a \\N{...} escape sequence.",
    ),
    Method::one(
        "surrogatepass",
        "",
        |_, e| handle(e, &Errors::SurrogatePass),
        "",
    ),
    Method::one(
        "surrogateescape",
        "",
        |_, e| handle(e, &Errors::SurrogateEscape),
        "",
    ),
];

/// `codecs.lookup_error(name)`
pub fn lookup_error(name: &str) -> PyResult<Value> {
    match handlers()?.get_str(name) {
        Some(f) => Ok(f),
        None => Err(lookup_failure(format!(
            "unknown error handler name '{name}'"
        ))),
    }
}

/// `codecs.register_error(name, handler)`
pub fn register_error(name: Gc<Str>, handler: Value) -> PyResult<()> {
    if !is_callable(handler) {
        return Err(type_error("handler must be callable"));
    }
    handlers()?.set_item(name.value(), handler)
}

/// A builtin handler called from Python: gives `(replacement, position)`.
fn handle(v: Value, errors: &Errors) -> PyResult<Value> {
    let not_handled = || {
        let t = v.type_of().name_string();
        Err(type_error(format!(
            "don't know how to handle {t} in error callback"
        )))
    };
    let Some(e) = v.cast::<Exception>() else {
        return if *errors == Errors::Strict {
            Err(type_error("codec must pass exception instance"))
        } else {
            not_handled()
        };
    };
    if *errors == Errors::Strict {
        return Err(raise_instance(v));
    }
    let ty = v.type_of();
    let encode = ty.is_subtype(exc().unicode_encode_error);
    let decode = ty.is_subtype(exc().unicode_decode_error);
    let translate = ty.is_subtype(exc().unicode_translate_error);
    let encoding = e
        .field(0)
        .get_as::<Str>()
        .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let family = Family::named(&encoding);
    if decode {
        let object = e.field(1).get().unwrap_or(Value::NONE);
        let data = crate::types::buffer::bytes_like(object)?;
        let (start, end) = bounds(e, data.len(), 2);
        let mut out = StrBuilder::new();
        return match builtin_decode(errors, family, &data, start, end, &mut out) {
            Outcome::Resume(at) => tuple::new(&[out.value()?, Value::from_usize(at)]),
            Outcome::Raise => Err(raise_instance(v)),
            Outcome::NotHandled => not_handled(),
        };
    }
    let Some(s) = e.field(1).get_as::<Str>().filter(|_| encode || translate) else {
        return not_handled();
    };
    let (start, end) = bounds(e, s.len(), 2);
    if translate {
        let mut out = StrBuilder::new();
        match errors {
            Errors::Ignore => {}
            Errors::Replace => out.push_n(0xfffd, end.saturating_sub(start)),
            Errors::BackslashReplace => {
                let mut t = String::new();
                s.chars()
                    .slice(start, end.max(start))
                    .iter()
                    .for_each(|c| push_escape(&mut t, c));
                out.push_text(&t);
            }
            _ => return not_handled(),
        }
        return tuple::new(&[out.value()?, Value::from_usize(end)]);
    }
    match builtin_encode(errors, family, s.chars(), start, end) {
        Some((Replacement::Bytes(b), at)) => tuple::new(&[bytes::new(&b)?, Value::from_usize(at)]),
        Some((Replacement::Text(t), at)) => {
            tuple::new(&[super::super::new(&t)?, Value::from_usize(at)])
        }
        Some((Replacement::Points(p), at)) => {
            tuple::new(&[Str::from_points(&p)?.value(), Value::from_usize(at)])
        }
        None => Err(raise_instance(v)),
    }
}

// ---- decoding ----

enum Outcome {
    Resume(usize),
    Raise,
    NotHandled,
}

fn builtin_decode(
    errors: &Errors,
    family: Family,
    data: &[u8],
    start: usize,
    end: usize,
    out: &mut StrBuilder,
) -> Outcome {
    match errors {
        Errors::Ignore => {}
        Errors::Replace => out.push(0xfffd),
        Errors::BackslashReplace => {
            let mut t = String::new();
            data[start..end]
                .iter()
                .for_each(|&b| push_escape(&mut t, b.into()));
            out.push_text(&t);
        }
        Errors::SurrogateEscape => {
            let bad = data[start..end].iter().take(4).take_while(|&&b| b >= 128);
            let mut n = 0;
            for &b in bad {
                out.push(0xdc00 + u32::from(b));
                n += 1;
            }
            return if n == 0 {
                Outcome::Raise
            } else {
                Outcome::Resume(start + n)
            };
        }
        Errors::SurrogatePass => {
            return match family.read(&data[start..]) {
                Some((c, n)) => {
                    out.push(c);
                    Outcome::Resume(start + n)
                }
                None => Outcome::Raise,
            };
        }
        Errors::XmlCharRefReplace | Errors::NameReplace => return Outcome::NotHandled,
        Errors::Strict | Errors::Other(_) => return Outcome::Raise,
    }
    Outcome::Resume(end)
}

/// A decoder at work: input, output, and what to do about errors.
pub struct Decoder<'a> {
    /// Name for messages.
    pub encoding: &'static str,
    /// Input.
    pub data: &'a [u8],
    /// Output.
    pub out: StrBuilder,
    errors: &'a Errors,
    family: Family,
}

impl<'a> Decoder<'a> {
    /// A decoder of `data`.
    pub fn new(encoding: &'static str, data: &'a [u8], errors: &'a Errors) -> Self {
        let family = Family::named(encoding);
        Decoder {
            encoding,
            data,
            out: StrBuilder::with_capacity(data.len()),
            errors,
            family,
        }
    }

    /// Handles the undecodable bytes `start..end`; gives the position to go on from.
    pub fn error(&mut self, start: usize, end: usize, reason: &str) -> PyResult<usize> {
        let exception = |d: &Self| decode_error(d.encoding, d.data, start, end, reason);
        if let Errors::Other(name) = self.errors {
            let e = exception(self)?;
            let (text, at) = call_handler(
                name,
                e,
                self.data.len(),
                false,
                "decoding error handler must return (str, int) tuple",
            )?;
            let Some(s) = text.cast::<Str>() else {
                return Err(type_error(
                    "decoding error handler must return (str, int) tuple",
                ));
            };
            self.out.push_chars(s.chars());
            return Ok(at);
        }
        match builtin_decode(
            self.errors,
            self.family,
            self.data,
            start,
            end,
            &mut self.out,
        ) {
            Outcome::Resume(at) => Ok(at),
            Outcome::Raise => Err(raise(exception(self))),
            Outcome::NotHandled => Err(type_error(
                "don't know how to handle UnicodeDecodeError in error callback",
            )),
        }
    }
}

/// Calls a registered handler; gives the replacement and the position to go on from.
fn call_handler(
    name: &str,
    e: Gc<Exception>,
    len: usize,
    bytes_too: bool,
    message: &str,
) -> PyResult<(Value, usize)> {
    let handler = lookup_error(name)?;
    let r = call(handler, &[e.value()])?;
    let Some(t) = r.cast::<Tuple>().filter(|t| t.len() == 2) else {
        return Err(type_error(message));
    };
    if !int::is_int(t.item(1)) && t.item(1).type_of().slots().index.is_none() {
        return Err(type_error(message));
    }
    let usable =
        t.item(0).cast::<Str>().is_some() || (bytes_too && t.item(0).cast::<Bytes>().is_some());
    if !usable {
        return Err(type_error(message));
    }
    let at = protocol::as_isize(t.item(1))?;
    let pos = if at < 0 { at + len as isize } else { at };
    if pos < 0 || pos as usize > len {
        return Err(index_error(format!(
            "position {pos} from error handler out of bounds"
        )));
    }
    Ok((t.item(0), pos as usize))
}

// ---- encoding ----

/// What stands for characters that cannot be encoded.
pub enum Replacement {
    /// Bytes of the target encoding.
    Bytes(Vec<u8>),
    /// ASCII text, to be encoded.
    Text(String),
    /// Characters, to be encoded.
    Points(Vec<u32>),
}

fn builtin_encode(
    errors: &Errors,
    family: Family,
    s: Chars,
    start: usize,
    end: usize,
) -> Option<(Replacement, usize)> {
    let run = || s.slice(start.min(end), end);
    let mut text = String::new();
    match errors {
        Errors::Ignore => {}
        Errors::Replace => text = "?".repeat(end - start),
        Errors::BackslashReplace => run().iter().for_each(|c| push_escape(&mut text, c)),
        Errors::XmlCharRefReplace => run().iter().for_each(|c| text += &format!("&#{c};")),
        Errors::NameReplace => run().iter().for_each(|c| match unicode::name_of(c) {
            Some(name) => text += &format!("\\N{{{name}}}"),
            None => push_escape(&mut text, c),
        }),
        Errors::SurrogateEscape => {
            let mut out = Vec::new();
            for c in run().iter() {
                if !(0xdc80..0xdd00).contains(&c) {
                    return None;
                }
                out.push((c - 0xdc00) as u8);
            }
            return Some((Replacement::Bytes(out), end));
        }
        Errors::SurrogatePass => {
            let mut out = Vec::new();
            for c in run().iter() {
                if !(0xd800..0xe000).contains(&c) || !family.push(c, &mut out) {
                    return None;
                }
            }
            return Some((Replacement::Bytes(out), end));
        }
        Errors::Strict | Errors::Other(_) => return None,
    }
    Some((Replacement::Text(text), end))
}

/// Handles the unencodable characters `start..end`: gives the replacement and the position to go on from.
pub fn encode_failure(
    encoding: &str,
    s: Gc<Str>,
    start: usize,
    end: usize,
    reason: &str,
    errors: &Errors,
) -> PyResult<(Replacement, usize)> {
    if let Errors::Other(name) = errors {
        let e = encode_error(encoding, s.value(), start, end, reason)?;
        let message = "encoding error handler must return (str/bytes, int) tuple";
        let (r, at) = call_handler(name, e, s.len(), true, message)?;
        if let Some(t) = r.cast::<Str>() {
            return Ok((Replacement::Points(t.chars().iter().collect()), at));
        }
        return match r.cast::<Bytes>() {
            Some(b) => Ok((Replacement::Bytes(b.as_slice().to_vec()), at)),
            None => Err(type_error(message)),
        };
    }
    match builtin_encode(errors, Family::named(encoding), s.chars(), start, end) {
        Some(done) => Ok(done),
        None => Err(raise(encode_error(encoding, s.value(), start, end, reason))),
    }
}

/// Encodes character by character. `one` appends the bytes of a character, or says that there are none; `run`:
/// neighbouring unencodable characters are reported together.
pub fn encode_each(
    encoding: &str,
    s: Gc<Str>,
    errors: &Errors,
    reason: &str,
    run: bool,
    unit: usize,
    one: &dyn Fn(u32, &mut Vec<u8>) -> PyResult<bool>,
) -> PyResult<Vec<u8>> {
    let chars = s.chars();
    let n = chars.len();
    let mut out = Vec::with_capacity(n * unit.max(1));
    let mut i = 0;
    while i < n {
        if one(chars.get(i), &mut out)? {
            i += 1;
            continue;
        }
        let start = i;
        let mut end = i + 1;
        let mut scratch = Vec::new();
        while run && end < n && !one(chars.get(end), &mut scratch)? {
            end += 1;
        }
        let strict = || raise(encode_error(encoding, s.value(), start, end, reason));
        let (replacement, at) = encode_failure(encoding, s, start, end, reason, errors)?;
        match replacement {
            Replacement::Bytes(b) if b.len().is_multiple_of(unit) => out.extend_from_slice(&b),
            Replacement::Bytes(_) => return Err(strict()),
            Replacement::Text(t) => {
                for c in t.chars() {
                    if !one(c.into(), &mut out)? {
                        return Err(strict());
                    }
                }
            }
            Replacement::Points(p) => {
                // The UTF codecs take only ASCII from a handler.
                let limit = if encoding.starts_with("utf") {
                    128
                } else {
                    u32::MAX
                };
                for c in p {
                    if c >= limit || !one(c, &mut out)? {
                        return Err(strict());
                    }
                }
            }
        }
        i = at;
    }
    Ok(out)
}
