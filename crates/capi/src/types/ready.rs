//! `PyType_Ready`: an extension's type gets its managed half; what it does not bring itself it has from its base.

use std::ffi::c_void;

use rivet_heap::Trace;
use rivet_vm::exceptions::{PyResult, system_error, type_error};
use rivet_vm::object::build::{self, RawType};
use rivet_vm::object::{Type, TypeFlags};
use rivet_vm::runtime;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::types::{native, str};
use rivet_vm::value::layout::{self, AttrMode, Kind};
use rivet_vm::value::{Gc, RVec, Value};

use super::{HAVE_GC, OBJECT, TYPE, builtin, incoming, managed, members, refresh};
use crate::boundary::new_ref;
use crate::layout::PyTypeObject;
use crate::{api, call, errors};

/// Flags a C type has from its base: those that say which builtin kind it is, and how it is called.
const INHERITED: u64 = TypeFlags::LONG_SUBCLASS
    | TypeFlags::LIST_SUBCLASS
    | TypeFlags::TUPLE_SUBCLASS
    | TypeFlags::BYTES_SUBCLASS
    | TypeFlags::UNICODE_SUBCLASS
    | TypeFlags::DICT_SUBCLASS
    | TypeFlags::BASE_EXC_SUBCLASS
    | TypeFlags::TYPE_SUBCLASS;

api! {
    fn PyType_Ready(p: *mut PyTypeObject) -> () {
        make_ready(p)
    }
}

/// Makes a C type ready, unless it is.
///
/// # Safety
/// `p` is an extension's type object, which lives for good.
pub unsafe fn make_ready(p: *mut PyTypeObject) -> PyResult<()> {
    // SAFETY: by contract.
    unsafe {
        if (*p).cache != 0 {
            return Ok(());
        }
        let _scope = crate::check::Scope::runtime();
        if (*p).tp_base.is_null() {
            (*p).tp_base = builtin(OBJECT);
        }
        make_ready((*p).tp_base)?;
        let base =
            managed((*p).tp_base).ok_or_else(|| system_error("the base of a type is not ready"))?;
        let bases = bases_of(p, base)?;
        check_bases(p, &bases)?;
        if (*p).base.base.ty.is_null() {
            (*p).base.base.ty = (*(*p).tp_base).base.base.ty;
        }
        let t = make_type(p, base, contents_base(&bases, base))?;
        let own = incoming::own_slots(p);
        build::link_bases(t, &bases)?;
        members::fill_namespace(p, t)?;
        inherit(p, (*p).tp_base);
        for b in bases.iter().filter_map(|b| b.cast::<Type>()) {
            let c = super::to_c(b);
            if c != (*p).tp_base {
                inherit(p, c);
            }
        }
        complete(p);
        let keyed = incoming::c_slot(p, incoming::SQ | 3).is_null();
        if keyed && !incoming::c_slot(p, incoming::MP | 1).is_null() {
            t.set_flags(t.flags() | TypeFlags::KEYED);
        }
        build::complete_foreign(t, own)?;
        finish_new(p, t)?;
        (*p).bases = t.bases.get().map_or(std::ptr::null_mut(), new_ref);
        refresh(p, t);
        Ok(())
    }
}

unsafe fn bases_of(p: *mut PyTypeObject, base: Gc<Type>) -> PyResult<RVec> {
    let mut out = RVec::new();
    // SAFETY: `tp_bases` is null or a tuple of types.
    let given = unsafe { api::optional((*p).bases) }?.and_then(|b| b.cast::<Tuple>());
    match given.filter(|g| !g.is_empty()) {
        Some(g) => out.extend(g.items())?,
        None => out.push(base.value())?,
    }
    Ok(out)
}

/// The base that says what instances hold: the first one, unless that is a plain object and another has contents
/// (a type may be based on a C type first and on `float` second).
fn contents_base(bases: &RVec, base: Gc<Type>) -> Gc<Type> {
    if !matches!(base.kind(), Kind::Object | Kind::Foreign) {
        return base;
    }
    let with_contents = |b: &Gc<Type>| {
        matches!(
            b.kind(),
            Kind::Float | Kind::Complex | Kind::Int | Kind::Str | Kind::Bytes
        )
    };
    let mut all = bases.iter().filter_map(|b| b.cast::<Type>());
    all.find(with_contents).unwrap_or(base)
}

