//! `rivet typed`: listings of packages, as data, as stubs; tests run with native signatures checked, and everything a
//! signature can say wrongly.

mod common;
#[path = "common/extension.rs"]
mod extension;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use common::{RIVET, answer, compare, cpython};
use extension::compile;

/// A folder with modules, a package, and tests of them.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("typed_tools");
        let _ = std::fs::remove_dir_all(&out);
        let sources = xtask::root().join("crates/cli/tests/typed");
        for folder in ["pkg/inner/none", "suite"] {
            std::fs::create_dir_all(out.join(folder)).expect("a folder");
        }
        for name in ["stubs", "lies", "bad"] {
            compile(
                &sources.join(format!("{name}.c")),
                &out.join(format!("{name}.so")),
                "-DWHOLE=0",
            );
        }
        let copy = |from: &str, to: &str| {
            std::fs::copy(out.join(from), out.join(to)).expect("room for a copy");
        };
        copy("stubs.so", "pkg/inner/stubs.so");
        copy(
            "stubs.so",
            "pkg/inner/stubs.cpython-312-x86_64-linux-gnu.so",
        );
        copy("lies.so", "pkg/lies.cpython-311-x86_64-linux-gnu.so");
        for (file, text) in FILES {
            std::fs::write(out.join(file), text).expect("room for a file");
        }
        std::fs::copy(sources.join("lies.py"), out.join("lying.py")).expect("room for a copy");
        out
    })
}

const FILES: &[(&str, &str)] = &[
    ("pkg/__init__.py", "VALUE = 1\n"),
    (
        "pkg/inner/__init__.py",
        "from . import stubs\nfrom .stubs import twice, Base\n",
    ),
    (
        "pkg/inner/other.py",
        "raise RuntimeError('must not be run')\n",
    ),
    ("pkg/broken.so", "not an object file"),
    (
        "unit.py",
        "import unittest, lies\n\
         class Same(unittest.TestCase):\n\
         \x20   def test_same(self):\n\
         \x20       self.assertEqual(lies.same(3), 3)\n\
         \x20   def test_call(self):\n\
         \x20       self.assertEqual([*map(lies.same, range(3))], [0, 1, 2])\n",
    ),
    ("suite/test_unit.py", "from unit import *\n"),
    (
        "main.py",
        "import unittest\nfrom unit import *\nif __name__ == '__main__':\n    unittest.main(argv=['x'])\n",
    ),
    (
        "failing.py",
        "import lies\nassert lies.same(1) == 2, 'not two'\n",
    ),
    ("leaving.py", "import sys\nsys.exit('no')\n"),
    (
        "fine.py",
        "import sys, lies\nassert __name__ == '__main__' and sys.argv == [__file__]\nlies.same(2 ** 70)\nsys.exit()\n",
    ),
];

/// What `rivet typed` says: stdout, stderr, how it ended.
fn typed(args: &[&str]) -> (String, String, String) {
    let args: Vec<&str> = ["typed"].iter().chain(args).copied().collect();
    let said = answer(Path::new(RIVET), &args, built());
    let (out, rest) = said.split_once("--- stderr\n").expect("the mark");
    let (err, end) = rest.rsplit_once("--- ").expect("the mark");
    (out.to_owned(), err.to_owned(), end.trim().to_owned())
}

