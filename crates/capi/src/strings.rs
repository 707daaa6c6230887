//! `unicodeobject.h`: strings at CPython's layout, made in C or mirrored, and the operations on them.

use std::ffi::{CStr, c_char, c_int};

use rivet_vm::exceptions::{PyResult, index_error, type_error, value_error};
use rivet_vm::object::{TypeFlags, call, protocol};
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::native::TextForm;
use rivet_vm::types::str::Str;
use rivet_vm::types::str::codec::{self, errors as handlers};
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::value::{RVec, Value};

use crate::api::{Out, bad_call, expect, get, optional};
use crate::boundary::from_c::str_data;
use crate::boundary::{decref, links, new_ref, xdecref};
use crate::errors::{self, text};
use crate::layout::Ref;
use crate::objects::Identifier;
use crate::{api, memory, raw, types};

const ASCII_HEAD: usize = 48;
const COMPACT_HEAD: usize = 72;
/// Where a str that is not ASCII has the address of its UTF-8 form.
const UTF8: usize = 56;

/// A new str of `n` characters up to `max`, to be filled in.
pub fn fresh(n: usize, max: u32) -> PyResult<Ref> {
    if n == 0 {
        let r = new_ref(intern_str("").value());
        return Ok(r);
    }
    let (width, ascii) = match max {
        0..0x80 => (1, true),
        0x80..0x100 => (1, false),
        0x100..0x10000 => (2, false),
        _ => (4, false),
    };
    let head = if ascii { ASCII_HEAD } else { COMPACT_HEAD };
    let size = n
        .checked_add(1)
        .and_then(|n| n.checked_mul(width))
        .and_then(|n| n.checked_add(head));
    let p = size
        .map_or(std::ptr::null_mut(), memory::alloc)
        .cast::<u8>();
    if p.is_null() {
        return Err(rivet_vm::exceptions::no_memory());
    }
    let ty = types::builtin(types::STR) as u64;
    let state = (width as u64) << 2 | 1 << 5 | u64::from(ascii) << 6 | 1 << 7;
    // SAFETY: a fresh block of head, characters and terminator. The head is written word by word: count, type, length, hash,
    // state and what CPython has for old forms.
    unsafe {
        p.cast::<[u64; 6]>()
            .write([1, ty, n as u64, u64::MAX, state, 0]);
        if !ascii {
            p.add(ASCII_HEAD).cast::<[u64; 3]>().write([0; 3]);
        }
        let end = p.add(head + n * width);
        match width {
            1 => end.write(0),
            2 => end.cast::<u16>().write(0),
            _ => end.cast::<u32>().write(0),
        }
    }
    Ok(p.cast())
}

/// Whether it is a str; SystemError otherwise.
unsafe fn check(op: Ref) -> PyResult<()> {
    // SAFETY: callers pass null or a live object.
    unsafe {
        if op.is_null() || (*(*op).ty).flags & TypeFlags::UNICODE_SUBCLASS == 0 {
            return Err(type_error("bad argument type for built-in operation"));
        }
    }
    Ok(())
}

/// Character `i`.
///
/// # Safety
/// A live str with more characters.
pub unsafe fn char_at(op: Ref, i: usize) -> u32 {
    // SAFETY: by contract.
    unsafe {
        let (p, width, _) = str_data(op);
        match width {
            1 => (*p.add(i)).into(),
            2 => (*p.cast::<u16>().add(i)).into(),
            _ => *p.cast::<u32>().add(i),
        }
    }
}

/// Sets character `i`, which fits the width.
///
/// # Safety
/// A live str under construction with more characters.
pub unsafe fn put_char(op: Ref, i: usize, c: u32) {
    // SAFETY: by contract.
    unsafe {
        let (p, width, _) = str_data(op);
        match width {
            1 => *p.add(i) = c as u8,
            2 => *p.cast::<u16>().add(i) = c as u16,
            _ => *p.cast::<u32>().add(i) = c,
        }
    }
}

/// Frees what hangs on a dying str: the cached UTF-8 form.
///
/// # Safety
/// A dying str.
pub unsafe fn drop_extras(op: Ref) {
    // SAFETY: by contract; the state word says whether there is a field for it.
    unsafe {
        let state = *op.cast::<u8>().add(32).cast::<u32>();
        if state >> 5 & 1 == 0 {
            let data = *op.cast::<u8>().add(72).cast::<*mut u8>();
            if memory::owns(data) {
                memory::release(data);
            }
        }
        let utf8 = *op.cast::<u8>().add(56).cast::<*mut u8>();
        if state >> 6 & 1 == 0 && !utf8.is_null() && memory::owns(utf8) {
            memory::release(utf8);
        }
    }
}

/// Keeps the hash of a string where C looks for it.
///
/// # Safety
/// A live object.
pub unsafe fn note_hash(op: Ref, hash: isize) {
    // SAFETY: by contract; str objects have the field.
    unsafe {
        if (*op).ty == types::builtin(types::STR) {
            *op.cast::<u8>().add(24).cast::<isize>() = hash;
        }
    }
}

