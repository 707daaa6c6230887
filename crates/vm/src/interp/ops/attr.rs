//! Attribute instructions and their inline caches.
//!
//! Cache words: 0 = layout id of the receiver | version of its type << 32; 1 = body word, or number of the
//! cached value in the code object, or keys version and position in a module's namespace; 2 = for added
//! attributes the layout after the store and, above it, the count of failed specialisations; else that count. An instruction that stays general
//! notes the layouts it meets in words 0 and 1, for the compiler.

use rivet_spec::{Insn, Op};

use crate::exceptions::PyResult;
use crate::frames::{Frame, Pc};
use crate::name;
use crate::object::attr::{generic_getattr, generic_setattr, get_attr, set_attr};
use crate::object::lookup::type_lookup;
use crate::object::member::MemberDescr;
use crate::object::slots::{GetAttrFn, SetAttrFn};
use crate::object::{Type, TypeFlags, instance};
use crate::types::module::Module;
use crate::types::str::Str;
use crate::value::layout::{self, AttrMode};
use crate::value::{Gc, Value};

/// After this many failed specialisations an instruction stays general.
const MAX_MISSES: u64 = 8;

/// The first cache word for a receiver of this layout, if its type has a version.
#[inline(always)]
fn guard(id: u32) -> u64 {
    u64::from(id) | u64::from(layout::info(id).type_of().version()) << 32
}

#[inline(always)]
fn guarded(pc: Pc, obj: Value) -> bool {
    pc.cache(0) == guard(obj.layout_id())
}

/// Cached attribute in an inline slot.
#[inline(always)]
pub fn cached_slot(pc: Pc, obj: Value) -> Option<Value> {
    if obj.is_ref() && guarded(pc, obj) {
        instance::word_at(obj, pc.cache(1) as u32)
    } else {
        None
    }
}

/// Cached attribute of the class (a plain value, or a function for a method call).
#[inline(always)]
pub fn cached_class(frame: &Frame, pc: Pc, obj: Value) -> Option<Value> {
    if guarded(pc, obj) {
        frame.code().cache_value(pc.cache(1) as u32)
    } else {
        None
    }
}

/// Cached attribute of a module.
#[inline(always)]
pub fn cached_module(pc: Pc, obj: Value) -> Option<Value> {
    let m = obj.cast_exact::<Module>()?;
    let d = m.dict();
    if u64::from(d.keys_version()) == pc.cache(1) & 0xffff_ffff {
        d.value_at((pc.cache(1) >> 32) as usize)
    } else {
        None
    }
}

/// Cached store to an existing inline slot.
#[inline(always)]
pub fn cached_store(pc: Pc, obj: Value, v: Value) -> bool {
    let hit = obj.is_ref() && guarded(pc, obj);
    if hit {
        instance::set_word_at(obj, pc.cache(1) as u32, v);
    }
    hit
}

/// Cached store that adds an attribute.
#[inline(always)]
pub fn cached_add(pc: Pc, obj: Value, v: Value) -> bool {
    let hit = obj.is_ref() && guarded(pc, obj);
    if hit {
        instance::add_word_at(obj, pc.cache(2) as u32, pc.cache(1) as u32, v);
    }
    hit
}

fn generic_get(ty: Gc<Type>) -> bool {
    ty.slots()
        .getattro
        .is_none_or(|f| std::ptr::fn_addr_eq(f, generic_getattr as GetAttrFn))
}

fn generic_set(ty: Gc<Type>) -> bool {
    ty.slots()
        .setattro
        .is_none_or(|f| std::ptr::fn_addr_eq(f, generic_setattr as SetAttrFn))
}

/// Rewrites the instruction just fetched.
fn become_op(pc: Pc, insn: Insn, op: Op) {
    pc.rewrite(Insn(insn.0 & !0xff | op as u64));
}

/// Where `StoreAttrAdd` keeps its count of failed specialisations in cache word 2.
const ADD_COUNT: u32 = 40;

/// How often an instruction has had to do without a cache that fits.
fn misses(pc: Pc, insn: Insn) -> u64 {
    if insn.op_byte() == Op::StoreAttrAdd as u8 {
        pc.cache(2) >> ADD_COUNT
    } else {
        pc.cache(2)
    }
}

