//! Exception groups (PEP 654): the classes, splitting, and what `except*` needs.

use super::classes::{exc, member};
use super::methods::{init, this};
use super::{PyResult, given_matches, type_error, value_error};
use crate::name;
use crate::object::args::{no_keywords, split as split_args};
use crate::object::attr::{find_attr, set_attr};
use crate::object::call::{call, call_method, is_callable};
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Type, instance, protocol};
use crate::types::dict::Dict;
use crate::types::generic_alias;
use crate::types::list::List;
use crate::types::str::{self, Str};
use crate::types::tuple::{self, Tuple};
use crate::value::{Gc, RVec, Root, Value};

const MESSAGE: usize = 0;
const EXCEPTIONS: usize = 1;

static METHODS: &[Method] = &[
    generic_alias::CLASS_GETITEM,
    Method::one("derive", "", derive, ""),
    Method::one("split", "", split_method, ""),
    Method::one("subgroup", "", subgroup, ""),
];

/// `BaseExceptionGroup`
pub(super) fn spec(plain: TypeSpec) -> TypeSpec {
    TypeSpec {
        members: const {
            &[
                crate::object::spec::Member {
                    readonly: true,
                    ..member("message", 0)
                },
                crate::object::spec::Member {
                    readonly: true,
                    ..member("exceptions", 1)
                },
            ]
        },
        methods: METHODS,
        slots: |s| {
            s.new = Some(new);
            s.init = Some(|v, args, kw| {
                no_keywords(&v.type_of().name_string(), kw)?;
                init(v, args, None)
            });
            s.str = Some(text);
        },
        ..plain
    }
}

static GROUP: Root = Root::new();

/// Makes `ExceptionGroup`, whose bases are BaseExceptionGroup and Exception.
pub(super) fn make_exception_group() -> PyResult<Gc<Type>> {
    let dict = Dict::new()?;
    dict.set_str("__module__", str::new("builtins")?)?;
    let bases = [exc().base_exception_group.value(), exc().exception.value()];
    let ty = crate::types::type_::simple_class("ExceptionGroup", &bases, dict)?;
    GROUP.set(ty.value());
    Ok(ty)
}

/// `ExceptionGroup`
pub fn exception_group() -> Gc<Type> {
    GROUP
        .get()
        .and_then(|t| t.cast::<Type>())
        .expect("made at start-up")
}

/// Whether the value is an exception group.
pub fn is_group(v: Value) -> bool {
    v.type_of().is_subtype(exc().base_exception_group)
}

fn exceptions(v: Value) -> Gc<Tuple> {
    this(v)
        .field(EXCEPTIONS)
        .get_as::<Tuple>()
        .unwrap_or_else(crate::runtime::empty_tuple)
}

fn message(v: Value) -> Value {
    this(v).field(MESSAGE).get().unwrap_or(Value::NONE)
}

fn new(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let (args, _) = split_args(args, kw);
    let &[message, list] = args else {
        let n = args.len();
        return Err(type_error(format!(
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({n} given)"
        )));
    };
    if message.cast::<Str>().is_none() {
        let t = message.type_of().name_string();
        return Err(type_error(format!(
            "BaseExceptionGroup.__new__() argument 1 must be str, not {t}"
        )));
    }
    if list.type_of().slots().getitem.is_none() || list.cast::<Dict>().is_some() {
        return Err(type_error(
            "second argument (exceptions) must be a sequence",
        ));
    }
    let items = protocol::to_tuple(list)?;
    if items.is_empty() {
        return Err(value_error(
            "second argument (exceptions) must be a non-empty sequence",
        ));
    }
    let mut nested_base = false;
    for (i, x) in items.items().iter().enumerate() {
        if !x.type_of().is_subtype(exc().base_exception) {
            return Err(value_error(format!(
                "Item {i} of second argument (exceptions) is not an exception"
            )));
        }
        nested_base |= !x.type_of().is_subtype(exc().exception);
    }
    let ty = class_for(ty, nested_base)?;
    let v = instance::allocate(ty, 0)?;
    let e = this(v);
    e.set(&e.args, Tuple::from_slice(args)?.value());
    e.set(e.field(MESSAGE), message);
    e.set(e.field(EXCEPTIONS), items.value());
    Ok(v)
}

