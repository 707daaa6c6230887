//! Descriptor types: method and slot wrappers of builtin types, getset, member, property, classmethod,
//! staticmethod.

use rivet_heap::Header;

use crate::exceptions::{PyResult, Raised, attribute_error, attribute_error_for, type_error};
use crate::name;
use crate::object::attr::{find_attr, get_attr};
use crate::object::call::call;
use crate::object::member::{
    ClassMethodDescr, GetSetDescr, MemberDescr, MethodDescr, MethodWrapper, WrapperDescr,
};
use crate::object::slots::SlotId;
use crate::object::spec::{GetSet, Member, Method, TypeSpec};
use crate::object::wrappers_pub::wrap_function;
use crate::object::{Type, TypeFlags, instance, protocol};
use crate::types::builtin::{attribute_doc, doc, invoke, method_doc, text_signature};
use crate::types::method::{BoundMethod, Builtin};
use crate::types::str::{self, Str};
use crate::types::tuple::Tuple;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

macro_rules! descr_getset {
    ($t:ty, $doc:expr, $sig:expr) => {
        &[
            GetSet::new("__name__", |v| {
                Ok(v.cast::<$t>().expect("checked").name.value())
            }),
            GetSet::new("__qualname__", |v| {
                let d = v.cast::<$t>().expect("checked");
                qualname(d.owner_type(), d.name.value())
            }),
            GetSet::new("__objclass__", |v| {
                Ok(v.cast::<$t>().expect("checked").owner.value())
            }),
            GetSet::new("__doc__", $doc),
            GetSet::new("__text_signature__", $sig),
        ]
    };
}

fn qualname(owner: Gc<Type>, name: Value) -> PyResult<Value> {
    let q = get_attr(owner.value(), name!("__qualname__"))?;
    let (q, n) = (protocol::str(q)?, protocol::str(name)?);
    str::new(&format!("{}.{}", q.to_string_lossy(), n.to_string_lossy()))
}

fn no_signature(_: Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn reduce(v: Value) -> PyResult<Value> {
    let getattr = crate::runtime::builtins()
        .get_str("getattr")
        .expect("builtins.getattr");
    let (owner, name) = (
        get_attr(v, name!("__objclass__"))?,
        get_attr(v, name!("__name__"))?,
    );
    crate::types::tuple::new(&[getattr, crate::types::tuple::new(&[owner, name])?])
}

/// TypeError "descriptor 'x' for 'A' objects doesn't apply to a 'B' object".
#[cold]
fn mismatch(name: &str, owner: Gc<Type>, obj: Value) -> Raised {
    let (o, t) = (owner.name_string(), obj.type_of().name_string());
    type_error(format!(
        "descriptor '{name}' for '{o}' objects doesn't apply to a '{t}' object"
    ))
}

fn check_receiver<'a>(
    name: &str,
    owner: Gc<Type>,
    args: &'a [Value],
) -> PyResult<(Value, &'a [Value])> {
    match args.split_first() {
        Some((&receiver, rest)) if receiver.type_of().is_subtype(owner) => Ok((receiver, rest)),
        Some((&receiver, _)) => {
            let (o, t) = (owner.name_string(), receiver.type_of().name_string());
            Err(type_error(format!(
                "descriptor '{name}' for '{o}' objects doesn't apply to a '{t}' object"
            )))
        }
        None => {
            let o = owner.short_name();
            Err(type_error(format!(
                "unbound method {o}.{name}() needs an argument"
            )))
        }
    }
}

// ---- methods ----

