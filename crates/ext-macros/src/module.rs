//! `add_functions!(m, demo: inc, shapes::area, class Scaler)`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Path, Result, Token, Type};

struct Call {
    module: Expr,
    name: Ident,
    functions: Vec<Path>,
    classes: Vec<Type>,
}

impl Parse for Call {
    fn parse(input: ParseStream) -> Result<Call> {
        let module = input.parse()?;
        input.parse::<Token![,]>()?;
        let name = input.parse().map_err(|e: syn::Error| {
            syn::Error::new(
                e.span(),
                "expected the module's name, as in `add_functions!(m, demo: inc)`",
            )
        })?;
        input.parse::<Token![:]>()?;
        let mut call = Call {
            module,
            name,
            functions: Vec::new(),
            classes: Vec::new(),
        };
        while !input.is_empty() {
            let word = input.fork().parse::<Ident>();
            if word.is_ok_and(|w| w == "class")
                && !input.peek2(Token![::])
                && !input.peek2(Token![,])
            {
                input.parse::<Ident>()?;
                call.classes.push(input.parse()?);
            } else {
                call.functions.push(input.parse()?);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(call)
    }
}

/// The block that adds everything and gives a `PyResult<()>`.
pub fn add_functions(input: TokenStream) -> Result<TokenStream> {
    let Call {
        module,
        name,
        functions,
        classes,
    } = syn::parse2(input)?;
    let symbol = format!("PyTyped_{name}");
    let count = functions.len();
    let definitions = functions.into_iter().map(|mut path| {
        if let Some(last) = path.segments.last_mut() {
            last.ident = format_ident!("__typed_{}", last.ident);
        }
        path
    });
    Ok(quote! {{
        #[unsafe(export_name = #symbol)]
        static __TABLE: ::rivet_ext::Table<{ #count #(+ <#classes>::__TYPED_METHODS.len())* }> =
            ::rivet_ext::Table::new();
        let __module: &::rivet_ext::__private::Bound<'_, ::rivet_ext::__private::PyModule> = &#module;
        ::rivet_ext::__private::add(
            __module,
            &__TABLE,
            &[#(#definitions),*],
            &[#(::rivet_ext::__private::Class {
                of: ::rivet_ext::__private::class_of::<#classes>,
                methods: <#classes>::__TYPED_METHODS,
            }),*],
        )
    }})
}
