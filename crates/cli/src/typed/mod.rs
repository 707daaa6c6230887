//! `rivet typed`: which of an extension's callables have native signatures, and why the others have none; the same as
//! data and as stubs; and a run of tests with the signatures checked.
//!
//! `tool.py` has what deals with the import system, `inspect` and `unittest`; what is known of the callables comes from
//! `rivet_capi::typed`.

mod check;
mod json;
mod listing;

use rivet_capi::typed::{Report, describe};
use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::name;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::call::{call, call_method};
use rivet_vm::object::protocol::{collect, get_item};
use rivet_vm::runtime;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::value::{Gc, Value};

/// `rivet typed --help`
pub const HELP: &str = "\
usage: rivet typed [--json | --stub[=FOLDER]] MODULE ...
       rivet typed --check MODULE TEST ...

Lists the functions and methods that extension modules define: the calling convention of the wrapper; then where its
native signature is declared (`table` or `flag`), the signature, the error convention and the effects, or the reason
why there is none.

MODULE is the file of an extension module, the folder of a package, or a name to import. Of a package all extension
modules are listed; the Python code of its other modules is not run.

--json           the same as data; docs/toolkit/inspection.md has the schema
--stub[=FOLDER]  writes a stub (.pyi) of each module below FOLDER (default: the current one), typed by the native
                 signatures and __text_signature__; what neither tells is Any. --stub=- prints instead
--check          runs the tests with `-X typed=check`: native functions that are pure or testable are compared with
                 their wrappers, promised effects are watched. A TEST is a file (a script, or one with unittest
                 classes), a folder of tests, or a module's or test's dotted name. At the end it says for each
                 native signature whether it was compared, called or never reached

Exit code: 0; 1 if a module (of a package: all of them) cannot be loaded, with --check if a result disagreed, a promise was broken, a declaration
is refused, or a test failed; 2 if the command line is wrong.";

/// What is done with the modules.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A listing for people.
    List,
    /// A listing for programs.
    Json,
    /// Stubs, below this folder.
    Stub(String),
    /// Tests are run and their calls checked.
    Check(Vec<String>),
}

/// What `rivet typed` is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Files, folders and names.
    pub modules: Vec<String>,
    /// What is done with them.
    pub action: Action,
}

/// Reads the arguments after `typed`; None: print the help.
pub fn parse(args: &[String]) -> Result<Option<Request>, String> {
    let mut action: Option<(&str, Action)> = None;
    let mut words = Vec::new();
    let mut options = true;
    for a in args {
        let (name, value) = match a.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (a.as_str(), None),
        };
        let chosen = match (options, name, value) {
            (true, "--", None) => {
                options = false;
                continue;
            }
            (true, "-h" | "--help", None) => return Ok(None),
            (true, "--json", None) => Action::Json,
            (true, "--stub", folder) => Action::Stub(folder.unwrap_or(".").to_owned()),
            (true, "--check", None) => Action::Check(Vec::new()),
            (true, _, _) if a.starts_with('-') => {
                return Err(format!("rivet typed: unknown option {a}"));
            }
            _ => {
                words.push(a.clone());
                continue;
            }
        };
        match &action {
            Some((other, _)) if *other != name => {
                return Err(format!(
                    "rivet typed: {other} and {name} exclude each other"
                ));
            }
            _ => action = Some((name, chosen)),
        }
    }
    if words.is_empty() {
        return Err("rivet typed: no module given (rivet typed --help)".into());
    }
    let action = match action {
        Some((_, Action::Check(_))) => {
            let tests = words.split_off(1);
            if tests.is_empty() {
                return Err("rivet typed: --check needs tests to run (rivet typed --help)".into());
            }
            Action::Check(tests)
        }
        Some((_, action)) => action,
        None => Action::List,
    };
    Ok(Some(Request {
        modules: words,
        action,
    }))
}

/// Does what is asked for; the exit code.
pub fn run(request: &Request) -> PyResult<i64> {
    let tool = Tool::load()?;
    let mut modules = Vec::new();
    let mut failed = false;
    for word in &request.modules {
        let found = modules.len();
        tool.modules(word, &mut modules)?;
        // Single modules of a package may be for another platform.
        failed |= modules[found..].iter().all(|m| m.error);
    }
    match &request.action {
        Action::List => modules
            .iter()
            .try_for_each(|m| tool.write(&listing::text(m)))?,
        Action::Json => tool.write(&json::document(&modules))?,
        Action::Stub(folder) => tool.stubs(&modules, folder)?,
        Action::Check(_) if failed => tool.write(&listing::notes(&modules))?,
        Action::Check(tests) => return check::run(&tool, &request.modules[0], tests),
    }
    Ok(i64::from(failed))
}

