//! `_PyUnicodeWriter` and `_PyAccu`: how CPython's own modules build strings.

use std::ffi::{c_char, c_int};

use rivet_vm::exceptions::PyResult;

use crate::boundary::from_c::str_data;
use crate::boundary::{decref, xdecref};
use crate::layout::Ref;
use crate::strings::{char_at, fresh, put_char};
use crate::{api, errors, raw};

/// `_PyUnicodeWriter`
#[repr(C)]
pub struct Writer {
    buffer: Ref,
    data: *mut u8,
    kind: c_int,
    maxchar: u32,
    size: isize,
    pos: isize,
    min_length: isize,
    min_char: u32,
    flags: [u8; 4],
}

const _: () = assert!(size_of::<Writer>() == 56);

/// Makes room for `n` more characters up to `max`.
unsafe fn prepare(w: *mut Writer, n: isize, max: u32) -> PyResult<()> {
    // SAFETY: callers pass an initialised writer.
    unsafe {
        let need = (*w).pos + n;
        if need <= (*w).size && max <= (*w).maxchar && !(*w).buffer.is_null() {
            return Ok(());
        }
        let top = max.max((*w).maxchar).max((*w).min_char).max(0x7f);
        let mut size = need.max((*w).min_length).max(1);
        if (*w).flags[0] != 0 && need > (*w).size {
            size = size.max(need + need / 4);
        }
        let new = fresh(size.max((*w).size) as usize, top)?;
        if !(*w).buffer.is_null() {
            for i in 0..(*w).pos as usize {
                put_char(new, i, char_at((*w).buffer, i));
            }
            decref((*w).buffer);
        }
        let (data, width, len) = str_data(new);
        (*w).buffer = new;
        (*w).data = data;
        (*w).kind = width as c_int;
        (*w).maxchar = match (width, top) {
            (1, 0..0x80) => 0x7f,
            (1, _) => 0xff,
            (2, _) => 0xffff,
            _ => 0x10ffff,
        };
        (*w).size = len as isize;
        Ok(())
    }
}

unsafe fn write(w: *mut Writer, op: Ref, start: usize, end: usize) -> PyResult<()> {
    // SAFETY: callers pass an initialised writer and a live str.
    unsafe {
        let max = (start..end).map(|i| char_at(op, i)).max().unwrap_or(0);
        prepare(w, (end - start) as isize, max)?;
        for i in start..end {
            put_char((*w).buffer, (*w).pos as usize, char_at(op, i));
            (*w).pos += 1;
        }
        Ok(())
    }
}

raw! {
    fn _PyUnicodeWriter_Init(w: *mut Writer) {
        std::ptr::write_bytes(w, 0, 1);
    }

    fn _PyUnicodeWriter_Dealloc(w: *mut Writer) {
        let old = std::mem::replace(&mut (*w).buffer, std::ptr::null_mut());
        xdecref(old);
    }

    fn _PyUnicodeWriter_Finish(w: *mut Writer) -> Ref {
        let b = std::mem::replace(&mut (*w).buffer, std::ptr::null_mut());
        let n = (*w).pos as usize;
        if b.is_null() || n == 0 {
            xdecref(b);
            return crate::strings::PyUnicode_New(0, 0);
        }
        if n == str_data(b).2 && (*w).maxchar == 0x7f {
            return b;
        }
        // The shortest form: characters decide the width.
        let max = (0..n).map(|i| char_at(b, i)).max().unwrap_or(0);
        let r = match fresh(n, max) {
            Ok(r) => {
                (0..n).for_each(|i| put_char(r, i, char_at(b, i)));
                r
            }
            Err(_) => {
                errors::publish();
                std::ptr::null_mut()
            }
        };
        decref(b);
        r
    }
}

api! {
    fn _PyUnicodeWriter_PrepareInternal(w: *mut Writer, n: isize, max: u32) -> () {
        prepare(w, n, max)
    }

    fn _PyUnicodeWriter_PrepareKindInternal(w: *mut Writer, kind: c_int) -> () {
        prepare(w, 0, match kind {
            1 => 0xff,
            2 => 0xffff,
            _ => 0x10ffff,
        })
    }

    fn _PyUnicodeWriter_WriteChar(w: *mut Writer, c: u32) -> () {
        prepare(w, 1, c)?;
        put_char((*w).buffer, (*w).pos as usize, c);
        (*w).pos += 1;
        Ok(())
    }

    fn _PyUnicodeWriter_WriteStr(w: *mut Writer, op: Ref) -> () {
        write(w, op, 0, str_data(op).2)
    }

    fn _PyUnicodeWriter_WriteSubstring(w: *mut Writer, op: Ref, start: isize, end: isize) -> () {
        write(w, op, start.max(0) as usize, (end.max(0) as usize).min(str_data(op).2))
    }

    fn _PyUnicodeWriter_WriteASCIIString(w: *mut Writer, s: *const c_char, n: isize) -> () {
        let len = if n < 0 { libc::strlen(s) } else { n as usize };
        prepare(w, len as isize, 0x7f)?;
        for i in 0..len {
            put_char((*w).buffer, (*w).pos as usize, u32::from(*s.add(i) as u8));
            (*w).pos += 1;
        }
        Ok(())
    }

    fn _PyUnicodeWriter_WriteLatin1String(w: *mut Writer, s: *const u8, n: isize) -> () {
        prepare(w, n, 0xff)?;
        for i in 0..n as usize {
            put_char((*w).buffer, (*w).pos as usize, (*s.add(i)).into());
            (*w).pos += 1;
        }
        Ok(())
    }
}

/// `_PyAccu`: a list of pieces.
#[repr(C)]
pub struct Accumulator {
    large: Ref,
    small: Ref,
}

raw! {
    fn _PyAccu_Init(a: *mut Accumulator) -> c_int {
        (*a).large = std::ptr::null_mut();
        (*a).small = crate::list::PyList_New(0);
        if (*a).small.is_null() { -1 } else { 0 }
    }

    fn _PyAccu_Accumulate(a: *mut Accumulator, op: Ref) -> c_int {
        crate::list::PyList_Append((*a).small, op)
    }

    fn _PyAccu_FinishAsList(a: *mut Accumulator) -> Ref {
        std::mem::replace(&mut (*a).small, std::ptr::null_mut())
    }

    fn _PyAccu_Finish(a: *mut Accumulator) -> Ref {
        let list = std::mem::replace(&mut (*a).small, std::ptr::null_mut());
        let empty = crate::strings::PyUnicode_New(0, 0);
        let r = crate::strings::PyUnicode_Join(empty, list);
        xdecref(empty);
        xdecref(list);
        r
    }

    fn _PyAccu_Destroy(a: *mut Accumulator) {
        let s = std::mem::replace(&mut (*a).small, std::ptr::null_mut());
        xdecref(s);
    }
}
