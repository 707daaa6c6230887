//! `memoryview`: the object, its views and methods. Items are packed and unpacked in `memory_items.rs`.

use std::any::Any;
use std::cell::{Cell, RefCell};

use rivet_heap::Header;
use rivet_spec::CompareOp;

pub use crate::types::buffer::{BufferRequest, bytes_like, with_bytes, with_bytes_mut};

use crate::exceptions::{
    PyResult, buffer_error, index_error, no_memory, not_implemented_error, type_error, value_error,
};
use crate::object::args::{LazySignature, MAX_PARAMS};
use crate::object::protocol;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Bound, Native, Type, TypeFlags};
use crate::types::buffer::{
    self, Base, c_strides, gather, has_buffer, is_c_contiguous, is_f_contiguous, scatter,
};
use crate::types::bytes::common::slice_range;
use crate::types::bytes::{self, hex, iter};
use crate::types::int;
use crate::types::list::List;
use crate::types::memory_items as items;
use crate::types::native::TypeCode;
use crate::types::native_memory::is_format;
use crate::types::str::{self, Str};
use crate::types::tuple::{self, Tuple};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, RVec, Root, Slot, Value};

/// A view of memory.
#[repr(C)]
pub struct MemoryView {
    header: Header,
    /// The buffer shared by all views of one export (`Native`).
    managed: Slot,
    /// Item format (str).
    format: Slot,
    /// Tuple of ints.
    shape: Slot,
    /// Tuple of ints.
    strides: Slot,
    offset: Cell<isize>,
    len: Cell<usize>,
    itemsize: Cell<usize>,
    readonly: Cell<bool>,
    released: Cell<bool>,
    hash: Cell<i64>,
    exports: Cell<usize>,
}

/// Offsets of fields, for compiled code.
pub mod offsets {
    use super::MemoryView;
    /// Bytes shown.
    pub const LEN: usize = std::mem::offset_of!(MemoryView, len);
}

impl Payload for MemoryView {
    const LAYOUT: LayoutId = layout::MEMORYVIEW;
    const KIND: Kind = Kind::MemoryView;
}

const WORDS: usize = size_of::<MemoryView>() / 8 - 1;

/// State of the shared buffer. Slot 0 of the object: the exporter; slot 1: the object that holds the bytes.
struct Managed {
    locate: Option<fn(Value) -> *mut u8>,
    address: *mut u8,
    guard: RefCell<Option<Box<dyn Any>>>,
    views: Cell<usize>,
}

static MANAGED: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    ..TypeSpec::named("managedbuffer")
};

fn manage(r: &mut BufferRequest) -> PyResult<Gc<Native>> {
    static TYPE: Root = Root::new();
    let (locate, address, storage) = match r.base {
        Base::Heap(v, f) => (Some(f), std::ptr::null_mut(), Some(v)),
        Base::Address(p) => (None, p, None),
        Base::Empty => (None, Base::Empty.address(), None),
    };
    let guard = RefCell::new(r.guard.take());
    let state = Managed {
        locate,
        address,
        guard,
        views: Cell::new(0),
    };
    let m = Native::with_state(iter::lazy_native_type(&TYPE, &MANAGED, 2), state)?;
    m.put_opt(0, r.obj);
    m.put_opt(1, storage);
    Ok(m)
}

/// What a view shows.
struct Shown<'a> {
    /// A str.
    format: Value,
    itemsize: usize,
    offset: isize,
    shape: &'a [usize],
    strides: &'a [isize],
    readonly: bool,
}

fn ints(values: impl Iterator<Item = i64>) -> PyResult<Value> {
    let mut out = RVec::new();
    for v in values {
        out.push(Value::int(v))?;
    }
    tuple::new(&out)
}