/// `method_descriptor`
pub static METHOD_DESCR: TypeSpec = TypeSpec {
    flags: TypeFlags::METHOD_DESCRIPTOR,
    methods: &[Method::noargs("__reduce__", reduce, "")],
    getset: descr_getset!(
        MethodDescr,
        |v| method_doc(v.cast::<MethodDescr>().expect("checked").method.get()),
        |v| text_signature(v.cast::<MethodDescr>().expect("checked").method.get())
    ),
    slots: |s| {
        s.call = Some(|v, args, kw| {
            let d = v.cast::<MethodDescr>().expect("a method descriptor");
            let m = d.method.get();
            let (receiver, rest) = check_receiver(m.name, d.owner_type(), args)?;
            invoke(m, receiver, rest, kw)
        });
        s.descr_get = Some(|v, obj, _| {
            let Some(obj) = obj else { return Ok(v) };
            let d = v.cast::<MethodDescr>().expect("a method descriptor");
            if !obj.type_of().is_subtype(d.owner_type()) {
                return Err(mismatch(&d.name_string(), d.owner_type(), obj));
            }
            Builtin::new(d.method.get(), obj, None).map(Gc::value)
        });
        s.repr = Some(|v| {
            let d = v.cast::<MethodDescr>().expect("a method descriptor");
            str::new(&format!(
                "<method '{}' of '{}' objects>",
                d.name_string(),
                d.owner_type().name_string()
            ))
        });
    },
    ..TypeSpec::named("method_descriptor")
};

/// `classmethod_descriptor`
pub static CLASSMETHOD_DESCR: TypeSpec = TypeSpec {
    getset: descr_getset!(
        ClassMethodDescr,
        |v| method_doc(v.cast::<ClassMethodDescr>().expect("checked").method.get()),
        |v| text_signature(v.cast::<ClassMethodDescr>().expect("checked").method.get())
    ),
    slots: |s| {
        s.call = Some(|v, args, kw| {
            let d = v
                .cast::<ClassMethodDescr>()
                .expect("a class method descriptor");
            let Some((&class, rest)) = args.split_first() else {
                return Err(type_error(format!(
                    "descriptor '{}' of '{}' object needs an argument",
                    d.name_string(),
                    d.owner_type().name_string()
                )));
            };
            invoke(d.method.get(), class, rest, kw)
        });
        s.descr_get = Some(|v, obj, ty| {
            let d = v
                .cast::<ClassMethodDescr>()
                .expect("a class method descriptor");
            let class = if ty.is_none() {
                obj.map_or(Value::NONE, |o| o.type_of().value())
            } else {
                ty
            };
            Builtin::new(d.method.get(), class, None).map(Gc::value)
        });
        s.repr = Some(|v| {
            let d = v
                .cast::<ClassMethodDescr>()
                .expect("a class method descriptor");
            str::new(&format!(
                "<method '{}' of '{}' objects>",
                d.name_string(),
                d.owner_type().name_string()
            ))
        });
    },
    ..TypeSpec::named("classmethod_descriptor")
};

/// `wrapper_descriptor`
pub static WRAPPER_DESCR: TypeSpec = TypeSpec {
    flags: TypeFlags::METHOD_DESCRIPTOR,
    methods: &[Method::noargs("__reduce__", reduce, "")],
    getset: descr_getset!(
        WrapperDescr,
        |v| wrapper_doc(v.cast::<WrapperDescr>().expect("checked")),
        |v| { wrapper_signature(v.cast::<WrapperDescr>().expect("checked")) }
    ),
    slots: |s| {
        s.call = Some(|v, args, kw| {
            let d = v.cast::<WrapperDescr>().expect("a slot wrapper");
            let (name, f) = wrap_function(d.index.get());
            let (receiver, rest) = match args.split_first() {
                Some(_) => check_wrapper_receiver(name, d, args)?,
                None => {
                    let o = d.owner_type().name_string();
                    return Err(type_error(format!(
                        "descriptor '{name}' of '{o}' object needs an argument"
                    )));
                }
            };
            call_wrapped(d, receiver, || {
                f(d.owner_type().slots(), receiver, rest, kw)
            })
        });
        s.descr_get = Some(|v, obj, _| {
            let Some(obj) = obj else { return Ok(v) };
            let d = v.cast::<WrapperDescr>().expect("a slot wrapper");
            if !obj.type_of().is_subtype(d.owner_type()) {
                return Err(mismatch(&d.name_string(), d.owner_type(), obj));
            }
            MethodWrapper::new(v, obj, d.index.get()).map(Gc::value)
        });
        s.repr = Some(|v| {
            let d = v.cast::<WrapperDescr>().expect("a slot wrapper");
            str::new(&format!(
                "<slot wrapper '{}' of '{}' objects>",
                d.name_string(),
                d.owner_type().name_string()
            ))
        });
    },
    ..TypeSpec::named("wrapper_descriptor")
};