/// Counts a miss; false if the instruction is not to be specialised for what it meets: at first, since one-off code is not
/// worth a cache, and when it has met too much.
fn may_specialise(pc: Pc, insn: Insn, general: Op) -> bool {
    let n = misses(pc, insn);
    if insn.op_byte() != general as u8 {
        become_op(pc, insn, general);
    }
    if n == MAX_MISSES {
        // The words still hold the last specialisation; from now on they are notes.
        pc.set_cache(0, 0);
        pc.set_cache(1, 0);
    }
    pc.set_cache(2, n + 1);
    (1..MAX_MISSES).contains(&n)
}

// ---- what the compiler is told ----

/// Set in cache word 2 once an instruction has met more layouts than are noted.
const MANY: u64 = 1 << 32;
/// Layouts an instruction notes: two to a word, each plus one.
const NOTED: usize = 4;

/// Notes the layout an instruction meets, once it stays general.
fn note(pc: Pc, id: u32) {
    let misses = pc.cache(2);
    if misses <= MAX_MISSES || misses & MANY != 0 {
        return;
    }
    let mark = u64::from(id) + 1;
    for i in 0..NOTED {
        let (word, shift) = (i / 2, i % 2 * 32);
        match pc.cache(word) >> shift & 0xffff_ffff {
            0 => return pc.set_cache(word, pc.cache(word) | mark << shift),
            seen if seen == mark => return,
            _ => {}
        }
    }
    pc.set_cache(2, misses | MANY);
}

/// The layouts that an instruction has met which stays general, by its cache words; none if there were too many.
pub fn layouts_met(words: [u64; 3]) -> Vec<u32> {
    if words[2] & MANY != 0 || words[2] <= MAX_MISSES {
        return Vec::new();
    }
    words[..2]
        .iter()
        .flat_map(|w| [*w as u32, (*w >> 32) as u32])
        .filter(|&mark| mark != 0)
        .map(|mark| mark - 1)
        .collect()
}

/// How all instances of a layout have an attribute.
#[derive(Clone, Copy)]
pub enum Found {
    /// In this body word (which may be empty).
    Slot(u32),
    /// As a value in the class.
    Class(Value),
    /// As a method of the class that takes the instance.
    Method(Value),
}

/// How instances of a layout have attribute `name`, if that can be said without asking one.
pub fn find(id: u32, name: Gc<Str>) -> Option<Found> {
    let ty = layout::info(id).type_of();
    if !generic_get(ty) {
        return None;
    }
    let descr = type_lookup(ty, name);
    if let Some(d) = descr
        && d.type_of().slots().descr_set.is_some()
    {
        return member_word(d, ty, false).map(Found::Slot);
    }
    if let Some(word) = instance::inline_word(id, name) {
        return Some(Found::Slot(word));
    }
    let d = descr.filter(|_| no_own_attribute(id, name))?;
    if d.type_of().has(TypeFlags::METHOD_DESCRIPTOR) {
        return Some(Found::Method(d));
    }
    d.type_of()
        .slots()
        .descr_get
        .is_none()
        .then_some(Found::Class(d))
}

/// The body word in which instances of a layout have attribute `name`, for stores to it.
pub fn find_store(id: u32, name: Gc<Str>) -> Option<u32> {
    let ty = layout::info(id).type_of();
    if !generic_set(ty) {
        return None;
    }
    match type_lookup(ty, name) {
        Some(d) if d.type_of().slots().descr_set.is_some() => member_word(d, ty, true),
        _ => instance::inline_word(id, name),
    }
}

/// LoadAttr in general.
#[inline(never)]
pub fn load(frame: &Frame, pc: Pc, insn: Insn, obj: Value) -> PyResult<Value> {
    let name = frame.code().name_at(insn.c());
    if may_specialise(pc, insn, Op::LoadAttr) {
        specialise_load(frame, pc, insn, obj, name)?;
    }
    note(pc, obj.layout_id());
    get_attr(obj, name)
}

fn specialise_load(frame: &Frame, pc: Pc, insn: Insn, obj: Value, name: Gc<Str>) -> PyResult<()> {
    if let Some(m) = obj.cast_exact::<Module>() {
        specialise_module(pc, insn, m, name, Op::LoadAttrModule);
        return Ok(());
    }
    let id = obj.layout_id();
    match find(id, name) {
        Some(Found::Slot(word)) => {
            pc.set_cache(0, guard(id));
            pc.set_cache(1, word.into());
            become_op(pc, insn, Op::LoadAttrSlot);
        }
        Some(Found::Class(d)) => {
            let n = frame.code().add_cache_value(d, None)?;
            pc.set_cache(0, guard(id));
            pc.set_cache(1, n.into());
            become_op(pc, insn, Op::LoadAttrClass);
        }
        Some(Found::Method(_)) | None => {}
    }
    Ok(())
}

