//! The functions of an extension's type as the managed type's slots: each calls the function of the nearest C type of
//! the object.

use std::ffi::{c_char, c_int, c_void};

use rivet_spec::CompareOp;
use rivet_vm::exceptions::{PyResult, Raised, type_error};
use rivet_vm::object::{Slots, Type, TypeFlags, attr};
use rivet_vm::types::buffer::BufferRequest;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::native;
use rivet_vm::types::str::Str;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

use super::outgoing::is_ours;
use super::to_c;
use crate::boundary::to_c::argument_tuple;
use crate::boundary::{new_ref, xdecref};
use crate::call;
use crate::check::{self, Scope};
use crate::errors;
use crate::layout::{PyTypeObject, Ref};

// A slot's code: table in the high bits, index in the low byte. Table 0 is the type object itself, in words.
/// Number table.
pub const NB: u32 = 1 << 8;
/// Sequence table.
pub const SQ: u32 = 2 << 8;
/// Mapping table.
pub const MP: u32 = 3 << 8;
/// Async table.
pub const AM: u32 = 4 << 8;
/// Buffer table.
pub const BF: u32 = 5 << 8;
/// `tp_getattr`
pub const GETATTR: u32 = 8;
/// `tp_setattr`
pub const SETATTR: u32 = 9;
/// `tp_repr`
pub const REPR: u32 = 11;
/// `tp_hash`
pub const HASH: u32 = 15;
/// `tp_call`
pub const CALL: u32 = 16;
/// `tp_str`
pub const STR: u32 = 17;
/// `tp_getattro`
pub const GETATTRO: u32 = 18;
/// `tp_setattro`
pub const SETATTRO: u32 = 19;
/// `tp_richcompare`
pub const RICHCOMPARE: u32 = 25;
/// `tp_iter`
pub const ITER: u32 = 27;
/// `tp_iternext`
pub const ITERNEXT: u32 = 28;
/// `tp_descr_get`
pub const DESCR_GET: u32 = 34;
/// `tp_descr_set`
pub const DESCR_SET: u32 = 35;
/// `tp_init`
pub const INIT: u32 = 37;
/// `tp_new`
pub const NEW: u32 = 39;

/// The function in a slot, or null.
///
/// # Safety
/// A type object whose tables are complete.
pub unsafe fn c_slot(p: *mut PyTypeObject, code: u32) -> *mut c_void {
    let i = (code & 0xff) as usize;
    // SAFETY: by contract; codes are in range of their table.
    unsafe {
        let table = match code & !0xff {
            NB => (*p).as_number,
            SQ => (*p).as_sequence,
            MP => (*p).as_mapping,
            AM => (*p).as_async,
            BF => (*p).as_buffer,
            _ => p.cast(),
        };
        if table.is_null() {
            std::ptr::null_mut()
        } else {
            *table.cast::<*mut c_void>().add(i)
        }
    }
}

/// The C half of the nearest type that an extension defines.
#[inline]
fn nearest(t: Gc<Type>) -> *mut PyTypeObject {
    if t.has(TypeFlags::C_DEFINED) {
        return to_c(t);
    }
    let base = t.base().filter(|b| b.has(TypeFlags::C_DEFINED));
    to_c(base.unwrap_or_else(|| first_defined(t)))
}

/// The first type in the order of resolution that an extension defines.
fn first_defined(t: Gc<Type>) -> Gc<Type> {
    let mut all = t.mro().items().iter().filter_map(|b| b.cast::<Type>());
    all.find(|b| b.has(TypeFlags::C_DEFINED))
        .unwrap_or(rivet_vm::runtime::types().object)
}

#[inline]
fn of(v: Value, code: u32) -> *mut c_void {
    let p = match native::acting(v) {
        Some(t) => to_c(t),
        None => nearest(v.type_of()),
    };
    // SAFETY: C halves of types are complete.
    unsafe { c_slot(p, code) }
}

/// A reference for the time of a call.
struct Arg(Ref);

impl Arg {
    fn new(v: Value) -> Arg {
        Arg(new_ref(v))
    }

    fn opt(v: Option<Value>) -> Arg {
        Arg(v.map_or(std::ptr::null_mut(), new_ref))
    }
}

