//! C functions in the slots of managed types: extensions read `Py_TYPE(x)->tp_iternext` and call it, or copy a builtin's
//! function into a type of their own. Each function here calls the managed slot. One set serves all types: which type's
//! slot is meant follows from the object, except that an extension's type whose own function calls its base's is
//! answered by the base.

use std::ffi::{c_int, c_void};

use rivet_spec::CompareOp;
use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::gil::Guarded;
use rivet_vm::object::slots::SlotId;
use rivet_vm::object::{Slots, Type, TypeFlags, attr};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, RVec, Value};

use crate::api::{Out, get, optional};
use crate::boundary::links::{AddressMap, AddressSet};
use crate::boundary::new_ref;
use crate::layout::{PyBuffer, PyTypeObject, Ref, Tables};

/// Addresses of the functions of this file: a slot that holds one was not filled by an extension.
static OURS: Guarded<Option<AddressSet>> = Guarded::new(None);

/// Whether a slot's function is one of this file's.
pub fn is_ours(f: *mut c_void) -> bool {
    OURS.with(|o| o.as_ref().is_some_and(|o| o.contains(&(f as usize))))
}

fn note(f: *mut c_void) -> *mut c_void {
    OURS.with(|o| o.get_or_insert_default().insert(f as usize));
    f
}

/// The type whose slot is meant when a function of this file is called with an instance of `t`. In the struct of a Python
/// class (`BUILTIN` is false) it stands for the class's own behaviour. In that of a builtin type it stands for the builtin
/// type's, which classes based on it, and functions that call their base's, have there.
fn dispatch_type<const BUILTIN: bool>(t: Gc<Type>) -> Gc<Type> {
    if !BUILTIN {
        return t;
    }
    let mut c = t;
    if t.has(TypeFlags::FOREIGN) && !t.has(TypeFlags::C_DEFINED) {
        let defined = t.mro().items().iter().filter_map(|b| b.cast::<Type>());
        c = defined
            .into_iter()
            .find(|b| b.has(TypeFlags::C_DEFINED))
            .unwrap_or(t);
    }
    while c.has(TypeFlags::FOREIGN) || c.has(TypeFlags::HEAPTYPE) {
        match c.base() {
            Some(b) => c = b,
            None => break,
        }
    }
    if c != rivet_vm::runtime::types().object {
        return c;
    }
    // Based on C types first and on a builtin type second.
    let mut all = t.mro().items().iter().filter_map(|b| b.cast::<Type>());
    all.find(|b| !b.has(TypeFlags::FOREIGN) && !b.has(TypeFlags::HEAPTYPE))
        .unwrap_or(c)
}

/// The hash of an object as the builtin type it is based on has it: for C types that name that function as theirs.
pub fn builtin_hash(v: Value) -> PyResult<i64> {
    slots_for::<true>(v)
        .hash
        .unwrap_or(rivet_vm::object::protocol::hash_identity)(v)
}

fn slots_for<const BUILTIN: bool>(v: Value) -> &'static Slots {
    let t = dispatch_type::<BUILTIN>(v.type_of());
    // SAFETY: types do not move and live while their instances do; callers copy a function pointer out at once.
    unsafe { &*std::ptr::from_ref(t.slots()) }
}

fn unsupported(v: Value) -> rivet_vm::exceptions::Raised {
    type_error(format!(
        "'{}' object does not support the operation",
        v.type_of().name_string()
    ))
}

macro_rules! unary {
    ($($f:ident $field:ident;)*) => {$(
        unsafe extern "C" fn $f<const BUILTIN: bool>(a: Ref) -> Ref {
            // SAFETY: C passes a live object.
            Value::out(unsafe { get(a) }.and_then(|v| slots_for::<BUILTIN>(v).$field.ok_or_else(|| unsupported(v))?(v)))
        }
    )*};
}

unary! {
    repr repr; str_ str; iter iter; neg neg; pos pos; abs abs; invert invert; int int;
    float float; index index; am_await am_await; am_aiter am_aiter; am_anext am_anext;
}

