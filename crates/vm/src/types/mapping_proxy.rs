//! `mappingproxy`: a read-only view of a mapping.

use rivet_heap::Header;

use crate::exceptions::{PyResult, no_memory, type_error};
use crate::name;
use crate::object::args::{LazySignature, MAX_PARAMS};
use crate::object::call::call_method;
use crate::object::spec::{Method, TypeSpec};
use crate::object::{TypeFlags, number, protocol};
use crate::types::list::List;
use crate::types::tuple::Tuple;
use crate::types::{generic_alias, str};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Gc, Payload, Slot, Value};

/// A mapping proxy.
#[repr(C)]
pub struct MappingProxy {
    header: Header,
    /// What it shows.
    pub mapping: Slot,
}

impl Payload for MappingProxy {
    const LAYOUT: LayoutId = layout::MAPPING_PROXY;
    const KIND: Kind = Kind::MappingProxy;
}

/// `mappingproxy`
pub static SPEC: TypeSpec = TypeSpec {
    flags: TypeFlags::MAPPING,
    methods: &[
        Method::fast(
            "get",
            "",
            |v, a| call_method(of(v), name!("get"), a),
            "Return the value for key if key is in the mapping, else default.",
        ),
        Method::noargs(
            "keys",
            |v| call_method(of(v), name!("keys"), &[]),
            "a set-like object providing a view on the underlying mapping's keys",
        ),
        Method::noargs(
            "values",
            |v| call_method(of(v), name!("values"), &[]),
            "an object providing a view on underlying mapping's values",
        ),
        Method::noargs(
            "items",
            |v| call_method(of(v), name!("items"), &[]),
            "a set-like object providing a view on the underlying mapping's items",
        ),
        Method::noargs(
            "copy",
            |v| call_method(of(v), name!("copy"), &[]),
            "a shallow copy of the underlying mapping",
        ),
        generic_alias::CLASS_GETITEM,
        Method::noargs(
            "__reversed__",
            |v| call_method(of(v), name!("__reversed__"), &[]),
            "reverse iterator over the underlying mapping's keys",
        ),
    ],
    slots: |s| {
        s.repr = Some(|v| str::new(&format!("mappingproxy({})", protocol::repr_string(of(v))?)));
        s.str = Some(|v| protocol::str(of(v)).map(Gc::value));
        s.getitem = Some(|v, k| protocol::get_item(of(v), k));
        s.len = Some(|v| protocol::length(of(v)));
        s.contains = Some(|v, k| protocol::contains(of(v), k));
        s.iter = Some(|v| protocol::iter(of(v)));
        s.compare = Some(|a, b, op| protocol::compare(of(a), b, op));
        s.or = Some(|a, b| number::binary(rivet_spec::BinaryOp::Or, unwrap(a), unwrap(b)));
        s.ior = Some(|a, _| {
            let t = a.type_of().name_string();
            Err(type_error(format!(
                "'|=' is not supported by {t}; use '|' instead"
            )))
        });
        s.new = Some(|_, args, kw| {
            static SIG: LazySignature = LazySignature::new("(mapping)");
            let mut out = [None; MAX_PARAMS];
            SIG.get().bind("mappingproxy", args, kw, &mut out)?;
            let m = out[0].unwrap_or(Value::NONE);
            let sequence = m.cast::<List>().is_some() || m.cast::<Tuple>().is_some();
            if m.type_of().slots().getitem.is_none() || sequence {
                let t = m.type_of().name_string();
                return Err(type_error(format!(
                    "mappingproxy() argument must be a mapping, not {t}"
                )));
            }
            new(m)
        });
    },
    ..TypeSpec::named("mappingproxy")
};

/// The mapping behind a proxy.
fn of(v: Value) -> Value {
    v.cast::<MappingProxy>()
        .expect("checked by the descriptor")
        .mapping
        .value()
}

fn unwrap(v: Value) -> Value {
    v.cast::<MappingProxy>().map_or(v, |p| p.mapping.value())
}

/// A read-only view of a mapping.
pub fn new(mapping: Value) -> PyResult<Value> {
    let p = rivet_heap::alloc(layout::MAPPING_PROXY, 1);
    if p.is_null() {
        return Err(no_memory());
    }
    // SAFETY: fresh zeroed object of layout MAPPING_PROXY.
    let proxy: Gc<MappingProxy> = unsafe { Gc::from_raw(p.cast()) };
    proxy.set(&proxy.mapping, mapping);
    Ok(proxy.value())
}
