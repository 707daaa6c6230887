//! The two directions between slots and special methods: `slot_*` fill a slot of a Python class by looking the
//! method up; `wrap_*` call a builtin type's slot as a method.

use rivet_spec::{BinaryOp, CompareOp};

use super::Type;
use super::attr::{SpecialMethod, lookup_special};
use super::call::{call_special, with_receiver};
use super::lookup::type_lookup;
use super::slots::{Slots, WrapFn};
use crate::exceptions::{
    PyResult, Raised, clear_if, exc, stop_iteration, take, type_error, value_error,
};
use crate::name;
use crate::object::args::{check_count, no_keywords};
use crate::object::protocol::{self, is_true};
use crate::types::int;
use crate::types::memoryview::BufferRequest;
use crate::types::str::Str;
use crate::types::str::intern::intern_str;
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

type Kw = Option<Gc<Tuple>>;

fn missing(v: Value, name: Gc<Str>) -> Raised {
    crate::object::attr::no_attribute(v, name)
}

fn method(v: Value, name: Gc<Str>) -> PyResult<SpecialMethod> {
    lookup_special(v, name)?.ok_or_else(|| missing(v, name))
}

fn call0(v: Value, name: Gc<Str>) -> PyResult<Value> {
    call_special(method(v, name)?, &[])
}

