//! Generators, coroutines and asynchronous generators: frames that are suspended and resumed. A suspended
//! frame's registers lie in an array of the generator object; while it runs they are on the register stack.

use std::cell::Cell;

use rivet_heap::Header;
use rivet_spec::flags;

use crate::exceptions::{
    Exception, Outside, PyResult, Raised, clear_if, exc, given_matches, no_memory, raise_instance,
    restore, runtime_error, stop_iteration, take, type_error, value_error,
};
use crate::frames::{Frame, NewFrame, OnReturn, Pc};
use crate::name;
use crate::object::args::check_count;
use crate::object::attr::find_attr;
use crate::object::build;
use crate::object::call::{call, call_method};
use crate::object::native::Native;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Type, TypeFlags, protocol};
use crate::thread;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::str::{self, Str};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Array, Gc, Payload, Root, Slot, Value};

/// A generator, coroutine or asynchronous generator.
#[repr(C)]
pub struct Generator {
    header: Header,
    code: Slot,
    func: Slot,
    globals: Slot,
    builtins: Slot,
    /// Registers while suspended.
    regs: Slot,
    /// `__name__`
    pub name: Slot,
    /// `__qualname__`
    pub qualname: Slot,
    /// The frame object, once somebody asked for it.
    frame_object: Slot,
    /// The exception being handled inside while suspended.
    handled: Slot,
    /// `cr_origin`, `ag_hooks` finalizer.
    pub origin: Slot,
    /// Async generators: the finalizer hook.
    pub finalizer: Slot,
    /// The namespace of a coroutine that is the body of a module (top-level `await`).
    locals: Slot,
    _spare: [Slot; 4],
    pc: Cell<*const u64>,
    state: Cell<State>,
    /// Async generators: hooks were called, closed, running a step.
    pub flags: Cell<u32>,
    /// The register that holds the sub-iterator of a `yield from` in progress, plus one.
    delegate: Cell<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum State {
    Created,
    Suspended,
    Running,
    Finished,
}

impl Payload for Generator {
    const LAYOUT: LayoutId = layout::GENERATOR;
    const KIND: Kind = Kind::Generator;

    fn accepts(kind: Kind) -> bool {
        matches!(
            kind,
            Kind::Generator | Kind::Coroutine | Kind::AsyncGenerator
        )
    }
}

/// Async generator flag: the first-iteration hook was called.
pub const AG_HOOKS: u32 = 1;
/// Async generator flag: closed.
pub const AG_CLOSED: u32 = 2;
/// Async generator flag: an `asend`/`athrow`/`anext` is under way.
pub const AG_RUNNING: u32 = 4;

/// What resuming gave.
pub enum Resumed {
    /// It yielded.
    Yielded(Value),
    /// It returned.
    Returned(Value),
}

static RETURN_VALUE: Root = Root::new();

/// Takes the return value of the generator that last ended through the `next` slot (None if it was None).
pub fn take_return_value() -> Value {
    let v = RETURN_VALUE.get().unwrap_or(Value::NONE);
    if !v.is_none() {
        RETURN_VALUE.set(Value::NONE);
    }
    v
}

/// Keeps the return value of an iterator that has ended through the `next` slot.
pub fn set_return_value(v: Value) {
    RETURN_VALUE.set(v);
}

impl Generator {
    /// Turns the running frame, which has just executed its entry code, into a generator object. `pc` is where
    /// it will start.
    pub fn from_frame(frame: &Frame, pc: Pc) -> PyResult<Gc<Generator>> {
        let code = frame.code();
        let id = if code.has(flags::CO_COROUTINE) {
            layout::COROUTINE
        } else if code.has(flags::CO_ASYNC_GENERATOR) {
            layout::ASYNC_GENERATOR
        } else {
            layout::GENERATOR
        };
        let regs = Array::new(code.nregs())?;
        let p = rivet_heap::alloc(id, size_of::<Generator>() / 8 - 1);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of a generator layout; zero is a valid state of all fields.
        let g: Gc<Generator> = unsafe { Gc::from_raw(p.cast()) };
        g.set(&g.code, code.value());
        g.set_opt(&g.func, frame.func().map(Gc::value));
        g.set(&g.globals, frame.globals().value());
        g.set(&g.builtins, frame.builtins());
        g.set(&g.regs, regs.value());
        g.set_opt(&g.locals, frame.locals.get());
        let f = frame.func();
        g.set_opt(&g.name, f.map_or(code.name.get(), |f| f.name.get()));
        g.set_opt(
            &g.qualname,
            f.map_or(code.qualname.get(), |f| f.qualname.get()),
        );
        g.pc.set(pc.as_ptr());
        g.state.set(State::Created);
        g.save(frame);
        // An unfinished generator's `finally` blocks run when it is collected.
        if !code.unit().handlers.is_empty() || id != layout::GENERATOR {
            rivet_heap::track_finalizer(g.header());
        }
        Ok(g)
    }

