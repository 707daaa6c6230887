//! Calls of C functions from Python: method definitions become builtin functions of the runtime.

use std::cell::Cell;
use std::ffi::c_void;
use std::mem::MaybeUninit;

use rivet_vm::exceptions::{Exception, PyResult, Raised, exc, system_error, type_error};
use rivet_vm::object::args::LazySignature;
use rivet_vm::object::spec::{Binding, Conv, Method};
use rivet_vm::thread;
use rivet_vm::types::builtin::function_name;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::native::{self, Call0, Call1, CallAny, Convention, Crossing, Mode, Target};
use rivet_vm::types::native_call;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

use crate::boundary::to_c::{argument_tuple, release_tuple};
use crate::boundary::{decref, fast, links, new_ref, singleton, steal, temporary};
use crate::errors::text;
use crate::layout::{
    METH_CLASS, METH_COEXIST, METH_FASTCALL, METH_KEYWORDS, METH_METHOD, METH_NOARGS, METH_O,
    METH_STATIC, METH_VARARGS, PyMethodDef, PyTypeObject, Ref,
};
use crate::typed::METH_TYPED;
use crate::{check, memory, types};

/// Arguments that go in an array on the stack.
const INLINE: usize = 8;

/// The docstring behind `name(signature)\n--\n\n`.
pub fn doc_body(doc: &str) -> &str {
    doc.split_once("\n--\n\n").map_or(doc, |p| p.1)
}

fn signature_of(doc: &str, name: &str) -> &'static str {
    match doc.split_once("\n--\n\n") {
        Some((head, _)) if head.starts_with(name) => {
            Box::leak(head[name.len()..].to_owned().into_boxed_str())
        }
        _ => "",
    }
}

/// The record of a method that wants to know the class it was found in.
#[repr(C)]
struct ClassTarget {
    target: Target,
    class: *mut PyTypeObject,
}

/// The C definition behind a method, if it is a C function's.
pub fn definition_of(m: &'static Method) -> Option<*mut PyMethodDef> {
    m.native.map(|t| t.definition as *mut PyMethodDef)
}

/// What has to be done before C code runs: dead mirrors are deallocated, lists it can see are brought up to date.
#[inline(always)]
pub fn enter() {
    native::act_no_more();
    links::drain();
    crate::list::before_c();
}

/// As `method`, for a method that an extension's type defines.
///
/// # Safety
/// `def` is a method definition that lives for good, `class` a type or null.
pub unsafe fn method_of(
    def: *mut PyMethodDef,
    class: *mut PyTypeObject,
) -> PyResult<&'static Method> {
    // SAFETY: by contract.
    unsafe {
        let m = method(def)?;
        if (*def).flags & METH_METHOD == 0 {
            return Ok(m);
        }
        let plain = m.native.expect("methods of this boundary have a target");
        let with_class: &'static ClassTarget = Box::leak(Box::new(ClassTarget {
            target: Target {
                function: plain.function,
                convention: Convention::Method,
                flags: plain.flags,
                typed: Cell::new(None),
                call0,
                call1,
                call_any,
                definition: plain.definition,
                method: Cell::new(None),
            },
            class,
        }));
        let new: &'static Method = Box::leak(Box::new(Method {
            name: m.name,
            signature: LazySignature::new(signature_of(&text((*def).doc), m.name)),
            doc: m.doc,
            conv: Conv::Foreign(invoke),
            binding: m.binding,
            native: Some(&with_class.target),
        }));
        with_class.target.method.set(Some(new));
        Ok(new)
    }
}

type WithClass = unsafe extern "C" fn(Ref, *mut PyTypeObject, *const Ref, isize, Ref) -> Ref;

