//! The compiler's own representation: SSA over basic blocks with block parameters, values in one of four
//! representations, effects by class of memory, and snapshots that say how to go back to the interpreter.

mod print;
mod verify;

pub use print::print;
pub use verify::verify;

/// A value: the number of the instruction that defines it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Val(pub u32);

/// A basic block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Blk(pub u32);

/// A snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SnapId(pub u32);

/// A side exit, for counting.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExitId(pub u32);

/// How a value is held.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rep {
    /// An int that fits 64 bits, raw.
    Int,
    /// A float, raw.
    Float,
    /// A bool: 0 or 1.
    Bool,
    /// A tagged word; the null word is an unbound variable.
    Any,
}

/// An order of ints or floats.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cond {
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Cond {
    /// By the number in the bytecode.
    pub fn from_number(n: u8) -> Option<Cond> {
        Some(match n {
            0 => Cond::Lt,
            1 => Cond::Le,
            2 => Cond::Eq,
            3 => Cond::Ne,
            4 => Cond::Gt,
            5 => Cond::Ge,
            _ => return None,
        })
    }
}

/// Classes of memory, as bits.
pub mod effect {
    /// Attributes in slots of instances, contents of cells.
    pub const FIELD: u8 = 1;
    /// Contents and length of lists, state of iterators.
    pub const LIST: u8 = 2;
    /// Dicts (globals).
    pub const DICT: u8 = 4;
    /// Layouts of objects, versions of types and functions.
    pub const LAYOUT: u8 = 8;
    /// The registers of the frame in memory.
    pub const REGS: u8 = 16;
    /// Everything: Python code may run.
    pub const ALL: u8 = 0x7f;
    /// Not memory: a call that must happen as often and in the order written.
    pub const CALL: u8 = 0x40;
}

/// Helpers that take and give tagged words (see `code::runtime`). All may raise and run Python code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Helper {
    /// `args: b, c`: binary operator `number`, in place or not.
    Binary(u8, bool),
    /// `args: b`
    Neg,
    /// `args: b`
    Pos,
    /// `args: b`
    Invert,
    /// `args: a, b`: comparison `number`, as a value.
    Compare(u8),
    /// `args: a, b`: comparison `number`, as a truth value (result Bool).
    CompareTruth(u8),
    /// `args: a`: truth (result Bool).
    Truth,
    /// `args: container, item` (result Bool).
    Contains,
    /// `args: a, b`: `a is b` for boxed numbers too (result Bool). Cannot raise.
    Is,
    /// `args: a, i`
    GetItem,
    /// `args: a, i, v` (no result)
    SetItem,
    /// `args: a`
    GetIter,
    /// `args: it`: the next value, or the null word when exhausted.
    Next,
    /// `args: list, v` (no result)
    ListAppend,
    /// `args: x` (result Int)
    Len,
    /// `args: x, y` floats (result Float)
    PowFloat,
    /// `args: x, y` floats (result Float). Cannot raise.
    FloorDivFloat,
    /// `args: x, y` floats (result Float). Cannot raise.
    ModFloat,
    /// `args: x`, a finite float: sine (result Float). Cannot raise.
    Sin,
    /// `args: x`, a finite float: cosine (result Float). Cannot raise.
    Cos,
    /// `args: v`: TypeError unless it is None: what `__init__` returned (no result).
    CheckInit,
}

/// A typed C function (index into the unit's table).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TypedRef {
    /// Index.
    pub index: u32,
    /// May be moved out of loops.
    pub pure_: bool,
    /// Never runs Python code, never raises.
    pub leaf: bool,
    /// It has given None last.
    pub none: bool,
    /// Nothing can have come up that has to be seen to before the call.
    pub settled: bool,
}

