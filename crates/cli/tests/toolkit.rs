//! The extension author's toolkit: modules made with it answer random calls alike on CPython, where nobody reads their
//! tables, on PyPy, and here, where the native functions are called; what cannot be typed or is declared wrongly says why.

mod common;
#[path = "common/pypy.rs"]
mod pypy;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use common::{RIVET, answer, answer_within, compare, cpython};

fn sources() -> PathBuf {
    xtask::root().join("examples/toolkit")
}

fn run(command: &mut Command) {
    let out = command.output().expect("the command starts");
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command:?}\n{text}");
}

/// The folder of the Rust modules, built with these options of cargo. Extension modules are no part of the workspace:
/// they have a target folder of their own.
fn rust_modules(kind: &str, options: &[&str], profile: &str) -> PathBuf {
    rust_modules_for(&cpython(), ".so", kind, options, profile)
}

fn rust_modules_for(
    python: &Path,
    suffix: &str,
    kind: &str,
    options: &[&str],
    profile: &str,
) -> PathBuf {
    let target = cargo(python, "rust", kind, options);
    let library = target.join(format!("{profile}/libtyped_rust.so"));
    let out = folder(kind);
    for name in ["typed_rust", "typed_builder", "typed_wrong"] {
        std::fs::copy(&library, out.join(format!("{name}{suffix}"))).expect("the module was built");
    }
    out
}

fn folder(kind: &str) -> PathBuf {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("toolkit")
        .join(kind);
    std::fs::create_dir_all(&out).expect("a folder for the modules");
    out
}

/// Builds a project of `examples/toolkit`; the target folder.
fn cargo(python: &Path, project: &str, kind: &str, options: &[&str]) -> PathBuf {
    let target = folder(&format!("cargo-{kind}"));
    run(Command::new(env!("CARGO"))
        .args(["build", "--lib", "--locked", "--manifest-path"])
        .arg(sources().join(project).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .args(options)
        .env("PYO3_PYTHON", python));
    target
}

/// Built for one version of CPython.
fn release() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| rust_modules("release", &["--release"], "release"))
}

/// Built for the limited API.
fn limited() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| rust_modules("abi3", &["--release", "--features", "abi3"], "release"))
}

/// With the checks of debug builds.
fn debug() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| rust_modules("debug", &[], "debug"))
}

/// The C and C++ modules.
fn compiled() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let out = folder("c");
        let program = "import sysconfig; print(sysconfig.get_path('include'))";
        let include = answer(&cpython(), &["-c", program], &out);
        compile(include.lines().next().unwrap_or_default(), ".so", &out);
        out
    })
}

/// Compiles them with the headers of a Python.
fn compile(include: &str, suffix: &str, out: &Path) {
    for (compiler, options, source, name) in [
        (
            "cc",
            &["-std=c11", "-pedantic"][..],
            "c/typed_c.c",
            "typed_c",
        ),
        (
            "c++",
            &["-std=c++17", "-Wno-missing-field-initializers"],
            "cpp/typed_cpp.cpp",
            "typed_cpp",
        ),
    ] {
        run(Command::new(compiler)
            .args(options)
            .args([
                "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-I", include, "-I",
            ])
            .arg(xtask::root().join("include"))
            .arg(sources().join(source))
            .arg("-o")
            .arg(out.join(format!("{name}{suffix}"))));
    }
}

const C: &[&str] = &["typed_c", "typed_cpp"];

#[test]
fn c_and_cpp_answer_as_on_cpython() {
    same(&[], compiled(), C, "2000");
    same(&["-X", "jit=off"], compiled(), C, "500");
    same(&["-X", "typed=off"], compiled(), C, "500");
    same(&["-X", "gc=stress:200"], compiled(), C, "500");
}

