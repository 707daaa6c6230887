//! Expressions on the way back from CPython's syntax tree (see `from_tree`).

use ruff_python_ast::{self as ast, AtomicNodeIndex, Expr};
use ruff_text_size::{Ranged, TextRange};

use crate::code::Position;
use crate::from_tree::{Build, Ctx, Res, operator};
use crate::tree::{Field, Literal, Node};

impl Build {
    /// An optional expression.
    pub(crate) fn opt(&mut self, f: &Field) -> Res<Option<Box<Expr>>> {
        if f.is_some() {
            self.boxed(f, Ctx::Load).map(Some)
        } else {
            Ok(None)
        }
    }

    /// An expression in a box.
    pub(crate) fn boxed(&mut self, f: &Field, ctx: Ctx) -> Res<Box<Expr>> {
        self.expr(f, ctx).map(Box::new)
    }

    /// A list of expressions.
    pub(crate) fn expr_list(&mut self, list: &[Field], ctx: Ctx) -> Res<Vec<Expr>> {
        list.iter().map(|e| self.expr(e, ctx)).collect()
    }

    fn loads(&mut self, n: &Node, field: &str) -> Res<Vec<Expr>> {
        self.expr_list(n.get(field).items(), Ctx::Load)
    }

    fn load(&mut self, n: &Node, field: &str) -> Res<Box<Expr>> {
        self.boxed(n.get(field), Ctx::Load)
    }

    /// An expression that must have a context.
    pub(crate) fn expr(&mut self, f: &Field, ctx: Ctx) -> Res<Expr> {
        let n = f.node()?;
        check_context(n, ctx)?;
        let p = self.position(n);
        let start = self.open(p);
        let mut made = self.expression(n, ctx, start, p)?;
        if !matches!(made, Expr::Call(_)) {
            let range = self.close(start, p);
            *range_of(&mut made) = range;
        }
        Ok(made)
    }

    fn expression(&mut self, n: &Node, ctx: Ctx, start: u32, p: Position) -> Res<Expr> {
        let range = TextRange::default();
        let node_index = AtomicNodeIndex::NONE;
        Ok(match n.class {
            "BoolOp" => {
                if n.get("values").items().len() < 2 {
                    return Err("BoolOp with less than 2 values".to_owned());
                }
                let op = match n.get("op").class() {
                    "And" => ast::BoolOp::And,
                    _ => ast::BoolOp::Or,
                };
                let values = self.loads(n, "values")?;
                Expr::BoolOp(ast::ExprBoolOp {
                    node_index,
                    range,
                    op,
                    values,
                })
            }
            "NamedExpr" => {
                if n.get("target").node()?.class != "Name" {
                    return Err("NamedExpr target must be a Name".to_owned());
                }
                Expr::Named(ast::ExprNamed {
                    node_index,
                    range,
                    target: self.boxed(n.get("target"), Ctx::Store)?,
                    value: self.load(n, "value")?,
                })
            }
            "BinOp" => Expr::BinOp(ast::ExprBinOp {
                node_index,
                range,
                left: self.load(n, "left")?,
                op: operator(n.get("op"))?,
                right: self.load(n, "right")?,
            }),
            "UnaryOp" => {
                let op = match n.get("op").class() {
                    "Invert" => ast::UnaryOp::Invert,
                    "Not" => ast::UnaryOp::Not,
                    "UAdd" => ast::UnaryOp::UAdd,
                    _ => ast::UnaryOp::USub,
                };
                let operand = self.load(n, "operand")?;
                Expr::UnaryOp(ast::ExprUnaryOp {
                    node_index,
                    range,
                    op,
                    operand,
                })
            }
            "Lambda" => Expr::Lambda(ast::ExprLambda {
                node_index,
                range,
                parameters: Some(Box::new(self.parameters(n.get("args"))?)),
                body: self.load(n, "body")?,
            }),
            "IfExp" => Expr::If(ast::ExprIf {
                node_index,
                range,
                test: self.load(n, "test")?,
                body: self.load(n, "body")?,
                orelse: self.load(n, "orelse")?,
            }),
            "Compare" => self.compare(n)?,
            "Call" => {
                let func = self.load(n, "func")?;
                let mut arguments = self.arguments(n.get("args"), n.get("keywords"))?;
                // The call ends where its arguments end.
                let whole = self.close(start, p);
                arguments.range = TextRange::new(func.range().end(), whole.end());
                Expr::Call(ast::ExprCall {
                    node_index,
                    range_start: whole.start(),
                    func,
                    arguments,
                })
            }
            "Await" => Expr::Await(ast::ExprAwait {
                node_index,
                range,
                value: self.load(n, "value")?,
            }),
            "Yield" => Expr::Yield(ast::ExprYield {
                node_index,
                range,
                value: self.opt(n.get("value"))?,
            }),
            "YieldFrom" => Expr::YieldFrom(ast::ExprYieldFrom {
                node_index,
                range,
                value: self.load(n, "value")?,
            }),
            "Dict" => self.dict(n)?,
            "Set" => Expr::Set(ast::ExprSet {
                node_index,
                range,
                elts: self.loads(n, "elts")?,
            }),
            "ListComp" | "SetComp" | "DictComp" | "GeneratorExp" => self.comprehension(n)?,
            "Attribute" | "Subscript" | "Starred" | "Name" | "List" | "Tuple" => {
                self.place(n, ctx)?
            }
            "Slice" => Expr::Slice(ast::ExprSlice {
                node_index,
                range,
                lower: self.opt(n.get("lower"))?,
                upper: self.opt(n.get("upper"))?,
                step: self.opt(n.get("step"))?,
            }),
            "JoinedStr" => {
                let elements = self.elements(n.get("values").items())?;
                fstring(elements)
            }
            "FormattedValue" => {
                let element = self.formatted(n)?;
                fstring(vec![element])
            }
            "Constant" => self.constant(n, start)?,
            other => return Err(format!("unexpected expression {other}")),
        })
    }

