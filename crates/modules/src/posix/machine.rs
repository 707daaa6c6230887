//! The machine and the system: its name, times, processors, randomness, error texts.

use rivet_vm::exceptions::{PyResult, os_error, value_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::module::Module;
use rivet_vm::types::set::Set;
use rivet_vm::types::{bytes, str};
use rivet_vm::value::{Gc, RVec, Root, Value};

use super::args::integer;
use crate::structseq;
use crate::sysdep::{fs, random_bytes};

static UNAME_RESULT: Root = Root::new();
static TIMES_RESULT: Root = Root::new();

/// Fields of `uname`'s result.
const UNAME_FIELDS: &[&str] = &["sysname", "nodename", "release", "version", "machine"];

/// Fields of `times`'s result.
const TIMES_FIELDS: &[&str] = &[
    "user",
    "system",
    "children_user",
    "children_system",
    "elapsed",
];

/// Makes the types of results and shows them in the module.
pub fn add_types(m: Gc<Module>) -> PyResult<()> {
    for (root, name, fields) in [
        (&UNAME_RESULT, "posix.uname_result", UNAME_FIELDS),
        (&TIMES_RESULT, "posix.times_result", TIMES_FIELDS),
    ] {
        let ty = structseq::make(name, fields, fields.len())?;
        root.set(ty.value());
        m.add_type(ty)?;
    }
    Ok(())
}

/// The functions of this room.
pub static METHODS: &[Method] = &[
    Method::one(
        "strerror",
        "($module, code, /)",
        |_, c| str::new(&fs::strerror(integer(Some(c))? as i32)),
        "Translate an error code to a message string.",
    ),
    Method::one(
        "urandom",
        "($module, size, /)",
        urandom,
        "Return a bytes object containing random bytes suitable for cryptographic use.",
    ),
    Method::fast(
        "getrandom",
        "($module, /, size, flags=0)",
        |m, a| urandom(m, a.first().copied().unwrap_or(Value::NONE)),
        "Obtain a series of random bytes.",
    ),
    Method::noargs(
        "uname",
        uname,
        "Return an object identifying the current operating system.",
    ),
    Method::noargs(
        "times",
        times,
        "Return a collection containing process timing information.",
    ),
    Method::noargs(
        "cpu_count",
        |_| {
            Ok(Value::from_usize(
                std::thread::available_parallelism().map_or(1, usize::from),
            ))
        },
        "Return the number of CPUs in the system; return None if indeterminable.",
    ),
    Method::noargs(
        "getlogin",
        |_| Err(os_error(libc::ENXIO, None, None)),
        "Return the actual login name.",
    ),
    Method::fast(
        "sched_getaffinity",
        "($module, pid, /)",
        |_, _| {
            let s = Set::new()?;
            for i in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                s.add(Value::from_usize(i))?;
            }
            Ok(s.value())
        },
        "Return the affinity of the process identified by pid.",
    ),
    Method::noargs(
        "sched_yield",
        |_| {
            allow_threads(std::thread::yield_now);
            Ok(Value::NONE)
        },
        "Voluntarily relinquish the CPU.",
    ),
];

fn urandom(_m: Value, n: Value) -> PyResult<Value> {
    let n = protocol::as_isize(n)?;
    if n < 0 {
        return Err(value_error("negative argument not allowed"));
    }
    let mut b = vec![0; n as usize];
    random_bytes(&mut b);
    bytes::new(&b)
}

fn uname(_m: Value) -> PyResult<Value> {
    let mut v = RVec::new();
    for s in fs::uname() {
        v.push(str::new(&s)?)?;
    }
    structseq::new(&UNAME_RESULT, &v)
}

fn times(_m: Value) -> PyResult<Value> {
    structseq::new(&TIMES_RESULT, &fs::times().map(Value::float))
}
