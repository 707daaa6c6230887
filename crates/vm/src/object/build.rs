//! Making types: builtin ones from their declarations, Python classes from a class statement; inheritance of
//! slots and their upkeep when a class's attributes change.

use rivet_heap::Trace;

use super::instance::LAST_WORD;
use super::lookup::{for_each_subclass, type_lookup, walk_mro};
use super::member::{ClassMethodDescr, GetSetDescr, MemberDescr, MethodDescr, WrapperDescr};
use super::native::NATIVE_FIXED;
use super::slots::{SPECIALS, SlotId, Slots, specials_of};
use super::spec::{Binding, TypeSpec};
use super::wrappers::SEQUENCE_METHODS;
use super::{Type, TypeFlags};
use crate::exceptions::object::WORDS as EXCEPTION_WORDS;
use crate::exceptions::{PyResult, type_error};
use crate::name;
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::method::Builtin;
use crate::types::str::Str;
use crate::types::str::intern::intern_str;
use crate::types::tuple::Tuple;
use crate::types::weakref::WeakRef;
use crate::value::layout::{self, AttrMode, Kind, LayoutId};
use crate::value::{Gc, Slot, Value};

/// What `raw_type` needs to know.
pub struct RawType {
    /// Metatype; None while `type` itself is being made.
    pub meta: Option<Gc<Type>>,
    /// Base; None for `object`.
    pub base: Option<Gc<Type>>,
    /// Flags.
    pub flags: u64,
    /// Layout of instances (with its trace descriptor).
    pub layout: LayoutId,
    /// Trace descriptor of instances.
    pub trace: Trace,
    /// Words of the fixed part of instances' bodies.
    pub body_words: u32,
    /// Whether instances have variable size.
    pub variable: bool,
}

/// A type object with its layout, without namespace contents, mro or slots.
pub fn raw_type(name: &str, raw: RawType) -> PyResult<Gc<Type>> {
    let ty = Gc::<Type>::allocate(raw.meta)?;
    let short = name.rsplit('.').next().unwrap_or(name);
    let short = intern_str(short);
    ty.set(&ty.name, short.value());
    ty.set(&ty.qualname, short.value());
    let dict = Dict::new()?;
    ty.set(&ty.dict, dict.value());
    if let Some(base) = raw.base {
        ty.set(&ty.base, base.value());
    }
    ty.set_flags(raw.flags | raw.base.map_or(0, |b| b.flags() & TypeFlags::INHERITED));
    ty.body_words.set(raw.body_words);
    ty.variable.set(raw.variable);
    ty.set_instance_layout(raw.layout, raw.trace);
    if !layout::info(raw.layout).has_type() {
        layout::info(raw.layout).set_type(ty);
    }
    ty.solid
        .set(raw.base.map_or(ty.as_ptr(), |b| b.solid.get()));
    ty.renew_version();
    Ok(ty)
}

/// Bases, mro and the entry in the base's list of subclasses.
pub fn link_bases(ty: Gc<Type>, bases: &[Value]) -> PyResult<()> {
    ty.set(&ty.bases, Tuple::from_slice(bases)?.value());
    let mro = compute_mro(ty)?;
    ty.set(&ty.mro, mro.value());
    for b in bases {
        if let Some(base) = b.cast::<Type>() {
            add_subclass(base, ty)?;
        }
    }
    Ok(())
}

/// Enters `ty` in `base`'s list of subclasses.
pub fn add_subclass(base: Gc<Type>, ty: Gc<Type>) -> PyResult<()> {
    let list = match base.subclasses.get_as::<List>() {
        Some(list) => list,
        None => {
            let list = List::new()?;
            base.set(&base.subclasses, list.value());
            list
        }
    };
    // Dead entries go each time the list has doubled, so that entering is cheap on average.
    let mut i = 0;
    while list.len().is_power_of_two() && i < list.len() {
        if list
            .item(i)
            .cast::<WeakRef>()
            .is_some_and(|w| w.target().is_none())
        {
            list.remove(i);
        } else {
            i += 1;
        }
    }
    list.append(WeakRef::new_plain(ty.value())?.value())
}

/// Removes `ty` from `base`'s list of subclasses.
pub fn remove_subclass(base: Gc<Type>, ty: Gc<Type>) {
    let Some(list) = base.subclasses.get_as::<List>() else {
        return;
    };
    let at = (0..list.len()).find(|&i| {
        list.item(i)
            .cast::<WeakRef>()
            .and_then(|w| w.target())
            .is_some_and(|t| t == ty.value())
    });
    if let Some(i) = at {
        list.remove(i);
    }
}