/// What cannot be is a compile error with the reason.
#[test]
fn wrong_effects_in_cpp_do_not_compile() {
    for (function, effects, wanted) in [
        (
            "int f(int x) { return x; }",
            "typed::leaf",
            "a leaf function cannot raise: declare it noexcept",
        ),
        (
            "typed::result<int> f(int x) noexcept { return x; }",
            "typed::leaf",
            "a leaf function cannot raise, but it returns a typed::result",
        ),
        (
            "std::string f(int) noexcept { return {}; }",
            "typed::leaf",
            "a leaf function makes no objects, but its result has to become one",
        ),
        (
            "int f(PyObject *) noexcept { return 1; }",
            "typed::pure",
            "a pure function cannot take objects, which can change",
        ),
        (
            "void f(int) noexcept {}",
            "typed::pure",
            "a pure function without a result does nothing at all",
        ),
        (
            "int f(PyObject *) noexcept { return 1; }",
            "typed::nogil",
            "a nogil function cannot touch objects",
        ),
    ] {
        let folder = compiled();
        let include = answer(
            &cpython(),
            &[
                "-c",
                "import sysconfig; print(sysconfig.get_path('include'))",
            ],
            folder,
        );
        let source = folder.join("wrong.cpp");
        let text = format!(
            "#include <Python.h>\n#include \"typed.hpp\"\nstatic {function}\n\
             PyMethodDef m = typed::def<&f, {effects}>(\"f\");\n"
        );
        std::fs::write(&source, text).expect("room for a file");
        let out = Command::new("c++")
            .args([
                "-std=c++17",
                "-fsyntax-only",
                "-I",
                include.lines().next().unwrap_or_default(),
                "-I",
            ])
            .arg(xtask::root().join("include"))
            .arg(&source)
            .output()
            .expect("the compiler starts");
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(
            !out.status.success() && said.contains(wanted),
            "{function}\n{said}"
        );
    }
}

const RUST: &[&str] = &["typed_rust", "typed_builder"];

/// What random calls of all functions give; panics of Rust code report to stderr, which is not compared.
fn digests(
    program: &Path,
    flags: &[&str],
    folder: &Path,
    modules: &[&str],
    options: &str,
) -> String {
    let script = sources().join("property.py").to_string_lossy().into_owned();
    let start = "import sys, runpy; sys.path.insert(0, '.'); sys.argv = sys.argv[1:]; \
                 runpy.run_path(sys.argv[0], run_name='__main__')";
    let mut args = flags.to_vec();
    args.extend(["-c", start, &script]);
    args.extend(modules);
    args.extend(options.split(' '));
    let mut words = options.split(' ').skip_while(|&word| word != "--count");
    let count: u64 = words.nth(1).and_then(|n| n.parse().ok()).unwrap_or(2000);
    let limit = Duration::from_secs(60 + count / 50);
    let said = answer_within(limit, program, &args, folder);
    let (out, end) = said.split_once("--- stderr\n").unwrap_or((&said, ""));
    let last = end.lines().rev().take(30).collect::<Vec<_>>();
    assert!(
        end.ends_with("--- exit 0\n"),
        "{flags:?} (backwards)\n{last:#?}"
    );
    out.to_owned()
}

fn same(flags: &[&str], folder: &Path, modules: &[&str], count: &str) {
    let options = format!("--count {count}");
    let expected = digests(&cpython(), &[], folder, modules, &options);
    assert!(expected.lines().count() > 10, "{expected}");
    let got = digests(Path::new(RIVET), flags, folder, modules, &options);
    if let Err(difference) = compare(&expected, &got) {
        panic!(
            "{flags:?}: see `{} --show FUNCTION CHUNK`\n{difference}",
            sources().join("property.py").display()
        );
    }
}

#[test]
fn rust_answers_as_on_cpython() {
    same(&[], release(), RUST, "2000");
}

#[test]
fn rust_answers_as_on_cpython_interpreted() {
    same(&["-X", "jit=off"], release(), RUST, "1000");
}

#[test]
fn rust_answers_as_on_cpython_compiled_at_once() {
    same(&["-X", "jit=eager"], release(), RUST, "1000");
}

#[test]
fn rust_answers_as_on_cpython_without_signatures() {
    same(&["-X", "typed=off"], release(), RUST, "1000");
}

#[test]
fn rust_answers_as_on_cpython_under_gc_stress() {
    same(&["-X", "gc=stress:200"], release(), RUST, "500");
}

#[test]
fn limited_api_answers_as_on_cpython() {
    same(&[], limited(), RUST, "1000");
}

