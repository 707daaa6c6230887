//! The thread that generates machine code while the program goes on in the interpreter. It is started for the first job
//! and asks the interpreter to look up when something is done. A child of `fork` has no such thread and starts its own.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rivet_vm::gil::{self, breaker};

use super::generate::{Generated, Job, generate};

/// A finished job.
pub struct Done {
    /// The job's unit.
    pub unit: usize,
    /// Its code, or why there is none.
    pub result: Result<Generated, &'static str>,
    /// The time it took.
    pub time: Duration,
}

/// The thread, seen from the outside.
pub struct Worker {
    jobs: Sender<Job>,
    done: Receiver<Done>,
    /// The process it lives in.
    process: u32,
}

impl Worker {
    /// Starts the thread; `None` if the system has none to give.
    pub fn start() -> Option<Worker> {
        let (jobs, todo) = channel();
        let (tell, done) = channel();
        let run = move || work(&todo, &tell);
        let builder = std::thread::Builder::new().name("rivet-jit".to_owned());
        without_signals(|| builder.spawn(run)).ok()?;
        Some(Worker {
            jobs,
            done,
            process: std::process::id(),
        })
    }

    /// Whether the thread lives in this process, not in the one this was forked from.
    pub fn is_here(&self) -> bool {
        self.process == std::process::id()
    }

    /// Queues a job.
    pub fn submit(&self, job: Job) {
        // The thread ends only when this sender does.
        let _ = self.jobs.send(job);
    }

    /// A finished job, if there is one.
    pub fn finished(&self) -> Option<Done> {
        self.done.try_recv().ok()
    }
}

fn work(todo: &Receiver<Job>, tell: &Sender<Done>) {
    while let Ok(job) = todo.recv() {
        let began = Instant::now();
        let unit = job.unit;
        let result = generate(job);
        let time = began.elapsed();
        if tell.send(Done { unit, result, time }).is_err() {
            return;
        }
        gil::request(breaker::COMPILED);
    }
}

/// Runs `f` with all signals blocked, so that a thread it starts never gets one.
fn without_signals<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: `all` and `before` are set before they are read, and this thread's mask is put back as it was.
    unsafe {
        let mut all = std::mem::zeroed();
        let mut before = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let r = f();
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        r
    }
}
