//! `weakref.ref` and the table of weak references by object.

use std::cell::Cell;
use std::collections::HashMap;

use rivet_heap::Header;
use rivet_spec::CompareOp;

use crate::exceptions::{PyResult, no_memory, type_error};
use crate::gil::Guarded;
use crate::object::args::no_keywords;
use crate::object::call::call;
use crate::object::spec::{GetSet, TypeSpec};
use crate::object::{Type, TypeFlags, protocol};
use crate::types::list::List;
use crate::types::str;
use crate::types::tuple::Tuple;
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// A weak reference. Instances never move, so that the table can name them by address.
#[repr(C)]
pub struct WeakRef {
    header: Header,
    /// The target; zeroed by the collector when it dies.
    target: Slot,
    /// The callback, or nothing.
    pub callback: Slot,
    /// For proxies and subclasses: spare.
    _spare: Slot,
    /// Identity of the target, the key in the table; 0: not entered.
    key: Cell<u64>,
    /// The target's hash, once it was asked for.
    hash: Cell<i64>,
}

impl Payload for WeakRef {
    const LAYOUT: LayoutId = layout::WEAKREF;
    const KIND: Kind = Kind::WeakRef;
}

const WORDS: usize = size_of::<WeakRef>() / 8 - 1;

/// Identity of an object to the addresses of its weak references, oldest first.
static TABLE: Guarded<Option<HashMap<u64, Vec<usize>>>> = Guarded::new(None);

impl WeakRef {
    /// A weak reference that is in no table: for the runtime's own use (lists of subclasses).
    pub fn new_plain(target: Value) -> PyResult<Gc<WeakRef>> {
        Self::allocate(layout::WEAKREF, WORDS, target)
    }

    fn allocate(id: LayoutId, words: usize, target: Value) -> PyResult<Gc<WeakRef>> {
        let p = rivet_heap::alloc_pinned(id, words);
        if p.is_null() {
            return Err(no_memory());
        }
        // SAFETY: fresh zeroed object of a weakref layout; word 0 is filled before it is tracked.
        let w: Gc<WeakRef> = unsafe { Gc::from_raw(p.cast()) };
        w.set(&w.target, target);
        rivet_heap::track_weak(w.header());
        Ok(w)
    }

    /// The target, if it is alive.
    pub fn target(&self) -> Option<Value> {
        self.target.get()
    }

    /// A weak reference to `target` as programs make them. A plain one without callback is shared.
    pub fn new(ty: Gc<Type>, target: Value, callback: Option<Value>) -> PyResult<Gc<WeakRef>> {
        check_target(target)?;
        let key = protocol::identity(target);
        let plain = ty == crate::runtime::types().weakref;
        if plain
            && callback.is_none()
            && let Some(w) = shared(key)
        {
            return Ok(w);
        }
        let info = layout::info(ty.instance_layout());
        let attrs = if info.attr_mode == layout::AttrMode::None {
            0
        } else {
            1 + info.inline as usize
        };
        let words = ty.body_words.get() as usize + attrs;
        let w = Self::allocate(ty.instance_layout(), words.max(WORDS), target)?;
        w.set_opt(&w.callback, callback);
        w.key.set(key);
        rivet_heap::track_drop(w.header());
        let address = w.as_ptr() as usize;
        TABLE.with(|t| {
            t.get_or_insert_with(HashMap::new)
                .entry(key)
                .or_default()
                .push(address)
        });
        Ok(w)
    }
}

fn at(address: usize) -> Gc<WeakRef> {
    // SAFETY: addresses in the table are removed by the drop function before the object goes, and weak
    // references do not move.
    unsafe { Gc::from_raw(address as *mut WeakRef) }
}

fn entries(key: u64) -> Vec<usize> {
    TABLE.with(|t| {
        t.as_ref()
            .and_then(|t| t.get(&key).cloned())
            .unwrap_or_default()
    })
}

/// The shared plain reference without callback, if there is one.
fn shared(key: u64) -> Option<Gc<WeakRef>> {
    entries(key).into_iter().map(at).find(|w| {
        w.callback.get().is_none()
            && w.value().layout_id() == layout::WEAKREF
            && w.target().is_some()
    })
}

/// The weak references to `v`, in order of creation.
pub fn references(v: Value) -> PyResult<Gc<List>> {
    let list = List::new()?;
    if v.is_ref() {
        for a in entries(protocol::identity(v)) {
            if at(a).target().is_some() {
                list.append(at(a).value())?;
            }
        }
    }
    Ok(list)
}

