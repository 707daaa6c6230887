//! Methods and slots of `str`.

use rivet_spec::CompareOp;

use super::builder::StrBuilder;
use super::{Chars, Str, case, codec, format, iter, percent, search};
use crate::exceptions::{PyResult, clear_if, exc, overflow_error, type_error, value_error};
use crate::object::args::{LazySignature, MAX_PARAMS, check_count, text as text_arg};
use crate::object::protocol::{self, ordering_matches};
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Bound, Type, TypeFlags};
use crate::types::bytes::common::{self, Ends};
use crate::types::dict::Dict;
use crate::types::int;
use crate::types::list::List;
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, RVec, Value};
use crate::{text, unicode, with_pair, with_units};

/// `str`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\nCreate a new string object from the given object. If encoding or\nerrors is specified, then the object must expose a data buffer\nthat will be decoded using the given encoding and error handler.\nOtherwise, returns the result of object.__str__() (if defined)\nor repr(object).\nencoding defaults to sys.getdefaultencoding().\nerrors defaults to 'strict'.",
    flags: TypeFlags::BASETYPE | TypeFlags::UNICODE_SUBCLASS | TypeFlags::MATCH_SELF,
    methods: METHODS,
    slots: |s| {
        s.new = Some(str_new);
        s.repr = Some(|v| text::repr_str(&this(v)).map(Gc::value));
        s.str = Some(exact);
        s.hash = Some(|v| Ok(this(v).hash()));
        s.compare = Some(compare);
        s.iter = Some(iter::new);
        s.len = Some(|v| Ok(this(v).len()));
        s.getitem = Some(get_item);
        s.contains = Some(contains);
        s.concat = Some(concat);
        s.repeat = Some(repeat);
        s.modulo = Some(|a, b| match a.cast::<Str>() {
            Some(s) => percent::format_str(s, b),
            None => Ok(Value::NOT_IMPLEMENTED),
        });
    },
    ..TypeSpec::named("str")
};

