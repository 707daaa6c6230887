//! Symbol tables for programs: the scope tree in the form CPython's `_symtable` module gives it.

use crate::parse::Source;
use crate::scope::{BlockType, SCOPE_SHIFT, Tables};

/// One block and the blocks in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolTable {
    /// Number of the block within its source.
    pub id: usize,
    /// Name of the function or class; `top`, `lambda`, `listcomp`, `setcomp`, `dictcomp`, `genexpr`.
    pub name: String,
    /// What kind of block.
    pub kind: BlockType,
    /// First line; 0 for the module.
    pub lineno: u32,
    /// Each name with its `DEF_*` flags and its scope, shifted as CPython does (`SCOPE_OFF`).
    pub symbols: Vec<(String, u32)>,
    /// The parameters, in order.
    pub varnames: Vec<String>,
    /// The blocks directly inside.
    pub children: Vec<SymbolTable>,
    /// Whether the block is inside a function.
    pub nested: bool,
    /// Whether names are known by index (functions).
    pub optimized: bool,
    /// Whether the block is a generator.
    pub generator: bool,
    /// Whether the block is a coroutine.
    pub coroutine: bool,
}

impl SymbolTable {
    pub(crate) fn from_tables(source: &Source, tables: &Tables, id: usize) -> SymbolTable {
        let t = &tables.tables[id];
        let symbols = t.order.iter().map(|name| {
            let symbol = &t.symbols[name];
            (
                name.clone(),
                symbol.flags | (symbol.scope as u32) << SCOPE_SHIFT,
            )
        });
        SymbolTable {
            id,
            name: t.name.clone(),
            kind: t.block,
            lineno: if id == 0 {
                0
            } else {
                source.line(t.range.start())
            },
            symbols: symbols.collect(),
            varnames: t.varnames.clone(),
            children: t
                .children
                .iter()
                .map(|&c| Self::from_tables(source, tables, c))
                .collect(),
            nested: t.nested,
            optimized: t.block == BlockType::Function,
            generator: t.generator,
            coroutine: t.coroutine,
        }
    }
}