impl Drop for Arg {
    fn drop(&mut self) {
        // SAFETY: made by `new_ref`, or null.
        unsafe {
            if check::on() {
                check::calls::give_back(self.0);
            } else {
                xdecref(self.0);
            }
        }
    }
}

type F1 = unsafe extern "C" fn(Ref) -> Ref;
type F2 = unsafe extern "C" fn(Ref, Ref) -> Ref;
type F3 = unsafe extern "C" fn(Ref, Ref, Ref) -> Ref;
type Inquiry = unsafe extern "C" fn(Ref) -> c_int;
type Length = unsafe extern "C" fn(Ref) -> isize;
type Index = unsafe extern "C" fn(Ref, isize) -> Ref;
type Set3 = unsafe extern "C" fn(Ref, Ref, Ref) -> c_int;
type SetIndex = unsafe extern "C" fn(Ref, isize, Ref) -> c_int;
type Contains = unsafe extern "C" fn(Ref, Ref) -> c_int;
type Compare = unsafe extern "C" fn(Ref, Ref, c_int) -> Ref;
type Vectorcall = unsafe extern "C" fn(Ref, *const Ref, usize, Ref) -> Ref;

/// The function in a slot as a function of its C type; an error if there is none (a subclass removed it).
macro_rules! function {
    ($v:expr, $code:expr, $ty:ty) => {{
        let f = of($v, $code);
        if f.is_null() {
            return Err(missing($v));
        }
        #[allow(unused_unsafe)]
        // SAFETY: slots hold functions of the type C declares for them.
        let f = unsafe { std::mem::transmute::<*mut c_void, $ty>(f) };
        f
    }};
}

#[cold]
fn missing(v: Value) -> Raised {
    type_error(format!(
        "'{}' object does not support the operation",
        v.type_of().name_string()
    ))
}

/// A function that gives a number has returned: in checking mode, no exception may be left over.
#[inline(always)]
fn succeeded(ok: bool, what: &str) -> PyResult<()> {
    if check::on() {
        check::calls::status(ok, what)?;
    }
    Ok(())
}

fn status(r: c_int, what: &str) -> PyResult<()> {
    succeeded(r >= 0, what)?;
    if r < 0 {
        Err(call::pending_or_system_error(what))
    } else {
        Ok(())
    }
}

/// As `call::result`, after a look at what the function did.
fn result(r: Ref, what: &str) -> PyResult<Value> {
    if check::on() {
        check::calls::returned(r);
    }
    call::result(r, what)
}

/// A slot function of an object's type runs until the result is dropped.
#[inline(always)]
fn scope(v: Value, code: u32) -> Scope {
    Scope::enter(of_checked(v, code), || {
        format!(
            "'{}' object's {}",
            v.type_of().name_string(),
            slot_name(code)
        )
    })
}

/// The function of a slot, for its module's name; only looked for when it is asked for.
#[inline(always)]
fn of_checked(v: Value, code: u32) -> *const c_void {
    if check::on() {
        of(v, code)
    } else {
        std::ptr::null()
    }
}

/// A slot in C's terms.
fn slot_name(code: u32) -> String {
    let known = [
        (GETATTR, "tp_getattr"),
        (SETATTR, "tp_setattr"),
        (REPR, "tp_repr"),
        (HASH, "tp_hash"),
        (CALL, "tp_call"),
        (STR, "tp_str"),
        (GETATTRO, "tp_getattro"),
        (SETATTRO, "tp_setattro"),
        (RICHCOMPARE, "tp_richcompare"),
        (ITER, "tp_iter"),
        (ITERNEXT, "tp_iternext"),
        (DESCR_GET, "tp_descr_get"),
        (DESCR_SET, "tp_descr_set"),
        (INIT, "tp_init"),
        (NEW, "tp_new"),
        (NB, "nb_add"),
        (NB | 1, "nb_subtract"),
        (NB | 2, "nb_multiply"),
        (NB | 9, "nb_bool"),
        (NB | 16, "nb_int"),
        (NB | 33, "nb_index"),
        (SQ, "sq_length"),
        (SQ | 3, "sq_item"),
        (SQ | 5, "sq_ass_item"),
        (SQ | 7, "sq_contains"),
        (MP, "mp_length"),
        (MP | 1, "mp_subscript"),
        (MP | 2, "mp_ass_subscript"),
    ];
    if let Some(k) = known.iter().find(|k| k.0 == code) {
        return k.1.to_owned();
    }
    let table = match code & !0xff {
        NB => "nb",
        SQ => "sq",
        MP => "mp",
        AM => "am",
        BF => "bf",
        _ => "tp",
    };
    format!("{table} slot {}", code & 0xff)
}

