//! Memory for machine code: a reserved region, filled front to back; pages are writable while a unit is copied
//! into them and executable afterwards, never both.

use std::cell::Cell;
use std::ops::Range;

/// Size of the region.
const REGION: usize = 256 << 20;
const PAGE: usize = 4096;
/// Size of a cache line.
const LINE: usize = 64;

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

/// A direct call in a piece of machine code: the place of its 32-bit distance, and where that is to lead (with the
/// addend of the relocation).
pub struct DirectCall {
    /// Byte offset in the code.
    pub offset: usize,
    /// Address of the function plus the addend.
    pub target: usize,
}

/// Where the region begins.
fn start() -> Option<usize> {
    if CODE.start.get() == 0 {
        CODE.start.set(reserve()?);
    }
    Some(CODE.start.get())
}

/// Whether a direct call can lead from anywhere in the region to `address`.
pub fn in_reach(address: usize) -> bool {
    /// Distances of a call, with some room for addends.
    const REACH: usize = (1 << 31) - PAGE;
    start().is_some_and(|s| address > (s + REGION).saturating_sub(REACH) && address < s + REACH)
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
    let page = start()? + CODE.used.get();
    let at = page + offset;
    if CODE.used.get() + size > REGION {
        return None;
    }
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
