//! Attributes of instances: slots by hidden class, the overflow array, and `__dict__` once somebody asked
//! for it.

use crate::exceptions::PyResult;
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::value::layout::{self, AttrMode, LayoutInfo};
use crate::value::{Array, Gc, Slot, Value};

/// Body words behind the payload of a type whose instances keep attributes: the attribute word.
pub const ATTR_WORDS: u32 = 1;

/// `LayoutInfo::attr_word` of layouts whose attribute word is the last of a variable-sized body.
pub const LAST_WORD: u16 = u16::MAX;

/// Some object; gives access to its attribute area.
#[derive(Clone, Copy)]
struct Instance(Gc<Opaque>);

/// Payload of an object about which nothing but its layout is known.
#[repr(C)]
struct Opaque {
    header: rivet_heap::Header,
}

impl Instance {
    fn of(value: Value) -> Option<Instance> {
        let header = value.as_header()?;
        // SAFETY: a reference points to a live object; `Opaque` is its header.
        Some(Instance(unsafe { Gc::from_raw(header.cast()) }))
    }

    fn attr_slot<'a>(self, info: &LayoutInfo) -> &'a Slot {
        let word = if info.attr_word == LAST_WORD {
            // SAFETY: the header of a live object.
            unsafe { (*self.0.header()).words() - 1 }
        } else {
            info.attr_word as usize
        };
        // SAFETY: layouts with attributes have the attribute word at this index.
        unsafe { self.0.body_slot(word) }
    }

    fn slot<'a>(self, info: &LayoutInfo, index: usize) -> &'a Slot {
        if index < info.inline as usize {
            // SAFETY: layouts with `inline` slots have them right behind the attribute word.
            return unsafe { self.0.body_slot(info.attr_word as usize + 1 + index) };
        }
        let overflow = self
            .attr_slot(info)
            .get_as::<Array>()
            .expect("overflow array of a long shape");
        &overflow.slots()[index - info.inline as usize]
    }

    fn owner_set(self, info: &LayoutInfo, index: usize, value: Value) {
        let slot = self.slot(info, index);
        if index < info.inline as usize {
            self.0.set(slot, value);
        } else {
            let overflow = self
                .attr_slot(info)
                .get_as::<Array>()
                .expect("overflow array of a long shape");
            overflow.set(slot, value);
        }
    }
}

/// The instance attribute `name` (interned), if there is one. Never raises, never runs Python.
#[inline]
pub fn get(value: Value, name: Gc<Str>) -> Option<Value> {
    let obj = Instance::of(value)?;
    let info = layout::info(value.layout_id());
    match info.attr_mode {
        AttrMode::None => None,
        AttrMode::Shape => obj.slot(info, info.find(name.as_ptr() as usize)?).get(),
        AttrMode::Dict => obj.attr_slot(info).get_as::<Dict>()?.get_interned(name),
    }
}

/// Whether instances of the value's type can have attributes of their own.
pub fn has_storage(value: Value) -> bool {
    layout::info(value.layout_id()).attr_mode != AttrMode::None
}

/// Sets the instance attribute `name` (interned). False if the instance has no attribute storage.
pub fn set(value: Value, name: Gc<Str>, new: Value) -> PyResult<bool> {
    let Some(obj) = Instance::of(value) else {
        return Ok(false);
    };
    let id = value.layout_id();
    let info = layout::info(id);
    match info.attr_mode {
        AttrMode::None => return Ok(false),
        AttrMode::Dict => {
            dict_of(obj, info)?.set_interned(name, new)?;
            return Ok(true);
        }
        AttrMode::Shape => {}
    }
    if let Some(index) = info.find(name.as_ptr() as usize) {
        obj.owner_set(info, index, new);
        return Ok(true);
    }
    let index = info.slots.len();
    let Some(next) = layout::add_attribute(id, name.as_ptr() as usize) else {
        to_dict(value)?.set_interned(name, new)?;
        return Ok(true);
    };
    ensure_overflow(obj, info, index)?;
    // SAFETY: `next` describes the same body with one more slot, for which room was just ensured.
    unsafe { (*obj.0.header()).set_layout(next) };
    obj.owner_set(layout::info(next), index, new);
    Ok(true)
}

fn ensure_overflow(obj: Instance, info: &LayoutInfo, index: usize) -> PyResult<()> {
    let inline = info.inline as usize;
    if index < inline {
        return Ok(());
    }
    let attr = obj.attr_slot(info);
    let old = attr.get_as::<Array>();
    if old.is_some_and(|a| index - inline < a.len()) {
        return Ok(());
    }
    let new = Array::new(((index - inline + 1) * 2).max(4))?;
    if let Some(old) = old {
        new.copy_from(0, old, 0, old.len());
    }
    obj.0.set(attr, new.value());
    Ok(())
}

/// Deletes the instance attribute `name` (interned). False if there is none.
pub fn delete(value: Value, name: Gc<Str>) -> PyResult<bool> {
    if get(value, name).is_none() {
        return Ok(false);
    }
    // Deletion is rare: the instance leaves its hidden class for a dict.
    let dict = to_dict(value)?;
    Ok(dict.remove_interned(name).is_some())
}