static METHODS: &[Method] = &[
    Method::bound(
        "encode",
        "($self, /, encoding='utf-8', errors='strict')",
        encode,
        "Encode the string using the codec registered for encoding.",
    ),
    Method::bound(
        "replace",
        "($self, old, new, count=-1, /)",
        replace,
        "Return a copy with all occurrences of substring old replaced by new.",
    ),
    Method::bound(
        "split",
        "($self, /, sep=None, maxsplit=-1)",
        |v, a| split(v, a, false),
        "Return a list of the substrings in the string, using sep as the separator string.",
    ),
    Method::bound(
        "rsplit",
        "($self, /, sep=None, maxsplit=-1)",
        |v, a| split(v, a, true),
        "Return a list of the substrings in the string, using sep as the separator string.",
    ),
    Method::one(
        "join",
        "($self, iterable, /)",
        join,
        "Concatenate any number of strings.",
    ),
    Method::noargs(
        "capitalize",
        |v| case::capitalize(this(v)).map(Gc::value),
        "Return a capitalized version of the string.",
    ),
    Method::noargs(
        "casefold",
        |v| case::casefold(this(v)).map(Gc::value),
        "Return a version of the string suitable for caseless comparisons.",
    ),
    Method::noargs(
        "title",
        |v| case::title(this(v)).map(Gc::value),
        "Return a version of the string where each word is titlecased.",
    ),
    Method::bound(
        "center",
        "($self, width, fillchar=' ', /)",
        |v, a| justify(v, a, Side::Center),
        "Return a centered string of length width.",
    ),
    Method::fast("count", "", count, "S.count(sub[, start[, end]]) -> int"),
    Method::bound(
        "expandtabs",
        "($self, /, tabsize=8)",
        expandtabs,
        "Return a copy where all tab characters are expanded using spaces.",
    ),
    Method::fast(
        "find",
        "",
        |v, a| found(v, a, "find", search::find, false),
        "S.find(sub[, start[, end]]) -> int",
    ),
    Method::one(
        "partition",
        "($self, sep, /)",
        |v, s| partition(v, s, false),
        "Partition the string into three parts using the given separator.",
    ),
    Method::fast(
        "index",
        "",
        |v, a| found(v, a, "index", search::find, true),
        "S.index(sub[, start[, end]]) -> int",
    ),
    Method::bound(
        "ljust",
        "($self, width, fillchar=' ', /)",
        |v, a| justify(v, a, Side::Left),
        "Return a left-justified string of length width.",
    ),
    Method::noargs(
        "lower",
        |v| case::lower(this(v)).map(Gc::value),
        "Return a copy of the string converted to lowercase.",
    ),
    Method::bound(
        "lstrip",
        "($self, chars=None, /)",
        |v, a| strip(v, a[0], "lstrip", Ends::Left),
        "Return a copy of the string with leading whitespace removed.",
    ),
    Method::fast(
        "rfind",
        "",
        |v, a| found(v, a, "rfind", search::rfind, false),
        "S.rfind(sub[, start[, end]]) -> int",
    ),
    Method::fast(
        "rindex",
        "",
        |v, a| found(v, a, "rindex", search::rfind, true),
        "S.rindex(sub[, start[, end]]) -> int",
    ),
    Method::bound(
        "rjust",
        "($self, width, fillchar=' ', /)",
        |v, a| justify(v, a, Side::Right),
        "Return a right-justified string of length width.",
    ),
    Method::bound(
        "rstrip",
        "($self, chars=None, /)",
        |v, a| strip(v, a[0], "rstrip", Ends::Right),
        "Return a copy of the string with trailing whitespace removed.",
    ),
    Method::one(
        "rpartition",
        "($self, sep, /)",
        |v, s| partition(v, s, true),
        "Partition the string into three parts using the given separator.",
    ),
    Method::bound(
        "splitlines",
        "($self, /, keepends=False)",
        splitlines,
        "Return a list of the lines in the string, breaking at line boundaries.",
    ),
    Method::bound(
        "strip",
        "($self, chars=None, /)",
        |v, a| strip(v, a[0], "strip", Ends::Both),
        "Return a copy of the string with leading and trailing whitespace removed.",
    ),
    Method::noargs(
        "swapcase",
        |v| case::swapcase(this(v)).map(Gc::value),
        "Convert uppercase characters to lowercase and lowercase characters to uppercase.",
    ),
    Method::one(
        "translate",
        "($self, table, /)",
        translate,
        "Replace each character in the string using the given translation table.",
    ),
    Method::noargs(
        "upper",
        |v| case::upper(this(v)).map(Gc::value),
        "Return a copy of the string converted to uppercase.",
    ),
    Method::fast(
        "startswith",
        "",
        |v, a| affix(v, a, "startswith", search::starts_with),
        "S.startswith(prefix[, start[, end]]) -> bool",
    ),
    Method::fast(
        "endswith",
        "",
        |v, a| affix(v, a, "endswith", search::ends_with),
        "S.endswith(suffix[, start[, end]]) -> bool",
    ),
    Method::one(
        "removeprefix",
        "($self, prefix, /)",
        |v, p| remove_affix(v, p, "removeprefix"),
        "Return a str with the given prefix string removed if present.",
    ),
    Method::one(
        "removesuffix",
        "($self, suffix, /)",
        |v, p| remove_affix(v, p, "removesuffix"),
        "Return a str with the given suffix string removed if present.",
    ),
    Method::noargs(
        "isascii",
        |v| Ok(Value::bool(this(v).is_ascii())),
        "Return True if all characters in the string are ASCII, False otherwise.",
    ),
    Method::noargs(
        "islower",
        |v| {
            Ok(Value::bool(case::all_cased(
                this(v).chars(),
                unicode::is_lower,
                unicode::is_upper,
            )))
        },
        "Return True if the string is a lowercase string, False otherwise.",
    ),
    Method::noargs(
        "isupper",
        |v| {
            Ok(Value::bool(case::all_cased(
                this(v).chars(),
                unicode::is_upper,
                unicode::is_lower,
            )))
        },
        "Return True if the string is an uppercase string, False otherwise.",
    ),
    Method::noargs(
        "istitle",
        |v| Ok(Value::bool(case::is_title(this(v).chars()))),
        "Return True if the string is a title-cased string, False otherwise.",
    ),
    Method::noargs(
        "isspace",
        |v| all(v, unicode::is_space),
        "Return True if the string is a whitespace string, False otherwise.",
    ),
    Method::noargs(
        "isdecimal",
        |v| all(v, unicode::is_decimal),
        "Return True if the string is a decimal string, False otherwise.",
    ),
    Method::noargs(
        "isdigit",
        |v| all(v, unicode::is_digit),
        "Return True if the string is a digit string, False otherwise.",
    ),
    Method::noargs(
        "isnumeric",
        |v| all(v, unicode::is_numeric),
        "Return True if the string is a numeric string, False otherwise.",
    ),
    Method::noargs(
        "isalpha",
        |v| all(v, unicode::is_alpha),
        "Return True if the string is an alphabetic string, False otherwise.",
    ),
    Method::noargs(
        "isalnum",
        |v| all(v, unicode::is_alnum),
        "Return True if the string is an alpha-numeric string, False otherwise.",
    ),
    Method::noargs(
        "isidentifier",
        |v| Ok(Value::bool(is_identifier(this(v).chars()))),
        "Return True if the string is a valid Python identifier, False otherwise.",
    ),
    Method::noargs(
        "isprintable",
        |v| {
            Ok(Value::bool(
                this(v).chars().iter().all(unicode::is_printable),
            ))
        },
        "Return True if the string is printable, False otherwise.",
    ),
    Method::one(
        "zfill",
        "($self, width, /)",
        zfill,
        "Pad a numeric string with zeros on the left, to fill a field of the given width.",
    ),
    Method::fastkw(
        "format",
        "",
        format::format,
        "S.format(*args, **kwargs) -> str",
    ),
    Method::one(
        "format_map",
        "",
        format::format_map,
        "S.format_map(mapping) -> str",
    ),
    Method::one(
        "__format__",
        "($self, format_spec, /)",
        format::format_method,
        "Return a formatted version of the string as described by format_spec.",
    ),
    Method::fast(
        "maketrans",
        "",
        maketrans,
        "Return a translation table usable for str.translate().",
    )
    .statik(),
    Method::noargs(
        "__sizeof__",
        size_of,
        "Return the size of the string in memory, in bytes.",
    ),
    Method::noargs(
        "__getnewargs__",
        |v| tuple::new(&[Str::from_chars(this(v).chars())?.value()]),
        "",
    ),
];

