//! Error messages and places, against what CPython 3.11.7 gives for the same sources.

mod support;

use rivet_compile::{ErrorClass, Mode, compile};
use support::options;

/// Source, message, line, offset.
const SYNTAX: &[(&str, &str, u32, u32)] = &[
    (
        "g() = 7",
        "cannot assign to function call here. Maybe you meant '==' instead of '='?",
        1,
        1,
    ),
    ("p = g() = 7", "cannot assign to function call", 1, 5),
    ("(p, g()) = q", "cannot assign to function call", 1, 5),
    ("None = 7", "cannot assign to None", 1, 1),
    (
        "if p = 7: pass",
        "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
        1,
        4,
    ),
    (
        "g(p.q=7)",
        "expression cannot contain assignment, perhaps you meant \"==\"?",
        1,
        3,
    ),
    (
        "(p.q := 7)",
        "cannot use assignment expressions with attribute",
        1,
        2,
    ),
    (
        "p + q += 7",
        "'expression' is an illegal expression for augmented assignment",
        1,
        1,
    ),
    ("del g()", "cannot delete function call", 1, 5),
    (
        "[7, p q]",
        "invalid syntax. Perhaps you forgot a comma?",
        1,
        5,
    ),
    ("p q", "invalid syntax", 1, 3),
    (
        "print 'p'",
        "Missing parentheses in call to 'print'. Did you mean print(...)?",
        1,
        1,
    ),
    ("if p\n  q", "expected ':'", 1, 5),
    ("(p\nq = 7", "'(' was never closed", 1, 1),
    ("p)", "unmatched ')'", 1, 2),
    (
        "(p]",
        "closing parenthesis ']' does not match opening parenthesis '('",
        1,
        3,
    ),
    (
        "p = 'q",
        "unterminated string literal (detected at line 1)",
        1,
        5,
    ),
    (
        "p = '''q\n",
        "unterminated triple-quoted string literal (detected at line 1)",
        1,
        5,
    ),
    ("p = 7_", "invalid decimal literal", 1, 6),
    ("p = 0o9", "invalid digit '9' in octal literal", 1, 7),
    ("p = $", "invalid syntax", 1, 5),
    ("p = €", "invalid character '€' (U+20AC)", 1, 5),
    (
        "p = \\ q",
        "unexpected character after line continuation character",
        1,
        6,
    ),
    (
        "g(p for p in q, 7)",
        "Generator expression must be parenthesized",
        1,
        3,
    ),
    (
        "g(p=7, q)",
        "positional argument follows keyword argument",
        1,
        9,
    ),
    ("g(p=7, p=8)", "keyword argument repeated: p", 1, 8),
    (
        "def g(p=7, q): pass",
        "non-default argument follows default argument",
        1,
        12,
    ),
    (
        "def g(p, p): pass",
        "duplicate argument 'p' in function definition",
        1,
        10,
    ),
    ("def g(*): pass", "named arguments must follow bare *", 1, 7),
    ("return 7", "'return' outside function", 1, 1),
    ("break", "'break' outside loop", 1, 1),
    ("continue", "'continue' not properly in loop", 1, 1),
    (
        "def g():\n  await p",
        "'await' outside async function",
        2,
        3,
    ),
    ("yield p", "'yield' outside function", 1, 1),
    (
        "def g():\n  global p\n  nonlocal p",
        "name 'p' is nonlocal and global",
        2,
        3,
    ),
    (
        "def g(p):\n  global p",
        "name 'p' is parameter and global",
        2,
        3,
    ),
    (
        "nonlocal p",
        "nonlocal declaration not allowed at module level",
        1,
        1,
    ),
    (
        "def g():\n  nonlocal p",
        "no binding for nonlocal 'p' found",
        2,
        3,
    ),
    (
        "def g():\n  from p import *",
        "import * only allowed at module level",
        2,
        17,
    ),
    (
        "*p = q",
        "starred assignment target must be in a list or tuple",
        1,
        1,
    ),
    (
        "*p, *q = r",
        "multiple starred expressions in assignment",
        1,
        1,
    ),
    (
        "try: p\nexcept: q\nexcept R: s",
        "default 'except:' must be last",
        2,
        1,
    ),
    ("try: p\nq", "expected 'except' or 'finally' block", 2, 1),
    (
        "try: p\nexcept Q, R: s",
        "multiple exception types must be parenthesized",
        2,
        8,
    ),
    (
        "p\nfrom __future__ import annotations",
        "from __future__ imports must occur at the beginning of the file",
        2,
        1,
    ),
    (
        "from __future__ import wishes",
        "future feature wishes is not defined",
        1,
        1,
    ),
    ("f'{p'", "f-string: expecting '}'", 1, 6),
    ("f'{}'", "f-string: empty expression not allowed", 1, 6),
    (
        "f'{p!z}'",
        "f-string: invalid conversion character: expected 's', 'r', or 'a'",
        1,
        9,
    ),
    (
        "match p:\n  case q: pass\n  case 7: pass",
        "name capture 'q' makes remaining patterns unreachable",
        2,
        8,
    ),
    ("type P = int", "invalid syntax", 1, 6),
    ("def g[T](): pass", "expected '('", 1, 6),
];

