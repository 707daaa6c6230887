//! Compiled units: what was compiled for which loop or function, running it, and giving it up when it fails too
//! often.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use cranelift_codegen::isa::OwnedTargetIsa;
use rivet_spec::{Insn, Op};
use rivet_vm::frames::{Frame, Pc};
use rivet_vm::interp::compiled::{Answer, CompileRequest};
use rivet_vm::types::native_lease;
use rivet_vm::value::Value;

use super::generate::{Generated, code_generator};
use super::memory;
use super::runtime::SHARED;
use super::worker::Worker;
use crate::feedback::{ExitKind, Feedback, Place};
use crate::lower::{RAISED_STATUS, RETURNED};
use crate::options::{Mode, Options};
use crate::stats::Stats;

/// Machine code: (frame, its registers) -> status.
pub(super) type Entry = unsafe extern "C" fn(*const Frame, *mut u64) -> u64;

/// A compiled loop or function. Lives for good: code may still run in it after it has been given up.
pub(super) struct Unit {
    /// Its machine code, once there is some.
    pub entry: Cell<Option<Entry>>,
    /// The counting instruction that is rewritten: one past it.
    pub counter: Pc,
    /// Whether it is a loop.
    pub is_loop: bool,
    /// Its place in the code.
    pub place: Place,
    /// The code.
    pub code: rivet_vm::value::Gc<rivet_vm::types::code::Code>,
}

/// An exit of a unit.
pub(super) struct Exit {
    unit: usize,
    place: Place,
    kind: ExitKind,
    count: u32,
}

/// A unit, in use or given up.
pub(super) struct Installed {
    pub unit: &'static Unit,
    /// Its exits.
    exits: std::ops::Range<usize>,
    /// How often one of them may be taken before it pays to compile anew.
    patience: u32,
}

/// The compiler's state.
pub(super) struct Jit {
    pub options: Options,
    /// For units of ordinary size.
    pub careful: OwnedTargetIsa,
    /// For large ones, where careful allocation of registers takes most of the time and gains least.
    pub quick: OwnedTargetIsa,
    pub feedback: Feedback,
    pub units: Vec<Installed>,
    pub exits: Vec<Exit>,
    /// How often a place has been compiled.
    pub tries: HashMap<Place, u32>,
    /// Generates code while the program goes on; started when it is first wanted.
    pub worker: Option<Worker>,
    /// Places whose code is being generated.
    pub waiting: HashSet<Place>,
    pub stats: Stats,
}

/// The one compiler, used with the GIL held.
struct Global(RefCell<Option<Jit>>);

// SAFETY: only the thread that holds the GIL gets here.
unsafe impl Sync for Global {}

static JIT: Global = Global(RefCell::new(None));

/// Times an exit may be taken before its unit is compiled anew: as the compilation has cost, between these.
const PATIENCE: std::ops::RangeInclusive<u32> = 40..=1500;
/// Bytes of machine code whose compilation costs about as much as an exit and what the interpreter does after it.
const BYTES_PER_EXIT: usize = 16;
/// Times an exit has been taken before the next compilation takes heed of it.
const NOTICED: u32 = 4;
/// Rounds after which a loop is compiled, and calls after which a function is: compiling costs milliseconds, so what
/// is compiled should have taken some in the interpreter. Powers of two.
pub(super) const HOT_LOOP: u64 = 2048;
/// See `HOT_LOOP`.
pub(super) const HOT_FUNCTION: u64 = 1024;
/// Times an exit may be taken that nothing can be learnt from, before its unit is left to the interpreter.
const HOPELESS: u32 = 5000;
/// Times a loop or function is compiled before it is left to the interpreter.
pub(super) const MAX_TRIES: u32 = 12;

/// Sets the compiler up.
///
/// # Errors
/// If this machine is not one Cranelift knows.
pub fn start(options: Options) -> Result<(), String> {
    let careful = code_generator("backtracking")?;
    let quick = code_generator("single_pass")?;
    SHARED.bail.set(options.bail);
    *JIT.0.borrow_mut() = Some(Jit {
        options,
        careful,
        quick,
        feedback: Feedback::default(),
        units: Vec::new(),
        exits: Vec::new(),
        tries: HashMap::new(),
        worker: None,
        waiting: HashSet::new(),
        stats: Stats::default(),
    });
    Ok(())
}

