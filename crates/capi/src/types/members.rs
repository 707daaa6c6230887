//! Attributes that an extension's type declares: methods, members (fields of the body), computed attributes.

use std::collections::HashMap;
use std::ffi::{c_char, c_int};

use rivet_vm::exceptions::{PyResult, attribute_error, system_error, type_error};
use rivet_vm::gil::Guarded;
use rivet_vm::object::member::{ClassMethodDescr, GetSetDescr, MethodDescr};
use rivet_vm::object::spec::{Binding, ForeignGetSet, GetSet};
use rivet_vm::object::{Type, TypeFlags, protocol};
use rivet_vm::types::int;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::str;
use rivet_vm::types::str::Str;
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::value::{Gc, Value};

use crate::boundary::{borrowed, decref, links, new_ref};
use crate::call;
use crate::check;
use crate::errors::text;
use crate::layout::{
    METH_COEXIST, METH_METHOD, PyGetSetDef, PyMemberDef, PyMethodDef, PyTypeObject, Ref,
};

const T_STRING: c_int = 5;
const T_OBJECT: c_int = 6;
const T_CHAR: c_int = 7;
const T_STRING_INPLACE: c_int = 13;
const T_BOOL: c_int = 14;
const T_OBJECT_EX: c_int = 16;
const T_NONE: c_int = 20;
const READONLY: c_int = 1;

/// Enters everything the C type declares into the managed type's namespace.
///
/// # Safety
/// `p` is the C half of `t`; its tables end with an entry without a name.
pub unsafe fn fill_namespace(p: *mut PyTypeObject, t: Gc<Type>) -> PyResult<()> {
    // SAFETY: by contract.
    unsafe {
        // What C code has put into `tp_dict` before the type was made ready comes first.
        if !(*p).dict.is_null()
            && let Some(given) = borrowed((*p).dict)?.cast::<rivet_vm::types::dict::Dict>()
        {
            t.namespace().update_from(given)?;
            (*p).dict = std::ptr::null_mut();
        }
        let name = text((*p).name);
        if let Some((module, _)) = name.rsplit_once('.')
            && t.namespace().get_str("__module__").is_none()
        {
            t.namespace().set_str("__module__", str::new(module)?)?;
        }
        super::ready::set_doc(p, t)?;
        let mut m = (*p).methods;
        while !m.is_null() && !(*m).name.is_null() {
            add_method(p, t, m)?;
            m = m.add(1);
        }
        let mut m = (*p).members;
        while !m.is_null() && !(*m).name.is_null() {
            let foreign = ForeignGetSet {
                get: member_get,
                set: member_set,
                user: m as usize,
            };
            add(t, &text((*m).name), text((*m).doc), foreign)?;
            m = m.add(1);
        }
        let mut g = (*p).getset.cast::<PyGetSetDef>();
        while !g.is_null() && !(*g).name.is_null() {
            add_getset(t, g)?;
            g = g.add(1);
        }
        Ok(())
    }
}

unsafe fn add_method(p: *mut PyTypeObject, t: Gc<Type>, m: *mut PyMethodDef) -> PyResult<()> {
    // SAFETY: `m` is a method definition that lives for good.
    unsafe {
        let class = if (*m).flags & METH_METHOD != 0 {
            p
        } else {
            std::ptr::null_mut()
        };
        let method = call::method_of(m, class)?;
        let key = intern_str(method.name);
        if t.namespace().get_interned(key).is_some() && (*m).flags & METH_COEXIST == 0 {
            return Ok(());
        }
        let v = match method.binding {
            Binding::Instance => MethodDescr::new(t.value(), key.value(), method)?.value(),
            Binding::Class => ClassMethodDescr::new(t.value(), key.value(), method)?.value(),
            Binding::Static => rivet_vm::types::descr::new_staticmethod(
                Builtin::new(method, Value::NONE, None)?.value(),
            )?,
        };
        t.namespace().set_interned(key, v)
    }
}

