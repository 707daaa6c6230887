//! Builtin functions about objects: attributes, classes, text, namespaces.

use rivet_spec::flags::CO_OPTIMIZED;

use crate::exceptions::{PyResult, clear_if, exc, system_error, type_error};
use crate::frames::Frame;
use crate::name;
use crate::object::args::{Bound, check_count};
use crate::object::attr::{attr_name, find_attr, get_attr, lookup_special, set_attr};
use crate::object::call::{call_special, is_callable};
use crate::object::protocol;
use crate::object::spec::Method;
use crate::types::frame;
use crate::types::int;
use crate::types::list::methods::sort_plain;
use crate::types::str::Str;
use crate::value::{Gc, Value};

pub(super) static FUNCTIONS: &[Method] = &[
    Method::one(
        "ascii",
        "($module, obj, /)",
        |_, x| protocol::ascii(x).map(Gc::value),
        "Return an ASCII-only representation of an object.\n\nAs repr(), return a string containing a printable representation of an\nobject, but escape the non-ASCII characters in the string returned by\nrepr() using \\\\x, \\\\u or \\\\U escapes. This generates a string similar\nto that returned by repr() in Python 2.",
    ),
    Method::one(
        "callable",
        "($module, obj, /)",
        |_, x| Ok(Value::bool(is_callable(x))),
        "Return whether the object is callable (i.e., some kind of function).\n\nNote that classes are callable, as are instances of classes with a\n__call__() method.",
    ),
    Method::fast(
        "getattr",
        "",
        getattr,
        "getattr(object, name[, default]) -> value\n\nGet a named attribute from an object; getattr(x, 'y') is equivalent to x.y.\nWhen a default argument is given, it is returned when the attribute doesn't\nexist; without it, an exception is raised in that case.",
    ),
    Method::bound(
        "hasattr",
        "($module, obj, name, /)",
        |_, b| {
            Ok(Value::bool(
                find_attr(arg(b, 0), attr_name(arg(b, 1))?)?.is_some(),
            ))
        },
        "Return whether the object has an attribute with the given name.\n\nThis is done by calling getattr(obj, name) and catching AttributeError.",
    ),
    Method::bound(
        "setattr",
        "($module, obj, name, value, /)",
        |_, b| set_attr(arg(b, 0), attr_name(arg(b, 1))?, Some(arg(b, 2))).map(|()| Value::NONE),
        "Sets the named attribute on the given object to the specified value.\n\nsetattr(x, 'y', v) is equivalent to ``x.y = v``",
    ),
    Method::bound(
        "delattr",
        "($module, obj, name, /)",
        |_, b| set_attr(arg(b, 0), attr_name(arg(b, 1))?, None).map(|()| Value::NONE),
        "Deletes the named attribute from the given object.\n\ndelattr(x, 'y') is equivalent to ``del x.y``",
    ),
    Method::fast(
        "dir",
        "",
        dir,
        "dir([object]) -> list of strings\n\nIf called without an argument, return the names in the current scope.\nElse, return an alphabetized list of names comprising (some of) the attributes\nof the given object, and of attributes reachable from it.\nIf the object supplies a method named __dir__, it will be used; otherwise\nthe default dir() logic is used and returns:\n  for a module object: the module's attributes.\n  for a class object:  its attributes, and recursively the attributes\n    of its bases.\n  for any other object: its attributes, its class's attributes, and\n    recursively the attributes of its class's base classes.",
    ),
    Method::fast(
        "vars",
        "",
        vars,
        "vars([object]) -> dictionary\n\nWithout arguments, equivalent to locals().\nWith an argument, equivalent to object.__dict__.",
    ),
    Method::noargs(
        "globals",
        |_| Ok(caller()?.globals().value()),
        "Return the dictionary containing the current scope's global variables.\n\nNOTE: Updates to this dictionary *will* affect name lookups in the current\nglobal scope and vice-versa.",
    ),
    Method::noargs(
        "locals",
        |_| locals(),
        "Return a dictionary containing the current scope's local variables.\n\nNOTE: Whether or not updates to this dictionary will affect name lookups in\nthe local scope and vice-versa is *implementation dependent* and not\ncovered by any backwards compatibility guarantees.",
    ),
    Method::bound(
        "format",
        "($module, value, format_spec='', /)",
        format,
        "Return value.__format__(format_spec)\n\nformat_spec defaults to the empty string.\nSee the Format Specification Mini-Language section of help('FORMATTING') for\ndetails.",
    ),
    Method::one(
        "hash",
        "($module, obj, /)",
        |_, x| protocol::hash(x).map(|h| hash_value(x, h)),
        "Return the hash value for the given object.\n\nTwo objects that compare equal must also have the same hash value, but the\nreverse is not necessarily true.",
    ),
    Method::one(
        "id",
        "($module, obj, /)",
        |_, x| Ok(int::from_u64(protocol::identity(x))),
        "Return the identity of an object.\n\nThis is guaranteed to be unique among simultaneously existing objects.\n(CPython uses the object's memory address.)",
    ),
    Method::bound(
        "isinstance",
        "($module, obj, class_or_tuple, /)",
        |_, b| protocol::is_instance(arg(b, 0), arg(b, 1)).map(Value::bool),
        "Return whether an object is an instance of a class or of a subclass thereof.\n\nA tuple, as in ``isinstance(x, (A, B, ...))``, may be given as the target to\ncheck against. This is equivalent to ``isinstance(x, A) or isinstance(x, B)\nor ...`` etc.",
    ),
    Method::bound(
        "issubclass",
        "($module, cls, class_or_tuple, /)",
        |_, b| protocol::is_subclass(arg(b, 0), arg(b, 1)).map(Value::bool),
        "Return whether 'cls' is derived from another class or is the same class.\n\nA tuple, as in ``issubclass(x, (A, B, ...))``, may be given as the target to\ncheck against. This is equivalent to ``issubclass(x, A) or issubclass(x, B)\nor ...``.",
    ),
    Method::one(
        "repr",
        "($module, obj, /)",
        |_, x| protocol::repr(x).map(Gc::value),
        "Return the canonical string representation of the object.\n\nFor many object types, including most builtins, eval() will return\nan object equal to the one returned by repr().",
    ),
];

