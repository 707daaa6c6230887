//! The data files of a conformance run: file list, CPython's baseline, our expectations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::report::FileReport;
use super::{End, FileRun};
use crate::{Outcome, read, write};

/// Lines of a table without comments and blank ones.
pub fn list(text: &str) -> Vec<String> {
    text.lines()
        .map(|l| split_reason(l).0.to_string())
        .filter(|l| !l.is_empty())
        .collect()
}

fn split_reason(line: &str) -> (&str, Option<&str>) {
    if line.starts_with('#') {
        return ("", None);
    }
    match line.split_once(" # ") {
        Some((entry, reason)) => (entry.trim(), Some(reason.trim())),
        None => (line.trim(), None),
    }
}

/// What CPython makes of a file: status by case id.
#[derive(Debug, Default)]
pub struct Baseline {
    /// Case id to status.
    pub status: BTreeMap<String, String>,
}

impl Baseline {
    /// Reads `status id` lines.
    pub fn parse(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        let status = pairs
            .map(|(status, id)| (id.to_string(), status.to_string()))
            .collect();
        Baseline { status }
    }

    /// Ids of the cases CPython passes.
    pub fn passing(&self) -> BTreeSet<&str> {
        let good = |status: &str| status == "ok" || status == "xfail";
        self.status
            .iter()
            .filter(|(_, s)| good(s))
            .map(|(id, _)| id.as_str())
            .collect()
    }
}

/// Writes the baseline of each file of a run under CPython.
pub fn write_baseline(folder: &Path, runs: &[FileRun]) -> Outcome {
    for run in runs {
        let mut lines: Vec<String> = run
            .cases
            .iter()
            .map(|c| format!("{} {}\n", c.status, c.id))
            .collect();
        lines.sort();
        lines.dedup();
        if run.end != End::Done {
            eprintln!(
                "warning: {} did not run to its end: {:?}",
                run.name, run.end
            );
        }
        write(&folder.join(format!("{}.txt", run.name)), &lines.concat())?;
    }
    Ok(())
}

/// What we expect not to pass in a file.
#[derive(Debug, Default)]
pub struct Expectations {
    /// Case id to the reason given for it.
    pub cases: BTreeMap<String, String>,
    /// `!crash`: the process is expected to die.
    pub crash: bool,
    /// `!timeout`: the process is expected to be killed.
    pub timeout: bool,
}

impl Expectations {
    /// Reads a file's table; no table means that everything is expected to pass.
    pub fn load(folder: &Path, name: &str) -> Outcome<Self> {
        let path = folder.join(format!("{name}.txt"));
        if !path.is_file() {
            return Ok(Expectations::default());
        }
        Ok(Expectations::parse(&read(&path)?))
    }

    /// Reads a table's text.
    pub fn parse(text: &str) -> Self {
        let mut table = Expectations::default();
        for (entry, reason) in text.lines().map(split_reason) {
            match entry {
                "" => {}
                "!crash" => table.crash = true,
                "!timeout" => table.timeout = true,
                id => {
                    table
                        .cases
                        .insert(id.to_string(), reason.unwrap_or_default().to_string());
                }
            }
        }
        table
    }

    /// Whether a case may pass or not from run to run: its reason begins with `varies:`.
    pub fn varies(&self, id: &str) -> bool {
        self.cases
            .get(id)
            .is_some_and(|reason| reason.starts_with("varies:"))
    }

    /// Rewrites a file's table from a run; reasons given by hand stay, and so do cases that vary.
    pub fn write(folder: &Path, run: &FileRun, report: &FileReport, old: &Expectations) -> Outcome {
        let path = folder.join(format!("{}.txt", run.name));
        let mut text = String::new();
        match run.end {
            End::Done => {}
            End::Crash(_) => text.push_str("!crash\n"),
            End::Timeout(_) => text.push_str("!timeout\n"),
        }
        let varying = old.cases.keys().filter(|id| old.varies(id));
        let ids: BTreeSet<&String> = report.not_passing.iter().chain(varying).collect();
        for id in ids {
            let reason = old.cases.get(id).filter(|r| !r.is_empty()).cloned();
            let reason = reason.unwrap_or_else(|| report.reason(id));
            let _ = writeln!(text, "{id} # {reason}");
        }
        if text.is_empty() {
            if path.exists() {
                std::fs::remove_file(&path)?;
            }
            return Ok(());
        }
        write(&path, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read() {
        let table = Expectations::parse("# head\n!crash\na.b.c # why\nd\n\n");
        assert!(table.crash && !table.timeout);
        assert_eq!(table.cases["a.b.c"], "why");
        assert_eq!(table.cases["d"], "");
        let table = Expectations::parse("a # varies: by the stack\nb # why\n");
        assert!(table.varies("a") && !table.varies("b") && !table.varies("c"));
    }

    #[test]
    fn only_passing_cases_count() {
        let base = Baseline::parse("ok a\nskip b\nxfail c\nfail d e\n");
        assert_eq!(base.passing().into_iter().collect::<Vec<_>>(), ["a", "c"]);
    }
}
