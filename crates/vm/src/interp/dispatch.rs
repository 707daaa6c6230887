//! The dispatch loop.

use rivet_spec::opcode::profile;
use rivet_spec::{BinaryOp, CompareOp, Insn, Op};

use super::ops::{
    arith, attr, build, calls, control, exc, generators, globals, imports, iter, matching,
};
use super::tracing::{self, Progress};
use super::unwind::unwind;
use super::{Input, compiled, jump16, jump32};
use crate::exceptions::PyResult;
use crate::frames::{Frame, OnReturn, Pc, Regs};
use crate::gil::BREAKER;
use crate::thread::Thread;
use crate::types::object::unbound;
use crate::value::Value;

/// The registers of the interpreter itself: which frame runs, where.
pub(super) struct State {
    /// For the loop with events only.
    pub progress: Progress,
    /// The plain loop ended at `pc` so that the one with events takes over.
    pub switch: bool,
    pub thread: &'static Thread,
    pub frame: &'static Frame,
    pub regs: Regs,
    pub pc: Pc,
}

impl State {
    fn enter(thread: &'static Thread, frame: &'static Frame) -> State {
        State {
            progress: Progress::default(),
            switch: false,
            thread,
            frame,
            regs: frame.regs(),
            pc: frame.pc(),
        }
    }

    /// Takes up a frame at its saved position.
    #[inline(always)]
    pub fn load(&mut self, frame: &'static Frame) {
        self.frame = frame;
        self.regs = frame.regs();
        self.pc = frame.pc();
    }

    /// Saves the position, for everybody who looks at frames.
    #[inline(always)]
    pub fn save(&self) {
        self.frame.set_pc(self.pc);
    }
}

/// What an instruction that may switch frames says.
pub(super) enum Flow {
    /// Go on (perhaps in another frame).
    Next,
    /// The loop's entry frame is done.
    Exit(Value),
}

/// Runs `frame` (the top of the stack) until it returns, yields or raises.
pub(super) fn run(thread: &'static Thread, frame: &'static Frame, input: Input) -> PyResult<Value> {
    let mut st = State::enter(thread, frame);
    let mut traced = tracing::is_active(thread) && thread.tracing.get() == 0;
    if traced {
        tracing::begin(&mut st, !matches!(input, Input::Raised));
    }
    let mut started = match input {
        Input::Start => Ok(()),
        Input::Send(v) => {
            let yielded = Insn(st.pc.offset(-1).cache(0));
            st.regs.set(yielded.a(), v);
            Ok(())
        }
        Input::Throw(e) => Err(crate::exceptions::restore(e)),
        Input::Raised => Err(crate::exceptions::Raised::pending()),
    };
    loop {
        let failed = match started {
            Ok(()) if traced => match steps::<TRACED>(&mut st) {
                // Compiled code was left because somebody listens again.
                Ok(_) if std::mem::take(&mut st.switch) => {
                    tracing::begin(&mut st, false);
                    continue;
                }
                Ok(v) => return Ok(v),
                Err(raised) => raised,
            },
            Ok(()) => match steps::<PLAIN>(&mut st) {
                Ok(_) if std::mem::take(&mut st.switch) => {
                    let called = tracing::is_first_resume(&st, st.pc);
                    tracing::begin(&mut st, called);
                    traced = true;
                    continue;
                }
                Ok(v) => return Ok(v),
                Err(raised) => raised,
            },
            Err(raised) => raised,
        };
        unwind(&mut st, failed)?;
        started = Ok(());
    }
}

/// Notes in the instruction just fetched what operands it met.
#[inline(always)]
fn note(pc: Pc, insn: Insn, bit: u8) {
    if insn.d() & bit == 0 {
        pc.rewrite(Insn(insn.0 | u64::from(bit) << 8));
    }
}