    /// The code.
    pub fn code(&self) -> Gc<Code> {
        self.code.get_as::<Code>().expect("a generator has code")
    }

    /// Whether it runs right now.
    pub fn is_running(&self) -> bool {
        self.state.get() == State::Running
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        self.state.get() == State::Finished
    }

    /// Whether it has not started yet.
    pub fn is_fresh(&self) -> bool {
        self.state.get() == State::Created
    }

    /// Remembers the register of a sub-iterator (`yield from`, `await`), or forgets it.
    pub fn set_delegate(&self, register: Option<u16>) {
        self.delegate.set(register.map_or(0, |r| u32::from(r) + 1));
    }
}

impl Gc<Generator> {
    /// Copies the registers of the running frame into the object.
    fn save(self, frame: &Frame) {
        let regs = self.regs.get_as::<Array>().expect("registers");
        let from = frame.regs();
        // SAFETY: the frame has that many registers. They are left as they are; the frame is popped next.
        unsafe { regs.save_words(from.as_ptr(), self.code().nregs()) };
    }

    /// Suspends: called by the interpreter at a yield, before the frame is popped.
    pub fn suspend(self, frame: &Frame, pc: Pc) {
        self.save(frame);
        self.pc.set(pc.as_ptr());
        self.state.set(State::Suspended);
        self.set_opt(&self.handled, crate::exceptions::handled_by_generator());
        if let Some(o) = frame.object.get() {
            self.set(&self.frame_object, o);
            crate::types::frame::suspend(o, self);
            frame.set(&frame.object, None);
        }
    }

    /// Marks as ended: called by the interpreter when the frame returns or raises.
    pub fn finish(self) {
        self.state.set(State::Finished);
        self.regs.clear();
        self.frame_object.clear();
        self.handled.clear();
        self.delegate.set(0);
    }

    /// Pushes the frame for running on; the value sent goes to the register the yield names.
    fn push(self, on_return: OnReturn) -> PyResult<&'static Frame> {
        let stack = &thread::current().stack;
        let code = self.code();
        let new = NewFrame {
            code,
            func: self.func.get(),
            globals: self.globals.get_as::<Dict>().expect("globals"),
            builtins: self.builtins.value(),
            base: stack.free(),
            filled: code.nregs(),
        };
        let regs = self.regs.get_as::<Array>().expect("registers");
        let frame = stack.push(new, 0, on_return)?;
        // SAFETY: the frame has that many registers; nothing has looked at them since it was pushed.
        unsafe { regs.restore_words(frame.regs().as_ptr(), code.nregs()) };
        frame.set(&frame.generator, Some(self.value()));
        if let Some(ns) = self.locals.get() {
            frame.set(&frame.locals, Some(ns));
        }
        frame.set_pc(Pc::new(self.pc.get()));
        if let Some(o) = self.frame_object.get() {
            frame.set(&frame.object, Some(o));
            crate::types::frame::resume(o, frame, stack.depth() - 1);
        }
        Ok(frame)
    }