/// UTF-8 form, cached in the object: ASCII strings are their own.
unsafe fn utf8(op: Ref) -> PyResult<(*const c_char, usize)> {
    // SAFETY: callers pass null or a live object.
    unsafe {
        check(op)?;
        let (data, _, n) = str_data(op);
        let b = op.cast::<u8>();
        if *b.add(32).cast::<u32>() >> 6 & 1 == 1 {
            return Ok((data.cast(), n));
        }
        let (len, place) = (b.add(48).cast::<usize>(), b.add(56).cast::<*mut u8>());
        if (*place).is_null() {
            let s = get(op)?.cast::<Str>().ok_or_else(bad_call)?;
            let encoded = codec::utf8::encode(s, &handlers::Errors::named("strict"))?;
            let p = memory::alloc(encoded.len() + 1);
            if p.is_null() {
                return Err(rivet_vm::exceptions::no_memory());
            }
            std::ptr::copy_nonoverlapping(encoded.as_ptr(), p, encoded.len());
            *p.add(encoded.len()) = 0;
            *len = encoded.len();
            *place = p;
        }
        Ok(((*place).cast_const().cast(), *len))
    }
}

/// See `native::Crossing::text`. The form belongs to the mirror, which lives as long as the object.
///
/// # Safety
/// The word of a value.
pub unsafe extern "C" fn text_form(value: u64) -> *const TextForm {
    let v =
        Value::from_word(value).filter(|v| v.cast_exact::<Str>().is_some_and(|s| !s.is_ascii()));
    let Some(v) = v else {
        return std::ptr::null();
    };
    // SAFETY: the reference is ours; linked mirrors live as long as their objects.
    unsafe {
        if let Some(op) = v.as_header().and_then(links::recently)
            && !(*op.cast::<*mut u8>().byte_add(UTF8)).is_null()
        {
            return op.cast::<u8>().add(ASCII_HEAD).cast();
        }
        let op = new_ref(v);
        if op.is_null() {
            let _ = errors::collect_pending().map(rivet_vm::exceptions::take);
            return std::ptr::null();
        }
        let form = utf8(op);
        decref(op);
        match form {
            Ok(_) => op.cast::<u8>().add(ASCII_HEAD).cast(),
            Err(raised) => {
                rivet_vm::exceptions::take(raised);
                std::ptr::null()
            }
        }
    }
}

/// Makes a str from UTF-8 directly on the C side if it is ASCII.
unsafe fn from_utf8(p: *const u8, n: usize) -> PyResult<Ref> {
    if n == 0 {
        return fresh(0, 0);
    }
    // SAFETY: callers pass `n` readable bytes.
    let data = unsafe { std::slice::from_raw_parts(p, n) };
    if data.is_ascii() {
        let r = fresh(n, 0x7f)?;
        if n > 0 {
            // SAFETY: a fresh ASCII str of this length.
            unsafe { std::ptr::copy_nonoverlapping(p, r.cast::<u8>().add(ASCII_HEAD), n) };
        }
        return Ok(r);
    }
    Ok(new_ref(
        codec::decode_bytes(data, "utf-8", "strict")?.value(),
    ))
}

unsafe fn handler(name: *const c_char) -> handlers::Errors {
    // SAFETY: callers pass null or a terminated string.
    let n = if name.is_null() {
        "strict".into()
    } else {
        unsafe { text(name) }
    };
    handlers::Errors::named(&n)
}

unsafe fn slice<'a>(p: *const c_char, n: isize) -> &'a [u8] {
    // SAFETY: callers pass `n` readable bytes.
    if n <= 0 {
        &[]
    } else {
        unsafe { std::slice::from_raw_parts(p.cast(), n as usize) }
    }
}

unsafe fn handler_name(name: *const c_char) -> String {
    // SAFETY: callers pass null or a terminated string.
    if name.is_null() {
        "strict".into()
    } else {
        unsafe { text(name) }
    }
}

/// Calls a str method.
unsafe fn method(op: Ref, name: &str, args: &[Value]) -> PyResult<Value> {
    // SAFETY: callers pass null or a live object.
    let s = unsafe { get(op) }?;
    if s.cast::<Str>().is_none() {
        return Err(type_error(format!(
            "must be str, not {}",
            s.type_of().name_string()
        )));
    }
    let own =
        rivet_vm::object::attr::get_attr(rivet_vm::runtime::types().str.value(), intern_str(name))?;
    let mut all = RVec::with_capacity(args.len() + 1)?;
    all.push(s)?;
    all.extend(args)?;
    call::call(own, &all)
}

unsafe fn decode(
    data: *const c_char,
    n: isize,
    encoding: &str,
    errors: *const c_char,
) -> PyResult<Value> {
    // SAFETY: callers pass `n` readable bytes, null or a terminated string.
    unsafe { Ok(codec::decode_bytes(slice(data, n), encoding, &handler_name(errors))?.value()) }
}

