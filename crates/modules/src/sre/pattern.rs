//! `re.Pattern` and its scanner.

use std::cell::Cell;

use rivet_spec::CompareOp;
use rivet_vm::exceptions::{PyResult, overflow_error, type_error};
use rivet_vm::name;
use rivet_vm::object::args::Bound;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::call::{call, is_callable};
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{GetSet, Member, Method, TypeSpec};
use rivet_vm::object::{TypeFlags, protocol};
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Chars, Str};
use rivet_vm::types::tuple;
use rivet_vm::types::{buffer, int};
use rivet_vm::value::{Gc, RVec, Root, Value};

use super::engine::Matcher;
use super::matching;
use crate::util::{is_a, make, nat, ty};

static PATTERN: Root = Root::new();
static SCANNER: Root = Root::new();

/// Slots of a pattern: its text, group numbers by name (dict), group names by number (tuple).
const TEXT: usize = 0;
const GROUPINDEX: usize = 1;
const INDEXGROUP: usize = 2;

/// What a pattern knows beyond values.
pub struct Compiled {
    flags: i64,
    /// Number of groups.
    pub groups: usize,
    code: Vec<u32>,
    /// None: it fits both kinds of subjects.
    is_bytes: Option<bool>,
}

/// Makes the types.
pub fn make_types(_m: Gc<Module>) -> PyResult<()> {
    make(&PATTERN, &PATTERN_SPEC, 3);
    make(&SCANNER, &SCANNER_SPEC, 3);
    Ok(())
}

/// The compiled form of a pattern object.
pub fn compiled<'a>(v: Value) -> &'a Compiled {
    nat(v).state::<Compiled>().expect("set by compile")
}

/// Group numbers by name.
pub fn group_index(v: Value) -> Option<Gc<Dict>> {
    nat(v).get(GROUPINDEX).and_then(|d| d.cast::<Dict>())
}

/// The name of group `i`, or None.
pub fn group_name(v: Value, i: usize) -> Value {
    let names = nat(v)
        .get(INDEXGROUP)
        .and_then(|t| t.cast::<tuple::Tuple>());
    names
        .and_then(|t| t.items().get(i).copied())
        .unwrap_or(Value::NONE)
}

/// `_sre.compile`
pub fn compile(_m: Value, a: Bound) -> PyResult<Value> {
    let get = |i: usize| a[i].unwrap_or(Value::NONE);
    let list = get(2).cast::<List>().ok_or_else(|| {
        type_error(format!(
            "compile() argument 'code' must be list, not {}",
            get(2).type_of().name_string()
        ))
    })?;
    let mut code = Vec::with_capacity(list.len());
    for &w in list.items() {
        let w = int::to_i64(w).and_then(|w| u32::try_from(w).ok());
        code.push(w.ok_or_else(|| overflow_error("regular expression code size limit exceeded"))?);
    }
    let text = get(0);
    let is_bytes = match text {
        Value::NONE => None,
        _ if text.cast::<Str>().is_some() => Some(false),
        _ => Some(true),
    };
    let n = Native::new(ty(&PATTERN))?;
    n.put(TEXT, text);
    n.put(GROUPINDEX, get(4));
    n.put(INDEXGROUP, get(5));
    let flags = int::to_i64(protocol::index(get(1))?).unwrap_or(0);
    n.set_state(Compiled {
        flags,
        groups: protocol::as_isize(get(3))?.max(0) as usize,
        code,
        is_bytes,
    });
    Ok(n.value())
}

/// A subject of matching.
pub enum Subject {
    /// A str.
    Text(Gc<Str>),
    /// A bytes object.
    Bytes(Gc<Bytes>),
    /// The contents of another buffer.
    Copy(Vec<u8>),
}

