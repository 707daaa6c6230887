//! Symbol tables: which names a block binds and uses, and where each lives. Follows CPython's
//! `symtable.c` in the order of visits, the flags and the error messages; the walk over the tree is in
//! `scope_visit.rs`, this file holds the tables and the analysis.

use crate::code::CompileError;
use crate::parse::Source;
use ruff_text_size::TextRange;
use std::collections::{BTreeSet, HashMap, HashSet};

/// `global` statement.
pub const DEF_GLOBAL: u32 = 1;
/// Assigned in the block.
pub const DEF_LOCAL: u32 = 2;
/// Formal parameter.
pub const DEF_PARAM: u32 = 4;
/// `nonlocal` statement.
pub const DEF_NONLOCAL: u32 = 8;
/// Used.
pub const USE: u32 = 16;
/// Used here and defined in an enclosing function: kept for the `_symtable` module, which lists it.
pub const DEF_FREE: u32 = 32;
/// Free variable of a class that its methods see.
pub const DEF_FREE_CLASS: u32 = 64;
/// Bound by an import.
pub const DEF_IMPORT: u32 = 128;
/// Annotated.
pub const DEF_ANNOT: u32 = 256;
/// Iteration variable of a comprehension.
pub const DEF_COMP_ITER: u32 = 512;
/// Bound in the block.
pub const DEF_BOUND: u32 = DEF_LOCAL | DEF_PARAM | DEF_IMPORT;
/// Where the scope stands in the flags `_symtable` reports.
pub const SCOPE_SHIFT: u32 = 11;

/// Where a name lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Scope {
    /// Not analysed yet.
    #[default]
    Unknown = 0,
    /// A local variable.
    Local = 1,
    /// Declared global.
    GlobalExplicit = 2,
    /// Global because nothing else binds it.
    GlobalImplicit = 3,
    /// From an enclosing function.
    Free = 4,
    /// A local that inner functions see.
    Cell = 5,
}

/// What kind of block a table describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockType {
    /// Function, lambda or comprehension.
    Function,
    /// Class body.
    Class,
    /// Module.
    Module,
    /// An annotation under `from __future__ import annotations`.
    Annotation,
}

/// Kind of comprehension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompKind {
    List,
    Set,
    Dict,
    Generator,
}

/// A symbol's flags and scope.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Symbol {
    pub(crate) flags: u32,
    pub(crate) scope: Scope,
}

/// One block's table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) block: BlockType,
    pub(crate) range: TextRange,
    pub(crate) order: Vec<String>,
    pub(crate) symbols: HashMap<String, Symbol>,
    pub(crate) varnames: Vec<String>,
    pub(crate) children: Vec<usize>,
    pub(crate) directives: Vec<(String, TextRange)>,
    pub(crate) nested: bool,
    pub(crate) free: bool,
    pub(crate) child_free: bool,
    pub(crate) generator: bool,
    pub(crate) coroutine: bool,
    pub(crate) comprehension: Option<CompKind>,
    pub(crate) varargs: bool,
    pub(crate) varkeywords: bool,
    pub(crate) returns_value: bool,
    pub(crate) needs_class_closure: bool,
    pub(crate) comp_iter_target: bool,
    pub(crate) comp_iter_expr: u32,
    /// Names that an assignment expression rebinds.
    pub(crate) walrus: HashSet<String>,
}

/// All tables of a source; 0 is the module's.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) tables: Vec<Table>,
    /// Table of each block by the address of its syntax node.
    pub(crate) by_node: HashMap<usize, usize>,
}

impl Table {
    pub(crate) fn new(name: String, block: BlockType, range: TextRange, nested: bool) -> Self {
        Table {
            name,
            block,
            range,
            order: Vec::new(),
            symbols: HashMap::new(),
            varnames: Vec::new(),
            children: Vec::new(),
            directives: Vec::new(),
            nested,
            free: false,
            child_free: false,
            generator: false,
            coroutine: false,
            comprehension: None,
            varargs: false,
            varkeywords: false,
            returns_value: false,
            needs_class_closure: false,
            comp_iter_target: false,
            comp_iter_expr: 0,
            walrus: HashSet::new(),
        }
    }

    /// Flags of a name, 0 if unknown.
    pub(crate) fn flags(&self, name: &str) -> u32 {
        self.symbols.get(name).map_or(0, |s| s.flags)
    }

    /// Scope of a name.
    pub(crate) fn scope(&self, name: &str) -> Scope {
        self.symbols.get(name).map_or(Scope::Unknown, |s| s.scope)
    }

    /// Adds flags to a name.
    pub(crate) fn add(&mut self, name: &str, flags: u32) {
        if let Some(symbol) = self.symbols.get_mut(name) {
            symbol.flags |= flags;
        } else {
            self.order.push(name.to_owned());
            self.symbols.insert(
                name.to_owned(),
                Symbol {
                    flags,
                    scope: Scope::Unknown,
                },
            );
        }
    }

    /// Names whose scope is `scope`, or that have one of `flags`, sorted.
    pub(crate) fn sorted(&self, scope: Scope, flags: u32) -> Vec<String> {
        let mut names: Vec<String> = self
            .symbols
            .iter()
            .filter(|(_, s)| s.scope == scope || s.flags & flags != 0)
            .map(|(n, _)| n.clone())
            .collect();
        names.sort();
        names
    }

    fn directive(&self, name: &str) -> TextRange {
        self.directives
            .iter()
            .find(|(n, _)| n == name)
            .map_or(self.range, |(_, r)| *r)
    }
}