fn this(v: Value) -> Gc<Str> {
    v.cast::<Str>().expect("checked by the descriptor")
}

fn type_name(v: Value) -> String {
    v.type_of().name_string()
}

/// The exact str of a str.
fn exact(v: Value) -> PyResult<Value> {
    if v.cast_exact::<Str>().is_some() {
        Ok(v)
    } else {
        Str::from_chars(this(v).chars()).map(Gc::value)
    }
}

fn same_or_copy(v: Value) -> PyResult<Value> {
    exact(v)
}

fn str_new(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    static SIGNATURE: LazySignature =
        LazySignature::new("(object='', encoding='utf-8', errors='strict')");
    let plain = ty == crate::runtime::types().str;
    if let ([v], None, true) = (args, kw, plain) {
        return protocol::str(*v).map(Gc::value);
    }
    let mut out = [None; MAX_PARAMS];
    SIGNATURE.get().bind("str", args, kw, &mut out)?;
    let Some(object) = out[0] else {
        return if plain {
            Ok(Str::empty().value())
        } else {
            Str::new_of(ty, Chars::One(&[]))
        };
    };
    let (encoding, errors) = codec::names("str", out[1], out[2])?;
    let s = if encoding.is_none() && errors.is_none() {
        protocol::str(object)?.value()
    } else {
        codec::decode_object(object, encoding, errors)?
    };
    match s.cast::<Str>() {
        Some(s) if !plain => Str::new_of(ty, s.chars()),
        _ => Ok(s),
    }
}

