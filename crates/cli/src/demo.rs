//! `rivet demo`: the seed loop, `i = mod.inc(i)`, measured against C, CPython and PyPy in one run.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program every Python runs: nanoseconds per iteration of each shape, the loop included.
const PROGRAM: &str = r#"
import sys, time
sys.path.insert(0, sys.argv[1])
m = __import__(sys.argv[2])
n = int(sys.argv[3])
def loop_inc():
    i = 0
    for _ in range(n):
        i = m.inc(i)
    assert i == n
def loop_add():
    x = 0.0
    for _ in range(n):
        x = m.add(x, 1.0)
    assert x == n
def loop_method():
    s = m.Scaler(2.0)
    for _ in range(n):
        s.scale(3.0)
for f in (loop_inc, loop_add, loop_method):
    best = 1e9
    for _ in range(3):
        t = time.perf_counter()
        f()
        best = min(best, time.perf_counter() - t)
    print(best / n * 1e9)
"#;

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

fn demo() -> Result<(), String> {
    if Command::new("cc").arg("--version").output().is_err() {
        return Err("no C compiler: install gcc (Debian: apt-get install gcc)".into());
    }
    let out = std::env::temp_dir().join(format!("rivet-demo-{}", std::process::id()));
    std::fs::create_dir_all(&out).map_err(|e| e.to_string())?;
    let result = measure(&out);
    let _ = std::fs::remove_dir_all(&out);
    result
}

fn measure(out: &Path) -> Result<(), String> {
    eprintln!("compiling examples/inc with the stock headers ...");
    output(
        Command::new("bash")
            .arg(examples().join("build.sh"))
            .arg(out),
    )
    .map_err(|e| {
        format!("{e}\n(the headers of CPython 3.11 come with the Debian package python3.11-dev)")
    })?;
    let cloop = out.join("cloop");
    output(
        Command::new("cc")
            .arg("-O2")
            .arg(examples().join("cloop.c"))
            .arg("-o")
            .arg(&cloop),
    )?;
    let script = out.join("loop.py");
    std::fs::write(&script, PROGRAM).map_err(|e| e.to_string())?;
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    let runtimes = [
        ("CPython 3.11", PathBuf::from("/usr/bin/python3.11")),
        ("rivet, interpreted", me),
    ];
    eprintln!("measuring, alternating, three rounds ...");
    let mut c = f64::MAX;
    let mut best = vec![[f64::MAX; 3]; runtimes.len()];
    for _ in 0..3 {
        c = c.min(
            output(&mut Command::new(&cloop))?
                .trim()
                .parse()
                .unwrap_or(f64::MAX),
        );
        for (i, (_, exe)) in runtimes.iter().enumerate() {
            let mut run = Command::new(exe);
            run.args([script.as_os_str(), out.as_os_str()])
                .args(["inc_plain", "1000000"]);
            let Ok(text) = output(&mut run) else { continue };
            for (k, v) in text
                .lines()
                .filter_map(|l| l.parse::<f64>().ok())
                .enumerate()
                .take(3)
            {
                best[i][k] = best[i][k].min(v);
            }
        }
    }
    print_table(c, &runtimes.map(|r| r.0), &best);
    Ok(())
}

fn print_table(c: f64, names: &[&str], best: &[[f64; 3]]) {
    println!(
        "nanoseconds per iteration of `i = m.inc(i)`, `x = m.add(x, 1.0)`, `s.scale(3.0)`, the loop included"
    );
    println!(
        "{:<22}{:>10}{:>10}{:>10}{:>12}{:>14}",
        "", "inc", "add", "scale", "inc / C", "inc / CPython"
    );
    println!(
        "{:<22}{c:>10.2}{:>10}{:>10}{:>12.2}{:>14.3}",
        "C, through a pointer",
        "",
        "",
        1.0,
        c / best[0][0]
    );
    for (name, b) in names.iter().zip(best) {
        if b[0] == f64::MAX {
            println!("{name:<22} not available");
            continue;
        }
        println!(
            "{name:<22}{:>10.1}{:>10.1}{:>10.1}{:>12.1}{:>14.3}",
            b[0],
            b[1],
            b[2],
            b[0] / c,
            b[0] / best[0][0]
        );
    }
    println!("(compiled code and typed calls are not in this version)");
}
