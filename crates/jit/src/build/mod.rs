//! From bytecode and profile to the compiler's representation, by abstract interpretation: registers are followed
//! as values, small callees are entered, what the profile promises is guarded.

mod bytecode;
mod calls;
mod flow;
mod graph;
mod numbers;
mod objects;
mod ops;
mod state;
mod typed;
mod variants;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use rivet_vm::frames::Frame as VmFrame;
use rivet_vm::types::function::Function;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::native::{Target, TypeCode};
use rivet_vm::types::native_lease::Lease;
use rivet_vm::types::range::offsets as range_offsets;
use rivet_vm::value::{Gc, Value, layout};

use self::bytecode::Info;
use self::graph::{Graph, Node};
use self::state::{Frame, Slot, State};
use crate::feedback::{ExitKind, Feedback, Place};
use crate::hir::{
    Blk, Ctx, ExitId, Func, Helper, Inst, Op, Rep, SnapFrame, SnapId, SnapVal, Snapshot, Term, Val,
};

/// A unit ready for the passes.
pub struct Built {
    /// The code.
    pub func: Func,
    /// Objects it refers to.
    pub consts: Vec<Value>,
    /// Its exits, by number.
    pub exits: Vec<(Place, ExitKind)>,
    /// C functions it calls with tagged words.
    pub natives: Vec<&'static Target>,
    /// C functions it calls with raw values.
    pub typed: Vec<Typed>,
    /// Places for buffers it borrows, with the type of the parameter.
    pub leases: Vec<(&'static Lease, TypeCode)>,
}

pub use typed::Typed;

impl Built {
    /// For a callee that is a constant builtin function: byte offset of its receiver, and the receiver as C sees it
    /// (0: to be looked up).
    pub fn native_receiver(&self, callee: Val) -> Option<(u32, u64)> {
        let Op::Ref(n) = self.func.inst(callee).op else {
            return None;
        };
        let b = self.consts[n as usize].cast::<Builtin>()?;
        let me = rivet_vm::types::native::receiver_mirror(b) as u64;
        Some((std::mem::offset_of!(Builtin, receiver) as u32, me))
    }
}

/// What is compiled.
pub struct Request<'a> {
    /// The frame that runs it.
    pub frame: &'static VmFrame,
    /// Index of the word where it begins.
    pub at: usize,
    /// Whether it is a loop (registers hold values to look at).
    pub is_loop: bool,
    /// What earlier compilations learnt.
    pub feedback: &'a Feedback,
    /// Compile what has never run, too.
    pub eager: bool,
}

/// Most times a unit is built anew because a variable's type had been guessed wrong.
const MAX_ROUNDS: usize = 40;
/// Most instructions of a unit.
const MAX_INSTS: usize = 60_000;

/// Builds a unit; the error says why not.
pub fn build(r: &Request) -> Result<Built, &'static str> {
    let mut spec = HashMap::new();
    for _ in 0..MAX_ROUNDS {
        let mut b = Builder::new(r, std::mem::take(&mut spec));
        b.unit()?;
        if !b.again {
            return Ok(b.finish());
        }
        spec = b.spec;
    }
    Err("types of variables do not settle")
}

/// A loop variable: frame, header, version of the header, register. `u16::MAX`: whether the frame is pushed.
type VarKey = (u32, usize, usize, u16);

struct Builder<'a> {
    r: &'a Request<'a>,
    f: Func,
    consts: Vec<Value>,
    exits: Vec<(Place, ExitKind)>,
    natives: Vec<&'static Target>,
    typed: Vec<Typed>,
    leases: Vec<(&'static Lease, TypeCode)>,
    /// The code of each frame in `f.ctxs`.
    infos: Vec<Rc<Info>>,
    analysed: HashMap<usize, Option<Rc<Info>>>,
    /// Callees (with their receivers) that were loaded for several layouts.
    variants: HashMap<(Val, Val), variants::Targets>,
    /// Ints with immediate words, beside those whose operation says so.
    immediate: HashSet<Val>,
    /// How loop variables are held.
    spec: HashMap<VarKey, Rep>,
    /// The guesses changed: the unit must be built anew.
    again: bool,
    cur: Blk,
    /// The current point cannot be reached.
    dead: bool,
    state: State,
    /// The word of the instruction in progress.
    at: usize,
    /// The snapshot before the instruction in progress, once there is one.
    snap: Option<SnapId>,
}

