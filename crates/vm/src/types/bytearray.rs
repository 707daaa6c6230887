//! `bytearray`: the object and its storage; methods that bytes has too are in `bytes/methods.rs`.

use std::cell::Cell;

use rivet_heap::Header;

use crate::exceptions::{PyResult, buffer_error, index_error, no_memory, type_error, value_error};
use crate::name;
use crate::object::args::{LazySignature, MAX_PARAMS, check_count};
use crate::object::attr::find_attr;
use crate::object::protocol;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{TypeFlags, instance};
use crate::types::buffer::{Base, BufferRequest, bytes_like, has_buffer, with_bytes};
use crate::types::bytes::common::{self, SliceRange};
use crate::types::bytes::{self, iter, methods as shared};
use crate::types::str::Str;
use crate::types::str::percent;
use crate::types::tuple::{self, Tuple};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{ByteArea, Gc, Payload, Slot, Value, collect_now};

/// A bytearray.
#[repr(C)]
pub struct ByteArray {
    header: Header,
    /// Storage (`ByteArea`), or nothing while the capacity is 0.
    area: Slot,
    /// Where the contents begin in the storage.
    start: Cell<usize>,
    len: Cell<usize>,
    /// Number of buffers handed out, in memory that outlives the object; null while there were none.
    exports: Cell<*const Cell<usize>>,
}

/// Offsets of fields, for compiled code.
pub mod offsets {
    use super::ByteArray;
    /// The storage: null, or an object in which `DATA` is the offset of the bytes.
    pub const AREA: usize = std::mem::offset_of!(ByteArray, area);
    /// Where the contents begin in the storage.
    pub const START: usize = std::mem::offset_of!(ByteArray, start);
    /// Number of bytes.
    pub const LEN: usize = std::mem::offset_of!(ByteArray, len);
    /// See `AREA`.
    pub const DATA: usize = size_of::<rivet_heap::Header>();
}

impl Payload for ByteArray {
    const LAYOUT: LayoutId = layout::BYTEARRAY;
    const KIND: Kind = Kind::ByteArray;
}

/// Words of a bytearray's body.
pub const WORDS: usize = size_of::<ByteArray>() / 8 - 1;

