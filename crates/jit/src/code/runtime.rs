//! The functions compiled code calls. Values travel as words; a result of 0 (or as documented) means that an
//! exception is pending in the current thread.

use std::cell::Cell;

use rivet_spec::{BinaryOp, CompareOp};
use rivet_vm::exceptions::PyResult;
use rivet_vm::frames::{Frame, Pc};
use rivet_vm::interp::compiled;
use rivet_vm::object::{Type, instance, number, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::float;
use rivet_vm::types::function::Function;
use rivet_vm::types::list::List;
use rivet_vm::types::memoryview::MemoryView;
use rivet_vm::types::native::{self, Target, TypeCode, TypedEntry};
use rivet_vm::types::native_lease::{self, Lease};
use rivet_vm::types::native_number::NumberObject;
use rivet_vm::types::range;
use rivet_vm::value::{Gc, Value};

/// Result of `next_value` when an exception was raised: a word that is no value.
pub const RAISED: u64 = 0xffff_ffff_ffff_fffc;

/// What compiled code and its caller share. One for the process: used with the GIL held.
#[repr(C)]
pub struct Shared {
    /// The exit that was taken.
    pub exit: Cell<u64>,
    /// What the unit's frame returned.
    pub result: Cell<u64>,
    /// A float result.
    pub float: Cell<f64>,
    /// An object that had to stay alive until its store here.
    pub kept: Cell<u64>,
    /// Counts down to the next guard that fails on purpose; 0: none does.
    pub bail: Cell<u64>,
}

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Shared {}

/// See `Shared`.
pub static SHARED: Shared = Shared {
    exit: Cell::new(0),
    result: Cell::new(0),
    float: Cell::new(0.0),
    kept: Cell::new(0),
    bail: Cell::new(0),
};

fn value(word: u64) -> Value {
    match Value::from_word(word) {
        Some(v) => v,
        None => rivet_vm::runtime::fatal("compiled code passed a null value"),
    }
}

fn word(r: PyResult<Value>) -> u64 {
    r.map_or(0, Value::to_word)
}

fn flag(r: PyResult<bool>) -> i32 {
    r.map_or(-1, i32::from)
}

fn done(r: PyResult<()>) -> i32 {
    r.map_or(-1, |()| 0)
}

/// A payload whose type compiled code has checked.
///
/// # Safety
/// `word` refers to an object whose payload is a `T`.
unsafe fn object<T>(word: u64) -> Gc<T> {
    // SAFETY: by contract.
    unsafe { Gc::from_raw(word as *mut T) }
}

/// A binary operator; `op` has bit 8 set for the in-place form.
pub extern "C" fn binary(op: u32, a: u64, b: u64) -> u64 {
    let Some(o) = BinaryOp::from_u8(op as u8) else {
        rivet_vm::runtime::fatal("compiled code names an unknown operator");
    };
    let (a, b) = (value(a), value(b));
    word(if op & 0x100 != 0 {
        number::inplace(o, a, b)
    } else {
        number::binary(o, a, b)
    })
}

/// `-a`
pub extern "C" fn neg(a: u64) -> u64 {
    word(rivet_vm::interp::ops::arith::neg(value(a)))
}

/// `+a`
pub extern "C" fn pos(a: u64) -> u64 {
    word(number::pos(value(a)))
}

/// `~a`
pub extern "C" fn invert(a: u64) -> u64 {
    word(number::invert(value(a)))
}

/// A comparison as a value.
pub extern "C" fn compare(op: u32, a: u64, b: u64) -> u64 {
    word(rivet_vm::interp::ops::arith::compare(
        op as u8,
        value(a),
        value(b),
    ))
}

/// A comparison as a truth value; -1: raised.
pub extern "C" fn compare_truth(op: u32, a: u64, b: u64) -> i32 {
    debug_assert!(CompareOp::from_u8(op as u8).is_some());
    flag(rivet_vm::interp::ops::arith::compare_truth(
        op as u8,
        value(a),
        value(b),
    ))
}

/// The truth of a value; -1: raised.
pub extern "C" fn truth(a: u64) -> i32 {
    flag(protocol::is_true(value(a)))
}

/// `item in container`; -1: raised.
pub extern "C" fn contains(container: u64, item: u64) -> i32 {
    flag(protocol::contains(value(container), value(item)))
}

/// `a is b`
pub extern "C" fn is(a: u64, b: u64) -> i32 {
    match (Value::from_word(a), Value::from_word(b)) {
        (Some(a), Some(b)) => i32::from(a.is(b)),
        _ => i32::from(a == b),
    }
}

/// `a[i]`
pub extern "C" fn get_item(a: u64, i: u64) -> u64 {
    word(rivet_vm::interp::ops::build::get_item(value(a), value(i)))
}

/// `a[i] = v`; -1: raised.
pub extern "C" fn set_item(a: u64, i: u64, v: u64) -> i32 {
    done(rivet_vm::interp::ops::build::set_item(
        value(a),
        value(i),
        value(v),
    ))
}

/// `iter(a)` for a loop.
pub extern "C" fn get_iter(a: u64) -> u64 {
    word(rivet_vm::interp::ops::iter::get_iter(value(a)))
}

/// The next value, 0 when exhausted, `RAISED`.
pub extern "C" fn next_value(it: u64) -> u64 {
    match rivet_vm::interp::ops::iter::next(value(it)) {
        Ok(v) => Value::word_of(v),
        Err(_) => RAISED,
    }
}

/// `list.append(v)`; -1: raised.
///
/// # Safety
/// `list` is a list.
pub unsafe extern "C" fn list_append(list: u64, v: u64) -> i32 {
    // SAFETY: by contract.
    let l: Gc<List> = unsafe { object(list) };
    done(l.append(value(v)))
}

/// `list[i] = v`
///
/// # Safety
/// `list` is a list with more than `i` items.
pub unsafe extern "C" fn list_put(list: u64, i: u64, v: u64) {
    // SAFETY: by contract.
    let l: Gc<List> = unsafe { object(list) };
    l.put(i as usize, value(v));
}

/// `len(a)`; -1: raised.
pub extern "C" fn len(a: u64) -> i64 {
    protocol::length(value(a)).map_or(-1, |n| n as i64)
}

/// `x ** y` into `SHARED.float`, for a base that is not negative; -1: raised.
pub extern "C" fn pow_float(x: f64, y: f64) -> i32 {
    match float::pow_f64(x, y).map(|v| v.as_exact_float()) {
        Ok(Some(f)) => {
            SHARED.float.set(f);
            0
        }
        Ok(None) => rivet_vm::runtime::fatal("a power of floats is no float"),
        Err(_) => -1,
    }
}

/// `x // y`; `y` is not 0.
pub extern "C" fn floor_div_float(x: f64, y: f64) -> f64 {
    float::floor_div(x, y)
}

/// `x % y`; `y` is not 0.
pub extern "C" fn mod_float(x: f64, y: f64) -> f64 {
    float::floor_mod(x, y)
}

/// Sine of a finite float.
pub extern "C" fn sin(x: f64) -> f64 {
    x.sin()
}

/// Cosine of a finite float.
pub extern "C" fn cos(x: f64) -> f64 {
    x.cos()
}

/// A new instance of a plain class.
///
/// # Safety
/// `class` is a type.
pub unsafe extern "C" fn new_instance(class: u64) -> u64 {
    // SAFETY: by contract.
    let ty: Gc<Type> = unsafe { object(class) };
    word(instance::allocate(ty, 0))
}

/// TypeError unless `__init__` returned None; -1: raised.
pub extern "C" fn check_init(v: u64) -> i32 {
    done(compiled::check_init(value(v)))
}

/// The word of an int beyond 63 bits.
pub extern "C" fn box_int(i: i64) -> u64 {
    Value::int(i).to_word()
}

/// The word of an unsigned int beyond 62 bits.
pub extern "C" fn box_unsigned(i: u64) -> u64 {
    rivet_vm::types::int::from_u64(i).to_word()
}

/// The word of a float without an immediate form.
pub extern "C" fn box_float(f: f64) -> u64 {
    Value::float(f).to_word()
}

/// An iterator over a range whose state was in registers.
pub extern "C" fn make_range_iter(next: i64, left: u64, step: i64) -> u64 {
    match range::private_iter(next, left, step) {
        Ok(v) => v.to_word(),
        Err(_) => rivet_vm::runtime::fatal("out of memory"),
    }
}

/// A range.
pub extern "C" fn make_range(start: i64, stop: i64, step: i64) -> u64 {
    match range::new(start, stop, step) {
        Ok(v) => v.to_word(),
        Err(_) => rivet_vm::runtime::fatal("out of memory"),
    }
}

/// Replaces the value at a position of a dict.
///
/// # Safety
/// `dict` is a dict that has the position.
pub unsafe extern "C" fn set_dict_value(dict: u64, at: u64, v: u64) {
    // SAFETY: by contract.
    let d: Gc<Dict> = unsafe { object(dict) };
    d.replace_at(at as usize, value(v));
}

/// Executes one instruction of a frame; 0: raised.
///
/// # Safety
/// `frame` is the top frame; `pc` is the address of an instruction of its code.
pub unsafe extern "C" fn step(frame: *const Frame, pc: *const u64) -> u64 {
    // SAFETY: frames in use stay where they are.
    let frame = unsafe { &*frame };
    compiled::step(frame, Pc::new(pc)).map_or(0, |_| 1)
}

/// Calls a value with argument registers of the top frame.
pub extern "C" fn call_window(callee: u64, args: *mut u64, n: u64) -> u64 {
    word(compiled::call_window(value(callee), args, n as usize))
}

/// Calls a C function with argument registers of the top frame.
///
/// # Safety
/// `callee` is the builtin function `target` belongs to; `args` are `n` registers.
pub unsafe extern "C" fn call_native(
    target: *const Target,
    callee: u64,
    args: *const u64,
    n: u64,
) -> u64 {
    // SAFETY: by contract.
    let b: Gc<rivet_vm::types::method::Builtin> = unsafe { object(callee) };
    let receiver = b.receiver.value().to_word();
    let me = native::receiver_mirror(b);
    // SAFETY: by contract; the functions of a target take any values.
    unsafe {
        match n {
            0 => ((*target).compiled0())(target, receiver, me),
            1 => ((*target).compiled1())(target, receiver, me, *args),
            _ => ((*target).compiled_any())(target, receiver, me, args, n as usize),
        }
    }
}

/// Around calls of C code that may look at objects.
pub extern "C" fn settle() {
    native_lease::settle();
}

/// After a typed call that has no result: makes C's pending exception the current thread's. That there is none is an error.
///
/// # Safety
/// The addresses of the entry of the function that was called and of the record it belongs to.
pub unsafe extern "C" fn no_result(entry: *const TypedEntry, target: *const Target) {
    // SAFETY: by contract; both live for good.
    let (entry, target) = unsafe { (&*entry, &*target) };
    let _ = rivet_vm::types::native_call::no_result(target, entry);
}

/// The object of a number for C, borrowed from the place that passes it.
///
/// # Safety
/// `place` is one.
pub unsafe extern "C" fn number_object(place: *const NumberObject, bits: u64) -> u64 {
    // SAFETY: by contract; they live for good.
    unsafe { (*place).make(bits) as u64 }
}

/// Gives up the reference that a call had to the object of a number.
///
/// # Safety
/// The caller owns it.
pub unsafe extern "C" fn release_number(object: *mut std::ffi::c_void) {
    if let Some(c) = rivet_vm::hooks::hooks().crossing.get() {
        // SAFETY: by contract.
        unsafe { (c.release)(object) };
    }
}

/// The first element of a memoryview of such elements (by number); 0 if it is none.
///
/// # Safety
/// `view` is a memoryview.
pub unsafe extern "C" fn view_at(view: u64, code: u64) -> u64 {
    // SAFETY: by contract.
    let view: Gc<MemoryView> = unsafe { object(view) };
    let element = TypeCode::from_number(code as u16).and_then(TypeCode::element);
    let at = element.and_then(|(element, writable)| view.span(element, writable));
    at.map_or(0, |at| at as u64)
}

/// Takes a buffer for a lease; 0 if there is none of such elements.
///
/// # Safety
/// `lease` is one; `body` is the C half of the value.
pub unsafe extern "C" fn borrow_buffer(lease: *const Lease, code: u64, v: u64, body: u64) -> u64 {
    // SAFETY: by contract; leases live for good.
    let lease = unsafe { &*lease };
    let code = TypeCode::from_number(code as u16);
    code.is_some_and(|code| lease.take(code, value(v), body))
        .into()
}

/// Gives borrowed buffers back.
pub extern "C" fn end_leases() {
    native_lease::end_all();
}

/// Pushes the frame of an inlined call.
///
/// # Safety
/// `func` is a Python function; bit 16 of `dst`: it is an `__init__`; `base` is the address of its first register, above the top frame's arguments.
pub unsafe extern "C" fn push_frame(func: u64, base: *mut u64, dst: u64, pc: *const u64) {
    // SAFETY: by contract.
    let f: Gc<Function> = unsafe { object(func) };
    let init = dst >> 16 & 1 == 1;
    compiled::push_inlined(f, base, dst as u16, Pc::new(pc), init);
}

/// Pops the frame of an inlined call.
pub extern "C" fn pop_frame() {
    rivet_vm::thread::current().stack.pop();
}
