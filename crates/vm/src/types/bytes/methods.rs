//! Methods and slots of `bytes`, and the ones bytearray shares.

use rivet_spec::CompareOp;

use super::common::{self, Ends};
use super::{Bytes, iter, transform};
use crate::exceptions::{PyResult, clear_if, exc, overflow_error, type_error, value_error};
use crate::name;
use crate::object::args::{LazySignature, MAX_PARAMS};
use crate::object::attr::lookup_special;
use crate::object::call::call_special;
use crate::object::protocol::{self, ordering_matches};
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Bound, Type, TypeFlags};
use crate::types::buffer::{Base, bytes_like, has_buffer, not_bytes_like, with_bytes};
use crate::types::bytearray::{self, ByteArray};
use crate::types::int;
use crate::types::list::List;
use crate::types::str::methods::arity;
use crate::types::str::{Str, codec, percent};
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, RVec, Value};

/// The methods of both types, with those of one of them in front.
macro_rules! with_shared_methods {
    ($($own:expr),* $(,)?) => {{
        use $crate::object::spec::Method as M;
        use $crate::types::bytes::common::Ends;
        use $crate::types::bytes::{hex, methods as m, transform as t};
        &[
            $($own,)*
            M::noargs("capitalize", |v| m::mapped(v, t::capitalize), "B.capitalize() -> copy of B\n\nReturn a copy of B with only its first character capitalized (ASCII)\nand the rest lower-cased."),
            M::fast("center", "", |v, a| m::justify(v, a, "center"), "Return a centered string of length width."),
            M::fast("count", "", m::count, "B.count(sub[, start[, end]]) -> int"),
            M::bound("decode", "($self, /, encoding='utf-8', errors='strict')", m::decode, "Decode the bytes using the codec registered for encoding."),
            M::fast("endswith", "", |v, a| m::affix(v, a, "endswith"), "B.endswith(suffix[, start[, end]]) -> bool"),
            M::bound("expandtabs", "($self, /, tabsize=8)", m::expandtabs, "Return a copy where all tab characters are expanded using spaces."),
            M::fast("find", "", |v, a| m::found(v, a, "find"), "B.find(sub[, start[, end]]) -> int"),
            M::one("fromhex", "($type, string, /)", hex::from_hex, "Create a bytes object from a string of hexadecimal numbers.").class(),
            M::bound("hex", "($self, /, sep=<unrepresentable>, bytes_per_sep=1)", hex::hex_method, "Create a string of hexadecimal numbers from a bytes object."),
            M::fast("index", "", |v, a| m::found(v, a, "index"), "B.index(sub[, start[, end]]) -> int"),
            M::noargs("isalnum", |v| m::test(v, t::is_alnum), "B.isalnum() -> bool"),
            M::noargs("isalpha", |v| m::test(v, t::is_alpha), "B.isalpha() -> bool"),
            M::noargs("isascii", |v| m::test(v, <[u8]>::is_ascii), "B.isascii() -> bool"),
            M::noargs("isdigit", |v| m::test(v, t::is_digit), "B.isdigit() -> bool"),
            M::noargs("islower", |v| m::test(v, t::is_lower), "B.islower() -> bool"),
            M::noargs("isspace", |v| m::test(v, t::is_space), "B.isspace() -> bool"),
            M::noargs("istitle", |v| m::test(v, t::is_title), "B.istitle() -> bool"),
            M::noargs("isupper", |v| m::test(v, t::is_upper), "B.isupper() -> bool"),
            M::one("join", "($self, iterable_of_bytes, /)", m::join, "Concatenate any number of bytes objects."),
            M::fast("ljust", "", |v, a| m::justify(v, a, "ljust"), "Return a left-justified string of length width."),
            M::noargs("lower", |v| m::mapped(v, t::lower), "B.lower() -> copy of B\n\nReturn a copy of B with all ASCII characters converted to lowercase."),
            M::bound("lstrip", "($self, bytes=None, /)", |v, a| m::strip(v, a[0], Ends::Left), "Strip leading bytes contained in the argument."),
            M::fast("maketrans", "", m::maketrans, "Return a translation table usable for the bytes or bytearray translate method.").statik(),
            M::one("partition", "($self, sep, /)", |v, s| m::partition(v, s, false), "Partition the bytes into three parts using the given separator."),
            M::one("removeprefix", "($self, prefix, /)", |v, p| m::remove_affix(v, p, true), "Return a bytes object with the given prefix string removed if present."),
            M::one("removesuffix", "($self, suffix, /)", |v, p| m::remove_affix(v, p, false), "Return a bytes object with the given suffix string removed if present."),
            M::bound("replace", "($self, old, new, count=-1, /)", m::replace, "Return a copy with all occurrences of substring old replaced by new."),
            M::fast("rfind", "", |v, a| m::found(v, a, "rfind"), "B.rfind(sub[, start[, end]]) -> int"),
            M::fast("rindex", "", |v, a| m::found(v, a, "rindex"), "B.rindex(sub[, start[, end]]) -> int"),
            M::fast("rjust", "", |v, a| m::justify(v, a, "rjust"), "Return a right-justified string of length width."),
            M::one("rpartition", "($self, sep, /)", |v, s| m::partition(v, s, true), "Partition the bytes into three parts using the given separator."),
            M::bound("rsplit", "($self, /, sep=None, maxsplit=-1)", |v, a| m::split(v, a, true), "Return a list of the sections in the bytes, using sep as the delimiter."),
            M::bound("rstrip", "($self, bytes=None, /)", |v, a| m::strip(v, a[0], Ends::Right), "Strip trailing bytes contained in the argument."),
            M::bound("split", "($self, /, sep=None, maxsplit=-1)", |v, a| m::split(v, a, false), "Return a list of the sections in the bytes, using sep as the delimiter."),
            M::bound("splitlines", "($self, /, keepends=False)", m::splitlines, "Return a list of the lines in the bytes, breaking at line boundaries."),
            M::fast("startswith", "", |v, a| m::affix(v, a, "startswith"), "B.startswith(prefix[, start[, end]]) -> bool"),
            M::bound("strip", "($self, bytes=None, /)", |v, a| m::strip(v, a[0], Ends::Both), "Strip leading and trailing bytes contained in the argument."),
            M::noargs("swapcase", |v| m::mapped(v, t::swapcase), "B.swapcase() -> copy of B\n\nReturn a copy of B with uppercase ASCII characters converted\nto lowercase ASCII and vice versa."),
            M::noargs("title", |v| m::mapped(v, t::title), "B.title() -> copy of B\n\nReturn a titlecased version of B, i.e. ASCII words start with uppercase\ncharacters, all remaining cased characters have lowercase."),
            M::bound("translate", "($self, table, /, delete=b'')", m::translate, "Return a copy with each character mapped by the given translation table."),
            M::noargs("upper", |v| m::mapped(v, t::upper), "B.upper() -> copy of B\n\nReturn a copy of B with all ASCII characters converted to uppercase."),
            M::one("zfill", "($self, width, /)", m::zfill, "Pad a numeric string with zeros on the left, to fill a field of the given width."),
        ]
    }};
}
pub(crate) use with_shared_methods;

