//! `_operator`: the operators as functions; attribute, item and method getters.

use rivet_spec::{BinaryOp, CompareOp};
use rivet_vm::exceptions::{PyResult, overflow_error, type_error, value_error};
use rivet_vm::name;
use rivet_vm::object::args::{check_count, no_keywords, split};
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::call::call_method_kw;
use rivet_vm::object::spec::{Method, TypeSpec};
use rivet_vm::object::{TypeFlags, number, protocol};
use rivet_vm::types::buffer;
use rivet_vm::types::int;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::types::tuple::{self, Tuple};
use rivet_vm::value::{Gc, RVec, Root, Value};

use crate::util::{alloc, make_in, nat};

static ATTRGETTER: Root = Root::new();
static ITEMGETTER: Root = Root::new();
static METHODCALLER: Root = Root::new();

macro_rules! two {
    ($name:literal, $doc:literal, $f:expr) => {
        Method::fast(
            $name,
            "($module, a, b, /)",
            |_, v| {
                check_count($name, v, 2, 2)?;
                let f: fn(Value, Value) -> PyResult<Value> = $f;
                f(v[0], v[1])
            },
            $doc,
        )
    };
}

macro_rules! one {
    ($name:literal, $doc:literal, $f:expr) => {
        Method::one(
            $name,
            "($module, a, /)",
            |_, v| {
                let f: fn(Value) -> PyResult<Value> = $f;
                f(v)
            },
            $doc,
        )
    };
}

