//! The two carriers of signatures, read and validated. The layouts are those of `include/typed_method.h`.

use std::collections::HashMap;

use rivet_vm::object::Type;
use rivet_vm::types::native::{
    Convention, Effects, ErrorConvention, MAX_PARAMS, Signature, Target, TypeCode, TypedEntry,
};
use rivet_vm::value::{Gc, layout};

use super::image::{Image, Plain};
use super::{Found, Refusal, flagged_definitions, name_in, targets_of};
use crate::layout::{METH_CLASS, METH_STATIC};

/// `ml_flags`: the signature lies before the method's name.
pub const METH_TYPED: u32 = 0x1000;

/// Where signatures come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// The exported table.
    Table,
    /// The flag and the prefix.
    Prefix,
    /// What Cython exports for other Cython modules.
    Mined,
}

impl Carrier {
    /// Its name in listings.
    pub const fn name(self) -> &'static str {
        match self {
            Carrier::Table => "table",
            Carrier::Prefix => "flag",
            Carrier::Mined => "mined",
        }
    }
}

const TABLE_VERSION: u32 = 1;
const ENTRY_VERSION: u16 = 1;
/// Parameters that an entry has room for.
const ENTRY_PARAMS: usize = 8;
/// Overloads that are followed.
const MAX_OVERLOADS: usize = 8;
/// Entries larger than this are taken for garbage.
const MAX_ENTRY: u32 = 4096;

/// `PyTypedTable`
#[derive(Clone, Copy)]
#[repr(C)]
struct RawTable {
    version: u32,
    count: u32,
    entries: usize,
}

/// `PyTypedEntry`, version 1.
#[derive(Clone, Copy)]
#[repr(C)]
struct RawEntry {
    size: u32,
    version: u16,
    nparams: u16,
    method: usize,
    native: usize,
    result: u16,
    reserved: u16,
    effects: u32,
    error: u32,
    sentinel: u64,
    params: [u16; ENTRY_PARAMS],
    names: usize,
    defaults_from: u32,
    reserved2: u32,
    defaults: [u64; ENTRY_PARAMS],
    self_type: usize,
    overload: usize,
}

/// The fields of an entry that every version has.
#[derive(Clone, Copy)]
#[repr(C)]
struct EntryHead {
    size: u32,
    version: u16,
    nparams: u16,
    method: usize,
}

/// `PyTypedPrefix` up to the name.
#[derive(Clone, Copy)]
#[repr(C)]
struct RawPrefix {
    arg_types: usize,
    ret_type: i32,
    padding: i32,
    native: usize,
}

// SAFETY: numbers and addresses as numbers.
unsafe impl Plain for RawTable {}
// SAFETY: as above.
unsafe impl Plain for RawEntry {}
// SAFETY: as above.
unsafe impl Plain for EntryHead {}
// SAFETY: as above.
unsafe impl Plain for RawPrefix {}

const _: () = assert!(size_of::<RawEntry>() == 160 && size_of::<RawPrefix>() == 24);

/// Reads the exported table at this address.
pub fn read_table(image: &Image, at: usize, found: &mut Found) {
    let Some(table) = image.read::<RawTable>(at) else {
        return found.problem(None, "the typed table is not readable data");
    };
    if table.version != TABLE_VERSION {
        let v = table.version;
        return found.unknown(
            None,
            format!("the typed table has version {v}; this runtime knows version {TABLE_VERSION}"),
        );
    }
    let entries = table_entries(image, &table, found);
    let mut declared: HashMap<usize, usize> = HashMap::new();
    for (_, e) in &entries {
        *declared.entry(e.method).or_default() += 1;
    }
    for (n, raw) in entries {
        let Some(target) = targets_of(raw.method).first().copied() else {
            found.problem(None, unknown_method(n, raw.method));
            continue;
        };
        let name = target.method.get().map_or("?", |m| m.name);
        if declared[&raw.method] > 1 {
            found.problem(
                Some(name),
                format!("entry {n}: the method is declared more than once; no declaration counts"),
            );
            continue;
        }
        match chain(image, &raw, target) {
            Ok(entry) => found.entries.push((raw.method, entry)),
            Err(Refusal::Wrong(text)) => found.problem(Some(name), format!("entry {n}: {text}")),
            Err(Refusal::Unknown(text)) => found.unknown(Some(name), format!("entry {n}: {text}")),
        }
    }
}

