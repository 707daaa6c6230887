//! Small modules about facilities this runtime does not have or has only in part: `_tracemalloc`,
//! `faulthandler`, `_opcode`, `_locale`, `_contextvars` is in a file of its own.

use std::cell::Cell;

use rivet_vm::exceptions::{PyResult, exc, runtime_error, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::call::call_method;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple;
use rivet_vm::value::{Gc, Value};

fn none(_: Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

static TRACEMALLOC: &[Method] = &[
    Method::noargs(
        "is_tracing",
        |_| Ok(Value::FALSE),
        "Return True if the tracemalloc module is tracing Python memory allocations.",
    ),
    Method::noargs(
        "clear_traces",
        none,
        "Clear traces of memory blocks allocated by Python.",
    ),
    Method::one(
        "_get_object_traceback",
        "($module, obj, /)",
        |_, _| Ok(Value::NONE),
        "Get the traceback where the Python object obj was allocated.",
    ),
    Method::noargs(
        "_get_traces",
        |_| List::new().map(Gc::value),
        "Get traces of all memory blocks allocated by Python.",
    ),
    Method::noargs(
        "get_traceback_limit",
        |_| Ok(Value::int(1)),
        "Get the maximum number of frames stored in the traceback of a trace.",
    ),
    Method::noargs(
        "get_tracemalloc_memory",
        |_| Ok(Value::int(0)),
        "Get the memory usage in bytes of the tracemalloc module.",
    ),
    Method::noargs(
        "get_traced_memory",
        |_| tuple::new(&[Value::int(0), Value::int(0)]),
        "Get the current size and peak size of memory blocks traced by tracemalloc.",
    ),
    Method::noargs(
        "reset_peak",
        none,
        "Set the peak size of memory blocks traced by tracemalloc to the current size.",
    ),
    Method::fast(
        "start",
        "($module, nframe=1, /)",
        |_, _| {
            Err(runtime_error(
                "tracemalloc is not supported by this runtime",
            ))
        },
        "Start tracing Python memory allocations.",
    ),
    Method::noargs("stop", none, "Stop tracing Python memory allocations."),
];

/// `_tracemalloc`
pub fn tracemalloc(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(TRACEMALLOC)
}

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(false) };
}

/// The traceback of the calling thread, to a file (default: `sys.stderr`).
fn dump(_m: Value, a: &[Value], kw: Option<Gc<tuple::Tuple>>) -> PyResult<Value> {
    let (pos, _) = rivet_vm::object::args::split(a, kw);
    let file = pos
        .first()
        .copied()
        .or_else(|| rivet_vm::object::args::keyword(a, kw, "file"));
    let sys = rivet_vm::import::import_module("sys")?;
    let file = match file.and_then(Value::not_none) {
        Some(f) if f.is_small_int() => return Ok(Value::NONE),
        Some(f) => f,
        None => get_attr(sys, name!("stderr"))?,
    };
    let mut out = "Stack (most recent call first):\n".to_owned();
    let mut frame = call_method(sys, name!("_getframe"), &[])?;
    while !frame.is_none() {
        let code = get_attr(frame, name!("f_code"))?;
        let text =
            |v: Value| -> PyResult<String> { Ok(protocol::str(v)?.to_string_lossy().into_owned()) };
        let (file, line, func) = (
            text(get_attr(code, name!("co_filename"))?)?,
            text(get_attr(frame, name!("f_lineno"))?)?,
            text(get_attr(code, name!("co_name"))?)?,
        );
        out += &format!("  File \"{file}\", line {line} in {func}\n");
        frame = get_attr(frame, name!("f_back"))?;
    }
    call_method(file, name!("write"), &[str::new(&out)?])?;
    Ok(Value::NONE)
}

