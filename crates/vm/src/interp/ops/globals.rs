//! Names: cells, globals, builtins, the local namespace of class and module bodies.

use rivet_compile::LocalKind;
use rivet_spec::{Insn, Op};

use crate::exceptions::{PyResult, clear_if, exc, import_error, key_error, name_error_for};
use crate::frames::{Frame, Pc, Regs};
use crate::name;
use crate::object::protocol;
use crate::types::cell::PyCell;
use crate::types::dict::Dict;
use crate::types::function;
use crate::types::object::unbound;
use crate::types::str::Str;
use crate::value::{Gc, Value};

/// MakeCell
pub fn make_cell(regs: Regs, a: u16) -> PyResult<()> {
    let cell = PyCell::new(regs.get_opt(a))?;
    regs.set(a, cell.value());
    Ok(())
}

/// CopyFree
pub fn copy_free(frame: &Frame, insn: Insn) {
    if let Some(f) = frame.func() {
        function::copy_free(f, frame.regs(), insn.a(), insn.b().into());
    }
}

fn cell(regs: Regs, i: u16) -> Gc<PyCell> {
    regs.get(i)
        .cast::<PyCell>()
        .expect("the compiler names registers that hold cells")
}

fn unbound_cell(frame: &Frame, i: u16) -> crate::exceptions::Raised {
    let code = frame.code();
    unbound(
        code.local_name(i.into()),
        code.local_kind(i.into()) == LocalKind::Free,
    )
}

/// LoadDeref
#[inline]
pub fn load_deref(frame: &Frame, insn: Insn) -> PyResult<()> {
    let regs = frame.regs();
    match cell(regs, insn.b()).contents.get() {
        Some(v) => {
            regs.set(insn.a(), v);
            Ok(())
        }
        None => Err(unbound_cell(frame, insn.b())),
    }
}

/// LoadClassDeref
pub fn load_class_deref(frame: &Frame, insn: Insn) -> PyResult<Value> {
    let name = frame.code().local_name(insn.b().into());
    if let Some(v) = local(frame, name)? {
        return Ok(v);
    }
    cell(frame.regs(), insn.b())
        .contents
        .get()
        .ok_or_else(|| unbound_cell(frame, insn.b()))
}

/// StoreDeref
#[inline]
pub fn store_deref(regs: Regs, insn: Insn) {
    let c = cell(regs, insn.a());
    c.set(&c.contents, regs.get(insn.b()));
}

/// DeleteDeref
pub fn delete_deref(frame: &Frame, insn: Insn) -> PyResult<()> {
    let c = cell(frame.regs(), insn.a());
    if c.contents.get().is_none() {
        return Err(unbound_cell(frame, insn.a()));
    }
    c.contents.clear();
    Ok(())
}

/// A global whose position in the namespace is cached. Word 0: keys version | position << 32.
#[inline(always)]
pub fn cached(frame: &Frame, pc: Pc) -> Option<Value> {
    let word = pc.cache(0);
    let g = frame.globals();
    if g.keys_version() == word as u32 {
        g.value_at((word >> 32) as usize)
    } else {
        None
    }
}

/// A builtin whose position is cached. Word 0: keys versions of globals and builtins; word 1: position.
#[inline(always)]
pub fn cached_builtin(frame: &Frame, pc: Pc) -> Option<Value> {
    let word = pc.cache(0);
    let b = frame.builtins().cast_exact::<Dict>()?;
    if frame.globals().keys_version() == word as u32 && b.keys_version() == (word >> 32) as u32 {
        b.value_at(pc.cache(1) as usize)
    } else {
        None
    }
}

/// LoadGlobal in general; leaves a cache behind.
#[inline(never)]
pub fn load_global(frame: &Frame, pc: Pc, insn: Insn) -> PyResult<Value> {
    let name = frame.code().name_at(insn.b());
    let g = frame.globals();
    let rewrite = |op: Op| pc.rewrite(Insn(insn.0 & !0xff | op as u64));
    if let Some(at) = g.position_of(name) {
        pc.set_cache(0, u64::from(g.keys_version()) | (at as u64) << 32);
        rewrite(Op::LoadGlobalCached);
        return Ok(g.value_at(at).expect("found"));
    }
    if let Some(v) = foreign_key(g, name)? {
        return Ok(v);
    }
    if let Some(b) = frame.builtins().cast_exact::<Dict>() {
        if let Some(at) = b.position_of(name) {
            pc.set_cache(
                0,
                u64::from(g.keys_version()) | u64::from(b.keys_version()) << 32,
            );
            pc.set_cache(1, at as u64);
            rewrite(Op::LoadBuiltinCached);
            return Ok(b.value_at(at).expect("found"));
        }
        return Err(name_error_for(name));
    }
    builtin(frame, name)?.ok_or_else(|| name_error_for(name))
}