    fn compare(&mut self, n: &Node) -> Res<Expr> {
        let ops = n.get("ops").items();
        if ops.is_empty() {
            return Err("Compare has no comparators".to_owned());
        }
        if ops.len() != n.get("comparators").items().len() {
            return Err("Compare has a different number of comparators and operands".to_owned());
        }
        let left = self.load(n, "left")?;
        let comparators = self.loads(n, "comparators")?;
        Ok(Expr::Compare(ast::ExprCompare {
            node_index: AtomicNodeIndex::NONE,
            range: TextRange::default(),
            left,
            ops: ops.iter().map(comparison).collect::<Res<Vec<_>>>()?.into(),
            comparators: comparators.into(),
        }))
    }

    fn dict(&mut self, n: &Node) -> Res<Expr> {
        let (keys, values) = (n.get("keys").items(), n.get("values").items());
        if keys.len() != values.len() {
            return Err("Dict doesn't have the same number of keys as values".to_owned());
        }
        let mut items = Vec::new();
        for (key, value) in keys.iter().zip(values) {
            let key = if key.is_some() {
                Some(self.expr(key, Ctx::Load)?)
            } else {
                None
            };
            items.push(ast::DictItem {
                key,
                value: self.expr(value, Ctx::Load)?,
            });
        }
        Ok(Expr::Dict(ast::ExprDict {
            node_index: AtomicNodeIndex::NONE,
            range: TextRange::default(),
            items,
        }))
    }

    fn comprehension(&mut self, n: &Node) -> Res<Expr> {
        let range = TextRange::default();
        let node_index = AtomicNodeIndex::NONE;
        if n.get("generators").items().is_empty() {
            return Err("comprehension with no generators".to_owned());
        }
        if n.class == "DictComp" {
            return Ok(Expr::DictComp(ast::ExprDictComp {
                node_index,
                range,
                key: Some(self.load(n, "key")?),
                value: self.load(n, "value")?,
                generators: self.generators(n)?,
            }));
        }
        let elt = self.load(n, "elt")?;
        let generators = self.generators(n)?;
        Ok(match n.class {
            "ListComp" => Expr::ListComp(ast::ExprListComp {
                node_index,
                range,
                elt,
                generators,
            }),
            "SetComp" => Expr::SetComp(ast::ExprSetComp {
                node_index,
                range,
                elt,
                generators,
            }),
            _ => Expr::Generator(ast::ExprGenerator {
                node_index,
                range,
                elt,
                generators,
                parenthesized: true,
            }),
        })
    }