fn unary<const CODE: u32>(v: Value) -> PyResult<Value> {
    let f = function!(v, CODE, F1);
    let _scope = scope(v, CODE);
    call::enter();
    let me = Arg::new(v);
    // SAFETY: the extension's function, called as CPython calls it.
    result(unsafe { f(me.0) }, "slot")
}

/// Number slots get both operands in their order, whichever of them the type is of. The runtime calls one function for
/// both operands' types, so both types' functions are tried here.
fn number<const CODE: u32>(a: Value, b: Value) -> PyResult<Value> {
    let find = |v: Value| {
        let t = v.type_of();
        if t.has(TypeFlags::FOREIGN) {
            of(v, CODE)
        } else {
            std::ptr::null_mut()
        }
    };
    let (mut f, mut g) = (find(a), find(b));
    if native::acting(a).is_some() {
        g = std::ptr::null_mut();
    } else if native::acting(b).is_some() {
        f = std::ptr::null_mut();
    }
    if f == g {
        g = std::ptr::null_mut();
    }
    if !g.is_null() && !f.is_null() && b.type_of().is_subtype(a.type_of()) {
        std::mem::swap(&mut f, &mut g);
    }
    for f in [f, g] {
        if f.is_null() || is_ours(f) {
            continue;
        }
        let _scope = scope(a, CODE);
        call::enter();
        let (x, y) = (Arg::new(a), Arg::new(b));
        // SAFETY: as `unary`. Power takes a third operand, which is None here.
        let r = unsafe {
            if CODE == NB | 5 || CODE == NB | 23 {
                std::mem::transmute::<*mut c_void, F3>(f)(x.0, y.0, super::none())
            } else {
                std::mem::transmute::<*mut c_void, F2>(f)(x.0, y.0)
            }
        };
        let v = result(r, "slot")?;
        if v != Value::NOT_IMPLEMENTED {
            return Ok(v);
        }
    }
    Ok(Value::NOT_IMPLEMENTED)
}

fn power(a: Value, b: Value, m: Value) -> PyResult<Value> {
    if m.is_none() {
        return number::<{ NB | 5 }>(a, b);
    }
    for v in [a, b, m] {
        let t = v.type_of();
        if !t.has(TypeFlags::FOREIGN) {
            continue;
        }
        let f = of(v, NB | 5);
        if f.is_null() || is_ours(f) {
            continue;
        }
        let _scope = scope(a, NB | 5);
        call::enter();
        let (x, y, z) = (Arg::new(a), Arg::new(b), Arg::new(m));
        // SAFETY: as `unary`.
        let r = result(
            unsafe { std::mem::transmute::<*mut c_void, F3>(f)(x.0, y.0, z.0) },
            "slot",
        )?;
        if r != Value::NOT_IMPLEMENTED {
            return Ok(r);
        }
    }
    Ok(Value::NOT_IMPLEMENTED)
}

fn binary<const CODE: u32>(a: Value, b: Value) -> PyResult<Value> {
    let f = function!(a, CODE, F2);
    let _scope = scope(a, CODE);
    call::enter();
    let (x, y) = (Arg::new(a), Arg::new(b));
    // SAFETY: as `unary`.
    result(unsafe { f(x.0, y.0) }, "slot")
}

fn repeat<const CODE: u32>(a: Value, n: isize) -> PyResult<Value> {
    let f = function!(a, CODE, Index);
    let _scope = scope(a, CODE);
    call::enter();
    let x = Arg::new(a);
    // SAFETY: as `unary`.
    result(unsafe { f(x.0, n) }, "slot")
}

fn hash(v: Value) -> PyResult<i64> {
    let f = function!(v, HASH, Length);
    let _scope = scope(v, HASH);
    call::enter();
    let me = Arg::new(v);
    // SAFETY: as `unary`.
    let h = unsafe { f(me.0) };
    succeeded(h != -1, "__hash__")?;
    match h {
        -1 => Err(call::pending_or_system_error("__hash__")),
        h => Ok(h as i64),
    }
}

