//! Variables in cells and namespaces, attributes, items, iteration.

use rivet_spec::opcode::profile;
use rivet_spec::{Insn, Op as Bc};
use rivet_vm::types::cell::PyCell;
use rivet_vm::types::dict::{Dict, offsets as dict_offsets};
use rivet_vm::types::function::Function;
use rivet_vm::types::module::Module;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value, layout};

use super::Builder;
use super::bytecode::Info;
use super::flow::Walk;
use super::graph::Node;
use super::ops::target;
use super::state::Slot;
use crate::feedback::ExitKind;
use crate::hir::{Cond, Helper, Op, Rep, Val};

/// Byte offset of a cell's contents.
const CELL_CONTENTS: u32 = std::mem::offset_of!(PyCell, contents) as u32;

/// Layouts whose values may be immediate words.
pub(super) fn may_be_immediate(id: u32) -> bool {
    matches!(
        id,
        layout::NONE
            | layout::BOOL
            | layout::ELLIPSIS
            | layout::NOT_IMPLEMENTED
            | layout::INT
            | layout::FLOAT
    )
}

impl Builder<'_> {
    // ---- cells ----

    pub(super) fn load_deref(&mut self, insn: Insn) {
        let cell = self.get(insn.b());
        let v = self.any(Op::LoadField(CELL_CONTENTS), vec![cell]);
        // An empty cell is an error, which the interpreter words.
        let v = self.guard(Op::GuardNotNull, vec![v], Some(Rep::Any));
        self.put(insn.a(), v);
    }

    pub(super) fn store_deref(&mut self, insn: Insn) {
        let (cell, v) = (self.get(insn.a()), self.get_boxed(insn.b()));
        self.emit(Op::StoreField(CELL_CONTENTS), vec![cell, v], None);
    }

    pub(super) fn copy_free(&mut self, insn: Insn) {
        let ctx = &self.f.ctxs[self.state.top().ctx as usize];
        let cells = match self.state.frames.len() {
            1 => None,
            _ => self.consts[ctx.func as usize]
                .cast_exact::<Function>()
                .and_then(|f| f.closure.get_as::<Tuple>()),
        };
        let Some(cells) = cells else {
            self.step();
            return;
        };
        for (i, &c) in cells.items().iter().enumerate().take(insn.b() as usize) {
            let v = self.constant(c);
            self.put(insn.a() + i as u16, v);
        }
    }

    // ---- namespaces ----

    /// The global namespace of the innermost frame.
    fn globals(&self) -> Gc<Dict> {
        if self.state.frames.len() == 1 {
            return self.r.frame.globals();
        }
        let ctx = &self.f.ctxs[self.state.top().ctx as usize];
        self.consts[ctx.func as usize]
            .cast_exact::<Function>()
            .map_or_else(|| self.r.frame.globals(), |f| f.globals())
    }

    fn builtins(&self) -> Value {
        if self.state.frames.len() == 1 {
            return self.r.frame.builtins();
        }
        let ctx = &self.f.ctxs[self.state.top().ctx as usize];
        self.consts[ctx.func as usize]
            .cast_exact::<Function>()
            .map_or_else(|| self.r.frame.builtins(), |f| f.builtins.value())
    }

    /// A dict as a value whose keys are checked to be as they are now.
    fn keys_checked(&mut self, d: Gc<Dict>) -> Val {
        let v = self.constant(d.value());
        self.guard_kind(
            Op::GuardField32(dict_offsets::KEYS_VERSION as u32, d.keys_version()),
            vec![v],
            Some(Rep::Any),
            ExitKind::Version,
        )
    }

    /// The value at a position of a namespace. What is probably there for good is a constant as long as the keys are as
    /// they are now; where such a value has been replaced before, it is compared.
    fn namespace_value(&mut self, d: Gc<Dict>, at: usize) -> Val {
        let definition = d.value_at(at).filter(|now| is_definition(*now));
        let steady = definition.is_some() && !self.general() && d.rely_on(at);
        let checked = self.keys_checked(d);
        match definition {
            Some(now) if steady => self.constant(now),
            Some(now) => {
                let v = self.any(Op::DictValue(at as u32), vec![checked]);
                self.expect(v, now)
            }
            None => self.any(Op::DictValue(at as u32), vec![checked]),
        }
    }

    /// Guards that a value is this very object.
    pub(super) fn expect(&mut self, v: Val, now: Value) -> Val {
        if self.general() {
            return v;
        }
        let c = self.constant(now);
        self.guard(Op::GuardIs, vec![v, c], Some(Rep::Any));
        c
    }

    pub(super) fn load_global(&mut self, info: &Info, insn: Insn) {
        let name = info.code.name_at(insn.b());
        if insn.op() == Bc::LoadGlobal && !self.warm() {
            self.leave(ExitKind::Cold);
            return;
        }
        if self.general() {
            self.step();
            return;
        }
        let g = self.globals();
        if let Some(n) = g.position_of(name) {
            let v = self.namespace_value(g, n);
            self.put(insn.a(), v);
            return;
        }
        if let Some(b) = self.builtins().cast_exact::<Dict>()
            && let Some(n) = b.position_of(name)
        {
            self.keys_checked(g);
            let v = self.namespace_value(b, n);
            self.put(insn.a(), v);
            return;
        }
        self.step();
    }

    pub(super) fn store_global(&mut self, info: &Info, insn: Insn) {
        let name = info.code.name_at(insn.a());
        self.store_named(self.globals(), name, insn);
    }

    /// The local namespace, if it is the module's.
    fn module_namespace(&self) -> Option<Gc<Dict>> {
        if self.state.frames.len() > 1 {
            return None;
        }
        let locals = self.r.frame.locals.get()?.cast_exact::<Dict>()?;
        (locals == self.r.frame.globals()).then_some(locals)
    }

    pub(super) fn load_name(&mut self, info: &Info, insn: Insn) {
        let name = info.code.name_at(insn.b());
        let Some(d) = self.module_namespace().filter(|_| !self.general()) else {
            self.step();
            return;
        };
        if let Some(n) = d.position_of(name) {
            let v = self.namespace_value(d, n);
            self.put(insn.a(), v);
        } else if let Some(b) = self.builtins().cast_exact::<Dict>()
            && let Some(n) = b.position_of(name)
        {
            self.keys_checked(d);
            let v = self.namespace_value(b, n);
            self.put(insn.a(), v);
        } else {
            self.step();
        }
    }

    pub(super) fn store_name(&mut self, info: &Info, insn: Insn) {
        let name = info.code.name_at(insn.a());
        match self.module_namespace() {
            Some(d) => self.store_named(d, name, insn),
            None => self.step(),
        }
    }

    fn store_named(&mut self, d: Gc<Dict>, name: Gc<rivet_vm::types::str::Str>, insn: Insn) {
        let Some(n) = d.position_of(name).filter(|_| !self.general()) else {
            self.step();
            return;
        };
        let v = self.get_boxed(insn.b());
        let checked = self.keys_checked(d);
        self.emit(Op::SetDictValue(n as u32), vec![checked, v], None);
    }

    // ---- attributes ----

    /// Guards the layout of a receiver, unless it is known.
    pub(super) fn layout(&mut self, v: Val, id: u32) -> Val {
        if self.state.facts.get(&v) == Some(&id) {
            return v;
        }
        if let Op::GuardLayout(k) = self.f.inst(v).op
            && k == id
            && id < layout::BUILTIN_COUNT
        {
            return v;
        }
        let g = self.guard(Op::GuardLayout(id), vec![v], Some(Rep::Any));
        self.refine(v, g);
        self.state.facts.insert(g, id);
        g
    }

    /// The receiver of a cached attribute instruction, guarded as the cache says; None if the cache does not hold
    /// any more (then the instruction is executed by the interpreter) or has failed here.
    fn receiver(&mut self, info: &Info, at: usize, reg: u16) -> Option<Val> {
        let word = info.cache(at, 0);
        let (id, version) = (word as u32, (word >> 32) as u32);
        if self.general() || may_be_immediate(id) || id >= layout::count() {
            return None;
        }
        let ty = layout::info(id).type_of();
        if ty.version() != version {
            return None;
        }
        let v = self.get(reg);
        if self.rep(v) != Rep::Any {
            return None;
        }
        let g = self.layout(v, id);
        self.guard(Op::GuardAt(ty.version_ptr() as u64, version), vec![], None);
        Some(g)
    }

    pub(super) fn load_slot(&mut self, info: &Info, at: usize, insn: Insn) {
        match self.receiver(info, at, insn.b()) {
            Some(obj) => {
                let off = 8 + 8 * info.cache(at, 1) as u32;
                let v = self.any(Op::LoadField(off), vec![obj]);
                let v = self.guard(Op::GuardNotNull, vec![v], Some(Rep::Any));
                self.put(insn.a(), v);
            }
            None => self.step(),
        }
    }

    pub(super) fn load_class(&mut self, info: &Info, at: usize, insn: Insn) {
        let value = info.code.cache_value(info.cache(at, 1) as u32);
        match (self.receiver(info, at, insn.b()), value) {
            (Some(_), Some(v)) => {
                let v = self.constant(v);
                self.put(insn.a(), v);
            }
            _ => self.step(),
        }
    }

    /// The value a register from before the unit holds now, at the time of compilation.
    pub(super) fn observed(&self, v: Val) -> Option<Value> {
        let i = self.f.inst(v);
        match i.op {
            Op::LoadReg(r) if u64::from(r) < self.r.frame.code().nregs() as u64 => {
                self.r.frame.regs().get_opt(r as u16)
            }
            op if op.is_check() => self.observed(*i.args.first()?),
            _ => None,
        }
    }

    /// An attribute of a module that is known, or was the same object whenever anybody looked.
    fn module_attribute(&mut self, info: &Info, insn: Insn) -> Option<Val> {
        if self.general() {
            return None;
        }
        let v = self.get(insn.b());
        if self.rep(v) != Rep::Any {
            return None;
        }
        let m = match self.known(v) {
            Some(m) => m.cast_exact::<Module>()?,
            None => {
                let m = self.observed(v)?.cast_exact::<Module>()?;
                let c = self.expect(v, m.value());
                self.refine(v, c);
                m
            }
        };
        let n = m.dict().position_of(info.code.name_at(insn.c()))?;
        Some(self.namespace_value(m.dict(), n))
    }

    pub(super) fn load_module(&mut self, info: &Info, insn: Insn) {
        match self.module_attribute(info, insn) {
            Some(v) => self.put(insn.a(), v),
            None => self.step(),
        }
    }

    pub(super) fn load_method_module(&mut self, info: &Info, insn: Insn) {
        match self.module_attribute(info, insn) {
            Some(f) => {
                self.put(insn.a(), f);
                let null = self.any(Op::Word(0), vec![]);
                self.put(insn.a() + 1, null);
            }
            None => self.step(),
        }
    }

    pub(super) fn store_slot(&mut self, info: &Info, at: usize, insn: Insn) {
        match self.receiver(info, at, insn.a()) {
            Some(obj) => {
                let v = self.get_boxed(insn.c());
                let off = 8 + 8 * info.cache(at, 1) as u32;
                self.emit(Op::StoreField(off), vec![obj, v], None);
            }
            None => self.step(),
        }
    }

    pub(super) fn store_add(&mut self, info: &Info, at: usize, insn: Insn) {
        match self.receiver(info, at, insn.a()) {
            Some(obj) => {
                let v = self.get_boxed(insn.c());
                let next = info.cache(at, 2) as u32;
                let off = 8 + 8 * info.cache(at, 1) as u32;
                self.emit(Op::SetLayout(next), vec![obj], None);
                self.emit(Op::StoreField(off), vec![obj, v], None);
                // Other values may be the same object.
                self.state.facts.clear();
                self.state.facts.insert(obj, next);
            }
            None => self.step(),
        }
    }

    pub(super) fn load_method(&mut self, info: &Info, at: usize, insn: Insn) {
        let value = info.code.cache_value(info.cache(at, 1) as u32);
        match (self.receiver(info, at, insn.b()), value) {
            (Some(obj), Some(f)) => {
                let f = self.constant(f);
                self.put(insn.a(), f);
                self.put(insn.a() + 1, obj);
            }
            _ => self.step(),
        }
    }

    // ---- items ----

    /// A raw index into a sequence of raw length: constants may be negative.
    fn index(&mut self, i: Val, len: impl FnOnce(&mut Self) -> Val) -> Val {
        let i = self.int_operand(i);
        match self.known_int(i) {
            Some(k) if k < 0 => {
                let n = len(self);
                self.emit(Op::IAddWrap, vec![n, i], Some(Rep::Int))
            }
            _ => i,
        }
    }

    pub(super) fn get_item(&mut self, insn: Insn) {
        let (x, i) = (self.get(insn.b()), self.get(insn.c()));
        let seen = insn.d() & 0xf0;
        let plain = !self.general()
            && self.rep(x) == Rep::Any
            && matches!(self.rep(i), Rep::Any | Rep::Int);
        let v = match seen {
            0 if plain => {
                let l = self.layout(x, layout::LIST);
                let i = self.index(i, |b| b.emit(Op::ListLen, vec![l], Some(Rep::Int)));
                self.guard(Op::ListItem, vec![l, i], Some(Rep::Any))
            }
            profile::MIXED if plain => {
                let t = self.layout(x, layout::TUPLE);
                let i = self.index(i, |b| b.emit(Op::TupleLen, vec![t], Some(Rep::Int)));
                self.guard(Op::TupleItem, vec![t, i], Some(Rep::Any))
            }
            _ => {
                let (x, i) = (self.boxed(x), self.boxed(i));
                self.call(Helper::GetItem, vec![x, i])
            }
        };
        self.put(insn.a(), v);
    }

    pub(super) fn set_item(&mut self, insn: Insn) {
        let (x, i) = (self.get(insn.a()), self.get(insn.b()));
        let v = self.get_boxed(insn.c());
        let plain = insn.d() & 0xf0 == 0
            && !self.general()
            && self.rep(x) == Rep::Any
            && matches!(self.rep(i), Rep::Any | Rep::Int);
        if plain {
            let l = self.layout(x, layout::LIST);
            let i = self.index(i, |b| b.emit(Op::ListLen, vec![l], Some(Rep::Int)));
            self.guard(Op::SetListItem, vec![l, i, v], None);
        } else {
            let (x, i) = (self.boxed(x), self.boxed(i));
            self.call(Helper::SetItem, vec![x, i, v]);
        }
    }

    pub(super) fn unpack(&mut self, insn: Insn) {
        let v = self.get(insn.b());
        let n = insn.c();
        if self.rep(v) != Rep::Any || self.general() {
            self.step();
            return;
        }
        let t = self.layout(v, layout::TUPLE);
        let len = self.emit(Op::TupleLen, vec![t], Some(Rep::Int));
        let want = self.int(n.into());
        let same = self.emit(Op::ICmp(Cond::Eq), vec![len, want], Some(Rep::Bool));
        self.guard(Op::GuardTrue, vec![same], None);
        for k in 0..n {
            let i = self.int(k.into());
            let item = self.guard(Op::TupleItem, vec![t, i], Some(Rep::Any));
            self.put(insn.a() + k, item);
        }
    }

    // ---- iteration ----

    pub(super) fn get_iter(&mut self, insn: Insn) {
        if let Slot::Range { start, stop, step } = self.slot(insn.b()) {
            let end = self.range_part(Op::RangeStop(step), vec![start, stop]);
            self.state.top_mut().slots[insn.a() as usize] = Slot::Iter {
                obj: None,
                next: start,
                end,
                step,
                immediate: self.is_immediate(start) && self.is_immediate(stop),
            };
            return;
        }
        let v = self.get_boxed(insn.b());
        let it = self.call(Helper::GetIter, vec![v]);
        self.put(insn.a(), it);
    }

    pub(super) fn for_iter(
        &mut self,
        w: &mut Walk,
        node: Node,
        info: &Info,
        at: usize,
        insn: Insn,
    ) {
        let done = target(insn, at);
        if let Slot::Iter {
            obj,
            next,
            end,
            step,
            immediate,
        } = self.slot(insn.b())
        {
            let empty = self.emit(Op::ICmp(Cond::Eq), vec![next, end], Some(Rep::Bool));
            self.branch(w, node, info, empty, true, done);
            if self.dead {
                return;
            }
            let by = self.int(step);
            let after = self.emit(Op::IAddWrap, vec![next, by], Some(Rep::Int));
            self.state.top_mut().slots[insn.b() as usize] = Slot::Iter {
                obj,
                next: after,
                end,
                step,
                immediate,
            };
            if immediate {
                self.immediate.insert(next);
            }
            self.put(insn.a(), next);
            return;
        }
        let mut it = self.get_boxed(insn.b());
        let seen = info.cache(at, 0) as u32;
        let v = if matches!(seen, layout::LIST_ITER | layout::TUPLE_ITER) && !self.general() {
            it = self.layout(it, seen);
            let op = Op::SeqNext(seen == layout::LIST_ITER);
            self.guard(op, vec![it], Some(Rep::Any))
        } else {
            self.call(Helper::Next, vec![it])
        };
        let null = self.any(Op::Word(0), vec![]);
        let end = self.emit(Op::WordEq, vec![v, null], Some(Rep::Bool));
        self.branch(w, node, info, end, true, done);
        if !self.dead {
            self.put(insn.a(), v);
        }
    }
}

/// What a namespace usually holds for good: then compiled code counts on it.
pub(super) fn is_definition(v: Value) -> bool {
    v.is_ref()
        && matches!(
            v.layout_id(),
            layout::FUNCTION | layout::BUILTIN | layout::MODULE | layout::TYPE
        )
        || v.cast::<rivet_vm::object::Type>().is_some()
        || rivet_vm::types::native::own_target(v).is_some()
}
