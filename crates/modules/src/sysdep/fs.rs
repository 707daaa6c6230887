//! File and process system calls. Errors are errno values; paths are bytes without NUL.

use std::ffi::{CStr, CString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

type R<T> = Result<T, i32>;

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn c(path: &[u8]) -> R<CString> {
    CString::new(path).map_err(|_| libc::EINVAL)
}

fn check(r: i32) -> R<i32> {
    if r < 0 { Err(errno()) } else { Ok(r) }
}

fn unit(r: i32) -> R<()> {
    check(r).map(|_| ())
}

macro_rules! plain {
    ($($name:ident -> $t:ty;)*) => {$(
        #[doc = stringify!($name)]
        pub fn $name() -> $t {
            // SAFETY: a plain query.
            unsafe { libc::$name() }
        }
    )*};
}

plain! {
    getpid -> i32;
    getppid -> i32;
    getuid -> u32;
    geteuid -> u32;
    getgid -> u32;
    getegid -> u32;
}

/// The interesting fields of `struct stat`; times in nanoseconds.
#[allow(missing_docs)]
pub struct Stat {
    pub mode: u32,
    pub ino: u64,
    pub dev: u64,
    pub nlink: u64,
    pub uid: u32,
    pub gid: u32,
    pub size: i64,
    pub atime: i128,
    pub mtime: i128,
    pub ctime: i128,
    pub blksize: i64,
    pub blocks: i64,
    pub rdev: u64,
}

fn from_c(s: &libc::stat) -> Stat {
    let ns = |sec: i64, nsec: i64| i128::from(sec) * 1_000_000_000 + i128::from(nsec);
    Stat {
        mode: s.st_mode,
        ino: s.st_ino,
        dev: s.st_dev,
        nlink: s.st_nlink,
        uid: s.st_uid,
        gid: s.st_gid,
        size: s.st_size,
        atime: ns(s.st_atime, s.st_atime_nsec),
        mtime: ns(s.st_mtime, s.st_mtime_nsec),
        ctime: ns(s.st_ctime, s.st_ctime_nsec),
        blksize: s.st_blksize,
        blocks: s.st_blocks,
        rdev: s.st_rdev,
    }
}

/// `fstatat`
pub fn stat(at: i32, path: &[u8], follow: bool) -> R<Stat> {
    let p = c(path)?;
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: the path is terminated; writes our own structure.
    unsafe {
        let mut s: libc::stat = std::mem::zeroed();
        unit(libc::fstatat(at, p.as_ptr(), &raw mut s, flags))?;
        Ok(from_c(&s))
    }
}

/// `fstat`
pub fn fstat(fd: i32) -> R<Stat> {
    // SAFETY: writes our own structure.
    unsafe {
        let mut s: libc::stat = std::mem::zeroed();
        unit(libc::fstat(fd, &raw mut s))?;
        Ok(from_c(&s))
    }
}

/// Names, kinds (`DT_*`) and inodes of a directory's entries.
pub fn read_dir(path: &[u8]) -> R<Vec<(Vec<u8>, u8, u64)>> {
    use std::os::unix::fs::{DirEntryExt, FileTypeExt};
    let io = |e: std::io::Error| e.raw_os_error().unwrap_or(0);
    let mut out = Vec::new();
    for e in std::fs::read_dir(std::ffi::OsStr::from_bytes(path)).map_err(io)? {
        let e = e.map_err(io)?;
        let kind = match e.file_type() {
            Ok(t) if t.is_dir() => libc::DT_DIR,
            Ok(t) if t.is_symlink() => libc::DT_LNK,
            Ok(t) if t.is_file() => libc::DT_REG,
            Ok(t) if t.is_fifo() => libc::DT_FIFO,
            Ok(t) if t.is_socket() => libc::DT_SOCK,
            Ok(t) if t.is_char_device() => libc::DT_CHR,
            Ok(t) if t.is_block_device() => libc::DT_BLK,
            _ => libc::DT_UNKNOWN,
        };
        out.push((e.file_name().into_vec(), kind, e.ino()));
    }
    Ok(out)
}

/// `mkdirat`
pub fn mkdirat(at: i32, path: &[u8], mode: u32) -> R<()> {
    // SAFETY: the path is terminated.
    unit(unsafe { libc::mkdirat(at, c(path)?.as_ptr(), mode) })
}

/// `unlinkat`
pub fn unlinkat(at: i32, path: &[u8], dir: bool) -> R<()> {
    // SAFETY: the path is terminated.
    unit(unsafe {
        libc::unlinkat(
            at,
            c(path)?.as_ptr(),
            if dir { libc::AT_REMOVEDIR } else { 0 },
        )
    })
}

macro_rules! two_paths {
    ($($name:ident;)*) => {$(
        #[doc = stringify!($name)]
        pub fn $name(a: &[u8], b: &[u8]) -> R<()> {
            // SAFETY: both paths are terminated.
            unit(unsafe { libc::$name(c(a)?.as_ptr(), c(b)?.as_ptr()) })
        }
    )*};
}

two_paths! {
    rename;
    symlink;
    link;
}

/// `readlinkat`
pub fn readlink(at: i32, path: &[u8]) -> R<Vec<u8>> {
    let p = c(path)?;
    let mut buf = vec![0u8; 4096];
    // SAFETY: the path is terminated, the buffer's length is passed.
    let n = unsafe { libc::readlinkat(at, p.as_ptr(), buf.as_mut_ptr().cast(), buf.len()) };
    if n < 0 {
        return Err(errno());
    }
    buf.truncate(n as usize);
    Ok(buf)
}

/// `chmod`
pub fn chmod(path: &[u8], mode: u32) -> R<()> {
    // SAFETY: the path is terminated.
    unit(unsafe { libc::chmod(c(path)?.as_ptr(), mode) })
}

/// `access`
pub fn access(path: &[u8], mode: i32) -> bool {
    // SAFETY: the path is terminated.
    c(path).is_ok_and(|p| unsafe { libc::access(p.as_ptr(), mode) } == 0)
}

/// `utimensat`; None: now.
pub fn utime(path: &[u8], times: Option<(i64, i64)>) -> R<()> {
    let ts = |ns: i64| libc::timespec {
        tv_sec: ns.div_euclid(1_000_000_000),
        tv_nsec: ns.rem_euclid(1_000_000_000),
    };
    let p = c(path)?;
    let t = times.map(|(a, m)| [ts(a), ts(m)]);
    let ptr = t.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
    // SAFETY: the path is terminated; two timespecs or null.
    unit(unsafe { libc::utimensat(libc::AT_FDCWD, p.as_ptr(), ptr, 0) })
}

/// `truncate`
pub fn truncate(path: &[u8], n: i64) -> R<()> {
    // SAFETY: the path is terminated.
    unit(unsafe { libc::truncate(c(path)?.as_ptr(), n) })
}

/// `getcwd`
pub fn getcwd() -> R<Vec<u8>> {
    let io = |e: std::io::Error| e.raw_os_error().unwrap_or(0);
    std::env::current_dir()
        .map(|p| p.into_os_string().into_vec())
        .map_err(io)
}

/// `chdir`
pub fn chdir(path: &[u8]) -> R<()> {
    // SAFETY: the path is terminated.
    unit(unsafe { libc::chdir(c(path)?.as_ptr()) })
}

/// `openat`
pub fn open(at: i32, path: &[u8], flags: i32, mode: u32) -> R<i32> {
    // SAFETY: the path is terminated.
    check(unsafe { libc::openat(at, c(path)?.as_ptr(), flags, mode) })
}

/// `close`
pub fn close(fd: i32) -> R<()> {
    // SAFETY: closing a number the program names is the program's business.
    unit(unsafe { libc::close(fd) })
}

/// `read`
pub fn read(fd: i32, buf: &mut [u8]) -> R<usize> {
    // SAFETY: the buffer's length is passed.
    let n = unsafe { libc::read(fd, buf.as_mut_ptr().cast(), buf.len()) };
    if n < 0 { Err(errno()) } else { Ok(n as usize) }
}

/// `write`
pub fn write(fd: i32, buf: &[u8]) -> R<usize> {
    // SAFETY: the buffer's length is passed.
    let n = unsafe { libc::write(fd, buf.as_ptr().cast(), buf.len()) };
    if n < 0 { Err(errno()) } else { Ok(n as usize) }
}

/// `lseek`
pub fn lseek(fd: i32, at: i64, how: i32) -> R<i64> {
    // SAFETY: a plain call.
    let n = unsafe { libc::lseek(fd, at, how) };
    if n < 0 { Err(errno()) } else { Ok(n) }
}

/// `isatty`
pub fn isatty(fd: i32) -> bool {
    // SAFETY: a plain call.
    unsafe { libc::isatty(fd) == 1 }
}

/// `pipe2`
pub fn pipe(flags: i32) -> R<(i32, i32)> {
    let mut fds = [0; 2];
    // SAFETY: room for two descriptors.
    unit(unsafe { libc::pipe2(fds.as_mut_ptr(), flags) })?;
    Ok((fds[0], fds[1]))
}

/// A duplicate that is not inherited.
pub fn dup(fd: i32) -> R<i32> {
    // SAFETY: a plain call.
    check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })
}

