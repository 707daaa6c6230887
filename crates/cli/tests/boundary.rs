//! The C boundary: modules compiled with the stock headers answer alike on CPython and here, plain and under GC stress;
//! what cannot be loaded says why; crossings leave no memory behind and touch none that is not theirs.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::{RIVET, answer, compare, cpython};

fn sources() -> PathBuf {
    xtask::root().join("crates/cli/tests/boundary")
}

/// The folder of the built modules; once per test run.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("boundary");
        std::fs::create_dir_all(&out).expect("a folder for the modules");
        let include = include(&out);
        for name in ["shapes", "careless", "simple"] {
            let file = out.join(format!("{name}.so"));
            compile(&format!("{name}.c"), &file, &include, 0);
        }
        for whole in 0..=5 {
            let folder = out.join(format!("wrong{whole}"));
            std::fs::create_dir_all(&folder).expect("a folder for a module");
            compile("wrong.c", &folder.join("wrong.so"), &include, whole);
        }
        let cut = out.join("cut");
        std::fs::create_dir_all(&cut).expect("a folder for a module");
        let whole = std::fs::read(out.join("shapes.so")).expect("the module was built");
        std::fs::write(cut.join("shapes.so"), &whole[..3000]).expect("room for a file");
        out
    })
}

/// Where the stock headers are.
fn include(folder: &Path) -> String {
    let program = "import sysconfig; print(sysconfig.get_path('include'))";
    let text = answer(&cpython(), &["-c", program], folder);
    text.lines().next().unwrap_or_default().to_owned()
}

fn compile(source: &str, out: &Path, include: &str, whole: usize) {
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-O1", "-g", "-w", "-fPIC", "-shared"])
        .arg(format!("-DWHOLE={whole}"))
        .args(["-I", include])
        .arg(sources().join(source))
        .arg("-o")
        .arg(out);
    let done = cc.output().expect("cc starts");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// What a program prints here, with the modules of `folder` in reach.
fn here(folder: &Path, flags: &[&str], program: &str) -> String {
    let text = format!(
        "import sys; sys.path.insert(0, {:?})\n{program}",
        folder.display().to_string()
    );
    let mut args = flags.to_vec();
    args.extend(["-c", &text]);
    answer(Path::new(RIVET), &args, folder)
}

fn there(folder: &Path, program: &str) -> String {
    on(&cpython(), folder, program)
}

/// What a program prints on a CPython.
fn on(python: &Path, folder: &Path, program: &str) -> String {
    let text = format!(
        "import sys; sys.path.insert(0, {:?})\n{program}",
        folder.display().to_string()
    );
    answer(python, &["-c", &text], folder)
}

/// Runs a program of the tests' folder on both runtimes, with these flags here.
fn alike(python: &Path, folder: &Path, program: &str, flags: &[&[&str]]) {
    let expected = on(python, folder, program);
    for flags in flags {
        let mut got = here(folder, flags, program);
        if *flags == CHECK {
            // What libraries keep for good is no difference.
            let lines = got
                .lines()
                .filter(|l| !l.ends_with("are held by nobody at exit"));
            got = lines.map(|l| format!("{l}\n")).collect();
        }
        if let Err(diff) = compare(&expected, &got) {
            panic!("{flags:?}\n{diff}");
        }
    }
}

const PLAIN: &[&str] = &[];
const STRESS: &[&str] = &["-X", "gc=stress:200"];
const EAGER: &[&str] = &["-X", "jit=eager"];
const CHECK: &[&str] = &["-X", "capi=check"];

fn source(name: &str) -> String {
    std::fs::read_to_string(sources().join(name)).expect("the program is there")
}

#[test]
fn simple_answers_alike() {
    let program = source("use_simple.py");
    alike(
        &cpython(),
        built(),
        &program,
        &[PLAIN, STRESS, EAGER, CHECK],
    );
    // The original, for those who have it: its source is not ours.
    let Some(folder) = std::env::var_os("RIVET_CPYEXT_BENCHMARKS") else {
        println!(
            "RIVET_CPYEXT_BENCHMARKS names no folder with cpyext-benchmarks' simple.c: its part is skipped"
        );
        return;
    };
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cpyext-benchmarks");
    std::fs::create_dir_all(&out).expect("a folder for the module");
    let file = PathBuf::from(folder).join("simple.c");
    compile(
        file.to_str().expect("a path in UTF-8"),
        &out.join("simple.so"),
        &include(&out),
        0,
    );
    alike(&cpython(), &out, &program, &[PLAIN, STRESS, EAGER, CHECK]);
}

/// A CPython 3.11 whose extension modules are files, and the folder of those.
fn with_dynload() -> Option<(PathBuf, String)> {
    let home = std::env::var("HOME").unwrap_or_default();
    let mut candidates = vec![PathBuf::from("python3.11"), cpython()];
    let versions = std::fs::read_dir(Path::new(&home).join(".pyenv/versions"));
    for entry in versions.into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("3.11.") {
            candidates.push(entry.path().join("bin/python3.11"));
        }
    }
    candidates.into_iter().find_map(|python| {
        let program = "import sysconfig; print(sysconfig.get_config_var('DESTSHARED'))";
        let done = Command::new(&python).args(["-c", program]).output().ok()?;
        let folder = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        let probe = format!("{folder}/_bisect.cpython-311-x86_64-linux-gnu.so");
        Path::new(&probe).exists().then_some((python, folder))
    })
}