impl MemoryView {
    fn make(managed: Gc<Native>, s: &Shown) -> PyResult<Gc<MemoryView>> {
        let p = rivet_heap::alloc(layout::MEMORYVIEW, WORDS);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout MEMORYVIEW; zero is a valid state of every field.
        let m: Gc<MemoryView> = unsafe { Gc::from_raw(p.cast()) };
        m.set(&m.managed, managed.value());
        m.set(&m.format, s.format);
        m.set(&m.shape, ints(s.shape.iter().map(|&n| n as i64))?);
        m.set(&m.strides, ints(s.strides.iter().map(|&n| n as i64))?);
        m.offset.set(s.offset);
        m.len.set(s.shape.iter().product::<usize>() * s.itemsize);
        m.itemsize.set(s.itemsize);
        m.readonly.set(s.readonly);
        m.hash.set(-1);
        if let Some(state) = managed.state::<Managed>() {
            state.views.set(state.views.get() + 1);
        }
        Ok(m)
    }

    /// The view of an object's buffer.
    pub fn of(v: Value) -> PyResult<Gc<MemoryView>> {
        if let Some(m) = v.cast::<MemoryView>() {
            return m.checked()?.with(|_| {});
        }
        let mut r = buffer::request(v, false)?;
        Self::from_request(&mut r)
    }

    /// The view of a filled-in request, whose guard it takes over.
    pub fn from_request(r: &mut BufferRequest) -> PyResult<Gc<MemoryView>> {
        let managed = manage(r)?;
        let (shape, strides) = (r.full_shape(), r.full_strides());
        let s = Shown {
            format: str::intern::intern_str(&r.format).value(),
            itemsize: r.itemsize,
            offset: r.offset,
            shape: &shape,
            strides: &strides,
            readonly: r.readonly,
        };
        let m = Self::make(managed, &s)?;
        // The exporter's word: items may have no size.
        m.len.set(r.len);
        Ok(m)
    }

    /// Whether the bytes cannot be changed.
    pub fn is_readonly(&self) -> bool {
        self.readonly.get()
    }

    /// The exporter, unless released.
    pub fn exporter(&self) -> Option<Value> {
        self.native().and_then(|n| n.get(0))
    }

    fn native(&self) -> Option<Gc<Native>> {
        self.managed.get_as::<Native>()
    }

    /// The item format.
    pub fn format_text(&self) -> String {
        self.format
            .get_as::<Str>()
            .map_or_else(String::new, |s| s.to_string_lossy().into_owned())
    }

    fn numbers(slot: &Slot) -> Vec<i64> {
        let t = slot.get_as::<Tuple>();
        t.map_or_else(Vec::new, |t| {
            t.items()
                .iter()
                .map(|&v| int::to_i64(v).unwrap_or(0))
                .collect()
        })
    }

    /// The shape.
    pub fn shape_vec(&self) -> Vec<usize> {
        Self::numbers(&self.shape)
            .into_iter()
            .map(|n| n as usize)
            .collect()
    }

    /// The strides.
    pub fn strides_vec(&self) -> Vec<isize> {
        Self::numbers(&self.strides)
            .into_iter()
            .map(|n| n as isize)
            .collect()
    }

    /// The first element, if there is one dimension of neighbouring, aligned elements of this type. The address is good
    /// as long as it is on the native stack and nothing else runs that could release the view.
    pub fn span(&self, element: TypeCode, writable: bool) -> Option<*mut u8> {
        let size = element.size();
        let fits = !self.released.get()
            && self.itemsize.get() == size
            && !(writable && self.readonly.get())
            && self.ndim() == 1
            && self.is_contiguous()
            && (self.format.get_as::<Str>()?.as_ascii()).is_some_and(|f| is_format(f, element));
        let at = self.base().address().wrapping_offset(self.offset.get());
        (fits && (at as usize).is_multiple_of(size)).then_some(at)
    }

    fn ndim(&self) -> usize {
        self.shape.get_as::<Tuple>().map_or(0, |t| t.len())
    }

    fn is_contiguous(&self) -> bool {
        if let (&[n], &[step]) = (&self.shape_vec()[..], &self.strides_vec()[..]) {
            return n == 1 || step == self.itemsize.get() as isize;
        }
        is_c_contiguous(&self.shape_vec(), &self.strides_vec(), self.itemsize.get())
    }

    /// Where the bytes are.
    fn base(&self) -> Base {
        let Some(n) = self.native() else {
            return Base::Empty;
        };
        let Some(state) = n.state::<Managed>() else {
            return Base::Empty;
        };
        match (state.locate, n.get(1)) {
            (Some(f), Some(v)) => Base::Heap(v, f),
            _ => Base::Address(state.address),
        }
    }
}

