//! Calls of C functions: by a typed signature where the arguments are exactly of its types, else through the wrapper.
//! Compiled code does the same inline (see `native`).

use std::ffi::c_void;

use super::native::{
    self, Crossing, Effects, ErrorConvention, MAX_PARAMS, Mode, Signature, Target, TypeCode,
    TypedEntry, body, error_pending, mode, take_error_of,
};
use super::native_memory::Memory;
use super::{native_check, native_lease};
use crate::exceptions::{PyResult, Raised, restore, system_error, take};
use crate::types::bytes::Bytes;
use crate::types::int::{self, Int};
use crate::types::str::Str;
use crate::value::{Gc, Value};

/// Whether this platform passes integer and floating-point arguments in two independent register files, so that
/// one call with both files filled serves every signature.
const REGISTER_FILES: bool = cfg!(all(
    unix,
    any(target_arch = "x86_64", target_arch = "aarch64")
));

/// Calls a C function. `me` is the receiver as C sees it, or null (it is looked up where it is needed).
#[inline]
pub fn call(
    target: &'static Target,
    receiver: Value,
    me: *mut c_void,
    args: &[Value],
) -> PyResult<Value> {
    if let Some(entry) = target.typed.get()
        && let Some(result) = typed(target, entry, receiver, me, args)
    {
        return result;
    }
    wrapper(target, receiver, me, args)
}

/// Calls a callable of an extension's own type by its signatures; None: it has none that the arguments fit.
#[inline]
pub fn call_own(callable: Value, args: &[Value]) -> Option<PyResult<Value>> {
    let target = native::own_target(callable)?;
    let first = target.typed.get()?;
    let me = std::ptr::null_mut();
    any_shape(target, first, callable, me, args, || {
        crate::object::call::call(callable, args)
    })
}

/// `call` as a `native::Call0`.
///
/// # Safety
/// That of the type.
pub unsafe extern "C" fn call0(target: *const Target, receiver: u64, me: *mut c_void) -> u64 {
    // SAFETY: by contract.
    unsafe { call_any(target, receiver, me, std::ptr::null(), 0) }
}

/// `call` as a `native::Call1`.
///
/// # Safety
/// That of the type.
pub unsafe extern "C" fn call1(
    target: *const Target,
    receiver: u64,
    me: *mut c_void,
    arg: u64,
) -> u64 {
    // SAFETY: by contract; one word on the stack.
    unsafe { call_any(target, receiver, me, &raw const arg, 1) }
}

/// `call` as a `native::CallAny`.
///
/// # Safety
/// That of the type.
pub unsafe extern "C" fn call_any(
    target: *const Target,
    receiver: u64,
    me: *mut c_void,
    args: *const u64,
    count: usize,
) -> u64 {
    // SAFETY: by contract: a record that lives for good, words of values.
    let (target, args) = unsafe {
        let args = match count {
            0 => &[],
            _ => std::slice::from_raw_parts(args.cast::<Value>(), count),
        };
        (&*target, args)
    };
    let Some(receiver) = Value::from_word(receiver) else {
        let _ = system_error("a native call without a receiver");
        return 0;
    };
    Value::word_of(call(target, receiver, me, args).ok())
}

/// Calls the wrapper.
#[inline]
fn wrapper(
    target: &'static Target,
    receiver: Value,
    me: *mut c_void,
    args: &[Value],
) -> PyResult<Value> {
    let (t, r) = (std::ptr::from_ref(target), receiver.to_word());
    // SAFETY: the boundary's functions take words of values; the slice is live during the call.
    let word = unsafe {
        match *args {
            [] => (target.call0)(t, r, me),
            [a] => (target.call1)(t, r, me, a.to_word()),
            _ => (target.call_any)(t, r, me, args.as_ptr().cast(), args.len()),
        }
    };
    Value::from_word(word).ok_or_else(Raised::pending)
}