static FAULTHANDLER: &[Method] = &[
    Method::fastkw(
        "enable",
        "",
        |_, _, _| {
            ENABLED.set(true);
            Ok(Value::NONE)
        },
        "enable(file=sys.stderr, all_threads=True): enable the fault handler",
    ),
    Method::noargs(
        "disable",
        |_| Ok(Value::bool(ENABLED.replace(false))),
        "disable(): disable the fault handler",
    ),
    Method::noargs(
        "is_enabled",
        |_| Ok(Value::bool(ENABLED.get())),
        "is_enabled()->bool: check if the handler is enabled",
    ),
    Method::fastkw(
        "dump_traceback",
        "",
        dump,
        "dump_traceback(file=sys.stderr, all_threads=True): dump the traceback of the current thread, or of all threads if all_threads is True, into file",
    ),
    Method::fastkw(
        "dump_traceback_later",
        "",
        |_, _, _| Ok(Value::NONE),
        "dump_traceback_later(timeout, repeat=False, file=sys.stderr, exit=False):\ndump the traceback of all threads in timeout seconds",
    ),
    Method::noargs(
        "cancel_dump_traceback_later",
        none,
        "cancel_dump_traceback_later():\ncancel the previous call to dump_traceback_later().",
    ),
    Method::fastkw(
        "register",
        "",
        |_, _, _| Ok(Value::NONE),
        "register(signum, file=sys.stderr, all_threads=True, chain=False): register a handler for the signal 'signum'",
    ),
    Method::one(
        "unregister",
        "",
        |_, _| Ok(Value::FALSE),
        "unregister(signum): unregister the handler of the signal 'signum' registered by register()",
    ),
];

/// `faulthandler`
pub fn faulthandler(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(FAULTHANDLER)
}

static OPCODE: &[Method] = &[
    Method::fastkw(
        "stack_effect",
        "",
        |_, _, _| Err(value_error("invalid opcode or oparg")),
        "Compute the stack effect of the opcode.",
    ),
    Method::noargs(
        "get_specialization_stats",
        none,
        "Return the specialization stats",
    ),
];

/// `_opcode`
pub fn opcode(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(OPCODE)
}

static LOCALE: &[Method] = &[
    Method::fast(
        "setlocale",
        "",
        |_, a| {
            rivet_vm::object::args::check_count("setlocale", a, 1, 2)?;
            match a.get(1).copied().and_then(Value::not_none) {
                None => str::new("C.UTF-8"),
                Some(v) => {
                    let Some(s) = v.cast::<Str>() else {
                        return Err(type_error("setlocale() argument 2 must be str or None"));
                    };
                    match &*s.to_string_lossy() {
                        "C" | "POSIX" => str::new("C"),
                        "" | "C.UTF-8" | "C.utf8" => str::new("C.UTF-8"),
                        _ => Err(rivet_vm::exceptions::raise_text(
                            exc().value_error,
                            "unsupported locale setting",
                        )),
                    }
                }
            }
        },
        "setlocale(category, locale=None) -> string\n\nActivates/queries locale processing.",
    ),
    Method::noargs(
        "localeconv",
        |_| {
            let d = Dict::new()?;
            for k in [
                "int_curr_symbol",
                "currency_symbol",
                "mon_decimal_point",
                "mon_thousands_sep",
                "positive_sign",
                "negative_sign",
                "thousands_sep",
            ] {
                d.set_str(k, str::new("")?)?;
            }
            d.set_str("decimal_point", str::new(".")?)?;
            for k in ["grouping", "mon_grouping"] {
                d.set_str(k, List::new()?.value())?;
            }
            for k in [
                "int_frac_digits",
                "frac_digits",
                "p_cs_precedes",
                "p_sep_by_space",
                "n_cs_precedes",
                "n_sep_by_space",
                "p_sign_posn",
                "n_sign_posn",
            ] {
                d.set_str(k, Value::int(127))?;
            }
            Ok(d.value())
        },
        "localeconv() -> dict\n\nReturns numeric and monetary locale-specific parameters.",
    ),
    Method::one(
        "nl_langinfo",
        "($module, key, /)",
        |_, k| {
            let k = protocol::as_isize(k)?;
            if k as i64 == CODESET {
                return str::new(&crate::sysdep::locale_encoding());
            }
            match LANGINFO.iter().find(|i| i.1 == k as i64) {
                Some(i) => str::new(i.2),
                None => Err(value_error("unsupported langinfo constant")),
            }
        },
        "nl_langinfo(key) -> string\nReturn the value for the locale information associated with key.",
    ),
    Method::noargs(
        "getencoding",
        |_| str::new(&crate::sysdep::locale_encoding()),
        "Get the current locale encoding.",
    ),
    Method::noargs(
        "_get_locale_encoding",
        |_| str::new(&crate::sysdep::locale_encoding()),
        "Get the current locale encoding.",
    ),
    Method::fast(
        "strcoll",
        "",
        |_, a| {
            rivet_vm::object::args::check_count("strcoll", a, 2, 2)?;
            let less = protocol::compare_bool(a[0], a[1], rivet_spec::CompareOp::Lt)?;
            Ok(Value::int(if less {
                -1
            } else {
                i64::from(!protocol::equal(a[0], a[1])?)
            }))
        },
        "strcoll(string,string) -> int.\n\nCompares two strings according to the locale.",
    ),
    Method::one(
        "strxfrm",
        "",
        |_, s| Ok(s),
        "strxfrm(string) -> string.\n\nReturn a string that can be used as a key for locale-aware comparisons.",
    ),
    Method::one(
        "textdomain",
        "",
        |_, s| Ok(s),
        "textdomain(domain) -> string\nSet the C library's textdmain to domain, returning the new domain.",
    ),
    Method::one(
        "gettext",
        "",
        |_, s| Ok(s),
        "gettext(msg) -> string\nReturn translation of msg.",
    ),
];

