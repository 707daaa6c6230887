//! Compiles CPython 3.11's whole library and compares names, counts and flags of every code object with
//! CPython's compiler. Does nothing where there is no CPython 3.11.

mod support;

use rivet_compile::{Code, LocalKind, Mode, compile, deserialize, dis, serialize, verify};
use std::collections::HashMap;
use support::{library, nested, options, python};

const SUMMARY: &str = r"
import sys, warnings
warnings.simplefilter('ignore')
def walk(c, out):
    names = [','.join(n) for n in (c.co_varnames, c.co_freevars, c.co_cellvars)]
    numbers = [c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_flags]
    out.append('|'.join([c.co_qualname, str(c.co_firstlineno)] + names + list(map(str, numbers))))
    for k in c.co_consts:
        if hasattr(k, 'co_code'):
            walk(k, out)
for path in sys.argv[1:]:
    try:
        text = open(path, 'rb').read().decode()
    except UnicodeDecodeError:
        continue
    print('==' + path)
    try:
        code = compile(text, path, 'exec', dont_inherit=True)
    except SyntaxError as e:
        print('error|' + e.msg)
        continue
    out = []
    walk(code, out)
    print('\n'.join(sorted(out)))
";

fn summary(code: &Code, out: &mut Vec<String>) {
    let flag = |f: u32| usize::from(code.flags & f != 0);
    let nargs = (code.argcount + code.kwonlyargcount) as usize + flag(4) + flag(8);
    let vars = code
        .locals
        .iter()
        .enumerate()
        .filter(|(i, l)| l.kind == LocalKind::Local || *i < nargs);
    let vars: Vec<&str> = vars.map(|(_, l)| l.name.as_str()).collect();
    let kind = |k| {
        let found = code
            .locals
            .iter()
            .filter(|l| l.kind == k)
            .map(|l| l.name.as_str());
        found.collect::<Vec<_>>().join(",")
    };
    out.push(format!(
        "{}|{}|{}|{}|{}|{}|{}|{}|{}",
        code.qualname,
        code.first_line,
        vars.join(","),
        kind(LocalKind::Free),
        kind(LocalKind::Cell),
        code.argcount,
        code.posonlyargcount,
        code.kwonlyargcount,
        code.flags
    ));
    nested(code).for_each(|c| summary(c, out));
}

/// Compiles one file; its summary, or the error's message.
fn compiled(path: &str) -> Option<String> {
    let text = String::from_utf8(std::fs::read(path).ok()?).ok()?;
    match compile(&text, &options(Mode::Exec)) {
        Err(e) => Some(format!("error|{}", e.message)),
        Ok((code, _)) => {
            verify(&code).unwrap_or_else(|e| panic!("{path}: {e}"));
            let again =
                deserialize(&serialize(&code)).unwrap_or_else(|| panic!("{path}: not read back"));
            assert_eq!(dis(&again), dis(&code), "{path}");
            let mut out = Vec::new();
            summary(&code, &mut out);
            out.sort();
            Some(out.join("\n"))
        }
    }
}

#[test]
fn library_compiles_as_in_cpython() {
    let files: Vec<String> = library().iter().map(|p| p.display().to_string()).collect();
    let mut differing = Vec::new();
    for chunk in files.chunks(200) {
        let Some(output) = python(SUMMARY, chunk) else {
            return;
        };
        let mut expected: HashMap<&str, String> = HashMap::new();
        for part in output.split("==/").skip(1) {
            let (path, rest) = part.split_once('\n').unwrap_or((part, ""));
            expected.insert(path, rest.trim_end().to_owned());
        }
        for path in chunk {
            let Some(want) = expected.get(&path[1..]) else {
                continue;
            };
            if compiled(path).as_deref() != Some(want) {
                differing.push(path.clone());
            }
        }
    }
    assert!(differing.is_empty(), "{differing:#?}");
}