/// A module that was asked for, or one of a package that was.
pub struct Listed {
    /// How it is called in listings: the name, or the file as it was given.
    shown: String,
    /// The dotted name.
    name: String,
    /// Its file.
    file: Option<String>,
    /// Why there is nothing to report: it could not be loaded, or has no C code.
    note: Option<String>,
    /// The note tells of an error.
    error: bool,
    /// What it defines.
    report: Report,
}

/// The namespace of `tool.py`.
struct Tool(Gc<Module>);

impl Tool {
    fn load() -> PyResult<Tool> {
        let module = Module::new("rivet_typed")?;
        let b = runtime::builtins();
        module.add("__builtins__", rivet_vm::import::import_module("builtins")?)?;
        let args = [
            str::new(include_str!("tool.py"))?,
            str::new("<rivet typed>")?,
            str::new("exec")?,
            Value::int(0),
            Value::TRUE,
        ];
        let code = call(b.get_str("compile").unwrap_or(Value::NONE), &args)?;
        let exec = b.get_str("exec").unwrap_or(Value::NONE);
        call(exec, &[code, module.dict().value()])?;
        Ok(Tool(module))
    }

    fn call(&self, function: &str, args: &[Value]) -> PyResult<Value> {
        let f = self.0.dict().get_str(function);
        call(f.unwrap_or(Value::NONE), args)
    }

    /// Writes to `sys.stdout`, whose errors are the program's.
    fn write(&self, text: &str) -> PyResult<()> {
        let sys = rivet_vm::import::import_module("sys")?;
        let out = get_attr(sys, name!("stdout"))?;
        call_method(out, name!("write"), &[str::new(text)?]).map(|_| ())
    }

    /// Adds what a word of the command line means.
    fn modules(&self, word: &str, to: &mut Vec<Listed>) -> PyResult<()> {
        let rows = collect(self.call("find", &[str::new(word)?])?)?;
        for &row in rows.iter() {
            let field = |i: i64| get_item(row, Value::int(i));
            let text = |i: i64| PyResult::Ok(optional_text(field(i)?));
            let name = text(1)?.ok_or_else(|| system_error("a module without a name"))?;
            let report = match field(3)?.cast::<Module>() {
                Some(module) => describe(module, &name),
                None => Report::default(),
            };
            to.push(Listed {
                shown: text(0)?.unwrap_or_else(|| name.clone()),
                file: text(2)?,
                note: text(4)?,
                error: field(5)? == Value::TRUE,
                name,
                report,
            });
        }
        Ok(())
    }

    /// Writes the stubs.
    fn stubs(&self, modules: &[Listed], folder: &str) -> PyResult<()> {
        let data = str::new(&json::document(modules))?;
        self.call("write_stubs", &[data, str::new(folder)?])
            .map(|_| ())
    }
}

fn optional_text(v: Value) -> Option<String> {
    v.cast::<Str>().map(|s| s.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let args = |a: &[&str]| parse(&a.iter().map(|s| s.to_string()).collect::<Vec<_>>());
        let asks = |modules: &[&str], action| {
            let modules = modules.iter().map(|s| s.to_string()).collect();
            Ok(Some(Request { modules, action }))
        };
        assert_eq!(args(&["--json", "a.so"]), asks(&["a.so"], Action::Json));
        assert_eq!(args(&["a", "b"]), asks(&["a", "b"], Action::List));
        assert_eq!(
            args(&["a", "--stub=out"]),
            asks(&["a"], Action::Stub("out".into()))
        );
        assert_eq!(
            args(&["--check", "a", "t.py", "u"]),
            asks(&["a"], Action::Check(vec!["t.py".into(), "u".into()]))
        );
        assert_eq!(args(&["--", "--json"]), asks(&["--json"], Action::List));
        assert_eq!(args(&["-h"]), Ok(None));
        for wrong in [
            &[][..],
            &["--what", "a.so"],
            &["--check", "a"],
            &["--json", "--stub", "a"],
            &["--json=x", "a"],
        ] {
            assert!(args(wrong).is_err(), "{wrong:?}");
        }
    }
}
