//! The compiler's state: the units being compiled, registers, constants, names, and the helpers every
//! other file of the code generator uses. `stmt.rs`, `expr.rs` and the rest extend [`Compiler`].

use crate::code::*;
use crate::emit::{Asm, Ins, Label, NONE, Reg, TEMP};
use crate::errors::too_large;
use crate::parse::Source;
use crate::scope::{BlockType, DEF_FREE_CLASS, Scope, Table, Tables, mangle};
use rivet_spec::{Op, flags};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::TextRange;
use std::collections::HashMap;

/// Result of a compilation step.
pub(crate) type Res<T = ()> = Result<T, CompileError>;

/// What a block being compiled is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnitKind {
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
}

/// A block that `break`, `continue` or `return` may have to leave.
#[derive(Clone)]
pub(crate) enum FBlock<'a> {
    /// A `while` loop: labels of `continue` and `break`.
    While { next: Label, end: Label },
    /// A `for` loop; its iterator is in a register, so there is nothing to pop.
    For { next: Label, end: Label },
    /// The body of a `try` with handlers: its protection ends here.
    TryExcept { outer: u32 },
    /// The body of a `try` with `finally`.
    FinallyTry { body: &'a [Stmt], outer: u32 },
    /// The exceptional copy of a `finally` body.
    FinallyEnd { saved: Reg, outer: u32 },
    /// The body of an `except` clause.
    Handler {
        saved: Reg,
        name: Option<String>,
        outer: u32,
    },
    /// The body of an `except*` clause: cannot be left by a jump.
    StarHandler,
    /// The body of a `with`.
    With {
        exit: Reg,
        is_async: bool,
        outer: u32,
        range: TextRange,
    },
}

/// One code object under construction.
pub(crate) struct Unit<'a> {
    pub(crate) scope: usize,
    pub(crate) kind: UnitKind,
    pub(crate) name: String,
    pub(crate) qualname: String,
    pub(crate) first_line: u32,
    pub(crate) private: Option<String>,
    pub(crate) asm: Asm,
    pub(crate) pos: Position,
    pub(crate) handler: u32,
    pub(crate) fblocks: Vec<FBlock<'a>>,
    pub(crate) locals: Vec<Local>,
    pub(crate) local_ids: HashMap<String, Reg>,
    /// When each variable was first met in CPython's order of code generation; `co_varnames` follows it.
    pub(crate) ranks: Vec<u32>,
    pub(crate) nparams: usize,
    pub(crate) counts: (u32, u32, u32),
    pub(crate) next_temp: u32,
    pub(crate) max_temp: u32,
    pub(crate) consts: Vec<Const>,
    pub(crate) const_ids: HashMap<Vec<u8>, u32>,
    pub(crate) names: Vec<String>,
    pub(crate) name_ids: HashMap<String, u32>,
}

/// How a name is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Fast(Reg),
    Deref(Reg),
    ClassDeref(Reg),
    Global,
    Name,
}

/// The compiler.
pub(crate) struct Compiler<'a> {
    pub(crate) source: &'a Source,
    pub(crate) options: &'a Options,
    pub(crate) tables: &'a Tables,
    pub(crate) future_annotations: bool,
    pub(crate) flags: u32,
    pub(crate) u: Unit<'a>,
    pub(crate) outer: Vec<Unit<'a>>,
    pub(crate) warnings: Vec<CompileWarning>,
    pub(crate) depth: u32,
}

impl<'a> Unit<'a> {
    pub(crate) fn new(
        scope: usize,
        kind: UnitKind,
        name: String,
        qualname: String,
        first_line: u32,
    ) -> Self {
        Unit {
            scope,
            kind,
            name,
            qualname,
            first_line,
            private: None,
            asm: Asm::default(),
            pos: Position::default(),
            handler: NONE,
            fblocks: Vec::new(),
            locals: Vec::new(),
            local_ids: HashMap::new(),
            ranks: Vec::new(),
            nparams: 0,
            counts: (0, 0, 0),
            next_temp: 0,
            max_temp: 0,
            consts: Vec::new(),
            const_ids: HashMap::new(),
            names: Vec::new(),
            name_ids: HashMap::new(),
        }
    }
}

impl<'a> Compiler<'a> {
    // ---- units ----