impl Subject {
    /// The subject in `v`, checked against the pattern's kind.
    pub fn of(p: &Compiled, v: Value) -> PyResult<Subject> {
        if let Some(s) = v.cast::<Str>() {
            if p.is_bytes == Some(true) {
                return Err(type_error(
                    "cannot use a bytes pattern on a string-like object",
                ));
            }
            return Ok(Subject::Text(s));
        }
        let s = match v.cast::<Bytes>() {
            Some(b) => Subject::Bytes(b),
            None if !buffer::has_buffer(v) => {
                let t = v.type_of().name_string();
                return Err(type_error(format!(
                    "expected string or bytes-like object, got '{t}'"
                )));
            }
            None => Subject::Copy(buffer::bytes_like(v)?),
        };
        if p.is_bytes == Some(false) {
            return Err(type_error(
                "cannot use a string pattern on a bytes-like object",
            ));
        }
        Ok(s)
    }

    fn chars(&self) -> Chars<'_> {
        match self {
            Subject::Text(s) => s.chars(),
            Subject::Bytes(b) => Chars::One(b.as_slice()),
            Subject::Copy(b) => Chars::One(b),
        }
    }

    /// Number of characters.
    pub fn len(&self) -> usize {
        self.chars().len()
    }

    /// The part `from..to` as an object.
    pub fn slice(&self, from: usize, to: usize) -> PyResult<Value> {
        let (from, to) = (from.min(self.len()), to.min(self.len()));
        let to = to.max(from);
        match self {
            Subject::Text(s) => s.substring(from, to).map(Gc::value),
            Subject::Bytes(b)
                if from == 0 && to == b.len() && b.value().cast_exact::<Bytes>().is_some() =>
            {
                Ok(b.value())
            }
            Subject::Bytes(b) => bytes::new(&b.as_slice()[from..to]),
            Subject::Copy(b) => bytes::new(&b[from..to]),
        }
    }
}

/// How to look for a match.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// At the start.
    Match,
    /// At the start, up to the end.
    Full,
    /// Anywhere.
    Search,
}

/// A match found: spans of the whole and of the groups (`usize::MAX`: not matched).
pub struct Found {
    /// Spans of group 0, 1, ...
    pub spans: Vec<(usize, usize)>,
    /// The last closed group.
    pub lastindex: i64,
}

/// Looks for a match in `start..end`.
pub fn find(
    p: &Compiled,
    s: &Subject,
    start: usize,
    end: usize,
    how: How,
    must_advance: bool,
) -> PyResult<Option<Found>> {
    match s.chars() {
        Chars::One(t) => find_in(p, t, start, end, how, must_advance),
        Chars::Two(t) => find_in(p, t, start, end, how, must_advance),
        Chars::Four(t) => find_in(p, t, start, end, how, must_advance),
    }
}

fn find_in<C: Copy + Into<u32>>(
    p: &Compiled,
    t: &[C],
    start: usize,
    end: usize,
    how: How,
    must_advance: bool,
) -> PyResult<Option<Found>> {
    let mut m = Matcher::new(&p.code, t, start, end, how == How::Full, must_advance);
    let hit = if how == How::Search {
        m.search()?
    } else {
        m.match_here()?
    };
    if !hit {
        return Ok(None);
    }
    let mut spans = vec![(m.start, m.pos)];
    spans.extend((1..=p.groups).map(|g| m.group(g).unwrap_or((usize::MAX, usize::MAX))));
    Ok(Some(Found {
        spans,
        lastindex: m.lastindex,
    }))
}

/// `pos` and `endpos`, clipped to the subject.
fn range(s: &Subject, pos: Option<Value>, endpos: Option<Value>) -> PyResult<(usize, usize)> {
    let n = s.len() as isize;
    let clip = |v: Option<Value>, default: isize| -> PyResult<usize> {
        v.map_or(Ok(default), protocol::as_isize)
            .map(|i| i.clamp(0, n) as usize)
    };
    Ok((clip(pos, 0)?, clip(endpos, n)?))
}

fn one_match(v: Value, a: Bound, how: How) -> PyResult<Value> {
    let p = compiled(v);
    let string = a[0].unwrap_or(Value::NONE);
    let s = Subject::of(p, string)?;
    let (pos, end) = range(&s, a[1], a[2])?;
    match find(p, &s, pos, end, how, false)? {
        Some(f) => matching::new(v, string, f, pos, end),
        None => Ok(Value::NONE),
    }
}