/// Calls a METH_METHOD function with references at hand.
///
/// # Safety
/// The target is of that convention; the arguments are live objects.
pub unsafe fn with_class(target: &Target, me: Ref, args: *const Ref, n: isize, names: Ref) -> Ref {
    let target = std::ptr::from_ref(target).cast::<ClassTarget>();
    // SAFETY: targets of this convention are parts of that record; the function has the type its flags declare.
    unsafe {
        let f = std::mem::transmute::<*const c_void, WithClass>((*target).target.function);
        f(me, (*target).class, args, n, names)
    }
}

/// `METH_METHOD`: the defining class goes along.
unsafe fn call_with_class(target: &Target, me: Ref, args: &[Value], kw: Option<Gc<Tuple>>) -> Ref {
    // SAFETY: by the caller's contract; all references are ours and released here.
    unsafe {
        let refs: Vec<Ref> = args.iter().map(|&a| new_ref(a)).collect();
        let names = kw.map_or(std::ptr::null_mut(), |k| new_ref(k.value()));
        let n = (args.len() - kw.map_or(0, |k| k.len())) as isize;
        let r = with_class(target, me, refs.as_ptr(), n, names);
        refs.iter().for_each(|&a| decref(a));
        crate::boundary::xdecref(names);
        r
    }
}

/// The runtime's declaration of a C method; it lives for good, as the definition does.
///
/// # Safety
/// `def` is a method definition that lives for good.
pub unsafe fn method(def: *mut PyMethodDef) -> PyResult<&'static Method> {
    // SAFETY: by contract.
    let (name, doc, flags) = unsafe { (text((*def).name), text((*def).doc), (*def).flags) };
    // The flag of typed methods does not change the calling convention.
    let known = METH_VARARGS
        | METH_KEYWORDS
        | METH_NOARGS
        | METH_O
        | METH_CLASS
        | METH_STATIC
        | METH_FASTCALL
        | METH_METHOD
        | METH_COEXIST
        | METH_TYPED as i32;
    if flags & !known != 0 {
        return Err(rivet_vm::exceptions::not_implemented_error(format!(
            "{name}: method flags {flags:#x} are not supported yet"
        )));
    }
    let Some(convention) = convention_of(flags) else {
        return Err(system_error(format!("{name}() method: bad call flags")));
    };
    let binding = match flags & (METH_CLASS | METH_STATIC) {
        METH_CLASS => Binding::Class,
        METH_STATIC => Binding::Static,
        _ => Binding::Instance,
    };
    // SAFETY: by contract.
    let function = unsafe { (*def).meth };
    let (call0, call1, call_any) = callers(convention);
    let target: &'static Target = Box::leak(Box::new(Target {
        function,
        convention,
        flags: flags as u32,
        typed: Cell::new(None),
        call0,
        call1,
        call_any,
        definition: def as usize,
        method: Cell::new(None),
    }));
    let m: &'static Method = Box::leak(Box::new(Method {
        name: Box::leak(name.clone().into_boxed_str()),
        signature: LazySignature::new(signature_of(&doc, &name)),
        doc: Box::leak(doc_body(&doc).to_owned().into_boxed_str()),
        conv: Conv::Foreign(called),
        binding,
        native: Some(target),
    }));
    target.method.set(Some(m));
    crate::typed::register(target);
    Ok(m)
}

fn convention_of(flags: i32) -> Option<Convention> {
    let shape =
        flags & (METH_VARARGS | METH_KEYWORDS | METH_NOARGS | METH_O | METH_FASTCALL | METH_METHOD);
    const VARARGS_KEYWORDS: i32 = METH_VARARGS | METH_KEYWORDS;
    const FAST_KEYWORDS: i32 = METH_FASTCALL | METH_KEYWORDS;
    const WITH_CLASS: i32 = METH_METHOD | FAST_KEYWORDS;
    Some(match shape {
        METH_NOARGS => Convention::NoArgs,
        METH_O => Convention::One,
        METH_FASTCALL => Convention::Fast,
        FAST_KEYWORDS => Convention::FastKeywords,
        METH_VARARGS => Convention::VarArgs,
        VARARGS_KEYWORDS => Convention::VarArgsKeywords,
        WITH_CLASS => Convention::Method,
        _ => return None,
    })
}

