//! Syntax trees as objects: turns the inert nodes of `rivet_compile::tree` into instances of the classes of `_ast`
//! (`ast_nodes`), for `compile(…, PyCF_ONLY_AST)`.

use rivet_compile::{Field, Literal, Node, Position, TreeOptions};
use rivet_vm::builtins::compile::{Request, TYPE_COMMENTS, issue_warnings, raise_compile_error};
use rivet_vm::exceptions::PyResult;
use rivet_vm::object::attr::set_attr;
use rivet_vm::object::{Type, instance};
use rivet_vm::runtime::{enter_native, leave_native};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::list::List;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::{bytes, code, complex};
use rivet_vm::value::{Gc, Root, Value};

/// The namespace of `_ast`.
static CLASSES: Root = Root::new();
/// The instances of the classes without fields: one each, as in CPython.
static SINGLETONS: Root = Root::new();

/// Remembers the classes, when the module is made.
pub fn set_classes(namespace: Gc<Dict>) -> PyResult<()> {
    CLASSES.set(namespace.value());
    SINGLETONS.set(Dict::new()?.value());
    Ok(())
}

/// The namespace of `_ast`, which is imported for it if need be.
pub fn classes() -> PyResult<Gc<Dict>> {
    if CLASSES.get().is_none() {
        rivet_vm::import::import_module("_ast")?;
    }
    Ok(CLASSES
        .get()
        .and_then(|d| d.cast::<Dict>())
        .expect("set when `_ast` is made"))
}

/// Parses source text to an object.
pub fn parse(source: &str, r: &Request, feature_version: i64) -> PyResult<Value> {
    let options = TreeOptions {
        mode: r.mode,
        input: r.input(),
        type_comments: r.flags & TYPE_COMMENTS != 0,
        feature_version: u32::try_from(feature_version).ok(),
    };
    let (tree, warnings) = match rivet_compile::tree(source, &options) {
        Ok(parsed) => parsed,
        Err(e) => return Err(raise_compile_error(&e, r.filename)),
    };
    issue_warnings(&warnings, r.filename, source)?;
    Builder::new()?.node(&tree)
}

struct Builder {
    classes: Gc<Dict>,
    singletons: Gc<Dict>,
}

impl Builder {
    fn new() -> PyResult<Builder> {
        let classes = classes()?;
        let singletons = SINGLETONS
            .get()
            .and_then(|d| d.cast::<Dict>())
            .expect("set with the classes");
        Ok(Builder {
            classes,
            singletons,
        })
    }

    fn instance(&self, class: &str) -> PyResult<Value> {
        let class = self
            .classes
            .get_str(class)
            .and_then(|c| c.cast::<Type>())
            .expect("the table has every class");
        instance::allocate(class, 0)
    }

    fn node(&self, n: &Node) -> PyResult<Value> {
        enter_native(" during ast construction")?;
        let made = self.fill(n);
        leave_native();
        made
    }

    fn fill(&self, n: &Node) -> PyResult<Value> {
        let v = self.instance(n.class)?;
        for (name, field) in &n.fields {
            set_attr(v, str::intern::intern_str(name), Some(self.field(field)?))?;
        }
        if let Some(p) = n.position {
            place(v, p)?;
        }
        Ok(v)
    }

    fn field(&self, f: &Field) -> PyResult<Value> {
        Ok(match f {
            Field::None => Value::NONE,
            Field::Node(n) => self.node(n)?,
            Field::Class(name) => self.singleton(name)?,
            Field::List(items) => {
                let list = List::new()?;
                for item in items {
                    list.append(self.field(item)?)?;
                }
                list.value()
            }
            Field::Name(name) => str::intern::intern_str(name).value(),
            Field::Int(i) => Value::int(*i),
            Field::Const(c) => literal(c)?,
        })
    }

    fn singleton(&self, class: &str) -> PyResult<Value> {
        if let Some(v) = self.singletons.get_str(class) {
            return Ok(v);
        }
        let v = self.instance(class)?;
        self.singletons.set_str(class, v)?;
        Ok(v)
    }
}

fn place(v: Value, p: Position) -> PyResult<()> {
    for (name, n) in [
        ("lineno", i64::from(p.line)),
        ("col_offset", i64::from(p.col)),
        ("end_lineno", i64::from(p.end_line)),
        ("end_col_offset", i64::from(p.end_col)),
    ] {
        set_attr(v, str::intern::intern_str(name), Some(Value::int(n)))?;
    }
    Ok(())
}

fn literal(c: &Literal) -> PyResult<Value> {
    Ok(match c {
        Literal::None => Value::NONE,
        Literal::Bool(b) => Value::bool(*b),
        Literal::Ellipsis => Value::ELLIPSIS,
        Literal::Int(i) => Value::int(*i),
        Literal::BigInt(digits) => code::big_constant(false, digits)?,
        Literal::Float(f) => Value::float(*f),
        Literal::Complex(re, im) => complex::new(*re, *im)?,
        Literal::Str(s) => Str::from_wtf8(s)?.value(),
        Literal::Bytes(b) => bytes::new(b)?,
        Literal::Tuple(items) => {
            let list = List::new()?;
            for item in items {
                list.append(literal(item)?)?;
            }
            rivet_vm::types::tuple::new(list.items())?
        }
    })
}
