//! Expressions as text, exactly as CPython's `_PyAST_ExprAsUnicode` writes annotations under
//! `from __future__ import annotations`, and `repr` of constants.

use crate::code::{Const, PyStr};
use crate::fold::{Ctx, fold};
use crate::parse::Source;
use ruff_python_ast::{self as ast, BoolOp, CmpOp, Expr, Operator, UnaryOp};

/// Binding strengths, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Prec {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Cmp,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Arith,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

use Prec::*;

impl Prec {
    fn next(self) -> Prec {
        const ALL: [Prec; 16] = [
            Tuple, Test, Or, And, Not, Cmp, BitOr, BitXor, BitAnd, Shift, Arith, Term, Factor,
            Power, Await, Atom,
        ];
        ALL[(self as usize + 1).min(15)]
    }
}

/// The text of an expression.
pub(crate) fn unparse(source: &Source, e: &Expr) -> PyStr {
    let mut w = Writer {
        source,
        out: Vec::new(),
    };
    w.expr(e, Test);
    w.out
}

struct Writer<'s> {
    source: &'s Source,
    out: PyStr,
}

impl Writer<'_> {
    fn put(&mut self, text: &str) {
        self.out.extend(text.as_bytes());
    }

    /// Runs `f` in parentheses if the context binds more tightly than `own`.
    fn paren(&mut self, level: Prec, own: Prec, f: impl FnOnce(&mut Self)) {
        let needed = level > own;
        if needed {
            self.put("(");
        }
        f(self);
        if needed {
            self.put(")");
        }
    }

    fn list<'e>(&mut self, items: impl IntoIterator<Item = &'e Expr>, level: Prec) {
        for (i, e) in items.into_iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            self.expr(e, level);
        }
    }

    fn expr(&mut self, e: &Expr, level: Prec) {
        match e {
            Expr::BoolOp(b) => {
                let (own, word) = if b.op == BoolOp::And {
                    (And, " and ")
                } else {
                    (Or, " or ")
                };
                self.paren(level, own, |w| {
                    for (i, v) in b.values.iter().enumerate() {
                        if i > 0 {
                            w.put(word);
                        }
                        w.expr(v, own.next());
                    }
                });
            }
            Expr::Named(n) => self.paren(level, Tuple, |w| {
                w.expr(&n.target, Atom);
                w.put(" := ");
                w.expr(&n.value, Atom);
            }),
            Expr::BinOp(b) => self.bin_op(b, level),
            Expr::UnaryOp(u) => {
                let (own, text) = match u.op {
                    UnaryOp::Invert => (Factor, "~"),
                    UnaryOp::Not => (Not, "not "),
                    UnaryOp::UAdd => (Factor, "+"),
                    UnaryOp::USub => (Factor, "-"),
                };
                self.paren(level, own, |w| {
                    w.put(text);
                    w.expr(&u.operand, own);
                });
            }
            Expr::Lambda(l) => self.paren(level, Test, |w| {
                w.put("lambda");
                if let Some(p) = &l.parameters {
                    // CPython's quirk: the space depends on the ordinary parameters alone.
                    w.put(if p.args.is_empty() { "" } else { " " });
                    w.parameters(p);
                }
                w.put(": ");
                w.expr(&l.body, Test);
            }),
            Expr::If(i) => self.paren(level, Test, |w| {
                w.expr(&i.body, Test.next());
                w.put(" if ");
                w.expr(&i.test, Test.next());
                w.put(" else ");
                w.expr(&i.orelse, Test);
            }),
            Expr::Compare(c) => self.compare(c, level),
            Expr::Await(a) => self.paren(level, Await, |w| {
                w.put("await ");
                w.expr(&a.value, Atom);
            }),
            Expr::Yield(y) => {
                self.put("(yield");
                if let Some(v) = &y.value {
                    self.put(" ");
                    self.expr(v, Test);
                }
                self.put(")");
            }
            Expr::YieldFrom(y) => {
                self.put("(yield from ");
                self.expr(&y.value, Test);
                self.put(")");
            }
            Expr::Starred(s) => {
                self.put("*");
                self.expr(&s.value, BitOr);
            }
            Expr::Tuple(t) => self.tuple(t, level),
            _ => self.atom(e),
        }
    }

    fn atom(&mut self, e: &Expr) {
        match e {
            Expr::Dict(d) => {
                self.put("{");
                for (i, item) in d.items.iter().enumerate() {
                    if i > 0 {
                        self.put(", ");
                    }
                    match &item.key {
                        Some(k) => {
                            self.expr(k, Test);
                            self.put(": ");
                            self.expr(&item.value, Test);
                        }
                        None => {
                            self.put("**");
                            self.expr(&item.value, BitOr);
                        }
                    }
                }
                self.put("}");
            }
            Expr::Set(s) => self.bracketed("{", &s.elts, "}"),
            Expr::List(l) => self.bracketed("[", &l.elts, "]"),
            Expr::ListComp(c) => self.comp("[", &c.elt, None, &c.generators, "]"),
            Expr::SetComp(c) => self.comp("{", &c.elt, None, &c.generators, "}"),
            Expr::DictComp(c) => {
                let key = c.key.as_deref().unwrap_or(&c.value);
                self.comp("{", key, Some(&c.value), &c.generators, "}");
            }
            Expr::Generator(c) => self.comp("(", &c.elt, None, &c.generators, ")"),
            Expr::Call(c) => self.call(c),
            Expr::FString(f) => self.fstring(f),
            Expr::Attribute(a) => {
                self.expr(&a.value, Atom);
                let is_int = matches!(&*a.value, Expr::NumberLiteral(n) if n.value.is_int());
                self.put(if is_int { " ." } else { "." });
                self.put(a.attr.as_str());
            }
            Expr::Subscript(s) => {
                self.expr(&s.value, Atom);
                self.put("[");
                self.expr(&s.slice, Tuple);
                self.put("]");
            }
            Expr::Slice(s) => self.slice(s),
            Expr::Name(n) => self.put(n.id.as_str()),
            Expr::StringLiteral(s) => {
                if s.value.is_unicode() {
                    self.put("u");
                }
                let value = crate::strings::expr_value(self.source, s);
                self.out.extend(repr_str(&value));
            }
            _ => match fold(
                e,
                Ctx {
                    source: self.source,
                    optimize: 0,
                },
            ) {
                Some(value) => {
                    let text = repr_const(&value);
                    self.put(&text.replace("inf", "1e309"));
                }
                None => self.put("..."),
            },
        }
    }

    fn bracketed(&mut self, open: &str, elts: &[Expr], close: &str) {
        self.put(open);
        self.list(elts, Test);
        self.put(close);
    }

    fn tuple(&mut self, t: &ast::ExprTuple, level: Prec) {
        if t.elts.is_empty() {
            return self.put("()");
        }
        self.paren(level, Tuple, |w| {
            w.list(&t.elts, Test);
            if t.elts.len() == 1 {
                w.put(",");
            }
        });
    }

    fn bin_op(&mut self, b: &ast::ExprBinOp, level: Prec) {
        let (own, text, right_assoc) = match b.op {
            Operator::Add => (Arith, " + ", false),
            Operator::Sub => (Arith, " - ", false),
            Operator::Mult => (Term, " * ", false),
            Operator::MatMult => (Term, " @ ", false),
            Operator::Div => (Term, " / ", false),
            Operator::Mod => (Term, " % ", false),
            Operator::LShift => (Shift, " << ", false),
            Operator::RShift => (Shift, " >> ", false),
            Operator::BitOr => (BitOr, " | ", false),
            Operator::BitXor => (BitXor, " ^ ", false),
            Operator::BitAnd => (BitAnd, " & ", false),
            Operator::FloorDiv => (Term, " // ", false),
            Operator::Pow => (Power, " ** ", true),
        };
        self.paren(level, own, |w| {
            w.expr(&b.left, if right_assoc { own.next() } else { own });
            w.put(text);
            w.expr(&b.right, if right_assoc { own } else { own.next() });
        });
    }

    fn compare(&mut self, c: &ast::ExprCompare, level: Prec) {
        self.paren(level, Cmp, |w| {
            w.expr(&c.left, Cmp.next());
            for (op, right) in c.ops.iter().zip(c.comparators.iter()) {
                w.put(match op {
                    CmpOp::Eq => " == ",
                    CmpOp::NotEq => " != ",
                    CmpOp::Lt => " < ",
                    CmpOp::LtE => " <= ",
                    CmpOp::Gt => " > ",
                    CmpOp::GtE => " >= ",
                    CmpOp::Is => " is ",
                    CmpOp::IsNot => " is not ",
                    CmpOp::In => " in ",
                    CmpOp::NotIn => " not in ",
                });
                w.expr(right, Cmp.next());
            }
        });
    }

    fn call(&mut self, c: &ast::ExprCall) {
        self.expr(&c.func, Atom);
        if let ([Expr::Generator(_)], true) =
            (&c.arguments.args[..], c.arguments.keywords.is_empty())
        {
            return self.expr(&c.arguments.args[0], Test);
        }
        self.put("(");
        self.list(c.arguments.args.iter(), Test);
        for (i, k) in c.arguments.keywords.iter().enumerate() {
            if i > 0 || !c.arguments.args.is_empty() {
                self.put(", ");
            }
            match &k.arg {
                Some(name) => {
                    self.put(name.as_str());
                    self.put("=");
                }
                None => self.put("**"),
            }
            self.expr(&k.value, Test);
        }
        self.put(")");
    }

    fn comp(
        &mut self,
        open: &str,
        elt: &Expr,
        value: Option<&Expr>,
        clauses: &[ast::Comprehension],
        close: &str,
    ) {
        self.put(open);
        self.expr(elt, Test);
        if let Some(value) = value {
            self.put(": ");
            self.expr(value, Test);
        }
        for clause in clauses {
            self.put(if clause.is_async {
                " async for "
            } else {
                " for "
            });
            self.expr(&clause.target, Tuple);
            self.put(" in ");
            self.expr(&clause.iter, Test.next());
            for test in &clause.ifs {
                self.put(" if ");
                self.expr(test, Test.next());
            }
        }
        self.put(close);
    }

    fn slice(&mut self, s: &ast::ExprSlice) {
        if let Some(e) = &s.lower {
            self.expr(e, Test);
        }
        self.put(":");
        if let Some(e) = &s.upper {
            self.expr(e, Test);
        }
        if let Some(e) = &s.step {
            self.put(":");
            self.expr(e, Test);
        }
    }

    fn parameters(&mut self, p: &ast::Parameters) {
        let mut first = true;
        let mut comma = |w: &mut Self| {
            if !std::mem::take(&mut first) {
                w.put(", ");
            }
        };
        let positional = p.posonlyargs.iter().chain(p.args.iter());
        for (i, a) in positional.enumerate() {
            comma(self);
            self.parameter(a);
            if i + 1 == p.posonlyargs.len() {
                self.put(", /");
            }
        }
        if p.vararg.is_some() || !p.kwonlyargs.is_empty() {
            comma(self);
            self.put("*");
            if let Some(a) = &p.vararg {
                self.put(a.name.as_str());
            }
        }
        for a in &p.kwonlyargs {
            comma(self);
            self.parameter(a);
        }
        if let Some(a) = &p.kwarg {
            comma(self);
            self.put("**");
            self.put(a.name.as_str());
        }
    }

    fn parameter(&mut self, a: &ast::ParameterWithDefault) {
        self.put(a.parameter.name.as_str());
        if let Some(default) = &a.default {
            self.put("=");
            self.expr(default, Test);
        }
    }

    // ---- f-strings ----

    fn fstring(&mut self, f: &ast::ExprFString) {
        let mut body = Writer {
            source: self.source,
            out: Vec::new(),
        };
        for part in f.value.iter() {
            match part {
                ast::FStringPart::Literal(l) => {
                    let text = crate::strings::string_value(self.source, l);
                    body.braced(&text);
                }
                ast::FStringPart::FString(f) => body.elements(&f.elements, f.flags),
            }
        }
        self.put("f");
        self.out.extend(repr_str(&body.out));
    }

    fn braced(&mut self, text: &[u8]) {
        for &b in text {
            if b == b'{' || b == b'}' {
                self.out.push(b);
            }
            self.out.push(b);
        }
    }

    fn elements(&mut self, elements: &ast::InterpolatedStringElements, flags: ast::FStringFlags) {
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(l) => {
                    let text = crate::strings::element_value(self.source, l, flags);
                    self.braced(&text);
                }
                ast::InterpolatedStringElement::Interpolation(i) => self.field(i, flags),
            }
        }
    }

    fn field(&mut self, i: &ast::InterpolatedElement, flags: ast::FStringFlags) {
        if let Some(debug) = &i.debug_text {
            self.braced(debug.as_str().as_bytes());
        }
        let mut inner = Writer {
            source: self.source,
            out: Vec::new(),
        };
        inner.expr(&i.expression, Test.next());
        self.put(if inner.out.first() == Some(&b'{') {
            "{ "
        } else {
            "{"
        });
        self.out.extend(inner.out);
        let debug_repr = i.debug_text.is_some() && i.format_spec.is_none();
        match i.conversion {
            ast::ConversionFlag::Str => self.put("!s"),
            ast::ConversionFlag::Ascii => self.put("!a"),
            ast::ConversionFlag::Repr => self.put("!r"),
            ast::ConversionFlag::None if debug_repr => self.put("!r"),
            ast::ConversionFlag::None => {}
        }
        if let Some(spec) = &i.format_spec {
            self.put(":");
            self.elements(&spec.elements, flags);
        }
        self.put("}");
    }
}

