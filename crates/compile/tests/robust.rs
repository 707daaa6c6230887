//! Inputs made to break things: nesting, size, corrupt caches.

mod support;

use rivet_compile::{ErrorClass, Mode, compile, deserialize, serialize};
use support::{module, options};

fn error(source: &str) -> (ErrorClass, String) {
    match compile(source, &options(Mode::Exec)) {
        Ok(_) => panic!("compiled: {}", &source[..source.len().min(60)]),
        Err(e) => (e.class, e.message),
    }
}

#[test]
fn pathological_nesting_is_an_error() {
    let n = 10_000;
    let parentheses = format!("{}{}", "(".repeat(n), ")".repeat(n));
    assert_eq!(error(&parentheses).1, "too many nested parentheses");
    let recursive = [
        format!("x = {}1", "1+".repeat(100_000)),
        format!("x = {}1", "-".repeat(50_000)),
        format!("x = {}1", "not ".repeat(50_000)),
        format!("x = a{}", ".b".repeat(50_000)),
        format!("x = a{}", "()".repeat(50_000)),
        format!("x = a{}", "[0]".repeat(50_000)),
        format!("x = {}1", "lambda: ".repeat(20_000)),
        format!("x = {}1", "a if b else ".repeat(20_000)),
        format!("x = {}1", "2 ** ".repeat(50_000)),
        format!("x = {}1", "1+".repeat(2_000_000)),
    ];
    for source in recursive {
        let (class, message) = error(&source);
        assert_eq!(class, ErrorClass::Recursion, "{message}");
    }
    let indented: String = (0..150)
        .map(|i| format!("{}if x:\n", " ".repeat(i)))
        .collect();
    assert_eq!(error(&indented).1, "too many levels of indentation");
    let blocks: String = (0..30)
        .map(|i| format!("{}while x:\n", " ".repeat(i)))
        .collect();
    let blocks = format!("{blocks}{}pass\n", " ".repeat(30));
    assert_eq!(error(&blocks).1, "too many statically nested blocks");
}

#[test]
fn long_but_flat_sources_compile() {
    module(&format!("x = [{}]", "1, ".repeat(70_000)));
    module(&format!("x = ({})", "'a' ".repeat(20_000)));
    module(&format!("x = {}1", "1 + ".repeat(900)));
    module(&format!("if x: pass\n{}", "elif x: pass\n".repeat(3_000)));
    module(&format!("x = a{}", " or a".repeat(20_000)));
    module(&"x = 1\n".repeat(20_000));
}

#[test]
fn far_jumps_are_reached() {
    let body = "    y = f(x, x, x)\n".repeat(12_000);
    let code = module(&format!(
        "def g(a, b):\n  for x in a:\n{body}  while a < b:\n{body}  return y\n"
    ));
    let inner = support::nested(&code).next().expect("function");
    assert!(inner.insns.len() > 0x10000);
}

#[test]
fn too_many_names_is_an_error() {
    let source: String = (0..66_000).map(|i| format!("x{i}\n")).collect();
    assert_eq!(error(&source).1, "too many names or constants");
}

#[test]
fn corrupt_caches_are_refused() {
    let source = "def f(a, *b, c=1):\n  try:\n    return [x for x in a if x is not None]\n  finally:\n    print(f'{c!r:>3}')\n";
    let bytes = serialize(&module(source));
    assert!(deserialize(&bytes).is_some());
    for n in 0..bytes.len() {
        assert!(deserialize(&bytes[..n]).is_none());
    }
    let mut seed = 12345u64;
    for _ in 0..20_000 {
        let mut bad = bytes.clone();
        for _ in 0..3 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (seed >> 33) as usize % bad.len();
            bad[at] = (seed >> 20) as u8;
        }
        // Must not panic; what is accepted has passed the verifier.
        let _ = deserialize(&bad);
    }
}

#[test]
fn odd_input_does_not_panic() {
    let pieces = [
        "def f(", "x", "(", ")", "[", "]", "{", "}", ":", "\n", "    ", "if ", "else", "for ",
        " in ", "'", "\"\"\"", "f'{", "}'", "=", ":=", "*", "**", "lambda ", "1", "0x", "é", "\t",
        "\\", "#", "async ", "await ", "yield ", ",", ".", "@", "class A", "try:", "except ",
        "finally:", "with ", "as ", "match x:", "case ", "_", "return ", "del ", "global x", ";",
        "not ", "import ", "from ", "!", "\u{feff}", "\u{0}", "->", "type ", "...",
    ];
    let mut seed = 42u64;
    for _ in 0..30_000 {
        let mut source = String::new();
        for _ in 0..12 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            source.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        for mode in [Mode::Exec, Mode::Eval, Mode::Single] {
            if let Ok((code, _)) = compile(&source, &options(mode)) {
                rivet_compile::verify(&code).unwrap_or_else(|e| panic!("{source:?}: {e}"));
            }
        }
    }
}
