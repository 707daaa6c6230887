//! `compile`, `exec`, `eval`: source text to code objects, with CPython's errors and warnings.

use std::cell::Cell;

pub use rivet_compile::Mode;
use rivet_compile::{CompileError, CompileWarning, ErrorClass, Input, Options};
use rivet_spec::flags::PYCF_MASK;

use super::objects::{caller, locals};
use super::{sys_attr, warnings};
use crate::exceptions::{
    PyResult, Raised, exc, not_implemented_error, overflow_error, raise_instance, recursion_error,
    type_error, value_error,
};
use crate::interp::run_code;
use crate::name;
use crate::object::args::Bound;
use crate::object::attr::find_attr;
use crate::object::call::call;
use crate::object::protocol;
use crate::object::spec::Method;
use crate::types::bytes::Bytes;
use crate::types::cell::PyCell;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::module::Module;
use crate::types::str::{self, Str, codec};
use crate::types::tuple::{self, Tuple};
use crate::types::{bytes, int};
use crate::value::{Gc, Value};

pub(super) static FUNCTIONS: &[Method] = &[
    Method::bound(
        "compile",
        "($module, /, source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)",
        compile_function,
        "Compile source into a code object that can be executed by exec() or eval().\n\nThe source code may represent a Python module, statement or expression.\nThe filename will be used for run-time error messages.\nThe mode must be 'exec' to compile a module, 'single' to compile a\nsingle (interactive) statement, or 'eval' to compile an expression.\nThe flags argument, if present, controls which future statements influence\nthe compilation of the code.\nThe dont_inherit argument, if true, stops the compilation inheriting\nthe effects of any future statements in effect in the code calling\ncompile; if absent or false these statements do influence the compilation,\nin addition to any features explicitly specified.",
    ),
    Method::bound(
        "exec",
        "($module, source, globals=None, locals=None, /, *, closure=None)",
        exec_function,
        "Execute the given source in the context of globals and locals.\n\nThe source may be a string representing one or more Python statements\nor a code object as returned by compile().\nThe globals must be a dictionary and locals can be any mapping,\ndefaulting to the current globals and locals.\nIf only globals is given, locals defaults to it.\nThe closure must be a tuple of cellvars, and can only be used\nwhen source is a code object requiring exactly that many cellvars.",
    ),
    Method::bound(
        "eval",
        "($module, source, globals=None, locals=None, /)",
        eval_function,
        "Evaluate the given source in the context of globals and locals.\n\nThe source may be a string representing a Python expression\nor a code object as returned by compile().\nThe globals must be a dictionary and locals can be any mapping,\ndefaulting to the current globals and locals.\nIf only globals is given, locals defaults to it.",
    ),
];

/// `PyCF_ONLY_AST`
pub const ONLY_AST: i64 = 0x400;
/// `PyCF_ALLOW_TOP_LEVEL_AWAIT`
const TOP_LEVEL_AWAIT: i64 = 0x2000;
/// `PyCF_DONT_IMPLY_DEDENT`
const DONT_IMPLY_DEDENT: i64 = 0x200;
/// `PyCF_ALLOW_INCOMPLETE_INPUT`
const ALLOW_INCOMPLETE: i64 = 0x4000;
/// `PyCF_TYPE_COMMENTS`
pub const TYPE_COMMENTS: i64 = 0x1000;
/// All `PyCF_*` flags that `compile` accepts beside the future features, and the obsolete `CO_NESTED`.
const COMPILE_FLAGS: i64 =
    ONLY_AST | TOP_LEVEL_AWAIT | ALLOW_INCOMPLETE | TYPE_COMMENTS | DONT_IMPLY_DEDENT | 0x10;

/// Parses source text to an object of `_ast`; the number is the minor version whose syntax is wanted, or negative.
pub type ParseTree = fn(&str, &Request, i64) -> PyResult<Value>;
/// Compiles an object of `_ast` (or gives it back if the flags ask for a tree); None if it is no such object.
pub type CompileTree = fn(Value, &Request) -> PyResult<Option<Value>>;

