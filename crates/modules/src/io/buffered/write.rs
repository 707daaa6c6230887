//! Writing through the buffer.

use rivet_vm::exceptions::{Exception, PyResult, Raised, exc, restore, take, type_error};
use rivet_vm::signals;
use rivet_vm::types::memoryview::bytes_like;
use rivet_vm::types::str::{self, Str};
use rivet_vm::value::Value;

use super::{Stream, done, stream};

const WOULD_BLOCK: &str = "write could not complete without blocking";

/// BlockingIOError that says how much was taken.
fn blocked(code: i64, written: usize) -> Raised {
    let text = match str::new(WOULD_BLOCK) {
        Ok(t) => t,
        Err(raised) => return raised,
    };
    let class = exc().blocking_io_error;
    rivet_vm::exceptions::raise_call(class, &[Value::int(code), text, Value::from_usize(written)])
}

pub(super) fn write(v: Value, data: Value) -> PyResult<Value> {
    let b = stream(v)?;
    if data.cast::<Str>().is_some() {
        return Err(type_error("a bytes-like object is required, not 'str'"));
    }
    if let Some(x) = data.cast::<rivet_vm::types::bytes::Bytes>() {
        return b.write(x.slice()).map(Value::from_usize);
    }
    let data = bytes_like(data)?;
    b.write(&data).map(Value::from_usize)
}

/// `BufferedWriter.write` for the text layer.
pub(in crate::io) fn write_bytes(v: Value, data: &[u8]) -> PyResult<usize> {
    stream(v)?.write(data)
}

pub(super) fn flush(v: Value) -> PyResult<Value> {
    let b = stream(v)?;
    b.check_open("flush of closed file")?;
    let _held = b.enter()?;
    done(b.flush_and_rewind())
}

impl Stream<'_> {
    fn write(self, data: &[u8]) -> PyResult<usize> {
        let _held = self.enter()?;
        self.check_open("write to closed file")?;
        if !self.valid_read() && !self.valid_write() {
            self.s.pos.set(0);
            self.s.raw_pos.set(0);
        }
        let pos = self.s.pos.get().max(0);
        if data.len() as i64 <= (self.s.size.get() as i64).saturating_sub(pos) {
            self.put(pos as usize, data);
            return Ok(data.len());
        }
        self.write_through(data)
    }

    /// Puts data into the buffer at the position, where there is room.
    fn put(self, at: usize, data: &[u8]) {
        self.with_buffer(|b| b[at..at + data.len()].copy_from_slice(data));
        if !self.valid_write() || self.s.write_pos.get() > at as i64 {
            self.s.write_pos.set(at as i64);
        }
        self.adjust((at + data.len()) as i64);
        if self.s.write_end.get() < self.s.pos.get() {
            self.s.write_end.set(self.s.pos.get());
        }
    }

    /// Empties the buffer and writes what does not fit into it.
    fn write_through(self, data: &[u8]) -> PyResult<usize> {
        if let Err(raised) = self.flush() {
            return self.keep_what_fits(raised, data);
        }
        let offset = self.raw_offset();
        if offset != 0 {
            self.raw_seek(-offset, 1)?;
            self.s.raw_pos.set(self.s.raw_pos.get() - offset);
        }
        let size = self.s.size.get();
        let mut written = 0;
        while data.len() - written > size {
            match self.raw_write(&data[written..])? {
                Some(n) => written += n,
                None => {
                    // As much as possible is kept for later.
                    self.with_buffer(|b| b.copy_from_slice(&data[written..written + size]));
                    self.s.raw_pos.set(0);
                    self.adjust(size as i64);
                    self.s.write_pos.set(0);
                    self.s.write_end.set(size as i64);
                    return Err(blocked(libc::EAGAIN.into(), written + size));
                }
            }
            signals::run_pending()?;
        }
        if self.s.readable.get() {
            self.reset_read();
        }
        let rest = &data[written..];
        self.with_buffer(|b| b[..rest.len()].copy_from_slice(rest));
        self.s.write_pos.set(0);
        self.s.write_end.set(rest.len() as i64);
        self.adjust(rest.len() as i64);
        self.s.raw_pos.set(0);
        Ok(data.len())
    }

    /// The raw stream takes nothing: the buffer takes what it has room for.
    fn keep_what_fits(self, raised: Raised, data: &[u8]) -> PyResult<usize> {
        let e = take(raised);
        if !e.type_of().is_subtype(exc().blocking_io_error) {
            return Err(restore(e));
        }
        let code = e
            .cast::<Exception>()
            .and_then(|x| x.field(0).get())
            .and_then(Value::as_small_int)
            .unwrap_or(libc::EAGAIN.into());
        if self.s.readable.get() {
            self.reset_read();
        }
        let (from, to) = (self.s.write_pos.get(), self.s.write_end.get());
        if from >= 0 && to >= from {
            self.with_buffer(|b| b.copy_within(from as usize..to as usize, 0));
            self.s.write_end.set(to - from);
            self.s.raw_pos.set(self.s.raw_pos.get() - from);
            self.s.pos.set(self.s.pos.get() - from);
            self.s.write_pos.set(0);
        }
        let end = self.s.write_end.get().max(0) as usize;
        let n = data.len().min(self.s.size.get().saturating_sub(end));
        self.with_buffer(|b| b[end..end + n].copy_from_slice(&data[..n]));
        self.s.write_end.set((end + n) as i64);
        self.s.pos.set(self.s.pos.get() + n as i64);
        if n == data.len() {
            return Ok(n);
        }
        Err(blocked(code, n))
    }

    /// Writes the buffer out.
    pub(super) fn flush(self) -> PyResult<()> {
        if !self.valid_write() || self.s.write_pos.get() == self.s.write_end.get() {
            self.reset_write();
            return Ok(());
        }
        let rewind = self.raw_offset() + (self.s.pos.get() - self.s.write_pos.get());
        if rewind != 0 {
            self.raw_seek(-rewind, 1)?;
            self.s.raw_pos.set(self.s.raw_pos.get() - rewind);
        }
        while self.s.write_pos.get() < self.s.write_end.get() {
            let (from, to) = (self.s.write_pos.get(), self.s.write_end.get());
            let r = if from == 0 && !self.s.readable.get() {
                self.write_from_start(to as usize)
            } else {
                let data = self.copy(from, (to - from) as usize);
                self.raw_write(&data)
            };
            let Some(n) = r? else {
                return Err(blocked(libc::EAGAIN.into(), 0));
            };
            self.s.write_pos.set(from + n as i64);
            self.s.raw_pos.set(from + n as i64);
            signals::run_pending()?;
        }
        self.reset_write();
        Ok(())
    }

    /// Writes the first bytes of the buffer without copying them.
    fn write_from_start(self, n: usize) -> PyResult<Option<usize>> {
        self.with_buffer(|_| ());
        let buf = self.s.buf.take();
        let r = self.raw_write(&buf[..n.min(buf.len())]);
        self.s.buf.replace(buf);
        r
    }

    /// Writes the buffer out and puts the raw stream where the logical position is.
    pub(super) fn flush_and_rewind(self) -> PyResult<()> {
        self.flush()?;
        if self.s.readable.get() {
            let offset = self.raw_offset();
            let r = self.raw_seek(-offset, 1);
            self.reset_read();
            r?;
        }
        Ok(())
    }
}
