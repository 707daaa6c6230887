//! Signatures that nobody declared: Cython exports the C functions behind `cpdef` functions in `__pyx_capi__`, a dict of
//! capsules whose names are C signatures. When a module has been imported, its functions are looked up there, and those
//! that are proven to be the wrapper of such a C function (`proof`) are called by its signature.
//!
//! Errors: signatures do not tell a function's exception clause, so the pending exception is looked at after each call;
//! that is right for every clause. `__pyx_skip_dispatch` gets 1, as from a wrapper; optional arguments that are not
//! given are a null pointer, calls that give them take the wrapper.

mod conversion;
mod functions;
mod fused;
mod proof;
mod references;
mod signature;
mod traceback;
mod x86;

use std::collections::HashSet;

use rivet_vm::object::{Type, TypeFlags};
use rivet_vm::types::dict::Dict;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::module::Module;
use rivet_vm::types::native::{
    Effects, ErrorConvention, MAX_PARAMS, Signature, Target, TypeCode, TypedEntry,
};
use rivet_vm::types::str::Str;
use rivet_vm::value::{Gc, Value};

use super::image::Image;
use super::type_at;
use conversion::{Known, int_parameter, own_exception};
use functions::File;
use fused::Variant;
use proof::{Proven, Wrapper, is_cython_function, prove, wrapper_of};
use signature::{CSignature, CType, parse};
pub use traceback::failed;

/// A C function of `__pyx_capi__`.
struct Export {
    name: String,
    /// The capsule's name.
    text: String,
    address: usize,
    /// Whether a Python function was found for it.
    found: bool,
}

/// What became of one function.
#[derive(Clone)]
pub struct Row {
    /// The class it is a method of.
    pub class: Option<String>,
    /// As Python reaches it: `f`, `f["double"]`; or the name of a C function that Python does not see.
    pub name: String,
    /// Its wrapper; None: there is none.
    pub target: Option<&'static Target>,
    /// Its signature, or why it has none.
    pub entry: Result<&'static TypedEntry, String>,
    /// A function of the module's table, which is listed anyhow.
    pub builtin: bool,
}

/// Whether machine code of this platform can be read.
const READABLE: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// Finds the signatures of a module that has been imported, and attaches them. None: it is not Cython's, or exports
/// nothing.
pub fn mine(module: Value) -> Option<Vec<Row>> {
    let namespace = module.cast::<Module>()?.dict();
    let capi = namespace.get_str("__pyx_capi__")?.cast::<Dict>()?;
    if !READABLE {
        return None;
    }
    let exports = exports(capi);
    let file = exports.iter().find_map(|e| File::of(e.address))?;
    let mut miner = Miner {
        module,
        file,
        known: Known::new(Image::of_process()),
        exports,
        rows: Vec::new(),
    };
    // Nothing the proofs run changes the namespace, but nothing depends on that either.
    let mut i = 0;
    while let Some((k, v)) = namespace.next_entry(&mut i) {
        if let Some(name) = k.cast::<Str>() {
            miner.bound(&name.to_string_lossy(), v);
        }
    }
    miner.rest();
    Some(miner.rows)
}

fn exports(capi: Gc<Dict>) -> Vec<Export> {
    let (mut out, mut i) = (Vec::new(), 0);
    while let Some((k, v)) = capi.next_entry(&mut i) {
        if let (Some(name), Some((address, text))) = (k.cast::<Str>(), crate::capsule::parts(v)) {
            out.push(Export {
                name: name.to_string_lossy().into_owned(),
                text,
                address: address as usize,
                found: false,
            });
        }
    }
    out
}

struct Miner {
    module: Value,
    /// The module's.
    file: File,
    known: Known,
    exports: Vec<Export>,
    rows: Vec<Row>,
}