/// `bytes`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\nbytes(int) -> bytes object of size given by the parameter initialized with null bytes\nbytes() -> empty bytes object\n\nConstruct an immutable array of bytes from:\n  - an iterable yielding integers in range(256)\n  - a text string encoded using the specified encoding\n  - any object implementing the buffer API.\n  - an integer",
    flags: TypeFlags::BASETYPE | TypeFlags::BYTES_SUBCLASS | TypeFlags::MATCH_SELF,
    methods: METHODS,
    slots: |s| {
        s.new = Some(bytes_new);
        s.repr = Some(|v| {
            crate::types::str::new(&format!(
                "b{}",
                crate::text::quote_bytes(this(v).as_slice())
            ))
        });
        s.hash = Some(|v| Ok(this(v).hash()));
        s.compare = Some(compare);
        s.iter = Some(|v| iter::new(v, &iter::BYTES));
        s.len = Some(|v| Ok(this(v).len()));
        s.getitem = Some(get_item);
        s.contains = Some(contains);
        s.concat = Some(concat);
        s.repeat = Some(repeat);
        s.modulo = Some(|a, b| match a.cast::<Bytes>() {
            Some(t) => super::new(&percent::format_bytes(t.as_slice(), b)?),
            None => Ok(Value::NOT_IMPLEMENTED),
        });
        s.buffer = Some(|v, r| {
            let base = Base::Heap(v, |v| {
                v.cast::<Bytes>()
                    .map_or(std::ptr::null_mut(), |b| b.data_ptr().cast_mut())
            });
            r.fill(v, base, this(v).len(), true)
        });
    },
    ..TypeSpec::named("bytes")
};

