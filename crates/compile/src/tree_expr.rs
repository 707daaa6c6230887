//! Expressions of the syntax tree that `tree` gives.

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::{Ranged, TextRange};

use crate::tree::{Field, Literal, Trees, bare, name, operator, opt_name};

impl Trees<'_> {
    /// An optional expression.
    pub(crate) fn opt(&self, e: &Option<Box<Expr>>) -> Field {
        e.as_ref().map_or(Field::None, |e| self.expr(e))
    }

    /// A list of expressions.
    pub(crate) fn exprs(&self, list: &[Expr]) -> Field {
        Field::List(list.iter().map(|e| self.expr(e)).collect())
    }

    /// An expression.
    pub(crate) fn expr(&self, e: &Expr) -> Field {
        let range = e.range();
        match e {
            Expr::BoolOp(b) => {
                let op = match b.op {
                    ast::BoolOp::And => "And",
                    ast::BoolOp::Or => "Or",
                };
                let fields = vec![("op", Field::Class(op)), ("values", self.exprs(&b.values))];
                self.node("BoolOp", range, fields)
            }
            Expr::Named(n) => self.node(
                "NamedExpr",
                range,
                vec![
                    ("target", self.expr(&n.target)),
                    ("value", self.expr(&n.value)),
                ],
            ),
            Expr::BinOp(b) => self.node(
                "BinOp",
                range,
                vec![
                    ("left", self.expr(&b.left)),
                    ("op", operator(b.op)),
                    ("right", self.expr(&b.right)),
                ],
            ),
            Expr::UnaryOp(u) => {
                let op = match u.op {
                    ast::UnaryOp::Invert => "Invert",
                    ast::UnaryOp::Not => "Not",
                    ast::UnaryOp::UAdd => "UAdd",
                    ast::UnaryOp::USub => "USub",
                };
                let fields = vec![("op", Field::Class(op)), ("operand", self.expr(&u.operand))];
                self.node("UnaryOp", range, fields)
            }
            Expr::Lambda(l) => self.node(
                "Lambda",
                range,
                vec![
                    ("args", self.parameters(l.parameters.as_deref(), false)),
                    ("body", self.expr(&l.body)),
                ],
            ),
            Expr::If(i) => self.node(
                "IfExp",
                range,
                vec![
                    ("test", self.expr(&i.test)),
                    ("body", self.expr(&i.body)),
                    ("orelse", self.expr(&i.orelse)),
                ],
            ),
            Expr::Compare(c) => self.node(
                "Compare",
                range,
                vec![
                    ("left", self.expr(&c.left)),
                    ("ops", Field::List(c.ops.iter().map(comparison).collect())),
                    ("comparators", self.exprs(&c.comparators)),
                ],
            ),
            Expr::Call(c) => self.node(
                "Call",
                range,
                vec![
                    ("func", self.expr(&c.func)),
                    ("args", self.exprs(&c.arguments.args)),
                    ("keywords", self.keywords(&c.arguments.keywords)),
                ],
            ),
            Expr::Await(a) => self.node("Await", range, vec![("value", self.expr(&a.value))]),
            Expr::Yield(y) => self.node("Yield", range, vec![("value", self.opt(&y.value))]),
            Expr::YieldFrom(y) => {
                self.node("YieldFrom", range, vec![("value", self.expr(&y.value))])
            }
            Expr::Dict(d) => self.dict(d),
            Expr::Set(s) => self.node("Set", range, vec![("elts", self.exprs(&s.elts))]),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.comprehension(e)
            }
            Expr::Attribute(_)
            | Expr::Subscript(_)
            | Expr::Starred(_)
            | Expr::Name(_)
            | Expr::List(_)
            | Expr::Tuple(_)
            | Expr::Slice(_) => self.place(e),
            Expr::FString(f) => self.fstring(f),
            _ => self.literal(e),
        }
    }

    /// Expressions that can be assigned to, and slices.
    fn place(&self, e: &Expr) -> Field {
        let range = e.range();
        match e {
            Expr::Attribute(a) => self.node(
                "Attribute",
                range,
                vec![
                    ("value", self.expr(&a.value)),
                    ("attr", name(&a.attr)),
                    ("ctx", context(a.ctx)),
                ],
            ),
            Expr::Subscript(s) => self.node(
                "Subscript",
                range,
                vec![
                    ("value", self.expr(&s.value)),
                    ("slice", self.expr(&s.slice)),
                    ("ctx", context(s.ctx)),
                ],
            ),
            Expr::Starred(s) => self.node(
                "Starred",
                range,
                vec![("value", self.expr(&s.value)), ("ctx", context(s.ctx))],
            ),
            Expr::Name(n) => self.node(
                "Name",
                range,
                vec![
                    ("id", Field::Name(n.id.to_string())),
                    ("ctx", context(n.ctx)),
                ],
            ),
            Expr::List(l) => self.node(
                "List",
                range,
                vec![("elts", self.exprs(&l.elts)), ("ctx", context(l.ctx))],
            ),
            Expr::Tuple(t) => self.node(
                "Tuple",
                range,
                vec![("elts", self.exprs(&t.elts)), ("ctx", context(t.ctx))],
            ),
            Expr::Slice(s) => self.node(
                "Slice",
                range,
                vec![
                    ("lower", self.opt(&s.lower)),
                    ("upper", self.opt(&s.upper)),
                    ("step", self.opt(&s.step)),
                ],
            ),
            other => self.literal(other),
        }
    }

    fn dict(&self, d: &ast::ExprDict) -> Field {
        let key = |i: &ast::DictItem| i.key.as_ref().map_or(Field::None, |k| self.expr(k));
        let keys = Field::List(d.items.iter().map(key).collect());
        let values = Field::List(d.items.iter().map(|i| self.expr(&i.value)).collect());
        self.node("Dict", d.range, vec![("keys", keys), ("values", values)])
    }

    fn comprehension(&self, e: &Expr) -> Field {
        let (class, elt, generators, range) = match e {
            Expr::ListComp(c) => ("ListComp", &c.elt, &c.generators, c.range),
            Expr::SetComp(c) => ("SetComp", &c.elt, &c.generators, c.range),
            Expr::Generator(c) => (
                "GeneratorExp",
                &c.elt,
                &c.generators,
                self.source.generator_range(c),
            ),
            Expr::DictComp(c) => {
                let fields = vec![
                    ("key", self.opt(&c.key)),
                    ("value", self.expr(&c.value)),
                    ("generators", self.generators(&c.generators)),
                ];
                return self.node("DictComp", c.range, fields);
            }
            other => return self.literal(other),
        };
        let fields = vec![
            ("elt", self.expr(elt)),
            ("generators", self.generators(generators)),
        ];
        self.node(class, range, fields)
    }

    fn generators(&self, list: &[ast::Comprehension]) -> Field {
        let one = |c: &ast::Comprehension| {
            bare(
                "comprehension",
                vec![
                    ("target", self.expr(&c.target)),
                    ("iter", self.expr(&c.iter)),
                    ("ifs", self.exprs(&c.ifs)),
                    ("is_async", Field::Int(c.is_async.into())),
                ],
            )
            .into()
        };
        Field::List(list.iter().map(one).collect())
    }

    /// Keyword arguments.
    pub(crate) fn keywords(&self, list: &[ast::Keyword]) -> Field {
        let one = |k: &ast::Keyword| {
            let fields = vec![
                ("arg", opt_name(k.arg.as_ref())),
                ("value", self.expr(&k.value)),
            ];
            self.node("keyword", k.range, fields)
        };
        Field::List(list.iter().map(one).collect())
    }

    /// The parameters of a function.
    /// Parameters; those of functions may have type comments.
    pub(crate) fn parameters(&self, p: Option<&ast::Parameters>, comments: bool) -> Field {
        let none = ast::Parameters::default();
        let p = p.unwrap_or(&none);
        let args = |list: &[ast::ParameterWithDefault]| {
            Field::List(
                list.iter()
                    .map(|a| self.parameter(&a.parameter, comments.then_some(a.range)))
                    .collect(),
            )
        };
        let star = |a: &Option<Box<ast::Parameter>>| match a {
            None => Field::None,
            Some(a) => self.parameter(a, comments.then_some(a.range)),
        };
        let positional = p.posonlyargs.iter().chain(p.args.iter());
        let defaults = positional.filter_map(|a| a.default.as_ref());
        let kw_default = |a: &ast::ParameterWithDefault| {
            a.default.as_ref().map_or(Field::None, |d| self.expr(d))
        };
        bare(
            "arguments",
            vec![
                ("posonlyargs", args(&p.posonlyargs)),
                ("args", args(&p.args)),
                ("vararg", star(&p.vararg)),
                ("kwonlyargs", args(&p.kwonlyargs)),
                (
                    "kw_defaults",
                    Field::List(p.kwonlyargs.iter().map(kw_default).collect()),
                ),
                ("kwarg", star(&p.kwarg)),
                (
                    "defaults",
                    Field::List(defaults.map(|d| self.expr(d)).collect()),
                ),
            ],
        )
        .into()
    }

    /// `whole` is the range, default included, behind which a type comment may stand.
    fn parameter(&self, a: &ast::Parameter, whole: Option<TextRange>) -> Field {
        // Stars do not belong to the node.
        let end = a
            .annotation
            .as_ref()
            .map_or(a.name.range.end(), |x| x.range().end().max(a.range.end()));
        self.node(
            "arg",
            TextRange::new(a.name.range.start(), end),
            vec![
                ("arg", name(&a.name)),
                ("annotation", self.opt(&a.annotation)),
                self.comment(|c| whole.map_or(Field::None, |r| c.of_parameter(r))),
            ],
        )
    }

    fn constant(&self, range: TextRange, value: Literal, kind: Field) -> Field {
        self.node(
            "Constant",
            range,
            vec![("value", Field::Const(value)), ("kind", kind)],
        )
    }

    fn literal(&self, e: &Expr) -> Field {
        let range = e.range();
        let value = match e {
            Expr::StringLiteral(s) => {
                let u = s
                    .value
                    .iter()
                    .next()
                    .is_some_and(|part| part.flags.prefix().is_unicode());
                let kind = if u {
                    Field::Const(Literal::Str(b"u".to_vec()))
                } else {
                    Field::None
                };
                let value = Literal::Str(crate::strings::expr_value(self.source, s));
                return self.constant(range, value, kind);
            }
            Expr::BytesLiteral(b) => Literal::Bytes(b.value.bytes().collect()),
            Expr::NumberLiteral(n) => Literal::number(&n.value),
            Expr::BooleanLiteral(b) => Literal::Bool(b.value),
            Expr::EllipsisLiteral(_) => Literal::Ellipsis,
            _ => Literal::None,
        };
        self.constant(range, value, Field::None)
    }

    fn fstring(&self, f: &ast::ExprFString) -> Field {
        let mut pieces = Pieces {
            trees: self,
            range: f.range,
            text: Vec::new(),
            values: Vec::new(),
        };
        for part in f.value.iter() {
            match part {
                ast::FStringPart::Literal(l) => pieces
                    .text
                    .extend(crate::strings::string_value(self.source, l)),
                ast::FStringPart::FString(s) => pieces.elements(&s.elements, s),
            }
        }
        pieces.flush();
        self.node(
            "JoinedStr",
            f.range,
            vec![("values", Field::List(pieces.values))],
        )
    }
}

