//! Objects outside the C heap that have no prefix: statically allocated instances of extension types, and whatever an
//! extension has put into memory of its own (`links` has a table for them); static objects of builtin types, which are
//! few and live for good.

use std::collections::HashMap;

use rivet_vm::exceptions::{PyResult, system_error};
use rivet_vm::gil::Guarded;
use rivet_vm::object::{TypeFlags, instance};
use rivet_vm::types::list::List;
use rivet_vm::value::{Root, Value};

use crate::layout::Ref;
use crate::types;

/// Address to its place in `KEPT`.
static KNOWN: Guarded<Option<HashMap<usize, usize>>> = Guarded::new(None);
static KEPT: Root = Root::new();

/// Keeps a value for good.
pub fn keep(v: Value) -> PyResult<usize> {
    let list = match KEPT.get().and_then(|l| l.cast::<List>()) {
        Some(l) => l,
        None => {
            let l = List::new()?;
            KEPT.set(l.value());
            l
        }
    };
    list.append(v)?;
    Ok(list.len() - 1)
}

/// What `keep` has kept at this place.
pub fn kept(i: usize) -> Option<Value> {
    KEPT.get()
        .and_then(|l| l.cast::<List>())
        .and_then(|l| l.get(i))
}

fn remember(op: Ref, v: Value) -> PyResult<Value> {
    let at = keep(v)?;
    KNOWN.with(|k| k.get_or_insert_with(HashMap::new).insert(op as usize, at));
    Ok(v)
}

/// The value of an object without a prefix.
///
/// # Safety
/// `op` is a live object outside the C heap that is no type and no singleton.
pub unsafe fn value(op: Ref) -> PyResult<Value> {
    let linked = super::links::linked(op);
    if linked != 0 {
        return Ok(Value::from_header(linked as *mut rivet_heap::Header));
    }
    let at = KNOWN.with(|k| k.as_ref().and_then(|k| k.get(&(op as usize)).copied()));
    if let Some(v) = at.and_then(kept) {
        return Ok(v);
    }
    // SAFETY: by contract.
    unsafe {
        let ty = (*op).ty;
        if let Some(v) = crate::runtime_block::static_value(op)? {
            return remember(op, v);
        }
        match types::managed(ty) {
            Some(t)
                if t.has(TypeFlags::FOREIGN)
                    && t.kind() == rivet_vm::value::layout::Kind::Foreign =>
            {
                // Its memory is the extension's affair, its life is like that of others.
                let v = instance::allocate(t, 0)?;
                super::links::link(v.as_header().expect("an object"), op);
                Ok(v)
            }
            _ => {
                let name = crate::errors::text((*ty).name);
                Err(system_error(format!(
                    "an object of type '{name}' that the runtime does not know crossed the border"
                )))
            }
        }
    }
}
