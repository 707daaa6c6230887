//! Making units: from a request to machine code, on this thread or, for code generation, on the worker's.

use std::cell::{Cell, OnceCell};
use std::time::Instant;

use rivet_spec::{Insn, Op};
use rivet_vm::frames::{Frame, Pc};
use rivet_vm::interp::compiled::CompileRequest;
use rivet_vm::types::list::List;
use rivet_vm::value::{Array, Root};

use super::generate::{Generated, Job, generate};
use super::unit::{HOT_FUNCTION, HOT_LOOP, Jit, MAX_TRIES, Unit};
use super::worker::Worker;
use crate::build::{self, Built};
use crate::feedback::Place;
use crate::options::Mode;
use crate::{hir, lower};

/// Objects that compiled code refers to: a list of pinned arrays.
static TABLES: Root = Root::new();

/// Instructions from which on a unit is large.
const LARGE: usize = 700;

impl Jit {
    /// A loop or function is hot.
    pub(super) fn request(&mut self, r: &CompileRequest) {
        let hot = if r.is_loop { HOT_LOOP } else { HOT_FUNCTION };
        if self.options.mode == Mode::On && r.count < hot {
            return;
        }
        let start = r.frame.code().insns_ptr() as usize;
        let at = (r.start.as_ptr() as usize - start) / 8;
        // A function's unit begins with its Resume.
        let at = if r.is_loop { at } else { at - 1 };
        let place = (start, at);
        if !r.is_loop && !is_entry(r.frame, r.counter) {
            return;
        }
        if self.is_waiting(place) || !self.may_try(place) {
            return;
        }
        let began = Instant::now();
        if let Err(why) = self.make(r, place) {
            self.refuse(place, why);
        }
        self.stats.time += began.elapsed();
    }

    /// Counts an attempt; false if there have been too many.
    fn may_try(&mut self, place: Place) -> bool {
        let tries = self.tries.entry(place).or_insert(0);
        *tries += 1;
        if *tries == MAX_TRIES + 1 {
            self.stats.given_up += 1;
        }
        *tries <= MAX_TRIES
    }

    /// It could not be compiled, and it will not get better.
    fn refuse(&mut self, place: Place, why: &'static str) {
        self.tries.insert(place, MAX_TRIES);
        self.stats.refused(why);
    }

    fn make(&mut self, r: &CompileRequest, place: Place) -> Result<(), &'static str> {
        // Values wait in the builder's vectors until they are in the unit's table.
        let no_gc = rivet_heap::NoGc::new();
        let mut built = build::build(&build::Request {
            frame: r.frame,
            at: place.1,
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
        let job = self.job(r, place, &built, table);
        drop(no_gc);
        self.generate(job, place)
    }

    /// Notes the unit and makes what code is generated from.
    fn job(&mut self, r: &CompileRequest, place: Place, built: &Built, table: u64) -> Job {
        let isa = if built.func.insts.len() > LARGE {
            self.quick.clone()
        } else {
            self.careful.clone()
        };
        let first_exit = self.exits.len() as u64;
        let maps = Box::leak(Box::new(OnceCell::new()));
        let bail = self.options.bail != 0;
        let func = lower::lower(built, (table, maps), first_exit, bail, &*isa);
        if self.options.dump_clif {
            eprintln!("{}", func.display());
        }
        let unit = Unit {
            entry: Cell::new(None),
            counter: r.counter,
            is_loop: r.is_loop,
            place,
            code: r.frame.code(),
        };
        Job {
            unit: self.register(unit, &built.exits),
            func,
            isa,
            assembly: self.options.dump_asm,
        }
    }

    /// Has the code generated: by the worker, unless what happens is to be seen in its order.
    fn generate(&mut self, job: Job, place: Place) -> Result<(), &'static str> {
        if self.options.in_background() {
            if self.worker.is_none() {
                self.worker = Worker::start();
            }
            if let Some(worker) = &self.worker {
                self.waiting.insert(place);
                worker.submit(job);
                return Ok(());
            }
        }
        let unit = job.unit;
        let made = generate(job)?;
        self.use_code(unit, &made)
    }

    fn use_code(&mut self, unit: usize, made: &Generated) -> Result<(), &'static str> {
        if let Some(assembly) = &made.assembly {
            eprintln!("{assembly}");
        }
        self.install(unit, made)?;
        self.stats.compiled += 1;
        Ok(())
    }

    /// Puts what the worker has finished to use.
    pub(super) fn take_finished(&mut self) {
        self.leave_worker_behind();
        while let Some(done) = self.worker.as_ref().and_then(Worker::finished) {
            let place = self.units[done.unit].unit.place;
            self.waiting.remove(&place);
            self.stats.background += done.time;
            let used = done.result.and_then(|made| self.use_code(done.unit, &made));
            if let Err(why) = used {
                self.refuse(place, why);
            }
        }
    }

    /// Whether the code of a place is being generated.
    fn is_waiting(&mut self, place: Place) -> bool {
        self.leave_worker_behind();
        self.waiting.contains(&place)
    }

    /// In a forked child: the worker stayed in the parent. Its channels may be in use there for ever, so they are not
    /// touched again.
    fn leave_worker_behind(&mut self) {
        if self.worker.as_ref().is_some_and(|w| !w.is_here()) {
            std::mem::forget(self.worker.take());
            self.waiting.clear();
        }
    }
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