    fn generators(&mut self, n: &Node) -> Res<Vec<ast::Comprehension>> {
        let mut out = Vec::new();
        for g in n.get("generators").items() {
            let g = g.node()?;
            let target = self.expr(g.get("target"), Ctx::Store)?;
            let range = target.range();
            out.push(ast::Comprehension {
                node_index: AtomicNodeIndex::NONE,
                range,
                target,
                iter: self.expr(g.get("iter"), Ctx::Load)?,
                ifs: self.loads(g, "ifs")?,
                is_async: !matches!(g.get("is_async"), Field::Int(0)),
            });
        }
        Ok(out)
    }

    fn place(&mut self, n: &Node, ctx: Ctx) -> Res<Expr> {
        let range = TextRange::default();
        let node_index = AtomicNodeIndex::NONE;
        let kind = match ctx {
            Ctx::Load => ast::ExprContext::Load,
            Ctx::Store => ast::ExprContext::Store,
            Ctx::Del => ast::ExprContext::Del,
        };
        Ok(match n.class {
            "Attribute" => Expr::Attribute(ast::ExprAttribute {
                node_index,
                range,
                value: self.load(n, "value")?,
                attr: self.identifier(n.get("attr"))?,
                ctx: kind,
            }),
            "Subscript" => Expr::Subscript(ast::ExprSubscript {
                node_index,
                range,
                value: self.load(n, "value")?,
                slice: self.load(n, "slice")?,
                ctx: kind,
            }),
            "Starred" => Expr::Starred(ast::ExprStarred {
                node_index,
                range,
                value: self.boxed(n.get("value"), ctx)?,
                ctx: kind,
            }),
            "Name" => {
                let id = self.identifier(n.get("id"))?;
                Expr::Name(ast::ExprName {
                    node_index,
                    range,
                    id: id.id,
                    ctx: kind,
                })
            }
            "List" => Expr::List(ast::ExprList {
                node_index,
                range,
                elts: self.expr_list(n.get("elts").items(), ctx)?,
                ctx: kind,
            }),
            _ => Expr::Tuple(ast::ExprTuple {
                node_index,
                range,
                elts: self.expr_list(n.get("elts").items(), ctx)?,
                ctx: kind,
                parenthesized: true,
            }),
        })
    }

    /// Positional and keyword arguments, of a call or a class.
    pub(crate) fn arguments(&mut self, args: &Field, keywords: &Field) -> Res<ast::Arguments> {
        let args = self.expr_list(args.items(), Ctx::Load)?;
        let mut named = Vec::new();
        for k in keywords.items() {
            let k = k.node()?;
            let p = self.position(k);
            let start = self.open(p);
            let arg = match k.get("arg") {
                Field::None => None,
                f => Some(self.identifier(f)?),
            };
            let value = self.expr(k.get("value"), Ctx::Load)?;
            named.push(ast::Keyword {
                node_index: AtomicNodeIndex::NONE,
                range: self.close(start, p),
                arg,
                value,
            });
        }
        Ok(ast::Arguments {
            node_index: AtomicNodeIndex::NONE,
            range: TextRange::default(),
            args: args.into(),
            keywords: named.into(),
        })
    }