type NoArgs = unsafe extern "C" fn(Ref, Ref) -> Ref;
type Keywords = unsafe extern "C" fn(Ref, Ref, Ref) -> Ref;
type Fast = unsafe extern "C" fn(Ref, *const Ref, isize) -> Ref;
type FastKeywords = unsafe extern "C" fn(Ref, *const Ref, isize, Ref) -> Ref;

/// See `native::CallAny`.
unsafe extern "C" fn call_any(
    target: *const Target,
    receiver: u64,
    _me: *mut c_void,
    args: *const u64,
    count: usize,
) -> u64 {
    // SAFETY: by the contract of the type: a record that lives for good, words of values.
    let (m, receiver, args) = unsafe {
        let args = if count == 0 {
            &[]
        } else {
            std::slice::from_raw_parts(args.cast::<Value>(), count)
        };
        ((*target).method.get(), Value::from_word(receiver), args)
    };
    let (Some(m), Some(receiver)) = (m, receiver) else {
        let _ = system_error("a native call without a method or a receiver");
        return 0;
    };
    Value::word_of(invoke(m, receiver, args, None).ok())
}

/// See `native::Call0`; for conventions that are not called inline.
unsafe extern "C" fn call0(target: *const Target, receiver: u64, me: *mut c_void) -> u64 {
    // SAFETY: by contract.
    unsafe { call_any(target, receiver, me, std::ptr::null(), 0) }
}

/// See `native::Call1`; for conventions that are not called inline.
unsafe extern "C" fn call1(target: *const Target, receiver: u64, me: *mut c_void, arg: u64) -> u64 {
    // SAFETY: by contract; one word on the stack.
    unsafe { call_any(target, receiver, me, &raw const arg, 1) }
}

/// `call0` of a METH_NOARGS function.
unsafe extern "C" fn noargs0(target: *const Target, receiver: u64, me: *mut c_void) -> u64 {
    // SAFETY: by contract; the function has the type of its convention.
    unsafe {
        let Some(me) = ready(me) else {
            return call0(target, receiver, me);
        };
        let f = std::mem::transmute::<*const c_void, NoArgs>((*target).function);
        outcome(target, f(me, std::ptr::null_mut()))
    }
}

/// `call1` of a METH_O function.
unsafe extern "C" fn one1(target: *const Target, receiver: u64, me: *mut c_void, arg: u64) -> u64 {
    // SAFETY: by contract; the function has the type of its convention.
    unsafe {
        let (Some(me), Some(arg)) = (ready(me), Value::from_word(arg)) else {
            return call1(target, receiver, me, arg);
        };
        let f = std::mem::transmute::<*const c_void, NoArgs>((*target).function);
        let Some(i) = arg.as_small_int() else {
            return one_other(target, me, arg);
        };
        let a = fast::shared_int(i);
        if a.is_null() {
            return no_argument();
        }
        let r = f(me, a);
        fast::give_up_int(a);
        outcome(target, r)
    }
}

/// Calls a METH_O function with anything but a small int.
#[inline(never)]
unsafe fn one_other(target: *const Target, me: Ref, arg: Value) -> u64 {
    // SAFETY: as in `one1`.
    unsafe {
        let f = std::mem::transmute::<*const c_void, NoArgs>((*target).function);
        let a = temporary::begin(arg);
        if a.is_null() {
            return no_argument();
        }
        let r = f(me, a);
        temporary::end(arg, a);
        outcome(target, r)
    }
}

/// `call0` of a METH_FASTCALL function.
unsafe extern "C" fn fast0(target: *const Target, receiver: u64, me: *mut c_void) -> u64 {
    // SAFETY: by contract.
    unsafe { fast_any(target, receiver, me, std::ptr::null(), 0) }
}