static METHODS: &[Method] = with_shared_methods![
    Method::noargs(
        "__bytes__",
        exact,
        "Convert this value to exact type bytes."
    ),
    Method::noargs(
        "__getnewargs__",
        |v| tuple::new(&[super::new(this(v).as_slice())?]),
        ""
    ),
    Method::noargs(
        "__sizeof__",
        |v| Ok(Value::from_usize(33 + this(v).len())),
        ""
    ),
];

fn this(v: Value) -> Gc<Bytes> {
    v.cast::<Bytes>().expect("checked by the descriptor")
}

fn type_name(v: Value) -> String {
    v.type_of().name_string()
}

fn exact(v: Value) -> PyResult<Value> {
    if v.cast_exact::<Bytes>().is_some() {
        Ok(v)
    } else {
        super::new(this(v).as_slice())
    }
}

/// The contents of a bytes or bytearray.
pub(crate) fn data<'a>(v: Value) -> &'a [u8] {
    if let Some(b) = v.cast::<Bytes>() {
        return b.slice();
    }
    let b = v.cast::<ByteArray>().expect("checked by the descriptor");
    // SAFETY: the contents of a live bytearray; the slice's pointer keeps the storage in place, and callers do
    // not run Python code between taking and using it.
    unsafe { std::slice::from_raw_parts(b.data(), b.len()) }
}

/// A new bytes or bytearray, as `like` is one.
pub(crate) fn make(like: Value, data: &[u8]) -> PyResult<Value> {
    if like.cast::<Bytes>().is_some() {
        super::new(data)
    } else {
        bytearray::new(data)
    }
}

/// Part `from..to` of a bytes or bytearray; bytes give themselves where that is possible.
fn part(v: Value, from: usize, to: usize) -> PyResult<Value> {
    let d = data(v);
    if to - from == d.len() && v.cast_exact::<Bytes>().is_some() {
        Ok(v)
    } else {
        make(v, &d[from..to])
    }
}

/// The byte an int stands for.
pub fn byte_value(v: Value) -> PyResult<u8> {
    let i = protocol::index(v)?;
    match int::to_i64(i) {
        Some(b @ 0..256) => Ok(b as u8),
        _ => Err(value_error("byte must be in range(0, 256)")),
    }
}

// ---- construction ----

fn bytes_new(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(source=b'', encoding='', errors='')");
    let mut out = [None; MAX_PARAMS];
    SIGNATURE.get().bind("bytes", args, kw, &mut out)?;
    let plain = ty == crate::runtime::types().bytes;
    if let (Some(v), None, None) = (out[0], out[1], out[2]) {
        if plain && v.cast_exact::<Bytes>().is_some() {
            return Ok(v);
        }
        if let Some(b) = try_dunder_bytes(v)? {
            return if plain {
                Ok(b.value())
            } else {
                Bytes::new_of(ty, b.slice())
            };
        }
    }
    Bytes::new_of(ty, &source_bytes(out[0], out[1], out[2], "bytes")?)
}

/// The result of `__bytes__`, if the type has it.
pub fn try_dunder_bytes(v: Value) -> PyResult<Option<Gc<Bytes>>> {
    if let Some(b) = v.cast_exact::<Bytes>() {
        return Ok(Some(b));
    }
    if v.is_small_int() || v.cast_exact::<Str>().is_some() || v.cast_exact::<ByteArray>().is_some()
    {
        return Ok(None);
    }
    let Some(method) = lookup_special(v, name!("__bytes__"))? else {
        return Ok(None);
    };
    let r = call_special(method, &[])?;
    match r.cast::<Bytes>() {
        Some(b) => Ok(Some(b)),
        None => Err(type_error(format!(
            "__bytes__ returned non-bytes (type {})",
            type_name(r)
        ))),
    }
}

