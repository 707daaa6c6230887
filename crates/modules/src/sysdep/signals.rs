//! Signals: dispositions, masks, waiting.

/// What the system does on a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// `SIG_DFL`
    Default,
    /// `SIG_IGN`
    Ignore,
    /// Our handler.
    Ours,
    /// Somebody else's handler.
    Other,
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// The present disposition.
pub fn disposition(n: i32) -> Option<Disposition> {
    // SAFETY: an all-zero sigaction is valid; sigaction(2) only writes to it.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(n, std::ptr::null(), &raw mut old) != 0 {
            return None;
        }
        Some(match old.sa_sigaction {
            libc::SIG_DFL => Disposition::Default,
            libc::SIG_IGN => Disposition::Ignore,
            h if h == rivet_vm::signals::on_signal as *const () as usize => Disposition::Ours,
            _ => Disposition::Other,
        })
    }
}

/// Sets the disposition (not `Other`).
pub fn set_disposition(n: i32, d: Disposition, restart: bool) -> Result<(), i32> {
    // SAFETY: the handler is async-signal-safe; the structures are ours.
    unsafe {
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = match d {
            Disposition::Default => libc::SIG_DFL,
            Disposition::Ignore => libc::SIG_IGN,
            _ => rivet_vm::signals::on_signal as *const () as usize,
        };
        libc::sigemptyset(&raw mut new.sa_mask);
        new.sa_flags = if restart { libc::SA_RESTART } else { 0 };
        if libc::sigaction(n, &raw const new, std::ptr::null_mut()) == 0 {
            Ok(())
        } else {
            Err(errno())
        }
    }
}

/// `raise`
pub fn raise(n: i32) -> Result<(), i32> {
    // SAFETY: sends a signal to this thread.
    if unsafe { libc::raise(n) } == 0 {
        Ok(())
    } else {
        Err(errno())
    }
}

/// `pthread_kill`
pub fn thread_kill(thread: u64, n: i32) -> Result<(), i32> {
    // SAFETY: the caller's identity is that of a thread the program knows.
    match unsafe { libc::pthread_kill(thread as libc::pthread_t, n) } {
        0 => Ok(()),
        e => Err(e),
    }
}

/// `alarm`
pub fn alarm(seconds: u32) -> u32 {
    // SAFETY: sets this process's alarm clock.
    unsafe { libc::alarm(seconds) }
}

/// `pause`
pub fn pause() {
    // SAFETY: waits for a signal.
    unsafe { libc::pause() };
}

fn set_of(signals: &[i32]) -> libc::sigset_t {
    // SAFETY: fills our own set.
    unsafe {
        let mut s: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut s);
        for &n in signals {
            libc::sigaddset(&raw mut s, n);
        }
        s
    }
}

fn members(s: &libc::sigset_t) -> Vec<i32> {
    // SAFETY: reads our own set.
    (1..65)
        .filter(|&n| unsafe { libc::sigismember(s, n) } == 1)
        .collect()
}

/// `pthread_sigmask`; the old mask.
pub fn mask(how: i32, signals: &[i32]) -> Result<Vec<i32>, i32> {
    let new = set_of(signals);
    let mut old = set_of(&[]);
    // SAFETY: our own sets.
    match unsafe { libc::pthread_sigmask(how, &raw const new, &raw mut old) } {
        0 => Ok(members(&old)),
        e => Err(e),
    }
}

/// `sigpending`
pub fn pending() -> Vec<i32> {
    let mut s = set_of(&[]);
    // SAFETY: our own set.
    unsafe { libc::sigpending(&raw mut s) };
    members(&s)
}

/// `sigwait`
pub fn wait(signals: &[i32]) -> Result<i32, i32> {
    let s = set_of(signals);
    let mut n = 0;
    // SAFETY: our own set and number.
    match unsafe { libc::sigwait(&raw const s, &raw mut n) } {
        0 => Ok(n),
        e => Err(e),
    }
}

