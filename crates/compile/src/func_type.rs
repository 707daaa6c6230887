//! Function signatures as type comments write them: `(int, *str) -> bool`, which `compile(…, mode="func_type")` parses. Made
//! a pair of a list and an expression, of the same length, they are what ruff's parser knows.

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::{Ranged, TextRange};

use crate::code::{CompileError, ErrorClass, Mode};
use crate::parse::Source;
use crate::tokenize::{Kind, Tok, never_closed, scan};
use crate::tree::{Field, Node, Trees, bare};

/// Parses a signature.
pub(crate) fn tree(source: &Source) -> Result<Node, CompileError> {
    let scan = scan(source, true);
    if let Some(e) = scan.error {
        return Err(e);
    }
    let shape = Shape::read(source, &scan.toks, scan.unclosed)?;
    let pair = Source::new(&shape.as_pair());
    let (parsed, _) = match crate::parse::parse(&pair, Mode::Eval) {
        Ok(parsed) => parsed,
        Err(e) => return Err(shape.told(e)),
    };
    let both = match parsed.syntax() {
        ast::Mod::Expression(e) => e.body.as_tuple_expr().map(|t| &t.elts[..]),
        ast::Mod::Module(_) => None,
    };
    let (arguments, returns) = match both {
        Some([Expr::List(arguments), returns]) => (arguments, returns),
        Some([_, _, extra, ..]) => return Err(shape.unexpected_before(extra.start().into())),
        _ => return Err(shape.unexpected(shape.arrow + 1)),
    };
    for e in arguments.elts.iter().chain([returns]) {
        // Where `expression` of the grammar ends.
        let end = match e {
            Expr::Starred(_) | Expr::Yield(_) | Expr::YieldFrom(_) => e.start(),
            Expr::Named(n) => n.target.end(),
            _ => continue,
        };
        return Err(shape.unexpected(shape.index(end.into())));
    }
    let trees = Trees::new(&pair);
    let arguments = arguments.elts.iter().map(|e| trees.expr(e)).collect();
    Ok(bare(
        "FunctionType",
        vec![
            ("argtypes", Field::List(arguments)),
            ("returns", trees.expr(returns)),
        ],
    ))
}

/// The tokens of a signature that are not parts of expressions.
struct Shape<'t> {
    source: &'t Source,
    toks: &'t [Tok],
    close: usize,
    arrow: usize,
    /// `*` and `**` before types.
    stars: Vec<usize>,
}

impl<'t> Shape<'t> {
    fn read(
        source: &'t Source,
        toks: &'t [Tok],
        unclosed: Option<(u8, u32)>,
    ) -> Result<Shape<'t>, CompileError> {
        let mut shape = Shape {
            source,
            toks,
            close: 0,
            arrow: 0,
            stars: Vec::new(),
        };
        if toks[0].kind == Kind::Indent {
            let mut e = source.syntax("unexpected indent", shape.range(0));
            e.class = ErrorClass::Indentation;
            (e.offset, e.end_offset) = (1, u32::MAX);
            return Err(e);
        }
        if !shape.is(0, "(") {
            return Err(shape.unexpected(0));
        }
        // An arrow cannot be anywhere but behind the parentheses.
        let arrow = (0..toks.len()).find(|&i| shape.is(i, "->"));
        if let Some(i) = arrow.filter(|&i| toks[i].level > 0) {
            return Err(shape.unexpected(i));
        }
        if let Some((open, at)) = unclosed {
            return Err(never_closed(source, open, at));
        }
        let close = toks.iter().position(|t| t.kind == Kind::Op && t.level == 0);
        shape.close = close.unwrap_or(toks.len() - 1);
        shape.arrow = shape.close + 1;
        if !shape.is(shape.arrow, "->") {
            return Err(shape.unexpected(shape.arrow));
        }
        shape.read_arguments()?;
        Ok(shape)
    }

    /// Stars stand before the last types only: one `*`, then one `**`. No comma ends the list; none of the types is a
    /// generator or has a default.
    fn read_arguments(&mut self) -> Result<(), CompileError> {
        let mut allowed = ["*", "**"].as_slice();
        for i in 1..self.close {
            let first = i == 1 || (self.is(i - 1, ",") && self.toks[i - 1].level == 1);
            if !first {
                if self.toks[i].level == 1 && ["for", "="].contains(&self.text(i)) {
                    return Err(self.unexpected(i));
                }
                continue;
            }
            match allowed.iter().position(|s| self.is(i, s)) {
                Some(n) => {
                    self.stars.push(i);
                    allowed = &allowed[n + 1..];
                }
                // Behind `**` nothing may come, so that its comma is wrong already.
                None if allowed.is_empty() => return Err(self.unexpected(i - 1)),
                None if allowed.len() < 2 => return Err(self.unexpected(i)),
                None => {}
            }
        }
        let last = self.close - 1;
        if self.is(last, ",") && self.toks[last].level == 1 {
            let at = if allowed.is_empty() { last } else { self.close };
            return Err(self.unexpected(at));
        }
        Ok(())
    }

    fn text(&self, i: usize) -> &str {
        self.source.slice(self.range(i))
    }

    fn is(&self, i: usize, text: &str) -> bool {
        self.toks.get(i).is_some_and(|t| t.kind == Kind::Op) && self.text(i) == text
    }

    fn range(&self, i: usize) -> TextRange {
        let tok = self.toks.get(i).or(self.toks.last());
        tok.map_or(TextRange::default(), |t| {
            TextRange::new(t.start.into(), t.end.into())
        })
    }

    /// The token at or behind an offset.
    fn index(&self, at: u32) -> usize {
        self.toks.partition_point(|t| t.start < at)
    }

    fn unexpected(&self, i: usize) -> CompileError {
        let mut e = self.source.syntax("invalid syntax", self.range(i));
        e.incomplete = self.toks.get(i).is_none_or(|t| t.kind == Kind::End);
        e
    }

    /// The token before the one at an offset is not expected.
    fn unexpected_before(&self, at: u32) -> CompileError {
        self.unexpected(self.index(at).saturating_sub(1))
    }

    /// An error in the pair: its place is right, its line is not.
    fn told(&self, mut e: CompileError) -> CompileError {
        let text = self.source.line_text(e.line);
        e.text = text.map(|t| format!("{t}\n"));
        e
    }

    /// The text as a pair.
    fn as_pair(&self) -> String {
        let mut text = self.source.text.clone();
        let mut put = |i: usize, new: &str| {
            let at = self.toks[i].start as usize;
            text.replace_range(at..self.toks[i].end as usize, new);
        };
        put(0, "[");
        put(self.close, "]");
        put(self.arrow, ", ");
        for &star in &self.stars {
            put(star, &" ".repeat(self.range(star).len().to_usize()));
        }
        text
    }
}