fn boolean(v: Value) -> PyResult<bool> {
    let f = function!(v, NB | 9, Inquiry);
    let _scope = scope(v, NB | 9);
    call::enter();
    let me = Arg::new(v);
    // SAFETY: as `unary`.
    let r = unsafe { f(me.0) };
    status(r, "__bool__").map(|()| r != 0)
}

fn c_length(v: Value) -> Option<PyResult<usize>> {
    let f = [SQ, MP]
        .into_iter()
        .map(|c| of(v, c))
        .find(|f| !f.is_null())?;
    let _scope = scope(v, MP);
    call::enter();
    let me = Arg::new(v);
    // SAFETY: as `unary`.
    let n = unsafe { std::mem::transmute::<*mut c_void, Length>(f)(me.0) };
    if let Err(raised) = succeeded(n >= 0, "__len__") {
        return Some(Err(raised));
    }
    Some(if n < 0 {
        Err(call::pending_or_system_error("__len__"))
    } else {
        Ok(n as usize)
    })
}

fn length(v: Value) -> PyResult<usize> {
    c_length(v).unwrap_or_else(|| Err(missing(v)))
}

/// The number that a sequence's own item functions take.
fn item_index(v: Value, key: Value) -> PyResult<isize> {
    if rivet_vm::object::protocol::index(key).is_err() {
        rivet_vm::thread::current().take_pending();
        let (t, k) = (v.type_of().name_string(), key.type_of().name_string());
        let _ = t;
        return Err(type_error(format!(
            "sequence index must be integer, not '{k}'"
        )));
    }
    let i = rivet_vm::object::protocol::as_isize(key)?;
    if i >= 0 || of(v, SQ).is_null() {
        return Ok(i);
    }
    match c_length(v) {
        Some(n) => Ok(i + n? as isize),
        None => Ok(i),
    }
}

fn getitem(v: Value, key: Value) -> PyResult<Value> {
    let f = of(v, MP | 1);
    if !f.is_null() {
        let _scope = scope(v, MP | 1);
        call::enter();
        let (me, k) = (Arg::new(v), Arg::new(key));
        // SAFETY: as `unary`.
        return result(
            unsafe { std::mem::transmute::<*mut c_void, F2>(f)(me.0, k.0) },
            "__getitem__",
        );
    }
    let f = function!(v, SQ | 3, Index);
    let i = item_index(v, key)?;
    let _scope = scope(v, SQ | 3);
    call::enter();
    let me = Arg::new(v);
    // SAFETY: as `unary`.
    result(unsafe { f(me.0, i) }, "__getitem__")
}

fn setitem(v: Value, key: Value, x: Option<Value>) -> PyResult<()> {
    let f = of(v, MP | 2);
    if !f.is_null() {
        let _scope = scope(v, MP | 2);
        call::enter();
        let (me, k, x) = (Arg::new(v), Arg::new(key), Arg::opt(x));
        // SAFETY: as `unary`.
        return status(
            unsafe { std::mem::transmute::<*mut c_void, Set3>(f)(me.0, k.0, x.0) },
            "__setitem__",
        );
    }
    let f = function!(v, SQ | 5, SetIndex);
    let i = item_index(v, key)?;
    let _scope = scope(v, SQ | 5);
    call::enter();
    let (me, x) = (Arg::new(v), Arg::opt(x));
    // SAFETY: as `unary`.
    status(unsafe { f(me.0, i, x.0) }, "__setitem__")
}

fn contains(v: Value, x: Value) -> PyResult<bool> {
    let f = function!(v, SQ | 7, Contains);
    let _scope = scope(v, SQ | 7);
    call::enter();
    let (me, x) = (Arg::new(v), Arg::new(x));
    // SAFETY: as `unary`.
    let r = unsafe { f(me.0, x.0) };
    status(r, "__contains__").map(|()| r != 0)
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let f = function!(a, RICHCOMPARE, Compare);
    let _scope = scope(a, RICHCOMPARE);
    call::enter();
    let (x, y) = (Arg::new(a), Arg::new(b));
    // SAFETY: as `unary`.
    result(unsafe { f(x.0, y.0, op as c_int) }, "comparison")
}

