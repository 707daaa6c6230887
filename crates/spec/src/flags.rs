//! Code object flags, with CPython 3.11's values (`Include/cpython/code.h`), because programs read
//! `co_flags` and C extensions test them.

/// Locals live in registers and are known by index.
pub const CO_OPTIMIZED: u32 = 0x1;
/// A call makes a new local namespace.
pub const CO_NEWLOCALS: u32 = 0x2;
/// The function takes `*args`.
pub const CO_VARARGS: u32 = 0x4;
/// The function takes `**kwargs`.
pub const CO_VARKEYWORDS: u32 = 0x8;
/// The code is nested in a function.
pub const CO_NESTED: u32 = 0x10;
/// A generator function.
pub const CO_GENERATOR: u32 = 0x20;
/// An `async def` coroutine function.
pub const CO_COROUTINE: u32 = 0x80;
/// A generator marked by `types.coroutine`, awaitable.
pub const CO_ITERABLE_COROUTINE: u32 = 0x100;
/// An async generator function.
pub const CO_ASYNC_GENERATOR: u32 = 0x200;
/// `from __future__ import annotations` was in force.
pub const CO_FUTURE_ANNOTATIONS: u32 = 0x0100_0000;
/// All `from __future__` bits that `compile()` accepts (the older ones have no effect in 3.11).
pub const PYCF_MASK: u32 = 0x01fe_0000;

/// `MakeFunction`: a tuple of positional defaults is present.
pub const MAKE_DEFAULTS: u8 = 0x1;
/// `MakeFunction`: a dict of keyword-only defaults is present.
pub const MAKE_KWDEFAULTS: u8 = 0x2;
/// `MakeFunction`: a tuple of alternating annotation names and values is present.
pub const MAKE_ANNOTATIONS: u8 = 0x4;
/// `MakeFunction`: a tuple of cells is present.
pub const MAKE_CLOSURE: u8 = 0x8;
