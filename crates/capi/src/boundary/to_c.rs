//! From a value to a `PyObject *`: always a new reference.

use rivet_vm::object::Type;
use rivet_vm::types::bytes::Bytes;
use rivet_vm::types::complex::Complex;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::types::set::Set;
use rivet_vm::types::str::{Chars, Str};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::layout::Kind;
use rivet_vm::value::{Gc, Value};

use super::incref;
use super::links::{link, mirror_of};
use crate::layout::{
    PyDictObject, PyFloatObject, PyModuleObject, PyObject, PyTypeObject, PyVarObject, Ref,
};
use crate::{list, memory, runtime_block, types};

/// The static object of a singleton.
pub fn singleton(v: Value) -> Option<Ref> {
    Some(match v {
        Value::NONE => types::none(),
        Value::TRUE => types::truth(true),
        Value::FALSE => types::truth(false),
        Value::ELLIPSIS => types::ellipsis(),
        Value::NOT_IMPLEMENTED => types::not_implemented(),
        _ => return None,
    })
}

/// A new reference to the object as C sees it; null with MemoryError pending if there is no room.
pub fn new_ref(v: Value) -> Ref {
    if let Some(i) = v.as_small_int() {
        if let Some(p) = runtime_block::small_int(i) {
            // SAFETY: a static object.
            unsafe { incref(p) };
            return p;
        }
        return int_object(i);
    }
    if v.is_immediate_float() {
        return float_object(v.as_float().unwrap_or(0.0));
    }
    if let Some(s) = singleton(v) {
        // SAFETY: static objects live for good.
        unsafe { incref(s) };
        return s;
    }
    reference(v)
}

fn reference(v: Value) -> Ref {
    let header = v.as_header().expect("all immediates were handled");
    if let Some(m) = mirror_of(header) {
        // SAFETY: a linked mirror is alive.
        unsafe { incref(m) };
        match v.kind() {
            Kind::List => fill_later(v, m),
            Kind::Set | Kind::FrozenSet => fill_set(v, m),
            _ => {}
        }
        return m;
    }
    if let Some(t) = v.cast::<Type>() {
        let c = types::to_c(t).cast::<PyObject>();
        // SAFETY: type mirrors live for good.
        unsafe { incref(c) };
        return c;
    }
    if let Some(m) = super::temporary::promote(header) {
        // SAFETY: as above.
        unsafe { incref(m) };
        return m;
    }
    if v.type_of() == rivet_vm::runtime::types().int {
        return big_object(v);
    }
    if v.type_of() == rivet_vm::runtime::types().float {
        return float_object(v.as_float().unwrap_or(0.0));
    }
    mirror(v, header)
}

/// Makes the mirror of an object that has none.
fn mirror(v: Value, header: *mut rivet_heap::Header) -> Ref {
    let ty = types::to_c(v.type_of());
    let m = match v.kind() {
        Kind::Str => v.cast::<Str>().map_or(std::ptr::null_mut(), |s| {
            if ty == types::builtin(types::STR) {
                str_object(s, ty)
            } else {
                sub_str(s, ty)
            }
        }),
        Kind::Bytes => v
            .cast::<Bytes>()
            .map_or(std::ptr::null_mut(), |b| bytes_object(b.as_slice(), ty)),
        Kind::Tuple => v
            .cast::<Tuple>()
            .map_or(std::ptr::null_mut(), |t| raw_tuple(t.len(), ty)),
        Kind::Float => fill_float(ty, v.as_float().unwrap_or(0.0)),
        Kind::Int => sub_int(v, ty),
        _ => opaque(ty),
    };
    if m.is_null() {
        return no_memory();
    }
    // Containers are linked before they are filled: they may contain themselves.
    link(header, m);
    match v.kind() {
        Kind::Tuple | Kind::List => fill_later(v, m),
        Kind::Dict => fill_dict(v, m),
        Kind::Set | Kind::FrozenSet => fill_set(v, m),
        Kind::Complex => fill_complex(v, m),
        Kind::Slice => fill_slice(v, m),
        Kind::Method
        | Kind::Builtin
        | Kind::MethodDescr
        | Kind::GetSetDescr
        | Kind::MemberDescr
        | Kind::WrapperDescr => crate::descr::fill_callable(v, m),
        Kind::Module => fill_module(v, m),
        Kind::MemoryView => crate::buffer::fill_view(v, m),
        Kind::Code => crate::codes::fill(v, m),
        Kind::ByteArray => crate::bytes::fill_bytearray(v, m),
        _ => {}
    }
    m
}

/// Containers to be filled by the outermost caller: nesting is not bounded, the native stack is. The entries' mirrors
/// are referred to by what is being converted.
static UNFILLED: rivet_vm::gil::Guarded<(bool, Vec<usize>)> =
    rivet_vm::gil::Guarded::new((false, Vec::new()));

