//! Users, groups, sessions and priorities of the process: system calls that take and give numbers.

type R<T> = Result<T, i32>;

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn check(r: i32) -> R<i32> {
    if r == -1 { Err(errno()) } else { Ok(r) }
}

/// Functions of the system that take numbers and give a number, or -1 and an errno.
macro_rules! numbers {
    ($($doc:literal $name:ident($($arg:ident: $t:ty),*);)*) => {$(
        #[doc = $doc]
        pub fn $name($($arg: $t),*) -> R<i32> {
            // SAFETY: takes numbers only.
            check(unsafe { libc::$name($($arg),*) } as i32)
        }
    )*};
}

numbers! {
    "`setuid`" setuid(uid: u32);
    "`setgid`" setgid(gid: u32);
    "`seteuid`" seteuid(uid: u32);
    "`setegid`" setegid(gid: u32);
    "`setreuid`" setreuid(ruid: u32, euid: u32);
    "`setregid`" setregid(rgid: u32, egid: u32);
    "`setresuid`" setresuid(ruid: u32, euid: u32, suid: u32);
    "`setresgid`" setresgid(rgid: u32, egid: u32, sgid: u32);
    "`setsid`" setsid();
    "`getsid`" getsid(pid: i32);
    "`getpgid`" getpgid(pid: i32);
    "`getpgrp`" getpgrp();
    "`setpgid`" setpgid(pid: i32, group: i32);
    "`killpg`" killpg(group: i32, signal: i32);
    "`tcgetpgrp`" tcgetpgrp(fd: i32);
    "`tcsetpgrp`" tcsetpgrp(fd: i32, group: i32);
    "`setpriority`" setpriority(which: u32, who: u32, priority: i32);
}

/// Calls a function whose -1 may be its answer.
fn ambiguous(f: impl FnOnce() -> i32) -> R<i32> {
    // SAFETY: the errno of this thread.
    unsafe { *libc::__errno_location() = 0 };
    match (f(), errno()) {
        (-1, e) if e != 0 => Err(e),
        (n, _) => Ok(n),
    }
}

/// `getpriority`
pub fn getpriority(which: u32, who: u32) -> R<i32> {
    // SAFETY: takes numbers only.
    ambiguous(|| unsafe { libc::getpriority(which, who) })
}

/// `nice`
pub fn nice(increment: i32) -> R<i32> {
    // SAFETY: takes a number only.
    ambiguous(|| unsafe { libc::nice(increment) })
}

/// The real, effective and saved user.
pub fn getresuid() -> R<[u32; 3]> {
    let mut ids = [0; 3];
    let [r, e, s] = &mut ids;
    // SAFETY: writes our own words.
    check(unsafe { libc::getresuid(r, e, s) })?;
    Ok(ids)
}

/// The real, effective and saved group.
pub fn getresgid() -> R<[u32; 3]> {
    let mut ids = [0; 3];
    let [r, e, s] = &mut ids;
    // SAFETY: writes our own words.
    check(unsafe { libc::getresgid(r, e, s) })?;
    Ok(ids)
}

/// The supplementary groups.
pub fn getgroups() -> R<Vec<u32>> {
    // SAFETY: asks for the number only.
    let n = check(unsafe { libc::getgroups(0, std::ptr::null_mut()) })?;
    let mut groups = vec![0; n as usize];
    // SAFETY: writes at most as many as there is room for.
    let n = check(unsafe { libc::getgroups(n, groups.as_mut_ptr()) })?;
    groups.truncate(n as usize);
    Ok(groups)
}

/// Replaces the supplementary groups.
pub fn setgroups(groups: &[u32]) -> R<i32> {
    // SAFETY: reads as many as there are.
    check(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) })
}