/// Counts one handed-out buffer until it is dropped.
struct Export(&'static Cell<usize>);

impl Drop for Export {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl ByteArray {
    /// A bytearray with these contents.
    pub fn new(data: &[u8]) -> PyResult<Gc<ByteArray>> {
        let p = rivet_heap::alloc(layout::BYTEARRAY, WORDS);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout BYTEARRAY; zero is the empty state.
        let b: Gc<ByteArray> = unsafe { Gc::from_raw(p.cast()) };
        b.append_slice(data)?;
        Ok(b)
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn storage(&self) -> Option<Gc<ByteArea>> {
        self.area.get_as::<ByteArea>()
    }

    /// Address of the first byte.
    pub fn data(&self) -> *mut u8 {
        match self.storage() {
            Some(area) => area.data().wrapping_add(self.start.get()),
            None => std::ptr::NonNull::<u64>::dangling().as_ptr().cast(),
        }
    }

    /// The contents. They must not be changed while the slice is in use.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `len` bytes lie at `data`; the slice's pointer on the stack keeps the storage in place.
        unsafe { std::slice::from_raw_parts(self.data(), self.len()) }
    }

    /// The contents as cells.
    pub fn cells(&self) -> &[Cell<u8>] {
        // SAFETY: as `as_slice`; cells may be shared and written.
        unsafe { std::slice::from_raw_parts(self.data().cast(), self.len()) }
    }

    /// Room for bytes without moving.
    pub fn capacity(&self) -> usize {
        self.storage().map_or(0, |a| a.size() - self.start.get())
    }

    fn exported(&self) -> usize {
        let p = self.exports.get();
        // SAFETY: the counter lives for good once it was made.
        if p.is_null() {
            0
        } else {
            unsafe { (*p).get() }
        }
    }

    fn export(&self) -> Export {
        if self.exports.get().is_null() {
            self.exports.set(Box::leak(Box::new(Cell::new(0))));
        }
        // SAFETY: as `exported`.
        let counter: &'static Cell<usize> = unsafe { &*self.exports.get() };
        counter.set(counter.get() + 1);
        Export(counter)
    }

    /// BufferError while buffers are handed out.
    pub fn check_resizable(&self) -> PyResult<()> {
        if self.exported() > 0 {
            // Views that are already garbage do not count.
            collect_now(true);
        }
        if self.exported() > 0 {
            return Err(buffer_error(
                "Existing exports of data: object cannot be re-sized",
            ));
        }
        Ok(())
    }
}

impl Gc<ByteArray> {
    /// Makes room for `n` bytes.
    fn reserve(self, n: usize) -> PyResult<()> {
        if n <= self.capacity() {
            return Ok(());
        }
        if n > isize::MAX as usize - 64 {
            return Err(no_memory());
        }
        let new = ByteArea::new(n + (n >> 3) + 8)?;
        for (to, from) in new.bytes().iter().zip(self.cells()) {
            to.set(from.get());
        }
        self.set(&self.area, new.value());
        self.start.set(0);
        Ok(())
    }

    /// Puts the bytes where they stay as long as the size does not change (for C, which keeps their address).
    pub fn pin_storage(self) {
        let Some(area) = self.storage() else { return };
        if !rivet_heap::may_move(area.header()) || self.exported() > 0 {
            return;
        }
        let Ok(new) = ByteArea::new_pinned(area.size()) else {
            return;
        };
        for (to, from) in new.bytes().iter().zip(area.bytes()) {
            to.set(from.get());
        }
        self.set(&self.area, new.value());
    }

    /// Replaces bytes `from..to` by `data`, which must not alias the storage.
    pub fn splice(self, from: usize, to: usize, data: &[u8]) -> PyResult<()> {
        let len = self.len();
        let new_len = len - (to - from) + data.len();
        if new_len != len {
            self.check_resizable()?;
        }
        if from == 0 && data.is_empty() && to < len {
            // Taking bytes from the front is cheap.
            self.start.set(self.start.get() + to);
            self.len.set(new_len);
            return Ok(());
        }
        self.reserve(new_len)?;
        // SAFETY: the storage has room for both lengths; the tail moves within it, then the gap is filled.
        unsafe {
            let p = self.data();
            std::ptr::copy(p.add(to), p.add(from + data.len()), len - to);
            std::ptr::copy_nonoverlapping(data.as_ptr(), p.add(from), data.len());
        }
        self.len.set(new_len);
        Ok(())
    }

    /// Appends bytes (which must not alias the storage).
    pub fn append_slice(self, data: &[u8]) -> PyResult<()> {
        if data.is_empty() {
            return Ok(());
        }
        self.splice(self.len(), self.len(), data)
    }

    /// Changes the length, adding zeros.
    pub fn resize(self, n: usize) -> PyResult<()> {
        let len = self.len();
        if n <= len {
            return self.splice(n, len, &[]);
        }
        self.append_slice(&vec![0; n - len])
    }
}

/// A Python bytearray of these contents.
pub fn new(data: &[u8]) -> PyResult<Value> {
    Ok(ByteArray::new(data)?.value())
}

/// `bytearray`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\nbytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\nbytearray(int) -> bytes array of size given by the parameter initialized with null bytes\nbytearray() -> empty bytes array\n\nConstruct a mutable bytearray object from:\n  - an iterable yielding integers in range(256)\n  - a text string encoded using the specified encoding\n  - a bytes or a buffer object\n  - any object implementing the buffer API.\n  - an integer",
    flags: TypeFlags::BASETYPE | TypeFlags::MATCH_SELF,
    methods: METHODS,
    slots: |s| {
        s.new = Some(|ty, _, _| instance::allocate(ty, 0));
        s.init = Some(init);
        s.repr = Some(repr);
        s.hash = Some(protocol::hash_not_implemented);
        s.compare = Some(shared::compare);
        s.iter = Some(|v| iter::new(v, &iter::BYTEARRAY));
        s.len = Some(|v| Ok(this(v).len()));
        s.getitem = Some(get_item);
        s.setitem = Some(set_item);
        s.contains = Some(shared::contains);
        s.concat = Some(shared::concat);
        s.repeat = Some(shared::repeat);
        s.iconcat = Some(iconcat);
        s.irepeat = Some(irepeat);
        s.modulo = Some(|a, b| match a.cast::<ByteArray>() {
            Some(t) => {
                // Formatting runs Python code, which may change the bytearray.
                let template = t.as_slice().to_vec();
                new(&percent::format_bytes(&template, b)?)
            }
            None => Ok(Value::NOT_IMPLEMENTED),
        });
        s.buffer = Some(buffer);
    },
    ..TypeSpec::named("bytearray")
};

static METHODS: &[Method] = shared::with_shared_methods![
    Method::one(
        "append",
        "($self, item, /)",
        append,
        "Append a single item to the end of the bytearray."
    ),
    Method::one(
        "extend",
        "($self, iterable_of_ints, /)",
        extend,
        "Append all the items from the iterator or sequence to the end of the bytearray."
    ),
    Method::fast(
        "insert",
        "($self, index, item, /)",
        insert,
        "Insert a single item into the bytearray before the given index."
    ),
    Method::fast(
        "pop",
        "($self, index=-1, /)",
        pop,
        "Remove and return a single item from B."
    ),
    Method::one(
        "remove",
        "($self, value, /)",
        remove,
        "Remove the first occurrence of a value in the bytearray."
    ),
    Method::noargs(
        "reverse",
        reverse,
        "Reverse the order of the values in B in place."
    ),
    Method::noargs("clear", clear, "Remove all items from the bytearray."),
    Method::noargs("copy", |v| new(&contents(v)), "Return a copy of B."),
    Method::noargs(
        "__alloc__",
        |v| Ok(Value::from_usize(alloc(v))),
        "B.__alloc__() -> int\n\nReturn the number of bytes actually allocated."
    ),
    Method::noargs(
        "__sizeof__",
        |v| Ok(Value::from_usize(56 + alloc(v))),
        "Returns the size of the bytearray object in memory, in bytes."
    ),
    Method::noargs(
        "__reduce__",
        |v| reduce(v, 2),
        "Return state information for pickling."
    ),
    Method::fast(
        "__reduce_ex__",
        "($self, proto=0, /)",
        reduce_ex,
        "Return state information for pickling."
    ),
];

fn this(v: Value) -> Gc<ByteArray> {
    v.cast::<ByteArray>().expect("checked by the descriptor")
}

fn contents(v: Value) -> Vec<u8> {
    this(v).as_slice().to_vec()
}

fn alloc(v: Value) -> usize {
    let b = this(v);
    if b.is_empty() {
        0
    } else {
        b.capacity().max(b.len() + 1)
    }
}

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    static SIGNATURE: LazySignature = LazySignature::new("(source=b'', encoding='', errors='')");
    let mut out = [None; MAX_PARAMS];
    SIGNATURE.get().bind("bytearray", args, kw, &mut out)?;
    let b = this(v);
    if !b.is_empty() {
        b.splice(0, b.len(), &[])?;
    }
    let data = shared::source_bytes(out[0], out[1], out[2], "bytearray")?;
    b.append_slice(&data)
}

