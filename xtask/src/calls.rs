//! `cargo xtask bench calls`: what a call of a native function costs, by whom it is wrapped. Builds the functions of
//! `bench/calls` with every tool in a virtual environment of its own, measures them on CPython in one process and in
//! turns, and ours again on rivet and on PyPy, built for it; writes the table and the chart.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use lexopt::prelude::*;

use crate::process::{must, pinned};
use crate::runtimes::PyPy;
use crate::{Failure, Outcome, root, runtimes, write};

const HELP: &str = "\
usage: cargo xtask bench calls [options]

  --rounds N        rounds on each runtime (default 15)
  --cpu N           core to pin to (default 0; needs taskset)
  --python PATH     the CPython 3.11 to measure on (default: as for the other suites)
  --no-rivet        leave rivet out
  --no-pypy         leave PyPy out
  --no-mojo         do not try to install Mojo
  --write           write docs/benchmarks/calls.md and calls.svg
";

/// What the other tools are, at these versions.
const PACKAGES: &[(&str, &str)] = &[
    ("setuptools", "84.2.1"),
    ("cython", "3.3.1"),
    ("nanobind", "3.1.0"),
    ("pybind11", "3.1.0"),
    ("cffi", "2.1.1"),
];
const MOJO: &str = "1.2.0";

/// Columns: module and what the table calls it.
const COLUMNS: &[(&str, &str)] = &[
    ("calls_c", "C by hand"),
    ("calls_attribute", "`#[typed_function]`"),
    ("calls_builder", "`ModuleBuilder`"),
    ("calls_cpp", "`typed.hpp`"),
    ("calls_cython", "Cython"),
    ("calls_nanobind", "nanobind"),
    ("calls_pyo3", "PyO3"),
    ("calls_pybind11", "pybind11"),
    ("calls_mojo", "Mojo"),
    ("calls_cffi", "cffi"),
];
const OURS: &[&str] = &["calls_c", "calls_attribute", "calls_builder", "calls_cpp"];

const NO_PYPY: &str = "PyPy: there is none for Python 3.11 (`cargo xtask pypy` fetches one)";

struct Options {
    rounds: usize,
    cpu: usize,
    python: PathBuf,
    rivet: bool,
    pypy: bool,
    mojo: bool,
    write: bool,
}

/// What modules are built for.
struct Aim<'a> {
    python: &'a Path,
    include: &'a Path,
    suffix: &'a str,
    out: PathBuf,
}

/// Where everything is built.
struct Bench {
    options: Options,
    /// The environment with the tools.
    venv: PathBuf,
    /// The modules.
    out: PathBuf,
    sources: PathBuf,
    include: PathBuf,
    /// What could not be built, with the reason.
    missing: Vec<String>,
}

/// The command.
pub fn main(args: Vec<OsString>) -> Outcome {
    let Some(options) = parse(args)? else {
        print!("{HELP}");
        return Ok(());
    };
    let mut bench = Bench::prepare(options)?;
    bench.build()?;
    let mut runs = vec![bench.measure(&bench.options.python.clone(), &[], &all_modules())?];
    if bench.options.rivet {
        let rivet = runtimes::rivet()?;
        for (title, flags) in [
            ("rivet", &[][..]),
            ("rivet, -X jit=off", &["-X", "jit=off"]),
        ] {
            let mut run = bench.measure(&rivet, flags, OURS)?;
            run.title = title.to_owned();
            runs.push(run);
        }
    }
    if bench.options.pypy {
        match runtimes::pypy() {
            Some(pypy) => runs.push(bench.on_pypy(&pypy)?),
            None => bench.missing.push(NO_PYPY.to_owned()),
        }
    }
    let text = report(&bench, &runs);
    print!("{text}");
    if bench.options.write {
        write(&root().join("docs/benchmarks/calls.md"), &text)?;
        write(&root().join("docs/benchmarks/calls.svg"), &chart(&runs[0]))?;
    }
    Ok(())
}