/// `dup3`
pub fn dup2(fd: i32, to: i32, inheritable: bool) -> R<i32> {
    if fd == to {
        return Ok(to);
    }
    // SAFETY: a plain call.
    check(unsafe { libc::dup3(fd, to, if inheritable { 0 } else { libc::O_CLOEXEC }) })
}

fn fcntl(fd: i32, get: i32, set: i32, bit: i32, on: Option<bool>) -> R<bool> {
    // SAFETY: plain calls.
    unsafe {
        let flags = check(libc::fcntl(fd, get))?;
        if let Some(on) = on {
            let new = if on { flags | bit } else { flags & !bit };
            check(libc::fcntl(fd, set, new))?;
        }
        Ok(flags & bit != 0)
    }
}

/// Whether a descriptor is inherited by programs.
pub fn inheritable(fd: i32) -> R<bool> {
    fcntl(fd, libc::F_GETFD, libc::F_SETFD, libc::FD_CLOEXEC, None).map(|b| !b)
}

/// See `inheritable`.
pub fn set_inheritable(fd: i32, on: bool) -> R<()> {
    fcntl(
        fd,
        libc::F_GETFD,
        libc::F_SETFD,
        libc::FD_CLOEXEC,
        Some(!on),
    )
    .map(|_| ())
}