/// A namespace with keys that are no plain str may hold an equal key that only comparison finds.
fn foreign_key(d: Gc<Dict>, name: Gc<Str>) -> PyResult<Option<Value>> {
    d.get(name.value())
}

fn builtin(frame: &Frame, name: Gc<Str>) -> PyResult<Option<Value>> {
    let b = frame.builtins();
    if let Some(d) = b.cast_exact::<Dict>() {
        return d.get(name.value());
    }
    match protocol::get_item(b, name.value()) {
        Ok(v) => Ok(Some(v)),
        Err(raised) => clear_if(raised, exc().key_error).map(|()| None),
    }
}

/// StoreGlobal
pub fn store_global(frame: &Frame, insn: Insn) -> PyResult<()> {
    let name = frame.code().name_at(insn.a());
    frame
        .globals()
        .set_item(name.value(), frame.regs().get(insn.b()))
}

/// DeleteGlobal
pub fn delete_global(frame: &Frame, insn: Insn) -> PyResult<()> {
    let name = frame.code().name_at(insn.a());
    match frame.globals().remove(name.value())? {
        Some(_) => Ok(()),
        None => Err(name_error_for(name)),
    }
}

/// A name in the local namespace.
fn local(frame: &Frame, name: Gc<Str>) -> PyResult<Option<Value>> {
    let Some(ns) = frame.namespace() else {
        return Ok(None);
    };
    if let Some(d) = ns.cast_exact::<Dict>() {
        return d.get(name.value());
    }
    match protocol::get_item(ns, name.value()) {
        Ok(v) => Ok(Some(v)),
        Err(raised) => clear_if(raised, exc().key_error).map(|()| None),
    }
}

/// LoadName
pub fn load_name(frame: &Frame, insn: Insn) -> PyResult<Value> {
    let name = frame.code().name_at(insn.b());
    if let Some(v) = local(frame, name)? {
        return Ok(v);
    }
    if let Some(v) = frame.globals().get(name.value())? {
        return Ok(v);
    }
    builtin(frame, name)?.ok_or_else(|| name_error_for(name))
}

fn namespace(frame: &Frame) -> PyResult<Value> {
    frame
        .namespace()
        .ok_or_else(|| crate::exceptions::system_error("no locals found"))
}

/// StoreName
pub fn store_name(frame: &Frame, insn: Insn) -> PyResult<()> {
    let (name, v) = (frame.code().name_at(insn.a()), frame.regs().get(insn.b()));
    let ns = namespace(frame)?;
    match ns.cast_exact::<Dict>() {
        Some(d) => d.set_item(name.value(), v),
        None => protocol::set_item(ns, name.value(), Some(v)),
    }
}

/// DeleteName
pub fn delete_name(frame: &Frame, insn: Insn) -> PyResult<()> {
    let name = frame.code().name_at(insn.a());
    let ns = namespace(frame)?;
    if let Some(d) = ns.cast_exact::<Dict>() {
        return match d.remove(name.value())? {
            Some(_) => Ok(()),
            None => Err(name_error_for(name)),
        };
    }
    match protocol::set_item(ns, name.value(), None) {
        Ok(()) => Ok(()),
        Err(raised) => {
            clear_if(raised, exc().key_error)?;
            Err(name_error_for(name))
        }
    }
}

/// LoadLocals
pub fn load_locals(frame: &Frame) -> PyResult<Value> {
    namespace(frame)
}

/// SetupAnnotations
pub fn setup_annotations(frame: &Frame) -> PyResult<()> {
    let name = name!("__annotations__");
    if local(frame, name)?.is_some() {
        return Ok(());
    }
    let ns = namespace(frame)?;
    let d = Dict::new()?.value();
    match ns.cast_exact::<Dict>() {
        Some(ns) => ns.set_interned(name, d),
        None => protocol::set_item(ns, name.value(), Some(d)),
    }
}

/// LoadBuildClass
pub fn build_class(frame: &Frame) -> PyResult<Value> {
    let name = name!("__build_class__");
    match builtin(frame, name)? {
        Some(f) => Ok(f),
        None => Err(crate::exceptions::name_error("__build_class__ not found")),
    }
}

/// KeyError of a name (kept with the rooms that look names up).
pub fn missing_key(name: Gc<Str>) -> crate::exceptions::Raised {
    key_error(name.value())
}

/// ImportError "__import__ not found".
pub fn import_function(frame: &Frame) -> PyResult<Value> {
    builtin(frame, name!("__import__"))?.ok_or_else(|| import_error("__import__ not found"))
}
