//! Where the functions of a loaded file begin and end: its unwind tables (`.eh_frame_hdr`, `.eh_frame`) say it, also
//! when its symbols are stripped.

use std::ffi::{c_int, c_void};

use super::super::image::Image;

/// One loaded file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    start: usize,
    end: usize,
    /// Its index of unwind entries.
    index: usize,
}

/// Where one function, or a part of one that lies elsewhere, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    pub start: usize,
    pub end: usize,
}

impl Extent {
    /// Whether the address lies in it.
    pub fn holds(self, at: usize) -> bool {
        (self.start..self.end).contains(&at)
    }
}

impl File {
    /// The loaded file that this address lies in.
    pub fn of(address: usize) -> Option<File> {
        let mut search = Search {
            address,
            found: None,
        };
        // SAFETY: the callback gets the search as its data and keeps no reference.
        unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
        search.found.filter(|f| f.index != 0)
    }

    /// Whether the address lies in this file.
    pub fn holds(&self, at: usize) -> bool {
        (self.start..self.end).contains(&at)
    }

    /// The function part that holds this address of code.
    pub fn function(&self, image: &Image, at: usize) -> Option<Extent> {
        // version, encodings of: pointer to the frames, count, entries; only what linkers write is read.
        const HEAD: [u8; 4] = [1, 0x1b, 0x03, 0x3b];
        if !self.holds(at) || image.bytes(self.index, 4)? != HEAD {
            return None;
        }
        let count = image.i32(self.index + 8)?;
        let place = |i: usize| self.index + 12 + i * 8;
        let start = |i: usize| Some(offset(self.index, image.i32(place(i))?));
        let (mut low, mut high) = (0, usize::try_from(count).ok()?);
        while low < high {
            let middle = low + (high - low) / 2;
            if start(middle)? <= at {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let entry = low.checked_sub(1)?;
        let frame = offset(self.index, image.i32(place(entry) + 4)?);
        let found = extent(image, frame)?;
        (found.start == start(entry)? && found.holds(at)).then_some(found)
    }
}

fn offset(base: usize, distance: i32) -> usize {
    base.wrapping_add(distance as usize)
}

/// The range that an unwind entry describes.
fn extent(image: &Image, frame: usize) -> Option<Extent> {
    let back = image.i32(frame + 4)?;
    if back <= 0 || encoding(image, frame + 4 - back as usize)? != 0x1b {
        return None;
    }
    let start = offset(frame + 8, image.i32(frame + 8)?);
    let size = usize::try_from(image.i32(frame + 12)?).ok()?;
    Some(Extent {
        start,
        end: start.checked_add(size)?,
    })
}

/// How entries that share this head write addresses.
fn encoding(image: &Image, head: usize) -> Option<u8> {
    let mut at = head + 8;
    let mut byte = || {
        at += 1;
        image.bytes(at - 1, 1).map(|b| b[0])
    };
    if !matches!(byte()?, 1 | 3) || byte()? != b'z' {
        return None;
    }
    let mut letters = Vec::new();
    loop {
        match byte()? {
            0 => break,
            c => letters.push(c),
        }
    }
    // Two factors, the register of the return address, the length of what follows.
    for _ in 0..4 {
        while byte()? & 0x80 != 0 {}
    }
    for c in letters {
        match c {
            b'R' => return byte(),
            b'L' => _ = byte()?,
            b'P' => {
                let size = match byte()? & 0x0f {
                    0x03 | 0x0b => 4,
                    0x00 | 0x04 | 0x0c => 8,
                    _ => return None,
                };
                for _ in 0..size {
                    byte()?;
                }
            }
            b'S' | b'B' => {}
            _ => return None,
        }
    }
    None
}

struct Search {
    address: usize,
    found: Option<File>,
}

unsafe extern "C" fn visit(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the loader passes a valid record; `data` is the search `of` gave.
    unsafe {
        let search = &mut *data.cast::<Search>();
        let base = (*info).dlpi_addr as usize;
        let mut file = File {
            start: usize::MAX,
            end: 0,
            index: 0,
        };
        for i in 0..(*info).dlpi_phnum as usize {
            let h = &*(*info).dlpi_phdr.add(i);
            let start = base.wrapping_add(h.p_vaddr as usize);
            match h.p_type {
                libc::PT_LOAD => {
                    file.start = file.start.min(start);
                    file.end = file.end.max(start.wrapping_add(h.p_memsz as usize));
                }
                libc::PT_GNU_EH_FRAME => file.index = start,
                _ => {}
            }
        }
        if file.holds(search.address) {
            search.found = Some(file);
            return 1;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    extern "C" fn somewhere(x: u64) -> u64 {
        std::hint::black_box(x) * 3
    }

    #[test]
    fn functions_have_bounds() {
        let image = Image::of_process();
        let at = somewhere as *const () as usize;
        let file = File::of(at).expect("the program itself");
        assert!(somewhere(2) == 6 && file.holds(at));
        if let Some(e) = file.function(&image, at + 1) {
            assert!(e.start == at && e.end > at + 3, "{e:x?} {at:x}");
        }
        assert_eq!(File::of(8), None);
        assert_eq!(file.function(&image, 8), None);
    }
}
