//! `FileIO`: an unbuffered binary stream over a file descriptor.

use std::cell::Cell;

use rivet_vm::builtins::warnings;
use rivet_vm::exceptions::{
    PyResult, Raised, exc, os_error, restore, take, type_error, value_error,
};
use rivet_vm::finalize::unraisable;
use rivet_vm::name;
use rivet_vm::object::args::check_count;
use rivet_vm::object::attr::{find_attr, set_attr};
use rivet_vm::object::call::call;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, instance, protocol};
use rivet_vm::types::bytes::{self, Bytes};
use rivet_vm::types::int;
use rivet_vm::types::memoryview::{with_bytes, with_bytes_mut};
use rivet_vm::types::str::builder::StrBuilder;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Value, collect_now};

use super::base::{self, errno_error};
use super::util::{
    Chained, int_arg, is_exactly, none, offset_arg, repr_once, set_flag, size_arg, system,
    unsupported, zeros,
};
use crate::sysdep::fs;
use crate::util::{alloc, bind, nat, ty};

/// The state of a `FileIO`.
pub(super) struct File {
    pub(super) fd: Cell<i32>,
    created: Cell<bool>,
    pub(super) readable: Cell<bool>,
    pub(super) writable: Cell<bool>,
    appending: Cell<bool>,
    /// Once known.
    seekable: Cell<Option<bool>>,
    closefd: Cell<bool>,
    finalizing: Cell<bool>,
    pub(super) block_size: Cell<i64>,
}

const DEFAULT_BLOCK: i64 = super::DEFAULT_BUFFER_SIZE as i64;

/// No more than this is asked of the system at once.
const MOST: usize = 0x7fff_f000;

const INIT: &str = "(file, mode='r', closefd=True, opener=None)";

pub(super) static SPEC: TypeSpec = TypeSpec {
    doc: "A raw stream over a file, given by its name or its descriptor.",
    signature: INIT,
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: METHODS,
    getset: &[
        GetSet::new("closed", |v| Ok(Value::bool(file(v).fd.get() < 0)))
            .doc("True if the file is closed"),
        GetSet::new("closefd", |v| Ok(Value::bool(file(v).closefd.get())))
            .doc("Whether close() closes the descriptor."),
        GetSet::new("mode", |v| str::new(mode_text(file(v)))).doc("The mode it was opened with."),
        GetSet::settable(
            "_blksize",
            |v| Ok(Value::int(file(v).block_size.get())),
            |v, n| {
                let n = n.ok_or_else(|| type_error("can't delete numeric/char attribute"))?;
                file(v).block_size.set(int_arg(n)?.into());
                Ok(())
            },
        ),
        GetSet::settable(
            "_finalizing",
            |v| Ok(Value::bool(file(v).finalizing.get())),
            |v, x| set_flag(&file(v).finalizing, x),
        ),
    ],
    slots: |s| {
        s.new = Some(|ty, _, _| new_of(ty));
        s.init = Some(init);
        s.repr = Some(repr);
    },
    ..TypeSpec::named("_io.FileIO")
};

static METHODS: &[Method] = &[
    Method::fast(
        "read",
        "($self, size=-1, /)",
        read,
        "At most so many bytes, with one system call; everything if negative. None if there is nothing yet.",
    ),
    Method::noargs("readall", read_all, "Reads until end of file."),
    Method::one(
        "readinto",
        "($self, buffer, /)",
        read_into,
        "Reads into a writable buffer; gives the number of bytes.",
    ),
    Method::one(
        "write",
        "($self, b, /)",
        write,
        "Writes with one system call; gives the number of bytes written, None if none could be.",
    ),
    Method::fast(
        "seek",
        "($self, pos, whence=0, /)",
        |v, a| {
            check_count("seek", a, 1, 2)?;
            let f = open_file(v)?;
            let how = a.get(1).map_or(Ok(0), |&w| int_arg(w))?;
            Ok(Value::int(f.seek(offset_arg(a[0])?, how)?))
        },
        "Moves the position; gives the new one.",
    ),
    Method::noargs(
        "tell",
        |v| Ok(Value::int(open_file(v)?.seek(0, libc::SEEK_CUR)?)),
        "The current position.",
    ),
    Method::fast(
        "truncate",
        "($self, size=None, /)",
        truncate,
        "Sets the size of the file, by default to the current position; the position stays.",
    ),
    Method::noargs(
        "close",
        close,
        "Closes the file; no effect if already closed.",
    ),
    Method::noargs(
        "seekable",
        |v| Ok(Value::bool(open_file(v)?.is_seekable())),
        "Whether the position can be set.",
    ),
    Method::noargs(
        "readable",
        |v| Ok(Value::bool(open_file(v)?.readable.get())),
        "Whether the file was opened for reading.",
    ),
    Method::noargs(
        "writable",
        |v| Ok(Value::bool(open_file(v)?.writable.get())),
        "Whether the file was opened for writing.",
    ),
    Method::noargs(
        "fileno",
        |v| Ok(Value::int(open_file(v)?.fd.get().into())),
        "The file descriptor.",
    ),
    Method::noargs(
        "isatty",
        |v| {
            let fd = open_file(v)?.fd.get();
            Ok(Value::bool(fs::isatty(fd)))
        },
        "Whether this is a terminal.",
    ),
    Method::one(
        "_dealloc_warn",
        "",
        |v, source| none(warn_unclosed(v, source)),
        "",
    ),
];