/// What the module `_ast` installs.
struct Trees {
    parse: Cell<Option<ParseTree>>,
    compile: Cell<Option<CompileTree>>,
}

struct Global(Trees);

// SAFETY: touched only with the GIL held.
unsafe impl Sync for Global {}

static TREES: Global = Global(Trees {
    parse: Cell::new(None),
    compile: Cell::new(None),
});

/// Makes `compile()` know syntax trees.
pub fn install_trees(parse: ParseTree, compile: CompileTree) {
    TREES.0.parse.set(Some(parse));
    TREES.0.compile.set(Some(compile));
}

// ---- source text ----

/// The text of a source given as str, bytes or anything with a buffer.
pub fn source_text(v: Value, function: &str, what: &str, filename: &str) -> PyResult<String> {
    if let Some(s) = v.cast::<Str>() {
        return match s.to_str() {
            Some(t) => Ok(t.into_owned()),
            None => Err(codec::surrogate_error(s)),
        };
    }
    if let Some(b) = v.cast::<Bytes>() {
        return decode_source(b.as_slice(), filename);
    }
    if v.type_of().slots().buffer.is_some() {
        let b = bytes::methods::from_object(v)?;
        return decode_source(b.as_slice(), filename);
    }
    Err(type_error(format!(
        "{function}() arg 1 must be a {what} object"
    )))
}

/// The encoding a source file declares in its first two lines (PEP 263).
fn declared_encoding(data: &[u8]) -> Option<String> {
    for line in data.split(|&b| b == b'\n').take(2) {
        let text = String::from_utf8_lossy(line);
        let t = text.trim_start_matches([' ', '\t', '\x0c']);
        if let Some(comment) = t.strip_prefix('#') {
            if let Some(found) = coding_in(comment) {
                return Some(found);
            }
        } else if !t.trim().is_empty() {
            return None;
        }
    }
    None
}

/// `coding[:=]\s*([-\w.]+)` in a comment.
fn coding_in(comment: &str) -> Option<String> {
    let mut rest = comment;
    while let Some(i) = rest.find("coding") {
        rest = &rest[i + 6..];
        if let Some(after) = rest.strip_prefix([':', '=']) {
            let after = after.trim_start_matches([' ', '\t']);
            let name: String = after
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
                .collect();
            if !name.is_empty() {
                return Some(name);
            }
        }
    }
    None
}

/// Whether the encoding's name means UTF-8.
fn is_utf8(name: &str) -> bool {
    let n = name.to_ascii_lowercase().replace('_', "-");
    n == "utf-8" || n.starts_with("utf-8-")
}

/// The text of a source file's bytes: byte order mark, declared encoding, else UTF-8.
pub fn decode_source(data: &[u8], filename: &str) -> PyResult<String> {
    let (data, marked) = match data.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (data, false),
    };
    match declared_encoding(data) {
        Some(name) if marked && !is_utf8(&name) => Err(encoding_error(
            &format!("encoding problem: {name} with BOM"),
            filename,
            0,
        )),
        Some(name) if !is_utf8(&name) => decode_as(data, &name, filename),
        _ => match std::str::from_utf8(data) {
            Ok(t) => Ok(t.to_owned()),
            Err(_) => Err(unicode_error(
                codec::decode_bytes(data, "utf-8", "strict").map(|_| ()),
                filename,
            )),
        },
    }
}

