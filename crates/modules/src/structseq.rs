//! Struct sequences: tuples with named fields (`os.stat_result`, `time.struct_time`, `sys.version_info`, …),
//! some of which lie beyond the visible length.

use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::name;
use rivet_vm::object::call::call;
use rivet_vm::object::member::GetSetDescr;
use rivet_vm::object::spec::GetSet;
use rivet_vm::object::{Type, instance, lookup, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::int;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::types::type_::simple_class;
use rivet_vm::value::{Gc, RVec, Root, Value};

macro_rules! getters {
    ($($n:literal)*) => {
        /// Field `n` of the visible part.
        static VISIBLE: &[GetSet] = &[$(GetSet::new("", |v| Ok(v.cast::<Tuple>().map_or(Value::NONE, |t| t.item($n))))),*];
    };
}

getters!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);

/// Offers struct sequences to the C boundary.
pub fn install() {
    let h = rivet_vm::hooks::hooks();
    h.structseq_type.set(Some(make));
    h.structseq_new.set(Some(new_of));
}

/// A struct sequence type: `fields` names all fields, the first `visible` of which are items. A name "" is an
/// unnamed field.
pub fn make(name: &str, fields: &[&str], visible: usize) -> PyResult<Gc<Type>> {
    let (module, short) = name.rsplit_once('.').unwrap_or(("builtins", name));
    let dict = Dict::new()?;
    dict.set_str("__module__", str::new(module)?)?;
    dict.set_str("n_sequence_fields", Value::from_usize(visible))?;
    dict.set_str("n_fields", Value::from_usize(fields.len()))?;
    let unnamed = fields.iter().filter(|f| f.is_empty()).count();
    dict.set_str("n_unnamed_fields", Value::from_usize(unnamed))?;
    let mut names = RVec::new();
    for f in fields {
        names.push(str::intern::intern_str(f).value())?;
    }
    dict.set_str(
        "__match_args__",
        tuple::new(&names[..visible - unnamed.min(visible)])?,
    )?;
    dict.set_str("_fields_", tuple::new(&names)?)?;
    let ty = simple_class(short, &[rivet_vm::runtime::types().tuple.value()], dict)?;
    for (i, f) in fields.iter().enumerate().take(visible.min(VISIBLE.len())) {
        if !f.is_empty() {
            let key = str::intern::intern_str(f);
            let d = GetSetDescr::new(ty.value(), key.value(), &VISIBLE[i])?;
            lookup::type_set(ty, key, Some(d.value()))?;
        }
    }
    let ns = methods()?;
    let mut i = 0;
    while let Some((k, v)) = ns.next_entry(&mut i) {
        let key = k
            .cast::<Str>()
            .map(Gc::intern)
            .ok_or_else(|| type_error("names are str"))?;
        if key.eq_str("__repr__") || key.eq_str("__new__") || key.eq_str("__reduce__") {
            lookup::type_set(ty, key, Some(v))?;
        }
    }
    Ok(ty)
}

static METHODS: Root = Root::new();

/// `__new__`, `__repr__`, `__reduce__` of all struct sequences, written in Python on first use.
fn methods() -> PyResult<Gc<Dict>> {
    if let Some(d) = METHODS.get().and_then(|d| d.cast::<Dict>()) {
        return Ok(d);
    }
    const SOURCE: &str = r#"
def __repr__(self):
    cls = type(self)
    parts = [f"{n}={v!r}" for n, v in zip(cls._fields_, tuple(self)) if n]
    mod = cls.__module__
    name = cls.__qualname__ if mod == "builtins" else f"{mod}.{cls.__qualname__}"
    return f"{name}({', '.join(parts)})"

def __new__(cls, sequence, dict={}):
    seq = tuple(sequence)
    lo, hi = cls.n_sequence_fields, cls.n_fields
    if len(seq) < lo:
        raise TypeError(f"{cls.__module__}.{cls.__name__}() takes an at least {lo}-sequence ({len(seq)}-sequence given)"
                        if lo != hi else
                        f"{cls.__module__}.{cls.__name__}() takes a {lo}-sequence ({len(seq)}-sequence given)")
    if len(seq) > hi:
        raise TypeError(f"{cls.__module__}.{cls.__name__}() takes an at most {hi}-sequence ({len(seq)}-sequence given)"
                        if lo != hi else
                        f"{cls.__module__}.{cls.__name__}() takes a {lo}-sequence ({len(seq)}-sequence given)")
    self = tuple.__new__(cls, seq[:lo])
    for i in range(lo, hi):
        n = cls._fields_[i]
        if n:
            self.__dict__[n] = seq[i] if i < len(seq) else dict.get(n)
    return self
__new__ = staticmethod(__new__)

def __reduce__(self):
    return type(self), (tuple(self), dict(self.__dict__))
"#;
    let d = Dict::new()?;
    rivet_vm::import::start::run_source(SOURCE, "<struct sequence>", d)?;
    METHODS.set(d.value());
    Ok(d)
}

/// An instance from all fields.
pub fn new(ty: &'static Root, fields: &[Value]) -> PyResult<Value> {
    let ty = ty
        .get()
        .and_then(|t| t.cast::<Type>())
        .ok_or_else(|| type_error("the module is not initialised"))?;
    new_of(ty, fields)
}

/// An instance of `ty` from all fields.
pub fn new_of(ty: Gc<Type>, fields: &[Value]) -> PyResult<Value> {
    let visible = ty
        .namespace()
        .get_interned(name!("n_sequence_fields"))
        .and_then(int::to_i64)
        .unwrap_or(0) as usize;
    let t = Tuple::new_of(ty, &fields[..visible])?;
    if fields.len() > visible {
        let names = ty
            .namespace()
            .get_interned(name!("_fields_"))
            .and_then(|f| f.cast::<Tuple>());
        let names = names.ok_or_else(|| type_error("a struct sequence has field names"))?;
        for (i, &v) in fields.iter().enumerate().skip(visible) {
            if let Some(n) = names.item(i).cast::<Str>().filter(|n| !n.is_empty()) {
                instance::set(t.value(), n.intern(), v)?;
            }
        }
    }
    Ok(t.value())
}

/// An instance by calling the type, for callers that have a Python sequence.
pub fn from_sequence(ty: Gc<Type>, seq: Value) -> PyResult<Value> {
    call(ty.value(), &[protocol::to_tuple(seq)?.value()])
}
