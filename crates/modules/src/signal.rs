//! `_signal`.

use std::sync::atomic::Ordering;

use rivet_vm::exceptions::{PyResult, exc, os_error, raise_args, type_error, value_error};
use rivet_vm::gil::allow_threads;
use rivet_vm::object::args::check_count;
use rivet_vm::object::call::is_callable;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::signals::{self, HANDLERS};
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::types::set::set_of;
use rivet_vm::types::{int, str, tuple};
use rivet_vm::value::{Gc, RVec, Value};

use crate::sysdep::signals::{self as sys, Disposition};

/// Signal numbers are below this.
const NSIG: i64 = 65;
const DFL: i64 = 0;
const IGN: i64 = 1;

static METHODS: &[Method] = &[
    Method::fast(
        "signal",
        "($module, signalnum, handler, /)",
        set_handler,
        "Set the action for the given signal.\n\nThe action can be SIG_DFL, SIG_IGN, or a callable Python object.\nThe previous action is returned.  See getsignal() for possible return values.\n\n*** IMPORTANT NOTICE ***\nA signal handler function is called with two arguments:\nthe first is the signal number, the second is the interrupted stack frame.",
    ),
    Method::one(
        "getsignal",
        "($module, signalnum, /)",
        |_, n| {
            let n = number(n)?;
            Ok(handlers().get(n as usize).unwrap_or(Value::NONE))
        },
        "Return the current action for the given signal.\n\nThe return value can be:\n  SIG_IGN -- if the signal is being ignored\n  SIG_DFL -- if the default action for the signal is in effect\n  None    -- if an unknown handler is in effect\n  anything else -- the callable Python object used as a handler",
    ),
    Method::fast(
        "default_int_handler",
        "($module, signalnum, frame, /)",
        |_, _| Err(raise_args(exc().keyboard_interrupt, &[])),
        "The default handler for SIGINT installed by Python.\n\nIt raises KeyboardInterrupt.",
    ),
    Method::one(
        "raise_signal",
        "($module, signalnum, /)",
        |_, n| {
            let n = protocol::as_isize(n)? as i32;
            sys::raise(n).map_err(|e| os_error(e, None, None))?;
            after()
        },
        "Send a signal to the executing process.",
    ),
    Method::fast(
        "pthread_kill",
        "($module, thread_id, signalnum, /)",
        |_, a| {
            check_count("pthread_kill", a, 2, 2)?;
            sys::thread_kill(
                protocol::as_isize(a[0])? as u64,
                protocol::as_isize(a[1])? as i32,
            )
            .map_err(|e| os_error(e, None, None))?;
            after()
        },
        "Send a signal to a thread.",
    ),
    Method::fastkw(
        "set_wakeup_fd",
        "",
        |_, a, kw| {
            let (pos, _) = rivet_vm::object::args::split(a, kw);
            check_count("set_wakeup_fd", pos, 1, 1)?;
            let fd = protocol::as_isize(pos[0])? as i32;
            if fd >= 0 && crate::sysdep::fs::fstat(fd).is_err() {
                return Err(os_error(libc::EBADF, None, None));
            }
            Ok(Value::int(
                signals::WAKEUP_FD.swap(fd, Ordering::Relaxed).into(),
            ))
        },
        "set_wakeup_fd(fd, *, warn_on_full_buffer=True) -> fd\n\nSets the fd to be written to (with the signal number) when a signal\ncomes in.  A library can use this to wakeup select or poll.\nThe previous fd or -1 is returned.\n\nThe fd must be non-blocking.",
    ),
    Method::fast(
        "siginterrupt",
        "($module, signalnum, flag, /)",
        |_, a| {
            check_count("siginterrupt", a, 2, 2)?;
            let n = number(a[0])?;
            let restart = !protocol::is_true(a[1])?;
            if let Some(d) = sys::disposition(n) {
                sys::set_disposition(n, d, restart).map_err(|e| os_error(e, None, None))?;
            }
            Ok(Value::NONE)
        },
        "Change system call restart behaviour.\n\nIf flag is False, system calls will be restarted when interrupted by\nsignal sig, else system calls will be interrupted.",
    ),
    Method::one(
        "alarm",
        "($module, seconds, /)",
        |_, s| Ok(Value::int(sys::alarm(protocol::as_isize(s)? as u32).into())),
        "Arrange for SIGALRM to arrive after the given number of seconds.",
    ),
    Method::fast(
        "setitimer",
        "($module, which, seconds, interval=0.0, /)",
        |_, a| {
            check_count("setitimer", a, 2, 3)?;
            let interval = a.get(2).map_or(Ok(0.0), |&v| protocol::as_f64(v))?;
            timer(sys::set_timer(
                protocol::as_isize(a[0])? as i32,
                protocol::as_f64(a[1])?,
                interval,
            ))
        },
        "Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).\n\nThe timer will fire after value seconds and after that every interval seconds.\nThe itimer can be cleared by setting seconds to zero.\n\nReturns old values as a tuple: (delay, interval).",
    ),
    Method::one(
        "getitimer",
        "($module, which, /)",
        |_, w| timer(sys::get_timer(protocol::as_isize(w)? as i32)),
        "Returns current value of given itimer.",
    ),
    Method::noargs(
        "pause",
        |_| {
            allow_threads(sys::pause);
            after()
        },
        "Wait until a signal arrives.",
    ),
    Method::fast(
        "pthread_sigmask",
        "($module, how, mask, /)",
        |_, a| {
            check_count("pthread_sigmask", a, 2, 2)?;
            let set = numbers(a[1])?;
            let old = sys::mask(protocol::as_isize(a[0])? as i32, &set)
                .map_err(|e| os_error(e, None, None))?;
            if signals::pending() {
                signals::run_pending()?;
            }
            as_set(&old)
        },
        "Fetch and/or change the signal mask of the calling thread.",
    ),
    Method::noargs(
        "sigpending",
        |_| as_set(&sys::pending()),
        "Examine pending signals.\n\nReturns a set of signal numbers that are pending for delivery to\nthe calling thread.",
    ),
    Method::one(
        "sigwait",
        "($module, sigset, /)",
        |_, s| {
            let set = numbers(s)?;
            allow_threads(|| sys::wait(&set))
                .map(|n| Value::int(n.into()))
                .map_err(|e| os_error(e, None, None))
        },
        "Wait for a signal.\n\nSuspend execution of the calling thread until the delivery of one of the\nsignals specified in the signal set sigset.  The function accepts the signal\nand returns the signal number.",
    ),
    Method::one(
        "strsignal",
        "($module, signalnum, /)",
        |_, n| {
            let n = number(n)?;
            sys::name(n).map_or(Ok(Value::NONE), |s| str::new(&s))
        },
        "Return the system description of the given signal.\n\nReturns the description of signal *signalnum*, such as \"Interrupt\"\nfor :const:`SIGINT`. Returns :const:`None` if *signalnum\" has no\ndescription. Raises :exc:`ValueError` if *signalnum* is invalid.",
    ),
    Method::noargs(
        "valid_signals",
        |_| as_set(&sys::valid()),
        "Return a set of valid signal numbers on this platform.\n\nThe signal numbers returned by this function can be safely passed to\nfunctions like `pthread_kill`.",
    ),
];

