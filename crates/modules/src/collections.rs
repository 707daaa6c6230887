//! `_collections`: `defaultdict` (`deque` and `OrderedDict` have files of their own) and helpers of the `collections` package.

use rivet_vm::exceptions::{PyResult, index_error, key_error, type_error};
use rivet_vm::name;
use rivet_vm::object::args::{check_count, split};
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::build::{self, ClassRequest};
use rivet_vm::object::call::{call, call_method, is_callable};
use rivet_vm::object::guard::guarded_repr;
use rivet_vm::object::member::{MemberDescr, MethodDescr};
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, protocol};
use rivet_vm::runtime;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, Root, Value};

use crate::util::{alloc, bind, make_in, nat, ty};

static TUPLEGETTER: Root = Root::new();
static DEFAULTDICT: Root = Root::new();

static METHODS: &[Method] = &[Method::fast(
    "_count_elements",
    "($module, mapping, iterable, /)",
    count_elements,
    "_count_elements(mapping, iterable) -> None\n\nCount elements in the iterable, updating the mapping",
)];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add("__doc__", str::new("High performance data structures.\n- deque:        ordered collection accessible from endpoints only\n- defaultdict:  dict subclass with a default value factory\n")?)?;
    m.add_functions(METHODS)?;
    crate::deque::add(m)?;
    crate::ordered_dict::add(m)?;
    make_in(m, &TUPLEGETTER, &TUPLEGETTER_SPEC, 2)?;
    m.add("defaultdict", make_defaultdict()?.value())
}

fn count_elements(_m: Value, args: &[Value]) -> PyResult<Value> {
    check_count("_count_elements", args, 2, 2)?;
    let it = protocol::iter(args[1])?;
    let one = Value::int(1);
    let add = |a, b| rivet_vm::object::number::binary(rivet_spec::BinaryOp::Add, a, b);
    let own = |name| rivet_vm::object::lookup::type_lookup(args[0].type_of(), name);
    let plain = |name: Gc<Str>| {
        own(name) == rivet_vm::object::lookup::type_lookup(runtime::types().dict, name)
    };
    if let Some(d) = args[0].cast::<Dict>()
        && plain(name!("get"))
        && plain(name!("__setitem__"))
    {
        while let Some(k) = protocol::next(it)? {
            let hash = protocol::hash(k)?;
            let n = match d.get_hashed(k, hash)? {
                Some(n) => add(n, one)?,
                None => one,
            };
            d.set_hashed(k, hash, n)?;
        }
        return Ok(Value::NONE);
    }
    let get = get_attr(args[0], name!("get"))?;
    while let Some(k) = protocol::next(it)? {
        let n = call(get, &[k, Value::int(0)])?;
        protocol::set_item(args[0], k, Some(add(n, one)?))?;
    }
    Ok(Value::NONE)
}

// ---- _tuplegetter: index, docstring ----

static TUPLEGETTER_SPEC: TypeSpec = TypeSpec {
    methods: &[Method::noargs(
        "__reduce__",
        |v| {
            let n = nat(v);
            let args = tuple::new(&[
                n.get(0).unwrap_or(Value::NONE),
                n.get(1).unwrap_or(Value::NONE),
            ])?;
            tuple::new(&[v.type_of().value(), args])
        },
        "",
    )],
    members: &[rivet_vm::object::spec::Member {
        name: "__doc__",
        word: 2,
        readonly: false,
        none: true,
    }],
    slots: |s| {
        s.new = Some(|t, args, kw| {
            let a = bind("(index, doc, /)", "_tuplegetter", args, kw)?;
            let n = alloc(t)?;
            n.put(
                0,
                Value::int(protocol::as_isize(a[0].unwrap_or(Value::NONE))? as i64),
            );
            n.put_opt(1, a[1]);
            Ok(n.value())
        });
        s.descr_get = Some(|v, obj, _| {
            let Some(obj) = obj.and_then(Value::not_none) else {
                return Ok(v);
            };
            let i = nat(v).get(0).and_then(int::to_i64).unwrap_or(0);
            match obj.cast::<Tuple>() {
                Some(t) if (i as usize) < t.len() => Ok(t.item(i as usize)),
                Some(_) => Err(index_error("tuple index out of range")),
                None => {
                    let t = obj.type_of().name_string();
                    Err(type_error(format!(
                        "descriptor for index '{i}' for tuple subclasses doesn't apply to '{t}' object"
                    )))
                }
            }
        });
        s.descr_set = Some(|_, _, x| {
            let what = if x.is_some() { "set" } else { "delete" };
            Err(rivet_vm::exceptions::attribute_error(format!(
                "can't {what} attribute"
            )))
        });
        s.repr = Some(|v| {
            let n = nat(v);
            let i = protocol::repr_string(n.get(0).unwrap_or(Value::NONE))?;
            let d = protocol::repr_string(n.get(1).unwrap_or(Value::NONE))?;
            str::new(&format!("_tuplegetter({i}, {d})"))
        });
    },
    ..TypeSpec::named("_collections._tuplegetter")
};

// ---- defaultdict: a dict with one more word ----

