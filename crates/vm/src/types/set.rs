//! `set` and `frozenset`: the table. CPython's scheme (a power-of-two table, runs of linear probes, then a
//! perturbed jump) is kept, so that iteration order is the same for the same insertions. Methods are in
//! `set_methods.rs`.

use std::cell::Cell;

use rivet_heap::Header;

use crate::exceptions::{PyResult, clear_if, exc, no_memory};
use crate::object::{Type, TypeFlags, instance, protocol};
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Array, ByteArea, Gc, Payload, Slot, Value};

pub use super::set_methods::{FROZEN, SPEC};

/// A set or frozenset.
#[repr(C)]
pub struct Set {
    header: Header,
    /// `Array` of keys; nothing while the table has never been needed.
    keys: Slot,
    /// `ByteArea` of hashes; -1 marks a deleted entry (whose key is null), 0 with a null key an unused one.
    hashes: Slot,
    /// Items.
    used: Cell<usize>,
    /// Items and deleted entries.
    fill: Cell<usize>,
    /// Cached hash of a frozenset; -1: not computed (0 in a fresh object means that too).
    hash: Cell<i64>,
    /// Where `pop` looks first.
    finger: Cell<usize>,
    /// Whether C code has the size before its eyes, and is told when it changes.
    watched: Cell<bool>,
}

impl Payload for Set {
    const LAYOUT: LayoutId = layout::SET;
    const KIND: Kind = Kind::Set;

    #[inline(always)]
    fn accepts(kind: Kind) -> bool {
        matches!(kind, Kind::Set | Kind::FrozenSet)
    }
}

const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
const MIN_SIZE: usize = 8;
const WORDS: usize = size_of::<Set>() / 8 - 1;
const DELETED: i64 = -1;

/// Where a key is, or that it is absent.
enum Found {
    At(usize),
    Missing,
}

impl Set {
    /// An empty set.
    pub fn new() -> PyResult<Gc<Set>> {
        Self::allocate(layout::SET)
    }

    /// An empty frozenset, to be filled before anybody else sees it.
    pub fn new_frozen() -> PyResult<Gc<Set>> {
        Self::allocate(layout::FROZENSET)
    }

    /// An empty instance of `ty`, a subclass of set or frozenset.
    pub fn new_of(ty: Gc<Type>) -> PyResult<Gc<Set>> {
        Ok(instance::allocate(ty, 0)?
            .cast::<Set>()
            .expect("a subclass of set or frozenset"))
    }

    fn allocate(id: LayoutId) -> PyResult<Gc<Set>> {
        let p = rivet_heap::alloc(id, WORDS);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout SET or FROZENSET; zero is the empty state.
        Ok(unsafe { Gc::from_raw(p.cast()) })
    }

    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.used.get()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn table(&self) -> Option<(Gc<Array>, &[Cell<i64>])> {
        let (k, h) = (self.keys.get()?, self.hashes.get()?);
        // SAFETY: only arrays are stored in `keys`, only byte areas in `hashes`.
        let (keys, hashes): (Gc<Array>, Gc<ByteArea>) = unsafe {
            (
                Gc::from_raw(k.to_word() as *mut Array),
                Gc::from_raw(h.to_word() as *mut ByteArea),
            )
        };
        Some((keys, hashes.i64s()))
    }

    /// Size of the table less one (7 for one that does not exist yet).
    fn mask(&self) -> usize {
        self.table().map_or(MIN_SIZE, |(k, _)| k.len()) - 1
    }

    /// The next item at or after table position `*i`, which is moved behind it; with its hash.
    #[inline]
    pub fn next_entry(&self, i: &mut usize) -> Option<(Value, i64)> {
        let (keys, hashes) = self.table()?;
        let slots = keys.slots();
        while *i < slots.len() {
            let at = *i;
            *i += 1;
            if let Some(k) = slots[at].get() {
                return Some((k, hashes[at].get()));
            }
        }
        None
    }
}

/// The positions at which a hash is looked for: runs of consecutive ones, then a jump.
struct Probe {
    mask: usize,
    at: usize,
    perturb: u64,
    step: usize,
}

