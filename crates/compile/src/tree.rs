//! The syntax tree as CPython's `ast` module shows it, in inert form: what `ast.parse` and `PyCF_ONLY_AST` give. Stands
//! behind `parse`; the runtime turns the nodes into objects of the `_ast` classes. Expressions are in `tree_expr`.

use ruff_python_ast::{self as ast, Stmt};
use ruff_text_size::{Ranged, TextRange};

use crate::code::{CompileError, CompileWarning, Const, Input, Mode, Position, PyStr};
use crate::parse::Source;
use crate::type_comments::TypeComments;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The class, as `ast` names it.
    pub class: &'static str,
    /// The fields, in the order of the class's `_fields`.
    pub fields: Vec<(&'static str, Field)>,
    /// `lineno` and the other attributes, for classes that have them.
    pub position: Option<Position>,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// An optional field without value.
    None,
    /// A node.
    Node(Box<Node>),
    /// A node without fields (an operator, a context), by class.
    Class(&'static str),
    /// A list.
    List(Vec<Field>),
    /// An identifier.
    Name(String),
    /// A number that is no constant of the program (`level`, `simple`, `is_async`, `conversion`).
    Int(i64),
    /// A constant.
    Const(Literal),
}

/// A constant of the program, as the parser knows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An int that fits in 64 bits.
    Int(i64),
    /// Any other int: decimal digits.
    BigInt(String),
    /// A float.
    Float(f64),
    /// Real and imaginary part.
    Complex(f64, f64),
    /// A string.
    Str(PyStr),
    /// A bytes object.
    Bytes(Vec<u8>),
    /// A tuple (only in trees that programs build).
    Tuple(Vec<Literal>),
}

impl Literal {
    /// The value of a number literal.
    pub(crate) fn number(n: &ast::Number) -> Literal {
        match crate::fold::number(n) {
            Const::Int(i) => Literal::Int(i),
            Const::BigInt(_, digits) => Literal::BigInt(digits),
            Const::Float(f) => Literal::Float(f),
            Const::Complex(re, im) => Literal::Complex(re, im),
            _ => Literal::None,
        }
    }
}

/// Trees of this depth can be walked and freed on a big stack only, and the runtime could not.
const MAX_DEPTH: u32 = 20_000;

/// The tree of a source and the parser's warnings.
type Parsed = (Node, Vec<CompileWarning>);

/// What a tree is asked for.
#[derive(Clone, Copy, Debug)]
pub struct TreeOptions {
    /// What kind of source.
    pub mode: Mode,
    /// How input that ends early is taken.
    pub input: Input,
    /// Type comments are part of the tree.
    pub type_comments: bool,
    /// The minor version of Python 3 whose syntax is wanted; None: all of it.
    pub feature_version: Option<u32>,
}

/// Parses source text to CPython's syntax tree.
///
/// # Errors
/// The first error, in CPython's terms.
pub fn tree(source: &str, options: &TreeOptions) -> Result<Parsed, CompileError> {
    let source = Source::new(source);
    if crate::tokenize::scan(&source, false).depth > MAX_DEPTH {
        return Err(crate::too_deep());
    }
    if crate::parse::is_suspicious(&source) {
        return crate::on_big_stack(|| build(&source, options));
    }
    build(&source, options)
}