/// The result of the first signature that the arguments fit; None: it is the wrapper's turn.
#[inline(always)]
fn typed(
    target: &'static Target,
    first: &'static TypedEntry,
    receiver: Value,
    me: *mut c_void,
    args: &[Value],
) -> Option<PyResult<Value>> {
    // SAFETY: as in `run`.
    match unsafe { common(first, receiver, me, args) } {
        Some(bits) => Some(outcome(target, first, bits)),
        None => any_shape(target, first, receiver, me, args, || {
            wrapper(target, receiver, me, args)
        }),
    }
}

/// The commonest signatures, whose arguments need no memory on the way: the bits of the result.
///
/// # Safety
/// The entry is right about its function. Not for the checking mode.
#[inline(always)]
unsafe fn common(
    entry: &TypedEntry,
    receiver: Value,
    me: *mut c_void,
    args: &[Value],
) -> Option<u64> {
    let given = args.len() + usize::from(entry.signature.has_self());
    if !REGISTER_FILES || mode() != Mode::On || given != entry.signature.count as usize {
        return None;
    }
    prepare(entry);
    let f = entry.function;
    let me = || own_receiver(entry, receiver, me);
    // SAFETY: by contract.
    unsafe {
        let int1 = std::mem::transmute::<*const c_void, Int1>(f);
        let int2 = std::mem::transmute::<*const c_void, Int2>(f);
        let ints = std::mem::transmute::<*const c_void, Int6>(f);
        let float3 = std::mem::transmute::<*const c_void, Float3>(f);
        let self_float = std::mem::transmute::<*const c_void, SelfFloat>(f);
        let code = |n: usize| entry.signature.params[n];
        Some(match (entry.way, args) {
            (Way::Ints, []) => int1(0),
            (Way::Ints, [a]) => int1(word(code(0), *a)?),
            (Way::Ints, [a, b]) => int2(word(code(0), *a)?, word(code(1), *b)?),
            (Way::Ints, _) => {
                let mut w = [0; MAX_PARAMS];
                for (n, &v) in args.iter().enumerate() {
                    w[n] = word(code(n), v)?;
                }
                ints(w[0], w[1], w[2], w[3], w[4], w[5])
            }
            (Way::Floats, []) => float3(0.0, 0.0, 0.0).to_bits(),
            (Way::Floats, [a]) => float3(a.as_exact_float()?, 0.0, 0.0).to_bits(),
            (Way::Floats, [a, b]) => {
                float3(a.as_exact_float()?, b.as_exact_float()?, 0.0).to_bits()
            }
            (Way::Floats, [a, b, c]) => {
                let (a, b, c) = (
                    a.as_exact_float()?,
                    b.as_exact_float()?,
                    c.as_exact_float()?,
                );
                float3(a, b, c).to_bits()
            }
            (Way::Object, [a]) => lent(*a, |object| int1(object))?,
            (Way::Text, [a]) => {
                let text = a.cast_exact::<Str>()?;
                let at = text.as_ascii()?.as_ptr();
                kept(text, int2(at as u64, text.len() as u64))
            }
            (Way::Bytes, [a]) => {
                let bytes = a.cast_exact::<Bytes>()?;
                kept(bytes, int2(bytes.data_ptr() as u64, bytes.len() as u64))
            }
            (Way::Method, []) => int1(me()?),
            (Way::Method, [a]) => int2(me()?, word(code(1), *a)?),
            (Way::FloatMethod, []) => self_float(me()?, 0.0).to_bits(),
            (Way::FloatMethod, [a]) => self_float(me()?, a.as_exact_float()?).to_bits(),
            _ => return None,
        })
    }
}

/// How the interpreter passes the arguments of a signature: the commonest need no memory on the way. As many arguments as
/// parameters are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Way {
    /// Sorted into registers one by one.
    Any,
    /// Ints and truth values; no floating-point result.
    Ints,
    /// Up to three doubles; the result is one.
    Floats,
    /// One object; no floating-point result.
    Object,
    /// One text; no floating-point result.
    Text,
    /// The same of bytes.
    Bytes,
    /// A receiver and at most one int or truth value; no floating-point result.
    Method,
    /// A receiver and at most one double; the result is one.
    FloatMethod,
}

