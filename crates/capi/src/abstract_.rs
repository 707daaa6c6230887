//! `abstract.h`: numbers, sequences, mappings and iterators as protocols.

use std::ffi::{c_char, c_int};

use rivet_spec::BinaryOp;
use rivet_vm::exceptions::{PyResult, exc, raise_text, type_error, value_error};
use rivet_vm::object::{call, number, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::list::List;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::types::{int, slice};
use rivet_vm::value::{Gc, Value};

use crate::api::{Converted, Out, get, name, optional};
use crate::boundary::new_ref;
use crate::layout::{PyVarObject, Ref};
use crate::objects::export_unary;
use crate::types::incoming::{MP, NB, SQ, c_slot};
use crate::{api, errors, raw, types};

/// The length of an exact str or bytes object, which cannot change.
///
/// # Safety
/// Null or a live object.
unsafe fn fixed_len(op: Ref) -> Option<isize> {
    // SAFETY: by contract; objects of these types have their length behind the head.
    unsafe {
        if op.is_null() {
            return None;
        }
        let ty = (*op).ty;
        let fixed = ty == types::builtin(types::STR) || ty == types::builtin(types::BYTES);
        fixed.then(|| (*op.cast::<PyVarObject>()).size)
    }
}

macro_rules! export_binary {
    ($($name:ident $f:expr;)*) => {$(
        /// The operation as a function.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(a: Ref, b: Ref) -> Ref {
            // SAFETY: C passes live objects.
            let r = Value::out(unsafe { get(a).and_then(|a| $f(a, get(b)?)) });
            crate::list::before_c();
            r
        }
    )*};
}

export_binary! {
    PyNumber_Add |a, b| number::binary(BinaryOp::Add, a, b);
    PyNumber_Subtract |a, b| number::binary(BinaryOp::Sub, a, b);
    PyNumber_Multiply |a, b| number::binary(BinaryOp::Mul, a, b);
    PyNumber_TrueDivide |a, b| number::binary(BinaryOp::TrueDiv, a, b);
    PyNumber_FloorDivide |a, b| number::binary(BinaryOp::FloorDiv, a, b);
    PyNumber_Remainder |a, b| number::binary(BinaryOp::Mod, a, b);
    PyNumber_MatrixMultiply |a, b| number::binary(BinaryOp::MatMul, a, b);
    PyNumber_Lshift |a, b| number::binary(BinaryOp::LShift, a, b);
    PyNumber_Rshift |a, b| number::binary(BinaryOp::RShift, a, b);
    PyNumber_And |a, b| number::binary(BinaryOp::And, a, b);
    PyNumber_Or |a, b| number::binary(BinaryOp::Or, a, b);
    PyNumber_Xor |a, b| number::binary(BinaryOp::Xor, a, b);
    PyNumber_Divmod number::divmod;
    PyNumber_InPlaceAdd |a, b| number::inplace(BinaryOp::Add, a, b);
    PyNumber_InPlaceSubtract |a, b| number::inplace(BinaryOp::Sub, a, b);
    PyNumber_InPlaceMultiply |a, b| number::inplace(BinaryOp::Mul, a, b);
    PyNumber_InPlaceTrueDivide |a, b| number::inplace(BinaryOp::TrueDiv, a, b);
    PyNumber_InPlaceFloorDivide |a, b| number::inplace(BinaryOp::FloorDiv, a, b);
    PyNumber_InPlaceRemainder |a, b| number::inplace(BinaryOp::Mod, a, b);
    PyNumber_InPlaceMatrixMultiply |a, b| number::inplace(BinaryOp::MatMul, a, b);
    PyNumber_InPlaceLshift |a, b| number::inplace(BinaryOp::LShift, a, b);
    PyNumber_InPlaceRshift |a, b| number::inplace(BinaryOp::RShift, a, b);
    PyNumber_InPlaceAnd |a, b| number::inplace(BinaryOp::And, a, b);
    PyNumber_InPlaceOr |a, b| number::inplace(BinaryOp::Or, a, b);
    PyNumber_InPlaceXor |a, b| number::inplace(BinaryOp::Xor, a, b);
    PyObject_GetItem protocol::get_item;
    PySequence_Concat concat;
    PySequence_InPlaceConcat |a, b| number::inplace(BinaryOp::Add, a, b);
}