impl Probe {
    #[inline(always)]
    fn new(hash: i64, mask: usize) -> Probe {
        Probe {
            mask,
            at: hash as usize & mask,
            perturb: hash as u64,
            step: 0,
        }
    }

    /// The present position.
    #[inline(always)]
    fn position(&self) -> usize {
        self.at + self.step
    }

    #[inline(always)]
    fn advance(&mut self) {
        let probes = if self.at + LINEAR_PROBES <= self.mask {
            LINEAR_PROBES
        } else {
            0
        };
        if self.step < probes {
            self.step += 1;
            return;
        }
        self.step = 0;
        self.perturb >>= PERTURB_SHIFT;
        self.at = (self
            .at
            .wrapping_mul(5)
            .wrapping_add(1)
            .wrapping_add(self.perturb as usize))
            & self.mask;
    }
}

impl Gc<Set> {
    /// Looks a key up. Comparing may run Python code that changes the table; then it starts over. Missing: gives
    /// the position where it would go, too: the last deleted entry on the way, else the unused one.
    fn find(self, key: Value, hash: i64) -> PyResult<(Found, usize)> {
        'restart: loop {
            let Some((keys, hashes)) = self.table() else {
                return Ok((Found::Missing, 0));
            };
            let slots = keys.slots();
            let mut p = Probe::new(hash, slots.len() - 1);
            let mut deleted = None;
            loop {
                let at = p.position();
                let entry = slots[at].get();
                match entry {
                    None if hashes[at].get() == 0 => {
                        return Ok((Found::Missing, deleted.unwrap_or(at)));
                    }
                    None => deleted = Some(at),
                    Some(k) if hashes[at].get() == hash => {
                        if k == key {
                            return Ok((Found::At(at), at));
                        }
                        let equal = match (k.cast_exact::<Str>(), key.cast_exact::<Str>()) {
                            (Some(x), Some(y)) => x.equals(&y),
                            _ => {
                                let equal = protocol::equal(k, key)?;
                                if self.keys.get() != Some(keys.value())
                                    || slots[at].get() != Some(k)
                                {
                                    continue 'restart;
                                }
                                equal
                            }
                        };
                        if equal {
                            return Ok((Found::At(at), at));
                        }
                    }
                    _ => {}
                }
                p.advance();
            }
        }
    }

    /// Adds an item; false if it was there.
    pub fn add(self, v: Value) -> PyResult<bool> {
        self.add_hashed(v, protocol::hash(v)?)
    }

    #[inline(always)]
    fn set_used(self, n: usize) {
        self.used.set(n);
        if self.watched.get() {
            crate::hooks::set_changed(self);
        }
    }

    /// Asks that `hooks::set_changed` be called whenever the size changes.
    pub fn watch(self) {
        self.watched.set(true);
    }

    /// Adds an item whose hash is known.
    pub fn add_hashed(self, v: Value, hash: i64) -> PyResult<bool> {
        if self.keys.get().is_none() {
            self.new_table(MIN_SIZE)?;
        }
        let (Found::Missing, at) = self.find(v, hash)? else {
            return Ok(false);
        };
        // A comparison may have emptied the set.
        let Some((keys, hashes)) = self.table() else {
            return self.add_hashed(v, hash);
        };
        if keys.get(at).is_some() {
            // A comparison has filled the place meanwhile.
            return self.add_hashed(v, hash);
        }
        let fresh = hashes[at].get() != DELETED;
        keys.put(at, v);
        hashes[at].set(hash);
        self.set_used(self.used.get() + 1);
        if !fresh {
            return Ok(true);
        }
        self.fill.set(self.fill.get() + 1);
        if self.fill.get() * 5 >= (keys.len() - 1) * 3 {
            self.resize(self.growth())?;
        }
        Ok(true)
    }

    fn growth(self) -> usize {
        let used = self.used.get();
        if used > 50_000 { used * 2 } else { used * 4 }
    }

    fn new_table(self, size: usize) -> PyResult<()> {
        let (keys, hashes) = (Array::new(size)?, ByteArea::new(size * 8)?);
        self.set(&self.keys, keys.value());
        self.set(&self.hashes, hashes.value());
        Ok(())
    }

    /// Makes the table larger than `min_used` and drops deleted entries.
    fn resize(self, min_used: usize) -> PyResult<()> {
        let mut size = MIN_SIZE;
        while size <= min_used {
            size <<= 1;
        }
        let old = self.keys.get().zip(self.hashes.get());
        if old.is_some()
            && size == MIN_SIZE
            && self.mask() + 1 == MIN_SIZE
            && self.fill == self.used
        {
            return Ok(());
        }
        let before = self.table();
        self.new_table(size)?;
        self.fill.set(self.used.get());
        if let Some((keys, hashes)) = before {
            for (i, slot) in keys.slots().iter().enumerate() {
                if let Some(k) = slot.get() {
                    self.insert_clean(k, hashes[i].get());
                }
            }
        }
        Ok(())
    }

    /// Enters an item that is not in a table without deleted entries.
    fn insert_clean(self, key: Value, hash: i64) {
        let (keys, hashes) = self.table().expect("a set with a table");
        let mut p = Probe::new(hash, keys.len() - 1);
        while keys.slots()[p.position()].get().is_some() {
            p.advance();
        }
        keys.put(p.position(), key);
        hashes[p.position()].set(hash);
    }

    /// Whether `v` is an item (TypeError if it cannot be hashed).
    pub fn contains(self, v: Value) -> PyResult<bool> {
        self.contains_hashed(v, protocol::hash(v)?)
    }

    /// Whether an item whose hash is known is there.
    pub fn contains_hashed(self, v: Value, hash: i64) -> PyResult<bool> {
        Ok(matches!(self.find(v, hash)?.0, Found::At(_)))
    }

    /// Removes an item; false if it was not there.
    pub fn discard(self, v: Value) -> PyResult<bool> {
        self.discard_hashed(v, protocol::hash(v)?)
    }

    /// Removes an item whose hash is known.
    pub fn discard_hashed(self, v: Value, hash: i64) -> PyResult<bool> {
        match self.find(v, hash)?.0 {
            Found::At(at) => {
                self.delete_at(at);
                Ok(true)
            }
            Found::Missing => Ok(false),
        }
    }

    fn delete_at(self, at: usize) {
        let (keys, hashes) = self.table().expect("a set with a table");
        keys.slots()[at].clear();
        hashes[at].set(DELETED);
        self.set_used(self.used.get() - 1);
    }

    /// Removes and gives some item.
    pub fn pop(self) -> Option<Value> {
        if self.used.get() == 0 {
            return None;
        }
        let (keys, _) = self.table()?;
        let mask = keys.len() - 1;
        let mut at = self.finger.get() & mask;
        loop {
            if let Some(k) = keys.get(at) {
                self.delete_at(at);
                self.finger.set(at + 1);
                return Some(k);
            }
            at = if at == mask { 0 } else { at + 1 };
        }
    }

    /// Removes everything.
    pub fn clear(self) {
        self.keys.clear();
        self.hashes.clear();
        self.set_used(0);
        self.fill.set(0);
        self.finger.set(0);
    }

    /// Takes over the table of `other`, leaving it empty.
    pub fn take_from(self, other: Gc<Set>) {
        self.set_opt(&self.keys, other.keys.get());
        self.set_opt(&self.hashes, other.hashes.get());
        self.set_used(other.used.get());
        self.fill.set(other.fill.get());
        self.finger.set(0);
        other.clear();
    }

    /// Makes room for `n` more items, as bulk updates do.
    fn reserve(self, n: usize) -> PyResult<()> {
        if (self.fill.get() + n) * 5 >= self.mask() * 3 {
            self.resize((self.used.get() + n) * 2)?;
        }
        Ok(())
    }

    /// Adds the items of another set.
    pub fn merge(self, other: Gc<Set>) -> PyResult<()> {
        if other == self || other.is_empty() {
            return Ok(());
        }
        self.reserve(other.len())?;
        if self.keys.get().is_none() {
            self.new_table(MIN_SIZE)?;
        }
        if self.fill.get() == 0 {
            return self.fill_from(other);
        }
        let (Some((keys, hashes)), mut i) = (other.table(), 0) else {
            return Ok(());
        };
        while i < keys.len() {
            if let Some(k) = keys.get(i) {
                self.add_hashed(k, hashes[i].get())?;
            }
            i += 1;
        }
        Ok(())
    }

    /// Copies the items of another set into this empty one.
    fn fill_from(self, other: Gc<Set>) -> PyResult<()> {
        let Some((keys, hashes)) = other.table() else {
            return Ok(());
        };
        if self.mask() == other.mask() && other.fill == other.used {
            let (mine, my_hashes) = self.table().expect("a set with a table");
            mine.copy_from(0, keys, 0, keys.len());
            hashes
                .iter()
                .zip(my_hashes)
                .for_each(|(a, b)| b.set(a.get()));
        } else {
            for (i, slot) in keys.slots().iter().enumerate() {
                if let Some(k) = slot.get() {
                    self.insert_clean(k, hashes[i].get());
                }
            }
        }
        self.fill.set(other.used.get());
        self.set_used(other.used.get());
        Ok(())
    }

    /// Drops deleted entries if they are many.
    fn tidy(self) -> PyResult<()> {
        if self.fill.get() - self.used.get() <= self.mask() / 4 {
            return Ok(());
        }
        self.resize(self.growth())
    }

    /// A copy whose type is `set` or `frozenset`.
    pub fn copy(self) -> PyResult<Gc<Set>> {
        let new = self.empty_like()?;
        new.merge(self)?;
        Ok(new)
    }

    /// An empty set or frozenset, whichever this is (a subclass's instance counts as its base's).
    pub fn empty_like(self) -> PyResult<Gc<Set>> {
        if self.is_frozen() {
            Set::new_frozen()
        } else {
            Set::new()
        }
    }

    /// Whether this is a frozenset.
    pub fn is_frozen(self) -> bool {
        self.value().kind() == Kind::FrozenSet
    }

    /// `hash(frozenset)`, independent of the items' order.
    pub fn frozen_hash(self) -> PyResult<i64> {
        let cached = self.hash.get();
        if cached != 0 {
            return Ok(cached);
        }
        let shuffle = |h: u64| (h ^ 89_869_747 ^ (h << 16)).wrapping_mul(3_644_798_167);
        let (mut hash, mut i) = (0u64, 0);
        while let Some((k, h)) = self.next_entry(&mut i) {
            // Entries hold hashes without their top bit; that of a program's class is not computed anew.
            let whole = match k.cast_exact::<Str>() {
                // Inside, 0 means that a str's hash is not known yet.
                Some(s) if s.is_empty() => 0,
                None if k.type_of().has(TypeFlags::HEAPTYPE) => h,
                _ => protocol::hash(k)?,
            };
            hash ^= shuffle(whole as u64);
        }
        hash ^= (self.len() as u64 + 1).wrapping_mul(1_927_868_237);
        hash ^= (hash >> 11) ^ (hash >> 25);
        hash = hash.wrapping_mul(69069).wrapping_add(907_133_923);
        let hash = if hash == u64::MAX {
            590_923_713
        } else {
            hash as i64
        };
        self.hash.set(hash);
        Ok(hash)
    }

    /// Whether all items are in `other`.
    pub fn is_subset(self, other: Gc<Set>) -> PyResult<bool> {
        if self.len() > other.len() {
            return Ok(false);
        }
        let mut i = 0;
        while let Some((k, h)) = self.next_entry(&mut i) {
            if !other.contains_hashed(k, h)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn fill_with(s: Gc<Set>, items: &[Value]) -> PyResult<Value> {
    for &v in items {
        s.add(v)?;
    }
    Ok(s.value())
}

/// The set of these items.
pub fn set_of(items: &[Value]) -> PyResult<Value> {
    fill_with(Set::new()?, items)
}

/// The frozenset of these items.
pub fn frozenset_of(items: &[Value]) -> PyResult<Value> {
    fill_with(Set::new_frozen()?, items)
}

/// A key as membership tests take it: an unhashable set stands for the frozenset of its items.
pub(super) fn lookup_key(v: Value) -> PyResult<(Value, i64)> {
    match protocol::hash(v) {
        Ok(h) => Ok((v, h)),
        Err(raised) => {
            let Some(s) = v.cast::<Set>().filter(|s| !s.is_frozen()) else {
                return Err(raised);
            };
            clear_if(raised, exc().type_error)?;
            let f = Set::new_frozen()?;
            f.merge(s)?;
            Ok((f.value(), f.frozen_hash()?))
        }
    }
}

/// `s.update(x)`
pub fn update(s: Gc<Set>, x: Value) -> PyResult<()> {
    if let Some(other) = x.cast::<Set>() {
        return s.merge(other);
    }
    if let Some(d) = x.cast_exact::<Dict>() {
        s.reserve(d.len())?;
        let mut i = 0;
        while let Some((k, _)) = d.next_entry(&mut i) {
            s.add(k)?;
        }
        return Ok(());
    }
    protocol::for_each(x, |v| s.add(v).map(|_| ()))
}

/// `s & x`: of the kind of `s`.
pub fn intersection(s: Gc<Set>, x: Value) -> PyResult<Gc<Set>> {
    if x == s.value() {
        return s.copy();
    }
    let out = s.empty_like()?;
    if let Some(other) = x.cast::<Set>() {
        let (big, small) = if other.len() > s.len() {
            (other, s)
        } else {
            (s, other)
        };
        let mut i = 0;
        while let Some((k, h)) = small.next_entry(&mut i) {
            if big.contains_hashed(k, h)? {
                out.add_hashed(k, h)?;
            }
        }
        return Ok(out);
    }
    protocol::for_each(x, |v| {
        let h = protocol::hash(v)?;
        if s.contains_hashed(v, h)? {
            out.add_hashed(v, h)?;
        }
        Ok(())
    })?;
    Ok(out)
}

/// `s.difference_update(x)`
pub fn difference_update(s: Gc<Set>, x: Value) -> PyResult<()> {
    if x == s.value() {
        s.clear();
        return Ok(());
    }
    match x.cast::<Set>() {
        Some(other) => {
            let other = if other.len() >> 3 > s.len() {
                intersection(s, x)?
            } else {
                other
            };
            let mut i = 0;
            while let Some((k, h)) = other.next_entry(&mut i) {
                s.discard_hashed(k, h)?;
            }
        }
        None => protocol::for_each(x, |v| s.discard(v).map(|_| ()))?,
    }
    s.tidy()
}

/// `s - x`: of the kind of `s`.
pub fn difference(s: Gc<Set>, x: Value) -> PyResult<Gc<Set>> {
    let (set, dict) = (x.cast::<Set>(), x.cast_exact::<Dict>());
    let other_len = match (set, dict) {
        (Some(o), _) => Some(o.len()),
        (_, Some(d)) => Some(d.len()),
        _ => None,
    };
    if other_len.is_none_or(|n| s.len() >> 2 > n) {
        let out = s.copy()?;
        difference_update(out, x)?;
        return Ok(out);
    }
    let out = s.empty_like()?;
    let mut i = 0;
    while let Some((k, h)) = s.next_entry(&mut i) {
        let there = match (set, dict) {
            (Some(o), _) => o.contains_hashed(k, h)?,
            (_, Some(d)) => d.get_hashed(k, h)?.is_some(),
            _ => false,
        };
        if !there {
            out.add_hashed(k, h)?;
        }
    }
    Ok(out)
}

/// `s.symmetric_difference_update(x)`
pub fn symmetric_difference_update(s: Gc<Set>, x: Value) -> PyResult<()> {
    if x == s.value() {
        s.clear();
        return Ok(());
    }
    let toggle = |k: Value, h: i64| -> PyResult<()> {
        if !s.discard_hashed(k, h)? {
            s.add_hashed(k, h)?;
        }
        Ok(())
    };
    if let Some(d) = x.cast_exact::<Dict>() {
        let mut i = 0;
        while let Some((k, _)) = d.next_entry(&mut i) {
            toggle(k, protocol::hash(k)?)?;
        }
        return Ok(());
    }
    let other = match x.cast::<Set>() {
        Some(o) => o,
        None => {
            let o = s.empty_like()?;
            update(o, x)?;
            o
        }
    };
    let mut i = 0;
    while let Some((k, h)) = other.next_entry(&mut i) {
        toggle(k, h)?;
    }
    Ok(())
}
