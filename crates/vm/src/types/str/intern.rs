//! Interned strings: one object per text, never moved, never freed. Attribute names are compared by address.

use std::cell::Cell;

use hashbrown::HashTable;

use super::Str;
use crate::gil::Guarded;
use crate::value::{Gc, Root, Value};

/// Addresses of the interned objects, by the hash of their text.
static TABLE: Guarded<HashTable<usize>> = Guarded::new(HashTable::new());
/// The interned strings, so that the collector keeps them (a list of their addresses is not traced).
static KEEP: Root = Root::new();
static EMPTY: Cached = Cached(Cell::new(0));
static LATIN1: Latin1 = Latin1(Cell::new([0; 256]));

struct Cached(Cell<usize>);
struct Latin1(Cell<[usize; 256]>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Cached {}
// SAFETY: touched only with the GIL held.
unsafe impl Sync for Latin1 {}

/// The interned string with this hash that `is_it` recognises.
fn find(hash: i64, is_it: impl Fn(&Str) -> bool) -> Option<Gc<Str>> {
    TABLE
        .with(|t| {
            t.find(hash as u64, |&a| is_it(&Str::from_address(a)))
                .copied()
        })
        .map(Str::from_address)
}

/// Enters a pinned string that has no equal in the table yet.
fn add(hash: i64, s: Gc<Str>) -> Gc<Str> {
    s.interned.set(true);
    s.hash.set(hash);
    let address = s.as_ptr() as usize;
    TABLE.with(|t| {
        t.insert_unique(hash as u64, address, |&a| {
            Str::from_address(a).hash.get() as u64
        });
    });
    keep(s.value());
    s
}

/// Keeps `v` alive for good: chunks of pinned arrays, linked by their first element.
fn keep(v: Value) {
    use crate::value::Array;
    const CHUNK: usize = 512;
    static USED: Cached = Cached(Cell::new(CHUNK));
    if USED.0.get() == CHUNK {
        let chunk = Array::new_pinned(CHUNK).expect("memory for interned strings");
        chunk.put_opt(0, KEEP.get());
        KEEP.set(chunk.value());
        USED.0.set(1);
    }
    let n = USED.0.get();
    if let Some(chunk) = KEEP.get().and_then(|v| v.cast::<Array>()) {
        chunk.put(n, v);
    }
    USED.0.set(n + 1);
}

/// The interned string equal to `s`.
pub(super) fn intern(s: Gc<Str>) -> Gc<Str> {
    find_interned(s).unwrap_or_else(|| {
        let copy =
            Str::allocate(s.width, s.len, s.ascii, true).expect("memory for interned strings");
        copy.write_at(0, s);
        add(s.hash(), copy)
    })
}

/// The interned string with this text.
pub fn intern_str(text: &str) -> Gc<Str> {
    if !text.is_ascii() {
        return intern(Str::new(text).expect("memory for interned strings"));
    }
    let bytes = text.as_bytes();
    let hash = super::hash_of(bytes);
    find(hash, |s| s.as_ascii() == Some(text)).unwrap_or_else(|| {
        let s = Str::allocate(1, bytes.len(), true, true).expect("memory for interned strings");
        s.fill_bytes(bytes);
        add(hash, s)
    })
}

/// The interned string equal to `s`, if there is one already.
pub fn find_interned(s: Gc<Str>) -> Option<Gc<Str>> {
    if s.interned.get() {
        return Some(s);
    }
    find(s.hash(), |t| t.equals(&s))
}

/// The empty string.
pub fn empty() -> Gc<Str> {
    if EMPTY.0.get() == 0 {
        EMPTY.0.set(intern_str("").as_ptr() as usize);
    }
    Str::from_address(EMPTY.0.get())
}

/// The string of one Latin-1 character.
pub fn latin1_char(c: u8) -> Gc<Str> {
    // SAFETY: GIL held; a shared view of the cell's array.
    let table: &[Cell<usize>] = unsafe { &*LATIN1.0.as_ptr().cast::<[Cell<usize>; 256]>() };
    let cell = &table[c as usize];
    if cell.get() == 0 {
        let s = Str::allocate(1, 1, c < 128, false).expect("memory for a string");
        s.fill_bytes(&[c]);
        cell.set(intern(s).as_ptr() as usize);
    }
    Str::from_address(cell.get())
}

/// A name known at compile time; see the `name!` macro.
pub struct StaticName(&'static str, Cell<usize>);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for StaticName {}

impl StaticName {
    /// Declares a name.
    pub const fn new(text: &'static str) -> Self {
        StaticName(text, Cell::new(0))
    }

    /// The interned string.
    #[inline(always)]
    pub fn get(&self) -> Gc<Str> {
        if self.1.get() == 0 {
            self.1.set(intern_str(self.0).as_ptr() as usize);
        }
        Str::from_address(self.1.get())
    }
}

/// The interned string of a literal: `name!("__init__")`.
#[macro_export]
macro_rules! name {
    ($text:expr) => {{
        static NAME: $crate::types::str::intern::StaticName =
            $crate::types::str::intern::StaticName::new($text);
        NAME.get()
    }};
}
