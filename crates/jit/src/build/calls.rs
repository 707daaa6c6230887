//! Calls: small Python functions are entered, C functions are called by their signatures, everything else through
//! the call window.

use std::rc::Rc;

use rivet_spec::typed::{Effects, ErrorConvention, TypeCode};
use rivet_spec::{Insn, Op as Bc, flags};
use rivet_vm::object::Type;
use rivet_vm::object::member::MethodDescr;
use rivet_vm::types::bytes::offsets as bytes;
use rivet_vm::types::function::Function;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::native::{self, Mode, TypedEntry};
use rivet_vm::types::str::offsets as text;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value, layout};

use super::Builder;
use super::bytecode::Info;
use super::graph::Graph;
use super::objects::is_definition;
use super::state::{Frame, Slot};
use crate::hir::{Blk, Cond, Ctx, Helper, NativeRef, Op, Rep, TypedRef, Val};

/// A typed C function as a unit calls it.
#[derive(Clone, Copy)]
pub struct Typed {
    /// The signature.
    pub entry: &'static TypedEntry,
    /// The receiver as C sees it, for functions of a module: a constant.
    pub me: u64,
}

/// Most instructions of a function that is inlined.
const MAX_INLINE: usize = 90;
/// Most frames of a unit.
const MAX_DEPTH: usize = 5;
/// Instructions of a unit beyond which nothing is inlined any more.
const FULL: usize = 4000;

/// A call as the bytecode has it.
pub(super) struct Site {
    pub(super) callee: Val,
    /// First argument register (the receiver, if there is one).
    pub(super) first: u16,
    pub(super) n: u16,
    pub(super) dst: u16,
}