#[test]
fn packages_are_walked() {
    let lines = |out: &str| -> Vec<String> {
        let heads = out.lines().filter(|l| !l.starts_with(' '));
        heads.map(str::to_owned).collect()
    };
    let wanted = [
        "pkg.broken: ImportError: ",
        "pkg.inner.stubs: 3 of 14 callables are typed",
        "pkg.lies: 14 of 14 callables are typed",
    ];
    for word in ["pkg", "./pkg"] {
        let (out, err, end) = typed(&[word]);
        let got = lines(&out);
        assert_eq!(got.len(), wanted.len(), "{out}");
        for (got, wanted) in got.iter().zip(wanted) {
            assert!(got.starts_with(wanted), "{out}");
        }
        assert_eq!((err.as_str(), end.as_str()), ("", "exit 0"));
    }
    for (word, said, end) in [
        (
            "json",
            "json: a package without extension modules\n",
            "exit 0",
        ),
        (
            "json.decoder",
            "json.decoder: Python code: C defines nothing in it\n",
            "exit 0",
        ),
        (
            "sys",
            "sys: part of the runtime: C defines nothing in it\n",
            "exit 0",
        ),
        (
            "main.py",
            "main.py: Python code: C defines nothing in it\n",
            "exit 0",
        ),
        (
            "no_such",
            "no_such: ModuleNotFoundError: No module named 'no_such'\n",
            "exit 1",
        ),
        (
            "no.such",
            "no.such: ModuleNotFoundError: No module named 'no'\n",
            "exit 1",
        ),
        (
            "pkg.inner.other",
            "pkg.inner.other: Python code: C defines nothing in it\n",
            "exit 0",
        ),
    ] {
        assert_eq!(
            typed(&[word]),
            (said.into(), String::new(), end.into()),
            "{word}"
        );
    }
    let (out, _, end) = typed(&["pkg/broken.so", "pkg/inner/stubs.so"]);
    assert!(
        out.starts_with("pkg/broken.so: ImportError: ") && end == "exit 1",
        "{out}"
    );
    assert!(
        out.contains("\npkg/inner/stubs.so: 3 of 14 callables are typed\n"),
        "{out}"
    );
}

/// The schema of `docs/toolkit/inspection.md`.
#[test]
fn listings_as_data() {
    let (out, err, end) = typed(&["--json", "pkg", "bad.so"]);
    assert_eq!((err.as_str(), end.as_str()), ("", "exit 0"));
    let program = r#"
import json, sys
d = json.loads(sys.argv[1])
assert d["schema"] == 1
by = {m["module"]: m for m in d["modules"]}
assert list(by) == ["pkg.broken", "pkg.inner.stubs", "pkg.lies", "bad"], list(by)
for m in d["modules"]:
    assert list(m) == ["module", "file", "note", "error", "callables", "problems"]
    for c in m["callables"]:
        assert list(c) == ["name", "class", "kind", "convention", "text_signature", "carrier", "signatures", "reason", "wrong"]
        assert (c["carrier"] is None) == (c["signatures"] == []) == (c["reason"] is not None)
broken, stubs = by["pkg.broken"], by["pkg.inner.stubs"]
assert broken["error"] and broken["note"].startswith("ImportError: ") and broken["callables"] == []
assert stubs["file"].endswith("pkg/inner/stubs.so") and not stubs["error"] and stubs["note"] is None
c = {c["name"]: c for c in stubs["callables"]}
assert [s["signature"] for s in c["twice"]["signatures"]] == ["(i64) -> i64", "(f64) -> f64", "(bool) -> bool"]
assert c["twice"]["carrier"] == "table" and c["twice"]["signatures"][0]["effects"] == ["leaf"]
assert c["power"]["signatures"][0] == {
    "signature": "(f64, i64 = 2) -> f64",
    "parameters": [{"name": "base", "type": "f64", "default": None}, {"name": "exponent", "type": "i64", "default": "2"}],
    "result": "f64", "error": "never", "sentinel": None, "effects": ["leaf"]}
assert (c["call_me"]["convention"], c["call_me"]["reason"]) == (
    "stubs.Callable", "a stubs.Callable object: no PyMethodDef leads to it")
assert c["never"]["reason"] == "no signature declared" and not c["never"]["wrong"]
assert (c["Base.make"]["class"], c["Base.make"]["kind"], c["Base.help"]["kind"]) == ("Base", "classmethod", "staticmethod")
assert c["Base.scale"]["text_signature"] == "($self, x, /)"
assert c["Base.scale"]["signatures"][0]["parameters"][0] == {"name": None, "type": "self", "default": None}
lies = {c["name"]: c for c in by["pkg.lies"]["callables"]}
assert (lies["raises_not"]["signatures"][0]["error"], lies["raises_not"]["signatures"][0]["sentinel"]) == ("sentinel", "-1")
bad = {c["name"]: c for c in by["bad"]["callables"]}
assert bad["twice"]["wrong"] and not bad["future"]["wrong"] and not bad["mystery"]["wrong"]
assert len(by["bad"]["problems"]) == 3
print("ok")
"#;
    let got = answer(&cpython(), &["-c", program, &out], built());
    assert_eq!(got, "ok\n--- stderr\n--- exit 0\n", "{out}");
}