/// The part a group matched; `absent` if it did not take part.
fn group_slice(s: &Subject, f: &Found, g: usize, absent: Value) -> PyResult<Value> {
    match f.spans.get(g) {
        Some(&(a, b)) if a != usize::MAX => s.slice(a, b),
        _ => Ok(absent),
    }
}

/// Calls `f` with each match from `pos` on; it says whether to go on.
fn each(
    p: &Compiled,
    s: &Subject,
    pos: usize,
    end: usize,
    mut f: impl FnMut(Found) -> PyResult<bool>,
) -> PyResult<()> {
    let (mut at, mut must_advance) = (pos, false);
    while at <= end {
        let Some(found) = find(p, s, at, end, How::Search, must_advance)? else {
            break;
        };
        let (a, b) = found.spans[0];
        must_advance = a == b;
        at = b;
        if !f(found)? {
            break;
        }
    }
    Ok(())
}

fn findall(v: Value, a: Bound) -> PyResult<Value> {
    let p = compiled(v);
    let s = Subject::of(p, a[0].unwrap_or(Value::NONE))?;
    let (pos, end) = range(&s, a[1], a[2])?;
    let out = List::new()?;
    let empty = s.slice(0, 0)?;
    each(p, &s, pos, end, |f| {
        let item = match p.groups {
            0 => s.slice(f.spans[0].0, f.spans[0].1)?,
            1 => group_slice(&s, &f, 1, empty)?,
            n => {
                let mut all = RVec::with_capacity(n)?;
                for g in 1..=n {
                    all.push(group_slice(&s, &f, g, empty)?)?;
                }
                tuple::new(&all)?
            }
        };
        out.append(item).map(|()| true)
    })?;
    Ok(out.value())
}

fn count_argument(v: Option<Value>) -> PyResult<isize> {
    v.map_or(Ok(0), protocol::as_isize)
}

fn split(v: Value, a: Bound) -> PyResult<Value> {
    let p = compiled(v);
    let s = Subject::of(p, a[0].unwrap_or(Value::NONE))?;
    let max = count_argument(a[1])?;
    let out = List::new()?;
    let (mut last, mut n) = (0, 0);
    if max >= 0 {
        each(p, &s, 0, s.len(), |f| {
            out.append(s.slice(last, f.spans[0].0)?)?;
            for g in 1..=p.groups {
                out.append(group_slice(&s, &f, g, Value::NONE)?)?;
            }
            last = f.spans[0].1;
            n += 1;
            Ok(max == 0 || n < max)
        })?;
    }
    out.append(s.slice(last, s.len())?)?;
    Ok(out.value())
}

/// Substitutes; the result and how often.
fn substitute(v: Value, a: Bound) -> PyResult<(Value, i64)> {
    let p = compiled(v);
    let (repl, string) = (a[0].unwrap_or(Value::NONE), a[1].unwrap_or(Value::NONE));
    let max = count_argument(a[2])?;
    let mut filter = repl;
    let mut callable = is_callable(repl);
    if !callable {
        let literal = match repl.cast::<Str>() {
            Some(t) => t.chars().iter().all(|c| c != u32::from(b'\\')),
            None => buffer::has_buffer(repl) && buffer::with_bytes(repl, |b| !b.contains(&b'\\'))?,
        };
        if !literal {
            let re = rivet_vm::import::import_module("re")?;
            filter = call(get_attr(re, name!("_subx"))?, &[v, repl])?;
            callable = is_callable(filter);
        }
    }
    let s = Subject::of(p, string)?;
    let len = s.len();
    let mut parts = RVec::new();
    let (mut last, mut n) = (0, 0);
    if max >= 0 {
        each(p, &s, 0, len, |f| {
            let (a, b) = f.spans[0];
            if last < a {
                parts.push(s.slice(last, a)?)?;
            }
            let item = if callable {
                let m = matching::new(v, string, f, 0, len)?;
                call(filter, &[m])?
            } else {
                filter
            };
            if !item.is_none() {
                parts.push(item)?;
            }
            last = b;
            n += 1;
            Ok(max == 0 || n < max as i64)
        })?;
    }
    if last < len {
        parts.push(s.slice(last, len)?)?;
    }
    let empty = s.slice(0, 0)?;
    if parts.is_empty() {
        return Ok((empty, n));
    }
    let list = List::from_vec(parts)?;
    Ok((
        rivet_vm::object::call::call_method(empty, name!("join"), &[list.value()])?,
        n,
    ))
}

