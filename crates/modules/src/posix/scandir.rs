//! `os.scandir`: its iterator and `os.DirEntry`.

use rivet_vm::exceptions::{PyResult, os_error};
use rivet_vm::object::args::Bound;
use rivet_vm::object::native::Native;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::types::module::Module;
use rivet_vm::types::{int, str};
use rivet_vm::value::{Gc, Root, Value};

use super::args::integer;
use super::dirs::read_dir;
use super::paths::{fspath, is_bytes, name_value, path_bytes};
use super::stat::stat_path;
use crate::sysdep::fs;
use crate::util::{make, nat, ty};

static DIR_ENTRY: Root = Root::new();
static SCANDIR: Root = Root::new();

/// Makes the types and shows `DirEntry` in the module.
pub fn add_types(m: Gc<Module>) -> PyResult<()> {
    make(&SCANDIR, &SCANDIR_SPEC, 2);
    m.add("DirEntry", make(&DIR_ENTRY, &DIR_ENTRY_SPEC, 3).value())
}

/// The functions of this room.
pub static METHODS: &[Method] = &[Method::bound(
    "scandir",
    "($module, /, path=None)",
    scandir,
    "Return an iterator of DirEntry objects for given path.",
)];

/// Entries yet to be given out.
struct Entries(std::cell::RefCell<std::vec::IntoIter<(Vec<u8>, u8, u64)>>);

/// What a directory entry knows without a system call.
struct Entry {
    kind: u8,
    inode: u64,
}

static SCANDIR_SPEC: TypeSpec = TypeSpec {
    methods: &[
        Method::noargs("__enter__", Ok, ""),
        Method::fast("__exit__", "", |v, _| close_scandir(v), ""),
        Method::noargs("close", close_scandir, ""),
    ],
    slots: |s| {
        s.iter = Some(Ok);
        s.next = Some(next_entry);
    },
    ..TypeSpec::named("posix.ScandirIterator")
};

fn close_scandir(v: Value) -> PyResult<Value> {
    if let Some(e) = v.cast::<Native>().and_then(|n| n.state::<Entries>()) {
        *e.0.borrow_mut() = Vec::new().into_iter();
    }
    Ok(Value::NONE)
}

fn scandir(_m: Value, a: Bound) -> PyResult<Value> {
    let entries = read_dir(a[0])?;
    let it = Native::with_state(
        ty(&SCANDIR),
        Entries(std::cell::RefCell::new(entries.into_iter())),
    )?;
    let path = match a[0].and_then(Value::not_none) {
        Some(p) if int::is_int(p) => p,
        Some(p) => fspath(p).unwrap_or(p),
        None => str::new(".")?,
    };
    it.put(0, path);
    Ok(it.value())
}

fn next_entry(v: Value) -> PyResult<Option<Value>> {
    let it = v.cast::<Native>().expect("a scandir iterator");
    let next = it.state::<Entries>().and_then(|e| e.0.borrow_mut().next());
    let Some((n, kind, inode)) = next else {
        return Ok(None);
    };
    let dir = it.get(0).unwrap_or(Value::NONE);
    let as_bytes = is_bytes(Some(dir));
    let e = Native::with_state(ty(&DIR_ENTRY), Entry { kind, inode })?;
    e.put(0, name_value(&n, as_bytes)?);
    // A directory given as a descriptor does not show in the path, but the system must find the file.
    let is_fd = int::is_int(dir);
    let mut path = if is_fd {
        format!("/proc/self/fd/{}", integer(Some(dir))?).into_bytes()
    } else {
        path_bytes(dir)?
    };
    if !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend(&n);
    let full = name_value(&path, as_bytes)?;
    e.put(
        1,
        if is_fd {
            name_value(&n, as_bytes)?
        } else {
            full
        },
    );
    e.put(2, full);
    Ok(Some(e.value()))
}

static DIR_ENTRY_SPEC: TypeSpec = TypeSpec {
    methods: &[
        Method::bound(
            "is_dir",
            "($self, /, *, follow_symlinks=True)",
            |v, a| entry_is(v, a, libc::DT_DIR, libc::S_IFDIR),
            "Return True if the entry is a directory; cached per entry.",
        ),
        Method::bound(
            "is_file",
            "($self, /, *, follow_symlinks=True)",
            |v, a| entry_is(v, a, libc::DT_REG, libc::S_IFREG),
            "Return True if the entry is a file; cached per entry.",
        ),
        Method::noargs(
            "is_symlink",
            |v| Ok(Value::bool(entry(v).kind == libc::DT_LNK)),
            "Return True if the entry is a symbolic link; cached per entry.",
        ),
        Method::bound(
            "stat",
            "($self, /, *, follow_symlinks=True)",
            |v, a| {
                let f = a[0].map_or(Ok(true), protocol::is_true)?;
                stat_path(nat(v).get(2), None, f)
            },
            "Return stat_result object for the entry; cached per entry.",
        ),
        Method::noargs(
            "inode",
            |v| Ok(int::from_u64(entry(v).inode)),
            "Return inode of the entry; cached per entry.",
        ),
        Method::noargs(
            "__fspath__",
            |v| Ok(nat(v).get(1).unwrap_or(Value::NONE)),
            "Returns the path for the entry.",
        ),
        rivet_vm::types::generic_alias::CLASS_GETITEM,
    ],
    getset: &[
        GetSet::new("name", |v| Ok(nat(v).get(0).unwrap_or(Value::NONE))),
        GetSet::new("path", |v| Ok(nat(v).get(1).unwrap_or(Value::NONE))),
    ],
    slots: |s| {
        s.repr = Some(|v| {
            let n = protocol::repr_string(nat(v).get(0).unwrap_or(Value::NONE))?;
            str::new(&format!("<DirEntry {n}>"))
        });
    },
    ..TypeSpec::named("posix.DirEntry")
};

fn entry<'a>(v: Value) -> &'a Entry {
    nat(v).state::<Entry>().expect("a directory entry")
}

fn entry_is(v: Value, a: Bound, kind: u8, bits: u32) -> PyResult<Value> {
    let follow = a[0].map_or(Ok(true), protocol::is_true)?;
    let known = entry(v).kind;
    if known != libc::DT_UNKNOWN && (known != libc::DT_LNK || !follow) {
        return Ok(Value::bool(known == kind));
    }
    let b = path_bytes(nat(v).get(2).unwrap_or(Value::NONE))?;
    match fs::stat(libc::AT_FDCWD, &b, follow) {
        Ok(s) => Ok(Value::bool(s.mode & libc::S_IFMT == bits)),
        Err(libc::ENOENT) => Ok(Value::FALSE),
        Err(e) => Err(os_error(e, nat(v).get(1), None)),
    }
}