fn build(source: &Source, options: &TreeOptions) -> Result<Parsed, CompileError> {
    let mode = options.mode;
    if mode == Mode::FuncType {
        let told = |e| crate::interactive::as_input(source, mode, options.input, e);
        return Ok((crate::func_type::tree(source).map_err(told)?, Vec::new()));
    }
    let (parsed, tokens) = crate::interactive::parse_input(source, mode, options.input)?;
    if let Some(minor) = options.feature_version {
        crate::feature_version::check(source, parsed.syntax(), minor)?;
    }
    let mut warnings: Vec<CompileWarning> = tokens
        .warnings
        .into_iter()
        .map(|(at, message)| source.warning(message, at))
        .collect();
    crate::warn::escapes(source, parsed.tokens(), &mut warnings);
    let comments = options
        .type_comments
        .then(|| TypeComments::find(source, parsed.tokens()));
    let trees = Trees { source, comments };
    let node = match parsed.syntax() {
        ast::Mod::Module(m) if mode == Mode::Single => {
            bare("Interactive", vec![("body", trees.stmts(&m.body))])
        }
        ast::Mod::Module(m) => bare(
            "Module",
            vec![
                ("body", trees.stmts(&m.body)),
                (
                    "type_ignores",
                    trees
                        .comments
                        .as_ref()
                        .map_or(Field::List(Vec::new()), TypeComments::ignores),
                ),
            ],
        ),
        ast::Mod::Expression(e) => bare("Expression", vec![("body", trees.expr(&e.body))]),
    };
    trees
        .comments
        .as_ref()
        .map_or(Ok(()), TypeComments::finish)?;
    Ok((node, warnings))
}

/// A node whose class has no position.
pub(crate) fn bare(class: &'static str, fields: Vec<(&'static str, Field)>) -> Node {
    Node {
        class,
        fields,
        position: None,
    }
}

impl From<Node> for Field {
    fn from(node: Node) -> Field {
        Field::Node(Box::new(node))
    }
}

/// An identifier.
pub(crate) fn name(id: &ast::Identifier) -> Field {
    Field::Name(id.id.to_string())
}

/// An optional identifier.
pub(crate) fn opt_name(id: Option<&ast::Identifier>) -> Field {
    id.map_or(Field::None, name)
}

/// Makes nodes of what ruff has parsed.
pub(crate) struct Trees<'a> {
    /// The text, for positions.
    pub(crate) source: &'a Source,
    /// Type comments, if they are asked for.
    comments: Option<TypeComments<'a>>,
}

impl<'a> Trees<'a> {
    /// Trees without type comments.
    pub(crate) fn new(source: &'a Source) -> Self {
        Trees {
            source,
            comments: None,
        }
    }

    /// A field `type_comment`.
    pub(crate) fn comment(
        &self,
        find: impl FnOnce(&TypeComments) -> Field,
    ) -> (&'static str, Field) {
        let found = self.comments.as_ref().map_or(Field::None, find);
        ("type_comment", found)
    }

    /// The comment of a statement with a block.
    fn block_comment(&self, body: &[Stmt]) -> (&'static str, Field) {
        self.comment(|c| {
            body.first()
                .map_or(Field::None, |s| c.before_block(s.start()))
        })
    }