fn new_of(ty: Gc<Type>) -> PyResult<Value> {
    let n = alloc(ty)?;
    n.set_state(File::new());
    Ok(n.value())
}

/// A `FileIO` to be set up.
pub(super) fn new() -> PyResult<Value> {
    new_of(ty(&super::FILE_IO))
}

/// The state of a `FileIO` object.
pub(super) fn file<'a>(v: Value) -> &'a File {
    nat(v).state::<File>().expect("set by new")
}

/// "I/O operation on closed file"
fn closed_error() -> Raised {
    value_error("I/O operation on closed file")
}

fn open_file<'a>(v: Value) -> PyResult<&'a File> {
    let f = file(v);
    if f.fd.get() < 0 {
        return Err(closed_error());
    }
    Ok(f)
}

fn readable_file<'a>(v: Value) -> PyResult<&'a File> {
    let f = open_file(v)?;
    if !f.readable.get() {
        return Err(unsupported("File not open for reading"));
    }
    Ok(f)
}

fn writable_file<'a>(v: Value) -> PyResult<&'a File> {
    let f = open_file(v)?;
    if !f.writable.get() {
        return Err(unsupported("File not open for writing"));
    }
    Ok(f)
}

impl File {
    fn new() -> File {
        File {
            fd: Cell::new(-1),
            created: Cell::new(false),
            readable: Cell::new(false),
            writable: Cell::new(false),
            appending: Cell::new(false),
            seekable: Cell::new(None),
            closefd: Cell::new(true),
            finalizing: Cell::new(false),
            block_size: Cell::new(DEFAULT_BLOCK),
        }
    }

    /// `lseek`; notes whether it works at all.
    pub(super) fn seek(&self, at: i64, how: i32) -> PyResult<i64> {
        let fd = self.fd.get();
        let r = rivet_vm::gil::allow_threads(|| fs::lseek(fd, at, how));
        if self.seekable.get().is_none() {
            self.seekable.set(Some(r.is_ok()));
        }
        r.map_err(errno_error)
    }

    pub(super) fn is_seekable(&self) -> bool {
        if self.seekable.get().is_none() {
            let ok = fs::lseek(self.fd.get(), 0, libc::SEEK_CUR).is_ok();
            self.seekable.set(Some(ok));
        }
        self.seekable.get() == Some(true)
    }

    /// How much memory a `read` of `n` bytes needs at most: a file gives no more than it has.
    fn room_for(&self, n: usize) -> usize {
        const ENOUGH: usize = 1 << 20;
        if n <= ENOUGH {
            return n;
        }
        let fd = self.fd.get();
        let size = fs::fstat(fd).map_or(0, |s| s.size);
        let pos = fs::lseek(fd, 0, libc::SEEK_CUR).unwrap_or(0);
        let left = usize::try_from(size.saturating_sub(pos)).unwrap_or(0);
        n.min(MOST).min(left.saturating_add(1).max(ENOUGH))
    }

    /// One `read` into `buf`; None if there is nothing yet.
    pub(super) fn read_some(&self, buf: &mut [u8]) -> PyResult<Option<usize>> {
        let fd = self.fd.get();
        let n = buf.len().min(MOST);
        would_block(system(|| fs::read(fd, &mut buf[..n]))?)
    }

