//! Constants of the module beside those of the system's headers: exit statuses, what the platform has.

use rivet_vm::exceptions::PyResult;
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::types::str;
use rivet_vm::value::{Gc, Value};

use crate::sysdep::fs;

/// What `os` finds in `_have_functions`, from which it makes `supports_dir_fd` and its sisters.
const HAVE: &[&str] = &[
    "HAVE_FACCESSAT",
    "HAVE_FCHDIR",
    "HAVE_FCHMOD",
    "HAVE_FDOPENDIR",
    "HAVE_FSTATAT",
    "HAVE_LSTAT",
    "HAVE_MKDIRAT",
    "HAVE_OPENAT",
    "HAVE_UNLINKAT",
    "HAVE_FTRUNCATE",
    "HAVE_FUTIMENS",
    "HAVE_UTIMENSAT",
];

/// `sysexits.h`, numbered from 64 (which the libc crate does not carry).
const EXIT_STATUSES: &[&str] = &[
    "EX_USAGE",
    "EX_DATAERR",
    "EX_NOINPUT",
    "EX_NOUSER",
    "EX_NOHOST",
    "EX_UNAVAILABLE",
    "EX_SOFTWARE",
    "EX_OSERR",
    "EX_OSFILE",
    "EX_CANTCREAT",
    "EX_IOERR",
    "EX_TEMPFAIL",
    "EX_PROTOCOL",
    "EX_NOPERM",
    "EX_CONFIG",
];

/// Puts the constants into the module.
pub fn add(m: Gc<Module>) -> PyResult<()> {
    let have = List::new()?;
    for name in HAVE {
        have.append(str::new(name)?)?;
    }
    m.add("_have_functions", have.value())?;
    m.add("EX_OK", Value::int(0))?;
    for (i, name) in EXIT_STATUSES.iter().enumerate() {
        m.add(name, Value::from_usize(64 + i))?;
    }
    for &(name, value) in fs::CONSTANTS {
        m.add(name, Value::int(value))?;
    }
    Ok(())
}