fn fill_later(v: Value, m: Ref) {
    let outermost = UNFILLED.with(|(busy, queue)| {
        if *busy {
            queue.push(m as usize);
        }
        !std::mem::replace(busy, true)
    });
    if !outermost {
        return;
    }
    fill_container(v, m);
    while let Some(next) = UNFILLED.with(|(_, queue)| queue.pop()) {
        // SAFETY: a linked mirror, kept by the container that was filled before it; its link is the object's address.
        let linked = unsafe { *memory::link_of(next as Ref) };
        if linked != 0 {
            fill_container(
                Value::from_header(linked as *mut rivet_heap::Header),
                next as Ref,
            );
        }
    }
    UNFILLED.with(|(busy, _)| *busy = false);
}

fn fill_container(v: Value, m: Ref) {
    if v.kind() == Kind::List {
        list::expose(v, m);
    } else {
        fill_tuple(v, m);
    }
}

fn fill_tuple(v: Value, m: Ref) {
    let Some(t) = v.cast::<Tuple>() else { return };
    for (i, &item) in t.items().iter().enumerate() {
        let r = new_ref(item);
        // SAFETY: the block has room for the items.
        unsafe { *m.cast::<u8>().add(24).cast::<Ref>().add(i) = r };
    }
}

fn fill_dict(v: Value, m: Ref) {
    if let Some(d) = v.cast::<Dict>() {
        d.watch();
        let m = m.cast::<PyDictObject>();
        // SAFETY: a mirror of a dict has at least that struct's size.
        unsafe {
            (*m).used = d.len() as isize;
            (*m).version = d.version.get();
        }
    }
}

fn fill_set(v: Value, m: Ref) {
    if let Some(s) = v.cast::<Set>() {
        s.watch();
        // SAFETY: `fill` and `used` of a set object.
        unsafe {
            *m.cast::<isize>().add(2) = s.len() as isize;
            *m.cast::<isize>().add(3) = s.len() as isize;
        }
    }
}

fn fill_complex(v: Value, m: Ref) {
    if let Some(c) = v.cast::<Complex>() {
        let (re, im) = c.parts();
        // SAFETY: the two parts of a complex object.
        unsafe {
            *m.cast::<f64>().add(2) = re;
            *m.cast::<f64>().add(3) = im;
        }
    }
}

fn fill_slice(v: Value, m: Ref) {
    for (i, name) in ["start", "stop", "step"].into_iter().enumerate() {
        let name = rivet_vm::types::str::intern::intern_str(name);
        let part = rivet_vm::object::attr::get_attr(v, name).unwrap_or(Value::NONE);
        // SAFETY: the three parts of a slice object.
        unsafe { *m.cast::<Ref>().add(2 + i) = new_ref(part) };
    }
}

fn fill_module(v: Value, m: Ref) {
    if let Some(module) = v.cast::<Module>() {
        // SAFETY: `md_dict`, which the module keeps alive: borrowed.
        unsafe { (*m.cast::<PyModuleObject>()).dict = borrow_out(module.dict().value()) };
    }
}

/// The numbers that C has been lent, oldest at the index.
static POOL: rivet_vm::gil::Guarded<(usize, Vec<usize>)> =
    rivet_vm::gil::Guarded::new((0, Vec::new()));
const RING: usize = 1 << 14;

/// The numbers that are kept because C may have borrowed them.
pub fn lent() -> Vec<usize> {
    POOL.with(|(_, ring)| ring.iter().copied().filter(|&p| p != 0).collect())
}

/// A borrowed reference: linked objects stay alive by their owner; numbers, which have no mirror, are kept in a ring of
/// recent ones.
pub fn borrow_out(v: Value) -> Ref {
    let r = new_ref(v);
    if r.is_null() {
        return r;
    }
    // SAFETY: `r` is ours to give back; a linked mirror has the runtime's count, others move to the ring.
    unsafe {
        if (*r).refcnt > super::BIAS {
            (*r).refcnt -= 1;
            return r;
        }
        let old = POOL.with(|(at, ring)| {
            if ring.is_empty() {
                ring.resize(RING, 0);
            }
            let old = std::mem::replace(&mut ring[*at], r as usize);
            *at = (*at + 1) % RING;
            old
        });
        super::xdecref(old as Ref);
    }
    r
}

fn no_memory() -> Ref {
    let _ = rivet_vm::exceptions::no_memory();
    crate::errors::publish();
    std::ptr::null_mut()
}

fn block(size: usize, ty: *mut PyTypeObject) -> Ref {
    let p = memory::alloc_zeroed(size).cast::<PyObject>();
    if !p.is_null() {
        // SAFETY: a fresh block of at least an object's size.
        unsafe {
            (*p).refcnt = 1;
            (*p).ty = ty;
        }
    }
    p
}