/// Name mangling: `__x` in a class `C` is `_C__x`.
pub(crate) fn mangle(private: Option<&str>, name: &str) -> String {
    let Some(class) = private else {
        return name.to_owned();
    };
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.to_owned();
    }
    let class = class.trim_start_matches('_');
    if class.is_empty() {
        name.to_owned()
    } else {
        format!("_{class}{name}")
    }
}

type Names = HashSet<String>;

/// Decides where each name of each block lives.
pub(crate) fn analyze(tables: &mut Tables, source: &Source) -> Result<(), CompileError> {
    let mut free = Names::new();
    let mut global = Names::new();
    Analysis { tables, source }.block(0, None, &mut free, &mut global)
}

struct Analysis<'a> {
    tables: &'a mut Tables,
    source: &'a Source,
}

/// The sets of the names of one block.
struct Sets<'s> {
    bound: Option<&'s mut Names>,
    local: Names,
    free: &'s mut Names,
    global: &'s mut Names,
}

impl Analysis<'_> {
    fn block(
        &mut self,
        id: usize,
        bound: Option<&mut Names>,
        free: &mut Names,
        global: &mut Names,
    ) -> Result<(), CompileError> {
        let kind = self.tables.tables[id].block;
        let mut new_bound = Names::new();
        let mut new_global = Names::new();
        let mut new_free = Names::new();
        if kind == BlockType::Class {
            new_global.extend(global.iter().cloned());
            if let Some(bound) = &bound {
                new_bound.extend(bound.iter().cloned());
            }
        }
        let mut sets = Sets {
            bound,
            local: Names::new(),
            free,
            global,
        };
        for name in self.tables.tables[id].order.clone() {
            self.name(id, &name, &mut sets)?;
        }
        let Sets {
            bound,
            local,
            free,
            global,
        } = sets;
        if kind == BlockType::Class {
            new_bound.insert("__class__".to_owned());
        } else {
            if kind == BlockType::Function {
                new_bound.extend(local.iter().cloned());
            }
            if let Some(bound) = &bound {
                new_bound.extend(bound.iter().cloned());
            }
            new_global.extend(global.iter().cloned());
        }
        for child in self.tables.tables[id].children.clone() {
            let mut child_bound = new_bound.clone();
            let mut child_free = Names::new();
            let mut child_global = new_global.clone();
            self.block(
                child,
                Some(&mut child_bound),
                &mut child_free,
                &mut child_global,
            )?;
            new_free.extend(child_free);
            let child = &self.tables.tables[child];
            if child.free || child.child_free {
                self.tables.tables[id].child_free = true;
            }
        }
        let table = &mut self.tables.tables[id];
        match kind {
            BlockType::Function => cells(table, &mut new_free),
            BlockType::Class if new_free.remove("__class__") => {
                table.needs_class_closure = true;
            }
            _ => {}
        }
        update_free(table, bound.as_deref(), &new_free);
        free.extend(new_free);
        Ok(())
    }

    fn name(&mut self, id: usize, name: &str, sets: &mut Sets<'_>) -> Result<(), CompileError> {
        let table = &mut self.tables.tables[id];
        let flags = table.flags(name);
        let error = |table: &Table, message: String| {
            Err(self.source.syntax(message, table.directive(name)))
        };
        let scope = if flags & DEF_GLOBAL != 0 {
            if flags & DEF_NONLOCAL != 0 {
                return error(table, format!("name '{name}' is nonlocal and global"));
            }
            sets.global.insert(name.to_owned());
            if let Some(bound) = &mut sets.bound {
                bound.remove(name);
            }
            Scope::GlobalExplicit
        } else if flags & DEF_NONLOCAL != 0 {
            match &sets.bound {
                None => {
                    return error(
                        table,
                        "nonlocal declaration not allowed at module level".to_owned(),
                    );
                }
                Some(bound) if !bound.contains(name) => {
                    return error(table, format!("no binding for nonlocal '{name}' found"));
                }
                _ => {}
            }
            table.free = true;
            sets.free.insert(name.to_owned());
            Scope::Free
        } else if flags & DEF_BOUND != 0 {
            sets.local.insert(name.to_owned());
            sets.global.remove(name);
            Scope::Local
        } else if sets.bound.as_ref().is_some_and(|b| b.contains(name)) {
            table.free = true;
            sets.free.insert(name.to_owned());
            Scope::Free
        } else {
            if table.nested && !sets.global.contains(name) {
                table.free = true;
            }
            Scope::GlobalImplicit
        };
        if let Some(symbol) = table.symbols.get_mut(name) {
            symbol.scope = scope;
        }
        Ok(())
    }
}

/// Locals that inner blocks need become cells.
fn cells(table: &mut Table, free: &mut Names) {
    for (name, symbol) in &mut table.symbols {
        if symbol.scope == Scope::Local && free.remove(name) {
            symbol.scope = Scope::Cell;
        }
    }
}

/// Passes the free variables of inner blocks through this one.
fn update_free(table: &mut Table, bound: Option<&Names>, free: &Names) {
    let is_class = table.block == BlockType::Class;
    for name in free.iter().collect::<BTreeSet<_>>() {
        if let Some(symbol) = table.symbols.get_mut(name) {
            if is_class && symbol.flags & (DEF_BOUND | DEF_GLOBAL) != 0 {
                symbol.flags |= DEF_FREE_CLASS;
            }
            continue;
        }
        if bound.is_some_and(|b| !b.contains(name)) {
            continue;
        }
        table.add(name, 0);
        if let Some(symbol) = table.symbols.get_mut(name) {
            symbol.scope = Scope::Free;
        }
    }
}
