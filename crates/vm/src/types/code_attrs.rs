//! `code` as a type: `co_*` attributes, positions, `replace`.

use rivet_compile::LocalKind;
use rivet_spec::CompareOp;

use crate::exceptions::{PyResult, Raised, type_error};
use crate::object::protocol;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::types::bytes::Bytes;
use crate::types::code::Code;
use crate::types::code_made::Made;
use crate::types::list::List;
use crate::types::str::{self, Str};
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, RVec, Value};

/// `code`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "Create a code object.  Not for mere mortals.",
    flags: crate::object::TypeFlags::WEAKREFABLE,
    methods: &[
        Method::noargs("co_positions", positions, ""),
        Method::noargs("co_lines", lines, ""),
        Method::fastkw(
            "replace",
            "",
            replace,
            "Return a copy of the code object with new values for the specified fields.",
        ),
    ],
    getset: &[
        GetSet::new("co_name", |v| Ok(this(v).name.value())),
        GetSet::new("co_qualname", |v| Ok(this(v).qualname.value())),
        GetSet::new("co_filename", |v| Ok(this(v).filename.value())),
        GetSet::new("co_argcount", |v| {
            Ok(Value::int(this(v).argcount.get().into()))
        }),
        GetSet::new("co_posonlyargcount", |v| {
            Ok(Value::int(this(v).posonly.get().into()))
        }),
        GetSet::new("co_kwonlyargcount", |v| {
            Ok(Value::int(this(v).kwonly.get().into()))
        }),
        GetSet::new("co_flags", |v| Ok(Value::int(this(v).flags.get().into()))),
        GetSet::new("co_firstlineno", |v| {
            Ok(Value::int(this(v).first_line.get().into()))
        }),
        GetSet::new("co_stacksize", |v| Ok(Value::from_usize(this(v).nregs()))),
        GetSet::new("co_nlocals", |v| {
            Ok(Value::from_usize(varnames(this(v)).len()))
        }),
        GetSet::new("co_varnames", |v| names_tuple(this(v), &varnames(this(v)))),
        GetSet::new("co_cellvars", |v| {
            names_tuple(this(v), &of_kind(this(v), LocalKind::Cell))
        }),
        GetSet::new("co_freevars", |v| {
            names_tuple(this(v), &of_kind(this(v), LocalKind::Free))
        }),
        GetSet::new("co_names", |v| tuple::new(this(v).names())),
        GetSet::new("co_consts", |v| tuple::new(this(v).constants())),
        GetSet::new("co_code", |v| {
            crate::types::bytes::new(&code_bytes(this(v))?)
        }),
        GetSet::new("_co_code_adaptive", |v| {
            crate::types::bytes::new(&code_bytes(this(v))?)
        }),
        GetSet::new("co_exceptiontable", |_| crate::types::bytes::new(&[])),
        GetSet::new("co_linetable", |_| crate::types::bytes::new(&[])),
        GetSet::new("co_lnotab", |_| crate::types::bytes::new(&[])),
    ],
    slots: |s| {
        s.repr = Some(|v| {
            let c = this(v);
            let text = |s: &crate::value::Slot| {
                s.get_as::<Str>()
                    .map_or_else(String::new, |s| s.to_string_lossy().into_owned())
            };
            let (n, f, l) = (text(&c.name), text(&c.filename), c.first_line.get());
            str::new(&format!(
                "<code object {n} at {:#x}, file \"{f}\", line {l}>",
                protocol::identity(v)
            ))
        });
        s.compare = Some(compare);
        s.hash = Some(|v| {
            let c = this(v);
            let h = protocol::hash(c.name.value())?;
            Ok(h ^ (i64::from(c.argcount.get()) << 8) ^ i64::from(c.first_line.get()))
        });
    },
    ..TypeSpec::named("code")
};

fn this(v: Value) -> Gc<Code> {
    v.cast::<Code>().expect("a code object")
}

/// The instructions as they were compiled: the running ones are rewritten.
fn code_bytes(c: Gc<Code>) -> PyResult<Vec<u8>> {
    Ok(unpacked(c)?
        .insns
        .iter()
        .flat_map(|w| w.to_le_bytes())
        .collect())
}

fn is_parameter(c: Gc<Code>, i: usize) -> bool {
    i < c.parameter_count()
}

/// Registers that CPython counts as variables: locals, and parameters that are cells.
fn varnames(c: Gc<Code>) -> Vec<usize> {
    let n = c.nlocals.get() as usize;
    (0..n)
        .filter(|&i| {
            c.local_kind(i) == LocalKind::Local
                || (is_parameter(c, i) && c.local_kind(i) == LocalKind::Cell)
        })
        .collect()
}

fn of_kind(c: Gc<Code>, kind: LocalKind) -> Vec<usize> {
    (0..c.nlocals.get() as usize)
        .filter(|&i| c.local_kind(i) == kind)
        .collect()
}

fn names_tuple(c: Gc<Code>, which: &[usize]) -> PyResult<Value> {
    let mut out = RVec::new();
    for &i in which {
        out.push(c.local_name(i).value())?;
    }
    tuple::new(&out)
}

