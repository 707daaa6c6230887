//! Native stacks: which threads exist, where their stacks lie, and how registers get onto them.

use std::cell::{Cell, UnsafeCell};
use std::ptr::null_mut;

struct Stack {
    base: usize,
    /// Lowest address to scan; 0 while the thread runs without the collector's knowledge of it.
    sp: usize,
    /// Callee-saved registers of a thread parked by [`park`].
    regs: [usize; 12],
}

struct Threads(UnsafeCell<Vec<*mut Stack>>);
// SAFETY: used only under the runtime's global lock.
unsafe impl Sync for Threads {}

static THREADS: Threads = Threads(UnsafeCell::new(Vec::new()));

thread_local! {
    static CURRENT: Cell<*mut Stack> = const { Cell::new(null_mut()) };
}

fn threads() -> &'static mut Vec<*mut Stack> {
    // SAFETY: one thread at a time by the crate's contract, and no caller keeps the reference.
    unsafe { &mut *THREADS.0.get() }
}

/// Where the calling thread's native stack lies: its lowest address and the end of what may hold references.
pub fn stack_bounds() -> (usize, usize) {
    main_stack_bounds().unwrap_or_else(own_stack_bounds)
}

/// The bounds if this is the main thread and its stack is limited. glibc's general answer for it reads all of
/// `/proc/self/maps`.
fn main_stack_bounds() -> Option<(usize, usize)> {
    unsafe extern "C" {
        /// The stack pointer the process began with.
        static __libc_stack_end: *const u8;
    }
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: a variable that the loader sets once before the program starts, and a plain query into a local.
    let high = unsafe {
        if libc::getrlimit(libc::RLIMIT_STACK, &mut limit) != 0 {
            return None;
        }
        __libc_stack_end as usize
    };
    // A larger one may not have room below: the general answer knows the mapping before it.
    const USUAL: libc::rlim_t = 256 << 20;
    if limit.rlim_cur > USUAL {
        return None;
    }
    let low = high.checked_sub(usize::try_from(limit.rlim_cur).ok()?)?;
    let here = (&raw const limit) as usize;
    (low..high).contains(&here).then_some((low, high))
}

fn own_stack_bounds() -> (usize, usize) {
    // SAFETY: plain calls on a local attribute object, which is destroyed again.
    unsafe {
        let mut attr: libc::pthread_attr_t = std::mem::zeroed();
        libc::pthread_getattr_np(libc::pthread_self(), &mut attr);
        let (mut low, mut size) = (null_mut(), 0usize);
        libc::pthread_attr_getstack(&attr, &mut low, &mut size);
        libc::pthread_attr_destroy(&mut attr);
        (low as usize, low as usize + size)
    }
}

/// Makes the calling thread known to the collector. Call it with the global lock held; repeating is harmless.
pub fn attach_thread() {
    if CURRENT.get().is_null() {
        let stack = Box::into_raw(Box::new(Stack {
            base: stack_bounds().1,
            sp: 0,
            regs: [0; 12],
        }));
        CURRENT.set(stack);
        threads().push(stack);
    }
}

/// Forgets the calling thread. It must do so, with the global lock held, before it ends.
pub fn detach_thread() {
    let stack = CURRENT.replace(null_mut());
    if !stack.is_null() {
        threads().retain(|&s| s != stack);
        // SAFETY: made by `attach_thread` on this thread and no longer in the list.
        drop(unsafe { Box::from_raw(stack) });
    }
}

/// In the child of a `fork`: forgets all threads but the calling one.
pub fn after_fork_child() {
    let me = CURRENT.get();
    threads().retain(|&s| s == me);
    attach_thread();
}

/// Records the stack of the calling thread while `f` runs. `f` releases the global lock, blocks, and takes it again;
/// meanwhile other threads may collect. Nests.
pub fn parked<R>(f: impl FnOnce() -> R) -> R {
    attach_thread();
    let stack = CURRENT.get();
    with_spilled_registers(|sp| {
        let _restore = Recorded {
            stack,
            before: set_sp(stack, sp),
        };
        f()
    })
}

