//! What stands in the brackets of an attribute: effects, a name, a signature with defaults.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Result, Token, parenthesized};

/// `leaf, pure, name = "x", signature = (a, b = 2)`.
#[derive(Default)]
pub struct Options {
    pub leaf: Option<Span>,
    pub pure: Option<Span>,
    pub nogil: Option<Span>,
    pub reads: Option<Span>,
    pub testable: Option<Span>,
    pub bound: Option<Span>,
    pub skip: bool,
    pub name: Option<LitStr>,
    pub signature: Option<Signature>,
}

/// `(a, /, b = 2)`.
pub struct Signature {
    pub span: Span,
    pub params: Vec<(Ident, Option<Expr>)>,
    pub positional_only: usize,
}

impl Parse for Options {
    fn parse(input: ParseStream) -> Result<Options> {
        let mut options = Options::default();
        while !input.is_empty() {
            let word = Ident::parse_any(input)?;
            options.word(&word, input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

impl Options {
    fn word(&mut self, word: &Ident, input: ParseStream) -> Result<()> {
        let span = word.span();
        match word.to_string().as_str() {
            "leaf" => self.leaf = Some(span),
            "pure" => self.pure = Some(span),
            "nogil" => self.nogil = Some(span),
            "reads" => self.reads = Some(span),
            "testable" => self.testable = Some(span),
            "bound" => self.bound = Some(span),
            "skip" => self.skip = true,
            "name" => {
                input.parse::<Token![=]>()?;
                self.name = Some(input.parse()?);
            }
            "signature" => {
                input.parse::<Token![=]>()?;
                self.signature = Some(input.parse()?);
            }
            _ => {
                return Err(syn::Error::new(
                    span,
                    format!(
                        "unknown option `{word}`; the effects are `leaf`, `pure`, `nogil`, `reads` and `testable`, \
                         the others `bound`, `name = \"...\"` and `signature = (...)`"
                    ),
                ));
            }
        }
        Ok(())
    }
}

enum Item {
    Param(Ident, Option<Expr>),
    Slash(Span),
}

impl Parse for Item {
    fn parse(input: ParseStream) -> Result<Item> {
        if input.peek(Token![/]) {
            return Ok(Item::Slash(input.parse::<Token![/]>()?.span));
        }
        if input.peek(Token![*]) {
            return Err(input.error(
                "keyword-only parameters, `*args` and `**kwargs` are PyO3's: use #[pyfunction] for this one",
            ));
        }
        let name = input.parse()?;
        let default = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(Item::Param(name, default))
    }
}

impl Parse for Signature {
    fn parse(input: ParseStream) -> Result<Signature> {
        let inner;
        let span = parenthesized!(inner in input).span.join();
        let mut signature = Signature {
            span,
            params: Vec::new(),
            positional_only: 0,
        };
        for item in Punctuated::<Item, Token![,]>::parse_terminated(&inner)? {
            match item {
                Item::Param(name, default) => signature.param(name, default)?,
                Item::Slash(span)
                    if signature.positional_only > 0 || signature.params.is_empty() =>
                {
                    return Err(syn::Error::new(
                        span,
                        "a `/` belongs behind the positional-only parameters",
                    ));
                }
                Item::Slash(_) => signature.positional_only = signature.params.len(),
            }
        }
        Ok(signature)
    }
}

impl Signature {
    fn param(&mut self, name: Ident, default: Option<Expr>) -> Result<()> {
        let optional = self.params.last().is_some_and(|p| p.1.is_some());
        if optional && default.is_none() {
            return Err(syn::Error::new(
                name.span(),
                format!("`{name}` has no default but follows a parameter that has one"),
            ));
        }
        self.params.push((name, default));
        Ok(())
    }
}