static METHODS: &[Method] = &[
    one!("truth", "Return True if a is true, False otherwise.", |a| {
        protocol::is_true(a).map(Value::bool)
    }),
    one!("not_", "Same as not a.", |a| protocol::is_true(a)
        .map(|b| Value::bool(!b))),
    one!("neg", "Same as -a.", number::neg),
    one!("pos", "Same as +a.", number::pos),
    one!("abs", "Same as abs(a).", number::abs),
    one!("inv", "Same as ~a.", number::invert),
    one!("invert", "Same as ~a.", number::invert),
    one!("index", "Same as a.__index__()", protocol::index),
    two!("is_", "Same as a is b.", |a, b| Ok(Value::bool(a.is(b)))),
    two!("is_not", "Same as a is not b.", |a, b| Ok(Value::bool(
        !a.is(b)
    ))),
    two!("add", "Same as a + b.", |a, b| number::binary(
        BinaryOp::Add,
        a,
        b
    )),
    two!("sub", "Same as a - b.", |a, b| number::binary(
        BinaryOp::Sub,
        a,
        b
    )),
    two!("mul", "Same as a * b.", |a, b| number::binary(
        BinaryOp::Mul,
        a,
        b
    )),
    two!("matmul", "Same as a @ b.", |a, b| number::binary(
        BinaryOp::MatMul,
        a,
        b
    )),
    two!("floordiv", "Same as a // b.", |a, b| number::binary(
        BinaryOp::FloorDiv,
        a,
        b
    )),
    two!("truediv", "Same as a / b.", |a, b| number::binary(
        BinaryOp::TrueDiv,
        a,
        b
    )),
    two!("mod", "Same as a % b.", |a, b| number::binary(
        BinaryOp::Mod,
        a,
        b
    )),
    two!("lshift", "Same as a << b.", |a, b| number::binary(
        BinaryOp::LShift,
        a,
        b
    )),
    two!("rshift", "Same as a >> b.", |a, b| number::binary(
        BinaryOp::RShift,
        a,
        b
    )),
    two!("and_", "Same as a & b.", |a, b| number::binary(
        BinaryOp::And,
        a,
        b
    )),
    two!("xor", "Same as a ^ b.", |a, b| number::binary(
        BinaryOp::Xor,
        a,
        b
    )),
    two!("or_", "Same as a | b.", |a, b| number::binary(
        BinaryOp::Or,
        a,
        b
    )),
    two!("pow", "Same as a ** b.", |a, b| number::power(
        a,
        b,
        Value::NONE
    )),
    two!("iadd", "Same as a += b.", |a, b| number::inplace(
        BinaryOp::Add,
        a,
        b
    )),
    two!("isub", "Same as a -= b.", |a, b| number::inplace(
        BinaryOp::Sub,
        a,
        b
    )),
    two!("imul", "Same as a *= b.", |a, b| number::inplace(
        BinaryOp::Mul,
        a,
        b
    )),
    two!("imatmul", "Same as a @= b.", |a, b| number::inplace(
        BinaryOp::MatMul,
        a,
        b
    )),
    two!("ifloordiv", "Same as a //= b.", |a, b| number::inplace(
        BinaryOp::FloorDiv,
        a,
        b
    )),
    two!("itruediv", "Same as a /= b.", |a, b| number::inplace(
        BinaryOp::TrueDiv,
        a,
        b
    )),
    two!("imod", "Same as a %= b.", |a, b| number::inplace(
        BinaryOp::Mod,
        a,
        b
    )),
    two!("ilshift", "Same as a <<= b.", |a, b| number::inplace(
        BinaryOp::LShift,
        a,
        b
    )),
    two!("irshift", "Same as a >>= b.", |a, b| number::inplace(
        BinaryOp::RShift,
        a,
        b
    )),
    two!("iand", "Same as a &= b.", |a, b| number::inplace(
        BinaryOp::And,
        a,
        b
    )),
    two!("ixor", "Same as a ^= b.", |a, b| number::inplace(
        BinaryOp::Xor,
        a,
        b
    )),
    two!("ior", "Same as a |= b.", |a, b| number::inplace(
        BinaryOp::Or,
        a,
        b
    )),
    two!("ipow", "Same as a **= b.", |a, b| number::inplace(
        BinaryOp::Pow,
        a,
        b
    )),
    two!("concat", "Same as a + b, for a and b sequences.", |a, b| {
        concat(a, b, false)
    }),
    two!(
        "iconcat",
        "Same as a += b, for a and b sequences.",
        |a, b| concat(a, b, true)
    ),
    two!(
        "contains",
        "Same as b in a (note reversed operands).",
        |a, b| protocol::contains(a, b).map(Value::bool)
    ),
    two!(
        "countOf",
        "Return the number of items in a which are, or which equal, b.",
        count_of
    ),
    two!("indexOf", "Return the first index of b in a.", index_of),
    two!("getitem", "Same as a[b].", protocol::get_item),
    two!("delitem", "Same as del a[b].", |a, b| protocol::set_item(
        a, b, None
    )
    .map(|()| Value::NONE)),
    Method::fast(
        "setitem",
        "($module, a, b, c, /)",
        |_, v| {
            check_count("setitem", v, 3, 3)?;
            protocol::set_item(v[0], v[1], Some(v[2])).map(|()| Value::NONE)
        },
        "Same as a[b] = c.",
    ),
    two!("eq", "Same as a == b.", |a, b| protocol::compare(
        a,
        b,
        CompareOp::Eq
    )),
    two!("ne", "Same as a != b.", |a, b| protocol::compare(
        a,
        b,
        CompareOp::Ne
    )),
    two!("lt", "Same as a < b.", |a, b| protocol::compare(
        a,
        b,
        CompareOp::Lt
    )),
    two!("le", "Same as a <= b.", |a, b| protocol::compare(
        a,
        b,
        CompareOp::Le
    )),
    two!("gt", "Same as a > b.", |a, b| protocol::compare(
        a,
        b,
        CompareOp::Gt
    )),
    two!("ge", "Same as a >= b.", |a, b| protocol::compare(
        a,
        b,
        CompareOp::Ge
    )),
    Method::fast(
        "length_hint",
        "($module, obj, default=0, /)",
        length_hint,
        "Return an estimate of the number of items in obj.\n\nThis is useful for presizing containers when building from an iterable.\n\nIf the object supports len(), the result will be exact.\nOtherwise, it may over- or under-estimate by an arbitrary amount.\nThe result will be an integer >= 0.",
    ),
    two!(
        "_compare_digest",
        "Return 'a == b'.\n\nThis function uses an approach designed to prevent\ntiming analysis, making it appropriate for cryptography.\n\na and b must both be of the same type: either str (ASCII only),\nor any bytes-like object.\n\nNote: If a and b are of different lengths, or if an error occurs,\na timing attack could theoretically reveal information about the\ntypes and lengths of a and b--but not their values.",
        compare_digest
    ),
    Method::fastkw(
        "call",
        "($module, obj, /, *args, **kwargs)",
        |_, v, kw| {
            let (pos, _) = split(v, kw);
            if pos.is_empty() {
                return Err(type_error("call expected at least 1 argument, got 0"));
            }
            rivet_vm::object::call::call_kw(v[0], &v[1..], kw)
        },
        "Same as obj(*args, **kwargs).",
    ),
];

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    m.add("__doc__", str::new("Operator interface.\n\nThis module exports a set of functions implemented in C corresponding\nto the intrinsic operators of Python.  For example, operator.add(x, y)\nis equivalent to the expression x+y.")?)?;
    m.add_functions(METHODS)?;
    make_in(m, &ATTRGETTER, &ATTRGETTER_SPEC, 1)?;
    make_in(m, &ITEMGETTER, &ITEMGETTER_SPEC, 1)?;
    make_in(m, &METHODCALLER, &METHODCALLER_SPEC, 3)?;
    Ok(())
}

