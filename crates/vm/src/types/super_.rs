//! `super`

use rivet_compile::LocalKind;
use rivet_heap::Header;

use crate::exceptions::{PyResult, runtime_error, type_error};
use crate::name;
use crate::object::args::{check_count, no_keywords};
use crate::object::attr::{find_attr, generic_getattr};
use crate::object::spec::{Member, TypeSpec};
use crate::object::{Type, TypeFlags, instance};
use crate::types::cell::PyCell;
use crate::types::str::{self, Str};
use crate::types::tuple::Tuple;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// A super object.
#[repr(C)]
pub struct Super {
    header: Header,
    /// `__thisclass__`: the look-up begins behind it.
    class: Slot,
    /// `__self__`, or nothing.
    obj: Slot,
    /// `__self_class__`: its mro is walked; or nothing.
    obj_type: Slot,
}

impl Payload for Super {
    const LAYOUT: LayoutId = layout::SUPER;
    const KIND: Kind = Kind::Super;
}

const DOC: &str = "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\nsuper(type, obj) -> bound super object; requires isinstance(obj, type)\nsuper(type, type2) -> bound super object; requires issubclass(type2, type)\nTypical use to call a cooperative superclass method:\nclass C(B):\n    def meth(self, arg):\n        super().meth(arg)\nThis works for class methods too:\nclass C(B):\n    @classmethod\n    def cmeth(cls, arg):\n        super().cmeth(arg)\n";

/// `super`
pub static SPEC: TypeSpec = TypeSpec {
    doc: DOC,
    flags: TypeFlags::BASETYPE,
    members: &[
        Member {
            name: "__thisclass__",
            word: 0,
            readonly: true,
            none: true,
        },
        Member {
            name: "__self__",
            word: 1,
            readonly: true,
            none: true,
        },
        Member {
            name: "__self_class__",
            word: 2,
            readonly: true,
            none: true,
        },
    ],
    slots: |s| {
        s.repr = Some(repr);
        s.getattro = Some(getattr);
        s.descr_get = Some(descr_get);
        s.init = Some(init);
        s.new = Some(|ty, _, _| instance::allocate(ty, 0));
    },
    ..TypeSpec::named("super")
};

fn this(v: Value) -> Gc<Super> {
    v.cast::<Super>().expect("checked by the descriptor")
}

/// `super(ty, obj)` where `obj_type` is the class whose mro is walked.
pub fn bound(ty: Gc<Type>, obj: Value, obj_type: Gc<Type>) -> PyResult<Value> {
    let v = instance::allocate(crate::runtime::types().super_, 0)?;
    fill(this(v), ty, Some((obj, obj_type)));
    Ok(v)
}

fn fill(s: Gc<Super>, ty: Gc<Type>, obj: Option<(Value, Gc<Type>)>) {
    s.set(&s.class, ty.value());
    s.set_opt(&s.obj, obj.map(|o| o.0));
    s.set_opt(&s.obj_type, obj.map(|o| o.1.value()));
}

fn repr(v: Value) -> PyResult<Value> {
    let s = this(v);
    let class = s
        .class
        .get_as::<Type>()
        .map_or_else(|| "NULL".into(), |t| t.name_string());
    str::new(&match s.obj_type.get_as::<Type>() {
        Some(t) => format!("<super: <class '{class}'>, <{} object>>", t.name_string()),
        None => format!("<super: <class '{class}'>, NULL>"),
    })
}

/// The class whose mro is walked for `super(ty, obj)`.
fn check(ty: Gc<Type>, obj: Value) -> PyResult<Gc<Type>> {
    if let Some(t) = obj.cast::<Type>()
        && t.is_subtype(ty)
    {
        return Ok(t);
    }
    if obj.type_of().is_subtype(ty) {
        return Ok(obj.type_of());
    }
    if let Some(class) = find_attr(obj, name!("__class__"))?
        && let Some(class) = class.cast::<Type>()
        && class != obj.type_of()
        && class.is_subtype(ty)
    {
        return Ok(class);
    }
    Err(type_error(
        "super(type, obj): obj must be an instance or subtype of type",
    ))
}

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    no_keywords("super", kw)?;
    check_count("super()", args, 0, 2)?;
    let (ty, obj) = match *args {
        [] => {
            let (ty, obj) = from_frame()?;
            (ty, Some(obj))
        }
        _ => {
            let Some(ty) = args[0].cast::<Type>() else {
                let t = args[0].type_of().name_string();
                return Err(type_error(format!(
                    "super() argument 1 must be a type, not {t}"
                )));
            };
            (ty, args.get(1).copied().and_then(Value::not_none))
        }
    };
    let obj = match obj {
        Some(o) => Some((o, check(ty, o)?)),
        None => None,
    };
    fill(this(v), ty, obj);
    Ok(())
}

