//! `cargo xtask bench shapes`: a typed function of every shape in a compiled loop, against the C loop of that shape.
//! The module of `bench/shapes` is measured on CPython (which times the C loops, too) and on rivet, in turns.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lexopt::prelude::*;

use crate::calls::{self, ratios};
use crate::process::{must, pinned};
use crate::{Failure, Outcome, root, runtimes, write};

const HELP: &str = "\
usage: cargo xtask bench shapes [options]

  --rounds N        processes of each runtime, in turns (default 9)
  --times N         calls per loop (default 500000)
  --only TEXT       shapes with this in their name
  --cpu N           core to pin to (default 0; needs taskset)
  --python PATH     the CPython 3.11 to measure on (default: as for the other suites)
  --write           write docs/benchmarks/shapes.md
";

/// Loops per process; the fastest counts.
const REPEAT: &str = "3";
/// What a shape may take of its C loop.
const LIMIT: f64 = 2.0;
/// The same for text and bytes.
const TEXT_LIMIT: f64 = 3.0;

struct Options {
    rounds: usize,
    times: usize,
    only: String,
    cpu: usize,
    python: PathBuf,
    write: bool,
}

/// What each round took, in nanoseconds per call.
#[derive(Clone, Debug, Default, PartialEq)]
struct Times {
    c: Vec<f64>,
    python: Vec<f64>,
}

/// What a runtime's processes said.
#[derive(Default)]
struct Run {
    title: String,
    shapes: Vec<String>,
    times: HashMap<String, Times>,
    results: HashMap<String, String>,
}

/// The command.
pub fn main(args: Vec<OsString>) -> Outcome {
    let Some(options) = parse(args)? else {
        print!("{HELP}");
        return Ok(());
    };
    let rivet = runtimes::rivet()?;
    let modules = build(&options)?;
    let (mut base, mut ours) = (Run::default(), Run::default());
    for round in 1..=options.rounds {
        eprint!("\rround {round}/{}    ", options.rounds);
        measure(&options, &options.python, &modules, &mut base)?;
        measure(&options, &rivet, &modules, &mut ours)?;
    }
    eprintln!();
    let text = report(&base, &ours)?;
    print!("{text}");
    if options.write {
        write(&root().join("docs/benchmarks/shapes.md"), &text)?;
    }
    Ok(())
}

