//! Files, file systems and descriptors: calls beyond those of `fs`.

use std::ffi::CString;

type R<T> = Result<T, i32>;

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn unit(r: i32) -> R<()> {
    if r == -1 { Err(errno()) } else { Ok(()) }
}

fn size(r: isize) -> R<usize> {
    usize::try_from(r).map_err(|_| errno())
}

/// A path that has no NUL (which the caller has checked).
fn path(p: &[u8]) -> R<CString> {
    CString::new(p).map_err(|_| libc::EINVAL)
}

/// `fchownat`
pub fn chown(dir: i32, p: &[u8], uid: u32, gid: u32, follow: bool) -> R<()> {
    let p = path(p)?;
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: reads a terminated string.
    unit(unsafe { libc::fchownat(dir, p.as_ptr(), uid, gid, flags) })
}

/// `mkfifoat`
pub fn mkfifo(dir: i32, p: &[u8], mode: u32) -> R<()> {
    let p = path(p)?;
    // SAFETY: reads a terminated string.
    unit(unsafe { libc::mkfifoat(dir, p.as_ptr(), mode) })
}

/// Functions of the system that take numbers and give nothing.
macro_rules! numbers {
    ($($name:ident($($arg:ident: $t:ty),*);)*) => {$(
        /// The system's function of this name.
        pub fn $name($($arg: $t),*) -> R<()> {
            // SAFETY: takes numbers only.
            unit(unsafe { libc::$name($($arg),*) })
        }
    )*};
}

numbers! {
    fchown(fd: i32, uid: u32, gid: u32);
    fchmod(fd: i32, mode: u32);
    fchdir(fd: i32);
    fdatasync(fd: i32);
    lockf(fd: i32, command: i32, length: i64);
}

/// `sync`
pub fn sync() {
    // SAFETY: takes nothing.
    unsafe { libc::sync() };
}

/// `pread`
pub fn pread(fd: i32, buffer: &mut [u8], offset: i64) -> R<usize> {
    // SAFETY: writes into our own buffer.
    size(unsafe { libc::pread(fd, buffer.as_mut_ptr().cast(), buffer.len(), offset) })
}

/// `pwrite`
pub fn pwrite(fd: i32, data: &[u8], offset: i64) -> R<usize> {
    // SAFETY: reads our own buffer.
    size(unsafe { libc::pwrite(fd, data.as_ptr().cast(), data.len(), offset) })
}

/// `sendfile`; without an offset from where the file is.
pub fn sendfile(to: i32, from: i32, offset: Option<i64>, count: usize) -> R<usize> {
    let mut place = offset.unwrap_or(0);
    let at = match offset {
        Some(_) => &raw mut place,
        None => std::ptr::null_mut(),
    };
    // SAFETY: the offset is ours, or none.
    size(unsafe { libc::sendfile(to, from, at, count) })
}

/// What `statvfs` says of a file system, in the order of Python's `statvfs_result`.
pub type FileSystem = [u64; 11];

fn file_system(s: &libc::statvfs) -> FileSystem {
    [
        s.f_bsize,
        s.f_frsize,
        s.f_blocks,
        s.f_bfree,
        s.f_bavail,
        s.f_files,
        s.f_ffree,
        s.f_favail,
        s.f_flag,
        s.f_namemax,
        s.f_fsid,
    ]
}

/// `statvfs`
pub fn statvfs(p: &[u8]) -> R<FileSystem> {
    let p = path(p)?;
    // SAFETY: zeros are a value of this structure of numbers.
    let mut s = unsafe { std::mem::zeroed() };
    // SAFETY: reads a terminated string, writes our own structure.
    unit(unsafe { libc::statvfs(p.as_ptr(), &raw mut s) })?;
    Ok(file_system(&s))
}

/// `fstatvfs`
pub fn fstatvfs(fd: i32) -> R<FileSystem> {
    // SAFETY: zeros are a value of this structure of numbers.
    let mut s = unsafe { std::mem::zeroed() };
    // SAFETY: writes our own structure.
    unit(unsafe { libc::fstatvfs(fd, &raw mut s) })?;
    Ok(file_system(&s))
}

/// `openpty`: the two ends of a new pseudo-terminal, which no child inherits.
pub fn openpty() -> R<(i32, i32)> {
    let (mut main, mut other) = (0, 0);
    let none = std::ptr::null_mut();
    // SAFETY: writes our own words.
    unit(unsafe {
        libc::openpty(
            &raw mut main,
            &raw mut other,
            none,
            none.cast(),
            none.cast(),
        )
    })?;
    for fd in [main, other] {
        super::fs::set_inheritable(fd, false)?;
    }
    Ok((main, other))
}

