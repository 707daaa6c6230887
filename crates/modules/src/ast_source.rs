//! Compiling syntax trees: checks the objects a program has made of the `_ast` classes against the grammar in
//! `ast_nodes`, turns them into inert nodes and hands these to the compiler.

use rivet_compile::{Field, Literal, Mode, Node, Position};
use rivet_vm::builtins::compile::{ONLY_AST, Request, compile_node};
use rivet_vm::exceptions::{PyResult, not_implemented_error, type_error, value_error};
use rivet_vm::object::attr::find_attr;
use rivet_vm::object::{Type, protocol};
use rivet_vm::runtime::{enter_native, leave_native};
use rivet_vm::types::bytes::Bytes;
use rivet_vm::types::complex::Complex;
use rivet_vm::types::float::Float;
use rivet_vm::types::int;
use rivet_vm::types::list::List;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::Value;
use rivet_vm::value::layout::Kind;

use crate::ast_nodes::{Class, Many, class_of};
use crate::ast_objects::classes;

/// Compiles a tree, or gives it back if the flags ask for one; None if `v` is no tree.
pub fn compile(v: Value, r: &Request) -> PyResult<Option<Value>> {
    if v.cast::<Str>().is_some() || v.cast::<Bytes>().is_some() || !is_a(v, "AST")? {
        return Ok(None);
    }
    if r.flags & ONLY_AST != 0 {
        return Ok(Some(v));
    }
    let wanted = match r.mode {
        Mode::Exec => "Module",
        Mode::Eval => "Expression",
        Mode::Single => "Interactive",
        Mode::FuncType => "FunctionType",
    };
    if !is_a(v, wanted)? {
        let t = v.type_of().name_string();
        return Err(type_error(format!("expected {wanted} node, got {t}")));
    }
    let node = node(v, "mod")?;
    compile_node(&node, r).map(|c| Some(c.value()))
}

fn is_a(v: Value, class: &str) -> PyResult<bool> {
    match classes()?.get_str(class) {
        Some(c) => protocol::is_instance(v, c),
        None => Ok(false),
    }
}

/// The node of an object that must be of a subclass of `sort`.
fn node(v: Value, sort: &'static str) -> PyResult<Node> {
    enter_native(" during compilation")?;
    let made = checked(v, sort);
    leave_native();
    made
}

fn checked(v: Value, sort: &'static str) -> PyResult<Node> {
    let place = match class_of(sort).is_some_and(|c| c.has_position()) {
        true => Some(position(v, sort)?),
        false => None,
    };
    let Some(class) = declared(v, sort)? else {
        let r = protocol::repr(v)?;
        return Err(type_error(format!(
            "expected some sort of {sort}, but got {}",
            r.to_string_lossy()
        )));
    };
    let mut fields = Vec::new();
    for f in class.fields() {
        let found = find_attr(v, str::intern::intern_str(f.name))?;
        let value = match (found, f.many) {
            (Some(x), Many::List) => list(x, class.name, f.name, f.kind)?,
            (Some(x), Many::Maybe) if x.is_none() => Field::None,
            (Some(x), _) if x.is_none() && f.kind != "constant" => {
                return Err(value_error(format!(
                    "field '{}' is required for {}",
                    f.name, class.name
                )));
            }
            (Some(x), _) => field(x, f.kind)?,
            (None, Many::Maybe) => Field::None,
            (None, _) => {
                return Err(type_error(format!(
                    "required field \"{}\" missing from {}",
                    f.name, class.name
                )));
            }
        };
        fields.push((f.name, value));
    }
    Ok(Node {
        class: class.name,
        fields,
        position: place,
    })
}

/// The class of the table that `v` is an instance of, if it is below `sort`.
fn declared(v: Value, sort: &'static str) -> PyResult<Option<Class>> {
    let namespace = classes()?;
    for t in v
        .type_of()
        .mro()
        .items()
        .iter()
        .filter_map(|t| t.cast::<Type>())
    {
        let name = t.name_string();
        let Some(class) = class_of(&name) else {
            continue;
        };
        if namespace.get_str(class.name) != Some(t.value()) {
            continue;
        }
        return Ok((class.name == sort || class.base == sort).then_some(class));
    }
    Ok(None)
}

