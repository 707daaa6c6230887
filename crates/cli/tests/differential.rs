//! Every program of `tests/diff`, interpreted, compiled at once and under GC stress, against CPython's
//! output, errors and exit code. CPython runs once per program; its answer is kept under target/.

mod common;

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};

/// Name in test ids and in `expected-failures.txt`, and the flags. The stress interval can be set with
/// `RIVET_GC_STRESS`, for a slow and thorough run.
fn modes() -> Vec<(&'static str, Vec<String>)> {
    let interval = std::env::var("RIVET_GC_STRESS").unwrap_or_else(|_| "1000".to_string());
    let flags = |values: &[&str]| {
        values
            .iter()
            .flat_map(|v| ["-X".to_string(), v.to_string()])
            .collect()
    };
    vec![
        ("jit=off", flags(&["jit=off"])),
        ("jit=eager", flags(&["jit=eager"])),
        ("gc=stress", flags(&[&format!("gc=stress:{interval}")])),
    ]
}

fn main() {
    let mut args = Arguments::from_args();
    // Programs and machine are small: more than two at a time only measures the scheduler.
    args.test_threads.get_or_insert(2);
    let folder = xtask::root().join("tests/diff");
    let failing = expected_failures(&folder);
    let mut trials = Vec::new();
    for name in programs(&folder) {
        for (mode, flags) in modes() {
            let expected_to_fail = failing.contains(&(name.clone(), mode.to_string()));
            let (folder, name) = (folder.clone(), name.clone());
            let id = format!("{name} {mode}");
            trials.push(Trial::test(id, move || {
                check(&folder, &name, &flags, expected_to_fail)
            }));
        }
    }
    libtest_mimic::run(&args, trials).exit();
}

fn programs(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|e| {
            e.file_name()
                .to_str()
                .and_then(|n| n.strip_suffix(".py"))
                .map(str::to_string)
        })
        .collect();
    names.sort();
    assert!(names.len() > 100, "tests/diff is incomplete");
    names
}

/// Pairs of program and mode; `*` stands for every mode.
fn expected_failures(folder: &Path) -> BTreeSet<(String, String)> {
    let text = std::fs::read_to_string(folder.join("expected-failures.txt")).unwrap_or_default();
    let mut pairs = BTreeSet::new();
    for line in text.lines() {
        let entry = line.split('#').next().unwrap_or_default();
        let mut words = entry.split_whitespace();
        if let (Some(name), Some(mode)) = (words.next(), words.next()) {
            let known = modes()
                .into_iter()
                .map(|(m, _)| m)
                .filter(|m| mode == "*" || mode == *m);
            pairs.extend(known.map(|m| (name.to_string(), m.to_string())));
        }
    }
    pairs
}

fn check(
    folder: &Path,
    name: &str,
    flags: &[String],
    expected_to_fail: bool,
) -> Result<(), Failed> {
    let script = format!("{name}.py");
    let expected = cpython_answer(folder, &script)?;
    let mut args: Vec<&str> = flags.iter().map(String::as_str).collect();
    args.push(&script);
    let got = common::answer(Path::new(common::RIVET), &args, folder);
    match (common::compare(&expected, &got), expected_to_fail) {
        (Ok(()), false) | (Err(_), true) => Ok(()),
        (Ok(()), true) => {
            Err("unexpected pass: take it off tests/diff/expected-failures.txt".into())
        }
        (Err(diff), false) => Err(diff.into()),
    }
}

/// CPython's answer, from the cache when the program has not changed.
fn cpython_answer(folder: &Path, script: &str) -> Result<String, Failed> {
    let cpython = common::cpython();
    let mut hasher = DefaultHasher::new();
    // Tracebacks name the file, so the folder counts too.
    (std::fs::read(folder.join(script))?, folder, &cpython).hash(&mut hasher);
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cpython-answers");
    let kept = cache.join(format!("{script}.{:016x}", hasher.finish()));
    if let Ok(text) = std::fs::read_to_string(&kept) {
        return Ok(text);
    }
    let text = common::answer(&cpython, &[script], folder);
    std::fs::create_dir_all(&cache)?;
    // Written beside and renamed: three modes of one program may get here at once.
    let draft = cache.join(format!("{script}.{:?}", std::thread::current().id()));
    std::fs::write(&draft, &text)?;
    std::fs::rename(&draft, &kept)?;
    Ok(text)
}