/// What `bytes(source, encoding, errors)` and `bytearray(...)` contain.
pub fn source_bytes(
    source: Option<Value>,
    encoding: Option<Value>,
    errors: Option<Value>,
    what: &str,
) -> PyResult<Vec<u8>> {
    let (encoding, errors) = codec::names(what, encoding, errors)?;
    let extra = match (encoding, errors) {
        (Some(_), _) => "encoding without a string argument",
        (None, Some(_)) => "errors without a string argument",
        _ => "",
    };
    let Some(v) = source else {
        return if extra.is_empty() {
            Ok(Vec::new())
        } else {
            Err(type_error(extra))
        };
    };
    if let Some(s) = v.cast::<Str>() {
        if encoding.is_none() {
            return Err(type_error("string argument without an encoding"));
        }
        return bytes_like(codec::encode_str(s, encoding, errors)?);
    }
    if !extra.is_empty() {
        return Err(type_error(extra));
    }
    if int::is_int(v) || v.type_of().slots().index.is_some() {
        let n = protocol::index_i64(v, |v| {
            overflow_error(format!(
                "cannot fit '{}' into an index-sized integer",
                type_name(v)
            ))
        });
        match n {
            Ok(n) => {
                let n = usize::try_from(n).map_err(|_| value_error("negative count"))?;
                common::check_room(n)?;
                return Ok(vec![0; n]);
            }
            Err(raised) => clear_if(raised, exc().type_error)?,
        }
    }
    from_buffer_or_iterable(v, what)
}

fn from_buffer_or_iterable(v: Value, what: &str) -> PyResult<Vec<u8>> {
    if has_buffer(v) {
        return bytes_like(v);
    }
    collect_bytes(v, what)
}

/// The bytes an iterable of ints gives.
pub fn collect_bytes(v: Value, what: &str) -> PyResult<Vec<u8>> {
    let cannot = || {
        type_error(format!(
            "cannot convert '{}' object to {what}",
            type_name(v)
        ))
    };
    if v.cast::<Str>().is_some()
        || (v.type_of().slots().iter.is_none() && v.type_of().slots().getitem.is_none())
    {
        return Err(cannot());
    }
    let mut out = Vec::new();
    protocol::for_each(v, |item| {
        let i = protocol::index(item)?;
        match int::to_i64(i) {
            Some(b @ 0..256) => out.push(b as u8),
            _ => {
                let range = if what == "bytes" {
                    "bytes must be in range(0, 256)"
                } else {
                    "byte must be in range(0, 256)"
                };
                return Err(value_error(range));
            }
        }
        Ok(())
    })?;
    Ok(out)
}

/// `bytes(v)` as the C function `PyObject_Bytes` does it: ints are no sizes.
pub fn from_object(v: Value) -> PyResult<Gc<Bytes>> {
    if let Some(b) = try_dunder_bytes(v)? {
        return Ok(b);
    }
    Bytes::new(&from_buffer_or_iterable(v, "bytes")?)
}

// ---- slots ----

/// Comparison of bytes and bytearray.
pub fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let bytes_only = a.cast::<Bytes>().is_some();
    if bytes_only && b.cast::<Bytes>().is_none() || b.cast::<Str>().is_some() || !has_buffer(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let x = data(a);
    let o = with_bytes(b, |y| x.cmp(y))?;
    Ok(Value::bool(ordering_matches(o, op)))
}

fn get_item(v: Value, key: Value) -> PyResult<Value> {
    let d = this(v).slice();
    if let Some(r) = common::slice_range(key, d.len())? {
        if let Some((from, to)) = r.contiguous() {
            return part(v, from, to);
        }
        let picked: Vec<u8> = r.indices().map(|i| d[i]).collect();
        return super::new(&picked);
    }
    let bad = |t: &str| format!("byte indices must be integers or slices, not {t}");
    let i = common::item_index(key, d.len(), bad, "index out of range")?;
    Ok(Value::int(d[i].into()))
}

/// `item in v`
pub fn contains(v: Value, item: Value) -> PyResult<bool> {
    if int::is_int(item) || item.type_of().slots().index.is_some() {
        let byte = byte_value(item)?;
        return Ok(memchr::memchr(byte, data(v)).is_some());
    }
    if !has_buffer(item) {
        return Err(not_bytes_like(item));
    }
    let n = bytes_like(item)?;
    Ok(common::find(data(v), &n).is_some())
}