/// A descriptor for a computed attribute.
///
/// # Safety
/// `g` is a definition that lives for good.
pub unsafe fn getset_descriptor(t: Gc<Type>, g: *mut PyGetSetDef) -> PyResult<(Gc<Str>, Value)> {
    // SAFETY: by contract.
    unsafe {
        let foreign = ForeignGetSet {
            get: getset_get,
            set: getset_set,
            user: g as usize,
        };
        descriptor(t, &text((*g).name), text((*g).doc), foreign)
    }
}

unsafe fn add_getset(t: Gc<Type>, g: *mut PyGetSetDef) -> PyResult<()> {
    // SAFETY: callers pass a definition that lives for good.
    let (key, d) = unsafe { getset_descriptor(t, g) }?;
    if t.namespace().get_interned(key).is_none() {
        t.namespace().set_interned(key, d)?;
    }
    Ok(())
}

fn descriptor(
    t: Gc<Type>,
    name: &str,
    doc: String,
    foreign: ForeignGetSet,
) -> PyResult<(Gc<Str>, Value)> {
    let key = intern_str(name);
    let getset: &'static GetSet = Box::leak(Box::new(GetSet {
        name: Box::leak(name.to_owned().into_boxed_str()),
        get: |_| Ok(Value::NONE),
        set: None,
        doc: Box::leak(doc.into_boxed_str()),
        foreign: Some(foreign),
    }));
    Ok((
        key,
        GetSetDescr::new(t.value(), key.value(), getset)?.value(),
    ))
}

fn add(t: Gc<Type>, name: &str, doc: String, foreign: ForeignGetSet) -> PyResult<()> {
    let (key, d) = descriptor(t, name, doc, foreign)?;
    t.namespace().set_interned(key, d)
}

/// Members in the terms of computed attributes, for C code that looks at descriptors: by the member's address.
static SHADOWS: Guarded<Option<HashMap<usize, usize>>> = Guarded::new(None);

/// The C definition behind an attribute's descriptor.
pub fn definition_of(f: &ForeignGetSet) -> *mut PyGetSetDef {
    if is_computed(f) {
        return f.user as *mut PyGetSetDef;
    }
    let shadow = SHADOWS.with(|s| {
        *s.get_or_insert_with(HashMap::new)
            .entry(f.user)
            .or_insert_with(|| {
                // SAFETY: member definitions live for good.
                let m = unsafe { &*(f.user as *const PyMemberDef) };
                Box::into_raw(Box::new(PyGetSetDef {
                    name: m.name,
                    get: None,
                    set: None,
                    doc: m.doc,
                    closure: std::ptr::null_mut(),
                })) as usize
            })
    });
    shadow as *mut PyGetSetDef
}

/// The docstring an attribute's definition has now.
pub fn attribute_doc(f: &ForeignGetSet) -> String {
    // SAFETY: definitions live for good.
    unsafe { text((*definition_of(f)).doc) }
}

fn is_computed(f: &ForeignGetSet) -> bool {
    std::ptr::fn_addr_eq(f.get, getset_get as fn(usize, Value) -> PyResult<Value>)
}

/// The body of an instance of a C type.
pub fn body(v: Value) -> PyResult<Ref> {
    if let Some(h) = v.as_header() {
        if let Some(b) = links::mirror_of(h) {
            return Ok(b);
        }
        // A type, or an instance of a type based on a builtin one that has not crossed yet: its body is made now.
        if v.type_of().has(TypeFlags::FOREIGN) {
            let r = new_ref(v);
            // SAFETY: the linked mirror lives as long as the object.
            unsafe { decref(r) };
            return Ok(r);
        }
    }
    Err(system_error("an instance of a C type without a body"))
}

fn field(m: &PyMemberDef, v: Value) -> PyResult<*mut u8> {
    // SAFETY: member offsets lie within the body.
    Ok(unsafe { body(v)?.cast::<u8>().offset(m.offset) })
}

