//! One file's verdict: what passed of what CPython passes, and what was not expected.

use std::collections::{BTreeMap, BTreeSet};

use super::tables::{Baseline, Expectations};
use super::{End, FileRun};

/// The heading above the lines of [`FileReport::line`].
pub const HEADING: &str =
    "file                          passed  failed skipped  CPython passes       %  end";

/// The verdict on one file.
#[derive(Debug)]
pub struct FileReport {
    name: String,
    passed: usize,
    failed: usize,
    skipped: usize,
    cpython: usize,
    /// Cases CPython passes and this run passes too.
    common: usize,
    /// Ids CPython passes and this run does not, whether failed, skipped or never reached.
    pub not_passing: BTreeSet<String>,
    reasons: BTreeMap<String, String>,
    unexpected_failures: Vec<String>,
    unexpected_passes: Vec<String>,
    /// Ids whose result was unexpected in the run and expected in every repetition of it.
    unsteady: BTreeSet<String>,
    expected: Vec<String>,
    end: End,
    end_expected: bool,
}

impl FileReport {
    /// Compares a run with CPython's baseline and with the expectations.
    pub fn new(run: &FileRun, baseline: &Baseline, expected: &Expectations) -> Self {
        let passed: BTreeSet<&str> = run
            .cases
            .iter()
            .filter(|c| c.passed())
            .map(|c| c.id.as_str())
            .collect();
        let passing = baseline.passing();
        let not_passing: BTreeSet<String> = passing
            .iter()
            .filter(|id| !passed.contains(*id))
            .map(|id| id.to_string())
            .collect();
        let is_expected = |id: &&String| expected.cases.contains_key(*id);
        let skipped = run.cases.iter().filter(|c| c.status == "skip").count();
        let reason = |c: &super::Case| {
            (
                c.id.clone(),
                format!("{} {}", c.status, c.text).trim().to_string(),
            )
        };
        FileReport {
            name: run.name.clone(),
            passed: passed.len(),
            failed: run.cases.iter().filter(|c| !c.passed()).count() - skipped,
            skipped,
            cpython: passing.len(),
            common: passing.len() - not_passing.len(),
            unexpected_failures: not_passing
                .iter()
                .filter(|id| !is_expected(id))
                .cloned()
                .collect(),
            unexpected_passes: expected
                .cases
                .keys()
                .filter(|id| passed.contains(id.as_str()) && !expected.varies(id))
                .cloned()
                .collect(),
            unsteady: BTreeSet::new(),
            expected: not_passing.iter().filter(is_expected).cloned().collect(),
            not_passing,
            reasons: run
                .cases
                .iter()
                .filter(|c| !c.passed())
                .map(reason)
                .collect(),
            end: run.end.clone(),
            end_expected: match run.end {
                End::Done => !expected.crash && !expected.timeout,
                End::Crash(_) => expected.crash,
                End::Timeout(_) => expected.timeout,
            },
        }
    }

    /// Whether the file ended as expected and cases in it did not: what repetitions can tell more about. A crash or a
    /// timeout is not asked again.
    pub fn may_be_unsteady(&self) -> bool {
        self.end_expected && self.unexpected().next().is_some()
    }

    fn unexpected(&self) -> impl Iterator<Item = &String> {
        self.unexpected_failures
            .iter()
            .chain(&self.unexpected_passes)
    }

    /// Takes repetitions of the run into account: a case that is as expected in all of them is unsteady; one that any of
    /// them finds unexpected too stays so, and so does an end that was not expected.
    pub fn repeated(&mut self, again: &[FileReport]) {
        let still: BTreeSet<&String> = again.iter().flat_map(Self::unexpected).collect();
        let unsteady = self.unexpected().filter(|id| !still.contains(id));
        self.unsteady = unsteady.cloned().collect();
        if let Some(worse) = again.iter().find(|r| !r.end_expected) {
            self.end = worse.end.clone();
            self.end_expected = false;
        }
    }

    /// Why a case did not pass, as the run told it.
    pub fn reason(&self, id: &str) -> String {
        self.reasons
            .get(id)
            .cloned()
            .unwrap_or_else(|| "not reached".to_string())
    }

