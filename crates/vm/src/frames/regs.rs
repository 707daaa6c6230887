//! Unchecked access to registers and instructions. The verifier of `rivet_compile` has checked every
//! register, constant and name index of a code object before it can run.

use rivet_spec::Insn;

use crate::value::Value;

/// A frame's registers.
#[derive(Clone, Copy)]
pub struct Regs(*mut u64);

impl Regs {
    /// Wraps the address of register 0.
    #[inline(always)]
    pub fn new(base: *mut u64) -> Self {
        Regs(base)
    }

    /// The address of register 0.
    #[inline(always)]
    pub fn as_ptr(self) -> *mut u64 {
        self.0
    }

    /// The value of a bound register.
    #[inline(always)]
    pub fn get(self, i: u16) -> Value {
        // SAFETY: verified code names only registers of its frame; the compiler emits `CheckBound` before any
        // read of a variable that may be unbound, and temporaries are written before they are read.
        unsafe {
            let word = *self.0.add(i as usize);
            debug_assert!(word != 0, "read of unbound register {i}");
            std::mem::transmute::<u64, Value>(word)
        }
    }

    /// The value of a register, if it is bound.
    #[inline(always)]
    pub fn get_opt(self, i: u16) -> Option<Value> {
        // SAFETY: as `get`.
        Value::from_word(unsafe { *self.0.add(i as usize) })
    }

    /// The word of a register.
    #[inline(always)]
    pub fn word(self, i: u16) -> u64 {
        // SAFETY: as `get`.
        unsafe { *self.0.add(i as usize) }
    }

    /// Writes a register. Registers are roots: no barrier.
    #[inline(always)]
    pub fn set(self, i: u16, value: Value) {
        // SAFETY: as `get`.
        unsafe { *self.0.add(i as usize) = value.to_word() }
    }

    /// Writes a register, or unbinds it.
    #[inline(always)]
    pub fn set_opt(self, i: u16, value: Option<Value>) {
        // SAFETY: as `get`.
        unsafe { *self.0.add(i as usize) = Value::word_of(value) }
    }

    /// Registers `i..i+n`, all bound.
    #[inline(always)]
    pub fn slice<'a>(self, i: u16, n: usize) -> &'a [Value] {
        // SAFETY: as `get`; the compiler has evaluated all of a block before the instruction that uses it.
        // The slice is used before the frame's registers change.
        unsafe { std::slice::from_raw_parts(self.0.add(i as usize).cast::<Value>(), n) }
    }

    /// The registers from `i` on as a window of another frame.
    #[inline(always)]
    pub fn window(self, i: u16) -> Regs {
        // SAFETY: stays within the register stack, whose limit is checked when a frame is pushed.
        Regs(unsafe { self.0.add(i as usize) })
    }
}

/// A position in a code object's words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pc(*const u64);

impl Pc {
    /// Wraps an address within a code object's words.
    #[inline(always)]
    pub fn new(p: *const u64) -> Self {
        Pc(p)
    }

    /// The address.
    #[inline(always)]
    pub fn as_ptr(self) -> *const u64 {
        self.0
    }

    /// Reads the word here and steps over it.
    #[inline(always)]
    pub fn fetch(&mut self) -> Insn {
        // SAFETY: verified code ends in instructions that do not fall through, so a pc never leaves it.
        unsafe {
            let word = *self.0;
            self.0 = self.0.add(1);
            Insn(word)
        }
    }

    /// The position `distance` words on.
    #[inline(always)]
    pub fn offset(self, distance: isize) -> Pc {
        // SAFETY: verified jump distances stay within the code.
        Pc(unsafe { self.0.offset(distance) })
    }

    /// Cache word `i` after this position (the pc is already past the instruction).
    #[inline(always)]
    pub fn cache(self, i: usize) -> u64 {
        // SAFETY: the opcode declares at least `i + 1` cache words, and the verifier has checked them.
        unsafe { *self.0.add(i) }
    }

    /// Writes cache word `i`.
    #[inline(always)]
    pub fn set_cache(self, i: usize, word: u64) {
        // SAFETY: as `cache`; the words are owned by the code object as cells, written with the GIL held.
        unsafe { *self.0.add(i).cast_mut() = word }
    }

    /// Rewrites the instruction just fetched.
    #[inline(always)]
    pub fn rewrite(self, insn: Insn) {
        // SAFETY: the pc is one past an instruction; see `set_cache`.
        unsafe { *self.0.sub(1).cast_mut() = insn.0 }
    }
}