fn next(v: Value) -> PyResult<Option<Value>> {
    let f = function!(v, ITERNEXT, F1);
    let _scope = scope(v, ITERNEXT);
    call::enter();
    let me = Arg::new(v);
    // SAFETY: as `unary`.
    let r = unsafe { f(me.0) };
    if !r.is_null() {
        return result(r, "__next__").map(Some);
    }
    match errors::collect_pending() {
        None => Ok(None),
        Some(raised) => {
            let stop = rivet_vm::exceptions::exc().stop_iteration;
            let pending = rivet_vm::thread::current()
                .pending()
                .and_then(|e| e.cast::<rivet_vm::exceptions::Exception>());
            // A return value is kept for those who ask for it.
            let value = pending
                .filter(|e| e.value().type_of() == stop)
                .and_then(|e| e.arg_items().first().copied());
            rivet_vm::exceptions::clear_if(raised, stop)?;
            if let Some(v) = value {
                rivet_vm::types::generator::set_return_value(v);
            }
            Ok(None)
        }
    }
}

fn getattro(v: Value, name: Gc<Str>) -> PyResult<Value> {
    let (f, named) = (of(v, GETATTRO), of(v, GETATTR));
    let _scope = scope(v, GETATTRO);
    call::enter();
    let (me, n) = (Arg::new(v), Arg::new(name.value()));
    // SAFETY: as `unary`.
    unsafe {
        if !f.is_null() && !is_ours(f) {
            return result(
                std::mem::transmute::<*mut c_void, F2>(f)(me.0, n.0),
                "__getattribute__",
            );
        }
        if named.is_null() {
            return Err(missing(v));
        }
        let f = std::mem::transmute::<*mut c_void, unsafe extern "C" fn(Ref, *const c_char) -> Ref>(
            named,
        );
        result(
            f(me.0, crate::strings::PyUnicode_AsUTF8(n.0)),
            "__getattribute__",
        )
    }
}

fn setattro(v: Value, name: Gc<Str>, x: Option<Value>) -> PyResult<()> {
    let (f, named) = (of(v, SETATTRO), of(v, SETATTR));
    let _scope = scope(v, SETATTRO);
    call::enter();
    let (me, n, x) = (Arg::new(v), Arg::new(name.value()), Arg::opt(x));
    // SAFETY: as `unary`.
    unsafe {
        if !f.is_null() && !is_ours(f) {
            return status(
                std::mem::transmute::<*mut c_void, Set3>(f)(me.0, n.0, x.0),
                "__setattr__",
            );
        }
        if named.is_null() {
            return Err(missing(v));
        }
        let f = std::mem::transmute::<
            *mut c_void,
            unsafe extern "C" fn(Ref, *const c_char, Ref) -> c_int,
        >(named);
        status(
            f(me.0, crate::strings::PyUnicode_AsUTF8(n.0), x.0),
            "__setattr__",
        )
    }
}

fn descr_get(d: Value, obj: Option<Value>, ty: Value) -> PyResult<Value> {
    let f = function!(d, DESCR_GET, F3);
    let _scope = scope(d, DESCR_GET);
    call::enter();
    let (d, o, t) = (Arg::new(d), Arg::opt(obj), Arg::opt(ty.not_none()));
    // SAFETY: as `unary`.
    result(unsafe { f(d.0, o.0, t.0) }, "__get__")
}

fn descr_set(d: Value, obj: Value, x: Option<Value>) -> PyResult<()> {
    let f = function!(d, DESCR_SET, Set3);
    let _scope = scope(d, DESCR_SET);
    call::enter();
    let (d, o, x) = (Arg::new(d), Arg::new(obj), Arg::opt(x));
    // SAFETY: as `unary`.
    status(unsafe { f(d.0, o.0, x.0) }, "__set__")
}