    /// Pushes the frame for an interpreter loop that goes on in it with `sent`, if there is nothing special about that: the
    /// generator waits for a value, and no exception is being handled. Otherwise it is to be resumed by a call.
    pub(crate) fn push_waiting(
        self,
        sent: Value,
        on_return: OnReturn,
    ) -> PyResult<Option<&'static Frame>> {
        let fresh = match self.state.get() {
            State::Suspended => false,
            State::Created if sent.is_none() => true,
            _ => return Ok(None),
        };
        if self.handled.get().is_some() || !crate::exceptions::nothing_handled() {
            return Ok(None);
        }
        let frame = self.push(on_return)?;
        self.state.set(State::Running);
        if !fresh {
            let yielded = rivet_spec::Insn(Pc::new(self.pc.get()).offset(-1).cache(0));
            frame.regs().set(yielded.a(), sent);
        }
        Ok(Some(frame))
    }

    /// Ends with an exception, as the resumer sees it.
    pub(crate) fn fail(self, exc: Value) -> Value {
        self.finish();
        take(self.convert_stop(restore(exc)))
    }

    /// Resumes with a value, or by raising an exception at the yield.
    pub fn resume(self, input: Result<Value, Value>) -> PyResult<Resumed> {
        if self.state.get() == State::Running {
            return Err(value_error(format!("{} already executing", self.what())));
        }
        if self.state.get() == State::Finished {
            return match input {
                Ok(_) => Ok(Resumed::Returned(Value::NONE)),
                Err(e) => Err(raise_instance_keep(e)),
            };
        }
        let fresh = self.state.get() == State::Created;
        if fresh
            && let Ok(v) = input
            && !v.is_none()
        {
            let text = format!(
                "can't send non-None value to a just-started {}",
                self.what()
            );
            return Err(type_error(text));
        }
        crate::runtime::enter_call()?;
        let frame = match self.push(OnReturn::Exit) {
            Ok(f) => f,
            Err(raised) => {
                crate::runtime::leave_call();
                return Err(raised);
            }
        };
        self.state.set(State::Running);
        let outside = Outside::enter(self.handled.get());
        let input = match (input, fresh) {
            (Ok(_), true) => crate::interp::Input::Start,
            (Ok(v), false) => crate::interp::Input::Send(v),
            (Err(e), _) => {
                self.set_delegate(None);
                if let (Some(h), Some(x)) = (self.handled.get(), e.cast::<Exception>())
                    && h != e
                    && x.context.get().is_none()
                {
                    x.set(&x.context, h);
                }
                crate::interp::Input::Throw(e)
            }
        };
        let r = crate::interp::resume(frame, input);
        outside.leave();
        crate::runtime::leave_call();
        self.outcome(r)
    }

    fn outcome(self, r: PyResult<Value>) -> PyResult<Resumed> {
        match r {
            Ok(v) if self.state.get() == State::Suspended => Ok(Resumed::Yielded(v)),
            Ok(v) => {
                self.finish();
                Ok(Resumed::Returned(v))
            }
            Err(raised) => {
                self.finish();
                Err(self.convert_stop(raised))
            }
        }
    }

    /// PEP 479: StopIteration that leaves a generator becomes RuntimeError.
    fn convert_stop(self, raised: Raised) -> Raised {
        let e = take(raised);
        let kind = self.value().kind();
        let stop = given_matches(e, exc().stop_iteration.value());
        let stop_async =
            kind == Kind::AsyncGenerator && given_matches(e, exc().stop_async_iteration.value());
        if !stop && !stop_async {
            return restore(e);
        }
        let which = if stop {
            "StopIteration"
        } else {
            "StopAsyncIteration"
        };
        let text = format!("{} raised {which}", self.what());
        let make = || -> PyResult<Value> {
            let n = Exception::new(exc().runtime_error, &[str::new(&text)?])?;
            n.set(&n.cause, e);
            n.set(&n.context, e);
            n.set(&n.suppress, Value::TRUE);
            Ok(n.value())
        };
        match make() {
            Ok(n) => restore(n),
            Err(raised) => raised,
        }
    }

    /// What it is called in messages.
    fn what(self) -> &'static str {
        match self.value().kind() {
            Kind::Coroutine => "coroutine",
            Kind::AsyncGenerator => "async generator",
            _ => "generator",
        }
    }

    /// `gi_yieldfrom`, `cr_await`
    pub fn delegate(self) -> Option<Value> {
        let r = self.delegate.get();
        if r == 0 || self.state.get() != State::Suspended {
            return None;
        }
        self.regs.get_as::<Array>()?.get(r as usize - 1)
    }

    /// `send(v)`
    pub fn send(self, v: Value) -> PyResult<Resumed> {
        if self.is_finished() && self.value().kind() == Kind::Coroutine {
            return Err(runtime_error("cannot reuse already awaited coroutine"));
        }
        self.resume(Ok(v))
    }

    /// `throw(e)`: through the sub-iterator, if there is one.
    pub fn throw(self, e: Value) -> PyResult<Resumed> {
        if self.is_running() {
            return Err(value_error(format!("{} already executing", self.what())));
        }
        if self.is_finished() && self.value().kind() == Kind::Coroutine {
            return Err(runtime_error("cannot reuse already awaited coroutine"));
        }
        let Some(sub) = self.delegate() else {
            return self.resume(Err(e));
        };
        if given_matches(e, exc().generator_exit.value()) {
            return match self.in_frame(|| close_iterator(sub))? {
                Ok(()) => self.resume(Err(e)),
                Err(raised) => self.resume(Err(take(raised))),
            };
        }
        match self.in_frame(|| throw_into(sub, e))? {
            Ok(Some(v)) => Ok(Resumed::Yielded(v)),
            Ok(None) => self.resume(Err(e)),
            Err(raised) => {
                let e = take(raised);
                if !given_matches(e, exc().stop_iteration.value()) {
                    return self.resume(Err(e));
                }
                // The sub-iterator returned: its value is the value of the `yield from`.
                let value = e
                    .cast::<Exception>()
                    .and_then(|x| x.field(0).get())
                    .unwrap_or(Value::NONE);
                self.finish_delegation(value)
            }
        }
    }

    /// Runs `f`, which works on the sub-iterator, below the generator's own frame.
    fn in_frame<T>(self, f: impl FnOnce() -> T) -> PyResult<T> {
        let frame = self.push(OnReturn::Exit)?;
        self.state.set(State::Running);
        let r = f();
        self.state.set(State::Suspended);
        self.save(frame);
        if let Some(o) = frame.object.get() {
            self.set(&self.frame_object, o);
            crate::types::frame::suspend(o, self);
            frame.set(&frame.object, None);
        }
        thread::current().stack.pop();
        Ok(r)
    }

    /// Goes on behind the `Send` instruction with the sub-iterator's return value.
    fn finish_delegation(self, value: Value) -> PyResult<Resumed> {
        self.set_delegate(None);
        // The pc stands at the Yield behind a Send; the interpreter finds the Send's exit from it.
        if let Some(exit) = crate::interp::delegation_exit(self.code(), Pc::new(self.pc.get())) {
            let regs = self.regs.get_as::<Array>().expect("registers");
            regs.put(exit.register as usize, value);
            self.pc.set(exit.pc.as_ptr());
            self.state.set(State::Suspended);
            return self.resume_at();
        }
        self.resume(Ok(value))
    }

    /// Runs on from the saved pc without delivering a value.
    fn resume_at(self) -> PyResult<Resumed> {
        crate::runtime::enter_call()?;
        let frame = self.push(OnReturn::Exit);
        let r = frame.and_then(|f| {
            self.state.set(State::Running);
            let outside = Outside::enter(self.handled.get());
            let r = crate::interp::resume(f, crate::interp::Input::Start);
            outside.leave();
            r
        });
        crate::runtime::leave_call();
        self.outcome(r)
    }

    /// `close()`
    pub fn close(self) -> PyResult<()> {
        if self.is_running() {
            return Err(value_error(format!("{} already executing", self.what())));
        }
        if self.state.get() == State::Created {
            self.finish();
            return Ok(());
        }
        if self.is_finished() {
            return Ok(());
        }
        let mut pending = None;
        if let Some(sub) = self.delegate() {
            self.state.set(State::Running);
            if let Err(raised) = close_iterator(sub) {
                pending = Some(take(raised));
            }
            self.state.set(State::Suspended);
        }
        let e = match pending {
            Some(e) => e,
            None => Exception::new(exc().generator_exit, &[])?.value(),
        };
        match self.resume(Err(e)) {
            Ok(Resumed::Yielded(_)) => Err(runtime_error(format!(
                "{} ignored GeneratorExit",
                self.what()
            ))),
            Ok(Resumed::Returned(_)) => Ok(()),
            Err(raised) => match clear_if(raised, exc().generator_exit) {
                Ok(()) => Ok(()),
                Err(raised) => clear_if(raised, exc().stop_iteration),
            },
        }
    }
}

