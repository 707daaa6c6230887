//! Typed methods: the seed modules of `examples/inc` answer alike on CPython and here, whatever carries their
//! signatures; wrong tables are refused with a reason and never used.

mod common;
#[path = "common/extension.rs"]
mod extension;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::{RIVET, answer, compare, cpython};
use extension::{compile, headers, run};

/// The folder of the built modules; once per test run.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("typed");
        std::fs::create_dir_all(&out).expect("a folder for the modules");
        let include = headers();
        let root = xtask::root();
        let build = root.join("examples/inc/build.sh");
        run(Command::new("bash").arg(build).arg(&out).arg(&include));
        let sources = root.join("crates/cli/tests/typed");
        for (whole, folder) in [
            ("0", "bad"),
            ("1", "version"),
            ("2", "nowhere"),
            ("3", "size"),
            ("4", "odd"),
        ] {
            let folder = out.join(folder);
            std::fs::create_dir_all(&folder).expect("a folder for a module");
            compile(
                &sources.join("bad.c"),
                &folder.join("bad.so"),
                &format!("-DWHOLE={whole}"),
            );
        }
        for name in ["flags", "keep", "text", "buffers", "numobjs"] {
            let source = sources.join(format!("{name}.c"));
            compile(&source, &out.join(format!("{name}.so")), "-DWHOLE=0");
        }
        compile(
            &root.join("bench/shapes/shapes.c"),
            &out.join("shapes.so"),
            "-DNDEBUG",
        );
        out
    })
}

/// What the edge arguments give on CPython and here, under these flags.
fn same_answers(flags: &[&str]) {
    let folder = built();
    let check = xtask::root().join("examples/inc/check.py");
    let (check, at) = (check.to_string_lossy(), folder.to_string_lossy());
    let expected = answer(&cpython(), &[&check, &at, "--dump"], folder);
    let args: Vec<&str> = flags
        .iter()
        .copied()
        .chain([&*check, &*at, "--dump"])
        .collect();
    let got = answer(Path::new(RIVET), &args, folder);
    if let Err(difference) = compare(&expected, &got) {
        panic!("{flags:?}\n{difference}");
    }
    let args = &args[..args.len() - 1];
    let got = answer(Path::new(RIVET), args, folder);
    assert!(got.starts_with("inc modules: ok\n"), "{flags:?}\n{got}");
}

#[test]
fn seed_modules_answer_as_on_cpython() {
    same_answers(&[]);
}

#[test]
fn seed_modules_answer_as_on_cpython_interpreted() {
    same_answers(&["-X", "jit=off"]);
}

#[test]
fn seed_modules_answer_as_on_cpython_without_signatures() {
    same_answers(&["-X", "typed=off"]);
}

/// The checking mode would print any disagreement to stderr, which is compared too.
#[test]
fn seed_modules_answer_as_on_cpython_with_both_ways_compared() {
    same_answers(&["-X", "typed=check"]);
}

#[test]
fn seed_modules_answer_as_on_cpython_under_gc_stress() {
    same_answers(&["-X", "gc=stress:200"]);
}

fn listing(args: &[&str], folder: &str) -> String {
    let folder = built().join(folder);
    let args: Vec<&str> = ["typed"].iter().chain(args).copied().collect();
    answer(Path::new(RIVET), &args, &folder)
}

/// The lines of the listing that name a reason or a signature, by callable.
fn reasons(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for line in text.lines().take_while(|l| !l.starts_with("--- ")) {
        if let Some(problem) = line.strip_prefix("  ! ") {
            out.push(("!".to_owned(), problem.to_owned()));
        } else if let Some(rest) = line.strip_prefix("  ") {
            let mut words = rest.split_whitespace();
            let name = words.next().unwrap_or_default().to_owned();
            let rest: Vec<&str> = words.skip(1).collect();
            out.push((name, rest.join(" ")));
        }
    }
    out
}

fn expect(text: &str, wanted: &[(&str, &str)]) {
    let got = reasons(text);
    let wanted: Vec<(String, String)> = wanted
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect();
    assert_eq!(got, wanted, "\n{text}");
}