fn unknown_method(n: usize, method: usize) -> String {
    if method == 0 {
        format!("entry {n}: names no method")
    } else {
        format!("entry {n}: its method is not one of the module's functions or methods")
    }
}

/// The entries of known versions, with their numbers.
fn table_entries(image: &Image, table: &RawTable, found: &mut Found) -> Vec<(usize, RawEntry)> {
    let mut out = Vec::new();
    let mut at = table.entries;
    for n in 0..table.count as usize {
        let Some(head) = image.read::<EntryHead>(at) else {
            found.problem(
                None,
                format!("entry {n}: not readable data; the rest of the table is skipped"),
            );
            break;
        };
        let least = size_of::<EntryHead>() as u32;
        if head.size < least || head.size > MAX_ENTRY || head.size % 8 != 0 {
            let size = head.size;
            found.problem(
                None,
                format!("entry {n}: impossible size {size}; the rest of the table is skipped"),
            );
            break;
        }
        if head.version != ENTRY_VERSION {
            let name = targets_of(head.method).first().and_then(|t| t.method.get());
            let v = head.version;
            found.unknown(
                name.map(|m| m.name),
                format!("entry {n}: version {v}; this runtime knows version {ENTRY_VERSION}"),
            );
        } else if let Some(raw) = sized::<RawEntry>(image, at, head.size) {
            out.push((n, raw));
        } else {
            found.problem(
                None,
                format!("entry {n}: size {} is too small for its version", head.size),
            );
        }
        at += head.size as usize;
    }
    out
}

fn sized<T: Plain>(image: &Image, at: usize, size: u32) -> Option<T> {
    if (size as usize) < size_of::<T>() {
        return None;
    }
    image.read::<T>(at)
}

/// An entry with its overloads, kept for good.
fn chain(image: &Image, first: &RawEntry, target: &Target) -> Result<&'static TypedEntry, Refusal> {
    let mut all = vec![entry(image, first, target)?];
    let mut next = first.overload;
    while next != 0 {
        if all.len() > MAX_OVERLOADS {
            return Err(format!("more than {MAX_OVERLOADS} overloads").into());
        }
        let raw = image
            .read::<RawEntry>(next)
            .ok_or("an overload is not readable data")?;
        if raw.version != ENTRY_VERSION {
            let v = raw.version;
            return Err(Refusal::Unknown(format!("an overload has version {v}")));
        }
        if raw.method != first.method {
            return Err("an overload is of another method".into());
        }
        let part = format!("overload {}", all.len());
        all.push(entry(image, &raw, target).map_err(|e| e.of(&part))?);
        next = raw.overload;
    }
    let mut following = None;
    for mut e in all.into_iter().rev() {
        e.overload = following;
        following = Some(&*Box::leak(Box::new(e)));
    }
    following.ok_or_else(|| Refusal::from("no signature"))
}

fn entry(image: &Image, raw: &RawEntry, target: &Target) -> Result<TypedEntry, Refusal> {
    let signature = signature(raw)?;
    check_native(image, raw.native)?;
    let self_type = self_type(image, raw, &signature, target)?;
    check_arity(&signature, target)?;
    Ok(TypedEntry {
        self_type,
        names: names(image, raw, &signature)?,
        ..TypedEntry::new(raw.native as *const _, signature)
    })
}

fn check_native(image: &Image, native: usize) -> Result<(), String> {
    if native == 0 {
        return Err("no native function".into());
    }
    if !image.is_code(native) {
        return Err("the native function's address is not code".into());
    }
    Ok(())
}

