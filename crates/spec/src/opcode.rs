//! The instruction set of the register machine.
//!
//! An instruction is one 64-bit word: `op:8 | d:8 | a:16 | b:16 | c:16` (low bits first), followed by
//! as many 64-bit cache words as its opcode declares. `a`, `b`, `c` are register numbers, indices of
//! constants or names, counts, or (in `b:c` as a signed 32-bit number, or `c` as a signed 16-bit one)
//! jump distances. A jump distance counts words **from the word after the instruction and its caches**.
//! Jump targets, exception ranges and positions are indices into the word array.
//!
//! Registers of a frame: `0..nlocalsplus` are the parameters, other locals, cells that are no
//! parameters, and free variables, in the order of `Code::locals`; above them are temporaries. An
//! unbound variable holds the null word. "Call window": consecutive temporaries
//! `base: callable, base+1: receiver or null, base+2...: arguments`.
//!
//! The bits of `d` above an opcode's own flags are left to the runtime for profiling.

/// How an instruction's fields are to be read (for the disassembler and the verifier).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Not used.
    None,
    /// A register that is written.
    Def,
    /// A register that is read.
    Use,
    /// A register that is read and written.
    UseDef,
    /// First register of a block; what is touched depends on the opcode.
    Base,
    /// Index into the constants.
    Const,
    /// Index into the names.
    Name,
    /// A plain number.
    Imm,
    /// Signed 16-bit jump distance in `c`.
    Jump16,
    /// Signed 32-bit jump distance in `b:c` (stands for both fields).
    Jump32,
}

