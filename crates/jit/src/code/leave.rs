//! Leaving compiled code: registers and frames as the interpreter wants them, from the raw values the code held and a
//! map that says what they are.

use std::cell::OnceCell;

use rivet_vm::frames::{Frame, PC_OFFSET};
use rivet_vm::interp::compiled;
use rivet_vm::types::function::Function;
use rivet_vm::types::native_lease;
use rivet_vm::types::range::{self, offsets as range_offsets};
use rivet_vm::value::{Gc, Value};

use super::runtime::SHARED;
use crate::hir::Rep;

/// The 64 bits of a value as compiled code holds it.
#[derive(Clone, Copy, Debug)]
pub enum Raw {
    /// In the buffer.
    Slot(usize),
    /// A constant.
    Known(u64),
    /// An object of the unit's table.
    Object(u32),
}

/// Where the value of a register comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// A value, and how it is held.
    Value(Raw, Rep),
    /// An iterator over a range: whether the object is there, its next value, what follows the last.
    RangeIter {
        /// Whether the register holds the object already.
        there: bool,
        /// Next value.
        next: Raw,
        /// What follows the last value.
        end: Raw,
        /// Step.
        step: i64,
    },
    /// A range.
    Range {
        /// Start.
        start: Raw,
        /// Stop.
        stop: Raw,
        /// Step.
        step: i64,
    },
}

/// The frame of a call that was entered without one.
#[derive(Clone, Copy, Debug)]
pub struct Pushed {
    /// The function, in the unit's table.
    pub function: u32,
    /// Register of the caller that gets the result.
    pub dst: u16,
    /// Whether it is the `__init__` of an instance in register `dst` of the caller.
    pub init: bool,
}

/// A frame when the code is left.
#[derive(Debug)]
pub struct Leaving {
    /// How it is pushed, if it has not been.
    pub push: Option<Pushed>,
    /// Number of frames between the unit's and this one.
    pub depth: u32,
    /// Offset of its registers from the unit's.
    pub base: u32,
    /// Address of the instruction it goes on with.
    pub pc: u64,
    /// Registers whose value is not in memory.
    pub stores: Vec<(u16, Source)>,
}

/// What an exit has to put in order.
#[derive(Debug)]
pub struct Map {
    /// Frames, outermost first.
    pub frames: Vec<Leaving>,
}

/// The maps of a unit.
#[derive(Debug)]
pub struct Maps {
    /// Address of the table of the objects it refers to.
    pub table: u64,
    /// By number.
    pub maps: Vec<Map>,
}

/// The raw values of an exit.
#[derive(Clone, Copy)]
struct Values {
    table: *const u64,
    buffer: *const u64,
}

impl Values {
    /// # Safety
    /// The table has the objects and the buffer the values of the map that is worked on.
    unsafe fn get(self, raw: Raw) -> u64 {
        // SAFETY: by contract.
        unsafe {
            match raw {
                Raw::Slot(n) => self.buffer.add(n).read(),
                Raw::Known(bits) => bits,
                Raw::Object(n) => self.table.add(n as usize).read(),
            }
        }
    }

    /// The word of a register that holds `now`.
    ///
    /// # Safety
    /// As `get`; where the source is an iterator that is there, `now` is the word of its object.
    unsafe fn word(self, source: Source, now: u64) -> u64 {
        // SAFETY: by contract.
        unsafe {
            match source {
                Source::Value(raw, rep) => {
                    let bits = self.get(raw);
                    match rep {
                        Rep::Any => bits,
                        Rep::Int => Value::int(bits as i64).to_word(),
                        Rep::Float => Value::float(f64::from_bits(bits)).to_word(),
                        // A bool is held in a byte.
                        Rep::Bool => Value::bool(bits as u8 != 0).to_word(),
                    }
                }
                Source::RangeIter {
                    there,
                    next,
                    end,
                    step,
                } => {
                    let (next, end) = (self.get(next) as i64, self.get(end) as i64);
                    let left = range::values_left(next, end, step);
                    if !there {
                        return super::runtime::make_range_iter(next, left, step);
                    }
                    set_field(now, range_offsets::NEXT, next as u64);
                    set_field(now, range_offsets::LEFT, left);
                    now
                }
                Source::Range { start, stop, step } => {
                    super::runtime::make_range(self.get(start) as i64, self.get(stop) as i64, step)
                }
            }
        }
    }
}

/// # Safety
/// The object has a raw field there.
unsafe fn set_field(object: u64, offset: usize, bits: u64) {
    // SAFETY: by contract.
    unsafe { ((object as usize + offset) as *mut u64).write(bits) };
}

/// Called where a guard has failed: makes the interpreter's frames and registers.
///
/// # Safety
/// `maps` are those of the unit that runs in the top frame `frame` with the registers `regs`, `map` is one of them,
/// `exit` an exit, and `buffer` holds the values the map names.
pub unsafe extern "C" fn leave(
    maps: *const OnceCell<Maps>,
    map: u64,
    exit: u64,
    frame: *const Frame,
    regs: *mut u64,
    buffer: *const u64,
) {
    SHARED.exit.set(exit);
    // SAFETY: the maps of a unit live for good.
    let Some(maps) = (unsafe { (*maps).get() }) else {
        rivet_vm::runtime::fatal("compiled code without maps");
    };
    let values = Values {
        table: maps.table as *const u64,
        buffer,
    };
    for f in &maps.maps[map as usize].frames {
        // SAFETY: by contract. What is allocated here may move objects, but not those the compiled code's stack frame
        // refers to, and tables are updated. An iterator that is `there` has been loaded from its register or stored in
        // it, and compiled code writes nothing else there while it is taken apart (`build::state::Slot::Iter`).
        unsafe {
            let base = regs.add(f.base as usize);
            match f.push {
                Some(p) => {
                    let function: Gc<Function> =
                        Gc::from_raw(values.get(Raw::Object(p.function)) as *mut Function);
                    compiled::push_inlined(
                        function,
                        base,
                        p.dst,
                        rivet_vm::frames::Pc::new(f.pc as *const u64),
                        p.init,
                    );
                }
                None => frame
                    .add(f.depth as usize)
                    .byte_add(PC_OFFSET)
                    .cast::<u64>()
                    .cast_mut()
                    .write(f.pc),
            }
            for &(reg, source) in &f.stores {
                let at = base.add(reg as usize);
                at.write(values.word(source, at.read()));
            }
        }
    }
    if native_lease::any() {
        native_lease::end_all();
    }
}
