//! Running a program: start-up in order, the program, reporting, shut-down.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use rivet_modules::io::{Config as StreamConfig, Standard, standard_stream};
use rivet_modules::sys::Settings;
use rivet_vm::exceptions::{Exception, PyResult, Raised, exc, restore, take};
use rivet_vm::name;
use rivet_vm::object::attr::{find_attr, get_attr, set_attr};
use rivet_vm::object::call::{call, call_method};
use rivet_vm::object::protocol;
use rivet_vm::runtime;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::native::{Mode, set_mode};
use rivet_vm::types::{int, str};
use rivet_vm::value::{Gc, Value};

use crate::options::{Options, Program, VERSION};
use crate::{locale, paths, typed};

/// Runs the command line's program; gives the exit code.
pub fn main(o: &Options) -> ExitCode {
    rivet_modules::prepare_process();
    let home = o.env("RIVET_HOME").or_else(|| o.env("PYTHONHOME"));
    let library = match paths::find(home) {
        Ok(l) => l,
        Err(message) => {
            eprintln!("rivet: {message}");
            return ExitCode::from(1);
        }
    };
    let config = match runtime_config(o) {
        Ok(c) => c,
        Err(message) => {
            eprintln!("rivet: {message}");
            return ExitCode::from(2);
        }
    };
    if let Err(message) = typed_mode(o) {
        eprintln!("rivet: {message}");
        return ExitCode::from(2);
    }
    let jit = match jit_options(o) {
        Ok(j) => j,
        Err(message) => {
            eprintln!("rivet: {message}");
            return ExitCode::from(2);
        }
    };
    let digits = match int_digits(o) {
        Ok(d) => d,
        Err(message) => {
            eprintln!("{message}\nPython runtime state: preinitialized\n");
            return ExitCode::from(1);
        }
    };
    if let Err(message) = checks(o) {
        eprintln!("rivet: {message}");
        return ExitCode::from(2);
    }
    if let Err(message) = locale::check(o) {
        eprintln!("{message}");
        return ExitCode::from(1);
    }
    locale::init(o);
    runtime::init(&config);
    if let Err(message) = rivet_jit::install(jit) {
        eprintln!("rivet: no compiler for this machine: {message}");
    }
    rivet_capi::install();
    rivet_vm::signals::set_main_thread();
    rivet_modules::register_all();
    let mut settings = settings(o, &library);
    settings
        .flags
        .push(("int_max_str_digits", digits.map_or(-1, |n| n as i64)));
    rivet_modules::sys::configure(settings);
    if let Some(n) = digits {
        // Checked when it was read.
        let _ = rivet_vm::types::int::text::set_max_str_digits(n);
    }
    rivet_modules::io::configure(StreamConfig {
        dev_mode: o.dev_mode(),
        utf8_mode: locale::utf8_mode(o),
        warn_default_encoding: warns_default_encoding(o),
    });
    let code = match start(o, &library.lib)
        .and_then(|()| site_and_streams(o))
        .and_then(|()| program(o))
    {
        Ok(()) => 0,
        Err(raised) => exit_status(raised),
    };
    let code = inspect(o, code);
    let code = shut_down(code);
    rivet_jit::print_stats();
    rivet_capi::finish();
    if code == INTERRUPTED_STATUS && INTERRUPTED.with(std::cell::Cell::get) {
        rivet_modules::signal::end_by_interrupt();
    }
    // The process ends here: destructors of the heap's contents would only take time.
    std::process::exit(code)
}

/// `-X capi=`
fn checks(o: &Options) -> Result<(), String> {
    match o.xopt("capi") {
        None | Some("" | "off") => {}
        Some("check") => rivet_capi::check::enable(),
        Some(v) => return Err(format!("unknown option -X capi={v} (off, check)")),
    }
    Ok(())
}

/// `-X typed=`
fn typed_mode(o: &Options) -> Result<(), String> {
    let mode = match o.xopt("typed") {
        None | Some("" | "on") => Mode::On,
        Some("off") => Mode::Off,
        Some("check") => Mode::Check,
        Some(v) => return Err(format!("unknown option -X typed={v} (off, on, check)")),
    };
    set_mode(mode);
    if mode == Mode::Check {
        rivet_capi::check::watch();
    }
    Ok(())
}

