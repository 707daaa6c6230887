//! Memory for machine code: parts are reserved as they are needed, each filled front to back; pages are writable while a unit
//! is copied into them and executable afterwards, never both.
//!
//! Processors foretell a branch to another 4 GB of addresses less well: a call of a few cycles takes half as many more. So
//! parts are small: the kernel then puts them next to the libraries that code calls, before and behind.

use std::cell::Cell;
use std::ops::Range;

/// Size of a part.
const PART: usize = 4 << 20;
/// Most bytes of all parts.
const MOST: usize = 256 << 20;
/// How far parts may lie from the first one.
const SPREAD: usize = 512 << 20;
const PAGE: usize = 4096;
/// Size of a cache line.
const LINE: usize = 64;

struct Region {
    /// Where the first part begins; 0: there is none.
    first: Cell<usize>,
    /// Where the part begins that is being filled.
    part: Cell<usize>,
    /// How much of that is used.
    used: Cell<usize>,
    /// Bytes of machine code so far.
    total: Cell<usize>,
}

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Region {}

static CODE: Region = Region {
    first: Cell::new(0),
    part: Cell::new(0),
    used: Cell::new(0),
    total: Cell::new(0),
};

/// A direct call in a piece of machine code: the place of its 32-bit distance, and where that is to lead (with the
/// addend of the relocation).
pub struct DirectCall {
    /// Byte offset in the code.
    pub offset: usize,
    /// Address of the function plus the addend.
    pub target: usize,
}

/// Where the first part begins.
fn first() -> Option<usize> {
    if CODE.first.get() == 0 {
        let part = reserve(std::ptr::null_mut(), 0)?;
        CODE.first.set(part);
        CODE.part.set(part);
    }
    Some(CODE.first.get())
}

/// Whether a direct call can lead from anywhere in the parts to `address`.
pub fn in_reach(address: usize) -> bool {
    /// Distances of a call from the first part, with some room for addends.
    const REACH: usize = (1 << 31) - SPREAD - PART - PAGE;
    first().is_some_and(|first| address.abs_diff(first) < REACH)
}

/// Whole pages that have never been used; None if there are none (left).
fn pages(size: usize) -> Option<usize> {
    let first = first()?;
    if size > PART || CODE.total.get() + size > MOST {
        return None;
    }
    if CODE.used.get() + size > PART {
        CODE.part.set(another(first)?);
        CODE.used.set(0);
    }
    let at = CODE.part.get() + CODE.used.get();
    CODE.used.set(CODE.used.get() + size);
    CODE.total.set(CODE.total.get() + size);
    Some(at)
}

/// Reserves a part that is near the first one.
fn another(first: usize) -> Option<usize> {
    let anywhere = reserve(std::ptr::null_mut(), 0)?;
    if anywhere.abs_diff(first) <= SPREAD {
        return Some(anywhere);
    }
    // SAFETY: the reservation just made.
    unsafe { libc::munmap(anywhere as *mut libc::c_void, PART) };
    let distances = (1..=SPREAD / PART).map(|n| n * PART);
    let mut places = distances.flat_map(|d| [first - d, first + d]);
    places.find_map(|at| reserve(at as *mut libc::c_void, libc::MAP_FIXED_NOREPLACE))
}

/// How machine code is best placed.
pub struct Placing {
    /// What its constants are aligned to.
    pub alignment: usize,
    /// The bytes of its shortest loop.
    pub tight_loop: Option<Range<usize>>,
}

impl Placing {
    /// Bytes from the beginning of a page to the code: as few as it takes to have the loop lie in as few cache lines as it can. A
    /// loop of a call and little else takes three cycles a round in one line and four across two.
    fn offset(&self) -> usize {
        let Some(hot) = &self.tight_loop else {
            return 0;
        };
        let lines =
            |offset: &usize| (hot.end + offset).div_ceil(LINE) - (hot.start + offset) / LINE;
        let step = self.alignment.max(8);
        (0..LINE).step_by(step).min_by_key(lines).unwrap_or(0)
    }
}

/// Copies machine code to executable memory and fills its direct calls in; None if there is no room (left).
pub fn install(code: &[u8], calls: &[DirectCall], placing: &Placing) -> Option<usize> {
    let offset = placing.offset();
    let size = (offset + code.len()).next_multiple_of(PAGE);
    let page = pages(size)?;
    let at = page + offset;
    let mut code = code.to_vec();
    for call in calls {
        let distance = i32::try_from(call.target.wrapping_sub(at + call.offset) as isize).ok()?;
        code.get_mut(call.offset..call.offset + 4)?
            .copy_from_slice(&distance.to_le_bytes());
    }
    // SAFETY: the pages lie in the reserved region and have never been used; nobody executes them yet.
    unsafe {
        let p = page as *mut libc::c_void;
        if libc::mprotect(p, size, libc::PROT_READ | libc::PROT_WRITE) != 0 {
            return None;
        }
        std::ptr::copy_nonoverlapping(code.as_ptr(), at as *mut u8, code.len());
        if libc::mprotect(p, size, libc::PROT_READ | libc::PROT_EXEC) != 0 {
            return None;
        }
    }
    Some(at)
}

/// Bytes of machine code so far.
pub fn used() -> usize {
    CODE.total.get()
}

/// Reserves a part, at an address if `flags` say so.
fn reserve(at: *mut libc::c_void, flags: libc::c_int) -> Option<usize> {
    let flags = flags | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: an anonymous reservation without access, where nothing is mapped.
    let p = unsafe { libc::mmap(at, PART, libc::PROT_NONE, flags, -1, 0) };
    // Kernels that do not know the flag put it elsewhere.
    let there = at.is_null() || p == at;
    if p != libc::MAP_FAILED && !there {
        // SAFETY: the reservation just made.
        unsafe { libc::munmap(p, PART) };
    }
    (p != libc::MAP_FAILED && there).then_some(p as usize)
}