macro_rules! opcodes {
    ($($(#[$meta:meta])* $name:ident($a:ident, $b:ident, $c:ident) cache $cache:literal;)*) => {
        /// Operation codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Op { $($(#[$meta])* $name,)* }

        /// The opcodes' numbers as patterns.
        #[allow(non_upper_case_globals)]
        mod number {
            $(pub const $name: u8 = super::Op::$name as u8;)*
        }

        impl Op {
            /// All opcodes, in the order of their numbers.
            pub const ALL: &'static [Op] = &[$(Op::$name,)*];
            /// How many opcodes there are.
            pub const COUNT: usize = Op::ALL.len();

            /// The opcode with this number.
            // A match and not a look-up in `ALL`: the compiler sees that number and opcode are the same.
            #[inline(always)]
            pub const fn from_u8(n: u8) -> Option<Op> {
                match n {
                    $(number::$name => Some(Op::$name),)*
                    _ => None,
                }
            }

            /// The opcode's name.
            pub const fn name(self) -> &'static str {
                match self { $(Op::$name => stringify!($name),)* }
            }

            /// What `a`, `b` and `c` are.
            pub const fn operands(self) -> [Operand; 3] {
                match self { $(Op::$name => [Operand::$a, Operand::$b, Operand::$c],)* }
            }

            /// How many cache words follow the instruction.
            pub const fn cache_words(self) -> usize {
                match self { $(Op::$name => $cache,)* }
            }
        }
    };
}

opcodes! {
    // ---- moves, constants, variables ----
    /// Does nothing.
    Nop(None, None, None) cache 0;
    /// Entry point: checks for pending signals and hooks. `d` is unused; the interpreter counts calls in `b:c`.
    Resume(None, None, None) cache 0;
    /// `a = constant b`.
    LoadConst(Def, Const, None) cache 0;
    /// `a = small int` (`b:c` as signed 32 bits).
    LoadInt(Def, Imm, Imm) cache 0;
    /// `a = None / True / False / Ellipsis`, by `b` = 0 / 1 / 2 / 3; `b` = 4 makes it null.
    LoadSpecial(Def, Imm, None) cache 0;
    /// `a = b`.
    Move(Def, Use, None) cache 0;
    /// UnboundLocalError (or NameError for a free variable) if register `a` is null. Emitted where the
    /// compiler cannot prove a variable bound; `a` is a register below nlocalsplus.
    CheckBound(Use, None, None) cache 0;
    /// Unbinds local `a`; UnboundLocalError if it is unbound already.
    DeleteFast(UseDef, None, None) cache 0;
    /// Wraps the value of register `a` (perhaps null) in a new cell, in place.
    MakeCell(UseDef, None, None) cache 0;
    /// Copies the closure's cells into registers `a..a+b`, at function entry.
    CopyFree(Base, Imm, None) cache 0;
    /// `a =` contents of the cell in register `b`; UnboundLocalError/NameError if it is empty.
    LoadDeref(Def, Use, None) cache 0;
    /// Like LoadDeref in a class body: looks in the local namespace first (by the variable's name).
    LoadClassDeref(Def, Use, None) cache 0;
    /// Stores `b` into the cell in register `a`.
    StoreDeref(Use, Use, None) cache 0;
    /// Empties the cell in register `a`; error if it is empty.
    DeleteDeref(Use, None, None) cache 0;
    /// `a = global or builtin b`.
    LoadGlobal(Def, Name, None) cache 2;
    /// `global name a = b`.
    StoreGlobal(Name, Use, None) cache 1;
    /// `del global name a`.
    DeleteGlobal(Name, None, None) cache 0;
    /// `a =` name `b` in local namespace, globals, builtins (module and class bodies, exec).
    LoadName(Def, Name, None) cache 2;
    /// Stores `b` as name `a` in the local namespace.
    StoreName(Name, Use, None) cache 1;
    /// Deletes name `a` from the local namespace.
    DeleteName(Name, None, None) cache 0;
    /// `a = locals()` mapping of a class or module body.
    LoadLocals(Def, None, None) cache 0;

    // ---- operators: d bit 0 = in place ----
    /// `a = b + c`
    Add(Def, Use, Use) cache 0;
    /// `a = b - c`
    Sub(Def, Use, Use) cache 0;
    /// `a = b * c`
    Mul(Def, Use, Use) cache 0;
    /// `a = b / c`
    TrueDiv(Def, Use, Use) cache 0;
    /// `a = b // c`
    FloorDiv(Def, Use, Use) cache 0;
    /// `a = b % c`
    Mod(Def, Use, Use) cache 0;
    /// `a = b ** c`
    Pow(Def, Use, Use) cache 0;
    /// `a = b << c`
    LShift(Def, Use, Use) cache 0;
    /// `a = b >> c`
    RShift(Def, Use, Use) cache 0;
    /// `a = b & c`
    And(Def, Use, Use) cache 0;
    /// `a = b | c`
    Or(Def, Use, Use) cache 0;
    /// `a = b ^ c`
    Xor(Def, Use, Use) cache 0;
    /// `a = b @ c`
    MatMul(Def, Use, Use) cache 0;
    /// `a = b + small int` (`c` signed 16 bits); d bit 0 = in place. The right operand is the literal.
    AddImm(Def, Use, Imm) cache 0;
    /// `a = b - small int` (`c` signed 16 bits).
    SubImm(Def, Use, Imm) cache 0;
    /// `a = -b`
    Neg(Def, Use, None) cache 0;
    /// `a = +b`
    Pos(Def, Use, None) cache 0;
    /// `a = ~b`
    Invert(Def, Use, None) cache 0;
    /// `a = not b`
    Not(Def, Use, None) cache 0;
    /// `a = b <op> c`, op = `d & 7` (CompareOp).
    Compare(Def, Use, Use) cache 0;
    /// `a = b is c` (`d & 1`: `is not`).
    Is(Def, Use, Use) cache 0;
    /// `a = b in c` (`d & 1`: `not in`).
    Contains(Def, Use, Use) cache 0;

    // ---- jumps ----
    /// Jumps forward or anywhere without a loop check.
    Jump(None, Jump32, None) cache 0;
    /// Jumps backward: counts for the JIT, checks signals and pending calls.
    JumpBack(None, Jump32, None) cache 1;
    /// Jumps if `a` is true.
    JumpIfTrue(Use, Jump32, None) cache 0;
    /// Jumps if `a` is false.
    JumpIfFalse(Use, Jump32, None) cache 0;
    /// Jumps if `a` is None.
    JumpIfNone(Use, Jump32, None) cache 0;
    /// Jumps if `a` is not None.
    JumpIfNotNone(Use, Jump32, None) cache 0;
    /// Jumps by `c` if `a <op> b` is true (`d & 8` = 0) or false (`d & 8` = 8); op = `d & 7`.
    JumpCompare(Use, Use, Jump16) cache 0;
    /// Jumps by `c` if `a is b` (`d & 1` = 0) or `a is not b` (`d & 1` = 1).
    JumpIs(Use, Use, Jump16) cache 0;

    // ---- attributes, items ----
    /// `a = b.name c`
    LoadAttr(Def, Use, Name) cache 3;
    /// `a.name b = c`
    StoreAttr(Use, Name, Use) cache 3;
    /// `del a.name b`
    DeleteAttr(Use, Name, None) cache 0;
    /// Prepares a call window at `a` for the method `b.name c`: `a` = callable, `a+1` = receiver or null.
    LoadMethod(Base, Use, Name) cache 3;
    /// `a = b[c]`
    GetItem(Def, Use, Use) cache 0;
    /// `a[b] = c`
    SetItem(Use, Use, Use) cache 0;
    /// `del a[b]`
    DelItem(Use, Use, None) cache 0;

    // ---- building ----
    /// `a = tuple of b..b+c`
    BuildTuple(Def, Base, Imm) cache 0;
    /// `a = list of b..b+c`
    BuildList(Def, Base, Imm) cache 0;
    /// `a = set of b..b+c`
    BuildSet(Def, Base, Imm) cache 0;
    /// `a = dict of c pairs key, value at b..b+2c`
    BuildMap(Def, Base, Imm) cache 0;
    /// `a = dict` with values `b..b+c` and keys in the tuple held by register `b+c`.
    BuildConstKeyMap(Def, Base, Imm) cache 0;
    /// `a = slice(b, b+1[, b+2])`, `c` = 2 or 3.
    BuildSlice(Def, Base, Imm) cache 0;
    /// `a = str joined from b..b+c` (all are str).
    BuildString(Def, Base, Imm) cache 0;
    /// `a = format(b)`; `d & 3`: 0 none, 1 str, 2 repr, 3 ascii; `d & 4`: `c` holds the format spec.
    FormatValue(Def, Use, Use) cache 0;
    /// `a.append(b)`, `a` a list the compiler made.
    ListAppend(Use, Use, None) cache 0;
    /// `a.add(b)`
    SetAdd(Use, Use, None) cache 0;
    /// `a[b] = c`, `a` a dict the compiler made.
    MapAdd(Use, Use, Use) cache 0;
    /// `a.extend(b)` for `[*b]` and `f(*b)`. `d & 1`: in a call whose callable is in register `c` (for the message "Value after * must be an iterable, not X").
    ListExtend(Use, Use, Use) cache 0;
    /// `a.update(b)`, `a` a set.
    SetUpdate(Use, Use, None) cache 0;
    /// `a.update(b)`, `a` a dict, for `{**b}` ("'X' object is not a mapping").
    DictUpdate(Use, Use, None) cache 0;
    /// `a.update(b)` for `f(**b)`: duplicate keys are a TypeError that names the callable in `c`.
    DictMerge(Use, Use, Use) cache 0;
    /// `a = tuple(b)`, `b` a list.
    ListToTuple(Def, Use, None) cache 0;

    // ---- unpacking, iteration ----
    /// Unpacks `b` into exactly `c` registers from `a`.
    UnpackSequence(Base, Use, Imm) cache 0;
    /// Unpacks `b` into `a..`: `c & 255` before the star, `c >> 8` after; the star's list lies between.
    UnpackEx(Base, Use, Imm) cache 0;
    /// `a = iter(b)`
    GetIter(Def, Use, None) cache 0;
    /// `a = next(b)`, or jump by `c` (signed 16 bits) when exhausted. Out of reach: jump to a `Jump`.
    ForIter(Def, Use, Jump16) cache 1;
    /// `a = b` if `b` is a coroutine (only within one) or generator, else `iter(b)`: for `yield from`.
    GetYieldFromIter(Def, Use, None) cache 0;

    // ---- calls: window at a; results go to register c ----
    /// Calls `a` with `b` arguments at `a+2..`; the receiver slot `a+1` is null. (Compiler need not clear it.)
    Call(Base, Imm, Def) cache 2;
    /// Calls `a` with receiver `a+1` (null: none) and `b` arguments at `a+2..`.
    CallMethod(Base, Imm, Def) cache 2;
    /// Like CallMethod with keywords: `b` arguments in all at `a+2..`, and at `a+2+b` the tuple of the names of
    /// the last ones. `d & 1`: the receiver slot is in use (else treated as null whatever it holds).
    CallKw(Base, Imm, Def) cache 2;
    /// `c = a(*a+2, **a+3)`: `a+2` holds a tuple; `a+3` a dict or null. `d & 1`: receiver slot in use.
    CallEx(Base, None, Def) cache 0;

    // ---- functions, classes ----
    /// `a = function of code constant b`; `d` = MAKE_* flags; `c..` hold what the flags name, in the
    /// order of the flags' bits, packed. The qualified name is in the code.
    MakeFunction(Def, Const, Base) cache 0;
    /// `a = builtins.__build_class__`
    LoadBuildClass(Def, None, None) cache 0;
    /// Makes sure that `__annotations__` exists in the local namespace.
    SetupAnnotations(None, None, None) cache 0;
    /// Returns `a`.
    Return(Use, None, None) cache 0;

    // ---- generators, coroutines ----
    /// First instruction (after cell set-up) of generators and coroutines: wraps the frame in a
    /// generator, coroutine or async generator object by the code's flags and returns it to the caller.
    ReturnGenerator(None, None, None) cache 0;
    /// Yields `b`; on resumption `a` = the value sent. (In an async generator the compiler wraps first.)
    Yield(Def, Use, None) cache 0;
    /// `b = wrapped value b` for an async generator's `yield`.
    AsyncGenWrap(Def, Use, None) cache 0;
    /// Sends `b`'s value... `a`: in = value to send, out = what was yielded; `b` = the sub-iterator; on
    /// its return `a` = its return value and jump by `c` (signed 16 bits).
    Send(UseDef, Use, Jump16) cache 0;
    /// `a = awaitable's iterator of b`; `d`: 0 plain, 1 from `async with` `__aenter__`, 2 from `__aexit__`
    /// (for the message).
    GetAwaitable(Def, Use, None) cache 0;
    /// `a = b.__aiter__()`, checked.
    GetAiter(Def, Use, None) cache 0;
    /// `a = awaitable of b.__anext__()`
    GetAnext(Def, Use, None) cache 0;
    /// At the handler of an `async for`: if the exception in `a` is StopAsyncIteration it is dropped and
    /// execution goes on after this instruction (as PopExc with `b`); otherwise it is raised again.
    EndAsyncFor(Use, Use, None) cache 0;

    // ---- exceptions ----
    /// Raises: `d` = 0 `raise`, 1 `raise a`, 2 `raise a from b`.
    Raise(Use, Use, None) cache 0;
    /// Raises the exception in `a` again, without a new traceback entry.
    Reraise(Use, None, None) cache 0;
    /// At a handler's start: `a` = the exception that was being handled before (null: none); `b` (the
    /// exception just caught) becomes the one being handled.
    PushExc(Def, Use, None) cache 0;
    /// Ends the handling: what `a` holds (from PushExc) is again the exception being handled.
    PopExc(Use, None, None) cache 0;
    /// `a = isinstance-like match of exception b against c`; TypeError if `c` is no class or tuple of them.
    ExcMatch(Def, Use, Use) cache 0;
    /// `except*`: splits the exception (group) in `b` by type `c`: `a` = matched part or None, `b` = the rest
    /// or None. (Two results: `a` is Def, `b` UseDef.)
    ExcGroupMatch(Def, UseDef, Use) cache 0;
    /// `except*`, at its end: `a = exception to raise, or None`, from `b` = the original exception, `c` = the list of raised and
    /// unhandled parts.
    PrepReraiseStar(Def, Use, Use) cache 0;
    /// `a = AssertionError` (the builtin, whatever the name is bound to).
    LoadAssertionError(Def, None, None) cache 0;

    // ---- with ----
    /// `a = bound __exit__ of c`, `b = c.__enter__()`. (`a` and `b` are both written.)
    BeforeWith(Def, Def, Use) cache 0;
    /// `a = bound __aexit__ of c`, `b = awaitable c.__aenter__()`.
    BeforeAsyncWith(Def, Def, Use) cache 0;
    /// `a = b(type(c), c, c.__traceback__)`: calls `__exit__` for the exception in `c`.
    WithExit(Def, Use, Use) cache 0;

    // ---- import ----
    /// `a = __import__(name b, globals, None, fromlist a (in), level c)`: `a` in: the from-list (tuple or None).
    ImportName(UseDef, Name, Imm) cache 0;
    /// `a = b.name c` or the submodule of that name; ImportError otherwise.
    ImportFrom(Def, Use, Name) cache 0;
    /// `from a import *` into the local namespace.
    ImportStar(Use, None, None) cache 0;

    // ---- match ----
    /// `a = len(b)`
    GetLen(Def, Use, None) cache 0;
    /// `a = b is a mapping` by its type's flag.
    MatchMapping(Def, Use, None) cache 0;
    /// `a = b is a sequence` by its type's flag (not str, bytes, bytearray).
    MatchSequence(Def, Use, None) cache 0;
    /// `a = tuple of the values of the keys in tuple c`, or None if one is missing; `b` the subject.
    MatchKeys(Def, Use, Use) cache 0;
    /// Class pattern: `a` in: tuple of keyword names, out: tuple of attributes or None; `b` the subject, `c` the
    /// class, `d` = number of positional patterns.
    MatchClass(UseDef, Use, Use) cache 0;

    // ---- interactive ----
    /// `sys.displayhook(a)`, for an expression statement in `single` mode.
    PrintExpr(Use, None, None) cache 0;

    // ---- forms the interpreter rewrites others into (the compiler never emits these) ----
    /// LoadGlobal whose cache holds: keys version of the globals, index.
    LoadGlobalCached(Def, Name, None) cache 2;
    /// LoadGlobal found in builtins; cache: keys versions of both, index.
    LoadBuiltinCached(Def, Name, None) cache 2;
    /// LoadAttr from an inline slot; cache: layout id, slot.
    LoadAttrSlot(Def, Use, Name) cache 3;
    /// LoadAttr answered by a class attribute that is no data descriptor, or by a bound function.
    LoadAttrClass(Def, Use, Name) cache 3;
    /// LoadAttr from a module's dict.
    LoadAttrModule(Def, Use, Name) cache 3;
    /// StoreAttr into an existing inline slot.
    StoreAttrSlot(Use, Name, Use) cache 3;
    /// StoreAttr that adds an attribute by a layout transition.
    StoreAttrAdd(Use, Name, Use) cache 3;
    /// LoadMethod of an attribute of a module's namespace, as LoadAttrModule; the receiver is null.
    LoadMethodModule(Base, Use, Name) cache 3;
    /// LoadMethod whose class attribute is a function (or method descriptor) not shadowed by the instance.
    LoadMethodCached(Base, Use, Name) cache 3;
    /// JumpBack at a loop with machine code; cache: address of the compiled unit's record.
    JumpBackJit(None, Jump32, None) cache 1;
    /// Resume at the entry of a function with machine code (its record is in the code object).
    ResumeJit(None, None, None) cache 0;
}

/// Bits of `d` in which the interpreter notes what operands it met; compiled code is specialised by them.
pub mod profile {
    /// Both operands were floats.
    pub const FLOAT: u8 = 0x10;
    /// The operands were an int and a float (for GetItem: a tuple and an int).
    pub const MIXED: u8 = 0x20;
    /// Something else than ints and floats (for GetItem and SetItem: than a list with an int).
    pub const OTHER: u8 = 0x40;
    /// An int result did not fit a machine word, or the operation raised.
    pub const WIDE: u8 = 0x80;
}

/// The bits of `d` that belong to the profile of this opcode.
pub const fn profile_bits(op: Op) -> u8 {
    match op {
        Op::Add | Op::Sub | Op::Mul | Op::TrueDiv | Op::FloorDiv | Op::Mod | Op::Pow => 0xf0,
        Op::LShift | Op::RShift | Op::And | Op::Or | Op::Xor | Op::AddImm | Op::SubImm => 0xf0,
        Op::Neg | Op::Compare | Op::JumpCompare | Op::GetItem | Op::SetItem => 0xf0,
        _ => 0,
    }
}

/// An instruction word.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Insn(pub u64);

impl Insn {
    /// `d` flag of the binary operators: the statement was an augmented assignment.
    pub const INPLACE: u8 = 1;

    /// Packs an instruction.
    #[inline]
    pub const fn new(op: Op, d: u8, a: u16, b: u16, c: u16) -> Self {
        Insn(op as u64 | (d as u64) << 8 | (a as u64) << 16 | (b as u64) << 32 | (c as u64) << 48)
    }

    /// Packs an instruction whose `b:c` is a 32-bit number.
    #[inline]
    pub const fn new_wide(op: Op, d: u8, a: u16, bc: i32) -> Self {
        Insn(op as u64 | (d as u64) << 8 | (a as u64) << 16 | (bc as u32 as u64) << 32)
    }

    /// The number of the opcode.
    #[inline(always)]
    pub const fn op_byte(self) -> u8 {
        self.0 as u8
    }

    /// The opcode.
    ///
    /// # Panics
    /// If the word is no instruction.
    #[inline(always)]
    pub const fn op(self) -> Op {
        match Op::from_u8(self.0 as u8) {
            Some(op) => op,
            None => panic!("not an instruction"),
        }
    }

    /// Field `d`.
    #[inline(always)]
    pub const fn d(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// Field `a`.
    #[inline(always)]
    pub const fn a(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// Field `b`.
    #[inline(always)]
    pub const fn b(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// Field `c`.
    #[inline(always)]
    pub const fn c(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// Field `c` as a signed number.
    #[inline(always)]
    pub const fn sc(self) -> i16 {
        (self.0 >> 48) as i16
    }

    /// Fields `b:c` as one signed number.
    #[inline(always)]
    pub const fn sbc(self) -> i32 {
        (self.0 >> 32) as i32
    }

    /// The word the instruction at word `at` may jump to.
    pub fn jump_target(self, at: usize) -> Option<usize> {
        let op = self.op();
        let distance = op.operands().into_iter().find_map(|kind| match kind {
            Operand::Jump16 => Some(isize::from(self.sc())),
            Operand::Jump32 => Some(self.sbc() as isize),
            _ => None,
        })?;
        (at + 1 + op.cache_words()).checked_add_signed(distance)
    }
}
