//! Calls: of the runtime's functions, the interpreter, and C.

use super::*;

impl Lower<'_> {
    pub(super) fn calls(&mut self, i: &Inst) -> Option<Value> {
        match i.op {
            Op::Call(h) => self.helper(h, i),
            Op::Step(depth, pc) => {
                let frame = self.frame_at(depth);
                let pc = self.iconst(pc as i64);
                let r = self.call(rt::step as *const (), &[I64, I64], Some(I64), &[frame, pc]);
                self.or_raise(r);
                None
            }
            Op::CallWindow(first, n) => {
                let f = self.v(i.args[0]);
                let args = self.fb.ins().iadd_imm_s(self.regs, i64::from(first) * 8);
                let n = self.iconst(n.into());
                let r = self.call(
                    rt::call_window as *const (),
                    &[I64, I64, I64],
                    Some(I64),
                    &[f, args, n],
                );
                Some(self.word_or_raise(r))
            }
            Op::CallNative(call) => Some(self.native(i, call)),
            Op::CallTyped(t) => Some(self.typed(i, t)),
            op => unreachable!("{op:?} is lowered elsewhere"),
        }
    }

    fn frame_at(&mut self, depth: u32) -> Value {
        let off = depth as usize * size_of::<Frame>();
        self.fb.ins().iadd_imm_s(self.frame, off as i64)
    }

    fn helper(&mut self, h: Helper, i: &Inst) -> Option<Value> {
        let args: Vec<Value> = i.args.iter().map(|&v| self.v(v)).collect();
        let one = |f: *const ()| (f, vec![I64], I64);
        let two = |f: *const ()| (f, vec![I64, I64], I64);
        let flag2 = |f: *const ()| (f, vec![I64, I64], I32);
        let mut all = args.clone();
        let (f, params, ret) = match h {
            Helper::Binary(op, inplace) => {
                let n = i64::from(op) | i64::from(inplace) << 8;
                all.insert(0, self.fb.ins().iconst(I32, n));
                (rt::binary as *const (), vec![I32, I64, I64], I64)
            }
            Helper::Compare(op) => {
                all.insert(0, self.fb.ins().iconst(I32, i64::from(op)));
                (rt::compare as *const (), vec![I32, I64, I64], I64)
            }
            Helper::CompareTruth(op) => {
                all.insert(0, self.fb.ins().iconst(I32, i64::from(op)));
                (rt::compare_truth as *const (), vec![I32, I64, I64], I32)
            }
            Helper::Neg => one(rt::neg as *const ()),
            Helper::Pos => one(rt::pos as *const ()),
            Helper::Invert => one(rt::invert as *const ()),
            Helper::Truth => return Some(self.truth(args[0])),
            Helper::Contains => flag2(rt::contains as *const ()),
            Helper::Is => flag2(rt::is as *const ()),
            Helper::GetItem => two(rt::get_item as *const ()),
            Helper::SetItem => (rt::set_item as *const (), vec![I64, I64, I64], I32),
            Helper::GetIter => one(rt::get_iter as *const ()),
            Helper::Next => one(rt::next_value as *const ()),
            Helper::ListAppend => flag2(rt::list_append as *const ()),
            Helper::Len => (rt::len as *const (), vec![I64], I64),
            Helper::PowFloat => (rt::pow_float as *const (), vec![F64, F64], I32),
            Helper::FloorDivFloat => (rt::floor_div_float as *const (), vec![F64, F64], F64),
            Helper::ModFloat => (rt::mod_float as *const (), vec![F64, F64], F64),
            Helper::Sin => (rt::sin as *const (), vec![F64], F64),
            Helper::Cos => (rt::cos as *const (), vec![F64], F64),
            Helper::CheckInit => (rt::check_init as *const (), vec![I64], I32),
        };
        let r = self.call(f, &params, Some(ret), &all);
        Some(match h {
            Helper::FloorDivFloat | Helper::ModFloat | Helper::Sin | Helper::Cos => r,
            Helper::Is => self.fb.ins().ireduce(I8, r),
            Helper::CompareTruth(_) | Helper::Contains => {
                self.flag_or_raise(r);
                self.fb.ins().ireduce(I8, r)
            }
            Helper::SetItem | Helper::ListAppend | Helper::CheckInit => {
                self.flag_or_raise(r);
                return None;
            }
            Helper::Len => self.flag_or_raise(r),
            Helper::PowFloat => {
                self.flag_or_raise(r);
                let at = self.address(&raw const SHARED.float);
                self.fb.ins().load(F64, mem(), at, 0)
            }
            Helper::Next => {
                let ok = self.fb.ins().icmp_imm_s(IntCC::NotEqual, r, RAISED as i64);
                self.or_raise(ok);
                r
            }
            _ => self.word_or_raise(r),
        })
    }

    /// The truth of a word: bools at once.
    fn truth(&mut self, w: Value) -> Value {
        let join = self.fb.create_block();
        let r = self.fb.append_block_param(join, I8);
        let slow = self.fb.create_block();
        let t = vm::Value::TRUE.to_word() as i64;
        let f = vm::Value::FALSE.to_word() as i64;
        let is_true = self.fb.ins().icmp_imm_s(IntCC::Equal, w, t);
        let both = self.fb.ins().bor_imm_s(w, t ^ f);
        let is_bool = self.fb.ins().icmp_imm_s(IntCC::Equal, both, t | f);
        self.fb
            .ins()
            .brif(is_bool, join, &[BlockArg::Value(is_true)], slow, &[]);
        self.fb.switch_to_block(slow);
        let n = self.call(rt::truth as *const (), &[I64], Some(I32), &[w]);
        self.flag_or_raise(n);
        let n = self.fb.ins().ireduce(I8, n);
        self.fb.ins().jump(join, &[BlockArg::Value(n)]);
        self.fb.switch_to_block(join);
        r
    }

    // ---- C functions ----

    fn native(&mut self, i: &Inst, call: NativeRef) -> Value {
        let t = self.b.natives[call.index as usize];
        let at = self.address(std::ptr::from_ref(t));
        let r = match self.native_receiver(i, call) {
            Some((receiver, me)) => self.native_direct(t, [at, receiver, me], i, call),
            None => {
                let callee = self.v(i.args[0]);
                let args = self.register(call.first);
                let n = self.iconst(call.n.into());
                self.call(
                    rt::call_native as *const (),
                    &[I64, I64, I64, I64],
                    Some(I64),
                    &[at, callee, args, n],
                )
            }
        };
        self.word_or_raise(r)
    }

    /// The receiver of a call and its C half: those of a method are operands, those of a constant function constants.
    fn native_receiver(&mut self, i: &Inst, call: NativeRef) -> Option<(Value, Value)> {
        if call.method {
            return Some((self.v(i.args[0]), self.v(i.args[1])));
        }
        let (offset, me) = self.b.native_receiver(i.args[0])?;
        let callee = self.v(i.args[0]);
        let receiver = self.load_receiver(callee, offset);
        Some((receiver, self.iconst(me as i64)))
    }

    /// Calls the function of the target that is meant for so many arguments.
    fn native_direct(&mut self, t: &Target, head: [Value; 3], i: &Inst, call: NativeRef) -> Value {
        let mut args = head.to_vec();
        let f = match call.n {
            0 => t.compiled0() as *const (),
            1 => {
                let argument = i.args.last().expect("a sole argument is an operand");
                args.push(self.v(*argument));
                t.compiled1() as *const ()
            }
            n => {
                args.push(self.register(call.first));
                args.push(self.iconst(n.into()));
                t.compiled_any() as *const ()
            }
        };
        self.call(f, &vec![I64; args.len()], Some(I64), &args)
    }

    /// Address of a register.
    fn register(&mut self, n: u32) -> Value {
        self.fb.ins().iadd_imm_s(self.regs, i64::from(n) * 8)
    }

    fn load_receiver(&mut self, callee: Value, off: u32) -> Value {
        self.fb.ins().load(I64, mem(), callee, off as i32)
    }
}