fn jit_options(o: &Options) -> Result<rivet_jit::Options, String> {
    let mut j = rivet_jit::Options::default();
    for v in o.xopts("jit") {
        j.set(v)?;
    }
    Ok(j)
}

fn runtime_config(o: &Options) -> Result<runtime::Config, String> {
    let mut c = runtime::Config::default();
    for v in o.xopts("gc") {
        match v.split_once(':') {
            Some(("stress", n)) => {
                c.gc_stress = Some(n.parse().map_err(|_| format!("bad value in -X gc={v}"))?)
            }
            Some(("nursery", n)) => {
                c.nursery = Some(n.parse().map_err(|_| format!("bad value in -X gc={v}"))?)
            }
            None if v == "verify" => c.verify = true,
            _ => {
                return Err(format!(
                    "unknown option -X gc={v} (stress:N, nursery:BYTES, verify)"
                ));
            }
        }
    }
    let seed = o.env("PYTHONHASHSEED").filter(|_| !o.hash_randomization);
    c.hash_seed = match seed.as_deref() {
        None | Some("random") => None,
        Some(n) => Some(n.parse().map_err(|_| {
            "Fatal Python error: PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]".to_owned()
        })?),
    };
    Ok(c)
}

/// The limit on digits of `int` and `str` conversions: `-X int_max_str_digits=` or `PYTHONINTMAXSTRDIGITS`.
fn int_digits(o: &Options) -> Result<Option<usize>, String> {
    let checked = |origin: &str, text: &str| match text.parse::<usize>() {
        Ok(n) if n == 0 || n >= rivet_vm::types::int::text::THRESHOLD => Ok(Some(n)),
        _ => Err(format!(
            "Fatal Python error: config_init_int_max_str_digits: {origin}: invalid limit; must be >= {} or 0 for unlimited.",
            rivet_vm::types::int::text::THRESHOLD
        )),
    };
    match (o.xopt("int_max_str_digits"), o.env("PYTHONINTMAXSTRDIGITS")) {
        (Some(v), _) => checked("-X int_max_str_digits", v),
        (None, Some(v)) => checked("PYTHONINTMAXSTRDIGITS", &v),
        (None, None) => Ok(None),
    }
}

fn warns_default_encoding(o: &Options) -> bool {
    o.xopt("warn_default_encoding").is_some()
        || o.env("PYTHONWARNDEFAULTENCODING")
            .is_some_and(|v| !v.is_empty())
}

fn settings(o: &Options, library: &paths::Library) -> Settings {
    let exe = paths::executable();
    let lib = library.lib.to_string_lossy().into_owned();
    let zip = format!("{}/lib/python311.zip", library.prefix.display());
    let mut path: Vec<String> = o
        .env("PYTHONPATH")
        .map_or_else(Vec::new, |p| p.split(':').map(str::to_owned).collect());
    path.extend([zip, lib.clone(), format!("{lib}/lib-dynload")]);
    let mut warnoptions = o.warnings.clone();
    if o.bytes_warning > 0 {
        warnoptions.push(
            if o.bytes_warning > 1 {
                "error::BytesWarning"
            } else {
                "default::BytesWarning"
            }
            .into(),
        );
    }
    let dev = o.dev_mode();
    if dev {
        warnoptions.insert(0, "default".into());
    }
    fn b(v: impl Into<i64>) -> i64 {
        v.into()
    }
    let flags = vec![
        ("debug", b(o.debug)),
        ("inspect", b(o.inspect)),
        ("interactive", b(o.interactive)),
        ("optimize", b(o.optimize)),
        ("dont_write_bytecode", b(o.dont_write_bytecode)),
        ("no_user_site", b(o.no_user_site)),
        ("no_site", b(o.no_site)),
        ("ignore_environment", b(o.ignore_environment)),
        ("verbose", b(o.verbose)),
        ("bytes_warning", b(o.bytes_warning)),
        ("quiet", b(o.quiet)),
        (
            "hash_randomization",
            b(o.hash_randomization || o.env("PYTHONHASHSEED").as_deref() != Some("0")),
        ),
        ("isolated", b(o.isolated)),
        ("dev_mode", b(dev)),
        ("utf8_mode", locale::utf8_mode(o).into()),
        ("warn_default_encoding", warns_default_encoding(o).into()),
        ("safe_path", b(o.safe_path)),
    ];
    Settings {
        argv: o.argv(),
        orig_argv: o.raw_argv.clone(),
        path,
        prefix: library.prefix.to_string_lossy().into_owned(),
        base_executable: paths::base_executable(&exe).to_string_lossy().into_owned(),
        executable: exe.to_string_lossy().into_owned(),
        warnoptions,
        xoptions: o.x.clone(),
        flags,
        dont_write_bytecode: o.dont_write_bytecode,
        pycache_prefix: match o.xopt("pycache_prefix") {
            Some(given) => Some(given.to_owned()).filter(|p| !p.is_empty()),
            None => o
                .env("PYTHONPYCACHEPREFIX")
                .or_else(|| rivet_modules::bytecode_home::find(&library.lib)),
        },
    }
}

