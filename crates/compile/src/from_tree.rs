//! The way back from CPython's syntax tree (`tree`) to ruff's, for compiling trees that programs have built. There is no
//! source text behind them: ranges are numbers of points in a table that `parse::Source` keeps.

use std::collections::HashMap;

use ruff_python_ast::{self as ast, AtomicNodeIndex, Stmt, name::Name};
use ruff_text_size::{TextRange, TextSize};

use crate::code::Position;
use crate::tree::{Field, Literal, Node};

/// Why a tree cannot be compiled: the text of a ValueError.
type Invalid = String;

/// Result of building.
pub(crate) type Res<T> = Result<T, Invalid>;

/// What `Source` needs of a tree without text.
#[derive(Default)]
pub(crate) struct Points {
    /// Line and column of each point; a range of ruff's tree is a pair of these.
    pub(crate) places: Vec<(u32, u32)>,
    /// Strings that are no UTF-8 (lone surrogates), by the first point of their literal.
    pub(crate) strings: HashMap<u32, Vec<u8>>,
}

/// Builds ruff's nodes.
#[derive(Default)]
pub(crate) struct Build {
    pub(crate) points: Points,
    /// The position of the innermost node that has one.
    here: Position,
}

/// Which context an expression must have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ctx {
    Load,
    Store,
    Del,
}

/// The tree of a module or expression.
pub(crate) fn module(n: &Node) -> Res<(ast::Mod, Points)> {
    let mut b = Build::default();
    let start = b.open(Position::default());
    let made = match n.class {
        "Expression" => {
            let body = Box::new(b.expr(n.get("body"), Ctx::Load)?);
            ast::Mod::Expression(ast::ModExpression {
                node_index: AtomicNodeIndex::NONE,
                range: b.close(start, Position::default()),
                body,
            })
        }
        "Module" | "Interactive" => {
            let body = b.stmts(n.get("body"))?;
            ast::Mod::Module(ast::ModModule {
                node_index: AtomicNodeIndex::NONE,
                range: b.close(start, Position::default()),
                body,
            })
        }
        other => return Err(format!("this compile mode cannot take {other}")),
    };
    Ok((made, b.points))
}

impl Node {
    /// How deep the tree is.
    pub(crate) fn depth(&self) -> u32 {
        let deepest = self.fields.iter().map(|(_, f)| f.depth()).max();
        deepest.unwrap_or(0) + 1
    }

    /// A field by name.
    pub(crate) fn get(&self, name: &str) -> &Field {
        self.fields
            .iter()
            .find(|(n, _)| *n == name)
            .map_or(&Field::None, |(_, f)| f)
    }
}

impl Field {
    fn depth(&self) -> u32 {
        match self {
            Field::Node(n) => n.depth(),
            Field::List(items) => items.iter().map(Field::depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> &[Field] {
        match self {
            Field::List(items) => items,
            _ => &[],
        }
    }

    /// The node, if it is one.
    pub(crate) fn node(&self) -> Res<&Node> {
        match self {
            Field::Node(n) => Ok(n),
            Field::Class(c) => Err(format!("unexpected {c}")),
            _ => Err("a node is missing".to_owned()),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Field::Name(n) => Some(n),
            _ => None,
        }
    }

    fn int(&self) -> i64 {
        match self {
            Field::Int(i) => *i,
            _ => 0,
        }
    }

    /// The class of a node without fields.
    pub(crate) fn class(&self) -> &str {
        match self {
            Field::Class(c) => c,
            Field::Node(n) => n.class,
            _ => "",
        }
    }

    /// Whether it has a value.
    pub(crate) fn is_some(&self) -> bool {
        !matches!(self, Field::None)
    }
}

/// The list must not be empty.
fn filled<'a>(n: &'a Node, field: &str) -> Res<&'a [Field]> {
    match n.get(field).items() {
        [] => Err(format!("empty {field} on {}", n.class)),
        items => Ok(items),
    }
}

impl Build {
    /// Enters a node; gives its first point.
    pub(crate) fn open(&mut self, p: Position) -> u32 {
        self.here = p;
        self.point(p.line, p.col)
    }