/// The text of a script, with the errors CPython's tokenizer of files gives, most of which name no place.
pub fn decode_script(data: &[u8], filename: &str) -> PyResult<String> {
    let (data, marked) = match data.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (data, false),
    };
    let declared = declared_encoding(data).filter(|name| !is_utf8(name));
    let text = match declared {
        Some(name) if marked => {
            let name = normal_name(&name);
            return Err(plain_syntax_error(&format!(
                "encoding problem: {name} with BOM"
            )));
        }
        Some(name) => decode_as(data, &name, filename)
            .map_err(|raised| replace_lookup_error(raised, &name))?,
        None => match std::str::from_utf8(data) {
            Ok(t) => t.to_owned(),
            Err(e) => return Err(not_utf8(data, e.valid_up_to(), filename)),
        },
    };
    match text.find('\0') {
        Some(at) => Err(null_byte(&text[..at], filename)),
        None => Ok(text),
    }
}

/// How CPython spells the encodings it knows by itself.
fn normal_name(name: &str) -> String {
    let n = name.to_ascii_lowercase().replace('_', "-");
    if ["latin-1", "iso-8859-1", "iso-latin-1"]
        .iter()
        .any(|k| n == *k || n.starts_with(&format!("{k}-")))
    {
        return "iso-8859-1".to_owned();
    }
    name.to_owned()
}

/// An encoding that is not known is a "problem" in a file.
fn replace_lookup_error(raised: Raised, name: &str) -> Raised {
    let pending = crate::thread::current().pending();
    let text = pending.and_then(|e| protocol::str(e).ok());
    let unknown = text.is_some_and(|t| t.to_string_lossy().starts_with("unknown encoding"));
    if !unknown {
        return raised;
    }
    crate::exceptions::take(raised);
    plain_syntax_error(&format!("encoding problem: {name}"))
}

fn not_utf8(data: &[u8], at: usize, filename: &str) -> Raised {
    let line = data[..at].iter().filter(|&&b| b == b'\n').count() + 1;
    plain_syntax_error(&format!(
        "Non-UTF-8 code starting with '\\x{:02x}' in file {filename} on line {line}, but no encoding declared; see https://peps.python.org/pep-0263/ for details",
        data[at]
    ))
}

fn null_byte(before: &str, filename: &str) -> Raised {
    let line = before.matches('\n').count() + 1;
    let text = before.rsplit('\n').next().unwrap_or_default();
    let make = || -> PyResult<[Value; 2]> {
        let place = [
            str::new(filename)?,
            Value::from_usize(line),
            Value::NONE,
            str::new(text)?,
        ];
        let message = str::new("source code cannot contain null bytes")?;
        Ok([message, tuple::new(&place)?])
    };
    match make() {
        Ok(args) => crate::exceptions::raise_call(exc().syntax_error, &args),
        Err(raised) => raised,
    }
}

fn decode_as(data: &[u8], name: &str, filename: &str) -> PyResult<String> {
    if matches!(
        name.to_ascii_lowercase().replace('_', "-").as_str(),
        "latin-1" | "iso-8859-1" | "iso-latin-1"
    ) {
        return Ok(data.iter().map(|&b| char::from(b)).collect());
    }
    let unknown = |raised: Raised| match crate::exceptions::clear_if(raised, exc().lookup_error) {
        Ok(()) => encoding_error(&format!("unknown encoding: {name}"), filename, 0),
        Err(raised) => unicode_error(Err(raised), filename),
    };
    let b = Bytes::new(data)?;
    let s = codec::decode_object(b.value(), Some(Str::new(name)?), None).map_err(unknown)?;
    let s = s
        .cast::<Str>()
        .ok_or_else(|| encoding_error(&format!("encoding problem: {name}"), filename, 0))?;
    Ok(s.to_string_lossy().into_owned())
}

/// SyntaxError "(unicode error) …" for source text that cannot be decoded.
fn unicode_error(result: PyResult<()>, filename: &str) -> Raised {
    let Err(raised) = result else {
        return encoding_error("(unicode error) invalid source text", filename, 1);
    };
    if let Some(e) = crate::thread::current().pending()
        && e.type_of().is_subtype(exc().unicode_error)
    {
        let e = crate::exceptions::take(raised);
        return match protocol::str(e) {
            Ok(t) => encoding_error(
                &format!("(unicode error) {}", t.to_string_lossy()),
                filename,
                1,
            ),
            Err(raised) => raised,
        };
    }
    raised
}

