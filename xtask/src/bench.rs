//! `cargo xtask bench`: the programs of `bench/pure` and start-up, every runtime in one run, alternating,
//! because only ratios taken together mean anything on a shared machine.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lexopt::prelude::*;

use crate::process::{pinned, run};
use crate::{Failure, Outcome, root, runtimes};

const HELP: &str = "\
usage: cargo xtask bench pure [options]      the programs in bench/pure
       cargo xtask bench startup [options]   the whole process of `-c pass`
       cargo xtask bench calls [options]     calls of native functions, by tool (has its own --help)
       cargo xtask bench shapes [options]    typed functions in compiled loops, by shape (has its own --help)

  --jit off|on      measure rivet in this mode only (default: both)
  --only a,b        these programs only
  --rounds N        processes per program and runtime (default 3; startup 20)
  --repeat N        kernel runs per process; the later half counts (default 6)
  --cpu N           core to pin to (default 0; needs taskset)
  --no-rivet        leave rivet out: checks the programs themselves
  --json            the results as JSON on standard output

Rivet runs with the library of the CPython it is compared with (RIVET_HOME), so that both import the same at start-up.
";

const LIMIT: Duration = Duration::from_secs(300);

struct Options {
    suite: String,
    jit: Option<String>,
    only: Vec<String>,
    rounds: usize,
    repeat: usize,
    cpu: usize,
    rivet: bool,
    json: bool,
    /// The prefix of the CPython that all are compared with.
    library: Option<PathBuf>,
}

/// One column of the table.
struct Runtime {
    name: String,
    command: Vec<OsString>,
}

/// A measured program: milliseconds per runtime, `None` where it failed.
struct Row {
    name: String,
    ms: Vec<Option<f64>>,
}

/// The command.
pub fn main(args: Vec<OsString>) -> Outcome {
    if args.first().is_some_and(|a| a == "calls") {
        return crate::calls::main(args[1..].to_vec());
    }
    if args.first().is_some_and(|a| a == "shapes") {
        return crate::shapes::main(args[1..].to_vec());
    }
    let Some(options) = parse(args)? else {
        print!("{HELP}");
        return Ok(());
    };
    let runtimes = collect_runtimes(&options)?;
    let mut problems = Vec::new();
    let mut rows = Vec::new();
    if options.suite == "pure" {
        rows = pure(&options, &runtimes, &mut problems)?;
    }
    let startup = startup(&options, &runtimes, &mut problems);
    if options.json {
        print!("{}", json(&runtimes, &rows, &startup));
    } else {
        print!("{}", table(&runtimes, &rows, &startup));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::new(problems.join("\n")))
}

fn parse(args: Vec<OsString>) -> Outcome<Option<Options>> {
    let mut parser = lexopt::Parser::from_args(args);
    let (mut rounds, mut suite) = (None, None);
    let mut options = Options {
        suite: String::new(),
        jit: None,
        only: Vec::new(),
        rounds: 3,
        repeat: 6,
        cpu: 0,
        rivet: true,
        json: false,
        library: runtimes::system_cpython()
            .ok()
            .and_then(|exe| runtimes::prefix(&exe)),
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(None),
            Long("jit") => options.jit = Some(parser.value()?.string()?),
            Long("only") => {
                options.only = parser
                    .value()?
                    .string()?
                    .split(',')
                    .map(Into::into)
                    .collect()
            }
            Long("rounds") => rounds = Some(parser.value()?.parse()?),
            Long("repeat") => options.repeat = parser.value()?.parse()?,
            Long("cpu") => options.cpu = parser.value()?.parse()?,
            Long("no-rivet") => options.rivet = false,
            Long("json") => options.json = true,
            Value(name) if suite.is_none() => suite = Some(name.string()?),
            _ => return Err(arg.unexpected().into()),
        }
    }
    match suite {
        Some(name) if name == "pure" || name == "startup" => options.suite = name,
        None => return Ok(None),
        Some(name) => return Err(Failure::new(format!("no suite {name}\n\n{HELP}"))),
    }
    options.rounds = rounds.unwrap_or(if options.suite == "pure" { 3 } else { 20 });
    Ok(Some(options))
}