fn size_of(v: Value) -> PyResult<Value> {
    let s = this(v);
    let n = s.len();
    Ok(Value::from_usize(match s.width() {
        1 if s.is_ascii() => 49 + n,
        1 => 73 + n,
        2 => 74 + 2 * n,
        _ => 76 + 4 * n,
    }))
}

/// Orders strings by code points.
pub fn order(a: Chars, b: Chars) -> std::cmp::Ordering {
    match (a, b) {
        (Chars::One(a), Chars::One(b)) => a.cmp(b),
        _ => a.iter().cmp(b.iter()),
    }
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Str>(), b.cast::<Str>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    Ok(Value::bool(match op {
        CompareOp::Eq => x.equals(&y),
        CompareOp::Ne => !x.equals(&y),
        _ => ordering_matches(order(x.chars(), y.chars()), op),
    }))
}

fn get_item(v: Value, key: Value) -> PyResult<Value> {
    let s = this(v);
    if let Some(r) = common::slice_range(key, s.len())? {
        if let Some((from, to)) = r.contiguous() {
            if to - from == s.len() {
                return same_or_copy(v);
            }
            return s.substring(from, to).map(Gc::value);
        }
        let chars = s.chars();
        let mut out = StrBuilder::with_capacity(r.count);
        r.indices().for_each(|i| out.push(chars.get(i)));
        return out.value();
    }
    let bad = |t: &str| format!("string indices must be integers, not '{t}'");
    let i = common::item_index(key, s.len(), bad, "string index out of range")?;
    Str::from_char(s.chars().get(i)).map(Gc::value)
}

fn contains(v: Value, item: Value) -> PyResult<bool> {
    match item.cast::<Str>() {
        Some(n) => Ok(search::find(this(v).chars(), n.chars()).is_some()),
        None => Err(type_error(format!(
            "'in <string>' requires string as left operand, not {}",
            type_name(item)
        ))),
    }
}

fn concat(a: Value, b: Value) -> PyResult<Value> {
    match b.cast::<Str>() {
        Some(b) => Str::concat(this(a), b).map(Gc::value).and_then(exact),
        None => Err(type_error(format!(
            "can only concatenate str (not \"{}\") to str",
            type_name(b)
        ))),
    }
}

fn repeat(v: Value, n: isize) -> PyResult<Value> {
    let s = this(v);
    if n == 1 || s.is_empty() {
        return exact(v);
    }
    if n <= 0 {
        return Ok(Str::empty().value());
    }
    if common::repeated(s.len(), n).is_none() {
        return Err(overflow_error("repeated string is too long"));
    }
    let n = n as usize;
    common::check_room(s.len() * n)?;
    match s.chars() {
        Chars::One(b) => Str::build_latin1(b.len() * n, |out| match b {
            [c] => out.fill(*c),
            _ => out
                .chunks_exact_mut(b.len())
                .for_each(|chunk| chunk.copy_from_slice(b)),
        }),
        wide => Str::from_points(&wide.iter().collect::<Vec<u32>>().repeat(n)),
    }
    .map(Gc::value)
}

fn all(v: Value, f: fn(u32) -> bool) -> PyResult<Value> {
    let s = this(v);
    let chars = s.chars();
    Ok(Value::bool(!chars.is_empty() && chars.iter().all(f)))
}

/// Whether the text is an identifier (a keyword or not).
pub fn is_identifier(chars: Chars) -> bool {
    let mut it = chars.iter();
    it.next().is_some_and(unicode::is_id_start) && it.all(unicode::is_id_continue)
}