fn plain_syntax_error(text: &str) -> Raised {
    match str::new(text) {
        Ok(s) => crate::exceptions::raise_call(exc().syntax_error, &[s]),
        Err(raised) => raised,
    }
}

/// SyntaxError about the encoding of a file, at line 0 or 1.
fn encoding_error(text: &str, filename: &str, line: i64) -> Raised {
    let make = || -> PyResult<[Value; 2]> {
        let none = Value::NONE;
        let place = [str::new(filename)?, Value::int(line), none, none];
        Ok([str::new(text)?, tuple::new(&place)?])
    };
    match make() {
        Ok(args) => crate::exceptions::raise_call(exc().syntax_error, &args),
        Err(raised) => raised,
    }
}

// ---- errors and warnings ----

/// Raises the exception an error of the compiler stands for.
pub fn raise_compile_error(e: &CompileError, filename: &str) -> Raised {
    let class = match e.class {
        ErrorClass::Syntax => exc().syntax_error,
        ErrorClass::Indentation => exc().indentation_error,
        ErrorClass::Tab => exc().tab_error,
        ErrorClass::Recursion if e.message.contains("null bytes") => {
            return plain_syntax_error(&e.message);
        }
        ErrorClass::Recursion
            if e.message.contains("recursion") || e.message.contains("nested") =>
        {
            return recursion_error(&e.message);
        }
        ErrorClass::Recursion => return overflow_error(&e.message),
    };
    let make = || -> PyResult<Value> {
        let text = match &e.text {
            Some(t) => str::new(t)?,
            None => match file_line(filename, e.line) {
                Some(t) => str::new(&t)?,
                None => Value::NONE,
            },
        };
        let n = |i: u32| Value::int(i64::from(i as i32));
        // Only an empty text has an error in line 0, and it has an end.
        let (end_line, end) = if e.end_line == 0 && e.line != 0 {
            (n(e.line), Value::NONE)
        } else {
            (n(e.end_line), n(e.end_offset))
        };
        let place = [
            str::new(filename)?,
            n(e.line),
            n(e.offset),
            text,
            end_line,
            end,
        ];
        call(class.value(), &[str::new(&e.message)?, tuple::new(&place)?])
    };
    match make() {
        Ok(v) => raise_instance(v),
        Err(raised) => raised,
    }
}

/// A line of a source file, for errors found after parsing.
fn file_line(filename: &str, line: u32) -> Option<String> {
    if filename.starts_with('<') || line == 0 {
        return None;
    }
    let text = std::fs::read(filename).ok()?;
    let text = String::from_utf8_lossy(&text);
    text.split_inclusive('\n')
        .nth(line as usize - 1)
        .map(str::to_owned)
}

/// Issues the compiler's warnings; a SyntaxWarning that a filter turns into an error becomes a SyntaxError.
pub fn issue_warnings(list: &[CompileWarning], filename: &str, source: &str) -> PyResult<()> {
    for w in list {
        let category = if w.syntax {
            exc().syntax_warning
        } else {
            exc().deprecation_warning
        };
        let Err(raised) = warnings::warn_explicit(category, &w.message, filename, w.line) else {
            continue;
        };
        crate::exceptions::clear_if(raised, category)?;
        // SyntaxWarnings come from behind the parser, which alone knows the source text.
        let line = if w.syntax {
            None
        } else {
            source.lines().nth(w.line.saturating_sub(1) as usize)
        };
        let e = CompileError {
            class: ErrorClass::Syntax,
            message: w.message.clone(),
            line: w.line,
            offset: w.offset,
            end_line: w.line,
            end_offset: w.offset,
            text: line.map(|l| format!("{l}\n")),
            incomplete: false,
        };
        return Err(raise_compile_error(&e, filename));
    }
    Ok(())
}