    fn point(&mut self, line: u32, col: i32) -> u32 {
        self.points.places.push((line.max(1), col.max(0) as u32));
        self.points.places.len() as u32 - 1
    }

    /// Leaves a node; gives its range.
    pub(crate) fn close(&mut self, start: u32, p: Position) -> TextRange {
        let end = self.point(p.end_line.max(p.line), p.end_col);
        TextRange::new(TextSize::new(start), TextSize::new(end))
    }

    /// Where a node without a position of its own lies.
    pub(crate) fn position(&self, n: &Node) -> Position {
        n.position.unwrap_or(self.here)
    }

    /// An identifier.
    pub(crate) fn identifier(&mut self, f: &Field) -> Res<ast::Identifier> {
        let text = f.text().unwrap_or_default();
        if matches!(text, "None" | "True" | "False") {
            return Err(format!(
                "identifier field can't represent '{text}' constant"
            ));
        }
        let here = self.here;
        let start = self.open(here);
        let range = self.close(start, here);
        Ok(ast::Identifier::new(Name::new(text), range))
    }

    fn opt_identifier(&mut self, f: &Field) -> Res<Option<ast::Identifier>> {
        match f {
            Field::Name(_) => self.identifier(f).map(Some),
            _ => Ok(None),
        }
    }

    fn identifiers(&mut self, list: &[Field]) -> Res<Vec<ast::Identifier>> {
        list.iter().map(|f| self.identifier(f)).collect()
    }

    fn stmts(&mut self, f: &Field) -> Res<ast::Suite> {
        f.items().iter().map(|s| self.stmt(s)).collect()
    }

    fn body(&mut self, n: &Node, field: &str) -> Res<ast::Suite> {
        filled(n, field)?;
        self.stmts(n.get(field))
    }

    fn stmt(&mut self, f: &Field) -> Res<Stmt> {
        let n = f.node()?;
        let p = self.position(n);
        let start = self.open(p);
        let mut made = self.statement(n)?;
        let range = self.close(start, p);
        *range_of(&mut made) = range;
        Ok(made)
    }

    fn statement(&mut self, n: &Node) -> Res<Stmt> {
        let range = TextRange::default();
        let node_index = AtomicNodeIndex::NONE;
        Ok(match n.class {
            "FunctionDef" | "AsyncFunctionDef" => Stmt::FunctionDef(ast::StmtFunctionDef {
                node_index,
                range,
                is_async: n.class == "AsyncFunctionDef",
                decorator_list: self.decorators(n)?.into(),
                name: self.identifier(n.get("name"))?,
                type_params: None,
                parameters: Box::new(self.parameters(n.get("args"))?),
                returns: self.opt(n.get("returns"))?,
                body: self.body(n, "body")?,
            }),
            "ClassDef" => Stmt::ClassDef(ast::StmtClassDef {
                node_index,
                range,
                decorator_list: self.decorators(n)?.into(),
                name: self.identifier(n.get("name"))?,
                type_params: None,
                arguments: Some(Box::new(self.arguments(n.get("bases"), n.get("keywords"))?)),
                body: self.body(n, "body")?,
            }),
            "Return" => Stmt::Return(ast::StmtReturn {
                node_index,
                range,
                value: self.opt(n.get("value"))?,
            }),
            "Delete" => Stmt::Delete(ast::StmtDelete {
                node_index,
                range,
                targets: self.expr_list(filled(n, "targets")?, Ctx::Del)?,
            }),
            "Assign" => Stmt::Assign(ast::StmtAssign {
                node_index,
                range,
                targets: self.expr_list(filled(n, "targets")?, Ctx::Store)?,
                value: self.boxed(n.get("value"), Ctx::Load)?,
            }),
            "AugAssign" => Stmt::AugAssign(ast::StmtAugAssign {
                node_index,
                range,
                target: self.boxed(n.get("target"), Ctx::Store)?,
                op: operator(n.get("op"))?,
                value: self.boxed(n.get("value"), Ctx::Load)?,
            }),
            "AnnAssign" => self.ann_assign(n)?,
            "For" | "AsyncFor" => Stmt::For(ast::StmtFor {
                node_index,
                range,
                is_async: n.class == "AsyncFor",
                target: self.boxed(n.get("target"), Ctx::Store)?,
                iter: self.boxed(n.get("iter"), Ctx::Load)?,
                body: self.body(n, "body")?,
                orelse: self.stmts(n.get("orelse"))?,
            }),
            "While" => Stmt::While(ast::StmtWhile {
                node_index,
                range,
                test: self.boxed(n.get("test"), Ctx::Load)?,
                body: self.body(n, "body")?,
                orelse: self.stmts(n.get("orelse"))?,
            }),
            "If" => self.conditional(n)?,
            "With" | "AsyncWith" => Stmt::With(ast::StmtWith {
                node_index,
                range,
                is_async: n.class == "AsyncWith",
                items: self.with_items(n)?,
                body: self.body(n, "body")?,
            }),
            "Match" => Stmt::Match(ast::StmtMatch {
                node_index,
                range,
                subject: self.boxed(n.get("subject"), Ctx::Load)?,
                cases: self.cases(n)?,
            }),
            "Try" | "TryStar" => self.try_(n)?,
            _ => self.simple(n)?,
        })
    }

