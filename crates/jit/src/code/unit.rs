//! Compiled units: what was compiled for which loop or function, running it, and giving it up when it fails too
//! often.

use std::cell::RefCell;
use std::collections::HashMap;

use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use rivet_spec::{Insn, Op};
use rivet_vm::frames::{Frame, Pc};
use rivet_vm::interp::compiled::{Answer, CompileRequest};
use rivet_vm::types::list::List;
use rivet_vm::value::{Array, Root, Value};

use super::memory;
use super::runtime::SHARED;
use crate::build::{self, Built};
use crate::feedback::{ExitKind, Feedback, Place};
use crate::hir;
use crate::lower::{self, RAISED_STATUS, RETURNED};
use crate::options::{Mode, Options};
use crate::stats::Stats;

/// Machine code: (frame, its registers) -> status.
type Entry = unsafe extern "C" fn(*const Frame, *mut u64) -> u64;

/// A compiled loop or function. Lives for good: code may still run in it after it has been given up.
struct Unit {
    entry: Entry,
    /// The counting instruction that was rewritten: one past it.
    counter: Pc,
    /// Whether it is a loop.
    is_loop: bool,
    /// Its place in the code.
    place: Place,
    code: rivet_vm::value::Gc<rivet_vm::types::code::Code>,
}

/// An exit of a unit.
struct Exit {
    unit: usize,
    place: Place,
    kind: ExitKind,
    count: u32,
}

/// A unit, in use or given up.
struct Installed {
    unit: &'static Unit,
    /// Its exits.
    exits: std::ops::Range<usize>,
    /// How often one of them may be taken before it pays to compile anew.
    patience: u32,
}

/// The compiler's state.
struct Jit {
    options: Options,
    /// For units of ordinary size.
    careful: OwnedTargetIsa,
    /// For large ones, where careful allocation of registers takes most of the time and gains least.
    quick: OwnedTargetIsa,
    feedback: Feedback,
    units: Vec<Installed>,
    exits: Vec<Exit>,
    /// How often a place has been compiled.
    tries: HashMap<Place, u32>,
    stats: Stats,
}

/// The one compiler, used with the GIL held.
struct Global(RefCell<Option<Jit>>);

// SAFETY: only the thread that holds the GIL gets here.
unsafe impl Sync for Global {}

static JIT: Global = Global(RefCell::new(None));

/// Objects that compiled code refers to: a list of pinned arrays.
static TABLES: Root = Root::new();

/// Times an exit may be taken before its unit is compiled anew: as the compilation has cost, between these.
const PATIENCE: std::ops::RangeInclusive<u32> = 40..=1500;
/// Bytes of machine code whose compilation costs about as much as an exit and what the interpreter does after it.
const BYTES_PER_EXIT: usize = 16;
/// Instructions from which on a unit is large.
const LARGE: usize = 700;
/// Times an exit has been taken before the next compilation takes heed of it.
const NOTICED: u32 = 4;
/// Rounds after which a loop is compiled, and calls after which a function is: compiling costs milliseconds, so what
/// is compiled should have taken some in the interpreter. Powers of two.
const HOT_LOOP: u64 = 2048;
/// See `HOT_LOOP`.
const HOT_FUNCTION: u64 = 1024;
/// Times an exit may be taken that nothing can be learnt from, before its unit is left to the interpreter.
const HOPELESS: u32 = 5000;
/// Times a loop or function is compiled before it is left to the interpreter.
const MAX_TRIES: u32 = 12;

/// A code generator for this machine with one of Cranelift's register allocators.
fn code_generator(allocator: &str) -> Result<OwnedTargetIsa, String> {
    let verifier = if cfg!(debug_assertions) {
        "true"
    } else {
        "false"
    };
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("regalloc_algorithm", allocator),
        ("is_pic", "false"),
        ("enable_probestack", "false"),
        ("enable_verifier", verifier),
    ] {
        flags.set(name, value).map_err(|e| e.to_string())?;
    }
    cranelift_native::builder()
        .map_err(str::to_owned)?
        .finish(settings::Flags::new(flags))
        .map_err(|e| e.to_string())
}

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
        stats: Stats::default(),
    });
    Ok(())
}

