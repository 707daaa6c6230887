//! From the compiler's representation to Cranelift's: blocks, exits, frames, boxing, guards and arithmetic. Memory and calls have
//! rooms of their own.

mod calls;
mod cold;
mod exits;
mod memory;
pub mod near;
mod numbers;
mod ranges;
mod rotate;
mod typed;

use std::cell::OnceCell;
use std::collections::HashMap;

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32, F64, I8, I16, I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block as ClifBlock, BlockArg, FuncRef, Function, InstBuilder, MemFlagsData, SigRef,
    Signature, SourceLoc, Type, UserFuncName, Value,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use rivet_spec::typed::{ErrorConvention, TypeCode};
use rivet_vm::frames::{Frame, OBJECT_OFFSET, PC_OFFSET};
use rivet_vm::gil::BREAKER;
use rivet_vm::thread::{self, Thread};
use rivet_vm::types::dict::offsets as dict_offsets;
use rivet_vm::types::iterators::SeqIter;
use rivet_vm::types::list::{Strategy, offsets as list_offsets};
use rivet_vm::types::native::{BODY_OFFSET, Target, TypedEntry};
use rivet_vm::value::{self as vm, layout};

use self::rotate::Rotated;
use crate::build::Built;
use crate::code::leave::{Map, Maps};
use crate::code::runtime::{self as rt, RAISED, SHARED};
use crate::hir::{
    Blk, Cond, Edge, ExitId, Func, Helper, Inst, NativeRef, Op, Rep, SnapId, Term, TypedRef, Val,
};
use crate::opt::dominators::Dominators;

/// What compiled code returns: the interpreter goes on at the top frame's saved position.
pub const CONTINUE: i64 = 0;
/// What compiled code returns: an exception is pending.
pub const RAISED_STATUS: i64 = 1;
/// What compiled code returns: the frame's value is in `SHARED.result`.
pub const RETURNED: i64 = 2;

/// Byte offsets of the fields of an iterator over a list or tuple.
const SEQ: i32 = std::mem::offset_of!(SeqIter, seq) as i32;
const INDEX: i32 = std::mem::offset_of!(SeqIter, index) as i32;

/// Flag in an object's header word: a store needs the slow half of the write barrier.
const UNLOGGED: i64 = rivet_heap::UNLOGGED as i64;

/// Lowers a unit. `table`: address of its objects; `first_exit`: number of its exit 0 among all; `bail`: guards
/// count down and fail on purpose; `maps` is filled in.
pub fn lower(
    b: &Built,
    (table, maps): (u64, &'static OnceCell<Maps>),
    first_exit: u64,
    bail: bool,
    isa: &dyn TargetIsa,
) -> Function {
    let mut sig = Signature::new(CallConv::SystemV);
    sig.params = vec![AbiParam::new(I64), AbiParam::new(I64)];
    sig.returns = vec![AbiParam::new(I64)];
    let mut func = Function::with_name_signature(UserFuncName::user(0, 0), sig);
    let mut fctx = FunctionBuilderContext::new();
    let mut l = Lower {
        b,
        f: &b.func,
        fb: FunctionBuilder::new(&mut func, &mut fctx),
        vals: vec![None; b.func.insts.len()],
        blocks: HashMap::new(),
        exits: HashMap::new(),
        maps: Vec::new(),
        sigs: HashMap::new(),
        pending: Vec::new(),
        raise: None,
        rotated: Rotated::default(),
        near: HashMap::new(),
        here: Blk(0),
        frame: Value::from_u32(0),
        regs: Value::from_u32(0),
        table,
        first_exit,
        bail,
    };
    l.run();
    l.cold_ends(maps);
    l.fb.seal_all_blocks();
    l.fb.finalize(isa.frontend_config());
    cold::spread(&mut func);
    func
}

/// Marks the instructions of the loop that is worth a good place: the smallest.
pub fn tight_loop_mark() -> SourceLoc {
    SourceLoc::new(1)
}

struct Lower<'a> {
    b: &'a Built,
    f: &'a Func,
    fb: FunctionBuilder<'a>,
    vals: Vec<Option<Value>>,
    blocks: HashMap<Blk, ClifBlock>,
    /// The block that writes a snapshot's frames.
    exits: HashMap<SnapId, ClifBlock>,
    /// What they leave for the interpreter.
    maps: Vec<Map>,
    sigs: HashMap<(Vec<Type>, Option<Type>), SigRef>,
    /// Exits to be filled in at the end: block that notes the exit, exit, snapshot.
    pending: Vec<(ClifBlock, ExitId, SnapId)>,
    raise: Option<ClifBlock>,
    /// Loop headers that are copied to their back edges.
    rotated: Rotated,
    /// Functions that are called directly.
    near: HashMap<(usize, SigRef), FuncRef>,
    /// The block that is lowered now.
    here: Blk,
    frame: Value,
    regs: Value,
    table: u64,
    first_exit: u64,
    bail: bool,
}

fn mem() -> MemFlagsData {
    MemFlagsData::trusted()
}