unsafe fn check_bases(p: *mut PyTypeObject, bases: &RVec) -> PyResult<()> {
    // SAFETY: `p` is a type object.
    let heap = unsafe { (*p).flags } & TypeFlags::HEAPTYPE != 0;
    for b in bases.iter().filter_map(|b| b.cast::<Type>()) {
        if !heap && b.has(TypeFlags::HEAPTYPE) && !b.has(TypeFlags::C_DEFINED) {
            // SAFETY: as above.
            let name = unsafe { errors::text((*p).name) };
            return Err(type_error(format!(
                "type '{name}' is not dynamically allocated but its base type '{}' is dynamically allocated",
                b.name_string()
            )));
        }
    }
    Ok(())
}

/// The managed type: instances of a type based on `object` or another C type are small halves of kind Foreign; a type
/// based on a builtin one has instances of that kind.
unsafe fn make_type(
    p: *mut PyTypeObject,
    base: Gc<Type>,
    contents: Gc<Type>,
) -> PyResult<Gc<Type>> {
    // SAFETY: `p` is a type object whose base is ready.
    unsafe {
        let name = errors::text((*p).name);
        let meta = managed((*p).base.base.ty).unwrap_or(runtime::types().type_);
        let mut flags = TypeFlags::FOREIGN | TypeFlags::C_DEFINED | TypeFlags::READY;
        flags |= (*p).flags
            & (TypeFlags::BASETYPE
                | TypeFlags::SEQUENCE
                | TypeFlags::MAPPING
                | TypeFlags::DISALLOW_INSTANTIATION);
        flags |= (*p).flags
            & (TypeFlags::HEAPTYPE
                | TypeFlags::IMMUTABLE
                | TypeFlags::IS_ABSTRACT
                | TypeFlags::HAVE_VECTORCALL);
        if (*p).flags & TypeFlags::HEAPTYPE == 0 {
            flags |= TypeFlags::IMMUTABLE;
        }
        if (*p).weaklistoffset > 0 {
            flags |= TypeFlags::WEAKREFABLE;
        }
        if contents.kind() == Kind::Object && !(*p).call.is_null() {
            flags |= TypeFlags::FOREIGN_CALLABLE;
        }
        let with_dict = (*p).dictoffset != 0 || (*p).flags & (1 << 4) != 0;
        let raw = RawType {
            base: Some(base),
            ..layout_for(contents, with_dict, meta, flags)
        };
        let t = build::raw_type(&name, raw)?;
        // A body of its own, or the first that is one at all.
        let first = base.kind() == Kind::Object && !base.has(TypeFlags::FOREIGN);
        if first && (*p).basicsize <= (*(*p).tp_base).basicsize && (*p).itemsize == 0 {
            t.set_flags(t.flags() | TypeFlags::BARE);
        }
        let own_body = first || (*p).basicsize > body_size((*p).tp_base, base);
        if own_body {
            t.solid.set(t.as_ptr());
        }
        crate::boundary::statics::keep(t.value())?;
        t.mirror.set(p as usize);
        (*p).cache = t.as_ptr() as usize;
        Ok(t)
    }
}

/// The size of a type's instances as extensions know it. The C halves of exceptions have room for those of every class.
unsafe fn body_size(p: *mut PyTypeObject, t: Gc<Type>) -> isize {
    // SAFETY: callers pass a ready type and its managed half.
    let size = unsafe { (*p).basicsize };
    if t.has(TypeFlags::FOREIGN) || t.kind() != Kind::Exception {
        return size;
    }
    let e = rivet_vm::exceptions::exc();
    let sizes = [
        (e.syntax_error, 136),
        (e.os_error, 112),
        (e.unicode_decode_error, 112),
        (e.unicode_encode_error, 112),
        (e.unicode_translate_error, 112),
        (e.import_error, 96),
        (e.base_exception_group, 88),
        (e.attribute_error, 88),
        (e.name_error, 80),
        (e.stop_iteration, 80),
        (e.system_exit, 80),
    ];
    let known = sizes.iter().find(|s| t.is_subtype(s.0));
    known.map_or(72, |s| s.1)
}