/// Ends the process as SIGINT does where nobody handles it: a shell that waits learns that the program was interrupted.
pub fn end_by_interrupt() {
    if sys::set_disposition(libc::SIGINT, Disposition::Default, false).is_ok() {
        let _ = sys::raise(libc::SIGINT);
    }
}

/// Fills the module and takes over SIGINT.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add_functions(METHODS)?;
    for (name, n) in [
        ("SIGHUP", libc::SIGHUP),
        ("SIGINT", libc::SIGINT),
        ("SIGQUIT", libc::SIGQUIT),
        ("SIGILL", libc::SIGILL),
        ("SIGTRAP", libc::SIGTRAP),
        ("SIGABRT", libc::SIGABRT),
        ("SIGIOT", libc::SIGIOT),
        ("SIGBUS", libc::SIGBUS),
        ("SIGFPE", libc::SIGFPE),
        ("SIGKILL", libc::SIGKILL),
        ("SIGUSR1", libc::SIGUSR1),
        ("SIGSEGV", libc::SIGSEGV),
        ("SIGUSR2", libc::SIGUSR2),
        ("SIGPIPE", libc::SIGPIPE),
        ("SIGALRM", libc::SIGALRM),
        ("SIGTERM", libc::SIGTERM),
        ("SIGSTKFLT", libc::SIGSTKFLT),
        ("SIGCHLD", libc::SIGCHLD),
        ("SIGCLD", libc::SIGCHLD),
        ("SIGCONT", libc::SIGCONT),
        ("SIGSTOP", libc::SIGSTOP),
        ("SIGTSTP", libc::SIGTSTP),
        ("SIGTTIN", libc::SIGTTIN),
        ("SIGTTOU", libc::SIGTTOU),
        ("SIGURG", libc::SIGURG),
        ("SIGXCPU", libc::SIGXCPU),
        ("SIGXFSZ", libc::SIGXFSZ),
        ("SIGVTALRM", libc::SIGVTALRM),
        ("SIGPROF", libc::SIGPROF),
        ("SIGWINCH", libc::SIGWINCH),
        ("SIGIO", libc::SIGIO),
        ("SIGPOLL", libc::SIGPOLL),
        ("SIGPWR", libc::SIGPWR),
        ("SIGSYS", libc::SIGSYS),
        ("SIGRTMIN", libc::SIGRTMIN()),
        ("SIGRTMAX", libc::SIGRTMAX()),
        ("SIG_DFL", DFL as i32),
        ("SIG_IGN", IGN as i32),
        ("NSIG", NSIG as i32),
        ("SIG_BLOCK", libc::SIG_BLOCK),
        ("SIG_UNBLOCK", libc::SIG_UNBLOCK),
        ("SIG_SETMASK", libc::SIG_SETMASK),
        ("ITIMER_REAL", 0),
        ("ITIMER_VIRTUAL", 1),
        ("ITIMER_PROF", 2),
    ] {
        m.add(name, Value::int(n.into()))?;
    }
    m.add("ItimerError", exc().os_error.value())?;
    let list = handlers_list(m)?;
    HANDLERS.set(list.value());
    Ok(())
}

