//! `re.Match`.

use rivet_vm::exceptions::{PyResult, index_error};
use rivet_vm::name;
use rivet_vm::object::args::Bound;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::call::call;
use rivet_vm::object::native::Native;
use rivet_vm::object::spec::{GetSet, Member, Method, TypeSpec};
use rivet_vm::object::{TypeFlags, protocol};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::str;
use rivet_vm::types::{int, tuple};
use rivet_vm::value::{RVec, Root, Value};

use super::pattern::{self, Found, Subject};
use crate::util::{make, nat, ty};

static MATCH: Root = Root::new();

/// Slots: string, pattern, regs (made when asked for).
const STRING: usize = 0;
const PATTERN: usize = 1;
const REGS: usize = 2;

struct State {
    found: Found,
    pos: usize,
    endpos: usize,
}

/// Makes the type.
pub fn make_types() {
    make(&MATCH, &SPEC, 3);
}

/// A match object.
pub fn new(
    pattern: Value,
    string: Value,
    found: Found,
    pos: usize,
    endpos: usize,
) -> PyResult<Value> {
    let n = Native::new(ty(&MATCH))?;
    n.put(STRING, string);
    n.put(PATTERN, pattern);
    n.set_state(State { found, pos, endpos });
    Ok(n.value())
}

fn state<'a>(v: Value) -> &'a State {
    nat(v).state::<State>().expect("set by new")
}

fn parts(v: Value) -> (Value, Value) {
    (
        nat(v).get(STRING).unwrap_or(Value::NONE),
        nat(v).get(PATTERN).unwrap_or(Value::NONE),
    )
}

/// The number of a group given by number or name.
fn group_number(v: Value, key: Value) -> PyResult<usize> {
    let s = state(v);
    let mut number = None;
    if int::is_int(key) || key.type_of().slots().index.is_some() {
        number = int::to_i64(protocol::index(key)?);
    } else if let Some(d) = pattern::group_index(parts(v).1) {
        number = d.get(key)?.and_then(int::to_i64);
    }
    match number {
        Some(i) if i >= 0 && (i as usize) < s.found.spans.len() => Ok(i as usize),
        _ => Err(index_error("no such group")),
    }
}

fn slice(v: Value, g: usize, default: Value) -> PyResult<Value> {
    let (a, b) = state(v).found.spans[g];
    if a == usize::MAX {
        return Ok(default);
    }
    let (string, pattern) = parts(v);
    Subject::of(pattern::compiled(pattern), string)?.slice(a, b)
}

fn group(v: Value, args: &[Value]) -> PyResult<Value> {
    match *args {
        [] => slice(v, 0, Value::NONE),
        [k] => slice(v, group_number(v, k)?, Value::NONE),
        _ => {
            let mut out = RVec::with_capacity(args.len())?;
            for &k in args {
                out.push(slice(v, group_number(v, k)?, Value::NONE)?)?;
            }
            tuple::new(&out)
        }
    }
}

fn position(x: usize) -> Value {
    if x == usize::MAX {
        Value::int(-1)
    } else {
        Value::from_usize(x)
    }
}

/// The span of the group named by an optional argument.
fn span_of(v: Value, args: &[Value], fname: &str) -> PyResult<(Value, Value)> {
    rivet_vm::object::args::check_count(fname, args, 0, 1)?;
    let g = args.first().map_or(Ok(0), |&k| group_number(v, k))?;
    let (a, b) = state(v).found.spans[g];
    Ok((position(a), position(b)))
}

fn default_of(a: Bound) -> Value {
    a[0].unwrap_or(Value::NONE)
}