fn member_get(user: usize, v: Value) -> PyResult<Value> {
    // SAFETY: `user` is a member definition that lives for good and says of what type the field is.
    unsafe {
        let m = &*(user as *const PyMemberDef);
        let p = field(m, v)?;
        macro_rules! read {
            ($t:ty) => {
                p.cast::<$t>().read_unaligned()
            };
        }
        Ok(match m.ty {
            0 => Value::int(read!(i16).into()),
            1 => Value::int(read!(i32).into()),
            2 | 17 | 19 => Value::int(read!(i64)),
            3 => Value::float(read!(f32).into()),
            4 => Value::float(read!(f64)),
            T_STRING => {
                let s = read!(*const c_char);
                if s.is_null() {
                    Value::NONE
                } else {
                    str::new(&text(s))?
                }
            }
            T_STRING_INPLACE => str::new(&text(p.cast()))?,
            T_CHAR => Str::from_latin1(&[*p])?.value(),
            8 => Value::int(read!(i8).into()),
            9 => Value::int((*p).into()),
            10 => Value::int(read!(u16).into()),
            11 => Value::int(read!(u32).into()),
            12 | 18 => int::from_u64(read!(u64)),
            T_BOOL => Value::bool(*p != 0),
            T_OBJECT | T_OBJECT_EX => {
                let o = read!(Ref);
                if !o.is_null() {
                    return borrowed(o);
                }
                if m.ty == T_OBJECT_EX {
                    let t = v.type_of().name_string();
                    return Err(attribute_error(format!(
                        "'{t}' object has no attribute '{}'",
                        text(m.name)
                    )));
                }
                Value::NONE
            }
            T_NONE => Value::NONE,
            _ => return Err(system_error("bad memberdescr type")),
        })
    }
}

fn member_set(user: usize, v: Value, x: Option<Value>) -> PyResult<()> {
    // SAFETY: as `member_get`.
    unsafe {
        let m = &*(user as *const PyMemberDef);
        if m.flags & READONLY != 0 {
            return Err(attribute_error("readonly attribute"));
        }
        let p = field(m, v)?;
        if matches!(m.ty, T_OBJECT | T_OBJECT_EX) {
            let slot = p.cast::<Ref>();
            if x.is_none() && m.ty == T_OBJECT_EX && (*slot).is_null() {
                return Err(attribute_error(text(m.name)));
            }
            let old = std::mem::replace(&mut *slot, x.map_or(std::ptr::null_mut(), new_ref));
            crate::boundary::xdecref(old);
            return Ok(());
        }
        let Some(x) = x else {
            return Err(type_error("can't delete numeric/char attribute"));
        };
        set_field(m, p, x)
    }
}

/// Stores a number or character; out of range it is cut off with a warning, as CPython does.
unsafe fn set_field(m: &PyMemberDef, p: *mut u8, x: Value) -> PyResult<()> {
    let warn = |what: &str| {
        rivet_vm::builtins::warnings::warn(
            rivet_vm::exceptions::exc().runtime_warning,
            &format!("Truncation of value to {what}"),
            1,
        )
    };
    macro_rules! store {
        ($t:ty, $what:literal) => {{
            let n = as_long(x)?;
            p.cast::<$t>().write_unaligned(n as $t);
            if <$t>::try_from(n).is_err() {
                warn($what)?;
            }
        }};
    }
    // SAFETY: as above.
    unsafe {
        match m.ty {
            0 => store!(i16, "short"),
            1 => store!(i32, "int"),
            2 | 17 => keep(p.cast::<i64>(), as_long(x), -1)?,
            19 => keep(p.cast::<isize>(), protocol::as_isize(x), -1)?,
            3 => p.cast::<f32>().write_unaligned(protocol::as_f64(x)? as f32),
            4 => keep(p.cast::<f64>(), protocol::as_f64(x), -1.0)?,
            8 => store!(i8, "char"),
            9 => store!(u8, "unsigned char"),
            10 => store!(u16, "unsigned short"),
            11 => store!(u32, "unsigned int"),
            12 | 18 => {
                let n = rivet_vm::object::protocol::index(x)?;
                let big = int::to_big(n).unwrap_or_default();
                let word = big.iter_u64_digits().next().unwrap_or(0);
                let negative = big.sign() == num_bigint::Sign::Minus;
                p.cast::<u64>()
                    .write_unaligned(if negative { word.wrapping_neg() } else { word });
                if negative {
                    rivet_vm::builtins::warnings::warn(
                        rivet_vm::exceptions::exc().runtime_warning,
                        "Writing negative value into unsigned field",
                        1,
                    )?;
                }
            }
            T_BOOL => match x.as_bool() {
                Some(b) => *p = b.into(),
                None => return Err(type_error("attribute value type must be bool")),
            },
            T_CHAR => match x.cast::<Str>().filter(|s| s.len() == 1 && s.is_ascii()) {
                Some(s) => *p = s.chars().get(0) as u8,
                None => return Err(type_error("bad argument type for built-in operation")),
            },
            T_STRING | T_STRING_INPLACE => return Err(type_error("readonly attribute")),
            n => {
                return Err(system_error(format!(
                    "bad memberdescr type for {}: {n}",
                    text(m.name)
                )));
            }
        }
    }
    Ok(())
}