/// Operations. Guards leave compiled code by their instruction's exit when they fail.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    // ---- values ----
    /// An int.
    Int(i64),
    /// A float, by its bits.
    Float(u64),
    /// A bool.
    Bool(bool),
    /// An immediate word.
    Word(u64),
    /// Constant `n` of the unit's table of objects.
    Ref(u32),
    /// A parameter of the block.
    Param,
    /// Register (by offset from the unit's first) of the frame in memory.
    LoadReg(u32),

    // ---- representations ----
    /// Int to Any.
    BoxInt,
    /// Int that is known to have an immediate word to Any.
    TagInt,
    /// Float to Any.
    BoxFloat,
    /// Bool to Any.
    BoxBool,
    /// Int to Float.
    IntToFloat,
    /// Bool to Int.
    BoolToInt,

    // ---- guards ----
    /// Any that is a machine int.
    GuardInt,
    /// Any that is exactly a float.
    GuardFloat,
    /// Any that is a machine int or exactly a float, as a Float.
    GuardNumber,
    /// Any that is a bool.
    GuardBool,
    /// Any that is an object of this layout.
    GuardLayout(u32),
    /// Any that is the very word of the second argument; gives the second argument.
    GuardIs,
    /// Any that is not null.
    GuardNotNull,
    /// Bool that is true.
    GuardTrue,
    /// The 32 bits at an address are as expected.
    GuardAt(u64, u32),
    /// The 32 bits at an offset in an object are as expected.
    GuardField32(u32, u32),
    /// Int that floats hold exactly.
    GuardExact,
    /// Int that has an immediate word.
    GuardImmediate,

    // ---- arithmetic ----
    /// Checked.
    IAdd,
    /// Checked.
    ISub,
    /// Checked.
    IMul,
    /// Wrapping.
    IAddWrap,
    /// Rounds down; the divisor is neither 0 nor -1.
    IFloorDiv,
    /// Sign of the divisor, which is neither 0 nor -1.
    IMod,
    /// Bits.
    IAnd,
    /// Bits.
    IOr,
    /// Bits.
    IXor,
    /// Checked: the count is in 0..63 and no bits are lost.
    IShl,
    /// Arithmetic; checked: the count is not negative.
    ISar,
    /// Checked.
    INeg,
    /// `~x`
    INot,
    /// What follows the last item of `range(a, b, step)`: `a` if there is none. Checked unless the step
    /// is 1 or -1.
    RangeStop(i64),
    /// What follows the last item of a range of a next value and a number of values left. Checked unless
    /// the step is 1 or -1: then it may wrap.
    RangeEnd(i64),
    /// The number of values left from a next value and what follows the last.
    RangeLeft(i64),
    /// Float.
    FAdd,
    /// Float.
    FSub,
    /// Float.
    FMul,
    /// Float; the divisor is not 0.
    FDiv,
    /// Float.
    FNeg,
    /// Square root of a Float that is not negative.
    FSqrt,
    /// Absolute value of a Float.
    FAbs,
    /// Ints.
    ICmp(Cond),
    /// Floats.
    FCmp(Cond),
    /// Words.
    WordEq,
    /// Whether a value (not null) is an object of this layout.
    LayoutIs(u32),
    /// The argument, of which a check on the way here has found something out. Stays where it is, and so does what
    /// relies on it.
    Refine,
    /// Bool.
    Not,

    // ---- memory ----
    /// Word at an offset in an object (attribute or cell); may be null.
    LoadField(u32),
    /// Stores the second argument at an offset in the first, with the write barrier.
    StoreField(u32),
    /// Gives the object another layout.
    SetLayout(u32),
    /// Address of the C body of an instance of a C type, plus an offset (raw).
    LoadBody(u32),
    /// The word that tells the C body of an instance of a C type (raw).
    BodyWord,
    /// The frame object of the unit's frame, or null.
    LoadFrameObject,
    /// Raw 64 bits at an offset in an iterator.
    LoadRaw(u32),
    /// Stores raw 64 bits at an offset in an iterator.
    StoreRaw(u32),
    /// Value at a position of a dict whose keys version has been checked.
    DictValue(u32),
    /// Replaces the value at a position of a dict (dict, value).
    SetDictValue(u32),
    /// Item of a list by a raw index; leaves if out of bounds.
    ListItem,
    /// Replaces an item (list, index, value); leaves if out of bounds.
    SetListItem,
    /// Length of a list.
    ListLen,
    /// Item of a tuple by a raw index; leaves if out of bounds.
    TupleItem,
    /// Length of a tuple.
    TupleLen,
    /// The next item of an iterator over a list (or, if false, a tuple), or null; leaves if the list's storage is C's.
    SeqNext(bool),

    // ---- the frame ----
    /// Stores an Any to a register in memory.
    StoreReg(u32),
    /// Saves the position (an address) in the frame at this depth.
    SavePc(u32, u64),
    /// Pushes the frame of an inlined call: context, position.
    PushFrame(u32, u64),
    /// Pops the frame of an inlined call.
    PopFrame,
    /// A new instance of a plain class (the argument).
    NewInstance,
    /// Makes an iterator object of a range (next, what follows the last); step given.
    MakeRangeIter(i64),
    /// Makes a range object (start, stop); step given.
    MakeRange(i64),
    /// The address of what lies at an offset in an object (result Int). As long as it is in use the object stays in place.
    ObjectData(u32),
    /// The object C sees for a value, borrowed from it: it lasts as long as the value's object (result Int). Leaves if
    /// there is none.
    Mirror,
    /// Of an exact str: where length and address of its UTF-8 form lie (result Int). Leaves if it has no such form. ASCII texts
    /// give 0 or, if there are to be none, leave as well.
    TextForm(bool),
    /// Where the UTF-8 form of a str is, by the str and its `TextForm` (result Int).
    TextAt,
    /// The length of that form (result Int).
    TextLen,
    /// The argument, an Int or a Float, for a parameter that takes an object (result as the argument).
    AsObject,
    /// The first element of a memoryview (result Int); leaves unless it is of elements of this type (by number).
    ViewAt(u8),
    /// The first element of the buffer of an instance of a C type (`BodyWord`, value), which lease `n` of the unit keeps for the
    /// next time; leaves unless it is of elements of the lease's type. Only calls of typed functions take the result (Int).
    BorrowBuffer(u32),
    /// The number of elements of the buffer that was borrowed just before, likewise (result Int).
    BufferLen(u32),
    /// Leaves if something asks the interpreter to look up.
    Poll,
    /// After a call that ran anything and had got so many borrowed buffers: leaves if something asks the interpreter to look up, and
    /// does what is to be done before the next call of C code.
    AfterCall(u32),

    // ---- calls: the frame has been written to memory ----
    /// A helper.
    Call(Helper),
    /// Executes the instruction at the address in the frame at this depth.
    Step(u32, u64),
    /// Calls the first argument with `n` registers from an offset on.
    CallWindow(u32, u32),
    /// Calls a C function with arguments in registers of the frame.
    CallNative(NativeRef),
    /// Calls a typed C function with raw arguments; where it takes an object, a word is lent for the call. What follows the
    /// arguments lives and stays in place until then.
    CallTyped(TypedRef),
}

