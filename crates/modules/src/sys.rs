//! `sys`

use std::cell::RefCell;

use std::ffi::OsString;

use rivet_vm::exceptions::{Exception, PyResult, exc, handled, type_error, value_error};
use rivet_vm::gil::SWITCH_INTERVAL;
use rivet_vm::interp::tracing::{changed, shown};
use rivet_vm::name;
use rivet_vm::object::attr::{find_attr, get_attr};
use rivet_vm::object::call::{call, call_method};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::runtime;
use rivet_vm::thread;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::types::{frame, int, list};
use rivet_vm::value::{Gc, RVec, Value};

use crate::structseq;

/// What the command line decides.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `sys.argv`
    pub argv: Vec<OsString>,
    /// `sys.orig_argv`
    pub orig_argv: Vec<OsString>,
    /// `sys.path` without the script's directory.
    pub path: Vec<String>,
    /// `sys.prefix`
    pub prefix: String,
    /// `sys.executable`
    pub executable: String,
    /// `sys._base_executable`
    pub base_executable: String,
    /// `sys.warnoptions`
    pub warnoptions: Vec<String>,
    /// `-X` options: name and value.
    pub xoptions: Vec<(String, Option<String>)>,
    /// `sys.flags` values by name.
    pub flags: Vec<(&'static str, i64)>,
    /// `sys.dont_write_bytecode`
    pub dont_write_bytecode: bool,
    /// `PYTHONPYCACHEPREFIX` / `-X pycache_prefix`
    pub pycache_prefix: Option<String>,
}

thread_local! {
    static SETTINGS: RefCell<Settings> = RefCell::new(Settings::default());
}

/// Sets what the command line decided, before the module is made.
pub fn configure(s: Settings) {
    SETTINGS.with(|c| *c.borrow_mut() = s);
}

