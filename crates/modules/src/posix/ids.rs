//! Users, groups, sessions and priorities.

use rivet_vm::exceptions::{PyResult, os_error, overflow_error, type_error, value_error};
use rivet_vm::object::args::{Bound, check_count};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::list::List;
use rivet_vm::types::{int, tuple};
use rivet_vm::value::{Gc, Value};

use super::args::{fd, integer};
use crate::sysdep::ids;

/// A user's number; -1 stands for the one there is.
pub fn uid(v: Value) -> PyResult<u32> {
    number_of(v, "uid")
}

/// A group's number; -1 stands for the one there is.
pub fn gid(v: Value) -> PyResult<u32> {
    number_of(v, "gid")
}

fn number_of(v: Value, what: &str) -> PyResult<u32> {
    let t = v.type_of();
    if t.slots().index.is_none() {
        let t = t.name_string();
        return Err(type_error(format!("{what} should be integer, not {t}")));
    }
    let n = protocol::index(v)?;
    match int::to_i64(n) {
        Some(-1) => Ok(u32::MAX),
        Some(n) if (0..i64::from(u32::MAX)).contains(&n) => Ok(n as u32),
        None if protocol::compare_bool(n, Value::int(0), rivet_spec::CompareOp::Gt)? => {
            Err(overflow_error(format!("{what} is greater than maximum")))
        }
        _ => Err(overflow_error(format!("{what} is less than minimum"))),
    }
}

fn done(r: Result<i32, i32>) -> PyResult<Value> {
    r.map(|_| Value::NONE).map_err(|e| os_error(e, None, None))
}

fn answer(r: Result<i32, i32>) -> PyResult<Value> {
    r.map(|n| Value::int(n.into()))
        .map_err(|e| os_error(e, None, None))
}

fn at(a: &[Value], i: usize) -> PyResult<i32> {
    Ok(integer(a.get(i).copied())? as i32)
}

fn three(r: Result<[u32; 3], i32>) -> PyResult<Value> {
    let ids = r.map_err(|e| os_error(e, None, None))?;
    tuple::new(&ids.map(|n| Value::int(n.into())))
}

