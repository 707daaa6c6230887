//! `code.h`: code objects made in C, and what C reads of others. Cython gives each of its functions one, and makes one
//! per place that appears in a traceback.

use std::ffi::{c_char, c_int};

use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::object::attr::get_attr;
use rivet_vm::types::code::Code;
use rivet_vm::types::code_made::Made;
use rivet_vm::types::str::Str;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value};

use crate::api::{expect, get};
use crate::boundary::to_c::borrow_out;
use crate::errors::text;
use crate::layout::Ref;
use crate::{api, raw};

const CO_OPTIMIZED_NEWLOCALS: u32 = 3;

/// Code that stands for a place in a file.
///
/// # Safety
/// Terminated strings.
pub unsafe fn empty(file: *const c_char, name: *const c_char, line: c_int) -> PyResult<Gc<Code>> {
    // SAFETY: by contract.
    let (filename, name) = unsafe { (text(file), text(name)) };
    Made {
        filename,
        qualname: name.clone(),
        name,
        first_line: line.max(0) as u32,
        flags: CO_OPTIMIZED_NEWLOCALS,
        ..Made::default()
    }
    .build()
}

fn string(op: Ref) -> PyResult<String> {
    // SAFETY: callers pass what C passed: a live object or null.
    Ok(unsafe { expect::<Str>(op) }?.to_string_lossy().into_owned())
}

fn names(op: Ref, out: &mut Vec<String>) -> PyResult<()> {
    // SAFETY: as above.
    for v in unsafe { expect::<Tuple>(op) }?.items() {
        let Some(s) = v.cast::<Str>() else {
            return Err(rivet_vm::exceptions::type_error(format!(
                "name tuples must contain only strings, not '{}'",
                v.type_of().name_string()
            )));
        };
        out.push(s.to_string_lossy().into_owned());
    }
    Ok(())
}

/// What the C half of a code object shows of it: the numbers, and its names as borrowed references.
pub fn fill(v: Value, m: Ref) {
    let Some(c) = v.cast::<Code>() else { return };
    let ints = [
        (48, c.flags.get()),
        (56, c.argcount.get()),
        (60, c.posonly.get()),
        (64, c.kwonly.get()),
        (72, c.first_line.get()),
        (76, c.nlocals.get()),
        (80, c.nlocals.get()),
    ];
    let names = [(112, &c.filename), (120, &c.name), (128, &c.qualname)];
    // SAFETY: fields of a code object, which the mirror has room for.
    unsafe {
        let b = m.cast::<u8>();
        ints.into_iter()
            .for_each(|(at, n)| *b.add(at).cast::<u32>() = n);
        for (at, slot) in names {
            *b.add(at).cast::<Ref>() = slot.get().map_or(std::ptr::null_mut(), borrow_out);
        }
    }
}

fn attribute(op: Ref, name: &str) -> PyResult<Value> {
    // SAFETY: as above.
    get_attr(
        unsafe { get(op) }?,
        rivet_vm::types::str::intern::intern_str(name),
    )
}

api! {
    fn PyCode_NewEmpty(file: *const c_char, function: *const c_char, line: c_int) -> Value {
        Ok(empty(file, function, line)?.value())
    }

    fn PyCode_NewWithPosOnlyArgs(
        argcount: c_int, posonly: c_int, kwonly: c_int, _nlocals: c_int, _stacksize: c_int, flags: c_int, _code: Ref, _consts: Ref,
        _names: Ref, varnames: Ref, freevars: Ref, cellvars: Ref, filename: Ref, name: Ref, qualname: Ref, line: c_int,
        _lines: Ref, _exceptions: Ref,
    ) -> Value {
        if argcount < posonly || posonly < 0 || kwonly < 0 || flags < 0 {
            return Err(system_error("bad argument to internal function"));
        }
        let mut all = Vec::new();
        names(varnames, &mut all)?;
        names(cellvars, &mut Vec::new())?;
        names(freevars, &mut Vec::new())?;
        let made = Made {
            filename: string(filename)?,
            name: string(name)?,
            qualname: string(qualname)?,
            first_line: line.max(0) as u32,
            argcount: argcount as usize,
            posonly: posonly as usize,
            kwonly: kwonly as usize,
            flags: flags as u32,
            names: all,
        };
        Ok(made.build()?.value())
    }

    fn PyCode_GetCode(op: Ref) -> Value {
        attribute(op, "co_code")
    }

    fn PyCode_GetVarnames(op: Ref) -> Value {
        attribute(op, "co_varnames")
    }

    fn PyCode_GetCellvars(op: Ref) -> Value {
        attribute(op, "co_cellvars")
    }

    fn PyCode_GetFreevars(op: Ref) -> Value {
        attribute(op, "co_freevars")
    }
}

raw! {
    fn PyCode_New(
        argcount: c_int, kwonly: c_int, nlocals: c_int, stacksize: c_int, flags: c_int, code: Ref, consts: Ref, names: Ref,
        varnames: Ref, freevars: Ref, cellvars: Ref, filename: Ref, name: Ref, qualname: Ref, line: c_int, lines: Ref, exceptions: Ref,
    ) -> Ref {
        PyCode_NewWithPosOnlyArgs(
            argcount, 0, kwonly, nlocals, stacksize, flags, code, consts, names, varnames, freevars, cellvars, filename, name,
            qualname, line, lines, exceptions,
        )
    }

    // All instructions of code made in C belong to its first line; of other code C has no positions to ask for.
    fn PyCode_Addr2Line(op: Ref, address: c_int) -> c_int {
        let Ok(c) = expect::<Code>(op) else { return -1 };
        let line = match address {
            n if n < 0 => Some(c.first_line.get()),
            n => c.line_of(n as usize / 2),
        };
        line.map_or(-1, |l| l as c_int)
    }
}