/// The number of the locale's encoding.
const CODESET: i64 = 14;

/// Name, number (glibc's), text in the C locale.
static LANGINFO: &[(&str, i64, &str)] = &[
    ("CODESET", CODESET, "UTF-8"),
    ("RADIXCHAR", 0x10000, "."),
    ("THOUSEP", 0x10001, ""),
    ("CRNCYSTR", 0x4000f, "-"),
    ("YESEXPR", 0x50000, "^[yY]"),
    ("NOEXPR", 0x50001, "^[nN]"),
    ("D_T_FMT", 0x20028, "%a %b %e %H:%M:%S %Y"),
    ("D_FMT", 0x20029, "%m/%d/%y"),
    ("T_FMT", 0x2002a, "%H:%M:%S"),
    ("T_FMT_AMPM", 0x2002b, "%I:%M:%S %p"),
    ("AM_STR", 0x20026, "AM"),
    ("PM_STR", 0x20027, "PM"),
    ("ERA", 0x2002c, ""),
    ("ERA_D_FMT", 0x2002e, ""),
    ("ALT_DIGITS", 0x2002f, ""),
    ("ERA_D_T_FMT", 0x20030, ""),
    ("ERA_T_FMT", 0x20031, ""),
    ("ABDAY_1", 0x20000, "Sun"),
    ("ABDAY_2", 0x20001, "Mon"),
    ("ABDAY_3", 0x20002, "Tue"),
    ("ABDAY_4", 0x20003, "Wed"),
    ("ABDAY_5", 0x20004, "Thu"),
    ("ABDAY_6", 0x20005, "Fri"),
    ("ABDAY_7", 0x20006, "Sat"),
    ("DAY_1", 0x20007, "Sunday"),
    ("DAY_2", 0x20008, "Monday"),
    ("DAY_3", 0x20009, "Tuesday"),
    ("DAY_4", 0x2000a, "Wednesday"),
    ("DAY_5", 0x2000b, "Thursday"),
    ("DAY_6", 0x2000c, "Friday"),
    ("DAY_7", 0x2000d, "Saturday"),
    ("ABMON_1", 0x2000e, "Jan"),
    ("ABMON_2", 0x2000f, "Feb"),
    ("ABMON_3", 0x20010, "Mar"),
    ("ABMON_4", 0x20011, "Apr"),
    ("ABMON_5", 0x20012, "May"),
    ("ABMON_6", 0x20013, "Jun"),
    ("ABMON_7", 0x20014, "Jul"),
    ("ABMON_8", 0x20015, "Aug"),
    ("ABMON_9", 0x20016, "Sep"),
    ("ABMON_10", 0x20017, "Oct"),
    ("ABMON_11", 0x20018, "Nov"),
    ("ABMON_12", 0x20019, "Dec"),
    ("MON_1", 0x2001a, "January"),
    ("MON_2", 0x2001b, "February"),
    ("MON_3", 0x2001c, "March"),
    ("MON_4", 0x2001d, "April"),
    ("MON_5", 0x2001e, "May"),
    ("MON_6", 0x2001f, "June"),
    ("MON_7", 0x20020, "July"),
    ("MON_8", 0x20021, "August"),
    ("MON_9", 0x20022, "September"),
    ("MON_10", 0x20023, "October"),
    ("MON_11", 0x20024, "November"),
    ("MON_12", 0x20025, "December"),
];

/// `_locale`
pub fn locale(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(LOCALE)?;
    for (i, name) in [
        "LC_CTYPE",
        "LC_NUMERIC",
        "LC_TIME",
        "LC_COLLATE",
        "LC_MONETARY",
        "LC_MESSAGES",
        "LC_ALL",
    ]
    .iter()
    .enumerate()
    {
        m.add(name, Value::from_usize(i))?;
    }
    m.add("CHAR_MAX", Value::int(127))?;
    m.add("Error", exc().value_error.value())?;
    for (name, n, _) in LANGINFO {
        m.add(name, Value::int(*n))?;
    }
    Ok(())
}