/// Stores a result; the error value of the conversion is stored too before the error passes on, as CPython does.
unsafe fn keep<T: Copy>(p: *mut T, r: PyResult<T>, error: T) -> PyResult<()> {
    // SAFETY: callers pass a field of this type.
    unsafe { p.write_unaligned(r.unwrap_or(error)) };
    r.map(|_| ())
}

fn as_long(x: Value) -> PyResult<i64> {
    let n = protocol::index(x)?;
    int::to_i64(n).ok_or_else(|| {
        rivet_vm::exceptions::overflow_error("Python int too large to convert to C long")
    })
}

#[inline(always)]
fn attribute_scope(f: *const std::ffi::c_void, v: Value, d: &PyGetSetDef) -> check::Scope {
    check::Scope::enter(f, || {
        // SAFETY: definitions live for good and have a terminated name.
        let name = unsafe { text(d.name) };
        format!("'{}' object's attribute {name}", v.type_of().name_string())
    })
}

fn getset_get(user: usize, v: Value) -> PyResult<Value> {
    // SAFETY: `user` is a definition that lives for good; the extension's function is called as CPython calls it.
    unsafe {
        let d = &*(user as *const PyGetSetDef);
        let Some(f) = d.get else {
            let (t, name) = (v.type_of().name_string(), text(d.name));
            return Err(attribute_error(format!(
                "attribute '{name}' of '{t}' objects is not readable"
            )));
        };
        call::enter();
        let _scope = attribute_scope(f as *const std::ffi::c_void, v, d);
        let me = new_ref(v);
        let r = f(me, d.closure);
        if check::on() {
            check::calls::returned(r);
            check::calls::give_back(me);
        } else {
            decref(me);
        }
        call::result(r, "attribute")
    }
}

fn getset_set(user: usize, v: Value, x: Option<Value>) -> PyResult<()> {
    // SAFETY: as `getset_get`.
    unsafe {
        let d = &*(user as *const PyGetSetDef);
        let Some(f) = d.set else {
            let (t, name) = (v.type_of().name_string(), text(d.name));
            return Err(attribute_error(format!(
                "attribute '{name}' of '{t}' objects is not writable"
            )));
        };
        call::enter();
        let _scope = attribute_scope(f as *const std::ffi::c_void, v, d);
        let (me, new) = (new_ref(v), x.map_or(std::ptr::null_mut(), new_ref));
        let r = f(me, new, d.closure);
        if check::on() {
            check::calls::status(r >= 0, "setter")?;
            check::calls::give_back(me);
            check::calls::give_back(new);
        } else {
            decref(me);
            crate::boundary::xdecref(new);
        }
        if r < 0 {
            Err(call::pending_or_system_error(&text(d.name)))
        } else {
            Ok(())
        }
    }
}