static METHODS: &[Method] = &[
    Method::noargs(
        "exc_info",
        exc_info,
        "Return current exception information: (type, value, traceback).",
    ),
    Method::noargs(
        "exception",
        |_| Ok(handled().unwrap_or(Value::NONE)),
        "Return the current exception.",
    ),
    Method::fast(
        "exit",
        "($module, status=None, /)",
        exit,
        "Exit the interpreter by raising SystemExit(status).",
    ),
    Method::fast(
        "_getframe",
        "($module, depth=0, /)",
        getframe,
        "Return a frame object from the call stack.",
    ),
    Method::noargs(
        "_current_frames",
        current_frames,
        "Return a dict mapping each thread's thread id to its current stack frame.",
    ),
    Method::noargs(
        "_current_exceptions",
        |_| Dict::new().map(Gc::value),
        "Return a dict mapping each thread's identifier to its current raised exception.",
    ),
    Method::noargs(
        "getrecursionlimit",
        |_| Ok(Value::from_usize(runtime::recursion_limit())),
        "Return the current value of the recursion limit.",
    ),
    Method::one(
        "setrecursionlimit",
        "($module, limit, /)",
        set_recursion_limit,
        "Set the maximum depth of the Python interpreter stack to n.",
    ),
    Method::one(
        "intern",
        "($module, string, /)",
        intern,
        "``Intern'' the given string.",
    ),
    Method::fastkw(
        "getsizeof",
        "",
        getsizeof,
        "getsizeof(object [, default]) -> int\n\nReturn the size of object in bytes.",
    ),
    Method::one(
        "getrefcount",
        "($module, object, /)",
        |_, _| Ok(Value::int(2)),
        "Return the reference count of object.",
    ),
    Method::noargs(
        "getdefaultencoding",
        |_| str::new("utf-8"),
        "Return the current default encoding used by the Unicode implementation.",
    ),
    Method::noargs(
        "getfilesystemencoding",
        |_| str::new("utf-8"),
        "Return the encoding used to convert Unicode filenames to OS filenames.",
    ),
    Method::noargs(
        "getfilesystemencodeerrors",
        |_| str::new("surrogateescape"),
        "Return the error mode used for Unicode to OS filename conversion.",
    ),
    Method::noargs(
        "getswitchinterval",
        |_| {
            Ok(Value::float(
                SWITCH_INTERVAL.load(std::sync::atomic::Ordering::Relaxed) as f64 / 1e6,
            ))
        },
        "Return the current thread switch interval; see sys.setswitchinterval().",
    ),
    Method::one(
        "setswitchinterval",
        "($module, interval, /)",
        set_switch_interval,
        "Set the ideal thread switching delay inside the Python interpreter.",
    ),
    Method::one(
        "displayhook",
        "($module, object, /)",
        displayhook,
        "Print an object to sys.stdout and also save it in builtins._",
    ),
    Method::fast(
        "excepthook",
        "($module, exctype, value, traceback, /)",
        excepthook,
        "Handle an exception by displaying it with a traceback on sys.stderr.",
    ),
    Method::one(
        "unraisablehook",
        "($module, unraisable, /)",
        unraisablehook,
        "Handle an unraisable exception.",
    ),
    Method::fastkw(
        "breakpointhook",
        "",
        breakpointhook,
        "This hook function is called by built-in breakpoint().",
    ),
    Method::fast(
        "audit",
        "",
        |_, _| Ok(Value::NONE),
        "audit(event, *args)\n\nPasses the event to any hooks that are attached.",
    ),
    Method::one(
        "addaudithook",
        "($module, /, hook)",
        |_, _| Ok(Value::NONE),
        "Adds a new audit hook callback.",
    ),
    Method::noargs(
        "is_finalizing",
        |_| Ok(Value::FALSE),
        "Return True if Python is exiting.",
    ),
    Method::noargs(
        "gettrace",
        |_| Ok(shown(&thread::current().trace)),
        "Return the global debug tracing function set with sys.settrace.",
    ),
    Method::one(
        "settrace",
        "",
        |_, f| {
            let t = thread::current();
            t.set(&t.trace, f.not_none());
            changed();
            Ok(Value::NONE)
        },
        "settrace(function)\n\nSet the global debug tracing function.  It will be called on each\nfunction call.",
    ),
    Method::noargs(
        "getprofile",
        |_| Ok(shown(&thread::current().profile)),
        "Return the profiling function set with sys.setprofile.",
    ),
    Method::one(
        "setprofile",
        "",
        |_, f| {
            let t = thread::current();
            t.set(&t.profile, f.not_none());
            changed();
            Ok(Value::NONE)
        },
        "setprofile(function)\n\nSet the profiling function.",
    ),
    Method::noargs(
        "get_int_max_str_digits",
        |_| Ok(Value::int(int::text::max_str_digits() as i64)),
        "Return the maximum string digits limit for non-binary int<->str conversions.",
    ),
    Method::bound(
        "set_int_max_str_digits",
        "($module, /, maxdigits)",
        set_max_digits,
        "Set the maximum string digits limit for non-binary int<->str conversions.",
    ),
    Method::fastkw(
        "set_asyncgen_hooks",
        "",
        set_asyncgen_hooks,
        "set_asyncgen_hooks(* [, firstiter] [, finalizer])\n\nSet a finalizer for async generators objects.",
    ),
    Method::noargs(
        "get_asyncgen_hooks",
        get_asyncgen_hooks,
        "Return the installed asynchronous generators hooks.",
    ),
    Method::noargs(
        "get_coroutine_origin_tracking_depth",
        |_| {
            Ok(Value::int(
                thread::current().coroutine_origin_depth.get().into(),
            ))
        },
        "Check status of origin tracking for coroutine objects in this thread.",
    ),
    Method::bound(
        "set_coroutine_origin_tracking_depth",
        "($module, /, depth)",
        set_origin_depth,
        "Enable or disable origin tracking for coroutine objects in this thread.",
    ),
    Method::noargs(
        "getallocatedblocks",
        |_| Ok(Value::int(0)),
        "Return the number of memory blocks currently allocated.",
    ),
    Method::noargs(
        "_clear_type_cache",
        |_| Ok(Value::NONE),
        "Clear the internal type lookup cache.",
    ),
    Method::noargs(
        "getdlopenflags",
        |_| Ok(Value::int(libc::RTLD_NOW.into())),
        "Return the current value of the flags that are used for dlopen calls.",
    ),
    Method::one(
        "setdlopenflags",
        "($module, flags, /)",
        |_, _| Ok(Value::NONE),
        "Set the flags used by the interpreter for dlopen calls.",
    ),
    Method::noargs(
        "_debugmallocstats",
        |_| Ok(Value::NONE),
        "Print debug info to stderr about the state of pymalloc and structmalloc.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    for (alias, name) in [
        ("__displayhook__", "displayhook"),
        ("__excepthook__", "excepthook"),
        ("__unraisablehook__", "unraisablehook"),
        ("__breakpointhook__", "breakpointhook"),
    ] {
        let f = m.dict().get_str(name).expect("just added");
        m.add(alias, f)?;
    }
    constants(m)?;
    version(m)?;
    numbers(m)?;
    SETTINGS.with(|s| from_settings(m, &s.borrow()))?;
    m.add("modules", runtime::modules().value())?;
    let unraisable = structseq::make(
        "UnraisableHookArgs",
        &[
            "exc_type",
            "exc_value",
            "exc_traceback",
            "err_msg",
            "object",
        ],
        5,
    )?;
    m.add("UnraisableHookArgs", unraisable.value())?;
    let hooks = structseq::make("sys.asyncgen_hooks", &["firstiter", "finalizer"], 2)?;
    m.add("_asyncgen_hooks", hooks.value())
}

