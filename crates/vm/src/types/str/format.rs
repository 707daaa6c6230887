//! `str.format`: templates, replacement fields, and the `__format__` methods of the builtin types.

use super::builder::StrBuilder;
use super::spec::{self, read_number};
use super::{Chars, Str};
use crate::exceptions::{PyResult, index_error, key_error, type_error, value_error};
use crate::object::attr::get_attr;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Native, Type, TypeFlags, protocol};
use crate::types::complex::Complex;
use crate::types::int;
use crate::types::list::List;
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, RVec, Root, Value};

/// `__format__` of str, int, float and complex.
pub fn format_method(v: Value, format_spec: Value) -> PyResult<Value> {
    let Some(s) = format_spec.cast::<Str>() else {
        let t = format_spec.type_of().name_string();
        return Err(type_error(format!(
            "__format__() argument must be str, not {t}"
        )));
    };
    if s.is_empty() {
        return protocol::str(v).map(Gc::value);
    }
    match format_builtin(v, s.chars())? {
        Some(b) => b.value(),
        None => Err(type_error(format!(
            "unsupported format string passed to {}.__format__",
            v.type_of().name_string()
        ))),
    }
}

/// The formatted text of an instance of str, int, float or complex; None for other types.
fn format_builtin(v: Value, chars: Chars) -> PyResult<Option<StrBuilder>> {
    let name = || v.type_of().name_string();
    if let Some(s) = v.cast::<Str>() {
        return spec::format_str(s, chars).map(Some);
    }
    if int::is_int(v) {
        return spec::format_int(v, chars, &name).map(Some);
    }
    if let Some(f) = v.as_float() {
        return spec::format_float_spec(f, chars, &name).map(Some);
    }
    match v.cast::<Complex>() {
        Some(c) => spec::format_complex(c, chars, &name).map(Some),
        None => Ok(None),
    }
}

/// Where replacement fields get their values.
enum Source<'a> {
    /// Positional arguments, then the values of the keywords named.
    Call(&'a [Value], Option<Gc<Tuple>>),
    /// `format_map`
    Mapping(Value),
}

/// Automatic or manual numbering of fields.
#[derive(Default)]
struct Numbering {
    manual: Option<bool>,
    next: usize,
}

impl Numbering {
    fn choose(&mut self, index: Option<usize>) -> PyResult<usize> {
        let manual = index.is_some();
        match self.manual {
            None => self.manual = Some(manual),
            Some(m) if m == manual => {}
            Some(true) => {
                return Err(value_error(
                    "cannot switch from manual field specification to automatic field numbering",
                ));
            }
            Some(false) => {
                return Err(value_error(
                    "cannot switch from automatic field numbering to manual field specification",
                ));
            }
        }
        Ok(index.unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        }))
    }
}

/// One step through a template.
pub struct Piece {
    /// Literal text before the field: a range of the template.
    pub literal: (usize, usize),
    /// The field, if one follows.
    pub field: Option<Field>,
}

/// A replacement field: ranges of the template.
pub struct Field {
    name: (usize, usize),
    spec: (usize, usize),
    nested: bool,
    conversion: Option<u32>,
}

/// The next piece of a template from `*at` on; None at its end.
pub fn next_piece(t: Chars, at: &mut usize) -> PyResult<Option<Piece>> {
    let n = t.len();
    if *at >= n {
        return Ok(None);
    }
    let start = *at;
    let mut brace = 0;
    while *at < n {
        let c = t.get(*at);
        *at += 1;
        if c == 0x7b || c == 0x7d {
            brace = c;
            break;
        }
    }
    if brace == 0 {
        return Ok(Some(Piece {
            literal: (start, n),
            field: None,
        }));
    }
    let end = *at >= n;
    if !end && t.get(*at) == brace {
        // Doubled: one of them belongs to the text.
        let literal = (start, *at);
        *at += 1;
        return Ok(Some(Piece {
            literal,
            field: None,
        }));
    }
    if brace == 0x7d {
        return Err(value_error("Single '}' encountered in format string"));
    }
    if end {
        return Err(value_error("Single '{' encountered in format string"));
    }
    let literal = (start, *at - 1);
    let field = parse_field(t, at)?;
    Ok(Some(Piece {
        literal,
        field: Some(field),
    }))
}

