//! The type object: what `type(x)` refers to. Types live in the space that does not move.

use std::cell::{Cell, UnsafeCell};

use rivet_heap::{Header, Trace};

use super::slots::Slots;
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::value::layout::{self, AttrMode, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot};

/// Type flags, with CPython's values where CPython has them (`Py_TPFLAGS_*`).
pub struct TypeFlags;

impl TypeFlags {
    /// Arrays match as sequences in patterns.
    pub const SEQUENCE: u64 = 1 << 5;
    /// Matches as a mapping in patterns.
    pub const MAPPING: u64 = 1 << 6;
    /// Cannot be instantiated from Python.
    pub const DISALLOW_INSTANTIATION: u64 = 1 << 7;
    /// Attributes of the type cannot be set.
    pub const IMMUTABLE: u64 = 1 << 8;
    /// Made by a class statement or `PyType_FromSpec`.
    pub const HEAPTYPE: u64 = 1 << 9;
    /// Can be subclassed.
    pub const BASETYPE: u64 = 1 << 10;
    /// Calls of instances may use vectorcall.
    pub const HAVE_VECTORCALL: u64 = 1 << 11;
    /// Ready for use.
    pub const READY: u64 = 1 << 12;
    /// Unbound method: a call of the attribute need not make a bound method.
    pub const METHOD_DESCRIPTOR: u64 = 1 << 17;
    /// Has abstract methods.
    pub const IS_ABSTRACT: u64 = 1 << 20;
    /// Class patterns match the subject itself with one positional pattern.
    pub const MATCH_SELF: u64 = 1 << 22;
    /// Subclass of int.
    pub const LONG_SUBCLASS: u64 = 1 << 24;
    /// Subclass of list.
    pub const LIST_SUBCLASS: u64 = 1 << 25;
    /// Subclass of tuple.
    pub const TUPLE_SUBCLASS: u64 = 1 << 26;
    /// Subclass of bytes.
    pub const BYTES_SUBCLASS: u64 = 1 << 27;
    /// Subclass of str.
    pub const UNICODE_SUBCLASS: u64 = 1 << 28;
    /// Subclass of dict.
    pub const DICT_SUBCLASS: u64 = 1 << 29;
    /// Subclass of BaseException.
    pub const BASE_EXC_SUBCLASS: u64 = 1 << 30;
    /// Subclass of type.
    pub const TYPE_SUBCLASS: u64 = 1 << 31;
    /// The body of instances is C memory (an extension's type or a subclass of one).
    pub const FOREIGN: u64 = 1 << 40;
    /// Instances can be weakly referenced.
    pub const WEAKREFABLE: u64 = 1 << 41;
    /// Defined by an extension (not a Python subclass of such a type): its C type object is the extension's.
    pub const C_DEFINED: u64 = 1 << 42;
    /// Items are reached by key alone, not by number: a C type that has no `sq_item`.
    pub const KEYED: u64 = 1 << 43;
    /// A C type whose instances can be called: they have a word for the record of their function.
    pub const FOREIGN_CALLABLE: u64 = 1 << 44;
    /// A C type based on `object` that adds nothing to its struct: it goes with any other C type.
    pub const BARE: u64 = 1 << 45;
    /// Flags a subclass has from its base.
    pub const INHERITED: u64 = Self::SEQUENCE
        | Self::MAPPING
        | Self::LONG_SUBCLASS
        | Self::LIST_SUBCLASS
        | Self::TUPLE_SUBCLASS
        | Self::BYTES_SUBCLASS
        | Self::UNICODE_SUBCLASS
        | Self::DICT_SUBCLASS
        | Self::BASE_EXC_SUBCLASS
        | Self::TYPE_SUBCLASS
        | Self::FOREIGN
        | Self::FOREIGN_CALLABLE
        | Self::MATCH_SELF
        | Self::WEAKREFABLE;
}

