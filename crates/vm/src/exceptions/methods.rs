//! Slots, attributes and methods of `BaseException`.

use super::classes::exc;
use super::{Exception, PyResult, type_error};
use crate::exceptions::traceback::Traceback;
use crate::name;
use crate::object::args::split;
use crate::object::attr::{find_attr, set_attr};
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Type, instance, protocol};
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::str::{self, Str};
use crate::types::tuple::{self, Tuple};
use crate::types::type_::{get_dict, set_dict};
use crate::value::{Gc, Slot, Value};

static METHODS: &[Method] = &[
    Method::noargs("__reduce__", reduce, ""),
    Method::one("__setstate__", "", set_state, ""),
    Method::one(
        "with_traceback",
        "",
        with_traceback,
        "Exception.with_traceback(tb) --\n    set self.__traceback__ to tb and return self.",
    ),
    Method::one(
        "add_note",
        "",
        add_note,
        "Exception.add_note(note) --\n    add a note to the exception",
    ),
];

static GETSET: &[GetSet] = &[
    GetSet::settable("__dict__", get_dict, set_dict),
    GetSet::settable("args", |v| Ok(args_of(this(v))?.value()), set_args),
    GetSet::settable(
        "__traceback__",
        |v| Ok(or_none(&this(v).traceback)),
        set_traceback,
    ),
    GetSet::settable(
        "__context__",
        |v| Ok(or_none(&this(v).context)),
        set_context,
    )
    .doc("exception context"),
    GetSet::settable("__cause__", |v| Ok(or_none(&this(v).cause)), set_cause)
        .doc("exception cause"),
    GetSet::settable(
        "__suppress_context__",
        |v| Ok(Value::bool(this(v).suppress.get() == Some(Value::TRUE))),
        set_suppress,
    ),
];

/// `BaseException`
pub(super) fn base(plain: TypeSpec) -> TypeSpec {
    TypeSpec {
        methods: METHODS,
        getset: GETSET,
        slots: |s| {
            s.repr = Some(repr);
            s.str = Some(str_of);
            s.init = Some(init);
            s.new = Some(new);
        },
        ..plain
    }
}

/// The exception behind a receiver that a descriptor has checked.
pub(super) fn this(v: Value) -> Gc<Exception> {
    v.cast::<Exception>().expect("checked by the descriptor")
}

/// What a field holds, or None.
pub(super) fn or_none(slot: &Slot) -> Value {
    slot.get().unwrap_or(Value::NONE)
}

/// `args`
pub(super) fn args_of(e: Gc<Exception>) -> PyResult<Gc<Tuple>> {
    Ok(e.args
        .get_as::<Tuple>()
        .unwrap_or_else(crate::runtime::empty_tuple))
}

/// `BaseException.__new__`
pub(super) fn new(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let v = instance::allocate(ty, 0)?;
    let e = this(v);
    e.set(&e.args, Tuple::from_slice(split(args, kw).0)?.value());
    Ok(v)
}

/// `BaseException.__init__`
pub(super) fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    if kw.is_some_and(|k| !k.is_empty()) {
        return Err(type_error(format!(
            "{}() takes no keyword arguments",
            v.type_of().name_string()
        )));
    }
    let e = this(v);
    e.set(&e.args, Tuple::from_slice(args)?.value());
    Ok(())
}

/// `BaseException.__init__` of the positional arguments, whatever the keywords.
pub(super) fn init_positional(v: Value, args: &[Value]) -> PyResult<()> {
    init(v, args, None)
}

/// `BaseException.__str__`
pub(super) fn str_of(v: Value) -> PyResult<Value> {
    match args_of(this(v))?.items() {
        [] => Ok(Str::empty().value()),
        [one] => protocol::str(*one).map(Gc::value),
        _ => protocol::str(args_of(this(v))?.value()).map(Gc::value),
    }
}

fn repr(v: Value) -> PyResult<Value> {
    let (name, args) = (v.type_of().short_name(), args_of(this(v))?);
    let mut out = str::builder::StrBuilder::new();
    out.push_text(&name);
    match args.items() {
        [one] => {
            out.push_text("(");
            out.push_chars(protocol::repr(*one)?.chars());
            out.push_text(")");
        }
        _ => out.push_chars(protocol::repr(args.value())?.chars()),
    }
    out.value()
}