/// A fresh int object of a machine word.
#[inline(always)]
pub fn int_object(i: i64) -> Ref {
    super::fast::int(i)
}

fn big_object(v: Value) -> Ref {
    let big = int::to_big(v).unwrap_or_default();
    let digits = digits_of(big.magnitude());
    let p = block(24 + digits.len().max(1) * 4, types::builtin(types::INT));
    if p.is_null() {
        return no_memory();
    }
    fill_digits(p, &digits, big.sign() == num_bigint::Sign::Minus);
    p
}

fn fill_float(ty: *mut PyTypeObject, f: f64) -> Ref {
    // SAFETY: type mirrors are complete.
    let size = unsafe { (*ty).basicsize }.max(size_of::<PyFloatObject>() as isize);
    let p = block(size as usize, ty);
    if !p.is_null() {
        // SAFETY: a fresh float object.
        unsafe { (*p.cast::<PyFloatObject>()).value = f };
    }
    p
}

/// A fresh float object.
#[inline(always)]
pub fn float_object(f: f64) -> Ref {
    super::fast::float(f)
}

/// PEP 393 layout: compact ASCII data at 48, other compact data at 72.
pub fn str_object(s: Gc<Str>, ty: *mut PyTypeObject) -> Ref {
    let n = s.len();
    let width = s.width() as usize;
    let head = if s.is_ascii() { 48 } else { 72 };
    let p = block(head + (n + 1) * width, ty);
    if p.is_null() {
        return p;
    }
    let state = (width as u32) << 2 | 1 << 5 | u32::from(s.is_ascii()) << 6 | 1 << 7;
    // SAFETY: the block has room for head, characters and terminator.
    unsafe {
        let b = p.cast::<u8>();
        *b.add(16).cast::<usize>() = n;
        *b.add(24).cast::<i64>() = s.known_hash().unwrap_or(-1);
        *b.add(32).cast::<u32>() = state;
        let data = b.add(head);
        match s.chars() {
            Chars::One(c) => std::ptr::copy_nonoverlapping(c.as_ptr(), data, n),
            Chars::Two(c) => std::ptr::copy_nonoverlapping(c.as_ptr(), data.cast::<u16>(), n),
            Chars::Four(c) => std::ptr::copy_nonoverlapping(c.as_ptr(), data.cast::<u32>(), n),
        }
    }
    p
}

/// An instance of a subclass of str: its characters lie apart, the subclass's own fields behind the head.
fn sub_str(s: Gc<Str>, ty: *mut PyTypeObject) -> Ref {
    const HEAD: usize = 80;
    let (n, width) = (s.len(), s.width() as usize);
    // SAFETY: type mirrors are complete.
    let size = unsafe { (*ty).basicsize }.max(HEAD as isize) as usize;
    let p = block(size, ty);
    let data = memory::alloc_zeroed((n + 1) * width);
    if p.is_null() || data.is_null() {
        return std::ptr::null_mut();
    }
    let state = (width as u32) << 2 | u32::from(s.is_ascii()) << 6 | 1 << 7;
    // SAFETY: the blocks have room for the head and for the characters with their terminator.
    unsafe {
        let b = p.cast::<u8>();
        *b.add(16).cast::<usize>() = n;
        *b.add(24).cast::<i64>() = s.known_hash().unwrap_or(-1);
        *b.add(32).cast::<u32>() = state;
        *b.add(72).cast::<*mut u8>() = data;
        if s.is_ascii() {
            // The UTF-8 form is the characters themselves.
            *b.add(48).cast::<usize>() = n;
            *b.add(56).cast::<*mut u8>() = data;
        }
        match s.chars() {
            Chars::One(c) => std::ptr::copy_nonoverlapping(c.as_ptr(), data, n),
            Chars::Two(c) => std::ptr::copy_nonoverlapping(c.as_ptr(), data.cast::<u16>(), n),
            Chars::Four(c) => std::ptr::copy_nonoverlapping(c.as_ptr(), data.cast::<u32>(), n),
        }
    }
    p
}

/// A bytes object: size at 16, hash at 24, data at 32.
pub fn bytes_object(data: &[u8], ty: *mut PyTypeObject) -> Ref {
    let p = block(33 + data.len(), ty);
    if !p.is_null() {
        // SAFETY: the block has room for head, data and terminator.
        unsafe {
            let b = p.cast::<u8>();
            *b.add(16).cast::<usize>() = data.len();
            *b.add(24).cast::<i64>() = -1;
            std::ptr::copy_nonoverlapping(data.as_ptr(), b.add(32), data.len());
        }
    }
    p
}

