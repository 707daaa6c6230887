//! `cargo xtask conformance`: CPython's own test files, unmodified, one process each, compared with
//! what CPython passes (`conformance/baseline`) and what we expect not to (`conformance/expectations`).

mod report;
mod tables;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lexopt::prelude::*;

use crate::process::{Run, parallel, run};
use crate::runtimes::{self, CPython};
use crate::{Failure, Outcome, read, root};
use report::{FileReport, Totals};
use tables::{Baseline, Expectations};

const HELP: &str = "\
usage: cargo xtask conformance [options] [test_name ...]

Runs files of the installed CPython 3.11's Lib/test, by default those in conformance/files.txt.

  --jit MODE        off, on or eager (default: rivet's own default)
  --gc-stress N     collect at every N-th allocation
  --jobs N          processes at a time (default 2)
  --timeout SECONDS per file (default 120)
  --verbose         also name each case that is expected not to pass
  --update          rewrite conformance/expectations from this run
  --baseline        run CPython instead and rewrite conformance/baseline
  --python EXE      run this interpreter instead of rivet
";

/// How often a file is run again to tell a result that is always unexpected from one that a word on the native stack,
/// or the moment at which compiled code was ready, made so once.
const REPEATS: usize = 2;

/// The driver's mark in front of a line meant for us.
const MARK: &str = "@@rivet\t";

#[derive(Default)]
struct Options {
    jit: Option<String>,
    gc_stress: Option<String>,
    jobs: usize,
    timeout: u64,
    verbose: bool,
    update: bool,
    baseline: bool,
    python: Option<PathBuf>,
    files: Vec<String>,
}

/// How one case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// `test.test_int.IntTestCases.test_basic`
    pub id: String,
    /// `ok`, `fail`, `error`, `skip`, `xfail` or `upass`.
    pub status: String,
    /// First line of the exception.
    pub text: String,
}

impl Case {
    /// Whether the case did what it should.
    pub fn passed(&self) -> bool {
        self.status == "ok" || self.status == "xfail"
    }
}

/// How a file's process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It reached its last line.
    Done,
    /// It died; the text says how and in which case.
    Crash(String),
    /// It was killed at the time limit.
    Timeout(String),
}

/// What one process reported.
#[derive(Debug, Clone)]
pub struct FileRun {
    /// `test_int`
    pub name: String,
    /// Cases in the order they ran.
    pub cases: Vec<Case>,
    /// How it ended.
    pub end: End,
    /// Seconds.
    pub seconds: f64,
}

struct Setup {
    command: Vec<OsString>,
    python: CPython,
    timeout: Duration,
    scratch: PathBuf,
}

/// The command.
pub fn main(args: Vec<OsString>) -> Outcome {
    let Some(options) = parse(args)? else {
        print!("{HELP}");
        return Ok(());
    };
    let setup = prepare(&options)?;
    let runs = run_all(&options, &setup);
    let outcome = if options.baseline {
        tables::write_baseline(&folder("baseline"), &runs)
    } else {
        judge(&options, &setup, &runs)
    };
    std::fs::remove_dir_all(&setup.scratch)?;
    outcome
}

fn parse(args: Vec<OsString>) -> Outcome<Option<Options>> {
    let mut parser = lexopt::Parser::from_args(args);
    let mut options = Options {
        jobs: 2,
        timeout: 120,
        ..Options::default()
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(None),
            Long("jit") => options.jit = Some(parser.value()?.string()?),
            Long("gc-stress") => options.gc_stress = Some(parser.value()?.string()?),
            Short('j') | Long("jobs") => options.jobs = parser.value()?.parse()?,
            Long("timeout") => options.timeout = parser.value()?.parse()?,
            Short('v') | Long("verbose") => options.verbose = true,
            Long("update") => options.update = true,
            Long("baseline") => options.baseline = true,
            Long("python") => options.python = Some(parser.value()?.into()),
            Value(name) => options
                .files
                .push(name.string()?.trim_end_matches(".py").to_string()),
            _ => return Err(arg.unexpected().into()),
        }
    }
    if options.files.is_empty() {
        options.files = tables::list(&read(&root().join("conformance/files.txt"))?);
    }
    Ok(Some(options))
}

fn folder(name: &str) -> PathBuf {
    root().join("conformance").join(name)
}

fn prepare(options: &Options) -> Outcome<Setup> {
    let python = runtimes::cpython(|p| p.tests.is_some(), "with its test package (Lib/test)")?;
    let mut command: Vec<OsString> = Vec::new();
    if options.baseline {
        command.push(python.exe.clone().into());
    } else if let Some(other) = &options.python {
        command.push(other.into());
    } else {
        command.push(runtimes::rivet()?.into());
        for (key, value) in [("jit", &options.jit), ("gc=stress", &options.gc_stress)] {
            if let Some(value) = value {
                let separator = if key == "jit" { '=' } else { ':' };
                command.extend(["-X".into(), format!("{key}{separator}{value}").into()]);
            }
        }
    }
    let scratch = std::env::temp_dir().join(format!("rivet-conformance-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    Ok(Setup {
        command,
        python,
        timeout: Duration::from_secs(options.timeout),
        scratch,
    })
}