fn repr(v: Value) -> PyResult<Value> {
    let b = this(v);
    let name = v.type_of().name_string();
    let mut quoted = crate::text::quote_bytes(b.as_slice());
    if quoted.starts_with('"') {
        // Single quotes are escaped even between double ones.
        quoted = quoted.replace('\'', "\\'");
    }
    crate::types::str::new(&format!("{name}(b{quoted})"))
}

fn buffer(v: Value, r: &mut BufferRequest) -> PyResult<()> {
    let b = this(v);
    let base = match b.storage() {
        Some(area) => Base::Heap(area.value(), |v| {
            v.cast::<ByteArea>()
                .map_or(std::ptr::null_mut(), |a| a.data())
        }),
        None => Base::Empty,
    };
    r.fill(v, base, b.len(), false)?;
    r.offset = b.start.get() as isize;
    r.guard = Some(Box::new(b.export()));
    Ok(())
}

fn bad_index(t: &str) -> String {
    format!("bytearray indices must be integers or slices, not {t}")
}

fn get_item(v: Value, key: Value) -> PyResult<Value> {
    let b = this(v);
    if let Some(r) = common::slice_range(key, b.len())? {
        let data = b.as_slice();
        let picked: Vec<u8> = match r.contiguous() {
            Some((from, to)) => data[from..to].to_vec(),
            None => r.indices().map(|i| data[i]).collect(),
        };
        return new(&picked);
    }
    let i = common::item_index(key, b.len(), bad_index, "bytearray index out of range")?;
    Ok(Value::int(b.as_slice()[i].into()))
}

