//! `rivet demo`: the seed loop, `i = mod.inc(i)`, measured against C, CPython and PyPy in one run. The rounds of all
//! runtimes alternate, so that a busy machine slows all of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The program every Python runs: nanoseconds per iteration of each shape, the loop included.
const PROGRAM: &str = r#"
import sys, time
sys.path.insert(0, sys.argv[1])
m = __import__(sys.argv[2])
def loop_inc(n):
    i = 0
    for _ in range(n):
        i = m.inc(i)
    assert i == n
def loop_add(n):
    x = 0.0
    for _ in range(n):
        x = m.add(x, 1.0)
    assert x == n
def loop_method(n):
    s = m.Scaler(2.0)
    for _ in range(n):
        s.scale(3.0)
n = int(sys.argv[3])
for f in (loop_inc, loop_add, loop_method):
    best = 1e9
    for _ in range(4):
        t = time.perf_counter()
        f(n)
        best = min(best, time.perf_counter() - t)
    print(best / n * 1e9)
"#;

/// What the whole-process comparison runs.
const WHOLE: &str = r#"
import sys
sys.path.insert(0, sys.argv[1])
m = __import__(sys.argv[2])
def main(n):
    i = 0
    for _ in range(n):
        i = m.inc(i)
    return i
assert main(10_000_000) == 10_000_000
"#;

const ROUNDS: usize = 4;
const ITERATIONS: &str = "1000000";
const SHAPES: usize = 3;

/// Runs the demo; gives the exit code.
pub fn run() -> u8 {
    match demo() {
        Ok(()) => 0,
        Err(message) => {
            eprintln!("rivet demo: {message}");
            1
        }
    }
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/inc")
}

fn output(c: &mut Command) -> Result<String, String> {
    let o = c
        .output()
        .map_err(|e| format!("{:?}: {e}", c.get_program()))?;
    if !o.status.success() {
        return Err(format!(
            "{:?} failed:\n{}",
            c.get_program(),
            String::from_utf8_lossy(&o.stderr)
        ));
    }
    Ok(String::from_utf8_lossy(&o.stdout).into_owned())
}

/// One row of the table.
struct Runtime {
    name: &'static str,
    exe: PathBuf,
    flags: &'static [&'static str],
    modules: PathBuf,
    module: &'static str,
    best: [f64; SHAPES],
    whole: f64,
    /// Why it was not measured.
    missing: Option<String>,
}

fn runtime(
    name: &'static str,
    exe: &Path,
    flags: &'static [&'static str],
    out: &Path,
    module: &'static str,
) -> Runtime {
    Runtime {
        name,
        exe: exe.to_owned(),
        flags,
        modules: out.to_owned(),
        module,
        best: [f64::MAX; SHAPES],
        whole: f64::MAX,
        missing: None,
    }
}

fn demo() -> Result<(), String> {
    if Command::new("cc").arg("--version").output().is_err() {
        return Err("no C compiler: install one (Debian, Ubuntu: apt-get install gcc)".into());
    }
    let include = headers(Path::new("python3.11"))
        .or_else(|| headers(Path::new("/usr/bin/python3.11")))
        .ok_or("no headers of CPython 3.11: install them (Debian, Ubuntu: apt-get install python3.11-dev)")?;
    let out = std::env::temp_dir().join(format!("rivet-demo-{}", std::process::id()));
    std::fs::create_dir_all(&out).map_err(|e| e.to_string())?;
    let result = measure(&out, &include);
    let _ = std::fs::remove_dir_all(&out);
    result
}

/// The folder of a Python's `Python.h`.
fn headers(python: &Path) -> Option<String> {
    let ask = "import sysconfig; print(sysconfig.get_path('include'))";
    let folder = output(Command::new(python).args(["-c", ask])).ok()?;
    let folder = folder.trim().to_owned();
    Path::new(&folder)
        .join("Python.h")
        .is_file()
        .then_some(folder)
}

fn build(out: &Path, include: &str) -> Result<String, String> {
    output(
        Command::new("bash")
            .arg(examples().join("build.sh"))
            .arg(out)
            .arg(include),
    )
}

/// PyPy, where `xtask/src/runtimes.rs` finds it too: `$PYPY`, the path, the one that `cargo xtask pypy` has unpacked into
/// the target folder this binary lies in. The first that runs and has headers.
fn find_pypy() -> Option<(PathBuf, String)> {
    let fetched = std::env::current_exe().ok().and_then(|me| {
        let target = me.parent()?.parent()?;
        Some(target.join("pypy/usr/bin/pypy3.11"))
    });
    let given = std::env::var_os("PYPY").map(PathBuf::from);
    given
        .into_iter()
        .chain(["pypy3.11", "pypy3"].map(PathBuf::from))
        .chain(fetched)
        .find_map(|exe| headers(&exe).map(|include| (exe, include)))
}

/// PyPy loads only what was built with its own headers, under its own suffix.
fn build_for_pypy(out: &Path) -> Result<(PathBuf, PathBuf), String> {
    let (exe, include) =
        find_pypy().ok_or("no PyPy with headers (`cargo xtask pypy` fetches one)")?;
    let folder = out.join("pypy");
    build(&folder, &include)?;
    let ask = "import _imp; print(_imp.extension_suffixes()[0])";
    let suffix = output(Command::new(&exe).args(["-c", ask]))?;
    let from = folder.join("inc_plain.so");
    std::fs::rename(&from, folder.join(format!("inc_plain{}", suffix.trim())))
        .map_err(|e| e.to_string())?;
    Ok((exe, folder))
}