    /// One `write`; None if nothing could be written.
    pub(super) fn write_some(&self, data: &[u8]) -> PyResult<Option<usize>> {
        let fd = self.fd.get();
        let n = data.len().min(MOST);
        would_block(system(|| fs::write(fd, &data[..n]))?)
    }

    /// Everything to the end; None if there is nothing yet.
    pub(super) fn read_rest(&self) -> PyResult<Option<Vec<u8>>> {
        let fd = self.fd.get();
        let (end, pos) = rivet_vm::gil::allow_threads(|| {
            (
                fs::fstat(fd).map_or(0, |s| s.size),
                fs::lseek(fd, 0, libc::SEEK_CUR).unwrap_or(-1),
            )
        });
        let mut out = Vec::new();
        if end > 0 && pos >= 0 && end >= pos && end - pos < i64::MAX / 2 {
            // One byte more, so that the end of the file is seen.
            reserve(&mut out, (end - pos) as usize + 1)?;
        }
        loop {
            if out.len() == out.capacity() {
                let more = if out.len() > 65536 { out.len() / 4 } else { 0 };
                reserve(&mut out, more.max(super::DEFAULT_BUFFER_SIZE))?;
            }
            let have = out.len();
            let room = (out.capacity() - have).min(MOST);
            out.resize(have + room, 0);
            let got = self.read_some(&mut out[have..]);
            let n = got.as_ref().ok().copied().flatten().unwrap_or(0);
            out.truncate(have + n);
            match got? {
                None if have == 0 => return Ok(None),
                None | Some(0) => return Ok(Some(out)),
                Some(_) => {}
            }
        }
    }
}

fn reserve(v: &mut Vec<u8>, n: usize) -> PyResult<()> {
    v.try_reserve_exact(n)
        .map_err(|_| rivet_vm::exceptions::no_memory())
}

fn would_block(r: Result<usize, i32>) -> PyResult<Option<usize>> {
    match r {
        Ok(n) => Ok(Some(n)),
        Err(libc::EAGAIN) => Ok(None),
        Err(e) => Err(errno_error(e)),
    }
}

fn mode_text(f: &File) -> &'static str {
    let plus = f.readable.get();
    match (f.created.get(), f.appending.get(), plus, f.writable.get()) {
        (true, _, false, _) => "xb",
        (true, _, true, _) => "xb+",
        (_, true, false, _) => "ab",
        (_, true, true, _) => "ab+",
        (_, _, true, true) => "rb+",
        (_, _, true, false) => "rb",
        _ => "wb",
    }
}