fn strings<S: AsRef<str>>(items: &[S]) -> PyResult<Value> {
    let l = list::List::new()?;
    for s in items {
        l.append(from_os(s.as_ref())?)?;
    }
    Ok(l.value())
}

/// Arguments of the process: bytes that are no text become surrogates.
fn arguments(items: &[OsString]) -> PyResult<Value> {
    let l = list::List::new()?;
    for s in items {
        l.append(crate::posix::fs_str(s.as_encoded_bytes())?)?;
    }
    Ok(l.value())
}

/// A text from the system.
fn from_os(s: &str) -> PyResult<Value> {
    str::new(s)
}

fn constants(m: Gc<Module>) -> PyResult<()> {
    m.add("byteorder", str::new("little")?)?;
    m.add("platform", str::new("linux")?)?;
    m.add("platlibdir", str::new("lib")?)?;
    m.add("copyright", str::new("Copyright (c) the Rivet authors.\nThe standard library is Copyright (c) 2001-2023 Python Software Foundation.")?)?;
    m.add("maxsize", Value::int(i64::MAX))?;
    m.add("maxunicode", Value::int(0x10_ffff))?;
    m.add("api_version", Value::int(1013))?;
    m.add("abiflags", str::new("")?)?;
    m.add("float_repr_style", str::new("short")?)?;
    m.add("path_importer_cache", Dict::new()?.value())?;
    m.add("path_hooks", list::new(&[])?)?;
    m.add("meta_path", list::new(&[])?)?;
    m.add(
        "_git",
        tuple::new(&[str::new("Rivet")?, str::new("")?, str::new("")?])?,
    )?;
    m.add("_framework", str::new("")?)?;
    m.add("_base_executable", str::new("")?)?;
    let std: Vec<&str> = include_str!("stdlib_names.txt").lines().collect();
    let mut names = RVec::new();
    for n in std {
        names.push(str::new(n)?)?;
    }
    m.add(
        "stdlib_module_names",
        rivet_vm::types::set::frozenset_of(&names)?,
    )?;
    let mut names = RVec::new();
    for n in rivet_vm::import::builtin::names() {
        names.push(str::new(n)?)?;
    }
    m.add("builtin_module_names", tuple::new(&names)?)
}