fn concat(a: Value, b: Value, inplace: bool) -> PyResult<Value> {
    let s = *a.type_of().slots();
    let f = if inplace {
        s.iconcat.or(s.concat)
    } else {
        s.concat
    };
    if let Some(f) = f {
        return f(a, b);
    }
    if s.getitem.is_some() && b.type_of().slots().getitem.is_some() && !int::is_int(a) {
        let op = BinaryOp::Add;
        return if inplace {
            number::inplace(op, a, b)
        } else {
            number::binary(op, a, b)
        };
    }
    Err(type_error(format!(
        "'{}' object can't be concatenated",
        a.type_of().name_string()
    )))
}

fn iterate(a: Value) -> PyResult<Value> {
    if a.type_of().slots().iter.is_none() && a.type_of().slots().getitem.is_none() {
        return Err(type_error(format!(
            "argument of type '{}' is not iterable",
            a.type_of().name_string()
        )));
    }
    protocol::iter(a)
}

fn count_of(a: Value, b: Value) -> PyResult<Value> {
    let it = iterate(a)?;
    let mut n = 0;
    while let Some(v) = protocol::next(it)? {
        n += i64::from(protocol::equal(v, b)?);
    }
    Ok(Value::int(n))
}

fn index_of(a: Value, b: Value) -> PyResult<Value> {
    let it = iterate(a)?;
    let mut n = 0;
    while let Some(v) = protocol::next(it)? {
        if protocol::equal(v, b)? {
            return Ok(Value::int(n));
        }
        n += 1;
    }
    Err(value_error("sequence.index(x): x not in sequence"))
}

fn length_hint(_m: Value, args: &[Value]) -> PyResult<Value> {
    check_count("length_hint", args, 1, 2)?;
    let default = match args.get(1) {
        Some(&d) => {
            if !int::is_int(d) && d.type_of().slots().index.is_none() {
                let t = d.type_of().name_string();
                return Err(type_error(format!(
                    "'{t}' object cannot be interpreted as an integer"
                )));
            }
            protocol::index_i64(d, |_| {
                overflow_error("Python int too large to convert to C ssize_t")
            })?
        }
        None => 0,
    };
    let n = protocol::length_hint(args[0], usize::MAX >> 2)?;
    Ok(Value::int(if n == usize::MAX >> 2 {
        default
    } else {
        n as i64
    }))
}

fn compare_digest(a: Value, b: Value) -> PyResult<Value> {
    if let (Some(x), Some(y)) = (a.cast::<Str>(), b.cast::<Str>()) {
        return match (x.as_ascii(), y.as_ascii()) {
            (Some(x), Some(y)) => Ok(Value::bool(x == y)),
            _ => Err(type_error(
                "comparing strings with non-ASCII characters is not supported",
            )),
        };
    }
    if !buffer::has_buffer(a) || !buffer::has_buffer(b) {
        let (x, y) = (a.type_of().name_string(), b.type_of().name_string());
        return Err(type_error(format!(
            "unsupported operand types(s) or combination of types: '{x}' and '{y}'"
        )));
    }
    let (x, y) = (buffer::bytes_like(a)?, buffer::bytes_like(b)?);
    let mut diff = u8::from(x.len() != y.len());
    x.iter().zip(&y).for_each(|(p, q)| diff |= p ^ q);
    Ok(Value::bool(diff == 0))
}