fn parse(args: Vec<OsString>) -> Outcome<Option<Options>> {
    let mut parser = lexopt::Parser::from_args(args);
    let mut options = Options {
        rounds: 15,
        cpu: 0,
        python: runtimes::system_cpython()?,
        rivet: true,
        pypy: true,
        mojo: true,
        write: false,
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(None),
            Long("rounds") => options.rounds = parser.value()?.parse()?,
            Long("cpu") => options.cpu = parser.value()?.parse()?,
            Long("python") => options.python = parser.value()?.into(),
            Long("no-rivet") => options.rivet = false,
            Long("no-pypy") => options.pypy = false,
            Long("no-mojo") => options.mojo = false,
            Long("write") => options.write = true,
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok(Some(options))
}

fn all_modules() -> Vec<&'static str> {
    COLUMNS.iter().map(|c| c.0).collect()
}

impl Bench {
    fn prepare(options: Options) -> Outcome<Bench> {
        let base = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root().join("target"), PathBuf::from)
            .join("bench-calls");
        let (venv, out) = (base.join("venv"), base.join("modules"));
        std::fs::create_dir_all(&out)?;
        let python = options.python.clone();
        let mut bench = Bench {
            options,
            venv,
            out,
            sources: root().join("bench/calls"),
            include: PathBuf::new(),
            missing: Vec::new(),
        };
        if !bench.tool("python").is_file() {
            eprintln!("making {}", bench.venv.display());
            must(Command::new(&python).args(["-m", "venv"]).arg(&bench.venv))?;
        }
        bench.install()?;
        bench.include = headers(&python)?;
        Ok(bench)
    }

    fn tool(&self, name: &str) -> PathBuf {
        self.venv.join("bin").join(name)
    }

    fn install(&mut self) -> Outcome {
        let wanted: Vec<String> = PACKAGES.iter().map(|(n, v)| format!("{n}=={v}")).collect();
        let pip = |packages: &[String]| {
            let mut command = Command::new(self.tool("python"));
            command
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ])
                .args(packages);
            must(&mut command)
        };
        pip(&wanted)?;
        if self.options.mojo
            && let Err(error) = pip(&[format!("mojo=={MOJO}")])
        {
            self.missing.push(format!("Mojo: {}", first_line(&error)));
            self.options.mojo = false;
        }
        Ok(())
    }

    /// Every module; a tool that fails is left out and named, ours must build.
    fn build(&mut self) -> Outcome {
        self.ours(&self.aim())?;
        for (name, build) in [
            ("Cython", Bench::cython as fn(&Bench) -> Outcome),
            ("nanobind", Bench::nanobind),
            ("pybind11", Bench::pybind11),
            ("cffi", Bench::cffi),
        ] {
            if let Err(error) = build(self) {
                self.missing.push(format!("{name}: {}", first_line(&error)));
            }
        }
        if self.options.mojo
            && let Err(error) = self.mojo()
        {
            self.missing.push(format!("Mojo: {}", first_line(&error)));
        }
        Ok(())
    }

    /// For CPython.
    fn aim(&self) -> Aim<'_> {
        Aim {
            python: &self.options.python,
            include: &self.include,
            suffix: ".so",
            out: self.out.clone(),
        }
    }

    /// The modules that are ours.
    fn ours(&self, aim: &Aim) -> Outcome {
        eprintln!("building into {}", aim.out.display());
        std::fs::create_dir_all(&aim.out)?;
        self.compile_for(aim, "cc", &["-std=c11"], "calls_c.c", "calls_c")?;
        self.compile_for(aim, "c++", &["-std=c++17"], "calls_cpp.cpp", "calls_cpp")?;
        self.rust(aim)
    }

    /// PyPy has a binary interface of its own: ours are built for it.
    fn on_pypy(&self, pypy: &PyPy) -> Outcome<Run> {
        let aim = Aim {
            python: &pypy.exe,
            include: &pypy.include,
            suffix: &pypy.suffix,
            out: self.out.join("../pypy"),
        };
        self.ours(&aim)?;
        let mut run = self.measure_in(&aim.out, &pypy.exe, &[], OURS)?;
        run.title = format!("PyPy {}", pypy.release);
        Ok(run)
    }

    fn compile(&self, compiler: &str, options: &[&str], source: &str, name: &str) -> Outcome {
        self.compile_for(&self.aim(), compiler, options, source, name)
    }

    fn compile_for(
        &self,
        aim: &Aim,
        compiler: &str,
        options: &[&str],
        source: &str,
        name: &str,
    ) -> Outcome {
        let source = self.sources.join(source);
        let library = aim.out.join(format!("{name}{}", aim.suffix));
        extension(compiler, options, aim.include, &source, &library)
    }

    fn rust(&self, aim: &Aim) -> Outcome {
        let target = aim.out.join("../rust");
        must(
            Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
                .args(["build", "--release", "--locked", "--manifest-path"])
                .arg(self.sources.join("rust/Cargo.toml"))
                .arg("--target-dir")
                .arg(&target)
                .env("PYO3_PYTHON", aim.python),
        )?;
        for name in ["pyo3", "attribute", "builder"] {
            let library = target.join("release/libcalls.so");
            std::fs::copy(library, aim.out.join(format!("calls_{name}{}", aim.suffix)))?;
        }
        Ok(())
    }

    fn cython(&self) -> Outcome {
        let c = self.out.join("calls_cython.c");
        must(
            Command::new(self.tool("cython"))
                .arg(self.sources.join("calls_cython.pyx"))
                .arg("-o")
                .arg(&c),
        )?;
        self.compile("cc", &[], &c.to_string_lossy(), "calls_cython")
    }

    fn pybind11(&self) -> Outcome {
        let flags = must(Command::new(self.tool("python")).args(["-m", "pybind11", "--includes"]))?;
        let mut options: Vec<&str> = flags.split_whitespace().collect();
        options.push("-std=c++17");
        self.compile("c++", &options, "calls_pybind11.cpp", "calls_pybind11")
    }

    fn nanobind(&self) -> Outcome {
        let include =
            must(Command::new(self.tool("python")).args(["-m", "nanobind", "--include_dir"]))?;
        let include = PathBuf::from(include.trim());
        let base = include.parent().unwrap_or(&include).to_path_buf();
        let (library, map) = (
            base.join("src/nb_combined.cpp"),
            base.join("ext/robin_map/include"),
        );
        let words = [
            format!("-I{}", include.display()),
            format!("-I{}", map.display()),
            "-fno-strict-aliasing".to_owned(),
            "-std=c++17".to_owned(),
            library.to_string_lossy().into_owned(),
        ];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.compile("c++", &words, "calls_nanobind.cpp", "calls_nanobind")
    }

    fn cffi(&self) -> Outcome {
        must(
            Command::new(self.tool("python"))
                .arg(self.sources.join("calls_cffi_build.py"))
                .current_dir(&self.out),
        )?;
        Ok(())
    }

    fn mojo(&self) -> Outcome {
        must(
            Command::new(self.tool("mojo"))
                .args(["build", "--emit", "shared-lib", "-o"])
                .arg(self.out.join("calls_mojo.so"))
                .arg(self.sources.join("calls_mojo.mojo")),
        )?;
        Ok(())
    }

    fn measure(&self, python: &Path, flags: &[&str], modules: &[&str]) -> Outcome<Run> {
        self.measure_in(&self.out, python, flags, modules)
    }

    fn measure_in(
        &self,
        folder: &Path,
        python: &Path,
        flags: &[&str],
        modules: &[&str],
    ) -> Outcome<Run> {
        eprintln!("measuring {} {}", python.display(), flags.join(" "));
        let mut words: Vec<OsString> = vec![python.into()];
        words.extend(flags.iter().map(OsString::from));
        words.push(self.sources.join("measure.py").into());
        words.push(self.options.rounds.to_string().into());
        words.extend(modules.iter().map(OsString::from));
        let site = self.venv.join("lib/python3.11/site-packages");
        let path =
            std::env::join_paths([folder, &site]).map_err(|e| Failure::new(e.to_string()))?;
        let text = must(
            pinned(self.options.cpu, words)
                .env("PYTHONPATH", path)
                .env("PYTHONHASHSEED", "0"),
        )?;
        Run::parse(&text)
    }
}

