//! A function as the macros see it: parameters by how they cross, the result, names and defaults. Types are known by
//! how they are written; an alias of a number type is converted as PyO3 converts it, which is right but not typed.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Expr, ExprLit, FnArg, GenericArgument, Ident, Lifetime, Lit, Meta, Pat,
    PathArguments, PathSegment, Result, ReturnType, Signature, Type,
};

use crate::options::Options;

/// How a parameter crosses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `Python<'_>`: nothing crosses.
    Token,
    /// A number or bool.
    Scalar,
    /// `&str`
    Text,
    /// `&[u8]`
    Bytes,
    /// `&Bound<'_, PyAny>`: any object, not looked at.
    Any,
    /// `&Bound<'_, T>`
    Object,
    /// `&T` of a class.
    Shared,
    /// `&mut T` of a class.
    Unique,
    /// Whatever PyO3 converts.
    Converted,
}

impl Kind {
    /// Whether the author's function gets hold of Python objects by it.
    pub fn is_object(self) -> bool {
        !matches!(self, Kind::Scalar | Kind::Text | Kind::Bytes)
    }
}

/// A parameter.
pub struct Param {
    pub name: Ident,
    /// As Python sees it.
    pub shown: String,
    /// With lifetimes left to inference.
    pub ty: Type,
    pub kind: Kind,
    pub default: Option<Expr>,
}

/// What the result is made of.
#[derive(Clone)]
pub enum Give {
    None,
    Scalar(Box<Type>),
    Text,
    Object,
}

/// The receiver.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    Shared,
    Unique,
}

/// A function or method.
pub struct Function {
    pub ident: Ident,
    /// Its name in Python.
    pub name: String,
    /// As messages call it: `add`, `Scaler.scale`.
    pub qualified: String,
    pub doc: String,
    pub receiver: Option<Receiver>,
    /// Those that Python passes, and the token.
    pub params: Vec<Param>,
    pub give: Give,
    pub fallible: bool,
    pub options: Options,
    /// How many of the first cannot be given by keyword; None: keywords are not taken at all.
    pub keywords_after: Option<usize>,
}

impl Function {
    /// Whether the author's function takes or gives Python objects.
    pub fn has_objects(&self) -> bool {
        matches!(self.give, Give::Object) || self.params.iter().any(|p| p.kind.is_object())
    }

    /// Reads a function; `class` is the name of the class that a method is of.
    pub fn read(
        sig: &Signature,
        attrs: &[Attribute],
        options: Options,
        class: Option<&str>,
    ) -> Result<Function> {
        plain(sig)?;
        let name = options
            .name
            .as_ref()
            .map_or_else(|| python_name(&sig.ident), |n| n.value());
        let (give, fallible) = result(&sig.output);
        let mut function = Function {
            ident: sig.ident.clone(),
            qualified: class.map_or_else(|| name.clone(), |c| format!("{c}.{name}")),
            name,
            doc: doc(attrs),
            receiver: None,
            params: Vec::new(),
            give,
            fallible,
            options,
            keywords_after: None,
        };
        for input in &sig.inputs {
            function.input(input)?;
        }
        function.signature()?;
        Ok(function)
    }

    fn input(&mut self, input: &FnArg) -> Result<()> {
        match input {
            FnArg::Receiver(r) if r.reference.is_none() || r.colon_token.is_some() => {
                Err(syn::Error::new(
                    r.span(),
                    "a typed method takes `&self` or `&mut self`; leave others to #[pymethods]",
                ))
            }
            FnArg::Receiver(r) => {
                self.receiver = Some(if r.mutability.is_some() {
                    Receiver::Unique
                } else {
                    Receiver::Shared
                });
                Ok(())
            }
            FnArg::Typed(typed) => {
                let Pat::Ident(pattern) = &*typed.pat else {
                    return Err(syn::Error::new(
                        typed.pat.span(),
                        "a parameter needs a name here",
                    ));
                };
                let mut ty = (*typed.ty).clone();
                if let Type::ImplTrait(t) = &ty {
                    return Err(syn::Error::new(
                        t.span(),
                        "a parameter needs one definite type",
                    ));
                }
                Infer.visit_type_mut(&mut ty);
                self.params.push(Param {
                    shown: python_name(&pattern.ident),
                    name: pattern.ident.clone(),
                    kind: kind(&ty),
                    ty,
                    default: None,
                });
                Ok(())
            }
        }
    }

