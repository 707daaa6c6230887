//! What the machine code of a function refers to: functions it calls, data it takes the addresses of or reads.
//! Parts of the function that the compiler has put elsewhere are followed, functions it calls are not.

use std::collections::HashSet;

use super::super::image::Image;
use super::functions::{Extent, File};
use super::x86::{Refers, decode};

/// The references of one function.
#[derive(Default, Debug)]
pub struct References {
    /// Functions that are called, or gone to at the end; those of other files by their own addresses.
    pub calls: HashSet<usize>,
    /// Addresses that are taken.
    pub addresses: HashSet<usize>,
    /// Words that lie where the code reads (what the linker has put there: addresses of other files' data).
    pub words: HashSet<usize>,
    /// Bytes of code.
    pub size: usize,
}

/// The most code of one function.
const LIMIT: usize = 1 << 18;

/// Reads the function that begins at `start`. None: its code is not understood.
pub fn of(image: &Image, file: &File, start: usize) -> Option<References> {
    let first = file.function(image, start).filter(|e| e.start == start)?;
    let mut out = References::default();
    let mut parts: Vec<Extent> = vec![first];
    let mut ways: Vec<(usize, bool)> = Vec::new();
    let mut next = 0;
    while let Some(&part) = parts.get(next) {
        next += 1;
        out.size += part.end - part.start;
        if out.size > LIMIT {
            return None;
        }
        sweep(image, part, &mut out, &mut ways)?;
        for (to, conditional) in std::mem::take(&mut ways) {
            if parts.iter().any(|p| p.holds(to)) {
                continue;
            }
            match file.function(image, to) {
                // The beginning of something else that is always gone to is another function.
                Some(e) if conditional || e.start != to => parts.push(e),
                _ => {
                    out.calls.insert(destination(image, to));
                }
            }
        }
    }
    Some(out)
}

/// One stretch of code, from its first to its last instruction.
fn sweep(
    image: &Image,
    part: Extent,
    out: &mut References,
    ways: &mut Vec<(usize, bool)>,
) -> Option<()> {
    let code = image.bytes(part.start, part.end - part.start)?;
    let mut at = 0;
    while at < code.len() {
        let (size, refers) = decode(&code[at..], part.start + at)?;
        match refers {
            Refers::Nothing => {}
            Refers::Call(to) => {
                out.calls.insert(destination(image, to));
            }
            Refers::Jump(to) => ways.push((to, false)),
            Refers::Branch(to) => ways.push((to, true)),
            Refers::Address(a) => {
                out.addresses.insert(a);
            }
            Refers::Through(slot) => out.calls.extend(image.read::<usize>(slot)),
            Refers::Memory(slot) => out.words.extend(image.read::<usize>(slot)),
        }
        at += size;
    }
    Some(())
}

/// Where a call arrives: behind the stub that the linker has made for a function of another file.
fn destination(image: &Image, to: usize) -> usize {
    let stub = || {
        let mut at = to;
        for _ in 0..2 {
            let code = image.bytes(at, 16)?;
            match decode(code, at)? {
                (_, Refers::Through(slot)) => return image.read::<usize>(slot),
                (4, Refers::Nothing) if code[..4] == [0xf3, 0x0f, 0x1e, 0xfa] => at += 4,
                _ => return None,
            }
        }
        None
    };
    stub().unwrap_or(to)
}