fn positions(v: Value) -> PyResult<Value> {
    let c = this(v);
    let list = List::new()?;
    let part = |n: i64, absent: bool| if absent { Value::NONE } else { Value::int(n) };
    for i in 0..c.insns().len() {
        let p = c.position_of(i).unwrap_or_default();
        let no_line = p.line == 0;
        let t = tuple::new(&[
            part(p.line.into(), no_line),
            part(p.end_line.into(), no_line || p.end_line == 0),
            part(p.col.into(), no_line || p.col < 0),
            part(p.end_col.into(), no_line || p.end_col < 0),
        ])?;
        // Offsets count two bytes a unit, as CPython's code units; one entry a unit.
        list.append(t)?;
    }
    protocol::iter(list.value())
}

fn lines(v: Value) -> PyResult<Value> {
    let c = this(v);
    let list = List::new()?;
    let n = c.insns().len();
    let mut start = 0;
    while start < n {
        let line = c.line_of(start);
        let end = (start..n).find(|&i| c.line_of(i) != line).unwrap_or(n);
        let l = line.map_or(Value::NONE, |l| Value::int(l.into()));
        list.append(tuple::new(&[
            Value::from_usize(start * 2),
            Value::from_usize(end * 2),
            l,
        ])?)?;
        start = end;
    }
    protocol::iter(list.value())
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Code>(), b.cast::<Code>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    // File names do not count.
    let form = |c: Gc<Code>| {
        let mut source = unpacked(c)?;
        source.filename.clear();
        Ok::<_, Raised>(rivet_compile::Packed::new(&source))
    };
    let same = x == y || form(x)? == form(y)?;
    Ok(Value::bool(same == (op == CompareOp::Eq)))
}

/// `code.replace(...)`: fields that are mere attributes.
fn replace(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let c = this(v);
    let (pos, values) = crate::object::args::split(args, kw);
    if !pos.is_empty() {
        return Err(type_error(format!(
            "replace() takes 0 positional arguments but {} were given",
            pos.len()
        )));
    }
    let names = kw.map_or(&[][..], |k| k.items());
    if let Some(made) = foreign(c, names, values)? {
        return Ok(made.build()?.value());
    }
    let mut source = unpacked(c)?;
    for (&n, &x) in names.iter().zip(values) {
        let n = protocol::str(n)?.to_string_lossy().into_owned();
        let text = || x.cast::<Str>().map(|s| s.to_string_lossy().into_owned());
        let number = || crate::types::int::to_i64(x).and_then(|n| u32::try_from(n).ok());
        let bad = || {
            type_error(format!(
                "replace() argument '{n}' has the wrong type or value"
            ))
        };
        match n.as_str() {
            "co_name" => source.name = text().ok_or_else(bad)?,
            "co_qualname" => source.qualname = text().ok_or_else(bad)?,
            "co_filename" => source.filename = text().ok_or_else(bad)?,
            "co_flags" => source.flags = number().ok_or_else(bad)?,
            "co_firstlineno" => source.first_line = number().ok_or_else(bad)?,
            _ => {
                return Err(crate::exceptions::not_implemented_error(format!(
                    "code.replace() of '{n}': bytecode is Rivet's own"
                )));
            }
        }
    }
    Code::new(&source).map(Gc::value)
}

/// The result of `replace` if other instructions are given, which are another machine's: code that is only looked at.
fn foreign(c: Gc<Code>, names: &[Value], values: &[Value]) -> PyResult<Option<Made>> {
    let at = |wanted: &str| {
        let is = |n: &&Value| {
            n.cast::<Str>()
                .is_some_and(|s| s.to_str().as_deref() == Some(wanted))
        };
        names.iter().position(|n| is(&n)).map(|i| values[i])
    };
    let Some(given) = at("co_code") else {
        return Ok(None);
    };
    let own = crate::types::bytes::new(&code_bytes(c)?)?;
    if given.cast::<Bytes>().is_none() || protocol::equal(given, own)? {
        return Ok(None);
    }
    let mut made = Made {
        filename: filename(c),
        name: protocol::str(c.name.value())?
            .to_string_lossy()
            .into_owned(),
        qualname: protocol::str(c.qualname.value())?
            .to_string_lossy()
            .into_owned(),
        first_line: c.first_line.get(),
        argcount: c.argcount.get() as usize,
        posonly: c.posonly.get() as usize,
        kwonly: c.kwonly.get() as usize,
        flags: c.flags.get(),
        names: varnames(c)
            .iter()
            .map(|&i| c.local_name(i).to_string_lossy().into_owned())
            .collect(),
    };
    for (&n, &x) in names.iter().zip(values) {
        let n = protocol::str(n)?.to_string_lossy().into_owned();
        if !made.set(&n, x) {
            return Err(type_error(format!(
                "replace() argument '{n}' has the wrong type or value"
            )));
        }
    }
    Ok(Some(made))
}

/// The compiled form of a code object, with all that is nested in it and the file name it has today.
fn unpacked(c: Gc<Code>) -> PyResult<rivet_compile::Code> {
    let filename = filename(c);
    let mut source = c
        .packed()
        .open_all(&filename)
        .ok_or_else(|| crate::exceptions::system_error("corrupt bytecode"))?;
    source.filename = filename;
    Ok(source)
}

fn filename(c: Gc<Code>) -> String {
    c.filename
        .get_as::<Str>()
        .map_or_else(String::new, |s| s.to_string_lossy().into_owned())
}

/// A code object as the bytecode cache holds it.
pub fn to_file(c: Gc<Code>) -> PyResult<Vec<u8>> {
    let unchanged = c
        .packed()
        .outline()
        .is_some_and(|o| o.filename == Some(&*filename(c)));
    if unchanged {
        return Ok(c.packed().to_file());
    }
    Ok(rivet_compile::serialize(&unpacked(c)?))
}
