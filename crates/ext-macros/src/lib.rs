//! The attributes of `rivet-ext`, where they are documented: `#[typed_function]`, `#[typed_methods]`,
//! `add_functions!`. `function.rs` reads a function, `options.rs` an attribute, `check.rs` says what cannot be,
//! `expand.rs` writes wrapper, native function and definition, `module.rs` the call that adds them.

#![forbid(unsafe_code)]

mod check;
mod expand;
mod function;
mod module;
mod options;

use proc_macro::TokenStream;

/// Makes a function one that `add_functions!` can add. See `rivet_ext::typed_function`.
#[proc_macro_attribute]
pub fn typed_function(options: TokenStream, item: TokenStream) -> TokenStream {
    answer(expand::typed_function(options.into(), item.into()))
}

/// Makes the methods of an `impl` block of a `#[pyclass]` ones that `add_functions!` can add. See
/// `rivet_ext::typed_methods`.
#[proc_macro_attribute]
pub fn typed_methods(options: TokenStream, item: TokenStream) -> TokenStream {
    answer(expand::typed_methods(options.into(), item.into()))
}

/// Adds functions and methods to a module and exports its typed table. See `rivet_ext::add_functions`.
#[proc_macro]
pub fn add_functions(input: TokenStream) -> TokenStream {
    answer(module::add_functions(input.into()))
}

fn answer(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
