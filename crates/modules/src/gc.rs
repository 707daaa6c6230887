//! `gc`: control of the collector. Generations are Rivet's two; thresholds are kept for programs that set them.

use std::cell::Cell;

use rivet_vm::exceptions::{PyResult, type_error, value_error};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::int;
use rivet_vm::types::list::{self, List};
use rivet_vm::types::module::Module;
use rivet_vm::types::tuple;
use rivet_vm::value::{
    Gc, Value, collect_now, heap_objects, heap_referents, heap_referrers, is_container,
};

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(true) };
    static DEBUG: Cell<i64> = const { Cell::new(0) };
    static THRESHOLD: Cell<[i64; 3]> = const { Cell::new([700, 10, 10]) };
}

static METHODS: &[Method] = &[
    Method::bound(
        "collect",
        "($module, /, generation=2)",
        collect,
        "Run the garbage collector.\n\nWith no arguments, run a full collection.  The optional argument\nmay be an integer specifying which generation to collect.  A ValueError\nis raised if the generation number is invalid.\n\nThe number of unreachable objects is returned.",
    ),
    Method::noargs(
        "enable",
        |_| {
            ENABLED.with(|e| e.set(true));
            Ok(Value::NONE)
        },
        "Enable automatic garbage collection.",
    ),
    Method::noargs(
        "disable",
        |_| {
            ENABLED.with(|e| e.set(false));
            Ok(Value::NONE)
        },
        "Disable automatic garbage collection.",
    ),
    Method::noargs(
        "isenabled",
        |_| Ok(Value::bool(ENABLED.with(Cell::get))),
        "Returns true if automatic garbage collection is enabled.",
    ),
    Method::noargs(
        "get_debug",
        |_| Ok(Value::int(DEBUG.with(Cell::get))),
        "Get the garbage collection debugging flags.",
    ),
    Method::one(
        "set_debug",
        "($module, flags, /)",
        |_, v| {
            DEBUG.with(|d| d.set(int::to_i64(v).unwrap_or(0)));
            Ok(Value::NONE)
        },
        "Set the garbage collection debugging flags.",
    ),
    Method::noargs(
        "get_count",
        |_| tuple::new(&[Value::int(0), Value::int(0), Value::int(0)]),
        "Return a three-tuple of the current collection counts.",
    ),
    Method::noargs(
        "get_threshold",
        |_| tuple::new(&THRESHOLD.with(Cell::get).map(Value::int)),
        "Return the current collection thresholds.",
    ),
    Method::fast(
        "set_threshold",
        "",
        set_threshold,
        "set_threshold(threshold0, [threshold1, threshold2]) -> None\n\nSets the collection thresholds.  Setting threshold0 to zero disables\ncollection.\n",
    ),
    Method::bound(
        "get_objects",
        "($module, /, generation=None)",
        get_objects,
        "Return a list of objects tracked by the collector (excluding the list returned).",
    ),
    Method::noargs(
        "get_stats",
        stats,
        "Return a list of dictionaries containing per-generation statistics.",
    ),
    Method::fast(
        "get_referrers",
        "",
        referrers,
        "get_referrers(*objs) -> list\nReturn the list of objects that directly refer to any of objs.",
    ),
    Method::fast(
        "get_referents",
        "",
        referents,
        "get_referents(*objs) -> list\nReturn the list of objects that are directly referred to by objs.",
    ),
    Method::one(
        "is_tracked",
        "($module, obj, /)",
        |_, v| Ok(Value::bool(is_container(v))),
        "Returns true if the object is tracked by the garbage collector.",
    ),
    Method::one(
        "is_finalized",
        "($module, obj, /)",
        |_, _| Ok(Value::FALSE),
        "Returns true if the object has been already finalized by the GC.",
    ),
    Method::noargs(
        "freeze",
        |_| Ok(Value::NONE),
        "Freeze all current tracked objects and ignore them for future collections.",
    ),
    Method::noargs(
        "unfreeze",
        |_| Ok(Value::NONE),
        "Unfreeze all objects in the permanent generation.",
    ),
    Method::noargs(
        "get_freeze_count",
        |_| Ok(Value::int(0)),
        "Return the number of objects in the permanent generation.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    m.add("garbage", list::new(&[])?)?;
    m.add("callbacks", list::new(&[])?)?;
    for (name, n) in [
        ("DEBUG_STATS", 1),
        ("DEBUG_COLLECTABLE", 2),
        ("DEBUG_UNCOLLECTABLE", 4),
        ("DEBUG_SAVEALL", 32),
        ("DEBUG_LEAK", 38),
    ] {
        m.add(name, Value::int(n))?;
    }
    Ok(())
}

fn collect(_m: Value, args: &[Option<Value>]) -> PyResult<Value> {
    let generation = match args[0] {
        Some(v) => protocol::as_isize(v)?,
        None => 2,
    };
    if !(0..=2).contains(&generation) {
        return Err(value_error("invalid generation"));
    }
    collect_now(generation == 2);
    rivet_vm::finalize::run_pending();
    Ok(Value::int(0))
}

fn set_threshold(_m: Value, args: &[Value]) -> PyResult<Value> {
    if args.is_empty() || args.len() > 3 {
        return Err(type_error(
            "set_threshold requires 1 to 3 integer arguments",
        ));
    }
    let mut t = THRESHOLD.with(Cell::get);
    for (i, &v) in args.iter().enumerate() {
        t[i] = protocol::as_isize(v)? as i64;
    }
    THRESHOLD.with(|c| c.set(t));
    Ok(Value::NONE)
}

fn get_objects(_m: Value, _args: &[Option<Value>]) -> PyResult<Value> {
    Ok(heap_objects(is_container)?.value())
}

fn stats(_m: Value) -> PyResult<Value> {
    let out = List::new()?;
    for _ in 0..3 {
        let d = Dict::new()?;
        for k in ["collections", "collected", "uncollectable"] {
            d.set_str(k, Value::int(0))?;
        }
        out.append(d.value())?;
    }
    Ok(out.value())
}

fn referents(_m: Value, args: &[Value]) -> PyResult<Value> {
    let out = List::new()?;
    for &v in args {
        heap_referents(v, out)?;
    }
    Ok(out.value())
}

fn referrers(_m: Value, args: &[Value]) -> PyResult<Value> {
    Ok(heap_referrers(args)?.value())
}
