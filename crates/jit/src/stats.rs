//! Counters, for `-X jit=stats`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::feedback::ExitKind;

/// What the compiler has done.
#[derive(Default)]
pub struct Stats {
    /// Units compiled.
    pub compiled: u32,
    /// Units thrown away because they failed too often.
    pub recompiled: u32,
    /// Loops and functions left to the interpreter for good.
    pub given_up: u32,
    /// Bytes of machine code.
    pub bytes: usize,
    /// Time the program waited.
    pub time: Duration,
    /// Time the worker took meanwhile.
    pub background: Duration,
    reasons: BTreeMap<&'static str, u32>,
}

impl Stats {
    /// Counts a unit that could not be compiled.
    pub fn refused(&mut self, why: &'static str) {
        *self.reasons.entry(why).or_insert(0) += 1;
    }

    /// Prints everything to stderr; `exits`: place, kind, count of the exits that were taken.
    pub fn print(&self, exits: impl Iterator<Item = (String, ExitKind, u32)>, reserved: usize) {
        eprintln!(
            "jit: {} units compiled in {:.1} ms and {:.1} ms in the background, {} bytes of code ({reserved} with padding)",
            self.compiled,
            self.time.as_secs_f64() * 1000.0,
            self.background.as_secs_f64() * 1000.0,
            self.bytes,
        );
        eprintln!(
            "jit: {} given up and compiled anew, {} left to the interpreter",
            self.recompiled, self.given_up
        );
        for (why, n) in &self.reasons {
            eprintln!("jit: not compiled: {why}: {n}");
        }
        let mut exits: Vec<_> = exits.collect();
        exits.sort_by_key(|e| std::cmp::Reverse(e.2));
        for (place, kind, n) in exits.iter().take(40) {
            eprintln!("jit: exit: {n} times: {place}: {}", kind.name());
        }
    }
}