/// The body word of a member (`__slots__`) of instances of this type.
fn member_word(descr: Value, ty: Gc<Type>, store: bool) -> Option<u32> {
    let d = descr.cast_exact::<MemberDescr>()?;
    let mode = d.mode.get();
    // An empty word of some members reads as None, which the caches do not know.
    let plain = mode & MemberDescr::NONE == 0;
    let writable = mode & MemberDescr::READONLY == 0;
    (ty.is_subtype(d.owner_type()) && if store { writable } else { plain }).then(|| d.word.get())
}

/// The attribute is found again by its place in the module's namespace.
fn specialise_module(pc: Pc, insn: Insn, m: Gc<Module>, name: Gc<Str>, op: Op) {
    if type_lookup(m.value().type_of(), name).is_none()
        && let Some(at) = m.dict().position_of(name)
    {
        pc.set_cache(1, u64::from(m.dict().keys_version()) | (at as u64) << 32);
        become_op(pc, insn, op);
    }
}

/// Whether no instance of this layout has an attribute `name` of its own.
fn no_own_attribute(id: u32, name: Gc<Str>) -> bool {
    let info = layout::info(id);
    match info.attr_mode {
        AttrMode::None => true,
        AttrMode::Shape => info.find(name.as_ptr() as usize).is_none(),
        AttrMode::Dict => false,
    }
}

/// StoreAttr in general.
#[inline(never)]
pub fn store(frame: &Frame, pc: Pc, insn: Insn, obj: Value, v: Value) -> PyResult<()> {
    let name = frame.code().name_at(insn.b());
    let before = obj.layout_id();
    let try_it = may_specialise(pc, insn, Op::StoreAttr) && generic_set(obj.type_of());
    note(pc, before);
    set_attr(obj, name, Some(v))?;
    if try_it && obj.is_ref() {
        specialise_store(pc, insn, obj, name, before);
    }
    Ok(())
}

fn specialise_store(pc: Pc, insn: Insn, obj: Value, name: Gc<Str>, before: u32) {
    let after = obj.layout_id();
    let word = match type_lookup(obj.type_of(), name) {
        Some(d) if d.type_of().slots().descr_set.is_some() => member_word(d, obj.type_of(), true),
        _ => instance::inline_word(after, name),
    };
    let Some(word) = word else {
        return;
    };
    pc.set_cache(0, guard(before));
    pc.set_cache(1, word.into());
    if before == after {
        become_op(pc, insn, Op::StoreAttrSlot);
    } else {
        let count = pc.cache(2) << ADD_COUNT;
        pc.set_cache(2, u64::from(after) | count);
        become_op(pc, insn, Op::StoreAttrAdd);
    }
}

/// LoadMethod in general: leaves callable and receiver (or null) in the call window.
#[inline(never)]
pub fn load_method(frame: &Frame, pc: Pc, insn: Insn) -> PyResult<()> {
    let regs = frame.regs();
    let obj = regs.get(insn.b());
    let name = frame.code().name_at(insn.c());
    let (a, specialise) = (insn.a(), may_specialise(pc, insn, Op::LoadMethod));
    note(pc, obj.layout_id());
    if generic_get(obj.type_of())
        && let Some(d) = type_lookup(obj.type_of(), name)
        && d.type_of().has(TypeFlags::METHOD_DESCRIPTOR)
        && instance::get(obj, name).is_none()
    {
        if specialise && no_own_attribute(obj.layout_id(), name) {
            let n = frame.code().add_cache_value(d, None)?;
            pc.set_cache(0, guard(obj.layout_id()));
            pc.set_cache(1, n.into());
            become_op(pc, insn, Op::LoadMethodCached);
        }
        regs.set(a, d);
        regs.set(a + 1, obj);
        return Ok(());
    }
    if specialise && let Some(m) = obj.cast_exact::<Module>() {
        specialise_module(pc, insn, m, name, Op::LoadMethodModule);
    }
    let f = get_attr(obj, name)?;
    regs.set(a, f);
    regs.set_opt(a + 1, None);
    Ok(())
}

/// `obj.__class__` by name, for rooms that need it (kept beside the caches it must agree with).
pub fn class_of(obj: Value) -> PyResult<Value> {
    get_attr(obj, name!("__class__"))
}