/// Calls `name`, or gives NotImplemented if the type has no such method (or it is None).
fn try1(v: Value, name: Gc<Str>, arg: Value) -> PyResult<Value> {
    match lookup_special(v, name)? {
        Some(m) => call_special(m, &[arg]),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

macro_rules! unary_slots {
    ($($slot:ident $wrap:ident $field:ident $name:literal;)*) => {$(
        pub(super) fn $slot(v: Value) -> PyResult<Value> {
            call0(v, name!($name))
        }

        pub(super) fn $wrap(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
            nullary($name, args, kw)?;
            s.$field.ok_or_else(|| no_slot($name))?(v)
        }
    )*};
}

unary_slots! {
    slot_repr wrap_repr repr "__repr__";
    slot_str wrap_str str "__str__";
    slot_iter_plain wrap_iter iter "__iter__";
    slot_await_plain wrap_await am_await "__await__";
    slot_aiter wrap_aiter am_aiter "__aiter__";
    slot_anext wrap_anext am_anext "__anext__";
    slot_neg wrap_neg neg "__neg__";
    slot_pos wrap_pos pos "__pos__";
    slot_abs wrap_abs abs "__abs__";
    slot_invert wrap_invert invert "__invert__";
    slot_int wrap_int int "__int__";
    slot_float wrap_float float "__float__";
    slot_index wrap_index index "__index__";
}

fn no_slot(name: &str) -> Raised {
    type_error(format!("descriptor '{name}' has no implementation"))
}

fn nullary(name: &str, args: &[Value], kw: Kw) -> PyResult<()> {
    no_keywords(name, kw)?;
    if args.is_empty() {
        Ok(())
    } else {
        Err(type_error(format!(
            "expected 0 arguments, got {}",
            args.len()
        )))
    }
}

fn unary_arg(name: &str, args: &[Value], kw: Kw) -> PyResult<Value> {
    no_keywords(name, kw)?;
    match *args {
        [a] => Ok(a),
        _ => Err(type_error(format!(
            "expected 1 argument, got {}",
            args.len()
        ))),
    }
}

// ---- hash, call, attributes ----

pub(super) fn slot_hash(v: Value) -> PyResult<i64> {
    let Some(m) = lookup_special(v, name!("__hash__"))?.filter(|m| !m.callable.is_none()) else {
        return protocol::hash_not_implemented(v);
    };
    let r = call_special(m, &[])?;
    match int::to_i64(r) {
        Some(-1) => Ok(-2),
        Some(h) => Ok(h),
        None if int::is_int(r) => Ok(int::ops::hash(r)),
        None => Err(type_error("__hash__ method should return an integer")),
    }
}

pub(super) fn wrap_hash(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    nullary("__hash__", args, kw)?;
    s.hash.ok_or_else(|| no_slot("__hash__"))?(v).map(Value::int)
}

pub(super) fn slot_call(v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    let m = method(v, name!("__call__"))?;
    crate::runtime::enter_call()?;
    let r = match m.receiver {
        Some(receiver) => with_receiver(m.callable, receiver, args, kw),
        None => super::call::call_kw(m.callable, args, kw),
    };
    crate::runtime::leave_call();
    r
}

pub(super) fn wrap_call(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    s.call.ok_or_else(|| no_slot("__call__"))?(v, args, kw)
}

pub(super) fn slot_getattr(v: Value, name: Gc<Str>) -> PyResult<Value> {
    let ty = v.type_of();
    let getattribute = lookup_special(v, name!("__getattribute__"))?;
    let first = match getattribute {
        Some(m) if !is_generic_getattribute(m.callable) => call_special(m, &[name.value()]),
        _ => {
            // The inherited algorithm, without making an exception if `__getattr__` will answer anyway.
            match inherited_getattr(ty) {
                Some(f) => f(v, name),
                None => match super::attr::generic_find(v, name) {
                    Ok(Some(found)) => return Ok(found),
                    Ok(None) => match type_lookup(ty, name!("__getattr__")) {
                        Some(_) => return getattr_hook(v, name),
                        None => return Err(missing(v, name)),
                    },
                    Err(raised) => Err(raised),
                },
            }
        }
    };
    match first {
        Ok(found) => Ok(found),
        Err(raised) if type_lookup(ty, name!("__getattr__")).is_some() => {
            clear_if(raised, exc().attribute_error)?;
            getattr_hook(v, name)
        }
        Err(raised) => Err(raised),
    }
}

fn getattr_hook(v: Value, name: Gc<Str>) -> PyResult<Value> {
    call_special(method(v, name!("__getattr__"))?, &[name.value()])
}

fn is_generic_getattribute(callable: Value) -> bool {
    callable.cast::<super::member::WrapperDescr>().is_some()
}

/// The `getattro` slot of the nearest base that is not a Python class's, unless it is the generic one.
fn inherited_getattr(ty: Gc<Type>) -> Option<super::slots::GetAttrFn> {
    let mut at = ty.base();
    while let Some(t) = at {
        match t.slots().getattro {
            Some(f) if f as usize == slot_getattr as *const () as usize => at = t.base(),
            Some(f) if f as usize == super::attr::generic_getattr as *const () as usize => {
                return None;
            }
            other => return other,
        }
    }
    None
}

pub(super) fn wrap_getattr(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    let name = super::attr::attr_name(unary_arg("__getattribute__", args, kw)?)?;
    s.getattro.ok_or_else(|| no_slot("__getattribute__"))?(v, name)
}

pub(super) fn slot_setattr(v: Value, name: Gc<Str>, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(value) => call_special(method(v, name!("__setattr__"))?, &[name.value(), value])?,
        None => call_special(method(v, name!("__delattr__"))?, &[name.value()])?,
    };
    Ok(())
}

pub(super) fn wrap_setattr(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    no_keywords("__setattr__", kw)?;
    check_count("", args, 2, 2)?;
    safe_setattr(s, v, "__setattr__")?;
    s.setattro.ok_or_else(|| no_slot("__setattr__"))?(
        v,
        super::attr::attr_name(args[0])?,
        Some(args[1]),
    )?;
    Ok(Value::NONE)
}

/// `object.__setattr__(cls, …)` must not get around the metaclass ("Carlo Verre hack").
fn safe_setattr(s: &Slots, v: Value, name: &str) -> PyResult<()> {
    let mine = s.setattro.map(|f| f as usize);
    let mut at = Some(v.type_of());
    while let Some(t) = at {
        let f = t.slots().setattro.map(|f| f as usize);
        if f == mine {
            return Ok(());
        }
        if f != Some(slot_setattr as *const () as usize) && f.is_some() {
            let of = v.type_of().name_string();
            return Err(type_error(format!(
                "can't apply this {name} to {of} object"
            )));
        }
        at = t.base();
    }
    Ok(())
}

pub(super) fn wrap_delattr(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    let name = super::attr::attr_name(unary_arg("__delattr__", args, kw)?)?;
    safe_setattr(s, v, "__delattr__")?;
    s.setattro.ok_or_else(|| no_slot("__delattr__"))?(v, name, None)?;
    Ok(Value::NONE)
}

// ---- comparison ----

const COMPARE_NAMES: [&str; 6] = ["__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"];

fn compare_name(op: u8) -> Gc<Str> {
    match op {
        0 => name!("__lt__"),
        1 => name!("__le__"),
        2 => name!("__eq__"),
        3 => name!("__ne__"),
        4 => name!("__gt__"),
        _ => name!("__ge__"),
    }
}

pub(super) fn slot_compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    match lookup_special(a, compare_name(op as u8)) {
        Ok(Some(m)) => call_special(m, &[b]),
        Ok(None) => Ok(Value::NOT_IMPLEMENTED),
        Err(raised) => {
            // CPython takes a descriptor's error for a missing method here.
            take(raised);
            Ok(Value::NOT_IMPLEMENTED)
        }
    }
}