const STUB: &str = "\
# Made by `rivet typed --stub` from stubs.so.
import builtins as _builtins
from typing import Any, Self, final, overload

@overload
def twice(x: _builtins.int, /) -> _builtins.int: ...
@overload
def twice(x: float, /) -> float: ...
def never(arg: Any, /) -> Any: ...
def power(base: float, exponent: _builtins.int = 2) -> float: ...
def untyped(*args: Any, **kwargs: Any) -> Any: ...
def known(a: Any, /, b: Any = None, *rest: Any, c: Any = 'x', d: Any = ..., **more: Any) -> Any: ...
def int() -> Any: ...
class Base:
    def __new__(cls, size: Any) -> Self: ...
    def scale(self, x: float, /) -> float: ...
    @classmethod
    def make(cls, arg: Any, /) -> Any: ...
    @staticmethod
    def help() -> Any: ...
    def str(self) -> Any: ...
    def __reduce__(self, *args: Any, **kwargs: Any) -> Any: ...
    size: Any
    def __hash__(self) -> _builtins.int: ...
    def __lt__(self, other: Any, /) -> Any: ...
    def __le__(self, other: Any, /) -> Any: ...
    def __eq__(self, other: object, /) -> Any: ...
    def __ne__(self, other: object, /) -> Any: ...
    def __gt__(self, other: Any, /) -> Any: ...
    def __ge__(self, other: Any, /) -> Any: ...
    def __len__(self) -> _builtins.int: ...
@final
class Derived(Base):
    def scale(self, *args: Any, **kwargs: Any) -> Any: ...
class Error(ValueError):
    ...
def call_me(*args: Any, **kwargs: Any) -> Any: ...
LIMIT: _builtins.int
NAMES: list[Any]
__version__: _builtins.str
";

fn same_stub(got: &str) {
    if let Err(difference) = compare(STUB, got) {
        panic!("{difference}");
    }
}

#[test]
fn stubs_are_python() {
    let (out, err, end) = typed(&["--stub=-", "stubs.so"]);
    assert_eq!((err.as_str(), end.as_str()), ("", "exit 0"));
    same_stub(&out);
    let (out, _, end) = typed(&["--stub=made", "pkg"]);
    assert_eq!(end, "exit 0");
    assert!(
        out.ends_with("wrote made/pkg/inner/stubs.pyi\nwrote made/pkg/lies.pyi\n"),
        "{out}"
    );
    let made = std::fs::read_to_string(built().join("made/pkg/inner/stubs.pyi"));
    same_stub(&made.expect("it was written"));
    let program = "import ast; ast.parse(open('made/pkg/inner/stubs.pyi').read()); print('ok')";
    assert_eq!(
        answer(&cpython(), &["-c", program], built()),
        "ok\n--- stderr\n--- exit 0\n"
    );
}

