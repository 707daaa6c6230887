//! The format specification mini-language: parsing, and how str, int, float and complex obey it.

use std::borrow::Cow;

use num_bigint::BigInt;
use num_traits::Signed;

use super::builder::StrBuilder;
use super::{Chars, Str};
use crate::exceptions::{PyResult, Raised, overflow_error, value_error};
use crate::types::bytes::common::check_room;
use crate::types::complex::Complex;
use crate::types::float;
use crate::types::float_text::{Style, format_float};
use crate::types::int;
use crate::value::{Gc, Value};

/// Gives the name of a type for a message.
pub type TypeName<'a> = &'a dyn Fn() -> String;

/// A parsed specification.
#[derive(Clone, Debug)]
pub struct Spec {
    fill: u32,
    fill_given: bool,
    align: u8,
    align_given: bool,
    sign: u8,
    no_negative_zero: bool,
    alt: bool,
    width: Option<usize>,
    thousands: Option<u8>,
    precision: Option<usize>,
    /// 0: none was given.
    kind: u32,
}

fn is_align(c: u32) -> bool {
    matches!(c, 0x3c | 0x3e | 0x3d | 0x5e)
}

/// Reads decimal digits; None if there are none. ValueError if the number is too large.
pub fn read_number(chars: Chars, at: &mut usize) -> PyResult<Option<usize>> {
    let mut n: Option<usize> = None;
    while *at < chars.len() {
        let Some(d) = crate::unicode::decimal(chars.get(*at)) else {
            break;
        };
        let next = n
            .unwrap_or(0)
            .checked_mul(10)
            .and_then(|n| n.checked_add(d as usize));
        let next = next.filter(|&n| n <= isize::MAX as usize);
        n = Some(next.ok_or_else(|| value_error("Too many decimal digits in format string"))?);
        *at += 1;
    }
    Ok(n)
}

/// A character in an error message.
fn shown(c: u32) -> String {
    if (33..128).contains(&c) {
        (c as u8 as char).to_string()
    } else {
        format!("\\x{c:x}")
    }
}

fn unknown_code(c: u32, type_name: TypeName) -> Raised {
    value_error(format!(
        "Unknown format code '{}' for object of type '{}'",
        shown(c),
        type_name()
    ))
}

impl Spec {
    /// Parses a specification for objects of type `type_name`, aligned by default as `align`.
    pub fn parse(chars: Chars, align: u8, type_name: TypeName) -> PyResult<Spec> {
        let mut s = Spec {
            fill: 0x20,
            fill_given: false,
            align,
            align_given: false,
            sign: 0,
            no_negative_zero: false,
            alt: false,
            width: None,
            thousands: None,
            precision: None,
            kind: 0,
        };
        let mut at = 0;
        s.parse_align(chars, &mut at);
        let peek = |at: usize| if at < chars.len() { chars.get(at) } else { 0 };
        if let c @ (0x20 | 0x2b | 0x2d) = peek(at) {
            s.sign = c as u8;
            at += 1;
        }
        if peek(at) == 0x7a {
            s.no_negative_zero = true;
            at += 1;
        }
        if peek(at) == 0x23 {
            s.alt = true;
            at += 1;
        }
        if !s.fill_given && peek(at) == 0x30 {
            s.fill = 0x30;
            if !s.align_given && align == b'>' {
                s.align = b'=';
            }
            at += 1;
        }
        s.width = read_number(chars, &mut at)?;
        s.parse_thousands(chars, &mut at)?;
        if peek(at) == 0x2e {
            at += 1;
            s.precision = read_number(chars, &mut at)?;
            if s.precision.is_none() {
                return Err(value_error("Format specifier missing precision"));
            }
        }
        match chars.len() - at {
            0 => {}
            1 => s.kind = chars.get(at),
            _ => {
                let text: String = chars
                    .iter()
                    .map(|c| char::from_u32(c).unwrap_or('\u{fffd}'))
                    .collect();
                let text = format!(
                    "Invalid format specifier '{text}' for object of type '{}'",
                    type_name()
                );
                return Err(value_error(text));
            }
        }
        s.check_thousands()?;
        check_room(s.width.unwrap_or(0))?;
        check_room(s.precision.unwrap_or(0).min(i32::MAX as usize))?;
        Ok(s)
    }

