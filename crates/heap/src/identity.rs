//! Stable identities of objects that may move.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::collect::Kind;
use crate::header::{HAS_ID, Header, Obj, hdr};
use crate::state::{Heap, heap};

/// A quick hash for addresses.
#[derive(Default)]
pub(crate) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_u64(u64::from(b)));
    }

    fn write_u64(&mut self, n: u64) {
        let h = (self.0 ^ n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = h ^ (h >> 32);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
}

/// A map keyed by address.
pub(crate) type AddressMap<V> = HashMap<usize, V, BuildHasherDefault<AddressHasher>>;

/// Numbers start above all user-space addresses.
const FIRST: u64 = 1 << 47;

/// Numbers of objects that were young when asked.
pub(crate) struct Ids {
    numbers: AddressMap<u64>,
    young: Vec<usize>,
    next: u64,
}

impl Ids {
    pub const fn new() -> Self {
        Ids {
            numbers: HashMap::with_hasher(BuildHasherDefault::new()),
            young: Vec::new(),
            next: FIRST,
        }
    }
}

/// A number that stays the same during the object's life and is unique among live objects: the address for objects
/// that do not move, otherwise a multiple of 16 that is no address.
pub fn identity(obj: *mut Header) -> u64 {
    let h = heap();
    if hdr(obj).has(HAS_ID) {
        return h.ids.numbers[&(obj as usize)];
    }
    if !h.in_nursery(obj) {
        return obj as u64;
    }
    let id = h.ids.next;
    h.ids.next += 16;
    h.ids.numbers.insert(obj as usize, id);
    h.ids.young.push(obj as usize);
    hdr(obj).set(HAS_ID);
    id
}

impl Heap {
    pub(crate) fn settle_ids(&mut self, kind: Kind) {
        match kind {
            Kind::Minor => self.move_young_ids(),
            Kind::Major => {
                let mem = &self.mem;
                self.ids.numbers.retain(|&at, _| mem.is_marked(at));
                self.ids.young.retain(|&at| mem.is_marked(at));
            }
        }
    }

    fn move_young_ids(&mut self) {
        for at in std::mem::take(&mut self.ids.young) {
            let fate = self.fate(Kind::Minor, at as Obj);
            match fate {
                Some(new) if new as usize == at => {}
                _ => self.move_id(at, fate),
            }
            if let Some(new) = fate.filter(|&o| self.in_nursery(o)) {
                self.ids.young.push(new as usize);
            }
        }
    }

    fn move_id(&mut self, at: usize, to: Option<Obj>) {
        let id = self.ids.numbers.remove(&at);
        if let (Some(id), Some(new)) = (id, to) {
            self.ids.numbers.insert(new as usize, id);
        }
    }
}