/// All signals a program can use.
pub fn valid() -> Vec<i32> {
    // SAFETY: fills our own set.
    let s = unsafe {
        let mut s: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut s);
        s
    };
    members(&s)
}

/// `strsignal`, or None.
pub fn name(n: i32) -> Option<String> {
    // SAFETY: the result is a C string that stays valid until the next call in this thread.
    unsafe {
        let p = libc::strsignal(n);
        if p.is_null() {
            return None;
        }
        let s = std::ffi::CStr::from_ptr(p).to_string_lossy().into_owned();
        if s.starts_with("Unknown signal") {
            None
        } else {
            Some(s)
        }
    }
}

/// `setitimer` with seconds and interval; the old ones.
pub fn set_timer(which: i32, seconds: f64, interval: f64) -> Result<(f64, f64), i32> {
    let new = libc::itimerval {
        it_interval: timeval(interval),
        it_value: timeval(seconds),
    };
    let zero = timeval(0.0);
    let mut old = libc::itimerval {
        it_interval: zero,
        it_value: zero,
    };
    // SAFETY: our own structures.
    if unsafe { libc::setitimer(which as _, &raw const new, &raw mut old) } != 0 {
        return Err(errno());
    }
    Ok((seconds_of(old.it_value), seconds_of(old.it_interval)))
}

/// `getitimer`
pub fn get_timer(which: i32) -> Result<(f64, f64), i32> {
    let zero = timeval(0.0);
    let mut old = libc::itimerval {
        it_interval: zero,
        it_value: zero,
    };
    // SAFETY: our own structure.
    if unsafe { libc::getitimer(which as _, &raw mut old) } != 0 {
        return Err(errno());
    }
    Ok((seconds_of(old.it_value), seconds_of(old.it_interval)))
}

fn timeval(s: f64) -> libc::timeval {
    libc::timeval {
        tv_sec: s.floor() as i64,
        tv_usec: ((s - s.floor()) * 1e6).ceil().min(999_999.0) as i64,
    }
}

fn seconds_of(t: libc::timeval) -> f64 {
    t.tv_sec as f64 + t.tv_usec as f64 * 1e-6
}

/// `getpwnam`/`getpwuid`: name, password, uid, gid, gecos, dir, shell. Only the calling thread may use the
/// password database at a time (the GIL is held).
pub type Account = (Vec<u8>, Vec<u8>, u32, u32, Vec<u8>, Vec<u8>, Vec<u8>);

fn account(p: *const libc::passwd) -> Option<Account> {
    if p.is_null() {
        return None;
    }
    let text = |p: *const libc::c_char| {
        if p.is_null() {
            return Vec::new();
        }
        // SAFETY: the entry's fields are C strings.
        unsafe { std::ffi::CStr::from_ptr(p) }.to_bytes().to_vec()
    };
    // SAFETY: a valid entry until the next call; the GIL is held.
    let p = unsafe { &*p };
    Some((
        text(p.pw_name),
        text(p.pw_passwd),
        p.pw_uid,
        p.pw_gid,
        text(p.pw_gecos),
        text(p.pw_dir),
        text(p.pw_shell),
    ))
}

/// `getpwuid`
pub fn account_by_id(uid: u32) -> Option<Account> {
    // SAFETY: the result is copied at once.
    account(unsafe { libc::getpwuid(uid) })
}

/// `getpwnam`
pub fn account_by_name(name: &[u8]) -> Option<Account> {
    let name = std::ffi::CString::new(name).ok()?;
    // SAFETY: a C string; the result is copied at once.
    account(unsafe { libc::getpwnam(name.as_ptr()) })
}

/// All entries of the password database.
pub fn accounts() -> Vec<Account> {
    let mut out = Vec::new();
    // SAFETY: the database is walked with the GIL held; entries are copied at once.
    unsafe {
        libc::setpwent();
        while let Some(a) = account(libc::getpwent()) {
            out.push(a);
        }
        libc::endpwent();
    }
    out
}