/// A call of a C function. Operands: the callee, or the receiver of a method and its C half; then a sole argument.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NativeRef {
    /// Which of the unit's native targets.
    pub index: u32,
    /// First argument register.
    pub first: u32,
    /// Number of arguments.
    pub n: u32,
    /// Whether the receiver and its C half are given.
    pub method: bool,
}

/// An instruction.
#[derive(Clone, Debug)]
pub struct Inst {
    /// What it does.
    pub op: Op,
    /// What it takes.
    pub args: Vec<Val>,
    /// How its result is held; None: it has none.
    pub rep: Option<Rep>,
    /// For what can leave: where to.
    pub exit: Option<(SnapId, ExitId)>,
}

/// A jump to a block.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Where to.
    pub to: Blk,
    /// The block's parameters.
    pub args: Vec<Val>,
}

/// The end of a block.
#[derive(Clone, Debug)]
pub enum Term {
    /// Not built (yet): not reachable.
    None,
    /// Jump.
    Jump(Edge),
    /// Jump by a Bool.
    Branch(Val, Edge, Edge),
    /// Back to the interpreter.
    Exit(SnapId, ExitId),
    /// The unit's frame returns an Any.
    Return(Val),
}

/// A basic block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Parameters.
    pub params: Vec<Val>,
    /// Instructions.
    pub insts: Vec<Val>,
    /// End.
    pub term: Term,
    /// For the block before a loop: the state at its end, for guards moved there.
    pub snap: Option<SnapId>,
}