/// Records the stack and the registers of the calling thread until [`unpark`]: as [`parked`] for callers that cannot
/// hand over a closure (C code between the release and the retaking of the lock). Gives what `unpark` needs.
#[inline(never)]
pub fn park() -> usize {
    attach_thread();
    let stack = CURRENT.get();
    let mut regs = [0usize; 12];
    let sp = spill(&mut regs);
    // SAFETY: the record of the calling thread, which lives until `detach_thread`.
    unsafe { (*stack).regs = regs };
    set_sp(stack, sp)
}

/// Ends what [`park`] began. Call it with the global lock held.
pub fn unpark(before: usize) {
    let stack = CURRENT.get();
    if !stack.is_null() {
        // SAFETY: as in `park`.
        unsafe { (*stack).regs = [0; 12] };
        set_sp(stack, before);
    }
}

/// Runs a collection with the calling thread's stack recorded, but for what the collector itself has on it: that holds no
/// references, and places it has not written yet show what earlier calls left there.
pub(crate) fn with_stack_recorded(mut collection: impl FnMut()) {
    attach_thread();
    above_collector(std::hint::black_box(&mut collection));
}

/// The frame where the scan begins: callee-saved registers, and nothing else of its own. `collection` is not known here, so
/// that none of its variables can be here either.
#[inline(never)]
fn above_collector(collection: &mut dyn FnMut()) {
    let stack = CURRENT.get();
    let mut regs = [0usize; 12];
    spill(&mut regs);
    let _restore = Recorded {
        stack,
        before: set_sp(stack, regs.as_ptr() as usize),
    };
    collection();
    std::hint::black_box(&mut regs);
}

struct Recorded {
    stack: *mut Stack,
    before: usize,
}

impl Drop for Recorded {
    fn drop(&mut self) {
        set_sp(self.stack, self.before);
    }
}

fn set_sp(stack: *mut Stack, sp: usize) -> usize {
    // SAFETY: the record of the calling thread, which lives until `detach_thread`.
    unsafe { std::mem::replace(&mut (*stack).sp, sp) }
}

/// Calls `f` with the bounds of every recorded stack.
pub(crate) fn each_stack(mut f: impl FnMut(usize, usize)) {
    for i in 0..threads().len() {
        // SAFETY: records in the list are alive.
        let Stack { base, sp, regs } = unsafe { &*threads()[i] };
        if *sp != 0 {
            f(*sp & !7, *base);
            let at = regs.as_ptr() as usize;
            f(at, at + size_of_val(regs));
        }
    }
}

/// Spills the callee-saved registers onto the stack and calls `f` with the lowest stack address to scan. (The
/// caller-saved ones are on the stack already, or dead, because this is a call.)
#[inline(never)]
fn with_spilled_registers<R>(f: impl FnOnce(usize) -> R) -> R {
    let mut regs = [0usize; 12];
    let sp = spill(&mut regs);
    let r = f(sp.min(regs.as_ptr() as usize));
    std::hint::black_box(&mut regs);
    r
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn spill(regs: &mut [usize; 12]) -> usize {
    let sp: usize;
    // SAFETY: writes six registers into `regs` and reads the stack pointer.
    unsafe {
        std::arch::asm!(
            "mov [{r}], rbx", "mov [{r} + 8], rbp", "mov [{r} + 16], r12",
            "mov [{r} + 24], r13", "mov [{r} + 32], r14", "mov [{r} + 40], r15",
            "mov {s}, rsp",
            r = in(reg) regs.as_mut_ptr(), s = lateout(reg) sp, options(nostack, preserves_flags));
    }
    sp
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn spill(regs: &mut [usize; 12]) -> usize {
    let sp: usize;
    // SAFETY: writes eleven registers into `regs` and reads the stack pointer.
    unsafe {
        std::arch::asm!(
            "stp x19, x20, [{r}]", "stp x21, x22, [{r}, #16]", "stp x23, x24, [{r}, #32]",
            "stp x25, x26, [{r}, #48]", "stp x27, x28, [{r}, #64]", "str x29, [{r}, #80]",
            "mov {s}, sp",
            r = in(reg) regs.as_mut_ptr(), s = lateout(reg) sp, options(nostack, preserves_flags));
    }
    sp
}