fn parse_field(t: Chars, at: &mut usize) -> PyResult<Field> {
    let start = *at;
    let end_char = field_name_end(t, at)?;
    let mut field = Field {
        name: (start, *at),
        spec: (0, 0),
        nested: false,
        conversion: None,
    };
    match end_char {
        Some(0x7d) => {
            field.name.1 = *at - 1;
            return Ok(field);
        }
        Some(c) => {
            field.name.1 = *at - 1;
            if c == 0x21 && parse_conversion(t, at, &mut field)? {
                return Ok(field);
            }
        }
        None => return Err(value_error("expected '}' before end of string")),
    }
    field.spec.0 = *at;
    let mut depth = 1;
    while *at < t.len() {
        let c = t.get(*at);
        *at += 1;
        match c {
            0x7b => {
                field.nested = true;
                depth += 1;
            }
            0x7d => {
                depth -= 1;
                if depth == 0 {
                    field.spec.1 = *at - 1;
                    return Ok(field);
                }
            }
            _ => {}
        }
    }
    Err(value_error("unmatched '{' in format spec"))
}

/// Moves behind the character that ends a field name; gives it.
fn field_name_end(t: Chars, at: &mut usize) -> PyResult<Option<u32>> {
    while *at < t.len() {
        let c = t.get(*at);
        *at += 1;
        match c {
            0x7b => return Err(value_error("unexpected '{' in field name")),
            0x5b => {
                while *at < t.len() && t.get(*at) != 0x5d {
                    *at += 1;
                }
            }
            0x7d | 0x3a | 0x21 => return Ok(Some(c)),
            _ => {}
        }
    }
    Ok(None)
}

/// Reads the conversion after `!`. True if the field ends behind it.
fn parse_conversion(t: Chars, at: &mut usize, field: &mut Field) -> PyResult<bool> {
    if *at >= t.len() {
        return Err(value_error(
            "end of string while looking for conversion specifier",
        ));
    }
    field.conversion = Some(t.get(*at));
    *at += 1;
    if *at < t.len() {
        let c = t.get(*at);
        *at += 1;
        if c == 0x7d {
            return Ok(true);
        }
        if c != 0x3a {
            return Err(value_error("expected ':' after conversion specifier"));
        }
    }
    Ok(false)
}

/// First part of a field name: automatic, an index, or a key (a range).
enum First {
    Auto,
    Index(usize),
    Key(usize, usize),
}

/// One step of the path behind the first part.
enum Step {
    Attr(usize, usize),
    Index(usize),
    Key(usize, usize),
}

/// The number a range of the template spells, if it is one.
fn as_index(t: Chars, from: usize, to: usize) -> PyResult<Option<usize>> {
    let mut at = 0;
    let part = t.slice(from, to);
    let n = read_number(part, &mut at)?;
    Ok(n.filter(|_| at == part.len()))
}

fn first_part(t: Chars, (from, to): (usize, usize)) -> PyResult<(First, usize)> {
    let end = (from..to)
        .find(|&i| matches!(t.get(i), 0x2e | 0x5b))
        .unwrap_or(to);
    if end == from {
        return Ok((First::Auto, end));
    }
    Ok((
        as_index(t, from, end)?.map_or(First::Key(from, end), First::Index),
        end,
    ))
}

/// The next step of the path at `*at`.
fn next_step(t: Chars, at: &mut usize, to: usize) -> PyResult<Option<Step>> {
    if *at >= to {
        return Ok(None);
    }
    let c = t.get(*at);
    *at += 1;
    let start = *at;
    let empty = || value_error("Empty attribute in format string");
    match c {
        0x2e => {
            while *at < to && !matches!(t.get(*at), 0x2e | 0x5b) {
                *at += 1;
            }
            if *at == start {
                Err(empty())
            } else {
                Ok(Some(Step::Attr(start, *at)))
            }
        }
        0x5b => {
            while *at < to && t.get(*at) != 0x5d {
                *at += 1;
            }
            if *at >= to {
                return Err(value_error("Missing ']' in format string"));
            }
            let end = *at;
            *at += 1;
            if end == start {
                return Err(empty());
            }
            Ok(Some(
                as_index(t, start, end)?.map_or(Step::Key(start, end), Step::Index),
            ))
        }
        _ => Err(value_error(
            "Only '.' or '[' may follow ']' in format field specifier",
        )),
    }
}