macro_rules! int_op {
    ($st:ident, $insn:ident, $checked:ident, $float:tt, $op:expr) => {{
        let (b, c) = ($st.regs.get($insn.b()), $st.regs.get($insn.c()));
        if let (Some(x), Some(y)) = (b.as_small_int(), c.as_small_int()) {
            if let Some(v) = x.$checked(y).and_then(Value::small_int) {
                $st.regs.set($insn.a(), v);
                continue;
            }
        } else if b.is_immediate_float() && c.is_immediate_float() {
            if let (Some(x), Some(y)) = (b.as_float(), c.as_float()) {
                note($st.pc, $insn, profile::FLOAT);
                $st.regs.set($insn.a(), Value::float(x $float y));
                continue;
            }
        }
        $st.save();
        arith::note_operands($st.pc, $insn, b, c);
        let v = arith::binary($op, $insn.d(), b, c)?;
        $st.regs.set($insn.a(), v);
    }};
}

macro_rules! bit_op {
    ($st:ident, $insn:ident, $symbol:tt, $op:expr) => {{
        let (b, c) = ($st.regs.get($insn.b()), $st.regs.get($insn.c()));
        if let (Some(x), Some(y)) = (b.as_small_int(), c.as_small_int()) {
            $st.regs.set($insn.a(), Value::int(x $symbol y));
            continue;
        }
        $st.save();
        arith::note_operands($st.pc, $insn, b, c);
        let v = arith::binary($op, $insn.d(), b, c)?;
        $st.regs.set($insn.a(), v);
    }};
}

/// `a = f(...)?` for an instruction that calls out.
macro_rules! put {
    ($st:ident, $insn:ident, $e:expr) => {{
        $st.save();
        let v = $e?;
        $st.regs.set($insn.a(), v);
    }};
}

macro_rules! flow {
    ($e:expr) => {
        if let Flow::Exit(v) = $e? {
            return Ok(v);
        }
    };
}

/// Executes one instruction that neither enters nor leaves a frame, for compiled code; `st` moves on.
pub(super) fn step(st: &mut State) -> PyResult<()> {
    steps::<SINGLE>(st).map(drop)
}

/// Mode of `steps`: until the entry frame is done.
const PLAIN: u8 = 0;
/// Mode of `steps`: a single instruction.
const SINGLE: u8 = 1;
/// Mode of `steps`: until the entry frame is done, with the events of `tracing`.
const TRACED: u8 = 2;

/// After looking up at an instruction that counts: whether it has become another one meanwhile (compiled code was put to
/// use or given up). Then it is still to be executed.
#[cold]
fn rewritten(st: &mut State, insn: Insn) -> bool {
    let counter = st.pc.offset(-1);
    let changed = Insn(counter.cache(0)).op() != insn.op();
    if changed {
        st.pc = counter;
    }
    changed
}