/// Raises an exception again as it is.
fn raise_instance_keep(e: Value) -> Raised {
    raise_instance(e)
}

/// `close()` of a sub-iterator, if it has one.
fn close_iterator(it: Value) -> PyResult<()> {
    if let Some(g) = it.cast::<Generator>()
        && it.kind() != Kind::AsyncGenerator
    {
        return g.close();
    }
    match find_attr(it, name!("close"))? {
        Some(f) => call(f, &[]).map(|_| ()),
        None => Ok(()),
    }
}

/// `throw(e)` into a sub-iterator; None if it has no such method.
fn throw_into(it: Value, e: Value) -> PyResult<Option<Value>> {
    if let Some(g) = it.cast::<Generator>()
        && it.kind() != Kind::AsyncGenerator
    {
        return match g.throw(e)? {
            Resumed::Yielded(v) => Ok(Some(v)),
            Resumed::Returned(v) => Err(stop_iteration(v)),
        };
    }
    match find_attr(it, name!("throw"))? {
        Some(f) => call(f, &[e]).map(Some),
        None => Ok(None),
    }
}

/// Sends a value into an iterator, as `yield from` does.
pub fn send_to(it: Value, v: Value) -> PyResult<Resumed> {
    if let Some(g) = it.cast::<Generator>()
        && it.kind() != Kind::AsyncGenerator
    {
        return g.send(v);
    }
    if v.is_none()
        && let Some(next) = it.type_of().slots().next
    {
        return match next(it) {
            Ok(Some(v)) => Ok(Resumed::Yielded(v)),
            Ok(None) => Ok(Resumed::Returned(take_return_value())),
            Err(raised) => returned(raised),
        };
    }
    match call_method(it, name!("send"), &[v]) {
        Ok(v) => Ok(Resumed::Yielded(v)),
        Err(raised) => returned(raised),
    }
}

