//! What belongs to a thread of execution: the pending exception, the handled one, the frames.

use std::cell::{Cell, UnsafeCell};

use crate::frames::Stack;
use crate::value::{Slot, Value};

/// The state of one thread.
pub struct Thread {
    /// The exception being raised.
    pending: Slot,
    /// The exception being handled (`sys.exc_info()`), innermost.
    pub handled: Slot,
    /// What was being handled where the innermost running generator was resumed.
    pub handled_outside: Slot,
    /// Whether the innermost running generator handles an exception of its own.
    pub handles_own: Cell<bool>,
    /// Python frames.
    pub stack: Stack,
    /// Python calls in progress that use the native stack.
    pub depth: Cell<u32>,
    /// Operations in progress that count as calls but have no frame.
    pub native_levels: Cell<u32>,
    /// Lowest native stack address Python calls may reach.
    pub native_limit: Cell<usize>,
    /// `threading.get_ident()`
    pub ident: Cell<u64>,
    /// `sys.settrace` function.
    pub trace: Slot,
    /// `sys.setprofile` function.
    pub profile: Slot,
    /// Set while a trace function runs.
    pub tracing: Cell<u32>,
    /// `sys.set_asyncgen_hooks`
    pub asyncgen_hooks: [Slot; 2],
    /// Exception to raise asynchronously in this thread (`PyThreadState_SetAsyncExc`).
    pub async_exc: Slot,
    /// The current `contextvars` context.
    pub context: Slot,
    /// For `repr` of containers: the ones in progress (list of pairs), or nothing.
    pub repr_stack: Slot,
    /// `sys.set_coroutine_origin_tracking_depth`
    pub coroutine_origin_depth: Cell<u32>,
    /// Owned by the C boundary: address of the C thread state.
    pub foreign: Cell<usize>,
    /// Address of the word that is not 0 while C code has an exception pending: `pending` itself until the
    /// boundary keeps C's exceptions elsewhere (in a C thread state's `curexc_type`).
    pub error_word: Cell<*const u64>,
}

struct Global(UnsafeCell<*const Thread>);

// SAFETY: changed only by whoever takes the GIL.
unsafe impl Sync for Global {}

static CURRENT: Global = Global(UnsafeCell::new(std::ptr::null()));
/// All threads that have a state, for the collector and `sys._current_frames`.
static ALL: crate::gil::Guarded<Vec<*const Thread>> = crate::gil::Guarded::new(Vec::new());

/// The thread that holds the GIL.
#[inline(always)]
pub fn current() -> &'static Thread {
    // SAFETY: set by `make_current` before any Python code runs in the thread; states are freed only by
    // `Thread::retire`, after which the thread runs no Python code.
    unsafe { &**CURRENT.0.get() }
}

/// Where the address of the current thread's state is kept, for compiled code.
pub fn current_address() -> *const *const Thread {
    CURRENT.0.get()
}

/// Makes `thread` the current one (by whoever has just taken the GIL).
pub fn make_current(thread: &'static Thread) {
    // SAFETY: GIL held.
    unsafe { *CURRENT.0.get() = thread }
    if let Some(f) = crate::hooks::hooks().thread_switched.get() {
        f(thread);
    }
}

impl Thread {
    /// Where `error_word` lies, for compiled code: it loads the address from the thread state, then the word.
    pub const ERROR_WORD_OFFSET: usize = std::mem::offset_of!(Thread, error_word);

