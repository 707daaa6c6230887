//! `OSError`: the constructor that picks the subclass for an errno, its fields and text.

use super::classes::{exc, member};
use super::methods::{args_of, init, or_none, state_of, str_of, this};
use super::{PyResult, attribute_error, type_error};
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::object::{Type, instance, protocol};
use crate::types::int;
use crate::types::str;
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, Value};

const ERRNO: usize = 0;
const STRERROR: usize = 1;
const FILENAME: usize = 2;
const FILENAME2: usize = 3;
const WRITTEN: usize = 4;

static METHODS: &[Method] = &[Method::noargs("__reduce__", reduce, "")];

static GETSET: &[GetSet] = &[GetSet::settable(
    "characters_written",
    get_written,
    set_written,
)];

/// `OSError`
pub(super) fn spec(plain: TypeSpec) -> TypeSpec {
    TypeSpec {
        members: const {
            &[
                member("errno", 0),
                member("strerror", 1),
                member("filename", 2),
                member("filename2", 3),
            ]
        },
        methods: METHODS,
        getset: GETSET,
        slots: |s| {
            s.new = Some(new);
            s.init = Some(init_os_error);
            s.str = Some(text);
        },
        ..plain
    }
}

/// The subclass for an errno.
fn class_for(errno: i64) -> Option<Gc<Type>> {
    let e = exc();
    Some(match i32::try_from(errno).ok()? {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => e.blocking_io_error,
        libc::EPIPE | libc::ESHUTDOWN => e.broken_pipe_error,
        libc::ECHILD => e.child_process_error,
        libc::ECONNABORTED => e.connection_aborted_error,
        libc::ECONNREFUSED => e.connection_refused_error,
        libc::ECONNRESET => e.connection_reset_error,
        libc::EEXIST => e.file_exists_error,
        libc::ENOENT => e.file_not_found_error,
        libc::EISDIR => e.is_a_directory_error,
        libc::ENOTDIR => e.not_a_directory_error,
        libc::EINTR => e.interrupted_error,
        libc::EACCES | libc::EPERM => e.permission_error,
        libc::ESRCH => e.process_lookup_error,
        libc::ETIMEDOUT => e.timeout_error,
        _ => return None,
    })
}

/// Whether `__init__` is to do the work: a subclass overrides it but not `__new__`.
fn by_init(ty: Gc<Type>) -> bool {
    let s = ty.slots();
    s.init.map(|f| f as usize) != Some(init_os_error as *const () as usize)
        && s.new.map(|f| f as usize) == Some(new as *const () as usize)
}

fn new(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let mut ty = ty;
    if !by_init(ty) {
        no_keywords(ty, kw)?;
        if ty == exc().os_error
            && (2..=5).contains(&args.len())
            && let Some(sub) = int::to_i64(args[0]).and_then(class_for)
        {
            ty = sub;
        }
    }
    let v = instance::allocate(ty, 0)?;
    let e = this(v);
    if by_init(ty) {
        e.set(&e.args, crate::runtime::empty_tuple().value());
    } else {
        fill(v, args)?;
    }
    Ok(v)
}

fn no_keywords(ty: Gc<Type>, kw: Option<Gc<Tuple>>) -> PyResult<()> {
    match kw {
        Some(k) if !k.is_empty() => Err(type_error(format!(
            "{}() takes no keyword arguments",
            ty.name_string()
        ))),
        _ => Ok(()),
    }
}

fn init_os_error(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let ty = v.type_of();
    if !by_init(ty) {
        return Ok(());
    }
    no_keywords(ty, kw)?;
    fill(v, args)
}

fn fill(v: Value, args: &[Value]) -> PyResult<()> {
    let e = this(v);
    if !(2..=5).contains(&args.len()) {
        return init(v, args, None);
    }
    e.set(e.field(ERRNO), args[0]);
    e.set(e.field(STRERROR), args[1]);
    let filename = args.get(2).copied().and_then(Value::not_none);
    let Some(filename) = filename else {
        return init(v, args, None);
    };
    let blocking = v.type_of().is_subtype(exc().blocking_io_error);
    if blocking && (int::is_int(filename) || filename.type_of().slots().index.is_some()) {
        e.set(
            e.field(WRITTEN),
            Value::int(protocol::as_isize(filename)? as i64),
        );
        return init(v, args, None);
    }
    e.set(e.field(FILENAME), filename);
    if let Some(second) = args.get(4).copied().and_then(Value::not_none) {
        e.set(e.field(FILENAME2), second);
    }
    init(v, &args[..2], None)
}

fn text(v: Value) -> PyResult<Value> {
    let e = this(v);
    let show = |i: usize| -> PyResult<String> {
        Ok(protocol::str(or_none(e.field(i)))?
            .to_string_lossy()
            .into_owned())
    };
    match (e.field(FILENAME).get(), e.field(FILENAME2).get()) {
        (Some(f), second) => {
            let mut t = format!(
                "[Errno {}] {}: {}",
                show(ERRNO)?,
                show(STRERROR)?,
                protocol::repr_string(f)?
            );
            if let Some(g) = second {
                t.push_str(&format!(" -> {}", protocol::repr_string(g)?));
            }
            str::new(&t)
        }
        _ if e.field(ERRNO).get().is_some() && e.field(STRERROR).get().is_some() => {
            str::new(&format!("[Errno {}] {}", show(ERRNO)?, show(STRERROR)?))
        }
        _ => str_of(v),
    }
}

fn get_written(v: Value) -> PyResult<Value> {
    this(v)
        .field(WRITTEN)
        .get()
        .ok_or_else(|| attribute_error("characters_written"))
}

fn set_written(v: Value, new: Option<Value>) -> PyResult<()> {
    let slot = this(v).field(WRITTEN);
    match new {
        Some(n) => this(v).set(slot, Value::int(protocol::as_isize(n)? as i64)),
        None if slot.get().is_some() => slot.clear(),
        None => return Err(attribute_error("characters_written")),
    }
    Ok(())
}

fn reduce(v: Value) -> PyResult<Value> {
    let e = this(v);
    let mut args = args_of(e)?;
    if let (2, Some(f)) = (args.len(), e.field(FILENAME).get()) {
        let (a, b) = (args.item(0), args.item(1));
        args = match e.field(FILENAME2).get() {
            Some(g) => Tuple::from_slice(&[a, b, f, Value::NONE, g])?,
            None => Tuple::from_slice(&[a, b, f])?,
        };
    }
    let (ty, args) = (v.type_of().value(), args.value());
    match state_of(v)? {
        Some(d) => tuple::new(&[ty, args, d.value()]),
        None => tuple::new(&[ty, args]),
    }
}
