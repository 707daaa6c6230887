//! The `%` operator of str, bytes and bytearray.

use super::builder::StrBuilder;
use super::{Chars, Str};
use crate::exceptions::{PyResult, Raised, clear_if, exc, overflow_error, type_error, value_error};
use crate::object::protocol;
use crate::types::bytes::common::check_room;
use crate::types::bytes::{self, Bytes};
use crate::types::float_text::{Style, format_float};
use crate::types::tuple::Tuple;
use crate::types::{float, int, memoryview};
use crate::value::{Gc, Value};

/// The operand on the right: a tuple's items, or one object (perhaps a mapping).
struct Args {
    tuple: Option<Gc<Tuple>>,
    single: Option<Value>,
    next: usize,
    mapping: Option<Value>,
}

impl Args {
    fn new(v: Value, is_text: fn(Value) -> bool) -> Args {
        let tuple = v.cast::<Tuple>();
        let mapping = tuple.is_none() && !is_text(v) && v.type_of().slots().getitem.is_some();
        Args {
            tuple,
            single: if tuple.is_some() { None } else { Some(v) },
            next: 0,
            mapping: mapping.then_some(v),
        }
    }

    fn take(&mut self) -> PyResult<Value> {
        let item = match self.tuple {
            Some(t) => t.items().get(self.next).copied(),
            None => self.single.take(),
        };
        self.next += 1;
        item.ok_or_else(|| type_error("not enough arguments for format string"))
    }

    /// Whether arguments are left that nothing asked for.
    fn left_over(&self) -> bool {
        if self.mapping.is_some() {
            return false;
        }
        match self.tuple {
            Some(t) => self.next < t.len(),
            None => self.single.is_some(),
        }
    }

    fn select(&mut self, key: Value) -> PyResult<()> {
        let Some(mapping) = self.mapping else {
            return Err(type_error("format requires a mapping"));
        };
        self.tuple = None;
        self.single = Some(protocol::get_item(mapping, key)?);
        Ok(())
    }
}

/// One conversion.
#[derive(Default)]
struct Conversion {
    left: bool,
    plus: bool,
    space: bool,
    alt: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    code: u32,
}

/// Formats the template; `emit` converts one value.
struct Formatter<'a> {
    template: Chars<'a>,
    at: usize,
    args: Args,
    /// Makes a key for the mapping from a part of the template.
    key: fn(Chars) -> PyResult<Value>,
}

