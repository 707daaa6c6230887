//! `rivet typed --check`: tests are run in the checking mode, and what they have shown of a module's native signatures
//! is summed up.

use std::fmt::Write as _;

use rivet_capi::typed::{Callable, Described};
use rivet_vm::exceptions::PyResult;
use rivet_vm::object::protocol::{collect, length};
use rivet_vm::types::native_check::Tally;
use rivet_vm::types::str;

use super::{Listed, Tool, optional_text};

/// What is counted for the last line.
#[derive(Default)]
struct Sum {
    signatures: usize,
    compared: usize,
    called: usize,
    disagreements: u64,
    lies: u64,
    refused: usize,
}

/// Runs the tests; the exit code.
pub fn run(tool: &Tool, word: &str, tests: &[String]) -> PyResult<i64> {
    tool.call("keep", &[])?;
    let mut words = rivet_vm::value::RVec::new();
    for t in tests {
        words.push(str::new(t)?)?;
    }
    let words = rivet_vm::types::tuple::new(&words)?;
    let failed = tool.call("run_tests", &[words])?;
    // The modules once more: now with what the tests have shown.
    let mut modules = Vec::new();
    tool.modules(word, &mut modules)?;
    let mut sum = Sum::default();
    let mut out = String::new();
    for m in &modules {
        module(&mut out, m, &mut sum);
    }
    for &f in collect(failed)?.iter() {
        let test = optional_text(f).unwrap_or_default();
        let _ = writeln!(out, "failed: {test}");
    }
    let failures = length(failed)?;
    let passed = tests.len() - failures;
    let _ = writeln!(
        out,
        "{}; tests passed: {passed} of {}",
        sum.text(),
        tests.len()
    );
    tool.write(&out)?;
    let agreed = sum.signatures > 0 && sum.disagreements + sum.lies == 0 && sum.refused == 0;
    Ok((!agreed || failures > 0).into())
}

impl Sum {
    fn text(&self) -> String {
        let never = self.signatures - self.compared - self.called;
        format!(
            "signatures: {}, compared: {}, only called: {}, never called: {never}; disagreements: {}, broken promises: {}, \
             refused declarations: {}",
            self.signatures,
            self.compared,
            self.called,
            self.disagreements,
            self.lies,
            self.refused
        )
    }
}

fn module(out: &mut String, m: &Listed, sum: &mut Sum) {
    let typed: Vec<&Callable> = m.report.typed().collect();
    let _ = writeln!(out, "{}:", m.shown);
    let name_width = typed.iter().map(|c| c.full_name().len()).max().unwrap_or(0);
    let signatures = typed.iter().flat_map(|c| &c.signatures);
    let width = signatures.map(|s| s.signature.len()).max().unwrap_or(0);
    for c in &typed {
        for (i, s) in c.signatures.iter().enumerate() {
            let name = if i == 0 { c.full_name() } else { String::new() };
            let _ = writeln!(
                out,
                "  {name:name_width$}  {:width$}  {}",
                s.signature,
                seen(s, sum)
            );
        }
    }
    for c in m.report.callables.iter().filter(|c| c.wrong) {
        sum.refused += 1;
        let reason = c.reason.as_deref().unwrap_or_default();
        let _ = writeln!(out, "  ! {}: {reason}", c.full_name());
    }
    for p in m.report.problems.iter().filter(|p| p.wrong) {
        sum.refused += 1;
        let _ = writeln!(out, "  ! {p}");
    }
}

/// What has been seen of a signature.
fn seen(s: &Described, sum: &mut Sum) -> String {
    let Tally {
        called,
        compared,
        disagreements,
        lies,
    } = s.tally;
    sum.signatures += 1;
    sum.disagreements += disagreements;
    sum.lies += lies;
    let mut out = if compared > 0 {
        sum.compared += 1;
        format!("compared: {compared}")
    } else if called > 0 {
        sum.called += 1;
        format!("called, neither pure nor testable: {called}")
    } else {
        "never called".to_owned()
    };
    if disagreements > 0 {
        let _ = write!(out, "; disagreements: {disagreements}");
    }
    if lies > 0 {
        let _ = write!(out, "; broken promises: {lies}");
    }
    out
}