fn set_item(v: Value, key: Value, value: Option<Value>) -> PyResult<()> {
    let b = this(v);
    if let Some(r) = common::slice_range(key, b.len())? {
        return set_slice(b, key, r, value);
    }
    let i = common::item_index(key, b.len(), bad_index, "bytearray index out of range")?;
    match value {
        Some(item) => {
            let byte = shared::byte_value(item)?;
            match b.cells().get(i) {
                Some(cell) => cell.set(byte),
                None => return Err(index_error("bytearray index out of range")),
            }
            Ok(())
        }
        None => b.splice(i, i + 1, &[]),
    }
}

fn set_slice(b: Gc<ByteArray>, key: Value, r: SliceRange, value: Option<Value>) -> PyResult<()> {
    let data = match value {
        None => Vec::new(),
        Some(item) => {
            if item.cast::<Str>().is_some() || crate::types::int::is_int(item) {
                return Err(type_error(
                    "can assign only bytes, buffers, or iterables of ints in range(0, 256)",
                ));
            }
            if has_buffer(item) {
                bytes_like(item)?
            } else {
                shared::collect_bytes(item, "bytearray")?
            }
        }
    };
    // Collecting may have run Python code that changed the length.
    let r = common::slice_range(key, b.len())?.unwrap_or(r);
    if r.step == 1 {
        let from = r.start as usize;
        return b.splice(from, from + r.count, &data);
    }
    if data.is_empty() {
        return delete_indices(b, r);
    }
    if data.len() != r.count {
        let (n, m) = (data.len(), r.count);
        return Err(value_error(format!(
            "attempt to assign bytes of size {n} to extended slice of size {m}"
        )));
    }
    r.indices()
        .zip(&data)
        .for_each(|(i, &byte)| b.cells()[i].set(byte));
    Ok(())
}

fn delete_indices(b: Gc<ByteArray>, r: SliceRange) -> PyResult<()> {
    if r.count == 0 {
        return Ok(());
    }
    b.check_resizable()?;
    let mut drop: Vec<usize> = r.indices().collect();
    drop.sort_unstable();
    let kept: Vec<u8> = b
        .as_slice()
        .iter()
        .enumerate()
        .filter(|(i, _)| drop.binary_search(i).is_err())
        .map(|(_, &byte)| byte)
        .collect();
    b.splice(0, b.len(), &kept)
}

fn iconcat(a: Value, b: Value) -> PyResult<Value> {
    if !has_buffer(b) {
        let (x, y) = (b.type_of().name_string(), a.type_of().name_string());
        return Err(type_error(format!("can't concat {x} to {y}")));
    }
    let data = bytes_like(b)?;
    this(a).append_slice(&data)?;
    Ok(a)
}

