//! The C heap: what extensions allocate through the API, and mirrors. One reserved address range, so that "has this
//! pointer a prefix?" is a range compare; 16 bytes before each block belong to the boundary.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::ptr::NonNull;

use crate::check::{self, blocks, blocks::Family};

/// Bytes before a block.
pub const PREFIX: usize = 16;
const RESERVED: usize = 64 << 30;
/// Sizes up to this are rounded to multiples of 16, others to powers of two.
const STEPPED: usize = 512;
const STEP: usize = 16;
const SMALL_CLASSES: usize = STEPPED / STEP + 1;
const CLASSES: usize = SMALL_CLASSES + 40;
/// Blocks above this give their pages back when they are freed.
const LARGE: usize = 1 << 20;

struct Area {
    base: usize,
    next: usize,
    end: usize,
    /// Free blocks by class, linked through their first word.
    free: [usize; CLASSES],
}

struct Global(UnsafeCell<Area>);

// SAFETY: touched only with the lock of this file held.
unsafe impl Sync for Global {}

static AREA: Global = Global(UnsafeCell::new(Area {
    base: 0,
    next: 0,
    end: 0,
    free: [0; CLASSES],
}));

/// `PyMem_Raw*` may be called without the GIL.
static LOCK: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

fn locked<R>(f: impl FnOnce(&mut Area) -> R) -> R {
    use std::sync::atomic::Ordering;
    while LOCK
        .compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed)
        .is_err()
    {
        std::hint::spin_loop();
    }
    // SAFETY: the lock is held, and `f` does not come back here.
    let r = f(unsafe { &mut *AREA.0.get() });
    LOCK.store(false, Ordering::Release);
    r
}

fn reserve(area: &mut Area) {
    let mut size = RESERVED;
    let mut found = rivet_heap::reserve_table(size);
    while found.is_none() && size > 1 << 26 {
        size /= 2;
        found = rivet_heap::reserve_table(size);
    }
    area.base = found.expect("no address space for the C heap");
    area.next = area.base;
    area.end = area.base + size;
}

/// The class of blocks with room for so many bytes.
pub fn class_of(size: usize) -> usize {
    let total = size + PREFIX;
    if total <= STEPPED {
        total.div_ceil(STEP).max(2)
    } else {
        SMALL_CLASSES + (total.next_power_of_two().trailing_zeros() as usize - 10)
    }
}

fn size_of_class(class: usize) -> usize {
    if class < SMALL_CLASSES {
        class * STEP
    } else {
        1 << (class - SMALL_CLASSES + 10)
    }
}

fn fresh(area: &mut Area, class: usize) -> usize {
    if area.base == 0 {
        reserve(area);
    }
    let b = area.next;
    if b + size_of_class(class) > area.end {
        return 0;
    }
    area.next += size_of_class(class);
    b
}

/// Memory of a class that was never used; 0 if there is no room.
pub fn fresh_block(class: usize) -> usize {
    locked(|area| fresh(area, class))
}