fn version(m: Gc<Module>) -> PyResult<()> {
    m.add("version", str::new("3.11.7 (Rivet 0.1.0) \n[Rust]")?)?;
    m.add("hexversion", Value::int(0x030b_07f0))?;
    let ty = structseq::make_closed(
        "sys.version_info",
        &["major", "minor", "micro", "releaselevel", "serial"],
    )?;
    let fields = [
        Value::int(3),
        Value::int(11),
        Value::int(7),
        str::new("final")?,
        Value::int(0),
    ];
    let info = structseq::new_of(ty, &fields)?;
    m.add("version_info", info)?;
    let ns = crate::namespace::new()?;
    // `cpython` in the cache tag would mix our caches with CPython's; the name itself is what programs test.
    crate::namespace::put(ns, "name", str::new("rivet")?)?;
    crate::namespace::put(ns, "cache_tag", str::new("rivet-311")?)?;
    crate::namespace::put(ns, "version", info)?;
    crate::namespace::put(ns, "hexversion", Value::int(0x030b_07f0))?;
    crate::namespace::put(ns, "_multiarch", str::new("x86_64-linux-gnu")?)?;
    m.add("implementation", ns)?;
    let thread = structseq::make("sys.thread_info", &["name", "lock", "version"], 3)?;
    m.add(
        "thread_info",
        structseq::new_of(
            thread,
            &[str::new("pthread")?, str::new("semaphore")?, Value::NONE],
        )?,
    )
}

fn numbers(m: Gc<Module>) -> PyResult<()> {
    let fields = [
        "max",
        "max_exp",
        "max_10_exp",
        "min",
        "min_exp",
        "min_10_exp",
        "dig",
        "mant_dig",
        "epsilon",
        "radix",
        "rounds",
    ];
    let ty = structseq::make("sys.float_info", &fields, 11)?;
    let f = Value::float;
    let i = Value::int;
    let values = [
        f(f64::MAX),
        i(1024),
        i(308),
        f(f64::MIN_POSITIVE),
        i(-1021),
        i(-307),
        i(15),
        i(53),
        f(f64::EPSILON),
        i(2),
        i(1),
    ];
    m.add("float_info", structseq::new_of(ty, &values)?)?;
    let fields = [
        "bits_per_digit",
        "sizeof_digit",
        "default_max_str_digits",
        "str_digits_check_threshold",
    ];
    let ty = structseq::make("sys.int_info", &fields, 4)?;
    m.add(
        "int_info",
        structseq::new_of(ty, &[i(30), i(4), i(4300), i(640)])?,
    )?;
    let fields = [
        "width",
        "modulus",
        "inf",
        "nan",
        "imag",
        "algorithm",
        "hash_bits",
        "seed_bits",
        "cutoff",
    ];
    let ty = structseq::make("sys.hash_info", &fields, 9)?;
    let values = [
        i(64),
        i((1 << 61) - 1),
        i(314_159),
        i(0),
        i(1_000_003),
        str::new("siphash13")?,
        i(64),
        i(128),
        i(0),
    ];
    m.add("hash_info", structseq::new_of(ty, &values)?)
}

