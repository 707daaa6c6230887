//! Arithmetic and comparison.

use rivet_spec::opcode::profile;
use rivet_spec::{BinaryOp, Insn, Op as Bc};

use super::Builder;
use crate::hir::{Cond, Helper, Op, Rep, Val};

/// The kinds of machine numbers two operands are to be.
enum Operands {
    Ints(Val, Val),
    Floats(Val, Val),
    /// Anything: a helper decides.
    Any,
}

/// Floats hold all ints up to this size.
const EXACT: i64 = 1 << 53;

impl Builder<'_> {
    pub(super) fn binary(&mut self, op: BinaryOp, insn: Insn) {
        let (x, y) = (self.get(insn.b()), self.get(insn.c()));
        let v = self.binary_values(op, insn, x, y);
        self.put(insn.a(), v);
    }

    pub(super) fn add_immediate(&mut self, insn: Insn) {
        let x = self.get(insn.b());
        let y = self.int(insn.sc().into());
        let op = if insn.op() == Bc::AddImm {
            BinaryOp::Add
        } else {
            BinaryOp::Sub
        };
        let v = self.binary_values(op, insn, x, y);
        self.put(insn.a(), v);
    }

    fn binary_values(&mut self, op: BinaryOp, insn: Insn, x: Val, y: Val) -> Val {
        let bools = self.rep(x) == Rep::Bool && self.rep(y) == Rep::Bool;
        let bitwise = matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor);
        let r = match self.operands(insn, x, y) {
            Operands::Ints(i, j) if !(bools && bitwise) => self.int_op(op, i, j),
            Operands::Floats(f, g) => self.float_op(op, f, g),
            _ => None,
        };
        r.unwrap_or_else(|| {
            let (x, y) = (self.boxed(x), self.boxed(y));
            let inplace = insn.d() & Insn::INPLACE != 0;
            self.call(Helper::Binary(op as u8, inplace), vec![x, y])
        })
    }

    /// Decides by what is known and what the profile says; guards the rest.
    fn operands(&mut self, insn: Insn, x: Val, y: Val) -> Operands {
        let seen = insn.d() & 0xf0;
        let (rx, ry) = (self.rep(x), self.rep(y));
        let free = rx == Rep::Any || ry == Rep::Any;
        if free && (self.general() || seen & (profile::OTHER | profile::WIDE) != 0) {
            return Operands::Any;
        }
        let int_like = |r: Rep| matches!(r, Rep::Int | Rep::Bool);
        match (rx, ry) {
            (Rep::Float, _) | (_, Rep::Float) => {
                let mixed = seen & profile::MIXED != 0;
                let f = self.float_operand(x, mixed, seen == 0);
                let g = self.float_operand(y, mixed, seen == 0);
                Operands::Floats(f, g)
            }
            (a, b) if int_like(a) && int_like(b) => {
                let (i, j) = (self.int_operand(x), self.int_operand(y));
                Operands::Ints(i, j)
            }
            (Rep::Any, Rep::Any) => match seen {
                0 => Operands::Ints(self.int_operand(x), self.int_operand(y)),
                profile::FLOAT => Operands::Floats(
                    self.float_operand(x, false, false),
                    self.float_operand(y, false, false),
                ),
                _ => Operands::Any,
            },
            // One int, one unknown.
            _ if seen == 0 => Operands::Ints(self.int_operand(x), self.int_operand(y)),
            _ if seen == profile::MIXED => {
                let f = self.float_operand(x, false, false);
                let g = self.float_operand(y, false, false);
                Operands::Floats(f, g)
            }
            _ => Operands::Any,
        }
    }

    /// A value as a raw int; a word is guarded.
    pub(super) fn int_operand(&mut self, v: Val) -> Val {
        match self.rep(v) {
            Rep::Int => v,
            Rep::Bool => self.emit(Op::BoolToInt, vec![v], Some(Rep::Int)),
            _ => {
                let raw = self.guard(Op::GuardInt, vec![v], Some(Rep::Int));
                self.refine(v, raw);
                raw
            }
        }
    }

    /// A value as a raw float. `number`: a word may be an int as well.
    fn float_operand(&mut self, v: Val, number: bool, unsure: bool) -> Val {
        match self.rep(v) {
            Rep::Float => v,
            Rep::Int => self.emit(Op::IntToFloat, vec![v], Some(Rep::Float)),
            Rep::Bool => {
                let i = self.emit(Op::BoolToInt, vec![v], Some(Rep::Int));
                self.emit(Op::IntToFloat, vec![i], Some(Rep::Float))
            }
            Rep::Any if number || unsure => self.guard(Op::GuardNumber, vec![v], Some(Rep::Float)),
            Rep::Any => {
                let raw = self.guard(Op::GuardFloat, vec![v], Some(Rep::Float));
                self.refine(v, raw);
                raw
            }
        }
    }

    fn int_op(&mut self, op: BinaryOp, i: Val, j: Val) -> Option<Val> {
        if let (Some(x), Some(y)) = (self.known_int(i), self.known_int(j))
            && let Some(r) = fold(op, x, y)
        {
            return Some(self.int(r));
        }
        // What has overflowed before is a big int in the end.
        let checked = matches!(
            op,
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::LShift
        );
        if checked && self.general() {
            return None;
        }
        let rep = Some(Rep::Int);
        Some(match op {
            BinaryOp::Add => self.guard(Op::IAdd, vec![i, j], rep),
            BinaryOp::Sub => self.guard(Op::ISub, vec![i, j], rep),
            BinaryOp::Mul => self.guard(Op::IMul, vec![i, j], rep),
            BinaryOp::And => self.emit(Op::IAnd, vec![i, j], rep),
            BinaryOp::Or => self.emit(Op::IOr, vec![i, j], rep),
            BinaryOp::Xor => self.emit(Op::IXor, vec![i, j], rep),
            BinaryOp::LShift => self.guard(Op::IShl, vec![i, j], rep),
            BinaryOp::RShift if !self.general() => self.guard(Op::ISar, vec![i, j], rep),
            BinaryOp::FloorDiv | BinaryOp::Mod => {
                if !self.divisor(j) {
                    return None;
                }
                let op = if op == BinaryOp::Mod {
                    Op::IMod
                } else {
                    Op::IFloorDiv
                };
                self.emit(op, vec![i, j], rep)
            }
            BinaryOp::TrueDiv => {
                if self.general() {
                    return None;
                }
                let zero = self.int(0);
                let t = self.emit(Op::ICmp(Cond::Ne), vec![j, zero], Some(Rep::Bool));
                self.guard(Op::GuardTrue, vec![t], None);
                let f = self.exact(i);
                let g = self.exact(j);
                self.emit(Op::FDiv, vec![f, g], Some(Rep::Float))
            }
            BinaryOp::Pow => match self.known_int(j) {
                Some(2) if !self.general() => self.guard(Op::IMul, vec![i, i], rep),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Guards that an int can be divided by; false if that has failed before.
    fn divisor(&mut self, j: Val) -> bool {
        match self.known_int(j) {
            Some(0 | -1) => return false,
            Some(_) => return true,
            None => {}
        }
        if self.general() {
            return false;
        }
        // 0 and -1 are the two for which `x + 1` is below 2, unsigned.
        let zero = self.int(0);
        let t = self.emit(Op::ICmp(Cond::Ne), vec![j, zero], Some(Rep::Bool));
        self.guard(Op::GuardTrue, vec![t], None);
        let minus = self.int(-1);
        let t = self.emit(Op::ICmp(Cond::Ne), vec![j, minus], Some(Rep::Bool));
        self.guard(Op::GuardTrue, vec![t], None);
        true
    }

    /// An int as a float of the very same value.
    fn exact(&mut self, i: Val) -> Val {
        let i = match self.known_int(i) {
            Some(k) if k.abs() <= EXACT => i,
            _ => self.guard(Op::GuardExact, vec![i], Some(Rep::Int)),
        };
        self.emit(Op::IntToFloat, vec![i], Some(Rep::Float))
    }

    fn float_op(&mut self, op: BinaryOp, f: Val, g: Val) -> Option<Val> {
        let rep = Some(Rep::Float);
        Some(match op {
            BinaryOp::Add => self.emit(Op::FAdd, vec![f, g], rep),
            BinaryOp::Sub => self.emit(Op::FSub, vec![f, g], rep),
            BinaryOp::Mul => self.emit(Op::FMul, vec![f, g], rep),
            BinaryOp::TrueDiv => {
                self.not_zero(g)?;
                self.emit(Op::FDiv, vec![f, g], rep)
            }
            BinaryOp::FloorDiv => {
                self.not_zero(g)?;
                self.emit(Op::Call(Helper::FloorDivFloat), vec![f, g], rep)
            }
            BinaryOp::Mod => {
                self.not_zero(g)?;
                self.emit(Op::Call(Helper::ModFloat), vec![f, g], rep)
            }
            // A negative base may have a complex result.
            BinaryOp::Pow => {
                if self.general() {
                    return None;
                }
                let zero = self.emit(Op::Float(0), vec![], rep);
                let t = self.emit(Op::FCmp(Cond::Ge), vec![f, zero], Some(Rep::Bool));
                self.guard(Op::GuardTrue, vec![t], None);
                self.call(Helper::PowFloat, vec![f, g])
            }
            _ => return None,
        })
    }

    /// Guards that a float divisor is not 0; None if that has failed before.
    fn not_zero(&mut self, g: Val) -> Option<()> {
        if let Op::Float(bits) = self.f.inst(g).op {
            return (f64::from_bits(bits) != 0.0).then_some(());
        }
        if self.general() {
            return None;
        }
        let zero = self.emit(Op::Float(0), vec![], Some(Rep::Float));
        let t = self.emit(Op::FCmp(Cond::Ne), vec![g, zero], Some(Rep::Bool));
        self.guard(Op::GuardTrue, vec![t], None);
        Some(())
    }

    pub(super) fn negate(&mut self, insn: Insn) {
        let x = self.get(insn.b());
        let v = match self.operands(insn, x, x) {
            Operands::Ints(i, _) if !self.general() => match self.known_int(i) {
                Some(k) if k != i64::MIN => self.int(-k),
                _ => self.guard(Op::INeg, vec![i], Some(Rep::Int)),
            },
            Operands::Floats(f, _) => self.emit(Op::FNeg, vec![f], Some(Rep::Float)),
            _ => {
                let x = self.boxed(x);
                self.call(Helper::Neg, vec![x])
            }
        };
        self.put(insn.a(), v);
    }

    pub(super) fn unary(&mut self, insn: Insn) {
        let x = self.get(insn.b());
        let v = match (insn.op(), self.rep(x)) {
            (Bc::Pos, Rep::Int | Rep::Float) => x,
            (Bc::Invert, Rep::Int) => self.emit(Op::INot, vec![x], Some(Rep::Int)),
            (op, _) => {
                let x = self.boxed(x);
                let h = if op == Bc::Pos {
                    Helper::Pos
                } else {
                    Helper::Invert
                };
                self.call(h, vec![x])
            }
        };
        self.put(insn.a(), v);
    }

    /// A comparison; `truth`: only its truth matters.
    pub(super) fn compare(&mut self, insn: Insn, number: u8, x: Val, y: Val, truth: bool) -> Val {
        let rep = Some(Rep::Bool);
        let cond = Cond::from_number(number);
        let operands = match cond {
            Some(_) => self.operands(insn, x, y),
            None => Operands::Any,
        };
        match (operands, cond) {
            (Operands::Ints(i, j), Some(c)) => {
                if let (Some(i), Some(j)) = (self.known_int(i), self.known_int(j)) {
                    return self.emit(Op::Bool(holds(c, i, j)), vec![], rep);
                }
                self.emit(Op::ICmp(c), vec![i, j], rep)
            }
            (Operands::Floats(f, g), Some(c)) if self.comparable([(x, f), (y, g)]) => {
                self.emit(Op::FCmp(c), vec![f, g], rep)
            }
            _ => {
                let (x, y) = (self.boxed(x), self.boxed(y));
                let h = if truth {
                    Helper::CompareTruth(number)
                } else {
                    Helper::Compare(number)
                };
                self.call(h, vec![x, y])
            }
        }
    }

    /// Whether ints among the operands compare exactly as floats: guarded; false if that has failed before or an
    /// operand may be either.
    fn comparable(&mut self, operands: [(Val, Val); 2]) -> bool {
        for (v, float) in operands {
            match self.rep(v) {
                Rep::Float | Rep::Bool => {}
                Rep::Int => match self.known_int(v) {
                    Some(k) if k.abs() <= EXACT => {}
                    Some(_) => return false,
                    None if self.general() => return false,
                    None => {
                        self.guard(Op::GuardExact, vec![v], Some(Rep::Int));
                    }
                },
                // A word that may be either was unboxed by another guard.
                Rep::Any if self.f.inst(float).op == Op::GuardFloat => {}
                Rep::Any => return false,
            }
        }
        true
    }
}

fn fold(op: BinaryOp, x: i64, y: i64) -> Option<i64> {
    match op {
        BinaryOp::Add => x.checked_add(y),
        BinaryOp::Sub => x.checked_sub(y),
        BinaryOp::Mul => x.checked_mul(y),
        BinaryOp::And => Some(x & y),
        BinaryOp::Or => Some(x | y),
        BinaryOp::Xor => Some(x ^ y),
        _ => None,
    }
}

fn holds(c: Cond, x: i64, y: i64) -> bool {
    match c {
        Cond::Lt => x < y,
        Cond::Le => x <= y,
        Cond::Eq => x == y,
        Cond::Ne => x != y,
        Cond::Gt => x > y,
        Cond::Ge => x >= y,
    }
}
