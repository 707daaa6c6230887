//! Calls of C functions by their signatures: arguments as machine values.

use std::mem::offset_of;
use std::ops::Range;

use rivet_spec::typed::{Effects, ErrorConvention, TypeCode};
use rivet_spec::{Insn, Op as Bc};
use rivet_vm::types::bytearray::offsets as bytearray;
use rivet_vm::types::bytes::offsets as bytes;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::memoryview::offsets as memoryview;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::native::{self, Mode, Signature, Target, TextForm, TypedEntry};
use rivet_vm::types::native_lease::Lease;
use rivet_vm::types::str::{Str, offsets as text};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::layout::{self, Kind};
use rivet_vm::value::{Gc, Value};

use super::Builder;
use super::calls::Site;
use super::objects::may_be_immediate;
use super::state::Slot;
use crate::feedback::ExitKind;
use crate::hir::{Cond, Inst, Op, Rep, TypedRef, Val};

/// A typed C function as a unit calls it.
#[derive(Clone, Copy)]
pub struct Typed {
    /// The signature.
    pub entry: &'static TypedEntry,
    /// The function it belongs to.
    pub target: &'static Target,
    /// The receiver as C sees it, for functions of a module: a constant.
    pub me: u64,
}

/// What a call passes.
struct Call<'a> {
    callee: Value,
    /// The receiver, if the callee has one of its own.
    fixed: Option<Value>,
    site: &'a Site,
    /// Names of the last arguments.
    names: Option<Gc<Tuple>>,
}

impl Call<'_> {
    /// The registers of the parameters after the receiver, None for those that take their default; None if the call
    /// does not fit.
    fn registers(&self, entry: &TypedEntry) -> Option<Vec<Option<u16>>> {
        let s = &entry.signature;
        let own = usize::from(s.has_self());
        let count = s.params().len() - own;
        let skip = usize::from(self.fixed.is_none());
        let names = self.names.map_or(0, |n| n.len());
        let plain = (self.site.n as usize).checked_sub(skip + names)?;
        if plain > count {
            return None;
        }
        let from = self.site.first + skip as u16;
        let mut all: Vec<Option<u16>> = (0..count)
            .map(|i| (i < plain).then_some(from + i as u16))
            .collect();
        for i in 0..names {
            let name = self.names?.items()[i].cast::<Str>()?;
            let at = entry.names.iter().position(|n| name.eq_str(n))?;
            if all.get(at)?.is_some() {
                return None;
            }
            all[at] = Some(from + (plain + i) as u16);
        }
        let missing = (0..count).find(|&i| all[i].is_none() && i + own < s.defaults_from as usize);
        missing.is_none().then_some(all)
    }
}

/// The receiver of a call as C wants it.
enum Receiver {
    Constant(u64),
    Value(Val),
}

/// How compiled code passes a buffer.
enum BufferWay {
    /// As bytes.
    Bytes,
    /// Where a bytearray has its bytes.
    ByteArray,
    /// What a memoryview shows.
    View,
    /// Borrowed from an instance of a C type with this layout, and kept for the next call.
    Lease(u32),
}

/// Arguments as C takes them.
#[derive(Default)]
struct Passed {
    values: Vec<Val>,
    /// Objects that must live and stay where they are until the call is over.
    kept: Vec<Val>,
    /// Objects that must live until the call is over.
    alive: Vec<Val>,
    /// Some are lent by a function of the boundary, which can fail.
    lends: bool,
    /// Some of `kept` are not kept by the values.
    loose: bool,
}

