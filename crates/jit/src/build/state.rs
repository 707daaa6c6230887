//! What the builder knows of the frames at a point of the program.

use std::collections::HashMap;

use crate::hir::Val;

/// What a register holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slot {
    /// Nothing that will be read.
    Dead,
    /// A value; `synced`: the register in memory holds it too.
    Val {
        /// The value.
        v: Val,
        /// Whether memory agrees.
        synced: bool,
    },
    /// An iterator over a range, taken apart; memory holds the object if there is one.
    Iter {
        /// The object.
        obj: Option<Val>,
        /// The next value (raw).
        next: Val,
        /// What follows the last value (raw; may have wrapped): `next` when there is none left.
        end: Val,
        /// Step.
        step: i64,
        /// Whether all values that are left have immediate words.
        immediate: bool,
    },
    /// A range that exists only here (raw bounds).
    Range {
        /// Start.
        start: Val,
        /// Stop.
        stop: Val,
        /// Step.
        step: i64,
    },
}

/// A frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Which (index into `Func::ctxs`).
    pub ctx: u32,
    /// Its registers.
    pub slots: Vec<Slot>,
    /// Whether its record is on the thread's stack of frames.
    pub pushed: bool,
    /// For a frame that waits for an inlined call: the word of the call.
    pub call_at: usize,
    /// For a frame that waits for an inlined `__init__`: the register with the instance.
    pub keep: Option<u16>,
}

/// All frames, the unit's own first.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The frames.
    pub frames: Vec<Frame>,
    /// Layouts of values, as long as nothing could have changed them.
    pub facts: HashMap<Val, u32>,
}

impl State {
    /// The innermost frame.
    pub fn top(&self) -> &Frame {
        self.frames.last().expect("a unit has a frame")
    }

    /// The innermost frame.
    pub fn top_mut(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a unit has a frame")
    }
}
