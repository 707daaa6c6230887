//! The standard library modules that CPython has in C, one file each. Knows the object model; nothing of
//! the JIT or of C.

pub mod abc;
pub mod ast_nodes;
mod ast_objects;
mod ast_source;
pub mod atexit;
pub mod binascii;
pub mod bytecode_home;
pub mod codecs;
pub mod collections;
pub mod contextvars;
pub mod deque;
pub mod errno;
pub mod functools;
pub mod gc;
pub mod hashes;
pub mod heapq;
pub mod imp;
pub mod io;
pub mod itertools;
pub mod locale_of_process;
pub mod marshal;
pub mod math;
mod math_special;
pub mod namespace;
pub mod operator;
mod ordered_dict;
pub mod posix;
pub mod posixsubprocess;
pub mod pwd;
pub mod random;
pub mod signal;
pub mod sre;
pub mod structs;
pub mod structseq;
pub mod stubs;
mod suggestions;
mod symtable;
pub mod sys;
mod sysdep;
pub mod thread;
pub mod time;
pub mod tokenize;
mod util;
pub mod warnings;
pub mod weakref;

use rivet_vm::import::builtin::register;

/// Puts the process into the state programs expect; to be called before anything opens a file.
pub fn prepare_process() {
    sysdep::startup::prepare();
}

/// Declares all modules to the import system.
pub fn register_all() {
    structseq::install();
    register("_abc", abc::init);
    register("_blake2", hashes::init_blake2);
    register("_imp", imp::init);
    register("_md5", hashes::init_md5);
    register("_sha1", hashes::init_sha1);
    register("_sha256", hashes::init_sha256);
    register("_sha3", hashes::init_sha3);
    register("_sha512", hashes::init_sha512);
    register("_thread", thread::init);
    register("_warnings", warnings::init);
    register("_weakref", weakref::init);
    register("atexit", atexit::init);
    register("errno", errno::init);
    register("gc", gc::init);
    register("_codecs", codecs::init);
    register("marshal", marshal::init);
    register("_io", io::init);
    register("posix", posix::init);
    register("_posixsubprocess", posixsubprocess::init);
    register("sys", sys::init);
    register("_operator", operator::init);
    register("itertools", itertools::init);
    register("_functools", functools::init);
    register("_collections", collections::init);
    register("_string", |m| {
        m.add_functions(rivet_vm::types::str::format::STRING_MODULE)
    });
    register("_sre", sre::init);
    register("math", math::init);
    register("_random", random::init);
    register("_signal", signal::init);
    register("pwd", pwd::init);
    register("_symtable", symtable::init);
    register("_tracemalloc", stubs::tracemalloc);
    register("faulthandler", stubs::faulthandler);
    register("_opcode", stubs::opcode);
    register("_locale", stubs::locale);
    register("_struct", structs::init);
    register("_heapq", heapq::init);
    register("_bisect", heapq::init_bisect);
    register("_contextvars", contextvars::init);
    register("_ast", ast_nodes::init);
    rivet_vm::builtins::compile::install_trees(ast_objects::parse, ast_source::compile);
    register("binascii", binascii::init);
    register("time", time::init);
    register("_tokenize", tokenize::init);
}