unsafe fn encode(op: Ref, encoding: &str, errors: *const c_char) -> PyResult<Value> {
    // SAFETY: callers pass null or a live object, null or a terminated string.
    unsafe {
        check(op)?;
        let s = get(op)?.cast::<Str>().ok_or_else(bad_call)?;
        bytes::new(&codec::encode_bytes(s, encoding, &handler_name(errors))?)
    }
}

unsafe fn wide(op: Ref) -> PyResult<Vec<u32>> {
    // SAFETY: callers pass null or a live object.
    unsafe {
        check(op)?;
        let n = str_data(op).2;
        Ok((0..n).map(|i| char_at(op, i)).collect())
    }
}

unsafe fn from_wide(p: *const u32, n: isize) -> PyResult<Value> {
    // SAFETY: callers pass `n` readable characters, or a terminated string if `n` is -1.
    unsafe {
        let len = if n < 0 {
            (0..).take_while(|&i| *p.add(i) != 0).count()
        } else {
            n as usize
        };
        let points = std::slice::from_raw_parts(p, len);
        if points.iter().any(|&c| c > 0x10ffff) {
            return Err(value_error(
                "character U+%x is not in range [U+0000; U+10ffff]",
            ));
        }
        Ok(Str::from_points(points)?.value())
    }
}

