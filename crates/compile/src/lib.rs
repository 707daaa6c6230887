//! Python source to register bytecode: ruff's parser, scope analysis, code generation. Knows nothing
//! of objects or the heap; yields inert [`Code`].
//!
//! The way of the data: `parse` (text, positions, syntax tree; `errors` puts what goes wrong in CPython's
//! words) -> `scope_visit`, `scope` (symbol tables) -> `compiler` and the files that extend it (`stmt`,
//! `expr`, `call`, `comprehension`, `function`, `class`, `exceptions`, `pattern`), which emit
//! instructions with virtual registers into `emit` -> `definedness` (definite assignment) and layout -> [`Code`].
#![forbid(unsafe_code)]

mod call;
mod class;
mod code;
mod compiler;
mod comprehension;
mod definedness;
mod dis;
mod emit;
mod errors;
mod exceptions;
mod expr;
mod feature_version;
mod fold;
mod from_tree;
mod from_tree_expr;
mod fstring;
mod func_type;
mod function;
mod future;
mod implicit_return;
mod interactive;
mod invalid;
mod liveness;
mod packed;
mod parens;
mod parse;
mod pattern;
mod reader;
mod scope;
mod scope_visit;
mod serial;
mod stmt;
mod strings;
mod symbols;
mod token_stream;
mod tokenize;
mod tree;
mod tree_expr;
mod type_comments;
mod unparse;
mod verify;
mod warn;

pub use code::*;
pub use dis::dis;
pub use liveness::Liveness;
pub use packed::{Outline, Packed};
pub use reader::{Body, Raw};
pub use scope::BlockType;
/// What [`SymbolTable`] says of names.
pub mod symbol_flags {
    pub use crate::scope::{
        DEF_ANNOT, DEF_BOUND, DEF_FREE, DEF_FREE_CLASS, DEF_GLOBAL, DEF_IMPORT, DEF_LOCAL,
        DEF_NONLOCAL, DEF_PARAM, SCOPE_SHIFT, USE,
    };
}
pub use serial::{deserialize, fingerprint, serialize};
pub use symbols::SymbolTable;
pub use token_stream::{Token, TokenStream, tokens};
pub use tree::{Field, Literal, Node, TreeOptions, tree};
pub use verify::verify;

use compiler::{Compiler, Unit, UnitKind};
use parse::Source;
use ruff_python_ast as ast;
use ruff_text_size::Ranged;

/// Stack for sources whose trees may be deep.
const BIG_STACK: usize = 256 << 20;

/// What a compilation yields: the code and the warnings to issue.
type Compiled = (Code, Vec<CompileWarning>);

/// Compiles Python source text (already decoded to UTF-8).
///
/// # Errors
/// The first error, in CPython's terms.
pub fn compile(source: &str, options: &Options) -> Result<Compiled, CompileError> {
    let source = Source::new(source);
    if !parse::is_suspicious(&source) {
        return compile_source(&source, options);
    }
    let compiled = on_big_stack(|| {
        compile_source(&source, options).map(|(code, warnings)| (serialize(&code), warnings))
    })?;
    match deserialize(&compiled.0) {
        Some(code) => Ok((code, compiled.1)),
        None => Err(too_deep()),
    }
}

/// Why a tree cannot be compiled.
pub enum TreeError {
    /// The tree is malformed: the text of a ValueError.
    Malformed(String),
    /// What it means is an error.
    Compile(CompileError),
}

/// Compiles a syntax tree that a program has built.
///
/// # Errors
/// What is wrong with the tree, or with what it means.
pub fn compile_tree(node: &Node, options: &Options) -> Result<Compiled, TreeError> {
    if node.depth() < parse::SUSPICIOUS_DEPTH {
        return compile_built(node, options);
    }
    let mut malformed = None;
    let compiled = on_big_stack(|| match compile_built(node, options) {
        Ok((code, warnings)) => Ok((serialize(&code), warnings)),
        Err(TreeError::Compile(e)) => Err(e),
        Err(TreeError::Malformed(text)) => {
            malformed = Some(text);
            Err(too_deep())
        }
    });
    match (compiled, malformed) {
        (Ok((code, warnings)), _) => match deserialize(&code) {
            Some(code) => Ok((code, warnings)),
            None => Err(TreeError::Compile(too_deep())),
        },
        (Err(_), Some(text)) => Err(TreeError::Malformed(text)),
        (Err(e), None) => Err(TreeError::Compile(e)),
    }
}

fn compile_built(node: &Node, options: &Options) -> Result<Compiled, TreeError> {
    let (tree, points) = from_tree::module(node).map_err(TreeError::Malformed)?;
    let source = Source::of_points(points);
    generate_code(&source, options, &tree, Vec::new())
        .map_err(|e| TreeError::Compile(CompileError { text: None, ..e }))
}