fn signature(raw: &RawEntry) -> Result<Signature, Refusal> {
    let n = raw.nparams as usize;
    if n > MAX_PARAMS {
        return Err(Refusal::Unknown(format!(
            "{n} parameters; at most {MAX_PARAMS} are supported"
        )));
    }
    let mut s = Signature {
        params: [TypeCode::Void; MAX_PARAMS],
        count: n as u8,
        result: type_code(raw.result).map_err(|e| e.of("the result"))?,
        error: ErrorConvention::from_number(raw.error)
            .ok_or_else(|| Refusal::Unknown(format!("unknown error convention {}", raw.error)))?,
        defaults_from: (raw.defaults_from as usize).min(n) as u8,
        effects: Effects(raw.effects),
        sentinel: raw.sentinel,
        defaults: [0; MAX_PARAMS],
    };
    for i in 0..n {
        let part = format!("parameter {}", i + 1);
        s.params[i] = type_code(raw.params[i]).map_err(|e| e.of(&part))?;
        s.defaults[i] = raw.defaults[i];
    }
    check_types(&s)?;
    check_effects(&s)?;
    let words = s.int_words();
    if words > MAX_PARAMS {
        return Err(Refusal::Unknown(format!(
            "parameters of {words} words; at most {MAX_PARAMS} are supported"
        )));
    }
    Ok(s)
}

fn type_code(n: u16) -> Result<TypeCode, Refusal> {
    TypeCode::from_number(n).ok_or_else(|| Refusal::Unknown(format!("unknown type code {n}")))
}

fn check_types(s: &Signature) -> Result<(), String> {
    for (i, p) in s.params().iter().enumerate() {
        if *p == TypeCode::Void {
            return Err(format!("parameter {} is void", i + 1));
        }
        if p.is_self() && i > 0 {
            return Err("the receiver is not the first parameter".into());
        }
        let defaulted = i >= s.defaults_from as usize;
        if defaulted && (p.is_self() || p.is_span() || *p == TypeCode::Object) {
            return Err(format!(
                "parameter {} has a default, which its type cannot have",
                i + 1
            ));
        }
    }
    if s.result.is_self() {
        return Err("the result cannot be a receiver".into());
    }
    if s.result.is_span() {
        return Err("the result cannot be memory without an owner".into());
    }
    if s.error == ErrorConvention::Nonzero && !matches!(s.result, TypeCode::Void | TypeCode::I32) {
        return Err("a status result must be a C int".into());
    }
    if s.error == ErrorConvention::Sentinel && s.result == TypeCode::Void {
        return Err("a sentinel needs a result".into());
    }
    Ok(())
}

fn check_effects(s: &Signature) -> Result<(), String> {
    let e = s.effects;
    if e.has(Effects::LEAF) && s.error != ErrorConvention::Never {
        return Err("a leaf function cannot raise, but an error convention is declared".into());
    }
    if e.has(Effects::LEAF) && (s.result == TypeCode::Object) {
        return Err("a leaf function cannot make objects, but its result is one".into());
    }
    let buffer = s.params().iter().any(|p| p.element().is_some());
    if e.has(Effects::PURE) && buffer {
        return Err("a pure function cannot take a buffer, whose contents others may write".into());
    }
    if e.has(Effects::PURE | Effects::READS) {
        return Err("a pure function cannot depend on memory that others write".into());
    }
    Ok(())
}

fn self_type(
    image: &Image,
    raw: &RawEntry,
    s: &Signature,
    target: &Target,
) -> Result<Option<Gc<Type>>, String> {
    if raw.self_type == 0 {
        return if s.has_self() {
            Err("takes a receiver but names no type".into())
        } else {
            Ok(None)
        };
    }
    if target.flags & (METH_CLASS | METH_STATIC) as u32 != 0 {
        return Err("a class or static method has no receiver of a type".into());
    }
    let ty = image
        .read::<usize>(raw.self_type)
        .ok_or("the variable of the receiver's type is not readable data")?;
    let known = ready_type(ty).ok_or("the receiver's type is not ready")?;
    Ok(Some(known))
}

/// The managed type whose C half lies at this address; the address itself is not followed.
pub fn ready_type(address: usize) -> Option<Gc<Type>> {
    let mut found = None;
    layout::for_each_type(|slot| {
        // SAFETY: the visitor passes the type of a layout, which is alive and does not move.
        let t: Gc<Type> = unsafe { Gc::from_raw(*slot) };
        if address != 0 && t.mirror.get() == address {
            found = Some(t);
        }
    });
    found
}

