//! Typed references into the heap, and the fields of heap objects that hold values.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use rivet_heap::Header;

use super::Value;
use super::layout::{Kind, LayoutId};

/// A Rust struct that is the body of heap objects. It is `#[repr(C)]`, begins with a `Header`, has only
/// interior-mutable fields, and its trace descriptor (registered with its layout) names exactly the words
/// that hold values. Implemented by the `payload!` macro.
pub trait Payload: Sized {
    /// The layout of exact instances of the builtin type.
    const LAYOUT: LayoutId;
    /// The kind of `LAYOUT`.
    const KIND: Kind;

    /// Whether objects of this kind are a `Self` (structs that share a prefix accept several kinds).
    #[inline(always)]
    fn accepts(kind: Kind) -> bool {
        kind == Self::KIND
    }
}

/// A reference to a heap object that is a `T`. Copying is free. It keeps its target alive and in place as
/// long as it is on the native stack.
#[repr(transparent)]
pub struct Gc<T>(NonNull<T>, PhantomData<*mut T>);

impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Gc<T> {}

impl<T> PartialEq for Gc<T> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Gc<T> {}

impl<T> Deref for Gc<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: a `Gc` is made only for a live object of payload `T` and pins it while on the stack;
        // `T`'s fields are cells, so shared references are enough for everyone.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Gc<T> {
    /// Wraps a pointer to a live object.
    ///
    /// # Safety
    /// `ptr` points to a live heap object (or a permanent one) whose payload is a `T`.
    #[inline(always)]
    pub unsafe fn from_raw(ptr: *mut T) -> Self {
        // SAFETY: the caller's pointer is that of an object, hence not null.
        Gc(unsafe { NonNull::new_unchecked(ptr) }, PhantomData)
    }

    /// The object's address.
    #[inline(always)]
    pub fn as_ptr(self) -> *mut T {
        self.0.as_ptr()
    }

    /// The object as an untyped value.
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_header(self.0.as_ptr().cast())
    }

    /// The object's header.
    #[inline(always)]
    pub fn header(self) -> *mut Header {
        self.0.as_ptr().cast()
    }

    /// Stores into a field of this object, with the write barrier.
    #[inline(always)]
    pub fn set(self, slot: &Slot, value: Value) {
        // SAFETY: `slot` is a field of a live object; the barrier is told its owner. Callers pass fields of
        // `self` (debug-checked by the heap verifier's remembered-set check).
        unsafe { rivet_heap::write(self.header(), slot.0.as_ptr(), value.to_word()) }
    }

    /// Stores an optional value into a field of this object, with the write barrier.
    #[inline(always)]
    pub fn set_opt(self, slot: &Slot, value: Option<Value>) {
        match value {
            Some(value) => self.set(slot, value),
            None => slot.clear(),
        }
    }

    /// The `n`th body word of the object as a field.
    ///
    /// # Safety
    /// The object has more than `n` body words and word `n` holds a value or null.
    #[inline(always)]
    pub unsafe fn body_slot<'a>(self, n: usize) -> &'a Slot {
        // SAFETY: by contract the word lies within the object; `Slot` is one word of interior-mutable memory.
        unsafe { &*self.0.as_ptr().cast::<Slot>().add(1 + n) }
    }
}

impl<T> std::fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gc({:p})", self.0.as_ptr())
    }
}

impl<T> From<Gc<T>> for Value {
    #[inline(always)]
    fn from(gc: Gc<T>) -> Value {
        gc.value()
    }
}

/// A field of a heap object that holds a value or nothing. Written through [`Gc::set`].
#[repr(transparent)]
pub struct Slot(Cell<u64>);

impl Slot {
    /// A field with an immediate or permanent value, for objects under construction and roots.
    pub const fn new_empty() -> Self {
        Slot(Cell::new(0))
    }

    /// What the field holds.
    #[inline(always)]
    pub fn get(&self) -> Option<Value> {
        Value::from_word(self.0.get())
    }

    /// What the field holds; the field is known to be filled.
    ///
    /// # Panics
    /// If it is empty: a broken invariant of the runtime.
    #[inline(always)]
    pub fn value(&self) -> Value {
        self.get().expect("a filled field")
    }

    /// What the field holds, as a `T`.
    #[inline(always)]
    pub fn get_as<T: Payload>(&self) -> Option<Gc<T>> {
        self.get().and_then(Value::cast::<T>)
    }

    /// Empties the field (needs no barrier).
    #[inline(always)]
    pub fn clear(&self) {
        self.0.set(0);
    }

    /// The address of the word, for the collector and compiled code.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut u64 {
        self.0.as_ptr()
    }
}

