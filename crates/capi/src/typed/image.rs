//! The loaded files of the process as address ranges: whether a pointer that an extension gave can be read, or is
//! code, before anybody follows it.

use std::ffi::{c_int, c_void};

/// One loaded segment.
#[derive(Clone, Copy, Debug)]
struct Segment {
    start: usize,
    end: usize,
    code: bool,
}

/// The readable segments of all loaded files, by address.
pub struct Image {
    segments: Vec<Segment>,
}

impl Image {
    /// The segments as they are now.
    pub fn of_process() -> Image {
        let mut segments: Vec<Segment> = Vec::new();
        // SAFETY: the callback gets `segments` as its data and keeps no reference.
        unsafe { libc::dl_iterate_phdr(Some(collect), (&raw mut segments).cast()) };
        segments.sort_by_key(|s| s.start);
        Image { segments }
    }

    fn holds(&self, at: usize, len: usize, code: bool) -> bool {
        let Some(end) = at.checked_add(len) else {
            return false;
        };
        // Segments do not overlap: the last that begins at or before the address is the one.
        let behind = self.segments.partition_point(|s| s.start <= at);
        let found = behind.checked_sub(1).map(|i| self.segments[i]);
        found.is_some_and(|s| end <= s.end && (!code || s.code))
    }

    /// Whether the address is code.
    pub fn is_code(&self, at: usize) -> bool {
        self.holds(at, 1, true)
    }

    /// A copy of the `T` at this address, if it lies in a loaded file and is aligned. `T` must be plain data that is
    /// valid for all bits (numbers, raw addresses).
    pub fn read<T: Plain>(&self, at: usize) -> Option<T> {
        if !at.is_multiple_of(align_of::<T>()) || !self.holds(at, size_of::<T>(), false) {
            return None;
        }
        // SAFETY: the range is mapped and readable, and every bit pattern is a `T`.
        Some(unsafe { (at as *const T).read() })
    }

    /// The bytes of a readable range.
    pub fn bytes(&self, at: usize, len: usize) -> Option<&[u8]> {
        if at == 0 || !self.holds(at, len, false) {
            return None;
        }
        // SAFETY: the range is mapped and readable; extensions are never unloaded. Callers look at code and constants,
        // which nobody writes to.
        Some(unsafe { std::slice::from_raw_parts(at as *const u8, len) })
    }

    /// The number at an address, aligned or not.
    pub fn i32(&self, at: usize) -> Option<i32> {
        let b = self.bytes(at, 4)?;
        Some(i32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    /// The terminated text of at most `most` bytes at this address.
    pub fn text(&self, at: usize, most: usize) -> Option<String> {
        let mut bytes = Vec::new();
        for i in 0..most {
            match self.read::<u8>(at.checked_add(i)?)? {
                0 => return String::from_utf8(bytes).ok(),
                b => bytes.push(b),
            }
        }
        None
    }
}

/// Types that any bits are a value of.
///
/// # Safety
/// The implementor has no invalid bit patterns and no padding that matters.
pub unsafe trait Plain: Copy {}

// SAFETY: a number.
unsafe impl Plain for u8 {}
// SAFETY: a number.
unsafe impl Plain for i32 {}
// SAFETY: a number.
unsafe impl Plain for usize {}
// SAFETY: numbers.
unsafe impl Plain for [usize; 4] {}

unsafe extern "C" fn collect(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the loader passes a valid record; `data` is the vector `of_process` gave.
    unsafe {
        let segments = &mut *data.cast::<Vec<Segment>>();
        let base = (*info).dlpi_addr as usize;
        for i in 0..(*info).dlpi_phnum as usize {
            let h = &*(*info).dlpi_phdr.add(i);
            if h.p_type != libc::PT_LOAD || h.p_flags & libc::PF_R == 0 {
                continue;
            }
            let start = base.wrapping_add(h.p_vaddr as usize);
            segments.push(Segment {
                start,
                end: start.wrapping_add(h.p_memsz as usize),
                code: h.p_flags & libc::PF_X != 0,
            });
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    static WORD: usize = 42;

    #[test]
    fn reads_what_is_loaded_and_nothing_else() {
        let image = Image::of_process();
        let at = &raw const WORD as usize;
        assert_eq!(image.read::<usize>(at), Some(42));
        assert_eq!(image.read::<usize>(at + 1), None);
        assert_eq!(image.read::<usize>(0), None);
        assert_eq!(image.read::<usize>(usize::MAX - 7), None);
        assert!(image.is_code(reads_what_is_loaded_and_nothing_else as *const () as usize));
        assert!(!image.is_code(8));
    }
}