macro_rules! binary {
    ($($f:ident $field:ident;)*) => {$(
        unsafe extern "C" fn $f<const BUILTIN: bool>(a: Ref, b: Ref) -> Ref {
            // SAFETY: C passes live objects.
            let run = || -> PyResult<Value> {
                let (x, y) = unsafe { (get(a)?, get(b)?) };
                if let Some(f) = slots_for::<BUILTIN>(x).$field {
                    let r = f(x, y)?;
                    if r != Value::NOT_IMPLEMENTED {
                        return Ok(r);
                    }
                }
                match slots_for::<BUILTIN>(y).$field {
                    Some(f) => f(x, y),
                    None => Ok(Value::NOT_IMPLEMENTED),
                }
            };
            Value::out(run())
        }
    )*};
}

binary! {
    add add; sub sub; mul mul; truediv truediv; floordiv floordiv; modulo modulo;
    lshift lshift; rshift rshift; and and; or or; xor xor; matmul matmul;
    divmod divmod; iadd iadd; isub isub; imul imul; itruediv itruediv;
    ifloordiv ifloordiv; imodulo imodulo; ilshift ilshift; irshift irshift;
    iand iand; ior ior; ixor ixor; imatmul imatmul;
}

unsafe extern "C" fn concat<const BUILTIN: bool>(a: Ref, b: Ref) -> Ref {
    // SAFETY: C passes live objects.
    unsafe {
        Value::out((|| {
            let (x, y) = (get(a)?, get(b)?);
            let s = slots_for::<BUILTIN>(x);
            match s.concat.or(s.add) {
                Some(f) => f(x, y),
                None => Err(unsupported(x)),
            }
        })())
    }
}

unsafe extern "C" fn iconcat(a: Ref, b: Ref) -> Ref {
    // SAFETY: C passes live objects.
    unsafe {
        Value::out((|| {
            let (x, y) = (get(a)?, get(b)?);
            rivet_vm::object::number::inplace(rivet_spec::BinaryOp::Add, x, y)
        })())
    }
}

unsafe extern "C" fn pow<const BUILTIN: bool>(a: Ref, b: Ref, m: Ref) -> Ref {
    // SAFETY: C passes live objects.
    unsafe {
        Value::out((|| {
            let (x, y, z) = (get(a)?, get(b)?, optional(m)?.unwrap_or(Value::NONE));
            match slots_for::<BUILTIN>(x).pow.or(slots_for::<BUILTIN>(y).pow) {
                Some(f) => f(x, y, z),
                None => Ok(Value::NOT_IMPLEMENTED),
            }
        })())
    }
}

unsafe extern "C" fn ipow<const BUILTIN: bool>(a: Ref, b: Ref, _m: Ref) -> Ref {
    // SAFETY: C passes live objects.
    unsafe {
        Value::out((|| {
            let (x, y) = (get(a)?, get(b)?);
            match slots_for::<BUILTIN>(x).ipow {
                Some(f) => f(x, y),
                None => Ok(Value::NOT_IMPLEMENTED),
            }
        })())
    }
}

unsafe extern "C" fn hash<const BUILTIN: bool>(a: Ref) -> isize {
    // SAFETY: C passes a live object.
    unsafe {
        let r = get(a).and_then(|v| {
            slots_for::<BUILTIN>(v)
                .hash
                .unwrap_or(rivet_vm::object::protocol::hash_identity)(v)
        });
        if let Ok(h) = r {
            crate::strings::note_hash(a, h as isize);
        }
        i64::out(r) as isize
    }
}

/// Positional arguments and keyword values, and the keywords' names, from C's tuple and dict.
pub unsafe fn unpack(args: Ref, kw: Ref) -> PyResult<(RVec, Option<Gc<Tuple>>)> {
    // SAFETY: callers pass null or live objects.
    unsafe {
        let mut all = RVec::new();
        if let Some(t) = optional(args)?.and_then(|a| a.cast::<Tuple>()) {
            all.extend(t.items())?;
        }
        let Some(d) = optional(kw)?
            .and_then(|k| k.cast::<Dict>())
            .filter(|d| !d.is_empty())
        else {
            return Ok((all, None));
        };
        let mut names = RVec::with_capacity(d.len())?;
        let mut i = 0;
        while let Some((k, v)) = d.next_entry(&mut i) {
            names.push(k)?;
            all.push(v)?;
        }
        Ok((all, Some(Tuple::from_slice(&names)?)))
    }
}

