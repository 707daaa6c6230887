//! What is mined from Cython modules: a module written by hand as Cython writes them (`tests/mined/mined.c`) answers alike
//! on CPython and here, calls take the C functions where they may, and what only looks like a cpdef function is refused
//! with a reason. `examples/cython` is built and compared too, by the Cython that the environment names (`RIVET_CYTHON`: a Python that
//! has it) or pip installs.

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::{RIVET, answer, compare, cpython};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mined")
}

/// The folder of the built module; once per test run.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let out = folder();
        std::fs::create_dir_all(&out).expect("a folder for the module");
        let tests = xtask::root().join("crates/cli/tests/mined");
        std::fs::copy(tests.join("calls.py"), out.join("calls.py")).expect("the program");
        compile(&tests.join("mined.c"), &out.join("mined.so"));
        out
    })
}

fn compile(source: &Path, to: &Path) {
    let program = "import sysconfig; print(sysconfig.get_path('include'))";
    let include = answer(&cpython(), &["-c", program], &folder());
    let include = include.lines().next().unwrap_or_default();
    run(Command::new("cc")
        .args(["-std=c11", "-O1", "-w", "-fPIC", "-shared", "-I", include])
        .arg(source)
        .arg("-o")
        .arg(to));
}

fn run(command: &mut Command) {
    let out = command.output().expect("the command starts");
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command:?}\n{text}");
}

#[track_caller]
fn same(flags: &[&str], program: &[&str], folder: &Path) {
    let expected = answer(&cpython(), program, folder);
    assert!(expected.ends_with("--- stderr\n--- exit 0\n"), "{expected}");
    let args: Vec<&str> = flags.iter().chain(program).copied().collect();
    let got = answer(Path::new(RIVET), &args, folder);
    if let Err(difference) = compare(&expected, &got) {
        panic!("{flags:?}\n{difference}");
    }
}

#[test]
fn calls_answer_as_on_cpython() {
    for flags in [
        &[][..],
        &["-X", "jit=off"],
        &["-X", "jit=eager"],
        &["-X", "typed=off"],
        &["-X", "typed=check"],
        &["-X", "gc=stress:100"],
    ] {
        same(flags, &["calls.py"], built());
    }
}

#[test]
fn calls_go_past_the_wrapper_where_they_may() {
    let text = answer(Path::new(RIVET), &["calls.py", "--ways"], built());
    let ways: Vec<&str> = text
        .lines()
        .filter_map(|l| l.trim().strip_prefix("directly and by the wrapper: "))
        .collect();
    // inc, flip, scale, same, width, both, neither, alias, honest, method: a wrapper calls the C function too, unless it
    // has its body in it or fails.
    let wanted = [
        "(11, 18)", "(25, 23)", "(19, 25)", "(25, 0)", "(2, 23)", "(3, 25)", "(0, 25)", "(11, 18)",
        "(9, 16)", "(0, 25)",
    ];
    assert_eq!(ways, wanted, "\n{text}");
}

#[test]
fn what_only_looks_like_cpdef_is_refused() {
    let text = answer(Path::new(RIVET), &["typed", "mined.so"], built());
    let reasons = [
        ("honest", "(i64) -> i64"),
        (
            "method",
            "its wrapper names itself `mined.Class.method` in tracebacks",
        ),
        (
            "nameless",
            "its wrapper neither calls the C function nor names itself in tracebacks",
        ),
        ("renamed", "it is not a function of the module itself"),
        ("closed", "it may have a closure"),
        ("missing", "no Python function of this name was found"),
        ("inc", "(i32) -> i32"),
        ("flip", "(bint) -> bint"),
        ("scale", "(f64) -> f64"),
        ("same", "(object) -> object"),
        ("width", "(str) -> i64"),
        ("both", "what types of objects it takes is open"),
        ("long_double", "`long double` is not passed in one register"),
        (
            "typedef_",
            "`mine` is a C type whose definition is not known",
        ),
        ("pointer", "`char *` is a pointer"),
        ("many", "7 words are passed; at most 6 are supported"),
        ("garbled", "`int (int` is not understood"),
        (
            "elsewhere",
            "its wrapper is not in the file of its C function",
        ),
        ("data", "its C function is not code of a loaded file"),
        (
            "instance",
            "the type of `__pyx_obj_5mined_Box` was not found",
        ),
        (
            "neither",
            "it converts neither as an int nor as a truth value",
        ),
        ("unlisted", "not in `__pyx_capi__`"),
        ("cdef_", "the C function of this name is no cpdef function"),
    ];
    for (name, reason) in reasons {
        let line = text
            .lines()
            .find(|l| l.split_whitespace().next() == Some(name))
            .unwrap_or_else(|| panic!("{name} is not listed\n{text}"));
        assert!(line.contains(reason), "{line}\nwanted: {reason}");
    }
    assert!(
        text.contains("alias: the name is bound to another function, `inc`"),
        "{text}"
    );
}

/// A Python that has Cython; None: there is none and none can be installed, which is said past the harness.
fn cython() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("RIVET_CYTHON") {
        return Some(given.into());
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cython");
    let python = folder.join("bin/python");
    let works = |program: &mut Command| program.output().is_ok_and(|o| o.status.success());
    let there = || works(Command::new(&python).args(["-c", "import Cython"]));
    if there()
        || works(Command::new(cpython()).args(["-m", "venv"]).arg(&folder))
            && works(
                Command::new(&python)
                    .args(["-m", "pip", "install", "--quiet", "cython==3.3.1"])
                    .stdin(std::process::Stdio::null()),
            )
    {
        return Some(python);
    }
    let text =
        b"\nLEFT OUT: Cython modules: pip cannot install Cython, and RIVET_CYTHON is not set\n";
    // Nothing is lost if nobody listens.
    let _ = std::io::stderr().write_all(text);
    None
}

/// The example.
#[test]
fn cython_modules_answer_as_on_cpython() {
    let Some(python) = cython() else {
        return;
    };
    let out = folder().join("cython");
    std::fs::create_dir_all(&out).expect("a folder for the module");
    let example = xtask::root().join("examples/cython");
    for name in ["shapes.pyx", "shapes.pxd"] {
        std::fs::copy(example.join(name), out.join(name)).expect("the example");
    }
    run(Command::new(python)
        .args(["-m", "cython", "shapes.pyx"])
        .current_dir(&out));
    compile(&out.join("shapes.c"), &out.join("shapes.so"));
    let listing = answer(Path::new(RIVET), &["typed", "shapes.so"], &out);
    // Six of them are the variants of two fused functions, which are two more.
    assert_eq!(listing.matches(" mined ").count(), 23, "{listing}");
    let second = "or     (f64, f64) -> f64; error: always checked";
    assert_eq!(listing.matches(second).count(), 2, "{listing}");
    let fused = xtask::root().join("crates/cli/tests/mined/fused.py");
    std::fs::copy(fused, out.join("fused.py")).expect("the program");
    // Run as a script: as a module it would hide the one of the same name that it imports.
    let program = format!(
        "import runpy, sys; sys.path.insert(0, '.'); sys.argv[1:] = ['shapes', '--count', '1000']; \
         runpy.run_path({:?}, run_name='__main__')",
        example.join("property.py")
    );
    for flags in [
        &[][..],
        &["-X", "jit=off"],
        &["-X", "jit=eager"],
        &["-X", "gc=stress:200"],
    ] {
        same(flags, &["-c", &program], &out);
        same(flags, &["fused.py"], &out);
    }
}