#[test]
fn every_wrong_entry_has_its_reason() {
    let text = listing(&["bad.so"], "bad");
    assert!(
        text.starts_with("bad.so: 2 of 23 callables are typed\n"),
        "{text}"
    );
    expect(
        &text,
        &[
            ("good", "table (i32) -> i64; error: never; leaf"),
            (
                "future",
                "- entry 1: version 2; this runtime knows version 1",
            ),
            ("mystery", "- entry 2: parameter 1: unknown type code 30"),
            ("text", "table (utf8) -> i64; error: never"),
            ("eight", "- entry 4: 8 parameters; at most 6 are supported"),
            (
                "twice",
                "- entry 8: the method is declared more than once; no declaration counts; \
                 entry 9: the method is declared more than once; no declaration counts",
            ),
            ("nothing", "- entry 10: no native function"),
            (
                "data",
                "- entry 11: the native function's address is not code",
            ),
            (
                "liar",
                "- entry 12: a leaf function cannot raise, but an error convention is declared",
            ),
            (
                "count",
                "- entry 13: declares 2 arguments, but the method takes exactly one argument",
            ),
            ("no_type", "- entry 14: takes a receiver but names no type"),
            ("odd_error", "- entry 15: unknown error convention 9"),
            ("names", "- entry 16: 2 names for 1 parameters"),
            ("void_param", "- entry 17: parameter 1 is void"),
            (
                "default",
                "- entry 18: parameter 1 has a default, which its type cannot have",
            ),
            ("loop", "- entry 19: more than 8 overloads"),
            ("wild_type", "- entry 20: the receiver's type is not ready"),
            (
                "wild_names",
                "- entry 21: the parameter names are not readable text",
            ),
            (
                "late_self",
                "- entry 22: the receiver is not the first parameter",
            ),
            ("status", "- entry 23: a status result must be a C int"),
            (
                "wild_type_variable",
                "- entry 24: the variable of the receiver's type is not readable data",
            ),
            (
                "mixed",
                "- entry 25: a pure function cannot depend on memory that others write",
            ),
            ("result", "- entry 26: the result cannot be a receiver"),
            ("!", "entry 5: names no method"),
            (
                "!",
                "entry 6: its method is not one of the module's functions or methods",
            ),
            (
                "!",
                "entry 7: its method is not one of the module's functions or methods",
            ),
        ],
    );
}

#[test]
fn broken_tables_have_one_reason() {
    for (folder, reason) in [
        (
            "version",
            "the typed table has version 7; this runtime knows version 1",
        ),
        (
            "nowhere",
            "entry 0: not readable data; the rest of the table is skipped",
        ),
        (
            "size",
            "entry 0: impossible size 1; the rest of the table is skipped",
        ),
        (
            "odd",
            "entry 0: not readable data; the rest of the table is skipped",
        ),
    ] {
        let text = listing(&["bad.so"], folder);
        let all = reasons(&text);
        assert_eq!(all.last(), Some(&("!".into(), reason.into())), "{text}");
        assert!(
            all.iter()
                .rev()
                .skip(1)
                .all(|r| r.1 == "- no signature declared"),
            "{text}"
        );
    }
}

#[test]
fn wrong_prefixes_have_their_reasons() {
    let text = listing(&["flags.so"], ".");
    expect(
        &text,
        &[
            ("good", "flag (i64) -> i64; error: never"),
            ("mystery", "- METH_TYPED: argument 1: unknown type code 17"),
            ("result", "- METH_TYPED: the result: unknown type code -9"),
            (
                "count",
                "- METH_TYPED: declares 2 arguments, but the method takes exactly one argument",
            ),
            ("long", "- METH_TYPED: more than 6 arguments"),
            (
                "data",
                "- METH_TYPED: the native function's address is not code",
            ),
            (
                "wild",
                "- METH_TYPED: the argument types are not readable data",
            ),
            (
                "bare",
                "- METH_TYPED: the argument types are not readable data",
            ),
        ],
    );
}

