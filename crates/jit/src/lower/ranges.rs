//! Ranges and their iterators. In compiled code an iterator is its next value and what would follow the last one, so a
//! round is one comparison and one addition; the number of values left is worked out where the object is needed. With a
//! step of 1 or -1 the end may wrap around: no value before it equals it all the same. With others it is checked to fit.

use super::*;

impl Lower<'_> {
    /// The number of items.
    pub(super) fn range_count(&mut self, start: Value, stop: Value, step: i64) -> Value {
        let (low, high) = if step > 0 {
            (start, stop)
        } else {
            (stop, start)
        };
        let span = self.fb.ins().isub(high, low);
        let any = self.fb.ins().icmp(IntCC::SignedLessThan, low, high);
        let less = self.fb.ins().iadd_imm_s(span, -1);
        let by = self.iconst(step.unsigned_abs() as i64);
        let n = self.fb.ins().udiv(less, by);
        let n = self.fb.ins().iadd_imm_s(n, 1);
        let zero = self.iconst(0);
        self.fb.ins().select(any, n, zero)
    }

    /// What follows the last of `left` values from `next` on; leaves if it does not fit.
    pub(super) fn range_end(
        &mut self,
        next: Value,
        left: Value,
        step: i64,
        snap: SnapId,
        exit: ExitId,
    ) -> Value {
        let by = self.iconst(step);
        let (length, long) = self.fb.ins().smul_overflow(left, by);
        self.check_not(long, snap, exit);
        let (end, over) = self.fb.ins().sadd_overflow(next, length);
        self.check_not(over, snap, exit);
        end
    }

    /// How many values there are from `next` to before `end`.
    pub(super) fn range_left(&mut self, next: Value, end: Value, step: i64) -> Value {
        let (low, high) = if step > 0 { (next, end) } else { (end, next) };
        let span = self.fb.ins().isub(high, low);
        match step.unsigned_abs() {
            1 => span,
            by => {
                let by = self.iconst(by as i64);
                self.fb.ins().udiv(span, by)
            }
        }
    }

    /// A new iterator object.
    pub(super) fn make_range_iter(&mut self, next: Value, end: Value, step: i64) -> Value {
        let left = self.range_left(next, end, step);
        let step = self.iconst(step);
        self.call(
            rt::make_range_iter as *const (),
            &[I64, I64, I64],
            Some(I64),
            &[next, left, step],
        )
    }

    /// A new range object.
    pub(super) fn make_range(&mut self, start: Value, stop: Value, step: i64) -> Value {
        let step = self.iconst(step);
        self.call(
            rt::make_range as *const (),
            &[I64, I64, I64],
            Some(I64),
            &[start, stop, step],
        )
    }
}
