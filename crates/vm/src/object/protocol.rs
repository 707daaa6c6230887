//! The abstract operations on any object: truth, length, items, iteration, comparison, hashing, text.

use std::cmp::Ordering;

use rivet_spec::CompareOp;

use super::attr::try_type_name;
use super::call;
use super::slots::{HashFn, SlotId};
use super::{Type, TypeFlags};
use crate::exceptions::{PyResult, Raised, clear_if, exc, index_error, overflow_error, type_error};
use crate::name;
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::{float, int};
use crate::value::{Gc, RVec, Value, layout};

/// `bool(v)`
#[inline]
pub fn is_true(v: Value) -> PyResult<bool> {
    match v {
        Value::TRUE => return Ok(true),
        Value::FALSE | Value::NONE => return Ok(false),
        _ => {}
    }
    if let Some(i) = v.as_small_int() {
        return Ok(i != 0);
    }
    let slots = v.type_of();
    let slots = slots.slots();
    if let Some(f) = slots.bool {
        return f(v);
    }
    match slots.len {
        Some(f) => f(v).map(|n| n != 0),
        None => Ok(true),
    }
}

/// `hash(v)`; TypeError if it has none.
#[inline]
pub fn hash(v: Value) -> PyResult<i64> {
    if let Some(s) = v.cast_exact::<Str>() {
        return Ok(s.hash());
    }
    if let Some(i) = v.as_small_int()
        && (0..1 << 60).contains(&i)
    {
        return Ok(i);
    }
    match v.type_of().slots().hash {
        Some(f) => f(v),
        None => hash_not_implemented(v),
    }
}

/// The hash slot of unhashable types.
pub fn hash_not_implemented(v: Value) -> PyResult<i64> {
    Err(type_error(format!(
        "unhashable type: '{}'",
        v.type_of().name_string()
    )))
}

/// The hash slot of `object`: by identity.
pub fn hash_identity(v: Value) -> PyResult<i64> {
    let id = identity(v);
    Ok(id.rotate_right(4) as i64)
}

/// Whether the hash slot says "unhashable".
pub fn is_unhashable(f: Option<HashFn>) -> bool {
    f.is_some_and(|f| std::ptr::fn_addr_eq(f, hash_not_implemented as HashFn))
}

/// `id(v)`
pub fn identity(v: Value) -> u64 {
    match v.as_header() {
        Some(h) => rivet_heap::identity(h),
        // Immediates are identical when they are equal words; odd numbers collide with no address.
        None => v.to_word() | 1 << 63,
    }
}

/// Equality of dict keys and set items that hash alike: identity implies equality.
#[inline]
pub fn keys_equal(a: Value, b: Value) -> PyResult<bool> {
    if let (Some(x), Some(y)) = (a.cast_exact::<Str>(), b.cast_exact::<Str>()) {
        return Ok(x.equals(&y));
    }
    equal(a, b)
}

/// `a is b or a == b`
pub fn equal(a: Value, b: Value) -> PyResult<bool> {
    // Not `a.is(b)`: boxed floats of the same bits are identical, but two NaN objects are not equal.
    if a == b {
        return Ok(true);
    }
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(x == y);
    }
    is_true(compare(a, b, CompareOp::Eq)?)
}

/// `a <op> b` as a truth value; unlike `equal`, identity is not enough.
pub fn compare_bool(a: Value, b: Value, op: CompareOp) -> PyResult<bool> {
    is_true(compare(a, b, op)?)
}

/// `a <op> b`
pub fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(Value::bool(ordering_matches(x.cmp(&y), op)));
    }
    crate::runtime::enter_native(" in comparison")?;
    let r = compare_slots(a, b, op);
    crate::runtime::leave_native();
    r
}

fn compare_slots(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (ta, tb) = (a.type_of(), b.type_of());
    let mut tried_reflected = false;
    if ta != tb
        && tb.is_subtype(ta)
        && let Some(f) = tb.slots().compare
    {
        tried_reflected = true;
        let r = f(b, a, op.swapped())?;
        if r != Value::NOT_IMPLEMENTED {
            return Ok(r);
        }
    }
    if let Some(f) = ta.slots().compare {
        let r = f(a, b, op)?;
        if r != Value::NOT_IMPLEMENTED {
            return Ok(r);
        }
    }
    if !tried_reflected && let Some(f) = tb.slots().compare {
        let r = f(b, a, op.swapped())?;
        if r != Value::NOT_IMPLEMENTED {
            return Ok(r);
        }
    }
    match op {
        CompareOp::Eq => Ok(Value::bool(a.is(b))),
        CompareOp::Ne => Ok(Value::bool(!a.is(b))),
        _ => {
            let (ta, tb, op) = (ta.name_string(), tb.name_string(), op.symbol());
            Err(type_error(format!(
                "'{op}' not supported between instances of '{ta}' and '{tb}'"
            )))
        }
    }
}

