//! Starting a program in a child process. Between `fork` and `exec` only async-signal-safe calls are made, on memory
//! prepared before.

use std::ffi::CString;

/// What the child is to be.
#[allow(missing_docs)]
pub struct Spawn {
    pub args: Vec<Vec<u8>>,
    pub executables: Vec<Vec<u8>>,
    pub close_fds: bool,
    pub keep: Vec<i32>,
    pub cwd: Option<Vec<u8>>,
    pub env: Option<Vec<Vec<u8>>>,
    pub stdin: i32,
    pub stdout: i32,
    pub stderr: i32,
    /// The parent's ends of the pipes.
    pub parents: [i32; 4],
    pub errpipe: i32,
    pub restore_signals: bool,
    pub new_session: bool,
    pub process_group: i32,
    pub umask: i32,
    pub gid: Option<u32>,
    pub groups: Option<Vec<u32>>,
    pub uid: Option<u32>,
}

fn terminated(list: &[Vec<u8>]) -> Vec<CString> {
    list.iter()
        .filter_map(|s| CString::new(s.clone()).ok())
        .collect()
}

fn pointers(list: &[CString]) -> Vec<*const libc::c_char> {
    list.iter()
        .map(|s| s.as_ptr())
        .chain([std::ptr::null()])
        .collect()
}

/// Forks and executes; the child's pid, or an errno. `before_exec` is called in the child and says whether to go on; with
/// one the child is more than signal-safe calls, and the caller answers for what it does.
pub fn fork_exec(s: &Spawn, before_exec: Option<&dyn Fn() -> bool>) -> Result<i32, i32> {
    let args = terminated(&s.args);
    let executables = terminated(&s.executables);
    let cwd = s.cwd.as_ref().and_then(|c| CString::new(c.clone()).ok());
    let env = s.env.as_ref().map(|e| terminated(e));
    let argv = pointers(&args);
    let envp = env.as_ref().map(|e| pointers(e));
    // SAFETY: the child calls only async-signal-safe functions, on memory that is ready, beside the caller's.
    unsafe {
        let pid = libc::fork();
        if pid < 0 {
            return Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0));
        }
        if pid == 0 {
            child(
                s,
                &executables,
                &argv,
                envp.as_deref(),
                cwd.as_ref(),
                before_exec,
            );
        }
        Ok(pid)
    }
}

/// The life of the child until it is another program. Failures are told through the error pipe as
/// `OSError:errno-in-hex:where`.
unsafe fn child(
    s: &Spawn,
    executables: &[CString],
    argv: &[*const libc::c_char],
    envp: Option<&[*const libc::c_char]>,
    cwd: Option<&CString>,
    before_exec: Option<&dyn Fn() -> bool>,
) -> ! {
    // SAFETY: plain system calls on prepared memory.
    unsafe {
        for fd in s.parents {
            if fd > 2 {
                libc::close(fd);
            }
        }
        // A descriptor that is itself 0..2 but meant for another place is moved out of the way first.
        let lift = |fd: i32, own: i32| {
            if (0..=2).contains(&fd) && fd != own {
                libc::fcntl(fd, libc::F_DUPFD, 3)
            } else {
                fd
            }
        };
        let fds = [lift(s.stdin, 0), lift(s.stdout, 1), lift(s.stderr, 2)];
        for (own, fd) in fds.iter().enumerate() {
            let own = own as i32;
            if *fd == own {
                libc::fcntl(own, libc::F_SETFD, 0);
            } else if *fd >= 0 {
                libc::dup2(*fd, own);
            }
        }
        if let Some(c) = cwd
            && libc::chdir(c.as_ptr()) != 0
        {
            fail(s.errpipe, b"noexec");
        }
        if s.umask >= 0 {
            libc::umask(s.umask as libc::mode_t);
        }
        if s.restore_signals {
            for n in [libc::SIGPIPE, libc::SIGXFSZ] {
                libc::signal(n, libc::SIG_DFL);
            }
        }
        if s.new_session {
            libc::setsid();
        }
        if s.process_group >= 0 {
            libc::setpgid(0, s.process_group);
        }
        let failed = s
            .groups
            .as_ref()
            .is_some_and(|g| libc::setgroups(g.len(), g.as_ptr()) != 0)
            || s.gid.is_some_and(|g| libc::setregid(g, g) != 0)
            || s.uid.is_some_and(|u| libc::setreuid(u, u) != 0);
        if failed {
            fail(s.errpipe, b"");
        }
        if let Some(f) = before_exec
            && !f()
        {
            let text = b"SubprocessError:0:Exception occurred in preexec_fn.";
            libc::write(s.errpipe, text.as_ptr().cast(), text.len());
            libc::_exit(255)
        }
        for &fd in s.keep.iter().filter(|&&fd| fd != s.errpipe) {
            libc::fcntl(fd, libc::F_SETFD, 0);
        }
        if s.close_fds {
            let most = libc::sysconf(libc::_SC_OPEN_MAX).clamp(256, 65536) as i32;
            for fd in 3..most {
                if fd != s.errpipe && !s.keep.contains(&fd) {
                    libc::close(fd);
                }
            }
        }
        let mut error = libc::ENOENT;
        for e in executables {
            match envp {
                Some(env) => libc::execve(e.as_ptr(), argv.as_ptr(), env.as_ptr()),
                None => libc::execv(e.as_ptr(), argv.as_ptr()),
            };
            let now = *libc::__errno_location();
            if now != libc::ENOENT && now != libc::ENOTDIR {
                error = now;
            }
        }
        *libc::__errno_location() = error;
        fail(s.errpipe, b"");
    }
}

unsafe fn fail(pipe: i32, place: &[u8]) -> ! {
    // SAFETY: plain system calls.
    unsafe {
        let mut e = *libc::__errno_location() as u32;
        let mut hex = [0u8; 8];
        let mut at = hex.len();
        while e != 0 && at > 0 {
            at -= 1;
            hex[at] = b"0123456789ABCDEF"[(e & 15) as usize];
            e >>= 4;
        }
        for part in [b"OSError:", &hex[at..], b":", place] {
            libc::write(pipe, part.as_ptr().cast(), part.len());
        }
        libc::_exit(255)
    }
}
