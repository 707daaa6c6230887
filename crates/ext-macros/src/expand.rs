//! The generated code: a wrapper in the cheapest calling convention, a native function, a definition that names both.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, ImplItem, ItemFn, ItemImpl, Result, Type};

use crate::check::check;
use crate::function::{Function, Give, Kind, Param, Receiver, bound_type};
use crate::options::Options;

/// `#[typed_function]`.
pub fn typed_function(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options: Options = syn::parse2(options)?;
    let item: ItemFn = syn::parse2(item)?;
    let function = Function::read(&item.sig, &item.attrs, options, None)?;
    if function.receiver.is_some() {
        let text = "methods are typed by #[typed_methods] on their impl block";
        return Err(syn::Error::new_spanned(&item.sig.inputs, text));
    }
    check(&function)?;
    let name = format_ident!("__typed_{}", function.ident);
    let (vis, ident) = (&item.vis, &function.ident);
    let definition = Expander::new(&function, quote!(#ident), None).definition();
    Ok(quote! {
        #item

        #[doc(hidden)]
        #[allow(non_upper_case_globals, unused, clippy::all, clippy::pedantic)]
        #vis const #name: ::rivet_ext::__private::Definition = #definition;
    })
}

/// `#[typed_methods]`.
pub fn typed_methods(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !options.is_empty() {
        let text = "the options of a method stand before it: #[typed(leaf)]";
        return Err(syn::Error::new_spanned(options, text));
    }
    let mut item: ItemImpl = syn::parse2(item)?;
    if !item.generics.params.is_empty() || item.trait_.is_some() {
        let text = "expected the plain impl block of a class";
        return Err(syn::Error::new_spanned(&item.self_ty, text));
    }
    let class = item.self_ty.clone();
    let class_name = match &*class {
        Type::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
        _ => None,
    };
    let mut definitions = Vec::new();
    for method in &mut item.items {
        let ImplItem::Fn(method) = method else {
            continue;
        };
        let options = take_options(&mut method.attrs)?;
        if options.skip {
            continue;
        }
        let function = Function::read(&method.sig, &method.attrs, options, class_name.as_deref())?;
        if function.receiver.is_none() {
            let text = "a typed method takes `&self` or `&mut self`; leave this one out with #[typed(skip)]";
            return Err(syn::Error::new_spanned(&method.sig.ident, text));
        }
        if function.name.starts_with("__") && function.name.ends_with("__") {
            let text = "special methods are slots of the class: they belong into #[pymethods]";
            return Err(syn::Error::new_spanned(&method.sig.ident, text));
        }
        check(&function)?;
        let ident = &function.ident;
        definitions
            .push(Expander::new(&function, quote!(<#class>::#ident), Some(&class)).definition());
    }
    Ok(quote! {
        #item

        #[doc(hidden)]
        #[allow(non_upper_case_globals, unused, clippy::all, clippy::pedantic)]
        impl #class {
            pub const __TYPED_METHODS: &'static [::rivet_ext::__private::Definition] = &[#(#definitions),*];
        }
    })
}

/// Takes the `#[typed(...)]` of a method away.
fn take_options(attrs: &mut Vec<Attribute>) -> Result<Options> {
    let mut options = Options::default();
    let (ours, others): (Vec<_>, Vec<_>) =
        attrs.drain(..).partition(|a| a.path().is_ident("typed"));
    *attrs = others;
    for attr in ours {
        options = attr.parse_args()?;
    }
    Ok(options)
}

/// Where a function's arguments come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// The wrapper: objects.
    Wrapper,
    /// The native function: machine values and objects.
    Native,
}

struct Expander<'a> {
    function: &'a Function,
    /// What to call.
    path: TokenStream,
    class: Option<&'a Type>,
}

impl<'a> Expander<'a> {
    fn new(function: &'a Function, path: TokenStream, class: Option<&'a Type>) -> Expander<'a> {
        Expander {
            function,
            path,
            class,
        }
    }

    fn leaf(&self) -> bool {
        self.function.options.leaf.is_some()
    }

    /// Whether PyO3 must know that the thread is attached: the author's function gets hold of objects.
    fn attached(&self) -> bool {
        let bound = self.function.options.bound.is_some();
        self.function.has_objects() && !self.leaf() && !bound
    }

    fn definition(&self) -> TokenStream {
        let name = Literal::c_string(&c_string(&self.function.name));
        let text = format!(
            "{}{}\n--\n\n{}",
            self.function.name,
            self.function.text_signature(),
            self.function.doc
        );
        let doc = Literal::c_string(&c_string(&text));
        let (shape, wrapper, native, signature) = (
            self.shape(),
            self.wrapper(),
            self.native(),
            self.signature(),
        );
        let frozen = (self.leaf() && self.class.is_some()).then(|| {
            let class = self.class;
            quote_spanned! {self.function.options.leaf.unwrap_or_else(Span::call_site)=>
                const _: () = assert!(
                    <<#class as __x::PyClass>::Frozen as __x::Access>::FROZEN,
                    "a `leaf` method needs #[pyclass(frozen)]: borrowing `self` of another class can raise"
                );
            }
        });
        quote! {{
            use ::rivet_ext::__private as __x;
            #frozen
            #shape
            #wrapper
            #native
            __x::Definition { name: #name, doc: #doc, wrapper: __WRAPPER, signature: #signature }
        }}
    }

    /// The static that knows names and counts.
    fn shape(&self) -> TokenStream {
        let f = self.function;
        let function = &f.qualified;
        let names: Vec<&String> = f.passed().map(|p| &p.shown).collect();
        let (total, required) = (names.len(), f.required());
        let positional_only = f.keywords_after.unwrap_or(total);
        let shape = quote! {
            __x::Shape {
                function: || #function,
                names: &[#(#names),*],
                required: #required,
                total: #total,
                positional_only: #positional_only,
            }
        };
        if f.keywords_after.is_none() {
            return quote!(static __SHAPE: __x::Shape = #shape;);
        }
        let c_names = names.iter().map(|n| Literal::c_string(&c_string(n)));
        quote!(static __KEYWORDS: __x::Keywords<#total> = __x::Keywords::new(#shape, [#(#c_names),*]);)
    }

    /// The wrapper and the constant that says how it is called.
    fn wrapper(&self) -> TokenStream {
        let f = self.function;
        let (total, required) = (f.passed().count(), f.required());
        let simple = f.keywords_after.is_none() && total == required;
        let object = quote!(*mut __x::PyObject);
        let (args, check, objects, convention): (_, _, Vec<TokenStream>, _) =
            if simple && total == 0 {
                (quote!(_: #object), quote!(), vec![], quote!(NoArgs))
            } else if simple && total == 1 {
                (
                    quote!(__arg: #object),
                    quote!(),
                    vec![quote!(__arg)],
                    quote!(One),
                )
            } else if f.keywords_after.is_none() {
                let wrong = if total == required {
                    quote!(__nargs != #total as isize)
                } else {
                    quote!(__nargs < #required as isize || __nargs > #total as isize)
                };
                let objects = (0..total).map(|i| {
                    let arg = trusted(quote!(*__args.add(#i)));
                    if i < required {
                        quote!((#arg))
                    } else {
                        quote!((if (#i as isize) < __nargs { #arg } else { __x::NULL }))
                    }
                });
                (
                    quote!(__args: *mut #object, __nargs: isize),
                    quote!(if #wrong { return __SHAPE.raise_wrong_count(__nargs); }),
                    objects.collect(),
                    quote!(Fast),
                )
            } else {
                let objects = (0..total).map(|i| quote!(__slots[#i]));
                (
                    quote!(__args: *const #object, __nargs: isize, __names: #object),
                    quote!(),
                    objects.collect(),
                    quote!(Keywords),
                )
            };
        let bind = f.keywords_after.map(|_| {
            let bound = trusted(quote!(__KEYWORDS.bind(__args, __nargs, __names)));
            quote!(let __slots = #bound?;)
        });
        let body = self.body(From::Wrapper, &objects, bind);
        quote! {
            unsafe extern "C" fn __wrapper(__self: #object, #args) -> #object {
                #check
                #body.unwrap_or(__x::NULL)
            }
            const __WRAPPER: __x::Wrapper = __x::Wrapper::#convention(__wrapper);
        }
    }

    /// Takes arguments, calls, gives the result: an Option that is None if an exception is pending.
    fn body(&self, from: From, objects: &[TokenStream], bind: Option<TokenStream>) -> TokenStream {
        let takes = self.takes(from, objects);
        let call = self.call();
        let give = self.give(from);
        let scope = trusted(quote!(__x::Scope::new()));
        let (run, token) = if self.attached() {
            (quote!(attached), quote!(__py))
        } else {
            (quote!(unattached), quote!(_))
        };
        // Objects are had without PyO3's count: what the scope stands for is all there is to say.
        let token_of_scope = self
            .function
            .options
            .bound
            .map(|_| quote!(let __py = __scope.token();));
        quote! {{
            let __scope = #scope;
            __x::#run(&__scope, |#token| {
                #token_of_scope
                #bind
                #takes
                let __result = #call;
                #give
            })
        }}
    }

    fn takes(&self, from: From, objects: &[TokenStream]) -> TokenStream {
        let receiver = self.receiver();
        let mut objects = objects.iter();
        let takes = self.function.params.iter().enumerate().map(|(i, param)| {
            if param.kind == Kind::Token {
                let name = format_ident!("__a{i}");
                return quote!(let #name = __py;);
            }
            match from {
                From::Wrapper => objects
                    .next()
                    .map(|object| self.take(i, param, object))
                    .unwrap_or_default(),
                From::Native => self.take_native(i, param),
            }
        });
        quote!(#receiver #(#takes)*)
    }

    fn receiver(&self) -> TokenStream {
        let (Some(receiver), Some(class)) = (self.function.receiver, self.class) else {
            return quote!();
        };
        match receiver {
            Receiver::Shared if self.leaf() => {
                let held = trusted(quote!(__x::frozen::<#class>(&__scope, __self)));
                quote! {
                    let __held = #held;
                    let __this: &#class = &__held;
                }
            }
            Receiver::Shared => {
                let held = trusted(quote!(__x::shared::<#class>(&__scope, __self)));
                quote! {
                    let __held = #held?;
                    let __this: &#class = &__held;
                }
            }
            Receiver::Unique => {
                let held = trusted(quote!(__x::unique::<#class>(&__scope, __self)));
                quote! {
                    let mut __held = #held?;
                    let __this: &mut #class = &mut __held;
                }
            }
        }
    }

    /// One argument out of an object.
    fn take(&self, i: usize, param: &Param, object: &TokenStream) -> TokenStream {
        let (name, held) = (format_ident!("__a{i}"), format_ident!("__h{i}"));
        let (ty, shown) = (&param.ty, &param.shown);
        let taken = trusted(match param.kind {
            Kind::Scalar => quote!(__x::scalar::<#ty>(#object, #shown)),
            Kind::Text => quote!(__x::text(&__scope, #object, #shown)),
            Kind::Bytes => quote!(__x::bytes(&__scope, #object, #shown)),
            Kind::Any | Kind::Object => {
                let inner = bound_type(ty);
                quote!(__x::cast::<#inner>(__py, #object, #shown))
            }
            Kind::Shared => {
                let inner = referenced(ty);
                quote!(__x::extract::<__x::PyRef<'_, #inner>>(__py, #object, #shown))
            }
            Kind::Unique => {
                let inner = referenced(ty);
                quote!(__x::extract::<__x::PyRefMut<'_, #inner>>(__py, #object, #shown))
            }
            Kind::Converted | Kind::Token => quote!(__x::extract(__py, #object, #shown)),
        });
        match param.kind {
            // Cannot fail, and the native function of a leaf function has nowhere to put an error.
            Kind::Any if self.leaf() => {
                let any = trusted(quote!(__x::any(&__scope, #object)));
                return quote! {
                    let #held = #any;
                    let #name = &*#held;
                };
            }
            Kind::Any | Kind::Object | Kind::Shared => {
                return quote! {
                    let #held = #taken?;
                    let #name = &*#held;
                };
            }
            Kind::Unique => {
                return quote! {
                    let mut #held = #taken?;
                    let #name = &mut *#held;
                };
            }
            _ => {}
        }
        match &param.default {
            Some(value) => quote! {
                let #name: #ty = if #object.is_null() { #value } else { #taken? };
            },
            None => quote!(let #name: #ty = #taken?;),
        }
    }

    /// One argument of the native function.
    fn take_native(&self, i: usize, param: &Param) -> TokenStream {
        let (name, size) = (format_ident!("__a{i}"), format_ident!("__n{i}"));
        match param.kind {
            Kind::Scalar | Kind::Token => quote!(),
            Kind::Text => {
                let text = trusted(quote!(__x::native_text(&__scope, #name, #size)));
                quote!(let #name = #text;)
            }
            Kind::Bytes => {
                let bytes = trusted(quote!(__x::native_bytes(&__scope, #name, #size)));
                quote!(let #name = #bytes;)
            }
            _ => self.take(i, param, &quote!(#name)),
        }
    }

    fn arguments(&self) -> TokenStream {
        let receiver = self.function.receiver.map(|_| quote!(__this,));
        let names = (0..self.function.params.len()).map(|i| format_ident!("__a{i}"));
        quote!(#receiver #(#names),*)
    }

    /// The call, with what debug builds check.
    fn call(&self) -> TokenStream {
        let (path, arguments) = (&self.path, self.arguments());
        let name = &self.function.qualified;
        let mut call = quote!(#path(#arguments));
        if self.function.fallible {
            call = quote!(__x::fail(#call)?);
        }
        let pure =
            self.function.options.pure.is_some() && matches!(self.function.give, Give::Scalar(_));
        let pure = pure.then(|| {
            quote! {
                let __result = if cfg!(debug_assertions) { __x::check_pure(#name, __result, #call)? } else { __result };
            }
        });
        let leaf = self.leaf().then(|| {
            quote! {
                if cfg!(debug_assertions) { __x::check_leaf(#name)?; }
            }
        });
        quote!({ let __result = #call; #pure #leaf __result })
    }

    fn give(&self, from: From) -> TokenStream {
        match (&self.function.give, from) {
            (Give::None, From::Wrapper) => quote!(let () = __result; __x::give_none()),
            (Give::None, From::Native) => quote!(let () = __result; __x::Ok(())),
            (Give::Scalar(_), From::Wrapper) => quote!(__x::give_scalar(__result)),
            (Give::Scalar(_), From::Native) => quote!(__x::Ok(__x::Scalar::native(__result))),
            (Give::Text, _) => quote!(__x::give_text(__result)),
            (Give::Object, _) => quote!(__x::give_object(__py, __result)),
        }
    }

    /// Whether the table can describe the function.
    fn typed(&self) -> bool {
        self.function
            .passed()
            .all(|p| p.default.is_none() || p.kind == Kind::Scalar)
    }

    fn native(&self) -> TokenStream {
        if !self.typed() {
            return quote!();
        }
        let receiver = self
            .function
            .receiver
            .map(|_| quote!(__self: *mut __x::PyObject,));
        let params = self.function.params.iter().enumerate().map(|(i, param)| {
            let (name, size, ty) = (format_ident!("__a{i}"), format_ident!("__n{i}"), &param.ty);
            match param.kind {
                Kind::Token => quote!(),
                Kind::Scalar => quote!(#name: #ty,),
                Kind::Text | Kind::Bytes => quote!(#name: *const u8, #size: isize,),
                _ => quote!(#name: *mut __x::PyObject,),
            }
        });
        let body = self.body(From::Native, &[], None);
        let (result, checked, leaf) = match &self.function.give {
            Give::None if self.leaf() => (quote!(()), quote!(#body.unwrap_or(())), quote!(())),
            Give::None => (
                quote!(i32),
                quote!(if #body.is_some() { 0 } else { -1 }),
                quote!(),
            ),
            Give::Scalar(ty) => (
                quote!(<#ty as __x::Scalar>::Native),
                quote!(#body.unwrap_or(<#ty as __x::Scalar>::SENTINEL)),
                quote!(__x::Scalar::native),
            ),
            Give::Text | Give::Object => (
                quote!(*mut __x::PyObject),
                quote!(#body.unwrap_or(__x::NULL)),
                quote!(),
            ),
        };
        let body = if self.leaf() {
            let scope = trusted(quote!(__x::Scope::new()));
            let takes = self.takes(From::Native, &[]);
            let (path, arguments) = (&self.path, self.arguments());
            let give = match self.function.give {
                Give::None => quote!(#path(#arguments)),
                _ => quote!(#leaf(#path(#arguments))),
            };
            // In debug builds the table declares no leaf, so that a lie is an exception.
            quote! {
                if cfg!(debug_assertions) {
                    #checked
                } else {
                    let __scope = #scope;
                    __x::leaf(|| { #takes #give })
                }
            }
        } else {
            checked
        };
        quote! {
            unsafe extern "C" fn __native(#receiver #(#params)*) -> #result {
                #body
            }
        }
    }

    /// The entry of the typed table.
    fn signature(&self) -> TokenStream {
        if !self.typed() {
            return quote!(__x::None);
        }
        let f = self.function;
        let receiver = f.receiver.map(|_| quote!(__x::code::SELF,));
        let params = f.passed().map(|p| {
            let ty = &p.ty;
            match p.kind {
                Kind::Scalar => quote!(<#ty as __x::Scalar>::CODE,),
                Kind::Text => quote!(__x::code::UTF8,),
                Kind::Bytes => quote!(__x::code::BYTES,),
                _ => quote!(__x::code::OBJECT,),
            }
        });
        let (result, error) = self.result_and_error();
        let effects = self.effects();
        let names = match f.keywords_after {
            // A table's names are all of the parameters or none.
            Some(0) => {
                let names: Vec<&str> = f.passed().map(|p| p.shown.as_str()).collect();
                let names = Literal::c_string(&c_string(&names.join(",")));
                quote!(__x::Names::Static(#names))
            }
            _ => quote!(__x::Names::None),
        };
        let defaults = self.defaults();
        quote! {{
            #defaults
            __x::fitting(__x::Signature {
                native: __native as *const (),
                params: &[#receiver #(#params)*],
                result: #result,
                #error,
                effects: #effects,
                names: #names,
                defaults: __DEFAULTS,
            })
        }}
    }

    /// The constant with the defaults' bits.
    fn defaults(&self) -> TokenStream {
        let bits = self.function.passed().filter_map(|p| {
            let (ty, value) = (&p.ty, p.default.as_ref()?);
            Some(quote!({ const __DEFAULT: #ty = #value; __x::Bits(__DEFAULT).bits() },))
        });
        quote!(const __DEFAULTS: &[u64] = &[#(#bits)*];)
    }

    fn result_and_error(&self) -> (TokenStream, TokenStream) {
        let checked = match &self.function.give {
            Give::None => quote!(__x::error::NONZERO),
            Give::Scalar(_) | Give::Text | Give::Object => quote!(__x::error::SENTINEL),
        };
        let error = if self.leaf() {
            quote!(if cfg!(debug_assertions) {
                __x::error::ALWAYS
            } else {
                __x::error::NEVER
            })
        } else {
            checked
        };
        let (result, sentinel) = match &self.function.give {
            Give::None => (quote!(__x::code::VOID), quote!(0)),
            Give::Scalar(ty) => (
                quote!(<#ty as __x::Scalar>::CODE),
                quote!(<#ty as __x::Scalar>::SENTINEL_BITS),
            ),
            Give::Text | Give::Object => (quote!(__x::code::OBJECT), quote!(0)),
        };
        (result, quote!(error: #error, sentinel: #sentinel))
    }

    fn effects(&self) -> TokenStream {
        let o = &self.function.options;
        let leaf = o
            .leaf
            .map(|_| quote!(| (if cfg!(debug_assertions) { 0 } else { __x::effect::LEAF })));
        let pure = o
            .pure
            .map(|_| quote!(|__x::effect::PURE| __x::effect::TESTABLE));
        let nogil = o.nogil.map(|_| quote!(| __x::effect::NOGIL));
        let reads = o.reads.map(|_| quote!(| __x::effect::READS));
        let testable = o.testable.map(|_| quote!(| __x::effect::TESTABLE));
        quote!(0 #leaf #pure #nogil #reads #testable)
    }
}

/// The `T` of `&T`.
fn referenced(ty: &Type) -> &Type {
    match ty {
        Type::Reference(r) => &r.elem,
        other => other,
    }
}

/// Text for C; a NUL in a doc comment ends it, as it would in C.
fn c_string(text: &str) -> std::ffi::CString {
    let text = text.split('\0').next().unwrap_or_default();
    std::ffi::CString::new(text).unwrap_or_default()
}

/// What the generated code may do because the interpreter calls a wrapper, and a runtime a native function, attached
/// and with arguments as the definition says, which live until the call is over. Nothing of the author's is inside.
fn trusted(code: TokenStream) -> TokenStream {
    // SAFETY: of the code in quotes: see above.
    quote!(unsafe { #code })
}