/// `ttyname_r`
pub fn ttyname(fd: i32) -> R<Vec<u8>> {
    let mut name = vec![0u8; 256];
    // SAFETY: writes at most as much as there is room for.
    match unsafe { libc::ttyname_r(fd, name.as_mut_ptr().cast(), name.len()) } {
        0 => {
            name.truncate(name.iter().position(|&b| b == 0).unwrap_or(name.len()));
            Ok(name)
        }
        e => Err(e),
    }
}

/// `memfd_create`
pub fn memfd_create(name: &[u8], flags: u32) -> R<i32> {
    let name = path(name)?;
    // SAFETY: reads a terminated string.
    let fd = unsafe { libc::memfd_create(name.as_ptr(), flags) };
    unit(fd).map(|()| fd)
}

/// `sysconf`; None where the system has no limit.
pub fn sysconf(name: i32) -> R<i64> {
    // SAFETY: the errno of this thread.
    unsafe { *libc::__errno_location() = 0 };
    // SAFETY: takes a number only.
    let n = unsafe { libc::sysconf(name) };
    match errno() {
        e if n == -1 && e != 0 => Err(e),
        _ => Ok(n),
    }
}

/// The load of the system over one, five and fifteen minutes.
pub fn getloadavg() -> Option<[f64; 3]> {
    let mut loads = [0.0; 3];
    // SAFETY: writes at most three numbers.
    let n = unsafe { libc::getloadavg(loads.as_mut_ptr(), 3) };
    (n == 3).then_some(loads)
}

/// Names of `sysconf`.
macro_rules! names {
    ($($name:ident $constant:ident)*) => { &[$((stringify!($name), libc::$constant),)*] };
}

/// What `os.sysconf` knows by name.
pub static SYSCONF: &[(&str, i32)] = names!(
    SC_ARG_MAX _SC_ARG_MAX SC_CHILD_MAX _SC_CHILD_MAX SC_CLK_TCK _SC_CLK_TCK SC_NGROUPS_MAX _SC_NGROUPS_MAX
    SC_OPEN_MAX _SC_OPEN_MAX SC_STREAM_MAX _SC_STREAM_MAX SC_TZNAME_MAX _SC_TZNAME_MAX SC_JOB_CONTROL _SC_JOB_CONTROL
    SC_SAVED_IDS _SC_SAVED_IDS SC_REALTIME_SIGNALS _SC_REALTIME_SIGNALS SC_TIMERS _SC_TIMERS SC_FSYNC _SC_FSYNC
    SC_MAPPED_FILES _SC_MAPPED_FILES SC_MEMLOCK _SC_MEMLOCK SC_SEMAPHORES _SC_SEMAPHORES SC_VERSION _SC_VERSION
    SC_PAGESIZE _SC_PAGESIZE SC_PAGE_SIZE _SC_PAGESIZE SC_RTSIG_MAX _SC_RTSIG_MAX SC_SEM_NSEMS_MAX _SC_SEM_NSEMS_MAX
    SC_SEM_VALUE_MAX _SC_SEM_VALUE_MAX SC_SIGQUEUE_MAX _SC_SIGQUEUE_MAX SC_TIMER_MAX _SC_TIMER_MAX
    SC_LINE_MAX _SC_LINE_MAX SC_IOV_MAX _SC_IOV_MAX SC_GETGR_R_SIZE_MAX _SC_GETGR_R_SIZE_MAX
    SC_GETPW_R_SIZE_MAX _SC_GETPW_R_SIZE_MAX SC_LOGIN_NAME_MAX _SC_LOGIN_NAME_MAX SC_TTY_NAME_MAX _SC_TTY_NAME_MAX
    SC_THREAD_STACK_MIN _SC_THREAD_STACK_MIN SC_THREADS _SC_THREADS SC_NPROCESSORS_CONF _SC_NPROCESSORS_CONF
    SC_NPROCESSORS_ONLN _SC_NPROCESSORS_ONLN SC_PHYS_PAGES _SC_PHYS_PAGES SC_AVPHYS_PAGES _SC_AVPHYS_PAGES
    SC_ATEXIT_MAX _SC_ATEXIT_MAX
);