pub(super) fn wrap_compare<const OP: u8>(
    s: &Slots,
    v: Value,
    args: &[Value],
    kw: Kw,
) -> PyResult<Value> {
    let name = COMPARE_NAMES[OP as usize];
    let b = unary_arg(name, args, kw)?;
    let op = CompareOp::from_u8(OP).expect("a comparison");
    s.compare.ok_or_else(|| no_slot(name))?(v, b, op)
}

// ---- iteration ----

pub(super) fn slot_iter(v: Value) -> PyResult<Value> {
    match type_lookup(v.type_of(), name!("__iter__")) {
        Some(f) if f.is_none() => Err(type_error(format!(
            "'{}' object is not iterable",
            v.type_of().name_string()
        ))),
        _ => slot_iter_plain(v),
    }
}

pub(super) fn slot_next(v: Value) -> PyResult<Option<Value>> {
    match call0(v, name!("__next__")) {
        Ok(v) => Ok(Some(v)),
        Err(raised) => clear_if(raised, exc().stop_iteration).map(|()| None),
    }
}

pub(super) fn wrap_next(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    nullary("__next__", args, kw)?;
    match s.next.ok_or_else(|| no_slot("__next__"))?(v)? {
        Some(v) => Ok(v),
        None => Err(stop_iteration(crate::types::generator::take_return_value())),
    }
}

pub(super) fn slot_await(v: Value) -> PyResult<Value> {
    slot_await_plain(v)
}

// ---- descriptors ----

pub(super) fn slot_get(d: Value, obj: Option<Value>, ty: Value) -> PyResult<Value> {
    match lookup_special(d, name!("__get__"))? {
        Some(m) => call_special(m, &[obj.unwrap_or(Value::NONE), ty]),
        None => Ok(d),
    }
}

pub(super) fn wrap_get(s: &Slots, d: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    no_keywords("__get__", kw)?;
    check_count("", args, 1, 2)?;
    let obj = args[0].not_none();
    let ty = args.get(1).copied().and_then(Value::not_none);
    if obj.is_none() && ty.is_none() {
        return Err(type_error("__get__(None, None) is invalid"));
    }
    let ty = ty.unwrap_or_else(|| obj.map_or(Value::NONE, |o| o.type_of().value()));
    s.descr_get.ok_or_else(|| no_slot("__get__"))?(d, obj, ty)
}

pub(super) fn slot_set(d: Value, obj: Value, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(value) => call_special(method(d, name!("__set__"))?, &[obj, value])?,
        None => call_special(method(d, name!("__delete__"))?, &[obj])?,
    };
    Ok(())
}

pub(super) fn wrap_set(s: &Slots, d: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    no_keywords("__set__", kw)?;
    check_count("", args, 2, 2)?;
    s.descr_set.ok_or_else(|| no_slot("__set__"))?(d, args[0], Some(args[1]))?;
    Ok(Value::NONE)
}

pub(super) fn wrap_delete(s: &Slots, d: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    let obj = unary_arg("__delete__", args, kw)?;
    s.descr_set.ok_or_else(|| no_slot("__delete__"))?(d, obj, None)?;
    Ok(Value::NONE)
}

// ---- construction ----

pub(super) fn slot_init(v: Value, args: &[Value], kw: Kw) -> PyResult<()> {
    let m = method(v, name!("__init__"))?;
    let r = match m.receiver {
        Some(receiver) => with_receiver(m.callable, receiver, args, kw)?,
        None => super::call::call_kw(m.callable, args, kw)?,
    };
    if r.is_none() {
        return Ok(());
    }
    let t = r.type_of().name_string();
    Err(type_error(format!(
        "__init__() should return None, not '{t}'"
    )))
}