raw! {
    fn PyUnicode_AsUTF8AndSize(op: Ref, n: *mut isize) -> *const c_char {
        match utf8(op) {
            Ok((p, len)) => {
                if !n.is_null() {
                    *n = len as isize;
                }
                p
            }
            Err(_) => {
                errors::publish();
                std::ptr::null()
            }
        }
    }

    fn PyUnicode_AsUTF8(op: Ref) -> *const c_char {
        PyUnicode_AsUTF8AndSize(op, std::ptr::null_mut())
    }

    fn _PyUnicode_Ready(_op: Ref) -> c_int {
        0
    }

    fn PyUnicode_InternInPlace(place: *mut Ref) {
        let Ok(s) = expect::<Str>(*place) else {
            rivet_vm::thread::current().take_pending();
            return;
        };
        if s.value().type_of() == rivet_vm::runtime::types().str {
            let interned = new_ref(s.intern().value());
            let old = std::mem::replace(&mut *place, interned);
            decref(old);
        }
    }

    fn PyUnicode_GetDefaultEncoding() -> *const c_char {
        c"utf-8".as_ptr()
    }

    fn PyUnicode_CompareWithASCIIString(op: Ref, s: *const c_char) -> c_int {
        let other = CStr::from_ptr(s).to_bytes();
        let n = str_data(op).2;
        for (i, &c) in other.iter().enumerate().take(n) {
            let d = char_at(op, i).cmp(&u32::from(c));
            if d.is_ne() {
                return d as c_int;
            }
        }
        n.cmp(&other.len()) as c_int
    }

    fn _PyUnicode_EqualToASCIIString(op: Ref, s: *const c_char) -> c_int {
        (PyUnicode_CompareWithASCIIString(op, s) == 0).into()
    }

    fn _PyUnicode_EqualToASCIIId(op: Ref, id: *mut Identifier) -> c_int {
        let name = crate::objects::identifier(id);
        expect::<Str>(op).is_ok_and(|s| s.equals(&name)).into()
    }

    fn _PyUnicode_EQ(a: Ref, b: Ref) -> c_int {
        _PyUnicode_Equal(a, b)
    }

    fn _PyUnicode_Equal(a: Ref, b: Ref) -> c_int {
        if a == b {
            return 1;
        }
        let ((p, w, n), (q, x, m)) = (str_data(a), str_data(b));
        (w == x && n == m && std::slice::from_raw_parts(p, n * w) == std::slice::from_raw_parts(q, m * x)).into()
    }

    fn _PyUnicode_FromId(id: *mut Identifier) -> Ref {
        crate::boundary::borrow_out(crate::objects::identifier(id).value())
    }

    fn PyUnicode_AppendAndDel(place: *mut Ref, right: Ref) {
        PyUnicode_Append(place, right);
        xdecref(right);
    }

    fn PyUnicode_Append(place: *mut Ref, right: Ref) {
        if place.is_null() || (*place).is_null() {
            return;
        }
        let new = if right.is_null() { std::ptr::null_mut() } else { PyUnicode_Concat(*place, right) };
        let old = std::mem::replace(&mut *place, new);
        decref(old);
    }

    fn _PyUnicode_FastCopyCharacters(to: Ref, at: isize, from: Ref, start: isize, n: isize) {
        for i in 0..n.max(0) as usize {
            put_char(to, at as usize + i, char_at(from, start as usize + i));
        }
    }

    fn PyUnicode_Resize(place: *mut Ref, n: isize) -> c_int {
        let old = *place;
        let (_, width, have) = str_data(old);
        let max = match (width, *old.cast::<u8>().add(32).cast::<u32>() >> 6 & 1) {
            (1, 1) => 0x7f,
            (1, _) => 0xff,
            (2, _) => 0xffff,
            _ => 0x10ffff,
        };
        match fresh(n.max(0) as usize, max) {
            Ok(new) => {
                for i in 0..have.min(n.max(0) as usize) {
                    put_char(new, i, char_at(old, i));
                }
                *place = new;
                decref(old);
                0
            }
            Err(_) => {
                errors::publish();
                -1
            }
        }
    }

    fn _PyUnicode_IsWhitespace(c: u32) -> c_int {
        rivet_vm::unicode::is_space(c).into()
    }

    fn _PyUnicode_IsLinebreak(c: u32) -> c_int {
        rivet_vm::unicode::is_line_break(c).into()
    }

    fn _PyUnicode_IsPrintable(c: u32) -> c_int {
        rivet_vm::unicode::is_printable(c).into()
    }

    fn _PyUnicode_IsAlpha(c: u32) -> c_int {
        rivet_vm::unicode::is_alpha(c).into()
    }

    fn _PyUnicode_IsLowercase(c: u32) -> c_int {
        rivet_vm::unicode::is_lower(c).into()
    }

    fn _PyUnicode_IsTitlecase(c: u32) -> c_int {
        rivet_vm::unicode::is_title(c).into()
    }

    fn _PyUnicode_ToLowercase(c: u32) -> u32 {
        rivet_vm::unicode::simple_lower(c)
    }

    fn _PyUnicode_ToUppercase(c: u32) -> u32 {
        rivet_vm::unicode::simple_upper(c)
    }

    fn _PyUnicode_ToTitlecase(c: u32) -> u32 {
        rivet_vm::unicode::simple_title(c)
    }

    fn _PyUnicode_IsUppercase(c: u32) -> c_int {
        rivet_vm::unicode::is_upper(c).into()
    }

    fn _PyUnicode_IsDecimalDigit(c: u32) -> c_int {
        rivet_vm::unicode::decimal(c).is_some().into()
    }

    fn _PyUnicode_IsDigit(c: u32) -> c_int {
        rivet_vm::unicode::digit(c).is_some().into()
    }

    fn _PyUnicode_IsNumeric(c: u32) -> c_int {
        rivet_vm::unicode::numeric(c).is_some().into()
    }

    fn _PyUnicode_ToDecimalDigit(c: u32) -> c_int {
        rivet_vm::unicode::decimal(c).map_or(-1, |d| d as c_int)
    }

    fn _PyUnicode_ToDigit(c: u32) -> c_int {
        rivet_vm::unicode::digit(c).map_or(-1, |d| d as c_int)
    }

    fn _PyUnicode_ToNumeric(c: u32) -> f64 {
        rivet_vm::unicode::numeric(c).unwrap_or(-1.0)
    }

    fn PyUnicode_AsWideCharString(op: Ref, n: *mut isize) -> *mut u32 {
        let Ok(points) = wide(op) else {
            errors::publish();
            return std::ptr::null_mut();
        };
        if n.is_null() && points.contains(&0) {
            let _ = value_error("embedded null character");
            errors::publish();
            return std::ptr::null_mut();
        }
        let p = memory::PyMem_Malloc((points.len() + 1) * 4).cast::<u32>();
        if p.is_null() {
            errors::PyErr_NoMemory();
            return p;
        }
        std::ptr::copy_nonoverlapping(points.as_ptr(), p, points.len());
        *p.add(points.len()) = 0;
        if !n.is_null() {
            *n = points.len() as isize;
        }
        p
    }

    fn PyUnicode_AsUCS4Copy(op: Ref) -> *mut u32 {
        let mut n = 0;
        PyUnicode_AsWideCharString(op, &mut n)
    }

    fn PyUnicode_AsUCS4(op: Ref, buffer: *mut u32, room: isize, null: c_int) -> *mut u32 {
        let Ok(points) = wide(op) else {
            errors::publish();
            return std::ptr::null_mut();
        };
        let need = points.len() + usize::from(null != 0);
        if buffer.is_null() || (room.max(0) as usize) < need {
            let _ = rivet_vm::exceptions::system_error("string is longer than the buffer");
            errors::publish();
            return std::ptr::null_mut();
        }
        std::ptr::copy_nonoverlapping(points.as_ptr(), buffer, points.len());
        if null != 0 {
            *buffer.add(points.len()) = 0;
        }
        buffer
    }
}