fn part(t: Chars, from: usize, to: usize) -> PyResult<Gc<Str>> {
    Str::from_chars(t.slice(from, to))
}

fn field_value(
    t: Chars,
    name: (usize, usize),
    source: &Source,
    numbering: &mut Numbering,
) -> PyResult<Value> {
    let (first, mut at) = first_part(t, name)?;
    let index = match first {
        First::Auto => Some(numbering.choose(None)?),
        First::Index(i) => Some(numbering.choose(Some(i))?),
        First::Key(..) => None,
    };
    let mut v = match (index, first) {
        (Some(i), _) => positional(source, i)?,
        (None, First::Key(from, to)) => keyword(source, part(t, from, to)?)?,
        _ => Value::NONE,
    };
    while let Some(step) = next_step(t, &mut at, name.1)? {
        v = match step {
            Step::Attr(from, to) => get_attr(v, part(t, from, to)?.intern())?,
            Step::Index(i) => protocol::get_item(v, Value::from_usize(i))?,
            Step::Key(from, to) => protocol::get_item(v, part(t, from, to)?.value())?,
        };
    }
    Ok(v)
}

fn positional(source: &Source, i: usize) -> PyResult<Value> {
    match source {
        Source::Mapping(_) => Err(value_error("Format string contains positional fields")),
        Source::Call(args, names) => {
            let npos = args.len() - names.map_or(0, |n| n.len());
            args[..npos].get(i).copied().ok_or_else(|| {
                index_error(format!(
                    "Replacement index {i} out of range for positional args tuple"
                ))
            })
        }
    }
}

fn keyword(source: &Source, key: Gc<Str>) -> PyResult<Value> {
    match source {
        Source::Mapping(m) => protocol::get_item(*m, key.value()),
        Source::Call(args, names) => {
            let names = names.map_or(&[][..], |n| n.items());
            let at = names
                .iter()
                .position(|n| n.cast::<Str>().is_some_and(|n| n.equals(&key)));
            match at {
                Some(i) => Ok(args[args.len() - names.len() + i]),
                None => Err(key_error(key.value())),
            }
        }
    }
}

fn convert(v: Value, conversion: u32) -> PyResult<Value> {
    match u8::try_from(conversion).unwrap_or(0) {
        b'r' => protocol::repr(v).map(Gc::value),
        b's' => protocol::str(v).map(Gc::value),
        b'a' => protocol::ascii(v).map(Gc::value),
        _ if (33..127).contains(&conversion) => Err(value_error(format!(
            "Unknown conversion specifier {}",
            conversion as u8 as char
        ))),
        _ => Err(value_error(format!(
            "Unknown conversion specifier \\x{conversion:x}"
        ))),
    }
}

fn render(
    t: Chars,
    source: &Source,
    numbering: &mut Numbering,
    depth: u32,
) -> PyResult<StrBuilder> {
    if depth == 0 {
        return Err(value_error("Max string recursion exceeded"));
    }
    let mut out = StrBuilder::with_capacity(t.len());
    let mut at = 0;
    while let Some(piece) = next_piece(t, &mut at)? {
        out.push_chars(t.slice(piece.literal.0, piece.literal.1));
        if let Some(field) = piece.field {
            render_field(t, &field, source, numbering, depth, &mut out)?;
        }
    }
    Ok(out)
}

fn render_field(
    t: Chars,
    field: &Field,
    source: &Source,
    numbering: &mut Numbering,
    depth: u32,
    out: &mut StrBuilder,
) -> PyResult<()> {
    let mut v = field_value(t, field.name, source, numbering)?;
    if let Some(c) = field.conversion {
        v = convert(v, c)?;
    }
    let raw = t.slice(field.spec.0, field.spec.1);
    if field.nested {
        let spec = render(raw, source, numbering, depth - 1)?;
        return render_value(v, spec.chars(), out);
    }
    render_value(v, raw, out)
}