#[test]
fn modules_of_cpython_answer_alike() {
    let Some((python, folder)) = with_dynload() else {
        println!("no CPython 3.11 whose extension modules are files: skipped");
        return;
    };
    let modules = [
        "_bisect",
        "_heapq",
        "_random",
        "_struct",
        "binascii",
        "zlib",
        "_csv",
        "_statistics",
        "_opcode",
        "_sha256",
        "array",
        "math",
    ];
    let program = source("use_dynload.py");
    for name in modules {
        let program = format!("DYNLOAD = {folder:?}\nMODULES = [{name:?}]\n{program}");
        alike(&python, built(), &program, &[PLAIN, STRESS, EAGER, CHECK]);
    }
}

/// Wheels for CPython 3.11, unpacked; None, with a message, if they cannot be had.
fn wheels(names: &[&str]) -> Option<PathBuf> {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("wheels");
    let site = out.join("site");
    if site.is_dir() {
        return Some(site);
    }
    std::fs::create_dir_all(&out).expect("a folder for the wheels");
    let mut pip = Command::new("python3.11");
    pip.args([
        "-m",
        "pip",
        "download",
        "-q",
        "--disable-pip-version-check",
        "--retries",
        "1",
        "--timeout",
        "10",
    ])
    .args([
        "--no-deps",
        "--only-binary=:all:",
        "--python-version",
        "3.11",
        "--implementation",
        "cp",
    ])
    .arg("-d")
    .arg(&out)
    .args(names);
    let done = pip.output().ok()?;
    if !done.status.success() {
        println!(
            "pip cannot get {names:?}: skipped\n{}",
            String::from_utf8_lossy(&done.stderr)
        );
        return None;
    }
    let unpack =
        "import glob, zipfile\nfor f in glob.glob('*.whl'): zipfile.ZipFile(f).extractall('site')";
    answer(&cpython(), &["-c", unpack], &out);
    site.is_dir().then_some(site)
}

#[test]
fn wheels_answer_alike() {
    if let Some(site) = wheels(&["markupsafe==2.1.5", "ujson==5.10.0"]) {
        let program = source("use_wheels.py");
        alike(&cpython(), &site, &program, &[PLAIN, STRESS, EAGER, CHECK]);
    }
}

#[test]
fn shapes_answer_alike() {
    let program = source("use_shapes.py");
    let expected = there(built(), &program);
    for flags in [
        &[][..],
        &["-X", "gc=stress:100"],
        &["-X", "jit=off"],
        &["-X", "capi=check"],
    ] {
        if let Err(diff) = compare(&expected, &here(built(), flags, &program)) {
            panic!("{flags:?}\n{diff}");
        }
    }
}