fn encode(v: Value, a: Bound) -> PyResult<Value> {
    let (encoding, errors) = codec::names("encode", a[0], a[1])?;
    codec::encode_str(this(v), encoding, errors)
}

fn replace(v: Value, a: Bound) -> PyResult<Value> {
    let (old, new) = (a[0].unwrap_or(Value::NONE), a[1].unwrap_or(Value::NONE));
    let (old, new) = (text_arg("replace", 1, old)?, text_arg("replace", 2, new)?);
    let max = common::limit(a[2])?;
    let s = this(v);
    search::replace(s, old, new, max)
        .map(Gc::value)
        .and_then(exact)
}

/// The list of substrings with these ranges.
fn pieces(s: Gc<Str>, ranges: &[(usize, usize)]) -> PyResult<Value> {
    let mut out = RVec::with_capacity(ranges.len())?;
    for &(from, to) in ranges {
        out.push(s.substring(from, to)?.value())?;
    }
    Ok(List::from_vec(out)?.value())
}

fn split(v: Value, a: Bound, right: bool) -> PyResult<Value> {
    let s = this(v);
    let max = common::limit(a[1])?;
    let Some(separator) = a[0].and_then(Value::not_none) else {
        let ranges = match (s.chars(), right) {
            (Chars::One(u), false) => common::split_space(u, |b| unicode::is_space(b.into()), max),
            (Chars::Two(u), false) => common::split_space(u, |b| unicode::is_space(b.into()), max),
            (Chars::Four(u), false) => common::split_space(u, unicode::is_space, max),
            (Chars::One(u), true) => common::rsplit_space(u, |b| unicode::is_space(b.into()), max),
            (Chars::Two(u), true) => common::rsplit_space(u, |b| unicode::is_space(b.into()), max),
            (Chars::Four(u), true) => common::rsplit_space(u, unicode::is_space, max),
        };
        return pieces(s, &ranges);
    };
    let Some(sep) = separator.cast::<Str>() else {
        return Err(type_error(format!(
            "must be str or None, not {}",
            type_name(separator)
        )));
    };
    if sep.is_empty() {
        return Err(value_error("empty separator"));
    }
    let whole = || vec![(0, s.len())];
    let ranges = with_pair!(
        s.chars(),
        sep.chars(),
        |h, n| if right {
            common::rsplit(h, n, max)
        } else {
            common::split(h, n, max)
        },
        whole()
    );
    pieces(s, &ranges)
}

fn join(v: Value, iterable: Value) -> PyResult<Value> {
    // Nothing below runs Python code, so the items of a list need no copy.
    if let Some(t) = iterable.cast_exact::<Tuple>() {
        return join_items(v, t.items());
    }
    if let Some(l) = iterable.cast_exact::<List>() {
        return join_items(v, l.items());
    }
    let items = match protocol::collect(iterable) {
        Ok(items) => items,
        Err(raised)
            if iterable.type_of().slots().iter.is_none()
                && iterable.type_of().slots().getitem.is_none() =>
        {
            clear_if(raised, exc().type_error)?;
            return Err(type_error("can only join an iterable"));
        }
        Err(raised) => return Err(raised),
    };
    join_items(v, &items)
}

fn join_items(v: Value, items: &[Value]) -> PyResult<Value> {
    for (i, &item) in items.iter().enumerate() {
        if item.cast::<Str>().is_none() {
            let t = type_name(item);
            return Err(type_error(format!(
                "sequence item {i}: expected str instance, {t} found"
            )));
        }
    }
    match *items {
        [] => Ok(Str::empty().value()),
        [one] if one.cast_exact::<Str>().is_some() => Ok(one),
        _ => Str::join_parts(items, Some(this(v))).map(Gc::value),
    }
}

/// Which side the text goes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Center,
}

