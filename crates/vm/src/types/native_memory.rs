//! Arguments of native functions that are memory: text, bytes and buffers as address and length. What is handed over
//! where it lies stays there, because its address is on the native stack during the call.

use std::mem::MaybeUninit;

use super::native::{MAX_PARAMS, Mode, TypeCode, mode};
use crate::exceptions::{PyResult, restore, take};
use crate::types::buffer::{self, BufferRequest};
use crate::types::bytes::Bytes;
use crate::types::str::Str;
use crate::value::Value;
use crate::value::layout::Kind;

/// An address and a length: of bytes, for buffers of elements.
type Span = (*const u8, usize);

/// What a call's arguments need as long as it lasts.
#[derive(Default)]
pub struct Memory {
    /// Texts that are not UTF-8 in the heap.
    texts: Vec<Vec<u8>>,
    buffers: Buffers,
}

impl Memory {
    /// An argument; None if it is not exactly of this type.
    #[inline(always)]
    pub fn span(&mut self, code: TypeCode, v: Value) -> Option<Span> {
        match code {
            TypeCode::Utf8 => self.text(v),
            TypeCode::Bytes => self.bytes(v),
            _ => self.buffer(code, v),
        }
    }

    /// Gives buffers back after the call; that may run code, which must not meet the call's exception.
    pub fn end(mut self, result: PyResult<Value>) -> PyResult<Value> {
        if self.buffers.count == 0 {
            return result;
        }
        let result = result.map_err(take);
        self.buffers.give_back();
        result.map_err(restore)
    }

    /// Bytes that live as long as the call. Behind them comes no NUL: that there is one is not promised.
    #[cold]
    fn copied(&mut self, mut bytes: Vec<u8>) -> Span {
        let len = bytes.len();
        bytes.push(0xff);
        let at = bytes.as_ptr();
        self.texts.push(bytes);
        (at, len)
    }

    /// The UTF-8 form of an exact str that has one.
    #[inline(always)]
    fn text(&mut self, v: Value) -> Option<Span> {
        let s = v.cast_exact::<Str>()?;
        match s.as_ascii() {
            Some(ascii) if mode() != Mode::Check => Some((ascii.as_ptr(), ascii.len())),
            None if mode() != Mode::Check => lasting_text(v),
            _ => {
                let text = s.to_str()?.into_owned();
                Some(self.copied(text.into_bytes()))
            }
        }
    }

    /// The contents of an exact bytes object.
    #[inline(always)]
    fn bytes(&mut self, v: Value) -> Option<Span> {
        let b = v.cast_exact::<Bytes>()?;
        Some(match mode() {
            Mode::Check => self.copied(b.as_slice().to_vec()),
            _ => (b.data_ptr(), b.len()),
        })
    }

    /// The elements of a contiguous buffer of one dimension.
    #[inline(never)]
    fn buffer(&mut self, code: TypeCode, v: Value) -> Option<Span> {
        let (element, writable) = code.element()?;
        if code == TypeCode::BufferU8
            && mode() != Mode::Check
            && let Some(b) = v.cast_exact::<Bytes>()
        {
            // Nobody can change them, so nobody need be told.
            return Some((b.data_ptr(), b.len()));
        }
        if mode() != Mode::Check && v.kind() == Kind::Foreign {
            // Its wrapper asks such an exporter without a detour through the runtime.
            return None;
        }
        let request = match buffer::request(v, writable) {
            Ok(request) => request,
            Err(raised) => {
                // What is wrong is the wrapper's to say.
                take(raised);
                return None;
            }
        };
        // First where it stays: then the object does.
        let r = self.buffers.put(request)?;
        let len = elements(r, element, writable)?;
        Some((r.ptr().cast_const(), len))
    }
}

/// The UTF-8 form of a str that is not ASCII, kept for the next time; None if it has none.
fn lasting_text(v: Value) -> Option<Span> {
    let crossing = crate::hooks::hooks().crossing.get()?;
    // SAFETY: the word of a str; the form lives as long as the object, which is the caller's.
    let form = unsafe { (crossing.text)(v.to_word()).as_ref() }?;
    Some((form.at, form.len))
}

/// Buffers of arguments. They refer to objects, so they stay on the native stack.
struct Buffers {
    count: usize,
    all: [MaybeUninit<BufferRequest>; MAX_PARAMS / 2],
}

impl Default for Buffers {
    #[inline(always)]
    fn default() -> Buffers {
        Buffers {
            count: 0,
            all: [const { MaybeUninit::uninit() }; MAX_PARAMS / 2],
        }
    }
}

impl Buffers {
    /// Keeps a buffer; None: there are as many as a signature can have.
    fn put(&mut self, request: BufferRequest) -> Option<&BufferRequest> {
        let place = self.all.get_mut(self.count)?;
        self.count += 1;
        Some(place.write(request))
    }

    #[cold]
    fn give_back(&mut self) {
        for b in &mut self.all[..std::mem::take(&mut self.count)] {
            // SAFETY: the first `count` are initialised, and none is looked at again.
            unsafe { b.assume_init_drop() };
        }
    }
}

impl Drop for Buffers {
    #[inline(always)]
    fn drop(&mut self) {
        if self.count > 0 {
            self.give_back();
        }
    }
}

/// The number of elements of a buffer that a parameter takes.
pub fn elements(r: &BufferRequest, element: TypeCode, writable: bool) -> Option<usize> {
    let fits = holds(r, element) && !(writable && r.readonly);
    fits.then(|| r.len / element.size())
}

/// Whether items of a format (as in `struct`) may be of a type; their size says the rest.
pub fn is_format(format: &str, element: TypeCode) -> bool {
    use TypeCode::{Bool, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    let native = if cfg!(target_endian = "little") {
        '<'
    } else {
        '>'
    };
    let format = format.trim_start_matches(['@', '=', native]);
    let kind = match element {
        I8 | I16 | I32 | I64 => "bhilqn",
        U8 | U16 | U32 | U64 => "BHILQN",
        F32 | F64 => "fd",
        Bool => "?",
        _ => return false,
    };
    format.len() == 1 && kind.contains(format)
}

/// Whether a buffer has one dimension and its items are of this type, aligned, one behind the other.
fn holds(r: &BufferRequest, element: TypeCode) -> bool {
    let aligned = (r.ptr() as usize).is_multiple_of(element.size().max(1));
    let one = is_format(&r.format, element) && r.itemsize == element.size();
    one && r.ndim() == 1 && r.is_contiguous() && aligned
}