impl Way {
    /// That of a signature.
    pub const fn of(s: &Signature) -> Way {
        use TypeCode::{F32, F64, Object, SelfObject, Utf8};
        let (all, n) = (&s.params, s.count as usize);
        let own = n > 0 && matches!(all[0], SelfObject);
        let (mut ints, mut floats, mut i) = (true, true, own as usize);
        while i < n {
            ints &= is_int_word(all[i]);
            floats &= matches!(all[i], F64);
            i += 1;
        }
        match (s.result, n) {
            (F32, _) => Way::Any,
            (F64, 1 | 2) if own && floats => Way::FloatMethod,
            (F64, 0..=3) if !own && floats => Way::Floats,
            (F64, _) => Way::Any,
            (_, 1 | 2) if own && ints => Way::Method,
            (_, _) if !own && ints => Way::Ints,
            (_, 1) if matches!(all[0], Object) => Way::Object,
            (_, 1) if matches!(all[0], Utf8) => Way::Text,
            (_, 1) if matches!(all[0], TypeCode::Bytes) => Way::Bytes,
            _ => Way::Any,
        }
    }
}

/// Whether values of the type are passed in one integer register and made without help.
const fn is_int_word(code: TypeCode) -> bool {
    code.int_range().is_some() || matches!(code, TypeCode::Bool | TypeCode::Truth)
}

/// The receiver as C sees it, if the entry takes it and it is known already.
#[inline(always)]
fn own_receiver(entry: &TypedEntry, receiver: Value, me: *mut c_void) -> Option<u64> {
    (!me.is_null() && entry.accepts_receiver(receiver)).then_some(me as u64)
}

/// A result that was made while C had the address of an object's contents: the object was on this stack, so it has
/// neither moved nor died.
#[inline(always)]
fn kept<T>(object: Gc<T>, result: u64) -> u64 {
    std::hint::black_box(object);
    result
}

/// What `call` gives for the object of an argument, which lives that long; None if there is no memory for it (nothing is
/// pending).
///
/// # Safety
/// `call` takes the address of an object.
#[inline(always)]
unsafe fn lent(v: Value, call: impl FnOnce(u64) -> u64) -> Option<u64> {
    let crossing = crate::hooks::hooks().crossing.get()?;
    // SAFETY: the value is on this stack; what it began is ended.
    unsafe {
        let object = (crossing.lend)(v.to_word());
        if object.is_null() {
            take(Raised::pending());
            return None;
        }
        let result = call(object as u64);
        std::hint::black_box(v);
        (crossing.give_back)(v.to_word(), object);
        Some(result)
    }
}

/// An int or a truth value that is exactly of the type and has an immediate word.
#[inline(always)]
fn word(code: TypeCode, v: Value) -> Option<u64> {
    match code {
        TypeCode::I64 => v.as_small_int().map(|i| i as u64),
        TypeCode::Bool | TypeCode::Truth => v.as_bool().map(u64::from),
        _ => narrow(code, v).map(|i| i as u64),
    }
}

/// Any signature: the arguments are sorted into registers one by one.
#[inline(never)]
fn any_shape(
    target: &'static Target,
    first: &'static TypedEntry,
    receiver: Value,
    me: *mut c_void,
    args: &[Value],
    wrapper: impl Fn() -> PyResult<Value>,
) -> Option<PyResult<Value>> {
    let mut entry = first;
    loop {
        let mut words = Words::default();
        if entry.accepts_receiver(receiver) {
            if words.fill(entry, receiver, me, args, None) {
                return with_words(target, entry, &words, args, wrapper);
            }
            if words.spans
                && let Some(result) = with_memory(target, entry, receiver, me, args, &wrapper)
            {
                return Some(result);
            }
        }
        entry = entry.overload?;
    }
}

/// A signature with text, bytes or buffers.
#[inline(never)]
fn with_memory(
    target: &'static Target,
    entry: &'static TypedEntry,
    receiver: Value,
    me: *mut c_void,
    args: &[Value],
    wrapper: &dyn Fn() -> PyResult<Value>,
) -> Option<PyResult<Value>> {
    let (mut words, mut memory) = (Words::default(), Memory::default());
    if !words.fill(entry, receiver, me, args, Some(&mut memory)) {
        return None;
    }
    let result = with_words(target, entry, &words, args, wrapper)?;
    Some(memory.end(result))
}