impl<'a> Builder<'a> {
    fn new(r: &'a Request<'a>, spec: HashMap<VarKey, Rep>) -> Self {
        let mut f = Func::default();
        let cur = f.new_block();
        Builder {
            r,
            f,
            consts: Vec::new(),
            exits: Vec::new(),
            natives: Vec::new(),
            typed: Vec::new(),
            leases: Vec::new(),
            infos: Vec::new(),
            analysed: HashMap::new(),
            variants: HashMap::new(),
            immediate: HashSet::new(),
            spec,
            again: false,
            cur,
            dead: false,
            state: State::default(),
            at: r.at,
            snap: None,
        }
    }

    fn finish(self) -> Built {
        Built {
            func: self.f,
            consts: self.consts,
            exits: self.exits,
            natives: self.natives,
            typed: self.typed,
            leases: self.leases,
        }
    }

    /// The analysis of a code object, made once.
    fn analyse(&mut self, code: Gc<rivet_vm::types::code::Code>) -> Option<Rc<Info>> {
        // The body of a function that has not run yet is still packed.
        if code.unit().insns().is_empty() {
            return None;
        }
        self.analysed
            .entry(code.insns_ptr() as usize)
            .or_insert_with(|| Info::new(code).map(Rc::new))
            .clone()
    }