impl Miner {
    /// Something that a name of the module is bound to.
    fn bound(&mut self, name: &str, v: Value) {
        if let Some(ty) = v.cast::<Type>().filter(|t| t.has(TypeFlags::C_DEFINED)) {
            return self.class(ty);
        }
        if !is_cython_function(v) && v.cast::<Builtin>().is_none() {
            return;
        }
        let Some(w) = self.wrapper(v) else {
            return;
        };
        match fused::variants(v) {
            Some(all) => self.fused(name, &w, all),
            None => self.function(name, name, name, &w),
        }
    }

    /// The function behind a callable, if it is of this module's file.
    fn wrapper(&self, v: Value) -> Option<Wrapper> {
        wrapper_of(self.known.image(), self.module, v)
            .filter(|w| self.file.holds(w.target.definition))
    }

    /// The methods of a class: their C functions are in no list with signatures.
    fn class(&mut self, ty: Gc<Type>) {
        let (namespace, mut i) = (ty.namespace(), 0);
        while let Some((k, v)) = namespace.next_entry(&mut i) {
            if let Some(k) = k.cast::<Str>().filter(|_| is_cython_function(v))
                && let Some(w) = self.wrapper(v)
            {
                let reason = "a method: `__pyx_capi__` has functions of modules only";
                self.row(k.to_string_lossy().into_owned(), &w, Err(reason.into()));
                if let Some(row) = self.rows.last_mut() {
                    row.class = Some(ty.short_name());
                }
            }
        }
    }

    /// A function that chooses between variants when it is called.
    fn fused(&mut self, name: &str, w: &Wrapper, all: Gc<Dict>) {
        let (mut variants, mut i) = (Vec::new(), 0);
        let first = self.rows.len();
        while let Some((k, v)) = all.next_entry(&mut i) {
            let (Some(k), Some(inner)) = (k.cast::<Str>(), self.wrapper(v)) else {
                continue;
            };
            let Some(own) = inner.target.method.get().map(|m| m.name) else {
                continue;
            };
            let exported = exported_name(own, &inner);
            let shown = format!("{name}[{:?}]", k.to_string_lossy());
            self.function(&shown, own, &exported, &inner);
            if let Some(entry) = inner.target.typed.get() {
                variants.push(Variant::new(i - 1, entry));
            }
        }
        self.row(name.to_owned(), w, fused::chain(w, all, variants));
        self.rows[first..].rotate_right(1);
    }

    /// One function that Python sees as `shown`, whose own name is `name`, exported as `exported`.
    fn function(&mut self, shown: &str, name: &str, exported: &str, w: &Wrapper) {
        let Some(export) = self.exports.iter_mut().find(|e| e.name == exported) else {
            let reason = "not in `__pyx_capi__`: a def function, or one that no .pxd declares";
            return self.row(shown.to_owned(), w, Err(reason.into()));
        };
        export.found = true;
        let (text, address) = (export.text.clone(), export.address);
        let result = self.entry(name, &text, address, w);
        self.row(shown.to_owned(), w, result);
    }

