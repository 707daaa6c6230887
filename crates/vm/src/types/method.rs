//! Callables bound to a receiver: `method` (a Python function and its instance) and `builtin_function_or_method`.

use std::cell::Cell;

use rivet_heap::Header;

use crate::exceptions::{PyResult, no_memory};
use crate::object::Method;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// A bound method.
#[repr(C)]
pub struct BoundMethod {
    header: Header,
    /// `__func__`
    pub func: Slot,
    /// `__self__`
    pub receiver: Slot,
}

impl Payload for BoundMethod {
    const LAYOUT: LayoutId = layout::METHOD;
    const KIND: Kind = Kind::Method;
}

impl BoundMethod {
    /// Binds `func` to `receiver`.
    pub fn new(func: Value, receiver: Value) -> PyResult<Gc<BoundMethod>> {
        let p = rivet_heap::alloc(layout::METHOD, 2);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout METHOD.
        let m: Gc<BoundMethod> = unsafe { Gc::from_raw(p.cast()) };
        m.set(&m.func, func);
        m.set(&m.receiver, receiver);
        Ok(m)
    }
}

/// A builtin function, or a builtin method bound to its receiver.
#[repr(C)]
pub struct Builtin {
    header: Header,
    /// The receiver: an instance, a class, a module; None for static methods.
    pub receiver: Slot,
    /// `__module__` (str) or nothing.
    pub module: Slot,
    /// The class of `METH_METHOD` functions, or nothing.
    pub class: Slot,
    method: Cell<*const Method>,
    /// Owned by the C boundary: the receiver as C sees it (which lives as long as the receiver), or 0.
    pub mirror: Cell<usize>,
}

impl Payload for Builtin {
    const LAYOUT: LayoutId = layout::BUILTIN;
    const KIND: Kind = Kind::Builtin;
}

impl Builtin {
    /// Binds a builtin function to its receiver.
    pub fn new(
        method: &'static Method,
        receiver: Value,
        module: Option<Value>,
    ) -> PyResult<Gc<Builtin>> {
        let p = rivet_heap::alloc(layout::BUILTIN, size_of::<Builtin>() / 8 - 1);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout BUILTIN; the method pointer is set before anyone sees it.
        let b: Gc<Builtin> = unsafe { Gc::from_raw(p.cast()) };
        b.method.set(method);
        b.set(&b.receiver, receiver);
        b.set_opt(&b.module, module);
        Ok(b)
    }

    /// The declaration.
    #[inline(always)]
    pub fn method(&self) -> &'static Method {
        // SAFETY: set in `new` from a static reference.
        unsafe { &*self.method.get() }
    }
}