impl Formatter<'_> {
    fn peek(&self) -> PyResult<u32> {
        if self.at < self.template.len() {
            return Ok(self.template.get(self.at));
        }
        Err(value_error("incomplete format"))
    }

    /// Parses what follows a percent sign.
    fn conversion(&mut self) -> PyResult<Conversion> {
        let mut c = Conversion::default();
        if self.peek()? == 0x28 {
            self.mapping_key()?;
        }
        loop {
            match self.peek()? {
                0x2d => c.left = true,
                0x2b => c.plus = true,
                0x20 => c.space = true,
                0x23 => c.alt = true,
                0x30 => c.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        if let Some(w) = self.number("width too big")? {
            c.left |= w < 0;
            c.width = w.unsigned_abs();
        }
        if self.peek()? == 0x2e {
            self.at += 1;
            let p = self.number("precision too big")?;
            c.precision = Some(p.map_or(0, |p| usize::try_from(p).unwrap_or(0)));
        }
        if matches!(self.peek()?, 0x68 | 0x6c | 0x4c) {
            self.at += 1;
        }
        check_room(c.width)?;
        check_room(c.precision.unwrap_or(0))?;
        c.code = self.peek()?;
        self.at += 1;
        Ok(c)
    }

    fn mapping_key(&mut self) -> PyResult<()> {
        if self.args.mapping.is_none() {
            return Err(type_error("format requires a mapping"));
        }
        self.at += 1;
        let start = self.at;
        let mut depth = 1;
        while self.at < self.template.len() && depth > 0 {
            match self.template.get(self.at) {
                0x29 => depth -= 1,
                0x28 => depth += 1,
                _ => {}
            }
            self.at += 1;
        }
        if depth > 0 {
            return Err(value_error("incomplete format key"));
        }
        let key = (self.key)(self.template.slice(start, self.at - 1))?;
        self.args.select(key)
    }

    /// Digits, or `*` and the next argument.
    fn number(&mut self, too_big: &str) -> PyResult<Option<isize>> {
        if self.peek()? == 0x2a {
            self.at += 1;
            let v = self.args.take()?;
            if !int::is_int(v) {
                return Err(type_error("* wants int"));
            }
            self.peek()?;
            let width = too_big == "width too big";
            let fits = |&n: &i64| width || i32::try_from(n).is_ok();
            let what = if width { "ssize_t" } else { "int" };
            let too_large =
                || overflow_error(format!("Python int too large to convert to C {what}"));
            return int::to_i64(v)
                .filter(fits)
                .map(|n| Some(n as isize))
                .ok_or_else(too_large);
        }
        let mut n: Option<isize> = None;
        while let c @ 0x30..=0x39 = self.peek()? {
            let digit = (c - 0x30) as isize;
            let next = n
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|n| n.checked_add(digit));
            n = Some(
                next.filter(|&n| n <= i32::MAX as isize || too_big == "width too big")
                    .ok_or_else(|| value_error(too_big))?,
            );
            self.at += 1;
        }
        Ok(n)
    }

    fn unsupported(&self, c: &Conversion) -> Raised {
        let shown = if (31..127).contains(&c.code) {
            c.code as u8 as char
        } else {
            '?'
        };
        value_error(format!(
            "unsupported format character '{shown}' (0x{:x}) at index {}",
            c.code,
            self.at - 1
        ))
    }

    /// Runs over the template, giving literal text and conversions to the callbacks.
    fn run(
        &mut self,
        literal: &mut dyn FnMut(Chars),
        convert: &mut dyn FnMut(&mut Self, &Conversion) -> PyResult<()>,
        what: &str,
    ) -> PyResult<()> {
        let n = self.template.len();
        // The first argument object is put back after a mapping key selected another one.
        while self.at < n {
            let start = self.at;
            while self.at < n && self.template.get(self.at) != 0x25 {
                self.at += 1;
            }
            literal(self.template.slice(start, self.at));
            if self.at == n {
                break;
            }
            self.at += 1;
            if self.peek()? == 0x25 {
                literal(Chars::One(b"%"));
                self.at += 1;
                continue;
            }
            let c = self.conversion()?;
            convert(self, &c)?;
        }
        if self.args.left_over() {
            return Err(type_error(format!(
                "not all arguments converted during {what} formatting"
            )));
        }
        Ok(())
    }
}

/// A number's text: sign or nothing, prefix, digits.
struct Number {
    sign: &'static str,
    prefix: &'static str,
    body: String,
}

fn sign(negative: bool, c: &Conversion) -> &'static str {
    match (negative, c.plus, c.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (.., true) => " ",
        _ => "",
    }
}

/// `%d` and its kin, `%e` and its kin; None if the code is none of them.
fn number(
    f: &mut Formatter,
    c: &Conversion,
    float_message: Option<&str>,
) -> PyResult<Option<Number>> {
    match u8::try_from(c.code).unwrap_or(0) {
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
            integer(f.args.take()?, c, float_message.is_some()).map(Some)
        }
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            let v = f.args.take()?;
            let value = match (float::operand(v)?, float_message) {
                (Some(f), _) => f,
                (None, Some(text))
                    if v.type_of().slots().float.is_none()
                        && v.type_of().slots().index.is_none() =>
                {
                    return Err(type_error(format!(
                        "{text}, not {}",
                        v.type_of().name_string()
                    )));
                }
                _ => protocol::as_f64(v)?,
            };
            Ok(Some(floating(value, c)))
        }
        _ => Ok(None),
    }
}

fn floating(f: f64, c: &Conversion) -> Number {
    let style = Style {
        alt: c.alt,
        ..Style::default()
    };
    let mut body = format_float(f, c.code as u8 as char, c.precision.unwrap_or(6), style);
    let negative = body.starts_with('-');
    if negative {
        body.remove(0);
    }
    Number {
        sign: sign(negative, c),
        prefix: "",
        body,
    }
}