api! {
    fn PyUnicode_New(n: isize, max: u32) -> Ref {
        if n < 0 { Err(rivet_vm::exceptions::system_error("Negative size passed to PyUnicode_New")) } else { fresh(n as usize, max) }
    }

    fn PyUnicode_FromStringAndSize(s: *const c_char, n: isize) -> Ref {
        if n < 0 {
            return Err(rivet_vm::exceptions::system_error("Negative size passed to PyUnicode_FromStringAndSize"));
        }
        if s.is_null() {
            return fresh(0, 0);
        }
        from_utf8(s.cast(), n as usize)
    }

    fn PyUnicode_FromString(s: *const c_char) -> Ref {
        from_utf8(s.cast(), libc::strlen(s))
    }

    fn PyUnicode_InternFromString(s: *const c_char) -> Value {
        let data = CStr::from_ptr(s).to_bytes();
        Ok(codec::decode_bytes(data, "utf-8", "strict")?.intern().value())
    }

    fn PyUnicode_FromKindAndData(kind: c_int, data: *const u8, n: isize) -> Value {
        if n <= 0 {
            return Ok(intern_str("").value());
        }
        let n = n as usize;
        Ok(match kind {
            1 => Str::from_latin1(std::slice::from_raw_parts(data, n))?.value(),
            2 => {
                let p: Vec<u32> = std::slice::from_raw_parts(data.cast::<u16>(), n).iter().map(|&c| c.into()).collect();
                Str::from_points(&p)?.value()
            }
            4 => Str::from_points(std::slice::from_raw_parts(data.cast::<u32>(), n))?.value(),
            _ => return Err(rivet_vm::exceptions::system_error("invalid kind")),
        })
    }

    fn PyUnicode_FromWideChar(p: *const u32, n: isize) -> Value {
        from_wide(p, n)
    }

    fn PyUnicode_FromOrdinal(c: c_int) -> Value {
        if !(0..=0x10ffff).contains(&c) {
            return Err(value_error("chr() arg not in range(0x110000)"));
        }
        Ok(Str::from_char(c as u32)?.value())
    }

    fn PyUnicode_FromObject(op: Ref) -> Value {
        let v = get(op)?;
        match v.cast::<Str>() {
            Some(_) if v.type_of() == rivet_vm::runtime::types().str => Ok(v),
            Some(s) => Ok(Str::from_chars(s.chars())?.value()),
            None => Err(type_error(format!("Can't convert '{}' object to str implicitly", v.type_of().name_string()))),
        }
    }

    fn _PyUnicode_Copy(op: Ref) -> Ref {
        check(op)?;
        let points = wide(op)?;
        let r = fresh(points.len(), points.iter().copied().max().unwrap_or(0))?;
        points.iter().enumerate().for_each(|(i, &c)| put_char(r, i, c));
        Ok(r)
    }

    fn PyUnicode_FromEncodedObject(op: Ref, encoding: *const c_char, errors: *const c_char) -> Value {
        let v = get(op)?;
        if v.cast::<Str>().is_some() {
            return Err(type_error("decoding str is not supported"));
        }
        if !rivet_vm::types::buffer::has_buffer(v) {
            return Err(type_error(format!("decoding to str: need a bytes-like object, {} found", v.type_of().name_string())));
        }
        let data = rivet_vm::types::buffer::bytes_like(v)?;
        let encoding = if encoding.is_null() { "utf-8".into() } else { text(encoding) };
        Ok(codec::decode_bytes(&data, &encoding, &handler_name(errors))?.value())
    }

    fn PyUnicode_Decode(s: *const c_char, n: isize, encoding: *const c_char, errors: *const c_char) -> Value {
        let e = if encoding.is_null() { "utf-8".into() } else { text(encoding) };
        decode(s, n, &e, errors)
    }

    fn PyUnicode_DecodeUTF8(s: *const c_char, n: isize, errors: *const c_char) -> Value {
        decode(s, n, "utf-8", errors)
    }

    fn PyUnicode_DecodeUTF8Stateful(s: *const c_char, n: isize, errors: *const c_char, consumed: *mut isize) -> Value {
        let (v, used) = codec::utf8::decode(slice(s, n), &handler(errors), consumed.is_null())?;
        if !consumed.is_null() {
            *consumed = used as isize;
        }
        Ok(v.value())
    }

    fn PyUnicode_DecodeASCII(s: *const c_char, n: isize, errors: *const c_char) -> Value {
        decode(s, n, "ascii", errors)
    }

    fn PyUnicode_DecodeLatin1(s: *const c_char, n: isize, _errors: *const c_char) -> Value {
        Ok(Str::from_latin1(slice(s, n))?.value())
    }

    fn PyUnicode_DecodeUTF16(s: *const c_char, n: isize, errors: *const c_char, order: *mut c_int) -> Value {
        decode(s, n, utf_name(16, order), errors)
    }

    fn PyUnicode_DecodeUTF32(s: *const c_char, n: isize, errors: *const c_char, order: *mut c_int) -> Value {
        decode(s, n, utf_name(32, order), errors)
    }

    fn PyUnicode_DecodeRawUnicodeEscape(s: *const c_char, n: isize, errors: *const c_char) -> Value {
        decode(s, n, "raw-unicode-escape", errors)
    }

    fn PyUnicode_DecodeUnicodeEscape(s: *const c_char, n: isize, errors: *const c_char) -> Value {
        decode(s, n, "unicode-escape", errors)
    }

    fn PyUnicode_DecodeLocale(s: *const c_char, errors: *const c_char) -> Value {
        decode(s, libc::strlen(s) as isize, "utf-8", if errors.is_null() { c"strict".as_ptr() } else { errors })
    }

    fn PyUnicode_DecodeLocaleAndSize(s: *const c_char, n: isize, errors: *const c_char) -> Value {
        decode(s, n, "utf-8", errors)
    }

    fn PyUnicode_DecodeFSDefault(s: *const c_char) -> Value {
        Ok(codec::decode_fs(CStr::from_ptr(s).to_bytes())?.value())
    }

    fn PyUnicode_DecodeFSDefaultAndSize(s: *const c_char, n: isize) -> Value {
        Ok(codec::decode_fs(slice(s, n))?.value())
    }

    fn PyUnicode_EncodeFSDefault(op: Ref) -> Value {
        bytes::new(&codec::encode_fs(expect::<Str>(op)?)?)
    }

    fn PyUnicode_EncodeLocale(op: Ref, errors: *const c_char) -> Value {
        encode(op, "utf-8", errors)
    }

    fn PyUnicode_AsEncodedString(op: Ref, encoding: *const c_char, errors: *const c_char) -> Value {
        let e = if encoding.is_null() { "utf-8".into() } else { text(encoding) };
        encode(op, &e, errors)
    }

    fn PyUnicode_AsUTF8String(op: Ref) -> Value {
        encode(op, "utf-8", std::ptr::null())
    }

    fn _PyUnicode_AsUTF8String(op: Ref, errors: *const c_char) -> Value {
        encode(op, "utf-8", errors)
    }

    fn PyUnicode_AsASCIIString(op: Ref) -> Value {
        encode(op, "ascii", std::ptr::null())
    }

    fn _PyUnicode_AsASCIIString(op: Ref, errors: *const c_char) -> Value {
        encode(op, "ascii", errors)
    }

    fn PyUnicode_AsLatin1String(op: Ref) -> Value {
        encode(op, "latin-1", std::ptr::null())
    }

    fn _PyUnicode_AsLatin1String(op: Ref, errors: *const c_char) -> Value {
        encode(op, "latin-1", errors)
    }

    fn PyUnicode_AsUTF16String(op: Ref) -> Value {
        encode(op, "utf-16", std::ptr::null())
    }

    fn PyUnicode_AsUTF32String(op: Ref) -> Value {
        encode(op, "utf-32", std::ptr::null())
    }

    fn PyUnicode_AsUnicodeEscapeString(op: Ref) -> Value {
        encode(op, "unicode-escape", std::ptr::null())
    }

    fn PyUnicode_AsRawUnicodeEscapeString(op: Ref) -> Value {
        encode(op, "raw-unicode-escape", std::ptr::null())
    }

    fn PyUnicode_GetLength(op: Ref) -> isize {
        check(op)?;
        Ok(str_data(op).2 as isize)
    }

    fn PyUnicode_ReadChar(op: Ref, i: isize) -> i64 {
        check(op)?;
        if i < 0 || i as usize >= str_data(op).2 {
            return Err(index_error("string index out of range"));
        }
        Ok(char_at(op, i as usize).into())
    }

    fn PyUnicode_WriteChar(op: Ref, i: isize, c: u32) -> () {
        check(op)?;
        if i < 0 || i as usize >= str_data(op).2 {
            return Err(index_error("string index out of range"));
        }
        if (*op).refcnt != 1 {
            return Err(rivet_vm::exceptions::system_error("Cannot modify a string currently used"));
        }
        put_char(op, i as usize, c);
        Ok(())
    }

    fn PyUnicode_AsWideChar(op: Ref, out: *mut u32, room: isize) -> isize {
        let points = wide(op)?;
        // Without a place, the room that is needed.
        if out.is_null() {
            return Ok(points.len() as isize + 1);
        }
        let n = points.len().min(room.max(0) as usize);
        std::ptr::copy_nonoverlapping(points.as_ptr(), out, n);
        if n < room.max(0) as usize {
            *out.add(n) = 0;
        }
        Ok(n as isize)
    }

    fn PyUnicode_CopyCharacters(to: Ref, at: isize, from: Ref, start: isize, n: isize) -> isize {
        check(to)?;
        check(from)?;
        let n = n.min(str_data(from).2 as isize - start).max(0);
        if at + n > str_data(to).2 as isize {
            return Err(rivet_vm::exceptions::system_error(format!("Cannot write {n} characters at {at} in a string of {} characters", str_data(to).2)));
        }
        _PyUnicode_FastCopyCharacters(to, at, from, start, n);
        Ok(n)
    }

    fn PyUnicode_Fill(op: Ref, start: isize, n: isize, c: u32) -> isize {
        check(op)?;
        let n = n.min(str_data(op).2 as isize - start).max(0);
        (start..start + n).for_each(|i| put_char(op, i as usize, c));
        Ok(n)
    }

    fn PyUnicode_Concat(a: Ref, b: Ref) -> Value {
        let (x, y) = (get(a)?, get(b)?);
        let Some(l) = x.cast::<Str>() else {
            return Err(type_error(format!("must be str, not {}", x.type_of().name_string())));
        };
        let Some(r) = y.cast::<Str>() else {
            return Err(type_error(format!("can only concatenate str (not \"{}\") to str", y.type_of().name_string())));
        };
        Ok(Str::concat(l, r)?.value())
    }

    fn PyUnicode_Compare(a: Ref, b: Ref) -> c_int {
        let (x, y) = (get(a)?, get(b)?);
        match (x.cast::<Str>(), y.cast::<Str>()) {
            (Some(l), Some(r)) => Ok(l.chars().iter().cmp(r.chars().iter()) as c_int),
            _ => Err(type_error(format!("Can't compare {} and {}", x.type_of().name_string(), y.type_of().name_string()))),
        }
    }

    fn PyUnicode_RichCompare(a: Ref, b: Ref, op: c_int) -> Value {
        let op = rivet_spec::CompareOp::from_u8(op as u8).ok_or_else(bad_call)?;
        let (x, y) = (get(a)?, get(b)?);
        if x.cast::<Str>().is_none() || y.cast::<Str>().is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        protocol::compare(x, y, op)
    }

    fn PyUnicode_Contains(op: Ref, x: Ref) -> bool {
        let s = expect::<Str>(op)?;
        protocol::contains(s.value(), get(x)?)
    }

    fn PyUnicode_Substring(op: Ref, start: isize, end: isize) -> Value {
        let s = expect::<Str>(op)?;
        if start < 0 || end < 0 {
            return Err(index_error("string index out of range"));
        }
        let end = (end as usize).min(s.len());
        let start = (start as usize).min(end);
        Ok(s.substring(start, end)?.value())
    }

    fn PyUnicode_FindChar(op: Ref, c: u32, start: isize, end: isize, direction: c_int) -> isize {
        check(op)?;
        let n = str_data(op).2 as isize;
        let fix = |i: isize| if i < 0 { (i + n).max(0) } else { i.min(n) };
        let (start, end) = (fix(start), fix(end));
        let mut range = start..end;
        let hit = if direction > 0 { range.find(|&i| char_at(op, i as usize) == c) } else { range.rev().find(|&i| char_at(op, i as usize) == c) };
        Ok(hit.unwrap_or(-1))
    }

    fn PyUnicode_Find(op: Ref, x: Ref, start: isize, end: isize, direction: c_int) -> isize {
        let args = [get(x)?, Value::int(start as i64), Value::int(end as i64)];
        protocol::as_isize(method(op, if direction > 0 { "find" } else { "rfind" }, &args)?)
    }

    fn PyUnicode_Count(op: Ref, x: Ref, start: isize, end: isize) -> isize {
        protocol::as_isize(method(op, "count", &[get(x)?, Value::int(start as i64), Value::int(end as i64)])?)
    }

    fn PyUnicode_Tailmatch(op: Ref, x: Ref, start: isize, end: isize, direction: c_int) -> isize {
        let args = [get(x)?, Value::int(start as i64), Value::int(end as i64)];
        let r = method(op, if direction > 0 { "endswith" } else { "startswith" }, &args)?;
        Ok(protocol::is_true(r)?.into())
    }

    fn PyUnicode_Join(separator: Ref, items: Ref) -> Value {
        method(separator, "join", &[get(items)?])
    }

    fn _PyUnicode_JoinArray(separator: Ref, items: *const Ref, n: isize) -> Value {
        let mut all = RVec::new();
        for i in 0..n.max(0) as usize {
            all.push(get(*items.add(i))?)?;
        }
        method(separator, "join", &[rivet_vm::types::tuple::new(&all)?])
    }

    fn PyUnicode_Split(op: Ref, separator: Ref, max: isize) -> Value {
        method(op, "split", &[optional(separator)?.unwrap_or(Value::NONE), Value::int(max as i64)])
    }

    fn PyUnicode_RSplit(op: Ref, separator: Ref, max: isize) -> Value {
        method(op, "rsplit", &[optional(separator)?.unwrap_or(Value::NONE), Value::int(max as i64)])
    }

    fn PyUnicode_Splitlines(op: Ref, keep: c_int) -> Value {
        method(op, "splitlines", &[Value::bool(keep != 0)])
    }

    fn PyUnicode_Partition(op: Ref, separator: Ref) -> Value {
        method(op, "partition", &[get(separator)?])
    }

    fn PyUnicode_RPartition(op: Ref, separator: Ref) -> Value {
        method(op, "rpartition", &[get(separator)?])
    }

    fn PyUnicode_Replace(op: Ref, old: Ref, new: Ref, max: isize) -> Value {
        method(op, "replace", &[get(old)?, get(new)?, Value::int(max as i64)])
    }

    fn PyUnicode_Translate(op: Ref, table: Ref, _errors: *const c_char) -> Value {
        method(op, "translate", &[get(table)?])
    }

    fn PyUnicode_Format(format: Ref, args: Ref) -> Value {
        let f = get(format)?;
        if f.cast::<Str>().is_none() {
            return Err(bad_call());
        }
        rivet_vm::object::number::binary(rivet_spec::BinaryOp::Mod, f, get(args)?)
    }

    fn PyUnicode_IsIdentifier(op: Ref) -> c_int {
        Ok(protocol::is_true(method(op, "isidentifier", &[])?)?.into())
    }

    fn _PyUnicode_XStrip(op: Ref, how: c_int, chars: Ref) -> Value {
        let name = ["lstrip", "rstrip", "strip"][how.clamp(0, 2) as usize];
        method(op, name, &[get(chars)?])
    }

    fn _PyUnicode_TransformDecimalAndSpaceToASCII(op: Ref) -> Value {
        let s = expect::<Str>(op)?;
        if s.is_ascii() {
            return Ok(s.value());
        }
        let points: Vec<u32> = s.chars().iter().map(|c| match c {
            0..0x80 => c,
            _ if rivet_vm::unicode::is_space(c) => 0x20,
            _ => rivet_vm::unicode::decimal(c).map_or(u32::from(b'?'), |d| d + u32::from(b'0')),
        }).collect();
        Ok(Str::from_points(&points)?.value())
    }
}

