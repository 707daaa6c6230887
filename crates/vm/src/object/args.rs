//! Arguments of builtin functions: signatures declared as text (which is also `__text_signature__`), and
//! their binding with CPython's messages.

use std::collections::HashMap;
use std::fmt::Display;

use crate::exceptions::{PyResult, Raised, type_error};
use crate::gil::Guarded;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

/// Bound arguments, in the order of the signature's parameters; None where a default applies.
pub type Bound<'a> = &'a [Option<Value>];

/// Most parameters a bound signature can have.
pub const MAX_PARAMS: usize = 20;

/// One parameter.
#[derive(Debug)]
struct Param {
    name: &'static str,
    required: bool,
}

/// A parsed signature.
#[derive(Debug)]
pub struct Signature {
    params: Vec<Param>,
    /// Parameters `0..posonly` cannot be given by keyword.
    posonly: usize,
    /// Parameters `0..positional` can be given by position.
    positional: usize,
    min: usize,
}

/// A signature's text, parsed at its first use.
#[derive(Debug)]
pub struct LazySignature {
    /// As in `__text_signature__`: `($self, x, /, y=None, *, key=None)`.
    pub text: &'static str,
}

/// Parsed signatures by the address of their text: a direct-mapped cache over a map.
struct Parsed {
    recent: [Option<(usize, &'static Signature)>; 512],
    all: Option<HashMap<usize, &'static Signature>>,
}

static PARSED: Guarded<Parsed> = Guarded::new(Parsed {
    recent: [None; 512],
    all: None,
});

impl LazySignature {
    /// Declares a signature.
    pub const fn new(text: &'static str) -> Self {
        LazySignature { text }
    }

    /// The parsed form.
    pub fn get(&self) -> &'static Signature {
        let key = self.text.as_ptr() as usize ^ self.text.len() << 48;
        PARSED.with(|p| {
            let line = &mut p.recent[(key >> 2) % 512];
            if let Some((k, s)) = *line
                && k == key
            {
                return s;
            }
            let all = p.all.get_or_insert_with(HashMap::new);
            let s = *all
                .entry(key)
                .or_insert_with(|| Box::leak(Box::new(Signature::parse(self.text))));
            *line = Some((key, s));
            s
        })
    }
}

impl Signature {
    /// Parses `(a, b=1, /, c, *, d=None)`. A leading `$self` or `$module`, `$type` is not a parameter.
    pub fn parse(text: &'static str) -> Signature {
        let inner = text.trim().trim_start_matches('(').trim_end_matches(')');
        let mut s = Signature {
            params: Vec::new(),
            posonly: 0,
            positional: usize::MAX,
            min: 0,
        };
        for part in split_params(inner) {
            let part = part.trim();
            match part {
                "" => {}
                "/" => s.posonly = s.params.len(),
                "*" => s.positional = s.params.len(),
                _ if part.starts_with('$') => {}
                _ => {
                    let (name, default) = match part.split_once('=') {
                        Some((name, _)) => (name.trim(), true),
                        None => (part, false),
                    };
                    s.params.push(Param {
                        name,
                        required: !default,
                    });
                }
            }
        }
        s.positional = s.positional.min(s.params.len());
        s.min = s.params[..s.positional]
            .iter()
            .take_while(|p| p.required)
            .count();
        s
    }

    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.params.len()
    }