/// Builtins, sys and the import system.
fn start(o: &Options, lib: &Path) -> PyResult<()> {
    rivet_vm::builtins::install()?;
    let sys = rivet_vm::import::import_module("sys")?;
    if o.verbose > 0 {
        // The import system tells what it does before the streams are there.
        rivet_vm::import::import_module("_io")?;
        let stderr = standard_stream(&Standard {
            fd: 2,
            name: "stderr",
            write: true,
            unbuffered: o.unbuffered,
            encoding: "utf-8",
            errors: "backslashreplace",
        })?;
        set_attr(sys, name!("stderr"), Some(stderr))?;
    }
    rivet_vm::import::start::install(lib)?;
    // Streams in UTF-8 do without it, but programs may expect to find it loaded.
    rivet_vm::import::import_module("encodings")?;
    rivet_vm::import::import_module("encodings.utf_8").map(|_| ())
}

/// Standard streams, signal handlers, `site`.
fn site_and_streams(o: &Options) -> PyResult<()> {
    let sys = rivet_vm::import::import_module("sys")?;
    let main = Module::new("__main__")?;
    let builtins = rivet_vm::import::import_module("builtins")?;
    main.add("__builtins__", builtins)?;
    runtime::modules().set_str("__main__", main.value())?;
    let io = rivet_vm::import::import_module("io")?;
    set_attr(builtins, name!("open"), Some(get_attr(io, name!("open"))?))?;
    standard_streams(o, sys)?;
    if rivet_vm::import::builtin::exists("_signal") {
        rivet_vm::import::import_module("_signal")?;
    }
    if !o.no_site {
        rivet_vm::import::import_module("site")?;
    }
    if !o.warnings.is_empty() {
        rivet_vm::import::import_module("warnings")?;
    }
    Ok(())
}

/// `sys.stdin` and its kin.
fn standard_streams(o: &Options, sys: Value) -> PyResult<()> {
    let given = o.env("PYTHONIOENCODING").unwrap_or_default();
    let (encoding, errors) = given.split_once(':').unwrap_or((given.as_str(), ""));
    let default_errors = if !encoding.is_empty() || !locale::passes_bytes(locale::utf8_mode(o)) {
        "strict"
    } else {
        "surrogateescape"
    };
    if !encoding.is_empty()
        && let Err(raised) = rivet_vm::types::str::registry::lookup(encoding)
    {
        no_such_encoding(raised);
    }
    for (fd, name) in [(0, "stdin"), (1, "stdout"), (2, "stderr")] {
        let f = standard_stream(&Standard {
            fd,
            name,
            write: fd != 0,
            unbuffered: o.unbuffered,
            encoding: if encoding.is_empty() {
                "utf-8"
            } else {
                encoding
            },
            errors: match (name, errors) {
                ("stderr", _) => "backslashreplace",
                (_, "") => default_errors,
                (_, e) => e,
            },
        })?;
        set_attr(sys, str::intern::intern_str(name), Some(f))?;
        set_attr(
            sys,
            str::intern::intern_str(&format!("__{name}__")),
            Some(f),
        )?;
    }
    Ok(())
}

/// There are no streams that could tell: the process ends.
fn no_such_encoding(raised: Raised) -> ! {
    let e = take(raised);
    let text =
        protocol::str(e).map_or_else(|_| String::new(), |s| s.to_string_lossy().into_owned());
    eprintln!(
        "Fatal Python error: init_stdio_encoding: failed to get the Python codec name of the stdio encoding\n\
         Python runtime state: core initialized\n{}: {text}\n\n\
         Current thread 0x{:016x} (most recent call first):\n  <no Python frame>",
        e.type_of().name_string(),
        rivet_vm::thread::native_ident(),
    );
    std::process::exit(1)
}