#[test]
fn debug_build_answers_as_on_cpython() {
    same(&[], debug(), RUST, "1000");
}

/// The three builds give the same answers too.
#[test]
fn builds_agree() {
    let of = |folder| digests(&cpython(), &[], folder, RUST, "--count 500");
    let expected = of(release());
    assert_eq!(of(limited()), expected);
    assert_eq!(of(debug()), expected);
}

/// One wheel file, installed for CPython (whose folder is Rivet's too) and for PyPy: all three give the same answers, but for
/// the words of its own that `property.py` lists for PyPy. `RIVET_PROPERTY_COUNT` is the number of calls of each function.
#[test]
fn one_wheel_answers_alike_on_cpython_pypy_and_rivet() {
    let Some(pypy) = pypy::pypy("one_wheel_answers_alike_on_cpython_pypy_and_rivet") else {
        return;
    };
    let include = pypy.include.to_string_lossy();
    let built = rust_modules_for(&pypy.exe, &pypy.suffix, "pypy", &["--release"], "release");
    compile(&include, &pypy.suffix, &built);
    let wheel = one_wheel(&pypy.suffix, &built);
    let (on_cpython, on_pypy) = installed(&wheel, &pypy.exe);
    let count = std::env::var("RIVET_PROPERTY_COUNT").unwrap_or("2000".into());
    let options = format!("--count {count} --pypy");
    for modules in [RUST, C] {
        let expected = digests(&cpython(), &[], &on_cpython, modules, &options);
        let here = digests(Path::new(RIVET), &[], &on_cpython, modules, &options);
        let there = digests(&pypy.exe, &[], &on_pypy, modules, &options);
        for (name, got) in [("Rivet", here), (&*format!("PyPy {}", pypy.release), there)] {
            if let Err(difference) = compare(&expected, &got) {
                panic!("{name}\n{difference}");
            }
        }
    }
}

/// A wheel with the modules for CPython and, from the folder `built`, those for the PyPy whose libraries end so.
fn one_wheel(suffix: &str, built: &Path) -> PathBuf {
    const CPYTHON: &str = ".cpython-311-x86_64-linux-gnu.so";
    let out = folder("one-wheel");
    let info = "typed_modules-1.0.dist-info";
    std::fs::remove_dir_all(&out).expect("the folder was made");
    std::fs::create_dir_all(out.join(info)).expect("a folder for the wheel");
    let mut files = Vec::new();
    for (from, of, modules, to) in [
        (release(), ".so", RUST, CPYTHON),
        (compiled(), ".so", C, CPYTHON),
        (built, suffix, RUST, suffix),
        (built, suffix, C, suffix),
    ] {
        for name in modules {
            files.push(format!("{name}{to}"));
            std::fs::copy(
                from.join(format!("{name}{of}")),
                out.join(format!("{name}{to}")),
            )
            .expect("the module was built");
        }
    }
    let tags: String = [("cp311", "cp311"), ("pp311", "pypy311_pp73")]
        .map(|(python, abi)| format!("Tag: {python}-{abi}-linux_x86_64\n"))
        .concat();
    let recorded = ["METADATA", "WHEEL", "RECORD"].map(|f| format!("{info}/{f}"));
    let lines: String = files
        .iter()
        .chain(&recorded)
        .map(|f| format!("{f},,\n"))
        .collect();
    for (name, text) in [
        (
            "METADATA",
            "Metadata-Version: 2.1\nName: typed-modules\nVersion: 1.0\n".into(),
        ),
        (
            "WHEEL",
            format!("Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{tags}"),
        ),
        ("RECORD", lines),
    ] {
        std::fs::write(out.join(info).join(name), text).expect("room for a file");
    }
    let wheel = "typed_modules-1.0-cp311.pp311-cp311.pypy311_pp73-linux_x86_64.whl";
    run(Command::new(cpython())
        .args(["-m", "zipfile", "-c", wheel])
        .args(&files)
        .arg(info)
        .current_dir(&out));
    out.join(wheel)
}