/// A static root: a value that lives as long as the process.
pub struct Root(Slot);

// SAFETY: roots are touched only with the GIL held.
unsafe impl Sync for Root {}

impl Root {
    /// An empty root. It must be made known with `register` before it is filled.
    pub const fn new() -> Self {
        Root(Slot::new_empty())
    }

    /// Fills the root, registering it with the collector the first time.
    pub fn set(&'static self, value: Value) {
        if self.0.get().is_none() {
            // SAFETY: the root is a static: its word lives for good.
            unsafe { rivet_heap::add_root(self.0.as_ptr()) };
        }
        self.0.0.set(value.to_word());
    }

    /// The value, if it has been set.
    #[inline(always)]
    pub fn get(&self) -> Option<Value> {
        self.0.get()
    }
}

impl Default for Root {
    fn default() -> Self {
        Self::new()
    }
}

/// Collects because the program asks for it, all generations or the young one, as CPython would see it: what no variable
/// refers to is gone afterwards. To be called while an instruction of every frame is in progress.
pub fn collect_now(full: bool) {
    let thread = crate::thread::current();
    // Who listens to events is called between instructions: positions do not say then what is still wanted.
    let between =
        thread.tracing.get() != 0 || thread.trace.get().is_some() || thread.profile.get().is_some();
    if full && !between {
        thread.stack.clear_dead();
    }
    rivet_heap::collect(if full {
        rivet_heap::Kind::Major
    } else {
        rivet_heap::Kind::Minor
    });
}

/// Whether the object is one programs know: not the runtime's own storage.
fn is_known(v: Value) -> bool {
    v.is_ref() && !matches!(v.kind(), Kind::Filler | Kind::Array | Kind::Area)
}

/// Whether the object can refer to others (and is one programs know).
pub fn is_container(v: Value) -> bool {
    is_known(v)
        && !matches!(
            v.kind(),
            Kind::Str | Kind::Bytes | Kind::Int | Kind::Float | Kind::Complex | Kind::RangeIter
        )
}

/// All objects in the heap that satisfy `want`.
pub fn heap_objects(
    want: fn(Value) -> bool,
) -> crate::exceptions::PyResult<Gc<crate::types::list::List>> {
    // Their number is found first, so that the list can be filled without allocating during the walk.
    let mut n = 0;
    rivet_heap::for_each_object(|h| n += usize::from(want(Value::from_header(h))));
    let array = super::Array::new(n + 64)?;
    let mut at = 0;
    rivet_heap::for_each_object(|h| {
        let v = Value::from_header(h);
        if at < n && want(v) {
            array.put(at, v);
            at += 1;
        }
    });
    let list = crate::types::list::List::new()?;
    if at > 0 {
        list.set_storage(array, at);
    }
    Ok(list)
}

/// Calls `f` for what `v` refers to directly; the runtime's own storage is looked through. `f` must not allocate.
fn each_referent(v: Value, f: &mut dyn FnMut(Value)) {
    let Some(h) = v.as_header() else {
        return;
    };
    let mut inner = Vec::new();
    // SAFETY: `v` is a live object.
    rivet_heap::for_each_reference(h, |r| inner.push(r as u64));
    // ROOTED: addresses of objects that `v` keeps alive; nothing is allocated while they are in the vector.
    for r in inner.into_iter().filter_map(Value::from_word) {
        match r.kind() {
            Kind::Array => each_referent(r, f),
            _ if is_known(r) => f(r),
            _ => {}
        }
    }
}

/// Appends what `v` refers to directly.
pub fn heap_referents(
    v: Value,
    out: Gc<crate::types::list::List>,
) -> crate::exceptions::PyResult<()> {
    let mut n = 0;
    each_referent(v, &mut |_| n += 1);
    let found = super::Array::new(n)?;
    n = 0;
    each_referent(v, &mut |r| {
        found.put(n, r);
        n += 1;
    });
    (0..n)
        .filter_map(|i| found.get(i))
        .try_for_each(|r| out.append(r))
}

/// The objects programs know that refer to one of `targets` directly.
pub fn heap_referrers(
    targets: &[Value],
) -> crate::exceptions::PyResult<Gc<crate::types::list::List>> {
    let all = heap_objects(is_container)?;
    let out = crate::types::list::List::new()?;
    let mut i = 0;
    while let Some(v) = all.get(i) {
        let mut refers = false;
        each_referent(v, &mut |r| refers |= targets.contains(&r));
        if refers {
            out.append(v)?;
        }
        i += 1;
    }
    Ok(out)
}
