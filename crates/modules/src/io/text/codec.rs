//! Encoding and decoding: UTF-8, Latin-1 and ASCII without codec objects, everything else through the incremental
//! coders of the registry.

use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::name;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::call::call_method;
use rivet_vm::object::protocol;
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::int;
use rivet_vm::types::memoryview::with_bytes;
use rivet_vm::types::str::codec::errors::Errors;
use rivet_vm::types::str::codec::{single, surrogate_error, utf8};
use rivet_vm::types::str::{Str, registry};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, Value};

use super::{BUFFER, DECODER, ENCODER, ENCODING, ERRORS, Wrapper, ability};
use crate::io::newline::{decoded, state_flag};
use crate::io::util::is_exactly;
use crate::util::{nat, ty};

/// How an encoding is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Utf8,
    Latin1,
    Ascii,
    /// By the objects in the slots.
    Object,
}

impl Codec {
    /// How an encoding is done; LookupError if there is no such one for text.
    pub(super) fn find(encoding: Gc<Str>) -> PyResult<Codec> {
        if encoding.to_str().is_none() {
            return Err(surrogate_error(encoding));
        }
        let name = encoding.to_string_lossy();
        match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" => Ok(Codec::Utf8),
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => Ok(Codec::Latin1),
            "ascii" | "us-ascii" => Ok(Codec::Ascii),
            _ => {
                registry::check_text_codec(&name, "codecs.open()")?;
                Ok(Codec::Object)
            }
        }
    }
}

