//! `module`

use rivet_heap::Header;

use crate::exceptions::{PyResult, attribute_error_for, exc, no_memory, type_error, with_fields};
use crate::name;
use crate::object::args::{LazySignature, MAX_PARAMS};
use crate::object::attr::{find_attr, generic_find};
use crate::object::call::call;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Type, TypeFlags, instance, protocol};
use crate::types::dict::Dict;
use crate::types::method::Builtin;
use crate::types::str::{self, Str};
use crate::types::tuple::Tuple;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// A module.
#[repr(C)]
pub struct Module {
    header: Header,
    /// The namespace (`__dict__`): the attribute word.
    dict: Slot,
    /// Owned by the C boundary: per-module data.
    pub foreign: Slot,
}

impl Payload for Module {
    const LAYOUT: LayoutId = layout::MODULE;
    const KIND: Kind = Kind::Module;
}

/// Body word of `Module::dict`.
pub const DICT_WORD: u16 = 0;

impl Module {
    /// A new module with the standard attributes.
    pub fn new(name: &str) -> PyResult<Gc<Module>> {
        let p = rivet_heap::alloc(layout::MODULE, 2);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout MODULE.
        let m: Gc<Module> = unsafe { Gc::from_raw(p.cast()) };
        let dict = Dict::new()?;
        m.set(&m.dict, dict.value());
        init_dict(dict, str::intern::intern_str(name).value(), Value::NONE)?;
        Ok(m)
    }

    /// A module whose namespace is this dict, which gets the standard attributes.
    pub fn with_dict(name: &str, dict: Gc<Dict>) -> PyResult<Gc<Module>> {
        let p = rivet_heap::alloc(layout::MODULE, 2);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of layout MODULE.
        let m: Gc<Module> = unsafe { Gc::from_raw(p.cast()) };
        m.set(&m.dict, dict.value());
        init_dict(dict, str::intern::intern_str(name).value(), Value::NONE)?;
        Ok(m)
    }

    /// The namespace.
    pub fn dict(&self) -> Gc<Dict> {
        self.dict
            .get_as::<Dict>()
            .expect("a module has a namespace")
    }
}

impl Gc<Module> {
    /// Adds a value under a name.
    pub fn add(self, name: &str, value: Value) -> PyResult<()> {
        self.dict().set_str(name, value)
    }

    /// Adds functions.
    pub fn add_functions(self, methods: &'static [Method]) -> PyResult<()> {
        let module = self.dict().get_interned(name!("__name__"));
        for m in methods {
            let f = Builtin::new(m, self.value(), module)?;
            self.add(m.name, f.value())?;
        }
        Ok(())
    }

    /// Adds a type under its `__name__`.
    pub fn add_type(self, ty: Gc<Type>) -> PyResult<()> {
        self.dict().set_interned(ty.name().intern(), ty.value())
    }
}

fn init_dict(dict: Gc<Dict>, name: Value, doc: Value) -> PyResult<()> {
    dict.set_interned(name!("__name__"), name)?;
    dict.set_interned(name!("__doc__"), doc)?;
    dict.set_interned(name!("__package__"), Value::NONE)?;
    dict.set_interned(name!("__loader__"), Value::NONE)?;
    dict.set_interned(name!("__spec__"), Value::NONE)
}

/// `module`
pub static SPEC: TypeSpec = TypeSpec {
    doc: "Create a module object.\n\nThe name must be a string; the optional docstring can have any type.",
    signature: "(name, doc=None)",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: &[Method::noargs(
        "__dir__",
        dir,
        "__dir__() -> list\nspecialized dir() implementation",
    )],
    getset: &[
        GetSet::new("__dict__", |v| {
            Ok(this(v).dict.get().unwrap_or(Value::NONE))
        }),
        GetSet::settable("__annotations__", annotations, set_annotations),
    ],
    slots: |s| {
        s.new = Some(|ty, _, _| {
            let v = instance::allocate(ty, 0)?;
            let m = v.cast::<Module>().expect("a module type");
            m.set(&m.dict, Dict::new()?.value());
            Ok(v)
        });
        s.init = Some(init);
        s.getattro = Some(getattr);
        s.repr = Some(repr);
    },
    ..TypeSpec::named("module")
};