export_unary! {
    PyNumber_Negative number::neg;
    PyNumber_Positive number::pos;
    PyNumber_Invert number::invert;
    PyNumber_Absolute number::abs;
    PyNumber_Index protocol::index;
    _PyNumber_Index protocol::index;
    PyNumber_Long |v| call::call(rivet_vm::runtime::types().int.value(), &[v]);
    PyNumber_Float |v| call::call(rivet_vm::runtime::types().float.value(), &[v]);
    PySequence_Tuple |v| protocol::to_tuple(v).map(Gc::value);
    PySequence_List |v| protocol::to_list(v).map(Gc::value);
}

fn concat(a: Value, b: Value) -> PyResult<Value> {
    let t = a.type_of();
    let s = t.slots();
    match s.concat {
        Some(f) => f(a, b),
        None if s.getitem.is_some() && b.type_of().slots().getitem.is_some() => {
            number::binary(BinaryOp::Add, a, b)
        }
        None => Err(type_error(format!(
            "'{}' object can't be concatenated",
            a.type_of().name_string()
        ))),
    }
}

fn slice_of(low: isize, high: isize) -> PyResult<Value> {
    slice::new(Value::int(low as i64), Value::int(high as i64), Value::NONE)
}

const SEQUENCE: &str = "a sequence";

/// TypeError unless the type has the function of this protocol: it may have the other protocol's only, or neither (then
/// `neither` says what cannot be done; without it, what follows fails with a text of its own).
unsafe fn by_protocol(
    op: Ref,
    slot: u32,
    other: u32,
    what: &str,
    neither: Option<&str>,
) -> PyResult<()> {
    if op.is_null() {
        return Ok(());
    }
    // SAFETY: callers pass a live object or null.
    unsafe {
        let ty = (*op).ty;
        if !c_slot(ty, slot).is_null() {
            return Ok(());
        }
        let name = errors::text((*ty).name);
        if !c_slot(ty, other).is_null() {
            return Err(type_error(format!("{name} is not {what}")));
        }
        match neither {
            Some(text) => Err(type_error(format!("'{name}' object {text}"))),
            None => Ok(()),
        }
    }
}

unsafe fn has(op: Ref, codes: &[u32]) -> c_int {
    if op.is_null() {
        return 0;
    }
    // SAFETY: callers pass a live object.
    codes
        .iter()
        .any(|&c| unsafe { !c_slot((*op).ty, c).is_null() })
        .into()
}