fn new_scanner(v: Value, a: Bound) -> PyResult<Value> {
    let p = compiled(v);
    let string = a[0].unwrap_or(Value::NONE);
    let s = Subject::of(p, string)?;
    let (pos, end) = range(&s, a[1], a[2])?;
    let n = Native::new(ty(&SCANNER))?;
    n.put(0, v);
    n.put(1, string);
    n.set_state(Scan {
        pos,
        end,
        at: Cell::new(Some(pos)),
        must_advance: Cell::new(false),
    });
    Ok(n.value())
}

const RANGE_SIG: &str = "($self, /, string, pos=0, endpos=sys.maxsize)";

static PATTERN_SPEC: TypeSpec = TypeSpec {
    doc: "Compiled regular expression object.",
    flags: TypeFlags::WEAKREFABLE | TypeFlags::DISALLOW_INSTANTIATION,
    methods: &[
        Method::bound(
            "match",
            RANGE_SIG,
            |v, a| one_match(v, a, How::Match),
            "Matches zero or more characters at the beginning of the string.",
        ),
        Method::bound(
            "fullmatch",
            RANGE_SIG,
            |v, a| one_match(v, a, How::Full),
            "Matches against all of the string.",
        ),
        Method::bound(
            "search",
            RANGE_SIG,
            |v, a| one_match(v, a, How::Search),
            "Scan through string looking for a match, and return a corresponding match object instance.\n\nReturn None if no position in the string matches.",
        ),
        Method::bound(
            "findall",
            RANGE_SIG,
            findall,
            "Return a list of all non-overlapping matches of pattern in string.",
        ),
        Method::bound(
            "finditer",
            RANGE_SIG,
            |v, a| {
                let scanner = new_scanner(v, a)?;
                let search = get_attr(scanner, name!("search"))?;
                call(
                    rivet_vm::types::iterators::builtin_function("iter")?,
                    &[search, Value::NONE],
                )
            },
            "Return an iterator over all non-overlapping matches for the RE pattern in string.\n\nFor each match, the iterator returns a match object.",
        ),
        Method::bound("scanner", RANGE_SIG, new_scanner, ""),
        Method::bound(
            "split",
            "($self, /, string, maxsplit=0)",
            split,
            "Split string by the occurrences of pattern.",
        ),
        Method::bound(
            "sub",
            "($self, /, repl, string, count=0)",
            |v, a| substitute(v, a).map(|r| r.0),
            "Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern in string by the replacement repl.",
        ),
        Method::bound(
            "subn",
            "($self, /, repl, string, count=0)",
            |v, a| {
                let (s, n) = substitute(v, a)?;
                tuple::new(&[s, Value::int(n)])
            },
            "Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost non-overlapping occurrences of pattern with the replacement repl.",
        ),
        Method::noargs("__copy__", Ok, ""),
        Method::one("__deepcopy__", "($self, memo, /)", |v, _| Ok(v), ""),
        rivet_vm::types::generic_alias::CLASS_GETITEM,
    ],
    getset: &[
        GetSet::new("flags", |v| Ok(Value::int(compiled(v).flags)))
            .doc("The regex matching flags."),
        GetSet::new("groups", |v| Ok(Value::from_usize(compiled(v).groups)))
            .doc("The number of capturing groups in the pattern."),
        GetSet::new("groupindex", |v| {
            rivet_vm::types::mapping_proxy::new(nat(v).get(GROUPINDEX).unwrap_or(Value::NONE))
        })
        .doc("A dictionary mapping group names to group numbers."),
    ],
    members: &[Member {
        name: "pattern",
        word: 1,
        readonly: true,
        none: true,
    }],
    slots: |s| {
        s.repr = Some(repr);
        s.hash = Some(|v| {
            let p = compiled(v);
            let mut h = protocol::hash(nat(v).get(TEXT).unwrap_or(Value::NONE))?;
            h ^= p.flags ^ p.groups as i64;
            for &w in &p.code {
                h = h.wrapping_mul(1_000_003) ^ i64::from(w);
            }
            Ok(if h == -1 { -2 } else { h })
        });
        s.compare = Some(|a, b, op| {
            if !matches!(op, CompareOp::Eq | CompareOp::Ne)
                || !is_a(a, &PATTERN)
                || !is_a(b, &PATTERN)
            {
                return Ok(Value::NOT_IMPLEMENTED);
            }
            let (p, q) = (compiled(a), compiled(b));
            let mut same = a == b
                || (p.flags == q.flags
                    && p.is_bytes == q.is_bytes
                    && p.groups == q.groups
                    && p.code == q.code);
            if same && a != b {
                let text = |v: Value| nat(v).get(TEXT).unwrap_or(Value::NONE);
                same = protocol::equal(text(a), text(b))?;
            }
            Ok(Value::bool(same == (op == CompareOp::Eq)))
        });
    },
    ..TypeSpec::named("re.Pattern")
};

