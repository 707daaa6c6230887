//! What happens after a collection found objects dead: callbacks of weak references, `__del__`.

use crate::exceptions::{PyResult, Raised, exc, take};
use crate::name;
use crate::object::attr::find_attr;
use crate::object::call::call;
use crate::types::str;
use crate::types::tuple;
use crate::types::weakref::{WeakRef, run_callback};
use crate::value::{RVec, Value};

/// Runs all waiting callbacks and finalizers.
pub fn run_pending() {
    let t = crate::thread::current();
    let pending = t.take_pending();
    if let Some(f) = crate::hooks::hooks().drain_mirrors.get() {
        f();
    }
    while let Some(h) = rivet_heap::take_cleared() {
        if let Some(w) = Value::from_header(h).cast::<WeakRef>() {
            run_callback(w);
        }
    }
    if finalize_dead().is_err() {
        t.take_pending();
    }
    if let Some(e) = pending {
        t.set_pending(e);
    }
}

/// Finalizes the objects that wait, those of a lower rank first.
fn finalize_dead() -> PyResult<()> {
    let mut dead = RVec::new();
    while let Some(h) = rivet_heap::take_finalizable() {
        dead.push(Value::from_header(h))?;
    }
    let rank = crate::hooks::hooks().finalize_rank.get();
    let ranks = if rank.is_some() { 3 } else { 1 };
    for wanted in 0..ranks {
        for &v in dead.iter() {
            if rank.map_or(0, |f| f(v)) == wanted {
                finalize_one(v);
            }
        }
    }
    // What is left of the list on the native stack must not keep them alive.
    while dead.pop().is_some() {}
    Ok(())
}

fn finalize_one(v: Value) {
    if let Some(f) = v.type_of().slots().finalize
        && let Err(raised) = f(v)
    {
        let what = crate::object::lookup::type_lookup(v.type_of(), name!("__del__")).unwrap_or(v);
        unraisable(raised, what);
    }
}

/// The objects with finalizers that have not been found dead.
pub fn live_finalizable() -> PyResult<RVec> {
    // Room comes first: nothing may be collected while the list is copied.
    let mut out = RVec::with_capacity(rivet_heap::finalizable_count() + 64)?;
    let most = rivet_heap::finalizable_count();
    for i in 0..most {
        out.push(Value::from_header(rivet_heap::finalizable_at(i)))?;
    }
    Ok(out)
}

/// At exit: runs `__del__` of the instances of Python classes that are still alive. `skip` names those that somebody
/// else takes care of.
pub fn at_exit(skip: fn(Value) -> bool) {
    let Ok(mut live) = live_finalizable() else {
        crate::thread::current().take_pending();
        return;
    };
    for &v in live.iter() {
        let generator = v.kind() == crate::value::Kind::Generator;
        if v.type_of().has(crate::object::TypeFlags::HEAPTYPE) && !generator && !skip(v) {
            finalize_one(v);
        }
    }
    while live.pop().is_some() {}
}

/// A collection has ended: asks the interpreter to run what it found.
pub fn after_collection() {
    let mirrors = crate::hooks::hooks().mirrors_dead.get();
    if rivet_heap::has_pending() || mirrors.is_some_and(|f| f()) {
        crate::gil::request(crate::gil::breaker::FINALIZE);
    }
}

/// Reports an exception nobody can handle (`sys.unraisablehook`).
pub fn unraisable(raised: Raised, object: Value) {
    let e = take(raised);
    if report(e, object).is_err() {
        crate::thread::current().take_pending();
    }
}

fn report(e: Value, object: Value) -> crate::exceptions::PyResult<()> {
    let tb = e
        .cast::<crate::exceptions::Exception>()
        .and_then(|x| x.traceback.get())
        .unwrap_or(Value::NONE);
    let sys = crate::import::import_module("sys")?;
    let Some(hook) = find_attr(sys, name!("unraisablehook"))? else {
        return Ok(());
    };
    let args = tuple::new(&[e.type_of().value(), e, tb, Value::NONE, object])?;
    let args = match find_attr(sys, name!("UnraisableHookArgs"))? {
        Some(class) => call(class, &[args])?,
        None => args,
    };
    call(hook, &[args]).map(|_| ())
}

/// Whether an exception is one that ends the program quietly (kept for `threading`).
pub fn is_system_exit(e: Value) -> bool {
    e.type_of().is_subtype(exc().system_exit)
}

/// A str for reports, empty if it cannot be made.
pub fn text_or_empty(text: &str) -> Value {
    str::new(text).unwrap_or(Value::NONE)
}
