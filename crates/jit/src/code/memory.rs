//! Memory for machine code: a reserved region, filled front to back; pages are writable while a unit is copied
//! into them and executable afterwards, never both.

use std::cell::Cell;

/// Size of the region.
const REGION: usize = 256 << 20;
const PAGE: usize = 4096;

struct Region {
    start: Cell<usize>,
    used: Cell<usize>,
}

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Region {}

static CODE: Region = Region {
    start: Cell::new(0),
    used: Cell::new(0),
};

/// Copies machine code to executable memory; None if there is no room (left).
pub fn install(code: &[u8]) -> Option<usize> {
    if CODE.start.get() == 0 {
        CODE.start.set(reserve()?);
    }
    let size = code.len().next_multiple_of(PAGE);
    let at = CODE.start.get() + CODE.used.get();
    if CODE.used.get() + size > REGION {
        return None;
    }
    // SAFETY: the pages lie in the reserved region and have never been used; nobody executes them yet.
    unsafe {
        let p = at as *mut libc::c_void;
        if libc::mprotect(p, size, libc::PROT_READ | libc::PROT_WRITE) != 0 {
            return None;
        }
        std::ptr::copy_nonoverlapping(code.as_ptr(), p.cast(), code.len());
        if libc::mprotect(p, size, libc::PROT_READ | libc::PROT_EXEC) != 0 {
            return None;
        }
    }
    CODE.used.set(CODE.used.get() + size);
    Some(at)
}

/// Bytes of machine code so far.
pub fn used() -> usize {
    CODE.used.get()
}

fn reserve() -> Option<usize> {
    // SAFETY: a plain anonymous reservation without access.
    let p = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            REGION,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    (p != libc::MAP_FAILED).then_some(p as usize)
}