fn measure(out: &Path, include: &str) -> Result<(), String> {
    eprintln!("compiling examples/inc with the stock headers ...");
    build(out, include)?;
    let cloop = out.join("cloop");
    output(
        Command::new("cc")
            .arg("-O2")
            .arg(examples().join("cloop.c"))
            .arg("-o")
            .arg(&cloop),
    )?;
    let (script, whole) = (out.join("loop.py"), out.join("whole.py"));
    std::fs::write(&script, PROGRAM).map_err(|e| e.to_string())?;
    std::fs::write(&whole, WHOLE).map_err(|e| e.to_string())?;
    let mut rows = runtimes(out)?;
    let ask = "import sys; print(sys.prefix)";
    let library = output(Command::new(&rows[0].exe).args(["-I", "-S", "-c", ask]))?;
    eprintln!("measuring, {ROUNDS} alternating rounds ...");
    let mut c = f64::MAX;
    for _ in 0..ROUNDS {
        let text = output(&mut Command::new(&cloop))?;
        c = c.min(text.trim().parse().unwrap_or(f64::MAX));
        rows.iter_mut()
            .for_each(|r| round(r, &script, &whole, library.trim()));
    }
    print_table(c, &rows);
    Ok(())
}

fn runtimes(out: &Path) -> Result<Vec<Runtime>, String> {
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    let cpython = Path::new("/usr/bin/python3.11");
    let cpython = if cpython.exists() {
        cpython
    } else {
        Path::new("python3.11")
    };
    let mut pypy = runtime("PyPy", Path::new("pypy3"), &[], out, "inc_plain");
    match build_for_pypy(out) {
        Ok((exe, folder)) => (pypy.exe, pypy.modules) = (exe, folder),
        Err(e) => pypy.missing = Some(e),
    }
    const OFF: &[&str] = &["-X", "jit=off"];
    Ok(vec![
        runtime("CPython 3.11", cpython, &[], out, "inc_plain"),
        pypy,
        runtime("rivet, interpreted", &me, OFF, out, "inc_plain"),
        runtime("  with signatures", &me, OFF, out, "inc_table"),
        runtime("rivet, compiled", &me, &[], out, "inc_plain"),
        runtime("  with signatures", &me, &[], out, "inc_table"),
    ])
}

/// One round of a runtime: the loops, and the whole process.
fn round(r: &mut Runtime, script: &Path, whole: &Path, library: &str) {
    if r.missing.is_some() {
        return;
    }
    let command = |script: &Path| {
        let mut c = Command::new(&r.exe);
        c.args(r.flags).arg(script).arg(&r.modules).arg(r.module);
        // All start with the same library, and with bytecode of it that the first round has left.
        c.env("RIVET_HOME", library)
            .env_remove("PYTHONDONTWRITEBYTECODE");
        c
    };
    let loops = output(command(script).arg(ITERATIONS));
    let start = Instant::now();
    let process = output(&mut command(whole));
    let took = start.elapsed();
    match (loops, process) {
        (Ok(text), Ok(_)) => take(r, &text, took),
        (Err(e), _) | (_, Err(e)) => {
            let last = e.lines().last().unwrap_or("it failed").to_owned();
            r.missing = Some(last);
        }
    }
}

fn take(r: &mut Runtime, text: &str, took: Duration) {
    let numbers = text.lines().filter_map(|l| l.parse::<f64>().ok());
    for (best, n) in r.best.iter_mut().zip(numbers) {
        *best = best.min(n);
    }
    r.whole = r.whole.min(took.as_secs_f64());
}

fn print_table(c: f64, rows: &[Runtime]) {
    println!(
        "nanoseconds per iteration, the loop included, best of {ROUNDS} rounds: `i = m.inc(i)`, `x = m.add(x, 1.0)`, \
         `s.scale(3.0)`;\nseconds of a whole process that runs the first loop 10M times, all with CPython's library\n"
    );
    println!(
        "{:<22}{:>9}{:>9}{:>9}{:>10}{:>15}{:>11}{:>13}",
        "", "inc", "add", "scale", "inc : C", "inc : CPython", "process", ": CPython"
    );
    let (base, process) = (rows[0].best[0], rows[0].whole);
    println!(
        "{:<22}{c:>9.2}{:>9}{:>9}{:>10.2}{:>15.3}",
        "C, through a pointer",
        "",
        "",
        1.0,
        c / base
    );
    for r in rows {
        if let Some(why) = &r.missing {
            println!("{:<22} not measured: {why}", r.name);
            continue;
        }
        println!(
            "{:<22}{:>9.2}{:>9.2}{:>9.2}{:>10.2}{:>15.3}{:>11.3}{:>13.3}",
            r.name,
            r.best[0],
            r.best[1],
            r.best[2],
            r.best[0] / c,
            r.best[0] / base,
            r.whole,
            r.whole / process
        );
    }
    println!(
        "\n\"with signatures\": the same functions, compiled with a typed table (examples/inc/inc_table.c)"
    );
}