/// `a + b`
pub fn concat(a: Value, b: Value) -> PyResult<Value> {
    if !has_buffer(a) || !has_buffer(b) {
        return Err(type_error(format!(
            "can't concat {} to {}",
            type_name(b),
            type_name(a)
        )));
    }
    if let (Some(x), Some(y)) = (a.cast::<Bytes>(), b.cast::<Bytes>()) {
        let (x, y) = (x.slice(), y.slice());
        let made = Bytes::build(x.len() + y.len(), |out| {
            out[..x.len()].copy_from_slice(x);
            out[x.len()..].copy_from_slice(y);
        })?;
        return Ok(made.value());
    }
    let tail = bytes_like(b)?;
    make(a, &[data(a), &tail].concat())
}

/// `v * n`
pub fn repeat(v: Value, n: isize) -> PyResult<Value> {
    let d = data(v);
    let total = common::repeated(d.len(), n)
        .ok_or_else(|| overflow_error("repeated bytes are too long"))?;
    common::check_room(total)?;
    if n == 1 && v.cast_exact::<Bytes>().is_some() {
        return Ok(v);
    }
    make(v, &d.repeat(n.max(0) as usize))
}

// ---- methods ----

/// Applies a transformation.
pub fn mapped(v: Value, f: fn(&mut [u8])) -> PyResult<Value> {
    let mut d = data(v).to_vec();
    f(&mut d);
    make(v, &d)
}

/// Applies a predicate.
pub fn test(v: Value, f: fn(&[u8]) -> bool) -> PyResult<Value> {
    Ok(Value::bool(f(data(v))))
}

/// The argument of `find` and its kin: a byte or a bytes-like object.
fn needle(v: Value) -> PyResult<Vec<u8>> {
    if has_buffer(v) {
        return bytes_like(v);
    }
    if int::is_int(v) || v.type_of().slots().index.is_some() {
        return Ok(vec![byte_value(v)?]);
    }
    Err(type_error(format!(
        "argument should be integer or bytes-like object, not '{}'",
        type_name(v)
    )))
}

fn window<'a>(v: Value, args: &[Value]) -> PyResult<Option<(&'a [u8], usize)>> {
    let len = data(v).len();
    let (from, to) = common::clip_range(args.get(1).copied(), args.get(2).copied(), len)?;
    let d = data(v);
    Ok(if from > to.min(d.len()) {
        None
    } else {
        Some((&d[from..to.min(d.len())], from))
    })
}

/// `find`, `rfind`, `index`, `rindex`
pub fn found(v: Value, args: &[Value], name: &str) -> PyResult<Value> {
    arity(name, args, 1, 3)?;
    let n = needle(args[0])?;
    let f = if name.starts_with('r') {
        common::rfind::<u8>
    } else {
        common::find::<u8>
    };
    match window(v, args)?.and_then(|(w, from)| f(w, &n).map(|i| i + from)) {
        Some(i) => Ok(Value::from_usize(i)),
        None if name.ends_with("index") => Err(value_error("subsection not found")),
        None => Ok(Value::int(-1)),
    }
}

/// `count`
pub fn count(v: Value, args: &[Value]) -> PyResult<Value> {
    arity("count", args, 1, 3)?;
    let n = needle(args[0])?;
    Ok(Value::from_usize(
        window(v, args)?.map_or(0, |(w, _)| common::count(w, &n)),
    ))
}

/// `startswith`, `endswith`
pub fn affix(v: Value, args: &[Value], name: &str) -> PyResult<Value> {
    arity(name, args, 1, 3)?;
    let starts = name == "startswith";
    let test = |n: &[u8]| -> PyResult<bool> {
        Ok(window(v, args)?.is_some_and(|(w, _)| {
            if starts {
                w.starts_with(n)
            } else {
                w.ends_with(n)
            }
        }))
    };
    if let Some(t) = args[0].cast::<Tuple>() {
        for &item in t.items() {
            if test(&bytes_like(item)?)? {
                return Ok(Value::TRUE);
            }
        }
        return Ok(Value::FALSE);
    }
    if !has_buffer(args[0]) {
        let t = type_name(args[0]);
        return Err(type_error(format!(
            "{name} first arg must be bytes or a tuple of bytes, not {t}"
        )));
    }
    test(&bytes_like(args[0])?).map(Value::bool)
}