fn render_value(v: Value, spec: Chars, out: &mut StrBuilder) -> PyResult<()> {
    let exact = v.cast_exact::<Str>().is_some() || v.is_small_int() || v.as_exact_float().is_some();
    if spec.is_empty() && exact {
        out.push_chars(protocol::str(v)?.chars());
        return Ok(());
    }
    if exact && let Some(b) = format_builtin(v, spec)? {
        out.push_chars(b.chars());
        return Ok(());
    }
    let r = protocol::format(v, Some(Str::from_chars(spec)?.value()))?;
    if let Some(s) = r.cast::<Str>() {
        out.push_chars(s.chars());
    }
    Ok(())
}

/// `str.format(*args, **kwargs)`
pub fn format(v: Value, args: &[Value], names: Option<Gc<Tuple>>) -> PyResult<Value> {
    let t = v.cast::<Str>().expect("checked by the descriptor");
    render(
        t.chars(),
        &Source::Call(args, names),
        &mut Numbering::default(),
        2,
    )?
    .value()
}

/// `str.format_map(mapping)`
pub fn format_map(v: Value, mapping: Value) -> PyResult<Value> {
    let t = v.cast::<Str>().expect("checked by the descriptor");
    render(
        t.chars(),
        &Source::Mapping(mapping),
        &mut Numbering::default(),
        2,
    )?
    .value()
}

// ---- the `_string` module ----

static PARSER_SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    methods: &[],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(parser_next);
    },
    ..TypeSpec::named("formatteriterator")
};

fn parser_type() -> Gc<Type> {
    static TYPE: Root = Root::new();
    crate::types::bytes::iter::lazy_native_type(&TYPE, &PARSER_SPEC, 1)
}

fn template(v: Value) -> PyResult<Gc<Str>> {
    v.cast::<Str>()
        .ok_or_else(|| type_error(format!("expected str, got {}", v.type_of().name_string())))
}

/// `_string.formatter_parser(template)`
pub fn formatter_parser(v: Value) -> PyResult<Value> {
    let t = template(v)?;
    let it = Native::with_state(parser_type(), std::cell::Cell::new(0usize))?;
    it.put(0, t.value());
    Ok(it.value())
}

fn parser_next(v: Value) -> PyResult<Option<Value>> {
    let it = v.cast::<Native>().expect("checked by the descriptor");
    let (Some(t), Some(at)) = (
        it.get(0).and_then(|t| t.cast::<Str>()),
        it.state::<std::cell::Cell<usize>>(),
    ) else {
        return Ok(None);
    };
    let mut i = at.get();
    let piece = next_piece(t.chars(), &mut i)?;
    at.set(i);
    let Some(piece) = piece else { return Ok(None) };
    let text = |(from, to)| part(t.chars(), from, to).map(Gc::value);
    let literal = text(piece.literal)?;
    let item = match piece.field {
        None => [literal, Value::NONE, Value::NONE, Value::NONE],
        Some(f) => {
            let conversion = f
                .conversion
                .map_or(Ok(Value::NONE), |c| Str::from_char(c).map(Gc::value))?;
            [literal, text(f.name)?, text(f.spec)?, conversion]
        }
    };
    tuple::new(&item).map(Some)
}

/// `_string.formatter_field_name_split(name)`
pub fn formatter_field_name_split(v: Value) -> PyResult<Value> {
    let s = template(v)?;
    let t = s.chars();
    let (first, mut at) = first_part(t, (0, t.len()))?;
    let first = match first {
        First::Auto => Str::empty().value(),
        First::Index(i) => Value::from_usize(i),
        First::Key(from, to) => part(t, from, to)?.value(),
    };
    let mut rest = RVec::new();
    while let Some(step) = next_step(t, &mut at, t.len())? {
        let (is_attr, key) = match step {
            Step::Attr(from, to) => (true, part(t, from, to)?.value()),
            Step::Index(i) => (false, Value::from_usize(i)),
            Step::Key(from, to) => (false, part(t, from, to)?.value()),
        };
        rest.push(tuple::new(&[Value::bool(is_attr), key])?)?;
    }
    tuple::new(&[first, protocol::iter(List::from_vec(rest)?.value())?])
}

/// The functions of the `_string` module.
pub static STRING_MODULE: &[Method] = &[
    Method::one(
        "formatter_parser",
        "",
        |_, v| formatter_parser(v),
        "parse the argument as a format string",
    ),
    Method::one(
        "formatter_field_name_split",
        "",
        |_, v| formatter_field_name_split(v),
        "split the argument as a field name",
    ),
];