/// What `super()` without arguments takes from the calling frame.
fn from_frame() -> PyResult<(Gc<Type>, Value)> {
    let Some(frame) = crate::thread::current().stack.top() else {
        return Err(runtime_error("super(): no current frame"));
    };
    let code = frame.code();
    if code.argcount.get() == 0 {
        return Err(runtime_error("super(): no arguments"));
    }
    let n = code.nlocals.get() as usize;
    let first = frame.regs().get_opt(0);
    let obj = match (code.local_kind(0), first.and_then(|f| f.cast::<PyCell>())) {
        (LocalKind::Cell, Some(cell)) => cell.contents.get(),
        _ => first,
    };
    let Some(obj) = obj else {
        return Err(runtime_error("super(): arg[0] deleted"));
    };
    let class = name!("__class__");
    for i in 0..n {
        if code.local_kind(i) != LocalKind::Free
            || code.local_name(i) != class && !code.local_name(i).equals(&class)
        {
            continue;
        }
        let Some(cell) = frame
            .regs()
            .get_opt(i as u16)
            .and_then(|c| c.cast::<PyCell>())
        else {
            return Err(runtime_error("super(): bad __class__ cell"));
        };
        let Some(ty) = cell.contents.get() else {
            return Err(runtime_error("super(): empty __class__ cell"));
        };
        return match ty.cast::<Type>() {
            Some(ty) => Ok((ty, obj)),
            None => {
                let t = ty.type_of().name_string();
                Err(runtime_error(format!(
                    "super(): __class__ is not a type ({t})"
                )))
            }
        };
    }
    Err(runtime_error("super(): __class__ cell not found"))
}

/// The attribute `name` of the bases behind `class` in the mro of `start`, bound to `obj`.
pub fn lookup(
    class: Gc<Type>,
    obj: Value,
    start: Gc<Type>,
    name: Gc<Str>,
) -> PyResult<Option<Value>> {
    let mro = start.mro();
    let at = mro.items().iter().position(|&t| t == class.value());
    for &t in &mro.items()[at.map_or(mro.len(), |i| i + 1)..] {
        let Some(t) = t.cast::<Type>() else { continue };
        let Some(found) = t.namespace().get_interned(name) else {
            continue;
        };
        return match found.type_of().slots().descr_get {
            Some(get) => {
                let receiver = if obj == start.value() {
                    None
                } else {
                    Some(obj)
                };
                get(found, receiver, start.value()).map(Some)
            }
            None => Ok(Some(found)),
        };
    }
    Ok(None)
}

fn getattr(v: Value, name: Gc<Str>) -> PyResult<Value> {
    let s = this(v);
    if let (Some(class), Some(obj), Some(start)) = (
        s.class.get_as::<Type>(),
        s.obj.get(),
        s.obj_type.get_as::<Type>(),
    ) && !name.eq_str("__class__")
        && let Some(found) = lookup(class, obj, start, name)?
    {
        return Ok(found);
    }
    generic_getattr(v, name)
}

fn descr_get(v: Value, obj: Option<Value>, _ty: Value) -> PyResult<Value> {
    let s = this(v);
    let Some(obj) = obj.filter(|o| !o.is_none() && s.obj.get().is_none()) else {
        return Ok(v);
    };
    let Some(class) = s.class.get_as::<Type>() else {
        return Ok(v);
    };
    let ty = v.type_of();
    if ty != crate::runtime::types().super_ {
        return crate::object::call::call(ty.value(), &[class.value(), obj]);
    }
    bound(class, obj, check(class, obj)?)
}