/// Something is hot.
pub fn compile(request: CompileRequest) {
    if let Ok(mut jit) = JIT.0.try_borrow_mut()
        && let Some(jit) = jit.as_mut()
    {
        jit.request(request);
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
    // SAFETY: the code was made for this code object's frames; the frame is the top one and its registers are all
    // in memory, which is what the code expects.
    let status = unsafe { (unit.entry)(frame, frame.regs().as_ptr()) };
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
    if let Ok(mut jit) = JIT.0.try_borrow_mut()
        && let Some(jit) = jit.as_mut()
    {
        jit.left(exit as usize);
    }
}

impl Jit {
    fn request(&mut self, r: CompileRequest) {
        let hot = if r.is_loop { HOT_LOOP } else { HOT_FUNCTION };
        if self.options.mode == Mode::On && r.count < hot {
            return;
        }
        let code = r.frame.code();
        let start = code.insns_ptr() as usize;
        let at = (r.start.as_ptr() as usize - start) / 8;
        // A function's unit begins with its Resume.
        let at = if r.is_loop { at } else { at - 1 };
        let place = (start, at);
        if !r.is_loop && !is_entry(r.frame, r.counter) {
            return;
        }
        let tries = self.tries.entry(place).or_insert(0);
        *tries += 1;
        if *tries > MAX_TRIES {
            if *tries == MAX_TRIES + 1 {
                self.stats.given_up += 1;
            }
            return;
        }
        let began = std::time::Instant::now();
        match self.make(&r, at) {
            Ok(()) => self.stats.compiled += 1,
            Err(why) => {
                // It will not get better.
                *self.tries.entry(place).or_insert(0) = MAX_TRIES;
                self.stats.refused(why);
            }
        }
        self.stats.time += began.elapsed();
    }

    fn make(&mut self, r: &CompileRequest, at: usize) -> Result<(), &'static str> {
        // Values wait in the builder's vectors until they are in the unit's table.
        let no_gc = rivet_heap::NoGc::new();
        let mut built = build::build(&build::Request {
            frame: r.frame,
            at,
            is_loop: r.is_loop,
            feedback: &self.feedback,
            eager: self.options.mode == Mode::Eager,
        })?;
        let check = cfg!(debug_assertions);
        if check && let Err(e) = hir::verify(&built.func) {
            rivet_vm::runtime::fatal(&format!("broken HIR: {e}\n{}", hir::print(&built.func)));
        }
        if let Err(e) = crate::opt::run(&mut built.func, check) {
            rivet_vm::runtime::fatal(&format!("broken HIR: {e}\n{}", hir::print(&built.func)));
        }
        if self.options.dump_hir {
            eprintln!("{}", hir::print(&built.func));
        }
        // The unit keeps its code object: exits name places in it.
        built.consts.push(r.frame.code().value());
        let table = table_of(&built).ok_or("no memory")?;
        // Lowering still looks at the objects (receivers of C functions).
        let entry = self.machine_code(&built, table);
        drop(no_gc);
        let (entry, size) = entry?;
        self.install(r, at, &built, entry, size);
        Ok(())
    }

    /// The unit's function and its size in bytes.
    fn machine_code(&mut self, built: &Built, table: u64) -> Result<(Entry, usize), &'static str> {
        let isa = if built.func.insts.len() > LARGE {
            &*self.quick
        } else {
            &*self.careful
        };
        let func = lower::lower(
            built,
            table,
            self.exits.len() as u64,
            self.options.bail != 0,
            isa,
        );
        if self.options.dump_clif {
            eprintln!("{}", func.display());
        }
        let mut ctx = Context::for_function(func);
        ctx.set_disasm(self.options.dump_asm);
        let compiled = match ctx.compile(isa, &mut ControlPlane::default()) {
            Ok(c) => c,
            Err(e) => {
                if cfg!(debug_assertions) {
                    rivet_vm::runtime::fatal(&format!(
                        "Cranelift: {:?}\n{}",
                        e.inner,
                        e.func.display()
                    ));
                }
                return Err("the code generator refused it");
            }
        };
        if let Some(asm) = &compiled.vcode {
            eprintln!("{asm}");
        }
        if !compiled.buffer.relocs().is_empty() {
            return Err("code with relocations");
        }
        let size = compiled.code_buffer().len();
        self.stats.bytes += size;
        let at = memory::install(compiled.code_buffer()).ok_or("no room for code")?;
        // SAFETY: `at` is executable memory that holds a function of this signature.
        let entry = unsafe { std::mem::transmute::<usize, Entry>(at) };
        Ok((entry, size))
    }

    fn install(&mut self, r: &CompileRequest, at: usize, built: &Built, entry: Entry, size: usize) {
        let code = r.frame.code();
        let place = (code.insns_ptr() as usize, at);
        let unit: &'static Unit = Box::leak(Box::new(Unit {
            entry,
            counter: r.counter,
            is_loop: r.is_loop,
            place,
            code,
        }));
        let n = self.units.len();
        let first = self.exits.len();
        let work = if self.options.mode == Mode::Eager {
            0
        } else {
            size
        };
        self.units.push(Installed {
            unit,
            exits: first..first + built.exits.len(),
            patience: u32::try_from(work / BYTES_PER_EXIT)
                .unwrap_or(u32::MAX)
                .clamp(*PATIENCE.start(), *PATIENCE.end()),
        });
        self.exits
            .extend(built.exits.iter().map(|&(place, kind)| Exit {
                unit: n,
                place,
                kind,
                count: 0,
            }));
        let address = std::ptr::from_ref(unit) as usize;
        let insn = Insn(r.counter.offset(-1).cache(0));
        if r.is_loop {
            rewrite(r.counter, insn, Op::JumpBackJit);
            r.counter.set_cache(0, address as u64);
        } else {
            code.jit.set(address);
            rewrite(r.counter, insn, Op::ResumeJit);
        }
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

/// Whether a `Resume` is the one at the entry of a function.
fn is_entry(frame: &Frame, counter: Pc) -> bool {
    let code = frame.code();
    let at = (counter.as_ptr() as usize - code.insns_ptr() as usize) / 8 - 1;
    let mut i = 0;
    while i < at {
        // Variables in cells have been set up by then.
        let op = Insn(code.insns()[i].get()).op();
        if !matches!(op, Op::MakeCell | Op::CopyFree | Op::Nop) {
            return false;
        }
        i += 1 + op.cache_words();
    }
    true
}

/// A pinned array of the objects a unit refers to; the address of its first element.
fn table_of(built: &Built) -> Option<u64> {
    let array = Array::new_pinned(built.consts.len().max(1)).ok()?;
    for (i, &v) in built.consts.iter().enumerate() {
        array.put(i, v);
    }
    let all = match TABLES.get().and_then(|t| t.cast::<List>()) {
        Some(l) => l,
        None => {
            let l = List::new().ok()?;
            TABLES.set(l.value());
            l
        }
    };
    all.append(array.value()).ok()?;
    Some(array.slots().as_ptr() as u64)
}
