//! Layouts: what the 32-bit id in an object's header stands for. A layout says which Rust struct the body
//! is (kind), which type the object has, and, for objects with attributes, which attribute lies in which
//! slot (a hidden class). Layouts never move and are never freed; their ids are embedded in code.

use std::cell::{Cell, UnsafeCell};

use rivet_heap::Trace;

use super::gc::Gc;
use crate::object::Type;

/// A layout's number.
pub type LayoutId = u32;

macro_rules! builtin_layouts {
    ($($(#[$meta:meta])* $konst:ident $kind:ident $trace:expr;)*) => {
        /// Which Rust struct the body of an object is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Kind {
            /// Reserved for the collector's fillers.
            Filler,
            $($(#[$meta])* $kind,)*
        }

        #[derive(Clone, Copy)]
        #[repr(u32)]
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Number { _FILLER, $($konst,)* _COUNT }

        $($(#[$meta])* pub const $konst: LayoutId = Number::$konst as u32;)*

        /// Number of layouts with fixed ids.
        pub const BUILTIN_COUNT: u32 = Number::_COUNT as u32;

        fn register_builtin() {
            $(
                let id = new_layout(Kind::$kind, $trace);
                assert_eq!(id, $konst, "layouts are registered in the order of their constants");
            )*
        }
    };
}

/// Body words `0..n` hold values, nothing after them does.
const fn first(n: u32) -> Trace {
    Trace::Mask {
        mask: (1u32 << n) - 1,
        tail: false,
    }
}

builtin_layouts! {
    /// None (immediate)
    NONE NoneType Trace::Leaf;
    /// bool (immediate)
    BOOL Bool Trace::Leaf;
    /// Ellipsis (immediate)
    ELLIPSIS Ellipsis Trace::Leaf;
    /// NotImplemented (immediate)
    NOT_IMPLEMENTED NotImplemented Trace::Leaf;
    /// int beyond 63 bits, and instances of subclasses of int
    INT Int Trace::Leaf;
    /// boxed float
    FLOAT Float Trace::Leaf;
    /// complex
    COMPLEX Complex Trace::Leaf;
    /// str
    STR Str Trace::Leaf;
    /// bytes
    BYTES Bytes Trace::Leaf;
    /// array of values: storage of lists, dicts, and growing vectors
    ARRAY Array Trace::All;
    /// array of raw bytes: storage of bytearrays, index tables
    AREA Area Trace::Leaf;
    /// bytearray
    BYTEARRAY ByteArray first(1);
    /// memoryview
    MEMORYVIEW MemoryView first(4);
    /// tuple (the length word is a tagged int)
    TUPLE Tuple Trace::All;
    /// list
    LIST List first(1);
    /// dict
    DICT Dict first(2);
    /// set
    SET Set first(2);
    /// frozenset
    FROZENSET FrozenSet first(2);
    /// range
    RANGE Range first(3);
    /// slice
    SLICE Slice first(3);
    /// a plain object: attribute word and inline slots
    OBJECT Object Trace::All;
    /// type
    TYPE Type Trace::Mask { mask: 0xffff, tail: false };
    /// Python function
    FUNCTION Function first(13);
    /// builtin function or method
    BUILTIN Builtin first(3);
    /// method descriptor of a builtin type
    METHOD_DESCR MethodDescr first(2);
    /// classmethod descriptor of a builtin type
    CLASSMETHOD_DESCR ClassMethodDescr first(2);
    /// slot wrapper
    WRAPPER_DESCR WrapperDescr first(2);
    /// method-wrapper
    METHOD_WRAPPER MethodWrapper first(2);
    /// getset descriptor
    GETSET_DESCR GetSetDescr first(2);
    /// member descriptor
    MEMBER_DESCR MemberDescr first(2);
    /// bound method
    METHOD Method first(2);
    /// cell
    CELL Cell first(1);
    /// code
    CODE Code first(16);
    /// frame
    FRAME Frame first(12);
    /// traceback
    TRACEBACK Traceback first(2);
    /// generator
    GENERATOR Generator first(16);
    /// coroutine
    COROUTINE Coroutine first(16);
    /// asynchronous generator
    ASYNC_GENERATOR AsyncGenerator first(16);
    /// module
    MODULE Module first(2);
    /// property
    PROPERTY Property first(6);
    /// classmethod
    CLASSMETHOD ClassMethod first(2);
    /// staticmethod
    STATICMETHOD StaticMethod first(2);
    /// super
    SUPER Super first(3);
    /// exceptions
    EXCEPTION Exception Trace::All;
    /// mappingproxy
    MAPPING_PROXY MappingProxy first(1);
    /// iterator over list
    LIST_ITER ListIter first(1);
    /// iterator over tuple
    TUPLE_ITER TupleIter first(1);
    /// iterator over range of machine ints
    RANGE_ITER RangeIter Trace::Leaf;
    /// iterator over str
    STR_ITER StrIter first(1);
    /// dict view or iterator over it
    DICT_VIEW DictView first(1);
    /// iterator over dict keys, values or items
    DICT_ITER DictIter first(2);
    /// iterator over a set
    SET_ITER SetIter first(2);
    /// weak reference (word 0 is weak)
    WEAKREF WeakRef Trace::Weak { mask: 0b110, tail: false };
    /// object of a Rust-defined type: a state pointer, then values
    NATIVE Native Trace::Mask { mask: !1, tail: true };
    /// an instance whose body is C memory: link word, attribute dict, inline slots
    FOREIGN Foreign Trace::Mask { mask: !1, tail: true };
}

/// How the attributes of a layout's instances are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttrMode {
    /// Instances have no attribute storage.
    None,
    /// Hidden class: attributes in slots by `LayoutInfo::slots`.
    Shape,
    /// The attribute word holds a dict.
    Dict,
}

/// What a layout id stands for.
pub struct LayoutInfo {
    /// Which Rust struct the body is.
    pub kind: Kind,
    /// How attributes are kept.
    pub attr_mode: AttrMode,
    /// Body word that holds the overflow array or dict; inline slots follow it. `u16::MAX`: the last word
    /// of the (variable-sized) body.
    pub attr_word: u16,
    /// Number of inline slots.
    pub inline: u16,
    /// How the collector traces the body.
    pub trace: Trace,
    ty: Cell<*mut Type>,
    /// Attribute names (addresses of interned, never-moving str objects) by slot.
    pub slots: Box<[usize]>,
    /// Layouts reached by adding one attribute.
    transitions: UnsafeCell<Vec<(usize, LayoutId)>>,
    /// The layout of the same type in dict mode, once there is one.
    pub dict_layout: Cell<LayoutId>,
}

impl LayoutInfo {
    /// The type of objects of this layout.
    #[inline(always)]
    pub fn type_of(&self) -> Gc<Type> {
        // SAFETY: every layout gets its type before the first object of it is visible; types do not move
        // and a layout's type is kept alive by the root visitor over all layouts.
        unsafe { Gc::from_raw(self.ty.get()) }
    }

    /// Whether the type has been set.
    pub fn has_type(&self) -> bool {
        !self.ty.get().is_null()
    }

    /// Sets the type of a builtin layout at start-up, or of a new layout.
    pub fn set_type(&self, ty: Gc<Type>) {
        self.ty.set(ty.as_ptr());
    }

    /// The slot of the attribute `name` (the address of an interned string).
    #[inline]
    pub fn find(&self, name: usize) -> Option<usize> {
        self.slots.iter().position(|&n| n == name)
    }
}

struct Table {
    infos: *mut LayoutInfo,
    len: usize,
}

struct Global(UnsafeCell<Table>);

// SAFETY: the table is touched only with the GIL held.
unsafe impl Sync for Global {}

static TABLE: Global = Global(UnsafeCell::new(Table {
    infos: std::ptr::null_mut(),
    len: 0,
}));

/// Most layouts a process can have.
const MAX_LAYOUTS: usize = 1 << 22;

/// What `id` stands for.
#[inline(always)]
pub fn info(id: LayoutId) -> &'static LayoutInfo {
    // SAFETY: ids come from `new_layout`, so the entry is initialised; the table is reserved address space
    // that never moves, and entries are never removed.
    unsafe { &*(*TABLE.0.get()).infos.add(id as usize) }
}

/// Number of layouts registered.
pub fn count() -> u32 {
    // SAFETY: GIL held; plain read.
    unsafe { (*TABLE.0.get()).len as u32 }
}

/// The address of the layout table, for compiled code.
pub fn table_ptr() -> *const LayoutInfo {
    // SAFETY: GIL held; plain read.
    unsafe { (*TABLE.0.get()).infos }
}

/// Sets up the table and the layouts of the builtin kinds. Called once, before the first object is made.
pub fn init() {
    let table = rivet_heap::reserve_table(MAX_LAYOUTS * size_of::<LayoutInfo>())
        .expect("no address space for the layout table");
    // SAFETY: nobody else uses the table yet.
    unsafe {
        *TABLE.0.get() = Table {
            infos: table as *mut LayoutInfo,
            len: 0,
        };
    }
    push(LayoutInfo::new(
        Kind::Filler,
        Trace::Leaf,
        AttrMode::None,
        0,
        0,
        Box::default(),
    ));
    register_builtin();
}

impl LayoutInfo {
    fn new(
        kind: Kind,
        trace: Trace,
        attr_mode: AttrMode,
        attr_word: u16,
        inline: u16,
        slots: Box<[usize]>,
    ) -> Self {
        LayoutInfo {
            kind,
            trace,
            attr_mode,
            attr_word,
            inline,
            ty: Cell::new(std::ptr::null_mut()),
            slots,
            transitions: UnsafeCell::new(Vec::new()),
            dict_layout: Cell::new(0),
        }
    }
}

fn push(info: LayoutInfo) -> LayoutId {
    // SAFETY: GIL held; the table has room for MAX_LAYOUTS entries (checked).
    unsafe {
        let table = &mut *TABLE.0.get();
        assert!(table.len < MAX_LAYOUTS, "too many layouts");
        table.infos.add(table.len).write(info);
        table.len += 1;
        (table.len - 1) as LayoutId
    }
}

fn new_layout(kind: Kind, trace: Trace) -> LayoutId {
    let id = rivet_heap::register_layout(trace);
    let mine = push(LayoutInfo::new(
        kind,
        trace,
        AttrMode::None,
        0,
        0,
        Box::default(),
    ));
    assert_eq!(id, mine, "heap and object model number layouts alike");
    set_drop(id, info(id).kind);
    id
}

/// Registers the root layout of a new type: its instances have the payload `kind`, and keep attributes
/// as `attr_mode` says with the attribute word at `attr_word`.
pub fn new_type_layout(
    kind: Kind,
    trace: Trace,
    attr_mode: AttrMode,
    attr_word: u16,
    inline: u16,
) -> LayoutId {
    let id = rivet_heap::register_layout(trace);
    let mine = push(LayoutInfo::new(
        kind,
        trace,
        attr_mode,
        attr_word,
        inline,
        Box::default(),
    ));
    assert_eq!(id, mine, "heap and object model number layouts alike");
    set_drop(id, info(id).kind);
    id
}

/// Says how instances of a builtin layout keep attributes. Called at start-up, before there are instances.
pub fn configure_attrs(id: LayoutId, attr_mode: AttrMode, attr_word: u16, inline: u16) {
    // SAFETY: start-up; `id` is registered, and no reference to its entry is in use.
    unsafe {
        let info = &mut *(*TABLE.0.get()).infos.add(id as usize);
        info.attr_mode = attr_mode;
        info.attr_word = attr_word;
        info.inline = inline;
    }
}

/// The drop function objects of a kind need.
fn set_drop(id: LayoutId, kind: Kind) {
    match kind {
        Kind::Native => rivet_heap::set_drop(id, crate::object::native::drop_native),
        Kind::Code => rivet_heap::set_drop(id, crate::types::code::drop_code),
        Kind::WeakRef => rivet_heap::set_drop(id, crate::types::weakref::drop_weakref),
        _ => {}
    }
}

/// Most attributes a hidden class describes; instances with more keep them in a dict.
pub const MAX_SHAPE: usize = 64;

/// The trace descriptor registered for a layout, so that derived layouts share it.
pub fn derive(base: LayoutId, trace: Trace, attr_mode: AttrMode, slots: Box<[usize]>) -> LayoutId {
    let b = info(base);
    let id = rivet_heap::register_layout(trace);
    let new = LayoutInfo::new(b.kind, trace, attr_mode, b.attr_word, b.inline, slots);
    new.set_type(b.type_of());
    let mine = push(new);
    assert_eq!(id, mine, "heap and object model number layouts alike");
    set_drop(id, info(id).kind);
    id
}

/// The layout reached from `from` by adding attribute `name`; None if there are too many attributes.
pub fn add_attribute(from: LayoutId, name: usize) -> Option<LayoutId> {
    let base = info(from);
    // SAFETY: GIL held; no reference into the vector outlives this block.
    let known = unsafe {
        (*base.transitions.get())
            .iter()
            .find(|t| t.0 == name)
            .map(|t| t.1)
    };
    if known.is_some() {
        return known;
    }
    if base.slots.len() >= MAX_SHAPE {
        return None;
    }
    let mut slots = base.slots.to_vec();
    slots.push(name);
    let id = derive(
        from,
        base.type_of().instance_trace(),
        AttrMode::Shape,
        slots.into(),
    );
    // SAFETY: as above.
    unsafe { (*base.transitions.get()).push((name, id)) };
    Some(id)
}

/// The dict-mode layout of the type of `from`.
pub fn dict_mode(from: LayoutId) -> LayoutId {
    let root = info(from).type_of().instance_layout();
    let info = info(root);
    if info.dict_layout.get() == 0 {
        let trace = info.type_of().instance_trace();
        info.dict_layout
            .set(derive(root, trace, AttrMode::Dict, Box::default()));
    }
    info.dict_layout.get()
}

/// Calls `f` for the type of every layout: the root visitor keeps them alive.
pub fn for_each_type(mut f: impl FnMut(*mut *mut Type)) {
    for id in 0..count() {
        let cell = &info(id).ty;
        if !cell.get().is_null() {
            f(cell.as_ptr());
        }
    }
}