/// The folders in which pip has installed a wheel: for CPython, and for PyPy.
fn installed(wheel: &Path, pypy: &Path) -> (PathBuf, PathBuf) {
    let (pip, other) = (folder("pip"), folder("pip-pypy"));
    run(Command::new(cpython()).args(["-m", "venv"]).arg(&pip));
    run(Command::new(pypy)
        .args(["-m", "venv", "--without-pip"])
        .arg(&other));
    let install = |more: &[&std::ffi::OsStr]| {
        let out = folder(&format!("installed-{}", more.len()));
        std::fs::remove_dir_all(&out).expect("the folder was made");
        run(Command::new(pip.join("bin/pip"))
            .args(more)
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-index",
                "--target",
            ])
            .arg(&out)
            .arg(wheel));
        out
    };
    let on_cpython = install(&[]);
    (
        on_cpython,
        install(&["--python".as_ref(), other.as_os_str()]),
    )
}

fn listing(module: &str) -> Vec<(String, String, String)> {
    let said = answer(
        Path::new(RIVET),
        &["typed", &format!("{module}.so")],
        release(),
    );
    said.lines()
        .skip(1)
        .take_while(|l| !l.starts_with("--- "))
        .map(|l| {
            let mut words = l.split_whitespace().map(str::to_owned);
            let name = words.next().unwrap_or_default();
            let convention = words.next().unwrap_or_default();
            (name, convention, words.collect::<Vec<_>>().join(" "))
        })
        .collect()
}

/// Each signature gets the cheapest convention and the entry that says it.
#[test]
fn conventions_and_signatures() {
    let all = [listing("typed_rust"), listing("typed_builder")].concat();
    // The builder makes of declared names what the macros make of signatures.
    for name in ["power", "three", "mixed"] {
        let both: Vec<_> = all.iter().filter(|f| f.0 == name).collect();
        assert!(both.len() == 2 && both[0].1 == both[1].1, "{both:?}");
        assert_eq!(both[0].2, both[1].2, "{name}");
    }
    let of = |name: &str| {
        let found = all.iter().find(|f| f.0 == name);
        let (_, convention, rest) = found.unwrap_or_else(|| panic!("{name} in {all:?}"));
        format!("{convention} {rest}")
    };
    for (name, wanted) in [
        (
            "noop",
            "METH_NOARGS table () -> void; error: nonzero status",
        ),
        (
            "noop_leaf",
            "METH_NOARGS table () -> void; error: never; leaf",
        ),
        (
            "noop_o",
            "METH_O table (object) -> void; error: never; leaf",
        ),
        (
            "inc",
            "METH_O table (i64) -> i64; error: never; leaf pure nogil testable",
        ),
        (
            "add",
            "METH_FASTCALL table (f64, f64) -> f64; error: never; leaf pure nogil testable",
        ),
        (
            "checked",
            "METH_O table (i64) -> i64; error: sentinel -9223372035262182483",
        ),
        (
            "less",
            "METH_FASTCALL table (i64, i64) -> bool; error: sentinel 2",
        ),
        (
            "power",
            "METH_FASTCALL|METH_KEYWORDS table (f64, i32 = 2) -> f64; error: never; leaf pure testable",
        ),
        (
            "three",
            "METH_FASTCALL table (i64, i64 = 2, i64 = -3) -> i64; error: sentinel -9223372035262182483",
        ),
        (
            "mixed",
            "METH_FASTCALL|METH_KEYWORDS - no signature declared",
        ),
        (
            "shown",
            "METH_O table (object) -> object; error: sentinel NULL",
        ),
        (
            "Scaler.scale",
            "METH_O table (self, f64) -> f64; error: never; leaf",
        ),
        (
            "Counter.add",
            "METH_O table (self, i64) -> i64; error: sentinel -9223372035262182483",
        ),
        (
            "Counter.get",
            "METH_NOARGS table (self) -> i64; error: sentinel -9223372035262182483; reads",
        ),
        (
            "Factor.scale",
            "METH_O table (self, f64) -> f64; error: never; leaf",
        ),
        (
            "Factor.plus",
            "METH_FASTCALL|METH_KEYWORDS table (self, f64, i64 = 1) -> f64; error: sentinel NaN",
        ),
        ("count", "METH_FASTCALL - no signature declared"),
    ] {
        assert_eq!(of(name), wanted, "{name}");
    }
}