    /// The parameters of a function.
    pub(crate) fn parameters(&mut self, f: &Field) -> Res<ast::Parameters> {
        let n = f.node()?;
        let (only, args) = (n.get("posonlyargs").items(), n.get("args").items());
        let defaults = n.get("defaults").items();
        let kw = n.get("kwonlyargs").items();
        let kw_defaults = n.get("kw_defaults").items();
        let Some(first) = (only.len() + args.len()).checked_sub(defaults.len()) else {
            return Err("more positional defaults than args on arguments".to_owned());
        };
        if kw.len() != kw_defaults.len() {
            return Err(
                "length of kwonlyargs is not the same as kw_defaults on arguments".to_owned(),
            );
        }
        let none = Field::None;
        let mut out = ast::Parameters::default();
        for (i, a) in only.iter().chain(args).enumerate() {
            let default = i.checked_sub(first).map_or(&none, |i| &defaults[i]);
            let made = self.with_default(a, default)?;
            if i < only.len() {
                out.posonlyargs.push(made);
            } else {
                out.args.push(made);
            }
        }
        out.vararg = self.star(n.get("vararg"))?;
        for (a, default) in kw.iter().zip(kw_defaults) {
            let made = self.with_default(a, default)?;
            out.kwonlyargs.push(made);
        }
        out.kwarg = self.star(n.get("kwarg"))?;
        Ok(out)
    }

    fn star(&mut self, f: &Field) -> Res<Option<Box<ast::Parameter>>> {
        if f.is_some() {
            Ok(Some(Box::new(self.parameter(f)?)))
        } else {
            Ok(None)
        }
    }

    fn with_default(&mut self, a: &Field, default: &Field) -> Res<ast::ParameterWithDefault> {
        let parameter = self.parameter(a)?;
        Ok(ast::ParameterWithDefault {
            node_index: AtomicNodeIndex::NONE,
            range: parameter.range,
            default: self.opt(default)?,
            parameter,
        })
    }

    fn parameter(&mut self, f: &Field) -> Res<ast::Parameter> {
        let n = f.node()?;
        let p = self.position(n);
        let start = self.open(p);
        let name = self.identifier(n.get("arg"))?;
        let annotation = self.opt(n.get("annotation"))?;
        Ok(ast::Parameter {
            node_index: AtomicNodeIndex::NONE,
            range: self.close(start, p),
            name,
            annotation,
        })
    }

    fn elements(&mut self, list: &[Field]) -> Res<Vec<ast::InterpolatedStringElement>> {
        let mut out = Vec::new();
        for f in list {
            let n = f.node()?;
            match (n.class, n.get("value")) {
                ("Constant", Field::Const(Literal::Str(s))) => {
                    let p = self.position(n);
                    let start = self.open(p);
                    let value = self.text(start, s);
                    let range = self.close(start, p);
                    out.push(ast::InterpolatedStringElement::Literal(
                        ast::InterpolatedStringLiteralElement {
                            node_index: AtomicNodeIndex::NONE,
                            range,
                            value,
                        },
                    ));
                }
                ("FormattedValue", _) => out.push(self.formatted(n)?),
                ("JoinedStr", _) => out.extend(self.elements(n.get("values").items())?),
                _ => {
                    let expression = self.boxed(f, Ctx::Load)?;
                    out.push(interpolation(expression, ast::ConversionFlag::None, None));
                }
            }
        }
        Ok(out)
    }

    fn formatted(&mut self, n: &Node) -> Res<ast::InterpolatedStringElement> {
        let p = self.position(n);
        let start = self.open(p);
        let expression = self.load(n, "value")?;
        let conversion = match n.get("conversion") {
            Field::Int(-1) => ast::ConversionFlag::None,
            Field::Int(115) => ast::ConversionFlag::Str,
            Field::Int(114) => ast::ConversionFlag::Repr,
            Field::Int(97) => ast::ConversionFlag::Ascii,
            Field::Int(i) => return Err(format!("Unrecognized conversion character {i}")),
            _ => ast::ConversionFlag::None,
        };
        let spec = match n.get("format_spec") {
            Field::Node(spec) => {
                let elements = match spec.class {
                    "JoinedStr" => self.elements(spec.get("values").items())?,
                    _ => self.elements(std::slice::from_ref(n.get("format_spec")))?,
                };
                Some(Box::new(ast::InterpolatedStringFormatSpec {
                    node_index: AtomicNodeIndex::NONE,
                    range: self.close(start, p),
                    elements: elements.into(),
                }))
            }
            _ => None,
        };
        Ok(interpolation(expression, conversion, spec))
    }

