//! Whose parentheses are whose: `with (a, b):` has them around its items, `with (a), (b):` around expressions.

use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::parse::Source;
use crate::tokenize::{Kind, Tok};

/// The parentheses of a `with` statement that hold all its items.
pub(crate) fn around_items(source: &Source, toks: &[Tok], w: &ast::StmtWith) -> Option<TextRange> {
    let (first, body) = (w.items.first()?, w.body.first()?);
    let is = |i: usize, text: &str| {
        toks.get(i)
            .is_some_and(|t| &source.text[t.start as usize..t.end as usize] == text)
    };
    let index = |at: TextSize| toks.partition_point(|t| t.start < u32::from(at));
    let open = index(w.start()) + usize::from(w.is_async) + 1;
    if !is(open, "(") || first.start() <= TextSize::from(toks[open].start) {
        return None;
    }
    let level = toks[open].level - 1;
    let close = (open..toks.len()).find(|&i| is(i, ")") && toks[i].level == level)?;
    // The colon is the block's, not a lambda's in an item.
    let mut block = index(body.start());
    while block > 0 && matches!(toks[block - 1].kind, Kind::Newline | Kind::Indent) {
        block -= 1;
    }
    let range = TextRange::new(toks[open].start.into(), toks[close].end.into());
    (is(close + 1, ":") && close + 2 == block).then_some(range)
}