/// Handlers by number: as the system has them, SIGINT taken over.
fn handlers_list(m: Gc<Module>) -> PyResult<Gc<List>> {
    let mut all = RVec::new();
    for n in 0..NSIG {
        all.push(
            match if n == 0 {
                None
            } else {
                sys::disposition(n as i32)
            } {
                Some(Disposition::Default) => Value::int(DFL),
                Some(Disposition::Ignore) => Value::int(IGN),
                _ => Value::NONE,
            },
        )?;
    }
    let list = List::from_vec(all)?;
    if list.get(libc::SIGINT as usize) == Some(Value::int(DFL))
        && let Some(f) = m.dict().get_str("default_int_handler")
        && sys::set_disposition(libc::SIGINT, Disposition::Ours, false).is_ok()
    {
        list.put(libc::SIGINT as usize, f);
    }
    Ok(list)
}

fn handlers() -> Gc<List> {
    HANDLERS
        .get()
        .and_then(|l| l.cast::<List>())
        .expect("made by init")
}

fn number(v: Value) -> PyResult<i32> {
    let n = protocol::as_isize(v)? as i64;
    if !(1..NSIG).contains(&n) {
        return Err(value_error("signal number out of range"));
    }
    Ok(n as i32)
}

fn numbers(v: Value) -> PyResult<Vec<i32>> {
    let mut out = Vec::new();
    for &n in protocol::collect(v)?.as_slice() {
        let n = protocol::as_isize(n)?;
        if !(1..NSIG as isize).contains(&n) {
            return Err(value_error(format!(
                "signal number {n} out of range [1; {}]",
                NSIG - 1
            )));
        }
        out.push(n as i32);
    }
    Ok(out)
}

fn as_set(ns: &[i32]) -> PyResult<Value> {
    let mut out = RVec::new();
    for &n in ns {
        out.push(Value::int(n.into()))?;
    }
    set_of(&out)
}

fn timer(r: Result<(f64, f64), i32>) -> PyResult<Value> {
    let (a, b) = r.map_err(|e| os_error(e, None, None))?;
    tuple::new(&[Value::float(a), Value::float(b)])
}

/// Runs the handlers of signals that have come meanwhile.
fn after() -> PyResult<Value> {
    if signals::pending() {
        signals::run_pending()?;
    }
    Ok(Value::NONE)
}

fn set_handler(_m: Value, a: &[Value]) -> PyResult<Value> {
    check_count("signal", a, 2, 2)?;
    let n = protocol::as_isize(a[0])? as i64;
    if !signals::is_main_thread() {
        return Err(value_error(
            "signal only works in main thread of the main interpreter",
        ));
    }
    if !(1..NSIG).contains(&n) {
        return Err(value_error("signal number out of range"));
    }
    let d = match a[1] {
        f if is_callable(f) => Disposition::Ours,
        f => match int::to_i64(f).filter(|_| int::is_int(f)) {
            Some(DFL) => Disposition::Default,
            Some(IGN) => Disposition::Ignore,
            _ => {
                return Err(type_error(
                    "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object",
                ));
            }
        },
    };
    after()?;
    sys::set_disposition(n as i32, d, false).map_err(|e| os_error(e, None, None))?;
    let list = handlers();
    let old = list.get(n as usize).unwrap_or(Value::NONE);
    let new = match d {
        Disposition::Default => Value::int(DFL),
        Disposition::Ignore => Value::int(IGN),
        _ => a[1],
    };
    list.put(n as usize, new);
    Ok(old)
}