// ---- compiling ----

/// What `compile_text` is told.
pub struct Request<'a> {
    /// `co_filename`
    pub filename: &'a str,
    /// What kind of source.
    pub mode: Mode,
    /// `PyCF_*` and future flags.
    pub flags: i64,
    /// 0 to 2, or negative for the interpreter's setting.
    pub optimize: i64,
}

impl Request<'_> {
    /// How input that ends early is taken.
    pub fn input(&self) -> Input {
        Input {
            allow_incomplete: self.flags & ALLOW_INCOMPLETE != 0,
            dont_imply_dedent: self.flags & DONT_IMPLY_DEDENT != 0,
        }
    }
}

/// Compiles source text to a code object.
pub fn compile_text(source: &str, r: &Request) -> PyResult<Gc<Code>> {
    let options = options(r)?;
    match rivet_compile::compile(source, &options) {
        Ok((code, warnings)) => {
            issue_warnings(&warnings, r.filename, source)?;
            Code::new(&code)
        }
        Err(e) => Err(raise_compile_error(&e, r.filename)),
    }
}

/// Compiles a checked syntax tree.
pub fn compile_node(node: &rivet_compile::Node, r: &Request) -> PyResult<Gc<Code>> {
    let options = options(r)?;
    match rivet_compile::compile_tree(node, &options) {
        Ok((code, warnings)) => {
            issue_warnings(&warnings, r.filename, "")?;
            Code::new(&code)
        }
        Err(rivet_compile::TreeError::Malformed(text)) => Err(value_error(text)),
        Err(rivet_compile::TreeError::Compile(e)) => Err(raise_compile_error(&e, r.filename)),
    }
}

fn options(r: &Request) -> PyResult<Options> {
    let optimize = if r.optimize < 0 {
        interpreter_optimize()?
    } else {
        r.optimize
    };
    Ok(Options {
        mode: r.mode,
        filename: r.filename.to_owned(),
        optimize: optimize.clamp(0, 2) as u8,
        future_flags: (r.flags as u32) & PYCF_MASK,
        allow_top_level_await: r.flags & TOP_LEVEL_AWAIT != 0,
        input: r.input(),
    })
}

fn interpreter_optimize() -> PyResult<i64> {
    let Some(flags) = sys_attr("flags")? else {
        return Ok(0);
    };
    Ok(find_attr(flags, name!("optimize"))?
        .and_then(int::to_i64)
        .unwrap_or(0))
}

/// The future features in force in the calling code.
fn inherited_flags() -> i64 {
    crate::thread::current()
        .stack
        .top()
        .map_or(0, |f| i64::from(f.code().flags.get() & PYCF_MASK))
}

/// A file name given as str, bytes or path object.
pub fn filename_text(v: Value) -> PyResult<String> {
    if let Some(s) = v.cast::<Str>() {
        return Ok(s.to_string_lossy().into_owned());
    }
    if let Some(b) = v.cast::<Bytes>() {
        return Ok(codec::decode_fs(b.as_slice())?
            .to_string_lossy()
            .into_owned());
    }
    if let Some(r) = crate::object::call::try_special(v, name!("__fspath__"), &[])? {
        if r.cast::<Str>().is_some() || r.cast::<Bytes>().is_some() {
            return filename_text(r);
        }
        let (t, r) = (v.type_of().name_string(), r.type_of().name_string());
        return Err(type_error(format!(
            "expected {t}.__fspath__() to return str or bytes, not {r}"
        )));
    }
    if v.type_of().slots().buffer.is_some() {
        let t = v.type_of().name_string();
        super::warnings::warn(
            exc().deprecation_warning,
            &format!("path should be string, bytes, or os.PathLike, not {t}"),
            1,
        )?;
        return filename_text(bytes::methods::from_object(v)?.value());
    }
    let t = v.type_of().name_string();
    Err(type_error(format!(
        "expected str, bytes or os.PathLike object, not {t}"
    )))
}