    fn parse_align(&mut self, chars: Chars, at: &mut usize) {
        if chars.len() >= 2 && is_align(chars.get(1)) {
            self.fill = chars.get(0);
            self.fill_given = true;
            self.align = chars.get(1) as u8;
            self.align_given = true;
            *at = 2;
        } else if !chars.is_empty() && is_align(chars.get(0)) {
            self.align = chars.get(0) as u8;
            self.align_given = true;
            *at = 1;
        }
    }

    fn parse_thousands(&mut self, chars: Chars, at: &mut usize) -> PyResult<()> {
        let peek = |at: usize| if at < chars.len() { chars.get(at) } else { 0 };
        let both = || Err(value_error("Cannot specify both ',' and '_'."));
        if peek(*at) == 0x2c {
            self.thousands = Some(b',');
            *at += 1;
        }
        if peek(*at) == 0x5f {
            if self.thousands.is_some() {
                return both();
            }
            self.thousands = Some(b'_');
            *at += 1;
        }
        if peek(*at) == 0x2c && self.thousands == Some(b'_') {
            return both();
        }
        Ok(())
    }

    fn check_thousands(&self) -> PyResult<()> {
        let Some(separator) = self.thousands else {
            return Ok(());
        };
        let ok = match u8::try_from(self.kind).unwrap_or(1) {
            b'd' | b'e' | b'f' | b'g' | b'E' | b'G' | b'%' | b'F' | 0 => true,
            b'b' | b'o' | b'x' | b'X' => separator == b'_',
            _ => false,
        };
        if ok {
            return Ok(());
        }
        Err(value_error(format!(
            "Cannot specify '{}' with '{}'.",
            separator as char,
            shown(self.kind)
        )))
    }

    /// Pads and aligns text as a whole.
    fn pad(&self, text: Chars, align: u8) -> StrBuilder {
        let total = self.width.unwrap_or(0).saturating_sub(text.len());
        let left = match align {
            b'>' => total,
            b'^' => total / 2,
            _ => 0,
        };
        let mut out = StrBuilder::with_capacity(text.len() + total);
        out.push_n(self.fill, left);
        out.push_chars(text);
        out.push_n(self.fill, total - left);
        out
    }
}

/// `format(str, spec)`
pub fn format_str(s: Gc<Str>, spec: Chars) -> PyResult<StrBuilder> {
    let p = Spec::parse(spec, b'<', &|| "str".to_owned())?;
    if p.kind != 0 && p.kind != 0x73 {
        return Err(unknown_code(p.kind, &|| "str".to_owned()));
    }
    if let Some(separator) = p.thousands {
        return Err(value_error(format!(
            "Cannot specify '{}' with 's'.",
            separator as char
        )));
    }
    let refuse = |what: &str| {
        Err(value_error(format!(
            "{what} not allowed in string format specifier"
        )))
    };
    match p.sign {
        0 => {}
        b' ' => return refuse("Space"),
        _ => return refuse("Sign"),
    }
    if p.no_negative_zero {
        return refuse("Negative zero coercion (z)");
    }
    if p.alt {
        return refuse("Alternate form (#)");
    }
    if p.align == b'=' {
        return refuse("'=' alignment");
    }
    let chars = s.chars();
    let n = p.precision.unwrap_or(usize::MAX).min(chars.len());
    Ok(p.pad(chars.slice(0, n), p.align))
}

/// The parts of a number's text, before padding and grouping.
struct Number<'a> {
    negative: bool,
    prefix: &'a str,
    digits: &'a str,
    /// Fraction, exponent, percent sign: what grouping leaves alone.
    rest: &'a str,
}