    /// A new state, known to the collector. It lives until `retire`.
    pub fn create(ident: u64) -> &'static Thread {
        let thread = Self::create_unlisted(ident);
        ALL.with(|all| all.push(thread));
        thread
    }

    fn create_unlisted(ident: u64) -> &'static Thread {
        let thread: &'static Thread = Box::leak(Box::new(Thread {
            pending: Slot::new_empty(),
            handled: Slot::new_empty(),
            handled_outside: Slot::new_empty(),
            handles_own: Cell::new(false),
            stack: Stack::new(),
            depth: Cell::new(0),
            native_levels: Cell::new(0),
            native_limit: Cell::new(0),
            ident: Cell::new(ident),
            trace: Slot::new_empty(),
            profile: Slot::new_empty(),
            tracing: Cell::new(0),
            asyncgen_hooks: [Slot::new_empty(), Slot::new_empty()],
            async_exc: Slot::new_empty(),
            context: Slot::new_empty(),
            repr_stack: Slot::new_empty(),
            coroutine_origin_depth: Cell::new(0),
            foreign: Cell::new(0),
            error_word: Cell::new(std::ptr::null()),
        }));
        thread.error_word.set(thread.pending.as_ptr());
        thread
    }

    /// Takes the state of an ended thread out of the collector's sight and frees it.
    pub fn retire(&'static self) {
        ALL.with(|all| all.retain(|&t| !std::ptr::eq(t, self)));
        // SAFETY: made by `Box::leak`; the thread has ended and nobody else holds the reference.
        drop(unsafe { Box::from_raw(std::ptr::from_ref(self).cast_mut()) });
    }

    /// After `fork`: only the current thread is left.
    pub fn keep_only_current() {
        let me: *const Thread = current();
        ALL.with(|all| all.retain(|&t| t == me));
    }

    /// The pending exception.
    #[inline(always)]
    pub fn pending(&self) -> Option<Value> {
        self.pending.get()
    }

    /// Sets the pending exception.
    #[inline(always)]
    pub fn set_pending(&self, exc: Value) {
        // Threads are scanned at every collection: no barrier.
        root_set(&self.pending, Some(exc));
    }

    /// Takes the pending exception.
    #[inline(always)]
    pub fn take_pending(&self) -> Option<Value> {
        let v = self.pending.get();
        self.pending.clear();
        v
    }

    /// Sets a field of the thread state.
    pub fn set(&self, slot: &Slot, value: Option<Value>) {
        root_set(slot, value);
    }

    /// What the recursion limit limits.
    #[inline(always)]
    pub fn levels(&self) -> usize {
        self.stack.depth() + self.native_levels.get() as usize
    }

    fn visit(&self, v: &mut rivet_heap::Visitor) {
        let fields = [
            &self.pending,
            &self.handled,
            &self.handled_outside,
            &self.trace,
            &self.profile,
            &self.asyncgen_hooks[0],
            &self.asyncgen_hooks[1],
            &self.async_exc,
            &self.context,
            &self.repr_stack,
        ];
        for f in fields {
            v.visit(f.as_ptr());
        }
        self.stack.visit(v);
    }
}

/// Stores to a field that is a root (visited at every collection), hence without a barrier.
pub(crate) fn root_set(slot: &Slot, value: Option<Value>) {
    // SAFETY: a plain store to a live field; GIL held.
    unsafe { *slot.as_ptr() = Value::word_of(value) }
}

/// The root visitor over all threads.
pub fn visit_all(v: &mut rivet_heap::Visitor) {
    ALL.with(|all| {
        for &t in all.iter() {
            // SAFETY: states in the list are alive.
            unsafe { (*t).visit(v) }
        }
    });
}

/// Calls `f` for every thread.
pub fn for_each(mut f: impl FnMut(&'static Thread)) {
    let all: Vec<*const Thread> = ALL.with(|all| all.clone());
    for t in all {
        // SAFETY: the GIL is held, so no state is retired meanwhile.
        f(unsafe { &*t });
    }
}

/// The system's identity of this thread (`threading.get_ident`).
pub fn native_ident() -> u64 {
    // SAFETY: a plain query.
    unsafe { libc::pthread_self() as u64 }
}

/// Makes the calling system thread a Python thread: attaches its stack, takes the GIL.
pub fn begin(ident: u64) -> &'static Thread {
    let state = Thread::create_unlisted(ident);
    // The collector must know the stack before the thread can touch objects, and only the GIL's holder may change
    // the collector's lists.
    crate::gil::acquire(state);
    rivet_heap::attach_thread();
    ALL.with(|all| all.push(state));
    crate::runtime::set_native_limit();
    state
}

/// Ends what `begin` began. `last` runs with the GIL held, when the thread's Python state is gone.
pub fn end(state: &'static Thread, last: impl FnOnce()) {
    ALL.with(|all| all.retain(|&t| !std::ptr::eq(t, state)));
    rivet_heap::detach_thread();
    last();
    crate::gil::release();
    // SAFETY: made by `Box::leak`, out of the list, and this thread runs no Python code any more.
    drop(unsafe { Box::from_raw(std::ptr::from_ref(state).cast_mut()) });
}