fn justify(v: Value, a: Bound, side: Side) -> PyResult<Value> {
    let s = this(v);
    let width = a[0].map_or(Ok(0), protocol::as_isize)?;
    let fill = match a[1] {
        None => 0x20,
        Some(f) => match f.cast::<Str>() {
            Some(f) if f.len() == 1 => f.chars().get(0),
            Some(_) => {
                return Err(type_error(
                    "The fill character must be exactly one character long",
                ));
            }
            None => {
                return Err(type_error(format!(
                    "The fill character must be a unicode character, not {}",
                    type_name(f)
                )));
            }
        },
    };
    let width = usize::try_from(width).unwrap_or(0);
    if width <= s.len() {
        return exact(v);
    }
    let pad = width - s.len();
    common::check_room(width)?;
    let left = match side {
        Side::Left => 0,
        Side::Right => pad,
        Side::Center => common::center_left(pad, width),
    };
    let mut out = StrBuilder::with_capacity(width);
    out.push_n(fill, left);
    out.push_chars(s.chars());
    out.push_n(fill, pad - left);
    out.value()
}

fn zfill(v: Value, width: Value) -> PyResult<Value> {
    let s = this(v);
    let width = usize::try_from(protocol::as_isize(width)?).unwrap_or(0);
    if width <= s.len() {
        return exact(v);
    }
    common::check_room(width)?;
    let chars = s.chars();
    let signed = !chars.is_empty() && matches!(chars.get(0), 0x2b | 0x2d);
    let mut out = StrBuilder::with_capacity(width);
    if signed {
        out.push(chars.get(0));
    }
    out.push_n(0x30, width - s.len());
    out.push_chars(chars.slice(usize::from(signed), s.len()));
    out.value()
}

/// Counts arguments as functions with variable positional arguments do.
pub(crate) fn arity(name: &str, args: &[Value], min: usize, max: usize) -> PyResult<()> {
    let n = args.len();
    if (min..=max).contains(&n) {
        return Ok(());
    }
    let (how, bound) = if n < min {
        ("least", min)
    } else {
        ("most", max)
    };
    let s = if bound == 1 { "" } else { "s" };
    Err(type_error(format!(
        "{name}() takes at {how} {bound} argument{s} ({n} given)"
    )))
}

/// The part of the string that `find` and its kin look at, and where it begins; None if start > len.
fn window<'a>(s: &'a Str, args: &[Value]) -> PyResult<Option<(Chars<'a>, usize)>> {
    let (from, to) = common::clip_range(args.get(1).copied(), args.get(2).copied(), s.len())?;
    Ok(if from > to {
        None
    } else {
        Some((s.chars().slice(from, to), from))
    })
}

fn needle(args: &[Value]) -> PyResult<Gc<Str>> {
    args[0]
        .cast::<Str>()
        .ok_or_else(|| type_error(format!("must be str, not {}", type_name(args[0]))))
}

fn found(
    v: Value,
    args: &[Value],
    name: &str,
    f: fn(Chars, Chars) -> Option<usize>,
    must: bool,
) -> PyResult<Value> {
    arity(name, args, 1, 3)?;
    let n = needle(args)?;
    let s = this(v);
    let at = window(&s, args)?.and_then(|(w, from)| f(w, n.chars()).map(|i| i + from));
    match at {
        Some(i) => Ok(Value::from_usize(i)),
        None if must => Err(value_error("substring not found")),
        None => Ok(Value::int(-1)),
    }
}

fn count(v: Value, args: &[Value]) -> PyResult<Value> {
    arity("count", args, 1, 3)?;
    let n = needle(args)?;
    let s = this(v);
    Ok(Value::from_usize(
        window(&s, args)?.map_or(0, |(w, _)| search::count(w, n.chars())),
    ))
}