    fn simple(&mut self, n: &Node) -> Res<Stmt> {
        let range = TextRange::default();
        let node_index = AtomicNodeIndex::NONE;
        Ok(match n.class {
            "Raise" => {
                if n.get("cause").is_some() && !n.get("exc").is_some() {
                    return Err("Raise with cause but no exception".to_owned());
                }
                Stmt::Raise(ast::StmtRaise {
                    node_index,
                    range,
                    exc: self.opt(n.get("exc"))?,
                    cause: self.opt(n.get("cause"))?,
                })
            }
            "Assert" => Stmt::Assert(ast::StmtAssert {
                node_index,
                range,
                test: self.boxed(n.get("test"), Ctx::Load)?,
                msg: self.opt(n.get("msg"))?,
            }),
            "Import" => Stmt::Import(ast::StmtImport {
                node_index,
                range,
                names: self.aliases(n)?,
                is_lazy: false,
            }),
            "ImportFrom" => {
                let level = n.get("level").int();
                if level < 0 {
                    return Err("Negative ImportFrom level".to_owned());
                }
                Stmt::ImportFrom(ast::StmtImportFrom {
                    node_index,
                    range,
                    module: self.opt_identifier(n.get("module"))?,
                    names: self.aliases(n)?,
                    level: level as u32,
                    is_lazy: false,
                })
            }
            "Global" => Stmt::Global(ast::StmtGlobal {
                node_index,
                range,
                names: self.identifiers(filled(n, "names")?)?,
            }),
            "Nonlocal" => Stmt::Nonlocal(ast::StmtNonlocal {
                node_index,
                range,
                names: self.identifiers(filled(n, "names")?)?,
            }),
            "Expr" => Stmt::Expr(ast::StmtExpr {
                node_index,
                range,
                value: self.boxed(n.get("value"), Ctx::Load)?,
            }),
            "Pass" => Stmt::Pass(ast::StmtPass { node_index, range }),
            "Break" => Stmt::Break(ast::StmtBreak { node_index, range }),
            "Continue" => Stmt::Continue(ast::StmtContinue { node_index, range }),
            other => return Err(format!("unexpected statement {other}")),
        })
    }

    fn ann_assign(&mut self, n: &Node) -> Res<Stmt> {
        let simple = n.get("simple").int() != 0;
        if simple && n.get("target").node()?.class != "Name" {
            return Err("AnnAssign with simple non-Name target".to_owned());
        }
        Ok(Stmt::AnnAssign(ast::StmtAnnAssign {
            node_index: AtomicNodeIndex::NONE,
            range: TextRange::default(),
            target: self.boxed(n.get("target"), Ctx::Store)?,
            annotation: self.boxed(n.get("annotation"), Ctx::Load)?,
            value: self.opt(n.get("value"))?,
            simple,
        }))
    }

