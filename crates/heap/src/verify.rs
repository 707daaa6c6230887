//! The heap checker: walks everything and reports the first broken invariant.

use crate::header::{CARDS, FORWARDED, Obj, PINNED, body, hdr};
use crate::layout::Trace;
use crate::memory::{BLOCK, kind};
use crate::state::{Heap, heap};
use crate::visitor::Mode;

/// Checks the heap: references point at objects, none is forwarded, old objects that point at young ones are
/// remembered, objects do not overlap.
pub fn verify() -> Result<(), String> {
    heap().verify_now()
}

/// A set of object addresses.
struct Starts {
    base: usize,
    bits: Vec<u64>,
}

impl Starts {
    fn contains(&self, at: usize) -> bool {
        let i = at.wrapping_sub(self.base) >> 3;
        at & 7 == 0
            && self
                .bits
                .get(i >> 6)
                .is_some_and(|w| w >> (i & 63) & 1 != 0)
    }
}

impl Heap {
    fn set_of(&self, objects: &[Obj]) -> Starts {
        let base = self.mem.base;
        let mut bits = vec![0u64; self.mem.frontier * BLOCK / 512];
        for &obj in objects {
            let i = (obj as usize - base) >> 3;
            bits[i >> 6] |= 1 << (i & 63);
        }
        Starts { base, bits }
    }

    pub(crate) fn verify_now(&mut self) -> Result<(), String> {
        let mut objects: Vec<Obj> = Vec::new();
        self.walk(&mut |o| objects.push(o));
        let starts = self.set_of(&objects);
        let remembered = self.set_of(&self.remembered);
        let weak: Vec<Obj> = self.weak.list.all().copied().collect();
        self.verify_order(&objects)?;
        for &obj in &objects {
            self.verify_header(obj)?;
            self.verify_slots(obj, &starts, &remembered)?;
        }
        for obj in weak.into_iter().filter(|&o| starts.contains(o as usize)) {
            self.verify_weak_slot(obj, &starts)?;
        }
        self.verify_roots(&starts)?;
        self.verify_tables(&starts)
    }

    fn verify_order(&self, objects: &[Obj]) -> Result<(), String> {
        let mut end = 0;
        for &obj in objects {
            if (obj as usize) < end {
                return Err(format!("{obj:?} overlaps the object before it"));
            }
            let at = obj as usize;
            end = at + hdr(obj).size();
            let small = matches!(self.mem.kind_at(at), kind::NURSERY | kind::OLD);
            if small && end > (at & !(BLOCK - 1)) + BLOCK {
                return Err(format!("{obj:?} leaves its block"));
            }
        }
        Ok(())
    }

    fn verify_header(&self, obj: Obj) -> Result<(), String> {
        let h = hdr(obj);
        let bad_flags = if h.has(CARDS) {
            FORWARDED
        } else {
            FORWARDED | PINNED
        };
        if h.has(bad_flags) || !self.layouts.knows(h.layout()) {
            return Err(format!("{obj:?} has header {:#x}", h.0.get()));
        }
        Ok(())
    }

    fn verify_slots(
        &mut self,
        obj: Obj,
        starts: &Starts,
        remembered: &Starts,
    ) -> Result<(), String> {
        let young = self.is_young(obj);
        let slots = self.slots_of(obj);
        for &slot in &slots {
            let w = self.slot(slot);
            if !self.mem.is_ref(w) {
                continue;
            }
            self.verify_target(w, starts).map_err(|e| {
                let index = (slot as usize).wrapping_sub(body(obj) as usize) / 8;
                format!("{obj:?} (header {:#x}) slot {index}: {e}", hdr(obj).0.get())
            })?;
            if !young
                && self.is_young(w as Obj)
                && !(self.is_logged(obj, slot) && remembered.contains(obj as usize))
            {
                return Err(format!(
                    "old {obj:?} refers to young {w:#x} and is not remembered"
                ));
            }
        }
        Ok(())
    }

    fn verify_weak_slot(&self, obj: Obj, starts: &Starts) -> Result<(), String> {
        if !matches!(self.layouts.get(hdr(obj).layout()), Trace::Weak { .. }) {
            return Err(format!("{obj:?} is tracked as weak and has no such layout"));
        }
        let w = self.slot(body(obj));
        if self.mem.is_ref(w) {
            self.verify_target(w, starts)
                .map_err(|e| format!("weak {obj:?}: {e}"))?;
        }
        Ok(())
    }

    fn verify_target(&self, w: u64, starts: &Starts) -> Result<(), String> {
        if starts.contains(w as usize) {
            return Ok(());
        }
        let k = if self.mem.in_used(w as usize) {
            self.mem.kind_at(w as usize)
        } else {
            u8::MAX
        };
        Err(format!("{w:#x} (block kind {k}) is not an object"))
    }

    fn verify_roots(&mut self, starts: &Starts) -> Result<(), String> {
        self.found.clear();
        self.visit_roots(Mode::Collect);
        for slot in std::mem::take(&mut self.found) {
            let w = self.slot(slot);
            if self.mem.is_ref(w) {
                self.verify_target(w, starts)
                    .map_err(|e| format!("root {slot:?}: {e}"))?;
            }
        }
        Ok(())
    }

    fn verify_tables(&self, starts: &Starts) -> Result<(), String> {
        for link in self.links.list.all() {
            self.verify_target(link.obj as u64, starts)
                .map_err(|e| format!("link {:#x}: {e}", link.link))?;
        }
        for &obj in &self.remembered {
            if !starts.contains(obj as usize) || self.is_young(obj) {
                return Err(format!("remembered {obj:?} is not an old object"));
            }
        }
        Ok(())
    }
}