fn returned(raised: Raised) -> PyResult<Resumed> {
    let e = take(raised);
    if !given_matches(e, exc().stop_iteration.value()) {
        return Err(restore(e));
    }
    let value = e
        .cast::<Exception>()
        .and_then(|x| x.field(0).get())
        .unwrap_or(Value::NONE);
    Ok(Resumed::Returned(value))
}

// ---- the types ----

fn this(v: Value) -> Gc<Generator> {
    v.cast::<Generator>().expect("a generator")
}

fn yielded_or_stop(r: Resumed) -> PyResult<Value> {
    match r {
        Resumed::Yielded(v) => Ok(v),
        Resumed::Returned(v) => Err(stop_iteration(v)),
    }
}

fn next(v: Value) -> PyResult<Option<Value>> {
    match this(v).send(Value::NONE)? {
        Resumed::Yielded(v) => Ok(Some(v)),
        Resumed::Returned(v) => {
            if !v.is_none() {
                RETURN_VALUE.set(v);
            }
            Ok(None)
        }
    }
}

/// The exception that `throw(type[, value[, tb]])` asks for.
pub fn thrown_exception(args: &[Value]) -> PyResult<Value> {
    check_count("throw", args, 1, 3)?;
    let tb = args.get(2).copied().and_then(Value::not_none);
    if let Some(tb) = tb
        && tb
            .cast::<crate::exceptions::traceback::Traceback>()
            .is_none()
    {
        return Err(type_error(
            "throw() third argument must be a traceback object",
        ));
    }
    let value = args.get(1).copied().and_then(Value::not_none);
    let e = if crate::exceptions::classes::is_exception_class(args[0]) {
        let made = match value {
            Some(v) if protocol::is_instance(v, args[0])? => v,
            Some(v) => match v.cast::<crate::types::tuple::Tuple>() {
                Some(t) => call(args[0], t.items())?,
                None => call(args[0], &[v])?,
            },
            None => call(args[0], &[])?,
        };
        if made.cast::<Exception>().is_none() {
            // That error is what is thrown in.
            return Ok(take(not_an_instance(args[0], made)));
        }
        made
    } else if args[0].cast::<Exception>().is_some() {
        if value.is_some() {
            return Err(type_error(
                "instance exception may not have a separate value",
            ));
        }
        args[0]
    } else {
        let t = args[0].type_of().name_string();
        return Err(type_error(format!(
            "exceptions must be classes or instances deriving from BaseException, not {t}"
        )));
    };
    if let (Some(tb), Some(x)) = (tb, e.cast::<Exception>()) {
        x.set(&x.traceback, tb);
    }
    Ok(e)
}