fn make_defaultdict() -> PyResult<Gc<Type>> {
    let base = runtime::types().dict;
    let bases = [base.value()];
    let t = build::new_class(&ClassRequest {
        name: intern_str("defaultdict"),
        bases: &bases,
        base,
        meta: runtime::types().type_,
        nslots: 1,
        dict: false,
        weak: true,
        inline: 0,
    })?;
    build::link_bases(t, &bases)?;
    let word = base.body_words.get();
    DEFAULTDICT.set(t.value());
    let ns = t.namespace();
    ns.set_str("__module__", str::new("collections")?)?;
    ns.set_str("__doc__", str::new("defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\nThe default factory is called without arguments to produce\na new value when a key is not present, in __getitem__ only.\nA defaultdict compares equal to a dict with the same items.\nAll remaining arguments are treated the same as if they were\npassed to the dict constructor, including keyword arguments.")?)?;
    let key = name!("default_factory");
    ns.set_interned(
        key,
        MemberDescr::new(t.value(), key.value(), word, MemberDescr::NONE)?.value(),
    )?;
    for m in DEFAULTDICT_METHODS {
        let key = intern_str(m.name);
        ns.set_interned(key, MethodDescr::new(t.value(), key.value(), m)?.value())?;
    }
    let class_getitem = rivet_vm::object::member::ClassMethodDescr::new(
        t.value(),
        name!("__class_getitem__").value(),
        &CLASS_GETITEM,
    )?;
    ns.set_interned(name!("__class_getitem__"), class_getitem.value())?;
    build::fill_slots(t);
    t.set_flags(t.flags() | TypeFlags::IMMUTABLE);
    Ok(t)
}

static CLASS_GETITEM: Method = rivet_vm::types::generic_alias::CLASS_GETITEM;

static DEFAULTDICT_METHODS: &[Method] = &[
    Method::fastkw(
        "__init__",
        "($self, /, *args, **kwargs)",
        default_init,
        "Initialize self.  See help(type(self)) for accurate signature.",
    ),
    Method::one(
        "__missing__",
        "",
        |v, key| match factory(v) {
            None => Err(key_error(key)),
            Some(f) => {
                let x = call(f, &[])?;
                protocol::set_item(v, key, Some(x))?;
                Ok(x)
            }
        },
        "__missing__(key) # Called by __getitem__ for missing key; pseudo-code:\n  if self.default_factory is None: raise KeyError((key,))\n  self[key] = value = self.default_factory()\n  return value\n",
    ),
    Method::noargs("copy", default_copy, "D.copy() -> a shallow copy of D."),
    Method::noargs("__copy__", default_copy, "D.copy() -> a shallow copy of D."),
    Method::noargs(
        "__reduce__",
        |v| {
            let args = match factory(v) {
                Some(f) => tuple::new(&[f])?,
                None => tuple::new(&[])?,
            };
            let items = protocol::iter(call_method(v, name!("items"), &[])?)?;
            tuple::new(&[v.type_of().value(), args, Value::NONE, Value::NONE, items])
        },
        "Return state information for pickling.",
    ),
    Method::noargs(
        "__repr__",
        |v| {
            let d = base_repr(v)?;
            let f = match factory(v) {
                None => str::new("None")?,
                Some(f) => guarded_repr(v, "...", || protocol::repr(f).map(Gc::value))?,
            };
            let f = protocol::str(f)?;
            str::new(&format!(
                "{}({}, {})",
                v.type_of().short_name(),
                f.to_string_lossy(),
                protocol::str(d)?.to_string_lossy()
            ))
        },
        "Return repr(self).",
    ),
    Method::one(
        "__or__",
        "",
        |v, other| default_or(v, other, true),
        "Return self|value.",
    ),
    Method::one(
        "__ror__",
        "",
        |v, other| default_or(v, other, false),
        "Return value|self.",
    ),
];

fn base_repr(v: Value) -> PyResult<Value> {
    let repr = runtime::types().dict.slots().repr.expect("dict has a repr");
    repr(v)
}

fn word_of() -> u32 {
    runtime::types().dict.body_words.get()
}

fn factory(v: Value) -> Option<Value> {
    build::fixed_slot(v, word_of())
        .get()
        .and_then(Value::not_none)
}

fn default_init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (pos, _) = split(args, kw);
    let f = pos.first().copied();
    if f.is_some_and(|f| !f.is_none() && !is_callable(f)) {
        return Err(type_error("first argument must be callable or None"));
    }
    let member = rivet_vm::object::lookup::type_lookup(ty(&DEFAULTDICT), name!("default_factory"));
    if let Some(m) = member.and_then(|m| m.cast::<MemberDescr>()) {
        m.store(v, f.and_then(Value::not_none));
    }
    let init = runtime::types()
        .dict
        .slots()
        .init
        .expect("dict has an init");
    init(v, if pos.is_empty() { args } else { &args[1..] }, kw)?;
    Ok(Value::NONE)
}

fn default_copy(v: Value) -> PyResult<Value> {
    call(v.type_of().value(), &[factory(v).unwrap_or(Value::NONE), v])
}

fn default_or(v: Value, other: Value, left: bool) -> PyResult<Value> {
    if other.cast::<Dict>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let f = factory(v).unwrap_or(Value::NONE);
    let (first, second) = if left { (v, other) } else { (other, v) };
    let new = call(v.type_of().value(), &[f, first])?;
    call_method(new, name!("update"), &[second])?;
    Ok(new)
}