impl Gc<MemoryView> {
    /// ValueError if released.
    fn checked(self) -> PyResult<Self> {
        if self.released.get() {
            return Err(value_error(
                "operation forbidden on released memoryview object",
            ));
        }
        Ok(self)
    }

    /// Another view of the same buffer, changed by `f`.
    fn with(self, f: impl FnOnce(&mut Shown)) -> PyResult<Gc<MemoryView>> {
        let (shape, strides) = (self.shape_vec(), self.strides_vec());
        let mut s = Shown {
            format: self.format.value(),
            itemsize: self.itemsize.get(),
            offset: self.offset.get(),
            shape: &shape,
            strides: &strides,
            readonly: self.readonly.get(),
        };
        f(&mut s);
        MemoryView::make(self.native().ok_or_else(no_memory)?, &s)
    }

    /// The items in C order.
    fn to_vec(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len.get());
        let (base, offset) = (self.base(), self.offset.get());
        gather(
            base,
            offset,
            &self.shape_vec(),
            &self.strides_vec(),
            self.itemsize.get(),
            &mut out,
        );
        out
    }

    /// The bytes of the item at a byte offset.
    fn item_bytes(self, offset: isize) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.itemsize.get());
        gather(self.base(), offset, &[], &[], self.itemsize.get(), &mut out);
        out
    }

    fn load(self, offset: isize) -> PyResult<Value> {
        // Finding the offset may have run code that has released the view.
        self.checked()?;
        items::unpack(&self.format_text(), &self.item_bytes(offset))
    }

    fn store(self, offset: isize, value: Value) -> PyResult<()> {
        let raw = items::pack(&self.format_text(), value)?;
        self.checked()?;
        scatter(self.base(), offset, &[], &[], self.itemsize.get(), &raw);
        Ok(())
    }

    fn release(self) -> PyResult<()> {
        if self.released.get() {
            return Ok(());
        }
        if self.exports.get() > 0 {
            let n = self.exports.get();
            let s = if n == 1 { "" } else { "s" };
            return Err(buffer_error(format!(
                "memoryview has {n} exported buffer{s}"
            )));
        }
        self.released.set(true);
        let Some(native) = self.native() else {
            return Ok(());
        };
        if let Some(state) = native.state::<Managed>() {
            state.views.set(state.views.get().saturating_sub(1));
            if state.views.get() == 0 {
                drop(state.guard.take());
                native.put_opt(0, None);
                native.put_opt(1, None);
            }
        }
        self.managed.clear();
        Ok(())
    }
}