fn layout_for(base: Gc<Type>, with_dict: bool, meta: Gc<Type>, flags: u64) -> RawType {
    let info = layout::info(base.instance_layout());
    let plain = base.kind() == Kind::Object;
    let words = if flags & TypeFlags::FOREIGN_CALLABLE != 0 {
        native::CALLABLE_WORDS
    } else {
        1
    };
    let (kind, trace, words, variable) = if plain {
        (
            Kind::Foreign,
            Trace::Mask {
                mask: !1,
                tail: true,
            },
            words,
            false,
        )
    } else {
        (
            base.kind(),
            build::subclass_trace(base),
            base.body_words.get(),
            base.variable.get(),
        )
    };
    let (mode, word, inline) = match (with_dict, info.attr_mode) {
        _ if kind == Kind::Type => (info.attr_mode, info.attr_word, info.inline),
        (_, AttrMode::Shape | AttrMode::Dict) if !plain => {
            (info.attr_mode, info.attr_word, info.inline)
        }
        (true, _) if variable => (AttrMode::Dict, rivet_vm::object::instance::LAST_WORD, 0),
        (true, _) => (AttrMode::Shape, words as u16, 2),
        _ => (AttrMode::None, 0, 0),
    };
    RawType {
        meta: Some(meta),
        base: Some(base),
        flags,
        layout: layout::new_type_layout(kind, trace, mode, word, inline),
        trace,
        body_words: words,
        variable,
    }
}

/// Empty slots of `p` are taken from `base`.
unsafe fn inherit(p: *mut PyTypeObject, base: *mut PyTypeObject) {
    // SAFETY: both are type objects, the base is complete.
    unsafe {
        if (*p).basicsize == 0 || (*p).basicsize < (*base).basicsize {
            (*p).basicsize = (*base).basicsize;
        }
        if (*p).itemsize == 0 {
            (*p).itemsize = (*base).itemsize;
        }
        if (*p).flags & HAVE_GC == 0
            && (*base).flags & HAVE_GC != 0
            && (*p).traverse.is_null()
            && (*p).clear.is_null()
        {
            (*p).flags |= HAVE_GC;
            (*p).traverse = (*base).traverse;
            (*p).clear = (*base).clear;
        }
        if (*p).weaklistoffset == 0 {
            (*p).weaklistoffset = (*base).weaklistoffset;
        }
        if (*p).dictoffset == 0 {
            (*p).dictoffset = (*base).dictoffset;
        }
        if (*p).vectorcall_offset == 0 {
            (*p).vectorcall_offset = (*base).vectorcall_offset;
        }
        let own_call = !(*p).call.is_null();
        if !own_call && (*base).flags & TypeFlags::HAVE_VECTORCALL != 0 {
            (*p).flags |= TypeFlags::HAVE_VECTORCALL;
        }
        (*p).flags |= (*base).flags & INHERITED;
        let first = &*(*p).tp_base;
        let hashes = (*p).hash.is_null() && (*p).richcompare.is_null();
        if hashes {
            (*p).hash = (*base).hash;
            (*p).richcompare = (*base).richcompare;
        }
        if (*p).getattr.is_null() && (*p).getattro.is_null() {
            (*p).getattr = (*base).getattr;
            (*p).getattro = (*base).getattro;
        }
        if (*p).setattr.is_null() && (*p).setattro.is_null() {
            (*p).setattr = (*base).setattr;
            (*p).setattro = (*base).setattro;
        }
        let take = |to: &mut *mut c_void, from: *mut c_void| {
            if to.is_null() {
                *to = from;
            }
        };
        take(&mut (*p).repr, (*base).repr);
        take(&mut (*p).str, (*base).str);
        take(&mut (*p).call, (*base).call);
        take(&mut (*p).iter, (*base).iter);
        take(&mut (*p).iternext, (*base).iternext);
        take(&mut (*p).descr_get, (*base).descr_get);
        take(&mut (*p).descr_set, (*base).descr_set);
        take(&mut (*p).finalize, (*base).finalize);
        table(&mut (*p).as_number, first.as_number, (*base).as_number, 36);
        table(
            &mut (*p).as_sequence,
            first.as_sequence,
            (*base).as_sequence,
            10,
        );
        table(
            &mut (*p).as_mapping,
            first.as_mapping,
            (*base).as_mapping,
            3,
        );
        table(&mut (*p).as_async, first.as_async, (*base).as_async, 4);
        table(&mut (*p).as_buffer, first.as_buffer, (*base).as_buffer, 2);
        (*p).dealloc = (*p).dealloc.or((*base).dealloc);
        (*p).alloc = (*p).alloc.or((*base).alloc);
        (*p).init = (*p).init.or((*base).init);
        // A static type based on `object` itself is made by a function of its own or not at all.
        let creatable = base != builtin(OBJECT) || (*p).flags & TypeFlags::HEAPTYPE != 0;
        if creatable && (*p).flags & TypeFlags::DISALLOW_INSTANTIATION == 0 {
            (*p).new = (*p).new.or((*base).new);
        }
        if (*p).free.is_none() {
            (*p).free = (*base).free;
        }
    }
}

