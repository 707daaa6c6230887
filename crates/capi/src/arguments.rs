//! The helpers of Argument Clinic: what generated argument code calls.

use std::ffi::{CStr, c_char, c_int};

use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::str::Str;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::Value;

use crate::api::{get, optional};
use crate::boundary::borrow_out;
use crate::errors::{self, text};
use crate::layout::Ref;
use crate::{raw, tuple};

/// `_PyArg_Parser`
#[repr(C)]
pub struct Parser {
    format: *const c_char,
    keywords: *const *const c_char,
    fname: *const c_char,
    custom: *const c_char,
    pos: c_int,
    min: c_int,
    max: c_int,
    kwtuple: Ref,
    next: *mut Parser,
}

/// What a parser accepts.
struct Shape {
    names: Vec<String>,
    positional_only: usize,
    fname: Option<String>,
}

impl Shape {
    fn place(&self) -> String {
        self.fname
            .as_ref()
            .map_or("this function".into(), |f| format!("{f}()"))
    }

    fn called(&self) -> String {
        self.fname
            .as_ref()
            .map_or("function".into(), |f| format!("{f}()"))
    }
}

unsafe fn shape(p: *const Parser) -> Shape {
    // SAFETY: callers pass a static parser whose keyword table ends with null.
    unsafe {
        let mut names = Vec::new();
        let mut positional_only = 0;
        let mut at = (*p).keywords;
        while !(*at).is_null() {
            let n = CStr::from_ptr(*at).to_string_lossy().into_owned();
            if n.is_empty() {
                positional_only += 1;
            }
            names.push(n);
            at = at.add(1);
        }
        let fname = if !(*p).fname.is_null() {
            Some(text((*p).fname))
        } else if !(*p).format.is_null() {
            let f = text((*p).format);
            f.split_once(':').map(|f| f.1.to_owned())
        } else {
            None
        };
        Shape {
            names,
            positional_only,
            fname,
        }
    }
}

enum Keywords {
    None,
    Dict(rivet_vm::value::Gc<Dict>),
    Array(rivet_vm::value::Gc<Tuple>, *const Ref),
}

impl Keywords {
    fn len(&self) -> usize {
        match self {
            Keywords::None => 0,
            Keywords::Dict(d) => d.len(),
            Keywords::Array(t, _) => t.len(),
        }
    }

    /// The argument of this name, borrowed; null if it is not given.
    unsafe fn find(&self, name: &str) -> Ref {
        match self {
            Keywords::None => std::ptr::null_mut(),
            Keywords::Dict(d) => d.get_str(name).map_or(std::ptr::null_mut(), borrow_out),
            Keywords::Array(t, values) => {
                let at = t
                    .items()
                    .iter()
                    .position(|k| k.cast::<Str>().is_some_and(|s| s.eq_str(name)));
                // SAFETY: callers pass an array with a value per name.
                at.map_or(std::ptr::null_mut(), |i| unsafe { *values.add(i) })
            }
        }
    }

    fn each_name(&self, mut f: impl FnMut(Value) -> PyResult<()>) -> PyResult<()> {
        match self {
            Keywords::None => Ok(()),
            Keywords::Array(t, _) => t.items().iter().try_for_each(|&k| f(k)),
            Keywords::Dict(d) => {
                let mut i = 0;
                while let Some((k, _)) = d.next_entry(&mut i) {
                    f(k)?;
                }
                Ok(())
            }
        }
    }
}

