//! `_sre`: compiled patterns and matches.

mod chars;
mod engine;
mod matching;
mod op;
mod pattern;

use rivet_vm::exceptions::PyResult;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::module::Module;
use rivet_vm::types::str;
use rivet_vm::value::{Gc, Value};

/// Of `re._constants`.
const MAGIC: i64 = 20_220_615;

fn char_argument(v: Value) -> PyResult<u32> {
    let i = protocol::as_isize(v)?;
    Ok(u32::try_from(i).unwrap_or(0x11_0000))
}

static METHODS: &[Method] = &[
    Method::bound(
        "compile",
        "($module, pattern, flags, code, groups, groupindex, indexgroup)",
        pattern::compile,
        "",
    ),
    Method::noargs("getcodesize", |_| Ok(Value::int(4)), ""),
    Method::one(
        "ascii_iscased",
        "($module, character, /)",
        |_, v| {
            let c = char_argument(v)?;
            Ok(Value::bool(c < 128 && (c as u8).is_ascii_alphabetic()))
        },
        "",
    ),
    Method::one(
        "unicode_iscased",
        "($module, character, /)",
        |_, v| {
            let c = char_argument(v)?;
            Ok(Value::bool(chars::lower(c) != c || chars::upper(c) != c))
        },
        "",
    ),
    Method::one(
        "ascii_tolower",
        "($module, character, /)",
        |_, v| Ok(Value::int(chars::lower_ascii(char_argument(v)?).into())),
        "",
    ),
    Method::one(
        "unicode_tolower",
        "($module, character, /)",
        |_, v| Ok(Value::int(chars::lower(char_argument(v)?).into())),
        "",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    m.add("MAGIC", Value::int(MAGIC))?;
    m.add("CODESIZE", Value::int(4))?;
    m.add("MAXREPEAT", Value::int(u32::MAX.into()))?;
    m.add("MAXGROUPS", Value::int((i32::MAX / 2).into()))?;
    m.add(
        "copyright",
        str::new(" SRE 2.2.2 Copyright (c) 1997-2002 by Secret Labs AB ")?,
    )?;
    pattern::make_types(m)?;
    matching::make_types();
    Ok(())
}