#[test]
fn messages_and_places() {
    for &(source, message, line, offset) in SYNTAX {
        let e = compile(source, &options(Mode::Exec)).expect_err(source);
        assert_eq!(
            (e.message.as_str(), e.line, e.offset),
            (message, line, offset),
            "{source}"
        );
        assert_eq!(e.class, ErrorClass::Syntax, "{source}");
    }
}

#[test]
fn indentation() {
    let cases = [
        (
            "if p:\nq",
            ErrorClass::Indentation,
            "expected an indented block after 'if' statement on line 1",
        ),
        (
            "def g():\nq",
            ErrorClass::Indentation,
            "expected an indented block after function definition on line 1",
        ),
        ("p\n  q", ErrorClass::Indentation, "unexpected indent"),
        (
            "if p:\n   q\n  r",
            ErrorClass::Indentation,
            "unindent does not match any outer indentation level",
        ),
        (
            "if p:\n\tq\n        r",
            ErrorClass::Tab,
            "inconsistent use of tabs and spaces in indentation",
        ),
    ];
    for (source, class, message) in cases {
        let e = compile(source, &options(Mode::Exec)).expect_err(source);
        assert_eq!((e.class, e.message.as_str()), (class, message), "{source}");
    }
}

#[test]
fn what_more_input_may_complete() {
    for source in [
        "if p:",
        "(p,",
        "'''p",
        "def g():\n",
        "try:\n  p\n",
        "p = \\\n",
        "@p\n",
    ] {
        assert!(
            compile(source, &options(Mode::Exec))
                .expect_err(source)
                .incomplete,
            "{source}"
        );
    }
    for source in ["p q", "p)", "'p", "def 7"] {
        assert!(
            !compile(source, &options(Mode::Exec))
                .expect_err(source)
                .incomplete,
            "{source}"
        );
    }
}

#[test]
fn warnings() {
    let cases = [
        (
            "p is 7",
            "\"is\" with a literal. Did you mean \"==\"?",
            true,
        ),
        (
            "assert (p, 'q')",
            "assertion is always true, perhaps remove parentheses?",
            true,
        ),
        (
            "'p'(q)",
            "'str' object is not callable; perhaps you missed a comma?",
            true,
        ),
        (
            "[p]['q']",
            "list indices must be integers or slices, not str; perhaps you missed a comma?",
            true,
        ),
        ("'\\d \\e'", "invalid escape sequence '\\d'", false),
        ("7or p", "invalid decimal literal", true),
    ];
    for (source, message, syntax) in cases {
        let (_, warnings) = compile(source, &options(Mode::Exec)).expect(source);
        let found: Vec<_> = warnings
            .iter()
            .map(|w| (w.message.as_str(), w.syntax))
            .collect();
        assert_eq!(found, [(message, syntax)], "{source}");
    }
}