/// Whether an ordering satisfies a comparison.
#[inline(always)]
pub fn ordering_matches(o: Ordering, op: CompareOp) -> bool {
    match op {
        CompareOp::Lt => o == Ordering::Less,
        CompareOp::Le => o != Ordering::Greater,
        CompareOp::Eq => o == Ordering::Equal,
        CompareOp::Ne => o != Ordering::Equal,
        CompareOp::Gt => o == Ordering::Greater,
        CompareOp::Ge => o != Ordering::Less,
    }
}

/// Compares two sequences item by item, as tuples and lists do. The slices are asked for anew at each step,
/// because comparing may change a list.
pub fn compare_sequences(
    a: &dyn Fn(usize) -> Option<Value>,
    b: &dyn Fn(usize) -> Option<Value>,
    op: CompareOp,
) -> PyResult<Value> {
    let mut i = 0;
    loop {
        match (a(i), b(i)) {
            (Some(x), Some(y)) => {
                if !equal(x, y)? {
                    // The comparison may have shortened the sequences: then their lengths decide.
                    let left = (a(i).is_some(), b(i).is_some());
                    if left != (true, true) {
                        return Ok(Value::bool(ordering_matches(left.0.cmp(&left.1), op)));
                    }
                    return match op {
                        CompareOp::Eq => Ok(Value::FALSE),
                        CompareOp::Ne => Ok(Value::TRUE),
                        _ => compare(x, y, op),
                    };
                }
            }
            (x, y) => {
                let o = x.is_some().cmp(&y.is_some());
                return Ok(Value::bool(ordering_matches(o, op)));
            }
        }
        i += 1;
    }
}

/// `len(v)`
pub fn length(v: Value) -> PyResult<usize> {
    match v.type_of().slots().len {
        Some(f) => f(v),
        None => Err(type_error(format!(
            "object of type '{}' has no len()",
            v.type_of().name_string()
        ))),
    }
}

/// An estimate of the length (`operator.length_hint`).
pub fn length_hint(v: Value, default: usize) -> PyResult<usize> {
    if v.type_of().slots().len.is_some() {
        match length(v) {
            Ok(n) => return Ok(n),
            Err(raised) => clear_if(raised, exc().type_error)?,
        }
    }
    let hint = match call::try_special(v, name!("__length_hint__"), &[]) {
        Ok(Some(h)) if h == Value::NOT_IMPLEMENTED => return Ok(default),
        Ok(Some(h)) => h,
        Ok(None) => return Ok(default),
        Err(raised) => return clear_if(raised, exc().type_error).map(|()| default),
    };
    match int::to_i64(hint) {
        Some(n) if n >= 0 => Ok(n as usize),
        Some(_) => Err(crate::exceptions::value_error(
            "__length_hint__() should return >= 0",
        )),
        None => {
            let t = hint.type_of().name_string();
            Err(type_error(format!(
                "__length_hint__ must be an integer, not {t}"
            )))
        }
    }
}

/// `v[key]`
pub fn get_item(v: Value, key: Value) -> PyResult<Value> {
    if let Some(f) = v.type_of().slots().getitem {
        return f(v, key);
    }
    if v.cast::<super::Type>().is_some() {
        return class_getitem(v, key);
    }
    Err(type_error(format!(
        "'{}' object is not subscriptable",
        v.type_of().name_string()
    )))
}

fn class_getitem(v: Value, key: Value) -> PyResult<Value> {
    if v == crate::runtime::types().type_.value() {
        return crate::types::generic_alias::new(v, key);
    }
    match super::attr::find_attr(v, name!("__class_getitem__"))? {
        Some(f) => call::call(f, &[key]),
        None => {
            let name = try_type_name(v);
            Err(type_error(format!("type '{name}' is not subscriptable")))
        }
    }
}

