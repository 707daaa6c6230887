//! Numbers where C functions want objects: each place in the code keeps the object of the last one for the next call.

use std::mem::offset_of;

use rivet_vm::types::native::{FLOAT_VALUE, INT_DIGIT, INT_DIGIT_BITS, INT_SIZE};
use rivet_vm::types::native_number::NumberObject;

use super::typed::{Arguments, crossing};
use super::*;

/// Offset of the number's bits in its place.
const BITS: i32 = offset_of!(NumberObject, bits) as i32;
/// Offset of the object's address.
const OBJECT: i32 = offset_of!(NumberObject, object) as i32;
/// Offset of the address of the object that is filled in.
const OWN: i32 = offset_of!(NumberObject, own) as i32;

impl Lower<'_> {
    /// Makes the objects of numbers. A function that may run other code gets a reference to each: the same place may be
    /// wanted for another number before it is back.
    pub(super) fn number_objects(&mut self, all: &mut Arguments, leaf: bool) {
        for n in 0..all.numbers.len() {
            let (v, at) = all.numbers[n];
            let object = self.number_object(v);
            if !leaf {
                self.count_up(object);
            }
            all.values[at] = object;
        }
    }

    /// Gives the references of a call up.
    pub(super) fn give_numbers_back(&mut self, all: &Arguments) {
        for &(_, at) in &all.numbers {
            self.count_down(all.values[at]);
        }
    }

    /// The object of a number, borrowed from its place.
    fn number_object(&mut self, given: Val) -> Value {
        let v = self.v(given);
        let float = self.fb.func.dfg.value_type(v) == F64;
        let place = NumberObject::forever(float);
        let at = self.address(std::ptr::from_ref(place));
        let bits = match float {
            true => self.fb.ins().bitcast(I64, MemFlagsData::new(), v),
            false => v,
        };
        let last = self.fb.ins().load(I64, mem(), at, BITS);
        let same = self.fb.ins().icmp(IntCC::Equal, bits, last);
        let (done, other) = (self.fb.create_block(), self.cold_block());
        self.fb.ins().brif(same, done, &[], other, &[]);
        self.fb.switch_to_block(other);
        if self.is_made_here(given) {
            self.fill(at, bits, float, done);
        }
        let make = rt::number_object as *const ();
        self.call_opt(make, &[I64, I64], Some(I64), &[at, bits]);
        self.fb.ins().jump(done, &[]);
        self.fb.switch_to_block(done);
        self.fb.ins().load(I64, mem(), at, OBJECT)
    }

    /// Whether a number is probably another one at the next call: what is the same throughout a loop is made before it.
    fn is_made_here(&self, given: Val) -> bool {
        self.f.block(self.here).insts.contains(&given)
    }

    /// Fills the place's own object in if that can be done in a few instructions, and goes on with `done`.
    fn fill(&mut self, place: Value, bits: Value, float: bool, done: ClifBlock) {
        let slow = self.cold_block();
        if !float {
            self.small_int(place, bits, done);
        }
        let own = self.fb.ins().load(I64, mem(), place, OWN);
        let count = self.fb.ins().load(I64, mem(), own, 0);
        let free = self
            .fb
            .ins()
            .icmp_imm_s(IntCC::Equal, count, NumberObject::FREE as i64);
        let fill = self.cold_block();
        self.fb.ins().brif(free, fill, &[], slow, &[]);
        self.fb.switch_to_block(fill);
        match float {
            true => {
                self.fb.ins().store(mem(), bits, own, FLOAT_VALUE);
            }
            false => self.fill_int(bits, own, slow),
        }
        self.fb.ins().store(mem(), bits, place, BITS);
        self.fb.ins().store(mem(), own, place, OBJECT);
        self.fb.ins().jump(done, &[]);
        self.fb.switch_to_block(slow);
    }

    /// The object of a small int is the one that everybody has.
    fn small_int(&mut self, place: Value, v: Value, done: ClifBlock) {
        let all = (crossing().small_ints)();
        let n = self.fb.ins().iadd_imm_s(v, -all.first);
        let count = all.count as i64;
        let is_small = self.fb.ins().icmp_imm_u(IntCC::UnsignedLessThan, n, count);
        let (small, next) = (self.cold_block(), self.cold_block());
        self.fb.ins().brif(is_small, small, &[], next, &[]);
        self.fb.switch_to_block(small);
        let off = self.fb.ins().imul_imm_s(n, all.stride as i64);
        let object = self.fb.ins().iadd_imm_s(off, all.at as i64);
        self.fb.ins().store(mem(), v, place, BITS);
        self.fb.ins().store(mem(), object, place, OBJECT);
        self.fb.ins().jump(done, &[]);
        self.fb.switch_to_block(next);
    }

    /// Fills in an int of one digit; longer ones are for `other`.
    fn fill_int(&mut self, v: Value, own: Value, other: ClifBlock) {
        let size = self.fb.ins().iabs(v);
        let bound = 1 << INT_DIGIT_BITS;
        let short = self
            .fb
            .ins()
            .icmp_imm_u(IntCC::UnsignedLessThan, size, bound);
        let fill = self.cold_block();
        self.fb.ins().brif(short, fill, &[], other, &[]);
        self.fb.switch_to_block(fill);
        // No small int, so not 0.
        let sign = self.fb.ins().sshr_imm_s(v, 63);
        let sign = self.fb.ins().bor_imm_s(sign, 1);
        self.fb.ins().store(mem(), sign, own, INT_SIZE);
        self.fb.ins().istore32(mem(), size, own, INT_DIGIT);
    }

    /// Takes a reference. That nobody else has one is guessed, so that a call need not wait for the last one to be back.
    fn count_up(&mut self, object: Value) {
        let free = NumberObject::FREE as i64;
        self.step_count(object, free, 1);
    }

    /// Gives a reference up, guessing likewise.
    fn count_down(&mut self, object: Value) {
        let lent = NumberObject::FREE as i64 + 1;
        self.step_count(object, lent, -1);
    }

    fn step_count(&mut self, object: Value, guess: i64, step: i64) {
        let count = self.fb.ins().load(I64, mem(), object, 0);
        let guessed = self.fb.ins().icmp_imm_s(IntCC::Equal, count, guess);
        let (right, wrong, next) = (
            self.fb.create_block(),
            self.cold_block(),
            self.fb.create_block(),
        );
        self.fb.ins().brif(guessed, right, &[], wrong, &[]);
        self.fb.switch_to_block(right);
        let count = self.iconst(guess + step);
        self.fb.ins().store(mem(), count, object, 0);
        self.fb.ins().jump(next, &[]);
        self.fb.switch_to_block(wrong);
        if step < 0 {
            let release = rt::release_number as *const ();
            self.call_opt(release, &[I64], None, &[object]);
        } else {
            let count = self.fb.ins().load(I64, mem(), object, 0);
            let count = self.fb.ins().iadd_imm_s(count, step);
            self.fb.ins().store(mem(), count, object, 0);
        }
        self.fb.ins().jump(next, &[]);
        self.fb.switch_to_block(next);
    }
}