/// `call1` of a METH_FASTCALL function.
unsafe extern "C" fn fast1(target: *const Target, receiver: u64, me: *mut c_void, arg: u64) -> u64 {
    // SAFETY: by contract; one word on the stack.
    unsafe { fast_any(target, receiver, me, &raw const arg, 1) }
}

/// `call_any` of a METH_FASTCALL function, with or without METH_KEYWORDS.
unsafe extern "C" fn fast_any(
    target: *const Target,
    receiver: u64,
    me: *mut c_void,
    args: *const u64,
    count: usize,
) -> u64 {
    // SAFETY: by contract; the function has the type of its convention.
    unsafe {
        let me = match ready(me) {
            Some(me) if count <= INLINE => me,
            _ => return call_any(target, receiver, me, args, count),
        };
        let values = if count == 0 {
            &[]
        } else {
            std::slice::from_raw_parts(args.cast::<Value>(), count)
        };
        let mut array = [const { MaybeUninit::<Ref>::uninit() }; INLINE];
        // `values` are registers of a frame, whose objects may move; temporary arguments must not.
        let mut kept = [const { MaybeUninit::<Value>::uninit() }; INLINE];
        for (i, &v) in values.iter().enumerate() {
            kept[i].write(v);
            let a = temporary::begin(v);
            if a.is_null() {
                end_all(&array[..i], &kept);
                return no_argument();
            }
            array[i].write(a);
        }
        let (f, first) = ((*target).function, array.as_ptr().cast::<Ref>());
        let n = count as isize;
        let r = if (*target).convention == Convention::Fast {
            std::mem::transmute::<*const c_void, Fast>(f)(me, first, n)
        } else {
            std::mem::transmute::<*const c_void, FastKeywords>(f)(
                me,
                first,
                n,
                std::ptr::null_mut(),
            )
        };
        end_all(&array[..count], &kept);
        outcome(target, r)
    }
}

#[inline(always)]
unsafe fn end_all(array: &[MaybeUninit<Ref>], values: &[MaybeUninit<Value>]) {
    for (a, v) in array.iter().zip(values) {
        // SAFETY: callers pass what `begin` gave for these values, as many of both.
        unsafe { temporary::end(v.assume_init(), a.assume_init()) };
    }
}

/// `call_any` of a METH_VARARGS function, with or without METH_KEYWORDS.
unsafe extern "C" fn tuple_any(
    target: *const Target,
    receiver: u64,
    me: *mut c_void,
    args: *const u64,
    count: usize,
) -> u64 {
    // SAFETY: by contract; the function has the type of its convention, and takes a null for no keywords.
    unsafe {
        let Some(me) = ready(me).filter(|_| count > 0) else {
            return call_any(target, receiver, me, args, count);
        };
        let t = argument_tuple(std::slice::from_raw_parts(args.cast::<Value>(), count));
        if t.is_null() {
            return no_argument();
        }
        let f = std::mem::transmute::<*const c_void, Keywords>((*target).function);
        let r = f(me, t, std::ptr::null_mut());
        release_tuple(t);
        outcome(target, r)
    }
}

/// `call1` of a METH_VARARGS function.
unsafe extern "C" fn tuple1(
    target: *const Target,
    receiver: u64,
    me: *mut c_void,
    arg: u64,
) -> u64 {
    // SAFETY: by contract; one word on the stack.
    unsafe { tuple_any(target, receiver, me, &raw const arg, 1) }
}

/// There was no memory for an argument: the exception goes where the runtime looks for it.
#[cold]
fn no_argument() -> u64 {
    let _ = crate::errors::collect_pending();
    0
}

/// The receiver as C sees it, if a call may begin right away: it is known, and no dead mirrors wait.
#[inline(always)]
fn ready(me: *mut c_void) -> Option<Ref> {
    if me.is_null() || (links::attention() && !settle()) {
        return None;
    }
    Some(me.cast())
}

