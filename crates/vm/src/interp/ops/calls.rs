//! Calls. A call of a Python function whose arguments fit pushes a frame over the call window and goes on in
//! the same loop; everything else is a Rust call.

use rivet_spec::{Insn, flags};

use super::super::dispatch::State;
use crate::exceptions::{PyResult, type_error};
use crate::frames::{Frame, NewFrame, OnReturn};
use crate::name;
use crate::object::attr::generic_getattr;
use crate::object::call::{call_kw as call_any, call_tuple_dict};
use crate::object::lookup::type_lookup;
use crate::object::member::MethodDescr;
use crate::object::{Type, TypeFlags, instance};
use crate::types::builtin::invoke;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::{self, Function};
use crate::types::method::{BoundMethod, Builtin};
use crate::types::tuple::Tuple;
use crate::types::{native, native_call};
use crate::value::{Gc, Value, layout};

/// Cache words of the call instructions.
const CACHES: isize = 2;

/// `c = a(a+2 …)`
#[inline(always)]
pub(in crate::interp) fn call(st: &mut State, insn: Insn) -> PyResult<()> {
    let callee = st.regs.get(insn.a());
    st.save();
    window(st, insn, callee, insn.a() + 2, insn.b() as usize)
}

/// `c = a(a+1, a+2 …)`, or without the receiver if it is null.
#[inline(always)]
pub(in crate::interp) fn call_method(st: &mut State, insn: Insn) -> PyResult<()> {
    let callee = st.regs.get(insn.a());
    st.save();
    if st.regs.word(insn.a() + 1) == 0 {
        window(st, insn, callee, insn.a() + 2, insn.b() as usize)
    } else {
        window(st, insn, callee, insn.a() + 1, insn.b() as usize + 1)
    }
}

/// Calls `callee` with the registers `first..first+n`.
#[inline(always)]
fn window(st: &mut State, insn: Insn, callee: Value, first: u16, n: usize) -> PyResult<()> {
    if callee.is_ref() {
        let id = callee.layout_id();
        if id == layout::FUNCTION {
            let f = callee.cast_exact::<Function>().expect("checked");
            return python(st, insn, f, first, n);
        }
        if id == layout::METHOD
            && first == insn.a() + 2
            && let Some(m) = callee.cast_exact::<BoundMethod>()
            && let Some(f) = m.func.get_as::<Function>()
        {
            st.regs.set(insn.a() + 1, m.receiver.value());
            return python(st, insn, f, insn.a() + 1, n + 1);
        }
        if id == layout::BUILTIN {
            let b = callee.cast_exact::<Builtin>().expect("checked");
            return finish(st, insn, builtin(b, st.regs.slice(first, n))?);
        }
        if id == layout::METHOD_DESCR {
            let d = callee.cast_exact::<MethodDescr>().expect("checked");
            return finish(st, insn, method_descr(d, st.regs.slice(first, n))?);
        }
    }
    slow(st, insn, callee, first, n)
}

/// Stores the result of a call that is over.
#[inline(always)]
fn finish(st: &mut State, insn: Insn, v: Value) -> PyResult<()> {
    st.regs.set(insn.c(), v);
    st.pc = st.pc.offset(CACHES);
    Ok(())
}

/// A builtin function with its receiver.
#[inline(never)]
fn builtin(b: Gc<Builtin>, args: &[Value]) -> PyResult<Value> {
    let m = b.method();
    match m.native {
        Some(target) => {
            native_call::call(target, b.receiver.value(), native::receiver_mirror(b), args)
        }
        None => invoke(m, b.receiver.value(), args, None),
    }
}

/// A method of a builtin or C type; the first argument is the receiver.
#[inline(never)]
fn method_descr(d: Gc<MethodDescr>, args: &[Value]) -> PyResult<Value> {
    match args {
        [receiver, rest @ ..] if receiver.type_of().is_subtype(d.owner_type()) => {
            let m = d.method.get();
            match m.native {
                Some(target) => native_call::call(target, *receiver, native::body(*receiver), rest),
                None => invoke(m, *receiver, rest, None),
            }
        }
        _ => call_any(d.value(), args, None),
    }
}