/// `memoryview`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "Create a new memoryview object which references the given object.",
    signature: "(object)",
    flags: TypeFlags::SEQUENCE | TypeFlags::WEAKREFABLE,
    methods: &[
        Method::noargs("release", |v| this_raw(v).release().map(|()| Value::NONE), "Release the underlying buffer exposed by the memoryview object."),
        Method::bound("tobytes", "($self, /, order='C')", tobytes, "Return the data in the buffer as a byte string."),
        Method::bound("hex", "($self, /, sep=<unrepresentable>, bytes_per_sep=1)", |v, a| {
            this(v)?;
            hex::hex_method(v, a)
        }, "Return the data in the buffer as a str of hexadecimal numbers."),
        Method::noargs("tolist", tolist, "Return the data in the buffer as a list of elements."),
        Method::bound("cast", "($self, /, format, shape=<unrepresentable>)", cast, "Cast a memoryview to a new format or shape."),
        Method::noargs("toreadonly", |v| Ok(this(v)?.with(|s| s.readonly = true)?.value()), "Return a readonly version of the memoryview."),
        Method::noargs("__enter__", |v| this(v).map(Gc::value), ""),
        Method::fast("__exit__", "", |v, _| this_raw(v).release().map(|()| Value::NONE), ""),
    ],
    getset: &[
        GetSet::new("obj", |v| Ok(this(v)?.exporter().unwrap_or(Value::NONE))).doc("The underlying object of the memoryview."),
        GetSet::new("nbytes", |v| Ok(Value::from_usize(this(v)?.len.get()))).doc("The amount of space in bytes that the array would use in\n a contiguous representation."),
        GetSet::new("readonly", |v| Ok(Value::bool(this(v)?.readonly.get()))).doc("A bool indicating whether the memory is read only."),
        GetSet::new("itemsize", |v| Ok(Value::from_usize(this(v)?.itemsize.get()))).doc("The size in bytes of each element of the memoryview."),
        GetSet::new("format", |v| Ok(this(v)?.format.value())).doc("A string containing the format (in struct module style)\n for each element in the view."),
        GetSet::new("ndim", |v| Ok(Value::from_usize(this(v)?.ndim()))).doc("An integer indicating how many dimensions of a multi-dimensional\n array the memory represents."),
        GetSet::new("shape", |v| Ok(this(v)?.shape.value())).doc("A tuple of ndim integers giving the shape of the memory\n as an N-dimensional array."),
        GetSet::new("strides", |v| Ok(this(v)?.strides.value())).doc("A tuple of ndim integers giving the size in bytes to access\n each element for each dimension of the array."),
        GetSet::new("suboffsets", |v| this(v).and_then(|_| tuple::new(&[]))).doc("A tuple of integers used internally for PIL-style arrays."),
        GetSet::new("c_contiguous", |v| Ok(Value::bool(this(v)?.is_contiguous()))).doc("A bool indicating whether the memory is C contiguous."),
        GetSet::new("f_contiguous", |v| fortran(v).map(Value::bool)).doc("A bool indicating whether the memory is Fortran contiguous."),
        GetSet::new("contiguous", |v| Ok(Value::bool(this(v)?.is_contiguous() || fortran(v)?))).doc("A bool indicating whether the memory is contiguous."),
    ],
    slots: |s| {
        s.new = Some(memoryview_new);
        s.repr = Some(repr);
        s.hash = Some(hash);
        s.compare = Some(compare);
        s.iter = Some(view_iter);
        s.len = Some(|v| {
            let m = this(v)?;
            Ok(m.shape_vec().first().copied().unwrap_or(1))
        });
        s.getitem = Some(get_item);
        s.setitem = Some(set_item);
        s.buffer = Some(view_buffer);
    },
    ..TypeSpec::named("memoryview")
};

fn this_raw(v: Value) -> Gc<MemoryView> {
    v.cast::<MemoryView>().expect("checked by the descriptor")
}

fn this(v: Value) -> PyResult<Gc<MemoryView>> {
    this_raw(v).checked()
}

fn memoryview_new(_: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(object)");
    let mut out = [None; MAX_PARAMS];
    SIGNATURE.get().bind("memoryview", args, kw, &mut out)?;
    new(out[0].unwrap_or(Value::NONE))
}

/// `memoryview(v)`
pub fn new(v: Value) -> PyResult<Value> {
    if !has_buffer(v) {
        let t = v.type_of().name_string();
        return Err(type_error(format!(
            "memoryview: a bytes-like object is required, not '{t}'"
        )));
    }
    MemoryView::of(v).map(Gc::value)
}

fn fortran(v: Value) -> PyResult<bool> {
    let m = this(v)?;
    if m.ndim() == 1 {
        return Ok(m.is_contiguous());
    }
    Ok(is_f_contiguous(
        &m.shape_vec(),
        &m.strides_vec(),
        m.itemsize.get(),
    ))
}

fn repr(v: Value) -> PyResult<Value> {
    let kind = if this_raw(v).released.get() {
        "released memory"
    } else {
        "memory"
    };
    str::new(&format!("<{kind} at {:#x}>", protocol::identity(v)))
}

fn hash(v: Value) -> PyResult<i64> {
    let m = this_raw(v);
    if m.hash.get() != -1 {
        return Ok(m.hash.get());
    }
    m.checked()?;
    if !m.readonly.get() {
        return Err(value_error("cannot hash writable memoryview object"));
    }
    if !matches!(m.format_text().trim_start_matches('@'), "B" | "b" | "c") {
        return Err(value_error(
            "memoryview: hashing is restricted to formats 'B', 'b' or 'c'",
        ));
    }
    if let Some(obj) = m.exporter() {
        protocol::hash(obj)?;
    }
    let h = bytes::hash_slice(&m.to_vec());
    m.hash.set(h);
    Ok(h)
}