fn this(v: Value) -> Gc<Module> {
    v.cast::<Module>().expect("a module")
}

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    static SIG: LazySignature = LazySignature::new("(name, doc=None)");
    let mut out = [None; MAX_PARAMS];
    SIG.get().bind("module", args, kw, &mut out)?;
    let name = out[0].unwrap_or(Value::NONE);
    if name.cast::<Str>().is_none() {
        let t = name.type_of().name_string();
        return Err(type_error(format!(
            "module() argument 'name' must be str, not {t}"
        )));
    }
    init_dict(this(v).dict(), name, out[1].unwrap_or(Value::NONE))
}

/// A module's attribute: the generic look-up, then the module's `__getattr__`.
pub fn getattr(v: Value, name: Gc<Str>) -> PyResult<Value> {
    if let Some(found) = generic_find(v, name)? {
        return Ok(found);
    }
    let dict = this(v).dict();
    if let Some(f) = dict.get_interned(name!("__getattr__")) {
        return call(f, &[name.value()]);
    }
    let n = name.to_string_lossy();
    let text = match dict
        .get_interned(name!("__name__"))
        .and_then(|m| m.cast::<Str>())
    {
        Some(m) if initializing(dict)? => format!(
            "partially initialized module '{}' has no attribute '{n}' (most likely due to a circular import)",
            m.to_string_lossy()
        ),
        Some(m) if loads_submodule(dict, name)? => format!(
            "cannot access submodule '{n}' of module '{}' (most likely due to a circular import)",
            m.to_string_lossy()
        ),
        Some(m) => format!("module '{}' has no attribute '{n}'", m.to_string_lossy()),
        None => format!("module has no attribute '{n}'"),
    };
    Err(with_fields(
        exc().attribute_error,
        &text,
        &[(0, name.value()), (1, v)],
    ))
}

/// Whether a submodule of this name is just being loaded.
fn loads_submodule(dict: Gc<Dict>, name: Gc<Str>) -> PyResult<bool> {
    let Some(spec) = dict
        .get_interned(name!("__spec__"))
        .and_then(Value::not_none)
    else {
        return Ok(false);
    };
    match find_attr(spec, name!("_uninitialized_submodules"))? {
        Some(list) => protocol::contains(list, name.value()),
        None => Ok(false),
    }
}

/// Whether `__spec__._initializing` is true.
pub fn initializing(dict: Gc<Dict>) -> PyResult<bool> {
    match dict.get_interned(name!("__spec__")) {
        Some(spec) if !spec.is_none() => match find_attr(spec, name!("_initializing"))? {
            Some(b) => crate::object::protocol::is_true(b),
            None => Ok(false),
        },
        _ => Ok(false),
    }
}

fn repr(v: Value) -> PyResult<Value> {
    let importlib = crate::import::bootstrap_module()?;
    match importlib {
        Some(m) => {
            let f = crate::object::attr::get_attr(m, name!("_module_repr"))?;
            call(f, &[v])
        }
        None => str::new("<module>"),
    }
}

fn dir(v: Value) -> PyResult<Value> {
    let d = crate::object::attr::get_attr(v, name!("__dict__"))?;
    let Some(d) = d.cast::<Dict>() else {
        return Err(type_error("<module>.__dict__ is not a dictionary"));
    };
    if let Some(f) = d.get_interned(name!("__dir__")) {
        return call(f, &[]);
    }
    crate::object::protocol::to_list(d.value()).map(Gc::value)
}

fn annotations(v: Value) -> PyResult<Value> {
    let d = this(v).dict();
    if let Some(a) = d.get_interned(name!("__annotations__")) {
        return Ok(a);
    }
    let a = Dict::new()?.value();
    d.set_interned(name!("__annotations__"), a)?;
    Ok(a)
}

fn set_annotations(v: Value, new: Option<Value>) -> PyResult<()> {
    let d = this(v).dict();
    match new {
        Some(a) => d.set_interned(name!("__annotations__"), a),
        None if d.remove_interned(name!("__annotations__")).is_some() => Ok(()),
        None => Err(attribute_error_for(
            v,
            name!("__annotations__"),
            "__annotations__".into(),
        )),
    }
}
