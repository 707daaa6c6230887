//! Loads and stores of objects, the write barrier, the frame's registers.

use super::*;

impl Lower<'_> {
    pub(super) fn memory(&mut self, i: &Inst) -> Option<Value> {
        let a = |l: &mut Self, n: usize| l.v(i.args[n]);
        match i.op {
            Op::LoadField(off) | Op::LoadRaw(off) => {
                let o = a(self, 0);
                Some(self.fb.ins().load(I64, mem(), o, off as i32))
            }
            Op::ObjectData(off) => {
                let o = a(self, 0);
                Some(self.fb.ins().iadd_imm_s(o, i64::from(off)))
            }
            Op::AsObject => Some(a(self, 0)),
            // Read where it is passed on.
            Op::BufferLen(_) => Some(self.iconst(0)),
            Op::TextAt => {
                let (o, form) = (a(self, 0), a(self, 1));
                Some(self.text_at(o, form))
            }
            Op::TextLen => {
                let (o, form) = (a(self, 0), a(self, 1));
                Some(self.text_len(o, form))
            }
            Op::BodyWord => {
                let o = a(self, 0);
                Some(self.fb.ins().load(I64, mem(), o, BODY_OFFSET as i32))
            }
            Op::LoadBody(skip) => {
                let o = a(self, 0);
                let w = self.fb.ins().load(I64, mem(), o, BODY_OFFSET as i32);
                let w = self.fb.ins().band_imm_s(w, !1);
                Some(self.fb.ins().iadd_imm_s(w, i64::from(skip)))
            }
            Op::LoadFrameObject => Some(self.fb.ins().load(
                I64,
                mem(),
                self.frame,
                OBJECT_OFFSET as i32,
            )),
            Op::StoreField(off) => {
                let (o, w) = (a(self, 0), a(self, 1));
                self.fb.ins().store(mem(), w, o, off as i32);
                if !matches!(self.f.inst(i.args[1]).op, Op::Word(_)) {
                    self.barrier(o, off);
                }
                None
            }
            Op::SetLayout(id) => {
                let o = a(self, 0);
                let id = self.fb.ins().iconst(I32, i64::from(id));
                self.fb.ins().store(mem(), id, o, 4);
                None
            }
            Op::StoreRaw(off) => {
                let (o, x) = (a(self, 0), a(self, 1));
                self.fb.ins().store(mem(), x, o, off as i32);
                None
            }
            Op::DictValue(at) => {
                let d = a(self, 0);
                let entries = self
                    .fb
                    .ins()
                    .load(I64, mem(), d, dict_offsets::ENTRIES as i32);
                let off = dict_offsets::value_in_entries(at as usize);
                Some(self.fb.ins().load(I64, mem(), entries, off as i32))
            }
            Op::SetDictValue(at) => {
                let (d, w) = (a(self, 0), a(self, 1));
                let at = self.iconst(at.into());
                self.call_opt(
                    rt::set_dict_value as *const (),
                    &[I64, I64, I64],
                    None,
                    &[d, at, w],
                );
                None
            }
            Op::ListLen => {
                let l = a(self, 0);
                Some(self.fb.ins().load(I64, mem(), l, list_offsets::LEN as i32))
            }
            Op::TupleLen => {
                let t = a(self, 0);
                Some(self.tuple_len(t))
            }
            Op::StoreReg(off) => {
                let w = a(self, 0);
                self.fb.ins().store(mem(), w, self.regs, off as i32 * 8);
                None
            }
            Op::SavePc(depth, pc) => {
                self.save_pc(depth, pc);
                None
            }
            Op::PushFrame(ctx, pc) => {
                self.push_frame(ctx, pc);
                None
            }
            Op::PopFrame => {
                self.call_opt(rt::pop_frame as *const (), &[], None, &[]);
                None
            }
            Op::NewInstance => {
                let ty = a(self, 0);
                let r = self.call(rt::new_instance as *const (), &[I64], Some(I64), &[ty]);
                Some(self.word_or_raise(r))
            }
            Op::MakeRangeIter(step) => {
                let (n, e) = (a(self, 0), a(self, 1));
                Some(self.make_range_iter(n, e, step))
            }
            Op::MakeRange(step) => {
                let (x, y) = (a(self, 0), a(self, 1));
                Some(self.make_range(x, y, step))
            }
            _ => self.calls(i),
        }
    }

    /// After a store to an object: tells the collector if it has to know.
    fn barrier(&mut self, object: Value, off: u32) {
        let slot = self.fb.ins().iadd_imm_s(object, i64::from(off));
        self.barrier_at(object, slot);
    }

    pub(super) fn barrier_at(&mut self, object: Value, slot: Value) {
        let flags = self.fb.ins().load(I8, mem(), object, 0);
        let old = self.fb.ins().band_imm_s(flags, UNLOGGED);
        let next = self.fb.create_block();
        let slow = self.cold_block();
        self.fb.ins().brif(old, slow, &[], next, &[]);
        self.fb.switch_to_block(slow);
        self.call_opt(
            rivet_heap::write_slow as *const (),
            &[I64, I64],
            None,
            &[object, slot],
        );
        self.fb.ins().jump(next, &[]);
        self.fb.switch_to_block(next);
    }
}