    /// The text of a string constant; what is no UTF-8 goes to the side table.
    fn text(&mut self, start: u32, s: &[u8]) -> Box<str> {
        match std::str::from_utf8(s) {
            Ok(t) => t.into(),
            Err(_) => {
                self.points.strings.insert(start, s.to_vec());
                "\u{fffd}".into()
            }
        }
    }

    fn constant(&mut self, n: &Node, start: u32) -> Res<Expr> {
        let Field::Const(value) = n.get("value") else {
            return Err("Constant has no value".to_owned());
        };
        let p = self.position(n);
        self.literal(value, start, p)
    }

    fn literal(&mut self, value: &Literal, start: u32, p: Position) -> Res<Expr> {
        let range = TextRange::default();
        let node_index = AtomicNodeIndex::NONE;
        let number = |value| {
            Expr::NumberLiteral(ast::ExprNumberLiteral {
                node_index: AtomicNodeIndex::NONE,
                range,
                value,
            })
        };
        Ok(match value {
            Literal::None => Expr::NoneLiteral(ast::ExprNoneLiteral { node_index, range }),
            Literal::Ellipsis => {
                Expr::EllipsisLiteral(ast::ExprEllipsisLiteral { node_index, range })
            }
            Literal::Bool(value) => Expr::BooleanLiteral(ast::ExprBooleanLiteral {
                node_index,
                range,
                value: *value,
            }),
            Literal::Int(i) => {
                let digits = i.unsigned_abs().to_string();
                integer(*i < 0, &digits, &number)?
            }
            Literal::BigInt(digits) => match digits.strip_prefix('-') {
                Some(digits) => integer(true, digits, &number)?,
                None => integer(false, digits, &number)?,
            },
            Literal::Float(f) => number(ast::Number::Float(*f)),
            Literal::Complex(real, imag) => number(ast::Number::Complex {
                real: *real,
                imag: *imag,
            }),
            Literal::Str(s) => {
                let value = self.text(start, s);
                let mut literal = ast::StringLiteral {
                    node_index: AtomicNodeIndex::NONE,
                    range,
                    value,
                    flags: ast::StringLiteralFlags::empty(),
                };
                literal.range = self.close(start, p);
                Expr::StringLiteral(ast::ExprStringLiteral {
                    node_index,
                    range,
                    value: ast::StringLiteralValue::single(literal),
                })
            }
            Literal::Bytes(b) => Expr::BytesLiteral(ast::ExprBytesLiteral {
                node_index,
                range,
                value: ast::BytesLiteralValue::single(ast::BytesLiteral {
                    node_index: AtomicNodeIndex::NONE,
                    range,
                    value: b.clone().into(),
                    flags: ast::BytesLiteralFlags::empty(),
                }),
            }),
            Literal::Tuple(items) => {
                let mut elts = Vec::new();
                for item in items {
                    let start = self.open(p);
                    let mut e = self.literal(item, start, p)?;
                    *range_of(&mut e) = self.close(start, p);
                    elts.push(e);
                }
                Expr::Tuple(ast::ExprTuple {
                    node_index,
                    range,
                    elts,
                    ctx: ast::ExprContext::Load,
                    parenthesized: true,
                })
            }
        })
    }
}

/// An int constant; a negative one is folded from its absolute value.
fn integer(negative: bool, digits: &str, number: &dyn Fn(ast::Number) -> Expr) -> Res<Expr> {
    let value = ast::Int::from_str_radix(digits, 10, digits).map_err(|e| e.to_string())?;
    let made = number(ast::Number::Int(value));
    if !negative {
        return Ok(made);
    }
    Ok(Expr::UnaryOp(ast::ExprUnaryOp {
        node_index: AtomicNodeIndex::NONE,
        range: TextRange::default(),
        op: ast::UnaryOp::USub,
        operand: Box::new(made),
    }))
}

fn interpolation(
    expression: Box<Expr>,
    conversion: ast::ConversionFlag,
    format_spec: Option<Box<ast::InterpolatedStringFormatSpec>>,
) -> ast::InterpolatedStringElement {
    ast::InterpolatedStringElement::Interpolation(ast::InterpolatedElement {
        node_index: AtomicNodeIndex::NONE,
        range: expression.range(),
        expression,
        debug_text: None,
        conversion,
        format_spec,
    })
}