/// Calls the function of a slot wrapper: of its own type, whatever the receiver's type has.
fn call_wrapped(
    d: Gc<WrapperDescr>,
    receiver: Value,
    f: impl FnOnce() -> PyResult<Value>,
) -> PyResult<Value> {
    match d.slot.get() {
        // These may be the runtime's own functions, which run other code.
        SlotId::GetAttr | SlotId::SetAttr if !d.owner_type().has_own_c_attributes() => f(),
        _ => crate::types::native::act_as(d.owner_type(), receiver, f),
    }
}

fn check_wrapper_receiver<'a>(
    name: &str,
    d: Gc<WrapperDescr>,
    args: &'a [Value],
) -> PyResult<(Value, &'a [Value])> {
    let (receiver, rest) = (args[0], &args[1..]);
    let owner = d.owner_type();
    if receiver.type_of().is_subtype(owner) {
        return Ok((receiver, rest));
    }
    let (o, t) = (owner.name_string(), receiver.type_of().name_string());
    Err(type_error(format!(
        "descriptor '{name}' requires a '{o}' object but received a '{t}'"
    )))
}

fn wrapper_doc(d: Gc<WrapperDescr>) -> PyResult<Value> {
    let n = d.name_string();
    let text = match n.as_str() {
        "__repr__" => "Return repr(self).",
        "__hash__" => "Return hash(self).",
        "__call__" => "Call self as a function.",
        "__str__" => "Return str(self).",
        "__getattribute__" => "Return getattr(self, name).",
        "__setattr__" => "Implement setattr(self, name, value).",
        "__delattr__" => "Implement delattr(self, name).",
        "__init__" => "Initialize self.  See help(type(self)) for accurate signature.",
        "__iter__" => "Implement iter(self).",
        "__next__" => "Implement next(self).",
        "__len__" => "Return len(self).",
        "__getitem__" => "Return self[key].",
        "__setitem__" => "Set self[key] to value.",
        "__delitem__" => "Delete self[key].",
        "__contains__" => "Return key in self.",
        "__eq__" => "Return self==value.",
        "__ne__" => "Return self!=value.",
        "__lt__" => "Return self<value.",
        "__le__" => "Return self<=value.",
        "__gt__" => "Return self>value.",
        "__ge__" => "Return self>=value.",
        "__add__" => "Return self+value.",
        "__bool__" => "True if self else False",
        "__get__" => "Return an attribute of instance, which is of type owner.",
        "__set__" => "Set an attribute of instance to value.",
        "__delete__" => "Delete an attribute of instance.",
        _ => return doc(&format!("Implement {n}.")),
    };
    doc(text)
}

fn wrapper_signature(d: Gc<WrapperDescr>) -> PyResult<Value> {
    str::new(match d.name_string().as_str() {
        "__call__" | "__init__" => "($self, /, *args, **kwargs)",
        "__getattribute__" | "__delattr__" => "($self, name, /)",
        "__setattr__" => "($self, name, value, /)",
        "__getitem__" | "__delitem__" | "__contains__" => "($self, key, /)",
        "__setitem__" => "($self, key, value, /)",
        "__get__" => "($self, instance, owner=None, /)",
        "__set__" => "($self, instance, value, /)",
        "__pow__" | "__rpow__" => "($self, value, mod=None, /)",
        "__repr__" | "__hash__" | "__str__" | "__iter__" | "__next__" | "__len__" | "__neg__"
        | "__pos__" | "__abs__" | "__invert__" | "__int__" | "__float__" | "__index__"
        | "__bool__" | "__await__" | "__aiter__" | "__anext__" => "($self, /)",
        _ => "($self, value, /)",
    })
}