unsafe extern "C" fn call<const BUILTIN: bool>(f: Ref, args: Ref, kw: Ref) -> Ref {
    // SAFETY: C passes live objects.
    unsafe {
        Value::out((|| {
            let v = get(f)?;
            let (all, names) = unpack(args, kw)?;
            slots_for::<BUILTIN>(v).call.ok_or_else(|| unsupported(v))?(v, &all, names)
        })())
    }
}

unsafe extern "C" fn getattro<const BUILTIN: bool>(v: Ref, name: Ref) -> Ref {
    // SAFETY: C passes live objects.
    unsafe {
        Value::out((|| {
            let v = get(v)?;
            let n = attr::attr_name(get(name)?)?;
            slots_for::<BUILTIN>(v)
                .getattro
                .unwrap_or(attr::generic_getattr)(v, n)
        })())
    }
}

unsafe extern "C" fn setattro<const BUILTIN: bool>(v: Ref, name: Ref, value: Ref) -> c_int {
    // SAFETY: C passes live objects, or null for a deletion.
    unsafe {
        <()>::out((|| {
            let v = get(v)?;
            let n = attr::attr_name(get(name)?)?;
            slots_for::<BUILTIN>(v)
                .setattro
                .unwrap_or(attr::generic_setattr)(v, n, optional(value)?)
        })())
    }
}

unsafe extern "C" fn richcompare<const BUILTIN: bool>(a: Ref, b: Ref, op: c_int) -> Ref {
    // SAFETY: C passes live objects.
    unsafe {
        Value::out((|| {
            let (x, y) = (get(a)?, get(b)?);
            let op = CompareOp::from_u8(op as u8).ok_or_else(crate::api::bad_call)?;
            match slots_for::<BUILTIN>(x).compare {
                Some(f) => f(x, y, op),
                None => Ok(Value::NOT_IMPLEMENTED),
            }
        })())
    }
}

unsafe extern "C" fn iternext<const BUILTIN: bool>(a: Ref) -> Ref {
    // SAFETY: C passes a live object.
    unsafe {
        let r = get(a).and_then(|v| slots_for::<BUILTIN>(v).next.ok_or_else(|| unsupported(v))?(v));
        crate::list::before_c();
        match r {
            Ok(Some(v)) => new_ref(v),
            Ok(None) => std::ptr::null_mut(),
            Err(raised) => Value::out(Err(raised)),
        }
    }
}

unsafe extern "C" fn descr_get<const BUILTIN: bool>(d: Ref, obj: Ref, ty: Ref) -> Ref {
    // SAFETY: C passes live objects or null.
    unsafe {
        Value::out((|| {
            let v = get(d)?;
            let o = optional(obj)?;
            let t = match optional(ty)? {
                Some(t) => t,
                None => o.map_or(Value::NONE, |o| o.type_of().value()),
            };
            slots_for::<BUILTIN>(v)
                .descr_get
                .ok_or_else(|| unsupported(v))?(v, o.and_then(Value::not_none), t)
        })())
    }
}

unsafe extern "C" fn descr_set<const BUILTIN: bool>(d: Ref, obj: Ref, value: Ref) -> c_int {
    // SAFETY: C passes live objects, or null for a deletion.
    unsafe {
        <()>::out((|| {
            let v = get(d)?;
            slots_for::<BUILTIN>(v)
                .descr_set
                .ok_or_else(|| unsupported(v))?(v, get(obj)?, optional(value)?)
        })())
    }
}

unsafe extern "C" fn init<const BUILTIN: bool>(v: Ref, args: Ref, kw: Ref) -> c_int {
    // SAFETY: C passes live objects.
    unsafe {
        <()>::out((|| {
            let v = get(v)?;
            let (all, names) = unpack(args, kw)?;
            match slots_for::<BUILTIN>(v).init {
                Some(f) => f(v, &all, names),
                None => Ok(()),
            }
        })())
    }
}