/// How digits are grouped.
struct Grouping {
    separator: Cow<'static, str>,
    /// Sizes of the groups from the right; the last one repeats. Empty: no groups.
    sizes: Vec<usize>,
    point: Cow<'static, str>,
}

impl Grouping {
    fn of(spec: &Spec, size: usize) -> Grouping {
        match (spec.kind, spec.thousands) {
            (0x6e, _) => locale_grouping(),
            (_, Some(c)) => {
                let separator = Cow::Borrowed(if c == b',' { "," } else { "_" });
                Grouping {
                    separator,
                    sizes: vec![size],
                    point: Cow::Borrowed("."),
                }
            }
            _ => Grouping {
                separator: Cow::Borrowed(""),
                sizes: vec![],
                point: Cow::Borrowed("."),
            },
        }
    }

    /// Groups digits, adding zeros on the left up to `min_width` characters.
    fn apply<'a>(&self, digits: &'a str, min_width: usize) -> Cow<'a, str> {
        if self.sizes.is_empty() {
            return if digits.len() >= min_width {
                Cow::Borrowed(digits)
            } else {
                Cow::Owned(format!("{digits:0>min_width$}"))
            };
        }
        let (mut remaining, mut width) = (digits.len(), min_width);
        let mut groups: Vec<String> = Vec::new();
        let mut sizes = self.sizes.iter().copied();
        let mut size = 0;
        let separator = self.separator.chars().count();
        while remaining > 0 || width > 0 || groups.is_empty() {
            size = sizes.next().unwrap_or(size);
            let whole = remaining.max(width).max(1);
            let take = if size == usize::MAX {
                whole
            } else {
                size.min(whole)
            };
            let real = remaining.min(take);
            let group = &digits[remaining - real..remaining];
            groups.push(format!("{group:0>take$}"));
            remaining -= real;
            width = width.saturating_sub(take);
            if remaining == 0 && width == 0 {
                break;
            }
            width = width.saturating_sub(separator);
            if remaining == 0 && width == 0 {
                // The separator alone would fill the width: one more zero keeps it from standing in front.
                width = 1;
            }
        }
        groups.reverse();
        Cow::Owned(groups.join(&self.separator))
    }
}

/// Decimal point and grouping of the C locale in force.
fn locale_grouping() -> Grouping {
    // SAFETY: `localeconv` returns a static structure of C strings that lives until the next call; everything
    // is copied out at once, with the GIL held.
    unsafe {
        let l = libc::localeconv();
        let text =
            |p: *const libc::c_char| std::ffi::CStr::from_ptr(p).to_string_lossy().into_owned();
        let mut sizes = Vec::new();
        let mut p = (*l).grouping;
        while !p.is_null() && *p != 0 {
            let end = *p == libc::c_char::MAX;
            sizes.push(if end { usize::MAX } else { *p as usize });
            if end {
                break;
            }
            p = p.add(1);
        }
        Grouping {
            separator: text((*l).thousands_sep).into(),
            sizes,
            point: text((*l).decimal_point).into(),
        }
    }
}

/// Lays a number out: sign, prefix, grouped digits, rest, padding.
fn lay_out(spec: &Spec, n: &Number, grouping: &Grouping) -> StrBuilder {
    let sign = match (n.negative, spec.sign) {
        (true, _) => "-",
        (false, b'+') => "+",
        (false, b' ') => " ",
        _ => "",
    };
    let rest = match n.rest.strip_prefix('.') {
        Some(tail) if grouping.point != "." => Cow::Owned(format!("{}{tail}", grouping.point)),
        _ => Cow::Borrowed(n.rest),
    };
    let fixed = sign.len() + n.prefix.len() + rest.chars().count();
    let width = spec.width.unwrap_or(0);
    let zeros = spec.fill == 0x30 && spec.align == b'=';
    let digits = match n.digits {
        "" => Cow::Borrowed(""),
        d => grouping.apply(
            d,
            if zeros {
                width.saturating_sub(fixed)
            } else {
                0
            },
        ),
    };
    let padding = width.saturating_sub(fixed + digits.chars().count());
    let mut out = StrBuilder::with_capacity(width.max(fixed + digits.len()));
    let (left, inner) = match spec.align {
        b'>' => (padding, 0),
        b'^' => (padding / 2, 0),
        b'=' => (0, padding),
        _ => (0, 0),
    };
    out.push_n(spec.fill, left);
    out.push_text(sign);
    out.push_text(n.prefix);
    out.push_n(spec.fill, inner);
    out.push_text(&digits);
    out.push_text(&rest);
    out.push_n(spec.fill, padding - left - inner);
    out
}

