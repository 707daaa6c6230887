//! `cargo xtask abi-check`: struct sizes and offsets in `crates/capi/abi/layouts.tsv` against the
//! installed CPython 3.11 headers, by a C probe compiled on the spot.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::run;
use crate::{Failure, Outcome, read, root, runtimes, write};

const HELP: &str = "\
usage: cargo xtask abi-check [--update]

Compiles a probe with `cc` against every python3.11 found with headers and compares it with
crates/capi/abi/layouts.tsv (struct, field or `-` for the size, number). --update rewrites the
numbers; rows are added by hand with any number.
";

/// Internal headers need this, and the frame comes from one of them.
const PRELUDE: &str = "\
#define Py_BUILD_CORE 1
#include <Python.h>
#include <structmember.h>
#include <frameobject.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#include <internal/pycore_dict.h>
#include <internal/pycore_moduleobject.h>
#include <datetime.h>
#include <stddef.h>
#include <stdio.h>
int main(void) {
";

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// C type name, as `sizeof` takes it.
    pub kind: String,
    /// Field, or `-` for the size of the whole.
    pub field: String,
    /// Bytes.
    pub value: usize,
}

impl Row {
    fn parse(line: &str) -> Option<Row> {
        let mut parts = line.split('\t');
        let (kind, field, value) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Row {
            kind: kind.into(),
            field: field.into(),
            value: value.trim().parse().ok()?,
        })
    }

    fn expression(&self) -> String {
        match self.field.as_str() {
            "-" => format!("sizeof({})", self.kind),
            field => format!("offsetof({}, {field})", self.kind),
        }
    }
}

/// The table's path.
pub fn table() -> PathBuf {
    root().join("crates/capi/abi/layouts.tsv")
}

/// The command.
pub fn main(args: Vec<OsString>) -> Outcome {
    match args.first().and_then(|a| a.to_str()) {
        None => report(check()?),
        Some("--update") => update(),
        Some("-h" | "--help") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(Failure::new(format!("unexpected argument {other}"))),
    }
}

fn report(checked: Checked) -> Outcome {
    for line in &checked.wrong {
        println!("{line}");
    }
    println!(
        "abi-check: {} rows against {} installations",
        checked.rows, checked.pythons
    );
    if checked.wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "abi-check: {} differences",
        checked.wrong.len()
    )))
}

/// What [`check`] found.
#[derive(Debug)]
pub struct Checked {
    /// Rows in the table.
    pub rows: usize,
    /// Installations compared with.
    pub pythons: usize,
    /// Differences, one line each.
    pub wrong: Vec<String>,
}

/// Compares the table with every installed 3.11 that has headers.
pub fn check() -> Outcome<Checked> {
    let rows = load(&table())?;
    let mut wrong = Vec::new();
    let includes = includes()?;
    for include in &includes {
        for (row, found) in rows.iter().zip(probe(&rows, include)?) {
            if row.value != found {
                wrong.push(format!(
                    "{}.{}: the table says {}, {} says {found}",
                    row.kind,
                    row.field,
                    row.value,
                    include.display()
                ));
            }
        }
    }
    Ok(Checked {
        rows: rows.len(),
        pythons: includes.len(),
        wrong,
    })
}

fn update() -> Outcome {
    let mut rows = load(&table())?;
    let include = includes()?.remove(0);
    for (row, found) in rows.clone().iter().zip(probe(&rows.clone(), &include)?) {
        if let Some(slot) = rows
            .iter_mut()
            .find(|r| r.kind == row.kind && r.field == row.field)
        {
            slot.value = found;
        }
    }
    let head: String = read(&table())?
        .lines()
        .filter(|l| l.starts_with('#'))
        .map(|l| format!("{l}\n"))
        .collect();
    let body: String = rows
        .iter()
        .map(|r| format!("{}\t{}\t{}\n", r.kind, r.field, r.value))
        .collect();
    write(&table(), &(head + &body))
}

fn load(path: &Path) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for (n, line) in read(path)?
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.starts_with('#') && !l.is_empty())
    {
        let row = Row::parse(line);
        rows.push(
            row.ok_or_else(|| Failure::new(format!("{}:{}: not a row", path.display(), n + 1)))?,
        );
    }
    Ok(rows)
}

/// Header folders of the installed 3.11s; at least one.
fn includes() -> Outcome<Vec<PathBuf>> {
    let all: BTreeSet<PathBuf> = runtimes::cpythons()
        .into_iter()
        .map(|p| p.include)
        .filter(|i| i.join("Python.h").is_file() && i.join("internal/pycore_frame.h").is_file())
        .collect();
    if all.is_empty() {
        return Err(Failure::new(
            "no Python.h for 3.11 found: install python3.11-dev",
        ));
    }
    Ok(all.into_iter().collect())
}

/// The values of all rows in one installation's headers.
fn probe(rows: &[Row], include: &Path) -> Outcome<Vec<usize>> {
    let mut program = PRELUDE.to_string();
    for row in rows {
        let _ = writeln!(
            program,
            "  printf(\"%zu\\n\", (size_t){});",
            row.expression()
        );
    }
    program.push_str("  return 0;\n}\n");
    let output = compile_and_run(&program, include)?;
    let values: Vec<usize> = output.lines().filter_map(|l| l.parse().ok()).collect();
    if values.len() != rows.len() {
        return Err(Failure::new("the probe printed too little"));
    }
    Ok(values)
}

fn compile_and_run(program: &str, include: &Path) -> Outcome<String> {
    let folder = std::env::temp_dir().join(format!("rivet-abi-{}", std::process::id()));
    let (source, binary) = (folder.join("probe.c"), folder.join("probe"));
    write(&source, program)?;
    let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    // -w: the headers are not ours to lint.
    cc.arg("-I")
        .arg(include)
        .arg("-w")
        .arg("-o")
        .arg(&binary)
        .arg(&source);
    let limit = Duration::from_secs(60);
    let built = run(&mut cc, limit).map_err(|e| Failure::new(format!("cc: {e}; install gcc")))?;
    if built.code() != 0 {
        return Err(Failure::new(format!(
            "the probe does not compile:\n{}",
            built.err_tail(20)
        )));
    }
    let output = run(&mut Command::new(&binary), limit)?.out();
    std::fs::remove_dir_all(&folder)?;
    Ok(output)
}