/// A builtin type: `layout` is one with a fixed id (or a new native one), not yet given a type.
pub fn builtin_type(
    spec: &'static TypeSpec,
    base: Gc<Type>,
    layout: LayoutId,
    trace: Trace,
    body_words: u32,
) -> Gc<Type> {
    let meta = Some(crate::runtime::types_in_progress().type_);
    let variable = matches!(
        layout,
        layout::STR | layout::BYTES | layout::TUPLE | layout::INT
    );
    let raw = RawType {
        meta,
        base: Some(base),
        flags: spec.flags,
        layout,
        trace,
        body_words,
        variable,
    };
    let ty = raw_type(spec.name, raw).expect("memory for the builtin types");
    if layout::info(layout).kind != layout::info(base.instance_layout()).kind {
        ty.solid.set(ty.as_ptr());
    }
    finish_builtin(ty, spec, base);
    ty
}

/// Fills a builtin type in from its declaration.
pub fn finish_builtin(ty: Gc<Type>, spec: &'static TypeSpec, base: Gc<Type>) {
    link_bases(ty, &[base.value()]).expect("one base has an mro");
    let mut slots = Slots::default();
    (spec.slots)(&mut slots);
    complete_builtin(ty, spec, slots).expect("memory for the builtin types");
}

/// Namespace, inherited slots, flags.
pub fn complete_builtin(ty: Gc<Type>, spec: &'static TypeSpec, mut slots: Slots) -> PyResult<()> {
    let dict = ty.namespace();
    add_members(ty, spec)?;
    add_slot_wrappers(ty, &slots)?;
    if slots.new.is_some() {
        add_new(ty)?;
    }
    if dict.get_str("__doc__").is_some() {
        ty.set(&ty.doc, crate::types::builtin::doc(spec.doc)?);
    } else if !spec.doc.is_empty() {
        dict.set_str("__doc__", Str::new(spec.doc)?.value())?;
    } else if dict.get_str("__doc__").is_none() {
        dict.set_str("__doc__", Value::NONE)?;
    }
    if !spec.signature.is_empty() {
        ty.set(&ty.text_signature, Str::new(spec.signature)?.value());
    }
    if let Some((module, _)) = spec.name.rsplit_once('.') {
        dict.set_str("__module__", Str::new(module)?.value())?;
    }
    if let Some(base) = ty.base() {
        inherit_slots(&mut slots, base);
    }
    // A type that defines comparison but no hash is unhashable.
    if slots.compare.is_some()
        && dict.get_str("__eq__").is_some()
        && dict.get_str("__hash__").is_none()
    {
        slots.hash = Some(super::protocol::hash_not_implemented);
        dict.set_str("__hash__", Value::NONE)?;
    }
    ty.set_slots(slots);
    ty.set_flags(ty.flags() | TypeFlags::READY | TypeFlags::IMMUTABLE);
    ty.renew_version();
    Ok(())
}

fn add_members(ty: Gc<Type>, spec: &'static TypeSpec) -> PyResult<()> {
    let dict = ty.namespace();
    for m in spec.methods {
        let name = intern_str(m.name);
        let v = match m.binding {
            Binding::Instance => MethodDescr::new(ty.value(), name.value(), m)?.value(),
            Binding::Class => ClassMethodDescr::new(ty.value(), name.value(), m)?.value(),
            Binding::Static => {
                let f = Builtin::new(m, ty.value(), None)?;
                crate::types::descr::new_staticmethod(f.value())?
            }
        };
        dict.set_interned(name, v)?;
    }
    for g in spec.getset {
        let name = intern_str(g.name);
        dict.set_interned(name, GetSetDescr::new(ty.value(), name.value(), g)?.value())?;
    }
    for m in spec.members {
        let name = intern_str(m.name);
        let mode =
            u32::from(m.readonly) * MemberDescr::READONLY + u32::from(m.none) * MemberDescr::NONE;
        dict.set_interned(
            name,
            MemberDescr::new(ty.value(), name.value(), m.word, mode)?.value(),
        )?;
    }
    Ok(())
}