#[cold]
#[inline(never)]
fn settle() -> bool {
    links::settle()
}

/// The word of what a C function gave, or 0 with its exception pending.
#[inline(always)]
unsafe fn outcome(target: *const Target, r: Ref) -> u64 {
    // SAFETY: a C function returns null or a new reference.
    unsafe {
        if !r.is_null()
            && !native::error_pending()
            && let Some(v) = fast::number(r)
        {
            return v.to_word();
        }
        general_outcome(target, r)
    }
}

#[cold]
#[inline(never)]
unsafe fn general_outcome(target: *const Target, r: Ref) -> u64 {
    // SAFETY: as in `outcome`; the record lives for good.
    let name = unsafe { (*target).method.get() }.map_or("?", |m| m.name);
    Value::word_of(result(r, name).ok())
}

/// The functions that call by this convention.
fn callers(c: Convention) -> (Call0, Call1, CallAny) {
    if check::on() {
        return (call0, call1, call_any);
    }
    match c {
        Convention::NoArgs => (noargs0, call1, call_any),
        Convention::One => (call0, one1, call_any),
        Convention::Fast | Convention::FastKeywords => (fast0, fast1, fast_any),
        Convention::VarArgs | Convention::VarArgsKeywords => (call0, tuple1, tuple_any),
        Convention::Method => (call0, call1, call_any),
    }
}

/// How compiled code passes objects.
pub static CROSSING: Crossing = Crossing {
    none: || types::none().cast(),
    new_ref: cross_new_ref,
    lasting: cross_lasting,
    constant: cross_constant,
    release: cross_release,
    take: cross_take,
    prepare,
    fetch_error,
    lend: cross_lend,
    give_back: cross_give_back,
    text: crate::strings::text_form,
    linked: memory::range,
    recent: links::lately,
    small_ints: crate::runtime_block::small_ints,
    // In checking mode it would be found to be held by nobody.
    keeps_numbers: || !check::on(),
    own_number: fast::own_number,
    fill_number: fast::fill_number,
};

/// As `enter`; and the next calls need not ask again.
fn prepare() {
    enter();
    links::settle();
}

unsafe extern "C" fn cross_lend(value: u64) -> *mut c_void {
    Value::from_word(value).map_or(std::ptr::null_mut(), |v| temporary::begin(v).cast())
}

unsafe extern "C" fn cross_give_back(value: u64, object: *mut c_void) {
    if let Some(v) = Value::from_word(value) {
        // SAFETY: callers end what `cross_lend` gave for the same value.
        unsafe { temporary::end(v, object.cast()) };
    }
}

unsafe extern "C" fn cross_new_ref(value: u64) -> *mut c_void {
    Value::from_word(value).map_or(std::ptr::null_mut(), |v| new_ref(v).cast())
}

unsafe extern "C" fn cross_lasting(value: u64) -> *mut c_void {
    match Value::from_word(value) {
        Some(v) => lasting(v).cast(),
        None => std::ptr::null_mut(),
    }
}

unsafe extern "C" fn cross_constant(value: u64) -> *mut c_void {
    let v = Value::from_word(value).filter(|&v| native::has_one_address(v));
    v.map_or(std::ptr::null_mut(), |v| lasting(v).cast())
}

/// The object C sees for a value, borrowed from the value: linked mirrors live as long as their objects.
fn lasting(v: Value) -> Ref {
    let types = rivet_vm::runtime::types();
    let number = !v.is_ref() && singleton(v).is_none();
    if number || v.type_of() == types.int || v.type_of() == types.float {
        return std::ptr::null_mut();
    }
    let r = new_ref(v);
    if !r.is_null() {
        // SAFETY: the reference just made; the object stays alive without it.
        unsafe { (*r).refcnt -= 1 };
    }
    r
}

