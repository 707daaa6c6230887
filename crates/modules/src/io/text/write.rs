//! Writing text.

use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::name;
use rivet_vm::object::call::call_method;
use rivet_vm::object::instance;
use rivet_vm::types::bytes;
use rivet_vm::types::str::{Chars, Str};
use rivet_vm::value::{Gc, Value};

use super::codec::Codec;
use super::{Wrapper, not_able, open};
use crate::io::buffered::write::write_bytes;
use crate::io::newline::{find_char, with_ends};
use crate::io::util::{is_exactly, retry, type_or_none};
use crate::util::ty;

pub(super) fn write(v: Value, text: Value) -> PyResult<Value> {
    let Some(s) = text.cast::<Str>() else {
        return Err(type_error(format!(
            "write() argument must be str, not {}",
            type_or_none(text)
        )));
    };
    open(v)?.write(s)?;
    Ok(Value::from_usize(s.len()))
}

/// How text is written to `file` without a call of its `write`: if it is a plain `TextIOWrapper`.
pub(in crate::io) fn print_text(file: Value) -> Option<fn(Value, Gc<Str>) -> PyResult<()>> {
    let plain =
        is_exactly(file, ty(&crate::io::TEXT_IO)) && instance::get(file, name!("write")).is_none();
    plain.then_some(|file, text| open(file)?.write(text))
}

pub(super) fn flush(v: Value) -> PyResult<Value> {
    let w = open(v)?;
    w.t.telling.set(w.t.seekable.get());
    w.write_pending()?;
    call_method(w.buffer()?, name!("flush"), &[])
}

impl Wrapper<'_> {
    fn write(self, text: Gc<Str>) -> PyResult<()> {
        let Some(codec) = self.t.encode.get() else {
            return Err(not_able("not writable"));
        };
        let chars = text.chars();
        let line_buffering = self.t.line_buffering.get();
        let end = self.written_end();
        let has_lf = (end.is_some() || line_buffering) && find_char(chars, b'\n').is_some();
        let flush_all = line_buffering && (has_lf || find_char(chars, b'\r').is_some());
        let text = match end {
            Some(end) if has_lf => with_ends(text, end)?,
            _ => text,
        };
        match text.chars() {
            Chars::One(ascii) if text.is_ascii() && codec != Codec::Object => {
                self.add_pending(ascii)?;
            }
            _ => {
                let data = self.encode(text)?;
                self.add_pending(&data)?;
            }
        }
        let full = self.t.pending.borrow().len() >= self.t.chunk_size.get();
        if full || flush_all || self.t.write_through.get() {
            self.write_pending()?;
        }
        if flush_all {
            call_method(self.buffer()?, name!("flush"), &[])?;
        }
        if self.t.snapshot.borrow().is_some() {
            self.forget();
        }
        if self.t.decode.get().is_some() {
            self.reset_decoder()?;
        }
        Ok(())
    }

    /// Puts encoded text aside. What is there already goes first if both are more than a chunk.
    fn add_pending(self, data: &[u8]) -> PyResult<()> {
        let have = self.t.pending.borrow().len();
        if have > 0 && have + data.len() > self.t.chunk_size.get() {
            self.write_pending()?;
        }
        self.t.pending.borrow_mut().extend_from_slice(data);
        self.t.has_pending.set(true);
        Ok(())
    }

    /// Hands what was put aside to the buffer.
    pub(super) fn write_pending(self) -> PyResult<()> {
        if !self.t.has_pending.replace(false) {
            return Ok(());
        }
        let mut data = self.t.pending.take();
        let buffer = self.buffer()?;
        let plain = (is_exactly(buffer, ty(&crate::io::WRITER))
            || is_exactly(buffer, ty(&crate::io::RANDOM)))
            && instance::get(buffer, name!("write")).is_none();
        if plain {
            retry(|| write_bytes(buffer, &data))?;
        } else {
            let b = bytes::new(&data)?;
            retry(|| call_method(buffer, name!("write"), &[b]))?;
        }
        if self.t.pending.borrow().is_empty() {
            // The room is used again.
            data.clear();
            self.t.pending.replace(data);
        }
        Ok(())
    }
}