/// The call that the mode asks for.
#[inline(always)]
fn with_words(
    target: &'static Target,
    entry: &'static TypedEntry,
    words: &Words,
    args: &[Value],
    wrapper: impl FnOnce() -> PyResult<Value>,
) -> Option<PyResult<Value>> {
    match mode() {
        Mode::On => Some(run(target, entry, words)),
        Mode::Off => None,
        Mode::Check => Some(native_check::compare(
            target,
            entry,
            args,
            || run(target, entry, words),
            wrapper,
        )),
    }
}

/// Arguments as a C function takes them: what goes into the integer registers and the floating-point ones.
#[derive(Clone, Copy, Default)]
struct Registers {
    ints: [u64; MAX_PARAMS],
    floats: [f64; MAX_PARAMS],
    int_count: usize,
    float_count: usize,
}

/// The arguments of a call.
#[derive(Default)]
struct Words {
    registers: Registers,
    /// Bit n: integer register n holds a value whose object is made for the call.
    objects: u8,
    /// An argument is text, bytes or a buffer.
    spans: bool,
}

impl Words {
    /// Takes the arguments if they are exactly of the entry's types.
    #[inline(always)]
    fn fill(
        &mut self,
        entry: &TypedEntry,
        receiver: Value,
        me: *mut c_void,
        args: &[Value],
        mut memory: Option<&mut Memory>,
    ) -> bool {
        let s = &entry.signature;
        let (mut at, count) = (0, s.count as usize);
        if s.has_self() {
            match self_word(s.params[0], receiver, me) {
                Some(w) => self.int(w),
                None => return false,
            }
            at = 1;
        }
        if args.len() + at > count || args.len() + at < s.defaults_from as usize {
            return false;
        }
        for &v in args {
            let exact = s.params[at] == TypeCode::ExactObject;
            if exact && v.type_of().as_ptr() as u64 != s.defaults[at]
                || !self.take(s.params[at], v, memory.as_deref_mut())
            {
                return false;
            }
            at += 1;
        }
        for i in at..count {
            self.take_default(s, i);
        }
        REGISTER_FILES
    }

    #[inline(always)]
    fn int(&mut self, w: u64) {
        let r = &mut self.registers;
        r.ints[r.int_count] = w;
        r.int_count += 1;
    }

    #[inline(always)]
    fn float(&mut self, f: f64) {
        let r = &mut self.registers;
        r.floats[r.float_count] = f;
        r.float_count += 1;
    }

    /// One argument; false if it is not exactly of this type.
    #[inline(always)]
    fn take(&mut self, code: TypeCode, v: Value, memory: Option<&mut Memory>) -> bool {
        match code {
            TypeCode::I64 => match exact_i64(v) {
                Some(i) => self.int(i as u64),
                None => return false,
            },
            TypeCode::F64 => match v.as_exact_float() {
                Some(f) => self.float(f),
                None => return false,
            },
            TypeCode::F32 => match v.as_exact_float() {
                Some(f) => self.float(single(f as f32)),
                None => return false,
            },
            TypeCode::Bool | TypeCode::Truth => match v.as_bool() {
                Some(b) => self.int(b.into()),
                None => return false,
            },
            TypeCode::Constant => return false,
            TypeCode::Object | TypeCode::ExactObject => {
                self.objects |= 1 << self.registers.int_count;
                self.int(v.to_word());
            }
            code if code.is_span() => {
                self.spans = true;
                let Some((at, len)) = memory.and_then(|m| m.span(code, v)) else {
                    return false;
                };
                self.int(at as u64);
                self.int(len as u64);
            }
            TypeCode::U64 => match exact_u64(v) {
                Some(i) => self.int(i),
                None => return false,
            },
            _ => match narrow(code, v) {
                Some(i) => self.int(i as u64),
                None => return false,
            },
        }
        true
    }

