//! Line ends: universal newlines (`IncrementalNewlineDecoder` and what text streams use of it) and finding lines.

use std::cell::Cell;

use rivet_vm::exceptions::{PyResult, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::attr::find_attr;
use rivet_vm::object::call::call_method;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Bound, TypeFlags, protocol};
use rivet_vm::types::str::builder::StrBuilder;
use rivet_vm::types::str::{self, Chars, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::types::{bytes, int};
use rivet_vm::value::{Gc, Value};

use crate::sysdep::find_byte;
use crate::util::{alloc, bind, nat};

const CR: u8 = 1;
const LF: u8 = 2;
const CRLF: u8 = 4;

/// The state of universal newlines.
#[derive(Default)]
pub(super) struct Newlines {
    pub(super) translate: Cell<bool>,
    /// A carriage return at the end of the last piece, whose kind is not known yet.
    pub(super) pending_cr: Cell<bool>,
    seen: Cell<u8>,
}

impl Newlines {
    pub(super) fn reset(&self) {
        self.pending_cr.set(false);
        self.seen.set(0);
    }

    /// Takes a piece of text: holds a carriage return at its end back unless `last`, notes the line ends, and
    /// translates them if that is asked for.
    pub(super) fn feed(&self, text: Gc<Str>, last: bool) -> PyResult<Gc<Str>> {
        let mut text = text;
        if self.pending_cr.get() && (last || !text.is_empty()) {
            text = Str::concat(Str::new("\r")?, text)?;
            self.pending_cr.set(false);
        }
        let n = text.len();
        if !last && n > 0 && text.chars().get(n - 1) == 13 {
            text = text.substring(0, n - 1)?;
            self.pending_cr.set(true);
        }
        if find_char(text.chars(), 13).is_none() {
            if self.seen.get() & LF == 0 && find_char(text.chars(), 10).is_some() {
                self.seen.set(self.seen.get() | LF);
            }
            return Ok(text);
        }
        self.note(text.chars());
        if self.translate.get() {
            return translated(text.chars());
        }
        Ok(text)
    }

    fn note(&self, chars: Chars) {
        let (mut seen, mut i, n) = (self.seen.get(), 0, chars.len());
        while i < n && seen != CR | LF | CRLF {
            match chars.get(i) {
                10 => seen |= LF,
                13 if i + 1 < n && chars.get(i + 1) == 10 => {
                    seen |= CRLF;
                    i += 1;
                }
                13 => seen |= CR,
                _ => {}
            }
            i += 1;
        }
        self.seen.set(seen);
    }

    /// The kinds of line ends met: None, a str, or a tuple of them.
    pub(super) fn kinds(&self) -> PyResult<Value> {
        let kinds = [(CR, "\r"), (LF, "\n"), (CRLF, "\r\n")];
        let mut met = rivet_vm::value::RVec::new();
        for (bit, text) in kinds {
            if self.seen.get() & bit != 0 {
                met.push(str::new(text)?)?;
            }
        }
        match met.as_slice() {
            [] => Ok(Value::NONE),
            [one] => Ok(*one),
            more => tuple::new(more),
        }
    }
}

/// All line ends as line feeds.
fn translated(chars: Chars) -> PyResult<Gc<Str>> {
    let (mut out, mut i, n) = (StrBuilder::with_capacity(chars.len()), 0, chars.len());
    while i < n {
        let rest = chars.slice(i, n);
        let plain = find_char(rest, 13).unwrap_or(n - i);
        out.push_chars(rest.slice(0, plain));
        i += plain;
        if i < n {
            out.push(10);
            i += if i + 1 < n && chars.get(i + 1) == 10 {
                2
            } else {
                1
            };
        }
    }
    out.finish()
}

/// Where a character (below 128) is first.
pub(super) fn find_char(chars: Chars, c: u8) -> Option<usize> {
    match chars {
        Chars::One(s) => find_byte(s, c),
        Chars::Two(s) => s.iter().position(|&x| x == u16::from(c)),
        Chars::Four(s) => s.iter().position(|&x| x == u32::from(c)),
    }
}

/// How lines end in a stream.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    /// All line ends have become line feeds.
    pub(super) translated: bool,
    /// Any kind ends a line.
    pub(super) universal: bool,
    /// The one kind that does.
    pub(super) only: &'static str,
}

/// Where a line ends.
pub(super) enum LineEnd {
    /// After so many characters.
    At(usize),
    /// Not here; so many characters certainly belong to the line.
    Beyond(usize),
}

/// Looks for the end of the line that begins where `chars` do.
pub(super) fn line_end(chars: Chars, ends: Ends) -> LineEnd {
    let n = chars.len();
    let single = |c: u8| match find_char(chars, c) {
        Some(i) => LineEnd::At(i + 1),
        None => LineEnd::Beyond(n),
    };
    if ends.translated {
        return single(b'\n');
    }
    if ends.universal {
        let cr = find_char(chars, b'\r');
        let until = cr.unwrap_or(n);
        return match (find_char(chars.slice(0, until), b'\n'), cr) {
            (Some(i), _) => LineEnd::At(i + 1),
            (None, Some(i)) if i + 1 < n && chars.get(i + 1) == 10 => LineEnd::At(i + 2),
            (None, Some(i)) => LineEnd::At(i + 1),
            (None, None) => LineEnd::Beyond(n),
        };
    }
    match ends.only {
        "\r" => single(b'\r'),
        "\r\n" => {
            let mut from = 0;
            while let Some(i) = find_char(chars.slice(from, n), b'\r') {
                let at = from + i;
                if at + 1 == n {
                    return LineEnd::Beyond(at);
                }
                if chars.get(at + 1) == 10 {
                    return LineEnd::At(at + 2);
                }
                from = at + 1;
            }
            LineEnd::Beyond(n)
        }
        _ => single(b'\n'),
    }
}

