//! The C heap: what extensions allocate through the API, and mirrors. One reserved address range, so that "has this
//! pointer a prefix?" is a range compare; 16 bytes before each block belong to the boundary.

use std::cell::UnsafeCell;
use std::ffi::c_void;

/// Bytes before a block.
pub const PREFIX: usize = 16;
const RESERVED: usize = 64 << 30;
const CLASSES: usize = 40;

struct Area {
    base: usize,
    next: usize,
    /// Free blocks by power of two, linked through their first word.
    free: [usize; CLASSES],
}

struct Global(UnsafeCell<Area>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Global {}

static AREA: Global = Global(UnsafeCell::new(Area {
    base: 0,
    next: 0,
    free: [0; CLASSES],
}));

fn reserve(area: &mut Area) {
    let prot = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let mut size = RESERVED;
    // SAFETY: plain anonymous reservation.
    let mut p = unsafe { libc::mmap(std::ptr::null_mut(), size, prot, flags, -1, 0) };
    while p == libc::MAP_FAILED && size > 1 << 26 {
        size /= 2;
        // SAFETY: as above.
        p = unsafe { libc::mmap(std::ptr::null_mut(), size, prot, flags, -1, 0) };
    }
    assert!(p != libc::MAP_FAILED, "no address space for the C heap");
    area.base = p as usize;
    area.next = area.base;
}

fn class_of(size: usize) -> usize {
    (size + PREFIX).max(32).next_power_of_two().trailing_zeros() as usize
}

/// A block of at least `size` bytes, not cleared; its prefix is: link 0, class.
pub fn alloc(size: usize) -> *mut u8 {
    // SAFETY: GIL held; the free list holds blocks of the class, fresh ones come from the reservation.
    unsafe {
        let area = &mut *AREA.0.get();
        if area.base == 0 {
            reserve(area);
        }
        let class = class_of(size);
        let start = if area.free[class] != 0 {
            let b = area.free[class];
            area.free[class] = *(b as *const usize);
            b
        } else {
            let b = area.next;
            if b + (1 << class) > area.base + RESERVED {
                return std::ptr::null_mut();
            }
            area.next += 1 << class;
            b
        };
        *(start as *mut usize) = 0;
        *(start as *mut usize).add(1) = class;
        (start + PREFIX) as *mut u8
    }
}

/// Usable bytes of the blocks `alloc_number` gives.
pub const SMALL: usize = (1 << SMALL_CLASS) - PREFIX;
const SMALL_CLASS: usize = 6;

/// A block for an int or a float, not cleared.
#[inline(always)]
pub fn alloc_number() -> *mut u8 {
    // SAFETY: GIL held; blocks on the free list of a class have the class in their prefix already.
    unsafe {
        let area = &mut *AREA.0.get();
        let start = area.free[SMALL_CLASS];
        if start == 0 {
            return alloc(SMALL);
        }
        area.free[SMALL_CLASS] = *(start as *const usize);
        *(start as *mut usize) = 0;
        (start + PREFIX) as *mut u8
    }
}

/// Returns the block of an int or a float, which may have been made outside this heap or with many digits.
///
/// # Safety
/// Nobody uses the object any more.
#[inline(always)]
pub unsafe fn release_number(p: *mut u8) {
    if !owns(p) {
        return;
    }
    // SAFETY: by contract; a block of this heap.
    unsafe { release(p) }
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
    // SAFETY: GIL held; plain reads.
    let (base, next) = unsafe { ((*AREA.0.get()).base, (*AREA.0.get()).next) };
    (p as usize) >= base && (p as usize) < next
}

/// Returns a block.
///
/// # Safety
/// `p` is a block of this heap that nobody uses any more.
#[inline(always)]
pub unsafe fn release(p: *mut u8) {
    // SAFETY: by contract the prefix precedes the block.
    unsafe {
        let area = &mut *AREA.0.get();
        let start = p as usize - PREFIX;
        let class = *(start as *const usize).add(1);
        *(start as *mut usize) = area.free[class];
        area.free[class] = start;
    }
}

/// The link word of a block: the managed object's address, or 0.
///
/// # Safety
/// `p` is a block of this heap.
pub unsafe fn link_of<T>(p: *const T) -> *mut usize {
    (p as usize - PREFIX) as *mut usize
}

fn usable(p: *mut c_void) -> usize {
    // SAFETY: callers pass blocks of this heap.
    unsafe { (1usize << *((p as usize - PREFIX) as *const usize).add(1)) - PREFIX }
}

macro_rules! allocators {
    ($($malloc:ident $calloc:ident $realloc:ident $free:ident;)*) => {$(
        /// Allocates.
        #[unsafe(no_mangle)]
        pub extern "C" fn $malloc(n: usize) -> *mut c_void {
            alloc(n.max(1)).cast()
        }

        /// Allocates cleared memory.
        #[unsafe(no_mangle)]
        pub extern "C" fn $calloc(n: usize, size: usize) -> *mut c_void {
            match n.checked_mul(size) {
                Some(total) => alloc_zeroed(total.max(1)).cast(),
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
            if usable(p) >= n {
                return p;
            }
            let new = $malloc(n);
            if !new.is_null() {
                // SAFETY: both blocks have at least the old size.
                unsafe {
                    std::ptr::copy_nonoverlapping(p.cast::<u8>(), new.cast::<u8>(), usable(p));
                    release(p.cast());
                }
            }
            new
        }

        /// Frees a block.
        ///
        /// # Safety
        /// `p` is null or a block from this family of functions.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $free(p: *mut c_void) {
            if !p.is_null() && owns(p) {
                // SAFETY: by contract.
                unsafe { release(p.cast()) }
            }
        }
    )*};
}

allocators! {
    PyMem_Malloc PyMem_Calloc PyMem_Realloc PyMem_Free;
    PyObject_Malloc PyObject_Calloc PyObject_Realloc PyObject_Free;
}