fn from_settings(m: Gc<Module>, s: &Settings) -> PyResult<()> {
    m.add("argv", arguments(&s.argv)?)?;
    m.add("orig_argv", arguments(&s.orig_argv)?)?;
    m.add("path", strings(&s.path)?)?;
    for n in ["prefix", "base_prefix", "exec_prefix", "base_exec_prefix"] {
        m.add(n, str::new(&s.prefix)?)?;
    }
    m.add("executable", str::new(&s.executable)?)?;
    m.add("_base_executable", str::new(&s.base_executable)?)?;
    m.add(
        "_stdlib_dir",
        str::new(&format!("{}/lib/python3.11", s.prefix))?,
    )?;
    m.add("warnoptions", strings(&s.warnoptions)?)?;
    m.add("dont_write_bytecode", Value::bool(s.dont_write_bytecode))?;
    m.add(
        "pycache_prefix",
        s.pycache_prefix
            .as_ref()
            .map_or(Ok(Value::NONE), |p| str::new(p))?,
    )?;
    let x = Dict::new()?;
    for (k, v) in &s.xoptions {
        x.set_str(k, v.as_ref().map_or(Ok(Value::TRUE), |v| str::new(v))?)?;
    }
    m.add("_xoptions", x.value())?;
    let names: Vec<&str> = FLAG_NAMES.to_vec();
    let ty = structseq::make_closed("sys.flags", &names)?;
    let mut values = RVec::new();
    for n in FLAG_NAMES {
        let v = s.flags.iter().find(|f| f.0 == *n).map_or(0, |f| f.1);
        let is_bool = matches!(*n, "dev_mode" | "safe_path");
        values.push(if is_bool {
            Value::bool(v != 0)
        } else {
            Value::int(v)
        })?;
    }
    m.add("flags", structseq::new_of(ty, &values)?)
}

/// The fields of `sys.flags`, in order.
pub const FLAG_NAMES: &[&str] = &[
    "debug",
    "inspect",
    "interactive",
    "optimize",
    "dont_write_bytecode",
    "no_user_site",
    "no_site",
    "ignore_environment",
    "verbose",
    "bytes_warning",
    "quiet",
    "hash_randomization",
    "isolated",
    "dev_mode",
    "utf8_mode",
    "warn_default_encoding",
    "safe_path",
    "int_max_str_digits",
];

fn exc_info(_m: Value) -> PyResult<Value> {
    match handled() {
        Some(e) => {
            let tb = e
                .cast::<Exception>()
                .and_then(|x| x.traceback.get())
                .unwrap_or(Value::NONE);
            tuple::new(&[e.type_of().value(), e, tb])
        }
        None => tuple::new(&[Value::NONE, Value::NONE, Value::NONE]),
    }
}

fn exit(_m: Value, args: &[Value]) -> PyResult<Value> {
    rivet_vm::object::args::check_count("exit", args, 0, 1)?;
    let status = args.first().copied().unwrap_or(Value::NONE);
    // A tuple is the arguments, as wherever C code raises a class with a value.
    let args: &[Value] = match status.cast::<rivet_vm::types::tuple::Tuple>() {
        Some(t) => t.items(),
        None if status.is_none() => &[],
        None => &[status],
    };
    Err(rivet_vm::exceptions::raise_call(exc().system_exit, args))
}

fn getframe(_m: Value, args: &[Value]) -> PyResult<Value> {
    let depth = match args.first() {
        Some(&d) => protocol::as_isize(d)?.max(0) as usize,
        None => 0,
    };
    let n = thread::current().stack.depth();
    if depth >= n {
        return Err(value_error("call stack is not deep enough"));
    }
    frame::object_at(n - 1 - depth).map(Gc::value)
}

fn current_frames(_m: Value) -> PyResult<Value> {
    let d = Dict::new()?;
    let t = thread::current();
    let n = t.stack.depth();
    if n > 0 {
        d.set_item(
            int::from_u64(t.ident.get()),
            frame::object_at(n - 1)?.value(),
        )?;
    }
    Ok(d.value())
}

fn set_recursion_limit(_m: Value, v: Value) -> PyResult<Value> {
    let n = protocol::as_isize(v)?;
    if n < 1 {
        return Err(value_error(
            "recursion limit must be greater or equal than 1",
        ));
    }
    let depth = thread::current().stack.depth();
    if depth >= n as usize {
        let text = format!(
            "cannot set the recursion limit to {n} at the recursion depth {depth}: the limit is too low"
        );
        return Err(rivet_vm::exceptions::recursion_error(text));
    }
    runtime::set_recursion_limit(n as usize);
    Ok(Value::NONE)
}