unsafe extern "C" fn cross_release(object: *mut c_void) {
    // SAFETY: callers give up a reference of theirs.
    unsafe { decref(object.cast()) }
}

unsafe extern "C" fn cross_take(object: *mut c_void) -> u64 {
    if object.is_null() {
        return 0;
    }
    // SAFETY: callers give up a reference of theirs.
    unsafe {
        let op: Ref = object.cast();
        if let Some(v) = fast::number(op) {
            return v.to_word();
        }
        // The runtime's own count would be there, if there were a link.
        if (*op).refcnt == 1 && memory::owns(op) && !check::on() {
            if let Some(v) = fast::content(op) {
                return Value::word_of(v.ok());
            }
        } else if let Some(v) = fast::linked(op) {
            return v.to_word();
        }
        take_other(op)
    }
}

#[inline(never)]
unsafe fn take_other(object: Ref) -> u64 {
    // SAFETY: by the caller's contract.
    Value::word_of(unsafe { steal(object) }.ok())
}

/// Moves the exception that C left to the runtime's thread.
fn fetch_error() {
    let _ = crate::errors::collect_pending();
}

/// Calls a C function for the general call: by its wrapper, but the checking mode of native signatures sees every call.
fn called(
    m: &'static Method,
    receiver: Value,
    args: &[Value],
    kw: Option<Gc<Tuple>>,
) -> PyResult<Value> {
    if native::mode() == Mode::Check
        && kw.is_none_or(|k| k.is_empty())
        && let Some(target) = m.native.filter(|t| t.typed.get().is_some())
    {
        return native_call::call(target, receiver, std::ptr::null_mut(), args);
    }
    invoke(m, receiver, args, kw)
}

/// Calls a C function by the convention its definition declares.
fn invoke(
    m: &'static Method,
    receiver: Value,
    args: &[Value],
    kw: Option<Gc<Tuple>>,
) -> PyResult<Value> {
    enter();
    let target = m.native.expect("methods of this boundary have a target");
    let kw = kw.filter(|k| !k.is_empty());
    if kw.is_some() && target.flags & METH_KEYWORDS as u32 == 0 {
        // A module's METH_VARARGS function has no vectorcall in CPython, and its caller knows the bare name only.
        let bare = target.convention == Convention::VarArgs && receiver.cast::<Module>().is_some();
        let name = if bare {
            m.name.to_owned()
        } else {
            function_name(m, receiver)
        };
        return Err(type_error(format!("{name}() takes no keyword arguments")));
    }
    if check::on() && check::calls::counts(target, args) {
        return check::calls::invoke(m, target, receiver, args, kw);
    }
    let me = new_ref(receiver);
    // SAFETY: the function has the type its flags declare; `me` and the arguments are ours and released here.
    let r = unsafe {
        let r = convention(m, target, me, receiver, args, kw);
        decref(me);
        r?
    };
    result(r, m.name)
}

