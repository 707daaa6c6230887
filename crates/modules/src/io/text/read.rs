//! Reading text.

use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::name;
use rivet_vm::object::args::check_count;
use rivet_vm::object::call::call_method;
use rivet_vm::object::{instance, protocol};
use rivet_vm::types::buffer::has_buffer;
use rivet_vm::types::memoryview::bytes_like;
use rivet_vm::types::str::builder::StrBuilder;
use rivet_vm::types::str::{Chars, Str};
use rivet_vm::value::{Gc, Value};

use super::{Wrapper, attached, not_able, open};
use crate::io::base::os_text;
use crate::io::buffered::read::{read_all_bytes, read1_bytes};
use crate::io::newline::{LineEnd, line_end};
use crate::io::util::{is_exactly, retry, size_arg};
use crate::util::ty;

pub(super) fn read(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("read", args, 0, 1)?;
    let n = size_arg(args.first().copied())?;
    let w = open(v)?;
    if w.t.decode.get().is_none() {
        return Err(not_able("not readable"));
    }
    w.write_pending()?;
    match usize::try_from(n) {
        Err(_) => w.read_all(),
        Ok(n) => w.read_some(n),
    }
    .map(Gc::value)
}

pub(super) fn read_line(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("readline", args, 0, 1)?;
    let n = args.first().map_or(Ok(-1), |&n| protocol::as_isize(n))?;
    let w = attached(v)?;
    w.line(usize::try_from(n).ok()).map(Gc::value)
}

pub(super) fn next(v: Value) -> PyResult<Option<Value>> {
    let w = attached(v)?;
    w.t.telling.set(false);
    let line = if is_exactly(v, ty(&crate::io::TEXT_IO)) {
        w.line(None)?
    } else {
        let line = call_method(v, name!("readline"), &[])?;
        line.cast::<Str>().ok_or_else(|| {
            os_text(&format!(
                "readline() should have returned a str object, not '{}'",
                line.type_of().name_string()
            ))
        })?
    };
    if line.is_empty() {
        w.t.snapshot.replace(None);
        w.t.telling.set(w.t.seekable.get());
        return Ok(None);
    }
    Ok(Some(line.value()))
}

/// Bytes read from the buffer.
enum Input {
    /// By the buffer's own function.
    Raw(Vec<u8>),
    /// By a method.
    Object(Value, Vec<u8>),
}

impl Input {
    fn bytes(&self) -> &[u8] {
        match self {
            Input::Raw(b) | Input::Object(_, b) => b,
        }
    }
}

