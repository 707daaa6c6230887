//! `_thread`: threads, locks, thread-local data.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use rivet_vm::exceptions::{PyResult, exc, overflow_error, runtime_error, type_error, value_error};
use rivet_vm::finalize::unraisable;
use rivet_vm::gil;
use rivet_vm::name;
use rivet_vm::object::attr::{find_attr, generic_getattr, generic_setattr};
use rivet_vm::object::call::{call_kw, is_callable};
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{GetSet, Method, TypeSpec};
use rivet_vm::object::{Type, TypeFlags, build, instance, protocol};
use rivet_vm::runtime;
use rivet_vm::thread::{self, Thread};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, RVec, Root, Value};

static LOCK_TYPE: Root = Root::new();
static RLOCK_TYPE: Root = Root::new();
static LOCAL_TYPE: Root = Root::new();
/// Calls on their way to new threads, by ticket (dict).
static STARTING: Root = Root::new();
/// Thread-local dicts by thread ident, by local object (dict of dicts in slot 0 of the object).
static COUNT: AtomicU64 = AtomicU64::new(0);
static STACK_SIZE: AtomicU64 = AtomicU64::new(0);
static TICKET: AtomicU64 = AtomicU64::new(1);

static METHODS: &[Method] = &[
    Method::fast(
        "start_new_thread",
        "",
        start,
        "start_new_thread(function, args[, kwargs])\n\nStart a new thread and return its identifier.",
    ),
    Method::fast(
        "start_new",
        "",
        start,
        "start_new_thread(function, args[, kwargs])\n\nStart a new thread and return its identifier.",
    ),
    Method::noargs(
        "allocate_lock",
        |_| new_lock(),
        "allocate_lock() -> lock object\n\nCreate a new lock object.",
    ),
    Method::noargs(
        "allocate",
        |_| new_lock(),
        "allocate_lock() -> lock object\n\nCreate a new lock object.",
    ),
    Method::noargs(
        "get_ident",
        |_| Ok(int::from_u64(thread::current().ident.get())),
        "get_ident() -> integer\n\nReturn a non-zero integer that uniquely identifies the current thread\namongst other threads that exist simultaneously.",
    ),
    Method::noargs(
        "get_native_id",
        |_| Ok(Value::int(crate::sysdep::gettid())),
        "get_native_id() -> integer\n\nReturn a non-negative integer identifying the thread as reported\nby the OS (kernel).",
    ),
    Method::noargs(
        "_count",
        |_| Ok(Value::int(COUNT.load(Ordering::Relaxed) as i64)),
        "_count() -> integer\n\nReturn the number of currently running Python threads.",
    ),
    Method::fast(
        "stack_size",
        "",
        stack_size,
        "stack_size([size]) -> size\n\nReturn the thread stack size used when creating new threads.",
    ),
    Method::noargs(
        "exit",
        |_| Err(rivet_vm::exceptions::raise_args(exc().system_exit, &[])),
        "exit()\n\nThis is synonymous to ``raise SystemExit''.",
    ),
    Method::noargs(
        "exit_thread",
        |_| Err(rivet_vm::exceptions::raise_args(exc().system_exit, &[])),
        "exit()\n\nThis is synonymous to ``raise SystemExit''.",
    ),
    Method::fast(
        "interrupt_main",
        "",
        |_, _| {
            rivet_vm::signals::on_signal(libc::SIGINT);
            Ok(Value::NONE)
        },
        "interrupt_main(signum=signal.SIGINT, /)\n\nSimulate the arrival of the given signal in the main thread.",
    ),
    Method::noargs(
        "_set_sentinel",
        |_| set_sentinel(),
        "_set_sentinel() -> lock\n\nSet a sentinel lock that will be released when the current thread\nstate is finalized (after it is untied from the interpreter).",
    ),
    Method::one(
        "_excepthook",
        "",
        excepthook,
        "excepthook(exc_type, exc_value, exc_traceback, thread)\n\nHandle uncaught Thread.run() exception.",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    LOCK_TYPE.set(build::native_type(&LOCK, 0).value());
    RLOCK_TYPE.set(build::native_type(&RLOCK, 0).value());
    LOCAL_TYPE.set(build::native_type(&LOCAL, 3).value());
    STARTING.set(Dict::new()?.value());
    m.add_functions(METHODS)?;
    m.add("LockType", ty(&LOCK_TYPE).value())?;
    m.add("RLock", ty(&RLOCK_TYPE).value())?;
    m.add("_local", ty(&LOCAL_TYPE).value())?;
    m.add("error", exc().runtime_error.value())?;
    m.add("TIMEOUT_MAX", Value::float(9_223_372_036.0))?;
    let args = crate::structseq::make(
        "_thread._ExceptHookArgs",
        &["exc_type", "exc_value", "exc_traceback", "thread"],
        4,
    )?;
    m.add("_ExceptHookArgs", args.value())
}

fn ty(root: &'static Root) -> Gc<Type> {
    root.get()
        .and_then(|t| t.cast::<Type>())
        .expect("made by init")
}

// ---- locks ----

/// A lock that may be released by another thread than the one that took it.
struct RawLock {
    taken: Mutex<bool>,
    freed: Condvar,
}

impl RawLock {
    fn new() -> Arc<RawLock> {
        Arc::new(RawLock {
            taken: Mutex::new(false),
            freed: Condvar::new(),
        })
    }

    fn try_take(&self) -> bool {
        let mut t = self.taken.lock().unwrap_or_else(|e| e.into_inner());
        !std::mem::replace(&mut *t, true)
    }

    /// Waits until `deadline` (or a tenth of a second, so that signals are seen); true if taken.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let slice = Duration::from_millis(100);
        let until = deadline.map_or(slice, |d| {
            d.saturating_duration_since(Instant::now()).min(slice)
        });
        let t = self.taken.lock().unwrap_or_else(|e| e.into_inner());
        let (mut t, _) = self
            .freed
            .wait_timeout_while(t, until, |t| *t)
            .unwrap_or_else(|e| e.into_inner());
        !std::mem::replace(&mut *t, true)
    }

    fn release(&self) -> bool {
        let was = std::mem::replace(
            &mut *self.taken.lock().unwrap_or_else(|e| e.into_inner()),
            false,
        );
        self.freed.notify_one();
        was
    }

    fn is_taken(&self) -> bool {
        *self.taken.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Takes the lock: without waiting, or until the deadline. Signal handlers run while waiting.
    fn acquire(&self, blocking: bool, deadline: Option<Instant>) -> PyResult<bool> {
        if self.try_take() {
            return Ok(true);
        }
        if !blocking {
            return Ok(false);
        }
        loop {
            if gil::allow_threads(|| self.wait(deadline)) {
                return Ok(true);
            }
            if rivet_vm::signals::pending() {
                rivet_vm::signals::run_pending()?;
            }
            if deadline.is_some_and(|d| Instant::now() >= d) {
                return Ok(false);
            }
        }
    }
}

/// The arguments of `acquire`.
fn acquire_arguments(args: &[Option<Value>]) -> PyResult<(bool, Option<Instant>)> {
    let blocking = args[0].map_or(Ok(true), protocol::is_true)?;
    let timeout = args[1].map_or(Ok(-1.0), protocol::as_f64)?;
    if !blocking && timeout != -1.0 {
        return Err(value_error(
            "can't specify a timeout for a non-blocking call",
        ));
    }
    if timeout < 0.0 && timeout != -1.0 {
        return Err(value_error("timeout value must be a non-negative number"));
    }
    if timeout > 9_223_372_036.0 {
        return Err(overflow_error("timeout value is too large"));
    }
    let deadline = if timeout >= 0.0 {
        Some(Instant::now() + Duration::from_secs_f64(timeout))
    } else {
        None
    };
    Ok((blocking, deadline))
}

const ACQUIRE_DOC: &str = "acquire(blocking=True, timeout=-1) -> bool\n\nLock the lock.";

static LOCK: TypeSpec = TypeSpec {
    doc: "A lock object is a synchronization primitive.",
    flags: TypeFlags::WEAKREFABLE | TypeFlags::DISALLOW_INSTANTIATION,
    methods: &[
        Method::bound(
            "acquire",
            "($self, blocking=True, timeout=-1)",
            lock_acquire,
            ACQUIRE_DOC,
        ),
        Method::bound(
            "acquire_lock",
            "($self, blocking=True, timeout=-1)",
            lock_acquire,
            ACQUIRE_DOC,
        ),
        Method::noargs("release", lock_release, "release()\n\nRelease the lock."),
        Method::noargs(
            "release_lock",
            lock_release,
            "release()\n\nRelease the lock.",
        ),
        Method::noargs(
            "locked",
            |v| Ok(Value::bool(raw(v).is_taken())),
            "locked() -> bool\n\nReturn whether the lock is locked.",
        ),
        Method::noargs(
            "locked_lock",
            |v| Ok(Value::bool(raw(v).is_taken())),
            "locked() -> bool\n\nReturn whether the lock is locked.",
        ),
        Method::noargs("__enter__", |v| lock_acquire(v, &[None, None]), ACQUIRE_DOC),
        Method::fast(
            "__exit__",
            "",
            |v, _| lock_release(v),
            "release()\n\nRelease the lock.",
        ),
        Method::noargs(
            "_at_fork_reinit",
            |v| {
                raw(v).release();
                Ok(Value::NONE)
            },
            "",
        ),
    ],
    slots: |s| {
        s.repr = Some(|v| {
            let state = if raw(v).is_taken() {
                "locked"
            } else {
                "unlocked"
            };
            str::new(&format!(
                "<{state} _thread.lock object at {:#x}>",
                protocol::identity(v)
            ))
        });
    },
    ..TypeSpec::named("_thread.lock")
};

fn raw(v: Value) -> Arc<RawLock> {
    v.cast::<Native>()
        .and_then(|n| n.state::<Arc<RawLock>>().cloned())
        .unwrap_or_else(RawLock::new)
}

fn new_lock() -> PyResult<Value> {
    Native::with_state(ty(&LOCK_TYPE), RawLock::new()).map(Gc::value)
}

fn lock_acquire(v: Value, args: &[Option<Value>]) -> PyResult<Value> {
    let (blocking, deadline) = acquire_arguments(args)?;
    raw(v).acquire(blocking, deadline).map(Value::bool)
}

fn lock_release(v: Value) -> PyResult<Value> {
    if raw(v).release() {
        Ok(Value::NONE)
    } else {
        Err(runtime_error("release unlocked lock"))
    }
}

/// State of a reentrant lock.
struct RLockState {
    raw: Arc<RawLock>,
    owner: Cell<u64>,
    count: Cell<u64>,
}

static RLOCK: TypeSpec = TypeSpec {
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: &[
        Method::bound(
            "acquire",
            "($self, blocking=True, timeout=-1)",
            rlock_acquire,
            ACQUIRE_DOC,
        ),
        Method::noargs("release", rlock_release, "release()\n\nRelease the lock."),
        Method::noargs(
            "__enter__",
            |v| rlock_acquire(v, &[None, None]),
            ACQUIRE_DOC,
        ),
        Method::fast(
            "__exit__",
            "",
            |v, _| rlock_release(v),
            "release()\n\nRelease the lock.",
        ),
        Method::noargs(
            "_is_owned",
            |v| Ok(Value::bool(rlock(v)?.owner.get() == me())),
            "_is_owned() -> bool\n\nFor internal use by `threading.Condition`.",
        ),
        Method::noargs(
            "_release_save",
            |v| {
                let r = rlock(v)?;
                if r.count.get() == 0 {
                    return Err(runtime_error("cannot release un-acquired lock"));
                }
                let saved =
                    tuple::new(&[int::from_u64(r.count.get()), int::from_u64(r.owner.get())])?;
                r.count.set(0);
                r.owner.set(0);
                r.raw.release();
                Ok(saved)
            },
            "_release_save() -> tuple\n\nFor internal use by `threading.Condition`.",
        ),
        Method::one(
            "_acquire_restore",
            "",
            |v, saved| {
                let t = saved
                    .cast::<Tuple>()
                    .ok_or_else(|| type_error("a tuple is required"))?;
                let number = |i: usize| {
                    int::to_big(t.item(i))
                        .and_then(|b| u64::try_from(b).ok())
                        .unwrap_or(0)
                };
                let r = rlock(v)?;
                r.raw.acquire(true, None)?;
                r.count.set(number(0));
                r.owner.set(number(1));
                Ok(Value::NONE)
            },
            "_acquire_restore(state) -> None\n\nFor internal use by `threading.Condition`.",
        ),
        Method::noargs(
            "_at_fork_reinit",
            |v| {
                let r = rlock(v)?;
                r.raw.release();
                r.count.set(0);
                r.owner.set(0);
                Ok(Value::NONE)
            },
            "",
        ),
    ],
    slots: |s| {
        s.new = Some(|ty, _, _| {
            let v = instance::allocate(ty, 0)?;
            v.cast::<Native>()
                .expect("a native type")
                .set_state(RLockState {
                    raw: RawLock::new(),
                    owner: Cell::new(0),
                    count: Cell::new(0),
                });
            Ok(v)
        });
        s.init = Some(|_, _, _| Ok(()));
        s.repr = Some(|v| {
            let r = rlock(v)?;
            let state = if r.count.get() > 0 {
                "locked"
            } else {
                "unlocked"
            };
            let (t, o, n) = (v.type_of().short_name(), r.owner.get(), r.count.get());
            str::new(&format!(
                "<{state} _thread.{t} object owner={o} count={n} at {:#x}>",
                protocol::identity(v)
            ))
        });
    },
    ..TypeSpec::named("_thread.RLock")
};

fn me() -> u64 {
    thread::current().ident.get()
}

fn rlock<'a>(v: Value) -> PyResult<&'a RLockState> {
    v.cast::<Native>()
        .and_then(|n| n.state::<RLockState>())
        .ok_or_else(|| type_error("an RLock is required"))
}

fn rlock_acquire(v: Value, args: &[Option<Value>]) -> PyResult<Value> {
    let (blocking, deadline) = acquire_arguments(args)?;
    let r = rlock(v)?;
    if r.count.get() > 0 && r.owner.get() == me() {
        r.count.set(r.count.get() + 1);
        return Ok(Value::TRUE);
    }
    let taken = r.raw.acquire(blocking, deadline)?;
    if taken {
        r.owner.set(me());
        r.count.set(1);
    }
    Ok(Value::bool(taken))
}

fn rlock_release(v: Value) -> PyResult<Value> {
    let r = rlock(v)?;
    if r.count.get() == 0 || r.owner.get() != me() {
        return Err(runtime_error("cannot release un-acquired lock"));
    }
    r.count.set(r.count.get() - 1);
    if r.count.get() == 0 {
        r.owner.set(0);
        r.raw.release();
    }
    Ok(Value::NONE)
}

// ---- threads ----

thread_local! {
    /// Released when the thread ends (`_set_sentinel`).
    static SENTINEL: std::cell::RefCell<Option<Arc<RawLock>>> = const { std::cell::RefCell::new(None) };
}

fn set_sentinel() -> PyResult<Value> {
    let lock = RawLock::new();
    SENTINEL.with(|s| *s.borrow_mut() = Some(lock.clone()));
    Native::with_state(ty(&LOCK_TYPE), lock).map(Gc::value)
}

fn start(_m: Value, args: &[Value]) -> PyResult<Value> {
    rivet_vm::object::args::check_count("start_new_thread", args, 2, 3)?;
    if !is_callable(args[0]) {
        return Err(type_error("first arg must be callable"));
    }
    if args[1].cast::<Tuple>().is_none() {
        return Err(type_error("2nd arg must be a tuple"));
    }
    if args.get(2).is_some_and(|k| k.cast::<Dict>().is_none()) {
        return Err(type_error("optional 3rd arg must be a dictionary"));
    }
    let ticket = TICKET.fetch_add(1, Ordering::Relaxed) as i64;
    let starting = STARTING
        .get()
        .and_then(|d| d.cast::<Dict>())
        .expect("made by init");
    starting.set_item(Value::int(ticket), tuple::new(args)?)?;
    gil::MULTI.store(true, Ordering::Relaxed);
    let size = match STACK_SIZE.load(Ordering::Relaxed) {
        0 => 8 << 20,
        n => n as usize,
    };
    let (tell, told) = std::sync::mpsc::channel();
    let spawned = std::thread::Builder::new().stack_size(size).spawn(move || {
        let ident = thread::native_ident();
        let _ = tell.send(ident);
        run(ticket, ident);
    });
    if spawned.is_err() {
        starting.remove(Value::int(ticket))?;
        return Err(runtime_error("can't start new thread"));
    }
    let ident = gil::allow_threads(|| told.recv().unwrap_or(0));
    Ok(int::from_u64(ident))
}

/// The life of a thread.
fn run(ticket: i64, ident: u64) {
    let state = rivet_vm::thread::begin(ident);
    COUNT.fetch_add(1, Ordering::Relaxed);
    if let Err(raised) = run_call(ticket) {
        let e = rivet_vm::exceptions::take(raised);
        if !rivet_vm::finalize::is_system_exit(e) {
            unraisable(rivet_vm::exceptions::restore(e), Value::NONE);
        }
    }
    let sentinel = SENTINEL.with(|s| s.borrow_mut().take());
    COUNT.fetch_sub(1, Ordering::Relaxed);
    rivet_vm::thread::end(state, || {
        if let Some(s) = sentinel {
            s.release();
        }
    });
}

fn run_call(ticket: i64) -> PyResult<()> {
    let starting = STARTING
        .get()
        .and_then(|d| d.cast::<Dict>())
        .expect("made by init");
    let Some(t) = starting
        .remove(Value::int(ticket))?
        .and_then(|t| t.cast::<Tuple>())
    else {
        return Ok(());
    };
    let args = t.item(1).cast::<Tuple>().map_or(&[][..], |a| a.items());
    let kwargs = t.items().get(2).and_then(|k| k.cast::<Dict>());
    rivet_vm::object::call::call_tuple_dict(t.item(0), args, kwargs).map(|_| ())
}

fn stack_size(_m: Value, args: &[Value]) -> PyResult<Value> {
    let old = STACK_SIZE.load(Ordering::Relaxed);
    if let Some(&v) = args.first() {
        let n = protocol::as_isize(v)?;
        if n < 0 {
            return Err(value_error("size must be 0 or a positive value"));
        }
        if n != 0 && n < 32 * 1024 {
            return Err(value_error(format!("size not valid: {n} bytes")));
        }
        STACK_SIZE.store(n as u64, Ordering::Relaxed);
    }
    Ok(Value::int(old as i64))
}

fn excepthook(_m: Value, args: Value) -> PyResult<Value> {
    let seq = protocol::to_tuple(args)?;
    if seq.len() < 4 {
        return Err(type_error(
            "_thread._excepthook argument type must be ExceptHookArgs",
        ));
    }
    if seq.item(0) == exc().system_exit.value() {
        return Ok(Value::NONE);
    }
    let sys = rivet_vm::import::import_module("sys")?;
    let err = find_attr(sys, name!("stderr"))?.unwrap_or(Value::NONE);
    if err.is_none() {
        return Ok(Value::NONE);
    }
    let who = match find_attr(seq.item(3), name!("name"))? {
        Some(n) => protocol::str(n)?.to_string_lossy().into_owned(),
        None => me().to_string(),
    };
    let text = str::new(&format!("Exception in thread {who}:\n"))?;
    rivet_vm::object::call::call_method(err, name!("write"), &[text])?;
    let traceback = rivet_vm::import::import_module("traceback")?;
    rivet_vm::object::call::call_method(
        traceback,
        name!("print_exception"),
        &[seq.item(0), seq.item(1), seq.item(2)],
    )?;
    rivet_vm::object::call::call_method(err, name!("flush"), &[])?;
    Ok(Value::NONE)
}

// ---- thread-local data ----

/// Slots of a `_local`: dicts by thread ident, constructor arguments, constructor keyword names.
static LOCAL: TypeSpec = TypeSpec {
    doc: "Thread-local data",
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    getset: &[GetSet::new("__dict__", |v| local_dict(v).map(Gc::value))],
    slots: |s| {
        s.new = Some(|ty, args, kw| {
            let plain = ty.slots().init.map(|f| f as usize)
                == runtime::types().object.slots().init.map(|f| f as usize);
            if plain && !args.is_empty() {
                return Err(type_error("Initialization arguments are not supported"));
            }
            let v = instance::allocate(ty, 0)?;
            let n = v.cast::<Native>().expect("a native type");
            n.put(0, Dict::new()?.value());
            n.put(1, tuple::new(args)?);
            n.put_opt(2, kw.map(Gc::value));
            // The creating thread's `__init__` is run by the class call.
            dicts(v)?.set_item(int::from_u64(me()), Dict::new()?.value())?;
            Ok(v)
        });
        s.getattro = Some(|v, n| {
            let d = local_dict(v)?;
            if n.eq_str("__dict__") {
                return Ok(d.value());
            }
            let ty = v.type_of();
            let descr = rivet_vm::object::lookup::type_lookup(ty, n);
            let data = descr.is_some_and(|d| d.type_of().slots().descr_set.is_some());
            match d.get_interned(n) {
                Some(x) if !data => Ok(x),
                _ => generic_getattr(v, n),
            }
        });
        s.setattro = Some(|v, n, x| {
            let d = local_dict(v)?;
            if n.eq_str("__dict__") {
                let t = v.type_of().name_string();
                return Err(rivet_vm::exceptions::attribute_error(format!(
                    "'{t}' object attribute '__dict__' is read-only"
                )));
            }
            let descr = rivet_vm::object::lookup::type_lookup(v.type_of(), n);
            if descr.is_some_and(|d| d.type_of().slots().descr_set.is_some()) {
                return generic_setattr(v, n, x);
            }
            match x {
                Some(x) => d.set_interned(n, x),
                None => match d.remove_interned(n) {
                    Some(_) => Ok(()),
                    None => Err(rivet_vm::object::attr::no_attribute(v, n)),
                },
            }
        });
    },
    ..TypeSpec::named("_thread._local")
};

fn dicts(v: Value) -> PyResult<Gc<Dict>> {
    let n = v
        .cast::<Native>()
        .and_then(|n| n.get(0))
        .and_then(|d| d.cast::<Dict>());
    n.ok_or_else(|| type_error("thread-local data is not initialised"))
}

/// This thread's dict; made, and `__init__` run again, at a thread's first use.
fn local_dict(v: Value) -> PyResult<Gc<Dict>> {
    let all = dicts(v)?;
    let key = int::from_u64(me());
    if let Some(d) = all.get(key)?.and_then(|d| d.cast::<Dict>()) {
        return Ok(d);
    }
    let d = Dict::new()?;
    all.set_item(key, d.value())?;
    let n = v.cast::<Native>().expect("thread-local data");
    if let Some(init) = v.type_of().slots().init
        && runtime::types().object.slots().init.map(|f| f as usize) != Some(init as usize)
    {
        let args = RVec::from_slice(
            n.get(1)
                .and_then(|a| a.cast::<Tuple>())
                .map_or(&[][..], |t| t.items()),
        )?;
        init(v, &args, n.get(2).and_then(|k| k.cast::<Tuple>()))?;
    }
    Ok(d)
}

/// `call_kw` for modules that start threads by other means (kept beside `start`).
pub fn call_in_thread(f: Value, args: &[Value]) -> PyResult<Value> {
    call_kw(f, args, None)
}

/// A str of the thread's name, for messages.
pub fn thread_name(v: Value) -> PyResult<Gc<Str>> {
    protocol::str(v)
}

/// The state of the calling thread (kept for the C boundary).
pub fn current_state() -> &'static Thread {
    thread::current()
}
