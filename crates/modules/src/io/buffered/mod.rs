//! `BufferedReader`, `BufferedWriter`, `BufferedRandom`: a buffer over a raw stream. One state serves all three; this
//! file has the state, the raw stream's operations and what the classes share; reading, writing and positions have
//! files of their own.

mod lock;
pub(super) mod pair;
pub(super) mod read;
pub(super) mod seek;
mod specs;
pub(super) mod write;

use std::cell::{Cell, RefCell};

use rivet_vm::exceptions::{PyResult, Raised, clear_if, exc, restore, take, value_error};
use rivet_vm::name;
use rivet_vm::object::attr::{find_attr, get_attr};
use rivet_vm::object::call::{call, call_method};
use rivet_vm::object::protocol;
use rivet_vm::types::bytearray::ByteArray;
use rivet_vm::types::bytes::Bytes;
use rivet_vm::types::str::Str;
use rivet_vm::types::str::builder::StrBuilder;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::types::{memoryview, str};
use rivet_vm::value::{Gc, Value};

use super::base::{self, os_text};
use super::fileio::{self, file};
use super::util::{Chained, is_exactly, none, optional_size, repr_once, retry, zeros};
use crate::util::{alloc, bind, nat, ty};

use lock::{Held, Lock};
pub(super) use specs::{RANDOM_SPEC, READER_SPEC, WRITER_SPEC};

/// Slot 0 of the object: the raw stream.
const RAW: usize = 0;

/// What a class can do.
#[derive(Clone, Copy)]
pub(super) struct Abilities {
    pub(super) readable: bool,
    pub(super) writable: bool,
}

/// The state of a buffered stream.
///
/// The buffer holds bytes of the file around the position. `pos` is the logical position in it, `raw_pos` that of the
/// raw stream; both count from the start of the buffer. `read_end` and `write_end` are -1 while the buffer holds
/// nothing of the kind.
pub(super) struct Buffered {
    ok: Cell<bool>,
    detached: Cell<bool>,
    readable: Cell<bool>,
    writable: Cell<bool>,
    finalizing: Cell<bool>,
    /// Position of the raw stream in the file; -1: unknown.
    abs_pos: Cell<i64>,
    buf: RefCell<Vec<u8>>,
    /// Gone after close().
    has_buffer: Cell<bool>,
    size: Cell<usize>,
    pos: Cell<i64>,
    raw_pos: Cell<i64>,
    read_end: Cell<i64>,
    write_pos: Cell<i64>,
    write_end: Cell<i64>,
    lock: Lock,
}

impl Buffered {
    pub(super) fn new() -> Self {
        Buffered {
            ok: Cell::new(false),
            detached: Cell::new(false),
            readable: Cell::new(false),
            writable: Cell::new(false),
            finalizing: Cell::new(false),
            abs_pos: Cell::new(-1),
            buf: RefCell::new(Vec::new()),
            has_buffer: Cell::new(false),
            size: Cell::new(0),
            pos: Cell::new(0),
            raw_pos: Cell::new(0),
            read_end: Cell::new(-1),
            write_pos: Cell::new(0),
            write_end: Cell::new(-1),
            lock: Lock::new(),
        }
    }
}

/// A buffered stream at work: the object and its state.
#[derive(Clone, Copy)]
pub(super) struct Stream<'a> {
    v: Value,
    s: &'a Buffered,
}

/// The stream, initialised or not.
fn any<'a>(v: Value) -> Stream<'a> {
    let s = nat(v).state::<Buffered>().expect("set by new");
    Stream { v, s }
}

/// The stream; ValueError if it has no raw stream.
pub(super) fn stream<'a>(v: Value) -> PyResult<Stream<'a>> {
    let b = any(v);
    if b.s.ok.get() {
        return Ok(b);
    }
    Err(value_error(if b.s.detached.get() {
        "raw stream has been detached"
    } else {
        "I/O operation on uninitialized object"
    }))
}

impl<'a> Stream<'a> {
    /// The raw stream.
    pub(super) fn raw(self) -> PyResult<Value> {
        nat(self.v)
            .get(RAW)
            .ok_or_else(|| value_error("raw stream has been detached"))
    }