fn intern(_m: Value, v: Value) -> PyResult<Value> {
    match v.cast_exact::<Str>() {
        Some(s) => Ok(s.intern().value()),
        None if v.cast::<Str>().is_some() => Err(type_error(format!(
            "can't intern {}",
            v.type_of().name_string()
        ))),
        None => Err(type_error(format!(
            "intern() argument must be str, not {}",
            v.type_of().name_string()
        ))),
    }
}

fn getsizeof(_m: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (pos, _) = rivet_vm::object::args::split(args, kw);
    let default = pos
        .get(1)
        .copied()
        .or_else(|| rivet_vm::object::args::keyword(args, kw, "default"));
    let Some(&v) = pos.first() else {
        return Err(type_error(
            "getsizeof() missing required argument 'object' (pos 1)",
        ));
    };
    match rivet_vm::object::call::try_special(v, name!("__sizeof__"), &[]) {
        Ok(Some(n)) => match int::to_i64(n) {
            Some(n) if n < 0 => Err(value_error("__sizeof__() should return >= 0")),
            Some(n) => Ok(Value::int(n)),
            None => Err(type_error("an integer is required")),
        },
        Ok(None) => match default {
            Some(d) => Ok(d),
            None => Err(type_error(format!(
                "Type {} doesn't define __sizeof__",
                v.type_of().name_string()
            ))),
        },
        Err(raised) => match default {
            Some(d) => rivet_vm::exceptions::clear_if(raised, exc().type_error).map(|()| d),
            None => Err(raised),
        },
    }
}

fn set_switch_interval(_m: Value, v: Value) -> PyResult<Value> {
    let f = protocol::as_f64(v)?;
    if f <= 0.0 {
        return Err(value_error("switch interval must be strictly positive"));
    }
    SWITCH_INTERVAL.store((f * 1e6) as u64, std::sync::atomic::Ordering::Relaxed);
    Ok(Value::NONE)
}

fn displayhook(_m: Value, v: Value) -> PyResult<Value> {
    if v.is_none() {
        return Ok(Value::NONE);
    }
    let b = runtime::builtins();
    b.set_str("_", Value::NONE)?;
    let sys = rivet_vm::import::import_module("sys")?;
    let out = find_attr(sys, name!("stdout"))?.unwrap_or(Value::NONE);
    if out.is_none() {
        return Err(rivet_vm::exceptions::runtime_error("lost sys.stdout"));
    }
    let r = protocol::repr(v)?.value();
    if let Err(raised) = call_method(out, name!("write"), &[r]) {
        rivet_vm::exceptions::clear_if(raised, exc().unicode_encode_error)?;
        display_escaped(out, r)?;
    }
    call_method(out, name!("write"), &[str::new("\n")?])?;
    b.set_str("_", v)?;
    Ok(Value::NONE)
}

/// Shows a text that the stream's encoding cannot express: what it cannot is escaped.
fn display_escaped(out: Value, text: Value) -> PyResult<Value> {
    let encoding = get_attr(out, name!("encoding"))?;
    let handler = str::new("backslashreplace")?;
    let data = call_method(text, name!("encode"), &[encoding, handler])?;
    if let Some(buffer) = find_attr(out, name!("buffer"))? {
        call_method(out, name!("flush"), &[])?;
        return call_method(buffer, name!("write"), &[data]);
    }
    let text = call_method(data, name!("decode"), &[encoding, str::new("strict")?])?;
    call_method(out, name!("write"), &[text])
}

fn excepthook(_m: Value, args: &[Value]) -> PyResult<Value> {
    rivet_vm::object::args::check_count("excepthook", args, 3, 3)?;
    let shown = SyntaxPlace::adapt(args[1])?;
    let printed = print_exception(args);
    if let Some(place) = shown {
        place.restore(args[1])?;
    }
    printed?;
    Ok(Value::NONE)
}