const LIES: &str = "\
one_off(i64) -> i64: lying.py:6 in call: for (5) the native function gave int 1, the wrapper int 0
raises_not(i64) -> i64: lying.py:6 in call: for (3) the native function gave int 3, the wrapper ValueError: not 3
minus_zero(f64) -> f64: lying.py:6 in call: for (0.0) the native function gave float -0.0, the wrapper float 0.0
leaf_raises(i64) -> i64: lying.py:6 in call: it is declared leaf, but called PyErr_SetString (ValueError: thirteen)
raises_unsaid(i64) -> i64: lying.py:6 in call: it is declared to raise nothing, but left an exception pending (ValueError: thirteen)
odd_result(i64) -> i64: lying.py:6 in call: its result means no error, but an exception is pending (ValueError: thirteen)
leaf_calls(i64) -> i64: lying.py:6 in call: it is declared leaf, but called PyLong_FromLong
nogil_calls(i64) -> i64: lying.py:6 in call: it is declared nogil, but called PyLong_FromLong
not_pure(i64) -> i64: lying.py:6 in call: it is declared pure, but gave int 0, then int 1
object(object) -> object: lying.py:6 in call: for ('text') the native function gave str \"'text'\", the wrapper str 'text'
one_off(i64) -> i64: lying.py:24 in <module>: for (5) the native function gave int 1, the wrapper int 0
";

/// Each disagreement and each broken promise is reported with what was seen and where; the program goes on.
#[test]
fn lies_are_reported() {
    for flags in [
        &[][..],
        &["-X", "jit=off"],
        &["-X", "jit=eager"],
        &["-X", "gc=stress:50"],
    ] {
        let args: Vec<&str> = flags
            .iter()
            .copied()
            .chain(["-X", "typed=check", "lying.py"])
            .collect();
        let said = answer(Path::new(RIVET), &args, built());
        let (out, rest) = said.split_once("--- stderr\n").expect("the mark");
        assert!(
            out.ends_with("object '1'\n[0, 0]\n") && rest.ends_with("--- exit 0\n"),
            "{said}"
        );
        assert!(out.contains("leaf_raises ValueError thirteen\n"), "{said}");
        let folder = format!("{}/", built().display());
        let rest = rest.replace(&folder, "");
        let reports: Vec<&str> = rest
            .lines()
            .map(|l| l.strip_prefix("typed=check: ").unwrap_or(l))
            .collect();
        let first: Vec<&str> = LIES.lines().collect();
        assert_eq!(reports[..first.len()], first, "{flags:?}");
        // One entry's reports end after the tenth.
        let rest = &reports[first.len()..];
        assert_eq!(rest.len(), 9, "{rest:?}");
        assert!(
            rest[..7].iter().all(|l| l.ends_with(
                "lying.py:29 in loop: for (5) the native function gave int 1, the wrapper int 0"
            )),
            "{rest:?}"
        );
        assert!(
            rest[7].ends_with("; further ones are counted, not shown"),
            "{rest:?}"
        );
    }
}

const SUMMARY: &str = "\
lies.so:
  one_off         (i64) -> i64        compared: 3005; disagreements: 3002
  raises_not      (i64) -> i64        compared: 1; disagreements: 1
  minus_zero      (f64) -> f64        compared: 1; disagreements: 1
  leaf_raises     (i64) -> i64        called, neither pure nor testable: 2; broken promises: 1
  leaf_calls      (i64) -> i64        compared: 1; broken promises: 1
  nogil_calls     (i64) -> i64        called, neither pure nor testable: 1; broken promises: 1
  nogil_takes_it  (i64) -> i64        called, neither pure nor testable: 1
  raises_unsaid   (i64) -> i64        called, neither pure nor testable: 2; broken promises: 1
  odd_result      (i64) -> i64        called, neither pure nor testable: 2; broken promises: 1
  not_pure        (i64) -> i64        compared: 1; broken promises: 1
  object          (object) -> object  compared: 2; disagreements: 1
  fresh           (i64) -> object     compared: 1
  never_called    (i64) -> i64        never called
  same            (i64) -> i64        compared: 1
signatures: 14, compared: 8, only called: 5, never called: 1; disagreements: 3005, broken promises: 6, refused declarations: 0; tests passed: 1 of 1
";

