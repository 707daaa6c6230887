//! The interactive prompt: line editing and history by rustyline; compilation by `codeop`, so that continuation
//! lines work as in CPython.

use rivet_vm::exceptions::PyResult;
use rivet_vm::name;
use rivet_vm::object::attr::{find_attr, get_attr};
use rivet_vm::object::call::{call, call_method};
use rivet_vm::types::str;
use rivet_vm::value::Value;
use std::io::IsTerminal;

/// Reads and runs statements until the end of input, in the namespace of `__main__`.
pub fn run(main: Value) -> PyResult<()> {
    let codeop = rivet_vm::import::import_module("codeop")?;
    let compiler = call(get_attr(codeop, name!("CommandCompiler"))?, &[])?;
    let namespace = get_attr(main, name!("__dict__"))?;
    let sys = rivet_vm::import::import_module("sys")?;
    for (n, p) in [(name!("ps1"), ">>> "), (name!("ps2"), "... ")] {
        if find_attr(sys, n)?.is_none() {
            rivet_vm::object::attr::set_attr(sys, n, Some(str::new(p)?))?;
        }
    }
    let mut lines = Lines::new();
    let mut buffer = String::new();
    loop {
        let which = if buffer.is_empty() {
            name!("ps1")
        } else {
            name!("ps2")
        };
        let prompt = match find_attr(sys, which)? {
            Some(p) => rivet_vm::object::protocol::str(p)?
                .to_string_lossy()
                .into_owned(),
            None => String::new(),
        };
        match lines.read(&prompt) {
            Line::Text(line) => {
                if !buffer.is_empty() {
                    buffer.push('\n');
                }
                buffer.push_str(&line);
            }
            Line::Interrupted => {
                buffer.clear();
                eprintln!("\nKeyboardInterrupt");
                continue;
            }
            Line::End => return Ok(()),
        }
        let done = match execute(compiler, namespace, &buffer) {
            Ok(done) => done,
            Err(raised) => {
                if let Some(code) = crate::run::report(raised) {
                    return Err(exit_again(code));
                }
                true
            }
        };
        if done {
            buffer.clear();
        }
    }
}

fn exit_again(code: Value) -> rivet_vm::exceptions::Raised {
    rivet_vm::exceptions::restore(code)
}

/// Compiles and runs the text so far; false if more lines are needed.
fn execute(compiler: Value, namespace: Value, text: &str) -> PyResult<bool> {
    let code = call(
        compiler,
        &[str::new(text)?, str::new("<stdin>")?, str::new("single")?],
    )?;
    if code.is_none() {
        return Ok(false);
    }
    let exec = rivet_vm::runtime::builtins()
        .get_str("exec")
        .unwrap_or(Value::NONE);
    call(exec, &[code, namespace])?;
    let sys = rivet_vm::import::import_module("sys")?;
    if let Some(out) = find_attr(sys, name!("stdout"))? {
        call_method(out, name!("flush"), &[])?;
    }
    Ok(true)
}

enum Line {
    Text(String),
    Interrupted,
    End,
}

/// A source of lines: an editor on a terminal, plain reading otherwise.
enum Lines {
    Editor(Box<rustyline::DefaultEditor>, Option<std::path::PathBuf>),
    Plain,
}

impl Lines {
    fn new() -> Lines {
        if !std::io::stdin().is_terminal() {
            return Lines::Plain;
        }
        match rustyline::DefaultEditor::new() {
            Ok(mut e) => {
                let history = std::env::var_os("HOME")
                    .map(|h| std::path::Path::new(&h).join(".rivet_history"));
                if let Some(h) = &history {
                    let _ = e.load_history(h);
                }
                Lines::Editor(Box::new(e), history)
            }
            Err(_) => Lines::Plain,
        }
    }

    fn read(&mut self, prompt: &str) -> Line {
        match self {
            Lines::Editor(e, history) => match e.readline(prompt) {
                Ok(line) => {
                    let _ = e.add_history_entry(line.as_str());
                    if let Some(h) = history {
                        let _ = e.save_history(h);
                    }
                    Line::Text(line)
                }
                Err(rustyline::error::ReadlineError::Interrupted) => Line::Interrupted,
                Err(_) => Line::End,
            },
            Lines::Plain => {
                use std::io::Write;
                print!("{prompt}");
                let _ = std::io::stdout().flush();
                let mut line = String::new();
                match std::io::stdin().read_line(&mut line) {
                    Ok(n) if n > 0 => Line::Text(line.trim_end_matches(['\n', '\r']).to_owned()),
                    _ => Line::End,
                }
            }
        }
    }
}