/// A type.
#[repr(C)]
pub struct Type {
    header: Header,
    /// `__name__` (str)
    pub name: Slot,
    /// `__qualname__` (str)
    pub qualname: Slot,
    /// `__bases__` (tuple of types)
    pub bases: Slot,
    /// `__mro__` (tuple of types)
    pub mro: Slot,
    /// The namespace (dict). Changed only through `lookup::type_set`, which renews the version.
    pub dict: Slot,
    /// `__base__` (type)
    pub base: Slot,
    /// Weak references to the direct subclasses (list), or nothing.
    pub subclasses: Slot,
    /// `__doc__` of builtin types is in the dict; this holds the text signature.
    pub text_signature: Slot,
    /// Values owned by the C boundary.
    pub foreign: [Slot; 4],
    /// `__doc__` of a builtin type whose instances have an attribute of that name.
    pub doc: Slot,
    /// Spare, always null.
    _spare: [Slot; 3],
    slots: UnsafeCell<Slots>,
    flags: Cell<u64>,
    version: Cell<u32>,
    instance_layout: Cell<LayoutId>,
    trace: Cell<Trace>,
    /// Words of the fixed part of instances' bodies, `__slots__` included, attribute area excluded.
    pub body_words: Cell<u32>,
    /// Number of inline attribute slots of instances.
    pub inline: Cell<u16>,
    /// Whether instances have variable size (the attribute word is then the last).
    pub variable: Cell<bool>,
    /// The type whose kind and fixed words the instances share, for layout conflicts (`best_base`).
    pub solid: Cell<*mut Type>,
    /// Address of the C type object that mirrors this type; 0: none yet.
    pub mirror: Cell<usize>,
    /// Names of member descriptors to copy on `__slots__`; unused words for other rooms.
    pub user: Cell<usize>,
}

impl Payload for Type {
    const LAYOUT: LayoutId = layout::TYPE;
    const KIND: Kind = Kind::Type;
}

/// The counter behind `Type::version`. Versions are never used twice.
static VERSION: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);

impl Type {
    /// Body words of a type object.
    pub const WORDS: usize = size_of::<Type>() / 8 - 1;

    /// The slots.
    #[inline(always)]
    pub fn slots(&self) -> &Slots {
        // SAFETY: GIL held; `update_slots` never runs while a caller holds the reference across a call that
        // changes this type (callers copy the function pointer out at once).
        unsafe { &*self.slots.get() }
    }

    /// Replaces the slots.
    pub fn set_slots(&self, slots: Slots) {
        // SAFETY: GIL held; see `slots`.
        unsafe { *self.slots.get() = slots }
    }

    /// The flags.
    #[inline(always)]
    pub fn flags(&self) -> u64 {
        self.flags.get()
    }

    /// Whether all of `flags` are set.
    #[inline(always)]
    pub fn has(&self, flags: u64) -> bool {
        self.flags.get() & flags == flags
    }

    /// Sets the flags.
    pub fn set_flags(&self, flags: u64) {
        self.flags.set(flags);
    }

    /// The version: changes whenever an attribute look-up on the type may give another answer.
    #[inline(always)]
    pub fn version(&self) -> u32 {
        self.version.get()
    }

    /// Gives the type a version it never had.
    pub fn renew_version(&self) {
        let v = VERSION.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.version.set(v);
    }

    /// The address of the version word, for compiled code.
    pub fn version_ptr(&self) -> *const u32 {
        self.version.as_ptr()
    }

    /// The layout of fresh instances.
    #[inline(always)]
    pub fn instance_layout(&self) -> LayoutId {
        self.instance_layout.get()
    }

    /// Sets the layout of fresh instances.
    pub fn set_instance_layout(&self, id: LayoutId, trace: Trace) {
        self.instance_layout.set(id);
        self.trace.set(trace);
    }

    /// The trace descriptor all layouts of this type's instances share.
    pub fn instance_trace(&self) -> Trace {
        self.trace.get()
    }