/// The last line of a check, its stderr, and how it ended.
fn checked(args: &[&str]) -> (String, String, String) {
    let args: Vec<&str> = ["--check"].iter().chain(args).copied().collect();
    let (out, err, end) = typed(&args);
    (out.lines().last().unwrap_or_default().to_owned(), err, end)
}

#[test]
fn checks_end_with_a_summary() {
    let (out, _, end) = typed(&["--check", "lies.so", "lying.py"]);
    assert!(out.ends_with(SUMMARY), "{out}");
    assert_eq!(end, "exit 1");
    // Tests of every kind; what they do not fit is no disagreement.
    let agreed = "signatures: 14, compared: 1, only called: 0, never called: 13; disagreements: 0, broken promises: 0, \
                  refused declarations: 0; tests passed: ";
    for (tests, passed, ran) in [
        (&["unit.py"][..], "1 of 1", "Ran 2 tests"),
        (&["unit"], "1 of 1", "Ran 2 tests"),
        (&["unit.Same.test_call"], "1 of 1", "Ran 1 test"),
        (&["main.py"], "1 of 1", "Ran 2 tests"),
        (&["suite"], "1 of 1", "Ran 2 tests"),
        (&["unit.py", "fine.py"], "2 of 2", "Ran 2 tests"),
    ] {
        for module in ["lies.so", "lies"] {
            let args: Vec<&str> = [module].iter().chain(tests).copied().collect();
            let (last, err, end) = checked(&args);
            assert_eq!(last, format!("{agreed}{passed}"), "{args:?}\n{err}");
            assert!(err.contains(ran) && end == "exit 0", "{args:?}\n{err}{end}");
            assert_eq!(err.matches("Ran ").count(), 1, "{err}");
        }
    }
}

#[test]
fn checks_fail_with_their_tests() {
    for (tests, passed, said) in [
        (
            &["failing.py", "unit.py"][..],
            "1 of 2",
            "AssertionError: not two\n",
        ),
        (&["leaving.py"], "0 of 1", "no\n"),
        (
            &["no_such"],
            "0 of 1",
            "ModuleNotFoundError: No module named 'no_such'\n",
        ),
        (
            &["no_such.py"],
            "0 of 1",
            "FileNotFoundError: no such test: no_such.py\n",
        ),
        (&["pkg"], "0 of 1", "ValueError: there are no tests in it\n"),
    ] {
        let args: Vec<&str> = ["lies.so"].iter().chain(tests).copied().collect();
        let (last, err, end) = checked(&args);
        assert!(
            last.ends_with(&format!("; tests passed: {passed}")),
            "{last}"
        );
        assert!(err.contains(said), "{tests:?}\n{err}");
        assert!(!err.contains("<rivet typed>"), "{tests:?}\n{err}");
        assert_eq!(end, "exit 1");
    }
    // Refused declarations: methods that are none, duplicates, contradictions; not what later versions may say.
    let (out, _, end) = typed(&["--check", "bad.so", "fine.py"]);
    assert_eq!(end, "exit 1");
    assert!(out.contains("\n  ! entry 5: names no method\n"), "{out}");
    assert!(
        out.contains("\n  ! twice: entry 8: the method is declared more than once;"),
        "{out}"
    );
    assert!(!out.contains("future") && !out.contains("mystery"), "{out}");
    assert!(out.contains("refused declarations: "), "{out}");
    for (args, wanted) in [
        (
            &["--check", "lies.so"][..],
            "rivet typed: --check needs tests to run (rivet typed --help)\n",
        ),
        (
            &["--json", "--stub", "lies.so"],
            "rivet typed: --json and --stub exclude each other\n",
        ),
    ] {
        assert_eq!(typed(args), (String::new(), wanted.into(), "exit 2".into()));
    }
    let (out, _, end) = typed(&["--check", "no_such.so", "fine.py"]);
    assert!(
        out.starts_with("no_such.so: ImportError: ") && end == "exit 1",
        "{out}"
    );
}