/// Calling the class gave something else than an exception.
fn not_an_instance(class: Value, made: Value) -> Raised {
    let class = class
        .cast::<Type>()
        .map_or_else(String::new, |t| t.name_string());
    let made = made.type_of().name_string();
    type_error(format!(
        "calling {class} should have returned an instance of BaseException, not {made}"
    ))
}

fn method_throw(v: Value, args: &[Value]) -> PyResult<Value> {
    let e = thrown_exception(args)?;
    yielded_or_stop(this(v).throw(e)?)
}

fn name_setter(v: Value, new: Option<Value>, attr: &str) -> PyResult<()> {
    match new {
        Some(n) if n.cast::<Str>().is_some() => {
            let g = this(v);
            g.set(
                if attr == "__name__" {
                    &g.name
                } else {
                    &g.qualname
                },
                n,
            );
            Ok(())
        }
        _ => Err(type_error(format!("{attr} must be set to a string object"))),
    }
}

fn frame_of(v: Value) -> PyResult<Value> {
    let g = this(v);
    if g.is_finished() {
        return Ok(Value::NONE);
    }
    if let Some(o) = g.frame_object.get() {
        return Ok(o);
    }
    if g.is_running() {
        let stack = &thread::current().stack;
        for i in (0..stack.depth()).rev() {
            if stack.at(i).generator.get() == Some(v) {
                return crate::types::frame::object_at(i).map(Gc::value);
            }
        }
    }
    let o = crate::types::frame::of_generator(g)?;
    g.set(&g.frame_object, o);
    Ok(o)
}

impl Gc<Generator> {
    /// Globals and builtins, for frame objects.
    pub fn globals(self) -> Value {
        self.globals.value()
    }

    /// Register `i` while suspended.
    pub fn register(self, i: usize) -> Option<Value> {
        self.regs.get_as::<Array>()?.get(i)
    }

    /// Stores register `i` while suspended.
    pub fn set_register(self, i: usize, v: Option<Value>) {
        if let Some(regs) = self.regs.get_as::<Array>() {
            regs.put_opt(i, v);
        }
    }

    /// Line of the yield it is suspended at (or its first line).
    pub fn line(self) -> Option<u32> {
        self.code().line_of(self.last_index())
    }

    /// Index of the instruction word it is suspended at.
    pub fn last_index(self) -> usize {
        ((self.pc.get() as usize - self.code().insns_ptr() as usize) / 8).saturating_sub(1)
    }
}

fn repr(v: Value) -> PyResult<Value> {
    let g = this(v);
    let what = match v.kind() {
        Kind::Coroutine => "coroutine",
        Kind::AsyncGenerator => "async_generator",
        _ => "generator",
    };
    let q = g
        .qualname
        .get_as::<Str>()
        .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    str::new(&format!(
        "<{what} object {q} at {:#x}>",
        protocol::identity(v)
    ))
}

