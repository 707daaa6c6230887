//! `None`, `Ellipsis`, `NotImplemented`: immediates with types of their own.

use crate::exceptions::{PyResult, type_error};
use crate::object::spec::{Method, TypeSpec};
use crate::types::str;
use crate::value::Value;

/// `NoneType`
pub static NONE: TypeSpec = TypeSpec {
    slots: |s| {
        s.repr = Some(|_| str::new("None"));
        s.bool = Some(|_| Ok(false));
        s.hash = Some(|_| Ok(0xfca8_6420));
        s.new = Some(|_, args, kw| {
            no_arguments("NoneType", args.len(), kw.is_some()).map(|()| Value::NONE)
        });
    },
    ..TypeSpec::named("NoneType")
};

/// `ellipsis`
pub static ELLIPSIS: TypeSpec = TypeSpec {
    methods: &[Method::noargs("__reduce__", |_| str::new("Ellipsis"), "")],
    slots: |s| {
        s.repr = Some(|_| str::new("Ellipsis"));
        s.new = Some(|_, args, kw| {
            no_arguments("EllipsisType", args.len(), kw.is_some()).map(|()| Value::ELLIPSIS)
        });
    },
    ..TypeSpec::named("ellipsis")
};

/// `NotImplementedType`
pub static NOT_IMPLEMENTED: TypeSpec = TypeSpec {
    methods: &[Method::noargs(
        "__reduce__",
        |_| str::new("NotImplemented"),
        "",
    )],
    slots: |s| {
        s.repr = Some(|_| str::new("NotImplemented"));
        s.bool = Some(|_| {
            crate::builtins::warnings::deprecated(
                "NotImplemented should not be used in a boolean context",
                1,
            )?;
            Ok(true)
        });
        s.new = Some(|_, args, kw| {
            no_arguments("NotImplementedType", args.len(), kw.is_some())
                .map(|()| Value::NOT_IMPLEMENTED)
        });
    },
    ..TypeSpec::named("NotImplementedType")
};

fn no_arguments(name: &str, n: usize, kw: bool) -> PyResult<()> {
    if n == 0 && !kw {
        Ok(())
    } else {
        Err(type_error(format!("{name} takes no arguments")))
    }
}