fn arg(b: Bound, i: usize) -> Value {
    b[i].unwrap_or(Value::NONE)
}

fn int_arg(b: Bound, i: usize, default: i64) -> PyResult<i64> {
    match b[i] {
        Some(v) => protocol::index_i64(v, |_| {
            overflow_error("Python int too large to convert to C int")
        }),
        None => Ok(default),
    }
}

fn compile_function(_: Value, b: Bound) -> PyResult<Value> {
    let filename = filename_text(arg(b, 1))?;
    let Some(mode) = arg(b, 2).cast::<Str>() else {
        let t = arg(b, 2).type_of().name_string();
        return Err(type_error(format!(
            "compile() argument 'mode' must be str, not {t}"
        )));
    };
    let mut flags = int_arg(b, 3, 0)?;
    if flags & !(COMPILE_FLAGS | i64::from(PYCF_MASK)) != 0 {
        return Err(value_error("compile(): unrecognised flags"));
    }
    let optimize = int_arg(b, 5, -1)?;
    if !(-1..=2).contains(&optimize) {
        return Err(value_error("compile(): invalid optimize value"));
    }
    let inherit = match b[4] {
        Some(d) => !protocol::is_true(d)?,
        None => true,
    };
    if inherit {
        flags |= inherited_flags();
    }
    let mode = match mode.to_string_lossy().as_ref() {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        "func_type" if flags & ONLY_AST != 0 => Mode::FuncType,
        "func_type" => {
            return Err(value_error(
                "compile() mode 'func_type' requires flag PyCF_ONLY_AST",
            ));
        }
        _ if flags & ONLY_AST != 0 => {
            return Err(value_error(
                "compile() mode must be 'exec', 'eval', 'single' or 'func_type'",
            ));
        }
        _ => {
            return Err(value_error(
                "compile() mode must be 'exec', 'eval' or 'single'",
            ));
        }
    };
    let request = Request {
        filename: &filename,
        mode,
        flags,
        optimize,
    };
    if let Some(f) = TREES.0.compile.get()
        && let Some(r) = f(arg(b, 0), &request)?
    {
        return Ok(r);
    }
    let source = source_text(arg(b, 0), "compile", "string, bytes or AST", &filename)?;
    if flags & ONLY_AST != 0 {
        return match TREES.0.parse.get() {
            Some(f) => f(&source, &request, int_arg(b, 6, -1)?),
            None => Err(not_implemented_error(
                "compile(): syntax trees are not supported",
            )),
        };
    }
    compile_text(&source, &request).map(Gc::value)
}

// ---- running ----

/// The builtins that code run in `globals` sees; `__builtins__` is added if it is missing.
pub fn builtins_for(globals: Gc<Dict>) -> PyResult<Value> {
    let key = name!("__builtins__");
    let found = match globals.get_interned(key) {
        Some(b) => b,
        None => {
            let b = match crate::thread::current().stack.top() {
                Some(f) => f.builtins(),
                None => crate::runtime::builtins().value(),
            };
            globals.set_interned(key, b)?;
            b
        }
    };
    Ok(found.cast::<Module>().map_or(found, |m| m.dict().value()))
}