fn finalize(v: Value) -> PyResult<()> {
    let g = this(v);
    if v.kind() == Kind::AsyncGenerator
        && let Some(f) = g.finalizer.get()
        && !g.is_finished()
        && !g.is_fresh()
        && g.flags.get() & AG_CLOSED == 0
    {
        call(f, &[v])?;
        return Ok(());
    }
    if v.kind() == Kind::Coroutine && g.is_fresh() {
        crate::builtins::warnings::never_awaited(v);
    }
    g.close()
}

macro_rules! common_getset {
    ($running:literal, $frame:literal, $code:literal, $from:literal, $suspended:literal $(, $more:expr)*) => {
        &[
            GetSet::settable(
                "__name__",
                |v| Ok(this(v).name.value()),
                |v, n| name_setter(v, n, "__name__"),
            ),
            GetSet::settable(
                "__qualname__",
                |v| Ok(this(v).qualname.value()),
                |v, n| name_setter(v, n, "__qualname__"),
            ),
            GetSet::new($running, |v| {
                Ok(Value::bool(
                    this(v).is_running() || this(v).flags.get() & AG_RUNNING != 0,
                ))
            }),
            GetSet::new($frame, frame_of),
            GetSet::new($code, |v| Ok(this(v).code().value())),
            GetSet::new($from, |v| Ok(this(v).delegate().unwrap_or(Value::NONE))),
            GetSet::new($suspended, |v| {
                Ok(Value::bool(this(v).state.get() == State::Suspended))
            }),
            $($more,)*
        ]
    };
}

/// `generator`
pub static SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::WEAKREFABLE,
    methods: &[
        Method::one(
            "send",
            "",
            |v, x| yielded_or_stop(this(v).send(x)?),
            "send(arg) -> send 'arg' into generator,\nreturn next yielded value or raise StopIteration.",
        ),
        Method::fast(
            "throw",
            "",
            method_throw,
            "throw(value)\nthrow(type[,value[,tb]])\n\nRaise exception in generator, return next yielded value or raise\nStopIteration.",
        ),
        Method::noargs(
            "close",
            |v| this(v).close().map(|()| Value::NONE),
            "close() -> raise GeneratorExit inside generator.",
        ),
    ],
    getset: common_getset!(
        "gi_running",
        "gi_frame",
        "gi_code",
        "gi_yieldfrom",
        "gi_suspended"
    ),
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(next);
        s.repr = Some(repr);
        s.finalize = Some(finalize);
    },
    ..TypeSpec::named("generator")
};

/// `coroutine`
pub static COROUTINE: TypeSpec = TypeSpec {
    flags: TypeFlags::WEAKREFABLE,
    methods: &[
        Method::one(
            "send",
            "",
            |v, x| yielded_or_stop(this(v).send(x)?),
            "send(arg) -> send 'arg' into coroutine,\nreturn next iterated value or raise StopIteration.",
        ),
        Method::fast(
            "throw",
            "",
            method_throw,
            "throw(value)\nthrow(type[,value[,traceback]])\n\nRaise exception in coroutine, return next iterated value or raise\nStopIteration.",
        ),
        Method::noargs(
            "close",
            |v| this(v).close().map(|()| Value::NONE),
            "close() -> raise GeneratorExit inside coroutine.",
        ),
    ],
    getset: common_getset!(
        "cr_running",
        "cr_frame",
        "cr_code",
        "cr_await",
        "cr_suspended",
        GetSet::new("cr_origin", |v| {
            Ok(this(v).origin.get().unwrap_or(Value::NONE))
        })
    ),
    slots: |s| {
        s.am_await = Some(|v| {
            let w = Native::new(wrapper_type())?;
            w.put(0, v);
            Ok(w.value())
        });
        s.repr = Some(repr);
        s.finalize = Some(finalize);
    },
    ..TypeSpec::named("coroutine")
};

