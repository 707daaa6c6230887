//! Views of an `OrderedDict`, and its iterator: it knows the next item before it gives one, so that what is added behind the
//! last item does not show, and refuses to go on when keys have come, gone or moved.

use rivet_vm::exceptions::{PyResult, runtime_error};
use rivet_vm::object::Type;
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::dict::views::{ViewKind, derived_type, dict_of, view_of};
use rivet_vm::types::iterators::builtin_function;
use rivet_vm::types::list::List;
use rivet_vm::types::tuple;
use rivet_vm::value::{Gc, Root, Value};

use super::value_at;
use crate::util::{alloc, get_int, make, nat, put_int, ty};

static VIEWS: [Root; 3] = [const { Root::new() }; 3];
static ITERATOR: Root = Root::new();

/// Makes the types.
pub(super) fn init() {
    let all = [
        (ViewKind::Keys, &KEYS),
        (ViewKind::Values, &VALUES),
        (ViewKind::Items, &ITEMS),
    ];
    for (kind, spec) in all {
        VIEWS[kind as usize].set(derived_type(spec, kind).value());
    }
    make(&ITERATOR, &ITERATOR_SPEC, 4);
}

/// A view of the dict.
pub(super) fn view(d: Gc<Dict>, kind: ViewKind) -> PyResult<Value> {
    view_of(view_type(kind), d)
}

fn view_type(kind: ViewKind) -> Gc<Type> {
    ty(&VIEWS[kind as usize])
}

/// A type of views.
macro_rules! view_spec {
    ($spec:ident $kind:ident $name:literal) => {
        static $spec: TypeSpec = TypeSpec {
            methods: &[Method::noargs(
                "__reversed__",
                |v| iter(dict_of(v), ViewKind::$kind, true),
                "",
            )
            .unsigned()],
            slots: |s| s.iter = Some(|v| iter(dict_of(v), ViewKind::$kind, false)),
            ..TypeSpec::named($name)
        };
    };
}

view_spec!(KEYS Keys "odict_keys");
view_spec!(VALUES Values "odict_values");
view_spec!(ITEMS Items "odict_items");

// ---- the iterator ----

/// The dict; nothing once exhausted.
const DICT: usize = 0;
/// Position of the next item.
const POSITION: usize = 1;
/// The version of the dict's keys that iteration began with.
const VERSION: usize = 2;
/// What is given, and whether backwards.
const FLAGS: usize = 3;

const REVERSED: i64 = 4;

static ITERATOR_SPEC: TypeSpec = TypeSpec {
    methods: &[Method::noargs(
        "__reduce__",
        reduce,
        "Return state information for pickling",
    )
    .unsigned()],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(next);
    },
    ..TypeSpec::named("odict_iterator")
};

/// An iterator over the dict.
pub(super) fn iter(d: Gc<Dict>, kind: ViewKind, reversed: bool) -> PyResult<Value> {
    let it = alloc(ty(&ITERATOR))?;
    let first = if reversed {
        d.last_position()
    } else {
        d.first_position()
    };
    if let Some(i) = first {
        it.put(DICT, d.value());
        put_int(it, POSITION, i as i64);
        put_int(it, VERSION, d.keys_version().into());
        let direction = if reversed { REVERSED } else { 0 };
        put_int(it, FLAGS, kind as i64 | direction);
    }
    Ok(it.value())
}

fn next(v: Value) -> PyResult<Option<Value>> {
    let it = nat(v);
    let Some(d) = it.get(DICT).and_then(|d| d.cast::<Dict>()) else {
        return Ok(None);
    };
    if i64::from(d.keys_version()) != get_int(it, VERSION) {
        it.put_opt(DICT, None);
        // `clear` is no change of the order to CPython, only one of the size.
        let how = match d.positions() {
            0 => "changed size",
            _ => "mutated",
        };
        return Err(runtime_error(format!("OrderedDict {how} during iteration")));
    }
    let (i, flags) = (get_int(it, POSITION) as usize, get_int(it, FLAGS));
    let Some((key, _)) = d.entry_at(i) else {
        it.put_opt(DICT, None);
        return Ok(None);
    };
    let behind = if flags & REVERSED != 0 {
        d.position_before(i)
    } else {
        d.position_after(i)
    };
    match behind {
        Some(i) => put_int(it, POSITION, i as i64),
        None => it.put_opt(DICT, None),
    }
    // As for values, a key must be found again.
    let value = value_at(d, i, key)?;
    match flags & !REVERSED {
        k if k == ViewKind::Keys as i64 => Ok(Some(key)),
        k if k == ViewKind::Values as i64 => Ok(Some(value)),
        _ => tuple::new(&[key, value]).map(Some),
    }
}

/// `(iter, ([what is left],))`
fn reduce(v: Value) -> PyResult<Value> {
    let it = nat(v);
    let (dict, position) = (it.get(DICT), get_int(it, POSITION));
    let rest = List::new()?;
    let collect = || -> PyResult<()> {
        while let Some(x) = next(v)? {
            rest.append(x)?;
        }
        Ok(())
    };
    let collected = collect();
    it.put_opt(DICT, dict);
    put_int(it, POSITION, position);
    collected?;
    tuple::new(&[builtin_function("iter")?, tuple::new(&[rest.value()])?])
}