/// The namespaces of an `exec` or `eval`.
fn namespaces(
    globals: Option<Value>,
    locals_given: Option<Value>,
    function: &str,
) -> PyResult<(Gc<Dict>, Value)> {
    let globals = globals.and_then(Value::not_none);
    let ns = locals_given.and_then(Value::not_none);
    if function == "eval"
        && let Some(l) = ns
        && l.type_of().slots().getitem.is_none()
    {
        return Err(type_error("locals must be a mapping"));
    }
    let Some(g) = globals else {
        let f = caller()?;
        let l = match ns {
            Some(l) => l,
            None => locals()?,
        };
        return checked(f.globals(), l, function);
    };
    let Some(g) = g.cast::<Dict>() else {
        if function == "eval" {
            let mapping = g.type_of().slots().getitem.is_some();
            return Err(type_error(if mapping {
                "globals must be a real dict; try eval(code, {}, mapping)"
            } else {
                "globals must be a dict"
            }));
        }
        let t = g.type_of().name_string();
        return Err(type_error(format!(
            "exec() globals must be a dict, not {t}"
        )));
    };
    checked(g, ns.unwrap_or(g.value()), function)
}

fn checked(globals: Gc<Dict>, ns: Value, function: &str) -> PyResult<(Gc<Dict>, Value)> {
    if function == "exec" && ns.type_of().slots().getitem.is_none() {
        let t = ns.type_of().name_string();
        return Err(type_error(format!(
            "locals must be a mapping or None, not {t}"
        )));
    }
    Ok((globals, ns))
}

fn exec_function(_: Value, b: Bound) -> PyResult<Value> {
    let source = arg(b, 0);
    let (globals, ns) = namespaces(b[1], b[2], "exec")?;
    let builtins = builtins_for(globals)?;
    let closure = b[3].and_then(Value::not_none);
    if let Some(code) = source.cast::<Code>() {
        let func = with_closure(code, globals, builtins, closure)?;
        run_code(code, func, globals, builtins, Some(ns))?;
        return Ok(Value::NONE);
    }
    if closure.is_some() {
        return Err(type_error(
            "closure can only be used when source is a code object",
        ));
    }
    let text = source_text(source, "exec", "string, bytes or code", "<string>")?;
    let request = Request {
        filename: "<string>",
        mode: Mode::Exec,
        flags: inherited_flags(),
        optimize: -1,
    };
    let code = compile_text(&text, &request)?;
    run_code(code, None, globals, builtins, Some(ns))?;
    Ok(Value::NONE)
}

/// A function that carries the closure `exec` was given for code with free variables.
fn with_closure(
    code: Gc<Code>,
    globals: Gc<Dict>,
    builtins: Value,
    closure: Option<Value>,
) -> PyResult<Option<Gc<Function>>> {
    let free = code.nlocals.get() as usize - code.first_free().min(code.nlocals.get() as usize);
    if free == 0 {
        return match closure {
            Some(_) => Err(type_error("cannot use a closure with this code object")),
            None => Ok(None),
        };
    }
    let cells = closure.and_then(|c| c.cast::<Tuple>());
    let fits = cells
        .is_some_and(|t| t.len() == free && t.items().iter().all(|c| c.cast::<PyCell>().is_some()));
    let (true, Some(closure)) = (fits, closure) else {
        return Err(type_error(format!(
            "code object requires a closure of exactly length {free}"
        )));
    };
    let f = Function::new(code, globals, builtins)?;
    f.set(&f.closure, closure);
    Ok(Some(f))
}

fn eval_function(_: Value, b: Bound) -> PyResult<Value> {
    let source = arg(b, 0);
    let (globals, ns) = namespaces(b[1], b[2], "eval")?;
    let builtins = builtins_for(globals)?;
    if let Some(code) = source.cast::<Code>() {
        if code.first_free() < code.nlocals.get() as usize {
            return Err(type_error(
                "code object passed to eval() may not contain free variables",
            ));
        }
        return run_code(code, None, globals, builtins, Some(ns));
    }
    let text = source_text(source, "eval", "string, bytes or code", "<string>")?;
    let text = text.trim_start_matches([' ', '\t']);
    let request = Request {
        filename: "<string>",
        mode: Mode::Eval,
        flags: inherited_flags(),
        optimize: -1,
    };
    let code = compile_text(text, &request)?;
    run_code(code, None, globals, builtins, Some(ns))
}