raw! {
    fn PyNumber_Check(op: Ref) -> c_int {
        has(op, &[NB | 33, NB | 16, NB | 18])
    }

    fn PyIndex_Check(op: Ref) -> c_int {
        has(op, &[NB | 33])
    }

    fn PySequence_Check(op: Ref) -> c_int {
        if !op.is_null() && (*(*op).ty).flags & rivet_vm::object::TypeFlags::DICT_SUBCLASS != 0 {
            return 0;
        }
        has(op, &[SQ | 3])
    }

    fn PyMapping_Check(op: Ref) -> c_int {
        has(op, &[MP | 1])
    }

    fn PyIter_Check(op: Ref) -> c_int {
        let f = (*(*op).ty).iternext;
        (!f.is_null() && !std::ptr::addr_eq(f, crate::objects::_PyObject_NextNotImplemented as *const ())).into()
    }

    fn PyAIter_Check(op: Ref) -> c_int {
        has(op, &[crate::types::incoming::AM | 2])
    }

    fn PyIter_Next(op: Ref) -> Ref {
        if let Some(r) = crate::list::direct_next(op) {
            return r;
        }
        let r = get(op).and_then(protocol::next);
        crate::list::before_c();
        match r {
            Ok(Some(v)) => new_ref(v),
            Ok(None) => std::ptr::null_mut(),
            Err(_) => {
                errors::publish();
                std::ptr::null_mut()
            }
        }
    }

    fn PyMapping_HasKey(op: Ref, key: Ref) -> c_int {
        let r = get(op).and_then(|v| protocol::get_item(v, get(key)?));
        rivet_vm::thread::current().take_pending();
        r.is_ok().into()
    }

    fn PyMapping_HasKeyString(op: Ref, key: *const c_char) -> c_int {
        let r = get(op).and_then(|v| protocol::get_item(v, name(key).value()));
        rivet_vm::thread::current().take_pending();
        r.is_ok().into()
    }

    fn PyNumber_AsSsize_t(op: Ref, class: Ref) -> isize {
        let run = || -> PyResult<isize> {
            let n = protocol::index(get(op)?)?;
            match int::to_i64(n) {
                Some(i) => Ok(i as isize),
                None => match optional(class)?.and_then(|c| c.cast::<rivet_vm::object::Type>()) {
                    None => Ok(if int::compare_sign(n) < 0 { isize::MIN } else { isize::MAX }),
                    Some(c) => {
                        let t = get(op)?.type_of().name_string();
                        Err(raise_text(c, &format!("cannot fit '{t}' into an index-sized integer")))
                    }
                },
            }
        };
        isize::out(run())
    }

    fn _PySequence_IterSearch(seq: Ref, x: Ref, what: c_int) -> isize {
        let run = || -> PyResult<isize> {
            let (s, x) = (get(seq)?, get(x)?);
            const COUNT: c_int = 1;
            const INDEX: c_int = 2;
            let (mut n, mut at, mut hit) = (0isize, 0isize, None);
            let it = protocol::iter(s)?;
            while let Some(v) = protocol::next(it)? {
                if v.is(x) || protocol::equal(v, x)? {
                    n += 1;
                    hit = hit.or(Some(at));
                    if what != COUNT {
                        break;
                    }
                }
                at += 1;
            }
            match what {
                COUNT => Ok(n),
                INDEX => hit.ok_or_else(|| value_error("sequence.index(x): x not in sequence")),
                _ => Ok(hit.is_some().into()),
            }
        };
        isize::out(run())
    }

    fn PyIter_Send(it: Ref, arg: Ref, result: *mut Ref) -> c_int {
        const RETURN: c_int = 0;
        const ERROR: c_int = -1;
        const NEXT: c_int = 1;
        *result = std::ptr::null_mut();
        let run = || -> PyResult<Value> {
            let (v, a) = (get(it)?, get(arg)?);
            if a.is_none() && v.type_of().slots().next.is_some() {
                return match protocol::next(v)? {
                    Some(x) => Ok(x),
                    None => Err(rivet_vm::exceptions::stop_iteration(rivet_vm::types::generator::take_return_value())),
                };
            }
            call::call_method(v, rivet_vm::name!("send"), &[a])
        };
        match run() {
            Ok(v) => {
                *result = new_ref(v);
                NEXT
            }
            Err(_) => {
                errors::publish();
                if errors::_PyGen_FetchStopIterationValue(result) == 0 { RETURN } else { ERROR }
            }
        }
    }
}

unsafe fn sequence_slice(
    op: Ref,
    low: isize,
    high: isize,
    v: Option<Value>,
    store: bool,
) -> PyResult<Value> {
    // SAFETY: callers pass a live object.
    let s = unsafe { get(op) }?;
    let key = slice_of(low, high)?;
    if store {
        protocol::set_item(s, key, v)?;
        return Ok(Value::NONE);
    }
    protocol::get_item(s, key)
}

fn repeat(v: Value, n: isize, inplace: bool) -> PyResult<Value> {
    if let Some(f) = v.type_of().slots().repeat {
        return f(v, n);
    }
    let n = Value::int(n as i64);
    if inplace {
        number::inplace(BinaryOp::Mul, v, n)
    } else {
        number::binary(BinaryOp::Mul, v, n)
    }
}