/// The number of parameters must be possible for the method's convention.
fn check_arity(s: &Signature, target: &Target) -> Result<(), String> {
    let taken = s.params().len() - usize::from(s.has_self());
    let required = (s.defaults_from as usize).saturating_sub(usize::from(s.has_self()));
    let fits = match target.convention {
        Convention::NoArgs => taken == 0,
        Convention::One => taken == 1 && required == 1,
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let takes = match target.convention {
        Convention::NoArgs => "no arguments",
        _ => "exactly one argument",
    };
    Err(format!(
        "declares {taken} arguments, but the method takes {takes}"
    ))
}

fn names(image: &Image, raw: &RawEntry, s: &Signature) -> Result<&'static [&'static str], String> {
    if raw.names == 0 {
        return Ok(&[]);
    }
    const LONGEST: usize = 1000;
    let text = image
        .text(raw.names, LONGEST)
        .ok_or("the parameter names are not readable text")?;
    let names: Vec<&'static str> = text
        .split(',')
        .map(|n| &*Box::leak(n.trim().to_owned().into_boxed_str()))
        .collect();
    let taken = s.params().len() - usize::from(s.has_self());
    if names.len() != taken || names.iter().any(|n| n.is_empty()) {
        return Err(format!("{} names for {taken} parameters", names.len()));
    }
    Ok(Vec::leak(names))
}

/// Reads the prefixes of the definitions that carry the flag and have no signature yet.
pub fn read_prefixes(image: &Image, found: &mut Found) {
    for target in flagged_definitions() {
        if found.entries.iter().any(|e| e.0 == target.definition) {
            continue;
        }
        match prefix(image, target) {
            Ok(entry) => {
                found.flagged.extend(targets_of(target.definition));
                found.entries.push((target.definition, entry));
            }
            Err(text) => {
                let name = target.method.get().map_or("?", |m| m.name);
                found.problem(Some(name), format!("METH_TYPED: {text}"));
            }
        }
    }
}

fn prefix(image: &Image, target: &Target) -> Result<&'static TypedEntry, String> {
    let at = (name_in(target) as usize).wrapping_sub(size_of::<RawPrefix>());
    let raw = image
        .read::<RawPrefix>(at)
        .ok_or("no readable signature before the method's name")?;
    let mut s = Signature {
        params: [TypeCode::Void; MAX_PARAMS],
        count: 0,
        result: TypeCode::Void,
        error: ErrorConvention::Never,
        defaults_from: 0,
        effects: Effects::default(),
        sentinel: 0,
        defaults: [0; MAX_PARAMS],
    };
    for i in 0.. {
        let code = image
            .read::<i32>(raw.arg_types.wrapping_add(i * 4))
            .ok_or("the argument types are not readable data")?;
        if code == -1 {
            break;
        }
        if i == MAX_PARAMS {
            return Err(format!("more than {MAX_PARAMS} arguments"));
        }
        s.params[i] = published(code)
            .ok_or_else(|| format!("argument {}: unknown type code {code}", i + 1))?
            .0;
        s.count += 1;
    }
    s.defaults_from = s.count;
    let (result, sentinel) = published(raw.ret_type.saturating_abs())
        .ok_or_else(|| format!("the result: unknown type code {}", raw.ret_type))?;
    s.result = result;
    if raw.ret_type < 0 {
        (s.error, s.sentinel) = (ErrorConvention::Sentinel, sentinel);
    }
    check_native(image, raw.native)?;
    check_arity(&s, target)?;
    Ok(Box::leak(Box::new(TypedEntry::new(
        raw.native as *const _,
        s,
    ))))
}

/// The type of a published code, and the result that asks for a look at the pending exception.
fn published(code: i32) -> Option<(TypeCode, u64)> {
    Some(match code {
        1 => (TypeCode::I64, -1i64 as u64),
        2 => (TypeCode::F64, (-0.0f64).to_bits()),
        3 => (TypeCode::Object, 0),
        _ => return None,
    })
}
