//! Attribute look-up on types: the walk along the mro, a global cache keyed by type version, and the one
//! way in which a type's namespace changes.

use std::cell::UnsafeCell;

use super::Type;
use crate::exceptions::PyResult;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::weakref::WeakRef;
use crate::value::{Gc, Value};

const CACHE_SIZE: usize = 2048;

#[derive(Clone, Copy)]
struct Entry {
    version: u32,
    name: usize,
    value: u64,
}

const EMPTY: Entry = Entry {
    version: 0,
    name: 0,
    value: 0,
};

struct Cache(UnsafeCell<[Entry; CACHE_SIZE]>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Cache {}

static CACHE: Cache = Cache(UnsafeCell::new([EMPTY; CACHE_SIZE]));

/// Forgets all cached look-ups: the collector calls this, since cached values may move.
pub fn clear_cache() {
    // SAFETY: GIL held; no reference into the cache is live across a collection.
    unsafe { *CACHE.0.get() = [EMPTY; CACHE_SIZE] }
}

/// The attribute `name` (interned) of `ty` or the first of its bases that has it. No descriptor is invoked.
#[inline]
pub fn type_lookup(ty: Gc<Type>, name: Gc<Str>) -> Option<Value> {
    let version = ty.version();
    let key = name.as_ptr() as usize;
    let index = ((key >> 4) ^ (version as usize).wrapping_mul(0x9E37_79B1)) % CACHE_SIZE;
    // SAFETY: GIL held; the entry is read and written whole.
    let entry = unsafe { &mut (*CACHE.0.get())[index] };
    if entry.version == version && entry.name == key && version != 0 {
        return Value::from_word(entry.value);
    }
    let found = walk_mro(ty, name).map(|(_, v)| v);
    if version != 0 {
        *entry = Entry {
            version,
            name: key,
            value: Value::word_of(found),
        };
    }
    found
}

/// Like `type_lookup`, without the cache, and with the type whose namespace has the attribute.
pub fn walk_mro(ty: Gc<Type>, name: Gc<Str>) -> Option<(Gc<Type>, Value)> {
    let Some(mro) = ty.mro.get_as::<crate::types::tuple::Tuple>() else {
        // Not ready yet (during bootstrap): along the bases.
        let mut at = Some(ty);
        while let Some(t) = at {
            if let Some(v) = t.namespace().get_interned(name) {
                return Some((t, v));
            }
            at = t.base();
        }
        return None;
    };
    for &entry in mro.items() {
        let Some(t) = entry.cast::<Type>() else {
            continue;
        };
        if let Some(v) = t.namespace().get_interned(name) {
            return Some((t, v));
        }
    }
    None
}

/// Sets or deletes (no value) an attribute in `ty`'s own namespace and renews versions and slots of `ty`
/// and all its subclasses. False if there was nothing to delete.
pub fn type_set(ty: Gc<Type>, name: Gc<Str>, value: Option<Value>) -> PyResult<bool> {
    let dict = ty.namespace();
    match value {
        Some(value) => dict.set_interned(name, value)?,
        None => {
            if dict.remove_interned(name).is_none() {
                return Ok(false);
            }
        }
    }
    modified(ty);
    super::build::update_slots_for(ty, name)?;
    Ok(true)
}

/// Renews the version of `ty` and its subclasses.
pub fn modified(ty: Gc<Type>) {
    crate::hooks::type_modified(ty);
    ty.renew_version();
    for_each_subclass(ty, modified);
}

/// Calls `f` for each live direct subclass.
pub fn for_each_subclass(ty: Gc<Type>, mut f: impl FnMut(Gc<Type>)) {
    let Some(list) = ty.subclasses.get_as::<List>() else {
        return;
    };
    let mut i = 0;
    while i < list.len() {
        if let Some(sub) = list
            .item(i)
            .cast::<WeakRef>()
            .and_then(|w| w.target())
            .and_then(|v| v.cast::<Type>())
        {
            f(sub);
        }
        i += 1;
    }
}