/// `removeprefix`, `removesuffix`
pub fn remove_affix(v: Value, affix: Value, prefix: bool) -> PyResult<Value> {
    let a = bytes_like(affix)?;
    let d = data(v);
    if prefix && d.starts_with(&a) {
        return part(v, a.len(), d.len());
    }
    if !prefix && d.ends_with(&a) {
        return part(v, 0, d.len() - a.len());
    }
    part(v, 0, d.len())
}

/// `strip` and its kin
pub fn strip(v: Value, set: Option<Value>, ends: Ends) -> PyResult<Value> {
    let set = set.and_then(Value::not_none).map(bytes_like).transpose()?;
    let d = data(v);
    let (from, to) = match set {
        None => common::strip(d, ends, transform::space),
        Some(set) => common::strip(d, ends, |b| set.contains(&b)),
    };
    part(v, from, to)
}

fn list_of(v: Value, ranges: &[(usize, usize)]) -> PyResult<Value> {
    // No Python code runs here, so that a bytearray stays as it is.
    let d = data(v);
    let mut out = RVec::with_capacity(ranges.len())?;
    for &(from, to) in ranges {
        out.push(make(v, &d[from..to])?)?;
    }
    Ok(List::from_vec(out)?.value())
}

/// `split`, `rsplit`
pub fn split(v: Value, a: Bound, right: bool) -> PyResult<Value> {
    let max = common::limit(a[1])?;
    let separator = a[0].and_then(Value::not_none).map(bytes_like).transpose()?;
    let d = data(v);
    let ranges = match (separator, right) {
        (Some(s), _) if s.is_empty() => return Err(value_error("empty separator")),
        (Some(s), false) => common::split(d, &s, max),
        (Some(s), true) => common::rsplit(d, &s, max),
        (None, false) => common::split_space(d, transform::space, max),
        (None, true) => common::rsplit_space(d, transform::space, max),
    };
    list_of(v, &ranges)
}

/// `splitlines`
pub fn splitlines(v: Value, a: Bound) -> PyResult<Value> {
    let keep = match a[0] {
        None => false,
        Some(k) => protocol::is_true(protocol::index(k)?)?,
    };
    let ranges = common::split_lines(
        data(v),
        |b| matches!(b, b'\n' | b'\r'),
        |a, b| (a, b) == (b'\r', b'\n'),
        keep,
    );
    list_of(v, &ranges)
}

/// `partition`, `rpartition`
pub fn partition(v: Value, separator: Value, right: bool) -> PyResult<Value> {
    let s = bytes_like(separator)?;
    if s.is_empty() {
        return Err(value_error("empty separator"));
    }
    let d = data(v).to_vec();
    let at = if right {
        common::rfind(&d, &s)
    } else {
        common::find(&d, &s)
    };
    let empty = make(v, &[])?;
    match at {
        Some(i) => {
            let middle = if v.cast::<Bytes>().is_some() {
                separator
            } else {
                make(v, &s)?
            };
            tuple::new(&[make(v, &d[..i])?, middle, make(v, &d[i + s.len()..])?])
        }
        None if right => tuple::new(&[empty, make(v, &[])?, part(v, 0, d.len())?]),
        None => tuple::new(&[part(v, 0, d.len())?, empty, make(v, &[])?]),
    }
}

/// `replace`
pub fn replace(v: Value, a: Bound) -> PyResult<Value> {
    let (old, new) = (
        bytes_like(a[0].unwrap_or(Value::NONE))?,
        bytes_like(a[1].unwrap_or(Value::NONE))?,
    );
    let max = common::limit(a[2])?;
    let d = data(v);
    match common::replace(d, &old, &new, max) {
        Some(out) => make(v, &out),
        None => part(v, 0, d.len()),
    }
}

/// `join`
pub fn join(v: Value, iterable: Value) -> PyResult<Value> {
    if iterable.type_of().slots().iter.is_none() && iterable.type_of().slots().getitem.is_none() {
        return Err(type_error("can only join an iterable"));
    }
    let items = protocol::collect(iterable)?;
    if let ([one], true) = (items.as_slice(), v.cast::<Bytes>().is_some())
        && one.cast_exact::<Bytes>().is_some()
    {
        return Ok(*one);
    }
    let separator = data(v).to_vec();
    let mut out = Vec::new();
    for (i, &item) in items.iter().enumerate() {
        if !has_buffer(item) {
            let t = type_name(item);
            return Err(type_error(format!(
                "sequence item {i}: expected a bytes-like object, {t} found"
            )));
        }
        if i > 0 {
            out.extend_from_slice(&separator);
        }
        with_bytes(item, |b| out.extend_from_slice(b))?;
    }
    make(v, &out)
}

