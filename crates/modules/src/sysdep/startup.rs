//! The state of the process before `main`. Rust's start-up opens `/dev/null` in the place of standard descriptors that
//! are closed; programs are to find them closed, so which they were is noted earlier.

use std::sync::atomic::{AtomicU8, Ordering};

/// A bit for each standard descriptor that was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

extern "C" fn note_closed() {
    for fd in 0..3 {
        // SAFETY: a query.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
            CLOSED.fetch_or(1 << fd, Ordering::Relaxed);
        }
    }
}

// SAFETY: functions listed in this section run before `main`; this one uses nothing but a system call and an atomic.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_CLOSED: extern "C" fn() = note_closed;

/// Closes again what was closed, and ignores the signal for files that grow too large: it is an error of `write`.
pub fn prepare() {
    let closed = CLOSED.load(Ordering::Relaxed);
    for fd in 0..3 {
        if closed & (1 << fd) != 0 {
            // SAFETY: nobody has used the descriptor yet.
            unsafe { libc::close(fd) };
        }
    }
    // SAFETY: no handler is installed.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