/// Keyword arguments as a C dict; null if there are none.
pub fn keywords(args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Ref> {
    let Some(names) = kw.filter(|k| !k.is_empty()) else {
        return Ok(std::ptr::null_mut());
    };
    let (_, values) = rivet_vm::object::args::split(args, kw);
    let d = Dict::new()?;
    for (&n, &v) in names.items().iter().zip(values) {
        d.set_item(n, v)?;
    }
    Ok(new_ref(d.value()))
}

/// Calls `f` with the arguments as tuple and dict, which are released afterwards.
pub fn with_arguments<R>(
    args: &[Value],
    kw: Option<Gc<Tuple>>,
    f: impl FnOnce(Ref, Ref) -> R,
) -> PyResult<R> {
    let (pos, _) = rivet_vm::object::args::split(args, kw);
    let k = Arg(keywords(args, kw)?);
    let t = Arg(argument_tuple(pos));
    if t.0.is_null() {
        return Err(call::pending_or_system_error("call"));
    }
    call::enter();
    Ok(f(t.0, k.0))
}

/// The vectorcall function of an object, if its type has them.
pub unsafe fn vectorcall_of(op: Ref) -> Option<Vectorcall> {
    // SAFETY: the flag says that there is a pointer at the offset.
    unsafe {
        let ty = (*op).ty;
        if (*ty).flags & TypeFlags::HAVE_VECTORCALL == 0 || (*ty).vectorcall_offset <= 0 {
            return None;
        }
        let f = *op
            .cast::<u8>()
            .offset((*ty).vectorcall_offset)
            .cast::<*mut c_void>();
        (!f.is_null()).then(|| std::mem::transmute::<*mut c_void, Vectorcall>(f))
    }
}

fn call_object(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let f = function!(v, CALL, F3);
    let _scope = scope(v, CALL);
    let me = Arg::new(v);
    // SAFETY: as `unary`.
    let fast = if f as usize == crate::calls::PyVectorcall_Call as *const () as usize {
        unsafe { vectorcall_of(me.0) }
    } else {
        None
    };
    let Some(fast) = fast else {
        // SAFETY: as `unary`.
        let r = with_arguments(args, kw, |a, k| unsafe { f(me.0, a, k) })?;
        return result(r, "__call__");
    };
    call::enter();
    let refs: Vec<Arg> = args.iter().map(|&a| Arg::new(a)).collect();
    let array: Vec<Ref> = refs.iter().map(|a| a.0).collect();
    let kw = kw.filter(|k| !k.is_empty());
    let names = Arg::opt(kw.map(Gc::value));
    let n = args.len() - kw.map_or(0, |k| k.len());
    // SAFETY: as `unary`; the arguments' references are ours until the end.
    result(
        unsafe { fast(me.0, array.as_ptr(), n, names.0) },
        "__call__",
    )
}

fn call_new(t: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let c = to_c(t);
    // SAFETY: C halves of types are complete; the function is the extension's, called as CPython calls it.
    unsafe {
        let f = c_slot(nearest(t), NEW);
        if f.is_null() {
            return Err(type_error(format!(
                "cannot create '{}' instances",
                t.name_string()
            )));
        }
        let _scope = Scope::enter(f, || format!("'{}' type's tp_new", t.name_string()));
        let f = std::mem::transmute::<
            *mut c_void,
            unsafe extern "C" fn(*mut PyTypeObject, Ref, Ref) -> Ref,
        >(f);
        let r = with_arguments(args, kw, |a, k| f(c, a, k))?;
        result(r, &t.name_string())
    }
}

fn call_init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let f = function!(v, INIT, Set3);
    let _scope = scope(v, INIT);
    let me = Arg::new(v);
    // SAFETY: as `unary`.
    let r = with_arguments(args, kw, |a, k| unsafe { f(me.0, a, k) })?;
    status(r, "__init__")
}

fn buffer(v: Value, request: &mut BufferRequest) -> PyResult<()> {
    crate::buffer::import(v, of(v, BF), request)
}

