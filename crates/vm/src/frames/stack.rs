//! The stack of frames of a thread.

use std::cell::Cell;

use super::regs::{Pc, Regs};
use crate::exceptions::{PyResult, Raised, recursion_error};
use crate::thread::root_set;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::value::{Gc, Slot, Value};

/// What happens with the value a frame returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OnReturn {
    /// The interpreter loop that was entered for this frame ends.
    Exit,
    /// It goes to register `dst` of the caller.
    Register,
    /// The frame is `__init__`: the value must be None; register `dst` of the caller has the instance already.
    Init,
    /// The frame is a generator's, resumed by a `ForIter` of the caller: what it yields is the item, its end the loop's.
    Iterate,
    /// The frame is a generator's or coroutine's, resumed by a `Send` of the caller.
    Delegate,
}

/// The control record of a frame.
#[repr(C)]
pub struct Frame {
    code: Slot,
    func: Slot,
    globals: Slot,
    builtins: Slot,
    /// Local namespace of module and class bodies.
    pub locals: Slot,
    /// The frame object, once somebody asked for it.
    pub object: Slot,
    /// The generator this frame belongs to.
    pub generator: Slot,
    base: Cell<*mut u64>,
    pc: Cell<*const u64>,
    /// Register of the caller that gets the result.
    pub dst: Cell<u16>,
    on_return: Cell<OnReturn>,
    /// `f_trace_lines`, `f_trace_opcodes` and the like.
    pub trace_flags: Cell<u8>,
    /// Last line a trace function was told of.
    pub traced_line: Cell<u32>,
}

/// Byte offset of a frame's saved position, for compiled code.
pub const PC_OFFSET: usize = std::mem::offset_of!(Frame, pc);
/// Byte offset of a frame's frame object, for compiled code.
pub const OBJECT_OFFSET: usize = std::mem::offset_of!(Frame, object);

impl Frame {
    /// The code.
    #[inline(always)]
    pub fn code(&self) -> Gc<Code> {
        let v = self.code.value();
        debug_assert!(v.cast::<Code>().is_some());
        // SAFETY: `Stack::push` stores only code objects here.
        unsafe { Gc::from_raw(v.to_word() as *mut Code) }
    }

    /// The function, if the frame is a call of one.
    pub fn func(&self) -> Option<Gc<Function>> {
        self.func.get_as::<Function>()
    }

    /// The global namespace.
    #[inline(always)]
    pub fn globals(&self) -> Gc<Dict> {
        let v = self.globals.value();
        // SAFETY: `Stack::push` stores only dicts here.
        unsafe { Gc::from_raw(v.to_word() as *mut Dict) }
    }

    /// Where names are stored that are no variables of a function: what the frame was given, else the globals (code
    /// of a module that a function was made of).
    pub fn namespace(&self) -> Option<Value> {
        self.locals.get().or_else(|| {
            let module = !self.code().has(rivet_spec::flags::CO_OPTIMIZED);
            module.then(|| self.globals().value())
        })
    }

    /// The builtins namespace (nearly always a dict).
    #[inline(always)]
    pub fn builtins(&self) -> Value {
        self.builtins.value()
    }

    /// The registers.
    #[inline(always)]
    pub fn regs(&self) -> Regs {
        Regs::new(self.base.get())
    }

    /// Where execution goes on: one past the instruction in progress and its caches, or the instruction
    /// itself, by opcode; `last_index` gives the instruction.
    #[inline(always)]
    pub fn pc(&self) -> Pc {
        Pc::new(self.pc.get())
    }

    /// Saves the position.
    #[inline(always)]
    pub fn set_pc(&self, pc: Pc) {
        self.pc.set(pc.as_ptr());
    }

    /// Index of the word of the instruction in progress: the saved position points just past it.
    pub fn last_index(&self) -> usize {
        let start = self.code().insns_ptr();
        let at = self.pc.get();
        ((at as usize - start as usize) / 8).saturating_sub(1)
    }

    /// Line of the instruction in progress.
    pub fn line(&self) -> Option<u32> {
        self.code().line_of(self.last_index())
    }