/// What `inspect` shows, and what borrowed classes and lying declarations raise.
#[test]
fn texts_and_borrows() {
    let program = "\
import sys; sys.path.insert(0, '.')
import inspect, typed_rust as m
for f in (m.inc, m.noop, m.power, m.three, m.mixed, m.Scaler.plus, m.Scaler.nothing):
    print(f.__name__, f.__text_signature__, inspect.signature(f), f.__doc__)
c = m.Counter()
try:
    c.during(c.get)
except RuntimeError as e:
    print(e)
class Sub(m.Counter):
    pass
s = Sub()
ns = {}
exec('from typed_rust import *', ns)
print(sorted(n for n in ns if n != '__builtins__') == sorted(n for n in dir(m) if n[0] != '_'))
print([s.add(2) for _ in range(300)][-1], c.both(s), m.inc.__module__)
";
    let expected = answer(&cpython(), &["-c", program], release());
    assert!(
        expected.contains("Already mutably borrowed\nTrue\n600 600 typed_rust\n"),
        "{expected}"
    );
    let got = answer(Path::new(RIVET), &["-c", program], release());
    assert_eq!(expected, got);
}

/// What the builder is told wrongly is an exception of the import.
#[test]
fn wrong_declarations_do_not_import() {
    let program = "\
import sys; sys.path.insert(0, '.')
try:
    import typed_wrong
except ValueError as e:
    print(e)
";
    for program_of in [Path::new(RIVET), &cpython()] {
        let said = answer(program_of, &["-c", program], release());
        assert_eq!(
            said,
            "gap(): `b` follows a default but has none\n--- stderr\n--- exit 0\n"
        );
    }
}

/// The project to copy builds, and answers alike.
#[test]
fn the_template_works() {
    // In the target folder of another test's build, which has the same dependencies.
    let _ = release();
    let target = cargo(&cpython(), "template", "release", &["--release"]);
    let library = target.join("release/libtyped_template.so");
    let out = folder("template");
    std::fs::copy(library, out.join("typed_template.so")).expect("the module was built");
    let program = "\
import sys; sys.path.insert(0, '.')
import typed_template as m
print(m.add(1.5, 2), m.times(21), m.times(3, factor=5), m.Line(2.0, 1.0).at(2.0))
try:
    m.times(2 ** 62)
except ValueError as e:
    print(e)
";
    let expected = answer(&cpython(), &["-c", program], &out);
    assert_eq!(
        expected,
        "3.5 42 15 5.0\ntoo large\n--- stderr\n--- exit 0\n"
    );
    assert_eq!(answer(Path::new(RIVET), &["-c", program], &out), expected);
}

const LIES: &str = "\
import sys; sys.path.insert(0, '.')
import typed_rust as m
def f(n):
    for i in range(n):
        m.panicky_leaf(13 if i == 2500 else 1)
try:
    f(5000)
except BaseException as e:
    print(type(e).__name__, str(e)[-8:])
if sys.argv[1:]:
    for call in (lambda: m.lying_pure(1), lambda: m.lying_leaf(13)):
        try:
            print(call())
        except SystemError as e:
            print(e, '|', repr(e.__cause__))
    print(m.lying_leaf(1))
";

/// Debug builds raise for effects that lie; a leaf function that panics is an exception in every build.
#[test]
fn lies_are_told() {
    let told = "\
lying_pure() is declared `pure` but gave two results for the same arguments | None
lying_leaf() is declared `leaf` but left an exception pending | ValueError('thirteen')
1
";
    for program in [Path::new(RIVET), &cpython()] {
        for (folder, args, wanted) in [
            (release(), &["-c", LIES][..], ""),
            (debug(), &["-c", LIES, "all"], told),
        ] {
            let said = answer(program, args, folder);
            let (out, end) = said.split_once("--- stderr\n").unwrap_or((&said, ""));
            assert!(end.ends_with("--- exit 0\n"), "{said}");
            assert_eq!(
                out,
                format!("PanicException thirteen\n{wanted}"),
                "{}",
                program.display()
            );
        }
    }
}