/// Free blocks that are only touched with the GIL held, by class.
struct Lists(UnsafeCell<[usize; CLASSES]>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Lists {}

static FREE: Lists = Lists(UnsafeCell::new([0; CLASSES]));

/// A block of at least `size` bytes, not cleared; its prefix is: link 0, class. Null if there is no room.
#[inline]
pub fn alloc(size: usize) -> *mut u8 {
    if size > RESERVED / 2 {
        return std::ptr::null_mut();
    }
    let class = class_of(size);
    // SAFETY: GIL held; a free block holds the address of the next one.
    let start = unsafe {
        let list = &mut (*FREE.0.get())[class];
        let b = *list;
        if b != 0 {
            *list = *(b as *const usize);
            b
        } else if check::on() {
            // Guarded blocks never come to the lists.
            return blocks::allocate(size, Family::Object);
        } else {
            fresh_block(class)
        }
    };
    begin(start, class)
}

/// As `alloc`, without the GIL.
fn alloc_raw(size: usize) -> *mut u8 {
    if size > RESERVED / 2 {
        return std::ptr::null_mut();
    }
    if check::on() {
        return blocks::allocate(size, Family::Raw);
    }
    let class = class_of(size);
    let start = locked(|area| {
        let b = area.free[class];
        if b == 0 {
            return fresh(area, class);
        }
        // SAFETY: a free block holds the address of the next one.
        area.free[class] = unsafe { *(b as *const usize) };
        b
    });
    begin(start, class)
}

#[inline(always)]
fn begin(start: usize, class: usize) -> *mut u8 {
    if start == 0 {
        return std::ptr::null_mut();
    }
    // SAFETY: a block of the class, not in use.
    unsafe {
        *(start as *mut usize) = 0;
        *(start as *mut usize).add(1) = class;
    }
    (start + PREFIX) as *mut u8
}

/// Usable bytes of the blocks `alloc_number` gives.
pub const SMALL: usize = 48;
const NUMBER_CLASS: usize = (SMALL + PREFIX) / STEP;

/// A block for an int or a float, not cleared.
#[inline(always)]
pub fn alloc_number() -> Option<NonNull<u8>> {
    // SAFETY: GIL held; blocks on the free list of a class have the class in their prefix already, and a block does not
    // lie at the end of the address space.
    unsafe {
        let list = &mut (*FREE.0.get())[NUMBER_CLASS];
        let start = *list;
        if start == 0 {
            return fresh_number();
        }
        *list = *(start as *const usize);
        *(start as *mut usize) = 0;
        Some(NonNull::new_unchecked((start + PREFIX) as *mut u8))
    }
}

#[cold]
#[inline(never)]
fn fresh_number() -> Option<NonNull<u8>> {
    NonNull::new(alloc(SMALL))
}

/// Returns a block that `alloc_number` gave.
///
/// # Safety
/// Nobody uses the object any more.
#[inline(always)]
pub unsafe fn release_own_number(p: *mut u8) {
    let start = p as usize - PREFIX;
    // SAFETY: by contract the prefix precedes the block; GIL held. Marks do not outlive the object; the guards of
    // checking mode do.
    unsafe {
        let word = (start as *mut usize).add(1);
        if *word & CLASS_MASK != NUMBER_CLASS {
            return release(p);
        }
        *word = NUMBER_CLASS;
        let list = &mut (*FREE.0.get())[NUMBER_CLASS];
        *(start as *mut usize) = *list;
        *list = start;
    }
}

/// Returns the block of an int or a float, which may have been made outside this heap or with many digits.
///
/// # Safety
/// Nobody uses the object any more.
#[inline(always)]
pub unsafe fn release_number(p: *mut u8) {
    if owns(p) {
        // SAFETY: by contract; a block of this heap.
        unsafe { release(p) }
    }
}

/// A cleared block.
pub fn alloc_zeroed(size: usize) -> *mut u8 {
    let p = alloc(size);
    if !p.is_null() {
        // SAFETY: the block has at least `size` bytes.
        unsafe { std::ptr::write_bytes(p, 0, size) };
    }
    p
}

/// Whether the pointer is a block of this heap.
#[inline(always)]
pub fn owns<T>(p: *const T) -> bool {
    // SAFETY: plain reads; the range only grows.
    let (base, next) = unsafe { ((*AREA.0.get()).base, (*AREA.0.get()).next) };
    (p as usize) >= base && (p as usize) < next
}

/// Where blocks of this heap lie: the first address, and the size of the whole range.
pub fn range() -> (usize, usize) {
    locked(|area| {
        if area.base == 0 {
            reserve(area);
        }
        (area.base, area.end - area.base)
    })
}

/// Returns a block.
///
/// # Safety
/// `p` is a block of this heap that nobody uses any more.
#[inline(always)]
pub unsafe fn release(p: *mut u8) {
    let start = p as usize - PREFIX;
    // SAFETY: by contract the prefix precedes the block; GIL held. Marks do not outlive the object.
    unsafe {
        let word = (start as *mut usize).add(1);
        let class = *word & CLASS_MASK;
        *word = class;
        if class >= SMALL_CLASSES && unusual(start, class) {
            return;
        }
        let list = &mut (*FREE.0.get())[class];
        *(start as *mut usize) = *list;
        *list = start;
    }
}

/// Set in the class of guarded blocks (`-X capi=check`): it makes them unusual.
pub const CHECKED: usize = 0x8000;

/// What is special about freeing this block; true if that is all there is to do.
#[cold]
fn unusual(start: usize, class: usize) -> bool {
    if class & CHECKED != 0 {
        blocks::release(start + PREFIX);
        return true;
    }
    let size = size_of_class(class);
    if size >= LARGE {
        let from = (start + 4096).next_multiple_of(4096);
        // SAFETY: whole pages inside a block nobody uses.
        unsafe {
            libc::madvise(
                from as *mut c_void,
                (start + size - from) / 4096 * 4096,
                libc::MADV_DONTNEED,
            )
        };
    }
    false
}

/// As `release`, without the GIL.
unsafe fn release_raw(p: *mut u8) {
    let start = p as usize - PREFIX;
    // SAFETY: as `release`.
    if unsafe { *(start as *const usize).add(1) } & CHECKED != 0 {
        return blocks::release(p as usize);
    }
    // SAFETY: as `release`; the lock guards the list.
    locked(|area| unsafe {
        let class = *(start as *const usize).add(1) & CLASS_MASK;
        *(start as *mut usize) = area.free[class];
        area.free[class] = start;
    });
}

/// The link word of a block: the managed object's address, or 0.
#[inline(always)]
pub fn link_of<T>(p: *const T) -> *mut usize {
    (p as usize - PREFIX) as *mut usize
}

const CLASS_MASK: usize = 0xffff;

/// Sets a mark in a block's prefix; false if it was set.
pub fn set_mark<T>(p: *const T, mark: usize) -> bool {
    // SAFETY: callers pass blocks of this heap; marks lie above the class.
    unsafe {
        let word = (p as usize - 8) as *mut usize;
        let fresh = *word & mark == 0;
        *word |= mark;
        fresh
    }
}

/// Whether a block has the mark.
pub fn has_mark<T>(p: *const T, mark: usize) -> bool {
    // SAFETY: as `set_mark`.
    unsafe { *((p as usize - 8) as *const usize) & mark != 0 }
}

/// Bytes that a block can hold.
pub fn usable<T>(p: *const T) -> usize {
    // SAFETY: callers pass blocks of this heap.
    let class = unsafe { *((p as usize - PREFIX) as *const usize).add(1) } & CLASS_MASK;
    if class & CHECKED != 0 {
        return blocks::size_of(p as usize).unwrap_or(0);
    }
    size_of_class(class) - PREFIX
}

/// `realloc`: contents move if the block is too small; the link does not.
///
/// # Safety
/// `p` is null or a block of this heap.
pub unsafe fn realloc(p: *mut u8, n: usize) -> *mut u8 {
    if p.is_null() {
        return alloc(n.max(1));
    }
    if check::on() {
        // SAFETY: by contract.
        return unsafe { blocks::reallocate(p as usize, n.max(1)) };
    }
    let have = usable(p);
    if have >= n && (have <= STEPPED || n > have / 4) {
        return p;
    }
    let new = alloc(n.max(1));
    if !new.is_null() {
        // SAFETY: both blocks have at least the smaller size.
        unsafe {
            std::ptr::copy_nonoverlapping(p, new, have.min(n));
            release(p);
        }
    }
    new
}

macro_rules! export_allocators {
    ($($malloc:ident $calloc:ident $realloc:ident $free:ident $family:ident;)*) => {$(
        /// Allocates.
        #[unsafe(no_mangle)]
        pub extern "C" fn $malloc(n: usize) -> *mut c_void {
            if check::on() {
                return blocks::allocate(n.max(1), Family::$family).cast();
            }
            alloc(n.max(1)).cast()
        }

        /// Allocates cleared memory.
        #[unsafe(no_mangle)]
        pub extern "C" fn $calloc(n: usize, size: usize) -> *mut c_void {
            match n.checked_mul(size) {
                Some(total) => {
                    let p = $malloc(total);
                    if !p.is_null() {
                        // SAFETY: the block has at least that size.
                        unsafe { std::ptr::write_bytes(p.cast::<u8>(), 0, total) };
                    }
                    p
                }
                None => std::ptr::null_mut(),
            }
        }

        /// Changes a block's size.
        ///
        /// # Safety
        /// `p` is null or a block from this family of functions.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $realloc(p: *mut c_void, n: usize) -> *mut c_void {
            if p.is_null() {
                return $malloc(n);
            }
            if check::on() {
                blocks::expect_block(p as usize, Family::$family, stringify!($realloc));
            }
            // SAFETY: by contract.
            unsafe { realloc(p.cast(), n).cast() }
        }

        /// Frees a block.
        ///
        /// # Safety
        /// `p` is null or a block from this family of functions.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $free(p: *mut c_void) {
            if check::on() && !p.is_null() {
                blocks::expect_block(p as usize, Family::$family, stringify!($free));
            }
            if !p.is_null() && owns(p) {
                // SAFETY: by contract.
                unsafe { release(p.cast()) }
            }
        }
    )*};
}