unsafe fn convention(
    m: &'static Method,
    target: &Target,
    me: Ref,
    receiver: Value,
    args: &[Value],
    kw: Option<Gc<Tuple>>,
) -> PyResult<Ref> {
    let (f, flags) = (target.function.cast_mut(), target.flags as i32);
    // SAFETY: by the caller's contract.
    unsafe {
        if target.convention == Convention::Method {
            return Ok(call_with_class(target, me, args, kw));
        }
        if flags & METH_NOARGS != 0 {
            if !args.is_empty() {
                let q = function_name(m, receiver);
                return Err(type_error(format!(
                    "{q}() takes no arguments ({} given)",
                    args.len()
                )));
            }
            return Ok(std::mem::transmute::<*mut c_void, NoArgs>(f)(
                me,
                std::ptr::null_mut(),
            ));
        }
        if flags & METH_O != 0 {
            let [a] = *args else {
                let q = function_name(m, receiver);
                return Err(type_error(format!(
                    "{q}() takes exactly one argument ({} given)",
                    args.len()
                )));
            };
            let a = new_ref(a);
            let r = std::mem::transmute::<*mut c_void, NoArgs>(f)(me, a);
            decref(a);
            return Ok(r);
        }
        if flags & METH_FASTCALL != 0 {
            return Ok(fastcall(f, flags, me, args, kw));
        }
        let (pos, values) = rivet_vm::object::args::split(args, kw);
        let t = argument_tuple(pos);
        let r = if flags & METH_KEYWORDS != 0 {
            let k = match kw {
                Some(names) => {
                    let d = Dict::new()?;
                    for (&n, &v) in names.items().iter().zip(values) {
                        d.set_item(n, v)?;
                    }
                    new_ref(d.value())
                }
                None => std::ptr::null_mut(),
            };
            let r = std::mem::transmute::<*mut c_void, Keywords>(f)(me, t, k);
            if !k.is_null() {
                decref(k);
            }
            r
        } else {
            std::mem::transmute::<*mut c_void, NoArgs>(f)(me, t)
        };
        release_tuple(t);
        Ok(r)
    }
}

unsafe fn fastcall(
    f: *mut c_void,
    flags: i32,
    me: Ref,
    args: &[Value],
    kw: Option<Gc<Tuple>>,
) -> Ref {
    let mut inline = [std::ptr::null_mut(); INLINE];
    let mut heap = Vec::new();
    let array: &mut [Ref] = if args.len() <= INLINE {
        &mut inline[..args.len()]
    } else {
        heap.resize(args.len(), std::ptr::null_mut());
        &mut heap
    };
    array
        .iter_mut()
        .zip(args)
        .for_each(|(slot, &v)| *slot = new_ref(v));
    let n = (args.len() - kw.map_or(0, |k| k.len())) as isize;
    // SAFETY: by the caller's contract; the references in the array are ours.
    unsafe {
        let r = if flags & METH_KEYWORDS != 0 {
            let names = kw.map_or(std::ptr::null_mut(), |k| new_ref(k.value()));
            let r =
                std::mem::transmute::<*mut c_void, FastKeywords>(f)(me, array.as_ptr(), n, names);
            if !names.is_null() {
                decref(names);
            }
            r
        } else {
            std::mem::transmute::<*mut c_void, Fast>(f)(me, array.as_ptr(), n)
        };
        array.iter().for_each(|&a| decref(a));
        r
    }
}

/// What a C function gave: its value, or its exception; both inconsistent cases are SystemError.
pub fn result(r: Ref, name: &str) -> PyResult<Value> {
    if r.is_null() {
        return Err(pending_or_system_error(name));
    }
    // SAFETY: a C function returns a new reference.
    let v = unsafe { steal(r) };
    if crate::errors::occurred() && v.is_ok() {
        return Err(with_cause(&format!(
            "<built-in function {name}> returned a result with an exception set"
        )));
    }
    v
}

/// The exception that C left, or SystemError if there is none.
#[cold]
pub fn pending_or_system_error(name: &str) -> Raised {
    match crate::errors::collect_pending() {
        Some(raised) => raised,
        None => match thread::current().take_pending() {
            Some(e) => rivet_vm::exceptions::restore(e),
            None => system_error(format!(
                "<built-in function {name}> returned NULL without setting an exception"
            )),
        },
    }
}

/// SystemError with the pending exception as its cause.
pub fn with_cause(message: &str) -> Raised {
    let cause = crate::errors::collect_pending().map(rivet_vm::exceptions::take);
    let make = || -> PyResult<Value> {
        let e = Exception::new(exc().system_error, &[rivet_vm::types::str::new(message)?])?;
        e.set_opt(&e.cause, cause);
        e.set_opt(&e.context, cause);
        Ok(e.value())
    };
    match make() {
        Ok(e) => rivet_vm::exceptions::restore(e),
        Err(raised) => raised,
    }
}