    /// What to do on return.
    #[inline(always)]
    pub fn on_return(&self) -> OnReturn {
        self.on_return.get()
    }

    /// Changes what is done on return.
    pub fn set_on_return(&self, how: OnReturn) {
        self.on_return.set(how);
    }

    /// Sets a field of the frame.
    pub fn set(&self, slot: &Slot, value: Option<Value>) {
        root_set(slot, value);
    }
}

/// What a new frame is made of.
pub struct NewFrame {
    /// The code.
    pub code: Gc<Code>,
    /// The function.
    pub func: Option<Value>,
    /// Globals.
    pub globals: Gc<Dict>,
    /// Builtins.
    pub builtins: Value,
    /// Address of register 0; at least at the current top.
    pub base: *mut u64,
    /// Registers below this are filled already; the rest is cleared.
    pub filled: usize,
}

/// A thread's frames and registers.
pub struct Stack {
    frames: *mut Frame,
    depth: Cell<usize>,
    values: *mut u64,
    limit: *mut u64,
}

/// Most frames a thread can have, whatever the recursion limit.
const MAX_FRAMES: usize = 1 << 20;
/// Most registers of all frames of a thread.
const MAX_WORDS: usize = 1 << 24;

fn reserve(bytes: usize) -> *mut u8 {
    rivet_heap::reserve_table(bytes).expect("no address space for a thread's frames") as *mut u8
}

impl Default for Stack {
    fn default() -> Self {
        Self::new()
    }
}

impl Stack {
    /// An empty stack in address space of its own.
    pub fn new() -> Self {
        let frames = reserve(MAX_FRAMES * size_of::<Frame>()).cast::<Frame>();
        let values = reserve(MAX_WORDS * 8).cast::<u64>();
        // SAFETY: one past the end of the reservation less a margin for the largest frame.
        let limit = unsafe { values.add(MAX_WORDS - 70_000) };
        Stack {
            frames,
            depth: Cell::new(0),
            values,
            limit,
        }
    }

    /// Number of frames.
    #[inline(always)]
    pub fn depth(&self) -> usize {
        self.depth.get()
    }