/// `repr` of a constant.
pub(crate) fn repr_const(c: &Const) -> String {
    match c {
        Const::None => "None".to_owned(),
        Const::Bool(true) => "True".to_owned(),
        Const::Bool(false) => "False".to_owned(),
        Const::Ellipsis => "...".to_owned(),
        Const::Int(i) => i.to_string(),
        Const::BigInt(negative, digits) => format!("{}{digits}", if *negative { "-" } else { "" }),
        Const::Float(f) => repr_float(*f),
        Const::Complex(re, im) => repr_complex(*re, *im),
        Const::Str(s, _) => String::from_utf8_lossy(&repr_str(s)).into_owned(),
        Const::Bytes(b) => repr_bytes(b),
        Const::Tuple(items) if items.len() == 1 => format!("({},)", repr_const(&items[0])),
        Const::Tuple(items) => format!("({})", join(items)),
        Const::FrozenSet(items) => format!("frozenset({{{}}})", join(items)),
        Const::Code(code) => format!("<code object {}>", code.name),
    }
}

fn join(items: &[Const]) -> String {
    items.iter().map(repr_const).collect::<Vec<_>>().join(", ")
}

/// Python's `repr` of a float: shortest digits, exponent from 1e16 up and below 1e-4.
fn repr_float(f: f64) -> String {
    if f.is_nan() {
        return "nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = f.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{f:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let text = format!("{f}");
    if text.contains('.') {
        text
    } else {
        format!("{text}.0")
    }
}

fn repr_complex(re: f64, im: f64) -> String {
    let part = |f: f64| {
        let text = repr_float(f);
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    if re == 0.0 && re.is_sign_positive() {
        return format!("{}j", part(im));
    }
    let sign = if im.is_sign_negative() { "" } else { "+" };
    format!("({}{sign}{}j)", part(re), part(im))
}

fn repr_bytes(b: &[u8]) -> String {
    let quote = if b.contains(&b'\'') && !b.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    let mut out = format!("b{quote}");
    for &c in b {
        match c {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            c if char::from(c) == quote => out.push_str(&format!("\\{quote}")),
            0x20..=0x7e => out.push(char::from(c)),
            c => out.push_str(&format!("\\x{c:02x}")),
        }
    }
    out.push(quote);
    out
}

/// `repr` of a string; the result is ASCII but for printable characters.
pub(crate) fn repr_str(s: &[u8]) -> PyStr {
    let quote = if s.contains(&b'\'') && !s.contains(&b'"') {
        b'"'
    } else {
        b'\''
    };
    let mut out = vec![quote];
    for c in code_points(s) {
        match c {
            0x5c => out.extend(b"\\\\"),
            0x0a => out.extend(b"\\n"),
            0x0d => out.extend(b"\\r"),
            0x09 => out.extend(b"\\t"),
            c if c == u32::from(quote) => out.extend([b'\\', quote]),
            0x20..=0x7e => out.push(c as u8),
            c if char::from_u32(c)
                .is_some_and(|c| c as u32 > 0x7f && crate::tokenize::is_printable(c)) =>
            {
                crate::strings::push(&mut out, c);
            }
            c if c < 0x100 => out.extend(format!("\\x{c:02x}").bytes()),
            c if c < 0x1_0000 => out.extend(format!("\\u{c:04x}").bytes()),
            c => out.extend(format!("\\U{c:08x}").bytes()),
        }
    }
    out.push(quote);
    out
}

/// The code points of a WTF-8 string.
fn code_points(s: &[u8]) -> Vec<u32> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < s.len() {
        let (len, bits) = match s[i] {
            0..=0x7f => (1, u32::from(s[i])),
            0x80..=0xdf => (2, u32::from(s[i] & 0x1f)),
            0xe0..=0xef => (3, u32::from(s[i] & 0xf)),
            _ => (4, u32::from(s[i] & 7)),
        };
        let tail = s.get(i + 1..i + len).unwrap_or(&[]);
        out.push(tail.iter().fold(bits, |v, b| v << 6 | u32::from(b & 0x3f)));
        i += len;
    }
    out
}