/// A `newline` argument that is not None, as one of the legal ones.
pub(super) fn legal(s: Gc<Str>) -> Option<&'static str> {
    ["", "\n", "\r", "\r\n"].into_iter().find(|t| s.eq_str(t))
}

/// The text with line feeds replaced.
pub(super) fn with_ends(text: Gc<Str>, end: &str) -> PyResult<Gc<Str>> {
    if find_char(text.chars(), 10).is_none() {
        return Ok(text);
    }
    rivet_vm::types::str::search::replace(text, Str::new("\n")?, Str::new(end)?, usize::MAX)
}

// ---- the class ----

/// Slot of the decoder before this one; None: input is text already.
const DECODER: usize = 0;

const INIT: &str = "(decoder, translate, errors='strict')";

pub(super) static SPEC: TypeSpec = TypeSpec {
    doc: "A decoder behind another one (or none) that handles line ends of all kinds.",
    signature: INIT,
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::bound("decode", "($self, /, input, final=False)", decode, ""),
        Method::noargs("getstate", get_state, ""),
        Method::one("setstate", "($self, state, /)", set_state, ""),
        Method::noargs(
            "reset",
            |v| {
                let (n, decoder) = this(v)?;
                n.reset();
                if decoder.is_none() {
                    return Ok(Value::NONE);
                }
                call_method(decoder, name!("reset"), &[])
            },
            "",
        ),
    ],
    getset: &[GetSet::new("newlines", |v| this(v)?.0.kinds())],
    slots: |s| {
        s.new = Some(|ty, _, _| {
            let n = alloc(ty)?;
            n.set_state(Newlines::default());
            Ok(n.value())
        });
        s.init = Some(|v, args, kw| {
            let a = bind(INIT, "IncrementalNewlineDecoder", args, kw)?;
            let translate = match a[1] {
                Some(t) => protocol::is_true(t)?,
                None => false,
            };
            let n = nat(v).state::<Newlines>().expect("set by new");
            nat(v).put(DECODER, a[0].unwrap_or(Value::NONE));
            n.translate.set(translate);
            n.reset();
            Ok(())
        });
    },
    ..TypeSpec::named("_io.IncrementalNewlineDecoder")
};

fn this<'a>(v: Value) -> PyResult<(&'a Newlines, Value)> {
    let n = nat(v).state::<Newlines>().expect("set by new");
    match nat(v).get(DECODER) {
        Some(d) => Ok((n, d)),
        None => Err(value_error(
            "IncrementalNewlineDecoder.__init__() not called",
        )),
    }
}

/// What a decoder gave, which must be text.
pub(super) fn decoded(v: Value) -> PyResult<Gc<Str>> {
    v.cast::<Str>().ok_or_else(|| {
        type_error(format!(
            "decoder should return a string result, not '{}'",
            v.type_of().name_string()
        ))
    })
}

fn decode(v: Value, a: Bound) -> PyResult<Value> {
    let (n, decoder) = this(v)?;
    let input = a[0].unwrap_or(Value::NONE);
    let last = a[1].map_or(Ok(false), protocol::is_true)?;
    let output = if decoder.is_none() {
        input
    } else {
        call_method(decoder, name!("decode"), &[input, Value::bool(last)])?
    };
    n.feed(decoded(output)?, last).map(Gc::value)
}

/// The flag of a decoder's state.
pub(super) fn state_flag(v: Value, message: &str) -> PyResult<u64> {
    if !int::is_int(v) && v.type_of().slots().index.is_none() {
        return Err(type_error(message));
    }
    let i = protocol::index(v)?;
    // As an unsigned number of 64 bits, without a check for overflow.
    match int::to_i64(i) {
        Some(n) => Ok(n as u64),
        None => Ok(int::to_big(i)
            .and_then(|b| b.iter_u64_digits().next())
            .unwrap_or(0)),
    }
}

fn get_state(v: Value) -> PyResult<Value> {
    let (n, decoder) = this(v)?;
    let (buffer, flag) = if decoder.is_none() {
        (bytes::new(&[])?, 0)
    } else {
        let state = call_method(decoder, name!("getstate"), &[])?;
        match state.cast::<Tuple>().map(|t| t.items()) {
            Some(&[b, f]) => (b, state_flag(f, "illegal decoder state")?),
            _ => return Err(type_error("illegal decoder state")),
        }
    };
    let flag = flag << 1 | u64::from(n.pending_cr.get());
    tuple::new(&[buffer, int::from_u64(flag)])
}

fn set_state(v: Value, state: Value) -> PyResult<Value> {
    let (n, decoder) = this(v)?;
    let Some(t) = state.cast::<Tuple>() else {
        return Err(type_error("state argument must be a tuple"));
    };
    let &[buffer, flag] = t.items() else {
        return Err(type_error("setstate(): illegal state argument"));
    };
    let flag = state_flag(flag, "setstate(): illegal state argument")?;
    n.pending_cr.set(flag & 1 != 0);
    if decoder.is_none() {
        return Ok(Value::NONE);
    }
    let inner = tuple::new(&[buffer, int::from_u64(flag >> 1)])?;
    call_method(decoder, name!("setstate"), &[inner])
}

/// Whether a decoder knows which line ends it met.
pub(super) fn newlines_of(decoder: Value) -> PyResult<Value> {
    Ok(find_attr(decoder, name!("newlines"))?.unwrap_or(Value::NONE))
}