/// `method-wrapper`
pub static METHOD_WRAPPER: TypeSpec = TypeSpec {
    methods: &[Method::noargs(
        "__reduce__",
        |v| {
            let getattr = crate::runtime::builtins()
                .get_str("getattr")
                .expect("builtins.getattr");
            let w = v.cast::<MethodWrapper>().expect("checked");
            let name = str::new(wrap_function(w.index.get()).0)?;
            crate::types::tuple::new(&[getattr, crate::types::tuple::new(&[w.name.value(), name])?])
        },
        "",
    )],
    getset: &[
        GetSet::new("__self__", |v| {
            Ok(v.cast::<MethodWrapper>().expect("checked").name.value())
        }),
        GetSet::new("__objclass__", |v| Ok(wrapper_of(v).owner.value())),
        GetSet::new("__name__", |v| Ok(wrapper_of(v).name.value())),
        GetSet::new("__qualname__", |v| {
            qualname(wrapper_of(v).owner_type(), wrapper_of(v).name.value())
        }),
        GetSet::new("__doc__", |v| wrapper_doc(wrapper_of(v))),
        GetSet::new("__text_signature__", |v| wrapper_signature(wrapper_of(v))),
    ],
    slots: |s| {
        s.call = Some(|v, args, kw| {
            let w = v.cast::<MethodWrapper>().expect("a method wrapper");
            let f = wrap_function(w.index.get()).1;
            let (d, receiver) = (wrapper_of(v), w.name.value());
            call_wrapped(d, receiver, || {
                f(d.owner_type().slots(), receiver, args, kw)
            })
        });
        s.repr = Some(|v| {
            let w = v.cast::<MethodWrapper>().expect("a method wrapper");
            let obj = w.name.value();
            let (n, t) = (wrapper_of(v).name_string(), obj.type_of().name_string());
            str::new(&format!(
                "<method-wrapper '{n}' of {t} object at {:#x}>",
                protocol::identity(obj)
            ))
        });
        s.compare = Some(|a, b, op| {
            let (Some(x), Some(y)) = (a.cast::<MethodWrapper>(), b.cast::<MethodWrapper>()) else {
                return Ok(Value::NOT_IMPLEMENTED);
            };
            let same = x.owner.value() == y.owner.value() && x.name.value().is(y.name.value());
            match op {
                rivet_spec::CompareOp::Eq => Ok(Value::bool(same)),
                rivet_spec::CompareOp::Ne => Ok(Value::bool(!same)),
                _ => Ok(Value::NOT_IMPLEMENTED),
            }
        });
        s.hash =
            Some(|v| {
                let w = v.cast::<MethodWrapper>().expect("a method wrapper");
                Ok(protocol::hash_identity(w.name.value())?
                    ^ protocol::hash_identity(w.owner.value())?)
            });
    },
    ..TypeSpec::named("method-wrapper")
};

fn wrapper_of(v: Value) -> Gc<WrapperDescr> {
    let w = v.cast::<MethodWrapper>().expect("a method wrapper");
    w.owner
        .get_as::<WrapperDescr>()
        .expect("bound to a slot wrapper")
}

// ---- computed attributes, members ----

/// `getset_descriptor`
pub static GETSET_DESCR: TypeSpec = TypeSpec {
    methods: &[Method::noargs("__reduce__", reduce, "")],
    getset: descr_getset!(
        GetSetDescr,
        |v| attribute_doc(v.cast::<GetSetDescr>().expect("checked").getset.get()),
        no_signature
    ),
    slots: |s| {
        s.descr_get = Some(|v, obj, _| {
            let Some(obj) = obj else { return Ok(v) };
            let d = v.cast::<GetSetDescr>().expect("a getset descriptor");
            if !obj.type_of().is_subtype(d.owner_type()) {
                return Err(mismatch(&d.name_string(), d.owner_type(), obj));
            }
            let g = d.getset.get();
            match g.foreign {
                Some(f) => (f.get)(f.user, obj),
                None => (g.get)(obj),
            }
        });
        s.descr_set = Some(|v, obj, value| {
            let d = v.cast::<GetSetDescr>().expect("a getset descriptor");
            if !obj.type_of().is_subtype(d.owner_type()) {
                return Err(mismatch(&d.name_string(), d.owner_type(), obj));
            }
            if let Some(f) = d.getset.get().foreign {
                return (f.set)(f.user, obj, value);
            }
            match d.getset.get().set {
                Some(f) => f(obj, value),
                None => {
                    let (n, t) = (d.name_string(), d.owner_type().name_string());
                    Err(attribute_error(format!(
                        "attribute '{n}' of '{t}' objects is not writable"
                    )))
                }
            }
        });
        s.repr = Some(|v| {
            let d = v.cast::<GetSetDescr>().expect("a getset descriptor");
            str::new(&format!(
                "<attribute '{}' of '{}' objects>",
                d.name_string(),
                d.owner_type().name_string()
            ))
        });
    },
    ..TypeSpec::named("getset_descriptor")
};