unsafe extern "C" fn new<const BUILTIN: bool>(ty: *mut PyTypeObject, args: Ref, kw: Ref) -> Ref {
    // SAFETY: C passes a ready type and live objects.
    unsafe {
        Value::out((|| {
            let t = super::ready_type(ty)?;
            let (all, names) = unpack(args, kw)?;
            let owner = dispatch_type::<BUILTIN>(t);
            match owner.slots().new {
                Some(f) => f(t, &all, names),
                None => Err(type_error(format!(
                    "cannot create '{}' instances",
                    t.name_string()
                ))),
            }
        })())
    }
}

unsafe extern "C" fn nb_bool<const BUILTIN: bool>(a: Ref) -> c_int {
    // SAFETY: C passes a live object.
    unsafe {
        bool::out(
            get(a).and_then(|v| slots_for::<BUILTIN>(v).bool.ok_or_else(|| unsupported(v))?(v)),
        )
    }
}

unsafe extern "C" fn len<const BUILTIN: bool>(a: Ref) -> isize {
    // SAFETY: C passes a live object.
    unsafe {
        isize::out(get(a).and_then(|v| {
            Ok(slots_for::<BUILTIN>(v).len.ok_or_else(|| unsupported(v))?(v)? as isize)
        }))
    }
}

unsafe extern "C" fn getitem<const BUILTIN: bool>(a: Ref, key: Ref) -> Ref {
    // SAFETY: C passes live objects.
    unsafe {
        Value::out((|| {
            let v = get(a)?;
            slots_for::<BUILTIN>(v)
                .getitem
                .ok_or_else(|| unsupported(v))?(v, get(key)?)
        })())
    }
}

unsafe extern "C" fn setitem<const BUILTIN: bool>(a: Ref, key: Ref, value: Ref) -> c_int {
    // SAFETY: C passes live objects, or null for a deletion.
    unsafe {
        <()>::out((|| {
            let v = get(a)?;
            slots_for::<BUILTIN>(v)
                .setitem
                .ok_or_else(|| unsupported(v))?(v, get(key)?, optional(value)?)
        })())
    }
}

unsafe extern "C" fn sq_item<const BUILTIN: bool>(a: Ref, i: isize) -> Ref {
    // SAFETY: C passes a live object.
    unsafe {
        Value::out((|| {
            let v = get(a)?;
            slots_for::<BUILTIN>(v)
                .getitem
                .ok_or_else(|| unsupported(v))?(v, positive(v, i)?)
        })())
    }
}

/// `sq_item` takes no negative index: one that is still negative is out of range, not counted from the end again.
fn positive(v: Value, i: isize) -> PyResult<Value> {
    if i < 0 && !v.type_of().has(TypeFlags::HEAPTYPE) {
        let t = v.type_of().name_string();
        return Err(rivet_vm::exceptions::index_error(format!(
            "{t} index out of range"
        )));
    }
    Ok(Value::int(i as i64))
}

unsafe extern "C" fn sq_ass_item<const BUILTIN: bool>(a: Ref, i: isize, value: Ref) -> c_int {
    // SAFETY: C passes live objects, or null for a deletion.
    unsafe {
        <()>::out((|| {
            let v = get(a)?;
            slots_for::<BUILTIN>(v)
                .setitem
                .ok_or_else(|| unsupported(v))?(v, positive(v, i)?, optional(value)?)
        })())
    }
}

unsafe extern "C" fn contains<const BUILTIN: bool>(a: Ref, x: Ref) -> c_int {
    // SAFETY: C passes live objects.
    unsafe {
        bool::out((|| {
            let v = get(a)?;
            slots_for::<BUILTIN>(v)
                .contains
                .ok_or_else(|| unsupported(v))?(v, get(x)?)
        })())
    }
}

unsafe extern "C" fn repeat<const BUILTIN: bool>(a: Ref, n: isize) -> Ref {
    // SAFETY: C passes a live object.
    unsafe {
        Value::out((|| {
            let v = get(a)?;
            let s = slots_for::<BUILTIN>(v);
            match (s.repeat, s.mul) {
                (Some(f), _) => f(v, n),
                (None, Some(f)) => f(v, Value::int(n as i64)),
                _ => Err(unsupported(v)),
            }
        })())
    }
}

unsafe extern "C" fn getbuffer(v: Ref, view: *mut PyBuffer, flags: c_int) -> c_int {
    // SAFETY: C passes a live object and a view to fill.
    unsafe { <()>::out(get(v).and_then(|x| crate::buffer::export(v, x, view, flags))) }
}