/// The numbers of one runtime.
struct Run {
    title: String,
    /// By shape, by module: nanoseconds of each round.
    shapes: Vec<(String, Vec<(String, Vec<f64>)>)>,
    failed: Vec<String>,
}

impl Run {
    fn parse(text: &str) -> Outcome<Run> {
        let mut run = Run {
            title: String::new(),
            shapes: Vec::new(),
            failed: Vec::new(),
        };
        for line in text.lines() {
            let words: Vec<&str> = line.split('\t').collect();
            match words[..] {
                ["runtime", name, version] => run.title = format!("{name} {version}"),
                ["ns", shape, module, times] => run.add(shape, module, times),
                ["failed", what, why] => run.failed.push(format!("{what}: {why}")),
                _ => return Err(Failure::new(format!("not a result: {line}"))),
            }
        }
        Ok(run)
    }

    fn add(&mut self, shape: &str, module: &str, times: &str) {
        let times = times.split(' ').filter_map(|t| t.parse().ok()).collect();
        match self.shapes.last_mut() {
            Some((last, modules)) if last == shape => modules.push((module.to_owned(), times)),
            _ => {
                let modules = vec![(module.to_owned(), times)];
                self.shapes.push((shape.to_owned(), modules));
            }
        }
    }

    fn times<'a>(modules: &'a [(String, Vec<f64>)], name: &str) -> Option<&'a [f64]> {
        let found = modules.iter().find(|m| m.0 == name)?;
        (!found.1.is_empty()).then_some(&found.1)
    }
}

