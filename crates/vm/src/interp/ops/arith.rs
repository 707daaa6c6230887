//! Operators beyond the cases the dispatch loop handles in place.

use rivet_spec::opcode::profile;
use rivet_spec::{BinaryOp, Insn};

use super::super::dispatch::compare_op;
use crate::exceptions::PyResult;
use crate::frames::Pc;
use crate::object::number;
use crate::object::protocol::{self, is_true, ordering_matches};
use crate::types::str::Str;
use crate::value::Value;

/// `b <op> c`, or the augmented assignment if bit 0 of `d` is set.
#[inline]
pub fn binary(op: BinaryOp, d: u8, b: Value, c: Value) -> PyResult<Value> {
    if d & Insn::INPLACE != 0 {
        number::inplace(op, b, c)
    } else {
        number::binary(op, b, c)
    }
}

/// Notes in the instruction just fetched what operands it met, unless they are the ints it expects.
#[inline]
pub fn note_operands(pc: Pc, insn: Insn, b: Value, c: Value) {
    let bit = match (number_kind(b), number_kind(c)) {
        (Some(true), Some(true)) => return,
        (Some(false), Some(false)) => profile::FLOAT,
        (Some(_), Some(_)) => profile::MIXED,
        _ => profile::OTHER,
    };
    if insn.d() & bit == 0 {
        // Two kinds may have been noted since the fetch.
        let now = pc.offset(-1).cache(0);
        pc.rewrite(Insn(now | u64::from(bit) << 8));
    }
}

/// Whether this is a machine int (or bool); None if it is no number that compiled code keeps in a register.
#[inline(always)]
fn number_kind(v: Value) -> Option<bool> {
    if v.is_small_int() || v.as_bool().is_some() {
        Some(true)
    } else {
        v.as_exact_float().map(|_| false)
    }
}

/// `b << c`
pub fn lshift(d: u8, b: Value, c: Value) -> PyResult<Value> {
    if let (Some(x), Some(y @ 0..62)) = (b.as_small_int(), c.as_small_int())
        && (x << y) >> y == x
    {
        return Ok(Value::int(x << y));
    }
    binary(BinaryOp::LShift, d, b, c)
}

/// `b + n` / `b - n` for a small literal.
pub fn add_imm(insn: Insn, b: Value) -> PyResult<Value> {
    let op = if insn.op() == rivet_spec::Op::AddImm {
        BinaryOp::Add
    } else {
        BinaryOp::Sub
    };
    binary(op, insn.d(), b, Value::int(insn.sc().into()))
}

/// `-b`
pub fn neg(b: Value) -> PyResult<Value> {
    if let Some(x) = b.as_small_int() {
        return Ok(Value::int(-x));
    }
    match b.as_exact_float() {
        Some(f) => Ok(Value::float(-f)),
        None => number::neg(b),
    }
}

/// Comparison of machine ints by the number in the low bits of `d`.
#[inline(always)]
pub fn compare_i64(d: u8, x: i64, y: i64) -> bool {
    match d & 7 {
        0 => x < y,
        1 => x <= y,
        2 => x == y,
        3 => x != y,
        4 => x > y,
        _ => x >= y,
    }
}

#[inline(always)]
fn compare_f64(d: u8, x: f64, y: f64) -> bool {
    match d & 7 {
        0 => x < y,
        1 => x <= y,
        2 => x == y,
        3 => x != y,
        4 => x > y,
        _ => x >= y,
    }
}

/// `a <op> b` as a value.
#[inline]
pub fn compare(d: u8, a: Value, b: Value) -> PyResult<Value> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(Value::bool(compare_i64(d, x, y)));
    }
    if let (Some(x), Some(y)) = (a.as_exact_float(), b.as_exact_float()) {
        return Ok(Value::bool(compare_f64(d, x, y)));
    }
    protocol::compare(a, b, compare_op(d))
}

/// `a <op> b` as a truth value.
pub fn compare_truth(d: u8, a: Value, b: Value) -> PyResult<bool> {
    if let (Some(x), Some(y)) = (a.as_exact_float(), b.as_exact_float()) {
        return Ok(compare_f64(d, x, y));
    }
    if let (2 | 3, Some(x), Some(y)) = (d, a.cast_exact::<Str>(), b.cast_exact::<Str>()) {
        return Ok(x.equals(&y) == (d == 2));
    }
    if let (Some(o), true) = (mixed(a, b), d < 6) {
        return Ok(ordering_matches(o, compare_op(d)));
    }
    is_true(protocol::compare(a, b, compare_op(d))?)
}

/// Ordering of a small int and a float that is exactly representable either way.
fn mixed(a: Value, b: Value) -> Option<std::cmp::Ordering> {
    const EXACT: i64 = 1 << 53;
    match (a.as_small_int(), b.as_exact_float()) {
        (Some(x), Some(y)) if x.abs() <= EXACT => return (x as f64).partial_cmp(&y),
        _ => {}
    }
    match (a.as_exact_float(), b.as_small_int()) {
        (Some(x), Some(y)) if y.abs() <= EXACT => x.partial_cmp(&(y as f64)),
        _ => None,
    }
}
