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
use crate::gil::{BREAKER, breaker};
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
        Input::Throw(e) => match traced {
            true => Err(tracing::thrown_into(&mut st, e)),
            false => Err(crate::exceptions::restore(e)),
        },
        Input::Raised => Err(crate::exceptions::Raised::pending()),
    };
    loop {
        forget_below();
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

/// Clears what earlier calls have left of the native stack where `steps` will have its own: the collector cannot tell
/// words that were never written from references, and this loop may run for the rest of the program.
#[inline(never)]
fn forget_below() {
    std::hint::black_box([0u64; 48]);
}

/// Notes in the instruction just fetched what operands it met.
#[inline(always)]
fn note(pc: Pc, insn: Insn, bit: u8) {
    if insn.d() & bit == 0 {
        pc.rewrite(Insn(insn.0 | u64::from(bit) << 8));
    }
}

/// A binary operation on operands of any type.
macro_rules! any_op {
    ($st:ident, $pc:ident, $regs:ident, $insn:ident, $b:expr, $c:expr, $op:expr) => {{
        let (b, c) = ($b, $c);
        arith::note_operands($pc, $insn, b, c);
        put!($st, $pc, $regs, $insn, arith::binary($op, $insn.d(), b, c));
    }};
}

macro_rules! int_op {
    ($st:ident, $pc:ident, $regs:ident, $insn:ident, $checked:ident, $float:tt, $op:expr) => {{
        let (b, c) = ($regs.get($insn.b()), $regs.get($insn.c()));
        if let (Some(x), Some(y)) = (b.as_small_int(), c.as_small_int()) {
            if let Some(v) = x.$checked(y).and_then(Value::small_int) {
                $regs.set($insn.a(), v);
                continue;
            }
        } else if b.is_immediate_float() && c.is_immediate_float() {
            if let (Some(x), Some(y)) = (b.as_float(), c.as_float()) {
                note($pc, $insn, profile::FLOAT);
                $regs.set($insn.a(), Value::float(x $float y));
                continue;
            }
        }
        any_op!($st, $pc, $regs, $insn, b, c, $op);
    }};
}

/// An operation on two machine ints, where it has a result of that kind.
macro_rules! small_op {
    ($st:ident, $pc:ident, $regs:ident, $insn:ident, $op:expr, ($x:ident, $y:ident) $(if $fits:expr)? => $result:expr) => {{
        let (b, c) = ($regs.get($insn.b()), $regs.get($insn.c()));
        if let (Some($x), Some($y)) = (b.as_small_int(), c.as_small_int())
            $(&& $fits)?
        {
            $regs.set($insn.a(), Value::int($result));
            continue;
        }
        any_op!($st, $pc, $regs, $insn, b, c, $op);
    }};
}

/// `a = f(...)?` for an instruction that calls out.
macro_rules! put {
    ($st:ident, $pc:ident, $regs:ident, $insn:ident, $e:expr) => {{
        $st.frame.set_pc($pc);
        let v = $e?;
        $regs.set($insn.a(), v);
    }};
}

/// Runs what may go on in another frame or elsewhere in this one: position and registers are in the state meanwhile.
macro_rules! elsewhere {
    ($st:ident, $pc:ident, $regs:ident, $e:expr) => {{
        $st.pc = $pc;
        let r = $e;
        $pc = $st.pc;
        $regs = $st.regs;
        r
    }};
}

/// A call, which may have set a trace or profile function: that hears of what comes next.
macro_rules! called {
    ($st:ident, $pc:ident, $regs:ident, $mode:ident, $e:expr) => {{
        elsewhere!($st, $pc, $regs, $e)?;
        if $mode == PLAIN
            && BREAKER.load(std::sync::atomic::Ordering::Relaxed) & breaker::TRACE != 0
            && tracing::should_switch($st)
        {
            $st.switch = true;
            return Ok(Value::NONE);
        }
    }};
}

macro_rules! flow {
    ($st:ident, $pc:ident, $regs:ident, $e:expr) => {
        if let Flow::Exit(v) = elsewhere!($st, $pc, $regs, $e)? {
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
fn rewritten(pc: Pc, insn: Insn) -> bool {
    Insn(pc.offset(-1).cache(0)).op() != insn.op()
}

/// Executes instructions until the entry frame is done or something is raised; in the mode `SINGLE`, one of them.
fn steps<const MODE: u8>(st: &mut State) -> PyResult<Value> {
    let mut done = false;
    // In registers of the machine, not in memory: every instruction waits for them.
    let (mut pc, mut regs) = (st.pc, st.regs);
    loop {
        if MODE == TRACED {
            elsewhere!(st, pc, regs, tracing::before(st))?;
        }
        if MODE == SINGLE {
            if done {
                st.pc = pc;
                return Ok(Value::NONE);
            }
            done = true;
        }
        let insn = pc.fetch();
        match insn.op() {
            Op::Nop => {}
            Op::Resume => {
                if BREAKER.load(std::sync::atomic::Ordering::Relaxed) != 0 {
                    st.frame.set_pc(pc);
                    control::eval_breaker()?;
                    if rewritten(pc, insn) {
                        pc = pc.offset(-1);
                        done = false;
                        continue;
                    }
                    if MODE == PLAIN && tracing::should_switch(st) {
                        st.pc = pc.offset(-1);
                        st.switch = true;
                        return Ok(Value::NONE);
                    }
                }
                if MODE == PLAIN {
                    let calls = (insn.0 >> 32) as u32 + 1;
                    pc.rewrite(Insn(insn.0 & 0xffff_ffff | u64::from(calls) << 32));
                    if u64::from(calls) & compiled::call_mask() == 0 {
                        flow!(st, pc, regs, compiled::hot_function(st, calls));
                    }
                }
            }
            Op::ResumeJit => {
                if BREAKER.load(std::sync::atomic::Ordering::Relaxed) != 0 {
                    st.frame.set_pc(pc);
                    control::eval_breaker()?;
                    if MODE == PLAIN && tracing::should_switch(st) {
                        st.pc = pc.offset(-1);
                        st.switch = true;
                        return Ok(Value::NONE);
                    }
                }
                if MODE == PLAIN {
                    flow!(st, pc, regs, compiled::enter_function(st));
                }
            }
            Op::LoadConst => regs.set(insn.a(), st.frame.code().constant(insn.b())),
            Op::LoadInt => regs.set(insn.a(), Value::int(insn.sbc().into())),
            Op::LoadSpecial => regs.set_opt(insn.a(), control::special(insn.b())),
            Op::Move => regs.set_opt(insn.a(), regs.get_opt(insn.b())),
            Op::CheckBound => {
                if regs.get_opt(insn.a()).is_none() {
                    st.frame.set_pc(pc);
                    return Err(unbound(
                        st.frame.code().local_name(insn.a() as usize),
                        false,
                    ));
                }
            }
            Op::DeleteFast => {
                if regs.get_opt(insn.a()).is_none() {
                    st.frame.set_pc(pc);
                    return Err(unbound(
                        st.frame.code().local_name(insn.a() as usize),
                        false,
                    ));
                }
                regs.set_opt(insn.a(), None);
            }
            Op::MakeCell => globals::make_cell(regs, insn.a())?,
            Op::CopyFree => globals::copy_free(st.frame, insn),
            Op::LoadDeref => {
                st.frame.set_pc(pc);
                globals::load_deref(st.frame, insn)?;
            }
            Op::LoadClassDeref => put!(
                st,
                pc,
                regs,
                insn,
                globals::load_class_deref(st.frame, insn)
            ),
            Op::StoreDeref => globals::store_deref(regs, insn),
            Op::DeleteDeref => {
                st.frame.set_pc(pc);
                globals::delete_deref(st.frame, insn)?;
            }
            Op::LoadGlobal => {
                put!(st, pc, regs, insn, globals::load_global(st.frame, pc, insn));
                pc = pc.offset(2);
            }
            Op::LoadGlobalCached => {
                if let Some(v) = globals::cached(st.frame, pc) {
                    regs.set(insn.a(), v);
                } else {
                    put!(st, pc, regs, insn, globals::load_global(st.frame, pc, insn));
                }
                pc = pc.offset(2);
            }
            Op::LoadBuiltinCached => {
                if let Some(v) = globals::cached_builtin(st.frame, pc) {
                    regs.set(insn.a(), v);
                } else {
                    put!(st, pc, regs, insn, globals::load_global(st.frame, pc, insn));
                }
                pc = pc.offset(2);
            }
            Op::StoreGlobal => {
                st.frame.set_pc(pc);
                globals::store_global(st.frame, insn)?;
                pc = pc.offset(1);
            }
            Op::DeleteGlobal => {
                st.frame.set_pc(pc);
                globals::delete_global(st.frame, insn)?;
            }
            Op::LoadName => {
                put!(st, pc, regs, insn, globals::load_name(st.frame, insn));
                pc = pc.offset(2);
            }
            Op::StoreName => {
                st.frame.set_pc(pc);
                globals::store_name(st.frame, insn)?;
                pc = pc.offset(1);
            }
            Op::DeleteName => {
                st.frame.set_pc(pc);
                globals::delete_name(st.frame, insn)?;
            }
            Op::LoadLocals => put!(st, pc, regs, insn, globals::load_locals(st.frame)),

            Op::Add => int_op!(st, pc, regs, insn, checked_add, +, BinaryOp::Add),
            Op::Sub => int_op!(st, pc, regs, insn, checked_sub, -, BinaryOp::Sub),
            Op::Mul => int_op!(st, pc, regs, insn, checked_mul, *, BinaryOp::Mul),
            Op::TrueDiv => {
                let (b, c) = (regs.get(insn.b()), regs.get(insn.c()));
                if let (Some(x), Some(y)) = (b.as_exact_float(), c.as_exact_float())
                    && y != 0.0
                {
                    note(pc, insn, profile::FLOAT);
                    regs.set(insn.a(), Value::float(x / y));
                    continue;
                }
                any_op!(st, pc, regs, insn, b, c, BinaryOp::TrueDiv);
            }
            // For positive divisors division that rounds down is Euclid's.
            Op::FloorDiv => {
                small_op!(st, pc, regs, insn, BinaryOp::FloorDiv, (x, y) if y > 0 => x.div_euclid(y));
            }
            Op::Mod => {
                small_op!(st, pc, regs, insn, BinaryOp::Mod, (x, y) if y > 0 => x.rem_euclid(y));
            }
            Op::Pow => {
                let (b, c) = (regs.get(insn.b()), regs.get(insn.c()));
                any_op!(st, pc, regs, insn, b, c, BinaryOp::Pow);
            }
            Op::LShift => {
                arith::note_operands(pc, insn, regs.get(insn.b()), regs.get(insn.c()));
                put!(
                    st,
                    pc,
                    regs,
                    insn,
                    arith::lshift(insn.d(), regs.get(insn.b()), regs.get(insn.c()))
                );
            }
            Op::RShift => {
                small_op!(st, pc, regs, insn, BinaryOp::RShift, (x, y) if (0..63).contains(&y) => x >> y);
            }
            Op::And => small_op!(st, pc, regs, insn, BinaryOp::And, (x, y) => x & y),
            Op::Or => small_op!(st, pc, regs, insn, BinaryOp::Or, (x, y) => x | y),
            Op::Xor => small_op!(st, pc, regs, insn, BinaryOp::Xor, (x, y) => x ^ y),
            Op::MatMul => put!(
                st,
                pc,
                regs,
                insn,
                arith::binary(
                    BinaryOp::MatMul,
                    insn.d(),
                    regs.get(insn.b()),
                    regs.get(insn.c())
                )
            ),
            Op::AddImm | Op::SubImm => {
                let b = regs.get(insn.b());
                let n = i64::from(insn.sc());
                let n = if insn.op_byte() == Op::AddImm as u8 {
                    n
                } else {
                    -n
                };
                if let Some(x) = b.as_small_int()
                    && let Some(v) = Value::small_int(x + n)
                {
                    regs.set(insn.a(), v);
                    continue;
                }
                arith::note_operands(pc, insn, b, Value::TRUE);
                put!(st, pc, regs, insn, arith::add_imm(insn, b));
            }
            Op::Neg => {
                let b = regs.get(insn.b());
                arith::note_operands(pc, insn, b, b);
                put!(st, pc, regs, insn, arith::neg(b));
            }
            Op::Pos => put!(
                st,
                pc,
                regs,
                insn,
                crate::object::number::pos(regs.get(insn.b()))
            ),
            Op::Invert => put!(
                st,
                pc,
                regs,
                insn,
                crate::object::number::invert(regs.get(insn.b()))
            ),
            Op::Not => {
                st.frame.set_pc(pc);
                let t = control::truth(regs.get(insn.b()))?;
                regs.set(insn.a(), Value::bool(!t));
            }
            Op::Compare => {
                let (b, c) = (regs.get(insn.b()), regs.get(insn.c()));
                arith::note_operands(pc, insn, b, c);
                put!(st, pc, regs, insn, arith::compare(insn.d() & 7, b, c));
            }
            Op::Is => {
                let same = regs.get(insn.b()).is(regs.get(insn.c()));
                regs.set(insn.a(), Value::bool(same != (insn.d() & 1 == 1)));
            }
            Op::Contains => {
                st.frame.set_pc(pc);
                let found =
                    crate::object::protocol::contains(regs.get(insn.c()), regs.get(insn.b()))?;
                regs.set(insn.a(), Value::bool(found != (insn.d() & 1 == 1)));
            }

            Op::Jump => pc = jump32(pc, insn, 0),
            Op::JumpBack => {
                if BREAKER.load(std::sync::atomic::Ordering::Relaxed) != 0 {
                    st.frame.set_pc(pc);
                    control::eval_breaker()?;
                    if rewritten(pc, insn) {
                        pc = pc.offset(-1);
                        done = false;
                        continue;
                    }
                }
                let count = pc.cache(0) + 1;
                pc.set_cache(0, count);
                let header = jump32(pc, insn, 1);
                if count & compiled::loop_mask() == 0 {
                    flow!(st, pc, regs, compiled::hot_loop(st, header, count));
                } else {
                    pc = header;
                }
            }
            Op::JumpBackJit => {
                if BREAKER.load(std::sync::atomic::Ordering::Relaxed) != 0 {
                    st.frame.set_pc(pc);
                    control::eval_breaker()?;
                    if rewritten(pc, insn) {
                        pc = pc.offset(-1);
                        done = false;
                        continue;
                    }
                }
                let header = jump32(pc, insn, 1);
                flow!(st, pc, regs, compiled::enter_loop(st, header));
            }
            Op::JumpIfTrue => {
                let v = regs.get(insn.a());
                let t = match v {
                    Value::TRUE => true,
                    Value::FALSE => false,
                    _ => {
                        st.frame.set_pc(pc);
                        control::truth(v)?
                    }
                };
                if t {
                    pc = jump32(pc, insn, 0);
                }
            }
            Op::JumpIfFalse => {
                let v = regs.get(insn.a());
                let t = match v {
                    Value::TRUE => true,
                    Value::FALSE => false,
                    _ => {
                        st.frame.set_pc(pc);
                        control::truth(v)?
                    }
                };
                if !t {
                    pc = jump32(pc, insn, 0);
                }
            }
            Op::JumpIfNone => {
                if regs.get(insn.a()).is_none() {
                    pc = jump32(pc, insn, 0);
                }
            }
            Op::JumpIfNotNone => {
                if !regs.get(insn.a()).is_none() {
                    pc = jump32(pc, insn, 0);
                }
            }
            Op::JumpCompare => {
                let (a, b) = (regs.get(insn.a()), regs.get(insn.b()));
                let t = if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
                    arith::compare_i64(insn.d(), x, y)
                } else {
                    st.frame.set_pc(pc);
                    arith::note_operands(pc, insn, a, b);
                    arith::compare_truth(insn.d() & 7, a, b)?
                };
                if t != (insn.d() & 8 != 0) {
                    pc = jump16(pc, insn, 0);
                }
            }
            Op::JumpIs => {
                if regs.get(insn.a()).is(regs.get(insn.b())) != (insn.d() & 1 == 1) {
                    pc = jump16(pc, insn, 0);
                }
            }

            Op::LoadAttr => {
                put!(
                    st,
                    pc,
                    regs,
                    insn,
                    attr::load(st.frame, pc, insn, regs.get(insn.b()))
                );
                pc = pc.offset(3);
            }
            Op::LoadAttrSlot => {
                let obj = regs.get(insn.b());
                match attr::cached_slot(pc, obj) {
                    Some(v) => regs.set(insn.a(), v),
                    None => put!(st, pc, regs, insn, attr::load(st.frame, pc, insn, obj)),
                }
                pc = pc.offset(3);
            }
            Op::LoadAttrClass => {
                let obj = regs.get(insn.b());
                match attr::cached_class(st.frame, pc, obj) {
                    Some(v) => regs.set(insn.a(), v),
                    None => put!(st, pc, regs, insn, attr::load(st.frame, pc, insn, obj)),
                }
                pc = pc.offset(3);
            }
            Op::LoadAttrModule => {
                let obj = regs.get(insn.b());
                match attr::cached_module(pc, obj) {
                    Some(v) => regs.set(insn.a(), v),
                    None => put!(st, pc, regs, insn, attr::load(st.frame, pc, insn, obj)),
                }
                pc = pc.offset(3);
            }
            Op::StoreAttr => {
                st.frame.set_pc(pc);
                attr::store(st.frame, pc, insn, regs.get(insn.a()), regs.get(insn.c()))?;
                pc = pc.offset(3);
            }
            Op::StoreAttrSlot => {
                let (obj, v) = (regs.get(insn.a()), regs.get(insn.c()));
                if !attr::cached_store(pc, obj, v) {
                    st.frame.set_pc(pc);
                    attr::store(st.frame, pc, insn, obj, v)?;
                }
                pc = pc.offset(3);
            }
            Op::StoreAttrAdd => {
                let (obj, v) = (regs.get(insn.a()), regs.get(insn.c()));
                if !attr::cached_add(pc, obj, v) {
                    st.frame.set_pc(pc);
                    attr::store(st.frame, pc, insn, obj, v)?;
                }
                pc = pc.offset(3);
            }
            Op::DeleteAttr => {
                st.frame.set_pc(pc);
                let name = st.frame.code().name_at(insn.b());
                crate::object::attr::set_attr(regs.get(insn.a()), name, None)?;
            }
            Op::LoadMethod => {
                st.frame.set_pc(pc);
                attr::load_method(st.frame, pc, insn)?;
                pc = pc.offset(3);
            }
            Op::LoadMethodModule => {
                match attr::cached_module(pc, regs.get(insn.b())) {
                    Some(f) => {
                        regs.set(insn.a(), f);
                        regs.set_opt(insn.a() + 1, None);
                    }
                    None => {
                        st.frame.set_pc(pc);
                        attr::load_method(st.frame, pc, insn)?;
                    }
                }
                pc = pc.offset(3);
            }
            Op::LoadMethodCached => {
                let obj = regs.get(insn.b());
                match attr::cached_class(st.frame, pc, obj) {
                    Some(f) => {
                        regs.set(insn.a(), f);
                        regs.set(insn.a() + 1, obj);
                    }
                    None => {
                        st.frame.set_pc(pc);
                        attr::load_method(st.frame, pc, insn)?;
                    }
                }
                pc = pc.offset(3);
            }
            Op::GetItem => {
                let (b, c) = (regs.get(insn.b()), regs.get(insn.c()));
                build::note_container(pc, insn, b, c);
                put!(st, pc, regs, insn, build::get_item(b, c));
            }
            Op::SetItem => {
                st.frame.set_pc(pc);
                build::note_container(pc, insn, regs.get(insn.a()), regs.get(insn.b()));
                build::set_item(regs.get(insn.a()), regs.get(insn.b()), regs.get(insn.c()))?;
            }
            Op::DelItem => {
                st.frame.set_pc(pc);
                crate::object::protocol::set_item(regs.get(insn.a()), regs.get(insn.b()), None)?;
            }

            Op::BuildTuple => put!(
                st,
                pc,
                regs,
                insn,
                crate::types::tuple::new(regs.slice(insn.b(), insn.c().into()))
            ),
            Op::BuildList => put!(
                st,
                pc,
                regs,
                insn,
                crate::types::list::new(regs.slice(insn.b(), insn.c().into()))
            ),
            Op::BuildSet => put!(
                st,
                pc,
                regs,
                insn,
                crate::types::set::set_of(regs.slice(insn.b(), insn.c().into()))
            ),
            Op::BuildMap => put!(
                st,
                pc,
                regs,
                insn,
                build::map(regs.slice(insn.b(), 2 * insn.c() as usize))
            ),
            Op::BuildConstKeyMap => put!(st, pc, regs, insn, build::const_key_map(regs, insn)),
            Op::BuildSlice => put!(
                st,
                pc,
                regs,
                insn,
                build::slice(regs.slice(insn.b(), insn.c().into()))
            ),
            Op::BuildString => put!(
                st,
                pc,
                regs,
                insn,
                build::string(regs.slice(insn.b(), insn.c().into()))
            ),
            Op::FormatValue => put!(st, pc, regs, insn, build::format_value(regs, insn)),
            Op::ListAppend => build::list_append(regs.get(insn.a()), regs.get(insn.b()))?,
            Op::SetAdd => {
                st.frame.set_pc(pc);
                build::set_add(regs.get(insn.a()), regs.get(insn.b()))?;
            }
            Op::MapAdd => {
                st.frame.set_pc(pc);
                build::map_add(regs.get(insn.a()), regs.get(insn.b()), regs.get(insn.c()))?;
            }
            Op::ListExtend => {
                st.frame.set_pc(pc);
                build::list_extend(regs, insn)?;
            }
            Op::SetUpdate => {
                st.frame.set_pc(pc);
                build::set_update(regs.get(insn.a()), regs.get(insn.b()))?;
            }
            Op::DictUpdate => {
                st.frame.set_pc(pc);
                build::dict_update(regs.get(insn.a()), regs.get(insn.b()))?;
            }
            Op::DictMerge => {
                st.frame.set_pc(pc);
                build::dict_merge(regs, insn)?;
            }
            Op::ListToTuple => put!(st, pc, regs, insn, build::list_to_tuple(regs.get(insn.b()))),

            Op::UnpackSequence => {
                st.frame.set_pc(pc);
                iter::unpack(regs, insn)?;
            }
            Op::UnpackEx => {
                st.frame.set_pc(pc);
                iter::unpack_ex(regs, insn)?;
            }
            Op::GetIter => put!(st, pc, regs, insn, iter::get_iter(regs.get(insn.b()))),
            Op::ForIter => {
                st.frame.set_pc(pc);
                if pc.cache(0) == 0 {
                    pc.set_cache(0, regs.get(insn.b()).layout_id().into());
                }
                let it = regs.get(insn.b());
                if MODE == PLAIN
                    && elsewhere!(
                        st,
                        pc,
                        regs,
                        generators::enter(st, it, Value::NONE, OnReturn::Iterate)
                    )?
                {
                    continue;
                }
                match iter::next(it)? {
                    Some(v) => {
                        regs.set(insn.a(), v);
                        pc = pc.offset(1);
                    }
                    None => pc = jump16(pc, insn, 1),
                }
            }
            Op::GetYieldFromIter => put!(
                st,
                pc,
                regs,
                insn,
                generators::yield_from_iter(st.frame, regs.get(insn.b()))
            ),

            Op::Call => called!(st, pc, regs, MODE, calls::call(st, insn)),
            Op::CallMethod => called!(st, pc, regs, MODE, calls::call_method(st, insn)),
            Op::CallKw => called!(st, pc, regs, MODE, calls::call_kw(st, insn)),
            Op::CallEx => called!(st, pc, regs, MODE, calls::call_ex(st, insn)),

            Op::MakeFunction => put!(st, pc, regs, insn, calls::make_function(st.frame, insn)),
            Op::LoadBuildClass => put!(st, pc, regs, insn, globals::build_class(st.frame)),
            Op::SetupAnnotations => {
                st.frame.set_pc(pc);
                globals::setup_annotations(st.frame)?;
            }
            Op::Return => {
                let v = regs.get(insn.a());
                // The common case stays here: a Python caller waits for the value.
                if st.frame.on_return() == OnReturn::Register {
                    let dst = st.frame.dst.get();
                    st.thread.stack.pop();
                    elsewhere!(st, pc, regs, control::back_to_caller(st));
                    regs.set(dst, v);
                } else {
                    st.frame.set_pc(pc);
                    flow!(st, pc, regs, control::return_value(st, v));
                }
            }

            Op::ReturnGenerator => flow!(st, pc, regs, generators::return_generator(st)),
            Op::Yield => {
                let v = regs.get(insn.b());
                flow!(st, pc, regs, generators::suspend(st, v));
            }
            Op::AsyncGenWrap => put!(
                st,
                pc,
                regs,
                insn,
                crate::types::async_generator::wrap(regs.get(insn.b()))
            ),
            Op::Send => {
                st.frame.set_pc(pc);
                if MODE == PLAIN && elsewhere!(st, pc, regs, generators::enter_send(st, insn))? {
                    continue;
                }
                if generators::send(st.frame, insn)? {
                    pc = jump16(pc, insn, 0);
                }
            }
            Op::GetAwaitable => put!(
                st,
                pc,
                regs,
                insn,
                generators::get_awaitable(insn.d(), regs.get(insn.b()))
            ),
            Op::GetAiter => put!(
                st,
                pc,
                regs,
                insn,
                generators::get_aiter(regs.get(insn.b()))
            ),
            Op::GetAnext => put!(
                st,
                pc,
                regs,
                insn,
                generators::get_anext(regs.get(insn.b()))
            ),
            Op::EndAsyncFor => {
                st.frame.set_pc(pc);
                exc::end_async_for(st.frame, regs, insn)?;
            }

            Op::Raise => {
                st.frame.set_pc(pc);
                return Err(exc::raise(regs, insn));
            }
            Op::Reraise => {
                st.frame.set_pc(pc);
                return Err(crate::exceptions::restore(regs.get(insn.a())));
            }
            Op::PushExc => exc::push(st.frame, regs, insn),
            Op::PopExc => exc::pop(st.frame, regs, insn.a()),
            Op::ExcMatch => {
                st.frame.set_pc(pc);
                let m =
                    crate::exceptions::exception_matches(regs.get(insn.b()), regs.get(insn.c()))?;
                regs.set(insn.a(), Value::bool(m));
            }
            Op::ExcGroupMatch => {
                st.frame.set_pc(pc);
                exc::group_match(regs, insn)?;
            }
            Op::PrepReraiseStar => {
                put!(
                    st,
                    pc,
                    regs,
                    insn,
                    exc::prep_reraise_star(regs.get(insn.b()), regs.get(insn.c()))
                );
            }
            Op::LoadAssertionError => st
                .regs
                .set(insn.a(), crate::exceptions::exc().assertion_error.value()),

            Op::BeforeWith => {
                st.frame.set_pc(pc);
                exc::before_with(regs, insn, false)?;
            }
            Op::BeforeAsyncWith => {
                st.frame.set_pc(pc);
                exc::before_with(regs, insn, true)?;
            }
            Op::WithExit => put!(
                st,
                pc,
                regs,
                insn,
                exc::with_exit(regs.get(insn.b()), regs.get(insn.c()))
            ),

            Op::ImportName => put!(st, pc, regs, insn, imports::import_name(st.frame, insn)),
            Op::ImportFrom => put!(st, pc, regs, insn, imports::import_from(st.frame, insn)),
            Op::ImportStar => {
                st.frame.set_pc(pc);
                imports::import_star(st.frame, regs.get(insn.a()))?;
            }

            Op::GetLen => put!(
                st,
                pc,
                regs,
                insn,
                crate::object::protocol::length(regs.get(insn.b())).map(Value::from_usize)
            ),
            Op::MatchMapping => matching::mapping(regs, insn),
            Op::MatchSequence => matching::sequence(regs, insn),
            Op::MatchKeys => put!(
                st,
                pc,
                regs,
                insn,
                matching::keys(regs.get(insn.b()), regs.get(insn.c()))
            ),
            Op::MatchClass => put!(st, pc, regs, insn, matching::class(regs, insn)),

            Op::PrintExpr => {
                st.frame.set_pc(pc);
                imports::print_expr(regs.get(insn.a()))?;
            }
        }
    }
}

/// The comparison an instruction's `d` field names.
pub(super) fn compare_op(d: u8) -> CompareOp {
    CompareOp::from_u8(d & 7).unwrap_or(CompareOp::Eq)
}