    /// The file's row in the table.
    pub fn line(&self) -> String {
        let end = match self.end {
            End::Done => "",
            End::Crash(_) => "crash",
            End::Timeout(_) => "timeout",
        };
        row(
            &self.name,
            [
                self.passed,
                self.failed,
                self.skipped,
                self.cpython,
                self.common,
            ],
            end,
        )
    }

    /// Everything that was not expected, one line each; with `verbose` also what was.
    pub fn problems(&self, verbose: bool) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.end_expected {
            lines.push(match &self.end {
                End::Done => format!(
                    "unexpected end: {} is expected to die and did not",
                    self.name
                ),
                End::Crash(how) => format!("unexpected crash: {}: {how}", self.name),
                End::Timeout(how) => format!("unexpected timeout: {} {how}", self.name),
            });
        }
        let tell = |word: &str, id: &String| format!("{word}: {id}: {}", self.reason(id));
        let verdict = |id: &String, what: &str| {
            let unsteady = self.unsteady.contains(id);
            format!(
                "{} {what}",
                if unsteady { "unsteady" } else { "unexpected" }
            )
        };
        lines.extend(
            self.unexpected_failures
                .iter()
                .map(|id| tell(&verdict(id, "failure"), id)),
        );
        lines.extend(
            self.unexpected_passes
                .iter()
                .map(|id| format!("{}: {id}", verdict(id, "pass"))),
        );
        if verbose {
            lines.extend(self.expected.iter().map(|id| tell("expected failure", id)));
        }
        lines
    }
}

fn row(name: &str, [passed, failed, skipped, cpython, common]: [usize; 5], end: &str) -> String {
    let percent = if cpython == 0 {
        100.0
    } else {
        100.0 * common as f64 / cpython as f64
    };
    format!("{name:<28} {passed:>7} {failed:>7} {skipped:>7} {cpython:>15} {percent:>7.1}  {end}")
        .trim_end()
        .to_string()
}

/// Sums over the files.
#[derive(Debug, Default)]
pub struct Totals {
    numbers: [usize; 5],
    crashes: usize,
    timeouts: usize,
    unsteady: usize,
}

impl Totals {
    /// Adds a file.
    pub fn add(&mut self, r: &FileReport) {
        let new = [r.passed, r.failed, r.skipped, r.cpython, r.common];
        for (sum, n) in self.numbers.iter_mut().zip(new) {
            *sum += n;
        }
        self.crashes += usize::from(matches!(r.end, End::Crash(_)));
        self.timeouts += usize::from(matches!(r.end, End::Timeout(_)));
        self.unsteady += r.unsteady.len();
    }

    /// The last row of the table.
    pub fn line(&self) -> String {
        let end = format!(
            "{} crashes, {} timeouts, {} unsteady",
            self.crashes, self.timeouts, self.unsteady
        );
        row("in all", self.numbers, &end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Case;
    use super::*;

    fn report(statuses: [&str; 2], end: End) -> FileReport {
        let cases = ["m.a", "m.b"].iter().zip(statuses);
        let run = FileRun {
            name: "m".into(),
            cases: cases
                .map(|(id, status)| Case {
                    id: id.to_string(),
                    status: status.into(),
                    text: String::new(),
                })
                .collect(),
            end,
            seconds: 0.0,
        };
        let baseline = Baseline::parse("ok m.a\nok m.b\n");
        FileReport::new(&run, &baseline, &Expectations::parse("m.b # why\n"))
    }

    #[test]
    fn what_repetitions_do_not_show_again_is_unsteady() {
        let expected = || report(["ok", "fail"], End::Done);
        assert!(!expected().may_be_unsteady());
        let mut both = report(["fail", "ok"], End::Done);
        assert!(both.may_be_unsteady());
        both.repeated(&[report(["ok", "ok"], End::Done), expected()]);
        assert_eq!(
            both.problems(false),
            ["unsteady failure: m.a: fail", "unexpected pass: m.b"]
        );
    }

    #[test]
    fn a_repetition_that_crashes_counts() {
        let mut once = report(["fail", "fail"], End::Done);
        once.repeated(&[report(["ok", "fail"], End::Crash("how".into()))]);
        assert!(once.problems(false)[0].starts_with("unexpected crash"));
        assert!(!report(["ok", "fail"], End::Crash("how".into())).may_be_unsteady());
    }
}