unsafe extern "C" fn releasebuffer(_v: Ref, view: *mut PyBuffer) {
    // SAFETY: C passes a view that `getbuffer` filled.
    unsafe { crate::buffer::release_export(view) }
}

/// Fills the slots of `p`, the C half of `t`. Called again when the class changes.
pub fn fill_slots(p: *mut PyTypeObject, t: Gc<Type>) {
    if t.has(TypeFlags::HEAPTYPE) {
        fill::<false>(p, t);
    } else {
        fill::<true>(p, t);
    }
}

fn fill<const BUILTIN: bool>(p: *mut PyTypeObject, t: Gc<Type>) {
    let s = t.slots();
    let base = t
        .base()
        .filter(|b| b.has(TypeFlags::FOREIGN))
        .map(|b| (super::to_c(b), b));
    // A slot that is the C base's keeps the base's function: `inherited(code, id)`.
    let inherited = |code: u32, id: SlotId| -> Option<*mut c_void> {
        let (c, b) = base?;
        if !s.same(id, b.slots()) {
            return None;
        }
        // SAFETY: the base's C half is complete.
        let f = unsafe { super::incoming::c_slot(c, code) };
        (!f.is_null()).then_some(f)
    };
    let set = |code: u32, id: SlotId, f: *mut c_void| -> *mut c_void {
        note(f);
        if !s.is_set(id) {
            return std::ptr::null_mut();
        }
        inherited(code, id).unwrap_or(f)
    };
    use super::incoming as c;
    // SAFETY: `p` is a type object of ours; its tables are made once.
    unsafe {
        let tables = tables_of(p);
        let tb = &mut *tables;
        let one = |code, id, f: unsafe extern "C" fn(Ref) -> Ref| set(code, id, f as *mut c_void);
        let two =
            |code, id, f: unsafe extern "C" fn(Ref, Ref) -> Ref| set(code, id, f as *mut c_void);
        (*p).repr = one(c::REPR, SlotId::Repr, repr::<BUILTIN>);
        (*p).str = one(c::STR, SlotId::Str, str_::<BUILTIN>);
        (*p).iter = one(c::ITER, SlotId::Iter, iter::<BUILTIN>);
        (*p).iternext = one(c::ITERNEXT, SlotId::Next, iternext::<BUILTIN>);
        (*p).hash = set(c::HASH, SlotId::Hash, hash::<BUILTIN> as *mut c_void);
        if s.hash
            .is_some_and(|f| rivet_vm::object::protocol::is_unhashable(Some(f)))
        {
            (*p).hash = crate::objects::PyObject_HashNotImplemented as *mut c_void;
        }
        (*p).call = set(c::CALL, SlotId::Call, call::<BUILTIN> as *mut c_void);
        let generic = s.getattro.is_none_or(|f| {
            std::ptr::fn_addr_eq(
                f,
                attr::generic_getattr as rivet_vm::object::slots::GetAttrFn,
            )
        });
        note(getattro::<BUILTIN> as *mut c_void);
        note(setattro::<BUILTIN> as *mut c_void);
        (*p).getattro = if generic {
            crate::objects::PyObject_GenericGetAttr as *mut c_void
        } else {
            inherited(c::GETATTRO, SlotId::GetAttr).unwrap_or(getattro::<BUILTIN> as *mut c_void)
        };
        let generic = s.setattro.is_none_or(|f| {
            std::ptr::fn_addr_eq(
                f,
                attr::generic_setattr as rivet_vm::object::slots::SetAttrFn,
            )
        });
        (*p).setattro = if generic {
            crate::objects::PyObject_GenericSetAttr as *mut c_void
        } else {
            inherited(c::SETATTRO, SlotId::SetAttr).unwrap_or(setattro::<BUILTIN> as *mut c_void)
        };
        (*p).richcompare = set(
            c::RICHCOMPARE,
            SlotId::Compare,
            richcompare::<BUILTIN> as *mut c_void,
        );
        (*p).descr_get = set(
            c::DESCR_GET,
            SlotId::DescrGet,
            descr_get::<BUILTIN> as *mut c_void,
        );
        (*p).descr_set = set(
            c::DESCR_SET,
            SlotId::DescrSet,
            descr_set::<BUILTIN> as *mut c_void,
        );
        (*p).init = std::mem::transmute::<
            *mut c_void,
            Option<unsafe extern "C" fn(Ref, Ref, Ref) -> c_int>,
        >(set(c::INIT, SlotId::Init, init::<BUILTIN> as *mut c_void));
        (*p).new = std::mem::transmute::<
            *mut c_void,
            Option<unsafe extern "C" fn(*mut PyTypeObject, Ref, Ref) -> Ref>,
        >(set(c::NEW, SlotId::New, new::<BUILTIN> as *mut c_void));
        let nb: [(usize, SlotId, unsafe extern "C" fn(Ref, Ref) -> Ref); 25] = [
            (0, SlotId::Add, add::<BUILTIN>),
            (1, SlotId::Sub, sub::<BUILTIN>),
            (2, SlotId::Mul, mul::<BUILTIN>),
            (3, SlotId::Mod, modulo::<BUILTIN>),
            (4, SlotId::Divmod, divmod::<BUILTIN>),
            (11, SlotId::LShift, lshift::<BUILTIN>),
            (12, SlotId::RShift, rshift::<BUILTIN>),
            (13, SlotId::And, and::<BUILTIN>),
            (14, SlotId::Xor, xor::<BUILTIN>),
            (15, SlotId::Or, or::<BUILTIN>),
            (19, SlotId::IAdd, iadd::<BUILTIN>),
            (20, SlotId::ISub, isub::<BUILTIN>),
            (21, SlotId::IMul, imul::<BUILTIN>),
            (22, SlotId::IMod, imodulo::<BUILTIN>),
            (24, SlotId::ILShift, ilshift::<BUILTIN>),
            (25, SlotId::IRShift, irshift::<BUILTIN>),
            (26, SlotId::IAnd, iand::<BUILTIN>),
            (27, SlotId::IXor, ixor::<BUILTIN>),
            (28, SlotId::IOr, ior::<BUILTIN>),
            (29, SlotId::FloorDiv, floordiv::<BUILTIN>),
            (30, SlotId::TrueDiv, truediv::<BUILTIN>),
            (31, SlotId::IFloorDiv, ifloordiv::<BUILTIN>),
            (32, SlotId::ITrueDiv, itruediv::<BUILTIN>),
            (34, SlotId::MatMul, matmul::<BUILTIN>),
            (35, SlotId::IMatMul, imatmul::<BUILTIN>),
        ];
        for (i, id, f) in nb {
            tb.nb[i] = two(c::NB | i as u32, id, f);
        }
        let units: [(usize, SlotId, unsafe extern "C" fn(Ref) -> Ref); 7] = [
            (6, SlotId::Neg, neg::<BUILTIN>),
            (7, SlotId::Pos, pos::<BUILTIN>),
            (8, SlotId::Abs, abs::<BUILTIN>),
            (10, SlotId::Invert, invert::<BUILTIN>),
            (16, SlotId::Int, int::<BUILTIN>),
            (18, SlotId::FloatSlot, float::<BUILTIN>),
            (33, SlotId::Index, index::<BUILTIN>),
        ];
        for (i, id, f) in units {
            tb.nb[i] = one(c::NB | i as u32, id, f);
        }
        tb.nb[5] = set(c::NB | 5, SlotId::Pow, pow::<BUILTIN> as *mut c_void);
        tb.nb[23] = set(c::NB | 23, SlotId::IPow, ipow::<BUILTIN> as *mut c_void);
        tb.nb[9] = set(c::NB | 9, SlotId::Bool, nb_bool::<BUILTIN> as *mut c_void);
        tb.am[0] = one(c::AM, SlotId::Await, am_await::<BUILTIN>);
        tb.am[1] = one(c::AM | 1, SlotId::Aiter, am_aiter::<BUILTIN>);
        tb.am[2] = one(c::AM | 2, SlotId::Anext, am_anext::<BUILTIN>);
        if !is_counted_only(t) {
            tb.mp[0] = set(c::MP, SlotId::Len, len::<BUILTIN> as *mut c_void);
        }
        tb.mp[1] = two(c::MP | 1, SlotId::GetItem, getitem::<BUILTIN>);
        tb.mp[2] = set(
            c::MP | 2,
            SlotId::SetItem,
            setitem::<BUILTIN> as *mut c_void,
        );
        note(sq_item::<BUILTIN> as *mut c_void);
        note(sq_ass_item::<BUILTIN> as *mut c_void);
        if !is_mapping(t) {
            tb.sq[0] = set(c::SQ, SlotId::Len, len::<BUILTIN> as *mut c_void);
        }
        if is_sequence(t) {
            tb.sq[3] = set(
                c::SQ | 3,
                SlotId::GetItem,
                sq_item::<BUILTIN> as *mut c_void,
            );
            tb.sq[5] = set(
                c::SQ | 5,
                SlotId::SetItem,
                sq_ass_item::<BUILTIN> as *mut c_void,
            );
        }
        tb.sq[1] = two(c::SQ | 1, SlotId::Concat, concat::<BUILTIN>);
        tb.sq[2] = set(c::SQ | 2, SlotId::Repeat, repeat::<BUILTIN> as *mut c_void);
        tb.sq[7] = set(
            c::SQ | 7,
            SlotId::Contains,
            contains::<BUILTIN> as *mut c_void,
        );
        tb.sq[8] = two(c::SQ | 8, SlotId::IConcat, iconcat);
        tb.bf[0] = set(c::BF, SlotId::Buffer, getbuffer as *mut c_void);
        let release = inherited(c::BF | 1, SlotId::Buffer);
        note(releasebuffer as *mut c_void);
        tb.bf[1] = match (s.buffer, base) {
            (None, _) => std::ptr::null_mut(),
            (Some(_), Some((b, _))) if release.is_none() && !is_ours(c::c_slot(b, c::BF)) => {
                std::ptr::null_mut()
            }
            _ => release.unwrap_or(releasebuffer as *mut c_void),
        };
        let filled = |f: &[*mut c_void], at: *mut c_void| {
            if f.iter().all(|f| f.is_null()) {
                std::ptr::null_mut()
            } else {
                at
            }
        };
        (*p).as_number = filled(&tb.nb, (&raw mut (*tables).nb).cast());
        (*p).as_async = filled(&tb.am, (&raw mut (*tables).am).cast());
        (*p).as_mapping = filled(&tb.mp, (&raw mut (*tables).mp).cast());
        (*p).as_sequence = filled(&tb.sq, (&raw mut (*tables).sq).cast());
        (*p).as_buffer = filled(&tb.bf, (&raw mut (*tables).bf).cast());
    }
}