fn fstring(elements: Vec<ast::InterpolatedStringElement>) -> Expr {
    Expr::FString(ast::ExprFString {
        node_index: AtomicNodeIndex::NONE,
        range: TextRange::default(),
        value: ast::FStringValue::single(ast::FString {
            node_index: AtomicNodeIndex::NONE,
            range: TextRange::default(),
            elements: elements.into(),
            flags: ast::FStringFlags::empty(),
        }),
    })
}

fn comparison(f: &Field) -> Res<ast::CmpOp> {
    Ok(match f.class() {
        "Eq" => ast::CmpOp::Eq,
        "NotEq" => ast::CmpOp::NotEq,
        "Lt" => ast::CmpOp::Lt,
        "LtE" => ast::CmpOp::LtE,
        "Gt" => ast::CmpOp::Gt,
        "GtE" => ast::CmpOp::GtE,
        "Is" => ast::CmpOp::Is,
        "IsNot" => ast::CmpOp::IsNot,
        "In" => ast::CmpOp::In,
        "NotIn" => ast::CmpOp::NotIn,
        other => return Err(format!("unexpected operator {other}")),
    })
}

fn check_context(n: &Node, ctx: Ctx) -> Res<()> {
    let wanted = match ctx {
        Ctx::Load => "Load",
        Ctx::Store => "Store",
        Ctx::Del => "Del",
    };
    let placed = matches!(
        n.class,
        "Attribute" | "Subscript" | "Starred" | "Name" | "List" | "Tuple"
    );
    if !placed {
        if ctx == Ctx::Load {
            return Ok(());
        }
        return Err(format!(
            "expression which can't be assigned to in {wanted} context"
        ));
    }
    let found = n.get("ctx").class();
    if found != wanted {
        return Err(format!(
            "expression must have {wanted} context but has {found} instead"
        ));
    }
    let id = n.get("id");
    if n.class == "Name"
        && let Field::Name(id) = id
        && matches!(id.as_str(), "None" | "True" | "False")
    {
        return Err(format!("identifier field can't represent '{id}' constant"));
    }
    Ok(())
}

/// The range of an expression; a call's follows from its parts.
fn range_of(e: &mut Expr) -> &mut TextRange {
    match e {
        Expr::BoolOp(e) => &mut e.range,
        Expr::Named(e) => &mut e.range,
        Expr::BinOp(e) => &mut e.range,
        Expr::UnaryOp(e) => &mut e.range,
        Expr::Lambda(e) => &mut e.range,
        Expr::If(e) => &mut e.range,
        Expr::Dict(e) => &mut e.range,
        Expr::Set(e) => &mut e.range,
        Expr::ListComp(e) => &mut e.range,
        Expr::SetComp(e) => &mut e.range,
        Expr::DictComp(e) => &mut e.range,
        Expr::Generator(e) => &mut e.range,
        Expr::Await(e) => &mut e.range,
        Expr::Yield(e) => &mut e.range,
        Expr::YieldFrom(e) => &mut e.range,
        Expr::Compare(e) => &mut e.range,
        Expr::FString(e) => &mut e.range,
        Expr::TString(e) => &mut e.range,
        Expr::StringLiteral(e) => &mut e.range,
        Expr::BytesLiteral(e) => &mut e.range,
        Expr::NumberLiteral(e) => &mut e.range,
        Expr::BooleanLiteral(e) => &mut e.range,
        Expr::NoneLiteral(e) => &mut e.range,
        Expr::EllipsisLiteral(e) => &mut e.range,
        Expr::Attribute(e) => &mut e.range,
        Expr::Subscript(e) => &mut e.range,
        Expr::Starred(e) => &mut e.range,
        Expr::Name(e) => &mut e.range,
        Expr::List(e) => &mut e.range,
        Expr::Tuple(e) => &mut e.range,
        Expr::Slice(e) => &mut e.range,
        Expr::IpyEscapeCommand(e) => &mut e.range,
        Expr::Call(e) => &mut e.arguments.range,
    }
}
