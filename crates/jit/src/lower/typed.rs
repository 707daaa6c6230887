//! Calls of C functions by their signatures.

use std::mem::offset_of;

use rivet_vm::gil::{LOOK_UP, LookUp};
use rivet_vm::hooks::hooks;
use rivet_vm::types::native::{Crossing, LINK_OFFSET, TEXT_FORM, TextForm};
use rivet_vm::types::native_lease::{Lease, NO_BUFFER};
use rivet_vm::types::str::offsets as text;

use super::*;
use crate::build::Typed;

/// Arguments in C's order, and what is to be done about them.
#[derive(Default)]
pub(super) struct Arguments {
    types: Vec<Type>,
    pub(super) values: Vec<Value>,
    /// Words whose objects are lent for the call, with the places of these.
    lent: Vec<(Value, usize)>,
    /// Numbers that are wanted as objects, with the places of these.
    pub(super) numbers: Vec<(Val, usize)>,
    /// Objects that live and stay in place until the call is over.
    kept: Vec<Value>,
}

pub(super) fn crossing() -> &'static Crossing {
    hooks()
        .crossing
        .get()
        .expect("what calls C functions by their signatures has a boundary")
}

impl Lower<'_> {
    pub(super) fn typed(&mut self, i: &Inst, of: TypedRef) -> Value {
        let t = self.b.typed[of.index as usize];
        let (leaf, settled) = (of.leaf, of.settled);
        let mut leases = self.leases_of(i);
        if leaf && !t.entry.signature.params().iter().any(|&p| is_object(p)) {
            // Nothing can look at them.
            leases.clear();
        }
        if !leaf || t.entry.signature.params().iter().any(|&p| is_object(p)) {
            // The function may look at objects whose buffers are kept; its own it would find borrowed anyway.
            self.mark_leases(&leases, true);
            if leaf {
                self.end_leases(leases.len());
            }
        }
        if !leaf && !settled {
            self.prepare(leases.len());
        }
        let mut all = self.arguments(i, &t);
        self.lend(&mut all, &leases);
        self.number_objects(&mut all, leaf);
        let ret = result_type(t.entry);
        let r = self.call_opt(t.entry.function.cast(), &all.types, ret, &all.values);
        // In another block addresses are made anew: no register has to keep them throughout the call.
        let after = self.fb.create_block();
        self.fb.ins().jump(after, &[]);
        self.fb.switch_to_block(after);
        self.mark_leases(&leases, false);
        for &(w, n) in &all.lent {
            let give_back = crossing().give_back as *const ();
            self.call_opt(give_back, &[I64, I64], None, &[w, all.values[n]]);
        }
        if !leaf {
            self.give_numbers_back(&all);
        }
        for v in all.kept {
            // Held across the call, the object stays where C was told that its contents are.
            let at = self.address(&raw const SHARED.kept);
            self.fb.ins().store(mem(), v, at, 0);
        }
        self.result(&t, r, of.none)
    }

    fn arguments(&mut self, i: &Inst, t: &Typed) -> Arguments {
        let mut all = Arguments::default();
        let mut given = i.args.iter();
        for (n, p) in t.entry.signature.params().iter().enumerate() {
            if n == 0 && p.is_self() && t.me != 0 {
                all.types.push(I64);
                all.values.push(self.iconst(t.me as i64));
                continue;
            }
            for _ in 0..if p.is_span() { 2 } else { 1 } {
                let &given = given.next().expect("one per word");
                let v = self.argument(given);
                if is_object(*p) && self.f.inst(given).op == Op::AsObject {
                    all.numbers.push((given, all.values.len()));
                } else if is_object(*p) && self.f.rep(given) == Rep::Any {
                    all.lent.push((v, all.values.len()));
                }
                let (ty, v) = match p {
                    TypeCode::Bool | TypeCode::Truth => (I64, self.fb.ins().uextend(I64, v)),
                    TypeCode::F32 => (F32, self.fb.ins().fdemote(F32, v)),
                    TypeCode::F64 => (F64, v),
                    // A number in the place of an object, which is made of it.
                    _ => (I64, v),
                };
                all.types.push(ty);
                all.values.push(v);
            }
        }
        all.kept = given.map(|&v| self.v(v)).collect();
        all
    }

    /// A value as it is passed. What a lease says is read here, where it is wanted.
    fn argument(&mut self, v: Val) -> Value {
        let (n, word) = match self.f.inst(v).op {
            Op::BorrowBuffer(n) => (n, offset_of!(Lease, at)),
            Op::BufferLen(n) => (n, offset_of!(Lease, len)),
            _ => return self.v(v),
        };
        let at = self.address(std::ptr::from_ref(self.b.leases[n as usize].0));
        self.fb.ins().load(I64, mem(), at, word as i32)
    }

    /// Makes the objects that are lent for the call; gives them back if one cannot be made.
    fn lend(&mut self, all: &mut Arguments, leases: &[(u32, Val)]) {
        let crossing = crossing();
        for at in 0..all.lent.len() {
            let (w, n) = all.lent[at];
            let object = self.call(crossing.lend as *const (), &[I64], Some(I64), &[w]);
            let (next, failed) = (self.fb.create_block(), self.cold_block());
            self.fb.ins().brif(object, next, &[], failed, &[]);
            self.fb.switch_to_block(failed);
            for &(w, n) in &all.lent[..at] {
                let give_back = crossing.give_back as *const ();
                self.call_opt(give_back, &[I64, I64], None, &[w, all.values[n]]);
            }
            self.mark_leases(leases, false);
            let raise = self.raise_block();
            self.fb.ins().jump(raise, &[]);
            self.fb.switch_to_block(next);
            all.values[n] = object;
        }
    }

    /// What has to be done before C code that may look at objects and has got so many borrowed buffers.
    fn prepare(&mut self, buffers: usize) {
        let asked = self.asked(buffers);
        let (next, cold) = (self.fb.create_block(), self.cold_block());
        self.fb.ins().brif(asked, cold, &[], next, &[]);
        self.fb.switch_to_block(cold);
        self.call_opt(rt::settle as *const (), &[], None, &[]);
        self.fb.ins().jump(next, &[]);
        self.fb.switch_to_block(next);
    }

    /// After a call that ran anything and had got so many buffers: leaves if the interpreter is to look up, does what else is
    /// asked for.
    pub(super) fn after_call(&mut self, buffers: usize, snap: SnapId, exit: ExitId) {
        let asked = self.asked(buffers);
        let (next, cold, settle) = (self.fb.create_block(), self.cold_block(), self.cold_block());
        self.fb.ins().brif(asked, cold, &[], next, &[]);
        self.fb.switch_to_block(cold);
        let at = self.address(BREAKER.as_ptr());
        let bits = self.fb.ins().load(I16, mem(), at, 0);
        let out = self.exit_block(snap, exit);
        self.fb.ins().brif(bits, out, &[], settle, &[]);
        self.fb.switch_to_block(settle);
        self.call_opt(rt::settle as *const (), &[], None, &[]);
        self.fb.ins().jump(next, &[]);
        self.fb.switch_to_block(next);
    }

    /// Whether anything asks for attention, or buffers are kept beside so many. A unit that borrows none need not care for
    /// those: others give theirs back before they call it.
    fn asked(&mut self, buffers: usize) -> Value {
        let at = self.address(&raw const LOOK_UP);
        if self.b.leases.is_empty() {
            return self.fb.ins().load(I32, mem(), at, LookUp::ASKED as i32);
        }
        let word = self.fb.ins().load(I64, mem(), at, 0);
        let quiet = LookUp::quiet(buffers) as i64;
        self.fb.ins().icmp_imm_s(IntCC::NotEqual, word, quiet)
    }

    /// The result as the unit holds it, once it is known to be one.
    fn result(&mut self, t: &Typed, r: Option<Value>, none: bool) -> Value {
        let s = &t.entry.signature;
        let wide = r.map(|r| match s.result {
            TypeCode::I8 | TypeCode::I16 | TypeCode::I32 => self.fb.ins().sextend(I64, r),
            TypeCode::U8 | TypeCode::U16 | TypeCode::U32 => self.fb.ins().uextend(I64, r),
            _ => r,
        });
        self.typed_error(t, wide);
        match (s.result, wide) {
            (TypeCode::Void, _) | (_, None) => self.iconst(vm::Value::NONE.to_word() as i64),
            (TypeCode::Bool | TypeCode::Truth, Some(r)) => {
                self.fb.ins().icmp_imm_s(IntCC::NotEqual, r, 0)
            }
            (TypeCode::U64, Some(r)) => self.box_unsigned(r),
            (TypeCode::F32, Some(r)) => self.fb.ins().fpromote(F64, r),
            (TypeCode::Object, Some(r)) => self.take(t, r, none),
            (_, Some(r)) => r,
        }
    }

    /// The value of a new reference, which is given up. What is expected, None or an object that has a managed half, is all
    /// that lies in the way: each branch that is taken costs more than what is computed.
    fn take(&mut self, t: &Typed, r: Value, none: bool) -> Value {
        let (base, size) = (crossing().linked)();
        let done = self.fb.create_block();
        let value = self.fb.append_block_param(done, I64);
        if none {
            self.take_none(r, done, false);
        }
        let (ours, half, other) = (self.block(none), self.block(none), self.cold_block());
        let base = self.iconst(base as i64);
        let size = self.iconst(size as i64);
        let at = self.fb.ins().isub(r, base);
        let inside = self.fb.ins().icmp(IntCC::UnsignedLessThan, at, size);
        self.fb.ins().brif(inside, ours, &[], other, &[]);
        self.fb.switch_to_block(ours);
        let link = self.fb.ins().load(I64, mem(), r, LINK_OFFSET);
        self.fb.ins().brif(link, half, &[], other, &[]);
        self.fb.switch_to_block(half);
        self.drop_reference(r);
        self.fb.ins().jump(done, &[BlockArg::Value(link)]);
        self.fb.switch_to_block(other);
        if !none {
            self.take_none(r, done, true);
        }
        let (some, nothing) = (self.cold_block(), self.cold_block());
        self.fb.ins().brif(r, some, &[], nothing, &[]);
        self.fb.switch_to_block(nothing);
        self.no_result(t);
        self.fb.switch_to_block(some);
        self.take_small_int(r, done);
        let v = self.call(crossing().take as *const (), &[I64], Some(I64), &[r]);
        let (taken, raise) = (self.cold_block(), self.raise_block());
        self.fb.ins().brif(v, taken, &[], raise, &[]);
        self.fb.switch_to_block(taken);
        self.fb.ins().jump(done, &[BlockArg::Value(v)]);
        self.fb.switch_to_block(done);
        value
    }

    /// Gives a reference up that is not the last.
    fn drop_reference(&mut self, r: Value) {
        let count = self.fb.ins().load(I64, mem(), r, 0);
        let count = self.fb.ins().iadd_imm_s(count, -1);
        self.fb.ins().store(mem(), count, r, 0);
    }

    /// Jumps to `done` with the value of None; goes on with others.
    fn take_none(&mut self, r: Value, done: ClifBlock, cold: bool) {
        let none = self.address((crossing().none)());
        let is_none = self.fb.ins().icmp(IntCC::Equal, r, none);
        let (found, next) = (self.block(cold), self.cold_block());
        self.fb.ins().brif(is_none, found, &[], next, &[]);
        self.fb.switch_to_block(found);
        self.drop_reference(r);
        let value = self.iconst(vm::Value::NONE.to_word() as i64);
        self.fb.ins().jump(done, &[BlockArg::Value(value)]);
        self.fb.switch_to_block(next);
    }

    /// Jumps to `done` with the value of a small int; goes on with others.
    fn take_small_int(&mut self, r: Value, done: ClifBlock) {
        let small = (crossing().small_ints)();
        let off = self.fb.ins().iadd_imm_s(r, -(small.at as i64));
        let size = (small.count * small.stride) as i64;
        let is_small = self.fb.ins().icmp_imm_u(IntCC::UnsignedLessThan, off, size);
        let (found, next) = (self.cold_block(), self.cold_block());
        self.fb.ins().brif(is_small, found, &[], next, &[]);
        self.fb.switch_to_block(found);
        self.drop_reference(r);
        let n = self.fb.ins().udiv_imm_u(off, small.stride as i64);
        let n = self.fb.ins().iadd_imm_s(n, small.first);
        let word = self.fb.ins().ishl_imm_s(n, 1);
        let word = self.fb.ins().bor_imm_s(word, 1);
        self.fb.ins().jump(done, &[BlockArg::Value(word)]);
        self.fb.switch_to_block(next);
    }

    /// What the error convention asks for after a typed call.
    fn typed_error(&mut self, t: &Typed, r: Option<Value>) {
        let s = &t.entry.signature;
        let next = self.fb.create_block();
        match (s.error, r) {
            (ErrorConvention::Never, _) => {
                self.fb.ins().jump(next, &[]);
            }
            (ErrorConvention::Nonzero, Some(r)) => {
                let failed = self.cold_block();
                self.fb.ins().brif(r, failed, &[], next, &[]);
                self.fb.switch_to_block(failed);
                self.no_result(t);
            }
            // Null is looked at anyway.
            (ErrorConvention::Sentinel, Some(_))
                if s.result == TypeCode::Object && s.sentinel == 0 =>
            {
                self.fb.ins().jump(next, &[]);
            }
            (ErrorConvention::Sentinel, Some(r)) => {
                let bits = match s.result {
                    TypeCode::F64 => self.fb.ins().bitcast(I64, MemFlagsData::new(), r),
                    TypeCode::F32 => {
                        let bits = self.fb.ins().bitcast(I32, MemFlagsData::new(), r);
                        self.fb.ins().uextend(I64, bits)
                    }
                    TypeCode::Bool | TypeCode::Truth => self.fb.ins().uextend(I64, r),
                    _ => r,
                };
                let sentinel = s.sentinel as i64;
                let same = self.fb.ins().icmp_imm_s(IntCC::Equal, bits, sentinel);
                let look = self.cold_block();
                self.fb.ins().brif(same, look, &[], next, &[]);
                self.fb.switch_to_block(look);
                self.raise_pending(t, next);
            }
            _ => self.raise_pending(t, next),
        }
        self.fb.switch_to_block(next);
    }

    /// Raises the exception that C has left pending, if there is one.
    fn raise_pending(&mut self, t: &Typed, next: ClifBlock) {
        let at = self.address(thread::current_address());
        let thread = self.fb.ins().load(I64, mem(), at, 0);
        let word = Thread::ERROR_WORD_OFFSET as i32;
        let word = self.fb.ins().load(I64, mem(), thread, word);
        let pending = self.fb.ins().load(I64, mem(), word, 0);
        let failed = self.cold_block();
        self.fb.ins().brif(pending, failed, &[], next, &[]);
        self.fb.switch_to_block(failed);
        self.no_result(t);
    }

    /// Raises what C has left pending; it has to be something.
    fn no_result(&mut self, t: &Typed) {
        let entry = self.address(std::ptr::from_ref(t.entry));
        let target = self.address(std::ptr::from_ref(t.target));
        let f = rt::no_result as *const ();
        self.call_opt(f, &[I64, I64], None, &[entry, target]);
        let raise = self.raise_block();
        self.fb.ins().jump(raise, &[]);
    }

    // ---- borrowed buffers ----

    /// The unit's leases among the arguments of a call, each with the body word of its exporter.
    fn leases_of(&self, i: &Inst) -> Vec<(u32, Val)> {
        let lease = |v: &Val| match self.f.inst(*v).op {
            Op::BorrowBuffer(n) => Some((n, self.f.inst(*v).args[0])),
            _ => None,
        };
        i.args.iter().filter_map(lease).collect()
    }

    /// Notes that a call gets the buffers, or has given them back.
    fn mark_leases(&mut self, leases: &[(u32, Val)], taken: bool) {
        for &(n, body) in leases {
            let body = match taken {
                true => self.iconst(NO_BUFFER as i64),
                false => self.v(body),
            };
            let at = self.address(std::ptr::from_ref(self.b.leases[n as usize].0));
            self.fb
                .ins()
                .store(mem(), body, at, offset_of!(Lease, body) as i32);
        }
    }

    /// Gives borrowed buffers back before something else may look at their exporters, but for so many that the call in
    /// progress has got.
    pub(super) fn end_leases(&mut self, but: usize) {
        if self.b.leases.is_empty() {
            return;
        }
        let at = self.address(LOOK_UP.leases.as_ptr());
        let count = self.fb.ins().load(I32, mem(), at, 0);
        let some = self.fb.ins().icmp_imm_s(IntCC::NotEqual, count, but as i64);
        let (next, cold) = (self.fb.create_block(), self.cold_block());
        self.fb.ins().brif(some, cold, &[], next, &[]);
        self.fb.switch_to_block(cold);
        self.call_opt(rt::end_leases as *const (), &[], None, &[]);
        self.fb.ins().jump(next, &[]);
        self.fb.switch_to_block(next);
    }

    /// Sees to it that a lease keeps the buffer of a C body.
    pub(super) fn borrow_buffer(
        &mut self,
        n: u32,
        body: Value,
        v: Value,
        snap: SnapId,
        exit: ExitId,
    ) {
        let (lease, code) = self.b.leases[n as usize];
        let of = self.address(lease.body.as_ptr());
        let of = self.fb.ins().load(I64, mem(), of, 0);
        let same = self.fb.ins().icmp(IntCC::Equal, body, of);
        let (next, other) = (self.fb.create_block(), self.cold_block());
        self.fb.ins().brif(same, next, &[], other, &[]);
        self.fb.switch_to_block(other);
        let (lease_at, code) = (
            self.address(std::ptr::from_ref(lease)),
            self.iconst(code as i64),
        );
        let f = rt::borrow_buffer as *const ();
        let args = [lease_at, code, v, body];
        let ok = self.call(f, &[I64; 4], Some(I64), &args);
        self.check(ok, snap, exit);
        self.fb.ins().jump(next, &[]);
        self.fb.switch_to_block(next);
    }

    // ---- arguments that C sees otherwise ----

    /// The object C sees for a value; leaves if there is none.
    pub(super) fn mirror(&mut self, w: Value, snap: SnapId, exit: ExitId) -> Value {
        let constant = crossing().constant as *const ();
        let r = self.call(constant, &[I64], Some(I64), &[w]);
        self.check(r, snap, exit);
        r
    }

    /// Where length and address of a text's UTF-8 form lie; 0 if it is ASCII and may be, else that leaves.
    pub(super) fn text_form(
        &mut self,
        w: Value,
        may_be_ascii: bool,
        snap: SnapId,
        exit: ExitId,
    ) -> Value {
        let done = self.fb.create_block();
        let form = self.fb.append_block_param(done, I64);
        let other = self.fb.create_block();
        let bits = self.fb.ins().load(I16, mem(), w, text::FORM as i32);
        let ascii = self
            .fb
            .ins()
            .icmp_imm_s(IntCC::Equal, bits, text::ASCII_FORM);
        if may_be_ascii {
            let none = [BlockArg::Value(self.iconst(0))];
            self.fb.ins().brif(ascii, done, &none, other, &[]);
        } else {
            let out = self.exit_block(snap, exit);
            self.fb.ins().brif(ascii, out, &[], other, &[]);
        }
        // What follows is where only other texts have their form.
        self.fb.switch_to_block(other);
        self.recent_text(w, done);
        let r = self.call(crossing().text as *const (), &[I64], Some(I64), &[w]);
        self.check(r, snap, exit);
        self.fb.ins().jump(done, &[BlockArg::Value(r)]);
        self.fb.switch_to_block(done);
        form
    }

    /// Jumps to `done` with the form of a text that was asked for lately; goes on with others.
    fn recent_text(&mut self, w: Value, done: ClifBlock) {
        let (table, count) = (crossing().recent)();
        let place = self.fb.ins().band_imm_s(w, (count as i64 - 1) << 4);
        let place = self.fb.ins().iadd_imm_s(place, table as i64);
        let of = self.fb.ins().load(I64, mem(), place, 0);
        let same = self.fb.ins().icmp(IntCC::Equal, of, w);
        let (there, formed, next) = (
            self.fb.create_block(),
            self.fb.create_block(),
            self.cold_block(),
        );
        self.fb.ins().brif(same, there, &[], next, &[]);
        self.fb.switch_to_block(there);
        let text = self.fb.ins().load(I64, mem(), place, 8);
        let form = self.fb.ins().iadd_imm_s(text, TEXT_FORM);
        let at = offset_of!(TextForm, at) as i32;
        let made = self.fb.ins().load(I64, mem(), form, at);
        self.fb.ins().brif(made, formed, &[], next, &[]);
        self.fb.switch_to_block(formed);
        self.fb.ins().jump(done, &[BlockArg::Value(form)]);
        self.fb.switch_to_block(next);
    }

    pub(super) fn text_len(&mut self, w: Value, form: Value) -> Value {
        let there = offset_of!(TextForm, len) as i64;
        let there = self.fb.ins().iadd_imm_s(form, there);
        let here = self.fb.ins().iadd_imm_s(w, text::LEN as i64);
        let at = self.fb.ins().select(form, there, here);
        self.fb.ins().load(I64, mem(), at, 0)
    }

    pub(super) fn text_at(&mut self, w: Value, form: Value) -> Value {
        let there = offset_of!(TextForm, at) as i64;
        let there = self.fb.ins().iadd_imm_s(form, there);
        // Of an ASCII text anything is read, for nothing.
        let from = self.fb.ins().select(form, there, w);
        let there = self.fb.ins().load(I64, mem(), from, 0);
        let here = self.fb.ins().iadd_imm_s(w, text::DATA as i64);
        self.fb.ins().select(form, there, here)
    }
}

fn is_object(p: TypeCode) -> bool {
    p.is_self() || matches!(p, TypeCode::Object | TypeCode::ExactObject)
}

/// What a native function gives in a register.
fn result_type(entry: &TypedEntry) -> Option<Type> {
    let s = &entry.signature;
    Some(match s.result {
        TypeCode::Void if s.error == ErrorConvention::Nonzero => I32,
        TypeCode::Void => return None,
        TypeCode::I8 | TypeCode::U8 | TypeCode::Bool => I8,
        TypeCode::I16 | TypeCode::U16 => I16,
        TypeCode::I32 | TypeCode::U32 | TypeCode::Truth => I32,
        TypeCode::F32 => F32,
        TypeCode::F64 => F64,
        _ => I64,
    })
}
