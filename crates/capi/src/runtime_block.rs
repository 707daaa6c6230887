//! `_PyRuntime`, as far as the inline functions of CPython's internal headers read it from compiled modules: the current
//! thread state, the small ints, the empty tuple and bytes, and the strings CPython keeps for good. Everything else in
//! the block is zero. Only modules of CPython's own library look here; the layout is the same in all 3.11 releases
//! installed (`cargo xtask abi-check`).

use std::cell::UnsafeCell;

use rivet_vm::exceptions::PyResult;
use rivet_vm::types::bytes;
use rivet_vm::types::native::SmallInts;
use rivet_vm::types::str::Str;
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::types::tuple;
use rivet_vm::value::{Gc, Value};

use crate::layout::{PyObject, PyThreadState, PyTypeObject, PyVarObject, Ref};
use crate::types::{self, FOREVER};

const SIZE: usize = 166_688;
const MAIN_THREAD: usize = 80;
const CURRENT: usize = 576;
const SMALL_INTS: usize = 680;
const INT_SIZE: usize = 32;
const FIRST_SMALL: i64 = -5;
const LAST_SMALL: i64 = 256;
const EMPTY_BYTES: usize = 9064;
const BYTES_CHARACTERS: usize = 9104;
const BYTES_CHARACTER_SIZE: usize = 40;
const STRINGS: usize = 21_392;
const ASCII: usize = 41_480;
const ASCII_SIZE: usize = 56;
const LATIN1: usize = 48_648;
const LATIN1_SIZE: usize = 80;
const EMPTY_TUPLE: usize = 58_904;

/// The block.
#[repr(C, align(16))]
pub struct Block(UnsafeCell<[u8; SIZE]>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Block {}

macro_rules! export_block {
    ($name:ident;) => {
        /// CPython's runtime structure.
        #[unsafe(no_mangle)]
        pub static $name: Block = Block(UnsafeCell::new([0; SIZE]));
    };
}
export_block! {
    _PyRuntime;
}

fn at(offset: usize) -> *mut u8 {
    _PyRuntime.0.get().cast::<u8>().wrapping_add(offset)
}

fn head(offset: usize, ty: *mut PyTypeObject) -> Ref {
    let p = at(offset).cast::<PyObject>();
    // SAFETY: offsets lie within the block; GIL held.
    unsafe {
        (*p).refcnt = FOREVER;
        (*p).ty = ty;
    }
    p
}

/// The static object of a small int.
#[inline(always)]
pub fn small_int(i: i64) -> Option<Ref> {
    if (FIRST_SMALL..=LAST_SMALL).contains(&i) {
        Some(at(SMALL_INTS + (i - FIRST_SMALL) as usize * INT_SIZE).cast())
    } else {
        None
    }
}

/// Where the static ints lie.
pub fn small_ints() -> SmallInts {
    SmallInts {
        at: at(SMALL_INTS) as usize,
        first: FIRST_SMALL,
        count: (LAST_SMALL - FIRST_SMALL + 1) as usize,
        stride: INT_SIZE,
    }
}

/// Sets what the inline functions take for the current thread.
#[inline]
pub fn set_current(state: *mut PyThreadState) {
    // SAFETY: the field lies within the block.
    unsafe {
        at(CURRENT)
            .cast::<*mut PyThreadState>()
            .write_volatile(state)
    }
}

/// The texts of the global strings, in order.
fn texts() -> impl Iterator<Item = String> {
    let unescape = |s: &str| s.replace("\\n", "\n");
    include_str!("../abi/global-strings.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
        .map(move |l| match l.strip_prefix('=') {
            Some(literal) => unescape(literal),
            None => l.to_owned(),
        })
}

/// A str of one byte per character; `ascii` or Latin-1, which has a longer head.
fn string(offset: usize, text: &[u8], ascii: bool) {
    let p = head(offset, types::builtin(types::STR)).cast::<u8>();
    let data = if ascii { 48 } else { 72 };
    // SAFETY: the layout has room for head, characters and terminator at each string's offset.
    unsafe {
        *p.add(16).cast::<usize>() = text.len();
        *p.add(24).cast::<i64>() = -1;
        *p.add(32).cast::<u32>() = 1 << 2 | 1 << 5 | u32::from(ascii) << 6 | 1 << 7;
        std::ptr::copy_nonoverlapping(text.as_ptr(), p.add(data), text.len());
    }
}

fn byte_string(offset: usize, data: &[u8]) {
    let p = head(offset, types::builtin(types::BYTES)).cast::<u8>();
    // SAFETY: as `string`.
    unsafe {
        *p.add(16).cast::<usize>() = data.len();
        *p.add(24).cast::<i64>() = -1;
        std::ptr::copy_nonoverlapping(data.as_ptr(), p.add(32), data.len());
    }
}

fn string_size(text: &str) -> usize {
    (48 + text.len() + 1).next_multiple_of(8)
}

/// Fills the block in. Once, when the exported objects are.
pub fn fill() {
    for i in FIRST_SMALL..=LAST_SMALL {
        let p = head(
            SMALL_INTS + (i - FIRST_SMALL) as usize * INT_SIZE,
            types::builtin(types::INT),
        );
        // SAFETY: an int object of one digit in the block.
        unsafe {
            (*p.cast::<PyVarObject>()).size = i.signum() as isize;
            *p.cast::<u8>().add(24).cast::<u32>() = i.unsigned_abs() as u32;
        }
    }
    byte_string(EMPTY_BYTES, &[]);
    (0..=255u8)
        .for_each(|c| byte_string(BYTES_CHARACTERS + c as usize * BYTES_CHARACTER_SIZE, &[c]));
    let mut offset = STRINGS;
    for t in texts() {
        string(offset, t.as_bytes(), true);
        offset += string_size(&t);
    }
    (0..128u8).for_each(|c| string(ASCII + c as usize * ASCII_SIZE, &[c], true));
    (128..=255u8).for_each(|c| string(LATIN1 + (c as usize - 128) * LATIN1_SIZE, &[c], false));
    let empty = head(EMPTY_TUPLE, types::builtin(types::TUPLE));
    // SAFETY: the empty tuple and the main thread's number lie in the block.
    unsafe {
        (*empty.cast::<PyVarObject>()).size = 0;
        *at(MAIN_THREAD).cast::<u64>() = rivet_vm::thread::native_ident();
    }
    set_current(crate::state::current());
}

/// The value of a static object of the block (not an int: those cross by value).
///
/// # Safety
/// A live object.
pub unsafe fn static_value(op: Ref) -> PyResult<Option<Value>> {
    let offset = (op as usize).wrapping_sub(at(0) as usize);
    if offset >= SIZE {
        return Ok(None);
    }
    // SAFETY: an object of the block is of one of three types.
    unsafe {
        let b = op.cast::<u8>();
        let n = (*op.cast::<PyVarObject>()).size as usize;
        if (*op).ty == types::builtin(types::TUPLE) {
            return tuple::new(&[]).map(Some);
        }
        if (*op).ty == types::builtin(types::BYTES) {
            return bytes::new(std::slice::from_raw_parts(b.add(32), n)).map(Some);
        }
        let (data, _, n) = crate::boundary::from_c::str_data(op);
        let s = Str::from_latin1(std::slice::from_raw_parts(data, n))?;
        Ok(Some(match s.as_ascii() {
            Some(t) => intern_str(t).value(),
            None => Gc::value(s),
        }))
    }
}
