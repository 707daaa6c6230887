//! Effects that a signature contradicts, each with its reason.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Error, Result};

use crate::function::{Function, Give, Kind, Param, Receiver, written};

/// Checks a function's effects and defaults.
pub fn check(function: &Function) -> Result<()> {
    for param in function.passed() {
        default(param)?;
    }
    leaf(function)?;
    bound(function)?;
    pure(function)?;
    nogil(function)
}

fn default(param: &Param) -> Result<()> {
    match (&param.default, param.kind) {
        (Some(value), Kind::Any | Kind::Object | Kind::Shared | Kind::Unique) => Err(Error::new(
            value.span(),
            format!(
                "`{}` is borrowed, so there is nothing a default could be; take an Option",
                param.name
            ),
        )),
        _ => Ok(()),
    }
}

fn leaf(function: &Function) -> Result<()> {
    let Some(span) = function.options.leaf else {
        return Ok(());
    };
    let wrong = |text: String| Err(Error::new(span, text));
    if function.fallible {
        return wrong("a `leaf` function calls no Python API, so it cannot raise: return the value, not a Result".into());
    }
    if matches!(function.give, Give::Text | Give::Object) {
        return wrong(
            "a `leaf` function makes no objects, but its result has to become one".into(),
        );
    }
    if function.receiver == Some(Receiver::Unique) {
        return wrong("borrowing `&mut self` can raise, so the method cannot be `leaf`".into());
    }
    for param in &function.params {
        match param.kind {
            Kind::Token => {
                return wrong(
                    "a `leaf` function calls no Python API; what would it do with `Python<'_>`?"
                        .into(),
                );
            }
            Kind::Object | Kind::Shared | Kind::Unique | Kind::Converted => {
                return wrong(format!(
                    "`{}` has to be converted from an object, which calls the Python API and can raise: a `leaf` \
                     function takes numbers, `&str`, `&[u8]` and `&Bound<'_, PyAny>`, not `{}`",
                    param.name,
                    written(&param.ty)
                ));
            }
            Kind::Scalar | Kind::Text | Kind::Bytes | Kind::Any => {}
        }
    }
    Ok(())
}

fn bound(function: &Function) -> Result<()> {
    let Some(span) = function.options.bound else {
        return Ok(());
    };
    let text = if function.options.leaf.is_some() {
        "a `leaf` function calls no Python API, so there is nothing it could do with objects by `Bound`"
    } else if !function.has_objects() {
        "`bound` is about functions that take or give objects; PyO3 does not count the others anyway"
    } else {
        return Ok(());
    };
    Err(Error::new(span, text))
}

fn pure(function: &Function) -> Result<()> {
    let Some(span) = function.options.pure else {
        return Ok(());
    };
    let wrong = |text: String| Err(Error::new(span, text));
    if function.options.reads.is_some() {
        return wrong(
            "`reads` says that the result depends on memory others write, `pure` that it does not"
                .into(),
        );
    }
    if function.receiver.is_some() {
        return wrong(
            "a method's result depends on its receiver, so it is not `pure`; declare `reads`"
                .into(),
        );
    }
    if matches!(function.give, Give::None) {
        return wrong("a `pure` function without a result does nothing at all".into());
    }
    objects(
        function,
        span,
        "`pure` promises the same result for the same arguments, but objects can change",
    )
}

fn nogil(function: &Function) -> Result<()> {
    let Some(span) = function.options.nogil else {
        return Ok(());
    };
    if matches!(function.give, Give::Text | Give::Object) {
        return Err(Error::new(
            span,
            "a `nogil` function may run while the GIL is released, so it cannot make objects",
        ));
    }
    if function.receiver.is_some() {
        return Err(Error::new(
            span,
            "a `nogil` function may run while the GIL is released, so it cannot borrow `self`",
        ));
    }
    objects(
        function,
        span,
        "a `nogil` function may run while the GIL is released, so it cannot take objects",
    )
}

fn objects(function: &Function, span: Span, text: &str) -> Result<()> {
    match function.params.iter().find(|p| p.kind.is_object()) {
        Some(param) => Err(Error::new(
            span,
            format!("{text}: `{}: {}`", param.name, written(&param.ty)),
        )),
        None => Ok(()),
    }
}