    fn conditional(&mut self, n: &Node) -> Res<Stmt> {
        let test = self.boxed(n.get("test"), Ctx::Load)?;
        let body = self.body(n, "body")?;
        let mut clauses = Vec::new();
        if !n.get("orelse").items().is_empty() {
            let here = self.here;
            let start = self.open(here);
            let body = self.stmts(n.get("orelse"))?;
            clauses.push(ast::ElifElseClause {
                node_index: AtomicNodeIndex::NONE,
                range: self.close(start, here),
                test: None,
                body,
            });
        }
        Ok(Stmt::If(ast::StmtIf {
            node_index: AtomicNodeIndex::NONE,
            range: TextRange::default(),
            test,
            body,
            elif_else_clauses: clauses,
        }))
    }

    fn try_(&mut self, n: &Node) -> Res<Stmt> {
        let body = self.body(n, "body")?;
        if n.get("handlers").items().is_empty() && n.get("finalbody").items().is_empty() {
            return Err(format!("{} has neither handlers nor finalbody", n.class));
        }
        if n.get("handlers").items().is_empty() && !n.get("orelse").items().is_empty() {
            return Err(format!("{} has orelse but no except handlers", n.class));
        }
        let mut handlers = Vec::new();
        for h in n.get("handlers").items() {
            let h = h.node()?;
            let p = self.position(h);
            let start = self.open(p);
            let mut made = ast::ExceptHandlerExceptHandler {
                node_index: AtomicNodeIndex::NONE,
                range: TextRange::default(),
                type_: self.opt(h.get("type"))?,
                name: self.opt_identifier(h.get("name"))?,
                body: self.body(h, "body")?,
            };
            made.range = self.close(start, p);
            handlers.push(ast::ExceptHandler::ExceptHandler(made));
        }
        Ok(Stmt::Try(ast::StmtTry {
            node_index: AtomicNodeIndex::NONE,
            range: TextRange::default(),
            body,
            handlers,
            orelse: self.stmts(n.get("orelse"))?,
            finalbody: self.stmts(n.get("finalbody"))?,
            is_star: n.class == "TryStar",
        }))
    }

    fn decorators(&mut self, n: &Node) -> Res<Vec<ast::Decorator>> {
        let list = n.get("decorator_list").items();
        list.iter()
            .map(|d| {
                let expression = self.expr(d, Ctx::Load)?;
                Ok(ast::Decorator {
                    node_index: AtomicNodeIndex::NONE,
                    range: ruff_text_size::Ranged::range(&expression),
                    expression,
                })
            })
            .collect()
    }

    fn with_items(&mut self, n: &Node) -> Res<Vec<ast::WithItem>> {
        let mut out = Vec::new();
        for item in filled(n, "items")? {
            let item = item.node()?;
            let context_expr = self.expr(item.get("context_expr"), Ctx::Load)?;
            let vars = item.get("optional_vars");
            let optional_vars = if vars.is_some() {
                Some(self.boxed(vars, Ctx::Store)?)
            } else {
                None
            };
            out.push(ast::WithItem {
                node_index: AtomicNodeIndex::NONE,
                range: ruff_text_size::Ranged::range(&context_expr),
                context_expr,
                optional_vars,
            });
        }
        Ok(out)
    }

    fn aliases(&mut self, n: &Node) -> Res<Vec<ast::Alias>> {
        let mut out = Vec::new();
        for a in filled(n, "names")? {
            let a = a.node()?;
            let p = self.position(a);
            let start = self.open(p);
            let (name, asname) = (
                self.identifier(a.get("name"))?,
                self.opt_identifier(a.get("asname"))?,
            );
            out.push(ast::Alias {
                node_index: AtomicNodeIndex::NONE,
                range: self.close(start, p),
                name,
                asname,
            });
        }
        Ok(out)
    }