    /// What instances are.
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        layout::info(self.instance_layout.get()).kind
    }

    /// How instances keep attributes.
    #[inline(always)]
    pub fn attr_mode(&self) -> AttrMode {
        layout::info(self.instance_layout.get()).attr_mode
    }

    /// The namespace.
    #[inline(always)]
    pub fn namespace(&self) -> Gc<Dict> {
        self.dict.get_as::<Dict>().expect("a type has a namespace")
    }

    /// The method resolution order; empty while a metaclass's `mro()` is still at work.
    #[inline(always)]
    pub fn mro(&self) -> Gc<Tuple> {
        self.mro
            .get_as::<Tuple>()
            .unwrap_or_else(crate::runtime::empty_tuple)
    }

    /// `__base__`
    pub fn base(&self) -> Option<Gc<Type>> {
        self.base.get_as::<Type>()
    }

    /// `__name__`
    pub fn name(&self) -> Gc<Str> {
        self.name.get_as::<Str>().expect("a type has a name")
    }

    /// How messages name the type (C's `tp_name`): with its module if it is a builtin type of another module than
    /// `builtins` or an extension's; only the name otherwise.
    pub fn name_string(&self) -> String {
        let short = self.short_name();
        if (self.has(TypeFlags::IMMUTABLE) || self.has(TypeFlags::C_DEFINED))
            && let Some(m) = self
                .dict
                .get_as::<Dict>()
                .and_then(|d| d.get_interned(crate::name!("__module__")))
        {
            return match m.cast::<Str>() {
                Some(m) if m.eq_str("builtins") => short,
                Some(m) => format!("{}.{short}", m.to_string_lossy()),
                None => self.c_name().unwrap_or(short),
            };
        }
        short
    }

    /// `tp_name` of a type that an extension defines.
    pub fn c_name(&self) -> Option<String> {
        let read = crate::hooks::hooks().c_type_name.get()?;
        let ty = layout::info(self.instance_layout()).type_of();
        (ty.as_ptr() as *const Type == self)
            .then(|| read(ty))
            .flatten()
    }

    /// Whether attributes of instances are read and set by functions that an extension brings.
    pub fn has_own_c_attributes(&self) -> bool {
        let s = self.slots();
        let read = s
            .getattro
            .is_some_and(|f| f as usize != super::attr::generic_getattr as *const () as usize);
        let set = s
            .setattro
            .is_some_and(|f| f as usize != super::attr::generic_setattr as *const () as usize);
        self.has(TypeFlags::C_DEFINED) && read && set
    }

    /// `__name__` as text.
    pub fn short_name(&self) -> String {
        self.name().to_string_lossy().into_owned()
    }

    /// Whether this is a subtype of `other` (or the same).
    #[inline]
    pub fn is_subtype(&self, other: Gc<Type>) -> bool {
        if std::ptr::eq(self, other.as_ptr()) {
            return true;
        }
        match self.mro.get_as::<Tuple>() {
            Some(mro) => mro.items().contains(&other.value()),
            None => self.base().is_some_and(|b| b.is_subtype(other)),
        }
    }
}

impl Gc<Type> {
    /// Allocates a type object of metatype `meta`; all fields empty. The caller fills it in.
    pub fn allocate(meta: Option<Gc<Type>>) -> crate::exceptions::PyResult<Gc<Type>> {
        let id = meta.map_or(layout::TYPE, |m| m.instance_layout());
        let p = rivet_heap::alloc_pinned(id, Type::WORDS);
        if p.is_null() {
            return Err(crate::exceptions::no_memory());
        }
        // SAFETY: fresh zeroed object of kind Type; zero is a valid state of every field (empty slots, no
        // functions, null pointers), except `trace`, which is set here.
        unsafe {
            let ty = p.cast::<Type>();
            (&raw mut (*ty).trace).write(Cell::new(Trace::Leaf));
            Ok(Gc::from_raw(ty))
        }
    }
}