fn irepeat(v: Value, n: isize) -> PyResult<Value> {
    let b = this(v);
    let data = contents(v);
    if n <= 0 {
        b.splice(0, b.len(), &[])?;
        return Ok(v);
    }
    common::check_room(common::repeated(data.len(), n).ok_or_else(no_memory)?)?;
    b.append_slice(&data.repeat(n as usize - 1))?;
    Ok(v)
}

fn append(v: Value, item: Value) -> PyResult<Value> {
    let byte = shared::byte_value(item)?;
    this(v).append_slice(&[byte])?;
    Ok(Value::NONE)
}

fn extend(v: Value, source: Value) -> PyResult<Value> {
    let data = if has_buffer(source) {
        bytes_like(source)?
    } else {
        let iterable =
            source.type_of().slots().iter.is_some() || source.type_of().slots().getitem.is_some();
        if !iterable {
            return Err(type_error(format!(
                "can't extend bytearray with {}",
                source.type_of().name_string()
            )));
        }
        let mut out = Vec::new();
        protocol::for_each(source, |item| {
            out.push(shared::byte_value(item)?);
            Ok(())
        })?;
        out
    };
    this(v).append_slice(&data)?;
    Ok(Value::NONE)
}

fn insert(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("insert", args, 2, 2)?;
    let i = protocol::as_isize(args[0])?;
    let byte = shared::byte_value(args[1])?;
    let b = this(v);
    let n = b.len() as isize;
    let at = if i < 0 { (i + n).max(0) } else { i.min(n) } as usize;
    b.splice(at, at, &[byte])?;
    Ok(Value::NONE)
}

fn pop(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("pop", args, 0, 1)?;
    let i = args.first().map_or(Ok(-1), |&i| protocol::as_isize(i))?;
    let b = this(v);
    let n = b.len() as isize;
    if n == 0 {
        return Err(index_error("pop from empty bytearray"));
    }
    let at = if i < 0 { i + n } else { i };
    if at < 0 || at >= n {
        return Err(index_error("pop index out of range"));
    }
    b.check_resizable()?;
    let byte = b.as_slice()[at as usize];
    b.splice(at as usize, at as usize + 1, &[])?;
    Ok(Value::int(byte.into()))
}

fn remove(v: Value, item: Value) -> PyResult<Value> {
    let byte = shared::byte_value(item)?;
    let b = this(v);
    let Some(i) = memchr::memchr(byte, b.as_slice()) else {
        return Err(value_error("value not found in bytearray"));
    };
    b.splice(i, i + 1, &[])?;
    Ok(Value::NONE)
}

fn reverse(v: Value) -> PyResult<Value> {
    let cells = this(v);
    let cells = cells.cells();
    let n = cells.len();
    (0..n / 2).for_each(|i| cells[i].swap(&cells[n - 1 - i]));
    Ok(Value::NONE)
}

fn clear(v: Value) -> PyResult<Value> {
    let b = this(v);
    b.splice(0, b.len(), &[])?;
    Ok(Value::NONE)
}

fn reduce_ex(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("__reduce_ex__", args, 0, 1)?;
    let proto = args.first().map_or(Ok(0), |&p| protocol::as_isize(p))?;
    reduce(v, proto)
}

fn reduce(v: Value, proto: isize) -> PyResult<Value> {
    let data = contents(v);
    let args = if proto < 3 {
        tuple::new(&[Str::from_latin1(&data)?.value(), name!("latin-1").value()])?
    } else if data.is_empty() {
        tuple::new(&[])?
    } else {
        tuple::new(&[bytes::new(&data)?])?
    };
    let state = find_attr(v, name!("__dict__"))?.unwrap_or(Value::NONE);
    tuple::new(&[v.type_of().value(), args, state])
}

/// Whether two bytes-like objects have the same contents.
pub fn same_bytes(a: Value, b: Value) -> PyResult<bool> {
    let data = bytes_like(b)?;
    with_bytes(a, |x| x == data)
}