/// A tuple object of `n` null items.
pub fn raw_tuple(n: usize, ty: *mut PyTypeObject) -> Ref {
    if n <= FEW_ITEMS {
        return few_items(n, ty);
    }
    let p = block(24 + n * 8, ty);
    if !p.is_null() {
        // SAFETY: a fresh tuple object.
        unsafe { (*p.cast::<PyVarObject>()).size = n as isize };
    }
    p
}

/// `few_items` makes tuples of so many.
pub const FEW_ITEMS: usize = 8;

/// As `raw_tuple`, of at most `FEW_ITEMS`.
#[inline(always)]
pub fn few_items(n: usize, ty: *mut PyTypeObject) -> Ref {
    let p = memory::alloc(24 + n * 8).cast::<u64>();
    if p.is_null() {
        return p.cast();
    }
    // SAFETY: a fresh block with room for a head and so many items. They are cleared one by one: for few of them a call
    // would take longer.
    unsafe {
        p.cast::<[u64; 3]>().write([1, ty as u64, n as u64]);
        for i in 0..n {
            p.add(3 + i).write_volatile(0);
        }
    }
    p.cast()
}

/// A temporary tuple over arguments: not linked, so it goes back to the free list after the call.
pub fn argument_tuple(args: &[Value]) -> Ref {
    let p = memory::alloc(24 + args.len() * 8).cast::<PyVarObject>();
    if p.is_null() {
        return no_memory();
    }
    // SAFETY: the block has room for the head and the items.
    unsafe {
        (&raw mut (*p).base).write(PyObject {
            refcnt: 1,
            ty: types::builtin(types::TUPLE),
        });
        (&raw mut (*p).size).write(args.len() as isize);
        let items = p.cast::<u8>().add(24).cast::<Ref>();
        for (i, &v) in args.iter().enumerate() {
            let item = super::fast::argument(v);
            items.add(i).write(item);
            if item.is_null() {
                (*p).size = i as isize;
                release_tuple(p.cast());
                return std::ptr::null_mut();
            }
        }
    }
    p.cast()
}

/// Gives a tuple of `argument_tuple` up.
///
/// # Safety
/// The reference is the caller's.
pub unsafe fn release_tuple(t: Ref) {
    // SAFETY: by contract; a tuple nobody else refers to is a block of the C heap.
    unsafe {
        if (*t).refcnt != 1 {
            return super::decref(t);
        }
        let n = (*t.cast::<PyVarObject>()).size as usize;
        let items = t.cast::<u8>().add(24).cast::<Ref>();
        for i in 0..n {
            let item = *items.add(i);
            if !item.is_null() {
                super::fast::give_up(item);
            }
        }
        memory::release(t.cast());
    }
}

/// An instance of a subclass of int: its digits, like an int's.
fn sub_int(v: Value, ty: *mut PyTypeObject) -> Ref {
    let big = int::to_big(v).unwrap_or_default();
    let digits = digits_of(big.magnitude());
    // SAFETY: type mirrors are complete.
    let size = unsafe { (*ty).basicsize }.max(24) as usize + digits.len().max(1) * 4;
    let p = block(size, ty);
    if !p.is_null() {
        fill_digits(p, &digits, big.sign() == num_bigint::Sign::Minus);
    }
    p
}

/// An object of which C knows little more than type and count; the body of an instance of an extension's type that
/// was not made by its `tp_new` (but by `object`'s, or that of a builtin type it derives from).
fn opaque(ty: *mut PyTypeObject) -> Ref {
    // SAFETY: type mirrors are complete.
    let size = unsafe { (*ty).basicsize }.max(24) as usize;
    block(size, ty)
}

/// The 30-bit digits of a number.
pub fn digits_of(big: &num_bigint::BigUint) -> Vec<u32> {
    let mut out = Vec::new();
    let (mut acc, mut bits) = (0u64, 0);
    for w in big.iter_u32_digits() {
        acc |= u64::from(w) << bits;
        bits += 32;
        while bits >= 30 {
            out.push((acc & 0x3fff_ffff) as u32);
            acc >>= 30;
            bits -= 30;
        }
    }
    while acc != 0 {
        out.push((acc & 0x3fff_ffff) as u32);
        acc >>= 30;
    }
    while out.last() == Some(&0) {
        out.pop();
    }
    out
}

fn fill_digits(p: Ref, digits: &[u32], negative: bool) {
    let n = digits.len() as isize;
    // SAFETY: callers pass a fresh int object with room for the digits.
    unsafe {
        std::ptr::copy_nonoverlapping(
            digits.as_ptr(),
            p.cast::<u8>().add(24).cast::<u32>(),
            digits.len(),
        );
        (*p.cast::<PyVarObject>()).size = if negative { -n } else { n };
    }
}