    /// The innermost frame.
    #[inline(always)]
    pub fn top(&self) -> Option<&'static Frame> {
        let n = self.depth.get();
        if n == 0 { None } else { Some(self.at(n - 1)) }
    }

    /// Frame number `i`, counted from the outermost.
    #[inline(always)]
    pub fn at(&self, i: usize) -> &'static Frame {
        debug_assert!(i < self.depth.get());
        // SAFETY: records below `depth` are initialised; the memory stays mapped as long as the thread has a
        // state, and callers do not keep the reference longer.
        unsafe { &*self.frames.add(i) }
    }

    /// The first register address that no frame uses.
    #[inline(always)]
    pub fn free(&self) -> *mut u64 {
        match self.top() {
            // SAFETY: within the reservation, see `push`.
            Some(f) => unsafe { f.base.get().add(f.code().nregs()) },
            None => self.values,
        }
    }

    /// Pushes a frame whose arguments are in place. RecursionError at the limit.
    #[inline(always)]
    pub fn push(&self, new: NewFrame, dst: u16, on_return: OnReturn) -> PyResult<&'static Frame> {
        let n = self.depth.get();
        if n >= crate::runtime::recursion_limit() || new.base >= self.limit {
            return Err(too_deep(n, new.base >= self.limit));
        }
        let packed = new.code.insns_ptr().is_null();
        let frame = self.put(new, dst, on_return);
        if packed {
            self.unpack(frame)?;
        }
        Ok(frame)
    }

    /// Makes the body of a code object that runs for the first time. Its frame is in place, so that the collector
    /// sees the arguments; it is taken away again if the code is corrupt.
    #[cold]
    #[inline(never)]
    fn unpack(&self, frame: &'static Frame) -> PyResult<()> {
        let code = frame.code();
        if let Err(e) = code.unpack() {
            self.pop();
            return Err(e);
        }
        frame.set_pc(Pc::new(code.insns_ptr()));
        Ok(())
    }

    /// Pushes a frame whatever the recursion limit: for the few frames of calls that compiled code had inlined.
    pub fn push_forced(&self, new: NewFrame, dst: u16) -> &'static Frame {
        assert!(
            self.depth.get() < MAX_FRAMES && new.base < self.limit,
            "out of frames"
        );
        self.put(new, dst, OnReturn::Register)
    }

    #[inline(always)]
    fn put(&self, new: NewFrame, dst: u16, on_return: OnReturn) -> &'static Frame {
        let n = self.depth.get();
        let nregs = new.code.nregs();
        // SAFETY: `n` is below MAX_FRAMES (the recursion limit is capped; asserted when it does not count), and the registers end before the
        // reservation's end (checked above; a frame has at most 65,536). The record is written whole.
        unsafe {
            for i in new.filled..nregs {
                *new.base.add(i) = 0;
            }
            let frame = self.frames.add(n);
            let raw = frame.cast::<u64>();
            *raw = new.code.value().to_word();
            *raw.add(1) = Value::word_of(new.func);
            *raw.add(2) = new.globals.value().to_word();
            *raw.add(3) = new.builtins.to_word();
            *raw.add(4) = 0;
            *raw.add(5) = 0;
            *raw.add(6) = 0;
            *raw.add(7) = new.base as u64;
            *raw.add(8) = new.code.insns_ptr() as u64;
            (*frame).dst = Cell::new(dst);
            (*frame).on_return = Cell::new(on_return);
            (*frame).trace_flags = Cell::new(0);
            (*frame).traced_line = Cell::new(0);
            self.depth.set(n + 1);
            &*frame
        }
    }

    /// Pops the innermost frame.
    #[inline(always)]
    pub fn pop(&self) {
        let n = self.depth.get();
        debug_assert!(n > 0);
        let frame = self.at(n - 1);
        if frame.object.get().is_some() {
            crate::types::frame::detach(frame);
        }
        self.depth.set(n - 1);
    }

    /// Empties the registers that nothing will read again, so that a collection the program asks for does not find their
    /// objects alive: after `del x` CPython knows at once, and programs look. Every frame must have saved its position.
    pub fn clear_dead(&self) {
        // All above belongs to frames that were looked at already.
        let mut taken = self.values;
        let mut above = None::<*mut u64>;
        for i in (0..self.depth.get()).rev() {
            let f = self.at(i);
            let (base, n) = (f.base.get(), f.code().nregs());
            // SAFETY: within the reservation, see `push`.
            let end = unsafe { base.add(n) };
            if let Some(liveness) = f.code().liveness() {
                let at = f.last_index();
                for r in f.code().nlocals.get()..n as u32 {
                    // SAFETY: as above.
                    let register = unsafe { base.add(r as usize) };
                    let callee = above.is_some_and(|a| a <= register) && register < taken;
                    if !callee && !liveness.wants(at, r) {
                        // SAFETY: the word is a register of a frame of this thread; 0 is one that is not bound.
                        unsafe { *register = 0 };
                    }
                }
            }
            above = Some(base);
            taken = taken.max(end);
        }
    }

    /// Visits frames and registers as exact roots.
    pub fn visit(&self, v: &mut rivet_heap::Visitor) {
        // A frame's window may end before its caller's: all words up to the furthest end are kept valid.
        let mut end = self.values;
        for i in 0..self.depth.get() {
            let f = self.at(i);
            // SAFETY: within the reservation, see `push`.
            end = end.max(unsafe { f.base.get().add(f.code().nregs()) });
            for slot in [
                &f.code,
                &f.func,
                &f.globals,
                &f.builtins,
                &f.locals,
                &f.object,
                &f.generator,
            ] {
                v.visit(slot.as_ptr());
            }
        }
        let n = (end as usize - self.values as usize) / 8;
        v.visit_range(self.values, n);
    }
}

#[cold]
#[inline(never)]
fn too_deep(_depth: usize, _registers: bool) -> Raised {
    recursion_error("maximum recursion depth exceeded")
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the reservations made in `new`; the thread has no frames any more.
        unsafe {
            libc::munmap(self.frames.cast(), MAX_FRAMES * size_of::<Frame>());
            libc::munmap(self.values.cast(), MAX_WORDS * 8);
        }
    }
}
