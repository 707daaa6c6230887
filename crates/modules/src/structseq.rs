//! Struct sequences: tuples with named fields (`os.stat_result`, `time.struct_time`, `sys.version_info`, …), some of
//! which lie beyond the visible length. Source: CPython's `structseq.c`.

use crate::util::bind;
use rivet_heap::Trace;
use rivet_vm::exceptions::clear_if;
use rivet_vm::exceptions::{PyResult, system_error, type_error};
use rivet_vm::name;
use rivet_vm::object::build::{RawType, complete_builtin, link_bases, raw_type};
use rivet_vm::object::member::MemberDescr;
use rivet_vm::object::slots::Slots;
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{Type, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::int;
use rivet_vm::types::str::builder::StrBuilder;
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::layout::{self, AttrMode, Kind};
use rivet_vm::value::{Gc, RVec, Root, Value};

/// Words of an instance's body before its first field.
const FIRST_FIELD: u32 = 1;

/// What all struct sequences have; name and fields are added to each.
static SPEC: TypeSpec = TypeSpec {
    methods: &[Method::noargs("__reduce__", reduce, "")],
    slots: |s: &mut Slots| s.repr = Some(repr),
    ..TypeSpec::named("")
};

/// Offers struct sequences to the C boundary.
pub fn install() {
    let h = rivet_vm::hooks::hooks();
    h.structseq_type.set(Some(make));
    h.structseq_new.set(Some(new_of));
}

/// A struct sequence type: `fields` names all fields, the first `visible` of which are items. A name "" is an
/// unnamed field.
pub fn make(name: &str, fields: &[&str], visible: usize) -> PyResult<Gc<Type>> {
    make_type(name, fields, visible, true)
}

/// A struct sequence type that programs cannot make instances of (`sys.flags`).
pub fn make_closed(name: &str, fields: &[&str]) -> PyResult<Gc<Type>> {
    make_type(name, fields, fields.len(), false)
}

fn make_type(name: &str, fields: &[&str], visible: usize, open: bool) -> PyResult<Gc<Type>> {
    let base = rivet_vm::runtime::types().tuple;
    let raw = RawType {
        meta: Some(rivet_vm::runtime::types().type_),
        base: Some(base),
        flags: 0,
        layout: layout::new_type_layout(Kind::Tuple, Trace::All, AttrMode::None, 0, 0),
        trace: Trace::All,
        body_words: FIRST_FIELD,
        variable: true,
    };
    let ty = raw_type(name, raw)?;
    link_bases(ty, &[base.value()])?;
    let dict = ty.namespace();
    if let Some((module, _)) = name.rsplit_once('.') {
        dict.set_interned(name!("__module__"), str::new(module)?)?;
    }
    let unnamed = fields.iter().filter(|f| f.is_empty()).count();
    let count = |n: usize| Value::from_usize(n);
    dict.set_interned(name!("n_sequence_fields"), count(visible))?;
    dict.set_interned(name!("n_fields"), count(fields.len()))?;
    dict.set_interned(name!("n_unnamed_fields"), count(unnamed))?;
    let mut shown = RVec::new();
    for (i, f) in fields.iter().enumerate().filter(|(_, f)| !f.is_empty()) {
        let key = intern_str(f);
        let mode = MemberDescr::READONLY + MemberDescr::NONE;
        let word = FIRST_FIELD + i as u32;
        let member = MemberDescr::new(ty.value(), key.value(), word, mode)?;
        dict.set_interned(key, member.value())?;
        if i < visible {
            shown.push(key.value())?;
        }
    }
    dict.set_interned(name!("__match_args__"), tuple::new(&shown)?)?;
    let mut slots = Slots::default();
    (SPEC.slots)(&mut slots);
    if open {
        slots.new = Some(construct);
    }
    complete_builtin(ty, &SPEC, slots)?;
    if !open {
        let mut slots = *ty.slots();
        slots.new = None;
        ty.set_slots(slots);
    }
    Ok(ty)
}

/// What a struct sequence type says of itself.
struct Description {
    /// The type itself: the class of an instance may be a subclass of it.
    ty: Gc<Type>,
    visible: usize,
    all: usize,
}

fn describe(class: Gc<Type>) -> PyResult<Description> {
    for t in class.mro().items().iter().filter_map(|t| t.cast::<Type>()) {
        let ns = t.namespace();
        let number = |name| ns.get_interned(name).and_then(int::to_i64);
        if let (Some(all), Some(visible)) = (
            number(name!("n_fields")),
            number(name!("n_sequence_fields")),
        ) {
            return Ok(Description {
                ty: t,
                visible: visible as usize,
                all: all as usize,
            });
        }
    }
    Err(system_error(format!(
        "{} is not a struct sequence",
        class.short_name()
    )))
}

impl Description {
    /// The named fields and their places, in order.
    fn members(&self) -> PyResult<Vec<(usize, Gc<Str>)>> {
        let (ns, mut found, mut i) = (self.ty.namespace(), Vec::new(), 0);
        while let Some((k, v)) = ns.next_entry(&mut i) {
            let (Some(name), Some(m)) = (k.cast::<Str>(), v.cast::<MemberDescr>()) else {
                continue;
            };
            // Names are interned, so they do not move.
            found.push(((m.word.get() - FIRST_FIELD) as usize, name.intern()));
        }
        found.sort_by_key(|f| f.0);
        Ok(found)
    }

    fn name(&self) -> String {
        rivet_vm::types::object::full_name(self.ty)
    }
}

/// Field `i` of an instance; None if it has not been set.
fn field(v: Gc<Tuple>, i: usize) -> Value {
    rivet_vm::object::build::fixed_slot(v.value(), FIRST_FIELD + i as u32)
        .get()
        .unwrap_or(Value::NONE)
}

fn this(v: Value) -> PyResult<Gc<Tuple>> {
    v.cast::<Tuple>()
        .ok_or_else(|| type_error("not a struct sequence"))
}

fn repr(v: Value) -> PyResult<Value> {
    let t = this(v)?;
    let d = describe(v.type_of())?;
    let mut out = StrBuilder::new();
    out.push_text(&d.name());
    out.push_text("(");
    // As in CPython the names go by their order, whatever unnamed fields lie between.
    for (i, (_, name)) in d.members()?.into_iter().take(d.visible).enumerate() {
        if i > 0 {
            out.push_text(", ");
        }
        out.push_chars(name.chars());
        out.push_text("=");
        out.push_chars(protocol::repr(field(t, i))?.chars());
    }
    out.push_text(")");
    out.value()
}

fn construct(class: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let a = bind("(sequence, dict=None)", "structseq", args, kw)?;
    let d = describe(class)?;
    let given = protocol::to_tuple(a[0].unwrap_or(Value::NONE)).or_else(|e| {
        clear_if(e, rivet_vm::exceptions::exc().type_error)?;
        Err(type_error("constructor requires a sequence"))
    })?;
    let dict = match a[1] {
        None => None,
        Some(x) => Some(x.cast::<Dict>().ok_or_else(|| {
            type_error(format!("{}() takes a dict as second arg, if any", d.name()))
        })?),
    };
    if let Some(bound) = wrong_length(&d, given.len()) {
        let (name, n) = (d.name(), given.len());
        return Err(type_error(format!(
            "{name}() takes {bound}-sequence ({n}-sequence given)"
        )));
    }
    let mut all = RVec::from_slice(given.items())?;
    let members = d.members()?;
    for i in given.len()..d.all {
        let name = members.iter().find(|m| m.0 == i).map(|m| m.1);
        let found = match (dict, name) {
            (Some(dict), Some(name)) => dict.get(name.value())?,
            _ => None,
        };
        all.push(found.unwrap_or(Value::NONE))?;
    }
    build(class, &d, &all)
}

fn wrong_length(d: &Description, n: usize) -> Option<String> {
    if d.visible == d.all {
        return (n != d.all).then(|| format!("a {}", d.all));
    }
    if n < d.visible {
        return Some(format!("an at least {}", d.visible));
    }
    (n > d.all).then(|| format!("an at most {}", d.all))
}

fn reduce(v: Value) -> PyResult<Value> {
    let t = this(v)?;
    let d = describe(v.type_of())?;
    let hidden = Dict::new()?;
    for (i, name) in d.members()? {
        if i >= d.visible {
            hidden.set_interned(name, field(t, i))?;
        }
    }
    let state = tuple::new(&[tuple::new(t.items())?, hidden.value()])?;
    tuple::new(&[v.type_of().value(), state])
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
    build(ty, &describe(ty)?, fields)
}

/// All fields are words of the instance; its length says how many programs see as items.
fn build(class: Gc<Type>, d: &Description, fields: &[Value]) -> PyResult<Value> {
    Ok(Tuple::new_with_hidden(class, fields, d.visible)?.value())
}

/// An instance by calling the type, for callers that have a Python sequence.
pub fn from_sequence(ty: Gc<Type>, seq: Value) -> PyResult<Value> {
    rivet_vm::object::call::call(ty.value(), &[protocol::to_tuple(seq)?.value()])
}