/// Shows the filled slots as special methods, unless the namespace has them already.
pub fn add_slot_wrappers(ty: Gc<Type>, slots: &Slots) -> PyResult<()> {
    let dict = ty.namespace();
    let add = |key: Gc<Str>, slot: SlotId, index: usize| -> PyResult<()> {
        if dict.get_interned(key).is_none() {
            dict.set_interned(
                key,
                WrapperDescr::new(ty.value(), key.value(), slot, index as u32)?.value(),
            )?;
        }
        Ok(())
    };
    for (i, s) in SPECIALS.iter().enumerate() {
        let hidden = matches!(s.name, "__getattr__" | "__new__" | "__del__");
        if slots.is_set(s.slot) && !hidden {
            add(s.key.get(), s.slot, i)?;
        }
    }
    for (i, &(name, slot, _)) in SEQUENCE_METHODS.iter().enumerate() {
        if slots.is_set(slot) {
            add(intern_str(name), slot, SPECIALS.len() + i)?;
        }
    }
    if slots
        .hash
        .is_some_and(|f| super::protocol::is_unhashable(Some(f)))
    {
        dict.set_str("__hash__", Value::NONE)?;
    }
    Ok(())
}

/// `__new__` in the namespace of a builtin type: a builtin function bound to the type.
fn add_new(ty: Gc<Type>) -> PyResult<()> {
    let f = Builtin::new(&crate::types::type_::NEW_WRAPPER, ty.value(), None)?;
    ty.namespace().set_interned(name!("__new__"), f.value())
}

/// Completes a type that an extension defines: its namespace has its methods already, `slots` are its own.
pub fn complete_foreign(ty: Gc<Type>, mut slots: Slots) -> PyResult<()> {
    let own_hash = slots.hash.is_some();
    add_slot_wrappers(ty, &slots)?;
    if slots.compare.is_some() && !own_hash && ty.namespace().get_str("__hash__").is_none() {
        slots.hash = Some(super::protocol::hash_not_implemented);
        ty.namespace().set_str("__hash__", Value::NONE)?;
    }
    for b in ty.mro().items().iter().skip(1) {
        if let Some(b) = b.cast::<Type>() {
            inherit_slots(&mut slots, b);
        }
    }
    ty.set_slots(slots);
    ty.renew_version();
    Ok(())
}

/// Empty slots are taken from the base; comparison and hash go together.
fn inherit_slots(slots: &mut Slots, base: Gc<Type>) {
    let theirs = *base.slots();
    let has_compare = slots.compare.is_some();
    for &id in SlotId::ALL {
        let tied = id == SlotId::Hash && has_compare;
        if !slots.is_set(id) && !tied {
            slots.copy(id, &theirs);
        }
    }
}

/// C3 linearisation. TypeError if there is none.
pub fn compute_mro(ty: Gc<Type>) -> PyResult<Gc<Tuple>> {
    let bases = ty.bases.get_as::<Tuple>().expect("bases are set first");
    let mut out = crate::value::RVec::new();
    out.push(ty.value())?;
    if let [only] = bases.items()
        && let Some(mro) = only.cast::<Type>().and_then(|b| b.mro.get_as::<Tuple>())
    {
        out.extend(mro.items())?;
        return Tuple::from_slice(&out);
    }
    let mut lists = crate::value::RVec::new();
    for b in bases.items() {
        let base = b
            .cast::<Type>()
            .ok_or_else(|| type_error("bases must be types"))?;
        // A class whose metaclass is still computing its order.
        let mro = base.mro.get_as::<Tuple>().ok_or_else(|| {
            let n = base.short_name();
            type_error(format!("Cannot extend an incomplete type '{n}'"))
        })?;
        lists.push(mro.value())?;
    }
    lists.push(bases.value())?;
    merge(&mut out, &lists)?;
    Tuple::from_slice(&out)
}

fn merge(out: &mut crate::value::RVec, lists: &crate::value::RVec) -> PyResult<()> {
    let items = |i: usize| lists[i].cast::<Tuple>().expect("an mro").items();
    let mut heads = vec![0usize; lists.len()];
    for b in items(lists.len() - 1) {
        let twice = items(lists.len() - 1).iter().filter(|x| *x == b).count() > 1;
        if twice {
            let n = super::attr::try_type_name(*b);
            return Err(type_error(format!("duplicate base class {n}")));
        }
    }
    loop {
        let open = (0..lists.len()).filter(|&i| heads[i] < items(i).len());
        let mut open = open.peekable();
        if open.peek().is_none() {
            return Ok(());
        }
        let candidate = open.map(|i| items(i)[heads[i]]).find(|&c| {
            (0..lists.len()).all(|j| items(j).iter().skip(heads[j] + 1).all(|&x| x != c))
        });
        let Some(c) = candidate else {
            let names: Vec<String> = (0..lists.len())
                .filter(|&i| heads[i] < items(i).len())
                .map(|i| super::attr::try_type_name(items(i)[heads[i]]))
                .fold(Vec::new(), |mut v, n| {
                    if !v.contains(&n) {
                        v.push(n);
                    }
                    v
                });
            let text = format!(
                "Cannot create a consistent method resolution\norder (MRO) for bases {}",
                names.join(", ")
            );
            return Err(type_error(text));
        };
        out.push(c)?;
        for (i, head) in heads.iter_mut().enumerate() {
            if items(i).get(*head) == Some(&c) {
                *head += 1;
            }
        }
    }
}