fn list(v: Value, class: &str, name: &str, kind: &'static str) -> PyResult<Field> {
    let Some(items) = v.cast::<List>() else {
        let t = v.type_of().name_string();
        return Err(type_error(format!(
            "{class} field \"{name}\" must be a list, not a {t}"
        )));
    };
    let (mut out, mut i) = (Vec::new(), 0);
    while let Some(x) = items.get(i) {
        // Only the keys of a dict display and the defaults of keyword-only parameters may be absent.
        let absent =
            x.is_none() && matches!(name, "keys" | "kw_defaults") && class != "MatchMapping";
        out.push(if absent { Field::None } else { field(x, kind)? });
        i += 1;
    }
    Ok(Field::List(out))
}

fn field(v: Value, kind: &'static str) -> PyResult<Field> {
    match kind {
        "identifier" | "string" => match v.cast_exact::<Str>() {
            Some(s) => Ok(Field::Name(s.to_string_lossy().into_owned())),
            None => Err(type_error(format!("AST {kind} must be of type str"))),
        },
        "int" => match int::to_i64(v) {
            Some(i) => Ok(Field::Int(i)),
            None => {
                let r = protocol::repr(v)?;
                Err(value_error(format!(
                    "invalid integer value: {}",
                    r.to_string_lossy()
                )))
            }
        },
        "constant" => constant(v).map(Field::Const),
        _ => {
            let n = node(v, kind)?;
            if n.fields.is_empty() && n.position.is_none() {
                return Ok(Field::Class(n.class));
            }
            Ok(Field::Node(Box::new(n)))
        }
    }
}

fn constant(v: Value) -> PyResult<Literal> {
    if v.is_none() {
        return Ok(Literal::None);
    }
    if v == Value::TRUE || v == Value::FALSE {
        return Ok(Literal::Bool(v == Value::TRUE));
    }
    if v == Value::ELLIPSIS {
        return Ok(Literal::Ellipsis);
    }
    if let Some(i) = int::to_i64(v).filter(|_| int::is_int(v)) {
        return Ok(Literal::Int(i));
    }
    if int::is_int(v) {
        let big = int::to_big(v).unwrap_or_default();
        return Ok(Literal::BigInt(big.to_string()));
    }
    if let Some(f) = v
        .as_float()
        .or_else(|| v.cast_exact::<Float>().map(|f| f.get()))
    {
        return Ok(Literal::Float(f));
    }
    if let Some(c) = v.cast_exact::<Complex>() {
        let (re, im) = c.parts();
        return Ok(Literal::Complex(re, im));
    }
    if let Some(s) = v.cast_exact::<Str>() {
        return Ok(Literal::Str(s.to_wtf8().into_owned()));
    }
    if let Some(b) = v.cast_exact::<Bytes>() {
        return Ok(Literal::Bytes(b.as_slice().to_vec()));
    }
    if let Some(t) = v.cast_exact::<Tuple>() {
        let items = t
            .items()
            .iter()
            .map(|&x| constant(x))
            .collect::<PyResult<_>>();
        return items.map(Literal::Tuple);
    }
    let t = v.type_of().name_string();
    if v.kind() == Kind::FrozenSet {
        return Err(not_implemented_error("a frozenset in ast.Constant"));
    }
    Err(type_error(format!("got an invalid type in Constant: {t}")))
}

fn position(v: Value, sort: &str) -> PyResult<Position> {
    let get = |name: &str| -> PyResult<Option<i64>> {
        match find_attr(v, str::intern::intern_str(name))? {
            Some(x) if !x.is_none() => match int::to_i64(x) {
                Some(i) => Ok(Some(i)),
                None => {
                    let r = protocol::repr(x)?;
                    Err(value_error(format!(
                        "invalid integer value: {}",
                        r.to_string_lossy()
                    )))
                }
            },
            _ => Ok(None),
        }
    };
    let need = |name: &str| -> PyResult<i64> {
        get(name)?
            .ok_or_else(|| type_error(format!("required field \"{name}\" missing from {sort}")))
    };
    let (line, col) = (need("lineno")?, need("col_offset")?);
    let end_line = get("end_lineno")?.unwrap_or(line);
    let end_col = get("end_col_offset")?.unwrap_or(col);
    if line > end_line {
        return Err(value_error(format!(
            "AST node line range ({line}, {end_line}) is not valid"
        )));
    }
    if (line < 0 && end_line != line) || (col < 0 && col != end_col) {
        return Err(value_error(format!(
            "AST node column range ({col}, {end_col}) for line range ({line}, {end_line}) is not valid"
        )));
    }
    if line == end_line && col > end_col {
        return Err(value_error(format!(
            "line {line}, column {col}-{end_col} is not a valid range"
        )));
    }
    Ok(Position {
        line: line.max(0) as u32,
        end_line: end_line.max(0) as u32,
        col: col as i32,
        end_col: end_col as i32,
    })
}
