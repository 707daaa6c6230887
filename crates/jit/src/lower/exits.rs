//! Leaving compiled code: the values a snapshot needs go to a buffer as they are held, and one function of the runtime
//! puts registers and frames in order by the unit's maps. So an exit is a few stores, however much it takes.

use cranelift_codegen::ir::{StackSlotData, StackSlotKind};

use super::*;
use crate::code::leave::{self, Leaving, Pushed, Raw, Source};
use crate::hir::SnapVal;

/// The values of a snapshot that are computed, in the order of the buffer.
#[derive(Default)]
struct Buffer {
    values: Vec<Val>,
}

impl Buffer {
    fn place(&mut self, v: Val) -> Raw {
        let at = self.values.iter().position(|&w| w == v);
        Raw::Slot(at.unwrap_or_else(|| {
            self.values.push(v);
            self.values.len() - 1
        }))
    }
}

impl Lower<'_> {
    /// Fills in the blocks that guards leave to.
    pub(super) fn cold_ends(&mut self, maps: &'static OnceCell<Maps>) {
        let size = self.longest_snapshot() * 8;
        let buffer = self.fb.create_sized_stack_slot(StackSlotData::new(
            StackSlotKind::ExplicitSlot,
            size as u32,
            3,
        ));
        let leave = self.cold_block();
        let exit = self.fb.append_block_param(leave, I64);
        let snap = self.fb.append_block_param(leave, I64);
        for (block, exit, snap) in std::mem::take(&mut self.pending) {
            self.fb.switch_to_block(block);
            let n = self.iconst((self.first_exit + u64::from(exit.0)) as i64);
            let to = match self.exits.get(&snap) {
                Some(&b) => b,
                None => {
                    let b = self.cold_block();
                    self.fb.append_block_param(b, I64);
                    self.exits.insert(snap, b);
                    b
                }
            };
            self.fb.ins().jump(to, &[BlockArg::Value(n)]);
        }
        for (snap, block) in std::mem::take(&mut self.exits) {
            self.fb.switch_to_block(block);
            let exit = self.fb.block_params(block)[0];
            let values = self.map(snap);
            for (n, v) in values.into_iter().enumerate() {
                let v = self.v(v);
                self.fb.ins().stack_store(I64, v, buffer, n as i32 * 8);
            }
            let n = self.iconst(self.maps.len() as i64 - 1);
            self.fb
                .ins()
                .jump(leave, &[BlockArg::Value(exit), BlockArg::Value(n)]);
        }
        self.fb.switch_to_block(leave);
        let values = self.fb.ins().stack_addr(I64, buffer, 0);
        let all = self.address(std::ptr::from_ref(maps));
        let (frame, regs) = (self.frame, self.regs);
        self.call_opt(
            leave::leave as *const (),
            &[I64; 6],
            None,
            &[all, snap, exit, frame, regs, values],
        );
        let r = self.iconst(CONTINUE);
        self.fb.ins().return_(&[r]);
        if let Some(b) = self.raise {
            self.fb.switch_to_block(b);
            self.end_leases(0);
            let r = self.iconst(RAISED_STATUS);
            self.fb.ins().return_(&[r]);
        }
        let made = Maps {
            table: self.table,
            maps: std::mem::take(&mut self.maps),
        };
        assert!(maps.set(made).is_ok(), "a unit is lowered once");
    }

    /// Most values that any snapshot needs.
    fn longest_snapshot(&self) -> usize {
        let values = |v: &SnapVal| match v {
            SnapVal::Val(_) => 1,
            SnapVal::RangeIter(..) | SnapVal::Range(..) => 2,
        };
        let all = |s: &crate::hir::Snapshot| {
            let stores = s.frames.iter().flat_map(|f| &f.stores);
            stores.map(|(_, v)| values(v)).sum()
        };
        self.f.snaps.iter().map(all).max().unwrap_or(0).max(1)
    }

    /// Notes the map of a snapshot; the values it wants in the buffer.
    fn map(&mut self, snap: SnapId) -> Vec<Val> {
        let mut buffer = Buffer::default();
        let snapshot = &self.f.snaps[snap.0 as usize];
        let frames = snapshot.frames.iter().map(|fr| {
            let ctx = &self.f.ctxs[fr.ctx as usize];
            let stores = fr.stores.iter();
            Leaving {
                push: fr.push.then_some(Pushed {
                    function: ctx.func,
                    dst: ctx.dst,
                    init: ctx.init,
                }),
                depth: ctx.depth,
                base: ctx.base,
                pc: fr.pc,
                stores: stores
                    .map(|&(reg, v)| (reg, self.source(v, &mut buffer)))
                    .collect(),
            }
        });
        let map = Map {
            frames: frames.collect(),
        };
        self.maps.push(map);
        buffer.values
    }

    fn source(&self, v: SnapVal, buffer: &mut Buffer) -> Source {
        match v {
            SnapVal::Val(v) => Source::Value(self.raw(v, buffer), self.f.rep(v)),
            SnapVal::RangeIter(there, next, end, step) => Source::RangeIter {
                there,
                next: self.raw(next, buffer),
                end: self.raw(end, buffer),
                step,
            },
            SnapVal::Range(start, stop, step) => Source::Range {
                start: self.raw(start, buffer),
                stop: self.raw(stop, buffer),
                step,
            },
        }
    }

    /// Constants need no place in the buffer.
    fn raw(&self, v: Val, buffer: &mut Buffer) -> Raw {
        match self.f.inst(v).op {
            Op::Int(k) => Raw::Known(k as u64),
            Op::Float(bits) => Raw::Known(bits),
            Op::Bool(b) => Raw::Known(b.into()),
            Op::Word(w) => Raw::Known(w),
            Op::Ref(n) => Raw::Object(n),
            _ => buffer.place(v),
        }
    }
}
