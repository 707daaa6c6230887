//! Declarations of builtin types: methods, attributes and slots as static tables.

use super::args::{Bound, LazySignature};
use super::slots::Slots;
use crate::exceptions::PyResult;
use crate::types::native::Target;
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

/// How a builtin function takes its arguments; the first operand is the receiver (the module for module
/// functions, the class for class methods, None for static methods).
#[derive(Clone, Copy)]
pub enum Conv {
    /// No arguments.
    NoArgs(fn(Value) -> PyResult<Value>),
    /// Exactly one positional argument.
    One(fn(Value, Value) -> PyResult<Value>),
    /// Any number of positional arguments.
    Fast(fn(Value, &[Value]) -> PyResult<Value>),
    /// Positional arguments followed by keyword values.
    FastKw(fn(Value, &[Value], Option<Gc<Tuple>>) -> PyResult<Value>),
    /// Bound by the signature.
    Bound(fn(Value, Bound) -> PyResult<Value>),
    /// A function of a C extension (the boundary's number for it).
    Foreign(fn(&'static Method, Value, &[Value], Option<Gc<Tuple>>) -> PyResult<Value>),
}

/// What a builtin function is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// An instance or a module.
    Instance,
    /// The class.
    Class,
    /// Nothing.
    Static,
}

/// A builtin function or method.
pub struct Method {
    /// `__name__`
    pub name: &'static str,
    /// Signature; its text is `__text_signature__` if it starts with `(`; empty: none.
    pub signature: LazySignature,
    /// Docstring; empty: None.
    pub doc: &'static str,
    /// How it is called.
    pub conv: Conv,
    /// What it is bound to.
    pub binding: Binding,
    /// Functions of C extensions: the C function.
    pub native: Option<&'static Target>,
}

impl Method {
    /// A method without arguments.
    pub const fn noargs(
        name: &'static str,
        f: fn(Value) -> PyResult<Value>,
        doc: &'static str,
    ) -> Self {
        Self::new(name, "($self, /)", Conv::NoArgs(f), doc)
    }

    /// A method with one positional argument.
    pub const fn one(
        name: &'static str,
        signature: &'static str,
        f: fn(Value, Value) -> PyResult<Value>,
        doc: &'static str,
    ) -> Self {
        Self::new(name, signature, Conv::One(f), doc)
    }

    /// A method with any number of positional arguments, which it checks itself.
    pub const fn fast(
        name: &'static str,
        signature: &'static str,
        f: fn(Value, &[Value]) -> PyResult<Value>,
        doc: &'static str,
    ) -> Self {
        Self::new(name, signature, Conv::Fast(f), doc)
    }

    /// A method that takes keywords and checks everything itself.
    pub const fn fastkw(
        name: &'static str,
        signature: &'static str,
        f: fn(Value, &[Value], Option<Gc<Tuple>>) -> PyResult<Value>,
        doc: &'static str,
    ) -> Self {
        Self::new(name, signature, Conv::FastKw(f), doc)
    }

    /// A method whose arguments are bound by its signature.
    pub const fn bound(
        name: &'static str,
        signature: &'static str,
        f: fn(Value, Bound) -> PyResult<Value>,
        doc: &'static str,
    ) -> Self {
        Self::new(name, signature, Conv::Bound(f), doc)
    }

    const fn new(
        name: &'static str,
        signature: &'static str,
        conv: Conv,
        doc: &'static str,
    ) -> Self {
        Method {
            name,
            signature: LazySignature::new(signature),
            doc,
            conv,
            binding: Binding::Instance,
            native: None,
        }
    }

    /// Takes the signature's text away: `__text_signature__` is None.
    pub const fn unsigned(mut self) -> Self {
        self.signature = LazySignature::new("");
        self
    }

    /// Makes it a class method.
    pub const fn class(mut self) -> Self {
        self.binding = Binding::Class;
        self
    }

    /// Makes it a static method.
    pub const fn statik(mut self) -> Self {
        self.binding = Binding::Static;
        self
    }
}

/// A computed attribute of a builtin type.
pub struct GetSet {
    /// Name.
    pub name: &'static str,
    /// Reads it.
    pub get: fn(Value) -> PyResult<Value>,
    /// Sets or (no value) deletes it; None: read-only.
    pub set: Option<fn(Value, Option<Value>) -> PyResult<()>>,
    /// Docstring.
    pub doc: &'static str,
    /// For attributes that the C boundary defines: called instead of `get` and `set`.
    pub foreign: Option<ForeignGetSet>,
}

/// An attribute of a C type: the boundary's functions get the number of its definition.
#[derive(Clone, Copy)]
pub struct ForeignGetSet {
    /// Reads it.
    pub get: fn(usize, Value) -> PyResult<Value>,
    /// Sets or (no value) deletes it.
    pub set: fn(usize, Value, Option<Value>) -> PyResult<()>,
    /// Address of the C definition.
    pub user: usize,
}

impl GetSet {
    /// A read-only attribute.
    pub const fn new(name: &'static str, get: fn(Value) -> PyResult<Value>) -> Self {
        GetSet {
            name,
            get,
            set: None,
            doc: "",
            foreign: None,
        }
    }

    /// An attribute that can be set.
    pub const fn settable(
        name: &'static str,
        get: fn(Value) -> PyResult<Value>,
        set: fn(Value, Option<Value>) -> PyResult<()>,
    ) -> Self {
        GetSet {
            name,
            get,
            set: Some(set),
            doc: "",
            foreign: None,
        }
    }

    /// Adds a docstring.
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }
}

/// An attribute held in a body word of the instance.
pub struct Member {
    /// Name.
    pub name: &'static str,
    /// Index of the body word.
    pub word: u32,
    /// Cannot be set.
    pub readonly: bool,
    /// Reads as None (else AttributeError) when empty.
    pub none: bool,
}

/// Declaration of a builtin type. Missing parts are inherited from the base.
pub struct TypeSpec {
    /// `__name__`, with the module before a dot if it is not builtins.
    pub name: &'static str,
    /// `__doc__`; empty: None.
    pub doc: &'static str,
    /// `__text_signature__`; empty: none.
    pub signature: &'static str,
    /// `TypeFlags` beyond the inherited ones.
    pub flags: u64,
    /// Methods.
    pub methods: &'static [Method],
    /// Computed attributes.
    pub getset: &'static [GetSet],
    /// Attributes in body words.
    pub members: &'static [Member],
    /// Fills in the type's own slots.
    pub slots: fn(&mut Slots),
}

impl TypeSpec {
    /// A declaration with nothing but a name, for struct update syntax.
    pub const fn named(name: &'static str) -> Self {
        TypeSpec {
            name,
            doc: "",
            signature: "",
            flags: 0,
            methods: &[],
            getset: &[],
            members: &[],
            slots: |_| {},
        }
    }
}