/// Whether reads and writes wait.
pub fn blocking(fd: i32) -> R<bool> {
    fcntl(fd, libc::F_GETFL, libc::F_SETFL, libc::O_NONBLOCK, None).map(|b| !b)
}

/// See `blocking`.
pub fn set_blocking(fd: i32, on: bool) -> R<()> {
    fcntl(
        fd,
        libc::F_GETFL,
        libc::F_SETFL,
        libc::O_NONBLOCK,
        Some(!on),
    )
    .map(|_| ())
}

/// `fsync`
pub fn fsync(fd: i32) -> R<()> {
    // SAFETY: a plain call.
    unit(unsafe { libc::fsync(fd) })
}

/// `ftruncate`
pub fn ftruncate(fd: i32, n: i64) -> R<()> {
    // SAFETY: a plain call.
    unit(unsafe { libc::ftruncate(fd, n) })
}

/// The environment.
pub fn environ() -> Vec<(Vec<u8>, Vec<u8>)> {
    std::env::vars_os()
        .map(|(k, v)| (k.into_vec(), v.into_vec()))
        .collect()
}

/// Sets or removes a variable.
pub fn setenv(name: &[u8], value: Option<&[u8]>) {
    let n = std::ffi::OsStr::from_bytes(name);
    if n.is_empty() || name.contains(&b'=') {
        return;
    }
    // SAFETY: GIL held; our own threads read the environment only with the GIL held, and C code that reads it in
    // threads of its own has the same problem on CPython.
    unsafe {
        match value {
            Some(v) => std::env::set_var(n, std::ffi::OsStr::from_bytes(v)),
            None => std::env::remove_var(n),
        }
    }
}

/// `kill`
pub fn kill(pid: i32, signal: i32) -> R<()> {
    // SAFETY: a plain call.
    unit(unsafe { libc::kill(pid, signal) })
}

/// `strerror`
pub fn strerror(code: i32) -> String {
    let mut buf = [0u8; 256];
    // SAFETY: the buffer's length is passed; the result is terminated.
    unsafe {
        libc::strerror_r(code, buf.as_mut_ptr().cast(), buf.len());
        CStr::from_ptr(buf.as_ptr().cast())
            .to_string_lossy()
            .into_owned()
    }
}

/// `umask`
pub fn umask(mask: u32) -> u32 {
    // SAFETY: a plain call.
    unsafe { libc::umask(mask) }
}

/// `uname`
pub fn uname() -> [String; 5] {
    // SAFETY: writes our own structure, whose fields are terminated.
    unsafe {
        let mut u: libc::utsname = std::mem::zeroed();
        libc::uname(&raw mut u);
        let text = |f: *const libc::c_char| CStr::from_ptr(f).to_string_lossy().into_owned();
        [
            text(u.sysname.as_ptr()),
            text(u.nodename.as_ptr()),
            text(u.release.as_ptr()),
            text(u.version.as_ptr()),
            text(u.machine.as_ptr()),
        ]
    }
}