/// A register's value as the interpreter will want it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SnapVal {
    /// A value.
    Val(Val),
    /// An iterator over a range: whether its register has the object already, next value, what follows the last, step.
    RangeIter(bool, Val, Val, i64),
    /// A range: start, stop, step.
    Range(Val, Val, i64),
}

/// A frame as the interpreter will want it.
#[derive(Clone, Debug)]
pub struct SnapFrame {
    /// Which call (index into `Func::ctxs`).
    pub ctx: u32,
    /// Whether it must be pushed first.
    pub push: bool,
    /// Its position: an address.
    pub pc: u64,
    /// Registers whose value is not in memory.
    pub stores: Vec<(u16, SnapVal)>,
}

/// How to go on in the interpreter.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Frames, outermost first.
    pub frames: Vec<SnapFrame>,
}

/// A frame of the unit: its own (0), or that of an inlined call.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The function (constant), for inlined calls.
    pub func: u32,
    /// Offset of its registers from the unit's.
    pub base: u32,
    /// Register of the caller that gets the result.
    pub dst: u16,
    /// Whether it is the `__init__` of an instance in register `dst` of the caller.
    pub init: bool,
    /// Number of frames around it.
    pub depth: u32,
    /// Qualified name, for people.
    pub name: String,
}

/// A unit of compilation.
#[derive(Clone, Debug, Default)]
pub struct Func {
    /// All instructions, by value number.
    pub insts: Vec<Inst>,
    /// Blocks; 0 is the entry.
    pub blocks: Vec<Block>,
    /// Snapshots.
    pub snaps: Vec<Snapshot>,
    /// Frames.
    pub ctxs: Vec<Ctx>,
}

/// Whether objects of a layout have it for good: those of builtin types and of C's static ones without attributes of their
/// own, whose class nobody can set (a module's can be).
fn is_for_good(id: u32) -> bool {
    use rivet_vm::object::TypeFlags;
    use rivet_vm::value::layout::{AttrMode, BUILTIN_COUNT, Kind, MODULE, info};
    if id < BUILTIN_COUNT {
        return id != MODULE;
    }
    let info = info(id);
    info.kind == Kind::Foreign
        && info.attr_mode == AttrMode::None
        && !info.type_of().has(TypeFlags::HEAPTYPE)
}

impl Op {
    /// Classes of memory the operation reads.
    pub fn reads(self) -> u8 {
        use effect::*;
        match self {
            Op::LoadReg(_) => REGS,
            Op::GuardLayout(id) | Op::LayoutIs(id) if is_for_good(id) => 0,
            Op::GuardLayout(_) | Op::GuardAt(..) | Op::LayoutIs(_) => LAYOUT,
            Op::GuardField32(..) => LAYOUT | DICT,
            Op::LoadField(_) => FIELD,
            Op::ViewAt(_) => FIELD | LIST,
            Op::LoadFrameObject => FIELD | REGS,
            Op::DictValue(_) => DICT,
            Op::ListItem | Op::ListLen | Op::LoadRaw(_) | Op::SeqNext(_) => LIST,
            Op::Poll => ALL,
            _ if self.writes() == ALL => ALL,
            _ => 0,
        }
    }