/// The functions of this room.
pub static METHODS: &[Method] = &[
    Method::one(
        "setuid",
        "($module, uid, /)",
        |_, v| done(ids::setuid(uid(v)?)),
        "Set the current process's user id.",
    ),
    Method::one(
        "setgid",
        "($module, gid, /)",
        |_, v| done(ids::setgid(gid(v)?)),
        "Set the current process's group id.",
    ),
    Method::one(
        "seteuid",
        "($module, euid, /)",
        |_, v| done(ids::seteuid(uid(v)?)),
        "Set the current process's effective user id.",
    ),
    Method::one(
        "setegid",
        "($module, egid, /)",
        |_, v| done(ids::setegid(gid(v)?)),
        "Set the current process's effective group id.",
    ),
    Method::fast(
        "setreuid",
        "($module, ruid, euid, /)",
        |_, a| {
            check_count("setreuid", a, 2, 2)?;
            done(ids::setreuid(uid(a[0])?, uid(a[1])?))
        },
        "Set the current process's real and effective user ids.",
    ),
    Method::fast(
        "setregid",
        "($module, rgid, egid, /)",
        |_, a| {
            check_count("setregid", a, 2, 2)?;
            done(ids::setregid(gid(a[0])?, gid(a[1])?))
        },
        "Set the current process's real and effective group ids.",
    ),
    Method::fast(
        "setresuid",
        "($module, ruid, euid, suid, /)",
        |_, a| {
            check_count("setresuid", a, 3, 3)?;
            done(ids::setresuid(uid(a[0])?, uid(a[1])?, uid(a[2])?))
        },
        "Set the current process's real, effective, and saved user ids.",
    ),
    Method::fast(
        "setresgid",
        "($module, rgid, egid, sgid, /)",
        |_, a| {
            check_count("setresgid", a, 3, 3)?;
            done(ids::setresgid(gid(a[0])?, gid(a[1])?, gid(a[2])?))
        },
        "Set the current process's real, effective, and saved group ids.",
    ),
    Method::noargs(
        "getresuid",
        |_| three(ids::getresuid()),
        "Return a tuple of the current process's real, effective, and saved user ids.",
    ),
    Method::noargs(
        "getresgid",
        |_| three(ids::getresgid()),
        "Return a tuple of the current process's real, effective, and saved group ids.",
    ),
    Method::noargs(
        "getgroups",
        getgroups,
        "Return list of supplemental group IDs for the process.",
    ),
    Method::one(
        "setgroups",
        "($module, groups, /)",
        setgroups,
        "Set the groups of the current process to list.",
    ),
    Method::noargs(
        "setsid",
        |_| done(ids::setsid()),
        "Call the system call setsid().",
    ),
    Method::one(
        "getsid",
        "($module, pid, /)",
        |_, v| answer(ids::getsid(at(&[v], 0)?)),
        "Call the system call getsid(pid) and return the result.",
    ),
    Method::bound(
        "getpgid",
        "($module, /, pid)",
        |_, a| answer(ids::getpgid(integer(a[0])? as i32)),
        "Call the system call getpgid(), and return the result.",
    ),
    Method::noargs(
        "getpgrp",
        |_| answer(ids::getpgrp()),
        "Return the current process group id.",
    ),
    Method::noargs(
        "setpgrp",
        |_| done(ids::setpgid(0, 0)),
        "Make the current process the leader of its process group.",
    ),
    Method::fast(
        "setpgid",
        "($module, pid, pgrp, /)",
        |_, a| {
            check_count("setpgid", a, 2, 2)?;
            done(ids::setpgid(at(a, 0)?, at(a, 1)?))
        },
        "Call the system call setpgid(pid, pgrp).",
    ),
    Method::fast(
        "killpg",
        "($module, pgid, signal, /)",
        |_, a| {
            check_count("killpg", a, 2, 2)?;
            done(ids::killpg(at(a, 0)?, at(a, 1)?))
        },
        "Kill a process group with a signal.",
    ),
    Method::one(
        "tcgetpgrp",
        "($module, fd, /)",
        |_, v| answer(ids::tcgetpgrp(fd(Some(v))?)),
        "Return the process group associated with the terminal specified by fd.",
    ),
    Method::fast(
        "tcsetpgrp",
        "($module, fd, pgid, /)",
        |_, a| {
            check_count("tcsetpgrp", a, 2, 2)?;
            done(ids::tcsetpgrp(fd(Some(a[0]))?, at(a, 1)?))
        },
        "Set the process group associated with the terminal specified by fd.",
    ),
    Method::one(
        "nice",
        "($module, increment, /)",
        |_, v| answer(ids::nice(at(&[v], 0)?)),
        "Add increment to the priority of process and return the new priority.",
    ),
    Method::bound(
        "getpriority",
        "($module, /, which, who)",
        getpriority,
        "Return program scheduling priority.",
    ),
    Method::bound(
        "setpriority",
        "($module, /, which, who, priority)",
        setpriority,
        "Set program scheduling priority.",
    ),
];

fn getgroups(_m: Value) -> PyResult<Value> {
    let list = List::new()?;
    for g in ids::getgroups().map_err(|e| os_error(e, None, None))? {
        list.append(Value::int(g.into()))?;
    }
    Ok(list.value())
}

fn setgroups(_m: Value, groups: Value) -> PyResult<Value> {
    if !protocol::is_sequence(groups) {
        return Err(type_error("setgroups argument must be a sequence"));
    }
    let mut list = Vec::new();
    for &g in protocol::collect(groups)?.as_slice() {
        list.push(gid(g)?);
    }
    done(ids::setgroups(&list))
}

fn getpriority(_m: Value, a: Bound) -> PyResult<Value> {
    answer(ids::getpriority(
        integer(a[0])? as u32,
        integer(a[1])? as u32,
    ))
}

fn setpriority(_m: Value, a: Bound) -> PyResult<Value> {
    let priority = integer(a[2])? as i32;
    done(ids::setpriority(
        integer(a[0])? as u32,
        integer(a[1])? as u32,
        priority,
    ))
}

/// The groups of a list; None for None.
pub fn groups(v: Value) -> PyResult<Option<Vec<u32>>> {
    let Some(v) = v.not_none() else {
        return Ok(None);
    };
    let list: Gc<List> = v
        .cast::<List>()
        .ok_or_else(|| type_error("setgroups argument must be a list"))?;
    let mut out = Vec::new();
    for &g in list.items() {
        match gid(g) {
            Ok(n) if n != u32::MAX => out.push(n),
            Ok(_) => return Err(value_error("invalid group id")),
            Err(raised) => {
                rivet_vm::exceptions::take(raised);
                return Err(value_error("invalid group id"));
            }
        }
    }
    Ok(Some(out))
}