fn affix(v: Value, args: &[Value], name: &str, f: fn(Chars, Chars) -> bool) -> PyResult<Value> {
    arity(name, args, 1, 3)?;
    let s = this(v);
    let window = window(&s, args)?;
    let test = |n: Gc<Str>| window.is_some_and(|(w, _)| f(w, n.chars()));
    if let Some(t) = args[0].cast::<Tuple>() {
        for &item in t.items() {
            let Some(n) = item.cast::<Str>() else {
                let t = type_name(item);
                return Err(type_error(format!(
                    "tuple for {name} must only contain str, not {t}"
                )));
            };
            if test(n) {
                return Ok(Value::TRUE);
            }
        }
        return Ok(Value::FALSE);
    }
    match args[0].cast::<Str>() {
        Some(n) => Ok(Value::bool(test(n))),
        None => {
            let t = type_name(args[0]);
            Err(type_error(format!(
                "{name} first arg must be str or a tuple of str, not {t}"
            )))
        }
    }
}

fn remove_affix(v: Value, affix: Value, name: &str) -> PyResult<Value> {
    let s = this(v);
    let Some(a) = affix.cast::<Str>() else {
        return Err(type_error(format!(
            "{name}() argument must be str, not {}",
            type_name(affix)
        )));
    };
    if name == "removeprefix" && search::starts_with(s.chars(), a.chars()) {
        return s.substring(a.len(), s.len()).map(Gc::value);
    }
    if name == "removesuffix" && !a.is_empty() && search::ends_with(s.chars(), a.chars()) {
        return s.substring(0, s.len() - a.len()).map(Gc::value);
    }
    exact(v)
}

fn partition(v: Value, separator: Value, right: bool) -> PyResult<Value> {
    let s = this(v);
    let Some(sep) = separator.cast::<Str>() else {
        return Err(type_error(format!(
            "must be str, not {}",
            type_name(separator)
        )));
    };
    if sep.is_empty() {
        return Err(value_error("empty separator"));
    }
    let at = if right {
        search::rfind(s.chars(), sep.chars())
    } else {
        search::find(s.chars(), sep.chars())
    };
    let empty = Str::empty().value();
    match at {
        Some(i) => tuple::new(&[
            s.substring(0, i)?.value(),
            exact(separator)?,
            s.substring(i + sep.len(), s.len())?.value(),
        ]),
        None if right => tuple::new(&[empty, empty, exact(v)?]),
        None => tuple::new(&[exact(v)?, empty, empty]),
    }
}

#[allow(clippy::useless_conversion)]
fn strip(v: Value, chars: Option<Value>, name: &str, ends: Ends) -> PyResult<Value> {
    let s = this(v);
    let (from, to) = match chars.and_then(Value::not_none) {
        None => with_units!(s.chars(), |u| common::strip(
            u,
            ends,
            |c| unicode::is_space(c.into())
        )),
        Some(set) => {
            let Some(set) = set.cast::<Str>() else {
                return Err(type_error(format!("{name} arg must be None or str")));
            };
            let set = set.chars();
            with_units!(s.chars(), |u| common::strip(u, ends, |c| set
                .iter()
                .any(|x| x == u32::from(c))))
        }
    };
    if to - from == s.len() {
        exact(v)
    } else {
        s.substring(from, to).map(Gc::value)
    }
}

#[allow(clippy::useless_conversion)]
fn splitlines(v: Value, a: Bound) -> PyResult<Value> {
    let keep = match a[0] {
        None => false,
        Some(k) => protocol::is_true(protocol::index(k)?)?,
    };
    let s = this(v);
    let ranges = with_units!(s.chars(), |u| common::split_lines(
        u,
        |c| unicode::is_line_break(c.into()),
        |a, b| u32::from(a) == 0x0d && u32::from(b) == 0x0a,
        keep
    ));
    pieces(s, &ranges)
}