/// A native type: instances have `nslots` value slots and perhaps a Rust state.
pub fn native_type(spec: &'static TypeSpec, nslots: u32) -> Gc<Type> {
    native_type_with_base(spec, crate::runtime::types_in_progress().object, nslots)
}

/// A native type whose instances begin like those of `base`, a native type or `object`.
pub fn native_type_with_base(spec: &'static TypeSpec, base: Gc<Type>, nslots: u32) -> Gc<Type> {
    let trace = Trace::Mask {
        mask: !1,
        tail: true,
    };
    let words = NATIVE_FIXED + nslots;
    let layout = layout::new_type_layout(Kind::Native, trace, AttrMode::None, 0, 0);
    let ty = builtin_type(spec, base, layout, trace, words);
    ty.solid.set(ty.as_ptr());
    ty
}

/// A native type whose instances also have a `__dict__`.
pub fn native_type_with_dict(spec: &'static TypeSpec, base: Gc<Type>, nslots: u32) -> Gc<Type> {
    let trace = Trace::Mask {
        mask: !1,
        tail: true,
    };
    let words = NATIVE_FIXED + nslots;
    let layout = layout::new_type_layout(Kind::Native, trace, AttrMode::Shape, words as u16, 2);
    let ty = builtin_type(spec, base, layout, trace, words);
    ty.solid.set(ty.as_ptr());
    ty
}

/// A builtin type whose instances are those of `base`, a builtin type of fixed size, with a `__dict__`.
pub fn type_with_dict(spec: &'static TypeSpec, base: Gc<Type>) -> Gc<Type> {
    let (trace, words) = (subclass_trace(base), base.body_words.get());
    let kind = layout::info(base.instance_layout()).kind;
    let inline = 2;
    let layout = layout::new_type_layout(kind, trace, AttrMode::Shape, words as u16, inline);
    let ty = builtin_type(spec, base, layout, trace, words);
    ty.inline.set(inline);
    ty.solid.set(ty.as_ptr());
    ty
}

/// An exception class with `nfields` class-specific fields beyond those of its base.
pub fn exception_type(
    name: &'static str,
    doc: &'static str,
    base: Gc<Type>,
    nfields: u32,
) -> Gc<Type> {
    let words = if base.kind() == Kind::Exception {
        base.body_words.get()
    } else {
        EXCEPTION_WORDS
    } + nfields;
    let trace = Trace::All;
    let inline = 2;
    let layout = if name == "BaseException" {
        layout::configure_attrs(layout::EXCEPTION, AttrMode::Shape, words as u16, inline);
        layout::EXCEPTION
    } else {
        layout::new_type_layout(
            Kind::Exception,
            trace,
            AttrMode::Shape,
            words as u16,
            inline,
        )
    };
    let spec: &'static TypeSpec = Box::leak(Box::new(crate::exceptions::classes::spec(name, doc)));
    let ty = builtin_type(spec, base, layout, trace, words);
    ty.inline.set(inline);
    if nfields > 0 {
        ty.solid.set(ty.as_ptr());
    }
    ty
}

// ---- Python classes ----

/// The trace descriptor of a subclass's instances, given its base's.
pub fn subclass_trace(base: Gc<Type>) -> Trace {
    match base.instance_trace() {
        // Subclasses of leaf types: only the attribute area behind the fixed part holds values.
        Trace::Leaf if base.variable.get() => Trace::Custom(trace_last_word),
        Trace::Leaf => extend_mask(base, 0),
        Trace::Mask { mask, tail: false } => extend_mask(base, mask),
        Trace::Weak { mask, tail: false } => match extend_mask(base, mask) {
            Trace::Mask { mask, tail } => Trace::Weak { mask, tail },
            other => other,
        },
        other => other,
    }
}