fn view_buffer(v: Value, r: &mut BufferRequest) -> PyResult<()> {
    let m = this(v)?;
    if r.writable && m.readonly.get() {
        return Err(buffer_error(
            "memoryview: underlying buffer is not writable",
        ));
    }
    r.obj = Some(v);
    r.base = m.base();
    r.offset = m.offset.get();
    r.len = m.len.get();
    r.itemsize = m.itemsize.get();
    r.readonly = m.readonly.get();
    r.format = m.format_text();
    r.shape = Some(m.shape_vec());
    r.strides = Some(m.strides_vec());
    Ok(())
}

/// Counts (`true`) or uncounts a buffer of this view that somebody outside holds on to: it cannot be released
/// meanwhile.
pub fn count_export(v: Value, begin: bool) {
    if let Some(m) = v.cast::<MemoryView>() {
        let n = m.exports.get();
        m.exports
            .set(if begin { n + 1 } else { n.saturating_sub(1) });
    }
}

fn tobytes(v: Value, a: Bound) -> PyResult<Value> {
    let m = this(v)?;
    let order = match a[0].and_then(Value::not_none) {
        None => 'C',
        Some(o) => match o.cast::<Str>() {
            Some(s) if s.eq_str("C") => 'C',
            Some(s) if s.eq_str("F") => 'F',
            Some(s) if s.eq_str("A") => 'A',
            Some(_) => return Err(value_error("order must be 'C', 'F' or 'A'")),
            None => {
                let t = o.type_of().name_string();
                return Err(type_error(format!(
                    "tobytes() argument 'order' must be str or None, not {t}"
                )));
            }
        },
    };
    let fortran_order = order == 'F' || (order == 'A' && !m.is_contiguous() && fortran(v)?);
    if fortran_order && m.ndim() > 1 {
        let reversed = |s: Vec<usize>| s.into_iter().rev().collect::<Vec<_>>();
        let strides: Vec<isize> = m.strides_vec().into_iter().rev().collect();
        let mut out = Vec::with_capacity(m.len.get());
        gather(
            m.base(),
            m.offset.get(),
            &reversed(m.shape_vec()),
            &strides,
            m.itemsize.get(),
            &mut out,
        );
        return bytes::new(&out);
    }
    bytes::new(&m.to_vec())
}

fn tolist(v: Value) -> PyResult<Value> {
    let m = this(v)?;
    nested(m, &m.shape_vec(), &m.strides_vec(), m.offset.get())
}

fn nested(m: Gc<MemoryView>, shape: &[usize], strides: &[isize], offset: isize) -> PyResult<Value> {
    let ([n, rest @ ..], [step, more @ ..]) = (shape, strides) else {
        return m.load(offset);
    };
    let list = List::new()?;
    for i in 0..*n {
        list.append(nested(m, rest, more, offset + step * i as isize)?)?;
    }
    Ok(list.value())
}

fn is_byte_format(format: &str) -> bool {
    matches!(format.trim_start_matches('@'), "B" | "b" | "c")
}