unsafe fn utf_name(bits: u32, order: *mut c_int) -> &'static str {
    // SAFETY: callers pass null or a place.
    let o = if order.is_null() {
        0
    } else {
        unsafe { *order }
    };
    match (bits, o) {
        (16, 0) => "utf-16",
        (16, ..0) => "utf-16-le",
        (16, _) => "utf-16-be",
        (_, 0) => "utf-32",
        (_, ..0) => "utf-32-le",
        _ => "utf-32-be",
    }
}

/// A path as bytes or str: `os.fspath`, then encoded.
unsafe fn path(op: Ref, decode: bool) -> PyResult<Value> {
    // SAFETY: callers pass null or a live object.
    let v = fspath(unsafe { get(op) }?)?;
    let fit = |len: bool| {
        if len {
            Err(value_error("embedded null byte"))
        } else {
            Ok(())
        }
    };
    match (v.cast::<Bytes>(), v.cast::<Str>()) {
        (Some(b), _) if decode => Ok(codec::decode_fs(b.as_slice())?.value()),
        (Some(b), _) => {
            fit(b.as_slice().contains(&0))?;
            Ok(v)
        }
        (_, Some(_)) if decode => Ok(v),
        (_, Some(s)) => {
            let encoded = codec::encode_fs(s)?;
            fit(encoded.contains(&0))?;
            bytes::new(&encoded)
        }
        _ => Err(type_error("path should be string, bytes, or os.PathLike")),
    }
}