/// All words behind the fixed part are values too.
fn extend_mask(base: Gc<Type>, mask: u32) -> Trace {
    let words = base.body_words.get();
    assert!(
        words <= 31 || base.kind() == Kind::Type,
        "fixed part too long for a mask"
    );
    if base.kind() == Kind::Type {
        return Trace::Mask { mask, tail: false };
    }
    Trace::Mask {
        mask: mask | !((1u32 << words) - 1),
        tail: true,
    }
}

/// # Safety
/// `header` is an object whose last body word is a value or null.
unsafe fn trace_last_word(header: *mut rivet_heap::Header, v: &mut rivet_heap::Visitor) {
    // SAFETY: by contract; the body has at least the attribute word.
    unsafe {
        let n = (*header).words();
        v.visit(header.cast::<u64>().add(n));
    }
}

/// What a class statement asks for beyond name, bases and namespace.
pub struct ClassRequest<'a> {
    /// `__name__`
    pub name: Gc<Str>,
    /// Bases, at least one.
    pub bases: &'a [Value],
    /// The best base: the one whose instances' layout is extended.
    pub base: Gc<Type>,
    /// Metaclass.
    pub meta: Gc<Type>,
    /// Number of `__slots__` words to add.
    pub nslots: u32,
    /// Whether instances get attribute storage (if the base's have none).
    pub dict: bool,
    /// Whether instances can be weakly referenced (if the base's cannot).
    pub weak: bool,
    /// Number of inline attribute slots.
    pub inline: u16,
}

/// A type object for a class statement: layout and links, but neither namespace contents nor slots.
pub fn new_class(r: &ClassRequest) -> PyResult<Gc<Type>> {
    let base = r.base;
    let fixed = base.body_words.get() + r.nslots;
    let variable = base.variable.get();
    let has_attrs = r.dict || base.attr_mode() != AttrMode::None;
    let trace = if base.kind() == Kind::Object {
        Trace::All
    } else {
        subclass_trace(base)
    };
    let kind = base.kind();
    let base_info = layout::info(base.instance_layout());
    let (mode, word, inline) = match (has_attrs, variable) {
        _ if kind == Kind::Type => (base_info.attr_mode, base_info.attr_word, base_info.inline),
        (false, _) => (AttrMode::None, 0, 0),
        (true, true) => (AttrMode::Dict, LAST_WORD, 0),
        // Kinds that have a field for the dict keep using it.
        (true, false)
            if base_info.attr_mode == AttrMode::Dict
                && base_info.attr_word < base.body_words.get() as u16 =>
        {
            (AttrMode::Dict, base_info.attr_word, 0)
        }
        (true, false) => (
            AttrMode::Shape,
            fixed as u16,
            r.inline.max(base.inline.get()),
        ),
    };
    let id = layout::new_type_layout(kind, trace, mode, word, inline);
    let weak = if r.weak { TypeFlags::WEAKREFABLE } else { 0 };
    let flags = TypeFlags::HEAPTYPE | TypeFlags::BASETYPE | TypeFlags::READY | weak;
    let raw = RawType {
        meta: Some(r.meta),
        base: Some(base),
        flags,
        layout: id,
        trace,
        body_words: fixed,
        variable,
    };
    let ty = raw_type("", raw)?;
    ty.set(&ty.name, r.name.value());
    ty.set(&ty.qualname, r.name.value());
    ty.inline.set(inline);
    if r.nslots > 0 {
        ty.solid.set(ty.as_ptr());
    }
    ty.set_flags(ty.flags() & !(TypeFlags::SEQUENCE | TypeFlags::MAPPING));
    for b in r.bases {
        if let Some(b) = b.cast::<Type>() {
            ty.set_flags(ty.flags() | b.flags() & TypeFlags::WEAKREFABLE | pattern_flags(ty, b));
        }
    }
    Ok(ty)
}

/// Whether patterns see a class as a sequence or a mapping is what its first base that is either says.
fn pattern_flags(ty: Gc<Type>, base: Gc<Type>) -> u64 {
    let mask = TypeFlags::SEQUENCE | TypeFlags::MAPPING;
    if ty.flags() & mask == 0 {
        base.flags() & mask
    } else {
        0
    }
}