pub(super) fn wrap_init(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    s.init.ok_or_else(|| no_slot("__init__"))?(v, args, kw)?;
    Ok(Value::NONE)
}

pub(super) fn slot_new(ty: Gc<Type>, args: &[Value], kw: Kw) -> PyResult<Value> {
    let f = super::attr::get_attr(ty.value(), name!("__new__"))?;
    with_receiver(f, ty.value(), args, kw)
}

/// `__new__` of builtin types is a static method made by `build`; it is never called through this.
pub(super) fn wrap_new(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    let ty = v
        .cast::<Type>()
        .ok_or_else(|| type_error("__new__(X): X is not a type object"))?;
    s.new.ok_or_else(|| no_slot("__new__"))?(ty, args, kw)
}

pub(super) fn slot_finalize(v: Value) -> PyResult<()> {
    if let Some(m) = lookup_special(v, name!("__del__"))? {
        call_special(m, &[])?;
    }
    Ok(())
}

pub(super) fn wrap_finalize(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    nullary("__del__", args, kw)?;
    s.finalize.ok_or_else(|| no_slot("__del__"))?(v)?;
    Ok(Value::NONE)
}

// ---- numbers ----

fn binary_name(op: u8, reflected: bool) -> Gc<Str> {
    macro_rules! names {
        ($($n:literal $plain:literal $reflected:literal),*) => {
            match (op, reflected) {
                $(($n, false) => name!($plain), ($n, true) => name!($reflected),)*
                _ => name!("__pow__"),
            }
        };
    }
    names!(
        0 "__add__" "__radd__", 1 "__sub__" "__rsub__", 2 "__mul__" "__rmul__", 3 "__truediv__" "__rtruediv__",
        4 "__floordiv__" "__rfloordiv__", 5 "__mod__" "__rmod__", 6 "__pow__" "__rpow__",
        7 "__lshift__" "__rlshift__", 8 "__rshift__" "__rrshift__", 9 "__and__" "__rand__", 10 "__or__" "__ror__",
        11 "__xor__" "__rxor__", 12 "__matmul__" "__rmatmul__", 13 "__divmod__" "__rdivmod__"
    )
}

/// The algorithm of CPython's SLOT1BINFULL: which of `__op__` and `__rop__` is called, in which order.
fn binary_full(a: Value, b: Value, op: u8, is_mine: impl Fn(Value) -> bool) -> PyResult<Value> {
    let (plain, reflected) = (binary_name(op, false), binary_name(op, true));
    let (ta, tb) = (a.type_of(), b.type_of());
    let mut other = ta != tb && is_mine(b);
    if is_mine(a) {
        if other && tb.is_subtype(ta) && overrides(ta, tb, reflected) {
            let r = try1(b, reflected, a)?;
            if r != Value::NOT_IMPLEMENTED {
                return Ok(r);
            }
            other = false;
        }
        let r = try1(a, plain, b)?;
        if r != Value::NOT_IMPLEMENTED || ta == tb {
            return Ok(r);
        }
    }
    if other {
        try1(b, reflected, a)
    } else {
        Ok(Value::NOT_IMPLEMENTED)
    }
}