    /// Classes of memory the operation writes.
    pub fn writes(self) -> u8 {
        use effect::*;
        match self {
            Op::StoreField(_) => FIELD,
            Op::SetLayout(_) => LAYOUT,
            Op::StoreRaw(_) | Op::SetListItem | Op::SeqNext(_) => LIST,
            Op::SetDictValue(_) => DICT,
            Op::StoreReg(_) => REGS,
            Op::SavePc(..) | Op::PushFrame(..) | Op::PopFrame | Op::NewInstance => CALL,
            Op::Poll | Op::BorrowBuffer(_) | Op::BufferLen(_) => CALL,
            Op::Call(h) => h.writes(),
            Op::Step(..) | Op::CallWindow(..) | Op::CallNative(_) | Op::AfterCall(_) => ALL,
            Op::CallTyped(t) => match (t.leaf, t.pure_) {
                (true, true) => 0,
                (true, false) => CALL,
                _ => ALL,
            },
            _ => 0,
        }
    }

    /// Whether the result depends on the arguments (and the memory read) alone, so that equal operations may be
    /// merged and unused ones dropped. Guards count: a guard that has passed need not be asked again.
    pub fn is_pure(self) -> bool {
        self.writes() == 0
            && !matches!(
                self,
                Op::Param | Op::Refine | Op::MakeRangeIter(_) | Op::MakeRange(_)
            )
    }

    /// Whether an unused result makes the operation superfluous.
    pub fn is_droppable(self) -> bool {
        self.writes() == 0 && !self.is_guard()
    }

    /// Whether the operation may leave compiled code.
    pub fn is_guard(self) -> bool {
        if let Op::RangeStop(step) | Op::RangeEnd(step) = self {
            return step.unsigned_abs() != 1;
        }
        matches!(
            self,
            Op::GuardInt
                | Op::GuardFloat
                | Op::GuardNumber
                | Op::GuardBool
                | Op::GuardLayout(_)
                | Op::GuardIs
                | Op::GuardNotNull
                | Op::GuardTrue
                | Op::GuardAt(..)
                | Op::GuardField32(..)
                | Op::GuardExact
                | Op::GuardImmediate
                | Op::IAdd
                | Op::ISub
                | Op::IMul
                | Op::IShl
                | Op::ISar
                | Op::INeg
                | Op::ListItem
                | Op::SetListItem
                | Op::TupleItem
                | Op::SeqNext(_)
                | Op::Mirror
                | Op::TextForm(_)
                | Op::ViewAt(_)
                | Op::BorrowBuffer(_)
                | Op::Poll
                | Op::AfterCall(_)
        )
    }

    /// Whether the only purpose is to check: its result stands for its (first) argument.
    pub fn is_check(self) -> bool {
        self.is_guard()
            && !matches!(
                self,
                Op::IAdd
                    | Op::ISub
                    | Op::IMul
                    | Op::IShl
                    | Op::ISar
                    | Op::INeg
                    | Op::ListItem
                    | Op::SetListItem
                    | Op::TupleItem
                    | Op::SeqNext(_)
                    | Op::Mirror
                    | Op::TextForm(_)
                    | Op::ViewAt(_)
                    | Op::BorrowBuffer(_)
            )
    }
}

impl Helper {
    /// Classes of memory written.
    pub fn writes(self) -> u8 {
        match self {
            Helper::Is | Helper::FloorDivFloat | Helper::ModFloat | Helper::Sin | Helper::Cos => 0,
            Helper::CheckInit => effect::CALL,
            Helper::PowFloat => effect::CALL,
            Helper::ListAppend => effect::LIST | effect::CALL,
            _ => effect::ALL,
        }
    }

    /// How the result is held.
    pub fn rep(self) -> Option<Rep> {
        match self {
            Helper::CompareTruth(_) | Helper::Truth | Helper::Contains | Helper::Is => {
                Some(Rep::Bool)
            }
            Helper::SetItem | Helper::ListAppend | Helper::CheckInit => None,
            Helper::Len => Some(Rep::Int),
            Helper::PowFloat | Helper::FloorDivFloat | Helper::ModFloat => Some(Rep::Float),
            Helper::Sin | Helper::Cos => Some(Rep::Float),
            _ => Some(Rep::Any),
        }
    }
}