/// Computes all slots of a Python class from its namespace and bases.
pub fn fill_slots(ty: Gc<Type>) {
    let base = ty.base();
    let mut slots = base.map_or_else(Slots::default, |b| *b.slots());
    if base.is_some_and(|b| extends_linearly(ty, b)) {
        // Only what the class itself defines can differ from the base.
        let own = ty.namespace();
        let mut last = None;
        for s in &SPECIALS {
            if last != Some(s.slot) && own.get_interned(s.key.get()).is_some() {
                resolve_slot(ty, s.slot, &mut slots);
                last = Some(s.slot);
            }
        }
    } else {
        for &id in SlotId::ALL {
            if specials_of(id).next().is_some() {
                resolve_slot(ty, id, &mut slots);
            } else {
                inherit_unnamed(ty, id, &mut slots);
            }
        }
    }
    ty.set_slots(slots);
}

/// Whether the method resolution order of `ty` is `ty` and then that of `base`.
fn extends_linearly(ty: Gc<Type>, base: Gc<Type>) -> bool {
    match (ty.mro().items(), base.mro().items()) {
        ([first, rest @ ..], inherited) => *first == ty.value() && rest == inherited,
        _ => false,
    }
}

/// Slots without special methods (sequence concatenation, buffer) come from the first base that has them.
fn inherit_unnamed(ty: Gc<Type>, id: SlotId, slots: &mut Slots) {
    for b in ty.mro().items().iter().skip(1) {
        if let Some(b) = b.cast::<Type>()
            && b.slots().is_set(id)
        {
            return slots.copy(id, b.slots());
        }
    }
}

/// Decides what goes into one slot: the function of the builtin type whose wrappers the class has for all of
/// the slot's special methods, or the generic one, or nothing.
fn resolve_slot(ty: Gc<Type>, id: SlotId, slots: &mut Slots) {
    let mut source: Option<Gc<Type>> = None;
    let mut generic = false;
    let mut any = false;
    for s in specials_of(id) {
        let Some((_, found)) = walk_mro(ty, s.key.get()) else {
            continue;
        };
        any = true;
        if id == SlotId::Hash && found.is_none() {
            slots.hash = Some(super::protocol::hash_not_implemented);
            return;
        }
        match found.cast::<WrapperDescr>() {
            Some(w) if w.slot.get() == id => {
                let owner = w.owner_type();
                let agrees = source.is_none_or(|s| s.slots().same(id, owner.slots()));
                generic |= !agrees || !ty.is_subtype(owner);
                source = Some(owner);
            }
            _ if id == SlotId::New && is_builtin_new(found) => {
                source = found
                    .cast::<Builtin>()
                    .and_then(|b| b.receiver.get_as::<Type>());
            }
            _ => generic = true,
        }
    }
    match (any, generic, source) {
        (false, ..) if id == SlotId::New => {}
        (false, ..) => slots.clear(id),
        (true, false, Some(owner)) => slots.copy(id, owner.slots()),
        _ => slots.set_generic(id),
    }
}

fn is_builtin_new(v: Value) -> bool {
    v.cast::<Builtin>()
        .is_some_and(|b| std::ptr::eq(b.method(), &crate::types::type_::NEW_WRAPPER))
}

/// After attribute `name` of `ty` changed: renews the slots it stands for, in `ty` and its subclasses.
pub fn update_slots_for(ty: Gc<Type>, name: Gc<Str>) -> PyResult<()> {
    let Some(text) = name.as_ascii() else {
        return Ok(());
    };
    if !(text.starts_with("__") && text.ends_with("__")) {
        return Ok(());
    }
    if SPECIALS.iter().any(|s| s.key.get() == name) {
        refill(ty);
    }
    Ok(())
}

fn refill(ty: Gc<Type>) {
    if ty.has(TypeFlags::HEAPTYPE) {
        fill_slots(ty);
    }
    for_each_subclass(ty, refill);
}

/// The body-word field `word` of an instance, for code that knows the type's layout.
pub fn fixed_slot<'a>(v: Value, word: u32) -> &'a Slot {
    let header = v.as_header().expect("an instance");
    // SAFETY: header of a live object; the bound is checked. The caller names a word of the fixed part that
    // holds a value.
    unsafe {
        assert!((word as usize) < (*header).words());
        &*header.cast::<Slot>().add(1 + word as usize)
    }
}

/// Whether `name` resolves to an attribute of `ty`.
pub fn has_attr(ty: Gc<Type>, name: &str) -> bool {
    type_lookup(ty, intern_str(name)).is_some()
}
