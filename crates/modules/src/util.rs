//! Small helpers shared by the modules: types kept in roots, native objects, argument binding.

use std::fmt::Display;

use rivet_vm::exceptions::{PyResult, value_error};
use rivet_vm::object::args::{LazySignature, MAX_PARAMS, text};
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::TypeSpec;
use rivet_vm::object::{Type, build, instance};
use rivet_vm::types::module::Module;
use rivet_vm::types::str::codec::surrogate_error;
use rivet_vm::types::tuple::Tuple;
use rivet_vm::value::{Gc, Root, Value};

/// The type kept in a root by `make`.
pub fn ty(root: &'static Root) -> Gc<Type> {
    root.get()
        .and_then(|t| t.cast::<Type>())
        .expect("made by init")
}

/// Makes a native type and keeps it in a root; a module that is imported anew has the same types.
pub fn make(root: &'static Root, spec: &'static TypeSpec, slots: u32) -> Gc<Type> {
    if let Some(t) = root.get().and_then(|t| t.cast::<Type>()) {
        return t;
    }
    let t = build::native_type(spec, slots);
    root.set(t.value());
    t
}

/// Makes a native type, keeps it in a root and shows it in the module.
pub fn make_in(
    m: Gc<Module>,
    root: &'static Root,
    spec: &'static TypeSpec,
    slots: u32,
) -> PyResult<Gc<Type>> {
    let t = make(root, spec, slots);
    m.add_type(t)?;
    Ok(t)
}

/// The receiver as a native object (the descriptor has checked its type).
#[inline]
pub fn nat(v: Value) -> Gc<Native> {
    v.cast::<Native>().expect("checked by the descriptor")
}

/// A new instance of a native type or of a Python subclass of one.
pub fn alloc(ty: Gc<Type>) -> PyResult<Gc<Native>> {
    Ok(nat(instance::allocate(ty, 0)?))
}

/// The small int in slot `i`; 0 if there is none.
#[inline]
pub fn get_int(n: Gc<Native>, i: usize) -> i64 {
    n.get(i).and_then(Value::as_small_int).unwrap_or(0)
}

/// Stores a small int in slot `i`.
#[inline]
pub fn put_int(n: Gc<Native>, i: usize, x: i64) {
    n.put(i, Value::int(x));
}

/// Whether the value is an instance of the type in the root (or of a subclass).
pub fn is_a(v: Value, root: &'static Root) -> bool {
    v.type_of().is_subtype(ty(root))
}

/// Binds arguments by a signature.
pub fn bind(
    signature: &'static str,
    fname: &str,
    args: &[Value],
    kw: Option<Gc<Tuple>>,
) -> PyResult<[Option<Value>; MAX_PARAMS]> {
    let mut out = [None; MAX_PARAMS];
    LazySignature::new(signature)
        .get()
        .bind(fname, args, kw, &mut out)?;
    Ok(out)
}

/// A str argument as C functions take it: UTF-8 without NUL.
pub fn c_text(fname: &str, which: impl Display, v: Value) -> PyResult<String> {
    let s = text(fname, which, v)?;
    match s.to_str() {
        Some(t) if t.contains('\0') => Err(value_error("embedded null character")),
        Some(t) => Ok(t.into_owned()),
        None => Err(surrogate_error(s)),
    }
}
