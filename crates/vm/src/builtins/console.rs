//! `print`, `input`, `open`, `breakpoint`.

use crate::exceptions::{PyResult, Raised, clear_if, eof_error, exc, runtime_error, type_error};
use crate::name;
use crate::object::args::{check_count, split};
use crate::object::attr::{find_attr, get_attr};
use crate::object::call::{call, call_kw, call_method};
use crate::object::protocol;
use crate::object::spec::Method;
use crate::types::str::{self, Str};
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

use super::sys_attr;

pub(super) static FUNCTIONS: &[Method] = &[
    Method::fastkw(
        "print",
        "($module, /, *args, sep=' ', end='\\n', file=None, flush=False)",
        print,
        "Prints the values to a stream, or to sys.stdout by default.\n\n  sep\n    string inserted between values, default a space.\n  end\n    string appended after the last value, default a newline.\n  file\n    a file-like object (stream); defaults to the current sys.stdout.\n  flush\n    whether to forcibly flush the stream.",
    ),
    Method::fast(
        "input",
        "($module, prompt='', /)",
        input,
        "Read a string from standard input.  The trailing newline is stripped.\n\nThe prompt string, if given, is printed to standard output without a\ntrailing newline before reading input.\n\nIf the user hits EOF (*nix: Ctrl-D, Windows: Ctrl-Z+Return), raise EOFError.\nOn *nix systems, readline is used if available.",
    ),
    Method::fastkw(
        "open",
        "($module, file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
        open,
        "Open file and return a stream.  Raise OSError upon failure.",
    ),
    Method::fastkw(
        "breakpoint",
        "",
        breakpoint,
        "breakpoint(*args, **kws)\n\nCall sys.breakpointhook(*args, **kws).  sys.breakpointhook() must accept\nwhatever arguments are passed.\n\nBy default, this drops you into the pdb debugger.",
    ),
];

/// A str option of `print`, or its default.
fn text_option(v: Option<Value>, what: &str, default: Gc<Str>) -> PyResult<Value> {
    match v.and_then(Value::not_none) {
        None => Ok(default.value()),
        Some(s) if s.cast::<Str>().is_some() => Ok(s),
        Some(s) => {
            let t = s.type_of().name_string();
            Err(type_error(format!(
                "{what} must be None or a string, not {t}"
            )))
        }
    }
}

fn print(_: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (items, values) = split(args, kw);
    let (mut sep, mut end, mut file, mut flush) = (None, None, None, None);
    if let Some(names) = kw {
        for (&k, &v) in names.items().iter().zip(values) {
            let text = protocol::str(k)?;
            let slot = match text.to_string_lossy().as_ref() {
                "sep" => &mut sep,
                "end" => &mut end,
                "file" => &mut file,
                "flush" => &mut flush,
                other => {
                    return Err(type_error(format!(
                        "'{other}' is an invalid keyword argument for print()"
                    )));
                }
            };
            *slot = Some(v);
        }
    }
    let file = match file.and_then(Value::not_none) {
        Some(f) => f,
        None => match sys_attr("stdout")? {
            Some(f) if f.is_none() => return Ok(Value::NONE),
            Some(f) => f,
            None => return Err(runtime_error("lost sys.stdout")),
        },
    };
    let sep = text_option(sep, "sep", name!(" "))?;
    let end = text_option(end, "end", name!("\n"))?;
    let direct = crate::hooks::hooks()
        .text_writer
        .get()
        .and_then(|f| f(file));
    if let Some(write) = direct {
        print_directly(file, write, items, sep, end)?;
        return flush_if(file, flush);
    }
    let write = get_attr(file, name!("write"))?;
    for (i, &x) in items.iter().enumerate() {
        if i > 0 {
            call(write, &[sep])?;
        }
        call(write, &[protocol::str(x)?.value()])?;
    }
    call(write, &[end])?;
    flush_if(file, flush)
}

fn flush_if(file: Value, flush: Option<Value>) -> PyResult<Value> {
    if let Some(f) = flush
        && protocol::is_true(f)?
    {
        call_method(file, name!("flush"), &[])?;
    }
    Ok(Value::NONE)
}

/// Prints to a stream whose `write` need not be looked up.
fn print_directly(
    file: Value,
    write: fn(Value, Gc<Str>) -> PyResult<()>,
    items: &[Value],
    sep: Value,
    end: Value,
) -> PyResult<()> {
    let put = |v: Value| v.cast::<Str>().map_or(Ok(()), |s| write(file, s));
    for (i, &x) in items.iter().enumerate() {
        if i > 0 {
            put(sep)?;
        }
        write(file, protocol::str(x)?)?;
    }
    put(end)
}

fn stream(name: &str) -> PyResult<Value> {
    match sys_attr(name)?.and_then(Value::not_none) {
        Some(f) => Ok(f),
        None => Err(runtime_error(format!("input(): lost sys.{name}"))),
    }
}

fn ignore(r: PyResult<Value>) {
    if let Err(raised) = r {
        let _ = crate::exceptions::take(raised);
    }
}

fn input(_: Value, args: &[Value]) -> PyResult<Value> {
    check_count("input", args, 0, 1)?;
    let (stdin, stdout, stderr) = (stream("stdin")?, stream("stdout")?, stream("stderr")?);
    ignore(call_method(stderr, name!("flush"), &[]));
    if let [prompt] = args {
        let text = protocol::str(*prompt)?;
        call_method(stdout, name!("write"), &[text.value()])?;
    }
    ignore(call_method(stdout, name!("flush"), &[]));
    let line = call_method(stdin, name!("readline"), &[])?;
    let Some(s) = line.cast::<Str>() else {
        return Err(type_error("object.readline() returned non-string"));
    };
    if s.is_empty() {
        return Err(eof_error("EOF when reading a line"));
    }
    let n = s.len();
    if s.chars().get(n - 1) == u32::from('\n') {
        s.substring(0, n - 1).map(Gc::value)
    } else {
        Ok(line)
    }
}

fn open(_: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let io = crate::import::import_module("io")?;
    call_kw(get_attr(io, name!("open"))?, args, kw)
}

fn breakpoint(_: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    match sys_attr("breakpointhook")? {
        Some(hook) => call_kw(hook, args, kw),
        None => Err(runtime_error("lost sys.breakpointhook")),
    }
}

/// Writes a line to `sys.stderr`, or to the process's if there is no such thing; errors are swallowed.
pub(super) fn to_stderr(text: &str) {
    let write = || -> PyResult<bool> {
        let Some(f) = sys_attr("stderr")?.and_then(Value::not_none) else {
            return Ok(false);
        };
        let Some(w) = find_attr(f, name!("write"))? else {
            return Ok(false);
        };
        call(w, &[str::new(text)?])?;
        Ok(true)
    };
    match write() {
        Ok(true) => {}
        Ok(false) => eprint!("{text}"),
        Err(raised) => swallow(raised),
    }
}

fn swallow(raised: Raised) {
    if clear_if(raised, exc().base_exception).is_err() {
        eprintln!("error while writing to stderr");
    }
}
