//! What earlier compilations got wrong: where not to speculate again.

use std::collections::{HashMap, HashSet};

/// A place in a code object: address of its words, index of the word.
pub type Place = (usize, usize);

/// Why compiled code was left.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExitKind {
    /// A guard of the instruction failed.
    Guard,
    /// What the instruction counted on (a namespace, a class, a function) has changed.
    Version,
    /// A loop variable (register) was not of the type it had before.
    Variable(u16),
    /// A register was not of the type it had when the loop was compiled.
    Entry(u16),
    /// The instruction had never been executed.
    Cold,
    /// A text was not ASCII.
    Text,
    /// Something asked the interpreter to look up.
    Poll,
    /// The compiler does not know this instruction.
    Unsupported,
    /// The frame has a frame object; the interpreter returns from it.
    Return,
}

impl ExitKind {
    /// For `-X jit=stats`.
    pub fn name(self) -> &'static str {
        match self {
            ExitKind::Guard => "guard failed",
            ExitKind::Version => "definitions changed",
            ExitKind::Variable(_) => "variable changed its type",
            ExitKind::Entry(_) => "entered with other types",
            ExitKind::Cold => "reached code never run before",
            ExitKind::Text => "text is not ASCII",
            ExitKind::Poll => "asked to look up",
            ExitKind::Unsupported => "instruction not compiled",
            ExitKind::Return => "frame object in use",
        }
    }
}

/// The memory of failures.
#[derive(Default)]
pub struct Feedback {
    general: HashSet<Place>,
    widened: HashSet<(Place, u16)>,
    warm: HashSet<Place>,
    texts: HashSet<Place>,
    renewed: HashMap<Place, u32>,
    layouts: HashMap<Place, Layouts>,
}

/// Layouts of receivers that made a guard fail.
#[derive(Default)]
struct Layouts {
    met: Vec<u32>,
    /// Some have not been compiled for yet.
    fresh: bool,
}

/// Most layouts remembered for an instruction.
const MAX_LAYOUTS: usize = 4;

/// How often an instruction is compiled anew for changed definitions before it is compiled without counting on them.
const RENEWALS: u32 = 4;

impl Feedback {
    /// Whether the instruction is to be compiled without assumptions about its operands.
    pub fn is_general(&self, p: Place) -> bool {
        self.general.contains(&p)
    }

    /// Whether the register is to be a tagged word at this loop.
    pub fn is_widened(&self, p: Place, reg: u16) -> bool {
        self.widened.contains(&(p, reg))
    }

    /// Whether an instruction without a profile is known to run.
    pub fn is_warm(&self, p: Place) -> bool {
        self.warm.contains(&p)
    }

    /// Whether an instruction meets texts that are not ASCII.
    pub fn is_any_text(&self, p: Place) -> bool {
        self.texts.contains(&p)
    }

    /// Layouts of receivers at an attribute instruction that its cache does not know of.
    pub fn layouts(&self, p: Place) -> &[u32] {
        self.layouts.get(&p).map_or(&[], |l| &l.met)
    }

    /// Notes the layout of the receiver with which a guard has failed.
    pub fn meet(&mut self, p: Place, layout: u32) {
        let l = self.layouts.entry(p).or_default();
        if l.met.len() < MAX_LAYOUTS && !l.met.contains(&layout) {
            l.met.push(layout);
            l.fresh = true;
        }
    }

    /// Notes an exit that was taken too often; false if nothing can be learnt from it.
    pub fn learn(&mut self, p: Place, kind: ExitKind) -> bool {
        match kind {
            ExitKind::Guard => match self.layouts.get_mut(&p) {
                Some(l) if l.fresh => {
                    l.fresh = false;
                    true
                }
                _ => self.general.insert(p),
            },
            ExitKind::Version => {
                let n = self.renewed.entry(p).or_insert(0);
                *n += 1;
                *n <= RENEWALS || self.general.insert(p)
            }
            ExitKind::Variable(r) | ExitKind::Entry(r) => self.widened.insert((p, r)),
            ExitKind::Cold => self.warm.insert(p),
            ExitKind::Text => self.texts.insert(p),
            ExitKind::Poll | ExitKind::Return | ExitKind::Unsupported => false,
        }
    }
}