fn parse(args: Vec<OsString>) -> Outcome<Option<Options>> {
    let mut parser = lexopt::Parser::from_args(args);
    let mut options = Options {
        rounds: 9,
        times: 500_000,
        only: String::new(),
        cpu: 0,
        python: runtimes::system_cpython()?,
        write: false,
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(None),
            Long("rounds") => options.rounds = parser.value()?.parse()?,
            Long("times") => options.times = parser.value()?.parse()?,
            Long("only") => options.only = parser.value()?.string()?,
            Long("cpu") => options.cpu = parser.value()?.parse()?,
            Long("python") => options.python = parser.value()?.into(),
            Long("write") => options.write = true,
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(Some(options))
}

fn sources() -> PathBuf {
    root().join("bench/shapes")
}

/// Compiles the module; gives the folder it is in.
fn build(options: &Options) -> Outcome<PathBuf> {
    let folder = runtimes::target_dir().join("bench-shapes");
    std::fs::create_dir_all(&folder)?;
    calls::extension(
        "cc",
        &["-std=gnu11"],
        &calls::headers(&options.python)?,
        &sources().join("shapes.c"),
        &folder.join("shapes.so"),
    )?;
    Ok(folder)
}

fn measure(options: &Options, python: &Path, modules: &Path, run: &mut Run) -> Outcome {
    let words: Vec<OsString> = vec![
        python.into(),
        sources().join("measure.py").into(),
        options.times.to_string().into(),
        REPEAT.into(),
        options.only.clone().into(),
    ];
    let mut command = pinned(options.cpu, words);
    command.env("PYTHONPATH", modules);
    if let Some(home) = runtimes::prefix(&options.python) {
        command.env("RIVET_HOME", home);
    }
    run.take(&must(&mut command)?)
}

impl Run {
    fn take(&mut self, text: &str) -> Outcome {
        for line in text.lines() {
            let words: Vec<&str> = line.split('\t').collect();
            match words[..] {
                ["runtime", name, version] => self.title = format!("{name} {version}"),
                ["ns", shape, c, python] => self.add(shape, number(c)?, number(python)?),
                ["result", shape, what] => {
                    self.results.insert(shape.to_owned(), what.to_owned());
                }
                _ => return Err(Failure::new(format!("not a result: {line}"))),
            }
        }
        Ok(())
    }

    fn add(&mut self, shape: &str, c: f64, python: f64) {
        if !self.times.contains_key(shape) {
            self.shapes.push(shape.to_owned());
        }
        let times = self.times.entry(shape.to_owned()).or_default();
        times.c.push(c);
        times.python.push(python);
    }
}

fn number(text: &str) -> Outcome<f64> {
    text.parse()
        .map_err(|_| Failure::new(format!("not a number: {text}")))
}

fn limit(shape: &str) -> f64 {
    let text = ["utf8", "bytes", "a str"].iter().any(|w| shape.contains(w));
    if text { TEXT_LIMIT } else { LIMIT }
}

fn least(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn report(base: &Run, ours: &Run) -> Outcome<String> {
    let mut out = format!(
        "# Typed functions in compiled loops, shape by shape\n\n\
         Written by `cargo xtask bench shapes --write`. Nanoseconds per call, the loop included, the best of several processes in \
         turns; ratios are the median of the rounds, in brackets the least and the greatest. Each function does next to nothing. C calls it through a pointer with the machine values at hand (of text, \
         bytes and buffers address and length, of objects the address; a new object is given up). The aim is {LIMIT} times C, \
         {TEXT_LIMIT} for text and bytes; what misses it is marked.\n\n\
         | | C loop | {} | rivet | rivet : C | rivet : CPython |\n|---|---|---|---|---|---|\n",
        base.title
    );
    for shape in &base.shapes {
        let (Some(theirs), Some(mine)) = (base.times.get(shape), ours.times.get(shape)) else {
            return Err(Failure::new(format!("{shape} was not measured on both")));
        };
        let (want, got) = (base.results.get(shape), ours.results.get(shape));
        if want != got {
            let why = format!("{shape} gives {got:?} on rivet, {want:?} on CPython");
            return Err(Failure::new(why));
        }
        let (ratio, low, high) = ratios(&mine.python, &theirs.c);
        let (to_python, ..) = ratios(&mine.python, &theirs.python);
        let mark = if ratio > limit(shape) { " (!)" } else { "" };
        let _ = writeln!(
            out,
            "| `{shape}` | {:.2} | {:.1} | {:.2} | {ratio:.2} ({low:.2}–{high:.2}){mark} | {to_python:.2} |",
            least(&theirs.c),
            least(&theirs.python),
            least(&mine.python),
        );
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_round_by_round() {
        let mut run = Run::default();
        run.take("runtime\tx\t1\nns\tf\t2.0\t9.0\nresult\tf\t7\n")
            .expect("results");
        run.take("ns\tf\t3.0\t8.0\n").expect("results");
        assert_eq!(
            run.times["f"],
            Times {
                c: vec![2.0, 3.0],
                python: vec![9.0, 8.0]
            }
        );
        let text = report(&run, &run).expect("a table");
        assert!(
            text.contains("| `f` | 2.00 | 8.0 | 8.00 | 4.50 (2.67–4.50) (!) | 1.00 |"),
            "{text}"
        );
    }

    #[test]
    fn different_results_are_no_result() {
        let (mut a, mut b) = (Run::default(), Run::default());
        a.take("ns\tf\t2.0\t9.0\nresult\tf\t7\n").expect("results");
        b.take("ns\tf\t2.0\t9.0\nresult\tf\t8\n").expect("results");
        assert!(report(&a, &b).is_err());
    }
}