    fn enter(self) -> PyResult<Held<'a>> {
        self.s.lock.enter(self.v)
    }

    /// Whether another thread is at work on it.
    pub(super) fn is_busy(self) -> bool {
        self.s.lock.is_foreign()
    }

    fn valid_read(self) -> bool {
        self.s.readable.get() && self.s.read_end.get() != -1
    }

    fn valid_write(self) -> bool {
        self.s.writable.get() && self.s.write_end.get() != -1
    }

    /// Bytes that can be read without asking the raw stream.
    fn ahead(self) -> usize {
        if self.valid_read() {
            self.s
                .read_end
                .get()
                .saturating_sub(self.s.pos.get())
                .max(0) as usize
        } else {
            0
        }
    }

    /// How far the raw stream is ahead of the logical position.
    fn raw_offset(self) -> i64 {
        if (self.valid_read() || self.valid_write()) && self.s.raw_pos.get() >= 0 {
            self.s.raw_pos.get().wrapping_sub(self.s.pos.get())
        } else {
            0
        }
    }

    fn adjust(self, pos: i64) {
        self.s.pos.set(pos);
        if self.valid_read() && self.s.read_end.get() < pos {
            self.s.read_end.set(pos);
        }
    }

    fn reset_read(self) {
        self.s.read_end.set(-1);
    }

    fn reset_write(self) {
        self.s.write_pos.set(0);
        self.s.write_end.set(-1);
    }

    /// Calls `f` with the buffer. `f` must not run Python code.
    fn with_buffer<R>(self, f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut b = self.s.buf.borrow_mut();
        let size = self.s.size.get();
        if b.len() != size {
            b.resize(size, 0);
        }
        f(&mut b)
    }

    /// A copy of bytes `from..from + n` of the buffer.
    fn copy(self, from: i64, n: usize) -> Vec<u8> {
        self.with_buffer(|b| {
            let from = (from.max(0) as usize).min(b.len());
            let to = from.saturating_add(n).min(b.len());
            b[from..to].to_vec()
        })
    }

    /// Takes `n` bytes that are ahead.
    fn take(self, n: usize) -> PyResult<Gc<Bytes>> {
        let from = self.s.pos.get().max(0) as usize;
        self.s.pos.set((from + n) as i64);
        self.with_buffer(|b| {
            let from = from.min(b.len());
            Bytes::new(&b[from..(from + n).min(b.len())])
        })
    }

    /// Whether the raw stream is closed, or the buffer gone.
    pub(super) fn is_closed(self) -> PyResult<bool> {
        if !self.s.has_buffer.get() {
            return Ok(true);
        }
        let raw = self.raw()?;
        if is_exactly(raw, ty(&super::FILE_IO)) {
            return Ok(file(raw).fd.get() < 0);
        }
        protocol::is_true(get_attr(raw, name!("closed"))?)
    }

    /// ValueError if closed.
    fn check_open(self, message: &str) -> PyResult<()> {
        if self.is_closed()? {
            return Err(value_error(message));
        }
        Ok(())
    }

    // ---- the raw stream ----

    /// The raw stream's position.
    fn raw_tell(self) -> PyResult<i64> {
        let raw = self.raw()?;
        let n = if fileio::is_plain(raw, name!("tell")) && file(raw).fd.get() >= 0 {
            file(raw).seek(0, libc::SEEK_CUR)?
        } else {
            super::util::offset_arg(call_method(raw, name!("tell"), &[])?)?
        };
        self.note_position(n)
    }

    fn note_position(self, n: i64) -> PyResult<i64> {
        if n < 0 {
            return Err(os_text(&format!(
                "Raw stream returned invalid position {n}"
            )));
        }
        self.s.abs_pos.set(n);
        Ok(n)
    }

    /// The position if known, else asked for.
    fn known_raw_tell(self) -> PyResult<i64> {
        match self.s.abs_pos.get() {
            -1 => self.raw_tell(),
            n => Ok(n),
        }
    }

    /// Moves the raw stream.
    fn raw_seek(self, target: i64, whence: i32) -> PyResult<i64> {
        let raw = self.raw()?;
        let n = if fileio::is_plain(raw, name!("seek")) && file(raw).fd.get() >= 0 {
            file(raw).seek(target, whence)?
        } else {
            let args = [Value::int(target), Value::int(whence.into())];
            super::util::offset_arg(call_method(raw, name!("seek"), &args)?)?
        };
        self.note_position(n)
    }

    fn advance(self, n: usize) {
        if n > 0 && self.s.abs_pos.get() != -1 {
            self.s
                .abs_pos
                .set(self.s.abs_pos.get().wrapping_add(n as i64));
        }
    }

    /// Reads into `out`, once; None if there is nothing yet.
    fn raw_read(self, out: &mut [u8]) -> PyResult<Option<usize>> {
        let raw = self.raw()?;
        let got = if fileio::is_plain(raw, name!("readinto"))
            && file(raw).fd.get() >= 0
            && file(raw).readable.get()
        {
            file(raw).read_some(out)?
        } else {
            raw_read_object(raw, out)?
        };
        self.advance(got.unwrap_or(0));
        Ok(got)
    }

    /// Reads into the buffer from `start` on.
    fn raw_fill(self, start: usize) -> PyResult<Option<usize>> {
        self.with_buffer(|_| ());
        // The buffer is out of reach of others meanwhile; the lock keeps them waiting.
        let mut buf = self.s.buf.take();
        let start = start.min(buf.len());
        let r = self.raw_read(&mut buf[start..]);
        self.s.buf.replace(buf);
        r
    }

    /// Writes once; None if nothing could be written.
    fn raw_write(self, data: &[u8]) -> PyResult<Option<usize>> {
        let raw = self.raw()?;
        let done = if fileio::is_plain(raw, name!("write"))
            && file(raw).fd.get() >= 0
            && file(raw).writable.get()
        {
            file(raw).write_some(data)?
        } else {
            raw_write_object(raw, data)?
        };
        self.advance(done.unwrap_or(0));
        Ok(done)
    }
}