/// Something is hot.
pub fn compile(request: CompileRequest) {
    with_jit(|jit| jit.request(&request));
}

/// Machine code that was being generated is there.
pub fn take_finished() {
    with_jit(Jit::take_finished);
}

/// Runs `f` unless the compiler is at work already (the heap is full, say, and finalizers run).
fn with_jit(f: impl FnOnce(&mut Jit)) {
    if let Ok(mut jit) = JIT.0.try_borrow_mut()
        && let Some(jit) = jit.as_mut()
    {
        f(jit);
    }
}

/// Prints the counters.
pub fn print_stats() {
    if let Some(jit) = JIT.0.borrow().as_ref().filter(|j| j.options.stats) {
        let exits = jit
            .exits
            .iter()
            .filter(|e| e.count > 0)
            .map(|e| (jit.place_text(e), e.kind, e.count));
        jit.stats.print(exits, memory::used());
    }
}

/// Runs machine code in the top frame. `unit`: from the code object or the cache of a `JumpBackJit`.
pub fn enter(unit: usize, frame: &'static Frame) -> Answer {
    if unit == 0 {
        return Answer::No;
    }
    // SAFETY: the interpreter passes what `Jit::install` has put into the code object; units live for good.
    let unit = unsafe { &*(unit as *const Unit) };
    if native_lease::is_asked() {
        native_lease::settle();
    }
    let Some(entry) = unit.entry.get() else {
        return Answer::No;
    };
    // SAFETY: the code was made for this code object's frames; the frame is the top one and its registers are all
    // in memory, which is what the code expects.
    let status = unsafe { entry(frame, frame.regs().as_ptr()) };
    match status as i64 {
        RETURNED => match Value::from_word(SHARED.result.get()) {
            Some(v) => Answer::Returned(v),
            None => rivet_vm::runtime::fatal("compiled code returned a null value"),
        },
        RAISED_STATUS => Answer::Raised,
        _ => {
            left(SHARED.exit.get());
            Answer::Continue
        }
    }
}

/// The layout of the receiver of an attribute instruction that the interpreter is about to execute.
fn receiver_layout(place: Place) -> Option<u32> {
    let frame = rivet_vm::thread::current().stack.top()?;
    let code = frame.code();
    if code.insns_ptr() as usize != place.0 {
        return None;
    }
    let insn = Insn(code.insns().get(place.1)?.get());
    let register = match insn.op() {
        Op::LoadAttr
        | Op::LoadMethod
        | Op::LoadAttrSlot
        | Op::LoadAttrClass
        | Op::LoadMethodCached => insn.b(),
        Op::StoreAttr | Op::StoreAttrSlot => insn.a(),
        _ => return None,
    };
    let receiver = frame.regs().get_opt(register)?;
    receiver.is_ref().then(|| receiver.layout_id())
}

/// An exit was taken.
fn left(exit: u64) {
    with_jit(|jit| jit.left(exit as usize));
}

impl Jit {
    /// Notes a unit that has no code yet; its number.
    pub(super) fn register(&mut self, unit: Unit, exits: &[(Place, ExitKind)]) -> usize {
        let n = self.units.len();
        let first = self.exits.len();
        self.units.push(Installed {
            unit: Box::leak(Box::new(unit)),
            exits: first..first + exits.len(),
            patience: *PATIENCE.start(),
        });
        self.exits.extend(exits.iter().map(|&(place, kind)| Exit {
            unit: n,
            place,
            kind,
            count: 0,
        }));
        n
    }