/// A method whose declaration is wrong works by its wrapper, one whose declaration is right by the native function.
#[test]
fn wrong_declarations_are_not_used() {
    let program = "\
import sys
m = __import__(sys.argv[1])
for name in dir(m):
    f = getattr(m, name)
    if name != 'good' and type(f).__name__ == 'builtin_function_or_method':
        for _ in range(300):
            assert f(1) == 'wrapper', name
assert [m.good(x) for x in (21, 2**40, 'a', 1.5)] == [42, 2**41, 'aa', 3.0]
print('ok')
";
    let modules = [
        ("bad", "bad"),
        ("version", "bad"),
        ("nowhere", "bad"),
        ("size", "bad"),
        ("odd", "bad"),
        (".", "flags"),
    ];
    for (folder, module) in modules {
        for program_of in [Path::new(RIVET), &cpython()] {
            let got = answer(program_of, &["-c", program, module], &built().join(folder));
            assert_eq!(got, "ok\n--- stderr\n--- exit 0\n", "{folder} {module}");
        }
    }
}

#[test]
fn seed_modules_answer_as_on_cpython_compiled_at_once() {
    same_answers(&["-X", "jit=eager"]);
}

#[test]
fn seed_modules_answer_as_on_cpython_with_failing_guards() {
    same_answers(&["-X", "jit=bail:23"]);
}

/// A call of a `pure leaf` function whose argument a loop does not change is made once, before the loop.
#[test]
fn pure_leaf_calls_move_out_of_loops() {
    let folder = built();
    let program = "\
import inc_table as m
def f(n, k):
    s = 0
    for i in range(n):
        s ^= m.mix(k) + i
    return s
print(f(20000, 7))
";
    let out = Command::new(RIVET)
        .args(["-X", "jit=dump:hir", "-c", program])
        .env("PYTHONPATH", folder)
        .output()
        .expect("rivet runs");
    assert!(out.status.success());
    let dump = String::from_utf8_lossy(&out.stderr);
    let start = dump.rfind("frame 0: f at").expect("f was compiled");
    let mut in_loop = false;
    let mut calls = Vec::new();
    for line in dump[start..].lines().skip(1) {
        if line.starts_with('b') {
            in_loop = line.contains("): loop");
        } else if line.starts_with('s') {
            break;
        }
        if line.contains("CallTyped") {
            calls.push(in_loop);
        }
    }
    assert_eq!(calls, [false], "{}", &dump[start..]);
}

/// What a program gives on CPython and here, under several flags; the modules' folder is its argument.
fn same_program(name: &str, flags: &[&[&str]]) {
    let folder = built();
    let program = xtask::root().join("crates/cli/tests/typed").join(name);
    let (program, at) = (program.to_string_lossy(), folder.to_string_lossy());
    let start = "import sys, runpy; sys.path.insert(0, sys.argv[2]); sys.argv = sys.argv[1:]; \
                 runpy.run_path(sys.argv[0], run_name='__main__')";
    let expected = answer(&cpython(), &["-c", start, &program, &at], folder);
    assert!(expected.ends_with("--- exit 0\n"), "{expected}");
    for flags in flags {
        let args = [flags, &["-c", start, &*program, &*at][..]].concat();
        let got = answer(Path::new(RIVET), &args, folder);
        if let Err(difference) = compare(&expected, &got) {
            panic!("{flags:?}\n{difference}");
        }
    }
}

/// All that changes how typed functions are called, or when objects move.
const EVERY_WAY: [&[&str]; 9] = [
    &[],
    &["-X", "jit=off"],
    &["-X", "jit=eager"],
    &["-X", "jit=bail:3"],
    &["-X", "typed=off"],
    &["-X", "typed=check"],
    &["-X", "gc=stress:200"],
    &["-X", "gc=stress:50", "-X", "jit=eager"],
    &["-X", "gc=verify"],
];

/// Arguments that C keeps, compares and passes on.
#[test]
fn arguments_may_outlive_their_call() {
    let flags: [&[&str]; 4] = [
        &[],
        &["-X", "jit=off"],
        &["-X", "gc=stress:50"],
        &["-X", "gc=verify"],
    ];
    same_program("outlive.py", &flags);
}

/// Numbers as objects: the one that a place keeps for the next call is never changed under anybody's hands.
#[test]
fn objects_of_numbers_are_used_again() {
    same_program("as_objects.py", &EVERY_WAY);
    same_program("as_objects.py", &[&["-X", "capi=check"]]);
}

/// Every kind of signature, in loops: with arguments that fit, that do not, and both at one place.
#[test]
fn all_shapes_answer_as_on_cpython() {
    same_program("all_shapes.py", &EVERY_WAY);
}