impl Builder<'_> {
    /// A call with keywords, if it is that of a typed function; false: nothing has been done.
    pub(super) fn typed_keywords(&mut self, insn: Insn) -> bool {
        let (a, n) = (insn.a(), insn.b());
        let names = self.get(a + 2 + n);
        let Some(names) = self.known(names).and_then(|v| v.cast_exact::<Tuple>()) else {
            return false;
        };
        let mut site = Site {
            callee: self.get(a),
            first: a + 2,
            n,
            dst: insn.c(),
        };
        if insn.d() & 1 == 1 {
            let receiver = self.get(a + 1);
            if self.f.inst(receiver).op != Op::Word(0) {
                if !self.surely_bound(receiver) {
                    return false;
                }
                site.first = a + 1;
                site.n += 1;
            }
        } else {
            site.callee = self.usual_callee(site.callee);
        }
        match self.known(site.callee) {
            Some(callee) => self.typed_call(callee, &site, Some(names)),
            None => false,
        }
    }

    /// Calls a C function by its signature; false if it has none that fits.
    pub(super) fn typed_call(
        &mut self,
        callee: Value,
        site: &Site,
        names: Option<Gc<Tuple>>,
    ) -> bool {
        if native::mode() != Mode::On {
            return false;
        }
        let Some((first, fixed)) = native::signatures_of(callee) else {
            return false;
        };
        let target = match native::target_of(callee) {
            Some((target, _)) => Some(target),
            None => native::own_target(callee),
        };
        let call = Call {
            callee,
            fixed,
            site,
            names,
        };
        target.is_some_and(|target| first.chain().any(|e| self.typed_entry(e, target, &call)))
    }

    fn typed_entry(
        &mut self,
        entry: &'static TypedEntry,
        target: &'static Target,
        call: &Call,
    ) -> bool {
        let s = &entry.signature;
        let Some(registers) = call.registers(entry) else {
            return false;
        };
        if !s.params().iter().all(|&p| passable(p)) {
            return false;
        }
        let own = usize::from(s.has_self());
        let params = &s.params()[own..];
        // Types first: a guard fails before anything has been converted.
        for (i, &p) in params.iter().enumerate() {
            let Some(reg) = registers[i] else { continue };
            let v = self.get(reg);
            let fits = match p.is_buffer() {
                true => self.buffer_way(v, p, s).is_some(),
                false => self.fits(v, p, s.defaults[i + own]),
            };
            if !fits {
                return false;
            }
        }
        let mut passed = Passed::default();
        let mut me = 0;
        if own == 1 {
            match self.receiver_argument(entry, s.params[0], call) {
                Some(Receiver::Constant(word)) => me = word,
                Some(Receiver::Value(v)) => passed.values.push(v),
                None => return false,
            }
        } else if call.fixed.is_none() {
            return false;
        }
        for (i, &p) in params.iter().enumerate() {
            match registers[i] {
                Some(reg) => {
                    let v = self.get(reg);
                    match self.buffer_way(v, p, s) {
                        Some(way) => self.buffer(v, p, way, &mut passed),
                        None => self.pass(v, p, &mut passed),
                    }
                }
                None => {
                    let v = self.default(s.defaults[i + own], p);
                    passed.values.push(v);
                }
            }
        }
        self.emit_typed(Typed { entry, target, me }, passed, call.site);
        true
    }

    fn emit_typed(&mut self, typed: Typed, mut passed: Passed, site: &Site) {
        let s = &typed.entry.signature;
        let (error, effects) = (s.error, s.effects);
        let leaf = effects.has(Effects::LEAF) && error == ErrorConvention::Never && !passed.lends;
        let pure_ = leaf && effects.has(Effects::PURE) && !effects.has(Effects::READS);
        if !leaf {
            // Callee and arguments lie in registers of their own, which nobody looks at any more.
            let names = self.info().nlocals;
            let window = insn_window(self.info().insn(self.at));
            self.expose_but(window.start.max(names)..window.end.max(names));
        }
        if !leaf || passed.loose {
            passed.values.append(&mut passed.kept);
            passed.alive.retain(|&v| !self.is_held(v));
            passed.values.append(&mut passed.alive);
        }
        self.typed.push(typed);
        let t = TypedRef {
            index: self.typed_index(&typed),
            pure_,
            leaf,
            none: self.holds_none(site.dst),
            settled: false,
        };
        let rep = match s.result {
            TypeCode::Void | TypeCode::Object | TypeCode::U64 => Rep::Any,
            TypeCode::F32 | TypeCode::F64 => Rep::Float,
            TypeCode::Bool | TypeCode::Truth => Rep::Bool,
            _ => Rep::Int,
        };
        // A function without a result gives None, whatever its register holds.
        let borrows = |v: &&Val| matches!(self.f.inst(**v).op, Op::BorrowBuffer(_));
        let buffers = passed.values.iter().filter(borrows).count() as u32;
        let v = self.emit(Op::CallTyped(t), passed.values, Some(rep));
        self.put(site.dst, v);
        if !leaf {
            self.forget();
            self.after_call(buffers);
        }
    }

    /// Whether a register that a round of the loop writes holds None while the unit is compiled.
    fn holds_none(&self, register: u16) -> bool {
        let own = self.r.is_loop && self.state.frames.len() == 1;
        own && self.r.frame.regs().get_opt(register) == Some(Value::NONE)
    }

    /// Whether a variable of a frame keeps a value alive: in memory, where the collector finds it.
    fn is_held(&self, v: Val) -> bool {
        let holds = |s: &Slot| matches!(s, Slot::Val { v: w, synced: true } if *w == v);
        self.state.frames.iter().any(|frame| {
            let named = usize::from(self.infos[frame.ctx as usize].nlocals);
            frame.pushed && frame.slots.iter().take(named).any(holds)
        })
    }

    /// One number per function, so that equal pure calls are seen to be equal.
    fn typed_index(&self, typed: &Typed) -> u32 {
        self.typed
            .iter()
            .position(|t| std::ptr::eq(t.entry, typed.entry) && t.me == typed.me)
            .expect("just pushed") as u32
    }

    fn receiver_argument(
        &mut self,
        entry: &TypedEntry,
        p: TypeCode,
        call: &Call,
    ) -> Option<Receiver> {
        let skip = if p == TypeCode::SelfStruct { 16 } else { 0 };
        match call.fixed {
            Some(receiver) => {
                if !entry.accepts_receiver(receiver) {
                    return None;
                }
                let b = call.callee.cast::<Builtin>()?;
                match native::receiver_mirror(b) as u64 {
                    0 => None,
                    me => Some(Receiver::Constant(me + skip)),
                }
            }
            None => {
                let v = self.get_boxed(call.site.first);
                // The cached method look-up has guarded the layout.
                let id = *self.state.facts.get(&v)?;
                let info = layout::info(id);
                let ty = entry.self_type?;
                if info.kind != Kind::Foreign || !info.type_of().is_subtype(ty) {
                    return None;
                }
                let body = self.emit(Op::LoadBody(skip as u32), vec![v], Some(Rep::Int));
                Some(Receiver::Value(body))
            }
        }
    }

    /// What a value probably is: what is known of it, or what a variable that has it holds while the unit is compiled.
    fn hint(&self, v: Val) -> Option<Value> {
        self.known(v)
            .or_else(|| self.observed(v))
            .or_else(|| self.variable_of(v))
            .or_else(|| self.global_of(v))
    }

    /// What a namespace holds now at the place a value was loaded from.
    fn global_of(&self, v: Val) -> Option<Value> {
        let load = self.unchecked(v);
        let Op::DictValue(at) = load.op else {
            return None;
        };
        let Op::Ref(n) = self.unchecked(load.args[0]).op else {
            return None;
        };
        self.consts[n as usize]
            .cast::<Dict>()?
            .value_at(at as usize)
    }

    /// The instruction that made a value before it was checked.
    fn unchecked(&self, v: Val) -> &Inst {
        let mut i = self.f.inst(v);
        while i.op.is_check() && !i.args.is_empty() {
            i = self.f.inst(i.args[0]);
        }
        i
    }

    fn variable_of(&self, v: Val) -> Option<Value> {
        if !self.r.is_loop || self.state.frames.len() > 1 {
            return None;
        }
        let named = self.r.frame.code().nlocals.get() as usize;
        let slots = self.state.top().slots.iter().take(named);
        let holds = |s: &Slot| matches!(s, Slot::Val { v: w, .. } if *w == v);
        let reg = slots.into_iter().position(holds)?;
        self.r.frame.regs().get_opt(reg as u16)
    }

    /// Whether a value can be what a parameter takes; `exact`: the address of the type that is wanted.
    fn fits(&self, v: Val, p: TypeCode, exact: u64) -> bool {
        let rep = self.rep(v);
        match p {
            TypeCode::Constant => return false,
            TypeCode::Object => return true,
            TypeCode::ExactObject => {
                let hint = self.hint(v).filter(|_| rep == Rep::Any);
                return hint.is_some_and(|h| {
                    h.type_of().as_ptr() as u64 == exact && self.guardable(h).is_some()
                });
            }
            _ => {}
        }
        if rep != Rep::Any {
            return match rep {
                Rep::Int => p.int_range().is_some(),
                Rep::Float => p.is_float(),
                _ => matches!(p, TypeCode::Bool | TypeCode::Truth),
            } && (!self.general() || matches!(p, TypeCode::I64) || p.int_range().is_none());
        }
        if self.general() {
            return false;
        }
        match self.hint(v) {
            Some(h) => match p {
                TypeCode::Utf8 => h.cast_exact::<Str>().is_some(),
                TypeCode::Bytes => h.is_ref() && h.layout_id() == layout::BYTES,
                TypeCode::Bool | TypeCode::Truth => h.as_bool().is_some(),
                p if p.is_float() => h.as_exact_float().is_some(),
                _ => h.as_small_int().is_some(),
            },
            None => !matches!(self.f.inst(v).op, Op::Word(_) | Op::Ref(_)),
        }
    }

    /// Passes an argument that fits.
    fn pass(&mut self, v: Val, p: TypeCode, passed: &mut Passed) {
        match p {
            TypeCode::Utf8 | TypeCode::Bytes => self.contents(v, p, passed),
            TypeCode::Object | TypeCode::ExactObject => self.object(v, p, passed),
            _ => {
                let v = self.machine_value(v, p);
                passed.values.push(v);
            }
        }
    }

    /// A number or truth value as a parameter takes it: guarded, raw.
    fn machine_value(&mut self, v: Val, p: TypeCode) -> Val {
        match p {
            TypeCode::F64 | TypeCode::F32 => match self.rep(v) {
                Rep::Float => v,
                _ => {
                    let f = self.guard(Op::GuardFloat, vec![v], Some(Rep::Float));
                    self.refine(v, f);
                    f
                }
            },
            TypeCode::Bool | TypeCode::Truth => match self.rep(v) {
                Rep::Bool => v,
                _ => self.guard(Op::GuardBool, vec![v], Some(Rep::Bool)),
            },
            _ => {
                let i = self.int_operand(v);
                self.in_range(i, p);
                i
            }
        }
    }

    fn in_range(&mut self, i: Val, p: TypeCode) {
        let Some((low, high)) = p.int_range() else {
            return;
        };
        if low > i128::from(i64::MIN) {
            let bound = self.int(low as i64);
            let t = self.emit(Op::ICmp(Cond::Ge), vec![i, bound], Some(Rep::Bool));
            self.guard(Op::GuardTrue, vec![t], None);
        }
        if high < i128::from(i64::MAX) {
            let bound = self.int(high as i64);
            let t = self.emit(Op::ICmp(Cond::Le), vec![i, bound], Some(Rep::Bool));
            self.guard(Op::GuardTrue, vec![t], None);
        }
    }

    fn default(&mut self, bits: u64, p: TypeCode) -> Val {
        match p {
            TypeCode::F64 => self.emit(Op::Float(bits), vec![], Some(Rep::Float)),
            TypeCode::F32 => {
                let wide = f64::from(f32::from_bits(bits as u32));
                self.emit(Op::Float(wide.to_bits()), vec![], Some(Rep::Float))
            }
            TypeCode::Bool | TypeCode::Truth => {
                self.emit(Op::Bool(bits != 0), vec![], Some(Rep::Bool))
            }
            _ => self.int(bits as i64),
        }
    }

    // ---- text and bytes ----

    /// Text or bytes as a parameter takes them: where the contents lie, their length in bytes.
    fn contents(&mut self, v: Val, p: TypeCode, passed: &mut Passed) {
        if p == TypeCode::Bytes {
            let object = self.layout(v, layout::BYTES);
            self.in_place(object, bytes::LEN, bytes::DATA, passed);
            return;
        }
        let met = self.hint(v).and_then(|h| h.cast_exact::<Str>());
        let object = self.layout(v, layout::STR);
        let ascii = met.is_none_or(|s| s.is_ascii());
        if self.any_text() {
            let form = self.guard(Op::TextForm(true), vec![object], Some(Rep::Int));
            let at = self.emit(Op::TextAt, vec![object, form], Some(Rep::Int));
            let len = self.emit(Op::TextLen, vec![object, form], Some(Rep::Int));
            passed.values.extend([at, len]);
        } else if ascii {
            self.guard_ascii(object);
            self.in_place(object, text::LEN, text::DATA, passed);
            return;
        } else {
            let form = Op::TextForm(false);
            let form = self.guard_kind(form, vec![object], Some(Rep::Int), ExitKind::Text);
            for part in [offset_of!(TextForm, at), offset_of!(TextForm, len)] {
                let part = self.emit(Op::LoadRaw(part as u32), vec![form], Some(Rep::Int));
                passed.values.push(part);
            }
        }
        passed.kept.push(object);
        passed.loose = true;
    }

    /// Contents that lie in an object.
    fn in_place(&mut self, object: Val, len: usize, data: usize, passed: &mut Passed) {
        let len = self.emit(Op::LoadRaw(len as u32), vec![object], Some(Rep::Int));
        let at = self.emit(Op::ObjectData(data as u32), vec![object], Some(Rep::Int));
        passed.values.extend([at, len]);
        passed.kept.push(object);
    }

    fn guard_ascii(&mut self, object: Val) {
        let form = self.emit(Op::LoadRaw(text::FORM as u32), vec![object], Some(Rep::Int));
        let mask = self.int(text::FORM_MASK);
        let form = self.emit(Op::IAnd, vec![form, mask], Some(Rep::Int));
        let ascii = self.int(text::ASCII_FORM);
        let is_ascii = self.emit(Op::ICmp(Cond::Eq), vec![form, ascii], Some(Rep::Bool));
        self.guard_kind(Op::GuardTrue, vec![is_ascii], None, ExitKind::Text);
    }

    /// Whether the texts here are known to be of both kinds.
    fn any_text(&self) -> bool {
        self.r.feedback.is_any_text(self.place())
    }

    // ---- buffers ----

    /// How a buffer is passed; None: not by compiled code.
    fn buffer_way(&self, v: Val, p: TypeCode, s: &Signature) -> Option<BufferWay> {
        let (element, writable) = p.element()?;
        if self.rep(v) != Rep::Any || self.general() {
            return None;
        }
        let v = self.hint(v).filter(|v| v.is_ref())?;
        let bytes = element == TypeCode::U8;
        let leaf = s.effects.has(Effects::LEAF) && s.error == ErrorConvention::Never;
        let objects = s
            .params()
            .iter()
            .any(|p| matches!(p, TypeCode::Object | TypeCode::ExactObject));
        Some(match v.layout_id() {
            layout::BYTES if bytes && !writable => BufferWay::Bytes,
            // While nothing else runs, nobody need be told that there is a buffer.
            layout::BYTEARRAY if bytes && leaf && !objects => BufferWay::ByteArray,
            layout::MEMORYVIEW if leaf => BufferWay::View,
            _ if v.kind() == Kind::Foreign => BufferWay::Lease(self.guardable(v)?),
            _ => return None,
        })
    }

    fn buffer(&mut self, v: Val, p: TypeCode, way: BufferWay, passed: &mut Passed) {
        let size = p.element().map_or(1, |(e, _)| e.size());
        match way {
            BufferWay::Bytes => self.contents(v, TypeCode::Bytes, passed),
            BufferWay::ByteArray => self.byte_array(v, passed),
            BufferWay::View => {
                let view = self.layout(v, layout::MEMORYVIEW);
                let at = self.guard(Op::ViewAt(p as u8), vec![view], Some(Rep::Int));
                let len = Op::LoadRaw(memoryview::LEN as u32);
                let mut len = self.emit(len, vec![view], Some(Rep::Int));
                if size > 1 {
                    let size = self.int(size as i64);
                    len = self.emit(Op::IFloorDiv, vec![len, size], Some(Rep::Int));
                }
                passed.values.extend([at, len]);
                passed.kept.push(view);
                passed.loose = true;
            }
            BufferWay::Lease(id) => {
                let object = self.layout(v, id);
                let body = self.emit(Op::BodyWord, vec![object], Some(Rep::Int));
                self.leases.push((Lease::forever(), p));
                let n = self.leases.len() as u32 - 1;
                let borrow = Op::BorrowBuffer(n);
                let at = self.guard(borrow, vec![body, object], Some(Rep::Int));
                let len = self.emit(Op::BufferLen(n), vec![], Some(Rep::Int));
                // The lease has a reference to the object.
                passed.values.extend([at, len]);
            }
        }
    }

    /// The bytes of a bytearray that has some.
    fn byte_array(&mut self, v: Val, passed: &mut Passed) {
        let object = self.layout(v, layout::BYTEARRAY);
        let raw =
            |b: &mut Self, at: usize| b.emit(Op::LoadRaw(at as u32), vec![object], Some(Rep::Int));
        let len = raw(self, bytearray::LEN);
        let none = self.int(0);
        let some = self.emit(Op::ICmp(Cond::Ne), vec![len, none], Some(Rep::Bool));
        self.guard(Op::GuardTrue, vec![some], None);
        let area = self.any(Op::LoadField(bytearray::AREA as u32), vec![object]);
        let data = Op::ObjectData(bytearray::DATA as u32);
        let data = self.emit(data, vec![area], Some(Rep::Int));
        let start = raw(self, bytearray::START);
        let at = self.emit(Op::IAddWrap, vec![data, start], Some(Rep::Int));
        passed.values.extend([at, len]);
        passed.kept.push(object);
        passed.loose = true;
    }

    // ---- objects ----

    /// An object as C sees it, borrowed: of what is expected to be one with a lasting address the address, anything else is
    /// lent for the call.
    fn object(&mut self, v: Val, p: TypeCode, passed: &mut Passed) {
        let hint = self.hint(v).filter(|_| self.rep(v) == Rep::Any);
        let exact = p == TypeCode::ExactObject;
        let Some(hint) = hint.filter(|h| h.is_ref() && (exact || !self.general())) else {
            return self.lend(v, passed);
        };
        let foreign = hint.kind() == Kind::Foreign;
        let fixed = self.known(v).is_some() || self.observed(v).is_some();
        let mut object = v;
        if let Some(id) = self.guardable(hint).filter(|_| exact || foreign && !fixed) {
            object = self.layout(v, id);
        }
        let at = match () {
            () if !native::has_one_address(hint) => return self.lend(object, passed),
            () if foreign && !fixed => {
                let body = self.emit(Op::LoadBody(0), vec![object], Some(Rep::Int));
                let none = self.int(0);
                let some = self.emit(Op::ICmp(Cond::Ne), vec![body, none], Some(Rep::Bool));
                self.guard(Op::GuardTrue, vec![some], None);
                body
            }
            // Objects that are met once are not worth one that lasts.
            () if foreign || fixed && self.r.is_loop => {
                self.guard(Op::Mirror, vec![object], Some(Rep::Int))
            }
            () => return self.lend(object, passed),
        };
        passed.values.push(at);
        passed.alive.push(object);
        passed.loose = true;
    }

    /// Passes a value whose object is lent for the call.
    fn lend(&mut self, v: Val, passed: &mut Passed) {
        if matches!(self.rep(v), Rep::Int | Rep::Float) && keeps_numbers() {
            let v = self.emit(Op::AsObject, vec![v], Some(self.rep(v)));
            passed.values.push(v);
            return;
        }
        let w = self.boxed(v);
        passed.values.push(w);
        passed.kept.push(w);
        passed.lends = true;
    }

    /// The layout by which an object can be told.
    fn guardable(&self, v: Value) -> Option<u32> {
        if !v.is_ref() {
            return None;
        }
        let id = v.layout_id();
        let fixed = !may_be_immediate(id) && id < layout::count();
        fixed.then_some(id)
    }
}

/// The registers a call uses up.
fn insn_window(insn: Insn) -> Range<u16> {
    let more = if insn.op() == Bc::CallKw { 3 } else { 2 };
    insn.a()..insn.a() + insn.b() + more
}

/// Whether the object of a number may be kept for the next call.
fn keeps_numbers() -> bool {
    let crossing = rivet_vm::hooks::hooks().crossing.get();
    crossing.is_some_and(|c| (c.keeps_numbers)())
}

/// Whether compiled code passes parameters of this type.
fn passable(p: TypeCode) -> bool {
    p != TypeCode::Void
}