/// BaseExceptionGroup of plain exceptions becomes ExceptionGroup; the latter takes no others.
fn class_for(ty: Gc<Type>, nested_base: bool) -> PyResult<Gc<Type>> {
    if ty == exc().base_exception_group {
        return Ok(if nested_base { ty } else { exception_group() });
    }
    if nested_base && ty == exception_group() {
        return Err(type_error(
            "Cannot nest BaseExceptions in an ExceptionGroup",
        ));
    }
    if nested_base && ty.is_subtype(exc().exception) {
        return Err(type_error(format!(
            "Cannot nest BaseExceptions in '{}'",
            ty.name_string()
        )));
    }
    Ok(ty)
}

fn text(v: Value) -> PyResult<Value> {
    let n = exceptions(v).len();
    let s = if n == 1 { "" } else { "s" };
    let m = protocol::str(message(v))?;
    let mut out = str::builder::StrBuilder::new();
    out.push_chars(m.chars());
    out.push_text(&format!(" ({n} sub-exception{s})"));
    out.value()
}

fn create(message: Value, list: &[Value]) -> PyResult<Value> {
    let items = List::from_slice(list)?.value();
    call(exc().base_exception_group.value(), &[message, items])
}

fn derive(v: Value, list: Value) -> PyResult<Value> {
    call(exc().base_exception_group.value(), &[message(v), list])
}

// ---- splitting ----

/// Which exceptions of a group are looked for.
enum Matcher<'a> {
    /// Instances of this class or of one of a tuple of classes.
    Class(Value),
    /// Those for which the function says so.
    Predicate(Value),
    /// These very objects.
    Objects(&'a [Value]),
}

fn matcher<'a>(v: Value) -> PyResult<Matcher<'a>> {
    let class = |c: Value| super::classes::is_exception_class(c);
    if class(v)
        || v.cast::<Tuple>()
            .is_some_and(|t| t.items().iter().all(|&c| class(c)))
    {
        return Ok(Matcher::Class(v));
    }
    if is_callable(v) && v.cast::<Type>().is_none() {
        return Ok(Matcher::Predicate(v));
    }
    Err(type_error(
        "expected a function, exception type or tuple of exception types",
    ))
}

impl Matcher<'_> {
    fn matches(&self, e: Value) -> PyResult<bool> {
        match self {
            Matcher::Class(c) => Ok(given_matches(e, *c)),
            Matcher::Predicate(f) => protocol::is_true(call(*f, &[e])?),
            Matcher::Objects(list) => Ok(!is_group(e) && list.contains(&e)),
        }
    }
}

/// Splits an exception into what matches and the rest (which is not built unless `want_rest`).
fn split(e: Value, m: &Matcher, want_rest: bool) -> PyResult<(Option<Value>, Option<Value>)> {
    if m.matches(e)? {
        return Ok((Some(e), None));
    }
    if !is_group(e) {
        return Ok((None, Some(e).filter(|_| want_rest)));
    }
    let (mut yes, mut no) = (RVec::new(), RVec::new());
    for &x in exceptions(e).items() {
        crate::runtime::enter_call()?;
        let r = split(x, m, want_rest);
        crate::runtime::leave_call();
        let (a, b) = r?;
        if let Some(a) = a {
            yes.push(a)?;
        }
        if let Some(b) = b {
            no.push(b)?;
        }
    }
    let matched = subset(e, &yes)?;
    let rest = if want_rest { subset(e, &no)? } else { None };
    Ok((matched, rest))
}