    fn cases(&mut self, n: &Node) -> Res<Vec<ast::MatchCase>> {
        let mut out = Vec::new();
        for c in filled(n, "cases")? {
            let c = c.node()?;
            let here = self.here;
            let start = self.open(here);
            let pattern = self.pattern(c.get("pattern"))?;
            let guard = self.opt(c.get("guard"))?;
            let body = self.body(c, "body")?;
            out.push(ast::MatchCase {
                node_index: AtomicNodeIndex::NONE,
                range: self.close(start, here),
                pattern,
                guard,
                body,
            });
        }
        Ok(out)
    }

    fn patterns(&mut self, f: &Field) -> Res<Vec<ast::Pattern>> {
        f.items().iter().map(|p| self.pattern(p)).collect()
    }

    fn pattern(&mut self, f: &Field) -> Res<ast::Pattern> {
        let n = f.node()?;
        let p = self.position(n);
        let start = self.open(p);
        let node_index = AtomicNodeIndex::NONE;
        Ok(match n.class {
            "MatchValue" => {
                let value = self.pattern_value(n.get("value"))?;
                let range = self.close(start, p);
                ast::Pattern::MatchValue(ast::PatternMatchValue {
                    node_index,
                    range,
                    value,
                })
            }
            "MatchSingleton" => {
                let value = match n.get("value") {
                    Field::Const(Literal::None) => ast::Singleton::None,
                    Field::Const(Literal::Bool(true)) => ast::Singleton::True,
                    Field::Const(Literal::Bool(false)) => ast::Singleton::False,
                    _ => {
                        return Err(
                            "MatchSingleton can only contain True, False and None".to_owned()
                        );
                    }
                };
                let range = self.close(start, p);
                ast::Pattern::MatchSingleton(ast::PatternMatchSingleton {
                    node_index,
                    range,
                    value,
                })
            }
            "MatchSequence" => {
                let patterns = self.patterns(n.get("patterns"))?;
                let range = self.close(start, p);
                ast::Pattern::MatchSequence(ast::PatternMatchSequence {
                    node_index,
                    range,
                    patterns,
                })
            }
            "MatchStar" => {
                let name = self.opt_identifier(n.get("name"))?;
                let range = self.close(start, p);
                ast::Pattern::MatchStar(ast::PatternMatchStar {
                    node_index,
                    range,
                    name,
                })
            }
            "MatchAs" => {
                let inner = n.get("pattern");
                if inner.is_some() && !n.get("name").is_some() {
                    return Err(
                        "MatchAs must specify a target name if a pattern is given".to_owned()
                    );
                }
                let pattern = if inner.is_some() {
                    Some(Box::new(self.pattern(inner)?))
                } else {
                    None
                };
                let name = self.opt_identifier(n.get("name"))?;
                let range = self.close(start, p);
                ast::Pattern::MatchAs(ast::PatternMatchAs {
                    node_index,
                    range,
                    pattern,
                    name,
                })
            }
            "MatchOr" => {
                if n.get("patterns").items().len() < 2 {
                    return Err("MatchOr requires at least 2 patterns".to_owned());
                }
                let patterns = self.patterns(n.get("patterns"))?;
                let range = self.close(start, p);
                ast::Pattern::MatchOr(ast::PatternMatchOr {
                    node_index,
                    range,
                    patterns,
                })
            }
            _ => self.compound_pattern(n, start, p)?,
        })
    }

