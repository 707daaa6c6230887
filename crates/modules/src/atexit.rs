//! `atexit`: functions to run when the interpreter ends.

use rivet_vm::exceptions::{PyResult, type_error};
use rivet_vm::finalize::unraisable;
use rivet_vm::object::call::{call_kw, is_callable};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::list::{self, List};
use rivet_vm::types::module::Module;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, Root, Value};

/// Registered calls: tuples of function, arguments (keyword values last), keyword names.
static CALLS: Root = Root::new();

static METHODS: &[Method] = &[
    Method::fastkw(
        "register",
        "",
        register,
        "register(func, *args, **kwargs) -> func\n\nRegister a function to be executed upon normal program termination\n",
    ),
    Method::one(
        "unregister",
        "",
        unregister,
        "unregister(func) -> None\n\nUnregister an exit function which was previously registered using\natexit.register\n",
    ),
    Method::noargs(
        "_clear",
        |_| {
            calls()?.clear();
            Ok(Value::NONE)
        },
        "_clear() -> None\n\nClear the list of previously registered exit functions.",
    ),
    Method::noargs(
        "_run_exitfuncs",
        |_| run().map(|()| Value::NONE),
        "_run_exitfuncs() -> None\n\nRun all registered exit functions.",
    ),
    Method::noargs(
        "_ncallbacks",
        |_| Ok(Value::from_usize(calls()?.len())),
        "_ncallbacks() -> int\n\nReturn the number of registered exit functions.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)
}

fn calls() -> PyResult<Gc<List>> {
    if let Some(l) = CALLS.get().and_then(|v| v.cast::<List>()) {
        return Ok(l);
    }
    let l = list::new(&[])?;
    CALLS.set(l);
    calls()
}

fn register(_m: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let positional = args.len() - kw.map_or(0, |k| k.len());
    if positional == 0 {
        return Err(type_error("register() takes at least 1 argument (0 given)"));
    }
    if !is_callable(args[0]) {
        return Err(type_error("the first argument must be callable"));
    }
    let rest = tuple::new(&args[1..])?;
    let names = kw.map_or(Value::NONE, Gc::value);
    calls()?.append(tuple::new(&[args[0], rest, names])?)?;
    Ok(args[0])
}

fn unregister(_m: Value, f: Value) -> PyResult<Value> {
    let l = calls()?;
    let mut i = 0;
    while let Some(entry) = l.get(i).and_then(|e| e.cast::<Tuple>()) {
        if protocol::equal(entry.item(0), f)? {
            l.remove(i);
        } else {
            i += 1;
        }
    }
    Ok(Value::NONE)
}

/// Runs the registered calls, last first; each is taken off the list before it runs.
pub fn run() -> PyResult<()> {
    let l = calls()?;
    while let Some(entry) = l
        .len()
        .checked_sub(1)
        .map(|i| l.remove(i))
        .and_then(|e| e.cast::<Tuple>())
    {
        let args = entry.item(1).cast::<Tuple>().map_or(&[][..], |t| t.items());
        if let Err(raised) = call_kw(entry.item(0), args, entry.item(2).cast::<Tuple>()) {
            unraisable(raised, entry.item(0));
        }
    }
    Ok(())
}
