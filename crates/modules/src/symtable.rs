//! `_symtable`: the compiler's view of the names of a source, for the `symtable` module.

use rivet_compile::{BlockType, Mode, SymbolTable, symbol_flags as flags};
use rivet_vm::builtins::compile::{filename_text, raise_compile_error, source_text};
use rivet_vm::exceptions::{PyResult, value_error};
use rivet_vm::object::TypeFlags;
use rivet_vm::object::args::check_count;
use rivet_vm::object::build;
use rivet_vm::object::protocol;
use rivet_vm::object::spec::{Member, Method, TypeSpec};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::value::{Gc, Root, Value};

use crate::util::{alloc, nat, ty};

static ENTRY: Root = Root::new();

/// The slots of an entry, in the order of the fields of CPython's `PySTEntryObject` that programs see.
const FIELDS: [&str; 8] = [
    "id", "name", "symbols", "varnames", "children", "nested", "type", "lineno",
];

const fn member(slot: usize) -> Member {
    Member {
        name: FIELDS[slot],
        // The first word of a native object is not a slot.
        word: slot as u32 + 1,
        readonly: true,
        none: true,
    }
}

static ENTRY_SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::DISALLOW_INSTANTIATION,
    members: &[
        member(0),
        member(1),
        member(2),
        member(3),
        member(4),
        member(5),
        member(6),
        member(7),
    ],
    slots: |s| {
        s.repr = Some(|v| {
            let field = |i| protocol::str(nat(v).get(i).unwrap_or(Value::NONE));
            let (id, name, line) = (field(0)?, field(1)?, field(7)?);
            str::new(&format!(
                "<symtable entry {}({}), line {}>",
                name.to_string_lossy(),
                id.to_string_lossy(),
                line.to_string_lossy()
            ))
        });
    },
    ..TypeSpec::named("symtable entry")
};

static METHODS: &[Method] = &[Method::fast(
    "symtable",
    "($module, source, filename, startstr, /)",
    symtable,
    "Return symbol and scope dictionaries used internally by compiler.",
)];

fn symtable(_m: Value, args: &[Value]) -> PyResult<Value> {
    check_count("symtable", args, 3, 3)?;
    let filename = filename_text(args[1])?;
    let start = args[2].cast::<Str>().ok_or_else(|| {
        let t = args[2].type_of().name_string();
        rivet_vm::exceptions::type_error(format!("symtable() argument 3 must be str, not {t}"))
    })?;
    let source = source_text(args[0], "symtable", "string or bytes", &filename)?;
    let mode = match start.to_string_lossy().as_ref() {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        _ => {
            return Err(value_error(
                "symtable() arg 3 must be 'exec' or 'eval' or 'single'",
            ));
        }
    };
    match rivet_compile::symbols(&source, &filename, mode) {
        Ok(table) => entry(&table),
        Err(e) => Err(raise_compile_error(&e, &filename)),
    }
}

fn entry(t: &SymbolTable) -> PyResult<Value> {
    let n = alloc(ty(&ENTRY))?;
    n.put(1, str::new(&t.name)?);
    let symbols = Dict::new()?;
    for (name, flags) in &t.symbols {
        symbols.set_str(name, Value::int((*flags).into()))?;
    }
    n.put(2, symbols.value());
    let varnames = List::new()?;
    for name in &t.varnames {
        varnames.append(str::intern::intern_str(name).value())?;
    }
    n.put(3, varnames.value());
    let children = List::new()?;
    n.put(4, children.value());
    n.put(5, Value::int(t.nested.into()));
    n.put(6, Value::int(kind(t.kind)));
    n.put(7, Value::int(t.lineno.into()));
    n.put(
        0,
        rivet_vm::types::int::from_u64(protocol::identity(n.value())),
    );
    for c in &t.children {
        children.append(entry(c)?)?;
    }
    Ok(n.value())
}

fn kind(block: BlockType) -> i64 {
    match block {
        BlockType::Function => 0,
        BlockType::Class => 1,
        BlockType::Module => 2,
        BlockType::Annotation => 3,
    }
}

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    ENTRY.set(build::native_type(&ENTRY_SPEC, FIELDS.len() as u32).value());
    m.add_functions(METHODS)?;
    let constants = [
        ("USE", flags::USE),
        ("DEF_GLOBAL", flags::DEF_GLOBAL),
        ("DEF_NONLOCAL", flags::DEF_NONLOCAL),
        ("DEF_LOCAL", flags::DEF_LOCAL),
        ("DEF_PARAM", flags::DEF_PARAM),
        ("DEF_FREE", flags::DEF_FREE),
        ("DEF_FREE_CLASS", flags::DEF_FREE_CLASS),
        ("DEF_IMPORT", flags::DEF_IMPORT),
        ("DEF_BOUND", flags::DEF_BOUND),
        ("DEF_ANNOT", flags::DEF_ANNOT),
        ("TYPE_FUNCTION", 0),
        ("TYPE_CLASS", 1),
        ("TYPE_MODULE", 2),
        ("LOCAL", 1),
        ("GLOBAL_EXPLICIT", 2),
        ("GLOBAL_IMPLICIT", 3),
        ("FREE", 4),
        ("CELL", 5),
        ("SCOPE_OFF", flags::SCOPE_SHIFT),
        ("SCOPE_MASK", 15),
    ];
    constants
        .iter()
        .try_for_each(|&(name, n)| m.add(name, Value::int(n.into())))
}
