//! `_io`: what `importlib` needs is here (reading a file whole, writing one); the rest is, for now, the standard
//! library's own pure-Python implementation (`_pyio`), run into this module once the import system works. `_pyio`
//! imports constants from `io`, which in turn imports `_io`: a stand-in with those constants is in place meanwhile.

use rivet_vm::exceptions::{PyResult, import_error, os_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::import::import_module;
use rivet_vm::name;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{Type, build, instance, protocol};
use rivet_vm::runtime;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::{bytes, memoryview};
use rivet_vm::value::{Gc, Root, Value};

use crate::sysdep::fs;

/// Names `_pyio` has under another name than `_io`.
const ALIASES: &[(&str, &str)] = &[
    ("_IOBase", "IOBase"),
    ("_RawIOBase", "RawIOBase"),
    ("_BufferedIOBase", "BufferedIOBase"),
    ("_TextIOBase", "TextIOBase"),
];

static CODE_FILE: Root = Root::new();
static OPEN_CODE: &[Method] = &[Method::one(
    "open_code",
    "($module, /, path)",
    open_code,
    "Opens the provided file with the intent to import the contents.",
)];

/// A file opened by `open_code`: read whole.
static CODE_FILE_SPEC: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs("__enter__", Ok, ""),
        Method::fast("__exit__", "", |_, _| Ok(Value::NONE), ""),
        Method::fast("read", "", read_whole, ""),
        Method::noargs("close", |_| Ok(Value::NONE), ""),
    ],
    ..TypeSpec::named("_io.CodeFile")
};

/// A descriptor that `importlib` writes a cache to, before `_pyio` is there.
static RAW_FILE_SPEC: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs("__enter__", Ok, ""),
        Method::fast("__exit__", "", |v, _| close_raw(v), ""),
        Method::one("write", "", write_raw, ""),
        Method::noargs("close", close_raw, ""),
    ],
    slots: |s| {
        s.new = Some(|ty, args, _| {
            let v = instance::allocate(ty, 0)?;
            v.cast::<Native>()
                .expect("a native type")
                .put(0, args.first().copied().unwrap_or(Value::NONE));
            Ok(v)
        });
        s.init = Some(|_, _, _| Ok(()));
    },
    ..TypeSpec::named("_io.FileIO")
};

/// Fills the module for start-up.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(OPEN_CODE)?;
    CODE_FILE.set(build::native_type(&CODE_FILE_SPEC, 1).value());
    m.add("FileIO", build::native_type(&RAW_FILE_SPEC, 1).value())
}

fn open_code(_m: Value, path: Value) -> PyResult<Value> {
    let p = crate::posix::path_bytes(path)?;
    let read = || {
        std::fs::read(std::path::Path::new(
            <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&p),
        ))
    };
    match allow_threads(read) {
        Ok(data) => {
            let ty = CODE_FILE
                .get()
                .and_then(|t| t.cast::<Type>())
                .expect("made by init");
            let f = Native::new(ty)?;
            f.put(0, bytes::new(&data)?);
            Ok(f.value())
        }
        Err(e) => Err(os_error(e.raw_os_error().unwrap_or(0), Some(path), None)),
    }
}

fn read_whole(v: Value, _args: &[Value]) -> PyResult<Value> {
    Ok(v.cast::<Native>()
        .and_then(|n| n.get(0))
        .unwrap_or(Value::NONE))
}

fn descriptor(v: Value) -> PyResult<i32> {
    let fd = v
        .cast::<Native>()
        .and_then(|n| n.get(0))
        .unwrap_or(Value::NONE);
    protocol::as_isize(fd).map(|n| n as i32)
}

fn write_raw(v: Value, data: Value) -> PyResult<Value> {
    let (fd, data) = (descriptor(v)?, memoryview::bytes_like(data)?);
    match fs::write(fd, &data) {
        Ok(n) => Ok(Value::from_usize(n)),
        Err(e) => Err(os_error(e, None, None)),
    }
}

fn close_raw(v: Value) -> PyResult<Value> {
    fs::close(descriptor(v)?)
        .map(|()| Value::NONE)
        .map_err(|e| os_error(e, None, None))
}