/// `member_descriptor`
pub static MEMBER_DESCR: TypeSpec = TypeSpec {
    methods: &[Method::noargs("__reduce__", reduce, "")],
    getset: descr_getset!(MemberDescr, no_signature, no_signature),
    slots: |s| {
        s.descr_get = Some(|v, obj, _| {
            let Some(obj) = obj else { return Ok(v) };
            let d = member_for(v, obj)?;
            match d.slot_of(obj).get() {
                Some(found) => Ok(found),
                None if d.mode.get() & MemberDescr::NONE != 0 => Ok(Value::NONE),
                None => Err(no_member(d, obj)),
            }
        });
        s.descr_set = Some(|v, obj, value| {
            let d = member_for(v, obj)?;
            if d.mode.get() & MemberDescr::READONLY != 0 {
                return Err(attribute_error("readonly attribute"));
            }
            if value.is_none()
                && d.slot_of(obj).get().is_none()
                && d.mode.get() & MemberDescr::NONE == 0
            {
                return Err(attribute_error(d.name_string()));
            }
            d.store(obj, value);
            Ok(())
        });
        s.repr = Some(|v| {
            let d = v.cast::<MemberDescr>().expect("a member descriptor");
            str::new(&format!(
                "<member '{}' of '{}' objects>",
                d.name_string(),
                d.owner_type().name_string()
            ))
        });
    },
    ..TypeSpec::named("member_descriptor")
};

fn member_for(v: Value, obj: Value) -> PyResult<Gc<MemberDescr>> {
    let d = v.cast::<MemberDescr>().expect("a member descriptor");
    if !obj.type_of().is_subtype(d.owner_type()) {
        return Err(mismatch(&d.name_string(), d.owner_type(), obj));
    }
    Ok(d)
}

#[cold]
fn no_member(d: Gc<MemberDescr>, obj: Value) -> Raised {
    let name = d.name.get_as::<Str>().expect("a name");
    let text = format!(
        "'{}' object has no attribute '{}'",
        obj.type_of().name_string(),
        d.name_string()
    );
    attribute_error_for(obj, name, text)
}

// ---- property ----

/// A property.
#[repr(C)]
pub struct Property {
    header: Header,
    /// `fget`, or nothing.
    pub get: Slot,
    /// `fset`, or nothing.
    pub set: Slot,
    /// `fdel`, or nothing.
    pub del: Slot,
    /// `__doc__`, or nothing.
    pub doc: Slot,
    /// The attribute's name, from `__set_name__`, or nothing.
    pub name: Slot,
    /// Whether the docstring came from the getter (True), or nothing.
    pub getter_doc: Slot,
}

impl Payload for Property {
    const LAYOUT: LayoutId = layout::PROPERTY;
    const KIND: Kind = Kind::Property;
}