#[test]
fn what_cannot_be_loaded_says_why() {
    let program = "try:\n    import wrong\nexcept BaseException as e:\n    print(type(e).__name__, str(e).split(': ')[-1], type(e.__cause__).__name__)";
    for whole in [0, 1, 2, 4, 5] {
        let folder = built().join(format!("wrong{whole}"));
        if let Err(diff) = compare(&there(&folder, program), &here(&folder, &[], program)) {
            panic!("wrong{whole}\n{diff}");
        }
    }
    let missing = here(&built().join("wrong3"), &[], "import wrong");
    assert!(missing.contains("PyRivet_DoesNotExist"), "{missing}");
    let cut = "try:\n    import shapes\nexcept ImportError as e:\n    print('ImportError')";
    assert_eq!(
        there(&built().join("cut"), cut),
        here(&built().join("cut"), &[], cut)
    );
}

/// What `-X capi=check` says of a careless function.
const CARELESS: &[(&str, &str)] = &[
    (
        "drop_argument('a' * 9)",
        "drop_argument(): gave up a reference to argument 1 ('str' object) that it did not own",
    ),
    (
        "drop_argument([1])",
        "drop_argument(): gave up a reference to argument 1 ('list' object) that it did not own",
    ),
    (
        "drop_argument(123.25)",
        "drop_argument(): gave up a reference to argument 1 that it did not own",
    ),
    (
        "return_borrowed(10 ** 20)",
        "return_borrowed(): gave up a reference to argument 1 ('int' object) that it did not own, or returned it without taking one",
    ),
    (
        "return_borrowed_vararg({})",
        "return_borrowed_vararg(): gave up a reference to argument 1 ('dict' object)",
    ),
    (
        "return_borrowed_fast(1, 2, (3,))",
        "return_borrowed_fast(): gave up a reference to argument 3 ('tuple' object)",
    ),
    (
        "return_freed()",
        "return_freed(): returned a freed object (a block of 48 bytes allocated in careless.return_freed(), freed in careless.return_freed()) as its result",
    ),
    (
        "use_freed()",
        "use_freed(): PyList_Size was given a freed object",
    ),
    (
        "keep_borrowed(99.5), careless.use_kept()",
        "use_kept(): PyObject_Repr was given a freed object (a block of 48 bytes allocated in careless.keep_borrowed()",
    ),
    (
        "free_twice()",
        "free_twice(): PyMem_Free was given memory that is free already",
    ),
    (
        "free_foreign()",
        "which no function of the C API has allocated",
    ),
    (
        "free_family()",
        "free_family(): PyObject_Free was given memory of PyMem_*: a block of 20 bytes allocated in careless.free_family()",
    ),
    (
        "write_beyond()",
        "write_beyond(): memory was written beyond the end of a block of 20 bytes",
    ),
    (
        "write_freed()",
        "write_freed(): memory was used after it had been freed: a block of 20 bytes",
    ),
    (
        "long_tuple()",
        "long_tuple(): memory was written beyond the end of a block of 40 bytes",
    ),
    (
        "call_with_error(3)",
        "call_with_error(): PyObject_Repr was called with an exception set (ValueError)",
    ),
    ("list_hole(['a', 'b'])", "list_hole(): left a freed object"),
    (
        "type_confusion('a')",
        "type_confusion(): PyType_IsSubtype was given an object of type 'str' as `a`, which must be a type",
    ),
    (
        "no_object()",
        "which has no type (not initialised?), as `op`",
    ),
    (
        "no_address()",
        "no_address(): PyObject_Repr was given 0x1230, which is no object's address, as `op`",
    ),
    ("inside('a')", "where no object begins, as `op`"),
    (
        "without_lock([])",
        "without_lock(): PyObject_Str was called without the GIL",
    ),
    (
        "foreign_thread([])",
        "PyList_Append was called without the GIL",
    ),
    (
        "Thing().__repr__()",
        "'careless.Thing' object's tp_repr: returned a freed object",
    ),
    (
        "Thing()['key' * 3]",
        "'careless.Thing' object's mp_subscript: gave up a reference to an argument ('str' object)",
    ),
    (
        "Thing().field",
        "'careless.Thing' object's attribute field: gave up a reference to an argument ('careless.Thing' object)",
    ),
];