    fn compound_pattern(&mut self, n: &Node, start: u32, p: Position) -> Res<ast::Pattern> {
        let node_index = AtomicNodeIndex::NONE;
        match n.class {
            "MatchMapping" => {
                let (keys, patterns) = (n.get("keys").items(), n.get("patterns").items());
                if keys.len() != patterns.len() {
                    return Err(
                        "MatchMapping doesn't have the same number of keys as patterns".to_owned(),
                    );
                }
                let mut made = ast::PatternMatchMapping {
                    node_index,
                    range: TextRange::default(),
                    keys: self.expr_list(keys, Ctx::Load)?.into(),
                    patterns: self.patterns(n.get("patterns"))?.into(),
                    rest: self.opt_identifier(n.get("rest"))?,
                };
                made.range = self.close(start, p);
                Ok(ast::Pattern::MatchMapping(made))
            }
            "MatchClass" => {
                let cls = self.boxed(n.get("cls"), Ctx::Load)?;
                let (attrs, values) = (n.get("kwd_attrs").items(), n.get("kwd_patterns").items());
                if attrs.len() != values.len() {
                    return Err(
                        "MatchClass doesn't have the same number of keyword attributes as patterns"
                            .to_owned(),
                    );
                }
                let patterns = self.patterns(n.get("patterns"))?.into();
                let mut keywords = Vec::new();
                for (attr, pattern) in attrs.iter().zip(values) {
                    let attr = self.identifier(attr)?;
                    keywords.push(ast::PatternKeyword {
                        node_index: AtomicNodeIndex::NONE,
                        range: attr.range,
                        attr,
                        pattern: self.pattern(pattern)?,
                    });
                }
                let range = self.close(start, p);
                Ok(ast::Pattern::MatchClass(ast::PatternMatchClass {
                    node_index,
                    range,
                    cls,
                    arguments: ast::PatternArguments {
                        node_index: AtomicNodeIndex::NONE,
                        range,
                        patterns,
                        keywords,
                    },
                }))
            }
            other => Err(format!("unexpected pattern {other}")),
        }
    }

    fn pattern_value(&mut self, f: &Field) -> Res<Box<ast::Expr>> {
        let ok = match f.node()?.class {
            "Constant" => !matches!(
                f.node()?.get("value"),
                Field::Const(Literal::None | Literal::Bool(_) | Literal::Ellipsis)
            ),
            "Attribute" | "UnaryOp" | "BinOp" | "JoinedStr" => true,
            _ => false,
        };
        if !ok {
            return Err("patterns may only match literals and attribute lookups".to_owned());
        }
        self.boxed(f, Ctx::Load)
    }
}

/// The operator of a field.
pub(crate) fn operator(f: &Field) -> Res<ast::Operator> {
    Ok(match f.class() {
        "Add" => ast::Operator::Add,
        "Sub" => ast::Operator::Sub,
        "Mult" => ast::Operator::Mult,
        "MatMult" => ast::Operator::MatMult,
        "Div" => ast::Operator::Div,
        "Mod" => ast::Operator::Mod,
        "Pow" => ast::Operator::Pow,
        "LShift" => ast::Operator::LShift,
        "RShift" => ast::Operator::RShift,
        "BitOr" => ast::Operator::BitOr,
        "BitXor" => ast::Operator::BitXor,
        "BitAnd" => ast::Operator::BitAnd,
        "FloorDiv" => ast::Operator::FloorDiv,
        other => return Err(format!("unexpected operator {other}")),
    })
}

/// The range of a statement.
fn range_of(s: &mut Stmt) -> &mut TextRange {
    match s {
        Stmt::FunctionDef(s) => &mut s.range,
        Stmt::ClassDef(s) => &mut s.range,
        Stmt::Return(s) => &mut s.range,
        Stmt::Delete(s) => &mut s.range,
        Stmt::TypeAlias(s) => &mut s.range,
        Stmt::Assign(s) => &mut s.range,
        Stmt::AugAssign(s) => &mut s.range,
        Stmt::AnnAssign(s) => &mut s.range,
        Stmt::For(s) => &mut s.range,
        Stmt::While(s) => &mut s.range,
        Stmt::If(s) => &mut s.range,
        Stmt::With(s) => &mut s.range,
        Stmt::Match(s) => &mut s.range,
        Stmt::Raise(s) => &mut s.range,
        Stmt::Try(s) => &mut s.range,
        Stmt::Assert(s) => &mut s.range,
        Stmt::Import(s) => &mut s.range,
        Stmt::ImportFrom(s) => &mut s.range,
        Stmt::Global(s) => &mut s.range,
        Stmt::Nonlocal(s) => &mut s.range,
        Stmt::Expr(s) => &mut s.range,
        Stmt::Pass(s) => &mut s.range,
        Stmt::Break(s) => &mut s.range,
        Stmt::Continue(s) => &mut s.range,
        Stmt::IpyEscapeCommand(s) => &mut s.range,
    }
}