/// `property`
pub static PROPERTY: TypeSpec = TypeSpec {
    doc: "Property attribute.\n\n  fget\n    function to be used for getting an attribute value\n  fset\n    function to be used for setting an attribute value\n  fdel\n    function to be used for del'ing an attribute\n  doc\n    docstring\n\nTypical use is to define a managed attribute x:\n\nclass C(object):\n    def getx(self): return self._x\n    def setx(self, value): self._x = value\n    def delx(self): del self._x\n    x = property(getx, setx, delx, \"I'm the 'x' property.\")\n\nDecorators make defining new properties or modifying existing ones easy:\n\nclass C(object):\n    @property\n    def x(self):\n        \"I am the 'x' property.\"\n        return self._x\n    @x.setter\n    def x(self, value):\n        self._x = value\n    @x.deleter\n    def x(self):\n        del self._x",
    signature: "(fget=None, fset=None, fdel=None, doc=None)",
    flags: TypeFlags::BASETYPE,
    methods: &[
        Method::one(
            "getter",
            "",
            |v, f| property_copy(v, Some(f), None, None),
            "Descriptor to obtain a copy of the property with a different getter.",
        ),
        Method::one(
            "setter",
            "",
            |v, f| property_copy(v, None, Some(f), None),
            "Descriptor to obtain a copy of the property with a different setter.",
        ),
        Method::one(
            "deleter",
            "",
            |v, f| property_copy(v, None, None, Some(f)),
            "Descriptor to obtain a copy of the property with a different deleter.",
        ),
        Method::fast(
            "__set_name__",
            "",
            property_set_name,
            "Method to set name of a property.",
        ),
    ],
    getset: &[
        GetSet::settable(
            "__doc__",
            |v| Ok(prop(v).doc.get().unwrap_or(Value::NONE)),
            |v, d| {
                prop(v).set_opt(&prop(v).doc, d);
                Ok(())
            },
        ),
        GetSet::new("__isabstractmethod__", |v| {
            let p = prop(v);
            for f in [&p.get, &p.set, &p.del] {
                if let Some(f) = f.get()
                    && is_abstract(f)?
                {
                    return Ok(Value::TRUE);
                }
            }
            Ok(Value::FALSE)
        }),
    ],
    members: &[
        Member {
            name: "fget",
            word: 0,
            readonly: true,
            none: true,
        },
        Member {
            name: "fset",
            word: 1,
            readonly: true,
            none: true,
        },
        Member {
            name: "fdel",
            word: 2,
            readonly: true,
            none: true,
        },
    ],
    slots: |s| {
        s.new = Some(|ty, _, _| instance::allocate(ty, 0));
        s.init = Some(property_init);
        s.descr_get = Some(|v, obj, _| {
            let Some(obj) = obj else { return Ok(v) };
            match prop(v).get.get() {
                Some(f) => call(f, &[obj]),
                None => Err(property_error(v, obj, "getter")),
            }
        });
        s.descr_set = Some(|v, obj, value| {
            let p = prop(v);
            match (value, p.set.get(), p.del.get()) {
                (Some(x), Some(f), _) => call(f, &[obj, x]).map(|_| ()),
                (None, _, Some(f)) => call(f, &[obj]).map(|_| ()),
                (Some(_), None, _) => Err(property_error(v, obj, "setter")),
                (None, _, None) => Err(property_error(v, obj, "deleter")),
            }
        });
    },
    ..TypeSpec::named("property")
};

fn prop(v: Value) -> Gc<Property> {
    v.cast::<Property>().expect("a property")
}

/// `bool(f.__isabstractmethod__)`, False if there is no such attribute.
pub fn is_abstract(f: Value) -> PyResult<bool> {
    match find_attr(f, name!("__isabstractmethod__"))? {
        Some(v) => protocol::is_true(v),
        None => Ok(false),
    }
}

#[cold]
fn property_error(v: Value, obj: Value, what: &str) -> Raised {
    let owner = obj.type_of();
    let q = owner
        .qualname
        .get_as::<Str>()
        .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    match prop(v).name.get().map(protocol::repr_string) {
        Some(Ok(n)) => attribute_error(format!("property {n} of '{q}' object has no {what}")),
        Some(Err(raised)) => raised,
        None => attribute_error(format!("property of '{q}' object has no {what}")),
    }
}