/// `os.fspath`
pub fn fspath(v: Value) -> PyResult<Value> {
    if v.cast::<Str>().is_some() || v.cast::<Bytes>().is_some() {
        return Ok(v);
    }
    let t = v.type_of().name_string();
    let Some(f) = rivet_vm::object::attr::lookup_special(v, intern_str("__fspath__"))? else {
        return Err(type_error(format!(
            "expected str, bytes or os.PathLike object, not {t}"
        )));
    };
    let r = call::call_special(f, &[])?;
    if r.cast::<Str>().is_some() || r.cast::<Bytes>().is_some() {
        return Ok(r);
    }
    Err(type_error(format!(
        "expected {t}.__fspath__() to return str or bytes, not {}",
        r.type_of().name_string()
    )))
}

unsafe fn converted(r: PyResult<Value>, out: *mut Ref) -> c_int {
    const CLEANUP: c_int = 0x20000;
    match r {
        Ok(v) => {
            // SAFETY: callers pass a place for the result.
            unsafe { *out = new_ref(v) };
            CLEANUP
        }
        Err(raised) => {
            let _ = <()>::out(Err(raised));
            0
        }
    }
}

raw! {
    // A second call without an object cleans up.
    fn PyUnicode_FSConverter(op: Ref, out: *mut Ref) -> c_int {
        if op.is_null() {
            let old = std::mem::replace(&mut *out, std::ptr::null_mut());
            xdecref(old);
            return 1;
        }
        converted(path(op, false), out)
    }

    fn PyUnicode_FSDecoder(op: Ref, out: *mut Ref) -> c_int {
        if op.is_null() {
            let old = std::mem::replace(&mut *out, std::ptr::null_mut());
            xdecref(old);
            return 1;
        }
        converted(path(op, true), out)
    }
}

api! {
    fn PyOS_FSPath(op: Ref) -> Value {
        fspath(get(op)?)
    }

    // Concatenation of a tuple of str, for the format shim.
    fn rivet_join_text(items: *const Ref, n: isize) -> Value {
        let mut all = RVec::new();
        for i in 0..n.max(0) as usize {
            all.push(get(*items.add(i))?)?;
        }
        Ok(Str::join_parts(&all, None)?.value())
    }

    // A decoded piece of a format: invalid UTF-8 is replaced; at most `n` characters.
    fn rivet_replaced_text(s: *const c_char, n: isize) -> Value {
        Ok(codec::decode_bytes(slice(s, n), "utf-8", "replace")?.value())
    }
}