fn main_module() -> Value {
    runtime::modules()
        .get_str("__main__")
        .unwrap_or(Value::NONE)
}

fn prepend_path(entry: &str) -> PyResult<()> {
    let sys = rivet_vm::import::import_module("sys")?;
    let path = get_attr(sys, name!("path"))?;
    call_method(path, name!("insert"), &[Value::int(0), str::new(entry)?]).map(|_| ())
}

fn program(o: &Options) -> PyResult<()> {
    match &o.program {
        Program::Command(text) => {
            if !o.safe_path {
                prepend_path("")?;
            }
            exec_source(str::new(text)?, "<string>")
        }
        Program::Module(name) => {
            if !o.safe_path {
                let cwd = std::env::current_dir().unwrap_or_default();
                prepend_path(&cwd.to_string_lossy())?;
            }
            let runpy = rivet_vm::import::import_module("runpy")?;
            call(
                get_attr(runpy, name!("_run_module_as_main"))?,
                &[str::new(name)?],
            )
            .map(|_| ())
        }
        Program::Script(path) => script(o, path),
        Program::Typed(request) => match typed::run(request)? {
            0 => Ok(()),
            code => Err(system_exit(code)),
        },
        Program::Stdin => stdin(o),
    }
}

fn namespace() -> PyResult<Gc<Dict>> {
    let d = get_attr(main_module(), name!("__dict__"))?;
    Ok(d.cast::<Dict>().expect("a module's namespace"))
}

/// Compiles source (str or bytes) and runs it in `__main__`.
fn exec_source(source: Value, filename: &str) -> PyResult<()> {
    let b = runtime::builtins();
    let (compile, exec) = (b.get_str("compile"), b.get_str("exec"));
    let args = [
        source,
        str::new(filename)?,
        str::new("exec")?,
        Value::int(0),
        Value::TRUE,
    ];
    let code = call(compile.unwrap_or(Value::NONE), &args)?;
    call(exec.unwrap_or(Value::NONE), &[code, namespace()?.value()]).map(|_| ())
}

fn script(o: &Options, path: &str) -> PyResult<()> {
    let p = Path::new(path);
    if p.is_dir() || is_zip(p) {
        prepend_path(path)?;
        let runpy = rivet_vm::import::import_module("runpy")?;
        if p.is_dir() && !p.join("__main__.py").is_file() && !p.join("__main__.pyc").is_file() {
            let exe = o.orig_argv.first().cloned().unwrap_or_default();
            eprintln!(
                "{exe}: can't find '__main__' module in {}",
                protocol::repr_string(str::new(&absolute(path))?)?
            );
            return Err(system_exit(1));
        }
        let f = get_attr(runpy, name!("_run_module_as_main"))?;
        return call(f, &[str::new("__main__")?, Value::FALSE]).map(|_| ());
    }
    let source = match std::fs::read(p) {
        Ok(s) => s,
        Err(e) => {
            let exe = o.orig_argv.first().cloned().unwrap_or_default();
            let text = e.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let errno = e.raw_os_error().unwrap_or(0);
            eprintln!(
                "{exe}: can't open file {}: [Errno {errno}] {text}",
                protocol::repr_string(str::new(&absolute(path))?)?
            );
            return Err(system_exit(2));
        }
    };
    if !o.safe_path {
        let real = p.canonicalize().unwrap_or_else(|_| p.to_owned());
        let dir = real
            .parent()
            .map(|d| d.to_string_lossy().into_owned())
            .unwrap_or_default();
        prepend_path(&dir)?;
    }
    let ns = namespace()?;
    let full = absolute(path);
    ns.set_str("__file__", str::new(&full)?)?;
    ns.set_str("__cached__", Value::NONE)?;
    set_loader(ns, &full)?;
    let text = rivet_vm::builtins::compile::decode_script(&source, &full)?;
    exec_source(str::new(&text)?, &full)
}