/// A group like `orig` of some of its exceptions; None if there are none.
fn subset(orig: Value, list: &[Value]) -> PyResult<Option<Value>> {
    if list.is_empty() {
        return Ok(None);
    }
    let items = List::from_slice(list)?;
    let g = call_method(orig, name!("derive"), &[items.value()])?;
    if !is_group(g) {
        return Err(type_error(
            "derive must return an instance of BaseExceptionGroup",
        ));
    }
    let (from, to) = (this(orig), this(g));
    to.set_opt(&to.traceback, from.traceback.get());
    to.set_opt(&to.context, from.context.get());
    to.set_opt(&to.cause, from.cause.get());
    to.set_opt(&to.suppress, from.suppress.get());
    if let Some(notes) = find_attr(orig, name!("__notes__"))?
        && (notes.cast::<List>().is_some() || notes.cast::<Tuple>().is_some())
    {
        let copy = protocol::to_list(notes)?;
        set_attr(g, name!("__notes__"), Some(copy.value()))?;
    }
    Ok(Some(g))
}

fn split_method(v: Value, m: Value) -> PyResult<Value> {
    let (a, b) = split(v, &matcher(m)?, true)?;
    tuple::new(&[a.unwrap_or(Value::NONE), b.unwrap_or(Value::NONE)])
}

fn subgroup(v: Value, m: Value) -> PyResult<Value> {
    Ok(split(v, &matcher(m)?, false)?.0.unwrap_or(Value::NONE))
}

// ---- except* ----

/// TypeError for what `except*` cannot catch.
fn check_star_type(class: Value) -> PyResult<()> {
    let one = [class];
    let classes = class.cast::<Tuple>().map_or(&one[..], |t| t.items());
    for &c in classes {
        let Some(t) = c
            .cast::<Type>()
            .filter(|t| t.is_subtype(exc().base_exception))
        else {
            return Err(type_error(
                "catching classes that do not inherit from BaseException is not allowed",
            ));
        };
        if t.is_subtype(exc().base_exception_group) {
            return Err(type_error(
                "catching ExceptionGroup with except* is not allowed. Use except instead.",
            ));
        }
    }
    Ok(())
}

/// `except* class`: the part of `e` that matches (a naked exception comes wrapped in a group), and the rest.
pub fn match_group(e: Value, class: Value) -> PyResult<(Option<Value>, Option<Value>)> {
    check_star_type(class)?;
    if given_matches(e, class) {
        if is_group(e) {
            return Ok((Some(e), None));
        }
        let items = tuple::new(&[e])?;
        let wrapped = call(
            exc().base_exception_group.value(),
            &[Str::empty().value(), items],
        )?;
        return Ok((Some(wrapped), None));
    }
    if is_group(e) {
        return split(e, &Matcher::Class(class), true);
    }
    Ok((None, Some(e)))
}

/// The leaves of a tree of groups.
fn leaves(e: Value, out: &mut RVec) -> PyResult<()> {
    if !is_group(e) {
        return out.push(e);
    }
    exceptions(e)
        .items()
        .iter()
        .try_for_each(|&x| leaves(x, out))
}

/// Whether a group is a part of the original one, re-raised, rather than raised anew.
fn same_metadata(a: Value, b: Value) -> bool {
    if !is_group(a) || !is_group(b) {
        return false;
    }
    let (x, y) = (this(a), this(b));
    x.traceback.get() == y.traceback.get()
        && x.cause.get() == y.cause.get()
        && x.context.get() == y.context.get()
}

/// What to raise at the end of `try: … except*`: None, or the exceptions the handlers raised together with the
/// part of `orig` that nobody handled.
pub fn prep_reraise_star(orig: Value, list: Gc<List>) -> PyResult<Value> {
    if list.is_empty() {
        return Ok(Value::NONE);
    }
    if !is_group(orig) {
        // A naked exception: only one clause can have run.
        return Ok(list.item(0));
    }
    let (mut raised, mut keep) = (RVec::new(), RVec::new());
    for i in 0..list.len() {
        let e = list.item(i);
        if e.is_none() {
            continue;
        }
        if same_metadata(e, orig) {
            leaves(e, &mut keep)?;
        } else {
            raised.push(e)?;
        }
    }
    let reraised = if keep.is_empty() {
        None
    } else {
        split(orig, &Matcher::Objects(&keep), false)?.0
    };
    if raised.is_empty() {
        return Ok(reraised.unwrap_or(Value::NONE));
    }
    if let Some(r) = reraised {
        raised.push(r)?;
    }
    match raised.as_slice() {
        [one] => Ok(*one),
        many => create(Str::empty().value(), many),
    }
}