/// The values of a JoinedStr: neighbouring literal pieces make one constant. In 3.11 they all have the position of the
/// whole string.
struct Pieces<'a> {
    trees: &'a Trees<'a>,
    range: TextRange,
    text: Vec<u8>,
    values: Vec<Field>,
}

impl Pieces<'_> {
    fn flush(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let value = Literal::Str(text);
        self.values
            .push(self.trees.constant(self.range, value, Field::None));
    }

    fn elements(&mut self, elements: &ast::InterpolatedStringElements, part: &ast::FString) {
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(l) => {
                    let value = crate::strings::element_value(self.trees.source, l, part.flags);
                    self.text.extend(value);
                }
                ast::InterpolatedStringElement::Interpolation(i) => self.interpolation(i, part),
            }
        }
    }

    fn interpolation(&mut self, i: &ast::InterpolatedElement, part: &ast::FString) {
        let mut conversion = i.conversion as i64;
        if let Some(text) = &i.debug_text {
            for part in [text.leading(), text.expression(), text.trailing()] {
                self.text.extend(part.as_bytes());
            }
            if i.format_spec.is_none() && conversion < 0 {
                conversion = i64::from(b'r');
            }
        }
        self.flush();
        let spec = i.format_spec.as_ref().map_or(Field::None, |spec| {
            // Its constants lie between the start of the literal it stands in and the end of the whole.
            let range = TextRange::new(part.range.start(), self.range.end());
            let mut inner = Pieces {
                trees: self.trees,
                range,
                text: Vec::new(),
                values: Vec::new(),
            };
            inner.elements(&spec.elements, part);
            inner.flush();
            let values = Field::List(inner.values);
            self.trees
                .node("JoinedStr", part.range, vec![("values", values)])
        });
        let fields = vec![
            ("value", self.trees.expr(&i.expression)),
            ("conversion", Field::Int(conversion)),
            ("format_spec", spec),
        ];
        self.values
            .push(self.trees.node("FormattedValue", self.range, fields));
    }
}

fn context(ctx: ast::ExprContext) -> Field {
    Field::Class(match ctx {
        ast::ExprContext::Store => "Store",
        ast::ExprContext::Del => "Del",
        _ => "Load",
    })
}

fn comparison(op: &ast::CmpOp) -> Field {
    Field::Class(match op {
        ast::CmpOp::Eq => "Eq",
        ast::CmpOp::NotEq => "NotEq",
        ast::CmpOp::Lt => "Lt",
        ast::CmpOp::LtE => "LtE",
        ast::CmpOp::Gt => "Gt",
        ast::CmpOp::GtE => "GtE",
        ast::CmpOp::Is => "Is",
        ast::CmpOp::IsNot => "IsNot",
        ast::CmpOp::In => "In",
        ast::CmpOp::NotIn => "NotIn",
    })
}
