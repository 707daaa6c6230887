//! `traceback` as a type.

use crate::exceptions::traceback::Traceback;
use crate::exceptions::{PyResult, type_error, value_error};
use crate::object::args::{LazySignature, MAX_PARAMS};
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::types::frame::FrameObject;
use crate::types::int;
use crate::value::{Gc, Value};

/// `traceback`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "Create a new traceback object.",
    signature: "(tb_next, tb_frame, tb_lasti, tb_lineno)",
    methods: &[Method::noargs(
        "__dir__",
        |_| {
            let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
            let list = crate::types::list::List::new()?;
            for n in names {
                list.append(crate::types::str::new(n)?)?;
            }
            Ok(list.value())
        },
        "",
    )],
    getset: &[
        GetSet::settable(
            "tb_next",
            |v| Ok(this(v).next.get().unwrap_or(Value::NONE)),
            set_next,
        ),
        GetSet::new("tb_frame", |v| Ok(this(v).frame.value())),
        GetSet::new("tb_lasti", |v| {
            // A frame that never ran has -1.
            Ok(Value::int(i64::from(this(v).lasti.get() as i32)))
        }),
        GetSet::new("tb_lineno", |v| Ok(Value::int(this(v).line().into()))),
    ],
    slots: |s| {
        s.new = Some(|_, args, kw| {
            static SIG: LazySignature =
                LazySignature::new("(tb_next, tb_frame, tb_lasti, tb_lineno)");
            let mut out = [None; MAX_PARAMS];
            SIG.get().bind("traceback", args, kw, &mut out)?;
            let next = out[0].and_then(Value::not_none);
            check_next(next)?;
            let frame = out[1].unwrap_or(Value::NONE);
            if frame.cast::<FrameObject>().is_none() {
                let t = frame.type_of().name_string();
                return Err(type_error(format!(
                    "traceback() argument 'tb_frame' must be frame, not {t}"
                )));
            }
            let number = |i: usize| {
                out[i]
                    .and_then(int::to_i64)
                    .ok_or_else(|| type_error("an integer is required"))
            };
            Traceback::new(next, frame, number(2)? as u32, number(3)? as u32).map(Gc::value)
        });
    },
    ..TypeSpec::named("traceback")
};

fn this(v: Value) -> Gc<Traceback> {
    v.cast::<Traceback>().expect("a traceback")
}

fn check_next(next: Option<Value>) -> PyResult<()> {
    match next {
        Some(n) if n.cast::<Traceback>().is_none() => Err(type_error(format!(
            "expected traceback object, got '{}'",
            n.type_of().name_string()
        ))),
        _ => Ok(()),
    }
}

fn set_next(v: Value, new: Option<Value>) -> PyResult<()> {
    let Some(new) = new else {
        return Err(type_error("can't delete tb_next attribute"));
    };
    let next = new.not_none();
    check_next(next)?;
    let mut at = next;
    while let Some(t) = at {
        if t == v {
            return Err(value_error("traceback loop detected"));
        }
        at = t.cast::<Traceback>().and_then(|t| t.next.get());
    }
    this(v).set_opt(&this(v).next, next);
    Ok(())
}