    fn take_default(&mut self, s: &Signature, i: usize) {
        match s.params[i] {
            TypeCode::F64 => self.float(f64::from_bits(s.defaults[i])),
            TypeCode::F32 => self.float(single(f32::from_bits(s.defaults[i] as u32))),
            _ => self.int(s.defaults[i]),
        }
    }
}

/// An `f32` as it lies in a floating-point register: its bits are the low half.
fn single(f: f32) -> f64 {
    f64::from_bits(f.to_bits().into())
}

/// An exact int (no bool, no subclass) that fits.
#[inline(always)]
fn exact_i64(v: Value) -> Option<i64> {
    match v.as_small_int() {
        Some(i) => Some(i),
        None => v.cast_exact::<Int>()?.to_i64(),
    }
}

fn exact_u64(v: Value) -> Option<u64> {
    match v.as_small_int() {
        Some(i) => u64::try_from(i).ok(),
        None => u64::try_from(v.cast_exact::<Int>()?.to_big()).ok(),
    }
}

fn narrow(code: TypeCode, v: Value) -> Option<i64> {
    let i = v.as_small_int()?;
    let (low, high) = code.int_range()?;
    (low..=high).contains(&i128::from(i)).then_some(i)
}

/// The receiver as the signature wants it; None if it has no body in C memory.
#[inline(always)]
fn self_word(code: TypeCode, receiver: Value, me: *mut c_void) -> Option<u64> {
    let object = if me.is_null() { body(receiver) } else { me };
    if object.is_null() {
        return None;
    }
    const HEAD: u64 = 16;
    Some(match code {
        TypeCode::SelfStruct => object as u64 + HEAD,
        _ => object as u64,
    })
}

type Ints = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64, f64, f64, f64, f64, f64, f64) -> u64;
type Floats =
    unsafe extern "C" fn(u64, u64, u64, u64, u64, u64, f64, f64, f64, f64, f64, f64) -> f64;
type Int1 = unsafe extern "C" fn(u64) -> u64;
type Int2 = unsafe extern "C" fn(u64, u64) -> u64;
type SelfFloat = unsafe extern "C" fn(u64, f64) -> f64;
type Int6 = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64) -> u64;
type Float2 = unsafe extern "C" fn(f64, f64) -> f64;
type Float3 = unsafe extern "C" fn(f64, f64, f64) -> f64;

/// Calls the native function and makes its result a value, or its error an exception.
fn run(target: &'static Target, entry: &TypedEntry, words: &Words) -> PyResult<Value> {
    prepare(entry);
    let bits = if words.objects == 0 {
        // SAFETY: the entry says that the function takes these words (the boundary has checked what can be
        // checked: that the address is code, and the number of parameters against the method's convention).
        unsafe { native(target, entry, &words.registers) }?
    } else {
        with_objects(target, entry, words)?
    };
    // Until here the addresses of contents lie on this stack, so their objects do not move.
    std::hint::black_box(words);
    outcome(target, entry, bits)
}

#[inline(always)]
fn prepare(entry: &TypedEntry) {
    if !entry.signature.effects.has(Effects::LEAF) {
        native::act_no_more();
        native_lease::prepare();
    }
}

/// Passes the values that are wanted as objects, and gives them up after the call.
fn with_objects(target: &'static Target, entry: &TypedEntry, words: &Words) -> PyResult<u64> {
    let crossing = boundary()?;
    let mut now = words.registers;
    for i in (0..now.int_count).filter(|i| words.objects >> i & 1 == 1) {
        // SAFETY: the word is a value's; the reference is given up below.
        let object = unsafe { (crossing.new_ref)(now.ints[i]) };
        if object.is_null() {
            release(crossing, &now, words.objects & ((1 << i) - 1));
            return Err(Raised::pending());
        }
        now.ints[i] = object as u64;
    }
    // SAFETY: as in `run`; objects are live references.
    let bits = unsafe { native(target, entry, &now) }.map_err(take);
    release(crossing, &now, words.objects);
    bits.map_err(restore)
}

fn release(crossing: &Crossing, words: &Registers, objects: u8) {
    for i in (0..words.int_count).filter(|i| objects >> i & 1 == 1) {
        // SAFETY: `with_objects` made the reference.
        unsafe { (crossing.release)(words.ints[i] as *mut c_void) };
    }
}