/// Runs `f` on a thread with a big stack.
fn on_big_stack<T: Send>(
    f: impl FnOnce() -> Result<T, CompileError> + Send,
) -> Result<T, CompileError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(BIG_STACK)
            .spawn_scoped(scope, f);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            _ => Err(too_deep()),
        }
    })
}

fn too_deep() -> CompileError {
    CompileError {
        class: ErrorClass::Recursion,
        ..errors::too_large("maximum recursion depth exceeded during compilation")
    }
}

/// The symbol tables of a source, in the form CPython's `_symtable` module gives them.
///
/// # Errors
/// The first error, in CPython's terms.
pub fn symbols(source: &str, filename: &str, mode: Mode) -> Result<SymbolTable, CompileError> {
    let _ = filename;
    let source = Source::new(source);
    let make = || {
        let (parsed, _) = interactive::parse_input(&source, mode, Input::default())?;
        let future = future::features(&source, parsed.syntax())?;
        let annotations = future & rivet_spec::flags::CO_FUTURE_ANNOTATIONS != 0;
        let tables = scope_visit::build(&source, parsed.syntax(), annotations)?;
        Ok(SymbolTable::from_tables(&source, &tables, 0))
    };
    if parse::is_suspicious(&source) {
        on_big_stack(make)
    } else {
        make()
    }
}

fn compile_source(source: &Source, options: &Options) -> Result<Compiled, CompileError> {
    let (parsed, tokens) = interactive::parse_input(source, options.mode, options.input)?;
    // What comes after parsing does not know the source text: CPython takes the line from the file, if there is
    // one, and so does the runtime.
    generate(source, options, &parsed, tokens).map_err(|e| CompileError { text: None, ..e })
}

fn generate(
    source: &Source,
    options: &Options,
    parsed: &ruff_python_parser::Parsed<ast::Mod>,
    tokens: tokenize::Scan,
) -> Result<Compiled, CompileError> {
    let mut warnings: Vec<CompileWarning> = tokens
        .warnings
        .into_iter()
        .map(|(at, message)| source.warning(message, at))
        .collect();
    warn::escapes(source, parsed.tokens(), &mut warnings);
    generate_code(source, options, parsed.syntax(), warnings)
}

fn generate_code(
    source: &Source,
    options: &Options,
    tree: &ast::Mod,
    warnings: Vec<CompileWarning>,
) -> Result<Compiled, CompileError> {
    // CPython sets these errors' places without an end.
    let no_end = |e: CompileError| match e.message.starts_with("future feature")
        || e.message == "not a chance"
    {
        true => CompileError {
            end_line: 0,
            end_offset: 0,
            ..e
        },
        false => e,
    };
    let future = future::features(source, tree).map_err(no_end)? | options.future_flags;
    let annotations = future & rivet_spec::flags::CO_FUTURE_ANNOTATIONS != 0;
    let tables = scope_visit::build(source, tree, annotations)?;
    let name = "<module>".to_owned();
    let mut compiler = Compiler {
        source,
        options,
        tables: &tables,
        future_annotations: annotations,
        flags: future & rivet_spec::flags::PYCF_MASK,
        u: Unit::new(0, UnitKind::Module, name.clone(), name, 1),
        outer: Vec::new(),
        warnings,
        depth: 0,
    };
    compiler.start_module();
    module(&mut compiler, tree)?;
    let flags = compiler.code_flags();
    let unit = std::mem::replace(
        &mut compiler.u,
        Unit::new(0, UnitKind::Module, String::new(), String::new(), 0),
    );
    let code = compiler.assemble(unit, flags)?;
    let mut warnings: Vec<CompileWarning> = Vec::new();
    for w in compiler.warnings {
        if !warnings.contains(&w) {
            warnings.push(w);
        }
    }
    Ok((code, warnings))
}

fn module<'a>(c: &mut Compiler<'a>, tree: &'a ast::Mod) -> Result<(), CompileError> {
    match tree {
        ast::Mod::Module(m) => {
            if c.options.mode == Mode::Single {
                if stmt::has_annotations(&m.body) {
                    c.emit(rivet_spec::Op::SetupAnnotations, 0, 0, 0);
                }
                c.stmts(&m.body)?;
            } else {
                c.body(&m.body)?;
            }
            c.end_of_body(true);
        }
        ast::Mod::Expression(e) => {
            let r = c.expr(&e.body, None)?;
            c.at(e.body.range());
            c.emit(rivet_spec::Op::Return, r, 0, 0);
        }
    }
    Ok(())
}
