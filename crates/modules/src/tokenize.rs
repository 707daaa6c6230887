//! `_tokenize`: the compiler's tokens, one by one.

use std::cell::Cell;

use rivet_compile::{Token, TokenStream, tokens};
use rivet_vm::builtins::compile::raise_compile_error;
use rivet_vm::builtins::warnings::warn_explicit;
use rivet_vm::exceptions::{PyResult, exc};
use rivet_vm::object::Type;
use rivet_vm::object::args::{LazySignature, MAX_PARAMS};
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::TypeSpec;
use rivet_vm::types::module::Module;
use rivet_vm::types::str;
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, Root, Value};

use crate::util::{c_text, make_in, nat};

static ITER: Root = Root::new();

/// The name errors give the source.
const FILENAME: &str = "<string>";

static ITER_SPEC: TypeSpec = TypeSpec {
    slots: |s| {
        s.new = Some(new);
        s.iter = Some(Ok);
        s.next = Some(next);
    },
    ..TypeSpec::named("_tokenize.TokenizerIter")
};

/// The tokens, and which comes next.
struct State {
    stream: TokenStream,
    at: Cell<usize>,
}

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    make_in(m, &ITER, &ITER_SPEC, 0).map(|_| ())
}

fn new(class: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(source)");
    let mut bound = [None; MAX_PARAMS];
    SIGNATURE
        .get()
        .bind("tokenizeriter", args, kw, &mut bound)?;
    let source = bound[0].unwrap_or(Value::NONE);
    let state = State {
        stream: tokens(&c_text("tokenizeriter", "'source'", source)?),
        at: Cell::new(0),
    };
    Ok(Native::with_state(class, state)?.value())
}

fn next(v: Value) -> PyResult<Option<Value>> {
    let n = nat(v);
    let state = n.state::<State>().expect("made by `new`");
    let at = state.at.get();
    state.at.set(at + 1);
    if let Some(token) = state.stream.tokens.get(at) {
        return token_tuple(token).map(Some);
    }
    match &state.stream.error {
        Some(e) if at == state.stream.tokens.len() => Err(raise_compile_error(e, FILENAME)),
        _ => Ok(None),
    }
}

fn token_tuple(t: &Token) -> PyResult<Value> {
    if let Some(text) = &t.warning {
        warn_explicit(exc().syntax_warning, text, FILENAME, t.line)?;
    }
    tuple::new(&[
        str::new(&t.text)?,
        Value::int(t.number.into()),
        Value::int(t.line.into()),
        Value::int(t.end_line.into()),
        Value::int(t.col),
        Value::int(t.end_col),
        str::new(&t.source)?,
    ])
}