/// Pushes the frame of a Python function over the window.
#[inline(always)]
fn python(st: &mut State, insn: Insn, f: Gc<Function>, first: u16, n: usize) -> PyResult<()> {
    let code = f.code();
    if !code.simple.get() || n != code.argcount.get() as usize {
        return python_bind(st, insn, f, first, n);
    }
    let new = NewFrame {
        code,
        func: Some(f.value()),
        globals: f.globals(),
        builtins: f.builtins.value(),
        base: st.regs.window(first).as_ptr(),
        filled: n,
    };
    let frame = st.thread.stack.push(new, insn.c(), OnReturn::Register)?;
    st.load(frame);
    Ok(())
}

/// The same with defaults, `*args` and the like: the arguments are bound into the new frame's registers.
#[inline(never)]
fn python_bind(st: &mut State, insn: Insn, f: Gc<Function>, first: u16, n: usize) -> PyResult<()> {
    let code = f.code();
    let window = st.regs.window(first);
    if code.simple.get()
        && let Some(missing) = (code.argcount.get() as usize).checked_sub(n)
        && let Some(d) = f.defaults.get_as::<Tuple>()
        && missing <= d.len()
        && n + missing <= 200
    {
        return defaults(st, insn, f, first, n, d);
    }
    let args = crate::value::RVec::from_slice(st.regs.slice(first, n))?;
    let new = NewFrame {
        code,
        func: Some(f.value()),
        globals: f.globals(),
        builtins: f.builtins.value(),
        base: window.as_ptr(),
        filled: 0,
    };
    let frame = st.thread.stack.push(new, insn.c(), OnReturn::Register)?;
    if let Err(raised) = function::bind(f, &args, None, frame.regs()) {
        st.thread.stack.pop();
        return Err(raised);
    }
    st.load(frame);
    Ok(())
}

/// Missing trailing arguments come from the defaults.
fn defaults(
    st: &mut State,
    insn: Insn,
    f: Gc<Function>,
    first: u16,
    n: usize,
    d: Gc<Tuple>,
) -> PyResult<()> {
    let code = f.code();
    let argc = code.argcount.get() as usize;
    let new = NewFrame {
        code,
        func: Some(f.value()),
        globals: f.globals(),
        builtins: f.builtins.value(),
        base: st.regs.window(first).as_ptr(),
        filled: n,
    };
    let frame = st.thread.stack.push(new, insn.c(), OnReturn::Register)?;
    let items = d.items();
    for i in n..argc {
        frame.regs().set(i as u16, items[items.len() - (argc - i)]);
    }
    st.load(frame);
    Ok(())
}

/// Callables that are no Python functions.
#[inline(never)]
fn slow(st: &mut State, insn: Insn, callee: Value, first: u16, n: usize) -> PyResult<()> {
    if let Some(ty) = callee.cast::<Type>()
        && let Some(init) = plain_class(ty)
    {
        return instantiate(st, insn, ty, init, first, n);
    }
    let args = st.regs.slice(first, n);
    let v = match native_call::call_own(callee, args) {
        Some(v) => v?,
        None => call_any(callee, args, None)?,
    };
    finish(st, insn, v)
}

/// `__init__` of a class made by `class`, with `object.__new__` and the plain metaclass.
pub(in crate::interp) fn plain_class(ty: Gc<Type>) -> Option<Gc<Function>> {
    if ty.value().layout_id() != layout::TYPE
        || !ty.has(TypeFlags::HEAPTYPE)
        || ty.has(TypeFlags::IS_ABSTRACT)
    {
        return None;
    }
    let object = crate::runtime::types().object;
    if ty.slots().new.map(|f| f as usize) != object.slots().new.map(|f| f as usize)
        || ty.kind() != layout::Kind::Object
    {
        return None;
    }
    let init = type_lookup(ty, name!("__init__"))?.cast_exact::<Function>()?;
    if ty
        .slots()
        .getattro
        .is_some_and(|f| f as usize == generic_getattr as *const () as usize)
        || ty.slots().getattro.is_none()
    {
        Some(init)
    } else {
        // `__getattr__` and the like do not matter for construction.
        Some(init)
    }
}