/// `format(int, spec)`
pub fn format_int(v: Value, spec: Chars, type_name: TypeName) -> PyResult<StrBuilder> {
    let p = Spec::parse(spec, b'>', type_name)?;
    match u8::try_from(p.kind).unwrap_or(1) {
        0 | b'b' | b'c' | b'd' | b'o' | b'x' | b'X' | b'n' => format_integer(v, &p),
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => {
            let f = float::operand(v)?.unwrap_or(0.0);
            format_double(f, &p)
        }
        _ => Err(unknown_code(p.kind, type_name)),
    }
}

/// Digits of an int in a base (2, 8, 10 or 16), without sign.
pub fn int_digits(v: Value, base: u32) -> PyResult<(bool, String)> {
    if let Some(i) = int::to_i64(v) {
        let m = i.unsigned_abs();
        let text = match base {
            2 => format!("{m:b}"),
            8 => format!("{m:o}"),
            16 => format!("{m:x}"),
            _ => m.to_string(),
        };
        return Ok((i < 0, text));
    }
    let big: BigInt = int::to_big(v).unwrap_or_default();
    let text = if base == 10 {
        int::text::big_to_decimal(&big.abs())?
    } else {
        big.abs().to_str_radix(base)
    };
    Ok((big.is_negative(), text))
}

fn format_integer(v: Value, p: &Spec) -> PyResult<StrBuilder> {
    if p.precision.is_some() {
        return Err(value_error(
            "Precision not allowed in integer format specifier",
        ));
    }
    if p.no_negative_zero {
        return Err(value_error(
            "Negative zero coercion (z) not allowed in integer format specifier",
        ));
    }
    if p.kind == u32::from(b'c') {
        return format_char(v, p);
    }
    let (base, prefix, group) = match p.kind as u8 {
        b'b' => (2, "0b", 4),
        b'o' => (8, "0o", 4),
        b'x' => (16, "0x", 4),
        b'X' => (16, "0X", 4),
        _ => (10, "", 3),
    };
    let (negative, mut digits) = int_digits(v, base)?;
    if p.kind == u32::from(b'X') {
        digits.make_ascii_uppercase();
    }
    let prefix = if p.alt { prefix } else { "" };
    let n = Number {
        negative,
        prefix,
        digits: &digits,
        rest: "",
    };
    Ok(lay_out(p, &n, &Grouping::of(p, group)))
}

fn format_char(v: Value, p: &Spec) -> PyResult<StrBuilder> {
    if p.sign != 0 {
        return Err(value_error(
            "Sign not allowed with integer format specifier 'c'",
        ));
    }
    if p.alt {
        return Err(value_error(
            "Alternate form (#) not allowed with integer format specifier 'c'",
        ));
    }
    match int::to_i64(v) {
        Some(c @ 0..0x11_0000) => {
            let points = [c as u32];
            let align = if p.align == b'=' { b'>' } else { p.align };
            Ok(p.pad(Chars::Four(&points), align))
        }
        Some(_) => Err(overflow_error("%c arg not in range(0x110000)")),
        None => Err(overflow_error("Python int too large to convert to C long")),
    }
}

