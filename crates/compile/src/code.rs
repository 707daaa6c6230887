//! What compilation yields: inert code objects, which know nothing of the heap. The runtime turns
//! them into Python code objects, and the bytecode cache writes and reads them.

use std::rc::Rc;

/// A string of the program: WTF-8, because a literal such as `'\ud800'` holds a lone surrogate
/// (surrogates are encoded as three bytes, generalised UTF-8). Identifiers are always plain UTF-8.
pub type PyStr = Vec<u8>;

/// A constant of a code object.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An int that fits in 64 bits.
    Int(i64),
    /// Any other int: sign (true: negative) and decimal digits.
    BigInt(bool, String),
    /// A float; NaN payloads and signs of zero count for identity of constants.
    Float(f64),
    /// Real and imaginary part.
    Complex(f64, f64),
    /// A string; the flag asks for interning (names and name-like strings).
    Str(PyStr, bool),
    /// A bytes object.
    Bytes(Vec<u8>),
    /// A tuple.
    Tuple(Vec<Const>),
    /// A frozenset (from `x in {…}`).
    FrozenSet(Vec<Const>),
    /// A nested code object.
    Code(Rc<Code>),
}

/// What a register below `nlocalsplus` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalKind {
    /// A local variable or parameter.
    Local,
    /// A local or parameter that inner scopes see: the register holds a cell after `MakeCell`.
    Cell,
    /// A free variable: the register holds a cell of the closure after `CopyFree`.
    Free,
}

/// A named register.
#[derive(Clone, Debug, PartialEq)]
pub struct Local {
    /// The (mangled) name of the variable.
    pub name: String,
    /// Its kind.
    pub kind: LocalKind,
}

/// A range of instructions and where exceptions raised in it go. Inner ranges come before outer ones
/// in `Code::exceptions`; the first that contains the instruction is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First word of the range.
    pub start: u32,
    /// One past its last word.
    pub end: u32,
    /// Where to go.
    pub target: u32,
    /// Register that receives the exception (an instance, normalised).
    pub exc: u16,
}

/// The source range of an instruction; lines from 1, columns in UTF-8 bytes from 0; 0 lines: none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Position {
    /// First line (0: the instruction belongs to no line).
    pub line: u32,
    /// Last line (0: neither it nor the end column is known).
    pub end_line: u32,
    /// First column, -1 if unknown.
    pub col: i32,
    /// One past the last column, -1 if unknown.
    pub end_col: i32,
}

/// A compiled code block.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Code {
    /// `co_name`
    pub name: String,
    /// `co_qualname`
    pub qualname: String,
    /// `co_filename`
    pub filename: String,
    /// `co_firstlineno`
    pub first_line: u32,
    /// Positional parameters, positional-only ones included.
    pub argcount: u32,
    /// Positional-only parameters.
    pub posonlyargcount: u32,
    /// Keyword-only parameters.
    pub kwonlyargcount: u32,
    /// `CO_*`
    pub flags: u32,
    /// The named registers: parameters (positional, keyword-only, `*args`, `**kwargs`), other locals,
    /// cells that are no parameters, free variables.
    pub locals: Vec<Local>,
    /// Number of registers, temporaries included.
    pub nregs: u32,
    /// Names of globals, attributes, imports.
    pub names: Vec<String>,
    /// Constants. In a function, constant 0 is the docstring or None, as in CPython.
    pub consts: Vec<Const>,
    /// Instructions and cache words (zero).
    pub insns: Vec<u64>,
    /// The exception table.
    pub exceptions: Vec<Handler>,
    /// One position per word of `insns` run-length coded: (first word, position), ascending.
    pub positions: Vec<(u32, Position)>,
}

/// A compile-time error: becomes SyntaxError, IndentationError or TabError.
#[derive(Clone, Debug, PartialEq)]
pub struct CompileError {
    /// The exception class.
    pub class: ErrorClass,
    /// CPython's message.
    pub message: String,
    /// Line, from 1.
    pub line: u32,
    /// Column as CPython gives it in `offset`: in characters, from 1.
    pub offset: u32,
    /// Last line.
    pub end_line: u32,
    /// End column, from 1 (0: unknown; `u32::MAX` stands for CPython's -1).
    pub end_offset: u32,
    /// The source line, if there is one.
    pub text: Option<String>,
    /// The input ended where more was to come (for the REPL and `codeop`).
    pub incomplete: bool,
}

/// Which exception a `CompileError` becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// `SyntaxError`
    Syntax,
    /// `IndentationError`
    Indentation,
    /// `TabError`
    Tab,
    /// `ValueError` (null bytes in `compile()`'s source), `OverflowError`, `RecursionError`: see message.
    Recursion,
}

/// What kind of source is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A module.
    Exec,
    /// One expression; its value is returned.
    Eval,
    /// One interactive statement; expression values go to `sys.displayhook`.
    Single,
    /// A function's signature as type comments write it; has a tree but no code.
    FuncType,
}

/// Options of a compilation.
#[derive(Clone, Debug)]
pub struct Options {
    /// What kind of source.
    pub mode: Mode,
    /// `co_filename`, and the file named in errors.
    pub filename: String,
    /// 0: as is; 1: no asserts, `__debug__` false; 2: no docstrings either.
    pub optimize: u8,
    /// `CO_FUTURE_*` flags inherited from the calling code.
    pub future_flags: u32,
    /// `PyCF_ALLOW_TOP_LEVEL_AWAIT`
    pub allow_top_level_await: bool,
    /// How input that ends early is taken.
    pub input: Input,
}

/// What is made of input that ends where more could come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input {
    /// `PyCF_ALLOW_INCOMPLETE_INPUT`: its error says that it is incomplete.
    pub allow_incomplete: bool,
    /// `PyCF_DONT_IMPLY_DEDENT`: its end is not that of an interactive statement's block.
    pub dont_imply_dedent: bool,
}

/// A non-fatal diagnostic of the compiler (`"is" with a literal`, invalid escape sequences, …).
#[derive(Clone, Debug, PartialEq)]
pub struct CompileWarning {
    /// `SyntaxWarning` if true, else `DeprecationWarning`.
    pub syntax: bool,
    /// CPython's message.
    pub message: String,
    /// Line, from 1.
    pub line: u32,
    /// Where the SyntaxError would point if the warning is turned into an error.
    pub offset: u32,
}