/// `io.open_code`: there are no hooks, so it is `open(path, "rb")`.
static OPEN_BINARY: &[Method] = &[Method::one(
    "open_code",
    "($module, /, path)",
    |m, path| {
        let open = get_attr(m, name!("open"))?;
        rivet_vm::object::call::call(open, &[path, str::new("rb")?])
    },
    "Opens the provided file with the intent to import the contents.",
)];

/// `open`, which in `_pyio` is a static method.
static OPEN: &[Method] = &[Method::bound(
    "open",
    "($module, /, file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
    |_, given| {
        let defaults = [
            Value::NONE,
            str::new("r")?,
            Value::int(-1),
            Value::NONE,
            Value::NONE,
            Value::NONE,
            Value::TRUE,
            Value::NONE,
        ];
        let mut args = defaults;
        for (i, slot) in args.iter_mut().enumerate() {
            *slot = given[i].unwrap_or(defaults[i]);
        }
        let open = OPEN_FILE.get().unwrap_or(Value::NONE);
        rivet_vm::object::call::call(open, &args)
    },
    "Open file and return a stream.  Raise OSError upon failure.",
)];
static OPEN_FILE: Root = Root::new();

/// What `_pyio` registers its classes with while the real `io` is not there.
static BASES: &[Method] = &[Method::one("register", "", |_, class| Ok(class), "")];

/// Runs `_pyio` and takes its contents over, once imports work.
pub fn complete() -> PyResult<()> {
    for early in ["os", "abc", "codecs", "errno", "stat"] {
        import_module(early)?;
    }
    let m = import_module("_io")?
        .cast::<Module>()
        .ok_or_else(|| import_error("_io is no module"))?;
    let stand_in = Module::new("io")?;
    for (n, v) in [("SEEK_SET", 0), ("SEEK_CUR", 1), ("SEEK_END", 2)] {
        stand_in.add(n, Value::int(v))?;
    }
    stand_in.add("__all__", rivet_vm::types::list::new(&[])?)?;
    let base = Module::new("io.base")?;
    base.add_functions(BASES)?;
    for (_, theirs) in ALIASES {
        stand_in.add(theirs, base.value())?;
    }
    let modules = runtime::modules();
    modules.set_str("io", stand_in.value())?;
    let pyio = Module::new("_io")?;
    let r = run(pyio);
    modules.remove(str::new("io")?)?;
    r?;
    keep_native_for_import(m, pyio)?;
    let (mut i, d) = (0, pyio.dict());
    while let Some((k, v)) = d.next_entry(&mut i) {
        let standard = k
            .cast::<Str>()
            .is_some_and(|s| s.to_string_lossy().starts_with("__"));
        if !standard {
            m.dict().set_item(k, v)?;
        }
    }
    OPEN_FILE.set(d.get_str("open").unwrap_or(Value::NONE));
    m.add_functions(OPEN)?;
    m.add_functions(OPEN_BINARY)?;
    for (ours, theirs) in ALIASES {
        let v = d
            .get_str(theirs)
            .ok_or_else(|| import_error(format!("_pyio has no {theirs}")))?;
        m.add(ours, v)?;
    }
    Ok(())
}

/// `importlib` goes on reading and writing files by the native functions.
fn keep_native_for_import(m: Gc<Module>, pyio: Gc<Module>) -> PyResult<()> {
    let Some(external) = rivet_vm::import::external_module() else {
        return Ok(());
    };
    let io = Module::new("_io")?;
    for (from, names) in [
        (m, ["open_code", "FileIO"]),
        (pyio, ["BytesIO", "IncrementalNewlineDecoder"]),
    ] {
        for n in names {
            if let Some(v) = from.dict().get_str(n) {
                io.add(n, v)?;
            }
        }
    }
    rivet_vm::object::attr::set_attr(external, name!("_io"), Some(io.value()))
}

fn run(m: Gc<Module>) -> PyResult<()> {
    let sys = import_module("sys")?;
    let lib = protocol::str(get_attr(sys, name!("_stdlib_dir"))?)?
        .to_string_lossy()
        .into_owned();
    let path = std::path::Path::new(&lib).join("_pyio.py");
    m.dict()
        .set_interned(name!("__builtins__"), runtime::builtins().value())?;
    rivet_vm::import::start::run_file("_pyio", &path, m.dict())
}