fn set_loader(ns: Gc<Dict>, file: &str) -> PyResult<()> {
    if let Some(external) = rivet_vm::import::external_module() {
        let class = get_attr(external, name!("SourceFileLoader"))?;
        let loader = call(class, &[str::new("__main__")?, str::new(file)?])?;
        ns.set_str("__loader__", loader)?;
    }
    Ok(())
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    std::env::current_dir().map_or_else(
        |_| path.to_owned(),
        |d| d.join(path).to_string_lossy().into_owned(),
    )
}

fn is_zip(p: &Path) -> bool {
    use std::io::Read;
    let mut head = [0u8; 4];
    std::fs::File::open(p)
        .and_then(|mut f| f.read_exact(&mut head))
        .is_ok()
        && &head == b"PK\x03\x04"
}

fn stdin(o: &Options) -> PyResult<()> {
    if !o.safe_path {
        prepend_path("")?;
    }
    if std::io::stdin().is_terminal() || o.interactive {
        if !o.quiet {
            eprintln!(
                "{VERSION} on linux\nType \"help\", \"copyright\", \"credits\" or \"license\" for more information."
            );
        }
        startup_file(o)?;
        return crate::repl::run(main_module());
    }
    let sys = rivet_vm::import::import_module("sys")?;
    let stdin = get_attr(sys, name!("stdin"))?;
    let buffer = get_attr(stdin, name!("buffer"))?;
    let source = call_method(buffer, name!("read"), &[])?;
    exec_source(source, "<stdin>")
}

fn startup_file(o: &Options) -> PyResult<()> {
    let Some(path) = o.env("PYTHONSTARTUP") else {
        return Ok(());
    };
    match std::fs::read(&path) {
        Ok(source) => exec_source(rivet_vm::types::bytes::new(&source)?, &path),
        Err(_) => {
            eprintln!("Could not open PYTHONSTARTUP");
            Ok(())
        }
    }
}

fn system_exit(code: i64) -> Raised {
    rivet_modules::sys::system_exit(Value::int(code))
}

/// `-i`: the prompt after the program.
fn inspect(o: &Options, code: i32) -> i32 {
    if !o.inspect || o.program == Program::Stdin {
        return code;
    }
    match crate::repl::run(main_module()) {
        Ok(()) => 0,
        Err(raised) => exit_status(raised),
    }
}

/// The exit code of an exception that ended the program, which is reported unless it is SystemExit.
fn exit_status(raised: Raised) -> i32 {
    match report(raised) {
        None => {
            if INTERRUPTED.with(std::cell::Cell::get) {
                INTERRUPTED_STATUS
            } else {
                1
            }
        }
        Some(e) => status_of(e),
    }
}

/// The exit code of a program that KeyboardInterrupt has ended, should the signal itself not end the process.
const INTERRUPTED_STATUS: i32 = 130;