/// What C gets of a str or bytes stays where it is during the call.
#[test]
fn text_and_bytes_stay_in_place() {
    let flags: [&[&str]; 7] = [
        &[],
        &["-X", "jit=off"],
        &["-X", "jit=eager"],
        &["-X", "typed=off"],
        &["-X", "typed=check"],
        &["-X", "gc=stress:50"],
        &["-X", "gc=verify"],
    ];
    same_program("text.py", &flags);
    expect(
        &listing(&["text.so"], "."),
        &[
            (
                "after",
                "table (utf8, bytes, object) -> u64; error: sentinel -1",
            ),
            ("later", "table (utf8) -> u64; error: never"),
            ("terminated", "table (utf8) -> u64; error: never; leaf pure"),
            (
                "mixed",
                "table (f64, utf8, i64, bytes, bool) -> f64; error: never; leaf pure",
            ),
            (
                "too_many",
                "- entry 4: parameters of 7 words; at most 6 are supported",
            ),
            (
                "defaulted",
                "- entry 5: parameter 1 has a default, which its type cannot have",
            ),
            (
                "result",
                "- entry 6: the result cannot be memory without an owner",
            ),
            ("indexed", "- no signature declared"),
            (
                "Class.size",
                "table (self, utf8) -> i64; error: sentinel -1; testable",
            ),
        ],
    );
    // That a NUL follows is not promised.
    let said = answer(
        Path::new(RIVET),
        &[
            "-X",
            "typed=check",
            "-c",
            "import text; print(text.terminated('four'))",
        ],
        built(),
    );
    assert!(
        said.starts_with("4\n--- stderr\ntyped=check: terminated(utf8) -> u64: <string>:1 in <module>: for ('four') the native function gave int "),
        "{said}"
    );
}

/// Buffers stay as they are while C has their addresses, and are given back.
#[test]
fn buffers_are_borrowed() {
    let flags: [&[&str]; 6] = [
        &[],
        &["-X", "jit=off"],
        &["-X", "jit=eager"],
        &["-X", "typed=off"],
        &["-X", "typed=check"],
        &["-X", "gc=stress:50"],
    ];
    same_program("buffers.py", &flags);
    same_program("borrowed.py", &flags);
    let text = listing(&["buffers.so"], ".");
    let wanted = [
        (
            "sum",
            "table (buffer<f64>) -> f64; error: never; leaf testable",
        ),
        (
            "bytes",
            "table (buffer<u8>) -> u64; error: never; leaf testable",
        ),
        (
            "longs",
            "table (buffer<i64>) -> i64; error: never; leaf testable",
        ),
        (
            "fill",
            "table (wbuffer<i32>, i32) -> void; error: nonzero status",
        ),
        (
            "dot",
            "table (buffer<f64>, buffer<f32>, wbuffer<f64>) -> f64; error: never; leaf",
        ),
        (
            "after",
            "table (wbuffer<u8>, object) -> u64; error: sentinel -1",
        ),
        (
            "pure",
            "- entry 6: a pure function cannot take a buffer, whose contents others may write",
        ),
        (
            "result",
            "- entry 7: the result cannot be memory without an owner",
        ),
        ("nested", "- entry 8: parameter 1: unknown type code 79"),
    ];
    expect(&text, &wanted);
}

#[test]
fn bad_requests() {
    let folder = built();
    for (args, wanted) in [
        (
            &["typed"][..],
            "--- stderr\nrivet typed: no module given (rivet typed --help)\n--- exit 2\n",
        ),
        (
            &["typed", "--what", "x.so"],
            "--- stderr\nrivet typed: unknown option --what\n--- exit 2\n",
        ),
        (
            &["-X", "typed=perhaps", "-c", "1"],
            "--- stderr\nrivet: unknown option -X typed=perhaps (off, on, check)\n--- exit 2\n",
        ),
    ] {
        assert_eq!(answer(Path::new(RIVET), args, folder), wanted);
    }
    let missing = answer(Path::new(RIVET), &["typed", "no_such.so"], folder);
    assert!(
        missing.contains("ImportError: ") && missing.ends_with("--- exit 1\n"),
        "{missing}"
    );
}