/// What `traceback.print_exception` does, with suggestions.
fn print_exception(args: &[Value]) -> PyResult<Value> {
    let traceback = rivet_vm::import::import_module("traceback")?;
    if args[1].cast::<Exception>().is_none() {
        return call(get_attr(traceback, name!("print_exception"))?, args);
    }
    let class = get_attr(traceback, name!("TracebackException"))?;
    let names = Tuple::from_slice(&[str::new("compact")?])?;
    let given = [args[1].type_of().value(), args[1], args[2], Value::TRUE];
    let shown = rivet_vm::object::call::call_kw(class, &given, Some(names))?;
    crate::suggestions::annotate(shown, args[1])?;
    call_method(shown, name!("print"), &[])
}

/// Fields of a SyntaxError that are changed while it is shown. CPython's own display differs from the module
/// `traceback` in two ways: it takes tabs off the source line too, and marks subclasses' errors with one caret.
struct SyntaxPlace([Value; 3]);

const PLACE_FIELDS: [&str; 3] = ["text", "offset", "end_offset"];

impl SyntaxPlace {
    fn adapt(e: Value) -> PyResult<Option<SyntaxPlace>> {
        if !e.type_of().is_subtype(exc().syntax_error) {
            return Ok(None);
        }
        let field = |n: &str| find_attr(e, str::intern::intern_str(n));
        let mut saved = [Value::NONE; 3];
        for (slot, name) in saved.iter_mut().zip(PLACE_FIELDS) {
            *slot = field(name)?.unwrap_or(Value::NONE);
        }
        let place = SyntaxPlace(saved);
        let (Some(text), Some(offset)) = (saved[0].cast::<Str>(), int::to_i64(saved[1])) else {
            return Ok(None);
        };
        let text = text.to_string_lossy().into_owned();
        let rest = text.trim_start_matches([' ', '\t', '\x0c']);
        let cut = (text.len() - rest.len()) as i64;
        let subclass = e.type_of() != exc().syntax_error;
        if !text[..cut as usize].contains('\t') && !subclass {
            return Ok(None);
        }
        let shifted = |v: Value| match int::to_i64(v) {
            Some(i) if i > cut => Value::int(i - cut),
            _ => Value::NONE,
        };
        let end = if subclass {
            Value::NONE
        } else {
            shifted(saved[2])
        };
        let new = [str::new(rest)?, shifted(Value::int(offset)), end];
        SyntaxPlace(new).restore(e)?;
        Ok(Some(place))
    }

    fn restore(self, e: Value) -> PyResult<()> {
        for (value, name) in self.0.into_iter().zip(PLACE_FIELDS) {
            rivet_vm::object::attr::set_attr(e, str::intern::intern_str(name), Some(value))?;
        }
        Ok(())
    }
}

fn unraisablehook(_m: Value, u: Value) -> PyResult<Value> {
    let field =
        |n: &str| find_attr(u, str::intern::intern_str(n)).map(|v| v.unwrap_or(Value::NONE));
    let (e, object, msg) = (field("exc_value")?, field("object")?, field("err_msg")?);
    let sys = rivet_vm::import::import_module("sys")?;
    let err = find_attr(sys, name!("stderr"))?.unwrap_or(Value::NONE);
    if err.is_none() {
        return Ok(Value::NONE);
    }
    let lead = match msg.cast::<Str>() {
        Some(m) => m.to_string_lossy().into_owned(),
        None => "Exception ignored in".into(),
    };
    let text = if object.is_none() {
        format!("{lead}:\n")
    } else {
        format!("{lead}: {}\n", protocol::repr_string(object)?)
    };
    call_method(err, name!("write"), &[str::new(&text)?])?;
    excepthook(sys, &[field("exc_type")?, e, field("exc_traceback")?])?;
    Ok(Value::NONE)
}