static SPEC: TypeSpec = TypeSpec {
    doc: "The result of re.match() and re.search().\nMatch objects always have a boolean value of True.",
    flags: TypeFlags::DISALLOW_INSTANTIATION | TypeFlags::KEYED,
    methods: &[
        Method::fast(
            "group",
            "",
            group,
            "group([group1, ...]) -> str or tuple.\nReturn subgroup(s) of the match by indices or names.\nFor 0 returns the entire match.",
        ),
        Method::fast(
            "start",
            "($self, group=0, /)",
            |v, a| span_of(v, a, "start").map(|s| s.0),
            "Return index of the start of the substring matched by group.",
        ),
        Method::fast(
            "end",
            "($self, group=0, /)",
            |v, a| span_of(v, a, "end").map(|s| s.1),
            "Return index of the end of the substring matched by group.",
        ),
        Method::fast(
            "span",
            "($self, group=0, /)",
            |v, a| span_of(v, a, "span").and_then(|(x, y)| tuple::new(&[x, y])),
            "For match object m, return the 2-tuple (m.start(group), m.end(group)).",
        ),
        Method::bound(
            "groups",
            "($self, /, default=None)",
            |v, a| {
                let mut out = RVec::new();
                for g in 1..state(v).found.spans.len() {
                    out.push(slice(v, g, default_of(a))?)?;
                }
                tuple::new(&out)
            },
            "Return a tuple containing all the subgroups of the match, from 1.\n\n  default\n    Is used for groups that did not participate in the match.",
        ),
        Method::bound(
            "groupdict",
            "($self, /, default=None)",
            |v, a| {
                let out = Dict::new()?;
                if let Some(d) = pattern::group_index(parts(v).1) {
                    let mut i = 0;
                    while let Some((k, _)) = d.next_entry(&mut i) {
                        out.set_item(k, slice(v, group_number(v, k)?, default_of(a))?)?;
                    }
                }
                Ok(out.value())
            },
            "Return a dictionary containing all the named subgroups of the match, keyed by the subgroup name.\n\n  default\n    Is used for groups that did not participate in the match.",
        ),
        Method::bound(
            "expand",
            "($self, /, template)",
            |v, a| {
                let re = rivet_vm::import::import_module("re")?;
                call(
                    get_attr(re, name!("_expand"))?,
                    &[parts(v).1, v, default_of(a)],
                )
            },
            "Return the string obtained by doing backslash substitution on the string template, as done by the sub() method.",
        ),
        Method::noargs("__copy__", Ok, ""),
        Method::one("__deepcopy__", "($self, memo, /)", |v, _| Ok(v), ""),
        rivet_vm::types::generic_alias::CLASS_GETITEM,
    ],
    getset: &[
        GetSet::new("lastindex", |v| {
            let i = state(v).found.lastindex;
            Ok(if i >= 0 { Value::int(i) } else { Value::NONE })
        })
        .doc("The integer index of the last matched capturing group."),
        GetSet::new("lastgroup", |v| {
            let i = state(v).found.lastindex;
            Ok(if i >= 0 {
                pattern::group_name(parts(v).1, i as usize)
            } else {
                Value::NONE
            })
        })
        .doc("The name of the last matched capturing group."),
        GetSet::new("regs", |v| {
            if let Some(r) = nat(v).get(REGS) {
                return Ok(r);
            }
            let mut out = RVec::new();
            for &(a, b) in &state(v).found.spans {
                out.push(tuple::new(&[position(a), position(b)])?)?;
            }
            let r = tuple::new(&out)?;
            nat(v).put(REGS, r);
            Ok(r)
        }),
        GetSet::new("pos", |v| Ok(Value::from_usize(state(v).pos)))
            .doc("The index into the string at which the RE engine started looking for a match."),
        GetSet::new("endpos", |v| Ok(Value::from_usize(state(v).endpos)))
            .doc("The index into the string beyond which the RE engine will not go."),
    ],
    members: &[
        Member {
            name: "string",
            word: 1,
            readonly: true,
            none: true,
        },
        Member {
            name: "re",
            word: 2,
            readonly: true,
            none: true,
        },
    ],
    slots: |s| {
        s.repr = Some(|v| {
            let (a, b) = state(v).found.spans[0];
            let text = protocol::repr_string(slice(v, 0, Value::NONE)?)?;
            str::new(&format!("<re.Match object; span=({a}, {b}), match={text}>"))
        });
        s.getitem = Some(|v, key| slice(v, group_number(v, key)?, Value::NONE));
    },
    ..TypeSpec::named("re.Match")
};