    /// Whether no parameter can be given by keyword.
    pub fn is_positional_only(&self) -> bool {
        self.posonly == self.params.len()
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// Binds a call's arguments. `out` has room for `len()` entries. Errors have CPython's texts.
    pub fn bind(
        &self,
        fname: &str,
        args: &[Value],
        kwnames: Option<Gc<Tuple>>,
        out: &mut [Option<Value>; MAX_PARAMS],
    ) -> PyResult<()> {
        let nkw = kwnames.map_or(0, |k| k.len());
        let npos = args.len() - nkw;
        if npos > self.positional || (args.len() > self.params.len() && !self.is_positional_only())
        {
            return Err(self.too_many(fname, npos, nkw));
        }
        for (i, &v) in args[..npos].iter().enumerate() {
            out[i] = Some(v);
        }
        let mut wrong = None;
        if let Some(names) = kwnames {
            if self.posonly == self.params.len() && nkw > 0 {
                return Err(type_error(format!("{fname}() takes no keyword arguments")));
            }
            for (i, &name) in names.items().iter().enumerate() {
                match self.place_of_keyword(name) {
                    Some(place) if out[place].is_none() => out[place] = Some(args[npos + i]),
                    place => wrong = wrong.or(Some((name, place))),
                }
            }
        }
        let mut bound = self.params.iter().zip(out.iter());
        if let Some(missing) = bound.position(|(p, v)| p.required && v.is_none()) {
            return Err(self.missing(fname, missing, npos));
        }
        match wrong {
            None => Ok(()),
            Some((name, place)) => Err(self.wrong_keyword(fname, name, place)),
        }
    }

    fn place_of_keyword(&self, name: Value) -> Option<usize> {
        let name = name.cast::<Str>()?;
        let found = self.params.iter().position(|p| name.eq_str(p.name));
        found.filter(|&i| i >= self.posonly)
    }

    /// A keyword no parameter has, or whose parameter (`place`) has a value already.
    fn wrong_keyword(&self, fname: &str, name: Value, place: Option<usize>) -> Raised {
        let Some(name) = name.cast::<Str>() else {
            return type_error("keywords must be strings");
        };
        let n = name.to_string_lossy();
        match place {
            Some(i) => type_error(format!(
                "argument for {fname}() given by name ('{n}') and position ({})",
                i + 1
            )),
            None => type_error(format!(
                "'{n}' is an invalid keyword argument for {fname}()"
            )),
        }
    }

    fn too_many(&self, fname: &str, given: usize, keywords: usize) -> Raised {
        let (min, max) = (self.min, self.positional);
        let all = self.params.len();
        if given + keywords > all && !self.is_positional_only() {
            let kind = if given == 0 { "keyword " } else { "" };
            let s = if all == 1 { "" } else { "s" };
            let given = given + keywords;
            return type_error(format!(
                "{fname}() takes at most {all} {kind}argument{s} ({given} given)"
            ));
        }
        if max == 0 && self.params.is_empty() {
            return type_error(format!("{fname}() takes no arguments ({given} given)"));
        }
        if self.posonly == self.params.len() {
            return type_error(count_message(fname, min, max, given));
        }
        let what = if min == max && self.positional < self.params.len() {
            "exactly"
        } else {
            "at most"
        };
        let kind = if self.positional < self.params.len() {
            "positional argument"
        } else {
            "argument"
        };
        let s = if max == 1 { "" } else { "s" };
        if max == 0 {
            return type_error(format!("{fname}() takes no positional arguments"));
        }
        type_error(format!(
            "{fname}() takes {what} {max} {kind}{s} ({given} given)"
        ))
    }

    fn missing(&self, fname: &str, index: usize, given: usize) -> Raised {
        if self.posonly == self.params.len() {
            return type_error(count_message(fname, self.min, self.positional, given));
        }
        let name = self.params[index].name;
        if index < self.posonly {
            let n = self.min;
            let least = if n == self.positional {
                "exactly"
            } else {
                "at least"
            };
            let s = if n == 1 { "" } else { "s" };
            return type_error(format!(
                "{fname}() takes {least} {n} positional argument{s} ({given} given)"
            ));
        }
        if index >= self.positional {
            return type_error(format!(
                "{fname}() missing required keyword-only argument: '{name}'"
            ));
        }
        let pos = index + 1;
        type_error(format!(
            "{fname}() missing required argument '{name}' (pos {pos})"
        ))
    }
}

/// CPython's text for a wrong number of positional-only arguments.
pub fn count_message(fname: &str, min: usize, max: usize, given: usize) -> String {
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    if min == max {
        if max == 0 {
            return format!("{fname}() takes no arguments ({given} given)");
        }
        if max == 1 {
            return format!("{fname}() takes exactly one argument ({given} given)");
        }
        return format!("{fname} expected {max} arguments, got {given}");
    }
    if given < min {
        return format!(
            "{fname} expected at least {min} argument{}, got {given}",
            plural(min)
        );
    }
    format!(
        "{fname} expected at most {max} argument{}, got {given}",
        plural(max)
    )
}

/// Checks a count of positional arguments as `PyArg_UnpackTuple` does.
pub fn check_count(fname: &str, args: &[Value], min: usize, max: usize) -> PyResult<()> {
    let n = args.len();
    if n >= min && n <= max {
        return Ok(());
    }
    let (how, bound) = match (min == max, n < min) {
        (true, _) => ("", min),
        (false, true) => ("at least ", min),
        (false, false) => ("at most ", max),
    };
    let s = if bound == 1 { "" } else { "s" };
    Err(type_error(format!(
        "{fname} expected {how}{bound} argument{s}, got {n}"
    )))
}

/// TypeError about an argument of the wrong type. `which` is its number, its name in quotes, or empty for a sole
/// argument.
pub fn bad_argument(fname: &str, which: impl Display, expected: &str, v: Value) -> Raised {
    let which = which.to_string();
    let space = if which.is_empty() { "" } else { " " };
    let t = match v.is_none() {
        true => "None".to_owned(),
        false => v.type_of().name_string(),
    };
    type_error(format!(
        "{fname}() argument{space}{which} must be {expected}, not {t}"
    ))
}

/// A str argument.
pub fn text(fname: &str, which: impl Display, v: Value) -> PyResult<Gc<Str>> {
    v.cast::<Str>()
        .ok_or_else(|| bad_argument(fname, which, "str", v))
}

/// A str argument that may be None or missing.
pub fn text_or_none(
    fname: &str,
    which: impl Display,
    v: Option<Value>,
) -> PyResult<Option<Gc<Str>>> {
    let Some(v) = v.and_then(Value::not_none) else {
        return Ok(None);
    };
    match v.cast::<Str>() {
        Some(s) => Ok(Some(s)),
        None => Err(bad_argument(fname, which, "str or None", v)),
    }
}

/// TypeError if there are keyword arguments.
pub fn no_keywords(fname: &str, kwnames: Option<Gc<Tuple>>) -> PyResult<()> {
    match kwnames {
        Some(k) if !k.is_empty() => {
            Err(type_error(format!("{fname}() takes no keyword arguments")))
        }
        _ => Ok(()),
    }
}

/// Splits a call's arguments into positional ones and (name, value) pairs.
pub fn split(args: &[Value], kwnames: Option<Gc<Tuple>>) -> (&[Value], &[Value]) {
    let nkw = kwnames.map_or(0, |k| k.len());
    args.split_at(args.len() - nkw)
}

/// The value of keyword `name` among a call's keywords.
pub fn keyword(args: &[Value], kwnames: Option<Gc<Tuple>>, name: &str) -> Option<Value> {
    let names = kwnames?;
    let (_, values) = split(args, kwnames);
    let i = names
        .items()
        .iter()
        .position(|n| n.cast::<Str>().is_some_and(|s| s.eq_str(name)))?;
    Some(values[i])
}

/// Splits at commas outside quotes and brackets.
fn split_params(text: &'static str) -> Vec<&'static str> {
    let (mut parts, mut depth, mut quote, mut start) = (Vec::new(), 0, None, 0);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