fn dict_of(obj: Instance, info: &LayoutInfo) -> PyResult<Gc<Dict>> {
    let attr = obj.attr_slot(info);
    if let Some(dict) = attr.get_as::<Dict>() {
        return Ok(dict);
    }
    let dict = Dict::new()?;
    obj.0.set(attr, dict.value());
    Ok(dict)
}

/// The instance's `__dict__`; the instance keeps its attributes there from now on.
/// The value must have attribute storage.
pub fn to_dict(value: Value) -> PyResult<Gc<Dict>> {
    let obj = Instance::of(value).expect("an instance with attributes");
    let id = value.layout_id();
    let info = layout::info(id);
    if info.attr_mode == AttrMode::Dict {
        return dict_of(obj, info);
    }
    let dict = Dict::new()?;
    for (index, &name) in info.slots.iter().enumerate() {
        if let Some(v) = obj.slot(info, index).get() {
            dict.set_interned(Str::from_address(name), v)?;
        }
    }
    let attr_word = obj.attr_slot(info);
    for index in 0..info.inline as usize {
        obj.slot(info, index).clear();
    }
    // SAFETY: the dict-mode layout describes the same body.
    unsafe { (*obj.0.header()).set_layout(layout::dict_mode(id)) };
    obj.0.set(attr_word, dict.value());
    Ok(dict)
}

/// Replaces the instance's `__dict__`.
pub fn set_dict(value: Value, dict: Gc<Dict>) -> PyResult<()> {
    to_dict(value)?;
    let obj = Instance::of(value).expect("an instance with attributes");
    let info = layout::info(value.layout_id());
    obj.0.set(obj.attr_slot(info), dict.value());
    Ok(())
}

/// Gives a fresh instance another type with a compatible body (`__class__` assignment).
/// The caller has checked that both types lay out instances alike.
pub fn change_type(value: Value, new_type: Gc<super::Type>) -> PyResult<()> {
    let header = value.as_header().expect("an instance");
    if has_storage(value) {
        to_dict(value)?;
        let id = layout::dict_mode(new_type.instance_layout());
        // SAFETY: the caller has checked that the bodies agree; both are in dict mode.
        unsafe { (*header).set_layout(id) };
    } else {
        // SAFETY: the caller has checked that the bodies agree.
        unsafe { (*header).set_layout(new_type.instance_layout()) };
    }
    Ok(())
}

/// Allocates an instance of `ty` with a body of `ty.body_words` plus `extra` words of variable part.
pub fn allocate(ty: Gc<super::Type>, extra: usize) -> PyResult<Value> {
    let id = ty.instance_layout();
    let info = layout::info(id);
    let mut words = ty.body_words.get() as usize + extra;
    if info.attr_mode != AttrMode::None {
        words += 1 + info.inline as usize;
    }
    let p = rivet_heap::alloc(id, words);
    if p.is_null() {
        return Err(crate::exceptions::no_memory());
    }
    let value = Value::from_header(p);
    if ty.slots().finalize.is_some() {
        rivet_heap::track_finalizer(p);
    }
    Ok(value)
}

/// Where compiled code and inline caches find instance attribute `name` (interned): the word of the body, if
/// it is an inline slot of the layout.
pub fn inline_word(id: layout::LayoutId, name: Gc<Str>) -> Option<u32> {
    let info = layout::info(id);
    if info.attr_mode != AttrMode::Shape {
        return None;
    }
    let index = info.find(name.as_ptr() as usize)?;
    if index < info.inline as usize {
        Some(info.attr_word as u32 + 1 + index as u32)
    } else {
        None
    }
}

/// The body word `word` of `value` as an inline cache found it. The layout must have been checked.
#[inline(always)]
pub fn word_at(value: Value, word: u32) -> Option<Value> {
    debug_assert!(value.is_ref());
    let base = value.to_word() as *const u64;
    // SAFETY: inline caches hold words of the layout the caller has just compared.
    Value::from_word(unsafe { *base.add(1 + word as usize) })
}

/// Stores to the body word `word`, as `word_at`.
#[inline(always)]
pub fn set_word_at(value: Value, word: u32, new: Value) {
    debug_assert!(value.is_ref());
    let header = value.to_word() as *mut rivet_heap::Header;
    // SAFETY: as `word_at`.
    unsafe {
        rivet_heap::write(
            header,
            header.cast::<u64>().add(1 + word as usize),
            new.to_word(),
        )
    }
}

/// Moves the instance to layout `next`, which adds the attribute held in body word `word`.
#[inline(always)]
pub fn add_word_at(value: Value, next: u32, word: u32, new: Value) {
    let header = value.to_word() as *mut rivet_heap::Header;
    // SAFETY: inline caches hold transitions of the layout the caller has just compared.
    unsafe { (*header).set_layout(next) };
    set_word_at(value, word, new);
}