impl Wrapper<'_> {
    /// Takes decoded text: `n` characters at most, all if None.
    fn take_decoded(self, n: Option<usize>) -> PyResult<Gc<Str>> {
        let Some(text) = self.decoded() else {
            return Ok(Str::empty());
        };
        let from = self.t.used.get().min(text.len());
        let to = from + n.unwrap_or(usize::MAX).min(text.len() - from);
        self.t.used.set(to);
        if from == 0 && to == text.len() {
            return Ok(text);
        }
        text.substring(from, to)
    }

    fn read_input(self, n: usize) -> PyResult<Input> {
        let buffer = self.buffer()?;
        let once = self.t.has_read1.get();
        if once
            && is_exactly(buffer, ty(&crate::io::READER))
            && instance::get(buffer, name!("read1")).is_none()
        {
            return Ok(Input::Raw(read1_bytes(buffer, n as isize)?));
        }
        let (method, called) = if once {
            (name!("read1"), "read1")
        } else {
            (name!("read"), "read")
        };
        let chunk = call_method(buffer, method, &[Value::from_usize(n)])?;
        if !has_buffer(chunk) {
            return Err(type_error(format!(
                "underlying {called}() should have returned a bytes-like object, not '{}'",
                chunk.type_of().name_string()
            )));
        }
        let data = bytes_like(chunk)?;
        Ok(Input::Object(chunk, data))
    }

    /// Reads and decodes a chunk; false at the end of the file.
    fn read_chunk(self, hint: usize) -> PyResult<bool> {
        if self.t.decode.get().is_none() {
            return Err(not_able("not readable"));
        }
        let before = if self.t.telling.get() {
            Some(self.decoder_state()?)
        } else {
            None
        };
        let wanted = (self.t.ratio.get().max(1.0) * hint as f64) as usize;
        let input = self.read_input(self.t.chunk_size.get().max(wanted))?;
        let n = input.bytes().len();
        let text = match &input {
            Input::Raw(b) => self.decode_bytes(b, n == 0)?,
            Input::Object(v, _) => self.decode(*v, n == 0)?,
        };
        self.set_decoded(Some(text));
        let chars = text.len();
        self.t.ratio.set(if chars > 0 {
            n as f64 / chars as f64
        } else {
            0.0
        });
        if let Some((mut head, flag)) = before {
            head.extend_from_slice(input.bytes());
            self.t.snapshot.replace(Some((flag, head)));
        }
        Ok(n > 0 || chars > 0)
    }

    fn read_all(self) -> PyResult<Gc<Str>> {
        let buffer = self.buffer()?;
        let plain = is_exactly(buffer, ty(&crate::io::READER))
            && instance::get(buffer, name!("read")).is_none();
        let direct = if plain { read_all_bytes(buffer)? } else { None };
        let rest = match direct {
            Some(data) => self.decode_bytes(&data, true)?,
            None => self.decode(call_method(buffer, name!("read"), &[])?, true)?,
        };
        let head = self.take_decoded(None)?;
        if self.t.snapshot.borrow().is_some() {
            self.forget();
        }
        if head.is_empty() {
            return Ok(rest);
        }
        Str::concat(head, rest)
    }

    fn read_some(self, n: usize) -> PyResult<Gc<Str>> {
        let first = self.take_decoded(Some(n))?;
        if first.len() == n {
            return Ok(first);
        }
        let mut out = StrBuilder::new();
        out.push_chars(first.chars());
        while out.len() < n {
            let left = n - out.len();
            if !retry(|| self.read_chunk(left))? {
                break;
            }
            out.push_chars(self.take_decoded(Some(left))?.chars());
        }
        out.finish()
    }

    /// Makes sure that there is decoded text; false at the end of the file.
    fn want_text(self) -> PyResult<bool> {
        while self.decoded().is_none_or(|t| t.is_empty()) {
            if !retry(|| self.read_chunk(0))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// One line, of at most `limit` characters.
    fn line(self, limit: Option<usize>) -> PyResult<Gc<Str>> {
        self.check_open()?;
        self.write_pending()?;
        if let Some(line) = self.line_at_once(limit)? {
            return Ok(line);
        }
        self.line_in_pieces(limit.unwrap_or(usize::MAX))
    }

    /// The line, if its end is in the text that is decoded already.
    fn line_at_once(self, limit: Option<usize>) -> PyResult<Option<Gc<Str>>> {
        let Some(text) = self.decoded() else {
            return Ok(None);
        };
        let from = self.t.used.get().min(text.len());
        let rest = text.chars().slice(from, text.len());
        let LineEnd::At(n) = line_end(rest, self.ends()) else {
            return Ok(None);
        };
        let n = n.min(limit.unwrap_or(n));
        self.t.used.set(from + n);
        text.substring(from, from + n).map(Some)
    }

    fn line_in_pieces(self, limit: usize) -> PyResult<Gc<Str>> {
        let mut out = StrBuilder::new();
        // Characters at the end of `out` that may be the head of a line end.
        let mut open_end = 0;
        loop {
            if !self.want_text()? {
                self.forget();
                return out.finish();
            }
            let Some(text) = self.decoded() else {
                return out.finish();
            };
            let from = self.t.used.get().min(text.len());
            let new = text.chars().slice(from, text.len());
            let have = out.len();
            let found = if open_end == 0 {
                line_end(new, self.ends())
            } else {
                // Look again from the character in doubt.
                let mut joined = StrBuilder::new();
                joined.push_chars(out.chars().slice(have - open_end, have));
                joined.push_chars(new);
                less(line_end(joined.chars(), self.ends()), open_end)
            };
            let (n, ended) = match found {
                LineEnd::At(n) => (n, true),
                LineEnd::Beyond(certain) => {
                    open_end = new.len() - certain.min(new.len());
                    (new.len(), false)
                }
            };
            let n_limited = n.min(limit.saturating_sub(have));
            push(&mut out, new, n_limited);
            if ended || n_limited < n || out.len() >= limit {
                self.t.used.set(from + n_limited);
                return out.finish();
            }
            self.set_decoded(None);
        }
    }
}

fn push(out: &mut StrBuilder, chars: Chars, n: usize) {
    out.push_chars(chars.slice(0, n));
}

/// The same place, counted from `n` characters further on.
fn less(e: LineEnd, n: usize) -> LineEnd {
    match e {
        LineEnd::At(i) => LineEnd::At(i.saturating_sub(n)),
        LineEnd::Beyond(i) => LineEnd::Beyond(i.saturating_sub(n)),
    }
}
