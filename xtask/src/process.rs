//! Child processes with a time limit and captured output; used by every tool that runs a Python.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Failure, Outcome};

/// Installing, compiling and measuring may take this long each.
const PATIENCE: Duration = Duration::from_secs(1800);

/// What is left of a finished (or killed) child.
#[derive(Debug)]
pub struct Run {
    /// Everything written to standard output.
    pub stdout: Vec<u8>,
    /// Everything written to standard error.
    pub stderr: Vec<u8>,
    /// The exit status, also of a child that was killed for taking too long.
    pub status: ExitStatus,
    /// Whether the time limit was reached.
    pub timed_out: bool,
    /// Wall clock from spawn to exit.
    pub elapsed: Duration,
}

impl Run {
    /// Exit code as a shell would show it: 128 + n for signal n.
    pub fn code(&self) -> i32 {
        let signal = self.status.signal().map(|n| 128 + n);
        self.status.code().or(signal).unwrap_or(-1)
    }

    /// The end in words: `exit 1`, `signal 11`, `timeout`.
    pub fn end(&self) -> String {
        if self.timed_out {
            return "timeout".to_string();
        }
        match self.status.signal() {
            Some(n) => format!("signal {n}"),
            None => format!("exit {}", self.code()),
        }
    }

    /// Standard output as text.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The last lines of standard error, for a message.
    pub fn err_tail(&self, lines: usize) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

/// Runs a command to its end or to the limit, whichever is first. Standard input is empty.
pub fn run(command: &mut Command, limit: Duration) -> io::Result<Run> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let (status, timed_out) = wait(&mut child, start + limit)?;
    let elapsed = start.elapsed();
    Ok(Run {
        stdout: stdout.join().unwrap_or_default(),
        stderr: stderr.join().unwrap_or_default(),
        status,
        timed_out,
        elapsed,
    })
}

/// Polls in growing steps: a short child is noticed within a millisecond, a long one costs nothing.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<(ExitStatus, bool)> {
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, false));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            return Ok((child.wait()?, true));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

fn drain<R: Read + Send + 'static>(pipe: Option<R>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut buffer = Vec::new();
        if let Some(mut pipe) = pipe {
            // A broken pipe ends the output; what was read so far is what counts.
            let _ = pipe.read_to_end(&mut buffer);
        }
        buffer
    })
}

/// Runs a command that has to succeed; its output.
pub fn must(command: &mut Command) -> Outcome<String> {
    let done = run(command, PATIENCE)?;
    if done.code() == 0 {
        return Ok(done.out());
    }
    let what = command.get_program().to_string_lossy().into_owned();
    Err(Failure::new(format!(
        "{what}: {}\n{}",
        done.end(),
        done.err_tail(15)
    )))
}

/// A Python's command for measuring: on one core where `taskset` is installed, with the same hashes each time.
pub fn pinned(cpu: usize, mut words: Vec<OsString>) -> Command {
    if Path::new("/usr/bin/taskset").is_file() {
        let pin = ["taskset".into(), "-c".into(), cpu.to_string().into()];
        words.splice(0..0, pin);
    }
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .env("PYTHONHASHSEED", "0")
        // Bytecode is kept between processes, as it is for users.
        .env_remove("PYTHONDONTWRITEBYTECODE");
    command
}

/// Runs jobs on `workers` threads and hands each result to `done` in order of completion.
pub fn parallel<J, R>(
    jobs: Vec<J>,
    workers: usize,
    work: impl Fn(J) -> R + Sync,
    mut done: impl FnMut(R),
) where
    J: Send,
    R: Send,
{
    let queue = std::sync::Mutex::new(jobs.into_iter());
    let (sender, results) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..workers.max(1) {
            let (queue, work, sender) = (&queue, &work, sender.clone());
            scope.spawn(move || {
                loop {
                    let next = queue.lock().map(|mut jobs| jobs.next());
                    let Ok(Some(job)) = next else { return };
                    if sender.send(work(job)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for result in results {
            done(result);
        }
    });
}