fn repr(v: Value) -> PyResult<Value> {
    const NAMES: [(i64, &str); 9] = [
        (1, "re.TEMPLATE"),
        (2, "re.IGNORECASE"),
        (4, "re.LOCALE"),
        (8, "re.MULTILINE"),
        (16, "re.DOTALL"),
        (32, "re.UNICODE"),
        (64, "re.VERBOSE"),
        (128, "re.DEBUG"),
        (256, "re.ASCII"),
    ];
    let p = compiled(v);
    let mut flags = p.flags;
    if p.is_bytes != Some(true) && flags & (4 | 32 | 256) == 32 {
        flags &= !32;
    }
    let mut parts = Vec::new();
    for (bit, name) in NAMES {
        if flags & bit != 0 {
            parts.push(name.to_owned());
            flags &= !bit;
        }
    }
    if flags != 0 {
        parts.push(format!("{flags:#x}"));
    }
    let text = protocol::repr(nat(v).get(TEXT).unwrap_or(Value::NONE))?;
    let text = text.substring(0, text.len().min(200))?;
    let mut out = str::builder::StrBuilder::new();
    out.push_text("re.compile(");
    out.push_chars(text.chars());
    if !parts.is_empty() {
        out.push_text(", ");
        out.push_text(&parts.join("|"));
    }
    out.push_text(")");
    out.value()
}

// ---- scanner: pattern, string ----

struct Scan {
    pos: usize,
    end: usize,
    /// Where to go on; None once there are no more matches.
    at: Cell<Option<usize>>,
    must_advance: Cell<bool>,
}

fn scan(v: Value, how: How) -> PyResult<Value> {
    let n = nat(v);
    let scan = n.state::<Scan>().expect("set by scanner()");
    let Some(at) = scan.at.get() else {
        return Ok(Value::NONE);
    };
    let (pattern, string) = (
        n.get(0).unwrap_or(Value::NONE),
        n.get(1).unwrap_or(Value::NONE),
    );
    let p = compiled(pattern);
    let s = Subject::of(p, string)?;
    let end = scan.end.min(s.len());
    match find(p, &s, at, end, how, scan.must_advance.get())? {
        None => {
            scan.at.set(None);
            Ok(Value::NONE)
        }
        Some(f) => {
            let (a, b) = f.spans[0];
            scan.must_advance.set(a == b);
            scan.at.set(Some(b));
            matching::new(pattern, string, f, scan.pos, end)
        }
    }
}

static SCANNER_SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    methods: &[
        Method::noargs("match", |v| scan(v, How::Match), ""),
        Method::noargs("search", |v| scan(v, How::Search), ""),
    ],
    members: &[Member {
        name: "pattern",
        word: 1,
        readonly: true,
        none: true,
    }],
    ..TypeSpec::named("_sre.SRE_Scanner")
};