fn integer(v: Value, c: &Conversion, in_bytes: bool) -> PyResult<Number> {
    let code = if in_bytes && c.code == u32::from(b'i') {
        b'd'
    } else {
        c.code as u8
    };
    let base = match code {
        b'o' => 8,
        b'x' | b'X' => 16,
        _ => 10,
    };
    let v = as_integer(v, code, base == 10)?;
    let (negative, mut body) = super::spec::int_digits(v, base)?;
    if code == b'X' {
        body.make_ascii_uppercase();
    }
    if let Some(p) = c.precision
        && body.len() < p
    {
        body.insert_str(0, &"0".repeat(p - body.len()));
    }
    let prefix = match (c.alt, code) {
        (true, b'o') => "0o",
        (true, b'x') => "0x",
        (true, b'X') => "0X",
        _ => "",
    };
    Ok(Number {
        sign: sign(negative, c),
        prefix,
        body,
    })
}

fn as_integer(v: Value, code: u8, decimal: bool) -> PyResult<Value> {
    if int::is_int(v) {
        return Ok(v);
    }
    let ty = v.type_of();
    let (wanted, convert): (&str, fn(Value) -> PyResult<Value>) = if decimal {
        ("a real number", int::methods::from_object)
    } else {
        ("an integer", protocol::index)
    };
    let slots = ty.slots();
    let is_number = slots.index.is_some() || slots.int.is_some() || slots.float.is_some();
    if is_number {
        match convert(v) {
            Ok(i) => return Ok(i),
            Err(raised) => clear_if(raised, exc().type_error)?,
        }
    }
    let t = ty.name_string();
    Err(type_error(format!(
        "%{} format: {wanted} is required, not {t}",
        code as char
    )))
}

impl Number {
    /// The text with padding.
    fn padded(&self, c: &Conversion) -> String {
        let len = self.sign.len() + self.prefix.len() + self.body.len();
        let pad = c.width.saturating_sub(len);
        let (sign, prefix, body) = (self.sign, self.prefix, &self.body);
        if c.left {
            format!("{sign}{prefix}{body}{}", " ".repeat(pad))
        } else if c.zero {
            format!("{sign}{prefix}{}{body}", "0".repeat(pad))
        } else {
            format!("{}{sign}{prefix}{body}", " ".repeat(pad))
        }
    }
}

fn is_str(v: Value) -> bool {
    v.cast::<Str>().is_some()
}

fn is_text(v: Value) -> bool {
    is_str(v) || bytes::is_bytes_or_bytearray(v)
}

/// `str % args`
pub fn format_str(s: Gc<Str>, args: Value) -> PyResult<Value> {
    let mut f = Formatter {
        template: s.chars(),
        at: 0,
        args: Args::new(args, is_str),
        key: |c| Str::from_chars(c).map(Gc::value),
    };
    let out = std::cell::RefCell::new(StrBuilder::with_capacity(s.len() + 16));
    f.run(
        &mut |c| out.borrow_mut().push_chars(c),
        &mut |f, c| {
            let piece = str_piece(f, c)?;
            out.borrow_mut().push_chars(piece.chars());
            Ok(())
        },
        "string",
    )?;
    out.into_inner().value()
}

/// Text cut to the precision and padded to the width.
fn padded_text(text: Chars, c: &Conversion, cut: bool) -> StrBuilder {
    let n = if cut {
        c.precision.unwrap_or(usize::MAX).min(text.len())
    } else {
        text.len()
    };
    let pad = c.width.saturating_sub(n);
    let mut out = StrBuilder::with_capacity(n + pad);
    if !c.left {
        out.push_n(0x20, pad);
    }
    out.push_chars(text.slice(0, n));
    if c.left {
        out.push_n(0x20, pad);
    }
    out
}

fn str_piece(f: &mut Formatter, c: &Conversion) -> PyResult<StrBuilder> {
    match u8::try_from(c.code).unwrap_or(0) {
        b's' => return Ok(padded_text(protocol::str(f.args.take()?)?.chars(), c, true)),
        b'r' => {
            return Ok(padded_text(
                protocol::repr(f.args.take()?)?.chars(),
                c,
                true,
            ));
        }
        b'a' => {
            return Ok(padded_text(
                protocol::ascii(f.args.take()?)?.chars(),
                c,
                true,
            ));
        }
        b'c' => {
            let points = [str_char(f.args.take()?)?];
            return Ok(padded_text(Chars::Four(&points), c, false));
        }
        _ => {}
    }
    if f.args.tuple.is_some_and(|t| f.args.next >= t.len())
        || (f.args.tuple.is_none() && f.args.single.is_none())
    {
        f.args.take()?;
    }
    match number(f, c, None)? {
        Some(n) => {
            let mut out = StrBuilder::new();
            out.push_text(&n.padded(c));
            Ok(out)
        }
        None => Err(f.unsupported(c)),
    }
}