/// The managed slots of the functions a C type brings itself (what it has from its base is not among them).
///
/// # Safety
/// `p` is a type object.
pub unsafe fn own_slots(p: *mut PyTypeObject) -> Slots {
    // SAFETY: by contract.
    let own = |code: u32| unsafe {
        let f = c_slot(p, code);
        (!f.is_null() && !is_ours(f)).then_some(f)
    };
    let mut s = Slots::default();
    macro_rules! fill {
        ($($code:expr => $field:ident $f:expr;)*) => {$(
            if own($code).is_some() {
                s.$field = Some($f);
            }
        )*};
    }
    fill! {
        REPR => repr unary::<REPR>; STR => str unary::<STR>; ITER => iter unary::<ITER>; ITERNEXT => next next;
        CALL => call call_object; RICHCOMPARE => compare compare; DESCR_GET => descr_get descr_get; DESCR_SET => descr_set descr_set;
        INIT => init call_init; NEW => new call_new;
        NB => add number::<NB>; NB | 1 => sub number::<{ NB | 1 }>; NB | 2 => mul number::<{ NB | 2 }>; NB | 3 => modulo number::<{ NB | 3 }>;
        NB | 4 => divmod number::<{ NB | 4 }>; NB | 5 => pow power; NB | 6 => neg unary::<{ NB | 6 }>; NB | 7 => pos unary::<{ NB | 7 }>;
        NB | 8 => abs unary::<{ NB | 8 }>; NB | 9 => bool boolean; NB | 10 => invert unary::<{ NB | 10 }>; NB | 11 => lshift number::<{ NB | 11 }>;
        NB | 12 => rshift number::<{ NB | 12 }>; NB | 13 => and number::<{ NB | 13 }>; NB | 14 => xor number::<{ NB | 14 }>;
        NB | 15 => or number::<{ NB | 15 }>; NB | 16 => int unary::<{ NB | 16 }>; NB | 18 => float unary::<{ NB | 18 }>;
        NB | 19 => iadd binary::<{ NB | 19 }>; NB | 20 => isub binary::<{ NB | 20 }>; NB | 21 => imul binary::<{ NB | 21 }>;
        NB | 22 => imodulo binary::<{ NB | 22 }>; NB | 23 => ipow number::<{ NB | 23 }>; NB | 24 => ilshift binary::<{ NB | 24 }>;
        NB | 25 => irshift binary::<{ NB | 25 }>; NB | 26 => iand binary::<{ NB | 26 }>; NB | 27 => ixor binary::<{ NB | 27 }>;
        NB | 28 => ior binary::<{ NB | 28 }>; NB | 29 => floordiv number::<{ NB | 29 }>; NB | 30 => truediv number::<{ NB | 30 }>;
        NB | 31 => ifloordiv binary::<{ NB | 31 }>; NB | 32 => itruediv binary::<{ NB | 32 }>; NB | 33 => index unary::<{ NB | 33 }>;
        NB | 34 => matmul number::<{ NB | 34 }>; NB | 35 => imatmul binary::<{ NB | 35 }>;
        SQ => len length; MP => len length; SQ | 1 => concat binary::<{ SQ | 1 }>; SQ | 2 => repeat repeat::<{ SQ | 2 }>;
        SQ | 3 => getitem getitem; MP | 1 => getitem getitem; SQ | 5 => setitem setitem; MP | 2 => setitem setitem;
        SQ | 7 => contains contains; SQ | 8 => iconcat binary::<{ SQ | 8 }>; SQ | 9 => irepeat repeat::<{ SQ | 9 }>;
        AM => am_await unary::<AM>; AM | 1 => am_aiter unary::<{ AM | 1 }>; AM | 2 => am_anext unary::<{ AM | 2 }>;
        BF => buffer buffer;
    }
    if let Some(f) = own(HASH) {
        let refuse = std::ptr::addr_eq(f, crate::objects::PyObject_HashNotImplemented as *const ());
        s.hash = Some(if refuse {
            rivet_vm::object::protocol::hash_not_implemented
        } else {
            hash
        });
    }
    // A type with comparison of its own loses its base's hash, unless it names it.
    // SAFETY: by contract.
    let named = unsafe { c_slot(p, HASH) };
    if s.hash.is_none() && s.compare.is_some() && !named.is_null() {
        s.hash = Some(super::outgoing::builtin_hash);
    }
    let same = |f: Option<*mut c_void>, g: *const ()| f.is_some_and(|f| std::ptr::addr_eq(f, g));
    if own(ITERNEXT).is_some_and(|f| {
        std::ptr::addr_eq(f, crate::objects::_PyObject_NextNotImplemented as *const ())
    }) {
        s.next = None;
    }
    match own(GETATTRO) {
        f if same(f, crate::objects::PyObject_GenericGetAttr as *const ()) => {
            s.getattro = Some(attr::generic_getattr)
        }
        None if own(GETATTR).is_none() => {}
        _ => s.getattro = Some(getattro),
    }
    match own(SETATTRO) {
        f if same(f, crate::objects::PyObject_GenericSetAttr as *const ()) => {
            s.setattro = Some(attr::generic_setattr)
        }
        None if own(SETATTR).is_none() => {}
        _ => s.setattro = Some(setattro),
    }
    s
}