    pub(crate) fn table(&self) -> &'a Table {
        &self.tables.tables[self.u.scope]
    }

    /// Whether the unit is a function of any kind (its names are registers).
    pub(crate) fn in_function(&self) -> bool {
        self.table().block == BlockType::Function
    }

    fn qualname_of(&self, name: &str, is_def: bool) -> String {
        let parent = &self.u;
        if self.outer.is_empty() {
            return name.to_owned();
        }
        if is_def {
            let mangled = mangle(parent.private.as_deref(), name);
            if self.tables.tables[parent.scope].scope(&mangled) == Scope::GlobalExplicit {
                return name.to_owned();
            }
        }
        match parent.kind {
            UnitKind::Function | UnitKind::AsyncFunction | UnitKind::Lambda => {
                format!("{}.<locals>.{name}", parent.qualname)
            }
            _ => format!("{}.{name}", parent.qualname),
        }
    }

    /// Starts a unit inside the current one.
    pub(crate) fn enter(&mut self, scope: usize, kind: UnitKind, name: &str, first_line: u32) {
        let is_def = matches!(
            kind,
            UnitKind::Class | UnitKind::Function | UnitKind::AsyncFunction
        );
        let qualname = self.qualname_of(name, is_def);
        let mut unit = Unit::new(scope, kind, name.to_owned(), qualname, first_line);
        unit.private = self.u.private.clone();
        self.outer.push(std::mem::replace(&mut self.u, unit));
        self.declare_registers();
        self.prologue();
    }

    /// Starts the outermost unit's registers.
    pub(crate) fn start_module(&mut self) {
        self.declare_registers();
        self.prologue();
    }

    fn declare_registers(&mut self) {
        let table = self.table();
        for name in &table.varnames {
            let kind = if table.scope(name) == Scope::Cell {
                LocalKind::Cell
            } else {
                LocalKind::Local
            };
            self.add_local(name, kind);
        }
        self.u.nparams = self.u.locals.len();
        if table.block == BlockType::Class {
            if table.needs_class_closure {
                self.add_local("__class__", LocalKind::Cell);
            }
        } else {
            for name in table.sorted(Scope::Cell, 0) {
                if !self.u.local_ids.contains_key(&name) {
                    self.add_local(&name, LocalKind::Cell);
                }
            }
        }
        for name in table.sorted(Scope::Free, DEF_FREE_CLASS) {
            if table.needs_class_closure
                && name == "__class__"
                && table.block == BlockType::Class
                && table.scope(&name) != Scope::Free
            {
                continue;
            }
            self.u.local_ids.remove(&name);
            self.add_local(&name, LocalKind::Free);
        }
    }

    fn add_local(&mut self, name: &str, kind: LocalKind) -> Reg {
        let id = self.u.locals.len() as Reg;
        self.u.locals.push(Local {
            name: name.to_owned(),
            kind,
        });
        self.u.local_ids.insert(name.to_owned(), id);
        self.u.ranks.push(u32::MAX);
        id
    }

    /// Notes that a variable's turn in the order of `co_varnames` has come.
    pub(crate) fn touch(&mut self, reg: Reg) {
        let next = self.u.ranks.len() as u32 + self.u.asm.code.len() as u32;
        if let Some(rank) = self.u.ranks.get_mut(reg as usize)
            && *rank == u32::MAX
        {
            *rank = next;
        }
    }

    fn prologue(&mut self) {
        self.u.pos = Position {
            line: self.u.first_line,
            end_line: self.u.first_line,
            col: 0,
            end_col: 0,
        };
        if self.u.kind == UnitKind::Module {
            self.u.pos.line = 0;
            self.u.pos.end_line = 1;
        }
        let free: Vec<Reg> = self.registers(LocalKind::Free);
        if let Some(&first) = free.first() {
            self.emit(Op::CopyFree, first, free.len() as u32, 0);
        }
        for reg in self.registers(LocalKind::Cell) {
            self.emit(Op::MakeCell, reg, 0, 0);
        }
        if self.code_flags()
            & (flags::CO_GENERATOR | flags::CO_COROUTINE | flags::CO_ASYNC_GENERATOR)
            != 0
        {
            self.emit(Op::ReturnGenerator, 0, 0, 0);
        }
        self.emit(Op::Resume, 0, 0, 0);
    }

    fn registers(&self, kind: LocalKind) -> Vec<Reg> {
        let all = self.u.locals.iter().enumerate();
        all.filter(|(_, l)| l.kind == kind)
            .map(|(i, _)| i as Reg)
            .collect()
    }

    /// `co_flags` of the current unit.
    pub(crate) fn code_flags(&self) -> u32 {
        let table = self.table();
        let mut out = self.flags;
        if table.block == BlockType::Function {
            out |= flags::CO_NEWLOCALS | flags::CO_OPTIMIZED;
            if table.nested {
                out |= flags::CO_NESTED;
            }
            out |= match (table.generator, table.coroutine) {
                (true, false) => flags::CO_GENERATOR,
                (false, true) => flags::CO_COROUTINE,
                (true, true) => flags::CO_ASYNC_GENERATOR,
                _ => 0,
            };
            if table.varargs {
                out |= flags::CO_VARARGS;
            }
            if table.varkeywords {
                out |= flags::CO_VARKEYWORDS;
            }
        }
        if self.u.kind == UnitKind::Module && self.options.allow_top_level_await && table.coroutine
        {
            out |= flags::CO_COROUTINE;
        }
        out
    }

    /// Ends the current unit and gives its code.
    pub(crate) fn leave(&mut self) -> Res<Code> {
        let outer = self.outer.pop().expect("an outer unit");
        let flags = self.code_flags();
        let unit = std::mem::replace(&mut self.u, outer);
        self.assemble(unit, flags)
    }

    /// Turns a complete unit into code.
    pub(crate) fn assemble(&self, mut unit: Unit<'a>, flags: u32) -> Res<Code> {
        let mut code = Code {
            name: unit.name,
            qualname: unit.qualname,
            filename: self.options.filename.clone(),
            first_line: unit.first_line,
            argcount: unit.counts.0,
            posonlyargcount: unit.counts.1,
            kwonlyargcount: unit.counts.2,
            flags,
            ..Code::default()
        };
        if unit.names.len() > 0xffff || unit.consts.len() > 0xffff {
            return Err(too_large("too many names or constants"));
        }
        let named = crate::emit::Named {
            locals: unit.locals,
            ranks: unit.ranks,
            nparams: unit.nparams,
        };
        unit.asm.finish(&mut code, named, unit.max_temp)?;
        code.names = unit.names;
        code.consts = unit.consts;
        trim_code_consts(&mut code);
        Ok(code)
    }

    // ---- emission ----

    /// Emits an instruction with `d` = 0.
    pub(crate) fn emit(&mut self, op: Op, a: u32, b: u32, c: u32) {
        self.emit_d(op, 0, a, b, c);
    }

    pub(crate) fn emit_d(&mut self, op: Op, d: u8, a: u32, b: u32, c: u32) {
        self.push(Ins {
            op,
            d,
            a,
            b,
            c,
            label: NONE,
            handler: self.u.handler,
            pos: self.u.pos,
        });
    }

    /// Emits a jump; for short jumps `a` and `b` are its registers.
    pub(crate) fn jump(&mut self, op: Op, d: u8, a: u32, b: u32, label: Label) {
        let handler = self.u.handler;
        self.push(Ins {
            op,
            d,
            a,
            b,
            c: 0,
            label: label.0,
            handler,
            pos: self.u.pos,
        });
    }

    fn push(&mut self, ins: Ins) {
        self.u.asm.code.push(ins);
    }

    pub(crate) fn label(&mut self) -> Label {
        self.u.asm.new_label()
    }

    pub(crate) fn place(&mut self, label: Label) {
        self.u.asm.place(label);
    }

    /// Makes `range` the position of what follows; gives the old one.
    pub(crate) fn at(&mut self, range: TextRange) -> Position {
        let pos = self.source.position(range);
        std::mem::replace(&mut self.u.pos, pos)
    }

    /// What follows belongs to no line.
    pub(crate) fn artificial(&mut self) {
        self.u.pos = Position {
            line: 0,
            end_line: 0,
            col: -1,
            end_col: -1,
        };
    }

    /// What constant folding needs.
    pub(crate) fn ctx(&self) -> crate::fold::Ctx<'a> {
        crate::fold::Ctx {
            source: self.source,
            optimize: self.options.optimize,
        }
    }

    pub(crate) fn error<T>(&self, message: impl Into<String>, range: TextRange) -> Res<T> {
        Err(self.source.syntax(message, range))
    }

    pub(crate) fn deeper(&mut self, range: TextRange) -> Res {
        self.depth += 1;
        if self.depth > crate::scope_visit::MAX_DEPTH {
            let message = "maximum recursion depth exceeded during compilation";
            return Err(self.source.error(ErrorClass::Recursion, message, range));
        }
        Ok(())
    }

    // ---- registers ----

    pub(crate) fn temp(&mut self) -> Reg {
        let t = self.u.next_temp;
        self.u.next_temp += 1;
        self.u.max_temp = self.u.max_temp.max(self.u.next_temp);
        TEMP + t
    }

    /// Where the temporaries stand; [`Compiler::release`] frees what was allocated since.
    pub(crate) fn mark(&self) -> u32 {
        self.u.next_temp
    }

    pub(crate) fn release(&mut self, mark: u32) {
        self.u.next_temp = mark;
    }

    /// The destination asked for, or a new temporary.
    pub(crate) fn dest(&mut self, dst: Option<Reg>) -> Reg {
        dst.unwrap_or_else(|| self.temp())
    }

    pub(crate) fn mov(&mut self, dst: Reg, src: Reg) {
        if dst != src {
            self.emit(Op::Move, dst, src, 0);
        }
    }

    // ---- constants and names ----

    /// Index of a constant.
    pub(crate) fn const_id(&mut self, value: Const) -> u32 {
        let mut key = Vec::new();
        crate::serial::const_key(&value, &mut key);
        if !matches!(value, Const::Code(_))
            && let Some(&id) = self.u.const_ids.get(&key)
        {
            return id;
        }
        if let Const::Code(code) = &value {
            // A `finally` body is compiled several times: equal code objects are one constant.
            let same = |c: &Const| matches!(c, Const::Code(o) if o.first_line == code.first_line && o == code);
            if let Some(id) = self.u.consts.iter().rposition(same) {
                return id as u32;
            }
        }
        let id = self.u.consts.len() as u32;
        self.u.const_ids.insert(key, id);
        self.u.consts.push(value);
        id
    }

    /// Loads a constant.
    pub(crate) fn load_const(&mut self, value: Const, dst: Option<Reg>) -> Reg {
        let d = self.dest(dst);
        let special = match &value {
            Const::None => Some(0),
            Const::Bool(true) => Some(1),
            Const::Bool(false) => Some(2),
            Const::Ellipsis => Some(3),
            _ => None,
        };
        let small = match &value {
            Const::Int(i) => i32::try_from(*i).ok(),
            _ => None,
        };
        let id = self.const_id(value);
        match (special, small) {
            (Some(n), _) => self.emit(Op::LoadSpecial, d, n, 0),
            (_, Some(i)) => self.emit(Op::LoadInt, d, i as u32, 0),
            _ => self.emit(Op::LoadConst, d, id, 0),
        }
        d
    }

    pub(crate) fn load_none(&mut self, d: Reg) {
        self.load_const(Const::None, Some(d));
    }

    /// Index of a name as it stands (already mangled).
    pub(crate) fn raw_name_id(&mut self, name: String) -> u32 {
        if let Some(&id) = self.u.name_ids.get(&name) {
            return id;
        }
        let id = self.u.names.len() as u32;
        self.u.name_ids.insert(name.clone(), id);
        self.u.names.push(name);
        id
    }

    /// Index of a name, mangled.
    pub(crate) fn name_id(&mut self, name: &str) -> u32 {
        let mangled = self.mangle(name);
        self.raw_name_id(mangled)
    }

    pub(crate) fn mangle(&self, name: &str) -> String {
        mangle(self.u.private.as_deref(), name)
    }

    /// How the (mangled) name is reached; to be asked when its code is generated.
    pub(crate) fn access(&mut self, mangled: &str) -> Access {
        let access = self.resolve(mangled);
        if let Access::Fast(reg) = access {
            self.touch(reg);
        }
        access
    }

    fn resolve(&mut self, mangled: &str) -> Access {
        let table = self.table();
        match table.scope(mangled) {
            Scope::Free => {
                let reg = self.u.local_ids.get(mangled).copied().unwrap_or(0);
                if table.block == BlockType::Class {
                    Access::ClassDeref(reg)
                } else {
                    Access::Deref(reg)
                }
            }
            Scope::Cell => Access::Deref(self.u.local_ids.get(mangled).copied().unwrap_or(0)),
            Scope::Local if table.block == BlockType::Function => {
                if let Some(&reg) = self.u.local_ids.get(mangled) {
                    return Access::Fast(reg);
                }
                Access::Fast(self.add_local(mangled, LocalKind::Local))
            }
            Scope::GlobalImplicit if table.block == BlockType::Function => Access::Global,
            Scope::GlobalExplicit => Access::Global,
            _ => Access::Name,
        }
    }

    /// Loads a variable into `dst`, or gives the register it lives in.
    pub(crate) fn load_name(&mut self, name: &str, dst: Option<Reg>) -> Reg {
        let mangled = self.mangle(name);
        match self.access(&mangled) {
            Access::Fast(reg) => {
                self.check_bound(reg);
                match dst {
                    Some(d) => {
                        self.mov(d, reg);
                        d
                    }
                    None => reg,
                }
            }
            Access::Deref(reg) => {
                let d = self.dest(dst);
                self.emit(Op::LoadDeref, d, reg, 0);
                d
            }
            Access::ClassDeref(reg) => {
                let d = self.dest(dst);
                self.emit(Op::LoadClassDeref, d, reg, 0);
                d
            }
            Access::Global => {
                let d = self.dest(dst);
                let id = self.raw_name_id(mangled);
                self.emit(Op::LoadGlobal, d, id, 0);
                d
            }
            Access::Name => {
                let d = self.dest(dst);
                let id = self.raw_name_id(mangled);
                self.emit(Op::LoadName, d, id, 0);
                d
            }
        }
    }

    /// Raises if a local is unbound (removed later where it cannot be).
    pub(crate) fn check_bound(&mut self, reg: Reg) {
        let last = self.u.asm.code.last();
        let repeated = last.is_some_and(|i| i.op == Op::CheckBound && i.a == reg);
        if !repeated {
            self.emit(Op::CheckBound, reg, 0, 0);
        }
    }

    /// Stores a register's value in a variable.
    pub(crate) fn store_name(&mut self, name: &str, value: Reg) {
        let mangled = self.mangle(name);
        match self.access(&mangled) {
            Access::Fast(reg) => self.mov(reg, value),
            Access::Deref(reg) | Access::ClassDeref(reg) => {
                self.emit(Op::StoreDeref, reg, value, 0)
            }
            Access::Global => {
                let id = self.raw_name_id(mangled);
                self.emit(Op::StoreGlobal, id, value, 0);
            }
            Access::Name => {
                let id = self.raw_name_id(mangled);
                self.emit(Op::StoreName, id, value, 0);
            }
        }
    }

    /// Unbinds a variable.
    pub(crate) fn delete_name(&mut self, name: &str) {
        let mangled = self.mangle(name);
        match self.access(&mangled) {
            Access::Fast(reg) => self.emit(Op::DeleteFast, reg, 0, 0),
            Access::Deref(reg) | Access::ClassDeref(reg) => self.emit(Op::DeleteDeref, reg, 0, 0),
            Access::Global => {
                let id = self.raw_name_id(mangled);
                self.emit(Op::DeleteGlobal, id, 0, 0);
            }
            Access::Name => {
                let id = self.raw_name_id(mangled);
                self.emit(Op::DeleteName, id, 0, 0);
            }
        }
    }

    /// The register of a target that is a plain local, if it is one. The caller calls
    /// [`Compiler::touch`] when it has generated the code that comes before the store.
    pub(crate) fn fast_target(&mut self, target: &Expr) -> Option<Reg> {
        let Expr::Name(n) = target else { return None };
        self.fast_name(&n.id)
    }

    /// The same for a name.
    pub(crate) fn fast_name(&mut self, name: &str) -> Option<Reg> {
        let mangled = self.mangle(name);
        match self.resolve(&mangled) {
            Access::Fast(reg) => Some(reg),
            _ => None,
        }
    }

    /// The `n`-th unit outward is an async function, or top-level await is allowed.
    pub(crate) fn may_await(&self) -> bool {
        matches!(
            self.u.kind,
            UnitKind::AsyncFunction | UnitKind::Comprehension
        ) || (self.options.allow_top_level_await && self.u.kind == UnitKind::Module)
    }

    pub(crate) fn warn(&mut self, message: String, range: TextRange) {
        let (line, col) = self.source.line_col(range.start());
        let offset = self.source.char_offset(line, col);
        self.warnings.push(CompileWarning {
            syntax: true,
            message,
            line,
            offset,
        });
    }
}

/// Drops code objects at the end of the constants that only unreachable code made.
fn trim_code_consts(code: &mut Code) {
    while let Some(Const::Code(_)) = code.consts.last() {
        let last = code.consts.len() as u16 - 1;
        let mut at = 0;
        while let Some(&word) = code.insns.get(at) {
            let insn = rivet_spec::Insn(word);
            if insn.op() == Op::MakeFunction && insn.b() == last {
                return;
            }
            at += 1 + insn.op().cache_words();
        }
        code.consts.pop();
    }
}