/// CPython first: every ratio is to it.
fn collect_runtimes(options: &Options) -> Outcome<Vec<Runtime>> {
    let runtime = |name: &str, exe: PathBuf, flags: &[&str]| Runtime {
        name: name.to_string(),
        command: std::iter::once(exe.into())
            .chain(flags.iter().map(OsString::from))
            .collect(),
    };
    let mut all = vec![runtime("cpython", runtimes::system_cpython()?, &[])];
    if let Some(pypy) = runtimes::pypy() {
        all.push(runtime("pypy", pypy.exe, &[]));
    }
    if options.rivet {
        let rivet = runtimes::rivet()?;
        for mode in ["off", "on"] {
            if options.jit.as_deref().is_none_or(|only| only == mode) {
                let flag = format!("jit={mode}");
                all.push(runtime(
                    &format!("rivet {mode}"),
                    rivet.clone(),
                    &["-X", &flag],
                ));
            }
        }
    }
    Ok(all)
}

fn programs(options: &Options) -> Outcome<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root().join("bench/pure"))?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "py") && stem(p) != "harness")
        .filter(|p| options.only.is_empty() || options.only.contains(&stem(p)))
        .collect();
    found.sort();
    if found.is_empty() {
        return Err(Failure::new("no such program in bench/pure"));
    }
    Ok(found)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn pure(options: &Options, runtimes: &[Runtime], problems: &mut Vec<String>) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for program in programs(options)? {
        let name = stem(&program);
        let mut samples = vec![Vec::new(); runtimes.len()];
        let mut check: Option<String> = None;
        for round in 1..=options.rounds {
            eprint!("\r{name}: round {round}/{}    ", options.rounds);
            for (runtime, samples) in runtimes.iter().zip(&mut samples) {
                match measure(options, runtime, &program, &mut check) {
                    Ok(ms) => samples.push(ms),
                    Err(why) => problems.push(format!("{name} on {}: {why}", runtime.name)),
                }
            }
        }
        eprintln!();
        rows.push(Row {
            name,
            ms: samples.into_iter().map(median).collect(),
        });
    }
    Ok(rows)
}

/// One process: its check line must equal the first runtime's; the later half of the times counts.
fn measure(
    options: &Options,
    runtime: &Runtime,
    program: &Path,
    check: &mut Option<String>,
) -> Result<f64, String> {
    let mut call = command(options, runtime);
    call.arg(program).arg(options.repeat.to_string()).arg("ms");
    let done = run(&mut call, LIMIT).map_err(|e| e.to_string())?;
    if done.code() != 0 {
        return Err(format!("{}: {}", done.end(), done.err_tail(1)));
    }
    let out = done.out();
    let line = out.lines().next().unwrap_or_default();
    let wanted = check.get_or_insert_with(|| line.to_string());
    if wanted != line {
        return Err(format!("wrong result {line:?}, not {wanted:?}"));
    }
    let times: Vec<f64> = out
        .lines()
        .filter_map(|l| l.strip_prefix("ms ")?.parse().ok())
        .collect();
    median(times[times.len() / 2..].to_vec()).ok_or_else(|| "no times printed".to_string())
}