/// Whether the subclass `sub` has another method `name` than `base`.
fn overrides(base: Gc<Type>, sub: Gc<Type>, name: Gc<Str>) -> bool {
    match (type_lookup(sub, name), type_lookup(base, name)) {
        (Some(a), Some(b)) => a != b,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

pub(super) fn slot_binary<const OP: u8>(a: Value, b: Value) -> PyResult<Value> {
    let me = slot_binary::<OP> as *const () as usize;
    binary_full(a, b, OP, |v| {
        v.type_of()
            .slots()
            .binary(OP)
            .is_some_and(|f| f as usize == me)
    })
}

pub(super) fn slot_divmod(a: Value, b: Value) -> PyResult<Value> {
    let me = slot_divmod as *const () as usize;
    binary_full(a, b, 13, |v| {
        v.type_of().slots().divmod.is_some_and(|f| f as usize == me)
    })
}

pub(super) fn slot_pow(a: Value, b: Value, m: Value) -> PyResult<Value> {
    let me = slot_pow as *const () as usize;
    let mine = |v: Value| v.type_of().slots().pow.is_some_and(|f| f as usize == me);
    if m.is_none() {
        return binary_full(a, b, 6, mine);
    }
    // Three-argument power dispatches on the first operand only.
    if !mine(a) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    match lookup_special(a, name!("__pow__"))? {
        Some(f) => call_special(f, &[b, m]),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

pub(super) fn wrap_binary<const OP: u8>(
    s: &Slots,
    v: Value,
    args: &[Value],
    kw: Kw,
) -> PyResult<Value> {
    let b = unary_arg("operator", args, kw)?;
    s.binary(OP).ok_or_else(|| no_slot("operator"))?(v, b)
}

pub(super) fn wrap_reflected<const OP: u8>(
    s: &Slots,
    v: Value,
    args: &[Value],
    kw: Kw,
) -> PyResult<Value> {
    let b = unary_arg("operator", args, kw)?;
    s.binary(OP).ok_or_else(|| no_slot("operator"))?(b, v)
}

pub(super) fn wrap_divmod(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    s.divmod.ok_or_else(|| no_slot("__divmod__"))?(v, unary_arg("__divmod__", args, kw)?)
}

pub(super) fn wrap_rdivmod(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    s.divmod.ok_or_else(|| no_slot("__rdivmod__"))?(unary_arg("__rdivmod__", args, kw)?, v)
}

pub(super) fn wrap_pow(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    no_keywords("__pow__", kw)?;
    check_count("", args, 1, 2)?;
    s.pow.ok_or_else(|| no_slot("__pow__"))?(
        v,
        args[0],
        args.get(1).copied().unwrap_or(Value::NONE),
    )
}

pub(super) fn wrap_rpow(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    no_keywords("__rpow__", kw)?;
    check_count("", args, 1, 2)?;
    s.pow.ok_or_else(|| no_slot("__rpow__"))?(
        args[0],
        v,
        args.get(1).copied().unwrap_or(Value::NONE),
    )
}

fn inplace_name(op: u8) -> Gc<Str> {
    let base = BinaryOp::from_u8(op).expect("an operator").method();
    intern_str(&format!("__i{}", &base[2..]))
}

pub(super) fn slot_inplace<const OP: u8>(a: Value, b: Value) -> PyResult<Value> {
    try1(a, inplace_name(OP), b)
}

pub(super) fn wrap_inplace<const OP: u8>(
    s: &Slots,
    v: Value,
    args: &[Value],
    kw: Kw,
) -> PyResult<Value> {
    let b = unary_arg("operator", args, kw)?;
    s.inplace(OP).ok_or_else(|| no_slot("operator"))?(v, b)
}

pub(super) fn slot_bool(v: Value) -> PyResult<bool> {
    if let Some(m) = lookup_special(v, name!("__bool__"))? {
        let r = call_special(m, &[])?;
        return r.as_bool().ok_or_else(|| {
            let t = r.type_of().name_string();
            type_error(format!("__bool__ should return bool, returned {t}"))
        });
    }
    if type_lookup(v.type_of(), name!("__len__")).is_some() {
        slot_len(v).map(|n| n != 0)
    } else {
        Ok(true)
    }
}

pub(super) fn wrap_bool(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    nullary("__bool__", args, kw)?;
    s.bool.ok_or_else(|| no_slot("__bool__"))?(v).map(Value::bool)
}

// ---- containers ----

pub(super) fn slot_len(v: Value) -> PyResult<usize> {
    let r = call0(v, name!("__len__"))?;
    let i = protocol::index(r)?;
    match int::to_i64(i) {
        Some(n) if n >= 0 => Ok(n as usize),
        Some(_) => Err(value_error("__len__() should return >= 0")),
        None if int::compare_sign(i) < 0 => Err(value_error("__len__() should return >= 0")),
        None => Err(crate::exceptions::overflow_error(
            "cannot fit 'int' into an index-sized integer",
        )),
    }
}

pub(super) fn wrap_len(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    nullary("__len__", args, kw)?;
    s.len.ok_or_else(|| no_slot("__len__"))?(v).map(Value::from_usize)
}

pub(super) fn slot_getitem(v: Value, key: Value) -> PyResult<Value> {
    call_special(method(v, name!("__getitem__"))?, &[key])
}

pub(super) fn wrap_getitem(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    s.getitem.ok_or_else(|| no_slot("__getitem__"))?(v, unary_arg("__getitem__", args, kw)?)
}

pub(super) fn slot_setitem(v: Value, key: Value, value: Option<Value>) -> PyResult<()> {
    match value {
        Some(value) => call_special(method(v, name!("__setitem__"))?, &[key, value])?,
        None => call_special(method(v, name!("__delitem__"))?, &[key])?,
    };
    Ok(())
}

pub(super) fn wrap_setitem(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    no_keywords("__setitem__", kw)?;
    check_count("", args, 2, 2)?;
    s.setitem.ok_or_else(|| no_slot("__setitem__"))?(v, args[0], Some(args[1]))?;
    Ok(Value::NONE)
}

pub(super) fn wrap_delitem(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    let key = unary_arg("__delitem__", args, kw)?;
    s.setitem.ok_or_else(|| no_slot("__delitem__"))?(v, key, None)?;
    Ok(Value::NONE)
}

pub(super) fn slot_contains(v: Value, item: Value) -> PyResult<bool> {
    match lookup_special(v, name!("__contains__"))? {
        Some(m) if m.callable.is_none() => Err(type_error(format!(
            "'{}' object is not a container",
            v.type_of().name_string()
        ))),
        Some(m) => is_true(call_special(m, &[item])?),
        None => {
            let it = protocol::iter(v)?;
            while let Some(x) = protocol::next(it)? {
                if protocol::equal(x, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

pub(super) fn wrap_contains(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    let item = unary_arg("__contains__", args, kw)?;
    s.contains.ok_or_else(|| no_slot("__contains__"))?(v, item).map(Value::bool)
}

/// Sequences made in Rust show their concatenation and repetition as `__add__`, `__mul__`, `__rmul__`.
pub(super) fn wrap_concat(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    s.concat.ok_or_else(|| no_slot("__add__"))?(v, unary_arg("__add__", args, kw)?)
}

pub(super) fn wrap_iconcat(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    s.iconcat.ok_or_else(|| no_slot("__iadd__"))?(v, unary_arg("__iadd__", args, kw)?)
}

fn repeat_count(args: &[Value], kw: Kw) -> PyResult<isize> {
    let n = unary_arg("__mul__", args, kw)?;
    protocol::index_i64(n, |v| {
        let t = v.type_of().name_string();
        crate::exceptions::overflow_error(format!("cannot fit '{t}' into an index-sized integer"))
    })
    .map(|n| n as isize)
}

pub(super) fn wrap_repeat(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    let n = repeat_count(args, kw)?;
    s.repeat.ok_or_else(|| no_slot("__mul__"))?(v, n)
}

pub(super) fn wrap_irepeat(s: &Slots, v: Value, args: &[Value], kw: Kw) -> PyResult<Value> {
    let n = repeat_count(args, kw)?;
    s.irepeat.ok_or_else(|| no_slot("__imul__"))?(v, n)
}

/// Methods of sequence slots that have no special method of their own.
pub(super) static SEQUENCE_METHODS: &[(&str, super::SlotId, WrapFn)] = &[
    ("__add__", super::SlotId::Concat, wrap_concat),
    ("__mul__", super::SlotId::Repeat, wrap_repeat),
    ("__rmul__", super::SlotId::Repeat, wrap_repeat),
    ("__iadd__", super::SlotId::IConcat, wrap_iconcat),
    ("__imul__", super::SlotId::IRepeat, wrap_irepeat),
];

pub(super) fn no_concat(_: Value, _: Value) -> PyResult<Value> {
    Ok(Value::NOT_IMPLEMENTED)
}

pub(super) fn no_repeat(_: Value, _: isize) -> PyResult<Value> {
    Ok(Value::NOT_IMPLEMENTED)
}

pub(super) fn no_buffer(v: Value, _: &mut BufferRequest) -> PyResult<()> {
    let t = v.type_of().name_string();
    Err(type_error(format!(
        "a bytes-like object is required, not '{t}'"
    )))
}

/// The function that calls wrapper number `index` (of `SPECIALS`, then of `SEQUENCE_METHODS`).
pub fn wrap_function(index: u32) -> (&'static str, WrapFn) {
    let i = index as usize;
    let n = super::slots::SPECIALS.len();
    if i < n {
        let s = &super::slots::SPECIALS[i];
        (s.name, s.wrap)
    } else {
        let s = &SEQUENCE_METHODS[i - n];
        (s.0, s.2)
    }
}