impl Builder<'_> {
    pub(super) fn call_insn(&mut self, insn: Insn, method: bool) -> Result<(), &'static str> {
        let (a, n) = (insn.a(), insn.b());
        let mut site = Site {
            callee: self.get(a),
            first: a + 2,
            n,
            dst: insn.c(),
        };
        if !method {
            site.callee = self.usual_callee(site.callee);
        }
        if method {
            if let Some(targets) = self.targets(insn) {
                return self.call_variants(insn, &targets);
            }
            let receiver = self.get(a + 1);
            if self.f.inst(receiver).op != Op::Word(0) {
                if !self.surely_bound(receiver) {
                    // Null or not: the generic form of LoadMethod left it open.
                    return self.open_call(insn, receiver);
                }
                site.first = a + 1;
                site.n += 1;
            }
        }
        self.call_site(insn, &site)
    }

    /// A callee that was in a variable before the unit began is expected to be the same each time.
    fn usual_callee(&mut self, v: Val) -> Val {
        if self.known(v).is_some() || self.rep(v) != Rep::Any {
            return v;
        }
        match self.observed(v).filter(|now| is_definition(*now)) {
            Some(now) => {
                let c = self.expect(v, now);
                self.refine(v, c);
                c
            }
            None => v,
        }
    }

    /// A call whose arguments are in place: as its callee allows, if that is known.
    pub(super) fn call_site(&mut self, insn: Insn, site: &Site) -> Result<(), &'static str> {
        if let Some(callee) = self.known(site.callee) {
            if self.intrinsic(callee, site) || self.typed_call(callee, site) {
                return Ok(());
            }
            if let Some(f) = self.known_function(site.callee)
                && let Some(code) = self.may_inline(f, site.n as usize)
            {
                return self.enter(f, code, site, None);
            }
            if let Some(ty) = callee.cast_exact::<Type>()
                && site.first == insn.a() + 2
                && self.instantiate(ty, site)?
            {
                return Ok(());
            }
            if self.native_call(callee, site) {
                return Ok(());
            }
        }
        self.window_call(site);
        Ok(())
    }

    /// Whether a receiver register cannot be null.
    pub(super) fn surely_bound(&self, v: Val) -> bool {
        match self.f.inst(v).op {
            Op::LoadReg(_) | Op::Param => false,
            Op::Word(w) => w != 0,
            _ => true,
        }
    }

    /// A method call whose receiver may be null.
    fn open_call(&mut self, insn: Insn, receiver: Val) -> Result<(), &'static str> {
        let null = self.any(Op::Word(0), vec![]);
        let none = self.emit(Op::WordEq, vec![receiver, null], Some(Rep::Bool));
        let (plain, bound) = self.split(none);
        let before = self.state.clone();
        let callee = self.get(insn.a());
        let mut ends = Vec::new();
        for (block, first, n) in [
            (plain, insn.a() + 2, insn.b()),
            (bound, insn.a() + 1, insn.b() + 1),
        ] {
            self.cur = block;
            self.state = before.clone();
            self.snap = None;
            self.window_call(&Site {
                callee,
                first,
                n,
                dst: insn.c(),
            });
            ends.push((self.cur, self.state.clone()));
        }
        let info = self.info();
        let next = self.at + 1 + info.insn(self.at).op().cache_words();
        self.merge(ends, &info, next);
        Ok(())
    }

    /// The call as the interpreter would do it.
    fn window_call(&mut self, site: &Site) {
        let base = self.base();
        self.expose();
        let callee = self.boxed(site.callee);
        let first = base + u32::from(site.first);
        let v = self.any(Op::CallWindow(first, site.n.into()), vec![callee]);
        self.forget();
        self.put(site.dst, v);
        self.after_call();
    }

    // ---- what the compiler knows itself ----

    fn intrinsic(&mut self, callee: Value, site: &Site) -> bool {
        if let Some(ty) = callee.cast_exact::<Type>() {
            return ty == rivet_vm::runtime::types().range && self.range_call(site);
        }
        if let Some(d) = callee.cast::<MethodDescr>() {
            let m = d.method.get();
            let list = rivet_vm::runtime::types().list;
            let append = list.namespace().get_str("append");
            if site.n == 2 && m.name == "append" && append == Some(callee) {
                let l = self.get_boxed(site.first);
                let v = self.get_boxed(site.first + 1);
                if !self.is_list(l) {
                    return false;
                }
                self.call(Helper::ListAppend, vec![l, v]);
                let none = self.word(Value::NONE);
                self.put(site.dst, none);
                return true;
            }
            return false;
        }
        match own_function(callee) {
            Some((module, name)) if module == "math" => self.math(name, site),
            Some((module, "len")) if module == "builtins" && site.n == 1 => {
                let v = self.get_boxed(site.first);
                let n = self.call(Helper::Len, vec![v]);
                self.put(site.dst, n);
                true
            }
            _ => false,
        }
    }

    /// Functions of one float that the machine or the C library computes; arguments they refuse leave.
    fn math(&mut self, name: &str, site: &Site) -> bool {
        if site.n != 1 || self.general() || !matches!(name, "sqrt" | "sin" | "cos" | "fabs") {
            return false;
        }
        let v = self.get(site.first);
        let x = match self.rep(v) {
            Rep::Float => v,
            Rep::Int => self.emit(Op::IntToFloat, vec![v], Some(Rep::Float)),
            Rep::Any if !matches!(self.f.inst(v).op, Op::Word(_) | Op::Ref(_)) => {
                self.guard(Op::GuardNumber, vec![v], Some(Rep::Float))
            }
            _ => return false,
        };
        let float = Some(Rep::Float);
        let r = match name {
            "fabs" => self.emit(Op::FAbs, vec![x], float),
            "sqrt" => {
                let zero = self.emit(Op::Float(0), vec![], float);
                let t = self.emit(Op::FCmp(Cond::Ge), vec![x, zero], Some(Rep::Bool));
                self.guard(Op::GuardTrue, vec![t], None);
                self.emit(Op::FSqrt, vec![x], float)
            }
            _ => {
                let size = self.emit(Op::FAbs, vec![x], float);
                let inf = self.emit(Op::Float(f64::INFINITY.to_bits()), vec![], float);
                let t = self.emit(Op::FCmp(Cond::Lt), vec![size, inf], Some(Rep::Bool));
                self.guard(Op::GuardTrue, vec![t], None);
                let h = if name == "sin" {
                    Helper::Sin
                } else {
                    Helper::Cos
                };
                self.emit(Op::Call(h), vec![x], float)
            }
        };
        self.put(site.dst, r);
        true
    }

    fn is_list(&self, v: Val) -> bool {
        self.f.inst(v).op == Op::GuardLayout(layout::LIST)
            || self.state.facts.get(&v) == Some(&layout::LIST)
    }

    fn range_call(&mut self, site: &Site) -> bool {
        let args: Vec<Val> = (0..site.n).map(|i| self.get(site.first + i)).collect();
        if self.general()
            || args
                .iter()
                .any(|&v| !matches!(self.rep(v), Rep::Int | Rep::Any))
        {
            return false;
        }
        let step = match args[..] {
            [_] | [_, _] => 1,
            [_, _, s] => match self.known_int(s) {
                Some(k) if k != 0 && k != i64::MIN => k,
                _ => return false,
            },
            _ => return false,
        };
        let zero = self.int(0);
        let (start, stop) = match args[..] {
            [stop] => (zero, self.int_operand(stop)),
            _ => (self.int_operand(args[0]), self.int_operand(args[1])),
        };
        self.state.top_mut().slots[site.dst as usize] = Slot::Range { start, stop, step };
        true
    }

    // ---- inlining ----

    /// The code of a function that is small enough to be entered with so many arguments.
    fn may_inline(&mut self, f: Gc<Function>, given: usize) -> Option<(Rc<Info>, Graph)> {
        let code = f.code();
        let argc = code.argcount.get() as usize;
        let defaults = f.defaults.get_as::<Tuple>().map_or(0, |d| d.len());
        if !code.simple.get()
            || argc.checked_sub(given).is_none_or(|m| m > defaults)
            || self.general()
            || self.state.frames.len() >= MAX_DEPTH
            || self.f.insts.len() > FULL
            || self.is_active(code.insns_ptr() as usize)
        {
            return None;
        }
        let info = self.analyse(code)?;
        if info.is_generator() || info.size > MAX_INLINE || !self.inlinable(&info) {
            return None;
        }
        let graph = Graph::new(&info, 0)?;
        Some((info, graph))
    }

    /// Enters a function. `instance`: the call is of its class, and this is the new object.
    fn enter(
        &mut self,
        f: Gc<Function>,
        (info, graph): (Rc<Info>, Graph),
        site: &Site,
        instance: Option<Val>,
    ) -> Result<(), &'static str> {
        let code = f.code();
        let (given, argc) = (site.n as usize, code.argcount.get() as usize);
        let defaults = f.defaults.get_as::<Tuple>();
        let mut slots = vec![Slot::Dead; code.nregs()];
        for (r, slot) in slots
            .iter_mut()
            .enumerate()
            .take(code.nlocals.get() as usize)
        {
            let v = if r < given {
                self.get(site.first + r as u16)
            } else if r < argc {
                let d = defaults.expect("missing arguments have defaults");
                self.constant(d.items()[d.len() - (argc - r)])
            } else {
                self.any(Op::Word(0), vec![])
            };
            *slot = Slot::Val { v, synced: false };
        }
        let base = self.base() + u32::from(site.first);
        let func = self.reference(f.value());
        // The instance waits in the register of the callee.
        let waits = instance.map(|_| site.first - 1);
        self.f.ctxs.push(Ctx {
            func,
            base,
            dst: waits.unwrap_or(site.dst),
            init: instance.is_some(),
            depth: self.state.frames.len() as u32,
            name: f.qualname_string(),
        });
        self.infos.push(info.clone());
        let call_at = self.at;
        self.state.top_mut().call_at = call_at;
        self.state.top_mut().keep = waits;
        self.state.frames.push(Frame {
            ctx: self.f.ctxs.len() as u32 - 1,
            slots,
            pushed: false,
            call_at: 0,
            keep: None,
        });
        let returns = self.run_graph(&graph, (info.block_at[&0], 0))?;
        self.after_inline(returns, call_at, site.dst);
        self.state.top_mut().keep = None;
        if let Some(obj) = instance
            && !self.dead
        {
            let v = self.get(site.dst);
            if self.known(v) != Some(Value::NONE) {
                let v = self.boxed(v);
                self.call(Helper::CheckInit, vec![v]);
            }
            self.put(site.dst, obj);
        }
        Ok(())
    }

    /// A call of a plain class: the instance is made here, `__init__` is entered.
    fn instantiate(&mut self, ty: Gc<Type>, site: &Site) -> Result<bool, &'static str> {
        let Some(init) = rivet_vm::interp::compiled::plain_init(ty) else {
            return Ok(false);
        };
        let Some(code) = self.may_inline(init, site.n as usize + 1) else {
            return Ok(false);
        };
        self.guard(
            Op::GuardAt(ty.version_ptr() as u64, ty.version()),
            vec![],
            None,
        );
        let f = self.constant(init.value());
        self.guard(
            Op::GuardField32(
                rivet_vm::types::function::VERSION_OFFSET as u32,
                init.version(),
            ),
            vec![f],
            Some(Rep::Any),
        );
        self.expose();
        let obj = self.any(Op::NewInstance, vec![site.callee]);
        self.state.facts.insert(obj, ty.instance_layout());
        self.put(site.first - 2, obj);
        self.put(site.first - 1, obj);
        let inner = Site {
            callee: f,
            first: site.first - 1,
            n: site.n + 1,
            dst: site.dst,
        };
        self.enter(init, code, &inner, Some(obj))?;
        Ok(true)
    }

    /// Goes on behind an inlined call.
    fn after_inline(
        &mut self,
        returns: Vec<(Blk, super::state::State, Val)>,
        call_at: usize,
        dst: u16,
    ) {
        self.at = call_at;
        self.snap = None;
        if returns.is_empty() {
            self.dead = true;
            return;
        }
        self.dead = false;
        let edges: Vec<_> = returns
            .into_iter()
            .map(|(b, mut s, v)| {
                s.top_mut().slots[dst as usize] = Slot::Val { v, synced: false };
                (b, s)
            })
            .collect();
        let info = self.infos[self.state_ctx(&edges) as usize].clone();
        let next = call_at + 1 + info.insn(call_at).op().cache_words();
        self.merge(edges, &info, next);
    }

    fn state_ctx(&self, edges: &[(Blk, super::state::State)]) -> u32 {
        edges[0].1.top().ctx
    }

    /// Whether the code is already being entered: recursion is not unrolled.
    fn is_active(&self, code: usize) -> bool {
        self.state
            .frames
            .iter()
            .any(|f| self.infos[f.ctx as usize].code.insns_ptr() as usize == code)
    }

    /// Whether all instructions make sense in a frame that may not exist.
    fn inlinable(&self, info: &Info) -> bool {
        let f = info.code.flags.get();
        if f & flags::CO_OPTIMIZED == 0 || !info.code.unit().handlers.is_empty() {
            return false;
        }
        (0..info.blocks.len()).all(|b| {
            info.insns_of(b).iter().all(|&at| {
                !matches!(
                    info.insn(at).op(),
                    Bc::MakeCell
                        | Bc::Yield
                        | Bc::Send
                        | Bc::ReturnGenerator
                        | Bc::LoadLocals
                        | Bc::ImportStar
                        | Bc::BeforeWith
                        | Bc::BeforeAsyncWith
                )
            })
        })
    }

    // ---- C functions ----

    /// Calls a C function that takes tagged words; false if the callee is none.
    fn native_call(&mut self, callee: Value, site: &Site) -> bool {
        let Some((target, fixed)) = native::target_of(callee) else {
            return false;
        };
        // The interpreter's call compares the native function with its wrapper.
        if native::mode() == Mode::Check && target.typed.get().is_some() {
            return false;
        }
        // The receiver of a method is the first of the arguments.
        let receiver = match fixed {
            Some(_) => None,
            None => match self.method_receiver(callee, site) {
                Some(r) => Some(r),
                None => return false,
            },
        };
        let skip = u16::from(receiver.is_some());
        let (first, n) = (site.first + skip, site.n - skip);
        let mut operands = match receiver {
            None => vec![self.boxed(site.callee)],
            Some((receiver, body)) => vec![receiver, body],
        };
        // A sole argument is passed as it is: from memory it would come some cycles later.
        if n == 1 {
            operands.push(self.get_boxed(first));
        }
        let base = self.base();
        self.expose();
        self.natives.push(target);
        let call = NativeRef {
            index: self.natives.len() as u32 - 1,
            first: base + u32::from(first),
            n: n.into(),
            method: receiver.is_some(),
        };
        let v = self.any(Op::CallNative(call), operands);
        self.forget();
        self.put(site.dst, v);
        self.after_call();
        true
    }

    /// The receiver of a method of a C type and its C half, if the receiver is known to be an instance of that type.
    fn method_receiver(&mut self, callee: Value, site: &Site) -> Option<(Val, Val)> {
        let v = self.get_boxed(site.first);
        // The cached method look-up has guarded the layout.
        let info = layout::info(*self.state.facts.get(&v)?);
        let owner = callee.cast::<MethodDescr>()?.owner_type();
        if info.kind != layout::Kind::Foreign || !info.type_of().is_subtype(owner) {
            return None;
        }
        let body = self.emit(Op::LoadBody(0), vec![v], Some(Rep::Int));
        Some((v, body))
    }

    /// Calls a C function by its signature; false if it has none that fits.
    fn typed_call(&mut self, callee: Value, site: &Site) -> bool {
        if native::mode() != Mode::On || self.general() {
            return false;
        }
        let Some((first, fixed)) = native::signatures_of(callee) else {
            return false;
        };
        first
            .chain()
            .any(|entry| self.typed_entry(entry, callee, fixed, site))
    }

    fn typed_entry(
        &mut self,
        entry: &'static TypedEntry,
        callee: Value,
        fixed: Option<Value>,
        site: &Site,
    ) -> bool {
        let s = &entry.signature;
        if !s.params().iter().all(|&p| passable(p)) || !returnable(s.result) {
            return false;
        }
        let has_self = s.has_self();
        // For methods the receiver is the first argument register.
        let receiver_is_argument = fixed.is_none();
        let given = site.n as usize - usize::from(receiver_is_argument);
        let params = &s.params()[usize::from(has_self)..];
        if given > params.len() || given + usize::from(has_self) < s.defaults_from as usize {
            return false;
        }
        let mut args = Vec::new();
        // Objects whose contents C gets.
        let mut kept = Vec::new();
        let mut me = 0;
        if let Some(&p) = s.params().first().filter(|_| has_self) {
            match self.receiver_argument(entry, p, callee, fixed, site) {
                Some(Receiver::Constant(word)) => me = word,
                Some(Receiver::Value(v)) => args.push(v),
                None => return false,
            }
        } else if receiver_is_argument {
            return false;
        }
        let from = site.first + u16::from(receiver_is_argument);
        // Types first: a guard fails before anything has been converted.
        for (i, &p) in params.iter().enumerate().take(given) {
            let v = self.get(from + i as u16);
            if !self.fits(v, p) {
                return false;
            }
        }
        for (i, &p) in params.iter().enumerate() {
            if i >= given {
                args.push(self.default(s.defaults[i + usize::from(has_self)], p));
                continue;
            }
            let v = self.get(from + i as u16);
            if p.is_span() {
                let (object, at, len) = self.contents(v, p);
                args.extend([at, len]);
                kept.push(object);
            } else {
                args.push(self.argument(v, p));
            }
        }
        let leaf = s.effects.has(Effects::LEAF) && s.error == ErrorConvention::Never;
        let pure_ = s.effects.has(Effects::LEAF | Effects::PURE)
            && !s.effects.has(Effects::READS)
            && s.error == ErrorConvention::Never;
        if !leaf {
            self.expose();
            args.append(&mut kept);
        }
        self.typed.push(Typed { entry, me });
        let t = TypedRef {
            index: self.typed_index(entry, me),
            pure_,
            leaf,
        };
        let rep = match s.result {
            TypeCode::Void | TypeCode::Object | TypeCode::U64 => Rep::Any,
            TypeCode::F64 => Rep::Float,
            TypeCode::Bool | TypeCode::Truth => Rep::Bool,
            _ => Rep::Int,
        };
        // A function without a result gives None, whatever its register holds.
        let v = self.emit(Op::CallTyped(t), args, Some(rep));
        self.put(site.dst, v);
        if !leaf {
            self.forget();
            self.after_call();
        }
        true
    }

    /// One number per function, so that equal pure calls are seen to be equal.
    fn typed_index(&self, entry: &'static TypedEntry, me: u64) -> u32 {
        self.typed
            .iter()
            .position(|t| std::ptr::eq(t.entry, entry) && t.me == me)
            .expect("just pushed") as u32
    }

    fn receiver_argument(
        &mut self,
        entry: &TypedEntry,
        p: TypeCode,
        callee: Value,
        fixed: Option<Value>,
        site: &Site,
    ) -> Option<Receiver> {
        match fixed {
            Some(receiver) => {
                if !entry.accepts_receiver(receiver) {
                    return None;
                }
                let b = callee.cast::<Builtin>()?;
                let me = native::receiver_mirror(b) as u64;
                if me == 0 {
                    return None;
                }
                let skip = if p == TypeCode::SelfStruct { 16 } else { 0 };
                Some(Receiver::Constant(me + skip))
            }
            None => {
                let v = self.get_boxed(site.first);
                // The cached method look-up has guarded the layout.
                let id = *self.state.facts.get(&v)?;
                let info = layout::info(id);
                let ty = entry.self_type?;
                if info.kind != layout::Kind::Foreign || !info.type_of().is_subtype(ty) {
                    return None;
                }
                let body = self.emit(
                    Op::LoadBody(if p == TypeCode::SelfStruct { 16 } else { 0 }),
                    vec![v],
                    Some(Rep::Int),
                );
                Some(Receiver::Value(body))
            }
        }
    }

    /// Whether a value can be what a parameter takes.
    fn fits(&self, v: Val, p: TypeCode) -> bool {
        match (self.rep(v), p) {
            (_, TypeCode::Constant) => false,
            (Rep::Any, TypeCode::Utf8 | TypeCode::Bytes) => true,
            (Rep::Any, _) => !matches!(self.f.inst(v).op, Op::Word(_) | Op::Ref(_)),
            (Rep::Float, TypeCode::F64) | (Rep::Bool, TypeCode::Bool | TypeCode::Truth) => true,
            (Rep::Int, p) => p.int_range().is_some() || p == TypeCode::F64,
            _ => false,
        }
    }

    /// A value as a parameter takes it: guarded, raw.
    fn argument(&mut self, v: Val, p: TypeCode) -> Val {
        match p {
            TypeCode::F64 => match self.rep(v) {
                Rep::Float => v,
                Rep::Int => self.emit(Op::IntToFloat, vec![v], Some(Rep::Float)),
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

    /// Text or bytes as a parameter takes them: the object, where its contents lie, their length in bytes. Text that is not
    /// ASCII takes the wrapper.
    fn contents(&mut self, v: Val, p: TypeCode) -> (Val, Val, Val) {
        let (id, len, data) = match p {
            TypeCode::Utf8 => (layout::STR, text::LEN, text::DATA),
            _ => (layout::BYTES, bytes::LEN, bytes::DATA),
        };
        let object = self.layout(v, id);
        if p == TypeCode::Utf8 {
            let form = self.emit(Op::LoadRaw(text::FORM as u32), vec![object], Some(Rep::Int));
            let mask = self.int(text::FORM_MASK);
            let form = self.emit(Op::IAnd, vec![form, mask], Some(Rep::Int));
            let ascii = self.int(text::ASCII_FORM);
            let is_ascii = self.emit(Op::ICmp(Cond::Eq), vec![form, ascii], Some(Rep::Bool));
            self.guard(Op::GuardTrue, vec![is_ascii], None);
        }
        let len = self.emit(Op::LoadRaw(len as u32), vec![object], Some(Rep::Int));
        let at = self.emit(Op::ObjectData(data as u32), vec![object], Some(Rep::Int));
        (object, at, len)
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
            TypeCode::Bool => self.emit(Op::Bool(bits != 0), vec![], Some(Rep::Bool)),
            _ => self.int(bits as i64),
        }
    }
}

enum Receiver {
    Constant(u64),
    Value(Val),
}

/// Module and name of a function of the runtime itself. Functions of extensions are none, whatever they are called,
/// and neither is what a program has bound to the name.
fn own_function(callee: Value) -> Option<(String, &'static str)> {
    let b = callee.cast::<Builtin>()?;
    let m = b.method();
    m.native
        .is_none()
        .then(|| (rivet_vm::types::str::text_of(b.module.get()), m.name))
}

/// Whether compiled code passes parameters of this type.
fn passable(p: TypeCode) -> bool {
    use TypeCode::{Bytes, ExactObject, F32, Object, Utf8, Void};
    matches!(p, Utf8 | Bytes) || !p.is_span() && !matches!(p, Void | F32 | Object | ExactObject)
}

/// Whether compiled code takes results of this type.
fn returnable(r: TypeCode) -> bool {
    !matches!(r, TypeCode::F32 | TypeCode::Object)
}
