//! Compiles files and prints disassembly (`dis`), a summary of code objects (`sum`), or nothing but errors (`check`).
use rivet_compile::*;
use std::io::Write;

fn summary(code: &Code, out: &mut Vec<String>) {
    let n = |f: u32| u32::from(code.flags & f != 0);
    let nargs = (code.argcount + code.kwonlyargcount + n(4) + n(8)) as usize;
    let vars: Vec<&str> = code
        .locals
        .iter()
        .enumerate()
        .filter(|(i, l)| l.kind == LocalKind::Local || *i < nargs)
        .map(|(_, l)| l.name.as_str())
        .collect();
    let of = |k| code.locals.iter().filter(|l| l.kind == k).map(|l| l.name.as_str()).collect::<Vec<_>>().join(",");
    out.push(format!(
        "{}|{}|{}|{}|{}|{}|{}|{}|{:#x}",
        code.qualname,
        code.first_line,
        vars.join(","),
        of(LocalKind::Free),
        of(LocalKind::Cell),
        code.argcount,
        code.posonlyargcount,
        code.kwonlyargcount,
        code.flags
    ));
    for c in &code.consts {
        if let Const::Code(c) = c {
            summary(c, out);
        }
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let stdout = std::io::stdout();
    let mut stdout = std::io::BufWriter::new(stdout.lock());
    for path in args {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let mode = if what == "eval" { Mode::Eval } else { Mode::Exec };
        let options = Options {
            mode,
            filename: path.clone(),
            optimize: 0,
            future_flags: 0,
            allow_top_level_await: false,
        };
        if what == "cases" {
            let line = match std::panic::catch_unwind(|| compile(&text, &options)) {
                Ok(Ok((code, _))) => verify(&code).map_or_else(|e| format!("VERIFY {e}"), |()| "OK".to_owned()),
                Ok(Err(e)) => format!(
                    "{}|{}|{}|{}|{}|{}",
                    match e.class {
                        ErrorClass::Syntax => "SyntaxError",
                        ErrorClass::Indentation => "IndentationError",
                        ErrorClass::Tab => "TabError",
                        ErrorClass::Recursion => "Other",
                    },
                    e.message,
                    e.line,
                    e.offset,
                    e.end_line,
                    e.end_offset
                ),
                Err(_) => "PANIC".to_owned(),
            };
            let _ = writeln!(stdout, "{path}\t{}", line.replace('\n', " "));
            continue;
        }
        let _ = writeln!(stdout, "== {path}");
        match compile(&text, &options) {
            Ok((code, warnings)) => {
                if let Err(e) = verify(&code) {
                    let _ = writeln!(stdout, "VERIFY {e}");
                }
                if deserialize(&serialize(&code)).as_ref().map(dis) != Some(dis(&code)) {
                    let _ = writeln!(stdout, "SERIAL differs");
                }
                match what.as_str() {
                    "sum" => {
                        let mut out = Vec::new();
                        summary(&code, &mut out);
                        out.sort();
                        for line in out {
                            let _ = writeln!(stdout, "{line}");
                        }
                    }
                    "check" => {}
                    _ => {
                        let _ = write!(stdout, "{}", dis(&code));
                        for w in warnings {
                            let _ = writeln!(stdout, "{w:?}");
                        }
                    }
                }
            }
            Err(e) => {
                let _ = writeln!(stdout, "ERROR {e:?}");
            }
        }
    }
}
