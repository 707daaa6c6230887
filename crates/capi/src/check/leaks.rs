//! References that nobody holds, at exit: an object whose count is higher than the number of places in which its address
//! was found. Such a place is a word of a block of the C heap, or of the writable data of an extension. What an extension
//! keeps in memory from elsewhere looks like a leak, so this is a list to read and not an error.

use std::collections::BTreeMap;

use super::blocks;
use crate::boundary::links::AddressMap;
use crate::boundary::{BIAS, to_c};
use crate::layout::Ref;
use crate::memory;

/// Writes the list to the standard error output. After the last code of the program has run.
pub fn report() {
    blocks::verify_all();
    let all = blocks::in_use();
    let mut held: AddressMap<isize> = AddressMap::default();
    for b in &all {
        held.insert(b.0, 0);
    }
    for &(p, size, ..) in &all {
        // SAFETY: a block in use.
        unsafe { count_words(p, size, &mut held) };
    }
    for (from, to) in writable_data() {
        // SAFETY: a mapping of this process that can be read.
        unsafe { count_words(from, to - from, &mut held) };
    }
    for p in to_c::lent() {
        *held.entry(p).or_insert(0) += 1;
    }
    let mut lost: BTreeMap<(String, String), isize> = BTreeMap::new();
    for &(p, size, module, may_be_object) in &all {
        if module == 0 || !may_be_object || size < 16 {
            continue;
        }
        let op = p as Ref;
        if super::arguments::object(op).is_err() || crate::types::is_type(op) {
            continue;
        }
        // SAFETY: a live object with a prefix.
        let (count, linked) = unsafe { ((*op).refcnt, *memory::link_of(op) != 0) };
        let of_c = if linked { count - BIAS } else { count };
        let missing = of_c - held.get(&p).copied().unwrap_or(0);
        if missing > 0 && missing < BIAS / 2 {
            let key = (blocks::module_name(module), super::arguments::type_name(op));
            *lost.entry(key).or_insert(0) += missing;
        }
    }
    for ((module, ty), n) in lost {
        eprintln!(
            "capi check: {module}: {n} references to '{ty}' objects are held by nobody at exit"
        );
    }
}

unsafe fn count_words(p: usize, size: usize, held: &mut AddressMap<isize>) {
    for i in 0..size / 8 {
        // SAFETY: callers pass readable memory.
        let word = unsafe { *(p as *const usize).add(i) };
        if let Some(n) = held.get_mut(&word) {
            *n += 1;
        }
    }
}

/// The writable parts of the loaded extensions' files (initialised data; what follows it without a file is theirs too).
fn writable_data() -> Vec<(usize, usize)> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut out = Vec::new();
    let mut in_library = false;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else {
            continue;
        };
        let path = words.nth(3).unwrap_or("");
        in_library = path.contains(".so") || path.is_empty() && in_library;
        let Some((from, to)) = range.split_once('-') else {
            continue;
        };
        if in_library
            && rights.starts_with("rw")
            && let (Ok(from), Ok(to)) = (
                usize::from_str_radix(from, 16),
                usize::from_str_radix(to, 16),
            )
            && to - from < 1 << 28
        {
            out.push((from, to));
        }
    }
    out
}