fn tuple_slot(v: Value, i: usize) -> Gc<Tuple> {
    nat(v)
        .get(i)
        .and_then(|t| t.cast::<Tuple>())
        .expect("set by new")
}

fn one_argument(what: &str, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    no_keywords(what, kw)?;
    check_count(what, args, 1, 1)?;
    Ok(args[0])
}

/// The reprs of a slice, joined by commas.
fn joined(items: &[Value]) -> PyResult<String> {
    let mut parts = Vec::new();
    for &v in items {
        parts.push(protocol::repr_string(v)?);
    }
    Ok(parts.join(", "))
}

static ATTRGETTER_SPEC: TypeSpec = TypeSpec {
    doc: "attrgetter(attr, ...) --> attrgetter object\n\nReturn a callable object that fetches the given attribute(s) from its operand.\nAfter f = attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).\nAfter h = attrgetter('name.first', 'name.last'), the call h(r) returns\n(r.name.first, r.name.last).",
    methods: &[Method::noargs(
        "__reduce__",
        |v| tuple::new(&[v.type_of().value(), tuple_slot(v, 0).value()]),
        "Return state information for pickling",
    )],
    slots: |s| {
        s.new = Some(|ty, args, kw| {
            no_keywords("attrgetter", kw)?;
            if args.is_empty() {
                return Err(type_error("attrgetter expected 1 argument, got 0"));
            }
            if args.iter().any(|a| a.cast::<Str>().is_none()) {
                return Err(type_error("attribute name must be a string"));
            }
            let n = alloc(ty)?;
            n.put(0, tuple::new(args)?);
            Ok(n.value())
        });
        s.call = Some(|v, args, kw| {
            let obj = one_argument("attrgetter", args, kw)?;
            let names = tuple_slot(v, 0);
            if names.len() == 1 {
                return dotted(obj, names.item(0));
            }
            let mut out = RVec::with_capacity(names.len())?;
            for &n in names.items() {
                out.push(dotted(obj, n)?)?;
            }
            tuple::new(&out)
        });
        s.repr = Some(|v| {
            let t = v.type_of().short_name();
            str::new(&format!(
                "operator.{t}({})",
                joined(tuple_slot(v, 0).items())?
            ))
        });
    },
    ..TypeSpec::named("operator.attrgetter")
};

fn dotted(obj: Value, name: Value) -> PyResult<Value> {
    let s = name.cast::<Str>().expect("checked by new");
    if s.chars().iter().all(|c| c != u32::from(b'.')) {
        return get_attr(obj, s.intern());
    }
    let (mut v, mut from) = (obj, 0);
    for i in 0..=s.len() {
        if i == s.len() || s.chars().get(i) == u32::from(b'.') {
            v = get_attr(v, s.substring(from, i)?.intern())?;
            from = i + 1;
        }
    }
    Ok(v)
}

static ITEMGETTER_SPEC: TypeSpec = TypeSpec {
    doc: "itemgetter(item, ...) --> itemgetter object\n\nReturn a callable object that fetches the given item(s) from its operand.\nAfter f = itemgetter(2), the call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])",
    methods: &[Method::noargs(
        "__reduce__",
        |v| tuple::new(&[v.type_of().value(), tuple_slot(v, 0).value()]),
        "Return state information for pickling",
    )],
    slots: |s| {
        s.new = Some(|ty, args, kw| {
            no_keywords("itemgetter", kw)?;
            if args.is_empty() {
                return Err(type_error("itemgetter expected 1 argument, got 0"));
            }
            let n = alloc(ty)?;
            n.put(0, tuple::new(args)?);
            Ok(n.value())
        });
        s.call = Some(|v, args, kw| {
            let obj = one_argument("itemgetter", args, kw)?;
            let keys = tuple_slot(v, 0);
            if keys.len() == 1 {
                return protocol::get_item(obj, keys.item(0));
            }
            let mut out = RVec::with_capacity(keys.len())?;
            for &k in keys.items() {
                out.push(protocol::get_item(obj, k)?)?;
            }
            tuple::new(&out)
        });
        s.repr = Some(|v| {
            let t = v.type_of().short_name();
            str::new(&format!(
                "operator.{t}({})",
                joined(tuple_slot(v, 0).items())?
            ))
        });
    },
    ..TypeSpec::named("operator.itemgetter")
};