fn property_init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    static SIG: crate::object::args::LazySignature =
        crate::object::args::LazySignature::new("(fget=None, fset=None, fdel=None, doc=None)");
    let mut out = [None; crate::object::args::MAX_PARAMS];
    SIG.get().bind("property", args, kw, &mut out)?;
    let given = |i: usize| out[i].and_then(Value::not_none);
    let p = prop(v);
    p.set_opt(&p.get, given(0));
    p.set_opt(&p.set, given(1));
    p.set_opt(&p.del, given(2));
    p.set_opt(&p.doc, given(3));
    p.getter_doc.clear();
    if given(3).is_none()
        && let Some(f) = given(0)
        && let Some(d) = find_attr(f, name!("__doc__"))?
        && !d.is_none()
    {
        p.set(&p.getter_doc, Value::TRUE);
        if v.type_of() == crate::runtime::types().property {
            p.set(&p.doc, d);
        } else {
            crate::object::attr::set_attr(v, name!("__doc__"), Some(d))?;
        }
    }
    Ok(())
}

fn property_copy(
    v: Value,
    get: Option<Value>,
    set: Option<Value>,
    del: Option<Value>,
) -> PyResult<Value> {
    let p = prop(v);
    let pick = |new: Option<Value>, old: &Slot| new.or_else(|| old.get()).unwrap_or(Value::NONE);
    let doc = if p.getter_doc.get().is_some() && get.or_else(|| p.get.get()).is_some() {
        Value::NONE
    } else {
        p.doc.get().unwrap_or(Value::NONE)
    };
    let args = [pick(get, &p.get), pick(set, &p.set), pick(del, &p.del), doc];
    let new = call(v.type_of().value(), &args)?;
    if let (Some(n), Some(name)) = (new.cast::<Property>(), p.name.get()) {
        n.set(&n.name, name);
    }
    Ok(new)
}

fn property_set_name(v: Value, args: &[Value]) -> PyResult<Value> {
    if args.len() != 2 {
        return Err(type_error(format!(
            "__set_name__() takes 2 positional arguments but {} were given",
            args.len()
        )));
    }
    prop(v).set(&prop(v).name, args[1]);
    Ok(Value::NONE)
}

// ---- classmethod, staticmethod ----

/// The object behind `classmethod` and `staticmethod`.
#[repr(C)]
pub struct Wrapped {
    header: Header,
    /// `__func__`
    pub callable: Slot,
    /// `__dict__`, or nothing.
    pub dict: Slot,
}

impl Payload for Wrapped {
    const LAYOUT: LayoutId = layout::STATICMETHOD;
    const KIND: Kind = Kind::StaticMethod;

    fn accepts(kind: Kind) -> bool {
        matches!(kind, Kind::StaticMethod | Kind::ClassMethod)
    }
}

fn wrapped(v: Value) -> Gc<Wrapped> {
    v.cast::<Wrapped>().expect("a classmethod or staticmethod")
}

fn wrapped_func(v: Value) -> PyResult<Value> {
    wrapped(v)
        .callable
        .get()
        .ok_or_else(|| crate::exceptions::runtime_error("uninitialized staticmethod object"))
}

fn wrapped_init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let n = v.type_of().name_string();
    crate::object::args::no_keywords(&n, kw)?;
    crate::object::args::check_count(&n, args, 1, 1)?;
    let w = wrapped(v);
    w.set(&w.callable, args[0]);
    for name in [
        name!("__module__"),
        name!("__name__"),
        name!("__qualname__"),
        name!("__doc__"),
        name!("__annotations__"),
    ] {
        if let Some(x) = find_attr(args[0], name)? {
            instance::set(v, name, x)?;
        }
    }
    if let Some(d) = find_attr(args[0], name!("__dict__"))?
        && let Some(d) = d.cast::<crate::types::dict::Dict>()
    {
        instance::to_dict(v)?.update_from(d)?;
    }
    Ok(())
}