    /// The entry of a function, or why it has none.
    fn entry(
        &self,
        name: &str,
        text: &str,
        address: usize,
        w: &Wrapper,
    ) -> Result<&'static TypedEntry, String> {
        let c = parse(text).ok_or_else(|| format!("`{text}` is not understood"))?;
        if !c.overridable {
            return Err("the C function of this name is no cpdef function".into());
        }
        expressible(&c)?;
        let proven = prove(self.known.image(), w, name, address)?;
        let signature = self.signature(&c, w, &proven, address)?;
        let entry: &'static TypedEntry =
            Box::leak(Box::new(TypedEntry::new(address as *const _, signature)));
        match proven.traceback_name {
            Some(name) => traceback::note_function(entry, self.module, w.value, name),
            None => {
                if let Some(e) = own_exception(w, &c.params) {
                    traceback::note_exception(entry, self.module, e);
                }
            }
        }
        Ok(entry)
    }

    fn signature(
        &self,
        c: &CSignature,
        w: &Wrapper,
        proven: &Proven,
        native: usize,
    ) -> Result<Signature, String> {
        let objects = self.known.objects(proven, &c.params)?;
        let result = match &c.result {
            CType::Plain(code) => *code,
            CType::IntOrBint => self.known.int_result(proven, native)?,
            CType::Object => TypeCode::Object,
            CType::Void | CType::Other(_) => TypeCode::Void,
            CType::Instance(_) => TypeCode::Object,
        };
        let given = c.params.len();
        let mut s = Signature {
            params: [TypeCode::Void; MAX_PARAMS],
            count: (given + 1 + usize::from(c.optional)) as u8,
            result,
            error: ErrorConvention::Always,
            defaults_from: given as u8,
            effects: Effects::default(),
            sentinel: 0,
            defaults: [0; MAX_PARAMS],
        };
        for (i, p) in c.params.iter().enumerate() {
            s.params[i] = match p {
                CType::Plain(code) => *code,
                CType::IntOrBint => int_parameter(w, &c.params, i)?,
                _ => match objects[i] {
                    None => TypeCode::Object,
                    Some(address) => {
                        let ty = type_at(address).ok_or("a type is not ready")?;
                        s.defaults[i] = ty.as_ptr() as u64;
                        TypeCode::ExactObject
                    }
                },
            };
        }
        for i in given..s.count as usize {
            s.params[i] = TypeCode::Constant;
        }
        // What a wrapper passes for `__pyx_skip_dispatch`; the pointer to optional arguments stays null.
        s.defaults[given] = 1;
        Ok(s)
    }

    fn row(&mut self, name: String, w: &Wrapper, result: Result<&'static TypedEntry, String>) {
        let target: &'static Target = w.target;
        if let Ok(entry) = &result
            && target.typed.get().is_none()
        {
            target.typed.set(Some(entry));
        }
        self.rows.push(Row {
            class: None,
            name,
            target: Some(target),
            entry: result,
            builtin: !w.own_type,
        });
    }

    /// The exported C functions that no Python function was found for.
    fn rest(&mut self) {
        // Cython 3.3 exports variants of fused functions by a second name, `name[type]`.
        let found: HashSet<usize> = self
            .exports
            .iter()
            .filter(|e| e.found)
            .map(|e| e.address)
            .collect();
        let again = |e: &Export| e.name.ends_with(']') && found.contains(&e.address);
        for e in self.exports.iter().filter(|e| !e.found && !again(e)) {
            let reason = match parse(&e.text) {
                Some(c) if c.overridable => "no Python function of this name was found",
                Some(_) => "a cdef function: Python does not see it",
                None => "its signature is not understood",
            };
            self.rows.push(Row {
                class: None,
                name: e.name.clone(),
                target: None,
                entry: Err(reason.into()),
                builtin: false,
            });
        }
    }
}

/// Whether calls by a C signature are possible at all.
fn expressible(c: &CSignature) -> Result<(), String> {
    for (i, p) in c.params.iter().enumerate() {
        if let CType::Other(name) = p {
            return Err(format!("parameter {}: {}", i + 1, signature::reason(name)));
        }
    }
    if let CType::Other(name) = &c.result {
        return Err(format!("the result: {}", signature::reason(name)));
    }
    let words = c.params.len() + 1 + usize::from(c.optional);
    if words > MAX_PARAMS {
        return Err(format!(
            "{words} words are passed; at most {MAX_PARAMS} are supported"
        ));
    }
    Ok(())
}

/// What a variant of a fused function is exported as. From Cython 3.3 on its own name is that of its C function:
/// `__pyx_fuse_0__pyx_f_3pkg_2mod_name` is exported as `__pyx_fuse_0name`.
fn exported_name(own: &str, w: &Wrapper) -> String {
    let module = proof::attribute(w.value, "__module__").unwrap_or_default();
    own.replacen(&format!("__pyx_f_{}", conversion::mangled(&module)), "", 1)
}