impl Func {
    /// The instruction that defines a value.
    pub fn inst(&self, v: Val) -> &Inst {
        &self.insts[v.0 as usize]
    }

    /// How a value is held.
    pub fn rep(&self, v: Val) -> Rep {
        self.inst(v).rep.unwrap_or(Rep::Any)
    }

    /// A new empty block.
    pub fn new_block(&mut self) -> Blk {
        self.blocks.push(Block {
            params: Vec::new(),
            insts: Vec::new(),
            term: Term::None,
            snap: None,
        });
        Blk(self.blocks.len() as u32 - 1)
    }

    /// A block.
    pub fn block(&self, b: Blk) -> &Block {
        &self.blocks[b.0 as usize]
    }

    /// A block.
    pub fn block_mut(&mut self, b: Blk) -> &mut Block {
        &mut self.blocks[b.0 as usize]
    }

    /// A new parameter of a block.
    pub fn param(&mut self, b: Blk, rep: Rep) -> Val {
        let v = self.push(Inst {
            op: Op::Param,
            args: Vec::new(),
            rep: Some(rep),
            exit: None,
        });
        self.block_mut(b).params.push(v);
        v
    }

    /// Registers an instruction without placing it.
    pub fn push(&mut self, inst: Inst) -> Val {
        self.insts.push(inst);
        Val(self.insts.len() as u32 - 1)
    }

    /// Appends an instruction to a block.
    pub fn append(&mut self, b: Blk, inst: Inst) -> Val {
        let v = self.push(inst);
        self.block_mut(b).insts.push(v);
        v
    }

    /// Blocks a block may jump to.
    pub fn successors(&self, b: Blk) -> Vec<Blk> {
        match &self.block(b).term {
            Term::Jump(e) => vec![e.to],
            Term::Branch(_, t, e) => vec![t.to, e.to],
            _ => Vec::new(),
        }
    }

    /// Values a snapshot needs.
    pub fn snap_values(&self, s: SnapId) -> Vec<Val> {
        let mut out = Vec::new();
        for f in &self.snaps[s.0 as usize].frames {
            for (_, v) in &f.stores {
                match *v {
                    SnapVal::Val(v) => out.push(v),
                    SnapVal::RangeIter(_, a, b, _) | SnapVal::Range(a, b, _) => {
                        out.extend([a, b]);
                    }
                }
            }
        }
        out
    }

    /// Replaces values everywhere: `map[v]` stands for `v`.
    pub fn replace_all(&mut self, map: &[Val]) {
        let resolve = |mut v: Val| {
            while map[v.0 as usize] != v {
                v = map[v.0 as usize];
            }
            v
        };
        for i in &mut self.insts {
            i.args.iter_mut().for_each(|a| *a = resolve(*a));
        }
        for b in &mut self.blocks {
            match &mut b.term {
                Term::Jump(e) => e.args.iter_mut().for_each(|a| *a = resolve(*a)),
                Term::Branch(c, t, e) => {
                    *c = resolve(*c);
                    t.args.iter_mut().for_each(|a| *a = resolve(*a));
                    e.args.iter_mut().for_each(|a| *a = resolve(*a));
                }
                Term::Return(v) => *v = resolve(*v),
                Term::None | Term::Exit(..) => {}
            }
        }
        for s in &mut self.snaps {
            for f in &mut s.frames {
                for (_, v) in &mut f.stores {
                    *v = match *v {
                        SnapVal::Val(v) => SnapVal::Val(resolve(v)),
                        SnapVal::RangeIter(o, n, l, s) => {
                            SnapVal::RangeIter(o, resolve(n), resolve(l), s)
                        }
                        SnapVal::Range(a, b, s) => SnapVal::Range(resolve(a), resolve(b), s),
                    };
                }
            }
        }
    }
}
