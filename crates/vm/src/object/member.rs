//! Descriptors of builtin types: methods, computed attributes, body-word members, slot wrappers.

use std::cell::Cell;

use rivet_heap::Header;

use super::spec::{GetSet, Method};
use super::{SlotId, Type};
use crate::exceptions::{PyResult, no_memory};
use crate::types::str::Str;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

macro_rules! descriptor {
    ($(#[$meta:meta])* $name:ident, $layout:ident, $kind:ident, { $($field:ident : $ty:ty),* }) => {
        $(#[$meta])*
        #[repr(C)]
        pub struct $name {
            header: Header,
            /// The type it belongs to.
            pub owner: Slot,
            /// `__name__` (or, for a bound wrapper, the receiver).
            pub name: Slot,
            $(#[allow(missing_docs)] pub $field: Cell<$ty>,)*
        }

        impl Payload for $name {
            const LAYOUT: LayoutId = layout::$layout;
            const KIND: Kind = Kind::$kind;
        }

        impl $name {
            /// A new descriptor.
            pub fn new(owner: Value, name: Value, $($field: $ty),*) -> PyResult<Gc<$name>> {
                let p = rivet_heap::alloc(layout::$layout, size_of::<$name>() / 8 - 1);
                if p.is_null() {
                    return Err(no_memory());
                }
                // SAFETY: fresh zeroed object of this layout; every field is written before anyone sees it.
                let gc: Gc<$name> = unsafe {
                    let raw = p.cast::<$name>();
                    $((&raw mut (*raw).$field).write(Cell::new($field));)*
                    Gc::from_raw(raw)
                };
                gc.set(&gc.owner, owner);
                gc.set(&gc.name, name);
                Ok(gc)
            }

            /// `__name__` as text.
            pub fn name_string(&self) -> String {
                self.name.get_as::<Str>().map_or_else(String::new, |s| s.to_string_lossy().into_owned())
            }

            /// The type it belongs to.
            pub fn owner_type(&self) -> Gc<Type> {
                self.owner.get_as::<Type>().expect("a descriptor belongs to a type")
            }
        }
    };
}

descriptor! {
    /// `list.append`: a method of a builtin type.
    MethodDescr, METHOD_DESCR, MethodDescr, { method: &'static Method }
}
descriptor! {
    /// `dict.fromkeys` in the namespace of `dict`: a class method of a builtin type.
    ClassMethodDescr, CLASSMETHOD_DESCR, ClassMethodDescr, { method: &'static Method }
}
descriptor! {
    /// A computed attribute.
    GetSetDescr, GETSET_DESCR, GetSetDescr, { getset: &'static GetSet }
}
descriptor! {
    /// An attribute held in a body word: `__slots__` and fields of builtin types. `mode`: bit 0 read-only,
    /// bit 1 reads None when empty.
    MemberDescr, MEMBER_DESCR, MemberDescr, { word: u32, mode: u32 }
}
descriptor! {
    /// `int.__add__`: a slot as a method. `index` is its place in `SPECIALS`.
    WrapperDescr, WRAPPER_DESCR, WrapperDescr, { slot: SlotId, index: u32 }
}
descriptor! {
    /// `(1).__add__`: a bound slot wrapper. `owner` is the wrapper descriptor, `name` the receiver.
    MethodWrapper, METHOD_WRAPPER, MethodWrapper, { index: u32 }
}

impl MemberDescr {
    /// Cannot be set.
    pub const READONLY: u32 = 1;
    /// Reads as None when empty.
    pub const NONE: u32 = 2;

    /// The field of `obj`, an instance of the owner.
    pub fn slot_of<'a>(&self, obj: Value) -> &'a Slot {
        let header = obj
            .as_header()
            .expect("instances with members are heap objects");
        // SAFETY: the descriptor's getter has checked that `obj` is an instance of the owner, whose body has a
        // value at this word.
        unsafe { &*header.cast::<Slot>().add(1 + self.word.get() as usize) }
    }

    /// Stores into the field.
    pub fn store(&self, obj: Value, value: Option<Value>) {
        let header = obj
            .as_header()
            .expect("instances with members are heap objects");
        let word = Value::word_of(value);
        // SAFETY: as `slot_of`; with the barrier of the owner of the field.
        unsafe { rivet_heap::write(header, self.slot_of(obj).as_ptr(), word) }
    }
}