/// Median, least and greatest of the ratios to the yardstick, round by round.
pub(crate) fn ratios(times: &[f64], base: &[f64]) -> (f64, f64, f64) {
    let mut all: Vec<f64> = times.iter().zip(base).map(|(t, b)| t / b).collect();
    all.sort_by(f64::total_cmp);
    (all[all.len() / 2], all[0], all[all.len() - 1])
}

fn median(times: &[f64]) -> f64 {
    let mut all = times.to_vec();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn report(bench: &Bench, runs: &[Run]) -> String {
    let mut out = String::from(
        "# What a call of a native function costs\n\n\
         Written by `cargo xtask bench calls --write`. Nanoseconds per call without the loop, and the ratio to C by hand in \
         the convention that is cheapest for the function: the median of the rounds, least and greatest in brackets. All \
         modules take turns in one process; on a shared machine only the ratios mean anything.\n\n\
         ![ratios on CPython](calls.svg)\n",
    );
    for run in runs {
        let _ = write!(out, "\n## {}\n\n", run.title);
        out.push_str(&table(run));
    }
    out.push_str("\n## Versions\n\n");
    let tools: Vec<String> = PACKAGES.iter().map(|(n, v)| format!("{n} {v}")).collect();
    let _ = writeln!(
        out,
        "{}; PyO3 0.30.1, {}, {}.",
        tools.join(", "),
        version("rustc"),
        version("c++")
    );
    let failed = runs
        .iter()
        .flat_map(|r| r.failed.iter().map(move |f| format!("{}: {f}", r.title)));
    let missing: Vec<String> = bench.missing.iter().cloned().chain(failed).collect();
    if !missing.is_empty() {
        out.push_str("\n## Missing\n\n");
        for line in missing {
            let _ = writeln!(out, "- {line}");
        }
    }
    out
}

fn table(run: &Run) -> String {
    let used: Vec<_> = COLUMNS
        .iter()
        .filter(|(m, _)| {
            run.shapes
                .iter()
                .any(|(_, modules)| Run::times(modules, m).is_some())
        })
        .collect();
    let mut out = String::from("| |");
    for (_, title) in &used {
        let _ = write!(out, " {title} |");
    }
    out.push_str("\n|---|");
    out.push_str(&"---|".repeat(used.len()));
    out.push('\n');
    for (shape, modules) in &run.shapes {
        let _ = write!(out, "| `{shape}` |");
        let base = Run::times(modules, "calls_c");
        for (name, _) in &used {
            let cell = match (Run::times(modules, name), base) {
                (Some(times), Some(_)) if *name == "calls_c" => format!("{:.1} ns", median(times)),
                (Some(times), Some(base)) => {
                    let (mid, least, most) = ratios(times, base);
                    format!("{mid:.2} ({least:.2}–{most:.2})")
                }
                (Some(times), None) => format!("{:.1} ns", median(times)),
                (None, _) => "–".to_owned(),
            };
            let _ = write!(out, " {cell} |");
        }
        out.push('\n');
    }
    out
}

fn version(tool: &str) -> String {
    must(Command::new(tool).arg("--version"))
        .map(|text| text.lines().next().unwrap_or_default().to_owned())
        .unwrap_or_default()
}

const COLORS: &[&str] = &[
    "#444444", "#c0392b", "#e67e22", "#f1c40f", "#2980b9", "#8e44ad", "#27ae60", "#16a085",
    "#7f8c8d", "#95a5a6",
];
const BAR: usize = 9;
const LEFT: usize = 130;
const SCALE: f64 = 110.0;

/// Bars of the ratios, shape by shape, with a line where C by hand is.
fn chart(run: &Run) -> String {
    let mut body = String::new();
    let mut y = 60;
    for (shape, modules) in &run.shapes {
        let Some(base) = Run::times(modules, "calls_c") else {
            continue;
        };
        let start = y;
        for ((name, _), color) in COLUMNS.iter().zip(COLORS) {
            let Some(times) = Run::times(modules, name) else {
                continue;
            };
            let (mid, _, _) = ratios(times, base);
            let width = (mid * SCALE).min(6.0 * SCALE);
            let _ = writeln!(
                body,
                "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{}\" fill=\"{color}\"><title>{name} {mid:.2}</title></rect>",
                BAR - 1
            );
            y += BAR;
        }
        let middle = (start + y) / 2 + 4;
        let shape = shape.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(
            body,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{shape}</text>",
            LEFT - 8
        );
        y += 10;
    }
    let mut legend = String::new();
    for (n, ((_, title), color)) in COLUMNS.iter().zip(COLORS).enumerate() {
        let (x, top) = (LEFT + (n % 5) * 135, 14 + (n / 5) * 18);
        let title = title.replace('`', "");
        let _ = writeln!(
            legend,
            "<rect x=\"{x}\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{color}\"/><text x=\"{}\" y=\"{top}\">{title}</text>",
            top - 9,
            x + 14
        );
    }
    let one = LEFT as f64 + SCALE;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"820\" height=\"{}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{legend}{body}\
         <line x1=\"{one}\" y1=\"50\" x2=\"{one}\" y2=\"{y}\" stroke=\"#444444\" stroke-dasharray=\"3 3\"/>\n\
         <text x=\"{one}\" y=\"{}\" text-anchor=\"middle\">C by hand</text>\n</svg>\n",
        y + 25,
        y + 15
    )
}