unsafe fn keywords(
    kwargs: Ref,
    kwnames: Ref,
    args: *const Ref,
    nargs: usize,
) -> PyResult<Keywords> {
    // SAFETY: callers pass live objects or null.
    unsafe {
        if let Some(d) = optional(kwargs)?.and_then(|k| k.cast::<Dict>()) {
            return Ok(Keywords::Dict(d));
        }
        Ok(match optional(kwnames)?.and_then(|k| k.cast::<Tuple>()) {
            Some(t) => Keywords::Array(t, args.add(nargs)),
            None => Keywords::None,
        })
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn counts(s: &Shape, nargs: usize, kw: usize, min: usize, max_pos: usize) -> PyResult<()> {
    let len = s.names.len();
    if nargs + kw > len {
        let what = if nargs == 0 { "keyword " } else { "" };
        return Err(type_error(format!(
            "{} takes at most {len} {what}argument{} ({} given)",
            s.called(),
            plural(len),
            nargs + kw
        )));
    }
    if nargs > max_pos {
        if max_pos == 0 {
            return Err(type_error(format!(
                "{} takes no positional arguments",
                s.called()
            )));
        }
        let how = if min < max_pos { "at most" } else { "exactly" };
        return Err(type_error(format!(
            "{} takes {how} {max_pos} positional argument{} ({nargs} given)",
            s.called(),
            plural(max_pos)
        )));
    }
    if nargs < s.positional_only.min(min) {
        let need = s.positional_only.min(min);
        let how = if min < max_pos { "at least" } else { "exactly" };
        return Err(type_error(format!(
            "{} takes {how} {need} positional argument{} ({nargs} given)",
            s.called(),
            plural(need)
        )));
    }
    Ok(())
}

unsafe fn unpack(
    args: *const Ref,
    nargs: usize,
    kw: &Keywords,
    p: *const Parser,
    min: usize,
    max_pos: usize,
    min_kw: usize,
    buf: *mut Ref,
) -> PyResult<()> {
    // SAFETY: callers pass arrays of these lengths and a buffer with a place per parameter.
    unsafe {
        let s = shape(p);
        let (len, given_kw) = (s.names.len(), kw.len());
        counts(&s, nargs, given_kw, min, max_pos)?;
        (0..len).for_each(|i| *buf.add(i) = std::ptr::null_mut());
        (0..nargs).for_each(|i| *buf.add(i) = *args.add(i));
        let required = if min_kw > 0 { max_pos + min_kw } else { min };
        let mut left = given_kw;
        for i in nargs.max(s.positional_only)..len {
            if left == 0 && i >= required {
                break;
            }
            let found = if left > 0 {
                kw.find(&s.names[i])
            } else {
                std::ptr::null_mut()
            };
            *buf.add(i) = found;
            if !found.is_null() {
                left -= 1;
            } else if i < min || (max_pos <= i && i < max_pos + min_kw) {
                let n = &s.names[i];
                return Err(type_error(format!(
                    "{} missing required argument '{n}' (pos {})",
                    s.called(),
                    i + 1
                )));
            }
        }
        if left > 0 {
            return Err(leftover(&s, kw, nargs));
        }
        Ok(())
    }
}

fn leftover(s: &Shape, kw: &Keywords, nargs: usize) -> rivet_vm::exceptions::Raised {
    for i in s.positional_only..nargs.min(s.names.len()) {
        // SAFETY: the keywords are those the caller passed.
        if !unsafe { kw.find(&s.names[i]) }.is_null() {
            let n = &s.names[i];
            return type_error(format!(
                "argument for {} given by name ('{n}') and position ({})",
                s.called(),
                i + 1
            ));
        }
    }
    let r = kw.each_name(|k| {
        let Some(n) = k.cast::<Str>() else {
            return Err(type_error("keywords must be strings"));
        };
        let known = s.names[s.positional_only..].iter().any(|x| n.eq_str(x));
        if known {
            return Ok(());
        }
        Err(type_error(format!(
            "'{}' is an invalid keyword argument for {}",
            n.to_string_lossy(),
            s.place()
        )))
    });
    r.err()
        .unwrap_or_else(|| type_error(format!("invalid keyword argument for {}", s.place())))
}

fn fail<T>(r: PyResult<T>) -> bool {
    if r.is_err() {
        errors::publish();
    }
    r.is_err()
}

raw! {
    fn _PyArg_UnpackKeywords(args: *const Ref, nargs: isize, kwargs: Ref, kwnames: Ref, p: *mut Parser, min: c_int, max_pos: c_int, min_kw: c_int, buf: *mut Ref) -> *const Ref {
        let (mut args, mut nargs) = (args, nargs.max(0) as usize);
        if !kwargs.is_null() && args.is_null() {
            args = std::ptr::null();
            nargs = 0;
        }
        let kw = match keywords(kwargs, kwnames, args, nargs) {
            Ok(k) => k,
            Err(_) => {
                errors::publish();
                return std::ptr::null();
            }
        };
        // Nothing to sort: the caller's array will do.
        if kw.len() == 0 && min_kw == 0 && nargs >= min as usize && nargs <= max_pos as usize && !args.is_null() {
            let total = shape(p).names.len();
            if nargs == total {
                return args;
            }
        }
        if fail(unpack(args, nargs, &kw, p, min as usize, max_pos as usize, min_kw as usize, buf)) {
            return std::ptr::null();
        }
        buf
    }

    fn _PyArg_CheckPositional(name: *const c_char, nargs: isize, min: isize, max: isize) -> c_int {
        let short = nargs < min;
        if !short && nargs <= max {
            return 1;
        }
        let limit = if short { min } else { max };
        let how = match (min == max, short) {
            (true, _) => "",
            (_, true) => "at least ",
            _ => "at most ",
        };
        let n = plural(limit as usize);
        let _ = if name.is_null() {
            type_error(format!("unpacked tuple should have {how}{limit} element{n}, but has {nargs}"))
        } else {
            type_error(format!("{} expected {how}{limit} argument{n}, got {nargs}", text(name)))
        };
        errors::publish();
        0
    }

    fn _PyArg_BadArgument(fname: *const c_char, what: *const c_char, expected: *const c_char, arg: Ref) {
        let t = if arg == crate::types::none() { "None".into() } else { text((*(*arg).ty).name) };
        let _ = type_error(format!("{}() {} must be {}, not {t}", text(fname), text(what), text(expected)));
        errors::publish();
    }

    fn _PyArg_NoKeywords(name: *const c_char, kwargs: Ref) -> c_int {
        let some = optional(kwargs).ok().flatten().and_then(|k| k.cast::<Dict>()).is_some_and(|d| !d.is_empty());
        if some {
            let _ = type_error(format!("{}() takes no keyword arguments", text(name)));
            errors::publish();
        }
        (!some).into()
    }

    fn _PyArg_NoKwnames(name: *const c_char, kwnames: Ref) -> c_int {
        let some = !kwnames.is_null() && tuple::items(kwnames).is_ok_and(|t| t.1 > 0);
        if some {
            let _ = type_error(format!("{}() takes no keyword arguments", text(name)));
            errors::publish();
        }
        (!some).into()
    }

    fn _PyArg_NoPositional(name: *const c_char, args: Ref) -> c_int {
        let some = !args.is_null() && tuple::items(args).is_ok_and(|t| t.1 > 0);
        if some {
            let _ = type_error(format!("{}() takes no positional arguments", text(name)));
            errors::publish();
        }
        (!some).into()
    }

    fn PyArg_ValidateKeywordArguments(kwargs: Ref) -> c_int {
        let run = || -> PyResult<()> {
            let d = get(kwargs)?.cast::<Dict>().ok_or_else(crate::api::bad_call)?;
            let mut i = 0;
            while let Some((k, _)) = d.next_entry(&mut i) {
                if k.cast::<Str>().is_none() {
                    return Err(type_error("keywords must be strings"));
                }
            }
            Ok(())
        };
        (!fail(run())).into()
    }

    // For the shims' `PyArg_ParseTupleAndKeywords`: TypeError for a keyword no parameter has; 0 then, else 1.
    fn rivet_check_keywords(kwargs: Ref, names: *const *const c_char, fname: *const c_char) -> c_int {
        let run = || -> PyResult<()> {
            let Some(d) = optional(kwargs)?.and_then(|k| k.cast::<Dict>()) else { return Ok(()) };
            let mut known = Vec::new();
            let mut at = names;
            while !(*at).is_null() {
                known.push(text(*at));
                at = at.add(1);
            }
            let mut i = 0;
            while let Some((k, _)) = d.next_entry(&mut i) {
                let Some(n) = k.cast::<Str>() else {
                    return Err(type_error("keywords must be strings"));
                };
                if !known.iter().any(|x| !x.is_empty() && n.eq_str(x)) {
                    let place = if fname.is_null() { "this function".into() } else { format!("{}()", text(fname)) };
                    return Err(type_error(format!("'{}' is an invalid keyword argument for {place}", n.to_string_lossy())));
                }
            }
            Ok(())
        };
        (!fail(run())).into()
    }
}