    fn unit(&mut self) -> Result<(), &'static str> {
        let code = self.r.frame.code();
        let info = self.analyse(code).ok_or("too large")?;
        if !self.r.is_loop && info.is_generator() {
            return Err("a generator");
        }
        let entry = self.r.at;
        let graph = match info.block_at.get(&entry) {
            Some(&b) => Graph::new(&info, b).ok_or("irreducible or too large")?,
            None => return Err("entry inside a block"),
        };
        self.f.ctxs.push(Ctx {
            func: 0,
            base: 0,
            dst: 0,
            init: false,
            depth: 0,
            name: rivet_vm::types::str::text_of(code.qualname.get()),
        });
        self.infos.push(info.clone());
        self.state.frames.push(Frame {
            ctx: 0,
            slots: vec![Slot::Dead; code.nregs()],
            pushed: true,
            call_at: 0,
            keep: None,
        });
        self.entry_state(&info, entry);
        let entry = (info.block_at[&entry], 0);
        let returns = self.run_graph(&graph, entry)?;
        debug_assert!(returns.is_empty(), "the unit's own frame returns in place");
        Ok(())
    }

    /// Registers at the entry: what the running frame holds says what to expect.
    fn entry_state(&mut self, info: &Info, entry: usize) {
        let regs = self.r.frame.regs();
        for reg in 0..info.code.nregs() as u16 {
            if !info.live_before(entry, reg) {
                continue;
            }
            // At a function's entry the other variables are unbound.
            let unbound = !self.r.is_loop
                && reg >= info.code.parameter_count() as u16
                && reg < info.nlocals
                && info.code.is_plain_local(reg.into());
            let op = if unbound {
                Op::Word(0)
            } else {
                Op::LoadReg(reg.into())
            };
            let v = self.any(op, vec![]);
            self.put_synced(reg, v);
        }
        if !self.r.is_loop {
            return;
        }
        for reg in 0..info.code.nregs() as u16 {
            if !info.read_after(entry, reg) || self.widened(entry, reg) {
                continue;
            }
            let Some(now) = regs.get_opt(reg) else {
                continue;
            };
            let Slot::Val { v, .. } = self.slot(reg) else {
                continue;
            };
            let kind = ExitKind::Entry(reg);
            if now.is_small_int() {
                let raw = self.guard_kind(Op::GuardInt, vec![v], Some(Rep::Int), kind);
                self.put_synced(reg, raw);
            } else if now.as_exact_float().is_some() {
                let raw = self.guard_kind(Op::GuardFloat, vec![v], Some(Rep::Float), kind);
                self.put_synced(reg, raw);
            } else if rivet_vm::types::range::is_private(now) {
                self.take_apart(reg, v, now, kind);
            }
        }
    }

    /// A register that holds an iterator over a range, as next value and what follows the last.
    fn take_apart(&mut self, reg: u16, v: Val, now: Value, kind: ExitKind) {
        let Some(step) = rivet_vm::types::range::iterator_step(now) else {
            return;
        };
        let g = self.guard_kind(
            Op::GuardLayout(layout::RANGE_ITER),
            vec![v],
            Some(Rep::Any),
            kind,
        );
        let load =
            |b: &mut Self, off: usize| b.emit(Op::LoadRaw(off as u32), vec![g], Some(Rep::Int));
        let found = load(self, range_offsets::STEP);
        let want = self.int(step);
        let same = self.emit(
            Op::ICmp(crate::hir::Cond::Eq),
            vec![found, want],
            Some(Rep::Bool),
        );
        self.guard_kind(Op::GuardTrue, vec![same], None, kind);
        let private = load(self, range_offsets::PRIVATE);
        let one = self.int(1);
        let own = self.emit(
            Op::ICmp(crate::hir::Cond::Eq),
            vec![private, one],
            Some(Rep::Bool),
        );
        self.guard_kind(Op::GuardTrue, vec![own], None, kind);
        let next = load(self, range_offsets::NEXT);
        let left = load(self, range_offsets::LEFT);
        let end = self.range_part(Op::RangeEnd(step), vec![next, left]);
        let immediate = rivet_vm::types::range::left_is_immediate(now);
        if immediate {
            for v in [next, end] {
                self.guard_kind(Op::GuardImmediate, vec![v], Some(Rep::Int), kind);
            }
        }
        self.state.top_mut().slots[reg as usize] = Slot::Iter {
            obj: Some(g),
            next,
            end,
            step,
            immediate,
        };
    }

    // ---- emission ----

    fn emit(&mut self, op: Op, args: Vec<Val>, rep: Option<Rep>) -> Val {
        self.f.append(
            self.cur,
            Inst {
                op,
                args,
                rep,
                exit: None,
            },
        )
    }

    fn any(&mut self, op: Op, args: Vec<Val>) -> Val {
        self.emit(op, args, Some(Rep::Any))
    }

    fn int(&mut self, i: i64) -> Val {
        self.emit(Op::Int(i), vec![], Some(Rep::Int))
    }

    fn word(&mut self, v: Value) -> Val {
        self.any(Op::Word(v.to_word()), vec![])
    }

    /// A constant of the program in its best representation.
    fn constant(&mut self, v: Value) -> Val {
        if let Some(i) = v.as_small_int() {
            self.int(i)
        } else if let Some(f) = v.as_exact_float() {
            self.emit(Op::Float(f.to_bits()), vec![], Some(Rep::Float))
        } else if let Some(b) = v.as_bool() {
            self.emit(Op::Bool(b), vec![], Some(Rep::Bool))
        } else if !v.is_ref() {
            self.word(v)
        } else {
            let n = self.reference(v);
            self.any(Op::Ref(n), vec![])
        }
    }

    /// The number of an object in the unit's table.
    fn reference(&mut self, v: Value) -> u32 {
        if let Some(n) = self.consts.iter().position(|&c| c == v) {
            return n as u32;
        }
        self.consts.push(v);
        self.consts.len() as u32 - 1
    }

    /// The object a value is known to be.
    fn known(&self, v: Val) -> Option<Value> {
        match self.f.inst(v).op {
            Op::Ref(n) => Some(self.consts[n as usize]),
            Op::Word(w) => Value::from_word(w),
            _ => None,
        }
    }

    /// The int a value is known to be.
    fn known_int(&self, v: Val) -> Option<i64> {
        match self.f.inst(v).op {
            Op::Int(i) => Some(i),
            _ => None,
        }
    }

    fn rep(&self, v: Val) -> Rep {
        self.f.rep(v)
    }

    // ---- exits ----

    fn place(&self) -> Place {
        (self.info().code.insns_ptr() as usize, self.at)
    }

    fn info(&self) -> Rc<Info> {
        self.infos[self.state.top().ctx as usize].clone()
    }

    fn general(&self) -> bool {
        self.r.feedback.is_general(self.place())
    }

    fn widened(&self, at: usize, reg: u16) -> bool {
        self.r
            .feedback
            .is_widened((self.info().code.insns_ptr() as usize, at), reg)
    }

    /// Whether an instruction without a profile is to be compiled all the same.
    fn warm(&self) -> bool {
        self.r.eager || self.r.feedback.is_warm(self.place())
    }

    fn new_exit(&mut self, kind: ExitKind) -> ExitId {
        let p = self.place();
        self.exits.push((p, kind));
        ExitId(self.exits.len() as u32 - 1)
    }

    /// The state before the instruction in progress.
    fn snapshot(&mut self) -> SnapId {
        match self.snap {
            Some(s) => s,
            None => {
                let s = self.snapshot_at(self.at);
                self.snap = Some(s);
                s
            }
        }
    }

    /// The present state, to go on at word `at` of the innermost frame.
    fn snapshot_at(&mut self, at: usize) -> SnapId {
        let mut frames = Vec::new();
        let last = self.state.frames.len() - 1;
        for (n, fr) in self.state.frames.iter().enumerate() {
            let info = &self.infos[fr.ctx as usize];
            let (pc, live_at) = if n == last {
                (info.address(at), at)
            } else {
                let next = fr.call_at + 1 + info.insn(fr.call_at).op().cache_words();
                (info.address(fr.call_at) + 8, next)
            };
            let mut stores = Vec::new();
            for (reg, s) in fr.slots.iter().enumerate() {
                if !info.live_before(live_at, reg as u16) && fr.keep != Some(reg as u16) {
                    continue;
                }
                let value = match *s {
                    Slot::Dead => continue,
                    Slot::Val { synced: true, .. } if fr.pushed => continue,
                    Slot::Val { v, .. } => SnapVal::Val(v),
                    Slot::Iter {
                        obj,
                        next,
                        end,
                        step,
                        ..
                    } => SnapVal::RangeIter(obj.is_some(), next, end, step),
                    Slot::Range { start, stop, step } => SnapVal::Range(start, stop, step),
                };
                stores.push((reg as u16, value));
            }
            frames.push(SnapFrame {
                ctx: fr.ctx,
                push: !fr.pushed,
                pc,
                stores,
            });
        }
        self.f.snaps.push(Snapshot { frames });
        SnapId(self.f.snaps.len() as u32 - 1)
    }

    fn guard_kind(&mut self, op: Op, args: Vec<Val>, rep: Option<Rep>, kind: ExitKind) -> Val {
        let snap = self.snapshot();
        let exit = self.new_exit(kind);
        self.f.append(
            self.cur,
            Inst {
                op,
                args,
                rep,
                exit: Some((snap, exit)),
            },
        )
    }

    /// What follows the last value of a range: an operation that can leave for some steps only.
    fn range_part(&mut self, op: Op, args: Vec<Val>) -> Val {
        if op.is_guard() {
            self.guard(op, args, Some(Rep::Int))
        } else {
            self.emit(op, args, Some(Rep::Int))
        }
    }

    fn guard(&mut self, op: Op, args: Vec<Val>, rep: Option<Rep>) -> Val {
        self.guard_kind(op, args, rep, ExitKind::Guard)
    }

    /// Ends the block by going back to the interpreter at the instruction in progress.
    fn leave(&mut self, kind: ExitKind) {
        let snap = self.snapshot();
        let exit = self.new_exit(kind);
        self.f.block_mut(self.cur).term = Term::Exit(snap, exit);
        self.dead = true;
    }

    // ---- registers ----

    fn slot(&self, reg: u16) -> Slot {
        self.state.top().slots[reg as usize]
    }

    fn put(&mut self, reg: u16, v: Val) {
        self.state.top_mut().slots[reg as usize] = Slot::Val { v, synced: false };
    }

    fn put_synced(&mut self, reg: u16, v: Val) {
        self.state.top_mut().slots[reg as usize] = Slot::Val { v, synced: true };
    }

    /// The value of a register.
    fn get(&mut self, reg: u16) -> Val {
        match self.slot(reg) {
            Slot::Val { v, .. } => v,
            Slot::Dead => self.any(Op::Word(0), vec![]),
            s @ (Slot::Iter { .. } | Slot::Range { .. }) => {
                let v = self.whole(s);
                self.put(reg, v);
                v
            }
        }
    }

    /// Puts an object together that existed in parts only.
    fn whole(&mut self, s: Slot) -> Val {
        match s {
            Slot::Iter {
                obj: Some(obj),
                next,
                end,
                step,
                ..
            } => {
                let left = self.emit(Op::RangeLeft(step), vec![next, end], Some(Rep::Int));
                self.emit(
                    Op::StoreRaw(range_offsets::NEXT as u32),
                    vec![obj, next],
                    None,
                );
                self.emit(
                    Op::StoreRaw(range_offsets::LEFT as u32),
                    vec![obj, left],
                    None,
                );
                obj
            }
            Slot::Iter {
                next, end, step, ..
            } => self.any(Op::MakeRangeIter(step), vec![next, end]),
            Slot::Range { start, stop, step } => self.any(Op::MakeRange(step), vec![start, stop]),
            Slot::Val { v, .. } => v,
            Slot::Dead => self.any(Op::Word(0), vec![]),
        }
    }

    /// Replaces a value by what a guard made of it, wherever the innermost frame holds it.
    fn refine(&mut self, old: Val, new: Val) {
        for s in &mut self.state.top_mut().slots {
            if let Slot::Val { v, .. } = s
                && *v == old
            {
                *v = new;
            }
        }
    }

    /// Whether an int is known to have an immediate word.
    fn is_immediate(&self, v: Val) -> bool {
        match self.f.inst(v).op {
            Op::GuardInt | Op::ListLen | Op::TupleLen => true,
            Op::Int(i) => Value::small_int(i).is_some(),
            _ => self.immediate.contains(&v),
        }
    }

    /// The tagged word of a value.
    fn boxed(&mut self, v: Val) -> Val {
        match self.f.inst(v).op {
            Op::Int(i) => {
                if let Some(w) = Value::small_int(i) {
                    return self.word(w);
                }
            }
            Op::Bool(b) => return self.word(Value::bool(b)),
            Op::Float(bits) => {
                if let Some(w) = Value::immediate_float(f64::from_bits(bits)) {
                    return self.word(w);
                }
            }
            _ => {}
        }
        match self.rep(v) {
            Rep::Any => v,
            Rep::Int if self.is_immediate(v) => self.any(Op::TagInt, vec![v]),
            Rep::Int => self.any(Op::BoxInt, vec![v]),
            Rep::Float => self.any(Op::BoxFloat, vec![v]),
            Rep::Bool => self.any(Op::BoxBool, vec![v]),
        }
    }

    /// The word of a register's value.
    fn get_boxed(&mut self, reg: u16) -> Val {
        let v = self.get(reg);
        self.boxed(v)
    }

    // ---- before anything that may raise, run Python code or look at frames ----

    /// Writes all frames to memory and saves the position.
    fn expose(&mut self) {
        self.expose_but(0..0);
    }

    /// As `expose`, but registers that the instruction in progress uses up are not wanted by anybody.
    fn expose_but(&mut self, used_up: Range<u16>) {
        // A later guard of this instruction must not push frames again.
        self.snap = None;
        for n in 0..self.state.frames.len() {
            let (ctx, pushed) = (self.state.frames[n].ctx, self.state.frames[n].pushed);
            let info = self.infos[ctx as usize].clone();
            let innermost = n + 1 == self.state.frames.len();
            if !pushed {
                self.push_frame(n);
            }
            let live_at = if innermost {
                self.at
            } else {
                let at = self.state.frames[n].call_at;
                at + 1 + info.insn(at).op().cache_words()
            };
            let handled = innermost && info.handled(self.at);
            let used = match innermost {
                true if used_up.is_empty() => bytecode::uses(info.insn(self.at)),
                _ => Vec::new(),
            };
            let passed_by = if innermost { used_up.clone() } else { 0..0 };
            self.sync(n, &info, live_at, handled, &used, passed_by);
        }
        let depth = self.depth();
        let pc = self.info().address(self.at) + 8;
        self.emit(Op::SavePc(depth, pc), vec![], None);
    }

    fn depth(&self) -> u32 {
        self.state.frames.len() as u32 - 1
    }

    fn push_frame(&mut self, n: usize) {
        let ctx = self.state.frames[n].ctx;
        // The caller's position: behind its call.
        let caller = &self.state.frames[n - 1];
        let pc = self.infos[caller.ctx as usize].address(caller.call_at) + 8;
        self.emit(Op::SavePc(n as u32 - 1, pc), vec![], None);
        let start = self.infos[ctx as usize].address(0);
        self.emit(Op::PushFrame(ctx, start), vec![], None);
        self.state.frames[n].pushed = true;
        for s in &mut self.state.frames[n].slots {
            if let Slot::Val { synced, .. } = s {
                *synced = false;
            }
        }
    }

    /// Writes a frame's registers to memory. What the instruction in progress uses must be whole there.
    fn sync(
        &mut self,
        n: usize,
        info: &Info,
        live_at: usize,
        handled: bool,
        used: &[u16],
        passed_by: Range<u16>,
    ) {
        let base = self.f.ctxs[self.state.frames[n].ctx as usize].base;
        for reg in 0..self.state.frames[n].slots.len() {
            let kept = self.state.frames[n].keep == Some(reg as u16);
            let unwanted =
                !info.live_before(live_at, reg as u16) || passed_by.contains(&(reg as u16));
            if unwanted && !kept {
                continue;
            }
            let slot = self.state.frames[n].slots[reg];
            let v = match slot {
                Slot::Val { v, synced: false } => v,
                Slot::Iter { .. } | Slot::Range { .. }
                    if handled || used.contains(&(reg as u16)) =>
                {
                    // A handler goes on in the interpreter: it must find the object.
                    let v = self.whole(slot);
                    if let Slot::Iter {
                        next,
                        end,
                        step,
                        immediate,
                        ..
                    } = slot
                        && !used.contains(&(reg as u16))
                    {
                        self.state.frames[n].slots[reg] = Slot::Iter {
                            obj: Some(v),
                            next,
                            end,
                            step,
                            immediate,
                        };
                        self.emit(Op::StoreReg(base + reg as u32), vec![v], None);
                        continue;
                    }
                    v
                }
                _ => continue,
            };
            let w = self.boxed(v);
            self.emit(Op::StoreReg(base + reg as u32), vec![w], None);
            let keep = if matches!(slot, Slot::Val { .. }) {
                v
            } else {
                w
            };
            self.state.frames[n].slots[reg] = Slot::Val {
                v: keep,
                synced: true,
            };
        }
    }

    /// After something that may have changed any object.
    fn forget(&mut self) {
        self.state.facts.clear();
    }

    /// A helper that may raise: frames are exposed, everything known of objects is forgotten.
    fn call(&mut self, h: Helper, args: Vec<Val>) -> Val {
        if h.writes() & crate::hir::effect::CALL != 0 {
            self.expose();
        }
        let r = self.emit(Op::Call(h), args, h.rep());
        if h.writes() == crate::hir::effect::ALL {
            self.forget();
        }
        r
    }

    /// After a call that ran anything and had got so many buffers: a trace function may have been set, which wants to hear of
    /// the next line.
    fn after_call(&mut self, buffers: u32) {
        let next = self.at + 1 + self.info().insn(self.at).op().cache_words();
        let snap = self.snapshot_at(next);
        let exit = self.new_exit(ExitKind::Poll);
        self.f.append(
            self.cur,
            Inst {
                op: Op::AfterCall(buffers),
                args: vec![],
                rep: None,
                exit: Some((snap, exit)),
            },
        );
    }

    /// The instruction in progress, executed by the interpreter.
    fn step(&mut self) {
        self.expose();
        let info = self.info();
        let insn = info.insn(self.at);
        self.emit(Op::Step(self.depth(), info.address(self.at)), vec![], None);
        self.forget();
        let base = self.base();
        for r in bytecode::defs(insn) {
            let v = self.any(Op::LoadReg(base + u32::from(r)), vec![]);
            self.put_synced(r, v);
        }
    }

    fn base(&self) -> u32 {
        self.f.ctxs[self.state.top().ctx as usize].base
    }

    /// The function a value is known to be, guarded against changes of its code and defaults.
    fn known_function(&mut self, v: Val) -> Option<Gc<Function>> {
        let f = self.known(v)?.cast_exact::<Function>()?;
        self.guard_kind(
            Op::GuardField32(
                rivet_vm::types::function::VERSION_OFFSET as u32,
                f.version(),
            ),
            vec![v],
            Some(Rep::Any),
            ExitKind::Version,
        );
        Some(f)
    }
}

/// Edges to blocks that have not been built yet.
type Pending = HashMap<Node, Vec<(Blk, State)>>;