/// The folder of a Python's headers.
pub fn headers(python: &Path) -> Outcome<PathBuf> {
    let program = "import sysconfig; print(sysconfig.get_path('include'))";
    let said = must(Command::new(python).args(["-c", program]))?;
    Ok(said.trim().into())
}

/// Compiles an extension as for release.
pub fn extension(
    compiler: &str,
    options: &[&str],
    include: &Path,
    source: &Path,
    library: &Path,
) -> Outcome {
    const RELEASE: [&str; 6] = [
        "-O3",
        "-DNDEBUG",
        "-w",
        "-fPIC",
        "-shared",
        "-fvisibility=hidden",
    ];
    must(
        Command::new(compiler)
            .args(options)
            .args(RELEASE)
            .arg("-I")
            .arg(include)
            .arg("-I")
            .arg(root().join("include"))
            .arg(source)
            .arg("-o")
            .arg(library),
    )?;
    Ok(())
}

fn first_line(failure: &Failure) -> String {
    let text = failure.to_string();
    let line = text
        .lines()
        .find(|l| l.contains("rror"))
        .or(text.lines().next());
    line.unwrap_or_default().trim().chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_round_by_round() {
        assert_eq!(ratios(&[2.0, 6.0, 3.0], &[1.0, 2.0, 3.0]), (2.0, 1.0, 3.0));
    }

    #[test]
    fn answers_are_read() {
        let text = "runtime\tcpython\t3.11.2\nns\tf(x)\tcalls_c\t1.5 2.0\nns\tf(x)\tcalls_cpp\t\nfailed\ta\tb\n";
        let run = Run::parse(text).expect("results");
        assert_eq!(run.title, "cpython 3.11.2");
        assert_eq!(
            Run::times(&run.shapes[0].1, "calls_c"),
            Some(&[1.5, 2.0][..])
        );
        assert_eq!(Run::times(&run.shapes[0].1, "calls_cpp"), None);
        assert!(table(&run).contains("| `f(x)` | 2.0 ns |"));
        assert!(chart(&run).contains("f(x)"));
    }
}