/// `format(float, spec)`
pub fn format_float_spec(f: f64, spec: Chars, type_name: TypeName) -> PyResult<StrBuilder> {
    let p = Spec::parse(spec, b'>', type_name)?;
    match u8::try_from(p.kind).unwrap_or(1) {
        0 | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'n' | b'%' => format_double(f, &p),
        _ => Err(unknown_code(p.kind, type_name)),
    }
}

/// Style code, precision and value of a float under a specification.
fn double_text(f: f64, p: &Spec, kind: u8, bare: bool) -> (bool, String) {
    let (mut code, default) = match kind {
        0 => ('r', 0),
        b'n' => ('g', 6),
        b'%' => ('f', 6),
        c => (c as char, 6),
    };
    if kind == 0 && p.precision.is_some() {
        code = 'g';
    }
    let value = if kind == b'%' { f * 100.0 } else { f };
    let style = Style {
        plus: false,
        alt: p.alt,
        dot_zero: kind == 0 && bare,
    };
    let mut text = format_float(value, code, p.precision.unwrap_or(default), style);
    let mut negative = text.starts_with('-');
    if negative {
        text.remove(0);
    }
    if p.no_negative_zero
        && negative
        && !text
            .bytes()
            .take_while(|b| !matches!(b, b'e' | b'E'))
            .any(|b| (b'1'..=b'9').contains(&b) || b.is_ascii_alphabetic())
    {
        negative = false;
    }
    (negative, text)
}

fn format_double(f: f64, p: &Spec) -> PyResult<StrBuilder> {
    check_precision(p)?;
    let (negative, mut text) = double_text(f, p, p.kind as u8, true);
    if p.kind == u32::from(b'%') {
        text.push('%');
    }
    let int = text.bytes().take_while(u8::is_ascii_digit).count();
    let n = Number {
        negative,
        prefix: "",
        digits: &text[..int],
        rest: &text[int..],
    };
    Ok(lay_out(p, &n, &Grouping::of(p, 3)))
}

fn check_precision(p: &Spec) -> PyResult<()> {
    match p.precision {
        Some(n) if n > i32::MAX as usize => Err(value_error("precision too big")),
        _ => Ok(()),
    }
}

/// `format(complex, spec)`
pub fn format_complex(c: Gc<Complex>, spec: Chars, type_name: TypeName) -> PyResult<StrBuilder> {
    let p = Spec::parse(spec, b'>', type_name)?;
    if !matches!(
        u8::try_from(p.kind).unwrap_or(1),
        0 | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'n'
    ) {
        return Err(unknown_code(p.kind, type_name));
    }
    if p.fill == 0x30 {
        return Err(value_error(
            "Zero padding is not allowed in complex format specifier",
        ));
    }
    if p.align == b'=' {
        return Err(value_error(
            "'=' alignment flag is not allowed in complex format specifier",
        ));
    }
    check_precision(&p)?;
    let (re, im) = c.parts();
    let skip_re = p.kind == 0 && re == 0.0 && re.is_sign_positive();
    let parens = p.kind == 0 && !skip_re;
    let plain = Spec {
        width: None,
        fill: 0x20,
        align: b'<',
        ..p.clone()
    };
    let mut out = StrBuilder::new();
    if parens {
        out.push_text("(");
    }
    if !skip_re {
        out.push_chars(complex_part(re, &plain).chars());
    }
    let sign = if skip_re { p.sign } else { b'+' };
    out.push_chars(complex_part(im, &Spec { sign, ..plain }).chars());
    out.push_text(if parens { "j)" } else { "j" });
    Ok(p.pad(out.chars(), p.align))
}

fn complex_part(f: f64, p: &Spec) -> StrBuilder {
    let (negative, text) = double_text(f, p, p.kind as u8, false);
    let int = text.bytes().take_while(u8::is_ascii_digit).count();
    let n = Number {
        negative,
        prefix: "",
        digits: &text[..int],
        rest: &text[int..],
    };
    lay_out(p, &n, &Grouping::of(p, 3))
}