    /// A node with a position.
    pub(crate) fn node(
        &self,
        class: &'static str,
        range: TextRange,
        fields: Vec<(&'static str, Field)>,
    ) -> Field {
        Node {
            class,
            fields,
            position: Some(self.source.position(range)),
        }
        .into()
    }

    /// A list of statements.
    pub(crate) fn stmts(&self, body: &[Stmt]) -> Field {
        Field::List(body.iter().map(|s| self.stmt(s)).collect())
    }

    fn stmt(&self, s: &Stmt) -> Field {
        let range = s.range();
        match s {
            Stmt::FunctionDef(f) => self.function(f),
            Stmt::ClassDef(c) => self.class(c),
            Stmt::Return(r) => self.node("Return", range, vec![("value", self.opt(&r.value))]),
            Stmt::Delete(d) => {
                self.node("Delete", range, vec![("targets", self.exprs(&d.targets))])
            }
            Stmt::Assign(a) => self.node(
                "Assign",
                range,
                vec![
                    ("targets", self.exprs(&a.targets)),
                    ("value", self.expr(&a.value)),
                    self.comment(|c| c.behind_statement(range.end())),
                ],
            ),
            Stmt::AugAssign(a) => self.node(
                "AugAssign",
                range,
                vec![
                    ("target", self.expr(&a.target)),
                    ("op", operator(a.op)),
                    ("value", self.expr(&a.value)),
                ],
            ),
            Stmt::AnnAssign(a) => self.node(
                "AnnAssign",
                range,
                vec![
                    ("target", self.expr(&a.target)),
                    ("annotation", self.expr(&a.annotation)),
                    ("value", self.opt(&a.value)),
                    ("simple", Field::Int(a.simple.into())),
                ],
            ),
            Stmt::For(f) => self.node(
                if f.is_async { "AsyncFor" } else { "For" },
                range,
                vec![
                    ("target", self.expr(&f.target)),
                    ("iter", self.expr(&f.iter)),
                    ("body", self.stmts(&f.body)),
                    ("orelse", self.stmts(&f.orelse)),
                    self.block_comment(&f.body),
                ],
            ),
            Stmt::While(w) => self.node(
                "While",
                range,
                vec![
                    ("test", self.expr(&w.test)),
                    ("body", self.stmts(&w.body)),
                    ("orelse", self.stmts(&w.orelse)),
                ],
            ),
            Stmt::If(i) => self.conditional(range, &i.test, &i.body, &i.elif_else_clauses),
            Stmt::With(w) => self.with(w),
            Stmt::Match(m) => self.node(
                "Match",
                range,
                vec![
                    ("subject", self.expr(&m.subject)),
                    ("cases", self.cases(&m.cases)),
                ],
            ),
            Stmt::Try(t) => self.node(
                if t.is_star { "TryStar" } else { "Try" },
                range,
                vec![
                    ("body", self.stmts(&t.body)),
                    ("handlers", self.handlers(&t.handlers)),
                    ("orelse", self.stmts(&t.orelse)),
                    ("finalbody", self.stmts(&t.finalbody)),
                ],
            ),
            _ => self.simple(s),
        }
    }

    fn simple(&self, s: &Stmt) -> Field {
        let range = s.range();
        let names = |ids: &[ast::Identifier]| Field::List(ids.iter().map(name).collect());
        match s {
            Stmt::Raise(r) => self.node(
                "Raise",
                range,
                vec![("exc", self.opt(&r.exc)), ("cause", self.opt(&r.cause))],
            ),
            Stmt::Assert(a) => self.node(
                "Assert",
                range,
                vec![("test", self.expr(&a.test)), ("msg", self.opt(&a.msg))],
            ),
            Stmt::Import(i) => self.node("Import", range, vec![("names", self.aliases(&i.names))]),
            Stmt::ImportFrom(i) => self.node(
                "ImportFrom",
                range,
                vec![
                    ("module", opt_name(i.module.as_ref())),
                    ("names", self.aliases(&i.names)),
                    ("level", Field::Int(i.level.into())),
                ],
            ),
            Stmt::Global(g) => self.node("Global", range, vec![("names", names(&g.names))]),
            Stmt::Nonlocal(n) => self.node("Nonlocal", range, vec![("names", names(&n.names))]),
            Stmt::Expr(e) => self.node("Expr", range, vec![("value", self.expr(&e.value))]),
            Stmt::Break(_) => self.node("Break", range, Vec::new()),
            Stmt::Continue(_) => self.node("Continue", range, Vec::new()),
            // What 3.11 does not have (`type` statements, escapes of IPython) is an error of the parser.
            _ => self.node("Pass", range, Vec::new()),
        }
    }

    fn function(&self, f: &ast::StmtFunctionDef) -> Field {
        let range = self.source.without_decorators(f.range, &f.decorator_list);
        self.node(
            if f.is_async {
                "AsyncFunctionDef"
            } else {
                "FunctionDef"
            },
            range,
            vec![
                ("name", name(&f.name)),
                ("args", self.parameters(Some(&f.parameters), true)),
                ("body", self.stmts(&f.body)),
                ("decorator_list", self.decorators(&f.decorator_list)),
                ("returns", self.opt(&f.returns)),
                self.comment(|c| {
                    f.body
                        .first()
                        .map_or(Field::None, |s| c.of_function(s.start()))
                }),
            ],
        )
    }

    fn class(&self, c: &ast::StmtClassDef) -> Field {
        let range = self.source.without_decorators(c.range, &c.decorator_list);
        let (bases, keywords) = match &c.arguments {
            Some(a) => (self.exprs(&a.args), self.keywords(&a.keywords)),
            None => (Field::List(Vec::new()), Field::List(Vec::new())),
        };
        self.node(
            "ClassDef",
            range,
            vec![
                ("name", name(&c.name)),
                ("bases", bases),
                ("keywords", keywords),
                ("body", self.stmts(&c.body)),
                ("decorator_list", self.decorators(&c.decorator_list)),
            ],
        )
    }

    fn decorators(&self, list: &[ast::Decorator]) -> Field {
        Field::List(list.iter().map(|d| self.expr(&d.expression)).collect())
    }

    /// `if` and its `elif`s, each nested in the one before.
    fn conditional(
        &self,
        range: TextRange,
        test: &ast::Expr,
        body: &[Stmt],
        rest: &[ast::ElifElseClause],
    ) -> Field {
        let orelse = match rest.split_first() {
            None => Field::List(Vec::new()),
            Some((clause, rest)) => match &clause.test {
                None => self.stmts(&clause.body),
                Some(test) => {
                    let range = TextRange::new(clause.range.start(), range.end());
                    Field::List(vec![self.conditional(range, test, &clause.body, rest)])
                }
            },
        };
        self.node(
            "If",
            range,
            vec![
                ("test", self.expr(test)),
                ("body", self.stmts(body)),
                ("orelse", orelse),
            ],
        )
    }

    fn with(&self, w: &ast::StmtWith) -> Field {
        let parens = self.comments.as_ref().and_then(|c| c.around_items(w));
        let named = w.items.iter().any(|i| i.optional_vars.is_some());
        let (items, comment) = match parens {
            // The comment is left over, and an error.
            Some(_) if named => (self.with_items(&w.items), ("type_comment", Field::None)),
            Some(range) if w.items.len() > 1 => (
                self.with_tuple(&w.items, range),
                self.block_comment(&w.body),
            ),
            _ => (self.with_items(&w.items), self.block_comment(&w.body)),
        };
        self.node(
            if w.is_async { "AsyncWith" } else { "With" },
            w.range,
            vec![("items", items), ("body", self.stmts(&w.body)), comment],
        )
    }

    /// Items that are one tuple.
    fn with_tuple(&self, items: &[ast::WithItem], range: TextRange) -> Field {
        let elements = items.iter().map(|i| self.expr(&i.context_expr)).collect();
        let fields = vec![
            ("elts", Field::List(elements)),
            ("ctx", Field::Class("Load")),
        ];
        let item = vec![
            ("context_expr", self.node("Tuple", range, fields)),
            ("optional_vars", Field::None),
        ];
        Field::List(vec![bare("withitem", item).into()])
    }

    fn with_items(&self, items: &[ast::WithItem]) -> Field {
        let item = |i: &ast::WithItem| {
            bare(
                "withitem",
                vec![
                    ("context_expr", self.expr(&i.context_expr)),
                    ("optional_vars", self.opt(&i.optional_vars)),
                ],
            )
            .into()
        };
        Field::List(items.iter().map(item).collect())
    }

    fn handlers(&self, handlers: &[ast::ExceptHandler]) -> Field {
        let handler = |h: &ast::ExceptHandler| {
            let ast::ExceptHandler::ExceptHandler(h) = h;
            self.node(
                "ExceptHandler",
                h.range,
                vec![
                    ("type", self.opt(&h.type_)),
                    ("name", opt_name(h.name.as_ref())),
                    ("body", self.stmts(&h.body)),
                ],
            )
        };
        Field::List(handlers.iter().map(handler).collect())
    }

    fn aliases(&self, list: &[ast::Alias]) -> Field {
        let alias = |a: &ast::Alias| {
            self.node(
                "alias",
                a.range,
                vec![
                    ("name", name(&a.name)),
                    ("asname", opt_name(a.asname.as_ref())),
                ],
            )
        };
        Field::List(list.iter().map(alias).collect())
    }

    fn cases(&self, cases: &[ast::MatchCase]) -> Field {
        let case = |c: &ast::MatchCase| {
            bare(
                "match_case",
                vec![
                    ("pattern", self.pattern(&c.pattern)),
                    ("guard", self.opt(&c.guard)),
                    ("body", self.stmts(&c.body)),
                ],
            )
            .into()
        };
        Field::List(cases.iter().map(case).collect())
    }

    fn patterns(&self, list: &[ast::Pattern]) -> Field {
        Field::List(list.iter().map(|p| self.pattern(p)).collect())
    }

    fn pattern(&self, p: &ast::Pattern) -> Field {
        let range = p.range();
        match p {
            ast::Pattern::MatchValue(m) => {
                self.node("MatchValue", range, vec![("value", self.expr(&m.value))])
            }
            ast::Pattern::MatchSingleton(m) => {
                let value = match m.value {
                    ast::Singleton::None => Literal::None,
                    ast::Singleton::True => Literal::Bool(true),
                    ast::Singleton::False => Literal::Bool(false),
                };
                self.node(
                    "MatchSingleton",
                    range,
                    vec![("value", Field::Const(value))],
                )
            }
            ast::Pattern::MatchSequence(m) => self.node(
                "MatchSequence",
                range,
                vec![("patterns", self.patterns(&m.patterns))],
            ),
            ast::Pattern::MatchMapping(m) => self.node(
                "MatchMapping",
                range,
                vec![
                    ("keys", self.exprs(&m.keys)),
                    ("patterns", self.patterns(&m.patterns)),
                    ("rest", opt_name(m.rest.as_ref())),
                ],
            ),
            ast::Pattern::MatchClass(m) => self.class_pattern(m),
            ast::Pattern::MatchStar(m) => self.node(
                "MatchStar",
                range,
                vec![("name", opt_name(m.name.as_ref()))],
            ),
            ast::Pattern::MatchAs(m) => {
                let inner = m.pattern.as_ref().map_or(Field::None, |p| self.pattern(p));
                let fields = vec![("pattern", inner), ("name", opt_name(m.name.as_ref()))];
                self.node("MatchAs", range, fields)
            }
            ast::Pattern::MatchOr(m) => self.node(
                "MatchOr",
                range,
                vec![("patterns", self.patterns(&m.patterns))],
            ),
        }
    }

    fn class_pattern(&self, m: &ast::PatternMatchClass) -> Field {
        let keywords = &m.arguments.keywords;
        self.node(
            "MatchClass",
            m.range,
            vec![
                ("cls", self.expr(&m.cls)),
                ("patterns", self.patterns(&m.arguments.patterns)),
                (
                    "kwd_attrs",
                    Field::List(keywords.iter().map(|k| name(&k.attr)).collect()),
                ),
                (
                    "kwd_patterns",
                    Field::List(keywords.iter().map(|k| self.pattern(&k.pattern)).collect()),
                ),
            ],
        )
    }
}

/// The class of a binary operator.
pub(crate) fn operator(op: ast::Operator) -> Field {
    Field::Class(match op {
        ast::Operator::Add => "Add",
        ast::Operator::Sub => "Sub",
        ast::Operator::Mult => "Mult",
        ast::Operator::MatMult => "MatMult",
        ast::Operator::Div => "Div",
        ast::Operator::Mod => "Mod",
        ast::Operator::Pow => "Pow",
        ast::Operator::LShift => "LShift",
        ast::Operator::RShift => "RShift",
        ast::Operator::BitOr => "BitOr",
        ast::Operator::BitXor => "BitXor",
        ast::Operator::BitAnd => "BitAnd",
        ast::Operator::FloorDiv => "FloorDiv",
    })
}