/// Sets the file up for a mode; gives the flags for `open`.
fn set_mode(f: &File, mode: &str) -> PyResult<i32> {
    let bad = || {
        value_error("Must have exactly one of create/read/write/append mode and at most one plus")
    };
    let (mut flags, mut main, mut plus) = (0, false, false);
    for c in mode.chars() {
        match c {
            'x' | 'r' | 'w' | 'a' if main => return Err(bad()),
            'r' => f.readable.set(true),
            'x' => {
                f.created.set(true);
                f.writable.set(true);
                flags |= libc::O_EXCL | libc::O_CREAT;
            }
            'w' => {
                f.writable.set(true);
                flags |= libc::O_CREAT | libc::O_TRUNC;
            }
            'a' => {
                f.appending.set(true);
                f.writable.set(true);
                flags |= libc::O_APPEND | libc::O_CREAT;
            }
            'b' => continue,
            '+' if plus => return Err(bad()),
            '+' => {
                plus = true;
                continue;
            }
            _ => return Err(value_error(format!("invalid mode: {mode}"))),
        }
        main = true;
    }
    if !main {
        return Err(bad());
    }
    if plus {
        f.readable.set(true);
        f.writable.set(true);
    }
    flags |= match (f.readable.get(), f.writable.get()) {
        (true, true) => libc::O_RDWR,
        (true, false) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    Ok(flags | libc::O_CLOEXEC)
}

fn init(v: Value, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<()> {
    let a = bind(INIT, "FileIO", args, kw)?;
    let mode = match a[1] {
        None => "r".to_owned(),
        Some(m) => match m.cast::<Str>() {
            Some(s) if s.chars().iter().any(|c| c == 0) => {
                return Err(value_error("embedded null character"));
            }
            Some(s) => s.to_string_lossy().into_owned(),
            None => {
                return Err(type_error(format!(
                    "FileIO() argument 'mode' must be str, not {}",
                    super::util::type_or_none(m)
                )));
            }
        },
    };
    let closefd = a[2].map_or(Ok(true), protocol::is_true)?;
    let opener = a[3].and_then(Value::not_none);
    setup(v, a[0].unwrap_or(Value::NONE), &mode, closefd, opener)
}

/// `FileIO.__init__`
pub(super) fn setup(
    v: Value,
    name: Value,
    mode: &str,
    closefd: bool,
    opener: Option<Value>,
) -> PyResult<()> {
    let f = file(v);
    if f.fd.get() >= 0 {
        if f.closefd.get() {
            close_descriptor(f)?;
        } else {
            f.fd.set(-1);
        }
    }
    let given = descriptor_given(name)?;
    for flag in [&f.created, &f.readable, &f.writable, &f.appending] {
        flag.set(false);
    }
    f.seekable.set(None);
    f.closefd.set(closefd);
    let flags = set_mode(f, mode)?;
    let own = given.is_none();
    f.fd.set(match given {
        Some(fd) => fd,
        None if !closefd => return Err(value_error("Cannot use closefd=False with file name")),
        None => match opener {
            Some(opener) => open_by(opener, name, flags)?,
            None => open_path(name, flags)?,
        },
    });
    if let Err(raised) = examine(v, f, name) {
        if !own {
            f.fd.set(-1);
        } else if f.fd.get() >= 0 {
            let e = take(raised);
            if let Err(second) = close_descriptor(f) {
                let _ = take(second);
            }
            return Err(restore(e));
        }
        return Err(raised);
    }
    Ok(())
}

/// A descriptor given instead of a name.
fn descriptor_given(name: Value) -> PyResult<Option<i32>> {
    if name.cast::<Str>().is_some() || name.cast::<Bytes>().is_some() {
        return Ok(None);
    }
    if int::is_int(name) || name.type_of().slots().index.is_some() {
        match int_arg(name) {
            Ok(fd) if fd < 0 => return Err(value_error("negative file descriptor")),
            Ok(fd) => return Ok(Some(fd)),
            Err(raised) => {
                let _ = take(raised);
            }
        }
    }
    Ok(None)
}

fn open_by(opener: Value, name: Value, flags: i32) -> PyResult<i32> {
    let r = call(opener, &[name, Value::int(flags.into())])?;
    if !int::is_int(r) {
        return Err(type_error("expected integer from opener"));
    }
    let fd = int_arg(r)?;
    if fd < 0 {
        return Err(value_error(format!("opener returned {fd}")));
    }
    fs::set_inheritable(fd, false).map_err(errno_error)?;
    Ok(fd)
}

/// Opens by name. If there are no descriptors left, those of files that are already garbage are got back first.
fn open_path(name: Value, flags: i32) -> PyResult<i32> {
    let path = crate::posix::path_bytes(name)?;
    let open = || system(|| fs::open(libc::AT_FDCWD, &path, flags, 0o666));
    let mut r = open()?;
    if matches!(r, Err(libc::EMFILE | libc::ENFILE)) {
        collect_now(true);
        rivet_vm::finalize::run_pending();
        r = open()?;
    }
    r.map_err(|e| os_error(e, Some(name), None))
}

/// What the descriptor is; the name; where an appending file begins to write.
fn examine(v: Value, f: &File, name: Value) -> PyResult<()> {
    let fd = f.fd.get();
    f.block_size.set(DEFAULT_BLOCK);
    match rivet_vm::gil::allow_threads(|| fs::fstat(fd)) {
        Err(libc::EBADF) => return Err(errno_error(libc::EBADF)),
        Err(_) => {}
        Ok(s) if s.mode & libc::S_IFMT == libc::S_IFDIR => {
            return Err(os_error(libc::EISDIR, Some(name), None));
        }
        Ok(s) if s.blksize > 1 => f.block_size.set(s.blksize),
        Ok(_) => {}
    }
    set_attr(v, name!("name"), Some(name))?;
    if f.appending.get() {
        match fs::lseek(fd, 0, libc::SEEK_END) {
            Ok(_) => f.seekable.set(Some(true)),
            Err(libc::ESPIPE) => f.seekable.set(Some(false)),
            Err(e) => return Err(errno_error(e)),
        }
    }
    Ok(())
}

fn repr(v: Value) -> PyResult<Value> {
    let (f, t) = (file(v), v.type_of().name_string());
    let fd = f.fd.get();
    if fd < 0 {
        return str::new(&format!("<{t} [closed]>"));
    }
    let tail = format!(
        "mode='{}' closefd={}>",
        mode_text(f),
        if f.closefd.get() { "True" } else { "False" }
    );
    match find_attr(v, name!("name"))? {
        None => str::new(&format!("<{t} fd={fd} {tail}")),
        Some(n) => {
            let n = repr_once(v, n)?;
            let mut out = StrBuilder::new();
            out.push_text(&format!("<{t} name="));
            out.push_chars(n.chars());
            out.push_text(&format!(" {tail}"));
            out.value()
        }
    }
}

fn read(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("read", args, 0, 1)?;
    let f = readable_file(v)?;
    let n = size_arg(args.first().copied())?;
    if n < 0 {
        return read_all(v);
    }
    let mut buf = zeros(f.room_for(n as usize))?;
    Ok(match f.read_some(&mut buf)? {
        None => Value::NONE,
        Some(n) => bytes::new(&buf[..n])?,
    })
}

pub(super) fn read_all(v: Value) -> PyResult<Value> {
    match readable_file(v)?.read_rest()? {
        None => Ok(Value::NONE),
        Some(data) => bytes::new(&data),
    }
}

fn read_into(v: Value, buffer: Value) -> PyResult<Value> {
    let f = readable_file(v)?;
    let fd = f.fd.get();
    // Signal handlers run between the attempts, when nothing is borrowed.
    loop {
        let r = with_bytes_mut(buffer, "readinto() argument", |b| {
            rivet_vm::gil::allow_threads(|| fs::read(fd, b))
        })?;
        match r {
            Err(libc::EINTR) => rivet_vm::signals::run_pending()?,
            r => {
                let n = would_block(r)?;
                rivet_vm::signals::run_pending()?;
                return Ok(n.map_or(Value::NONE, Value::from_usize));
            }
        }
    }
}

fn write(v: Value, data: Value) -> PyResult<Value> {
    let f = writable_file(v)?;
    if data.cast::<Str>().is_some() {
        return Err(type_error("a bytes-like object is required, not 'str'"));
    }
    let fd = f.fd.get();
    loop {
        let r = with_bytes(data, |b| {
            let b = &b[..b.len().min(MOST)];
            rivet_vm::gil::allow_threads(|| fs::write(fd, b))
        })?;
        match r {
            Err(libc::EINTR) => rivet_vm::signals::run_pending()?,
            r => {
                let n = would_block(r)?;
                rivet_vm::signals::run_pending()?;
                return Ok(n.map_or(Value::NONE, Value::from_usize));
            }
        }
    }
}

fn truncate(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("truncate", args, 0, 1)?;
    let f = writable_file(v)?;
    let fd = f.fd.get();
    let size = match args.first().copied().and_then(Value::not_none) {
        Some(n) => n,
        None => Value::int(f.seek(0, libc::SEEK_CUR)?),
    };
    let n = offset_arg(size)?;
    system(|| fs::ftruncate(fd, n))?.map_err(errno_error)?;
    Ok(size)
}

fn close_descriptor(f: &File) -> PyResult<()> {
    let fd = f.fd.replace(-1);
    if fd < 0 {
        return Ok(());
    }
    rivet_vm::gil::allow_threads(|| fs::close(fd)).map_err(errno_error)
}

fn close(v: Value) -> PyResult<Value> {
    let f = file(v);
    let mut chain = Chained::new();
    chain.run(|| base::close(v));
    if !f.closefd.get() {
        f.fd.set(-1);
        return none(chain.finish());
    }
    if f.finalizing.get()
        && let Err(raised) = warn_unclosed(v, v)
    {
        let _ = take(raised);
    }
    chain.run(|| close_descriptor(f));
    none(chain.finish())
}

/// ResourceWarning about a file that nobody closed.
fn warn_unclosed(v: Value, source: Value) -> PyResult<()> {
    let f = file(v);
    if f.fd.get() < 0 || !f.closefd.get() {
        return Ok(());
    }
    if let Err(raised) = warnings::unclosed(source) {
        let e = take(raised);
        if e.type_of().is_subtype(exc().warning) {
            unraisable(restore(e), v);
        }
    }
    Ok(())
}

/// Whether this is a plain `FileIO` whose method `name` nobody replaced, so that the call may be left out.
pub(super) fn is_plain(v: Value, name: Gc<Str>) -> bool {
    is_exactly(v, ty(&super::FILE_IO)) && instance::get(v, name).is_none()
}
