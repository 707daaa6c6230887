//! Reading through the buffer.

use rivet_vm::exceptions::{PyResult, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::args::check_count;
use rivet_vm::object::attr::find_attr;
use rivet_vm::object::call::{call, call_method};
use rivet_vm::object::protocol;
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::memoryview::with_bytes_mut;
use rivet_vm::value::Value;

use super::{Stream, limit_arg, stream};
use crate::io::base::os_text;
use crate::io::fileio::{self, file};
use crate::io::util::{is_exactly, zeros};
use crate::util::ty;

/// The most that is asked of a file with one system call, so that no memory is taken for what is not there.
const MOST_AT_ONCE: usize = 1 << 20;

/// Where a read ended.
enum Got {
    Bytes(Vec<u8>),
    /// The raw stream has nothing yet, and nothing was buffered.
    Nothing,
}

fn answer(g: Got) -> PyResult<Value> {
    match g {
        Got::Bytes(b) => bytes::new(&b),
        Got::Nothing => Ok(Value::NONE),
    }
}

pub(super) fn read(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("read", args, 0, 1)?;
    let n = limit_arg(args)?;
    let b = stream(v)?;
    if n < -1 {
        return Err(value_error("read length must be non-negative or -1"));
    }
    b.check_open("read of closed file")?;
    if n == -1 {
        let _held = b.enter()?;
        return b.read_all();
    }
    let n = n as usize;
    if n <= b.ahead() {
        return Ok(b.take(n)?.value());
    }
    let _held = b.enter()?;
    answer(b.read_exact(n)?)
}

/// Whether this is a plain `FileIO` that can be read without a call of its `readall`.
fn is_open_file(raw: Value) -> bool {
    fileio::is_plain(raw, name!("readall")) && file(raw).fd.get() >= 0 && file(raw).readable.get()
}

/// All bytes of a reader over a plain file, for the text layer; None if `read` must be called.
pub(in crate::io) fn read_all_bytes(v: Value) -> PyResult<Option<Vec<u8>>> {
    let b = stream(v)?;
    if !is_open_file(b.raw()?) {
        return Ok(None);
    }
    b.check_open("read of closed file")?;
    let _held = b.enter()?;
    let data = b.drain();
    b.reset_read();
    match b.read_rest_of_file(b.raw()?, data)? {
        Got::Bytes(data) => Ok(Some(data)),
        Got::Nothing => Ok(None),
    }
}

pub(super) fn read1(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("read1", args, 0, 1)?;
    let n = args.first().map_or(Ok(-1), |&n| protocol::as_isize(n))?;
    bytes::new(&read1_bytes(v, n)?)
}

/// `read1`: what is buffered, or the result of one read of the raw stream.
pub(in crate::io) fn read1_bytes(v: Value, n: isize) -> PyResult<Vec<u8>> {
    let b = stream(v)?;
    let n = if n < 0 { b.s.size.get() } else { n as usize };
    b.check_open("read of closed file")?;
    if n == 0 {
        return Ok(Vec::new());
    }
    if let Some(data) = b.take_ahead(n) {
        return Ok(data);
    }
    let _held = b.enter()?;
    if let Some(data) = b.take_ahead(n) {
        return Ok(data);
    }
    // A file gives no more than it has at once; a stream of another class sees the size that was asked for.
    let mut out = zeros(if is_open_file(b.raw()?) {
        n.min(MOST_AT_ONCE)
    } else {
        n
    })?;
    b.reset_read();
    let got = b.raw_read(&mut out)?.unwrap_or(0);
    out.truncate(got);
    Ok(out)
}

pub(super) fn peek(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("peek", args, 0, 1)?;
    if let Some(&n) = args.first() {
        protocol::as_isize(n)?;
    }
    let b = stream(v)?;
    b.check_open("peek of closed file")?;
    let _held = b.enter()?;
    if b.s.writable.get() {
        b.flush_and_rewind()?;
    }
    let have = b.ahead();
    if have > 0 {
        return bytes::new(&b.copy(b.s.pos.get(), have));
    }
    b.reset_read();
    let got = b.fill()?.unwrap_or(0);
    b.s.pos.set(0);
    bytes::new(&b.copy(0, got))
}

pub(super) fn read_into(v: Value, target: Value, once: bool) -> PyResult<Value> {
    let fname = if once {
        "readinto1() argument"
    } else {
        "readinto() argument"
    };
    let b = stream(v)?;
    let len = with_bytes_mut(target, fname, |t| t.len())?;
    b.check_open("readinto of closed file")?;
    let mut data = Vec::new();
    let have = b.ahead().min(len);
    if have > 0 {
        let from = b.s.pos.get();
        data = b.copy(from, have);
        b.s.pos.set(from + have as i64);
    }
    let mut nothing = false;
    if data.len() < len {
        let _held = b.enter()?;
        nothing = b.read_into_rest(&mut data, len, once)?;
    }
    if nothing {
        return Ok(Value::NONE);
    }
    with_bytes_mut(target, fname, |t| {
        let n = data.len().min(t.len());
        t[..n].copy_from_slice(&data[..n]);
    })?;
    Ok(Value::from_usize(data.len()))
}

pub(super) fn read_line(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("readline", args, 0, 1)?;
    let limit = limit_arg(args)?;
    stream(v)?.line(limit)
}

pub(super) fn next(v: Value) -> PyResult<Option<Value>> {
    let b = stream(v)?;
    let exact = is_exactly(v, ty(&crate::io::READER)) || is_exactly(v, ty(&crate::io::RANDOM));
    let line = if exact {
        b.line(-1)?
    } else {
        let line = call_method(v, name!("readline"), &[])?;
        if line.cast::<Bytes>().is_none() {
            let t = line.type_of().name_string();
            return Err(os_text(&format!(
                "readline() should have returned a bytes object, not '{t}'"
            )));
        }
        line
    };
    let some = line.cast::<Bytes>().is_some_and(|l| !l.is_empty());
    Ok(some.then_some(line))
}

impl Stream<'_> {
    /// Adds to the buffer with one read of the raw stream; None if there is nothing yet.
    fn fill(self) -> PyResult<Option<usize>> {
        let start = if self.valid_read() {
            self.s.read_end.get().max(0) as usize
        } else {
            0
        };
        let got = self.raw_fill(start)?;
        if let Some(n) = got.filter(|&n| n > 0) {
            self.s.read_end.set((start + n) as i64);
            self.s.raw_pos.set((start + n) as i64);
        }
        Ok(got)
    }

    /// Takes at most `n` bytes that are ahead, if there are any.
    fn take_ahead(self, n: usize) -> Option<Vec<u8>> {
        let n = n.min(self.ahead());
        if n == 0 {
            return None;
        }
        let from = self.s.pos.get();
        self.s.pos.set(from + n as i64);
        Some(self.copy(from, n))
    }

    /// Takes what is ahead out of the buffer.
    fn drain(self) -> Vec<u8> {
        let have = self.ahead();
        let from = self.s.pos.get();
        let data = if have > 0 {
            self.copy(from, have)
        } else {
            Vec::new()
        };
        self.s.pos.set(from + have as i64);
        data
    }

    fn read_all(self) -> PyResult<Value> {
        let mut data = self.drain();
        if self.s.writable.get() {
            self.flush_and_rewind()?;
        }
        self.reset_read();
        let raw = self.raw()?;
        if is_open_file(raw) {
            return answer(self.read_rest_of_file(raw, data)?);
        }
        match find_attr(raw, name!("readall"))? {
            Some(f) => {
                let rest = call(f, &[])?;
                let Some(r) = rest.cast::<Bytes>() else {
                    if !rest.is_none() {
                        return Err(type_error("readall() should return bytes"));
                    }
                    return if data.is_empty() {
                        Ok(rest)
                    } else {
                        bytes::new(&data)
                    };
                };
                if data.is_empty() {
                    return Ok(rest);
                }
                data.extend_from_slice(r.slice());
                bytes::new(&data)
            }
            None => self.read_all_by_read(raw, data),
        }
    }

    /// What is left of a plain file, behind what was buffered.
    fn read_rest_of_file(self, raw: Value, mut data: Vec<u8>) -> PyResult<Got> {
        match file(raw).read_rest()? {
            None if data.is_empty() => Ok(Got::Nothing),
            None => Ok(Got::Bytes(data)),
            Some(rest) => {
                self.advance(rest.len());
                if data.is_empty() {
                    return Ok(Got::Bytes(rest));
                }
                data.extend_from_slice(&rest);
                Ok(Got::Bytes(data))
            }
        }
    }

    fn read_all_by_read(self, raw: Value, mut data: Vec<u8>) -> PyResult<Value> {
        loop {
            let more = call_method(raw, name!("read"), &[])?;
            let chunk = match more.cast::<Bytes>() {
                Some(b) => b.slice(),
                None if more.is_none() => &[],
                None => return Err(type_error("read() should return bytes")),
            };
            if chunk.is_empty() {
                return if data.is_empty() {
                    Ok(more)
                } else {
                    bytes::new(&data)
                };
            }
            data.extend_from_slice(chunk);
            self.advance(chunk.len());
        }
    }

    /// `n` bytes, more than are ahead: in whole blocks straight from the raw stream, the rest through the buffer.
    fn read_exact(self, n: usize) -> PyResult<Got> {
        if n <= self.ahead() {
            // Another thread has read meanwhile.
            return Ok(Got::Bytes(self.take(n)?.slice().to_vec()));
        }
        let mut out = self.drain();
        if self.s.writable.get() {
            self.flush_and_rewind()?;
        }
        self.reset_read();
        let size = self.s.size.get();
        while n - out.len() >= size {
            let whole = (n - out.len()) / size * size;
            // Grown as data comes: the size asked for may be far more than there is.
            let room = whole.min(MOST_AT_ONCE).max(size);
            let have = out.len();
            out.try_reserve(room)
                .map_err(|_| rivet_vm::exceptions::no_memory())?;
            out.resize(have + room, 0);
            let got = self.raw_read(&mut out[have..]);
            out.truncate(have + got.as_ref().ok().copied().flatten().unwrap_or(0));
            match got? {
                None if out.is_empty() => return Ok(Got::Nothing),
                None | Some(0) => return Ok(Got::Bytes(out)),
                Some(_) => {}
            }
        }
        self.s.pos.set(0);
        self.s.raw_pos.set(0);
        self.s.read_end.set(0);
        while out.len() < n && self.s.read_end.get() < size as i64 {
            match self.fill()? {
                None if out.is_empty() => return Ok(Got::Nothing),
                None | Some(0) => return Ok(Got::Bytes(out)),
                Some(got) => {
                    let got = got.min(n - out.len());
                    let from = self.s.pos.get();
                    out.extend_from_slice(&self.copy(from, got));
                    self.s.pos.set(from + got as i64);
                }
            }
        }
        Ok(Got::Bytes(out))
    }

    /// Reads on until `len` bytes are there (`once`: with at most one read). True if there is nothing at all yet.
    fn read_into_rest(self, data: &mut Vec<u8>, len: usize, once: bool) -> PyResult<bool> {
        if self.s.writable.get() {
            self.flush_and_rewind()?;
        }
        self.reset_read();
        self.s.pos.set(0);
        while data.len() < len {
            let remaining = len - data.len();
            let have = data.len();
            let got = if remaining > self.s.size.get() {
                data.resize(len, 0);
                let r = self.raw_read(&mut data[have..]);
                data.truncate(have + r.as_ref().ok().copied().flatten().unwrap_or(0));
                r?
            } else if once && have > 0 {
                break;
            } else {
                let r = self.fill()?;
                if let Some(n) = r {
                    let n = n.min(remaining);
                    let from = self.s.pos.get();
                    data.extend_from_slice(&self.copy(from, n));
                    self.s.pos.set(from + n as i64);
                }
                r
            };
            match got {
                None => return Ok(have == 0),
                Some(0) => break,
                Some(_) if once => break,
                Some(_) => {}
            }
        }
        Ok(false)
    }

    /// One line, of at most `limit` bytes.
    pub(super) fn line(self, limit: isize) -> PyResult<Value> {
        self.check_open("readline of closed file")?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if let Some(n) = self.line_ahead(limit) {
            return Ok(self.take(n)?.value());
        }
        let _held = self.enter()?;
        if let Some(n) = self.line_ahead(limit) {
            return Ok(self.take(n)?.value());
        }
        let mut out = self.drain();
        if self.s.writable.get() {
            self.flush_and_rewind()?;
        }
        loop {
            self.reset_read();
            let got = self.fill()?.unwrap_or(0);
            self.s.pos.set(0);
            if got == 0 {
                return bytes::new(&out);
            }
            let left = limit - out.len();
            if let Some(n) = self.line_ahead(left) {
                out.extend_from_slice(self.take(n)?.slice());
                return bytes::new(&out);
            }
            out.extend_from_slice(&self.drain());
        }
    }

    /// The length of the line (or of as much as the limit allows) if all of it is ahead.
    fn line_ahead(self, limit: usize) -> Option<usize> {
        let have = self.ahead();
        let n = have.min(limit);
        let from = self.s.pos.get().max(0) as usize;
        let end = self.with_buffer(|b| find_newline(&b[from..from + n]));
        match end {
            Some(i) => Some(i + 1),
            None if n == limit => Some(n),
            None => None,
        }
    }
}

/// Where the first line feed is.
pub(in crate::io) fn find_newline(data: &[u8]) -> Option<usize> {
    crate::sysdep::find_byte(data, b'\n')
}