static WRAPPER: TypeSpec = TypeSpec {
    methods: &[
        Method::one("send", "", |v, x| yielded_or_stop(inner(v).send(x)?), ""),
        Method::fast("throw", "", |v, a| method_throw(inner(v).value(), a), ""),
        Method::noargs("close", |v| inner(v).close().map(|()| Value::NONE), ""),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(|v| next(inner(v).value()));
    },
    ..TypeSpec::named("coroutine_wrapper")
};

fn inner(v: Value) -> Gc<Generator> {
    v.cast::<Native>()
        .and_then(|w| w.get(0))
        .and_then(|c| c.cast::<Generator>())
        .expect("a coroutine wrapper")
}

static WRAPPER_TYPE: Root = Root::new();

fn wrapper_type() -> Gc<Type> {
    WRAPPER_TYPE
        .get()
        .and_then(|t| t.cast::<Type>())
        .expect("made at start-up")
}

/// Makes the helper types.
pub fn init() {
    WRAPPER_TYPE.set(build::native_type(&WRAPPER, 1).value());
    super::async_generator::init();
}

/// `async_generator`
pub static ASYNC: TypeSpec = TypeSpec {
    flags: TypeFlags::WEAKREFABLE,
    methods: &[
        Method::one(
            "asend",
            "",
            super::async_generator::asend,
            "asend(v) -> send 'v' in generator.",
        ),
        Method::fast(
            "athrow",
            "",
            super::async_generator::athrow,
            "athrow(typ[,val[,tb]]) -> raise exception in generator.",
        ),
        Method::noargs(
            "aclose",
            super::async_generator::aclose,
            "aclose() -> raise GeneratorExit inside generator.",
        ),
        crate::types::generic_alias::CLASS_GETITEM,
    ],
    getset: common_getset!(
        "ag_running",
        "ag_frame",
        "ag_code",
        "ag_await",
        "ag_suspended"
    ),
    slots: |s| {
        s.am_aiter = Some(Ok);
        s.am_anext = Some(super::async_generator::anext);
        s.repr = Some(repr);
        s.finalize = Some(finalize);
    },
    ..TypeSpec::named("async_generator")
};

/// `await v`: the iterator to drive. TypeError if it cannot be awaited.
pub fn awaitable_iter(v: Value) -> PyResult<Value> {
    if let Some(g) = v.cast::<Generator>()
        && (v.kind() == Kind::Coroutine
            || (v.kind() == Kind::Generator && g.code().has(flags::CO_ITERABLE_COROUTINE)))
    {
        return Ok(v);
    }
    let Some(f) = v.type_of().slots().am_await else {
        let t = v.type_of().name_string();
        return Err(type_error(format!(
            "object {t} can't be used in 'await' expression"
        )));
    };
    let it = f(v)?;
    if it.kind() == Kind::Coroutine
        || it
            .cast::<Generator>()
            .is_some_and(|g| g.code().has(flags::CO_ITERABLE_COROUTINE))
    {
        return Err(type_error("__await__() returned a coroutine"));
    }
    if it.type_of().slots().next.is_none() {
        let t = it.type_of().name_string();
        return Err(type_error(format!(
            "__await__() returned non-iterator of type '{t}'"
        )));
    }
    Ok(it)
}

/// `cr_origin`: the frames above a new coroutine, as deep as `sys.set_coroutine_origin_tracking_depth` says.
pub fn note_origin(g: Gc<Generator>) -> PyResult<()> {
    let t = thread::current();
    let depth = t.coroutine_origin_depth.get() as usize;
    if depth == 0 {
        return Ok(());
    }
    let mut entries = crate::value::RVec::new();
    let n = t.stack.depth();
    for i in (0..n.saturating_sub(1)).rev().take(depth) {
        let f = t.stack.at(i);
        let line = Value::int(f.line().unwrap_or(0).into());
        let code = f.code();
        entries.push(crate::types::tuple::new(&[
            code.filename.value(),
            line,
            code.name.value(),
        ])?)?;
    }
    g.set(&g.origin, crate::types::tuple::new(&entries)?);
    Ok(())
}