/// `raw.readinto(view)` of a stream of any class. The view is over an object of its own, so keeping it does no harm.
fn raw_read_object(raw: Value, out: &mut [u8]) -> PyResult<Option<usize>> {
    let area = ByteArray::new(out)?;
    let view = memoryview::new(area.value())?;
    let r = retry(|| call_method(raw, name!("readinto"), &[view]))?;
    if r.is_none() {
        return Ok(None);
    }
    let n = match protocol::index_i64(r, |_| value_error("readinto() result out of range")) {
        Ok(n) => n,
        Err(raised) => return Err(failed_from(raised, "raw readinto() failed")),
    };
    if n < 0 || n as usize > out.len() {
        return Err(os_text(&format!(
            "raw readinto() returned invalid length {n} (should have been between 0 and {})",
            out.len()
        )));
    }
    let n = n as usize;
    let got = area.as_slice();
    let m = n.min(got.len());
    out[..m].copy_from_slice(&got[..m]);
    Ok(Some(n))
}

/// OSError with the pending exception as its cause.
fn failed_from(raised: Raised, text: &str) -> Raised {
    let cause = take(raised);
    let new = take(os_text(text));
    if let Some(x) = new.cast::<rivet_vm::exceptions::Exception>() {
        x.set(&x.cause, cause);
        x.set(&x.context, cause);
        x.set(&x.suppress, Value::TRUE);
    }
    restore(new)
}

/// `raw.write(view)` of a stream of any class.
fn raw_write_object(raw: Value, data: &[u8]) -> PyResult<Option<usize>> {
    let view = memoryview::new(Bytes::new(data)?.value())?;
    let r = retry(|| call_method(raw, name!("write"), &[view]))?;
    if r.is_none() {
        return Ok(None);
    }
    let n = protocol::index_i64(r, |_| value_error("write() result out of range"))?;
    if n < 0 || n as usize > data.len() {
        return Err(os_text(&format!(
            "raw write() returned invalid length {n} (should have been between 0 and {})",
            data.len()
        )));
    }
    Ok(Some(n as usize))
}

// ---- making one ----

const INIT: &str = "(raw, buffer_size=DEFAULT_BUFFER_SIZE)";

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>, can: Abilities) -> PyResult<()> {
    any(v).s.ok.set(false);
    let fname = v.type_of().short_name();
    let a = bind(INIT, &fname, args, kw)?;
    let size = match a[1] {
        None => super::DEFAULT_BUFFER_SIZE as isize,
        Some(n) => protocol::as_isize(n)?,
    };
    setup(v, a[0].unwrap_or(Value::NONE), size, can)
}

/// `__init__` of the three classes.
pub(super) fn setup(v: Value, raw: Value, size: isize, can: Abilities) -> PyResult<()> {
    let b = any(v);
    b.s.ok.set(false);
    b.s.detached.set(false);
    let plain = fileio::is_plain(raw, name!("readable"));
    if can.readable && can.writable {
        base::check_seekable(raw)?;
    }
    if can.readable && !(plain && file(raw).fd.get() >= 0 && file(raw).readable.get()) {
        base::check_readable(raw)?;
    }
    if can.writable && !(plain && file(raw).fd.get() >= 0 && file(raw).writable.get()) {
        base::check_writable(raw)?;
    }
    nat(v).put(RAW, raw);
    b.s.readable.set(can.readable);
    b.s.writable.set(can.writable);
    if size <= 0 {
        return Err(value_error("buffer size must be strictly positive"));
    }
    // Memory is taken at first use; that there is none for such a size is said now.
    if size > 1 << 30 {
        drop(zeros(size as usize)?);
    }
    b.s.size.set(size as usize);
    b.s.has_buffer.set(true);
    if let Err(raised) = b.raw_tell() {
        let _ = take(raised);
        b.s.abs_pos.set(-1);
    }
    b.reset_read();
    b.reset_write();
    b.s.pos.set(0);
    b.s.ok.set(true);
    Ok(())
}