/// Makes an instance and runs `__init__` in the same loop.
fn instantiate(
    st: &mut State,
    insn: Insn,
    ty: Gc<Type>,
    init: Gc<Function>,
    first: u16,
    n: usize,
) -> PyResult<()> {
    let obj = instance::allocate(ty, 0)?;
    // The window gains a receiver: the slot before the first argument is free.
    debug_assert!(first > insn.a());
    if first != insn.a() + 2 {
        let v = call_any(ty.value(), st.regs.slice(first, n), None)?;
        st.regs.set(insn.c(), v);
        st.pc = st.pc.offset(CACHES);
        return Ok(());
    }
    // The instance waits in the callee's register, which stays the caller's.
    st.regs.set(insn.a(), obj);
    st.regs.set(insn.a() + 1, obj);
    let before = st.thread.stack.depth();
    python(st, insn, init, insn.a() + 1, n + 1)?;
    debug_assert_eq!(st.thread.stack.depth(), before + 1);
    st.frame.set_on_return(OnReturn::Init);
    st.frame.dst.set(insn.a());
    Ok(())
}

/// A call with keywords.
pub(in crate::interp) fn call_kw(st: &mut State, insn: Insn) -> PyResult<()> {
    st.save();
    let callee = st.regs.get(insn.a());
    let n = insn.b() as usize;
    let names = st.regs.get(insn.a() + 2 + insn.b()).cast::<Tuple>();
    let receiver = insn.d() & 1 == 1 && st.regs.word(insn.a() + 1) != 0;
    let (first, n) = if receiver {
        (insn.a() + 1, n + 1)
    } else {
        (insn.a() + 2, n)
    };
    if let Some(f) = callee.cast_exact::<Function>() {
        return python_kw(st, insn, f, first, n, names);
    }
    let v = call_any(callee, st.regs.slice(first, n), names)?;
    st.regs.set(insn.c(), v);
    st.pc = st.pc.offset(CACHES);
    Ok(())
}

fn python_kw(
    st: &mut State,
    insn: Insn,
    f: Gc<Function>,
    first: u16,
    n: usize,
    names: Option<Gc<Tuple>>,
) -> PyResult<()> {
    let args = crate::value::RVec::from_slice(st.regs.slice(first, n))?;
    let new = NewFrame {
        code: f.code(),
        func: Some(f.value()),
        globals: f.globals(),
        builtins: f.builtins.value(),
        base: st.thread.stack.free(),
        filled: 0,
    };
    let frame = st.thread.stack.push(new, insn.c(), OnReturn::Register)?;
    if let Err(raised) = function::bind(f, &args, names, frame.regs()) {
        st.thread.stack.pop();
        return Err(raised);
    }
    st.load(frame);
    Ok(())
}

/// `c = a(*a+2, **a+3)`
pub(in crate::interp) fn call_ex(st: &mut State, insn: Insn) -> PyResult<()> {
    st.save();
    let callee = st.regs.get(insn.a());
    let args = st
        .regs
        .get(insn.a() + 2)
        .cast::<Tuple>()
        .ok_or_else(|| type_error("argument list must be a tuple"))?;
    let kwargs = st.regs.get_opt(insn.a() + 3).and_then(|k| k.cast::<Dict>());
    let v = if insn.d() & 1 == 1 && st.regs.word(insn.a() + 1) != 0 {
        let mut all = crate::value::RVec::with_capacity(args.len() + 1)?;
        all.push(st.regs.get(insn.a() + 1))?;
        all.extend(args.items())?;
        call_tuple_dict(callee, &all, kwargs)?
    } else {
        call_tuple_dict(callee, args.items(), kwargs)?
    };
    st.regs.set(insn.c(), v);
    Ok(())
}

/// `a = function …`
pub(in crate::interp) fn make_function(frame: &Frame, insn: Insn) -> PyResult<Value> {
    let code = frame
        .code()
        .constant(insn.b())
        .cast::<Code>()
        .expect("a code constant");
    let f = Function::new(code, frame.globals(), frame.builtins())?;
    let (regs, mut at) = (frame.regs(), insn.c());
    for (flag, slot) in [
        (flags::MAKE_DEFAULTS, &f.defaults),
        (flags::MAKE_KWDEFAULTS, &f.kwdefaults),
        (flags::MAKE_ANNOTATIONS, &f.annotations),
        (flags::MAKE_CLOSURE, &f.closure),
    ] {
        if insn.d() & flag != 0 {
            f.set(slot, regs.get(at));
            at += 1;
        }
    }
    Ok(f.value())
}
