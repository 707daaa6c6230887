//! `tuple`: the object and its construction; the methods are in `tuple_methods.rs`.

use rivet_heap::Header;

use crate::exceptions::{PyResult, no_memory};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// A tuple. The items follow the fixed part.
#[repr(C)]
pub struct Tuple {
    header: Header,
    /// Number of items, as the word of an int (the body is traced as values).
    len: u64,
}

impl Payload for Tuple {
    const LAYOUT: LayoutId = layout::TUPLE;
    const KIND: Kind = Kind::Tuple;
}

impl Tuple {
    /// A tuple of `n` items which the caller fills with `init` before anything else can see it.
    fn allocate(n: usize) -> PyResult<Gc<Tuple>> {
        let p = rivet_heap::alloc(layout::TUPLE, n + 1);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout TUPLE.
        unsafe {
            let t = p.cast::<Tuple>();
            (&raw mut (*t).len).write((n as u64) << 1 | 1);
            Ok(Gc::from_raw(t))
        }
    }

    /// The tuple of these items.
    #[inline]
    pub fn from_slice(items: &[Value]) -> PyResult<Gc<Tuple>> {
        if items.is_empty() {
            return Ok(crate::runtime::empty_tuple());
        }
        let t = Self::allocate(items.len())?;
        t.fill(items);
        Ok(t)
    }

    /// A new tuple object even if it is empty: for the one that everybody shares.
    pub(crate) fn fresh(items: &[Value]) -> PyResult<Gc<Tuple>> {
        let t = Self::allocate(items.len())?;
        t.fill(items);
        Ok(t)
    }

    /// A tuple in the space that does not move.
    pub fn new_pinned(items: &[Value]) -> PyResult<Gc<Tuple>> {
        let p = rivet_heap::alloc_pinned(layout::TUPLE, items.len() + 1);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout TUPLE.
        let t: Gc<Tuple> = unsafe {
            let t = p.cast::<Tuple>();
            (&raw mut (*t).len).write((items.len() as u64) << 1 | 1);
            Gc::from_raw(t)
        };
        t.fill(items);
        Ok(t)
    }

    /// An instance of `ty`, a subclass of tuple, with these items.
    pub fn new_of(ty: Gc<crate::object::Type>, items: &[Value]) -> PyResult<Gc<Tuple>> {
        if ty == crate::runtime::types().tuple {
            return Self::from_slice(items);
        }
        Self::new_with_hidden(ty, items, items.len())
    }

    /// An instance of `ty`, a subclass of tuple, of which only the first `visible` items count; the others are fields
    /// that members of the type show (struct sequences).
    pub fn new_with_hidden(
        ty: Gc<crate::object::Type>,
        items: &[Value],
        visible: usize,
    ) -> PyResult<Gc<Tuple>> {
        let visible = visible.min(items.len());
        let v = crate::object::instance::allocate(ty, items.len())?;
        let t = v.cast::<Tuple>().expect("a subclass of tuple");
        // SAFETY: fresh object with room for the items; nobody else has seen it.
        unsafe { (&raw mut (*t.as_ptr()).len).write((visible as u64) << 1 | 1) };
        t.fill(items);
        Ok(t)
    }

    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        (self.len >> 1) as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// So many items are copied one by one.
const FEW: usize = 8;

impl Gc<Tuple> {
    #[inline]
    fn fill(self, items: &[Value]) {
        // SAFETY: the body has room for `items.len()` words after the length (callers allocate so); the
        // barrier covers the bulk store.
        unsafe {
            let d = self.as_ptr().cast::<Value>().add(2);
            if items.len() <= FEW {
                // One by one: for few of them a call that copies would take longer.
                for (i, &v) in items.iter().enumerate() {
                    d.add(i).write_volatile(v);
                }
            } else {
                std::ptr::copy_nonoverlapping(items.as_ptr(), d, items.len());
            }
            rivet_heap::barrier(self.header());
        }
    }

    /// The items.
    #[inline(always)]
    pub fn items<'a>(self) -> &'a [Value] {
        // SAFETY: `len` words of values follow the fixed part; the tuple is pinned while the slice is on the
        // stack.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast::<Value>().add(2), self.len()) }
    }

    /// Item `i`.
    #[inline(always)]
    pub fn item(self, i: usize) -> Value {
        self.items()[i]
    }

    /// Replaces item `i` of a tuple nobody else has seen yet (or whose identity the C boundary owns).
    pub fn put(self, i: usize, value: Value) {
        assert!(i < self.len());
        // SAFETY: bounds checked; word `1 + i` of the body is an item.
        let slot: &Slot = unsafe { self.body_slot(1 + i) };
        self.set(slot, value);
    }
}

/// A Python tuple of these items.
pub fn new(items: &[Value]) -> PyResult<Value> {
    Ok(Tuple::from_slice(items)?.value())
}
