//! The `builtins` module: its types, functions and constants.

pub mod build_class;
pub mod compile;
mod console;
mod iterators;
mod numbers;
mod objects;
mod sequences;
pub mod warnings;

use crate::exceptions::{PyResult, type_error};
use crate::name;
use crate::object::Type;
use crate::object::args::Bound;
use crate::object::protocol;
use crate::object::spec::Method;
use crate::runtime;
use crate::types::dict::Dict;
use crate::types::module::Module;
use crate::types::str::{self, Str};
use crate::value::{Gc, Value};

const DOC: &str = "Built-in functions, types, exceptions, and other objects.\n\nThis module provides direct access to all 'built-in'\nidentifiers of Python; for example, builtins.len is\nthe full name for the built-in function len().\n\nThis module is not usually accessed explicitly by most\napplications, but can be useful in modules that provide\nobjects with the same name as a builtin and need to refer\nto the builtin version.";

/// Functions that live in this file.
static FUNCTIONS: &[Method] = &[
    Method::fastkw(
        "__build_class__",
        "",
        build_class::build_class,
        "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\nInternal helper function used by the class statement.",
    ),
    Method::bound(
        "__import__",
        "($module, name, globals=None, locals=None, fromlist=(), level=0)",
        import,
        IMPORT_DOC,
    ),
];

const IMPORT_DOC: &str = "Import a module.\n\nBecause this function is meant for use by the Python\ninterpreter and not for general use, it is better to use\nimportlib.import_module() to programmatically import a module.\n\nThe globals argument is only used to determine the context;\nthey are not modified.  The locals argument is unused.  The fromlist\nshould be a list of names to emulate ``from name import ...``, or an\nempty list to emulate ``import name``.\nWhen importing a module from a package, note that __import__('A.B', ...)\nreturns package A when fromlist is empty, but its submodule B when\nfromlist is not empty.  The level argument is used to determine whether to\nperform absolute or relative imports: 0 is absolute, while a positive number\nis the number of parent directories to search relative to the current module.";

/// Fills the namespace of `builtins` and registers the module.
pub fn install() -> PyResult<()> {
    let dict = runtime::builtins();
    let module = Module::with_dict("builtins", dict)?;
    dict.set_interned(name!("__doc__"), str::new(DOC)?)?;
    dict.set_interned(name!("__package__"), Str::empty().value())?;
    iterators::init();
    sequences::init();
    for table in [
        FUNCTIONS,
        numbers::FUNCTIONS,
        objects::FUNCTIONS,
        sequences::FUNCTIONS,
        console::FUNCTIONS,
        compile::FUNCTIONS,
    ] {
        module.add_functions(table)?;
    }
    for ty in builtin_types() {
        module.add_type(ty)?;
    }
    for ty in iterators::types() {
        module.add_type(ty)?;
    }
    module.add("None", Value::NONE)?;
    module.add("Ellipsis", Value::ELLIPSIS)?;
    module.add("NotImplemented", Value::NOT_IMPLEMENTED)?;
    module.add("False", Value::FALSE)?;
    module.add("True", Value::TRUE)?;
    module.add("__debug__", Value::TRUE)?;
    runtime::modules().set_str("builtins", module.value())
}

fn builtin_types() -> [Gc<Type>; 21] {
    let t = runtime::types();
    [
        t.object,
        t.type_,
        t.int,
        t.bool,
        t.float,
        t.complex,
        t.str,
        t.bytes,
        t.bytearray,
        t.memoryview,
        t.tuple,
        t.list,
        t.dict,
        t.set,
        t.frozenset,
        t.range,
        t.slice,
        t.property,
        t.classmethod,
        t.staticmethod,
        t.super_,
    ]
}

fn import(_: Value, b: Bound) -> PyResult<Value> {
    let name = b[0].unwrap_or(Value::NONE);
    let Some(name) = name.cast::<Str>() else {
        return Err(type_error("module name must be a string"));
    };
    let globals = b[1].and_then(|g| g.cast::<Dict>());
    let level = match b[4] {
        Some(l) => protocol::as_isize(l)? as i64,
        None => 0,
    };
    crate::import::import(name, globals, b[3].unwrap_or(Value::NONE), level)
}

/// `sys.<name>`, if there is such a thing.
pub fn sys_attr(name: &str) -> PyResult<Option<Value>> {
    match runtime::modules().get_str("sys") {
        Some(sys) => crate::object::attr::find_attr(sys, str::intern::intern_str(name)),
        None => Ok(None),
    }
}
