//! `function` as a type: call, descriptor, attributes.

use crate::exceptions::{PyResult, type_error, value_error};
use crate::name;
use crate::object::args::{LazySignature, MAX_PARAMS};
use crate::object::spec::{GetSet, TypeSpec};
use crate::object::{Type, TypeFlags, instance, protocol};
use crate::types::cell::PyCell;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::method::BoundMethod;
use crate::types::str::{self, Str};
use crate::types::tuple::Tuple;
use crate::value::{Gc, Slot, Value};

/// `function`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "Create a function object.\n\n  code\n    a code object\n  globals\n    the globals dictionary\n  name\n    a string that overrides the name from the code object\n  argdefs\n    a tuple that specifies the default argument values\n  closure\n    a tuple that supplies the bindings for free variables",
    signature: "(code, globals, name=None, argdefs=None, closure=None)",
    flags: TypeFlags::METHOD_DESCRIPTOR | TypeFlags::WEAKREFABLE,
    getset: &[
        GetSet::settable("__code__", |v| Ok(this(v).code().value()), set_code),
        GetSet::new("__globals__", |v| Ok(this(v).globals().value())),
        GetSet::new("__builtins__", |v| Ok(this(v).builtins.value())),
        GetSet::new("__closure__", |v| {
            Ok(this(v).closure.get().unwrap_or(Value::NONE))
        }),
        GetSet::settable(
            "__name__",
            |v| Ok(this(v).name.value()),
            |v, n| set_str(v, n, "__name__", &this(v).name),
        ),
        GetSet::settable(
            "__qualname__",
            |v| Ok(this(v).qualname.value()),
            |v, n| set_str(v, n, "__qualname__", &this(v).qualname),
        ),
        GetSet::settable(
            "__doc__",
            |v| this(v).docstring(),
            |v, d| {
                this(v).set(&this(v).doc, d.unwrap_or(Value::NONE));
                Ok(())
            },
        ),
        GetSet::settable(
            "__module__",
            |v| Ok(this(v).module.get().unwrap_or(Value::NONE)),
            |v, d| {
                this(v).set_opt(&this(v).module, d);
                Ok(())
            },
        ),
        GetSet::settable("__dict__", crate::types::type_::get_dict, |v, d| match d {
            None => Err(type_error("cannot delete __dict__")),
            Some(d) if d.cast::<Dict>().is_none() => {
                let t = d.type_of().name_string();
                Err(type_error(format!(
                    "__dict__ must be set to a dictionary, not a '{t}'"
                )))
            }
            d => crate::types::type_::set_dict(v, d),
        }),
        GetSet::settable(
            "__defaults__",
            |v| Ok(this(v).defaults.get().unwrap_or(Value::NONE)),
            set_defaults,
        ),
        GetSet::settable(
            "__kwdefaults__",
            |v| Ok(this(v).kwdefaults.get().unwrap_or(Value::NONE)),
            set_kwdefaults,
        ),
        GetSet::settable("__annotations__", annotations, set_annotations),
    ],
    slots: |s| {
        s.call = Some(|v, args, kw| crate::interp::call_function(this(v), args, kw));
        s.descr_get = Some(|v, obj, _| match obj {
            Some(o) => BoundMethod::new(v, o).map(Gc::value),
            None => Ok(v),
        });
        s.repr = Some(|v| {
            str::new(&format!(
                "<function {} at {:#x}>",
                this(v).qualname_string(),
                protocol::identity(v)
            ))
        });
        s.new = Some(new);
    },
    ..TypeSpec::named("function")
};

fn this(v: Value) -> Gc<Function> {
    v.cast::<Function>().expect("a function")
}

fn set_str(v: Value, new: Option<Value>, attr: &str, slot: &Slot) -> PyResult<()> {
    match new {
        Some(n) if n.cast::<Str>().is_some() => {
            this(v).set(slot, n);
            Ok(())
        }
        _ => Err(type_error(format!("{attr} must be set to a string object"))),
    }
}

fn set_code(v: Value, new: Option<Value>) -> PyResult<()> {
    let Some(code) = new.and_then(|c| c.cast::<Code>()) else {
        return Err(type_error("__code__ must be set to a code object"));
    };
    let f = this(v);
    let nfree = code.nlocals.get() as usize - code.first_free();
    let nclosure = f.closure.get_as::<Tuple>().map_or(0, |c| c.len());
    if nfree != nclosure {
        let name = f
            .name
            .get_as::<Str>()
            .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        return Err(value_error(format!(
            "{name}() requires a code object with {nclosure} free vars, not {nfree}"
        )));
    }
    f.set_code(code)?;
    Ok(())
}