/// `v[key] = value` or, without a value, `del v[key]`
pub fn set_item(v: Value, key: Value, value: Option<Value>) -> PyResult<()> {
    let ty = v.type_of();
    match ty.slots().setitem {
        Some(f) => f(v, key, value),
        None => {
            // CPython's sequences say it differently.
            let is_index = int::is_int(key) || key.type_of().slots().index.is_some();
            let sequence =
                is_index && (ty.slots().len.is_some() || ty.has(super::TypeFlags::HEAPTYPE));
            let what = match value {
                Some(_) => "does not support item assignment",
                None if sequence => "doesn't support item deletion",
                None => "does not support item deletion",
            };
            Err(type_error(format!("'{}' object {what}", ty.name_string())))
        }
    }
}

/// `item in container`
pub fn contains(container: Value, item: Value) -> PyResult<bool> {
    if let Some(f) = container.type_of().slots().contains {
        return f(container, item);
    }
    let it = match iter(container) {
        Ok(it) => it,
        Err(raised) => {
            clear_if(raised, exc().type_error)?;
            let t = container.type_of().name_string();
            return Err(type_error(format!(
                "argument of type '{t}' is not iterable"
            )));
        }
    };
    while let Some(v) = next(it)? {
        if equal(v, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `iter(v)`
pub fn iter(v: Value) -> PyResult<Value> {
    let ty = v.type_of();
    if let Some(f) = ty.slots().iter {
        let it = f(v)?;
        if it.type_of().slots().next.is_none() {
            let t = it.type_of().name_string();
            return Err(type_error(format!(
                "iter() returned non-iterator of type '{t}'"
            )));
        }
        return Ok(it);
    }
    if is_sequence(v) {
        return crate::types::seqiter::new(v);
    }
    Err(type_error(format!(
        "'{}' object is not iterable",
        ty.name_string()
    )))
}

/// Whether instances have items by number, as far as their type says (`PySequence_Check`).
pub fn is_sequence(v: Value) -> bool {
    let ty = v.type_of();
    ty.slots().getitem.is_some() && v.cast::<Dict>().is_none() && !is_keyed(ty)
}

/// Whether instances have items by key alone: a C type says so, and a subclass's own `__getitem__` changes it.
fn is_keyed(ty: Gc<Type>) -> bool {
    let mut t = ty;
    while !t.has(TypeFlags::KEYED) {
        match t.base() {
            Some(b) if !t.has(TypeFlags::C_DEFINED) => t = b,
            _ => return false,
        }
    }
    ty.slots().same(SlotId::GetItem, t.slots())
}

/// `next(it)`; None when exhausted.
#[inline]
pub fn next(it: Value) -> PyResult<Option<Value>> {
    match it.type_of().slots().next {
        Some(f) => f(it),
        None => Err(type_error(format!(
            "'{}' object is not an iterator",
            it.type_of().name_string()
        ))),
    }
}

/// Calls `f` with each item of an iterable.
pub fn for_each(iterable: Value, mut f: impl FnMut(Value) -> PyResult<()>) -> PyResult<()> {
    if let Some(t) = iterable.cast_exact::<Tuple>() {
        return t.items().iter().try_for_each(|&v| f(v));
    }
    if let Some(l) = iterable.cast_exact::<List>() {
        let mut i = 0;
        while let Some(v) = l.get(i) {
            f(v)?;
            i += 1;
        }
        return Ok(());
    }
    let it = iter(iterable)?;
    while let Some(v) = next(it)? {
        f(v)?;
    }
    Ok(())
}

/// The items of an iterable.
pub fn collect(iterable: Value) -> PyResult<RVec> {
    if let Some(t) = iterable.cast_exact::<Tuple>() {
        return RVec::from_slice(t.items());
    }
    if let Some(l) = iterable.cast_exact::<List>() {
        return RVec::from_slice(l.items());
    }
    if let Some(s) = iterable.cast_exact::<Str>() {
        let mut out = RVec::with_capacity(s.len())?;
        s.chars()
            .iter()
            .try_for_each(|c| out.push(Str::from_char(c)?.value()))?;
        return Ok(out);
    }
    let mut out = RVec::new();
    for_each(iterable, |v| out.push(v))?;
    Ok(out)
}

/// `tuple(iterable)`
pub fn to_tuple(iterable: Value) -> PyResult<Gc<Tuple>> {
    match iterable.cast_exact::<Tuple>() {
        Some(t) => Ok(t),
        None => Tuple::from_slice(&collect(iterable)?),
    }
}

/// `list(iterable)`
pub fn to_list(iterable: Value) -> PyResult<Gc<List>> {
    List::from_vec(collect(iterable)?)
}

/// `repr(v)`
pub fn repr(v: Value) -> PyResult<Gc<Str>> {
    crate::runtime::enter_native(" while getting the repr of an object")?;
    let r = match v.type_of().slots().repr {
        Some(f) => f(v),
        None => crate::types::object::repr(v),
    };
    crate::runtime::leave_native();
    expect_str(r?, "__repr__")
}

/// `str(v)`
pub fn str(v: Value) -> PyResult<Gc<Str>> {
    if let Some(s) = v.cast_exact::<Str>() {
        return Ok(s);
    }
    match v.type_of().slots().str {
        Some(f) => {
            crate::runtime::enter_native(" while getting the str of an object")?;
            let r = f(v);
            crate::runtime::leave_native();
            expect_str(r?, "__str__")
        }
        None => repr(v),
    }
}

/// `ascii(v)`
pub fn ascii(v: Value) -> PyResult<Gc<Str>> {
    let r = repr(v)?;
    if r.is_ascii() {
        Ok(r)
    } else {
        Str::new(&crate::text::escape_non_ascii(r.chars()))
    }
}

fn expect_str(v: Value, method: &str) -> PyResult<Gc<Str>> {
    v.cast::<Str>().ok_or_else(|| {
        let t = v.type_of().name_string();
        type_error(format!("{method} returned non-string (type {t})"))
    })
}

/// `repr(v)` as text, for messages.
pub fn repr_string(v: Value) -> PyResult<String> {
    Ok(repr(v)?.to_string_lossy().into_owned())
}

/// `format(v, spec)`
pub fn format(v: Value, spec: Option<Value>) -> PyResult<Value> {
    if spec.is_none_or(|s| s.cast::<Str>().is_some_and(|s| s.is_empty())) {
        if v.cast_exact::<Str>().is_some() {
            return Ok(v);
        }
        if v.is_small_int() {
            return str(v).map(Gc::value);
        }
    }
    let spec = spec.unwrap_or_else(|| Str::empty().value());
    match call::try_special(v, name!("__format__"), &[spec])? {
        Some(r) if r.cast::<Str>().is_some() => Ok(r),
        Some(r) => Err(type_error(format!(
            "__format__ must return a str, not {}",
            r.type_of().name_string()
        ))),
        None => Err(type_error(format!(
            "Type {} doesn't define __format__",
            v.type_of().name_string()
        ))),
    }
}

/// `operator.index(v)`: an int, exact for subclasses of int too.
pub fn index(v: Value) -> PyResult<Value> {
    if int::is_int(v) {
        return Ok(v);
    }
    match v.type_of().slots().index {
        Some(f) => {
            let r = f(v)?;
            let t = r.type_of();
            if t == crate::runtime::types().int {
                return Ok(r);
            }
            let t = t.name_string();
            if !int::is_int(r) {
                return Err(type_error(format!("__index__ returned non-int (type {t})")));
            }
            let text = format!(
                "__index__ returned non-int (type {t}).  The ability to return an instance of a strict subclass of int is deprecated, and may not be supported in a future version of Python."
            );
            crate::builtins::warnings::deprecated(&text, 1)?;
            Ok(r)
        }
        None => {
            let t = v.type_of().name_string();
            Err(type_error(format!(
                "'{t}' object cannot be interpreted as an integer"
            )))
        }
    }
}

/// An index as a machine word; `error` is raised if it does not fit.
pub fn index_i64(v: Value, error: impl FnOnce(Value) -> Raised) -> PyResult<i64> {
    let i = index(v)?;
    int::to_i64(i).ok_or_else(|| error(v))
}

/// An int argument as a machine word (OverflowError "Python int too large to convert to C ssize_t").
pub fn as_isize(v: Value) -> PyResult<isize> {
    index_i64(v, |_| {
        overflow_error("Python int too large to convert to C ssize_t")
    })
    .map(|i| i as isize)
}

/// An index argument, clipped to the machine's range.
pub fn as_isize_clipped(v: Value) -> PyResult<isize> {
    let i = index(v)?;
    Ok(match int::to_i64(i) {
        Some(i) => i as isize,
        None if int::to_big(i).is_some_and(|b| b.sign() == num_bigint::Sign::Minus) => isize::MIN,
        None => isize::MAX,
    })
}

/// A sequence index: counts from the end if negative; IndexError with `message` if out of range.
pub fn sequence_index(key: Value, len: usize, message: &str) -> PyResult<usize> {
    let i = index_i64(key, |v| {
        index_error(format!(
            "cannot fit '{}' into an index-sized integer",
            v.type_of().name_string()
        ))
    })?;
    let at = if i < 0 { i + len as i64 } else { i };
    if at < 0 || at as usize >= len {
        return Err(index_error(message));
    }
    Ok(at as usize)
}

/// `float(v)` of a real number: `__float__`, then `__index__`.
pub fn as_f64(v: Value) -> PyResult<f64> {
    if let Some(f) = float::operand(v)? {
        return Ok(f);
    }
    let slots = v.type_of();
    let slots = slots.slots();
    if let Some(f) = slots.float {
        let r = f(v)?;
        return r.as_float().ok_or_else(|| {
            let (t, r) = (v.type_of().name_string(), r.type_of().name_string());
            type_error(format!("{t}.__float__ returned non-float (type {r})"))
        });
    }
    if slots.index.is_some() {
        return as_f64(index(v)?);
    }
    Err(type_error(format!(
        "must be real number, not {}",
        v.type_of().name_string()
    )))
}

/// `isinstance(v, class)`
pub fn is_instance(v: Value, class: Value) -> PyResult<bool> {
    if v.type_of().value() == class {
        return Ok(true);
    }
    if class.layout_id() == layout::TYPE {
        return instance_check(v, class);
    }
    if let Some(t) = class.cast::<Tuple>() {
        crate::runtime::enter_native(" in __instancecheck__")?;
        let r = any(t, |c| is_instance(v, c));
        crate::runtime::leave_native();
        return r;
    }
    match super::attr::lookup_special(class, name!("__instancecheck__"))? {
        Some(m) => is_true(call::call_special(m, &[v])?),
        None => instance_check(v, class),
    }
}

fn any(t: Gc<Tuple>, f: impl Fn(Value) -> PyResult<bool>) -> PyResult<bool> {
    for &c in t.items() {
        if f(c)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `type.__instancecheck__`: by the type, then by `__class__`.
pub fn instance_check(v: Value, class: Value) -> PyResult<bool> {
    if let Some(c) = class.cast::<super::Type>() {
        if v.type_of().is_subtype(c) {
            return Ok(true);
        }
        return match super::attr::find_attr(v, name!("__class__"))? {
            Some(k) => match k.cast::<super::Type>() {
                Some(k) if k != v.type_of() => Ok(k.is_subtype(c)),
                _ => Ok(false),
            },
            None => Ok(false),
        };
    }
    check_class(
        class,
        "isinstance() arg 2 must be a type, a tuple of types, or a union",
    )?;
    match super::attr::find_attr(v, name!("__class__"))? {
        Some(k) => abstract_subclass(k, class),
        None => Ok(false),
    }
}

/// `issubclass(v, class)`
pub fn is_subclass(v: Value, class: Value) -> PyResult<bool> {
    if class.layout_id() == layout::TYPE {
        if v == class {
            return Ok(true);
        }
        return subclass_check(v, class);
    }
    if let Some(t) = class.cast::<Tuple>() {
        crate::runtime::enter_native(" in __subclasscheck__")?;
        let r = any(t, |c| is_subclass(v, c));
        crate::runtime::leave_native();
        return r;
    }
    match super::attr::lookup_special(class, name!("__subclasscheck__"))? {
        Some(m) => is_true(call::call_special(m, &[v])?),
        None => subclass_check(v, class),
    }
}

/// `type.__subclasscheck__`
pub fn subclass_check(v: Value, class: Value) -> PyResult<bool> {
    if let (Some(a), Some(b)) = (v.cast::<super::Type>(), class.cast::<super::Type>()) {
        return Ok(a.is_subtype(b));
    }
    check_class(v, "issubclass() arg 1 must be a class")?;
    check_class(
        class,
        "issubclass() arg 2 must be a class, a tuple of classes, or a union",
    )?;
    abstract_subclass(v, class)
}

fn abstract_bases(class: Value) -> PyResult<Option<Gc<Tuple>>> {
    Ok(super::attr::find_attr(class, name!("__bases__"))?.and_then(|b| b.cast::<Tuple>()))
}

fn check_class(class: Value, message: &str) -> PyResult<()> {
    match abstract_bases(class)? {
        Some(_) => Ok(()),
        None => Err(type_error(message)),
    }
}

fn abstract_subclass(v: Value, class: Value) -> PyResult<bool> {
    if v == class {
        return Ok(true);
    }
    match abstract_bases(v)? {
        Some(bases) => any(bases, |b| abstract_subclass(b, class)),
        None => Ok(false),
    }
}