/// `__weakref__`: the first weak reference, or None.
pub fn first_ref(v: Value) -> PyResult<Value> {
    Ok(references(v)?.get(0).unwrap_or(Value::NONE))
}

/// Drop function of weak references: takes them out of the table.
///
/// # Safety
/// `header` is a dead weak reference whose memory is still intact.
pub unsafe fn drop_weakref(header: *mut Header) {
    // SAFETY: by contract.
    let w = unsafe { &*header.cast::<WeakRef>() };
    let (key, address) = (w.key.get(), header as usize);
    TABLE.with(|t| {
        if let Some(list) = t.as_mut().and_then(|t| t.get_mut(&key)) {
            list.retain(|&a| a != address);
            if list.is_empty()
                && let Some(t) = t.as_mut()
            {
                t.remove(&key);
            }
        }
    });
}

fn check_target(v: Value) -> PyResult<()> {
    let ty = v.type_of();
    if ty.has(TypeFlags::WEAKREFABLE) && v.is_ref() {
        return Ok(());
    }
    Err(type_error(format!(
        "cannot create weak reference to '{}' object",
        ty.name_string()
    )))
}

/// Runs the callback of a reference whose target has died.
pub fn run_callback(w: Gc<WeakRef>) {
    if let Some(f) = w.callback.get() {
        w.callback.clear();
        if let Err(raised) = call(f, &[w.value()]) {
            crate::finalize::unraisable(raised, f);
        }
    }
}

/// `weakref.ref`
pub static SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::BASETYPE,
    methods: &[crate::types::generic_alias::CLASS_GETITEM],
    getset: &[GetSet::new("__callback__", |v| {
        let w = this(v);
        Ok(if w.target().is_some() {
            w.callback.get().unwrap_or(Value::NONE)
        } else {
            Value::NONE
        })
    })],
    slots: |s| {
        s.new = Some(new);
        s.init = Some(|_, _, _| Ok(()));
        s.call = Some(|v, args, kw| {
            no_keywords("weakref", kw)?;
            if !args.is_empty() {
                return Err(type_error(format!(
                    "weakref expected 0 arguments, got {}",
                    args.len()
                )));
            }
            Ok(this(v).target().unwrap_or(Value::NONE))
        });
        s.repr = Some(repr);
        s.compare = Some(compare);
        s.hash = Some(hash);
    },
    ..TypeSpec::named("weakref.ReferenceType")
};

fn this(v: Value) -> Gc<WeakRef> {
    v.cast::<WeakRef>().expect("a weak reference")
}

fn new(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (args, _) = crate::object::args::split(args, kw);
    if args.is_empty() || args.len() > 2 {
        let how = if args.is_empty() {
            "at least 1 argument"
        } else {
            "at most 2 arguments"
        };
        return Err(type_error(format!(
            "__new__ expected {how}, got {}",
            args.len()
        )));
    }
    WeakRef::new(ty, args[0], args.get(1).copied().and_then(Value::not_none)).map(Gc::value)
}

fn repr(v: Value) -> PyResult<Value> {
    let at = protocol::identity(v);
    let Some(t) = this(v).target() else {
        return str::new(&format!("<weakref at {at:#x}; dead>"));
    };
    let name = crate::object::attr::find_attr(t, crate::name!("__name__"))?
        .and_then(|n| n.cast::<str::Str>())
        .map(|n| format!(" ({})", n.to_string_lossy()))
        .unwrap_or_default();
    let (ty, id) = (t.type_of().name_string(), protocol::identity(t));
    str::new(&format!("<weakref at {at:#x}; to '{ty}' at {id:#x}{name}>"))
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<WeakRef>(), b.cast::<WeakRef>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    match (x.target(), y.target()) {
        (Some(s), Some(t)) => protocol::compare(s, t, op),
        _ => Ok(Value::bool((a == b) == (op == CompareOp::Eq))),
    }
}

fn hash(v: Value) -> PyResult<i64> {
    let w = this(v);
    if w.hash.get() != 0 {
        return Ok(w.hash.get());
    }
    match w.target() {
        Some(t) => {
            let h = protocol::hash(t)?;
            w.hash.set(h);
            Ok(h)
        }
        None => Err(type_error("weak object has gone away")),
    }
}
