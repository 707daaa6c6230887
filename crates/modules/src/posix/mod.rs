//! `posix`: the system interface behind `os`. One file per kind of thing the system offers; the calls
//! themselves are in `sysdep/`.

mod args;
mod constants;
mod dirs;
mod env;
mod fds;
mod files;
mod fork;
pub mod ids;
mod machine;
mod paths;
mod process;
mod scandir;
mod stat;
mod system;
mod wait;

use rivet_vm::exceptions::PyResult;
use rivet_vm::object::spec::Method;
use rivet_vm::types::module::Module;
use rivet_vm::value::Gc;

pub use self::fork::{after_fork_in_child, after_fork_in_parent, before_fork};
pub use self::paths::{fs_str, fspath, path_bytes};

static ROOMS: &[&[Method]] = &[
    stat::METHODS,
    dirs::METHODS,
    scandir::METHODS,
    files::METHODS,
    fds::METHODS,
    env::METHODS,
    process::METHODS,
    process::IDS,
    ids::METHODS,
    fork::METHODS,
    wait::METHODS,
    machine::METHODS,
    system::METHODS,
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    for methods in ROOMS {
        m.add_functions(methods)?;
    }
    stat::add_types(m)?;
    fds::add_types(m)?;
    machine::add_types(m)?;
    system::add_types(m)?;
    scandir::add_types(m)?;
    m.add("error", rivet_vm::exceptions::exc().os_error.value())?;
    env::add_environ(m)?;
    constants::add(m)
}
