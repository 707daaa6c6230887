//! The command line with bad input: messages and exit codes as CPython's, compared live.

mod common;

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};

/// What of the answer must agree.
#[derive(Clone, Copy)]
enum Match {
    /// Output, errors and exit code.
    Whole,
    /// The exit code and the first line of the errors; the rest (usage text) is each one's own.
    Head,
}
use Match::{Head, Whole};

const FILES: &[(&str, &[u8])] = &[
    ("latin.py", b"x = '\xe9'\nprint(x)\n"),
    ("latin_comment.py", b"# caf\xe9\nprint(1)\n"),
    (
        "latin_cookie.py",
        b"# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))\n",
    ),
    ("bad_cookie.py", b"# coding: no-such-codec\nprint(1)\n"),
    ("bom.py", b"\xef\xbb\xbfprint('bom')\n"),
    (
        "bom_cookie.py",
        b"\xef\xbb\xbf# coding: latin-1\nprint(1)\n",
    ),
    ("nul.py", b"print(1)\nx = '\0'\n"),
    ("empty.py", b""),
    ("blank.py", b"\n\n   \n# only a comment"),
    ("no_newline.py", b"print('no newline at the end')"),
    ("crlf.py", b"if 1:\r\n    print('crlf')\r\nprint('end')\r\n"),
    ("form_feed.py", b"\x0cprint('form feed')\n"),
    ("syntax.py", b"def f():\n    return 1 +\n"),
    ("indent.py", b"if 1:\nprint(1)\n"),
    ("tabs.py", b"if 1:\n        x = 1\n\ty = 2\n"),
    ("unclosed.py", b"x = (1,\n     2\n"),
    ("exit3.py", b"raise SystemExit(3)\n"),
    ("exit_text.py", b"import sys\nsys.exit('gone')\n"),
    ("exit_big.py", b"raise SystemExit(256 + 7)\n"),
    ("error.py", b"def f(x):\n    return 1 / x\n\nf(0)\n"),
    ("argv.py", b"import sys\nprint(sys.argv)\n"),
    (
        "folder_main/__main__.py",
        b"import sys\nprint('main of a folder', sys.argv)\n",
    ),
    ("folder_empty/readme.txt", b"nothing\n"),
    ("pkg/__init__.py", b""),
];

const CASES: &[(&str, &[&str], Match)] = &[
    ("missing script", &["no_such_file.py"], Whole),
    (
        "missing script in a missing folder",
        &["no/such/file.py"],
        Whole,
    ),
    ("folder without __main__", &["folder_empty"], Whole),
    ("folder with __main__", &["folder_main", "arg"], Whole),
    ("file used as a folder", &["empty.py/x.py"], Whole),
    ("not UTF-8", &["latin.py"], Whole),
    ("not UTF-8 in a comment", &["latin_comment.py"], Whole),
    ("coding cookie", &["latin_cookie.py"], Whole),
    ("unknown coding", &["bad_cookie.py"], Whole),
    ("byte order mark", &["bom.py"], Whole),
    (
        "byte order mark against the cookie",
        &["bom_cookie.py"],
        Whole,
    ),
    ("NUL in the source", &["nul.py"], Head),
    ("empty file", &["empty.py"], Whole),
    ("blank file", &["blank.py"], Whole),
    ("no final newline", &["no_newline.py"], Whole),
    ("CRLF", &["crlf.py"], Whole),
    ("form feed", &["form_feed.py"], Whole),
    ("syntax error", &["syntax.py"], Whole),
    ("indentation error", &["indent.py"], Whole),
    ("tabs and spaces", &["tabs.py"], Whole),
    ("unclosed bracket", &["unclosed.py"], Whole),
    ("exit code", &["exit3.py"], Whole),
    ("exit text", &["exit_text.py"], Whole),
    ("exit code beyond a byte", &["exit_big.py"], Whole),
    ("uncaught error", &["error.py"], Whole),
    ("arguments", &["argv.py", "-x", "--", "a b", ""], Whole),
    (
        "-c arguments",
        &["-c", "import sys; print(sys.argv)", "-c", "1"],
        Whole,
    ),
    ("-c error", &["-c", "1/0"], Whole),
    ("-c syntax error", &["-c", "x ="], Whole),
    ("-c without text", &["-c"], Head),
    ("-c with nothing in it", &["-c", ""], Whole),
    ("-m missing", &["-m", "no_such_module_here"], Whole),
    ("-m package without __main__", &["-m", "pkg"], Whole),
    ("-m with a missing parent", &["-m", "pkg.nothing"], Whole),
    ("-m without a name", &["-m"], Head),
    ("unknown option", &["-z"], Head),
    ("unknown long option", &["--no-such-option"], Head),
    ("isolated", &["-I", "argv.py"], Whole),
    (
        "grouped options",
        &[
            "-Bsc",
            "import sys; print(sys.flags.dont_write_bytecode, sys.flags.no_user_site)",
        ],
        Whole,
    ),
    (
        "bad warning filter",
        &["-W", "nonsense", "-c", "print(1)"],
        Whole,
    ),
    ("standard input as the script", &["-"], Whole),
    (
        "-O takes asserts out",
        &["-O", "-c", "assert 0; print(__debug__)"],
        Whole,
    ),
    (
        "-OO takes docstrings out",
        &["-OO", "-c", "def f(): 'doc'\nprint(f.__doc__)"],
        Whole,
    ),
    (
        "missing code page is no excuse",
        &["-E", "-s", "-c", "print('é')"],
        Whole,
    ),
];

/// Cases known not to match CPython yet (the table only shrinks; a listed case that passes says so).
const KNOWN: &[&str] = &[];

fn main() {
    let args = Arguments::from_args();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("badinput");
    if let Err(error) = lay_out(&folder) {
        panic!("{}: {error}", folder.display());
    }
    let trials = CASES.iter().map(|(name, words, kind)| {
        let folder = folder.clone();
        Trial::test(*name, move || {
            match (check(&folder, words, *kind), KNOWN.contains(name)) {
                (Err(_), true) => Ok(()),
                (Ok(()), true) => Err("unexpected pass: take it off KNOWN".into()),
                (result, false) => result,
            }
        })
    });
    libtest_mimic::run(&args, trials.collect()).exit();
}

fn lay_out(folder: &Path) -> std::io::Result<()> {
    for (name, content) in FILES {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, content)?;
    }
    Ok(())
}

fn check(folder: &Path, words: &[&str], kind: Match) -> Result<(), Failed> {
    let answer = |program: &Path| {
        let text = common::answer(program, words, folder);
        // Messages open with the command's own name.
        let text = text.replace(&*program.to_string_lossy(), "python");
        match kind {
            Whole => text,
            Head => head(&text),
        }
    };
    let expected = answer(&common::cpython());
    Ok(common::compare(
        &expected,
        &answer(Path::new(common::RIVET)),
    )?)
}

/// The first line of the errors, and the end.
fn head(text: &str) -> String {
    let errors = text
        .split_once("--- stderr\n")
        .map_or("", |(_, errors)| errors);
    let mut lines = errors.lines();
    let first = lines.next().unwrap_or_default();
    format!("{first}\n{}\n", lines.last().unwrap_or_default())
}