api! {
    fn PyNumber_Power(a: Ref, b: Ref, m: Ref) -> Value {
        number::power(get(a)?, get(b)?, get(m)?)
    }

    fn PyNumber_InPlacePower(a: Ref, b: Ref, m: Ref) -> Value {
        let (x, y, z) = (get(a)?, get(b)?, get(m)?);
        if z.is_none() { number::inplace(BinaryOp::Pow, x, y) } else { number::power(x, y, z) }
    }

    fn PyNumber_ToBase(op: Ref, base: c_int) -> Value {
        let n = protocol::index(get(op)?)?;
        let f = match base {
            2 => "bin",
            8 => "oct",
            16 => "hex",
            10 => return Ok(protocol::str(n)?.value()),
            _ => return Err(rivet_vm::exceptions::system_error("PyNumber_ToBase: base must be 2, 8, 10 or 16")),
        };
        let f = rivet_vm::runtime::builtins().get_str(f).ok_or_else(crate::api::bad_call)?;
        call::call(f, &[n])
    }

    fn PyObject_Size(op: Ref) -> isize {
        if let Some(n) = crate::list::direct_len(op).or_else(|| fixed_len(op)) {
            return Ok(n);
        }
        Ok(protocol::length(get(op)?)? as isize)
    }

    fn PyObject_Length(op: Ref) -> isize {
        if let Some(n) = crate::list::direct_len(op) {
            return Ok(n);
        }
        Ok(protocol::length(get(op)?)? as isize)
    }

    fn PySequence_Size(op: Ref) -> isize {
        if let Some(n) = crate::list::direct_len(op) {
            return Ok(n);
        }
        by_protocol(op, SQ, MP, SEQUENCE, None)?;
        Ok(protocol::length(get(op)?)? as isize)
    }

    fn PySequence_Length(op: Ref) -> isize {
        if let Some(n) = crate::list::direct_len(op) {
            return Ok(n);
        }
        by_protocol(op, SQ, MP, SEQUENCE, None)?;
        Ok(protocol::length(get(op)?)? as isize)
    }

    fn PyMapping_Size(op: Ref) -> isize {
        by_protocol(op, MP, SQ, "a mapping", None)?;
        Ok(protocol::length(get(op)?)? as isize)
    }

    fn PyMapping_Length(op: Ref) -> isize {
        by_protocol(op, MP, SQ, "a mapping", None)?;
        Ok(protocol::length(get(op)?)? as isize)
    }

    fn PyObject_LengthHint(op: Ref, default: isize) -> isize {
        Ok(protocol::length_hint(get(op)?, default as usize)? as isize)
    }

    fn PyObject_SetItem(op: Ref, key: Ref, v: Ref) -> () {
        protocol::set_item(get(op)?, get(key)?, Some(get(v)?))
    }

    fn PyObject_DelItem(op: Ref, key: Ref) -> () {
        protocol::set_item(get(op)?, get(key)?, None)
    }

    fn PyObject_DelItemString(op: Ref, key: *const c_char) -> () {
        protocol::set_item(get(op)?, name(key).value(), None)
    }

    fn PySequence_GetItem(op: Ref, i: isize) -> Ref {
        if let Some(r) = crate::list::direct_item(op, i) {
            return Ok(r);
        }
        by_protocol(op, SQ | 3, MP | 1, SEQUENCE, Some("does not support indexing"))?;
        protocol::get_item(get(op)?, Value::int(i as i64)).map(new_ref)
    }

    fn PySequence_SetItem(op: Ref, i: isize, v: Ref) -> () {
        by_protocol(op, SQ | 5, MP | 2, SEQUENCE, Some("does not support item assignment"))?;
        protocol::set_item(get(op)?, Value::int(i as i64), Some(get(v)?))
    }

    fn PySequence_DelItem(op: Ref, i: isize) -> () {
        by_protocol(op, SQ | 5, MP | 2, SEQUENCE, Some("doesn't support item deletion"))?;
        protocol::set_item(get(op)?, Value::int(i as i64), None)
    }

    fn PySequence_GetSlice(op: Ref, low: isize, high: isize) -> Value {
        sequence_slice(op, low, high, None, false)
    }

    fn PySequence_SetSlice(op: Ref, low: isize, high: isize, v: Ref) -> () {
        sequence_slice(op, low, high, Some(get(v)?), true).map(|_| ())
    }

    fn PySequence_DelSlice(op: Ref, low: isize, high: isize) -> () {
        sequence_slice(op, low, high, None, true).map(|_| ())
    }

    fn PySequence_Contains(op: Ref, x: Ref) -> bool {
        protocol::contains(get(op)?, get(x)?)
    }

    fn PySequence_In(op: Ref, x: Ref) -> bool {
        protocol::contains(get(op)?, get(x)?)
    }

    fn PySequence_Index(op: Ref, x: Ref) -> isize {
        let (s, x) = (get(op)?, get(x)?);
        let mut at = 0;
        let it = protocol::iter(s)?;
        while let Some(v) = protocol::next(it)? {
            if v.is(x) || protocol::equal(v, x)? {
                return Ok(at);
            }
            at += 1;
        }
        Err(value_error("sequence.index(x): x not in sequence"))
    }

    fn PySequence_Count(op: Ref, x: Ref) -> isize {
        let x = get(x)?;
        let mut n = 0;
        protocol::for_each(get(op)?, |v| {
            if v.is(x) || protocol::equal(v, x)? {
                n += 1;
            }
            Ok(())
        })?;
        Ok(n)
    }

    fn PySequence_Repeat(op: Ref, n: isize) -> Value {
        repeat(get(op)?, n, false)
    }

    fn PySequence_InPlaceRepeat(op: Ref, n: isize) -> Value {
        repeat(get(op)?, n, true)
    }

    fn PySequence_Fast(op: Ref, message: *const c_char) -> Value {
        let v = get(op)?;
        if v.cast::<List>().is_some() || v.cast::<Tuple>().is_some() {
            return Ok(v);
        }
        match protocol::iter(v) {
            Ok(it) => Ok(protocol::to_list(it)?.value()),
            Err(raised) => {
                rivet_vm::exceptions::clear_if(raised, exc().type_error)?;
                Err(type_error(errors::text(message)))
            }
        }
    }

    fn PyMapping_Keys(op: Ref) -> Value {
        mapping_list(get(op)?, "keys")
    }

    fn PyMapping_Values(op: Ref) -> Value {
        mapping_list(get(op)?, "values")
    }

    fn PyMapping_Items(op: Ref) -> Value {
        mapping_list(get(op)?, "items")
    }

    fn PyMapping_GetItemString(op: Ref, key: *const c_char) -> Value {
        protocol::get_item(get(op)?, name(key).value())
    }

    fn PyMapping_SetItemString(op: Ref, key: *const c_char, v: Ref) -> () {
        protocol::set_item(get(op)?, name(key).value(), Some(get(v)?))
    }

    fn PySlice_New(start: Ref, stop: Ref, step: Ref) -> Value {
        let part = |r: Ref| -> PyResult<Value> { Ok(optional(r)?.unwrap_or(Value::NONE)) };
        slice::new(part(start)?, part(stop)?, part(step)?)
    }

    fn PySlice_Unpack(op: Ref, start: *mut isize, stop: *mut isize, step: *mut isize) -> () {
        (*start, *stop, *step) = slice::unpack(get(op)?)?;
        Ok(())
    }

    fn PySlice_GetIndicesEx(op: Ref, n: isize, start: *mut isize, stop: *mut isize, step: *mut isize, len: *mut isize) -> () {
        let (a, b, c, count) = slice::indices(get(op)?, n as usize)?;
        (*start, *stop, *step, *len) = (a, b, c, count as isize);
        Ok(())
    }

    fn _PyEval_SliceIndexNotNone(op: Ref, out: *mut isize) -> Converted {
        *out = protocol::as_isize_clipped(get(op)?)?;
        Ok(Converted)
    }

    fn _PyEval_SliceIndex(op: Ref, out: *mut isize) -> Converted {
        let v = get(op)?;
        if !v.is_none() {
            *out = protocol::as_isize_clipped(v)?;
        }
        Ok(Converted)
    }

    fn PySeqIter_New(op: Ref) -> Value {
        rivet_vm::types::seqiter::new(get(op)?)
    }

    fn PyCallIter_New(f: Ref, sentinel: Ref) -> Value {
        rivet_vm::types::seqiter::new_callable(get(f)?, get(sentinel)?)
    }

    fn _Py_convert_optional_to_ssize_t(op: Ref, out: *mut isize) -> Converted {
        let v = get(op)?;
        if v.is_none() {
            return Ok(Converted);
        }
        if v.type_of().slots().index.is_none() {
            return Err(type_error(format!("argument should be integer or None, not {}", v.type_of().name_string())));
        }
        *out = protocol::as_isize(v)?;
        Ok(Converted)
    }
}

raw! {
    fn PySlice_AdjustIndices(n: isize, start: *mut isize, stop: *mut isize, step: isize) -> isize {
        let (a, b, len) = slice::adjust(n.max(0) as usize, *start, *stop, step);
        (*start, *stop) = (a, b);
        len as isize
    }
}

fn mapping_list(v: Value, what: &str) -> PyResult<Value> {
    let found = call::call_method(v, rivet_vm::types::str::intern::intern_str(what), &[])?;
    if v.cast::<Dict>().is_none() && found.type_of().slots().iter.is_none() {
        let t = v.type_of().name_string();
        return Err(type_error(format!(
            "{t}.{what}() returned a non-iterable (type {})",
            found.type_of().name_string()
        )));
    }
    Ok(protocol::to_list(found)?.value())
}