fn arg(b: Bound, i: usize) -> Value {
    b[i].unwrap_or(Value::NONE)
}

/// The empty string hashes to 0 for programs.
fn hash_value(x: Value, h: i64) -> Value {
    if x.cast::<Str>().is_some_and(|s| s.is_empty()) {
        Value::int(0)
    } else {
        Value::int(h)
    }
}

/// The frame that called the builtin function.
pub(super) fn caller() -> PyResult<&'static Frame> {
    crate::thread::current()
        .stack
        .top()
        .ok_or_else(|| system_error("frame does not exist"))
}

/// The caller's local namespace.
pub(super) fn locals() -> PyResult<Value> {
    let f = caller()?;
    if !f.code().has(CO_OPTIMIZED)
        && let Some(ns) = f.namespace()
    {
        return Ok(ns);
    }
    frame::object_of(f)?.locals()
}

fn getattr(_: Value, args: &[Value]) -> PyResult<Value> {
    check_count("getattr", args, 2, 3)?;
    let name = attr_name(args[1])?;
    match args.get(2) {
        None => get_attr(args[0], name),
        Some(&default) => Ok(find_attr(args[0], name)?.unwrap_or(default)),
    }
}

fn dir(_: Value, args: &[Value]) -> PyResult<Value> {
    check_count("dir", args, 0, 1)?;
    let names = match args {
        [] => {
            let ns = locals()?;
            let keys = crate::object::call::call_method(ns, name!("keys"), &[])?;
            protocol::to_list(keys)?
        }
        [x, ..] => {
            let Some(m) = lookup_special(*x, name!("__dir__"))? else {
                return Err(type_error("object does not provide __dir__"));
            };
            protocol::to_list(call_special(m, &[])?)?
        }
    };
    sort_plain(names)?;
    Ok(names.value())
}

fn vars(_: Value, args: &[Value]) -> PyResult<Value> {
    check_count("vars", args, 0, 1)?;
    let Some(&x) = args.first() else {
        return locals();
    };
    match get_attr(x, name!("__dict__")) {
        Ok(d) => Ok(d),
        Err(raised) => {
            clear_if(raised, exc().attribute_error)?;
            Err(type_error("vars() argument must have __dict__ attribute"))
        }
    }
}

fn format(_: Value, b: Bound) -> PyResult<Value> {
    if let Some(spec) = b[1]
        && spec.cast::<Str>().is_none()
    {
        let t = spec.type_of().name_string();
        return Err(type_error(format!(
            "format() argument 2 must be str, not {t}"
        )));
    }
    protocol::format(arg(b, 0), b[1])
}