export_allocators! {
    PyMem_Malloc PyMem_Calloc PyMem_Realloc PyMem_Free Mem;
    PyObject_Malloc PyObject_Calloc PyObject_Realloc PyObject_Free Object;
}

crate::raw! {
    // The raw functions may be called without the GIL.
    fn PyMem_RawMalloc(n: usize) -> *mut c_void {
        alloc_raw(n.max(1)).cast()
    }

    fn PyMem_RawCalloc(n: usize, size: usize) -> *mut c_void {
        let Some(total) = n.checked_mul(size) else { return std::ptr::null_mut() };
        let p = alloc_raw(total.max(1));
        if !p.is_null() {
            std::ptr::write_bytes(p, 0, total);
        }
        p.cast()
    }

    fn PyMem_RawRealloc(p: *mut c_void, n: usize) -> *mut c_void {
        if p.is_null() {
            return PyMem_RawMalloc(n);
        }
        if check::on() {
            blocks::expect_block(p as usize, Family::Raw, "PyMem_RawRealloc");
        }
        let have = usable(p.cast::<u8>());
        if have >= n {
            return p;
        }
        let new = alloc_raw(n);
        if !new.is_null() {
            std::ptr::copy_nonoverlapping(p.cast::<u8>(), new, have);
            release_raw(p.cast());
        }
        new.cast()
    }

    fn PyMem_RawFree(p: *mut c_void) {
        if check::on() && !p.is_null() {
            blocks::expect_block(p as usize, Family::Raw, "PyMem_RawFree");
        }
        if !p.is_null() && owns(p) {
            release_raw(p.cast());
        }
    }

    fn _PyMem_Strdup(s: *const std::ffi::c_char) -> *mut std::ffi::c_char {
        let n = libc::strlen(s) + 1;
        let p = PyMem_Malloc(n);
        if !p.is_null() {
            std::ptr::copy_nonoverlapping(s.cast::<u8>(), p.cast(), n);
        }
        p.cast()
    }

    fn PyTraceMalloc_Track(_domain: u32, _at: usize, _size: usize) -> std::ffi::c_int {
        -2
    }

    fn PyTraceMalloc_Untrack(_domain: u32, _at: usize) -> std::ffi::c_int {
        -2
    }
}