/// The instance's `__dict__` if it has attributes, for `__reduce__`.
pub(super) fn state_of(v: Value) -> PyResult<Option<Gc<Dict>>> {
    let d = instance::to_dict(v)?;
    Ok(if d.is_empty() { None } else { Some(d) })
}

fn reduce(v: Value) -> PyResult<Value> {
    let args = args_of(this(v))?.value();
    match state_of(v)? {
        Some(d) => tuple::new(&[v.type_of().value(), args, d.value()]),
        None => tuple::new(&[v.type_of().value(), args]),
    }
}

fn set_state(v: Value, state: Value) -> PyResult<Value> {
    if state.is_none() {
        return Ok(Value::NONE);
    }
    let Some(d) = state.cast::<Dict>() else {
        return Err(type_error("state is not a dictionary"));
    };
    let mut i = 0;
    while let Some((k, x)) = d.next_entry(&mut i) {
        set_attr(v, crate::object::attr::attr_name(k)?, Some(x))?;
    }
    Ok(Value::NONE)
}

fn with_traceback(v: Value, tb: Value) -> PyResult<Value> {
    set_traceback(v, Some(tb))?;
    Ok(v)
}

fn add_note(v: Value, note: Value) -> PyResult<Value> {
    if note.cast::<Str>().is_none() {
        return Err(type_error(format!(
            "note must be a str, not '{}'",
            note.type_of().name_string()
        )));
    }
    let key = name!("__notes__");
    let notes = match find_attr(v, key)? {
        Some(n) => n,
        None => {
            let n = List::new()?.value();
            set_attr(v, key, Some(n))?;
            n
        }
    };
    match notes.cast::<List>() {
        Some(list) => list.append(note).map(|()| Value::NONE),
        None => Err(type_error("Cannot add note: __notes__ is not a list")),
    }
}

fn set_args(v: Value, new: Option<Value>) -> PyResult<()> {
    let Some(new) = new else {
        return Err(type_error("args may not be deleted"));
    };
    let e = this(v);
    e.set(&e.args, protocol::to_tuple(new)?.value());
    Ok(())
}

fn set_traceback(v: Value, new: Option<Value>) -> PyResult<()> {
    let e = this(v);
    match new {
        None => return Err(type_error("__traceback__ may not be deleted")),
        Some(tb) if tb.is_none() => e.traceback.clear(),
        Some(tb) if tb.cast::<Traceback>().is_some() => e.set(&e.traceback, tb),
        Some(_) => return Err(type_error("__traceback__ must be a traceback or None")),
    }
    Ok(())
}

fn linked(new: Option<Value>, what: &str, name: &str) -> PyResult<Option<Value>> {
    match new {
        None => Err(type_error(format!("{name} may not be deleted"))),
        Some(x) if x.is_none() => Ok(None),
        Some(x) if x.type_of().is_subtype(exc().base_exception) => Ok(Some(x)),
        Some(_) => Err(type_error(format!(
            "exception {what} must be None or derive from BaseException"
        ))),
    }
}

fn set_context(v: Value, new: Option<Value>) -> PyResult<()> {
    let new = linked(new, "context", "__context__")?;
    this(v).set_opt(&this(v).context, new);
    Ok(())
}

fn set_cause(v: Value, new: Option<Value>) -> PyResult<()> {
    let new = linked(new, "cause", "__cause__")?;
    this(v).set_opt(&this(v).cause, new);
    this(v).set(&this(v).suppress, Value::TRUE);
    Ok(())
}

fn set_suppress(v: Value, new: Option<Value>) -> PyResult<()> {
    let e = this(v);
    match new.map(Value::as_bool) {
        Some(Some(true)) => e.set(&e.suppress, Value::TRUE),
        Some(Some(false)) => e.suppress.clear(),
        Some(None) => return Err(type_error("attribute value type must be bool")),
        None => return Err(type_error("can't delete numeric/char attribute")),
    }
    Ok(())
}