    /// The parameters that Python passes.
    pub fn passed(&self) -> impl Iterator<Item = &Param> {
        self.params.iter().filter(|p| p.kind != Kind::Token)
    }

    /// How many must be passed.
    pub fn required(&self) -> usize {
        self.passed().filter(|p| p.default.is_none()).count()
    }

    /// Matches the signature of the attribute with the parameters.
    fn signature(&mut self) -> Result<()> {
        let Some(signature) = self.options.signature.take() else {
            return Ok(());
        };
        let mut given = signature.params.into_iter();
        for param in self.params.iter_mut().filter(|p| p.kind != Kind::Token) {
            match given.next() {
                Some((name, default)) if name == param.name => param.default = default,
                Some((name, _)) => {
                    let text =
                        format!("expected the parameter `{}` here, not `{name}`", param.name);
                    return Err(syn::Error::new(name.span(), text));
                }
                None => {
                    let text = format!(
                        "the parameter `{}` is missing from the signature",
                        param.name
                    );
                    return Err(syn::Error::new(signature.span, text));
                }
            }
        }
        if let Some((name, _)) = given.next() {
            return Err(syn::Error::new(
                name.span(),
                format!("the function has no parameter `{name}`"),
            ));
        }
        if signature.positional_only < self.passed().count() {
            self.keywords_after = Some(signature.positional_only);
        }
        Ok(())
    }

    /// `(x, y=2, /)` as Python's `inspect` reads it.
    pub fn text_signature(&self) -> String {
        let mut items: Vec<String> = Vec::new();
        items.extend(self.receiver.map(|_| "$self".to_owned()));
        let positional_only = self.keywords_after.unwrap_or(usize::MAX);
        let count = self.passed().count();
        for (i, param) in self.passed().enumerate() {
            items.push(match &param.default {
                Some(value) => format!("{}={}", param.shown, shown_default(value)),
                None => param.shown.clone(),
            });
            if i + 1 == positional_only || (i + 1 == count && positional_only == usize::MAX) {
                items.push("/".to_owned());
            }
        }
        if count == 0 && self.receiver.is_some() {
            items.push("/".to_owned());
        }
        format!("({})", items.join(", "))
    }
}

/// What no wrapper can be made for.
fn plain(sig: &Signature) -> Result<()> {
    let wrong = |span, text| Err(syn::Error::new(span, text));
    if let Some(token) = &sig.asyncness {
        return wrong(
            token.span(),
            "an async function gives a coroutine: use #[pyfunction]",
        );
    }
    if let Some(token) = &sig.unsafety {
        return wrong(
            token.span(),
            "Python cannot promise what an unsafe function asks for",
        );
    }
    if let Some(abi) = &sig.abi {
        return wrong(
            abi.span(),
            "an ordinary Rust function is wanted; the C function is made from it",
        );
    }
    let generic = sig
        .generics
        .params
        .iter()
        .find(|p| !matches!(p, syn::GenericParam::Lifetime(_)));
    if let Some(generic) = generic {
        return wrong(
            generic.span(),
            "a typed function has definite types, so it cannot be generic",
        );
    }
    Ok(())
}

/// `r#type` is `type` in Python.
fn python_name(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").unwrap_or(&text).to_owned()
}

/// Lifetimes of the author's generics have no meaning in the wrapper; all are inferred.
struct Infer;

impl VisitMut for Infer {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident != "static" {
            lifetime.ident = Ident::new("_", lifetime.ident.span());
        }
        visit_mut::visit_lifetime_mut(self, lifetime);
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

const SCALARS: &[&str] = &[
    "i8",
    "i16",
    "i32",
    "i64",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "usize",
    "f32",
    "f64",
    "bool",
    "c_schar",
    "c_short",
    "c_int",
    "c_long",
    "c_longlong",
    "c_uchar",
    "c_ushort",
    "c_uint",
    "c_ulong",
    "c_ulonglong",
    "c_float",
    "c_double",
];

fn is_scalar(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|s| s.arguments.is_none() && SCALARS.iter().any(|n| s.ident == n))
}