#[test]
fn checks_name_the_careless_function() {
    for (call, finding) in CARELESS {
        let program = format!("import careless\ncareless.{call}\nprint('went on')");
        let got = here(built(), &["-X", "capi=check"], &program);
        assert!(
            got.contains("Fatal Python error: capi check: "),
            "{call}\n{got}"
        );
        assert!(got.contains(finding), "{call}\n{got}");
        // Without the GIL nobody looks at frames.
        let placed = got.contains("line 3 in <module>") || got.contains("without the GIL");
        assert!(placed, "{call}\n{got}");
        assert!(!got.contains("went on"), "{call}\n{got}");
    }
}

#[test]
fn checks_raise_where_nothing_is_broken() {
    let program = "
import careless
for f in [lambda: careless.result_and_error(), lambda: careless.nothing_and_no_error(), lambda: careless.list_misuse((1,)), lambda: hash(careless.Thing())]:
    try: f()
    except BaseException as e: print(repr(e), repr(e.__cause__))
print(careless.fine('x'), careless.fine([1]))
";
    let got = here(built(), &["-X", "capi=check"], program);
    let expected = "\
SystemError('<built-in function result_and_error> returned a result with an exception set') ValueError('left over')
SystemError('<built-in function nothing_and_no_error> returned NULL without setting an exception') None
SystemError('bad argument to internal function (PyList_Append in careless.list_misuse())') None
SystemError('__hash__ of an extension succeeded with an exception set') KeyError('left over')
x [1]
";
    assert!(got.starts_with(expected), "{got}");
}

#[test]
fn checks_list_what_nobody_holds() {
    let got = here(
        built(),
        &["-S", "-X", "capi=check"],
        "import careless; careless.fine([1]); careless.leak()",
    );
    let leaked =
        "capi check: careless.so: 7 references to 'str' objects are held by nobody at exit\n";
    assert!(
        got.ends_with(&format!("--- stderr\n{leaked}--- exit 0\n")),
        "{got}"
    );
}

/// Ten million crossings of each kind of argument that is not linked for good leave resident memory as it was.
#[test]
fn crossings_leave_no_memory_behind() {
    let program = "
import resource, shapes
same = shapes.same
def ints(n):
    for i in range(n): same(i)
def floats(n):
    for i in range(n): same(i + 0.5)
def strs(n):
    for i in range(n): same(str(i))
def tuples(n):
    for i in range(n): same((i, 'x'))
def lists(n):
    for i in range(n // 4): shapes.squares(3)
def measure():
    return int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize()
for f in [ints, floats, strs, tuples, lists]:
    f(1_000_000)  # until the heap has the size that it keeps
    before = measure()
    f(2_500_000)
    grown = measure() - before
    print(f.__name__, 'flat' if grown < 8 << 20 else grown)
";
    let got = here(built(), &[], program);
    let expected = "ints flat\nfloats flat\nstrs flat\ntuples flat\nlists flat\n";
    assert!(got.starts_with(expected), "{got}");
}

#[test]
fn valgrind_finds_nothing() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind is not installed: skipped");
        return;
    }
    let program = "import sys; sys.path.insert(0, '.')\nimport shapes\nfor i in range(200):\n    shapes.squares(20); l = [1, [2], 'x']; shapes.rotate(l); shapes.rotate(l); t = shapes.Thing(i, [i]); t.other = (t,); shapes.invert({i: str(i)}); shapes.chars(str(i)); del t\nprint('done')";
    let mut command = Command::new("valgrind");
    command.args([
        "--error-exitcode=99",
        "--undef-value-errors=no",
        "--leak-check=no",
        "-q",
    ]);
    let done = command
        .arg(RIVET)
        .args(["-X", "jit=off", "-c", program])
        .current_dir(built())
        .output()
        .expect("valgrind starts");
    let errors = String::from_utf8_lossy(&done.stderr);
    assert_ne!(done.status.code(), Some(99), "{errors}");
    if !String::from_utf8_lossy(&done.stdout).contains("done") {
        println!("valgrind cannot run the program here: skipped\n{errors}");
    }
}