/// Fills the empty entries of a table. `first` is the first base's: a type without a table of its own shares that one,
/// until another base has something to add.
unsafe fn table(to: &mut *mut c_void, first: *mut c_void, from: *mut c_void, n: usize) {
    if from.is_null() || *to == from {
        return;
    }
    // SAFETY: all tables have `n` entries.
    unsafe {
        let entries = |t: *mut c_void| std::slice::from_raw_parts(t.cast::<*mut c_void>(), n);
        let copy = |t: *mut c_void| entries(t).to_vec().leak().as_mut_ptr().cast();
        if to.is_null() {
            *to = if from == first { first } else { copy(from) };
            return;
        }
        let adds = |(have, more): (&*mut c_void, &*mut c_void)| have.is_null() && !more.is_null();
        if !entries(*to).iter().zip(entries(from)).any(adds) {
            return;
        }
        if *to == first {
            *to = copy(first);
        }
        for i in 0..n {
            let slot = to.cast::<*mut c_void>().add(i);
            if (*slot).is_null() {
                *slot = *from.cast::<*mut c_void>().add(i);
            }
        }
    }
}

unsafe fn complete(p: *mut PyTypeObject) {
    // SAFETY: `p` is a type object.
    unsafe {
        (*p).flags |= TypeFlags::READY;
        if (*p).flags & TypeFlags::HEAPTYPE == 0 {
            (*p).flags |= TypeFlags::IMMUTABLE;
        }
        if (*p).flags & HAVE_GC != 0 {
            (*p).free = Some(crate::gc::PyObject_GC_Del);
        }
        (*p).free = (*p).free.or(Some(crate::memory::PyObject_Free));
        (*p).alloc = (*p).alloc.or(Some(crate::objects::PyType_GenericAlloc));
        if (*p).base.base.ty.is_null() {
            (*p).base.base.ty = builtin(TYPE);
        }
        if (*p).new.is_none() {
            (*p).flags |= TypeFlags::DISALLOW_INSTANTIATION;
        }
        if (*p).base.base.refcnt <= 1 {
            (*p).base.base.refcnt = super::FOREVER;
        }
    }
}

/// `__new__` in the namespace of a type that brings one; a type that cannot be made from Python has no slot.
unsafe fn finish_new(p: *mut PyTypeObject, t: Gc<Type>) -> PyResult<()> {
    // SAFETY: `p` is the C half of `t`.
    unsafe {
        if (*p).new.is_none() {
            let mut s = *t.slots();
            s.new = None;
            t.set_slots(s);
            t.set_flags(t.flags() | TypeFlags::DISALLOW_INSTANTIATION);
            return Ok(());
        }
        let own = (*p).new.map(|f| f as usize) != (*(*p).tp_base).new.map(|f| f as usize);
        let d = t.namespace();
        if own
            && d.get_str("__new__").is_none()
            && !super::outgoing::is_ours(
                (*p).new.map_or(std::ptr::null_mut(), |f| f as *mut c_void),
            )
        {
            let f = rivet_vm::types::method::Builtin::new(
                &rivet_vm::types::type_::NEW_WRAPPER,
                t.value(),
                None,
            )?;
            d.set_str("__new__", f.value())?;
        }
        t.renew_version();
        Ok(())
    }
}

/// The text of a type's docstring and signature into its managed half.
///
/// # Safety
/// `p` is the C half of `t`.
pub unsafe fn set_doc(p: *mut PyTypeObject, t: Gc<Type>) -> PyResult<()> {
    // SAFETY: by contract.
    unsafe {
        let d = t.namespace();
        if d.get_str("__doc__").is_some() {
            return Ok(());
        }
        if (*p).doc.is_null() {
            return d.set_str("__doc__", Value::NONE);
        }
        let doc = errors::text((*p).doc);
        let short = t.short_name();
        if let Some((head, _)) = doc.split_once("\n--\n\n")
            && let Some(sig) = head.strip_prefix(&short)
        {
            t.set(&t.text_signature, str::new(sig)?);
        }
        d.set_str("__doc__", str::new(call::doc_body(&doc))?)
    }
}