fn run_all(options: &Options, setup: &Setup) -> Vec<FileRun> {
    let total = options.files.len();
    let mut runs = Vec::new();
    let work = |name: String| run_file(&name, setup);
    parallel(options.files.clone(), options.jobs, work, |result| {
        let passed = result.cases.iter().filter(|c| c.passed()).count();
        let (n, name, seconds) = (runs.len() + 1, &result.name, result.seconds);
        eprintln!(
            "[{n}/{total}] {name}: {passed} passed of {} reported, {seconds:.1} s{}",
            result.cases.len(),
            ending(&result.end)
        );
        runs.push(result);
    });
    let place = |run: &FileRun| options.files.iter().position(|f| *f == run.name);
    runs.sort_by_key(place);
    runs
}

fn ending(end: &End) -> String {
    match end {
        End::Done => String::new(),
        End::Crash(how) => format!(", CRASH: {how}"),
        End::Timeout(how) => format!(", TIMEOUT: {how}"),
    }
}

fn run_file(name: &str, setup: &Setup) -> FileRun {
    let scratch = setup.scratch.join(name);
    let mut command = Command::new(&setup.command[0]);
    command
        .args(&setup.command[1..])
        .arg(root().join("conformance/driver.py"))
        .arg(name)
        .env("PYTHONHASHSEED", "0")
        .env("RIVET_HOME", &setup.python.prefix)
        .env("TMPDIR", &scratch)
        .current_dir(&scratch);
    let outcome = std::fs::create_dir_all(&scratch).and_then(|()| run(&mut command, setup.timeout));
    match outcome {
        Ok(run) => read_report(name, &run),
        Err(error) => FileRun {
            name: name.to_string(),
            cases: Vec::new(),
            end: End::Crash(error.to_string()),
            seconds: 0.0,
        },
    }
}

/// Turns the driver's lines into cases; a case that started and never ended was running at the end.
fn read_report(name: &str, run: &Run) -> FileRun {
    let (mut cases, mut running, mut done) = (Vec::new(), None, false);
    for line in run.out().lines() {
        // A test may have left an unfinished line of its own in front of the mark.
        let Some(at) = line.find(MARK) else { continue };
        let fields: Vec<&str> = line[at + MARK.len()..].split('\t').collect();
        match fields[..] {
            ["start", id] => running = Some(id.to_string()),
            ["case", id, status, ref text @ ..] => {
                running = None;
                cases.push(Case {
                    id: id.into(),
                    status: status.into(),
                    text: text.join(" "),
                });
            }
            ["done", _] => done = true,
            _ => {}
        }
    }
    let end = end_of(run, done, running);
    FileRun {
        name: name.to_string(),
        cases,
        end,
        seconds: run.elapsed.as_secs_f64(),
    }
}

fn end_of(run: &Run, done: bool, running: Option<String>) -> End {
    let place = running.map_or("outside a case".to_string(), |id| format!("in {id}"));
    if run.timed_out {
        End::Timeout(place)
    } else if done {
        End::Done
    } else {
        End::Crash(format!("{} {place}: {}", run.end(), run.err_tail(1)))
    }
}

fn judge(options: &Options, setup: &Setup, runs: &[FileRun]) -> Outcome {
    let (mut totals, mut problems) = (Totals::default(), Vec::new());
    println!("{}", report::HEADING);
    for run in runs {
        let baseline = load_baseline(&run.name)?;
        let expected = Expectations::load(&folder("expectations"), &run.name)?;
        let mut report = FileReport::new(run, &baseline, &expected);
        if !options.update && report.may_be_unsteady() {
            let again: Vec<FileReport> = (0..REPEATS)
                .map(|_| FileReport::new(&run_file(&run.name, setup), &baseline, &expected))
                .collect();
            report.repeated(&again);
        }
        println!("{}", report.line());
        totals.add(&report);
        if options.update {
            Expectations::write(&folder("expectations"), run, &report, &expected)?;
        } else {
            problems.extend(report.problems(options.verbose));
        }
    }
    println!("{}", totals.line());
    for problem in &problems {
        println!("{problem}");
    }
    let bad = problems
        .iter()
        .filter(|p| p.starts_with("unexpected"))
        .count();
    if bad > 0 {
        return Err(Failure::new(format!(
            "{bad} unexpected results; --update rewrites the tables once they are understood"
        )));
    }
    Ok(())
}

fn load_baseline(name: &str) -> Outcome<Baseline> {
    let path: &Path = &folder("baseline").join(format!("{name}.txt"));
    if !path.is_file() {
        return Err(Failure::new(format!(
            "no {}: run `cargo xtask conformance --baseline {name}`",
            path.display()
        )));
    }
    Ok(Baseline::parse(&read(path)?))
}