fn clif(rep: Rep) -> Type {
    match rep {
        Rep::Int | Rep::Any => I64,
        Rep::Float => F64,
        Rep::Bool => I8,
    }
}

fn int_cc(c: Cond) -> IntCC {
    match c {
        Cond::Lt => IntCC::SignedLessThan,
        Cond::Le => IntCC::SignedLessThanOrEqual,
        Cond::Eq => IntCC::Equal,
        Cond::Ne => IntCC::NotEqual,
        Cond::Gt => IntCC::SignedGreaterThan,
        Cond::Ge => IntCC::SignedGreaterThanOrEqual,
    }
}

fn float_cc(c: Cond) -> FloatCC {
    match c {
        Cond::Lt => FloatCC::LessThan,
        Cond::Le => FloatCC::LessThanOrEqual,
        Cond::Eq => FloatCC::Equal,
        Cond::Ne => FloatCC::NotEqual,
        Cond::Gt => FloatCC::GreaterThan,
        Cond::Ge => FloatCC::GreaterThanOrEqual,
    }
}

impl Lower<'_> {
    fn run(&mut self) {
        let dom = Dominators::new(self.f);
        let loops = dom.loops();
        self.choose_rotated(&loops);
        for &b in dom.order() {
            let block = self.fb.create_block();
            self.blocks.insert(b, block);
            if b.0 != 0 {
                for &p in &self.f.block(b).params {
                    let v = self.fb.append_block_param(block, clif(self.f.rep(p)));
                    self.vals[p.0 as usize] = Some(v);
                }
            }
        }
        let tight = self.tight_loop(&loops);
        for &b in dom.order() {
            let block = self.blocks[&b];
            self.fb.switch_to_block(block);
            self.fb.set_srcloc(match tight.contains(&b) {
                true => tight_loop_mark(),
                false => SourceLoc::default(),
            });
            if b.0 == 0 {
                self.fb.append_block_params_for_function_params(block);
                self.frame = self.fb.block_params(block)[0];
                self.regs = self.fb.block_params(block)[1];
            }
            self.here = b;
            self.define_params(b);
            self.insts(b);
            self.term(&self.f.block(b).term.clone());
        }
    }

    fn v(&mut self, v: Val) -> Value {
        match self.rotated.variable(v) {
            Some(variable) => self.fb.use_var(variable),
            None => self.vals[v.0 as usize].expect("defined before it is used"),
        }
    }

    fn iconst(&mut self, i: i64) -> Value {
        self.fb.ins().iconst(I64, i)
    }

    fn address<T>(&mut self, p: *const T) -> Value {
        self.iconst(p as i64)
    }

    fn block(&mut self, cold: bool) -> ClifBlock {
        match cold {
            true => self.cold_block(),
            false => self.fb.create_block(),
        }
    }

    fn cold_block(&mut self) -> ClifBlock {
        let b = self.fb.create_block();
        self.fb.set_cold_block(b);
        b
    }

    // ---- exits ----

    /// The block that leaves by this exit.
    fn exit_block(&mut self, snap: SnapId, exit: ExitId) -> ClifBlock {
        // A guard of several checks leaves in one place.
        match self.pending.last() {
            Some(&(b, e, s)) if e == exit && s == snap => b,
            _ => {
                let b = self.cold_block();
                self.pending.push((b, exit, snap));
                b
            }
        }
    }

    /// Leaves unless `ok`; goes on in a new block.
    fn check(&mut self, ok: Value, snap: SnapId, exit: ExitId) {
        let next = self.fb.create_block();
        let out = self.exit_block(snap, exit);
        self.fb.ins().brif(ok, next, &[], out, &[]);
        self.fb.switch_to_block(next);
    }

    /// Leaves if `bad`.
    fn check_not(&mut self, bad: Value, snap: SnapId, exit: ExitId) {
        let next = self.fb.create_block();
        let out = self.exit_block(snap, exit);
        self.fb.ins().brif(bad, out, &[], next, &[]);
        self.fb.switch_to_block(next);
    }

    /// With `-X jit=bail:N`: leaves every Nth time.
    fn maybe_bail(&mut self, snap: SnapId, exit: ExitId) {
        if !self.bail {
            return;
        }
        let at = self.address(&raw const SHARED.bail);
        let n = self.fb.ins().load(I64, mem(), at, 0);
        let n = self.fb.ins().iadd_imm_s(n, -1);
        self.fb.ins().store(mem(), n, at, 0);
        self.check(n, snap, exit);
    }

    // ---- calls ----

    fn sig(&mut self, params: &[Type], ret: Option<Type>) -> SigRef {
        if let Some(&s) = self.sigs.get(&(params.to_vec(), ret)) {
            return s;
        }
        let mut sig = Signature::new(CallConv::SystemV);
        sig.params = params.iter().map(|&t| AbiParam::new(t)).collect();
        sig.returns = ret.iter().map(|&t| AbiParam::new(t)).collect();
        let s = self.fb.import_signature(sig);
        self.sigs.insert((params.to_vec(), ret), s);
        s
    }

    fn call_opt(
        &mut self,
        f: *const (),
        params: &[Type],
        ret: Option<Type>,
        args: &[Value],
    ) -> Option<Value> {
        let sig = self.sig(params, ret);
        let call = match self.near(f as usize, sig) {
            Some(near) => self.fb.ins().call(near, args),
            None => {
                let f = self.address(f);
                self.fb.ins().call_indirect(sig, f, args)
            }
        };
        self.fb.inst_results(call).first().copied()
    }

    fn call(&mut self, f: *const (), params: &[Type], ret: Option<Type>, args: &[Value]) -> Value {
        self.call_opt(f, params, ret, args)
            .expect("a function with a result")
    }

    fn raise_block(&mut self) -> ClifBlock {
        match self.raise {
            Some(b) => b,
            None => {
                let b = self.cold_block();
                self.raise = Some(b);
                b
            }
        }
    }

    /// Goes on if `ok`, else returns with the pending exception.
    fn or_raise(&mut self, ok: Value) {
        let next = self.fb.create_block();
        let raise = self.raise_block();
        self.fb.ins().brif(ok, next, &[], raise, &[]);
        self.fb.switch_to_block(next);
    }

    /// A word that is 0 after a raise.
    fn word_or_raise(&mut self, w: Value) -> Value {
        self.or_raise(w);
        w
    }

    /// A number that is negative after a raise.
    fn flag_or_raise(&mut self, n: Value) -> Value {
        let ok = self
            .fb
            .ins()
            .icmp_imm_s(IntCC::SignedGreaterThanOrEqual, n, 0);
        self.or_raise(ok);
        n
    }

    // ---- frames ----

    fn save_pc(&mut self, depth: u32, pc: u64) {
        let pc = self.iconst(pc as i64);
        let off = depth as usize * size_of::<Frame>() + PC_OFFSET;
        self.fb.ins().store(mem(), pc, self.frame, off as i32);
    }

    fn push_frame(&mut self, ctx: u32, pc: u64) {
        let ctx = self.f.ctxs[ctx as usize].clone();
        let func = self.constant(ctx.func);
        let base = self.fb.ins().iadd_imm_s(self.regs, i64::from(ctx.base) * 8);
        let dst = self.iconst(i64::from(ctx.dst) | i64::from(ctx.init) << 16);
        let pc = self.iconst(pc as i64);
        self.call_opt(
            rt::push_frame as *const (),
            &[I64, I64, I64, I64],
            None,
            &[func, base, dst, pc],
        );
    }

    fn constant(&mut self, n: u32) -> Value {
        let at = self.iconst((self.table + 8 * u64::from(n)) as i64);
        self.fb.ins().load(I64, mem(), at, 0)
    }

    // ---- boxing ----

    fn boxed(&mut self, v: Val) -> Value {
        let x = self.v(v);
        match self.f.rep(v) {
            Rep::Any => x,
            Rep::Int => self.box_int(x),
            Rep::Float => self.box_float(x),
            Rep::Bool => self.box_bool(x),
        }
    }

    fn box_bool(&mut self, x: Value) -> Value {
        let t = self.iconst(vm::Value::TRUE.to_word() as i64);
        let f = self.iconst(vm::Value::FALSE.to_word() as i64);
        self.fb.ins().select(x, t, f)
    }

    /// Runs `slow` in a cold block if `fits` is false; the result is `fast` or what it gives.
    fn either(&mut self, fits: Value, fast: Value, slow: impl FnOnce(&mut Self) -> Value) -> Value {
        let join = self.fb.create_block();
        let r = self.fb.append_block_param(join, I64);
        let cold = self.cold_block();
        self.fb
            .ins()
            .brif(fits, join, &[BlockArg::Value(fast)], cold, &[]);
        self.fb.switch_to_block(cold);
        let s = slow(self);
        self.fb.ins().jump(join, &[BlockArg::Value(s)]);
        self.fb.switch_to_block(join);
        r
    }

    /// The immediate word of an int that has one.
    fn tag_int(&mut self, x: Value) -> Value {
        let twice = self.fb.ins().iadd(x, x);
        self.fb.ins().iadd_imm_s(twice, 1)
    }

    /// Whether an int has no immediate word.
    fn beyond_immediate(&mut self, x: Value) -> Value {
        // Moved up by half their range, ints of 63 bits are those that are not negative.
        let moved = self.fb.ins().iadd_imm_s(x, 1 << 62);
        self.fb.ins().icmp_imm_s(IntCC::SignedLessThan, moved, 0)
    }

    fn box_int(&mut self, x: Value) -> Value {
        let over = self.beyond_immediate(x);
        let (fast, join, cold) = (
            self.fb.create_block(),
            self.fb.create_block(),
            self.cold_block(),
        );
        let r = self.fb.append_block_param(join, I64);
        self.fb.ins().brif(over, cold, &[], fast, &[]);
        self.fb.switch_to_block(fast);
        let word = self.tag_int(x);
        self.fb.ins().jump(join, &[BlockArg::Value(word)]);
        self.fb.switch_to_block(cold);
        let boxed = self.call(rt::box_int as *const (), &[I64], Some(I64), &[x]);
        self.fb.ins().jump(join, &[BlockArg::Value(boxed)]);
        self.fb.switch_to_block(join);
        r
    }

    fn box_unsigned(&mut self, x: Value) -> Value {
        let twice = self.fb.ins().ishl_imm_s(x, 1);
        let word = self.fb.ins().bor_imm_s(twice, 1);
        let fits = self
            .fb
            .ins()
            .icmp_imm_u(IntCC::UnsignedLessThan, x, 1 << 62);
        self.either(fits, word, |l| {
            l.call(rt::box_unsigned as *const (), &[I64], Some(I64), &[x])
        })
    }

    fn box_float(&mut self, x: Value) -> Value {
        let bits = self.fb.ins().bitcast(I64, MemFlagsData::new(), x);
        // The three top bits of the exponent are 011 or 100, and it is not the one value that stands for 0.0.
        let top = self.fb.ins().ushr_imm_s(bits, 60);
        let top = self.fb.ins().band_imm_s(top, 7);
        let top = self.fb.ins().iadd_imm_s(top, -3);
        let near = self.fb.ins().icmp_imm_u(IntCC::UnsignedLessThan, top, 2);
        let (some, fast, join, cold) = (
            self.fb.create_block(),
            self.fb.create_block(),
            self.fb.create_block(),
            self.cold_block(),
        );
        let r = self.fb.append_block_param(join, I64);
        self.fb.ins().brif(near, some, &[], cold, &[]);
        self.fb.switch_to_block(some);
        let taken = self
            .fb
            .ins()
            .icmp_imm_s(IntCC::Equal, bits, 0x3000_0000_0000_0000);
        self.fb.ins().brif(taken, cold, &[], fast, &[]);
        self.fb.switch_to_block(fast);
        let word = self.fb.ins().rotl_imm_s(bits, 3);
        let word = self.fb.ins().band_imm_s(word, !3);
        let word = self.fb.ins().bor_imm_s(word, 2);
        self.fb.ins().jump(join, &[BlockArg::Value(word)]);
        self.fb.switch_to_block(cold);
        let boxed = self.call(rt::box_float as *const (), &[F64], Some(I64), &[x]);
        self.fb.ins().jump(join, &[BlockArg::Value(boxed)]);
        self.fb.switch_to_block(join);
        r
    }

    /// The float of an immediate word.
    fn decode_float(&mut self, w: Value) -> Value {
        let sign = self.fb.ins().ushr_imm_s(w, 63);
        let two = self.iconst(2);
        let low = self.fb.ins().isub(two, sign);
        let high = self.fb.ins().band_imm_s(w, !3);
        let bits = self.fb.ins().bor(low, high);
        let bits = self.fb.ins().rotr_imm_s(bits, 3);
        // The word of 0.0 would decode to another number.
        let is_zero = self
            .fb
            .ins()
            .icmp_imm_s(IntCC::Equal, w, 0x8000_0000_0000_0002u64 as i64);
        let zero = self.iconst(0);
        let bits = self.fb.ins().select(is_zero, zero, bits);
        self.fb.ins().bitcast(F64, MemFlagsData::new(), bits)
    }

    /// A float from a word, immediate or boxed; `int`: or a small int.
    fn unbox_float(
        &mut self,
        w: Value,
        (int, null): (bool, bool),
        snap: SnapId,
        exit: ExitId,
    ) -> Value {
        let join = self.fb.create_block();
        let r = self.fb.append_block_param(join, F64);
        let now = self.fb.create_block();
        let other = self.fb.create_block();
        let tag = self.fb.ins().band_imm_s(w, 3);
        let imm = self.fb.ins().icmp_imm_s(IntCC::Equal, tag, 2);
        self.fb.ins().brif(imm, now, &[], other, &[]);
        self.fb.switch_to_block(now);
        let f = self.decode_float(w);
        self.fb.ins().jump(join, &[BlockArg::Value(f)]);
        self.fb.switch_to_block(other);
        if int {
            let odd = self.fb.ins().band_imm_s(w, 1);
            let (yes, no) = (self.fb.create_block(), self.fb.create_block());
            self.fb.ins().brif(odd, yes, &[], no, &[]);
            self.fb.switch_to_block(yes);
            let i = self.fb.ins().sshr_imm_s(w, 1);
            let f = self.fb.ins().fcvt_from_sint(F64, i);
            self.fb.ins().jump(join, &[BlockArg::Value(f)]);
            self.fb.switch_to_block(no);
        } else {
            self.fb.set_cold_block(other);
        }
        self.guard_layout(w, layout::FLOAT, null, snap, exit);
        let f = self.fb.ins().load(F64, mem(), w, 8);
        self.fb.ins().jump(join, &[BlockArg::Value(f)]);
        self.fb.switch_to_block(join);
        r
    }

    /// Whether a value may be the null word of an unbound variable.
    fn may_be_null(&self, v: Val) -> bool {
        matches!(
            self.f.inst(v).op,
            Op::LoadReg(_) | Op::Param | Op::Word(_) | Op::LoadField(_)
        )
    }

    fn guard_layout(&mut self, w: Value, id: u32, null: bool, snap: SnapId, exit: ExitId) {
        if null {
            self.check(w, snap, exit);
        }
        let tag = self.fb.ins().band_imm_s(w, 7);
        self.check_not(tag, snap, exit);
        let found = self.fb.ins().load(I32, mem(), w, 4);
        let same = self
            .fb
            .ins()
            .icmp_imm_s(IntCC::Equal, found, i64::from(id as i32));
        self.check(same, snap, exit);
    }

    /// Whether a word that is not null is an object of a layout.
    fn layout_is(&mut self, w: Value, id: u32) -> Value {
        let join = self.fb.create_block();
        let r = self.fb.append_block_param(join, I8);
        let look = self.fb.create_block();
        let tag = self.fb.ins().band_imm_s(w, 7);
        let no = self.fb.ins().iconst(I8, 0);
        self.fb
            .ins()
            .brif(tag, join, &[BlockArg::Value(no)], look, &[]);
        self.fb.switch_to_block(look);
        let found = self.fb.ins().load(I32, mem(), w, 4);
        let same = self
            .fb
            .ins()
            .icmp_imm_s(IntCC::Equal, found, i64::from(id as i32));
        self.fb.ins().jump(join, &[BlockArg::Value(same)]);
        self.fb.switch_to_block(join);
        r
    }

    // ---- instructions ----

    fn inst(&mut self, v: Val) -> Option<Value> {
        let i = self.f.inst(v).clone();
        let a = |n: usize| i.args[n];
        Some(match i.op {
            Op::Int(k) => self.iconst(k),
            Op::Float(bits) => self.fb.ins().f64const(f64::from_bits(bits)),
            Op::Bool(b) => self.fb.ins().iconst(I8, i64::from(b)),
            Op::Word(w) => self.iconst(w as i64),
            Op::Ref(n) => self.constant(n),
            Op::Param => return self.vals[v.0 as usize],
            Op::LoadReg(off) => self.fb.ins().load(I64, mem(), self.regs, off as i32 * 8),

            Op::TagInt => {
                let x = self.v(i.args[0]);
                self.tag_int(x)
            }
            Op::BoxInt | Op::BoxFloat | Op::BoxBool => self.boxed(a(0)),
            Op::IntToFloat => {
                let x = self.v(a(0));
                self.fb.ins().fcvt_from_sint(F64, x)
            }
            Op::BoolToInt => {
                let x = self.v(a(0));
                self.fb.ins().uextend(I64, x)
            }
            _ if i.exit.is_some() => return self.guard(&i),
            _ => return self.plain(&i),
        })
    }

    /// Instructions that can leave.
    fn guard(&mut self, i: &Inst) -> Option<Value> {
        let (snap, exit) = i.exit.expect("checked by the caller");
        self.maybe_bail(snap, exit);
        let x = i.args.first().map(|&v| self.v(v));
        let arg = |l: &mut Self, n: usize| l.v(i.args[n]);
        let null = i.args.first().is_some_and(|&v| self.may_be_null(v));
        let x = match x {
            Some(x) => x,
            None => return self.guard_nothing(i, snap, exit),
        };
        Some(match i.op {
            Op::GuardInt => {
                let odd = self.fb.ins().band_imm_s(x, 1);
                self.check(odd, snap, exit);
                self.fb.ins().sshr_imm_s(x, 1)
            }
            Op::GuardFloat => self.unbox_float(x, (false, null), snap, exit),
            Op::GuardNumber => self.unbox_float(x, (true, null), snap, exit),
            Op::GuardBool => {
                // The words of False and True differ in one bit.
                let t = vm::Value::TRUE.to_word() as i64;
                let f = vm::Value::FALSE.to_word() as i64;
                let both = self.fb.ins().bor_imm_s(x, t ^ f);
                let ok = self.fb.ins().icmp_imm_s(IntCC::Equal, both, t | f);
                self.check(ok, snap, exit);
                self.fb.ins().icmp_imm_s(IntCC::Equal, x, t)
            }
            Op::GuardLayout(id) => {
                self.guard_layout(x, id, null, snap, exit);
                x
            }
            Op::GuardIs => {
                let y = arg(self, 1);
                let same = self.fb.ins().icmp(IntCC::Equal, x, y);
                self.check(same, snap, exit);
                y
            }
            Op::GuardNotNull => {
                self.check(x, snap, exit);
                x
            }
            Op::GuardTrue => {
                self.check(x, snap, exit);
                return None;
            }
            Op::GuardField32(off, want) => {
                let found = self.fb.ins().load(I32, mem(), x, off as i32);
                let ok = self
                    .fb
                    .ins()
                    .icmp_imm_s(IntCC::Equal, found, i64::from(want as i32));
                self.check(ok, snap, exit);
                x
            }
            Op::GuardExact => {
                let moved = self.fb.ins().iadd_imm_s(x, 1 << 53);
                let ok = self
                    .fb
                    .ins()
                    .icmp_imm_u(IntCC::UnsignedLessThanOrEqual, moved, 1 << 54);
                self.check(ok, snap, exit);
                x
            }
            Op::GuardImmediate => {
                let over = self.beyond_immediate(x);
                self.check_not(over, snap, exit);
                x
            }
            Op::IAdd => {
                let y = arg(self, 1);
                let (r, o) = self.fb.ins().sadd_overflow(x, y);
                self.check_not(o, snap, exit);
                r
            }
            Op::ISub => {
                let y = arg(self, 1);
                let (r, o) = self.fb.ins().ssub_overflow(x, y);
                self.check_not(o, snap, exit);
                r
            }
            Op::IMul => {
                let y = arg(self, 1);
                let (r, o) = self.fb.ins().smul_overflow(x, y);
                self.check_not(o, snap, exit);
                r
            }
            Op::INeg => {
                let zero = self.iconst(0);
                let (r, o) = self.fb.ins().ssub_overflow(zero, x);
                self.check_not(o, snap, exit);
                r
            }
            Op::IShl => {
                let n = arg(self, 1);
                let ok = self.fb.ins().icmp_imm_u(IntCC::UnsignedLessThan, n, 63);
                self.check(ok, snap, exit);
                let r = self.fb.ins().ishl(x, n);
                let back = self.fb.ins().sshr(r, n);
                let same = self.fb.ins().icmp(IntCC::Equal, back, x);
                self.check(same, snap, exit);
                r
            }
            Op::ISar => {
                let n = arg(self, 1);
                let ok = self
                    .fb
                    .ins()
                    .icmp_imm_s(IntCC::SignedGreaterThanOrEqual, n, 0);
                self.check(ok, snap, exit);
                let most = self.iconst(63);
                let n = self.fb.ins().umin(n, most);
                self.fb.ins().sshr(x, n)
            }
            Op::RangeStop(step) => {
                let stop = arg(self, 1);
                let n = self.range_count(x, stop, step);
                self.range_end(x, n, step, snap, exit)
            }
            Op::RangeEnd(step) => {
                let n = arg(self, 1);
                self.range_end(x, n, step, snap, exit)
            }
            Op::ListItem => {
                let n = arg(self, 1);
                let at = self.list_slot(x, n, snap, exit);
                self.fb.ins().load(I64, mem(), at, 8)
            }
            Op::SetListItem => {
                let (n, w) = (arg(self, 1), arg(self, 2));
                let at = self.list_slot(x, n, snap, exit);
                self.store_item(x, n, w, at, self.f.inst(i.args[2]).op);
                return None;
            }
            Op::SeqNext(list) => self.seq_next(x, list, snap, exit),
            Op::Mirror => self.mirror(x, snap, exit),
            Op::TextForm(ascii) => self.text_form(x, ascii, snap, exit),
            Op::ViewAt(code) => {
                let code = self.iconst(code.into());
                let f = rt::view_at as *const ();
                let at = self.call(f, &[I64, I64], Some(I64), &[x, code]);
                self.check(at, snap, exit);
                at
            }
            Op::BorrowBuffer(n) => {
                let v = arg(self, 1);
                self.borrow_buffer(n, x, v, snap, exit);
                // What the lease says is read where it is passed on.
                self.iconst(0)
            }
            Op::TupleItem => {
                let n = arg(self, 1);
                let len = self.tuple_len(x);
                let ok = self.fb.ins().icmp(IntCC::UnsignedLessThan, n, len);
                self.check(ok, snap, exit);
                let off = self.fb.ins().ishl_imm_s(n, 3);
                let at = self.fb.ins().iadd(x, off);
                self.fb.ins().load(I64, mem(), at, 16)
            }
            op => unreachable!("{op:?} does not leave"),
        })
    }

    fn guard_nothing(&mut self, i: &Inst, snap: SnapId, exit: ExitId) -> Option<Value> {
        match i.op {
            Op::GuardAt(address, want) => {
                let at = self.iconst(address as i64);
                let found = self.fb.ins().load(I32, mem(), at, 0);
                let ok = self
                    .fb
                    .ins()
                    .icmp_imm_s(IntCC::Equal, found, i64::from(want as i32));
                self.check(ok, snap, exit);
            }
            Op::Poll => {
                let at = self.address(BREAKER.as_ptr());
                let bits = self.fb.ins().load(I16, mem(), at, 0);
                self.check_not(bits, snap, exit);
            }
            Op::AfterCall(buffers) => self.after_call(buffers as usize, snap, exit),
            op => unreachable!("{op:?} takes something"),
        }
        None
    }

    fn tuple_len(&mut self, t: Value) -> Value {
        // The length is the word of an int.
        let len = self.fb.ins().load(I64, mem(), t, 8);
        self.fb.ins().ushr_imm_s(len, 1)
    }

    /// Address of the word before item `n` of a list.
    fn list_slot(&mut self, list: Value, n: Value, snap: SnapId, exit: ExitId) -> Value {
        let foreign = self
            .fb
            .ins()
            .load(I64, mem(), list, list_offsets::FOREIGN as i32);
        self.check_not(foreign, snap, exit);
        let len = self
            .fb
            .ins()
            .load(I64, mem(), list, list_offsets::LEN as i32);
        let ok = self.fb.ins().icmp(IntCC::UnsignedLessThan, n, len);
        self.check(ok, snap, exit);
        let items = self
            .fb
            .ins()
            .load(I64, mem(), list, list_offsets::ITEMS as i32);
        let off = self.fb.ins().ishl_imm_s(n, 3);
        self.fb.ins().iadd(items, off)
    }

    /// Stores `w` as item `n` of a list; `at`: the word before the item. The list must go on telling truly what all
    /// its items are.
    fn store_item(&mut self, list: Value, n: Value, w: Value, at: Value, made_by: Op) {
        let strategy = self
            .fb
            .ins()
            .load(I8, mem(), list, list_offsets::STRATEGY as i32);
        let kind = match made_by {
            Op::BoxInt | Op::TagInt => Strategy::Int,
            Op::BoxFloat => Strategy::Float,
            _ => Strategy::Object,
        };
        let fits = self
            .fb
            .ins()
            .icmp_imm_s(IntCC::Equal, strategy, kind as i64);
        let fits = match kind {
            Strategy::Int => {
                let odd = self.fb.ins().band_imm_s(w, 1);
                let odd = self.fb.ins().ireduce(I8, odd);
                self.fb.ins().band(fits, odd)
            }
            Strategy::Float => {
                let tag = self.fb.ins().band_imm_s(w, 3);
                let imm = self.fb.ins().icmp_imm_s(IntCC::Equal, tag, 2);
                self.fb.ins().band(fits, imm)
            }
            _ => fits,
        };
        let (fast, slow, next) = (
            self.fb.create_block(),
            self.fb.create_block(),
            self.fb.create_block(),
        );
        self.fb.ins().brif(fits, fast, &[], slow, &[]);
        self.fb.switch_to_block(slow);
        self.call_opt(
            rt::list_put as *const (),
            &[I64, I64, I64],
            None,
            &[list, n, w],
        );
        self.fb.ins().jump(next, &[]);
        self.fb.switch_to_block(fast);
        self.fb.ins().store(mem(), w, at, 8);
        if kind == Strategy::Object {
            let items = self
                .fb
                .ins()
                .load(I64, mem(), list, list_offsets::ITEMS as i32);
            let slot = self.fb.ins().iadd_imm_s(at, 8);
            self.barrier_at(items, slot);
        }
        self.fb.ins().jump(next, &[]);
        self.fb.switch_to_block(next);
    }

    /// The next item of an iterator over a list or tuple, or 0.
    fn seq_next(&mut self, it: Value, list: bool, snap: SnapId, exit: ExitId) -> Value {
        let done = self.fb.create_block();
        let r = self.fb.append_block_param(done, I64);
        let (some, more, end) = (
            self.fb.create_block(),
            self.fb.create_block(),
            self.fb.create_block(),
        );
        let zero = self.iconst(0);
        let seq = self.fb.ins().load(I64, mem(), it, SEQ);
        self.fb
            .ins()
            .brif(seq, some, &[], done, &[BlockArg::Value(zero)]);
        self.fb.switch_to_block(some);
        let at = self.fb.ins().load(I64, mem(), it, INDEX);
        let len = if list {
            let foreign = self
                .fb
                .ins()
                .load(I64, mem(), seq, list_offsets::FOREIGN as i32);
            self.check_not(foreign, snap, exit);
            self.fb
                .ins()
                .load(I64, mem(), seq, list_offsets::LEN as i32)
        } else {
            self.tuple_len(seq)
        };
        let ok = self.fb.ins().icmp(IntCC::UnsignedLessThan, at, len);
        self.fb.ins().brif(ok, more, &[], end, &[]);
        self.fb.switch_to_block(end);
        self.fb.ins().store(mem(), zero, it, SEQ);
        self.fb.ins().jump(done, &[BlockArg::Value(zero)]);
        self.fb.switch_to_block(more);
        let after = self.fb.ins().iadd_imm_s(at, 1);
        self.fb.ins().store(mem(), after, it, INDEX);
        let (items, first) = if list {
            let items = self
                .fb
                .ins()
                .load(I64, mem(), seq, list_offsets::ITEMS as i32);
            (items, 8)
        } else {
            (seq, 16)
        };
        let off = self.fb.ins().ishl_imm_s(at, 3);
        let at = self.fb.ins().iadd(items, off);
        let v = self.fb.ins().load(I64, mem(), at, first);
        self.fb.ins().jump(done, &[BlockArg::Value(v)]);
        self.fb.switch_to_block(done);
        r
    }

    /// Instructions that cannot leave.
    fn plain(&mut self, i: &Inst) -> Option<Value> {
        let a = |l: &mut Self, n: usize| l.v(i.args[n]);
        Some(match i.op {
            Op::IAddWrap => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().iadd(x, y)
            }
            Op::IFloorDiv => self.floor_div(i).0,
            Op::IMod => self.floor_div(i).1,
            Op::IAnd => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().band(x, y)
            }
            Op::IOr => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().bor(x, y)
            }
            Op::IXor => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().bxor(x, y)
            }
            Op::INot => {
                let x = a(self, 0);
                self.fb.ins().bnot(x)
            }
            Op::RangeStop(step) => {
                let (x, y) = (a(self, 0), a(self, 1));
                match step {
                    1 => self.fb.ins().smax(x, y),
                    _ => self.fb.ins().smin(x, y),
                }
            }
            Op::RangeEnd(step) => {
                let (x, n) = (a(self, 0), a(self, 1));
                match step {
                    1 => self.fb.ins().iadd(x, n),
                    _ => self.fb.ins().isub(x, n),
                }
            }
            Op::RangeLeft(step) => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.range_left(x, y, step)
            }
            Op::FAdd => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().fadd(x, y)
            }
            Op::FSub => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().fsub(x, y)
            }
            Op::FMul => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().fmul(x, y)
            }
            Op::FDiv => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().fdiv(x, y)
            }
            Op::FNeg => {
                let x = a(self, 0);
                self.fb.ins().fneg(x)
            }
            Op::FSqrt => {
                let x = a(self, 0);
                self.fb.ins().sqrt(x)
            }
            Op::FAbs => {
                let x = a(self, 0);
                self.fb.ins().fabs(x)
            }
            Op::ICmp(c) => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().icmp(int_cc(c), x, y)
            }
            Op::FCmp(c) => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().fcmp(float_cc(c), x, y)
            }
            Op::WordEq => {
                let (x, y) = (a(self, 0), a(self, 1));
                self.fb.ins().icmp(IntCC::Equal, x, y)
            }
            Op::LayoutIs(id) => {
                let x = a(self, 0);
                self.layout_is(x, id)
            }
            Op::Refine => a(self, 0),
            Op::Not => {
                let x = a(self, 0);
                self.fb.ins().bxor_imm_s(x, 1)
            }
            _ => return self.memory(i),
        })
    }

    /// Quotient and remainder, rounded down.
    fn floor_div(&mut self, i: &Inst) -> (Value, Value) {
        let (x, y) = (self.v(i.args[0]), self.v(i.args[1]));
        if let Op::Int(k) = self.f.inst(i.args[1]).op
            && k > 0
            && k.count_ones() == 1
        {
            let q = self.fb.ins().sshr_imm_s(x, i64::from(k.trailing_zeros()));
            let r = self.fb.ins().band_imm_s(x, k - 1);
            return (q, r);
        }
        let q = self.fb.ins().sdiv(x, y);
        let back = self.fb.ins().imul(q, y);
        let r = self.fb.ins().isub(x, back);
        let some = self.fb.ins().icmp_imm_s(IntCC::NotEqual, r, 0);
        let signs = self.fb.ins().bxor(r, y);
        let differ = self.fb.ins().icmp_imm_s(IntCC::SignedLessThan, signs, 0);
        let fix = self.fb.ins().band(some, differ);
        let less = self.fb.ins().iadd_imm_s(q, -1);
        let more = self.fb.ins().iadd(r, y);
        (
            self.fb.ins().select(fix, less, q),
            self.fb.ins().select(fix, more, r),
        )
    }

    // ---- ends ----

    fn args(&mut self, e: &Edge) -> Vec<BlockArg> {
        e.args.iter().map(|&v| BlockArg::Value(self.v(v))).collect()
    }

    fn term(&mut self, t: &Term) {
        match t {
            Term::Jump(e) if self.is_back_edge(e.to) => self.rotate(e),
            Term::Jump(e) => {
                let args = self.args(e);
                let to = self.blocks[&e.to];
                self.fb.ins().jump(to, &args);
            }
            Term::Branch(c, t, e) => {
                let c = self.v(*c);
                let (ta, ea) = (self.args(t), self.args(e));
                let (tb, eb) = (self.blocks[&t.to], self.blocks[&e.to]);
                self.fb.ins().brif(c, tb, &ta, eb, &ea);
            }
            Term::Exit(snap, exit) => {
                let out = self.exit_block(*snap, *exit);
                self.fb.ins().jump(out, &[]);
            }
            Term::Return(v) => {
                let v = self.v(*v);
                self.end_leases(0);
                let at = self.address(&raw const SHARED.result);
                self.fb.ins().store(mem(), v, at, 0);
                let r = self.iconst(RETURNED);
                self.fb.ins().return_(&[r]);
            }
            Term::None => unreachable!("a block without an end"),
        }
    }
}