/// `times`, in seconds.
pub fn times() -> [f64; 5] {
    // SAFETY: writes our own structure.
    unsafe {
        let mut t: libc::tms = std::mem::zeroed();
        let elapsed = libc::times(&raw mut t);
        let hz = libc::sysconf(libc::_SC_CLK_TCK) as f64;
        [
            t.tms_utime,
            t.tms_stime,
            t.tms_cutime,
            t.tms_cstime,
            elapsed,
        ]
        .map(|n| n as f64 / hz)
    }
}

/// Columns and lines of a terminal.
pub fn terminal_size(fd: i32) -> R<(u16, u16)> {
    // SAFETY: writes our own structure.
    unsafe {
        let mut w: libc::winsize = std::mem::zeroed();
        unit(libc::ioctl(fd, libc::TIOCGWINSZ, &raw mut w))?;
        Ok((w.ws_col, w.ws_row))
    }
}

/// `_exit`
pub fn exit_now(code: i32) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(code) }
}

/// `fork`
pub fn fork() -> R<i32> {
    // SAFETY: the child goes on in this thread only; the caller repairs lock and heap there.
    check(unsafe { libc::fork() })
}

/// Tells the collector that only this thread is left.
pub fn heap_after_fork() {
    rivet_heap::after_fork_child();
}

/// `waitpid`
pub fn waitpid(pid: i32, options: i32) -> R<(i32, i32)> {
    let mut status = 0;
    // SAFETY: writes our own word.
    let p = check(unsafe { libc::waitpid(pid, &raw mut status, options) })?;
    Ok((p, status))
}

/// `execve`; returns only on failure, with the errno.
pub fn execve(path: &[u8], argv: &[Vec<u8>], env: Option<&[Vec<u8>]>) -> i32 {
    let list = |v: &[Vec<u8>]| {
        v.iter()
            .filter_map(|a| CString::new(a.clone()).ok())
            .collect::<Vec<_>>()
    };
    let Ok(p) = c(path) else { return libc::EINVAL };
    let args = list(argv);
    let env = match env {
        Some(e) => list(e),
        None => list(
            &environ()
                .into_iter()
                .map(|(k, v)| [k, b"=".to_vec(), v].concat())
                .collect::<Vec<_>>(),
        ),
    };
    let pointers = |v: &[CString]| {
        v.iter()
            .map(|s| s.as_ptr())
            .chain([std::ptr::null()])
            .collect::<Vec<_>>()
    };
    let (a, e) = (pointers(&args), pointers(&env));
    // SAFETY: terminated strings in null-terminated lists that outlive the call.
    unsafe { libc::execve(p.as_ptr(), a.as_ptr(), e.as_ptr()) };
    errno()
}

/// `system`
pub fn system(command: &[u8]) -> i32 {
    // SAFETY: the command is terminated.
    c(command).map_or(-1, |s| unsafe { libc::system(s.as_ptr()) })
}

macro_rules! constants {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64),)*] };
}

/// Constants of the module.
pub static CONSTANTS: &[(&str, i64)] = constants!(
    F_OK R_OK W_OK X_OK O_RDONLY O_WRONLY O_RDWR O_APPEND O_CREAT O_EXCL O_TRUNC O_CLOEXEC O_NONBLOCK O_SYNC O_DSYNC
    O_NOCTTY O_DIRECTORY O_NOFOLLOW O_PATH O_TMPFILE O_ASYNC O_NDELAY O_ACCMODE

    WNOHANG WUNTRACED WCONTINUED WEXITED WSTOPPED WNOWAIT P_ALL P_PID P_PGID SEEK_DATA SEEK_HOLE
    ST_RDONLY ST_NOSUID PRIO_PROCESS PRIO_PGRP PRIO_USER RTLD_LAZY RTLD_NOW RTLD_GLOBAL RTLD_LOCAL RTLD_NODELETE
    RTLD_NOLOAD GRND_NONBLOCK GRND_RANDOM SCHED_OTHER SCHED_FIFO SCHED_RR CLD_EXITED CLD_KILLED CLD_DUMPED CLD_TRAPPED
    CLD_STOPPED CLD_CONTINUED F_LOCK F_TEST F_TLOCK F_ULOCK MFD_CLOEXEC MFD_ALLOW_SEALING O_DIRECT O_NOATIME O_RSYNC
    ST_APPEND ST_MANDLOCK ST_NOATIME ST_NODEV ST_NODIRATIME ST_NOEXEC ST_RELATIME ST_SYNCHRONOUS ST_WRITE
);