fn str_char(v: Value) -> PyResult<u32> {
    if let Some(s) = v.cast::<Str>() {
        return if s.len() == 1 {
            Ok(s.chars().get(0))
        } else {
            Err(type_error("%c requires int or char"))
        };
    }
    if !int::is_int(v) && v.type_of().slots().index.is_none() {
        return Err(type_error("%c requires int or char"));
    }
    match int::to_i64(protocol::index(v)?) {
        Some(c @ 0..0x11_0000) => Ok(c as u32),
        _ => Err(overflow_error("%c arg not in range(0x110000)")),
    }
}

/// `bytes % args`
pub fn format_bytes(template: &[u8], args: Value) -> PyResult<Vec<u8>> {
    let mut f = Formatter {
        template: Chars::One(template),
        at: 0,
        args: Args::new(args, is_text),
        key: |c| match c {
            Chars::One(b) => bytes::new(b),
            _ => Ok(Value::NONE),
        },
    };
    let out = std::cell::RefCell::new(Vec::with_capacity(template.len() + 16));
    f.run(
        &mut |c| {
            if let Chars::One(b) = c {
                out.borrow_mut().extend_from_slice(b);
            }
        },
        &mut |f, c| {
            let piece = bytes_piece(f, c)?;
            out.borrow_mut().extend_from_slice(&piece);
            Ok(())
        },
        "bytes",
    )?;
    Ok(out.into_inner())
}

fn padded_bytes(data: &[u8], c: &Conversion, cut: bool) -> Vec<u8> {
    match padded_text(Chars::One(data), c, cut).chars() {
        Chars::One(b) => b.to_vec(),
        _ => Vec::new(),
    }
}

fn bytes_piece(f: &mut Formatter, c: &Conversion) -> PyResult<Vec<u8>> {
    match u8::try_from(c.code).unwrap_or(0) {
        b's' | b'b' => {
            let data = bytes_of(f.args.take()?)?;
            return Ok(padded_bytes(&data, c, true));
        }
        b'a' | b'r' => {
            let text = protocol::ascii(f.args.take()?)?;
            return Ok(padded_bytes(
                text.as_ascii().unwrap_or_default().as_bytes(),
                c,
                true,
            ));
        }
        b'c' => return Ok(padded_bytes(&[byte_char(f.args.take()?)?], c, false)),
        _ => {}
    }
    match number(f, c, Some("float argument required"))? {
        Some(n) => Ok(n.padded(c).into_bytes()),
        None => {
            f.args.take()?;
            Err(f.unsupported(c))
        }
    }
}

fn byte_char(v: Value) -> PyResult<u8> {
    let wrong = || type_error("%c requires an integer in range(256) or a single byte");
    if bytes::is_bytes_or_bytearray(v) {
        return match memoryview::bytes_like(v)?[..] {
            [b] => Ok(b),
            _ => Err(wrong()),
        };
    }
    if !int::is_int(v) && v.type_of().slots().index.is_none() {
        return Err(wrong());
    }
    match int::to_i64(protocol::index(v)?) {
        Some(b @ 0..256) => Ok(b as u8),
        _ => Err(overflow_error("%c arg not in range(256)")),
    }
}

/// The bytes of a bytes-like object or of `__bytes__`.
fn bytes_of(v: Value) -> PyResult<Vec<u8>> {
    if let Some(b) = v.cast_exact::<Bytes>() {
        return Ok(b.as_slice().to_vec());
    }
    if let Some(b) = bytes::methods::try_dunder_bytes(v)? {
        return Ok(b.as_slice().to_vec());
    }
    if v.type_of().slots().buffer.is_some() {
        return memoryview::bytes_like(v);
    }
    let t = v.type_of().name_string();
    Err(type_error(format!(
        "%b requires a bytes-like object, or an object that implements __bytes__, not '{t}'"
    )))
}