#[allow(clippy::useless_conversion)]
fn expandtabs(v: Value, a: Bound) -> PyResult<Value> {
    let s = this(v);
    let tab = common::tab_size(a[0], || s.chars().iter().filter(|&c| c == 9).count())?;
    let out = std::cell::RefCell::new(StrBuilder::with_capacity(s.len()));
    with_units!(s.chars(), |u| common::expand_tabs(
        u,
        tab,
        |c| u32::from(c) == 9,
        |c| matches!(u32::from(c), 10 | 13),
        |t| t.iter().for_each(|&c| out.borrow_mut().push(c.into())),
        |n| out.borrow_mut().push_n(0x20, n)
    ));
    out.into_inner().value()
}

/// What a translation table says of a character.
enum Mapped {
    Same,
    Nothing,
    Char(u32),
    Text(Gc<Str>),
}

fn look_up(table: Value, c: u32) -> PyResult<Mapped> {
    let key = Value::int(c.into());
    let v = match table.cast_exact::<Dict>() {
        Some(d) => match d.get(key)? {
            Some(v) => v,
            None => return Ok(Mapped::Same),
        },
        None => match protocol::get_item(table, key) {
            Ok(v) => v,
            Err(raised) => return clear_if(raised, exc().lookup_error).map(|()| Mapped::Same),
        },
    };
    if v.is_none() {
        return Ok(Mapped::Nothing);
    }
    if let Some(s) = v.cast::<Str>() {
        return Ok(Mapped::Text(s));
    }
    if int::is_int(v) {
        return match int::to_i64(v) {
            Some(c @ 0..0x11_0000) => Ok(Mapped::Char(c as u32)),
            _ => Err(value_error("character mapping must be in range(0x110000)")),
        };
    }
    Err(type_error(
        "character mapping must return integer, None or str",
    ))
}

fn translate(v: Value, table: Value) -> PyResult<Value> {
    let s = this(v);
    let mut out = StrBuilder::with_capacity(s.len());
    for c in s.chars().iter() {
        match look_up(table, c)? {
            Mapped::Same => out.push(c),
            Mapped::Nothing => {}
            Mapped::Char(c) => out.push(c),
            Mapped::Text(t) => out.push_chars(t.chars()),
        }
    }
    out.value()
}

fn maketrans(_: Value, args: &[Value]) -> PyResult<Value> {
    check_count("maketrans", args, 1, 3)?;
    let table = Dict::new()?;
    if let [only] = args {
        let Some(source) = only.cast_exact::<Dict>() else {
            return Err(type_error(
                "if you give only one argument to maketrans it must be a dict",
            ));
        };
        fill_from_dict(table, source)?;
        return Ok(table.value());
    }
    let Some(from) = args[0].cast::<Str>() else {
        return Err(type_error(
            "first maketrans argument must be a string if there is a second argument",
        ));
    };
    let to = text_arg("maketrans", 2, args[1])?;
    if from.len() != to.len() {
        return Err(value_error(
            "the first two maketrans arguments must have equal length",
        ));
    }
    for (a, b) in from.chars().iter().zip(to.chars().iter()) {
        table.set_item(Value::int(a.into()), Value::int(b.into()))?;
    }
    if let Some(&delete) = args.get(2) {
        for c in text_arg("maketrans", 3, delete)?.chars().iter() {
            table.set_item(Value::int(c.into()), Value::NONE)?;
        }
    }
    Ok(table.value())
}

fn fill_from_dict(table: Gc<Dict>, source: Gc<Dict>) -> PyResult<()> {
    let mut i = 0;
    while let Some((key, value)) = source.next_entry(&mut i) {
        let key = match key.cast::<Str>() {
            Some(s) if s.len() == 1 => Value::int(s.chars().get(0).into()),
            Some(_) => {
                return Err(value_error(
                    "string keys in translate table must be of length 1",
                ));
            }
            None if int::is_int(key) => key,
            None => {
                return Err(type_error(
                    "keys in translate table must be strings or integers",
                ));
            }
        };
        table.set_item(key, value)?;
    }
    Ok(())
}