fn cast(v: Value, a: Bound) -> PyResult<Value> {
    let m = this(v)?;
    let format = a[0].unwrap_or(Value::NONE);
    let Some(f) = format.cast::<Str>() else {
        let t = format.type_of().name_string();
        return Err(type_error(format!(
            "cast() argument 'format' must be str, not {t}"
        )));
    };
    let format = f.to_string_lossy().into_owned();
    if !m.is_contiguous() {
        return Err(type_error(
            "memoryview: casts are restricted to C-contiguous views",
        ));
    }
    let shape = a[1].map(shape_argument).transpose()?;
    if (shape.is_some() || m.ndim() != 1)
        && m.ndim() != 1
        && shape.as_ref().is_some_and(|s| s.len() != 1)
    {
        return Err(type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
    }
    let Some(size) = items::native_size(&format) else {
        let text = "memoryview: destination format must be a native single character format prefixed with an optional '@'";
        return Err(value_error(text));
    };
    let from = m.format_text();
    if items::native_size(&from).is_none() {
        let text = "memoryview: source format must be a native single character format prefixed with an optional '@'";
        return Err(value_error(text));
    }
    if !is_byte_format(&from) && !is_byte_format(&format) {
        return Err(type_error(
            "memoryview: cannot cast between two non-byte formats",
        ));
    }
    let len = m.len.get();
    if !len.is_multiple_of(size) {
        return Err(type_error(
            "memoryview: length is not a multiple of itemsize",
        ));
    }
    let shape = shape.unwrap_or_else(|| vec![len / size]);
    if shape.iter().product::<usize>() * size != len {
        return Err(type_error(
            "memoryview: product(shape) * itemsize != buffer size",
        ));
    }
    let strides = c_strides(&shape, size);
    let (offset, readonly) = (m.offset.get(), m.readonly.get());
    let shown = Shown {
        format: f.value(),
        itemsize: size,
        offset,
        shape: &shape,
        strides: &strides,
        readonly,
    };
    Ok(MemoryView::make(m.native().ok_or_else(no_memory)?, &shown)?.value())
}

fn shape_argument(v: Value) -> PyResult<Vec<usize>> {
    if v.cast::<Tuple>().is_none() && v.cast::<List>().is_none() {
        return Err(type_error("shape must be a list or a tuple"));
    }
    let mut out = Vec::new();
    for &n in protocol::collect(v)?.iter() {
        if !int::is_int(n) {
            return Err(type_error(
                "memoryview.cast(): elements of shape must be integers",
            ));
        }
        match int::to_i64(n) {
            Some(n) if n > 0 => out.push(n as usize),
            _ => {
                return Err(value_error(
                    "memoryview.cast(): elements of shape must be integers > 0",
                ));
            }
        }
    }
    if out.len() > 64 {
        return Err(value_error(
            "memoryview: number of dimensions must not exceed 64",
        ));
    }
    Ok(out)
}

/// The offset of an item, given one index per dimension.
fn offset_of(m: Gc<MemoryView>, keys: &[Value]) -> PyResult<isize> {
    let (shape, strides) = (m.shape_vec(), m.strides_vec());
    let mut offset = m.offset.get();
    for (d, &key) in keys.iter().enumerate() {
        let i = protocol::index_i64(key, |v| {
            index_error(format!(
                "cannot fit '{}' into an index-sized integer",
                v.type_of().name_string()
            ))
        })?;
        let at = if i < 0 { i + shape[d] as i64 } else { i };
        if at < 0 || at as usize >= shape[d] {
            return Err(index_error(format!(
                "index out of bounds on dimension {}",
                d + 1
            )));
        }
        offset += strides[d] * at as isize;
    }
    Ok(offset)
}

fn is_index(v: Value) -> bool {
    int::is_int(v) || v.type_of().slots().index.is_some()
}

/// What a key selects.
enum Selected {
    Item(isize),
    View(Gc<MemoryView>),
}

fn select(m: Gc<MemoryView>, key: Value) -> PyResult<Selected> {
    let ndim = m.ndim();
    if ndim == 0 {
        if key.cast::<Tuple>().is_some_and(|t| t.is_empty()) {
            return Ok(Selected::Item(m.offset.get()));
        }
        if key == Value::ELLIPSIS {
            return Ok(Selected::View(m));
        }
        return Err(type_error("invalid indexing of 0-dim memory"));
    }
    if is_index(key) {
        if ndim > 1 {
            return Err(not_implemented_error(
                "multi-dimensional sub-views are not implemented",
            ));
        }
        return offset_of(m, &[key]).map(Selected::Item);
    }
    if let Some(t) = key.cast::<Tuple>() {
        if t.items().iter().all(|&k| is_index(k)) {
            return multi_index(m, t).map(Selected::Item);
        }
        if t.items().iter().all(|k| k.layout_id() == layout::SLICE) {
            return Err(not_implemented_error(
                "multi-dimensional slicing is not implemented",
            ));
        }
        return Err(type_error("memoryview: invalid slice key"));
    }
    let (shape, strides) = (m.shape_vec(), m.strides_vec());
    let Some(r) = slice_range(key, shape[0])? else {
        return Err(type_error("memoryview: invalid slice key"));
    };
    let (mut shape2, mut strides2) = (shape, strides);
    let offset = if r.count > 0 || r.start >= 0 {
        r.start * strides2[0]
    } else {
        0
    };
    shape2[0] = r.count;
    strides2[0] *= r.step;
    let view = m.with(|s| s.offset += offset)?;
    view.set(&view.shape, ints(shape2.iter().map(|&n| n as i64))?);
    view.set(&view.strides, ints(strides2.iter().map(|&n| n as i64))?);
    view.len
        .set(shape2.iter().product::<usize>() * m.itemsize.get());
    Ok(Selected::View(view))
}

fn multi_index(m: Gc<MemoryView>, t: Gc<Tuple>) -> PyResult<isize> {
    let (ndim, n) = (m.ndim(), t.len());
    if n > ndim {
        return Err(type_error(format!(
            "cannot index {ndim}-dimension view with {n}-element tuple"
        )));
    }
    if n < ndim {
        return Err(not_implemented_error("sub-views are not implemented"));
    }
    offset_of(m, t.items())
}

fn get_item(v: Value, key: Value) -> PyResult<Value> {
    let m = this(v)?;
    match select(m, key)? {
        Selected::Item(offset) => m.load(offset),
        Selected::View(view) => Ok(view.value()),
    }
}

fn set_item(v: Value, key: Value, value: Option<Value>) -> PyResult<()> {
    let m = this(v)?;
    if m.readonly.get() {
        return Err(type_error("cannot modify read-only memory"));
    }
    let Some(value) = value else {
        return Err(type_error("cannot delete memory"));
    };
    let different =
        || value_error("memoryview assignment: lvalue and rvalue have different structures");
    match select(m, key)? {
        Selected::Item(offset) => m.store(offset, value),
        Selected::View(view) if m.ndim() == 0 => view.store(view.offset.get(), value),
        Selected::View(_) if m.ndim() > 1 => Err(not_implemented_error(
            "memoryview slice assignments are currently restricted to ndim = 1",
        )),
        Selected::View(view) => {
            let source = buffer::request(value, false)?;
            let native = |f: &str| f.trim_start_matches('@').to_owned();
            if native(&source.format) != native(&view.format_text())
                || source.full_shape() != view.shape_vec()
            {
                return Err(different());
            }
            let data = source.to_vec();
            let (base, offset) = (view.base(), view.offset.get());
            scatter(
                base,
                offset,
                &view.shape_vec(),
                &view.strides_vec(),
                view.itemsize.get(),
                &data,
            );
            Ok(())
        }
    }
}

fn view_iter(v: Value) -> PyResult<Value> {
    let m = this(v)?;
    match m.ndim() {
        0 => Err(type_error("invalid indexing of 0-dim memory")),
        1 => iter::new(v, &iter::MEMORY),
        _ => Err(not_implemented_error(
            "multi-dimensional sub-views are not implemented",
        )),
    }
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) || !has_buffer(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let equal = same_contents(this_raw(a), b)?;
    Ok(Value::bool(equal == (op == CompareOp::Eq)))
}

fn same_contents(m: Gc<MemoryView>, other: Value) -> PyResult<bool> {
    if m.released.get() {
        return Ok(m.value() == other);
    }
    if other.cast::<MemoryView>().is_some_and(|o| o.released.get()) {
        return Ok(false);
    }
    let r = buffer::request(other, false)?;
    if r.full_shape() != m.shape_vec() {
        return Ok(false);
    }
    let (f, g) = (m.format_text(), r.format.clone());
    let (x, y) = (m.to_vec(), r.to_vec());
    let simple = |f: &str| {
        matches!(
            f.trim_start_matches('@'),
            "B" | "b" | "c" | "H" | "h" | "I" | "i" | "L" | "l" | "Q" | "q"
        )
    };
    if f == g && simple(&f) {
        return Ok(x == y);
    }
    let (Some(sx), Some(sy)) = (items::size(&f), items::size(&g)) else {
        return Ok(false);
    };
    if sx != m.itemsize.get() || sy != r.itemsize {
        return Ok(false);
    }
    for (p, q) in x.chunks_exact(sx.max(1)).zip(y.chunks_exact(sy.max(1))) {
        if !protocol::equal(items::unpack(&f, p)?, items::unpack(&g, q)?)? {
            return Ok(false);
        }
    }
    Ok(true)
}
