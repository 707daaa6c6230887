//! `rivet typed module.so`: which of an extension's callables have native signatures, and why the others have none.

use std::path::Path;

use rivet_capi::typed::{Callable, Carrier, Report, describe};
use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::types::module::Module;
use rivet_vm::value::Value;

/// `rivet typed --help`
pub const HELP: &str = "\
usage: rivet typed [--json] module.so ...

Loads each extension module and lists the functions and methods it defines: the calling convention of
the wrapper; then the carrier (table or flag), signature, error convention and effects of the native
function, or the reason why there is none.";

/// What `rivet typed` is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The files.
    pub paths: Vec<String>,
    /// As JSON.
    pub json: bool,
}

/// Reads the arguments after `typed`; None: print the help.
pub fn parse(args: &[String]) -> Result<Option<Request>, String> {
    let mut r = Request {
        paths: Vec::new(),
        json: false,
    };
    for a in args {
        match a.as_str() {
            "--json" => r.json = true,
            "-h" | "--help" => return Ok(None),
            _ if a.starts_with('-') => return Err(format!("rivet typed: unknown option {a}")),
            _ => r.paths.push(a.clone()),
        }
    }
    if r.paths.is_empty() {
        return Err("rivet typed: no module given (rivet typed --help)".into());
    }
    Ok(Some(r))
}

/// The program that loads one file; leaves the module in `module`.
pub fn loader_program(path: &str) -> String {
    let name = module_name(path);
    format!(
        "import importlib.machinery, importlib.util\n\
         loader = importlib.machinery.ExtensionFileLoader({name:?}, {path:?})\n\
         spec = importlib.util.spec_from_file_location({name:?}, {path:?}, loader=loader)\n\
         module = importlib.util.module_from_spec(spec)\n\
         loader.exec_module(module)\n"
    )
}

fn module_name(path: &str) -> String {
    let file = Path::new(path)
        .file_name()
        .map_or_else(String::new, |f| f.to_string_lossy().into_owned());
    file.split('.').next().unwrap_or_default().to_owned()
}

/// Prints what the loaded module of this file declares.
pub fn print(module: Value, path: &str, json: bool) -> PyResult<()> {
    let module = module
        .cast::<Module>()
        .ok_or_else(|| system_error("the loader gave no module"))?;
    let report = describe(module, &module_name(path));
    if json {
        println!("{}", as_json(path, &report));
    } else {
        print_table(path, &report);
    }
    Ok(())
}

fn print_table(path: &str, report: &Report) {
    let typed = report
        .callables
        .iter()
        .filter(|c| c.carrier.is_some())
        .count();
    println!(
        "{path}: {typed} of {} callables are typed",
        report.callables.len()
    );
    let width = report
        .callables
        .iter()
        .map(|c| c.name.len())
        .max()
        .unwrap_or(0);
    for c in &report.callables {
        match &c.reason {
            Some(reason) => println!("  {:width$}  {:29}  -      {reason}", c.name, c.convention),
            None => print_signatures(c, width),
        }
    }
    for p in &report.problems {
        println!("  ! {p}");
    }
}

fn print_signatures(c: &Callable, width: usize) {
    for (i, s) in c.signatures.iter().enumerate() {
        let (name, convention, by) = match i {
            0 => (c.name.as_str(), c.convention, carrier(c)),
            _ => ("", "", "or"),
        };
        let effects = if s.effects.is_empty() {
            String::new()
        } else {
            format!("; {}", s.effects.join(" "))
        };
        println!(
            "  {name:width$}  {convention:29}  {by:5}  {}; error: {}{effects}",
            s.signature, s.error
        );
    }
}

fn carrier(c: &Callable) -> &'static str {
    match c.carrier {
        Some(Carrier::Table) => "table",
        Some(Carrier::Prefix) => "flag",
        Some(Carrier::Mined) => "mined",
        None => "-",
    }
}

fn as_json(path: &str, report: &Report) -> String {
    let callables: Vec<String> = report.callables.iter().map(callable_json).collect();
    let problems: Vec<String> = report.problems.iter().map(|p| quote(p)).collect();
    format!(
        "{{\"file\": {}, \"callables\": [{}], \"problems\": [{}]}}",
        quote(path),
        callables.join(", "),
        problems.join(", ")
    )
}

fn callable_json(c: &Callable) -> String {
    let signatures: Vec<String> = c
        .signatures
        .iter()
        .map(|s| {
            let effects: Vec<String> = s.effects.iter().map(|e| quote(e)).collect();
            format!(
                "{{\"signature\": {}, \"error\": {}, \"effects\": [{}]}}",
                quote(&s.signature),
                quote(&s.error),
                effects.join(", ")
            )
        })
        .collect();
    let text = |t: Option<&str>| t.map_or_else(|| "null".to_owned(), quote);
    format!(
        "{{\"name\": {}, \"convention\": {}, \"carrier\": {}, \"signatures\": [{}], \"reason\": {}}}",
        quote(&c.name),
        quote(c.convention),
        text(c.carrier.map(|_| carrier(c))),
        signatures.join(", "),
        text(c.reason.as_deref())
    )
}

/// A JSON string.
fn quote(s: &str) -> String {
    let mut out = String::from("\"");
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let args = |a: &[&str]| parse(&a.iter().map(|s| s.to_string()).collect::<Vec<_>>());
        assert_eq!(
            args(&["--json", "a.so"]),
            Ok(Some(Request {
                paths: vec!["a.so".into()],
                json: true
            }))
        );
        assert_eq!(args(&["-h"]), Ok(None));
        assert!(args(&[]).is_err() && args(&["--what", "a.so"]).is_err());
        assert_eq!(module_name("/x/inc.cpython-311-x86_64-linux-gnu.so"), "inc");
        assert_eq!(quote("a\"\\\n"), "\"a\\\"\\\\\\u000a\"");
    }
}