impl Wrapper<'_> {
    fn text_slot(self, slot: usize) -> Gc<Str> {
        nat(self.v)
            .get(slot)
            .and_then(|v| v.cast::<Str>())
            .unwrap_or_else(Str::empty)
    }

    /// Sets up encoder and decoder for the encoding and errors in the slots.
    pub(super) fn set_codecs(self, codec: Codec) -> PyResult<()> {
        let n = nat(self.v);
        let buffer = n.get(BUFFER).unwrap_or(Value::NONE);
        let errors = self.text_slot(ERRORS);
        let encoding = self.text_slot(ENCODING);
        self.t
            .errors
            .replace(Errors::named(&errors.to_string_lossy()));
        self.t.partial.borrow_mut().clear();
        let (readable, writable) = if is_exactly(buffer, ty(&crate::io::READER)) {
            (ability(buffer, name!("readable"))?, false)
        } else {
            (
                ability(buffer, name!("readable"))?,
                ability(buffer, name!("writable"))?,
            )
        };
        let object = |attribute: Gc<Str>| {
            registry::incremental(&encoding.to_string_lossy(), attribute, Some(errors))
        };
        self.t.decode.set(readable.then_some(codec));
        self.t.encode.set(writable.then_some(codec));
        n.put_opt(DECODER, None);
        n.put_opt(ENCODER, None);
        if codec == Codec::Object {
            if readable {
                n.put(DECODER, object(name!("incrementaldecoder"))?);
            }
            if writable {
                n.put(ENCODER, object(name!("incrementalencoder"))?);
            }
        }
        Ok(())
    }

    /// An encoder that begins in the middle of a file must not write a byte order mark.
    pub(super) fn fix_encoder(self) -> PyResult<()> {
        if !self.t.seekable.get() || self.t.encode.get() != Some(Codec::Object) {
            return Ok(());
        }
        let at = call_method(self.buffer()?, name!("tell"), &[])?;
        if !protocol::equal(at, Value::int(0))? {
            self.reset_encoder(false)?;
        }
        Ok(())
    }

    /// Puts the encoder into its first state, at the start of the file or not.
    pub(super) fn reset_encoder(self, at_start: bool) -> PyResult<()> {
        let Some(e) = nat(self.v).get(ENCODER) else {
            return Ok(());
        };
        if at_start {
            call_method(e, name!("reset"), &[])?;
        } else {
            call_method(e, name!("setstate"), &[Value::int(0)])?;
        }
        Ok(())
    }

    // ---- decoding ----

    /// Decodes the next bytes (a bytes-like object).
    pub(super) fn decode(self, input: Value, last: bool) -> PyResult<Gc<Str>> {
        let text = if self.t.decode.get() == Some(Codec::Object) {
            let d = nat(self.v).get(DECODER).unwrap_or(Value::NONE);
            decoded(call_method(
                d,
                name!("decode"),
                &[input, Value::bool(last)],
            )?)?
        } else if let Some(b) = input.cast::<Bytes>() {
            self.decode_native(b.slice(), last)?
        } else {
            let data = with_bytes(input, <[u8]>::to_vec)?;
            self.decode_native(&data, last)?
        };
        self.ends_of(text, last)
    }

    /// Decodes bytes without codec objects, then handles line ends.
    pub(super) fn decode_bytes(self, data: &[u8], last: bool) -> PyResult<Gc<Str>> {
        if self.t.decode.get() == Some(Codec::Object) {
            return self.decode(bytes::new(data)?, last);
        }
        let text = self.decode_native(data, last)?;
        self.ends_of(text, last)
    }

    fn ends_of(self, text: Gc<Str>, last: bool) -> PyResult<Gc<Str>> {
        if self.universal() {
            self.t.newlines.feed(text, last)
        } else {
            Ok(text)
        }
    }

    fn decode_native(self, data: &[u8], last: bool) -> PyResult<Gc<Str>> {
        match self.t.decode.get() {
            Some(Codec::Latin1) => Str::from_latin1(data),
            Some(Codec::Ascii) => {
                let errors = self.t.errors.borrow().clone();
                single::decode_ascii(data, &errors)
            }
            _ => self.decode_utf8(data, last),
        }
    }

    fn decode_utf8(self, data: &[u8], last: bool) -> PyResult<Gc<Str>> {
        if self.t.partial.borrow().is_empty() && data.is_ascii() {
            return Str::from_latin1(data);
        }
        let errors = self.t.errors.borrow().clone();
        let mut head = self.t.partial.borrow().clone();
        let whole: &[u8] = if head.is_empty() {
            data
        } else {
            head.extend_from_slice(data);
            &head
        };
        let (text, used) = utf8::decode(whole, &errors, last)?;
        let rest = whole[used..].to_vec();
        self.t.partial.replace(rest);
        Ok(text)
    }

    /// What the decoder keeps: bytes not yet decoded, and a number.
    pub(super) fn decoder_state(self) -> PyResult<(Vec<u8>, u64)> {
        let (buffer, flag) = if self.t.decode.get() == Some(Codec::Object) {
            let d = nat(self.v).get(DECODER).unwrap_or(Value::NONE);
            let state = call_method(d, name!("getstate"), &[])?;
            let Some(&[b, f]) = state.cast::<Tuple>().map(|t| t.items()) else {
                return Err(type_error("illegal decoder state"));
            };
            let Some(bytes) = b.cast::<Bytes>() else {
                return Err(type_error(format!(
                    "illegal decoder state: the first item should be a bytes object, not '{}'",
                    b.type_of().name_string()
                )));
            };
            (
                bytes.slice().to_vec(),
                state_flag(f, "illegal decoder state")?,
            )
        } else {
            (self.t.partial.borrow().clone(), 0)
        };
        if self.universal() {
            let cr = u64::from(self.t.newlines.pending_cr.get());
            return Ok((buffer, flag << 1 | cr));
        }
        Ok((buffer, flag))
    }

    /// Restores what `decoder_state` said.
    pub(super) fn set_decoder_state(self, buffer: &[u8], flag: u64) -> PyResult<()> {
        let inner = if self.universal() {
            self.t.newlines.pending_cr.set(flag & 1 != 0);
            flag >> 1
        } else {
            flag
        };
        if self.t.decode.get() == Some(Codec::Object) {
            let d = nat(self.v).get(DECODER).unwrap_or(Value::NONE);
            let state = tuple::new(&[bytes::new(buffer)?, int::from_u64(inner)])?;
            call_method(d, name!("setstate"), &[state])?;
        } else {
            self.t.partial.replace(buffer.to_vec());
        }
        Ok(())
    }

    /// Puts the decoder into its first state.
    pub(super) fn reset_decoder(self) -> PyResult<()> {
        if self.universal() {
            self.t.newlines.reset();
        }
        self.t.partial.borrow_mut().clear();
        if self.t.decode.get() == Some(Codec::Object)
            && let Some(d) = nat(self.v).get(DECODER)
        {
            call_method(d, name!("reset"), &[])?;
        }
        Ok(())
    }

    // ---- encoding ----

    /// Encodes text by a codec object.
    pub(super) fn encode_object(self, text: Gc<Str>) -> PyResult<Vec<u8>> {
        let e = nat(self.v).get(ENCODER).unwrap_or(Value::NONE);
        let f = get_attr(e, name!("encode"))?;
        let b = rivet_vm::object::call::call(f, &[text.value()])?;
        match b.cast::<Bytes>() {
            Some(b) => Ok(b.slice().to_vec()),
            None => Err(type_error(format!(
                "encoder should return a bytes object, not '{}'",
                b.type_of().name_string()
            ))),
        }
    }

    /// Encodes text.
    pub(super) fn encode(self, text: Gc<Str>) -> PyResult<Vec<u8>> {
        let errors = self.t.errors.borrow().clone();
        match self.t.encode.get() {
            Some(Codec::Latin1) => single::encode_latin1(text, &errors),
            Some(Codec::Ascii) => single::encode_ascii(text, &errors),
            Some(Codec::Utf8) => utf8::encode(text, &errors),
            _ => self.encode_object(text),
        }
    }
}