fn set_defaults(v: Value, new: Option<Value>) -> PyResult<()> {
    let new = new.and_then(Value::not_none);
    if new.is_some_and(|d| d.cast::<Tuple>().is_none()) {
        return Err(type_error("__defaults__ must be set to a tuple object"));
    }
    this(v).set_opt(&this(v).defaults, new);
    this(v).renew_version();
    Ok(())
}

fn set_kwdefaults(v: Value, new: Option<Value>) -> PyResult<()> {
    let new = new.and_then(Value::not_none);
    if new.is_some_and(|d| d.cast::<Dict>().is_none()) {
        return Err(type_error("__kwdefaults__ must be set to a dict object"));
    }
    this(v).set_opt(&this(v).kwdefaults, new);
    this(v).renew_version();
    Ok(())
}

/// The annotations as a dict; the compiler's tuple is turned into one at the first look.
fn annotations(v: Value) -> PyResult<Value> {
    let f = this(v);
    if let Some(d) = f.annotations.get_as::<Dict>() {
        return Ok(d.value());
    }
    let d = Dict::new()?;
    if let Some(t) = f.annotations.get_as::<Tuple>() {
        for pair in t.items().chunks_exact(2) {
            d.set_item(pair[0], pair[1])?;
        }
    }
    f.set(&f.annotations, d.value());
    Ok(d.value())
}

fn set_annotations(v: Value, new: Option<Value>) -> PyResult<()> {
    let new = new.and_then(Value::not_none);
    if new.is_some_and(|d| d.cast::<Dict>().is_none()) {
        return Err(type_error("__annotations__ must be set to a dict object"));
    }
    this(v).set_opt(&this(v).annotations, new);
    Ok(())
}

fn new(_ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    static SIG: LazySignature =
        LazySignature::new("(code, globals, name=None, argdefs=None, closure=None)");
    let mut out = [None; MAX_PARAMS];
    SIG.get().bind("function", args, kw, &mut out)?;
    let wrong = |what: &str, v: Option<Value>| {
        let t = v.map_or_else(String::new, |v| v.type_of().name_string());
        type_error(format!("function() argument {what}, not {t}"))
    };
    let code = out[0]
        .and_then(|c| c.cast::<Code>())
        .ok_or_else(|| wrong("'code' must be code", out[0]))?;
    let globals = out[1]
        .and_then(|c| c.cast::<Dict>())
        .ok_or_else(|| wrong("'globals' must be dict", out[1]))?;
    let f = Function::new(code, globals, builtins_of(globals)?)?;
    if let Some(n) = out[2].and_then(Value::not_none) {
        if n.cast::<Str>().is_none() {
            return Err(type_error("arg 3 (name) must be None or string"));
        }
        f.set(&f.name, n);
    }
    if let Some(d) = out[3].and_then(Value::not_none) {
        if d.cast::<Tuple>().is_none() {
            return Err(type_error("arg 4 (defaults) must be None or tuple"));
        }
        f.set(&f.defaults, d);
    }
    check_closure(f, code, out[4].and_then(Value::not_none))?;
    Ok(f.value())
}

fn check_closure(f: Gc<Function>, code: Gc<Code>, closure: Option<Value>) -> PyResult<()> {
    let nfree = code.nlocals.get() as usize - code.first_free();
    let Some(c) = closure else {
        return if nfree == 0 {
            Ok(())
        } else {
            Err(type_error("arg 5 (closure) must be tuple"))
        };
    };
    let Some(t) = c.cast::<Tuple>() else {
        return Err(type_error("arg 5 (closure) must be None or tuple"));
    };
    if t.len() != nfree {
        let name = code
            .name
            .get_as::<Str>()
            .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        return Err(value_error(format!(
            "{name} requires closure of length {nfree}, not {}",
            t.len()
        )));
    }
    for x in t.items() {
        if x.cast::<PyCell>().is_none() {
            let n = x.type_of().name_string();
            return Err(type_error(format!(
                "arg 5 (closure) expected cell, found {n}"
            )));
        }
    }
    f.set(&f.closure, c);
    Ok(())
}

/// The builtins that code with these globals sees: `__builtins__` of the globals, a module or a mapping.
pub fn builtins_of(globals: Gc<Dict>) -> PyResult<Value> {
    match globals.get_interned(name!("__builtins__")) {
        Some(b) => match b.cast::<crate::types::module::Module>() {
            Some(m) => Ok(m.dict().value()),
            None => Ok(b),
        },
        None => Ok(crate::runtime::builtins().value()),
    }
}

/// Attribute storage of functions, for rooms that copy it.
pub fn own_dict(v: Value) -> PyResult<Gc<Dict>> {
    instance::to_dict(v)
}