thread_local! {
    static INTERRUPTED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

fn status_of(e: Value) -> i32 {
    let code = e
        .cast::<Exception>()
        .and_then(|x| x.field(0).get())
        .unwrap_or(Value::NONE);
    if code.is_none() {
        return 0;
    }
    if int::is_int(code) {
        return int::to_i64(code).map_or(-1, |n| n as i32);
    }
    flush("stdout");
    if print_to_stderr(code).is_err() {
        rivet_vm::thread::current().take_pending();
    }
    1
}

fn print_to_stderr(v: Value) -> PyResult<()> {
    let sys = rivet_vm::import::import_module("sys")?;
    let err = get_attr(sys, name!("stderr"))?;
    call_method(err, name!("write"), &[protocol::str(v)?.value()])?;
    call_method(err, name!("write"), &[str::new("\n")?]).map(|_| ())
}

/// Reports an exception through `sys.excepthook`; SystemExit is given back instead.
pub fn report(raised: Raised) -> Option<Value> {
    let e = take(raised);
    if e.type_of().is_subtype(exc().system_exit) {
        return Some(e);
    }
    INTERRUPTED.with(|i| i.set(e.type_of().is_subtype(exc().keyboard_interrupt)));
    flush("stdout");
    let shown = show(e);
    if let Err(raised) = shown {
        let second = take(raised);
        if second.type_of().is_subtype(exc().system_exit) {
            return Some(second);
        }
        // The hook itself failed: say what can be said without it.
        let text = |v: Value| {
            protocol::str(v).map_or_else(|_| "?".to_owned(), |s| s.to_string_lossy().into_owned())
        };
        eprintln!("Error in sys.excepthook:");
        print_plain(second);
        eprintln!("{}: {}", second.type_of().name_string(), text(second));
        eprintln!("\nOriginal exception was:");
        print_plain(e);
        eprintln!("{}: {}", e.type_of().name_string(), text(e));
        rivet_vm::thread::current().take_pending();
    }
    None
}

/// The frames of an exception, without the help of any Python code.
fn print_plain(e: Value) {
    use rivet_vm::exceptions::traceback::Traceback;
    let mut at = e
        .cast::<Exception>()
        .and_then(|x| x.traceback.get_as::<Traceback>());
    if at.is_some() {
        eprintln!("Traceback (most recent call last):");
    }
    while let Some(t) = at {
        if let Some(f) = t.frame.get_as::<rivet_vm::types::frame::FrameObject>() {
            let text = |s: &rivet_vm::value::Slot| {
                s.get_as::<str::Str>()
                    .map_or_else(String::new, |s| s.to_string_lossy().into_owned())
            };
            let code = f.code();
            eprintln!(
                "  File \"{}\", line {}, in {}",
                text(&code.filename),
                t.line(),
                text(&code.name)
            );
        }
        at = t.next.get_as::<Traceback>();
    }
}

fn show(e: Value) -> PyResult<()> {
    let sys = rivet_vm::import::import_module("sys")?;
    let tb = e
        .cast::<Exception>()
        .and_then(|x| x.traceback.get())
        .unwrap_or(Value::NONE);
    for (n, v) in [
        ("last_type", e.type_of().value()),
        ("last_value", e),
        ("last_traceback", tb),
    ] {
        set_attr(sys, str::intern::intern_str(n), Some(v))?;
    }
    match find_attr(sys, name!("excepthook"))? {
        Some(hook) => call(hook, &[e.type_of().value(), e, tb]).map(|_| ()),
        None => Err(restore(e)),
    }
}

fn flush(name: &str) -> bool {
    let go = || -> PyResult<()> {
        let sys = rivet_vm::import::import_module("sys")?;
        if let Some(f) = find_attr(sys, str::intern::intern_str(name))?.filter(|f| !f.is_none()) {
            call_method(f, name!("flush"), &[])?;
        }
        Ok(())
    };
    match go() {
        Ok(()) => true,
        Err(raised) => {
            take(raised);
            false
        }
    }
}

/// Waits for threads, runs `atexit` functions, flushes the standard streams and closes all others.
fn shut_down(code: i32) -> i32 {
    if let Some(threading) = runtime::modules().get_str("threading")
        && let Err(raised) = call_method(threading, name!("_shutdown"), &[])
    {
        rivet_vm::finalize::unraisable(raised, threading);
    }
    if let Err(raised) = rivet_modules::atexit::run() {
        rivet_vm::finalize::unraisable(raised, Value::NONE);
    }
    let out = last_flush("stdout", true);
    let err = last_flush("stderr", false);
    rivet_vm::finalize::at_exit(rivet_modules::io::is_stream);
    rivet_modules::io::finish();
    flush("stdout");
    flush("stderr");
    if out && err { code } else { 120 }
}

/// Flushes a standard stream that is not closed. False, reported if `tell`, if that fails.
fn last_flush(name: &str, tell: bool) -> bool {
    let sys = runtime::modules().get_str("sys").unwrap_or(Value::NONE);
    let f = match find_attr(sys, str::intern::intern_str(name)) {
        Ok(Some(f)) if !f.is_none() => f,
        Ok(_) => return true,
        Err(raised) => {
            take(raised);
            return true;
        }
    };
    if is_closed(f) {
        return true;
    }
    match call_method(f, name!("flush"), &[]) {
        Ok(_) => true,
        Err(raised) if tell => {
            rivet_vm::finalize::unraisable(raised, f);
            false
        }
        Err(raised) => {
            take(raised);
            false
        }
    }
}

fn is_closed(f: Value) -> bool {
    let closed = find_attr(f, name!("closed")).and_then(|c| c.map_or(Ok(false), protocol::is_true));
    closed.unwrap_or_else(|raised| {
        take(raised);
        false
    })
}