/// A builtin type whose items are reached by key; a Python class based on it answers to both protocols.
fn is_mapping(t: Gc<Type>) -> bool {
    use rivet_vm::value::layout::Kind;
    matches!(t.kind(), Kind::Dict | Kind::MappingProxy) && !t.has(TypeFlags::HEAPTYPE)
}

/// A builtin type that has a length but no items (in C's eyes).
fn is_counted_only(t: Gc<Type>) -> bool {
    use rivet_vm::value::layout::Kind;
    matches!(t.kind(), Kind::Set | Kind::FrozenSet) && !t.has(TypeFlags::HEAPTYPE)
}

/// Whether items are reached by number in C's eyes.
fn is_sequence(t: Gc<Type>) -> bool {
    use rivet_vm::value::layout::Kind;
    if is_mapping(t) {
        return false;
    }
    let known = matches!(
        t.kind(),
        Kind::List
            | Kind::Tuple
            | Kind::Str
            | Kind::Bytes
            | Kind::ByteArray
            | Kind::Range
            | Kind::MemoryView
    );
    known || t.has(TypeFlags::HEAPTYPE) || t.has(TypeFlags::SEQUENCE)
}

/// The tables of a type of ours, made at the first use.
unsafe fn tables_of(p: *mut PyTypeObject) -> *mut Tables {
    static TABLES: Guarded<Option<AddressMap<usize>>> = Guarded::new(None);
    TABLES.with(|t| {
        let known = t.get_or_insert_default();
        *known.entry(p as usize).or_insert_with(|| {
            // SAFETY: null pointers are empty slots.
            Box::into_raw(Box::new(unsafe { std::mem::zeroed::<Tables>() })) as usize
        }) as *mut Tables
    })
}