const WRAPPED_GETSET: &[GetSet] = &[
    GetSet::new("__func__", wrapped_func),
    GetSet::new("__wrapped__", wrapped_func),
    GetSet::settable(
        "__dict__",
        |v| instance::to_dict(v).map(Gc::value),
        |v, d| match d.and_then(|d| d.cast()) {
            Some(d) => instance::set_dict(v, d),
            None => Err(type_error("__dict__ must be set to a dictionary")),
        },
    ),
    GetSet::new("__isabstractmethod__", |v| {
        is_abstract(wrapped_func(v)?).map(Value::bool)
    }),
];

fn wrapped_repr(v: Value) -> PyResult<Value> {
    let f = protocol::repr_string(wrapped_func(v)?)?;
    str::new(&format!("<{}({f})>", v.type_of().name_string()))
}

/// `classmethod`
pub static CLASSMETHOD: TypeSpec = TypeSpec {
    doc: "classmethod(function) -> method\n\nConvert a function to be a class method.\n\nA class method receives the class as implicit first argument,\njust like an instance method receives the instance.\nTo declare a class method, use this idiom:\n\n  class C:\n      @classmethod\n      def f(cls, arg1, arg2, argN):\n          ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()).  The instance is ignored except for its class.\nIf a class method is called for a derived class, the derived class\nobject is passed as the implied first argument.\n\nClass methods are different than C++ or Java static methods.\nIf you want those, see the staticmethod builtin.",
    flags: TypeFlags::BASETYPE,
    getset: WRAPPED_GETSET,
    slots: |s| {
        s.new = Some(|ty, _, _| instance::allocate(ty, 0));
        s.init = Some(wrapped_init);
        s.repr = Some(wrapped_repr);
        s.descr_get = Some(|v, obj, ty| {
            let class = if ty.is_none() {
                obj.map_or(Value::NONE, |o| o.type_of().value())
            } else {
                ty
            };
            let f = wrapped_func(v)?;
            match f.type_of().slots().descr_get {
                // A bound method is bound once more, a function for the first time.
                Some(get)
                    if f.cast::<crate::types::function::Function>().is_none()
                        && f.cast::<BoundMethod>().is_none() =>
                {
                    get(f, Some(class), class)
                }
                _ => BoundMethod::new(f, class).map(Gc::value),
            }
        });
    },
    ..TypeSpec::named("classmethod")
};

/// `staticmethod`
pub static STATICMETHOD: TypeSpec = TypeSpec {
    doc: "staticmethod(function) -> method\n\nConvert a function to be a static method.\n\nA static method does not receive an implicit first argument.\nTo declare a static method, use this idiom:\n\n     class C:\n         @staticmethod\n         def f(arg1, arg2, argN):\n             ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()). Both the class and the instance are ignored, and\nneither is passed implicitly as the first argument to the method.\n\nStatic methods in Python are similar to those found in Java or C++.\nFor a more advanced concept, see the classmethod builtin.",
    flags: TypeFlags::BASETYPE,
    getset: WRAPPED_GETSET,
    slots: |s| {
        s.new = Some(|ty, _, _| instance::allocate(ty, 0));
        s.init = Some(wrapped_init);
        s.repr = Some(wrapped_repr);
        s.call = Some(|v, args, kw| crate::object::call::call_kw(wrapped_func(v)?, args, kw));
        s.descr_get = Some(|v, _, _| wrapped_func(v));
    },
    ..TypeSpec::named("staticmethod")
};

/// A staticmethod object around a callable, for builtin types' namespaces.
pub fn new_staticmethod(callable: Value) -> PyResult<Value> {
    let p = rivet_heap::alloc(layout::STATICMETHOD, 2);
    if p.is_null() {
        return Err(crate::exceptions::no_memory());
    }
    let v = Value::from_header(p);
    if layout::info(layout::STATICMETHOD).has_type() {
        wrapped(v).set(&wrapped(v).callable, callable);
        return Ok(v);
    }
    // During bootstrap the type does not exist yet, but the layout's kind is known.
    // SAFETY: fresh object of layout STATICMETHOD.
    let w: Gc<Wrapped> = unsafe { Gc::from_raw(p.cast()) };
    w.set(&w.callable, callable);
    Ok(v)
}
