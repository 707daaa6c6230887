//! `tuple`: slots and methods.

use rivet_spec::CompareOp;

use crate::exceptions::{PyResult, index_error, type_error, value_error};
use crate::object::args::{check_count, no_keywords};
use crate::object::guard::guarded_repr;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{Type, TypeFlags, protocol};
use crate::types::iterators::SeqIter;
use crate::types::list::methods::{bad_key, is_index, repeated_len, search_bounds};
use crate::types::str::builder::StrBuilder;
use crate::types::tuple::{self, Tuple};
use crate::types::{slice, str};
use crate::value::{Gc, RVec, Value, layout};

const DOC: &str = "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\nIf iterable is specified the tuple is initialized from iterable's items.\n\nIf the argument is a tuple, the return value is the same object.";

/// `tuple`
pub static SPEC: TypeSpec = TypeSpec {
    doc: DOC,
    signature: "(iterable=(), /)",
    flags: TypeFlags::BASETYPE
        | TypeFlags::TUPLE_SUBCLASS
        | TypeFlags::SEQUENCE
        | TypeFlags::MATCH_SELF,
    methods: &[
        Method::noargs(
            "__getnewargs__",
            |v| tuple::new(&[Tuple::from_slice(this(v).items())?.value()]),
            "",
        ),
        Method::fast(
            "index",
            "($self, value, start=0, stop=sys.maxsize, /)",
            index,
            "Return first index of value.\n\nRaises ValueError if the value is not present.",
        ),
        Method::one(
            "count",
            "($self, value, /)",
            count,
            "Return number of occurrences of value.",
        ),
        crate::types::generic_alias::CLASS_GETITEM,
    ],
    slots: |s| {
        s.repr = Some(repr);
        s.hash = Some(hash);
        s.compare = Some(compare);
        s.iter = Some(|v| SeqIter::new(layout::TUPLE_ITER, v));
        s.len = Some(|v| Ok(this(v).len()));
        s.getitem = Some(getitem);
        s.contains = Some(|v, item| {
            for &x in this(v).items() {
                if protocol::equal(x, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        });
        s.concat = Some(concat);
        s.repeat = Some(repeat);
        s.new = Some(new);
    },
    ..TypeSpec::named("tuple")
};

fn this(v: Value) -> Gc<Tuple> {
    v.cast::<Tuple>().expect("checked by the descriptor")
}

fn new(ty: Gc<Type>, args: &[Value], kw: Option<Gc<Tuple>>) -> PyResult<Value> {
    let mine = crate::runtime::types().tuple;
    if ty == mine || ty.slots().init.map(|f| f as usize) == mine.slots().init.map(|f| f as usize) {
        no_keywords("tuple", kw)?;
    }
    let (args, _) = crate::object::args::split(args, kw);
    check_count("tuple", args, 0, 1)?;
    let Some(&iterable) = args.first() else {
        return Tuple::new_of(ty, &[]).map(Gc::value);
    };
    if ty == mine {
        return protocol::to_tuple(iterable).map(Gc::value);
    }
    Tuple::new_of(ty, &protocol::collect(iterable)?).map(Gc::value)
}

fn repr(v: Value) -> PyResult<Value> {
    let t = this(v);
    if t.is_empty() {
        return str::new("()");
    }
    guarded_repr(v, "(...)", || {
        let mut out = StrBuilder::new();
        out.push_text("(");
        for (i, &x) in t.items().iter().enumerate() {
            if i > 0 {
                out.push_text(", ");
            }
            out.push_chars(protocol::repr(x)?.chars());
        }
        out.push_text(if t.len() == 1 { ",)" } else { ")" });
        out.value()
    })
}

/// xxHash over the items' hashes, as in CPython.
fn hash(v: Value) -> PyResult<i64> {
    const P1: u64 = 11_400_714_785_074_694_791;
    const P2: u64 = 14_029_467_366_897_019_727;
    const P5: u64 = 2_870_177_450_012_600_261;
    let t = this(v);
    let mut acc = P5;
    for &x in t.items() {
        let lane = protocol::hash(x)? as u64;
        acc = acc
            .wrapping_add(lane.wrapping_mul(P2))
            .rotate_left(31)
            .wrapping_mul(P1);
    }
    acc = acc.wrapping_add(t.len() as u64 ^ (P5 ^ 3_527_539));
    Ok(if acc == u64::MAX {
        1_546_275_796
    } else {
        acc as i64
    })
}

fn compare(a: Value, b: Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.cast::<Tuple>(), b.cast::<Tuple>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let (x, y) = (x.items(), y.items());
    for (&p, &q) in x.iter().zip(y) {
        if !protocol::equal(p, q)? {
            return match op {
                CompareOp::Eq => Ok(Value::FALSE),
                CompareOp::Ne => Ok(Value::TRUE),
                _ => protocol::compare(p, q, op),
            };
        }
    }
    Ok(Value::bool(protocol::ordering_matches(
        x.len().cmp(&y.len()),
        op,
    )))
}

fn getitem(v: Value, key: Value) -> PyResult<Value> {
    let t = this(v);
    if is_index(key) {
        let i = protocol::sequence_index(key, t.len(), "tuple index out of range")?;
        return t
            .items()
            .get(i)
            .copied()
            .ok_or_else(|| index_error("tuple index out of range"));
    }
    if !slice::is_slice(key) {
        return Err(bad_key("tuple", key));
    }
    let (start, _, step, n) = slice::indices(key, t.len())?;
    if step == 1 {
        if n == t.len() && v.layout_id() == layout::TUPLE {
            return Ok(v);
        }
        return tuple::new(&t.items()[start as usize..start as usize + n]);
    }
    let mut out = RVec::with_capacity(n)?;
    for i in 0..n as isize {
        out.push(t.item((start + i * step) as usize))?;
    }
    tuple::new(&out)
}

fn concat(a: Value, b: Value) -> PyResult<Value> {
    let t = this(a);
    if t.is_empty() && b.cast_exact::<Tuple>().is_some() {
        return Ok(b);
    }
    let Some(other) = b.cast::<Tuple>() else {
        let t = b.type_of().name_string();
        return Err(type_error(format!(
            "can only concatenate tuple (not \"{t}\") to tuple"
        )));
    };
    if other.is_empty() && a.cast_exact::<Tuple>().is_some() {
        return Ok(a);
    }
    let mut out = RVec::with_capacity(t.len() + other.len())?;
    out.extend(t.items())?;
    out.extend(other.items())?;
    tuple::new(&out)
}

fn repeat(v: Value, n: isize) -> PyResult<Value> {
    let t = this(v);
    if (n == 1 || t.is_empty()) && v.cast_exact::<Tuple>().is_some() {
        return Ok(v);
    }
    let mut out = RVec::with_capacity(repeated_len(t.len(), n)?)?;
    for _ in 0..if t.is_empty() { 0 } else { n.max(0) } {
        out.extend(t.items())?;
    }
    tuple::new(&out)
}

fn index(v: Value, args: &[Value]) -> PyResult<Value> {
    check_count("index", args, 1, 3)?;
    let items = this(v).items();
    let (from, to) = search_bounds(args, || items.len())?;
    for (i, &x) in items.iter().enumerate().take(to).skip(from) {
        if protocol::equal(x, args[0])? {
            return Ok(Value::from_usize(i));
        }
    }
    Err(value_error("tuple.index(x): x not in tuple"))
}

fn count(v: Value, item: Value) -> PyResult<Value> {
    let mut n = 0;
    for &x in this(v).items() {
        n += i64::from(protocol::equal(x, item)?);
    }
    Ok(Value::int(n))
}