/// Calls what `$PYTHONBREAKPOINT` names: `module.function`, a builtin, or for "0" nothing.
fn breakpointhook(_m: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let named = match ignores_environment()? {
        true => None,
        false => std::env::var("PYTHONBREAKPOINT").ok(),
    };
    let name = named.filter(|n| !n.is_empty());
    let name = name.as_deref().unwrap_or("pdb.set_trace");
    if name == "0" {
        return Ok(Value::NONE);
    }
    match imported(name)? {
        Some(hook) => rivet_vm::object::call::call_kw(hook, args, kw),
        None => {
            let text = format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{name}\"");
            let category = rivet_vm::exceptions::exc().runtime_warning;
            rivet_vm::builtins::warnings::warn(category, &text, 0)?;
            Ok(Value::NONE)
        }
    }
}

fn ignores_environment() -> PyResult<bool> {
    let sys = rivet_vm::import::import_module("sys")?;
    let flags = get_attr(sys, name!("flags"))?;
    protocol::is_true(get_attr(flags, name!("ignore_environment"))?)
}

/// The attribute `module.name`, or the builtin `name`, if there is one.
fn imported(path: &str) -> PyResult<Option<Value>> {
    let (module, attribute) = match path.rsplit_once('.') {
        Some(("", _)) => return Ok(None),
        Some(parts) => parts,
        None => ("builtins", path),
    };
    match rivet_vm::import::import_module(module) {
        Ok(module) => rivet_vm::object::attr::find_attr(module, str::intern::intern_str(attribute)),
        Err(raised) => {
            rivet_vm::exceptions::clear_if(raised, rivet_vm::exceptions::exc().import_error)?;
            Ok(None)
        }
    }
}

fn set_max_digits(_m: Value, args: &[Option<Value>]) -> PyResult<Value> {
    let n = protocol::as_isize(args[0].unwrap_or(Value::NONE))?;
    if n != 0 && n < 640 {
        return Err(value_error("maxdigits must be 0 or larger than 640"));
    }
    int::text::set_max_str_digits(n as usize)?;
    Ok(Value::NONE)
}

fn set_asyncgen_hooks(_m: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let t = thread::current();
    let (pos, _) = rivet_vm::object::args::split(args, kw);
    for (i, n) in ["firstiter", "finalizer"].iter().enumerate() {
        let given = pos
            .get(i)
            .copied()
            .or_else(|| rivet_vm::object::args::keyword(args, kw, n));
        let Some(f) = given else { continue };
        if !f.is_none() && !rivet_vm::object::call::is_callable(f) {
            let ty = f.type_of().name_string();
            return Err(type_error(format!("callable {n} expected, got {ty}")));
        }
        t.set(&t.asyncgen_hooks[i], f.not_none());
    }
    Ok(Value::NONE)
}

fn get_asyncgen_hooks(m: Value) -> PyResult<Value> {
    let t = thread::current();
    let ty = get_attr(m, name!("_asyncgen_hooks"))?;
    let v = tuple::new(&[
        t.asyncgen_hooks[0].get().unwrap_or(Value::NONE),
        t.asyncgen_hooks[1].get().unwrap_or(Value::NONE),
    ])?;
    call(ty, &[v])
}

fn set_origin_depth(_m: Value, args: &[Option<Value>]) -> PyResult<Value> {
    let n = protocol::as_isize(args[0].unwrap_or(Value::NONE))?;
    if n < 0 {
        return Err(value_error("depth must be >= 0"));
    }
    thread::current().coroutine_origin_depth.set(n as u32);
    Ok(Value::NONE)
}

/// KeyError-free raising of SystemExit from Rust (kept for the command).
pub fn system_exit(code: Value) -> rivet_vm::exceptions::Raised {
    rivet_vm::exceptions::raise_call(exc().system_exit, &[code])
}