/// Slots of a methodcaller: name, positional arguments followed by keyword values, keyword names.
static METHODCALLER_SPEC: TypeSpec = TypeSpec {
    doc: "methodcaller(name, ...) --> methodcaller object\n\nReturn a callable object that calls the given method on its operand.\nAfter f = methodcaller('name'), the call f(r) returns r.name().\nAfter g = methodcaller('name', 'date', foo=1), the call g(r) returns\nr.name('date', foo=1).",
    flags: TypeFlags::HAVE_VECTORCALL,
    methods: &[Method::noargs(
        "__reduce__",
        caller_reduce,
        "Return state information for pickling",
    )],
    slots: |s| {
        s.new = Some(|ty, args, kw| {
            let (pos, _) = split(args, kw);
            let Some(&name) = pos.first() else {
                return Err(type_error(
                    "methodcaller needs at least one argument, the method name",
                ));
            };
            let Some(name) = name.cast::<Str>() else {
                return Err(type_error("method name must be a string"));
            };
            let n = alloc(ty)?;
            n.put(0, name.intern().value());
            n.put(1, tuple::new(&args[1..])?);
            n.put_opt(2, kw.filter(|k| !k.is_empty()).map(Gc::value));
            Ok(n.value())
        });
        s.call = Some(|v, args, kw| {
            let obj = one_argument("methodcaller", args, kw)?;
            let n = nat(v);
            let name = n.get(0).and_then(|s| s.cast::<Str>()).expect("set by new");
            call_method_kw(
                obj,
                name,
                tuple_slot(v, 1).items(),
                n.get(2).and_then(|k| k.cast::<Tuple>()),
            )
        });
        s.repr = Some(|v| {
            let n = nat(v);
            let kw = n.get(2).and_then(|k| k.cast::<Tuple>());
            let all = tuple_slot(v, 1);
            let (pos, vals) = split(all.items(), kw);
            let mut parts = vec![protocol::repr_string(n.get(0).expect("set by new"))?];
            for &p in pos {
                parts.push(protocol::repr_string(p)?);
            }
            for (i, &x) in vals.iter().enumerate() {
                let k = protocol::str(kw.expect("values have names").item(i))?;
                parts.push(format!(
                    "{}={}",
                    k.to_string_lossy(),
                    protocol::repr_string(x)?
                ));
            }
            str::new(&format!(
                "operator.{}({})",
                v.type_of().short_name(),
                parts.join(", ")
            ))
        });
    },
    ..TypeSpec::named("operator.methodcaller")
};

fn caller_reduce(v: Value) -> PyResult<Value> {
    let n = nat(v);
    let kw = n.get(2).and_then(|k| k.cast::<Tuple>());
    let all = tuple_slot(v, 1);
    let (pos, vals) = split(all.items(), kw);
    let mut args = RVec::new();
    args.push(n.get(0).expect("set by new"))?;
    let Some(kw) = kw else {
        args.extend(pos)?;
        return tuple::new(&[v.type_of().value(), tuple::new(&args)?]);
    };
    let functools = rivet_vm::import::import_module("functools")?;
    let partial = get_attr(functools, name!("partial"))?;
    let mut call_args = RVec::new();
    call_args.push(v.type_of().value())?;
    call_args.push(args[0])?;
    call_args.extend(vals)?;
    let made = rivet_vm::object::call::call_kw(partial, &call_args, Some(kw))?;
    tuple::new(&[made, tuple::new(pos)?])
}