    /// Puts a unit to use.
    ///
    /// # Errors
    /// Why it cannot run.
    pub(super) fn install(&mut self, n: usize, made: &Generated) -> Result<(), &'static str> {
        let at =
            memory::install(&made.code, &made.calls, &made.placing).ok_or("no room for code")?;
        let size = made.code.len();
        self.stats.bytes += size;
        let work = if self.options.mode == Mode::Eager {
            0
        } else {
            size
        };
        let installed = &mut self.units[n];
        installed.patience = u32::try_from(work / BYTES_PER_EXIT)
            .unwrap_or(u32::MAX)
            .clamp(*PATIENCE.start(), *PATIENCE.end());
        let unit = installed.unit;
        // SAFETY: `at` is executable memory that holds a function of this signature.
        unit.entry
            .set(Some(unsafe { std::mem::transmute::<usize, Entry>(at) }));
        let address = std::ptr::from_ref(unit) as usize;
        let insn = Insn(unit.counter.offset(-1).cache(0));
        match (insn.op(), unit.is_loop) {
            (Op::JumpBack, true) => {
                rewrite(unit.counter, insn, Op::JumpBackJit);
                unit.counter.set_cache(0, address as u64);
            }
            (Op::Resume, false) => {
                unit.code.jit.set(address);
                rewrite(unit.counter, insn, Op::ResumeJit);
            }
            _ => return Err("the code has changed"),
        }
        Ok(())
    }

    fn left(&mut self, exit: usize) {
        let patience = if self.options.bail != 0 {
            // Exits on purpose teach nothing.
            SHARED.bail.set(self.options.bail);
            u32::MAX
        } else {
            self.exits
                .get(exit)
                .map_or(0, |e| self.units[e.unit].patience)
        };
        let hurry = self.options.bail == 0;
        let Some(e) = self.exits.get_mut(exit) else {
            return;
        };
        e.count = e.count.saturating_add(1);
        let (place, kind, n) = (e.place, e.kind, e.unit);
        if kind == ExitKind::Guard
            && let Some(id) = receiver_layout(place)
        {
            self.feedback.meet(place, id);
        }
        // Changed definitions do not change back.
        let patience = match kind {
            ExitKind::Version if hurry => 4,
            _ => patience,
        };
        if e.count == patience && self.feedback.learn(place, kind) {
            self.learn_more(n, exit);
            self.give_up(n);
        } else if e.count == HOPELESS && self.options.bail == 0 && kind != ExitKind::Poll {
            // Nothing can be learnt from it, and it costs more than the unit gains.
            self.tries.insert(self.units[n].unit.place, MAX_TRIES);
            self.give_up(n);
        }
    }

    /// Learns from the other exits of a unit that have been taken, so that it is not compiled anew for each.
    fn learn_more(&mut self, n: usize, but: usize) {
        for i in self.units[n].exits.clone().filter(|&i| i != but) {
            let e = &self.exits[i];
            if e.count >= NOTICED {
                self.feedback.learn(e.place, e.kind);
            }
        }
    }

    /// Takes a unit out of use; its loop or function counts anew.
    fn give_up(&mut self, n: usize) {
        let unit = self.units[n].unit;
        self.stats.recompiled += 1;
        let insn = Insn(unit.counter.offset(-1).cache(0));
        let address = std::ptr::from_ref(unit) as usize;
        if unit.is_loop {
            if insn.op() == Op::JumpBackJit && unit.counter.cache(0) == address as u64 {
                rewrite(unit.counter, insn, Op::JumpBack);
                unit.counter.set_cache(0, 2 * HOT_LOOP - 64);
            }
        } else if unit.code.jit.get() == address {
            unit.code.jit.set(0);
            let counted = Insn(insn.0 & 0xffff_ffff | (2 * HOT_FUNCTION - 32) << 32);
            rewrite(unit.counter, counted, Op::Resume);
        }
    }

    fn place_text(&self, e: &Exit) -> String {
        let code = self.units[e.unit].unit.code;
        let name = rivet_vm::types::str::text_of(code.qualname.get());
        let (start, at) = e.place;
        if start == code.insns_ptr() as usize {
            let line = code.line_of(at).unwrap_or(0);
            let op = Insn(code.insns()[at].get()).op().name();
            format!("{name} line {line} ({op})")
        } else {
            format!("{name}, in an inlined call (word {at})")
        }
    }
}

fn rewrite(counter: Pc, insn: Insn, op: Op) {
    counter.rewrite(Insn(insn.0 & !0xff | op as u64));
}
