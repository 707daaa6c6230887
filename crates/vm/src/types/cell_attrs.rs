//! `cell` as a type.

use crate::exceptions::{PyResult, value_error};
use crate::object::args::{check_count, no_keywords};
use crate::object::protocol;
use crate::object::spec::{GetSet, TypeSpec};
use crate::types::cell::PyCell;
use crate::types::str;
use crate::value::{Gc, Value};

/// `cell`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "Create a new cell object.\n\n  contents\n    the contents of the cell. If not specified, the cell will be empty,\n    and \n further attempts to access its cell_contents attribute will\n    raise a ValueError.",
    signature: "([contents])",
    getset: &[GetSet::settable(
        "cell_contents",
        |v| {
            this(v)
                .contents
                .get()
                .ok_or_else(|| value_error("Cell is empty"))
        },
        |v, new| {
            this(v).set_opt(&this(v).contents, new);
            Ok(())
        },
    )],
    slots: |s| {
        s.new = Some(|_, args, kw| {
            no_keywords("cell", kw)?;
            check_count("cell", args, 0, 1)?;
            PyCell::new(args.first().copied()).map(Gc::value)
        });
        s.repr = Some(repr);
        s.compare = Some(|a, b, op| match (a.cast::<PyCell>(), b.cast::<PyCell>()) {
            (Some(x), Some(y)) => match (x.contents.get(), y.contents.get()) {
                (Some(x), Some(y)) => protocol::compare(x, y, op),
                (x, y) => Ok(Value::bool(protocol::ordering_matches(
                    x.is_some().cmp(&y.is_some()),
                    op,
                ))),
            },
            _ => Ok(Value::NOT_IMPLEMENTED),
        });
        s.hash = Some(protocol::hash_not_implemented);
    },
    ..TypeSpec::named("cell")
};

fn this(v: Value) -> Gc<PyCell> {
    v.cast::<PyCell>().expect("a cell")
}

fn repr(v: Value) -> PyResult<Value> {
    let at = protocol::identity(v);
    match this(v).contents.get() {
        None => str::new(&format!("<cell at {at:#x}: empty>")),
        Some(c) => {
            let t = c.type_of().name_string();
            str::new(&format!(
                "<cell at {at:#x}: {t} object at {:#x}>",
                protocol::identity(c)
            ))
        }
    }
}