/// `center`, `ljust`, `rjust`
pub fn justify(v: Value, args: &[Value], name: &str) -> PyResult<Value> {
    if args.is_empty() || args.len() > 2 {
        let text = crate::object::args::count_message(name, 1, 2, args.len());
        return Err(type_error(text));
    }
    let width = usize::try_from(protocol::as_isize(args[0])?).unwrap_or(0);
    let fill = match args.get(1) {
        None => b' ',
        Some(&f) => match (super::is_bytes_or_bytearray(f), f) {
            (true, f) if data(f).len() == 1 => data(f)[0],
            _ => {
                let t = type_name(f);
                return Err(type_error(format!(
                    "{name}() argument 2 must be a byte string of length 1, not {t}"
                )));
            }
        },
    };
    let d = data(v);
    if width <= d.len() {
        return part(v, 0, d.len());
    }
    let pad = width - d.len();
    common::check_room(width)?;
    let left = match name {
        "ljust" => 0,
        "rjust" => pad,
        _ => common::center_left(pad, width),
    };
    make(v, &[&vec![fill; left], d, &vec![fill; pad - left]].concat())
}

/// `zfill`
pub fn zfill(v: Value, width: Value) -> PyResult<Value> {
    let width = usize::try_from(protocol::as_isize(width)?).unwrap_or(0);
    let d = data(v);
    if width <= d.len() {
        return part(v, 0, d.len());
    }
    common::check_room(width)?;
    let signed = usize::from(matches!(d, [b'+' | b'-', ..]));
    make(
        v,
        &[&d[..signed], &vec![b'0'; width - d.len()], &d[signed..]].concat(),
    )
}

/// `expandtabs`
pub fn expandtabs(v: Value, a: Bound) -> PyResult<Value> {
    let tab = common::tab_size(a[0], || data(v).iter().filter(|&&b| b == b'\t').count())?;
    let out = std::cell::RefCell::new(Vec::new());
    common::expand_tabs(
        data(v),
        tab,
        |b| b == b'\t',
        |b| matches!(b, b'\n' | b'\r'),
        |t| out.borrow_mut().extend_from_slice(t),
        |n| {
            let mut o = out.borrow_mut();
            let len = o.len() + n;
            o.resize(len, b' ');
        },
    );
    make(v, &out.into_inner())
}

/// `translate`
pub fn translate(v: Value, a: Bound) -> PyResult<Value> {
    let table = a[0].and_then(Value::not_none).map(bytes_like).transpose()?;
    if table.as_ref().is_some_and(|t| t.len() != 256) {
        return Err(value_error("translation table must be 256 characters long"));
    }
    let delete = a[1].map(bytes_like).transpose()?.unwrap_or_default();
    let mut gone = [false; 256];
    delete.iter().for_each(|&b| gone[b as usize] = true);
    let map = |b: &u8| table.as_ref().map_or(*b, |t| t[*b as usize]);
    let out: Vec<u8> = data(v)
        .iter()
        .filter(|&&b| !gone[b as usize])
        .map(map)
        .collect();
    make(v, &out)
}

/// `maketrans`
pub fn maketrans(_: Value, args: &[Value]) -> PyResult<Value> {
    let [from, to] = args else {
        return Err(type_error(crate::object::args::count_message(
            "maketrans",
            2,
            2,
            args.len(),
        )));
    };
    let (from, to) = (bytes_like(*from)?, bytes_like(*to)?);
    if from.len() != to.len() {
        return Err(value_error("maketrans arguments must have same length"));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    from.iter()
        .zip(&to)
        .for_each(|(&f, &t)| table[f as usize] = t);
    super::new(&table)
}

/// `decode`
pub fn decode(v: Value, a: Bound) -> PyResult<Value> {
    let (encoding, errors) = codec::names("decode", a[0], a[1])?;
    codec::decode_object(v, encoding, errors)
}