fn is_text(ty: &Type) -> bool {
    match ty {
        Type::Reference(r) => last_segment(&r.elem).is_some_and(|s| s.ident == "str"),
        _ => last_segment(ty).is_some_and(|s| s.ident == "String"),
    }
}

fn kind(ty: &Type) -> Kind {
    let Type::Reference(reference) = ty else {
        return match last_segment(ty) {
            Some(s) if s.ident == "Python" => Kind::Token,
            _ if is_scalar(ty) => Kind::Scalar,
            _ => Kind::Converted,
        };
    };
    let shared = reference.mutability.is_none();
    match &*reference.elem {
        Type::Slice(slice) if shared => match last_segment(&slice.elem) {
            Some(s) if s.ident == "u8" => Kind::Bytes,
            _ => Kind::Converted,
        },
        elem => match last_segment(elem) {
            Some(s) if shared && s.ident == "str" => Kind::Text,
            Some(s) if shared && s.ident == "Bound" => bound(s),
            // PyO3 converts to these two kinds of reference itself.
            Some(s) if s.ident == "CStr" => Kind::Converted,
            _ if shared => Kind::Shared,
            _ => Kind::Unique,
        },
    }
}

/// `Bound<'_, T>`.
fn bound(segment: &PathSegment) -> Kind {
    let any = type_argument(segment).and_then(|t| last_segment(&t).map(|s| s.ident == "PyAny"));
    if any == Some(true) {
        Kind::Any
    } else {
        Kind::Object
    }
}

/// The first type among the arguments of a path.
pub fn type_argument(segment: &PathSegment) -> Option<Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|a| match a {
        GenericArgument::Type(t) => Some(t.clone()),
        _ => None,
    })
}

/// The `T` of `&Bound<'_, T>`.
pub fn bound_type(ty: &Type) -> Option<Type> {
    match ty {
        Type::Reference(r) => last_segment(&r.elem).and_then(type_argument),
        _ => None,
    }
}

fn result(output: &ReturnType) -> (Give, bool) {
    let ReturnType::Type(_, ty) = output else {
        return (Give::None, false);
    };
    let mut ty = (**ty).clone();
    Infer.visit_type_mut(&mut ty);
    if let Some(segment) = last_segment(&ty)
        && segment.ident.to_string().ends_with("Result")
    {
        let inner = type_argument(segment);
        return (inner.map_or(Give::Object, |t| give(&t)), true);
    }
    (give(&ty), false)
}

fn give(ty: &Type) -> Give {
    match ty {
        Type::Tuple(t) if t.elems.is_empty() => Give::None,
        _ if is_scalar(ty) => Give::Scalar(Box::new(ty.clone())),
        _ if is_text(ty) => Give::Text,
        _ => Give::Object,
    }
}

/// The lines of `///`.
fn doc(attrs: &[Attribute]) -> String {
    let lines: Vec<String> = attrs
        .iter()
        .filter_map(|a| match &a.meta {
            Meta::NameValue(m) if m.path.is_ident("doc") => match &m.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(s), ..
                }) => Some(s.value()),
                _ => None,
            },
            _ => None,
        })
        .map(|l| l.strip_prefix(' ').unwrap_or(&l).to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}

/// A default as Python would write it; `...` where that is not known.
fn shown_default(value: &Expr) -> String {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Bool(b) => if b.value { "True" } else { "False" }.to_owned(),
            Lit::Int(i) => i.base10_digits().to_owned(),
            Lit::Float(f) => f.base10_digits().to_owned(),
            Lit::Str(s) => format!("{:?}", s.value()),
            _ => "...".to_owned(),
        },
        Expr::Unary(u) if matches!(u.op, syn::UnOp::Neg(_)) => match &*u.expr {
            Expr::Lit(_) => format!("-{}", shown_default(&u.expr)),
            _ => "...".to_owned(),
        },
        Expr::Path(p) if p.path.is_ident("None") => "None".to_owned(),
        _ => "...".to_owned(),
    }
}

/// The tokens of a type, for messages.
pub fn written(ty: &Type) -> String {
    let tokens: TokenStream = quote!(#ty);
    tokens
        .to_token_stream()
        .to_string()
        .replace(" :: ", "::")
        .replace("& ", "&")
        .replace(" <", "<")
        .replace("< ", "<")
        .replace(" >", ">")
        .replace(" ,", ",")
}