/// Executes instructions until the entry frame is done or something is raised; in the mode `SINGLE`, one of them.
fn steps<const MODE: u8>(st: &mut State) -> PyResult<Value> {
    let mut done = false;
    loop {
        if MODE == TRACED {
            tracing::before(st)?;
        }
        if MODE == SINGLE {
            if done {
                return Ok(Value::NONE);
            }
            done = true;
        }
        let insn = st.pc.fetch();
        match insn.op() {
            Op::Nop => {}
            Op::Resume => {
                if BREAKER.load(std::sync::atomic::Ordering::Relaxed) != 0 {
                    st.save();
                    control::eval_breaker()?;
                    if rewritten(st, insn) {
                        done = false;
                        continue;
                    }
                    if MODE == PLAIN && tracing::should_switch(st) {
                        st.pc = st.pc.offset(-1);
                        st.switch = true;
                        return Ok(Value::NONE);
                    }
                }
                if MODE == PLAIN {
                    let calls = (insn.0 >> 32) as u32 + 1;
                    st.pc
                        .rewrite(Insn(insn.0 & 0xffff_ffff | u64::from(calls) << 32));
                    if u64::from(calls) & compiled::call_mask() == 0 {
                        flow!(compiled::hot_function(st, calls));
                    }
                }
            }
            Op::ResumeJit => {
                if BREAKER.load(std::sync::atomic::Ordering::Relaxed) != 0 {
                    st.save();
                    control::eval_breaker()?;
                    if MODE == PLAIN && tracing::should_switch(st) {
                        st.pc = st.pc.offset(-1);
                        st.switch = true;
                        return Ok(Value::NONE);
                    }
                }
                if MODE == PLAIN {
                    flow!(compiled::enter_function(st));
                }
            }
            Op::LoadConst => st.regs.set(insn.a(), st.frame.code().constant(insn.b())),
            Op::LoadInt => st.regs.set(insn.a(), Value::int(insn.sbc().into())),
            Op::LoadSpecial => st.regs.set_opt(insn.a(), control::special(insn.b())),
            Op::Move => st.regs.set_opt(insn.a(), st.regs.get_opt(insn.b())),
            Op::CheckBound => {
                if st.regs.get_opt(insn.a()).is_none() {
                    st.save();
                    return Err(unbound(
                        st.frame.code().local_name(insn.a() as usize),
                        false,
                    ));
                }
            }
            Op::DeleteFast => {
                if st.regs.get_opt(insn.a()).is_none() {
                    st.save();
                    return Err(unbound(
                        st.frame.code().local_name(insn.a() as usize),
                        false,
                    ));
                }
                st.regs.set_opt(insn.a(), None);
            }
            Op::MakeCell => globals::make_cell(st.regs, insn.a())?,
            Op::CopyFree => globals::copy_free(st.frame, insn),
            Op::LoadDeref => {
                st.save();
                globals::load_deref(st.frame, insn)?;
            }
            Op::LoadClassDeref => put!(st, insn, globals::load_class_deref(st.frame, insn)),
            Op::StoreDeref => globals::store_deref(st.regs, insn),
            Op::DeleteDeref => {
                st.save();
                globals::delete_deref(st.frame, insn)?;
            }
            Op::LoadGlobal => {
                put!(st, insn, globals::load_global(st.frame, st.pc, insn));
                st.pc = st.pc.offset(2);
            }
            Op::LoadGlobalCached => {
                if let Some(v) = globals::cached(st.frame, st.pc) {
                    st.regs.set(insn.a(), v);
                } else {
                    put!(st, insn, globals::load_global(st.frame, st.pc, insn));
                }
                st.pc = st.pc.offset(2);
            }
            Op::LoadBuiltinCached => {
                if let Some(v) = globals::cached_builtin(st.frame, st.pc) {
                    st.regs.set(insn.a(), v);
                } else {
                    put!(st, insn, globals::load_global(st.frame, st.pc, insn));
                }
                st.pc = st.pc.offset(2);
            }
            Op::StoreGlobal => {
                st.save();
                globals::store_global(st.frame, insn)?;
                st.pc = st.pc.offset(1);
            }
            Op::DeleteGlobal => {
                st.save();
                globals::delete_global(st.frame, insn)?;
            }
            Op::LoadName => {
                put!(st, insn, globals::load_name(st.frame, insn));
                st.pc = st.pc.offset(2);
            }
            Op::StoreName => {
                st.save();
                globals::store_name(st.frame, insn)?;
                st.pc = st.pc.offset(1);
            }
            Op::DeleteName => {
                st.save();
                globals::delete_name(st.frame, insn)?;
            }
            Op::LoadLocals => put!(st, insn, globals::load_locals(st.frame)),

            Op::Add => int_op!(st, insn, checked_add, +, BinaryOp::Add),
            Op::Sub => int_op!(st, insn, checked_sub, -, BinaryOp::Sub),
            Op::Mul => int_op!(st, insn, checked_mul, *, BinaryOp::Mul),
            Op::TrueDiv => {
                let (b, c) = (st.regs.get(insn.b()), st.regs.get(insn.c()));
                if let (Some(x), Some(y)) = (b.as_exact_float(), c.as_exact_float())
                    && y != 0.0
                {
                    note(st.pc, insn, profile::FLOAT);
                    st.regs.set(insn.a(), Value::float(x / y));
                    continue;
                }
                arith::note_operands(st.pc, insn, b, c);
                put!(st, insn, arith::binary(BinaryOp::TrueDiv, insn.d(), b, c));
            }
            Op::FloorDiv => {
                let (b, c) = (st.regs.get(insn.b()), st.regs.get(insn.c()));
                if let (Some(x), Some(y)) = (b.as_small_int(), c.as_small_int())
                    && y > 0
                {
                    st.regs.set(insn.a(), Value::int(x.div_euclid(y)));
                    continue;
                }
                arith::note_operands(st.pc, insn, b, c);
                put!(st, insn, arith::binary(BinaryOp::FloorDiv, insn.d(), b, c));
            }
            Op::Mod => {
                let (b, c) = (st.regs.get(insn.b()), st.regs.get(insn.c()));
                if let (Some(x), Some(y)) = (b.as_small_int(), c.as_small_int())
                    && y > 0
                {
                    st.regs.set(insn.a(), Value::int(x.rem_euclid(y)));
                    continue;
                }
                arith::note_operands(st.pc, insn, b, c);
                put!(st, insn, arith::binary(BinaryOp::Mod, insn.d(), b, c));
            }
            Op::Pow => {
                let (b, c) = (st.regs.get(insn.b()), st.regs.get(insn.c()));
                arith::note_operands(st.pc, insn, b, c);
                put!(st, insn, arith::binary(BinaryOp::Pow, insn.d(), b, c));
            }
            Op::LShift => {
                arith::note_operands(st.pc, insn, st.regs.get(insn.b()), st.regs.get(insn.c()));
                put!(
                    st,
                    insn,
                    arith::lshift(insn.d(), st.regs.get(insn.b()), st.regs.get(insn.c()))
                );
            }
            Op::RShift => {
                let (b, c) = (st.regs.get(insn.b()), st.regs.get(insn.c()));
                if let (Some(x), Some(y @ 0..63)) = (b.as_small_int(), c.as_small_int()) {
                    st.regs.set(insn.a(), Value::int(x >> y));
                    continue;
                }
                arith::note_operands(st.pc, insn, b, c);
                put!(st, insn, arith::binary(BinaryOp::RShift, insn.d(), b, c));
            }
            Op::And => bit_op!(st, insn, &, BinaryOp::And),
            Op::Or => bit_op!(st, insn, |, BinaryOp::Or),
            Op::Xor => bit_op!(st, insn, ^, BinaryOp::Xor),
            Op::MatMul => put!(
                st,
                insn,
                arith::binary(
                    BinaryOp::MatMul,
                    insn.d(),
                    st.regs.get(insn.b()),
                    st.regs.get(insn.c())
                )
            ),
            Op::AddImm | Op::SubImm => {
                let b = st.regs.get(insn.b());
                let n = i64::from(insn.sc());
                let n = if insn.op_byte() == Op::AddImm as u8 {
                    n
                } else {
                    -n
                };
                if let Some(x) = b.as_small_int()
                    && let Some(v) = Value::small_int(x + n)
                {
                    st.regs.set(insn.a(), v);
                    continue;
                }
                arith::note_operands(st.pc, insn, b, Value::TRUE);
                put!(st, insn, arith::add_imm(insn, b));
            }
            Op::Neg => {
                let b = st.regs.get(insn.b());
                arith::note_operands(st.pc, insn, b, b);
                put!(st, insn, arith::neg(b));
            }
            Op::Pos => put!(st, insn, crate::object::number::pos(st.regs.get(insn.b()))),
            Op::Invert => put!(
                st,
                insn,
                crate::object::number::invert(st.regs.get(insn.b()))
            ),
            Op::Not => {
                st.save();
                let t = control::truth(st.regs.get(insn.b()))?;
                st.regs.set(insn.a(), Value::bool(!t));
            }
            Op::Compare => {
                let (b, c) = (st.regs.get(insn.b()), st.regs.get(insn.c()));
                arith::note_operands(st.pc, insn, b, c);
                put!(st, insn, arith::compare(insn.d() & 7, b, c));
            }
            Op::Is => {
                let same = st.regs.get(insn.b()).is(st.regs.get(insn.c()));
                st.regs
                    .set(insn.a(), Value::bool(same != (insn.d() & 1 == 1)));
            }
            Op::Contains => {
                st.save();
                let found = crate::object::protocol::contains(
                    st.regs.get(insn.c()),
                    st.regs.get(insn.b()),
                )?;
                st.regs
                    .set(insn.a(), Value::bool(found != (insn.d() & 1 == 1)));
            }

            Op::Jump => st.pc = jump32(st.pc, insn, 0),
            Op::JumpBack => {
                if BREAKER.load(std::sync::atomic::Ordering::Relaxed) != 0 {
                    st.save();
                    control::eval_breaker()?;
                    if rewritten(st, insn) {
                        done = false;
                        continue;
                    }
                }
                let count = st.pc.cache(0) + 1;
                st.pc.set_cache(0, count);
                let header = jump32(st.pc, insn, 1);
                if count & compiled::loop_mask() == 0 {
                    flow!(compiled::hot_loop(st, header, count));
                } else {
                    st.pc = header;
                }
            }
            Op::JumpBackJit => {
                if BREAKER.load(std::sync::atomic::Ordering::Relaxed) != 0 {
                    st.save();
                    control::eval_breaker()?;
                    if rewritten(st, insn) {
                        done = false;
                        continue;
                    }
                }
                let header = jump32(st.pc, insn, 1);
                flow!(compiled::enter_loop(st, header));
            }
            Op::JumpIfTrue => {
                let v = st.regs.get(insn.a());
                let t = match v {
                    Value::TRUE => true,
                    Value::FALSE => false,
                    _ => {
                        st.save();
                        control::truth(v)?
                    }
                };
                if t {
                    st.pc = jump32(st.pc, insn, 0);
                }
            }
            Op::JumpIfFalse => {
                let v = st.regs.get(insn.a());
                let t = match v {
                    Value::TRUE => true,
                    Value::FALSE => false,
                    _ => {
                        st.save();
                        control::truth(v)?
                    }
                };
                if !t {
                    st.pc = jump32(st.pc, insn, 0);
                }
            }
            Op::JumpIfNone => {
                if st.regs.get(insn.a()).is_none() {
                    st.pc = jump32(st.pc, insn, 0);
                }
            }
            Op::JumpIfNotNone => {
                if !st.regs.get(insn.a()).is_none() {
                    st.pc = jump32(st.pc, insn, 0);
                }
            }
            Op::JumpCompare => {
                let (a, b) = (st.regs.get(insn.a()), st.regs.get(insn.b()));
                let t = if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
                    arith::compare_i64(insn.d(), x, y)
                } else {
                    st.save();
                    arith::note_operands(st.pc, insn, a, b);
                    arith::compare_truth(insn.d() & 7, a, b)?
                };
                if t != (insn.d() & 8 != 0) {
                    st.pc = jump16(st.pc, insn, 0);
                }
            }
            Op::JumpIs => {
                if st.regs.get(insn.a()).is(st.regs.get(insn.b())) != (insn.d() & 1 == 1) {
                    st.pc = jump16(st.pc, insn, 0);
                }
            }

            Op::LoadAttr => {
                put!(
                    st,
                    insn,
                    attr::load(st.frame, st.pc, insn, st.regs.get(insn.b()))
                );
                st.pc = st.pc.offset(3);
            }
            Op::LoadAttrSlot => {
                let obj = st.regs.get(insn.b());
                match attr::cached_slot(st.pc, obj) {
                    Some(v) => st.regs.set(insn.a(), v),
                    None => put!(st, insn, attr::load(st.frame, st.pc, insn, obj)),
                }
                st.pc = st.pc.offset(3);
            }
            Op::LoadAttrClass => {
                let obj = st.regs.get(insn.b());
                match attr::cached_class(st.frame, st.pc, obj) {
                    Some(v) => st.regs.set(insn.a(), v),
                    None => put!(st, insn, attr::load(st.frame, st.pc, insn, obj)),
                }
                st.pc = st.pc.offset(3);
            }
            Op::LoadAttrModule => {
                let obj = st.regs.get(insn.b());
                match attr::cached_module(st.pc, obj) {
                    Some(v) => st.regs.set(insn.a(), v),
                    None => put!(st, insn, attr::load(st.frame, st.pc, insn, obj)),
                }
                st.pc = st.pc.offset(3);
            }
            Op::StoreAttr => {
                st.save();
                attr::store(
                    st.frame,
                    st.pc,
                    insn,
                    st.regs.get(insn.a()),
                    st.regs.get(insn.c()),
                )?;
                st.pc = st.pc.offset(3);
            }
            Op::StoreAttrSlot => {
                let (obj, v) = (st.regs.get(insn.a()), st.regs.get(insn.c()));
                if !attr::cached_store(st.pc, obj, v) {
                    st.save();
                    attr::store(st.frame, st.pc, insn, obj, v)?;
                }
                st.pc = st.pc.offset(3);
            }
            Op::StoreAttrAdd => {
                let (obj, v) = (st.regs.get(insn.a()), st.regs.get(insn.c()));
                if !attr::cached_add(st.pc, obj, v) {
                    st.save();
                    attr::store(st.frame, st.pc, insn, obj, v)?;
                }
                st.pc = st.pc.offset(3);
            }
            Op::DeleteAttr => {
                st.save();
                let name = st.frame.code().name_at(insn.b());
                crate::object::attr::set_attr(st.regs.get(insn.a()), name, None)?;
            }
            Op::LoadMethod => {
                st.save();
                attr::load_method(st.frame, st.pc, insn)?;
                st.pc = st.pc.offset(3);
            }
            Op::LoadMethodModule => {
                match attr::cached_module(st.pc, st.regs.get(insn.b())) {
                    Some(f) => {
                        st.regs.set(insn.a(), f);
                        st.regs.set_opt(insn.a() + 1, None);
                    }
                    None => {
                        st.save();
                        attr::load_method(st.frame, st.pc, insn)?;
                    }
                }
                st.pc = st.pc.offset(3);
            }
            Op::LoadMethodCached => {
                let obj = st.regs.get(insn.b());
                match attr::cached_class(st.frame, st.pc, obj) {
                    Some(f) => {
                        st.regs.set(insn.a(), f);
                        st.regs.set(insn.a() + 1, obj);
                    }
                    None => {
                        st.save();
                        attr::load_method(st.frame, st.pc, insn)?;
                    }
                }
                st.pc = st.pc.offset(3);
            }
            Op::GetItem => {
                let (b, c) = (st.regs.get(insn.b()), st.regs.get(insn.c()));
                build::note_container(st.pc, insn, b, c);
                put!(st, insn, build::get_item(b, c));
            }
            Op::SetItem => {
                st.save();
                build::note_container(st.pc, insn, st.regs.get(insn.a()), st.regs.get(insn.b()));
                build::set_item(
                    st.regs.get(insn.a()),
                    st.regs.get(insn.b()),
                    st.regs.get(insn.c()),
                )?;
            }
            Op::DelItem => {
                st.save();
                crate::object::protocol::set_item(
                    st.regs.get(insn.a()),
                    st.regs.get(insn.b()),
                    None,
                )?;
            }

            Op::BuildTuple => put!(
                st,
                insn,
                crate::types::tuple::new(st.regs.slice(insn.b(), insn.c().into()))
            ),
            Op::BuildList => put!(
                st,
                insn,
                crate::types::list::new(st.regs.slice(insn.b(), insn.c().into()))
            ),
            Op::BuildSet => put!(
                st,
                insn,
                crate::types::set::set_of(st.regs.slice(insn.b(), insn.c().into()))
            ),
            Op::BuildMap => put!(
                st,
                insn,
                build::map(st.regs.slice(insn.b(), 2 * insn.c() as usize))
            ),
            Op::BuildConstKeyMap => put!(st, insn, build::const_key_map(st.regs, insn)),
            Op::BuildSlice => put!(
                st,
                insn,
                build::slice(st.regs.slice(insn.b(), insn.c().into()))
            ),
            Op::BuildString => put!(
                st,
                insn,
                build::string(st.regs.slice(insn.b(), insn.c().into()))
            ),
            Op::FormatValue => put!(st, insn, build::format_value(st.regs, insn)),
            Op::ListAppend => build::list_append(st.regs.get(insn.a()), st.regs.get(insn.b()))?,
            Op::SetAdd => {
                st.save();
                build::set_add(st.regs.get(insn.a()), st.regs.get(insn.b()))?;
            }
            Op::MapAdd => {
                st.save();
                build::map_add(
                    st.regs.get(insn.a()),
                    st.regs.get(insn.b()),
                    st.regs.get(insn.c()),
                )?;
            }
            Op::ListExtend => {
                st.save();
                build::list_extend(st.regs, insn)?;
            }
            Op::SetUpdate => {
                st.save();
                build::set_update(st.regs.get(insn.a()), st.regs.get(insn.b()))?;
            }
            Op::DictUpdate => {
                st.save();
                build::dict_update(st.regs.get(insn.a()), st.regs.get(insn.b()))?;
            }
            Op::DictMerge => {
                st.save();
                build::dict_merge(st.regs, insn)?;
            }
            Op::ListToTuple => put!(st, insn, build::list_to_tuple(st.regs.get(insn.b()))),

            Op::UnpackSequence => {
                st.save();
                iter::unpack(st.regs, insn)?;
            }
            Op::UnpackEx => {
                st.save();
                iter::unpack_ex(st.regs, insn)?;
            }
            Op::GetIter => put!(st, insn, iter::get_iter(st.regs.get(insn.b()))),
            Op::ForIter => {
                st.save();
                if st.pc.cache(0) == 0 {
                    st.pc.set_cache(0, st.regs.get(insn.b()).layout_id().into());
                }
                let it = st.regs.get(insn.b());
                if MODE == PLAIN && generators::enter(st, it, Value::NONE, OnReturn::Iterate)? {
                    continue;
                }
                match iter::next(it)? {
                    Some(v) => {
                        st.regs.set(insn.a(), v);
                        st.pc = st.pc.offset(1);
                    }
                    None => st.pc = jump16(st.pc, insn, 1),
                }
            }
            Op::GetYieldFromIter => put!(
                st,
                insn,
                generators::yield_from_iter(st.frame, st.regs.get(insn.b()))
            ),

            Op::Call => calls::call(st, insn)?,
            Op::CallMethod => calls::call_method(st, insn)?,
            Op::CallKw => calls::call_kw(st, insn)?,
            Op::CallEx => calls::call_ex(st, insn)?,

            Op::MakeFunction => put!(st, insn, calls::make_function(st.frame, insn)),
            Op::LoadBuildClass => put!(st, insn, globals::build_class(st.frame)),
            Op::SetupAnnotations => {
                st.save();
                globals::setup_annotations(st.frame)?;
            }
            Op::Return => {
                let v = st.regs.get(insn.a());
                // The common case stays here: a Python caller waits for the value.
                if st.frame.on_return() == OnReturn::Register {
                    let dst = st.frame.dst.get();
                    st.thread.stack.pop();
                    control::back_to_caller(st);
                    st.regs.set(dst, v);
                } else {
                    st.save();
                    flow!(control::return_value(st, v));
                }
            }

            Op::ReturnGenerator => flow!(generators::return_generator(st)),
            Op::Yield => {
                let v = st.regs.get(insn.b());
                flow!(generators::suspend(st, v));
            }
            Op::AsyncGenWrap => put!(
                st,
                insn,
                crate::types::async_generator::wrap(st.regs.get(insn.b()))
            ),
            Op::Send => {
                st.save();
                if MODE == PLAIN && generators::enter_send(st, insn)? {
                    continue;
                }
                if generators::send(st.frame, insn)? {
                    st.pc = jump16(st.pc, insn, 0);
                }
            }
            Op::GetAwaitable => put!(
                st,
                insn,
                generators::get_awaitable(insn.d(), st.regs.get(insn.b()))
            ),
            Op::GetAiter => put!(st, insn, generators::get_aiter(st.regs.get(insn.b()))),
            Op::GetAnext => put!(st, insn, generators::get_anext(st.regs.get(insn.b()))),
            Op::EndAsyncFor => {
                st.save();
                exc::end_async_for(st.frame, st.regs, insn)?;
            }

            Op::Raise => {
                st.save();
                return Err(exc::raise(st.regs, insn));
            }
            Op::Reraise => {
                st.save();
                return Err(crate::exceptions::restore(st.regs.get(insn.a())));
            }
            Op::PushExc => exc::push(st.frame, st.regs, insn),
            Op::PopExc => exc::pop(st.frame, st.regs, insn.a()),
            Op::ExcMatch => {
                st.save();
                let m = crate::exceptions::exception_matches(
                    st.regs.get(insn.b()),
                    st.regs.get(insn.c()),
                )?;
                st.regs.set(insn.a(), Value::bool(m));
            }
            Op::ExcGroupMatch => {
                st.save();
                exc::group_match(st.regs, insn)?;
            }
            Op::PrepReraiseStar => {
                put!(
                    st,
                    insn,
                    exc::prep_reraise_star(st.regs.get(insn.b()), st.regs.get(insn.c()))
                );
            }
            Op::LoadAssertionError => st
                .regs
                .set(insn.a(), crate::exceptions::exc().assertion_error.value()),

            Op::BeforeWith => {
                st.save();
                exc::before_with(st.regs, insn, false)?;
            }
            Op::BeforeAsyncWith => {
                st.save();
                exc::before_with(st.regs, insn, true)?;
            }
            Op::WithExit => put!(
                st,
                insn,
                exc::with_exit(st.regs.get(insn.b()), st.regs.get(insn.c()))
            ),

            Op::ImportName => put!(st, insn, imports::import_name(st.frame, insn)),
            Op::ImportFrom => put!(st, insn, imports::import_from(st.frame, insn)),
            Op::ImportStar => {
                st.save();
                imports::import_star(st.frame, st.regs.get(insn.a()))?;
            }

            Op::GetLen => put!(
                st,
                insn,
                crate::object::protocol::length(st.regs.get(insn.b())).map(Value::from_usize)
            ),
            Op::MatchMapping => matching::mapping(st.regs, insn),
            Op::MatchSequence => matching::sequence(st.regs, insn),
            Op::MatchKeys => put!(
                st,
                insn,
                matching::keys(st.regs.get(insn.b()), st.regs.get(insn.c()))
            ),
            Op::MatchClass => put!(st, insn, matching::class(st.regs, insn)),

            Op::PrintExpr => {
                st.save();
                imports::print_expr(st.regs.get(insn.a()))?;
            }
        }
    }
}

/// The comparison an instruction's `d` field names.
pub(super) fn compare_op(d: u8) -> CompareOp {
    CompareOp::from_u8(d & 7).unwrap_or(CompareOp::Eq)
}