/// A stream of one of the three exact classes.
pub(super) fn make(raw: Value, size: isize, can: Abilities) -> PyResult<Value> {
    let class = match (can.readable, can.writable) {
        (true, true) => &super::RANDOM,
        (true, false) => &super::READER,
        _ => &super::WRITER,
    };
    let n = alloc(ty(class))?;
    n.set_state(Buffered::new());
    setup(n.value(), raw, size, can)?;
    Ok(n.value())
}

// ---- what all three have ----

/// A method that is handed on to the raw stream.
fn forward(v: Value, method: Gc<Str>) -> PyResult<Value> {
    call_method(stream(v)?.raw()?, method, &[])
}

fn closed(v: Value) -> PyResult<Value> {
    get_attr(stream(v)?.raw()?, name!("closed"))
}

fn raw_attr(v: Value, name: Gc<Str>) -> PyResult<Value> {
    get_attr(stream(v)?.raw()?, name)
}

fn dealloc_warn(v: Value, source: Value) -> PyResult<Value> {
    let b = any(v);
    if b.s.ok.get()
        && let Ok(raw) = b.raw()
        && let Some(f) = find_attr(raw, name!("_dealloc_warn"))?
        && let Err(raised) = call(f, &[source])
    {
        let _ = take(raised);
    }
    Ok(Value::NONE)
}

fn repr(v: Value) -> PyResult<Value> {
    let t = v.type_of().name_string();
    let name = match find_attr(v, name!("name")) {
        Ok(n) => n,
        Err(raised) => {
            clear_if(raised, exc().value_error)?;
            None
        }
    };
    let Some(n) = name else {
        return str::new(&format!("<{t}>"));
    };
    let n = repr_once(v, n)?;
    let mut out = StrBuilder::new();
    out.push_text(&format!("<{t} name="));
    out.push_chars(n.chars());
    out.push_text(">");
    out.value()
}

fn detach(v: Value) -> PyResult<Value> {
    let b = stream(v)?;
    call_method(v, name!("flush"), &[])?;
    let raw = b.raw()?;
    nat(v).put_opt(RAW, None);
    b.s.detached.set(true);
    b.s.ok.set(false);
    Ok(raw)
}

fn close(v: Value) -> PyResult<Value> {
    let b = stream(v)?;
    {
        let _held = b.enter()?;
        if b.is_closed_raw()? {
            return Ok(Value::NONE);
        }
        if b.s.finalizing.get() {
            dealloc_warn(v, v)?;
        }
    }
    let mut chain = Chained::new();
    chain.run(|| call_method(v, name!("flush"), &[]).map(|_| ()));
    let result = chain.run(|| {
        let _held = b.enter()?;
        let raw = b.raw()?;
        let r = call_method(raw, name!("close"), &[]);
        b.s.has_buffer.set(false);
        b.s.buf.replace(Vec::new());
        r
    });
    chain.finish()?;
    Ok(result.unwrap_or(Value::NONE))
}

impl Stream<'_> {
    /// `raw.closed`, whatever became of the buffer.
    fn is_closed_raw(self) -> PyResult<bool> {
        protocol::is_true(get_attr(self.raw()?, name!("closed"))?)
    }
}

fn size_of(v: Value) -> PyResult<Value> {
    let b = any(v);
    let buffer = if b.s.has_buffer.get() {
        b.s.size.get()
    } else {
        0
    };
    Ok(Value::from_usize(
        std::mem::size_of::<Buffered>() + 32 + buffer,
    ))
}

/// An optional position argument is passed on as it is.
fn position_arg(args: &[Value]) -> Value {
    args.first().copied().unwrap_or(Value::NONE)
}

/// A limit of bytes; -1: none.
fn limit_arg(args: &[Value]) -> PyResult<isize> {
    optional_size(args.first().copied(), -1)
}

/// Nothing to give back.
fn done(r: PyResult<()>) -> PyResult<Value> {
    none(r)
}