fn startup(options: &Options, runtimes: &[Runtime], problems: &mut Vec<String>) -> Row {
    let rounds = if options.suite == "startup" {
        options.rounds
    } else {
        10
    };
    let mut samples = vec![Vec::new(); runtimes.len()];
    for round in 0..=rounds {
        for (runtime, samples) in runtimes.iter().zip(&mut samples) {
            let mut call = command(options, runtime);
            match run(call.args(["-c", "pass"]), LIMIT) {
                // The first round fills the file cache.
                Ok(done) if done.code() == 0 && round > 0 => {
                    samples.push(done.elapsed.as_secs_f64() * 1000.0)
                }
                Ok(done) if done.code() == 0 => {}
                Ok(done) => problems.push(format!("startup of {}: {}", runtime.name, done.end())),
                Err(error) => problems.push(format!("startup of {}: {error}", runtime.name)),
            }
        }
    }
    Row {
        name: "startup".to_string(),
        ms: samples.into_iter().map(median).collect(),
    }
}

/// The runtime's command.
fn command(options: &Options, runtime: &Runtime) -> Command {
    let mut command = pinned(options.cpu, runtime.command.clone());
    // All start with the library (and the `.pth` files) of the CPython they are compared with.
    if let Some(home) = &options.library {
        command.env("RIVET_HOME", home);
    }
    command
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => None,
        _ if n % 2 == 1 => Some(values[n / 2]),
        _ => Some((values[n / 2 - 1] + values[n / 2]) / 2.0),
    }
}

/// Geometric means of the ratios to the first column, over the rows both have.
fn means(rows: &[Row], columns: usize) -> Vec<Option<f64>> {
    let mean = |column: usize| {
        let logs: Vec<f64> = rows
            .iter()
            .filter_map(|r| Some((r.ms[column]? / r.ms[0]?).ln()))
            .collect();
        (!logs.is_empty()).then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp())
    };
    (0..columns).map(mean).collect()
}

fn table(runtimes: &[Runtime], rows: &[Row], startup: &Row) -> String {
    let mut out = format!("{:<16}", "ms (ratio)");
    for runtime in runtimes {
        let _ = write!(out, "{:>20}", runtime.name);
    }
    out.push('\n');
    for row in rows {
        out.push_str(&line(row));
    }
    if !rows.is_empty() {
        let _ = write!(out, "{:<16}", "geometric mean");
        for mean in means(rows, runtimes.len()) {
            let _ = write!(
                out,
                "{:>20}",
                mean.map_or("-".to_string(), |m| format!("({m:.3})"))
            );
        }
        out.push('\n');
    }
    out + &line(startup)
}

fn line(row: &Row) -> String {
    let mut out = format!("{:<16}", row.name);
    for ms in &row.ms {
        let cell = match (ms, row.ms[0]) {
            (Some(ms), Some(base)) => format!("{ms:.2} ({:.3})", ms / base),
            (Some(ms), None) => format!("{ms:.2}"),
            (None, _) => "failed".to_string(),
        };
        let _ = write!(out, "{cell:>20}");
    }
    out + "\n"
}

fn json(runtimes: &[Runtime], rows: &[Row], startup: &Row) -> String {
    let number = |v: &Option<f64>| v.map_or("null".to_string(), |v| format!("{v:.4}"));
    let array = |v: &[Option<f64>]| v.iter().map(number).collect::<Vec<_>>().join(", ");
    let names: Vec<String> = runtimes.iter().map(|r| format!("{:?}", r.name)).collect();
    let body: Vec<String> = rows
        .iter()
        .chain([startup])
        .map(|r| format!("    {:?}: [{}]", r.name, array(&r.ms)))
        .collect();
    let means = array(&means(rows, runtimes.len()));
    format!(
        "{{\n  \"runtimes\": [{}],\n  \"geometric_mean\": [{means}],\n  \"ms\": {{\n{}\n  }}\n}}\n",
        names.join(", "),
        body.join(",\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn means_are_geometric_and_skip_failures() {
        let row = |a, b| Row {
            name: String::new(),
            ms: vec![Some(a), b],
        };
        let rows = [row(1.0, Some(2.0)), row(1.0, Some(8.0)), row(1.0, None)];
        let mean = means(&rows, 2)[1].unwrap_or_default();
        assert!((mean - 4.0).abs() < 1e-9);
    }
}
