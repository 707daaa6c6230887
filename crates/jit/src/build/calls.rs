//! Calls: small Python functions are entered, C functions are called by their signatures (`typed`), everything else
//! through the call window.

use std::rc::Rc;

use rivet_spec::{Insn, Op as Bc, flags};
use rivet_vm::object::Type;
use rivet_vm::object::member::MethodDescr;
use rivet_vm::types::function::Function;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::native::{self, Mode};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value, layout};

use super::Builder;
use super::bytecode::Info;
use super::graph::Graph;
use super::objects::is_definition;
use super::state::{Frame, Slot};
use crate::hir::{Blk, Cond, Ctx, Helper, NativeRef, Op, Rep, Val};

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
    pub(super) fn usual_callee(&mut self, v: Val) -> Val {
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
            if self.intrinsic(callee, site) || self.typed_call(callee, site, None) {
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
        self.after_call(0);
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
        self.after_call(0);
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