fn boundary() -> PyResult<&'static Crossing> {
    crate::hooks::hooks()
        .crossing
        .get()
        .ok_or_else(|| system_error("no C boundary is installed"))
}

/// The call, watched in the checking mode.
///
/// # Safety
/// As `raw`.
#[inline(always)]
unsafe fn native(target: &'static Target, entry: &TypedEntry, words: &Registers) -> PyResult<u64> {
    // SAFETY: by contract.
    let call = || unsafe { raw(entry, words) };
    if mode() == Mode::Check {
        return native_check::watched(target, entry, call);
    }
    Ok(call())
}

/// The call itself: the bits of the result, a floating-point one as its bits.
///
/// # Safety
/// The native function takes these words.
#[inline(always)]
unsafe fn raw(entry: &TypedEntry, words: &Registers) -> u64 {
    let (f, w, x) = (entry.function, &words.ints, &words.floats);
    let result_is_float = entry.signature.result.is_float();
    // SAFETY: by contract; further registers than the function reads do not matter to it.
    unsafe {
        match (words.int_count, words.float_count, result_is_float) {
            (1, 0, false) => std::mem::transmute::<*const c_void, Int1>(f)(w[0]),
            (1, 1, true) => {
                std::mem::transmute::<*const c_void, SelfFloat>(f)(w[0], x[0]).to_bits()
            }
            (0, 1 | 2, true) => {
                std::mem::transmute::<*const c_void, Float2>(f)(x[0], x[1]).to_bits()
            }
            (_, _, false) => std::mem::transmute::<*const c_void, Ints>(f)(
                w[0], w[1], w[2], w[3], w[4], w[5], x[0], x[1], x[2], x[3], x[4], x[5],
            ),
            (_, _, true) => std::mem::transmute::<*const c_void, Floats>(f)(
                w[0], w[1], w[2], w[3], w[4], w[5], x[0], x[1], x[2], x[3], x[4], x[5],
            )
            .to_bits(),
        }
    }
}

/// The value of the result's bits, or the exception that the convention says there is.
#[inline(always)]
fn outcome(target: &'static Target, entry: &TypedEntry, bits: u64) -> PyResult<Value> {
    let s = &entry.signature;
    let bits = s.result.extend(bits);
    if s.may_be_error(bits) && (error_pending() || s.error == ErrorConvention::Nonzero) {
        return Err(no_result(target, entry));
    }
    if s.error == ErrorConvention::Nonzero {
        return Ok(Value::NONE);
    }
    Ok(match s.result {
        TypeCode::I64 => Value::int(bits as i64),
        TypeCode::F64 => Value::float(f64::from_bits(bits)),
        TypeCode::F32 => Value::float(f32::from_bits(bits as u32).into()),
        TypeCode::U64 => int::from_u64(bits),
        TypeCode::Bool | TypeCode::Truth => Value::bool(bits != 0),
        TypeCode::Object => return object(target, entry, bits),
        TypeCode::Void | TypeCode::SelfObject | TypeCode::SelfStruct => Value::NONE,
        _ => Value::int(bits as i64),
    })
}

fn object(target: &'static Target, entry: &TypedEntry, bits: u64) -> PyResult<Value> {
    if bits == 0 {
        return Err(no_result(target, entry));
    }
    let crossing = boundary()?;
    // SAFETY: the signature says that the result is a new reference.
    let word = unsafe { (crossing.take)(bits as *mut c_void) };
    Value::from_word(word).ok_or_else(Raised::pending)
}

/// What a function that gave no result has raised; it has to have raised something.
#[cold]
pub fn no_result(target: &'static Target, entry: &TypedEntry) -> Raised {
    match error_pending() {
        true => take_error_of(entry),
        false => no_exception(target),
    }
}

#[cold]
fn no_exception(target: &'static Target) -> Raised {
    let name = target.method.get().map_or("?", |m| m.name);
    system_error(format!(
        "<built-in function {name}> returned NULL without setting an exception"
    ))
}
